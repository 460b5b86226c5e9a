/*
 * SHA-256 by OpenSSL's libcrypto (FIPS 180-4).
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32
#define DIGEST_TEXT_MAX (2 * DIGEST_SIZE + 1)

struct digest; /* a running computation; one may be reset and used many times */

struct digest *digest_new(void);
void digest_free(struct digest *d);
void digest_reset(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t len);
void digest_end(struct digest *d, uint8_t out[DIGEST_SIZE]);
/* One block at once. */
void digest_of(const void *data, size_t len, uint8_t out[DIGEST_SIZE]);
/* Of at most len bytes of fd from offset (fewer at end of file); file position untouched. */
int digest_of_fd(int fd, uint64_t offset, uint64_t len, uint8_t out[DIGEST_SIZE], struct err *err);

/* Bytes of a file whose digest is still to be computed; the owner of the struct owns fd. */
struct digest_range {
	int fd;
	uint64_t offset, len; /* as for digest_of_fd() */
};

/* Lower-case hexadecimal; text holds DIGEST_TEXT_MAX bytes; returns text. */
const char *digest_text(const uint8_t digest[DIGEST_SIZE], char *text);

#endif

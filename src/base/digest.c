/*
 * SHA-256 by libcrypto: by the functions of the algorithm itself, which need none of its tables of algorithms, providers
 * and settings.  To set these up takes longer than most programs that are recorded run.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include "base/check.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FD_BLOCK ((size_t)64 << 10) /* on the stack: memory that is new each time costs more than reading does */

struct digest {
	SHA256_CTX ctx;
};

struct digest *digest_new(void)
{
	struct digest *d = xcalloc(1, sizeof(*d));

	digest_reset(d);
	return d;
}

void digest_free(struct digest *d)
{
	free(d);
}

void digest_reset(struct digest *d)
{
	INVARIANT(SHA256_Init(&d->ctx) == 1);
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	INVARIANT(SHA256_Update(&d->ctx, data, len) == 1);
}

void digest_end(struct digest *d, uint8_t out[DIGEST_SIZE])
{
	INVARIANT(SHA256_Final(out, &d->ctx) == 1);
}

void digest_of(const void *data, size_t len, uint8_t out[DIGEST_SIZE])
{
	struct digest d;

	digest_reset(&d);
	digest_add(&d, data, len);
	digest_end(&d, out);
}

int digest_of_fd(int fd, uint64_t offset, uint64_t len, uint8_t out[DIGEST_SIZE], struct err *err)
{
	uint8_t block[FD_BLOCK];
	struct digest d;
	int result = 0;

	digest_reset(&d);
	while (len) {
		size_t want = len < FD_BLOCK ? (size_t)len : FD_BLOCK;
		ssize_t n = pread(fd, block, want, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			result = err_errno(err, ERR_IO, "cannot read a file to digest it");
			break;
		}
		if (n == 0)
			break;
		digest_add(&d, block, (size_t)n);
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	digest_end(&d, out);
	return result;
}

const char *digest_text(const uint8_t digest[DIGEST_SIZE], char *text)
{
	for (int i = 0; i < DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

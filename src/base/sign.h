/*
 * Ed25519 signatures (RFC 8032) by OpenSSL's libcrypto, and keys in the PEM files that openssl(1) reads and writes.
 */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H

#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_PUBLIC_SIZE 32 /* bytes of a public key */
#define SIGN_SIZE	 64 /* bytes of a signature */

struct sign_key; /* a private key; its memory is wiped when it is freed */

/* A new one.  NULL: *err UNSUPPORTED, where libcrypto was built or set up without Ed25519. */
struct sign_key *sign_key_new(struct err *err);
/*
 * From a file "BEGIN PRIVATE KEY" (PKCS#8).  NULL: *err IO, or FORMAT and says what the file is instead: a public key, a key
 * of another kind, one behind a passphrase (nobody is ever asked for it), several.
 */
struct sign_key *sign_key_read(const char *path, struct err *err);
/* CLEANUP(sign_key_cleanup) works on a struct sign_key *; NULL is fine. */
void sign_key_free(struct sign_key *key);
void sign_key_cleanup(struct sign_key **key);
/*
 * Makes path (the private key, mode 0600) and path.pub (the public one, "BEGIN PUBLIC KEY", SubjectPublicKeyInfo), both
 * synced.  Neither may be there before, and neither is left behind by a failure.  -1: *err IO.
 */
int sign_key_save(const struct sign_key *key, const char *path, struct err *err);
/* Lent until the key is freed. */
const uint8_t *sign_key_public(const struct sign_key *key);

/* From a file "BEGIN PUBLIC KEY".  -1: *err as sign_key_read(). */
int sign_public_read(const char *path, uint8_t public[SIGN_PUBLIC_SIZE], struct err *err);
/* What people compare: SHA-256 of the key's SubjectPublicKeyInfo in DER. */
void sign_fingerprint(const uint8_t public[SIGN_PUBLIC_SIZE], uint8_t out[DIGEST_SIZE]);

/* Signs len bytes.  -1: *err UNSUPPORTED. */
int sign_make(const struct sign_key *key, const void *data, size_t len, uint8_t signature[SIGN_SIZE], struct err *err);
/* Whether the private half of public has signed exactly these bytes. */
bool sign_check(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t len, const uint8_t signature[SIGN_SIZE]);

#endif

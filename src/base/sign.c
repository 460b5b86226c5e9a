/*
 * Ed25519 by libcrypto.
 */
#include "base/sign.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_FILE_MAX ((size_t)64 << 10) /* bytes */

struct sign_key {
	EVP_PKEY *pkey;
	uint8_t public[SIGN_PUBLIC_SIZE];
};

/* The same everywhere, whatever the system's openssl.cnf would have libcrypto load. */
static void set_up(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

/* ---- keys in memory ---- */

static struct sign_key *key_of(EVP_PKEY *pkey)
{
	struct sign_key *key = xcalloc(1, sizeof(*key));
	size_t len = sizeof(key->public);

	key->pkey = pkey;
	INVARIANT(EVP_PKEY_get_raw_public_key(pkey, key->public, &len) == 1 && len == sizeof(key->public));
	return key;
}

struct sign_key *sign_key_new(struct err *err)
{
	EVP_PKEY *pkey;

	set_up();
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey)
		return key_of(pkey);
	ERR_clear_error();
	err_set(err, ERR_UNSUPPORTED, "libcrypto cannot make an Ed25519 key here");
	return NULL;
}

void sign_key_free(struct sign_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey); /* wipes it */
	free(key);
}

void sign_key_cleanup(struct sign_key **key)
{
	sign_key_free(*key);
}

const uint8_t *sign_key_public(const struct sign_key *key)
{
	return key->public;
}

/* ---- keys in files ---- */

static bool has(const struct buf *text, const char *word)
{
	return text->len && memmem(text->data, text->len, word, strlen(word));
}

static size_t count_of(const struct buf *text, const char *word)
{
	const uint8_t *p = text->data, *end = p + text->len;
	size_t n = 0;

	while (p < end && (p = memmem(p, (size_t)(end - p), word, strlen(word))) != NULL) {
		p += strlen(word);
		n++;
	}
	return n;
}

/* libcrypto would ask at the terminal: a recorder must not wait there. */
static int no_passphrase(char *out, int size, int writing, void *wanted)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)wanted = true;
	return -1;
}

static EVP_PKEY *parse(const struct buf *text, const char *path, bool private, struct err *err)
{
	const char *what = private ? "private" : "public";
	EVP_PKEY *pkey = NULL;
	bool locked = false;
	BIO *bio;

	if (has(text, "PRIVATE KEY-----") != private && has(text, private ? "PUBLIC KEY-----" : "PRIVATE KEY-----")) {
		err_set(err, ERR_FORMAT, "%s holds a %s key; the %s one is wanted here", path, private ? "public" : "private",
			what);
		return NULL;
	}
	if (count_of(text, "-----BEGIN ") > 1) {
		err_set(err, ERR_FORMAT, "%s holds more than one key or certificate: it is not clear which one is meant", path);
		return NULL;
	}
	bio = BIO_new_mem_buf(text->data, (int)text->len);
	INVARIANT(bio != NULL);
	pkey = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &locked) :
			 PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, &locked);
	BIO_free(bio);
	ERR_clear_error();
	if (locked)
		err_set(err, ERR_FORMAT,
			"%s is protected by a passphrase, and nobody is asked for one: give a key without (openssl pkey takes it off)",
			path);
	else if (!pkey)
		err_set(err, ERR_FORMAT, "%s is no %s key in PEM (\"BEGIN %s KEY\"): sperrips keygen makes one", path, what,
			private ? "PRIVATE" : "PUBLIC");
	else if (!EVP_PKEY_is_a(pkey, "ED25519"))
		err_set(err, ERR_FORMAT, "%s is a key for %s; signatures are made with Ed25519: sperrips keygen makes a key", path,
			EVP_PKEY_get0_type_name(pkey));
	else
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static EVP_PKEY *read_file(const char *path, bool private, struct err *err)
{
	struct buf text = { 0 };
	EVP_PKEY *pkey = NULL;

	set_up();
	buf_grow(&text, KEY_FILE_MAX + 1); /* at once: memory that moved could not be wiped */
	buf_clear(&text);
	if (file_read(path, KEY_FILE_MAX, &text, err) == 0)
		pkey = parse(&text, path, private, err);
	OPENSSL_cleanse(text.data, text.room);
	buf_free(&text);
	return pkey;
}

struct sign_key *sign_key_read(const char *path, struct err *err)
{
	EVP_PKEY *pkey = read_file(path, true, err);

	return pkey ? key_of(pkey) : NULL;
}

int sign_public_read(const char *path, uint8_t public[SIGN_PUBLIC_SIZE], struct err *err)
{
	EVP_PKEY *pkey = read_file(path, false, err);
	size_t len = SIGN_PUBLIC_SIZE;

	if (!pkey)
		return -1;
	INVARIANT(EVP_PKEY_get_raw_public_key(pkey, public, &len) == 1 && len == SIGN_PUBLIC_SIZE);
	EVP_PKEY_free(pkey);
	return 0;
}

/* Writes what bio holds to a file that is not there yet; a failure leaves none. */
static int write_new(const char *path, mode_t mode, BIO *bio, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_IO, "%s is there already: a key is never overwritten", path);
	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot create %s", path);
	if (fd_write_all(fd, text, (size_t)len, path, err) == 0) {
		if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS)
			return 0;
		err_errno(err, ERR_IO, "cannot sync %s", path);
	}
	unlink(path);
	return -1;
}

int sign_key_save(const struct sign_key *key, const char *path, struct err *err)
{
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
	CLEANUP(buf_free) struct buf public_path = { 0 };
	char *text;
	long len;
	int result;

	INVARIANT(private && public);
	INVARIANT(PEM_write_bio_PKCS8PrivateKey(private, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
	INVARIANT(PEM_write_bio_PUBKEY(public, key->pkey) == 1);
	buf_printf(&public_path, "%s.pub", path);
	result = write_new(path, 0600, private, err);
	if (result == 0) {
		result = write_new(buf_cstr(&public_path), 0644, public, err);
		if (result < 0)
			unlink(path); /* ours: made a moment ago */
	}
	len = BIO_get_mem_data(private, &text);
	OPENSSL_cleanse(text, (size_t)len);
	BIO_free(private);
	BIO_free(public);
	return result;
}

/* ---- signatures ---- */

void sign_fingerprint(const uint8_t public[SIGN_PUBLIC_SIZE], uint8_t out[DIGEST_SIZE])
{
	/* RFC 8410: a sequence of the algorithm's number and of a string of 32 bytes */
	uint8_t der[12 + SIGN_PUBLIC_SIZE] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

	memcpy(der + 12, public, SIGN_PUBLIC_SIZE);
	digest_of(der, sizeof(der), out);
}

int sign_make(const struct sign_key *key, const void *data, size_t len, uint8_t signature[SIGN_SIZE], struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = SIGN_SIZE;
	bool made;

	INVARIANT(ctx != NULL);
	made = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1 &&
	       EVP_DigestSign(ctx, signature, &size, data, len) == 1 && size == SIGN_SIZE;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return made ? 0 : err_set(err, ERR_UNSUPPORTED, "libcrypto cannot sign with an Ed25519 key here");
}

bool sign_check(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t len, const uint8_t signature[SIGN_SIZE])
{
	EVP_MD_CTX *ctx;
	EVP_PKEY *pkey;
	bool good;

	set_up();
	ctx = EVP_MD_CTX_new();
	INVARIANT(ctx != NULL);
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, SIGN_PUBLIC_SIZE);
	good = pkey && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	       EVP_DigestVerify(ctx, signature, SIGN_SIZE, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return good;
}

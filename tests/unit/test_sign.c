/*
 * Ed25519 keys and signatures: against RFC 8032, key files of every wrong kind, and files that must not be overwritten.
 */
#include "base/fdio.h"
#include "base/sign.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 8032, section 7.1, test 2: the key, what it signs, the signature */
#define RFC_PRIVATE "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n-----END PRIVATE KEY-----\n"
#define RFC_PUBLIC  "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC KEY-----\n"

static const uint8_t rfc_public[SIGN_PUBLIC_SIZE] = {
	0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
	0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
static const uint8_t rfc_message[] = { 0x72 };
static const uint8_t rfc_signature[SIGN_SIZE] = {
	0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
	0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
	0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
	0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};
/* openssl pkey -pubin -outform DER | sha256sum */
static const char rfc_fingerprint[] = "deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170";

static char dir[64];

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/test-sign-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
	static const char *const names[] = { "key", "key.pub", "link", "target" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(dir);
}

static void store(const char *path, const char *text)
{
	struct err err = { 0 };

	ck_assert_msg(file_write_atomic(path, text, strlen(text), &err) == 0, "%s", err.text);
}

START_TEST(as_in_the_rfc)
{
	uint8_t public[SIGN_PUBLIC_SIZE], signature[SIGN_SIZE], fingerprint[DIGEST_SIZE];
	char text[DIGEST_TEXT_MAX];
	struct err err = { 0 };
	struct sign_key *key;

	store("key", RFC_PRIVATE);
	store("key.pub", RFC_PUBLIC);
	key = sign_key_read("key", &err);
	ck_assert_msg(key != NULL, "%s", err.text);
	ck_assert_mem_eq(sign_key_public(key), rfc_public, SIGN_PUBLIC_SIZE);
	ck_assert_int_eq(sign_public_read("key.pub", public, &err), 0);
	ck_assert_mem_eq(public, rfc_public, SIGN_PUBLIC_SIZE);
	ck_assert_int_eq(sign_make(key, rfc_message, sizeof(rfc_message), signature, &err), 0);
	ck_assert_mem_eq(signature, rfc_signature, SIGN_SIZE);
	ck_assert(sign_check(public, rfc_message, sizeof(rfc_message), signature));
	ck_assert(!sign_check(public, rfc_message, 0, signature));
	sign_fingerprint(public, fingerprint);
	ck_assert_str_eq(digest_text(fingerprint, text), rfc_fingerprint);
	sign_key_free(key);
}
END_TEST

START_TEST(every_bit_of_a_signature_counts)
{
	for (size_t bit = 0; bit < 8 * SIGN_SIZE; bit++) {
		uint8_t signature[SIGN_SIZE];

		memcpy(signature, rfc_signature, SIGN_SIZE);
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!sign_check(rfc_public, rfc_message, 1, signature), "bit %zu", bit);
	}
	for (size_t bit = 0; bit < 8 * SIGN_PUBLIC_SIZE; bit++) {
		uint8_t public[SIGN_PUBLIC_SIZE];

		memcpy(public, rfc_public, SIGN_PUBLIC_SIZE);
		public[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!sign_check(public, rfc_message, 1, rfc_signature), "bit %zu of the key", bit);
	}
}
END_TEST

/* The group's order added to the second half: the same number, and a second signature of the same bytes if it were taken. */
START_TEST(one_signature_has_one_form)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
					   0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	uint8_t signature[SIGN_SIZE];
	unsigned carry = 0;

	memcpy(signature, rfc_signature, SIGN_SIZE);
	for (int i = 0; i < 32; i++) {
		carry += signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	ck_assert(!sign_check(rfc_public, rfc_message, 1, signature));
}
END_TEST

START_TEST(made_saved_and_read)
{
	CLEANUP(sign_key_cleanup) struct sign_key *key = NULL, *again = NULL;
	uint8_t public[SIGN_PUBLIC_SIZE], signature[SIGN_SIZE];
	struct err err = { 0 };
	struct stat st;
	mode_t before = umask(0);

	key = sign_key_new(&err);
	ck_assert_msg(key && sign_key_save(key, "key", &err) == 0, "%s", err.text);
	umask(before);
	ck_assert(stat("key", &st) == 0 && (st.st_mode & 07777) == 0600);
	ck_assert(stat("key.pub", &st) == 0 && (st.st_mode & 07777) == 0644);
	again = sign_key_read("key", &err);
	ck_assert_msg(again && sign_public_read("key.pub", public, &err) == 0, "%s", err.text);
	ck_assert_mem_eq(sign_key_public(again), public, SIGN_PUBLIC_SIZE);
	ck_assert_int_eq(sign_make(again, "text", 4, signature, &err), 0);
	ck_assert(sign_check(sign_key_public(key), "text", 4, signature));
	sign_key_free(again);
	again = sign_key_new(&err);
	ck_assert_mem_ne(sign_key_public(again), public, SIGN_PUBLIC_SIZE);
}
END_TEST

/* what is there before: one file, or a link to nowhere; what must not be there afterwards */
static const struct {
	const char *there, *absent;
	bool link;
} occupied[] = {
	{ "key", "key.pub", false },
	{ "key.pub", "key", false },
	{ "key", "target", true },
	{ "key.pub", "key", true },
};

START_TEST(never_overwritten)
{
	CLEANUP(buf_free) struct buf left = { 0 };
	struct err err = { 0 };
	struct sign_key *key = sign_key_new(&err);

	if (occupied[_i].link)
		ck_assert_int_eq(symlink("target", occupied[_i].there), 0);
	else
		store(occupied[_i].there, "mine");
	ck_assert_int_eq(sign_key_save(key, "key", &err), -1);
	ck_assert_msg(err.code == ERR_IO && strstr(err.text, occupied[_i].there) && strstr(err.text, "never overwritten"), "%s",
		      err.text);
	ck_assert_int_ne(access(occupied[_i].absent, F_OK), 0);
	err_clear(&err);
	if (!occupied[_i].link) {
		ck_assert_int_eq(file_read(occupied[_i].there, 100, &left, &err), 0);
		ck_assert_str_eq(buf_cstr(&left), "mine");
	}
	sign_key_free(key);
}
END_TEST

START_TEST(nowhere_to_save)
{
	struct err err = { 0 };
	struct sign_key *key = sign_key_new(&err);

	ck_assert_int_eq(sign_key_save(key, "/nonexistent/key", &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	sign_key_free(key);
}
END_TEST

#define ENCRYPTED                                                                                                      \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                                      \
	"MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhba6g+bgWbfQICCAAw\n"                                           \
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBKzagI4u7NuA6MILgRWi08EQAtm\n"                                           \
	"P54QGF+nls5oKob05mXBYTWcWUsgFvTgp5Oyd0mwxge/Y4E/m9GJBC65CiP57Kyu\n"                                           \
	"JfQJYW3ndr4xCGM3GAo=\n"                                                                                       \
	"-----END ENCRYPTED PRIVATE KEY-----\n"
#define EC_PRIVATE                                                                                                     \
	"-----BEGIN PRIVATE KEY-----\n"                                                                                \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghGHofjuPQWqZn7N6\n"                                           \
	"sc2iOiw2cbZeypY4QNgH8YkKBJqhRANCAAS67UL9nEfQHWcalvEGkxPTYmTtEmm3\n"                                           \
	"aw2MGDqcJ0YEaY9ahh8ADLXaXa/jNhtZt4fNTLU4qPUX/kt7soe6x+g9\n"                                                   \
	"-----END PRIVATE KEY-----\n"
#define EC_PUBLIC                                                                                                      \
	"-----BEGIN PUBLIC KEY-----\n"                                                                                 \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuu1C/ZxH0B1nGpbxBpMT02Jk7RJp\n"                                           \
	"t2sNjBg6nCdGBGmPWoYfAAy12l2v4zYbWbeHzUy1OKj1F/5Le7KHusfoPQ==\n"                                               \
	"-----END PUBLIC KEY-----\n"
#define X25519_PRIVATE                                                                                                 \
	"-----BEGIN PRIVATE KEY-----\n"                                                                                \
	"MC4CAQAwBQYDK2VuBCIEICixhItU49QFajd6BTrjcJYJYIvcK81f18X2zjU6rOVB\n"                                           \
	"-----END PRIVATE KEY-----\n"

static const struct {
	const char *name, *text;
	bool private;
	enum err_code code;
	const char *message;
} files[] = {
	{ "private", RFC_PRIVATE, true, ERR_NONE, "" },
	{ "public", RFC_PUBLIC, false, ERR_NONE, "" },
	{ "private with words before it", "Mine.\n" RFC_PRIVATE, true, ERR_NONE, "" },
	{ "public, private wanted", RFC_PUBLIC, true, ERR_FORMAT, "holds a public key; the private one" },
	{ "private, public wanted", RFC_PRIVATE, false, ERR_FORMAT, "holds a private key; the public one" },
	{ "both", RFC_PRIVATE RFC_PUBLIC, true, ERR_FORMAT, "more than one" },
	{ "two", RFC_PUBLIC RFC_PUBLIC, false, ERR_FORMAT, "more than one" },
	{ "passphrase", ENCRYPTED, true, ERR_FORMAT, "passphrase" },
	{ "passphrase, public wanted", ENCRYPTED, false, ERR_FORMAT, "holds a private key" },
	{ "EC", EC_PRIVATE, true, ERR_FORMAT, "is a key for EC" },
	{ "EC, public", EC_PUBLIC, false, ERR_FORMAT, "is a key for EC" },
	{ "X25519", X25519_PRIVATE, true, ERR_FORMAT, "is a key for X25519" },
	{ "empty", "", true, ERR_FORMAT, "is no private key" },
	{ "empty, public", "", false, ERR_FORMAT, "is no public key" },
	{ "text", "hello\n", true, ERR_FORMAT, "is no private key" },
	{ "no content", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", true, ERR_FORMAT, "is no private key" },
	{ "cut", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStw", false, ERR_FORMAT, "is no public key" },
	{ "31 bytes", "-----BEGIN PUBLIC KEY-----\nMCkwBQYDK2VwAyAAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zg==\n-----END PUBLIC KEY-----\n",
	  false, ERR_FORMAT, "is no public key" },
};

START_TEST(key_files)
{
	uint8_t public[SIGN_PUBLIC_SIZE];
	struct sign_key *key = NULL;
	struct err err = { 0 };
	bool good;

	store("key", files[_i].text);
	if (files[_i].private)
		good = (key = sign_key_read("key", &err)) != NULL;
	else
		good = sign_public_read("key", public, &err) == 0;
	ck_assert_msg(good == (files[_i].code == ERR_NONE) && err.code == files[_i].code &&
			      strstr(err.text, files[_i].message) && (good || strstr(err.text, "key")),
		      "%s: %s %s", files[_i].name, err_name(err.code), err.text);
	sign_key_free(key);
}
END_TEST

START_TEST(no_key_files)
{
	static const char *const paths[] = { "nothing", ".", "/dev/null", "/dev/zero" };
	uint8_t public[SIGN_PUBLIC_SIZE];
	struct err err = { 0 };

	ck_assert_ptr_null(sign_key_read(paths[_i], &err));
	ck_assert_msg(err_is_set(&err) && strstr(err.text, paths[_i]), "%s", err.text);
	err_clear(&err);
	ck_assert_int_eq(sign_public_read(paths[_i], public, &err), -1);
	ck_assert_msg(err_is_set(&err) && strstr(err.text, paths[_i]), "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base: signatures");
	TCase *t = tcase_create("sign");
	SRunner *run = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, as_in_the_rfc);
	tcase_add_test(t, every_bit_of_a_signature_counts);
	tcase_add_test(t, one_signature_has_one_form);
	tcase_add_test(t, made_saved_and_read);
	tcase_add_loop_test(t, never_overwritten, 0, sizeof(occupied) / sizeof(occupied[0]));
	tcase_add_test(t, nowhere_to_save);
	tcase_add_loop_test(t, key_files, 0, sizeof(files) / sizeof(files[0]));
	tcase_add_loop_test(t, no_key_files, 0, 4);
	suite_add_tcase(s, t);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}

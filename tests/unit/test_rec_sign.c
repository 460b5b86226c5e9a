/*
 * Signed files: whatever is altered, cut or put together anew by somebody who has not the key is refused, with all digests
 * made right, too; readers that have no key read a signed file as any other.
 */
#include "rec_expect.h"

#include "base/check.h"
#include "recording/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#define EVENTS	    9
#define DIFFERENCES 3
#define SIGN_FRAME  ((size_t)FRAME_HEAD + SIGN_PUBLIC_SIZE + SIGN_SIZE + DIGEST_SIZE)

static struct sign_key *mine, *other;
static struct buf whole; /* a small file signed with mine */

static void load(const char *name)
{
	struct err err = { 0 };

	buf_clear(&whole);
	ck_assert_msg(file_read(sample_path(name), 1 << 20, &whole, &err) == 0, "%s", err.text);
}

static int write_recording(const char *name, const struct sign_key *sign, struct err *err)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { .reason = "why" };
	struct arena *a = arena_new();
	struct rec_writer *w = rec_writer_open_signed(sample_path(name), &h, sign, err);

	ck_assert_msg(w != NULL, "%s", err->text);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct sys_event ev;

		sample_event(i, &ev, a);
		ck_assert_int_eq(rec_writer_event(w, &ev, err), 0);
		if (i % 4 == 1) /* several chunks */
			ck_assert_int_eq(rec_writer_flush(w, err), 0);
	}
	arena_free(a);
	return rec_writer_finish(w, &t, err);
}

static void make_recording(const struct sign_key *sign)
{
	struct err err = { 0 };

	ck_assert_msg(write_recording("r", sign, &err) == 0, "%s", err.text);
	load("r");
}

static void make_differences(const struct sign_key *sign)
{
	static const uint8_t root[DIGEST_SIZE], digest[DIGEST_SIZE];
	struct rec_difference d = {
		.call = "read", .field = "buf", .recorded = value_num(1), .actual = value_cstr("x")
	};
	struct err err = { 0 };
	struct diff_writer *w = diff_writer_open_signed(sample_path("d"), root, "strict", digest, sign, &err);

	for (unsigned i = 0; i < DIFFERENCES; i++)
		ck_assert_int_eq(diff_writer_add(w, &d, &err), 0);
	ck_assert_int_eq(diff_writer_finish(w, "different", &err), 0);
	load("d");
}

static const char *store(const void *data, size_t len)
{
	const char *path = sample_path("t");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
	return path;
}

/* What replay does before it runs anything: all of it is read, then the signature is held against the key. */
static int check_recording(const char *path, const struct sign_key *key, struct err *err)
{
	struct rec_reader *r = rec_reader_open(path, SAMPLE_MAX_EVENT, err);
	int result = -1;

	if (r && rec_reader_check(r, err) == 0)
		result = key ? rec_reader_verify(r, sign_key_public(key), err) : 0;
	rec_reader_close(r);
	return result;
}

static int check_differences(const char *path, const struct sign_key *key, struct err *err)
{
	struct diff_reader *r = diff_reader_open(path, err);
	const struct rec_difference *d;
	int result = -1;

	if (r) {
		do
			result = diff_reader_next(r, &d, err);
		while (result > 0);
	}
	if (result == 0 && key) {
		const struct rec_signature *s = diff_reader_signature(r);

		if (!s || memcmp(s->key, sign_key_public(key), SIGN_PUBLIC_SIZE) != 0 ||
		    !rec_signature_check(s, REC_FILE_DIFFERENCES, diff_reader_root(r)))
			result = err_set(err, ERR_SIGNATURE, "not signed");
	}
	diff_reader_close(r);
	return result;
}

static const struct {
	const char *name;
	void (*make)(const struct sign_key *sign);
	int (*check)(const char *path, const struct sign_key *key, struct err *err);
} kinds[] = {
	{ "recording", make_recording, check_recording },
	{ "differences", make_differences, check_differences },
};

START_TEST(signed_and_read)
{
	struct err err = { 0 };
	size_t len;

	kinds[_i].make(mine);
	len = whole.len;
	ck_assert_msg(kinds[_i].check(store(whole.data, len), mine, &err) == 0, "%s", err.text);
	ck_assert_msg(kinds[_i].check(store(whole.data, len), NULL, &err) == 0, "without a key: %s", err.text);
	ck_assert_int_eq(kinds[_i].check(store(whole.data, len), other, &err), -1);
	ck_assert_int_eq(err.code, ERR_SIGNATURE);
	err_clear(&err);
	kinds[_i].make(NULL);
	ck_assert_uint_eq(whole.len + SIGN_FRAME, len);
	ck_assert_msg(kinds[_i].check(store(whole.data, whole.len), NULL, &err) == 0, "not signed: %s", err.text);
	ck_assert_int_eq(kinds[_i].check(store(whole.data, whole.len), mine, &err), -1);
	ck_assert_int_eq(err.code, ERR_SIGNATURE);
}
END_TEST

/* ---- a forger who computes all digests anew ---- */

/* Checks and digests of all frames that the heads' lengths lead to. */
static void reseal(uint8_t *file, size_t len)
{
	uint8_t chain[DIGEST_SIZE], full[DIGEST_SIZE];
	struct digest *d = digest_new();
	size_t at = FRAME_FILE_HEAD;

	digest_of(file, len < FRAME_FILE_HEAD ? len : FRAME_FILE_HEAD, chain);
	while (at + FRAME_HEAD <= len) {
		struct reader r = reader_over(file + at + 20, 4);
		size_t stored = reader_le32(&r);

		digest_reset(d);
		digest_add(d, chain, DIGEST_SIZE);
		digest_add(d, file + at, FRAME_HEAD_CHECK);
		digest_end(d, full);
		memcpy(file + at + FRAME_HEAD_CHECK, full, FRAME_HEAD - FRAME_HEAD_CHECK);
		if (len - at - FRAME_HEAD < stored + DIGEST_SIZE)
			break;
		digest_reset(d);
		digest_add(d, chain, DIGEST_SIZE);
		digest_add(d, file + at, FRAME_HEAD + stored);
		digest_end(d, chain);
		memcpy(file + at + FRAME_HEAD + stored, chain, DIGEST_SIZE);
		at += FRAME_HEAD + stored + DIGEST_SIZE;
	}
	digest_free(d);
}

static void be_signed(bool yes)
{
	whole.data[FRAME_MAGIC + 4] = yes;
}

START_TEST(every_byte_altered)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };

	kinds[_i].make(mine);
	for (size_t at = 0; at < whole.len; at++) {
		for (size_t f = 0; f < ARRAY_LEN(flips); f++) {
			struct err err = { 0 };

			whole.data[at] ^= flips[f];
			ck_assert_msg(kinds[_i].check(store(whole.data, whole.len), NULL, &err) == -1,
				      "%s, byte %zu ^ %02x: read without a word", kinds[_i].name, at, flips[f]);
			whole.data[at] ^= flips[f];
			ck_assert_msg(err.code == ERR_DIGEST ||
					      (at < FRAME_FILE_HEAD && (err.code == ERR_FORMAT || err.code == ERR_VERSION)),
				      "%s, byte %zu ^ %02x: %s %s", kinds[_i].name, at, flips[f], err_name(err.code), err.text);
		}
	}
}
END_TEST

START_TEST(every_byte_altered_and_resealed)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x80, 0xff };
	CLEANUP(buf_free) struct buf file = { 0 };
	unsigned same = 0, readable = 0;

	kinds[_i].make(mine);
	for (size_t at = 0; at < whole.len; at++) {
		for (size_t f = 0; f < ARRAY_LEN(flips); f++) {
			struct err err = { 0 };
			int result;

			buf_clear(&file);
			buf_add(&file, whole.data, whole.len);
			file.data[at] ^= flips[f];
			reseal(file.data, file.len);
			result = kinds[_i].check(store(file.data, file.len), mine, &err);
			if (memcmp(file.data, whole.data, whole.len) == 0) { /* a digest, made right again */
				same++;
				ck_assert_msg(result == 0, "%s, byte %zu: %s", kinds[_i].name, at, err.text);
				continue;
			}
			ck_assert_msg(result == -1, "%s, byte %zu ^ %02x: taken for signed", kinds[_i].name, at, flips[f]);
			readable += err.code == ERR_SIGNATURE;
		}
	}
	/* frames: at least header, chunk, trailer, signature, each with 40 bytes of digests; and only the signature was wrong
	 * wherever a byte is free: file names, data, the policy's digest */
	ck_assert_uint_ge(same, 4 * 40 * ARRAY_LEN(flips));
	ck_assert_uint_ge(readable, 100);
}
END_TEST

START_TEST(cut_at_every_byte)
{
	kinds[_i].make(mine);
	for (size_t len = 0; len < whole.len; len++) {
		struct err err = { 0 };

		ck_assert_int_eq(kinds[_i].check(store(whole.data, len), NULL, &err), -1);
		ck_assert_msg(err.code == (len ? ERR_INCOMPLETE : ERR_FORMAT), "%s cut at %zu: %s %s", kinds[_i].name, len,
			      err_name(err.code), err.text);
		ck_assert_msg(len == 0 || err.offset == len, "%s cut at %zu: offset %llu", kinds[_i].name, len,
			      (unsigned long long)err.offset);
	}
}
END_TEST

/* The forger says that the file is not signed at all. */
START_TEST(cut_at_every_byte_and_resealed)
{
	unsigned unsigned_files = 0;

	kinds[_i].make(mine);
	be_signed(false);
	for (size_t len = 1; len <= whole.len; len++) {
		struct err err = { 0 };

		reseal(whole.data, len);
		ck_assert_int_eq(kinds[_i].check(store(whole.data, len), mine, &err), -1);
		if (err.code == ERR_SIGNATURE) {
			unsigned_files++;
			ck_assert_uint_eq(len, whole.len - SIGN_FRAME);
		}
	}
	ck_assert_uint_eq(unsigned_files, 1);
}
END_TEST

/* ---- signatures put where they do not belong ---- */

static struct buf strange; /* the file that is built */

static void take(const struct buf *from, size_t start, size_t len)
{
	buf_add(&strange, from->data + start, len);
}

static void twice(void)
{
	take(&whole, 0, whole.len);
	take(&whole, whole.len - SIGN_FRAME, SIGN_FRAME);
}

static void twice_resealed(void)
{
	twice();
	strange.data[whole.len + 8]++; /* the number of the frame */
	reseal(strange.data, strange.len);
}

static void none(void)
{
	take(&whole, 0, whole.len - SIGN_FRAME);
}

static void none_resealed(void)
{
	be_signed(false);
	none();
	reseal(strange.data, strange.len);
}

static void not_announced(void)
{
	be_signed(false);
	take(&whole, 0, whole.len);
	reseal(strange.data, strange.len);
}

static void announced_unsigned(void)
{
	make_recording(NULL);
	be_signed(true);
	take(&whole, 0, whole.len);
	reseal(strange.data, strange.len);
}

static void by_another(void)
{
	make_recording(other);
	take(&whole, 0, whole.len);
}

static void by_another_in_my_name(void)
{
	by_another();
	memcpy(strange.data + strange.len - SIGN_FRAME + FRAME_HEAD, sign_key_public(mine), SIGN_PUBLIC_SIZE);
	reseal(strange.data, strange.len);
}

/* My signature of the one recording behind the other. */
static void of_another_recording(void)
{
	CLEANUP(buf_free) struct buf kept = { 0 };
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	struct err err = { 0 };
	struct rec_writer *w;

	buf_add(&kept, whole.data + whole.len - SIGN_FRAME, SIGN_FRAME);
	h.started_ns++;
	w = rec_writer_open_signed(sample_path("r"), &h, mine, &err);
	ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
	load("r");
	take(&whole, 0, whole.len - SIGN_FRAME);
	take(&kept, 0, SIGN_FRAME);
	strange.data[strange.len - SIGN_FRAME + 8] = 2; /* it has no chunk */
	reseal(strange.data, strange.len);
}

static void before_the_trailer(void)
{
	size_t sign = whole.len - SIGN_FRAME, trailer = FRAME_FILE_HEAD;

	for (size_t at = trailer; at < sign; at += FRAME_HEAD + DIGEST_SIZE) {
		struct reader r = reader_over(whole.data + at + 20, 4);

		trailer = at;
		at += reader_le32(&r);
	}
	take(&whole, 0, trailer);
	take(&whole, sign, SIGN_FRAME);
	take(&whole, trailer, sign - trailer);
	strange.data[trailer + 8]--;
	strange.data[trailer + SIGN_FRAME + 8]++;
	reseal(strange.data, strange.len);
}

static void with_a_flag(void)
{
	take(&whole, 0, whole.len);
	strange.data[strange.len - SIGN_FRAME + 4] = 2;
	reseal(strange.data, strange.len);
}

static void longer(void)
{
	take(&whole, 0, whole.len);
	buf_byte(&strange, 0);
	strange.data[whole.len - SIGN_FRAME + 16]++;
	strange.data[whole.len - SIGN_FRAME + 20]++;
	reseal(strange.data, strange.len);
}

static void a_byte_behind(void)
{
	take(&whole, 0, whole.len);
	buf_byte(&strange, 0);
}

static const struct {
	const char *name;
	void (*build)(void);
	enum err_code code;
	const char *message;
} wrong[] = {
	{ "twice", twice, ERR_FORMAT, "goes on behind its signature" },
	{ "twice, numbered and resealed", twice_resealed, ERR_FORMAT, "goes on behind its signature" },
	{ "none", none, ERR_INCOMPLETE, "without its signature" },
	{ "none, resealed", none_resealed, ERR_SIGNATURE, "is not signed" },
	{ "not announced", not_announced, ERR_FORMAT, "goes on behind its trailer" },
	{ "announced, and none is there", announced_unsigned, ERR_INCOMPLETE, "without its signature" },
	{ "by another key", by_another, ERR_SIGNATURE, "not signed with this key" },
	{ "by another key, in my name", by_another_in_my_name, ERR_SIGNATURE, "not one of this content" },
	{ "of another recording", of_another_recording, ERR_SIGNATURE, "not one of this content" },
	{ "before the trailer", before_the_trailer, ERR_FORMAT, "unknown type" },
	{ "with a flag", with_a_flag, ERR_DIGEST, "head of the frame" },
	{ "longer", longer, ERR_DIGEST, "head of the frame" },
	{ "a byte behind it", a_byte_behind, ERR_FORMAT, "goes on behind its signature" },
};

START_TEST(wrong_signatures)
{
	struct err err = { 0 };

	make_recording(mine);
	buf_clear(&strange);
	wrong[_i].build();
	ck_assert_int_eq(check_recording(store(strange.data, strange.len), mine, &err), -1);
	ck_assert_msg(err.code == wrong[_i].code && strstr(err.text, wrong[_i].message), "%s: %s %s", wrong[_i].name,
		      err_name(err.code), err.text);
}
END_TEST

/* A signature says of what kind of file its root hash is. */
START_TEST(a_signature_is_for_one_kind_of_file)
{
	struct err err = { 0 };
	struct rec_reader *r;

	make_recording(mine);
	r = rec_reader_open(sample_path("r"), SAMPLE_MAX_EVENT, &err);
	ck_assert_int_eq(rec_reader_check(r, &err), 0);
	ck_assert(rec_signature_check(rec_reader_signature(r), REC_FILE_RECORDING, rec_reader_root(r)));
	ck_assert(!rec_signature_check(rec_reader_signature(r), REC_FILE_DIFFERENCES, rec_reader_root(r)));
	rec_reader_close(r);
}
END_TEST

/* ---- while it is written and while it is read ---- */

/* The disk is full (here: the file's limit is reached) within the signature, or just before it. */
START_TEST(no_room_for_the_signature)
{
	static const rlim_t missing[] = { 1, DIGEST_SIZE, 100, SIGN_FRAME - 1, SIGN_FRAME, SIGN_FRAME + 1, SIGN_FRAME + 40 };
	struct rlimit limit = { .rlim_max = RLIM_INFINITY };
	struct err err = { 0 };

	make_recording(mine);
	unlink(sample_path("r"));
	signal(SIGXFSZ, SIG_IGN);
	limit.rlim_cur = whole.len - missing[_i];
	limit.rlim_max = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(write_recording("r", mine, &err), -1);
	ck_assert_msg(err.code == ERR_IO && err.sys_errno == EFBIG && strstr(err.text, "r.part"), "%s", err.text);
	ck_assert_int_ne(access(sample_path("r"), F_OK), 0);
	err_clear(&err);
	ck_assert_int_eq(check_recording(sample_path("r.part"), NULL, &err), -1);
	ck_assert_msg(err.code == ERR_INCOMPLETE, "%s %s", err_name(err.code), err.text);
}
END_TEST

START_TEST(what_a_killed_recorder_leaves)
{
	struct rec_header h = sample_header();
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open_signed(sample_path("r"), &h, mine, &err);
	const struct sys_event *ev;
	struct sys_event sample;
	struct rec_reader *r;

	sample_event(0, &sample, a);
	ck_assert_int_eq(rec_writer_event(w, &sample, &err), 0);
	rec_writer_abandon(w);
	r = rec_reader_open(sample_path("r.part"), SAMPLE_MAX_EVENT, &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	ck_assert(rec_reader_signed(r));
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), 1);
	sample_expect_event(&sample, ev, "the event that was written");
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), -1);
	ck_assert_msg(err.code == ERR_INCOMPLETE && strstr(err.text, "without a trailer"), "%s", err.text);
	rec_reader_close(r);
	arena_free(a);
}
END_TEST

/* Between the check and the use somebody writes into the file, digests right: no event that he wrote is ever delivered. */
START_TEST(altered_behind_the_check)
{
	struct err err = { 0 };
	unsigned compared = 0;
	size_t header_end;
	struct reader head;

	make_recording(mine);
	head = reader_over(whole.data + FRAME_FILE_HEAD + 20, 4);
	header_end = FRAME_FILE_HEAD + FRAME_HEAD + reader_le32(&head) + DIGEST_SIZE;
	for (size_t at = FRAME_FILE_HEAD; at < whole.len - SIGN_FRAME; at++) {
		CLEANUP(buf_free) struct buf file = { 0 };
		struct rec_reader *r = rec_reader_open(store(whole.data, whole.len), SAMPLE_MAX_EVENT, &err);
		struct arena *a = arena_new();
		const struct sys_event *ev;
		unsigned count = 0;
		int fd, got;

		ck_assert_msg(r && rec_reader_check(r, &err) == 0, "%s", err.text);
		ck_assert_int_eq(rec_reader_verify(r, sign_key_public(mine), &err), 0);
		buf_add(&file, whole.data, whole.len);
		file.data[at] ^= 1;
		reseal(file.data, file.len);
		fd = open(sample_path("t"), O_WRONLY);
		ck_assert_int_eq(pwrite(fd, file.data, file.len, 0), (ssize_t)file.len);
		close(fd);
		while ((got = rec_reader_next(r, &ev, &err)) > 0) {
			struct sys_event want;

			arena_reset(a);
			sample_event(count++, &want, a);
			sample_expect_event(&want, ev, "event of a file that is changed");
			compared++;
		}
		/* the header was read once: what is done to it afterwards changes nothing */
		ck_assert_msg(got == -1 || at < header_end || memcmp(file.data, whole.data, whole.len) == 0, "byte %zu", at);
		err_clear(&err);
		rec_reader_close(r);
		arena_free(a);
	}
	ck_assert_uint_gt(compared, 0);
}
END_TEST

static void setup(void)
{
	struct err err = { 0 };

	sample_dir_make();
	mine = sign_key_new(&err);
	other = sign_key_new(&err);
	ck_assert_msg(mine && other, "%s", err.text);
}

static void teardown(void)
{
	sign_key_free(mine);
	sign_key_free(other);
	sample_dir_remove();
}

int main(void)
{
	Suite *s = suite_create("recording: signatures");
	TCase *t = tcase_create("signatures");
	SRunner *run = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, signed_and_read, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, every_byte_altered, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, every_byte_altered_and_resealed, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, cut_at_every_byte, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, cut_at_every_byte_and_resealed, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, wrong_signatures, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, a_signature_is_for_one_kind_of_file);
	tcase_add_loop_test(t, no_room_for_the_signature, 0, 7);
	tcase_add_test(t, what_a_killed_recorder_leaves);
	tcase_add_test(t, altered_behind_the_check);
	suite_add_tcase(s, t);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	buf_free(&whole);
	buf_free(&strange);
	return failed != 0;
}

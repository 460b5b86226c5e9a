/*
 * Files that are cut, altered, put together wrongly or made to hurt: a clear error that names the offset, whole events
 * before it, never a crash and never an end.
 */
#include "rec_expect.h"

#include "recording/frame.h"

#include <fcntl.h>

/* ---- a small file of each kind, in memory ---- */

#define EVENTS      9
#define DIFFERENCES 3

static struct buf whole;

static void load(const char *name)
{
	struct err err = { 0 };

	buf_clear(&whole);
	ck_assert_msg(file_read(sample_path(name), 1 << 20, &whole, &err) == 0, "%s", err.text);
}

static void make_recording(void)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { .reason = "why" };
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);

	for (unsigned i = 0; i < EVENTS; i++) {
		struct sys_event ev;

		sample_event(i, &ev, a);
		ck_assert_int_eq(rec_writer_event(w, &ev, &err), 0);
		if (i % 4 == 1) /* several chunks */
			ck_assert_int_eq(rec_writer_flush(w, &err), 0);
	}
	ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
	arena_free(a);
	load("r");
}

static void make_differences(void)
{
	static const uint8_t root[DIGEST_SIZE], digest[DIGEST_SIZE];
	struct rec_difference d = {
		.call = "read", .field = "buf", .recorded = value_num(1), .actual = value_cstr("x")
	};
	struct err err = { 0 };
	struct diff_writer *w = diff_writer_open(sample_path("d"), root, "strict", digest, &err);

	for (unsigned i = 0; i < DIFFERENCES; i++)
		ck_assert_int_eq(diff_writer_add(w, &d, &err), 0);
	ck_assert_int_eq(diff_writer_finish(w, "different", &err), 0);
	load("d");
}

/* The one file that is made and remade: without a sync, thousands of times. */
static const char *store(const void *data, size_t len)
{
	const char *path = sample_path("t");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
	return path;
}

/* Reads a recording to the end; every event delivered is the written one.  Their number; *err as the reader left it. */
static unsigned read_recording(const char *path, struct err *err)
{
	struct rec_reader *r = rec_reader_open(path, SAMPLE_MAX_EVENT, err);
	const struct sys_event *ev;
	struct arena *a = arena_new();
	unsigned count = 0;

	while (r && rec_reader_next(r, &ev, err) > 0) {
		struct sys_event want;

		arena_reset(a);
		sample_event(count, &want, a);
		sample_expect_event(&want, ev, "event of a damaged file");
		count++;
	}
	rec_reader_close(r);
	arena_free(a);
	return count;
}

/* Reads a recording of any events to the end or the first error. */
static void drain(const char *path, struct err *err)
{
	struct rec_reader *r = rec_reader_open(path, SAMPLE_MAX_EVENT, err);
	const struct sys_event *ev;

	while (r && rec_reader_next(r, &ev, err) > 0)
		;
	rec_reader_close(r);
}

static unsigned read_differences(const char *path, struct err *err)
{
	struct diff_reader *r = diff_reader_open(path, err);
	const struct rec_difference *d;
	unsigned count = 0;

	while (r && diff_reader_next(r, &d, err) > 0) {
		ck_assert_str_eq(d->call, "read");
		count++;
	}
	diff_reader_close(r);
	return count;
}

static const struct {
	const char *name;
	void (*make)(void);
	unsigned (*read)(const char *path, struct err *err);
	unsigned messages;
} kinds[] = {
	{ "recording", make_recording, read_recording, EVENTS },
	{ "differences", make_differences, read_differences, DIFFERENCES },
};

START_TEST(the_whole_file_is_fine)
{
	struct err err = { 0 };

	kinds[_i].make();
	ck_assert_uint_eq(kinds[_i].read(store(whole.data, whole.len), &err), kinds[_i].messages);
	ck_assert_msg(!err_is_set(&err), "%s: %s", kinds[_i].name, err.text);
}
END_TEST

START_TEST(cut_at_every_byte)
{
	unsigned before = 0;

	kinds[_i].make();
	for (size_t len = 0; len < whole.len; len++) {
		struct err err = { 0 };
		unsigned count = kinds[_i].read(store(whole.data, len), &err);
		char offset[64];

		snprintf(offset, sizeof(offset), "offset %zu", len);
		ck_assert_msg(err.code == (len ? ERR_INCOMPLETE : ERR_FORMAT), "%s cut at %zu: %s %s", kinds[_i].name,
			      len, err_name(err.code), err.text);
		ck_assert_msg(strstr(err.text, offset) != NULL, "%s cut at %zu: %s", kinds[_i].name, len, err.text);
		ck_assert_msg(count >= before, "%s cut at %zu: only %u messages", kinds[_i].name, len, count);
		before = count;
	}
	ck_assert_uint_eq(before, kinds[_i].messages);
}
END_TEST

START_TEST(every_byte_flipped)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };

	kinds[_i].make();
	for (size_t at = 0; at < whole.len; at++) {
		for (unsigned f = 0; f < ARRAY_LEN(flips); f++) {
			struct err err = { 0 };

			whole.data[at] ^= flips[f];
			kinds[_i].read(store(whole.data, whole.len), &err);
			whole.data[at] ^= flips[f];
			ck_assert_msg(err.code == ERR_DIGEST || (at < FRAME_FILE_HEAD &&
								 (err.code == ERR_FORMAT || err.code == ERR_VERSION)),
				      "%s, byte %zu ^ %02x: %s %s", kinds[_i].name, at, flips[f], err_name(err.code),
				      err.text);
			ck_assert_msg(strstr(err.text, "offset ") != NULL, "%s, byte %zu: %s", kinds[_i].name, at,
				      err.text);
		}
	}
}
END_TEST

START_TEST(garbage_behind_the_trailer)
{
	size_t len;
	char offset[64];

	kinds[_i].make();
	len = whole.len;
	snprintf(offset, sizeof(offset), "offset %zu", len);
	buf_add(&whole, whole.data, len); /* the same file once more */
	for (size_t extra = 1; extra <= len; extra = extra == 1 ? 100 : extra == 100 ? len : len + 1) {
		struct err err = { 0 };
		unsigned count = kinds[_i].read(store(whole.data, len + extra), &err);

		ck_assert_msg(err.code == ERR_FORMAT && strstr(err.text, offset), "%s, %zu bytes: %s %s",
			      kinds[_i].name, extra, err_name(err.code), err.text);
		ck_assert_uint_eq(count, kinds[_i].messages);
	}
}
END_TEST

/* ---- frames moved about ---- */

struct piece {
	size_t start, len;
};

static size_t split(struct piece *frames, size_t most)
{
	size_t at = FRAME_FILE_HEAD, n = 0;

	while (at < whole.len) {
		struct reader r = reader_over(whole.data + at + 20, 4);

		ck_assert_uint_lt(n, most);
		frames[n] = (struct piece){ at, FRAME_HEAD + reader_le32(&r) + DIGEST_SIZE };
		at += frames[n++].len;
	}
	return n;
}

static const struct {
	const char *name;
	const char *order; /* h header, 1 2 3 chunks, t trailer */
	enum err_code code;
} orders[] = {
	{ "as it was", "h123t", ERR_NONE },
	{ "a chunk gone", "h13t", ERR_DIGEST },
	{ "the first chunk gone", "h23t", ERR_DIGEST },
	{ "two chunks swapped", "h213t", ERR_DIGEST },
	{ "a chunk twice", "h1123t", ERR_DIGEST },
	{ "no header", "123t", ERR_DIGEST },
	{ "two headers", "hh123t", ERR_DIGEST },
	{ "the trailer early", "h12t3", ERR_DIGEST },
	{ "two trailers", "h123tt", ERR_FORMAT },
	{ "only the header", "h", ERR_INCOMPLETE },
	{ "no trailer", "h123", ERR_INCOMPLETE },
	{ "nothing", "", ERR_INCOMPLETE },
};

START_TEST(frames_moved)
{
	CLEANUP(buf_free) struct buf file = { 0 };
	struct piece frames[8];
	struct err err = { 0 };
	size_t n;

	make_recording();
	n = split(frames, ARRAY_LEN(frames));
	ck_assert_uint_eq(n, 5);
	buf_add(&file, whole.data, FRAME_FILE_HEAD);
	for (const char *p = orders[_i].order; *p; p++) {
		const struct piece *f = &frames[*p == 'h' ? 0 : *p == 't' ? n - 1 : (size_t)(*p - '0')];

		buf_add(&file, whole.data + f->start, f->len);
	}
	read_recording(store(file.data, file.len), &err);
	ck_assert_msg(err.code == orders[_i].code, "%s: %s %s", orders[_i].name, err_name(err.code), err.text);
	if (err.code)
		ck_assert_msg(strstr(err.text, "offset ") != NULL, "%s: %s", orders[_i].name, err.text);
}
END_TEST

/* ---- files whose digests are right and whose content is not ---- */

static struct buf header_message, trailer_message;

/* The payloads of header and trailer of a recording without events. */
static void make_messages(void)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	struct frame_reader *r;
	struct frame f;

	ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
	r = frame_reader_open(sample_path("r"), REC_FILE_RECORDING, &err);
	ck_assert_int_eq(frame_read(r, &f, &err), 1);
	buf_clear(&header_message);
	buf_add(&header_message, f.data, f.len);
	ck_assert_int_eq(frame_read(r, &f, &err), 1);
	ck_assert_int_eq(f.type, FRAME_TRAILER);
	buf_clear(&trailer_message);
	buf_add(&trailer_message, f.data, f.len);
	frame_reader_close(r);
}

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

/* frames: H the right header, T the right trailer, h and t and c frames with the row's bytes */
static const struct {
	const char *name, *frames;
	const uint8_t *data;
	size_t len;
	enum err_code code;
	const char *text; /* part of the message */
} hostile[] = {
	{ "nothing wrong", "HT", BYTES(""), ERR_NONE, "" },
	{ "empty chunks", "HcccT", BYTES(""), ERR_NONE, "" },
	{ "two headers", "HHT", BYTES(""), ERR_FORMAT, "out of order" },
	{ "a chunk first", "cHT", BYTES(""), ERR_FORMAT, "out of order" },
	{ "a trailer first", "T", BYTES(""), ERR_FORMAT, "out of order" },
	{ "a chunk behind the trailer", "HTc", BYTES(""), ERR_FORMAT, "behind its trailer" },
	{ "header that is no message", "hT", BYTES("\xff\xff\xff"), ERR_FORMAT, "malformed header" },
	{ "empty header", "hT", BYTES(""), ERR_FORMAT, "digest" },
	{ "trailer that is no message", "Ht", BYTES("\x0a"), ERR_FORMAT, "malformed trailer" },
	{ "trailer of unknown end", "Ht", BYTES("\x08\x03"), ERR_FORMAT, "unknown kind of end" },
	{ "trailer with other counts", "Ht", BYTES("\x20\x01"), ERR_FORMAT, "counts" },
	{ "trailer with unknown fields", "Ht", BYTES("\x98\x06\x01\xa2\x06\x01x"), ERR_NONE, "" },
	{ "trailer with a NUL", "Ht",
	  BYTES("\x1a\x03"
		"a\0b"),
	  ERR_FORMAT, "NUL byte" },
	{ "a message longer than the chunks", "HcT", BYTES("\x05\x08"), ERR_FORMAT, "within a message" },
	{ "a length cut by the trailer", "HcT", BYTES("\x85"), ERR_FORMAT, "within a message" },
	{ "a length wider than 64 bits", "HcT", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), ERR_FORMAT,
	  "impossible length" },
	{ "a length without an end", "HcT", BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"), ERR_FORMAT,
	  "impossible length" },
	{ "a message of 2^63 bytes", "HcT", BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), ERR_LIMIT,
	  "of the frame" },
	{ "a message over the limit", "HcT", BYTES("\x81\x80\x80\x20"), ERR_LIMIT, "67108865 bytes, more than" },
	{ "a message at the limit, not there", "HcT", BYTES("\x80\x80\x80\x20"), ERR_FORMAT, "within a message" },
	{ "an event that is no message", "HcT", BYTES("\x02\x0a\xff"), ERR_FORMAT, "malformed event, in byte 0" },
	{ "the second of two events", "HcT", BYTES("\x00\x02\x0a\xff"), ERR_FORMAT, "malformed event, in byte 1" },
};

START_TEST(hostile_files)
{
	struct err err = { 0 };
	struct frame_writer *w;
	int fd;

	make_messages();
	fd = open(sample_path("t"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	w = frame_writer_new(fd, "t", REC_FILE_RECORDING, NULL);
	for (const char *p = hostile[_i].frames; *p; p++) {
		const struct buf *own = *p == 'H' ? &header_message : &trailer_message;
		enum frame_type type = *p == 'H' || *p == 'h' ? FRAME_HEADER : *p == 'c' ? FRAME_CHUNK : FRAME_TRAILER;
		bool right = *p == 'H' || *p == 'T';

		ck_assert_int_eq(frame_write(w, type, right ? own->data : hostile[_i].data,
					     right ? own->len : hostile[_i].len, _i & 1, &err),
				 0);
	}
	frame_writer_free(w);
	close(fd);
	drain(sample_path("t"), &err);
	ck_assert_msg(err.code == hostile[_i].code && strstr(err.text, hostile[_i].text), "%s: %s %s", hostile[_i].name,
		      err_name(err.code), err.text);
	if (err.code)
		ck_assert_msg(strstr(err.text, "offset ") != NULL, "%s: %s", hostile[_i].name, err.text);
}
END_TEST

/* Frame heads with a right check and numbers that cannot be. */
static const struct {
	const char *name;
	char type[5];
	uint32_t flags;
	uint64_t seq;
	uint32_t raw, stored;
	const char *payload; /* of stored bytes, or NULL: none is there */
	enum err_code code;
} heads[] = {
	{ "reserved type", "SIGN", 0, 1, 0, 0, NULL, ERR_FORMAT },
	{ "unknown type", "\1\2\3\4", 0, 1, 0, 0, NULL, ERR_FORMAT },
	{ "unknown flag", "CHNK", 2, 1, 0, 0, NULL, ERR_FORMAT },
	{ "sequence number", "CHNK", 0, 2, 0, 0, NULL, ERR_FORMAT },
	{ "chunk of 4 GiB", "CHNK", 1, 1, UINT32_MAX, 1, NULL, ERR_LIMIT },
	{ "chunk of 1 MiB and a byte", "CHNK", 1, 1, (1 << 20) + 1, 1, NULL, ERR_LIMIT },
	{ "4 GiB stored", "CHNK", 1, 1, 1, UINT32_MAX, NULL, ERR_LIMIT },
	{ "trailer of 4 GiB", "TAIL", 1, 1, UINT32_MAX, 1, NULL, ERR_LIMIT },
	{ "lengths differ", "CHNK", 0, 1, 3, 4, "abcd", ERR_FORMAT },
	{ "not there", "CHNK", 1, 1, 1 << 20, 1 << 20, NULL, ERR_INCOMPLETE },
	{ "no zstd", "CHNK", 1, 1, 3, 4, "abcd", ERR_FORMAT },
	/* a zstd frame of "abc" that claims to be of 4 bytes here */
	{ "zstd of other length", "CHNK", 1, 1, 4, 12,
	  "\x28\xb5\x2f\xfd\x20\x03\x19\x00\x00"
	  "abc",
	  ERR_FORMAT },
	{ "zstd of larger length", "CHNK", 1, 1, 2, 12,
	  "\x28\xb5\x2f\xfd\x20\x03\x19\x00\x00"
	  "abc",
	  ERR_FORMAT },
	{ "zstd of right length", "CHNK", 1, 1, 3, 12,
	  "\x28\xb5\x2f\xfd\x20\x03\x19\x00\x00"
	  "\0\0\0",
	  ERR_INCOMPLETE },
};

START_TEST(hostile_heads)
{
	CLEANUP(buf_free) struct buf file = { 0 };
	uint8_t chain[DIGEST_SIZE], full[DIGEST_SIZE], head[FRAME_HEAD];
	struct digest *d = digest_new();
	struct buf h = { 0 };
	struct err err = { 0 };
	struct frame_writer *w;
	int fd;

	make_messages();
	fd = open(sample_path("t"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	w = frame_writer_new(fd, "t", REC_FILE_RECORDING, NULL);
	ck_assert_int_eq(frame_write(w, FRAME_HEADER, header_message.data, header_message.len, 0, &err), 0);
	frame_writer_free(w);
	close(fd);
	ck_assert_int_eq(file_read(sample_path("t"), 1 << 20, &file, &err), 0);
	memcpy(chain, file.data + file.len - DIGEST_SIZE, DIGEST_SIZE);

	buf_add(&h, heads[_i].type, 4);
	buf_le32(&h, heads[_i].flags);
	buf_le64(&h, heads[_i].seq);
	buf_le32(&h, heads[_i].raw);
	buf_le32(&h, heads[_i].stored);
	digest_add(d, chain, DIGEST_SIZE);
	digest_add(d, h.data, FRAME_HEAD_CHECK);
	digest_end(d, full);
	buf_add(&h, full, 8);
	memcpy(head, h.data, FRAME_HEAD);
	buf_add(&file, head, FRAME_HEAD);
	if (heads[_i].payload) {
		buf_add(&file, heads[_i].payload, heads[_i].stored);
		digest_reset(d);
		digest_add(d, chain, DIGEST_SIZE);
		digest_add(d, head, FRAME_HEAD);
		digest_add(d, heads[_i].payload, heads[_i].stored);
		digest_end(d, chain);
		buf_add(&file, chain, DIGEST_SIZE);
	}
	drain(store(file.data, file.len), &err);
	ck_assert_msg(err.code == heads[_i].code && strstr(err.text, "offset "), "%s: %s %s", heads[_i].name,
		      err_name(err.code), err.text);
	buf_free(&h);
	digest_free(d);
}
END_TEST

static const struct {
	const char *path;
	enum err_code code;
} no_files[] = {
	{ "/nonexistent/recording.bin", ERR_IO }, { "/", ERR_IO }, { "/dev/null", ERR_IO }, { "/dev/zero", ERR_IO },
	{ "/proc/self/cmdline", ERR_FORMAT },
};

START_TEST(what_is_no_file)
{
	struct err err = { 0 };

	ck_assert_ptr_null(rec_reader_open(no_files[_i].path, SAMPLE_MAX_EVENT, &err));
	ck_assert_msg(err.code == no_files[_i].code, "%s: %s %s", no_files[_i].path, err_name(err.code), err.text);
	ck_assert_msg(strstr(err.text, no_files[_i].path) != NULL, "%s", err.text);
}
END_TEST

START_TEST(changed_between_check_and_use)
{
	const struct sys_event *ev;
	struct err err = { 0 };
	struct rec_reader *r;
	int fd, got;

	make_recording();
	r = rec_reader_open(store(whole.data, whole.len), SAMPLE_MAX_EVENT, &err);
	ck_assert_int_eq(rec_reader_check(r, &err), 0);
	/* another recording of the same header, whole in itself */
	{
		struct rec_header h = sample_header();
		struct rec_trailer t = { .reason = "why" };
		struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);

		ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
		load("r");
	}
	fd = open(sample_path("t"), O_WRONLY | O_TRUNC);
	ck_assert_int_eq(write(fd, whole.data, whole.len), (ssize_t)whole.len);
	close(fd);
	do
		got = rec_reader_next(r, &ev, &err);
	while (got > 0);
	ck_assert_int_eq(got, -1);
	ck_assert_msg(strstr(err.text, "changed while it was read") != NULL, "%s", err.text);
	rec_reader_close(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording: damage");
	TCase *t = tcase_create("damage");
	SRunner *run = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, sample_dir_make, sample_dir_remove);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, the_whole_file_is_fine, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, cut_at_every_byte, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, every_byte_flipped, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, garbage_behind_the_trailer, 0, ARRAY_LEN(kinds));
	tcase_add_loop_test(t, frames_moved, 0, ARRAY_LEN(orders));
	tcase_add_loop_test(t, hostile_files, 0, ARRAY_LEN(hostile));
	tcase_add_loop_test(t, hostile_heads, 0, ARRAY_LEN(heads));
	tcase_add_loop_test(t, what_is_no_file, 0, ARRAY_LEN(no_files));
	tcase_add_test(t, changed_between_check_and_use);
	suite_add_tcase(s, t);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	buf_free(&whole);
	buf_free(&header_message);
	buf_free(&trailer_message);
	return failed != 0;
}

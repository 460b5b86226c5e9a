/*
 * Digests that are made while the recording goes on: each ends up in its event, and every file is closed.
 */
#include "rec_expect.h"

#include "base/digest.h"

#include <dirent.h>
#include <fcntl.h>

#define FILE_SIZE ((size_t)3 << 20)
#define EVENTS	  400u

static uint8_t *content;

static unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void setup(void)
{
	struct err err = { 0 };

	sample_dir_make();
	content = calloc(1, FILE_SIZE);
	sample_noise(content, FILE_SIZE, 7);
	ck_assert(file_write_atomic(sample_path("big"), content, FILE_SIZE, &err) == 0);
}

static void teardown(void)
{
	free(content);
	sample_dir_remove();
}

/* The part of the file that event i has a digest of; of some, behind the end of the file. */
static struct digest_range range_of(unsigned i)
{
	return (struct digest_range){ -1, (uint64_t)i * 4096 % FILE_SIZE, (i % 7 + 1) * (uint64_t)100000 };
}

static bool is_later(unsigned i)
{
	return i % 3 == 0;
}

/* How much besides: enough of it to go round the ring that events wait in. */
static uint32_t data_of(unsigned i, bool much)
{
	return much ? 100000 + i : i % 64 + 64;
}

static void write_all(const char *path, bool much, unsigned settle_each)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(path, &h, &err);

	ck_assert_msg(w != NULL, "%s", err.text);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct digest_range range = range_of(i);
		struct sys_event ev;
		struct abi_block *b;

		arena_reset(a);
		event_init(&ev, a);
		sample_io(&ev, i, false, content + (much ? i * 1000 : 0), data_of(i, much));
		if (is_later(i)) {
			range.fd = open(sample_path("big"), O_RDONLY | O_CLOEXEC);
			ck_assert(range.fd >= 0);
			b = event_add_block(&ev);
			*b = (struct abi_block){ .phase = PHASE_EXIT, .node = 9, .len = DIGEST_SIZE, .later = &range };
			b = event_add_block(&ev);
			*b = (struct abi_block){ .phase = PHASE_EXIT, .node = 10, .len = 5, .data = content };
		}
		ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
		if (settle_each && i % settle_each == 0) {
			ck_assert(rec_writer_settle(w, &err) == 0);
			ck_assert(!rec_writer_waits(w));
		}
	}
	ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
	arena_free(a);
}

static void read_all(const char *path, bool much)
{
	struct err err = { 0 };
	struct rec_reader *r = rec_reader_open(path, SAMPLE_MAX_EVENT, &err);
	const struct sys_event *ev;
	uint8_t want[DIGEST_SIZE];

	ck_assert_msg(r && rec_reader_check(r, &err) == 0, "%s", err.text);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct digest_range range = range_of(i);
		uint64_t len = range.len < FILE_SIZE - range.offset ? range.len : FILE_SIZE - range.offset;

		ck_assert_msg(rec_reader_next(r, &ev, &err) == 1, "%s", err.text);
		ck_assert_uint_eq(ev->blocks[0].len, data_of(i, much));
		ck_assert_mem_eq(ev->blocks[0].data, content + (much ? i * 1000 : 0), ev->blocks[0].len);
		ck_assert_uint_eq(ev->nblocks, is_later(i) ? 3 : 1);
		if (!is_later(i))
			continue;
		digest_of(content + range.offset, len, want);
		ck_assert_uint_eq(ev->blocks[1].len, DIGEST_SIZE);
		ck_assert_msg(memcmp(ev->blocks[1].data, want, DIGEST_SIZE) == 0, "digest of event %u", i);
		ck_assert_mem_eq(ev->blocks[2].data, content, 5);
	}
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), 0);
	rec_reader_close(r);
}

static const struct {
	bool much;
	unsigned settle_each;
} ways[] = { { false, 0 }, { true, 0 }, { false, 10 }, { true, 1 } };

START_TEST(each_is_in_its_event)
{
	unsigned before = open_files();

	write_all(sample_path("r"), ways[_i].much, ways[_i].settle_each);
	ck_assert_uint_eq(open_files(), before);
	read_all(sample_path("r"), ways[_i].much);
}
END_TEST

/* What cannot be read is an error of the recording, at its end at the latest. */
START_TEST(unreadable)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	struct digest_range range = { .fd = open(sample_dir, O_RDONLY | O_DIRECTORY), .len = 100 };
	struct sys_event ev;

	ck_assert(w != NULL && range.fd >= 0);
	event_init(&ev, a);
	sample_io(&ev, 0, false, content, 10);
	*event_add_block(&ev) = (struct abi_block){ .phase = PHASE_EXIT, .node = 9, .len = DIGEST_SIZE, .later = &range };
	(void)rec_writer_event(w, &ev, &err); /* or even now */
	if (_i == 0) {
		ck_assert_int_eq(rec_writer_finish(w, &t, &err), -1);
		ck_assert_int_eq(err.code, ERR_IO);
		ck_assert(access(sample_path("r"), F_OK) != 0);
	} else {
		rec_writer_abandon(w);
	}
	arena_free(a);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rec later");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_is_in_its_event, 0, (int)(sizeof(ways) / sizeof(ways[0])));
	tcase_add_loop_test(t, unreadable, 0, 2);
	tcase_set_timeout(t, 120);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * What a recording holds is what was written: every field, large blocks, equal blocks, files that are not finished.
 */
#include "rec_expect.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

START_TEST(header_comes_back)
{
	struct rec_header want = sample_header();
	const struct rec_header *got;
	struct err err = { 0 };
	struct rec_reader *r;

	sample_recording(sample_path("r"), 1);
	r = rec_reader_open(sample_path("r"), SAMPLE_MAX_EVENT, &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	got = rec_reader_header(r);
	ck_assert_mem_eq(got->schema_hash, want.schema_hash, 32);
	ck_assert_mem_eq(got->policy_digest, want.policy_digest, 32);
	ck_assert_mem_eq(got->at_random, want.at_random, 16);
	ck_assert_str_eq(got->policy_name, want.policy_name);
	ck_assert_int_eq(got->container.kind, want.container.kind);
	ck_assert_str_eq(got->container.lower, want.container.lower);
	ck_assert_str_eq(got->container.upper, want.container.upper);
	ck_assert_str_eq(got->container.work, want.container.work);
	ck_assert_str_eq(got->container.mount_point, want.container.mount_point);
	ck_assert_str_eq(got->container.hostname, want.container.hostname);
	ck_assert(got->container.network && got->container.user);
	ck_assert_str_eq(got->command_name, want.command_name);
	ck_assert_str_eq(got->program, want.program);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_str_eq(got->argv[i], want.argv[i]);
	ck_assert_ptr_null(got->argv[4]);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_str_eq(got->envp[i], want.envp[i]);
	ck_assert_ptr_null(got->envp[3]);
	ck_assert_str_eq(got->cwd, want.cwd);
	ck_assert_uint_eq(got->umask, want.umask);
	for (unsigned i = 0; i < REC_RLIMITS; i++) {
		ck_assert_uint_eq(got->rlimits[i].cur, want.rlimits[i].cur);
		ck_assert_uint_eq(got->rlimits[i].max, want.rlimits[i].max);
	}
	ck_assert_uint_eq(got->uid, want.uid);
	ck_assert_uint_eq(got->euid, want.euid);
	ck_assert_uint_eq(got->gid, want.gid);
	ck_assert_uint_eq(got->egid, want.egid);
	ck_assert_uint_eq(got->ngroups, want.ngroups);
	ck_assert_mem_eq(got->groups, want.groups, 3 * sizeof(uint32_t));
	ck_assert_uint_eq(got->signals_ignored, want.signals_ignored);
	ck_assert_uint_eq(got->signals_blocked, want.signals_blocked);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_int_eq(got->stdio[i].kind, want.stdio[i].kind);
		ck_assert_uint_eq(got->stdio[i].flags, want.stdio[i].flags);
		ck_assert_str_eq(got->stdio[i].path, want.stdio[i].path);
		ck_assert_uint_eq(got->stdio[i].size, want.stdio[i].size);
		ck_assert_uint_eq(got->stdio[i].offset, want.stdio[i].offset);
		ck_assert_uint_eq(got->stdio[i].mode, want.stdio[i].mode);
		ck_assert_uint_eq(got->stdio[i].rdev, want.stdio[i].rdev);
	}
	ck_assert_str_eq(got->host_sysname, want.host_sysname);
	ck_assert_str_eq(got->host_release, want.host_release);
	ck_assert_str_eq(got->host_version, want.host_version);
	ck_assert_str_eq(got->host_machine, want.host_machine);
	ck_assert_str_eq(got->host_hostname, want.host_hostname);
	ck_assert_uint_eq(got->started_ns, want.started_ns);
	ck_assert(got->aslr);
	ck_assert(got->cpuid_runs);
	ck_assert_uint_eq(got->nignored, 2);
	ck_assert_mem_eq(got->ignored, want.ignored, 2 * sizeof(uint32_t));
	rec_reader_close(r);
}
END_TEST

START_TEST(an_empty_header_is_a_header)
{
	struct rec_header h = { 0 };
	struct rec_trailer t = { 0 };
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	struct rec_reader *r;

	ck_assert_msg(w && rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
	r = rec_reader_open(sample_path("r"), 1, &err);
	ck_assert_msg(r && rec_reader_check(r, &err) == 0, "%s", err.text);
	ck_assert_str_eq(rec_reader_header(r)->cwd, "");
	ck_assert_ptr_null(rec_reader_header(r)->argv[0]);
	ck_assert_str_eq(rec_reader_trailer(r)->reason, "");
	rec_reader_close(r);
}
END_TEST

START_TEST(trailer_comes_back)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = {
		.end = REC_END_INCOMPLETE, .wait_status = 0x8b, .reason = "call 1000", .undescribed = 7
	};
	const struct sys_event *got;
	struct sys_event ev;
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	struct arena *a = arena_new();
	struct rec_reader *r;

	ck_assert_msg(w != NULL, "%s", err.text);
	event_init(&ev, a);
	sample_io(&ev, 0, false, "abc", 3);
	ck_assert_int_eq(rec_writer_event(w, &ev, &err), 0);
	ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
	ck_assert_uint_eq(t.events, 1);
	r = rec_reader_open(sample_path("r"), SAMPLE_MAX_EVENT, &err);
	ck_assert_int_eq(rec_reader_next(r, &got, &err), 1);
	ck_assert_int_eq(rec_reader_next(r, &got, &err), 0);
	ck_assert_int_eq(rec_reader_next(r, &got, &err), 0);
	ck_assert_int_eq(rec_reader_trailer(r)->end, REC_END_INCOMPLETE);
	ck_assert_uint_eq(rec_reader_trailer(r)->wait_status, 0x8b);
	ck_assert_str_eq(rec_reader_trailer(r)->reason, "call 1000");
	ck_assert_uint_eq(rec_reader_trailer(r)->events, 1);
	ck_assert_uint_eq(rec_reader_trailer(r)->blocks, 1);
	ck_assert_uint_eq(rec_reader_trailer(r)->bytes, 3);
	ck_assert_uint_eq(rec_reader_trailer(r)->undescribed, 7);
	rec_reader_close(r);
	arena_free(a);
}
END_TEST

#define EVENTS 20000 /* many chunks */

static void expect_samples(struct rec_reader *r, unsigned count)
{
	struct arena *a = arena_new();
	struct err err = { 0 };

	for (unsigned i = 0; i < count; i++) {
		const struct sys_event *got;
		struct sys_event want;
		char row[32];

		arena_reset(a);
		sample_event(i, &want, a);
		snprintf(row, sizeof(row), "event %u", i);
		ck_assert_msg(rec_reader_next(r, &got, &err) == 1, "%s: %s", row, err.text);
		sample_expect_event(&want, got, row);
	}
	arena_free(a);
}

START_TEST(events_come_back)
{
	const struct sys_event *ev;
	struct err err = { 0 };
	uint8_t root[DIGEST_SIZE];
	struct rec_reader *r;

	sample_recording(sample_path("r"), EVENTS);
	r = rec_reader_open(sample_path("r"), SAMPLE_MAX_EVENT, &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	expect_samples(r, 17); /* a check may come at any time */
	ck_assert_msg(rec_reader_check(r, &err) == 0, "%s", err.text);
	memcpy(root, rec_reader_root(r), DIGEST_SIZE);
	expect_samples(r, EVENTS);
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), 0);
	ck_assert_mem_eq(root, rec_reader_root(r), DIGEST_SIZE);
	ck_assert_int_eq(rec_reader_check(r, &err), 0);
	expect_samples(r, 3);
	rec_reader_close(r);
}
END_TEST

static const struct {
	uint32_t size;
	uint32_t shift; /* the second block begins so far into the first */
	double largest; /* of the file: times size */
} blocks[] = {
	{ 64, 0, 40 }, /* the frames around it */
	{ 63, 0, 40 },        { 4095, 0, 1.8 },      { 4096, 0, 1.8 },
	{ 4097, 0, 1.8 },     { 131072, 0, 1.1 },    { 131072, 4096, 1.1 },
	{ 262143, 0, 1.1 },   { 1 << 20, 0, 1.01 },  { (8 << 20) - 65536, 0, 1.01 },
	{ 8 << 20, 0, 2.01 }, { 20 << 20, 0, 2.01 }, /* longer than the window: the second one may be spelt out */
};

/* Reads size bytes, writes them and reads them again: one copy in the file. */
START_TEST(equal_blocks_are_stored_once)
{
	uint32_t size = blocks[_i].size;
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	uint8_t *data = malloc(size);
	struct arena *a = arena_new();
	const struct sys_event *got;
	struct sys_event ev[3];
	struct err err = { 0 };
	struct rec_writer *w;
	struct rec_reader *r;
	struct stat st;
	char row[64];

	snprintf(row, sizeof(row), "size %u shift %u", size, blocks[_i].shift);
	sample_noise(data, size, size);
	for (unsigned i = 0; i < 3; i++) {
		event_init(&ev[i], a);
		sample_io(&ev[i], i, i == 1, data + (i ? blocks[_i].shift : 0), size - (i ? blocks[_i].shift : 0));
	}
	w = rec_writer_open(sample_path("r"), &h, &err);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_msg(rec_writer_event(w, &ev[i], &err) == 0, "%s: %s", row, err.text);
	ck_assert_msg(rec_writer_event(w, &ev[2], &err) == 0, "%s: %s", row, err.text);
	ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s: %s", row, err.text);
	ck_assert_int_eq(stat(sample_path("r"), &st), 0);
	if (blocks[_i].largest < 2)
		ck_assert_msg((double)st.st_size < size * blocks[_i].largest, "%s: %lld bytes", row,
			      (long long)st.st_size);
	r = rec_reader_open(sample_path("r"), SAMPLE_MAX_EVENT, &err);
	ck_assert_msg(r && rec_reader_check(r, &err) == 0, "%s: %s", row, err.text);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_msg(rec_reader_next(r, &got, &err) == 1, "%s: %s", row, err.text);
		sample_expect_event(&ev[i], got, row);
	}
	ck_assert_int_eq(rec_reader_next(r, &got, &err), 0);
	rec_reader_close(r);
	arena_free(a);
	free(data);
}
END_TEST

/* A long stream of blocks of odd sizes that come again at odd distances, some from beyond the window. */
START_TEST(blocks_come_again_at_any_distance)
{
	static const uint32_t sizes[] = { 100, 5000, 70000, 4096, 64, 300000, 12345 };
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	uint8_t *data = malloc(300000);
	struct arena *a = arena_new();
	const struct sys_event *got;
	struct err err = { 0 };
	struct rec_writer *w;
	struct rec_reader *r;

	w = rec_writer_open(sample_path("r"), &h, &err);
	for (unsigned pass = 0; pass < 2; pass++) {
		uint64_t x = 12345;

		for (unsigned i = 0; i < 700; i++) {
			uint32_t size = sizes[i % ARRAY_LEN(sizes)];
			struct sys_event ev;

			x = x * 6364136223846793005ull + 1442695040888963407ull;
			sample_noise(data, size, (x >> 33) % (i + 1)); /* old ones and new ones */
			arena_reset(a);
			event_init(&ev, a);
			sample_io(&ev, i, i & 1, data, size);
			if (pass == 0) {
				ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
			} else {
				ck_assert_msg(rec_reader_next(r, &got, &err) == 1, "event %u: %s", i, err.text);
				sample_expect_event(&ev, got, "event");
			}
		}
		if (pass == 0) {
			ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
			r = rec_reader_open(sample_path("r"), SAMPLE_MAX_EVENT, &err);
		}
	}
	ck_assert_int_eq(rec_reader_next(r, &got, &err), 0);
	rec_reader_close(r);
	arena_free(a);
	free(data);
}
END_TEST

START_TEST(an_event_larger_than_the_limit_is_refused)
{
	uint8_t data[5000] = { 0 };
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	struct arena *a = arena_new();
	const struct sys_event *got;
	struct sys_event ev;
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	struct rec_reader *r;

	for (unsigned i = 0; i < 2; i++) { /* once spelt out, once a reference */
		event_init(&ev, a);
		sample_io(&ev, i, i, data, sizeof(data));
		if (i)
			*event_add_block(&ev) = ev.blocks[0];
		ck_assert_int_eq(rec_writer_event(w, &ev, &err), 0);
	}
	ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
	r = rec_reader_open(sample_path("r"), 4999, &err);
	ck_assert_int_eq(rec_reader_check(r, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	rec_reader_close(r);
	err_clear(&err);
	r = rec_reader_open(sample_path("r"), 9999, &err);
	ck_assert_int_eq(rec_reader_next(r, &got, &err), 1);
	ck_assert_int_eq(rec_reader_next(r, &got, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "more data than the limit"));
	rec_reader_close(r);
	arena_free(a);
}
END_TEST

/* Whole events first, then INCOMPLETE with the offset at which the file stops. */
static void expect_prefix(const char *path, unsigned count)
{
	const struct sys_event *ev;
	struct err err = { 0 };
	struct rec_reader *r = rec_reader_open(path, SAMPLE_MAX_EVENT, &err);
	struct stat st;
	char offset[64];

	ck_assert_msg(r != NULL, "%s", err.text);
	expect_samples(r, count);
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), -1);
	ck_assert_int_eq(err.code, ERR_INCOMPLETE);
	stat(path, &st);
	snprintf(offset, sizeof(offset), "offset %lld ", (long long)st.st_size);
	ck_assert_msg(strstr(err.text, offset) != NULL, "%s", err.text);
	err_clear(&err);
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), -1); /* and stays so */
	ck_assert_int_eq(err.code, ERR_INCOMPLETE);
	rec_reader_close(r);
}

static struct rec_writer *begin(unsigned count)
{
	struct rec_header h = sample_header();
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);

	ck_assert_msg(w != NULL, "%s", err.text);
	for (unsigned i = 0; i < count; i++) {
		struct sys_event ev;

		arena_reset(a);
		sample_event(i, &ev, a);
		ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
	}
	arena_free(a);
	return w;
}

START_TEST(a_flushed_prefix_can_be_read)
{
	struct rec_trailer t = { 0 };
	struct err err = { 0 };
	struct rec_writer *w = begin(10);

	ck_assert_int_eq(rec_writer_flush(w, &err), 0);
	expect_prefix(sample_path("r.part"), 10);
	ck_assert_int_eq(rec_writer_flush(w, &err), 0);
	ck_assert_int_ne(access(sample_path("r"), F_OK), 0);
	ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
	ck_assert_int_ne(access(sample_path("r.part"), F_OK), 0);
	ck_assert_int_eq(access(sample_path("r"), F_OK), 0);
}
END_TEST

START_TEST(an_abandoned_file_stays_as_part)
{
	rec_writer_abandon(begin(10));
	ck_assert_int_ne(access(sample_path("r"), F_OK), 0);
	expect_prefix(sample_path("r.part"), 10);
	rec_writer_abandon(NULL);
}
END_TEST

START_TEST(kill_9_leaves_what_is_older_than_a_second)
{
	int status, ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		begin(100);
		usleep(1500 * 1000);
		write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert(WIFSIGNALED(status));
	expect_prefix(sample_path("r.part"), 100);
}
END_TEST

START_TEST(differences_come_back)
{
	uint8_t root[DIGEST_SIZE] = { 1, 2, 3 }, digest[DIGEST_SIZE] = { 9 };
	static uint8_t large[700000];
	struct rec_difference rows[] = {
		{ .class = DIFF_VIOLATION,
		  .seq = UINT64_MAX,
		  .task = 7,
		  .call = "read",
		  .field = "buf",
		  .recorded = value_bytes("a\0b", 3),
		  .actual = value_bytes(large, sizeof(large)),
		  .offset = 4711,
		  .recorded_text = "\"a\\0b\"",
		  .actual_text = "\xff",
		  .rule_file = "strict.spol",
		  .rule_line = 3,
		  .rule_column = 8,
		  .rule_text = "exact",
		  .verb = "exact",
		  .message = "no" },
		{ .class = DIFF_ACCEPTED,
		  .call = "getpid",
		  .field = "ret",
		  .recorded = value_num(NUM_MIN),
		  .actual = value_num(NUM_MAX) },
		{ .class = DIFF_SEQUENCE, .call = "unlink", .field = "", .actual = value_num(-1) },
	};
	struct err err = { 0 };
	const struct rec_difference *got;
	struct diff_writer *w = diff_writer_open(sample_path("d"), root, "lax", digest, &err);
	struct diff_reader *r;
	enum rec_file_type type;

	ck_assert_msg(w != NULL, "%s", err.text);
	for (unsigned i = 0; i < 300; i++)
		ck_assert_int_eq(diff_writer_add(w, &rows[i % 3], &err), 0);
	ck_assert_msg(diff_writer_finish(w, "different", &err) == 0, "%s", err.text);
	r = diff_reader_open(sample_path("d"), &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	ck_assert_str_eq(diff_reader_policy(r), "lax");
	for (unsigned i = 0; i < 300; i++) {
		const struct rec_difference *want = &rows[i % 3];

		ck_assert_msg(diff_reader_next(r, &got, &err) == 1, "%u: %s", i, err.text);
		ck_assert_int_eq(got->class, want->class);
		ck_assert_uint_eq(got->seq, want->seq);
		ck_assert_uint_eq(got->task, want->task);
		ck_assert_str_eq(got->call, want->call);
		ck_assert_str_eq(got->field, want->field);
		ck_assert_msg(value_equal(&got->recorded, &want->recorded), "row %u", i % 3);
		ck_assert_msg(value_equal(&got->actual, &want->actual), "row %u", i % 3);
		ck_assert_uint_eq(got->offset, want->offset);
		ck_assert_str_eq(got->recorded_text, want->recorded_text ? want->recorded_text : "");
		ck_assert_str_eq(got->actual_text, want->actual_text ? want->actual_text : "");
		ck_assert_str_eq(got->rule_file, want->rule_file ? want->rule_file : "");
		ck_assert_uint_eq(got->rule_line, want->rule_line);
		ck_assert_uint_eq(got->rule_column, want->rule_column);
		ck_assert_str_eq(got->rule_text, want->rule_text ? want->rule_text : "");
		ck_assert_str_eq(got->verb, want->verb ? want->verb : "");
		ck_assert_str_eq(got->message, want->message ? want->message : "");
	}
	ck_assert_int_eq(diff_reader_next(r, &got, &err), 0);
	ck_assert_int_eq(diff_reader_next(r, &got, &err), 0);
	ck_assert_str_eq(diff_reader_verdict(r), "different");
	diff_reader_close(r);
	ck_assert_int_eq(rec_file_type(sample_path("d"), &type, &err), 0);
	ck_assert_int_eq(type, REC_FILE_DIFFERENCES);
	ck_assert_ptr_null(rec_reader_open(sample_path("d"), SAMPLE_MAX_EVENT, &err));
	ck_assert_int_eq(err.code, ERR_FORMAT);
}
END_TEST

START_TEST(file_types)
{
	enum rec_file_type type;
	struct err err = { 0 };

	sample_recording(sample_path("r"), 1);
	ck_assert_int_eq(rec_file_type(sample_path("r"), &type, &err), 0);
	ck_assert_int_eq(type, REC_FILE_RECORDING);
	ck_assert_int_eq(file_write_atomic(sample_path("short"), "\x89SP", 3, &err), 0);
	ck_assert_int_eq(rec_file_type(sample_path("short"), &type, &err), 0);
	ck_assert_int_eq(type, REC_FILE_UNKNOWN);
	ck_assert_int_eq(rec_file_type(sample_path("none"), &type, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording: round trip");
	TCase *t = tcase_create("round trip");
	SRunner *run = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, sample_dir_make, sample_dir_remove);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, header_comes_back);
	tcase_add_test(t, an_empty_header_is_a_header);
	tcase_add_test(t, trailer_comes_back);
	tcase_add_test(t, events_come_back);
	tcase_add_loop_test(t, equal_blocks_are_stored_once, 0, ARRAY_LEN(blocks));
	tcase_add_test(t, blocks_come_again_at_any_distance);
	tcase_add_test(t, an_event_larger_than_the_limit_is_refused);
	tcase_add_test(t, a_flushed_prefix_can_be_read);
	tcase_add_test(t, an_abandoned_file_stays_as_part);
	tcase_add_test(t, kill_9_leaves_what_is_older_than_a_second);
	tcase_add_test(t, differences_come_back);
	tcase_add_test(t, file_types);
	suite_add_tcase(s, t);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}

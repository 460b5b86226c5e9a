/*
 * Size of files, memory of writer and reader, disks that fill up.
 */
#include "rec_expect.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define BLOCK ((uint32_t)128 << 10) /* as cat(1) reads */

static long rss_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* cat of size bytes: each block is read and written. */
static void record_cat(const char *path, uint64_t size, bool noise)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	uint8_t *block = calloc(1, BLOCK);
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(path, &h, &err);
	uint64_t seq = 0;

	ck_assert_msg(w != NULL, "%s", err.text);
	for (uint64_t at = 0; at < size; at += BLOCK) {
		if (noise)
			sample_noise(block, BLOCK, at + 1);
		for (int i = 0; i < 2; i++) {
			struct sys_event ev;

			arena_reset(a);
			event_init(&ev, a);
			sample_io(&ev, seq++, i, block, BLOCK);
			ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
		}
	}
	ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(t.bytes, 2 * size);
	arena_free(a);
	free(block);
}

static void read_cat(const char *path, uint64_t size, bool noise)
{
	struct err err = { 0 };
	struct rec_reader *r = rec_reader_open(path, SAMPLE_MAX_EVENT, &err);
	uint8_t *block = calloc(1, BLOCK);
	const struct sys_event *ev;

	ck_assert_msg(r && rec_reader_check(r, &err) == 0, "%s", err.text);
	for (uint64_t at = 0; at < size; at += BLOCK) {
		if (noise)
			sample_noise(block, BLOCK, at + 1);
		for (int i = 0; i < 2; i++) {
			ck_assert_msg(rec_reader_next(r, &ev, &err) == 1, "%s", err.text);
			ck_assert_uint_eq(ev->blocks[0].len, BLOCK);
			ck_assert_mem_eq(ev->blocks[0].data, block, BLOCK);
		}
	}
	ck_assert_int_eq(rec_reader_next(r, &ev, &err), 0);
	rec_reader_close(r);
	free(block);
}

static const struct {
	const char *name;
	bool noise;
	uint64_t size;
	double largest; /* of the file, times size */
} contents[] = {
	{ "random bytes", true, 32 << 20, 1.05 },
	{ "zeros", false, 32 << 20, 0.01 },
};

START_TEST(size_of_a_recorded_cat)
{
	struct stat st;

	record_cat(sample_path("r"), contents[_i].size, contents[_i].noise);
	ck_assert_int_eq(stat(sample_path("r"), &st), 0);
	ck_assert_msg((double)st.st_size <= contents[_i].largest * (double)contents[_i].size, "%s: %lld bytes",
		      contents[_i].name, (long long)st.st_size);
	read_cat(sample_path("r"), contents[_i].size, contents[_i].noise);
}
END_TEST

/* Noise is not tried at length; what follows it is compressed all the same. */
START_TEST(text_behind_noise_is_compressed)
{
	const uint32_t noise = 8 * BLOCK, text = 64 * BLOCK;
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	uint8_t *block = calloc(1, BLOCK);
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	uint64_t seq = 0;
	struct stat st;

	ck_assert_msg(w != NULL, "%s", err.text);
	for (uint32_t at = 0; at < noise + text; at += BLOCK) {
		struct sys_event ev;

		sample_noise(block, BLOCK, at + 1);
		for (uint32_t i = 0; at >= noise && i < BLOCK; i++) /* new each time, and compressible */
			block[i] = (uint8_t)("0123456789abcdef"[block[i] & 15]);
		arena_reset(a);
		event_init(&ev, a);
		sample_io(&ev, seq++, false, block, BLOCK);
		ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
		ck_assert_msg(rec_writer_flush(w, &err) == 0, "%s", err.text); /* so that zstd's level is the same each time */
	}
	ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(sample_path("r"), &st), 0);
	ck_assert_msg(st.st_size < noise + text / 3 * 2, "%lld bytes", (long long)st.st_size);
	arena_free(a);
	free(block);
}
END_TEST

START_TEST(small_events_are_small)
{
	struct stat st;

	sample_recording(sample_path("r"), 8000);
	ck_assert_int_eq(stat(sample_path("r"), &st), 0);
	ck_assert_msg(st.st_size < 8000 * 30, "%lld bytes", (long long)st.st_size);
}
END_TEST

START_TEST(memory_is_bounded)
{
	uint64_t size = 256ull << 20;
	long before = rss_kib(), after;

	if (SANITIZED) {
		printf("SKIP: memory_is_bounded: a sanitizer's memory is not ours\n");
		return;
	}
	record_cat(sample_path("r"), size, true);
	read_cat(sample_path("r"), size, true);
	after = rss_kib();
	ck_assert_msg(after - before < 64 << 10, "%ld KiB more", after - before);
}
END_TEST

/* ---- disks that fill up ---- */

/* RLIM_INFINITY: as before; Check writes files, too. */
static void limit_file_size(rlim_t size)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = size < l.rlim_max ? size : l.rlim_max;
	setrlimit(RLIMIT_FSIZE, &l);
}

/* Writes until the error comes; it must, within 16 MiB of noise.  The error's text. */
static void write_until_error(const char *path, struct err *err)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	uint8_t *block = malloc(BLOCK);
	struct arena *a = arena_new();
	struct rec_writer *w = rec_writer_open(path, &h, err);
	struct err again = { 0 };
	int failed = 0, finished = 0;

	for (uint64_t i = 0; w && !failed && i < 128; i++) {
		struct sys_event ev;

		sample_noise(block, BLOCK, i);
		arena_reset(a);
		event_init(&ev, a);
		sample_io(&ev, i, false, block, BLOCK);
		failed = rec_writer_event(w, &ev, err);
	}
	if (w)
		finished = rec_writer_flush(w, NULL) + rec_writer_finish(w, &t, &again);
	limit_file_size(RLIM_INFINITY);
	if (w) {
		ck_assert_int_eq(failed, -1);
		ck_assert_int_eq(finished, -2); /* it stays broken */
		ck_assert_str_eq(again.text, err->text);
	}
	arena_free(a);
	free(block);
}

/* SIGXFSZ has its default action here: it must not kill. */
static const rlim_t size_limits[] = { 0, 10, 100, 4096, 1 << 20 };

START_TEST(file_size_limit)
{
	struct err err = { 0 };

	limit_file_size(size_limits[_i]);
	write_until_error(sample_path("r"), &err);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(err.sys_errno, EFBIG);
	ck_assert_msg(strstr(err.text, "r.part") != NULL, "%s", err.text);
	ck_assert_int_eq(access(sample_path("r.part"), F_OK), 0);
	ck_assert_int_ne(access(sample_path("r"), F_OK), 0);
}
END_TEST

/* Only the trailer does not fit any more. */
START_TEST(no_room_for_the_trailer)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	struct err err = { 0 };
	struct rec_writer *w = rec_writer_open(sample_path("r"), &h, &err);
	struct stat st;
	int result;

	ck_assert_int_eq(rec_writer_flush(w, &err), 0);
	stat(sample_path("r.part"), &st);
	limit_file_size((rlim_t)st.st_size);
	result = rec_writer_finish(w, &t, &err);
	limit_file_size(RLIM_INFINITY);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(err.sys_errno, EFBIG);
	ck_assert_int_eq(access(sample_path("r.part"), F_OK), 0);
}
END_TEST

START_TEST(full_device)
{
	struct err err = { 0 };
	struct stat st;

	if (access("/dev/full", W_OK) != 0) {
		printf("SKIP: full_device: /dev/full is not here\n");
		return;
	}
	write_until_error("/dev/full", &err);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(err.sys_errno, ENOSPC);
	ck_assert_int_eq(stat("/dev/full", &st), 0);
	ck_assert(S_ISCHR(st.st_mode)); /* nothing was renamed over it */
	ck_assert_int_ne(access("/dev/full.part", F_OK), 0);
}
END_TEST

START_TEST(full_disk)
{
	struct err err = { 0 };
	char path[600];

	if (mount("none", sample_dir, "tmpfs", 0, "size=1m") != 0) {
		printf("SKIP: full_disk: no right to mount a file system\n");
		return;
	}
	snprintf(path, sizeof(path), "%s", sample_path("r"));
	write_until_error(path, &err);
	umount(sample_dir);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(err.sys_errno, ENOSPC);
}
END_TEST

START_TEST(no_such_directory)
{
	struct rec_header h = sample_header();
	struct err err = { 0 };

	ck_assert_ptr_null(rec_writer_open("/nonexistent/r", &h, &err));
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_msg(strstr(err.text, "/nonexistent/r.part") != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_header_without_end)
{
	struct rec_header h = sample_header();
	char *text = malloc(17 << 20);
	const char *argv[] = { text, NULL };
	struct err err = { 0 };

	memset(text, 'x', 17 << 20);
	text[(17 << 20) - 1] = 0;
	h.argv = argv;
	ck_assert_ptr_null(rec_writer_open(sample_path("r"), &h, &err));
	ck_assert_int_eq(err.code, ERR_LIMIT);
	free(text);
}
END_TEST

/* The thread may use the processors that the process had when the writer was opened, whatever the caller does next. */
START_TEST(the_thread_is_not_pinned_with_the_caller)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { 0 };
	cpu_set_t all, one, of_thread;
	struct err err = { 0 };
	struct rec_writer *w;
	struct dirent *e;
	int threads = 0;
	DIR *dir;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	w = rec_writer_open(sample_path("r"), &h, &err);
	CPU_ZERO(&one);
	for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	dir = opendir("/proc/self/task");
	while ((e = readdir(dir)) != NULL) {
		pid_t tid = atoi(e->d_name);

		if (!tid || tid == getpid())
			continue;
		ck_assert_int_eq(sched_getaffinity(tid, sizeof(of_thread), &of_thread), 0);
		threads += CPU_EQUAL(&of_thread, &all);
	}
	closedir(dir);
	ck_assert_int_eq(threads, 1);
	ck_assert_int_eq(rec_writer_finish(w, &t, &err), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording: limits");
	TCase *t = tcase_create("limits");
	SRunner *run = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, sample_dir_make, sample_dir_remove);
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, size_of_a_recorded_cat, 0, ARRAY_LEN(contents));
	tcase_add_test(t, text_behind_noise_is_compressed);
	tcase_add_test(t, small_events_are_small);
	tcase_add_test(t, memory_is_bounded);
	tcase_add_loop_test(t, file_size_limit, 0, ARRAY_LEN(size_limits));
	tcase_add_test(t, no_room_for_the_trailer);
	tcase_add_test(t, full_device);
	tcase_add_test(t, full_disk);
	tcase_add_test(t, no_such_directory);
	tcase_add_test(t, a_header_without_end);
	tcase_add_test(t, the_thread_is_not_pinned_with_the_caller);
	suite_add_tcase(s, t);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}

/*
 * src/trace: descriptors 0-2 of a replayed program have the recorded kind, get the recorded input, and what they are
 * given reaches the caller's.
 */
#include "tests/unit/trace_support.h"

#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptor `fd` of this process becomes a file; returns another descriptor on it. */
static int become_file(int fd)
{
	int file = memfd_create("caller", MFD_CLOEXEC);

	ck_assert_int_ge(file, 0);
	dup2(file, fd);
	return file;
}

static char *content_of(struct run *r, int file, size_t *len)
{
	struct stat st;
	char *text;

	fstat(file, &st);
	*len = (size_t)st.st_size;
	text = arena_alloc(r->arena, *len + 1);
	ck_assert_int_eq(fd_pread_full(file, text, *len, 0, "file", NULL), (ssize_t)*len);
	return text;
}

/* Ends the source but keeps the rest for content_of(). */
static void finish(struct run *r)
{
	r->source->ops->free(r->source);
	r->source = NULL;
}

static const enum abi_fd_kind kinds[] = { FD_KIND_FILE, FD_KIND_PIPE, FD_KIND_SOCKET, FD_KIND_TTY };

/* Output of every recorded kind to a caller's pipe or file, more than a pipe holds. */
START_TEST(output_has_the_recorded_kind_and_reaches_the_caller)
{
	static const char name[] = "/tmp/trace-input-XXXXXX";
	enum abi_fd_kind kind = kinds[_i / USERS];
	char path[sizeof(name)], *text;
	struct run r = { 0 };
	int caller, input;
	struct stat st;
	size_t len;

	if (!become(_i % USERS))
		return;
	memcpy(path, name, sizeof(name));
	input = mkstemp(path);
	for (int i = 0; i < 30000; i++)
		ck_assert_int_eq(dprintf(input, "line %d\n", i), snprintf(NULL, 0, "line %d\n", i));
	run_init(&r, (const char *const[]){ "cat", "5000", NULL });
	caller = become_file(1);
	r.options.stdin_from = STDIN_FILE;
	r.options.stdin_path = path;
	r.options.match_stdio = true;
	r.env.stdio[1] = (struct spawn_stdio){ .kind = kind, .flags = O_WRONLY, .path = "recorded", .mode = 0640 };
	if (kind == FD_KIND_FILE) { /* appended to a file of ten bytes: only what is new goes to the caller */
		r.env.stdio[1].flags |= O_APPEND;
		r.env.stdio[1].size = 10;
	}
	run_start(&r);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	finish(&r);
	text = content_of(&r, caller, &len);
	fstat(input, &st);
	ck_assert_uint_eq(len, (size_t)st.st_size);
	ck_assert_mem_eq(text, "line 0\nline 1\n", 14);
	ck_assert_ptr_nonnull(strstr(text, "line 29999\n"));
	unlink(path);
	run_free(&r);
}
END_TEST

/* The program finds the kind: fstat of descriptor 1 by /bin/cat. */
START_TEST(the_program_sees_the_recorded_kind)
{
	static const mode_t types[] = { S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR };
	struct run r = { 0 };
	const struct abi_block *b;
	uint32_t mode;

	run_init_program(&r, "/bin/cat", (const char *const[]){ "cat", "/dev/null", NULL });
	become_file(1);
	r.options.match_stdio = true;
	r.env.stdio[1] = (struct spawn_stdio){ .kind = kinds[_i], .flags = O_WRONLY, .path = "recorded", .mode = 0640 };
	if (kinds[_i] == FD_KIND_FILE)
		r.env.stdio[1].size = 1;
	run_start(&r);
	do
		run_to(&r, SOURCE_EXIT, "newfstatat");
	while ((int)r.ev->args[0] != 1);
	b = run_block(r.ev, PHASE_EXIT, 0);
	memcpy(&mode, b->data + 24, sizeof(mode)); /* st_mode of struct stat */
	ck_assert_uint_eq(mode & S_IFMT, types[_i]);
	run_to_end(&r);
	run_free(&r);
}
END_TEST

START_TEST(a_shared_descriptor_stays_shared)
{
	struct run r = { 0 };
	int out, err;
	size_t len;

	run_init_program(&r, "/bin/sh", (const char *const[]){ "sh", "-c", "echo out; echo err >&2; echo out", NULL });
	out = become_file(1);
	err = become_file(2);
	r.options.match_stdio = true;
	for (int i = 1; i < 3; i++)
		r.env.stdio[i] = (struct spawn_stdio){ .kind = FD_KIND_PIPE, .flags = O_WRONLY, .path = "pipe:[12]" };
	run_start(&r);
	run_to_end(&r);
	finish(&r);
	ck_assert_str_eq(content_of(&r, out, &len), "out\nerr\nout\n");
	content_of(&r, err, &len);
	ck_assert_uint_eq(len, 0);
	run_free(&r);
}
END_TEST

START_TEST(a_closed_descriptor_stays_closed)
{
	struct run r = { 0 };
	bool seen = false;

	run_init(&r, (const char *const[]){ "constant", NULL });
	r.options.match_stdio = true;
	r.env.stdio[1] = (struct spawn_stdio){ .kind = FD_KIND_NONE, .path = "" };
	run_start(&r);
	while (run_next(&r) != SOURCE_DONE) {
		if (r.stop == SOURCE_EXIT && strcmp(run_call_name(&r, r.ev), "write") == 0) {
			ck_assert_int_eq(r.ev->ret, -EBADF);
			seen = true;
		}
	}
	ck_assert(seen);
	run_free(&r);
}
END_TEST

START_TEST(standard_descriptors_may_be_closed)
{
	struct run r = { 0 };

	run_init(&r, (const char *const[]){ "exit", "5", NULL });
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	run_start(&r);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 5);
	run_free(&r);
}
END_TEST

static void fill(char *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(seed + i * 7 + i / 251);
}

static const enum abi_fd_kind fed_kinds[] = { FD_KIND_PIPE, FD_KIND_SOCKET, FD_KIND_TTY };
static const size_t fed_lengths[] = { 1, 4000, 100000, 3 << 20 };

/*
 * Each read gets what it got in the recording, and the end where it was.  What is longer than the descriptor holds
 * comes in several reads, and nothing is lost.
 */
START_TEST(input_is_fed_read_by_read)
{
	enum abi_fd_kind kind = fed_kinds[_i / 4 % 3];
	size_t len = fed_lengths[_i % 4];
	char *data = malloc(len), *all = malloc(3 * len);
	unsigned fed = 0, reads = 0;
	struct run r = { 0 };
	size_t got = 0;

	if (!become(_i / 12))
		return;
	run_init(&r, (const char *const[]){ "cat", "4000000", NULL });
	r.options.stdin_from = STDIN_FEED;
	r.options.stdin_shown = "/recorded/input";
	r.env.stdio[0] =
		(struct spawn_stdio){ .kind = kind, .flags = kind == FD_KIND_PIPE ? O_RDONLY : O_RDWR, .path = "x" };
	run_start(&r);
	while (run_next(&r) != SOURCE_DONE) {
		if (strcmp(run_call_name(&r, r.ev), "read") != 0)
			continue;
		if (r.stop == SOURCE_ENTER && got == fed * len && fed < 4) {
			fill(data, len, fed);
			ck_assert_int_eq(r.source->ops->feed_stdin(r.source, data, fed < 3 ? len : 0, fed == 3, &r.err),
					 0);
			fed++;
		}
		if (r.stop == SOURCE_EXIT) {
			ck_assert_int_ge(r.ev->ret, 0);
			reads++;
			if (r.ev->ret) {
				ck_assert_uint_le(got + (size_t)r.ev->ret, 3 * len);
				memcpy(all + got, run_block(r.ev, PHASE_EXIT, 0)->data, (size_t)r.ev->ret);
			}
			got += (size_t)r.ev->ret;
		}
	}
	ck_assert_uint_eq(r.end_status, 0);
	ck_assert_uint_eq(got, 3 * len);
	for (unsigned i = 0; i < 3; i++) {
		fill(data, len, i);
		ck_assert_mem_eq(all + i * len, data, len);
	}
	if (len <= 4000 || (kind == FD_KIND_PIPE && len <= 1 << 20 && geteuid() == 0))
		ck_assert_uint_eq(reads, 4);
	free(data);
	free(all);
	run_free(&r);
}
END_TEST

START_TEST(a_program_that_ignores_its_input_ends)
{
	struct run r = { 0 };
	char *data = calloc(1, 3 << 20);

	run_init(&r, (const char *const[]){ "exit", "0", NULL });
	r.options.stdin_from = STDIN_FEED;
	r.env.stdio[0] = (struct spawn_stdio){ .kind = fed_kinds[_i], .flags = O_RDWR, .path = "x" };
	run_start(&r);
	ck_assert_int_eq(r.source->ops->feed_stdin(r.source, data, 3 << 20, true, &r.err), 0);
	run_to_end(&r);
	free(data);
	run_free(&r);
}
END_TEST

START_TEST(a_rebuilt_file_keeps_its_position_and_shows_its_name)
{
	struct run r = { 0 };
	const char *file = run_file(&r, "0123456789");
	int fd = open(file, O_RDWR);

	lseek(fd, 4, SEEK_SET);
	run_init_program(&r, "/bin/cat", (const char *const[]){ "cat", NULL });
	r.options.stdin_from = STDIN_FD;
	r.options.stdin_fd = fd;
	r.options.stdin_shown = "/recorded/input";
	r.env.stdio[0] = (struct spawn_stdio){ .kind = FD_KIND_FILE, .flags = O_RDONLY, .path = "/recorded/input" };
	run_start(&r);
	do
		run_to(&r, SOURCE_EXIT, "read");
	while (r.ev->args[0] != 0);
	ck_assert_int_eq(r.ev->ret, 6);
	ck_assert_mem_eq(run_block(r.ev, PHASE_EXIT, 0)->data, "456789", 6);
	run_to_end(&r);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 4);
	close(fd);
	run_free(&r);
}
END_TEST

START_TEST(a_rebuilt_descriptor_shows_the_recorded_name)
{
	struct run r = { 0 };

	run_init_program(&r, "/bin/sh", (const char *const[]){ "sh", "-c", "exec 5<&0", NULL });
	r.options.stdin_from = STDIN_FILE;
	r.options.stdin_path = "/etc/passwd";
	r.options.stdin_shown = "/recorded/input";
	run_start(&r);
	for (bool found = false; !found;) {
		ck_assert_int_ne(run_next(&r), SOURCE_DONE);
		for (uint32_t i = 0; r.stop == SOURCE_EXIT && i < r.ev->nfds; i++)
			found |= r.ev->fds[i].fd == 5 && strcmp(r.ev->fds[i].path, "/recorded/input") == 0;
	}
	run_free(&r);
}
END_TEST

START_TEST(a_caller_that_does_not_read_harms_nobody)
{
	struct run r = { 0 };
	int ends[2];

	if (kinds[_i] == FD_KIND_PIPE) /* alike: the program gets it and meets the broken pipe itself */
		return;
	run_init_program(&r, "/bin/cat", (const char *const[]){ "cat", "/etc/passwd", NULL });
	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	r.options.match_stdio = true;
	r.env.stdio[1] = (struct spawn_stdio){ .kind = kinds[_i], .flags = O_WRONLY, .path = "recorded", .mode = 0640 };
	run_start(&r);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace-stdio");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, output_has_the_recorded_kind_and_reaches_the_caller, 0, USERS * (int)ARRAY_LEN(kinds));
	tcase_add_loop_test(t, the_program_sees_the_recorded_kind, 0, (int)ARRAY_LEN(kinds));
	tcase_add_test(t, a_shared_descriptor_stays_shared);
	tcase_add_test(t, a_closed_descriptor_stays_closed);
	tcase_add_test(t, standard_descriptors_may_be_closed);
	tcase_add_loop_test(t, input_is_fed_read_by_read, 0, 4 * 3 * USERS);
	tcase_add_loop_test(t, a_program_that_ignores_its_input_ends, 0, (int)ARRAY_LEN(fed_kinds));
	tcase_add_test(t, a_rebuilt_file_keeps_its_position_and_shows_its_name);
	tcase_add_test(t, a_rebuilt_descriptor_shows_the_recorded_name);
	tcase_add_loop_test(t, a_caller_that_does_not_read_harms_nobody, 0, (int)ARRAY_LEN(kinds));
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

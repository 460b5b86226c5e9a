/*
 * src/trace: acting on a stopped task, what is captured of its memory, its descriptors and its files.
 */
#include "tests/unit/trace_support.h"

#include "base/digest.h"
#include "base/fdio.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#endif

START_TEST(an_answered_call_does_not_happen)
{
	struct run r = { 0 };
	const char *file;
	struct stat st;

	if (!become(_i))
		return;
	file = run_file(&r, "still here");
	RUN(&r, "unlink", file);
	run_to(&r, SOURCE_ENTER, "unlink");
	ck_assert_int_eq(r.source->ops->answer(r.source, -EXDEV, &r.err), 0);
	ck_assert_int_eq(run_next(&r), SOURCE_EXIT);
	ck_assert_int_eq(r.ev->ret, -EXDEV);
	ck_assert(r.ev->flags & EVENT_EMULATED);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, EXDEV);
	ck_assert_int_eq(stat(file, &st), 0);
	run_free(&r);
}
END_TEST

START_TEST(a_killed_call_does_not_happen)
{
	struct run r = { 0 };
	const char *file;
	struct stat st;

	if (!become(_i))
		return;
	file = run_file(&r, "still here");
	RUN(&r, "unlink", file);
	run_to(&r, SOURCE_ENTER, "unlink");
	r.source->ops->kill(r.source);
	ck_assert_int_eq(run_next(&r), SOURCE_DONE);
	ck_assert_int_eq(stat(file, &st), 0);
	run_free(&r);
	/* and freeing a source is killing */
	file = run_file(&r, "still here");
	RUN(&r, "unlink", file);
	run_to(&r, SOURCE_ENTER, "unlink");
	r.source->ops->free(r.source);
	r.source = NULL;
	ck_assert_int_eq(stat(file, &st), 0);
	run_free(&r);
}
END_TEST

START_TEST(exactly_the_bytes_are_written)
{
	const struct abi_block *b;
	struct run r = { 0 };
	uint64_t at;

	if (!become(_i))
		return;
	RUN(&r, "guard");
	run_to(&r, SOURCE_EXIT, "read");
	at = r.ev->args[1];
	ck_assert_uint_eq(run_block(r.ev, PHASE_EXIT, 0)->addr, at);
	for (size_t len = 1; len < 16; len += 2)
		ck_assert_int_eq(r.source->ops->write(r.source, at, "xxxxxxxxxxxxxxxx", len, &r.err), 0);
	ck_assert_int_eq(r.source->ops->write(r.source, at + 15, "yz", 2, &r.err), 0);
	b = run_block(run_to(&r, SOURCE_ENTER, "write"), PHASE_ENTRY, 0);
	ck_assert_uint_eq(b->len, 64);
	ck_assert_mem_eq(b->data, "AAAAAAAAxxxxxxxxxxxxxxxyzAAAAAAA", 32);
	run_to_end(&r);
	run_free(&r);
}
END_TEST

START_TEST(read_only_pages_are_written)
{
	struct run r = { 0 };

	if (!become(_i))
		return;
	RUN(&r, "constant");
	run_to(&r, SOURCE_EXIT, "write");
	ck_assert_mem_eq(run_block(r.ev, PHASE_ENTRY, 0)->data, "read-only", 9);
	ck_assert_int_eq(r.source->ops->write(r.source, r.ev->args[1], "READ", 4, &r.err), 0);
	run_to(&r, SOURCE_ENTER, "write");
	ck_assert_mem_eq(run_block(r.ev, PHASE_ENTRY, 0)->data, "READ-only", 9);
	run_to_end(&r);
	run_free(&r);
}
END_TEST

static enum source_stop run_want(struct run *r, uint32_t task, enum source_stop stop, int64_t result)
{
	struct source_want want = { .task = task, .stop = stop, .result = result, .patience_ms = 10000 };

	ck_assert_int_eq(r->source->ops->next(r->source, &want, &r->stop, &r->ev, &r->err), 0);
	return r->stop;
}

/* recorded: what the recording says that the read got; a lie is no reason to write behind the program's buffer */
static void read_halves(int64_t recorded)
{
	struct run r = { 0 };
	unsigned writes = 0;

	RUN(&r, "halves");
	run_to(&r, SOURCE_TASK, "?");
	while (!(r.stop == SOURCE_ENTER && r.ev->task == 0 && strcmp(run_call_name(&r, r.ev), "read") == 0))
		run_want(&r, 0, SOURCE_ENTER, 0);
	/* the parent sleeps in its read, the child says both halves */
	while (writes < 2) {
		run_want(&r, 1, SOURCE_ENTER, 0);
		writes += r.stop == SOURCE_EXIT && strcmp(run_call_name(&r, r.ev), "write") == 0;
	}
	ck_assert_int_eq(run_want(&r, 0, SOURCE_EXIT, recorded), SOURCE_EXIT);
	ck_assert_str_eq(run_call_name(&r, r.ev), "read");
	ck_assert_int_eq(r.ev->ret, 10);
	ck_assert_uint_eq(r.ev->args[2], 10);
	ck_assert_mem_eq(run_block(r.ev, PHASE_EXIT, 0)->data, "1234567890", 10);
	while (run_next(&r) != SOURCE_DONE) {
		if (r.stop == SOURCE_END && r.ev->task == 0)
			ck_assert_uint_eq(r.ev->args[0], 0); /* the program has them where it wants them */
	}
	run_free(&r);
}

START_TEST(a_read_of_a_stream_gets_as_much_as_was_recorded)
{
	if (!become(_i))
		return;
	read_halves(10);
	read_halves(1000);
	read_halves(INT64_MAX);
}
END_TEST

START_TEST(the_fourth_argument_is_the_kernels)
{
	struct run r = { 0 };

	if (!become(_i))
		return;
	RUN(&r, "pread", run_file(&r, "0123456789"));
	run_to(&r, SOURCE_ENTER, "pread64");
	ck_assert_uint_eq(r.ev->args[3], 0);
	ck_assert_int_eq(r.source->ops->set_arg(r.source, 3, 5, &r.err), 0);
	ck_assert_int_eq(run_next(&r), SOURCE_EXIT);
	ck_assert_uint_eq(r.ev->args[3], 0);
	ck_assert_mem_eq(run_block(r.ev, PHASE_EXIT, 0)->data, "5678", 4);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0); /* 9: the program saw the changed register */
	run_free(&r);
}
END_TEST

START_TEST(a_result_is_set)
{
	struct run r = { 0 };

	RUN(&r, "exec"); /* fcntl, then execve */
	run_to(&r, SOURCE_EXIT, "execve");
	run_to(&r, SOURCE_ENTER, "execve");
	ck_assert_int_eq(r.source->ops->answer(r.source, -EACCES, &r.err), 0);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 1);
	run_free(&r);
	RUN(&r, "unlink", "/no/such/file");
	run_to(&r, SOURCE_EXIT, "unlink");
	ck_assert_int_eq(r.ev->ret, -ENOENT);
	ck_assert_int_eq(r.source->ops->set_ret(r.source, -ELOOP, &r.err), 0);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, ELOOP);
	run_free(&r);
}
END_TEST

START_TEST(file_positions_are_moved)
{
	struct run r = { 0 };

	if (!become(_i))
		return;
	RUN(&r, "offset", run_file(&r, "0123456789"));
	run_to(&r, SOURCE_EXIT, "read");
	ck_assert_int_eq(r.source->ops->move_offset(r.source, (int)r.ev->args[0], 4, &r.err), 0);
	run_to(&r, SOURCE_EXIT, "read");
	ck_assert_mem_eq(run_block(r.ev, PHASE_EXIT, 0)->data, "6", 1);
	/* what cannot be moved is left alone */
	ck_assert_int_eq(r.source->ops->move_offset(r.source, (int)r.ev->args[0], -2, &r.err), 0);
	run_to_end(&r);
	run_free(&r);
}
END_TEST

START_TEST(unreadable_memory_is_told)
{
	const struct abi_block *b;
	struct run r = { 0 };

	RUN(&r, "bad-address");
	b = run_block(run_to(&r, SOURCE_ENTER, "write"), PHASE_ENTRY, 0);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->status, BLOCK_UNREADABLE);
	ck_assert_uint_eq(b->len, 0);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, EFAULT);
	run_free(&r);
	/* of several buffers the second ends in unmapped memory; the third is there again */
	RUN(&r, "page-end");
	run_to(&r, SOURCE_ENTER, "writev");
	b = run_block(r.ev, PHASE_ENTRY, 1);
	ck_assert_uint_eq(b->len, 4);
	ck_assert_mem_eq(b->data, "edge", 4);
	ck_assert_int_eq(b->status, BLOCK_OK);
	b = run_block(r.ev, PHASE_ENTRY, 2);
	ck_assert_uint_eq(b->len, 2);
	ck_assert_int_eq(b->status, BLOCK_UNREADABLE);
	ck_assert_mem_eq(b->data, "ge", 2);
	b = run_block(r.ev, PHASE_ENTRY, 3);
	ck_assert_uint_eq(b->len, 3);
	ck_assert_mem_eq(b->data, "dge", 3);
	ck_assert_int_eq(b->status, BLOCK_OK);
	run_to_end(&r);
	run_free(&r);
}
END_TEST

static const struct abi_fd_info *only_fd(const struct run *r)
{
	ck_assert_msg(r->ev->nfds == 1, "%s: %u descriptors", run_call_name(r, r->ev), r->ev->nfds);
	return &r->ev->fds[0];
}

START_TEST(descriptors_are_described)
{
	const struct abi_fd_info *fd;
	struct run r = { 0 };
	int first;

	if (!become(_i))
		return;
	RUN(&r, "descriptors", "/usr");
	run_to(&r, SOURCE_EXIT, "openat");
	fd = only_fd(&r);
	first = fd->fd;
	ck_assert_int_eq(fd->fd, (int)r.ev->ret);
	ck_assert_int_eq(fd->kind, FD_KIND_DEVICE);
	ck_assert_str_eq(fd->path, "/dev/null");
	ck_assert_uint_eq(fd->flags & O_ACCMODE, O_RDONLY);
	run_to(&r, SOURCE_EXIT, "dup2");
	ck_assert_int_eq(only_fd(&r)->fd, 20);
	ck_assert_str_eq(r.ev->fds[0].path, "/dev/null");
	run_to(&r, SOURCE_EXIT, "pipe2");
	ck_assert_uint_eq(r.ev->nfds, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(r.ev->fds[i].kind, FD_KIND_PIPE);
		ck_assert_uint_eq(r.ev->fds[i].flags & O_ACCMODE, i ? O_WRONLY : O_RDONLY);
		ck_assert_uint_eq(r.ev->fds[i].flags & O_CLOEXEC, O_CLOEXEC);
	}
	run_to(&r, SOURCE_EXIT, "socket");
	ck_assert_int_eq(only_fd(&r)->kind, FD_KIND_SOCKET);
	run_to(&r, SOURCE_EXIT, "fcntl");
	ck_assert_uint_eq(only_fd(&r)->flags & O_NONBLOCK, O_NONBLOCK);
	run_to(&r, SOURCE_EXIT, "close");
	ck_assert_int_eq(only_fd(&r)->fd, first);
	ck_assert_int_eq(only_fd(&r)->kind, FD_KIND_NONE);
	run_to(&r, SOURCE_EXIT, "chdir");
	ck_assert_str_eq(r.ev->cwd, "/usr");
	run_to(&r, SOURCE_EXIT, "close_range");
	ck_assert_uint_eq(r.ev->nfds, 4); /* 20, the pipe, the socket */
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(r.ev->fds[i].kind, FD_KIND_NONE);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

static void check_received(const struct run *r, const char *file, uint32_t n, uint32_t flag)
{
	ck_assert_uint_eq(r->ev->nfds, n);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_str_eq(r->ev->fds[i].path, i % 2 ? file : "/dev/null");
		ck_assert_int_eq(r->ev->fds[i].kind, i % 2 ? FD_KIND_FILE : FD_KIND_DEVICE);
		ck_assert_uint_eq(r->ev->fds[i].flags & O_CLOEXEC, flag);
	}
}

START_TEST(received_descriptors_are_described)
{
	struct run r = { 0 };
	const char *file;

	if (!become(_i))
		return;
	file = run_file(&r, "what is read");
	RUN(&r, "receive", file);
	run_to(&r, SOURCE_EXIT, "recvmsg");
	check_received(&r, file, 2, O_CLOEXEC);
	run_to(&r, SOURCE_EXIT, "recvmmsg");
	check_received(&r, file, 4, 0);
	run_to(&r, SOURCE_EXIT, "getsockopt");
	if (r.ev->ret == 0) { /* since Linux 6.5 */
		ck_assert_int_eq(only_fd(&r)->kind, FD_KIND_ANON);
		ck_assert_uint_eq(only_fd(&r)->flags & O_CLOEXEC, O_CLOEXEC);
	}
	run_to(&r, SOURCE_EXIT, "fanotify_init");
	if (r.ev->ret < 0) {
		run_to_end(&r);
		run_free(&r);
		return;
	}
	run_to(&r, SOURCE_EXIT, "read");
	ck_assert_str_eq(only_fd(&r)->path, file);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

START_TEST(mapped_files_and_stores_in_them_are_digested)
{
	uint8_t before[DIGEST_SIZE], memory[4096] = "content of the file", after[DIGEST_SIZE];
	const struct abi_block *b;
	struct run r = { 0 };

	if (!become(_i))
		return;
	digest_of(memory, strlen((char *)memory), before);
	RUN(&r, "map", run_file(&r, (char *)memory), "Z");
	do
		run_to(&r, SOURCE_EXIT, "mmap");
	while (r.ev->args[3] & 0x20);
	b = run_synthetic(&r, r.ev, "content");
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->phase, PHASE_EXIT);
	ck_assert_mem_eq(b->data, before, DIGEST_SIZE);
	memory[0] = 'Z';
	digest_of(memory, sizeof(memory), after);
	run_to(&r, SOURCE_ENTER, "munmap");
	b = run_synthetic(&r, r.ev, "content");
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->phase, PHASE_ENTRY);
	ck_assert_mem_eq(b->data, after, DIGEST_SIZE);
	run_to(&r, SOURCE_ENTER, "exit_group");
	ck_assert_ptr_null(run_synthetic(&r, r.ev, "content"));
	run_to_end(&r);
	run_free(&r);
}
END_TEST

START_TEST(copies_inside_the_kernel_are_digested)
{
	char content[5000];
	uint8_t digest[DIGEST_SIZE];
	struct run r = { 0 };
	const char *file;
	bool seen = false;

	memset(content, 'c', sizeof(content) - 1);
	content[sizeof(content) - 1] = 0;
	digest_of(content, sizeof(content) - 1, digest);
	file = run_file(&r, content);
	run_init_program(&r, "/bin/cp",
			 (const char *const[]){ "cp", "--reflink=never", file, "/dev/shm/trace-copy", NULL });
	run_start(&r);
	while (run_next(&r) != SOURCE_DONE) {
		if (r.stop != SOURCE_ENTER || strcmp(run_call_name(&r, r.ev), "copy_file_range") != 0 || seen)
			continue;
		ck_assert_ptr_nonnull(run_synthetic(&r, r.ev, "content"));
		ck_assert_mem_eq(run_synthetic(&r, r.ev, "content")->data, digest, DIGEST_SIZE);
		seen = true;
	}
	unlink("/dev/shm/trace-copy");
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

/* While programs are traced cpuid faults here, too: whoever executes it does not notice, and other faults are as ever. */
START_TEST(cpuid_is_left_to_the_tracing_process)
{
	unsigned a, b, c, d, again;
	struct run r = { 0 };
	const char *file = run_file(&r, "x");
	long allowed = syscall(SYS_arch_prctl, ARCH_GET_CPUID);

	__cpuid(0, a, b, c, d);
	RUN(&r, "unlink", file);
	run_to(&r, SOURCE_ENTER, "unlink");
	for (int i = 0; i < 2; i++) {
		__cpuid(0, again, b, c, d);
		ck_assert_uint_eq(a, again);
		run_next(&r);
	}
	run_to_end(&r);
	run_free(&r);
	ck_assert_int_eq(syscall(SYS_arch_prctl, ARCH_GET_CPUID), allowed);
	__cpuid(0, again, b, c, d);
	ck_assert_uint_eq(a, again);
}
END_TEST

START_TEST(other_faults_end_the_tracing_process)
{
	struct run r = { 0 };
	const char *file = run_file(&r, "x");
	volatile char *const nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	signal(SIGSEGV, SIG_DFL); /* also where a sanitizer would report it */
	RUN(&r, "unlink", file);
	run_to(&r, SOURCE_ENTER, "unlink");
	if (_i)
		raise(SIGSEGV);
	else
		*nowhere = 1;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace-act");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_answered_call_does_not_happen, 0, USERS);
	tcase_add_loop_test(t, a_killed_call_does_not_happen, 0, USERS);
	tcase_add_loop_test(t, exactly_the_bytes_are_written, 0, USERS);
	tcase_add_loop_test(t, read_only_pages_are_written, 0, USERS);
	tcase_add_loop_test(t, a_read_of_a_stream_gets_as_much_as_was_recorded, 0, USERS);
	tcase_add_loop_test(t, the_fourth_argument_is_the_kernels, 0, USERS);
	tcase_add_test(t, a_result_is_set);
	tcase_add_loop_test(t, file_positions_are_moved, 0, USERS);
	tcase_add_test(t, unreadable_memory_is_told);
	tcase_add_loop_test(t, descriptors_are_described, 0, USERS);
	tcase_add_loop_test(t, received_descriptors_are_described, 0, USERS);
	tcase_add_loop_test(t, mapped_files_and_stores_in_them_are_digested, 0, USERS);
	tcase_add_test(t, copies_inside_the_kernel_are_digested);
	tcase_add_test(t, cpuid_is_left_to_the_tracing_process);
	tcase_add_loop_test_raise_signal(t, other_faults_end_the_tracing_process, SIGSEGV, 0, 2);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * src/trace: how a program is found, started and ends, and what makes its runs comparable.
 */
#include "tests/unit/trace_support.h"

#include "base/digest.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif

START_TEST(first_event_is_the_execve)
{
	struct run r = { 0 };
	const struct abi_block *b;
	struct sys_event *ev;
	uint8_t digest[DIGEST_SIZE];
	int fd;

	if (!become(_i))
		return;
	RUN(&r, "exit", "3");
	ck_assert_int_eq(run_next(&r), SOURCE_ENTER);
	ev = r.ev;
	ck_assert_str_eq(run_call_name(&r, ev), "execve");
	ck_assert_uint_eq(ev->flags, EVENT_INITIAL);
	ck_assert_uint_eq(ev->seq, 0);
	for (unsigned i = 0; i < ABI_ARGS; i++)
		ck_assert_uint_eq(ev->args[i], 0);
	/* the strings are there, and no address of the launcher is */
	ck_assert_str_eq((const char *)run_block(ev, PHASE_ENTRY, 0)->data, r.env.program);
	for (uint32_t i = 0, found = 0; i <= ev->nblocks; i++) {
		static const char *const strings[] = { "tracee", "exit", "3", "TRACE_TEST=yes" };

		if (i == ev->nblocks) {
			ck_assert_uint_eq(found, 4);
			break;
		}
		b = &ev->blocks[i];
		ck_assert_uint_eq(b->addr, 0);
		if (found < 4 && b->len == strlen(strings[found]) + 1 && memcmp(b->data, strings[found], b->len) == 0)
			found++;
		if (b->len == 24 || (b->len == 8 && b->data[0] == 0)) {
			for (uint32_t k = 0; k < b->len; k++)
				ck_assert_uint_eq(b->data[k], 0);
		}
	}
	ck_assert_int_eq(run_next(&r), SOURCE_EXIT);
	ck_assert_ptr_eq(r.ev, ev);
	ck_assert_int_eq(ev->ret, 0);
	ck_assert(ev->flags & EVENT_RETURNED);
	ck_assert_str_eq(ev->command, r.env.program);
	ck_assert_uint_gt(ev->nregions, 3);
	fd = open(r.env.program, O_RDONLY);
	ck_assert_int_eq(digest_of_fd(fd, 0, UINT64_MAX, digest, &r.err), 0);
	close(fd);
	b = run_synthetic(&r, ev, "image");
	ck_assert_ptr_nonnull(b);
	ck_assert_mem_eq(b->data, digest, DIGEST_SIZE);
	ck_assert_ptr_null(run_synthetic(&r, ev, "interp")); /* a static program */
	b = run_synthetic(&r, ev, "auxv.hwcap");
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->len, 96);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 3);
	ck_assert_uint_eq(r.end_signal, 0);
	ck_assert_int_eq(WEXITSTATUS(spawn_wait_status(r.source)), 3);
	run_free(&r);
}
END_TEST

START_TEST(dynamic_programs_run)
{
	static const char *const argv[] = { "cat", "/etc/passwd", NULL };
	struct run r = { 0 };
	uint32_t events = 0;
	bool writes = false;

	if (!become(_i))
		return;
	run_init_program(&r, "/bin/cat", argv);
	r.env.stdio[1].kind = FD_KIND_PIPE;
	r.options.match_stdio = true;
	r.instructions = true;
	run_start(&r);
	ck_assert_ptr_nonnull(run_synthetic(&r, run_to(&r, SOURCE_EXIT, "execve"), "interp"));
	while (run_next(&r) != SOURCE_DONE) {
		ck_assert_uint_le(r.ev->seq, ++events);
		ck_assert_uint_ne(r.ev->call, ABI_UNDESCRIBED);
		writes |= r.stop == SOURCE_ENTER && strcmp(run_call_name(&r, r.ev), "write") == 0;
	}
	ck_assert(writes);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

START_TEST(no_vdso_and_fixed_random_bytes)
{
	struct run r = { 0 };

	if (!become(_i))
		return;
	RUN(&r, "auxv");
	ck_assert_mem_eq(run_block(run_to(&r, SOURCE_ENTER, "write"), PHASE_ENTRY, 0)->data, r.env.at_random, 16);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
	RUN(&r, "clock");
	run_to(&r, SOURCE_EXIT, "clock_gettime");
	run_free(&r);
	/* an exec of its own is treated the same */
	RUN(&r, "exec");
	run_to(&r, SOURCE_EXIT, "execve");
	ck_assert_uint_eq(run_to(&r, SOURCE_ENTER, "execve")->flags, 0);
	ck_assert_uint_ne(r.ev->args[1], 0);
	run_to(&r, SOURCE_EXIT, "execve");
	ck_assert_int_eq(r.ev->ret, 0);
	ck_assert_ptr_nonnull(run_synthetic(&r, r.ev, "image"));
	ck_assert_uint_eq(r.ev->nfds, 1); /* 1 was to close on exec */
	ck_assert_int_eq(r.ev->fds[0].fd, 1);
	ck_assert_int_eq(r.ev->fds[0].kind, FD_KIND_NONE);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 7);
	run_free(&r);
}
END_TEST

START_TEST(two_runs_have_the_same_addresses)
{
	uint64_t addresses[2];

	for (int i = 0; i < 2; i++) {
		struct run r = { 0 };

		RUN(&r, "constant");
		addresses[i] = run_to(&r, SOURCE_ENTER, "brk")->args[0];
		run_next(&r);
		addresses[i] += (uint64_t)r.ev->ret;
		run_free(&r);
	}
	ck_assert_uint_eq(addresses[0], addresses[1]);
}
END_TEST

START_TEST(calls_that_cannot_be_followed_are_answered)
{
	struct run r = { 0 };
	const uint32_t *calls;
	struct sys_event *ev;

	RUN(&r, "rseq");
	/* the C library's own registration comes first */
	ev = run_to(&r, SOURCE_ENTER, "rseq");
	ck_assert_uint_eq(ev->flags, EVENT_ANSWERED);
	ck_assert_int_eq(run_next(&r), SOURCE_EXIT);
	ck_assert_int_eq(r.ev->ret, -ENOSYS);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, ENOSYS);
	ck_assert_uint_eq(spawn_answered(r.source, &calls), 1);
	ck_assert_str_eq(abi_schema_call(r.schema, calls[0])->name, "rseq");
	run_free(&r);
}
END_TEST

static const struct {
	const char *signal;
	uint64_t expected;
} deaths[] = { { "9", SIGKILL }, { "15", SIGTERM }, { "6", SIGABRT } };

START_TEST(death_by_signal_is_the_end)
{
	struct run r = { 0 };

	if (!become(_i % USERS))
		return;
	RUN(&r, "kill", deaths[_i / USERS].signal);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_signal, deaths[_i / USERS].expected);
	ck_assert_int_eq(WTERMSIG(spawn_wait_status(r.source)), (int)deaths[_i / USERS].expected);
	run_free(&r);
}
END_TEST

/* 0: where it stands at an entry, 1: while it runs */
START_TEST(killed_from_outside_is_the_end)
{
	struct run r = { 0 };
	pid_t pid;

	RUN(&r, "pause");
	run_to(&r, SOURCE_EXIT, "getpid");
	pid = (pid_t)r.ev->ret;
	if (_i == 0)
		run_to(&r, SOURCE_ENTER, "pause");
	kill(pid, SIGKILL);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_signal, SIGKILL);
	run_free(&r);
}
END_TEST

START_TEST(acting_on_a_dead_task_is_no_hang)
{
	struct run r = { 0 };
	struct err err = { 0 };
	int result;

	RUN(&r, "pause");
	run_to(&r, SOURCE_EXIT, "getpid");
	kill((pid_t)r.ev->ret, SIGKILL);
	usleep(20000);
	r.source->ops->set_ret(r.source, 1, &err);
	result = r.source->ops->write(r.source, 0x1000, "x", 1, &err);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(err.code, ERR_TRACE);
	run_to_end(&r);
	run_free(&r);
}
END_TEST

static const struct {
	const char *command;
	const char *word;
} refused[] = {
	{ "i386", "another architecture" },
	{ "number", "number" },
};

START_TEST(what_cannot_be_followed_is_refused)
{
	struct run r = { 0 };
	const char *file = run_file(&r, "");
	struct stat st;
	int result;

	/* number makes call 0x10001 */
	RUN(&r, refused[_i].command, _i == 1 ? "0x10001" : file);
	do
		result = r.source->ops->next(r.source, NULL, &r.stop, &r.ev, &r.err);
	while (result == 0 && r.stop != SOURCE_DONE);
	ck_assert_int_eq(result, -1);
	ck_assert_int_eq(r.err.code, ERR_UNSUPPORTED);
	ck_assert_msg(strstr(r.err.text, refused[_i].word) && strstr(r.err.text, "not judged"), "%s", r.err.text);
	ck_assert_int_eq(run_next(&r), SOURCE_DONE);
	/* nobody is left that could do it later */
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	run_free(&r);
}
END_TEST

static const char *const makers[] = { "fork", "vfork", "clone", "clone3" };

START_TEST(a_new_task_is_traced)
{
	struct run r = { 0 };
	const char *file = run_file(&r, "");
	unsigned children = 0, ends = 0, childs_calls = 0;
	bool in_clone = false;

	RUN(&r, makers[_i], file);
	while (run_next(&r) != SOURCE_DONE) {
		if (r.stop == SOURCE_TASK) {
			/* inside the call that made it, before it has done anything */
			ck_assert(in_clone);
			ck_assert_uint_eq(r.ev->task, 0);
			ck_assert_uint_eq(r.ev->args[0], 1);
			ck_assert_uint_eq(childs_calls, 0);
			children++;
		}
		if (r.stop == SOURCE_ENTER && r.ev->task == 0)
			in_clone = strcmp(run_call_name(&r, r.ev), makers[_i]) == 0;
		ck_assert_uint_le(r.ev->task, children);
		childs_calls += r.stop == SOURCE_ENTER && r.ev->task == 1;
		ends += r.stop == SOURCE_END;
	}
	ck_assert_uint_eq(children, 1);
	ck_assert_uint_ge(childs_calls, 1);
	ck_assert_uint_eq(ends, 2);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	run_free(&r);
}
END_TEST

START_TEST(an_unknown_call_is_an_event)
{
	struct run r = { 0 };

	RUN(&r, "number", "999");
	for (;;) {
		ck_assert_int_ne(run_next(&r), SOURCE_DONE);
		if (r.stop == SOURCE_EXIT && r.ev->nr == 999)
			break;
	}
	ck_assert_uint_eq(r.ev->call, ABI_UNDESCRIBED);
	ck_assert_int_eq(r.ev->ret, -ENOSYS);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, ENOSYS);
	run_free(&r);
}
END_TEST

START_TEST(programs_are_found_as_execvp_does)
{
	struct run r = { 0 };
	const char *file = run_file(&r, "no program");
	const char *dir = arena_printf(r.arena, "%.*s", (int)(strrchr(file, '/') - file), file);
	const struct {
		const char *command, *path, *cwd, *found;
		int status;
	} cases[] = {
		{ "true", "/nonexistent:/bin:/usr/bin", "/", "/bin/true", 0 },
		{ "true", NULL, "/", "/bin/true", 0 },
		{ "true", "", "/bin", "/bin/true", 0 },
		{ "true", "bin", "/", "/bin/true", 0 },
		{ "./true", "", "/bin", "/bin/true", 0 },
		{ "bin/true", "", "/", "/bin/true", 0 },
		{ "/bin/true", "", "/", "/bin/true", 0 },
		{ "no-such-program", "/bin", "/", NULL, 127 },
		{ "", "/bin", "/", NULL, 127 },
		{ "./no-such-program", "/bin", "/", NULL, 127 },
		{ "/bin", "/bin", "/", NULL, 126 },
		{ file, "/bin", "/", NULL, 126 },
		{ "file", dir, "/", NULL, 126 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };
		int status = 0;
		const char *found = spawn_find(cases[i].command, cases[i].path, cases[i].cwd, r.arena, &status, &err);

		ck_assert_msg(found ? cases[i].found && strcmp(found, cases[i].found) == 0 : !cases[i].found,
			      "row %zu: %s", i, found ? found : "(nothing)");
		ck_assert_msg(status == cases[i].status, "row %zu: status %d", i, status);
		ck_assert_msg(found ? !err_is_set(&err) : err.code == ERR_SPAWN, "row %zu", i);
	}
	run_free(&r);
}
END_TEST

static const struct {
	const char *program; /* NULL: a file that is no program */
	uint64_t status;
	int64_t ret;
} failing[] = { { "/no/such/program", 127, -ENOENT }, { "/etc", 126, -EACCES }, { NULL, 126, -ENOEXEC } };

START_TEST(an_execve_that_fails_ends_the_run)
{
	static const char *const argv[] = { "x", NULL };
	struct run r = { 0 };
	const char *program = failing[_i].program;

	if (!program) {
		program = run_file(&r, "no program");
		chmod(program, 0755);
	}
	run_init_program(&r, program, argv);
	run_start(&r);
	ck_assert_int_eq(run_next(&r), SOURCE_ENTER);
	ck_assert_int_eq(run_next(&r), SOURCE_EXIT);
	ck_assert_int_eq(r.ev->ret, failing[_i].ret);
	ck_assert_int_eq(run_next(&r), SOURCE_END);
	ck_assert_uint_eq(r.end_status, failing[_i].status);
	ck_assert_uint_eq(WEXITSTATUS(spawn_wait_status(r.source)), failing[_i].status);
	ck_assert_int_eq(run_next(&r), SOURCE_DONE);
	run_free(&r);
}
END_TEST

START_TEST(set_up_failures_are_told)
{
	struct run r = { 0 };

	run_init(&r, (const char *const[]){ "exit", "0", NULL });
	r.env.cwd = "/no/such/folder";
	r.source = spawn_program(&r.options, &r.exit_status, &r.err);
	ck_assert_ptr_null(r.source);
	ck_assert_int_eq(r.err.code, ERR_SPAWN);
	ck_assert_int_eq(r.err.sys_errno, ENOENT);
	ck_assert_int_eq(r.exit_status, 125);
	ck_assert_msg(strstr(r.err.text, "working directory") != NULL, "%s", r.err.text);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	run_free(&r);
}
END_TEST

START_TEST(the_environment_is_reproduced)
{
	struct run r = { 0 };

	if (!become(_i))
		return;
	run_init(&r, (const char *const[]){ "state", NULL });
	r.env.umask = 027;
	r.env.signals_blocked |= 1u << (SIGUSR2 - 1);
	r.env.signals_ignored |= 1u << (SIGUSR1 - 1);
	run_start(&r);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

START_TEST(root_can_run_as_another_user)
{
	static const uint32_t groups[] = { 7, 9 };
	struct run r = { 0 };
	uint64_t uid;

	if (geteuid() != 0)
		return;
	run_init_program(&r, "/bin/true", (const char *const[]){ "true", NULL });
	r.env.uid = r.env.euid = r.env.gid = r.env.egid = 65534;
	r.env.groups = groups;
	r.env.ngroups = 2;
	run_start(&r);
	const struct abi_block *b = run_synthetic(&r, run_to(&r, SOURCE_EXIT, "execve"), "auxv.hwcap");

	memcpy(&uid, b->data + 32, sizeof(uid));
	ck_assert_uint_eq(uid, 65534);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

START_TEST(cpuid_of_a_processor_that_cannot_fault_it)
{
	for (int runs = 0; runs < 2; runs++) {
		const struct abi_block *all;
		struct run r = { 0 };
		uint32_t first[6];
		bool asked = false;

		run_init_program(&r, "/bin/true", (const char *const[]){ "true", NULL });
		r.instructions = true;
		r.env.cpuid_runs = runs;
		run_start(&r);
		all = run_synthetic(&r, run_to(&r, SOURCE_EXIT, "execve"), "cpuid");
		if (runs) {
			ck_assert_ptr_nonnull(all);
			ck_assert_uint_eq(all->len % sizeof(first), 0);
			ck_assert_uint_gt(all->len, sizeof(first) * 4);
			memcpy(first, all->data, sizeof(first));
			ck_assert_uint_eq(first[0] | first[1], 0);
			ck_assert_uint_ne(first[3], 0); /* the vendor's name */
		}
		while (run_next(&r) != SOURCE_DONE)
			asked |= r.stop == SOURCE_INSTRUCTION && r.ev->args[2] == INSTRUCTION_CPUID;
		ck_assert(!asked || !runs);
		ck_assert(asked || all); /* it is known one way or the other */
		run_free(&r);
	}
}
END_TEST

START_TEST(tracer_and_program_share_one_cpu_that_the_program_does_not_see)
{
	cpu_set_t before, during, after, child;
	FILE *children = fopen("/proc/thread-self/children", "r");
	struct run r = { 0 };
	int pid = 0;

	sched_getaffinity(0, sizeof(before), &before);
	RUN(&r, "cpus");
	sched_getaffinity(0, sizeof(during), &during);
	ck_assert_int_eq(CPU_COUNT(&during), 1);
	run_to(&r, SOURCE_EXIT, "execve");
	if (children && fscanf(children, "%d", &pid) == 1) {
		ck_assert_int_gt(sched_getaffinity(pid, sizeof(child), &child), -1);
		ck_assert(CPU_EQUAL(&child, &during));
	}
	if (children)
		fclose(children);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, (unsigned)CPU_COUNT(&before) & 255);
	run_free(&r);
	sched_getaffinity(0, sizeof(after), &after);
	ck_assert(CPU_EQUAL(&before, &after));
}
END_TEST

#ifdef __x86_64__
static int tsc_mode(void)
{
	int mode = 0;

	ck_assert_int_eq(prctl(PR_GET_TSC, &mode), 0);
	return mode;
}

/* A run up to its first instruction: from then on the tracer is treated as the program is. */
static void up_to_an_instruction(struct run *r)
{
	run_init_program(r, "/bin/true", (const char *const[]){ "true", NULL });
	r->instructions = true;
	run_start(r);
	while (run_next(r) != SOURCE_INSTRUCTION)
		ck_assert_int_ne(r->stop, SOURCE_DONE);
}

START_TEST(the_tracer_may_read_the_counter_that_its_program_may_not)
{
	struct timespec now;
	struct run r = { 0 };
	uint32_t id[4] = { 0 };

	ck_assert_int_eq(tsc_mode(), PR_TSC_ENABLE);
	up_to_an_instruction(&r);
	ck_assert_int_eq(tsc_mode(), PR_TSC_SIGSEGV);
	ck_assert(__rdtsc() != 0);
	__cpuid(0, id[0], id[1], id[2], id[3]);
	ck_assert_uint_gt(id[0], 0);
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	ck_assert_int_eq(tsc_mode(), PR_TSC_ENABLE);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
	ck_assert_int_eq(tsc_mode(), PR_TSC_ENABLE);
}
END_TEST

START_TEST(another_fault_of_the_tracer_is_one)
{
	volatile uintptr_t nowhere = (uintptr_t)1 << 63; /* not canonical: the processor says the same of it */
	struct run r = { 0 };

	signal(SIGSEGV, SIG_DFL); /* sanitizers have a handler of their own */
	up_to_an_instruction(&r);
	*(volatile char *)nowhere = 0;
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("trace-spawn");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, first_event_is_the_execve, 0, USERS);
	tcase_add_loop_test(t, dynamic_programs_run, 0, USERS);
	tcase_add_loop_test(t, no_vdso_and_fixed_random_bytes, 0, USERS);
	tcase_add_test(t, two_runs_have_the_same_addresses);
	tcase_add_test(t, calls_that_cannot_be_followed_are_answered);
	tcase_add_loop_test(t, death_by_signal_is_the_end, 0, USERS * (int)ARRAY_LEN(deaths));
	tcase_add_loop_test(t, killed_from_outside_is_the_end, 0, 2);
	tcase_add_test(t, acting_on_a_dead_task_is_no_hang);
	tcase_add_loop_test(t, a_new_task_is_traced, 0, (int)ARRAY_LEN(makers));
	tcase_add_loop_test(t, what_cannot_be_followed_is_refused, 0, (int)ARRAY_LEN(refused));
	tcase_add_test(t, an_unknown_call_is_an_event);
	tcase_add_test(t, programs_are_found_as_execvp_does);
	tcase_add_loop_test(t, an_execve_that_fails_ends_the_run, 0, (int)ARRAY_LEN(failing));
	tcase_add_test(t, set_up_failures_are_told);
	tcase_add_loop_test(t, the_environment_is_reproduced, 0, USERS);
	tcase_add_test(t, root_can_run_as_another_user);
	tcase_add_test(t, cpuid_of_a_processor_that_cannot_fault_it);
	tcase_add_test(t, tracer_and_program_share_one_cpu_that_the_program_does_not_see);
#ifdef __x86_64__
	tcase_add_test(t, the_tracer_may_read_the_counter_that_its_program_may_not);
	tcase_add_test_raise_signal(t, another_fault_of_the_tracer_is_one, SIGSEGV);
#endif
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

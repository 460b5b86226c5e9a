/*
 * src/trace: signals, interrupted and restarted calls, job control.
 */
#include "tests/unit/trace_support.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The calls and signals of a run in order: "read=-EINTR" as "read!4", a signal as "signal 14", a call without exit
 * "x?". */
static const char *story(struct run *r, const char *from)
{
	const char *text = "";
	bool inside = false, telling = false;

	while (run_next(r) != SOURCE_DONE) {
		const char *name = run_call_name(r, r->ev);

		telling |= r->stop == SOURCE_ENTER && strcmp(name, from) == 0;
		if (!telling)
			continue;
		switch (r->stop) {
		case SOURCE_ENTER:
			ck_assert(!inside);
			inside = true;
			if (strcmp(name, "rt_sigreturn") == 0 || strcmp(name, "exit_group") == 0) {
				inside = false;
				text = arena_printf(r->arena, "%s%s? ", text, name);
			}
			break;
		case SOURCE_EXIT:
			ck_assert(inside);
			inside = false;
			text = event_failed(r->ev)
				       ? arena_printf(r->arena, "%s%s!%lld ", text, name, (long long)-r->ev->ret)
				       : arena_printf(r->arena, "%s%s ", text, name);
			break;
		case SOURCE_SIGNAL:
			ck_assert(!inside);
			text = arena_printf(r->arena, "%ssignal%llu ", text, (unsigned long long)r->ev->args[0]);
			break;
		case SOURCE_END:
			text = arena_printf(r->arena, "%send", text);
			break;
		case SOURCE_TASK:
		case SOURCE_PREEMPTED:
		case SOURCE_INSTRUCTION:
		case SOURCE_DONE:
		case SOURCE_STUCK:
		case SOURCE_STOP_COUNT:
			break;
		}
	}
	return text;
}

static const struct {
	const char *command, *from, *story;
	uint64_t status, signal;
} stories[] = {
	/* a handler without SA_RESTART: the program sees EINTR */
	{ "handler", "read", "read!4 signal14 write rt_sigreturn? exit_group? end", 0, 0 },
	/* with it: interrupted, handled, and made again */
	{ "restart", "read", "read!4 signal14 write rt_sigreturn? read exit_group? end", 0, 0 },
	/* an ignored signal is nothing at all */
	{ "ignored", "clock_nanosleep", "clock_nanosleep exit_group? end", 0, 0 },
	{ "ignored-epoll", "epoll_wait", "epoll_wait exit_group? end", 0, 0 },
	{ "segv", "readlink", "readlink mprotect signal11 end", 0, SIGSEGV },
};

START_TEST(interrupted_calls_stay_whole)
{
	struct run r = { 0 };
	const char *told;

	if (!become(_i % USERS))
		return;
	RUN(&r, stories[_i / USERS].command);
	told = story(&r, stories[_i / USERS].from);
	/* what the C library does at the start differs from version to version */
	if (stories[_i / USERS].signal == SIGSEGV)
		ck_assert_msg(strstr(told, "signal11 end") != NULL, "%s", told);
	else
		ck_assert_str_eq(told, stories[_i / USERS].story);
	ck_assert_uint_eq(r.end_status, stories[_i / USERS].status);
	ck_assert_uint_eq(r.end_signal, stories[_i / USERS].signal);
	run_free(&r);
}
END_TEST

START_TEST(a_signal_carries_its_siginfo)
{
	const struct abi_block *b;
	struct run r = { 0 };
	siginfo_t info;

	RUN(&r, "segv");
	while (run_next(&r) != SOURCE_SIGNAL)
		ck_assert_int_ne(r.stop, SOURCE_DONE);
	ck_assert_int_eq(r.ev->type, EVENT_SIGNAL);
	ck_assert_int_eq(r.ev->nr, ABI_SIGNAL);
	ck_assert_uint_eq(r.ev->args[0], SIGSEGV);
	ck_assert_str_eq(abi_schema_call(r.schema, r.ev->call)->variant, "SIGSEGV");
	b = run_synthetic(&r, r.ev, "si_signo");
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(b->len, sizeof(info));
	memcpy(&info, b->data, sizeof(info));
	ck_assert_int_eq(info.si_signo, SIGSEGV);
	ck_assert_ptr_eq(info.si_addr, (void *)16);
	ck_assert_int_eq(
		(int)abi_field_value(r.schema, r.ev,
				     abi_call_leaf(r.schema, abi_schema_call(r.schema, r.ev->call), "si_signo", 8)->id)
			.num,
		SIGSEGV);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_signal, SIGSEGV);
	run_free(&r);
}
END_TEST

START_TEST(a_swallowed_signal_does_not_arrive)
{
	struct run r = { 0 };

	RUN(&r, "kill", "15");
	while (run_next(&r) != SOURCE_SIGNAL)
		ck_assert_int_ne(r.stop, SOURCE_DONE);
	ck_assert_int_eq(r.source->ops->swallow(r.source, &r.err), 0);
	run_to_end(&r);
	ck_assert_uint_eq(r.end_signal, 0);
	ck_assert_uint_eq(r.end_status, 0);
	run_free(&r);
}
END_TEST

START_TEST(a_signal_of_the_set_up_is_not_lost_or_doubled)
{
	struct run r = { 0 };

	RUN(&r, "exit", "0");
	while (run_next(&r) != SOURCE_DONE)
		ck_assert_int_ne(r.stop, SOURCE_SIGNAL);
	run_free(&r);
}
END_TEST

/* A stopped program stays stopped until it is continued, and goes on as if nothing had been. */
START_TEST(group_stops_pass)
{
	struct run r = { 0 };
	pid_t pid, waker;

	RUN(&r, "group-stop");
	run_to(&r, SOURCE_EXIT, "getpid");
	pid = (pid_t)r.ev->ret;
	waker = fork();
	if (waker == 0) {
		usleep(100000);
		kill(pid, SIGCONT);
		_exit(0);
	}
	run_to_end(&r);
	ck_assert_uint_eq(r.end_status, 0);
	ck_assert_uint_eq(r.end_signal, 0);
	run_free(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace-signals");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, interrupted_calls_stay_whole, 0, USERS * (int)ARRAY_LEN(stories));
	tcase_add_test(t, a_signal_carries_its_siginfo);
	tcase_add_test(t, a_swallowed_signal_does_not_arrive);
	tcase_add_test(t, a_signal_of_the_set_up_is_not_lost_or_doubled);
	tcase_add_test(t, group_stops_pass);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

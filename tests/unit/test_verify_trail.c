/*
 * What is known of tasks when a difference is told: names, counts, what is mapped where, and what follows from what.
 */
#include "tests/unit/verify_support.h"

#include "verify/trail.h"

#include <check.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LIBC 0x7f0000000000u

static struct facts *some_facts(void)
{
	struct facts *f = facts_new(test_schema(), "/", "6.1", "x86_64", "here");

	facts_set_fd(f, 3, FD_KIND_FILE, 0, "/lib/libc.so");
	facts_set_fd(f, 4, FD_KIND_PIPE, 1, "pipe:[4]");
	facts_set_fd(f, 5, FD_KIND_SOCKET, 2, "socket:[5]");
	return f;
}

/* A call that succeeded. */
static struct sys_event call(uint32_t task, const char *label, int64_t ret, uint64_t a0, uint64_t a1, uint64_t a3, uint64_t a4)
{
	struct sys_event ev = { .type = EVENT_CALL, .task = task, .flags = EVENT_RETURNED, .ret = ret,
				.args = { a0, a1, 0, a3, a4, 0 } };
	const struct abi_schema *s = test_schema();

	for (uint32_t i = 0; i < abi_schema_ncalls(s); i++) {
		if (strcmp(abi_schema_call(s, i)->label, label) == 0) {
			ev.call = i;
			return ev;
		}
	}
	ck_abort_msg("no call %s", label);
	return ev;
}

static void make(struct trail *t, uint32_t maker, uint32_t task, uint64_t flags)
{
	struct sys_event ev = { .type = EVENT_TASK, .task = maker, .args = { task, flags, 1000 + task, 1000 + maker } };

	trail_done(t, &ev, NULL);
}

static void done(struct trail *t, struct sys_event ev, struct facts *f)
{
	trail_done(t, &ev, f);
}

START_TEST(names_and_counts)
{
	struct trail *t = trail_new(test_schema());
	struct sys_event read = call(1, "read", 1, 3, 0, 0, 0);

	make(t, 0, 1, 0);
	ck_assert_str_eq(trail_child(t, 0), "0.2");
	make(t, 1, 2, 0);
	ck_assert_str_eq(trail_name(t, 0), "0");
	ck_assert_str_eq(trail_name(t, 2), "0.1.1");
	ck_assert_str_eq(trail_name(t, 7), "task 7");
	ck_assert_uint_eq(trail_calls(t, 1), 0);
	trail_enter(t, &read);
	trail_enter(t, &read);
	ck_assert_uint_eq(trail_calls(t, 1), 2);
	ck_assert_uint_eq(trail_calls(t, 0), 0);
	trail_free(t);
}
END_TEST

START_TEST(places)
{
	struct trail *t = trail_new(test_schema());
	struct facts *f = some_facts();
	struct sys_event mapped = call(0, "mmap", LIBC, 0, 0x5000, MAP_PRIVATE, 3);
	uint64_t offset = 0;

	mapped.args[5] = 0x2000;
	done(t, mapped, f);
	ck_assert_str_eq(trail_where(t, 0, LIBC + 0x1234, &offset), "/lib/libc.so");
	ck_assert_uint_eq(offset, 0x3234);
	ck_assert_ptr_null(trail_where(t, 0, LIBC + 0x5000, &offset));
	make(t, 0, 1, 0);		    /* a copy */
	make(t, 0, 2, CLONE_VM);	    /* the same memory */
	done(t, call(0, "munmap", 0, LIBC + 0x1000, 0x1000, 0, 0), f); /* a hole */
	ck_assert_ptr_null(trail_where(t, 0, LIBC + 0x1fff, &offset));
	ck_assert_ptr_null(trail_where(t, 2, LIBC + 0x1fff, &offset));
	ck_assert_ptr_nonnull(trail_where(t, 1, LIBC + 0x1fff, &offset));
	ck_assert_str_eq(trail_where(t, 2, LIBC + 0x2000, &offset), "/lib/libc.so");
	ck_assert_uint_eq(offset, 0x4000);
	done(t, call(0, "mmap(MAP_ANONYMOUS)", LIBC, 0, 0x1000, MAP_PRIVATE | MAP_ANONYMOUS, 0), f);
	ck_assert_ptr_null(trail_where(t, 0, LIBC, &offset));
	facts_free(f);
	trail_free(t);
}
END_TEST

static bool follows(struct trail *t, uint32_t task, const struct sys_event *ev, struct facts *f)
{
	size_t from = 99;
	bool yes = trail_follows(t, task, ev, f, &from);

	ck_assert(!yes || from == 7);
	return yes;
}

START_TEST(consequences)
{
	struct trail *t = trail_new(test_schema());
	struct facts *f = some_facts();
	struct sys_event reads = call(4, "read", 5, 4, 0, 0, 0), hears = call(4, "read", 5, 5, 0, 0, 0);
	struct sys_event waits = call(0, "wait4", 1001, 0, 0, 0, 0), waits_for_another = call(0, "wait4", 1004, 0, 0, 0, 0);
	struct sys_event end = { .type = EVENT_END, .task = 1 };

	make(t, 0, 1, 0);
	make(t, 1, 2, CLONE_VM); /* in the memory of 1 */
	make(t, 0, 4, 0);
	done(t, call(1, "write", 5, 4, 0, 0, 0), f); /* before the difference */
	trail_mark(t, 1, 7);
	make(t, 1, 3, 0); /* made by it later */
	ck_assert(follows(t, 1, NULL, f) && follows(t, 2, NULL, f) && follows(t, 3, NULL, f));
	ck_assert(!follows(t, 0, NULL, f) && !follows(t, 4, NULL, f));
	ck_assert(!follows(t, 4, &reads, f)); /* nothing has been written since */
	done(t, call(3, "write", 5, 4, 0, 0, 0), f);
	ck_assert(follows(t, 4, &reads, f));
	ck_assert(!follows(t, 4, NULL, f)); /* what it reads differs perhaps, not it */
	done(t, call(1, "write", 5, 5, 0, 0, 0), f);
	ck_assert(!follows(t, 4, &hears, f)); /* sockets are not followed */
	trail_done(t, &end, f);
	ck_assert(follows(t, 0, &waits, f));
	ck_assert(!follows(t, 0, &waits_for_another, f));
	facts_free(f);
	trail_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify trail");
	TCase *t = tcase_create("trail");
	SRunner *runner;
	int failed;

	tcase_add_test(t, names_and_counts);
	tcase_add_test(t, places);
	tcase_add_test(t, consequences);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

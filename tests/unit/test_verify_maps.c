/*
 * Identity maps by table: what two runs did to their address spaces, then which pairs of values correspond.
 */
#include "tests/unit/verify_support.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#define MAX_STEPS  6
#define MAX_CHECKS 10

struct pair_of_values {
	num_t recorded, actual;
	bool corresponds;
};

struct row {
	const char *name;
	struct event_spec rec[MAX_STEPS], live[MAX_STEPS];
	struct pair_of_values checks[MAX_CHECKS]; /* ended by one where both are 0 and do not correspond */
};

/* Program, an unnamed piece, library, stack: at other places in the two runs, the library's pieces one page apart. */
static struct abi_region recorded_image[] = {
	{ 0x400000, 0x402000, 0, 5, "/bin/x" },	     { 0x402000, 0x403000, 0x2000, 3, "/bin/x" },
	{ 0x700000, 0x704000, 0, 5, "/lib/libc.so" }, { 0x704000, 0x705000, 0, 3, "" },
	{ 0x7ff000, 0x800000, 0, 3, "[stack]" },     { 0, 0, 0, 0, NULL },
};
static struct abi_region actual_image[] = {
	{ 0x500000, 0x502000, 0, 5, "/bin/x" },	     { 0x502000, 0x503000, 0x2000, 3, "/bin/x" },
	{ 0x600000, 0x601000, 0, 3, "" },	     { 0x610000, 0x614000, 0, 5, "/lib/libc.so" },
	{ 0x8f0000, 0x900000, 0, 3, "[stack]" },     { 0, 0, 0, 0, NULL },
};
static struct abi_region moved_image[] = {
	{ 0x500000, 0x502000, 0, 5, "/opt/copy/x" }, { 0x502000, 0x503000, 0x2000, 3, "/opt/copy/x" },
	{ 0x900000, 0xa00000, 0, 3, "[stack]" },     { 0, 0, 0, 0, NULL },
};

#define EXEC(image) { .call = "execve", .regions = (image) }
#define MMAP(addr, len, at) { .call = "mmap", .args = { addr, len }, .ret = (at) }
#define MUNMAP(addr, len) { .call = "munmap", .args = { addr, len } }
#define MREMAP(addr, old, new, at) { .call = "mremap", .args = { addr, old, new }, .ret = (at) }
#define BRK(addr, at) { .call = "brk", .args = { addr }, .ret = (at) }

static const struct row rows[] = {
	{ .name = "exec", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 0x400010, 0x500010, true }, { 0x400010, 0x500011, false }, { 0x402010, 0x502010, true },
		      { 0x700000, 0x610000, true }, { 0x704008, 0x600008, true }, { 0x704008, 0x614008, false },
		      { 0x403000, 0x503000, true /* one past the end */ }, { 0x403001, 0x503001, false },
		      { 0x400010, 0x400010, false /* equal values, but not the same place */ } } },
	{ .name = "the end of one region is the start of the next", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 0x704000, 0x614000, true /* end of libc */ }, { 0x704000, 0x600000, true /* start of the next */ },
		      { 0x704000, 0x600001, false } } },
	{ .name = "stack: distance from the top", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 0x7fff00, 0x8fff00, true }, { 0x7f0000, 0x8f0000, true /* grown */ }, { 0x800000, 0x900000, true },
		      { 0x7ffe00, 0x8fff01, false } } },
	{ .name = "stack: one random shift below the arguments", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 0x7fff00, 0x8fff00, true }, { 0x7ff000, 0x8fe800, true /* learnt: 0x800 */ },
		      { 0x7fe000, 0x8fd800, true }, { 0x7fe000, 0x8fd810, false }, { 0x7fff10, 0x8fff10, true } } },
	{ .name = "stack: a shift that the kernel does not make", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 0x7ff000, 0x8f8000, false }, { 0x7ff000, 0x8feff8, false } } },
	{ .name = "a program at another path", .rec = { EXEC(recorded_image) }, .live = { EXEC(moved_image) },
	  .checks = { { 0x400010, 0x500010, true }, { 0x402000, 0x502000, true } } },
	{ .name = "NULL and -1", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 0, 0, true }, { 0, 0x500000, false }, { 0x400000, 0, false }, { (num_t)UINT64_MAX, (num_t)UINT64_MAX, true },
		      { (num_t)UINT64_MAX, 0x500000, false } } },
	{ .name = "known nowhere", .rec = { EXEC(recorded_image) }, .live = { EXEC(actual_image) },
	  .checks = { { 1, 1, true }, { 1, 2, false }, { 0x123456, 0x123456, true }, { 0x123456, 0x500010, false } } },
	{ .name = "mmap", .rec = { MMAP(0, 0x1800, 0x10000) }, .live = { MMAP(0, 0x1800, 0x90000) },
	  .checks = { { 0x10000, 0x90000, true }, { 0x11fff, 0x91fff, true /* whole pages */ }, { 0x12000, 0x92000, true },
		      { 0x12001, 0x92001, false } } },
	{ .name = "mmap that failed", .rec = { MMAP(0, 0x1000, -12) }, .live = { MMAP(0, 0x1000, 0x90000) },
	  .checks = { { 0x10000, 0x90000, false } } },
	{ .name = "munmap of the middle", .rec = { MMAP(0, 0x3000, 0x10000), MUNMAP(0x11000, 0x1000) },
	  .live = { MMAP(0, 0x3000, 0x90000), MUNMAP(0x91000, 0x1000) },
	  .checks = { { 0x10010, 0x90010, true }, { 0x11010, 0x91010, false }, { 0x12010, 0x92010, true },
		      { 0x11000, 0x91000, true /* the end of what is left */ } } },
	{ .name = "the same place again for something else",
	  .rec = { MMAP(0, 0x1000, 0x10000), MUNMAP(0x10000, 0x1000), MMAP(0, 0x1000, 0x10000) },
	  .live = { MMAP(0, 0x1000, 0x90000), MUNMAP(0x90000, 0x1000), MMAP(0, 0x1000, 0xa0000) },
	  .checks = { { 0x10010, 0xa0010, true }, { 0x10010, 0x90010, false } } },
	{ .name = "mmap over a mapping", .rec = { MMAP(0, 0x3000, 0x10000), MMAP(0x11000, 0x1000, 0x11000) },
	  .live = { MMAP(0, 0x3000, 0x90000), MMAP(0x91000, 0x1000, 0x91000) },
	  .checks = { { 0x10010, 0x90010, true }, { 0x11010, 0x91010, true }, { 0x12010, 0x92010, true } } },
	{ .name = "mremap", .rec = { MMAP(0, 0x1000, 0x10000), MREMAP(0x10000, 0x1000, 0x4000, 0x20000) },
	  .live = { MMAP(0, 0x1000, 0x90000), MREMAP(0x90000, 0x1000, 0x4000, 0x90000) },
	  .checks = { { 0x20010, 0x90010, true }, { 0x23010, 0x93010, true }, { 0x10010, 0x90010, false } } },
	{ .name = "brk: the heap grows", .rec = { BRK(0, 0x30000), BRK(0x51000, 0x51000) },
	  .live = { BRK(0, 0x75000), BRK(0x96000, 0x96000) },
	  .checks = { { 0x30000, 0x75000, true }, { 0x51000, 0x96000, true }, { 0x30010, 0x75010, true },
		      { 0x30010, 0x75011, false }, { 0x30010, 0x30010, true /* equal, and in no known region */ } } },
	{ .name = "exec forgets", .rec = { MMAP(0, 0x1000, 0x10000), EXEC(recorded_image) },
	  .live = { MMAP(0, 0x1000, 0x90000), EXEC(actual_image) }, .checks = { { 0x10010, 0x90010, false } } },
};

START_TEST(addresses)
{
	const struct row *r = &rows[_i];
	struct arena *arena = arena_new();
	struct maps *m = maps_new();

	for (int i = 0; i < MAX_STEPS && r->rec[i].call; i++) {
		struct sys_event rec, live;

		test_event(&rec, &r->rec[i], arena);
		test_event(&live, &r->live[i], arena);
		maps_apply(m, test_schema(), &rec, &live);
	}
	for (int i = 0; i < MAX_CHECKS; i++) {
		const struct pair_of_values *c = &r->checks[i];

		if (!c->recorded && !c->actual && !c->corresponds)
			break;
		ck_assert_msg(maps_check(m, KIND_PTR, c->recorded, c->actual) == c->corresponds, "%s: 0x%llx 0x%llx", r->name,
			      (unsigned long long)c->recorded, (unsigned long long)c->actual);
	}
	maps_free(m);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *name;
	enum abi_kind kind;
	struct pair_of_values checks[MAX_CHECKS];
} identities[] = {
	{ "one to one, both ways", KIND_PID,
	  { { 10, 20, true }, { 10, 20, true }, { 10, 21, false }, { 11, 20, false }, { 11, 21, true }, { 20, 10, true } } },
	{ "0 and -1 name no process", KIND_PID, { { 0, 0, true }, { 0, 20, false }, { -1, -1, true }, { -1, 20, false } } },
	{ "0 is the number of a thing", KIND_ID, { { 0, 32768, true }, { 0, 32768, true }, { 0, 0, false }, { 1, 32768, false } } },
	{ "below 0 stands for itself", KIND_ID, { { -2, -2, true }, { -2, 5, false }, { -1, -1, true }, { -3, -2, false } } },
	{ "a negative number is a group", KIND_PID, { { 10, 20, true }, { -10, -20, true }, { -10, -21, false }, { -10, 20, false } } },
	{ "descriptors", KIND_FD, { { 0, 5, true }, { -100, -100, true }, { -100, 3, false }, { 1, 5, false } } },
	{ "large numbers", KIND_INODE, { { (num_t)1 << 63, 3, true }, { (num_t)1 << 63, 4, false } } },
};

/* The same stack; the library lies two pages lower, as under a kernel with more pages of its own above it. */
static struct abi_region lower_image[] = {
	{ 0x400000, 0x402000, 0, 5, "/bin/x" },	      { 0x402000, 0x403000, 0x2000, 3, "/bin/x" },
	{ 0x6fe000, 0x702000, 0, 5, "/lib/libc.so" }, { 0x702000, 0x703000, 0, 3, "" },
	{ 0x7ff000, 0x800000, 0, 3, "[stack]" },      { 0, 0, 0, 0, NULL },
};

static const struct {
	const char *name;
	struct abi_region *live_image;
	struct event_spec rec, live;
	uint64_t wanted;
} places[] = {
	{ "layouts alike", recorded_image, MMAP(0, 0x1000, 0x640000), MMAP(0, 0x1000, 0), 0 },
	{ "where it was", lower_image, MMAP(0, 0x1000, 0x640000), MMAP(0, 0x1000, 0), 0x640000 },
	{ "right below the library", lower_image, MMAP(0, 0x2000, 0x6fc000), MMAP(0, 0x2000, 0), 0x6fc000 },
	{ "the library is there now", lower_image, MMAP(0, 0x2000, 0x6fd000), MMAP(0, 0x2000, 0), 0x4fd000 },
	{ "and below it the program", lower_image, MMAP(0, 0x200000, 0x580000), MMAP(0, 0x200000, 0), 0 },
	{ "stacks elsewhere", actual_image, MMAP(0, 0x1000, 0x640000), MMAP(0, 0x1000, 0), 0 },
	{ "the program's own choice", lower_image, MMAP(0x640000, 0x1000, 0x640000), MMAP(0x640000, 0x1000, 0), 0 },
	{ "its own choice now", lower_image, MMAP(0, 0x1000, 0x640000), MMAP(0x640000, 0x1000, 0), 0 },
	{ "it failed", lower_image, MMAP(0, 0x1000, -12), MMAP(0, 0x1000, 0), 0 },
	{ "no mmap", lower_image, BRK(0, 0x640000), BRK(0, 0), 0 },
};

START_TEST(wanted_places)
{
	const struct event_spec exec = EXEC(recorded_image), live_exec = EXEC(places[_i].live_image);
	struct arena *arena = arena_new();
	struct maps *m = maps_new();
	struct sys_event rec, live;

	test_event(&rec, &exec, arena);
	test_event(&live, &live_exec, arena);
	maps_apply(m, test_schema(), &rec, &live);
	test_event(&rec, &places[_i].rec, arena);
	test_event(&live, &places[_i].live, arena);
	ck_assert_msg(maps_wanted_place(m, test_schema(), &rec, &live) == places[_i].wanted, "%s: %" PRIx64, places[_i].name,
		      maps_wanted_place(m, test_schema(), &rec, &live));
	maps_free(m);
	arena_free(arena);
}
END_TEST

START_TEST(one_to_one)
{
	struct maps *m = maps_new();

	for (int i = 0; i < MAX_CHECKS; i++) {
		const struct pair_of_values *c = &identities[_i].checks[i];

		if (!c->recorded && !c->actual && !c->corresponds)
			break;
		ck_assert_msg(maps_check(m, identities[_i].kind, c->recorded, c->actual) == c->corresponds, "%s: %lld %lld",
			      identities[_i].name, (long long)c->recorded, (long long)c->actual);
	}
	maps_free(m);
}
END_TEST

/* 10 is 20 and 11 is 21 before each. */
static const struct {
	const char *recorded, *actual;
	bool make, corresponds;
} paths[] = {
	{ "/proc/10/stat", "/proc/20/stat", false, true },
	{ "/proc/10/task/11", "/proc/20/task/21", false, true },
	{ "10", "20", false, true },
	{ "/proc/10/stat", "/proc/21/stat", false, false },
	{ "/proc/10/stat", "/proc/20/maps", false, false },
	{ "/proc/10", "/proc/20/", false, false },
	{ "/proc/10/", "/proc/20/", false, true },
	{ "/proc/10", "/proc/20x", false, false },
	{ "/proc/010", "/proc/20", false, false },
	{ "/proc/10", "/proc/", false, false },
	{ "/proc/12", "/proc/22", false, false }, /* never told */
	{ "12", "22", true, true },
	{ "12", "20", true, false },
	{ "/a/99999999", "/a/99999998", true, false },
	{ "", "1", true, false },
};

START_TEST(processes_in_paths)
{
	struct value recorded = value_cstr(paths[_i].recorded), actual = value_cstr(paths[_i].actual);
	struct maps *m = maps_new();

	ck_assert(maps_check(m, KIND_PID, 10, 20));
	ck_assert(maps_check(m, KIND_PID, 11, 21));
	ck_assert(maps_known(m, KIND_PID, 10, 20));
	ck_assert(!maps_known(m, KIND_PID, 10, 21));
	ck_assert(!maps_known(m, KIND_PID, 12, 22));
	ck_assert_msg(maps_check_path(m, &recorded, &actual, paths[_i].make) == paths[_i].corresponds, "%s %s",
		      paths[_i].recorded, paths[_i].actual);
	maps_free(m);
}
END_TEST

/* A process gets the number of one that has ended: the one that has ended is nobody, and no stranger. */
START_TEST(process_number_reused)
{
	struct maps *m = maps_new();

	maps_process_born(m, 10, 20);
	maps_process_born(m, 11, 20);
	ck_assert_int_eq(maps_actual_number(m, KIND_PID, 11), 20);
	ck_assert_int_gt(maps_actual_number(m, KIND_PID, 10), 4194304);
	ck_assert_int_lt(maps_actual_number(m, KIND_PID, -10), -4194304);
	ck_assert_int_le(maps_actual_number(m, KIND_PID, 10), INT32_MAX);
	maps_process_born(m, 10, 21);
	ck_assert_int_eq(maps_actual_number(m, KIND_PID, 10), 21);
	maps_process_born(m, 12, 21);
	maps_process_born(m, 11, 22);
	ck_assert_int_eq(maps_actual_number(m, KIND_PID, 11), 22);
	ck_assert_int_eq(maps_actual_number(m, KIND_PID, 12), 21);
	ck_assert_int_gt(maps_actual_number(m, KIND_PID, 10), 4194304);
	maps_free(m);
}
END_TEST

START_TEST(kinds_are_apart)
{
	struct maps *m = maps_new();

	ck_assert(maps_check(m, KIND_PID, 10, 20));
	ck_assert(maps_check(m, KIND_INODE, 10, 30));
	ck_assert_uint_eq(maps_count(m, KIND_PID), 1);
	ck_assert_uint_eq(maps_count(m, KIND_INODE), 1);
	ck_assert_uint_eq(maps_count(m, KIND_DEVICE), 0);
	maps_free(m);
}
END_TEST

/* A closed descriptor's number may stand for another one afterwards. */
/* The first timer and the first watch have the same number, and are not the same thing. */
START_TEST(spaces_are_apart)
{
	static const unsigned spaces[] = { KIND_ID, ABI_SPACE_TIMER, ABI_SPACE_WATCH, ABI_SPACE_SEMSET, ABI_SPACE_SEGMENT };
	struct maps *m = maps_new();

	for (int i = 0; i < 5; i++) {
		ck_assert(maps_check(m, spaces[i], 0, 10 + i));
		ck_assert(!maps_check(m, spaces[i], 0, 20));
		ck_assert(maps_check(m, spaces[i], -1, -1));
		ck_assert(!maps_check(m, spaces[i], -1, 1));
		ck_assert_int_eq(abi_space_kind(spaces[i]), KIND_ID);
	}
	maps_free(m);
}
END_TEST

START_TEST(descriptors_die)
{
	const struct event_spec rec = { .call = "close", .args = { 3 }, .fds = { { 3, FD_KIND_NONE, 0, "" } } };
	const struct event_spec live = { .call = "close", .args = { 7 }, .fds = { { 7, FD_KIND_NONE, 0, "" } } };
	struct arena *arena = arena_new();
	struct maps *m = maps_new();
	struct sys_event r, l;

	ck_assert(maps_check(m, KIND_FD, 3, 7));
	ck_assert(!maps_check(m, KIND_FD, 3, 8));
	test_event(&r, &rec, arena);
	test_event(&l, &live, arena);
	maps_apply(m, test_schema(), &r, &l);
	ck_assert_uint_eq(maps_count(m, KIND_FD), 0);
	ck_assert(maps_check(m, KIND_FD, 3, 8));
	maps_free(m);
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify maps");
	TCase *t = tcase_create("maps");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, addresses, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, wanted_places, 0, (int)(sizeof(places) / sizeof(places[0])));
	tcase_add_loop_test(t, one_to_one, 0, (int)(sizeof(identities) / sizeof(identities[0])));
	tcase_add_loop_test(t, processes_in_paths, 0, (int)(sizeof(paths) / sizeof(paths[0])));
	tcase_add_test(t, process_number_reused);
	tcase_add_test(t, kinds_are_apart);
	tcase_add_test(t, spaces_are_apart);
	tcase_add_test(t, descriptors_die);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

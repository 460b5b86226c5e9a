/*
 * Facts by table (paths by name, descriptors as events tell of them), and messages.
 */
#include "tests/unit/verify_support.h"

#include "verify/message.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define HERE ((uint32_t)-100)
#define OPENAT(fd, text) { .call = "openat", .args = { fd, 0x1000 }, .blocks = { STR("pathname.addr", 0x1000, text) } }

static const struct {
	const char *name;
	struct event_spec event;
	enum abi_fact fact;
	int32_t fd;
	const char *expected; /* a string or a number; NULL: there is no such value */
} rows[] = {
	{ "absolute", OPENAT(HERE, "/etc/hosts"), FACT_FILE_PATH, 0, "/etc/hosts" },
	{ "relative", OPENAT(HERE, "a/b"), FACT_FILE_PATH, 0, "/home/u/a/b" },
	{ "dots", OPENAT(HERE, "./a/../../b/."), FACT_FILE_PATH, 0, "/home/b" },
	{ "above the root", OPENAT(HERE, "/../../x"), FACT_FILE_PATH, 0, "/x" },
	{ "the root", OPENAT(HERE, "/"), FACT_FILE_PATH, 0, "/" },
	{ "many slashes", OPENAT(HERE, "//proc///self//stat/"), FACT_FILE_PATH, 0, "/proc/self/stat" },
	{ "three dots are a name", OPENAT(HERE, "/.../x"), FACT_FILE_PATH, 0, "/.../x" },
	{ "from a descriptor", OPENAT(5, "f"), FACT_FILE_PATH, 0, "/var/d/f" },
	{ "from a file's descriptor", OPENAT(3, "f"), FACT_FILE_PATH, 0, NULL },
	{ "from a closed descriptor", OPENAT(9, "f"), FACT_FILE_PATH, 0, NULL },
	{ "absolute, whatever the descriptor", OPENAT(9, "/f"), FACT_FILE_PATH, 0, "/f" },
	{ "the empty path", OPENAT(HERE, ""), FACT_FILE_PATH, 0, NULL },
	{ "no path", { .call = "close", .args = { 3 } }, FACT_FILE_PATH, 0, NULL },
	{ "a path that could not be read", { .call = "openat", .args = { HERE, 8 } }, FACT_FILE_PATH, 0, NULL },
	{ "no descriptor argument", { .call = "unlink", .args = { 0x1000 }, .blocks = { STR("pathname.addr", 0x1000, "x") } },
	  FACT_FILE_PATH, 0, "/home/u/x" },
	{ "fd.path", { .call = "close" }, FACT_FD_PATH, 3, "/tmp/f" },
	{ "fd.kind", { .call = "close" }, FACT_FD_KIND, 3, "1" },
	{ "fd.flags", { .call = "close" }, FACT_FD_FLAGS, 3, "1025" },
	{ "not open", { .call = "close" }, FACT_FD_PATH, 4, NULL },
	{ "AT_FDCWD", { .call = "close" }, FACT_FD_PATH, -100, "/home/u" },
	{ "AT_FDCWD's kind", { .call = "close" }, FACT_FD_KIND, -100, "2" },
	{ "command before an exec", { .call = "close" }, FACT_COMMAND, 0, NULL },
	{ "release", { .call = "close" }, FACT_HOST_RELEASE, 0, "6.1" },
	{ "machine", { .call = "close" }, FACT_HOST_MACHINE, 0, "x86_64" },
	{ "hostname", { .call = "close" }, FACT_HOST_HOSTNAME, 0, "here" },
};

static struct facts *some_facts(void)
{
	struct facts *f = facts_new(test_schema(), "/home/u", "6.1", "x86_64", "here");

	facts_set_fd(f, 3, FD_KIND_FILE, O_WRONLY | O_APPEND, "/tmp/f");
	facts_set_fd(f, 5, FD_KIND_DIR, 0, "/var/d");
	return f;
}

static void check_fact(const char *name, struct facts *f, const struct sys_event *ev, enum abi_fact fact, int32_t fd,
		       const char *expected)
{
	struct value v;
	bool there = facts_get(f, ev, fact, fd, &v);

	ck_assert_msg(there == (expected != NULL), "%s: %s", name, there ? "there" : "not there");
	if (!there)
		return;
	if (v.type == VALUE_NUM)
		ck_assert_msg(v.num == atoll(expected), "%s: %lld", name, (long long)v.num);
	else
		ck_assert_msg(v.len == strlen(expected) && memcmp(v.data, expected, v.len) == 0, "%s: %.*s", name, (int)v.len,
			      (const char *)v.data);
}

START_TEST(table)
{
	struct arena *arena = arena_new();
	struct facts *f = some_facts();
	struct sys_event ev;

	test_event(&ev, &rows[_i].event, arena);
	check_fact(rows[_i].name, f, &ev, rows[_i].fact, rows[_i].fd, rows[_i].expected);
	facts_free(f);
	arena_free(arena);
}
END_TEST

START_TEST(events_change_them)
{
	const struct event_spec duplicate = { .call = "dup2", .args = { 3, 5 }, .ret = 5,
					      .fds = { { 5, FD_KIND_FILE, O_CLOEXEC, "/tmp/f" } } };
	const struct event_spec closing = { .call = "close", .args = { 3 }, .fds = { { 3, FD_KIND_NONE, 0, "" } } };
	const struct event_spec exec = { .call = "execve" };
	struct arena *arena = arena_new();
	struct facts *f = some_facts();
	struct sys_event ev;

	test_event(&ev, &duplicate, arena);
	facts_apply(f, &ev);
	check_fact("dup2", f, &ev, FACT_FD_PATH, 5, "/tmp/f");
	test_event(&ev, &closing, arena);
	facts_apply(f, &ev);
	check_fact("close", f, &ev, FACT_FD_PATH, 3, NULL);
	check_fact("close leaves the other", f, &ev, FACT_FD_PATH, 5, "/tmp/f");
	test_event(&ev, &exec, arena);
	ev.command = "/bin/other";
	ev.cwd = "/";
	facts_apply(f, &ev);
	check_fact("exec", f, &ev, FACT_COMMAND, 0, "/bin/other");
	check_fact("close on exec", f, &ev, FACT_FD_PATH, 5, NULL);
	check_fact("cwd", f, &ev, FACT_FD_PATH, -100, "/");
	facts_free(f);
	arena_free(arena);
}
END_TEST

#define TIMESPEC(s, ns) s "\0\0\0\0\0\0\0" ns "\0\0\0\0\0\0\0"

START_TEST(clocks)
{
	const struct event_spec reading = { .call = "clock_gettime", .args = { 1, 0x1000 },
					    .blocks = { OUT("tp.addr", 0x1000, TIMESPEC("\2", "\7")) } };
	const struct event_spec earlier = { .call = "clock_gettime", .args = { 1, 0x1000 },
					    .blocks = { OUT("tp.addr", 0x1000, TIMESPEC("\1", "\3")) } };
	const struct event_spec failed = { .call = "clock_gettime", .args = { 99, 0x1000 }, .ret = -22 };
	const struct event_spec setting = { .call = "clock_settime", .args = { 4, 0x1000 },
					    .blocks = { IN("tp.addr", 0x1000, TIMESPEC("\2", "\7")) } };
	struct arena *arena = arena_new();
	struct facts *f = some_facts(), *copy;
	struct sys_event ev;

	test_event(&ev, &reading, arena);
	check_fact("never read", f, &ev, FACT_CLOCK_LAST, 1, NULL);
	facts_apply(f, &ev);
	check_fact("read", f, &ev, FACT_CLOCK_LAST, 1, "2000000007");
	check_fact("another clock", f, &ev, FACT_CLOCK_LAST, 0, NULL);
	copy = facts_copy(f);
	test_event(&ev, &earlier, arena);
	facts_apply(f, &ev);
	check_fact("the last one counts, not the latest", f, &ev, FACT_CLOCK_LAST, 1, "1000000003");
	check_fact("whoever read it", copy, &ev, FACT_CLOCK_LAST, 1, "1000000003");
	ev.args[0] = 2;
	facts_apply(f, &ev);
	check_fact("the processor's time of a task", f, &ev, FACT_CLOCK_LAST, 2, NULL);
	test_event(&ev, &failed, arena);
	facts_apply(f, &ev);
	check_fact("failed", f, &ev, FACT_CLOCK_LAST, 99, NULL);
	test_event(&ev, &setting, arena);
	facts_apply(f, &ev);
	check_fact("set, not read", f, &ev, FACT_CLOCK_LAST, 4, NULL);
	facts_free(copy);
	facts_free(f);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *text, *expected;
} messages[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "{syscall}: {field} was {recorded}, is now {actual}", "read: buf was \"a\", is now \"{field}\"" },
	{ "{offset}/{event}/{task}/{path}", "18446744073709551615/17/0.1/" },
	{ "{unknown} {field {field}}", "{unknown} {field buf}" },
	{ "{", "{" },
};

START_TEST(message)
{
	const struct message_values v = { .syscall = "read", .field = "buf", .recorded = "\"a\"", .actual = "\"{field}\"",
					  .task = "0.1", .offset = UINT64_MAX, .event = 17 };
	struct buf out = { 0 };

	message_expand(messages[_i].text, &v, &out);
	ck_assert_str_eq(buf_cstr(&out), messages[_i].expected);
	buf_free(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify facts");
	TCase *t = tcase_create("facts");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, table, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, events_change_them);
	tcase_add_test(t, clocks);
	tcase_add_loop_test(t, message, 0, (int)(sizeof(messages) / sizeof(messages[0])));
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

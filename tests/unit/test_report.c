/*
 * Reports of made-up verdicts: the text line by line, the JSON parsed back.
 */
#include "report/report.h"
#include "report/symbol.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct divergence field = {
	.type = DIVERGE_FIELD, .seq = 17, .task = "0", .call = "read", .actual_call = "read", .field = "buf",
	.recorded = "\"hello\"", .actual = "\"hallo \xff\"", .offset = 1, .is_bytes = true, .message = "look here", .why = "",
	.rule_file = "cat.spol", .rule_selector = "read.buf", .rule_text = "equal \"look here\"", .rule_line = 23,
	.rule_column = 8, .ip = 0xffffffffffffffff, .call_number = 5, .module = "/lib/none.so", .module_offset = 0x1d,
};
static const struct divergence early = {
	.type = DIVERGE_EARLY, .seq = 18, .task = "0", .call = "close", .actual_call = "task_end", .field = "",
	.recorded = "close(3) = 0", .actual = "task_end(0, SIGKILL)", .message = "", .why = "", .rule_file = "",
	.rule_selector = "", .rule_text = "", .at_entry = false,
};
static const struct divergence forbidden = {
	.type = DIVERGE_FORBIDDEN, .seq = 3, .task = "0", .call = "", .actual_call = "ptrace", .field = "", .recorded = "",
	.actual = "ptrace(0, 0, 0, 0)", .message = "no", .why = "", .rule_file = "p.spol", .rule_selector = "ptrace",
	.rule_text = "forbid", .rule_line = 1, .rule_column = 1, .at_entry = true,
};
static const struct rule_count counts[] = {
	{ .rule = 4, .file = "base.spol", .selector = "any time", .text = "replay", .verb = "replay", .line = 12, .column = 1,
	  .accepted = 6 },
	{ .rule = 5, .file = "cat.spol", .selector = "read.buf", .text = "equal", .verb = "equal", .line = 23, .column = 8,
	  .violations = 1 },
};
static const struct neighbour before[] = {
	{ .seq = 15, .task = "0", .recorded = "close(1) = 0", .actual = "close(1) = 0" },
	{ .seq = 16, .task = "0.2", .recorded = "getpid() = 5", .actual = "getpid() = 6" },
};
static const struct neighbour after[] = { { .seq = 18, .task = "0", .recorded = "close(2) = 0", .actual = "" } };
static const char *const answered[] = { "rseq", "io_uring_setup" };

/* Where a byte of this program's memory is in its file, as the kernel shows it. */
static __attribute__((noinline)) uint64_t file_offset_of(uint64_t address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end, offset;
	char line[512];

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && address >= start && address < end) {
			fclose(maps);
			return address - start + offset;
		}
	}
	ck_abort_msg("no region");
	return 0;
}

static struct verdict some_verdict(enum verdict_kind kind, const struct divergence *d, size_t n)
{
	return (struct verdict){ .kind = kind, .reason = kind == VERDICT_NOT_JUDGED ? "it forked" : "", .policy = "cat",
				 .events = 52, .recorded_events = 53, .fields = 310, .bytes = UINT64_MAX, .accepted = 12,
				 .violations = n, .rules = counts, .nrules = 2, .divergences = d, .ndivergences = n,
				 .roots = n > 1 ? 15 : n, .before = before, .nbefore = n ? 2 : 0,
				 .after = after, .nafter = n ? 1 : 0, .answered = answered, .nanswered = 2, .emulated = 2 };
}

/* A text report must hold all of these lines. */
static const struct {
	const char *name;
	enum verdict_kind kind;
	const struct divergence *divergence;
	const char *lines[12];
} rows[] = {
	{ "same", VERDICT_SAME, NULL,
	  { "sperrips: same\n", "  policy: cat\n",
	    "  coverage: 52 of 53 events, 310 fields, 18446744073709551615 bytes compared; 12 differences accepted; "
	    "0 differences that only the default decided; 2 calls emulated\n",
	    "  accepted by rule:\n         6  base.spol:12:1 any time: replay\n",
	    "  answered by sperrips on both systems: rseq, io_uring_setup\n" } },
	{ "not judged", VERDICT_NOT_JUDGED, NULL, { "sperrips: not judged: it forked\n" } },
	{ "a field", VERDICT_DIFFERENT, &field,
	  { "sperrips: different\n", "  first difference: event 17, task 0, call read\n", "    field buf, byte 1\n",
	    "    recorded \"hello\"\n", "    rule cat.spol:23:8: read.buf: equal \"look here\"\n", "    look here\n",
	    "    call 5 of task 0, at /lib/none.so+0x1d\n",
	    "    before it, in both runs:\n      0     close(1) = 0\n      0.2   recorded getpid() = 5\n"
	    "            actual   getpid() = 6\n    the recording goes on:\n      0     close(2) = 0\n",
	    "  violated rules:\n         1  cat.spol:23:8 read.buf: equal\n" } },
	{ "early", VERDICT_DIFFERENT, &early,
	  { "    the program ended, and the recording goes on\n", "    recorded close(3) = 0\n", "    actual   task_end(0, SIGKILL)\n" } },
	{ "forbidden", VERDICT_DIFFERENT, &forbidden,
	  { "event 3, task 0 (before the call was executed)\n", "    the policy forbids ptrace\n", "    recorded (nothing)\n" } },
};

START_TEST(text)
{
	struct verdict v = some_verdict(rows[_i].kind, rows[_i].divergence, rows[_i].divergence ? 1 : 0);
	struct buf out = { 0 };

	report_format_find("text")->write(&v, false, &out);
	for (int i = 0; rows[_i].lines[i]; i++)
		ck_assert_msg(strstr(buf_cstr(&out), rows[_i].lines[i]) != NULL, "%s: no '%s' in\n%s", rows[_i].name,
			      rows[_i].lines[i], buf_cstr(&out));
	ck_assert_ptr_null(strchr(buf_cstr(&out), '\033'));
	buf_free(&out);
}
END_TEST

/* 20 kept of 5000 violations: those that follow from another are counted, and the first three of them are shown. */
START_TEST(many)
{
	struct divergence d[20];
	struct verdict v = some_verdict(VERDICT_DIFFERENT, d, 20);
	struct buf out = { 0 };
	int shown = 0;

	for (size_t i = 0; i < 20; i++) {
		d[i] = field;
		d[i].seq = 100 + i;
		d[i].root = i % 2 ? 0 : i; /* roots: 0, 2, 4, ... */
	}
	d[0].consequences = 10;
	v.violations = 5000;
	report_text(&v, true, &out);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "    10 differences that may follow from it, the first of them:\n      event 101,"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "      event 105,"));
	ck_assert_ptr_null(strstr(buf_cstr(&out), "event 107,"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "  further differences:\n    event 102, task 0, read.buf:"));
	for (const char *at = buf_cstr(&out); (at = strstr(at, "\n    event ")); at++)
		shown++;
	ck_assert_int_eq(shown, 9);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "and 5 more")); /* 15 roots, the first and 9 */
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "\033[1;31mdifferent\033[0m"));
	buf_free(&out);
}
END_TEST

/* A function of this very program, by its symbol table; what is none has no name and does no harm. */
START_TEST(symbols)
{
	struct buf out = { 0 };

	ck_assert(!report_symbol("/dev/null", 0, &out));
	ck_assert(!report_symbol("/etc/passwd", 3, &out));
	ck_assert(!report_symbol("/no/such/file", 0, &out));
	ck_assert(!report_symbol("[vdso]", 100, &out));
	ck_assert(!report_symbol("/proc/self/exe", UINT64_MAX, &out));
	ck_assert_uint_eq(out.len, 0);
	ck_assert(report_symbol("/proc/self/exe", file_offset_of((uint64_t)(uintptr_t)&file_offset_of) + 1, &out));
	ck_assert_str_eq(buf_cstr(&out), "file_offset_of+0x1");
	buf_free(&out);
}
END_TEST

START_TEST(json)
{
	struct verdict v = some_verdict(rows[_i].kind, rows[_i].divergence, rows[_i].divergence ? 1 : 0);
	struct buf out = { 0 };
	cJSON *o, *d;

	report_json(&v, &out);
	o = cJSON_Parse(buf_cstr(&out));
	ck_assert_msg(o != NULL, "%s", buf_cstr(&out));
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(o, "verdict")), verdict_name(rows[_i].kind));
	ck_assert_int_eq(cJSON_GetObjectItem(o, "exit_status")->valueint, verdict_exit_status(rows[_i].kind));
	ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(o, "coverage"), "fields")->valueint, 310);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "18446744073709551615"));
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(o, "rules")), 2);
	ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItem(o, "answered"), 1)), "io_uring_setup");
	d = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "divergences"), 0);
	ck_assert_int_eq(d != NULL, rows[_i].divergence != NULL);
	if (rows[_i].divergence == &field) {
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "actual")), "\"hallo \\xff\"");
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "type")), "field");
		ck_assert_int_eq(cJSON_GetObjectItem(cJSON_GetObjectItem(d, "rule"), "line")->valueint, 23);
		ck_assert_int_eq(cJSON_GetObjectItem(d, "call_number")->valueint, 5);
		ck_assert_int_eq(cJSON_GetObjectItem(d, "root")->valueint, 0);
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "module")), "/lib/none.so");
		ck_assert_int_eq(cJSON_GetObjectItem(d, "module_offset")->valueint, 0x1d);
		d = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "before"), 1);
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "task")), "0.2");
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "recorded")), "getpid() = 5");
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "actual")), "getpid() = 6");
		d = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "after"), 0);
		ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(d, "recorded")), "close(2) = 0");
	}
	if (rows[_i].divergence == &early)
		ck_assert(cJSON_IsNull(cJSON_GetObjectItem(d, "rule")));
	cJSON_Delete(o);
	buf_free(&out);
}
END_TEST

START_TEST(formats)
{
	ck_assert_uint_ge(report_format_count(), 2);
	for (size_t i = 0; i < report_format_count(); i++)
		ck_assert_ptr_eq(report_format_find(report_format_get(i)->name), report_format_get(i));
	ck_assert_ptr_null(report_format_find("sarif"));
	for (int t = DIVERGE_FIELD; t <= DIVERGE_FORBIDDEN; t++)
		ck_assert_uint_gt(strlen(report_divergence_name((enum divergence_type)t)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("report");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, text, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, json, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, many);
	tcase_add_test(t, symbols);
	tcase_add_test(t, formats);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

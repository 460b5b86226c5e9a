/*
 * The reasoner about conditions: rows of one to three conditions that can or cannot hold together.
 */
#include "spol/logic.h"
#include "tests/unit/spol_support.h"

/*
 * Conditions of read.ret (chdir.path where a row begins with "path:"), separated by "&": that they hold together with a
 * pair that differs.  A "!" in front: that it does not hold.
 */
static const struct row {
	const char *conditions;
	enum logic_answer expected;
} rows[] = {
	/* bounds and sets of numbers */
	{ "recorded.fd < 3 & recorded.fd > 3", LOGIC_UNSAT },
	{ "recorded.fd < 3 & recorded.fd >= 2", LOGIC_SAT },
	{ "recorded.fd in { 1, 2, 3 } & !recorded.fd in { 1, 3 } & recorded.fd != 2", LOGIC_UNSAT },
	{ "fd == 1 & recorded.fd == 2", LOGIC_UNSAT },
	{ "!fd == 1 & recorded.fd == 1", LOGIC_SAT },
	{ "!fd == 1 & recorded.fd == 1 & actual.fd == 1", LOGIC_UNSAT },
	{ "recorded.fd <= 2147483647 & recorded.fd > 2147483646", LOGIC_SAT },
	{ "not (recorded.count >= 0)", LOGIC_UNSAT },
	{ "!recorded.count >= 0", LOGIC_SAT }, /* it may be missing */
	/* differences */
	{ "recorded.fd < actual.fd & actual.fd < recorded.fd", LOGIC_UNSAT },
	{ "recorded.fd < actual.fd & actual.fd < recorded.count & recorded.count <= recorded.fd + 1", LOGIC_UNSAT },
	{ "recorded.fd < actual.fd & actual.fd < recorded.count & recorded.count <= recorded.fd + 2", LOGIC_SAT },
	{ "recorded == actual", LOGIC_UNSAT },
	{ "recorded within 0 of actual", LOGIC_UNSAT },
	{ "recorded within 2 of actual & !recorded within 1 of actual & recorded < actual & actual != recorded + 2",
	  LOGIC_UNSAT },
	{ "recorded within 2 of actual & !recorded within 1 of actual & recorded < actual", LOGIC_SAT },
	{ "recorded.fd != actual.fd & recorded.fd in { 1, 2 } & actual.fd in { 1, 2 } & recorded.fd > 1 & actual.fd > "
	  "1",
	  LOGIC_UNSAT },
	{ "recorded.count < 2 * recorded.fd & recorded.count + 1 > 2 * recorded.fd", LOGIC_UNSAT },
	{ "2 * recorded.fd == 7", LOGIC_UNSAT },
	{ "recorded.fd + actual.fd == 7 & recorded.fd - actual.fd == 1", LOGIC_SAT },
	{ "recorded.fd + actual.fd == 7 & recorded.fd - actual.fd == 1 & recorded.fd != 4", LOGIC_UNSAT },
	{ "recorded.fd + actual.fd + recorded.count == 4 & recorded.fd > 1 & actual.fd > 1 & recorded.count > 0",
	  LOGIC_UNSAT },
	/* bits */
	{ "recorded.fd & 7 == 3 & recorded.fd & 1 == 0", LOGIC_UNSAT },
	{ "recorded.fd & 6 == 6 & recorded.fd & 1 != 0 & recorded.fd < 8", LOGIC_SAT },
	{ "recorded.fd & 3 != 0 & recorded.fd & 1 == 0 & recorded.fd & 2 == 0", LOGIC_UNSAT },
	{ "recorded.fd & 8 == 8 & recorded.fd >= 0 & recorded.fd < 8", LOGIC_UNSAT },
	{ "recorded.fd | 1 == 2", LOGIC_UNSAT },
	{ "recorded.fd | 1 == 3 & recorded.fd != 3", LOGIC_SAT },
	{ "recorded.fd & 3 > 3", LOGIC_UNSAT },
	/* per cent: what is within 5 is within 10 */
	{ "actual within 5% of recorded & !actual within 10% of recorded & recorded >= 0", LOGIC_UNSAT },
	{ "actual within 10% of recorded & !actual within 5% of recorded", LOGIC_SAT },
	{ "actual within 10% of recorded & recorded == 100 & actual > 110", LOGIC_UNSAT },
	{ "actual within 10% of 100 & actual < 90", LOGIC_UNSAT },
	/* only values tell */
	{ "recorded * actual == 35 & recorded > 1 & actual > 1", LOGIC_SAT },
	{ "recorded.fd / (actual.fd - actual.fd) == 1", LOGIC_UNKNOWN }, /* that is 0, which only values tell */
	{ "recorded.fd / recorded.count == 3", LOGIC_SAT },
	{ "recorded * recorded < 0", LOGIC_UNKNOWN },
	/* strings */
	{ "recorded.fd.path == \"/a\" & recorded.fd.path == \"/b\"", LOGIC_UNSAT },
	{ "recorded.fd.path != \"/a\" & recorded.fd.path in { \"/a\" }", LOGIC_UNSAT },
	{ "recorded.fd.path in { \"/a/*\" } & recorded.fd.path in { \"/*/b\" } & recorded.fd.path != \"/a/b\"",
	  LOGIC_UNSAT },
	{ "recorded.fd.path in { \"/a/**\" } & recorded.fd.path in { \"/**/b\" } & recorded.fd.path != \"/a/b\"",
	  LOGIC_SAT },
	{ "recorded.fd.path in { \"/[ab]\" } & actual.fd.path in { \"/[ab]\" } & recorded.fd.path != actual.fd.path & "
	  "actual.fd.path != \"/a\" & recorded.fd.path == \"/b\"",
	  LOGIC_UNSAT },
	{ "recorded.fd.path in { \"/[ab]\" } & actual.fd.path in { \"/[ab]\" } & command in { \"/[ab]\" } & "
	  "recorded.fd.path != actual.fd.path & "
	  "recorded.command != actual.fd.path & recorded.command != recorded.fd.path",
	  LOGIC_UNSAT }, /* three must differ, and there are two */
	{ "recorded.fd.path in { \"/a/**\", !\"/a/*\" } & recorded.fd.path in { \"/*/?\" }", LOGIC_UNSAT },
	{ "recorded.fd.path == actual.fd.path & recorded.fd.path in { \"/a\" } & actual.fd.path != \"/a\"",
	  LOGIC_UNSAT },
	{ "recorded.fd.path == actual.fd.path & actual.fd.path == recorded.command & recorded.command != "
	  "recorded.fd.path",
	  LOGIC_UNSAT },
	/* text that differs in the NULs behind it only */
	{ "path:recorded == actual", LOGIC_SAT },
	{ "path:recorded == \"/a\" & actual == \"/a\"", LOGIC_SAT },
	{ "path:recorded == \"/a\\x00\"", LOGIC_UNSAT },
	/* alternatives, and what is missing */
	{ "recorded.fd == 1 or recorded.fd == 2 & recorded.fd > 2", LOGIC_UNSAT },
	{ "!task.depth == 0 & !task.depth != 0", LOGIC_SAT },
	{ "!recorded.task.depth == 0 & !recorded.task.depth != 0 & recorded.task.depth >= 0", LOGIC_UNSAT },
	{ "not (recorded.fd == 1 and recorded.count == 1) & recorded.fd == 1 & recorded.count == 1", LOGIC_UNSAT },
};

/* The condition of the only arm, in the compiler's own form. */
static const struct node *condition_of(const struct abi_schema *schema, struct policy *p, struct diags *d,
				       struct arena *arena, const char *text, bool path)
{
	const char *name = "/nowhere/c.spol";
	const char *source = arena_printf(arena, "policy p 1;\ndefault: equal;\n%s: accept if %s; }\n",
					  path ? "chdir { path" : "read { ret", text);
	struct spol_open_file *open = arena_alloc(arena, sizeof(*open));
	struct spol_options *o = arena_alloc(arena, sizeof(*o));
	struct err err = { 0 };

	*open = (struct spol_open_file){ name, source, strlen(source) };
	*o = (struct spol_options){ .schema = schema, .open = open, .nopen = 1 };
	policy_init(p, o, d, arena);
	if (policy_analyse(p, name, &err) != 0) {
		CLEANUP(buf_free) struct buf found = { 0 };

		diags_render_text(d, false, &found);
		ck_abort_msg("%s%s", err.text, buf_cstr(&found));
	}
	return p->chains[leaf_by_name(schema, path ? "chdir.path" : "read.ret")->id].first->condition;
}

START_TEST(row)
{
	const struct row *r = &rows[_i];
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	struct logic *l = logic_new(schema);
	bool path = strncmp(r->conditions, "path:", 5) == 0;
	char *rest = arena_strdup(arena, r->conditions + (path ? 5 : 0));
	formula goals[8] = { logic_pair_differs(l, leaf_by_name(schema, path ? "chdir.path" : "read.ret")) };
	struct logic_model m = { 0 };
	unsigned budget = LOGIC_BUDGET;
	enum logic_answer got;
	size_t n = 1;

	while (rest) {
		char *end = strstr(rest, " & "), *next = end ? end + 3 : NULL;
		struct diags *d = diags_new();
		struct policy p;
		bool not ;

		/* `x & 7 == 3` is one condition: a mask is a number, and conditions begin with a name */
		while (end && end[3] >= '0' && end[3] <= '9') {
			end = strstr(next, " & ");
			next = end ? end + 3 : NULL;
		}
		if (end)
			*end = '\0';
		not = *rest == '!';
		goals[n] = logic_condition(l, condition_of(schema, &p, d, arena, rest + not, path));
		if (not )
			goals[n] = logic_not(l, goals[n]);
		n++;
		policy_end(&p);
		diags_free(d);
		rest = next;
	}
	got = logic_solve(l, goals, n, &m, &budget);
	ck_assert_msg(got == r->expected, "%s: %d, not %d", r->conditions, (int)got, (int)r->expected);
	logic_free(l);
	arena_free(arena);
	abi_schema_free(schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol logic");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, row, 0, ARRAY_LEN(rows));
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * The interpreter by tables: code, the two values, the verdict; loads that find nothing; sets; dispositions.
 */
#include "tests/unit/vm_toy.h"

#include <check.h>
#include <stdlib.h>

#define BYTES(s)                                                                        \
	{                                                                               \
		.type = VALUE_BYTES, .data = (const uint8_t *)(s), .len = sizeof(s) - 1 \
	}
#define NUM(n)                                \
	{                                     \
		.type = VALUE_NUM, .num = (n) \
	}
#define ABSENT                       \
	{                            \
		.type = VALUE_ABSENT \
	}

/* What the code may ask for, by leaf and by fact; absent unless set. */
struct world {
	struct value fields[SIDE_COUNT][TOY_NLEAVES];
	struct value facts[SIDE_COUNT][TOY_FACTS];
	unsigned asked;
};

static bool world_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	struct world *w = ctx;

	w->asked++;
	*out = w->fields[side][leaf];
	return out->type != VALUE_ABSENT;
}

static bool world_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	struct world *w = ctx;

	(void)leaf;
	w->asked++;
	*out = w->facts[side][fact];
	return out->type != VALUE_ABSENT;
}

/* fd is 3 on both sides, its path /proc/cpuinfo, its kind 5, the program /bin/cat. */
static struct world ordinary_world(void)
{
	struct world w = { 0 };

	for (int side = 0; side < SIDE_COUNT; side++) {
		w.fields[side][TOY_R_FD] = value_num(3);
		w.fields[side][TOY_R_COUNT] = value_num(100);
		w.fields[side][TOY_W_FD] = value_num(1);
		w.fields[side][TOY_S_PATH] = value_cstr("/x");
		w.facts[side][TOY_FD_PATH] = value_cstr("/proc/cpuinfo");
		w.facts[side][TOY_FD_KIND] = value_num(5);
		w.facts[side][TOY_COMMAND] = value_cstr("/bin/cat");
	}
	return w;
}

/* Arms: ACCEPT when the condition that body emits holds, else EQUAL.  Assembles it for one leaf and loads it. */
typedef void (*body_fn)(struct vm_asm *a, vm_label no);

static struct vm_prog *load(struct vm_asm *a, const struct vm_schema *schema)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct err err = { 0 };
	struct vm_prog *p;

	ck_assert_msg(vm_asm_finish(a, &image, &err) == 0, "%s", err.text);
	vm_asm_free(a);
	p = vm_load(image.data, image.len, "test.spo", schema, &err);
	ck_assert_msg(p, "%s", err.text);
	return p;
}

static struct vm_prog *condition(uint32_t leaf, bool always, body_fn body)
{
	struct vm_schema schema = toy_schema();
	struct vm_asm *a = vm_asm_new("condition", &schema);
	uint32_t fallback = toy_rule(a, 1, VERB_EQUAL, "equal"), accept = toy_rule(a, 2, VERB_ACCEPT, "accept");
	vm_label no = vm_asm_label(a);

	toy_fill(a, vm_asm_here(a));
	vm_asm_verdict(a, VERB_EQUAL, fallback);
	for (unsigned phase = 0; phase < VM_PHASES; phase++)
		if (toy_info(leaf)->at[phase])
			vm_asm_entry(a, (enum vm_phase)phase, leaf, vm_asm_here(a), always);
	body(a, no);
	vm_asm_verdict(a, VERB_ACCEPT, accept);
	vm_asm_bind(a, no);
	vm_asm_verdict(a, VERB_EQUAL, fallback);
	return load(a, &schema);
}

static enum vm_phase phase_of(uint32_t leaf)
{
	return toy_info(leaf)->at[VM_EXIT] ? VM_EXIT : VM_ENTRY;
}

/* ---- conditions on numbers ---- */

static void values(struct vm_asm *a)
{
	vm_asm_num_value(a, 0, SIDE_RECORDED);
	vm_asm_num_value(a, 1, SIDE_ACTUAL);
}

#define COMPARE(name, op)                               \
	static void name(struct vm_asm *a, vm_label no) \
	{                                               \
		values(a);                              \
		vm_asm_num_test(a, op, 1, 0, no);       \
	}
COMPARE(actual_eq, VM_EQ)
COMPARE(actual_ne, VM_NE)
COMPARE(actual_lt, VM_LT)
COMPARE(actual_le, VM_LE)
COMPARE(actual_gt, VM_GT)
COMPARE(actual_ge, VM_GE)

#define ARITH(name, op, constant, wanted)               \
	static void name(struct vm_asm *a, vm_label no) \
	{                                               \
		values(a);                              \
		vm_asm_num_const(a, 2, constant);       \
		vm_asm_arith(a, op, 3, 1, 2);           \
		vm_asm_num_const(a, 15, wanted);        \
		vm_asm_num_test(a, VM_EQ, 3, 15, no);   \
	}
ARITH(plus_5_is_12, VM_ADD, 5, 12)
ARITH(minus_5_is_2, VM_SUB, 5, 2)
ARITH(times_5_is_35, VM_MUL, 5, 35)
ARITH(by_2_is_3, VM_DIV, 2, 3)
ARITH(by_0_is_0, VM_DIV, 0, 0)
ARITH(and_5_is_5, VM_AND, 5, 5)
ARITH(or_8_is_15, VM_OR, 8, 15)
ARITH(saturates, VM_ADD, NUM_MAX, NUM_MAX)

static void within_5(struct vm_asm *a, vm_label no)
{
	values(a);
	vm_asm_num_const(a, 2, 5);
	vm_asm_within(a, 0, 1, 2, false, no);
}

static void within_10_percent(struct vm_asm *a, vm_label no)
{
	values(a);
	vm_asm_num_const(a, 2, 10000);
	vm_asm_within(a, 0, 1, 2, true, no);
}

static void in_set(struct vm_asm *a, vm_label no)
{
	static const num_t numbers[] = { 9, -1, 4, 4, 6 };
	static const bool excluded[] = { false, false, false, false, true };

	values(a);
	vm_asm_num_in(a, 1, vm_asm_num_set(a, "SET", numbers, excluded, 5), no);
}

static void in_empty_set(struct vm_asm *a, vm_label no)
{
	values(a);
	vm_asm_num_in(a, 1, vm_asm_num_set(a, "SET", NULL, NULL, 0), no);
}

/* A register keeps being missing through arithmetic, and is present again when it is loaded anew. */
static void reloaded(struct vm_asm *a, vm_label no)
{
	vm_asm_num_value(a, 0, SIDE_RECORDED);
	vm_asm_num_const(a, 1, 1);
	vm_asm_arith(a, VM_ADD, 0, 0, 1);
	vm_asm_num_const(a, 0, 1);
	vm_asm_num_test(a, VM_EQ, 0, 1, no);
}

static void missing_plus_1(struct vm_asm *a, vm_label no)
{
	vm_asm_num_value(a, 0, SIDE_RECORDED);
	vm_asm_num_const(a, 1, 1);
	vm_asm_arith(a, VM_ADD, 0, 0, 1);
	vm_asm_num_test(a, VM_EQ, 0, 0, no);
}

static void nothing(struct vm_asm *a, vm_label no)
{
	vm_asm_differs(a, no);
}

static const struct num_case {
	const char *name;
	body_fn body;
	struct value recorded, actual;
	enum vm_verb verb;
} num_cases[] = {
	{ "always holds", nothing, NUM(1), NUM(2), VERB_ACCEPT },
	{ "eq", actual_eq, NUM(1), NUM(2), VERB_EQUAL },
	{ "ne", actual_ne, NUM(1), NUM(2), VERB_ACCEPT },
	{ "lt", actual_lt, NUM(1), NUM(2), VERB_EQUAL },
	{ "lt holds", actual_lt, NUM(2), NUM(1), VERB_ACCEPT },
	{ "lt negative", actual_lt, NUM(0), NUM(-1), VERB_ACCEPT },
	{ "le", actual_le, NUM(1), NUM(2), VERB_EQUAL },
	{ "le holds", actual_le, NUM(2), NUM(1), VERB_ACCEPT },
	{ "gt", actual_gt, NUM(2), NUM(1), VERB_EQUAL },
	{ "gt holds", actual_gt, NUM(1), NUM(2), VERB_ACCEPT },
	{ "ge", actual_ge, NUM(2), NUM(1), VERB_EQUAL },
	{ "ge holds", actual_ge, NUM(1), NUM(2), VERB_ACCEPT },
	{ "ge wide", actual_ge, NUM(INT64_MAX), NUM((num_t)UINT64_MAX), VERB_ACCEPT },
	{ "add", plus_5_is_12, NUM(0), NUM(7), VERB_ACCEPT },
	{ "sub", minus_5_is_2, NUM(0), NUM(7), VERB_ACCEPT },
	{ "mul", times_5_is_35, NUM(0), NUM(7), VERB_ACCEPT },
	{ "div", by_2_is_3, NUM(0), NUM(7), VERB_ACCEPT },
	{ "div by 0", by_0_is_0, NUM(0), NUM(7), VERB_ACCEPT },
	{ "and", and_5_is_5, NUM(0), NUM(7), VERB_ACCEPT },
	{ "or", or_8_is_15, NUM(0), NUM(7), VERB_ACCEPT },
	{ "saturated", saturates, NUM(0), NUM(7), VERB_ACCEPT },
	{ "within", within_5, NUM(10), NUM(15), VERB_ACCEPT },
	{ "within below", within_5, NUM(10), NUM(5), VERB_ACCEPT },
	{ "not within", within_5, NUM(10), NUM(16), VERB_EQUAL },
	{ "percent", within_10_percent, NUM(1000), NUM(1100), VERB_ACCEPT },
	{ "not percent", within_10_percent, NUM(1000), NUM(1101), VERB_EQUAL },
	{ "percent of recorded, not of actual", within_10_percent, NUM(1000), NUM(899), VERB_EQUAL },
	{ "percent of 0", within_10_percent, NUM(0), NUM(1), VERB_EQUAL },
	{ "in", in_set, NUM(0), NUM(9), VERB_ACCEPT },
	{ "in twice", in_set, NUM(0), NUM(4), VERB_ACCEPT },
	{ "in negative", in_set, NUM(0), NUM(-1), VERB_ACCEPT },
	{ "not in", in_set, NUM(0), NUM(5), VERB_EQUAL },
	{ "excluded", in_set, NUM(0), NUM(6), VERB_EQUAL },
	{ "in nothing", in_empty_set, NUM(0), NUM(6), VERB_EQUAL },
	{ "missing eq", actual_eq, ABSENT, NUM(1), VERB_EQUAL },
	{ "missing ne", actual_ne, ABSENT, NUM(1), VERB_EQUAL },
	{ "missing le", actual_le, NUM(1), ABSENT, VERB_EQUAL },
	{ "missing ge", actual_ge, NUM(1), ABSENT, VERB_EQUAL },
	{ "missing within", within_5, NUM(1), ABSENT, VERB_EQUAL },
	{ "missing percent", within_10_percent, ABSENT, NUM(1), VERB_EQUAL },
	{ "missing in", in_set, NUM(4), ABSENT, VERB_EQUAL },
	{ "bytes are no number", actual_ne, BYTES("x"), NUM(1), VERB_EQUAL },
	{ "missing sum", missing_plus_1, ABSENT, NUM(1), VERB_EQUAL },
	{ "reloaded", reloaded, ABSENT, NUM(1), VERB_ACCEPT },
	{ "absent differs", nothing, ABSENT, NUM(0), VERB_ACCEPT },
};

START_TEST(numbers)
{
	const struct num_case *c = &num_cases[_i];
	struct vm_prog *p = condition(TOY_S_MTIM, false, c->body);
	struct vm_decision d = vm_decide(p, VM_EXIT, TOY_S_MTIM, &c->recorded, &c->actual, NULL);

	ck_assert_msg(d.verb == c->verb, "%s: %s", c->name, vm_verb_name(d.verb));
	ck_assert_msg(d.rule == (c->verb == VERB_ACCEPT ? 1 : 0), "%s: rule %u", c->name, d.rule);
	vm_free(p);
}
END_TEST

/* ---- conditions on byte strings ---- */

static void str_values(struct vm_asm *a)
{
	vm_asm_str_value(a, 0, SIDE_RECORDED);
	vm_asm_str_value(a, 1, SIDE_ACTUAL);
}

static void str_is_abc(struct vm_asm *a, vm_label no)
{
	str_values(a);
	vm_asm_str_const(a, 2, "abc", 3);
	vm_asm_str_test(a, VM_EQ, 1, 2, no);
}

static void str_is_not_abc(struct vm_asm *a, vm_label no)
{
	str_values(a);
	vm_asm_str_const(a, 2, "abc", 3);
	vm_asm_str_test(a, VM_NE, 1, 2, no);
}

static void str_in_globs(struct vm_asm *a, vm_label no)
{
	static const char *const first[] = { "/proc/**", "/proc/self/*" };
	static const char *const second[] = { "a*", "*b" };
	static const bool excluded[] = { false, true };
	uint32_t set = vm_asm_glob_set(a, "FIRST", first, excluded, 2);

	vm_asm_glob_set(a, "SECOND", second, NULL, 2);
	str_values(a);
	vm_asm_str_in(a, 1, set, no);
}

static void str_in_no_globs(struct vm_asm *a, vm_label no)
{
	str_values(a);
	vm_asm_str_in(a, 1, vm_asm_glob_set(a, "NONE", NULL, NULL, 0), no);
}

static const struct num_case str_cases[] = {
	{ "eq", str_is_abc, BYTES(""), BYTES("abc"), VERB_ACCEPT },
	{ "eq longer", str_is_abc, BYTES(""), BYTES("abcd"), VERB_EQUAL },
	{ "eq NUL", str_is_abc, BYTES(""), BYTES("abc\0"), VERB_EQUAL },
	{ "ne", str_is_not_abc, BYTES(""), BYTES("abd"), VERB_ACCEPT },
	{ "ne empty", str_is_not_abc, BYTES("1"), BYTES(""), VERB_ACCEPT },
	{ "missing eq", str_is_abc, BYTES(""), ABSENT, VERB_EQUAL },
	{ "missing ne", str_is_not_abc, BYTES(""), ABSENT, VERB_EQUAL },
	{ "a number is no string", str_is_not_abc, BYTES(""), NUM(3), VERB_EQUAL },
	{ "in", str_in_globs, BYTES(""), BYTES("/proc/1/maps"), VERB_ACCEPT },
	{ "excluded", str_in_globs, BYTES(""), BYTES("/proc/self/maps"), VERB_EQUAL },
	{ "deeper than excluded", str_in_globs, BYTES(""), BYTES("/proc/self/fd/1"), VERB_ACCEPT },
	{ "of another set", str_in_globs, BYTES(""), BYTES("ab"), VERB_EQUAL },
	{ "missing in", str_in_globs, BYTES("/proc/1"), ABSENT, VERB_EQUAL },
	{ "in nothing", str_in_no_globs, BYTES("x"), BYTES(""), VERB_EQUAL },
};

START_TEST(strings)
{
	const struct num_case *c = &str_cases[_i];
	struct vm_prog *p = condition(TOY_S_PATH, false, c->body);
	struct vm_decision d = vm_decide(p, VM_ENTRY, TOY_S_PATH, &c->recorded, &c->actual, NULL);

	ck_assert_msg(d.verb == c->verb, "%s: %s", c->name, vm_verb_name(d.verb));
	vm_free(p);
}
END_TEST

/* ---- the toy policy as a whole ---- */

static struct vm_prog *load_toy(void)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema = toy_schema();
	struct err err = { 0 };
	struct vm_prog *p;

	toy_image(&image);
	p = vm_load(image.data, image.len, "toy.spo", &schema, &err);
	ck_assert_msg(p, "%s", err.text);
	return p;
}

/* What a case changes in the ordinary world. */
static void other_path_recorded(struct world *w)
{
	w->facts[SIDE_RECORDED][TOY_FD_PATH] = value_cstr("/etc/passwd");
}

static void other_path_actual(struct world *w)
{
	w->facts[SIDE_ACTUAL][TOY_FD_PATH] = value_cstr("/etc/passwd");
}

static void shell(struct world *w)
{
	w->facts[SIDE_ACTUAL][TOY_COMMAND] = value_cstr("/bin/sh");
}

static void no_path(struct world *w)
{
	w->facts[SIDE_ACTUAL][TOY_FD_PATH].type = VALUE_ABSENT;
}

static void fd_4(struct world *w)
{
	w->fields[SIDE_ACTUAL][TOY_R_FD] = value_num(4);
	w->fields[SIDE_ACTUAL][TOY_W_FD] = value_num(4);
}

static void other_stat_path(struct world *w)
{
	w->fields[SIDE_RECORDED][TOY_S_PATH] = value_cstr("/y");
}

static const struct toy_case {
	const char *name;
	void (*change)(struct world *w);
	uint32_t leaf;
	struct value recorded, actual;
	enum vm_verb verb;
	uint32_t rule;
} toy_cases[] = {
	{ "nothing is said", NULL, TOY_R_FD, NUM(3), NUM(4), VERB_EQUAL, 0 },
	{ "equal", NULL, TOY_R_FD, NUM(3), NUM(3), VERB_EQUAL, VM_NO_RULE },
	{ "both absent", NULL, TOY_R_BUF, ABSENT, ABSENT, VERB_EQUAL, VM_NO_RULE },
	{ "virtual", NULL, TOY_R_BUF, BYTES("a"), BYTES("b"), VERB_REPLAY, 1 },
	{ "virtual, equal", NULL, TOY_R_BUF, BYTES("a"), BYTES("a"), VERB_EQUAL, VM_NO_RULE },
	{ "recorded elsewhere", other_path_recorded, TOY_R_BUF, BYTES("a"), BYTES("b"), VERB_EQUAL, 0 },
	{ "now elsewhere", other_path_actual, TOY_R_BUF, BYTES("a"), BYTES("b"), VERB_EQUAL, 0 },
	{ "now nowhere", no_path, TOY_R_BUF, BYTES("a"), BYTES("b"), VERB_EQUAL, 0 },
	{ "by a shell", shell, TOY_R_BUF, BYTES("a"), BYTES("b"), VERB_EQUAL, 0 },
	{ "recorded empty", NULL, TOY_R_BUF, BYTES(""), BYTES("b"), VERB_EQUAL, 0 },
	{ "10 %", NULL, TOY_R_RET, NUM(1000), NUM(1100), VERB_ACCEPT, 2 },
	{ "near", NULL, TOY_R_RET, NUM(10), NUM(62), VERB_ACCEPT, 2 },
	{ "not near", NULL, TOY_R_RET, NUM(10), NUM(63), VERB_EQUAL, 0 },
	{ "fd excluded from the set", fd_4, TOY_R_RET, NUM(10), NUM(62), VERB_EQUAL, 0 },
	{ "stop on a difference", NULL, TOY_W_BUF, BYTES("a"), BYTES("b"), VERB_STOP, 3 },
	{ "stop on an equal pair", NULL, TOY_W_BUF, BYTES("a"), BYTES("a"), VERB_STOP, 3 },
	{ "no stop", fd_4, TOY_W_BUF, BYTES("a"), BYTES("a"), VERB_EQUAL, 0 },
	{ "map", NULL, TOY_S_INO, NUM(1), NUM(2), VERB_MAP, 4 },
	{ "map of an equal pair", NULL, TOY_S_INO, NUM(1), NUM(1), VERB_MAP, 4 },
	{ "later", NULL, TOY_S_MTIM, NUM(1), NUM(2), VERB_ACCEPT, 5 },
	{ "later, elsewhere", other_stat_path, TOY_S_MTIM, NUM(1), NUM(2), VERB_EQUAL, 0 },
	{ "earlier", NULL, TOY_S_MTIM, NUM(2), NUM(1), VERB_EQUAL, 0 },
};

START_TEST(toy)
{
	const struct toy_case *c = &toy_cases[_i];
	struct world w = ordinary_world();
	struct vm_env env = { world_field, world_fact, &w };
	struct vm_prog *p = load_toy();
	struct vm_decision d;

	if (c->change)
		c->change(&w);
	d = vm_decide(p, phase_of(c->leaf), c->leaf, &c->recorded, &c->actual, &env);
	ck_assert_msg(d.verb == c->verb, "%s: %s", c->name, vm_verb_name(d.verb));
	ck_assert_msg(d.rule == c->rule, "%s: rule %u", c->name, d.rule);
	vm_free(p);
}
END_TEST

START_TEST(equal_pairs)
{
	struct vm_prog *p = load_toy();

	ck_assert(vm_equal_is_same(p, VM_EXIT, TOY_R_BUF));
	ck_assert(vm_equal_is_same(p, VM_ENTRY, TOY_S_FLAGS));
	ck_assert(!vm_equal_is_same(p, VM_ENTRY, TOY_W_BUF));
	ck_assert(!vm_equal_is_same(p, VM_EXIT, TOY_S_INO));
	vm_free(p);
}
END_TEST

/* An entry that is evaluated always, too, cannot make an equal pair anything else than equal. */
START_TEST(equal_pair_keeps_rule)
{
	struct vm_prog *p = condition(TOY_S_MTIM, true, actual_ge);
	struct value v = NUM(4);
	struct vm_decision d = vm_decide(p, VM_EXIT, TOY_S_MTIM, &v, &v, NULL);

	ck_assert_int_eq(d.verb, VERB_EQUAL);
	ck_assert_uint_eq(d.rule, 1);
	vm_free(p);
}
END_TEST

START_TEST(dispositions)
{
	struct vm_prog *p = load_toy();
	struct world w = ordinary_world();
	struct vm_env env = { world_field, world_fact, &w };
	struct vm_disposed d;

	ck_assert(!vm_has_disposition(p, TOY_READ));
	ck_assert(!vm_always_ignored(p, TOY_READ));
	d = vm_dispose(p, TOY_READ, &env);
	ck_assert(d.disposition == DISP_EXECUTE && d.rule == VM_NO_RULE);
	ck_assert(vm_has_disposition(p, TOY_WRITE) && !vm_always_ignored(p, TOY_WRITE));
	d = vm_dispose(p, TOY_WRITE, &env);
	ck_assert(d.disposition == DISP_EMULATE && d.rule == 6);
	w.facts[SIDE_RECORDED][TOY_FD_KIND] = value_num(4);
	d = vm_dispose(p, TOY_WRITE, &env);
	ck_assert(d.disposition == DISP_EXECUTE && d.rule == VM_NO_RULE);
	d = vm_dispose(p, TOY_WRITE, NULL);
	ck_assert(d.disposition == DISP_EXECUTE);
	ck_assert(vm_always_ignored(p, TOY_STAT));
	ck_assert(vm_dispose(p, TOY_STAT, &env).disposition == DISP_IGNORE);
	ck_assert(vm_dispose_number(p, 500, &d) && d.disposition == DISP_IGNORE && d.rule == 7);
	ck_assert(vm_dispose_number(p, 999, &d) && d.disposition == DISP_FORBID);
	ck_assert(!vm_dispose_number(p, 501, &d) && !vm_dispose_number(p, -1, &d) && !vm_dispose_number(p, 1000, &d));
	vm_free(p);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(vm_verb_name(VERB_STOP), "stop");
	ck_assert_str_eq(vm_verb_name(VERB_ACCEPT), "accept");
	ck_assert_str_eq(vm_disposition_name(DISP_EXECUTE), "execute");
	ck_assert_str_eq(vm_disposition_name(DISP_FORBID), "forbid");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vm decide");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, numbers, 0, ARRAY_LEN(num_cases));
	tcase_add_loop_test(t, strings, 0, ARRAY_LEN(str_cases));
	tcase_add_loop_test(t, toy, 0, ARRAY_LEN(toy_cases));
	tcase_add_test(t, equal_pairs);
	tcase_add_test(t, equal_pair_keeps_rule);
	tcase_add_test(t, dispositions);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

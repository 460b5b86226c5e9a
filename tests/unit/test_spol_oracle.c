/*
 * The compiler against an evaluator that reads the language's definition literally: random rules about read.ret, random
 * pairs and worlds, with values missing here and there.
 */
#include "tests/unit/spol_support.h"

#include <stdint.h>

#define ROUNDS 300u
#define PAIRS  60u
#define DEPTH  4u

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static unsigned pick(uint64_t *seed, unsigned n)
{
	return (unsigned)(next(seed) >> 20) % n;
}

/* What conditions may speak of, by side (r, a) or bare. */
enum name {
	NAME_OWN, /* recorded, actual; never bare */
	NAME_FD,
	NAME_COUNT,
	NAME_PATH,  /* fd.path: a string */
	NAME_DEPTH, /* task.depth */
	NAMES
};

static const char *const names[NAMES] = { "", "fd", "count", "fd.path", "task.depth" };
static const char *const paths[] = { "/proc/1", "/proc/self/maps", "/etc/passwd", "/p" };

struct world_values {
	bool there[NAMES][SIDE_COUNT];
	int value[NAMES][SIDE_COUNT]; /* NAME_PATH: index of paths */
};

enum what {
	W_NUMBER,
	W_NAME, /* name, side */
	W_ADD,
	W_SUB,
	W_MUL,
	W_DIV,
	W_AND,
	W_OR,
	W_EQ,
	W_NE,
	W_LT,
	W_LE,
	W_GT,
	W_GE,
	W_IN_NUMBERS, /* a in { 1, 3 } */
	W_WITHIN,     /* a within number of b */
	W_PATH_IS,    /* fd.path == paths[number] */
	W_PATH_IN,    /* fd.path in V */
	W_BOTH,
	W_EITHER,
	W_NOT,
};

struct tree {
	enum what what;
	struct tree *a, *b;
	enum name name;
	enum vm_side side; /* SIDE_COUNT: bare */
	int number;
};

struct making {
	uint64_t *seed;
	struct arena *arena;
};

static struct tree *node(struct making *m, enum what what)
{
	struct tree *t = arena_alloc(m->arena, sizeof(*t));

	t->what = what;
	return t;
}

static struct tree *make_name(struct making *m, enum name name)
{
	struct tree *t = node(m, W_NAME);

	t->name = name;
	t->side = (enum vm_side)pick(m->seed, name == NAME_OWN ? SIDE_COUNT : SIDE_COUNT + 1);
	return t;
}

static struct tree *make_number(struct making *m, unsigned depth)
{
	static const enum what operators[] = { W_ADD, W_SUB, W_MUL, W_DIV, W_AND, W_OR };
	static const enum name numbers[] = { NAME_OWN, NAME_FD, NAME_COUNT, NAME_DEPTH };
	struct tree *t;

	if (depth && pick(m->seed, 3) == 0) {
		t = node(m, operators[pick(m->seed, ARRAY_LEN(operators))]);
		t->a = make_number(m, depth - 1);
		t->b = make_number(m, depth - 1);
		return t;
	}
	if (pick(m->seed, 3)) {
		return make_name(m, numbers[pick(m->seed, ARRAY_LEN(numbers))]);
	}
	t = node(m, W_NUMBER);
	t->number = (int)pick(m->seed, 6);
	return t;
}

static struct tree *make_condition(struct making *m, unsigned depth)
{
	unsigned choice = pick(m->seed, depth ? 9 : 5);
	struct tree *t;

	if (choice >= 5) {
		t = node(m, choice == 8 ? W_NOT : choice == 7 ? W_EITHER : W_BOTH);
		t->a = make_condition(m, depth - 1);
		t->b = t->what == W_NOT ? NULL : make_condition(m, depth - 1);
		return t;
	}
	if (choice == 0) {
		t = node(m, pick(m->seed, 2) ? W_PATH_IN : W_PATH_IS);
		t->a = make_name(m, NAME_PATH);
		t->number = (int)pick(m->seed, ARRAY_LEN(paths));
		return t;
	}
	t = node(m, choice == 1 ? W_IN_NUMBERS : choice == 2 ? W_WITHIN : (enum what)(W_EQ + pick(m->seed, 6)));
	t->a = make_number(m, 2);
	t->b = t->what == W_IN_NUMBERS ? NULL : make_number(m, 2);
	t->number = (int)pick(m->seed, 3);
	return t;
}

/* ---- as text ---- */

static void print(struct buf *b, const struct tree *t)
{
	static const char *const operators[] = {
		[W_ADD] = " + ", [W_SUB] = " - ", [W_MUL] = " * ",    [W_DIV] = " / ",     [W_AND] = " & ",
		[W_OR] = " | ",  [W_EQ] = " == ", [W_NE] = " != ",    [W_LT] = " < ",      [W_LE] = " <= ",
		[W_GT] = " > ",  [W_GE] = " >= ", [W_BOTH] = " and ", [W_EITHER] = " or ", [W_NOT] = "",
	};
	static const char *const sides[] = { "recorded", "actual" };

	switch (t->what) {
	case W_NUMBER:
		buf_printf(b, "%d", t->number);
		return;
	case W_NAME:
		if (t->side < SIDE_COUNT)
			buf_printf(b, "%s%s", sides[t->side], t->name == NAME_OWN ? "" : ".");
		buf_str(b, names[t->name]);
		return;
	case W_NOT:
		buf_str(b, "not (");
		print(b, t->a);
		buf_byte(b, ')');
		return;
	case W_IN_NUMBERS:
		print(b, t->a);
		buf_str(b, " in { 1, 3 }");
		return;
	case W_WITHIN:
		buf_byte(b, '(');
		print(b, t->a);
		buf_printf(b, ") within %d of (", t->number);
		print(b, t->b);
		buf_byte(b, ')');
		return;
	case W_PATH_IS:
		print(b, t->a);
		buf_printf(b, " == \"%s\"", paths[t->number]);
		return;
	case W_PATH_IN:
		print(b, t->a);
		buf_str(b, " in V");
		return;
	case W_ADD:
	case W_SUB:
	case W_MUL:
	case W_DIV:
	case W_AND:
	case W_OR:
	case W_EQ:
	case W_NE:
	case W_LT:
	case W_LE:
	case W_GT:
	case W_GE:
	case W_BOTH:
	case W_EITHER:
		buf_byte(b, '(');
		print(b, t->a);
		buf_str(b, operators[t->what]);
		print(b, t->b);
		buf_byte(b, ')');
		return;
	}
}

/* ---- as it is defined ---- */

static bool any_missing(const struct tree *t, const struct world_values *w, enum vm_side bare)
{
	if (!t)
		return false;
	if (t->what == W_NAME)
		return !w->there[t->name][t->side == SIDE_COUNT ? bare : t->side];
	return any_missing(t->a, w, bare) || any_missing(t->b, w, bare);
}

static bool is_bare(const struct tree *t)
{
	return t && ((t->what == W_NAME && t->side == SIDE_COUNT) || is_bare(t->a) || is_bare(t->b));
}

static long number(const struct tree *t, const struct world_values *w, enum vm_side bare)
{
	long a = t->a ? number(t->a, w, bare) : 0, b = t->b ? number(t->b, w, bare) : 0;

	if (t->what == W_NUMBER)
		return t->number;
	if (t->what == W_NAME)
		return w->value[t->name][t->side == SIDE_COUNT ? bare : t->side];
	if (t->what == W_ADD)
		return a + b;
	if (t->what == W_SUB)
		return a - b;
	if (t->what == W_MUL)
		return a * b;
	if (t->what == W_DIV)
		return b ? a / b : 0;
	return t->what == W_AND ? (a & b) : (a | b);
}

static bool holds(const struct tree *t, const struct world_values *w, enum vm_side bare)
{
	long a = 0, b = 0;

	if (t->what == W_BOTH)
		return holds(t->a, w, bare) && holds(t->b, w, bare);
	if (t->what == W_EITHER)
		return holds(t->a, w, bare) || holds(t->b, w, bare);
	if (t->what == W_NOT)
		return !holds(t->a, w, bare);
	a = number(t->a, w, bare);
	if (t->what == W_PATH_IS)
		return a == t->number;
	if (t->what == W_PATH_IN)
		return a == 0; /* V holds /proc but not /proc/self/maps */
	if (t->what == W_IN_NUMBERS)
		return a == 1 || a == 3;
	b = number(t->b, w, bare);
	if (t->what == W_WITHIN)
		return labs(a - b) <= t->number;
	if (t->what == W_EQ)
		return a == b;
	if (t->what == W_NE)
		return a != b;
	if (t->what == W_LT)
		return a < b;
	if (t->what == W_LE)
		return a <= b;
	return t->what == W_GT ? a > b : a >= b;
}

static bool whole(const struct tree *t, const struct world_values *w)
{
	if (any_missing(t, w, SIDE_RECORDED) || !holds(t, w, SIDE_RECORDED))
		return false;
	return !is_bare(t) || (!any_missing(t, w, SIDE_ACTUAL) && holds(t, w, SIDE_ACTUAL));
}

/* ---- both ---- */

struct asked {
	const struct world_values *values;
	const struct abi_schema *schema;
};

static bool answer(const struct world_values *w, enum vm_side side, const char *name, struct value *out)
{
	for (int i = NAME_FD; i < NAMES; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = i == NAME_PATH ? value_cstr(paths[w->value[i][side]]) : value_num(w->value[i][side]);
		return w->there[i][side];
	}
	return false;
}

static bool ask_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	const struct asked *a = ctx;

	return answer(a->values, side, abi_schema_leaf(a->schema, leaf)->path, out);
}

static bool ask_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct asked *a = ctx;

	(void)leaf;
	return answer(a->values, side, fact == FACT_FD_PATH ? "fd.path" : "task.depth", out);
}

static void make_values(uint64_t *seed, struct world_values *w)
{
	for (int i = 0; i < NAMES; i++) {
		for (int side = 0; side < SIDE_COUNT; side++) {
			w->there[i][side] = pick(seed, 12) != 0;
			w->value[i][side] = (int)pick(seed, i == NAME_PATH ? ARRAY_LEN(paths) : 6);
		}
	}
}

static const enum vm_verb verbs[] = { VERB_ACCEPT, VERB_REPLAY, VERB_MAP, VERB_STOP };

START_TEST(agree)
{
	uint64_t seed = 0x9e3779b97f4a7c15u * (unsigned)(_i + 1);
	char path[] = "/tmp/test_spol_oracle.XXXXXX";
	struct arena *arena = arena_new();
	struct making m = { &seed, arena };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct tree *arms[3];
	struct compiled c;
	int fd;

	buf_str(&text, "policy p 1;\nset V = \"/proc/**\", !\"/proc/self/maps\";\ndefault: equal;\nread { ret:\n");
	for (size_t i = 0; i < ARRAY_LEN(arms); i++) {
		arms[i] = make_condition(&m, DEPTH);
		buf_printf(&text, "%s %s if ", i ? "else" : "",
			   vm_verb_name(verbs[(i + (unsigned)_i) % ARRAY_LEN(verbs)]));
		print(&text, arms[i]);
		buf_byte(&text, '\n');
	}
	buf_str(&text, ";\n}\n");
	fd = mkstemp(path);
	ck_assert(fd >= 0);
	close(fd);
	write_text(path, buf_cstr(&text));
	c = compile_path(path, NULL);
	unlink(path);
	/* a condition may need too many registers, compare with what the field never is, or divide by a literal 0 */
	for (unsigned i = 0; !c.prog && i < diags_count(c.diags); i++) {
		const struct diag *g = diags_get(c.diags, i);

		ck_assert_msg(g->level != DIAG_ERROR || strcmp(g->code, "E2016") == 0 ||
				      strcmp(g->code, "E2004") == 0 || strcmp(g->code, "E2021") == 0,
			      "%s%s", buf_cstr(&text), findings_text(&c));
	}
	for (unsigned i = 0; c.prog && i < PAIRS; i++) {
		const struct abi_leaf *leaf = leaf_by_name(c.schema, "read.ret");
		struct world_values w;
		struct asked asked = { &w, c.schema };
		struct vm_env env = { ask_field, ask_fact, &asked };
		struct value pair[SIDE_COUNT];
		enum vm_verb expected = VERB_EQUAL;
		struct vm_decision d;

		make_values(&seed, &w);
		for (int side = 0; side < SIDE_COUNT; side++)
			pair[side] = w.there[NAME_OWN][side] ? value_num(w.value[NAME_OWN][side])
							     : (struct value){ .type = VALUE_ABSENT };
		for (size_t k = 0; k < ARRAY_LEN(arms); k++) {
			if (whole(arms[k], &w)) {
				expected = verbs[(k + (unsigned)_i) % ARRAY_LEN(verbs)];
				break;
			}
		}
		if (value_equal(&pair[0], &pair[1]) && expected != VERB_STOP && expected != VERB_MAP)
			expected = VERB_EQUAL;
		d = vm_decide(c.prog, VM_EXIT, leaf->id, &pair[0], &pair[1], &env);
		ck_assert_msg(d.verb == expected, "seed %d, pair %u: %s, not %s\n%s", _i, i, vm_verb_name(d.verb),
			      vm_verb_name(expected), buf_cstr(&text));
	}
	compiled_free(&c);
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol oracle");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, agree, 0, ROUNDS);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * The comparison of policies: rows of what differs and how; and random pairs of policies, where "equal" is held against
 * both machines with many values, a difference against both machines with its witness, and a policy written otherwise
 * must never come out as another one.
 */
#include "spol/diff.h"
#include "tests/unit/spol_support.h"

#include <stdint.h>

/* ---- two texts ---- */

struct compared {
	struct abi_schema *schema;
	struct arena *arena;
	struct diags *diags[SPOL_SIDES];
	struct vm_prog *progs[SPOL_SIDES];
	struct diff_report report;
	int result;
	struct err err;
};

static const char *const paths[SPOL_SIDES] = { "/nowhere/old.spol", "/nowhere/new.spol" };

/* progs: the machines are wanted, too. */
static struct compared compare(const struct abi_schema *schema, const char *const texts[SPOL_SIDES], bool progs)
{
	struct compared c = { .arena = arena_new() };
	struct spol_open_file open[SPOL_SIDES];
	struct spol_options o = { .schema = schema, .open = open, .nopen = SPOL_SIDES };
	struct vm_schema view;

	for (unsigned i = 0; i < SPOL_SIDES; i++) {
		c.diags[i] = diags_new();
		open[i] = (struct spol_open_file){ paths[i], texts[i], strlen(texts[i]) };
	}
	c.result = spol_diff(&o, paths, c.diags, c.arena, &c.report, &c.err);
	spol_vm_schema(schema, c.arena, &view);
	for (unsigned i = 0; i < SPOL_SIDES && progs && c.result == 0; i++) {
		CLEANUP(buf_free) struct buf image = { 0 };
		struct diags *d = diags_new();

		ck_assert_int_eq(spol_compile(&o, paths[i], d, c.arena, &image, &c.err), 0);
		c.progs[i] = vm_load(image.data, image.len, paths[i], &view, &c.err);
		ck_assert_msg(c.progs[i] != NULL, "%s", c.err.text);
		diags_free(d);
	}
	return c;
}

static void compared_free(struct compared *c)
{
	for (unsigned i = 0; i < SPOL_SIDES; i++) {
		diags_free(c->diags[i]);
		vm_free(c->progs[i]);
	}
	arena_free(c->arena);
}

static const struct diff_entry *entry_of(const struct compared *c, const char *name)
{
	for (size_t i = 0; i < c->report.n; i++) {
		if (strcmp(c->report.entries[i].name, name) == 0)
			return &c->report.entries[i];
	}
	return NULL;
}

/* ---- rows ---- */

#define HEAD "policy p 1; default: equal; "

/* expected: "CLASS NAME", more of them separated by commas; "": equal. */
static const struct row {
	const char *old, *new, *expected;
} rows[] = {
	/* the same, written otherwise */
	{ "read { ret: accept if fd == 1; }", "# why\nread {\n\tret: accept \"m\" if 1 == fd else equal;\n}\n", "" },
	{ "read { ret: accept if fd == 1 and count == 2; }", "read { ret: accept if count == 2 and fd == 1; }", "" },
	{ "let N = 3; read { ret: accept if fd == N; }", "read { ret: accept if fd == 3; }", "" },
	{ "set A = \"/a\", \"/b/**\"; read { ret: accept if fd.path in A; }",
	  "set Z = \"/b/**\", \"/a\", \"/a\"; read { ret: accept if fd.path in Z; }", "" },
	{ "set A = \"/a/**\"; read { ret: accept if fd.path in A; }",
	  "set A = \"/a/**\", \"/a/b/*\"; read { ret: accept if fd.path in A; }", "" },
	{ "read { ret: accept if fd < 3; }", "read { ret: accept if fd <= 2; }", "" },
	{ "read { ret: accept if fd < 3; }", "read { ret: accept if not (fd >= 3); }", "" },
	{ "read { ret: accept if fd == 1 else accept if fd == 2; }", "read { ret: accept if fd in { 1, 2 }; }",
	  "weaker read.ret" },
	{ "read { ret: accept if recorded.fd == 1 else accept if recorded.fd == 2; }",
	  "read { ret: accept if recorded.fd in { 2, 1 }; }", "" },
	{ "read { ret: accept if recorded.fd in { 1, 2, 3 }; }",
	  "read { ret: accept if recorded.fd >= 1 and recorded.fd < 4; }", "" },
	{ "read { ret: accept if recorded.fd + 2 < recorded.count; }",
	  "read { ret: accept if recorded.count - 1 > recorded.fd + 1; }", "" },
	{ "read { ret: accept if actual - recorded <= 5 and recorded - actual <= 5; }",
	  "read { ret: accept within 5; }", "" },
	{ "read { ret: accept if actual > recorded else accept if recorded > actual else stop; }",
	  "read { ret: accept if recorded != actual else stop; }", "" },
	{ "read { ret: accept if recorded < actual else accept if recorded > actual; }",
	  "read { ret: accept if recorded != actual; }", "" },
	{ "fstat { statbuf.st_mode: accept if recorded & 0o170000 == 0o040000; }",
	  "fstat { statbuf.st_mode: accept if recorded & S_IFMT == S_IFDIR; }", "" },
	{ "fstat { statbuf.st_mode: accept if actual & 7 != 0; }",
	  "fstat { statbuf.st_mode: accept if actual & 1 == 1 or actual & 2 == 2 or actual & 4 != 0; }", "" },
	{ "fstat { statbuf.st_mode: accept if actual | 1 == 3; }",
	  "fstat { statbuf.st_mode: accept if actual in { 2, 3 }; }", "" },
	{ "read { ret: accept if actual * 2 == 7 else stop; }", "read { ret: stop; }", "" },
	{ "read { ret: accept if fd.kind == tty or fd.kind != tty; }", "read { ret: accept if fd.kind >= 0; }", "" },
	{ "chdir { path: map if recorded == \"/a\" and actual == recorded; }",
	  "chdir { path: map if recorded == \"/a\" and actual == \"/a\"; }", "" },
	{ "any ptr: map; read { buf.addr: map; }", "any ptr: map;", "" },
	{ "read { ret: accept; }", "override_me: accept;", NULL },

	/* each class */
	{ "read { ret: accept if fd < 3; }", "read { ret: accept if fd <= 3; }", "weaker read.ret" },
	{ "read { ret: accept if fd <= 3; }", "read { ret: accept if fd < 3; }", "stricter read.ret" },
	{ "read { ret: accept if fd == 1; }", "read { ret: accept if fd == 2; }", "changed read.ret" },
	{ "read { ret: accept; }", "read { ret: replay; }", "changed read.ret" },
	{ "read { ret: equal; }", "read { ret: stop; }", "stricter read.ret" },
	{ "getpid { ret: equal; }", "getpid { ret: map; }", "weaker getpid.ret" },
	{ "getpid { ret: map; }", "getpid { ret: replay; }", "weaker getpid.ret" },
	{ "getpid { ret: map; }", "getpid { ret: equal; }", "stricter getpid.ret" },
	/* bounds that leave what a number can hold */
	{ "read { ret: replay if (recorded.fd * actual.count - actual.count <= actual.fd + recorded.count "
	  "or fd * count <= recorded.count) and (actual.fd != actual * (2 - 3) or actual.count * "
	  "recorded.count + (recorded.count + 8) >= actual.count) else accept if actual.count / "
	  "recorded.fd in { 1, 5, !8, 8 } and (recorded.count >= count / recorded.fd or 97 < "
	  "recorded.count); }",
	  "read { ret: replay if (recorded.fd * actual.count - actual.count <= actual.fd + recorded.count "
	  "or fd * count <= recorded.count) and (actual.fd != actual + (2 - 3) or actual.count * "
	  "recorded.count + (recorded.count + 8) >= actual.count) else accept if actual.count / "
	  "recorded.fd in { 1, 5, !8, 8 } and (recorded.count >= count / recorded.fd or 97 < "
	  "recorded.count); }",
	  "changed read.ret" },
	/* what others of the kind are mapped by is no longer held against it */
	{ "any pid: map;", "any pid: map; kill { pid: equal; }", "changed kill.pid" },
	{ "getpid { ret: map; } chdir { path: map; }", "getpid { ret: equal; } chdir { path: map; }",
	  "changed getpid.ret" },
	{ "any ptr: map; getpid { ret: map; }", "any ptr: map; getpid { ret: equal; }", "stricter getpid.ret" },
	{ "any pid: map; kill { pid: equal; }", "any pid: map;", "weaker kill.pid" },
	{ "getpid { ret: map; }", "getpid { ret: equal if recorded == actual else map; }", "weaker getpid.ret" },
	{ "fstat { statbuf.st_mtim: accept within 5s; }", "fstat { statbuf.st_mtim: accept within 6s; }",
	  "weaker fstat.statbuf.st_mtim" },
	{ "sysinfo { info.freeram: accept within 10%; }", "sysinfo { info.freeram: accept within 5%; }",
	  "stricter sysinfo.info.freeram" },
	{ "sysinfo { info.freeram: accept within 10%; }",
	  "sysinfo { info.freeram: accept within 5% else accept within 10%; }", "" },
	{ "read { ret: accept if recorded * actual == 6; }", "read { ret: accept if recorded * actual == 7; }",
	  "changed read.ret" },
	{ "read { ret: accept if fd.path in { \"/proc/**\" }; }",
	  "read { ret: accept if fd.path in { \"/proc/**\", !\"/proc/self/*\" }; }", "stricter read.ret" },
	{ "read { ret: accept if fd.path in { \"/a/*\" }; }", "read { ret: accept if fd.path in { \"/a/**\" }; }",
	  "weaker read.ret" },
	{ "read { ret: accept if recorded.fd.path != actual.fd.path and recorded.fd.path in { \"/a\" } and "
	  "actual.fd.path in { \"/a\" } else stop; }",
	  "read { ret: stop; }", "" },
	{ "chdir { path: accept if recorded == actual; }", "chdir { path: equal; }", "stricter chdir.path" },
	{ "read { buf: accept if recorded == actual; }", "read { buf: equal; }", "" },
	{ "read: forbid;", "", "weaker read" },
	{ "", "read: emulate;", "weaker read" },
	{ "read: optional;", "read: emulate;", "changed read" },
	{ "read: emulate;", "read: ignore;", "weaker read" },
	{ "read: execute;", "", "" },
	{ "read: emulate if fd == 3;", "read: emulate if fd == 3 and count < 9;", "stricter read" },
	{ "", "syscall_999: execute;", "weaker syscall_999" },
	{ "syscall_999: emulate;", "syscall_999: forbid;", "stricter syscall_999" },
	{ "violation: stop;", "", "" },
	{ "", "violation: continue;", "weaker violation" },
	/* a missing value keeps a condition from holding */
	{ "read { ret: accept if task.depth == 0 or task.depth != 0; }", "read { ret: accept; }", "weaker read.ret" },
	{ "read { ret: accept if not (task.depth == 0); }", "read { ret: accept if task.depth != 0; }", "" },
};

START_TEST(row)
{
	const struct row *r = &rows[_i];
	CLEANUP(buf_free) struct buf old = { 0 }, new = { 0 }, got = { 0 };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	const char *texts[SPOL_SIDES];
	struct compared c;

	buf_printf(&old, HEAD "%s\n", r->old);
	buf_printf(&new, HEAD "%s\n", r->new);
	texts[SPOL_OLD] = buf_cstr(&old);
	texts[SPOL_NEW] = buf_cstr(&new);
	c = compare(schema, texts, false);
	if (!r->expected) {
		ck_assert_int_eq(c.result, -1);
		ck_assert_int_eq(c.err.code, ERR_POLICY);
	} else {
		for (unsigned side = 0; side < SPOL_SIDES && c.result != 0; side++) {
			CLEANUP(buf_free) struct buf text = { 0 };

			diags_render_text(c.diags[side], false, &text);
			ck_assert_msg(diags_errors(c.diags[side]) == 0, "row %d: %s", _i, buf_cstr(&text));
		}
		ck_assert_msg(c.result == 0, "%s", c.err.text);
		ck_assert_uint_eq(c.report.refuted, 0);
		for (size_t i = 0; i < c.report.n; i++)
			buf_printf(&got, "%s%s %s", i ? ", " : "", spol_class_name(c.report.entries[i].class),
				   c.report.entries[i].name);
		ck_assert_msg(strcmp(buf_cstr(&got), r->expected) == 0, "row %d: \"%s\", not \"%s\"\n%s%s", _i,
			      buf_cstr(&got), r->expected, texts[SPOL_OLD], texts[SPOL_NEW]);
	}
	compared_free(&c);
	abi_schema_free(schema);
}
END_TEST

/* ---- random policies ---- */

#define LOOPS 16
#define PAIRS 20u   /* of policies, in each */
#define TRIES 1000u /* of values, for each */

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

/* What is decided, and what its conditions may speak of. */
static const struct subject {
	const char *head, *tail, *leaf, *call; /* leaf NULL: a disposition */
	bool own_number, own_string;
	const char *numbers[4], *strings[3];
	const char *verbs[4];
} subjects[] = {
	{ "read { ret: ",
	  "}",
	  "read.ret",
	  "read",
	  true,
	  false,
	  { "fd", "count", "task.depth" },
	  { "fd.path", "command" },
	  { "accept", "replay", "map", "stop" } },
	{ "chdir { path: ",
	  "}",
	  "chdir.path",
	  "chdir",
	  false,
	  true,
	  { "task.depth" },
	  { "command", "file.path" },
	  { "accept", "replay", "map", "stop" } },
	{ "fstat { statbuf.st_mode: ",
	  "}",
	  "fstat.statbuf.st_mode",
	  "fstat",
	  true,
	  false,
	  { "fd", "statbuf.st_size", "statbuf.st_uid" },
	  { "fd.path" },
	  { "accept", "replay", "map", "equal" } },
	{ "read: ",
	  "",
	  NULL,
	  "read",
	  false,
	  false,
	  { "fd", "count", "task.depth" },
	  { "fd.path", "command" },
	  { "emulate", "optional", "ignore", "forbid" } },
};

static const char *const texts_of[] = { "/proc/1", "/proc/self/maps", "/etc/passwd", "/p", "/proc/", "" };
static const char *const sets_of[] = { "\"/proc/**\", !\"/proc/self/maps\"", "\"/proc/*\"", "\"/p\", \"/etc/*\"",
				       "\"/**\"", "\"/proc/self/maps\"" };

/* A policy being written: `shape` says what, `style` how, and the change-th place where something could be else is. */
struct writer {
	struct buf *b;
	const struct subject *s;
	uint64_t shape, style;
	bool restyle;
	int change;
};

/* One of n, or another one at the place that is changed. */
static unsigned choose(struct writer *w, unsigned n)
{
	unsigned chosen = pick(&w->shape, n);

	return w->change-- == 0 ? (chosen + 1) % n : chosen;
}

static bool otherwise(struct writer *w)
{
	return pick(&w->style, 2) && w->restyle;
}

static unsigned count_of(const char *const *list, unsigned most)
{
	unsigned n = 0;

	while (n < most && list[n])
		n++;
	return n;
}

static void write_name(struct writer *w, bool string)
{
	static const char *const sides[] = { "recorded.", "actual.", "" };
	const char *const *list = string ? w->s->strings : w->s->numbers;
	unsigned n = count_of(list, string ? ARRAY_LEN(w->s->strings) : ARRAY_LEN(w->s->numbers));
	bool own = string ? w->s->own_string : w->s->own_number;

	if (own && pick(&w->shape, 2)) {
		buf_str(w->b, choose(w, 2) ? "recorded" : "actual");
		return;
	}
	buf_str(w->b, sides[choose(w, 3)]);
	buf_str(w->b, list[choose(w, n)]);
}

static void write_number(struct writer *w)
{
	buf_printf(w->b, "%u", choose(w, 8));
}

/* A number that is no constant. */
static void write_term(struct writer *w)
{
	static const char *const operators[] = { "+", "-", "&", "|", "*", "/" };
	unsigned kind = pick(&w->shape, 12);

	if (kind > 5) {
		write_name(w, false);
		return;
	}
	buf_byte(w->b, '(');
	write_name(w, false);
	/* products and quotients are rare in policies */
	buf_printf(w->b, " %s ", operators[kind > 3 && pick(&w->shape, 3) ? 0 : kind]);
	if (pick(&w->shape, 3))
		buf_printf(w->b, "%u", 1 + choose(w, 7));
	else
		write_name(w, false);
	buf_byte(w->b, ')');
}

static void write_comparison(struct writer *w)
{
	static const char *const words[] = { "==", "!=", "<", "<=", ">", ">=" };
	static const char *const turned[] = { "==", "!=", ">", ">=", "<", "<=" };
	static const char *const contrary[] = { "!=", "==", ">=", ">", "<=", "<" };
	CLEANUP(buf_free) struct buf a = { 0 }, b = { 0 };
	struct buf *out = w->b;
	unsigned op = choose(w, ARRAY_LEN(words));

	w->b = &a;
	write_term(w);
	w->b = &b;
	if (pick(&w->shape, 3))
		write_number(w);
	else
		write_term(w);
	w->b = out;
	if (otherwise(w))
		buf_printf(out, "%s %s %s", buf_cstr(&b), turned[op], buf_cstr(&a));
	else if (otherwise(w))
		buf_printf(out, "not (%s %s %s)", buf_cstr(&a), contrary[op], buf_cstr(&b));
	else
		buf_printf(out, "%s %s %s", buf_cstr(&a), words[op], buf_cstr(&b));
}

static void write_atom(struct writer *w)
{
	unsigned kind = pick(&w->shape, 8), a, b;

	switch (kind) {
	case 0:
		write_term(w);
		a = choose(w, 8);
		b = choose(w, 8);
		if (otherwise(w))
			buf_printf(w->b, " in { %u, %u, %u }", b, a, b);
		else
			buf_printf(w->b, " in { %u, %u }", a, b);
		return;
	case 1:
		write_term(w);
		buf_printf(w->b, " within %u of ", choose(w, 5));
		write_name(w, false);
		return;
	case 2:
	case 3:
		write_name(w, true);
		buf_printf(w->b, " in { %s }", sets_of[choose(w, ARRAY_LEN(sets_of))]);
		return;
	case 4:
		write_name(w, true);
		buf_str(w->b, choose(w, 2) ? " == " : " != ");
		if (pick(&w->shape, 2))
			write_name(w, true);
		else
			buf_printf(w->b, "\"%s\"", texts_of[choose(w, ARRAY_LEN(texts_of))]);
		return;
	default:
		write_comparison(w);
	}
}

static void write_condition(struct writer *w, unsigned depth)
{
	CLEANUP(buf_free) struct buf a = { 0 }, b = { 0 };
	struct buf *out = w->b;
	unsigned kind = pick(&w->shape, 5);
	bool both;

	if (depth == 0 || kind == 0) {
		write_atom(w);
		return;
	}
	if (kind == 1) {
		buf_str(out, otherwise(w) ? "not (not not (" : "(not (");
		write_condition(w, depth - 1);
		buf_str(out, "))");
		return;
	}
	both = choose(w, 3) != 0;
	w->b = &a;
	write_condition(w, depth - 1);
	w->b = &b;
	write_condition(w, depth - 1);
	w->b = out;
	if (otherwise(w))
		buf_printf(out, "(%s %s %s)", buf_cstr(&b), both ? "and" : "or", buf_cstr(&a));
	else if (otherwise(w))
		buf_printf(out, "not (not (%s) %s not (%s))", buf_cstr(&a), both ? "or" : "and", buf_cstr(&b));
	else
		buf_printf(out, "(%s %s %s)", buf_cstr(&a), both ? "and" : "or", buf_cstr(&b));
}

static void write_policy(struct writer *w)
{
	unsigned arms = 1 + pick(&w->shape, 3);

	buf_printf(w->b, "policy p 1;\ndefault: equal;\n%s", w->s->head);
	for (unsigned i = 0; i < arms; i++) {
		buf_printf(w->b, "%s%s if ", i ? "\n else " : "", w->s->verbs[choose(w, 4)]);
		write_condition(w, 2);
	}
	buf_printf(w->b, ";%s\n", w->s->tail);
}

/* ---- random values ---- */

struct random_world {
	const struct abi_schema *schema;
	uint64_t seed;
	bool known[2][64];
	struct value values[2][64]; /* by place of the name */
	const char *names[64];
	unsigned n;
	/* a witness instead: what it does not name is not there */
	const struct diff_witness *w;
};

static struct value random_value(struct random_world *r, bool string)
{
	static const int numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 16, 100, 70000 };

	if (pick(&r->seed, 14) == 0)
		return (struct value){ .type = VALUE_ABSENT };
	if (string)
		return value_cstr(texts_of[pick(&r->seed, ARRAY_LEN(texts_of))]);
	return value_num(numbers[pick(&r->seed, pick(&r->seed, 4) ? 9 : ARRAY_LEN(numbers))]);
}

/* The value of a name on a side, always the same one. */
static bool world_answer(struct random_world *r, enum vm_side side, const char *name, bool string, struct value *out)
{
	unsigned i = 0;

	if (r->w) {
		CLEANUP(buf_free) struct buf full = { 0 };

		buf_printf(&full, "%s%s%s", side ? "actual" : "recorded", *name ? "." : "", name);
		for (size_t k = 0; k < r->w->nvalues; k++) {
			if (strcmp(r->w->values[k].name, buf_cstr(&full)) == 0) {
				*out = r->w->values[k].value;
				return out->type != VALUE_ABSENT;
			}
		}
		return false;
	}
	while (i < r->n && strcmp(r->names[i], name) != 0)
		i++;
	if (i == r->n)
		r->names[r->n++] = name;
	ck_assert_uint_lt(r->n, 64);
	if (!r->known[side][i]) {
		r->known[side][i] = true;
		r->values[side][i] =
			side && r->known[0][i] && pick(&r->seed, 3) == 0 ? r->values[0][i] : random_value(r, string);
	}
	*out = r->values[side][i];
	return out->type != VALUE_ABSENT;
}

static bool random_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	struct random_world *r = ctx;
	const struct abi_leaf *l = abi_schema_leaf(r->schema, leaf);

	return world_answer(r, side, l->path, l->enc == ENC_BYTES, out);
}

static bool random_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	static const char *const names[FACT_COUNT] = { [FACT_FD_PATH] = "fd.path",
						       [FACT_COMMAND] = "command",
						       [FACT_FILE_PATH] = "file.path",
						       [FACT_TASK_DEPTH] = "task.depth" };

	(void)leaf;
	ck_assert_ptr_nonnull(names[fact]);
	return world_answer(ctx, side, names[fact], abi_fact_info((enum abi_fact)fact)->is_string, out);
}

/* What a machine says in this world: a verb, or a disposition. */
static int ask(const struct compared *c, unsigned side, const struct subject *s, struct random_world *r)
{
	struct vm_env env = { random_field, random_fact, r };
	const struct abi_leaf *leaf;
	struct value pair[SIDE_COUNT];

	if (!s->leaf)
		return (int)vm_dispose(c->progs[side], call_by_label(r->schema, s->call)->index, &env).disposition;
	leaf = leaf_by_name(r->schema, s->leaf);
	for (unsigned i = 0; i < SIDE_COUNT; i++) {
		if (!world_answer(r, (enum vm_side)i, "", leaf->enc == ENC_BYTES, &pair[i]))
			pair[i] = (struct value){ .type = VALUE_ABSENT };
	}
	return (int)vm_decide(c->progs[side], leaf->dir & DIR_IN ? VM_ENTRY : VM_EXIT, leaf->id, &pair[0], &pair[1],
			      &env)
		.verb;
}

static unsigned tally[SPOL_CLASSES];

static void check_pair(const struct abi_schema *schema, const struct subject *s, const char *const texts[SPOL_SIDES],
		       bool restyled, uint64_t seed)
{
	struct compared c = compare(schema, texts, true);
	const char *name = s->leaf ? s->leaf : s->call;
	const struct diff_entry *e;

	/* a condition may be refused: what a field never is, a division by 0, one that is the same for every pair */
	if (c.result != 0) {
		compared_free(&c);
		return;
	}
	e = entry_of(&c, name);
	ck_assert_msg(c.report.refuted == 0, "refuted:\n%s%s", texts[0], texts[1]);
	ck_assert_uint_eq(c.report.n, e ? 1 : 0);
	tally[e ? e->class : SPOL_EQUAL]++;
	ck_assert_msg(!restyled || !e || e->class == SPOL_UNKNOWN, "%s, but only written otherwise:\n%s%s",
		      e ? spol_class_name(e->class) : "", texts[0], texts[1]);
	for (size_t i = 0; e && i < e->nwitnesses; i++) {
		struct random_world r = { .schema = schema, .w = &e->witnesses[i] };
		int old = ask(&c, SPOL_OLD, s, &r), new = ask(&c, SPOL_NEW, s, &r);

		ck_assert_msg(old != new, "a witness that shows nothing:\n%s%s", texts[0], texts[1]);
	}
	/* what is equal stays so, and what is only weaker never gets stricter, whatever the values are */
	for (unsigned i = 0; i < TRIES; i++) {
		struct random_world r = { .schema = schema, .seed = seed + 0x9e3779b97f4a7c15u * (i + 1) };
		int old = ask(&c, SPOL_OLD, s, &r), new = ask(&c, SPOL_NEW, s, &r);

		ck_assert_msg(old == new || e, "equal, but %d and %d:\n%s%s", old, new, texts[0], texts[1]);
		if (s->leaf && e && !e->partial && (e->class == SPOL_WEAKER || e->class == SPOL_STRICTER)) {
			bool stop_gone = old == VERB_STOP && new != VERB_STOP, stop_new = new == VERB_STOP &&old != new;

			ck_assert_msg(!(e->class == SPOL_WEAKER ? stop_new : stop_gone), "%s, but %d and %d:\n%s%s",
				      spol_class_name(e->class), old, new, texts[0], texts[1]);
		}
	}
	compared_free(&c);
}

START_TEST(random_pairs)
{
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	uint64_t seed = 0x2545f4914f6cdd1du * (unsigned)(_i + 1);
	unsigned unknown, all = 0;

	memset(tally, 0, sizeof(tally));
	for (unsigned i = 0; i < PAIRS; i++) {
		CLEANUP(buf_free) struct buf old = { 0 }, new = { 0 };
		const struct subject *s = &subjects[pick(&seed, ARRAY_LEN(subjects))];
		struct writer w = { .b = &old, .s = s, .shape = next(&seed), .style = next(&seed), .change = -1 };
		bool restyle = pick(&seed, 2);
		const char *texts[SPOL_SIDES];
		uint64_t shape = w.shape;

		write_policy(&w);
		w = (struct writer){ .b = &new, .s = s, .shape = shape, .style = next(&seed), .change = -1 };
		w.restyle = restyle;
		if (!restyle)
			w.change = (int)pick(&seed, 24);
		write_policy(&w);
		texts[SPOL_OLD] = buf_cstr(&old);
		texts[SPOL_NEW] = buf_cstr(&new);
		check_pair(schema, s, texts, restyle, seed);
	}
	for (unsigned k = 0; k < SPOL_CLASSES; k++)
		all += tally[k];
	unknown = tally[SPOL_UNKNOWN];
	printf("loop %d: %u pairs: %u equal, %u stricter, %u weaker, %u changed, %u unknown\n", _i, all,
	       tally[SPOL_EQUAL], tally[SPOL_STRICTER], tally[SPOL_WEAKER], tally[SPOL_CHANGED], unknown);
	ck_assert_msg(unknown * 5 <= all, "%u of %u pairs are unknown", unknown, all);
	abi_schema_free(schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol diff");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, row, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, random_pairs, 0, LOOPS);
	tcase_set_timeout(t, 120);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

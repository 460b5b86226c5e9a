/*
 * Policies that are made to be expensive: memory grows as the text does, and where it cannot, the compiler says so
 * (E2016) with little more than its limit of memory taken.  Bytes and states are counted, not seconds.
 */
#include "tests/unit/spol_support.h"
#include "vm/image.h"

#include <sys/resource.h>

#define MIB          ((size_t)1 << 20)
#define MEMORY_LIMIT ((rlim_t)640 << 20) /* of the process; more ends it */

/* What one compilation took. */
struct cost {
	size_t arena, image;
	unsigned errors;
	bool too_large;  /* E2016 */
	uint32_t states; /* of the automaton */
};

static struct cost compile_text(const struct abi_schema *schema, const struct buf *text)
{
	const struct spol_sealed_file file = { .name = "limits.spol",
					       .text = (const char *)text->data,
					       .len = text->len };
	struct spol_options o = { .schema = schema, .sealed = &file, .nsealed = 1 };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	CLEANUP(buf_free) struct buf image = { 0 }, rendered = { 0 };
	struct err err = { 0 };
	struct cost c = { 0 };
	struct vm_image decoded;

	if (spol_compile(&o, "", d, arena, &image, &err) == 0) {
		ck_assert_int_eq(image_decode(image.data, image.len, "limits", arena, &decoded, &err), 0);
		c.states = decoded.globs.nstates;
	}
	/* what is found is shown, too */
	diags_render_text(d, false, &rendered);
	for (unsigned i = 0; i < diags_count(d); i++)
		c.too_large = c.too_large || strcmp(diags_get(d, i)->code, "E2016") == 0;
	c.errors = diags_errors(d);
	c.arena = arena_used(arena);
	c.image = image.len;
	diags_free(d);
	arena_free(arena);
	return c;
}

static void repeat(struct buf *b, unsigned n, const char *between, const char *format)
{
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_str(b, between);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		/* each format of the tables takes up to three numbers; what it does not use is ignored */
		buf_printf(b, format, i, i, i);
#pragma GCC diagnostic pop
	}
}

/* head, then n times format with between in between, then tail */
struct policy_shape {
	const char *name, *head, *format, *between, *tail;
};

/* ---- what grows as the text does ---- */

static const struct linear_case {
	struct policy_shape shape;
	unsigned n; /* and four times that */
} linear_cases[] = {
	{ { "arms of one field", "read { ret: ", "accept if actual == %u", " else ", "; }" }, 4000 },
	{ { "messages", "read { ret: ", "accept \"no. %u\" if actual == %u", " else ", "; }" }, 4000 },
	{ { "members", "set S = ", "%u", ", ", "; read { ret: accept if actual in S; }" }, 15000 },
	{ { "members, half of them excluded", "set S = 1, ", "%u, !%u", ", ",
	    "; read { ret: accept if actual in S; }" },
	  7000 },
	{ { "the same member", "set S = ", "7", ", ", "; read { ret: accept if actual in S; }" }, 15000 },
	{ { "sets", "", "set S%u = %u, 3; ", "", "read { ret: accept if actual in S0; }" }, 4000 },
	{ { "sets in braces", "read { ret: ", "accept if actual in { %u, 3 }", " else ", "; }" }, 4000 },
	{ { "lets that nothing uses", "", "let L%u = %u;", " ", "" }, 8000 },
	{ { "numbers of calls, the last one first", "", "syscall_%u000: ignore;", "\n", "" }, 4000 },
	{ { "one selector many times", "", "read", ", ", " { ret: accept; }" }, 2000 },
	{ { "one field many times", "read { ", "ret", ", ", ": accept; }" }, 2000 },
	{ { "calls that are none", "", "reed%u", ", ", " { ret: accept; }" }, 2000 },
	{ { "names that are nothing", "", "read { ret: accept if nothing_%u == 1; }", "\n", "" }, 1000 },
	{ { "promises", "", "never accept write.buf;", "\n", "" }, 4000 },
	{ { "tests", "", "test \"t%u\" { read(fd: 1, count: 1, ret: 1 -> 2); expect ret stop; }", "\n", "" }, 2000 },
	{ { "allowances", "", "let L%u = 1; # spolc:allow W1004 because", "\n", "\n" }, 1000 },
	{ { "globs under directories", "set S = ", "\"/srv/%u/**\"", ", ", "; read { buf: accept if fd.path in S; }" },
	  300 },
	{ { "sets of globs", "", "set S%u = \"/srv/%u/**\"; ", "", "read { buf: accept if fd.path in S0; }" }, 500 },
};

static void write_shape(struct buf *b, const struct policy_shape *s, unsigned n)
{
	buf_clear(b);
	buf_str(b, "policy limits 1;\ndefault: equal;\n");
	buf_str(b, s->head);
	repeat(b, n, s->between, s->format);
	buf_str(b, s->tail);
}

START_TEST(linear)
{
	const struct linear_case *c = &linear_cases[_i];
	CLEANUP(buf_free) struct buf text = { 0 };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct cost none, small, large;

	write_shape(&text, &c->shape, 2); /* twice is a mistake in some: they stop where larger ones do */
	none = compile_text(schema, &text);
	write_shape(&text, &c->shape, c->n);
	small = compile_text(schema, &text);
	write_shape(&text, &c->shape, 4 * c->n);
	large = compile_text(schema, &text);
	ck_assert_msg(!small.too_large && !large.too_large, "%s: too large", c->shape.name);
	/* beyond what any policy takes, four times as much: and no more than a list may take that doubles when it is
	 * full */
	ck_assert_msg(large.arena - none.arena < 6 * (small.arena - none.arena + MIB / 16), "%s: %zu, then %zu bytes",
		      c->shape.name, small.arena - none.arena, large.arena - none.arena);
	ck_assert_msg(large.arena < none.arena + 1200 * text.len, "%s: %zu bytes for a text of %zu", c->shape.name,
		      large.arena, text.len);
	ck_assert_msg(large.states <= 1 + text.len, "%s: %u states", c->shape.name, large.states);
	abi_schema_free(schema);
}
END_TEST

/* ---- what does not: refused ---- */

static const struct refused_case {
	struct policy_shape shape;
	unsigned n;
	size_t memory; /* of the arena, at most */
} refused_cases[] = {
	{ { "`default` many times", "", "default: equal;", "\n", "" }, 30000, 300 * MIB },
	{ { "`any` many times", "", "any ptr: map;", "\n", "" }, 30000, 300 * MIB },
	{ { "a class many times", "", "%%file { *: accept; }", "\n", "" }, 30000, 300 * MIB },
	{ { "arms of all fields", "any ptr: ", "accept if command == \"/bin/%u\"", " else ", ";" }, 20000, 300 * MIB },
	{ { "tolerances of all fields", "any ptr: ", "accept within %u", " else ", ";" }, 20000, 300 * MIB },
	{ { "sets in braces of all fields", "any ptr: ", "accept if task.depth in { %u, 3 }", " else ", ";" },
	  20000,
	  300 * MIB },
	{ { "dispositions of a class", "%file: ", "emulate if task.depth == %u", " else ", ";" }, 30000, 300 * MIB },
	{ { "sets that double",
	    "set S0 = 1;\nset S1 = S0, S0;\nset S2 = S1, S1, S1, S1, S1, S1, S1, S1;\nset S3 = S2, S2, S2, S2, S2, "
	    "S2;\nset S4 = S3, S3, S3, S3, S3;\nset S5 = S4, S4, S4, S4, S4;\n",
	    "set T%u = S5, S5, S5, S5, S5, S5, S5, S5;", "\n", "\nread { ret: accept if actual in T0; }" },
	  2000,
	  300 * MIB },
	{ { "`**` in the middle of many globs", "set S = ", "\"**/a%u/**/b%u/**\"", ", ",
	    "; read { buf: accept if fd.path in S; }" },
	  1000,
	  100 * MIB },
	{ { "`**` in front of many globs", "set S = ", "\"**/%u/**\"", ", ",
	    "; read { buf: accept if fd.path in S; }" },
	  5000,
	  100 * MIB },
	{ { "one `**` and many `?`", "set S = \"**a", "?", "", "\"; read { buf: accept if fd.path in S; }" },
	  30,
	  100 * MIB },
	{ { "lets in lets", "let L0 = 1;\nlet L1 = L0;\n", "let M%u = L1 + L1;", "\n",
	    "let A = B; let B = C; let C = D; let D = A; read { ret: accept if actual == A; }" },
	  100,
	  50 * MIB },
};

START_TEST(refused)
{
	const struct refused_case *c = &refused_cases[_i];
	CLEANUP(buf_free) struct buf text = { 0 };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
#ifndef __SANITIZE_ADDRESS__
	struct rlimit limit = { MEMORY_LIMIT, MEMORY_LIMIT };

	ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
#endif
	struct cost cost;

	write_shape(&text, &c->shape, c->n);
	cost = compile_text(schema, &text);
	ck_assert_msg(cost.errors > 0, "%s: compiles", c->shape.name);
	ck_assert_msg(cost.arena <= c->memory, "%s: %zu MiB", c->shape.name, cost.arena / MIB);
	abi_schema_free(schema);
}
END_TEST

/* A hundred thousand rules of all fields, four files deep: what bench measures, with bounds on bytes. */
START_TEST(chain_of_files)
{
	enum { FILES = 40 };
	static uint32_t parents[FILES];
	struct spol_sealed_file files[FILES];
	CLEANUP(buf_free) struct buf image = { 0 };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct spol_options o = { .schema = schema, .sealed = files, .nsealed = FILES };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct err err = { 0 };
	size_t nleaves = abi_schema_nleaves(schema);

	for (size_t i = 0; i < FILES; i++) {
		const char *before = i ? arena_printf(arena, "extends \"f%zu\";\noverride ", i - 1) : "";

		parents[i] = (uint32_t)i - 1;
		files[i] = (struct spol_sealed_file){
			.name = arena_printf(arena, "f%zu", i),
			.text = arena_printf(
				arena, "policy p 1;\n%sdefault: equal \"no. %zu\" if actual == recorded else equal;\n",
				before, i),
			.extends = &parents[i],
			.nextends = i > 0,
		};
		files[i].len = strlen(files[i].text);
	}
	ck_assert_msg(spol_compile(&o, "", d, arena, &image, &err) == 0, "%s", err.text);
	/* a rule that is replaced costs its place in a list, not a chain */
	ck_assert_msg(arena_used(arena) < nleaves * FILES * 50 + nleaves * 1500 + 8 * MIB, "%zu bytes",
		      arena_used(arena));
	diags_free(d);
	arena_free(arena);
	abi_schema_free(schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol limits");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, linear, 0, ARRAY_LEN(linear_cases));
	tcase_add_loop_test(t, refused, 0, ARRAY_LEN(refused_cases));
	tcase_add_test(t, chain_of_files);
	tcase_set_timeout(t, 120);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * What must hold of the formatter for any text: shared by its unit tests and its fuzz target.
 */
#ifndef TESTS_UNIT_FMT_SUPPORT_H
#define TESTS_UNIT_FMT_SUPPORT_H

#include "abi/schema.h"
#include "base/check.h"
#include "spol/compile.h"
#include "spol/fmt.h"
#include "spol/parse.h"
#include "spol/scan.h"
#include "vm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends the text in canonical layout to out; false: it has syntax errors. */
static inline bool fmt_text(const char *text, size_t len, struct buf *out)
{
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	char *copy = arena_copy(arena, text, len);
	bool done = spol_format(d, diags_source(d, "f.spol", copy, (uint32_t)len), arena, out) == 0;

	INVARIANT(done == (diags_errors(d) == 0));
	diags_free(d);
	arena_free(arena);
	return done;
}

/* A text as tokens and comments, each with what it hangs on: layout is all that this does not say. */
static inline void fmt_content(const char *text, size_t len, struct buf *out)
{
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct spol_tokens tokens = { 0 };
	struct file_ast ast = { 0 };
	const struct comment *c;
	char *copy = arena_copy(arena, text, len);

	spol_scan(d, diags_source(d, "f.spol", copy, (uint32_t)len), arena, &ast, &tokens);
	c = ast.comments;
	for (size_t i = 0; i < tokens.count; i++) {
		const struct spol_token *t = &tokens.list[i];

		for (; c && c->at.start < t->start; c = c->next) {
			uint32_t end = c->at.end;

			while (strchr(" \t\r", copy[end - 1]))
				end--;
			buf_printf(out, "%s comment ", c->own_line ? "own" : "trailing");
			buf_add(out, copy + c->at.start, end - c->at.start);
			buf_byte(out, '\n');
		}
		buf_printf(out, "%d ", t->kind);
		buf_add(out, copy + t->start, t->end - t->start);
		buf_byte(out, '\n');
	}
	INVARIANT(!c);
	free(tokens.list);
	diags_free(d);
	arena_free(arena);
}

/* The next number of a sequence that *seed is the state of. */
static inline uint32_t fmt_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* The tokens of a text, which keeps its findings and program, with other white space and comments between them. */
static inline void fmt_shuffle(const char *text, size_t len, uint64_t seed, struct buf *out)
{
	static const char *const codes[] = { "W1001", "W1002", "W1003", "W1004", "W1005", "W1006" };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct spol_tokens tokens = { 0 };
	struct file_ast ast = { 0 };
	char *copy = arena_copy(arena, text, len);
	uint32_t often = 1 + fmt_random(&seed) % 40;

	spol_scan(d, diags_source(d, "f.spol", copy, (uint32_t)len), arena, &ast, &tokens);
	for (size_t i = 0; i < tokens.count; i++) {
		const struct spol_token *t = &tokens.list[i];
		uint32_t what = fmt_random(&seed) % (3 * often);
		const char *code = codes[fmt_random(&seed) % ARRAY_LEN(codes)];

		if (what == 0)
			buf_str(out, " # c\n");
		else if (what == 1)
			buf_str(out, "\n# c\n");
		else if (what == 2)
			buf_printf(out, "# spolc:allow %s x\n", code);
		else if (what == 3)
			buf_printf(out, "\n# spolc:allow %s x\n", code);
		else if (what == 4)
			buf_str(out, "\n\n");
		else if (what < 10)
			buf_str(out, "\n");
		else
			buf_byte(out, ' ');
		if (what < 4 && fmt_random(&seed) % 4 == 0)
			buf_str(out, fmt_random(&seed) % 2 ? "\n" : "# d\n");
		buf_add(out, copy + t->start, t->end - t->start);
	}
	free(tokens.list);
	diags_free(d);
	arena_free(arena);
}

/* What a text compiles to: the codes of its findings, and the program if there is one. */
struct fmt_compiled {
	struct buf codes;
	struct vm_prog *prog;
};

static inline struct fmt_compiled fmt_compile(const struct abi_schema *schema, const char *const *search,
					      const char *path, const char *text, size_t len)
{
	struct fmt_compiled c = { .prog = NULL };
	struct spol_open_file open = { path, text, len };
	struct spol_options o = { .schema = schema, .search = search, .open = &open, .nopen = 1 };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct buf image = { 0 };
	struct err err = { 0 };
	struct vm_schema view;

	if (spol_compile(&o, path, d, arena, &image, &err) == 0) {
		spol_vm_schema(schema, arena, &view);
		c.prog = vm_load(image.data, image.len, path, &view, &err);
		INVARIANT(c.prog);
	}
	for (unsigned i = 0; i < diags_count(d); i++)
		buf_printf(&c.codes, "%s ", diags_get(d, i)->code);
	buf_free(&image);
	diags_free(d);
	arena_free(arena);
	return c;
}

/* NULL, or which promise is broken: the meaning of the two texts. */
static inline const char *fmt_meaning_fault(const struct abi_schema *schema, const char *const *search,
					    const char *path, const char *a, size_t alen, const char *b, size_t blen)
{
	struct fmt_compiled x = fmt_compile(schema, search, path, a, alen);
	struct fmt_compiled y = fmt_compile(schema, search, path, b, blen);
	const char *fault = NULL;

	if (strcmp(buf_cstr(&x.codes), buf_cstr(&y.codes)) != 0) {
		fprintf(stderr, "before: %s\nafter:  %s\n", buf_cstr(&x.codes), buf_cstr(&y.codes));
		fault = "other findings";
	} else if (x.prog && !vm_same_but_places(x.prog, y.prog)) {
		fault = "another program";
	}
	vm_free(x.prog);
	vm_free(y.prog);
	buf_free(&x.codes);
	buf_free(&y.codes);
	return fault;
}

/* NULL, or which promise is broken: the layout of a text that has one. */
static inline const char *fmt_layout_fault(const char *text, size_t len, struct buf *once)
{
	struct buf twice = { 0 }, before = { 0 }, after = { 0 };
	const char *fault = NULL, *out;

	out = buf_cstr(once);
	fmt_content(text, len, &before);
	fmt_content(out, once->len, &after);
	if (before.len != after.len || memcmp(before.data, after.data, before.len) != 0)
		fault = "a token or comment is another one, or elsewhere";
	else if (!fmt_text(out, once->len, &twice))
		fault = "the result does not parse";
	else if (once->len != twice.len || (twice.len && memcmp(once->data, twice.data, twice.len) != 0))
		fault = "formatting again changes it";
	else if (once->len &&
		 (out[0] == '\n' || out[once->len - 1] != '\n' || (once->len > 1 && out[once->len - 2] == '\n')))
		fault = "blank lines at its beginning or end";
	else if (strstr(out, " \n") || strstr(out, "\t\n") || strstr(out, "\n\n\n"))
		fault = "blanks at the end of a line, or two blank lines";
	if (fault && twice.len)
		fprintf(stderr, "--- source\n%s\n--- once\n%s\n--- twice\n%s\n", text, out, buf_cstr(&twice));
	buf_free(&twice);
	buf_free(&before);
	buf_free(&after);
	return fault;
}

#endif

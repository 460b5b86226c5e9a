/*
 * Fuzz target: the policy parser on arbitrary bytes.  Beside memory errors it looks for trees whose places lie outside
 * of the text, for findings that cannot be rendered, and for texts that fail in silence.
 */
#include "base/check.h"
#include "spol/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(struct span at, size_t size)
{
	INVARIANT(at.start <= at.end);
	INVARIANT(at.end <= size);
}

/* Recursion is what every later pass does: this one ends only because the height is limited. */
static void check_expr(const struct expr *e, size_t size)
{
	if (!e)
		return;
	check_place(e->at, size);
	check_place(e->op, size);
	INVARIANT(e->height <= EXPR_HEIGHT_MAX);
	check_expr(e->a, size);
	check_expr(e->b, size);
	check_expr(e->tol, size);
	for (const struct set_member *m = e->members; m; m = m->next)
		check_expr(m->value, size);
}

static bool check_item(const struct item *i, size_t size)
{
	check_place(i->at, size);
	check_expr(i->value, size);
	check_expr(i->condition, size);
	for (const struct set_member *m = i->members; m; m = m->next)
		check_expr(m->value, size);
	for (const struct rule *r = i->rules; r; r = r->next) {
		check_place(r->at, size);
		INVARIANT(r->arms != NULL);
		for (const struct arm *a = r->arms; a; a = a->next) {
			check_expr(a->within, size);
			check_expr(a->condition, size);
		}
	}
	for (const struct test_step *s = i->steps; s; s = s->next) {
		INVARIANT(s->is_expect || s->call);
		for (const struct test_value *v = s->values; v; v = v->next) {
			check_expr(v->recorded, size);
			check_expr(v->actual, size);
		}
	}
	return i->kind != ITEM_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diags *d;
	struct arena *a;
	const struct file_ast *ast;
	struct buf out = { 0 };
	char *text;
	bool whole = true;

	if (size > SPOL_FILE_MAX)
		return 0;
	d = diags_new();
	a = arena_new();
	text = arena_copy(a, data, size);
	ast = spol_parse(d, diags_source(d, "fuzz.spol", text, (uint32_t)size), a);
	for (const struct item *i = ast->items; i; i = i->next)
		whole = check_item(i, size) && whole;
	for (const struct comment *c = ast->comments; c; c = c->next)
		check_place(c->at, size);
	INVARIANT(whole || diags_errors(d) > 0);
	diags_render_text(d, false, &out);
	diags_render_json(d, &out);
	buf_free(&out);
	arena_free(a);
	diags_free(d);
	return 0;
}

/*
 * Suspicious things that are no errors (W1xxx), looked for in the top file only, and the comments that allow them:
 *   # spolc:allow W1006 the reason
 * on the same line, or alone on the line before a line or a block.
 */
#include "spol/policy.h"

#include <ctype.h>
#include <string.h>

static const struct policy_file *top_file(const struct policy *p)
{
	return p->files[p->nfiles - 1];
}

/* ---- rules ---- */

static void check_arms(struct policy *p, const struct rule *r)
{
	for (const struct arm *a = r->arms; a && a->next; a = a->next) {
		struct diag *g;

		if (a->condition || a->within)
			continue;
		g = diag_warning(p->d, a->next->at, "W1001", "this arm is never reached");
		diag_note(p->d, g, a->at, "this one always holds");
		return;
	}
}

/* No name in it: what it is was known when it was written. */
static bool is_constant(const struct node *n)
{
	switch (n->kind) {
	case NODE_NUM:
	case NODE_STR:
		return true;
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
		return false;
	case NODE_IN:
	case NODE_NOT:
		return is_constant(n->a);
	case NODE_ARITH:
	case NODE_TEST:
	case NODE_WITHIN:
	case NODE_AND:
	case NODE_OR:
		return is_constant(n->a) && is_constant(n->b);
	}
	return false;
}

static bool same_variable(const struct node *a, const struct node *b)
{
	return a->kind == b->kind && (a->kind == NODE_VALUE || a->kind == NODE_FIELD || a->kind == NODE_FACT) &&
	       a->side == b->side && a->leaf == b->leaf && a->fact == b->fact;
}

static void check_condition(struct policy *p, const struct link *l)
{
	const struct node *n = l->condition;
	bool twice;

	if (!n)
		return;
	twice = n->kind == NODE_TEST && same_variable(n->a, n->b);
	if (is_constant(n) || twice)
		diag_warning(p->d, l->arm->condition->at, "W1002", "this is the same for every pair of values");
}

static void check_links(struct policy *p)
{
	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, (uint32_t)i);

		for (const struct link *l = p->chains[i].first; l; l = l->next) {
			if (!l->target)
				continue;
			l->target->decides = true;
			if (l->target->file != top_file(p))
				continue;
			check_condition(p, l);
			if (l->verb == VERB_REPLAY && !(leaf->dir & DIR_OUT) && !leaf->synthetic && l->target->field &&
			    strcmp(leaf->path, l->target->field->path.s) == 0) {
				struct diag *g = diag_warning(
					p->d, l->arm->verb_at, "W1006",
					"%s is what the program asks for: `replay` rewrites the request", leaf->path);

				diag_help(p->d, g, "`accept` lets the program's own request through");
			}
		}
	}
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		for (const struct link *l = p->disposed[i].first; l; l = l->next) {
			l->target->decides = true;
			if (l->target->file == top_file(p))
				check_condition(p, l);
		}
	}
	for (const struct numbered *n = p->numbered; n; n = n->next) {
		for (const struct link *l = n->chain.first; l; l = l->next)
			l->target->decides = true;
	}
}

static void check_targets(struct policy *p)
{
	for (const struct target *t = p->targets; t; t = t->next) {
		struct span at = t->field ? t->field->path.at : t->selector->at;

		if (t->file != top_file(p) || t->broken)
			continue;
		check_arms(p, t->rule);
		if (t->covered == 0)
			diag_warning(p->d, at, "W1003", "this matches no field of any call");
		else if (!t->decides)
			diag_warning(p->d, at, "W1003",
				     "this decides nothing: more specific rules decide all that it speaks of");
	}
}

static void check_definitions(struct policy *p)
{
	for (const struct definition *d = p->definitions; d; d = d->next) {
		if (d->file != top_file(p) || d->used)
			continue;
		diag_warning(p->d, d->item->name.at, "W1004", "the %s `%s` is never used",
			     d->item->kind == ITEM_SET ? "set" : "let", d->item->name.s);
	}
}

static void check_policy_statement(struct policy *p)
{
	const struct policy_file *f = top_file(p);
	struct diag *g;

	for (const struct item *item = f->ast->items; item; item = item->next) {
		if (item->kind == ITEM_POLICY)
			return;
	}
	g = diag_warning(p->d, (struct span){ f->source, 0, 0 }, "W1005", "the file does not say which policy it is");
	diag_help(p->d, g, "begin it with: policy NAME 1;");
}

/* ---- allowed ---- */

#define ALLOW "spolc:allow"

struct allow {
	struct span at;
	uint32_t from, to; /* bytes that it covers */
	const char *code;
	size_t len;
	bool used;
};

static uint32_t line_start(const struct source_text *s, uint32_t offset)
{
	while (offset > 0 && s->text[offset - 1] != '\n')
		offset--;
	return offset;
}

static uint32_t line_end(const struct source_text *s, uint32_t offset)
{
	while (offset < s->len && s->text[offset] != '\n')
		offset++;
	return offset;
}

static void set_extent(const struct policy_file *f, const struct source_text *s, const struct comment *c,
		       struct allow *a)
{
	uint32_t next = line_end(s, c->at.end);

	if (!c->own_line) {
		a->from = line_start(s, c->at.start);
		a->to = next;
		return;
	}
	next += next < s->len;
	a->from = next;
	a->to = line_end(s, next);
	for (const struct item *item = f->ast->items; item; item = item->next) {
		if (item->at.start >= a->from && item->at.start < a->to && item->at.end > a->to)
			a->to = item->at.end;
	}
}

/* A comment as an allowance.  false: it is another comment. */
static bool read_allow(struct policy *p, const struct policy_file *f, const struct comment *c, struct allow *a)
{
	const struct source_text *s = diags_get_source(p->d, f->source);
	const char *t = s->text + c->at.start, *end = s->text + c->at.end;
	struct diag *g;

	while (t < end && (*t == '#' || *t == ' ' || *t == '\t'))
		t++;
	if ((size_t)(end - t) < strlen(ALLOW) || memcmp(t, ALLOW, strlen(ALLOW)) != 0)
		return false;
	t += strlen(ALLOW);
	while (t < end && isspace((unsigned char)*t))
		t++;
	*a = (struct allow){ .at = c->at, .code = t };
	while (t < end && isalnum((unsigned char)*t))
		t++;
	a->len = (size_t)(t - a->code);
	while (t < end && (isspace((unsigned char)*t) || *t == ':'))
		t++;
	if (a->len == 0 || t == end) {
		g = diag_warning(p->d, c->at, "W1007", "an allowance needs a code and a reason");
		diag_help(p->d, g, "# spolc:allow W1004 kept for policies that extend this one");
		return false;
	}
	set_extent(f, s, c, a);
	return true;
}

static bool allows(const struct allow *a, const struct diag *g)
{
	return g->level == DIAG_WARNING && g->at.file == a->at.file && strlen(g->code) == a->len &&
	       memcmp(g->code, a->code, a->len) == 0 && g->at.start >= a->from && g->at.start <= a->to;
}

static void apply_allows(struct policy *p)
{
	const struct policy_file *f = top_file(p);

	for (const struct comment *c = f->ast->comments; c; c = c->next) {
		struct allow a;

		if (!read_allow(p, f, c, &a))
			continue;
		for (unsigned i = diags_count(p->d); i-- > 0;) {
			if (!allows(&a, diags_get(p->d, i)))
				continue;
			diags_remove(p->d, i);
			a.used = true;
		}
		if (!a.used)
			diag_warning(p->d, c->at, "W1008", "nothing here needs to be allowed %.*s", (int)a.len, a.code);
	}
}

void lint_check(struct policy *p)
{
	/* what an error left out would be reported as suspicious */
	if (diags_errors(p->d) == 0) {
		check_links(p);
		check_targets(p);
		check_definitions(p);
		check_policy_statement(p);
		apply_allows(p);
	}
}

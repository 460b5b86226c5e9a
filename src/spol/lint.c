/*
 * Suspicious things that are no errors (W1xxx), looked for in the top file only.
 */
#include "spol/policy.h"

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
		correct_unreachable(p, g, top_file(p), a);
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
		for (const struct link *l = p->chains[i].first; l; l = l->next) {
			if (!l->target)
				continue;
			l->target->decides = true;
			if (l->target->file != top_file(p))
				continue;
			check_condition(p, l);
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
		struct diag *g;

		if (d->file != top_file(p) || d->used)
			continue;
		g = diag_warning(p->d, d->item->name.at, "W1004", "the %s `%s` is never used",
				 d->item->kind == ITEM_SET ? "set" : "let", d->item->name.s);
		diag_edit_removal(p->d, g, d->item->at, true);
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
	correct_no_policy(p, g, f);
}

void lint_check(struct policy *p)
{
	/* what an error left out would be reported as suspicious */
	if (diags_errors(p->d) == 0) {
		check_links(p);
		check_targets(p);
		check_definitions(p);
		check_policy_statement(p);
		lint_effects(p);
		lint_text(p);
		lint_logic(p);
		lint_redundant(p);
		lint_style(p);
		lint_allow(p);
		if (!p->options->style)
			lint_drop_style(p);
	}
}

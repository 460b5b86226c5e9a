/*
 * Rules of the top file that make no difference: without them the inherited rules would decide every field that they
 * speak of just so, with the same words.
 */
#include "spol/logic.h"

#include <string.h>

#define STEPS_MAX 200000u /* of building chains once more: what is larger is compiled all the same */
#define FRESH     64      /* chains for one logic: it gets slower as it grows */

struct comparison {
	struct policy *p;
	struct logic *l;
	unsigned chains;
};

static const struct policy_file *top_file(const struct policy *p)
{
	return p->files[p->nfiles - 1];
}

static bool same_message(const struct arm *a, const struct arm *b)
{
	const struct text none = { 0 }, *x = a ? &a->message : &none, *y = b ? &b->message : &none;

	return x->len == y->len && !x->s == !y->s && (x->len == 0 || memcmp(x->s, y->s, x->len) == 0);
}

static bool same_link(struct comparison *c, const struct link *a, const struct link *b)
{
	return a->verb == b->verb && same_message(a->arm, b->arm) &&
	       logic_condition(c->l, a->condition) == logic_condition(c->l, b->condition) &&
	       logic_condition(c->l, a->within) == logic_condition(c->l, b->within);
}

/* Only an inherited rule can make one redundant: of two in one file, which one should go? */
static bool is_inherited(const struct comparison *c, const struct link *l)
{
	return l->target && l->target->file != top_file(c->p);
}

static bool decides_the_same(struct comparison *c, const struct chain *with, const struct chain *without,
			     const struct target *t, const struct link **instead)
{
	const struct link *a = with->first, *b = without->first;

	if (c->chains++ % FRESH == 0) {
		logic_free(c->l);
		c->l = logic_new(c->p->schema);
	}
	for (; a && b; a = a->next, b = b->next) {
		if (!same_link(c, a, b) || (a->target == t && !is_inherited(c, b)))
			return false;
		if (a->target == t && !*instead)
			*instead = b;
		if (!a->condition && !a->within)
			return true;
	}
	return !a && !b;
}

static void look_at(struct comparison *c, const struct abi_leaf *leaf, struct target *t)
{
	struct chain without;

	if (t->needed || c->p->steps > STEPS_MAX)
		return;
	t->tried_without++;
	t->needed = !effective_without(c->p, leaf, t, &without) ||
		    !decides_the_same(c, &c->p->chains[leaf->id], &without, t, &t->instead);
}

static void report(struct policy *p, const struct target *t)
{
	struct diag *g = diag_warning(p->d, t->field ? t->field->path.at : t->selector->at, "W1022",
				      "this decides just as what is inherited would");

	diag_note(p->d, g, t->instead->arm->at, "the inherited rule");
	diag_help(p->d, g, "leave it out, or promise it with `never` if it is meant to stay so");
}

void lint_redundant(struct policy *p)
{
	struct comparison c = { .p = p };
	size_t steps = p->steps;

	if (p->nfiles < 2)
		return;
	p->steps = 0;
	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		const struct target *last = NULL;

		for (const struct link *l = p->chains[i].first; l; l = l->next) {
			if (l->target && l->target != last && l->target->file == top_file(p)) {
				l->target->decided++;
				look_at(&c, abi_schema_leaf(p->schema, (uint32_t)i), l->target);
			}
			last = l->target;
		}
	}
	for (const struct target *t = p->targets; t; t = t->next) {
		if (t->instead && !t->needed && t->tried_without == t->decided)
			report(p, t);
	}
	p->steps = steps;
	logic_free(c.l);
}

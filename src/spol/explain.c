/*
 * Why a field is decided as it is.  The chain says which arms decide; what is not in it is sought among the candidates
 * again, for its reason: this costs nothing where nobody asks.
 */
#include "spol/explain.h"

#include "base/check.h"

#include <string.h>

/* ---- why an arm can never hold here ---- */

/* A name in the expression that other calls have and this one has not, or NULL. */
static const struct text *absent_name(const struct scope *s, const struct expr *e)
{
	const struct text *name;
	struct node node;

	if (!e)
		return NULL;
	if (e->kind == EXPR_NAME)
		return variable_find(s, &e->text, &node) == VARIABLE_ABSENT ? &e->text : NULL;
	name = absent_name(s, e->a);
	if (!name)
		name = absent_name(s, e->b);
	return name ? name : absent_name(s, e->tol);
}

static const char *why_impossible(struct policy *p, const struct target *t, const struct arm *a,
				  const struct abi_call *c, const struct abi_leaf *leaf)
{
	struct scope s = effective_scope(p, t, c, leaf);
	const struct text *name = absent_name(&s, a->condition);

	if (a->within && leaf && leaf->enc == ENC_BYTES)
		return "it is no number: nothing is within a tolerance of it";
	if (name)
		return arena_printf(p->arena, "its condition asks for `%.*s`, which %s does not have here",
				    (int)name->len, name->s, c->label);
	if (a->condition)
		return "its condition counts in a unit that this field does not count in";
	return "its tolerance is in a unit that this field does not count in";
}

/* ---- what became of each arm ---- */

struct explaining {
	struct policy *p;
	const struct candidates *candidates;
	const struct chain *chain;
	const struct abi_call *call; /* NULL: known by its number only */
	const struct abi_leaf *leaf; /* NULL: about the call */
	struct explained *first, **end;
	unsigned number;
	const struct explained *closer; /* the arm that always decides, once it was met */
};

static struct explained *add(struct explaining *x, const struct target *t, const struct arm *a, unsigned rank,
			     enum fate fate)
{
	struct explained *e = arena_alloc(x->p->arena, sizeof(*e));

	*e = (struct explained){ .target = t, .arm = a, .rank = rank, .fate = fate };
	*x->end = e;
	x->end = &e->next;
	return e;
}

static const struct link *find_link(const struct chain *chain, const struct target *t, const struct arm *a)
{
	for (const struct link *l = chain->first; l; l = l->next) {
		if (l->target == t && l->arm == a)
			return l;
	}
	return NULL;
}

static void add_deciding(struct explaining *x, const struct link *l, unsigned rank)
{
	struct explained *e = add(x, l->target, l->arm, rank, FATE_DECIDES);

	e->number = ++x->number;
	e->verb = l->verb;
	e->always = !l->condition && !l->within;
	if (x->leaf && l->arm && l->verb != l->arm->verb)
		legal_verb(x->p->schema, x->leaf, l->arm->verb, &e->why);
	if (e->always)
		x->closer = e;
}

static void add_rule(struct explaining *x, const struct candidate *c)
{
	const struct target *t = c->target;

	for (const struct arm *a = t->rule->arms; a; a = a->next) {
		const struct link *l = find_link(x->chain, t, a);
		struct explained *e;

		if (x->closer) {
			e = add(x, t, a, c->rank, FATE_BEHIND);
			e->behind = x->closer;
			e->whole = true;
			return;
		}
		if (l) {
			add_deciding(x, l, c->rank);
			continue;
		}
		e = add(x, t, a, c->rank, FATE_IMPOSSIBLE);
		e->why = why_impossible(x->p, t, a, x->call, x->leaf);
	}
}

/* The rule that took the place of all[i]: the next one of its rank whose file inherits its file. */
static const struct target *find_replacer(const struct candidate *all, unsigned n, unsigned i)
{
	for (unsigned k = i + 1; k < n && all[k].rank == all[i].rank; k++) {
		if (all[k].target->file->inherits[all[i].target->file->number])
			return all[k].target;
	}
	return NULL;
}

static bool survives(const struct candidates *c, const struct target *t)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->list[i].target == t)
			return true;
	}
	return false;
}

static struct explained *explain(struct explaining *x)
{
	const struct candidate *all = effective_order(x->p, x->candidates);
	unsigned n = x->candidates->n + x->candidates->lost;
	const struct link *builtin = NULL;

	x->end = &x->first;
	for (unsigned i = 0; i < n; i++) {
		if (survives(x->candidates, all[i].target))
			add_rule(x, &all[i]);
	}
	for (const struct link *l = x->chain->first; l; l = l->next)
		builtin = l->target ? NULL : l;
	if (builtin)
		add_deciding(x, builtin, LEVEL_DEFAULT * RANK_LEVEL + RANK_LEVEL - 1);
	for (unsigned i = 0; i < n; i++) {
		struct explained *e;

		if (survives(x->candidates, all[i].target))
			continue;
		e = add(x, all[i].target, all[i].target->rule->arms, all[i].rank, FATE_OVERRIDDEN);
		e->whole = true;
		e->replacer = find_replacer(all, n, i);
		INVARIANT(e->replacer != NULL); /* what nothing replaces survives */
	}
	return x->first;
}

struct explained *explain_leaf(struct policy *p, const struct abi_leaf *leaf)
{
	struct explaining x = {
		.p = p,
		.candidates = &p->by_leaf[leaf->id],
		.chain = &p->chains[leaf->id],
		.call = abi_schema_call(p->schema, leaf->call),
		.leaf = leaf,
	};

	return explain(&x);
}

struct explained *explain_call(struct policy *p, const struct abi_call *c)
{
	struct explaining x = {
		.p = p,
		.candidates = &p->by_call[c->index],
		.chain = &p->disposed[c->index],
		.call = c,
	};

	return explain(&x);
}

struct explained *explain_numbered(struct policy *p, const struct numbered *n)
{
	struct explaining x = { .p = p, .candidates = &n->candidates, .chain = &n->chain };

	return explain(&x);
}

/* ---- promises ---- */

struct covering {
	const struct abi_leaf *leaf;
	bool found;
};

static void note_covered(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	struct covering *c = ctx;

	(void)rank;
	c->found |= leaf == c->leaf;
}

static bool speaks_of(struct policy *p, const struct item *item, const struct abi_leaf *leaf)
{
	struct covering c = { .leaf = leaf };
	enum level level;

	for (struct selector *s = item->selectors; s; s = s->next) {
		struct field_ref *field = item->fields;

		do {
			names_cover(p, s, field, note_covered, &c, &level);
			field = field ? field->next : NULL;
		} while (field);
	}
	return c.found;
}

struct promise_made *explain_promises(struct policy *p, const struct abi_leaf *leaf)
{
	struct promise_made *first = NULL, **end = &first;

	for (unsigned i = 0; i < p->nfiles; i++) {
		for (const struct item *item = p->files[i]->ast->items; item; item = item->next) {
			if (item->kind != ITEM_NEVER || !speaks_of(p, item, leaf))
				continue;
			*end = arena_alloc(p->arena, sizeof(**end));
			**end = (struct promise_made){ .file = p->files[i], .item = item };
			end = &(*end)->next;
		}
	}
	return first;
}

/* ---- how specific ---- */

static void print_level(struct buf *out, const struct target *t)
{
	buf_str(out, t->level == LEVEL_DEFAULT ? "is the default" : "names ");
	switch (t->level) {
	case LEVEL_VARIANT:
		if (t->selector->kind == SEL_SIGNAL)
			buf_str(out, "the signal");
		else
			buf_str(out, t->selector->kind == SEL_INSTRUCTION ? "the instruction" : "the variant");
		return;
	case LEVEL_CALL:
		buf_str(out, "the call");
		return;
	case LEVEL_CLASS:
		buf_printf(out, "the class %%%s", t->selector->name.s);
		return;
	case LEVEL_ANY:
		buf_printf(out, "the kind %s", t->selector->name.s);
		return;
	case LEVEL_DEFAULT:
		return;
	}
}

/* The part of a rank below the level. */
static void print_closeness(struct buf *out, const struct target *t, unsigned rank)
{
	unsigned closeness = rank % RANK_LEVEL;

	if (closeness == 0)
		buf_str(out, "the field");
	else if (closeness == RANK_STAR)
		buf_str(out, "all its fields (`*`)");
	else
		buf_printf(out, "the struct `%s`", t->field->path.s);
}

static bool names_fields(const struct target *t)
{
	return t->level <= LEVEL_CLASS && t->field;
}

void explain_names(struct buf *out, const struct target *t, unsigned rank, const struct abi_leaf *leaf)
{
	print_level(out, t);
	if (leaf && names_fields(t)) {
		buf_str(out, " and ");
		print_closeness(out, t, rank);
	}
}

void explain_order(struct buf *out, const struct explained *more, const struct explained *less,
		   const struct abi_leaf *leaf)
{
	if (!more->target || !less->target || more->rank == less->rank)
		return;
	if (more->target->level != less->target->level) {
		buf_str(out, "it ");
		print_level(out, more->target);
		buf_str(out, ", this one ");
		print_level(out, less->target);
	} else if (leaf) {
		buf_str(out, "it names ");
		print_closeness(out, more->target, more->rank);
		buf_str(out, ", this one ");
		print_closeness(out, less->target, less->rank);
	} else {
		buf_str(out, "it forbids: that comes first");
	}
}

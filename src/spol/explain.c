/*
 * Why a field is decided as it is.  The chain says which arms decide; what is not in it is sought among the candidates
 * again, for its reason: this costs nothing where nobody asks.
 */
#include "spol/explain.h"

#include "base/check.h"

#include <string.h>

#define PROMISES_MAX 100u /* told of one field */

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
	const struct link *link; /* the next of the chain: it stands in the order in which arms are met here */
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

static void add_deciding(struct explaining *x, const struct link *l, unsigned rank)
{
	struct explained *e = add(x, l->target, l->arm, rank, FATE_DECIDES);

	e->number = ++x->number;
	e->verb = l->verb;
	e->always = !l->condition && !l->within;
	if (x->leaf && l->arm && l->verb != l->arm->verb &&
	    (l->target->level != LEVEL_ANY || legal_by_kind(x->p->schema, x->leaf, l->arm->verb, &e->why)))
		legal_verb(x->p->schema, x->leaf, l->arm->verb, &e->why);
	if (e->always)
		x->closer = e;
}

static void add_rule(struct explaining *x, const struct candidate *c)
{
	const struct target *t = c->target;

	for (const struct arm *a = t->rule->arms; a; a = a->next) {
		const struct link *l = x->link && x->link->target == t && x->link->arm == a ? x->link : NULL;
		struct explained *e;

		if (x->closer) {
			e = add(x, t, a, c->rank, FATE_BEHIND);
			e->behind = x->closer;
			e->whole = true;
			return;
		}
		if (l) {
			x->link = l->next;
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

static void add_overridden(struct explaining *x, const struct candidate *all, unsigned n, unsigned i)
{
	struct explained *e = add(x, all[i].target, all[i].target->rule->arms, all[i].rank, FATE_OVERRIDDEN);

	e->whole = true;
	e->replacer = find_replacer(all, n, i);
	INVARIANT(e->replacer != NULL); /* what nothing replaces survives */
}

static struct explained *explain(struct explaining *x)
{
	const struct candidates *c = x->candidates;
	const struct candidate *all = effective_order(x->p, c);
	unsigned survivor = 0;

	x->end = &x->first;
	x->link = x->chain->first;
	for (unsigned i = 0; i < c->n; i++)
		add_rule(x, &c->list[i]);
	if (x->link) {
		INVARIANT(x->link->target == NULL && x->link->next == NULL);
		add_deciding(x, x->link, LEVEL_DEFAULT * RANK_LEVEL + RANK_LEVEL - 1);
	}
	/* those that survive stand in the same order among all */
	for (unsigned i = 0; i < c->n + c->lost; i++) {
		if (survivor < c->n && c->list[survivor].target == all[i].target)
			survivor++;
		else
			add_overridden(x, all, c->n + c->lost, i);
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

/* Of one leaf, as written. */
struct promises {
	struct promise_made *first, *last;
	unsigned n;
};

struct collecting {
	struct policy *p;
	const struct policy_file *file;
	const struct item *item;
};

static void add_promise(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	struct collecting *c = ctx;
	struct promises *list = &c->p->promises[leaf->id];
	struct promise_made *m;

	(void)rank;
	/* a list of fields may cover one twice */
	if (list->n == PROMISES_MAX || (list->last && list->last->item == c->item))
		return;
	m = arena_alloc(c->p->arena, sizeof(*m));
	*m = (struct promise_made){ .file = c->file, .item = c->item };
	*(list->first ? &list->last->next : &list->first) = m;
	list->last = m;
	list->n++;
}

/* For all leaves at once: each promise is looked up once, however many fields are explained. */
static void collect_promises(struct policy *p)
{
	p->promises = arena_array(p->arena, abi_schema_nleaves(p->schema), sizeof(*p->promises));
	for (unsigned i = 0; i < p->nfiles; i++) {
		for (const struct item *item = p->files[i]->ast->items; item; item = item->next) {
			struct collecting c = { p, p->files[i], item };
			enum level level;

			if (item->kind != ITEM_NEVER)
				continue;
			for (struct selector *s = item->selectors; s; s = s->next) {
				struct field_ref *field = item->fields;

				do {
					names_cover(p, s, field, add_promise, &c, &level);
					field = field ? field->next : NULL;
				} while (field);
			}
		}
	}
}

struct promise_made *explain_promises(struct policy *p, const struct abi_leaf *leaf)
{
	if (!p->promises)
		collect_promises(p);
	return p->promises[leaf->id].first;
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

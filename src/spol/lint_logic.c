/*
 * Lints that reason about what conditions mean: arms that earlier ones leave nothing, conditions that are always the
 * same, sets that have nothing in common, and chains that end in a laxer rule.  A rule may speak of many fields: what
 * is said about an arm must be so for all of them.
 */
#include "spol/logic.h"

#include "base/map.h"

#include <string.h>

#define CHAINS_MAX 600   /* looked at; a policy with more conditions than a person writes is compiled all the same */
#define FRESH      32    /* chains for one logic: it gets slower as it grows */
#define ARMS_MAX   40    /* of a chain that are held against those before them */
#define SET_MAX    64    /* globs of a set that is worth an automaton here */
#define BUDGET     1000u /* steps for one question: what is harder is not found */

/* What is known of an arm of the top file after some of its fields. */
enum state {
	STATE_LIVE, /* for one field it can decide, and need not */
	STATE_DEAD, /* its condition never holds */
	STATE_FULL, /* its condition always holds where its values are there */
	STATE_LATE, /* it can hold, but then an earlier arm does, too */
};

struct seen {
	const struct arm *arm, *earlier;
	const struct node *condition;
	enum state state;
};

struct linter {
	struct policy *p;
	struct logic *l;
	struct strmap *places; /* arm, to its place in seen */
	struct buf seen;       /* struct seen */
	struct strmap *fallen; /* rules that were told to fall to a laxer one */
	unsigned chains;
};

static bool is_top(const struct linter *r, const struct link *l)
{
	return l->target && l->target->file == r->p->files[r->p->nfiles - 1];
}

static bool impossible(struct linter *r, const formula *goals, size_t n)
{
	unsigned budget = BUDGET;

	return logic_solve(r->l, goals, n, NULL, &budget) == LOGIC_UNSAT;
}

/* ---- one arm for one field ---- */

/* Pairs that the arm is asked about: equal ones reach only `stop` and `map`. */
static formula pairs_of(struct linter *r, const struct link *l, const struct abi_leaf *leaf)
{
	if (!leaf || l->verb == VERB_STOP || l->verb == VERB_MAP)
		return FORMULA_TRUE;
	return logic_pair_differs(r->l, leaf);
}

static formula guard_of(struct linter *r, const struct link *l)
{
	return logic_and(r->l, logic_condition(r->l, l->condition), logic_condition(r->l, l->within));
}

static enum state judge(struct linter *r, const struct link *first, const struct link *l, const struct abi_leaf *leaf,
			const struct arm **earlier)
{
	CLEANUP(buf_free) struct buf goals = { 0 };
	formula condition = logic_condition(r->l, l->condition), guard = guard_of(r, l), pairs = pairs_of(r, l, leaf);
	formula always[3] = { pairs, logic_presence(r->l, l->condition), logic_not(r->l, condition) };

	buf_add(&goals, &pairs, sizeof(pairs));
	buf_add(&goals, &guard, sizeof(guard));
	if (impossible(r, (const formula *)(void *)goals.data, 2))
		return STATE_DEAD;
	for (const struct link *e = first; e != l; e = e->next) {
		formula not = logic_not(r->l, guard_of(r, e));

		buf_add(&goals, &not, sizeof(not ));
		*earlier = e->arm;
	}
	if (first != l && impossible(r, (const formula *)(void *)goals.data, goals.len / sizeof(formula)))
		return STATE_LATE;
	return impossible(r, always, 3) ? STATE_FULL : STATE_LIVE;
}

static void look_at_arm(struct linter *r, const struct link *first, const struct link *l, const struct abi_leaf *leaf)
{
	struct seen s = { .arm = l->arm, .condition = l->condition }, *old = NULL;
	uint64_t place;

	if (strmap_get(r->places, (const char *)&l->arm, sizeof(struct arm *), &place)) {
		old = (struct seen *)(void *)r->seen.data + place;
		if (old->state == STATE_LIVE)
			return;
	}
	s.state = judge(r, first, l, leaf, &s.earlier);
	if (!old) {
		strmap_put(r->places, (const char *)&l->arm, sizeof(struct arm *), r->seen.len / sizeof(s));
		buf_add(&r->seen, &s, sizeof(s));
	} else if (old->state != s.state) {
		old->state = STATE_LIVE;
	}
}

/* ---- a chain that ends without a decision ---- */

static unsigned laxity(const struct link *l, bool field)
{
	static const unsigned char verbs[] = {
		[VERB_STOP] = 0, [VERB_EQUAL] = 1, [VERB_MAP] = 2, [VERB_REPLAY] = 3, [VERB_ACCEPT] = 3
	};
	static const unsigned char dispositions[] = {
		[DISP_FORBID] = 0, [DISP_EXECUTE] = 1, [DISP_EMULATE] = 2, [DISP_OPTIONAL] = 2, [DISP_IGNORE] = 3
	};

	return field ? verbs[l->verb] : dispositions[l->arm->disposition];
}

/* The arms of one rule end, and what comes next is another rule's. */
static void look_at_end(struct linter *r, const struct link *first, const struct link *last,
			const struct abi_leaf *leaf)
{
	CLEANUP(buf_free) struct buf goals = { 0 };
	const struct link *next = last->next;
	unsigned laxest = 0;
	struct diag *g;
	uint64_t told;
	formula f;

	if (!next || !next->target || strmap_get(r->fallen, (const char *)&last->arm, sizeof(struct arm *), &told))
		return;
	for (const struct link *l = first; l != next; l = l->next)
		laxest = laxity(l, leaf != NULL) > laxest ? laxity(l, leaf != NULL) : laxest;
	/* what only forbids says nothing about the rest */
	if (laxity(next, leaf != NULL) <= laxest || (!leaf && laxest == 0))
		return;
	f = leaf ? logic_pair_differs(r->l, leaf) : FORMULA_TRUE;
	buf_add(&goals, &f, sizeof(f));
	for (const struct link *l = first; l != next; l = l->next) {
		f = logic_not(r->l, guard_of(r, l));
		buf_add(&goals, &f, sizeof(f));
	}
	/* arms that leave nothing open have no end to fall off */
	if (impossible(r, (const formula *)(void *)goals.data, goals.len / sizeof(f)))
		return;
	strmap_put(r->fallen, (const char *)&last->arm, sizeof(struct arm *), 1);
	g = diag_warning(r->p->d, last->arm->at, "W1021", "where no arm of this rule holds, a laxer rule decides: `%s`",
			 leaf ? vm_verb_name(next->verb) : vm_disposition_name(next->arm->disposition));
	diag_note(r->p->d, g, next->arm->at, "the rule that decides then");
	diag_help(r->p->d, g, "end it in `else %s`, or say there what is meant", leaf ? "equal" : "execute");
}

/* ---- chains ---- */

static bool has_large_set(const struct node *n)
{
	if (!n)
		return false;
	return (n->kind == NODE_IN && n->set->globs && n->set->n > SET_MAX) || has_large_set(n->a) ||
	       has_large_set(n->b);
}

static void look_at_chain(struct linter *r, const struct chain *c, const struct abi_leaf *leaf)
{
	bool any = false;
	unsigned n = 0;

	for (const struct link *l = c->first; l && n++ < ARMS_MAX; l = l->next) {
		any = any || (is_top(r, l) && (l->condition || l->within));
		if (has_large_set(l->condition))
			return;
	}
	if (!any || r->chains == CHAINS_MAX)
		return;
	if (r->chains++ % FRESH == 0) {
		logic_free(r->l);
		r->l = logic_new(r->p->schema);
	}
	for (const struct link *l = c->first, *first = l; l && n--; l = l->next) {
		if (first->target != l->target)
			first = l;
		if (!is_top(r, l))
			continue;
		/* what always holds, and what cannot be reached behind it, is looked for elsewhere */
		if (l->condition)
			look_at_arm(r, c->first, l, leaf);
		if ((l->condition || l->within) && l->next && l->next->target != l->target)
			look_at_end(r, first, l, leaf);
	}
}

/* Memberships of one value that are joined by `and`, in what of them cannot hold together. */
static void collect_memberships(struct linter *r, const struct node *n, struct buf *out)
{
	formula f;

	if (n->kind == NODE_AND) {
		collect_memberships(r, n->a, out);
		collect_memberships(r, n->b, out);
	} else if (n->kind == NODE_IN) {
		f = logic_condition(r->l, n);
		buf_add(out, &f, sizeof(f));
	}
}

static bool sets_exclude_each_other(struct linter *r, const struct node *n)
{
	CLEANUP(buf_free) struct buf goals = { 0 };

	collect_memberships(r, n, &goals);
	return goals.len && impossible(r, (const formula *)(void *)goals.data, goals.len / sizeof(formula));
}

static bool has_name(const struct node *n)
{
	if (!n)
		return false;
	return n->kind == NODE_VALUE || n->kind == NODE_FIELD || n->kind == NODE_FACT || has_name(n->a) ||
	       has_name(n->b);
}

static void report(struct linter *r, const struct seen *s)
{
	struct policy *p = r->p;
	struct diag *g;

	/* without a name in it, it is looked for elsewhere */
	if (!has_name(s->condition))
		return;
	switch (s->state) {
	case STATE_LIVE:
		return;
	case STATE_DEAD:
		if (sets_exclude_each_other(r, s->condition))
			diag_warning(p->d, s->arm->condition->at, "W1020", "no value is in all of these sets");
		else
			diag_warning(p->d, s->arm->condition->at, "W1002", "this never holds");
		return;
	case STATE_FULL:
		diag_warning(p->d, s->arm->condition->at, "W1002", "this always holds where its values are there");
		return;
	case STATE_LATE:
		g = diag_warning(p->d, s->arm->at, "W1001",
				 "this arm is never reached: where it holds, an earlier one does");
		if (s->earlier)
			diag_note(p->d, g, s->earlier->at, "the last of them");
		return;
	}
}

void lint_logic(struct policy *p)
{
	struct linter r = { .p = p, .places = strmap_new(), .fallen = strmap_new() };
	const struct seen *list;

	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++)
		look_at_chain(&r, &p->chains[i], abi_schema_leaf(p->schema, (uint32_t)i));
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++)
		look_at_chain(&r, &p->disposed[i], NULL);
	list = (const struct seen *)(const void *)r.seen.data;
	for (size_t i = 0; i < r.seen.len / sizeof(*list); i++)
		report(&r, &list[i]);
	strmap_free(r.places);
	strmap_free(r.fallen);
	buf_free(&r.seen);
	logic_free(r.l);
}

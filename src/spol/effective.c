/*
 * Which rules decide: candidates become chains, most specific first; override, equal specificity, legality of verbs,
 * linked fields and the end of the chain are looked after on the way.
 */
#include "spol/policy.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define SURVIVORS_MAX 8 /* rules of one rank that may wait for somebody to override them */

/* ---- one rule a rank ---- */

static int by_rank(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	/* same rank: inherited files first, then as written; targets of one arena list keep that order by file and
	 * place */
	if (a->target->file->number != b->target->file->number)
		return a->target->file->number < b->target->file->number ? -1 : 1;
	if (a->target->rule->at.start != b->target->rule->at.start)
		return a->target->rule->at.start < b->target->rule->at.start ? -1 : 1;
	return 0;
}

static struct span target_place(const struct target *t)
{
	if (t->field)
		return t->field->path.at;
	return t->item->selectors->next ? t->selector->at : t->rule->at;
}

/* What candidates speak of, for messages: put into words only when there is something to say. */
struct subject_name {
	const struct abi_leaf *leaf;
	const char *text; /* NULL: not yet; the leaf's */
};

static const char *name_of(struct policy *p, struct subject_name *n)
{
	if (!n->text)
		n->text = arena_printf(p->arena, "%s.%s", abi_schema_call(p->schema, n->leaf->call)->label,
				       n->leaf->path);
	return n->text;
}

static void report_conflict(struct policy *p, const struct target *a, struct target *b, struct subject_name *what)
{
	struct diag *g;

	b->overrode |= b->override; /* that it overrides nothing is a part of this mistake */
	if (a->broken || b->broken)
		return;
	if (a->rule == b->rule && a->field == b->field) {
		g = diag_error(p->d, b->selector->at, "E3001", "this names %s once more", name_of(p, what));
		diag_note(p->d, g, a->selector->at, "it is named here already");
		correct_named_twice(p, g, a, b);
		return;
	}
	g = diag_error(p->d, target_place(b), "E3001", "two rules speak of %s, and neither is more specific",
		       name_of(p, what));
	diag_note(p->d, g, target_place(a), "the other one");
	if (a->file != b->file)
		diag_help(p->d, g, "the file that extends both must `override` them with a rule of its own");
	else if (b->override)
		diag_help(p->d, g, "`override` replaces rules of other files only");
}

static void report_override(struct policy *p, const struct target *old, struct target *t, struct subject_name *what)
{
	struct diag *g;

	if (old->broken || t->broken)
		return;
	g = diag_error(p->d, target_place(t), "E3002", "this replaces the inherited rule for %s", name_of(p, what));
	diag_note(p->d, g, target_place(old), "the inherited rule");
	diag_help(p->d, g, "write `override` in front of the rule");
	if (!t->about_override)
		t->about_override = g;
}

static void swap(struct candidate *a, struct candidate *b)
{
	struct candidate t = *a;

	*a = *b;
	*b = t;
}

/* Sorts c and keeps one candidate of each rank, the others behind.  what names the field in messages. */
static void reduce(struct policy *p, struct candidates *c, struct subject_name *what)
{
	unsigned kept = 0, n = c->n;

	if (n > 1)
		qsort(c->list, n, sizeof(*c->list), by_rank);
	for (unsigned i = 0; i < n;) {
		unsigned alive[SURVIVORS_MAX], nalive = 0, rank = c->list[i].rank;

		for (; i < n && c->list[i].rank == rank; i++) {
			struct target *t = c->list[i].target;
			bool twice = false;
			unsigned left = 0;

			for (unsigned k = 0; k < nalive; k++) {
				struct target *old = c->list[alive[k]].target;

				if (old->file == t->file) {
					report_conflict(p, old, t, what);
					twice = true;
				} else if (t->file->inherits[old->file->number]) {
					if (!t->override)
						report_override(p, old, t, what);
					t->overrode = true;
					if (!t->replaced)
						t->replaced = old;
					continue;
				}
				alive[left++] = alive[k];
			}
			nalive = left;
			if (twice)
				continue;
			if (nalive == SURVIVORS_MAX)
				report_conflict(p, c->list[alive[0]].target, t, what);
			else
				alive[nalive++] = i;
		}
		for (unsigned k = 1; k < nalive; k++)
			report_conflict(p, c->list[alive[0]].target, c->list[alive[k]].target, what);
		if (nalive)
			swap(&c->list[kept++], &c->list[alive[nalive - 1]]);
	}
	c->n = kept;
	c->lost = n - kept;
}

struct candidate *effective_order(struct policy *p, const struct candidates *c)
{
	unsigned n = c->n + c->lost;
	struct candidate *all = arena_array(p->arena, n, sizeof(*all));

	if (n) {
		memcpy(all, c->list, n * sizeof(*all));
		qsort(all, n, sizeof(*all), by_rank);
	}
	return all;
}

/* ---- chains ---- */

static struct link *add_link(struct policy *p, struct link ***end, struct target *t, struct arm *arm, enum vm_verb verb)
{
	struct link *l = arena_alloc(p->arena, sizeof(*l));

	*l = (struct link){ .target = t, .arm = arm, .verb = verb };
	**end = l;
	*end = &l->next;
	return l;
}

struct scope effective_scope(struct policy *p, const struct target *t, const struct abi_call *c,
			     const struct abi_leaf *leaf)
{
	bool rows = t->level == LEVEL_CALL && names_many_rows(p, c);

	return (struct scope){
		.p = p,
		.call = c,
		.own = leaf,
		.phase = leaf ? legal_phase(leaf) : VM_ENTRY,
		.wide = rows || t->level >= LEVEL_CLASS,
		.only = rows ? c->name : NULL,
	};
}

/* A rule that names this very field, so that a verb that is not legal for it is a mistake. */
static bool names_exactly(const struct target *t, const struct abi_leaf *leaf)
{
	return t->field && strlen(leaf->path) == t->field->path.len &&
	       memcmp(leaf->path, t->field->path.s, t->field->path.len) == 0;
}

/*
 * The verb of an arm for a field.  Where a rule for many fields says a verb that this field cannot have, it says
 * `equal`: the strictest reading.
 */
static enum vm_verb verb_for(struct policy *p, const struct target *t, const struct arm *a, const struct abi_leaf *leaf)
{
	const char *why;
	struct diag *g;

	if (t->level == LEVEL_ANY && !legal_by_kind(p->schema, leaf, a->verb, &why))
		return VERB_EQUAL;
	if (legal_verb(p->schema, leaf, a->verb, &why))
		return a->verb;
	if (names_exactly(t, leaf) || !(t->legal & 1u << a->verb)) {
		g = diag_error(p->d, a->verb_at, "E2001", "`%s` cannot be said about %s.%s", vm_verb_name(a->verb),
			       abi_schema_call(p->schema, leaf->call)->label, leaf->path);
		diag_help(p->d, g, "%s", why);
	}
	return VERB_EQUAL;
}

/* Adds an arm as it applies to the leaf.  true: it always holds, the chain ends. */
static bool add_arm(struct policy *p, struct link ***end, struct target *t, struct arm *a, uint64_t bit,
		    const struct abi_leaf *leaf)
{
	struct scope s = effective_scope(p, t, abi_schema_call(p->schema, leaf->call), leaf), around = s;
	enum vm_verb verb = verb_for(p, t, a, leaf);
	struct node *within = NULL, *condition = NULL;
	enum cond c;
	struct link *l;

	if (!policy_spend(p, a->within ? 5 : 1, a->at))
		return true;
	t->tried |= bit;
	if (a->within) {
		if (leaf->enc == ENC_BYTES) {
			if (names_exactly(t, leaf) || !t->numbers) {
				diag_error(p->d, a->within->at, "E2002",
					   "%s.%s is no number: nothing is within a tolerance of it", s.call->label,
					   leaf->path);
				t->applied |= bit;
			}
			return false;
		}
		/* a rule that names a struct or `*` means those of its fields that the tolerance makes sense for */
		around.wide |= !names_exactly(t, leaf);
		c = condition_within(&around, a->within, &within);
		t->applied |= c == COND_ERROR ? bit : 0;
		if (c != COND_OK)
			return false;
	}
	if (a->condition) {
		c = condition_check(&s, a->condition, &condition);
		t->applied |= c == COND_ERROR ? bit : 0;
		if (c != COND_OK)
			return false;
	}
	t->applied |= bit;
	l = add_link(p, end, t, a, verb);
	l->within = within;
	l->condition = condition;
	return !within && !condition;
}

static void build_chain(struct policy *p, const struct abi_leaf *leaf, const struct candidate *list, unsigned n,
			struct chain *chain)
{
	struct link **end = &chain->first;

	for (unsigned i = 0; i < n; i++) {
		struct target *t = list[i].target;
		uint64_t bit = 1;

		for (struct arm *a = t->rule->arms; a; a = a->next, bit <<= 1) {
			bool closed;

			if (a->is_disposition)
				continue;
			closed = add_arm(p, &end, t, a, bit, leaf);
			chain->always |= a->verb == VERB_STOP || a->verb == VERB_MAP;
			if (closed)
				return;
		}
	}
	add_link(p, &end, NULL, NULL, VERB_EQUAL);
}

/* The rule that t replaced at its rank, of several the one that was inherited last.  false: two that exclude each
 * other. */
static bool find_replaced(const struct candidates *c, const struct candidate *t, const struct candidate **out)
{
	*out = NULL;
	for (unsigned k = c->n; k < c->n + c->lost; k++) {
		const struct candidate *old = &c->list[k];

		if (old->rank == t->rank && (!*out || old->target->file->number > (*out)->target->file->number))
			*out = old;
	}
	for (unsigned k = c->n; k < c->n + c->lost; k++) {
		const struct candidate *old = &c->list[k];

		if (old->rank == t->rank && old != *out && !(*out)->target->file->inherits[old->target->file->number])
			return false;
	}
	return true;
}

bool effective_without(struct policy *p, const struct abi_leaf *leaf, const struct target *t, struct chain *out)
{
	const struct candidates *c = &p->by_leaf[leaf->id];
	struct candidate *list = arena_array(p->arena, c->n, sizeof(*list));
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct candidate *next = &c->list[i];

		if (next->target == t && !find_replaced(c, &c->list[i], &next))
			return false;
		if (next)
			list[n++] = *next;
	}
	*out = (struct chain){ 0 };
	build_chain(p, leaf, list, n, out);
	return true;
}

static void build_disposition(struct policy *p, const struct candidates *c, struct chain *chain,
			      const struct abi_call *call)
{
	struct link **end = &chain->first;

	for (unsigned i = 0; i < c->n; i++) {
		struct target *t = c->list[i].target;

		for (struct arm *a = t->rule->arms; a; a = a->next) {
			struct node *condition = NULL;
			struct link *l;

			if (!policy_spend(p, 1, a->at))
				return;
			if (a->within) {
				diag_error(p->d, a->within->at, "E2002",
					   "a disposition is about no field: `within` has no meaning here");
				continue;
			}
			if (a->condition && !call) {
				diag_error(p->d, a->condition->at, "E3011",
					   "a call that is not described has no fields: a condition about it has no "
					   "meaning");
				continue;
			}
			if (a->condition) {
				struct scope s = effective_scope(p, t, call, NULL);

				if (condition_check(&s, a->condition, &condition) != COND_OK)
					continue;
			}
			l = add_link(p, &end, t, a, VERB_EQUAL);
			l->condition = condition;
			if (!condition)
				return;
		}
	}
}

/* ---- what holds for rules as such ---- */

static void note_legal(struct policy *p)
{
	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, (uint32_t)i);

		/* of replaced rules, too: they are asked what they would have decided */
		for (unsigned k = 0; k < p->by_leaf[i].n + p->by_leaf[i].lost; k++) {
			struct target *t = p->by_leaf[i].list[k].target;

			for (unsigned v = 0; v < VERB_COUNT; v++) {
				if (legal_verb(p->schema, leaf, (enum vm_verb)v, NULL))
					t->legal |= 1u << v;
			}
			t->numbers |= leaf->enc != ENC_BYTES;
		}
	}
}

static void check_default(struct policy *p, const struct target *t)
{
	const struct arm *last = t->rule->arms;
	struct diag *g;

	while (last->next)
		last = last->next;
	if (!last->condition && !last->within)
		return;
	g = diag_error(p->d, last->at, "E3004", "`default` must decide every field, and this may not hold");
	diag_help(p->d, g, "end it in `else equal`");
	diag_edit(p->d, g, (struct span){ last->at.file, last->at.end, last->at.end }, " else equal");
}

static void check_targets(struct policy *p)
{
	for (struct target *t = p->targets; t; t = t->next) {
		for (const struct arm *a = t->rule->arms; a; a = a->next) {
			if (a->message.s)
				legal_message(p, &a->message);
		}
		if (t->broken)
			continue;
		if (t->level == LEVEL_DEFAULT && !p->syntax_errors)
			check_default(p, t);
		if (t->override && !t->overrode && !p->syntax_errors)
			t->about_override =
				diag_error(p->d, target_place(t), "E3003",
					   "no inherited rule is as specific as this one: nothing to override");
	}
	correct_overrides(p);
}

/* An arm that can hold for none of the fields that it was looked at for is a mistake, not a rule.  Of one that is in
 * error as it stands enough was said. */
static void check_applied(struct policy *p)
{
	for (const struct target *t = p->targets; t; t = t->next) {
		uint64_t idle = t->tried & ~t->applied;

		for (const struct arm *a = t->rule->arms; a && idle; a = a->next, idle >>= 1) {
			if (idle & 1)
				diag_error(p->d, a->at, "E2022", "this can hold for no field that the rule speaks of");
		}
	}
}

/* ---- linked fields ---- */

/* Verbs that put something else in the field's place than what this run made; and the link that says so. */
static unsigned moving_verbs(const struct chain *chain, const struct link **example)
{
	unsigned verbs = 0;

	for (const struct link *l = chain->first; l; l = l->next) {
		if (l->verb != VERB_REPLAY && l->verb != VERB_MAP)
			continue;
		if (!verbs)
			*example = l;
		verbs |= 1u << l->verb;
	}
	return verbs;
}

/* The first link with one of some verbs, which must be there. */
static const struct link *first_of(const struct chain *chain, unsigned verbs)
{
	const struct link *l = chain->first;

	while (!(verbs >> l->verb & 1))
		l = l->next;
	return l;
}

static void check_linked(struct policy *p, const struct abi_leaf *leaf)
{
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);
	const struct abi_leaf *other = abi_schema_leaf(p->schema, c->leaf_first + leaf->linked - 1);
	const struct link *a = NULL, *b = NULL;
	unsigned mine = moving_verbs(&p->chains[leaf->id], &a), theirs = moving_verbs(&p->chains[other->id], &b);
	struct diag *g;

	if (!mine || !theirs || mine == theirs)
		return;
	/* both may replay, and one map as well: the two that are not the same are told */
	if (theirs & ~mine)
		b = first_of(&p->chains[other->id], theirs & ~mine);
	else
		a = first_of(&p->chains[leaf->id], mine & ~theirs);
	g = diag_error(p->d, a->arm->at, "E3007", "%s.%s is decided by `%s` and its length, %s.%s, by `%s`", c->label,
		       leaf->path, vm_verb_name(a->verb), c->label, other->path, vm_verb_name(b->verb));
	diag_note(p->d, g, b->arm->at, "the rule for %s", other->path);
	diag_help(p->d, g, "both must have the same verb, unless one of them is `equal` or `accept`");
}

void effective_build(struct policy *p)
{
	size_t nleaves = abi_schema_nleaves(p->schema), ncalls = abi_schema_ncalls(p->schema);

	for (size_t i = 0; i < nleaves; i++) {
		struct subject_name what = { .leaf = abi_schema_leaf(p->schema, (uint32_t)i) };

		reduce(p, &p->by_leaf[i], &what);
	}
	for (size_t i = 0; i < ncalls; i++) {
		struct subject_name what = { .text = abi_schema_call(p->schema, (uint32_t)i)->label };

		reduce(p, &p->by_call[i], &what);
	}
	for (struct numbered *n = p->numbered; n; n = n->next)
		reduce(p, &n->candidates, &(struct subject_name){ .text = "this call" });
	note_legal(p);
	check_targets(p);

	p->chains = arena_array(p->arena, nleaves, sizeof(*p->chains));
	p->disposed = arena_array(p->arena, ncalls, sizeof(*p->disposed));
	for (size_t i = 0; i < nleaves; i++)
		build_chain(p, abi_schema_leaf(p->schema, (uint32_t)i), p->by_leaf[i].list, p->by_leaf[i].n,
			    &p->chains[i]);
	for (size_t i = 0; i < ncalls; i++)
		build_disposition(p, &p->by_call[i], &p->disposed[i], abi_schema_call(p->schema, (uint32_t)i));
	for (struct numbered *n = p->numbered; n; n = n->next)
		build_disposition(p, &n->candidates, &n->chain, NULL);
	check_applied(p);
	if (diags_errors(p->d))
		return;
	for (size_t i = 0; i < nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, (uint32_t)i);

		if (leaf->linked)
			check_linked(p, leaf);
	}
}

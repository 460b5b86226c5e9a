/*
 * Promises: `never VERB FIELD [if CONDITION]` held against the effective rules.  A rule keeps a promise only if that
 * can be seen: it lacks the verb, or its condition contradicts the promise's, or an earlier arm takes all that the
 * promise is about.
 */
#include "spol/policy.h"

#include "vm/asm.h"

#include <string.h>

static bool same_value(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NODE_NUM:
		return a->num == b->num;
	case NODE_STR:
		return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
	case NODE_VALUE:
	case NODE_FIELD:
		return a->side == b->side && a->leaf == b->leaf;
	case NODE_FACT:
		return a->side == b->side && a->leaf == b->leaf && a->fact == b->fact;
	case NODE_ARITH:
		return a->op == b->op && same_value(a->a, b->a) && same_value(a->b, b->b);
	case NODE_TEST:
		return a->op == b->op && same_value(a->a, b->a) && same_value(a->b, b->b);
	case NODE_IN:
		return a->set == b->set && same_value(a->a, b->a);
	case NODE_WITHIN:
		return a->percent == b->percent && a->num == b->num && same_value(a->a, b->a) && same_value(a->b, b->b);
	case NODE_AND:
	case NODE_OR:
		return same_value(a->a, b->a) && same_value(a->b, b->b);
	case NODE_NOT:
		return same_value(a->a, b->a);
	}
	return false;
}

static bool is_constant(const struct node *n)
{
	return n->kind == NODE_NUM || n->kind == NODE_STR;
}

static bool opposite(unsigned a, unsigned b)
{
	return (a == VM_EQ && b == VM_NE) || (a == VM_NE && b == VM_EQ) || (a == VM_LT && b == VM_GE) ||
	       (a == VM_GE && b == VM_LT) || (a == VM_GT && b == VM_LE) || (a == VM_LE && b == VM_GT);
}

/* Two terms cannot both hold. */
static bool terms_contradict(const struct node *a, const struct node *b)
{
	if (a->kind == NODE_NOT && same_value(a->a, b))
		return true;
	if (b->kind == NODE_NOT && same_value(b->a, a))
		return true;
	if (a->kind != NODE_TEST || b->kind != NODE_TEST || !same_value(a->a, b->a))
		return false;
	if (a->op == VM_EQ && b->op == VM_EQ)
		return is_constant(a->b) && is_constant(b->b) && !same_value(a->b, b->b);
	return opposite(a->op, b->op) && same_value(a->b, b->b);
}

/* Terms that are joined by `and`. */
static bool any_term(const struct node *n, bool (*f)(const struct node *a, const struct node *b),
		     const struct node *other)
{
	if (n->kind == NODE_AND)
		return any_term(n->a, f, other) || any_term(n->b, f, other);
	return f(n, other);
}

static bool contradicts_term(const struct node *term, const struct node *condition)
{
	return any_term(condition, terms_contradict, term);
}

static bool contradict(const struct node *a, const struct node *b)
{
	return a && b && any_term(a, contradicts_term, b);
}

/* Where `if_this` holds, `then` does, too: each of its terms is one of if_this. */
static bool implies(const struct node *if_this, const struct node *then)
{
	if (!then)
		return true;
	if (!if_this)
		return false;
	if (then->kind == NODE_AND)
		return implies(if_this, then->a) && implies(if_this, then->b);
	return any_term(if_this, same_value, then);
}

struct promise {
	struct policy *p;
	struct item *item;
	enum level level;
	bool broken;	 /* reported once is enough */
	bool names_only; /* errors were found: which rules decide is not known */
};

static bool verb_is_meant(const struct item *promise, enum vm_verb verb)
{
	if (promise->verb_any)
		return verb != VERB_EQUAL && verb != VERB_STOP;
	return verb == promise->verb;
}

static void report(struct promise *r, const struct chain *chain, const struct link *bad, const struct abi_leaf *leaf)
{
	struct policy *p = r->p;
	struct span at = bad->arm ? bad->arm->at : r->item->at;
	const char *call = abi_schema_call(p->schema, leaf->call)->label;
	struct diag *g = diag_error(p->d, at, "E3008", "this breaks a promise: %s.%s would be decided by `%s`", call,
				    leaf->path, vm_verb_name(bad->verb));

	r->broken = true;
	diag_note(p->d, g, r->item->at, "the promise");
	for (const struct link *l = chain->first; l; l = l->next) {
		CLEANUP(buf_free) struct buf text = { 0 };

		if (!l->arm)
			continue;
		print_arm(&text, l->arm, false);
		diag_note(p->d, g, l->arm->at, "a rule for %s.%s: %s", call, leaf->path, buf_cstr(&text));
	}
}

/* Dispositions that come to the same as a verb for every field of a call. */
static void check_disposition(struct promise *r, const struct abi_leaf *leaf)
{
	struct policy *p = r->p;
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);

	for (const struct link *l = p->disposed[leaf->call].first; l; l = l->next) {
		bool replays = l->arm->disposition == DISP_EMULATE && (leaf->dir & DIR_OUT);
		bool accepts = l->arm->disposition == DISP_IGNORE;
		struct diag *g;

		if (!(replays && verb_is_meant(r->item, VERB_REPLAY)) &&
		    !(accepts && verb_is_meant(r->item, VERB_ACCEPT)))
			continue;
		g = diag_error(p->d, l->arm->at, "E3008", "this breaks a promise: `%s` for %s decides %s, too",
			       vm_disposition_name(l->arm->disposition), c->label, leaf->path);
		diag_note(p->d, g, r->item->at, "the promise");
		r->broken = true;
		return;
	}
}

static void check_leaf(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	struct promise *r = ctx;
	struct policy *p = r->p;
	const struct chain *chain = &p->chains[leaf->id];
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);
	struct node *condition = NULL;
	unsigned level = rank / RANK_LEVEL;

	if (r->broken)
		return;
	if (r->item->condition) {
		bool rows = level == LEVEL_CALL && names_many_rows(p, c);
		struct scope s = {
			.p = p,
			.call = c,
			.own = leaf,
			.phase = legal_phase(leaf),
			.wide = rows || level >= LEVEL_CLASS,
			.only = rows ? c->name : NULL,
		};

		if (condition_check(&s, r->item->condition, &condition) != COND_OK)
			return;
	}
	if (r->names_only)
		return;
	for (const struct link *l = chain->first; l; l = l->next) {
		if (verb_is_meant(r->item, l->verb) && !contradict(l->condition, condition)) {
			report(r, chain, l, leaf);
			return;
		}
		/* what the promise is about goes no further than this arm */
		if (!l->within && implies(condition, l->condition))
			break;
	}
	check_disposition(r, leaf);
}

void never_check(struct policy *p)
{
	bool errors = diags_errors(p->d) > 0;

	for (unsigned i = 0; i < p->nfiles; i++) {
		for (struct item *item = p->files[i]->ast->items; item; item = item->next) {
			struct promise r = { .p = p, .item = item, .names_only = errors };

			if (item->kind != ITEM_NEVER)
				continue;
			for (struct selector *s = item->selectors; s; s = s->next) {
				struct field_ref *field = item->fields;

				do {
					names_cover(p, s, field, check_leaf, &r, &r.level);
					field = field ? field->next : NULL;
				} while (field);
			}
		}
	}
}

/*
 * Promises: `never VERB FIELD [if CONDITION]` held against the effective rules.  A rule keeps a promise only if that
 * can be proven: it lacks the verb, or no pair that the promise is about reaches it.  What the terms show as they are
 * written is looked at first, the reasoner is asked about the rest.
 */
#include "spol/logic.h"
#include "spol/policy.h"

#include "base/map.h"
#include "vm/asm.h"

#include <string.h>

#define STEPS_MAX 2000000u /* of the reasoner, for all promises of a policy */

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

/* What all promises of a policy share. */
struct proofs {
	struct logic *logic;  /* NULL until it is needed */
	struct map64 *guards; /* address of a link, to its formula */
	unsigned steps;
};

struct promise {
	struct policy *p;
	struct item *item;
	struct proofs *proofs;
	enum level level;
	bool broken;     /* reported once is enough */
	bool names_only; /* errors were found: which rules decide is not known */
};

static bool verb_is_meant(const struct item *promise, enum vm_verb verb)
{
	if (promise->verb_any)
		return verb != VERB_EQUAL && verb != VERB_STOP;
	return verb == promise->verb;
}

/* ---- what the terms do not show ---- */

static struct logic *reasoner(struct promise *r)
{
	if (!r->proofs->logic) {
		r->proofs->logic = logic_new(r->p->schema);
		r->proofs->guards = map64_new();
	}
	return r->proofs->logic;
}

/* When the arm decides what gets as far as it.  An arm is asked about once for each one behind it. */
static formula guard_of(struct promise *r, const struct link *link)
{
	struct logic *l = reasoner(r);
	uint64_t known;

	if (map64_get(r->proofs->guards, (uintptr_t)link, &known))
		return (formula)known;
	known = logic_and(l, logic_condition(l, link->condition), logic_condition(l, link->within));
	map64_put(r->proofs->guards, (uintptr_t)link, known);
	return (formula)known;
}

static enum logic_answer solve(struct promise *r, struct buf *goals)
{
	size_t n = goals->len / sizeof(formula);
	unsigned budget, given;
	enum logic_answer answer;

	/* a chain of many arms is work, too */
	logic_spend(&r->proofs->steps, n / 16);
	given = budget = LOGIC_BUDGET < r->proofs->steps ? LOGIC_BUDGET : r->proofs->steps;
	if (!budget)
		return LOGIC_UNKNOWN;
	answer = logic_solve(reasoner(r), (const formula *)(void *)goals->data, n, NULL, &budget);
	r->proofs->steps -= given - budget;
	return answer;
}

static void add_goal(struct buf *goals, formula f)
{
	buf_add(goals, &f, sizeof(f));
}

/* Can a pair that the promise is about get as far as this arm, and be decided by it? */
static enum logic_answer can_decide(struct promise *r, const struct chain *chain, const struct link *link,
				    const struct abi_leaf *leaf, const struct node *condition)
{
	CLEANUP(buf_free) struct buf goals = { 0 };
	struct logic *l = reasoner(r);

	/* two values that are equal are answered by these arms alone */
	if (link->verb != VERB_MAP && link->verb != VERB_STOP)
		add_goal(&goals, logic_pair_differs(l, leaf));
	add_goal(&goals, logic_condition(l, condition));
	add_goal(&goals, guard_of(r, link));
	if (solve(r, &goals) == LOGIC_UNSAT)
		return LOGIC_UNSAT;
	for (const struct link *before = chain->first; before != link && r->proofs->steps; before = before->next)
		add_goal(&goals, logic_not(l, guard_of(r, before)));
	return solve(r, &goals);
}

/*
 * It speaks of nothing that may have changed between the entry of the call, where dispositions are chosen, and its
 * exit: of the pair itself dispositions know nothing.
 */
static bool speaks_of_entry(const struct policy *p, const struct node *n)
{
	if (!n)
		return true;
	if (n->kind == NODE_FACT)
		return false;
	if (n->kind == NODE_FIELD)
		return !(abi_schema_leaf(p->schema, n->leaf)->dir & DIR_OUT);
	return speaks_of_entry(p, n->a) && speaks_of_entry(p, n->b);
}

/* Can a call that the promise is about get this disposition? */
static enum logic_answer can_dispose(struct promise *r, const struct chain *chain, const struct link *link,
				     const struct node *condition)
{
	CLEANUP(buf_free) struct buf goals = { 0 };
	struct logic *l;

	if (!link->condition && chain->first == link)
		return LOGIC_SAT;
	if (!speaks_of_entry(r->p, condition) || !speaks_of_entry(r->p, link->condition))
		return LOGIC_UNKNOWN;
	l = reasoner(r);
	add_goal(&goals, logic_condition(l, condition));
	add_goal(&goals, guard_of(r, link));
	for (const struct link *before = chain->first; before != link && r->proofs->steps; before = before->next) {
		if (speaks_of_entry(r->p, before->condition))
			add_goal(&goals, logic_not(l, guard_of(r, before)));
	}
	return solve(r, &goals);
}

/* ---- reports ---- */

static const char *breaks(enum logic_answer answer)
{
	return answer == LOGIC_SAT ? "this breaks a promise"
				   : "this may break a promise, or it could not be proven not to";
}

static void report(struct promise *r, const struct chain *chain, const struct link *bad, const struct abi_leaf *leaf,
		   enum logic_answer answer)
{
	struct policy *p = r->p;
	struct span at = bad->arm ? bad->arm->at : r->item->at;
	const char *call = abi_schema_call(p->schema, leaf->call)->label;
	struct diag *g = diag_error(p->d, at, "E3008", "%s: %s.%s would be decided by `%s`", breaks(answer), call,
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

/*
 * What a disposition comes to for every field of a call: a call that is not traced, or that may be there on one side
 * only, passes whatever its fields are.
 */
static bool disposes_as_meant(const struct item *promise, enum vm_disposition d, const struct abi_leaf *leaf)
{
	switch (d) {
	case DISP_EMULATE:
		return (leaf->dir & DIR_OUT) && verb_is_meant(promise, VERB_REPLAY);
	case DISP_IGNORE:
	case DISP_OPTIONAL:
		return verb_is_meant(promise, VERB_ACCEPT);
	case DISP_EXECUTE:
	case DISP_FORBID:
	case DISP_COUNT:
		break;
	}
	return false;
}

static void check_disposition(struct promise *r, const struct abi_leaf *leaf, const struct node *condition)
{
	struct policy *p = r->p;
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);
	const struct chain *chain = &p->disposed[leaf->call];

	for (const struct link *l = chain->first; l; l = l->next) {
		enum logic_answer answer;
		struct diag *g;

		if (!disposes_as_meant(r->item, l->arm->disposition, leaf))
			continue;
		answer = can_dispose(r, chain, l, condition);
		if (answer == LOGIC_UNSAT)
			continue;
		g = diag_error(p->d, l->arm->at, "E3008", "%s: `%s` for %s decides %s, too", breaks(answer),
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
			enum logic_answer answer = can_decide(r, chain, l, leaf, condition);

			if (answer != LOGIC_UNSAT) {
				report(r, chain, l, leaf, answer);
				return;
			}
		}
		/* what the promise is about goes no further than this arm */
		if (!l->within && implies(condition, l->condition))
			break;
	}
	check_disposition(r, leaf, condition);
}

void never_check(struct policy *p)
{
	struct proofs proofs = { .steps = STEPS_MAX };
	bool errors = diags_errors(p->d) > 0;

	for (unsigned i = 0; i < p->nfiles; i++) {
		for (struct item *item = p->files[i]->ast->items; item; item = item->next) {
			struct promise r = { .p = p, .item = item, .proofs = &proofs, .names_only = errors };

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
	logic_free(proofs.logic);
	if (proofs.guards)
		map64_free(proofs.guards);
}

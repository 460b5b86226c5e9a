/*
 * Do some formulas hold together?  Alternatives are tried one after the other; what is certain is said to the reasoners
 * about numbers and strings, which share no values.
 */
#include "spol/logic_internal.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX        400
#define PENDING_PER_STEP 16 /* alternatives that can be looked through for one step */

enum mark { OPEN, YES, NO };

/* Whether a formula is among the alternatives that wait. */
enum listing { UNLISTED, LISTED, TRIED /* one of them is assumed */ };

/* One thing that was assumed, to be taken back. */
struct assumed {
	bool is_atom;
	uint32_t number;
};

struct query {
	struct logic *l;
	uint8_t *there;     /* enum mark by var */
	uint8_t *holds;     /* enum mark by atom */
	uint8_t *listed;    /* enum listing by formula */
	struct buf trail;   /* struct assumed */
	struct buf pending; /* formula: alternatives, of which one must hold */
	struct buf literals;
	size_t checked; /* literals that the reasoners have seen and did not refuse */
	struct logic_dfa *dfa;
	unsigned *budget;
	num_t *numbers;
	struct value *strings;
};

static size_t trail_length(const struct query *q)
{
	return q->trail.len / sizeof(struct assumed);
}

static bool set_there(struct query *q, uint32_t var, bool there)
{
	struct assumed a = { false, var };
	uint8_t mark = there ? YES : NO;

	if (q->there[var] != OPEN)
		return q->there[var] == mark;
	q->there[var] = mark;
	buf_add(&q->trail, &a, sizeof(a));
	return true;
}

static bool set_holds(struct query *q, uint32_t atom, bool holds)
{
	const struct atom *x = &q->l->atoms[atom];
	struct assumed a = { true, atom };
	struct literal lit = { atom, holds };
	uint8_t mark = holds ? YES : NO;

	if (q->holds[atom] != OPEN)
		return q->holds[atom] == mark;
	for (uint32_t i = 0; i < x->nvars; i++) {
		if (!set_there(q, x->vars[i], true))
			return false;
	}
	q->holds[atom] = mark;
	buf_add(&q->trail, &a, sizeof(a));
	buf_add(&q->literals, &lit, sizeof(lit));
	return true;
}

/* false: it contradicts what is assumed. */
static bool assume(struct query *q, formula f)
{
	const struct formula_node *n = &q->l->forms[f];

	switch (n->kind) {
	case FORM_FALSE:
		return false;
	case FORM_TRUE:
		return true;
	case FORM_THERE:
	case FORM_MISSING:
		return set_there(q, n->x, n->kind == FORM_THERE);
	case FORM_HOLDS:
	case FORM_FAILS:
		return set_holds(q, n->x, n->kind == FORM_HOLDS);
	case FORM_AND:
		for (uint32_t i = 0; i < n->nkids; i++) {
			if (!assume(q, n->kids[i]))
				return false;
		}
		return true;
	case FORM_OR:
		if (q->listed[f] == UNLISTED) {
			buf_add(&q->pending, &f, sizeof(f));
			q->listed[f] = LISTED;
		}
		return true;
	}
	return false;
}

/* Where the assumptions stand, to go back there. */
struct place {
	size_t trail, pending, literals, checked;
};

static struct place here(const struct query *q)
{
	return (struct place){ q->trail.len, q->pending.len, q->literals.len, q->checked };
}

static void go_back(struct query *q, struct place p)
{
	const struct assumed *list = (const struct assumed *)(const void *)q->trail.data;

	for (size_t i = trail_length(q); i-- > p.trail / sizeof(*list);)
		(list[i].is_atom ? q->holds : q->there)[list[i].number] = OPEN;
	for (size_t i = p.pending / sizeof(formula); i < q->pending.len / sizeof(formula); i++)
		q->listed[((const formula *)(const void *)q->pending.data)[i]] = UNLISTED;
	q->trail.len = p.trail;
	q->pending.len = p.pending;
	q->literals.len = p.literals;
	q->checked = p.checked;
}

/* What is known about a formula. */
static enum mark known(const struct query *q, formula f)
{
	const struct formula_node *n = &q->l->forms[f];
	enum mark all, m;

	switch (n->kind) {
	case FORM_FALSE:
		return NO;
	case FORM_TRUE:
		return YES;
	case FORM_THERE:
		return (enum mark)q->there[n->x];
	case FORM_MISSING:
		return q->there[n->x] == OPEN ? OPEN : q->there[n->x] == YES ? NO : YES;
	case FORM_HOLDS:
	case FORM_FAILS:
		if (q->holds[n->x] != OPEN)
			return (q->holds[n->x] == YES) == (n->kind == FORM_HOLDS) ? YES : NO;
		for (uint32_t i = 0; i < q->l->atoms[n->x].nvars; i++) {
			if (q->there[q->l->atoms[n->x].vars[i]] == NO)
				return NO;
		}
		return OPEN;
	case FORM_AND:
	case FORM_OR:
		break;
	}
	all = n->kind == FORM_AND ? YES : NO;
	for (uint32_t i = 0; i < n->nkids; i++) {
		m = known(q, n->kids[i]);
		if (m == OPEN)
			all = OPEN;
		else if (m == (n->kind == FORM_AND ? NO : YES))
			return m;
	}
	return all;
}

static bool is_number_atom(const struct atom *a)
{
	return a->kind == ATOM_RANGE || a->kind == ATOM_DIFFERENCE || a->kind == ATOM_NEAR || a->kind == ATOM_OPAQUE;
}

/* quick: only to see early that there is nothing. */
static enum logic_answer ask_reasoners(struct query *q, bool quick)
{
	const struct literal *list = (const struct literal *)(const void *)q->literals.data;
	size_t n = q->literals.len / sizeof(*list);
	enum logic_answer numbers, strings;
	bool any[2] = { false, false };

	for (size_t i = q->checked; i < n; i++)
		any[is_number_atom(&q->l->atoms[list[i].atom])] = true;
	if (*q->budget == 0)
		return LOGIC_UNKNOWN;
	logic_spend(q->budget, 1 + n / 16);
	numbers = strings = LOGIC_SAT;
	if (any[1] || !quick)
		numbers = num_solve(q->l, list, n, quick, q->numbers, q->budget);
	if (numbers == LOGIC_UNSAT)
		return numbers;
	if (any[0] || !quick)
		strings = str_solve(q->l, q->dfa, list, n, q->strings, q->budget);
	if (quick && strings != LOGIC_UNSAT)
		q->checked = n;
	return strings == LOGIC_SAT ? numbers : strings;
}

static unsigned liking(const struct query *q, formula f)
{
	unsigned kind = q->l->forms[f].kind;

	return kind == FORM_MISSING ? 2 : kind == FORM_AND || kind == FORM_OR ? 0 : 1;
}

/* Alternatives that nothing speaks against; *last one of them.  true: one of them holds anyway. */
static bool count_open(const struct query *q, formula f, uint32_t *n, formula *last)
{
	const struct formula_node * or = &q->l->forms[f];

	*n = 0;
	for (uint32_t i = 0; i < or->nkids; i++) {
		enum mark m = known(q, or->kids[i]);

		if (m == YES)
			return true;
		if (m == OPEN) {
			++*n;
			*last = or->kids[i];
		}
	}
	return false;
}

static enum logic_answer search(struct query *q, unsigned depth);

static enum logic_answer try_all(struct query *q, formula f, unsigned depth)
{
	const struct formula_node * or = &q->l->forms[f];
	enum logic_answer result = LOGIC_UNSAT;

	q->listed[f] = TRIED;
	/* that something is missing explains little: last */
	for (unsigned turn = 0; turn <= 2; turn++) {
		for (uint32_t i = 0; i < or->nkids; i++) {
			struct place p = here(q);
			enum logic_answer a;

			if (liking(q, or->kids[i]) != turn || known(q, or->kids[i]) == NO)
				continue;
			a = assume(q, or->kids[i]) ? search(q, depth + 1) : LOGIC_UNSAT;
			if (a == LOGIC_SAT)
				return a;
			if (a == LOGIC_UNKNOWN)
				result = a;
			go_back(q, p);
		}
	}
	q->listed[f] = LISTED;
	return result;
}

static enum logic_answer search(struct query *q, unsigned depth)
{
	formula best = FORMULA_FALSE, last = FORMULA_FALSE;
	uint32_t fewest, n;
	bool moved;

	if (depth > DEPTH_MAX)
		return LOGIC_UNKNOWN;
	do {
		size_t before = q->trail.len, pending = q->pending.len / sizeof(formula);

		if (*q->budget == 0)
			return LOGIC_UNKNOWN;
		logic_spend(q->budget, 1 + pending / PENDING_PER_STEP);
		fewest = UINT32_MAX;
		for (size_t i = 0; i < pending; i++) {
			formula f = ((const formula *)(const void *)q->pending.data)[i];

			if (q->listed[f] == TRIED || count_open(q, f, &n, &last))
				continue;
			if (n == 0 || (n == 1 && !assume(q, last)))
				return LOGIC_UNSAT;
			if (n > 1 && n < fewest) {
				fewest = n;
				best = f;
			}
		}
		/* an alternative that became certain may itself be alternatives */
		moved = q->trail.len != before || q->pending.len / sizeof(formula) != pending;
	} while (moved);
	if (fewest == UINT32_MAX)
		return ask_reasoners(q, false);
	if (q->literals.len / sizeof(struct literal) > q->checked && ask_reasoners(q, true) == LOGIC_UNSAT)
		return LOGIC_UNSAT;
	return try_all(q, best, depth);
}

/* ---- sets that are spoken of ---- */

static void collect_sets(const struct logic *l, formula f, uint8_t *seen, struct buf *sets)
{
	const struct formula_node *n = &l->forms[f];

	if (seen[f])
		return;
	seen[f] = 1;
	if ((n->kind == FORM_HOLDS || n->kind == FORM_FAILS) && l->atoms[n->x].kind == ATOM_GLOBS)
		buf_add(sets, &l->atoms[n->x].y, sizeof(uint32_t));
	for (uint32_t i = 0; i < n->nkids; i++)
		collect_sets(l, n->kids[i], seen, sets);
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static struct logic_dfa *dfa_for(struct logic *l, const formula *f, size_t n)
{
	CLEANUP(buf_free) struct buf sets = { 0 };
	CLEANUP(free_ptr) uint8_t *seen = xcalloc(l->nforms, 1);
	uint32_t *list, kept = 0;
	size_t count;

	for (size_t i = 0; i < n; i++)
		collect_sets(l, f[i], seen, &sets);
	list = (uint32_t *)(void *)sets.data;
	count = sets.len / sizeof(*list);
	if (count > 1)
		qsort(list, count, sizeof(*list), by_number);
	for (size_t i = 0; i < count; i++) {
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	}
	return str_dfa(l, list, kept);
}

/* ---- answers ---- */

static num_t plain_number(const struct var *v)
{
	num_t n;

	return ranges_up(v->range, 0, &n) || ranges_down(v->range, 0, &n) ? n : 0;
}

static void make_model(struct query *q, struct logic_model *m)
{
	struct logic *l = q->l;
	const struct assumed *list = (const struct assumed *)(const void *)q->trail.data;

	m->values = arena_array(l->arena, trail_length(q), sizeof(*m->values));
	m->n = 0;
	for (size_t i = 0; i < trail_length(q); i++) {
		const struct var *v = &l->vars[list[i].number];
		struct logic_value *out = &m->values[m->n];

		if (list[i].is_atom)
			continue;
		m->n++;
		*out = (struct logic_value){ .kind = v->kind, .side = v->side, .fact = v->fact, .leaf = v->leaf };
		if (q->there[list[i].number] == YES)
			out->value = v->is_string ? q->strings[list[i].number] : value_num(q->numbers[list[i].number]);
	}
}

enum logic_answer logic_solve(struct logic *l, const formula *f, size_t n, struct logic_model *m, unsigned *budget)
{
	struct query q = { .l = l, .budget = budget };
	size_t before = l->work;
	enum logic_answer answer;
	bool possible = true;

	q.there = xcalloc(l->nvars + 1, 1);
	q.holds = xcalloc(l->natoms + 1, 1);
	q.listed = xcalloc(l->nforms, 1);
	q.numbers = xcalloc(l->nvars + 1, sizeof(*q.numbers));
	q.strings = xcalloc(l->nvars + 1, sizeof(*q.strings));
	for (uint32_t i = 0; i < l->nvars; i++) {
		if (l->vars[i].is_string)
			q.strings[i] = value_bytes("", 0);
		else
			q.numbers[i] = plain_number(&l->vars[i]);
	}
	q.dfa = dfa_for(l, f, n);
	logic_spend(budget, 1 + n / 16 + l->nforms / 1024 + (l->work - before));
	for (size_t i = 0; i < n && possible; i++)
		possible = assume(&q, f[i]);
	answer = possible ? search(&q, 0) : LOGIC_UNSAT;
	if (answer == LOGIC_SAT && m)
		make_model(&q, m);
	free(q.there);
	free(q.holds);
	free(q.listed);
	free(q.numbers);
	free(q.strings);
	buf_free(&q.trail);
	buf_free(&q.pending);
	buf_free(&q.literals);
	return answer;
}

/*
 * Arithmetic in conditions as sums of terms: `a + 3 <= b` and `b >= a + 3` become the same atom.  What is no sum (a
 * product, a quotient, bits of two values) is a term of its own that only values can say something about.
 */
#include "spol/logic_internal.h"

#include "base/check.h"
#include "vm/asm.h"

#include <string.h>

#define PER_CENT        100000 /* a tolerance counts thousandths of a hundredth */
#define COEFFICIENT_MAX ((num_t)1 << 100)

/* ---- values and bounds ---- */

num_t term_op(enum vm_arith op, num_t a, num_t b)
{
	switch (op) {
	case VM_ADD:
		return num_add(a, b);
	case VM_SUB:
		return num_sub(a, b);
	case VM_MUL:
		return num_mul(a, b);
	case VM_DIV:
		return num_div(a, b);
	case VM_AND:
		return a & b;
	case VM_OR:
		return a | b;
	}
	INVARIANT(!"no such operation");
	return 0;
}

num_t term_value(const struct linear *f, const num_t *values)
{
	num_t sum = f->k;

	for (uint32_t i = 0; i < f->n; i++)
		sum = num_add(sum, num_mul(f->coef[i], values[f->term[i]]));
	return sum;
}

static num_t least(num_t a, num_t b)
{
	return a < b ? a : b;
}

static num_t most(num_t a, num_t b)
{
	return a > b ? a : b;
}

bool term_bounds(const struct linear *f, const num_t *low, const num_t *high, num_t *out_low, num_t *out_high)
{
	num_t l = f->k, h = f->k;

	for (uint32_t i = 0; i < f->n; i++) {
		num_t x, y;

		if (__builtin_mul_overflow(f->coef[i], low[f->term[i]], &x) ||
		    __builtin_mul_overflow(f->coef[i], high[f->term[i]], &y) ||
		    __builtin_add_overflow(l, least(x, y), &l) || __builtin_add_overflow(h, most(x, y), &h))
			return false;
	}
	*out_low = l;
	*out_high = h;
	return true;
}

/* All bits up to the highest one that is set in n, which is not negative. */
static num_t bits_below(num_t n)
{
	unum_t u = (unum_t)n;

	for (unsigned i = 1; i < 128; i <<= 1)
		u |= u >> i;
	return (num_t)u;
}

static void bit_bounds(enum vm_arith op, num_t alow, num_t ahigh, num_t blow, num_t bhigh, num_t *low, num_t *high)
{
	/* n < 0 as the number of bits that it needs: ~n */
	num_t bits = bits_below(most(most(ahigh, bhigh), most(alow < 0 ? ~alow : 0, blow < 0 ? ~blow : 0)));

	*low = alow < 0 || blow < 0 ? -bits - 1 : 0;
	*high = bits;
	if (op == VM_OR) {
		if (alow >= 0 && blow >= 0)
			*low = most(alow, blow);
		else if (ahigh < 0 || bhigh < 0)
			*high = -1;
		return;
	}
	if (alow >= 0 || blow >= 0)
		*low = 0;
	if (alow >= 0)
		*high = least(*high, ahigh);
	if (blow >= 0)
		*high = least(*high, bhigh);
}

void term_op_bounds(enum vm_arith op, num_t alow, num_t ahigh, num_t blow, num_t bhigh, num_t *low, num_t *high)
{
	num_t corners[4], size;

	switch (op) {
	case VM_ADD:
		*low = num_add(alow, blow);
		*high = num_add(ahigh, bhigh);
		return;
	case VM_SUB:
		*low = num_sub(alow, bhigh);
		*high = num_sub(ahigh, blow);
		return;
	case VM_MUL:
		corners[0] = num_mul(alow, blow);
		corners[1] = num_mul(alow, bhigh);
		corners[2] = num_mul(ahigh, blow);
		corners[3] = num_mul(ahigh, bhigh);
		*low = *high = corners[0];
		for (unsigned i = 1; i < 4; i++) {
			*low = least(*low, corners[i]);
			*high = most(*high, corners[i]);
		}
		return;
	case VM_DIV:
		/* no quotient is larger than the dividend; by 0 it is 0 */
		size = most(ahigh < 0 ? num_sub(0, ahigh) : ahigh, alow < 0 ? num_sub(0, alow) : alow);
		*low = alow >= 0 && blow >= 0 ? 0 : least(num_sub(0, size), alow);
		*high = (alow >= 0 && bhigh <= 0) || (ahigh <= 0 && blow >= 0) ? 0 : size;
		return;
	case VM_AND:
	case VM_OR:
		bit_bounds(op, alow, ahigh, blow, bhigh, low, high);
		return;
	}
}

/* ---- terms ---- */

void term_vars(const struct logic *l, const struct linear *f, struct buf *vars)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct term *t = &l->terms[f->term[i]];

		if (t->kind == TERM_VAR) {
			buf_add(vars, &t->var, sizeof(t->var));
			continue;
		}
		term_vars(l, &t->a, vars);
		term_vars(l, &t->b, vars);
	}
}

static void linear_key(struct buf *key, const struct linear *f)
{
	buf_byte(key, (uint8_t)f->n);
	for (uint32_t i = 0; i < f->n; i++) {
		buf_le32(key, f->term[i]);
		buf_add(key, &f->coef[i], sizeof(f->coef[i]));
	}
	buf_add(key, &f->k, sizeof(f->k));
}

/* Bounds of a linear form when all that is known are the bounds of its terms. */
static bool known_bounds(const struct logic *l, const struct linear *f, num_t *low, num_t *high)
{
	num_t lows[LINEAR_MAX], highs[LINEAR_MAX];
	struct linear g = *f;

	for (uint32_t i = 0; i < f->n; i++) {
		lows[i] = l->terms[f->term[i]].low;
		highs[i] = l->terms[f->term[i]].high;
		g.term[i] = i;
	}
	return term_bounds(&g, lows, highs, low, high);
}

static uint32_t make_term(struct logic *l, struct term *t)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	num_t alow, ahigh, blow, bhigh;
	uint32_t number;
	bool is_new;

	buf_byte(&key, 't');
	buf_byte(&key, (uint8_t)t->kind);
	buf_byte(&key, (uint8_t)t->op);
	buf_le32(&key, t->var);
	buf_add(&key, &t->mask, sizeof(t->mask));
	linear_key(&key, &t->a);
	linear_key(&key, &t->b);
	number = logic_intern(l, &key, l->nterms, &is_new);
	if (!is_new)
		return number;
	switch (t->kind) {
	case TERM_VAR: {
		struct ranges r = l->vars[t->var].range;

		t->low = r.list[0].low;
		t->high = r.list[r.n - 1].high;
		break;
	}
	case TERM_SUM:
		INVARIANT(known_bounds(l, &t->a, &t->low, &t->high));
		break;
	case TERM_MASK:
		INVARIANT(known_bounds(l, &t->a, &alow, &ahigh));
		term_op_bounds(VM_AND, alow, ahigh, t->mask, t->mask, &t->low, &t->high);
		break;
	case TERM_OP:
		INVARIANT(known_bounds(l, &t->a, &alow, &ahigh) && known_bounds(l, &t->b, &blow, &bhigh));
		term_op_bounds(t->op, alow, ahigh, blow, bhigh, &t->low, &t->high);
		break;
	}
	if (l->nterms == l->terms_room) {
		l->terms_room = l->terms_room ? l->terms_room * 2 : 64;
		l->terms = xrealloc(l->terms, l->terms_room, sizeof(*l->terms));
	}
	l->terms[l->nterms++] = *t;
	return number;
}

static void one_term(struct linear *f, uint32_t term)
{
	*f = (struct linear){ .n = 1 };
	f->term[0] = term;
	f->coef[0] = 1;
}

/* ---- sums ---- */

/* out := a + factor * b.  false: it is too long, or some part of it can leave what a num_t holds. */
static bool add_scaled(const struct logic *l, const struct linear *a, const struct linear *b, num_t factor,
		       struct linear *out)
{
	struct linear r = { .k = a->k };
	num_t scaled, low, high;
	uint32_t i = 0, k = 0;

	if (__builtin_mul_overflow(b->k, factor, &scaled) || __builtin_add_overflow(r.k, scaled, &r.k))
		return false;
	while (i < a->n || k < b->n) {
		uint32_t term = i < a->n && (k == b->n || a->term[i] <= b->term[k]) ? a->term[i] : b->term[k];
		num_t coef = 0;

		if (i < a->n && a->term[i] == term)
			coef = a->coef[i++];
		if (k < b->n && b->term[k] == term) {
			if (__builtin_mul_overflow(b->coef[k++], factor, &scaled) ||
			    __builtin_add_overflow(coef, scaled, &coef))
				return false;
		}
		if (!coef)
			continue;
		if (r.n == LINEAR_MAX || coef > COEFFICIENT_MAX || coef < -COEFFICIENT_MAX)
			return false;
		r.term[r.n] = term;
		r.coef[r.n++] = coef;
	}
	/* the machine computes it step by step: no step may saturate, so the operands must fit, too */
	if (!known_bounds(l, &r, &low, &high))
		return false;
	*out = r;
	return true;
}

static void op_term(struct logic *l, enum vm_arith op, const struct linear *a, const struct linear *b,
		    struct linear *out)
{
	struct term t = { .kind = TERM_OP, .op = op, .a = *a, .b = *b };

	one_term(out, make_term(l, &t));
}

/* f & mask, where that is bits of one term. */
static bool mask_term(struct logic *l, const struct linear *f, num_t mask, struct linear *out)
{
	struct term t = { .kind = TERM_MASK, .a = *f, .mask = mask };
	const struct term *inner;

	if (mask == 0) {
		*out = (struct linear){ 0 };
		return true;
	}
	if (f->n != 1 || f->coef[0] != 1 || f->k != 0)
		return false;
	inner = &l->terms[f->term[0]];
	if (inner->kind == TERM_MASK) {
		t.mask &= inner->mask;
		t.a = inner->a;
		if (!t.mask) {
			*out = (struct linear){ 0 };
			return true;
		}
	}
	one_term(out, make_term(l, &t));
	return true;
}

static void linear_of(struct logic *l, const struct node *n, enum vm_side bare, struct linear *out);

static void arith_of(struct logic *l, const struct node *n, enum vm_side bare, struct linear *out)
{
	enum vm_arith op = (enum vm_arith)n->op;
	struct linear a, b, rest;

	linear_of(l, n->a, bare, &a);
	linear_of(l, n->b, bare, &b);
	if (!a.n && !b.n) {
		*out = (struct linear){ .k = term_op(op, a.k, b.k) };
		return;
	}
	switch (op) {
	case VM_ADD:
		if (add_scaled(l, &a, &b, 1, out))
			return;
		break;
	case VM_SUB:
		if (add_scaled(l, &a, &b, -1, out))
			return;
		break;
	case VM_MUL:
		rest = (struct linear){ 0 };
		if (!a.n && add_scaled(l, &rest, &b, a.k, out))
			return;
		if (!b.n && add_scaled(l, &rest, &a, b.k, out))
			return;
		break;
	case VM_AND:
		if ((!b.n && mask_term(l, &a, b.k, out)) || (!a.n && mask_term(l, &b, a.k, out)))
			return;
		break;
	case VM_OR:
		/* x | m is (x & ~m) + m */
		if ((!b.n && mask_term(l, &a, ~b.k, &rest)) || (!a.n && mask_term(l, &b, ~a.k, &rest))) {
			struct linear bits = { .k = b.n ? a.k : b.k };

			if (add_scaled(l, &rest, &bits, 1, out))
				return;
		}
		break;
	case VM_DIV:
		break;
	}
	op_term(l, op, &a, &b, out);
}

static void linear_of(struct logic *l, const struct node *n, enum vm_side bare, struct linear *out)
{
	uint32_t var;

	switch (n->kind) {
	case NODE_NUM:
		*out = (struct linear){ .k = n->num };
		return;
	case NODE_ARITH:
		arith_of(l, n, bare, out);
		return;
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
		var = logic_var(l, n, bare);
		if (l->vars[var].term == UINT32_MAX) {
			struct term t = { .kind = TERM_VAR, .var = var };

			/* the table of values may move, but not its numbers */
			uint32_t term = make_term(l, &t);

			l->vars[var].term = term;
		}
		one_term(out, l->vars[var].term);
		return;
	case NODE_STR:
	case NODE_TEST:
	case NODE_IN:
	case NODE_WITHIN:
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
		break;
	}
	INVARIANT(!"this is no number");
}

/* ---- atoms ---- */

static num_t divisor(num_t a, num_t b)
{
	a = a < 0 ? -a : a;
	b = b < 0 ? -b : b;
	while (b) {
		num_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static num_t floor_div(num_t a, num_t b)
{
	num_t q = a / b;

	return a % b && (a < 0) != (b < 0) ? q - 1 : q;
}

static num_t ceil_div(num_t a, num_t b)
{
	num_t q = a / b;

	return a % b && (a < 0) == (b < 0) ? q + 1 : q;
}

/* What s may be where g * s + k is in r; all of r is within the bounds of g * s + k. */
static struct ranges divide(struct logic *l, struct ranges r, num_t g, num_t k)
{
	struct interval *list = arena_array(l->arena, r.n, sizeof(*list));

	for (uint32_t i = 0; i < r.n; i++) {
		num_t low = r.list[i].low - k, high = r.list[i].high - k;

		list[i] = g > 0 ? (struct interval){ ceil_div(low, g), floor_div(high, g) }
				: (struct interval){ ceil_div(high, g), floor_div(low, g) };
	}
	return ranges_make(l->arena, list, r.n);
}

/* x (or x - y), which lies in [low, high], is in r: the one form of the atom and its contrary that leaves out high. */
static formula range_atom(struct logic *l, enum atom_kind kind, uint32_t x, uint32_t y, struct ranges r, num_t low,
			  num_t high)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct atom a = { .kind = kind, .x = x, .y = y };
	bool holds = true;

	a.in = ranges_and(l->arena, r, ranges_one(l->arena, low, high));
	if (!a.in.n)
		return FORMULA_FALSE;
	if (a.in.list[0].low == low && a.in.list[0].high == high)
		return FORMULA_TRUE;
	if (a.in.list[a.in.n - 1].high == high) {
		a.in = ranges_not(l->arena, a.in, low, high);
		holds = false;
	}
	buf_str(&key, kind == ATOM_RANGE ? "ar" : "ad");
	buf_le32(&key, x);
	buf_le32(&key, y);
	buf_add(&key, a.in.list, a.in.n * sizeof(*a.in.list));
	return logic_literal(l, &a, &key, holds);
}

/* Nothing but values will tell whether f is in r. */
static formula opaque(struct logic *l, const struct linear *f, struct ranges r)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct atom a = { .kind = ATOM_OPAQUE };

	buf_str(&key, "ao");
	linear_key(&key, f);
	buf_add(&key, r.list, r.n * sizeof(*r.list));
	return logic_literal(l, &a, &key, true);
}

/* A linear form is in r. */
static formula linear_in(struct logic *l, struct linear f, struct ranges r)
{
	num_t low, high, g = 0, k = f.k;

	INVARIANT(known_bounds(l, &f, &low, &high));
	r = ranges_and(l->arena, r, ranges_one(l->arena, low, high));
	if (!r.n)
		return FORMULA_FALSE;
	if (!f.n)
		return FORMULA_TRUE;
	f.k = 0;
	if (!known_bounds(l, &f, &low, &high)) {
		f.k = k;
		return opaque(l, &f, r);
	}
	for (uint32_t i = 0; i < f.n; i++)
		g = divisor(f.coef[i], g);
	if (f.coef[0] < 0)
		g = -g;
	for (uint32_t i = 0; i < f.n; i++)
		f.coef[i] /= g;
	r = divide(l, r, g, k);
	INVARIANT(known_bounds(l, &f, &low, &high));
	if (f.n == 1)
		return range_atom(l, ATOM_RANGE, f.term[0], 0, r, low, high);
	if (f.n == 2 && f.coef[0] == 1 && f.coef[1] == -1)
		return range_atom(l, ATOM_DIFFERENCE, f.term[0], f.term[1], r, low, high);
	struct term sum = { .kind = TERM_SUM, .a = f };

	return range_atom(l, ATOM_RANGE, make_term(l, &sum), 0, r, low, high);
}

/* a - b as a form whose sign is right; exact only if true is returned. */
static bool difference(struct logic *l, const struct node *n, enum vm_side bare, struct linear *a, struct linear *b,
		       struct linear *out)
{
	linear_of(l, n->a, bare, a);
	linear_of(l, n->b, bare, b);
	if (add_scaled(l, a, b, -1, out))
		return true;
	if (!a->n && !b->n) {
		*out = (struct linear){ .k = num_sub(a->k, b->k) };
		return false;
	}
	op_term(l, VM_SUB, a, b, out);
	return false;
}

formula term_compare(struct logic *l, const struct node *n, enum vm_side bare)
{
	struct linear a, b, f;
	num_t low = NUM_MIN, high = NUM_MAX;

	/* a difference that saturates keeps its sign and is no 0 */
	difference(l, n, bare, &a, &b, &f);
	switch ((enum vm_compare)n->op) {
	case VM_EQ:
		low = high = 0;
		break;
	case VM_NE:
		return logic_not(l, linear_in(l, f, ranges_one(l->arena, 0, 0)));
	case VM_LT:
		high = -1;
		break;
	case VM_LE:
		high = 0;
		break;
	case VM_GT:
		low = 1;
		break;
	case VM_GE:
		low = 0;
		break;
	}
	return linear_in(l, f, ranges_one(l->arena, low, high));
}

formula term_in(struct logic *l, const struct node *n, enum vm_side bare)
{
	const struct resolved_set *s = n->set;
	struct interval *in = arena_array(l->arena, s->n, sizeof(*in)),
			*out = arena_array(l->arena, s->n, sizeof(*out));
	uint32_t nin = 0, nout = 0;
	struct ranges r;
	struct linear f;

	for (size_t i = 0; i < s->n; i++) {
		struct interval one = { s->numbers[i], s->numbers[i] };

		if (s->excluded && s->excluded[i])
			out[nout++] = one;
		else
			in[nin++] = one;
	}
	r = ranges_not(l->arena, ranges_make(l->arena, out, nout), NUM_MIN, NUM_MAX);
	r = ranges_and(l->arena, ranges_make(l->arena, in, nin), r);
	linear_of(l, n->a, bare, &f);
	return linear_in(l, f, r);
}

formula term_within(struct logic *l, const struct node *n, enum vm_side bare)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct atom near = { .kind = ATOM_NEAR, .tolerance = n->num, .percent = n->percent };
	struct linear f;
	num_t room;
	bool exact;

	exact = difference(l, n, bare, &near.a, &near.b, &f);
	if (!near.a.n && !near.b.n)
		return (n->percent ? num_within_percent : num_within)(near.a.k, near.b.k, n->num) ? FORMULA_TRUE
												  : FORMULA_FALSE;
	if (n->num < 0)
		return FORMULA_FALSE;
	if (exact && !n->percent)
		return linear_in(l, f, ranges_one(l->arena, -n->num, n->num));
	if (exact && !f.n && f.k == 0)
		return FORMULA_TRUE; /* the same on both sides */
	if (exact && !near.a.n && !__builtin_mul_overflow(near.a.k < 0 ? -near.a.k : near.a.k, n->num, &room))
		return linear_in(l, f, ranges_one(l->arena, -(room / PER_CENT), room / PER_CENT));
	buf_str(&key, "an");
	buf_byte(&key, n->percent);
	buf_add(&key, &n->num, sizeof(n->num));
	linear_key(&key, &near.a);
	linear_key(&key, &near.b);
	return logic_literal(l, &near, &key, true);
}

/*
 * Numbers: bounds of values and of differences of two values (shortest paths), bits of values, and cases where neither
 * is enough.  Says UNSAT only where bounds cross.
 */
#include "spol/logic_num.h"

#include "base/check.h"
#include "vm/asm.h"

#include <string.h>

#define ROUNDS     40
#define DEPTH      160
#define SPLITS_MAX 400 /* halvings in one system */
#define SMALL      ((num_t)1 << 125)

/* node a - node b is at most d[a][b]; NUM_NODES stands for 0.  NUM_MAX: no bound. */
#define ZERO NUM_NODES
struct state {
	num_t d[NUM_NODES + 1][NUM_NODES + 1];
	num_t fixed[NUM_NODES], bits[NUM_NODES]; /* bits that are known, and what they are */
};

/* ---- the system ---- */

void num_complete(const struct num_system *s, num_t *values)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct num_node *n = &s->nodes[i];

		switch (n->term->kind) {
		case TERM_VAR:
			break;
		case TERM_MASK:
			values[i] = term_value(&n->a, values) & n->term->mask;
			break;
		case TERM_SUM:
			values[i] = term_value(&n->a, values);
			break;
		case TERM_OP:
			values[i] = term_op(n->term->op, term_value(&n->a, values), term_value(&n->b, values));
			break;
		}
	}
}

static bool near_holds(const struct num_near *n, const num_t *values)
{
	num_t a = term_value(&n->a, values), b = term_value(&n->b, values);

	return (n->percent ? num_within_percent : num_within)(a, b, n->tolerance) == n->holds;
}

unsigned num_broken(const struct num_system *s, const num_t *values, uint32_t *first)
{
	uint32_t where = 0;
	unsigned broken = 0;

	for (uint32_t i = 0; i < s->nnears; i++) {
		if (!near_holds(&s->nears[i], values)) {
			broken++;
			where = NUM_NODES + s->ndifferences + i;
		}
	}
	for (uint32_t i = s->n; i-- > 0;) {
		if (!ranges_have(s->nodes[i].domain, values[i])) {
			broken++;
			where = i;
		}
	}
	for (uint32_t i = s->ndifferences; i-- > 0;) {
		const struct num_difference *d = &s->differences[i];

		if (!ranges_have(d->in, num_sub(values[d->x], values[d->y]))) {
			broken++;
			where = NUM_NODES + i;
		}
	}
	if (first)
		*first = where;
	return broken;
}

static uint32_t add_node(struct num_system *s, uint32_t term);

static bool localize(struct num_system *s, const struct linear *f, struct linear *out)
{
	*out = *f;
	for (uint32_t i = 0; i < f->n; i++) {
		out->term[i] = add_node(s, f->term[i]);
		if (out->term[i] == NUM_NODES)
			return false;
	}
	return true;
}

/* NUM_NODES: there are too many. */
static uint32_t add_node(struct num_system *s, uint32_t term)
{
	const struct term *t = &s->l->terms[term];
	struct num_node n = { .term = t };

	for (uint32_t i = 0; i < s->n; i++) {
		if (s->nodes[i].term == t)
			return i;
	}
	if (!localize(s, &t->a, &n.a) || !localize(s, &t->b, &n.b) || s->n == NUM_NODES)
		return NUM_NODES;
	n.domain = t->kind == TERM_VAR ? s->l->vars[t->var].range : ranges_one(s->l->scratch, t->low, t->high);
	s->nodes[s->n] = n;
	return s->n++;
}

static struct ranges allowed(struct num_system *s, const struct literal *lit, num_t low, num_t high)
{
	const struct atom *a = &s->l->atoms[lit->atom];

	return lit->holds ? a->in : ranges_not(s->l->scratch, a->in, low, high);
}

/* false: it contradicts what is there. */
static bool add_difference(struct num_system *s, const struct literal *lit)
{
	const struct atom *a = &s->l->atoms[lit->atom];
	uint32_t x = add_node(s, a->x), y = add_node(s, a->y);
	struct ranges in = allowed(s, lit, NUM_MIN, NUM_MAX);
	struct num_difference *d;

	if (x == NUM_NODES || y == NUM_NODES) {
		s->partial = true;
		return true;
	}
	for (d = s->differences; d < s->differences + s->ndifferences; d++) {
		if (d->x == x && d->y == y) {
			d->in = ranges_and(s->l->scratch, d->in, in);
			return d->in.n > 0;
		}
	}
	s->ndifferences++;
	*d = (struct num_difference){ x, y, in };
	return true;
}

static bool add_near(struct num_system *s, const struct literal *lit)
{
	const struct atom *a = &s->l->atoms[lit->atom];
	struct num_near *n = &s->nears[s->nnears];

	*n = (struct num_near){ .tolerance = a->tolerance, .percent = a->percent, .holds = lit->holds };
	if (!localize(s, &a->a, &n->a) || !localize(s, &a->b, &n->b)) {
		s->partial = true;
		return true;
	}
	for (uint32_t i = 0; i < s->nnears; i++) {
		const struct num_near *o = &s->nears[i];
		const struct num_near *in = o->holds ? o : n, *out = o->holds ? n : o;

		/* what is within a tolerance is within every larger one */
		if (o->holds != n->holds && o->percent == n->percent && in->tolerance <= out->tolerance &&
		    memcmp(&o->a, &n->a, sizeof(n->a)) == 0 && memcmp(&o->b, &n->b, sizeof(n->b)) == 0)
			return false;
	}
	s->nnears++;
	return true;
}

static bool add_literal(struct num_system *s, const struct literal *lit)
{
	const struct atom *a = &s->l->atoms[lit->atom];
	struct num_node *node;
	uint32_t x;

	switch (a->kind) {
	case ATOM_RANGE:
		x = add_node(s, a->x);
		if (x == NUM_NODES) {
			s->partial = true;
			return true;
		}
		node = &s->nodes[x];
		node->domain = ranges_and(s->l->scratch, node->domain, allowed(s, lit, NUM_MIN, NUM_MAX));
		return node->domain.n > 0;
	case ATOM_DIFFERENCE:
		return add_difference(s, lit);
	case ATOM_NEAR:
		return add_near(s, lit);
	case ATOM_OPAQUE:
		s->partial = true;
		return true;
	case ATOM_IS:
	case ATOM_SAME:
	case ATOM_GLOBS:
		break;
	}
	return true;
}

/* ---- bounds ---- */

static num_t low_of(const struct state *st, uint32_t i)
{
	return st->d[ZERO][i] == NUM_MAX ? NUM_MIN : num_sub(0, st->d[ZERO][i]);
}

static num_t high_of(const struct state *st, uint32_t i)
{
	return st->d[i][ZERO];
}

static void set_low(struct state *st, uint32_t i, num_t low, bool *changed)
{
	if (low > low_of(st, i)) {
		st->d[ZERO][i] = num_sub(0, low);
		*changed = true;
	}
}

static void set_high(struct state *st, uint32_t i, num_t high, bool *changed)
{
	if (high < high_of(st, i)) {
		st->d[i][ZERO] = high;
		*changed = true;
	}
}

/* Shortest paths.  false: some value would have to differ from itself. */
static bool close_paths(const struct num_system *s, struct state *st)
{
	uint32_t index[NUM_NODES + 1];

	for (uint32_t i = 0; i < s->n; i++)
		index[i] = i;
	index[s->n] = ZERO;
	for (uint32_t c = 0; c <= s->n; c++) {
		for (uint32_t a = 0; a <= s->n; a++) {
			num_t first = st->d[index[a]][index[c]];

			for (uint32_t b = 0; b <= s->n && first != NUM_MAX; b++) {
				num_t second = st->d[index[c]][index[b]], *now = &st->d[index[a]][index[b]];

				if (second != NUM_MAX && num_add(first, second) < *now)
					*now = num_add(first, second);
			}
		}
	}
	for (uint32_t i = 0; i <= s->n; i++) {
		if (st->d[index[i]][index[i]] < 0)
			return false;
	}
	return true;
}

static unsigned highest_bit(unum_t u)
{
	unsigned bit = 0;

	for (unsigned step = 64; step; step >>= 1) {
		if (u >> step) {
			u >>= step;
			bit += step;
		}
	}
	return bit;
}

/* The least number from n upwards that has those bits. */
static bool match_up(num_t fixed, num_t bits, num_t n, num_t *out)
{
	const unum_t sign = (unum_t)1 << 127;
	unum_t f = (unum_t)fixed, v = ((unum_t)bits ^ sign) & f, u = (unum_t)n ^ sign, wrong = (u ^ v) & f, bit;

	if (!wrong) {
		*out = n;
		return true;
	}
	bit = (unum_t)1 << highest_bit(wrong);
	if (!(v & bit)) {
		/* too high there: something above must grow */
		do {
			if (bit == sign)
				return false;
			bit <<= 1;
		} while ((f & bit) || (u & bit));
	}
	*out = (num_t)(((u & ~(bit | (bit - 1))) | bit | (v & (bit - 1))) ^ sign);
	return true;
}

static bool match_down(num_t fixed, num_t bits, num_t n, num_t *out)
{
	if (!match_up(fixed, ~bits, ~n, out))
		return false;
	*out = ~*out;
	return true;
}

static bool narrow_values(const struct num_system *s, struct state *st, bool *changed)
{
	for (uint32_t i = 0; i < s->n; i++) {
		num_t low, high;

		if (!ranges_up(s->nodes[i].domain, low_of(st, i), &low) ||
		    !ranges_down(s->nodes[i].domain, high_of(st, i), &high) ||
		    !match_up(st->fixed[i], st->bits[i], low, &low) ||
		    !match_down(st->fixed[i], st->bits[i], high, &high) || low > high)
			return false;
		set_low(st, i, low, changed);
		set_high(st, i, high, changed);
	}
	return true;
}

/* Bits that are known from the bounds, too.  false: they contradict. */
static bool known_bits(const struct state *st, uint32_t i, num_t *fixed, num_t *bits)
{
	num_t low = low_of(st, i), high = high_of(st, i), same;

	*fixed = st->fixed[i];
	*bits = st->bits[i];
	if ((low ^ high) < 0)
		return true;
	same = low == high ? -1 : ~(num_t)(((unum_t)2 << highest_bit((unum_t)(low ^ high))) - 1);
	if ((*bits ^ low) & *fixed & same)
		return false;
	*bits = (*bits & *fixed) | (low & same);
	*fixed |= same;
	return true;
}

static bool mask_bounds(const struct num_system *s, struct state *st, uint32_t i, bool *changed)
{
	const num_t sign = NUM_MIN;
	const struct num_node *n = &s->nodes[i];
	uint32_t of = n->a.term[0];
	num_t mask = n->term->mask, fixed, bits, open;

	if (n->a.n != 1 || n->a.coef[0] != 1 || n->a.k != 0)
		return true;
	if (low_of(st, i) == high_of(st, i)) {
		num_t value = low_of(st, i);

		if ((value & ~mask) || ((st->bits[of] ^ value) & st->fixed[of] & mask))
			return false;
		if (mask & ~st->fixed[of])
			*changed = true;
		st->fixed[of] |= mask;
		st->bits[of] |= value;
	}
	if (!known_bits(st, of, &fixed, &bits))
		return false;
	open = mask & ~fixed;
	set_low(st, i, (bits & fixed & mask) | (open & sign), changed);
	set_high(st, i, (bits & fixed & mask) | (open & ~sign), changed);
	return true;
}

/* Bounds of what terms are made of, from the bounds of a sum. */
static void sum_back(const struct num_node *n, uint32_t i, struct state *st, bool *changed)
{
	for (uint32_t k = 0; k < n->a.n; k++) {
		num_t low = low_of(st, i), high = high_of(st, i), coef = n->a.coef[k], rest_low = n->a.k,
		      rest_high = n->a.k;
		bool fits = true;

		for (uint32_t m = 0; m < n->a.n && fits; m++) {
			num_t x, y;

			if (m == k)
				continue;
			fits = !__builtin_mul_overflow(n->a.coef[m], low_of(st, n->a.term[m]), &x) &&
			       !__builtin_mul_overflow(n->a.coef[m], high_of(st, n->a.term[m]), &y) &&
			       !__builtin_add_overflow(rest_low, x < y ? x : y, &rest_low) &&
			       !__builtin_add_overflow(rest_high, x < y ? y : x, &rest_high);
		}
		if (!fits || __builtin_sub_overflow(low, rest_high, &low) ||
		    __builtin_sub_overflow(high, rest_low, &high))
			continue;
		/* rounded outwards: being off by one is no mistake */
		if (coef < 0) {
			num_t swap = low;

			low = high;
			high = swap;
		}
		set_low(st, n->a.term[k], num_sub(num_div(low, coef), 1), changed);
		set_high(st, n->a.term[k], num_add(num_div(high, coef), 1), changed);
	}
}

static bool term_narrow(const struct num_system *s, struct state *st, bool *changed)
{
	num_t lows[NUM_NODES], highs[NUM_NODES], alow, ahigh, blow, bhigh;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct num_node *n = &s->nodes[i];

		for (uint32_t k = 0; k < s->n; k++) {
			lows[k] = low_of(st, k);
			highs[k] = high_of(st, k);
		}
		if (n->term->kind == TERM_VAR)
			continue;
		if (n->term->kind == TERM_MASK && !mask_bounds(s, st, i, changed))
			return false;
		if (n->term->kind == TERM_MASK || !term_bounds(&n->a, lows, highs, &alow, &ahigh))
			continue;
		if (n->term->kind == TERM_OP) {
			if (!term_bounds(&n->b, lows, highs, &blow, &bhigh))
				continue;
			term_op_bounds(n->term->op, alow, ahigh, blow, bhigh, &alow, &ahigh);
		}
		set_low(st, i, alow, changed);
		set_high(st, i, ahigh, changed);
		if (n->term->kind == TERM_SUM)
			sum_back(n, i, st, changed);
	}
	return true;
}

static num_t size_of(num_t n)
{
	return n < 0 ? num_sub(0, n) : n;
}

/* The condition can still be as it must. */
static bool near_possible(const struct num_near *n, const struct state *st, const num_t *lows, const num_t *highs)
{
	num_t alow, ahigh, blow, bhigh, least, most, low, high, size_low, size_high;

	if (!term_bounds(&n->a, lows, highs, &alow, &ahigh) || !term_bounds(&n->b, lows, highs, &blow, &bhigh))
		return true;
	if (__builtin_sub_overflow(alow, bhigh, &low) || __builtin_sub_overflow(ahigh, blow, &high))
		return true;
	if (n->a.n == 1 && n->b.n == 1 && n->a.coef[0] == 1 && n->b.coef[0] == 1 && size_of(n->a.k) < SMALL &&
	    size_of(n->b.k) < SMALL) {
		num_t up = st->d[n->a.term[0]][n->b.term[0]], down = st->d[n->b.term[0]][n->a.term[0]];
		num_t k = n->a.k - n->b.k;

		if (size_of(up) < SMALL && up + k < high)
			high = up + k;
		if (size_of(down) < SMALL && k - down > low)
			low = k - down;
	}
	if (low > high)
		return false;
	most = size_of(low) > size_of(high) ? size_of(low) : size_of(high);
	least = low <= 0 && high >= 0 ? 0 : size_of(low) < size_of(high) ? size_of(low) : size_of(high);
	if (!n->percent)
		return n->holds ? least <= n->tolerance : most > n->tolerance;
	size_high = size_of(alow) > size_of(ahigh) ? size_of(alow) : size_of(ahigh);
	size_low = alow <= 0 && ahigh >= 0 ? 0 : size_of(alow) < size_of(ahigh) ? size_of(alow) : size_of(ahigh);
	if (n->holds)
		return num_within_percent(size_high, size_high - least, n->tolerance);
	return most == NUM_MAX || !num_within_percent(size_low, size_low - most, n->tolerance);
}

static bool nears_possible(const struct num_system *s, const struct state *st)
{
	num_t lows[NUM_NODES], highs[NUM_NODES];

	for (uint32_t k = 0; k < s->n; k++) {
		lows[k] = low_of(st, k);
		highs[k] = high_of(st, k);
	}
	for (uint32_t i = 0; i < s->nnears; i++) {
		if (!near_possible(&s->nears[i], st, lows, highs))
			return false;
	}
	return true;
}

/* false: proven that there is nothing. */
static bool narrow(const struct num_system *s, struct state *st)
{
	bool changed = true;

	for (unsigned round = 0; round < ROUNDS && changed && *s->budget; round++) {
		changed = false;
		logic_spend(s->budget, 1 + (size_t)s->n * s->n * s->n / 256);
		if (!close_paths(s, st) || !narrow_values(s, st, &changed) || !term_narrow(s, st, &changed))
			return false;
	}
	return close_paths(s, st) && nears_possible(s, st);
}

/* ---- cases ---- */

static enum logic_answer solve(struct num_system *s, const struct state *from, unsigned depth);

static enum logic_answer either(struct num_system *s, const struct state *one, const struct state *other,
				unsigned depth)
{
	enum logic_answer a = solve(s, one, depth + 1), b;

	if (a == LOGIC_SAT)
		return a;
	b = solve(s, other, depth + 1);
	return b == LOGIC_SAT || a == LOGIC_UNSAT ? b : a;
}

/* The difference lies in a gap of what is allowed: below it, or above. */
static enum logic_answer split_difference(struct num_system *s, const struct state *st, const struct num_difference *d,
					  num_t value, unsigned depth)
{
	struct state below = *st, above = *st;
	num_t down, up;

	if (ranges_down(d->in, value, &down))
		below.d[d->x][d->y] = down < below.d[d->x][d->y] ? down : below.d[d->x][d->y];
	else
		below.d[ZERO][ZERO] = -1;
	if (ranges_up(d->in, value, &up))
		above.d[d->y][d->x] = num_sub(0, up) < above.d[d->y][d->x] ? num_sub(0, up) : above.d[d->y][d->x];
	else
		above.d[ZERO][ZERO] = -1;
	return either(s, &below, &above, depth);
}

/* Bits of a mask's value that are still open.  0: none, or the node is no mask. */
static num_t open_bits(const struct num_system *s, const struct state *st, uint32_t i)
{
	const struct num_node *n = &s->nodes[i];
	num_t fixed, bits;

	if (n->term->kind != TERM_MASK || n->a.n != 1 || n->a.coef[0] != 1 || n->a.k != 0 ||
	    !known_bits(st, n->a.term[0], &fixed, &bits))
		return 0;
	return n->term->mask & ~fixed;
}

static enum logic_answer split_bit(struct num_system *s, const struct state *st, uint32_t i, num_t open, unsigned depth)
{
	num_t bit = (num_t)((unum_t)1 << highest_bit((unum_t)open));
	struct state zero = *st, one = *st;
	uint32_t of = s->nodes[i].a.term[0];

	zero.fixed[of] |= bit;
	zero.bits[of] &= ~bit;
	one.fixed[of] |= bit;
	one.bits[of] |= bit;
	return either(s, &zero, &one, depth);
}

/* What a sum that is not as it must be adds up: the lower or the upper half of one of them. */
static enum logic_answer split_sum(struct num_system *s, const struct state *st, const num_t *values, unsigned depth)
{
	struct state lower = *st, upper = *st;
	uint32_t widest = NUM_NODES;
	num_t size = 0, middle;

	if (s->splits++ > SPLITS_MAX)
		return LOGIC_UNKNOWN;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct num_node *n = &s->nodes[i];

		if (n->term->kind != TERM_SUM || ranges_have(n->domain, values[i]))
			continue;
		for (uint32_t k = 0; k < n->a.n; k++) {
			uint32_t of = n->a.term[k];

			if (num_sub(high_of(st, of), low_of(st, of)) > size) {
				size = num_sub(high_of(st, of), low_of(st, of));
				widest = of;
			}
		}
	}
	if (widest == NUM_NODES || size == NUM_MAX)
		return LOGIC_UNKNOWN;
	middle = low_of(st, widest) + size / 2;
	lower.d[widest][ZERO] = middle;
	upper.d[ZERO][widest] = -(middle + 1);
	return either(s, &lower, &upper, depth);
}

/* A condition that speaks of the node alone, or of its difference to another one, is broken. */
static bool is_broken(const struct num_system *s, uint32_t i, const num_t *values)
{
	if (!ranges_have(s->nodes[i].domain, values[i]))
		return true;
	for (uint32_t k = 0; k < s->ndifferences; k++) {
		const struct num_difference *d = &s->differences[k];

		if ((d->x == i || d->y == i) && !ranges_have(d->in, num_sub(values[d->x], values[d->y])))
			return true;
	}
	return false;
}

static bool try_values(struct num_system *s, num_t *values, uint32_t *first)
{
	num_complete(s, values);
	if (num_broken(s, values, first))
		return false;
	memcpy(s->found, values, sizeof(s->found));
	return true;
}

static enum logic_answer solve(struct num_system *s, const struct state *from, unsigned depth)
{
	num_t low[NUM_NODES] = { 0 }, high[NUM_NODES] = { 0 }, values[NUM_NODES] = { 0 }, values_low[NUM_NODES], open;
	struct state st = *from;
	uint32_t first, ignored;

	if (*s->budget == 0 || depth > DEPTH)
		return LOGIC_UNKNOWN;
	logic_spend(s->budget, 1);
	if (!narrow(s, &st))
		return LOGIC_UNSAT;
	for (uint32_t i = 0; i < s->n; i++) {
		values[i] = low[i] = low_of(&st, i);
		high[i] = high_of(&st, i);
	}
	if (try_values(s, values, &first))
		return LOGIC_SAT;
	/* the lowest values keep all bounds: what they break are gaps, bits, and what is no sum */
	for (uint32_t i = 0; i < s->ndifferences; i++) {
		const struct num_difference *d = &s->differences[i];
		num_t gap = num_sub(low[d->x], low[d->y]);

		if (!ranges_have(d->in, gap))
			return split_difference(s, &st, d, gap, depth);
	}
	for (uint32_t i = 0; i < s->n; i++) {
		open = is_broken(s, i, values) ? open_bits(s, &st, i) : 0;
		if (open)
			return split_bit(s, &st, i, open, depth);
	}
	memcpy(values_low, values, sizeof(values));
	memcpy(values, high, sizeof(values));
	if (try_values(s, values, &ignored))
		return LOGIC_SAT;
	if (num_search(s, low, high))
		return LOGIC_SAT;
	return split_sum(s, &st, values_low, depth);
}

static bool holds_with(const struct num_system *s, uint32_t i, num_t value)
{
	num_t values[NUM_NODES];

	memcpy(values, s->found, sizeof(values));
	values[i] = value;
	num_complete(s, values);
	return num_broken(s, values, NULL) == 0;
}

/* A solution with smaller numbers is easier to read. */
static void polish(struct num_system *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		num_t good = s->found[i], bad = 0;

		if (s->nodes[i].term->kind != TERM_VAR || good == 0)
			continue;
		if (holds_with(s, i, 0))
			good = 0;
		while (good != 0 && size_of(num_sub(good, bad)) > 1 && *s->budget) {
			num_t middle = bad + (good - bad) / 2;

			logic_spend(s->budget, 1);
			if (holds_with(s, i, middle))
				good = middle;
			else
				bad = middle;
		}
		s->found[i] = good;
	}
	num_complete(s, s->found);
}

static void start(const struct num_system *s, struct state *st)
{
	memset(st, 0, sizeof(*st));
	for (uint32_t a = 0; a <= NUM_NODES; a++) {
		for (uint32_t b = 0; b <= NUM_NODES; b++)
			st->d[a][b] = a == b ? 0 : NUM_MAX;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		const struct ranges *r = &s->nodes[i].domain;

		st->d[ZERO][i] = num_sub(0, r->list[0].low);
		st->d[i][ZERO] = r->list[r->n - 1].high;
	}
	for (uint32_t i = 0; i < s->ndifferences; i++) {
		const struct num_difference *d = &s->differences[i];

		st->d[d->x][d->y] = d->in.list[d->in.n - 1].high;
		st->d[d->y][d->x] = num_sub(0, d->in.list[0].low);
	}
}

enum logic_answer num_solve(struct logic *l, const struct literal *list, size_t n, bool quick, num_t *values,
			    unsigned *budget)
{
	struct num_system s = { .l = l, .budget = budget };
	enum logic_answer answer;
	struct state st;

	arena_reset(l->scratch);
	s.differences = arena_array(l->scratch, n + 1, sizeof(*s.differences));
	s.nears = arena_array(l->scratch, n + 1, sizeof(*s.nears));
	for (size_t i = 0; i < n; i++) {
		if (!add_literal(&s, &list[i]))
			return LOGIC_UNSAT;
	}
	start(&s, &st);
	if (quick)
		return narrow(&s, &st) ? LOGIC_SAT : LOGIC_UNSAT;
	answer = solve(&s, &st, 0);
	if (answer == LOGIC_SAT)
		polish(&s);
	for (uint32_t i = 0; answer == LOGIC_SAT && i < s.n; i++) {
		if (s.nodes[i].term->kind == TERM_VAR)
			values[s.nodes[i].term->var] = s.found[i];
	}
	return answer == LOGIC_SAT && s.partial ? LOGIC_UNKNOWN : answer;
}

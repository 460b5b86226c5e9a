/*
 * Numbers where bounds are not enough (products, quotients, bits of sums, percentages): values are looked for near
 * constants and bounds, and by following what a condition lacks.  What is found is a solution; nothing found says
 * nothing.
 */
#include "spol/logic_num.h"

#include "vm/asm.h"

#include <string.h>

#define SEARCHES_MAX 12 /* of one system */
#define STARTS       4
#define STEPS        12
#define POOL_MAX     24

struct search {
	struct num_system *s;
	const num_t *low, *high;
	num_t pool[POOL_MAX];
	unsigned npool;
	uint64_t seed;
};

static unsigned pick(struct search *q, unsigned n)
{
	q->seed ^= q->seed << 13;
	q->seed ^= q->seed >> 7;
	q->seed ^= q->seed << 17;
	return (unsigned)(q->seed >> 20) % n;
}

static void offer(struct search *q, num_t n)
{
	for (unsigned i = 0; i < q->npool; i++) {
		if (q->pool[i] == n)
			return;
	}
	if (q->npool < POOL_MAX)
		q->pool[q->npool++] = n;
}

static void offer_edges(struct search *q, struct ranges r)
{
	for (uint32_t i = 0; i < r.n && i < 4; i++) {
		offer(q, r.list[i].low);
		offer(q, r.list[i].high);
	}
}

static void fill_pool(struct search *q)
{
	static const int small[] = { 0, 1, 2, 3, -1, 7, 10, 100, 1000 };

	for (size_t i = 0; i < ARRAY_LEN(small); i++)
		offer(q, small[i]);
	for (uint32_t i = 0; i < q->s->n; i++)
		offer_edges(q, q->s->nodes[i].domain);
	for (uint32_t i = 0; i < q->s->ndifferences; i++)
		offer_edges(q, q->s->differences[i].in);
	for (uint32_t i = 0; i < q->s->nnears; i++)
		offer(q, q->s->nears[i].tolerance);
}

/* The value of node k nearest to wanted that the node may have. */
static num_t fit(const struct search *q, uint32_t k, num_t wanted)
{
	num_t up, down;
	bool above = ranges_up(q->s->nodes[k].domain, wanted, &up);
	bool below = ranges_down(q->s->nodes[k].domain, wanted, &down);

	if (above && (!below || num_sub(up, wanted) <= num_sub(wanted, down)))
		return up;
	return below ? down : wanted;
}

/* What a broken condition measures: a number that must come into a range. */
static num_t measure(const struct num_system *s, uint32_t where, const num_t *values)
{
	const struct num_near *n;

	if (where < NUM_NODES)
		return values[where];
	where -= NUM_NODES;
	if (where < s->ndifferences)
		return num_sub(values[s->differences[where].x], values[s->differences[where].y]);
	n = &s->nears[where - s->ndifferences];
	return num_sub(term_value(&n->a, values), term_value(&n->b, values));
}

/* Values that it might come to: one below, one above what it is now. */
static void targets(const struct num_system *s, uint32_t where, num_t now, const num_t *values, num_t out[2])
{
	const struct num_near *n;
	struct ranges r;
	num_t room;

	if (where < NUM_NODES + s->ndifferences) {
		r = where < NUM_NODES ? s->nodes[where].domain : s->differences[where - NUM_NODES].in;
		if (!ranges_down(r, now, &out[0]))
			out[0] = now;
		if (!ranges_up(r, now, &out[1]))
			out[1] = now;
		return;
	}
	n = &s->nears[where - NUM_NODES - s->ndifferences];
	room = n->tolerance;
	if (n->percent) {
		room = num_mul(term_value(&n->a, values), n->tolerance) / 100000;
		room = room < 0 ? num_sub(0, room) : room;
	}
	out[0] = n->holds ? 0 : num_sub(-1, room);
	out[1] = n->holds ? room : num_add(room, 1);
}

/* The number of broken conditions when node k is n. */
static unsigned cost_of(const struct search *q, const num_t *values, uint32_t k, num_t n)
{
	num_t copy[NUM_NODES];

	logic_spend(q->s->budget, 1);
	memcpy(copy, values, sizeof(copy));
	copy[k] = n;
	num_complete(q->s, copy);
	return num_broken(q->s, copy, NULL);
}

struct move {
	unsigned cost;
	uint32_t node;
	num_t value;
	bool any;
};

static void consider(struct search *q, const num_t *values, uint32_t k, num_t n, struct move *best)
{
	unsigned cost;

	n = fit(q, k, n);
	if (n == values[k])
		return;
	cost = cost_of(q, values, k, n);
	if (best->any && (cost > best->cost || (cost == best->cost && pick(q, 3))))
		return;
	*best = (struct move){ cost, k, n, true };
}

/* Follows the slope of the broken measure along node k. */
static void consider_slope(struct search *q, const num_t *values, uint32_t k, uint32_t where, struct move *best)
{
	num_t copy[NUM_NODES], now = measure(q->s, where, values), slope, aims[2];

	memcpy(copy, values, sizeof(copy));
	copy[k] = num_add(copy[k], 1);
	num_complete(q->s, copy);
	slope = num_sub(measure(q->s, where, copy), now);
	targets(q->s, where, now, values, aims);
	for (unsigned i = 0; i < 2; i++) {
		num_t gap = num_sub(aims[i], now);

		if (slope) {
			for (int d = -1; d <= 1; d++)
				consider(q, values, k, num_add(num_add(values[k], num_div(gap, slope)), d), best);
		}
		consider(q, values, k, num_add(values[k], gap), best);
		consider(q, values, k, num_sub(values[k], gap), best);
		consider(q, values, k, aims[i], best);
	}
}

static bool walk(struct search *q, num_t *values)
{
	struct num_system *s = q->s;

	num_complete(s, values);
	for (unsigned step = 0; step < STEPS && *s->budget; step++) {
		struct move best = { 0 };
		uint32_t where;

		if (!num_broken(s, values, &where)) {
			memcpy(s->found, values, sizeof(s->found));
			return true;
		}
		for (uint32_t k = 0; k < s->n; k++) {
			if (s->nodes[k].term->kind != TERM_VAR)
				continue;
			consider_slope(q, values, k, where, &best);
			for (unsigned i = 0; i < q->npool; i++)
				consider(q, values, k, q->pool[i], &best);
		}
		if (!best.any)
			return false;
		values[best.node] = best.value;
		num_complete(s, values);
	}
	return false;
}

bool num_search(struct num_system *s, const num_t *low, const num_t *high)
{
	struct search q = { .s = s, .low = low, .high = high, .seed = 0x9e3779b97f4a7c15u };

	if (s->searches++ >= SEARCHES_MAX)
		return false;
	fill_pool(&q);
	for (unsigned start = 0; start < STARTS; start++) {
		num_t values[NUM_NODES] = { 0 };

		for (uint32_t i = 0; i < s->n; i++) {
			values[i] = start == 0 ? low[i] : start == 1 ? high[i] : fit(&q, i, q.pool[pick(&q, q.npool)]);
		}
		if (walk(&q, values))
			return true;
	}
	return false;
}

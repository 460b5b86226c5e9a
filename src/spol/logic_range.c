/*
 * Sets of numbers as ascending intervals: what a value may be, as far as one value alone is looked at.
 */
#include "spol/logic_internal.h"

#include <stdlib.h>

struct ranges ranges_one(struct arena *a, num_t low, num_t high)
{
	struct interval one = { low, high };

	return ranges_make(a, &one, 1);
}

static int by_low(const void *x, const void *y)
{
	const struct interval *a = x, *b = y;

	return a->low < b->low ? -1 : a->low > b->low;
}

struct ranges ranges_make(struct arena *a, struct interval *list, uint32_t n)
{
	struct interval *out = arena_array(a, n, sizeof(*out));
	struct ranges r = { .list = out };

	if (n > 1)
		qsort(list, n, sizeof(*list), by_low);
	for (uint32_t i = 0; i < n; i++) {
		struct interval *last = r.n ? &out[r.n - 1] : NULL;

		if (list[i].low > list[i].high)
			continue;
		if (last && (last->high == NUM_MAX || last->high + 1 >= list[i].low))
			last->high = list[i].high > last->high ? list[i].high : last->high;
		else
			out[r.n++] = list[i];
	}
	return r;
}

struct ranges ranges_and(struct arena *a, struct ranges x, struct ranges y)
{
	struct interval *out = arena_array(a, x.n + y.n, sizeof(*out));
	struct ranges r = { .list = out };

	for (uint32_t i = 0, k = 0; i < x.n && k < y.n;) {
		num_t low = x.list[i].low > y.list[k].low ? x.list[i].low : y.list[k].low;
		num_t high = x.list[i].high < y.list[k].high ? x.list[i].high : y.list[k].high;

		if (low <= high)
			out[r.n++] = (struct interval){ low, high };
		if (x.list[i].high < y.list[k].high)
			i++;
		else
			k++;
	}
	return r;
}

struct ranges ranges_not(struct arena *a, struct ranges x, num_t low, num_t high)
{
	struct interval *out = arena_array(a, x.n + 1, sizeof(*out));
	struct ranges r = { .list = out };
	num_t from = low;

	for (uint32_t i = 0; i < x.n; i++) {
		if (x.list[i].high < low)
			continue;
		if (x.list[i].low > high)
			break;
		if (x.list[i].low > from)
			out[r.n++] = (struct interval){ from, x.list[i].low - 1 };
		if (x.list[i].high >= high)
			return r;
		from = x.list[i].high + 1;
	}
	if (from <= high)
		out[r.n++] = (struct interval){ from, high };
	return r;
}

bool ranges_up(struct ranges x, num_t n, num_t *out)
{
	uint32_t low = 0, high = x.n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (x.list[middle].high < n)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == x.n)
		return false;
	*out = x.list[low].low > n ? x.list[low].low : n;
	return true;
}

bool ranges_down(struct ranges x, num_t n, num_t *out)
{
	uint32_t low = 0, high = x.n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (x.list[middle].low <= n)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	*out = x.list[low - 1].high < n ? x.list[low - 1].high : n;
	return true;
}

bool ranges_have(struct ranges x, num_t n)
{
	num_t found;

	return ranges_up(x, n, &found) && found == n;
}

/*
 * Records of varying length.
 */
#include "abi/split.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

int record_compare(const struct record *a, const uint8_t *a_data, const struct record *b, const uint8_t *b_data)
{
	uint32_t shorter = a->tail_len < b->tail_len ? a->tail_len : b->tail_len;
	int order = memcmp(a_data + a->offset + a->tail_offset, b_data + b->offset + b->tail_offset, shorter);

	if (order)
		return order;
	return a->tail_len < b->tail_len ? -1 : a->tail_len > b->tail_len;
}

static int sort_compare(const void *a, const void *b, void *ctx)
{
	const struct record *x = a, *y = b;
	int order = record_compare(x, ctx, y, ctx);

	return order ? order : x->offset < y->offset ? -1 : 1;
}

static int place_compare(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void records_split(struct records *list, const struct abi_records *how, const uint8_t *data, uint32_t len)
{
	uint32_t room = 0;

	*list = (struct records){ .by_name = how->is_set && !how->key_len };
	while (list->whole < len) {
		uint32_t left = len - list->whole;
		uint32_t size = how->length(data + list->whole, left);

		if (size == 0 || size > left)
			break;
		if (list->n == room) {
			room = room ? room * 2 : 64;
			list->records = xrealloc(list->records, room, sizeof(*list->records));
		}
		struct record *r = &list->records[list->n++];

		*r = (struct record){ .offset = list->whole, .len = size };
		if (how->content) {
			r->len = how->content(data + list->whole, size);
			INVARIANT(r->len <= size);
		}
		if (how->tail)
			how->tail(data + list->whole, size, &r->tail_offset, &r->tail_len);
		INVARIANT(r->tail_offset <= r->len && r->tail_len <= r->len - r->tail_offset);
		list->whole += size;
	}
	if (list->by_name && list->n)
		qsort_r(list->records, list->n, sizeof(*list->records), sort_compare, (void *)data);
}

bool records_fill(const struct abi_records *how, const uint8_t *data, uint32_t len)
{
	uint32_t at = 0, size;

	for (; at < len; at += size) {
		size = how->length(data + at, len - at);
		if (size == 0 || size > len - at)
			return false;
	}
	return len > 0;
}

void records_free(struct records *list)
{
	free(list->records);
}

/* ---- sets with keys ---- */

struct keyed {
	const uint8_t *record, *key;
	uint32_t len, key_len, place;
	bool paired;
};

static int compare_keys(const struct keyed *a, const struct keyed *b)
{
	return memcmp(a->key, b->key, a->key_len);
}

/* By key, then by all of it. */
static int compare_whole(const struct keyed *a, const struct keyed *b)
{
	uint32_t shorter = a->len < b->len ? a->len : b->len;
	int order = compare_keys(a, b);

	if (!order)
		order = memcmp(a->record, b->record, shorter);
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_keyed(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int order = compare_whole(x, y);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int compare_places(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

static int any_two(const struct keyed *a, const struct keyed *b)
{
	(void)a;
	(void)b;
	return 0;
}

static struct keyed *keyed_of(const struct abi_records *how, const struct records *list, const uint8_t *data,
			      struct arena *arena)
{
	struct keyed *out = arena_array(arena, list->n + 1u, sizeof(*out));

	for (uint32_t i = 0; i < list->n; i++) {
		const struct record *r = &list->records[i];

		INVARIANT(how->key_offset <= r->len && how->key_len <= r->len - how->key_offset);
		out[i] = (struct keyed){
			data + r->offset, data + r->offset + how->key_offset, r->len, how->key_len, i, false
		};
	}
	return out;
}

/* Of two lists in the same order: the first ones that compare() takes for the same. */
static void pair_by(struct pairing *p, struct keyed *a, uint32_t na, struct keyed *b, uint32_t nb,
		    int (*compare)(const struct keyed *a, const struct keyed *b))
{
	for (uint32_t i = 0, k = 0; i < na && k < nb;) {
		int order;

		if (a[i].paired || b[k].paired) {
			i += a[i].paired;
			k += b[k].paired;
			continue;
		}
		order = compare(&a[i], &b[k]);
		if (order == 0) {
			a[i].paired = b[k].paired = true;
			p->second[a[i].place] = b[k].place;
			p->numbers[b[k].place] = a[i].place;
		}
		i += order <= 0;
		k += order >= 0;
	}
}

void records_pair(struct pairing *out, const struct abi_records *how, const struct records list[2],
		  const uint8_t *const data[2], struct arena *arena)
{
	struct keyed *a = keyed_of(how, &list[0], data[0], arena), *b = keyed_of(how, &list[1], data[1], arena);
	uint32_t na = list[0].n, nb = list[1].n;

	*out = (struct pairing){ .n = na };
	out->second = arena_array(arena, (size_t)na + nb + 1u, sizeof(*out->second));
	out->numbers = arena_array(arena, nb + 1u, sizeof(*out->numbers));
	for (uint32_t i = 0; i < na; i++)
		out->second[i] = PAIRED_NONE;
	qsort(a, na, sizeof(*a), compare_keyed);
	qsort(b, nb, sizeof(*b), compare_keyed);
	pair_by(out, a, na, b, nb, compare_whole);
	pair_by(out, a, na, b, nb, compare_keys);
	qsort(a, na, sizeof(*a), compare_places);
	qsort(b, nb, sizeof(*b), compare_places);
	pair_by(out, a, na, b, nb, any_two);
	for (uint32_t k = 0; k < nb; k++) {
		if (b[k].paired)
			continue;
		out->numbers[k] = out->n;
		out->second[out->n++] = k;
	}
}

/* ---- sets with names ---- */

struct value records_order(const struct records *list, const uint8_t *data, uint32_t len, struct arena *arena)
{
	size_t size = len - list->whole;
	struct record *by_place = arena_copy(arena, list->records, list->n * sizeof(*by_place));

	for (uint32_t i = 0; i < list->n; i++)
		size += list->records[i].tail_len + 1;
	if (list->n)
		qsort(by_place, list->n, sizeof(*by_place), place_compare);
	uint8_t *names = arena_raw(arena, size ? size : 1), *at = names;

	for (uint32_t i = 0; i < list->n; i++) {
		memcpy(at, data + by_place[i].offset + by_place[i].tail_offset, by_place[i].tail_len);
		at += by_place[i].tail_len;
		*at++ = 0;
	}
	if (list->whole < len)
		memcpy(at, data + list->whole, len - list->whole);
	return value_bytes(names, size);
}

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

	*list = (struct records){ .is_set = how->is_set };
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
	if (list->is_set && list->n)
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

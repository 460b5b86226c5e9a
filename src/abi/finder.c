/*
 * Block lookup for walks.
 */
#include "abi/finder.h"

#include "base/check.h"

#include <stdlib.h>

#define STEPS_MAX 8192 /* looked at in vain before an event is sorted */
#define SORT_MIN  64   /* events of fewer blocks never are */

static int key_compare(const struct abi_block *b, enum abi_phase phase, uint16_t node, uint32_t index)
{
	if (b->phase != phase)
		return b->phase < phase ? -1 : 1;
	if (b->node != node)
		return b->node < node ? -1 : 1;
	return b->index < index ? -1 : b->index > index;
}

static int sort_compare(const void *a, const void *b, void *ctx)
{
	const struct sys_event *ev = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct abi_block *by = &ev->blocks[y];
	int order = key_compare(&ev->blocks[x], by->phase, by->node, by->index);

	return order ? order : x < y ? -1 : 1;
}

static void sort(struct finder *f)
{
	uint32_t n = f->ev->nblocks;

	f->sorted = xcalloc(n, sizeof(*f->sorted));
	for (uint32_t i = 0; i < n; i++)
		f->sorted[i] = i;
	qsort_r(f->sorted, n, sizeof(*f->sorted), sort_compare, (void *)f->ev);
}

static const struct abi_block *search(const struct finder *f, enum abi_phase phase, uint16_t node, uint32_t index)
{
	uint32_t low = 0, high = f->ev->nblocks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (key_compare(&f->ev->blocks[f->sorted[middle]], phase, node, index) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == f->ev->nblocks)
		return NULL;
	const struct abi_block *b = &f->ev->blocks[f->sorted[low]];
	return key_compare(b, phase, node, index) == 0 ? b : NULL;
}

void finder_end(struct finder *f)
{
	free(f->sorted);
}

const struct abi_block *finder_block(struct finder *f, enum abi_phase phase, uint16_t node, uint32_t index)
{
	const struct sys_event *ev = f->ev;

	if (!ev)
		return NULL;
	if (f->sorted)
		return search(f, phase, node, index);
	uint32_t at = f->hint;

	for (uint32_t i = 0; i < ev->nblocks; i++, at++) {
		if (at >= ev->nblocks)
			at = 0;
		const struct abi_block *b = &ev->blocks[at];

		if (b->node == node && b->index == index && b->phase == phase) {
			f->hint = at + 1;
			return b;
		}
		f->steps++;
	}
	if (f->steps > STEPS_MAX && ev->nblocks >= SORT_MIN)
		sort(f);
	return NULL;
}

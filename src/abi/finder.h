/*
 * Finds the blocks of one event while it is walked: in the order of capture each is the next one, and an event made to
 * be slow (many blocks in another order) is sorted once.
 */
#ifndef ABI_FINDER_H
#define ABI_FINDER_H

#include "abi/event.h"

struct finder {
	const struct sys_event *ev; /* NULL: finds nothing */
	uint32_t hint;              /* where the next block is expected */
	uint32_t steps;             /* blocks looked at in vain so far */
	uint32_t *sorted;           /* numbers of blocks by phase, node, index; NULL: not needed yet */
};

static inline void finder_init(struct finder *f, const struct sys_event *ev)
{
	f->ev = ev;
	f->hint = 0;
	f->steps = 0;
	f->sorted = NULL;
}

void finder_end(struct finder *f);
/* The block of a phase, node and index, or NULL. */
const struct abi_block *finder_block(struct finder *f, enum abi_phase phase, uint16_t node, uint32_t index);

#endif

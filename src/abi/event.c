/*
 * Events in memory: making them and finding their blocks.
 */
#include "abi/event.h"

#include "base/check.h"

#include <string.h>

#define BLOCKS_FIRST 4

void event_init(struct sys_event *ev, struct arena *arena)
{
	*ev = (struct sys_event){ .call = ABI_UNDESCRIBED, .arena = arena };
}

struct abi_block *event_add_block(struct sys_event *ev)
{
	if (ev->nblocks == ev->blocks_room) {
		uint32_t room = ev->blocks_room ? ev->blocks_room * 2 : BLOCKS_FIRST;
		INVARIANT(room > ev->blocks_room);
		struct abi_block *blocks = arena_array(ev->arena, room, sizeof(*blocks));

		if (ev->nblocks)
			memcpy(blocks, ev->blocks, ev->nblocks * sizeof(*blocks));
		ev->blocks = blocks;
		ev->blocks_room = room;
	}
	struct abi_block *b = &ev->blocks[ev->nblocks++];
	*b = (struct abi_block){ .status = BLOCK_OK };
	return b;
}

const struct abi_block *event_find_block(const struct sys_event *ev, enum abi_phase phase, uint16_t node,
					 uint32_t index)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		const struct abi_block *b = &ev->blocks[i];

		if (b->node == node && b->index == index && b->phase == phase)
			return b;
	}
	return NULL;
}

/*
 * Events in memory: making them and finding their blocks.
 */
#include "abi/event.h"

#include "base/check.h"

#include <signal.h>
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

static const char *copy_string(struct arena *arena, const char *s)
{
	return s ? arena_strdup(arena, s) : NULL;
}

void event_copy(struct sys_event *to, const struct sys_event *from, uint32_t max, struct arena *arena)
{
	*to = *from;
	to->arena = arena;
	to->blocks_room = from->nblocks;
	to->blocks = from->nblocks ? arena_array(arena, from->nblocks, sizeof(*to->blocks)) : NULL;
	for (uint32_t i = 0; i < from->nblocks; i++) {
		struct abi_block *b = &to->blocks[i];

		*b = from->blocks[i];
		if (b->len > max)
			b->len = max;
		b->data = arena_copy(arena, b->data ? b->data : (const uint8_t *)"", b->data ? b->len : 0);
	}
	to->fds = from->nfds ? arena_array(arena, from->nfds, sizeof(*to->fds)) : NULL;
	for (uint32_t i = 0; i < from->nfds; i++) {
		to->fds[i] = from->fds[i];
		to->fds[i].path = copy_string(arena, from->fds[i].path);
	}
	to->cwd = copy_string(arena, from->cwd);
	to->command = copy_string(arena, from->command);
	to->regions = from->nregions ? arena_array(arena, from->nregions, sizeof(*to->regions)) : NULL;
	for (uint32_t i = 0; i < from->nregions; i++) {
		to->regions[i] = from->regions[i];
		to->regions[i].name = copy_string(arena, from->regions[i].name);
	}
}

void event_join(struct sys_event *open, const struct sys_event *ret)
{
	open->flags = (open->flags & ~EVENT_OPEN) | ret->flags;
	open->ret = ret->ret;
	for (uint32_t i = 0; i < ret->nblocks; i++)
		*event_add_block(open) = ret->blocks[i];
	open->fds = ret->fds;
	open->nfds = ret->nfds;
	open->cwd = ret->cwd;
	open->command = ret->command;
	open->regions = ret->regions;
	open->nregions = ret->nregions;
}

bool event_is_fault(int signal, const uint8_t *siginfo)
{
	siginfo_t info;

	memcpy(&info, siginfo, sizeof(info));
	switch (signal) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
	case SIGSYS:
		return info.si_code > 0;
	}
	return false;
}

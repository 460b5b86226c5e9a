/*
 * The buffers that a call may write into, by its row and its arguments alone: whatever its result is going to be.
 */
#include "abi/program.h"
#include "abi/says.h"
#include "abi/walk.h"

struct rooms {
	const struct abi_program *prog;
	const struct sys_event *ev;
	void (*visit)(void *ctx, const struct abi_room *room);
	void *ctx;
};

static void rooms_in(struct rooms *r, uint32_t first, uint32_t end, const uint8_t *at, uint32_t len, uint32_t index,
		     unsigned depth);

static void room_behind(struct rooms *r, const struct abi_item *it, uint64_t addr, const uint8_t *holder,
			uint32_t holder_len, uint32_t index, unsigned depth)
{
	struct len_view v = { .ev = r->ev, .prog = r->prog, .before = holder, .before_len = holder_len };
	const struct abi_block *b = event_find_block(r->ev, PHASE_ENTRY, it->leaf, index);
	uint32_t first = (uint32_t)(it - r->prog->items) + 1, size = it->size ? it->size : 1;

	if (!addr)
		return;
	if (it->block_phases & PHASE_BIT(PHASE_EXIT)) {
		struct abi_room room = { .node = it->leaf,
					 .index = index,
					 .addr = addr,
					 .bytes = it->len->rule == LEN_SIZED_FIELD ? (b ? b->len : 0)
										   : item_capacity(it, &v),
					 .inout = it->block_phases & PHASE_BIT(PHASE_ENTRY),
					 .records = it->body == BODY_RECORDS };

		/* what the buffer holds says how long it is */
		if ((it->len->rule == LEN_SIZED_FIELD || it->len->rule == LEN_HEAD_FIELD) && b)
			room.bytes = b->len;
		if (it->len->rule == LEN_SAYS && b && b->data && b->len >= it->len->n)
			room.bytes = says_length(it->len->says, b->data, b->len, EXTENT_ROOM);
		r->visit(r->ctx, &room);
	}
	if (!b || !b->data || !it->has_pointers)
		return;
	if (it->body != BODY_ELEMENTS) {
		rooms_in(r, first, it->end, b->data, b->len, index, depth);
		return;
	}
	for (uint32_t i = 0; (uint64_t)i * size < b->len; i++) {
		uint32_t offset = i * size, left = b->len - offset;

		rooms_in(r, first, it->end, b->data + offset, left < size ? left : size, item_index(index, depth, i),
			 depth + 1);
	}
}

/* The case of a union that its tag selects. */
static void rooms_in_union(struct rooms *r, uint32_t at, const uint8_t *data, uint32_t len, uint32_t index,
			   unsigned depth)
{
	const struct abi_item *it = &r->prog->items[at];
	int64_t tag;

	if (!item_tag(it, data, len, &tag))
		return;
	for (uint32_t i = at + 1; i < it->end; i = r->prog->items[i].end) {
		const struct abi_item *c = &r->prog->items[i];

		if (c->other || c->tag == tag) {
			rooms_in(r, i + 1, c->end, data, len, index, depth);
			return;
		}
	}
}

static void rooms_in(struct rooms *r, uint32_t first, uint32_t end, const uint8_t *at, uint32_t len, uint32_t index,
		     unsigned depth)
{
	uint64_t addr;

	for (uint32_t i = first; i < end; i = r->prog->items[i].end) {
		const struct abi_item *it = &r->prog->items[i];

		if (it->op == ITEM_UNION)
			rooms_in_union(r, i, at, len, index, depth);
		else if (it->op == ITEM_POINTER && (it->behind & PHASE_BIT(PHASE_EXIT)) &&
			 item_address(it, at, len, &addr))
			room_behind(r, it, addr, at, len, index, depth);
		for (uint32_t k = 0; it->op == ITEM_ARRAY && k < it->count; k++) {
			uint64_t offset = it->offset + (uint64_t)k * it->size;

			if (offset >= len)
				break;
			rooms_in(r, i + 1, it->end, at + offset, len - (uint32_t)offset, item_index(index, depth, k),
				 depth + 1);
		}
	}
}

void abi_rooms(const struct abi_schema *s, const struct sys_event *ev,
	       void (*visit)(void *ctx, const struct abi_room *room), void *ctx)
{
	struct rooms r = { .ev = ev, .visit = visit, .ctx = ctx };

	if (ev->call == ABI_UNDESCRIBED)
		return;
	r.prog = abi_schema_program(s, ev->call);
	for (unsigned arg = 0; arg < ABI_ARGS; arg++) {
		const struct abi_item *it;

		if (r.prog->arg_item[arg] == ITEM_NONE)
			continue;
		it = &r.prog->items[r.prog->arg_item[arg]];
		if (it->behind & PHASE_BIT(PHASE_EXIT))
			room_behind(&r, it, ev->args[arg], NULL, 0, 0, 0);
	}
}

/*
 * Captures the memory that a call reads or writes: level by level, all blocks of a level in one read of the task.
 */
#include "abi/walk.h"

#include "abi/program.h"
#include "abi/says.h"
#include "abi/split.h"
#include "base/check.h"

#include <string.h>
#include <sys/socket.h>

#define EVENT_MAX    ((uint64_t)256 << 20) /* bytes captured in one phase */
#define PAGE         4096u
#define PIECE_FIRST  256u /* of data that says itself where it ends */
#define PIECE_MAX    (64u << 10)
#define WANTS_FIRST  8 /* as many need no memory of the arena */
#define REQUESTS_MAX 1024

enum want_type {
	WANT_FIXED,    /* len bytes */
	WANT_STRING,   /* up to a NUL byte */
	WANT_POINTERS, /* up to a pointer that is NULL */
	WANT_SIZED,    /* as many bytes as the u32 at offset len - 4 says; WANT_FIXED once that is known */
	WANT_HEADED,   /* ... len bytes and as many more as a number in them says, or they themselves */
};

/* A block that is being read. */
struct want {
	const struct abi_item *it;
	enum want_type type;
	uint32_t index;
	uint8_t depth;
	bool done, cut, unreadable;
	uint64_t addr;
	uint8_t *data; /* room bytes, got of them read */
	uint32_t len, got, room;
	uint32_t asked; /* by the request in work */
};

struct wants {
	struct want *list;
	uint32_t n, room;
};

struct capture {
	const struct abi_program *prog;
	struct sys_event *ev;
	enum abi_phase phase;
	unsigned bit;
	const struct abi_memory *mem;
	struct wants now, next; /* this level and the one below */
	uint64_t total;
};

/* An element whose pointers are followed. */
struct element {
	const uint8_t *before, *after;
	uint32_t before_len, after_len;
	uint32_t index, block; /* block: the number of the block in the event that holds it */
	unsigned depth;
	uint64_t *fill;
};

static void expand_items(struct capture *c, uint32_t first, uint32_t end, const struct element *e);

static struct want *add_want(struct capture *c, struct wants *w)
{
	if (w->n == w->room) {
		uint32_t room = w->room * 2;
		struct want *list = arena_raw(c->ev->arena, (size_t)room * sizeof(*list));

		memcpy(list, w->list, w->n * sizeof(*list));
		w->list = list;
		w->room = room;
	}
	struct want *n = &w->list[w->n++];
	*n = (struct want){ .type = WANT_FIXED };
	return n;
}

/* How much of len bytes the limits let through. */
static uint32_t admit(struct capture *c, uint64_t len, uint64_t most, bool *cut)
{
	uint64_t left = EVENT_MAX - c->total;

	if (most > left)
		most = left;
	if (len > most) {
		len = most;
		*cut = true;
	}
	c->total += len;
	return (uint32_t)len;
}

/* What the kernel's own object says; unknown: the block is cut. */
static uint64_t size_of_thing(struct capture *c, const struct abi_item *it, const struct element *e, bool *cut)
{
	const struct abi_len *l = it->len;
	uint64_t n = 0, size = it->size ? it->size : 1;
	int id = (int)c->ev->args[l->arg];

	if (l->arg2)
		*cut = !e || !e->before || (uint64_t)l->n + sizeof(id) > e->before_len;
	if (!*cut && l->arg2)
		id = (int)abi_decode(ENC_S32, e->before + l->n);
	if (!*cut)
		*cut = !c->mem->size_of || !c->mem->size_of(c->mem->ctx, l->thing, id, &n);
	return *cut || n > ABI_BLOCK_MAX / size ? 0 : n * size;
}

/* What the row says that the call has written never came. */
static bool throws_away(const struct capture *c, const struct abi_len *l)
{
	uint64_t n;

	return l->thing == THING_TRUNCATED && (c->ev->args[l->arg2] & MSG_TRUNC) && c->mem->size_of &&
	       c->mem->size_of(c->mem->ctx, l->thing, (int)c->ev->args[0], &n) && n == 0;
}

/* Asks for the block behind a pointer. */
static void want_block(struct capture *c, const struct abi_item *it, uint64_t addr, const struct element *e,
		       struct wants *wants)
{
	struct len_view v = { .ev = c->ev, .prog = c->prog };
	uint64_t bytes = 0, no_fill = 0;

	v.fill = e && e->fill ? e->fill : &no_fill;
	if (e) {
		v.before = e->before;
		v.before_len = e->before_len;
		v.after = e->after;
		v.after_len = e->after_len;
	}
	bool known = item_length(it, c->phase, &v, &bytes);

	if (addr == 0 || (known && (bytes == 0 || throws_away(c, it->len))))
		return;
	struct want *w = add_want(c, wants);

	w->it = it;
	w->index = e ? e->index : 0;
	w->depth = (uint8_t)(e ? e->depth : 0);
	w->addr = addr;
	if (known) {
		w->len = admit(c, bytes, ABI_BLOCK_MAX, &w->cut);
		w->room = w->len;
		w->data = arena_raw(c->ev->arena, w->room ? w->room : 1);
		return;
	}
	switch (it->len->rule) {
	case LEN_CSTR:
		w->type = WANT_STRING;
		break;
	case LEN_NULL_ENDED:
		w->type = WANT_POINTERS;
		break;
	case LEN_SIZED_FIELD:
		w->type = WANT_SIZED;
		w->len = it->len->n + (uint32_t)sizeof(uint32_t);
		w->room = w->len;
		w->data = arena_raw(c->ev->arena, w->room);
		break;
	case LEN_THING:
		bytes = size_of_thing(c, it, e, &w->cut);
		w->len = w->room = admit(c, bytes, ABI_BLOCK_MAX, &w->cut);
		w->data = arena_raw(c->ev->arena, w->room ? w->room : 1);
		w->done = w->len == 0;
		break;
	case LEN_SAYS:
	case LEN_HEAD_FIELD:
		w->type = WANT_HEADED;
		w->len = w->room = it->len->n;
		w->data = arena_raw(c->ev->arena, w->room);
		break;
	case LEN_ONE:
	case LEN_CONST:
	case LEN_ARG:
	case LEN_ARG_TIMES:
	case LEN_RESULT:
	case LEN_RESULT_TIMES:
	case LEN_MIN_ARG_RESULT:
	case LEN_RESULT_IF_ROOM:
	case LEN_ARG_RESULT:
	case LEN_DEREF_ENTRY:
	case LEN_DEREF_EXIT:
	case LEN_MIN_DEREF:
	case LEN_FIELD:
	case LEN_MIN_FIELD_EXIT:
	case LEN_SIZED_ARG:
	case LEN_FILL:
	case LEN_FDSET:
	case LEN_BITS:
	case LEN_NODES:
	case LEN_PAGES:
	case LEN_IOC:
	case LEN_PATH_MIN:
	case LEN_RULE_COUNT:
		INVARIANT(!"every other rule knows its length");
		break;
	}
}

/* How many bytes the kernel has put into the buffers behind a pointer, one after the other. */
static uint64_t filled(const struct capture *c, const struct abi_item *it, const struct element *e)
{
	if (c->phase == PHASE_ENTRY)
		return 0;
	if (!it->len->filled)
		return c->ev->ret > 0 ? (uint64_t)c->ev->ret : 0;
	if (!e || !e->after || (uint64_t)it->len->filled + sizeof(uint32_t) > e->after_len)
		return 0;
	return (uint64_t)abi_decode(ENC_U32, e->after + it->len->filled);
}

/*
 * Follows the pointers in the elements of a block, fill as filled() says.  Of a list the kernel has done as much as it
 * has written: what is behind the rest is nobody's.
 */
static void expand_block(struct capture *c, const struct abi_item *it, uint32_t index, unsigned depth, uint32_t block,
			 const struct abi_block *before, const struct abi_block *after, uint64_t fill)
{
	uint32_t first = (uint32_t)(it - c->prog->items) + 1;
	struct element e = { .index = index, .depth = depth, .block = block, .fill = &fill };
	uint32_t before_len = before ? before->len : 0, after_len = after ? after->len : 0;

	if (it->body == BODY_WHOLE) {
		e.before = before ? before->data : NULL;
		e.before_len = before_len;
		e.after = after ? after->data : NULL;
		e.after_len = after_len;
		expand_items(c, first, it->end, &e);
		return;
	}
	if (it->body == BODY_RECORDS)
		return;
	e.depth++;
	uint64_t end = after ? after_len : before_len;

	for (uint64_t at = 0, i = 0; at < end; at += it->size, i++) {
		if (depth && (i >= INDEX_STRIDE || index >= INDEX_STRIDE)) {
			c->ev->blocks[block].status = BLOCK_CUT;
			return;
		}
		e.index = item_index(index, depth, (uint32_t)i);
		e.before = at < before_len ? before->data + at : NULL;
		e.before_len = at < before_len ? before_len - (uint32_t)at : 0;
		e.after = at < after_len ? after->data + at : NULL;
		e.after_len = at < after_len ? after_len - (uint32_t)at : 0;
		expand_items(c, first, it->end, &e);
	}
}

/* A pointer with something to capture behind it. */
static void follow(struct capture *c, const struct abi_item *it, uint64_t addr, const struct element *e,
		   struct wants *wants)
{
	if (it->block_phases & c->bit) {
		want_block(c, it, addr, e, wants);
		return;
	}
	/* only what lies further behind is of this phase: the way there was captured at the entry */
	uint32_t index = e ? e->index : 0;
	const struct abi_block *b = event_find_block(c->ev, PHASE_ENTRY, it->leaf, index);

	if (b && addr)
		expand_block(c, it, index, e ? e->depth : 0, (uint32_t)(b - c->ev->blocks), b, NULL, filled(c, it, e));
}

/* Of an array that goes up to the end: that is before its i-th element. */
static bool ends(const struct abi_item *it, uint32_t i, const struct element *e)
{
	uint64_t offset = it->offset + (uint64_t)i * it->size;

	return it->count == ABI_UP_TO_END &&
	       (i >= INDEX_STRIDE || (offset >= e->before_len && offset >= e->after_len));
}

static void expand_array(struct capture *c, uint32_t at, const struct element *e)
{
	const struct abi_item *it = &c->prog->items[at];
	struct element one = *e;

	one.depth++;
	for (uint32_t i = 0; i < it->count && !ends(it, i, e); i++) {
		uint64_t offset = it->offset + (uint64_t)i * it->size;

		one.index = item_index(e->index, e->depth, i);
		one.before = offset < e->before_len ? e->before + offset : NULL;
		one.before_len = offset < e->before_len ? e->before_len - (uint32_t)offset : 0;
		one.after = offset < e->after_len ? e->after + offset : NULL;
		one.after_len = offset < e->after_len ? e->after_len - (uint32_t)offset : 0;
		expand_items(c, at + 1, it->end, &one);
	}
}

static void expand_union(struct capture *c, uint32_t at, const struct element *e)
{
	const struct abi_item *it = &c->prog->items[at];
	int64_t tag;

	if (!item_tag(it, e->after, e->after_len, &tag) && !item_tag(it, e->before, e->before_len, &tag))
		return;
	for (uint32_t i = at + 1; i < it->end; i = c->prog->items[i].end) {
		const struct abi_item *k = &c->prog->items[i];

		if (k->other || k->tag == tag) {
			expand_items(c, i + 1, k->end, e);
			return;
		}
	}
}

static void expand_items(struct capture *c, uint32_t first, uint32_t end, const struct element *e)
{
	uint64_t addr;

	for (uint32_t i = first; i < end; i = c->prog->items[i].end) {
		const struct abi_item *it = &c->prog->items[i];

		switch (it->op) {
		case ITEM_POINTER:
			if ((it->behind & c->bit) && (item_address(it, e->before, e->before_len, &addr) ||
						      item_address(it, e->after, e->after_len, &addr)))
				follow(c, it, addr, e, &c->next);
			break;
		case ITEM_ARRAY:
			expand_array(c, i, e);
			break;
		case ITEM_UNION:
			expand_union(c, i, e);
			break;
		case ITEM_ARG:
		case ITEM_RET:
		case ITEM_LEAF:
		case ITEM_TAIL:
		case ITEM_MESSAGES:
		case ITEM_CASE:
		case ITEM_SYNTHETIC:
			break;
		}
	}
}

/* ---- reading ---- */

/* The next piece of a block whose end is not known: small at first and not into a page that the end may not reach. */
static void ask_piece(struct capture *c, struct want *w)
{
	uint32_t most = w->type == WANT_STRING ? ABI_CSTR_MAX : ABI_BLOCK_MAX;
	uint32_t piece = w->got < PIECE_FIRST ? PIECE_FIRST : w->got < PIECE_MAX ? w->got : PIECE_MAX;
	uint32_t to_page_end = PAGE - (uint32_t)((w->addr + w->got) % PAGE);

	if (piece > to_page_end)
		piece = piece < PAGE ? to_page_end : to_page_end + (piece - to_page_end) / PAGE * PAGE;
	if (piece > most - w->got)
		piece = most - w->got;
	w->asked = admit(c, piece, piece, &w->cut);
	if (w->got + w->asked > w->room) {
		uint32_t room = w->got + w->asked < PIECE_FIRST ? PIECE_FIRST : (w->got + w->asked) * 2;
		uint8_t *data = arena_raw(c->ev->arena, room);

		if (w->got)
			memcpy(data, w->data, w->got);
		w->data = data;
		w->room = room;
	}
}

/* Where the data that were read end: sets done, got. */
static void look_for_end(struct want *w, uint32_t before)
{
	if (w->type == WANT_STRING) {
		const uint8_t *nul = w->got > before ? memchr(w->data + before, 0, w->got - before) : NULL;

		if (nul) {
			w->got = (uint32_t)(nul - w->data) + 1;
			w->done = true;
		}
		return;
	}
	for (uint32_t at = before / 8 * 8; at + 8 <= w->got; at += 8) {
		uint64_t pointer;

		memcpy(&pointer, w->data + at, sizeof(pointer));
		if (pointer == 0) {
			w->got = at;
			w->done = true;
			return;
		}
	}
}

/* What was read of the block says how long it is. */
static void learn_size(struct capture *c, struct want *w)
{
	const struct abi_len *l = w->it->len;
	uint64_t bytes;
	uint32_t size;

	w->done = w->unreadable;
	if (w->done)
		return;
	if (l->says) {
		bytes = says_length(l->says, w->data, w->got,
				    c->phase == PHASE_ENTRY ? EXTENT_READ : EXTENT_WRITTEN);
	} else if (w->type == WANT_HEADED) {
		num_t number = abi_decode(l->field_enc, w->data + l->arg);

		bytes = w->len + (number > 0 ? (uint64_t)number * (l->arg2 ? l->arg2 : 1) : 0);
	} else {
		bytes = (uint64_t)abi_decode(ENC_U32, w->data + w->len - sizeof(uint32_t));
		if (bytes == 0)
			bytes = l->zero_size;
	}
	size = admit(c, bytes, ABI_BLOCK_MAX, &w->cut);
	if (!l->says)
		w->type = WANT_FIXED;
	if (size <= w->got) {
		w->done = true;
		return;
	}
	uint8_t *data = arena_raw(c->ev->arena, size);

	memcpy(data, w->data, w->got);
	w->data = data;
	w->len = w->room = size;
}

/* Takes in what a request got. */
static void take(struct capture *c, struct want *w, uint32_t got)
{
	uint32_t before = w->got, most = w->type == WANT_STRING ? ABI_CSTR_MAX : ABI_BLOCK_MAX;
	INVARIANT(got <= w->asked);
	w->got += got;
	w->unreadable = got < w->asked;
	switch (w->type) {
	case WANT_FIXED:
		w->done = true;
		break;
	case WANT_SIZED:
	case WANT_HEADED:
		learn_size(c, w);
		break;
	case WANT_STRING:
	case WANT_POINTERS:
		look_for_end(w, before);
		if (w->done) {
			w->unreadable = w->cut = false;
		} else if (w->unreadable || w->cut || w->got == most) {
			w->cut |= !w->unreadable;
			if (w->type == WANT_POINTERS)
				w->got -= w->got % 8;
			w->done = true;
		}
		break;
	}
}

static int read_some(struct capture *c, struct want *list, uint32_t n, struct err *err)
{
	struct abi_read few[WANTS_FIRST], *requests = few;
	uint32_t nrequests = 0;

	if (n > WANTS_FIRST)
		requests = arena_raw(c->ev->arena, n * sizeof(*requests));
	for (uint32_t i = 0; i < n; i++) {
		struct want *w = &list[i];

		if (w->done)
			continue;
		if (w->type != WANT_STRING && w->type != WANT_POINTERS)
			w->asked = w->len - w->got;
		else
			ask_piece(c, w);
		requests[nrequests++] =
			(struct abi_read){ .addr = w->addr + w->got, .len = w->asked, .into = w->data + w->got };
	}
	if (nrequests && c->mem->read(c->mem->ctx, requests, nrequests) != 0)
		return err_set(err, ERR_TRACE, "the memory of the traced task cannot be read: the task is gone");
	nrequests = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!list[i].done) {
			take(c, &list[i], requests[nrequests].got);
			nrequests++;
		}
	}
	return 0;
}

/* Reads one level to its end. */
static int read_level(struct capture *c, struct err *err)
{
	for (uint32_t first = 0; first < c->now.n; first += REQUESTS_MAX) {
		struct want *list = c->now.list + first;
		uint32_t n = c->now.n - first < REQUESTS_MAX ? c->now.n - first : REQUESTS_MAX;
		bool more = true;

		while (more) {
			if (read_some(c, list, n, err) != 0)
				return -1;
			more = false;
			for (uint32_t i = 0; i < n; i++)
				more |= !list[i].done;
		}
	}
	return 0;
}

/* The cheap question comes first: most data do not look like messages. */
static void look_for_messages(struct capture *c, const struct abi_item *it, const struct abi_block *b)
{
	const struct abi_item *items = c->prog->items;

	if (b->status != BLOCK_OK || (c->ev->flags & EVENT_MESSAGES) || !c->mem->messages)
		return;
	for (uint32_t i = (uint32_t)(it - items) + 1; i < it->end; i = items[i].end) {
		const struct abi_records *r = items[i].records;

		if (records_fill(r, b->data, b->len)) {
			c->ev->flags |= c->mem->messages(c->mem->ctx, (int)c->ev->args[0]) & r->flag;
			if (c->ev->flags & r->flag)
				return;
		}
	}
}

static void keep(struct capture *c, const struct want *w)
{
	uint32_t number = c->ev->nblocks;
	struct abi_block *b = event_add_block(c->ev);

	*b = (struct abi_block){
		.phase = c->phase,
		.node = w->it->leaf,
		.index = w->index,
		.addr = w->addr,
		.status = w->unreadable ? BLOCK_UNREADABLE
			  : w->cut      ? BLOCK_CUT
					: BLOCK_OK,
		.len = w->got,
		.data = w->data,
	};
	if (w->it[1].op == ITEM_MESSAGES && w->it->body == BODY_WHOLE)
		look_for_messages(c, &w->it[1], b);
	if (!w->it->has_pointers || !(w->it->behind & c->bit))
		return;
	if (c->phase == PHASE_ENTRY) {
		expand_block(c, w->it, w->index, w->depth, number, b, NULL, 0);
		return;
	}
	const struct abi_block *before = NULL;

	if (w->it->block_phases & PHASE_BIT(PHASE_ENTRY))
		before = event_find_block(c->ev, PHASE_ENTRY, w->it->leaf, w->index);
	expand_block(c, w->it, w->index, w->depth, number, before, b, filled(c, w->it, NULL));
}

static int read_levels(struct capture *c, struct err *err)
{
	for (;;) {
		struct wants found = c->next;

		if (c->now.n) {
			if (read_level(c, err) != 0)
				return -1;
			for (uint32_t i = 0; i < c->now.n; i++)
				keep(c, &c->now.list[i]);
			found = c->next;
		}
		if (!found.n)
			break;
		c->next = c->now;
		c->next.n = 0;
		c->now = found;
	}
	c->now.n = 0;
	return 0;
}

/* The length stands behind another argument that is captured in the same phase. */
static bool waits_for_other(enum abi_len_rule rule, enum abi_phase phase)
{
	return rule == LEN_MIN_DEREF || (rule == LEN_DEREF_ENTRY && phase == PHASE_ENTRY) ||
	       (rule == LEN_DEREF_EXIT && phase == PHASE_EXIT);
}

static void ask_arguments(struct capture *c, bool waiting)
{
	for (unsigned arg = 0; arg < ABI_ARGS; arg++) {
		if (c->prog->arg_item[arg] == ITEM_NONE)
			continue;
		const struct abi_item *it = &c->prog->items[c->prog->arg_item[arg]];

		if ((it->behind & c->bit) && waits_for_other(it->len->rule, c->phase) == waiting)
			follow(c, it, c->ev->args[arg], NULL, &c->now);
	}
}

/* The first execve's pointers are those of the program that started it: no part of the run. */
static void forget_launcher(struct capture *c)
{
	for (uint32_t i = 0; i < c->ev->nblocks; i++)
		c->ev->blocks[i].addr = 0;
	for (unsigned arg = 0; arg < ABI_ARGS; arg++) {
		if (c->prog->arg_item[arg] == ITEM_NONE)
			continue;
		const struct abi_item *it = &c->prog->items[c->prog->arg_item[arg]];
		struct abi_block *b = (struct abi_block *)event_find_block(c->ev, c->phase, it->leaf, 0);

		c->ev->args[arg] = 0;
		if (b && it->body == BODY_ELEMENTS && it[1].op == ITEM_POINTER && it->size == sizeof(uint64_t) &&
		    b->len)
			b->data = memset(arena_raw(c->ev->arena, b->len), 0, b->len);
	}
}

int abi_capture(const struct abi_schema *s, struct sys_event *ev, enum abi_phase phase, const struct abi_memory *mem,
		struct err *err)
{
	if (ev->call == ABI_UNDESCRIBED)
		return 0;
	const struct abi_program *prog = abi_schema_program(s, ev->call);

	if (!prog->captures[phase] || (phase == PHASE_EXIT && (!(ev->flags & EVENT_RETURNED) || event_failed(ev))))
		return 0;
	struct want now[WANTS_FIRST], next[WANTS_FIRST];
	struct capture c = {
		.prog = prog,
		.ev = ev,
		.phase = phase,
		.bit = PHASE_BIT(phase),
		.mem = mem,
		.now = { .list = now, .room = WANTS_FIRST },
		.next = { .list = next, .room = WANTS_FIRST },
	};

	ask_arguments(&c, false);
	if (read_levels(&c, err) != 0)
		return -1;
	ask_arguments(&c, true);
	if (read_levels(&c, err) != 0)
		return -1;
	if ((ev->flags & EVENT_INITIAL) && phase == PHASE_ENTRY)
		forget_launcher(&c);
	return 0;
}

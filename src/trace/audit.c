/*
 * The effect audit: copies of the task's memory around each call, compared.
 */
#include "trace/audit.h"

#include "abi/walk.h"
#include "base/check.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SNAPSHOT_MAX      ((size_t)256 << 20) /* bytes copied a call; regions beyond are not looked at */
#define FILL_MAX          ((size_t)1 << 20)   /* bytes of one buffer that are filled */
/*
 * As many bytes in a row are not met by chance: at one place, the end of a block; anywhere in it; and in records,
 * behind each of which up to 7 bytes are nobody's.
 */
#define TAIL              4u
#define RUN               8u
#define RUN_IN_RECORDS    12u
#define REGION_SHARED_BIT 0x100u /* abi_region.prot */

/* Memory of the task as it stands before the call, filled buffers included. */
struct piece {
	uint64_t start;
	size_t len;
	uint8_t *data;
};

/* A buffer that was filled, and what was there. */
struct fill {
	uint64_t addr;
	size_t len;
	uint8_t *was, *now;
	bool records;
};

struct range {
	uint64_t start, end;
};

struct audit {
	const struct abi_schema *schema;
	const struct audit_sink *sink;
	struct arena *arena; /* of one call */
	bool looking;        /* at the call that was entered last */
	struct piece *pieces;
	size_t npieces;
	struct fill *fills;
	size_t nfills, fills_room;
	struct range *may; /* what may have changed */
	size_t nmay, may_room;
	uint64_t seed;
	const struct task *task;
	struct err *err;
	bool failed;
};

struct audit *audit_new(const struct abi_schema *schema, const struct audit_sink *sink)
{
	struct audit *a = xcalloc(1, sizeof(*a));

	a->schema = schema;
	a->sink = sink;
	a->arena = arena_new();
	a->seed = 0x9e3779b97f4a7c15u;
	return a;
}

void audit_free(struct audit *a)
{
	if (!a)
		return;
	arena_free(a->arena);
	free(a);
}

void audit_forget(struct audit *a)
{
	a->looking = false;
}

/* ---- before the call ---- */

static uint8_t filling(struct audit *a)
{
	a->seed ^= a->seed << 13;
	a->seed ^= a->seed >> 7;
	a->seed ^= a->seed << 17;
	return (uint8_t)(a->seed >> 32);
}

static void copy_memory(struct audit *a)
{
	struct abi_region *regions;
	uint32_t n = fdinfo_regions(a->task, a->arena, &regions);
	size_t total = 0;

	a->pieces = arena_array(a->arena, n ? n : 1, sizeof(*a->pieces));
	a->npieces = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct abi_region *r = &regions[i];
		size_t len = (size_t)(r->end - r->start);
		struct piece *p = &a->pieces[a->npieces];

		if (!(r->prot & PROT_WRITE) || (r->prot & REGION_SHARED_BIT) || len > SNAPSHOT_MAX - total)
			continue;
		total += len;
		p->start = r->start;
		p->data = arena_raw(a->arena, len);
		p->len = memory_read(a->task, r->start, p->data, len);
		a->npieces += p->len > 0;
	}
}

/* The copy of [addr, addr + len), or NULL: not all of it was copied. */
static uint8_t *copied(const struct audit *a, uint64_t addr, size_t len)
{
	for (size_t i = 0; i < a->npieces; i++) {
		const struct piece *p = &a->pieces[i];

		if (addr >= p->start && addr - p->start <= p->len && len <= p->len - (addr - p->start))
			return p->data + (addr - p->start);
	}
	return NULL;
}

static bool meets(uint64_t addr, uint64_t len, uint64_t other, uint64_t other_len)
{
	return addr < other + other_len && other < addr + len;
}

/* The kernel reads some of these bytes, or they are filled already. */
static bool is_taken(const struct audit *a, const struct sys_event *ev, uint64_t addr, uint64_t len)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (meets(addr, len, ev->blocks[i].addr, ev->blocks[i].len))
			return true;
	}
	for (size_t i = 0; i < a->nfills; i++) {
		if (meets(addr, len, a->fills[i].addr, a->fills[i].len))
			return true;
	}
	return false;
}

struct filling_in {
	struct audit *a;
	const struct sys_event *ev;
};

static void fill_room(void *ctx, const struct abi_room *room)
{
	const struct filling_in *x = ctx;
	struct audit *a = x->a;
	size_t len = room->bytes < FILL_MAX ? (size_t)room->bytes : FILL_MAX;
	uint8_t *copy = copied(a, room->addr, len);
	struct fill *f;

	if (!len || !copy || room->inout || a->failed || is_taken(a, x->ev, room->addr, len))
		return;
	if (a->nfills == a->fills_room) {
		struct fill *old = a->fills;

		a->fills_room = a->fills_room ? 2 * a->fills_room : 16;
		a->fills = arena_array(a->arena, a->fills_room, sizeof(*a->fills));
		if (a->nfills)
			memcpy(a->fills, old, a->nfills * sizeof(*old));
	}
	f = &a->fills[a->nfills];
	*f = (struct fill){ .addr = room->addr, .len = len, .records = room->records };
	f->was = arena_copy(a->arena, copy, len);
	f->now = arena_raw(a->arena, len);
	for (size_t i = 0; i < len; i++)
		f->now[i] = filling(a);
	if (memory_write(a->task, f->addr, f->now, len, a->err) != 0) {
		a->failed = true;
		return;
	}
	memcpy(copy, f->now, len);
	a->nfills++;
}

int audit_enter(struct audit *a, const struct task *task, const struct sys_event *ev, struct err *err)
{
	struct filling_in x = { a, ev };

	arena_reset(a->arena);
	a->fills = NULL;
	a->may = NULL;
	a->nfills = a->fills_room = a->nmay = a->may_room = 0;
	a->failed = false;
	a->looking = true;
	a->task = task;
	a->err = err;
	copy_memory(a);
	abi_rooms(a->schema, ev, fill_room, &x);
	a->err = NULL;
	return a->failed ? -1 : 0;
}

/* ---- what may have changed ---- */

static void allow(struct audit *a, uint64_t start, uint64_t len)
{
	if (a->nmay == a->may_room) {
		struct range *old = a->may;

		a->may_room = a->may_room ? 2 * a->may_room : 16;
		a->may = arena_array(a->arena, a->may_room, sizeof(*a->may));
		if (a->nmay)
			memcpy(a->may, old, a->nmay * sizeof(*old));
	}
	if (len > UINT64_MAX - start)
		len = UINT64_MAX - start;
	if (len)
		a->may[a->nmay++] = (struct range){ start, start + len };
}

static void allow_room(void *ctx, const struct abi_room *room)
{
	allow(ctx, room->addr, room->bytes);
}

/* A failed call may have filled a part of its buffers: what then is in them means nothing to anybody. */
static void find_allowed(struct audit *a, const struct sys_event *ev)
{
	const struct abi_row *row = abi_schema_call(a->schema, ev->call)->row;

	if (event_failed(ev))
		abi_rooms(a->schema, ev, allow_room, a);
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == PHASE_EXIT)
			allow(a, ev->blocks[i].addr, ev->blocks[i].len);
	}
	if ((row->classes & CLASS_MEMORY) && !event_failed(ev)) {
		allow(a, ev->args[0], ev->args[1]);
		allow(a, (uint64_t)ev->ret, ev->args[1]);
	}
}

static int by_start(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* ---- after the call ---- */

static void tell(struct audit *a, const struct sys_event *ev, enum audit_fault fault, uint64_t addr, uint64_t len)
{
	struct audit_finding f = { .fault = fault, .ev = ev, .addr = addr, .len = len, .near = "" };
	const struct abi_call *c = abi_schema_call(a->schema, ev->call);

	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(a->schema, c->leaf_first + i);
		uint64_t start = leaf->reg < ABI_ARGS ? ev->args[leaf->reg] : UINT64_MAX;

		if (!leaf->is_addr || start > addr || (*f.near && addr - start >= f.distance))
			continue;
		f.near = leaf->path;
		f.distance = addr - start;
	}
	a->sink->found(a->sink->ctx, &f);
}

/* Bytes of a piece that changed and may not have: told in runs, gaps of a few bytes that stayed the same included. */
static void compare_piece(struct audit *a, const struct sys_event *ev, const struct piece *p, const uint8_t *now,
			  size_t len)
{
	uint64_t from = 0, to = 0;
	size_t k = 0;

	for (size_t i = 0; i < len;) {
		uint64_t at = p->start + i;

		if (i % 64 == 0 && len - i >= 64 && memcmp(p->data + i, now + i, 64) == 0) {
			i += 64;
			continue;
		}
		while (k < a->nmay && a->may[k].end <= at)
			k++;
		if (p->data[i] != now[i] && !(k < a->nmay && a->may[k].start <= at)) {
			if (to && at > to + 8) {
				tell(a, ev, AUDIT_OUTSIDE, from, to - from);
				to = 0;
			}
			from = to ? from : at;
			to = at + 1;
		}
		i++;
	}
	if (to)
		tell(a, ev, AUDIT_OUTSIDE, from, to - from);
}

/* Ranges that overlap become one, so that they can be gone through in order. */
static void merge_allowed(struct audit *a)
{
	size_t n = 0;

	if (a->nmay)
		qsort(a->may, a->nmay, sizeof(*a->may), by_start);
	for (size_t i = 0; i < a->nmay; i++) {
		if (n && a->may[i].start <= a->may[n - 1].end) {
			if (a->may[i].end > a->may[n - 1].end)
				a->may[n - 1].end = a->may[i].end;
			continue;
		}
		a->may[n++] = a->may[i];
	}
	a->nmay = n;
}

/*
 * What of a block is filling still becomes what was there, and is told.  1: there was some; 0: none; -1: *err TRACE.
 */
static int check_block(struct audit *a, const struct sys_event *ev, const struct abi_block *b, const struct fill *f,
		       struct err *err)
{
	const uint8_t *filled = f->now + (b->addr - f->addr), *was = f->was + (b->addr - f->addr);
	int result = 0;

	for (uint32_t from = 0, to; from < b->len; from = to + 1) {
		uint32_t least = f->records ? RUN_IN_RECORDS : RUN;

		for (to = from; to < b->len && b->data[to] == filled[to]; to++)
			;
		if (to == b->len && !f->records)
			least = TAIL;
		if (to - from < least)
			continue;
		tell(a, ev, AUDIT_UNWRITTEN, b->addr + from, to - from);
		if (memory_write(a->task, b->addr + from, was + from, to - from, err) != 0)
			return -1;
		result = 1;
	}
	return result;
}

static bool in_block(const struct sys_event *ev, uint64_t addr)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		const struct abi_block *b = &ev->blocks[i];

		if (b->phase == PHASE_EXIT && addr >= b->addr && addr - b->addr < b->len)
			return true;
	}
	return false;
}

/* Filling that lies in no block becomes what was there. */
static int put_back(struct audit *a, const struct sys_event *ev, const struct fill *f, struct err *err)
{
	uint8_t *now = arena_raw(a->arena, f->len);
	size_t got = memory_read(a->task, f->addr, now, f->len);

	for (size_t from = 0, to; from < got; from = to + 1) {
		for (to = from; to < got && now[to] == f->now[to] && !in_block(ev, f->addr + to); to++)
			;
		if (to > from && memory_write(a->task, f->addr + from, f->was + from, to - from, err) != 0)
			return -1;
	}
	return 0;
}

static int check_fill(struct audit *a, const struct sys_event *ev, const struct fill *f, struct err *err)
{
	int result = put_back(a, ev, f, err);

	for (uint32_t i = 0; i < ev->nblocks && result >= 0; i++) {
		const struct abi_block *b = &ev->blocks[i];
		int r;

		if (b->phase != PHASE_EXIT || b->status != BLOCK_OK || b->addr < f->addr ||
		    b->addr + b->len > f->addr + f->len)
			continue;
		r = check_block(a, ev, b, f, err);
		result = r ? r : result;
	}
	return result;
}

int audit_exit(struct audit *a, const struct task *task, const struct sys_event *ev, struct err *err)
{
	int result = 0;

	if (!a->looking)
		return 0;
	a->looking = false;
	a->task = task;
	find_allowed(a, ev);
	merge_allowed(a);
	for (size_t i = 0; i < a->npieces; i++) {
		const struct piece *p = &a->pieces[i];
		uint8_t *now = arena_raw(a->arena, p->len);

		compare_piece(a, ev, p, now, memory_read(task, p->start, now, p->len));
	}
	for (size_t i = 0; i < a->nfills; i++) {
		int r = check_fill(a, ev, &a->fills[i], err);

		if (r < 0)
			return -1;
		result |= r;
	}
	a->sink->done(a->sink->ctx, ev);
	return result;
}

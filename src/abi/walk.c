/*
 * Pairs the fields of two events of one call.  What the events hold came from a task or from a file: every length,
 * address and index in them is only ever looked up, never trusted.
 */
#include "abi/walk.h"

#include "abi/finder.h"
#include "abi/program.h"
#include "abi/says.h"
#include "abi/split.h"
#include "base/check.h"

#include <string.h>

enum {
	RECORDED,
	ACTUAL,
	SIDES,
};

/* One side of an element in work. */
struct view {
	const uint8_t *now;    /* its bytes in the phase that is compared; NULL: none */
	const uint8_t *before; /* its bytes as pointers, counts and tags are read from; NULL: none */
	uint32_t now_len, before_len;
	uint64_t addr; /* where the element stands in the task, 0: unknown or nowhere */
	uint64_t room; /* bytes from addr on that belong to the task's buffer */
	bool on;       /* this side has the element (a union's other case has not) */
};

struct frame {
	struct view view[SIDES];
	uint32_t index;
	unsigned depth; /* arrays around */
	enum block_status status;
};

struct side {
	const struct sys_event *ev; /* NULL: absent */
	bool returned, succeeded;
	struct finder finder;
};

struct walk {
	const struct abi_program *prog;
	const struct abi_item *items;
	const struct abi_leaf *leaves; /* of the call */
	struct side side[SIDES];
	enum abi_phase phase;
	unsigned bit;
	int (*visit)(void *ctx, const struct abi_pair *p);
	void *ctx;
	struct abi_pair pair;
};

static int walk_items(struct walk *w, uint32_t first, uint32_t end, const struct frame *f);

static const uint8_t no_bytes[1];

static enum block_status worse(enum block_status a, enum block_status b)
{
	return a > b ? a : b;
}

/* Sides and addresses of w->pair are set. */
static int visit_pair(struct walk *w, const struct abi_leaf *leaf, uint32_t index, enum block_status status)
{
	struct abi_pair *p = &w->pair;

	/* memory that could not be captured is no reason to say nothing about the field */
	if (p->rec.type == VALUE_ABSENT && p->live.type == VALUE_ABSENT && status == BLOCK_OK)
		return 0;
	p->leaf = leaf;
	p->index = index;
	p->status = status;
	return w->visit(w->ctx, p);
}

/* The field's value on a side, and in *size its bytes in memory. */
static void leaf_value(const struct abi_item *it, const struct view *v, struct value *value, uint32_t *size)
{
	value->type = VALUE_ABSENT;
	*size = 0;
	if (!v->now)
		return;
	if (it->size == 0) {
		/* an unreadable block is there with no bytes; behind a struct's end may be nothing */
		if (it->offset > v->now_len || (it->offset && it->offset == v->now_len))
			return;
		*size = v->now_len - it->offset;
	} else {
		/* of a field that a short buffer cuts the caller gets to see the first bytes: they are its value */
		if (it->offset >= v->now_len)
			return;
		*size = v->now_len - it->offset < it->size ? v->now_len - it->offset : it->size;
	}
	const uint8_t *at = v->now + it->offset;

	if (it->enc != ENC_BYTES) {
		value->type = VALUE_NUM;
		value->num = *size == it->size ? item_decode(it->enc, at) : item_decode_cut(it->enc, at, *size);
		return;
	}
	value->type = VALUE_BYTES;
	value->data = at;
	value->len = *size;
	if (it->pathname && at[0] != 0) {
		value->len = strnlen((const char *)at, *size);
		*size = (uint32_t)value->len + (value->len < *size);
	}
	while (it->string && value->len && at[value->len - 1] == 0)
		value->len--;
}

/* Where size bytes (0: all) at offset of the actual side's element stand. */
static void place(struct abi_pair *p, const struct view *live, uint32_t offset, uint32_t size)
{
	if (!live->addr || !live->on || offset >= live->room) {
		p->addr = 0;
		p->room = 0;
		return;
	}
	uint64_t room = live->room - offset;

	if (size && size < room)
		room = size;
	p->addr = live->addr + offset;
	p->room = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
}

static int visit_leaf(struct walk *w, const struct abi_item *it, const struct frame *f)
{
	struct abi_pair *p = &w->pair;
	const struct view *rec = &f->view[RECORDED], *live = &f->view[ACTUAL];

	leaf_value(it, rec, &p->rec, &p->rec_size);
	leaf_value(it, live, &p->live, &p->live_size);
	/* of a number that is cut on one side only, the bytes that are there are no such number */
	if (p->rec.type == VALUE_NUM && p->live.type == VALUE_NUM && p->rec_size != p->live_size) {
		const struct view *cut = p->rec_size < p->live_size ? rec : live;
		struct value *value = p->rec_size < p->live_size ? &p->rec : &p->live;

		*value = value_bytes(cut->now + it->offset, p->rec_size < p->live_size ? p->rec_size : p->live_size);
	}
	p->rec_addr = rec->addr && p->rec.type != VALUE_ABSENT ? rec->addr + it->offset : 0;
	place(p, live, it->offset, it->size);
	return visit_pair(w, &w->leaves[it->leaf], f->index, f->status);
}

/* A pair of numbers that stand in no memory; p->rec and p->live are set. */
static int visit_numbers(struct walk *w, const struct abi_item *it)
{
	struct abi_pair *p = &w->pair;

	p->rec_size = p->live_size = (uint32_t)abi_enc_size(it->enc);
	p->rec_addr = p->addr = 0;
	p->room = 0;
	return visit_pair(w, &w->leaves[it->leaf], 0, BLOCK_OK);
}

static void register_value(const struct side *s, unsigned reg, enum abi_enc enc, struct value *value)
{
	value->type = VALUE_ABSENT;
	if (!s->ev)
		return;
	value->type = VALUE_NUM;
	value->num = item_decode(enc, &s->ev->args[reg]);
}

static int visit_argument(struct walk *w, const struct abi_item *it)
{
	register_value(&w->side[RECORDED], it->reg, it->enc, &w->pair.rec);
	register_value(&w->side[ACTUAL], it->reg, it->enc, &w->pair.live);
	return visit_numbers(w, it);
}

static void result_value(const struct side *s, enum abi_enc enc, struct value *value)
{
	value->type = VALUE_ABSENT;
	if (!s->ev || !s->returned)
		return;
	value->type = VALUE_NUM;
	value->num = s->succeeded ? item_decode(enc, &s->ev->ret) : (num_t)s->ev->ret;
}

static int visit_result(struct walk *w, const struct abi_item *it)
{
	result_value(&w->side[RECORDED], it->enc, &w->pair.rec);
	result_value(&w->side[ACTUAL], it->enc, &w->pair.live);
	return visit_numbers(w, it);
}

/* The part of an element from offset on, of at most size bytes. */
static struct view view_part(const struct view *v, uint64_t offset, uint64_t size)
{
	struct view part = { .on = v->on };

	if (v->now && offset < v->now_len) {
		part.now = v->now + offset;
		part.now_len = v->now_len - offset < size ? (uint32_t)(v->now_len - offset) : (uint32_t)size;
	}
	if (v->before && offset < v->before_len) {
		part.before = v->before + offset;
		part.before_len = v->before_len - offset < size ? (uint32_t)(v->before_len - offset) : (uint32_t)size;
	}
	if (v->addr && offset < v->room) {
		part.addr = v->addr + offset;
		part.room = v->room - offset < size ? v->room - offset : size;
	}
	part.on = part.now || part.before || part.addr;
	return part;
}

/* count elements of size bytes from offset on. */
static int walk_elements(struct walk *w, const struct abi_item *it, uint32_t first, const struct frame *f,
			 uint64_t offset, uint64_t count)
{
	struct frame element = { .depth = f->depth + 1, .status = f->status };

	for (uint64_t i = 0; i < count; i++) {
		element.index = item_index(f->index, f->depth, (uint32_t)i);
		for (unsigned s = 0; s < SIDES; s++)
			element.view[s] = view_part(&f->view[s], offset + i * it->size, it->size);
		int answer = walk_items(w, first, it->end, &element);

		if (answer)
			return answer;
	}
	return 0;
}

static int walk_union(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *f)
{
	int64_t tag[SIDES] = { 0 };
	bool has_tag[SIDES], known[SIDES] = { false };

	for (unsigned s = 0; s < SIDES; s++) {
		const struct view *v = &f->view[s];

		has_tag[s] =
			item_tag(it, v->now, v->now_len, &tag[s]) || item_tag(it, v->before, v->before_len, &tag[s]);
	}
	/* neither side says what it is: let the first case carry the news that the memory was not captured */
	bool unread = !has_tag[RECORDED] && !has_tag[ACTUAL] && f->status != BLOCK_OK;

	for (uint32_t i = at + 1; i < it->end; i = w->items[i].end) {
		const struct abi_item *c = &w->items[i];
		struct frame in_case = *f;
		bool any = unread && i == at + 1;

		for (unsigned s = 0; s < SIDES; s++) {
			bool fits = has_tag[s] && (c->other ? !known[s] : c->tag == tag[s] && !known[s]);

			known[s] |= fits;
			any |= fits;
			if (!fits)
				in_case.view[s] = (struct view){ .on = false };
		}
		if (!any || !(c->under & w->bit))
			continue;
		int answer = walk_items(w, i + 1, c->end, &in_case);

		if (answer)
			return answer;
	}
	return 0;
}

static void view_block(const struct abi_block *b, const uint8_t **data, uint32_t *len)
{
	*data = b->data ? b->data : no_bytes;
	*len = b->data ? b->len : 0;
}

/* What a pointer leads to on one side. */
static struct view follow(struct walk *w, const struct abi_item *it, const struct frame *f, unsigned s,
			  enum block_status *status)
{
	struct side *side = &w->side[s];
	const struct view *holder = &f->view[s];
	struct view v = { .on = false };
	uint64_t address;

	if (!side->ev)
		return v;
	if (it->reg != ABI_REG_NONE)
		address = side->ev->args[it->reg];
	else if (!holder->on || !item_address(it, holder->before, holder->before_len, &address))
		return v;
	/* the launcher's addresses are given as 0, and no others lead from 0 to a block */
	if (address == 0 && !(side->ev->flags & EVENT_INITIAL))
		return v;
	v.on = true;
	v.addr = address;

	const struct abi_block *now = NULL, *before = NULL;

	if ((it->block_phases & w->bit) && (w->phase == PHASE_ENTRY || side->succeeded))
		now = finder_block(&side->finder, w->phase, it->leaf, f->index);
	if (now) {
		view_block(now, &v.now, &v.now_len);
		*status = worse(*status, now->status);
		v.addr = now->addr;
	}
	if (w->phase == PHASE_EXIT && it->has_pointers && (it->block_phases & PHASE_BIT(PHASE_ENTRY)))
		before = finder_block(&side->finder, PHASE_ENTRY, it->leaf, f->index);
	if (before) {
		view_block(before, &v.before, &v.before_len);
	} else {
		v.before = v.now;
		v.before_len = v.now_len;
	}
	if (s == ACTUAL) {
		struct len_view lv = {
			.ev = side->ev,
			.prog = w->prog,
			.before = holder->before,
			.before_len = holder->before_len,
			.after = holder->now,
			.after_len = holder->now_len,
		};
		v.room = item_capacity(it, &lv);
		if (it->len->rule == LEN_SAYS && v.before && v.before_len >= it->len->n)
			v.room = says_length(it->len->says, v.before, v.before_len, EXTENT_ROOM);
	}
	if (v.room < v.now_len)
		v.room = v.now_len;
	if (v.room < v.before_len)
		v.room = v.before_len;
	return v;
}

static uint64_t longest(const struct frame *f)
{
	uint64_t len = 0;

	for (unsigned s = 0; s < SIDES; s++) {
		if (f->view[s].now_len > len)
			len = f->view[s].now_len;
		if (f->view[s].before_len > len)
			len = f->view[s].before_len;
	}
	return len;
}

/* How many elements of an array in place there are on one side at least. */
static uint64_t array_count(const struct abi_item *it, const struct frame *f)
{
	uint64_t len = longest(f);

	if (it->count != ABI_UP_TO_END)
		return it->count;
	return len <= it->offset ? 0 : (len - it->offset + it->size - 1) / it->size;
}

/* ---- records ---- */

static void record_value(const struct record *r, const struct view *block, struct view *v)
{
	*v = (struct view){ .on = r != NULL };
	if (!r)
		return;
	v->now = v->before = block->now + r->offset;
	v->now_len = v->before_len = r->len;
	v->addr = block->addr ? block->addr + r->offset : 0;
	v->room = r->len;
}

static int visit_tail(struct walk *w, const struct abi_item *it, const struct frame *f,
		      const struct record *const r[SIDES])
{
	struct frame tail = *f;
	struct abi_item leaf = *it;

	for (unsigned s = 0; s < SIDES; s++) {
		struct view *v = &tail.view[s];

		if (!r[s]) {
			*v = (struct view){ .on = false };
			continue;
		}
		v->now = v->before = v->now + r[s]->tail_offset;
		v->now_len = v->before_len = r[s]->tail_len;
		v->room = r[s]->len - r[s]->tail_offset;
		if (v->addr)
			v->addr += r[s]->tail_offset;
	}
	leaf.op = ITEM_LEAF;
	return visit_leaf(w, &leaf, &tail);
}

/* A number at the records' ends, which are at different offsets. */
static int visit_last(struct walk *w, const struct abi_item *it, const struct frame *f)
{
	struct frame last = *f;

	for (unsigned s = 0; s < SIDES; s++) {
		struct view *v = &last.view[s];
		uint32_t offset = v->now_len - it->size;

		if (!v->now)
			continue;
		v->now = v->before = v->now + offset;
		v->now_len = v->before_len = it->size;
		v->room = it->size;
		if (v->addr)
			v->addr += offset;
	}
	return visit_leaf(w, it, &last);
}

static int visit_record(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *block,
			uint32_t number, const struct record *const r[SIDES])
{
	struct frame f = { .index = item_index(block->index, block->depth, number),
			   .depth = block->depth + 1,
			   .status = block->status };

	for (unsigned s = 0; s < SIDES; s++)
		record_value(r[s], &block->view[s], &f.view[s]);
	for (uint32_t i = at + 1; i < it->end; i = w->items[i].end) {
		const struct abi_item *part = &w->items[i];
		int answer = part->op == ITEM_TAIL ? visit_tail(w, part, &f, r)
			     : part->at_end        ? visit_last(w, part, &f)
						   : walk_items(w, i, part->end, &f);

		if (answer)
			return answer;
	}
	return 0;
}

/* The records' numbers by place, NULL: 0, 1, ..., and whatever is no whole record. */
static struct value numbers_and_rest(const struct records *list, const struct view *v, const uint32_t *numbers,
				     struct arena *arena)
{
	size_t size = 4 * (size_t)list->n, rest = v->now_len - list->whole;
	uint8_t *bytes = arena_raw(arena, size + rest + 1u);

	for (uint32_t i = 0; i < list->n; i++)
		abi_encode(ENC_U32, numbers ? numbers[i] : i, bytes + 4 * (size_t)i);
	if (rest)
		memcpy(bytes + size, v->now + list->whole, rest);
	return value_bytes(bytes, size + rest);
}

/* The order of a set's records and whatever is no whole record: nothing in the block goes unseen. */
static int visit_rest(struct walk *w, const struct abi_item *it, const struct frame *block, struct records list[SIDES],
		      const struct pairing *pairing)
{
	struct abi_pair *p = &w->pair;
	struct value *value[SIDES] = { &p->rec, &p->live };
	uint32_t *size[SIDES] = { &p->rec_size, &p->live_size };

	for (unsigned s = 0; s < SIDES; s++) {
		const struct view *v = &block->view[s];

		*value[s] = (struct value){ .type = VALUE_ABSENT };
		*size[s] = 0;
		if (!v->now)
			continue;
		if (pairing)
			*value[s] = numbers_and_rest(&list[s], v, s == ACTUAL ? pairing->numbers : NULL, w->side[s].ev->arena);
		else if (it->records->is_set)
			*value[s] = records_order(&list[s], v->now, v->now_len, w->side[s].ev->arena);
		else if (list[s].whole < v->now_len)
			*value[s] = value_bytes(v->now + list[s].whole, v->now_len - list[s].whole);
		*size[s] = (uint32_t)value[s]->len;
	}
	p->rec_addr = block->view[RECORDED].addr;
	place(p, &block->view[ACTUAL], 0, 0);
	return visit_pair(w, &w->leaves[it->rest_leaf], block->index, block->status);
}

static int walk_keyed(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *block,
		      struct records list[SIDES])
{
	const struct view *v = block->view;
	struct arena *arena = w->side[v[ACTUAL].now ? ACTUAL : RECORDED].ev->arena;
	struct pairing pairing;
	int answer = 0;

	records_pair(&pairing, it->records, list, (const uint8_t *const[]){ v[RECORDED].now, v[ACTUAL].now }, arena);
	for (uint32_t i = 0; !answer && i < pairing.n; i++) {
		uint32_t k = pairing.second[i];
		const struct record *const r[SIDES] = {
			[RECORDED] = i < list[RECORDED].n ? &list[RECORDED].records[i] : NULL,
			[ACTUAL] = k != PAIRED_NONE ? &list[ACTUAL].records[k] : NULL,
		};

		answer = visit_record(w, it, at, block, i, r);
	}
	return answer ? answer : visit_rest(w, it, block, list, &pairing);
}

static int walk_named(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *block,
		      struct records list[SIDES])
{
	uint32_t next[SIDES] = { 0 };
	int answer = 0;

	for (uint32_t number = 0; !answer; number++) {
		const struct record *r[SIDES];

		for (unsigned s = 0; s < SIDES; s++)
			r[s] = next[s] < list[s].n ? &list[s].records[next[s]] : NULL;
		if (!r[RECORDED] && !r[ACTUAL])
			break;
		if (it->records->is_set && r[RECORDED] && r[ACTUAL]) {
			int order = record_compare(r[RECORDED], block->view[RECORDED].now, r[ACTUAL],
						   block->view[ACTUAL].now);

			if (order)
				r[order < 0 ? ACTUAL : RECORDED] = NULL;
		}
		for (unsigned s = 0; s < SIDES; s++)
			next[s] += r[s] != NULL;
		answer = visit_record(w, it, at, block, number, r);
	}
	return answer ? answer : visit_rest(w, it, block, list, NULL);
}

static int walk_records(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *block)
{
	struct records list[SIDES] = { { 0 } };
	int answer;

	for (unsigned s = 0; s < SIDES; s++) {
		const struct view *v = &block->view[s];

		if (v->now)
			records_split(&list[s], it->records, v->now, v->now_len);
	}
	answer = it->records->key_len ? walk_keyed(w, it, at, block, list) : walk_named(w, it, at, block, list);
	for (unsigned s = 0; s < SIDES; s++)
		records_free(&list[s]);
	return answer;
}

/* Both sides have the same messages by number and length. */
static bool same_messages(const struct walk *w, const struct abi_records *how, const struct frame *f)
{
	const struct view *a = &f->view[RECORDED], *b = &f->view[ACTUAL];

	for (unsigned s = 0; s < SIDES; s++) {
		const struct view *v = &f->view[s];

		if (v->now && (!(w->side[s].ev->flags & how->flag) || !records_fill(how, v->now, v->now_len)))
			return false;
	}
	if (!a->now || !b->now)
		return a->now || b->now;
	for (uint32_t at = 0, size; at < a->now_len; at += size) {
		size = how->length(a->now + at, a->now_len - at);
		if (at >= b->now_len || how->length(b->now + at, b->now_len - at) != size)
			return false;
		/* the padding is nobody's, the message's own length is */
		if (how->content && how->content(a->now + at, size) != how->content(b->now + at, size))
			return false;
	}
	return a->now_len == b->now_len;
}

static int walk_sort(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *f)
{
	struct records list[SIDES] = { { 0 } };
	int answer = 0;

	for (unsigned s = 0; s < SIDES; s++) {
		if (f->view[s].now)
			records_split(&list[s], it->records, f->view[s].now, f->view[s].now_len);
	}
	for (uint32_t i = 0; !answer && (i < list[RECORDED].n || i < list[ACTUAL].n); i++) {
		const struct record *r[SIDES];

		for (unsigned s = 0; s < SIDES; s++)
			r[s] = i < list[s].n ? &list[s].records[i] : NULL;
		answer = visit_record(w, it, at, f, i, r);
	}
	for (unsigned s = 0; s < SIDES; s++)
		records_free(&list[s]);
	return answer;
}

/* Messages are told apart where both sides have the same ones; else the data are one field. */
static int walk_messages(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *f)
{
	for (uint32_t i = at + 1; i < it->end && f->status == BLOCK_OK; i = w->items[i].end) {
		if (same_messages(w, w->items[i].records, f))
			return walk_sort(w, &w->items[i], i, f);
	}
	return visit_leaf(w, it, f);
}

/* ---- items ---- */

static int walk_pointer(struct walk *w, const struct abi_item *it, uint32_t at, const struct frame *f)
{
	struct frame block = { .index = f->index, .depth = f->depth };

	for (unsigned s = 0; s < SIDES; s++)
		block.view[s] = follow(w, it, f, s, &block.status);
	switch (it->body) {
	case BODY_WHOLE:
		return walk_items(w, at + 1, it->end, &block);
	case BODY_ELEMENTS: {
		uint64_t len = longest(&block);
		uint64_t count = len / it->size + (len % it->size != 0);

		return walk_elements(w, it, at + 1, &block, 0, count || block.status == BLOCK_OK ? count : 1);
	}
	case BODY_RECORDS:
		if (!block.view[RECORDED].now && !block.view[ACTUAL].now)
			return 0;
		return walk_records(w, it, at, &block);
	}
	return 0;
}

static int walk_synthetic(struct walk *w, const struct abi_item *it, uint32_t at)
{
	struct frame f = { .index = 0 };

	for (unsigned s = 0; s < SIDES; s++) {
		struct side *side = &w->side[s];
		struct view *v = &f.view[s];

		if (!side->ev || (w->phase == PHASE_EXIT && !side->succeeded))
			continue;
		const struct abi_block *b = finder_block(&side->finder, w->phase, it->leaf, 0);

		if (!b)
			continue;
		view_block(b, &v->now, &v->now_len);
		v->before = v->now;
		v->before_len = v->now_len;
		v->on = true;
		v->addr = b->addr;
		v->room = b->addr ? b->len : 0;
		f.status = worse(f.status, b->status);
	}
	return walk_items(w, at + 1, it->end, &f);
}

static int visit_address(struct walk *w, const struct abi_item *it, const struct frame *f)
{
	if (it->reg != ABI_REG_NONE)
		return visit_argument(w, it);
	struct abi_item leaf = {
		.op = ITEM_LEAF, .enc = ENC_U64, .leaf = it->leaf, .offset = it->offset, .size = sizeof(uint64_t)
	};
	return visit_leaf(w, &leaf, f);
}

static int walk_items(struct walk *w, uint32_t first, uint32_t end, const struct frame *f)
{
	int answer = 0;

	for (uint32_t i = first; i < end && !answer; i = w->items[i].end) {
		const struct abi_item *it = &w->items[i];

		if (!(it->under & w->bit))
			continue;
		switch (it->op) {
		case ITEM_ARG:
			answer = visit_argument(w, it);
			break;
		case ITEM_RET:
			answer = visit_result(w, it);
			break;
		case ITEM_LEAF:
			answer = visit_leaf(w, it, f);
			break;
		case ITEM_TAIL:
			break;
		case ITEM_MESSAGES:
			answer = walk_messages(w, it, i, f);
			break;
		case ITEM_ARRAY:
			answer = walk_elements(w, it, i + 1, f, it->offset, array_count(it, f));
			break;
		case ITEM_UNION:
			answer = walk_union(w, it, i, f);
			break;
		case ITEM_CASE:
			break;
		case ITEM_POINTER:
			if (it->phases & w->bit)
				answer = visit_address(w, it, f);
			if (!answer && (it->behind & w->bit))
				answer = walk_pointer(w, it, i, f);
			break;
		case ITEM_SYNTHETIC:
			answer = walk_synthetic(w, it, i);
			break;
		}
	}
	return answer;
}

static void side_init(struct side *s, const struct sys_event *ev)
{
	s->ev = ev;
	s->returned = ev && (ev->flags & EVENT_RETURNED);
	s->succeeded = s->returned && !event_failed(ev);
	finder_init(&s->finder, ev);
}

int abi_walk(const struct abi_schema *s, const struct sys_event *rec, const struct sys_event *live,
	     enum abi_phase phase, int (*visit)(void *ctx, const struct abi_pair *p), void *ctx)
{
	uint32_t call = rec ? rec->call : live ? live->call : ABI_UNDESCRIBED;

	if (call == ABI_UNDESCRIBED)
		return 0;
	INVARIANT(!rec || !live || rec->call == live->call);
	const struct abi_program *prog = abi_schema_program(s, call);

	if (!(prog->under & PHASE_BIT(phase)))
		return 0;
	static const struct frame root;
	struct walk w;

	w.prog = prog;
	w.items = prog->items;
	w.leaves = prog->leaves;
	w.phase = phase;
	w.bit = PHASE_BIT(phase);
	w.visit = visit;
	w.ctx = ctx;
	side_init(&w.side[RECORDED], rec);
	side_init(&w.side[ACTUAL], live);
	int answer = walk_items(&w, 0, prog->nitems, &root);

	finder_end(&w.side[RECORDED].finder);
	finder_end(&w.side[ACTUAL].finder);
	return answer;
}

/* ---- one field ---- */

struct wanted {
	uint32_t leaf;
	struct value value;
};

static int take_wanted(void *ctx, const struct abi_pair *p)
{
	struct wanted *want = ctx;

	if (p->leaf->id != want->leaf || p->rec.type == VALUE_ABSENT)
		return 0;
	want->value = p->rec;
	return 1;
}

struct value abi_field_value(const struct abi_schema *s, const struct sys_event *ev, uint32_t leaf_id)
{
	const struct abi_leaf *leaf = abi_schema_leaf(s, leaf_id);
	struct wanted want = { .leaf = leaf_id, .value = { .type = VALUE_ABSENT } };

	if (leaf->call != ev->call)
		return want.value;
	if (leaf->reg < ABI_ARGS)
		return value_num(abi_decode(leaf->enc, &ev->args[leaf->reg]));
	if (leaf->reg == ABI_REG_RET) {
		struct side side;

		side_init(&side, ev);
		result_value(&side, leaf->enc, &want.value);
		return want.value;
	}
	if ((leaf->dir & DIR_OUT) && (ev->flags & EVENT_RETURNED) &&
	    abi_walk(s, ev, NULL, PHASE_EXIT, take_wanted, &want))
		return want.value;
	if (leaf->dir & DIR_IN)
		abi_walk(s, ev, NULL, PHASE_ENTRY, take_wanted, &want);
	return want.value;
}

static bool is_failure(const struct abi_leaf *leaf, const struct value *v)
{
	return leaf->reg == ABI_REG_RET && v->num < 0 && v->num >= -4095;
}

bool abi_can_correspond(const struct abi_leaf *leaf, const struct value *rec, const struct value *live)
{
	if (rec->type != live->type)
		return false;
	if (rec->type == VALUE_NUM)
		return !is_failure(leaf, rec) && !is_failure(leaf, live);
	return rec->type == VALUE_BYTES;
}

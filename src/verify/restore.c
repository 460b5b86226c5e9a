/*
 * Where a recorded value belongs in the actual run, and in what form it gets there.
 */
#include "verify/restore.h"

#include <stdlib.h>
#include <string.h>

static struct patch *add_patch(struct restore *r)
{
	if (r->npatches == r->room) {
		struct patch *old = r->patches;

		r->room = r->room ? 2 * r->room : 4;
		r->patches = arena_array(r->arena, r->room, sizeof(*r->patches));
		if (r->npatches)
			memcpy(r->patches, old, r->npatches * sizeof(*old));
	}
	return &r->patches[r->npatches++];
}

static void patch_memory(struct restore *r, uint64_t addr, const void *data, uint32_t len)
{
	if (len)
		*add_patch(r) = (struct patch){ .type = PATCH_MEMORY, .addr = addr, .data = data, .len = len };
}

/* ---- places ---- */

static int unequal_size(void *ctx, const struct abi_pair *p)
{
	(void)ctx;
	if (p->leaf->is_addr || p->leaf->synthetic ||
	    (p->leaf->kind != KIND_SIZE && p->leaf->kind != KIND_COUNT && p->leaf->kind != KIND_INT))
		return 0;
	return !value_equal(&p->rec, &p->live);
}

/* Both programs asked for as much: what the recorded kernel wrote fits where the actual program wants it. */
static bool sizes_agree(struct restore *r)
{
	if (r->sizes == SIZES_UNKNOWN)
		r->sizes = abi_walk(r->schema, r->rec, r->live, PHASE_ENTRY, unequal_size, NULL) ? SIZES_DIFFER
												 : SIZES_AGREE;
	return r->sizes == SIZES_AGREE;
}

struct pointer_wanted {
	const struct abi_leaf *leaf;
	uint32_t index;
	uint64_t found;
};

static int is_pointer(void *ctx, const struct abi_pair *p)
{
	struct pointer_wanted *w = ctx;

	if (p->leaf != w->leaf || p->index != w->index || p->live.type != VALUE_NUM)
		return 0;
	w->found = (uint64_t)p->live.num;
	return 1;
}

/* Where the actual program wants the data of a recorded block; 0: nowhere. */
static uint64_t actual_base(const struct restore *r, const struct abi_block *b)
{
	const struct abi_call *call = abi_schema_call(r->schema, r->live->call);
	struct pointer_wanted w = { .index = b->index };

	if (b->node >= call->nleaves)
		return 0;
	w.leaf = abi_schema_leaf(r->schema, call->leaf_first + b->node);
	if (!w.leaf->is_addr)
		return 0;
	if (w.leaf->reg < ABI_ARGS)
		return r->live->args[w.leaf->reg];
	abi_walk(r->schema, NULL, r->live, PHASE_ENTRY, is_pointer, &w);
	return w.found;
}

/* The recorded block that holds [addr, addr + len). */
static const struct abi_block *recorded_block(const struct restore *r, uint64_t addr, uint64_t len)
{
	for (uint32_t i = 0; addr && i < r->rec->nblocks; i++) {
		const struct abi_block *b = &r->rec->blocks[i];

		if (b->phase == r->phase && b->addr && addr >= b->addr && addr - b->addr <= b->len &&
		    len <= b->len - (addr - b->addr))
			return b;
	}
	return NULL;
}

/* Where len bytes of the recorded value may be written; 0: nowhere. */
static uint64_t place_of(struct restore *r, const struct abi_pair *p, uint64_t len)
{
	const struct abi_block *b;
	uint64_t base;

	if (p->addr && len <= p->room)
		return p->addr;
	/* the actual kernel wrote less, or nothing: the program's buffer may still have the room */
	b = recorded_block(r, p->rec_addr, len);
	if (!b || r->phase != PHASE_EXIT || !sizes_agree(r))
		return 0;
	base = actual_base(r, b);
	return base ? base + (p->rec_addr - b->addr) : 0;
}

/* ---- records in another order ---- */

struct record {
	const uint8_t *name;
	uint32_t name_len, at, len;
	bool used;
};

static int compare_names(const struct record *a, const uint8_t *name, uint32_t len)
{
	uint32_t common = a->name_len < len ? a->name_len : len;
	int order = common ? memcmp(a->name, name, common) : 0;

	return order ? order : (a->name_len > len) - (a->name_len < len);
}

static int compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = compare_names(x, y->name, y->name_len);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* The record walker of the argument that a path like "dirp.order" belongs to. */
static const struct abi_records *records_of(const struct restore *r, const char *path, size_t len)
{
	const struct abi_row *row = abi_schema_call(r->schema, r->live->call)->row;

	for (unsigned i = 0; i < row->nargs; i++) {
		const struct abi_field *arg = &row->args[i];

		if (strlen(arg->name) == len && memcmp(arg->name, path, len) == 0 && arg->type &&
		    arg->type->shape == SHAPE_RECORDS)
			return arg->type->records;
	}
	return NULL;
}

/* Splits a buffer into its records, ordered by name.  How many; *whole: nothing is left over. */
static size_t split(const struct abi_records *how, const uint8_t *data, uint32_t len, struct record *out, bool *whole)
{
	uint32_t at = 0, record, offset, tail;
	size_t n = 0;

	while (at < len) {
		record = how->length(data + at, len - at);
		if (!record || record > len - at)
			break;
		how->tail(data + at, record, &offset, &tail);
		if (offset > record || tail > record - offset)
			break;
		tail = (uint32_t)strnlen((const char *)data + at + offset, tail);
		out[n++] = (struct record){ data + at + offset, tail, at, record, false };
		at += record;
	}
	*whole = at == len;
	qsort(out, n, sizeof(*out), compare_records);
	return n;
}

/* The first unused record of that name, or NULL. */
static struct record *take_record(struct record *records, size_t n, const uint8_t *name, uint32_t len)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names(&records[middle], name, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && compare_names(&records[low], name, len) == 0; low++) {
		if (!records[low].used) {
			records[low].used = true;
			return &records[low];
		}
	}
	return NULL;
}

/* The bytes that stand in [addr, addr + len) once the patches up to now are applied. */
static uint8_t *patched_copy(const struct restore *r, const struct abi_block *b)
{
	uint8_t *copy = arena_copy(r->arena, b->data, b->len);

	for (size_t i = 0; i < r->npatches; i++) {
		const struct patch *p = &r->patches[i];

		if (p->type == PATCH_MEMORY && p->addr >= b->addr && p->addr - b->addr <= b->len &&
		    p->len <= b->len - (p->addr - b->addr))
			memcpy(copy + (p->addr - b->addr), p->data, p->len);
	}
	return copy;
}

/* Into `to` the records of a set with keys as the other side has them: number[i] says where the i-th one stands there. */
static bool order_keyed(const struct abi_records *how, const struct value *numbers, const uint8_t *from, uint32_t len,
			uint8_t *to, struct arena *arena)
{
	uint32_t n = 0, at, size;
	uint32_t *place;

	for (at = 0; at < len; at += size, n++) {
		size = how->length(from + at, len - at);
		if (!size || size > len - at)
			return false;
	}
	/* more, or anything behind them: there is something that the recording does not have */
	if (numbers->type != VALUE_BYTES || numbers->len != 4 * (size_t)n)
		return false;
	place = arena_array(arena, n + 1u, sizeof(*place));
	memset(place, 0xff, n * sizeof(*place));
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *b = (const uint8_t *)numbers->data + 4 * (size_t)i;
		uint32_t number = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;

		if (number >= n || place[number] != UINT32_MAX)
			return false;
		place[number] = i;
	}
	size = n ? len / n : 0;
	for (uint32_t i = 0; i < n; i++)
		memcpy(to + (size_t)i * size, from + (size_t)place[i] * size, size);
	return true;
}

/*
 * The whole buffer again, its records in recorded order.  Comes behind the patches of single records, which stand at
 * the places that the actual kernel chose: they move with their record.
 */
static bool restore_order(struct restore *r, const struct abi_pair *p)
{
	const struct abi_records *how = records_of(r, p->leaf->path, strlen(p->leaf->path) - strlen(".order"));
	const struct abi_block *b = NULL;
	const uint8_t *name = p->rec.data, *end = name + p->rec.len;
	struct record *records;
	uint8_t *from, *to;
	uint32_t filled = 0;
	size_t n, taken = 0;
	bool whole;

	for (uint32_t i = 0; i < r->live->nblocks && !b; i++) {
		if (r->live->blocks[i].phase == r->phase && r->live->blocks[i].addr == p->addr)
			b = &r->live->blocks[i];
	}
	if (!how || !b || !p->addr || p->rec.type != VALUE_BYTES || b->len > p->room)
		return false;
	records = arena_array(r->arena, b->len + 1u, sizeof(*records));
	from = patched_copy(r, b);
	to = arena_raw(r->arena, b->len + 1u);
	if (how->key_len) {
		if (!order_keyed(how, &p->live, from, b->len, to, r->arena))
			return false;
		patch_memory(r, p->addr, to, b->len);
		return true;
	}
	n = split(how, from, b->len, records, &whole);
	while (whole && name < end) {
		size_t len = strnlen((const char *)name, (size_t)(end - name));
		struct record *next = take_record(records, n, name, (uint32_t)len);

		if (!next)
			return false;
		memcpy(to + filled, from + next->at, next->len);
		filled += next->len;
		taken++;
		name += len + 1;
	}
	if (!whole || taken != n)
		return false;
	patch_memory(r, p->addr, to, filled);
	return true;
}

/* The recorded buffer whole, over what the actual kernel wrote, and over the patches of single records before it. */
static bool restore_records(struct restore *r, const struct abi_pair *p)
{
	const struct abi_block *b = recorded_block(r, p->rec_addr, 1);
	uint64_t base;

	if (!b || b->status != BLOCK_OK || b->addr != p->rec_addr || r->phase != PHASE_EXIT || !sizes_agree(r))
		return false;
	base = actual_base(r, b);
	if (!base)
		return false;
	patch_memory(r, base, b->data, b->len);
	return true;
}

/* ---- fields ---- */

static bool ends_in_order(const struct abi_leaf *leaf)
{
	size_t len = strlen(leaf->path);

	return leaf->enc == ENC_BYTES && len > 6 && strcmp(leaf->path + len - 6, ".order") == 0;
}

static bool restore_result(struct restore *r)
{
	const struct abi_row *row = abi_schema_call(r->schema, r->live->call)->row;

	*add_patch(r) = (struct patch){ .type = PATCH_RET, .number = r->rec->ret };
	if ((row->flags & CALL_MOVES_OFFSET) && r->rec->ret >= 0 && r->live->ret >= 0 && r->rec->ret != r->live->ret)
		*add_patch(r) = (struct patch){ .type = PATCH_OFFSET,
						.fd = (int)(uint32_t)r->live->args[0],
						.number = r->rec->ret - r->live->ret };
	return true;
}

static bool restore_number(struct restore *r, const struct abi_pair *p)
{
	size_t whole = abi_enc_size(p->leaf->enc), size = p->rec_size && p->rec_size < whole ? p->rec_size : whole;
	uint64_t addr = place_of(r, p, size);
	uint8_t *bytes;

	if (!addr)
		return false;
	bytes = arena_alloc(r->arena, whole);
	abi_encode(p->leaf->enc, p->rec.num, bytes);
	patch_memory(r, addr, bytes, (uint32_t)size);
	return true;
}

static bool restore_bytes(struct restore *r, const struct abi_pair *p)
{
	/* a text's value ends before its NULs: they belong to what stands in memory */
	size_t len = p->rec.len > p->rec_size ? p->rec.len : p->rec_size;
	uint64_t addr = place_of(r, p, len);

	if (!addr || len > ABI_BLOCK_MAX)
		return false;
	patch_memory(r, addr, arena_copy(r->arena, p->rec.data ? p->rec.data : (const uint8_t *)"", len),
		     (uint32_t)len);
	return true;
}

/* Numbers only: that is all that a siginfo or an instruction's result has. */
static bool restore_told(struct restore *r, const struct abi_pair *p)
{
	size_t size = abi_enc_size(p->leaf->enc);
	uint8_t *bytes;

	if (p->rec.type != VALUE_NUM || p->addr < EVENT_SIGINFO_ADDR || p->room < size)
		return false;
	bytes = arena_alloc(r->arena, size);
	abi_encode(p->leaf->enc, p->rec.num, bytes);
	*add_patch(r) = (struct patch){ .type = r->live->type == EVENT_SIGNAL ? PATCH_SIGINFO : PATCH_RESULT,
					.addr = p->addr - EVENT_SIGINFO_ADDR,
					.data = bytes,
					.len = (uint32_t)size };
	return true;
}

/* The recorded kernel gave none of the data whose length the result is: then that is what the result has to say. */
static bool restore_nothing(struct restore *r, const struct abi_pair *p)
{
	if (r->phase != PHASE_EXIT || p->leaf->enc != ENC_BYTES || !p->leaf->linked || r->rec->ret != 0)
		return false;
	*add_patch(r) = (struct patch){ .type = PATCH_RET, .number = 0 };
	return true;
}

bool restore_field(struct restore *r, const struct abi_pair *p)
{
	const struct abi_leaf *leaf = p->leaf;

	if (leaf->reg == ABI_REG_RET)
		return restore_result(r);
	if (r->live->type == EVENT_SIGNAL || r->live->type == EVENT_INSTRUCTION)
		return restore_told(r, p);
	if (leaf->synthetic)
		return false;
	if (p->rec.type == VALUE_ABSENT)
		return restore_nothing(r, p);
	if (leaf->reg < ABI_ARGS) {
		*add_patch(r) = (struct patch){ .type = PATCH_ARG,
						.reg = leaf->reg,
						.number = (int64_t)r->rec->args[leaf->reg] };
		return true;
	}
	if (ends_in_order(leaf))
		return restore_order(r, p);
	return p->rec.type == VALUE_NUM ? restore_number(r, p) : restore_bytes(r, p);
}

bool restore_forced(struct restore *r, const struct abi_pair *p)
{
	return ends_in_order(p->leaf) ? restore_records(r, p) : restore_field(r, p);
}

static const uint8_t *encoded(struct restore *r, const struct abi_leaf *leaf, num_t n)
{
	uint8_t *bytes = arena_alloc(r->arena, abi_enc_size(leaf->enc));

	abi_encode(leaf->enc, n, bytes);
	return bytes;
}

static struct patch *add_undo(struct restore *r)
{
	if (r->nundo == r->undo_room) {
		struct patch *old = r->undo;

		r->undo_room = r->undo_room ? 2 * r->undo_room : 4;
		r->undo = arena_array(r->arena, r->undo_room, sizeof(*r->undo));
		if (r->nundo)
			memcpy(r->undo, old, r->nundo * sizeof(*old));
	}
	return &r->undo[r->nundo++];
}

bool restore_number_for_kernel(struct restore *r, const struct abi_pair *p, num_t n)
{
	const struct abi_leaf *leaf = p->leaf;
	uint32_t size = (uint32_t)abi_enc_size(leaf->enc);

	if (leaf->reg < ABI_ARGS) {
		*add_patch(r) = (struct patch){ .type = PATCH_ARG, .reg = leaf->reg, .number = (int64_t)n };
		return true;
	}
	if (!p->addr || p->room < size)
		return false;
	patch_memory(r, p->addr, encoded(r, leaf, n), size);
	if (leaf->dir == DIR_IN) /* what else the kernel fills in itself */
		*add_undo(r) = (struct patch){ .type = PATCH_MEMORY,
					       .addr = p->addr,
					       .data = encoded(r, leaf, p->live.num),
					       .len = size };
	return true;
}

bool restore_path_for_kernel(struct restore *r, const struct abi_pair *p, struct buf *path)
{
	const struct abi_call *call = abi_schema_call(r->schema, r->live->call);

	/* the pointer's address field stands behind it */
	for (uint32_t i = 0; p->addr && i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(r->schema, call->leaf_first + i);

		if (!leaf->is_addr || leaf->reg >= ABI_ARGS || r->live->args[leaf->reg] != p->addr)
			continue;
		*add_patch(r) = (struct patch){ .type = PATCH_TEXT,
						.reg = leaf->reg,
						.data = arena_copy(r->arena, buf_cstr(path), path->len + 1),
						.len = (uint32_t)path->len + 1 };
		return true;
	}
	return false;
}

void restore_argument(struct restore *r, unsigned reg, uint64_t value)
{
	*add_patch(r) = (struct patch){ .type = PATCH_ARG, .reg = reg, .number = (int64_t)value };
}

bool restore_outputs(struct restore *r, const struct abi_block **failed)
{
	for (uint32_t i = 0; i < r->rec->nblocks; i++) {
		const struct abi_block *b = &r->rec->blocks[i];
		uint64_t base;

		if (b->phase != PHASE_EXIT || !b->addr || !b->len)
			continue;
		base = b->status == BLOCK_OK && sizes_agree(r) ? actual_base(r, b) : 0;
		if (!base) {
			*failed = b;
			return false;
		}
		patch_memory(r, base, b->data, b->len);
	}
	return true;
}

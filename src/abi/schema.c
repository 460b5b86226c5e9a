/*
 * The schema: rows made into calls, and what is asked about them by number, name and path.  The items and leaves of a
 * row are made in program.c.
 */
#include "abi/tables.h"

#include "abi/build.h"
#include "base/attr.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static int32_t row_number(const struct abi_row *row, enum abi_arch arch)
{
	switch (arch) {
	case ARCH_X86_64:
		return row->nr_x86_64;
	case ARCH_AARCH64:
		return row->nr_aarch64;
	}
	return ABI_NR_NONE;
}

static const struct abi_number *number_slot(const struct abi_schema *s, int32_t nr)
{
	if (nr >= 0 && (uint32_t)nr < s->nnumbers)
		return &s->numbers[nr];
	if (nr >= ABI_PSEUDO_FIRST && (uint32_t)nr - ABI_PSEUDO_FIRST < s->npseudos)
		return &s->pseudos[nr - ABI_PSEUDO_FIRST];
	return NULL;
}

static struct abi_number *numbers_new(struct arena *arena, uint32_t n)
{
	struct abi_number *numbers = arena_array(arena, n, sizeof(*numbers));

	for (uint32_t i = 0; i < n; i++)
		numbers[i].first = ABI_UNDESCRIBED;
	return numbers;
}

static void make_numbers(struct abi_schema *s)
{
	struct abi_number *numbers, *pseudos;

	for (uint32_t i = 0; i < s->ncalls; i++) {
		int32_t nr = s->calls[i].nr;
		uint32_t *n = nr >= ABI_PSEUDO_FIRST ? &s->npseudos : &s->nnumbers;
		uint32_t index = nr >= ABI_PSEUDO_FIRST ? (uint32_t)nr - ABI_PSEUDO_FIRST : (uint32_t)nr;

		if (nr >= 0 && index >= *n)
			*n = index + 1;
	}
	INVARIANT(s->nnumbers <= ABI_PSEUDO_FIRST && s->npseudos <= ABI_PSEUDO_FIRST);
	s->numbers = numbers = numbers_new(s->arena, s->nnumbers);
	s->pseudos = pseudos = numbers_new(s->arena, s->npseudos);
	for (uint32_t i = 0; i < s->ncalls; i++) {
		int32_t nr = s->calls[i].nr;
		struct abi_number *n = nr >= ABI_PSEUDO_FIRST ? &pseudos[nr - ABI_PSEUDO_FIRST] : &numbers[nr];

		if (nr < 0)
			continue;
		if (n->first == ABI_UNDESCRIBED)
			n->first = i;
		INVARIANT(strcmp(s->calls[n->first].name, s->calls[i].name) == 0 && n->first + n->count == i);
		n->count++;
	}
}

static int by_name(const void *x, const void *y, void *calls)
{
	const uint32_t *a = x, *b = y;
	const struct abi_call *c = calls;
	int order = strcmp(c[*a].name, c[*b].name);

	return order ? order : (*a > *b) - (*a < *b);
}

/* The first call of each name, by name. */
static void make_names(struct abi_schema *s, struct abi_call *calls)
{
	uint32_t *names = arena_array(s->arena, s->ncalls, sizeof(*names));
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->ncalls; i++)
		names[i] = i;
	qsort_r(names, s->ncalls, sizeof(*names), by_name, calls);
	for (uint32_t i = 0; i < s->ncalls; i++) {
		if (n == 0 || strcmp(calls[names[n - 1]].name, calls[names[i]].name) != 0)
			names[n++] = names[i];
	}
	s->names = names;
	s->nnames = n;
}

/* FNV-1a, 64 bits: its inputs are our own tables, nobody chooses them to collide. */
#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t fnv_byte(uint64_t h, uint8_t byte)
{
	return (h ^ byte) * FNV_PRIME;
}

static uint64_t fnv_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = fnv_byte(h, (uint8_t)*text);
	return fnv_byte(h, 0);
}

/* What the signatures of a call's leaves begin with. */
static uint64_t call_signature(const struct abi_call *c)
{
	uint64_t h = fnv_text(FNV_START, c->name);

	return fnv_text(h, c->variant ? c->variant : "");
}

static uint64_t leaf_signature(uint64_t h, const struct abi_leaf *leaf)
{
	h = fnv_text(h, leaf->path);
	h = fnv_text(h, abi_kind_name(leaf->kind));
	h = fnv_byte(h, (uint8_t)abi_enc_size(leaf->enc));
	h = fnv_byte(h, leaf->enc);
	return fnv_byte(h, leaf->dir);
}

static void make_hash(struct abi_schema *s)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	uint64_t *signatures = arena_array(s->arena, s->nleaves, sizeof(*signatures));

	s->signatures = signatures;
	for (uint32_t i = 0; i < s->ncalls; i++) {
		uint64_t begin = call_signature(&s->calls[i]);
		uint32_t end = s->calls[i].leaf_first + s->calls[i].nleaves;

		for (uint32_t k = s->calls[i].leaf_first; k < end; k++) {
			signatures[k] = leaf_signature(begin, &s->leaves[k]);
			buf_le64(&text, signatures[k]);
		}
	}
	/* calls without a field have a number, too */
	for (uint32_t i = 0; i < s->ncalls; i++) {
		buf_add(&text, s->calls[i].label, strlen(s->calls[i].label) + 1);
		buf_le32(&text, (uint32_t)s->calls[i].nr);
	}
	/* compiled policies hold facts by number */
	for (int i = 0; i < FACT_COUNT; i++) {
		const struct abi_fact_info *info = abi_fact_info((enum abi_fact)i);

		buf_add(&text, info->base, strlen(info->base) + 1);
		buf_add(&text, info->member, strlen(info->member) + 1);
		buf_byte(&text, info->is_string ? 'S' : 'N');
	}
	digest_of(text.data, text.len, s->hash);
}

struct abi_schema *abi_schema_new_from(enum abi_arch arch, const struct abi_row *rows, size_t nrows)
{
	struct abi_schema *s = xcalloc(1, sizeof(*s));
	struct build b = { .arena = arena_new() };
	struct abi_program *programs;
	struct abi_call *calls;

	s->arena = b.arena;
	INVARIANT(nrows < ABI_UNDESCRIBED);
	s->ncalls = (uint32_t)nrows;
	s->calls = calls = arena_array(s->arena, nrows, sizeof(*calls));
	s->programs = programs = arena_array(s->arena, nrows, sizeof(*programs));
	for (uint32_t i = 0; i < s->ncalls; i++) {
		const struct abi_row *row = &rows[i];
		struct abi_call *c = &calls[i];

		*c = (struct abi_call){
			.index = i,
			.row = row,
			.name = row->name,
			.variant = row->variant,
			.label = row->variant ? arena_printf(s->arena, "%s(%s)", row->name, row->variant) : row->name,
			.nr = row_number(row, arch),
			.leaf_first = b.nleaves,
		};
		build_row(&b, row, i, &programs[i]);
		c->nleaves = b.nleaves - c->leaf_first;
	}
	s->nleaves = b.nleaves;
	s->leaves = arena_copy(s->arena, b.leaves, b.nleaves * sizeof(*b.leaves));
	build_end(&b);
	for (uint32_t i = 0; i < s->ncalls; i++)
		programs[i].leaves = s->leaves + calls[i].leaf_first;
	make_numbers(s);
	make_names(s, calls);
	make_hash(s);
	return s;
}

struct abi_schema *abi_schema_new(enum abi_arch arch)
{
	return abi_schema_new_from(arch, abi_rows, abi_nrows);
}

void abi_schema_free(struct abi_schema *s)
{
	if (!s)
		return;
	arena_free(s->arena);
	free(s);
}

size_t abi_schema_ncalls(const struct abi_schema *s)
{
	return s->ncalls;
}

const struct abi_call *abi_schema_call(const struct abi_schema *s, uint32_t index)
{
	INVARIANT(index < s->ncalls);
	return &s->calls[index];
}

const struct abi_program *abi_schema_program(const struct abi_schema *s, uint32_t call)
{
	INVARIANT(call < s->ncalls);
	return &s->programs[call];
}

size_t abi_schema_nleaves(const struct abi_schema *s)
{
	return s->nleaves;
}

const struct abi_leaf *abi_schema_leaf(const struct abi_schema *s, uint32_t id)
{
	INVARIANT(id < s->nleaves);
	return &s->leaves[id];
}

uint32_t abi_schema_select(const struct abi_schema *s, int32_t nr, const uint64_t args[ABI_ARGS])
{
	const struct abi_number *n = number_slot(s, nr);

	if (!n || n->first == ABI_UNDESCRIBED)
		return ABI_UNDESCRIBED;
	uint32_t fallback = ABI_UNDESCRIBED;

	for (uint32_t i = n->first; i < n->first + n->count; i++) {
		const struct abi_row *row = s->calls[i].row;

		if (row->select_mask == 0) {
			if (fallback == ABI_UNDESCRIBED)
				fallback = i;
		} else if ((args[row->select_arg] & row->select_mask) == row->select_value &&
			   (args[row->also_arg] & row->also_mask) == row->also_value) {
			return i;
		}
	}
	return fallback;
}

const struct abi_call *abi_schema_find(const struct abi_schema *s, const char *name, size_t len)
{
	uint32_t low = 0, high = s->nnames;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct abi_call *c = &s->calls[s->names[middle]];
		int order = strncmp(name, c->name, len);

		if (order == 0 && c->name[len] == '\0')
			return c;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct abi_leaf *abi_call_leaf(const struct abi_schema *s, const struct abi_call *c, const char *path, size_t len)
{
	for (uint32_t i = c->leaf_first; i < c->leaf_first + c->nleaves; i++) {
		if (strncmp(s->leaves[i].path, path, len) == 0 && s->leaves[i].path[len] == '\0')
			return &s->leaves[i];
	}
	return NULL;
}

bool abi_call_synthetic(const struct abi_schema *s, const struct abi_call *c, const char *name, uint16_t *node)
{
	const struct abi_row *row = c->row;
	const struct abi_program *prog = &s->programs[c->index];
	unsigned field = row->nargs;

	/* the synthetic items stand in the order of the row's fields */
	for (uint16_t i = 0; i < prog->nitems; i = prog->items[i].end) {
		if (prog->items[i].op != ITEM_SYNTHETIC)
			continue;
		while (field < row->nfields && !row->args[field].synthetic)
			field++;
		INVARIANT(field < row->nfields);
		if (strcmp(row->args[field++].name, name) == 0) {
			*node = prog->items[i].leaf;
			return true;
		}
	}
	return false;
}

uint64_t abi_leaf_signature(const struct abi_schema *s, const struct abi_leaf *leaf)
{
	INVARIANT(leaf->id < s->nleaves);
	return s->signatures[leaf->id];
}

void abi_schema_hash(const struct abi_schema *s, uint8_t out[32])
{
	memcpy(out, s->hash, DIGEST_SIZE);
}

/*
 * From the tree of a row (fields, types, length rules) to dense leaves with paths and to items in preorder.
 */
#include "abi/build.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a field when the item of what it holds is made. */
struct place {
	const char *path;
	enum abi_kind kind;
	enum abi_enc enc;
	uint16_t set;
	enum abi_dir dir;
	uint32_t offset;
};

static void put_field(struct build *b, const char *prefix, const struct abi_field *f, enum abi_dir dir, uint32_t base);
static void put_in_place(struct build *b, const struct place *p, const struct abi_type *t);

/* A member without a name of its own stands where its struct does. */
static const char *join(struct build *b, const char *prefix, const char *name)
{
	if (!name || !*name)
		return prefix;
	return *prefix ? arena_printf(b->arena, "%s.%s", prefix, name) : name;
}

static struct abi_leaf *add_leaf(struct build *b, const struct place *p)
{
	if (b->nleaves == b->leaves_room) {
		b->leaves_room = b->leaves_room ? b->leaves_room * 2 : 1024;
		b->leaves = xrealloc(b->leaves, b->leaves_room, sizeof(*b->leaves));
	}
	struct abi_leaf *l = &b->leaves[b->nleaves];

	INVARIANT(*p->path && p->dir != DIR_NONE);
	*l = (struct abi_leaf){
		.id = b->nleaves++,
		.call = b->call,
		.path = p->path,
		.kind = abi_space_kind(p->kind),
		.space = (uint8_t)p->kind,
		.enc = p->enc,
		.dir = p->dir,
		.size = (uint32_t)abi_enc_size(p->enc),
		.set = p->set,
		.reg = ABI_REG_NONE,
		.synthetic = b->synthetic,
		.linked = b->linked, /* the result's number is known at the row's end */
	};
	return l;
}

static uint16_t leaf_number(const struct build *b, const struct abi_leaf *l)
{
	uint32_t number = l->id - b->leaf_first;

	INVARIANT(number < UINT16_MAX);
	return (uint16_t)number;
}

/* The result is good until the next item; close_item() ends its subtree. */
static struct abi_item *open_item(struct build *b, enum item_op op)
{
	if (b->nitems == b->items_room) {
		b->items_room = b->items_room ? b->items_room * 2 : 64;
		b->items = xrealloc(b->items, b->items_room, sizeof(*b->items));
	}
	INVARIANT(b->nitems < ITEM_NONE);
	struct abi_item *it = &b->items[b->nitems++];

	*it = (struct abi_item){ .op = op, .reg = ABI_REG_NONE, .end = (uint16_t)b->nitems };
	return it;
}

static void close_item(struct build *b, uint32_t index)
{
	struct abi_item *it = &b->items[index];

	it->end = (uint16_t)b->nitems;
	it->under = it->phases;
	for (uint32_t i = index + 1; i < b->nitems; i = b->items[i].end)
		it->under |= b->items[i].under;
}

static bool is_text(enum abi_kind kind)
{
	return kind == KIND_PATH || kind == KIND_STRING || kind == KIND_RELEASE || kind == KIND_HOSTNAME;
}

static struct abi_item *put_leaf(struct build *b, const struct place *p, enum item_op op, uint32_t size)
{
	struct abi_leaf *l = add_leaf(b, p);
	struct abi_item *it = open_item(b, op);

	l->size = size;
	it->leaf = leaf_number(b, l);
	it->enc = p->enc;
	it->string = p->enc == ENC_BYTES && is_text(p->kind);
	/* the kernel takes a path at a struct's end up to its NUL: what follows may be whatever was on the stack */
	it->pathname = it->string && p->kind == KIND_PATH && size == 0 && p->offset > 0;
	it->offset = p->offset;
	it->size = size;
	it->phases = it->under = (uint8_t)p->dir;
	return it;
}

/* The fields of one record. */
static void put_record(struct build *b, const char *each, const struct abi_records *r, enum abi_dir dir)
{
	struct place p = { .path = each, .dir = dir };

	if (r->elem)
		put_in_place(b, &p, r->elem);
	if (r->last) {
		struct place last = { .path = join(b, each, r->last->name),
				      .kind = r->last->kind,
				      .enc = r->last->enc,
				      .set = r->last->set,
				      .dir = dir };

		put_leaf(b, &last, ITEM_LEAF, (uint32_t)abi_enc_size(last.enc))->at_end = true;
	}
	if (r->tail) {
		struct place tail = {
			.path = join(b, each, r->tail_name), .kind = r->tail_kind, .enc = ENC_BYTES, .dir = dir
		};
		put_leaf(b, &tail, ITEM_TAIL, 0);
	}
}

/* Bytes, and beside them the messages that they may be: "buf", and "nlmsg[]". */
static void put_messages(struct build *b, const struct place *p, const struct abi_records *r)
{
	const char *last = strrchr(p->path, '.');
	int prefix = last ? (int)(last + 1 - p->path) : 0;
	uint32_t at = b->nitems;
	bool linked = b->linked;

	put_leaf(b, p, ITEM_MESSAGES, 0);
	b->linked = false; /* they are as long as the recorded ones */
	for (; r; r = r->other) {
		uint32_t sort = b->nitems;
		struct abi_item *it = open_item(b, ITEM_CASE);

		it->records = r;
		it->is_struct = true;
		put_record(b, arena_printf(b->arena, "%.*s%s[]", prefix, p->path, r->list), r, p->dir);
		close_item(b, sort);
	}
	b->linked = linked;
	close_item(b, at);
}

/* What stands in the place itself: a number, bytes, the members of a struct, the cases of a union. */
static void put_in_place(struct build *b, const struct place *p, const struct abi_type *t)
{
	if (!t) {
		put_leaf(b, p, ITEM_LEAF, (uint32_t)abi_enc_size(p->enc));
		return;
	}
	switch (t->shape) {
	case SHAPE_SCALAR:
		put_leaf(b, p, ITEM_LEAF, (uint32_t)abi_enc_size(p->enc));
		break;
	case SHAPE_BYTES: {
		struct place bytes = *p;

		bytes.enc = ENC_BYTES;
		if (t->records)
			put_messages(b, &bytes, t->records);
		else
			put_leaf(b, &bytes, ITEM_LEAF, t->size);
		break;
	}
	case SHAPE_STRUCT:
	case SHAPE_ARRAY:
	case SHAPE_POINTER:
		for (uint32_t i = 0; i < t->nfields; i++)
			put_field(b, p->path, &t->fields[i], p->dir, p->offset);
		break;
	case SHAPE_UNION: {
		uint32_t at = b->nitems;
		struct abi_item *it = open_item(b, ITEM_UNION);

		it->enc = t->tag_enc;
		it->tag_offset = p->offset + t->tag_offset;
		for (uint32_t i = 0; i <= t->nfields; i++) {
			const struct abi_field *f = i < t->nfields ? &t->fields[i] : t->other;
			uint32_t case_at = b->nitems;

			if (!f)
				continue;
			struct abi_item *c = open_item(b, ITEM_CASE);

			c->tag = f->tag;
			c->other = i == t->nfields;
			put_field(b, p->path, f, p->dir, p->offset);
			close_item(b, case_at);
		}
		close_item(b, at);
		break;
	}
	case SHAPE_RECORDS:
		INVARIANT(!"records stand behind pointers only");
		break;
	}
}

static uint32_t type_size(const struct abi_type *t, enum abi_enc enc)
{
	if (!t || t->shape == SHAPE_SCALAR)
		return (uint32_t)abi_enc_size(enc);
	return t->shape == SHAPE_POINTER ? (uint32_t)sizeof(uint64_t) : t->size;
}

static bool is_sized(enum abi_len_rule rule)
{
	return rule == LEN_SIZED_ARG || rule == LEN_SIZED_FIELD || rule == LEN_HEAD_FIELD || rule == LEN_IOC ||
	       rule == LEN_SAYS;
}

static bool length_is_result(enum abi_len_rule rule)
{
	return rule == LEN_RESULT || rule == LEN_RESULT_TIMES || rule == LEN_MIN_ARG_RESULT || rule == LEN_PATH_MIN ||
	       rule == LEN_RESULT_IF_ROOM || rule == LEN_FILL;
}

static void put_records(struct build *b, uint32_t at, const char *path, const struct abi_records *r, enum abi_dir dir)
{
	put_record(b, arena_printf(b->arena, "%s[]", path), r, dir);
	struct place rest = { .kind = KIND_DATA, .enc = ENC_BYTES, .dir = dir };

	rest.path = join(b, path, r->is_set ? "order" : "rest");
	struct abi_leaf *l = add_leaf(b, &rest);

	l->size = 0;
	b->items[at].rest_leaf = leaf_number(b, l);
	b->items[at].records = r;
	b->items[at].body = BODY_RECORDS;
	b->items[at].many = true;
	b->items[at].phases |= (uint8_t)dir;
}

/* Phases of all leaves in the block itself: not behind pointers in it. */
static uint8_t block_phases(struct build *b, uint32_t first, uint32_t end, bool *has_pointers)
{
	uint8_t phases = 0;

	for (uint32_t i = first; i < end;) {
		const struct abi_item *it = &b->items[i];

		phases |= it->phases;
		if (it->op == ITEM_POINTER)
			*has_pointers = true;
		i = it->op == ITEM_POINTER ? it->end : i + 1;
	}
	return phases;
}

static void put_pointer(struct build *b, const struct place *p, const struct abi_field *f, uint8_t reg,
			enum abi_dir dir)
{
	struct place address = *p;
	const struct abi_type *t = f->type;
	uint32_t at = b->nitems;

	INVARIANT(t);
	address.path = arena_printf(b->arena, "%s.addr", p->path);
	address.kind = KIND_PTR;
	address.enc = ENC_U64;
	address.set = 0;
	/* the kernel does not write a pointer that it follows */
	address.dir = p->dir == DIR_INOUT ? DIR_IN : p->dir;
	struct abi_item *it = put_leaf(b, &address, ITEM_POINTER, 0);
	struct abi_leaf *l = &b->leaves[b->nleaves - 1];

	l->is_addr = true;
	l->reg = reg;
	l->size = sizeof(uint64_t);
	l->linked = 0;
	uint8_t address_phases = it->phases;

	it->reg = reg;
	it->len = &f->len;
	it->size = type_size(t, f->enc);
	/* one number, or bytes, of which a short buffer may have a part is no struct to its reader */
	bool is_value = t->shape == SHAPE_STRUCT && t->nfields == 1 && !*t->fields[0].name &&
			(!t->fields[0].type || t->fields[0].type->shape == SHAPE_BYTES);

	it->is_struct = (t->shape == SHAPE_STRUCT && !is_value) || t->shape == SHAPE_UNION || t->shape == SHAPE_RECORDS;
	it->phases = 0;
	bool outer_linked = b->linked;

	bool outer_filled = b->filled_beside;

	b->filled_beside |= f->len.filled > 0;
	b->linked = length_is_result(f->len.rule) && !(f->len.rule == LEN_FILL && b->filled_beside);
	bool one = f->len.rule == LEN_ONE || is_sized(f->len.rule) || it->size == 0;

	if (t->shape == SHAPE_RECORDS) {
		it->size = t->size; /* of records of one length */
		put_records(b, at, p->path, t->records, dir);
	} else {
		struct place inside = { .path = one ? p->path : arena_printf(b->arena, "%s[]", p->path),
					.kind = f->kind,
					.enc = f->enc,
					.set = f->set,
					.dir = dir };

		it->body = one ? BODY_WHOLE : BODY_ELEMENTS;
		it->many = !one;
		put_in_place(b, &inside, t);
		if (is_sized(f->len.rule) && t->shape == SHAPE_STRUCT && t->size) {
			struct place rest = { .path = join(b, p->path, "rest"),
					      .kind = KIND_DATA,
					      .enc = ENC_BYTES,
					      .dir = dir,
					      .offset = t->size };
			put_leaf(b, &rest, ITEM_LEAF, 0);
		}
	}
	b->linked = outer_linked;
	b->filled_beside = outer_filled;
	bool has_pointers = false;
	uint8_t phases = block_phases(b, at + 1, b->nitems, &has_pointers) | b->items[at].phases;

	b->items[at].block_phases = phases;
	b->items[at].has_pointers = has_pointers;
	b->items[at].phases = address_phases;
	b->items[at].behind = phases;
	for (uint32_t i = at + 1; i < b->nitems; i++)
		b->items[at].behind |= b->items[i].behind;
	close_item(b, at);
	b->items[at].under |= phases;
}

static void put_field(struct build *b, const char *prefix, const struct abi_field *f, enum abi_dir dir, uint32_t base)
{
	struct place p = {
		.path = join(b, prefix, f->name),
		.kind = f->kind,
		.enc = f->enc,
		.set = f->set,
		.dir = f->dir != DIR_NONE ? f->dir : dir,
		.offset = base + f->offset,
	};

	if (f->pointer) {
		enum abi_dir data_dir = p.dir;

		p.dir = dir;
		put_pointer(b, &p, f, ABI_REG_NONE, data_dir);
		return;
	}
	if (!f->count) {
		put_in_place(b, &p, f->type);
		return;
	}
	uint32_t at = b->nitems;
	struct abi_item *it = open_item(b, ITEM_ARRAY);

	it->offset = p.offset;
	it->count = f->count;
	it->size = type_size(f->type, f->enc);
	it->many = true;
	it->is_struct = f->type && f->type->shape == SHAPE_STRUCT;
	INVARIANT(it->size > 0);
	p.path = arena_printf(b->arena, "%s[]", p.path);
	p.offset = 0;
	put_in_place(b, &p, f->type);
	close_item(b, at);
}

static void put_argument(struct build *b, const struct abi_field *f, uint8_t reg)
{
	struct place p = { .path = f->name, .kind = f->kind, .enc = f->enc, .set = f->set, .dir = DIR_IN };

	if (f->pointer) {
		put_pointer(b, &p, f, reg, f->dir);
		return;
	}
	INVARIANT(f->enc != ENC_BYTES && abi_enc_size(f->enc) <= sizeof(uint64_t));
	struct abi_item *it = put_leaf(b, &p, ITEM_ARG, (uint32_t)abi_enc_size(f->enc));

	it->reg = reg;
	b->leaves[b->nleaves - 1].reg = reg;
}

static void put_synthetic(struct build *b, const struct abi_field *f)
{
	struct place p = { .path = f->name, .kind = f->kind, .enc = f->enc, .set = f->set, .dir = f->dir };
	uint32_t at = b->nitems;
	struct abi_item *it = open_item(b, ITEM_SYNTHETIC);

	it->leaf = (uint16_t)(b->nleaves - b->leaf_first);
	it->size = type_size(f->type, f->enc);
	it->is_struct = f->type && (f->type->shape == SHAPE_STRUCT || f->type->shape == SHAPE_UNION);
	b->synthetic = true;
	put_in_place(b, &p, f->type);
	b->synthetic = false;
	close_item(b, at);
}

static void put_result(struct build *b, const struct abi_row *row)
{
	struct place p = {
		.path = "ret", .kind = row->result.kind, .enc = row->result.enc, .set = row->result.set, .dir = DIR_OUT
	};

	if (!row->result.name)
		return;
	struct abi_item *it = put_leaf(b, &p, ITEM_RET, (uint32_t)abi_enc_size(p.enc));

	it->reg = ABI_REG_RET;
	b->leaves[b->nleaves - 1].reg = ABI_REG_RET;
	uint16_t number = it->leaf;

	for (uint32_t i = b->leaf_first; i < b->nleaves; i++) {
		if (b->leaves[i].linked)
			b->leaves[i].linked = number + 1;
	}
}

void build_row(struct build *b, const struct abi_row *row, uint32_t call, struct abi_program *prog)
{
	b->call = call;
	b->leaf_first = b->nleaves;
	b->nitems = 0;
	INVARIANT(row->nargs <= ABI_ARGS && row->nargs <= row->nfields);
	for (unsigned i = 0; i < ABI_ARGS; i++)
		prog->arg_item[i] = ITEM_NONE;
	memset(prog->arg_enc, ENC_U64, sizeof(prog->arg_enc));
	for (unsigned i = 0; i < row->nfields; i++) {
		const struct abi_field *f = &row->args[i];

		if (f->synthetic) {
			put_synthetic(b, f);
			continue;
		}
		INVARIANT(i < row->nargs);
		if (f->pointer)
			prog->arg_item[i] = (uint16_t)b->nitems;
		else
			prog->arg_enc[i] = (uint8_t)f->enc;
		put_argument(b, f, (uint8_t)i);
	}
	put_result(b, row);
	prog->items = arena_copy(b->arena, b->items, b->nitems * sizeof(*b->items));
	prog->nitems = (uint16_t)b->nitems;
	for (uint16_t i = 0; i < prog->nitems; i++) {
		prog->under |= prog->items[i].under;
		if (prog->items[i].op != ITEM_POINTER)
			continue;
		for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
			prog->captures[phase] |= (prog->items[i].block_phases & PHASE_BIT(phase)) != 0;
	}
}

void build_end(struct build *b)
{
	free(b->leaves);
	free(b->items);
}

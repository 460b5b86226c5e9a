/*
 * Events as people read them, about as strace(1) writes them; print_value.c has their values.
 */
#include "abi/walk.h"

#include "abi/consts.h"
#include "abi/print.h"
#include "abi/program.h"
#include "abi/split.h"
#include "base/check.h"

#include <inttypes.h>
#include <linux/limits.h>
#include <string.h>

#define ELEMENTS_MAX 32 /* of an array that are shown */

struct printer {
	const struct abi_program *prog;
	const struct abi_leaf *leaves; /* of the call */
	const struct sys_event *ev;
	uint32_t max;
	struct buf *out;
};

/* An element: a part of a block. */
struct piece {
	const uint8_t *data;
	uint32_t len, index;
	unsigned depth;
	const struct record *record; /* or NULL */
	/* of what goes both ways: as it was before the call, or NULL; early: there is nothing later */
	const uint8_t *before;
	uint32_t before_len;
	bool early;
};

static void print_items(struct printer *p, uint32_t first, uint32_t end, const struct piece *e, bool named, bool *any);

static void separate(struct printer *p, bool *any)
{
	if (*any)
		buf_str(p->out, ", ");
	*any = true;
}

/* The last part of the first len bytes of a path, "st_ino=" for "statbuf.st_ino". */
static void print_last(struct printer *p, const char *path, size_t len)
{
	while (len > 2 && path[len - 1] == ']')
		len -= 2;
	size_t start = len;

	while (start > 0 && path[start - 1] != '.')
		start--;
	buf_printf(p->out, "%.*s=", (int)(len - start), path + start);
}

static void print_name(struct printer *p, const struct abi_leaf *leaf)
{
	print_last(p, leaf->path, strlen(leaf->path) - (leaf->is_addr ? strlen(".addr") : 0));
}

/* "loads=" for "info.loads[]", "slots=" for "table.slots[].key". */
static void print_array_name(struct printer *p, const struct abi_leaf *first)
{
	size_t len = strlen(first->path);

	while (len > 0 && first->path[len - 1] != ']')
		len--;
	print_last(p, first->path, len);
}

static bool piece_value(const struct abi_item *it, const struct piece *e, struct value *v)
{
	uint32_t offset = it->offset, size = it->size;

	if (it->op == ITEM_TAIL) {
		if (!e->record)
			return false;
		offset = e->record->tail_offset;
		size = e->record->tail_len;
	} else if (it->at_end) {
		offset = e->len - size;
	} else if (size == 0) {
		if (offset > e->len || (offset && offset == e->len))
			return false;
		size = e->len - offset;
	} else if (offset >= e->len) {
		return false;
	} else if (size > e->len - offset) {
		size = e->len - offset;
	}
	if (it->enc != ENC_BYTES) {
		*v = value_num(item_decode_cut(it->enc, e->data + offset, size));
		return true;
	}
	if (it->pathname && e->data[offset] != 0)
		size = (uint32_t)strnlen((const char *)e->data + offset, size);
	while (it->string && size && e->data[offset + size - 1] == 0)
		size--;
	*v = value_bytes(e->data + offset, size);
	return true;
}

/* One element behind a pointer, in an array or made by the tracer. */
static void print_element(struct printer *p, const struct abi_item *it, uint32_t first, const struct piece *e)
{
	const struct abi_item *in = &p->prog->items[first];
	/* one number behind a pointer is [3]; instants and sets of signals show what they are */
	bool boxed = it->op == ITEM_POINTER && it->body == BODY_WHOLE && in->op == ITEM_LEAF && in->enc != ENC_BYTES &&
		     abi_enc_size(in->enc) <= sizeof(uint64_t) && p->leaves[in->leaf].set != SET_SIGSET;
	bool any = false;

	if (it->is_struct)
		buf_byte(p->out, '{');
	else if (boxed)
		buf_byte(p->out, '[');
	print_items(p, first, it->end, e, it->is_struct, &any);
	if (it->is_struct)
		buf_byte(p->out, '}');
	else if (boxed)
		buf_byte(p->out, ']');
}

static void print_elements(struct printer *p, const struct abi_item *it, uint32_t first, const struct piece *e,
			   uint32_t offset, uint64_t count)
{
	buf_byte(p->out, '[');
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = offset + i * it->size;
		struct piece one = { .index = item_index(e->index, e->depth, (uint32_t)i),
				     .depth = e->depth + 1,
				     .early = e->early };

		if (at >= e->len)
			break;
		if (i)
			buf_str(p->out, ", ");
		if (i == ELEMENTS_MAX) {
			buf_str(p->out, "...");
			break;
		}
		one.data = e->data + at;
		one.len = e->len - at < it->size ? (uint32_t)(e->len - at) : it->size;
		if (at < e->before_len) {
			one.before = e->before + at;
			one.before_len = e->before_len - at < it->size ? (uint32_t)(e->before_len - at) : it->size;
		}
		print_element(p, it, first, &one);
	}
	buf_byte(p->out, ']');
}

static void print_records(struct printer *p, const struct abi_item *it, uint32_t first, const struct piece *e)
{
	struct records list;

	records_split(&list, it->records, e->data, e->len);
	buf_byte(p->out, '[');
	for (uint32_t i = 0; i < list.n; i++) {
		struct piece one = { .data = e->data + list.records[i].offset,
				     .len = list.records[i].len,
				     .index = i,
				     .depth = e->depth + 1,
				     .record = &list.records[i] };

		if (i)
			buf_str(p->out, ", ");
		if (i == ELEMENTS_MAX) {
			buf_str(p->out, "...");
			break;
		}
		print_element(p, it, first, &one);
	}
	if (list.whole < e->len)
		buf_printf(p->out, "%s%" PRIu32 " bytes more", list.n ? ", " : "", e->len - list.whole);
	buf_byte(p->out, ']');
	records_free(&list);
}

static const struct abi_block *latest_block(const struct printer *p, uint16_t node, uint32_t index)
{
	const struct abi_block *b = event_find_block(p->ev, PHASE_EXIT, node, index);

	return b ? b : event_find_block(p->ev, PHASE_ENTRY, node, index);
}

static void print_block(struct printer *p, const struct abi_item *it, uint32_t at, const struct abi_block *b,
			unsigned depth)
{
	const struct abi_block *before = event_find_block(p->ev, PHASE_ENTRY, it->leaf, b->index);
	struct piece e = { .data = b->data,
			   .len = b->data ? b->len : 0,
			   .index = b->index,
			   .depth = depth,
			   .early = b->phase == PHASE_ENTRY };

	if (before && before != b && before->data) {
		e.before = before->data;
		e.before_len = before->len;
	}
	if (b->status == BLOCK_UNREADABLE && e.len == 0) {
		buf_printf(p->out, "0x%" PRIx64, b->addr);
		return;
	}
	static const uint8_t none[1];

	if (!e.data)
		e.data = none;
	switch (it->body) {
	case BODY_WHOLE:
		print_element(p, it, at + 1, &e);
		break;
	case BODY_ELEMENTS:
		print_elements(p, it, at + 1, &e, 0, e.len / it->size + (e.len % it->size != 0));
		break;
	case BODY_RECORDS:
		print_records(p, it, at + 1, &e);
		break;
	}
	switch (b->status) {
	case BLOCK_UNREADABLE:
		buf_str(p->out, " /* unreadable from here on */");
		break;
	case BLOCK_CUT:
		buf_str(p->out, " /* cut */");
		break;
	case BLOCK_OK:
	case BLOCK_STATUS_COUNT:
		break;
	}
}

/* What stands behind the pointer was of interest: there is no block because the call says that it is empty. */
static bool reached(const struct printer *p, const struct abi_item *it)
{
	bool succeeded = p->ev->flags & EVENT_RETURNED && !event_failed(p->ev);

	return it->block_phases & (PHASE_BIT(PHASE_ENTRY) | (succeeded ? PHASE_BIT(PHASE_EXIT) : 0u));
}

static void print_pointer(struct printer *p, const struct abi_item *it, uint32_t at, uint64_t addr,
			  const struct piece *e)
{
	const struct abi_block *b = latest_block(p, it->leaf, e ? e->index : 0);

	if (b)
		print_block(p, it, at, b, e ? e->depth : 0);
	else if (addr == 0)
		buf_str(p->out, "NULL");
	else if (it->body != BODY_WHOLE && reached(p, it))
		buf_str(p->out, "[]");
	else if (it->size == 0 && !it->is_struct && reached(p, it))
		buf_str(p->out, "\"\"");
	else
		buf_printf(p->out, "0x%" PRIx64, addr);
}

static void print_union(struct printer *p, uint32_t at, const struct piece *e, bool named, bool *any)
{
	const struct abi_item *it = &p->prog->items[at];
	int64_t tag;

	if (!item_tag(it, e->data, e->len, &tag))
		return;
	for (uint32_t i = at + 1; i < it->end; i = p->prog->items[i].end) {
		const struct abi_item *c = &p->prog->items[i];

		if (c->other || c->tag == tag) {
			print_items(p, i + 1, c->end, e, named, any);
			return;
		}
	}
}

/* What the call asked for as it did, what the kernel wrote as it is, and of what went both ways both. */
static void print_leaf(struct printer *p, const struct abi_item *it, const struct piece *e, bool named, bool *any)
{
	const struct piece earlier = { .data = e->before, .len = e->before_len, .record = NULL };
	const struct abi_leaf *leaf = &p->leaves[it->leaf];
	struct value v, was;
	bool known;

	if ((e->early && leaf->dir == DIR_OUT) || !piece_value(it, e, &v))
		return;
	known = e->before && piece_value(it, &earlier, &was);
	if (known && leaf->dir == DIR_IN)
		v = was;
	separate(p, any);
	if (named)
		print_name(p, leaf);
	/* half a path says nothing */
	uint32_t max = leaf->kind == KIND_PATH && leaf->dir == DIR_IN && p->max < PATH_MAX ? PATH_MAX : p->max;

	if (known && leaf->dir == DIR_INOUT && (it->enc != ENC_BYTES || leaf->kind == KIND_FD) &&
	    !value_equal(&v, &was)) {
		abi_print_value(leaf, &was, max, p->out);
		buf_str(p->out, " => ");
	}
	abi_print_value(leaf, &v, max, p->out);
}

/* Bytes, or the messages that the event says they are. */
static void print_messages(struct printer *p, uint32_t at, const struct piece *e, bool named, bool *any)
{
	const struct abi_item *items = p->prog->items, *it = &items[at];
	const struct abi_leaf *leaf = &p->leaves[it->leaf];

	for (uint32_t i = at + 1; i < it->end && !(e->early && leaf->dir == DIR_OUT); i = items[i].end) {
		if (!(p->ev->flags & items[i].records->flag) || !records_fill(items[i].records, e->data, e->len))
			continue;
		separate(p, any);
		if (named)
			print_name(p, leaf);
		print_records(p, &items[i], i + 1, e);
		return;
	}
	print_leaf(p, it, e, named, any);
}

static void print_items(struct printer *p, uint32_t first, uint32_t end, const struct piece *e, bool named, bool *any)
{
	for (uint32_t i = first; i < end; i = p->prog->items[i].end) {
		const struct abi_item *it = &p->prog->items[i];
		const struct abi_leaf *leaf = &p->leaves[it->leaf];
		uint64_t addr = 0;

		switch (it->op) {
		case ITEM_LEAF:
		case ITEM_TAIL:
			print_leaf(p, it, e, named, any);
			break;
		case ITEM_MESSAGES:
			print_messages(p, i, e, named, any);
			break;
		case ITEM_POINTER:
			if (!item_address(it, e->data, e->len, &addr))
				break;
			separate(p, any);
			if (named)
				print_name(p, leaf);
			print_pointer(p, it, i, addr, e);
			break;
		case ITEM_ARRAY:
			separate(p, any);
			if (named)
				print_array_name(p, &p->leaves[p->prog->items[i + 1].leaf]);
			print_elements(p, it, i + 1, e, it->offset, it->count); /* ... or up to the end */
			break;
		case ITEM_UNION:
			print_union(p, i, e, named, any);
			break;
		case ITEM_ARG:
		case ITEM_RET:
		case ITEM_CASE:
		case ITEM_SYNTHETIC:
			break;
		}
	}
}

static void print_arguments(struct printer *p, uint32_t from, uint32_t until, bool *any)
{
	for (uint32_t i = from; i < until; i = p->prog->items[i].end) {
		const struct abi_item *it = &p->prog->items[i];
		const struct abi_leaf *leaf = &p->leaves[it->leaf];
		const struct abi_block *b;
		struct value v;

		switch (it->op) {
		case ITEM_ARG:
			separate(p, any);
			v = value_num(abi_decode(it->enc, &p->ev->args[it->reg]));
			abi_print_value(leaf, &v, p->max, p->out);
			break;
		case ITEM_POINTER:
			separate(p, any);
			print_pointer(p, it, i, p->ev->args[it->reg], NULL);
			break;
		case ITEM_SYNTHETIC:
			b = latest_block(p, it->leaf, 0);
			if (!b)
				break;
			separate(p, any);
			if (it->is_struct)
				print_last(p, leaf->path, strcspn(leaf->path, "."));
			else
				print_name(p, leaf);
			print_block(p, it, i, b, 0);
			break;
		case ITEM_RET:
		case ITEM_LEAF:
		case ITEM_TAIL:
		case ITEM_MESSAGES:
		case ITEM_ARRAY:
		case ITEM_UNION:
		case ITEM_CASE:
			break;
		}
	}
}

static void print_result(struct printer *p, const struct abi_call *c)
{
	buf_str(p->out, " = ");
	if (!(p->ev->flags & EVENT_RETURNED)) {
		buf_byte(p->out, '?');
		return;
	}
	if (event_failed(p->ev)) {
		print_error((int)-p->ev->ret, p->out);
		return;
	}
	const struct abi_leaf *ret = c && c->nleaves ? &p->leaves[c->nleaves - 1] : NULL;

	if (ret && ret->reg == ABI_REG_RET) {
		struct value v = value_num(abi_decode(ret->enc, &p->ev->ret));

		abi_print_value(ret, &v, p->max, p->out);
	} else if (c) {
		buf_printf(p->out, "%" PRId64, p->ev->ret);
	} else {
		buf_printf(p->out, "0x%" PRIx64, (uint64_t)p->ev->ret);
	}
}

static void print_call(struct printer *p, const struct abi_call *c)
{
	bool any = false;

	buf_printf(p->out, "%s(", c->name);
	print_arguments(p, 0, p->prog->nitems, &any);
	buf_byte(p->out, ')');
	print_result(p, c);
}

static void print_undescribed_arguments(struct printer *p)
{
	buf_printf(p->out, "syscall_%" PRId32 "(", p->ev->nr);
	for (unsigned i = 0; i < ABI_ARGS; i++)
		buf_printf(p->out, "%s0x%" PRIx64, i ? ", " : "", p->ev->args[i]);
}

static void print_undescribed(struct printer *p)
{
	print_undescribed_arguments(p);
	buf_byte(p->out, ')');
	print_result(p, NULL);
}

/* Whether the kernel may write something of the argument; it is known at the call's end only. */
static bool is_pending(const struct printer *p, uint32_t at)
{
	const struct abi_item *it = &p->prog->items[at];

	if (it->op == ITEM_SYNTHETIC)
		return !event_find_block(p->ev, PHASE_ENTRY, it->leaf, 0);
	for (uint32_t i = at; i < it->end; i++) {
		if (p->prog->items[i].op == ITEM_POINTER && (p->prog->items[i].block_phases & PHASE_BIT(PHASE_EXIT)))
			return true;
	}
	return false;
}

/* The first argument that is not known at the beginning, or how many items there are. */
static uint32_t first_pending(const struct printer *p)
{
	uint32_t i = 0;

	while (i < p->prog->nitems && p->prog->items[i].op != ITEM_RET && !is_pending(p, i))
		i = p->prog->items[i].end;
	return i;
}

static void print_signal_event(struct printer *p, bool described)
{
	buf_str(p->out, "--- ");
	print_signal((num_t)(int64_t)p->ev->args[0], p->out);
	for (uint32_t i = 0; described && i < p->prog->nitems; i = p->prog->items[i].end) {
		const struct abi_item *it = &p->prog->items[i];
		const struct abi_block *b = it->op == ITEM_SYNTHETIC ? latest_block(p, it->leaf, 0) : NULL;

		if (!b)
			continue;
		buf_byte(p->out, ' ');
		print_block(p, it, i, b, 0);
	}
	buf_str(p->out, " ---");
}

static void print_effect(struct printer *p, bool described)
{
	bool any = false;

	buf_str(p->out, "+++ left (");
	if (described)
		print_arguments(p, 0, p->prog->nitems, &any);
	buf_str(p->out, ") +++");
}

/* What it was asked is in the arguments, what it gave in the one block. */
static void print_instruction(struct printer *p, const struct abi_call *c)
{
	bool first = true;

	buf_printf(p->out, "%s(", c->variant);
	for (uint32_t i = 0; i < p->prog->nitems; i = p->prog->items[i].end) {
		const struct abi_item *it = &p->prog->items[i];
		struct value v = { .type = VALUE_NUM };

		if (it->op != ITEM_ARG)
			continue;
		v.num = (num_t)p->ev->args[it->reg];
		buf_str(p->out, first ? "" : ", ");
		abi_print_value(&p->prog->leaves[it->leaf], &v, p->max, p->out);
		first = false;
	}
	buf_str(p->out, ") =");
	for (uint32_t i = 0; i < p->prog->nitems; i = p->prog->items[i].end) {
		const struct abi_item *it = &p->prog->items[i];
		const struct abi_block *b = it->op == ITEM_SYNTHETIC ? latest_block(p, it->leaf, 0) : NULL;

		if (!b)
			continue;
		buf_byte(p->out, ' ');
		print_block(p, it, i, b, 0);
	}
}

static void print_end(struct printer *p)
{
	if (p->ev->args[1]) {
		buf_str(p->out, "+++ killed by ");
		print_signal((num_t)(int64_t)p->ev->args[1], p->out);
	} else {
		buf_printf(p->out, "+++ exited with %" PRIu64, p->ev->args[0]);
	}
	buf_str(p->out, " +++");
}

/* The call, or NULL: it is not described. */
static const struct abi_call *printer_init(struct printer *p, const struct abi_schema *s, const struct sys_event *ev,
					   uint32_t max, struct buf *out)
{
	const struct abi_call *c = ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(s, ev->call);

	*p = (struct printer){ .ev = ev, .max = max, .out = out };
	if (c) {
		p->prog = abi_schema_program(s, ev->call);
		p->leaves = c->nleaves ? abi_schema_leaf(s, c->leaf_first) : NULL;
	}
	return c;
}

static bool is_separated(const struct printer *p, uint32_t pending)
{
	return pending && pending < p->prog->nitems && p->prog->items[pending].op == ITEM_POINTER;
}

void abi_print_begin(const struct abi_schema *s, const struct sys_event *ev, uint32_t max, struct buf *out)
{
	struct printer p;
	const struct abi_call *c = printer_init(&p, s, ev, max, out);
	bool any = false;
	uint32_t pending;

	if (!c) {
		print_undescribed_arguments(&p);
	} else {
		pending = first_pending(&p);
		buf_printf(out, "%s(", c->name);
		print_arguments(&p, 0, pending, &any);
		buf_str(out, is_separated(&p, pending) ? ", " : "");
	}
	buf_str(out, " <unfinished ...>");
}

void abi_print_rest(const struct abi_schema *s, const struct sys_event *ev, uint32_t max, struct buf *out)
{
	struct printer p;
	const struct abi_call *c = printer_init(&p, s, ev, max, out);
	uint32_t pending;
	bool any;

	if (!c) {
		buf_printf(out, "<... syscall_%" PRId32 " resumed>", ev->nr);
	} else {
		pending = first_pending(&p);
		any = pending && !is_separated(&p, pending);
		buf_printf(out, "<... %s resumed>", c->name);
		print_arguments(&p, pending, p.prog->nitems, &any);
	}
	buf_byte(out, ')');
	print_result(&p, c);
}

void abi_print_event(const struct abi_schema *s, const struct sys_event *ev, uint32_t max, struct buf *out)
{
	struct printer p;
	const struct abi_call *c = printer_init(&p, s, ev, max, out);

	switch (ev->type) {
	case EVENT_CALL:
		if (c)
			print_call(&p, c);
		else
			print_undescribed(&p);
		break;
	case EVENT_SIGNAL:
		print_signal_event(&p, c != NULL);
		break;
	case EVENT_END:
		print_end(&p);
		break;
	case EVENT_INPUT:
		buf_printf(out, "+++ standard input from %" PRIu64 " on +++", ev->args[0]);
		break;
	case EVENT_RETURN:
		buf_str(out, "<... resumed>");
		break;
	case EVENT_TASK:
		buf_printf(out, "+++ made task %" PRIu64 " +++", ev->args[0]);
		break;
	case EVENT_PREEMPTED:
		buf_str(out, "+++ preempted +++");
		break;
	case EVENT_EFFECT:
		print_effect(&p, c != NULL);
		break;
	case EVENT_INSTRUCTION:
		if (c)
			print_instruction(&p, c);
		else
			print_undescribed(&p);
		break;
	case EVENT_TYPE_COUNT:
		break;
	}
}

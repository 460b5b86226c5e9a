/*
 * Writes a schema as C, so that programs need not make it of the rows each time they start.
 */
#include "abi/tables.h"

#include "abi/structs.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const struct abi_records *records;
	const char *name;
} records[] = {
	{ &abi_records_dirent64, "dirent64" }, { &abi_records_dirent, "dirent" },     { &abi_records_names, "names" },
	{ &abi_records_cmsg_in, "cmsg_in" },   { &abi_records_cmsg_out, "cmsg_out" }, { &abi_records_nlmsg_in, "nlmsg_in" },
	{ &abi_records_nlmsg_out, "nlmsg_out" }, { &abi_records_nlmsg_read, "nlmsg_read" },
	{ &abi_records_inotify, "inotify" },   { &abi_records_fanotify, "fanotify" }, { &abi_records_signalfd, "signalfd" },
	{ &abi_records_packet, "packet" },     { &abi_records_epoll_event, "epoll_event" },
};

/* Names in the tables need no escapes. */
static void write_text(struct buf *out, const char *text)
{
	if (!text) {
		buf_str(out, "0");
		return;
	}
	INVARIANT(!strpbrk(text, "\"\\\n"));
	buf_printf(out, "\"%s\"", text);
}

static void write_records(struct buf *out, const struct abi_records *r)
{
	size_t i = 0;

	if (!r) {
		buf_str(out, "0");
		return;
	}
	while (i < ARRAY_LEN(records) && records[i].records != r)
		i++;
	INVARIANT(i < ARRAY_LEN(records));
	buf_printf(out, "&abi_records_%s", records[i].name);
}

/* Length rules stand in rows, where no constant expression gets at them: they are copied, equal ones once. */
struct lens {
	const struct abi_len **list;
	uint32_t n, room;
};

static bool same_len(const struct abi_len *a, const struct abi_len *b)
{
	return a->rule == b->rule && a->arg == b->arg && a->arg2 == b->arg2 && a->thing == b->thing &&
	       a->says == b->says && a->room_arg == b->room_arg && a->zero_size == b->zero_size && a->field_enc == b->field_enc &&
	       a->n == b->n && a->filled == b->filled;
}

static uint32_t len_number(struct lens *l, const struct abi_len *len)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (same_len(l->list[i], len))
			return i;
	}
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->list = xrealloc(l->list, l->room, sizeof(*l->list));
	}
	l->list[l->n] = len;
	return l->n++;
}

static void write_item(struct buf *out, const struct abi_item *i, struct lens *lens)
{
	buf_printf(out, "{%d,%d,%d,%u,%u,%u,%u,%u,", i->op, i->body, i->enc, i->reg, i->phases, i->block_phases,
		   i->behind, i->under);
	buf_printf(out, "%d,%d,%d,%d,%d,%d,%d,", i->string, i->pathname, i->other, i->has_pointers, i->at_end, i->many,
		   i->is_struct);
	buf_printf(out, "%u,%u,%u,%u,%u,%u,%u,(int64_t)%" PRIu64 "u,", i->leaf, i->rest_leaf, i->end, i->offset, i->size,
		   i->count, i->tag_offset, (uint64_t)i->tag);
	if (i->len)
		buf_printf(out, "&lens[%u],", len_number(lens, i->len));
	else
		buf_str(out, "0,");
	write_records(out, i->records);
	buf_str(out, "},\n");
}

static void write_items(const struct abi_schema *s, struct buf *out)
{
	CLEANUP(buf_free) struct buf items = { 0 };
	struct lens lens = { 0 };

	for (uint32_t i = 0; i < s->ncalls; i++) {
		for (uint16_t k = 0; k < s->programs[i].nitems; k++)
			write_item(&items, &s->programs[i].items[k], &lens);
	}
	buf_str(out, "static const struct abi_len lens[] = {\n");
	for (uint32_t i = 0; i < lens.n; i++) {
		const struct abi_len *l = lens.list[i];

		buf_printf(out, "{%d,%d,%d,%d,%u,%u,%u,%u,%u,%u},\n", l->rule, l->field_enc, l->thing, l->says, l->arg,
			   l->arg2, l->room_arg, l->zero_size, l->n, l->filled);
	}
	buf_str(out, "};\nstatic const struct abi_item items[] = {\n");
	buf_add(out, items.data, items.len);
	buf_str(out, "};\n");
	free(lens.list);
}

static void write_leaves(const struct abi_schema *s, struct buf *out)
{
	buf_str(out, "static const struct abi_leaf leaves[] = {\n");
	for (uint32_t i = 0; i < s->nleaves; i++) {
		const struct abi_leaf *l = &s->leaves[i];

		buf_printf(out, "{%u,%u,", l->id, l->call);
		write_text(out, l->path);
		buf_printf(out, ",%d,%d,%u,%d,%u,%u,%u,%d,%d,%u},\n", l->kind, l->enc, l->space, l->dir, l->size, l->set, l->reg,
			   l->is_addr, l->synthetic, l->linked);
	}
	buf_str(out, "};\nstatic const uint64_t signatures[] = {\n");
	for (uint32_t i = 0; i < s->nleaves; i++)
		buf_printf(out, "0x%" PRIx64 "u,\n", s->signatures[i]);
	buf_str(out, "};\n");
}

static void write_calls(const struct abi_schema *s, struct buf *out)
{
	buf_str(out, "static const struct abi_call calls[] = {\n");
	for (uint32_t i = 0; i < s->ncalls; i++) {
		const struct abi_call *c = &s->calls[i];

		INVARIANT(c->row == &abi_rows[i]);
		buf_printf(out, "{%u,&abi_rows[%u],", c->index, i);
		write_text(out, c->name);
		buf_str(out, ",");
		write_text(out, c->variant);
		buf_str(out, ",");
		write_text(out, c->label);
		buf_printf(out, ",%d,%u,%u},\n", c->nr, c->leaf_first, c->nleaves);
	}
	buf_str(out, "};\n");
}

static void write_programs(const struct abi_schema *s, struct buf *out)
{
	uint32_t at = 0;

	buf_str(out, "static const struct abi_program programs[] = {\n");
	for (uint32_t i = 0; i < s->ncalls; i++) {
		const struct abi_program *p = &s->programs[i];

		buf_printf(out, "{items+%u,%u,%u,leaves+%u,{", at, p->nitems, p->under, s->calls[i].leaf_first);
		for (unsigned k = 0; k < PHASE_COUNT; k++)
			buf_printf(out, "%d,", p->captures[k]);
		buf_str(out, "},{");
		for (unsigned k = 0; k < ABI_ARGS; k++)
			buf_printf(out, "%u,", p->arg_item[k]);
		buf_str(out, "},{");
		for (unsigned k = 0; k < ABI_ARGS; k++)
			buf_printf(out, "%u,", p->arg_enc[k]);
		buf_str(out, "}},\n");
		at += p->nitems;
	}
	buf_str(out, "};\n");
}

static void write_numbers(struct buf *out, const char *name, const struct abi_number *numbers, uint32_t n)
{
	buf_printf(out, "static const struct abi_number %s[] = {\n", name);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, "{%uu,%u},\n", numbers[i].first, numbers[i].count);
	buf_str(out, "};\n");
}

void abi_tables_write(const struct abi_schema *s, struct buf *out)
{
	buf_str(out, "/* Made by abi_tables_write(). */\n#include \"abi/tables.h\"\n#include \"abi/structs.h\"\n");
	write_items(s, out);
	write_leaves(s, out);
	write_calls(s, out);
	write_programs(s, out);
	write_numbers(out, "numbers", s->numbers, s->nnumbers);
	write_numbers(out, "pseudos", s->pseudos, s->npseudos);
	buf_str(out, "static const uint32_t names[] = {\n");
	for (uint32_t i = 0; i < s->nnames; i++)
		buf_printf(out, "%u,\n", s->names[i]);
	buf_printf(out,
		   "};\nconst struct abi_schema abi_schema_made = {0,calls,programs,%u,leaves,signatures,%u,numbers,%u,"
		   "pseudos,%u,names,%u,{",
		   s->ncalls, s->nleaves, s->nnumbers, s->npseudos, s->nnames);
	for (unsigned i = 0; i < DIGEST_SIZE; i++)
		buf_printf(out, "%u,", s->hash[i]);
	buf_str(out, "}};\n");
}

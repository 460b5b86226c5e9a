/*
 * The schema as policy writers need it: calls, their variants, fields with kind, direction, width and legal verbs.
 */
#include "spol/policy.h"

#include <stdio.h>
#include <string.h>

static const char *encoding_name(enum abi_enc enc)
{
	static const char *const names[] = {
#define ENCODING(NAME, bytes, is_signed) [ENC_##NAME] = #NAME,
#include "abi/encodings.def"
	};

	return enc < ARRAY_LEN(names) && names[enc] ? names[enc] : "?";
}

static void print_width(const struct abi_leaf *leaf, struct buf *out)
{
	char text[32];

	if (leaf->enc == ENC_BYTES && leaf->size)
		snprintf(text, sizeof(text), "%u bytes", leaf->size);
	else if (leaf->enc == ENC_BYTES)
		snprintf(text, sizeof(text), "bytes");
	else if (leaf->enc == ENC_TIMESPEC || leaf->enc == ENC_TIMEVAL || leaf->enc == ENC_STAMP)
		snprintf(text, sizeof(text), "nanoseconds");
	else
		snprintf(text, sizeof(text), "%s", encoding_name(leaf->enc));
	for (char *c = text; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
	buf_printf(out, " %-12s", text);
}

void schema_print_leaf(const struct abi_schema *s, const struct abi_leaf *leaf, struct buf *out)
{
	buf_printf(out, "    %-28s %-9s %-6s", leaf->path, abi_kind_name(leaf->kind), abi_dir_name(leaf->dir));
	print_width(leaf, out);
	for (unsigned v = 0; v < VERB_COUNT; v++) {
		if (legal_verb(s, leaf, (enum vm_verb)v, NULL))
			buf_printf(out, " %s", vm_verb_name((enum vm_verb)v));
	}
	if (leaf->set && leaf->set < abi_nsets)
		buf_printf(out, "  (constants: %s)", abi_sets[leaf->set].name);
	buf_byte(out, '\n');
}

void schema_print_call(const struct abi_schema *s, const struct abi_call *c, struct buf *out)
{
	buf_str(out, c->label);
	for (unsigned bit = 0; bit < 32; bit++) {
		const char *name = c->row->classes & 1u << bit ? abi_class_name(1u << bit) : NULL;

		if (name)
			buf_printf(out, " %%%s", name);
	}
	if (c->row->partial)
		buf_str(out,
			"  # not wholly described: a run that makes it is not judged unless a policy disposes of it");
	buf_byte(out, '\n');
	for (uint32_t i = 0; i < c->nleaves; i++)
		schema_print_leaf(s, abi_schema_leaf(s, c->leaf_first + i), out);
}

int spol_print_schema(const struct abi_schema *s, const char *call, struct buf *out, struct err *err)
{
	struct suggest suggest = { .word = call, .word_len = call ? strlen(call) : 0 };
	bool found = false;

	for (size_t i = 0; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, (uint32_t)i);

		if (call && strcmp(call, c->name) != 0 && strcmp(call, c->label) != 0) {
			suggest_offer(&suggest, c->name);
			continue;
		}
		schema_print_call(s, c, out);
		found = true;
	}
	if (found || !call)
		return 0;
	if (suggest.best)
		return err_set(err, ERR_USAGE, "no system call `%s` is described; did you mean `%s`?", call,
			       suggest.best);
	return err_set(err, ERR_USAGE, "no system call `%s` is described", call);
}

/*
 * What the tests of the policy compiler share: policies written to files, compiled against the real schema, and a world
 * for their conditions to ask.
 */
#ifndef TESTS_UNIT_SPOL_SUPPORT_H
#define TESTS_UNIT_SPOL_SUPPORT_H

#include "abi/schema.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "spol/compile.h"
#include "vm/vm.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ck_assert_msg() writes a message to a file each time that it holds: nothing for what is asked a million times. */
#define MUST(condition, ...)                       \
	do {                                       \
		if (!(condition))                  \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

/* A compiled policy, or the findings that it met. */
struct compiled {
	struct abi_schema *schema;
	struct arena *arena;
	struct diags *diags;
	struct vm_prog *prog; /* NULL: errors */
	struct buf image;
	struct err err;
};

static inline void write_text(const char *path, const char *text)
{
	struct err err = { 0 };

	ck_assert_msg(file_write_atomic(path, text, strlen(text), &err) == 0, "%s", err.text);
}

static inline struct compiled compile_path(const char *path, const char *const *search)
{
	struct compiled c = { .schema = abi_schema_new(ARCH_X86_64), .arena = arena_new(), .diags = diags_new() };
	struct spol_options o = { .schema = c.schema, .search = search };
	struct vm_schema view;

	if (spol_compile(&o, path, c.diags, c.arena, &c.image, &c.err) == 0) {
		spol_vm_schema(c.schema, c.arena, &view);
		c.prog = vm_load(c.image.data, c.image.len, path, &view, &c.err);
		ck_assert_msg(c.prog != NULL, "%s", c.err.text);
	}
	return c;
}

static inline void compiled_free(struct compiled *c)
{
	if (c->prog)
		vm_free(c->prog);
	buf_free(&c->image);
	diags_free(c->diags);
	abi_schema_free(c->schema);
	arena_free(c->arena);
}

/* Findings as one text, for the message of a failed check. */
static inline const char *findings_text(struct compiled *c)
{
	struct buf b = { 0 };
	const char *text;

	diags_render_text(c->diags, false, &b);
	text = arena_copy(c->arena, b.data, b.len);
	buf_free(&b);
	return text;
}

/* A leaf by "read.buf" or "ioctl(TCGETS).argp.c_iflag". */
static inline const struct abi_leaf *leaf_by_name(const struct abi_schema *s, const char *name)
{
	for (size_t i = 0; i < abi_schema_nleaves(s); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s, (uint32_t)i);
		const char *label = abi_schema_call(s, leaf->call)->label;
		size_t len = strlen(label);

		if (strncmp(name, label, len) == 0 && name[len] == '.' && strcmp(name + len + 1, leaf->path) == 0)
			return leaf;
	}
	ck_abort_msg("no field %s", name);
	return NULL;
}

static inline const struct abi_call *call_by_label(const struct abi_schema *s, const char *label)
{
	for (size_t i = 0; i < abi_schema_ncalls(s); i++) {
		if (strcmp(abi_schema_call(s, (uint32_t)i)->label, label) == 0)
			return abi_schema_call(s, (uint32_t)i);
	}
	ck_abort_msg("no call %s", label);
	return NULL;
}

/* "-": absent; a number: a number; else bytes; "\0" at the end of a text is written as a `0` after a backslash. */
static inline struct value value_of(const char *text, size_t len)
{
	char copy[64] = { 0 }, *end;
	long long n;

	if (len == 1 && text[0] == '-')
		return (struct value){ .type = VALUE_ABSENT };
	if (len < sizeof(copy)) {
		memcpy(copy, text, len);
		n = strtoll(copy, &end, 0);
		if (len && *end == '\0')
			return value_num(n);
	}
	return value_bytes(text, len);
}

/*
 * The world: words "name=value" for both sides, "r:name=value" and "a:name=value" for one.  Names are field paths and
 * facts; a fact about a descriptor other than the first is named by its field: "oldfd.path".
 */
struct world {
	const struct abi_schema *schema;
	const char *text;
};

static inline bool world_find(const struct world *w, enum vm_side side, const char *name, struct value *out)
{
	const char *p = w->text ? w->text : "";

	while (*p) {
		size_t len = strcspn(p, " "), head;
		const char *word = p;
		bool here = true;

		p += len + (p[len] == ' ');
		if (word[1] == ':') {
			here = word[0] == (side == SIDE_RECORDED ? 'r' : 'a');
			word += 2;
			len -= 2;
		}
		head = strcspn(word, "=");
		if (!here || head != strlen(name) || memcmp(word, name, head) != 0)
			continue;
		*out = value_of(word + head + 1, len - head - 1);
		return out->type != VALUE_ABSENT;
	}
	return false;
}

static inline bool world_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	const struct world *w = ctx;

	return world_find(w, side, abi_schema_leaf(w->schema, leaf)->path, out);
}

static inline bool world_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct world *w = ctx;
	const struct abi_fact_info *info = abi_fact_info((enum abi_fact)fact);
	char name[256];

	snprintf(name, sizeof(name), "%s%s%s", leaf != VM_NO_LEAF ? abi_schema_leaf(w->schema, leaf)->path : info->base,
		 *info->member ? "." : "", info->member);
	return world_find(w, side, name, out);
}

#endif

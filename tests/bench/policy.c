/*
 * Writes a large policy: policy RULES DIRECTORY.  Rules about the fields of all calls and variants, in files that each
 * extend and override the one before, with conditions, sets, tolerances, messages and chains of arms.  Prints the path
 * of the top file.
 */
#include "base/fdio.h"
#include "spol/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_PER_SET 100u /* of globs; numbers have as many */

struct writing {
	const struct abi_schema *schema;
	struct vm_schema view;
	struct buf out;
	unsigned file, rules; /* rules: of all files so far */
};

static bool legal(const struct writing *w, const struct abi_leaf *leaf, enum vm_verb verb)
{
	return w->view.leaf_verb(w->view.ctx, leaf->id, verb);
}

/* Its length is that of another field, or the reverse: both must have the same verb, unless they keep to two of them.
 */
static bool is_linked(const struct writing *w, const struct abi_leaf *leaf)
{
	const struct abi_call *c = abi_schema_call(w->schema, leaf->call);

	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *other = abi_schema_leaf(w->schema, c->leaf_first + i);

		if (other->linked && (other == leaf || c->leaf_first + other->linked - 1 == leaf->id))
			return true;
	}
	return false;
}

/* The call has a descriptor for `fd.path` to be about. */
static bool has_descriptor(const struct writing *w, const struct abi_call *c)
{
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(w->schema, c->leaf_first + i);

		if (leaf->kind == KIND_FD && (leaf->dir & DIR_IN) && leaf->reg < ABI_ARGS && !leaf->is_addr)
			return true;
	}
	return false;
}

static const char *free_verb(const struct writing *w, const struct abi_leaf *leaf)
{
	if (is_linked(w, leaf) || leaf->is_addr)
		return "accept";
	if (w->rules % 3 == 0 && legal(w, leaf, VERB_REPLAY) && (leaf->dir & DIR_OUT))
		return "replay";
	return w->rules % 3 == 1 && legal(w, leaf, VERB_MAP) ? "map" : "accept";
}

static void write_arms(struct writing *w, const struct abi_leaf *leaf)
{
	const char *verb = free_verb(w, leaf);
	unsigned n = w->rules, set = n / RULES_PER_SET, form = n % 7;
	struct buf *b = &w->out;

	if (form == 0 && has_descriptor(w, abi_schema_call(w->schema, leaf->call))) {
		buf_printf(b, "%s if fd.path in PATHS_%u else equal", verb, set);
	} else if (form == 1) {
		buf_printf(b, "%s", verb);
	} else if (form == 2) {
		buf_str(b, "equal \"{field} was {recorded}, is now {actual}\"");
	} else if (leaf->enc == ENC_BYTES) {
		buf_printf(b, "%s if recorded == \"value %u\" else stop \"{field}\" if actual == \"%u\" else equal",
			   verb, n, n);
	} else if (form == 3) {
		buf_printf(b, "%s if actual in NUMBERS_%u else equal", verb, set);
	} else if (form == 4) {
		buf_printf(b, "accept within %u%%", n % 50 + 1);
	} else {
		buf_printf(b,
			   "%s if actual >= recorded and actual - recorded < %u else stop \"{field} ran away\" if not "
			   "(actual > "
			   "%u or recorded == %u) else equal",
			   verb, n % 100 + 1, n % 90, n % 80);
	}
}

static void write_rule(struct writing *w, const struct abi_leaf *leaf)
{
	const struct abi_call *c = abi_schema_call(w->schema, leaf->call);
	struct buf *b = &w->out;

	if (w->rules % RULES_PER_SET == 0) {
		unsigned set = w->rules / RULES_PER_SET;

		buf_printf(b, "set PATHS_%u = \"/var/lib/%u/**\", \"/proc/*/%u\", !\"/var/lib/%u/secret\";\n", set, set,
			   set, set);
		buf_printf(b, "set NUMBERS_%u = 1, 3, %u;\n", set, set % 100 + 5);
	}
	if (w->file)
		buf_str(b, "override ");
	if (c->nr == ABI_SIGNAL && c->variant)
		buf_printf(b, "signal %s { %s: ", c->variant, leaf->path);
	else if (strcmp(c->name, "instruction") == 0)
		buf_printf(b, "instruction %s { %s: ", c->variant, leaf->path);
	else
		buf_printf(b, "%s { %s: ", c->label, leaf->path);
	write_arms(w, leaf);
	buf_str(b, "; }\n");
	w->rules++;
}

/* The call has variants, and this row is what they do not describe: a rule for its name would be about all of them. */
static bool is_fallback(const struct writing *w, const struct abi_call *c)
{
	return !c->variant && c->index + 1 < abi_schema_ncalls(w->schema) &&
	       strcmp(abi_schema_call(w->schema, c->index + 1)->name, c->name) == 0;
}

static int write_file(struct writing *w, unsigned rules, const char *directory)
{
	struct err err = { 0 };
	char path[4096];
	int r;

	buf_clear(&w->out);
	buf_printf(&w->out, "policy generated%u 1;\n", w->file);
	if (w->file)
		buf_printf(&w->out, "extends \"generated%u.spol\";\n", w->file - 1);
	else
		buf_str(&w->out,
			"default: equal \"{syscall}: {field} was {recorded}\";\nany ptr: map;\nany random: replay;\n"
			"%file { *: accept if command == \"/bin/sh\"; }\n%stat { ret: equal; }\n");
	for (size_t i = 0; i < abi_schema_nleaves(w->schema) && w->rules < rules; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(w->schema, (uint32_t)i);
		const struct abi_call *c = abi_schema_call(w->schema, leaf->call);

		if (!is_fallback(w, c) && !(strcmp(c->name, "instruction") == 0 && !c->variant))
			write_rule(w, leaf);
	}
	snprintf(path, sizeof(path), "%s/generated%u.spol", directory, w->file);
	r = file_write_atomic(path, w->out.data, w->out.len, &err);
	if (r != 0)
		fprintf(stderr, "policy: %s\n", err.text);
	else if (w->rules >= rules)
		printf("%s\n", path);
	w->file++;
	return r;
}

int main(int argc, char **argv)
{
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	struct writing w = { .schema = schema };
	unsigned rules = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	int r = 0;

	if (!rules) {
		fprintf(stderr, "usage: policy RULES DIRECTORY\n");
		return 2;
	}
	spol_vm_schema(schema, arena, &w.view);
	while (r == 0 && w.rules < rules)
		r = write_file(&w, rules, argv[2]);
	buf_free(&w.out);
	arena_free(arena);
	abi_schema_free(schema);
	return r != 0;
}

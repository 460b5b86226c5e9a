/*
 * The assembler: collects code, constants, sets, rules and tables, and writes them as an image.
 */
#include "vm/asm.h"

#include "base/check.h"
#include "base/map.h"
#include "vm/image.h"
#include "vm/words.h"

#include <stdlib.h>
#include <string.h>

#define UNBOUND UINT32_MAX

struct fixup {
	uint32_t pc;
	vm_label label;
};

struct vm_asm {
	struct arena *arena;
	const struct vm_schema *schema;
	const char *name;
	bool continues;
	struct err err; /* the first thing that went wrong; told by vm_asm_finish() */
	uint32_t *entries, *calls;
	struct buf code;       /* struct vm_insn */
	struct buf labels;     /* uint32_t: place, or UNBOUND */
	struct buf fixups;     /* struct fixup */
	struct buf consts;     /* num_t */
	struct buf strings;    /* struct image_string */
	struct buf rules;      /* struct vm_rule */
	struct buf sources;    /* struct image_source */
	struct buf numbers;    /* struct image_number */
	struct buf sets;       /* struct image_set */
	struct buf globs;      /* struct glob_member */
	struct buf glob_names; /* const char * */
	struct strmap *const_at, *string_at;
};

#define COUNT(b, type) ((b).len / sizeof(type))
#define ITEMS(b, type) ((type *)(void *)(b).data)

struct vm_asm *vm_asm_new(const char *policy_name, const struct vm_schema *schema)
{
	struct vm_asm *a = xcalloc(1, sizeof(*a));
	size_t nentries = (size_t)VM_PHASES * schema->nleaves;

	a->arena = arena_new();
	a->schema = schema;
	a->name = words_make_printable(a->arena, policy_name);
	a->entries = arena_array(a->arena, nentries, sizeof(*a->entries));
	a->calls = arena_array(a->arena, schema->ncalls, sizeof(*a->calls));
	for (size_t i = 0; i < nentries; i++)
		a->entries[i] = IMAGE_NO_PC;
	for (size_t i = 0; i < schema->ncalls; i++)
		a->calls[i] = IMAGE_NO_PC;
	a->const_at = strmap_new();
	a->string_at = strmap_new();
	return a;
}

void vm_asm_free(struct vm_asm *a)
{
	if (!a)
		return;
	strmap_free(a->const_at);
	strmap_free(a->string_at);
	buf_free(&a->code);
	buf_free(&a->labels);
	buf_free(&a->fixups);
	buf_free(&a->consts);
	buf_free(&a->strings);
	buf_free(&a->rules);
	buf_free(&a->sources);
	buf_free(&a->numbers);
	buf_free(&a->sets);
	buf_free(&a->globs);
	buf_free(&a->glob_names);
	arena_free(a->arena);
	free(a);
}

void vm_asm_set_source(struct vm_asm *a, const char *file, const char *text, size_t len, const uint32_t *extends,
		       size_t nextends)
{
	struct image_source s = {
		.file = words_make_printable(a->arena, file),
		.text = arena_copy(a->arena, text, len),
		.len = len,
		.extends = arena_copy(a->arena, extends, nextends * sizeof(*extends)),
		.nextends = nextends,
	};

	buf_add(&a->sources, &s, sizeof(s));
}

void vm_asm_set_continues(struct vm_asm *a, bool continues)
{
	a->continues = continues;
}

/* ---- code ---- */

uint32_t vm_asm_here(const struct vm_asm *a)
{
	return (uint32_t)COUNT(a->code, struct vm_insn);
}

vm_label vm_asm_label(struct vm_asm *a)
{
	uint32_t unbound = UNBOUND;

	buf_add(&a->labels, &unbound, sizeof(unbound));
	return (vm_label)(COUNT(a->labels, uint32_t) - 1);
}

void vm_asm_bind(struct vm_asm *a, vm_label l)
{
	INVARIANT(l < COUNT(a->labels, uint32_t) && ITEMS(a->labels, uint32_t)[l] == UNBOUND);
	ITEMS(a->labels, uint32_t)[l] = vm_asm_here(a);
}

static void emit(struct vm_asm *a, enum vm_op op, unsigned x, unsigned y, unsigned z, uint32_t imm)
{
	struct vm_insn i = { (uint8_t)op, (uint8_t)x, (uint8_t)y, (uint8_t)z, imm };

	INVARIANT(x <= UINT8_MAX && y <= UINT8_MAX && z <= UINT8_MAX);
	if (vm_asm_here(a) >= IMAGE_CODE_MAX) {
		err_set(&a->err, ERR_LIMIT, "the policy needs more than %u instructions", IMAGE_CODE_MAX);
		return;
	}
	buf_add(&a->code, &i, sizeof(i));
}

/* A branch is fixed up when all labels are bound: only to a later place, because bound labels are refused here. */
static void emit_branch(struct vm_asm *a, enum vm_op op, unsigned x, unsigned y, unsigned z, vm_label to)
{
	struct fixup f = { vm_asm_here(a), to };

	INVARIANT(to < COUNT(a->labels, uint32_t) && ITEMS(a->labels, uint32_t)[to] == UNBOUND);
	emit(a, op, x, y, z, 0);
	if (!err_is_set(&a->err))
		buf_add(&a->fixups, &f, sizeof(f));
}

static uint32_t const_of(struct vm_asm *a, num_t n)
{
	uint64_t at;

	if (!strmap_get(a->const_at, (const char *)&n, sizeof(n), &at)) {
		at = COUNT(a->consts, num_t);
		if (at >= IMAGE_CONSTS_MAX) {
			err_set(&a->err, ERR_LIMIT, "the policy needs more than %u constants", IMAGE_CONSTS_MAX);
			return 0;
		}
		strmap_put(a->const_at, (const char *)&n, sizeof(n), at);
		buf_add(&a->consts, &n, sizeof(n));
	}
	return (uint32_t)at;
}

static uint32_t string_of(struct vm_asm *a, const char *s, size_t len)
{
	uint64_t at;

	if (!strmap_get(a->string_at, s, len, &at)) {
		struct image_string copy = { arena_copy(a->arena, s, len), len };

		at = COUNT(a->strings, struct image_string);
		if (at >= IMAGE_STRINGS_MAX) {
			err_set(&a->err, ERR_LIMIT, "the policy needs more than %u strings", IMAGE_STRINGS_MAX);
			return 0;
		}
		strmap_put(a->string_at, s, len, at);
		buf_add(&a->strings, &copy, sizeof(copy));
	}
	return (uint32_t)at;
}

void vm_asm_num_const(struct vm_asm *a, vm_reg r, num_t n)
{
	emit(a, OP_NUM_CONST, r, 0, 0, const_of(a, n));
}

void vm_asm_str_const(struct vm_asm *a, vm_reg r, const char *s, size_t len)
{
	emit(a, OP_STR_CONST, r, 0, 0, string_of(a, s, len));
}

void vm_asm_num_value(struct vm_asm *a, vm_reg r, enum vm_side side)
{
	emit(a, OP_NUM_VALUE, r, side, 0, 0);
}

void vm_asm_str_value(struct vm_asm *a, vm_reg r, enum vm_side side)
{
	emit(a, OP_STR_VALUE, r, side, 0, 0);
}

void vm_asm_num_field(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t leaf)
{
	emit(a, OP_NUM_FIELD, r, side, 0, leaf);
}

void vm_asm_str_field(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t leaf)
{
	emit(a, OP_STR_FIELD, r, side, 0, leaf);
}

void vm_asm_str_text(struct vm_asm *a, vm_reg dst, vm_reg x)
{
	emit(a, OP_STR_TEXT, dst, x, 0, 0);
}

void vm_asm_num_fact(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t fact, uint32_t leaf)
{
	emit(a, OP_NUM_FACT, r, side, fact, leaf);
}

void vm_asm_str_fact(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t fact, uint32_t leaf)
{
	emit(a, OP_STR_FACT, r, side, fact, leaf);
}

void vm_asm_arith(struct vm_asm *a, enum vm_arith op, vm_reg dst, vm_reg x, vm_reg y)
{
	static const enum vm_op ops[] = {
		[VM_ADD] = OP_NUM_ADD, [VM_SUB] = OP_NUM_SUB, [VM_MUL] = OP_NUM_MUL,
		[VM_DIV] = OP_NUM_DIV, [VM_AND] = OP_NUM_AND, [VM_OR] = OP_NUM_OR,
	};

	INVARIANT(op < ARRAY_LEN(ops));
	emit(a, ops[op], dst, x, y, 0);
}

void vm_asm_num_test(struct vm_asm *a, enum vm_compare c, vm_reg x, vm_reg y, vm_label if_false)
{
	static const enum vm_op ops[] = {
		[VM_EQ] = OP_NUM_EQ, [VM_NE] = OP_NUM_NE, [VM_LT] = OP_NUM_LT,
		[VM_LE] = OP_NUM_LE, [VM_GT] = OP_NUM_GT, [VM_GE] = OP_NUM_GE,
	};

	INVARIANT(c < ARRAY_LEN(ops));
	emit_branch(a, ops[c], x, y, 0, if_false);
}

void vm_asm_str_test(struct vm_asm *a, enum vm_compare c, vm_reg x, vm_reg y, vm_label if_false)
{
	INVARIANT(c == VM_EQ || c == VM_NE);
	emit_branch(a, c == VM_EQ ? OP_STR_EQ : OP_STR_NE, x, y, 0, if_false);
}

void vm_asm_within(struct vm_asm *a, vm_reg x, vm_reg y, vm_reg tolerance, bool percent, vm_label if_false)
{
	emit_branch(a, percent ? OP_WITHIN_PERCENT : OP_WITHIN, x, y, tolerance, if_false);
}

void vm_asm_num_in(struct vm_asm *a, vm_reg x, uint32_t set, vm_label if_false)
{
	emit_branch(a, OP_NUM_IN, x, set & 0xff, set >> 8 & 0xff, if_false);
}

void vm_asm_str_in(struct vm_asm *a, vm_reg x, uint32_t set, vm_label if_false)
{
	emit_branch(a, OP_STR_IN, x, set & 0xff, set >> 8 & 0xff, if_false);
}

void vm_asm_differs(struct vm_asm *a, vm_label if_false)
{
	emit_branch(a, OP_DIFFERS, 0, 0, 0, if_false);
}

void vm_asm_jump(struct vm_asm *a, vm_label to)
{
	emit_branch(a, OP_JUMP, 0, 0, 0, to);
}

void vm_asm_verdict(struct vm_asm *a, enum vm_verb verb, uint32_t rule)
{
	emit(a, OP_VERDICT, verb, 0, 0, rule);
}

void vm_asm_dispose(struct vm_asm *a, enum vm_disposition d, uint32_t rule)
{
	emit(a, OP_DISPOSE, d, 0, 0, rule);
}

/* ---- sets, rules, tables ---- */

uint32_t vm_asm_glob_set(struct vm_asm *a, const char *name, const char *const *globs, const bool *excluded, size_t n)
{
	uint32_t set = (uint32_t)COUNT(a->glob_names, const char *);

	if (set >= IMAGE_SETS_MAX) {
		err_set(&a->err, ERR_LIMIT, "the policy needs more than %u sets of globs", IMAGE_SETS_MAX);
		return 0;
	}
	name = words_make_printable(a->arena, name);
	buf_add(&a->glob_names, &name, sizeof(name));
	for (size_t i = 0; i < n; i++) {
		const char *wrong = vm_glob_check(globs[i]);
		struct glob_member m = { arena_strdup(a->arena, globs[i]), set, excluded && excluded[i] };

		if (wrong)
			err_set(&a->err, ERR_POLICY, "glob \"%s\": %s", globs[i], wrong);
		buf_add(&a->globs, &m, sizeof(m));
	}
	return set;
}

/* A member of a set of numbers while it is put in order. */
struct set_number {
	num_t number;
	bool excluded;
};

/* What is excluded comes before what is not. */
static int by_number(const void *x, const void *y)
{
	const struct set_number *a = x, *b = y;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (int)b->excluded - (int)a->excluded;
}

uint32_t vm_asm_num_set(struct vm_asm *a, const char *name, const num_t *numbers, const bool *excluded, size_t n)
{
	uint32_t set = (uint32_t)COUNT(a->sets, struct image_set);
	num_t *in = arena_array(a->arena, n, sizeof(*in));
	struct image_set s = { .name = words_make_printable(a->arena, name), .numbers = in };
	struct set_number *sorted;

	if (set >= IMAGE_SETS_MAX) {
		err_set(&a->err, ERR_LIMIT, "the policy needs more than %u sets of numbers", IMAGE_SETS_MAX);
		return 0;
	}
	sorted = xcalloc(n + 1, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct set_number){ numbers[i], excluded && excluded[i] };
	qsort(sorted, n, sizeof(*sorted), by_number);
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || sorted[i].number != sorted[i - 1].number;

		if (first && !sorted[i].excluded)
			in[s.n++] = sorted[i].number;
	}
	free(sorted);
	buf_add(&a->sets, &s, sizeof(s));
	return set;
}

uint32_t vm_asm_rule(struct vm_asm *a, const struct vm_rule *rule)
{
	uint32_t number = (uint32_t)COUNT(a->rules, struct vm_rule);
	struct vm_rule r = *rule;

	if (number >= IMAGE_RULES_MAX) {
		err_set(&a->err, ERR_LIMIT, "the policy needs more than %u rules", IMAGE_RULES_MAX);
		return 0;
	}
	r.file = words_make_printable(a->arena, r.file ? r.file : "");
	r.selector = words_make_printable(a->arena, r.selector ? r.selector : "");
	r.text = words_make_printable(a->arena, r.text ? r.text : "");
	r.message = r.message ? arena_strdup(a->arena, r.message) : NULL;
	buf_add(&a->rules, &r, sizeof(r));
	return number;
}

void vm_asm_entry(struct vm_asm *a, enum vm_phase phase, uint32_t leaf, uint32_t pc, bool always)
{
	INVARIANT(phase < VM_PHASES && leaf < a->schema->nleaves && pc < IMAGE_CODE_MAX);
	a->entries[(size_t)phase * a->schema->nleaves + leaf] = pc | (always ? IMAGE_FLAG : 0);
}

void vm_asm_call(struct vm_asm *a, uint32_t call, uint32_t pc, bool unconditional_ignore)
{
	INVARIANT(call < a->schema->ncalls && pc < IMAGE_CODE_MAX);
	a->calls[call] = pc | (unconditional_ignore ? IMAGE_FLAG : 0);
}

void vm_asm_call_number(struct vm_asm *a, int32_t nr, enum vm_disposition d, uint32_t rule)
{
	struct image_number n = { nr, d, rule };

	buf_add(&a->numbers, &n, sizeof(n));
}

static int by_nr(const void *x, const void *y)
{
	const struct image_number *a = x, *b = y;

	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static void bind_branches(struct vm_asm *a)
{
	const uint32_t *labels = ITEMS(a->labels, uint32_t);

	for (size_t i = 0; i < COUNT(a->fixups, struct fixup); i++) {
		const struct fixup *f = &ITEMS(a->fixups, struct fixup)[i];

		INVARIANT(labels[f->label] != UNBOUND);
		ITEMS(a->code, struct vm_insn)[f->pc].imm = labels[f->label];
	}
}

static const uint32_t *signatures(struct vm_asm *a)
{
	const struct vm_schema *s = a->schema;
	uint32_t *out = arena_array(a->arena, s->nleaves, sizeof(*out));

	for (uint32_t leaf = 0; leaf < s->nleaves; leaf++)
		out[leaf] = (uint32_t)s->signature(s->ctx, leaf);
	return out;
}

int vm_asm_finish(struct vm_asm *a, struct buf *out, struct err *err)
{
	struct vm_image image = {
		.name = a->name,
		.continues = a->continues,
		.nleaves = a->schema->nleaves,
		.ncalls = a->schema->ncalls,
		.entries = a->entries,
		.calls = a->calls,
		.numbers = ITEMS(a->numbers, struct image_number),
		.nnumbers = COUNT(a->numbers, struct image_number),
		.code = ITEMS(a->code, struct vm_insn),
		.ncode = COUNT(a->code, struct vm_insn),
		.consts = ITEMS(a->consts, num_t),
		.nconsts = COUNT(a->consts, num_t),
		.strings = ITEMS(a->strings, struct image_string),
		.nstrings = COUNT(a->strings, struct image_string),
		.sets = ITEMS(a->sets, struct image_set),
		.nsets = COUNT(a->sets, struct image_set),
		.rules = ITEMS(a->rules, struct vm_rule),
		.nrules = COUNT(a->rules, struct vm_rule),
		.sources = ITEMS(a->sources, struct image_source),
		.nsources = COUNT(a->sources, struct image_source),
		.glob_names = ITEMS(a->glob_names, const char *),
	};

	if (!err_is_set(&a->err)) {
		bind_branches(a);
		glob_build(ITEMS(a->globs, struct glob_member), COUNT(a->globs, struct glob_member),
			   (uint32_t)COUNT(a->glob_names, const char *), a->arena, &image.globs, &a->err);
	}
	if (err_is_set(&a->err))
		return err_set(err, a->err.code, "policy %s: %s", a->name, a->err.text);
	if (a->numbers.len)
		qsort(a->numbers.data, image.nnumbers, sizeof(struct image_number), by_nr);
	image.signatures = signatures(a);
	memcpy(image.schema_hash, a->schema->hash, DIGEST_SIZE);
	image_source_digest(&image, image.source_digest);
	return image_encode(&image, out, err);
}

/*
 * Loading: what a good image says, every refusal of the container and of the verifier by tables, and mutations of each
 * byte and each length of an image: refused, or harmless.
 */
#include "base/fdio.h"
#include "tests/unit/vm_toy.h"
#include "vm/image.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static bool no_value(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	(void)ctx, (void)side, (void)leaf, (void)out;
	return false;
}

static bool some_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	(void)ctx, (void)side, (void)leaf;
	*out = fact == TOY_FD_KIND ? value_num(5) : value_cstr("/proc/x");
	return true;
}

/* Runs all that a program can be asked; returns the number of evaluations. */
static unsigned exercise(const struct vm_prog *p, const struct vm_schema *schema)
{
	static const struct value values[] = {
		{ .type = VALUE_ABSENT },         { .type = VALUE_NUM, .num = 3 },
		{ .type = VALUE_NUM, .num = -1 }, { .type = VALUE_BYTES, .data = (const uint8_t *)"/proc/1", .len = 7 },
		{ .type = VALUE_BYTES },
	};
	struct vm_env env = { no_value, some_fact, NULL };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct vm_disposed disposed;
	unsigned n = 0;

	for (uint32_t leaf = 0; leaf < TOY_NLEAVES; leaf++) {
		for (unsigned phase = 0; phase < VM_PHASES; phase++) {
			if (!toy_info(leaf)->at[phase])
				continue;
			for (size_t i = 0; i < ARRAY_LEN(values) * ARRAY_LEN(values); i++) {
				struct vm_decision d =
					vm_decide(p, (enum vm_phase)phase, leaf, &values[i % ARRAY_LEN(values)],
						  &values[i / ARRAY_LEN(values)], &env);

				ck_assert_uint_lt(d.verb, VERB_COUNT);
				ck_assert(d.rule == VM_NO_RULE || d.rule < vm_rule_count(p));
				n++;
			}
		}
	}
	for (uint32_t call = 0; call < TOY_CALLS; call++) {
		disposed = vm_dispose(p, call, &env);
		ck_assert_uint_lt(disposed.disposition, DISP_COUNT);
		ck_assert(disposed.rule == VM_NO_RULE || disposed.rule < vm_rule_count(p));
	}
	vm_dispose_number(p, 500, &disposed);
	vm_disassemble(p, schema, &text);
	vm_disassemble(p, NULL, &text);
	return n;
}

static bool contains(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

START_TEST(good)
{
	CLEANUP(buf_free) struct buf image = { 0 }, again = { 0 }, text = { 0 };
	struct vm_schema schema = toy_schema();
	struct err err = { 0 };
	uint8_t digest[DIGEST_SIZE];
	struct vm_prog *p;
	const struct vm_rule *r;

	toy_image(&image);
	toy_image(&again);
	ck_assert_uint_eq(image.len, again.len);
	ck_assert_msg(memcmp(image.data, again.data, image.len) == 0, "the same policy gave two images");
	ck_assert(vm_is_image(image.data, image.len));
	ck_assert(!vm_is_image(TOY_SOURCE, strlen(TOY_SOURCE)));
	p = vm_load(image.data, image.len, "toy.spo", &schema, &err);
	ck_assert_msg(p, "%s", err.text);
	memset(image.data, 0xee, image.len); /* the program must not lend from it */
	ck_assert_str_eq(vm_policy_name(p), "toy");
	ck_assert(!vm_continues(p));
	ck_assert_uint_eq(vm_rule_count(p), 9);
	r = vm_rule_get(p, 0);
	ck_assert_str_eq(r->file, "toy.spol");
	ck_assert_str_eq(r->selector, "default");
	ck_assert_str_eq(r->text, "equal");
	ck_assert_str_eq(r->message, "{field} differs");
	ck_assert(r->line == 2 && r->column == 10 && r->is_default && r->verb == VERB_EQUAL);
	ck_assert_ptr_null(vm_rule_get(p, 1)->message);
	digest_of(again.data, again.len, digest);
	ck_assert(memcmp(vm_image_digest(p), digest, DIGEST_SIZE) == 0);
	ck_assert_uint_gt(exercise(p, &schema), 100);
	vm_disassemble(p, &schema, &text);
	ck_assert(contains(buf_cstr(&text), "read.buf exit: L"));
	ck_assert(contains(buf_cstr(&text), "str.in          r1, VIRTUAL, L"));
	ck_assert(contains(buf_cstr(&text), "num.field       r3, recorded, read.count"));
	ck_assert(contains(buf_cstr(&text), "; toy.spol:4:5 | write { buf: stop if fd == 1; }"));
	ck_assert(contains(buf_cstr(&text), "syscall_999: forbid"));
	vm_free(p);
}
END_TEST

/*
 * The image in the fuzz corpus is the one that is written now, byte for byte: another compiler, machine or day makes no
 * other file, and nobody changes the format without a new version.
 */
START_TEST(stable)
{
	CLEANUP(buf_free) struct buf image = { 0 }, stored = { 0 };
	const char *srcdir = getenv("top_srcdir");
	struct err err = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/vm/toy.spo", srcdir ? srcdir : ".");
	ck_assert_msg(file_read(path, IMAGE_MAX, &stored, &err) == 0, "%s", err.text);
	toy_image(&image);
	ck_assert_msg(image.len == stored.len && memcmp(image.data, stored.data, image.len) == 0,
		      "%s is not what is written now (a new format version? tests/fuzz/seed_vm writes it)", path);
}
END_TEST

/* The source digest is over each text with its length, so moving bytes between files changes it. */
START_TEST(source_digest)
{
	struct vm_schema schema = toy_schema();
	uint8_t digests[2][DIGEST_SIZE];

	for (int i = 0; i < 2; i++) {
		CLEANUP(buf_free) struct buf image = { 0 };
		struct vm_asm *a = vm_asm_new("x", &schema);
		struct err err = { 0 };
		struct vm_prog *p;

		vm_asm_set_source(a, "a.spol", "abcd", i ? 1 : 3, NULL, 0);
		vm_asm_set_source(a, "b.spol", i ? "bcd" : "d", i ? 3 : 1, NULL, 0);
		vm_asm_set_continues(a, true);
		toy_fill(a, 0);
		vm_asm_verdict(a, VERB_ACCEPT, toy_rule(a, 1, VERB_ACCEPT, "accept"));
		ck_assert_int_eq(vm_asm_finish(a, &image, &err), 0);
		vm_asm_free(a);
		p = vm_load(image.data, image.len, "x.spo", &schema, &err);
		ck_assert_msg(p, "%s", err.text);
		ck_assert(vm_continues(p));
		memcpy(digests[i], vm_source_digest(p), DIGEST_SIZE);
		vm_free(p);
	}
	ck_assert(memcmp(digests[0], digests[1], DIGEST_SIZE) != 0);
}
END_TEST

static void expect(const struct buf *image, const struct vm_schema *schema, enum err_code code, const char *part,
		   const char *row)
{
	struct err err = { 0 };
	struct vm_prog *p = vm_load(image->data, image->len, "bad.spo", schema, &err);

	ck_assert_msg(!p, "%s: loaded", row);
	ck_assert_msg(err.code == code, "%s: %s: %s", row, err_name(err.code), err.text);
	ck_assert_msg(contains(err.text, "bad.spo: ") && contains(err.text, part), "%s: %s", row, err.text);
}

/* Makes the checksum right again. */
static void reseal(struct buf *image)
{
	uint8_t digest[DIGEST_SIZE];

	digest_of(image->data, image->len - DIGEST_SIZE, digest);
	memcpy(image->data + image->len - DIGEST_SIZE, digest, DIGEST_SIZE);
}

/* ---- container ---- */

static void set_magic(struct buf *b)
{
	b->data[0] = 'X';
}

static void set_version(struct buf *b)
{
	b->data[4] = 3;
}

static void set_feature(struct buf *b)
{
	b->data[8] = 1;
}

static void set_length(struct buf *b)
{
	b->data[12]++;
}

static void flip_content(struct buf *b)
{
	b->data[40] ^= 1;
}

static void add_byte(struct buf *b)
{
	buf_byte(b, 0);
}

/* Appends bytes to the message, with header and checksum as they should be. */
static void extend(struct buf *b, const char *bytes, size_t len)
{
	struct reader r;
	uint32_t size;

	b->len -= DIGEST_SIZE;
	buf_add(b, bytes, len);
	r = reader_over(b->data + 12, 4);
	size = reader_le32(&r) + (uint32_t)len;
	for (int i = 0; i < 4; i++)
		b->data[12 + i] = (uint8_t)(size >> (8 * i));
	memset(buf_grow(b, DIGEST_SIZE), 0, DIGEST_SIZE);
	reseal(b);
}

static void unknown_field(struct buf *b)
{
	extend(b, "\xf8\x07\x01", 3); /* field 127, varint 1 */
}

static void explicit_default(struct buf *b)
{
	extend(b, "\x20\x00", 2); /* continues = 0 */
}

static void garbage_field(struct buf *b)
{
	extend(b, "\xff\xff\xff\xff", 4);
}

static void only_header(struct buf *b)
{
	b->len = 20;
}

static void empty(struct buf *b)
{
	b->len = 0;
}

static const struct container_case {
	const char *name;
	void (*change)(struct buf *image);
	enum err_code code;
	const char *part;
} container_cases[] = {
	{ "magic", set_magic, ERR_FORMAT, "does not begin with" },
	{ "empty", empty, ERR_FORMAT, "does not begin with" },
	{ "header only", only_header, ERR_FORMAT, "ends at offset 20" },
	{ "version", set_version, ERR_VERSION, "version 3" },
	{ "feature", set_feature, ERR_VERSION, "features 0x1" },
	{ "length", set_length, ERR_FORMAT, "announces" },
	{ "content", flip_content, ERR_DIGEST, "checksum at offset" },
	{ "trailing byte", add_byte, ERR_FORMAT, "announces" },
	{ "unknown field", unknown_field, ERR_FORMAT, "unknown field in the policy" },
	{ "explicit default", explicit_default, ERR_FORMAT, "canonical" },
	{ "no message", garbage_field, ERR_FORMAT, "does not parse" },
};

START_TEST(container)
{
	const struct container_case *c = &container_cases[_i];
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema = toy_schema();

	toy_image(&image);
	c->change(&image);
	expect(&image, &schema, c->code, c->part, c->name);
}
END_TEST

START_TEST(other_schema)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema = toy_schema();
	uint32_t changed = TOY_W_BUF;

	toy_image(&image);
	schema.hash[0] ^= 1;
	schema.ctx = &changed;
	expect(&image, &schema, ERR_SCHEMA, "new or changed: write.buf", "changed");
	schema.ctx = NULL;
	schema.nleaves = 3;
	expect(&image, &schema, ERR_SCHEMA, "11 fields, this program's has 3", "fewer");
	schema = toy_schema();
	schema.ncalls = 2;
	expect(&image, &schema, ERR_FORMAT, "3 calls; the schema has 11 and 2", "calls");
	schema = toy_schema();
	schema.ctx = &changed;
	expect(&image, &schema, ERR_FORMAT, "signature of write.buf", "signature");
}
END_TEST

/* ---- verifier ---- */

/* The toy image, taken apart so that a case can spoil one thing, and put together again. */
struct spoiled {
	struct arena *arena;
	struct vm_image image;
	struct vm_insn *code;
	uint32_t *entries, *calls;
};

static struct spoiled take_apart(void)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct spoiled s = { .arena = arena_new() };
	struct err err = { 0 };

	toy_image(&bytes);
	ck_assert_msg(image_decode(bytes.data, bytes.len, "toy", s.arena, &s.image, &err) == 0, "%s", err.text);
	s.code = arena_copy(s.arena, s.image.code, s.image.ncode * sizeof(*s.code));
	s.entries = arena_copy(s.arena, s.image.entries, 2 * s.image.nleaves * sizeof(*s.entries));
	s.calls = arena_copy(s.arena, s.image.calls, s.image.ncalls * sizeof(*s.calls));
	s.image.code = s.code;
	s.image.entries = s.entries;
	s.image.calls = s.calls;
	return s;
}

/* The first instruction with that opcode. */
static struct vm_insn *find(struct spoiled *s, enum vm_op op)
{
	for (size_t i = 0; i < s->image.ncode; i++)
		if (s->code[i].op == op)
			return &s->code[i];
	ck_abort_msg("the toy policy lacks %s", vm_ops[op].text);
	return NULL;
}

static uint32_t *entry(struct spoiled *s, enum vm_phase phase, uint32_t leaf)
{
	return &s->entries[(size_t)phase * s->image.nleaves + leaf];
}

/* One value of the first instruction with an opcode replaced by another. */
static const struct operand_case {
	enum vm_op op;
	char operand; /* 'o'pcode, 'a', 'b', 'c' or 'i'mm */
	uint32_t value;
	const char *part;
} operand_cases[] = {
	{ OP_NUM_CONST, 'o', 255, "no opcode 255" },
	{ OP_NUM_CONST, 'o', OP_COUNT, "no opcode" },
	{ OP_NUM_CONST, 'a', 16, "(num.const): no such register" },
	{ OP_NUM_CONST, 'b', 1, "operand is out of range" },
	{ OP_NUM_CONST, 'c', 1, "operand is out of range" },
	{ OP_NUM_CONST, 'i', 99, "operand is out of range" },
	{ OP_STR_CONST, 'i', 99, "operand is out of range" },
	{ OP_STR_CONST, 'i', UINT32_MAX, "operand is out of range" },
	{ OP_NUM_VALUE, 'b', 2, "operand is out of range" },
	{ OP_STR_VALUE, 'i', 1, "operand is out of range" },
	{ OP_NUM_FIELD, 'i', TOY_NLEAVES, "no such field" },
	{ OP_NUM_FIELD, 'i', UINT32_MAX, "no such field" },
	{ OP_NUM_FIELD, 'i', TOY_R_BUF, "the field is no number" },
	{ OP_NUM_FIELD, 'i', TOY_W_FD, "a field of another call" },
	{ OP_NUM_FIELD, 'i', TOY_R_RET, NULL },
	{ OP_STR_FIELD, 'i', TOY_S_MTIM, "the field is no byte string" },
	{ OP_STR_FIELD, 'i', TOY_W_BUF, "a field of another call" },
	{ OP_STR_TEXT, 'b', 0, "r0 does not hold a byte string" },
	{ OP_STR_TEXT, 'a', 16, "no such register" },
	{ OP_STR_TEXT, 'i', 1, "operand is out of range" },
	{ OP_STR_EQ, 'b', 0, "r0 does not hold a byte string" },
	{ OP_STR_FACT, 'c', TOY_FACTS, "no such fact" },
	{ OP_STR_FACT, 'c', TOY_FD_KIND, "the fact is no byte string" },
	{ OP_STR_FACT, 'i', TOY_NLEAVES, "no such field" },
	{ OP_STR_FACT, 'i', TOY_W_FD, "a field of another call" },
	{ OP_NUM_FACT, 'c', TOY_FD_PATH, "the fact is no number" },
	{ OP_NUM_FACT, 'i', TOY_W_RET, "before the call has set it" },
	{ OP_NUM_FACT, 'i', TOY_R_FD, "a field of another call" },
	{ OP_NUM_ADD, 'b', 9, "r9 does not hold a number" },
	{ OP_NUM_ADD, 'b', 16, "no such register" },
	{ OP_NUM_ADD, 'c', 9, "r9 does not hold a number" },
	{ OP_NUM_EQ, 'a', 9, "r9 does not hold a number" },
	{ OP_NUM_EQ, 'b', 255, "no such register" },
	{ OP_NUM_EQ, 'c', 1, "operand is out of range" },
	{ OP_STR_NE, 'a', 9, "r9 does not hold a byte string" },
	{ OP_STR_NE, 'i', 0, "goes to no later instruction" },
	{ OP_WITHIN, 'c', 9, "r9 does not hold a number" },
	{ OP_WITHIN, 'i', 100000, "goes to no later instruction" },
	{ OP_NUM_IN, 'b', 1, "no such set of numbers" },
	{ OP_NUM_IN, 'c', 1, "no such set of numbers" },
	{ OP_STR_IN, 'b', 1, "no such set of globs" },
	{ OP_STR_IN, 'c', 255, "no such set of globs" },
	{ OP_STR_IN, 'a', 16, "no such register" },
	{ OP_DIFFERS, 'i', 1, "goes to no later instruction" },
	{ OP_DIFFERS, 'a', 1, "operand is out of range" },
	{ OP_JUMP, 'i', 3, "goes to no later instruction" },
	{ OP_VERDICT, 'a', VERB_COUNT, "operand is out of range" },
	{ OP_VERDICT, 'a', VERB_MAP, "would not see equal values" },
	{ OP_VERDICT, 'a', VERB_STOP, "would not see equal values" },
	{ OP_VERDICT, 'a', VERB_ACCEPT, "decides accept by rule 0, which says `equal`" },
	{ OP_VERDICT, 'i', 1, "decides equal by rule 1, which says `replay if fd.path" },
	{ OP_VERDICT, 'i', 6, "decides equal by rule 6, which says `emulate" },
	{ OP_VERDICT, 'i', 9, "no such rule" },
	{ OP_VERDICT, 'i', VM_NO_RULE, "no such rule" },
	{ OP_VERDICT, 'o', OP_DISPOSE, "a field cannot be disposed of" },
	{ OP_DISPOSE, 'o', OP_VERDICT, "a call has no verdict" },
	{ OP_DISPOSE, 'a', DISP_COUNT, "operand is out of range" },
	{ OP_DISPOSE, 'a', DISP_IGNORE, "says ignore by rule 6, which says `emulate if" },
	{ OP_DISPOSE, 'i', 0, "says emulate by rule 0, which says `equal`" },
	{ OP_DISPOSE, 'i', 9, "no such rule" },
	{ OP_DISPOSE, 'i', VM_NO_RULE, "needs a rule" },
};

START_TEST(operands)
{
	const struct operand_case *c = &operand_cases[_i];
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct vm_schema schema = toy_schema();
	struct spoiled s = take_apart();
	struct vm_insn *i = find(&s, c->op);
	struct err err = { 0 };
	char row[64];

	snprintf(row, sizeof(row), "%s %c = %u", vm_ops[c->op].text, c->operand, c->value);
	switch (c->operand) {
	case 'o':
		i->op = (uint8_t)c->value;
		break;
	case 'a':
		i->a = (uint8_t)c->value;
		break;
	case 'b':
		i->b = (uint8_t)c->value;
		break;
	case 'c':
		i->c = (uint8_t)c->value;
		break;
	default:
		i->imm = c->value;
		break;
	}
	ck_assert_int_eq(image_encode(&s.image, &bytes, &err), 0);
	if (c->part) {
		expect(&bytes, &schema, ERR_FORMAT, c->part, row);
	} else {
		struct vm_prog *p = vm_load(bytes.data, bytes.len, "good.spo", &schema, &err);

		ck_assert_msg(p, "%s: %s", row, err.text);
		vm_free(p);
	}
	arena_free(s.arena);
}
END_TEST

static void no_entry(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_R_BUF) = IMAGE_NO_PC;
}

static void entry_in_other_phase(struct spoiled *s)
{
	*entry(s, VM_ENTRY, TOY_R_BUF) = 0;
}

static void entry_outside(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_R_BUF) = (uint32_t)s->image.ncode;
}

/* read.buf's code for a field of another call, of another type, at the entry. */
static void foreign_code(struct spoiled *s)
{
	*entry(s, VM_ENTRY, TOY_W_BUF) = *entry(s, VM_EXIT, TOY_R_BUF);
}

static void bytes_as_number(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_R_BUF) = *entry(s, VM_EXIT, TOY_S_MTIM);
}

static void number_as_bytes(struct spoiled *s)
{
	find(s, OP_STR_FACT)->imm = VM_NO_LEAF;
	for (size_t i = 0; i < s->image.ncode; i++)
		if (s->code[i].op == OP_STR_FACT)
			s->code[i].imm = VM_NO_LEAF;
	*entry(s, VM_EXIT, TOY_S_MTIM) = *entry(s, VM_EXIT, TOY_R_BUF);
}

static void too_early(struct spoiled *s)
{
	*entry(s, VM_ENTRY, TOY_R_COUNT) = *entry(s, VM_EXIT, TOY_R_RET);
	find(s, OP_NUM_FIELD)->imm = TOY_R_RET;
}

/* An entry into the middle: the registers that the code before it loads are not there. */
static void into_the_middle(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_R_RET) += 4;
}

static void stop_not_always(struct spoiled *s)
{
	*entry(s, VM_ENTRY, TOY_W_BUF) &= ~IMAGE_FLAG;
}

static void map_not_always(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_S_INO) &= ~IMAGE_FLAG;
}

static void map_of_bytes(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_R_BUF) = *entry(s, VM_EXIT, TOY_S_INO);
}

static void no_end(struct spoiled *s)
{
	struct vm_insn *last = &s->code[s->image.ncode - 1];

	*last = (struct vm_insn){ OP_NUM_CONST, 0, 0, 0, 0 };
}

static void no_code(struct spoiled *s)
{
	s->image.ncode = 0;
}

static void value_of_a_call(struct spoiled *s)
{
	*find(s, OP_NUM_FACT) = (struct vm_insn){ OP_NUM_VALUE, 0, SIDE_ACTUAL, 0, 0 };
}

static void differs_of_a_call(struct spoiled *s)
{
	struct vm_insn *i = find(s, OP_DISPOSE);

	i[-3] = (struct vm_insn){ OP_DIFFERS, 0, 0, 0, (uint32_t)(i - s->code) };
	i[-2] = (struct vm_insn){ OP_NUM_CONST, 0, 0, 0, 0 };
	i[-1] = i[-2];
}

static void call_outside(struct spoiled *s)
{
	s->calls[TOY_READ] = 100000;
}

static void call_into_field_code(struct spoiled *s)
{
	s->calls[TOY_READ] = 0;
}

static void not_always_ignored(struct spoiled *s)
{
	s->calls[TOY_WRITE] |= IMAGE_FLAG;
}

static void numbers_out_of_order(struct spoiled *s)
{
	struct image_number *n = arena_copy(s->arena, s->image.numbers, s->image.nnumbers * sizeof(*n));

	n[0].nr = n[1].nr;
	s->image.numbers = n;
}

static void number_without_rule(struct spoiled *s)
{
	struct image_number *n = arena_copy(s->arena, s->image.numbers, s->image.nnumbers * sizeof(*n));

	n[0].rule = VM_NO_RULE;
	s->image.numbers = n;
}

static void set_out_of_order(struct spoiled *s)
{
	static const num_t numbers[] = { 5, 3 };
	struct image_set *set = arena_copy(s->arena, s->image.sets, sizeof(*set));

	set->numbers = numbers;
	set->n = 2;
	s->image.sets = set;
}

static void rule_without_verb(struct spoiled *s)
{
	struct vm_rule *r = arena_copy(s->arena, s->image.rules, s->image.nrules * sizeof(*r));

	r[3].verb = VERB_COUNT;
	s->image.rules = r;
}

static struct vm_rule *writable_rules(struct spoiled *s)
{
	struct vm_rule *r = arena_copy(s->arena, s->image.rules, s->image.nrules * sizeof(*r));

	s->image.rules = r;
	return r;
}

/* The code replays, the rule's text says something stricter. */
static void text_is_stricter(struct spoiled *s)
{
	writable_rules(s)[1].text = "equal if fd.path in VIRTUAL";
}

static void text_is_laxer(struct spoiled *s)
{
	writable_rules(s)[0].text = "acceptable";
}

static void text_of_two_lines(struct spoiled *s)
{
	writable_rules(s)[1].text = "replay\n     9  verdict         equal, rule 0";
}

static void text_turned_round(struct spoiled *s)
{
	writable_rules(s)[1].selector = "read\xe2\x80\xae.fub";
}

static void text_is_no_text(struct spoiled *s)
{
	writable_rules(s)[1].file = "a\xff.spol";
}

static void default_denied(struct spoiled *s)
{
	writable_rules(s)[0].is_default = false;
}

static void default_claimed(struct spoiled *s)
{
	writable_rules(s)[1].is_default = true;
}

static void name_of_two_lines(struct spoiled *s)
{
	s->image.name = "toy\nverdict: same";
}

static void set_in_colour(struct spoiled *s)
{
	struct image_set *set = arena_copy(s->arena, s->image.sets, sizeof(*set));

	set->name = "\x1b[8mODD";
	s->image.sets = set;
}

static void extends_itself(struct spoiled *s)
{
	static const uint32_t itself[] = { 0 };
	struct image_source *source = arena_copy(s->arena, s->image.sources, sizeof(*source));

	source->extends = itself;
	source->nextends = 1;
	s->image.sources = source;
}

static void number_by_other_rule(struct spoiled *s)
{
	struct image_number *n = arena_copy(s->arena, s->image.numbers, s->image.nnumbers * sizeof(*n));

	n[1].disposition = DISP_IGNORE;
	s->image.numbers = n;
}

/* Something stricter that a disassembly would show and nothing runs. */
static void code_for_show(struct spoiled *s)
{
	*entry(s, VM_EXIT, TOY_R_BUF) = 0;
}

static void class_outside(struct spoiled *s)
{
	s->image.globs.classes['x'] = (uint8_t)s->image.globs.nclasses;
}

static void state_outside(struct spoiled *s)
{
	struct glob_dfa *d = &s->image.globs;
	uint16_t *next = arena_copy(s->arena, d->next, (size_t)d->nstates * d->nclasses * sizeof(*next));

	next[d->nclasses] = (uint16_t)d->nstates;
	d->next = next;
}

static void dead_state_lives(struct spoiled *s)
{
	struct glob_dfa *d = &s->image.globs;
	uint16_t *next = arena_copy(s->arena, d->next, (size_t)d->nstates * d->nclasses * sizeof(*next));

	next[0] = 1;
	d->next = next;
}

static void row_outside(struct spoiled *s)
{
	struct glob_dfa *d = &s->image.globs;
	uint32_t *accepts = arena_copy(s->arena, d->accepts, d->nstates * sizeof(*accepts));

	accepts[2] = d->nrows;
	d->accepts = accepts;
}

static void dead_state_accepts(struct spoiled *s)
{
	struct glob_dfa *d = &s->image.globs;
	uint8_t *rows = arena_copy(s->arena, d->rows, d->nrows);

	rows[d->accepts[0]] = 1;
	d->rows = rows;
}

static void set_that_is_not(struct spoiled *s)
{
	struct glob_dfa *d = &s->image.globs;
	uint8_t *rows = arena_copy(s->arena, d->rows, d->nrows);

	rows[1] |= 2;
	d->rows = rows;
}

static void no_start_state(struct spoiled *s)
{
	s->image.globs.nstates = 1;
}

static void no_rows(struct spoiled *s)
{
	s->image.globs.nrows = 0;
}

static const struct spoil_case {
	const char *name;
	void (*spoil)(struct spoiled *s);
	const char *part;
} spoil_cases[] = {
	{ "no entry", no_entry, "nothing decides read.buf at the exit" },
	{ "entry in the other phase", entry_in_other_phase, "read.buf is decided at the entry, where it is not" },
	{ "entry outside", entry_outside, "read.buf at the exit is decided at instruction" },
	{ "code of another call", foreign_code, "reached for write.buf at the entry: a field of another call" },
	{ "bytes as number", bytes_as_number, "reached for read.buf at the exit: its value is no number" },
	{ "number as bytes", number_as_bytes, "reached for stat.st_mtim at the exit: its value is no byte string" },
	{ "too early", too_early, "reached for read.count at the entry: a field is read before" },
	{ "into the middle", into_the_middle, "does not hold a number on every path" },
	{ "stop, not always", stop_not_always, "write.buf at the entry: `stop` or `map` would not see equal" },
	{ "map, not always", map_not_always, "stat.st_ino at the exit: `stop` or `map` would not see equal" },
	{ "map of bytes", map_of_bytes, "(verdict), reached for read.buf at the exit: the verb is not legal" },
	{ "no end", no_end, "the code ends without a verdict" },
	{ "no code", no_code, "is decided at instruction 0 of 0" },
	{ "value of a call", value_of_a_call, "the disposition of a call: its value is no number" },
	{ "differs of a call", differs_of_a_call, "the disposition of a call: a call has no pair" },
	{ "call outside", call_outside, "call 0 is disposed of at instruction 100000" },
	{ "call into a field's code", call_into_field_code, "the disposition of a call: a call has no verdict" },
	{ "not always ignored", not_always_ignored, "call 1 is not ignored whatever" },
	{ "numbers out of order", numbers_out_of_order, "not in order" },
	{ "number without rule", number_without_rule, "without rule" },
	{ "set out of order", set_out_of_order, "number set 0 is not in ascending order" },
	{ "rule without verb", rule_without_verb, "rule 3 has no verb" },
	{ "class outside", class_outside, "byte 120 has class" },
	{ "state outside", state_outside, "state 1 goes to state" },
	{ "dead state lives", dead_state_lives, "state 0 goes to state 1" },
	{ "row outside", row_outside, "state 2 has row" },
	{ "dead state accepts", dead_state_accepts, "the dead state accepts" },
	{ "set that is not", set_that_is_not, "names a set that does not exist" },
	{ "no start state", no_start_state, "1 states are too few" },
	{ "no rows", no_rows, "do not fit together" },
	{ "text stricter than the code", text_is_stricter, "decides replay by rule 1, which says `equal if" },
	{ "text that is no rule", text_is_laxer, "decides equal by rule 0, which says `acceptable`" },
	{ "text of two lines", text_of_two_lines, "text of rule 1 holds what cannot be printed" },
	{ "text turned round", text_turned_round, "text of rule 1 holds what cannot be printed" },
	{ "no UTF-8", text_is_no_text, "text of rule 1 holds what cannot be printed" },
	{ "default denied", default_denied, "rule 0, for `default`, does not claim to be the default" },
	{ "default claimed", default_claimed, "rule 1, for `toy`, claims to be the default" },
	{ "name of two lines", name_of_two_lines, "text of policy 0 holds what cannot be printed" },
	{ "set in colour", set_in_colour, "text of set of numbers 0 holds what cannot be printed" },
	{ "source extends itself", extends_itself, "source 0 extends source 0" },
	{ "number by another rule", number_by_other_rule, "call number 999: ignore by rule 8, which says `forbid`" },
	{ "code for show", code_for_show, "instruction 1 (differs): nothing leads here" },
};

START_TEST(spoils)
{
	const struct spoil_case *c = &spoil_cases[_i];
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct vm_schema schema = toy_schema();
	struct spoiled s = take_apart();
	struct err err = { 0 };

	c->spoil(&s);
	ck_assert_int_eq(image_encode(&s.image, &bytes, &err), 0);
	expect(&bytes, &schema, ERR_FORMAT, c->part, c->name);
	arena_free(s.arena);
}
END_TEST

START_TEST(altered_source)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct vm_schema schema = toy_schema();
	struct spoiled s = take_apart();
	struct err err = { 0 };

	s.image.source_digest[5] ^= 1;
	ck_assert_int_eq(image_encode(&s.image, &bytes, &err), 0);
	expect(&bytes, &schema, ERR_DIGEST, "source texts", "source");
	arena_free(s.arena);
}
END_TEST

/* Every opcode is in the toy policy, so the tables above can reach each. */
START_TEST(toy_is_complete)
{
	struct spoiled s = take_apart();

	for (unsigned op = 0; op < OP_COUNT; op++)
		find(&s, (enum vm_op)op);
	arena_free(s.arena);
}
END_TEST

/* ---- mutations ---- */

/* As the file stands, every change is noticed. */
START_TEST(every_byte_and_length)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema = toy_schema();

	toy_image(&image);
	for (size_t len = 0; len < image.len; len++) {
		struct err err = { 0 };

		ck_assert_msg(!vm_load(image.data, len, "cut", &schema, &err), "loaded when cut to %zu", len);
		ck_assert_msg(err_is_set(&err), "no error when cut to %zu", len);
	}
	for (size_t i = 0; i < image.len; i++) {
		struct err err = { 0 };

		image.data[i] ^= (uint8_t)(1u << (i % 8));
		ck_assert_msg(!vm_load(image.data, image.len, "flipped", &schema, &err), "loaded with byte %zu flipped",
			      i);
		ck_assert_msg(err_is_set(&err), "no error with byte %zu flipped", i);
		image.data[i] ^= (uint8_t)(1u << (i % 8));
	}
}
END_TEST

/* With a checksum that fits, what still loads runs to its end and answers with verbs and rules that exist. */
START_TEST(resealed)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema = toy_schema();
	unsigned loaded = 0, refused = 0;

	toy_image(&image);
	for (size_t i = IMAGE_HEADER_SIZE; i < image.len - DIGEST_SIZE; i++) {
		for (unsigned round = 0; round < 2; round++) {
			unsigned bit = (unsigned)(i * (2 * round + 1) + round) % 8;
			struct err err = { 0 };
			struct vm_prog *p;

			image.data[i] ^= (uint8_t)(1u << bit);
			reseal(&image);
			p = vm_load(image.data, image.len, "resealed", &schema, &err);
			ck_assert_msg(!p == err_is_set(&err), "byte %zu bit %u", i, bit);
			if (p) {
				exercise(p, &schema);
				loaded++;
			} else {
				refused++;
			}
			vm_free(p);
			image.data[i] ^= (uint8_t)(1u << bit);
		}
	}
	ck_assert_uint_gt(loaded, 50);
	ck_assert_uint_gt(refused, 500);
}
END_TEST

START_TEST(asm_refuses)
{
	struct vm_schema schema = toy_schema();
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_asm *a = vm_asm_new("bad glob", &schema);
	const char *glob = "/a/[b";
	struct err err = { 0 };

	vm_asm_glob_set(a, "S", &glob, NULL, 1);
	ck_assert_int_eq(vm_asm_finish(a, &image, &err), -1);
	ck_assert_int_eq(err.code, ERR_POLICY);
	ck_assert_msg(contains(err.text, "bad glob") && contains(err.text, "/a/[b"), "%s", err.text);
	vm_asm_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vm load");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, good);
	tcase_add_test(t, stable);
	tcase_add_test(t, source_digest);
	tcase_add_loop_test(t, container, 0, ARRAY_LEN(container_cases));
	tcase_add_test(t, other_schema);
	tcase_add_loop_test(t, operands, 0, ARRAY_LEN(operand_cases));
	tcase_add_loop_test(t, spoils, 0, ARRAY_LEN(spoil_cases));
	tcase_add_test(t, altered_source);
	tcase_add_test(t, toy_is_complete);
	tcase_add_test(t, every_byte_and_length);
	tcase_add_test(t, resealed);
	tcase_add_test(t, asm_refuses);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

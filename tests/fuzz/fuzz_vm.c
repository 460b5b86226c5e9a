/*
 * Fuzz target: arbitrary bytes as a .spo image (as they are, as the message of an image whose header and checksum are
 * right, and as the message with all put right that only says that a file is whole), then everything that a program
 * that loads can be asked; input that begins with 'C' is made into code that the verifier must let
 * through, and run; input that begins with 'G' is globs
 * and a path instead, and the automaton is held against the reference matcher.
 */
#include "proto/policy.pb-c.h"
#include "tests/unit/vm_toy.h"
#include "vm/image.h"

#define CODE_MAX     64u /* instructions */
#define GLOB_LEN_MAX 24u
#define GLOBS_MAX    4u
#define PATH_LEN_MAX 12u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	(void)ctx;
	*out = toy_info(leaf)->bytes ? value_cstr("/proc/1") : value_num((num_t)leaf + side);
	return leaf % 3 != 0;
}

static bool any_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	(void)ctx;
	INVARIANT(fact < TOY_FACTS && (leaf == VM_NO_LEAF || leaf < TOY_NLEAVES));
	*out = fact == TOY_FD_KIND ? value_num(5) : value_cstr(side ? "/proc/self/maps" : "/sys/x");
	return true;
}

/* The rule that decided says what was decided, or stricter has become of it: an equal pair. */
static bool says(const struct vm_prog *p, struct vm_decision d)
{
	return vm_rule_get(p, d.rule)->verb == d.verb || d.verb == VERB_EQUAL;
}

static void ask(const struct vm_prog *p, const struct vm_schema *schema)
{
	static const struct value values[] = {
		{ .type = VALUE_ABSENT },         { .type = VALUE_NUM, .num = 1000 },
		{ .type = VALUE_NUM, .num = -1 }, { .type = VALUE_BYTES, .data = (const uint8_t *)"/proc/1", .len = 7 },
		{ .type = VALUE_BYTES },
	};
	struct vm_env env = { any_field, any_fact, NULL };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct vm_disposed disposed;

	for (uint32_t leaf = 0; leaf < TOY_NLEAVES; leaf++)
		for (unsigned phase = 0; phase < VM_PHASES; phase++)
			for (size_t i = 0; i < ARRAY_LEN(values) * ARRAY_LEN(values) && toy_info(leaf)->at[phase];
			     i++) {
				struct vm_decision d =
					vm_decide(p, (enum vm_phase)phase, leaf, &values[i % ARRAY_LEN(values)],
						  &values[i / ARRAY_LEN(values)], &env);

				INVARIANT(d.verb < VERB_COUNT && toy_verb(NULL, leaf, d.verb));
				INVARIANT(d.rule == VM_NO_RULE ? d.verb == VERB_EQUAL : says(p, d));
			}
	for (uint32_t call = 0; call < TOY_CALLS; call++) {
		disposed = vm_dispose(p, call, &env);
		INVARIANT(disposed.disposition < DISP_COUNT);
		INVARIANT(!vm_always_ignored(p, call) || disposed.disposition == DISP_IGNORE);
	}
	vm_dispose_number(p, 500, &disposed);
	vm_disassemble(p, schema, &text);
}

static void load(const void *data, size_t size)
{
	struct vm_schema schema = toy_schema();
	struct err err = { 0 };
	struct vm_prog *p = vm_load(data, size, "fuzz", &schema, &err);

	INVARIANT(!p == err_is_set(&err));
	if (p)
		ask(p, &schema);
	vm_free(p);
}

/* The bytes as a message: with the header and the checksum that belong to them. */
static void load_sealed(const uint8_t *data, size_t size)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	uint8_t digest[DIGEST_SIZE];

	buf_add(&image, IMAGE_MAGIC, 4);
	buf_le32(&image, IMAGE_VERSION);
	buf_le32(&image, IMAGE_FEATURES);
	buf_le32(&image, (uint32_t)size);
	buf_add(&image, data, size);
	digest_of(image.data, image.len, digest);
	buf_add(&image, digest, sizeof(digest));
	load(image.data, image.len);
}

/* What a mutation breaks without meaning anything: digest, schema, fields that are unknown or not in their order. */
static void load_repaired(const uint8_t *data, size_t size)
{
	struct vm_schema schema = toy_schema();
	uint8_t source_digest[DIGEST_SIZE], length[8];
	uint32_t signatures[TOY_NLEAVES];
	struct digest *digest;
	Sperrips__PolicyImage *m = sperrips__policy_image__unpack(NULL, size, data);
	ProtobufCBinaryData digest_before, hash_before;
	uint32_t *signatures_before;
	size_t n_before;

	if (!m)
		return;
	digest = digest_new();
	for (size_t i = 0; i < m->n_sources; i++) {
		for (unsigned k = 0; k < sizeof(length); k++)
			length[k] = (uint8_t)(m->sources[i]->text.len >> (8 * k));
		digest_add(digest, length, sizeof(length));
		digest_add(digest, m->sources[i]->text.data, m->sources[i]->text.len);
	}
	digest_end(digest, source_digest);
	digest_free(digest);
	for (uint32_t leaf = 0; leaf < TOY_NLEAVES; leaf++)
		signatures[leaf] = (uint32_t)toy_signature(NULL, leaf);
	digest_before = m->source_digest, hash_before = m->schema_hash;
	signatures_before = m->signatures, n_before = m->n_signatures;
	m->source_digest = (ProtobufCBinaryData){ DIGEST_SIZE, source_digest };
	m->schema_hash = (ProtobufCBinaryData){ DIGEST_SIZE, schema.hash };
	m->signatures = signatures;
	m->n_signatures = TOY_NLEAVES;
	{
		CLEANUP(buf_free) struct buf message = { 0 };
		size_t len = sperrips__policy_image__get_packed_size(m);

		sperrips__policy_image__pack(m, buf_grow(&message, len));
		load_sealed(message.data, message.len);
	}
	m->source_digest = digest_before, m->schema_hash = hash_before;
	m->signatures = signatures_before, m->n_signatures = n_before;
	sperrips__policy_image__free_unpacked(m, NULL);
}

/* Numbers live in the first half of these registers, strings in the second. */
#define HALF 4u

static uint8_t pick_register(enum vm_operand kind, uint8_t byte)
{
	return (uint8_t)(byte % HALF + (kind == OPERAND_STR || kind == OPERAND_STR_OUT ? HALF : 0));
}

/* A byte as an operand that the verifier lets through, in code that decides read.ret of the toy schema. */
static uint32_t sound_operand(const struct vm_image *image, enum vm_operand kind, uint8_t byte, uint32_t pc,
			      uint32_t last)
{
	static const uint32_t numbers[] = { TOY_R_FD, TOY_R_COUNT, TOY_R_RET }, about[] = { TOY_R_FD, VM_NO_LEAF };
	uint32_t to = pc + 1 + byte % 7;

	switch (kind) {
	case OPERAND_NUM:
	case OPERAND_STR:
	case OPERAND_NUM_OUT:
	case OPERAND_STR_OUT:
		return pick_register(kind, byte);
	case OPERAND_SIDE:
		return byte % SIDE_COUNT;
	case OPERAND_NUM_FACT:
		return TOY_FD_KIND;
	case OPERAND_STR_FACT:
		return byte % 2 ? TOY_FD_PATH : TOY_COMMAND;
	case OPERAND_CONST:
		return byte % (uint32_t)image->nconsts;
	case OPERAND_STRING:
		return byte % (uint32_t)image->nstrings;
	case OPERAND_NUM_LEAF:
		return numbers[byte % ARRAY_LEN(numbers)];
	case OPERAND_STR_LEAF:
		return TOY_R_BUF;
	case OPERAND_ABOUT_LEAF:
		return about[byte % ARRAY_LEN(about)];
	case OPERAND_TARGET:
		return to < last ? to : last;
	case OPERAND_RULE:
		return byte % 6; /* those behind are of dispositions */
	case OPERAND_ZERO:
	case OPERAND_NUM_SET_LOW:
	case OPERAND_GLOB_SET_LOW:
	case OPERAND_SET_HIGH:
	case OPERAND_VERB:
	case OPERAND_DISPOSITION:
	case OPERAND_RULE_OR_NONE:
	case OPERAND_COUNT:
		break;
	}
	return 0;
}

/* Something in every register, then the input as instructions, then a verdict.  Returns their number. */
static uint32_t sound_code(const struct vm_image *image, const uint8_t *data, size_t size, struct vm_insn *code)
{
	uint32_t pc = 0, last = 2 * HALF + (uint32_t)(size / VM_INSN_SIZE);
	bool reached[CODE_MAX + 1] = { false };

	for (; pc < 2 * HALF; pc++)
		code[pc] = (struct vm_insn){ .op = pc < HALF ? OP_NUM_CONST : OP_STR_CONST, .a = (uint8_t)pc };
	for (; pc < last; pc++, data += VM_INSN_SIZE) {
		enum vm_op op = (enum vm_op)(data[0] % OP_COUNT);
		const struct vm_op_info *info;

		/* read.ret is a number, and no call; nothing may stand behind an end that nothing leads to */
		if (op == OP_STR_VALUE)
			op = OP_NUM_VALUE;
		if (op == OP_DISPOSE || (op == OP_VERDICT && !reached[pc + 1]))
			op = OP_DIFFERS;
		info = &vm_ops[op];
		code[pc] = (struct vm_insn){ .op = (uint8_t)op };
		code[pc].imm = sound_operand(image, info->imm, data[4], pc, last);
		if (op == OP_JUMP && !reached[pc + 1])
			code[pc].imm = pc + 1;
		code[pc].a = (uint8_t)sound_operand(image, info->a, data[1], pc, last);
		code[pc].b = (uint8_t)sound_operand(image, info->b, data[2], pc, last);
		code[pc].c = (uint8_t)sound_operand(image, info->c, data[3], pc, last);
		if (op == OP_VERDICT)
			code[pc].a = (uint8_t)image->rules[code[pc].imm].verb;
		if (info->imm == OPERAND_TARGET)
			reached[code[pc].imm] = true;
	}
	code[pc] = (struct vm_insn){ .op = OP_VERDICT, .a = VERB_EQUAL };
	return pc + 1;
}

/* The input as code that the verifier must let through: the machine runs it. */
static void load_code(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	CLEANUP(buf_free) struct buf toy = { 0 }, out = { 0 };
	struct vm_insn code[CODE_MAX + 1];
	uint32_t entries[VM_PHASES * TOY_NLEAVES], calls[TOY_CALLS];
	struct vm_schema schema = toy_schema();
	struct vm_image image;
	struct vm_prog *p;
	struct err err = { 0 };

	toy_image(&toy);
	INVARIANT(image_decode(toy.data, toy.len, "toy", arena, &image, &err) == 0);
	if (size > (CODE_MAX - 2 * HALF) * VM_INSN_SIZE)
		size = (CODE_MAX - 2 * HALF) * VM_INSN_SIZE;
	image.code = code;
	image.ncode = sound_code(&image, data, size, code);
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		entries[i] = image.entries[i] == IMAGE_NO_PC ? IMAGE_NO_PC : (uint32_t)image.ncode - 1;
	entries[VM_EXIT * TOY_NLEAVES + TOY_R_RET] = IMAGE_FLAG;
	memset(calls, 0xff, sizeof(calls));
	image.entries = entries;
	image.calls = calls;
	INVARIANT(image_encode(&image, &out, &err) == 0);
	p = vm_load(out.data, out.len, "fuzz", &schema, &err);
	INVARIANT(p != NULL);
	ask(p, &schema);
	vm_free(p);
	arena_free(arena);
}

/* Texts that end in NUL: globs (the first byte of each: '!' excludes), then a path to the end of the input. */
static void compare_globs(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct glob_member members[GLOBS_MAX];
	struct err err = { 0 };
	struct glob_dfa d;
	size_t n = 0;
	bool in = false, out = false;

	while (n < GLOBS_MAX && size) {
		const uint8_t *end = memchr(data, 0, size);
		size_t len = end ? (size_t)(end - data) : size;
		struct glob_member m = { arena_copy(arena, data, len), 0, len && *data == '!' };

		m.glob += m.excluded;
		if (!end || len > GLOB_LEN_MAX)
			break;
		if (!vm_glob_check(m.glob))
			members[n++] = m;
		data += len + 1;
		size -= len + 1;
	}
	if (size > PATH_LEN_MAX)
		size = PATH_LEN_MAX;
	for (size_t i = 0; i < n; i++)
		if (vm_glob_match(members[i].glob, data, size))
			*(members[i].excluded ? &out : &in) = true;
	if (glob_build(members, n, 1, arena, &d, &err) == 0) {
		glob_prepare(&d, arena);
		INVARIANT(glob_accepts(&d, glob_state(&d, data, size), 0) == (in && !out));
	}
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && *data == 'G') {
		compare_globs(data + 1, size - 1);
		return 0;
	}
	if (size && *data == 'C') {
		load_code(data + 1, size - 1);
		return 0;
	}
	load(data, size);
	load_sealed(data, size);
	load_repaired(data, size);
	return 0;
}

/*
 * Fuzz target: arbitrary bytes as a .spo image (as they are, and as the message of an image whose header and checksum
 * are right), then everything that a program that loads can be asked; input that begins with 'G' is globs and a path
 * instead, and the automaton is held against the reference matcher.
 */
#include "tests/unit/vm_toy.h"
#include "vm/image.h"

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
				INVARIANT(d.rule == VM_NO_RULE || vm_rule_get(p, d.rule));
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
	load(data, size);
	load_sealed(data, size);
	return 0;
}

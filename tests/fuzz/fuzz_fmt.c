/*
 * Fuzz target: the formatter on arbitrary bytes.  What parses keeps its tokens, comments, findings and program, and is
 * stable when it is formatted again.
 */
#include "tests/unit/fmt_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* Every other mutation changes the layout alone: most others change a text that parses into one that does not. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct buf out = { 0 };
	char *text;

	if (seed % 2 == 0)
		return LLVMFuzzerMutate(data, size, max);
	text = xcalloc(size + 1, 1);
	if (size)
		memcpy(text, data, size);
	fmt_shuffle(text, size, seed, &out);
	size = out.len < max ? out.len : max;
	if (size)
		memcpy(data, out.data, size);
	buf_free(&out);
	free(text);
	return size;
}

/* It reads no other file. */
static bool stands_alone(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	const struct file_ast *ast = spol_parse(d, diags_source(d, "f.spol", text, (uint32_t)len), arena);
	bool alone = true;

	for (const struct item *i = ast->items; i; i = i->next)
		alone &= i->kind != ITEM_EXTENDS;
	diags_free(d);
	arena_free(arena);
	return alone;
}

static void demand(const char *fault)
{
	if (fault) {
		fprintf(stderr, "%s\n", fault);
		INVARIANT(!"what the formatter promises");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct abi_schema *schema;
	struct buf once = { 0 };
	char *text;

	if (size > 1 << 16)
		return 0;
	text = xcalloc(size + 1, 1);
	if (size)
		memcpy(text, data, size);
	if (fmt_text(text, size, &once)) {
		demand(fmt_layout_fault(text, size, &once));
		if (!schema)
			schema = abi_schema_new(ARCH_X86_64);
		if (stands_alone(text, size))
			demand(fmt_meaning_fault(schema, NULL, "f.spol", text, size, buf_cstr(&once), once.len));
	} else {
		INVARIANT(once.len == 0);
	}
	buf_free(&once);
	free(text);
	return 0;
}

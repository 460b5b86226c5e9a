/*
 * How long one decision takes: a comparison, one condition, the verdict; and how long it takes to look for a path among
 * globs, whatever their number is.
 */
#include "base/diag.h"
#include "spol/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 2000000
#define BATCH  20

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool no_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	(void)ctx, (void)side, (void)leaf, (void)out;
	return false;
}

/* Another string on each side, as two events have: nothing is remembered from one side to the other. */
static bool path_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct value *paths = ctx;

	(void)fact, (void)leaf;
	*out = paths[side];
	return true;
}

/* Compiles a text; NULL after a message. */
static struct vm_prog *compile(const struct abi_schema *schema, const char *text, size_t len)
{
	const struct spol_sealed_file file = { .name = "bench.spol", .text = text, .len = len };
	struct spol_options o = { .schema = schema, .sealed = &file, .nsealed = 1 };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	CLEANUP(buf_free) struct buf image = { 0 };
	struct err err = { 0 };
	struct vm_schema view;
	struct vm_prog *p = NULL;

	if (spol_compile(&o, "", d, arena, &image, &err) == 0) {
		spol_vm_schema(schema, arena, &view);
		p = vm_load(image.data, image.len, "bench", &view, &err);
	}
	if (!p)
		fprintf(stderr, "vm: %s\n", err.text);
	diags_free(d);
	arena_free(arena);
	return p;
}

/* Nanoseconds of one decision: the best of several batches, for other work of the machine only adds. */
static double measure(const struct vm_prog *p, uint32_t leaf, const struct value *a, const struct value *b,
		      const struct vm_env *env)
{
	double best = 1e18;
	unsigned sum = 0;

	for (int batch = 0; batch < BATCH; batch++) {
		double start = now(), took;

		for (int i = 0; i < ROUNDS / BATCH; i++)
			sum += vm_decide(p, VM_EXIT, leaf, a, b, env).verb;
		took = (now() - start) / (ROUNDS / BATCH);
		best = took < best ? took : best;
	}
	return sum == 1 ? 0 : best;
}

static void one_condition(const struct abi_schema *schema)
{
	static const char text[] = "policy p 1;\nread { ret: accept if actual >= recorded else equal; }\n";
	struct vm_prog *p = compile(schema, text, sizeof(text) - 1);
	const struct abi_call *read = abi_schema_find(schema, "read", 4);
	struct value a = value_num(17), b = value_num(18);
	struct vm_env env = { .field = no_field };

	if (p)
		printf("%-52s %.1f ns (goal: < 60)\n", "compare, one condition, verdict",
		       measure(p, abi_call_leaf(schema, read, "ret", 3)->id, &a, &b, &env));
	vm_free(p);
}

/* n globs of five shapes; a path that the last one matches, on both sides. */
static void among_globs(const struct abi_schema *schema, unsigned n)
{
	static const char *const shapes[] = { "\"/var/lib/app%u/**\"", "\"/proc/*/task/%u/stat\"",
					      "\"/srv/%u-[a-z]*/index.html\"", "\"/home/*/.config/%u/*.conf\"",
					      "\"/usr/share/%u?/doc\"" };
	static const char recorded[] = "/var/lib/app5/data/2024/log.txt", actual[] = "/var/lib/app5/data/2025/log.txt";
	struct value paths[SIDE_COUNT] = { value_cstr(recorded), value_cstr(actual) };
	const struct abi_call *read = abi_schema_find(schema, "read", 4);
	struct vm_env env = { .field = no_field, .fact = path_fact, .ctx = paths };
	struct value a = value_bytes("abc", 3), b = value_bytes("abd", 3);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct vm_prog *p;
	char title[64];

	buf_str(&text, "policy p 1;\nset PATHS = ");
	for (unsigned i = 0; i < n; i++) {
		buf_str(&text, i ? ", " : "");
		buf_printf(&text, shapes[i % ARRAY_LEN(shapes)], i);
	}
	buf_str(&text, ";\nread { buf: accept if fd.path in PATHS else equal; }\n");
	p = compile(schema, buf_cstr(&text), text.len);
	if (!p)
		return;
	snprintf(title, sizeof(title), "two paths of %zu bytes against %u globs", sizeof(actual) - 1, n);
	printf("%-52s %.1f ns (goal: < 300, whatever their number)\n", title,
	       measure(p, abi_call_leaf(schema, read, "buf", 3)->id, &a, &b, &env));
	vm_free(p);
}

int main(void)
{
	static const unsigned numbers[] = { 10, 100, 1000 };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);

	one_condition(schema);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		among_globs(schema, numbers[i]);
	abi_schema_free(schema);
	return 0;
}

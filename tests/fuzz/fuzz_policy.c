/*
 * Fuzz target: the whole compiler on arbitrary text, and the tests that stand in it.  Beside memory errors it looks for
 * images that do not load, failures that nothing was said about, and counts that do not add up.
 */
#include "abi/schema.h"
#include "base/check.h"
#include "spol/parse.h"
#include "spol/test.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_result(struct diags *d, const struct spol_test_result *r)
{
	size_t covered = 0;

	for (size_t i = 0; i < r->narms; i++) {
		INVARIANT(r->arms[i].line > 0 && r->arms[i].column > 0);
		INVARIANT(r->arms[i].selector && r->arms[i].text);
		covered += r->arms[i].times > 0;
	}
	INVARIANT(covered == r->covered && spol_test_percent(r) <= 100);
	INVARIANT(diags_errors(d) == 0 || r->failed > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char path[] = "/nonexistent/fuzz.spol"; /* what it extends is never found */
	static struct abi_schema *schema;
	struct spol_open_file file = { .path = path, .text = (const char *)data, .len = size };
	struct spol_options o = { .open = &file, .nopen = 1 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct spol_test_result result;
	struct err err = { 0 };
	struct diags *d;
	struct arena *a;

	if (size > SPOL_FILE_MAX)
		return 0;
	if (!schema)
		schema = abi_schema_new(ARCH_X86_64);
	o.schema = schema;
	d = diags_new();
	a = arena_new();
	if (spol_test(&o, path, d, a, &result, &err) == 0) {
		check_result(d, &result);
	} else {
		/* what the compiler writes must load */
		INVARIANT(err.code == ERR_POLICY || err.code == ERR_LIMIT);
		INVARIANT(err.code != ERR_POLICY || diags_errors(d) > 0);
	}
	diags_render_text(d, false, &out);
	diags_render_json(d, &out);
	arena_free(a);
	diags_free(d);
	return 0;
}

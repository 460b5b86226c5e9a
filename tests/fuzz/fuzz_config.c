/*
 * Fuzz target: a config.json.  The first byte chooses what the command line says; the rest is the file.  Beside memory
 * errors it looks for findings without a place in the file, for a configuration that is taken and lacks something, and for one
 * that changes when it is printed as JSON and read again.
 */
#include "base/check.h"
#include "cmd/config_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = { "cat", "-", NULL };

static const struct config_override overrides[] = {
	{ .key = CONFIG_KEY_RECORDING, .option = "--recording", .text = "true" },
	{ .key = CONFIG_KEY_COMMAND, .option = "--command", .text = "c" },
	{ .key = CONFIG_KEY_ARGS, .option = "PROGRAM", .words = words },
	{ .key = CONFIG_KEY_STDIN, .option = "--stdin-hex", .text = "00fF", .hex = true },
	{ .key = CONFIG_KEY_LAX_POLICY, .option = "--lax-policy", .text = "true" },
	{ .key = CONFIG_KEY_VERBOSITY, .option = "--verbosity", .text = "2" },
};

/* One reading of a text; arena, diags and config live until read_end(). */
struct once {
	struct arena *arena;
	struct diags *diags;
	struct config config;
	struct err err;
	bool good;
};

static void read_begin(struct once *o, const void *text, size_t len, unsigned mask)
{
	struct config_override chosen[ARRAY_LEN(overrides)];
	uint32_t file;
	size_t n = 0;

	*o = (struct once){ .arena = arena_new(), .diags = diags_new() };
	for (size_t i = 0; i < ARRAY_LEN(overrides); i++) {
		if (mask & 1u << i)
			chosen[n++] = overrides[i];
	}
	file = diags_source(o->diags, "config.json", arena_copy(o->arena, text, len), (uint32_t)len);
	o->good = config_read(&o->config, o->diags, file, chosen, n, o->arena, &o->err);
	INVARIANT(o->good || diags_errors(o->diags) || err_is_set(&o->err));
}

static void read_end(struct once *o)
{
	diags_free(o->diags);
	arena_free(o->arena);
}

/* Every finding has a place, and can be shown. */
static void check_findings(struct once *o, size_t len)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (unsigned i = 0; i < diags_count(o->diags); i++) {
		const struct diag *g = diags_get(o->diags, i);

		INVARIANT(*g->text && *g->code && g->at.start <= g->at.end && g->at.end <= len + 1);
	}
	diags_render_text(o->diags, false, &text);
	diags_render_json(o->diags, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	CLEANUP(buf_free) struct buf first = { 0 };
	CLEANUP(buf_free) struct buf second = { 0 };
	struct once once, again;

	if (size == 0)
		return 0;
	read_begin(&once, data + 1, size - 1, data[0]);
	check_findings(&once, size - 1);
	if (once.good) {
		config_print_text(&once.config, once.diags, &text);
		/* what the overrides hold is UTF-8, and so is a file that was taken */
		INVARIANT(config_print_json(&once.config, &first, &once.err) == 0);
		read_begin(&again, first.data, first.len, 0);
		INVARIANT(again.good && diags_count(again.diags) == 0);
		INVARIANT(config_print_json(&again.config, &second, &again.err) == 0);
		INVARIANT(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
		INVARIANT(strcmp(config_policy(&once.config), config_policy(&again.config)) == 0);
		read_end(&again);
	}
	read_end(&once);
	return 0;
}

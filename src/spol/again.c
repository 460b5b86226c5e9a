/*
 * An image against the source texts that it carries: compiled again they must give the same bytes, or what the image
 * decides is not what it shows.
 */
#include "spol/compile.h"

#include "base/check.h"
#include "base/digest.h"

#include <string.h>

static void describe_errors(struct diags *d, struct buf *why)
{
	buf_str(why, "its source texts do not compile");
	for (unsigned i = 0; i < diags_count(d); i++) {
		const struct diag *g = diags_get(d, i);
		uint32_t line, column;

		if (g->level != DIAG_ERROR)
			continue;
		source_position(diags_get_source(d, g->at.file), g->at.start, &line, &column);
		buf_printf(why, ": %s:%u:%u: %s", diags_get_source(d, g->at.file)->name, line, column, g->text);
		return;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_rule(const struct vm_rule *a, const struct vm_rule *b)
{
	return same_text(a->file, b->file) && a->line == b->line && a->column == b->column &&
	       same_text(a->selector, b->selector) && same_text(a->text, b->text) &&
	       same_text(a->message, b->message) && a->verb == b->verb && a->is_default == b->is_default;
}

/* Names the first thing that the image says otherwise than its sources do. */
static void describe_difference(const struct vm_prog *image, const struct vm_prog *again, struct buf *why)
{
	uint32_t n = vm_rule_count(again);

	buf_str(why, "its source texts compile to another image: ");
	if (strcmp(vm_policy_name(image), vm_policy_name(again)) != 0) {
		buf_printf(why, "policy %s", vm_policy_name(again));
		return;
	}
	if (vm_continues(image) != vm_continues(again)) {
		buf_printf(why, "violation: %s", vm_continues(again) ? "continue" : "stop");
		return;
	}
	for (uint32_t i = 0; i < n && i < vm_rule_count(image); i++) {
		const struct vm_rule *a = vm_rule_get(image, i), *b = vm_rule_get(again, i);

		if (same_rule(a, b))
			continue;
		buf_printf(why, "rule %u is %s: `%s` there (%s:%u), and %s: `%s` in the image (%s:%u)", i, b->selector,
			   b->text, b->file, b->line, a->selector, a->text, a->file, a->line);
		return;
	}
	if (n != vm_rule_count(image))
		buf_printf(why, "it has %u rules, the image %u", n, vm_rule_count(image));
	else
		buf_str(why, "the same rules, other code, sets or tables");
}

static struct spol_sealed_file *list_sources(const struct vm_prog *prog, struct arena *arena)
{
	struct spol_sealed_file *files = arena_array(arena, vm_source_count(prog), sizeof(*files));

	for (uint32_t i = 0; i < vm_source_count(prog); i++) {
		struct vm_source s = vm_source_get(prog, i);

		files[i] = (struct spol_sealed_file){ s.file, s.text, s.len, s.extends, s.nextends };
	}
	return files;
}

bool spol_check_sources(const struct abi_schema *schema, const struct vm_prog *prog, struct buf *why)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	CLEANUP(buf_free) struct buf image = { 0 };
	struct spol_options o = { .schema = schema, .nsealed = vm_source_count(prog) };
	struct diags *d = diags_new();
	struct err err = { 0 };
	struct vm_schema view;
	struct vm_prog *again = NULL;
	bool same = false;

	o.sealed = list_sources(prog, arena);
	if (o.nsealed == 0) {
		buf_str(why, "it carries no source texts");
	} else if (spol_compile(&o, "", d, arena, &image, &err) != 0) {
		if (diags_errors(d))
			describe_errors(d, why);
		else
			buf_printf(why, "its source texts do not compile: %s", err.text);
	} else {
		spol_vm_schema(schema, arena, &view);
		again = vm_load(image.data, image.len, "the sources of an image", &view, &err);
		INVARIANT(again != NULL);
		same = memcmp(vm_image_digest(again), vm_image_digest(prog), DIGEST_SIZE) == 0;
		if (!same)
			describe_difference(prog, again, why);
	}
	vm_free(again);
	diags_free(d);
	return same;
}

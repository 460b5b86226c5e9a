/*
 * The policy that a run is held against: where it is found, and how it becomes a program.
 */
#include "base/diag.h"
#include "cmd/common.h"
#include "cmd/option.h"
#include "cmd/shipped.h"
#include "spol/compile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_POLICY "strict.spol"

static const char *find_policy(const char *name, const char *const *search, struct arena *arena, struct err *err)
{
	const char *wanted = name ? name : DEFAULT_POLICY;

	if (name && access(name, F_OK) == 0)
		return name;
	if (!strchr(wanted, '/')) {
		for (size_t i = 0; search[i]; i++) {
			const char *path = arena_printf(arena, "%s/%s", search[i], wanted);

			if (access(path, R_OK) == 0)
				return path;
		}
	}
	err_set(err, ERR_IO, "policy %s: no such file here%s", wanted,
		strchr(wanted, '/') ? "" : ", in SPERRIPS_POLICY_PATH or among the installed policies");
	return NULL;
}

const char *cmd_find_policy(const char *name, struct arena *arena, struct err *err)
{
	return find_policy(name, cmd_policy_search(arena), arena, err);
}

struct vm_prog *cmd_load_policy(const char *name, const struct abi_schema *schema, struct arena *arena, struct err *err)
{
	const char *const *search = cmd_policy_search(arena);
	struct spol_options options = { .schema = schema, .search = search };
	const char *path = find_policy(name, search, arena, err);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct vm_prog *prog;
	struct diags *d;

	if (!path)
		return NULL;
	for (size_t i = 0; i < cmd_nshipped; i++) {
		prog = spol_load_shipped(&options, &cmd_shipped[i], path, arena);
		if (prog)
			return prog;
	}
	d = diags_new();
	prog = spol_load_policy(&options, path, d, arena, err);
	if (!prog && diags_errors(d)) {
		diags_render_text(d, cmd_color(), &text);
		fputs(buf_cstr(&text), stderr);
	}
	/* an image that decides otherwise than the texts say that reports and digests speak of must not be believed */
	if (prog && diags_source_count(d) == 0 && !spol_check_sources(schema, prog, &text)) {
		err_set(err, ERR_POLICY, "%s: %s", path, buf_cstr(&text));
		vm_free(prog);
		prog = NULL;
	}
	diags_free(d);
	return prog;
}

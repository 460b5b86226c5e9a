/*
 * spolc --list, --explain, --dump, --schema: what a policy and the schema say, for reading.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "cmd/common.h"

/* Prints what spol_list() or spol_explain() wrote, and the findings. */
static int end(const struct spolc_job *j, struct diags *d, struct buf *text, int r, const struct err *err)
{
	/* standard error stays empty where there is nothing to say */
	bool findings = diags_count(d) && spolc_print_findings(j, d, stderr);

	diags_free(d);
	if (r == 0)
		fputs(buf_cstr(text), stdout);
	return spolc_file_status(j, findings, r, err);
}

static enum spol_form form(const struct spolc_job *j)
{
	return j->format == SPOLC_JSON ? SPOL_JSON : SPOL_TEXT;
}

int spolc_list(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = spol_list(&j->spol, path, j->only, form(j), d, j->arena, &text, &err);

	return end(j, d, &text, r, &err);
}

int spolc_explain(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = spol_explain(&j->spol, path, j->explain, form(j), d, j->arena, &text, &err);

	return end(j, d, &text, r, &err);
}

int spolc_dump(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	struct vm_prog *prog = spol_load_policy(&j->spol, path, d, j->arena, &err);
	bool findings = spolc_print_findings(j, d, stderr);

	diags_free(d);
	if (prog) {
		struct vm_schema schema;

		spol_vm_schema(j->schema, j->arena, &schema);
		vm_disassemble(prog, &schema, &text);
		fwrite(text.data, 1, text.len, stdout);
		vm_free(prog);
	}
	return spolc_file_status(j, findings, prog ? 0 : -1, &err);
}

int spolc_schema(const struct spolc_job *j, const char *call)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (spol_print_schema(j->schema, call, &text, &err) != 0)
		return cmd_fail(j->args.tool, &err);
	fputs(buf_cstr(&text), stdout);
	return 0;
}

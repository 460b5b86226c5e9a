/*
 * How spolc tells what was found in a policy: in which form, with which exit status, and the page of a code.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "cmd/common.h"
#include "spol/codes.h"

#include <string.h>

int spolc_print_page(const char *code)
{
	const struct spol_code *c = spol_code_find(code);
	struct suggest s = { .word = code, .word_len = strlen(code) };

	if (c) {
		printf("%s: %s\n\n%s", c->id, c->title, c->page);
		return cmd_end_output("spolc", 0);
	}
	for (size_t i = 0; i < spol_code_count(); i++)
		suggest_offer(&s, spol_code_at(i)->id);
	fprintf(stderr, "spolc: there is no code %s%s%s%s\n", code, s.best ? "; did you mean " : "",
		s.best ? s.best : "", s.best ? "?" : "");
	return STATUS_USAGE;
}

bool spolc_print_findings(const struct spolc_job *j, struct diags *d, FILE *to)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	spolc_apply_warnings(j, d);
	switch (j->format) {
	case SPOLC_TEXT:
		diags_render_text(d, to == stderr && cmd_color(), &text);
		break;
	case SPOLC_JSON:
		diags_render_json(d, &text);
		break;
	case SPOLC_SARIF:
		sarif_add(j->sarif, d);
		break;
	}
	if (text.len) {
		fputs(buf_cstr(&text), to);
		if (text.data[text.len - 1] != '\n')
			fputc('\n', to);
	}
	return diags_errors(d) || (j->checking && diags_warnings(d));
}

int spolc_fail(const struct spolc_job *j, const struct err *err)
{
	if (j->sarif)
		sarif_failure(j->sarif, err->text);
	/* where the log itself goes to standard error, it alone stands there */
	return j->sarif && !j->checking ? err_exit_status(err->code) : cmd_fail(j->args.tool, err);
}

int spolc_file_status(const struct spolc_job *j, bool findings, int r, const struct err *err)
{
	if (r != 0 && err->code != ERR_POLICY) {
		spolc_fail(j, err);
		return STATUS_FAILED;
	}
	return findings || r != 0 ? STATUS_FINDINGS : 0;
}

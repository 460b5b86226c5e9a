/*
 * How spolc tells what was found in a policy: which findings count (-W), in which form, and the page of a code.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "cmd/common.h"
#include "spol/codes.h"

#include <string.h>

int spolc_print_page(const char *code)
{
	const struct spol_code *c = spol_code_find(code);

	if (c) {
		printf("%s: %s\n\n%s", c->id, c->title, c->page);
		return cmd_end_output("spolc", 0);
	}
	fprintf(stderr, "spolc: there is no code %s\n", code);
	return STATUS_USAGE;
}

static void drop_switched_off(const struct spolc_job *j, struct diags *d)
{
	for (unsigned i = diags_count(d); i-- > 0;) {
		const struct diag *g = diags_get(d, i);

		for (size_t k = 0; k < j->noff; k++) {
			if (g->level == DIAG_WARNING && strcmp(g->code, j->off[k]) == 0) {
				diags_remove(d, i);
				break;
			}
		}
	}
}

bool spolc_print_findings(const struct spolc_job *j, struct diags *d, FILE *to)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	drop_switched_off(j, d);
	switch (j->format) {
	case SPOLC_TEXT:
		diags_render_text(d, to == stderr && cmd_color(), &text);
		break;
	case SPOLC_JSON:
		diags_render_json(d, &text);
		break;
	}
	if (text.len) {
		fputs(buf_cstr(&text), to);
		if (text.data[text.len - 1] != '\n')
			fputc('\n', to);
	}
	return diags_errors(d) || ((j->strict || j->checking) && diags_warnings(d));
}

int spolc_file_status(const struct spolc_job *j, bool findings, int r, const struct err *err)
{
	if (r != 0 && err->code != ERR_POLICY) {
		cmd_fail(j->args.tool, err);
		return STATUS_FAILED;
	}
	return findings || r != 0 ? STATUS_FINDINGS : 0;
}

int spolc_set_warning(struct spolc_job *j, const char *what)
{
	if (strcmp(what, "error") == 0) {
		j->strict = true;
		return 0;
	}
	if (strcmp(what, "all") == 0 || strcmp(what, "style") == 0)
		return 0;
	for (size_t i = 0; i < spol_code_count(); i++) {
		const char *code = spol_code_at(i)->id;

		if (code[0] != 'W')
			continue;
		if (strcmp(what, code) == 0)
			return 0;
		if (strncmp(what, "no-", 3) == 0 && strcmp(what + 3, code) == 0 && j->noff < SPOLC_OFF_MAX) {
			j->off[j->noff++] = code;
			return 0;
		}
	}
	return cmd_usage_error(&j->args, "-W takes error, all, style, CODE or no-CODE, not '%s'", what);
}

/*
 * spolc --test: runs the tests of policies and tells how far they reach into the rules.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "cmd/common.h"
#include "spol/test.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int spolc_set_coverage(struct spolc_job *j, const char *format)
{
	j->coverage_asked = true;
	j->coverage = format;
	if (strcmp(format, "text") == 0 || strcmp(format, "json") == 0)
		return 0;
	return cmd_usage_error(&j->args, "--coverage takes text or json, not '%s'", format);
}

int spolc_set_min_coverage(struct spolc_job *j, const char *percent)
{
	size_t digits = strspn(percent, "0123456789");
	unsigned long n = digits && digits <= 3 && !percent[digits] ? strtoul(percent, NULL, 10) : 101;

	j->coverage_asked = true;
	j->min_coverage = (unsigned)n;
	return n <= 100 ? 0 : cmd_usage_error(&j->args, "--min-coverage takes 0 to 100, not '%s'", percent);
}

static bool coverage_is(const struct spolc_job *j, const char *format)
{
	return j->coverage && strcmp(j->coverage, format) == 0;
}

/* ---- text ---- */

static void print_arm(const char *path, const struct spol_test_arm *a, FILE *to)
{
	fprintf(to, "%s:%" PRIu32 ":%" PRIu32 ": %" PRIu64 " time%s: %s: %s\n", path, a->line, a->column, a->times,
		a->times == 1 ? "" : "s", a->selector, a->text);
}

static void print_arms(const char *path, const struct spol_test_result *r, bool uncovered_only, FILE *to)
{
	for (size_t i = 0; i < r->narms; i++) {
		if (!uncovered_only || r->arms[i].times == 0)
			print_arm(path, &r->arms[i], to);
	}
}

static void print_summary(const char *path, const struct spol_test_result *r, FILE *to)
{
	unsigned n = r->passed + r->failed;

	fprintf(to, "%s: %u test%s, %u passed, %u failed; ", path, n, n == 1 ? "" : "s", r->passed, r->failed);
	if (r->narms == 0)
		fprintf(to, "no arms of its own\n");
	else
		fprintf(to, "%zu of %zu arms decided: %u%%\n", r->covered, r->narms, spol_test_percent(r));
}

/* ---- JSON ---- */

static cJSON *arms_json(const struct spol_test_result *r)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < r->narms; i++) {
		const struct spol_test_arm *a = &r->arms[i];
		cJSON *o = cJSON_CreateObject();

		cJSON_AddNumberToObject(o, "line", a->line);
		cJSON_AddNumberToObject(o, "column", a->column);
		cJSON_AddStringToObject(o, "selector", a->selector);
		cJSON_AddStringToObject(o, "arm", a->text);
		cJSON_AddNumberToObject(o, "times", (double)a->times);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static cJSON *coverage_json(const struct spol_test_result *r)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddNumberToObject(o, "covered", (double)r->covered);
	cJSON_AddNumberToObject(o, "total", (double)r->narms);
	cJSON_AddNumberToObject(o, "percent", spol_test_percent(r));
	cJSON_AddItemToObject(o, "arms", arms_json(r));
	return o;
}

/* Takes o. */
static void print_json(cJSON *o)
{
	char *text = cJSON_PrintUnformatted(o);

	INVARIANT(text != NULL); /* nothing but memory can be missing */
	puts(text);
	cJSON_free(text);
	cJSON_Delete(o);
}

/* Findings as diags_render_json() writes them, without their envelope. */
static cJSON *findings_json(struct diags *d)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	cJSON *whole, *list;

	diags_render_json(d, &text);
	whole = cJSON_Parse(buf_cstr(&text));
	list = cJSON_DetachItemFromObject(whole, "diagnostics");
	cJSON_Delete(whole);
	return list ? list : cJSON_CreateArray();
}

static void print_report(const char *path, struct diags *d, const struct spol_test_result *r)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "file", path);
	cJSON_AddNumberToObject(o, "tests", r->passed + r->failed);
	cJSON_AddNumberToObject(o, "passed", r->passed);
	cJSON_AddNumberToObject(o, "failed", r->failed);
	cJSON_AddItemToObject(o, "diagnostics", findings_json(d));
	cJSON_AddItemToObject(o, "coverage", coverage_json(r));
	print_json(o);
}

static void print_coverage(const char *path, const struct spol_test_result *r)
{
	cJSON *o = coverage_json(r);

	cJSON_AddStringToObject(o, "file", path);
	print_json(o);
}

/* ---- the mode ---- */

/* What makes the file fail besides failing tests; told on standard error. */
static bool falls_short(const struct spolc_job *j, const char *path, const struct spol_test_result *r)
{
	unsigned percent = spol_test_percent(r);

	if (r->passed + r->failed == 0) {
		fprintf(stderr, "%s: there are no tests in it\n", path);
		return true;
	}
	if (percent >= j->min_coverage)
		return false;
	fprintf(stderr, "%s: %u%% of its arms decided in tests, less than %u%%; these did not:\n", path, percent,
		j->min_coverage);
	print_arms(path, r, true, stderr);
	return true;
}

int spolc_test(const struct spolc_job *j, const char *path)
{
	struct spol_test_result result;
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = spol_test(&j->spol, path, d, j->arena, &result, &err);
	bool findings, ran = r == 0;

	/* a JSON report has the findings in it; what does not compile has no report */
	if (ran && j->format == SPOLC_JSON) {
		spolc_apply_warnings(j, d);
		findings = diags_errors(d) > 0;
		print_report(path, d, &result);
	} else {
		findings = spolc_print_findings(j, d, ran || j->format == SPOLC_TEXT ? stderr : stdout);
	}
	if (ran && j->format == SPOLC_TEXT) {
		print_summary(path, &result, coverage_is(j, "json") ? stderr : stdout);
		if (coverage_is(j, "text"))
			print_arms(path, &result, false, stdout);
		if (coverage_is(j, "json"))
			print_coverage(path, &result);
	}
	findings = (ran && falls_short(j, path, &result)) || findings;
	diags_free(d);
	return spolc_file_status(j, findings, r, &err);
}

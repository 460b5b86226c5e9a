/*
 * spolc --test: runs the tests of policies and tells how far they reach into the rules.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "cmd/common.h"
#include "spol/test.h"

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

/* ---- JSON: doc/diagnostics-json.md ---- */

static void add_string(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, "\"%s\":", name);
	diags_json_string(b, text);
}

/* The members of an object, without its braces. */
static void add_coverage(struct buf *b, const struct spol_test_result *r)
{
	buf_printf(b, "\"covered\":%zu,\"total\":%zu,\"percent\":%u,\"arms\":[", r->covered, r->narms,
		   spol_test_percent(r));
	for (size_t i = 0; i < r->narms; i++) {
		const struct spol_test_arm *a = &r->arms[i];

		buf_printf(b, "%s{\"line\":%" PRIu32 ",\"column\":%" PRIu32 ",\"times\":%" PRIu64 ",", i ? "," : "",
			   a->line, a->column, a->times);
		add_string(b, "selector", a->selector);
		buf_byte(b, ',');
		add_string(b, "arm", a->text);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

static void print_coverage(const char *path, const struct spol_test_result *r)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	buf_byte(&b, '{');
	add_string(&b, "file", path);
	buf_byte(&b, ',');
	add_coverage(&b, r);
	buf_byte(&b, '}');
	puts(buf_cstr(&b));
}

/* The object of the findings, with more in front of them. */
static void print_report(const char *path, struct diags *d, const struct spol_test_result *r)
{
	CLEANUP(buf_free) struct buf b = { 0 }, findings = { 0 };

	diags_render_json(d, &findings);
	INVARIANT(findings.len > 2 && findings.data[0] == '{');
	buf_byte(&b, '{');
	add_string(&b, "file", path);
	buf_printf(&b, ",\"tests\":%u,\"passed\":%u,\"failed\":%u,\"coverage\":{", r->passed + r->failed, r->passed,
		   r->failed);
	add_coverage(&b, r);
	buf_str(&b, "},");
	fputs(buf_cstr(&b), stdout);
	fputs(buf_cstr(&findings) + 1, stdout);
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

/* What is suspicious in the rules is for --check to say, unless -W calls it an error. */
static void drop_warnings(const struct spolc_job *j, struct diags *d)
{
	spolc_apply_warnings(j, d);
	for (unsigned i = diags_count(d); i-- > 0;) {
		if (diags_get(d, i)->level == DIAG_WARNING)
			diags_remove(d, i);
	}
}

int spolc_test(const struct spolc_job *j, const char *path)
{
	struct spol_test_result result;
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = spol_test(&j->spol, path, d, j->arena, &result, &err);
	bool findings, ran = r == 0;

	if (ran)
		drop_warnings(j, d);
	/* a JSON report has the findings in it; what does not compile has no report */
	if (ran && j->format == SPOLC_JSON) {
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
	findings = (ran && falls_short(j, path, &result)) || findings || result.failed;
	diags_free(d);
	return spolc_file_status(j, findings, r, &err);
}

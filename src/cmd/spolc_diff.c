/*
 * spolc --diff OLD NEW: which decisions differ between two policies, with values that show it.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "base/map.h"
#include "cmd/common.h"
#include "spol/diff.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <string.h>

#define NAMES_SHOWN 4 /* of the fields that differ in the same way, unless all are asked for */
#define BYTES_SHOWN 80

static const char *const side_names[SPOL_SIDES] = { [SPOL_OLD] = "old", [SPOL_NEW] = "new" };

/* ---- values ---- */

static void print_value(struct buf *b, const struct value *v)
{
	char number[NUM_TEXT_MAX];

	switch (v->type) {
	case VALUE_ABSENT:
		buf_str(b, "not there");
		return;
	case VALUE_NUM:
		buf_str(b, num_text(v->num, number));
		return;
	case VALUE_BYTES:
		break;
	}
	buf_byte(b, '"');
	for (size_t i = 0; i < v->len && i < BYTES_SHOWN; i++) {
		if (v->data[i] == '"' || v->data[i] == '\\')
			buf_byte(b, '\\');
		if (isprint(v->data[i]) && v->data[i] < 0x80)
			buf_byte(b, v->data[i]);
		else
			buf_printf(b, "\\x%02x", v->data[i]);
	}
	buf_byte(b, '"');
	if (v->len > BYTES_SHOWN)
		buf_printf(b, "... (%zu bytes)", v->len);
}

static void print_values(struct buf *b, const struct diff_witness *w)
{
	for (size_t i = 0; i < w->nvalues; i++) {
		if (i)
			buf_str(b, ", ");
		buf_str(b, w->values[i].name);
		buf_str(b, w->values[i].value.type == VALUE_ABSENT ? " " : " = ");
		print_value(b, &w->values[i].value);
	}
}

/* ---- what differs in the same way ---- */

/* Entries that the same rules make different; the first stands for all. */
struct group {
	const struct diff_entry *first;
	struct buf members; /* const struct diff_entry * */
};

static void verdict_key(struct buf *key, const struct diff_verdict *v)
{
	buf_printf(key, "%s|%s|%u|%s|%s\n", v->verdict, v->file ? v->file : "", v->line, v->selector ? v->selector : "",
		   v->text ? v->text : "");
}

static void entry_key(struct buf *key, const struct diff_entry *e)
{
	buf_printf(key, "%d|%d|%d\n", (int)e->what, (int)e->class, e->partial);
	for (size_t i = 0; i < e->nwitnesses; i++) {
		for (unsigned side = 0; side < SPOL_SIDES; side++)
			verdict_key(key, &e->witnesses[i].by[side]);
	}
}

/* In order of their first members.  Free with free_groups(). */
static struct group *group_entries(const struct diff_report *r, size_t *n)
{
	struct group *groups = xcalloc(r->n + 1, sizeof(*groups));
	struct strmap *known = strmap_new();

	*n = 0;
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(buf_free) struct buf key = { 0 };
		const struct diff_entry *e = &r->entries[i];
		uint64_t place;

		entry_key(&key, e);
		if (!strmap_get(known, (const char *)key.data, key.len, &place)) {
			place = (*n)++;
			groups[place].first = e;
			strmap_put(known, (const char *)key.data, key.len, place);
		}
		buf_add(&groups[place].members, &e, sizeof(const struct diff_entry *));
	}
	strmap_free(known);
	return groups;
}

static void free_groups(struct group *groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_free(&groups[i].members);
	free_ptr(&groups);
}

/* ---- text ---- */

static void print_names(struct buf *b, const struct group *g, bool verbose)
{
	const struct diff_entry *const *list = (const struct diff_entry *const *)(const void *)g->members.data;
	size_t n = g->members.len / sizeof(const struct diff_entry *);
	size_t shown = verbose || n <= NAMES_SHOWN + 1 ? n : NAMES_SHOWN;

	for (size_t i = 0; i < shown; i++)
		buf_printf(b, "%s%s", i ? ", " : "", list[i]->name);
	if (shown < n)
		buf_printf(b, " and %zu more", n - shown);
}

static void print_verdict(struct buf *b, const char *side, const struct diff_verdict *v)
{
	buf_printf(b, "  %s: %s", side, v->verdict);
	if (v->file)
		buf_printf(b, "  by %s:%u: %s: %s", v->file, v->line, v->selector, v->text);
	buf_byte(b, '\n');
}

static void print_group(struct buf *b, const struct group *g, bool verbose)
{
	const struct diff_entry *e = g->first;

	buf_printf(b, "%s: ", spol_class_name(e->class));
	print_names(b, g, verbose);
	buf_byte(b, '\n');
	for (size_t i = 0; i < e->nwitnesses; i++) {
		const struct diff_witness *w = &e->witnesses[i];

		/* one of each kind says enough */
		if (!verbose && i && e->witnesses[i - 1].class == w->class)
			continue;
		if (w->nvalues) {
			buf_str(b, e->class == w->class ? "  with " : "  ");
			if (e->class != w->class)
				buf_printf(b, "%s with ", spol_class_name(w->class));
			print_values(b, w);
			buf_byte(b, '\n');
		}
		for (unsigned side = 0; side < SPOL_SIDES; side++)
			print_verdict(b, side_names[side], &w->by[side]);
	}
	if (e->class == SPOL_UNKNOWN)
		buf_str(b, "  no difference was found, and that there is none could not be proven\n");
	else if (e->partial)
		buf_str(b, "  there may be other differences: not every case could be decided\n");
}

static void print_summary(struct buf *b, const struct diff_report *r)
{
	static const enum spol_class order[] = { SPOL_WEAKER, SPOL_STRICTER, SPOL_CHANGED, SPOL_UNKNOWN };

	if (!r->n) {
		buf_printf(b, "equal: all %zu decisions are the same\n", r->counts[SPOL_EQUAL]);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		buf_printf(b, "%zu %s, ", r->counts[order[i]], spol_class_name(order[i]));
	buf_printf(b, "%zu equal\n", r->counts[SPOL_EQUAL]);
}

static void print_text(const struct diff_report *r, bool verbose)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	size_t n;
	struct group *groups = group_entries(r, &n);

	for (size_t i = 0; i < n; i++)
		print_group(&b, &groups[i], verbose);
	print_summary(&b, r);
	fputs(buf_cstr(&b), stdout);
	free_groups(groups, n);
}

/* ---- JSON ---- */

static cJSON *add_object(cJSON *array)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddItemToArray(array, o);
	return o;
}

/* Numbers are text: they may be larger than JSON's readers take. */
static void json_value(cJSON *o, const struct diff_value *v)
{
	CLEANUP(buf_free) struct buf hex = { 0 };
	char number[NUM_TEXT_MAX];

	cJSON_AddStringToObject(o, "name", v->name);
	switch (v->value.type) {
	case VALUE_ABSENT:
		cJSON_AddNullToObject(o, "value");
		return;
	case VALUE_NUM:
		cJSON_AddStringToObject(o, "number", num_text(v->value.num, number));
		return;
	case VALUE_BYTES:
		break;
	}
	print_value(&hex, &v->value);
	cJSON_AddStringToObject(o, "text", buf_cstr(&hex));
	buf_clear(&hex);
	for (size_t i = 0; i < v->value.len; i++)
		buf_printf(&hex, "%02x", v->value.data[i]);
	cJSON_AddStringToObject(o, "hex", buf_cstr(&hex));
}

static void json_verdict(cJSON *o, const char *side, const struct diff_verdict *v)
{
	cJSON *out = cJSON_AddObjectToObject(o, side);

	cJSON_AddStringToObject(out, "verdict", v->verdict);
	if (!v->file)
		return;
	cJSON_AddStringToObject(out, "file", v->file);
	cJSON_AddNumberToObject(out, "line", v->line);
	cJSON_AddStringToObject(out, "selector", v->selector);
	cJSON_AddStringToObject(out, "rule", v->text);
}

static void json_entry(cJSON *o, const struct diff_entry *e)
{
	static const char *const what[] = {
		[SPOL_FIELD] = "field",
		[SPOL_CALL] = "call",
		[SPOL_NUMBER] = "call",
		[SPOL_VIOLATION] = "violation",
	};
	cJSON *witnesses;

	cJSON_AddStringToObject(o, "class", spol_class_name(e->class));
	cJSON_AddStringToObject(o, "what", what[e->what]);
	cJSON_AddStringToObject(o, "name", e->name);
	cJSON_AddBoolToObject(o, "partial", e->partial);
	witnesses = cJSON_AddArrayToObject(o, "witnesses");
	for (size_t i = 0; i < e->nwitnesses; i++) {
		const struct diff_witness *w = &e->witnesses[i];
		cJSON *one = add_object(witnesses), *values;

		cJSON_AddStringToObject(one, "class", spol_class_name(w->class));
		values = cJSON_AddArrayToObject(one, "values");
		for (size_t k = 0; k < w->nvalues; k++)
			json_value(add_object(values), &w->values[k]);
		for (unsigned side = 0; side < SPOL_SIDES; side++)
			json_verdict(one, side_names[side], &w->by[side]);
	}
}

static void print_json(const char *const paths[SPOL_SIDES], const struct diff_report *r)
{
	cJSON *root = cJSON_CreateObject(), *list, *counts;
	char *text;

	for (unsigned side = 0; side < SPOL_SIDES; side++)
		cJSON_AddStringToObject(root, side_names[side], paths[side]);
	cJSON_AddBoolToObject(root, "equal", r->n == 0);
	counts = cJSON_AddObjectToObject(root, "counts");
	for (unsigned c = 0; c < SPOL_CLASSES; c++)
		cJSON_AddNumberToObject(counts, spol_class_name((enum spol_class)c), (double)r->counts[c]);
	list = cJSON_AddArrayToObject(root, "differences");
	for (size_t i = 0; i < r->n; i++)
		json_entry(add_object(list), &r->entries[i]);
	text = cJSON_PrintUnformatted(root);
	if (text)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(root);
}

/* ---- the command ---- */

static int status_of(const struct spolc_job *j, const struct diff_report *r)
{
	if (!j->fail_if_weaker)
		return r->n ? STATUS_FINDINGS : 0;
	return r->counts[SPOL_WEAKER] || r->counts[SPOL_CHANGED] || r->counts[SPOL_UNKNOWN] ? STATUS_FINDINGS : 0;
}

/* Errors are told; what is only suspicious is no matter of a comparison. */
static void print_errors(const struct spolc_job *j, struct diags *d)
{
	struct spolc_job as_text = *j;

	for (unsigned i = diags_count(d); i-- > 0;) {
		if (diags_get(d, i)->level != DIAG_ERROR)
			diags_remove(d, i);
	}
	as_text.format = SPOLC_TEXT;
	spolc_print_findings(&as_text, d, stderr);
}

int spolc_diff(const struct spolc_job *j, const char *old, const char *new)
{
	const char *const paths[SPOL_SIDES] = { [SPOL_OLD] = old, [SPOL_NEW] = new };
	struct diags *d[SPOL_SIDES] = { diags_new(), diags_new() };
	struct diff_report report;
	struct err err = { 0 };
	int status = STATUS_FAILED;

	if (spol_diff(&j->spol, paths, d, j->arena, &report, &err) == 0) {
		if (j->format == SPOLC_JSON)
			print_json(paths, &report);
		else
			print_text(&report, j->verbose);
		if (report.refuted)
			fprintf(stderr, "spolc: %zu differences were not confirmed: this is a mistake of spolc\n",
				report.refuted);
		status = status_of(j, &report);
	} else {
		for (unsigned side = 0; side < SPOL_SIDES; side++)
			print_errors(j, d[side]);
		cmd_fail(j->args.tool, &err);
	}
	for (unsigned side = 0; side < SPOL_SIDES; side++)
		diags_free(d[side]);
	return status;
}

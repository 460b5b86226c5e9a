/*
 * The report for programs: one JSON object.  Its keys are stable; doc/report-json.md lists them.
 */
#include "report/report.h"

#include "base/check.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How many bytes the UTF-8 sequence at s takes, 0: it is none. */
static size_t sequence_length(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
		     s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* JSON is UTF-8 and what programs call files need not be: other bytes become \xNN in the text. */
static cJSON *new_text(const char *text)
{
	CLEANUP(buf_free) struct buf clean = { 0 };
	cJSON *item;

	while (*text) {
		size_t len = sequence_length((const unsigned char *)text);

		if (len)
			buf_add(&clean, text, len);
		else
			buf_printf(&clean, "\\x%02x", (unsigned char)*text);
		text += len ? len : 1;
	}
	item = cJSON_CreateString(buf_cstr(&clean));
	INVARIANT(item);
	return item;
}

static void add_text(cJSON *o, const char *key, const char *text)
{
	cJSON_AddItemToObject(o, key, new_text(text));
}

/* Exact: a double would round what is larger than 2^53. */
static void add_number(cJSON *o, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	INVARIANT(cJSON_AddRawToObject(o, key, text));
}

static void add_bool(cJSON *o, const char *key, bool b)
{
	INVARIANT(cJSON_AddBoolToObject(o, key, b));
}

static cJSON *add_list(cJSON *o, const char *key)
{
	cJSON *list = cJSON_AddArrayToObject(o, key);

	INVARIANT(list);
	return list;
}

static cJSON *add_object(cJSON *list)
{
	cJSON *o = cJSON_CreateObject();

	INVARIANT(o);
	cJSON_AddItemToArray(list, o);
	return o;
}

static void add_rule_place(cJSON *o, const char *file, uint32_t line, uint32_t column, const char *selector,
			   const char *text)
{
	add_text(o, "file", file);
	add_number(o, "line", line);
	add_number(o, "column", column);
	add_text(o, "selector", selector);
	add_text(o, "text", text);
}

static void add_place(cJSON *o, const struct verdict *v, const struct divergence *d)
{
	CLEANUP(buf_free) struct buf function = { 0 };

	add_number(o, "call_number", d->call_number);
	add_bool(o, "behind_call", d->behind_call);
	add_number(o, "ip", d->ip);
	add_text(o, "module", d->module ? d->module : "");
	add_number(o, "module_offset", d->module_offset);
	add_text(o, "function", report_function(v, d, &function));
}

static void add_divergence(cJSON *list, const struct verdict *v, const struct divergence *d)
{
	cJSON *o = add_object(list), *rule;

	add_text(o, "type", report_divergence_name(d->type));
	add_number(o, "event", d->seq);
	add_text(o, "task", d->task);
	add_text(o, "call", d->call);
	add_text(o, "actual_call", d->actual_call);
	add_text(o, "field", d->field);
	add_text(o, "recorded", d->recorded);
	add_text(o, "actual", d->actual);
	add_number(o, "offset", d->offset);
	add_bool(o, "before_execution", d->at_entry);
	add_text(o, "message", d->message);
	add_text(o, "why", d->why);
	add_place(o, v, d);
	if (d->root == DIVERGENCE_NOT_KEPT)
		INVARIANT(cJSON_AddNullToObject(o, "root"));
	else
		add_number(o, "root", d->root);
	add_number(o, "consequences", d->consequences);
	if (!*d->rule_file) {
		INVARIANT(cJSON_AddNullToObject(o, "rule"));
		return;
	}
	rule = cJSON_AddObjectToObject(o, "rule");
	INVARIANT(rule);
	add_rule_place(rule, d->rule_file, d->rule_line, d->rule_column, d->rule_selector, d->rule_text);
}

static void add_rule(cJSON *list, const struct rule_count *r)
{
	cJSON *o = add_object(list);

	add_rule_place(o, r->file, r->line, r->column, r->selector, r->text);
	add_text(o, "verb", r->verb);
	add_bool(o, "default", r->is_default);
	add_number(o, "accepted", r->accepted);
	add_number(o, "violations", r->violations);
}

static void add_coverage(cJSON *o, const struct verdict *v)
{
	cJSON *c = cJSON_AddObjectToObject(o, "coverage");

	INVARIANT(c);
	add_number(c, "events", v->events);
	add_number(c, "recorded_events", v->recorded_events);
	add_number(c, "fields", v->fields);
	add_number(c, "bytes", v->bytes);
	add_number(c, "accepted", v->accepted);
	add_number(c, "violations", v->violations);
	add_number(c, "roots", v->roots);
	add_number(c, "by_default", v->by_default);
	add_number(c, "emulated", v->emulated);
	add_number(c, "ignored", v->ignored);
	add_number(c, "optional_missing", v->optional_missing);
	add_number(c, "optional_extra", v->optional_extra);
	add_number(c, "undescribed", v->undescribed);
}

/* Events around the first divergence.  actual: they have an actual side. */
static void add_neighbours(cJSON *o, const char *key, const struct neighbour *events, size_t n, bool actual)
{
	cJSON *list = add_list(o, key);

	for (size_t i = 0; i < n; i++) {
		cJSON *e = add_object(list);

		add_number(e, "event", events[i].seq);
		add_text(e, "task", events[i].task);
		add_text(e, "recorded", events[i].recorded);
		if (actual)
			add_text(e, "actual", events[i].actual);
	}
}

/* The same as texts alone, of the recorded side. */
static void add_context(cJSON *o, const struct verdict *v)
{
	cJSON *list = add_list(o, "context");

	for (size_t i = 0; i < v->nbefore; i++)
		cJSON_AddItemToArray(list, new_text(v->before[i].recorded));
}

static void add_strings(cJSON *o, const char *key, const char *const *texts, size_t n)
{
	cJSON *list = add_list(o, key);

	for (size_t i = 0; i < n; i++)
		cJSON_AddItemToArray(list, new_text(texts[i]));
}

void report_json(const struct verdict *v, struct buf *out)
{
	cJSON *o = cJSON_CreateObject(), *list;
	char *text;

	INVARIANT(o);
	add_number(o, "version", 1);
	add_text(o, "verdict", verdict_name(v->kind));
	add_number(o, "exit_status", (uint64_t)verdict_exit_status(v->kind));
	add_text(o, "reason", v->reason);
	add_text(o, "policy", v->policy);
	add_coverage(o, v);
	list = add_list(o, "divergences");
	for (size_t i = 0; i < v->ndivergences; i++)
		add_divergence(list, v, &v->divergences[i]);
	list = add_list(o, "rules");
	for (size_t i = 0; i < v->nrules; i++)
		add_rule(list, &v->rules[i]);
	add_context(o, v);
	add_neighbours(o, "before", v->before, v->nbefore, true);
	add_neighbours(o, "after", v->after, v->nafter, false);
	add_strings(o, "answered", v->answered, v->nanswered);
	text = cJSON_Print(o);
	INVARIANT(text);
	buf_str(out, text);
	buf_byte(out, '\n');
	cJSON_free(text);
	cJSON_Delete(o);
}

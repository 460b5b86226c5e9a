/*
 * The findings of one invocation as a SARIF 2.1.0 log: one run, whose rules are the codes that occur in it.  Columns
 * are counted in Unicode code points, as everywhere in spolc; what is not UTF-8 counts one a byte and is shown as
 * U+FFFD.
 */
#include "cmd/spolc_sarif.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/map.h"
#include "base/places.h"
#include "base/utf8.h"
#include "cmd/sarif_uri.h"
#include "config.h"
#include "spol/codes.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#define BASE_ID "%SRCROOT%" /* the current directory, for relative URIs */

#define BOM        "\xef\xbb\xbf"
#define BOM_LENGTH 3

/* A source as the log names it. */
struct file {
	const char *uri;
	bool relative;
	uint32_t artifact;
};

struct sarif {
	struct arena *arena;
	const char *directory;
	cJSON *results, *rules, *artifacts, *notifications;
	struct strmap *rule_numbers, *artifact_numbers; /* by code, by URI */
	struct strmap *seen;                            /* results */
	/* while findings are added */
	struct diags *diags;
	struct places *places;
	struct file *files; /* by number in diags */
};

/* ---- values ---- */

static cJSON *checked(cJSON *item)
{
	INVARIANT(item); /* cJSON gives nothing only when there is no memory */
	return item;
}

static cJSON *add_object(cJSON *o, const char *key)
{
	return checked(cJSON_AddObjectToObject(o, key));
}

static cJSON *add_list(cJSON *o, const char *key)
{
	return checked(cJSON_AddArrayToObject(o, key));
}

static cJSON *append_object(cJSON *list)
{
	cJSON *o = checked(cJSON_CreateObject());

	INVARIANT(cJSON_AddItemToArray(list, o));
	return o;
}

static void add_number(cJSON *o, const char *key, uint32_t n)
{
	checked(cJSON_AddNumberToObject(o, key, n));
}

static void add_text(cJSON *o, const char *key, const char *s)
{
	CLEANUP(buf_free) struct buf clean = { 0 };
	size_t len = strlen(s);

	for (size_t n; len; s += n, len -= n) {
		n = utf8_length(s, len);
		if (n)
			buf_add(&clean, s, n);
		else
			buf_str(&clean, "\xef\xbf\xbd");
		n = n ? n : 1;
	}
	checked(cJSON_AddStringToObject(o, key, buf_cstr(&clean)));
}

/*
 * A `message` or `multiformatMessageString`: in both, braces would hold an argument's number and "[text](target)" be a
 * link, so what a policy says could lead a reader elsewhere.
 */
static void add_message(cJSON *o, const char *key, const char *text, const char *help)
{
	CLEANUP(buf_free) struct buf plain = { 0 }, escaped = { 0 };

	buf_str(&plain, text);
	if (help)
		buf_printf(&plain, "\nhelp: %s", help);
	for (const char *s = buf_cstr(&plain); *s; s++) {
		if (*s == '{' || *s == '}')
			buf_byte(&escaped, (uint8_t)*s);
		if (*s == ']' && s[1] == '(')
			buf_byte(&escaped, '\\');
		buf_byte(&escaped, (uint8_t)*s);
	}
	add_text(add_object(o, key), "text", buf_cstr(&escaped));
}

static const char *level_name(enum diag_level level)
{
	switch (level) {
	case DIAG_ERROR:
		return "error";
	case DIAG_WARNING:
		return "warning";
	case DIAG_NOTE:
		return "note";
	}
	return "none";
}

/* ---- places ---- */

static void add_uri(struct sarif *s, cJSON *location, const char *uri, bool relative)
{
	add_text(location, "uri", uri);
	if (relative && s->directory)
		add_text(location, "uriBaseId", BASE_ID);
}

static uint32_t artifact_number(struct sarif *s, const struct source_text *source, const char *uri, bool relative)
{
	uint64_t number;
	cJSON *artifact;

	if (strmap_get(s->artifact_numbers, uri, strlen(uri), &number))
		return (uint32_t)number;
	number = strmap_count(s->artifact_numbers);
	strmap_put(s->artifact_numbers, uri, strlen(uri), number);
	artifact = append_object(s->artifacts);
	add_uri(s, add_object(artifact, "location"), uri, relative);
	add_number(artifact, "length", source->len);
	add_text(artifact, "sourceLanguage", "spol");
	return (uint32_t)number;
}

/* All that was read is listed, whether there is something to say about it or not. */
static void list_files(struct sarif *s)
{
	uint32_t n = diags_source_count(s->diags);

	s->files = arena_array(s->arena, n, sizeof(*s->files));
	for (uint32_t i = 0; i < n; i++) {
		const struct source_text *source = diags_get_source(s->diags, i);
		struct file *f = &s->files[i];

		f->uri = sarif_file_uri(source->name, s->directory, &f->relative, s->arena);
		f->artifact = artifact_number(s, source, f->uri, f->relative);
	}
}

static void add_artifact_location(struct sarif *s, cJSON *o, const char *key, uint32_t file)
{
	const struct file *f = &s->files[file];
	cJSON *location = add_object(o, key);

	add_uri(s, location, f->uri, f->relative);
	add_number(location, "index", f->artifact);
}

static bool has_bom(const struct source_text *source)
{
	return source->len >= BOM_LENGTH && memcmp(source->text, BOM, BOM_LENGTH) == 0;
}

/* A byte order mark is no part of the text, so columns of the first line begin behind it. */
static uint32_t column_of(const struct place *p)
{
	return p->column - (p->line == 1 && p->column > 1 && has_bom(p->source));
}

static void add_region(struct sarif *s, cJSON *o, const char *key, struct span at)
{
	struct place from = places_find(s->places, at.file, at.start), to = places_find(s->places, at.file, at.end);
	cJSON *region = add_object(o, key);

	/* the mark itself has bytes, but no place in the text */
	if (at.end > BOM_LENGTH || !has_bom(from.source) || strcmp(key, "deletedRegion") != 0) {
		add_number(region, "startLine", from.line);
		add_number(region, "startColumn", column_of(&from));
		add_number(region, "endLine", to.line);
		add_number(region, "endColumn", column_of(&to));
	}
	add_number(region, "byteOffset", at.start);
	add_number(region, "byteLength", at.end - at.start);
}

static void add_physical_location(struct sarif *s, cJSON *o, struct span at)
{
	cJSON *location = add_object(o, "physicalLocation");

	add_artifact_location(s, location, "artifactLocation", at.file);
	add_region(s, location, "region", at);
}

/* ---- findings ---- */

static uint32_t rule_number(struct sarif *s, const char *code)
{
	const struct spol_code *c = spol_code_find(code);
	uint64_t number;
	cJSON *rule;

	if (strmap_get(s->rule_numbers, code, strlen(code), &number))
		return (uint32_t)number;
	number = strmap_count(s->rule_numbers);
	strmap_put(s->rule_numbers, code, strlen(code), number);
	rule = append_object(s->rules);
	add_text(rule, "id", code);
	INVARIANT(c); /* every code is in the catalogue */
	add_message(rule, "shortDescription", c->title, NULL);
	add_message(rule, "fullDescription", c->page, NULL);
	add_text(add_object(rule, "defaultConfiguration"), "level", level_name(c->level));
	add_message(rule, "help", arena_printf(s->arena, "%s: %s\n\n%s", c->id, c->title, c->page), NULL);
	return (uint32_t)number;
}

static bool is_utf8(const char *s)
{
	for (size_t len = strlen(s), n; len; s += n, len -= n) {
		n = utf8_length(s, len);
		if (n == 0)
			return false;
	}
	return true;
}

static void add_replacements(struct sarif *s, cJSON *changes, const struct diag *g, uint32_t file)
{
	cJSON *change = append_object(changes), *list;

	add_artifact_location(s, change, "artifactLocation", file);
	list = add_list(change, "replacements");
	for (unsigned i = 0; i < g->nedits; i++) {
		const struct diag_edit *e = &g->edits[i];
		cJSON *replacement;

		if (e->at.file != file)
			continue;
		replacement = append_object(list);
		add_region(s, replacement, "deletedRegion", e->at);
		if (*e->text)
			add_text(add_object(replacement, "insertedContent"), "text", e->text);
	}
}

/* What `spolc --fix` does; a guess is not for programs that apply whatever stands here. */
static void add_fix(struct sarif *s, cJSON *result, const struct diag *g)
{
	cJSON *fix, *changes;

	if (g->nedits == 0 || g->guess)
		return;
	for (unsigned i = 0; i < g->nedits; i++) {
		if (!is_utf8(g->edits[i].text))
			return;
	}
	fix = append_object(add_list(result, "fixes"));
	add_message(fix, "description", g->help ? g->help : g->text, NULL);
	changes = add_list(fix, "artifactChanges");
	for (unsigned i = 0; i < g->nedits; i++) {
		bool first = true;

		for (unsigned k = 0; k < i; k++)
			first &= g->edits[k].at.file != g->edits[i].at.file;
		if (first)
			add_replacements(s, changes, g, g->edits[i].at.file);
	}
}

static void add_notes(struct sarif *s, cJSON *result, const struct diag *g)
{
	cJSON *list;

	if (g->nnotes == 0)
		return;
	list = add_list(result, "relatedLocations");
	for (unsigned i = 0; i < g->nnotes; i++) {
		cJSON *location = append_object(list);

		add_number(location, "id", i + 1);
		if (g->notes[i].at.end)
			add_physical_location(s, location, g->notes[i].at);
		add_message(location, "message", g->notes[i].text, NULL);
	}
}

/* What several files extend is judged with each of them. */
static bool is_new(struct sarif *s, const struct diag *g)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	uint64_t value;

	buf_printf(&key, "%s %u %u %s %s", g->code, (unsigned)g->at.start, (unsigned)g->at.end,
		   s->files[g->at.file].uri, g->text);
	if (strmap_get(s->seen, buf_cstr(&key), key.len, &value))
		return false;
	strmap_put(s->seen, buf_cstr(&key), key.len, 1);
	return true;
}

static void add_result(struct sarif *s, const struct diag *g)
{
	cJSON *result = append_object(s->results);

	add_text(result, "ruleId", g->code);
	add_number(result, "ruleIndex", rule_number(s, g->code));
	add_text(result, "level", level_name(g->level));
	add_message(result, "message", g->text, g->help);
	add_physical_location(s, append_object(add_list(result, "locations")), g->at);
	add_notes(s, result, g);
	add_fix(s, result, g);
}

void sarif_add(struct sarif *s, struct diags *d)
{
	s->diags = d;
	s->places = places_over(d);
	list_files(s);
	for (unsigned i = 0; i < diags_count(d); i++) {
		const struct diag *g = diags_get(d, i);

		if (is_new(s, g))
			add_result(s, g);
	}
	places_free(s->places);
	s->places = NULL;
	s->diags = NULL;
	s->files = NULL;
}

void sarif_failure(struct sarif *s, const char *text)
{
	cJSON *notification = append_object(s->notifications);

	add_text(notification, "level", "error");
	add_message(notification, "message", text, NULL);
}

/* ---- the log ---- */

struct sarif *sarif_new(void)
{
	struct sarif *s = xcalloc(1, sizeof(*s));

	s->arena = arena_new();
	s->directory = sarif_directory(s->arena);
	s->results = checked(cJSON_CreateArray());
	s->rules = checked(cJSON_CreateArray());
	s->artifacts = checked(cJSON_CreateArray());
	s->notifications = checked(cJSON_CreateArray());
	s->rule_numbers = strmap_new();
	s->artifact_numbers = strmap_new();
	s->seen = strmap_new();
	return s;
}

void sarif_free(struct sarif *s)
{
	if (!s)
		return;
	cJSON_Delete(s->results);
	cJSON_Delete(s->rules);
	cJSON_Delete(s->artifacts);
	cJSON_Delete(s->notifications);
	strmap_free(s->rule_numbers);
	strmap_free(s->artifact_numbers);
	strmap_free(s->seen);
	arena_free(s->arena);
	free(s);
}

/* Puts a list of s where it belongs; s has it no more. */
static void move_list(cJSON *o, const char *key, cJSON **list)
{
	INVARIANT(cJSON_AddItemToObject(o, key, *list));
	*list = NULL;
}

static void add_tool(struct sarif *s, cJSON *run)
{
	cJSON *driver = add_object(add_object(run, "tool"), "driver");

	add_text(driver, "name", "spolc");
	add_text(driver, "version", PACKAGE_VERSION);
	add_text(driver, "semanticVersion", PACKAGE_VERSION);
	move_list(driver, "rules", &s->rules);
}

static void add_invocation(struct sarif *s, cJSON *run, int status)
{
	cJSON *invocation = append_object(add_list(run, "invocations"));

	checked(cJSON_AddBoolToObject(invocation, "executionSuccessful", cJSON_GetArraySize(s->notifications) == 0));
	add_number(invocation, "exitCode", (uint32_t)status);
	move_list(invocation, "toolExecutionNotifications", &s->notifications);
	if (s->directory)
		add_text(add_object(invocation, "workingDirectory"), "uri",
			 sarif_directory_uri(s->directory, s->arena));
}

void sarif_print(struct sarif *s, int status, FILE *to)
{
	cJSON *log = checked(cJSON_CreateObject()), *run;
	char *text;

	add_text(log, "$schema", SCHEMA);
	add_text(log, "version", "2.1.0");
	run = append_object(add_list(log, "runs"));
	add_tool(s, run);
	add_invocation(s, run, status);
	if (s->directory)
		add_text(add_object(add_object(run, "originalUriBaseIds"), BASE_ID), "uri",
			 sarif_directory_uri(s->directory, s->arena));
	move_list(run, "artifacts", &s->artifacts);
	add_text(run, "defaultEncoding", "UTF-8");
	add_text(run, "columnKind", "unicodeCodePoints");
	move_list(run, "results", &s->results);
	text = cJSON_Print(log);
	INVARIANT(text);
	fprintf(to, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(log);
}

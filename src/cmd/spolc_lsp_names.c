/*
 * Where a name of a document comes from, where else it stands, and another name for it: over all open documents.
 */
#include "cmd/spolc_lsp.h"

#include "base/check.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

static cJSON *location(const char *uri, cJSON *range)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddItemToObject(json, "uri", lsp_text(uri));
	cJSON_AddItemToObject(json, "range", range);
	return json;
}

static cJSON *source_range(struct lsp *l, struct spol_editor *e, struct span at)
{
	const struct source_text *s = diags_get_source(spol_editor_diags(e), at.file);
	struct lsp_lines *lines = lsp_lines_new(s->text, s->len, l->utf8);
	cJSON *range = lsp_range(lines, at.start, at.end);

	lsp_lines_free(lines);
	return range;
}

struct lsp_answer lsp_definition(struct lsp *l, const cJSON *params)
{
	struct lsp_question q;
	struct lsp_answer a;
	struct spol_place to = { 0 };
	struct arena *arena;
	struct span from;

	if (!lsp_ask(l, params, true, &q, &a) || !spol_editor_definition(q.editor, q.offset, &from, &to))
		return a;
	arena = arena_new();
	if (to.is_source) {
		a.result = location(lsp_uri(l, to.path, arena), source_range(l, q.editor, to.at));
	} else {
		struct lsp_lines *start = lsp_lines_new("", 0, l->utf8);

		a.result = location(lsp_uri(l, to.path, arena), lsp_range(start, 0, 0));
		lsp_lines_free(start);
	}
	arena_free(arena);
	return a;
}

/* Places of a name, gathered from the analyses of all documents: a file that several extend is met several times. */
struct gathering {
	struct lsp *lsp;
	struct arena *arena;
	struct strmap *known; /* of "URI start" */
	const char *uri;      /* of the definition's file */
	uint32_t start;       /* of the definition in it */
	char *name;
	cJSON *places; /* array of {uri, range}; the first one is the definition */
};

static void gather(struct gathering *g, struct spol_editor *e, const struct span *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = diags_get_source(spol_editor_diags(e), places[i].file)->name;
		const char *uri = lsp_uri(g->lsp, name, g->arena);
		const char *key = arena_printf(g->arena, "%s %u", uri, places[i].start);
		uint64_t there;

		if (strmap_get(g->known, key, strlen(key), &there))
			continue;
		strmap_put(g->known, key, strlen(key), 1);
		cJSON_AddItemToArray(g->places, location(uri, source_range(g->lsp, e, places[i])));
	}
}

/* The source of an analysis that is the definition's file. */
static bool find_source(struct gathering *g, struct spol_editor *e, uint32_t *source)
{
	struct diags *d = spol_editor_diags(e);

	for (*source = 0; *source < diags_source_count(d); ++*source) {
		if (strcmp(lsp_uri(g->lsp, diags_get_source(d, *source)->name, g->arena), g->uri) == 0)
			return true;
	}
	return false;
}

/* false: there is no let or set at the place, or *a has an error. */
static bool gather_all(struct lsp *l, const cJSON *params, struct gathering *g, struct lsp_answer *a)
{
	struct lsp_question q;
	struct span at, *places = NULL;
	const struct source_text *s;
	size_t n;

	*g = (struct gathering){ .lsp = l };
	if (!lsp_ask(l, params, true, &q, a))
		return false;
	at = (struct span){ spol_editor_source(q.editor), q.offset, q.offset };
	g->arena = arena_new();
	n = spol_editor_references(q.editor, at, g->arena, &places);
	if (n == 0) {
		arena_free(g->arena);
		return false;
	}
	g->known = strmap_new();
	g->places = cJSON_CreateArray();
	s = diags_get_source(spol_editor_diags(q.editor), places[0].file);
	g->uri = lsp_uri(l, s->name, g->arena);
	g->start = places[0].start;
	g->name = arena_copy(g->arena, s->text + places[0].start, places[0].end - places[0].start);
	gather(g, q.editor, places, n);
	for (struct lsp_document *d = l->documents; d; d = d->next) {
		struct spol_editor *e = d == q.document ? NULL : lsp_analysis(l, d);

		if (!e || !find_source(g, e, &at.file))
			continue;
		at.start = at.end = g->start;
		n = spol_editor_references(e, at, g->arena, &places);
		gather(g, e, places, n);
	}
	return true;
}

static void gathered(struct gathering *g)
{
	strmap_free(g->known);
	cJSON_Delete(g->places);
	arena_free(g->arena);
}

struct lsp_answer lsp_references(struct lsp *l, const cJSON *params)
{
	const cJSON *context = cJSON_GetObjectItemCaseSensitive(params, "context");
	struct lsp_answer a;
	struct gathering g;

	if (!gather_all(l, params, &g, &a))
		return a;
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(context, "includeDeclaration")))
		cJSON_DeleteItemFromArray(g.places, 0);
	a.result = cJSON_Duplicate(g.places, true);
	gathered(&g);
	return a;
}

struct lsp_answer lsp_prepare_rename(struct lsp *l, const cJSON *params)
{
	struct span at, from, *places = NULL;
	struct spol_place to = { 0 };
	struct lsp_question q;
	struct lsp_answer a;
	struct arena *arena;

	if (!lsp_ask(l, params, true, &q, &a))
		return a;
	arena = arena_new();
	at = (struct span){ spol_editor_source(q.editor), q.offset, q.offset };
	if (spol_editor_references(q.editor, at, arena, &places) &&
	    spol_editor_definition(q.editor, q.offset, &from, &to))
		a.result = source_range(l, q.editor, from);
	arena_free(arena);
	return a;
}

static bool is_open(const struct lsp *l, const char *uri)
{
	for (const struct lsp_document *d = l->documents; d; d = d->next) {
		if (strcmp(d->uri, uri) == 0)
			return true;
	}
	return false;
}

/* No document may use the name for something else, and what could not be parsed may hold uses that are not seen. */
static const char *why_not(struct lsp *l, const char *name)
{
	for (struct lsp_document *d = l->documents; d; d = d->next) {
		struct spol_editor *e = lsp_analysis(l, d);

		if (e && !spol_editor_is_free_name(e, name))
			return "the new name is none, or means something already";
		if (e && spol_editor_syntax_errors(e))
			return "an open document has syntax errors: correct them first";
	}
	return NULL;
}

struct lsp_answer lsp_rename(struct lsp *l, const cJSON *params)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(params, "newName"));
	struct lsp_answer a;
	struct gathering g;
	cJSON *changes;
	const cJSON *place;

	if (!name)
		return (struct lsp_answer){ .error = LSP_INVALID_PARAMS, .text = "the new name is missing" };
	if (!gather_all(l, params, &g, &a)) {
		if (!a.error)
			a = (struct lsp_answer){ .error = LSP_FAILED, .text = "only a let or a set can be renamed" };
		return a;
	}
	/* files that are not open are not ours to change: an installed policy, perhaps */
	cJSON_ArrayForEach(place, g.places)
	{
		if (!is_open(l, cJSON_GetObjectItemCaseSensitive(place, "uri")->valuestring))
			a = (struct lsp_answer){ .error = LSP_FAILED,
						 .text = "the name stands in a file that is not open" };
	}
	if (!a.error) {
		a.text = why_not(l, name);
		a.error = a.text ? LSP_FAILED : (enum lsp_error)0;
	}
	if (!a.error) {
		a.result = cJSON_CreateObject();
		changes = cJSON_AddObjectToObject(a.result, "changes");
		cJSON_ArrayForEach(place, g.places)
		{
			const char *uri = cJSON_GetObjectItemCaseSensitive(place, "uri")->valuestring;
			cJSON *edits = cJSON_GetObjectItemCaseSensitive(changes, uri), *edit = cJSON_CreateObject();

			if (!edits)
				edits = cJSON_AddArrayToObject(changes, uri);
			cJSON_AddItemToObject(edit, "range",
					      cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(place, "range"), true));
			cJSON_AddItemToObject(edit, "newText", lsp_text(name));
			cJSON_AddItemToArray(edits, edit);
		}
	}
	gathered(&g);
	return a;
}

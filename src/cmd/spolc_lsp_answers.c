/*
 * What a client asks about a place of an open document: hover, completion, the outline, layout, corrections.
 */
#include "cmd/spolc_lsp.h"

#include "base/check.h"
#include "spol/fmt.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX   1000u /* entries of a folder that are looked at */
#define ACTIONS_MAX 100u

/* The parts of a request that most have. */
bool lsp_ask(struct lsp *l, const cJSON *params, bool with_position, struct lsp_question *q, struct lsp_answer *a)
{
	uint32_t line, character;

	*q = (struct lsp_question){ .document = lsp_document_of(l, params) };
	*a = (struct lsp_answer){ .error = LSP_INVALID_PARAMS };
	if (!q->document) {
		a->text = "no open document is named";
		return false;
	}
	if (with_position) {
		const struct buf *text = &q->document->text;

		if (!lsp_read_position(cJSON_GetObjectItemCaseSensitive(params, "position"), &line, &character)) {
			a->text = "a position is missing";
			return false;
		}
		q->offset = lsp_offset((const char *)text->data, text->len, l->utf8, line, character);
	}
	q->editor = lsp_analysis(l, q->document);
	*a = (struct lsp_answer){ 0 };
	return q->editor != NULL; /* what cannot be analysed says so in its findings; here the answer is null */
}

static cJSON *range_of(struct lsp *l, const struct lsp_document *d, uint32_t start, uint32_t end)
{
	struct lsp_lines *lines = lsp_lines_new((const char *)d->text.data, d->text.len, l->utf8);
	cJSON *range = lsp_range(lines, start, end);

	lsp_lines_free(lines);
	return range;
}

/* ---- hover ---- */

struct lsp_answer lsp_hover(struct lsp *l, const cJSON *params)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct lsp_question q;
	struct lsp_answer a;
	struct span at;
	cJSON *contents;

	if (!lsp_ask(l, params, true, &q, &a) || !spol_editor_hover(q.editor, q.offset, &at, &text))
		return a;
	a.result = cJSON_CreateObject();
	contents = cJSON_AddObjectToObject(a.result, "contents");
	cJSON_AddStringToObject(contents, "kind", "markdown");
	cJSON_AddItemToObject(contents, "value", lsp_text(buf_cstr(&text)));
	cJSON_AddItemToObject(a.result, "range", range_of(l, q.document, at.start, at.end));
	return a;
}

/* ---- completion ---- */

/* The protocol's numbers of what a completion is. */
static int item_kind(enum spol_word word)
{
	switch (word) {
	case SPOL_WORD_KEYWORD:
		return 14;
	case SPOL_WORD_CALL:
		return 3;
	case SPOL_WORD_CLASS:
		return 7;
	case SPOL_WORD_VARIANT:
		return 20;
	case SPOL_WORD_KIND:
		return 25;
	case SPOL_WORD_FIELD:
		return 5;
	case SPOL_WORD_STRUCT:
		return 22;
	case SPOL_WORD_VERB:
		return 24;
	case SPOL_WORD_CONSTANT:
		return 21;
	case SPOL_WORD_FACT:
		return 10;
	case SPOL_WORD_LET:
		return 6;
	case SPOL_WORD_SET:
		return 13;
	}
	return 1;
}

#define ITEM_FILE 17

static cJSON *new_item(const char *label, const char *text, int kind, const char *detail, const cJSON *range,
		       size_t number)
{
	cJSON *item = cJSON_CreateObject(), *edit;
	char sort[16];

	snprintf(sort, sizeof(sort), "%05zu", number);
	cJSON_AddItemToObject(item, "label", lsp_text(label));
	cJSON_AddNumberToObject(item, "kind", kind);
	if (detail)
		cJSON_AddItemToObject(item, "detail", lsp_text(detail));
	cJSON_AddStringToObject(item, "sortText", sort);
	/* Neovim takes the edit's range for what was typed only where there is none */
	if (strcmp(text, label) != 0)
		cJSON_AddItemToObject(item, "filterText", lsp_text(text));
	edit = cJSON_AddObjectToObject(item, "textEdit");
	cJSON_AddItemToObject(edit, "range", cJSON_Duplicate(range, true));
	cJSON_AddItemToObject(edit, "newText", lsp_text(text));
	return item;
}

/* Policy files of a folder whose names go on from what is typed: "sub/ba" looks in sub for ba... */
static void add_files(cJSON *items, const char *folder, const char *typed, bool quotes, const char *self,
		      const cJSON *range, struct arena *arena)
{
	const char *slash = strrchr(typed, '/'), *rest = slash ? slash + 1 : typed;
	size_t before = (size_t)(rest - typed);
	DIR *dir = opendir(*typed == '/' ? arena_printf(arena, "%.*s", (int)before, typed)
					 : arena_printf(arena, "%s/%.*s", folder, (int)before, typed));
	struct dirent *entry;

	for (unsigned n = 0; dir && n < FILES_MAX && (entry = readdir(dir)) != NULL; n++) {
		size_t len = strlen(entry->d_name);
		const char *name = arena_printf(arena, "%.*s%s", (int)before, typed, entry->d_name);
		const cJSON *item;
		bool known = false;

		if (len < 6 || strcmp(entry->d_name + len - 5, ".spol") != 0 ||
		    strncmp(entry->d_name, rest, strlen(rest)) != 0 || strcmp(name, self) == 0)
			continue;
		cJSON_ArrayForEach(item, items)
		{
			known = known ||
				strcmp(cJSON_GetObjectItemCaseSensitive(item, "label")->valuestring, name) == 0;
		}
		if (!known)
			cJSON_AddItemToArray(items,
					     new_item(name, quotes ? arena_printf(arena, "\"%s\"", name) : name,
						      ITEM_FILE, folder, range, (size_t)cJSON_GetArraySize(items)));
	}
	if (dir)
		closedir(dir);
}

static void complete_files(struct lsp *l, const struct lsp_question *q, const struct spol_completions *c,
			   const cJSON *range, struct arena *arena, cJSON *items)
{
	const char *slash = strrchr(q->document->path, '/');
	const char *folder =
		slash ? arena_printf(arena, "%.*s", (int)(slash - q->document->path), q->document->path) : ".";
	const char *self = slash ? slash + 1 : q->document->path, *typed = "";

	if (!c->quotes)
		typed = arena_copy(arena, q->document->text.data + c->start, q->offset - c->start);
	add_files(items, folder, typed, c->quotes, self, range, arena);
	for (size_t i = 0; l->job->spol.search && l->job->spol.search[i]; i++)
		add_files(items, l->job->spol.search[i], typed, c->quotes, "", range, arena);
}

struct lsp_answer lsp_completion(struct lsp *l, const cJSON *params)
{
	struct spol_completions c;
	struct lsp_question q;
	struct lsp_answer a;
	struct arena *arena;
	cJSON *items, *range;

	if (!lsp_ask(l, params, true, &q, &a))
		return a;
	arena = arena_new();
	spol_editor_complete(q.editor, q.offset, arena, &c);
	a.result = cJSON_CreateObject();
	cJSON_AddFalseToObject(a.result, "isIncomplete");
	items = cJSON_AddArrayToObject(a.result, "items");
	range = range_of(l, q.document, c.start, c.files && !c.quotes ? c.end : q.offset);
	for (size_t i = 0; i < c.n; i++)
		cJSON_AddItemToArray(items, new_item(c.list[i].label, c.list[i].label, item_kind(c.list[i].kind),
						     c.list[i].detail, range, i));
	if (c.files)
		complete_files(l, &q, &c, range, arena, items);
	cJSON_Delete(range);
	arena_free(arena);
	return a;
}

/* ---- outline ---- */

static int symbol_kind(enum spol_symbol_kind kind)
{
	switch (kind) {
	case SPOL_SYMBOL_POLICY:
		return 4; /* package */
	case SPOL_SYMBOL_EXTENDS:
		return 1; /* file */
	case SPOL_SYMBOL_LET:
		return 14; /* constant */
	case SPOL_SYMBOL_SET:
		return 18; /* array */
	case SPOL_SYMBOL_RULES:
		return 12; /* function */
	case SPOL_SYMBOL_RULE:
		return 8; /* field */
	case SPOL_SYMBOL_NEVER:
		return 17; /* boolean */
	case SPOL_SYMBOL_TEST:
		return 6; /* method */
	}
	return 13;
}

struct lsp_answer lsp_symbols(struct lsp *l, const cJSON *params)
{
	struct lsp_question q;
	struct lsp_answer a;
	struct arena *arena;
	struct lsp_lines *lines;
	struct spol_symbol *list = NULL;
	cJSON *parent = NULL;
	size_t n;

	if (!lsp_ask(l, params, false, &q, &a))
		return a;
	arena = arena_new();
	lines = lsp_lines_new((const char *)q.document->text.data, q.document->text.len, l->utf8);
	n = spol_editor_symbols(q.editor, arena, &list);
	a.result = cJSON_CreateArray();
	for (size_t i = 0; i < n; i++) {
		cJSON *symbol = cJSON_CreateObject(), *children;

		/* a name must not be empty */
		cJSON_AddItemToObject(symbol, "name", lsp_text(*list[i].name ? list[i].name : "?"));
		cJSON_AddNumberToObject(symbol, "kind", symbol_kind(list[i].kind));
		cJSON_AddItemToObject(symbol, "range", lsp_range(lines, list[i].at.start, list[i].at.end));
		cJSON_AddItemToObject(symbol, "selectionRange",
				      lsp_range(lines, list[i].name_at.start, list[i].name_at.end));
		if (list[i].depth == 0 || !parent) {
			cJSON_AddItemToArray(a.result, symbol);
			parent = symbol;
			continue;
		}
		children = cJSON_GetObjectItemCaseSensitive(parent, "children");
		if (!children)
			children = cJSON_AddArrayToObject(parent, "children");
		cJSON_AddItemToArray(children, symbol);
	}
	lsp_lines_free(lines);
	arena_free(arena);
	return a;
}

/* ---- layout ---- */

/* What differs between two texts as one edit, whole characters; NULL: nothing does. */
static cJSON *difference(struct lsp *l, struct lsp_document *d, struct buf *text)
{
	const char *old = buf_cstr(&d->text), *new = buf_cstr(text);
	size_t shorter = d->text.len < text->len ? d->text.len : text->len, same = 0, tail = 0;
	CLEANUP(buf_free) struct buf middle = { 0 };
	cJSON *edit;

	while (same < shorter && old[same] == new[same])
		same++;
	if (same == d->text.len && same == text->len)
		return NULL;
	while (tail < shorter - same && old[d->text.len - 1 - tail] == new[text->len - 1 - tail])
		tail++;
	while (same > 0 && same < d->text.len && ((unsigned char)old[same] & 0xc0) == 0x80)
		same--;
	while (tail > 0 && ((unsigned char)old[d->text.len - tail] & 0xc0) == 0x80)
		tail--;
	buf_add(&middle, new + same, text->len - tail - same);
	edit = cJSON_CreateObject();
	cJSON_AddItemToObject(edit, "range", range_of(l, d, (uint32_t)same, (uint32_t)(d->text.len - tail)));
	cJSON_AddItemToObject(edit, "newText", lsp_text(buf_cstr(&middle)));
	return edit;
}

struct lsp_answer lsp_formatting(struct lsp *l, const cJSON *params)
{
	struct lsp_document *d = lsp_document_of(l, params);
	CLEANUP(buf_free) struct buf text = { 0 };
	struct lsp_answer a = { 0 };
	struct diags *diags;
	struct arena *arena;
	cJSON *edit;

	if (!d)
		return (struct lsp_answer){ .error = LSP_INVALID_PARAMS, .text = "no open document is named" };
	diags = diags_new();
	arena = arena_new();
	if (spol_format(diags, diags_source(diags, d->path, buf_cstr(&d->text), (uint32_t)d->text.len), arena, &text) !=
	    0) {
		a = (struct lsp_answer){ .error = LSP_FAILED, .text = "a text that does not parse has no layout" };
	} else {
		a.result = cJSON_CreateArray();
		edit = difference(l, d, &text);
		if (edit)
			cJSON_AddItemToArray(a.result, edit);
	}
	arena_free(arena);
	diags_free(diags);
	return a;
}

/* ---- corrections ---- */

/* The client wants corrections at all: context.only names nothing else. */
static bool wants_quickfix(const cJSON *params)
{
	const cJSON *only =
		cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(params, "context"), "only");
	const cJSON *kind;
	bool wanted = !cJSON_IsArray(only) || cJSON_GetArraySize(only) == 0;

	cJSON_ArrayForEach(kind, only)
	{
		wanted = wanted ||
			 (cJSON_IsString(kind) && (!*kind->valuestring || strcmp(kind->valuestring, "quickfix") == 0));
	}
	return wanted;
}

static const char *title(const struct diag *g, const struct source_text *s, struct arena *arena)
{
	const struct diag_edit *e = &g->edits[0];
	int len = (int)(e->at.end - e->at.start > 40 ? 40 : e->at.end - e->at.start);
	const char *old = s->text + e->at.start;

	if (g->nedits > 1 || strchr(e->text, '\n') || memchr(old, '\n', (size_t)len))
		return arena_printf(arena, "Correct: %s", g->help ? g->help : g->text);
	if (len == 0)
		return arena_printf(arena, "Insert `%s`", e->text);
	if (!*e->text)
		return arena_printf(arena, "Remove `%.*s`", len, old);
	return arena_printf(arena, "Replace `%.*s` by `%s`", len, old, e->text);
}

/* Corrections touch the document that is asked about and no other file. */
static bool stays_in(const struct diag *g, uint32_t source)
{
	for (unsigned i = 0; i < g->nedits; i++) {
		if (g->edits[i].at.file != source)
			return false;
	}
	return g->nedits > 0;
}

static cJSON *new_action(struct lsp *l, const struct lsp_question *q, const struct diag *g, struct lsp_lines **lines,
			 struct arena *arena)
{
	struct diags *d = spol_editor_diags(q->editor);
	uint32_t source = spol_editor_source(q->editor);
	cJSON *action = cJSON_CreateObject(), *changes, *edits;

	cJSON_AddItemToObject(action, "title", lsp_text(title(g, diags_get_source(d, source), arena)));
	cJSON_AddStringToObject(action, "kind", "quickfix");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(action, "diagnostics"), lsp_finding(l, d, lines, g, arena));
	if (!g->guess)
		cJSON_AddTrueToObject(action, "isPreferred");
	changes = cJSON_AddObjectToObject(cJSON_AddObjectToObject(action, "edit"), "changes");
	edits = cJSON_AddArrayToObject(changes, q->document->uri);
	for (unsigned i = 0; i < g->nedits; i++) {
		cJSON *edit = cJSON_CreateObject();

		cJSON_AddItemToObject(edit, "range",
				      lsp_range(lsp_source_lines(d, source, l->utf8, lines), g->edits[i].at.start,
						g->edits[i].at.end));
		cJSON_AddItemToObject(edit, "newText", lsp_text(g->edits[i].text));
		cJSON_AddItemToArray(edits, edit);
	}
	return action;
}

struct lsp_answer lsp_actions(struct lsp *l, const cJSON *params)
{
	const cJSON *range = cJSON_GetObjectItemCaseSensitive(params, "range");
	uint32_t from, to, line, character, source;
	struct lsp_question q;
	struct lsp_answer a;
	struct lsp_lines **lines;
	struct arena *arena;
	struct diags *d;

	if (!lsp_ask(l, params, false, &q, &a))
		return a;
	if (!lsp_read_position(cJSON_GetObjectItemCaseSensitive(range, "start"), &line, &character))
		return (struct lsp_answer){ .error = LSP_INVALID_PARAMS, .text = "a range is missing" };
	from = lsp_offset((const char *)q.document->text.data, q.document->text.len, l->utf8, line, character);
	if (!lsp_read_position(cJSON_GetObjectItemCaseSensitive(range, "end"), &line, &character))
		return (struct lsp_answer){ .error = LSP_INVALID_PARAMS, .text = "a range is missing" };
	to = lsp_offset((const char *)q.document->text.data, q.document->text.len, l->utf8, line, character);
	a.result = cJSON_CreateArray();
	if (!wants_quickfix(params))
		return a;
	d = spol_editor_diags(q.editor);
	source = spol_editor_source(q.editor);
	lines = xcalloc(diags_source_count(d), sizeof(struct lsp_lines *));
	arena = arena_new();
	for (unsigned i = 0; i < diags_count(d) && cJSON_GetArraySize(a.result) < (int)ACTIONS_MAX; i++) {
		const struct diag *g = diags_get(d, i);

		if (g->at.file == source && g->at.start <= to && from <= g->at.end && stays_in(g, source))
			cJSON_AddItemToArray(a.result, new_action(l, &q, g, lines, arena));
	}
	for (uint32_t i = 0; i < diags_source_count(d); i++)
		lsp_lines_free(lines[i]);
	free(lines);
	arena_free(arena);
	return a;
}

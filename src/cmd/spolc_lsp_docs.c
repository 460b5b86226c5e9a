/*
 * The open documents of the language server: their texts as they change, their analyses, and what is published of them.
 */
#include "cmd/spolc_lsp.h"

#include "base/check.h"
#include "base/map.h"
#include "spol/parse.h"

#include <stdlib.h>
#include <string.h>

#define FINDINGS_MAX 1000u /* of one analysis that are published */

/* ---- documents ---- */

static struct lsp_document **find_uri(struct lsp *l, const char *uri)
{
	struct lsp_document **d = &l->documents;

	while (*d && strcmp((*d)->uri, uri) != 0)
		d = &(*d)->next;
	return d;
}

static const char *uri_of(const cJSON *params)
{
	const cJSON *document = cJSON_GetObjectItemCaseSensitive(params, "textDocument");

	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(document, "uri"));
}

struct lsp_document *lsp_document_of(struct lsp *l, const cJSON *params)
{
	const char *uri = uri_of(params);

	return uri ? *find_uri(l, uri) : NULL;
}

/* What was analysed is not what is open any more, nowhere: any document may extend any other. */
static void forget_analysis(struct lsp *l)
{
	spol_editor_free(l->editor);
	l->editor = NULL;
	l->editor_of = NULL;
}

void lsp_files_changed(struct lsp *l)
{
	forget_analysis(l);
	for (struct lsp_document *d = l->documents; d; d = d->next)
		d->dirty = true;
}

/* One text changed: what does not extend it says the same as before. */
static void text_changed(struct lsp *l, struct lsp_document *changed)
{
	uint64_t read;

	forget_analysis(l);
	for (struct lsp_document *d = l->documents; d; d = d->next) {
		if (d == changed || !d->files || strmap_get(d->files, changed->uri, strlen(changed->uri), &read))
			d->dirty = true;
	}
}

static void free_document(struct lsp_document *d)
{
	free(d->uri);
	free(d->path);
	free(d->real);
	buf_free(&d->text);
	cJSON_Delete(d->findings);
	strmap_free(d->files);
	free(d);
}

static void remove_document(struct lsp *l, struct lsp_document **at)
{
	struct lsp_document *d = *at;

	*at = d->next;
	l->ndocuments--;
	l->texts -= d->text.len;
	lsp_files_changed(l);
	free_document(d);
}

void lsp_forget_documents(struct lsp *l)
{
	forget_analysis(l);
	while (l->documents)
		remove_document(l, &l->documents);
	free(l->open);
	while (l->published) {
		struct lsp_published *p = l->published;

		l->published = p->next;
		free(p->uri);
		cJSON_free(p->text);
		free(p);
	}
}

static void set_version(struct lsp_document *d, const cJSON *document)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(document, "version");

	d->has_version = cJSON_IsNumber(version);
	d->version = d->has_version ? version->valuedouble : 0;
}

/* The text may become len bytes long. */
static bool fits(struct lsp *l, const struct lsp_document *d, size_t len)
{
	if (len <= SPOL_FILE_MAX && l->texts - (d ? d->text.len : 0) + len <= LSP_TEXTS_MAX)
		return true;
	lsp_show(l, len > SPOL_FILE_MAX ? "spolc: the document is larger than a policy may be"
					: "spolc: too much text is open: close some documents");
	return false;
}

/* Takes bytes out and puts others in; the caller knows that it fits. */
static void splice(struct lsp *l, struct lsp_document *d, uint32_t from, uint32_t to, const char *text, size_t len)
{
	struct buf all = { 0 };

	l->texts += len;
	l->texts -= to - from;
	if (to == d->text.len) { /* the common case: more is typed at the end, or all is replaced */
		d->text.len = from;
		buf_add(&d->text, text, len);
		return;
	}
	buf_add(&all, d->text.data, from);
	buf_add(&all, text, len);
	buf_add(&all, d->text.data + to, d->text.len - to);
	buf_free(&d->text);
	d->text = all;
}

void lsp_did_open(struct lsp *l, const cJSON *params)
{
	const cJSON *document = cJSON_GetObjectItemCaseSensitive(params, "textDocument");
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(document, "text"));
	const char *uri = uri_of(params);
	struct lsp_document **at, *d;
	char *path = uri ? lsp_path(uri) : NULL;

	if (!path || !text) {
		lsp_show(l, "spolc: textDocument/didOpen without a text, or for a file of another host");
		free(path);
		return;
	}
	at = find_uri(l, uri);
	if (*at)
		remove_document(l, at);
	if (l->ndocuments >= LSP_DOCUMENTS_MAX || !fits(l, NULL, strlen(text))) {
		if (l->ndocuments >= LSP_DOCUMENTS_MAX)
			lsp_show(l, "spolc: too many documents are open: close some");
		free(path);
		return;
	}
	d = xcalloc(1, sizeof(*d));
	d->uri = xstrdup(uri);
	d->path = path;
	d->real = realpath(path, NULL);
	if (!d->real)
		d->real = xstrdup(path);
	set_version(d, document);
	d->changed = true;
	d->next = l->documents;
	l->documents = d;
	l->ndocuments++;
	splice(l, d, 0, 0, text, strlen(text));
	lsp_files_changed(l);
}

/* One change; false: it makes no sense, and what the client has is not known any more. */
static bool apply(struct lsp *l, struct lsp_document *d, const cJSON *change)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(change, "text"));
	const cJSON *range = cJSON_GetObjectItemCaseSensitive(change, "range");
	uint32_t from = 0, to = (uint32_t)d->text.len, line[2], character[2];
	size_t len;

	if (!text)
		return false;
	if (range) {
		const char *old = buf_cstr(&d->text);

		if (!lsp_read_position(cJSON_GetObjectItemCaseSensitive(range, "start"), &line[0], &character[0]) ||
		    !lsp_read_position(cJSON_GetObjectItemCaseSensitive(range, "end"), &line[1], &character[1]))
			return false;
		from = lsp_offset(old, d->text.len, l->utf8, line[0], character[0]);
		to = lsp_offset(old, d->text.len, l->utf8, line[1], character[1]);
		if (from > to)
			return false;
	}
	len = strlen(text);
	if (!fits(l, d, d->text.len - (to - from) + len))
		return false;
	splice(l, d, from, to, text, len);
	return true;
}

void lsp_did_change(struct lsp *l, const cJSON *params)
{
	const cJSON *changes = cJSON_GetObjectItemCaseSensitive(params, "contentChanges"), *change;
	struct lsp_document *d = lsp_document_of(l, params);

	if (!d) {
		lsp_show(l, "spolc: textDocument/didChange for a document that is not open");
		return;
	}
	text_changed(l, d);
	d->changed = true;
	set_version(d, cJSON_GetObjectItemCaseSensitive(params, "textDocument"));
	cJSON_ArrayForEach(change, changes)
	{
		if (apply(l, d, change))
			continue;
		lsp_show(l, "spolc: a change that makes no sense: open the document again");
		remove_document(l, find_uri(l, d->uri));
		return;
	}
}

void lsp_did_close(struct lsp *l, const cJSON *params)
{
	const char *uri = uri_of(params);
	struct lsp_document **at = uri ? find_uri(l, uri) : NULL;

	if (at && *at)
		remove_document(l, at);
}

/* ---- analyses ---- */

static void open_files(struct lsp *l)
{
	size_t n = 0;

	l->open = xrealloc(l->open, l->ndocuments + 1, sizeof(*l->open));
	for (struct lsp_document *d = l->documents; d; d = d->next)
		l->open[n++] = (struct spol_open_file){ d->path, buf_cstr(&d->text), d->text.len };
	l->options = l->job->spol;
	l->options.open = l->open;
	l->options.nopen = n;
	l->options.regular = true;
}

static struct spol_editor *analyse(struct lsp *l, struct lsp_document *d, struct err *err)
{
	if (l->editor_of == d)
		return l->editor;
	forget_analysis(l);
	open_files(l);
	l->editor = spol_editor_new(&l->options, d->path, err);
	if (!l->editor)
		return NULL;
	l->editor_of = d;
	spolc_apply_warnings(l->job, spol_editor_diags(l->editor));
	return l->editor;
}

struct spol_editor *lsp_analysis(struct lsp *l, struct lsp_document *d)
{
	return analyse(l, d, NULL);
}

const char *lsp_uri(struct lsp *l, const char *path, struct arena *arena)
{
	char *real = realpath(path, NULL);
	const char *uri = NULL;

	for (const struct lsp_document *d = l->documents; d && !uri; d = d->next) {
		if (strcmp(d->path, path) == 0 || (real && strcmp(d->real, real) == 0))
			uri = d->uri;
	}
	if (!uri)
		uri = lsp_file_uri(real ? real : path, arena);
	free(real);
	return uri;
}

/* ---- findings ---- */

static int severity(enum diag_level level)
{
	switch (level) {
	case DIAG_ERROR:
		return 1;
	case DIAG_WARNING:
		return 2;
	case DIAG_NOTE:
		break;
	}
	return 3;
}

static cJSON *related(struct lsp *l, const struct diags *sources, struct lsp_lines **lines, const struct diag_note *n,
		      struct arena *arena)
{
	cJSON *json = cJSON_CreateObject(), *location = cJSON_AddObjectToObject(json, "location");
	const struct source_text *s = diags_get_source(sources, n->at.file);

	cJSON_AddItemToObject(location, "uri", lsp_text(lsp_uri(l, s->name, arena)));
	cJSON_AddItemToObject(location, "range",
			      lsp_range(lsp_source_lines(sources, n->at.file, l->utf8, lines), n->at.start, n->at.end));
	cJSON_AddItemToObject(json, "message", lsp_text(n->text));
	return json;
}

cJSON *lsp_finding(struct lsp *l, const struct diags *sources, struct lsp_lines **lines, const struct diag *g,
		   struct arena *arena)
{
	cJSON *json = cJSON_CreateObject(), *notes = NULL;
	CLEANUP(buf_free) struct buf message = { 0 };

	buf_str(&message, g->text);
	cJSON_AddItemToObject(json, "range",
			      lsp_range(lsp_source_lines(sources, g->at.file, l->utf8, lines), g->at.start, g->at.end));
	cJSON_AddNumberToObject(json, "severity", severity(g->level));
	cJSON_AddStringToObject(json, "code", g->code);
	cJSON_AddStringToObject(json, "source", "spolc");
	for (unsigned i = 0; i < g->nnotes; i++) {
		if (g->notes[i].at.end == 0) {
			buf_printf(&message, "\nnote: %s", g->notes[i].text);
			continue;
		}
		if (!notes)
			notes = cJSON_AddArrayToObject(json, "relatedInformation");
		cJSON_AddItemToArray(notes, related(l, sources, lines, &g->notes[i], arena));
	}
	if (g->help)
		buf_printf(&message, "\nhelp: %s", g->help);
	cJSON_AddItemToObject(json, "message", lsp_text(buf_cstr(&message)));
	return json;
}

/* What the analysis of a document says, by the file that it is about. */
static void collect(struct lsp *l, struct lsp_document *d, struct spol_editor *e, cJSON *out)
{
	struct diags *diags = spol_editor_diags(e);
	uint32_t nsources = diags_source_count(diags);
	const char **uris = xcalloc(nsources, sizeof(char *));
	struct lsp_lines **lines = xcalloc(nsources, sizeof(struct lsp_lines *));
	cJSON **arrays = xcalloc(nsources, sizeof(cJSON *));
	struct arena *arena = arena_new();
	bool all_read = true;

	for (uint32_t i = 0; i < nsources; i++) {
		const char *name = diags_get_source(diags, i)->name;

		uris[i] = i == spol_editor_source(e) ? d->uri : lsp_uri(l, name, arena);
		strmap_put(d->files, uris[i], strlen(uris[i]), 1);
	}
	for (unsigned i = 0; i < diags_count(diags) && i < FINDINGS_MAX; i++) {
		const struct diag *g = diags_get(diags, i);
		uint32_t file = g->at.file;

		all_read = all_read && strcmp(g->code, "E1013") != 0;
		if (!arrays[file])
			arrays[file] = cJSON_GetObjectItemCaseSensitive(out, uris[file]);
		if (!arrays[file])
			arrays[file] = cJSON_AddArrayToObject(out, uris[file]);
		cJSON_AddItemToArray(arrays[file], lsp_finding(l, diags, lines, g, arena));
	}
	if (!all_read) { /* any change may be what lets it find or read a file */
		strmap_free(d->files);
		d->files = NULL;
	}
	for (uint32_t i = 0; i < nsources; i++)
		lsp_lines_free(lines[i]);
	free(lines);
	free(arrays);
	free(uris);
	arena_free(arena);
}

/* A document that cannot be analysed at all says why at its top. */
static void collect_failure(struct lsp_document *d, const struct err *err, cJSON *out)
{
	struct lsp_lines *lines = lsp_lines_new("", 0, true);
	cJSON *array = cJSON_AddArrayToObject(out, d->uri), *json = cJSON_CreateObject();

	cJSON_AddItemToObject(json, "range", lsp_range(lines, 0, 0));
	cJSON_AddNumberToObject(json, "severity", 1);
	cJSON_AddStringToObject(json, "source", "spolc");
	cJSON_AddItemToObject(json, "message", lsp_text(err->text));
	cJSON_AddItemToArray(array, json);
	lsp_lines_free(lines);
}

static void refresh(struct lsp *l, struct lsp_document *d)
{
	struct err err = { 0 };
	struct spol_editor *e = analyse(l, d, &err);

	cJSON_Delete(d->findings);
	strmap_free(d->files);
	d->findings = cJSON_CreateObject();
	d->files = strmap_new();
	d->dirty = false;
	if (e)
		collect(l, d, e, d->findings);
	else
		collect_failure(d, &err, d->findings);
}

/* ---- publishing ---- */

static struct lsp_published *published(struct lsp *l, const char *uri)
{
	struct lsp_published *p = l->published;

	while (p && strcmp(p->uri, uri) != 0)
		p = p->next;
	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->uri = xstrdup(uri);
	p->next = l->published;
	l->published = p;
	return p;
}

/* Adds those of an array that are not there yet. */
static void add_new(cJSON *all, struct strmap *known, const cJSON *array)
{
	const cJSON *finding;

	cJSON_ArrayForEach(finding, array)
	{
		char *text = cJSON_PrintUnformatted(finding);
		uint64_t there;

		INVARIANT(text != NULL);
		if (!strmap_get(known, text, strlen(text), &there) && strmap_count(known) < FINDINGS_MAX) {
			strmap_put(known, text, strlen(text), 1);
			cJSON_AddItemToArray(all, cJSON_Duplicate(finding, true));
		}
		cJSON_free(text);
	}
}

/* All findings about a file: its own analysis first, then what those that extend it say beyond that. */
static cJSON *merge(struct lsp *l, const char *uri)
{
	cJSON *all = cJSON_CreateArray();
	struct strmap *known = strmap_new();
	const struct lsp_document *own = *find_uri(l, uri);

	if (own)
		add_new(all, known, cJSON_GetObjectItemCaseSensitive(own->findings, uri));
	for (const struct lsp_document *d = l->documents; d; d = d->next) {
		if (d != own)
			add_new(all, known, cJSON_GetObjectItemCaseSensitive(d->findings, uri));
	}
	strmap_free(known);
	return all;
}

static void publish_one(struct lsp *l, const char *uri)
{
	struct lsp_published *p = published(l, uri);
	struct lsp_document *d = *find_uri(l, uri);
	cJSON *all = merge(l, uri), *params;
	char *text;

	p->keep = d || cJSON_GetArraySize(all) > 0;
	text = cJSON_PrintUnformatted(all);
	INVARIANT(text != NULL);
	if (p->text && strcmp(p->text, text) == 0 && !(d && d->changed)) {
		cJSON_free(text);
		cJSON_Delete(all);
		return;
	}
	cJSON_free(p->text);
	p->text = text;
	if (d)
		d->changed = false;
	params = cJSON_CreateObject();
	cJSON_AddItemToObject(params, "uri", lsp_text(uri));
	if (d && d->has_version)
		cJSON_AddNumberToObject(params, "version", d->version);
	cJSON_AddItemToObject(params, "diagnostics", all);
	lsp_notify(l, "textDocument/publishDiagnostics", params);
}

void lsp_publish(struct lsp *l)
{
	struct lsp_published **at = &l->published;

	for (struct lsp_document *d = l->documents; d; d = d->next) {
		if (d->dirty)
			refresh(l, d);
	}
	for (struct lsp_published *p = l->published; p; p = p->next)
		p->keep = false;
	for (struct lsp_document *d = l->documents; d; d = d->next) {
		const cJSON *array;

		published(l, d->uri);
		cJSON_ArrayForEach(array, d->findings)
		{
			published(l, array->string);
		}
	}
	for (struct lsp_published *p = l->published; p; p = p->next)
		publish_one(l, p->uri);
	while (*at) {
		struct lsp_published *p = *at;

		if (p->keep) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		free(p->uri);
		cJSON_free(p->text);
		free(p);
	}
}

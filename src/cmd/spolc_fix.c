/*
 * spolc --fix: makes the corrections that are certain in the text of a policy, round by round, since one correction
 * can show the next mistake or be in another's way; the file is written once, at the end.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "base/fdio.h"
#include "base/places.h"
#include "spol/parse.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 20

struct fixing {
	const struct spolc_job *job;
	const char *path;
	struct buf text;
	unsigned made;
	struct buf told;
};

/* One round: the edits that were chosen so far. */
struct round {
	struct diags *diags;
	struct places *places;
	const struct source_text *source; /* number 0: the file itself */
	bool *touched;                    /* by byte, and one behind the last: an edit begins, ends or lies there */
	const struct diag_edit **edits;
	size_t n;
};

/* All in the file itself, and apart from all that were chosen: what only touches one waits for the next round. */
static bool can_apply(const struct round *r, const struct diag *g)
{
	if (g->nedits == 0 || g->guess)
		return false;
	for (unsigned i = 0; i < g->nedits; i++) {
		const struct span *at = &g->edits[i].at;

		if (at->file != 0)
			return false;
		for (uint32_t k = at->start; k <= at->end; k++) {
			if (r->touched[k])
				return false;
		}
	}
	return true;
}

static void choose(struct fixing *f, struct round *r, const struct diag *g)
{
	struct place at = places_find(r->places, 0, g->at.start);

	for (unsigned i = 0; i < g->nedits; i++) {
		const struct diag_edit *e = &g->edits[i];

		memset(r->touched + e->at.start, true, (size_t)(e->at.end - e->at.start) + 1);
		r->edits[r->n++] = e;
	}
	f->made++;
	buf_printf(&f->told, "%s:%u:%u: fixed[%s]: %s\n", f->path, (unsigned)at.line, (unsigned)at.column, g->code,
		   g->text);
}

static int by_start(const void *x, const void *y)
{
	const struct diag_edit *a = *(const struct diag_edit *const *)x, *b = *(const struct diag_edit *const *)y;

	return a->at.start < b->at.start ? -1 : a->at.start > b->at.start;
}

static void apply(const struct round *r, struct buf *text)
{
	const char *old = r->source->text;
	uint32_t at = 0;

	buf_clear(text);
	if (r->n)
		qsort(r->edits, r->n, sizeof(*r->edits), by_start);
	for (size_t i = 0; i < r->n; i++) {
		buf_add(text, old + at, r->edits[i]->at.start - at);
		buf_str(text, r->edits[i]->text);
		at = r->edits[i]->at.end;
	}
	buf_add(text, old + at, r->source->len - at);
}

/* false: there was nothing to correct */
static bool correct(struct fixing *f, struct diags *d)
{
	unsigned count = diags_count(d);
	struct round r = { .diags = d, .source = diags_get_source(d, 0), .places = places_over(d) };

	r.touched = xcalloc((size_t)r.source->len + 1, sizeof(*r.touched));
	r.edits = xcalloc((size_t)count * DIAG_EDITS_MAX + 1, sizeof(struct diag_edit *));
	for (unsigned i = 0; i < count; i++) {
		const struct diag *g = diags_get(d, i);

		if (can_apply(&r, g))
			choose(f, &r, g);
	}
	if (r.n)
		apply(&r, &f->text);
	places_free(r.places);
	free(r.touched);
	free(r.edits);
	return r.n > 0;
}

/* false: there was nothing to correct, or the file cannot be judged */
static bool one_round(struct fixing *f)
{
	const struct spol_open_file open = { .path = f->path, .text = buf_cstr(&f->text), .len = f->text.len };
	CLEANUP(buf_free) struct buf image = { 0 };
	struct spol_options options = f->job->spol;
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct err err = { 0 };
	bool again = false;

	options.open = &open;
	options.nopen = 1;
	if (spol_compile(&options, f->path, d, arena, &image, &err) == 0 || err.code == ERR_POLICY) {
		spolc_apply_warnings(f->job, d);
		again = correct(f, d);
	}
	diags_free(d);
	arena_free(arena);
	return again;
}

static int write_back(const struct fixing *f, const struct buf *old, struct err *err)
{
	CLEANUP(buf_free) struct buf now = { 0 };

	if (file_read(f->path, SPOL_FILE_MAX, &now, err) != 0)
		return -1;
	if (now.len != old->len || memcmp(now.data, old->data, old->len) != 0)
		return err_set(err, ERR_IO, "%s was changed by others meanwhile: nothing is written", f->path);
	return file_replace(f->path, f->text.data, f->text.len, err);
}

int spolc_fix(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf old = { 0 };
	struct fixing f = { .job = j, .path = path };
	FILE *to = j->format == SPOLC_TEXT ? stdout : stderr;
	struct err err = { 0 };
	int status = 0;

	if (file_read(path, SPOL_FILE_MAX, &old, NULL) != 0)
		return STATUS_FAILED;
	buf_add(&f.text, old.data, old.len);
	for (int round = 0; round < ROUNDS_MAX && one_round(&f); round++)
		;
	if (f.made && write_back(&f, &old, &err) != 0) {
		spolc_fail(j, &err);
		status = STATUS_FAILED;
	} else if (f.made) {
		fputs(buf_cstr(&f.told), to);
		fprintf(to, "%s: %u correction%s\n", path, f.made, f.made == 1 ? " was made" : "s were made");
	}
	buf_free(&f.text);
	buf_free(&f.told);
	return status;
}

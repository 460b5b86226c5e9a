/*
 * Diagnostics: collecting findings, putting them in order, and finding the near miss of a misspelt name.
 * Rendering stands in diag_render.c.
 */
#include "base/diag.h"

#include "base/check.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Findings that are kept: a file that is no policy at all must not fill the memory. */
#define DIAGS_MAX 10000

/* What diags_get() sorts: the finding and when it was added. */
struct entry {
	struct diag diag; /* first: a struct diag * handed out is a struct entry * */
	unsigned serial;
};

struct diags {
	struct arena *arena;
	struct source_text *sources;
	uint32_t nsources;
	struct entry **entries;
	size_t count, room;
	unsigned serial;
	unsigned errors, warnings;
	bool sorted;
	struct strmap *seen; /* code and place of every finding so far */
	struct entry scratch;
};

struct diags *diags_new(void)
{
	struct diags *d = xcalloc(1, sizeof(*d));

	d->arena = arena_new();
	d->seen = strmap_new();
	d->sorted = true;
	return d;
}

void diags_free(struct diags *d)
{
	if (!d)
		return;
	arena_free(d->arena);
	strmap_free(d->seen);
	free(d->sources);
	free(d->entries);
	free(d);
}

uint32_t diags_source(struct diags *d, const char *name, const char *text, uint32_t len)
{
	d->sources = xrealloc(d->sources, (size_t)d->nsources + 1, sizeof(*d->sources));
	d->sources[d->nsources] = (struct source_text){ .name = name, .text = text, .len = len };
	return d->nsources++;
}

const struct source_text *diags_get_source(const struct diags *d, uint32_t file)
{
	INVARIANT(file < d->nsources);
	return &d->sources[file];
}

uint32_t diags_source_count(const struct diags *d)
{
	return d->nsources;
}

/* true the first time that this code meets this place */
static bool is_new(struct diags *d, struct span at, const char *code)
{
	char key[64];
	size_t len = strlen(code);
	uint64_t value;

	INVARIANT(len <= sizeof(key) - sizeof(at));
	memcpy(key, &at, sizeof(at));
	memcpy(key + sizeof(at), code, len);
	if (strmap_get(d->seen, key, sizeof(at) + len, &value))
		return false;
	strmap_put(d->seen, key, sizeof(at) + len, 1);
	return true;
}

static struct diag *add(struct diags *d, enum diag_level level, struct span at, const char *code, const char *fmt,
			va_list ap) PRINTF_LIKE(5, 0);

static struct diag *add(struct diags *d, enum diag_level level, struct span at, const char *code, const char *fmt,
			va_list ap)
{
	struct entry *e = &d->scratch;

	INVARIANT(at.file < d->nsources);
	if (d->count >= DIAGS_MAX || !is_new(d, at, code)) {
		*e = (struct entry){ .diag = { .level = level, .code = code, .at = at, .text = "" } };
		return &e->diag;
	}
	e = arena_alloc(d->arena, sizeof(*e));
	e->diag.level = level;
	e->diag.code = code;
	e->diag.at = at;
	e->diag.text = arena_vprintf(d->arena, fmt, ap);
	e->serial = d->serial++;
	if (d->count == d->room) {
		d->room = d->room ? d->room * 2 : 16;
		d->entries = xrealloc(d->entries, d->room, sizeof(*d->entries));
	}
	d->entries[d->count++] = e;
	d->sorted = false;
	d->errors += level == DIAG_ERROR;
	d->warnings += level == DIAG_WARNING;
	return &e->diag;
}

struct diag *diag_error(struct diags *d, struct span at, const char *code, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	g = add(d, DIAG_ERROR, at, code, fmt, ap);
	va_end(ap);
	return g;
}

struct diag *diag_warning(struct diags *d, struct span at, const char *code, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	g = add(d, DIAG_WARNING, at, code, fmt, ap);
	va_end(ap);
	return g;
}

void diag_note(struct diags *d, struct diag *g, struct span at, const char *fmt, ...)
{
	va_list ap;

	if (g == &d->scratch.diag || g->nnotes == DIAG_NOTES_MAX)
		return;
	va_start(ap, fmt);
	g->notes[g->nnotes].at = at;
	g->notes[g->nnotes].text = arena_vprintf(d->arena, fmt, ap);
	g->nnotes++;
	va_end(ap);
}

void diag_help(struct diags *d, struct diag *g, const char *fmt, ...)
{
	va_list ap;

	if (g == &d->scratch.diag)
		return;
	va_start(ap, fmt);
	g->help = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

static void add_edit(struct diags *d, struct diag *g, struct span at, const char *fmt, va_list ap) PRINTF_LIKE(4, 0);

static void add_edit(struct diags *d, struct diag *g, struct span at, const char *fmt, va_list ap)
{
	struct diag_edit *e = &g->edits[g->nedits];

	if (g == &d->scratch.diag)
		return;
	INVARIANT(g->nedits < DIAG_EDITS_MAX && at.file < d->nsources && at.start <= at.end &&
		  at.end <= d->sources[at.file].len);
	g->nedits++;
	e->at = at;
	e->text = arena_vprintf(d->arena, fmt, ap);
}

void diag_edit(struct diags *d, struct diag *g, struct span at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_edit(d, g, at, fmt, ap);
	va_end(ap);
}

void diag_guess(struct diags *d, struct diag *g, struct span at, const char *fmt, ...)
{
	va_list ap;

	g->guess = true;
	va_start(ap, fmt);
	add_edit(d, g, at, fmt, ap);
	va_end(ap);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void diag_edit_removal(struct diags *d, struct diag *g, struct span at, bool comment_too)
{
	const struct source_text *s = diags_get_source(d, at.file);
	uint32_t from = at.start, to = at.end;

	while (from > 0 && is_blank(s->text[from - 1]))
		from--;
	while (to < s->len && is_blank(s->text[to]))
		to++;
	if (comment_too && to < s->len && s->text[to] == '#') {
		while (to < s->len && s->text[to] != '\n')
			to++;
	}
	if ((from == 0 || s->text[from - 1] == '\n') && (to == s->len || s->text[to] == '\n'))
		at = (struct span){ at.file, from, to + (to < s->len) };
	else if (from > 0 && s->text[from - 1] != '\n')
		at.start = from;
	else if (s->text[to] != '#')
		at.end = to;
	diag_edit(d, g, at, "%s", "");
}

unsigned diags_errors(const struct diags *d)
{
	return d->errors;
}

unsigned diags_warnings(const struct diags *d)
{
	return d->warnings;
}

unsigned diags_count(const struct diags *d)
{
	return (unsigned)d->count;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa;
	const struct entry *b = *(const struct entry *const *)pb;

	if (a->diag.at.file != b->diag.at.file)
		return a->diag.at.file < b->diag.at.file ? -1 : 1;
	if (a->diag.at.start != b->diag.at.start)
		return a->diag.at.start < b->diag.at.start ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

const struct diag *diags_get(struct diags *d, unsigned index)
{
	INVARIANT(index < d->count);
	if (!d->sorted)
		qsort(d->entries, d->count, sizeof(struct entry *), compare_entries);
	d->sorted = true;
	return &d->entries[index]->diag;
}

void diags_set_level(struct diags *d, unsigned index, enum diag_level level)
{
	enum diag_level old = diags_get(d, index)->level;

	d->errors += (level == DIAG_ERROR) - (old == DIAG_ERROR);
	d->warnings += (level == DIAG_WARNING) - (old == DIAG_WARNING);
	d->entries[index]->diag.level = level;
}

void diags_remove(struct diags *d, unsigned index)
{
	const struct diag *g = diags_get(d, index);

	d->errors -= g->level == DIAG_ERROR;
	d->warnings -= g->level == DIAG_WARNING;
	d->count--;
	memmove(&d->entries[index], &d->entries[index + 1], (d->count - index) * sizeof(struct entry *));
}

#define SUGGEST_LEN_MAX 64

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: insert, delete, replace, and swap of neighbours cost 1 each. */
static unsigned edit_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned rows[3][SUGGEST_LEN_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= blen; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= alen; i++) {
		unsigned *oldest = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= blen; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[blen];
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	size_t len = strlen(candidate);
	unsigned limit = s->word_len < 6 ? 1 : (unsigned)(s->word_len / 3);
	unsigned distance;

	if (s->word_len < 2 || s->word_len > SUGGEST_LEN_MAX || len > SUGGEST_LEN_MAX)
		return;
	if (len > s->word_len + limit || s->word_len > len + limit)
		return;
	if (len == s->word_len && strncasecmp(s->word, candidate, len) == 0)
		distance = 1; /* only the case is wrong: nothing is nearer */
	else
		distance = edit_distance(s->word, s->word_len, candidate, len);
	if (distance <= limit && (!s->best || distance < s->best_distance)) {
		s->best = candidate;
		s->best_distance = distance;
	}
}

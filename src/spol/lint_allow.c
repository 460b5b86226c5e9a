/*
 * Comments that allow a finding (W1xxx, S2xxx; never an error):
 *   # spolc:allow W1004 W1006 the reason
 * Behind text, it is about what begins on its line.  Alone on its line, it is about what begins on the next line that
 * holds text, and about the whole of the statement, rule or arm that stands first there; of the file as such (W1005)
 * when it stands before the first statement.
 */
#include "spol/policy.h"

#include "base/check.h"
#include "spol/codes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTIVE   "spolc:"
#define ALLOW       "spolc:allow"
#define ALLOWS_MAX  10000u /* of one file: their number times that of the findings is the work */
#define CODE_LENGTH 5
#define OF_THE_FILE "W1005"

/* A construct of several lines that an allowance in front of it covers. */
struct extent {
	uint32_t start, end;
};

struct extents {
	struct extent *list;
	size_t n, room;
};

static void add_extent(struct extents *e, struct span at)
{
	if (e->n == e->room) {
		e->room = e->room ? 2 * e->room : 64;
		e->list = xrealloc(e->list, e->room, sizeof(*e->list));
	}
	e->list[e->n++] = (struct extent){ at.start, at.end };
}

/* The longer one first where two begin together. */
static int by_start(const void *x, const void *y)
{
	const struct extent *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end > b->end ? -1 : a->end < b->end;
}

static void collect_extents(const struct file_ast *ast, struct extents *e)
{
	for (const struct item *item = ast->items; item; item = item->next) {
		add_extent(e, item->at);
		for (const struct rule *r = item->rules; r; r = r->next) {
			add_extent(e, r->at);
			for (const struct arm *a = r->arms; a; a = a->next)
				add_extent(e, a->at);
		}
	}
	if (e->n)
		qsort(e->list, e->n, sizeof(*e->list), by_start);
}

/* Where the longest construct that begins at start ends; start itself: none begins there. */
static uint32_t extent_end(const struct extents *e, uint32_t start)
{
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (e->list[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < e->n && e->list[low].start == start ? e->list[low].end : start;
}

/* One code of one allowance. */
struct allow {
	struct span at; /* the code, or the comment when it has no other */
	const char *code;
	uint32_t from, to; /* bytes that it covers */
	bool file;         /* stands before the first statement */
};

struct allow_reader {
	struct policy *p;
	const struct file_ast *ast;
	const struct source_text *source;
	struct extents extents;
	struct extent run; /* of comments that were last looked at, up to the text behind them */
	struct allow *list;
	size_t n;
	bool full;
};

static uint32_t line_start(const struct source_text *s, uint32_t offset)
{
	while (offset > 0 && s->text[offset - 1] != '\n')
		offset--;
	return offset;
}

static uint32_t line_end(const struct source_text *s, uint32_t offset)
{
	const char *end = memchr(s->text + offset, '\n', s->len - offset);

	return end ? (uint32_t)(end - s->text) : s->len;
}

static uint32_t skip_blanks(const struct source_text *s, uint32_t offset)
{
	while (offset < s->len && isspace((unsigned char)s->text[offset]))
		offset++;
	return offset;
}

/* An arm behind `else` begins behind it. */
static uint32_t skip_else(const struct source_text *s, uint32_t offset)
{
	if (s->len - offset > 4 && memcmp(s->text + offset, "else", 4) == 0 &&
	    isspace((unsigned char)s->text[offset + 4]))
		return skip_blanks(s, offset + 4);
	return offset;
}

/* Where text begins behind a comment and the comments and blank lines that follow it. */
static uint32_t first_behind(struct allow_reader *r, const struct comment *c)
{
	if (c->at.start >= r->run.start && c->at.end <= r->run.end)
		return r->run.end;
	r->run.start = c->at.start;
	r->run.end = skip_blanks(r->source, c->at.end);
	for (c = c->next; c && c->at.start == r->run.end; c = c->next)
		r->run.end = skip_blanks(r->source, c->at.end);
	return r->run.end;
}

/* What a comment covers. */
static void set_extent(struct allow_reader *r, const struct comment *c, struct allow *a)
{
	const struct source_text *s = r->source;
	uint32_t first, end;

	a->file = !r->ast->items || c->at.start < r->ast->items->at.start;
	if (!c->own_line) {
		a->from = line_start(s, c->at.start);
		a->to = c->at.start;
		return;
	}
	first = first_behind(r, c);
	a->from = first;
	a->to = line_end(s, first);
	if (!r->extents.n)
		collect_extents(r->ast, &r->extents);
	end = extent_end(&r->extents, first);
	if (end == first)
		end = extent_end(&r->extents, skip_else(s, first));
	if (end > a->to)
		a->to = end;
}

static const char *skip_space(const char *t, const char *end)
{
	while (t < end && (isspace((unsigned char)*t) || *t == ',' || *t == ':'))
		t++;
	return t;
}

static bool is_code(const char *t, size_t len)
{
	return len == CODE_LENGTH && isalpha((unsigned char)t[0]) && strspn(t + 1, "0123456789") >= CODE_LENGTH - 1;
}

static void malformed(struct allow_reader *r, struct span at, const char *text)
{
	struct diag *g = diag_warning(r->p->d, at, "W1007", "%s", text);

	diag_help(r->p->d, g, "# spolc:allow W1004 kept for policies that extend this one");
}

/* A code that can be allowed, or a report. */
static const struct spol_code *allowable(struct allow_reader *r, struct span at)
{
	struct diags *d = r->p->d;
	const char *name = arena_copy(r->p->arena, r->source->text + at.start, at.end - at.start);
	const struct spol_code *c = spol_code_find(name);
	struct suggest s = { .word = name, .word_len = strlen(name) };
	struct diag *g;

	if (!c) {
		g = diag_warning(d, at, "W1007", "there is no code %s", name);
		for (size_t i = 0; i < spol_code_count(); i++) {
			if (spol_code_at(i)->level != DIAG_ERROR)
				suggest_offer(&s, spol_code_at(i)->id);
		}
		if (s.best) {
			diag_help(d, g, "did you mean %s?", s.best);
			diag_guess(d, g, at, "%s", s.best);
		}
		return NULL;
	}
	if (c->level == DIAG_ERROR) {
		diag_warning(d, at, "W1007", "%s is an error: it cannot be allowed", name);
		return NULL;
	}
	if (strcmp(name, "W1007") == 0 || strcmp(name, "W1008") == 0) {
		diag_warning(d, at, "W1007", "%s is about allowances: it cannot be allowed", name);
		return NULL;
	}
	return c;
}

/* The codes of an allowance go to r->list, if it has a reason. */
static void read_codes(struct allow_reader *r, const struct comment *c, const char *t, const char *end)
{
	const char *base = r->source->text;
	size_t from = r->n, codes = 0;
	struct allow extent = { .at = c->at };
	const char *word;
	size_t len;

	for (t = skip_space(t, end); t < end; t = skip_space(t + len, end)) {
		struct span at = { c->at.file, (uint32_t)(t - base), 0 };
		const struct spol_code *code;

		word = t;
		len = 0;
		while (t + len < end && isalnum((unsigned char)t[len]))
			len++;
		if (!is_code(word, len))
			break;
		codes++;
		at.end = at.start + (uint32_t)len;
		code = allowable(r, at);
		if (!code)
			continue;
		if (r->n == ALLOWS_MAX) {
			if (!r->full)
				diag_warning(r->p->d, at, "W1007",
					     "more than %u allowances in a file: no more are read", ALLOWS_MAX);
			r->full = true;
			return;
		}
		r->list[r->n++] = (struct allow){ .at = at, .code = code->id };
	}
	if (codes == 0 || t == end) {
		malformed(r, c->at, codes ? "an allowance needs a reason" : "an allowance needs a code and a reason");
		r->n = from;
		return;
	}
	if (r->n > from)
		set_extent(r, c, &extent);
	for (size_t i = from; i < r->n; i++) {
		r->list[i].from = extent.from;
		r->list[i].to = extent.to;
		r->list[i].file = extent.file;
		if (codes == 1)
			r->list[i].at = c->at;
	}
}

static void read_comment(struct allow_reader *r, const struct comment *c)
{
	const char *t = r->source->text + c->at.start, *end = r->source->text + c->at.end;
	size_t word = 0;

	while (t < end && (*t == '#' || *t == ' ' || *t == '\t'))
		t++;
	if ((size_t)(end - t) < strlen(DIRECTIVE) || memcmp(t, DIRECTIVE, strlen(DIRECTIVE)) != 0)
		return;
	while (t + word < end && !isspace((unsigned char)t[word]))
		word++;
	if (word != strlen(ALLOW) || memcmp(t, ALLOW, word) != 0)
		malformed(r, c->at, "`spolc:` begins an allowance, and this is none");
	else
		read_codes(r, c, t + word, end);
}

static bool allows(const struct allow *a, const struct diag *g)
{
	if (g->level != DIAG_WARNING || g->at.file != a->at.file || strcmp(g->code, a->code) != 0)
		return false;
	if (strcmp(g->code, OF_THE_FILE) == 0)
		return a->file;
	return g->at.start >= a->from && g->at.start < a->to;
}

/* false: it allowed nothing. */
static bool apply(struct policy *p, const struct allow *a)
{
	bool used = false;

	for (unsigned i = diags_count(p->d); i-- > 0;) {
		if (!allows(a, diags_get(p->d, i)))
			continue;
		diags_remove(p->d, i);
		used = true;
	}
	return used;
}

void lint_allow(struct policy *p)
{
	const struct policy_file *top = p->files[p->nfiles - 1];
	struct allow_reader r = { .p = p, .ast = top->ast, .source = diags_get_source(p->d, top->source) };
	bool *used;

	r.list = xcalloc(ALLOWS_MAX, sizeof(*r.list));
	for (const struct comment *c = top->ast->comments; c; c = c->next)
		read_comment(&r, c);
	used = xcalloc(r.n + 1, sizeof(*used));
	for (size_t i = 0; i < r.n; i++)
		used[i] = apply(p, &r.list[i]);
	for (size_t i = 0; i < r.n; i++) {
		struct diag *g;

		if (used[i])
			continue;
		g = diag_warning(p->d, r.list[i].at, "W1008", "nothing here needs to be allowed %s", r.list[i].code);
		correct_allowance(p, g, top, r.list[i].at);
	}
	free(used);
	free(r.list);
	free(r.extents.list);
}

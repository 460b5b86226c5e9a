/*
 * The formatter's frame: tokens and comments to pieces, which line breaks of the source stay, and a look at the result:
 * it must hold the same tokens and comments.
 */
#include "spol/fmt.h"

#include "base/check.h"
#include "spol/fmt_piece.h"
#include "spol/parse.h"

#include "grammar/spol_parse.h"

#include <stdlib.h>
#include <string.h>

#define ALLOW "spolc:allow"

uint32_t fmt_comment_end(const struct fmt *f, const struct comment *c)
{
	uint32_t end = c->at.end;

	while (end > c->at.start && strchr(" \t\r", f->source->text[end - 1]))
		end--;
	return end;
}

uint32_t fmt_width(const char *text, uint32_t len)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

bool fmt_blank_between(const struct fmt *f, uint32_t from, uint32_t to)
{
	const char *text = f->source->text + from, *first = memchr(text, '\n', to - from);

	return first && memchr(first + 1, '\n', (size_t)(f->source->text + to - first - 1));
}

static uint32_t newlines(const struct fmt *f, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < to; i++)
		n += f->source->text[i] == '\n';
	return n;
}

/* ---- pieces ---- */

static void make_pieces(struct fmt *f, const struct spol_tokens *tokens)
{
	const struct comment *c = f->ast->comments;
	uint32_t end = 0, line = 0;

	f->count = (uint32_t)tokens->count;
	f->pieces = xcalloc(f->count, sizeof(*f->pieces));
	for (uint32_t i = 0; i < f->count; i++) {
		const struct spol_token *t = &tokens->list[i];
		struct fmt_piece *p = &f->pieces[i];
		uint32_t from = end;

		*p = (struct fmt_piece){ .kind = t->kind, .start = t->start, .end = t->end };
		p->width = fmt_width(f->source->text + p->start, p->end - p->start);
		if (c && c->at.start < p->start)
			p->comment = c;
		for (; c && c->at.start < p->start; c = c->next)
			from = c->at.end;
		line += newlines(f, end, p->start);
		p->line = line;
		p->moved = i == 0 || line != p[-1].line;
		p->blank = fmt_blank_between(f, from, p->start);
		end = p->end;
	}
}

/* ---- what must stay together ---- */

static bool is_allowance(const struct fmt *f, const struct comment *c)
{
	const char *t = f->source->text + c->at.start, *end = f->source->text + c->at.end;

	while (t < end && (*t == '#' || *t == ' ' || *t == '\t'))
		t++;
	return (size_t)(end - t) >= strlen(ALLOW) && memcmp(t, ALLOW, strlen(ALLOW)) == 0;
}

/* The tokens of the line that begins at piece i stay on one line, and no others come to it. */
static void pin_line(struct fmt *f, uint32_t i)
{
	uint32_t line = f->pieces[i].line;

	for (f->pieces[i].hard = true, i++; i < f->count && f->pieces[i].line == line; i++)
		f->pieces[i].pinned = true;
	if (i < f->count)
		f->pieces[i].hard = true;
}

/* The last piece of what an allowance in front of piece i is about, beside the line; 0: nothing begins there. */
static uint32_t last_allowed(const struct fmt *f, uint32_t i)
{
	const struct fmt_piece *p = &f->pieces[i];

	if (p->last == 0 && p->kind == TOK_ELSE && !p[1].comment)
		return p[1].last;
	return p->last;
}

/* The last piece on the line of piece i that something could be found at. */
static uint32_t last_on_line(const struct fmt *f, uint32_t i)
{
	uint32_t last = i;

	for (uint32_t k = i + 1; k < f->count && f->pieces[k].line == f->pieces[i].line; k++) {
		if (f->pieces[k].kind != ';' && f->pieces[k].kind != '}' && f->pieces[k].kind != TOK_END)
			last = k;
	}
	return last;
}

/* An allowance that stands behind text: the line is what it is about. */
static void pin_behind(struct fmt *f, uint32_t i)
{
	while (i > 0 && f->pieces[i - 1].line == f->pieces[i].line)
		i--;
	pin_line(f, i);
}

/* Before piece i: it is about what begins there, and about the line. */
static void pin_before(struct fmt *f, uint32_t i)
{
	if (last_allowed(f, i) < last_on_line(f, i))
		pin_line(f, i);
}

/* Before piece i: nothing more comes to that line. */
static void part_before(struct fmt *f, uint32_t i)
{
	uint32_t next = last_allowed(f, i) + 1;

	if (next == 1)
		return;
	next += f->pieces[next].kind == ';';
	if (next < f->count && !f->pieces[next].pinned)
		f->pieces[next].hard = true;
}

static void keep_allowances(struct fmt *f)
{
	for (int pass = 0; pass < 3; pass++) {
		for (uint32_t i = 0; i < f->count; i++) {
			const struct fmt_piece *p = &f->pieces[i];

			for (const struct comment *c = p->comment; c && c->at.start < p->start; c = c->next) {
				if (!is_allowance(f, c))
					continue;
				if (!c->own_line && pass == 0)
					pin_behind(f, i - 1);
				else if (c->own_line && p->kind != TOK_END && pass == 1)
					pin_before(f, i);
				else if (c->own_line && p->kind != TOK_END && pass == 2)
					part_before(f, i);
			}
		}
	}
}

static bool stays(enum seam seam)
{
	switch (seam) {
	case SEAM_ELSE:
	case SEAM_START:
	case SEAM_COMMA:
	case SEAM_LOGIC:
	case SEAM_CLOSE:
		return true;
	case SEAM_NONE:
	case SEAM_ITEM:
	case SEAM_RULE:
	case SEAM_FILL:
		break;
	}
	return false;
}

static void find_hard_breaks(struct fmt *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		struct fmt_piece *p = &f->pieces[i];

		p->hard |= p->comment || (p->moved && stays((enum seam)p->seam));
	}
	keep_allowances(f);
}

/* ---- the result ---- */

static void scan(struct diags *d, const char *text, uint32_t len, struct arena *arena, struct file_ast *ast,
		 struct spol_tokens *out)
{
	spol_scan(d, diags_source(d, "", text, len), arena, ast, out);
}

/* No token and no comment is another one than before. */
static void check_same(const struct fmt *f, struct buf *out, size_t start)
{
	struct fmt made = { .source = NULL };
	struct file_ast ast = { 0 };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct spol_tokens tokens = { 0 };
	const struct comment *a = f->ast->comments, *b;

	scan(d, buf_cstr(out) + start, (uint32_t)(out->len - start), arena, &ast, &tokens);
	made.source = diags_get_source(d, 0);
	INVARIANT(tokens.count == f->count);
	for (uint32_t i = 0; i < f->count; i++) {
		const struct fmt_piece *p = &f->pieces[i];
		const struct spol_token *t = &tokens.list[i];

		INVARIANT(t->kind == p->kind && t->end - t->start == p->end - p->start);
		INVARIANT(memcmp(made.source->text + t->start, f->source->text + p->start, p->end - p->start) == 0);
	}
	for (b = ast.comments; a && b; a = a->next, b = b->next) {
		uint32_t len = fmt_comment_end(f, a) - a->at.start;

		INVARIANT(a->own_line == b->own_line && len == b->at.end - b->at.start);
		INVARIANT(memcmp(f->source->text + a->at.start, made.source->text + b->at.start, len) == 0);
	}
	INVARIANT(!a && !b);
	free(tokens.list);
	diags_free(d);
	arena_free(arena);
}

int spol_format(struct diags *d, uint32_t file, struct arena *arena, struct buf *out)
{
	struct fmt f = { .source = diags_get_source(d, file) };
	struct spol_tokens tokens = { 0 };
	struct file_ast scanned = { 0 };
	size_t start = out->len;

	f.ast = spol_parse(d, file, arena);
	if (diags_errors(d) > 0)
		return -1;
	spol_scan(d, file, arena, &scanned, &tokens);
	make_pieces(&f, &tokens);
	free(tokens.list);
	fmt_mark(&f);
	find_hard_breaks(&f);
	fmt_lay_out(&f, out);
	check_same(&f, out, start);
	free(f.pieces);
	free(f.scopes);
	return 0;
}

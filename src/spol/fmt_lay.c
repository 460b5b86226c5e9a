/*
 * Marked pieces into lines: where each of them breaks, what it is indented by, and which columns stand below each
 * other.
 */
#include "spol/fmt_piece.h"

#include "base/check.h"
#include "spol/fmt.h"

#include "grammar/spol_parse.h"

#include <stdlib.h>

#define TAB 8

/* Lines that go on are not indented by more columns. */
#define INDENT_MAX     80
/* A line is only broken where the rest comes to stand so many columns further to the left; a verb, where it is so many.
 */
#define GAIN_MIN       8
#define GAIN_MIN_VERBS 32

struct line {
	uint32_t start, len; /* in the text, with what it is indented by */
	uint32_t width, tabs;
	const struct comment *comment; /* at its end */
	bool blank;                    /* a blank line goes before it */
	bool code;                     /* there is more than a comment */
};

struct layout {
	struct fmt *f;
	struct buf text; /* the code of the lines */
	struct line *lines;
	uint32_t count, room;
	uint32_t column; /* of the last line */
	uint32_t first;	 /* the piece that begins it */
	bool flat;       /* the block that is being written is one line */
	bool split;      /* each of the following arms has a line */
};

static struct line *last_line(struct layout *l)
{
	INVARIANT(l->count > 0);
	return &l->lines[l->count - 1];
}

static uint32_t scope_column(const struct fmt_scope *s)
{
	return s->tabs * TAB + s->spaces;
}

static void new_line(struct layout *l, uint32_t scope, bool blank)
{
	const struct fmt_scope *s = &l->f->scopes[scope];

	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 256;
		l->lines = xrealloc(l->lines, l->room, sizeof(*l->lines));
	}
	l->lines[l->count++] = (struct line){ .start = (uint32_t)l->text.len, .tabs = s->tabs, .blank = blank };
	for (uint32_t i = 0; i < s->tabs; i++)
		buf_byte(&l->text, '\t');
	for (uint32_t i = 0; i < s->spaces; i++)
		buf_byte(&l->text, ' ');
	l->column = scope_column(s);
	l->lines[l->count - 1].len = s->tabs + s->spaces;
}

/* Scopes that begin where the next piece comes to stand. */
static void place_scopes(struct layout *l, uint32_t first)
{
	for (uint32_t i = first; i; i = l->f->scopes[i].next) {
		struct fmt_scope *s = &l->f->scopes[i];
		const struct fmt_scope *parent = &l->f->scopes[s->parent];

		s->tabs = parent->tabs;
		s->spaces = parent->spaces;
		if (!s->relative && l->column <= INDENT_MAX) {
			s->tabs = last_line(l)->tabs;
			s->spaces = l->column - s->tabs * TAB;
		} else if (scope_column(parent) + TAB <= INDENT_MAX) {
			s->tabs += parent->spaces == 0;
			s->spaces += parent->spaces ? TAB : 0;
		}
	}
}

/* ---- what fits ---- */

static bool is_statement(const struct fmt_piece *p)
{
	return p->seam == SEAM_ITEM || p->seam == SEAM_RULE;
}

static uint32_t width_behind(const struct fmt_piece *p)
{
	return p->width + (p->space ? 1 + p->pad : 0);
}

/*
 * Does what begins at piece i, in this column, fit up to the next place to break of at most this level?  What must be
 * broken in between makes no difference: the answer is the same when the lines have been broken.
 */
static bool fits(const struct layout *l, uint32_t i, uint32_t column)
{
	const struct fmt_piece *all = l->f->pieces;
	unsigned level = all[i].level;

	column += all[i].width;
	for (uint32_t k = i + 1; k < l->f->count && column <= SPOL_LINE_MAX; k++) {
		const struct fmt_piece *p = &all[k];

		if (is_statement(p) || (p->seam != SEAM_NONE && p->level <= level))
			break;
		column += width_behind(p);
	}
	return column <= SPOL_LINE_MAX;
}

/* Do the arms that begin at piece i, in this column, fit one line as far as the author put them into one? */
static bool arms_fit(const struct layout *l, uint32_t i, uint32_t column)
{
	const struct fmt_piece *all = l->f->pieces;

	column += all[i].width;
	for (uint32_t k = i + 1; k < l->f->count && column <= SPOL_LINE_MAX; k++) {
		const struct fmt_piece *p = &all[k];

		if (is_statement(p) || (p->seam == SEAM_ELSE && p->hard))
			break;
		if (p->hard)
			return false;
		column += width_behind(p);
	}
	return column <= SPOL_LINE_MAX;
}

/* Can the block whose `{` is piece i, ending in this column, stand on one line, and did it? */
static bool is_flat(const struct layout *l, uint32_t i)
{
	const struct fmt_piece *all = l->f->pieces;
	uint32_t column = l->column;

	for (uint32_t k = i + 1; k <= all[i].match; k++) {
		const struct fmt_piece *p = &all[k];

		if (p->hard || (p->seam == SEAM_RULE && p->moved && all[i].match != i + 1))
			return false;
		column += width_behind(p);
		if (column > SPOL_LINE_MAX)
			return false;
	}
	return true;
}

/* Is the operand before piece i, an `and` or `or`, broken inside?  What follows would seem to belong to its last part. */
static bool operand_is_broken(const struct layout *l, uint32_t i)
{
	const struct fmt_piece *all = l->f->pieces;

	for (uint32_t k = i - 1; k > l->first; k--) {
		if (is_statement(&all[k]) || (all[k].seam != SEAM_NONE && all[k].level <= all[i].level))
			return false;
	}
	return !is_statement(&all[l->first]) && all[l->first].level > all[i].level;
}

/* Is the line broken before piece i? */
static bool breaks(const struct layout *l, uint32_t i)
{
	const struct fmt_piece *p = &l->f->pieces[i];
	uint32_t column = l->column + (p->space ? 1 + p->pad : 0);
	uint32_t to = scope_column(&l->f->scopes[p->scope]);

	if (p->hard)
		return true;
	if (p->pinned)
		return false;
	switch ((enum seam)p->seam) {
	case SEAM_ITEM:
		return true;
	case SEAM_RULE:
		return !l->flat;
	case SEAM_ELSE:
		return l->split;
	case SEAM_START:
		return p->arms && column >= to + GAIN_MIN_VERBS && !fits(l, i, column);
	case SEAM_LOGIC:
		if (operand_is_broken(l, i))
			return true;
		return column >= to + GAIN_MIN && !fits(l, i, column);
	case SEAM_COMMA:
	case SEAM_FILL:
		return column >= to + GAIN_MIN && !fits(l, i, column);
	case SEAM_NONE:
	case SEAM_CLOSE:
		break;
	}
	return false;
}

/* ---- definitions ---- */

/* The name that begins at piece `first`, with what stands before it, as wide as `=` is far from the line's beginning.
 */
static uint32_t definition_width(const struct fmt_piece *first)
{
	return first[0].width + 1 + first[1].width;
}

static bool begins_definition(const struct fmt_piece *p)
{
	return (p->kind == TOK_LET || p->kind == TOK_SET) && p[1].kind != TOK_END && p[2].kind == '=';
}

/* It is one line as far as what follows its `=`. */
static bool can_be_aligned(const struct fmt_piece *p)
{
	return !p->pinned && !p[1].hard && !p[2].hard && !p[3].hard;
}

static bool has_blank(const struct fmt *f, const struct fmt_piece *p)
{
	uint32_t from = p[-1].end;

	for (const struct comment *c = p->comment; c && c->at.start < p->start; c = c->next) {
		if (fmt_blank_between(f, from, c->at.start))
			return true;
		from = c->at.end;
	}
	return p->blank;
}

/* The pieces from `from` on, before `to`, which begin definitions below each other where they begin statements. */
static void align_run(struct fmt *f, uint32_t from, uint32_t to)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (int pass = 0; pass < 3; pass++) {
		for (uint32_t i = from; i < to; i++) {
			struct fmt_piece *p = &f->pieces[i];
			uint32_t width;

			if (p->seam != SEAM_ITEM || !can_be_aligned(p))
				continue;
			width = definition_width(p);
			if (pass == 0)
				least = width < least ? width : least;
			else if (width > least + SPOL_ALIGN_SPREAD)
				continue;
			else if (pass == 1)
				most = width > most ? width : most;
			else
				p[2].pad = (uint16_t)(most - width);
		}
	}
}

static void align_definitions(struct fmt *f)
{
	uint32_t run = 0; /* where it begins */
	bool in_run = false;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct fmt_piece *p = &f->pieces[i];
		bool definition;

		if (p->seam != SEAM_ITEM)
			continue;
		definition = begins_definition(p);
		if (in_run && (!definition || has_blank(f, p))) {
			align_run(f, run, i);
			in_run = false;
		}
		if (definition && !in_run) {
			in_run = true;
			run = i;
		}
	}
}

/* ---- lines ---- */

/* The comments before piece i, which begins a line then. */
static void write_comments(struct layout *l, uint32_t i, bool may_be_blank)
{
	const struct fmt *f = l->f;
	const struct fmt_piece *p = &f->pieces[i];
	uint32_t from = i ? p[-1].end : 0;
	uint32_t scope = p->closes ? p->scope + 1 : p->scope;

	for (const struct comment *c = p->comment; c && c->at.start < p->start; c = c->next) {
		if (c->own_line) {
			new_line(l, scope, may_be_blank && fmt_blank_between(f, from, c->at.start));
			may_be_blank = true;
		}
		last_line(l)->comment = c;
		from = c->at.end;
	}
}

/* A blank line may stand before piece i, or before its first comment. */
static bool blank_may_stand(const struct fmt *f, uint32_t i)
{
	return i > 0 && f->pieces[i - 1].match == 0;
}

static bool blank_before(const struct fmt *f, uint32_t i)
{
	const struct fmt_piece *p = &f->pieces[i];
	bool own_comment = false;

	for (const struct comment *c = p->comment; c && c->at.start < p->start; c = c->next)
		own_comment |= c->own_line;
	if (!p->blank || p->closes || p->kind == TOK_END || (!own_comment && !blank_may_stand(f, i)))
		return false;
	return own_comment || is_statement(p) || p->seam == SEAM_COMMA || p->comment;
}

static void write_piece(struct layout *l, uint32_t i)
{
	struct fmt *f = l->f;
	const struct fmt_piece *p = &f->pieces[i];
	bool begins = i == 0 || breaks(l, i);

	write_comments(l, i, blank_may_stand(f, i));
	if (p->kind == TOK_END)
		return;
	if (begins) {
		new_line(l, p->scope, blank_before(f, i));
		l->first = i;
	} else if (p->space) {
		for (uint32_t k = 0; k <= p->pad; k++)
			buf_byte(&l->text, ' ');
		l->column += 1u + p->pad;
	}
	place_scopes(l, p->opens);
	if (p->arms || (p->seam == SEAM_ELSE && p->hard))
		l->split = !arms_fit(l, i, l->column);
	buf_add(&l->text, f->source->text + p->start, p->end - p->start);
	l->column += p->width;
	last_line(l)->len = (uint32_t)l->text.len - last_line(l)->start;
	last_line(l)->width = l->column;
	last_line(l)->code = true;
	if (p->match)
		l->flat = is_flat(l, i);
}

/* The column of the comments of lines [from, to): behind the longest code that takes part. */
static uint32_t comment_column(const struct layout *l, uint32_t from, uint32_t to)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = from; i < to; i++) {
			const struct line *line = &l->lines[i];

			if (!line->comment || !line->code)
				continue;
			if (pass == 0 && line->width < least)
				least = line->width;
			if (pass == 1 && line->width <= least + SPOL_ALIGN_SPREAD && line->width > most)
				most = line->width;
		}
	}
	return most + 1;
}

static void write_line(const struct layout *l, const struct line *line, uint32_t column, struct buf *out)
{
	const struct comment *c = line->comment;

	if (line->blank)
		buf_byte(out, '\n');
	if (line->len)
		buf_add(out, l->text.data + line->start, line->len);
	if (c) {
		if (line->code)
			buf_byte(out, ' ');
		for (uint32_t i = line->width + 1; line->code && i < column; i++)
			buf_byte(out, ' ');
		buf_add(out, l->f->source->text + c->at.start, fmt_comment_end(l->f, c) - c->at.start);
	}
	buf_byte(out, '\n');
}

static void write_lines(const struct layout *l, struct buf *out)
{
	for (uint32_t from = 0, to; from < l->count; from = to) {
		uint32_t column;

		for (to = from + 1; to < l->count; to++) {
			if (l->lines[to].blank || l->lines[to].tabs != l->lines[from].tabs)
				break;
		}
		column = comment_column(l, from, to);
		for (uint32_t i = from; i < to; i++)
			write_line(l, &l->lines[i], column, out);
	}
}

void fmt_lay_out(struct fmt *f, struct buf *out)
{
	struct layout l = { .f = f };

	align_definitions(f);
	for (uint32_t i = 0; i < f->count; i++)
		write_piece(&l, i);
	write_lines(&l, out);
	buf_free(&l.text);
	free(l.lines);
}

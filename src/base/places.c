/*
 * Lines and columns of places in source texts.
 */
#include "base/places.h"

#include "base/check.h"
#include "base/utf8.h"

#include <stdlib.h>

struct line_index {
	uint32_t *starts; /* NULL: not made yet */
	uint32_t count;
	/* what was found last: columns are counted on from there, so that one very long line stays cheap */
	uint32_t offset, column, line_start;
};

struct places {
	const struct diags *diags;
	struct line_index *lines; /* one a source */
	uint32_t count;
};

struct places *places_over(const struct diags *d)
{
	struct places *p = xcalloc(1, sizeof(*p));

	p->diags = d;
	p->count = diags_source_count(d);
	p->lines = xcalloc(p->count ? p->count : 1, sizeof(struct line_index));
	return p;
}

void places_free(struct places *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->count; i++)
		free(p->lines[i].starts);
	free(p->lines);
	free(p);
}

static struct line_index *index_of(struct places *p, uint32_t file)
{
	const struct source_text *s = diags_get_source(p->diags, file);
	struct line_index *index;
	uint32_t n = 1;

	INVARIANT(file < p->count);
	index = &p->lines[file];
	if (index->starts)
		return index;
	for (uint32_t i = 0; i < s->len; i++)
		n += s->text[i] == '\n';
	index->starts = xcalloc(n, sizeof(uint32_t));
	index->count = 1;
	for (uint32_t i = 0; i < s->len; i++)
		if (s->text[i] == '\n')
			index->starts[index->count++] = i + 1;
	return index;
}

uint32_t source_columns(const struct source_text *s, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	while (from < to) {
		from += (uint32_t)utf8_step(s->text + from, s->len - from);
		n++;
	}
	return n;
}

/* A little before what was found last, at the begin of a character: what a correction replaces begins before its
 * finding. */
static bool is_little_before(const struct line_index *index, const struct source_text *s, uint32_t line_start,
			     uint32_t offset)
{
	return index->column && index->line_start == line_start && offset < index->offset &&
	       index->offset - offset < offset - line_start && ((unsigned char)s->text[offset] & 0xc0) != 0x80;
}

static uint32_t column_of(struct line_index *index, const struct source_text *s, uint32_t line_start, uint32_t offset)
{
	if (is_little_before(index, s, line_start, offset)) {
		index->column -= source_columns(s, offset, index->offset);
		index->offset = offset;
	}
	if (index->column == 0 || index->line_start != line_start || index->offset > offset) {
		index->line_start = index->offset = line_start;
		index->column = 1;
	}
	while (index->offset < offset) {
		size_t step = utf8_step(s->text + index->offset, s->len - index->offset);

		if (index->offset + step > offset) /* inside of a character: the cache keeps to where one begins */
			return index->column + 1;
		index->offset += (uint32_t)step;
		index->column++;
	}
	return index->column;
}

struct place places_find(struct places *p, uint32_t file, uint32_t offset)
{
	struct line_index *index = index_of(p, file);
	struct place at = { .source = diags_get_source(p->diags, file) };
	uint32_t low = 0, high = index->count;

	if (offset > at.source->len)
		offset = at.source->len;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (index->starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	at.line = low + 1;
	at.line_start = index->starts[low];
	at.line_end = low + 1 < index->count ? index->starts[low + 1] - 1 : at.source->len;
	if (at.line_end > at.line_start && at.source->text[at.line_end - 1] == '\r')
		at.line_end--;
	at.column = column_of(index, at.source, at.line_start, offset);
	return at;
}

void source_position(const struct source_text *s, uint32_t offset, uint32_t *line, uint32_t *column)
{
	uint32_t start = 0;

	if (offset > s->len)
		offset = s->len;
	*line = 1;
	for (uint32_t i = 0; i < offset; i++) {
		if (s->text[i] == '\n') {
			start = i + 1;
			++*line;
		}
	}
	*column = source_columns(s, start, offset) + 1;
}

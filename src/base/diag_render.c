/*
 * Diagnostics as text with source lines and carets, and as JSON.  What the source holds is untrusted: control
 * characters and bytes that are not UTF-8 never reach the terminal.
 */
#include "base/diag.h"

#include "base/places.h"
#include "base/utf8.h"

#include <string.h>

/* Columns of a source line that are shown: a window around the place when the line is longer. */
#define LINE_COLUMNS_MAX    160
#define LINE_COLUMNS_BEFORE 60

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct renderer {
	struct diags *diags;
	struct places *places;
	struct buf *out;
	bool color;
};

static struct renderer renderer_over(struct diags *d, struct buf *out, bool color)
{
	return (struct renderer){ .diags = d, .places = places_over(d), .out = out, .color = color };
}

/* Text for a terminal: control characters and invalid bytes replaced, tabs kept. */
static void add_clean(struct buf *out, const char *s, size_t len)
{
	while (len) {
		size_t n = utf8_length(s, len);
		unsigned char c = (unsigned char)s[0];
		/* C1 controls (U+0080..U+009F) and bidirectional overrides could rewrite what the reader sees */
		bool hostile = (c < 0x20 && c != '\t') || c == 0x7f ||
			       (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0) ||
			       (n == 3 && memcmp(s, "\xe2\x80\xaa", 3) >= 0 && memcmp(s, "\xe2\x80\xae", 3) <= 0) ||
			       (n == 3 && memcmp(s, "\xe2\x81\xa6", 3) >= 0 && memcmp(s, "\xe2\x81\xa9", 3) <= 0);

		if (n == 0 || hostile)
			buf_str(out, REPLACEMENT);
		else
			buf_add(out, s, n);
		n = n ? n : 1;
		s += n;
		len -= n;
	}
}

static void paint(struct renderer *r, const char *sgr)
{
	if (r->color)
		buf_printf(r->out, "\x1b[%sm", sgr);
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
	return "note";
}

static const char *level_color(enum diag_level level)
{
	switch (level) {
	case DIAG_ERROR:
		return "1;31";
	case DIAG_WARNING:
		return "1;35";
	case DIAG_NOTE:
		return "1;36";
	}
	return "0";
}

static uint32_t skip_columns(const struct source_text *s, uint32_t from, uint32_t to, uint32_t n)
{
	while (n-- && from < to)
		from += (uint32_t)utf8_step(s->text + from, s->len - from);
	return from < to ? from : to;
}

/* The place so many characters before `from`, not before `least`: a line may be very long, and have very many findings.
 */
static uint32_t back_columns(const struct source_text *s, uint32_t from, uint32_t least, uint32_t columns)
{
	while (columns-- > 0 && from > least) {
		from--;
		while (from > least && ((unsigned char)s->text[from] & 0xc0) == 0x80)
			from--;
	}
	return from;
}

/* The source line and the caret line below it. */
static void add_excerpt(struct renderer *r, const struct place *p, struct span at)
{
	const struct source_text *s = p->source;
	uint32_t first = p->line_start, last;
	uint32_t start = at.start < p->line_end ? at.start : p->line_end;
	uint32_t end = at.end < p->line_end ? at.end : p->line_end;
	uint32_t carets;
	bool cut_front = false;

	if (start < p->line_start)
		start = p->line_start;
	if (p->column > LINE_COLUMNS_MAX - LINE_COLUMNS_BEFORE) {
		first = back_columns(s, start, first, LINE_COLUMNS_BEFORE);
		cut_front = true;
	}
	last = skip_columns(s, first, p->line_end, LINE_COLUMNS_MAX);
	if (end > last)
		end = last;
	buf_printf(r->out, "%6u | %s", (unsigned)p->line, cut_front ? "..." : "");
	add_clean(r->out, s->text + first, last - first);
	buf_str(r->out, last < p->line_end ? "...\n       | " : "\n       | ");
	buf_str(r->out, cut_front ? "   " : "");
	for (uint32_t i = first; i < start; i += (uint32_t)utf8_step(s->text + i, s->len - i))
		buf_byte(r->out, s->text[i] == '\t' ? '\t' : ' ');
	paint(r, "1;32");
	buf_byte(r->out, '^');
	carets = end > start ? source_columns(s, start, end) : 1;
	while (carets-- > 1)
		buf_byte(r->out, '~');
	paint(r, "0");
	buf_byte(r->out, '\n');
}

static void add_text(struct renderer *r, enum diag_level level, const char *code, struct span at, const char *text)
{
	struct place p = places_find(r->places, at.file, at.start);

	paint(r, "1");
	add_clean(r->out, p.source->name, strlen(p.source->name));
	buf_printf(r->out, ":%u:%u: ", (unsigned)p.line, (unsigned)p.column);
	paint(r, "0");
	paint(r, level_color(level));
	buf_str(r->out, level_name(level));
	if (code)
		buf_printf(r->out, "[%s]", code);
	buf_str(r->out, ": ");
	paint(r, "0");
	add_clean(r->out, text, strlen(text));
	buf_byte(r->out, '\n');
	add_excerpt(r, &p, at);
}

void diags_render_text(struct diags *d, bool color, struct buf *out)
{
	struct renderer r = renderer_over(d, out, color);

	for (unsigned i = 0; i < diags_count(d); i++) {
		const struct diag *g = diags_get(d, i);

		add_text(&r, g->level, g->code, g->at, g->text);
		for (unsigned n = 0; n < g->nnotes; n++) {
			if (g->notes[n].at.end) {
				add_text(&r, DIAG_NOTE, NULL, g->notes[n].at, g->notes[n].text);
				continue;
			}
			paint(&r, level_color(DIAG_NOTE));
			buf_str(out, "  note: ");
			paint(&r, "0");
			add_clean(out, g->notes[n].text, strlen(g->notes[n].text));
			buf_byte(out, '\n');
		}
		if (g->help) {
			paint(&r, "1");
			buf_str(out, "  help: ");
			paint(&r, "0");
			add_clean(out, g->help, strlen(g->help));
			buf_byte(out, '\n');
		}
	}
	places_free(r.places);
}

void diags_json_string(struct buf *out, const char *s)
{
	size_t len = strlen(s);

	buf_byte(out, '"');
	while (len) {
		size_t n = utf8_length(s, len);
		unsigned char c = (unsigned char)s[0];

		if (n == 0)
			buf_str(out, REPLACEMENT);
		else if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_str(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_add(out, s, n);
		n = n ? n : 1;
		s += n;
		len -= n;
	}
	buf_byte(out, '"');
}

static void add_json_place(struct renderer *r, struct span at)
{
	struct place from = places_find(r->places, at.file, at.start);
	struct place to = places_find(r->places, at.file, at.end);

	buf_str(r->out, "\"file\":");
	diags_json_string(r->out, from.source->name);
	buf_printf(r->out, ",\"line\":%u,\"column\":%u,\"end_line\":%u,\"end_column\":%u", (unsigned)from.line,
		   (unsigned)from.column, (unsigned)to.line, (unsigned)to.column);
}

static void add_json_edits(struct renderer *r, const struct diag *g)
{
	buf_printf(r->out, ",\"guess\":%s,\"edits\":[", g->guess ? "true" : "false");
	for (unsigned i = 0; i < g->nedits; i++) {
		const struct diag_edit *e = &g->edits[i];

		buf_str(r->out, i ? ",{" : "{");
		add_json_place(r, e->at);
		buf_printf(r->out, ",\"offset\":%u,\"length\":%u,\"text\":", (unsigned)e->at.start,
			   (unsigned)(e->at.end - e->at.start));
		diags_json_string(r->out, e->text);
		buf_byte(r->out, '}');
	}
	buf_byte(r->out, ']');
}

void diags_render_json(struct diags *d, struct buf *out)
{
	struct renderer r = renderer_over(d, out, false);

	buf_str(out, "{\"diagnostics\":[");
	for (unsigned i = 0; i < diags_count(d); i++) {
		const struct diag *g = diags_get(d, i);

		buf_str(out, i ? ",\n{" : "\n{");
		add_json_place(&r, g->at);
		buf_printf(out, ",\"level\":\"%s\",\"code\":", level_name(g->level));
		diags_json_string(out, g->code);
		buf_str(out, ",\"message\":");
		diags_json_string(out, g->text);
		if (g->help) {
			buf_str(out, ",\"help\":");
			diags_json_string(out, g->help);
		}
		buf_str(out, ",\"notes\":[");
		for (unsigned n = 0; n < g->nnotes; n++) {
			buf_str(out, n ? ",{" : "{");
			if (g->notes[n].at.end) {
				add_json_place(&r, g->notes[n].at);
				buf_byte(out, ',');
			}
			buf_str(out, "\"message\":");
			diags_json_string(out, g->notes[n].text);
			buf_byte(out, '}');
		}
		buf_byte(out, ']');
		if (g->nedits)
			add_json_edits(&r, g);
		buf_byte(out, '}');
	}
	buf_str(out, "\n]}\n");
	places_free(r.places);
}

/*
 * Diagnostics: findings with a stable code and spans into source texts, collected, sorted and rendered as text or JSON.
 * Library code adds them and goes on; only cmd/ prints.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes [start, end) of source number file.  Line and column are worked out only when printed. */
struct span {
	uint32_t file, start, end;
};

enum diag_level {
	DIAG_ERROR,
	DIAG_WARNING,
	DIAG_NOTE,
};

#define DIAG_NOTES_MAX 8

/* A secondary place of a finding.  at.end == 0: no place, only text. */
struct diag_note {
	struct span at;
	const char *text; /* lent from the diags' arena */
};

/* One replacement of a mechanical correction: the bytes at `at` (none: an insertion) become text. */
struct diag_edit {
	struct span at;
	const char *text; /* lent from the diags' arena */
};

#define DIAG_EDITS_MAX 4

struct diag {
	enum diag_level level;
	const char *code; /* "E1001": static */
	struct span at;
	const char *text;
	const char *help; /* what to do, or NULL */
	struct diag_note notes[DIAG_NOTES_MAX];
	unsigned nnotes;
	/* The correction, where it is mechanical: all of its edits or none; they do not overlap. */
	struct diag_edit edits[DIAG_EDITS_MAX];
	unsigned nedits;
	bool guess; /* the edits are what may have been meant: offered to a reader, never applied unasked */
};

/* The source texts that spans point into. */
struct source_text {
	const char *name; /* as the user named it */
	const char *text; /* len bytes, then a NUL that len does not count */
	uint32_t len;
};

struct diags;

struct diags *diags_new(void);
void diags_free(struct diags *d);

/* Adds a source and returns its number for spans.  name and text are lent: they must outlive d. */
uint32_t diags_source(struct diags *d, const char *name, const char *text, uint32_t len);
const struct source_text *diags_get_source(const struct diags *d, uint32_t file);
uint32_t diags_source_count(const struct diags *d);

/*
 * Add a finding.  The result is lent until d is freed; diag_note(), diag_help() and diag_edit() complete it.  A finding with the
 * same code and the same place as an earlier one is dropped (the result is then a scratch finding), and so are those
 * after the ten thousandth.
 */
struct diag *diag_error(struct diags *d, struct span at, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);
struct diag *diag_warning(struct diags *d, struct span at, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);
void diag_note(struct diags *d, struct diag *g, struct span at, const char *fmt, ...) PRINTF_LIKE(4, 5);
void diag_help(struct diags *d, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Adds an edit to the finding's correction.  Only where applying it blindly does what the help line says. */
void diag_edit(struct diags *d, struct diag *g, struct span at, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* As diag_edit(), and the correction is a guess: what is nearest, or one of several things that may have been meant. */
void diag_guess(struct diags *d, struct diag *g, struct span at, const char *fmt, ...) PRINTF_LIKE(4, 5);
/*
 * An edit that removes what stands at `at`, with the blanks beside it; where nothing else stands on its lines, with these.
 * comment_too: a comment behind it goes as well.
 */
void diag_edit_removal(struct diags *d, struct diag *g, struct span at, bool comment_too);

unsigned diags_errors(const struct diags *d);
unsigned diags_warnings(const struct diags *d);
unsigned diags_count(const struct diags *d);
/* Findings in order of file and place (stable); index < diags_count(). */
const struct diag *diags_get(struct diags *d, unsigned index);
/* Removes a finding (a suppression comment was found for it). */
void diags_remove(struct diags *d, unsigned index);
/* Makes a finding count for more or less than where it was found says. */
void diags_set_level(struct diags *d, unsigned index, enum diag_level level);

/* 1-based line and column of a byte; columns count UTF-8 characters, a tab is one. */
void source_position(const struct source_text *s, uint32_t offset, uint32_t *line, uint32_t *column);

/*
 * Text as compilers print it, appended to out:
 *   FILE:LINE:COL: error[E1001]: message
 *      12 | source line
 *         |        ^~~~~
 *   FILE:LINE:COL: note: ...
 *   help: ...
 * color: SGR sequences.
 */
void diags_render_text(struct diags *d, bool color, struct buf *out);
/* One JSON object {"diagnostics":[...]}; doc/diagnostics-json.md is the format. */
void diags_render_json(struct diags *d, struct buf *out);
/* s as a JSON string with its quotes; what is not UTF-8 in it becomes U+FFFD. */
void diags_json_string(struct buf *out, const char *s);

/*
 * The candidate nearest to word within a small edit distance (Damerau, at most a third of the length), or NULL.
 * Feed candidates one at a time; start from a zeroed struct with word set.
 */
struct suggest {
	const char *word;
	size_t word_len;
	const char *best; /* lent */
	unsigned best_distance;
};
void suggest_offer(struct suggest *s, const char *candidate);

#endif

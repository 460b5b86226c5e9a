/*
 * What an editor asks about an open policy: an analysis of its text, and what stands at a place of it.  Places are byte
 * offsets into the text; nothing here knows of protocols.  Works on texts with errors, too: that is when it is asked.
 */
#ifndef SPOL_EDITOR_H
#define SPOL_EDITOR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "spol/compile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spol_editor; /* one analysis of one file and what it extends; not for two threads */

/*
 * Analyses the file at path.  o and path, with the texts that o names as open, are lent and outlive the result.  Give
 * it back with spol_editor_free().  NULL: *err is IO or LIMIT, the file itself cannot be read.
 */
struct spol_editor *spol_editor_new(const struct spol_options *o, const char *path, struct err *err);
void spol_editor_free(struct spol_editor *e);

/* The findings and the sources that they lie in; a source's name is its path.  Lent. */
struct diags *spol_editor_diags(struct spol_editor *e);
/* Number of the file itself among the sources. */
uint32_t spol_editor_source(const struct spol_editor *e);

/* Some file of the analysis does not parse: uses of names may be missing from what is found. */
bool spol_editor_syntax_errors(const struct spol_editor *e);

/* ---- completion ---- */

enum spol_word {
	SPOL_WORD_KEYWORD,
	SPOL_WORD_CALL,
	SPOL_WORD_CLASS,
	SPOL_WORD_VARIANT, /* of a call; signals and instructions, too */
	SPOL_WORD_KIND,
	SPOL_WORD_FIELD,
	SPOL_WORD_STRUCT,
	SPOL_WORD_VERB, /* dispositions and outcomes of tests, too */
	SPOL_WORD_CONSTANT,
	SPOL_WORD_FACT,
	SPOL_WORD_LET,
	SPOL_WORD_SET,
};

struct spol_completion {
	const char *label;  /* what replaces the text typed so far */
	const char *detail; /* one line, or NULL */
	enum spol_word kind;
};

struct spol_completions {
	struct spol_completion *list; /* no label twice; best first */
	size_t n;
	uint32_t start, end; /* the text typed so far; all labels begin with it, upper and lower case being the same */
	bool files;  /* the name of a policy file goes here: [start, end) is what of it is there, without the quote */
	bool quotes; /* files: the quotes are missing */
};

/* What may stand at offset (at most the text's length).  The list lives in arena. */
void spol_editor_complete(struct spol_editor *e, uint32_t offset, struct arena *arena, struct spol_completions *out);

/* ---- what stands at a place ---- */

/* Appends Markdown about the word at offset; *at is its place.  false: nothing is to be said. */
bool spol_editor_hover(struct spol_editor *e, uint32_t offset, struct span *at, struct buf *out);

/* A place in a file that need not be a source of the analysis. */
struct spol_place {
	const char *path; /* lent from the analysis */
	struct span at;   /* start == end == 0: the file as a whole */
	bool is_source;   /* at.file is a source of the analysis */
};

/*
 * Where the name at offset comes from: the let or set, the file that `extends` names, the rule that an `override`
 * replaces.  false: from nowhere.
 */
bool spol_editor_definition(struct spol_editor *e, uint32_t offset, struct span *from, struct spol_place *to);

/*
 * All places of the let or set whose name, where it is defined or used, lies at `at` in some source: its definition
 * first.  Their number, 0: there is no such thing there.  *places lives in arena.
 */
size_t spol_editor_references(struct spol_editor *e, struct span at, struct arena *arena, struct span **places);
/* The text can be the name of a let or set: one identifier that is no keyword and no name of anything else here. */
bool spol_editor_is_free_name(struct spol_editor *e, const char *name);

/* ---- outline ---- */

enum spol_symbol_kind {
	SPOL_SYMBOL_POLICY,
	SPOL_SYMBOL_EXTENDS,
	SPOL_SYMBOL_LET,
	SPOL_SYMBOL_SET,
	SPOL_SYMBOL_RULES, /* a block of selectors; its rules are SPOL_SYMBOL_RULE behind it */
	SPOL_SYMBOL_RULE,
	SPOL_SYMBOL_NEVER,
	SPOL_SYMBOL_TEST,
};

struct spol_symbol {
	enum spol_symbol_kind kind;
	unsigned depth; /* 1: inside the last one of depth 0 */
	const char *name;
	struct span at;      /* all of it */
	struct span name_at; /* inside of at */
};

/* What the file itself consists of, in order; *symbols lives in arena.  Their number. */
size_t spol_editor_symbols(struct spol_editor *e, struct arena *arena, struct spol_symbol **symbols);

#endif

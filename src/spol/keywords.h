/*
 * The words of the language, from keywords.def: for the scanner, for suggestions and for editors.
 */
#ifndef SPOL_KEYWORDS_H
#define SPOL_KEYWORDS_H

#include <stddef.h>

enum keyword_group {
	KEYWORD_STATEMENT,   /* begins a statement, rule or step */
	KEYWORD_HEADING,     /* begins a statement, with a colon behind it */
	KEYWORD_VIOLATION,   /* behind `violation:`, besides a verb */
	KEYWORD_VERB,	     /* about fields */
	KEYWORD_DISPOSITION, /* about whole calls */
	KEYWORD_CONDITIONAL, /* joins arms and conditions */
	KEYWORD_OPERATOR,    /* inside of conditions */
	KEYWORD_SIDE,	     /* a value's side */
	KEYWORD_OUTCOME,     /* behind `expect`, besides verbs and dispositions */
	KEYWORD_VALUE,	     /* of a field in a test */
};

struct keyword {
	const char *word;
	size_t len;
	int token; /* TOK_... of grammar/spol_parse.h; TOK_NAME: it is reserved nowhere */
	enum keyword_group group;
};

size_t keyword_count(void);
/* In the order of the table; index < keyword_count(). */
const struct keyword *keyword_at(size_t index);
/* Names of units ("ms", "%"), in scan.c; and of placeholders of messages ("recorded"), in legal.c.  NULL: no more. */
const char *keyword_unit(size_t index);
const char *keyword_placeholder(size_t index);
/* NULL: the len bytes at s are no word of the language. */
const struct keyword *keyword_find(const char *s, size_t len);

#endif

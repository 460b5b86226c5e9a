/*
 * Source text to tokens, all at once: the parser looks ahead and back freely.  Between grammar/, parse.c and the formatter
 * only.
 */
#ifndef SPOL_SCAN_H
#define SPOL_SCAN_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/num.h"
#include "spol/ast.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOL_TOKENS_MAX ((size_t)1 << 20) /* of one file: bounds the memory of tokens and tree */

/* What recovery puts before a token: bits. */
#define SPOL_MISSING_SEMICOLON 1
#define SPOL_MISSING_BRACE     2

struct spol_token {
	int kind; /* TOK_... of grammar/spol_parse.h */
	uint32_t start, end;
	bool first_on_line : 1;
	bool bad : 1; /* reported already: what it leads to is silent */
	uint8_t missing;
	uint8_t unit; /* enum unit of a number */
	union {
		num_t num;
		struct {
			const char *s; /* of a string, escapes resolved; in the arena */
			size_t len;
		} string;
	};
};

/* The last token always is TOK_END.  Free list with free(3). */
struct spol_tokens {
	struct spol_token *list;
	size_t count, room;
};

/* What the scanner works on (flex's yyextra). */
struct spol_scanner {
	struct diags *diags;
	struct arena *arena;
	const struct source_text *source;
	uint32_t file;
	uint32_t offset; /* bytes scanned */
	struct spol_token now;
	bool line_has_token;
	struct comment **comment_end;
	jmp_buf fatal; /* where flex's own failures end up: a library never exits */
	const char *fatal_text;
};

/* Tokens of source number file of d; comments go to ast.  Errors go to d. */
void spol_scan(struct diags *d, uint32_t file, struct arena *arena, struct file_ast *ast, struct spol_tokens *out);

/*
 * In grammar/spol_lex.l: scans s->source and appends to out until the end or SPOL_TOKENS_MAX.  false: flex itself
 * failed, s->fatal_text says how.
 */
bool spol_scan_text(struct spol_scanner *s, struct spol_tokens *out);

/* The token of a name: a keyword's (keywords.def), or TOK_NAME. */
int spol_scan_word(const char *text, size_t len);
/* For the actions of the scanner; they act on s->now. */
void spol_scan_number(struct spol_scanner *s, const char *text, size_t len);
void spol_scan_string(struct spol_scanner *s, const char *text, size_t len, bool terminated);
/*
 * Length of a string whose end is missing: what closes statements and blocks at the end of its line belongs to them, so that
 * one quotation mark costs one message.
 */
size_t spol_scan_open_string(const char *text, size_t len);
void spol_scan_single_quotes(struct spol_scanner *s, const char *text, size_t len);
void spol_scan_comment(struct spol_scanner *s);
/* Report s->now: a character that begins no token; a name with letters beyond ASCII; `&&` where `and` is meant. */
void spol_scan_unexpected(struct spol_scanner *s, const char *text, size_t len);
void spol_scan_foreign_name(struct spol_scanner *s, const char *text, size_t len);
void spol_scan_foreign_operator(struct spol_scanner *s, const char *meant);
/* Adds the edit that puts a word or an operator in the place of what stands at `at`, kept apart from what is beside it. */
void spol_word_edit(struct diags *d, struct diag *g, struct span at, const char *word);
void spol_tokens_add(struct spol_tokens *t, const struct spol_token *token);

#endif

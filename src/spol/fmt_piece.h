/*
 * What the formatter's three steps hand on: tokens with what may stand between them.  fmt.c makes the pieces,
 * fmt_mark.c says by the tree what they are, fmt_lay.c puts them into lines.  Between these only.
 */
#ifndef SPOL_FMT_PIECE_H
#define SPOL_FMT_PIECE_H

#include "base/buf.h"
#include "spol/ast.h"
#include "spol/scan.h"

/* What lies before a piece. */
enum seam {
	SEAM_NONE,  /* only a comment breaks the line here */
	SEAM_ITEM,  /* a statement of the file begins, or the file ends */
	SEAM_RULE,  /* a statement of a block begins, or its `}` */
	SEAM_ELSE,  /* `else` */
	SEAM_START, /* what follows `:` or `=` */
	SEAM_COMMA, /* the next member of a list */
	SEAM_LOGIC, /* `and`, `or` */
	SEAM_CLOSE, /* the end of a list behind a comma: the author may break here, nobody else does */
	SEAM_FILL,  /* a place to break if there is no better one */
};

/* A column where lines begin.  The first three are fixed: no tab, one, two. */
struct fmt_scope {
	uint32_t parent, next; /* next: opened by the same piece, 0 none */
	bool relative;         /* a tab behind the parent, else where the piece that opens it comes to stand */
	uint32_t tabs, spaces; /* known when that piece is placed */
};

#define FMT_FIXED_SCOPES 3

/* A token; the last one is the end of the file. */
struct fmt_piece {
	int kind; /* TOK_... */
	uint32_t start, end;
	uint32_t line;                 /* in the source, from 0 */
	uint32_t width;                /* columns */
	uint32_t scope;                /* where it stands if it begins a line */
	uint32_t opens;                /* the first scope that it opens, 0 none */
	uint32_t match;                /* of a block's `{`: its `}`; else 0 */
	uint32_t last;  /* of the longest item, rule or arm that begins here; else 0 */
	const struct comment *comment; /* the first one before it, or NULL; the last one before its start */
	uint16_t level;                /* of the seam: inner ones break only if outer ones are not enough */
	uint16_t pad;                  /* blanks before it more than one */
	uint8_t seam;                  /* enum seam */
	bool space : 1;                /* a blank before it if it begins no line */
	bool arms : 1;                 /* the first verb of a chain */
	bool closes : 1;               /* the `}` of a block */
	bool moved : 1;                /* it begins a line in the source */
	bool blank : 1;                /* there is a blank line before it (behind the last comment) in the source */
	bool hard : 1;                 /* it must begin a line */
	bool pinned : 1;               /* it must not */
};

struct fmt {
	const struct source_text *source;
	const struct file_ast *ast;
	struct fmt_piece *pieces;
	uint32_t count; /* the end of the file included */
	struct fmt_scope *scopes;
	uint32_t nscopes, scope_room;
};

/* Seams, levels, scopes, blanks and matches of all pieces, by the tree; it has no errors. */
void fmt_mark(struct fmt *f);
/* The text, appended to out. */
void fmt_lay_out(struct fmt *f, struct buf *out);

/* A comment without the blanks at its end. */
uint32_t fmt_comment_end(const struct fmt *f, const struct comment *c);
/* Columns of a text: characters. */
uint32_t fmt_width(const char *text, uint32_t len);
/* Are there two line ends or more in the source from one offset to another? */
bool fmt_blank_between(const struct fmt *f, uint32_t from, uint32_t to);

#endif

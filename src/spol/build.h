/*
 * What the grammar's actions call: nodes of the tree, and the state of one parse.  Between grammar/ and parse.c only.
 */
#ifndef SPOL_BUILD_H
#define SPOL_BUILD_H

#include "base/arena.h"
#include "base/diag.h"
#include "spol/ast.h"
#include "spol/scan.h"

#define SPOL_PATH_MAX 1000 /* characters of a field path */

/* A list under construction.  Nodes are linked by their member next. */
struct list {
	void *first, *last;
};

#define LIST_ADD(list, node)                                            \
	do {                                                            \
		__typeof__(node) _node = (node);                        \
		if ((list)->last)                                       \
			((__typeof__(node))(list)->last)->next = _node; \
		else                                                    \
			(list)->first = _node;                          \
		(list)->last = _node;                                   \
	} while (0)

/* A verb or a disposition as it was written. */
struct action {
	struct span at;
	enum vm_verb verb;
	enum vm_disposition disposition;
	bool is_disposition;
	bool unknown;
};

struct spol_parser {
	struct diags *diags;
	struct arena *arena;
	const struct source_text *source;
	uint32_t file;
	struct spol_token *tokens;
	size_t count;

	size_t position;  /* token that comes next */
	size_t current;   /* token given last, or before which one was made up */
	int current_kind; /* a keyword used as a name being TOK_NAME */
	bool made_up;     /* the token given last is in no file */
	uint8_t given;    /* of tokens[position].missing: given already */

	/* What the tokens before the current one have led to. */
	size_t item;      /* where the item begins */
	size_t statement; /* where the statement (of a block, or the item) begins */
	size_t open;      /* the `{` of the block */
	bool in_block, in_set;
	unsigned parentheses;
	int last; /* kind of the token before the current one */

	bool panic;        /* a syntax error was met: tokens up to the end of the statement are to be skipped */
	bool restart;      /* a missing token was put in: the item is to be parsed once more */
	bool ended;        /* the end of the file was given */
	size_t resynced;   /* where panic ended last, plus 1 */
	size_t budget;     /* of tokens that may be parsed once more */
	unsigned mistakes; /* met, reported or not */
	struct span mistake;
	unsigned braces_put_in; /* so many `}` too many may follow */

	bool rule_in_error; /* an arm of the rule being read was reported */
	struct item *result;
};

/* What would have been possible at a syntax error. */
struct spol_expected {
	bool semicolon;
	const char *names[8]; /* "a name", "`;`" */
	unsigned count;       /* may be more than names has room for */
};

/* The parser's next token; 0 ends the parse of an item at once. */
int spol_next(struct spol_parser *p, struct span *at);
/*
 * The text goes on with a new statement, or one that no block holds, at a token: a guess from the tokens there, of which
 * only p->tokens and p->count need be set.
 */
bool spol_begins_statement(const struct spol_parser *p, size_t index);
bool spol_begins_item(const struct spol_parser *p, size_t index);
/* A syntax error at the token given last. */
void spol_syntax_error(struct spol_parser *p, struct span at, const struct spol_expected *e);
/* bison's stack is full */
void spol_too_deep(struct spol_parser *p, struct span at);

struct text spol_text(struct spol_parser *p, struct span at);
/* A path over several tokens: white space and comments between them left out. */
struct text spol_path(struct spol_parser *p, struct text a, const char *between, struct text b, struct span at);
struct text spol_string(struct spol_parser *p, struct span at);

struct expr *spol_number(struct spol_parser *p, struct span at);
struct expr *spol_leaf(struct spol_parser *p, enum expr_kind kind, struct text text);
struct expr *spol_unary(struct spol_parser *p, enum expr_kind kind, struct span op, struct expr *a, struct span at);
struct expr *spol_binary(struct spol_parser *p, enum expr_kind kind, struct expr *a, struct span op, struct expr *b);
/* As spol_binary(); a chain of comparisons is an error. */
struct expr *spol_compare(struct spol_parser *p, enum expr_kind kind, struct expr *a, struct span op, struct expr *b);
struct expr *spol_in(struct spol_parser *p, struct expr *a, struct span op, struct expr *set);
struct expr *spol_within(struct spol_parser *p, struct expr *a, struct span op, struct expr *tol, struct expr *b);
struct expr *spol_set(struct spol_parser *p, struct list members, struct span at);
struct expr *spol_error_expr(struct spol_parser *p, struct span at);

struct set_member *spol_member(struct spol_parser *p, bool excluded, struct expr *value, struct span at);
struct text_list *spol_text_node(struct spol_parser *p, struct text text);
struct field_ref *spol_field(struct spol_parser *p, struct text path);
struct selector *spol_call(struct spol_parser *p, struct text name, struct list variants, struct span at);
struct selector *spol_selector(struct spol_parser *p, enum selector_kind kind, struct text name, struct span at);
/* One selector of the kind for each name; all in one list. */
struct list spol_selectors(struct spol_parser *p, enum selector_kind kind, struct list names);
struct action spol_verb(enum vm_verb verb, struct span at);
struct action spol_disposition(enum vm_disposition disposition, struct span at);
/* A word that is no verb: reported when the arm or promise is complete, as it may belong to something else. */
struct action spol_unknown_verb(struct span at);
struct arm *spol_arm(struct spol_parser *p, struct action a, struct expr *within, struct text message,
		     struct expr *condition, struct span at);
/* NULL: something in it was reported, it is left out. */
struct rule *spol_rule(struct spol_parser *p, struct list fields, struct list arms, struct span at);
struct test_value *spol_value(struct spol_parser *p, struct text path, struct expr *recorded, struct expr *actual);
struct test_step *spol_event(struct spol_parser *p, struct selector *call, struct list values, struct span at);
struct test_step *spol_expect(struct spol_parser *p, struct text field, struct text outcome, struct span at);
struct item *spol_item(struct spol_parser *p, enum item_kind kind, struct span at);
/* A let or set whose name is known but not its value. */
struct item *spol_item_in_error(struct spol_parser *p, enum item_kind kind, struct text name, struct span at);
struct item *spol_policy(struct spol_parser *p, struct text name, struct expr *version, struct span at);
struct item *spol_block(struct spol_parser *p, struct list selectors, struct list rules, struct span body,
			struct span at);
struct item *spol_one_rule(struct spol_parser *p, struct list selectors, struct list arms, struct span at);
struct item *spol_never(struct spol_parser *p, struct action verb, struct selector *call, struct text path,
			struct expr *condition, struct span at);

/* Reports, each under its code. */
void spol_report_missing_semicolon(struct spol_parser *p, struct span at);
void spol_report_empty(struct spol_parser *p, struct span at);
void spol_report_assignment(struct spol_parser *p, struct span at);
void spol_report_foreign_not(struct spol_parser *p, struct span at);
/* whole: the comparison that it is the operator of */
void spol_report_not_in(struct spol_parser *p, struct span at, struct span whole);
void spol_report_index(struct spol_parser *p, struct span at);
void spol_report_any_in_block(struct spol_parser *p, struct span at);

#endif

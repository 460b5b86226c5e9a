/*
 * Where in a policy's text an offset lies: found from the tokens before it alone, so that errors behind it and at it do
 * not matter.  Between the editor_*.c files only.
 */
#ifndef SPOL_EDITOR_PLACE_H
#define SPOL_EDITOR_PLACE_H

#include "spol/editor.h"
#include "spol/policy.h"
#include "spol/scan.h"

struct spol_editor {
	struct arena *arena; /* of the analysis */
	struct diags *diags;
	struct policy policy;
	struct err err;
};

/* What of the grammar is expected at a place. */
enum place_kind {
	PLACE_NOTHING,   /* a comment, a string, where something new gets its name */
	PLACE_STATEMENT, /* a statement begins, outside of blocks */
	PLACE_SELECTOR,  /* a further call or class */
	PLACE_KIND,      /* behind `any` */
	PLACE_SIGNAL,
	PLACE_INSTRUCTION,
	PLACE_VARIANT,     /* of the call in selectors */
	PLACE_RULE,        /* a rule begins, in a block */
	PLACE_FIELD,       /* a field of the selected calls */
	PLACE_VERB,        /* the arm's verb or disposition */
	PLACE_PROMISE,     /* the verb of `never` */
	PLACE_BEHIND_VERB, /* within, if, else or a message */
	PLACE_BEHIND_TOLERANCE,
	PLACE_OPERAND,     /* in a condition */
	PLACE_OPERATOR,    /* in a condition, behind an operand */
	PLACE_SET,         /* behind `in` */
	PLACE_CONSTANT,    /* the value of a let, a tolerance */
	PLACE_MEMBER,      /* of a set */
	PLACE_EXTENDS,     /* a file's name */
	PLACE_MESSAGE,     /* in a message: placeholders */
	PLACE_VIOLATION,   /* behind `violation:` */
	PLACE_STEP,        /* a step of a test begins */
	PLACE_VALUE_FIELD, /* a field of a test's event */
	PLACE_VALUE,       /* what such a field is worth */
	PLACE_EXPECT,      /* behind `expect` */
	PLACE_OUTCOME,     /* behind the field of `expect` */
};

struct editor_place {
	enum place_kind kind;
	uint32_t start, end; /* the word, name or path at the offset; empty: none */
	const char *path;    /* it, without white space */
	size_t path_len;
	bool in_string;             /* the offset lies in a string: start and end are its content's part */
	bool nothing;               /* in a number or something that is no token: nothing goes there */
	bool has_class;             /* a `%` stands before start */
	bool override;              /* `override` was written already */
	int token;                  /* kind of the token at start, 0: none */
	struct selector *selectors; /* of the block, the rule or the event */
	struct field_ref *fields;   /* of the rule; NULL: none */
	/* Names that stand in the comparison before the offset: one of them may say which constants fit. */
	struct text_list *meets;
};

/*
 * What a query works on: the analysis with findings of its own, so that asking adds none, and the tokens of the file.
 */
struct query {
	struct spol_editor *editor;
	struct policy policy; /* lent parts of the editor's, with scratch diags */
	struct arena *arena;
	struct spol_tokens tokens;
	struct comment *comments;
	uint32_t source;
	const struct source_text *text;
};

/* arena: of what the query finds.  End with query_end(). */
void query_begin(struct query *q, struct spol_editor *e, struct arena *arena);
void query_end(struct query *q);

/*
 * The place of offset.  whole false: a word counts up to offset (completion); true: the word around offset, of a path
 * the parts up to the one at offset.
 */
struct editor_place query_place(struct query *q, uint32_t offset, bool whole);

typedef void place_call_fn(void *ctx, const struct abi_call *c);
typedef void place_leaf_fn(void *ctx, const struct abi_leaf *leaf);
/* The calls that the place's selectors select. */
void place_calls(struct query *q, const struct editor_place *p, place_call_fn *f, void *ctx);
/* The leaves that the place's rule speaks of: its fields, or for `any` and `default` all that are meant. */
void place_leaves(struct query *q, const struct editor_place *p, place_leaf_fn *f, void *ctx);
/* The scope of a condition at the place for one of the selected calls; own: the field that is decided, or NULL. */
struct scope place_scope(struct query *q, const struct abi_call *c, const struct abi_leaf *own);

/* editor_words.c */
struct editor_word {
	const char *word, *text;
	unsigned group; /* WORD_... bits */
};
#define WORD_VERB        1u
#define WORD_DISPOSITION 2u
#define WORD_STATEMENT   4u  /* begins a statement */
#define WORD_CONDITION   8u  /* joins parts of a condition */
#define WORD_OUTCOME     16u /* of `expect` */
#define WORD_ARM         32u /* stands behind a verb */
#define WORD_SIDE        64u /* recorded, actual */
#define WORD_PLACEHOLDER 128u
#define WORD_FACT        256u
#define WORD_STEP        512u
#define WORD_RULE        1024u
#define WORD_VIOLATION   2048u
extern const struct editor_word editor_words[];
extern const size_t editor_nwords;
/* A word of one of the groups, or NULL. */
const struct editor_word *editor_word_find(unsigned groups, const char *s, size_t len);

#endif

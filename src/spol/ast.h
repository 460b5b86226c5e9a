/*
 * The tree of a policy file, as it was written: names are text with a span, nothing is resolved.  Lives in one arena.
 */
#ifndef SPOL_AST_H
#define SPOL_AST_H

#include "base/diag.h"
#include "base/num.h"
#include "vm/vm.h"

#include <stdbool.h>
#include <stddef.h>

/* A piece of source text: a name, a dotted path, the content of a string (escapes resolved). */
struct text {
	const char *s; /* NUL-ended */
	size_t len;
	struct span at;
};

#define EXPR_HEIGHT_MAX 500

enum expr_kind {
	EXPR_ERROR,  /* what a syntax error left: silent */
	EXPR_NUMBER, /* num, unit */
	EXPR_STRING, /* text */
	EXPR_NAME,   /* text: `recorded`, `actual`, a let, a constant, a field path, a fact: "fd", "fd.path", "recorded.count" */
	EXPR_NOT,    /* a */
	EXPR_AND, EXPR_OR, /* a, b */
	EXPR_EQ, EXPR_NE, EXPR_LT, EXPR_LE, EXPR_GT, EXPR_GE, /* a, b */
	EXPR_IN,     /* a in set: text is the set's name (EXPR_NAME b) or b is EXPR_SET */
	EXPR_SET,    /* an anonymous set literal { ... }: members */
	EXPR_WITHIN, /* a within tol of b */
	EXPR_ADD, EXPR_SUB, EXPR_MUL, EXPR_DIV, EXPR_BITAND, EXPR_BITOR, /* a, b */
	EXPR_NEG,    /* a */
};

enum unit {
	UNIT_NONE,
	UNIT_NS, UNIT_US, UNIT_MS, UNIT_S, UNIT_MIN, UNIT_H, /* num is in nanoseconds already */
	UNIT_B, UNIT_KIB, UNIT_MIB, UNIT_GIB,		     /* num is in bytes already */
	UNIT_PERCENT,					     /* num is in thousandths of a percent */
};

struct set_member {
	struct set_member *next;
	bool excluded;
	struct expr *value; /* EXPR_STRING, EXPR_NUMBER, EXPR_NEG or EXPR_NAME (another set or constant) */
	struct span at;
};

struct expr {
	enum expr_kind kind;
	struct span at; /* the whole expression */
	struct span op; /* the operator */
	num_t num;
	enum unit unit;
	struct text text;
	struct expr *a, *b, *tol;
	struct set_member *members;
	bool parenthesised;
	unsigned height; /* of the tree, at most EXPR_HEIGHT_MAX: walking it by recursion is safe */
};

/* `verb ["message"] [if condition]`, or a disposition in the same place. */
struct arm {
	struct arm *next; /* behind `else` */
	struct span at;
	enum vm_verb verb;
	struct span verb_at;
	struct expr *within; /* tolerance, or NULL */
	struct text message; /* s NULL: none */
	struct expr *condition; /* or NULL */
	bool is_disposition;
	enum vm_disposition disposition;
};

/* What a rule speaks of: `statbuf.st_ino`, `*`.  Inside a selector block. */
struct field_ref {
	struct field_ref *next;
	struct text path; /* "statbuf.st_ino", "fds[].revents", "*" */
};

enum selector_kind {
	SEL_CALL,  /* name, variants */
	SEL_CLASS, /* %file: name without % */
	SEL_SIGNAL, /* signal NAME; NAME|NAME: one selector each */
	SEL_INSTRUCTION, /* instruction rdtsc|cpuid: one selector each */
	SEL_NUMBER, /* syscall_<nr>: num */
	SEL_ANY,   /* any KIND */
	SEL_DEFAULT,
};

struct selector {
	struct selector *next; /* `stat, lstat { ... }` */
	enum selector_kind kind;
	struct text name;
	struct text_list *variants; /* F_GETLK|F_SETLK; NULL none */
	num_t num;
	struct span at;
};

struct text_list {
	struct text_list *next;
	struct text text;
};

/* `fields: arms;` inside a block, or a rule without fields (`madvise: ignore;`, `any ptr: map;`, `default: equal;`). */
struct rule {
	struct rule *next;
	struct span at;
	bool override;
	struct field_ref *fields; /* NULL: a disposition of the call, or any/default */
	struct arm *arms;
	/* what the checks found out: some, or not all, of what it speaks of replaces an inherited rule */
	bool replaces, replaces_nothing;
};

enum item_kind {
	ITEM_ERROR,   /* what a syntax error left: silent; rules may hold what its block said */
	ITEM_POLICY,  /* name, version */
	ITEM_EXTENDS, /* names */
	ITEM_LET,     /* name, value */
	ITEM_SET,     /* name, members */
	ITEM_RULES,   /* selectors, rules */
	ITEM_NEVER,   /* selectors (SEL_CALL with path in fields), verb, condition */
	ITEM_VIOLATION, /* continues */
	ITEM_TEST,    /* name; steps; raw body kept */
};

/* One `read(fd: 1, buf: "a" -> "b", ret: 6);` or `expect buf stop;` of a test block. */
struct test_value {
	struct test_value *next;
	struct text path;
	struct expr *recorded, *actual; /* actual NULL: the same value on both sides */
};

struct test_step {
	struct test_step *next;
	struct span at;
	bool is_expect;
	struct selector *call;	   /* an event */
	struct test_value *values;
	struct text field;	   /* expect FIELD OUTCOME; "" the call's disposition */
	struct text outcome;	   /* same, stop, equal, accept, replay, map, emulate, ignore, optional, forbid, execute */
};

struct item {
	struct item *next;
	enum item_kind kind;
	struct span at;
	bool override;
	bool replaces; /* what the checks found out: some rule of it replaces an inherited one */
	struct text name;
	num_t version;
	struct text_list *names;   /* extends */
	struct expr *value;	   /* let */
	struct set_member *members; /* set */
	struct selector *selectors;
	struct rule *rules;
	struct span body; /* from { to }, or empty */
	enum vm_verb verb; /* never */
	bool verb_any;	   /* never */
	struct field_ref *fields; /* never */
	struct expr *condition;	  /* never */
	bool continues;
	struct test_step *steps;
};

/* A comment or blank line stays where it was: the formatter and suppressions need them. */
struct comment {
	struct comment *next;
	struct span at;
	bool own_line;
};

struct file_ast {
	uint32_t file; /* number in diags */
	const char *name;
	struct item *items;
	struct comment *comments;
};

#endif

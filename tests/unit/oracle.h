/*
 * Random policies as trees of their own, and a reading of them that follows doc/spol.5 word by word and shares nothing
 * with src/spol: what test_spol_oracle.c holds compiled policies against.
 */
#ifndef TESTS_UNIT_ORACLE_H
#define TESTS_UNIT_ORACLE_H

#include "abi/facts.h"
#include "abi/schema.h"
#include "base/arena.h"
#include "base/value.h"
#include "vm/vm.h"

#define ORACLE_TARGETS 4
#define ORACLE_FILES   2
#define ORACLE_MEMBERS 6

enum oracle_unit { PLAIN, TIME, BYTES, PERCENT };

enum oracle_kind {
	X_NUMBER, /* num, unit; text: as it is written */
	X_STRING, /* text, len */
	X_NAME,   /* name ("" the field itself), side: SIDE_COUNT bare */
	X_ADD,
	X_SUB,
	X_MUL,
	X_DIV,
	X_AND,
	X_OR,
	X_NEG,
	X_EQ,
	X_NE,
	X_LT,
	X_LE,
	X_GT,
	X_GE,
	X_STR_EQ,
	X_STR_NE,
	X_IN,     /* a in set; strings when set->globs */
	X_WITHIN, /* a within tolerance (a literal) of b */
	X_BOTH,
	X_EITHER,
	X_NOT,
};

struct oracle_set {
	const char *name; /* NULL: written in the condition */
	unsigned file;
	bool globs;
	size_t n;
	struct oracle_member {
		bool excluded;
		num_t num;
		const char *text;
		const struct oracle_set *inner; /* a set of that name, or NULL */
	} members[ORACLE_MEMBERS];
};

struct oracle_expr {
	enum oracle_kind kind;
	struct oracle_expr *a, *b, *tolerance;
	num_t num;
	enum oracle_unit unit;
	const char *text, *name;
	size_t len;
	enum vm_side side;
	const struct oracle_set *set;
};

struct oracle_arm {
	enum vm_verb verb;
	enum vm_disposition disposition;
	const char *message; /* or NULL */
	struct oracle_expr *within, *condition;
	unsigned line; /* of its file */
};

enum oracle_level { BY_VARIANT, BY_CALL, BY_CLASS, BY_KIND, BY_DEFAULT };

/* A selector and a field name of a rule. */
struct oracle_target {
	enum oracle_level level;
	const char *call, *variant;
	uint32_t class_bit;
	enum abi_kind kind;
	const char *path; /* NULL: the call as a whole, or a selector that needs none */
};

struct oracle_rule {
	unsigned file; /* 0: inherited, 1: on top */
	bool disposition, override;
	size_t ntargets, narms;
	struct oracle_target targets[ORACLE_TARGETS];
	struct oracle_arm arms[4];
};

struct oracle {
	const struct abi_schema *schema;
	struct arena *arena;
	uint64_t seed;
	struct oracle_set *sets[8];
	size_t nsets;
	struct oracle_rule *rules[64];
	size_t nrules;
	struct buf text[ORACLE_FILES];
};

/* What conditions may ask: values by leaf, facts by number and leaf (that of `fd`). */
struct oracle_world {
	struct value *fields[SIDE_COUNT]; /* by leaf */
	struct value facts[FACT_COUNT][SIDE_COUNT];
};

/* What should come of a pair, or of a call. */
struct oracle_answer {
	enum vm_verb verb;
	enum vm_disposition disposition;
	bool nobody; /* no rule decided: equal, or execute */
	unsigned file, line;
	const char *message;
};

/* oracle_make.c */
uint64_t oracle_next(uint64_t *seed);
unsigned oracle_pick(uint64_t *seed, unsigned n);
/* A policy of two files over o->schema, from o->seed; in o->arena but for the texts.  o is otherwise empty. */
void oracle_make(struct oracle *o);
/* Values for everything, mostly those that the policies speak of. */
void oracle_make_world(struct oracle *o, struct oracle_world *w);

/* oracle_print.c: appends to the text of its file; a rule's arms get their lines. */
void oracle_print_set(struct oracle *o, const struct oracle_set *s);
void oracle_print_rule(struct oracle *o, struct oracle_rule *r);

/* oracle_read.c */
/* How specific a target is for a leaf, less is more; UINT32_MAX: it does not speak of it. */
uint32_t oracle_rank(const struct oracle *o, const struct oracle_target *t, const struct abi_leaf *leaf);
/* The same for the disposition of a call. */
uint32_t oracle_rank_call(const struct oracle *o, const struct oracle_rule *r, const struct oracle_target *t,
			  const struct abi_call *c);
/* The target may speak of several calls: names that one of them lacks are no mistake there. */
bool oracle_is_wide(const struct oracle *o, const struct oracle_target *t);
bool oracle_verb_is_legal(const struct oracle *o, const struct abi_leaf *leaf, enum vm_verb verb);
/* Nanoseconds that a field counts by; 0: it is no time. */
num_t oracle_time_unit(const struct oracle *o, const struct abi_leaf *leaf);
/* What a fact is about: the argument of its name (`fd`, `clock`), else the first argument of its kind; NULL: none. */
const struct abi_leaf *oracle_about(const struct oracle *o, const struct abi_call *c, enum abi_fact fact);
/* A fact that the call has: fd.path needs a descriptor, file.path a path. */
bool oracle_has_fact(const struct oracle *o, const struct abi_call *c, const char *name, enum abi_fact *fact);
struct oracle_answer oracle_decide(const struct oracle *o, const struct abi_leaf *leaf, const struct oracle_world *w);
struct oracle_answer oracle_dispose(const struct oracle *o, const struct abi_call *c, const struct oracle_world *w);

#endif

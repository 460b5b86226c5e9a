/*
 * What the files of the reasoner share: values, terms, atoms and how they are numbered.  logic*.c only.
 */
#ifndef SPOL_LOGIC_INTERNAL_H
#define SPOL_LOGIC_INTERNAL_H

#include "base/map.h"
#include "spol/logic.h"
#include "vm/asm.h"
#include "vm/glob.h"

/* ---- sets of numbers: ascending intervals that neither meet nor touch ---- */

struct interval {
	num_t low, high;
};

struct ranges {
	const struct interval *list;
	uint32_t n;
};

struct ranges ranges_one(struct arena *a, num_t low, num_t high); /* empty if low > high */
/* From n intervals in any order, some of them empty. */
struct ranges ranges_make(struct arena *a, struct interval *list, uint32_t n);
struct ranges ranges_and(struct arena *a, struct ranges x, struct ranges y);
/* What of [low, high] is not in x. */
struct ranges ranges_not(struct arena *a, struct ranges x, num_t low, num_t high);
bool ranges_have(struct ranges x, num_t n);
/* The member nearest to n from there upwards, or downwards.  false: there is none. */
bool ranges_up(struct ranges x, num_t n, num_t *out);
bool ranges_down(struct ranges x, num_t n, num_t *out);

/* ---- values ---- */

struct var {
	enum node_kind kind;
	enum vm_side side;
	uint32_t leaf, fact;
	bool is_string;
	bool is_text; /* bytes whose NULs at the end do not count */
	struct ranges range;
	uint32_t term; /* of a number */
};

/* ---- numbers ---- */

#define LINEAR_MAX 4

/* coef[0] * term[0] + ... + k; terms ascend; on no values does any part of it leave what a num_t holds. */
struct linear {
	uint32_t n;
	uint32_t term[LINEAR_MAX];
	num_t coef[LINEAR_MAX];
	num_t k;
};

enum term_kind {
	TERM_VAR,  /* var */
	TERM_MASK, /* bits mask of a */
	TERM_SUM,  /* a: two terms or more */
	TERM_OP,   /* a op b, as the machine computes it */
};

struct term {
	enum term_kind kind;
	uint32_t var;
	num_t mask;
	enum vm_arith op;
	struct linear a, b;
	num_t low, high;
};

enum atom_kind {
	ATOM_RANGE,      /* term x is in `in` */
	ATOM_DIFFERENCE, /* term x - term y is in `in` */
	ATOM_NEAR,       /* a and b are within a tolerance */
	ATOM_IS,         /* string x is the constant */
	ATOM_SAME,       /* strings x and y are the same */
	ATOM_GLOBS,      /* string x is in set y */
	ATOM_OPAQUE,     /* nothing is known about it */
};

struct atom {
	enum atom_kind kind;
	uint32_t x, y;
	struct ranges in;
	struct linear a, b;
	num_t tolerance;
	bool percent;
	const uint8_t *text;
	size_t len;
	uint32_t *vars; /* whose presence it needs */
	uint32_t nvars;
};

/* A set of globs by its content: ascending, no member twice. */
struct glob_set {
	const char **globs;
	bool *excluded;
	size_t n;
};

struct formula_node {
	enum {
		FORM_FALSE,
		FORM_TRUE,
		FORM_THERE,   /* x is a var: it is present */
		FORM_MISSING, /* x is a var */
		FORM_HOLDS,   /* x is an atom: its values are present and it holds */
		FORM_FAILS,   /* x is an atom: its values are present and it does not hold */
		FORM_AND,
		FORM_OR,
	} kind;
	uint32_t x;
	const formula *kids;
	uint32_t nkids;
	formula contrary; /* that of an `and` or `or`, once it was asked for; FORMULA_FALSE: not yet */
};

/* An automaton over some of the sets, in order of their numbers. */
struct logic_dfa {
	struct glob_dfa dfa;
	const uint32_t *sets;
	uint32_t nsets;
	bool usable;            /* false: too large */
	uint32_t *back, *first; /* edges backwards: back[first[s]] ... are the states that lead to s */
	struct logic_region *regions;
};

struct logic {
	const struct abi_schema *schema;
	struct arena *arena, *scratch; /* scratch: of one call of num_solve() or str_solve() */
	struct strmap *index;          /* what a thing is, as bytes with a letter in front, to its number */
	struct var *vars;
	uint32_t nvars, vars_room;
	struct term *terms;
	uint32_t nterms, terms_room;
	struct atom *atoms;
	uint32_t natoms, atoms_room;
	struct glob_set *sets;
	uint32_t nsets, sets_room;
	struct formula_node *forms;
	uint32_t nforms, forms_room;
	struct logic_dfa **dfas;
	uint32_t ndfas, dfas_room;
	size_t work; /* for automata and their strings, so far: they are kept, so it is not work of one question alone
		      */
};

/* An atom that must hold, or must not. */
struct literal {
	uint32_t atom;
	bool holds;
};

/* logic.c: the number of a key, or *is_new and the number `next`. */
uint32_t logic_intern(struct logic *l, const struct buf *key, uint32_t next, bool *is_new);
/* An atom (a copy of *a, whose vars are found out here) as a formula. */
formula logic_literal(struct logic *l, struct atom *a, struct buf *key, bool holds);

/* logic_term.c: what tests of numbers say.  Sides of bare names are given. */
formula term_compare(struct logic *l, const struct node *n, enum vm_side bare);
formula term_in(struct logic *l, const struct node *n, enum vm_side bare);
formula term_within(struct logic *l, const struct node *n, enum vm_side bare);
/* Value of a linear form, values[] by term; all terms it speaks of are known. */
num_t term_value(const struct linear *f, const num_t *values);
/* Range of a linear form for given bounds of terms.  false: it leaves what a num_t holds. */
bool term_bounds(const struct linear *f, const num_t *low, const num_t *high, num_t *out_low, num_t *out_high);
/* Range of a op b. */
void term_op_bounds(enum vm_arith op, num_t alow, num_t ahigh, num_t blow, num_t bhigh, num_t *low, num_t *high);
num_t term_op(enum vm_arith op, num_t a, num_t b);
void term_vars(const struct logic *l, const struct linear *f, struct buf *vars);
/* logic.c: the number of a value. */
uint32_t logic_var(struct logic *l, const struct node *n, enum vm_side bare);

/*
 * logic_num.c: values[] by var gets numbers that make the literals hold (those that speak of strings are passed over).
 * quick: only to find out early that there are none; then SAT says nothing.
 */
enum logic_answer num_solve(struct logic *l, const struct literal *list, size_t n, bool quick, num_t *values,
			    unsigned *budget);
/* logic_str.c: the same for strings; values[] by var, bytes in the logic's arena. */
enum logic_answer str_solve(struct logic *l, struct logic_dfa *dfa, const struct literal *list, size_t n,
			    struct value *values, unsigned *budget);
/* set: its place among the automaton's sets. */
bool str_accepts(const struct logic_dfa *dfa, const uint8_t *data, size_t len, uint32_t set);
/* The automaton for these sets (ascending, none twice). */
struct logic_dfa *str_dfa(struct logic *l, const uint32_t *sets, uint32_t nsets);

#endif

/*
 * Reasoning over typed conditions: can these hold together, and with which values?  What a condition means is exactly
 * what codegen.c and the interpreter make of it.  Inside spol/ only.
 */
#ifndef SPOL_LOGIC_H
#define SPOL_LOGIC_H

#include "abi/schema.h"
#include "base/value.h"
#include "spol/policy.h"

/* Formulas over conditions of any number of policies against one schema.  Free with logic_free(). */
struct logic;

struct logic *logic_new(const struct abi_schema *schema);
void logic_free(struct logic *l);

/*
 * A formula.  Formulas that are the same after layout, names, order of operands and content of sets are taken off have
 * the same number; different numbers say nothing.
 */
typedef uint32_t formula;

#define FORMULA_FALSE 0u
#define FORMULA_TRUE  1u

/*
 * The condition as a whole, as an arm has it: on both sides where a bare name is in it, and false where a value is
 * missing.  NULL: TRUE.  Also for the NODE_WITHIN of an arm.
 */
formula logic_condition(struct logic *l, const struct node *n);
/* All values that the condition speaks of are there.  NULL: TRUE. */
formula logic_presence(struct logic *l, const struct node *n);
formula logic_and(struct logic *l, formula a, formula b);
formula logic_or(struct logic *l, formula a, formula b);
/* Only of what logic_condition(), logic_and(), logic_or() and logic_not() made. */
formula logic_not(struct logic *l, formula a);
/* The two values of a leaf's pair differ (one may be absent), or are equal (both may be absent). */
formula logic_pair_differs(struct logic *l, const struct abi_leaf *leaf);
formula logic_pair_equal(struct logic *l, const struct abi_leaf *leaf);

enum logic_answer {
	LOGIC_UNSAT,   /* proven: no values make all of them hold */
	LOGIC_SAT,     /* *m holds such values */
	LOGIC_UNKNOWN, /* neither was found within the bounds */
};

/* What a value in a condition is: side and one of NODE_VALUE (of any leaf), NODE_FIELD and NODE_FACT. */
struct logic_value {
	enum node_kind kind;
	enum vm_side side;
	uint32_t fact, leaf;
	struct value value; /* VALUE_ABSENT: it must not be there.  Bytes are lent from the struct logic. */
};

/* A witness.  What it does not name is of no importance. */
struct logic_model {
	struct logic_value *values; /* lent from the struct logic */
	size_t n;
};

/*
 * Looks for values that make all n formulas hold.  m may be NULL.  Work and memory are bounded, by *budget steps in all
 * (it is counted down).
 */
enum logic_answer logic_solve(struct logic *l, const formula *f, size_t n, struct logic_model *m, unsigned *budget);

/* More than enough for whatever a person writes in one chain; a step is about a microsecond. */
#define LOGIC_BUDGET 100000u

static inline void logic_spend(unsigned *budget, size_t work)
{
	*budget -= work < *budget ? (unsigned)work : *budget;
}

#endif

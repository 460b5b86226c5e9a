/*
 * A system of conditions over numbers while it is being solved.  logic_num.c and logic_search.c only.
 */
#ifndef SPOL_LOGIC_NUM_H
#define SPOL_LOGIC_NUM_H

#include "spol/logic_internal.h"

#define NUM_NODES 15 /* terms that one system may speak of */

/* node x - node y is in `in` */
struct num_difference {
	uint32_t x, y;
	struct ranges in;
};

struct num_near {
	struct linear a, b; /* of nodes */
	num_t tolerance;
	bool percent, holds;
};

/* A term of the system; what it is made of stands before it. */
struct num_node {
	const struct term *term;
	struct linear a, b; /* the term's, of nodes */
	struct ranges domain;
};

struct num_system {
	struct logic *l;
	struct num_node nodes[NUM_NODES];
	uint32_t n;
	struct num_difference *differences;
	uint32_t ndifferences;
	struct num_near *nears;
	uint32_t nnears;
	bool partial; /* some literals are left out: no solution of this is a solution of all */
	unsigned searches, splits;
	unsigned *budget;
	num_t found[NUM_NODES];
};

/* Computes all nodes from those that are values. */
void num_complete(const struct num_system *s, num_t *values);
/* Number of conditions that complete values break.  first: NULL or gets the place of one: domain of node i, or NUM_NODES
 * + number of a difference, or beyond: something else. */
unsigned num_broken(const struct num_system *s, const num_t *values, uint32_t *first);
/* Looks around bounds for values that break nothing.  true: they are in s->found. */
bool num_search(struct num_system *s, const num_t *low, const num_t *high);

#endif

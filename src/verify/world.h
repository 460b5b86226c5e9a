/*
 * The tasks of a run as its events tell of them: who made whom, and what belongs to each.  Descriptors and address spaces
 * are shared as clone(2) was told.
 */
#ifndef VERIFY_WORLD_H
#define VERIFY_WORLD_H

#include "abi/schema.h"
#include "verify/facts.h"
#include "verify/maps.h"

enum world_side { WORLD_RECORDED, WORLD_ACTUAL, WORLD_SIDES };

struct world_task {
	uint32_t number;    /* 0: the program */
	uint32_t depth;	    /* 0: the program, 1: its children, ... */
	uint32_t nchildren; /* that it ever made */
	const char *name;   /* by lineage: "0", "0.1", the first child of the first: "0.1.1" */
	struct facts *facts[WORLD_SIDES]; /* of a recorder: the same one */
	struct maps *maps;
};

struct world;

/* A world of the program alone; it takes facts and maps.  actual may be recorded itself. */
struct world *world_new(struct facts *recorded, struct facts *actual, struct maps *maps);
void world_free(struct world *w);
/* NULL: there is no such task.  Lent until world_end() of it. */
struct world_task *world_get(struct world *w, uint32_t number);
/* A new task, or NULL: the number is taken. */
struct world_task *world_fork(struct world *w, struct world_task *maker, uint32_t number, uint64_t clone_flags);
/* The task has executed a program: what it shared it has for itself now. */
void world_exec(struct world_task *t);
void world_end(struct world *w, uint32_t number);
/* A task that has not ended; index < world_count(), in no order. */
struct world_task *world_at(const struct world *w, size_t index);
size_t world_count(const struct world *w); /* tasks that have not ended */

#endif

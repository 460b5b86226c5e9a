/*
 * Makes leaves and items of rows; used by schema.c alone.
 */
#ifndef ABI_BUILD_H
#define ABI_BUILD_H

#include "abi/program.h"
#include "base/arena.h"

/* Leaves of all rows so far, and the items of the row in work.  Zeroed but for arena. */
struct build {
	struct arena *arena; /* paths and finished programs */
	struct abi_leaf *leaves;
	uint32_t nleaves, leaves_room;
	struct abi_item *items;
	uint32_t nitems, items_room;
	uint32_t call, leaf_first; /* of the row in work */
	bool linked;               /* leaves being made have their length from the result */
	bool filled_beside;        /* ... no: from a field beside the pointer (abi_len.filled) */
	bool synthetic;            /* ... are made up by the tracer */
};

/* Appends the leaves of a row and fills its program. */
void build_row(struct build *b, const struct abi_row *row, uint32_t call, struct abi_program *prog);
/* Frees what b needs only while it works. */
void build_end(struct build *b);

#endif

/*
 * What makes two runs of a program comparable, set up before its first instruction.  engine.md 5.
 */
#ifndef TRACE_DETERMINISM_H
#define TRACE_DETERMINISM_H

#include "abi/row.h"
#include "base/arena.h"
#include "trace/task.h"

#include <stdbool.h>
#include <stdint.h>

#define AUXV_TYPES 64 /* highest type of an auxiliary vector's entry, and some */

/* The auxiliary vector that the kernel gave the program; an absent entry is 0. */
struct auxv {
	uint64_t value[AUXV_TYPES];
};

/* Personality bits that the program is started with: no address-space randomisation unless aslr. */
unsigned long determinism_personality(unsigned long now, bool aslr);
/*
 * At STOP_EXEC: takes the vDSO out of the auxiliary vector, so that its functions become calls, and sets the 16
 * AT_RANDOM bytes.  stack: the new program's stack pointer.  -1: *err TRACE.
 */
int determinism_at_exec(const struct task *task, uint64_t stack, const uint8_t random[16], struct auxv *auxv,
			struct err *err);
/* The synthetic struct `auxv` of execve as its type lays it out, in arena. */
const uint8_t *determinism_auxv_block(const struct auxv *auxv, const struct abi_type *type, struct arena *arena);
/* What the tracer answers instead of the kernel for rows that say so: a negative errno; 0: the kernel is asked. */
int64_t determinism_answer(const struct abi_row *row);

#endif

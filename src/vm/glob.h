/*
 * Globs: their syntax, and the automaton that all globs of a policy become.  For vm/, and for spol/'s reasoning about
 * conditions.
 */
#ifndef VM_GLOB_H
#define VM_GLOB_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLOB_STATES_MAX 20000u

/* One step of a glob: one byte of a set, or (loop) any number of them. */
struct glob_token {
	bool loop;
	uint64_t bytes[4]; /* bit per byte value */
};

/*
 * Splits a glob into at most strlen(glob) tokens.  NULL, or what is wrong with it (static text); tokens may be NULL to
 * only check.
 */
const char *glob_parse(const char *glob, struct glob_token *tokens, size_t *ntokens);

/* A glob as member of a set. */
struct glob_member {
	const char *glob;
	uint32_t set;
	bool excluded;
};

/* Deterministic automaton over byte classes.  No set: all zero. */
struct glob_dfa {
	uint8_t classes[256];
	uint32_t nclasses, nstates, nsets, nrows;
	const uint16_t *next;    /* nstates x nclasses; state 0 is dead, 1 the start */
	const uint32_t *accepts; /* by state: row */
	const uint8_t *rows;     /* nrows x glob_row_bytes(nsets) */
	/*
	 * Made by glob_prepare() for the scan: next with rows of 1 << shift cells; a cell is where the row of the
	 * following state begins, with GLOB_SETTLED if that state is never left.
	 */
	const uint32_t *jumps;
	unsigned shift;
};

#define GLOB_SETTLED ((uint32_t)1 << 31)

static inline uint32_t glob_row_bytes(uint32_t nsets)
{
	return (nsets + 7) / 8;
}

/* In arena.  -1: *err LIMIT. */
int glob_build(const struct glob_member *members, size_t nmembers, uint32_t nsets, struct arena *arena,
	       struct glob_dfa *out, struct err *err);

/* Makes d->jumps and d->shift, in arena.  The other tables must be within their bounds. */
void glob_prepare(struct glob_dfa *d, struct arena *arena);

/* The state that a path leads to. */
static inline uint32_t glob_state(const struct glob_dfa *d, const uint8_t *path, size_t len)
{
	uint32_t at = (uint32_t)1 << d->shift; /* state 1 */

	for (size_t i = 0; i < len && !(at & GLOB_SETTLED); i++) {
		const uint32_t *column = d->jumps + d->classes[path[i]]; /* one step less from state to state */

		at = column[at];
	}
	return (at & ~GLOB_SETTLED) >> d->shift;
}

static inline bool glob_accepts(const struct glob_dfa *d, uint32_t state, uint32_t set)
{
	return d->rows[(size_t)d->accepts[state] * glob_row_bytes(d->nsets) + set / 8] >> (set % 8) & 1;
}

#endif

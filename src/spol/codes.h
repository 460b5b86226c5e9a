/*
 * The catalogue of diagnostic codes (codes.def) for whoever shows findings: page, level, place in the catalogue.
 */
#ifndef SPOL_CODES_H
#define SPOL_CODES_H

#include "base/diag.h"

#include <stddef.h>

struct spol_code {
	const char *id;        /* "E1001" */
	const char *title;     /* a few words, no full stop */
	const char *page;      /* lines, each ending in a newline */
	enum diag_level level; /* that its findings have by themselves: what -W makes of them is no part of it */
};

size_t spol_code_count(void);
/* In the order of the catalogue; index < spol_code_count(). */
const struct spol_code *spol_code_at(size_t index);
/* NULL: there is no such code. */
const struct spol_code *spol_code_find(const char *id);

#endif

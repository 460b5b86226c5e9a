/*
 * Lines and columns of places in source texts, for many places: what they are worked out from is made once a source.
 */
#ifndef BASE_PLACES_H
#define BASE_PLACES_H

#include "base/diag.h"

#include <stdint.h>

struct places;

/* A place, worked out.  line and column are 1-based, as source_position() counts them. */
struct place {
	const struct source_text *source;
	uint32_t line, column;
	uint32_t line_start, line_end; /* bytes of the line without its newline and the CR before it */
};

/* d is lent and outlives the result, which goes back by places_free(). */
struct places *places_over(const struct diags *d);
void places_free(struct places *p);
/* The place of a byte; an offset behind the text is the text's end.  Offsets that ascend are the cheapest. */
struct place places_find(struct places *p, uint32_t file, uint32_t offset);
/* Characters in the bytes from, to of a source. */
uint32_t source_columns(const struct source_text *s, uint32_t from, uint32_t to);

#endif

/*
 * The catalogue of diagnostic codes, from codes.def.
 */
#include "spol/codes.h"

#include "base/check.h"

#include <string.h>

static const struct spol_code codes[] = {
#define CODE(id, title, page) { #id, title, page, (#id)[0] == 'E' ? DIAG_ERROR : DIAG_WARNING },
#include "spol/codes.def"
};

size_t spol_code_count(void)
{
	return ARRAY_LEN(codes);
}

const struct spol_code *spol_code_at(size_t index)
{
	INVARIANT(index < ARRAY_LEN(codes));
	return &codes[index];
}

const struct spol_code *spol_code_find(const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (strcmp(codes[i].id, id) == 0)
			return &codes[i];
	}
	return NULL;
}

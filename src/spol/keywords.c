/*
 * The words of the language, from keywords.def.
 */
#include "spol/keywords.h"

#include "base/check.h"
#include "spol/build.h"

#include "grammar/spol_parse.h"

#include <string.h>

static const struct keyword keywords[] = {
#define KEYWORD(word, token, group) { #word, sizeof(#word) - 1, TOK_##token, KEYWORD_##group },
#include "spol/keywords.def"
};

enum {
	RESERVED = 0
#define KEYWORD(word, token, group) +(TOK_##token != TOK_NAME)
#include "spol/keywords.def"
};
_Static_assert(RESERVED == TOK_IN - TOK_POLICY + 1, "every word of the grammar has a row, and the reverse");

size_t keyword_count(void)
{
	return ARRAY_LEN(keywords);
}

const struct keyword *keyword_at(size_t index)
{
	INVARIANT(index < ARRAY_LEN(keywords));
	return &keywords[index];
}

const struct keyword *keyword_find(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
		const struct keyword *k = &keywords[i];

		/* the first letter: most names fail there, without a call */
		if (k->len == len && k->word[0] == s[0] && memcmp(k->word, s, len) == 0)
			return k;
	}
	return NULL;
}

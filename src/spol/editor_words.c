/*
 * The words of the language with what they mean, for hover and completion.
 */
#include "spol/editor_place.h"

#include <string.h>

const struct editor_word editor_words[] = {
#define WORD(word, groups, text) { word, text, groups },
#include "spol/editor_words.def"
};

const size_t editor_nwords = ARRAY_LEN(editor_words);

const struct editor_word *editor_word_find(unsigned groups, const char *s, size_t len)
{
	for (size_t i = 0; i < editor_nwords; i++) {
		const struct editor_word *w = &editor_words[i];

		if (w->group & groups && strlen(w->word) == len && memcmp(w->word, s, len) == 0)
			return w;
	}
	return NULL;
}

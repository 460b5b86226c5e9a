/*
 * Filling in the placeholders of a rule's message.  Values are put in as they are: a brace in a value means nothing.
 */
#include "verify/message.h"

#include "base/attr.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t text, number; /* offsets in struct message_values; the one that is meant is not NONE */
} placeholders[] = {
#define NONE ((size_t)-1)
#define TEXT(name)   { #name, offsetof(struct message_values, name), NONE }
#define NUMBER(name) { #name, NONE, offsetof(struct message_values, name) }
	TEXT(syscall), TEXT(field), TEXT(recorded), TEXT(actual), TEXT(task), TEXT(path), NUMBER(offset), NUMBER(event),
#undef TEXT
#undef NUMBER
};

/* Length of the placeholder at text, appended to out; 0: there is none. */
static size_t expand_one(const char *text, const struct message_values *v, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(placeholders); i++) {
		size_t len = strlen(placeholders[i].name);

		if (strncmp(text + 1, placeholders[i].name, len) != 0 || text[1 + len] != '}')
			continue;
		if (placeholders[i].text != NONE) {
			const char *s;

			memcpy(&s, (const char *)v + placeholders[i].text, sizeof(s));
			buf_str(out, s ? s : "");
		} else {
			uint64_t n;

			memcpy(&n, (const char *)v + placeholders[i].number, sizeof(n));
			buf_printf(out, "%" PRIu64, n);
		}
		return len + 2;
	}
	return 0;
}

void message_expand(const char *text, const struct message_values *v, struct buf *out)
{
	while (*text) {
		size_t used = *text == '{' ? expand_one(text, v, out) : 0;

		if (!used)
			buf_byte(out, (uint8_t)*text++);
		text += used;
	}
}

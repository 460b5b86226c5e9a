/*
 * UTF-8, one character at a time.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Length in bytes of the character at s (len > 0), 1 to 4, or 0 when the bytes there are none. */
size_t utf8_length(const char *s, size_t len);
/* Bytes to the next character; a byte that is not UTF-8 counts as one. */
size_t utf8_step(const char *s, size_t len);

#endif

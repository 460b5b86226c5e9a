/*
 * Growable byte buffer, and a reader over bytes that never goes past their end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/attr.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed struct buf is an empty buffer.  data is owned; it is followed by a NUL byte that len does not count. */
struct buf {
	uint8_t *data;
	size_t len;
	size_t room;
};

void buf_free(struct buf *b);	 /* leaves an empty buffer; CLEANUP(buf_free) works on a struct buf */
void buf_clear(struct buf *b); /* len 0, memory kept */
/* Grows by len bytes of undefined content and returns where they start; valid until the next change. */
void *buf_grow(struct buf *b, size_t len);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_byte(struct buf *b, uint8_t byte);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void buf_le32(struct buf *b, uint32_t v);
void buf_le64(struct buf *b, uint64_t v);
/* The content as a C string, lent until the next change; "" when empty. */
const char *buf_cstr(struct buf *b);

/*
 * Reads front to back.  A read past the end yields 0 or NULL, sets failed, and every later read does the same; so a
 * parser may read a whole record and look at failed once.
 */
struct reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

struct reader reader_over(const void *data, size_t len);
uint8_t reader_byte(struct reader *r);
uint32_t reader_le32(struct reader *r);
uint64_t reader_le64(struct reader *r);
/* len bytes lent from the underlying data, or NULL. */
const uint8_t *reader_bytes(struct reader *r, size_t len);
size_t reader_left(const struct reader *r);

#endif

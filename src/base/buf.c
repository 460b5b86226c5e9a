/*
 * Growable byte buffer and bounded reader.
 */
#include "base/buf.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void *buf_grow(struct buf *b, size_t len)
{
	size_t want;
	void *p;

	INVARIANT(len < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
	want = b->len + len + 1;
	if (want > b->room) {
		b->room = want < 64 ? 64 : want + want / 2;
		b->data = xrealloc(b->data, b->room, 1);
	}
	p = b->data + b->len;
	b->len += len;
	b->data[b->len] = '\0';
	return p;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len)
		memcpy(buf_grow(b, len), data, len);
}

void buf_byte(struct buf *b, uint8_t byte)
{
	*(uint8_t *)buf_grow(b, 1) = byte;
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char small[256];
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	INVARIANT(n >= 0);
	if ((size_t)n < sizeof(small)) {
		buf_add(b, small, (size_t)n);
	} else {
		char *p = buf_grow(b, (size_t)n);

		vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_le32(struct buf *b, uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	buf_add(b, bytes, sizeof(bytes));
}

void buf_le64(struct buf *b, uint64_t v)
{
	buf_le32(b, (uint32_t)v);
	buf_le32(b, (uint32_t)(v >> 32));
}

const char *buf_cstr(struct buf *b)
{
	return b->data ? (const char *)b->data : "";
}

struct reader reader_over(const void *data, size_t len)
{
	return (struct reader){ .data = data, .len = len };
}

const uint8_t *reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *p;

	if (r->failed || len > r->len - r->pos) {
		r->failed = true;
		return NULL;
	}
	p = r->data + r->pos;
	r->pos += len;
	return p;
}

uint8_t reader_byte(struct reader *r)
{
	const uint8_t *p = reader_bytes(r, 1);

	return p ? *p : 0;
}

uint32_t reader_le32(struct reader *r)
{
	const uint8_t *p = reader_bytes(r, 4);

	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t reader_le64(struct reader *r)
{
	uint64_t low = reader_le32(r);

	return low | (uint64_t)reader_le32(r) << 32;
}

size_t reader_left(const struct reader *r)
{
	return r->failed ? 0 : r->len - r->pos;
}

/*
 * Protobuf's wire encoding, as far as events need it: they are packed and unpacked by hand because a program makes
 * millions of them.  https://protobuf.dev/programming-guides/encoding/
 */
#ifndef RECORDING_WIRE_H
#define RECORDING_WIRE_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIRE_VARINT_MAX 10 /* bytes of the longest varint */

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5,
};

/* Field number and wire type in one number, as in the encoding: what switches over fields compare. */
#define WIRE_KEY(number, type) ((uint32_t)(number) << 3 | (type))

static inline uint64_t wire_zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t wire_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static inline size_t wire_varint_size(uint64_t v)
{
	return (size_t)(70 - __builtin_clzll(v | 1)) / 7;
}

/* Writes v at p, where WIRE_VARINT_MAX bytes are free; returns the byte behind it. */
static inline uint8_t *wire_put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

/* A number field below field 16; zero is left out, as proto3 has it. */
static inline uint8_t *wire_put_field(uint8_t *p, unsigned number, uint64_t v)
{
	if (!v)
		return p;
	*p++ = (uint8_t)WIRE_KEY(number, WIRE_VARINT);
	return wire_put(p, v);
}

/* A bytes field below field 16; an empty one is left out.  Room: len + 1 + WIRE_VARINT_MAX. */
static inline uint8_t *wire_put_bytes(uint8_t *p, unsigned number, const void *data, size_t len)
{
	if (!len)
		return p;
	*p++ = (uint8_t)WIRE_KEY(number, WIRE_BYTES);
	p = wire_put(p, len);
	memcpy(p, data, len);
	return p + len;
}

/* Reads fields front to back, never past end. */
struct wire {
	const uint8_t *p, *end;
	bool bad; /* malformed: no field behind this one can be read */
};

struct wire_field {
	uint32_t key;
	uint64_t number;     /* WIRE_VARINT, WIRE_FIXED64, WIRE_FIXED32 */
	const uint8_t *data; /* WIRE_BYTES: lent */
	size_t len;
};

static inline struct wire wire_over(const uint8_t *data, size_t len)
{
	return (struct wire){ .p = data, .end = len ? data + len : data }; /* data may be NULL then */
}

/* A varint; 0 and bad when the bytes end within it or it is longer than 64 bits. */
static inline uint64_t wire_get(struct wire *w)
{
	uint64_t v = 0;

	if (LIKELY(w->p < w->end && *w->p < 0x80))
		return *w->p++;
	for (unsigned shift = 0; shift < 70 && w->p < w->end; shift += 7) {
		uint8_t byte = *w->p++;

		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	w->bad = true;
	return 0;
}

static inline uint64_t wire_get_fixed(struct wire *w, size_t size)
{
	uint64_t v = 0;

	if ((size_t)(w->end - w->p) < size) {
		w->bad = true;
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)w->p[i] << 8 * i;
	w->p += size;
	return v;
}

/* The next field, known or not.  false: none is left, or bad. */
static inline bool wire_next(struct wire *w, struct wire_field *f)
{
	uint64_t key;

	if (w->p == w->end)
		return false;
	key = wire_get(w);
	if (key > UINT32_MAX || key >> 3 == 0)
		w->bad = true;
	if (w->bad)
		return false;
	f->key = (uint32_t)key;
	f->data = NULL;
	f->len = 0;
	switch (key & 7) {
	case WIRE_VARINT:
		f->number = wire_get(w);
		break;
	case WIRE_FIXED64:
		f->number = wire_get_fixed(w, 8);
		break;
	case WIRE_FIXED32:
		f->number = wire_get_fixed(w, 4);
		break;
	case WIRE_BYTES:
		f->number = wire_get(w);
		if (f->number > (size_t)(w->end - w->p))
			w->bad = true;
		if (w->bad)
			return false;
		f->data = w->p;
		f->len = (size_t)f->number;
		w->p += f->len;
		break;
	default: /* groups are not of proto3 */
		w->bad = true;
	}
	return !w->bad;
}

#endif

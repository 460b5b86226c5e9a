/*
 * A value of one field: absent, a number, or bytes.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include "base/num.h"

#include <string.h>

enum value_type {
	VALUE_ABSENT, /* this side has no such field: a NULL pointer, a shorter array, another union member */
	VALUE_NUM,
	VALUE_BYTES,
};

struct value {
	enum value_type type;
	num_t num; /* VALUE_NUM */
	const uint8_t *data; /* VALUE_BYTES: lent, may be NULL when len is 0 */
	size_t len;
};

static inline struct value value_num(num_t n)
{
	return (struct value){ .type = VALUE_NUM, .num = n };
}

static inline struct value value_bytes(const void *data, size_t len)
{
	return (struct value){ .type = VALUE_BYTES, .data = data, .len = len };
}

static inline struct value value_cstr(const char *s)
{
	return value_bytes(s, strlen(s));
}

/*
 * The same in place, what the type does not use left as it is: a whole struct that is put together and copied costs
 * more than a decision.
 */
static inline void value_set_num(struct value *v, num_t n)
{
	v->type = VALUE_NUM;
	v->num = n;
}

static inline void value_set_bytes(struct value *v, const void *data, size_t len)
{
	v->type = VALUE_BYTES;
	v->data = data;
	v->len = len;
}

/* Same type and same content; two absent values are equal. */
static inline bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == VALUE_NUM)
		return a->num == b->num;
	return a->type == VALUE_ABSENT || (a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

#endif

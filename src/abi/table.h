/*
 * The words that rows of syscalls.def and structs.def are made of: each makes one struct abi_field initializer.
 * Included by the files that hold the tables, never by users of the schema.
 *
 * How a table says things (row.h has the types):
 * - A number has type NULL, kind and enc.  A pointer's or alternative's `type` says what is there; for numbers behind a
 *   pointer it is a SHAPE_SCALAR type, for bytes a SHAPE_BYTES type, and their kind and enc stand in the field, too.
 * - SHAPE_BYTES of size 0 takes as many bytes as the length rule says; inside a struct or union all that is left of it.
 * - SHAPE_STRUCT or SHAPE_UNION of size 0: the length rule counts bytes, not elements; fields beyond them are absent.
 * - A field with an empty name adds nothing to the path: its members' names stand where its own would.
 * - SHAPE_POINTER has one field, a pointer with an empty name: an array of strings is a pointer to such a type.
 * - Of a multiplexer's variants the first in the table whose mask and value fit is the one; none: the fallback.
 */
#ifndef ABI_TABLE_H
#define ABI_TABLE_H

#include "abi/consts.h"
#include "abi/row.h"
#include "abi/structs.h"

/* The default encoding of a kind as a constant expression. */
enum abi_kind_default {
#define KIND(NAME, name, encoding) KIND_DEFAULT_##NAME = ENC_##encoding,
#include "abi/kinds.def"
#define KIND(NAME, name, encoding)
#define SPACE(NAME, KIND) KIND_DEFAULT_##NAME = KIND_DEFAULT_##KIND,
#include "abi/kinds.def"
};

enum abi_enc_bytes {
#define ENCODING(NAME, bytes, is_signed) ENC_BYTES_##NAME = (bytes),
#include "abi/encodings.def"
};

#define KIND_DEFAULT(K) ((enum abi_enc)KIND_DEFAULT_##K)

/* Types without a name of their own; at file scope compound literals live as long as the program. */
#define TYPE_NUM(K, E)                           \
	(&(const struct abi_type){               \
		.shape = SHAPE_SCALAR,           \
		.size = (uint32_t)ENC_BYTES_##E, \
		.kind = KIND_##K,                \
		.enc = ENC_##E,                  \
	})
#define TYPE_BYTES(K, bytes) \
	(&(const struct abi_type){ .shape = SHAPE_BYTES, .size = (bytes), .kind = KIND_##K, .enc = ENC_BYTES })

/* Length rules: the last argument of the pointer words. */
#define ONE                    .rule = LEN_ONE
#define CONST(c)               .rule = LEN_CONST, .n = (c)
#define ARG(a)                 .rule = LEN_ARG, .arg = (a)
#define ARG_TIMES(a, c)        .rule = LEN_ARG_TIMES, .arg = (a), .n = (c)
#define ARG_PLUS(a, c)         .rule = LEN_ARG, .arg = (a), .n = (c)
#define RESULT                 .rule = LEN_RESULT
#define RESULT_TIMES(c)        .rule = LEN_RESULT_TIMES, .n = (c)
#define MIN_ARG_RESULT(a)      .rule = LEN_MIN_ARG_RESULT, .arg = (a)
#define MIN_ARG_RESULT_PLUS(a, c) .rule = LEN_MIN_ARG_RESULT, .arg = (a), .n = (c)
#define MIN_ARG_RESULT_TRUNC(a, flags) .rule = LEN_MIN_ARG_RESULT, .arg = (a), .arg2 = (flags), .thing = THING_TRUNCATED
#define FILL_TRUNC(off, E, flags) FILL(off, E), .arg2 = (flags), .thing = THING_TRUNCATED
#define RESULT_IF_ROOM(a)      .rule = LEN_RESULT_IF_ROOM, .arg = (a)
#define ARG_RESULT(a)          .rule = LEN_ARG_RESULT, .arg = (a)
#define DEREF_ENTRY(a)         .rule = LEN_DEREF_ENTRY, .arg = (a)
#define DEREF_AT(a, off)       .rule = LEN_DEREF_ENTRY, .arg = (a), .arg2 = (off)
#define DEREF_SAYS(a, f)       .rule = LEN_DEREF_ENTRY, .arg = (a), .says = (f)
#define SAYS(head, f)          .rule = LEN_SAYS, .n = (head), .says = (f)
#define SEMAPHORES(a)          .rule = LEN_THING, .arg = (a), .thing = THING_SEMAPHORES
#define DEREF_EXIT(a)          .rule = LEN_DEREF_EXIT, .arg = (a)
#define MIN_DEREF(a)           .rule = LEN_MIN_DEREF, .arg = (a)
#define FIELD(off, E)          .rule = LEN_FIELD, .n = (off), .field_enc = ENC_##E
#define FIELD_TIMES(off, E, by) FIELD(off, E), .arg2 = (by)
#define MAP_THING(off, what)   .rule = LEN_THING, .arg2 = 1, .n = (off), .thing = THING_MAP_##what
#define FIELD_FILLED(off, E, at) FIELD(off, E), .filled = (at)
#define MIN_FIELD_EXIT(off, E) .rule = LEN_MIN_FIELD_EXIT, .n = (off), .field_enc = ENC_##E
#define MIN_FIELD_BYTES(off, E, each) MIN_FIELD_EXIT(off, E), .arg2 = (each)
#define CSTR                   .rule = LEN_CSTR
#define CSTR_WITHIN(off, E)    .rule = LEN_CSTR, .n = (off), .field_enc = ENC_##E
#define NULL_ENDED             .rule = LEN_NULL_ENDED
#define SIZED_ARG(a)           .rule = LEN_SIZED_ARG, .arg = (a)
#define SIZED_FIELD(off, none) .rule = LEN_SIZED_FIELD, .n = (off), .field_enc = ENC_U32, .zero_size = (none)
#define SIZED_WITHIN(off, a)   .rule = LEN_SIZED_FIELD, .n = (off), .field_enc = ENC_U32, .room_arg = (a) + 1
#define HEAD_ITEMS(head, each, off, E) .rule = LEN_HEAD_FIELD, .n = (head), .arg2 = (each), .arg = (off), .field_enc = ENC_##E
#define HEAD_FIELD(head)       .rule = LEN_HEAD_FIELD, .n = (head), .field_enc = ENC_U32
#define FILL(off, E)           .rule = LEN_FILL, .n = (off), .field_enc = ENC_##E
#define FDSET(a)               .rule = LEN_FDSET, .arg = (a)
#define BITS(a)                .rule = LEN_BITS, .arg = (a)
#define NODES(a)               .rule = LEN_NODES, .arg = (a)
#define PAGES(a)               .rule = LEN_PAGES, .arg = (a)
#define IOC_SIZE(a)            .rule = LEN_IOC, .arg = (a)
#define PATH_MIN_RESULT(a)     .rule = LEN_PATH_MIN, .arg = (a)

/* An argument that is a number in its register. */
#define VAL(field, K)          VAL_ENC_SET(field, K, KIND_DEFAULT(K), SET_NONE)
#define VAL_SET(field, K, S)   VAL_ENC_SET(field, K, KIND_DEFAULT(K), SET_##S)
#define VAL_ENC(field, K, E)   VAL_ENC_SET(field, K, ENC_##E, SET_NONE)
#define VAL_AS(field, K, E, S) VAL_ENC_SET(field, K, ENC_##E, SET_##S)
#define VAL_ENC_SET(field, K, e, s)                                                     \
	{                                                                               \
		.name = #field, .kind = KIND_##K, .enc = (e), .dir = DIR_IN, .set = (s) \
	}

/* An argument that points to something; DIR is IN, OUT or INOUT. */
#define POINTER(DIR, field, K, e, t, s, ...)                                                             \
	{                                                                                                \
		.name = #field, .type = (t), .kind = KIND_##K, .enc = (e), .dir = DIR_##DIR, .set = (s), \
		.pointer = true,                                                                         \
		.len = { __VA_ARGS__ }                                                                   \
	}
#define BYTES(DIR, field, K, ...)    POINTER(DIR, field, K, ENC_BYTES, TYPE_BYTES(K, 0), SET_NONE, __VA_ARGS__)
#define MESSAGES(DIR, field, way, ...) POINTER(DIR, field, DATA, ENC_BYTES, &abi_type_messages_##way, SET_NONE, __VA_ARGS__)
#define NUMS(DIR, field, K, E, ...)  POINTER(DIR, field, K, ENC_##E, TYPE_NUM(K, E), SET_NONE, __VA_ARGS__)
#define NUM(DIR, field, K, E)        NUMS(DIR, field, K, E, ONE)
#define NUM_SET(DIR, field, K, E, S) POINTER(DIR, field, K, ENC_##E, TYPE_NUM(K, E), SET_##S, ONE)
#define ITEMS(DIR, field, id, ...)   POINTER(DIR, field, DATA, ENC_BYTES, &abi_type_##id, SET_NONE, __VA_ARGS__)
#define ITEM(DIR, field, id)         ITEMS(DIR, field, id, ONE)
#define PATH(field)                  BYTES(IN, field, PATH, CSTR)
#define STRING(field)                BYTES(IN, field, STRING, CSTR)

/*
 * The value of a socket option, as much of it as its length says: a number, struct or bytes of which the caller may have
 * given room for a part.
 */
#define OPT_TYPE(...)                                                         \
	(&(const struct abi_type){                                            \
		.shape = SHAPE_STRUCT,                                        \
		.name = "option",                                             \
		.fields = (const struct abi_field[]){ { .name = "", __VA_ARGS__ } }, \
		.nfields = 1,                                                 \
	})
#define OPT_NUMBER(K, E, S) OPT_TYPE(.kind = KIND_##K, .enc = ENC_##E, .set = SET_##S)
#define OPT_STRUCT(id)      OPT_TYPE(.type = &abi_type_##id, .kind = KIND_DATA, .enc = ENC_BYTES)
#define OPT_BYTES(K)        OPT_TYPE(.type = TYPE_BYTES(K, 0), .kind = KIND_##K, .enc = ENC_BYTES)
#define OPTVAL(DIR, t, ...) POINTER(DIR, optval, DATA, ENC_BYTES, t, SET_NONE, __VA_ARGS__)

/* What the tracer makes: a SHA-256 of file content, or a struct. */
#define DIGEST(DIR, field)                                                                                           \
	{                                                                                                            \
		.name = #field, .type = TYPE_BYTES(DATA, 32), .kind = KIND_DATA, .enc = ENC_BYTES, .dir = DIR_##DIR, \
		.synthetic = true                                                                                    \
	}
#define MADE_BYTES(DIR, field, K)                                                                                 \
	{                                                                                                         \
		.name = #field, .type = TYPE_BYTES(K, 0), .kind = KIND_##K, .enc = ENC_BYTES, .dir = DIR_##DIR, \
		.synthetic = true                                                                                 \
	}
#define SYNTHETIC(DIR, field, id)                                                                             \
	{                                                                                                     \
		.name = field, .type = &abi_type_##id, .kind = KIND_DATA, .enc = ENC_BYTES, .dir = DIR_##DIR, \
		.synthetic = true                                                                             \
	}

#endif

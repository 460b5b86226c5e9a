/*
 * What schema.c makes of a row for walk.c, capture.c and print.c: its leaves as a tree of items in preorder, one array
 * a call.  Nobody outside abi/ sees it.
 */
#ifndef ABI_PROGRAM_H
#define ABI_PROGRAM_H

#include "abi/schema.h"

/* Bits of abi_item masks; the values of enum abi_dir are such masks. */
#define PHASE_BIT(phase) (1u << (phase))
_Static_assert(DIR_IN == PHASE_BIT(PHASE_ENTRY) && DIR_OUT == PHASE_BIT(PHASE_EXIT), "a direction is a set of phases");

enum item_op {
	ITEM_ARG,       /* a number in a register */
	ITEM_RET,       /* the result */
	ITEM_LEAF,      /* bytes [offset, offset + size) of the element; size 0: up to the element's end */
	ITEM_TAIL,      /* the variable part of a record */
	ITEM_MESSAGES,  /* bytes up to the element's end; by the event's flag records: the subtree is a case for each sort */
	ITEM_ARRAY,     /* count elements of size bytes at offset; the subtree is one of them */
	ITEM_UNION,     /* the subtree is its cases; the tag stands at tag_offset of the element */
	ITEM_CASE,      /* applies for tag, or (other) when no sibling does */
	ITEM_POINTER,   /* an address at offset or in a register; the subtree is one element behind it */
	ITEM_SYNTHETIC, /* a block that the tracer makes; the subtree is its content */
};

/* How the block behind a pointer divides into elements. */
enum item_body {
	BODY_WHOLE,    /* it is one */
	BODY_ELEMENTS, /* of size bytes each */
	BODY_RECORDS,  /* as the records' walker says */
};

struct abi_item {
	enum item_op op : 8;
	enum item_body body : 8;
	enum abi_enc enc : 8;  /* of the leaf; ITEM_UNION: of the tag */
	uint8_t reg;           /* ITEM_ARG, ITEM_POINTER: argument or ABI_REG_NONE */
	uint8_t phases;        /* own leaf (ITEM_POINTER: the address) is evaluated in these */
	uint8_t block_phases;  /* ITEM_POINTER: the block is captured in these */
	uint8_t behind;        /* ITEM_POINTER: block_phases of this and of all pointers behind it */
	uint8_t under;         /* phases of all leaves in the subtree, own included */
	bool string : 1;       /* bytes whose NULs at the end are no part of the value */
	bool pathname : 1;     /* ... and that end at the first NUL unless they begin with one (sun_path) */
	bool other : 1;        /* ITEM_CASE */
	bool has_pointers : 1; /* ITEM_POINTER: a pointer stands in the block */
	bool at_end : 1;       /* the element's last bytes, wherever that is: of a record */
	bool many : 1;         /* prints as a list: [a, b] */
	bool is_struct : 1;    /* prints as {a=1, b=2} */
	uint16_t leaf;         /* number within the call; ITEM_SYNTHETIC: of its first leaf, the block's node */
	uint16_t rest_leaf;    /* BODY_RECORDS: ".order" of a set, else ".rest" */
	uint16_t end;          /* one past the subtree */
	uint32_t offset;
	uint32_t size;
	uint32_t count;
	uint32_t tag_offset;
	int64_t tag;
	const struct abi_len *len;
	const struct abi_records *records;
};

struct abi_program {
	const struct abi_item *items;
	uint16_t nitems;
	uint8_t under;                 /* phases that have a leaf at all */
	const struct abi_leaf *leaves; /* of the call */
	bool captures[PHASE_COUNT];    /* a pointer's data is wanted in that phase */
	uint16_t arg_item[ABI_ARGS];   /* pointer item of each argument, ITEM_NONE: no pointer */
	uint8_t arg_enc[ABI_ARGS];     /* enum abi_enc of each argument: the kernel looks at no more bits */
};

#define ITEM_NONE UINT16_MAX

const struct abi_program *abi_schema_program(const struct abi_schema *s, uint32_t call);

/* abi_decode() without a call for the encodings of most fields. */
static inline num_t item_decode(enum abi_enc enc, const void *bytes)
{
	int32_t s32;
	uint32_t u32;
	int64_t s64;
	uint64_t u64;

	if (enc == ENC_S32) {
		__builtin_memcpy(&s32, bytes, sizeof(s32));
		return s32;
	}
	if (enc == ENC_U32) {
		__builtin_memcpy(&u32, bytes, sizeof(u32));
		return u32;
	}
	if (enc == ENC_U64) {
		__builtin_memcpy(&u64, bytes, sizeof(u64));
		return u64;
	}
	if (enc == ENC_S64) {
		__builtin_memcpy(&s64, bytes, sizeof(s64));
		return s64;
	}
	return abi_decode(enc, bytes);
}

/* A number of which a buffer that is too short has only the first bytes: the others count as 0. */
static inline num_t item_decode_cut(enum abi_enc enc, const void *bytes, uint32_t len)
{
	uint8_t whole[16] = { 0 };

	__builtin_memcpy(whole, bytes, len < sizeof(whole) ? len : sizeof(whole));
	return abi_decode(enc, whole);
}

/* Elements of arrays that stand in arrays are numbered outer * INDEX_STRIDE + inner. */
#define INDEX_STRIDE 65536u

/* depth: how many arrays stand around the element so far. */
static inline uint32_t item_index(uint32_t outer, unsigned depth, uint32_t inner)
{
	return depth ? outer * INDEX_STRIDE + inner : inner;
}

/* The address that a pointer item has in the element at base, of which len bytes are there.  false: it does not fit. */
static inline bool item_address(const struct abi_item *it, const uint8_t *base, uint32_t len, uint64_t *addr)
{
	if (!base || (uint64_t)it->offset + sizeof(*addr) > len)
		return false;
	__builtin_memcpy(addr, base + it->offset, sizeof(*addr));
	return true;
}

/* The tag of a union; false: it does not fit. */
static inline bool item_tag(const struct abi_item *it, const uint8_t *base, uint32_t len, int64_t *tag)
{
	if (!base || (uint64_t)it->tag_offset + abi_enc_size(it->enc) > len)
		return false;
	*tag = (int64_t)abi_decode(it->enc, base + it->tag_offset);
	return true;
}

/* What length rules may look at besides the arguments. */
struct len_view {
	const struct sys_event *ev;
	const struct abi_program *prog;
	const uint8_t *before,
		*after; /* the element that holds the pointer, before and after the call; NULL: not there */
	uint32_t before_len, after_len;
	uint64_t *fill; /* LEN_FILL: bytes of the result that no earlier buffer has taken */
};

/*
 * Bytes behind a pointer in a phase, not limited.  false: only the data itself can tell (LEN_CSTR, LEN_NULL_ENDED,
 * LEN_SIZED_FIELD, LEN_HEAD_FIELD).
 */
bool item_length(const struct abi_item *it, enum abi_phase phase, const struct len_view *v, uint64_t *bytes);
/* Bytes that the buffer behind a pointer holds according to the arguments, whatever the result was; 0: unknown. */
uint64_t item_capacity(const struct abi_item *it, const struct len_view *v);

#endif

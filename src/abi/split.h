/*
 * Splits a block into records of varying length (directory entries), in the order in which they are compared.
 */
#ifndef ABI_SPLIT_H
#define ABI_SPLIT_H

#include "abi/row.h"
#include "base/arena.h"

struct record {
	uint32_t offset, len;           /* in the block */
	uint32_t tail_offset, tail_len; /* in the record: its name */
};

struct records {
	struct record *records; /* by place; those of a set that has names by name, then by place */
	uint32_t n;
	uint32_t whole; /* bytes from the block's start that are whole records */
	bool by_name;
};

void records_split(struct records *list, const struct abi_records *how, const uint8_t *data, uint32_t len);
void records_free(struct records *list);
/* All of the data are whole records, and there is one. */
bool records_fill(const struct abi_records *how, const uint8_t *data, uint32_t len);
/* Order of two records by name. */
int record_compare(const struct record *a, const uint8_t *a_data, const struct record *b, const uint8_t *b_data);

#define PAIRED_NONE UINT32_MAX

/* Which records of two sets with keys belong together. */
struct pairing {
	uint32_t n;	   /* pairs: record i of the first set by place, and behind those what only the second one has */
	uint32_t *second;  /* n places in the second set, or PAIRED_NONE */
	uint32_t *numbers; /* of each record of the second set by place: of its pair */
};

/* Equal ones first, then those with equal keys, then those left over, each by place.  In arena. */
void records_pair(struct pairing *out, const struct abi_records *how, const struct records list[2],
		  const uint8_t *const data[2], struct arena *arena);
/* The names in the order of the block, each ended by a NUL, then the bytes that are no whole record.  In arena. */
struct value records_order(const struct records *list, const uint8_t *data, uint32_t len, struct arena *arena);

#endif

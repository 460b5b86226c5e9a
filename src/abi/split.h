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
	struct record *records; /* of a set: ordered by name, then by place */
	uint32_t n;
	uint32_t whole; /* bytes from the block's start that are whole records */
	bool is_set;
};

void records_split(struct records *list, const struct abi_records *how, const uint8_t *data, uint32_t len);
void records_free(struct records *list);
/* All of the data are whole records, and there is one. */
bool records_fill(const struct abi_records *how, const uint8_t *data, uint32_t len);
/* Order of two records by name. */
int record_compare(const struct record *a, const uint8_t *a_data, const struct record *b, const uint8_t *b_data);
/* The names in the order of the block, each ended by a NUL, then the bytes that are no whole record.  In arena. */
struct value records_order(const struct records *list, const uint8_t *data, uint32_t len, struct arena *arena);

#endif

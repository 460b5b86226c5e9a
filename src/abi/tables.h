/*
 * What a schema consists of: made of rows by schema.c, or when the program was built, as C that tables.c has written.
 * Nobody outside abi/ sees it, but for the file that is written.
 */
#ifndef ABI_TABLES_H
#define ABI_TABLES_H

#include "abi/program.h"
#include "base/arena.h"
#include "base/digest.h"

/* Calls of one number: the fallback (or the only one), then its variants. */
struct abi_number {
	uint32_t first; /* ABI_UNDESCRIBED: none */
	uint32_t count;
};

struct abi_schema {
	struct arena *arena; /* holds all of it; NULL: it is const */
	const struct abi_call *calls;
	const struct abi_program *programs; /* one a call */
	uint32_t ncalls;
	const struct abi_leaf *leaves;
	const uint64_t *signatures; /* of leaves */
	uint32_t nleaves;
	const struct abi_number *numbers; /* by system call number */
	uint32_t nnumbers;
	const struct abi_number *pseudos; /* by number - ABI_PSEUDO_FIRST */
	uint32_t npseudos;
	const uint32_t *names; /* the first call of each name, by name */
	uint32_t nnames;
	uint8_t hash[DIGEST_SIZE];
};

/* Appends C for the schema of abi_rows: `const struct abi_schema abi_schema_made`. */
void abi_tables_write(const struct abi_schema *s, struct buf *out);

#endif

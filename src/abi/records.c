/*
 * Walkers of records of varying length: directory entries.
 */
#include "abi/structs.h"

#include <string.h>

enum {
	DIRENT64_RECLEN = 16, /* u16: bytes of the whole record */
	DIRENT64_NAME = 19,
};

static uint32_t dirent64_length(const uint8_t *data, uint32_t left)
{
	if (left <= DIRENT64_NAME)
		return 0;
	uint32_t len = data[DIRENT64_RECLEN] | (uint32_t)data[DIRENT64_RECLEN + 1] << 8;
	return len <= DIRENT64_NAME || len > left ? 0 : len;
}

/* The name up to its NUL: what follows it is alignment that the kernel does not clear. */
static void dirent64_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	*offset = DIRENT64_NAME;
	*len = (uint32_t)strnlen((const char *)record + DIRENT64_NAME, record_len - DIRENT64_NAME);
}

const struct abi_records abi_records_dirent64 = {
	.elem = &abi_type_dirent64,
	.length = dirent64_length,
	.tail = dirent64_tail,
	.tail_name = "d_name",
	.tail_kind = KIND_PATH,
	.is_set = true,
};

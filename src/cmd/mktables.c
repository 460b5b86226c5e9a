/*
 * mktables: writes src/abi/made.c to standard output while the other programs are being built.
 */
#include "abi/tables.h"

#include <stdio.h>

int main(void)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	bool written;

	abi_tables_write(schema, &text);
	abi_schema_free(schema);
	written = fwrite(text.data, 1, text.len, stdout) == text.len && fclose(stdout) == 0;
	return written ? 0 : 1;
}

/*
 * The function that a place in a program or library belongs to, by its symbol tables.
 */
#ifndef REPORT_SYMBOL_H
#define REPORT_SYMBOL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Appends "read+0xd": the function of the ELF file that the byte at this place of the file is in, and how far.  false, and
 * nothing is appended: the file cannot be read, is none, or has no symbol there.
 */
bool report_symbol(const char *module, uint64_t offset, struct buf *out);

#endif

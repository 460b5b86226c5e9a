/*
 * What the printers of values and of events share.  Nobody outside abi/ sees it.
 */
#ifndef ABI_PRINT_H
#define ABI_PRINT_H

#include "base/buf.h"
#include "base/num.h"

#include <stdint.h>

/* "-1 ENOENT (No such file or directory)".  number > 0. */
void print_error(int number, struct buf *out);
/* "SIGINT", or the number. */
void print_signal(num_t n, struct buf *out);

#endif

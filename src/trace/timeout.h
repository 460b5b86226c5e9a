/*
 * Time limits of waiting calls.  How long a wait of the recorded run took says nothing about this one: in a replay waits
 * have no limit, and one that ran out in the recorded run runs out when its turn comes.
 */
#ifndef TRACE_TIMEOUT_H
#define TRACE_TIMEOUT_H

#include "abi/event.h"
#include "abi/row.h"

#include <stdbool.h>

struct timeout_rule {
	const char *name;
	const char *variant; /* or NULL: any */
	uint8_t arg;	     /* the limit: a number of milliseconds, or a pointer to seconds and a fraction */
	bool is_number;
	int64_t never;	 /* the argument that means no limit */
	int64_t result;	 /* of a wait that has run out */
	bool asks_again; /* the kernel is asked once more, without waiting: the result is 0 and buffers are filled */
};

/* The rule of a call that waits for a limited time and not just looks, or NULL. */
const struct timeout_rule *timeout_of(const struct abi_row *row, const uint64_t args[ABI_ARGS]);

#endif

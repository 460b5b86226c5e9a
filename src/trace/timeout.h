/*
 * Time limits of waiting calls.  Among several tasks the kernel is not told of them: that a wait runs out while another task
 * is about to end it would be an order that nobody knows.  While recording, the source watches the time, and ends the wait
 * when no other task is on its way.  In a replay one that ran out in the recorded run runs out when its turn comes.
 */
#ifndef TRACE_TIMEOUT_H
#define TRACE_TIMEOUT_H

#include "abi/event.h"
#include "abi/row.h"

#include "trace/task.h"

#include <stdbool.h>

/* What a limit that is a pointer leads to. */
enum timeout_time {
	TIME_NUMBER,
	TIME_TIMEVAL,	/* from now */
	TIME_TIMESPEC,	/* from now */
	TIME_REALTIME,	/* until then, a timespec */
	TIME_FUTEX,	/* until then, by the clock that the operation says */
	TIME_CLOCK,	/* until then, by the clock in the argument behind it */
};

struct timeout_rule {
	const char *name;
	const char *variant; /* or NULL: any */
	uint8_t arg;	     /* the limit: a number of milliseconds, or a pointer to seconds and a fraction */
	bool is_number;
	int64_t never;	 /* the argument that means no limit */
	int64_t result;	 /* of a wait that has run out */
	enum timeout_time time;
	bool asks_again; /* the kernel is asked once more, without waiting: the result is 0 and buffers are filled */
};

/* The rule of a call that waits for a limited time and not just looks, or NULL. */
const struct timeout_rule *timeout_of(const struct abi_row *row, const uint64_t args[ABI_ARGS]);
/* When the time is over, by CLOCK_MONOTONIC in nanoseconds; UINT64_MAX: never, or the limit cannot be read. */
uint64_t timeout_deadline(const struct timeout_rule *rule, const struct task *task, const uint64_t args[ABI_ARGS]);

#endif

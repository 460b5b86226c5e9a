/*
 * Tracer and tracee on one CPU: a stop then costs 3 us instead of 60.
 */
#ifndef TRACE_PIN_H
#define TRACE_PIN_H

#include <sched.h>
#include <stdbool.h>

struct pin {
	bool pinned;
	cpu_set_t before; /* what the calling thread was allowed */
};

/* Binds the calling thread, and so what it forks, to the CPU it runs on; does nothing if the kernel refuses. */
void pin_begin(struct pin *p);
/* In the same thread: as before. */
void pin_end(struct pin *p);

#endif

/*
 * Moves bytes between the program's standard descriptors and the caller's on a thread of its own, so that neither side
 * ever waits for the tracer.
 */
#ifndef TRACE_PUMP_H
#define TRACE_PUMP_H

#include "base/err.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

struct pump;

/* affinity: where the thread may run; NULL: as the calling thread. */
struct pump *pump_new(const cpu_set_t *affinity);
/* What comes out of `from` (made non-blocking, now the pump's) goes to `to` (lent; -1: nowhere).  At most PUMP_LANES.
 */
#define PUMP_LANES 3
void pump_copy(struct pump *p, int from, int to);
/* Starts to copy.  -1: *err SPAWN. */
int pump_start(struct pump *p, struct err *err);
/*
 * Queues len bytes for `to` (non-blocking, lent) and returns at once.  close: when all is written, *to is no longer
 * needed: the pump closes it, after shutting it down if it is a socket.
 */
int pump_feed(struct pump *p, int *to, const void *data, size_t len, bool close, struct err *err);
/* How much of what is fed has not been written yet. */
size_t pump_queued(struct pump *p);
/* Copies what is still there, however long that takes, ends the thread and frees p.  What is queued is forgotten. */
void pump_free(struct pump *p);

#endif

/*
 * The processors that a program may use, as it sees them.  All of a run is on one CPU, the tracer's (engine.md 5): the
 * masks that programs ask for and set are kept here.
 */
#ifndef TRACE_AFFINITY_H
#define TRACE_AFFINITY_H

#include "trace/tasks.h"

/*
 * A call of t has come back, and its event was not given yet: sched_getaffinity(2) tells of the mask that the task would
 * have without a tracer (at first the caller's), after sched_setaffinity(2) that mask is another one.  -1: *err TRACE.
 */
int affinity_call(struct tracer *tr, struct tracee *t, struct err *err);

#endif

/*
 * A system call that the tracer makes a task make, and that nobody but the two of them sees.
 */
#ifndef TRACE_INJECT_H
#define TRACE_INJECT_H

#include "trace/task.h"

/*
 * The task stands where its own code goes on (a call's exit stop, a signal's stop); it makes the call and stands there
 * again, as it was.  The instruction is put where it stands for that long, so nobody else may run in its memory.
 * 0: *ret is the kernel's answer.  1: the task ends meanwhile; *status as wait(2) gave it.  -1: *err TRACE.
 */
int inject_call(const struct task *task, int32_t number, const uint64_t args[ABI_ARGS], int64_t *ret, int *status,
		struct err *err);

#endif

/*
 * What a program has said about SIGSEGV.  When an instruction faults while the signal is blocked or ignored, the kernel
 * unblocks it and forgets about the handler; of faults that are the tracer's doing nothing may be seen, so it is set back.
 */
#ifndef TRACE_SEGV_H
#define TRACE_SEGV_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct tracee;

#define SIGACTION_SIZE 32 /* the kernel's: handler, flags, restorer, mask */

/* Actions of a process, shared by the tasks that were made with CLONE_SIGHAND. */
struct handlers {
	unsigned refs;
	uint8_t segv[SIGACTION_SIZE];
	uint64_t hiding; /* bit n-1: the handler of signal n runs with SIGSEGV blocked */
};

/* from NULL: nobody has said anything. */
struct handlers *handlers_copy(const struct handlers *from);
void handlers_drop(struct handlers *h);

/* A new program has been executed: what the kernel has left of it. */
void segv_exec(struct tracee *t);
/* A call has come back with 0. */
void segv_call(struct tracee *t);
/* The task goes on with this signal. */
void segv_delivered(struct tracee *t, int signal);
/* At a fault that was the tracer's doing.  1: the task ends meanwhile, as inject_call() says; -1: *err. */
int segv_restore(struct tracee *t, struct err *err);

#endif

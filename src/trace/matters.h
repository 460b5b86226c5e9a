/*
 * Which signals are anything to a program.
 */
#ifndef TRACE_MATTERS_H
#define TRACE_MATTERS_H

#include "trace/task.h"

#include <stdbool.h>

/* true: the signal runs a handler or ends the program. */
bool signal_matters(const struct task *task, int signal);
/* It stops the task, as nobody has said anything else. */
bool signal_stops_by_default(const struct task *task, int signal);
bool signal_is_pending(const struct task *task, int signal);
/* Some signal is on its way to the task: a call may have been interrupted. */
bool signal_comes(const struct task *task);
/*
 * A call came back with EINTR although only signals are on their way that the program has nothing to do with: without a
 * tracer they would not have woken it up.
 */
bool signal_interrupts_for_nothing(const struct task *task);

#endif

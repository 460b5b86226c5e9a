/*
 * Waits on epoll sets.  What is ready by now, and which of it comes first, depends on when the kernel is asked.  In a
 * replay a wait that found other things ready than the recorded one is made again, until it finds these, or they do not
 * come.  That is done only where asking takes nothing away: where nothing was found, or where all of the set is
 * level-triggered, so that what the program is not told of now stays ready for its next wait.  The answer that the
 * program gets is always the kernel's own to this very call, and is compared as any other.
 */
#ifndef TRACE_READY_H
#define TRACE_READY_H

#include "trace/tracee.h"

/* At its exit stop the call in flight, whose result is ret, may turn out to have found other things than the recorded
 * one. */
bool ready_may_differ(const struct tracee *t, int64_t ret);
/* 1: it has, and the call is to be made again.  0: it has not, or there is no use in asking again.  -1: *err. */
int ready_ask_again(struct tracee *t, int64_t ret, const struct tracee_turn *turn, struct err *err);

#endif

/*
 * Reads of streams.  How much a read of a pipe, a stream socket or a terminal gives depends on when it comes; in a replay
 * one that got less than the recorded one is made again for the rest, until it has as much, or the stream ends, or there is
 * nothing now.  What is written to a terminal comes at its other end when the kernel has time: there may be more than there
 * was, too, so while it is not known how much the recorded read got, one byte is asked for.  engine.md 7.
 */
#ifndef TRACE_STREAM_H
#define TRACE_STREAM_H

#include "trace/tracee.h"

/* Its entry was just given: a terminal is asked for so many bytes at first, 0: for as many as it likes.  -1: *err. */
int stream_ask_at_first(struct tracee *t, int64_t bytes, struct err *err);
/* At its exit stop the call in flight may turn out to have got less than the recorded one. */
bool stream_may_lack(const struct tracee *t, int64_t ret);
/* It has, and the rest can be asked for: the call is changed so that it does, and is to be made again.  -1: *err. */
int stream_ask_for_rest(struct tracee *t, int64_t ret, int64_t recorded, struct err *err);
/* The last of these calls gave ret: what the program gets of all of them.  -1: *err. */
int stream_total(struct tracee *t, int64_t *ret, struct err *err);

#endif

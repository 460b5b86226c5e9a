/*
 * Calls of a recording whose beginning and end are events of their own, put together again for readers that want calls.
 */
#ifndef RECORDING_OPEN_CALLS_H
#define RECORDING_OPEN_CALLS_H

#include "abi/event.h"
#include "base/err.h"

struct open_calls;

struct open_calls *open_calls_new(void);
void open_calls_free(struct open_calls *o);
/*
 * Takes the next event of the recording.  1: *ev is an event as if no other had come between (lent until the next call); a
 * call that other events interrupt comes out where it returned.  0: the event was the beginning of such a call.
 * -1: *err FORMAT: what returned had not begun, or began twice.
 */
int open_calls_take(struct open_calls *o, const struct sys_event **ev, struct err *err);

#endif

/*
 * Which calls can end the waiting of which others: what has to be looked at again when a call has returned.
 */
#ifndef TRACE_WAKE_H
#define TRACE_WAKE_H

#include "abi/event.h"
#include "abi/row.h"

/* What a task that is in the kernel may wait for; bits. */
#define WAKE_CHILD  1u /* the end, stop or exec of another task */
#define WAKE_FUTEX  2u /* a word of memory */
#define WAKE_DATA   4u /* descriptors, locks, objects of System V, ... */
#define WAKE_SIGNAL 8u /* a signal, which everything that can be interrupted waits for */
#define WAKE_ASKED  16u /* brought, not waited for: a signal, if somebody has asked for signals about data */
#define WAKE_ALL    (WAKE_CHILD | WAKE_FUTEX | WAKE_DATA | WAKE_SIGNAL)

/* row NULL: a call that is not described. */
unsigned wake_waits_for(const struct abi_row *row);
/* What the call, which has returned or is about to wait itself, may have brought about. */
unsigned wake_brings(const struct abi_row *row, const struct sys_event *ev);
/*
 * The call may have asked for signals about what happens to data: the owner of a descriptor, a lease, a notification, or
 * a terminal that people or programs type at.
 */
bool wake_asks_for_signals(const struct abi_row *row, const struct sys_event *ev);

#endif

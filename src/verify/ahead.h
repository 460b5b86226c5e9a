/*
 * The recorded events that are still to come, with look-ahead, and copies of the few that have just gone by.
 */
#ifndef VERIFY_AHEAD_H
#define VERIFY_AHEAD_H

#include "abi/event.h"
#include "abi/schema.h"
#include "base/err.h"
#include "recording/recording.h"

#define AHEAD_MAX 8 /* events that may be looked at beyond the next one */

struct ahead;

/*
 * reader and schema are lent.  Events come out with `call` derived by the schema; EVENT_INPUT, which is no part of the run
 * but for feeding it again, is passed over.
 */
struct ahead *ahead_new(struct rec_reader *reader, const struct abi_schema *schema);
void ahead_free(struct ahead *a);
/*
 * The event n places ahead (0: the next one), n < AHEAD_MAX, lent until ahead_drop() of that event.  1: *ev; 0: the
 * recording ends before it; -1: *err as rec_reader_next().
 */
int ahead_peek(struct ahead *a, size_t n, const struct sys_event **ev, struct err *err);
/* The next event is done with; it was peeked at. */
void ahead_drop(struct ahead *a);
/*
 * How many events were read so far that are none of their own: what was passed over, and the second halves of calls
 * (EVENT_RETURN).
 */
uint64_t ahead_halves(const struct ahead *a);
/* true: the end has been seen, so the reader's trailer is there. */
bool ahead_at_end(const struct ahead *a);

#endif

/*
 * Standard input for a replay, rebuilt from what the recorded program read: a file with the same bytes at the same places,
 * or a stream that is handed out read by read.
 */
#ifndef CMD_FEED_H
#define CMD_FEED_H

#include "abi/schema.h"
#include "base/err.h"
#include "recording/recording.h"
#include "trace/source.h"

struct feed;

/*
 * Goes through the whole recording once (and rewinds it) and keeps what descriptor 0, and what was duplicated from it,
 * gave in each task (see inputs.h).  The data goes to a temporary file, so that memory stays bounded; feed_free() removes it.  NULL: *err.
 */
struct feed *feed_build(const struct abi_schema *schema, struct rec_reader *reader, struct err *err);
void feed_free(struct feed *f);
/* The rebuilt file, positioned as descriptor 0 was at the start; lent.  For a recorded standard input that was a file. */
int feed_file(struct feed *f);
/* Takes in what happened in the run that is fed: the beginning or the end of a call, a new task, the end of one. */
void feed_follow(struct feed *f, const struct sys_event *ev);
/*
 * Hands what the next read is to find to the source, if that before has been taken, or if the wanted event is the return
 * of that read: call it before each next() of the source.  For a recorded standard input that was a stream; several tasks
 * that read it get what each of them got, as they come to read in the recorded order.  want NULL: the program goes its own
 * ways; when all is handed out it gets the end, so that it does not wait for ever.
 */
int feed_before(struct feed *f, struct source *s, const struct source_want *want, struct err *err);

#endif

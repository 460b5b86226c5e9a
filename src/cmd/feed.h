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
 * gave.  The data goes to a temporary file, so that memory stays bounded; feed_free() removes it.  NULL: *err.
 */
struct feed *feed_build(const struct abi_schema *schema, struct rec_reader *reader, struct err *err);
void feed_free(struct feed *f);
/* The rebuilt file, positioned as descriptor 0 was at the start; lent.  For a recorded standard input that was a file. */
int feed_file(struct feed *f);
/*
 * Hands the data of the next read to the source, if the one before has been taken: call it at the start and after every
 * finished call.  For a recorded standard input that was a stream.  at_liberty: the program goes its own ways; when all is
 * handed out it gets the end, so that it does not wait for ever.
 */
int feed_next(struct feed *f, struct source *s, const struct sys_event *finished, bool at_liberty, struct err *err);

#endif

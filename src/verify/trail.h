/*
 * What each task of the actual run has done so far, as far as a difference is told by it: how many calls it has made, which
 * file stands where in its memory, and which difference it may follow from.
 */
#ifndef VERIFY_TRAIL_H
#define VERIFY_TRAIL_H

#include "abi/schema.h"
#include "verify/facts.h"

struct trail;

struct trail *trail_new(const struct abi_schema *schema);
void trail_free(struct trail *t);

/* A call is entered. */
void trail_enter(struct trail *t, const struct sys_event *live);
/* Any other event, or a call that is over.  facts: of its task, up to date. */
void trail_done(struct trail *t, const struct sys_event *live, struct facts *facts);

/* By lineage; "task 7" of one that has not been made yet.  Lent until the next call. */
const char *trail_name(struct trail *t, uint32_t task);
/* The name that the next task gets that this one makes.  Lent as long as t. */
const char *trail_child(struct trail *t, uint32_t task);
/* Calls that the task has begun. */
uint64_t trail_calls(struct trail *t, uint32_t task);
/* What is mapped at ip, and the place in it.  NULL: nothing with a name.  Lent as long as t. */
const char *trail_where(struct trail *t, uint32_t task, uint64_t ip, uint64_t *offset);

/*
 * A difference with this number was found in the task.  From it may follow what the task finds later, tasks in the same
 * memory, and tasks that these make from then on; and a difference in what is read from a pipe or file that one of these has
 * written to since, in how one of them ended, or in a signal that one of them has sent.  Sockets and locks are not followed.
 */
void trail_mark(struct trail *t, uint32_t task, size_t difference);
/*
 * true: a difference in this event of the task (NULL: none, or not begun) may follow from *difference; the first one, if
 * from several.  facts: of the task.
 */
bool trail_follows(struct trail *t, uint32_t task, const struct sys_event *live, struct facts *facts, size_t *difference);

#endif

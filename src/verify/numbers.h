/*
 * Numbers of processes are given again (decide_context.gives_numbers): what has to be undone behind a call, and how a new
 * task comes to its number.
 */
#ifndef VERIFY_NUMBERS_H
#define VERIFY_NUMBERS_H

#include "base/map.h"
#include "verify/decide.h"

/* Patches that are kept from the entry of a call to its exit.  All 0: none. */
struct undo {
	struct patch *patches; /* their data: malloc */
	size_t n;
};

/* Keeps what the decision about an entry wants undone, if its patches are made. */
void undo_keep(struct undo *u, const struct decision *d);
/* Adds it to the decision about the exit, before its own patches, and keeps it no longer. */
void undo_add(struct undo *u, struct decision *d);
void undo_free(struct undo *u);

/*
 * A task was made: *rec and *live tell so (EVENT_TASK), by the recorded call `call` (NULL: one that is compared with nothing).  If
 * the policy lets the numbers of processes correspond there, these two do, and the new task is shown the recorded one.
 */
void verify_number_task(const struct decide_context *c, const struct sys_event *call, const struct sys_event *rec,
			const struct sys_event *live, struct decision *d);

/* A field of kind pid that, as the argument before it says, holds a user or a descriptor. */
bool names_no_process(const struct abi_schema *schema, const struct sys_event *ev, const struct abi_leaf *leaf);
/*
 * Text that the program gives the kernel in this field speaks of a process by a recorded number that is not its own in the
 * actual run, and nothing puts that right: a path below /proc that does not begin so, what is written into a file there or
 * below /sys.
 */
bool names_unseen_process(const struct decide_context *c, const struct sys_event *live, const struct abi_leaf *leaf,
			  const struct value *text);

/* The recorded call, which is over, may have told a task its own number: that goes to pids. */
void note_own_number(const struct abi_schema *schema, const struct sys_event *rec, struct map64 *pids);
/* Nobody in the recorded run had sent this signal: a person at the terminal, another program.  pids: of the run's tasks. */
bool signal_from_outside(const struct sys_event *rec, const struct map64 *pids);

#endif

/*
 * Names of tasks by their lineage, as the events of a recording tell of it: "0" the program, "0.2" its second child,
 * "0.2.1" the first child of that.
 */
#ifndef RECORDING_LINEAGE_H
#define RECORDING_LINEAGE_H

#include "abi/event.h"

struct lineage;

struct lineage *lineage_new(void);
void lineage_free(struct lineage *l);
/* The name of a task; of one that nobody made "?".  Lent as long as l is. */
const char *lineage_name(const struct lineage *l, uint32_t task);
/* The name that the next task gets that this one makes.  Lent as long as l is. */
const char *lineage_child(struct lineage *l, uint32_t task);
/* Takes in an event; those that make tasks are looked at. */
void lineage_take(struct lineage *l, const struct sys_event *ev);
/* How many tasks there have been. */
size_t lineage_count(const struct lineage *l);

#endif

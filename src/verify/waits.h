/*
 * Who waits for whom, in words: for a recorded event that does not come about.
 */
#ifndef VERIFY_WAITS_H
#define VERIFY_WAITS_H

#include "abi/schema.h"
#include "base/buf.h"
#include "verify/world.h"

/*
 * Appends to out what the task at this index of the world waits for in this call (NULL: in none), which it has not come
 * back from, as far as that is known: the tasks that can write to what it reads, its children.
 * "; 0.1 reads pipe:[17], which 0.2 can write to"
 */
void waits_describe(const struct world *w, size_t index, const struct abi_schema *schema, const struct sys_event *call,
		    struct buf *out);

#endif

/*
 * What both runs have left in their containers, held against one another path by path.
 */
#ifndef VERIFY_LEFT_H
#define VERIFY_LEFT_H

#include "verify/ahead.h"
#include "verify/decide.h"
#include "verify/ledger.h"

struct left;

/*
 * All is lent.  The tasks are gone, and with them what was known of them: c gets facts and maps of its own, which stay until
 * left_free().
 */
struct left *left_new(struct decide_context *c, struct ahead *ahead, struct ledger *ledger);
void left_free(struct left *l);
/*
 * The next path at which the actual run has left something; they come ascending.  Recorded ones that stand before it are
 * missing.  live NULL: no more come, and what is left of the recorded ones is missing, too.  A path at which only one run has
 * left something is a pair all the same: on the other side its type is EFFECT_NONE, and all else is equal.
 */
int left_next(struct left *l, const struct sys_event *live, struct err *err);
/* Fields that could be compared in part only. */
uint64_t left_unjudged(const struct left *l);

#endif

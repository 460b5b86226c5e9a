/*
 * Makes a stopped task see what a decision says.  The only part of verify/ that knows trace/.
 */
#ifndef VERIFY_APPLY_H
#define VERIFY_APPLY_H

#include "base/err.h"
#include "trace/source.h"
#include "verify/decide.h"

/* At the stop that d was made for.  Writes exactly what d says.  -1: *err TRACE. */
int verify_apply(struct source *s, const struct decision *d, struct err *err);

#endif

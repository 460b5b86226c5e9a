/*
 * Makes a stopped task see what a decision says.  The only part of verify/ that knows trace/.
 */
#ifndef VERIFY_APPLY_H
#define VERIFY_APPLY_H

#include "base/err.h"
#include "trace/source.h"
#include "verify/decide.h"
#include "verify/verify.h"

/* At the stop that d was made for.  Writes exactly what d says.  -1: *err TRACE. */
int verify_apply(struct source *s, const struct decision *d, struct err *err);

/* The event that is to come next, for the source; NULL: it may choose.  patience_ms: how long that may take, at least. */
int verify_want(struct verify_session *s, uint32_t patience_ms, struct source_want *into,
		const struct source_want **want, struct err *err);

#endif

/*
 * The books of a session: what was compared, which rule accepted or refused how much, the differences, the verdict.
 */
#ifndef VERIFY_LEDGER_H
#define VERIFY_LEDGER_H

#include "base/err.h"
#include "recording/recording.h"
#include "verify/ahead.h"
#include "verify/decide.h"
#include "verify/divergence.h"

struct ledger;

/* All lent; ahead and differences may be NULL. */
struct ledger *ledger_new(const struct decide_context *c, struct ahead *ahead, struct diff_writer *differences);
void ledger_free(struct ledger *l);

/* The pair of events that the next findings are about; either may be NULL for ledger_sequence(). */
struct ledger_place {
	const struct sys_event *rec, *live;
	bool at_entry; /* of a call that has not been executed */
	const char *why; /* of a difference in the sequence; NULL: what can be told by the events */
};

/* Enters a decision's counts and findings.  How many violations it has, or -1: *err (the differences' file). */
int ledger_decision(struct ledger *l, const struct ledger_place *at, const struct decision *d, struct err *err);
/* A difference in the sequence of events.  rule: what forbids the call, or VM_NO_RULE. */
int ledger_sequence(struct ledger *l, const struct ledger_place *at, enum divergence_type type, uint32_t rule,
		    struct err *err);
/* An actual call is entered. */
void ledger_enter(struct ledger *l, const struct sys_event *live);
/* An actual event that nothing was held against is done with. */
void ledger_alone(struct ledger *l, const struct sys_event *live);
/* A pair of events is done with. */
void ledger_done(struct ledger *l, const struct sys_event *rec, const struct sys_event *live);
/* The counts that the session keeps itself, and in the end kind and reason. */
struct verdict *ledger_verdict(struct ledger *l);
/* A text that lives as long as the verdict. */
const char *ledger_keep(struct ledger *l, const char *text);
/* Completes the verdict's lists. */
void ledger_close(struct ledger *l);

#endif

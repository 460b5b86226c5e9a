/*
 * The inside of a session, for the files that it is made of: session.c (what is held against what), recorded.c (the
 * recorded events to come, task by task), turn.c (whose turn it is).
 */
#ifndef VERIFY_SESSION_H
#define VERIFY_SESSION_H

#include "verify/ahead.h"
#include "verify/ledger.h"
#include "verify/numbers.h"
#include "verify/verify.h"
#include "verify/world.h"

#include <signal.h>

/* The call that a task is in. */
enum flight {
	FLIGHT_NONE,	 /* it runs its own code */
	FLIGHT_PAIRED,	 /* executed and compared with `rec` */
	FLIGHT_ANSWERED, /* not executed: gets the results of `rec` */
	FLIGHT_ALONE,	 /* executed, compared with nothing: ignored, or optional and additional */
	FLIGHT_FOR_GOOD, /* a call that does not come back was compared */
};

/* What is going on in one task. */
struct doing {
	enum flight flight;
	const struct sys_event *rec; /* FLIGHT_PAIRED, FLIGHT_ANSWERED: the next recorded event, or `open` */
	struct sys_event open;	     /* the recorded call, if other events stand between its beginning and its end */
	struct arena *arena;	     /* of open; NULL until it is needed */
	bool is_open;		     /* rec is open, and its EVENT_RETURN has not come */
	bool passed_over;	     /* the recorded call that is open has no partner, and its return needs none */
	/* input fields of the call in flight that could not be read to their end, and to how many bytes at least */
	uint64_t unread_in_flight, readable_in_flight;
	bool mapped_in_flight; /* ... though there is memory */
	struct undo undo; /* what the program is to find again behind the call in flight */
};

struct verify_session {
	struct verify_options o;
	struct decide_context context; /* of the task that is looked at */
	struct world *world;
	struct doing **doing; /* by task number; NULL: not asked for yet */
	size_t ndoing;
	struct ahead *ahead;
	struct ledger *ledger;
	struct left *left; /* NULL: nothing was left, or not yet */
	struct arena *arena; /* of the current decision */
	struct decision decision;
	bool comparing; /* false from a difference in the sequence on, and when the run was stopped */
	bool ended;	/* the end of every task was compared */
	bool end_agrees; /* the end of the program, and the recording's trailer tells of the same one */
	bool unstable;	/* data was stored into while a call took it */
	uint64_t cut;	/* fields of which only the beginning could be compared */
	uint64_t unread; /* fields that sperrips could not read and the kernel could: their calls succeeded */
	struct map64 *pids; /* process numbers of the recorded run's tasks, as far as they made others or were made */
	uint8_t siginfo[sizeof(siginfo_t)]; /* of the signal that verify_turn() tells of */
};

/* Made when first asked for; stays where it is. */
struct doing *session_doing(struct verify_session *s, uint32_t task);
/* Everything that is decided from here on is about this task.  false: there is no such task. */
bool session_look_at(struct verify_session *s, uint32_t number);
/* A program takes the place of what ran in the task. */
void session_exec(struct verify_session *s, uint32_t task);
/* What the policy says of an event that is looked at without a partner: conditions read it on both sides. */
struct vm_disposed session_dispose_alone(struct verify_session *s, const struct sys_event *ev, enum vm_side side);
/* Only these have rows, so that a policy can say something of them as a whole. */
bool session_is_disposable(const struct sys_event *ev);
/* The beginning of a recorded call that other events interrupt stays, while what comes next is looked at. */
void session_keep_open(struct verify_session *s, struct doing *t, const struct sys_event *rec);
/* A recorded event that has no partner is done with. */
void session_drop_alone(struct verify_session *s, const struct sys_event *rec);
/* The next recorded event that the policy does not ignore.  As ahead_peek(). */
int session_next_recorded(struct verify_session *s, const struct sys_event **rec, struct err *err);
/* Nothing is compared from here on; unless only a report is wanted, the program does not go on. */
void session_end_comparing(struct verify_session *s);

#endif

/*
 * Holds a running program against a recording, event by event, under a policy.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "abi/schema.h"
#include "abi/walk.h"
#include "base/err.h"
#include "recording/recording.h"
#include "verify/decide.h"
#include "verify/divergence.h"
#include "vm/vm.h"

struct verify_session;

struct verify_options {
	const struct abi_schema *schema;
	const struct vm_prog *policy;
	struct rec_reader *reader; /* checked with rec_reader_check(); lent */
	struct diff_writer *differences; /* or NULL; lent */
	/*
	 * Never stop the program and never change what it sees: only report.  Calls that the policy has emulated are still
	 * not executed.
	 */
	bool report_only;
	bool elsewhere; /* the actual run sees other files than this process */
	const char *hostname; /* of the actual run, NULL: this system's */
	const char *cwd; /* working directory of the actual run, NULL: the recorded one */
};

struct verify_session *verify_open(const struct verify_options *o, struct err *err);
void verify_close(struct verify_session *s);

/*
 * The three places of an event.  The decision is lent until the next call; verify_apply() makes the tracee see it.
 * -1: *err (the recording cannot be read on, ...): the verdict is "not judged".
 */
int verify_enter(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err);
int verify_exit(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err);
/* A signal, or an instruction. */
int verify_signal(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err);
int verify_end(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err);
/* The task of live has made another one; or it was made to stand where it ran its own code. */
int verify_task(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err);
int verify_preempted(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err);
/* The next recorded event does not come about: a difference.  who_waits: what the tasks are doing, for people. */
int verify_stuck(struct verify_session *s, const char *who_waits, struct err *err);
/*
 * No task is left: what the run has left at a path, ascending; NULL behind the last one.  -1: as above, but nothing is left to
 * be decided.
 */
int verify_effect(struct verify_session *s, const struct sys_event *live, struct err *err);
/* No task is left (or the run was stopped; why: what stopped it if not the policy, or NULL): closes the books. */
int verify_finish(struct verify_session *s, const char *not_judged_because, struct err *err);

/* Whose turn it is in the recorded order. */
struct verify_turn {
	uint32_t task;
	/* EVENT_CALL: it enters a call; EVENT_RETURN: it comes back from the one that it is in; else as the event says */
	enum event_type type;
	int signal;		/* of EVENT_SIGNAL, or of one that comes right behind an EVENT_RETURN; 0: none */
	const uint8_t *siginfo; /* of that signal, if it came from outside of the recorded run; else NULL.  Lent */
	bool fault;		/* of EVENT_SIGNAL: one of the task's own code, as event_is_fault() */
	int64_t result;		/* of EVENT_RETURN; of EVENT_CALL what source_want says */
	const uint8_t *found;   /* what its call wrote, if that is one block; or NULL.  Lent until the event is met */
	size_t found_len;
	uint32_t waited;	/* milliseconds that the recorded run took from the event before, or 0: less than 1000 */
};

/* 1: *turn.  0: nothing is left to be held against.  -1: *err. */
int verify_turn(struct verify_session *s, struct verify_turn *turn, struct err *err);
/* The recorded event that the next live one must match, or NULL at the end: replay feeds standard input from it. */
const struct sys_event *verify_expected(struct verify_session *s);
/* false: the run has gone other ways than the recorded one, and what it does now is held against nothing. */
bool verify_comparing(const struct verify_session *s);
/* Verdict, coverage, differences.  Lent until close; final after verify_finish(). */
const struct verdict *verify_verdict(const struct verify_session *s);

#endif

/*
 * The inside of the ptrace source: the set of tasks, what wait(2) tells of them, and when they have come to rest.
 * ptrace_source.c chooses who runs.
 */
#ifndef TRACE_TASKS_H
#define TRACE_TASKS_H

#include "base/map.h"
#include "trace/ticker.h"
#include "trace/tracee.h"
#include "trace/tracer.h"

#define NS_PER_MS ((uint64_t)1000000)

/* A new task whose first stop came before its parent's event. */
struct early {
	pid_t pid;
	int status;
};

struct tracer {
	struct source source; /* what callers hold; first */
	struct tracee_run run;
	struct pin pin;
	struct stdio *stdio;
	struct arena *shown; /* paths in effects */
	struct ticker ticker;
	struct peers *peers;
	uint64_t nofile; /* soft limit that was raised, 0: none */

	struct tracee **live; /* by number, ascending */
	size_t nlive, live_room;
	struct map64 *by_pid; /* to struct tracee * */
	struct early *early;
	size_t nearly;
	uint32_t ntasks; /* that there ever were */

	struct tracee *running; /* the one that runs its own code, or NULL */
	struct tracee *last;	/* the one that did last */
	struct tracee *given;	/* whose event was given last, or NULL */
	enum source_stop given_stop;
	uint64_t slice_ns;	/* since when `last` has gone on */
	uint64_t given_ns;	/* when an event was given last */
	bool yields;		/* `last` has done what a task does that waits for others */
	bool signals_asked;	/* some task has asked for signals about data: wake.h */
	const volatile sig_atomic_t *stop; /* or NULL */
	bool done;
	int wait_status;

	const struct source_want *want; /* of the current next() */
};

/* NULL: no such task, or it has ended. */
struct tracee *tasks_by_number(const struct tracer *tr, uint32_t number);
/* t gets the next number. */
void tasks_add(struct tracer *tr, struct tracee *t);
/* The task that parent's SOURCE_TASK tells of, whose args are filled.  -1: *err TRACE. */
int tasks_adopt(struct tracer *tr, struct tracee *parent, struct err *err);
void tasks_remove_dead(struct tracer *tr);
/* Kills all; what stands before a call does not execute it.  Nobody is left afterwards. */
void tasks_kill(struct tracer *tr);
/* The limit of open descriptors is again what it was. */
void tasks_restore_limit(struct tracer *tr);
/*
 * A call of `by` has come back, or waits itself: tasks that wait for what it may have brought about (WAKE_ bits) are not
 * known to be asleep any more.
 */
void tasks_unsettle(struct tracer *tr, const struct tracee *by, unsigned brings);
/* One answer of wait(2).  1: there was one, 0: none (or interrupted), -1: *err. */
int tasks_collect(struct tracer *tr, bool block, struct err *err);
/* 1: a task has stopped, so that there is something to look at first; 0: all are at rest; -1: *err. */
int tasks_settle(struct tracer *tr, struct err *err);

#endif

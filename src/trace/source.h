/*
 * A source of events: a program that stops at each system call, and the means to act on it while it stands.  ptrace is
 * one source; a second one, inside the traced process, is to come.
 */
#ifndef TRACE_SOURCE_H
#define TRACE_SOURCE_H

#include "abi/event.h"
#include "abi/schema.h"
#include "abi/walk.h"
#include "base/buf.h"
#include "base/err.h"

/* Where a source stands. */
enum source_stop {
	SOURCE_ENTER,  /* the call in ev has not run: args and PHASE_ENTRY blocks are there */
	SOURCE_EXIT,   /* the call in ev has run: ret and PHASE_EXIT blocks are there, too */
	SOURCE_SIGNAL, /* ev is a signal about to be delivered */
	SOURCE_END,    /* ev is the end of a task; nothing may be done to it any more */
	SOURCE_TASK,   /* ev's task has made another one, which has not run yet */
	SOURCE_PREEMPTED, /* ev's task ran its own code for long and was made to stand; others may run */
	SOURCE_INSTRUCTION, /* ev's task has come to an instruction that is executed for it: it has not seen the result */
	SOURCE_DONE,   /* no task is left; ev is NULL */
	SOURCE_STUCK,  /* the wanted event does not come; ev is NULL, describe() says why */
	SOURCE_STOP_COUNT
};

/* The one event that may come next, in a run whose order is given. */
struct source_want {
	uint32_t task;
	enum source_stop stop; /* ENTER, EXIT, SIGNAL, END, TASK, PREEMPTED or INSTRUCTION */
	/* the signal that this SOURCE_SIGNAL is, or that comes right behind this SOURCE_EXIT; 0: none */
	int signal;
	const uint8_t *siginfo; /* 128 bytes, lent: nobody in the run sends it, so the source does; or NULL */
	bool fault;		/* this SOURCE_SIGNAL is one of the task's own code: it comes when that goes on */
	/*
	 * Of this SOURCE_EXIT.  Of a SOURCE_ENTER: 1 if it reads a stream and what it got comes later, with its SOURCE_EXIT: so
	 * much may it ask a terminal for until then.
	 */
	int64_t result;
	const uint8_t *found; /* what its call wrote, if that is one block; or NULL.  Lent as long as this is wanted */
	size_t found_len;
	uint32_t patience_ms;	/* how long it may take */
};

struct source;

/* One table a kind of source; every function may fail with *err TRACE when the task has vanished. */
struct source_ops {
	/*
	 * Lets the tasks go on, one of them at a time in its own code, and waits for the next stop of one.  want NULL: the
	 * source chooses the order.  Else what comes is an event of the wanted task, if any; it may be another one than
	 * the wanted.  *ev is lent until the next event of the same task and is the same object at SOURCE_ENTER and at the
	 * following SOURCE_EXIT of a call.  A call that never returns (exit_group) has no SOURCE_EXIT; a successful
	 * execve has.  -1: *err TRACE or UNSUPPORTED; the program has been killed.
	 */
	int (*next)(struct source *s, const struct source_want *want, enum source_stop *stop, struct sys_event **ev,
		    struct err *err);
	/* What each task is doing, appended to out as text: "0 waits in wait4, 0.1 ..."; for people. */
	void (*describe)(struct source *s, struct buf *out);
	/* All of these act on the task of the event that next() gave last. */
	/* At SOURCE_ENTER: the kernel does not execute the call; at its SOURCE_EXIT the result is ret. */
	int (*answer)(struct source *s, int64_t ret, struct err *err);
	/* At SOURCE_ENTER: the kernel gets this value as argument arg.  Registers are put back at the exit. */
	int (*set_arg)(struct source *s, unsigned arg, uint64_t value, struct err *err);
	/* At SOURCE_ENTER: the kernel finds these bytes behind argument arg, which is a pointer; the program's own stay. */
	int (*set_text)(struct source *s, unsigned arg, const void *data, size_t len, struct err *err);
	/* At SOURCE_TASK: where clone(2) writes the new task's number for the program to find, it finds this one. */
	int (*number_task)(struct source *s, int64_t number, struct err *err);
	/* At SOURCE_EXIT: the program sees this result. */
	int (*set_ret)(struct source *s, int64_t ret, struct err *err);
	/* Writes exactly len bytes, no byte more. */
	int (*write)(struct source *s, uint64_t addr, const void *data, size_t len, struct err *err);
	/* At SOURCE_EXIT: moves the file offset of the task's descriptor by delta, if it is seekable. */
	int (*move_offset)(struct source *s, int fd, int64_t delta, struct err *err);
	/* At SOURCE_SIGNAL: these bytes of its siginfo are others. */
	int (*set_siginfo)(struct source *s, size_t offset, const void *data, size_t len, struct err *err);
	/* At SOURCE_INSTRUCTION: these bytes of what it gives are others. */
	int (*set_result)(struct source *s, size_t offset, const void *data, size_t len, struct err *err);
	/* At SOURCE_SIGNAL: it is not delivered. */
	int (*swallow)(struct source *s, struct err *err);
	/* Ends every task at once.  At SOURCE_ENTER the call does not reach the kernel. */
	void (*kill)(struct source *s);
	/* At SOURCE_ENTER of a read on the fed standard input: what the recorded read got (see spawn_stdin). */
	int (*feed_stdin)(struct source *s, const void *data, size_t len, bool end, struct err *err);
	/* How many bytes of what was fed nobody has read yet. */
	size_t (*stdin_left)(struct source *s);
	/*
	 * What next() gave last goes on as far as the kernel takes it, and all that are in the kernel come back or sleep
	 * there; want: what next() will be asked for then, as it must be.  Nobody runs its own code meanwhile.  *err as next().
	 */
	int (*settle)(struct source *s, const struct source_want *want, struct err *err);
	/* Kills what still runs and frees s. */
	void (*free)(struct source *s);
};

struct source {
	const struct source_ops *ops;
};

#endif

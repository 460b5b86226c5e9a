/*
 * One traced task: what its stops mean, and the events that they make.  Which task runs when is ptrace_source.c's
 * business.
 */
#ifndef TRACE_TRACEE_H
#define TRACE_TRACEE_H

#include "base/digest.h"
#include "trace/audit.h"
#include "trace/content.h"
#include "trace/effects.h"
#include "trace/segv.h"
#include "trace/source.h"
#include "trace/stops.h"
#include "trace/task.h"
#include "trace/timeout.h"

#include <sched.h>

#define SIGINFO_SIZE 128

/* An address space, shared by the tasks that were made with CLONE_VM. */
struct space {
	unsigned refs;
	struct content *content;
};

/* A table of descriptors, shared by the tasks that were made with CLONE_FILES. */
struct files {
	unsigned refs;
	struct effects effects;
};

/* What all tasks of a run have in common. */
struct tracee_run {
	const struct abi_schema *schema;
	const struct audit_sink *audit; /* or NULL */
	bool digests_later;
	uint8_t at_random[16];
	bool cpuid_runs; /* this CPU executes cpuid, whoever does not want that */
	uint64_t seq; /* of the next event */
	bool started; /* the initial execve was given */
	uint32_t *answers; /* indices of calls that the tracer answered */
	size_t nanswers;
};

/* A signal that came before its turn. */
struct kept_signal {
	int number;
	bool sent; /* on its way again: the kernel's siginfo is to be replaced */
	uint8_t info[SIGINFO_SIZE];
};

enum tracee_state {
	TRACEE_NEW,       /* made by its parent, or given a signal that stops it: its next stop comes by itself */
	TRACEE_READY,     /* stands where its own code goes on */
	TRACEE_ENTERED,   /* stands before a call that was given, and goes into the kernel next */
	TRACEE_RUNNING,   /* runs its own code: one at a time */
	TRACEE_IN_CALL,   /* in the kernel */
	TRACEE_CAUGHT,    /* stands, and why has not been looked at yet */
	TRACEE_EVENT,     /* stands, and its event waits to be given */
	TRACEE_LISTENING, /* stopped by job control */
	TRACEE_ENDING,    /* stands at its end, which was given */
	TRACEE_DYING,     /* let go to die */
	TRACEE_DEAD,      /* reaped, or about to be reaped when its thread group is */
};

struct tracee {
	struct task task;
	uint32_t number, parent; /* 0: the program */
	const char *name;	 /* by lineage: "0", "0.1"; lent */
	unsigned nchildren;	 /* that it ever had */
	bool prodded;		 /* a signal was sent to it for the event that is wanted */
	enum tracee_state state;
	enum source_stop offers; /* TRACEE_EVENT: which event */
	bool settled;		 /* it is known to be asleep (IN_CALL), or gone as far as it goes (DYING) */
	bool slept;		 /* IN_CALL: it was found asleep before: what it had woken up itself has been looked at */
	bool overlapped;	 /* others may have run since the call was entered */
	unsigned waits_for;	 /* IN_CALL: WAKE_ bits */
	uint64_t entered_ns;	 /* IN_CALL, DYING: since when it has been looked at; 0: it was not */
	struct space *space;
	struct files *files;
	struct handlers *handlers;
	bool segv_blocked; /* the program wants it so: segv.h */
	cpu_set_t cpus;	   /* that it may use without a tracer: affinity.h */
	bool borrows; /* it runs in its parent's memory until it executes a program (vfork) */

	int status; /* CAUGHT: as wait(2) gave it */
	struct stop stop;

	struct sys_event call; /* the same object at entry and exit */
	struct sys_event other;
	struct sys_event pause; /* EVENT_PREEMPTED: may be given while another event waits */
	struct arena *call_arena, *other_arena;
	const struct abi_row *row; /* of call, NULL: undescribed */
	struct audit *audit;	   /* or NULL */

	bool in_call;      /* entered, exit not given */
	bool held;         /* interrupted: the exit stop came with a result that the program does not see */
	bool rewinds;      /* held, and the kernel would not make the call again: the tracer sees to it */
	bool interrupting; /* PTRACE_INTERRUPT was sent and its stop has not come */
	uint64_t call_ip;  /* behind the call's instruction */
	uint64_t rest_ip;  /* where it stood when its own code last went on: a signal that finds it there came at a call */
	struct user_regs_struct there; /* at the instruction: its registers, until it has its result */
	bool exec_done;    /* the exec stop of this call came */
	bool signal_waits; /* the exit was given at a signal stop: the signal itself comes next */
	bool answered;     /* the kernel does not run it */
	bool stands_in;	   /* ... but makes a descriptor in its place */
	int64_t answer;
	unsigned changed;         /* bit: argument has another value than the program gave */
	uint64_t given[ABI_ARGS]; /* what the program gave */
	uint64_t replaced[ABI_ARGS];
	const struct timeout_rule *timeout; /* the call waits without its time limit; or NULL */
	uint64_t deadline_ns; /* ... that would end then: CLOCK_MONOTONIC */
	bool runs_out;	    /* ... and the time has come: it is made to end as if it had run out */
	uint8_t limit[16];  /* what stood where a 0 stands now (runs_out of a rule that asks again) */
	bool limit_written;
	int64_t got;   /* bytes of a stream that came before the call was made again for the rest */
	unsigned rest; /* of changed: because of that, or because the call asks for what was recorded */
	unsigned asked; /* so many times it was made again because other things were ready than in the recorded run */
	uint64_t asked_ns;  /* ... the first time: CLOCK_MONOTONIC */
	bool asked_enough;  /* ... this was the last time */
	bool takes_nothing; /* ... and what was found is level-triggered */
	bool flags_written; /* clone3: CLONE_UNTRACED was taken out of the program's memory */
	uint64_t clone_flags;
	uint64_t text_addr; /* where a text for this call alone was put, 0: none */
	uint8_t *text_saved; /* what stood there; malloc */
	size_t text_len;
	/*
	 * clone(2) writes the new task's number for its maker (CLONE_PARENT_SETTID) and for itself (CLONE_CHILD_SETTID): where,
	 * and what is to stand there instead.  0: nowhere, nothing.
	 */
	uint64_t maker_tid_addr, own_tid_addr;
	pid_t made;
	int64_t made_shown, own_shown;
	uint64_t owner_addr; /* word of a lock that holds owner_given for the kernel, owner_shown for the program; 0: none */
	uint32_t owner_given, owner_shown;
	struct auxv auxv;
	bool own_tsc_faults, own_cpuid_faults; /* the program itself wants SIGSEGV for these instructions */
	bool cpuid_faults;		       /* the tracer does */
	enum abi_instruction instruction;      /* of the event at which it stands, or none */
	uint8_t result[ABI_INSTRUCTION_RESULT];
	bool stored; /* the task ends with stores in shared mappings */
	uint8_t stores[DIGEST_SIZE];
	bool end_given;
	int end_status; /* as wait(2) gives it */

	struct kept_signal *kept;
	size_t nkept;
};

/* A task whose handles are open in *task, which is moved into it.  from NULL: the program itself. */
struct tracee *tracee_new(struct tracee_run *run, const struct task *task, const struct tracee *from, uint64_t flags);
void tracee_free(struct tracee *t);

/* How the order of a replay bears on what a stop means; a recorder takes things as they come. */
struct tracee_turn {
	bool replay;
	bool from_within; /* of a signal: a task of the run sent it */
	bool wanted;	  /* the next event is to be this task's */
	enum source_stop stop; /* ... and this one */
	int signal;	  /* the signal that it is, or that comes right behind it; 0: none */
	int64_t result;	  /* of this SOURCE_EXIT */
	const uint8_t *found; /* what the recorded call wrote, if that is one block; or NULL.  Lent */
	size_t found_len;
};

enum tracee_outcome {
	OUTCOME_FAILED = -1,
	OUTCOME_NOTHING, /* the task goes on as its state says */
	OUTCOME_EVENT,	 /* state TRACEE_EVENT: `offers` is to be given */
	OUTCOME_LATER,	 /* cannot be told before it is this task's turn: it stays TRACEE_CAUGHT */
};

/*
 * The task is TRACEE_CAUGHT: says what its stop means.  A SOURCE_TASK's new task is named by stop.new_task; args[0] of
 * its event is for the caller to fill.
 */
enum tracee_outcome tracee_look(struct tracee_run *run, struct tracee *t, const struct tracee_turn *turn, struct err *err);
/* state TRACEE_EVENT and signal_waits: the signal behind the exit that was just given. */
void tracee_offer_signal(struct tracee_run *run, struct tracee *t);
/* The event of a stop that is no call's. */
struct sys_event *tracee_begin_other(struct tracee_run *run, struct tracee *t, enum event_type type, int32_t nr,
				     uint64_t arg0, uint64_t arg1);
void tracee_begin_pause(struct tracee_run *run, struct tracee *t);
/* The signal that it was just given stops it. */
bool tracee_stops_by(const struct tracee *t);
/* The number, in its namespace, of the task that sent the signal that t stands at; 0: nobody did. */
pid_t tracee_signal_sender(const struct tracee *t);
/* Sends a kept signal again; info: what to tell if none is kept (128 bytes), or NULL.  false: there is nothing to send. */
bool tracee_send_kept(struct tracee *t, int signal, const uint8_t *info);
bool tracee_is_pending(const struct tracee *t, int signal);
/* At the entry of a call that waits for a limited time: the limit is taken away.  -1: *err. */
int tracee_wait_for_ever(struct tracee *t, struct err *err);
/* It is asleep in such a call, and in the recorded run the time had run out: it is made to come back. */
void tracee_run_out(struct tracee *t);
/* At an entry: argument arg points to a copy of these bytes below the stack, until the call is over.  -1: *err. */
int tracee_set_text(struct tracee *t, unsigned arg, const void *data, size_t len, struct err *err);
/* The task that t has just made is known as this number.  made: that task. */
void tracee_number_made(struct tracee *t, struct tracee *made, int64_t number);
/* Writes the numbers that clone(2) has written into t's memory by now. */
int tracee_show_numbers(struct tracee *t, struct err *err);
/* The call in flight gets a result without being executed. */
int tracee_answer(struct tracee *t, int64_t ret, struct err *err);
/* The initial execve failed: what the program's end is to look like. */
void tracee_offer_failed_start(struct tracee_run *run, struct tracee *t);
/* After exec by a thread that was not its group's leader: it has the leader's id now. */
int tracee_take_over(struct tracee *t, pid_t leader, struct err *err);
/* At the entry of a call that makes a task. */
int tracee_enter_clone(struct tracee *t, struct err *err);
/* At an entry: the kernel gets this value as an argument. */
int tracee_change_arg(struct tracee *t, unsigned arg, uint64_t value, struct err *err);
int tracee_check_register(const struct tracee *t, int result, struct err *err);

#endif

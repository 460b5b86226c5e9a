/*
 * Why a traced task stands: a wait status made into an enum.  Acting on it is somebody else's business.
 */
#ifndef TRACE_STOPS_H
#define TRACE_STOPS_H

#include "trace/task.h"

#include <stdbool.h>
#include <sys/ptrace.h>

enum stop_kind {
	STOP_ENTER, /* info.entry valid, the call has not run; resume with signal 0 */
	STOP_EXIT,  /* info.exit valid; resume with signal 0 */
	STOP_EXEC, /* inside a successful execve: the new program is mapped and has not run; info has its stack pointer;
		    * the task's memory must be opened again; resume with signal 0, its STOP_EXIT follows */
	STOP_NEW_TASK, /* .new_task has been made and is traced, too: it has a first stop of its own, before or after this */
	STOP_SIGNAL,   /* .signal waits for delivery; resume with it, or with 0 to swallow it */
	STOP_GROUP,    /* stopped by job control, nothing to deliver; PTRACE_LISTEN, never resume */
	STOP_TRAP,     /* nothing to deliver (new, interrupted, woken up out of a group stop); resume with signal 0 */
	STOP_ENDING,   /* about to end, .status says how; its memory can still be read; resume with signal 0 */
	STOP_GONE,     /* .status says how it ended, and it is reaped; never touch the pid again */
};

struct stop {
	enum stop_kind kind;
	int status; /* as wait(2) gives it */
	int signal;
	pid_t new_task;
	struct __ptrace_syscall_info info; /* of a STOP_GONE and STOP_ENDING: nothing */
};

/*
 * Says why the task stands, given the status that wait(2) gave for it.  1: it vanished meanwhile, and the next wait tells;
 * -1: *err TRACE.
 */
int stop_classify(const struct task *task, int status, struct stop *stop, struct err *err);
/* PTRACE_GETEVENTMSG of the stop that the task stands at; 0 if there is none. */
unsigned long stop_message(const struct task *task);
/* Lets the task run on to its next stop.  A task that vanished is none of this function's errors: stop_wait() says so.
 */
int stop_resume(const struct task *task, int signal, struct err *err);
/* Leaves the task in its group stop until somebody continues it. */
int stop_listen(const struct task *task, struct err *err);
/* false: it was killed while it stood. */
bool stop_stands(const struct task *task);
/* Makes a task that runs its own code stand, at a STOP_TRAP. */
void stop_interrupt(const struct task *task);
/* Kills a process of one task and reaps it; returns its wait status. */
int stop_kill(const struct task *task);

#endif

/*
 * A traced task and the handles that the tracer keeps on it.
 */
#ifndef TRACE_TASK_H
#define TRACE_TASK_H

#include "base/err.h"
#include "trace/arch.h"

#include <stdint.h>
#include <sys/types.h>

struct task {
	pid_t pid;
	pid_t leader; /* of its thread group */
	pid_t inner;  /* task_inner(), 0: nobody has asked yet */
	int pidfd;
	int proc_fd; /* /proc/PID, O_PATH */
	int mem_fd; /* /proc/PID/mem: the address space that was there when it was opened, so opened again after exec */
	int call_fd; /* /proc/PID/syscall, opened when first needed, or -1 */
	int stat_fd; /* the task's own stat, likewise */
	const struct arch *arch;
};

/* What a task does that was let into the kernel and has not come back. */
enum task_activity {
	TASK_ACTIVE, /* it runs, or would if it got a CPU, or stands at a stop that wait(2) is about to tell of */
	TASK_BUSY,   /* it waits for something that cannot be interrupted: a disk, as a rule, or a vfork child */
	TASK_ASLEEP, /* it waits until something happens */
	TASK_DEAD,
};

/* Opens the handles.  -1: *err TRACE; task_close() is fine then, too. */
int task_open(struct task *task, pid_t pid, pid_t leader, const struct arch *arch, struct err *err);
/* After a successful exec. */
int task_reopen_memory(struct task *task, struct err *err);
void task_close(struct task *task);
/* Its number as the task itself has it, in its own PID namespace. */
pid_t task_inner(struct task *task);
/* proc(5): /proc/PID/syscall, and the state in /proc/PID/stat. */
enum task_activity task_activity(struct task *task);
/* A duplicate of the task's descriptor that shares its file position; yours.  -1 and errno. */
int task_borrow_fd(const struct task *task, int fd);

#endif

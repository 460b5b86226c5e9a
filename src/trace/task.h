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
	int pidfd;
	int proc_fd; /* /proc/PID, O_PATH */
	int mem_fd; /* /proc/PID/mem: the address space that was there when it was opened, so opened again after exec */
	const struct arch *arch;
};

/* Opens the handles.  -1: *err TRACE; task_close() is fine then, too. */
int task_open(struct task *task, pid_t pid, const struct arch *arch, struct err *err);
/* After a successful exec. */
int task_reopen_memory(struct task *task, struct err *err);
void task_close(struct task *task);
/* A duplicate of the task's descriptor that shares its file position; yours.  -1 and errno. */
int task_borrow_fd(const struct task *task, int fd);

#endif

/*
 * Calls that the tracer makes in a task's name.
 */
#include "trace/inject.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL_SIGNAL (SIGTRAP | 0x80)
#define SET_BYTES      8 /* a signal set of the kernel's */

/* The two stops of the call.  As inject_call(). */
static int pass_through(const struct task *task, int *status, struct err *err)
{
	bool stopped = false;
	unsigned stops = 0;

	while (stops < 2) {
		if (ptrace(PTRACE_SYSCALL, task->pid, NULL, NULL) < 0 && errno != ESRCH)
			return err_errno(err, ERR_TRACE, "cannot resume process %d", (int)task->pid);
		while (waitpid(task->pid, status, __WALL) < 0) {
			if (errno != EINTR)
				return err_errno(err, ERR_TRACE, "cannot wait for process %d", (int)task->pid);
		}
		if (!WIFSTOPPED(*status) || *status >> 16 == PTRACE_EVENT_EXIT)
			return 1;
		if (WSTOPSIG(*status) == SYSCALL_SIGNAL)
			stops++;
		else if (*status >> 16 == 0) /* the one signal that cannot be blocked */
			stopped = true;
	}
	if (stopped)
		syscall(SYS_tgkill, task->leader, task->pid, SIGSTOP);
	return 0;
}

int inject_call(const struct task *task, int32_t number, const uint64_t args[ABI_ARGS], int64_t *ret, int *status,
		struct err *err)
{
	struct arch_registers before;
	uint64_t mask, all = UINT64_MAX;
	int result;

	if (ptrace(PTRACE_GETSIGMASK, task->pid, (void *)SET_BYTES, &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, task->pid, (void *)SET_BYTES, &all) < 0 ||
	    task->arch->call_begin(task->pid, number, args, &before) < 0) {
		if (errno != ESRCH)
			return err_errno(err, ERR_TRACE, "cannot make a call in process %d", (int)task->pid);
		*status = 0;
	}
	result = pass_through(task, status, err);
	if (result)
		return result;
	if (task->arch->call_end(task->pid, &before, ret) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, task->pid, (void *)SET_BYTES, &mask) < 0) {
		if (errno != ESRCH)
			return err_errno(err, ERR_TRACE, "cannot set process %d back", (int)task->pid);
		*ret = 0; /* it was killed: the next wait tells */
	}
	return 0;
}

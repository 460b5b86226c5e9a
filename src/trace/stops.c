/*
 * Classifies ptrace stops: one PTRACE_GET_SYSCALL_INFO each.
 */
#include "trace/stops.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

/* What stopsig is at a system call stop under PTRACE_O_TRACESYSGOOD. */
#define SYSCALL_SIGNAL (SIGTRAP | 0x80)

/* The task may be killed at any moment, also while it stands: then the next wait tells, and ESRCH here is nothing. */
static int get_info(const struct task *task, struct stop *stop, struct err *err)
{
	stop->info.op = PTRACE_SYSCALL_INFO_NONE;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, (void *)sizeof(stop->info), &stop->info) >= 0)
		return 0;
	if (errno == ESRCH)
		return 1;
	return err_errno(err, errno == EIO ? ERR_UNSUPPORTED : ERR_TRACE, "cannot read a system call of process %d",
			 (int)task->pid);
}

unsigned long stop_message(const struct task *task)
{
	unsigned long message = 0;

	ptrace(PTRACE_GETEVENTMSG, task->pid, NULL, &message);
	return message;
}

int stop_classify(const struct task *task, int status, struct stop *stop, struct err *err)
{
	int event = status >> 16;
	int result;

	stop->status = status;
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		stop->kind = STOP_GONE;
		return 0;
	}
	stop->signal = WSTOPSIG(status);
	if (stop->signal == SYSCALL_SIGNAL) {
		result = get_info(task, stop, err);
		if (result)
			return result;
		if (stop->info.op != PTRACE_SYSCALL_INFO_ENTRY && stop->info.op != PTRACE_SYSCALL_INFO_EXIT)
			return err_set(err, ERR_TRACE,
				       "process %d stands at a system call that is neither entry nor exit",
				       (int)task->pid);
		stop->kind = stop->info.op == PTRACE_SYSCALL_INFO_ENTRY ? STOP_ENTER : STOP_EXIT;
		return 0;
	}
	switch (event) {
	case 0:
		stop->kind = STOP_SIGNAL;
		return get_info(task, stop, err);
	case PTRACE_EVENT_EXEC:
		stop->kind = STOP_EXEC;
		return get_info(task, stop, err);
	case PTRACE_EVENT_STOP:
		stop->kind = stop->signal == SIGTRAP ? STOP_TRAP : STOP_GROUP;
		return get_info(task, stop, err);
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		stop->new_task = (pid_t)stop_message(task);
		stop->kind = STOP_NEW_TASK;
		return 0;
	case PTRACE_EVENT_EXIT:
		stop->kind = STOP_ENDING;
		stop->status = (int)stop_message(task);
		return 0;
	}
	stop->kind = STOP_TRAP;
	return 0;
}

static int restart(const struct task *task, enum __ptrace_request request, int signal, struct err *err)
{
	if (ptrace(request, task->pid, NULL, (void *)(long)signal) >= 0 || errno == ESRCH)
		return 0;
	return err_errno(err, ERR_TRACE, "cannot resume process %d", (int)task->pid);
}

int stop_resume(const struct task *task, int signal, struct err *err)
{
	return restart(task, PTRACE_SYSCALL, signal, err);
}

int stop_listen(const struct task *task, struct err *err)
{
	return restart(task, PTRACE_LISTEN, 0, err);
}

bool stop_stands(const struct task *task)
{
	unsigned long message;

	return ptrace(PTRACE_GETEVENTMSG, task->pid, NULL, &message) >= 0;
}

void stop_interrupt(const struct task *task)
{
	ptrace(PTRACE_INTERRUPT, task->pid, NULL, NULL);
}

int stop_kill(const struct task *task)
{
	int status = 0;

	kill(task->pid, SIGKILL);
	for (;;) {
		if (waitpid(task->pid, &status, __WALL) < 0) {
			if (errno == EINTR)
				continue;
			return SIGKILL;
		}
		if (WIFEXITED(status) || WIFSIGNALED(status))
			return status;
		/* the stop before its end */
		ptrace(PTRACE_CONT, task->pid, NULL, NULL);
	}
}

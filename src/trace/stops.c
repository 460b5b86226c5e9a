/*
 * Waits for ptrace stops and classifies them: one waitpid and one PTRACE_GET_SYSCALL_INFO each.
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

/* 0: classified, 1: the task vanished meanwhile, wait again. */
static int classify(const struct task *task, struct stop *stop, struct err *err)
{
	int status = stop->status;
	int event = status >> 16;
	unsigned long message = 0;
	int result;

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
		return 0;
	case PTRACE_EVENT_EXEC:
		stop->kind = STOP_EXEC;
		return get_info(task, stop, err);
	case PTRACE_EVENT_STOP:
		stop->kind = stop->signal == SIGTRAP ? STOP_TRAP : STOP_GROUP;
		return 0;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		ptrace(PTRACE_GETEVENTMSG, task->pid, NULL, &message);
		stop->new_task = (pid_t)message;
		stop->kind = STOP_NEW_TASK;
		return 0;
	case PTRACE_EVENT_EXIT:
		stop->kind = STOP_ENDING;
		return 0;
	}
	stop->kind = STOP_TRAP;
	return 0;
}

int stop_wait(const struct task *task, struct stop *stop, struct err *err)
{
	int result;

	do {
		while (waitpid(task->pid, &stop->status, __WALL) < 0) {
			if (errno != EINTR)
				return err_errno(err, ERR_TRACE, "cannot wait for process %d", (int)task->pid);
		}
		result = classify(task, stop, err);
	} while (result > 0);
	return result;
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

int stop_kill(const struct task *task, bool at_entry)
{
	int status = 0;

	if (at_entry)
		task->arch->set_number(task->pid, -1);
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

/*
 * Handles on a traced task: its pidfd, its /proc folder, its memory.
 */
#include "trace/task.h"

#include "base/fdio.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

int task_open(struct task *task, pid_t pid, const struct arch *arch, struct err *err)
{
	char path[32];

	*task = (struct task){ .pid = pid, .pidfd = -1, .proc_fd = -1, .mem_fd = -1, .arch = arch };
	task->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (task->pidfd < 0)
		return err_errno(err, ERR_TRACE, "cannot get a handle on process %d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	task->proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (task->proc_fd < 0)
		return err_errno(err, ERR_TRACE, "cannot open %s", path);
	return task_reopen_memory(task, err);
}

int task_reopen_memory(struct task *task, struct err *err)
{
	fd_close(&task->mem_fd);
	task->mem_fd = openat(task->proc_fd, "mem", O_RDWR | O_CLOEXEC);
	if (task->mem_fd < 0)
		return err_errno(err, ERR_TRACE, "cannot open /proc/%d/mem", (int)task->pid);
	return 0;
}

void task_close(struct task *task)
{
	fd_close(&task->mem_fd);
	fd_close(&task->proc_fd);
	fd_close(&task->pidfd);
}

int task_borrow_fd(const struct task *task, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, task->pidfd, fd, 0);
}

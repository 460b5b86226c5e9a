/*
 * Handles on a traced task: its pidfd, its /proc folder, its memory.
 */
#include "trace/task.h"

#include "base/fdio.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD 0x80 /* O_EXCL: of one thread; Linux 6.9 */
#endif

/* Older kernels give a handle on processes only: a thread then has its leader's, which shares its descriptors. */
static int open_pidfd(pid_t pid, pid_t leader)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, pid == leader ? 0 : PIDFD_THREAD);

	return fd < 0 && pid != leader ? (int)syscall(SYS_pidfd_open, leader, 0) : fd;
}

/* The last number behind "NSpid:" in /proc/PID/status. */
static pid_t inner_number(const struct task *task)
{
	CLEANUP(fd_close) int fd = openat(task->proc_fd, "status", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *line, *end, *last;

	if (n <= 0)
		return task->pid;
	text[n] = 0;
	line = strstr(text, "\nNSpid:");
	end = line ? strchr(line + 1, '\n') : NULL;
	if (!end)
		return task->pid;
	for (last = end; last > line && last[-1] != '\t'; last--)
		;
	return (pid_t)strtol(last, NULL, 10);
}

pid_t task_inner(struct task *task)
{
	if (!task->inner)
		task->inner = inner_number(task);
	return task->inner;
}

int task_open(struct task *task, pid_t pid, pid_t leader, const struct arch *arch, struct err *err)
{
	char path[32];

	*task = (struct task){ .pid = pid, .leader = leader, .pidfd = -1, .proc_fd = -1, .mem_fd = -1, .call_fd = -1,
			       .stat_fd = -1, .arch = arch };
	task->pidfd = open_pidfd(pid, leader);
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
	fd_close(&task->call_fd);
	fd_close(&task->stat_fd);
	fd_close(&task->mem_fd);
	fd_close(&task->proc_fd);
	fd_close(&task->pidfd);
}

/* The letter behind the name in its stat: that of one task, as that of a process adds up all of its threads. */
static char state_letter(struct task *task)
{
	char text[512];
	const char *end;
	ssize_t n;

	if (task->stat_fd < 0) {
		snprintf(text, sizeof(text), "task/%d/stat", (int)task->pid);
		task->stat_fd = openat(task->proc_fd, text, O_RDONLY | O_CLOEXEC);
	}
	n = task->stat_fd < 0 ? -1 : pread(task->stat_fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = 0;
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

enum task_activity task_activity(struct task *task)
{
	char text[16];
	ssize_t n;

	if (task->call_fd < 0)
		task->call_fd = openat(task->proc_fd, "syscall", O_RDONLY | O_CLOEXEC);
	n = task->call_fd < 0 ? -1 : pread(task->call_fd, text, sizeof(text), 0);
	if (n >= 7 && memcmp(text, "running", 7) == 0)
		return TASK_ACTIVE;
	switch (state_letter(task)) {
	case 'S':
		return TASK_ASLEEP;
	case 'Z':
	case 'X':
	case 0:
		return TASK_DEAD;
	case 'D':
		return TASK_BUSY;
	}
	return TASK_ACTIVE;
}

int task_borrow_fd(const struct task *task, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, task->pidfd, fd, 0);
}

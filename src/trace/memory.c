/*
 * Reads and writes a task's memory: one pread for one small piece, one vectored process_vm_readv for several or large
 * ones.
 */
#include "trace/memory.h"

#include "base/attr.h"
#include "base/fdio.h"
#include "trace/fdinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PREAD_MAX 4096 /* up to here pread on /proc/PID/mem is the cheaper one */
#define BATCH     128  /* pieces of one process_vm_readv */

/* Where a sandbox forbids process_vm_readv: one piece after the other. */
static void read_singly(const struct task *task, struct abi_read *requests, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ssize_t got = pread(task->mem_fd, requests[i].into, requests[i].len, (off_t)requests[i].addr);

		requests[i].got = got > 0 ? (uint32_t)got : 0;
	}
}

/* Spreads the bytes of a vectored read over its requests; returns how many of them are settled. */
static size_t settle(struct abi_read *requests, size_t n, size_t bytes)
{
	size_t i;

	for (i = 0; i < n && bytes >= requests[i].len; i++) {
		requests[i].got = requests[i].len;
		bytes -= requests[i].len;
	}
	if (i < n) /* the kernel stops at the first piece that it cannot read whole: the next ones were not tried */
		requests[i++].got = (uint32_t)bytes;
	return i;
}

static int read_batch(const struct task *task, struct abi_read *requests, size_t n)
{
	struct iovec local[BATCH], remote[BATCH];
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		local[i] = (struct iovec){ requests[i].into, requests[i].len };
		remote[i] = (struct iovec){ (void *)requests[i].addr, requests[i].len };
	}
	while (done < n) {
		ssize_t got = process_vm_readv(task->pid, local + done, n - done, remote + done, n - done, 0);

		if (got < 0 && errno == ESRCH)
			return -1;
		if (got < 0 && (errno == EPERM || errno == ENOSYS)) {
			read_singly(task, requests + done, n - done);
			return 0;
		}
		done += settle(requests + done, n - done, got < 0 ? 0 : (size_t)got);
	}
	return 0;
}

static int read_requests(void *ctx, struct abi_read *requests, size_t n)
{
	const struct task *task = ctx;

	if (n == 1 && requests->len <= PREAD_MAX) {
		ssize_t got = pread(task->mem_fd, requests->into, requests->len, (off_t)requests->addr);

		if (LIKELY(got > 0)) {
			requests->got = (uint32_t)got;
			return 0;
		}
	}
	for (size_t i = 0; i < n; i += BATCH) {
		if (read_batch(task, requests + i, n - i < BATCH ? n - i : BATCH) < 0)
			return -1;
	}
	return 0;
}

/* What SOL_SOCKET's option says of a task's descriptor; -1: it is no socket. */
static int socket_option(const struct task *task, int fd, int option)
{
	CLEANUP(fd_close) int own = task_borrow_fd(task, fd);
	int value = -1;
	socklen_t size = sizeof(value);

	return own >= 0 && getsockopt(own, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static uint32_t socket_messages(const struct task *task, int fd)
{
	switch (socket_option(task, fd, SO_DOMAIN)) {
	case AF_NETLINK:
		return EVENT_NETLINK;
	case AF_INET:
		return socket_option(task, fd, SO_TYPE) == SOCK_RAW ? EVENT_PACKETS : 0;
	}
	return 0;
}

static uint32_t messages(void *ctx, int fd)
{
	static const struct {
		const char *link;
		uint32_t flag;
	} sorts[] = {
		{ "anon_inode:inotify", EVENT_INOTIFY },
		{ "anon_inode:[inotify]", EVENT_INOTIFY },
		{ "anon_inode:[fanotify]", EVENT_FANOTIFY },
		{ "anon_inode:[signalfd]", EVENT_SIGNALFD },
	};
	const struct task *task = ctx;
	char name[32], link[64];
	ssize_t n;

	snprintf(name, sizeof(name), "fd/%d", fd);
	n = readlinkat(task->proc_fd, name, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = 0;
	if (strncmp(link, "socket:", 7) == 0)
		return socket_messages(task, fd);
	for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
		if (strcmp(link, sorts[i].link) == 0)
			return sorts[i].flag;
	}
	return 0;
}

static bool is_tcp(const struct task *task, int fd)
{
	int family = socket_option(task, fd, SO_DOMAIN);

	return (family == AF_INET || family == AF_INET6) && socket_option(task, fd, SO_TYPE) == SOCK_STREAM;
}

/* The number behind a name of /proc/PID/fdinfo/FD. */
static bool map_number(const struct task *task, int fd, const char *name, uint64_t *n)
{
	char path[32], text[1024];

	snprintf(path, sizeof(path), "fdinfo/%d", fd);
	CLEANUP(fd_close) int info = openat(task->proc_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t got = info < 0 ? -1 : read(info, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = 0;
	const char *at = strstr(text, name);

	if (!at)
		return false;
	*n = strtoull(at + strlen(name), NULL, 0);
	return true;
}

/* How many processors there may ever be: a map that has a value for each is read and written with all of them. */
static bool possible_processors(uint64_t *n)
{
	char text[64] = "";
	CLEANUP(fd_close) int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	unsigned first, last;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	if (sscanf(text, "%u-%u", &first, &last) == 2)
		*n = last + 1;
	else if (sscanf(text, "%u", &last) == 1)
		*n = last + 1;
	else
		return false;
	return true;
}

/* Of what is no map the kernel reads and writes nothing. */
static bool map_size(const struct task *task, enum abi_thing thing, int fd, uint64_t *n)
{
	uint64_t type, processors;

	*n = 0;
	if (!map_number(task, fd, "flags:", &type))
		return !fdinfo_is_open(task, fd);
	if (!map_number(task, fd, "map_type:", &type))
		return true;
	if (!map_number(task, fd, thing == THING_MAP_KEY ? "key_size:" : "value_size:", n))
		return false;
	if (thing == THING_MAP_KEY)
		return true;
	switch (type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		if (!possible_processors(&processors))
			return false;
		*n = (*n + 7) / 8 * 8 * processors;
		return true;
	}
	return true;
}

static bool count_semaphores(int id, uint64_t *n)
{
	struct semid_ds ds;

	*n = 0;
	if (semctl(id, 0, IPC_STAT, &ds) < 0)
		return errno == EINVAL || errno == EIDRM; /* there is no such set */
	*n = ds.sem_nsems;
	return true;
}

/* Numbers of System V objects mean something else where the task has objects of its own: they are asked about there. */
static bool semaphores(const struct task *task, int id, uint64_t *n)
{
	CLEANUP(fd_close) int own = open("/proc/thread-self/ns/ipc", O_RDONLY | O_CLOEXEC);
	CLEANUP(fd_close) int its = openat(task->proc_fd, "ns/ipc", O_RDONLY | O_CLOEXEC);
	struct stat a, b;
	bool known;

	if (own < 0 || its < 0 || fstat(own, &a) < 0 || fstat(its, &b) < 0)
		return false;
	if (a.st_ino == b.st_ino)
		return count_semaphores(id, n);
	if (setns(its, CLONE_NEWIPC) < 0)
		return false;
	known = count_semaphores(id, n);
	return setns(own, CLONE_NEWIPC) == 0 && known;
}

static bool size_of(void *ctx, enum abi_thing thing, int id, uint64_t *n)
{
	switch (thing) {
	case THING_SEMAPHORES:
		return semaphores(ctx, id, n);
	case THING_MAP_KEY:
	case THING_MAP_VALUE:
		return map_size(ctx, thing, id, n);
	case THING_TRUNCATED:
		*n = !is_tcp(ctx, id);
		return true;
	case THING_NONE:
		break;
	}
	return false;
}

struct abi_memory memory_of(const struct task *task)
{
	return (struct abi_memory){ .read = read_requests, .messages = messages, .size_of = size_of, .ctx = (void *)task };
}

size_t memory_read(const struct task *task, uint64_t addr, void *into, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t piece = len - done < (1u << 30) ? len - done : 1u << 30;
		struct abi_read r = { .addr = addr + done, .len = (uint32_t)piece, .into = (uint8_t *)into + done };

		if (read_requests((void *)task, &r, 1) < 0)
			break;
		done += r.got;
		if (r.got < piece)
			break;
	}
	return done;
}

int memory_write(const struct task *task, uint64_t addr, const void *data, size_t len, struct err *err)
{
	const uint8_t *from = data;
	size_t done = 0;

	while (done < len) {
		struct iovec local = { (void *)(from + done), len - done };
		struct iovec remote = { (void *)(addr + done), len - done };
		ssize_t n = process_vm_writev(task->pid, &local, 1, &remote, 1, 0);

		if (n <= 0) /* a page that the program itself may not write */
			n = pwrite(task->mem_fd, from + done, len - done, (off_t)(addr + done));
		if (n <= 0)
			return err_errno(err, ERR_TRACE, "cannot write %zu bytes at 0x%llx of process %d", len - done,
					 (unsigned long long)(addr + done), (int)task->pid);
		done += (size_t)n;
	}
	return 0;
}

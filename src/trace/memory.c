/*
 * Reads and writes a task's memory: one pread for one small piece, one vectored process_vm_readv for several or large
 * ones.
 */
#include "trace/memory.h"

#include "base/attr.h"
#include "base/fdio.h"

#include <errno.h>
#include <sys/socket.h>
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

static bool is_netlink(void *ctx, int fd)
{
	CLEANUP(fd_close) int own = task_borrow_fd(ctx, fd);
	int family = AF_UNSPEC;
	socklen_t size = sizeof(family);

	return own >= 0 && getsockopt(own, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_NETLINK;
}

struct abi_memory memory_of(const struct task *task)
{
	return (struct abi_memory){ .read = read_requests, .is_netlink = is_netlink, .ctx = (void *)task };
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

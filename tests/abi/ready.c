/*
 * Audit cases: waiting for descriptors, and the descriptors that are there to be waited for.
 */
#include "case.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#define SIGSET_SIZE 8L

/* A pipe with something in it. */
static int full_pipe(int ends[2])
{
	MUST(pipe(ends));
	MUST(write(ends[1], "x", 1));
	return ends[0];
}

/* An epoll instance that has something to tell. */
static int ready_epoll(void)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = 0x1234567890 };
	int ends[2], ep = (int)MUST(epoll_create1(0));

	full_pipe(ends);
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &wanted));
	return ep;
}

ABI_CASE("epoll_create")
{
	MUST(syscall(SYS_epoll_create, 1));
	MUST_FAIL(syscall(SYS_epoll_create, 0), EINVAL);
}

ABI_CASE("epoll_create1")
{
	MUST(syscall(SYS_epoll_create1, EPOLL_CLOEXEC));
	MUST_FAIL(syscall(SYS_epoll_create1, -1), EINVAL);
}

ABI_CASE("epoll_ctl")
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = 7 };
	int ends[2], ep = (int)MUST(epoll_create1(0));

	MUST(pipe(ends));
	MUST(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ends[0], &wanted));
	MUST(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_MOD, ends[0], &wanted));
	MUST_FAIL(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ends[0], &wanted), EEXIST);
}

ABI_CASE("epoll_ctl(EPOLL_CTL_DEL)")
{
	struct epoll_event wanted = { .events = EPOLLIN };
	int ends[2], ep = (int)MUST(epoll_create1(0));

	MUST(pipe(ends));
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &wanted));
	MUST(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, ends[0], NULL));
	MUST_FAIL(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, ends[0], NULL), ENOENT);
}

ABI_CASE("epoll_wait")
{
	struct epoll_event got[4];
	int ep = ready_epoll();

	memset(got, 'g', sizeof(got));
	MUST_BE(MUST(syscall(SYS_epoll_wait, ep, got, 4, -1)) == 1);
	MUST_FAIL(syscall(SYS_epoll_wait, ep, got, 0, 0), EINVAL);
}

ABI_CASE("epoll_pwait")
{
	struct epoll_event got[4];
	uint64_t none = 0;
	int ep = ready_epoll();

	memset(got, 'g', sizeof(got));
	MUST_BE(MUST(syscall(SYS_epoll_pwait, ep, got, 4, -1, &none, SIGSET_SIZE)) == 1);
	MUST_FAIL(syscall(SYS_epoll_pwait, ep, got, 4, 0, &none, 3L), EINVAL);
}

ABI_CASE("epoll_pwait2")
{
	struct epoll_event got[4];
	struct timespec second = { .tv_sec = 1 };
	uint64_t none = 0;
	int ep = ready_epoll();

	memset(got, 'g', sizeof(got));
	MUST_BE(MUST(syscall(SYS_epoll_pwait2, ep, got, 4, &second, &none, SIGSET_SIZE)) == 1);
	MUST_FAIL(syscall(SYS_epoll_pwait2, ep, got, 0, &second, NULL, 0L), EINVAL);
}

ABI_CASE("poll")
{
	struct pollfd fds[2] = { { .events = POLLIN, .revents = -1 }, { .fd = -1, .revents = -1 } };
	int ends[2];

	fds[0].fd = full_pipe(ends);
	MUST_BE(MUST(syscall(SYS_poll, fds, 2, -1)) == 1);
	MUST_FAIL(syscall(SYS_poll, (void *)8, 1, 0), EFAULT);
}

ABI_CASE("ppoll")
{
	struct pollfd fds[2] = { { .events = POLLIN, .revents = -1 }, { .fd = -1, .revents = -1 } };
	struct timespec wait = { .tv_sec = 5 };
	uint64_t none = 0;
	int ends[2];

	fds[0].fd = full_pipe(ends);
	MUST_BE(MUST(syscall(SYS_ppoll, fds, 2, &wait, &none, SIGSET_SIZE)) == 1);
	wait = (struct timespec){ .tv_nsec = -1 };
	MUST_FAIL(syscall(SYS_ppoll, fds, 2, &wait, NULL, SIGSET_SIZE), EINVAL);
}

ABI_CASE("select")
{
	struct timeval wait = { .tv_sec = 5 };
	int ends[2], fd = full_pipe(ends);
	fd_set in, out;

	memset(&in, 0, sizeof(in));
	memset(&out, 0, sizeof(out));
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	MUST_BE(MUST(syscall(SYS_select, fd + 1, &in, &out, NULL, &wait)) == 1);
	MUST_FAIL(syscall(SYS_select, -1, &in, NULL, NULL, &wait), EINVAL);
}

ABI_CASE("pselect6")
{
	struct timespec wait = { .tv_sec = 5 };
	uint64_t none = 0;
	struct {
		uint64_t *mask;
		size_t size;
	} mask = { &none, SIGSET_SIZE };
	int ends[2], fd = full_pipe(ends);
	fd_set in;

	memset(&in, 0, sizeof(in));
	FD_SET(fd, &in);
	MUST_BE(MUST(syscall(SYS_pselect6, fd + 1, &in, NULL, NULL, &wait, &mask)) == 1);
	MUST_FAIL(syscall(SYS_pselect6, -1, &in, NULL, NULL, &wait, &mask), EINVAL);
}

ABI_CASE("timerfd_create")
{
	MUST(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK));
	MUST_FAIL(syscall(SYS_timerfd_create, 99, 0), EINVAL);
}

ABI_CASE("timerfd_settime")
{
	struct itimerspec new = { { 0, 0 }, { 100, 0 } }, old;
	int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, 0));

	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_timerfd_settime, fd, 0, &new, &old));
	MUST_FAIL(syscall(SYS_timerfd_settime, 0, 0, &new, &old), EINVAL);
}

ABI_CASE("timerfd_gettime")
{
	struct itimerspec now;
	int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, 0));

	memset(&now, 'n', sizeof(now));
	MUST(syscall(SYS_timerfd_gettime, fd, &now));
	MUST_FAIL(syscall(SYS_timerfd_gettime, -1, &now), EBADF);
}

ABI_CASE("signalfd")
{
	uint64_t mask = 1u << (SIGUSR1 - 1);

	MUST(syscall(SYS_signalfd, -1, &mask, SIGSET_SIZE));
	MUST_FAIL(syscall(SYS_signalfd, -1, &mask, 3L), EINVAL);
}

ABI_CASE("signalfd4")
{
	uint64_t mask = 1u << (SIGUSR1 - 1);
	struct signalfd_siginfo got;
	int fd = (int)MUST(syscall(SYS_signalfd4, -1, &mask, SIGSET_SIZE, SFD_NONBLOCK));

	memset(&got, 'g', sizeof(got));
	MUST_FAIL(read(fd, &got, sizeof(got)), EAGAIN);
	MUST_FAIL(syscall(SYS_signalfd4, -1, &mask, SIGSET_SIZE, -1), EINVAL);
}

ABI_CASE("inotify_init")
{
	MUST(syscall(SYS_inotify_init));
}

ABI_CASE("inotify_init1")
{
	MUST(syscall(SYS_inotify_init1, IN_NONBLOCK));
	MUST_FAIL(syscall(SYS_inotify_init1, -1), EINVAL);
}

ABI_CASE("inotify_add_watch")
{
	int fd = (int)MUST(inotify_init1(0));

	MUST(syscall(SYS_inotify_add_watch, fd, ".", IN_CREATE));
	MUST_FAIL(syscall(SYS_inotify_add_watch, fd, "nothing", IN_CREATE), ENOENT);
}

ABI_CASE("inotify_rm_watch")
{
	int fd = (int)MUST(inotify_init1(0)), watch = (int)MUST(inotify_add_watch(fd, ".", IN_CREATE));

	MUST(syscall(SYS_inotify_rm_watch, fd, watch));
	MUST_FAIL(syscall(SYS_inotify_rm_watch, fd, watch), EINVAL);
}

/*
 * Audit cases: what read(2) gets from descriptors that tell of events.  Numbers in it are those of this run: of processes,
 * of pairs of events, of descriptors.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/fanotify.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

static uint64_t room[512];

static long read_all(int fd)
{
	memset(room, 'r', sizeof(room));
	return MUST(syscall(SYS_read, fd, room, sizeof(room)));
}

/* A rename is told as two events with the same cookie, of which the whole system has made a count. */
static void read_inotify(void)
{
	const struct inotify_event *event = (const void *)room;
	int fd = (int)MUST(inotify_init1(IN_NONBLOCK));

	MUST(mkdir("d", 0700));
	MUST(inotify_add_watch(fd, ".", IN_MOVE));
	MUST(inotify_add_watch(fd, "d", IN_CREATE));
	MUST(rename("d", "e"));
	MUST(close((int)MUST(creat("e/a file with a name that is longer than others", 0600))));
	MUST_BE(read_all(fd) > 3 * (long)sizeof(*event));
	MUST_BE(event->cookie && strcmp(event->name, "d") == 0);
	MUST_FAIL(syscall(SYS_read, fd, room, sizeof(room)), EAGAIN);
}

static void read_signalfd(void)
{
	const struct signalfd_siginfo *info = (const void *)room;
	union sigval value = { .sival_int = getpid() };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = (int)MUST(signalfd(-1, &set, SFD_NONBLOCK));
	MUST(kill(getpid(), SIGUSR1));
	MUST(sigqueue(getpid(), SIGRTMIN, value));
	MUST_BE(read_all(fd) == 2 * sizeof(*info));
	MUST_BE(info[0].ssi_pid == (uint32_t)getpid() && info[1].ssi_int == value.sival_int);
	MUST_FAIL(syscall(SYS_read, fd, room, sizeof(room)), EAGAIN);
}

static void read_fanotify(void)
{
	const struct fanotify_event_metadata *event = (const void *)room;
	int fd = (int)syscall(SYS_fanotify_init, FAN_NONBLOCK, O_RDONLY);

	if (fd == -1) /* it takes a privilege, and is not in every kernel */
		return;
	MUST(close(abi_file("f", "what is read")));
	MUST(syscall(SYS_fanotify_mark, fd, FAN_MARK_ADD, (long)FAN_OPEN, AT_FDCWD, "f"));
	MUST(close((int)MUST(open("f", O_RDONLY))));
	MUST_BE(read_all(fd) == sizeof(*event));
	MUST_BE(event->pid == getpid() && event->fd >= 0);
	MUST(close(event->fd));
	MUST_FAIL(syscall(SYS_read, fd, room, sizeof(room)), EAGAIN);
}

/* Data that look like events, from where there are none. */
static void read_others(void)
{
	const struct signalfd_siginfo info = { .ssi_signo = 1, .ssi_pid = 7 };
	const struct inotify_event event = { .wd = 1, .mask = IN_OPEN, .cookie = 9 };
	int fd = (int)MUST(memfd_create("events", 0));

	MUST_BE(write(fd, &info, sizeof(info)) == sizeof(info));
	MUST(lseek(fd, 0, SEEK_SET));
	MUST_BE(read_all(fd) == sizeof(info));
	MUST(lseek(fd, 0, SEEK_SET));
	MUST(ftruncate(fd, 0));
	MUST_BE(write(fd, &event, sizeof(event)) == sizeof(event));
	MUST(lseek(fd, 0, SEEK_SET));
	MUST_BE(read_all(fd) == sizeof(event));
}

ABI_CASE("read")
{
	read_inotify();
	read_signalfd();
	read_fanotify();
	read_others();
}

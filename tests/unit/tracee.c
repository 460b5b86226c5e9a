/*
 * What the tests of src/trace run: a static program whose first argument says which few system calls it makes.  Its
 * exit status is the sub-command's finding, 0 when all is as it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char guarded[64];
static const char constant[16] = "read-only bytes";

static int do_exit(char **args)
{
	return atoi(args[0]);
}

/* 0: no vDSO.  Shows AT_RANDOM. */
static int do_auxv(char **args)
{
	(void)args;
	if (write(1, (const void *)getauxval(AT_RANDOM), 16) != 16)
		return 2;
	return getauxval(AT_SYSINFO_EHDR) != 0;
}

static int do_clock(char **args)
{
	struct timespec t;

	(void)args;
	return clock_gettime(CLOCK_REALTIME, &t) != 0;
}

static int do_rseq(char **args)
{
	(void)args;
	return syscall(SYS_rseq, NULL, 0, 0, 0) < 0 ? errno : 0;
}

static int do_kill(char **args)
{
	kill(getpid(), atoi(args[0]));
	return 0;
}

static int do_unlink(char **args)
{
	return unlink(args[0]) < 0 ? errno : 0;
}

/* Reads 16 bytes into the middle of a buffer and shows the whole of it. */
static int do_guard(char **args)
{
	int fd = open("/dev/zero", O_RDONLY);

	(void)args;
	memset(guarded, 'A', sizeof(guarded));
	if (read(fd, guarded + 8, 16) != 16)
		return 1;
	return write(1, guarded, sizeof(guarded)) != sizeof(guarded);
}

static int do_constant(char **args)
{
	(void)args;
	return write(1, constant, sizeof(constant)) < 0 || write(1, constant, sizeof(constant)) < 0;
}

/* pread64 at offset 0, with a look at the register of the fourth argument afterwards: 9 if it changed. */
static int do_pread(char **args)
{
	int fd = open(args[0], O_RDONLY);
	register long r10 __asm__("r10") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret), "+r"(r10)
			 : "0"((long)SYS_pread64), "D"((long)fd), "S"(guarded), "d"(4l)
			 : "rcx", "r11", "memory");
	if (r10 != 0)
		return 9;
	return write(1, guarded, (size_t)ret) != ret;
}

static int do_offset(char **args)
{
	int fd = open(args[0], O_RDONLY);

	if (read(fd, guarded, 2) != 2 || read(fd, guarded, 1) != 1)
		return 1;
	return write(1, guarded, 1) != 1;
}

static int do_fork(char **args)
{
	int fd = open(args[0], O_WRONLY);

	/* the raw call: what the child would do must not happen */
	if (syscall(SYS_fork) == 0) {
		if (write(fd, "child", 5) < 0)
			_exit(1);
		_exit(0);
	}
	return 0;
}

/* The child says ten bytes in two halves; the parent reads them at once, or what there is. */
static int do_halves(char **args)
{
	int ends[2];
	char text[10];
	ssize_t n;

	(void)args;
	if (pipe(ends) < 0)
		return 9;
	if (fork() == 0) {
		if (write(ends[1], "12345", 5) < 0 || write(ends[1], "67890, and more", 15) < 0)
			_exit(1);
		_exit(0);
	}
	n = read(ends[0], text, sizeof(text));
	return n == 10 && memcmp(text, "1234567890", 10) == 0 ? 0 : (int)n;
}

static int do_vfork(char **args)
{
	(void)args;
	if (vfork() == 0)
		_exit(0);
	return 0;
}

static int do_clone(char **args)
{
	(void)args;
	if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0) == 0)
		_exit(0);
	return 0;
}

static int do_clone3(char **args)
{
	uint64_t a[11] = { [4] = SIGCHLD };

	(void)args;
	if (syscall(SYS_clone3, a, sizeof(a)) == 0)
		_exit(0);
	return 0;
}

static int do_pause(char **args)
{
	(void)args;
	getpid();
	pause();
	return 0;
}

static int do_group_stop(char **args)
{
	(void)args;
	kill(getpid(), SIGSTOP);
	return 0;
}

static void on_signal(int n)
{
	(void)!write(1, n == SIGALRM ? "alarm" : "other", 5);
}

static void start_timer(void)
{
	struct itimerval soon = { .it_value = { .tv_usec = 30000 } };

	setitimer(ITIMER_REAL, &soon, NULL);
}

/* A handler interrupts a read: 0 if the program sees EINTR. */
static int do_handler(char **args)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int ends[2];

	(void)args;
	sigaction(SIGALRM, &sa, NULL);
	if (pipe(ends) < 0)
		return 1;
	start_timer();
	return read(ends[0], guarded, 1) == -1 && errno == EINTR ? 0 : 2;
}

/*
 * Descriptors that come otherwise than as a result: 30 and 31 with messages, that of the process itself as an option, that
 * of a file as what fanotify tells (where that is allowed).
 */
static int do_receive(char **args)
{
	union {
		struct cmsghdr header;
		char room[256];
	} control[2];
	struct iovec part = { "x", 1 };
	struct mmsghdr messages[2];
	struct fanotify_event_metadata event;
	socklen_t size = sizeof(int);
	int ends[2], got = -1, fan, fds[2] = { open("/dev/null", O_RDONLY), open(args[0], O_RDONLY) };

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
		return 1;
	memset(messages, 0, sizeof(messages));
	memset(control, 0, sizeof(control));
	for (int i = 0; i < 2; i++) {
		control[i].header =
			(struct cmsghdr){ .cmsg_len = CMSG_LEN(8), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control[i].header), fds, sizeof(fds));
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &part,
						       .msg_iovlen = 1,
						       .msg_control = &control[i],
						       .msg_controllen = CMSG_SPACE(8) };
	}
	for (int i = 0; i < 3; i++) {
		if (sendmsg(ends[0], &messages[0].msg_hdr, 0) != 1)
			return 2;
	}
	part.iov_base = guarded;
	messages[0].msg_hdr.msg_controllen = messages[1].msg_hdr.msg_controllen = sizeof(control[0]);
	if (recvmsg(ends[1], &messages[0].msg_hdr, MSG_CMSG_CLOEXEC) != 1)
		return 3;
	messages[0].msg_hdr.msg_controllen = sizeof(control[0]);
	if (recvmmsg(ends[1], messages, 2, 0, NULL) != 2)
		return 4;
	getsockopt(ends[0], SOL_SOCKET, 77 /* SO_PEERPIDFD */, &got, &size);
	fan = fanotify_init(FAN_NONBLOCK, O_RDONLY);
	if (fan < 0 || fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, args[0]) < 0)
		return 0;
	open(args[0], O_RDONLY);
	return read(fan, &event, sizeof(event)) == sizeof(event) ? 0 : 5;
}

/* The same with SA_RESTART: the handler writes what the read then gets. */
static int pipe_to_self[2];

static void on_signal_write(int n)
{
	(void)n;
	(void)!write(pipe_to_self[1], "x", 1);
}

static int do_restart(char **args)
{
	struct sigaction sa = { .sa_handler = on_signal_write, .sa_flags = SA_RESTART };

	(void)args;
	sigaction(SIGALRM, &sa, NULL);
	if (pipe(pipe_to_self) < 0)
		return 1;
	start_timer();
	return read(pipe_to_self[0], guarded, 1) == 1 ? 0 : 2;
}

/* An ignored signal in a sleep: 0 if the program notices nothing. */
static int do_ignored(char **args)
{
	struct timespec t = { .tv_nsec = 100000000 };

	(void)args;
	signal(SIGALRM, SIG_IGN);
	start_timer();
	return nanosleep(&t, NULL);
}

/* The same in a call that the kernel does not make again: without a tracer the signal does not wake it up. */
static int do_ignored_epoll(char **args)
{
	struct epoll_event event;

	(void)args;
	signal(SIGALRM, SIG_IGN);
	start_timer();
	return epoll_wait(epoll_create1(0), &event, 1, 100) == 0 ? 0 : errno;
}

static int do_segv(char **args)
{
	/* the address comes from outside the compiler's sight */
	volatile uintptr_t nowhere = 16;

	(void)args;
	*(volatile int *)nowhere = 1;
	return 0;
}

static int do_i386(char **args)
{
	long ret;

	(void)args;
	__asm__ volatile("int $0x80" : "=a"(ret) : "0"(20l) : "memory");
	return ret <= 0;
}

static int do_number(char **args)
{
	return syscall(strtol(args[0], NULL, 0)) < 0 ? errno : 0;
}

/* Changes a file through a shared mapping. */
static int do_map(char **args)
{
	int fd = open(args[0], O_RDWR);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return 1;
	p[0] = args[1][0];
	return munmap(p, 4096) != 0;
}

static int do_descriptors(char **args)
{
	int ends[2], fd = open("/dev/null", O_RDONLY);

	if (fd < 0 || dup2(fd, 20) != 20 || pipe2(ends, O_CLOEXEC) < 0 || socket(AF_UNIX, SOCK_STREAM, 0) < 0)
		return 1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	close(fd);
	if (chdir(args[0]) < 0)
		return 2;
	return syscall(SYS_close_range, 3u, 30u, 0u) != 0;
}

static int do_exec(char **args)
{
	char *argv[] = { (char *)"tracee", (char *)"exit", (char *)"7", NULL };
	char *envp[] = { NULL };

	(void)args;
	fcntl(1, F_SETFD, FD_CLOEXEC);
	execve("/proc/self/exe", argv, envp);
	return 1;
}

/* Copies standard input to standard output with reads of so many bytes. */
static int do_cat(char **args)
{
	size_t room = (size_t)atol(args[0]);
	char *piece = malloc(room);
	ssize_t n;

	while ((n = read(0, piece, room)) > 0) {
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(1, piece + done, (size_t)(n - done));
			if (w < 0)
				return 2;
		}
	}
	free(piece);
	return n < 0 ? 3 : 0;
}

static int do_bad_address(char **args)
{
	int ends[2];

	(void)args;
	if (pipe(ends) < 0)
		return 1;
	return syscall(SYS_write, ends[1], 16, 8) < 0 ? errno : 0;
}

/* Writes 8 bytes of which only the first 4 can be read: the kernel writes these. */
static int do_page_end(char **args)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct {
		const void *base;
		size_t len;
	} iov[3];

	(void)args;
	munmap(p + 4096, 4096);
	memcpy(p + 4092, "edge", 4);
	iov[0].base = p + 4092;
	iov[0].len = 4;
	iov[1].base = p + 4094;
	iov[1].len = 8;
	iov[2].base = p + 4093;
	iov[2].len = 3;
	syscall(SYS_writev, 1, iov, 3);
	return 0;
}

static int do_cpus(char **args)
{
	cpu_set_t set;

	(void)args;
	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 255 : CPU_COUNT(&set);
}

static int do_state(char **args)
{
	uint64_t blocked = 0;
	struct sigaction sa;

	(void)args;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &blocked, 8);
	sigaction(SIGUSR1, NULL, &sa);
	return (umask(0) == 027 ? 0 : 1) | (blocked >> (SIGUSR2 - 1) & 1 ? 0 : 2) | (sa.sa_handler == SIG_IGN ? 0 : 4);
}

static const struct {
	const char *name;
	int (*run)(char **args);
} commands[] = {
	{ "auxv", do_auxv },
	{ "bad-address", do_bad_address },
	{ "cat", do_cat },
	{ "clock", do_clock },
	{ "clone", do_clone },
	{ "clone3", do_clone3 },
	{ "constant", do_constant },
	{ "cpus", do_cpus },
	{ "descriptors", do_descriptors },
	{ "exec", do_exec },
	{ "exit", do_exit },
	{ "fork", do_fork },
	{ "group-stop", do_group_stop },
	{ "guard", do_guard },
	{ "halves", do_halves },
	{ "handler", do_handler },
	{ "i386", do_i386 },
	{ "ignored", do_ignored },
	{ "ignored-epoll", do_ignored_epoll },
	{ "kill", do_kill },
	{ "map", do_map },
	{ "number", do_number },
	{ "offset", do_offset },
	{ "page-end", do_page_end },
	{ "pause", do_pause },
	{ "pread", do_pread },
	{ "receive", do_receive },
	{ "restart", do_restart },
	{ "rseq", do_rseq },
	{ "segv", do_segv },
	{ "state", do_state },
	{ "unlink", do_unlink },
	{ "vfork", do_vfork },
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 99;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argv + 2);
	}
	return 98;
}

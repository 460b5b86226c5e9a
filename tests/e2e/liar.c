/*
 * A kernel that lies, as far as a program can tell: runs a command under a seccomp filter with user notification and
 * answers some calls of the programs below it that are traced.
 *
 *     liar LIE... -- COMMAND [ARGUMENT]...
 *
 * The calls of a tracer among them are left alone; --all lies to everybody (what a program believes without a tracer).
 * seccomp comes after the stop at a call's entry and before the one at its end: a tracer sees the call as it was made, and
 * the lie as what the kernel said.  Ends as the command does; 125: the filter cannot be had, or a lie could not be told.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAILED	 125
#define DATA_MAX (1u << 16) /* bytes of one call that are looked at */
#define NAME_ROOM 4096

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* One call of a program that waits for its answer. */
struct asked {
	pid_t pid;
	int mem; /* its memory */
	int nr;
	const uint64_t *args;
};

struct answer {
	bool lie; /* false: the kernel is to do what was asked for */
	int64_t result;
};

static uint8_t data[DATA_MAX];

_Noreturn static void give_up(const char *what)
{
	fprintf(stderr, "liar: %s: %s\n", what, strerror(errno));
	exit(FAILED);
}

/* ---- what the program has ---- */

static bool get(const struct asked *a, uint64_t from, void *to, size_t len)
{
	return pread(a->mem, to, len, (off_t)from) == (ssize_t)len;
}

static void put(const struct asked *a, uint64_t to, const void *from, size_t len)
{
	if (pwrite(a->mem, from, len, (off_t)to) != (ssize_t)len)
		give_up("cannot write into the program");
}

/* A string of the program, cut at NAME_ROOM. */
static void get_name(const struct asked *a, uint64_t from, char name[NAME_ROOM])
{
	ssize_t n = pread(a->mem, name, NAME_ROOM - 1, (off_t)from);

	name[n > 0 ? n : 0] = '\0';
}

/* Its very descriptor, so that the offset moves for it, too; the caller closes it.  AT_FDCWD: its folder. */
static int borrow(const struct asked *a, int fd)
{
	char cwd[64];
	int pidfd, mine;

	if (fd == AT_FDCWD) {
		snprintf(cwd, sizeof(cwd), "/proc/%d/cwd", (int)a->pid);
		return open(cwd, O_PATH | O_CLOEXEC);
	}
	pidfd = (int)syscall(SYS_pidfd_open, a->pid, 0);
	if (pidfd < 0)
		return -1;
	mine = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return mine;
}

/* The last component of what a descriptor leads to is `name`. */
static bool leads_to(const struct asked *a, int fd, const char *name)
{
	char link[64], path[NAME_ROOM];
	const char *last;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)a->pid, fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	last = strrchr(path, '/');
	return last && strcmp(last + 1, name) == 0;
}

static struct answer done(int64_t result)
{
	return (struct answer){ .lie = true, .result = result < 0 ? -errno : result };
}

/* ---- the lies ---- */

/* read: the first byte of what is in the file `name` is another one. */
static struct answer lie_read(const struct asked *a, const char *name)
{
	size_t len = a->args[2] < DATA_MAX ? a->args[2] : DATA_MAX;
	ssize_t n;
	int fd;

	if (!leads_to(a, (int)a->args[0], name))
		return (struct answer){ 0 };
	fd = borrow(a, (int)a->args[0]);
	n = read(fd, data, len);
	close(fd);
	if (n > 0) {
		data[0] ^= 1;
		put(a, a->args[1], data, (size_t)n);
	}
	return done(n);
}

/* execve of a path that ends with the first half of "FROM=TO" is one of the path that ends with the other. */
static struct answer lie_execve(const struct asked *a, const char *names)
{
	size_t len = strcspn(names, "=");
	char path[NAME_ROOM];
	size_t at;

	get_name(a, a->args[0], path);
	at = strlen(path);
	if (names[len] != '=' || strlen(names + len + 1) != len || at < len || strncmp(path + at - len, names, len) != 0)
		return (struct answer){ 0 };
	put(a, a->args[0] + at - len, names + len + 1, len);
	return (struct answer){ 0 };
}

/* getpeername: who is at the other end has another port, or another last letter in its name. */
static struct answer lie_peer(const struct asked *a, const char *unused)
{
	uint32_t room, len;
	socklen_t full = sizeof(struct sockaddr_storage);
	int fd = borrow(a, (int)a->args[0]), result;

	(void)unused;
	result = getpeername(fd, (struct sockaddr *)data, &full);
	close(fd);
	if (result < 0 || !get(a, a->args[2], &room, sizeof(room)))
		return done(result);
	data[((struct sockaddr *)data)->sa_family == AF_UNIX ? full - 2 : 3] ^= 1;
	len = full < room ? full : room;
	put(a, a->args[1], data, len);
	put(a, a->args[2], &full, sizeof(full));
	return done(0);
}

/* getdents64: there is no `name` in any folder. */
static struct answer lie_hide(const struct asked *a, const char *name)
{
	size_t len = a->args[2] < DATA_MAX ? a->args[2] : DATA_MAX;
	int fd = borrow(a, (int)a->args[0]);
	long n = syscall(SYS_getdents64, fd, data, len);

	close(fd);
	for (long at = 0; at < n;) {
		uint16_t size;

		memcpy(&size, data + at + 16, sizeof(size));
		if (strcmp((const char *)data + at + 19, name) == 0) {
			memmove(data + at, data + at + size, (size_t)(n - at - size));
			n -= size;
		} else {
			at += size;
		}
	}
	if (n > 0)
		put(a, a->args[1], data, (size_t)n);
	return done(n);
}

/* fstat, newfstatat, statx: the file `name` is a byte longer. */
static struct answer lie_size(const struct asked *a, const char *name)
{
	char path[NAME_ROOM] = "";
	const char *last;
	struct statx statx_is;
	struct stat is;
	long result;
	int fd;

	if (a->nr != SYS_fstat)
		get_name(a, a->args[1], path);
	last = strrchr(path, '/');
	if (*path ? strcmp(last ? last + 1 : path, name) != 0 : !leads_to(a, (int)a->args[0], name))
		return (struct answer){ 0 };
	fd = borrow(a, (int)a->args[0]);
	if (a->nr == SYS_statx) {
		result = syscall(SYS_statx, fd, path, (int)a->args[2], (unsigned)a->args[3], &statx_is);
		statx_is.stx_size++;
		if (result == 0)
			put(a, a->args[4], &statx_is, sizeof(statx_is));
	} else {
		result = a->nr == SYS_fstat ? fstat(fd, &is) : fstatat(fd, path, &is, (int)a->args[3]);
		is.st_size++;
		if (result == 0)
			put(a, a->args[a->nr == SYS_fstat ? 1 : 2], &is, sizeof(is));
	}
	close(fd);
	return done(result);
}

/* clock_gettime: the clock of that number goes forward for as many readings as are said ("NUMBER=READINGS"), then back. */
static struct answer lie_clock(const struct asked *a, const char *which)
{
	static long long said, readings;
	struct timespec t;
	char *end;
	long clock = strtol(which, &end, 10), good = *end == '=' ? strtol(end + 1, NULL, 10) : 1;

	if ((long)(int)a->args[0] != clock)
		return (struct answer){ 0 };
	if (readings++ < good) {
		clock_gettime((clockid_t)clock, &t);
		said = t.tv_sec * 1000000000ll + t.tv_nsec;
	} else {
		said -= 1000000000ll;
	}
	t = (struct timespec){ .tv_sec = said / 1000000000, .tv_nsec = said % 1000000000 };
	put(a, a->args[1], &t, sizeof(t));
	return done(0);
}

/* write to the file `name`: n - 1 bytes were taken, all the same is said of n, or all are and n + 1 is said. */
static struct answer lie_write(const struct asked *a, const char *name, bool more)
{
	size_t len = a->args[2] < DATA_MAX ? a->args[2] : DATA_MAX;
	ssize_t n;
	int fd;

	if (!leads_to(a, (int)a->args[0], name) || len < 2 || !get(a, a->args[1], data, len))
		return (struct answer){ 0 };
	fd = borrow(a, (int)a->args[0]);
	n = write(fd, data, len);
	close(fd);
	return done(n < 0 ? n : more ? n + 1 : n - 1);
}

static struct answer lie_more(const struct asked *a, const char *name)
{
	return lie_write(a, name, true);
}

static struct answer lie_fewer(const struct asked *a, const char *name)
{
	return lie_write(a, name, false);
}

/* write to the file `name`: all is written, and it is said that a signal came in between; the first time only. */
static struct answer lie_again(const struct asked *a, const char *name)
{
	static bool told_once;
	struct answer answer = told_once ? (struct answer){ 0 } : lie_write(a, name, true);

	told_once |= answer.lie;
	return (struct answer){ .lie = answer.lie, .result = -EINTR };
}

/* kill: nobody gets the signal of that number, and it is said that somebody did. */
static struct answer lie_kill(const struct asked *a, const char *number)
{
	return (int)a->args[1] == atoi(number) ? done(0) : (struct answer){ 0 };
}

/*
 * epoll_wait: the list is turned around, the ties of its ends are exchanged, the last or the first is left out or put
 * twice. Or no lie: it begins with another one, comes late, or lacks the last one at first.
 */
static struct answer lie_ready(const struct asked *a, const char *how)
{
	static unsigned asked;
	struct epoll_event list[16], first;
	int fd, n;

	asked++;
	if (strcmp(how, "slowly") == 0) {
		usleep(asked == 1 ? 300000 : 0);
		return (struct answer){ 0 };
	}
	if (strcmp(how, "truly") == 0)
		return (struct answer){ 0 };
	fd = borrow(a, (int)a->args[0]);
	n = epoll_wait(fd, list, strcmp(how, "rotated") == 0 ? 1 : 16, 0);
	close(fd);
	/* the kernel's own list begins with another one now */
	if (strcmp(how, "rotated") == 0 || (strcmp(how, "shy") == 0 && asked > 3))
		return (struct answer){ 0 };
	if (n < 2)
		return (struct answer){ 0 };
	if (strcmp(how, "turned") == 0) {
		for (int i = 0; i < n / 2; i++) {
			first = list[i];
			list[i] = list[n - 1 - i];
			list[n - 1 - i] = first;
		}
	} else if (strcmp(how, "swapped") == 0) {
		first = list[0];
		list[0].data = list[n - 1].data;
		list[n - 1].data = first.data;
	} else if (strcmp(how, "fewer") == 0 || strcmp(how, "shy") == 0) {
		n--;
	} else if (strcmp(how, "more") == 0) {
		list[n] = list[n - 1];
		list[n++].data.u64++;
	} else if (strcmp(how, "without") == 0) {
		memmove(list, list + 1, (size_t)--n * sizeof(*list));
	} else if (strcmp(how, "twice") == 0) {
		list[n - 1] = list[0];
	} else if (strcmp(how, "event") == 0) {
		list[n - 1].events ^= EPOLLOUT;
	} else {
		give_up(how);
	}
	put(a, a->args[1], list, (size_t)n * sizeof(*list));
	return done(n);
}

static const struct {
	const char *name; /* as the option is called, without its dashes */
	struct answer (*tell)(const struct asked *, const char *);
	int calls[3]; /* -1: none */
} lies[] = {
	{ "read", lie_read, { SYS_read, -1, -1 } },
	{ "execve", lie_execve, { SYS_execve, -1, -1 } },
	{ "peer", lie_peer, { SYS_getpeername, -1, -1 } },
	{ "hide", lie_hide, { SYS_getdents64, -1, -1 } },
	{ "size", lie_size, { SYS_fstat, SYS_newfstatat, SYS_statx } },
	{ "clock", lie_clock, { SYS_clock_gettime, -1, -1 } },
	{ "more", lie_more, { SYS_write, -1, -1 } },
	{ "again", lie_again, { SYS_write, -1, -1 } },
	{ "kill", lie_kill, { SYS_kill, -1, -1 } },
	{ "ready", lie_ready, { SYS_epoll_wait, -1, -1 } },
	{ "fewer", lie_fewer, { SYS_write, -1, -1 } },
};
#define NLIES (sizeof(lies) / sizeof(*lies))

static const char *told[NLIES]; /* what each is about; NULL: the truth is told */

/* ---- the filter ---- */

#define CALLS_MAX 32

/* Asks about the calls of the lies that are told, and about no others.  The descriptor of who answers, or -1. */
static int install(void)
{
	struct sock_filter f[4 + 2 * CALLS_MAX];
	struct sock_fprog program = { .filter = f };
	unsigned short n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < NLIES; i++) {
		for (size_t k = 0; told[i] && k < 3 && lies[i].calls[k] >= 0; k++) {
			f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)lies[i].calls[k], 0, 1);
			f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
		}
	}
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* Under the filter read(2) and write(2) may wait for an answer: the descriptor goes by sendmsg(2). */
static bool hand_over(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &m, 0) == 1;
}

static int take_over(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* ---- answering ---- */

static bool is_traced(pid_t pid)
{
	char path[64], line[128];
	long tracer = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "TracerPid:", 10) == 0)
			tracer = strtol(line + 10, NULL, 10);
	}
	if (f)
		fclose(f);
	return tracer != 0;
}

static struct answer think(const struct seccomp_notif *n)
{
	struct asked a = { .pid = (pid_t)n->pid, .nr = n->data.nr, .args = (const uint64_t *)n->data.args };
	struct answer answer = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)a.pid);
	a.mem = open(path, O_RDWR | O_CLOEXEC);
	if (a.mem < 0)
		return answer;
	for (size_t i = 0; i < NLIES && !answer.lie; i++) {
		for (size_t k = 0; told[i] && k < 3; k++) {
			if (lies[i].calls[k] == a.nr)
				answer = lies[i].tell(&a, told[i]);
		}
	}
	close(a.mem);
	return answer;
}

static void answer_all(int listener, bool everybody)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	while (poll(&p, 1, -1) > 0 || errno == EINTR) {
		struct seccomp_notif n = { 0 };
		struct seccomp_notif_resp r = { 0 };
		struct answer answer = { 0 };

		if (!(p.revents & POLLIN)) {
			if (p.revents)
				return; /* nobody is left under the filter */
			continue;
		}
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
			continue; /* it was killed, or does not wait any more */
		if (everybody || is_traced((pid_t)n.pid))
			answer = think(&n);
		r.id = n.id;
		if (!answer.lie)
			r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		else if (answer.result < 0)
			r.error = (int)answer.result;
		else
			r.val = answer.result;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
}

static int run(char **command, bool everybody)
{
	int sockets[2], listener, status;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		give_up("socketpair");
	child = fork();
	if (child < 0)
		give_up("fork");
	if (child == 0) {
		listener = install();
		if (listener < 0)
			give_up("no filter with user notification");
		if (!hand_over(sockets[1], listener))
			_exit(FAILED);
		close(listener);
		execvp(command[0], command);
		_exit(127);
	}
	close(sockets[1]);
	listener = take_over(sockets[0]);
	if (listener >= 0)
		answer_all(listener, everybody);
	if (waitpid(child, &status, 0) < 0)
		give_up("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	bool everybody = false;
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		bool known = strcmp(argv[i], "--all") == 0;

		everybody |= known;
		for (size_t k = 0; k < NLIES; k++) {
			size_t len = strlen(lies[k].name);

			if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, lies[k].name, len) != 0)
				continue;
			if (argv[i][2 + len] != '=' && argv[i][2 + len] != '\0')
				continue;
			told[k] = argv[i] + 2 + len + (argv[i][2 + len] == '=');
			known = true;
		}
		if (!known) {
			fprintf(stderr, "liar: no such lie: %s\n", argv[i]);
			return FAILED;
		}
	}
	if (i + 1 >= argc) {
		fprintf(stderr, "usage: liar [--all] --LIE[=ABOUT]... -- COMMAND [ARGUMENT]...\n");
		return FAILED;
	}
	return run(argv + i + 1, everybody);
}

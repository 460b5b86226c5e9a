/*
 * Making the processes of a container: the first one in new namespaces, which goes through the plan and then only waits, and
 * the program's, its child.
 */
#include "container/internal.h"

#include "base/check.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_FAILED 125
#define MAP_MAX	      65536 /* bytes of /proc/self/uid_map */

/* What the new processes say to the caller; a descriptor may come along. */
struct word {
	char kind; /* 'L' the layers (by step), 'F' a step failed, 'P' the program's process is there */
	int32_t step, error;
};

/* Steps that are none of the plan. */
enum { AT_FORK = -1, AT_CAPABILITIES = -2 };

/*
 * What the program may do as root: to files and processes that it can see, and to its own network.  Nothing here reaches a
 * device, the kernel's settings, a mount or a file by its handle.
 */
static const uint8_t kept_capabilities[] = {
	CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,	    CAP_FSETID,	 CAP_KILL,	 CAP_SETGID,
	CAP_SETUID, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT, CAP_SETFCAP,
};

/* ---- in the new processes: system calls only ---- */

static void say(int to, char kind, int step)
{
	struct word w = { .kind = kind, .step = step, .error = errno };
	ssize_t sent;

	do
		sent = send(to, &w, sizeof(w), MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
}

NORETURN static void give_up(int to, int step)
{
	say(to, 'F', step);
	_exit(STATUS_FAILED);
}

static int reduce_capabilities(const struct container *c)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t kept = 0;

	for (size_t i = 0; i < sizeof(kept_capabilities); i++)
		kept |= (uint64_t)1 << kept_capabilities[i];
	if (c->network)
		kept |= (uint64_t)1 << CAP_NET_ADMIN;
	for (int i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
		if (!(kept >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return -1;
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		data[i].effective &= (uint32_t)(kept >> 32 * i);
		data[i].permitted &= (uint32_t)(kept >> 32 * i);
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, data);
}

/* The first process: keeps the container until the caller closes the socket or is gone.  It must hold nothing else open. */
NORETURN static void keep_container(int socket)
{
	char byte;
	ssize_t n;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (dup2(socket, 0) < 0)
		_exit(STATUS_FAILED);
	syscall(SYS_close_range, 1u, ~0u, 0);
	do
		n = read(0, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	_exit(0); /* and with it every process in here, and every mount */
}

/* Returns in the program's process only. */
static void first_process(const struct container *c, int socket)
{
	size_t failed = 0;
	char byte;
	ssize_t n;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	do /* the caller maps the users first */
		n = read(socket, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(STATUS_FAILED);
	umask(0);
	if (plan_take(&c->plan, socket, &failed) < 0)
		give_up(socket, (int)failed);
	/* orphans of the program are not waited for by anybody else */
	signal(SIGCHLD, SIG_IGN);
	if (reduce_capabilities(c) < 0)
		give_up(socket, AT_CAPABILITIES);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		give_up(socket, AT_FORK);
	if (pid > 0)
		keep_container(socket);
	signal(SIGCHLD, SIG_DFL);
	/* the tracer must reach it, whatever its ids were changed to */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	say(socket, 'P', 0);
	close(socket);
}

/* ---- in the caller ---- */

static int write_map(pid_t pid, const char *name, const char *text, struct err *err)
{
	char path[64];
	CLEANUP(fd_close) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return err_errno(err, ERR_UNSUPPORTED, "cannot set up a user namespace: the kernel refuses its %s", name);
	return 0;
}

static int map_users(const struct container *c, pid_t pid, struct err *err)
{
	char text[64];

	if (!c->users)
		return 0;
	if (c->plan.privileged) {
		if (write_map(pid, "uid_map", "0 0 4294967295\n", err) < 0)
			return -1;
		return write_map(pid, "gid_map", "0 0 4294967295\n", err);
	}
	if (write_map(pid, "setgroups", "deny\n", err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%u %u 1\n", c->inside_uid, c->outside_uid);
	if (write_map(pid, "uid_map", text, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%u %u 1\n", c->inside_gid, c->outside_gid);
	return write_map(pid, "gid_map", text, err);
}

/* One message; *fd: a descriptor that came along, *pid: who sent it, as the caller numbers processes.  0: nobody is left. */
static ssize_t hear(int socket, struct word *w, int *fd, pid_t *pid)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control = { .room = { 0 } };
	struct iovec part = { w, sizeof(*w) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	ssize_t n;

	*w = (struct word){ .kind = 0 };
	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	for (struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL; h; h = CMSG_NXTHDR(&m, h)) {
		struct ucred who;

		if (h->cmsg_level != SOL_SOCKET)
			continue;
		if (h->cmsg_type == SCM_RIGHTS) {
			memcpy(fd, CMSG_DATA(h), sizeof(*fd));
		} else if (h->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&who, CMSG_DATA(h), sizeof(who));
			*pid = who.pid;
		}
	}
	return n;
}

static int tell_failure(const struct container *c, const struct word *w, struct err *err)
{
	const char *what = w->step == AT_FORK	       ? "make the program's process"
			   : w->step == AT_CAPABILITIES ? "give up its privileges"
							: NULL;

	errno = w->error;
	if (!what && w->step >= 0 && (size_t)w->step < c->plan.nsteps)
		what = c->plan.steps[w->step].what;
	return err_errno(err, ERR_UNSUPPORTED, "the container cannot %s%s", what ? what : "be entered",
			 c->plan.in_user_namespace && (w->error == EPERM || w->error == EACCES)
				 ? " in a user namespace (AppArmor, SELinux, or a container around this one?)"
				 : "");
}

/* Until the program's process says that it is there: its pid. */
static pid_t wait_for_program(struct container *c, struct err *err)
{
	struct word w;
	pid_t pid = -1;

	for (;;) {
		int fd = -1;
		ssize_t n = hear(c->socket, &w, &fd, &pid);

		if (n <= 0)
			return err_set(err, ERR_SPAWN, "the container's first process ended early");
		switch (w.kind) {
		case 'L':
			fd_close(&c->layers_fd);
			c->layers_fd = fd;
			break;
		case 'F':
			return tell_failure(c, &w, err);
		case 'P':
			return pid;
		default:
			return err_set(err, ERR_SPAWN, "the container's first process says what nobody understands");
		}
	}
}

static unsigned long namespaces(const struct container *c)
{
	return CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | (c->network ? CLONE_NEWNET : 0) |
	       (c->users ? CLONE_NEWUSER : 0);
}

static int no_namespaces(const struct container *c, struct err *err)
{
	if (!c->users)
		return err_errno(err, ERR_UNSUPPORTED, "the kernel gives no namespaces for a container");
	return err_errno(err, ERR_UNSUPPORTED,
			 "the kernel does not let ordinary users make a container: user namespaces are switched off (see "
			 "user.max_user_namespaces and kernel.unprivileged_userns_clone) or not there");
}

pid_t container_fork(struct container *c, struct err *err)
{
	int pair[2], on = 1;
	pid_t pid;

	INVARIANT(c->first <= 0);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, ERR_SPAWN, "cannot make a pair of sockets");
	c->socket = fcntl(pair[0], F_DUPFD_CLOEXEC, 3);
	close(pair[0]);
	setsockopt(c->socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	c->first = (pid_t)syscall(SYS_clone, namespaces(c) | SIGCHLD, 0, 0, 0, 0);
	if (c->first == 0) {
		close(c->socket);
		first_process(c, pair[1]);
		return 0;
	}
	close(pair[1]);
	if (c->first < 0)
		return no_namespaces(c, err);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->first, 0);
	if (map_users(c, c->first, err) == 0 && send(c->socket, "g", 1, MSG_NOSIGNAL) == 1) {
		pid = wait_for_program(c, err);
		if (pid > 0)
			return pid;
	}
	container_end(c);
	return err_set(err, ERR_SPAWN, "the container's first process ended early");
}

void container_end(struct container *c)
{
	int status;

	fd_close(&c->socket);
	if (c->first <= 0)
		return;
	if (c->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
	while (waitpid(c->first, &status, __WALL) < 0 && errno == EINTR)
		;
	c->first = -1;
	fd_close(&c->pidfd);
	container_tidy(c);
}

/* The caller is in no user namespace itself: root there is not root. */
static bool has_all_users(void)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	unsigned inside = 1, outside = 1, count = 0;

	/* a kernel without user namespaces has no such file */
	if (file_read("/proc/self/uid_map", MAP_MAX, &text, NULL) < 0)
		return true;
	return sscanf(buf_cstr(&text), "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 &&
	       count == UINT32_MAX;
}

struct container *container_new(const struct container_options *o, struct err *err)
{
	struct container *c = xcalloc(1, sizeof(*c));
	uid_t uid = geteuid();

	c->arena = arena_new();
	c->socket = c->layers_fd = c->pidfd = -1;
	c->first = -1;
	c->network = o->network;
	c->outside_uid = c->inside_uid = uid;
	c->outside_gid = c->inside_gid = getegid();
	c->plan.arena = c->arena;
	c->users = o->user || uid != 0;
	c->plan.privileged = uid == 0 && has_all_users();
	c->plan.in_user_namespace = c->users || !has_all_users();
	if (uid != 0 && o->user)
		c->inside_uid = c->inside_gid = 0;
	if (container_prepare(c, o, err) < 0) {
		container_free(c);
		return NULL;
	}
	return c;
}

bool container_is_root_inside(const struct container *c)
{
	return c->inside_uid != c->outside_uid;
}

void container_free(struct container *c)
{
	if (!c)
		return;
	container_end(c);
	container_drop_empty(c);
	fd_close(&c->layers_fd);
	free(c->plan.steps);
	free(c->plan.layers);
	arena_free(c->arena);
	free(c);
}

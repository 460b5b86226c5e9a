/*
 * Sockets of the run by inode, their names, and the descriptors by which they are waited for.
 */
#include "trace/peers.h"

#include "base/check.h"
#include "base/fdio.h"
#include "base/map.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <xxhash.h>

#define WAITED_MAX 4096 /* descriptors of one wait that are looked at */

struct peers {
	struct map64 *outside;	 /* sockets whose other end is outside, by inode: enum side */
	struct map64 *names;	 /* that sockets of the run have, by key_of(): connections of the run to be accepted there */
	struct map64 *processes; /* that have connected to something, by process number */
	struct map64 *listening; /* descriptors that listen, in whatever task: by number */
	struct map64 *ties;	 /* what listening descriptors are known by in an epoll set: to the descriptor */
};

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage room;
	};
	socklen_t len;
};

struct peers *peers_new(void)
{
	struct peers *p = xcalloc(1, sizeof(*p));

	p->outside = map64_new();
	p->names = map64_new();
	p->processes = map64_new();
	p->listening = map64_new();
	p->ties = map64_new();
	return p;
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	map64_free(p->outside);
	map64_free(p->names);
	map64_free(p->processes);
	map64_free(p->listening);
	map64_free(p->ties);
	free(p);
}

static bool has(const struct map64 *m, uint64_t key)
{
	uint64_t value;

	return map64_get(m, key, &value);
}

/* ---- names ---- */

#define KEY_UNIX ((uint64_t)1 << 63)

/* Of a name that a socket can be reached by; 0: it has none, or is of a family of which nothing is known. */
static uint64_t key_of(const struct address *a)
{
	size_t path = offsetof(struct sockaddr_un, sun_path);

	if (a->len < sizeof(a->any.sa_family))
		return 0;
	switch (a->any.sa_family) {
	case AF_INET:
		return a->len < sizeof(a->in) ? 0 : ntohs(a->in.sin_port);
	case AF_INET6:
		return a->len < sizeof(a->in6) ? 0 : ntohs(a->in6.sin6_port);
	case AF_UNIX:
		if (a->len <= path)
			return 0;
		/* a path ends with its NUL, an abstract name with its length */
		return KEY_UNIX | XXH3_64bits(a->un.sun_path,
					      a->un.sun_path[0] ? strnlen(a->un.sun_path, a->len - path) : a->len - path);
	}
	return 0;
}

static bool is_inet(const struct address *a)
{
	return a->len >= sizeof(a->any.sa_family) && (a->any.sa_family == AF_INET || a->any.sa_family == AF_INET6);
}

static bool same_host(const struct sockaddr *x, const struct address *a)
{
	if (!x || x->sa_family != a->any.sa_family)
		return false;
	if (x->sa_family == AF_INET)
		return ((const struct sockaddr_in *)x)->sin_addr.s_addr == a->in.sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)x)->sin6_addr, &a->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

/* An address of this system's.  (A container has a loopback of its own, and no more.) */
static bool is_local(const struct address *a)
{
	struct ifaddrs *all;
	bool found = false;

	if (a->any.sa_family == AF_INET) {
		uint32_t host = ntohl(a->in.sin_addr.s_addr);

		if (host >> 24 == 127 || host == INADDR_ANY)
			return true;
	} else {
		const struct in6_addr *host = &a->in6.sin6_addr;

		if (IN6_IS_ADDR_LOOPBACK(host) || IN6_IS_ADDR_UNSPECIFIED(host) ||
		    (IN6_IS_ADDR_V4MAPPED(host) && host->s6_addr[12] == 127))
			return true;
	}
	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next)
		found = same_host(i->ifa_addr, a);
	freeifaddrs(all);
	return found;
}

static bool address_of(int fd, struct address *a, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	a->len = sizeof(a->room);
	if (ask(fd, &a->any, &a->len) < 0)
		return false;
	if (a->len > sizeof(a->room))
		a->len = sizeof(a->room);
	return true;
}

static int own_name(int fd, struct sockaddr *a, socklen_t *len)
{
	return getsockname(fd, a, len);
}

static int peer_name(int fd, struct sockaddr *a, socklen_t *len)
{
	return getpeername(fd, a, len);
}

/* The name of a socket of the run. */
static void note_name(struct peers *p, int fd)
{
	struct address a;
	uint64_t key = address_of(fd, &a, own_name) ? key_of(&a) : 0;

	if (key && !has(p->names, key))
		map64_put(p->names, key, 0);
}

/* ---- sockets ---- */

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) ? (uint64_t)st.st_ino : 0;
}

enum side {
	INSIDE,	     /* or connected to nobody */
	ADDRESSED,   /* outside, but the socket is really connected, and has its names from the kernel */
	OUTSIDE,
};

static enum side side_of(const struct peers *p, const struct tracee *t, int fd)
{
	CLEANUP(fd_close) int own = map64_count(p->outside) ? task_borrow_fd(&t->task, fd) : -1;
	uint64_t inode = inode_of(own), side;

	return inode && map64_get(p->outside, inode, &side) ? (enum side)side : INSIDE;
}

static void mark(struct peers *p, int own, enum side side)
{
	uint64_t inode = inode_of(own);

	if (!inode)
		return;
	if (side != INSIDE)
		map64_put(p->outside, inode, side);
	else
		map64_del(p->outside, inode);
}

static bool is_datagram(int own)
{
	socklen_t len = sizeof(int);
	int type = 0;

	return getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM;
}

static void flag(struct tracee *t)
{
	t->call.flags |= EVENT_OUTSIDE;
}

/* ---- connections and datagrams ---- */

static bool read_address(const struct tracee *t, uint64_t addr, uint64_t len, struct address *a)
{
	a->len = len < sizeof(a->room) ? (socklen_t)len : (socklen_t)sizeof(a->room);
	return addr && a->len >= sizeof(a->any.sa_family) && memory_read(&t->task, addr, &a->room, a->len) == a->len;
}

/* To where none of the run is; of a path nothing is known before the kernel has looked it up. */
static bool leads_outside(const struct peers *p, const struct address *a)
{
	return is_inet(a) && key_of(a) && !(is_local(a) && has(p->names, key_of(a)));
}

static void enter_to(struct peers *p, struct tracee *t, uint64_t addr, uint64_t len)
{
	CLEANUP(fd_close) int own = -1;
	struct address a;

	if (!read_address(t, addr, len, &a) || !leads_outside(p, &a))
		return;
	own = task_borrow_fd(&t->task, (int)t->given[0]);
	/* a datagram socket is connected by its own system alone, and here there is a way to everybody */
	if (t->call.nr == SYS_connect && is_local(&a) && is_datagram(own)) {
		mark(p, own, ADDRESSED);
		return;
	}
	mark(p, own, OUTSIDE);
	flag(t);
}

static void enter_sendmsg(struct peers *p, struct tracee *t)
{
	struct msghdr msg;

	if (memory_read(&t->task, t->given[1], &msg, sizeof(msg)) == sizeof(msg) && msg.msg_name)
		enter_to(p, t, (uint64_t)(uintptr_t)msg.msg_name, msg.msg_namelen);
}

/* Somebody of the run may be at it right now: the call has come back, and its event was not given yet. */
static bool is_connecting(const struct tracer *tr, const struct tracee *by, const struct address *name)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		const struct tracee *t = tr->live[i];
		struct address a;
		int own;

		if (t == by || !t->in_call || t->call.nr != SYS_connect)
			continue;
		if (!name)
			return true;
		own = task_borrow_fd(&t->task, (int)t->given[0]);
		if (own < 0)
			continue;
		if (address_of(own, &a, own_name) && key_of(&a) == key_of(name)) {
			close(own);
			return true;
		}
		close(own);
	}
	return false;
}

static void exit_connect(struct peers *p, struct tracee *t)
{
	CLEANUP(fd_close) int own = task_borrow_fd(&t->task, (int)t->given[0]);
	bool under_way = t->call.ret == -EINPROGRESS || t->call.ret == -EALREADY;
	uint64_t key, waiting;
	struct address to;

	if (own < 0)
		return;
	if (t->call.ret < 0 && !under_way) { /* there is nobody, here as there */
		mark(p, own, INSIDE);
		t->call.flags &= ~EVENT_OUTSIDE;
		return;
	}
	if (t->call.flags & EVENT_OUTSIDE)
		return;
	note_name(p, own);
	if (!address_of(own, &to, peer_name) && !read_address(t, t->given[1], (uint32_t)t->given[2], &to))
		return;
	key = key_of(&to);
	if (!key)
		return;
	if (map64_get(p->names, key, &waiting)) {
		map64_put(p->names, key, waiting + 1);
	} else if (to.any.sa_family == AF_UNIX) {
		mark(p, own, OUTSIDE);
		flag(t);
	}
}

/* Whoever has connected to a socket that is being accepted. */
static bool came_from_outside(const struct tracer *tr, const struct tracee *t, int own)
{
	const struct peers *p = tr->peers;
	struct address from;
	struct ucred who;
	socklen_t len = sizeof(who);

	if (!address_of(own, &from, peer_name))
		return false;
	if (from.any.sa_family == AF_UNIX)
		return getsockopt(own, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && !has(p->processes, (uint64_t)who.pid);
	if (!is_inet(&from))
		return false;
	return !(is_local(&from) && has(p->names, key_of(&from))) && !is_connecting(tr, t, &from);
}

static void exit_accept(struct tracer *tr, struct tracee *t)
{
	CLEANUP(fd_close) int own = task_borrow_fd(&t->task, (int)t->call.ret);
	struct peers *p = tr->peers;
	uint64_t key, waiting;
	struct address name;

	if (own < 0)
		return;
	if (came_from_outside(tr, t, own)) {
		mark(p, own, OUTSIDE);
		flag(t);
		return;
	}
	key = address_of(own, &name, own_name) ? key_of(&name) : 0;
	if (key && map64_get(p->names, key, &waiting) && waiting)
		map64_put(p->names, key, waiting - 1);
}

static void exit_socket(struct peers *p, const struct tracee *t)
{
	CLEANUP(fd_close) int own = map64_count(p->outside) ? task_borrow_fd(&t->task, (int)t->call.ret) : -1;

	mark(p, own, INSIDE); /* inodes come again */
}

static void exit_named(struct peers *p, const struct tracee *t)
{
	CLEANUP(fd_close) int own = task_borrow_fd(&t->task, (int)t->given[0]);

	if (own >= 0)
		note_name(p, own);
}

/* ---- waits ---- */

/* Somebody is to be accepted there who is none of the run.  Other sets may know other things by the same tie. */
static bool waits_outside(const struct tracer *tr, const struct tracee *t, int fd)
{
	CLEANUP(fd_close) int own = has(tr->peers->listening, (uint64_t)fd) ? task_borrow_fd(&t->task, fd) : -1;
	struct pollfd asked = { .fd = own, .events = POLLIN };
	socklen_t len = sizeof(int);
	struct address name;
	int listens = 0;
	uint64_t waiting;

	if (own < 0 || getsockopt(own, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens ||
	    poll(&asked, 1, 0) != 1 || !address_of(own, &name, own_name) || !map64_get(tr->peers->names, key_of(&name), &waiting))
		return false;
	return !waiting && !is_connecting(tr, t, NULL);
}

/* Calls look() for each descriptor of a poll(2) or select(2), at the exit for those that are ready, until it says yes. */
static bool any_polled(const struct tracer *tr, const struct tracee *t, bool ready,
		       bool (*look)(const struct tracer *tr, const struct tracee *t, int fd))
{
	size_t n = t->given[1] < WAITED_MAX ? (size_t)t->given[1] : WAITED_MAX;
	struct pollfd *fds = xcalloc(n + 1, sizeof(*fds));
	bool found = false;

	n = memory_read(&t->task, t->given[0], fds, n * sizeof(*fds)) / sizeof(*fds);
	for (size_t i = 0; i < n && !found; i++)
		found = fds[i].fd >= 0 && (!ready || fds[i].revents) && look(tr, t, fds[i].fd);
	free(fds);
	return found;
}

static bool any_selected(const struct tracer *tr, const struct tracee *t,
			 bool (*look)(const struct tracer *tr, const struct tracee *t, int fd))
{
	size_t n = (uint32_t)t->given[0] < WAITED_MAX ? (uint32_t)t->given[0] : WAITED_MAX;

	for (unsigned set = 1; set <= 3; set++) {
		uint8_t bits[WAITED_MAX / 8] = { 0 };

		if (!t->given[set])
			continue;
		memory_read(&t->task, t->given[set], bits, (n + 63) / 64 * 8);
		for (size_t fd = 0; fd < n; fd++) {
			if ((bits[fd / 8] >> fd % 8 & 1) && look(tr, t, (int)fd))
				return true;
		}
	}
	return false;
}

static bool any_tied(const struct tracer *tr, const struct tracee *t)
{
	size_t n = t->call.ret < WAITED_MAX ? (size_t)t->call.ret : WAITED_MAX;
	struct epoll_event *events;
	bool found = false;
	uint64_t fd;

	if (!map64_count(tr->peers->ties))
		return false;
	events = xcalloc(n + 1, sizeof(*events));
	n = memory_read(&t->task, t->given[1], events, n * sizeof(*events)) / sizeof(*events);
	for (size_t i = 0; i < n && !found; i++)
		found = map64_get(tr->peers->ties, events[i].data.u64, &fd) && waits_outside(tr, t, (int)fd);
	free(events);
	return found;
}

static bool takes_part(const struct tracer *tr, const struct tracee *t, int fd)
{
	return side_of(tr->peers, t, fd) != INSIDE;
}

static bool watched_outside(const void *ctx, uint64_t inode)
{
	return has(((const struct peers *)ctx)->outside, inode);
}

static void exit_epoll_ctl(struct peers *p, const struct tracee *t)
{
	struct epoll_event event;
	int fd = (int)t->given[2];

	if ((int)t->given[1] == EPOLL_CTL_DEL)
		return;
	if (has(p->listening, (uint64_t)fd) &&
	    memory_read(&t->task, t->given[3], &event, sizeof(event)) == sizeof(event))
		map64_put(p->ties, event.data.u64, (uint64_t)fd);
}

/* ---- calls ---- */

void peers_enter(struct tracer *tr, struct tracee *t)
{
	struct peers *p = tr->peers;

	switch (t->call.nr) {
	case SYS_connect:
		map64_put(p->processes, (uint64_t)t->task.leader, 1);
		enter_to(p, t, t->given[1], (uint32_t)t->given[2]);
		return;
	case SYS_sendto:
		enter_to(p, t, t->given[4], (uint32_t)t->given[5]);
		break;
	case SYS_sendmsg:
		enter_sendmsg(p, t);
		break;
	case SYS_poll:
	case SYS_ppoll:
		if (map64_count(p->outside) && any_polled(tr, t, false, takes_part))
			flag(t);
		return;
	case SYS_select:
	case SYS_pselect6:
		if (map64_count(p->outside) && any_selected(tr, t, takes_part))
			flag(t);
		return;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
		if (map64_count(p->outside) && fdinfo_epoll_watches(&t->task, (int)t->given[0], watched_outside, p))
			flag(t);
		return;
	case SYS_read:
	case SYS_readv:
	case SYS_write:
	case SYS_writev:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_sendmmsg:
		break;
	case SYS_shutdown:
	case SYS_getsockname:
	case SYS_getpeername:
	case SYS_getsockopt:
		if (side_of(p, t, (int)t->given[0]) == OUTSIDE)
			flag(t);
		return;
	default:
		return;
	}
	if (side_of(p, t, (int)t->given[0]) != INSIDE)
		flag(t);
}

void peers_exit(struct tracer *tr, struct tracee *t)
{
	struct peers *p = tr->peers;
	struct msghdr msg;

	if (t->answered)
		return;
	if (t->call.nr == SYS_connect) {
		exit_connect(p, t);
		return;
	}
	if (t->call.ret < 0 || (t->call.flags & EVENT_OUTSIDE))
		return;
	switch (t->call.nr) {
	case SYS_socket:
		exit_socket(p, t);
		return;
	case SYS_bind:
		exit_named(p, t);
		return;
	case SYS_listen:
		map64_put(p->listening, (uint32_t)t->given[0], 1);
		exit_named(p, t);
		return;
	case SYS_sendto:
		if (t->given[4])
			exit_named(p, t);
		return;
	case SYS_sendmsg:
		if (memory_read(&t->task, t->given[1], &msg, sizeof(msg)) == sizeof(msg) && msg.msg_name)
			exit_named(p, t);
		return;
	case SYS_accept:
	case SYS_accept4:
		exit_accept(tr, t);
		return;
	case SYS_epoll_ctl:
		exit_epoll_ctl(p, t);
		return;
	case SYS_poll:
	case SYS_ppoll:
		if (t->call.ret && map64_count(p->listening) && any_polled(tr, t, true, waits_outside))
			flag(t);
		return;
	case SYS_select:
	case SYS_pselect6:
		if (t->call.ret && map64_count(p->listening) && any_selected(tr, t, waits_outside))
			flag(t);
		return;
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
		if (t->call.ret && any_tied(tr, t))
			flag(t);
		return;
	}
}

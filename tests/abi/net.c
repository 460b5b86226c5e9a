/*
 * Audit cases: sockets.  Both ends of a connection live in one program; what the kernel picks (ports) differs each run.
 */
#include "net.h"

#include <fcntl.h>

static char buffer[4096];

ABI_CASE("socket")
{
	MUST(syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	MUST(syscall(SYS_socket, AF_INET6, SOCK_DGRAM, IPPROTO_UDP));
	MUST(syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0));
	MUST_FAIL(syscall(SYS_socket, 999, SOCK_STREAM, 0), EAFNOSUPPORT);
}

ABI_CASE("socketpair")
{
	int ends[2] = { -1, -1 };

	MUST(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends));
	MUST_FAIL(syscall(SYS_socketpair, AF_INET, SOCK_STREAM, 0, ends), EOPNOTSUPP);
}

ABI_CASE("bind")
{
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "s" };
	struct sockaddr_in any = net_loopback(0);
	struct sockaddr_in6 any6 = net_loopback6(0);
	int fd = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	MUST(syscall(SYS_bind, fd, &path, sizeof(path)));
	MUST(syscall(SYS_bind, (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)), &(short){ AF_UNIX }, 2));
	MUST(syscall(SYS_bind, (int)MUST(socket(AF_INET, SOCK_STREAM, 0)), &any, sizeof(any)));
	MUST(syscall(SYS_bind, (int)MUST(socket(AF_INET6, SOCK_DGRAM, 0)), &any6, sizeof(any6)));
	MUST_FAIL(syscall(SYS_bind, (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)), &path, sizeof(path)), EADDRINUSE);
	MUST_FAIL(syscall(SYS_bind, fd, &any, 1), EINVAL);
}

ABI_CASE("listen")
{
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(syscall(SYS_listen, fd, 5));
	MUST_FAIL(syscall(SYS_listen, (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), 5), EOPNOTSUPP);
}

ABI_CASE("connect")
{
	struct sockaddr_in there = net_loopback(0);
	struct sockaddr_in6 there6 = net_loopback6(0);
	struct sockaddr_un nowhere = { .sun_family = AF_UNIX, .sun_path = "nothing" };
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd;

	net_server(&there);
	fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(syscall(SYS_connect, fd, &there, sizeof(there)));
	MUST_FAIL(syscall(SYS_connect, fd, &there, sizeof(there)), EISCONN);
	net_server6(&there6);
	MUST(syscall(SYS_connect, (int)MUST(socket(AF_INET6, SOCK_STREAM, 0)), &there6, sizeof(there6)));
	MUST(syscall(SYS_connect, (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), &none, sizeof(none)));
	MUST_FAIL(syscall(SYS_connect, (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0)), &nowhere, sizeof(nowhere)), ENOENT);
}

ABI_CASE("accept")
{
	struct sockaddr_in there = net_loopback(0), from;
	struct sockaddr_un who;
	socklen_t size = sizeof(from), small = 6;
	int server = net_server(&there), local = net_unix_server("s");

	memset(&from, 'f', sizeof(from));
	memset(&who, 'w', sizeof(who));
	net_client(&there);
	MUST(syscall(SYS_accept, server, &from, &size));
	net_client(&there);
	MUST(syscall(SYS_accept, server, &from, &small));
	net_client(&there);
	MUST(syscall(SYS_accept, server, NULL, NULL));
	/* a client without a name: two bytes of an address */
	net_unix_client("s");
	size = sizeof(who);
	MUST(syscall(SYS_accept, local, &who, &size));
	MUST_BE(size == 2);
	MUST(fcntl(server, F_SETFL, O_NONBLOCK));
	MUST_FAIL(syscall(SYS_accept, server, &from, &size), EAGAIN);
}

ABI_CASE("accept4")
{
	struct sockaddr_in6 there = net_loopback6(0), from;
	socklen_t size = sizeof(from);
	int server = net_server6(&there);

	memset(&from, 'f', sizeof(from));
	MUST(connect((int)MUST(socket(AF_INET6, SOCK_STREAM, 0)), (void *)&there, sizeof(there)));
	MUST(syscall(SYS_accept4, server, &from, &size, SOCK_NONBLOCK));
	MUST_FAIL(syscall(SYS_accept4, server, &from, &size, -1), EINVAL);
}

ABI_CASE("getsockname")
{
	struct sockaddr_in there = net_loopback(0), name;
	struct sockaddr_in6 there6 = net_loopback6(0), name6;
	struct sockaddr_un path;
	socklen_t size = sizeof(name);
	int server = net_server(&there);

	memset(&name, 'n', sizeof(name));
	memset(&name6, 'n', sizeof(name6));
	memset(&path, 'p', sizeof(path));
	MUST(syscall(SYS_getsockname, server, &name, &size));
	MUST_BE(name.sin_port == there.sin_port);
	size = 6;
	MUST(syscall(SYS_getsockname, server, &name, &size));
	size = sizeof(name6);
	MUST(syscall(SYS_getsockname, net_server6(&there6), &name6, &size));
	size = sizeof(path);
	MUST(syscall(SYS_getsockname, net_unix_server("s"), &path, &size));
	MUST_FAIL(syscall(SYS_getsockname, -1, &name, &size), EBADF);
}

ABI_CASE("getpeername")
{
	struct sockaddr_in there = net_loopback(0), name;
	socklen_t size = sizeof(name);
	int server = net_server(&there);

	memset(&name, 'n', sizeof(name));
	MUST(syscall(SYS_getpeername, net_client(&there), &name, &size));
	MUST_FAIL(syscall(SYS_getpeername, server, &name, &size), ENOTCONN);
}

ABI_CASE("sendto")
{
	struct sockaddr_in there = net_loopback(0);
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "s" };
	int ends[2], fd = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));

	net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there));
	MUST_BE(MUST(syscall(SYS_sendto, fd, "text", 4L, 0, &there, sizeof(there))) == 4);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	MUST_BE(MUST(syscall(SYS_sendto, ends[0], "text", 4L, MSG_NOSIGNAL, NULL, 0)) == 4);
	fd = (int)MUST(socket(AF_UNIX, SOCK_DGRAM, 0));
	MUST_FAIL(syscall(SYS_sendto, fd, "text", 4L, 0, &path, sizeof(path)), ENOENT);
}

/* What a stream had is thrown away; a datagram is not. */
static void truncated(bool message)
{
	struct sockaddr_in there = net_loopback(0);
	struct iovec part = { buffer, 4 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	int server = net_server(&there), fd = net_client(&there), ends[2];

	server = (int)MUST(accept(server, NULL, NULL));
	MUST(send(fd, "some text", 9, 0));
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	MUST(send(ends[0], "some text", 9, 0));
	memset(buffer, 'b', sizeof(buffer));
	MUST_BE(MUST(message ? syscall(SYS_recvmsg, server, &m, MSG_TRUNC)
			     : syscall(SYS_recvfrom, server, buffer, 4L, MSG_TRUNC, NULL, NULL)) == 4);
	MUST_BE(buffer[0] == 'b');
	MUST_BE(MUST(message ? syscall(SYS_recvmsg, ends[1], &m, MSG_TRUNC)
			     : syscall(SYS_recvfrom, ends[1], buffer, 4L, MSG_TRUNC, NULL, NULL)) == 9);
	MUST_BE(memcmp(buffer, "some", 4) == 0);
	MUST_BE(MUST(syscall(SYS_recvfrom, server, buffer, 100L, 0, NULL, NULL)) == 5);
	MUST_BE(memcmp(buffer, " text", 5) == 0);
}

ABI_CASE("recvfrom")
{
	struct sockaddr_in there = net_loopback(0), from;
	socklen_t size = sizeof(from);
	int server = net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there)),
	    fd = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), ends[2];

	memset(&from, 'f', sizeof(from));
	memset(buffer, 'b', sizeof(buffer));
	for (int i = 0; i < 4; i++)
		MUST(sendto(fd, "some text", 9, 0, (void *)&there, sizeof(there)));
	MUST_BE(MUST(syscall(SYS_recvfrom, server, buffer, 100L, MSG_PEEK, &from, &size)) == 9);
	/* the datagram's length, although less of it is given */
	MUST_BE(MUST(syscall(SYS_recvfrom, server, buffer, 4L, MSG_TRUNC, &from, &size)) == 9);
	size = 5;
	MUST_BE(MUST(syscall(SYS_recvfrom, server, buffer, 4L, 0, &from, &size)) == 4);
	MUST_BE(MUST(syscall(SYS_recvfrom, server, buffer, 100L, 0, NULL, NULL)) == 9);
	MUST_BE(MUST(syscall(SYS_recvfrom, server, buffer, 0L, 0, NULL, NULL)) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	MUST(send(ends[0], "some text", 9, 0));
	size = sizeof(from);
	MUST_BE(MUST(syscall(SYS_recvfrom, ends[1], buffer, 100L, 0, &from, &size)) == 9);
	truncated(false);
	MUST_FAIL(syscall(SYS_recvfrom, server, buffer, 100L, MSG_DONTWAIT, &from, &size), EAGAIN);
}

ABI_CASE("shutdown")
{
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	MUST(syscall(SYS_shutdown, ends[0], SHUT_WR));
	MUST_FAIL(syscall(SYS_shutdown, ends[0], 99), EINVAL);
}

/* ---- messages ---- */

/* Room for the control data of one message. */
union control {
	char bytes[256];
	struct cmsghdr first;
};

/* A control message of size bytes, the first of c; the bytes that all of it takes. */
static size_t control_put(union control *c, int type, const void *data, size_t size)
{
	memset(c, 0, sizeof(*c));
	c->first.cmsg_level = SOL_SOCKET;
	c->first.cmsg_type = type;
	c->first.cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(&c->first), data, size);
	return CMSG_SPACE(size);
}

ABI_CASE("sendmsg")
{
	struct sockaddr_in there = net_loopback(0);
	struct iovec parts[2] = { { "so", 2 }, { "me", 2 } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	struct ucred me = { getpid(), getuid(), getgid() };
	union control c;
	int ends[2], files[2] = { STDOUT_FILENO, STDERR_FILENO };

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	MUST_BE(MUST(syscall(SYS_sendmsg, ends[0], &m, 0)) == 4);
	m.msg_control = &c;
	m.msg_controllen = control_put(&c, SCM_RIGHTS, files, sizeof(files));
	MUST_BE(MUST(syscall(SYS_sendmsg, ends[0], &m, 0)) == 4);
	m.msg_controllen = control_put(&c, SCM_RIGHTS, files, sizeof(files[0]));
	MUST_BE(MUST(syscall(SYS_sendmsg, ends[0], &m, 0)) == 4);
	m.msg_controllen = control_put(&c, SCM_CREDENTIALS, &me, sizeof(me));
	MUST_BE(MUST(syscall(SYS_sendmsg, ends[0], &m, 0)) == 4);
	m.msg_controllen = 0;
	net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there));
	m.msg_name = &there;
	m.msg_namelen = sizeof(there);
	MUST_BE(MUST(syscall(SYS_sendmsg, (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), &m, 0)) == 4);
	MUST_FAIL(syscall(SYS_sendmsg, -1, &m, 0), EBADF);
}

/* A message with everything that the kernel may fill in. */
static void receive(struct msghdr *m, struct iovec *parts, struct sockaddr_in *from, union control *c)
{
	memset(buffer, 'b', sizeof(buffer));
	memset(from, 'f', sizeof(*from));
	memset(c, 'c', sizeof(*c));
	parts[0] = (struct iovec){ buffer, 3 };
	parts[1] = (struct iovec){ buffer + 100, 100 };
	*m = (struct msghdr){ .msg_name = from,
			      .msg_namelen = sizeof(*from),
			      .msg_iov = parts,
			      .msg_iovlen = 2,
			      .msg_control = c,
			      .msg_controllen = sizeof(*c),
			      .msg_flags = -1 };
}

/* What the other end sends with its text, as often as it is received. */
static int control_sender(int type, const void *data, size_t size, int times)
{
	struct iovec part = { "text", 4 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	union control c;
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	m.msg_control = &c;
	m.msg_controllen = control_put(&c, type, data, size);
	while (times--)
		MUST(sendmsg(ends[0], &m, 0));
	return ends[1];
}

static void receive_files(void)
{
	struct sockaddr_in from;
	struct iovec parts[2];
	struct msghdr m;
	union control c;
	int files[3] = { STDOUT_FILENO, STDERR_FILENO, STDOUT_FILENO }, fd;

	fd = control_sender(SCM_RIGHTS, files, sizeof(files), 3);
	receive(&m, parts, &from, &c);
	MUST_BE(MUST(syscall(SYS_recvmsg, fd, &m, MSG_CMSG_CLOEXEC)) == 4);
	MUST_BE(m.msg_controllen == CMSG_SPACE(sizeof(files)) && c.first.cmsg_type == SCM_RIGHTS);
	/* one of them has room, then none has */
	receive(&m, parts, &from, &c);
	m.msg_controllen = CMSG_LEN(sizeof(int));
	MUST_BE(MUST(syscall(SYS_recvmsg, fd, &m, 0)) == 4);
	MUST_BE(m.msg_flags & MSG_CTRUNC);
	receive(&m, parts, &from, &c);
	m.msg_controllen = 8;
	MUST_BE(MUST(syscall(SYS_recvmsg, fd, &m, 0)) == 4);
	MUST_BE(m.msg_flags & MSG_CTRUNC);
}

/* What differs from run to run may do so because it is known which file it is read from. */
static void read_received(void)
{
	struct sockaddr_in from;
	struct iovec parts[2];
	struct msghdr m;
	union control c;
	int file = (int)MUST(open("/proc/uptime", O_RDONLY));
	int fd = control_sender(SCM_RIGHTS, &file, sizeof(file), 1);

	MUST(close(file));
	receive(&m, parts, &from, &c);
	MUST_BE(MUST(syscall(SYS_recvmsg, fd, &m, 0)) == 4);
	memcpy(&fd, CMSG_DATA(&c.first), sizeof(fd));
	MUST_BE(MUST(read(fd, buffer, sizeof(buffer))) > 4);
}

static void receive_credentials(void)
{
	struct sockaddr_in from;
	struct iovec parts[2];
	struct msghdr m;
	union control c;
	struct ucred me = { getpid(), getuid(), getgid() };
	int fd = control_sender(SCM_CREDENTIALS, &me, sizeof(me), 1);

	MUST(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)));
	receive(&m, parts, &from, &c);
	MUST_BE(MUST(syscall(SYS_recvmsg, fd, &m, 0)) == 4);
	MUST_BE(c.first.cmsg_type == SCM_CREDENTIALS && memcmp(CMSG_DATA(&c.first), &me, sizeof(me)) == 0);
}

ABI_CASE("recvmsg")
{
	struct sockaddr_in there = net_loopback(0), from;
	struct iovec parts[2];
	struct msghdr m;
	union control c;
	int server = net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there)),
	    fd = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));

	for (int i = 0; i < 4; i++)
		MUST(sendto(fd, "some text", 9, 0, (void *)&there, sizeof(there)));
	receive(&m, parts, &from, &c);
	MUST_BE(MUST(syscall(SYS_recvmsg, server, &m, MSG_PEEK)) == 9);
	MUST_BE(m.msg_namelen == sizeof(from) && m.msg_controllen == 0 && m.msg_flags == 0);
	receive(&m, parts, &from, &c);
	m.msg_namelen = 6;
	m.msg_iovlen = 1;
	MUST_BE(MUST(syscall(SYS_recvmsg, server, &m, 0)) == 3);
	MUST_BE(m.msg_flags == MSG_TRUNC);
	receive(&m, parts, &from, &c);
	m.msg_iovlen = 1;
	MUST_BE(MUST(syscall(SYS_recvmsg, server, &m, MSG_TRUNC)) == 9);
	receive(&m, parts, &from, &c);
	m.msg_name = NULL;
	m.msg_control = NULL;
	MUST_BE(MUST(syscall(SYS_recvmsg, server, &m, 0)) == 9);
	receive(&m, parts, &from, &c);
	m.msg_namelen = 0;
	MUST(recv(server, buffer, 100, 0));
	MUST(sendto(fd, "", 0, 0, (void *)&there, sizeof(there)));
	MUST_BE(MUST(syscall(SYS_recvmsg, server, &m, 0)) == 0);
	truncated(true);
	receive_files();
	read_received();
	receive_credentials();
	MUST_FAIL(syscall(SYS_recvmsg, server, &m, MSG_DONTWAIT), EAGAIN);
}

ABI_CASE("sendmmsg")
{
	struct sockaddr_in there = net_loopback(0);
	struct iovec parts[3] = { { "so", 2 }, { "me", 2 }, { "text", 4 } };
	struct mmsghdr list[2] = { { .msg_hdr = { .msg_iov = parts, .msg_iovlen = 2 }, .msg_len = -1 },
				   { .msg_hdr = { .msg_iov = parts + 1, .msg_iovlen = 2 }, .msg_len = -1 } };
	union control c;
	int ends[2];

	net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there));
	list[0].msg_hdr.msg_name = list[1].msg_hdr.msg_name = &there;
	list[0].msg_hdr.msg_namelen = list[1].msg_hdr.msg_namelen = sizeof(there);
	MUST_BE(MUST(syscall(SYS_sendmmsg, (int)MUST(socket(AF_INET, SOCK_DGRAM, 0)), list, 2, 0)) == 2);
	MUST_BE(list[0].msg_len == 4 && list[1].msg_len == 6);
	/* the second one fails: only the first is told of */
	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	list[0].msg_hdr.msg_name = NULL;
	list[1].msg_hdr.msg_control = &c;
	list[1].msg_hdr.msg_controllen = control_put(&c, SCM_RIGHTS, &(int){ 99 }, sizeof(int));
	list[0].msg_len = list[1].msg_len = -1;
	MUST_BE(MUST(syscall(SYS_sendmmsg, ends[0], list, 2, 0)) == 1);
	MUST_BE(list[0].msg_len == 4 && list[1].msg_len == -1u);
	MUST_FAIL(syscall(SYS_sendmmsg, -1, list, 2, 0), EBADF);
}

ABI_CASE("recvmmsg")
{
	struct sockaddr_in there = net_loopback(0), from[4];
	struct timespec limit = { .tv_sec = 5 };
	struct mmsghdr list[4];
	struct iovec parts[8];
	union control c[4];
	int server = net_bound(AF_INET, SOCK_DGRAM, &there, sizeof(there)),
	    fd = (int)MUST(socket(AF_INET, SOCK_DGRAM, 0));

	for (int i = 0; i < 4; i++) {
		receive(&list[i].msg_hdr, parts + 2 * i, from + i, c + i);
		parts[2 * i] = (struct iovec){ buffer + 1000 * i, 3 };
		parts[2 * i + 1] = (struct iovec){ buffer + 1000 * i + 100, 100 };
		list[i].msg_len = -1;
	}
	list[2].msg_hdr.msg_name = NULL;
	MUST(setsockopt(server, IPPROTO_IP, IP_PKTINFO, &(int){ 1 }, sizeof(int)));
	for (int i = 1; i < 4; i++)
		MUST(sendto(fd, "some text", 3 * (size_t)i, 0, (void *)&there, sizeof(there)));
	MUST_BE(MUST(syscall(SYS_recvmmsg, server, list, 4, MSG_WAITFORONE, &limit)) == 3);
	MUST_BE(list[0].msg_len == 3 && list[2].msg_len == 9 && list[3].msg_len == -1u);
	MUST_FAIL(syscall(SYS_recvmmsg, server, list, 4, MSG_DONTWAIT, NULL), EAGAIN);
	limit.tv_nsec = -1;
	MUST_FAIL(syscall(SYS_recvmmsg, server, list, 4, 0, &limit), EINVAL);
}

/*
 * Sockets on the loopback for the audit cases.
 */
#ifndef TESTS_ABI_NET_H
#define TESTS_ABI_NET_H

#include "case.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NET_HELP static inline __attribute__((unused))

/* 127.0.0.1 and ::1. */
NET_HELP struct sockaddr_in net_loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

NET_HELP struct sockaddr_in6 net_loopback6(int port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6,
				      .sin6_port = htons((uint16_t)port),
				      .sin6_addr = IN6ADDR_LOOPBACK_INIT };
}

/* A bound socket; the address becomes the one that the kernel has picked. */
NET_HELP int net_bound(int family, int type, void *there, socklen_t size)
{
	int fd = (int)MUST(socket(family, type, 0));

	if (bind(fd, there, size) == -1 && errno == EADDRNOTAVAIL)
		abi_skip("no such address on the loopback");
	MUST(getsockname(fd, there, &size));
	return fd;
}

NET_HELP int net_server(struct sockaddr_in *there)
{
	int fd = net_bound(AF_INET, SOCK_STREAM, there, sizeof(*there));

	MUST(listen(fd, 5));
	return fd;
}

NET_HELP int net_server6(struct sockaddr_in6 *there)
{
	int fd = net_bound(AF_INET6, SOCK_STREAM, there, sizeof(*there));

	MUST(listen(fd, 5));
	return fd;
}

NET_HELP int net_unix_server(const char *path)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	int fd = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(there.sun_path, path);
	MUST(bind(fd, (void *)&there, sizeof(there)));
	MUST(listen(fd, 5));
	return fd;
}

/* Connected to a server. */
NET_HELP int net_client(const struct sockaddr_in *there)
{
	int fd = (int)MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(connect(fd, (const void *)there, sizeof(*there)));
	return fd;
}

NET_HELP int net_unix_client(const char *path)
{
	struct sockaddr_un there = { .sun_family = AF_UNIX };
	int fd = (int)MUST(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(there.sun_path, path);
	MUST(connect(fd, (void *)&there, sizeof(there)));
	return fd;
}

/* A network of the program's own, with nothing in it but a loopback that is down; skips where that is not allowed. */
NET_HELP void net_own(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		abi_skip("no privilege to make a network namespace");
}

#endif

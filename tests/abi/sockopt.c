/*
 * Audit cases: options of sockets.
 */
#include "net.h"

#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/time.h>

/* What libc's headers do not have, or have by another name. */
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#define SO_PASSRIGHTS  83
#endif

enum which {
	TCP4,
	TCP6,
	UDP4,
	UDP6,
	CONNECTED, /* TCP over IPv4 */
	LOCAL,     /* one end of a pair, AF_UNIX */
	LOCAL_DATAGRAM,
	ROUTES, /* netlink */
	FRAMES, /* packets of the link layer, of no protocol yet */
	PING,   /* raw ICMP */
	PING6,
};

static int make(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd == -1 && (errno == EPERM || errno == EACCES))
		abi_skip("no privilege for such a socket");
	if (fd == -1 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		abi_skip("the kernel has no such sockets");
	return (int)MUST(fd);
}

static int pair(int type)
{
	int ends[2];

	MUST(socketpair(AF_UNIX, type, 0, ends));
	return ends[0];
}

static int connected(void)
{
	struct sockaddr_in there = net_loopback(0);

	net_server(&there);
	return net_client(&there);
}

static int open_socket(enum which which)
{
	switch (which) {
	case TCP4:
		return make(AF_INET, SOCK_STREAM, 0);
	case TCP6:
		return make(AF_INET6, SOCK_STREAM, 0);
	case UDP4:
		return make(AF_INET, SOCK_DGRAM, 0);
	case UDP6:
		return make(AF_INET6, SOCK_DGRAM, 0);
	case CONNECTED:
		return connected();
	case LOCAL:
		return pair(SOCK_STREAM);
	case LOCAL_DATAGRAM:
		return pair(SOCK_DGRAM);
	case ROUTES:
		return make(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	case FRAMES:
		return make(AF_PACKET, SOCK_RAW, 0);
	case PING:
		return make(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	case PING6:
		return make(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	}
	return -1;
}

/* The option's value is set; and not, of no socket. */
static int set(enum which which, int level, int name, const void *value, socklen_t size)
{
	int fd = open_socket(which);
	long result = syscall(SYS_setsockopt, fd, level, name, value, size);

	if (result == -1 && errno == EPERM)
		abi_skip("no privilege to set the option");
	if (result == -1 && (errno == ENOPROTOOPT || errno == EOPNOTSUPP))
		abi_skip("the kernel does not know the option");
	MUST(result);
	MUST_FAIL(syscall(SYS_setsockopt, -1, level, name, value, size), EBADF);
	return fd;
}

/*
 * The value is got, then, where the kernel gives parts, each of these many bytes of it; and not, of no socket.  parts
 * ends in 0.  A part of a name (of a process, a cookie) is no name: it may by chance be that of something else.
 */
static void get_parts(int fd, int level, int name, socklen_t room, const socklen_t *parts)
{
	static char value[512];
	socklen_t size = room;
	long result;

	memset(value, 'v', sizeof(value));
	result = syscall(SYS_getsockopt, fd, level, name, value, &size);
	if (result == -1 && (errno == ENOPROTOOPT || errno == EOPNOTSUPP))
		abi_skip("the kernel does not know the option");
	if (result == -1 && errno == EPERM)
		abi_skip("no privilege to get the option");
	MUST(result);
	for (; *parts; parts++) {
		size = *parts;
		memset(value, 'v', sizeof(value));
		syscall(SYS_getsockopt, fd, level, name, value, &size);
	}
	size = room;
	MUST_FAIL(syscall(SYS_getsockopt, -1, level, name, value, &size), EBADF);
}

static void get_from(int fd, int level, int name, socklen_t room)
{
	static const socklen_t parts[] = { 3, 1, 0 };

	get_parts(fd, level, name, room, parts);
}

/* Never in parts. */
static void get_name(enum which which, int level, int name, socklen_t room)
{
	static const socklen_t none[] = { 0 };

	get_parts(open_socket(which), level, name, room, none);
}

static void get(enum which which, int level, int name, socklen_t room)
{
	get_from(open_socket(which), level, name, room);
}

/* The names must not become numbers on their way into the labels: no macro hands them on to another one. */
#define SET_CASE(NAME) ABI_CASE_("setsockopt(" #NAME ")", NULL, ABI_JOIN(set_, __LINE__))
#define GET_CASE(NAME) ABI_CASE_("getsockopt(" #NAME ")", NULL, ABI_JOIN(get_, __LINE__))
#define SET_OPTION(which, level, NAME, value)                                  \
	ABI_CASE_("setsockopt(" #NAME ")", NULL, ABI_JOIN(set_, __LINE__))     \
	{                                                                      \
		set((which), (level), (NAME), &(int){ (value) }, sizeof(int)); \
	}
#define GET_OPTION(which, level, NAME)                                     \
	ABI_CASE_("getsockopt(" #NAME ")", NULL, ABI_JOIN(get_, __LINE__)) \
	{                                                                  \
		get((which), (level), (NAME), sizeof(int));                \
	}
#define OPTION(which, level, NAME, value)                                      \
	ABI_CASE_("setsockopt(" #NAME ")", NULL, ABI_JOIN(set_, __LINE__))     \
	{                                                                      \
		set((which), (level), (NAME), &(int){ (value) }, sizeof(int)); \
	}                                                                      \
	ABI_CASE_("getsockopt(" #NAME ")", NULL, ABI_JOIN(get_, __LINE__))     \
	{                                                                      \
		get((which), (level), (NAME), sizeof(int));                    \
	}

/* ---- any socket ---- */

OPTION(TCP4, SOL_SOCKET, SO_DEBUG, 0)
OPTION(TCP4, SOL_SOCKET, SO_REUSEADDR, 1)
GET_OPTION(TCP4, SOL_SOCKET, SO_TYPE)
GET_OPTION(TCP4, SOL_SOCKET, SO_ERROR)
OPTION(TCP4, SOL_SOCKET, SO_DONTROUTE, 1)
OPTION(UDP4, SOL_SOCKET, SO_BROADCAST, 1)
OPTION(TCP4, SOL_SOCKET, SO_SNDBUF, 10000)
OPTION(TCP4, SOL_SOCKET, SO_RCVBUF, 10000)
OPTION(TCP4, SOL_SOCKET, SO_KEEPALIVE, 1)
OPTION(TCP4, SOL_SOCKET, SO_OOBINLINE, 1)
OPTION(UDP4, SOL_SOCKET, SO_NO_CHECK, 1)
OPTION(TCP4, SOL_SOCKET, SO_PRIORITY, 3)
OPTION(TCP4, SOL_SOCKET, SO_REUSEPORT, 1)
OPTION(LOCAL, SOL_SOCKET, SO_PASSCRED, 1)
OPTION(TCP4, SOL_SOCKET, SO_RCVLOWAT, 10)
GET_OPTION(TCP4, SOL_SOCKET, SO_SNDLOWAT)
SET_OPTION(TCP4, SOL_SOCKET, SO_SNDBUFFORCE, 10000)
SET_OPTION(TCP4, SOL_SOCKET, SO_RCVBUFFORCE, 10000)
GET_OPTION(TCP4, SOL_SOCKET, SO_ACCEPTCONN)
OPTION(LOCAL, SOL_SOCKET, SO_PASSSEC, 1)
OPTION(UDP4, SOL_SOCKET, SO_MARK, 7)
GET_OPTION(TCP4, SOL_SOCKET, SO_PROTOCOL)
GET_OPTION(TCP4, SOL_SOCKET, SO_DOMAIN)
OPTION(UDP4, SOL_SOCKET, SO_RXQ_OVFL, 1)
OPTION(UDP4, SOL_SOCKET, SO_WIFI_STATUS, 1)
OPTION(LOCAL, SOL_SOCKET, SO_PEEK_OFF, 1)
OPTION(UDP4, SOL_SOCKET, SO_NOFCS, 1)
OPTION(UDP4, SOL_SOCKET, SO_LOCK_FILTER, 1)
OPTION(UDP4, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1)
OPTION(UDP4, SOL_SOCKET, SO_BUSY_POLL, 0)
GET_OPTION(UDP4, SOL_SOCKET, SO_BPF_EXTENSIONS)
OPTION(UDP4, SOL_SOCKET, SO_INCOMING_CPU, 0)
SET_OPTION(UDP6, SOL_SOCKET, SO_CNX_ADVICE, 1)
GET_OPTION(UDP4, SOL_SOCKET, SO_INCOMING_NAPI_ID)
OPTION(TCP4, SOL_SOCKET, SO_ZEROCOPY, 1)
OPTION(UDP4, SOL_SOCKET, SO_BINDTOIFINDEX, 0)
OPTION(UDP4, SOL_SOCKET, SO_TIMESTAMP_NEW, 1)
OPTION(UDP4, SOL_SOCKET, SO_TIMESTAMPNS_NEW, 1)
OPTION(UDP4, SOL_SOCKET, SO_TIMESTAMPING_NEW, SOF_TIMESTAMPING_RX_SOFTWARE)
OPTION(UDP4, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1)
SET_OPTION(UDP4, SOL_SOCKET, SO_BUSY_POLL_BUDGET, 8)
OPTION(UDP4, SOL_SOCKET, SO_BUF_LOCK, 1)
OPTION(TCP4, SOL_SOCKET, SO_RESERVE_MEM, 0)
OPTION(TCP4, SOL_SOCKET, SO_TXREHASH, 1)
OPTION(UDP4, SOL_SOCKET, SO_RCVMARK, 1)
OPTION(LOCAL, SOL_SOCKET, SO_PASSPIDFD, 1)
OPTION(UDP4, SOL_SOCKET, SO_RCVPRIORITY, 1)
OPTION(LOCAL, SOL_SOCKET, SO_PASSRIGHTS, 1)

OPTION(UDP4, SOL_SOCKET, SO_TIMESTAMP_OLD, 1)
OPTION(UDP4, SOL_SOCKET, SO_TIMESTAMPNS_OLD, 1)
OPTION(UDP4, SOL_SOCKET, SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_RX_SOFTWARE)

SET_CASE(SO_LINGER)
{
	set(TCP4, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 5 }, sizeof(struct linger));
}

GET_CASE(SO_LINGER)
{
	get(TCP4, SOL_SOCKET, SO_LINGER, sizeof(struct linger));
}

#define TIMEOUT(NAME, number)                                                                       \
	ABI_CASE_("setsockopt(" #NAME ")", NULL, ABI_JOIN(set_, __LINE__))                          \
	{                                                                                           \
		set(TCP4, SOL_SOCKET, (number), &(struct timeval){ 5, 0 }, sizeof(struct timeval)); \
	}                                                                                           \
	ABI_CASE_("getsockopt(" #NAME ")", NULL, ABI_JOIN(get_, __LINE__))                          \
	{                                                                                           \
		get(TCP4, SOL_SOCKET, (number), sizeof(struct timeval));                            \
	}
TIMEOUT(SO_RCVTIMEO_OLD, 20)
TIMEOUT(SO_SNDTIMEO_OLD, 21)
TIMEOUT(SO_RCVTIMEO_NEW, 66)
TIMEOUT(SO_SNDTIMEO_NEW, 67)

SET_CASE(SO_BINDTODEVICE)
{
	set(UDP4, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
}

GET_CASE(SO_BINDTODEVICE)
{
	int fd = set(UDP4, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);

	get_from(fd, SOL_SOCKET, SO_BINDTODEVICE, IFNAMSIZ);
	get(UDP4, SOL_SOCKET, SO_BINDTODEVICE, IFNAMSIZ);
}

GET_CASE(SO_PEERCRED)
{
	get_name(LOCAL, SOL_SOCKET, SO_PEERCRED, sizeof(struct ucred));
}

GET_CASE(SO_PEERGROUPS)
{
	get(LOCAL, SOL_SOCKET, SO_PEERGROUPS, 400);
}

GET_CASE(SO_PEERPIDFD)
{
	get(LOCAL, SOL_SOCKET, SO_PEERPIDFD, sizeof(int));
}

GET_CASE(SO_PEERNAME)
{
	get(CONNECTED, SOL_SOCKET, SO_PEERNAME, sizeof(struct sockaddr_in));
}

GET_CASE(SO_PEERSEC)
{
	get(LOCAL, SOL_SOCKET, SO_PEERSEC, 400);
}

GET_CASE(SO_MEMINFO)
{
	get(TCP4, SOL_SOCKET, SO_MEMINFO, 9 * sizeof(uint32_t));
}

GET_CASE(SO_COOKIE)
{
	get_name(TCP4, SOL_SOCKET, SO_COOKIE, sizeof(uint64_t));
}

GET_CASE(SO_NETNS_COOKIE)
{
	get_name(TCP4, SOL_SOCKET, SO_NETNS_COOKIE, sizeof(uint64_t));
}

SET_CASE(SO_MAX_PACING_RATE)
{
	set(TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, &(uint64_t){ 1000000 }, sizeof(uint64_t));
	set(TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, &(uint32_t){ 1000000 }, sizeof(uint32_t));
}

GET_CASE(SO_MAX_PACING_RATE)
{
	get(TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, sizeof(uint64_t));
	get(TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, sizeof(uint32_t));
}

SET_CASE(SO_TXTIME)
{
	set(UDP4, SOL_SOCKET, SO_TXTIME, &(struct sock_txtime){ .clockid = 1 }, sizeof(struct sock_txtime));
}

GET_CASE(SO_TXTIME)
{
	get(UDP4, SOL_SOCKET, SO_TXTIME, sizeof(struct sock_txtime));
}

static struct sock_filter everything[] = { { BPF_RET | BPF_K, 0, 0, UINT32_MAX } };
static const struct sock_fprog filter = { 1, everything };

SET_CASE(SO_ATTACH_FILTER)
{
	set(UDP4, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

SET_CASE(SO_DETACH_FILTER)
{
	int fd = set(UDP4, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));

	MUST(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){ 0 }, sizeof(int)), ENOENT);
}

SET_CASE(SO_ATTACH_REUSEPORT_CBPF)
{
	struct sockaddr_in there = net_loopback(0);
	int fd = set(UDP4, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int));

	MUST(bind(fd, (void *)&there, sizeof(there)));
	MUST(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof(filter)));
	MUST_FAIL(syscall(SYS_setsockopt, -1, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof(filter)), EBADF);
}

SET_CASE(SO_DETACH_REUSEPORT_BPF)
{
	struct sockaddr_in there = net_loopback(0);
	int fd = set(UDP4, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int)), zero = 0;

	MUST(bind(fd, (void *)&there, sizeof(there)));
	MUST(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof(filter)));
	MUST(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &zero, sizeof(zero)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &zero, sizeof(zero)), ENOENT);
}

/* ---- IPv4 ---- */

OPTION(UDP4, IPPROTO_IP, IP_TOS, 0x10)
OPTION(UDP4, IPPROTO_IP, IP_TTL, 33)
OPTION(PING, IPPROTO_IP, IP_HDRINCL, 1)
SET_OPTION(PING, IPPROTO_IP, IP_ROUTER_ALERT, 1)
OPTION(UDP4, IPPROTO_IP, IP_RECVOPTS, 1)
OPTION(UDP4, IPPROTO_IP, IP_RETOPTS, 1)
OPTION(UDP4, IPPROTO_IP, IP_PKTINFO, 1)
OPTION(UDP4, IPPROTO_IP, IP_MTU_DISCOVER, 2)
OPTION(UDP4, IPPROTO_IP, IP_RECVERR, 1)
OPTION(UDP4, IPPROTO_IP, IP_RECVTTL, 1)
OPTION(UDP4, IPPROTO_IP, IP_RECVTOS, 1)
GET_OPTION(CONNECTED, IPPROTO_IP, IP_MTU)
OPTION(UDP4, IPPROTO_IP, IP_FREEBIND, 1)
OPTION(UDP4, IPPROTO_IP, IP_PASSSEC, 1)
OPTION(UDP4, IPPROTO_IP, IP_TRANSPARENT, 1)
OPTION(UDP4, IPPROTO_IP, IP_RECVORIGDSTADDR, 1)
OPTION(TCP4, IPPROTO_IP, IP_MINTTL, 3)
OPTION(PING, IPPROTO_IP, IP_NODEFRAG, 1)
OPTION(UDP4, IPPROTO_IP, IP_CHECKSUM, 1)
OPTION(TCP4, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
OPTION(UDP4, IPPROTO_IP, IP_RECVFRAGSIZE, 1)
OPTION(UDP4, IPPROTO_IP, IP_RECVERR_RFC4884, 1)
OPTION(UDP4, IPPROTO_IP, IP_MULTICAST_TTL, 5)
OPTION(UDP4, IPPROTO_IP, IP_MULTICAST_LOOP, 0)
OPTION(UDP4, IPPROTO_IP, IP_MULTICAST_ALL, 0)
OPTION(UDP4, IPPROTO_IP, IP_UNICAST_IF, 0)
#define IP_LOCAL_PORT_RANGE 51
OPTION(TCP4, IPPROTO_IP, IP_LOCAL_PORT_RANGE, 40000 | 50000 << 16)

SET_CASE(IP_OPTIONS)
{
	/* two that mean nothing, then the end */
	set(TCP4, IPPROTO_IP, IP_OPTIONS, "\1\1\0\0", 4);
}

GET_CASE(IP_OPTIONS)
{
	int fd = set(TCP4, IPPROTO_IP, IP_OPTIONS, "\1\1\0\0", 4);

	get_from(fd, IPPROTO_IP, IP_OPTIONS, 40);
	get(TCP4, IPPROTO_IP, IP_OPTIONS, 40);
}

SET_CASE(IP_MULTICAST_IF)
{
	struct in_addr lo = { htonl(INADDR_LOOPBACK) };
	struct ip_mreqn full = { .imr_address = lo };

	set(UDP4, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo));
	set(UDP4, IPPROTO_IP, IP_MULTICAST_IF, &full, sizeof(full));
}

GET_CASE(IP_MULTICAST_IF)
{
	struct in_addr lo = { htonl(INADDR_LOOPBACK) };

	get_from(set(UDP4, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)), IPPROTO_IP, IP_MULTICAST_IF, sizeof(lo));
}

static const struct ip_mreqn group = { .imr_multiaddr = { 0x050000e0 }, .imr_address = { 0x0100007f } };
static const struct ip_mreq_source group_from = { .imr_multiaddr = { 0x050000e8 },
						  .imr_interface = { 0x0100007f },
						  .imr_sourceaddr = { 0x0200007f } };

SET_CASE(IP_ADD_MEMBERSHIP)
{
	set(UDP4, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group));
	set(UDP4, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(struct ip_mreq));
}

/* An option that undoes what another one has done to the socket. */
static void undo(enum which which, int level, int done, int name, const void *value, socklen_t size)
{
	int fd = set(which, level, done, value, size);

	MUST(syscall(SYS_setsockopt, fd, level, name, value, size));
	MUST_FAIL(syscall(SYS_setsockopt, fd, level, name, value, size), EADDRNOTAVAIL);
}

SET_CASE(IP_DROP_MEMBERSHIP)
{
	undo(UDP4, IPPROTO_IP, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, &group, sizeof(group));
}

SET_CASE(IP_ADD_SOURCE_MEMBERSHIP)
{
	set(UDP4, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &group_from, sizeof(group_from));
}

SET_CASE(IP_DROP_SOURCE_MEMBERSHIP)
{
	int fd = set(UDP4, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &group_from, sizeof(group_from));

	MUST(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, &group_from, sizeof(group_from)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, &group_from, 3), EINVAL);
}

/* A member of the group that hears everybody. */
static int member(void)
{
	struct ip_mreqn all = { .imr_multiaddr = group_from.imr_multiaddr, .imr_address = group_from.imr_interface };

	return set(UDP4, IPPROTO_IP, IP_ADD_MEMBERSHIP, &all, sizeof(all));
}

SET_CASE(IP_BLOCK_SOURCE)
{
	int fd = member();

	MUST(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_BLOCK_SOURCE, &group_from, sizeof(group_from)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_BLOCK_SOURCE, &group_from, 3), EINVAL);
}

SET_CASE(IP_UNBLOCK_SOURCE)
{
	int fd = member();

	MUST(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_BLOCK_SOURCE, &group_from, sizeof(group_from)));
	MUST(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_UNBLOCK_SOURCE, &group_from, sizeof(group_from)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_UNBLOCK_SOURCE, &group_from, 3), EINVAL);
}

/* ---- IPv6 ---- */

OPTION(PING6, IPPROTO_IPV6, IPV6_2292PKTINFO, 1)
GET_OPTION(PING6, IPPROTO_IPV6, IPV6_CHECKSUM)
OPTION(UDP6, IPPROTO_IPV6, IPV6_2292HOPLIMIT, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33)
OPTION(UDP6, IPPROTO_IPV6, IPV6_MULTICAST_IF, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 3)
OPTION(UDP6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)
OPTION(UDP6, IPPROTO_IPV6, IPV6_MTU_DISCOVER, 2)
SET_OPTION(UDP6, IPPROTO_IPV6, IPV6_MTU, 1400)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVERR, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_V6ONLY, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)
OPTION(PING6, IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVERR_RFC4884, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_FLOWINFO_SEND, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVHOPOPTS, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVRTHDR, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVDSTOPTS, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVPATHMTU, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_DONTFRAG, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVTCLASS, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_TCLASS, 0x10)
OPTION(UDP6, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, 2)
OPTION(TCP6, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 3)
OPTION(UDP6, IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_UNICAST_IF, 0)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_FREEBIND, 1)
OPTION(UDP6, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 1)

SET_CASE(IPV6_ROUTER_ALERT)
{
	int fd = make(AF_INET6, SOCK_RAW, IPPROTO_RAW);

	MUST(syscall(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_ROUTER_ALERT, &(int){ 1 }, sizeof(int)));
	MUST_FAIL(syscall(SYS_setsockopt, -1, IPPROTO_IPV6, IPV6_ROUTER_ALERT, &(int){ 1 }, sizeof(int)), EBADF);
}

SET_CASE(IPV6_CHECKSUM)
{
	int fd = make(AF_INET6, SOCK_RAW, 99);

	MUST(syscall(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_CHECKSUM, &(int){ 2 }, sizeof(int)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_CHECKSUM, &(int){ 3 }, sizeof(int)), EINVAL);
}

GET_CASE(IPV6_MTU)
{
	struct sockaddr_in6 there = net_loopback6(0);
	int fd = open_socket(TCP6);

	net_server6(&there);
	MUST(connect(fd, (void *)&there, sizeof(there)));
	get_from(fd, IPPROTO_IPV6, IPV6_MTU, sizeof(int));
}

static const struct ipv6_mreq group6 = { .ipv6mr_multiaddr = { { { 0xff, 1, [15] = 5 } } }, .ipv6mr_interface = 1 };

SET_CASE(IPV6_ADD_MEMBERSHIP)
{
	set(UDP6, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &group6, sizeof(group6));
}

SET_CASE(IPV6_DROP_MEMBERSHIP)
{
	undo(UDP6, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, &group6, sizeof(group6));
}

SET_CASE(IPV6_PKTINFO)
{
	struct in6_pktinfo from = { IN6ADDR_LOOPBACK_INIT, 1 };

	set(UDP6, IPPROTO_IPV6, IPV6_PKTINFO, &from, sizeof(from));
}

/* ---- TCP and UDP ---- */

OPTION(TCP4, IPPROTO_TCP, TCP_NODELAY, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_MAXSEG, 1000)
OPTION(TCP4, IPPROTO_TCP, TCP_CORK, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_KEEPIDLE, 100)
OPTION(TCP4, IPPROTO_TCP, TCP_KEEPINTVL, 10)
OPTION(TCP4, IPPROTO_TCP, TCP_KEEPCNT, 3)
OPTION(TCP4, IPPROTO_TCP, TCP_SYNCNT, 3)
OPTION(TCP4, IPPROTO_TCP, TCP_LINGER2, 10)
OPTION(TCP4, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3)
OPTION(TCP4, IPPROTO_TCP, TCP_WINDOW_CLAMP, 10000)
OPTION(TCP4, IPPROTO_TCP, TCP_QUICKACK, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_THIN_DUPACK, 0)
OPTION(TCP4, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000)
OPTION(TCP4, IPPROTO_TCP, TCP_REPAIR, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_FASTOPEN, 5)
GET_OPTION(TCP4, IPPROTO_TCP, TCP_TIMESTAMP)
OPTION(TCP4, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 10000)
OPTION(TCP4, IPPROTO_TCP, TCP_SAVE_SYN, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1)
OPTION(TCP4, IPPROTO_TCP, TCP_INQ, 1)
#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37
#endif
OPTION(TCP4, IPPROTO_TCP, TCP_TX_DELAY, 1000)

GET_CASE(TCP_INFO)
{
	get(CONNECTED, IPPROTO_TCP, TCP_INFO, 400);
	get(TCP4, IPPROTO_TCP, TCP_INFO, 104);
}

SET_CASE(TCP_CONGESTION)
{
	set(TCP4, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

GET_CASE(TCP_CONGESTION)
{
	get(TCP4, IPPROTO_TCP, TCP_CONGESTION, 16);
}

GET_CASE(TCP_ULP)
{
	get(TCP4, IPPROTO_TCP, TCP_ULP, 16);
}

SET_CASE(TCP_FASTOPEN_KEY)
{
	set(TCP4, IPPROTO_TCP, TCP_FASTOPEN_KEY, "0123456789abcdef", 16);
}

GET_CASE(TCP_FASTOPEN_KEY)
{
	int fd = set(TCP4, IPPROTO_TCP, TCP_FASTOPEN_KEY, "0123456789abcdef", 16);

	get_from(fd, IPPROTO_TCP, TCP_FASTOPEN_KEY, 32);
}

OPTION(UDP4, IPPROTO_UDP, UDP_CORK, 1)
OPTION(UDP4, IPPROTO_UDP, UDP_ENCAP, 2)
#define UDP_NO_CHECK6_TX 101
#define UDP_NO_CHECK6_RX 102
OPTION(UDP6, IPPROTO_UDP, UDP_NO_CHECK6_TX, 1)
OPTION(UDP6, IPPROTO_UDP, UDP_NO_CHECK6_RX, 1)
OPTION(UDP4, IPPROTO_UDP, UDP_SEGMENT, 1000)
OPTION(UDP4, IPPROTO_UDP, UDP_GRO, 1)

/* ---- raw sockets, netlink, packets ---- */

OPTION(PING, 255 /* SOL_RAW */, ICMP_FILTER, 1 << 8)

SET_CASE(ICMPV6_FILTER)
{
	set(PING6, IPPROTO_ICMPV6, 1, &(uint32_t[8]){ 1, 2, 3 }, 32);
}

GET_CASE(ICMPV6_FILTER)
{
	get(PING6, IPPROTO_ICMPV6, 1, 32);
}

SET_OPTION(ROUTES, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 1)
SET_OPTION(ROUTES, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_PKTINFO, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_BROADCAST_ERROR, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_CAP_ACK, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_EXT_ACK, 1)
OPTION(ROUTES, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)

GET_CASE(NETLINK_LIST_MEMBERSHIPS)
{
	int fd = set(ROUTES, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){ 3 }, sizeof(int));

	uint32_t groups[16];
	socklen_t size = sizeof(groups[0]);

	/* whole numbers are written, and the length is that of all */
	memset(groups, 'g', sizeof(groups));
	MUST(syscall(SYS_getsockopt, fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &size));
	size = sizeof(groups);
	MUST(syscall(SYS_getsockopt, fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &size));
	MUST_FAIL(syscall(SYS_getsockopt, -1, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &size), EBADF);
}

SET_OPTION(FRAMES, SOL_PACKET, PACKET_COPY_THRESH, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_AUXDATA, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_ORIGDEV, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_VERSION, TPACKET_V2)
OPTION(FRAMES, SOL_PACKET, PACKET_RESERVE, 16)
OPTION(FRAMES, SOL_PACKET, PACKET_LOSS, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_VNET_HDR, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_TIMESTAMP, SOF_TIMESTAMPING_RAW_HARDWARE)
OPTION(FRAMES, SOL_PACKET, PACKET_TX_HAS_OFF, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_QDISC_BYPASS, 1)
OPTION(FRAMES, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
GET_OPTION(FRAMES, SOL_PACKET, PACKET_FANOUT)

GET_CASE(PACKET_STATISTICS)
{
	get(FRAMES, SOL_PACKET, PACKET_STATISTICS, sizeof(struct tpacket_stats));
}

static const struct packet_mreq everybody = { .mr_ifindex = 1, .mr_type = PACKET_MR_ALLMULTI };

SET_CASE(PACKET_ADD_MEMBERSHIP)
{
	net_own();
	set(FRAMES, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everybody, sizeof(everybody));
}

SET_CASE(PACKET_DROP_MEMBERSHIP)
{
	int fd;

	net_own();
	fd = set(FRAMES, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everybody, sizeof(everybody));
	MUST(syscall(SYS_setsockopt, fd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &everybody, sizeof(everybody)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &everybody, 3), EINVAL);
}

/*
 * Audit cases: groups of receivers, and from whom they hear, as options of sockets.
 */
#include "net.h"

#define GROUP_BYTES(n) (144 + (n) * sizeof(struct sockaddr_storage)) /* struct group_filter with n sources */

static int datagram(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd == -1 && errno == EAFNOSUPPORT)
		abi_skip("no such family of addresses");
	return (int)MUST(fd);
}

/* A group, or (low below 224) somebody who sends to it, in the family of the level. */
static void put_address(int level, struct sockaddr_storage *at, uint8_t low)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	in.sin_addr.s_addr = htonl(low >= 224 ? 0xe8010101u : 0x0a000000u + low);
	in6.sin6_addr.s6_addr[0] = low >= 224 ? 0xff : 0xfc;
	in6.sin6_addr.s6_addr[1] = low >= 224 ? 0x31 : 0;
	in6.sin6_addr.s6_addr[15] = low;
	/* what is behind the address is nobody's, and differs from run to run */
	memset(at, getpid() & 255, sizeof(*at));
	if (level == IPPROTO_IP)
		memcpy(at, &in, sizeof(in));
	else
		memcpy(at, &in6, sizeof(in6));
}

static long option(int fd, int level, int name, const void *value, size_t size)
{
	long result = syscall(SYS_setsockopt, fd, level, name, value, (int)size);

	if (result == -1 && (errno == ENODEV || errno == EADDRNOTAVAIL))
		abi_skip("the loopback takes no groups here");
	return result;
}

/* Joins a group (before: another option of such a value), then the option that is looked at. */
static void group(int level, int before, int name)
{
	struct group_req g = { .gr_interface = 1 };
	int fd = datagram(level == IPPROTO_IP ? AF_INET : AF_INET6);

	put_address(level, &g.gr_group, 224);
	if (before)
		MUST(option(fd, level, before, &g, sizeof(g)));
	MUST(option(fd, level, name, &g, sizeof(g)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, level, name, &g, 8), EINVAL);
}

/* The same with one whom it hears, or does not. */
static void source(int level, int join, int before, int name)
{
	struct group_req g = { .gr_interface = 1 };
	struct group_source_req s = { .gsr_interface = 1 };
	int fd = datagram(level == IPPROTO_IP ? AF_INET : AF_INET6);

	put_address(level, &g.gr_group, 224);
	put_address(level, &s.gsr_group, 224);
	put_address(level, &s.gsr_source, 9);
	if (join)
		MUST(option(fd, level, join, &g, sizeof(g)));
	if (before)
		MUST(option(fd, level, before, &s, sizeof(s)));
	MUST(option(fd, level, name, &s, sizeof(s)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, level, name, &s, 8), EINVAL);
}

/* A list of two whom it hears. */
static void filter(int level)
{
	uint64_t room[GROUP_BYTES(2) / 8];
	struct group_filter *f = (void *)room;
	struct group_req g = { .gr_interface = 1 };
	int fd = datagram(level == IPPROTO_IP ? AF_INET : AF_INET6);

	put_address(level, &g.gr_group, 224);
	MUST(option(fd, level, MCAST_JOIN_GROUP, &g, sizeof(g)));
	memset(room, 0, sizeof(room));
	f->gf_interface = 1;
	f->gf_fmode = MCAST_INCLUDE;
	f->gf_numsrc = 2;
	f->gf_group = g.gr_group;
	put_address(level, &f->gf_slist[0], 9);
	put_address(level, (void *)((char *)room + GROUP_BYTES(1)), 10);
	MUST(option(fd, level, MCAST_MSFILTER, f, GROUP_BYTES(2)));
	MUST_FAIL(syscall(SYS_setsockopt, fd, level, MCAST_MSFILTER, f, (int)GROUP_BYTES(1)), EINVAL);
}

#define SET(NAME, how)                                                         \
	ABI_CASE_("setsockopt(" #NAME ")", NULL, ABI_JOIN(set_, __LINE__)) \
	{                                                                      \
		how;                                                           \
	}

SET(MCAST_JOIN_GROUP, group(IPPROTO_IP, 0, MCAST_JOIN_GROUP))
SET(MCAST_LEAVE_GROUP, group(IPPROTO_IP, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP))
SET(MCAST_BLOCK_SOURCE, source(IPPROTO_IP, MCAST_JOIN_GROUP, 0, MCAST_BLOCK_SOURCE))
SET(MCAST_UNBLOCK_SOURCE, source(IPPROTO_IP, MCAST_JOIN_GROUP, MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE))
SET(MCAST_JOIN_SOURCE_GROUP, source(IPPROTO_IP, 0, 0, MCAST_JOIN_SOURCE_GROUP))
SET(MCAST_LEAVE_SOURCE_GROUP, source(IPPROTO_IP, 0, MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP))
SET(MCAST_MSFILTER, filter(IPPROTO_IP))
SET(IPV6_MCAST_JOIN_GROUP, group(IPPROTO_IPV6, 0, MCAST_JOIN_GROUP))
SET(IPV6_MCAST_LEAVE_GROUP, group(IPPROTO_IPV6, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP))
SET(IPV6_MCAST_BLOCK_SOURCE, source(IPPROTO_IPV6, MCAST_JOIN_GROUP, 0, MCAST_BLOCK_SOURCE))
SET(IPV6_MCAST_UNBLOCK_SOURCE, source(IPPROTO_IPV6, MCAST_JOIN_GROUP, MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE))
SET(IPV6_MCAST_JOIN_SOURCE_GROUP, source(IPPROTO_IPV6, 0, 0, MCAST_JOIN_SOURCE_GROUP))
SET(IPV6_MCAST_LEAVE_SOURCE_GROUP, source(IPPROTO_IPV6, 0, MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP))
SET(IPV6_MCAST_MSFILTER, filter(IPPROTO_IPV6))

ABI_CASE("setsockopt(IP_MSFILTER)")
{
	/* struct ip_msfilter with two sources, and behind them what differs */
	uint32_t f[7] = { htonl(0xe8010101), htonl(INADDR_LOOPBACK), MCAST_INCLUDE, 2, htonl(0x0a000009), htonl(0x0a00000a) };
	struct ip_mreq join = { { htonl(0xe8010101) }, { htonl(INADDR_LOOPBACK) } };
	int fd = datagram(AF_INET);

	f[6] = (uint32_t)getpid();
	MUST(option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)));
	MUST(option(fd, IPPROTO_IP, IP_MSFILTER, f, 24));
	MUST_FAIL(syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_MSFILTER, f, 20), EINVAL);
}

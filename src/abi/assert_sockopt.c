/*
 * Every number of sockopt.def is what the kernel's headers say.  Nothing here reaches the binary.
 */
#include <asm/socket.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>

/* The same names stand for options of both levels; a row has one. */
#define IPV6_MCAST_JOIN_GROUP MCAST_JOIN_GROUP
#define IPV6_MCAST_BLOCK_SOURCE MCAST_BLOCK_SOURCE
#define IPV6_MCAST_UNBLOCK_SOURCE MCAST_UNBLOCK_SOURCE
#define IPV6_MCAST_LEAVE_GROUP MCAST_LEAVE_GROUP
#define IPV6_MCAST_JOIN_SOURCE_GROUP MCAST_JOIN_SOURCE_GROUP
#define IPV6_MCAST_LEAVE_SOURCE_GROUP MCAST_LEAVE_SOURCE_GROUP
#define IPV6_MCAST_MSFILTER MCAST_MSFILTER

/* Newer than the oldest headers that we build with, or in headers that bring libc's sockets with them. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_ORIGINAL_DST
#define SO_ORIGINAL_DST 80
#endif
#define SOCKOPT(ways, level, NAME, number, value) _Static_assert(NAME == (number), #NAME);
#include "abi/sockopt.def"

/*
 * The table of constant sets.  Values come from the kernel's own headers: libc's would hide or change some of them.
 */
#include "abi/consts.h"
#include "abi/row.h"

#include <asm/ioctls.h>
#include <asm/prctl.h>
#include <asm/signal.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/eventpoll.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fanotify.h>
#include <linux/fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/ipc.h>
#include <linux/kcmp.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/socket.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <linux/xattr.h>
#include <asm/socket.h>

#define C(c)                     { #c, (uint64_t)(c) },
#define V(c, v)                  { #c, (uint64_t)(v) },
#define SET(ID, set, flags, ...) static const struct abi_const consts_##ID[] = { __VA_ARGS__ };
#define SET_MADE(ID, set, flags)
#include "abi/consts.def"

/* The options of a level. */
static const struct abi_const consts_SOCKET_OPTION[] = {
#define SOCKOPT_ONLY                              1
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_IP_OPTION[] = {
#define SOCKOPT_ONLY                              0
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_IPV6_OPTION[] = {
#define SOCKOPT_ONLY                              41
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_TCP_OPTION[] = {
#define SOCKOPT_ONLY                              6
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_UDP_OPTION[] = {
#define SOCKOPT_ONLY                              17
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_ICMPV6_OPTION[] = {
#define SOCKOPT_ONLY                              58
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_RAW_OPTION[] = {
#define SOCKOPT_ONLY                              255
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_NETLINK_OPTION[] = {
#define SOCKOPT_ONLY                              270
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};
static const struct abi_const consts_PACKET_OPTION[] = {
#define SOCKOPT_ONLY                              263
#define SOCKOPT(ways, level, NAME, number, value) { #NAME, (number) },
#include "abi/sockopt.def"
};

const struct abi_set_info abi_sets[] = {
	[SET_NONE] = { .name = "" },
#define SET_INFO(set, flags, list)                                                                                 \
	{                                                                                                          \
		.name = (set), .is_flags = (flags), .consts = (list), .nconsts = sizeof(list) / sizeof((list)[0]), \
	}
#define SET(ID, set, flags, ...) [SET_##ID] = SET_INFO(#set, flags, consts_##ID),
#define SET_MADE(ID, set, flags) [SET_##ID] = SET_INFO(#set, flags, consts_##ID),
#include "abi/consts.def"
};

const size_t abi_nsets = ABI_NSETS;

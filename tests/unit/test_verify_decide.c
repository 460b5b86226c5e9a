/*
 * Deciding pairs of events, by table: a policy, what was recorded, what happened, and what follows from it.
 */
#include "tests/unit/verify_support.h"

#include "abi/schema.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *name;
	enum abi_phase phase;
	struct rule rules[6];
	struct event_spec rec, live;
	const char *expected;
	bool gives;		  /* numbers of processes are given again */
	num_t born[SIDE_COUNT];	  /* ... and these correspond already; 0: none do */
	bool force;
	const char *path[SIDE_COUNT]; /* of descriptor 3; NULL: "/tmp/f" */
	bool terminal;		      /* it is one */
};

#define READ(n, bytes) { .call = "read", .args = { 3, 0x1000, 100 }, .ret = (n), .blocks = { OUT("buf.addr", 0x1000, bytes) } }
#define READ_AT(address, n, bytes) \
	{ .call = "read", .args = { 3, address, 100 }, .ret = (n), .blocks = { OUT("buf.addr", address, bytes) } }
#define WRITE(n, bytes) { .call = "write", .args = { 1, 0x1000, n }, .ret = (n), .blocks = { IN("buf.addr", 0x1000, bytes) } }
#define OPEN(text) { .call = "openat", .args = { (uint32_t)-100, 0x1000, 0 }, .ret = 3, .blocks = { STR("pathname.addr", 0x1000, text) } }
#define UNAME(node) { .call = "uname", .args = { 0x1000 }, .blocks = { OUT("buf.addr", 0x1000, "Linux\0" node) } }
#define IOVEC(first, second) { .call = "readv", .args = { 3, 0x100, 2 }, .ret = 4, .blocks = { \
	IN("iov.addr", 0x100, "\0\x10\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\5\0\0\0\0\0\0\0"), \
	OUT("iov[].data.addr", 0x1000, first), \
	{ .at = "iov[].data.addr", .phase = PHASE_EXIT, .index = 1, .addr = 0x2000, .data = second, .len = 2 } } }
#define READY_ONE(events, tie) events "\0\0\0" tie "\0\0\0\0\0\0\0"
#define READY(bytes) { .call = "epoll_wait", .args = { 3, 0x1000, 8 }, .ret = (sizeof(bytes) - 1) / 12, .blocks = { OUT("events.addr", 0x1000, bytes) } }
/* d_ino, d_off, d_reclen 24, d_type, d_name */
#define DIRENT(ino, off, name) ino "\0\0\0\0\0\0\0" off "\0\0\0\0\0\0\0" "\x18\0" "\x8" name "\0\0\0\0"
#define DENTS(bytes) { .call = "getdents64", .args = { 3, 0x1000, 1000 }, .ret = sizeof(bytes) - 1, .blocks = { OUT("dirp.addr", 0x1000, bytes) } }
#define REPLAY_READ { .call = "read", .field = "buf", .verb = VERB_REPLAY }, { .call = "read", .field = "ret", .verb = VERB_REPLAY }

static const struct row rows[] = {
	/* verbs */
	{ .name = "equal, equal values", PHASE_EXIT, { { 0 } }, READ(5, "hello"), READ(5, "hello"), "" },
	{ .name = "equal, one byte", PHASE_EXIT, { { 0 } }, READ(5, "hello"), READ(5, "hallo"), "buf equal!" },
	{ .name = "equal, behind a NUL", PHASE_EXIT, { { 0 } }, READ(5, "h\0llo"), READ(5, "h\0lle"), "buf equal!" },
	{ .name = "equal, the result alone", PHASE_EXIT, { { 0 } }, READ(0, ""), READ(-5, ""), "buf equal!; ret equal!" },
	{ .name = "accept", PHASE_EXIT, { { .call = "read", .field = "buf", .verb = VERB_ACCEPT } }, READ(5, "hello"),
	  READ(5, "hallo"), "buf accept" },
	{ .name = "stop, different", PHASE_EXIT, { { .call = "read", .field = "buf", .verb = VERB_STOP } }, READ(5, "hello"),
	  READ(5, "hallo"), "buf stop!" },
	{ .name = "stop, equal", PHASE_EXIT, { { .call = "read", .field = "buf", .verb = VERB_STOP } }, READ(5, "hello"),
	  READ(5, "hello"), "buf stop!" },
	{ .name = "within, near", PHASE_EXIT, { { .call = "lseek", .field = "ret", .verb = VERB_ACCEPT, .when = WITHIN_10 } },
	  { .call = "lseek", .args = { 3 }, .ret = 100 }, { .call = "lseek", .args = { 3 }, .ret = 110 }, "ret accept" },
	{ .name = "within, far", PHASE_EXIT, { { .call = "lseek", .field = "ret", .verb = VERB_ACCEPT, .when = WITHIN_10 } },
	  { .call = "lseek", .args = { 3 }, .ret = 100 }, { .call = "lseek", .args = { 3 }, .ret = 111 }, "ret equal!" },
	{ .name = "within, a failure", PHASE_EXIT, { { .call = "lseek", .field = "ret", .verb = VERB_REPLAY, .when = WITHIN_10 } },
	  { .call = "lseek", .args = { 3 }, .ret = 100 }, { .call = "lseek", .args = { 3 }, .ret = -29 }, "ret equal!" },
	/* facts and fields of both sides */
	{ .name = "fact, both sides", PHASE_EXIT, { { .call = "read", .field = "buf", .verb = VERB_REPLAY, .when = IN_PROC } },
	  READ(5, "hello"), READ(5, "hallo"), "buf replay; mem 0x1000 \"hello\"", .path = { "/proc/stat", "/proc/stat" } },
	{ .name = "fact, the recorded side only", PHASE_EXIT,
	  { { .call = "read", .field = "buf", .verb = VERB_REPLAY, .when = IN_PROC } }, READ(5, "hello"), READ(5, "hallo"),
	  "buf equal!", .path = { "/proc/stat", "/etc/passwd" } },
	{ .name = "fact, the actual side only", PHASE_EXIT,
	  { { .call = "read", .field = "buf", .verb = VERB_REPLAY, .when = IN_PROC } }, READ(5, "hello"), READ(5, "hallo"),
	  "buf equal!", .path = { "/etc/passwd", "/proc/stat" } },
	{ .name = "field of the same call", PHASE_ENTRY,
	  { { .call = "write", .field = "buf", .verb = VERB_ACCEPT, .when = FD_IS_1 } }, WRITE(2, "ab"), WRITE(2, "ac"),
	  "buf accept" },
	{ .name = "the call's path", PHASE_ENTRY,
	  { { .call = "openat", .field = "flags", .verb = VERB_ACCEPT, .when = FILE_IN_TMP } }, OPEN("/tmp/x"),
	  { .call = "openat", .args = { (uint32_t)-100, 0x1000, 2 }, .blocks = { STR("pathname.addr", 0x1000, "/usr/../tmp/x") } },
	  "pathname equal!; flags accept" },
	/* replay of out fields */
	{ .name = "replay, same length", PHASE_EXIT, { REPLAY_READ }, READ(5, "hello"), READ(5, "hallo"),
	  "buf replay; mem 0x1000 \"hello\"" },
	{ .name = "replay, to where the program wants it", PHASE_EXIT, { REPLAY_READ }, READ_AT(0x1000, 5, "hello"),
	  READ_AT(0x7000, 5, "hallo"), "buf replay; mem 0x7000 \"hello\"" },
	{ .name = "replay, recorded shorter: offset goes back", PHASE_EXIT, { REPLAY_READ }, READ(2, "he"), READ(5, "hallo"),
	  "buf replay; ret replay; mem 0x1000 \"he\"; ret 2; offset 3 -3" },
	{ .name = "replay, recorded longer: offset goes on", PHASE_EXIT, { REPLAY_READ }, READ(5, "hello"), READ(2, "ha"),
	  "buf replay; ret replay; mem 0x1000 \"hello\"; ret 5; offset 3 +3" },
	{ .name = "replay, the end of the file now", PHASE_EXIT, { REPLAY_READ }, READ(5, "hello"),
	  { .call = "read", .args = { 3, 0x1000, 100 }, .ret = 0 },
	  "buf replay; ret replay; mem 0x1000 \"hello\"; ret 5; offset 3 +5" },
	{ .name = "replay, the end of the file then", PHASE_EXIT, { REPLAY_READ },
	  { .call = "read", .args = { 3, 0x1000, 100 }, .ret = 0 }, READ(5, "hallo"),
	  "buf replay; ret replay; ret 0; ret 0; offset 3 -5" },
	{ .name = "replay, less room than before", PHASE_EXIT, { REPLAY_READ }, READ(5, "hello"),
	  { .call = "read", .args = { 3, 0x1000, 2 }, .ret = 2, .blocks = { OUT("buf.addr", 0x1000, "ha") } },
	  "buf replay! unapplied; ret replay; ret 5; offset 3 +3" },
	{ .name = "replay, failed now", PHASE_EXIT, { REPLAY_READ }, READ(5, "hello"),
	  { .call = "read", .args = { 3, 0x1000, 100 }, .ret = -5 },
	  "buf replay; ret replay; mem 0x1000 \"hello\"; ret 5" },
	{ .name = "replay, failed then", PHASE_EXIT, { REPLAY_READ }, { .call = "read", .args = { 3, 0x1000, 100 }, .ret = -5 },
	  READ(5, "hello"), "buf replay! unapplied; ret replay; ret -5" },
	{ .name = "replay, a text in a struct, NULs included", PHASE_EXIT,
	  { { .call = "uname", .field = "buf.nodename", .verb = VERB_ACCEPT }, { .call = "uname", .field = "buf.sysname", .verb = VERB_REPLAY } },
	  { .call = "uname", .args = { 0x1000 }, .blocks = { { .at = "buf.addr", .phase = PHASE_EXIT, .addr = 0x1000, .len = 65,
	    .data = "Abc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" } } },
	  { .call = "uname", .args = { 0x5000 }, .blocks = { { .at = "buf.addr", .phase = PHASE_EXIT, .addr = 0x5000, .len = 65,
	    .data = "Abcdef\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" } } },
	  "buf.sysname replay; mem 0x5000 \"Abc\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"" },
	{ .name = "replay, a number in a struct", PHASE_EXIT, { { .call = "clock_gettime", .field = "tp", .verb = VERB_REPLAY } },
	  { .call = "clock_gettime", .args = { 0, 0x1000 }, .blocks = { OUT("tp.addr", 0x1000, "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0") } },
	  { .call = "clock_gettime", .args = { 0, 0x3000 }, .blocks = { OUT("tp.addr", 0x3000, "\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0") } },
	  "tp replay; mem 0x3000 \"\\1\\0\\0\\0\\0\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\"" },
	{ .name = "replay, behind an iovec", PHASE_EXIT, { { .call = "readv", .field = "iov[].data", .verb = VERB_REPLAY } },
	  IOVEC("ab", "cd"), IOVEC("ab", "cx"), "iov[1].data replay; mem 0x2000 \"cd\"" },
	{ .name = "equal, behind an iovec", PHASE_EXIT, { { 0 } }, IOVEC("ab", "cd"), IOVEC("ax", "cd"), "iov[0].data equal!" },
	/* replay of in fields: the kernel gets the recorded value */
	{ .name = "replay, an argument", PHASE_ENTRY, { { .call = "lseek", .field = "offset", .verb = VERB_REPLAY } },
	  { .call = "lseek", .args = { 3, 10 }, .ret = 10 }, { .call = "lseek", .args = { 3, 12 }, .ret = 12 },
	  "offset replay; arg 1 = 10" },
	{ .name = "replay, a shorter path", PHASE_ENTRY, { { .call = "openat", .field = "pathname", .verb = VERB_REPLAY } }, OPEN("/a"),
	  OPEN("/bcd"), "pathname replay; mem 0x1000 \"/a\\0\"" },
	{ .name = "replay, a longer path", PHASE_ENTRY, { { .call = "openat", .field = "pathname", .verb = VERB_REPLAY } }, OPEN("/abcd"),
	  OPEN("/b"), "pathname replay! unapplied" },
	{ .name = "replay, synthetic", PHASE_ENTRY, { { .call = "sendfile", .field = "content", .verb = VERB_REPLAY } },
	  { .call = "sendfile", .args = { 1, 3, 0, 9 }, .blocks = { IN("content", 0, "01234567890123456789012345678901") } },
	  { .call = "sendfile", .args = { 1, 3, 0, 9 }, .blocks = { IN("content", 0, "01234567890123456789012345678902") } },
	  "content replay! unapplied" },
	/* map */
	{ .name = "map, the same bijection", PHASE_EXIT, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "getpid", .ret = 40 }, { .call = "getpid", .ret = 41 }, "ret map" },
	{ .name = "map, asked for and never told", PHASE_ENTRY, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "kill", .args = { 40, 0 } }, { .call = "kill", .args = { 41, 0 } }, "pid map! unmappable" },
	{ .name = "map, a path without a process in it", PHASE_ENTRY,
	  { { .call = "openat", .field = "pathname", .verb = VERB_MAP } }, OPEN("/proc/a"), OPEN("/proc/b"),
	  "pathname map! unmappable" },
	{ .name = "map, a failure is no id", PHASE_EXIT, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "getpid", .ret = 40 }, { .call = "getpid", .ret = -38 }, "ret map! unmappable" },
	{ .name = "map, an address in no region", PHASE_ENTRY, { { .field = "", .kind = KIND_PTR, .verb = VERB_MAP } },
	  READ_AT(0x1000, 1, "a"), READ_AT(0x2000, 1, "a"), "buf.addr map! unmappable" },
	{ .name = "map, NULL and an address", PHASE_ENTRY, { { .field = "", .kind = KIND_PTR, .verb = VERB_MAP } },
	  { .call = "read", .args = { 3, 0, 100 }, .ret = -14 }, READ_AT(0x2000, 1, "a"), "buf.addr map! unmappable" },
	/* numbers of processes, given again */
	{ .name = "a number that the kernel tells", PHASE_EXIT, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "getpid", .ret = 40 }, { .call = "getpid", .ret = 41 }, "ret map; ret 40", .gives = true },
	{ .name = "a number that stands for another one", PHASE_EXIT, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "getpid", .ret = 40 }, { .call = "getpid", .ret = 41 }, "ret map! unmappable", .gives = true, .born = { 40, 42 } },
	{ .name = "a number that the policy lets differ", PHASE_EXIT, { { .field = "", .kind = KIND_PID, .verb = VERB_ACCEPT } },
	  { .call = "getpid", .ret = 40 }, { .call = "getpid", .ret = 41 }, "ret accept", .gives = true },
	{ .name = "a number that the program speaks of", PHASE_ENTRY, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "kill", .args = { 40, 9 } }, { .call = "kill", .args = { 40, 9 } }, "arg 0 = 41", .gives = true, .born = { 40, 41 } },
	{ .name = "a group that the program speaks of", PHASE_ENTRY, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "kill", .args = { (uint32_t)-40, 9 } }, { .call = "kill", .args = { (uint32_t)-40, 9 } }, "arg 0 = -41",
	  .gives = true, .born = { 40, 41 } },
	{ .name = "a number that the program speaks of, for a report", PHASE_ENTRY,
	  { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } }, { .call = "kill", .args = { 40, 9 } },
	  { .call = "kill", .args = { 41, 9 } }, "pid map", .born = { 40, 41 } },
	{ .name = "the clock of a task that the program speaks of", PHASE_ENTRY, { { .field = "", .kind = KIND_CLOCK, .verb = VERB_MAP } },
	  { .call = "clock_gettime", .args = { (uint32_t)(~40 * 8 + 6), 0x3000 } },
	  { .call = "clock_gettime", .args = { (uint32_t)(~40 * 8 + 6), 0x3000 } }, "arg 0 = -330", .gives = true, .born = { 40, 41 } },
	{ .name = "the clock of a descriptor", PHASE_ENTRY, { { .field = "", .kind = KIND_CLOCK, .verb = VERB_MAP } },
	  { .call = "clock_gettime", .args = { (uint32_t)(~40 * 8 + 3), 0x3000 } },
	  { .call = "clock_gettime", .args = { (uint32_t)(~40 * 8 + 3), 0x3000 } }, "", .gives = true, .born = { 40, 41 } },
	{ .name = "a number in a path", PHASE_ENTRY, { { 0 } }, OPEN("/proc/40/stat"), OPEN("/proc/40/stat"),
	  "text 1 \"/proc/1041/stat\"", .gives = true, .born = { 40, 1041 } },
	{ .name = "a number in a path of somebody else's", PHASE_ENTRY, { { 0 } }, OPEN("/tmp/40/stat"), OPEN("/tmp/40/stat"), "",
	  .gives = true, .born = { 40, 41 } },
	{ .name = "a number in a path that takes a way", PHASE_ENTRY, { { 0 } }, OPEN("/./proc/40/stat"), OPEN("/./proc/40/stat"),
	  "pathname map! unmappable", .gives = true, .born = { 40, 41 } },
	{ .name = "a number in a path from another folder", PHASE_ENTRY, { { 0 } }, OPEN("40/stat"), OPEN("40/stat"), "",
	  .gives = true, .born = { 40, 41 } },
	{ .name = "a number that is written for the kernel", PHASE_ENTRY, { { 0 } },
	  { .call = "write", .args = { 3, 0x1000, 3 }, .ret = 3, .blocks = { IN("buf.addr", 0x1000, "40\n") } },
	  { .call = "write", .args = { 3, 0x1000, 3 }, .ret = 3, .blocks = { IN("buf.addr", 0x1000, "40\n") } },
	  "buf map! unmappable", .gives = true, .born = { 40, 41 }, .path = { "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/cgroup.procs" } },
	{ .name = "a number that stands for itself is written for the kernel", PHASE_ENTRY, { { 0 } },
	  { .call = "write", .args = { 3, 0x1000, 3 }, .ret = 3, .blocks = { IN("buf.addr", 0x1000, "40\n") } },
	  { .call = "write", .args = { 3, 0x1000, 3 }, .ret = 3, .blocks = { IN("buf.addr", 0x1000, "40\n") } },
	  "", .gives = true, .born = { 40, 40 }, .path = { "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/cgroup.procs" } },
	{ .name = "a number that is written into a file", PHASE_ENTRY, { { 0 } },
	  { .call = "write", .args = { 3, 0x1000, 3 }, .ret = 3, .blocks = { IN("buf.addr", 0x1000, "40\n") } },
	  { .call = "write", .args = { 3, 0x1000, 3 }, .ret = 3, .blocks = { IN("buf.addr", 0x1000, "40\n") } },
	  "", .gives = true, .born = { 40, 41 } },
	{ .name = "a number that is another one's in this run", PHASE_ENTRY, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "kill", .args = { 41, 9 } }, { .call = "kill", .args = { 41, 9 } }, "pid map! unmappable", .gives = true,
	  .born = { 40, 41 } },
	{ .name = "a group that is another one's in this run", PHASE_ENTRY, { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } },
	  { .call = "kill", .args = { (uint32_t)-41, 9 } }, { .call = "kill", .args = { (uint32_t)-41, 9 } },
	  "pid map! unmappable", .gives = true, .born = { 40, 41 } },
	{ .name = "the number of a descriptor, where that of a process may stand", PHASE_ENTRY,
	  { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } }, { .call = "waitid", .args = { 3, 40, 0, 4 } },
	  { .call = "waitid", .args = { 3, 40, 0, 4 } }, "", .gives = true, .born = { 40, 41 } },
	{ .name = "another descriptor, where a process may stand", PHASE_ENTRY,
	  { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } }, { .call = "waitid", .args = { 3, 40, 0, 4 } },
	  { .call = "waitid", .args = { 3, 41, 0, 4 } }, "id map! unmappable", .gives = true, .born = { 40, 41 } },
	{ .name = "the number of a user, where that of a process may stand", PHASE_ENTRY,
	  { { .field = "", .kind = KIND_PID, .verb = VERB_MAP } }, { .call = "setpriority", .args = { 2, 40, 9 } },
	  { .call = "setpriority", .args = { 2, 40, 9 } }, "", .gives = true, .born = { 40, 41 } },
	{ .name = "the owner of a lock", PHASE_ENTRY, { { .field = "", .kind = KIND_FUTEX, .verb = VERB_MAP } },
	  { .call = "futex(FUTEX_UNLOCK_PI)", .args = { 0x1000, 7 }, .blocks = { IN("uaddr.addr", 0x1000, "\x28\0\0\x80") } },
	  { .call = "futex(FUTEX_UNLOCK_PI)", .args = { 0x1000, 7 }, .blocks = { IN("uaddr.addr", 0x1000, "\x28\0\0\x80") } },
	  "mem 0x1000 \")\\0\\0\\80\"", .gives = true, .born = { 40, 41 } },
	{ .name = "the owner of a lock that a call that waits has named", PHASE_ENTRY, { { .field = "", .kind = KIND_FUTEX, .verb = VERB_MAP } },
	  { .call = "futex(FUTEX_UNLOCK_PI)", .args = { 0x1000, 7 }, .blocks = { IN("uaddr.addr", 0x1000, "\x28\0\0\x80") } },
	  { .call = "futex(FUTEX_UNLOCK_PI)", .args = { 0x1000, 7 }, .blocks = { IN("uaddr.addr", 0x1000, "\x29\0\0\x80") } },
	  "uaddr map", .gives = true, .born = { 40, 41 } },
	{ .name = "the next owner of a lock", PHASE_EXIT, { { .field = "", .kind = KIND_FUTEX, .verb = VERB_MAP } },
	  { .call = "futex(FUTEX_UNLOCK_PI)", .args = { 0x1000, 7 }, .blocks = { OUT("uaddr.addr", 0x1000, "\x28\0\0\x80") } },
	  { .call = "futex(FUTEX_UNLOCK_PI)", .args = { 0x1000, 7 }, .blocks = { OUT("uaddr.addr", 0x1000, "\x29\0\0\x80") } },
	  "uaddr map; mem 0x1000 \"(\\0\\0\\80\"", .gives = true, .born = { 40, 41 } },
	{ .name = "a number in memory", PHASE_ENTRY, { { 0 } },
	  { .call = "ioctl(TIOCSPGRP)", .args = { 0, 0x5410, 0x1000 }, .blocks = { IN("argp.addr", 0x1000, "\x28\0\0\0") } },
	  { .call = "ioctl(TIOCSPGRP)", .args = { 0, 0x5410, 0x1000 }, .blocks = { IN("argp.addr", 0x1000, "\x28\0\0\0") } },
	  "mem 0x1000 \")\\0\\0\\0\"; undo mem 0x1000 \"(\\0\\0\\0\"", .gives = true, .born = { 40, 41 } },
	{ .name = "a port that the kernel gave", PHASE_EXIT, { { .field = "", .kind = KIND_PORT, .verb = VERB_MAP } },
	  { .call = "getsockname", .args = { 3, 0x1000, 0x2000 }, .blocks = { OUT("addr.addr", 0x1000, "\2\0\x9c\x41\x7f\0\0\1") } },
	  { .call = "getsockname", .args = { 3, 0x1000, 0x2000 }, .blocks = { OUT("addr.addr", 0x1000, "\2\0\x9c\x42\x7f\0\0\1") } },
	  "addr.sin_port map; mem 0x1002 \"\\9cA\"", .gives = true },
	/* what is there on one side only */
	{ .name = "absent, equal", PHASE_ENTRY, { { .call = "openat", .field = "pathname.addr", .verb = VERB_ACCEPT } },
	  { .call = "openat", .args = { (uint32_t)-100 }, .ret = -14 }, OPEN("/x"), "pathname.addr accept; pathname equal!" },
	{ .name = "absent, accept", PHASE_ENTRY, { { .call = "openat", .field = "pathname.addr", .verb = VERB_ACCEPT },
					    { .call = "openat", .field = "pathname", .verb = VERB_ACCEPT } },
	  { .call = "openat", .args = { (uint32_t)-100 }, .ret = -14 }, OPEN("/x"), "pathname.addr accept; pathname accept" },
	/* memory that could not be read */
	{ .name = "unreadable on both sides", PHASE_ENTRY, { { 0 } },
	  { .call = "write", .args = { 1, 8, 4 }, .ret = -14, .blocks = { { .at = "buf.addr", .addr = 8, .status = BLOCK_UNREADABLE, .data = "" } } },
	  { .call = "write", .args = { 1, 8, 4 }, .ret = -14, .blocks = { { .at = "buf.addr", .addr = 8, .status = BLOCK_UNREADABLE, .data = "" } } }, "" },
	{ .name = "unreadable on one side", PHASE_ENTRY, { { 0 } },
	  { .call = "write", .args = { 1, 8, 4 }, .ret = -14, .blocks = { { .at = "buf.addr", .addr = 8, .status = BLOCK_UNREADABLE, .data = "" } } },
	  { .call = "write", .args = { 1, 8, 4 }, .ret = 4, .blocks = { IN("buf.addr", 8, "abcd") } }, "buf equal!" },
	{ .name = "unreadable on one side, the same text", PHASE_ENTRY, { { 0 } },
	  { .call = "unlink", .args = { 8 }, .ret = -14, .blocks = { { .at = "pathname.addr", .addr = 8, .status = BLOCK_UNREADABLE, .data = "/x", .len = 2 } } },
	  { .call = "unlink", .args = { 8 }, .blocks = { STR("pathname.addr", 8, "/x") } }, "pathname equal! unreadable" },
	/* a terminal gives no more at once than it did */
	{ .name = "read from a terminal", PHASE_ENTRY, { { 0 } }, READ(5, "hello"), READ(8, "hello you"), "arg 2 = 5", .terminal = true },
	{ .name = "as much as there is room for", PHASE_ENTRY, { { 0 } }, READ(100, "hello"), READ(100, "hello"), "", .terminal = true },
	{ .name = "nothing", PHASE_ENTRY, { { 0 } }, { .call = "read", .args = { 3, 0x1000, 100 } }, READ(5, "hello"), "", .terminal = true },
	{ .name = "no terminal", PHASE_ENTRY, { { 0 } }, READ(5, "hello"), READ(8, "hello you"), "" },
	/* sets of records */
	{ .name = "directory, another order", PHASE_EXIT, { { .call = "getdents64", .field = "dirp.order", .verb = VERB_REPLAY },
						     { .call = "getdents64", .field = "dirp[].d_off", .verb = VERB_REPLAY },
						     { .call = "getdents64", .field = "dirp[].d_ino", .verb = VERB_REPLAY } },
	  DENTS(DIRENT("\1", "\7", "b") DIRENT("\2", "\10", "a")), DENTS(DIRENT("\2", "\5", "a") DIRENT("\3", "\6", "b")),
	  "dirp[0].d_off replay; dirp[1].d_ino replay; dirp[1].d_off replay; dirp.order replay; "
	  "mem 0x1008 \"\\8\\0\\0\\0\\0\\0\\0\\0\"; mem 0x1018 \"\\1\\0\\0\\0\\0\\0\\0\\0\"; mem 0x1020 \"\\7\\0\\0\\0\\0\\0\\0\\0\"; "
	  "mem 0x1000 \"\\1\\0\\0\\0\\0\\0\\0\\0\\7\\0\\0\\0\\0\\0\\0\\0\\18\\0\\8b\\0\\0\\0\\0"
	  "\\2\\0\\0\\0\\0\\0\\0\\0\\8\\0\\0\\0\\0\\0\\0\\0\\18\\0\\8a\\0\\0\\0\\0\"" },
	{ .name = "directory, another order, equal", PHASE_EXIT, { { 0 } }, DENTS(DIRENT("\1", "\7", "b") DIRENT("\2", "\10", "a")),
	  DENTS(DIRENT("\2", "\10", "a") DIRENT("\1", "\7", "b")), "dirp.order equal!" },
	{ .name = "directory, another file", PHASE_EXIT, { { .call = "getdents64", .field = "dirp.order", .verb = VERB_REPLAY } },
	  DENTS(DIRENT("\1", "\7", "b") DIRENT("\2", "\10", "a")), DENTS(DIRENT("\2", "\10", "a") DIRENT("\1", "\7", "c")),
	  "dirp[1].d_ino equal!; dirp[1].d_off equal!; dirp[1].d_type equal!; dirp[1].d_name equal!; dirp[2].d_ino equal!; "
	  "dirp[2].d_off equal!; dirp[2].d_type equal!; dirp[2].d_name equal!; dirp.order replay! unapplied" },
	{ .name = "ready, another order", PHASE_EXIT, { { .call = "epoll_wait", .field = "events.order", .verb = VERB_REPLAY } },
	  READY(READY_ONE("\1", "a") READY_ONE("\4", "b") READY_ONE("\1", "c")), READY(READY_ONE("\1", "c") READY_ONE("\1", "a") READY_ONE("\4", "b")),
	  "events.order replay; mem 0x1000 \"\\1\\0\\0\\0a\\0\\0\\0\\0\\0\\0\\0\\4\\0\\0\\0b\\0\\0\\0\\0\\0\\0\\0\\1\\0\\0\\0c\\0\\0\\0\\0\\0\\0\\0\"" },
	{ .name = "ready, another order, equal", PHASE_EXIT, { { 0 } }, READY(READY_ONE("\1", "a") READY_ONE("\4", "b")),
	  READY(READY_ONE("\4", "b") READY_ONE("\1", "a")), "events.order equal!" },
	{ .name = "ready, the same tie twice", PHASE_EXIT, { { .call = "epoll_wait", .field = "events.order", .verb = VERB_REPLAY } },
	  READY(READY_ONE("\1", "a") READY_ONE("\4", "a")), READY(READY_ONE("\4", "a") READY_ONE("\2", "a")),
	  "events[0].events equal!; events.order replay; mem 0x1000 \"\\2\\0\\0\\0a\\0\\0\\0\\0\\0\\0\\0\\4\\0\\0\\0a\\0\\0\\0\\0\\0\\0\\0\"" },
	{ .name = "ready, other ties", PHASE_EXIT, { { .call = "epoll_wait", .field = "events[].data", .verb = VERB_REPLAY } },
	  READY(READY_ONE("\1", "a") READY_ONE("\4", "b")), READY(READY_ONE("\1", "c") READY_ONE("\4", "d")),
	  "events[0].data replay; events[1].data replay; mem 0x1004 \"a\\0\\0\\0\\0\\0\\0\\0\"; mem 0x1010 \"b\\0\\0\\0\\0\\0\\0\\0\"" },
	{ .name = "ready, one more", PHASE_EXIT, { { .call = "epoll_wait", .field = "events.order", .verb = VERB_REPLAY } },
	  READY(READY_ONE("\1", "b")), READY(READY_ONE("\4", "a") READY_ONE("\1", "b")),
	  "events[1].events equal!; events[1].data equal!; events.order replay; ret equal!; "
	  "mem 0x1000 \"\\1\\0\\0\\0b\\0\\0\\0\\0\\0\\0\\0\\4\\0\\0\\0a\\0\\0\\0\\0\\0\\0\\0\"" },
	{ .name = "ready, one fewer", PHASE_EXIT, { { .call = "epoll_wait", .field = "events.order", .verb = VERB_REPLAY } },
	  READY(READY_ONE("\4", "a") READY_ONE("\1", "b")), READY(READY_ONE("\1", "b")),
	  "events[0].events equal!; events[0].data equal!; events.order replay! unapplied; ret equal!" },
	/* violation: continue */
	{ .name = "forced, out", PHASE_EXIT, { { 0 } }, READ(5, "hello"), READ(5, "hallo"), "buf equal! forced; mem 0x1000 \"hello\"",
	  .force = true },
	{ .name = "forced, in", PHASE_ENTRY, { { 0 } }, WRITE(2, "ab"), WRITE(2, "ac"), "buf equal! forced; mem 0x1000 \"ab\"",
	  .force = true },
	{ .name = "forced, in, no room", PHASE_ENTRY, { { 0 } }, OPEN("/abcd"), OPEN("/b"), "pathname equal!", .force = true },
	{ .name = "forced, a file that is not in the directory", PHASE_EXIT,
	  { { .call = "getdents64", .field = "dirp.order", .verb = VERB_REPLAY } },
	  DENTS(DIRENT("\1", "\7", "b") DIRENT("\2", "\10", "a")), DENTS(DIRENT("\1", "\7", "b")),
	  "dirp[0].d_ino equal! forced; dirp[0].d_off equal! forced; dirp[0].d_type equal! forced; dirp[0].d_name equal! forced; "
	  "dirp.order replay! unapplied forced; ret equal! forced; mem 0x1018 \"\\2\\0\\0\\0\\0\\0\\0\\0\"; "
	  "mem 0x1020 \"\\8\\0\\0\\0\\0\\0\\0\\0\"; mem 0x102a \"\\8\"; mem 0x102b \"a\"; "
	  "mem 0x1000 \"\\1\\0\\0\\0\\0\\0\\0\\0\\7\\0\\0\\0\\0\\0\\0\\0\\18\\0\\8b\\0\\0\\0\\0"
	  "\\2\\0\\0\\0\\0\\0\\0\\0\\8\\0\\0\\0\\0\\0\\0\\0\\18\\0\\8a\\0\\0\\0\\0\"; ret 48", .force = true },
	{ .name = "an address is never forced", PHASE_ENTRY, { { 0 } }, READ_AT(0x1000, 1, "a"), READ_AT(0x2000, 1, "a"),
	  "buf.addr equal!", .force = true },
	/* as many bits as the kernel looks at */
	{ .name = "garbage above 32 bits", PHASE_ENTRY, { { 0 } }, { .call = "close", .args = { 3 } },
	  { .call = "close", .args = { 0xdead00000003 } }, "" },
	{ .name = "registers beyond the arguments", PHASE_ENTRY, { { 0 } }, { .call = "close", .args = { 3, 1, 2 } },
	  { .call = "close", .args = { 3, 9, 9 } }, "" },
};

static void decide_row(const struct row *r, struct decision *d, struct arena *arena, struct vm_prog *policy)
{
	struct sys_event rec, live;
	struct decide_context c = { .schema = test_schema(),
				    .policy = policy,
				    .maps = maps_new(),
				    .force = r->force,
				    .gives_numbers = r->gives };

	if (r->born[0])
		maps_process_born(c.maps, r->born[0], r->born[1]);
	for (int side = 0; side < SIDE_COUNT; side++) {
		c.facts[side] = facts_new(c.schema, "/tmp", "6.1", "x86_64", "host");
		facts_set_fd(c.facts[side], 3, r->terminal ? FD_KIND_TTY : FD_KIND_FILE, 0, r->path[side] ? r->path[side] : "/tmp/f");
	}
	test_event(&rec, &r->rec, arena);
	test_event(&live, &r->live, arena);
	d->arena = arena;
	verify_decide(&c, &rec, &live, r->phase, d);
	for (int side = 0; side < SIDE_COUNT; side++)
		facts_free(c.facts[side]);
	maps_free(c.maps);
}

START_TEST(table)
{
	const struct row *r = &rows[_i];
	struct arena *arena = arena_new();
	struct vm_prog *policy = test_policy(r->rules, r->force);
	struct decision d = { 0 };
	struct buf text = { 0 };

	decide_row(r, &d, arena, policy);
	ck_assert_msg(strcmp(test_decision_text(&d, &text), r->expected) == 0, "%s:\n  is       %s\n  expected %s", r->name,
		      buf_cstr(&text), r->expected);
	ck_assert_msg(d.fields > 0, "%s: no field compared", r->name);
	ck_assert_int_eq(d.action, ACTION_GO);
	buf_free(&text);
	vm_free(policy);
	arena_free(arena);
}
END_TEST

START_TEST(cut_data_is_counted)
{
	static const struct row r = {
		.name = "cut", PHASE_ENTRY, { { 0 } },
		{ .call = "write", .args = { 1, 8, 4 }, .blocks = { { .at = "buf.addr", .addr = 8, .status = BLOCK_CUT, .data = "ab", .len = 2 } } },
		{ .call = "write", .args = { 1, 8, 4 }, .blocks = { { .at = "buf.addr", .addr = 8, .status = BLOCK_CUT, .data = "ab", .len = 2 } } },
		"",
	};
	struct arena *arena = arena_new();
	struct vm_prog *policy = test_policy(r.rules, false);
	struct decision d = { 0 };

	decide_row(&r, &d, arena, policy);
	ck_assert_uint_eq(d.nfindings, 0);
	ck_assert_uint_eq(d.cut, 1);
	vm_free(policy);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *name;
	struct event_spec rec, live;
	const char *expected;
} emulations[] = {
	{ .name = "to the actual address", READ_AT(0x1000, 2, "ab"), { .call = "read", .args = { 3, 0x9000, 100 }, .ret = 2 },
	  "mem 0x9000 \"ab\"" },
	{ .name = "nothing was written", { .call = "read", .args = { 3, 0x1000, 100 }, .ret = 0 },
	  { .call = "read", .args = { 3, 0x9000, 100 }, .ret = 0 }, "" },
	{ .name = "nested", IOVEC("ab", "cd"),
	  { .call = "readv", .args = { 3, 0x300, 2 }, .ret = 4, .blocks = {
	    IN("iov.addr", 0x300, "\0\x50\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\x60\0\0\0\0\0\0\5\0\0\0\0\0\0\0") } },
	  "mem 0x5000 \"ab\"; mem 0x6000 \"cd\"" },
	{ .name = "less room than before", READ_AT(0x1000, 2, "ab"), { .call = "read", .args = { 3, 0x9000, 1 }, .ret = 2 },
	  "buf.addr replay! unapplied" },
};

START_TEST(emulate)
{
	struct arena *arena = arena_new();
	struct vm_prog *policy = test_policy((struct rule[]){ { 0 } }, false);
	struct decide_context c = { .schema = test_schema(), .policy = policy };
	struct decision d = { .arena = arena };
	struct sys_event rec, live;
	struct buf text = { 0 };

	test_event(&rec, &emulations[_i].rec, arena);
	test_event(&live, &emulations[_i].live, arena);
	verify_emulate(&c, &rec, &live, &d);
	ck_assert_msg(strcmp(test_decision_text(&d, &text), emulations[_i].expected) == 0, "%s:\n  is       %s\n  expected %s",
		      emulations[_i].name, buf_cstr(&text), emulations[_i].expected);
	buf_free(&text);
	vm_free(policy);
	arena_free(arena);
}
END_TEST

/* Recordings come from outside: whatever stands in a recorded event, deciding ends, within its bounds. */

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static void mutate(struct sys_event *ev, uint64_t *state, struct arena *arena)
{
	static const uint64_t numbers[] = { 0, 1, 2, 0x1000, 0x2000, 0xffff, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX };
	struct abi_block *b = ev->nblocks ? &ev->blocks[next_random(state) % ev->nblocks] : NULL;
	uint64_t n = numbers[next_random(state) % (sizeof(numbers) / sizeof(numbers[0]))];
	uint8_t *data;

	switch (next_random(state) % 8) {
	case 0:
		ev->args[next_random(state) % ABI_ARGS] = n;
		return;
	case 1:
		ev->ret = (int64_t)n;
		return;
	case 2:
		ev->flags ^= EVENT_RETURNED;
		return;
	case 3:
		if (b)
			b->addr = n;
		return;
	case 4:
		if (b)
			b->node = (uint16_t)n;
		return;
	case 5:
		if (b)
			b->index = (uint32_t)n;
		return;
	case 6:
		if (b && b->len)
			b->len = (uint32_t)(next_random(state) % b->len);
		return;
	case 7:
		if (!b || !b->len)
			return;
		data = arena_copy(arena, b->data, b->len);
		data[next_random(state) % b->len] = (uint8_t)n;
		b->data = data;
		return;
	}
}

START_TEST(hostile)
{
	const struct row *r = &rows[_i];
	/* everything replayed, or mapped */
	struct rule all[ABI_NKINDS + 1] = { { 0 } };
	struct vm_prog *policy;
	uint64_t state = (uint64_t)_i;

	for (int k = 0; k < ABI_NKINDS; k++)
		all[k] = (struct rule){ .field = "", .kind = (enum abi_kind)k, .verb = k % 5 ? VERB_REPLAY : VERB_MAP };
	policy = test_policy(all, true);
	for (int i = 0; i < 300; i++) {
		struct decide_context c = { .schema = test_schema(), .policy = policy, .maps = maps_new(), .force = i % 2 };
		struct arena *arena = arena_new();
		struct decision d = { .arena = arena };
		struct sys_event rec, live;

		test_event(&rec, &r->rec, arena);
		test_event(&live, &r->live, arena);
		for (uint64_t n = next_random(&state) % 4 + 1; n > 0; n--)
			mutate(&rec, &state, arena);
		for (int side = 0; side < SIDE_COUNT; side++)
			c.facts[side] = facts_new(c.schema, "/", "", "", "");
		if (abi_schema_select(c.schema, rec.nr, rec.args) == live.call) {
			verify_decide(&c, &rec, &live, PHASE_ENTRY, &d);
			maps_apply(c.maps, c.schema, &rec, &live);
			verify_decide(&c, &rec, &live, PHASE_EXIT, &d);
			verify_emulate(&c, &rec, &live, &d);
			for (size_t p = 0; p < d.npatches; p++)
				ck_assert(d.patches[p].type != PATCH_MEMORY || d.patches[p].len > 0);
		}
		for (int side = 0; side < SIDE_COUNT; side++)
			facts_free(c.facts[side]);
		maps_free(c.maps);
		arena_free(arena);
	}
	vm_free(policy);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify decide");
	TCase *t = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, table, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, hostile, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, emulate, 0, (int)(sizeof(emulations) / sizeof(emulations[0])));
	tcase_add_test(t, cut_data_is_counted);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

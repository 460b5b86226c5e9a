/*
 * What a program puts into its memory before each call of abi_world.h's rows, and what the kernel writes there.
 */
#ifndef TESTS_UNIT_ABI_CALLS_H
#define TESTS_UNIT_ABI_CALLS_H

#include "abi_world.h"

#include <sys/socket.h>

struct call {
	struct world *w;
	struct sys_event *ev;
	uint64_t out[4]; /* addresses that the kernel writes to */
};

static inline void set_args(struct call *c, uint64_t a, uint64_t b, uint64_t d, uint64_t e)
{
	c->ev->args[0] = a;
	c->ev->args[1] = b;
	c->ev->args[2] = d;
	c->ev->args[3] = e;
}

static inline void enter_arg(struct call *c)
{
	set_args(c, 0xabcd00000001, world_str(c->w, "hello\n"), 6, 0);
}

static inline void enter_arg_null(struct call *c)
{
	set_args(c, 1, 0, 6, 0);
}

static inline void enter_arg_nothing(struct call *c)
{
	set_args(c, 1, world_str(c->w, "hello"), 0, 0);
}

static inline void enter_arg_bad(struct call *c)
{
	set_args(c, 1, WORLD_BAD, 6, 0);
}

static inline void enter_arg_half(struct call *c)
{
	memcpy(c->w->bytes + WORLD_SIZE - 3, "xyz", 3);
	set_args(c, 1, WORLD_END - 3, 6, 0);
}

static inline void enter_arg_times(struct call *c)
{
	static const uint32_t list[] = { 10, 20, 30, 40, 50 };

	/* the upper half of the register is garbage that the kernel does not look at */
	set_args(c, world_put(c->w, list, sizeof(list)), 0x700000002, 0, 0);
}

static inline void enter_bits(struct call *c)
{
	set_args(c, world_str(c->w, "ABCD"), 17, 0, 0);
}

static inline void enter_constant(struct call *c)
{
	c->out[0] = world_zero(c->w, 8);
	set_args(c, c->out[0], 0, 0, 0);
}

static inline void run_constant(struct call *c)
{
	world_u32(c->w, c->out[0], 3);
	world_u32(c->w, c->out[0] + 4, 4);
}

static inline void enter_cstr(struct call *c)
{
	set_args(c, world_str(c->w, "/etc/hosts"), 0x80000, 0, 0);
}

static inline void enter_cstr_far(struct call *c)
{
	/* its second piece is on another page, and so is its third */
	char name[5000];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	c->w->top = 4096 - 16;
	set_args(c, world_put(c->w, name, sizeof(name)), 0, 0, 0);
}

static inline void enter_cstr_open_end(struct call *c)
{
	memcpy(c->w->bytes + WORLD_SIZE - 3, "abc", 3);
	set_args(c, WORLD_END - 3, 0, 0, 0);
}

static inline void enter_deref_entry(struct call *c)
{
	static const uint32_t len = 3;

	set_args(c, world_str(c->w, "abcdef"), world_put(c->w, &len, sizeof(len)), 0, 0);
}

static inline void enter_deref_exit(struct call *c)
{
	c->out[0] = world_zero(c->w, 32);
	c->out[1] = world_zero(c->w, 4);
	set_args(c, c->out[0], c->out[1], 0, 0);
}

static inline void run_deref_exit(struct call *c)
{
	world_set(c->w, c->out[0], "result", 6);
	world_u32(c->w, c->out[1], 6);
}

static inline void enter_fdset(struct call *c)
{
	c->out[0] = world_zero(c->w, 128);
	world_u64(c->w, c->out[0], 0x4141);
	set_args(c, 65, c->out[0], 0, 0);
}

static inline void run_fdset(struct call *c)
{
	world_u64(c->w, c->out[0], 0x41);
}

static inline void enter_field(struct call *c)
{
	uint64_t iov[] = { world_str(c->w, "one"), 3, 0, 0, world_str(c->w, "three"), 5 };

	set_args(c, 1, world_put(c->w, iov, sizeof(iov)), 3, 0);
}

static inline void enter_fill(struct call *c)
{
	uint64_t iov[6];

	for (unsigned i = 0; i < 3; i++) {
		c->out[i] = iov[2 * i] = world_zero(c->w, 16);
		iov[2 * i + 1] = 4;
	}
	set_args(c, 5, world_put(c->w, iov, sizeof(iov)), 3, 0);
}

static inline void run_fill(struct call *c)
{
	world_set(c->w, c->out[0], "AAAA", 4);
	world_set(c->w, c->out[1], "BB", 2);
}

static inline void put_dirent(uint8_t *at, uint64_t inode, uint64_t cookie, uint16_t len, uint8_t type,
			      const char *name)
{
	memset(at, 0x5a, len); /* what stands behind the name is never compared */
	memcpy(at, &inode, 8);
	memcpy(at + 8, &cookie, 8);
	memcpy(at + 16, &len, 2);
	at[18] = type;
	strcpy((char *)at + 19, name);
}

static inline void enter_getdents(struct call *c)
{
	c->out[0] = world_zero(c->w, 256);
	set_args(c, 3, c->out[0], 256, 0);
}

static inline void run_getdents(struct call *c)
{
	uint8_t entries[72];

	put_dirent(entries, 7, 1, 24, 8, "zoo");
	put_dirent(entries + 24, 8, 2, 24, 4, "..");
	put_dirent(entries + 48, 9, 3, 24, 8, "ape");
	world_set(c->w, c->out[0], entries, sizeof(entries));
}

static inline void run_getdents_torn(struct call *c)
{
	uint8_t entries[24];

	put_dirent(entries, 7, 1, 24, 8, "zoo");
	world_set(c->w, c->out[0], entries, sizeof(entries));
	world_set(c->w, c->out[0] + 24, "torn", 4);
}

/* Handles: one with room for 16 bytes, of which 5 are used, and one whose head is not all there. */
static inline void enter_headed(struct call *c)
{
	uint8_t handle[8 + 16] = { 16 };

	c->out[0] = world_put(c->w, handle, sizeof(handle));
	set_args(c, c->out[0], 0, 0, 0);
}

static inline void run_headed(struct call *c)
{
	world_set(c->w, c->out[0], "\5\0\0\0\1\0\0\0inode", 13);
}

static inline void enter_headed_short(struct call *c)
{
	memcpy(c->w->bytes + WORLD_SIZE - 6, "\7\0\0\0ab", 6);
	set_args(c, WORLD_END - 6, 0, 0, 0);
}

static inline void enter_names(struct call *c)
{
	c->out[0] = world_zero(c->w, 64);
	set_args(c, c->out[0], 64, 0, 0);
}

static inline void run_names(struct call *c)
{
	world_set(c->w, c->out[0], "zoo\0\0ape\0torn", 13);
}

/* two elements of 32 bytes behind the head */
static inline void enter_headed_items(struct call *c)
{
	uint8_t ranges[24 + 2 * 32 + 8] = { [0] = 5, [8] = 7, [16] = 2, [24] = 3, [24 + 40] = 8, [24 + 64] = 'x' };

	c->out[0] = world_put(c->w, ranges, sizeof(ranges));
	set_args(c, c->out[0], 0, 0, 0);
}

static inline void run_headed_items(struct call *c)
{
	world_u64(c->w, c->out[0] + 24 + 32 + 16, 4096);
}

/* room for two; nobody has said yet how many there are */
static inline void enter_says(struct call *c)
{
	uint64_t map[4 + 3 * 7] = { 0, 100, (uint64_t)UINT32_MAX << 32, 2 };

	c->out[0] = world_put(c->w, map, sizeof(map));
	set_args(c, c->out[0], 0, 0, 0);
}

/* there are three */
static inline void run_says(struct call *c)
{
	world_u32(c->w, c->out[0] + 20, 3);
	for (unsigned i = 0; i < 2; i++)
		world_u64(c->w, c->out[0] + 32 + i * 56, 40 * i);
}

static inline void enter_thing(struct call *c)
{
	uint16_t values[3] = { 5, 6, 7 };

	c->out[0] = world_put(c->w, values, sizeof(values));
	set_args(c, 2, c->out[0], 0, 0);
}

static inline void enter_thing_unknown(struct call *c)
{
	enter_thing(c);
	c->ev->args[0] = (uint64_t)-1;
}

/* _IOC_SIZE is 4; the upper half of the register is garbage */
static inline void enter_ioc(struct call *c)
{
	c->out[0] = world_str(c->w, "abcdefgh");
	set_args(c, 0x12345678c004abcd, c->out[0], 0, 0);
}

static inline void run_ioc(struct call *c)
{
	world_set(c->w, c->out[0], "ABCDEFGH", 8);
}

static inline void enter_ioc_longer(struct call *c)
{
	set_args(c, 0x400a8a01, world_put(c->w, "\1\0\0\0\2\0\3\0yz", 10), 0, 0);
}

static inline void enter_ioc_shorter(struct call *c)
{
	set_args(c, 0x40048a01, world_put(c->w, "\1\0\0\0\2\0\3\0yz", 10), 0, 0);
}

/* Two records of getdents(2): the types stand at their ends. */
static inline void run_old_getdents(struct call *c)
{
	uint8_t entries[48];

	put_dirent(entries, 7, 1, 24, 'z', "oo");
	entries[23] = 8;
	put_dirent(entries + 24, 8, 2, 24, '.', ".");
	entries[47] = 4;
	world_set(c->w, c->out[0], entries, sizeof(entries));
}

static inline void enter_min_deref(struct call *c)
{
	static const uint32_t room = 110;

	c->out[0] = world_zero(c->w, 128);
	c->out[1] = world_put(c->w, &room, sizeof(room));
	set_args(c, 3, c->out[0], c->out[1], 0);
}

static inline void run_min_deref(struct call *c)
{
	static const uint8_t in[16] = { AF_INET, 0, 0x1f, 0x90, 127, 0, 0, 1 };

	world_set(c->w, c->out[0], in, sizeof(in));
	world_u32(c->w, c->out[1], sizeof(in));
}

static inline void enter_nested(struct call *c)
{
	uint64_t first[] = { world_str(c->w, "a"), 1, world_str(c->w, "bb"), 2 };
	uint64_t second[] = { world_str(c->w, "ccc"), 3 };
	uint64_t messages[] = { world_put(c->w, first, sizeof(first)), 2, world_put(c->w, second, sizeof(second)), 1 };

	set_args(c, world_put(c->w, messages, sizeof(messages)), 2, 0, 0);
}

static inline void enter_null_ended(struct call *c)
{
	uint64_t argv[] = { world_str(c->w, "ls"), world_str(c->w, "-l"), 0, 0x41 };

	set_args(c, world_str(c->w, "/bin/ls"), world_put(c->w, argv, sizeof(argv)), 0, 0);
}

static inline void enter_one(struct call *c)
{
	static const uint8_t table[32] = { 2, 0xee, 0xee, 0xee, 1, 0, 2, 0, 3, 0, 4, 0, 'o', 'n', 'e' };

	c->out[0] = world_put(c->w, table, sizeof(table));
	c->out[1] = world_zero(c->w, 16);
	set_args(c, c->out[0], c->out[1], 0, 0);
}

static inline void run_one(struct call *c)
{
	world_u64(c->w, c->out[0] + 16, 1);
	world_u64(c->w, c->out[0] + 24, 5);
	world_u64(c->w, c->out[1], 2);
}

static inline void enter_path_min(struct call *c)
{
	c->out[0] = world_zero(c->w, 64);
	set_args(c, c->out[0], 64, 0, 0);
}

static inline void run_path_min(struct call *c)
{
	world_set(c->w, c->out[0], "/usr/bin", 8);
}

static inline void enter_poll(struct call *c)
{
	static const uint8_t fds[16] = { 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0 };

	c->out[0] = world_put(c->w, fds, sizeof(fds));
	set_args(c, c->out[0], 2, UINT64_MAX, 0);
}

static inline void run_poll(struct call *c)
{
	world_set(c->w, c->out[0] + 14, "\4", 1);
}

static inline void enter_recvmsg(struct call *c)
{
	uint64_t iov[2];
	uint64_t msg[7] = { 0 };

	c->out[0] = iov[0] = world_zero(c->w, 64);
	iov[1] = 64;
	msg[0] = c->out[1] = world_zero(c->w, 128);
	msg[1] = 128;
	msg[2] = world_put(c->w, iov, sizeof(iov));
	msg[3] = 1;
	msg[4] = c->out[2] = world_zero(c->w, 32);
	msg[5] = 32;
	c->out[3] = world_put(c->w, msg, sizeof(msg));
	set_args(c, 3, c->out[3], 0, 0);
}

static inline void run_recvmsg(struct call *c)
{
	static const uint8_t un[] = { AF_UNIX, 0, '/', 's', 0 };

	world_set(c->w, c->out[0], "payload", 7);
	world_set(c->w, c->out[1], un, sizeof(un));
	world_u32(c->w, c->out[3] + 8, sizeof(un));
	world_u64(c->w, c->out[3] + 40, 0);
	world_u32(c->w, c->out[3] + 48, 0x40);
}

static inline void enter_result(struct call *c)
{
	c->out[0] = world_put(c->w, "stale bytes stale bytes", 24);
	set_args(c, 3, c->out[0], 24, 0);
}

static inline void run_result(struct call *c)
{
	world_set(c->w, c->out[0], "a\0b", 3);
}

static inline void enter_result_times(struct call *c)
{
	c->out[0] = world_zero(c->w, 120);
	set_args(c, c->out[0], 0, 0, 0);
}

static inline void run_result_times(struct call *c)
{
	world_u32(c->w, c->out[0], 1);
	world_u64(c->w, c->out[0] + 4, 77);
	world_u32(c->w, c->out[0] + 12, 4);
	world_u64(c->w, c->out[0] + 16, 78);
}

static inline void enter_sized_arg(struct call *c)
{
	uint64_t how[] = { 2, 0600, 0, 0x4242 };

	set_args(c, world_put(c->w, how, sizeof(how)), sizeof(how), 0, 0);
}

static inline void enter_sized_arg_short(struct call *c)
{
	uint64_t how[] = { 2, 0600, 0 };

	set_args(c, world_put(c->w, how, sizeof(how)), 16, 0, 0);
}

static inline void enter_sized_field(struct call *c)
{
	uint32_t attr[16] = { 60, 3, 0, 0, 5 };

	memcpy(&attr[14], "tail", 4);
	set_args(c, world_put(c->w, attr, sizeof(attr)), 0, 0, 0);
}

static inline void put_address(struct call *c, const void *addr, size_t len, uint32_t said)
{
	set_args(c, 3, world_put(c->w, addr, len), said, 0);
}

static inline void enter_sockaddr_in(struct call *c)
{
	static const uint8_t in[16] = { AF_INET, 0, 0, 80, 10, 0, 0, 1 };

	put_address(c, in, sizeof(in), sizeof(in));
}

static inline void enter_sockaddr_in_short(struct call *c)
{
	static const uint8_t in[16] = { AF_INET, 0, 0, 80, 10, 0, 0, 1 };

	put_address(c, in, sizeof(in), 4);
}

static inline void enter_sockaddr_in6(struct call *c)
{
	static const uint8_t in6[28] = { AF_INET6, 0, 0, 80, 0, 0, 0, 0, [23] = 1 };

	put_address(c, in6, sizeof(in6), sizeof(in6));
}

static inline void enter_sockaddr_un(struct call *c)
{
	put_address(c, "\1\0\0hidden", 9, 9);
}

static inline void enter_sockaddr_path(struct call *c)
{
	put_address(c, "\1\0/run/s\0stale", 14, 14);
}

static inline void enter_sockaddr_path_full(struct call *c)
{
	put_address(c, "\1\0/run/s", 8, 8);
}

static inline void enter_sockaddr_other(struct call *c)
{
	put_address(c, "\x63\0data", 6, 6);
}

static inline void enter_sockaddr_one_byte(struct call *c)
{
	put_address(c, "\1", 1, 1);
}

static inline void enter_sockaddr_negative(struct call *c)
{
	put_address(c, "\1\0/s", 4, (uint32_t)-4);
}

static inline void enter_sockaddr_bad(struct call *c)
{
	set_args(c, 3, WORLD_BAD, 16, 0);
}

static inline void enter_synthetic(struct call *c)
{
	set_args(c, 0x1000, 0, 0, 0);
}

#endif

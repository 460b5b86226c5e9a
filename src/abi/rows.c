/*
 * The table of calls: syscalls.def as struct abi_row.
 */
#include "abi/event.h"
#include "abi/row.h"

#include <asm/ioctls.h>
#include <asm/prctl.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/ipc.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#include "abi/table.h"

#define NONE          ABI_NR_NONE
/* Operations are 32-bit numbers: the kernel looks at no more. */
#define U32_MASK      UINT32_MAX
#define U64_MASK      UINT64_MAX

/* Levels of socket options. */
#define SOCKOPT_LEVEL_SOCKET  1
#define SOCKOPT_LEVEL_IP      0
#define SOCKOPT_LEVEL_IPV6    41
#define SOCKOPT_LEVEL_TCP     6
#define SOCKOPT_LEVEL_UDP     17
#define SOCKOPT_LEVEL_ICMPV6  58
#define SOCKOPT_LEVEL_RAW     255
#define SOCKOPT_LEVEL_NETLINK 270
#define SOCKOPT_LEVEL_PACKET  263

/* Of a futex operation these two bits are no part of the command. */
#define FUTEX_COMMAND (U32_MASK & ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))
/* Of a quota operation these 8 bits are no part of the command. */
#define QUOTA_COMMAND (U32_MASK & ~0xffu)

/* A result travels through the macros in parentheses, so that its commas divide nothing. */
#define RET(K)        ("ret", KIND_##K, KIND_DEFAULT(K), SET_NONE)
#define RET_SET(K, S) ("ret", KIND_##K, KIND_DEFAULT(K), SET_##S)
#define NO_RET        (NULL, KIND_INT, ENC_S32, SET_NONE)
#define RESULT_FIELD(n, k, e, s)                                         \
	{                                                                \
		.name = n, .kind = k, .enc = e, .dir = DIR_OUT, .set = s \
	}

#define FIELDS(...)  ((const struct abi_field[]){ __VA_ARGS__ })
#define NFIELDS(...) (sizeof((const struct abi_field[]){ __VA_ARGS__ }) / sizeof(struct abi_field))

#define ROW(made, call, label, x86_64, aarch64, reg, mask, number, is_partial, ...) \
	ROW_ALSO(made, call, label, x86_64, aarch64, reg, mask, number, 0, 0, 0, is_partial, __VA_ARGS__)
#define ROW_ALSO(made, call, label, x86_64, aarch64, reg, mask, number, reg2, mask2, number2, is_partial, ret, \
		 class_bits, call_flags, ...)                                                                  \
	{                                                                                                      \
		.name = #call,                                                                                 \
		.variant = (label),                                                                            \
		.nr_x86_64 = (x86_64),                                                                         \
		.nr_aarch64 = (aarch64),                                                                       \
		.select_arg = (reg),                                                                           \
		.select_mask = (mask),                                                                         \
		.select_value = (uint64_t)(number) & (mask),                                                   \
		.also_arg = (reg2),                                                                            \
		.also_mask = (mask2),                                                                          \
		.also_value = (number2),                                                                       \
		.classes = (class_bits),                                                                       \
		.flags = (call_flags),                                                                         \
		.result = RESULT_FIELD ret,                                                                    \
		.args = FIELDS(__VA_ARGS__),                                                                   \
		.nargs = NFIELDS(__VA_ARGS__) - (made),                                                        \
		.nfields = NFIELDS(__VA_ARGS__),                                                               \
		.partial = (is_partial),                                                                       \
	},
#define SYSCALL_MADE(made, call, x86_64, aarch64, ...) \
	ROW(made, call, NULL, x86_64, aarch64, 0, 0, 0, false, __VA_ARGS__)
#define SYSCALL(call, x86_64, aarch64, ...) ROW(0, call, NULL, x86_64, aarch64, 0, 0, 0, false, __VA_ARGS__)
#define PARTIAL(call, x86_64, aarch64, ...) ROW(0, call, NULL, x86_64, aarch64, 0, 0, 0, true, __VA_ARGS__)
#define OP(call, op, x86_64, aarch64, reg, ...) \
	ROW(0, call, #op, x86_64, aarch64, reg, U32_MASK, op, false, __VA_ARGS__)
#define OP_NUM(call, op, x86_64, aarch64, reg, number, ...) \
	ROW(0, call, #op, x86_64, aarch64, reg, U32_MASK, number, false, __VA_ARGS__)
#define OP_NUM_MADE(made, call, op, x86_64, aarch64, reg, number, ...) \
	ROW(made, call, #op, x86_64, aarch64, reg, U32_MASK, number, false, __VA_ARGS__)
#define OP_AT(call, op, x86_64, aarch64, reg, number, reg2, number2, ...) \
	ROW_ALSO(0, call, #op, x86_64, aarch64, reg, U32_MASK, number, reg2, U32_MASK, number2, false, __VA_ARGS__)
#define FLAG(call, flag, x86_64, aarch64, reg, bits, ...) \
	ROW(0, call, #flag, x86_64, aarch64, reg, bits, bits, false, __VA_ARGS__)

const struct abi_row abi_rows[] = {
#include "abi/syscalls.def"
};

const size_t abi_nrows = sizeof(abi_rows) / sizeof(abi_rows[0]);

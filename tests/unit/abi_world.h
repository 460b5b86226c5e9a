/*
 * A task's memory for tests of capture and walk: one stretch of bytes, everything else unreadable; and rows that have
 * one call for each length rule and shape.
 */
#ifndef TESTS_UNIT_ABI_WORLD_H
#define TESTS_UNIT_ABI_WORLD_H

#include "abi/table.h"
#include "abi/walk.h"
#include "base/attr.h"

#include <string.h>

#define WORLD_BASE 0x10000u
#define WORLD_SIZE 0x40000u
#define WORLD_END  (WORLD_BASE + WORLD_SIZE)
#define WORLD_BAD  0xdead0000u /* never readable */

struct world {
	uint8_t bytes[WORLD_SIZE];
	uint32_t top; /* bytes handed out */
	unsigned reads, requests;
	bool gone;
};

static inline int world_read(void *ctx, struct abi_read *requests, size_t n)
{
	struct world *w = ctx;

	w->reads++;
	w->requests += (unsigned)n;
	if (w->gone)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct abi_read *r = &requests[i];

		r->got = 0;
		if (r->addr < WORLD_BASE || r->addr >= WORLD_END)
			continue;
		uint64_t left = WORLD_END - r->addr;

		r->got = r->len < left ? r->len : (uint32_t)left;
		memcpy(r->into, w->bytes + (r->addr - WORLD_BASE), r->got);
	}
	return 0;
}

/* Puts data into the task and returns its address there, a multiple of 16. */
static inline uint64_t world_put(struct world *w, const void *data, size_t len)
{
	uint64_t addr = WORLD_BASE + w->top;

	memcpy(w->bytes + w->top, data, len);
	w->top += (uint32_t)(len + 15) / 16 * 16;
	return addr;
}

static inline uint64_t world_str(struct world *w, const char *s)
{
	return world_put(w, s, strlen(s) + 1);
}

static inline uint64_t world_zero(struct world *w, size_t len)
{
	uint64_t addr = WORLD_BASE + w->top;

	memset(w->bytes + w->top, 0, len);
	w->top += (uint32_t)(len + 15) / 16 * 16;
	return addr;
}

/* What the kernel does: writes at an address. */
static inline void world_set(struct world *w, uint64_t addr, const void *data, size_t len)
{
	memcpy(w->bytes + (addr - WORLD_BASE), data, len);
}

static inline void world_u32(struct world *w, uint64_t addr, uint32_t n)
{
	world_set(w, addr, &n, sizeof(n));
}

static inline void world_u64(struct world *w, uint64_t addr, uint64_t n)
{
	world_set(w, addr, &n, sizeof(n));
}

/* ---- types that the kernel's tables have not ---- */

static const struct abi_field world_slot_fields[] = {
	{ .name = "key", .kind = KIND_ID, .enc = ENC_U16 },
	{ .name = "value", .kind = KIND_COUNTER, .enc = ENC_U16, .offset = 2 },
};
static const struct abi_type world_slot = {
	.shape = SHAPE_STRUCT, .name = "slot", .size = 4, .fields = world_slot_fields, .nfields = 2
};
static const struct abi_field world_table_fields[] = {
	{ .name = "n", .kind = KIND_COUNT, .enc = ENC_U8 },
	{ .name = "slots", .type = &world_slot, .offset = 4, .count = 2 },
	{ .name = "name", .type = TYPE_BYTES(STRING, 4), .kind = KIND_STRING, .enc = ENC_BYTES, .offset = 12 },
	{ .name = "after", .kind = KIND_TIME, .enc = ENC_TIMESPEC, .dir = DIR_OUT, .offset = 16 },
};
static const struct abi_type world_table = {
	.shape = SHAPE_STRUCT, .name = "table", .size = 32, .fields = world_table_fields, .nfields = 4
};
/* a message with a name and buffers in an array of messages: pointers in arrays in arrays */
static const struct abi_field world_message_fields[] = {
	{ .name = "iov",
	  .type = &abi_type_iovec_in,
	  .kind = KIND_DATA,
	  .enc = ENC_BYTES,
	  .pointer = true,
	  .len = { FIELD(8, U64) } },
	{ .name = "n", .kind = KIND_COUNT, .enc = ENC_U64, .offset = 8 },
};
static const struct abi_type world_message = {
	.shape = SHAPE_STRUCT, .name = "message", .size = 16, .fields = world_message_fields, .nfields = 2
};

/* ---- rows: their numbers are their places ---- */

#define WORLD_ROWS(ROW)                                                                                            \
	ROW(arg, RET(SIZE), VAL(fd, FD), BYTES(IN, buf, DATA, ARG(2)), VAL(count, SIZE))                           \
	ROW(arg_times, RET(INT), NUMS(IN, list, GID, U32, ARG_TIMES(1, 2)), VAL_ENC(n, COUNT, U32))                \
	ROW(bits, RET(INT), BYTES(IN, mask, FLAGS, BITS(1)), VAL(nbits, COUNT))                                    \
	ROW(constant, RET(INT), NUMS(OUT, fds, FD, S32, CONST(2)))                                                 \
	ROW(cstr, RET(FD), PATH(path), VAL_SET(flags, FLAGS, OPEN_FLAGS))                                          \
	ROW(deref_entry, RET(INT), BYTES(IN, data, DATA, DEREF_ENTRY(1)), NUM(IN, len, SIZE, U32))                 \
	ROW(deref_exit, RET(INT), BYTES(OUT, data, DATA, DEREF_EXIT(1)), NUM(OUT, len, SIZE, U32))                 \
	ROW(fdset, RET(INT), VAL(nfds, INT), BYTES(INOUT, set, DATA, FDSET(0)))                                    \
	ROW(field, RET(SIZE), VAL(fd, FD), ITEMS(IN, iov, iovec_in, ARG(2)), VAL(iovcnt, COUNT))                   \
	ROW(fill, RET(SIZE), VAL(fd, FD), ITEMS(IN, iov, iovec_out, ARG(2)), VAL(iovcnt, COUNT))                   \
	ROW(getdents, RET(SIZE), VAL(fd, FD), ITEMS(OUT, dirp, dirents, MIN_ARG_RESULT(2)), VAL(count, SIZE))      \
	ROW(headed, RET(INT), ITEMS(INOUT, handle, file_handle, HEAD_FIELD(8)))                                    \
	ROW(headed_items, RET(INT), ITEMS(INOUT, ranges, file_dedupe_range, HEAD_ITEMS(24, 32, 16, U16)))          \
	ROW(ioc, RET(INT), VAL_ENC(op, ENUM, U32), BYTES(INOUT, argp, DATA, IOC_SIZE(0)))                          \
	ROW(ioc_struct, RET(INT), VAL_ENC(op, ENUM, U32), ITEMS(IN, argp, epoll_params, IOC_SIZE(0)))              \
	ROW(messages, RET(SIZE), VAL(fd, FD), MESSAGES(OUT, buf, read, MIN_ARG_RESULT(2)), VAL(count, SIZE))        \
	ROW(min_deref, RET(FD), VAL(fd, FD), ITEMS(OUT, addr, sockaddr, MIN_DEREF(2)), NUM(INOUT, len, SIZE, S32)) \
	ROW(names, RET(SIZE), ITEMS(OUT, list, names, MIN_ARG_RESULT(1)), VAL(size, SIZE))                        \
	ROW(nested, RET(INT), ITEMS(IN, messages, world_message, ARG(1)), VAL(n, COUNT))                           \
	ROW(null_ended, RET(INT), PATH(path), ITEMS(IN, argv, strings, NULL_ENDED))                                \
	ROW(old_getdents, RET(SIZE), VAL(fd, FD), ITEMS(OUT, dirp, old_dirents, MIN_ARG_RESULT(2)),               \
	    VAL(count, SIZE))                                                                                      \
	ROW(one, RET(INT), ITEM(INOUT, table, world_table), NUM(OUT, now, TIME, TIMESPEC))                         \
	ROW(path_min, RET(SIZE), BYTES(OUT, buf, PATH, PATH_MIN_RESULT(1)), VAL(size, SIZE))                       \
	ROW(poll, RET(COUNT), ITEMS(INOUT, fds, pollfd, ARG(1)), VAL_ENC(nfds, COUNT, U32),                        \
	    VAL_ENC(timeout, DURATION, S32))                                                                       \
	ROW(recvmsg, RET(SIZE), VAL(fd, FD), ITEM(INOUT, msg, msghdr_receive), VAL_SET(flags, FLAGS, MSG))         \
	ROW(result, RET(SIZE), VAL(fd, FD), BYTES(OUT, buf, DATA, RESULT), VAL(count, SIZE))                       \
	ROW(result_times, RET(COUNT), ITEMS(OUT, events, epoll_event, RESULT_TIMES(1)))                            \
	ROW(says, RET(INT), ITEMS(INOUT, map, fiemap, SAYS(32, SAYS_FIEMAP)))                                      \
	ROW(sized_arg, RET(FD), ITEMS(IN, how, open_how, SIZED_ARG(1)), VAL(size, SIZE))                           \
	ROW(sized_field, RET(INT), ITEMS(IN, attr, sched_attr, SIZED_FIELD(0, 0)))                                  \
	ROW(sockaddr, RET(INT), VAL(fd, FD), ITEMS(IN, addr, sockaddr, ARG(2)), VAL_ENC(len, SIZE, S32))           \
	ROW(synthetic, RET(PTR), VAL(addr, PTR), DIGEST(OUT, content), SYNTHETIC(OUT, "limits", rlimit))          \
	ROW(thing, RET(INT), VAL(id, ID), NUMS(INOUT, values, INT, U16, SEMAPHORES(0)))

#define RET(K)                                                                          \
	{                                                                               \
		.name = "ret", .kind = KIND_##K, .enc = KIND_DEFAULT(K), .dir = DIR_OUT \
	}

#define abi_type_world_table   world_table
#define abi_type_world_message world_message

enum {
#define ROW(id, ...) WORLD_##id,
	WORLD_ROWS(ROW)
#undef ROW
		WORLD_NROWS
};

#define ROW(id, result, ...) static const struct abi_field world_args_##id[] = { __VA_ARGS__ };
WORLD_ROWS(ROW)
#undef ROW

static const struct abi_row world_rows[] = {
/* clang-format off */
#define ROW(id, res, ...)                                                                                               \
	{ .name = #id, .nr_x86_64 = WORLD_##id, .nr_aarch64 = WORLD_##id, .result = res, .args = world_args_##id,       \
	  .nargs = (uint8_t)(WORLD_##id == WORLD_synthetic ? 1 : ARRAY_LEN(world_args_##id)),                           \
	  .nfields = (uint8_t)ARRAY_LEN(world_args_##id) },
	WORLD_ROWS(ROW)
#undef ROW
	/* clang-format on */
};

static inline struct abi_schema *world_schema(void)
{
	return abi_schema_new_from(ARCH_X86_64, world_rows, ARRAY_LEN(world_rows));
}

/* An event of row nr before the call. */
static inline void world_event(const struct abi_schema *s, struct sys_event *ev, struct arena *arena, int32_t nr)
{
	event_init(ev, arena);
	ev->type = EVENT_CALL;
	ev->nr = nr;
	ev->call = abi_schema_select(s, nr, ev->args);
}

/* Things have as many elements as their number says; those below 0 nobody knows. */
static inline bool world_size(void *ctx, enum abi_thing thing, int id, uint64_t *n)
{
	(void)ctx;
	(void)thing;
	*n = (uint64_t)id;
	return id >= 0;
}

static inline struct abi_memory world_memory(struct world *w)
{
	return (struct abi_memory){ .read = world_read, .size_of = world_size, .ctx = w };
}

#endif

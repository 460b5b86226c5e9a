/*
 * Walks events by the schema: captures what a call reads and writes, and pairs the fields of two events.
 */
#ifndef ABI_WALK_H
#define ABI_WALK_H

#include "abi/event.h"
#include "abi/schema.h"
#include "base/err.h"

/* One piece of task memory to be read. */
struct abi_read {
	uint64_t addr;
	uint32_t len;
	uint8_t *into;
	uint32_t got; /* out: bytes that could be read, from the beginning */
};

/* A task's memory; trace/ implements it with one vectored process_vm_readv, tests with an array. */
struct abi_memory {
	/* Fills got of each request; a request that cannot be read at all gets 0.  -1: the task is gone. */
	int (*read)(void *ctx, struct abi_read *requests, size_t n);
	/* Of what sort the messages are that come from the task's descriptor: a flag of EVENT_MESSAGES, or 0.  NULL: none. */
	uint32_t (*messages)(void *ctx, int fd);
	/* How many elements the kernel takes a thing of the task's for; false, or NULL: not known. */
	bool (*size_of)(void *ctx, enum abi_thing thing, int id, uint64_t *n);
	void *ctx;
};

/*
 * Captures the blocks of one phase into ev (args, call, and for PHASE_EXIT ret must be set).  PHASE_ENTRY: IN and INOUT
 * data; PHASE_EXIT: OUT and INOUT data of a successful call, only for the length that the result says.  The blocks of
 * synthetic fields are the caller's to add.  With EVENT_INITIAL the pointers in args and blocks are 0 afterwards.
 * -1: *err TRACE.
 */
int abi_capture(const struct abi_schema *s, struct sys_event *ev, enum abi_phase phase, const struct abi_memory *mem,
		struct err *err);

/* One instance of a field, on both sides. */
struct abi_pair {
	const struct abi_leaf *leaf;
	/* element number for leaves in arrays ("fds[2].revents": 2), else 0; array in array: outer * 65536 + inner */
	uint32_t index;
	/*
	 * Recorded and actual; VALUE_ABSENT where this side has none.  Bytes are lent as long as the events are.  Text (kinds
	 * path, string, release, hostname) comes without the NULs at its end: rec_size and live_size count the bytes in memory,
	 * NULs included, and that many are readable at .data; they are what a patch must write.  A path at the end of a
	 * struct (sun_path) ends at its first NUL, unless it begins with one: the kernel looks at no more.
	 */
	struct value rec, live;
	uint32_t rec_size, live_size;
	uint64_t rec_addr; /* where the recorded bytes stood, 0: in a register or synthetic */
	/*
	 * Where the field stands in the live task, 0: in a register or synthetic, or there is no such place.  A place may be known
	 * where live is absent: the call failed, was not executed, or returned less than there is room for.
	 */
	uint64_t addr;
	uint32_t room;	   /* bytes that may be written at addr without touching anything else */
	enum block_status status; /* the worse of both blocks' */
};

/*
 * Pairs the fields of a phase.  Both events must be of the same call; live or rec may be NULL (all values of that side
 * absent).  Calls visit for each, in schema order, array elements ascending; a nonzero answer ends the walk and is
 * returned.  *p is lent for the call.
 */
int abi_walk(const struct abi_schema *s, const struct sys_event *rec, const struct sys_event *live, enum abi_phase phase,
	     int (*visit)(void *ctx, const struct abi_pair *p), void *ctx);

/* Value of one leaf of one event (first element in arrays), at the latest phase that has it; absent if there is none. */
struct value abi_field_value(const struct abi_schema *s, const struct sys_event *ev, uint32_t leaf_id);

/*
 * Two values of a field can stand for one another (`map`), whatever came before: both are numbers and no failed result,
 * which names nothing, or both are bytes.
 */
bool abi_can_correspond(const struct abi_leaf *leaf, const struct value *rec, const struct value *live);
/* A buffer that a call may write into. */
struct abi_room {
	uint16_t node; /* as in struct abi_block */
	uint32_t index;
	uint64_t addr;
	uint64_t bytes; /* as its arguments say; 0: they do not say */
	bool inout;	/* the kernel reads it, too */
	bool records;	/* of varying length, with padding that nobody writes behind each */
};
/*
 * The buffers that the call in ev may write into by its row, whatever its result: args and PHASE_ENTRY blocks must be
 * there.  *room is lent for the call of visit.
 */
void abi_rooms(const struct abi_schema *s, const struct sys_event *ev, void (*visit)(void *ctx, const struct abi_room *room),
	       void *ctx);

/*
 * As people read calls: `openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3`.  max: bytes shown of each string; what a
 * call takes as a path is shown whole.
 */
void abi_print_event(const struct abi_schema *s, const struct sys_event *ev, uint32_t max, struct buf *out);
/*
 * The two halves of a call that other events interrupt: `read(0,  <unfinished ...>`, with what is known at its beginning,
 * and `<... read resumed>"text", 4096) = 4` of the whole call, see event_join().
 */
void abi_print_begin(const struct abi_schema *s, const struct sys_event *ev, uint32_t max, struct buf *out);
void abi_print_rest(const struct abi_schema *s, const struct sys_event *ev, uint32_t max, struct buf *out);
/* One value of a leaf: symbolic, quoted, hexadecimal for pointers; "(absent)". */
void abi_print_value(const struct abi_leaf *leaf, const struct value *v, uint32_t max, struct buf *out);
/* "statbuf.st_ino", "fds[2].revents". */
void abi_print_path(const struct abi_leaf *leaf, uint32_t index, struct buf *out);

#endif

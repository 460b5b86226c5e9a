/*
 * What happened at a stop of a traced program, in a form that neither ptrace nor a file format shows through: a system
 * call with arguments and captured memory, a signal, the end of a task.
 */
#ifndef ABI_EVENT_H
#define ABI_EVENT_H

#include "abi/facts.h"
#include "abi/instruction.h"
#include "abi/kinds.h"
#include "base/arena.h"
#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>

#define ABI_ARGS 6
#define ABI_UNDESCRIBED UINT32_MAX /* sys_event.call of a call that no row of the schema describes */

/*
 * Numbers of events that are no system calls; rows of the schema describe them like calls, so that a policy decides
 * about their fields, too.
 */
enum abi_pseudo {
	ABI_PSEUDO_FIRST = 0x10000,
	ABI_TASK_END = ABI_PSEUDO_FIRST, /* `task_end { status, signal }` */
	ABI_SIGNAL,			 /* `signal NAME { si_code, ... }`: variant = signal number */
	ABI_INPUT,			 /* EVENT_INPUT; no row, no policy speaks of it */
	ABI_NEW_TASK,			 /* EVENT_TASK; no row: another tree of tasks is another sequence of events */
	ABI_PREEMPTED,			 /* EVENT_PREEMPTED; no row */
	ABI_INSTRUCTION,		 /* `instruction NAME { ... }`: variant = enum abi_instruction in args[2] */
	ABI_EFFECT = ABI_PSEUDO_FIRST + 16, /* `effect { path, type, mode, size, digest, ... }` */
	ABI_PSEUDO_LAST = ABI_EFFECT,
};

enum event_type {
	EVENT_CALL,   /* a system call; the initial execve is the first of a recording */
	EVENT_SIGNAL, /* a signal is delivered: nr ABI_SIGNAL, args[0] the number, one block: the siginfo_t (128 bytes) */
	EVENT_END,    /* the task ended: nr ABI_TASK_END, args[0] exit status, args[1] signal that killed it or 0 */
	/*
	 * What stands in the file on standard input, kept because a call is about to move or map it without the program's
	 * reading it: nr ABI_INPUT, args[0] the place in the file, one block without address.  Nothing that happened: it is
	 * for the replay's rebuilt standard input, and is not held against anything.
	 */
	EVENT_INPUT,
	EVENT_RETURN, /* in a recording: the end of a call whose beginning was an event with EVENT_OPEN: event_join() */
	/*
	 * The task made another one: nr ABI_NEW_TASK, args[0] its number, args[1] the CLONE_ flags of clone(2); args[2] its
	 * process number and args[3] the maker's, as the tracer saw them: never compared.
	 */
	EVENT_TASK,
	/*
	 * The task ran its own code for longer than others that were ready would wait, and was made to stand: nr
	 * ABI_PREEMPTED.  Where that happened cannot be repeated: an order that is not guaranteed.
	 */
	EVENT_PREEMPTED,
	/*
	 * What a run in a container has left at one path, behind the end of every task and ascending by path: nr ABI_EFFECT,
	 * arguments and blocks as its row says.
	 */
	EVENT_EFFECT,
	/*
	 * The task executed an instruction whose result is not the program's own: nr ABI_INSTRUCTION, args as enum
	 * abi_instruction says, one block of PHASE_EXIT: what it gives (structs.def: instruction_...).
	 */
	EVENT_INSTRUCTION,
	EVENT_TYPE_COUNT
};

enum block_status {
	BLOCK_OK,	  /* data holds all that the length rule says */
	BLOCK_UNREADABLE, /* the memory could not be read from some byte on; data holds what could */
	BLOCK_CUT,	  /* longer than the capture limit: data is the beginning, verdict cannot be "same" */
	BLOCK_STATUS_COUNT
};

/*
 * Where a siginfo, or what an instruction gives, is said to stand: nobody's memory, but its parts have places in it that
 * can be replaced.
 */
#define EVENT_SIGINFO_ADDR 4096u
#define EVENT_RESULT_ADDR  4096u

/* Memory behind one pointer (or made up by the tracer: a digest), captured in one phase. */
struct abi_block {
	enum abi_phase phase;
	/*
	 * leaf number within the call of the pointer's address field (".addr"), or of the synthetic field's first leaf: see
	 * abi_call_synthetic()
	 */
	uint16_t node;
	uint32_t index; /* which one, where the pointer is itself in an array: 0, 1, ...; array in array: outer * 65536 + inner */
	uint64_t addr;	/* where it was in the task; 0: synthetic; EVENT_SIGINFO_ADDR, EVENT_RESULT_ADDR */
	enum block_status status;
	uint32_t len;
	const uint8_t *data;
	/*
	 * The data is the digest of this range, and not there yet (then data is NULL): only where it was asked for, and for
	 * whoever takes the event to compute and to close.
	 */
	const struct digest_range *later;
};

/* What a descriptor refers to, noted when a call made it. */
struct abi_fd_info {
	int32_t fd;
	enum abi_fd_kind kind; /* FD_KIND_NONE: the call closed it */
	uint32_t flags;
	const char *path;
};

/* A piece of address space, noted at exec. */
struct abi_region {
	uint64_t start, end; /* [start, end) */
	uint64_t offset;
	uint32_t prot;	     /* PROT_ bits; bit 8: MAP_SHARED */
	const char *name;    /* path, "[stack]", "[heap]", "" */
};

#define EVENT_RETURNED 1u /* ret and PHASE_EXIT blocks are there */
#define EVENT_ANSWERED 2u /* the tracer answered (rseq: ENOSYS, ...); the kernel did not run it */
#define EVENT_EMULATED 4u /* policy: emulate; the kernel did not run it in this run */
#define EVENT_OPEN     32u /* in a recording: other events come before this call's EVENT_RETURN; ret is not known yet */
/* what the call was given was stored into while it waited: nobody knows which of it the kernel took */
#define EVENT_UNSTABLE 1024u
#define EVENT_INITIAL  8u /* the execve that starts the program: addresses of its arguments are the launcher's, given as 0 */
/* What it is about, or waits for, is no part of the run: a socket's peer, as the recorder has found out (trace/peers.h) */
#define EVENT_OUTSIDE  2048u
/* What it sends or receives are messages: the descriptor says of what sort, and the data look so. */
#define EVENT_NETLINK  16u
#define EVENT_INOTIFY  64u
#define EVENT_FANOTIFY 128u
#define EVENT_SIGNALFD 256u
#define EVENT_PACKETS  512u
#define EVENT_MESSAGES (EVENT_NETLINK | EVENT_INOTIFY | EVENT_FANOTIFY | EVENT_SIGNALFD | EVENT_PACKETS)

struct sys_event {
	enum event_type type;
	uint32_t flags;	  /* EVENT_* bits */
	uint64_t seq;	  /* place in the global order, 0, 1, ... */
	uint32_t task;	  /* task number; 0 the program, others in the order in which they were made */
	int32_t nr;	  /* the kernel's number on this arch, or enum abi_pseudo */
	uint32_t call;	  /* index of the schema's row and variant, or ABI_UNDESCRIBED: derived, not stored in recordings */
	uint64_t args[ABI_ARGS]; /* as in the registers; unused ones are 0 if the call is described */
	int64_t ret;	  /* -errno on failure; valid with EVENT_RETURNED */
	uint32_t waited;  /* milliseconds between the event before and this one, if it was a second or more; else 0 */
	uint64_t ip;	  /* instruction pointer of the call; diagnostic only, never compared */
	struct abi_block *blocks;
	uint32_t nblocks, blocks_room;
	struct abi_fd_info *fds; /* descriptors that this call made, changed or closed */
	uint32_t nfds;
	const char *cwd;	 /* working directory after the call, when the call changed it; else NULL */
	const char *command;	 /* program path after a successful exec; else NULL */
	struct abi_region *regions; /* whole address space after a successful exec; else NULL */
	uint32_t nregions;
	struct arena *arena; /* holds all that the event points to; lent */
};

/* An empty event that keeps its data in arena (reset by the caller between events). */
void event_init(struct sys_event *ev, struct arena *arena);
/* Appends a block whose data is lent. */
struct abi_block *event_add_block(struct sys_event *ev);
/* The block of a phase, node and index, or NULL. */
const struct abi_block *event_find_block(const struct sys_event *ev, enum abi_phase phase, uint16_t node, uint32_t index);
/* A copy in arena; of each block's data at most max bytes. */
void event_copy(struct sys_event *to, const struct sys_event *from, uint32_t max, struct arena *arena);
/* Completes the beginning of a call (EVENT_OPEN) by its EVENT_RETURN, whose data is lent; open->arena gets the list. */
void event_join(struct sys_event *open, const struct sys_event *ret);
/* The signal with this siginfo (128 bytes) is a fault of the task's own code: nobody sent it. */
bool event_is_fault(int signal, const uint8_t *siginfo);
/* ret says failure: -4095..-1. */
static inline bool event_failed(const struct sys_event *ev)
{
	return (ev->flags & EVENT_RETURNED) && ev->ret < 0 && ev->ret >= -4095;
}

#endif

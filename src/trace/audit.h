/*
 * The effect audit (engine.md 4): what a call changed in the task's memory, held against what its row says the kernel
 * may write.  Slow; for tests of the tables.
 *
 * Before each call the private writable memory is copied and the buffers that the kernel only writes are filled with
 * bytes of no meaning.  After it every byte that changed must lie in a block that the row gives, and none of these
 * blocks may still end in the filling.  What the kernel left alone is as it was when the program goes on.
 *
 * A store of what stands there already changes nothing and is not seen: programs for the audit put something else
 * there. Not looked at: shared mappings (others write there, and so does the file behind them), and the ranges that a
 * call of the address space names (mmap, munmap, madvise, ...).
 */
#ifndef TRACE_AUDIT_H
#define TRACE_AUDIT_H

#include "abi/event.h"
#include "abi/schema.h"
#include "base/err.h"
#include "trace/task.h"

enum audit_fault {
	AUDIT_OUTSIDE,   /* memory changed that the row does not speak of */
	AUDIT_UNWRITTEN, /* the row says that the kernel wrote these bytes, and it did not */
};

struct audit_finding {
	enum audit_fault fault;
	const struct sys_event *ev; /* lent */
	uint64_t addr, len;         /* bytes [addr, addr + len) of the task */
	const char *near;           /* path of the pointer whose block is the nearest in front of addr, "" none: lent */
	uint64_t distance;          /* from where that block begins to addr */
};

struct audit_sink {
	void (*found)(void *ctx, const struct audit_finding *f);
	/* A described call has returned and was looked at. */
	void (*done)(void *ctx, const struct sys_event *ev);
	void *ctx;
};

struct audit;

/* Both lent. */
struct audit *audit_new(const struct abi_schema *schema, const struct audit_sink *sink);
void audit_free(struct audit *a);
/* At the entry stop, PHASE_ENTRY blocks captured.  -1: *err TRACE. */
int audit_enter(struct audit *a, const struct task *task, const struct sys_event *ev, struct err *err);
/*
 * At the exit stop, PHASE_EXIT blocks captured.  1: bytes in these blocks were put back to what they were, so that they
 * must be captured once more; 0: the blocks are right.  -1: *err TRACE.
 */
int audit_exit(struct audit *a, const struct task *task, const struct sys_event *ev, struct err *err);
/* The call is not going to be looked at (an exec, the end of the task). */
void audit_forget(struct audit *a);

#endif

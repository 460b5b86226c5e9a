/*
 * Decides one pair of events under a policy: a pure function.  The policy's program says what is acceptable; nothing here
 * does.
 */
#ifndef VERIFY_DECIDE_H
#define VERIFY_DECIDE_H

#include "abi/schema.h"
#include "abi/walk.h"
#include "verify/facts.h"
#include "verify/maps.h"
#include "vm/vm.h"

/* What is to be done to the task before it goes on. */
enum patch_type {
	PATCH_MEMORY, /* data[0..len) to addr */
	PATCH_ARG,    /* argument number reg := number */
	PATCH_RET,    /* result := number */
	PATCH_OFFSET, /* file offset of descriptor fd += number */
	PATCH_SIGINFO, /* data[0..len) to offset addr of the siginfo */
	PATCH_TEXT,    /* argument number reg points to data[0..len), a copy somewhere else, for this call */
	PATCH_NUMBER,  /* the new task is known to the program as process number */
	PATCH_RESULT, /* data[0..len) to offset addr of what an instruction gives */
};

struct patch {
	enum patch_type type;
	uint64_t addr;
	const uint8_t *data;
	uint32_t len;
	unsigned reg;
	int fd;
	int64_t number;
};

/* A pair that was not equal (or met a `stop`), and what the policy says of it. */
struct finding {
	bool violation;
	const struct abi_leaf *leaf;
	uint32_t index;
	struct value recorded, actual;
	struct vm_decision by;
	bool unmappable; /* verb map, and the values do not correspond */
	bool unapplied;	 /* verb replay, and the recorded value does not fit there: a violation */
	bool forced;	 /* a violation, and the recorded value was given all the same (decide_context.force) */
	bool unreadable; /* equal as far as it could be read, and one side could be read further: a violation */
};

enum decision_action {
	ACTION_GO,	/* execute it / go on */
	ACTION_ANSWER,	/* do not execute; the result is ret, patches apply at the exit (policy: emulate) */
	ACTION_STOP,	/* violation: the call must not reach the kernel; end the program */
};

struct decision {
	enum decision_action action;
	int64_t ret;
	const struct patch *patches;
	size_t npatches;
	const struct patch *undo; /* of an entry: what the program is to find again when the call is over */
	size_t nundo;
	const struct finding *findings;
	size_t nfindings;
	uint64_t fields, bytes; /* compared */
	uint64_t by_default;	/* fields with a difference that only `default` decided */
	uint64_t unreadable;	/* fields that are equal as far as they could be read, on neither side to their end */
	uint64_t readable;	/* the fewest bytes of data that could be read of one of these */
	bool unreadable_mapped; /* memory is known to stand where reading one of these ended: the kernel may read on */
	uint64_t cut;		/* fields whose data is only the beginning of what there was: cannot end "same" */
	struct arena *arena;	/* holds all of it; lent */
};

/* What deciding needs to know of each side besides the events.  All lent. */
struct decide_context {
	const struct abi_schema *schema;
	const struct vm_prog *policy;
	struct facts *facts[SIDE_COUNT];
	struct maps *maps;
	uint32_t depth;	  /* of that task: FACT_TASK_DEPTH */
	const char *task; /* lineage of the task whose events are looked at, for the books; NULL: its number */
	/*
	 * Numbers of processes, and ports, that correspond (verb map) are given again: the program sees the recorded one wherever the kernel
	 * tells of its own, and the kernel gets its own wherever the program speaks of a recorded one.
	 */
	bool gives_numbers;
	bool force; /* policy: `violation: continue`: violations, too, get the recorded value where it can be given */
};

/*
 * Compares the fields of one phase of rec and live (same call) and fills *d, whose arena the caller gives.  No I/O; the
 * result depends on the arguments alone.  maps may gain entries.
 */
void verify_decide(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live,
		   enum abi_phase phase, struct decision *d);
/*
 * The exit of a call that was answered instead of executed: what the recorded kernel wrote goes to where the program of
 * the actual run wants it.  Findings only where that is not possible: violations.
 */
void verify_emulate(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live,
		    struct decision *d);
/* The policy lets numbers of processes correspond in what this call, which made a task, returns. */
bool verify_maps_result(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live);
/* The policy's disposition for an event, conditions read from both sides (rec may be live itself when recording). */
struct vm_disposed verify_dispose(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live);

#endif

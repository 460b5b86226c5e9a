/*
 * What the tests of verify/ share: small policies put together by the assembler, events put together by field names, and a
 * decision as one line of text.
 */
#ifndef VERIFY_SUPPORT_H
#define VERIFY_SUPPORT_H

#include "abi/schema.h"
#include "base/buf.h"
#include "verify/decide.h"
#include "vm/vm.h"

/* When an arm holds; else its field is decided by the default, equal. */
enum when {
	ALWAYS,
	WITHIN_10,	/* the numbers differ by at most 10 */
	IN_PROC,	/* fd.path is below /proc, read from both sides */
	FD_IS_1,	/* the field `fd` is 1 on both sides */
	FILE_IN_TMP,	/* file.path is below /tmp, read from both sides */
};

/* One rule.  field NULL: a disposition of the call; call NULL: the kind's rule.  A zeroed one ends a list. */
struct rule {
	const char *call; /* label */
	const char *field;
	enum abi_kind kind;
	enum vm_verb verb;
	enum vm_disposition disposition;
	enum when when;
	const char *message;
	int32_t number; /* > 0: a disposition for this number */
};

#define MAX_BLOCKS 6

/* A block by the path of its address field ("buf.addr") or of its synthetic field. */
struct block_spec {
	const char *at;
	enum abi_phase phase;
	uint32_t index;
	uint64_t addr;
	const void *data;
	uint32_t len;
	enum block_status status;
};

/* One event; without a call it is what `nr` says. */
struct event_spec {
	const char *call;
	uint64_t args[ABI_ARGS];
	int64_t ret;
	bool unreturned;
	struct block_spec blocks[MAX_BLOCKS];
	struct abi_fd_info fds[2];
	struct abi_region *regions; /* ended by an empty one */
	int32_t nr;
};

#define IN(name, address, bytes)  { .at = (name), .phase = PHASE_ENTRY, .addr = (address), .data = (bytes), \
				    .len = sizeof(bytes) - 1 }
#define STR(name, address, bytes) { .at = (name), .phase = PHASE_ENTRY, .addr = (address), .data = (bytes), .len = sizeof(bytes) }
#define OUT(name, address, bytes) { .at = (name), .phase = PHASE_EXIT, .addr = (address), .data = (bytes), \
				    .len = sizeof(bytes) - 1 }

/* The schema of this machine; made once. */
const struct abi_schema *test_schema(void);
/* Rules up to an ended list, behind them `default: equal`. */
struct vm_prog *test_policy(const struct rule *rules, bool continues);
/* In arena; blocks and all. */
void test_event(struct sys_event *ev, const struct event_spec *spec, struct arena *arena);
/* "buf replay; mem 0x2000 \"hello\"; ret 5": findings (a violation has a '!'), then patches. */
const char *test_decision_text(const struct decision *d, struct buf *out);

#endif

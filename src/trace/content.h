/*
 * The synthetic fields: digests of file content that moves without passing through a buffer (mapped files, copies
 * inside the kernel, executables), and the auxiliary vector.
 */
#ifndef TRACE_CONTENT_H
#define TRACE_CONTENT_H

#include "abi/event.h"
#include "abi/schema.h"
#include "trace/determinism.h"
#include "trace/task.h"

struct content;

/* schema is lent.  later: digests of large files that are mapped may be left to whoever gets the event (abi_block.later). */
struct content *content_new(const struct abi_schema *schema, bool later);
/* Of an address space that begins as a copy of another one. */
struct content *content_copy(struct content *from);
void content_free(struct content *c);
/* Before the call runs: adds the PHASE_ENTRY digests of ev. */
void content_enter(struct content *c, const struct task *task, struct sys_event *ev);
/* After it ran: adds the PHASE_EXIT digests of ev and notes what it did to shared mappings. */
void content_exit(struct content *c, const struct task *task, struct sys_event *ev);
/*
 * The task is about to end and its memory is still there: digest of what it has stored in shared mappings.  false: nothing
 * that its exit has not told.
 */
bool content_end(struct content *c, const struct task *task, uint8_t digest[32]);
/* Of digests of stores: BLOCK_CUT once some could not be read, so that nothing rests on them. */
enum block_status content_status(const struct content *c);
/* After a successful exec; ev has the regions. */
void content_exec(struct content *c, const struct task *task, struct sys_event *ev, const struct auxv *auxv);
/* The call that is about to run may change what is in a file: digests that were left for later cannot wait any longer. */
bool content_may_change(const struct abi_schema *schema, const struct sys_event *ev);
/* Adds a synthetic block; name "" is the first of them.  data is lent.  Nothing happens if the row has no such field.
 */
void content_add(const struct abi_schema *schema, struct sys_event *ev, const char *name, enum abi_phase phase,
		 enum block_status status, const void *data, uint32_t len);

#endif

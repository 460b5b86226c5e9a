/*
 * What a finished call changed in the world around it: descriptors, working directory, program.
 */
#ifndef TRACE_EFFECTS_H
#define TRACE_EFFECTS_H

#include "abi/event.h"
#include "abi/row.h"
#include "trace/task.h"

#include <stddef.h>

#define EFFECTS_SHOWN 3

/* Descriptors that are known to be open, and what stands for the tracer's own files in their places. */
struct effects {
	uint64_t *open; /* bit set by descriptor number */
	size_t words;
	/* A descriptor whose link is `link` is shown as `path`: a rebuilt or fed standard descriptor.  NULL: none. */
	struct {
		const char *link, *path; /* lent */
	} shown[EFFECTS_SHOWN];
};

void effects_init(struct effects *e);
/* As *from, for a task that has descriptors of its own from now on. */
void effects_copy(struct effects *e, const struct effects *from);
void effects_free(struct effects *e);
/* Fills fds, cwd, command and regions of ev, which succeeded. */
void effects_note(struct effects *e, const struct task *task, const struct abi_row *row, struct sys_event *ev);

#endif

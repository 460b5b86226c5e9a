/*
 * What spawn.c hands to the ptrace source: a task that stands before its execve.
 */
#ifndef TRACE_TRACER_H
#define TRACE_TRACER_H

#include "trace/pin.h"
#include "trace/spawn.h"
#include "trace/stdio.h"
#include "trace/task.h"

#include <signal.h>

struct tracer_start {
	const struct abi_schema *schema; /* lent */
	struct task task;                /* seized, at a signal-delivery stop; moved into the source */
	struct pin pin;
	struct stdio *stdio; /* moved into the source */
	const volatile sig_atomic_t *stop; /* lent, or NULL */
	const struct audit_sink *audit; /* lent, or NULL */
	bool digests_later, cpuid_runs;
	uint8_t at_random[16];
	struct {
		const char *link, *path; /* as in struct effects; copied */
	} shown[3];
};

/* Never fails. */
struct source *tracer_new(const struct tracer_start *start);

#endif

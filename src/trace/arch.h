/*
 * What an architecture is to the tracer: one const struct.  Outside of it nothing knows a register by name.
 */
#ifndef TRACE_ARCH_H
#define TRACE_ARCH_H

#include "abi/schema.h"

#include <stdint.h>
#include <sys/types.h>

struct arch {
	enum abi_arch abi;
	uint32_t audit;          /* AUDIT_ARCH_ of the calls that the schema's numbers are for */
	int32_t restart_syscall; /* what the kernel enters again when it goes on with an interrupted call of a timeout
				  */
	/* The task stands at a ptrace stop; each writes one register.  0, or -1 and errno. */
	int (*set_number)(pid_t pid, int32_t number); /* at an entry stop; -1: no call is executed */
	int (*set_arg)(pid_t pid, unsigned arg, uint64_t value);
	int (*set_ret)(pid_t pid, int64_t ret);
	/* At a signal stop behind a call: the task makes the call again when it goes on. */
	int (*rewind)(pid_t pid, int32_t number, uint64_t instruction_pointer);
};

extern const struct arch arch_x86_64;

#endif

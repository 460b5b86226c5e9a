/*
 * What an architecture is to the tracer: one const struct.  Outside of it nothing knows a register by name.
 */
#ifndef TRACE_ARCH_H
#define TRACE_ARCH_H

#include "abi/event.h"
#include "abi/schema.h"
#include "base/buf.h"

#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#define ARCH_INSTRUCTION_MAX 15 /* bytes of one instruction */

/* What call_end() sets back. */
struct arch_registers {
	struct user_regs_struct regs;
	long text; /* what stands where the call's instruction was put */
};

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
	/* At a stop out of the task's own code: it makes a call when it goes on, until call_end() at the exit stop. */
	int (*call_begin)(pid_t pid, int32_t number, const uint64_t args[ABI_ARGS], struct arch_registers *before);
	int (*call_end)(pid_t pid, const struct arch_registers *before, int64_t *ret);
	/* Which instruction these bytes begin with, and how many it takes. */
	enum abi_instruction (*decode)(const uint8_t *bytes, size_t n, unsigned *length);
	/* What the task, which stands at the instruction, asks: args of the event; a register that does not matter is 0.
	 * *there: all of them. */
	int (*asked)(pid_t pid, enum abi_instruction which, uint64_t args[2], struct user_regs_struct *there);
	/* Executes it here: what it gives, as abi/instruction.h lays it out.  How many bytes. */
	uint32_t (*execute)(enum abi_instruction which, const uint64_t args[2], uint8_t result[ABI_INSTRUCTION_RESULT]);
	/* All that a program can get from the processor about itself, as execute() gives it: for where nothing faults. */
	void (*describe)(struct buf *out);
	/* The task, still there, goes on at ip with this result. */
	int (*give)(pid_t pid, enum abi_instruction which, const uint8_t result[ABI_INSTRUCTION_RESULT], uint64_t ip,
		    const struct user_regs_struct *there);
	/* From now on the calling thread is treated by the processor as its tasks are, whose instructions of these sorts
	 * fault; may be said again and again. */
	void (*share_faults)(bool tsc, bool cpuid);
};

extern const struct arch arch_x86_64;

#endif

/*
 * Instructions that are executed for the program: rdtsc, rdtscp, cpuid (engine.md 5).  They fault, because the tracer has
 * said so to the kernel; what the program itself says to the kernel about that is kept apart, and it sees its own
 * settings only.
 */
#ifndef TRACE_INSTRUCTION_H
#define TRACE_INSTRUCTION_H

#include "trace/tracee.h"

/*
 * At a SIGSEGV: 1: it is such an instruction, and t->other its event; 0: the program's own affair; 2: the task ends
 * meanwhile, and t->status says how; -1: *err.
 */
int instruction_look(struct tracee_run *run, struct tracee *t, struct err *err);
/* The event was given: the task has the result. */
int instruction_give(struct tracee *t, struct err *err);
/* At SOURCE_INSTRUCTION. */
void instruction_set_result(struct tracee *t, size_t offset, const void *data, size_t len);

/* At the entry of a call, before it is known to the kernel: a program's own settings do not reach it. */
int instruction_enter(struct tracee *t, struct err *err);
/* At the exit of a call that the kernel has executed: what the program gets to see of settings.  *ret may change. */
int instruction_exit(struct tracee *t, int64_t *ret, struct err *err);
/* At the exit of a successful execve: the kernel has forgotten about cpuid.  As inject_call(); *status is t->status. */
int instruction_exec(struct tracee_run *run, struct tracee *t, struct err *err);
/* To the event of that execve: what cpuid gives a program that executes it itself; nothing if it does not. */
void instruction_add_cpuid(struct tracee_run *run, struct tracee *t);

#endif

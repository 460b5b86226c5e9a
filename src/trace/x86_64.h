/*
 * The instructions of x86_64 that are executed for the program.  Members of arch_x86_64.
 */
#ifndef TRACE_X86_64_H
#define TRACE_X86_64_H

#include "trace/arch.h"

#include <stdbool.h>

enum abi_instruction x86_64_decode(const uint8_t *bytes, size_t n, unsigned *length);
/* false: that leaf of cpuid does not look at ecx, where anything may stand. */
bool x86_64_has_subleaves(uint32_t leaf);
/* Six numbers of 32 bits for each part of cpuid that there is: leaf, subleaf, eax, ebx, ecx, edx. */
void x86_64_describe(struct buf *out);
uint32_t x86_64_execute(enum abi_instruction which, const uint64_t args[2], uint8_t result[ABI_INSTRUCTION_RESULT]);
/*
 * Reading the time stamp counter, and cpuid, fault in the calling thread, too, as they do in its tasks.  The processor has a
 * switch for each, the kernel throws it whenever it goes from a thread of the one sort to one of the other, and in a virtual
 * machine each time takes as long as a whole stop does.  What executes them in this process all the same is let through (a
 * handler of SIGSEGV, which passes everything else on), from then on until this is called again; a thread that was started
 * meanwhile must not block that signal.
 */
void x86_64_share_faults(bool tsc, bool cpuid);

#endif

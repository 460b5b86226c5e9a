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
uint32_t x86_64_execute(enum abi_instruction which, const uint64_t args[2], uint8_t result[ABI_INSTRUCTION_RESULT]);

#endif

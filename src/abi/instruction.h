/*
 * Instructions that tell a program what no system call does, and the form in which events hold what they give.
 */
#ifndef ABI_INSTRUCTION_H
#define ABI_INSTRUCTION_H

#include <stdint.h>

enum abi_instruction {
	INSTRUCTION_NONE, /* none of these */
	INSTRUCTION_RDTSC,
	INSTRUCTION_RDTSCP,
	INSTRUCTION_CPUID, /* args[0] leaf, args[1] subleaf */
};

/* What they give. */
struct abi_rdtsc {
	uint64_t value;
};

struct abi_rdtscp {
	uint64_t value;
	uint32_t aux;
} __attribute__((packed));

struct abi_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

#define ABI_INSTRUCTION_RESULT 16 /* the largest of them, in bytes */

#endif

/*
 * Registers of x86_64.  The kernel's fourth argument is in r10 (a C function's is in rcx, which the call clobbers). One
 * PTRACE_POKEUSER a register: a stop that changes nothing costs nothing, and it works on every kernel.
 */
#include "trace/arch.h"

#include "base/attr.h"
#include "base/check.h"

#include <linux/audit.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#define REGISTER(name) offsetof(struct user_regs_struct, name)

static const size_t argument_registers[ABI_ARGS] = {
	REGISTER(rdi), REGISTER(rsi), REGISTER(rdx), REGISTER(r10), REGISTER(r8), REGISTER(r9),
};

static int poke(pid_t pid, size_t offset, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, pid, (void *)(offsetof(struct user, regs) + offset), (void *)value) < 0 ? -1 : 0;
}

static int set_number(pid_t pid, int32_t number)
{
	return poke(pid, REGISTER(orig_rax), (uint64_t)(int64_t)number);
}

static int set_arg(pid_t pid, unsigned arg, uint64_t value)
{
	INVARIANT(arg < ARRAY_LEN(argument_registers));
	return poke(pid, argument_registers[arg], value);
}

static int set_ret(pid_t pid, int64_t ret)
{
	return poke(pid, REGISTER(rax), (uint64_t)ret);
}

/* ip is behind the two bytes of the syscall instruction; without a number the kernel restarts nothing by itself. */
static int rewind_call(pid_t pid, int32_t number, uint64_t ip)
{
	if (poke(pid, REGISTER(rip), ip - 2) < 0 || poke(pid, REGISTER(rax), (uint64_t)number) < 0)
		return -1;
	return set_number(pid, -1);
}

const struct arch arch_x86_64 = {
	.abi = ARCH_X86_64,
	.audit = AUDIT_ARCH_X86_64,
	.restart_syscall = 219,
	.set_number = set_number,
	.set_arg = set_arg,
	.set_ret = set_ret,
	.rewind = rewind_call,
};

/*
 * Registers of x86_64.  The kernel's fourth argument is in r10 (a C function's is in rcx, which the call clobbers). One
 * PTRACE_POKEUSER a register: a stop that changes nothing costs nothing, and it works on every kernel.
 */
#include "trace/x86_64.h"

#include "base/attr.h"
#include "base/check.h"

#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <string.h>
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

/* The bytes of the syscall instruction, lowest first. */
#define SYSCALL_BYTES 0x050fl

static int call_begin(pid_t pid, int32_t number, const uint64_t args[ABI_ARGS], struct arch_registers *before)
{
	struct user_regs_struct now;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &before->regs) < 0)
		return -1;
	now = before->regs;
	errno = 0;
	before->text = ptrace(PTRACE_PEEKTEXT, pid, (void *)now.rip, NULL);
	if (errno || ptrace(PTRACE_POKETEXT, pid, (void *)now.rip, (void *)((before->text & ~0xffffl) | SYSCALL_BYTES)) < 0)
		return -1;
	now.rax = (uint64_t)number;
	now.orig_rax = UINT64_MAX;
	now.rdi = args[0];
	now.rsi = args[1];
	now.rdx = args[2];
	now.r10 = args[3];
	now.r8 = args[4];
	now.r9 = args[5];
	return ptrace(PTRACE_SETREGS, pid, NULL, &now) < 0 ? -1 : 0;
}

static int call_end(pid_t pid, const struct arch_registers *before, int64_t *ret)
{
	struct user_regs_struct now;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &now) < 0)
		return -1;
	*ret = (int64_t)now.rax;
	if (ptrace(PTRACE_POKETEXT, pid, (void *)before->regs.rip, (void *)before->text) < 0)
		return -1;
	return ptrace(PTRACE_SETREGS, pid, NULL, &before->regs) < 0 ? -1 : 0;
}

static int asked(pid_t pid, enum abi_instruction which, uint64_t args[2],
		 struct user_regs_struct *there)
{
	args[0] = args[1] = 0;
	if (ptrace(PTRACE_GETREGS, pid, NULL, there) < 0)
		return -1;
	if (which != INSTRUCTION_CPUID)
		return 0;
	args[0] = (uint32_t)there->rax;
	if (x86_64_has_subleaves((uint32_t)args[0]))
		args[1] = (uint32_t)there->rcx;
	return 0;
}

/* Writing 32 bits of a register clears the upper ones. */
static int give(pid_t pid, enum abi_instruction which, const uint8_t result[ABI_INSTRUCTION_RESULT], uint64_t ip,
		const struct user_regs_struct *there)
{
	struct user_regs_struct now = *there;
	struct abi_rdtscp tsc;
	struct abi_cpuid id;

	if (which == INSTRUCTION_CPUID) {
		memcpy(&id, result, sizeof(id));
		now.rax = id.eax;
		now.rbx = id.ebx;
		now.rcx = id.ecx;
		now.rdx = id.edx;
	} else {
		memcpy(&tsc, result, sizeof(tsc));
		now.rax = (uint32_t)tsc.value;
		now.rdx = tsc.value >> 32;
		if (which == INSTRUCTION_RDTSCP)
			now.rcx = tsc.aux;
	}
	now.rip = ip;
	return ptrace(PTRACE_SETREGS, pid, NULL, &now) < 0 ? -1 : 0;
}

const struct arch arch_x86_64 = {
	.abi = ARCH_X86_64,
	.audit = AUDIT_ARCH_X86_64,
	.restart_syscall = 219,
	.set_number = set_number,
	.set_arg = set_arg,
	.set_ret = set_ret,
	.rewind = rewind_call,
	.call_begin = call_begin,
	.call_end = call_end,
	.decode = x86_64_decode,
	.asked = asked,
	.execute = x86_64_execute,
	.describe = x86_64_describe,
	.give = give,
	.share_faults = x86_64_share_faults,
};

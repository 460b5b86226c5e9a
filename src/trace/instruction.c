/*
 * Instructions that are executed for the program, and the calls by which a program wants to see them fault itself.
 */
#include "trace/instruction.h"

#include "base/buf.h"
#include "base/check.h"
#include "trace/inject.h"
#include "trace/memory.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif

/* ---- the instructions ---- */

/* What the processor, and nobody else, says of an instruction that it may not execute. */
static bool is_refusal(const siginfo_t *info)
{
	return info->si_signo == SIGSEGV && info->si_code == SI_KERNEL && info->si_addr == NULL;
}

/* It faults because the program wants it to. */
static bool wanted_by_program(const struct tracee *t, enum abi_instruction which)
{
	return which == INSTRUCTION_CPUID ? t->own_cpuid_faults : t->own_tsc_faults;
}

int instruction_look(struct tracee_run *run, struct tracee *t, struct err *err)
{
	uint64_t ip = t->stop.info.instruction_pointer, args[2];
	uint8_t bytes[ARCH_INSTRUCTION_MAX];
	enum abi_instruction which;
	struct sys_event *ev;
	siginfo_t info;
	unsigned length;
	uint32_t size;
	int result;

	if (ptrace(PTRACE_GETSIGINFO, t->task.pid, NULL, &info) < 0 || !is_refusal(&info))
		return 0;
	which = t->task.arch->decode(bytes, memory_read(&t->task, ip, bytes, sizeof(bytes)), &length);
	if (which == INSTRUCTION_NONE || wanted_by_program(t, which))
		return 0;
	result = segv_restore(t, err);
	if (result)
		return result < 0 ? -1 : 2;
	if (t->task.arch->asked(t->task.pid, which, args, &t->there) < 0)
		return err_errno(err, ERR_TRACE, "cannot read registers of process %d", (int)t->task.pid);
	t->stop.signal = 0;
	ev = tracee_begin_other(run, t, EVENT_INSTRUCTION, ABI_INSTRUCTION, args[0], args[1]);
	ev->args[2] = which;
	ev->call = abi_schema_select(run->schema, ev->nr, ev->args);
	ev->ip = ip;
	ev->flags = EVENT_RETURNED;
	INVARIANT(ev->call != ABI_UNDESCRIBED);
	size = t->task.arch->execute(which, args, t->result);
	content_add(run->schema, ev, "", PHASE_EXIT, BLOCK_OK, arena_copy(ev->arena, t->result, size), size);
	ev->blocks[0].addr = EVENT_RESULT_ADDR;
	t->instruction = which;
	t->rest_ip = ip + length;
	return 1;
}

int instruction_give(struct tracee *t, struct err *err)
{
	return tracee_check_register(
		t, t->task.arch->give(t->task.pid, t->instruction, t->result, t->rest_ip, &t->there), err);
}

void instruction_set_result(struct tracee *t, size_t offset, const void *data, size_t len)
{
	INVARIANT(offset <= sizeof(t->result) && len <= sizeof(t->result) - offset);
	memcpy(t->result + offset, data, len);
}

/* ---- a program's own settings ---- */

/* Operations are 32 bits wide. */
static bool is_operation(const struct tracee *t, long nr, unsigned op)
{
	return t->call.nr == nr && (unsigned)t->given[0] == op;
}

int instruction_enter(struct tracee *t, struct err *err)
{
	/* what the kernel is told stays the tracer's; it checks the program's right to say so all the same */
	if (is_operation(t, SYS_prctl, PR_SET_TSC) && (unsigned)t->given[1] == PR_TSC_ENABLE)
		return tracee_change_arg(t, 1, PR_TSC_SIGSEGV, err);
	if (is_operation(t, SYS_arch_prctl, ARCH_SET_CPUID) && t->cpuid_faults)
		return tracee_change_arg(t, 1, 0, err);
	return 0;
}

int instruction_exit(struct tracee *t, int64_t *ret, struct err *err)
{
	int mode = t->own_tsc_faults ? PR_TSC_SIGSEGV : PR_TSC_ENABLE;

	if (*ret != 0 && *ret != 1) /* refused, or a filter of the program's own has answered */
		return 0;
	if (is_operation(t, SYS_prctl, PR_SET_TSC))
		t->own_tsc_faults = (unsigned)t->given[1] == PR_TSC_SIGSEGV;
	else if (is_operation(t, SYS_prctl, PR_GET_TSC))
		return memory_write(&t->task, t->given[1], &mode, sizeof(mode), err);
	else if ((is_operation(t, SYS_prctl, PR_SET_SECCOMP) && t->given[1] == SECCOMP_MODE_STRICT) ||
		 is_operation(t, SYS_seccomp, SECCOMP_SET_MODE_STRICT))
		t->own_tsc_faults = true; /* so says the kernel of tasks that may do next to nothing */
	else if (is_operation(t, SYS_arch_prctl, ARCH_SET_CPUID))
		t->own_cpuid_faults = t->given[1] == 0;
	else if (is_operation(t, SYS_arch_prctl, ARCH_GET_CPUID) && t->cpuid_faults) {
		*ret = !t->own_cpuid_faults;
		return tracee_check_register(t, t->task.arch->set_ret(t->task.pid, *ret), err);
	}
	return 0;
}

int instruction_exec(struct tracee_run *run, struct tracee *t, struct err *err)
{
	static const uint64_t args[ABI_ARGS] = { ARCH_SET_CPUID, 0 };
	int64_t ret;
	int result;

	t->own_cpuid_faults = t->cpuid_faults = false;
	if (!run->cpuid_runs) {
		result = inject_call(&t->task, SYS_arch_prctl, args, &ret, &t->status, err);
		if (result)
			return result;
		t->cpuid_faults = ret == 0;
		run->cpuid_runs = ret == -ENODEV;
	}
	t->task.arch->share_faults(true, t->cpuid_faults);
	return 0;
}

void instruction_add_cpuid(struct tracee_run *run, struct tracee *t)
{
	CLEANUP(buf_free) struct buf all = { 0 };
	struct sys_event *ev = &t->call;

	if (t->cpuid_faults)
		return;
	t->task.arch->describe(&all);
	content_add(run->schema, ev, "cpuid", PHASE_EXIT, BLOCK_OK, arena_copy(ev->arena, all.data, all.len), (uint32_t)all.len);
}

/*
 * SIGSEGV as the program wants it.
 */
#include "trace/segv.h"

#include "base/check.h"
#include "trace/fdinfo.h"
#include "trace/inject.h"
#include "trace/memory.h"
#include "trace/tracee.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define SET_BYTES 8
#define SEGV_BIT  ((uint64_t)1 << (SIGSEGV - 1))
#define BELOW     512 /* the stack's red zone, and some */

struct action {
	uint64_t handler, flags, restorer, mask;
};

struct handlers *handlers_copy(const struct handlers *from)
{
	struct handlers *h = xcalloc(1, sizeof(*h));

	_Static_assert(sizeof(struct action) == SIGACTION_SIZE, "the kernel's sigaction");
	if (from)
		*h = *from;
	h->refs = 1;
	return h;
}

void handlers_drop(struct handlers *h)
{
	if (h && --h->refs == 0)
		free(h);
}

static bool is_handler(uint64_t handler)
{
	return handler != (uint64_t)(uintptr_t)SIG_DFL && handler != (uint64_t)(uintptr_t)SIG_IGN;
}

static void look_at_mask(struct tracee *t)
{
	uint64_t mask;

	if (ptrace(PTRACE_GETSIGMASK, t->task.pid, (void *)SET_BYTES, &mask) >= 0)
		t->segv_blocked = mask & SEGV_BIT;
}

void segv_exec(struct tracee *t)
{
	struct signal_sets sets = { 0 };
	struct action a = { 0 };

	handlers_drop(t->handlers);
	t->handlers = handlers_copy(NULL);
	if (fdinfo_signals(&t->task, &sets) && (sets.ignored & SEGV_BIT))
		a.handler = (uint64_t)(uintptr_t)SIG_IGN;
	memcpy(t->handlers->segv, &a, sizeof(a));
	t->segv_blocked = sets.blocked & SEGV_BIT;
}

static void note_action(struct tracee *t, int signal, const struct action *a)
{
	uint64_t bit = (uint64_t)1 << (signal - 1);
	bool hides = (a->mask & SEGV_BIT) || (signal == SIGSEGV && !(a->flags & SA_NODEFER));

	t->handlers->hiding &= ~bit;
	if (is_handler(a->handler) && hides)
		t->handlers->hiding |= bit;
	if (signal == SIGSEGV)
		memcpy(t->handlers->segv, a, sizeof(*a));
}

void segv_call(struct tracee *t)
{
	struct action a;

	if (t->call.nr == SYS_rt_sigprocmask || t->call.nr == SYS_rt_sigreturn) {
		look_at_mask(t);
		return;
	}
	if (t->call.nr != SYS_rt_sigaction || (int)t->given[0] < 1 || (int)t->given[0] > 64)
		return;
	for (uint32_t i = 0; i < t->call.nblocks; i++) {
		const struct abi_block *b = &t->call.blocks[i];

		if (b->phase != PHASE_ENTRY || !b->addr || b->addr != t->given[1] || b->len < sizeof(a))
			continue;
		memcpy(&a, b->data, sizeof(a));
		note_action(t, (int)t->given[0], &a);
	}
}

void segv_delivered(struct tracee *t, int signal)
{
	struct action a;

	t->segv_blocked |= t->handlers->hiding >> (signal - 1) & 1;
	memcpy(&a, t->handlers->segv, sizeof(a));
	if (signal == SIGSEGV && (a.flags & SA_RESETHAND))
		note_action(t, SIGSEGV, &(struct action){ 0 });
}

/* rt_sigaction(2), its argument below the stack for that long. */
static int set_action(struct tracee *t, struct err *err)
{
	uint64_t at = (t->stop.info.stack_pointer - BELOW) & ~(uint64_t)15;
	const uint64_t args[ABI_ARGS] = { SIGSEGV, at, 0, SET_BYTES };
	uint8_t before[SIGACTION_SIZE];
	int64_t ret = 0;
	int result;

	if (fdinfo_is_filtered(&t->task))
		return err_set(err, ERR_UNSUPPORTED,
			       "the program's own filter may not let its SIGSEGV handler be set back after an instruction that is executed for it: not judged");
	if (memory_read(&t->task, at, before, sizeof(before)) != sizeof(before))
		return err_set(err, ERR_UNSUPPORTED,
			       "the program's SIGSEGV handler cannot be set back after an instruction that is executed for it: not judged");
	if (memory_write(&t->task, at, t->handlers->segv, SIGACTION_SIZE, err) < 0)
		return -1;
	result = inject_call(&t->task, SYS_rt_sigaction, args, &ret, &t->status, err);
	if (result)
		return result;
	if (ret < 0)
		return err_set(err, ERR_TRACE, "cannot set the SIGSEGV handler of process %d", (int)t->task.pid);
	return memory_write(&t->task, at, before, sizeof(before), err);
}

int segv_restore(struct tracee *t, struct err *err)
{
	struct action a;
	uint64_t mask;
	int result;

	memcpy(&a, t->handlers->segv, sizeof(a));
	if (!t->segv_blocked && a.handler != (uint64_t)(uintptr_t)SIG_IGN)
		return 0;
	if (a.handler != (uint64_t)(uintptr_t)SIG_DFL) {
		result = set_action(t, err);
		if (result)
			return result;
	}
	if (!t->segv_blocked)
		return 0;
	if (ptrace(PTRACE_GETSIGMASK, t->task.pid, (void *)SET_BYTES, &mask) >= 0) {
		mask |= SEGV_BIT;
		if (ptrace(PTRACE_SETSIGMASK, t->task.pid, (void *)SET_BYTES, &mask) >= 0)
			return 0;
	}
	return errno == ESRCH ? 0 : err_errno(err, ERR_TRACE, "cannot set the signal mask of process %d", (int)t->task.pid);
}

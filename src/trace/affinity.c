/*
 * CPU masks of programs.
 */
#include "trace/affinity.h"

#include "trace/memory.h"

#include <string.h>
#include <sys/syscall.h>

/* Whose mask a call was about: the kernel got a number of the task's own namespace.  NULL: nobody's of this run. */
static struct tracee *asked_about(const struct tracer *tr, const struct tracee *t)
{
	pid_t pid = (pid_t)(t->changed & 1 ? t->replaced[0] : t->given[0]);

	for (size_t i = 0; i < tr->nlive; i++) {
		if (pid ? task_inner(&tr->live[i]->task) == pid : tr->live[i] == t)
			return tr->live[i];
	}
	return NULL;
}

/* The program sees this in place of what the kernel has written. */
static int show_mask(const struct tracer *tr, struct tracee *t, struct err *err)
{
	const struct tracee *whose = asked_about(tr, t);
	struct sys_event *ev = &t->call;

	for (uint32_t i = 0; whose && i < ev->nblocks; i++) {
		struct abi_block *b = &ev->blocks[i];
		uint8_t *mask;

		if (b->phase != PHASE_EXIT || b->addr != t->given[2] || b->len > sizeof(whose->cpus))
			continue;
		mask = arena_alloc(ev->arena, b->len);
		memcpy(mask, &whose->cpus, b->len);
		b->data = mask;
		return memory_write(&t->task, b->addr, mask, b->len, err);
	}
	return 0;
}

/* The mask that the kernel has given it is noted, and the task is where all are again. */
static void take_mask(const struct tracer *tr, const struct tracee *t)
{
	struct tracee *whose = asked_about(tr, t);
	cpu_set_t now, one;

	if (!whose || sched_getaffinity(whose->task.pid, sizeof(now), &now) < 0 || sched_getaffinity(0, sizeof(one), &one) < 0)
		return;
	whose->cpus = now;
	sched_setaffinity(whose->task.pid, sizeof(one), &one);
}

int affinity_call(struct tracer *tr, struct tracee *t, struct err *err)
{
	if (!tr->pin.pinned || t->answered || t->call.ret < 0)
		return 0;
	if (t->call.nr == SYS_sched_getaffinity)
		return show_mask(tr, t, err);
	if (t->call.nr == SYS_sched_setaffinity)
		take_mask(tr, t);
	return 0;
}

/*
 * Making tasks: what clone(2) and its kin are told, and the numbers of new tasks in the program's memory.
 */
#include "trace/memory.h"
#include "trace/tracee.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

/* Where clone(2) writes the number of the new task. */
static void find_tid_addresses(const struct tracee *t, uint64_t *maker, uint64_t *own)
{
	uint64_t places[2] = { 0, 0 }; /* child_tid, parent_tid */

	*maker = *own = 0;
	if (strcmp(t->row->name, "clone3") == 0) {
		if (memory_read(&t->task, t->given[0] + 16, places, sizeof(places)) != sizeof(places))
			return;
	} else if (strcmp(t->row->name, "clone") == 0) {
		places[0] = t->given[t->task.arch->abi == ARCH_X86_64 ? 3 : 4];
		places[1] = t->given[2];
	}
	if (t->clone_flags & CLONE_PARENT_SETTID)
		*maker = places[1];
	if (t->clone_flags & CLONE_CHILD_SETTID)
		*own = places[0];
}

void tracee_number_made(struct tracee *t, struct tracee *made, int64_t number)
{
	find_tid_addresses(t, &t->maker_tid_addr, &made->own_tid_addr);
	t->made = made->task.pid;
	t->made_shown = made->own_shown = number;
}

static int show_number(const struct tracee *t, uint64_t addr, pid_t written, int64_t shown, struct err *err)
{
	int32_t there, number = (int32_t)shown;

	/* in another namespace it has another number */
	if (!addr || memory_read(&t->task, addr, &there, sizeof(there)) != sizeof(there) || there != written)
		return 0;
	return memory_write(&t->task, addr, &number, sizeof(number), err);
}

int tracee_show_numbers(struct tracee *t, struct err *err)
{
	uint64_t maker = t->maker_tid_addr, own = t->own_tid_addr;

	t->maker_tid_addr = t->own_tid_addr = 0;
	if (show_number(t, maker, t->made, t->made_shown, err) < 0)
		return -1;
	return show_number(t, own, t->task.pid, t->own_shown, err);
}

/* Every task is traced, whatever its parent wants: engine.md 7. */
int tracee_enter_clone(struct tracee *t, struct err *err)
{
	uint64_t flags = 0;

	if (strcmp(t->row->name, "fork") == 0) {
		t->clone_flags = SIGCHLD;
	} else if (strcmp(t->row->name, "vfork") == 0) {
		t->clone_flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
	} else if (strcmp(t->row->name, "clone3") == 0) {
		if (memory_read(&t->task, t->given[0], &flags, sizeof(flags)) != sizeof(flags))
			flags = 0; /* the call fails */
		t->clone_flags = flags;
		if (flags & CLONE_UNTRACED) {
			flags &= ~(uint64_t)CLONE_UNTRACED;
			t->flags_written = true;
			return memory_write(&t->task, t->given[0], &flags, sizeof(flags), err);
		}
	} else {
		t->clone_flags = t->given[0];
		if (t->clone_flags & CLONE_UNTRACED)
			return tracee_change_arg(t, 0, t->given[0] & ~(uint64_t)CLONE_UNTRACED, err);
	}
	return 0;
}

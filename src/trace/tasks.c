/*
 * Tasks by process number, wait(2), and coming to rest.
 */
#include "trace/tasks.h"

#include "base/check.h"
#include "trace/locks.h"
#include "trace/wake.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUSY_NS	 (20 * NS_PER_MS) /* a wait that cannot be interrupted and takes longer is one for another task */
#define DYING_NS (2000 * NS_PER_MS)
#define YIELDS	 64 /* times that the CPU is given away before the tracer sleeps instead */
#define NAP_US	 200

/* ---- the tasks ---- */

static struct tracee *by_pid(const struct tracer *tr, pid_t pid)
{
	uint64_t at;

	return map64_get(tr->by_pid, (uint64_t)pid, &at) ? (struct tracee *)(uintptr_t)at : NULL;
}

struct tracee *tasks_by_number(const struct tracer *tr, uint32_t number)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		if (tr->live[i]->number == number)
			return tr->live[i];
	}
	return NULL;
}

void tasks_add(struct tracer *tr, struct tracee *t)
{
	t->number = tr->ntasks++;
	if (tr->nlive == tr->live_room) {
		tr->live_room = tr->live_room ? 2 * tr->live_room : 8;
		tr->live = xrealloc(tr->live, tr->live_room, sizeof(struct tracee *));
	}
	tr->live[tr->nlive++] = t;
	map64_put(tr->by_pid, (uint64_t)t->task.pid, (uint64_t)(uintptr_t)t);
}

void tasks_remove_dead(struct tracer *tr)
{
	size_t kept = 0;

	for (size_t i = 0; i < tr->nlive; i++) {
		struct tracee *t = tr->live[i];

		if (t->state != TRACEE_DEAD || t == tr->given) {
			tr->live[kept++] = t;
			continue;
		}
		if (by_pid(tr, t->task.pid) == t)
			map64_del(tr->by_pid, (uint64_t)t->task.pid);
		if (tr->last == t)
			tr->last = NULL;
		tracee_free(t);
	}
	tr->nlive = kept;
}

/* The kernel's descriptors for many tasks: more than a shell's usual limit. */
static void raise_limit(struct tracer *tr)
{
	struct rlimit limit;

	if (tr->nofile || getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	tr->nofile = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void tasks_restore_limit(struct tracer *tr)
{
	struct rlimit limit;

	if (!tr->nofile || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = tr->nofile;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The task that the event of parent tells of.  -1: *err. */
int tasks_adopt(struct tracer *tr, struct tracee *parent, struct err *err)
{
	pid_t pid = parent->stop.new_task;
	pid_t leader = parent->clone_flags & CLONE_THREAD ? parent->task.leader : pid;
	struct tracee *t;
	struct task task;

	raise_limit(tr);
	ticker_start(&tr->ticker);
	if (task_open(&task, pid, leader, parent->task.arch, err) < 0) {
		task_close(&task);
		return -1;
	}
	t = tracee_new(&tr->run, &task, parent, parent->clone_flags);
	t->state = TRACEE_NEW;
	tasks_add(tr, t);
	parent->other.args[0] = t->number;
	parent->other.args[2] = (uint64_t)pid;
	parent->other.args[3] = (uint64_t)parent->task.pid;
	t->name = arena_printf(tr->shown, "%s.%u", parent->name, ++parent->nchildren);
	for (size_t i = 0; i < tr->nearly; i++) {
		if (tr->early[i].pid != pid)
			continue;
		t->state = TRACEE_CAUGHT;
		t->status = tr->early[i].status;
		tr->early[i] = tr->early[--tr->nearly];
		break;
	}
	return 0;
}

/* ---- the end of everything ---- */

static bool may_stand_at_entry(const struct tracee *t)
{
	return t->state == TRACEE_ENTERED || t->state == TRACEE_CAUGHT ||
	       (t->state == TRACEE_EVENT && t->offers == SOURCE_ENTER);
}

/* Reaps until none of the tasks is left. */
static void reap_all(struct tracer *tr)
{
	size_t left = 0;
	int status;
	pid_t pid;

	for (size_t i = 0; i < tr->nlive; i++)
		left += tr->live[i]->state != TRACEE_DEAD;
	while (left) {
		struct tracee *t;

		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(status)) { /* the stop before its end, or of a task that nobody knew yet */
			kill(pid, SIGKILL);
			ptrace(PTRACE_CONT, pid, NULL, NULL);
			continue;
		}
		t = by_pid(tr, pid);
		if (!t || t->state == TRACEE_DEAD)
			continue;
		t->state = TRACEE_DEAD;
		if (t->number == 0 && !t->end_given)
			tr->wait_status = status;
		left--;
	}
}

void tasks_kill(struct tracer *tr)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		struct tracee *t = tr->live[i];

		if (t->state == TRACEE_DEAD)
			continue;
		if (may_stand_at_entry(t))
			t->task.arch->set_number(t->task.pid, -1);
		kill(t->task.pid, SIGKILL);
		/* one that stands at its own end is past being woken up by a signal */
		ptrace(PTRACE_CONT, t->task.pid, NULL, NULL);
	}
	for (size_t i = 0; i < tr->nearly; i++)
		kill(tr->early[i].pid, SIGKILL);
	reap_all(tr);
	tr->running = NULL;
}

/* ---- at rest ---- */

/* What is going to be woken up by a call that has just come back (or waits itself): to be looked at before anything else. */
void tasks_unsettle(struct tracer *tr, const struct tracee *by, unsigned brings)
{
	if ((brings & WAKE_ASKED) && tr->signals_asked)
		brings |= WAKE_SIGNAL;
	for (size_t i = 0; brings && i < tr->nlive; i++) {
		struct tracee *t = tr->live[i];

		if (t != by && t->state == TRACEE_IN_CALL && (t->waits_for & brings))
			t->settled = false;
	}
}

/* A thread that was not its group's leader has executed a program, and goes on under the leader's id. */
static int take_over(struct tracer *tr, pid_t pid, struct err *err)
{
	struct tracee *leader = by_pid(tr, pid), *t;
	unsigned long former = leader ? stop_message(&leader->task) : 0;

	if (!leader || !former || (pid_t)former == pid)
		return 0;
	t = by_pid(tr, (pid_t)former);
	if (!t)
		return 0;
	map64_del(tr->by_pid, (uint64_t)former);
	map64_put(tr->by_pid, (uint64_t)pid, (uint64_t)(uintptr_t)t);
	leader->state = TRACEE_DEAD;
	if (tr->running == leader)
		tr->running = NULL;
	return tracee_take_over(t, pid, err);
}

/* One answer of wait(2).  1: there was one, 0: none (or interrupted), -1: *err. */
int tasks_collect(struct tracer *tr, bool block, struct err *err)
{
	struct tracee *t;
	int status;
	/* not by the C library's waitpid(), a point of cancellation: in a process with threads that costs as much again */
	pid_t pid = (pid_t)syscall(SYS_wait4, -1, &status, __WALL | (block ? 0 : WNOHANG), NULL);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return 0;
	if (pid < 0)
		return err_errno(err, ERR_TRACE, "cannot wait for the program's tasks");
	if (WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXEC && take_over(tr, pid, err) < 0)
		return -1;
	t = by_pid(tr, pid);
	if (!t) {
		if (!WIFSTOPPED(status))
			return 1;
		tr->early = xrealloc(tr->early, tr->nearly + 1, sizeof(*tr->early));
		tr->early[tr->nearly++] = (struct early){ pid, status };
		return 1;
	}
	if (tr->running == t)
		tr->running = NULL;
	t->status = status;
	t->state = TRACEE_CAUGHT;
	return 1;
}

/* Has come back, is asleep, or is as dead as it gets. */
static bool is_settled(struct tracer *tr, struct tracee *t, uint64_t now)
{
	if (!t->entered_ns)
		t->entered_ns = now;
	switch (task_activity(&t->task)) {
	case TASK_ASLEEP:
		if (t->state == TRACEE_IN_CALL && !t->slept)
			tasks_unsettle(tr, t, wake_brings(t->row, &t->call));
		t->slept = t->overlapped = true;
		locks_asleep(t);
		return true;
	case TASK_BUSY:
		if (now - t->entered_ns < (t->row && (t->row->flags & CALL_NEW_TASK) ? 0 : BUSY_NS))
			return false;
		t->overlapped = true;
		return true;
	case TASK_DEAD: /* a leader whose threads go on is reaped with the last of them */
		if (t->state == TRACEE_DYING && t->task.pid == t->task.leader) {
			for (size_t i = 0; i < tr->nlive; i++) {
				if (tr->live[i] != t && tr->live[i]->task.leader == t->task.pid &&
				    tr->live[i]->state != TRACEE_DEAD)
					return true;
			}
		}
		break;
	case TASK_ACTIVE:
		break;
	}
	return t->state == TRACEE_DYING && now - t->entered_ns > DYING_NS;
}

static bool is_unsettled(const struct tracee *t)
{
	return t->state == TRACEE_NEW || ((t->state == TRACEE_IN_CALL || t->state == TRACEE_DYING) && !t->settled);
}

static bool any_unsettled(const struct tracer *tr)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		if (is_unsettled(tr->live[i]))
			return true;
	}
	return false;
}

/* Somebody has been let go since the CPU was last given away: most calls come back at once. */
static bool is_fresh(const struct tracer *tr)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		if (is_unsettled(tr->live[i]) && !tr->live[i]->slept)
			return true;
	}
	return false;
}

/* 1: a task has stopped, so that there is something to look at first; 0: all are settled. */
int tasks_settle(struct tracer *tr, struct err *err)
{
	bool caught = false;

	for (unsigned round = 0;; round++) {
		bool unsettled = false;
		uint64_t now;

		while (any_unsettled(tr)) {
			int more = tasks_collect(tr, false, err);

			if (more < 0)
				return -1;
			if (!more)
				break;
			caught = true;
		}
		if (!any_unsettled(tr))
			return caught;
		if (round == 0 && is_fresh(tr)) {
			sched_yield();
			continue;
		}
		now = ticker_now();
		for (size_t i = 0; i < tr->nlive; i++) {
			struct tracee *t = tr->live[i];

			if (!is_unsettled(t))
				continue;
			t->settled = t->state != TRACEE_NEW && is_settled(tr, t, now);
			unsettled |= !t->settled;
		}
		if (!unsettled)
			continue;
		if (round < YIELDS)
			sched_yield();
		else
			usleep(NAP_US);
	}
}

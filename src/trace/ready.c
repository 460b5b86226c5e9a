/*
 * epoll_wait(2) and its sisters: the same call again, for as many as were recorded.  A level-triggered descriptor that
 * was told of goes to the end of the kernel's list, so that another one is first the next time.
 */
#include "trace/ready.h"

#include "base/check.h"
#include "base/clock.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EPFD      0 /* arguments */
#define EVENTS    1
#define MAXEVENTS 2

#define READY_MAX   4096        /* more than that is not looked at */
#define PATIENCE_NS 1000000000u /* what has not become ready by then was not late */
#define NAP_US      500u
#define TURN        3u /* every so many times one alone is asked for: other neighbours come together */

bool ready_may_differ(const struct tracee *t, int64_t ret)
{
	return ret >= 0 && t->row && (t->row->flags & CALL_BLOCKS) && strncmp(t->row->name, "epoll_", 6) == 0 &&
	       !t->answered && !t->runs_out;
}

static int compare_events(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct epoll_event));
}

/* A copy of n events in the order of their bytes; the caller frees it. */
static struct epoll_event *sorted(const void *from, size_t n)
{
	struct epoll_event *list = xcalloc(n + 1, sizeof(*list));

	memcpy(list, from, n * sizeof(*list));
	qsort(list, n, sizeof(*list), compare_events);
	return list;
}

/* Events of the recording, which the program cannot have been told in another number than it says. */
static bool is_recorded(const struct tracee *t, const struct tracee_turn *turn)
{
	return turn->result > 0 && turn->result <= READY_MAX && turn->result <= (int32_t)t->given[MAXEVENTS] &&
	       turn->found && turn->found_len == (size_t)turn->result * sizeof(struct epoll_event);
}

static bool found_the_same(const struct tracee *t, int64_t ret, const struct tracee_turn *turn)
{
	size_t n = (size_t)ret, len = n * sizeof(struct epoll_event);
	struct epoll_event *found, *wanted;
	bool same;

	if (ret != turn->result)
		return false;
	found = xcalloc(n + 1, sizeof(*found));
	same = memory_read(&t->task, t->given[EVENTS], found, len) == len;
	qsort(found, n, sizeof(*found), compare_events);
	wanted = sorted(turn->found, n);
	same = same && memcmp(found, wanted, len) == 0;
	free(wanted);
	free(found);
	return same;
}

/* Asking takes nothing away, and what was recorded may come: none is tied to anything that is not in the set. */
static bool is_of_use(const struct tracee *t, int64_t ret, const struct tracee_turn *turn)
{
	struct epoll_event *set = NULL, one;
	size_t n = fdinfo_epoll_set(&t->task, (int)t->given[EPFD], &set);
	bool use = n > 0;

	for (size_t i = 0; i < n && ret > 0; i++)
		use &= !(set[i].events & (EPOLLET | EPOLLONESHOT));
	for (int64_t i = 0; i < turn->result && use; i++) {
		bool there = false;

		memcpy(&one, turn->found + (size_t)i * sizeof(one), sizeof(one));
		for (size_t k = 0; k < n; k++)
			there |= set[k].data.u64 == one.data.u64;
		use = there;
	}
	free(set);
	return use;
}

/* The call as the program gave it, or for at most so many. */
static void ask_for(struct tracee *t, int64_t max)
{
	unsigned bit = 1u << MAXEVENTS;

	t->rest &= ~bit;
	t->changed &= ~bit;
	if (max) {
		t->replaced[MAXEVENTS] = (uint64_t)max;
		t->rest |= bit;
		t->changed |= bit;
	}
}

int ready_ask_again(struct tracee *t, int64_t ret, const struct tracee_turn *turn, struct err *err)
{
	bool late;

	if (!ready_may_differ(t, ret) || t->asked_enough || (t->changed & ~t->rest & 1u << MAXEVENTS) ||
	    !is_recorded(t, turn) || found_the_same(t, ret, turn))
		return 0;
	/* the set stays what it is as long as its task stands here */
	if ((!t->asked || (ret > 0 && !t->takes_nothing)) && !is_of_use(t, ret, turn))
		return 0;
	t->takes_nothing |= ret > 0;
	if (!t->asked)
		t->asked_ns = clock_ns(CLOCK_MONOTONIC);
	else
		usleep(NAP_US);
	late = clock_ns(CLOCK_MONOTONIC) - t->asked_ns > PATIENCE_NS;
	t->asked_enough = late;
	ask_for(t, late ? 0 : ++t->asked % TURN == 0 && t->takes_nothing ? 1 : turn->result);
	t->held = true;
	return tracee_check_register(t, t->task.arch->rewind(t->task.pid, t->call.nr, t->call_ip), err) < 0 ? -1 : 1;
}

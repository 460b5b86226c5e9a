/*
 * Which argument of which call is a time limit, from their man pages.
 */
#include "trace/timeout.h"

#include "base/attr.h"
#include "base/clock.h"
#include "trace/memory.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <time.h>

static const struct timeout_rule rules[] = {
	{ "futex", "FUTEX_WAIT", 3, false, 0, -ETIMEDOUT, TIME_TIMESPEC, false },
	{ "futex", "FUTEX_WAIT_BITSET", 3, false, 0, -ETIMEDOUT, TIME_FUTEX, false },
	{ "futex", "FUTEX_LOCK_PI", 3, false, 0, -ETIMEDOUT, TIME_REALTIME, false },
	{ "futex", "FUTEX_LOCK_PI2", 3, false, 0, -ETIMEDOUT, TIME_FUTEX, false },
	{ "futex", "FUTEX_WAIT_REQUEUE_PI", 3, false, 0, -ETIMEDOUT, TIME_FUTEX, false },
	{ "futex_wait", NULL, 4, false, 0, -ETIMEDOUT, TIME_CLOCK, false },
	{ "futex_waitv", NULL, 3, false, 0, -ETIMEDOUT, TIME_CLOCK, false },
	{ "poll", NULL, 2, true, -1, 0, TIME_NUMBER, true },
	{ "ppoll", NULL, 2, false, 0, 0, TIME_TIMESPEC, true },
	{ "select", NULL, 4, false, 0, 0, TIME_TIMEVAL, true },
	{ "pselect6", NULL, 4, false, 0, 0, TIME_TIMESPEC, true },
	{ "epoll_wait", NULL, 3, true, -1, 0, TIME_NUMBER, true },
	{ "epoll_pwait", NULL, 3, true, -1, 0, TIME_NUMBER, true },
	{ "epoll_pwait2", NULL, 3, false, 0, 0, TIME_TIMESPEC, true },
	{ "rt_sigtimedwait", NULL, 2, false, 0, -EAGAIN, TIME_TIMESPEC, false },
	{ "semtimedop", NULL, 3, false, 0, -EAGAIN, TIME_TIMESPEC, false },
	{ "mq_timedsend", NULL, 4, false, 0, -ETIMEDOUT, TIME_REALTIME, false },
	{ "mq_timedreceive", NULL, 4, false, 0, -ETIMEDOUT, TIME_REALTIME, false },
};

const struct timeout_rule *timeout_of(const struct abi_row *row, const uint64_t args[ABI_ARGS])
{
	for (size_t i = 0; row && i < ARRAY_LEN(rules); i++) {
		const struct timeout_rule *r = &rules[i];

		if (row->name[0] != r->name[0] || strcmp(row->name, r->name) != 0)
			continue;
		if (r->variant && (!row->variant || strcmp(row->variant, r->variant) != 0))
			continue;
		if (r->is_number)
			return (int32_t)args[r->arg] > 0 ? r : NULL;
		return args[r->arg] ? r : NULL;
	}
	return NULL;
}

#define NS_PER_S  ((int64_t)1000000000)
#define NS_PER_MS ((int64_t)1000000)

/* From now on until a time of another clock. */
static int64_t left(clockid_t clock, int64_t until)
{
	return until - (int64_t)clock_ns(clock);
}

uint64_t timeout_deadline(const struct timeout_rule *rule, const struct task *task, const uint64_t args[ABI_ARGS])
{
	int64_t limit[2], ns = 0, now = (int64_t)clock_ns(CLOCK_MONOTONIC);

	if (!rule->is_number) {
		if (memory_read(task, args[rule->arg], limit, sizeof(limit)) != sizeof(limit) || limit[0] < 0 ||
		    limit[0] > INT64_MAX / NS_PER_S / 4)
			return UINT64_MAX;
		ns = limit[0] * NS_PER_S + (rule->time == TIME_TIMEVAL ? limit[1] * 1000 : limit[1]);
	}
	switch (rule->time) {
	case TIME_NUMBER:
		ns = (int64_t)(int32_t)args[rule->arg] * NS_PER_MS;
		break;
	case TIME_TIMEVAL:
	case TIME_TIMESPEC:
		break;
	case TIME_REALTIME:
		ns = left(CLOCK_REALTIME, ns);
		break;
	case TIME_FUTEX:
		ns = left(args[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
		break;
	case TIME_CLOCK:
		ns = left((clockid_t)args[rule->arg + 1], ns);
		break;
	}
	return (uint64_t)(ns > 0 ? now + ns : now);
}

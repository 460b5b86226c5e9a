/*
 * Which argument of which call is a time limit, from their man pages.
 */
#include "trace/timeout.h"

#include "base/attr.h"

#include <errno.h>
#include <string.h>

static const struct timeout_rule rules[] = {
	{ "futex", "FUTEX_WAIT", 3, false, 0, -ETIMEDOUT, false },
	{ "futex", "FUTEX_WAIT_BITSET", 3, false, 0, -ETIMEDOUT, false },
	{ "futex", "FUTEX_LOCK_PI", 3, false, 0, -ETIMEDOUT, false },
	{ "futex", "FUTEX_LOCK_PI2", 3, false, 0, -ETIMEDOUT, false },
	{ "futex", "FUTEX_WAIT_REQUEUE_PI", 3, false, 0, -ETIMEDOUT, false },
	{ "futex_wait", NULL, 4, false, 0, -ETIMEDOUT, false },
	{ "futex_waitv", NULL, 3, false, 0, -ETIMEDOUT, false },
	{ "poll", NULL, 2, true, -1, 0, true },
	{ "ppoll", NULL, 2, false, 0, 0, true },
	{ "select", NULL, 4, false, 0, 0, true },
	{ "pselect6", NULL, 4, false, 0, 0, true },
	{ "epoll_wait", NULL, 3, true, -1, 0, true },
	{ "epoll_pwait", NULL, 3, true, -1, 0, true },
	{ "epoll_pwait2", NULL, 3, false, 0, 0, true },
	{ "rt_sigtimedwait", NULL, 2, false, 0, -EAGAIN, false },
	{ "semtimedop", NULL, 3, false, 0, -EAGAIN, false },
	{ "mq_timedsend", NULL, 4, false, 0, -ETIMEDOUT, false },
	{ "mq_timedreceive", NULL, 4, false, 0, -ETIMEDOUT, false },
};

const struct timeout_rule *timeout_of(const struct abi_row *row, const uint64_t args[ABI_ARGS])
{
	for (size_t i = 0; row && i < ARRAY_LEN(rules); i++) {
		const struct timeout_rule *r = &rules[i];

		if (strcmp(row->name, r->name) != 0)
			continue;
		if (r->variant && (!row->variant || strcmp(row->variant, r->variant) != 0))
			continue;
		if (r->is_number)
			return (int32_t)args[r->arg] > 0 ? r : NULL;
		return args[r->arg] ? r : NULL;
	}
	return NULL;
}

/*
 * Audit cases: how a process is scheduled.
 */
#include "case.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>

/* <linux/sched/types.h> and libc's <sched.h> exclude each other */
struct attributes {
	uint32_t size, sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime, sched_deadline, sched_period;
	uint32_t sched_util_min, sched_util_max;
};

/* ---- how it runs ---- */

ABI_CASE("sched_yield")
{
	MUST(syscall(SYS_sched_yield));
}

ABI_CASE("sched_getscheduler")
{
	MUST(syscall(SYS_sched_getscheduler, 0));
	MUST_FAIL(syscall(SYS_sched_getscheduler, -1), EINVAL);
}

ABI_CASE("sched_setscheduler")
{
	int priority = 0;

	MUST(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &priority));
	MUST_FAIL(syscall(SYS_sched_setscheduler, 0, 99, &priority), EINVAL);
}

ABI_CASE("sched_getparam")
{
	int priority = 99;

	MUST(syscall(SYS_sched_getparam, 0, &priority));
	MUST_FAIL(syscall(SYS_sched_getparam, -1, &priority), EINVAL);
}

ABI_CASE("sched_setparam")
{
	int priority = 0;

	MUST(syscall(SYS_sched_setparam, 0, &priority));
	priority = 5;
	MUST_FAIL(syscall(SYS_sched_setparam, 0, &priority), EINVAL);
}

ABI_CASE("sched_get_priority_max")
{
	MUST(syscall(SYS_sched_get_priority_max, SCHED_FIFO));
	MUST_FAIL(syscall(SYS_sched_get_priority_max, 99), EINVAL);
}

ABI_CASE("sched_get_priority_min")
{
	MUST(syscall(SYS_sched_get_priority_min, SCHED_FIFO));
	MUST_FAIL(syscall(SYS_sched_get_priority_min, 99), EINVAL);
}

ABI_CASE("sched_rr_get_interval")
{
	struct timespec interval = { 99, 99 };

	MUST(syscall(SYS_sched_rr_get_interval, 0, &interval));
	MUST_FAIL(syscall(SYS_sched_rr_get_interval, -1, &interval), EINVAL);
}

ABI_CASE("sched_getattr")
{
	struct attributes attr;

	memset(&attr, 'a', sizeof(attr));
	MUST(syscall(SYS_sched_getattr, 0, &attr, (unsigned)sizeof(attr), 0));
	memset(&attr, 'a', sizeof(attr));
	MUST(syscall(SYS_sched_getattr, 0, &attr, 48u, 0));
	MUST_FAIL(syscall(SYS_sched_getattr, 0, &attr, 7u, 0), EINVAL);
}

ABI_CASE("sched_setattr")
{
	struct attributes attr = { .size = sizeof(attr), .sched_policy = SCHED_BATCH, .sched_nice = 3 };

	MUST(syscall(SYS_sched_setattr, 0, &attr, 0));
	attr.size = 0; /* means the 48 bytes of the first version */
	MUST(syscall(SYS_sched_setattr, 0, &attr, 0));
	attr.size = 7; /* the kernel says which it knows */
	MUST_FAIL(syscall(SYS_sched_setattr, 0, &attr, 0), E2BIG);
	MUST_BE(attr.size >= 48);
}

ABI_CASE("sched_getaffinity")
{
	unsigned long mask[128];

	memset(mask, 'm', sizeof(mask));
	MUST(syscall(SYS_sched_getaffinity, 0, (unsigned)sizeof(mask), mask));
	MUST_FAIL(syscall(SYS_sched_getaffinity, 0, 3u, mask), EINVAL);
}

ABI_CASE("sched_setaffinity")
{
	unsigned long mask[128], none = 0;
	long n = MUST(syscall(SYS_sched_getaffinity, 0, (unsigned)sizeof(mask), mask));

	MUST(syscall(SYS_sched_setaffinity, 0, n, mask));
	MUST_FAIL(syscall(SYS_sched_setaffinity, 0, sizeof(none), &none), EINVAL);
}

ABI_CASE("getcpu")
{
	unsigned cpu = 999, node = 999;

	MUST(syscall(SYS_getcpu, &cpu, &node, NULL));
	MUST_FAIL(syscall(SYS_getcpu, (unsigned *)8, &node, NULL), EFAULT);
}

ABI_CASE("getpriority")
{
	MUST(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	MUST_FAIL(syscall(SYS_getpriority, 99, 0), EINVAL);
}

ABI_CASE("setpriority")
{
	MUST(syscall(SYS_setpriority, PRIO_PROCESS, 0, 19));
	MUST_FAIL(syscall(SYS_setpriority, 99, 0, 19), EINVAL);
}

ABI_CASE("ioprio_get")
{
	MUST(syscall(SYS_ioprio_get, 1, 0));
	MUST_FAIL(syscall(SYS_ioprio_get, 99, 0), EINVAL);
}

ABI_CASE("ioprio_set")
{
	MUST(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4));
	MUST_FAIL(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL);
}

/*
 * Times.
 */
#include "base/clock.h"

#include <sys/syscall.h>
#include <unistd.h>

static uint64_t in_ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	return syscall(SYS_clock_gettime, clock, &now) == 0 ? in_ns(&now) : 0;
}

uint64_t clock_coarse_ns(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) == 0 ? in_ns(&now) : 0;
}

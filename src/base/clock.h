/*
 * Times, for a thread in which reading the time stamp counter may fault (trace/x86_64.h): the vDSO's clock_gettime(2) reads
 * it, the system call and the coarse clocks do not.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* What the clock says now in nanoseconds, by a system call; 0 if there is no such clock. */
uint64_t clock_ns(clockid_t clock);
/* A coarse clock (clock_getres(2): 1 to 10 ms late), read from memory. */
uint64_t clock_coarse_ns(clockid_t clock);

#endif

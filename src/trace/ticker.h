/*
 * Interrupts the calling thread's waiting now and then, so that it can look at the clock.
 */
#ifndef TRACE_TICKER_H
#define TRACE_TICKER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define TICK_MS 20

struct ticker {
	bool armed;
	timer_t timer, once;
	uint64_t at; /* when `once` expires, or 0 */
};

/* Starts ticking, in the thread that waits: a wait(2) of it ends with EINTR every TICK_MS.  Does nothing if it ticks. */
void ticker_start(struct ticker *t);
/* Once more at that time (CLOCK_MONOTONIC), if that is the first of the times asked for that are still to come. */
void ticker_at(struct ticker *t, uint64_t ns);
void ticker_stop(struct ticker *t);
/* CLOCK_MONOTONIC in nanoseconds, by a system call. */
uint64_t ticker_now(void);
/* The same from memory, as of the system's last tick. */
uint64_t ticker_about_now(void);

#endif

/*
 * A POSIX timer whose signal goes to one thread and does nothing there.
 */
#include "trace/ticker.h"

#include "base/clock.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void nothing(int signal)
{
	(void)signal;
}

void ticker_start(struct ticker *t)
{
	struct itimerspec each = { .it_interval = { .tv_nsec = TICK_MS * 1000000L },
				   .it_value = { .tv_nsec = TICK_MS * 1000000L } };
	struct sigaction action = { .sa_handler = nothing };
	struct sigevent event;
	sigset_t set;

	if (t->armed)
		return;
	sigaction(SIGRTMIN, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = SIGRTMIN;
	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &event, &t->timer) < 0)
		return;
	if (timer_create(CLOCK_MONOTONIC, &event, &t->once) < 0) {
		timer_delete(t->timer);
		return;
	}
	t->armed = timer_settime(t->timer, 0, &each, NULL) == 0;
}

void ticker_at(struct ticker *t, uint64_t ns)
{
	struct itimerspec at = { .it_value = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) } };
	uint64_t now = ticker_now();

	/* what is further away than a tick is seen by one */
	if (!t->armed || ns > now + TICK_MS * 1000000u || (t->at > now && t->at <= ns))
		return;
	t->at = ns;
	timer_settime(t->once, TIMER_ABSTIME, &at, NULL);
}

void ticker_stop(struct ticker *t)
{
	if (t->armed) {
		timer_delete(t->timer);
		timer_delete(t->once);
	}
	t->armed = false;
}

uint64_t ticker_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t ticker_about_now(void)
{
	return clock_coarse_ns(CLOCK_MONOTONIC_COARSE);
}

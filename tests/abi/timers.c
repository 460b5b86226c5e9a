/*
 * Audit cases: clocks, timers, sleeping; words that tasks wait for.
 */
#include "case.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

static uint32_t word = 5, other = 5;
static const char needs_another[] = "somebody else must wake it";
static const struct timespec soon = { 0, 1000 };

static int a_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	int timer = -1;

	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
	return timer;
}

ABI_CASE("clock_gettime")
{
	struct timespec now = { 1, 1 };

	MUST(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
	MUST_FAIL(syscall(SYS_clock_gettime, 99, &now), EINVAL);
}

ABI_CASE("clock_getres")
{
	struct timespec step = { 1, 99 };

	MUST(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &step));
	MUST_FAIL(syscall(SYS_clock_getres, 99, &step), EINVAL);
}

ABI_FAILS("clock_settime", "it would set the clock of the machine")
{
	MUST_FAIL(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &soon), EINVAL);
}

ABI_CASE("clock_nanosleep")
{
	struct timespec left;

	MUST(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &soon, &left));
	MUST_FAIL(syscall(SYS_clock_nanosleep, 99, 0, &soon, &left), EINVAL);
}

ABI_CASE("clock_nanosleep(TIMER_ABSTIME)")
{
	MUST(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &soon, NULL));
	MUST_FAIL(syscall(SYS_clock_nanosleep, 99, TIMER_ABSTIME, &soon, NULL), EINVAL);
}

ABI_CASE("nanosleep")
{
	struct timespec left, wrong = { 0, -1 };

	MUST(syscall(SYS_nanosleep, &soon, &left));
	MUST_FAIL(syscall(SYS_nanosleep, &wrong, &left), EINVAL);
}

ABI_CASE("gettimeofday")
{
	struct timeval now = { 1, 1 };
	int zone[2] = { 99, 99 };

	MUST(syscall(SYS_gettimeofday, &now, zone));
	MUST_FAIL(syscall(SYS_gettimeofday, (long *)8, zone), EFAULT);
}

ABI_FAILS("settimeofday", "it would set the clock of the machine")
{
	struct timeval wrong = { 1, 2000000 };

	MUST_FAIL(syscall(SYS_settimeofday, &wrong, NULL), EINVAL);
}

ABI_CASE("time")
{
	time_t now = 1;

	MUST(syscall(SYS_time, &now));
	MUST_FAIL(syscall(SYS_time, (time_t *)8), EFAULT);
}

ABI_CASE("adjtimex")
{
	struct timex state;

	memset(&state, 's', sizeof(state));
	state.modes = 0;
	MUST(syscall(SYS_adjtimex, &state));
	MUST_FAIL(syscall(SYS_adjtimex, (struct timex *)8), EFAULT);
}

ABI_CASE("clock_adjtime")
{
	struct timex state;

	memset(&state, 's', sizeof(state));
	state.modes = 0;
	MUST(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &state));
	MUST_FAIL(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &state), EOPNOTSUPP);
}

ABI_CASE("alarm")
{
	MUST(syscall(SYS_alarm, 100u));
	MUST(syscall(SYS_alarm, 0u));
}

ABI_CASE("setitimer")
{
	struct itimerval new = { { 0, 0 }, { 100, 0 } }, old;

	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_setitimer, ITIMER_REAL, &new, &old));
	MUST_FAIL(syscall(SYS_setitimer, 99, &new, &old), EINVAL);
}

ABI_CASE("getitimer")
{
	struct itimerval now;

	memset(&now, 'n', sizeof(now));
	MUST(syscall(SYS_getitimer, ITIMER_VIRTUAL, &now));
	MUST_FAIL(syscall(SYS_getitimer, 99, &now), EINVAL);
}

ABI_CASE("timer_create")
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 7 };
	int timer = -1;

	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
	event.sigev_notify = SIGEV_SIGNAL | SIGEV_THREAD_ID;
	event._sigev_un._tid = gettid();
	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
	MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer));
	MUST_FAIL(syscall(SYS_timer_create, 99, &event, &timer), EINVAL);
}

ABI_CASE("timer_delete")
{
	int timer = a_timer();

	MUST(syscall(SYS_timer_delete, timer));
	MUST_FAIL(syscall(SYS_timer_delete, timer), EINVAL);
}

ABI_CASE("timer_settime")
{
	struct itimerspec new = { { 0, 0 }, { 100, 0 } }, old;
	int timer = a_timer();

	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_timer_settime, timer, 0, &new, &old));
	MUST_FAIL(syscall(SYS_timer_settime, -1, 0, &new, &old), EINVAL);
}

ABI_CASE("timer_gettime")
{
	struct itimerspec now;

	memset(&now, 'n', sizeof(now));
	MUST(syscall(SYS_timer_gettime, a_timer(), &now));
	MUST_FAIL(syscall(SYS_timer_gettime, -1, &now), EINVAL);
}

ABI_CASE("timer_getoverrun")
{
	MUST(syscall(SYS_timer_getoverrun, a_timer()));
	MUST_FAIL(syscall(SYS_timer_getoverrun, -1), EINVAL);
}

/* ---- futex: what a call stores in the word is no field, since other tasks may store there, too ---- */

ABI_FAILS("futex(FUTEX_WAIT)", needs_another)
{
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAIT, 5, &soon), ETIMEDOUT);
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 6, NULL), EAGAIN);
}

ABI_CASE("futex(FUTEX_WAKE)")
{
	MUST_BE(MUST(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1)) == 0);
	MUST_FAIL(syscall(SYS_futex, (char *)&word + 1, FUTEX_WAKE, 1), EINVAL);
}

ABI_CASE("futex(FUTEX_REQUEUE)")
{
	MUST(syscall(SYS_futex, &word, FUTEX_REQUEUE, 1, 1L, &other));
	MUST_FAIL(syscall(SYS_futex, (char *)&word + 1, FUTEX_REQUEUE, 1, 1L, &other), EINVAL);
}

ABI_CASE("futex(FUTEX_CMP_REQUEUE)")
{
	MUST(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1L, &other, 5));
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1L, &other, 6), EAGAIN);
}

ABI_CASE("futex(FUTEX_WAKE_OP)")
{
	MUST(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &other, FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 5)));
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &other, 7 << 28), ENOSYS);
}

ABI_FAILS("futex(FUTEX_WAIT_BITSET)", needs_another)
{
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 5, &soon, NULL, -1), ETIMEDOUT);
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), EINVAL);
}

ABI_CASE("futex(FUTEX_WAKE_BITSET)")
{
	MUST(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, -1));
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
}

/* What the kernel writes into the word is the task's own number, in a replay another one than the program knows. */
static void lock(long how)
{
	word = 0;
	if (syscall(SYS_futex, &word, how, 0, NULL) == -1 && errno == ENOSYS)
		abi_skip("this kernel has no such lock");
	MUST_BE(word != 0);
	MUST_FAIL(syscall(SYS_futex, &word, how, 0, NULL), EDEADLK);
	MUST(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI));
	MUST_BE(word == 0);
}

ABI_CASE("futex(FUTEX_LOCK_PI)")
{
	lock(FUTEX_LOCK_PI);
}

ABI_CASE("futex(FUTEX_LOCK_PI2)")
{
	lock(13);
}

ABI_CASE("futex(FUTEX_TRYLOCK_PI)")
{
	lock(FUTEX_TRYLOCK_PI);
}

ABI_CASE("futex(FUTEX_UNLOCK_PI)")
{
	lock(FUTEX_LOCK_PI);
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI), EPERM);
}

ABI_FAILS("futex(FUTEX_WAIT_REQUEUE_PI)", needs_another)
{
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_WAIT_REQUEUE_PI, 6, &soon, &other), EAGAIN);
}

ABI_CASE("futex(FUTEX_CMP_REQUEUE_PI)")
{
	other = 0;
	MUST(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PI, 1, 1L, &other, 5));
	MUST_FAIL(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PI, 1, 1L, &other, 6), EAGAIN);
}

struct waiter {
	uint64_t val, addr;
	uint32_t flags, reserved;
};

#define PRIVATE_U32 (2u | 128u)

static void futex2(void)
{
	if (syscall(454, &word, 1L, 1, PRIVATE_U32) == -1 && errno == ENOSYS)
		abi_skip("this kernel has no futex_wake");
}

ABI_FAILS("futex_waitv", needs_another)
{
	struct waiter w[2] = { { 5, (uint64_t)(uintptr_t)&word, PRIVATE_U32, 0 },
			       { 5, (uint64_t)(uintptr_t)&other, PRIVATE_U32, 0 } };

	if (syscall(449, w, 2u, 0u, &soon, CLOCK_MONOTONIC) == -1 && errno == ENOSYS)
		abi_skip("this kernel has no futex_waitv");
	MUST_FAIL(syscall(449, w, 2u, 0u, &soon, CLOCK_MONOTONIC), ETIMEDOUT);
}

ABI_CASE("futex_wake")
{
	futex2();
	MUST(syscall(454, &word, 1L, 1, PRIVATE_U32));
	MUST_FAIL(syscall(454, &word, 1L, 1, ~0u), EINVAL);
}

ABI_FAILS("futex_wait", needs_another)
{
	futex2();
	MUST_FAIL(syscall(455, &word, 5L, 1L, PRIVATE_U32, &soon, CLOCK_MONOTONIC), ETIMEDOUT);
	MUST_FAIL(syscall(455, &word, 6L, 1L, PRIVATE_U32, NULL, 0), EAGAIN);
}

ABI_CASE("futex_requeue")
{
	struct waiter w[2] = { { 5, (uint64_t)(uintptr_t)&word, PRIVATE_U32, 0 },
			       { 0, (uint64_t)(uintptr_t)&other, PRIVATE_U32, 0 } };

	futex2();
	MUST(syscall(456, w, 0u, 1, 1));
	w[0].val = 6;
	MUST_FAIL(syscall(456, w, 0u, 1, 1), EAGAIN);
}

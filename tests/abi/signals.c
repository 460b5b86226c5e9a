/*
 * Audit cases: signals.
 */
#include "case.h"

#include <signal.h>

#define SET_SIZE 8L
#define USR1     (UINT64_C(1) << (SIGUSR1 - 1))
#define ALRM     (UINT64_C(1) << (SIGALRM - 1))

/* the kernel's, not libc's */
struct action {
	void (*handler)(int);
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void nothing(int signal)
{
	(void)signal;
}

static void handle(int signal)
{
	struct sigaction action = { .sa_handler = nothing };

	MUST(sigaction(signal, &action, NULL));
}

static void block(uint64_t set)
{
	MUST(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE));
}

static siginfo_t *queued(void)
{
	static siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGUSR1;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = 4711;
	return &info;
}

ABI_CASE("rt_sigaction")
{
	struct action new = { .handler = SIG_IGN, .mask = USR1 }, old;

	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_rt_sigaction, SIGUSR1, &new, &old, SET_SIZE));
	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, SET_SIZE));
	MUST_FAIL(syscall(SYS_rt_sigaction, SIGKILL, &new, &old, SET_SIZE), EINVAL);
}

ABI_CASE("rt_sigprocmask")
{
	uint64_t new = USR1, old = 0x5555;

	MUST(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &new, &old, SET_SIZE));
	MUST(syscall(SYS_rt_sigprocmask, 99, NULL, &old, SET_SIZE));
	MUST_FAIL(syscall(SYS_rt_sigprocmask, 99, &new, &old, SET_SIZE), EINVAL);
}

ABI_CASE("rt_sigpending")
{
	uint64_t set = 0x5555;

	block(USR1);
	MUST(raise(SIGUSR1));
	MUST(syscall(SYS_rt_sigpending, &set, SET_SIZE));
	MUST_BE(set == USR1);
	set = ~0UL;
	MUST(syscall(SYS_rt_sigpending, &set, 4L));
	MUST_FAIL(syscall(SYS_rt_sigpending, &set, 9L), EINVAL);
}

ABI_CASE("rt_sigtimedwait")
{
	uint64_t set = USR1;
	siginfo_t info;
	struct timespec soon = { 0, 1000 };

	block(USR1);
	MUST(raise(SIGUSR1));
	memset(&info, 'i', sizeof(info));
	MUST_BE(MUST(syscall(SYS_rt_sigtimedwait, &set, &info, &soon, SET_SIZE)) == SIGUSR1);
	MUST_FAIL(syscall(SYS_rt_sigtimedwait, &set, &info, &soon, SET_SIZE), EAGAIN);
}

ABI_CASE("rt_sigqueueinfo")
{
	block(USR1);
	MUST(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, queued()));
	MUST_FAIL(syscall(SYS_rt_sigqueueinfo, getpid(), 99, queued()), EINVAL);
}

ABI_CASE("rt_tgsigqueueinfo")
{
	block(USR1);
	MUST(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, queued()));
	MUST_FAIL(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, queued()), EINVAL);
}

ABI_CASE("kill")
{
	handle(SIGUSR1);
	MUST(syscall(SYS_kill, getpid(), SIGUSR1));
	MUST_FAIL(syscall(SYS_kill, getpid(), 99), EINVAL);
}

ABI_CASE("tkill")
{
	handle(SIGUSR1);
	MUST(syscall(SYS_tkill, gettid(), SIGUSR1));
	MUST_FAIL(syscall(SYS_tkill, 0, SIGUSR1), EINVAL);
}

ABI_CASE("tgkill")
{
	handle(SIGUSR1);
	MUST(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
	MUST_FAIL(syscall(SYS_tgkill, getpid(), 0, SIGUSR1), EINVAL);
}

ABI_CASE("sigaltstack")
{
	static char area[64 << 10];
	stack_t new = { .ss_sp = area, .ss_size = sizeof(area) }, old;

	memset(&old, 'o', sizeof(old));
	MUST(syscall(SYS_sigaltstack, &new, &old));
	new.ss_size = 1;
	MUST_FAIL(syscall(SYS_sigaltstack, &new, &old), ENOMEM);
}

ABI_FAILS("rt_sigsuspend", "returns by EINTR alone")
{
	uint64_t all_but = ~USR1;

	handle(SIGUSR1);
	block(USR1);
	MUST(raise(SIGUSR1));
	MUST_FAIL(syscall(SYS_rt_sigsuspend, &all_but, SET_SIZE), EINTR);
}

ABI_FAILS("pause", "returns by EINTR alone")
{
	handle(SIGALRM);
	ualarm(1000, 0);
	MUST_FAIL(syscall(SYS_pause), EINTR);
}

ABI_FAILS("restart_syscall", "goes on only when a call was interrupted")
{
	MUST_FAIL(syscall(SYS_restart_syscall), EINTR);
}

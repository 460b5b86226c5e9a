/*
 * The program of tests/e2e/instructions.sh: it asks the processor for the time and for what it is, says what it got, and
 * has its own wishes about the instructions that do so.
 *   teller WHAT [ARG]
 */
#include <cpuid.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif

static sigjmp_buf back;
static volatile int code, caught;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	caught = signal;
	code = info->si_code;
	siglongjmp(back, 1);
}

static void set_handler(int signal)
{
	struct sigaction a = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	sigaction(signal, &a, NULL);
}

static void read_tsc(void)
{
	__rdtsc();
}

static void read_cpuid(void)
{
	unsigned a, b, c, d;

	__cpuid_count(0, 0, a, b, c, d);
}

/* What comes of it: "fine", or the signal. */
static void attempt(const char *what, void (*f)(void))
{
	caught = 0;
	if (!sigsetjmp(back, 1))
		f();
	if (caught)
		printf("%s: signal %d, code %d\n", what, caught, code);
	else
		printf("%s: fine\n", what);
}

static void show_settings(const char *when)
{
	int mode = -1;

	prctl(PR_GET_TSC, &mode);
	printf("%s: tsc mode %d, cpuid %ld\n", when, mode, syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0L));
}

/* ---- what is asked ---- */

static int show_tsc(void)
{
	unsigned aux;
	uint64_t first = __rdtsc(), second = __rdtscp(&aux), third = __rdtsc();

	printf("%llu %llu %llu %u\n", (unsigned long long)first, (unsigned long long)(second - first),
	       (unsigned long long)(third - second), aux);
	return first < second && second < third ? 0 : 1;
}

static int show_cpuid(void)
{
	unsigned a, b, c, d;

	__cpuid_count(0, 0, a, b, c, d);
	printf("%.4s%.4s%.4s\n", (char *)&b, (char *)&d, (char *)&c);
	__cpuid_count(1, 0, a, b, c, d);
	printf("%x %x %x %x\n", a, b, c, d);
	printf("rdrand: %u, APIC id: %u\n", c >> 30 & 1, b >> 24);
	__cpuid_count(7, 0, a, b, c, d);
	printf("rdseed: %u, rdpid: %u\n", b >> 18 & 1, c >> 22 & 1);
	return 0;
}

/* ---- a program's own wishes ---- */

static int own_settings(void)
{
	set_handler(SIGSEGV);
	show_settings("at first");
	attempt("rdtsc", read_tsc);
	printf("%d\n", prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	show_settings("without rdtsc");
	attempt("rdtsc", read_tsc);
	attempt("cpuid", read_cpuid);
	fflush(stdout);
	if (fork() == 0) {
		show_settings("the child");
		attempt("the child's rdtsc", read_tsc);
		printf("%d\n", prctl(PR_SET_TSC, PR_TSC_ENABLE));
		attempt("the child's rdtsc", read_tsc);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	attempt("rdtsc", read_tsc);
	printf("%d\n", prctl(PR_SET_TSC, 77));
	printf("%d\n", prctl(PR_GET_TSC, 8L));
	printf("%d\n", prctl(PR_SET_TSC, PR_TSC_ENABLE));
	attempt("rdtsc", read_tsc);
	printf("%ld\n", syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0L));
	show_settings("without cpuid");
	attempt("cpuid", read_cpuid);
	attempt("rdtsc", read_tsc);
	printf("%ld\n", syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1L));
	attempt("cpuid", read_cpuid);
	show_settings("at last");
	return 0;
}

/* A new program may execute cpuid, and rdtsc if it could before. */
static int through_exec(char **argv)
{
	syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0L);
	execl(argv[0], argv[0], "settings", NULL);
	return 99;
}

static int settings(void)
{
	set_handler(SIGSEGV);
	show_settings("behind exec");
	attempt("cpuid", read_cpuid);
	return 0;
}

static const char *handler_name(int signal)
{
	struct sigaction a;

	sigaction(signal, NULL, &a);
	return a.sa_handler == SIG_DFL ? "default" : a.sa_handler == SIG_IGN ? "ignored" : "mine";
}

static void show_signal(const char *when)
{
	sigset_t set;

	sigprocmask(SIG_SETMASK, NULL, &set);
	printf("%s: SIGSEGV is %s, its handler %s, SIGUSR1 %s\n", when, sigismember(&set, SIGSEGV) ? "blocked" : "open",
	       handler_name(SIGSEGV), sigismember(&set, SIGUSR1) ? "blocked" : "open");
}

static void in_handler(int signal)
{
	(void)signal;
	read_tsc();
	show_signal("in a handler");
}

/* Nothing of this is to be seen in what the program has said about SIGSEGV. */
static int blocked(void)
{
	struct sigaction a = { .sa_handler = in_handler };
	sigset_t set;

	set_handler(SIGSEGV);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	read_tsc();
	read_cpuid();
	show_signal("blocked");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	show_signal("open");
	sigfillset(&a.sa_mask);
	sigaction(SIGUSR2, &a, NULL);
	raise(SIGUSR2);
	show_signal("behind the handler");
	attempt("a null pointer", (void (*)(void))NULL);
	signal(SIGSEGV, SIG_IGN);
	read_tsc();
	show_signal("ignored");
	return 0;
}

/* ---- filters of its own ---- */

static int install(uint32_t what, unsigned nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, what),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Only what this program needs; all else, known or not, ends it. */
static int install_list(void)
{
	static const unsigned calls[] = { SYS_write, SYS_exit_group, SYS_exit, SYS_prctl, SYS_arch_prctl, SYS_clone3,
					  SYS_clone, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_rt_sigprocmask,
					  SYS_rt_sigaction, SYS_set_robust_list, SYS_rseq, SYS_io_uring_setup, SYS_ptrace, SYS_futex, SYS_brk,
					  SYS_madvise, SYS_newfstatat, SYS_fstat, SYS_getrandom };
	enum { N = sizeof(calls) / sizeof(calls[0]) };
	struct sock_filter code[2 * N + 2] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { 2 * N + 2, code };

	for (int i = 0; i < N; i++) {
		code[2 * i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
		code[2 * i + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[2 * N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void *thread(void *arg)
{
	static const char said[] = "the thread's\n";

	if (write(1, said, sizeof(said) - 1) < 0)
		_exit(99);
	read_tsc();
	return arg;
}

static int filtered(const char *how)
{
	pthread_t other;
	long result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(how, "errno") == 0) {
		install(SECCOMP_RET_ERRNO | 77, SYS_getppid);
		errno = 0;
		result = syscall(SYS_getppid);
		printf("%ld, %d\n", result, errno);
		install(SECCOMP_RET_ERRNO | 78, SYS_prctl);
		result = prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
		printf("%ld, %d\n", result, errno);
		attempt("rdtsc", read_tsc);
	} else if (strcmp(how, "trap") == 0) {
		set_handler(SIGSYS);
		install(SECCOMP_RET_TRAP, SYS_getppid);
		attempt("rdtsc", read_tsc);
		if (!sigsetjmp(back, 1))
			syscall(SYS_getppid);
		printf("signal %d, code %d\n", caught, code);
	} else if (strcmp(how, "kill") == 0) {
		install(SECCOMP_RET_KILL_PROCESS, SYS_getppid);
		attempt("cpuid", read_cpuid);
		syscall(SYS_getppid);
		printf("not killed\n");
	} else if (strcmp(how, "list") == 0) { /* a thread's rseq(2) is answered, as if it were not there */
		install_list();
		attempt("rdtsc", read_tsc);
		pthread_create(&other, NULL, thread, NULL);
		pthread_join(other, NULL);
		show_settings("with a list");
		/* nobody gets these, but who is allowed to ask is told so */
		printf("%s\n", syscall(SYS_io_uring_setup, 1, NULL) < 0 ? "alive" : "what?");
		printf("%s\n", syscall(SYS_ptrace, 16L, 0x7fffffffL, 0L, 0L) < 0 ? "alive" : "what?");
		syscall(SYS_getppid);
		printf("not killed\n");
	} else if (strcmp(how, "strict") == 0) { /* the kernel takes the time stamp counter away, too */
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0L);
		read_tsc();
		return 98;
	}
	return 0;
}

/* ---- processors ---- */

static int show_affinity(void)
{
	cpu_set_t set, one;
	int first = -1, n;
	unsigned cpu = 99;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	n = CPU_COUNT(&set);
	for (int i = 0; i < CPU_SETSIZE && first < 0; i++)
		first = CPU_ISSET(i, &set) ? i : -1;
	printf("%d processors from %d\n", n, first);
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	printf("%d\n", sched_setaffinity(0, sizeof(one), &one));
	sched_getaffinity(0, sizeof(set), &set);
	printf("%d now\n", CPU_COUNT(&set));
	fflush(stdout);
	if (fork() == 0) {
		CPU_ZERO(&set);
		sched_getaffinity(0, sizeof(set), &set);
		printf("%d for a child\n", CPU_COUNT(&set));
		sched_getaffinity(getppid(), sizeof(set), &set);
		printf("%d for its parent\n", CPU_COUNT(&set));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	syscall(SYS_getcpu, &cpu, NULL, NULL);
	printf("cpu %s\n", cpu < CPU_SETSIZE ? "known" : "unknown");
	return 0;
}

/* ---- in between ---- */

static volatile sig_atomic_t rung;

static void on_alarm(int signal)
{
	(void)signal;
	rung = 1;
}

/* No call lets the signal in, but each of the instructions may. */
static int until_alarm(void)
{
	struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	uint64_t times = 0, last = 0;

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &soon, NULL);
	while (!rung) {
		last = __rdtsc();
		times++;
	}
	printf("%llu times, %llu\n", (unsigned long long)times, (unsigned long long)last);
	return 0;
}

static uint64_t sums[3];

static void *add_up(void *arg)
{
	uint64_t *sum = arg;
	unsigned aux;

	for (int i = 0; i < 3000; i++) {
		*sum = *sum * 31 + __rdtscp(&aux);
		if (i % 100 == 0)
			sched_yield();
	}
	return NULL;
}

static int threads(void)
{
	pthread_t others[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&others[i], NULL, add_up, &sums[i]);
	for (int i = 0; i < 3; i++)
		pthread_join(others[i], NULL);
	printf("%llx %llx %llx\n", (unsigned long long)sums[0], (unsigned long long)sums[1], (unsigned long long)sums[2]);
	return 0;
}

static int loop(const char *times)
{
	uint64_t sum = 0;

	for (long i = atol(times); i > 0; i--)
		sum += __rdtsc();
	return sum == 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";

	if (strcmp(what, "tsc") == 0)
		return show_tsc();
	if (strcmp(what, "cpuid") == 0)
		return show_cpuid();
	if (strcmp(what, "own") == 0)
		return own_settings();
	if (strcmp(what, "exec") == 0)
		return through_exec(argv);
	if (strcmp(what, "settings") == 0)
		return settings();
	if (strcmp(what, "blocked") == 0)
		return blocked();
	if (strcmp(what, "filter") == 0)
		return filtered(arg);
	if (strcmp(what, "affinity") == 0)
		return show_affinity();
	if (strcmp(what, "alarm") == 0)
		return until_alarm();
	if (strcmp(what, "threads") == 0)
		return threads();
	if (strcmp(what, "loop") == 0)
		return loop(arg);
	fprintf(stderr, "teller: no such thing\n");
	return 2;
}

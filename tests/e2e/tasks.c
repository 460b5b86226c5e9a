/*
 * What programs of several tasks do, each a small case: `tasks NAME` ends with 0 and prints what it found.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char *self;
static volatile sig_atomic_t signals;

static void on_signal(int n)
{
	(void)n;
	signals++;
}

static void handle(int n, int flags)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(n, &a, NULL);
}

static void tick(long us)
{
	struct itimerval each = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &each, NULL);
}

static int status_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		;
	return status;
}

/* ---- threads ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static __thread long own;
static int turn, sum;

#define THREADS 4

static void *take_turns(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < 40; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != me)
			pthread_cond_wait(&cond, &mutex);
		own += ++sum;
		turn = (turn + 1) % THREADS;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
		pthread_rwlock_rdlock(&rwlock);
		own += me;
		pthread_rwlock_unlock(&rwlock);
	}
	pthread_barrier_wait(&barrier);
	printf("%d\n", me);
	return (void *)own;
}

static int run_threads(void *(*f)(void *), int n)
{
	pthread_t t[8];
	void *result;

	for (intptr_t i = 0; i < n; i++)
		pthread_create(&t[i], NULL, f, (void *)i);
	for (int i = 0; i < n; i++) {
		pthread_join(t[i], &result);
		printf("%ld\n", (long)result);
	}
	return 0;
}

static int do_threads(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	return run_threads(take_turns, THREADS);
}

static atomic_int lock, counter;

static void *spin(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++) {
		while (atomic_exchange(&lock, 1))
			;
		counter++;
		for (volatile int k = 0; k < 1000; k++)
			;
		atomic_store(&lock, 0);
	}
	return NULL;
}

/* The main thread waits for the others without any call. */
static int do_spin(void)
{
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, spin, NULL);
	while (counter < 2000)
		;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	printf("%d\n", counter);
	return 0;
}

static void *one_more(void *arg)
{
	(void)arg;
	write(1, "thread\n", 7);
	return NULL;
}

static int do_thread(void)
{
	return run_threads(one_more, getenv("MORE") ? 2 : 1);
}

static void *timed(void *arg)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 2000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mutex);
	while (!turn && pthread_cond_timedwait(&cond, &mutex, &until) == 0)
		;
	pthread_mutex_unlock(&mutex);
	return arg;
}

/* Waits whose time may or may not be over when they are woken up. */
static int do_timed(void)
{
	pthread_t t[6];
	void *result;

	for (intptr_t i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, timed, (void *)i);
	usleep(1500);
	pthread_mutex_lock(&mutex);
	turn = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], &result);
	return 0;
}

static void *exec_self(void *arg)
{
	execl(self, self, "said", (char *)NULL);
	return arg;
}

/* A thread that is not its group's leader executes a program. */
static int do_thread_exec(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, timed, NULL);
	pthread_create(&t[1], NULL, exec_self, NULL);
	pause();
	return 9;
}

static int do_said(void)
{
	printf("said by %s\n", "a new program");
	return 0;
}

static void *end_all(void *arg)
{
	(void)arg;
	usleep(1000);
	exit(0);
}

static int do_thread_exit(void)
{
	pthread_t t[3];

	pthread_create(&t[0], NULL, timed, NULL);
	pthread_create(&t[1], NULL, end_all, NULL);
	pause();
	return 9;
}

/* The first thread ends before the others. */
static void *outlive(void *arg)
{
	(void)arg;
	usleep(2000);
	write(1, "still here\n", 11);
	return NULL;
}

static int do_leader_ends(void)
{
	pthread_t t;

	pthread_create(&t, NULL, outlive, NULL);
	pthread_exit(NULL);
	return 9;
}

/* ---- locks whose owner the kernel knows ---- */

static pthread_mutex_t *owned;

static void *own_it(void *arg)
{
	pthread_mutex_lock(owned);
	usleep(20000);
	if (!arg)
		pthread_mutex_unlock(owned);
	return NULL;
}

/* A thread or a process holds a lock while this one waits for it, and gives it back or ends with it. */
static int wait_for_owner(int protocol, int robust, bool dies)
{
	pthread_mutexattr_t a;
	pthread_t t;
	int got;

	owned = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutexattr_setrobust(&a, robust);
	pthread_mutex_init(owned, &a);
	for (int process = 0; process < 2; process++) {
		if (!process)
			pthread_create(&t, NULL, own_it, dies ? &a : NULL);
		else if (fork() == 0)
			_exit(own_it(dies ? &a : NULL) != NULL);
		usleep(5000);
		got = pthread_mutex_lock(owned);
		printf("%s\n", got == EOWNERDEAD ? "its owner has died" : strerror(got));
		if (got == EOWNERDEAD)
			pthread_mutex_consistent(owned);
		printf("%s\n", strerror(pthread_mutex_unlock(owned)));
		fflush(stdout);
		if (process)
			wait(NULL);
		else
			pthread_join(t, NULL);
	}
	return 0;
}

static int do_lock_inherits(void)
{
	return wait_for_owner(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED, false);
}

static int do_lock_robust(void)
{
	return wait_for_owner(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_ROBUST, true);
}

static int do_lock_both(void)
{
	return wait_for_owner(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ROBUST, true);
}

/* ---- processes ---- */

static int do_pipeline(void)
{
	int a[2], b[2];
	char c;

	if (pipe(a) < 0 || pipe(b) < 0)
		return 1;
	if (fork() == 0) {
		for (int i = 0; i < 200; i++) {
			c = (char)('a' + i % 26);
			write(a[1], &c, 1);
			if (i % 3 == 0)
				read(b[0], &c, 1);
		}
		_exit(0);
	}
	close(a[1]);
	for (int i = 0; read(a[0], &c, 1) == 1; i++) {
		putchar(c);
		if (i % 3 == 0)
			write(b[1], &c, 1);
	}
	putchar('\n');
	return status_of(-1);
}

/* A daemon outlives what started it. */
static int do_daemon(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fork() == 0) {
			setsid();
			while (getppid() == pid)
				sched_yield();
			usleep(20000);
			write(1, "daemon\n", 7);
		}
		_exit(0);
	}
	return status_of(pid);
}

static int do_orphans(void)
{
	for (int i = 0; i < 5; i++) {
		if (fork() == 0) {
			usleep(1000 * (5 - i));
			_exit(i);
		}
	}
	for (int i = 0; i < 5; i++) {
		int status = 0;

		wait(&status);
		printf("%d\n", WEXITSTATUS(status));
	}
	return 0;
}

static int do_untraced(void)
{
	long pid = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0) {
		write(1, "child\n", 6);
		_exit(0);
	}
	return status_of((pid_t)pid);
}

static int do_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl(self, self, "said", (char *)NULL);
		_exit(1);
	}
	return status_of(pid);
}

static int do_shared(void)
{
	atomic_int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < 1000; i++)
			atomic_fetch_add(word, 1);
		atomic_fetch_add(word, 1000000);
		_exit(0);
	}
	while (*word < 1000000)
		;
	printf("%d\n", *word);
	return status_of(pid);
}

static int do_many(void)
{
	for (int i = 0; i < 60; i++) {
		if (fork() == 0)
			_exit(i % 7);
	}
	for (int i = 0; i < 60; i++)
		wait(NULL);
	return 0;
}

static int do_sockets(void)
{
	int ends[2], ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };
	char text[64];
	ssize_t n;

	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	if (fork() == 0) {
		for (int i = 0; i < 20; i++) {
			n = snprintf(text, sizeof(text), "%s %d\n", getenv("SAY") ? getenv("SAY") : "message", i);
			write(ends[1], text, (size_t)n);
			if (i % 4 == 0)
				usleep(500);
		}
		_exit(0);
	}
	close(ends[1]);
	epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &ev);
	for (;;) {
		if (epoll_wait(ep, &ev, 1, 1000) != 1)
			return 2;
		n = read(ends[0], text, 7);
		if (n <= 0)
			break;
		fwrite(text, 1, (size_t)n, stdout);
	}
	return status_of(-1);
}

/* ---- terminals: what is written comes at the other end when the kernel has time ---- */

static int open_terminal(bool lines, int *other)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios tio;

	if (master < 0 || unlockpt(master) < 0 || (*other = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY)) < 0)
		exit(98);
	tcgetattr(*other, &tio);
	if (lines) {
		tio.c_lflag &= ~(tcflag_t)ECHO;
	} else {
		cfmakeraw(&tio);
		tio.c_cc[VMIN] = 1;
	}
	tcsetattr(*other, TCSANOW, &tio);
	return master;
}

/* From one end to the other, in pieces: how many come at once is another thing each time. */
static int bring(int from, int to, bool polls)
{
	struct pollfd p = { .fd = to, .events = POLLIN };
	char text[1000];
	size_t left = 40 * 90;
	int how = open("how", O_RDONLY);
	char last = '='; /* as ever, '-': one byte less, or another byte */

	if (how >= 0)
		read(how, &last, 1);
	close(how);
	if (fork() == 0) {
		for (int i = 0; i < 40; i++) {
			memset(text, 'a' + i % 26, 90);
			if (i == 39 && last != '=')
				text[89] = last;
			write(from, text, i == 39 && last == '-' ? 89 : 90);
		}
		_exit(0);
	}
	while (left > 0) {
		ssize_t n;

		if (polls && poll(&p, 1, -1) != 1)
			return 2;
		n = read(to, text, sizeof(text));
		if (n <= 0)
			return 3;
		fwrite(text, 1, (size_t)n, stdout);
		left -= (size_t)n;
	}
	return status_of(-1);
}

static int do_terminal_master(void)
{
	int other, master = open_terminal(false, &other);

	return bring(other, master, true);
}

static int do_terminal_master_waits(void)
{
	int other, master = open_terminal(false, &other);

	return bring(other, master, false);
}

static int do_terminal(void)
{
	int other, master = open_terminal(false, &other);

	return bring(master, other, true);
}

static int do_terminal_waits(void)
{
	int other, master = open_terminal(false, &other);

	return bring(master, other, false);
}

/* Lines are read one by one, the rest of one that is too long later; an end is read once. */
static int do_terminal_lines(void)
{
	int other, master = open_terminal(true, &other);
	static const char *const said[] = { "one\n", "two\nthree\n", "a long line\n", "no end\004", "\004", "last\n" };
	char text[9];
	ssize_t n;

	if (fork() == 0) {
		for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
			write(master, said[i], strlen(said[i]));
		_exit(0);
	}
	do {
		n = read(other, text, sizeof(text));
		if (n < 0)
			return 3;
		printf("%d %.*s\n", (int)n, (int)n, text);
	} while (n < 5 || memcmp(text, "last", 4) != 0);
	return status_of(-1);
}

/* ---- signals ---- */

static int do_alarm_spin(void)
{
	handle(SIGALRM, 0);
	tick(20000);
	while (signals < 5)
		;
	tick(0);
	printf("enough\n");
	return 0;
}

static int do_alarm_calls(void)
{
	handle(SIGALRM, 0);
	tick(3000);
	while (signals < 20) {
		for (volatile int i = 0; i < 100000; i++)
			;
		getppid();
	}
	tick(0);
	return 0;
}

static int do_restart(void)
{
	int ends[2];
	char c;
	ssize_t n;

	handle(SIGALRM, SA_RESTART);
	if (pipe(ends) < 0)
		return 1;
	if (fork() == 0) {
		usleep(200000);
		write(ends[1], "x", 1);
		_exit(0);
	}
	tick(50000);
	n = read(ends[0], &c, 1);
	tick(0);
	printf("%zd\n", n);
	return status_of(-1);
}

static int do_stop(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		for (int i = 0; i < 3; i++) {
			raise(SIGSTOP);
			write(1, "continued\n", 10);
		}
		_exit(3);
	}
	for (int i = 0; i < 3; i++) {
		waitpid(pid, &status, WUNTRACED);
		if (!WIFSTOPPED(status))
			return 9;
		kill(pid, SIGCONT);
	}
	printf("%d\n", WEXITSTATUS(status_of(pid)));
	return 0;
}

static int do_suspend(void)
{
	sigset_t block, old;

	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	handle(SIGCHLD, 0);
	sigprocmask(SIG_BLOCK, &block, &old);
	for (int i = 0; i < 5; i++) {
		if (fork() == 0) {
			usleep((useconds_t)(1000 * i));
			_exit(i);
		}
		while (signals <= i)
			sigsuspend(&old);
		printf("%d\n", WEXITSTATUS(status_of(-1)));
	}
	return 0;
}

/* Waits that run out while another task makes the very call that ends them: either comes first. */
static int do_limits(void)
{
	int there[2], back[2], seen = 0, nothing = 0;
	char c = 'x';
	pid_t child;

	if (pipe(there) < 0 || pipe(back) < 0)
		return 1;
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 200; i++) {
			for (int k = 0; k < i; k++)
				syscall(SYS_getppid);
			if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	while (seen < 200) {
		struct pollfd p = { .fd = there[0], .events = POLLIN };
		int n = poll(&p, 1, 1);

		nothing += n == 0;
		if (n != 1)
			continue;
		seen += (int)read(there[0], &c, 1);
		if (write(back[1], &c, 1) != 1)
			return 1;
	}
	printf("%d\n", seen);
	return status_of(child);
}

static pthread_mutex_t turns = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t his = PTHREAD_COND_INITIALIZER, mine = PTHREAD_COND_INITIALIZER;
static int his_turn;

static void *signal_turns(void *arg)
{
	for (int i = 0; i < 200; i++) {
		for (int k = 0; k < i; k++)
			syscall(SYS_getppid);
		pthread_mutex_lock(&turns);
		his_turn = 1;
		pthread_cond_signal(&his);
		while (his_turn)
			pthread_cond_wait(&mine, &turns);
		pthread_mutex_unlock(&turns);
	}
	return arg;
}

/* The same with a condition: the wake-up finds somebody, or nobody any more. */
static int do_cond_limits(void)
{
	struct timespec until;
	int seen = 0;
	pthread_t t;

	pthread_mutex_lock(&turns);
	pthread_create(&t, NULL, signal_turns, NULL);
	while (seen < 200) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&his, &turns, &until);
		if (!his_turn)
			continue;
		his_turn = 0;
		seen++;
		pthread_cond_signal(&mine);
	}
	pthread_mutex_unlock(&turns);
	printf("%d\n", seen);
	return pthread_join(t, NULL);
}

static int do_ppoll(void)
{
	sigset_t block, old;
	pid_t pid;
	int n;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	handle(SIGUSR1, 0);
	sigprocmask(SIG_BLOCK, &block, &old);
	pid = fork();
	if (pid == 0) {
		usleep(20000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	n = ppoll(NULL, 0, NULL, &old);
	printf("%d %d\n", n, (int)signals);
	return status_of(pid);
}

static int do_kill(void)
{
	pid_t waits = fork(), computes;

	if (waits == 0)
		for (;;)
			pause();
	computes = fork();
	if (computes == 0)
		for (volatile long i = 0;; i++)
			;
	usleep(50000);
	kill(waits, SIGKILL);
	kill(computes, SIGTERM);
	printf("%d %d\n", WTERMSIG(status_of(waits)), WTERMSIG(status_of(computes)));
	return 0;
}

static int do_timers(void)
{
	struct itimerspec each = { { 0, 5000000 }, { 0, 5000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 };
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &each, NULL);
	for (int i = 0; i < 5; i++) {
		siginfo_t info;

		if (sigwaitinfo(&set, &info) < 0)
			return 1;
	}
	timer_delete(timer);
	return 0;
}

static int do_wait_for_signal(void)
{
	handle(SIGUSR1, 0);
	write(1, "ready\n", 6);
	while (!signals)
		pause();
	write(1, "got it\n", 7);
	return 0;
}

/* The child computes for ever, or waits for ever, or does neither, as the first byte of the file `how` says. */
static int do_stuck(void)
{
	int ends[2], how = open("how", O_RDONLY);
	pid_t pid;
	char c;

	if (pipe(ends) < 0 || how < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		if (read(how, &c, 1) != 1)
			_exit(1);
		while (c == 'c')
			;
		while (c == 'w')
			sigsuspend(&(sigset_t){ 0 });
		write(ends[1], "x", 1);
		_exit(0);
	}
	read(ends[0], &c, 1);
	return status_of(pid);
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "threads", do_threads },
	{ "thread", do_thread },
	{ "spin", do_spin },
	{ "timed", do_timed },
	{ "thread-exec", do_thread_exec },
	{ "thread-exit", do_thread_exit },
	{ "leader-ends", do_leader_ends },
	{ "lock-inherits", do_lock_inherits },
	{ "lock-robust", do_lock_robust },
	{ "lock-both", do_lock_both },
	{ "pipeline", do_pipeline },
	{ "daemon", do_daemon },
	{ "orphans", do_orphans },
	{ "untraced", do_untraced },
	{ "vfork", do_vfork },
	{ "shared", do_shared },
	{ "many", do_many },
	{ "sockets", do_sockets },
	{ "terminal", do_terminal },
	{ "terminal-waits", do_terminal_waits },
	{ "terminal-master", do_terminal_master },
	{ "terminal-master-waits", do_terminal_master_waits },
	{ "terminal-lines", do_terminal_lines },
	{ "alarm-spin", do_alarm_spin },
	{ "alarm-calls", do_alarm_calls },
	{ "restart", do_restart },
	{ "stop", do_stop },
	{ "suspend", do_suspend },
	{ "limits", do_limits },
	{ "cond-limits", do_cond_limits },
	{ "ppoll", do_ppoll },
	{ "kill", do_kill },
	{ "timers", do_timers },
	{ "wait-for-signal", do_wait_for_signal },
	{ "stuck", do_stuck },
	{ "said", do_said },
};

int main(int argc, char **argv)
{
	self = argv[0];
	for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], cases[i].name) != 0)
			continue;
		return cases[i].run();
	}
	fprintf(stderr, "usage: tasks NAME\n");
	return 99;
}

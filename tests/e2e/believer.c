/*
 * A program that says what the kernel told it.
 *
 *     believer peer                to whom its end of a connected pair of sockets belongs
 *     believer write FILE          how many bytes of a text write(2) says that it took
 *     believer signal              that a signal that it sent itself has come
 *     believer clock [realtime]    whether a clock that was read three times went forward each time
 *     believer exec PATH           executes PATH, which is to be this program, too
 *     believer GREETING=good-day   what is in it: a binary that was changed says something else
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const char volatile greeting[] = "GREETING=good-day";

static int say_peer(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, peer;
	socklen_t len = sizeof(peer);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	at.sin_port = htons(9); /* a datagram socket is connected to it without anybody there */
	if (s < 0 || connect(s, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    getpeername(s, (struct sockaddr *)&peer, &len) < 0)
		return 1;
	printf("port %d\n", ntohs(peer.sin_port));
	return 0;
}

static void on_signal(int n)
{
	(void)n;
	write(1, "signal\n", 7);
}

static int say_signal(void)
{
	signal(SIGUSR1, on_signal);
	return kill(getpid(), SIGUSR1);
}

static int say_written(const char *path)
{
	static const char text[] = "all of this\n";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		return 1;
	printf("%zd of %zu bytes\n", write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	return 0;
}

static int say_clock(clockid_t clock)
{
	struct timespec t[3];

	for (int i = 0; i < 3; i++) {
		if (clock_gettime(clock, &t[i]) < 0)
			return 1;
	}
	for (int i = 1; i < 3; i++) {
		if (t[i].tv_sec < t[i - 1].tv_sec ||
		    (t[i].tv_sec == t[i - 1].tv_sec && t[i].tv_nsec < t[i - 1].tv_nsec)) {
			puts("backward");
			return 0;
		}
	}
	puts("forward");
	return 0;
}

#define PIPES 3

/* Asked for one at a time. */
static int say_ready_by_one(void)
{
	int set = epoll_create1(0), ends[2];

	for (int i = 0; i < PIPES; i++) {
		struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = 1000u + (unsigned)i };

		if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1 ||
		    epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted) < 0)
			return 1;
	}
	for (int i = 0; i < 2 * PIPES; i++) {
		struct epoll_event ready = { 0 };

		if (epoll_wait(set, &ready, 1, -1) == 1)
			printf("%d %#x\n", (int)ready.data.u64, ready.events);
	}
	return 0;
}

/* Two timers: what has run out is told, and watched no more, until both have. */
static int say_timers(uint32_t how)
{
	int set = epoll_create1(0), timers[2], left = 2;

	for (int i = 0; i < 2; i++) {
		struct itimerspec in = { .it_value.tv_nsec = i ? 150000000 : 30000000 };
		struct epoll_event wanted = { .events = EPOLLIN | how, .data.u64 = 1000u + (unsigned)i };

		timers[i] = timerfd_create(CLOCK_MONOTONIC, 0);
		if (timers[i] < 0 || timerfd_settime(timers[i], 0, &in, NULL) < 0 ||
		    epoll_ctl(set, EPOLL_CTL_ADD, timers[i], &wanted) < 0)
			return 1;
	}
	while (left > 0) {
		struct epoll_event ready[2];
		int n = epoll_wait(set, ready, 2, 2000);

		printf("%d:", n);
		for (int i = 0; i < n; i++) {
			printf(" %d", (int)ready[i].data.u64);
			epoll_ctl(set, EPOLL_CTL_DEL, timers[ready[i].data.u64 - 1000], NULL);
		}
		printf("\n");
		left -= n > 0 ? n : left;
	}
	return 0;
}

/* Three pipes, of which one has only lost its writer, and one has a writer no more but data. */
static int say_ready(void)
{
	struct epoll_event ready[PIPES + 1] = { 0 };
	int set = epoll_create1(0), ends[2], n, other = epoll_create1(0), s = socket(AF_INET, SOCK_STREAM, 0);
	struct epoll_event tied = { .events = EPOLLIN, .data.u64 = 1000 }; /* as the first pipe in the set that is waited for */

	if (listen(s, 1) < 0 || epoll_ctl(other, EPOLL_CTL_ADD, s, &tied) < 0)
		return 1;
	for (int i = 0; i < PIPES; i++) {
		struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = 1000u + (unsigned)i };

		if (pipe(ends) < 0 || epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted) < 0)
			return 1;
		if (i != 1 && write(ends[1], "x", 1) != 1)
			return 1;
		if (i != 0)
			close(ends[1]);
	}
	n = epoll_wait(set, ready, PIPES + 1, -1);
	for (int i = 0; i < n; i++)
		printf("%d %#x\n", (int)ready[i].data.u64, ready[i].events);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "ready") == 0)
		return say_ready();
	if (argc == 2 && strcmp(argv[1], "one") == 0)
		return say_ready_by_one();
	if (argc == 2 && strcmp(argv[1], "timers") == 0)
		return say_timers(0);
	if (argc == 2 && strcmp(argv[1], "edges") == 0)
		return say_timers(EPOLLET);
	if (argc == 2 && strcmp(argv[1], "peer") == 0)
		return say_peer();
	if (argc == 3 && strcmp(argv[1], "write") == 0)
		return say_written(argv[2]);
	if (argc == 2 && strcmp(argv[1], "signal") == 0)
		return say_signal();
	if (argc >= 2 && strcmp(argv[1], "clock") == 0)
		return say_clock(argc > 2 ? CLOCK_REALTIME : CLOCK_MONOTONIC);
	if (argc == 3 && strcmp(argv[1], "exec") == 0) {
		execl(argv[2], argv[2], (char *)NULL);
		return 127;
	}
	for (size_t i = 0; i < sizeof(greeting) - 1; i++)
		putchar(greeting[i]);
	putchar('\n');
	return 0;
}

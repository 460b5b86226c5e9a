/*
 * One thread that polls: standard output and error of the program to the caller's, queued input to the program.
 */
#include "trace/pump.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define COPY_PIECE (64u << 10)

struct lane {
	int from, to;
};

struct pump {
	struct lane lanes[PUMP_LANES];
	size_t nlanes;
	int wake; /* eventfd: the fields below have changed */
	bool has_affinity, running;
	cpu_set_t affinity;
	pthread_t thread;
	uint8_t *piece;

	pthread_mutex_t lock; /* guards what follows */
	bool stop;
	struct buf queue;
	size_t written; /* of queue */
	int feed_to;
	bool feed_close;
};

struct pump *pump_new(const cpu_set_t *affinity)
{
	struct pump *p = xcalloc(1, sizeof(*p));

	p->wake = -1;
	p->feed_to = -1;
	p->has_affinity = affinity != NULL;
	if (affinity)
		p->affinity = *affinity;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void pump_copy(struct pump *p, int from, int to)
{
	INVARIANT(!p->running && p->nlanes < PUMP_LANES);
	fcntl(from, F_SETFL, fcntl(from, F_GETFL) | O_NONBLOCK);
	p->lanes[p->nlanes++] = (struct lane){ .from = from, .to = to };
}

/* false: nothing more for now, or ever (then the lane is closed). */
static bool copy_piece(struct pump *p, struct lane *lane)
{
	ssize_t n = read(lane->from, p->piece, COPY_PIECE);

	if (n > 0) {
		/* when the caller's end is broken the program must not notice: it goes on writing */
		if (lane->to >= 0 && fd_write_all(lane->to, p->piece, (size_t)n, "a standard descriptor", NULL) < 0)
			lane->to = -1;
		return true;
	}
	if (n < 0 && errno == EINTR)
		return true;
	if (n == 0 || errno != EAGAIN)
		fd_close(&lane->from);
	return false;
}

static void end_feed(struct pump *p)
{
	if (p->feed_close && p->feed_to >= 0) {
		shutdown(p->feed_to, SHUT_WR);
		close(p->feed_to);
	}
	p->feed_to = -1;
	p->feed_close = false;
	buf_clear(&p->queue);
	p->written = 0;
}

/* Under the lock. */
static void feed_some(struct pump *p)
{
	while (p->feed_to >= 0 && p->written < p->queue.len) {
		ssize_t n = write(p->feed_to, p->queue.data + p->written, p->queue.len - p->written);

		if (n > 0)
			p->written += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n < 0 && errno != EINTR)
			break;
	}
	end_feed(p);
}

static void *pump_main(void *arg)
{
	struct pump *p = arg;
	bool stop = false;

	while (!stop) {
		struct pollfd fds[PUMP_LANES + 2] = { { .fd = p->wake, .events = POLLIN } };
		uint64_t count;

		for (size_t i = 0; i < p->nlanes; i++)
			fds[i + 1] = (struct pollfd){ .fd = p->lanes[i].from, .events = POLLIN };
		pthread_mutex_lock(&p->lock);
		fds[p->nlanes + 1] = (struct pollfd){ .fd = p->feed_to, .events = POLLOUT };
		pthread_mutex_unlock(&p->lock);
		if (poll(fds, (nfds_t)p->nlanes + 2, -1) < 0 && errno != EINTR)
			break;
		if ((fds[0].revents & POLLIN) && read(p->wake, &count, sizeof(count)) < 0)
			break;
		for (size_t i = 0; i < p->nlanes; i++) {
			if (fds[i + 1].revents)
				copy_piece(p, &p->lanes[i]);
		}
		pthread_mutex_lock(&p->lock);
		if (p->feed_to >= 0)
			feed_some(p);
		stop = p->stop;
		pthread_mutex_unlock(&p->lock);
	}
	for (size_t i = 0; i < p->nlanes; i++) {
		while (p->lanes[i].from >= 0 && copy_piece(p, &p->lanes[i]))
			;
	}
	return NULL;
}

static int run(struct pump *p, struct err *err)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int error;

	if (p->running)
		return 0;
	p->wake = eventfd(0, EFD_CLOEXEC);
	if (p->wake < 0)
		return err_errno(err, ERR_SPAWN, "cannot make an eventfd");
	p->piece = xcalloc(1, COPY_PIECE);
	pthread_attr_init(&attr);
	if (p->has_affinity)
		pthread_attr_setaffinity_np(&attr, sizeof(p->affinity), &p->affinity);
	sigfillset(&all); /* signals are the caller's, and SIGPIPE here is only an error number */
	sigdelset(&all, SIGSEGV); /* what a processor says is the thread's own (x86_64.h) */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&p->thread, &attr, pump_main, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (error) {
		errno = error;
		return err_errno(err, ERR_SPAWN, "cannot make a thread");
	}
	p->running = true;
	return 0;
}

int pump_start(struct pump *p, struct err *err)
{
	return p->nlanes ? run(p, err) : 0;
}

static void wake(struct pump *p)
{
	const uint64_t one = 1;

	if (write(p->wake, &one, sizeof(one)) < 0)
		return; /* the counter is full: the thread is awake */
}

int pump_feed(struct pump *p, int *to, const void *data, size_t len, bool close, struct err *err)
{
	bool waiting;

	pthread_mutex_lock(&p->lock);
	buf_add(&p->queue, data, len);
	p->feed_to = *to;
	p->feed_close |= close;
	feed_some(p); /* mostly there is room: no thread is needed */
	waiting = p->feed_to >= 0;
	pthread_mutex_unlock(&p->lock);
	if (close)
		*to = -1;
	if (!waiting)
		return 0;
	if (run(p, err) < 0)
		return -1;
	wake(p);
	return 0;
}

size_t pump_queued(struct pump *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->queue.len - p->written;
	pthread_mutex_unlock(&p->lock);
	return n;
}

void pump_free(struct pump *p)
{
	if (!p)
		return;
	if (p->running) {
		pthread_mutex_lock(&p->lock);
		p->stop = true;
		pthread_mutex_unlock(&p->lock);
		wake(p);
		pthread_join(p->thread, NULL);
	}
	end_feed(p);
	for (size_t i = 0; i < p->nlanes; i++)
		fd_close(&p->lanes[i].from);
	fd_close(&p->wake);
	buf_free(&p->queue);
	pthread_mutex_destroy(&p->lock);
	free(p->piece);
	free(p);
}

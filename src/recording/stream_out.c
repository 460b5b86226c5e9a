/*
 * Messages out: one thread fills a ring, another cuts it into chunks, compresses, digests and writes them.
 *
 * Positions count bytes of the stream from its start.  consumed <= published <= position; the producer owns the ring
 * from published on, the thread reads [consumed, published).  Neither takes the lock for a message: the producer takes
 * it where a chunk becomes full, the thread once a chunk.  A chunk ends at a multiple of STREAM_CHUNK, or earlier when
 * a second has passed or somebody asks; so none wraps around the ring's end.
 */
#include "recording/stream.h"

#include "base/check.h"
#include "base/fdio.h"
#include "recording/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_SECONDS 1 /* what is older is on its way to the file: kill -9 loses no more than that */
#define LEVEL_NORMAL  1
#define LEVEL_HURRIED (-10)               /* zstd, where the queue fills up: on text 380 MB/s instead of 285 ... */
#define LEVEL_BEHIND  (-40)               /* ... and where it is full: 600 MB/s, for more than twice the bytes */
#define SYNC_BYTES    ((uint64_t)8 << 20) /* how often the kernel is told to begin writing to the disk */

/* A digest that is not there when its message is. */
struct later {
	uint64_t start;    /* of the message */
	uint64_t position; /* of the digest */
	struct digest_range range;
	enum { LATER_WAITS, LATER_RUNS, LATER_DONE } state; /* under the lock */
};

struct stream_out {
	uint8_t *ring;
	size_t mask;
	uint64_t position; /* producer's */
	uint64_t limit;    /* producer's: consumed as last seen + STREAM_QUEUE */
	/* producer's; nothing is published from the first one's message on.  The thread computes, and writes into the ring */
	struct later laters[BLOCKS_HOLES];
	unsigned nlaters;      /* not forgotten yet */
	unsigned first_later; /* where they begin in laters, which goes round */
	_Atomic uint64_t published, consumed;
	atomic_bool failed; /* err is set; the thread only throws away from then on */

	pthread_mutex_t lock; /* for all below, and for sleeping */
	pthread_cond_t work;  /* the thread waits here */
	pthread_cond_t room;  /* the producer waits here */
	uint64_t wanted;      /* the producer sleeps until so much is consumed; 0: it does not */
	uint64_t flush_to;    /* positions below this shall be written at once */
	bool ending;          /* the thread writes what there is, and ends */
	bool dismissed;       /* it ends at once, and leaves the rest to the producer */
	bool writing;         /* it is at work on a chunk */
	struct err err;

	pthread_t thread;
	cpu_set_t cpus; /* where the thread may run: what the process had before anybody was pinned */
	bool cpus_known;
	int fd;
	char *path, *part; /* part == NULL: written in place */
	struct frame_writer *frames; /* the thread's while it runs and is not dismissed */
	uint64_t synced; /* thread's */
};

/* ---- the thread ---- */

static void fail(struct stream_out *s, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	if (!err_is_set(&s->err))
		s->err = *err;
	atomic_store_explicit(&s->failed, true, memory_order_release);
	pthread_mutex_unlock(&s->lock);
}

static void write_frame(struct stream_out *s, enum frame_type type, const uint8_t *data, size_t len, int level)
{
	struct err err = { 0 };

	if (atomic_load_explicit(&s->failed, memory_order_relaxed))
		return;
	if (frame_write(s->frames, type, data, len, level, &err) < 0)
		fail(s, &err);
}

/* The end of the chunk that begins at from, or from when it is not yet time to write.  Holds the lock. */
static uint64_t chunk_end(const struct stream_out *s, uint64_t from, bool late)
{
	uint64_t published = atomic_load_explicit(&s->published, memory_order_acquire);
	uint64_t full = (from | (STREAM_CHUNK - 1)) + 1;

	if (published >= full)
		return full;
	if (published > from && (late || s->ending || s->flush_to > from))
		return published;
	return from;
}

/* A digest that nobody computes yet; NULL: there is none.  Holds the lock. */
static struct later *take_later(struct stream_out *s)
{
	for (unsigned i = 0; i < s->nlaters; i++) {
		struct later *l = &s->laters[(s->first_later + i) % BLOCKS_HOLES];

		if (l->state != LATER_WAITS)
			continue;
		l->state = LATER_RUNS;
		return l;
	}
	return NULL;
}

/* Computes one that was taken.  Holds the lock, and lets go of it meanwhile. */
static void run_later(struct stream_out *s, struct later *l)
{
	uint8_t digest[DIGEST_SIZE];
	struct err err = { 0 };
	int result;

	pthread_mutex_unlock(&s->lock);
	result = digest_of_fd(l->range.fd, l->range.offset, l->range.len, digest, &err);
	fd_close(&l->range.fd);
	if (result < 0)
		fail(s, &err);
	for (unsigned i = 0; i < DIGEST_SIZE; i++)
		s->ring[(l->position + i) & s->mask] = digest[i];
	pthread_mutex_lock(&s->lock);
	l->state = LATER_DONE;
	pthread_cond_signal(&s->room);
}

/* Sleeps until there is a chunk to write: [consumed, *end).  false: all is written and the end has come. */
static bool wait_for_chunk(struct stream_out *s, uint64_t from, uint64_t *end)
{
	bool late = false;

	for (;;) {
		struct timespec until;
		struct later *later;

		if (s->dismissed)
			return false;
		later = take_later(s);
		if (later) {
			run_later(s, later);
			continue;
		}
		*end = chunk_end(s, from, late);
		if (*end != from)
			return true;
		if (s->ending)
			return false;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += FLUSH_SECONDS;
		late = pthread_cond_timedwait(&s->work, &s->lock, &until) == ETIMEDOUT;
	}
}

/* zstd's level: the program must not wait for the last percent. */
static int level_for(uint64_t behind)
{
	if (behind <= STREAM_QUEUE / 2)
		return LEVEL_NORMAL;
	return behind <= STREAM_QUEUE / 8 * 7 ? LEVEL_HURRIED : LEVEL_BEHIND;
}

static void write_chunk(struct stream_out *s, uint64_t from, uint64_t end)
{
	uint64_t behind = atomic_load_explicit(&s->published, memory_order_relaxed) - from;

	write_frame(s, FRAME_CHUNK, s->ring + (from & s->mask), (size_t)(end - from), level_for(behind));
	if (end - s->synced >= SYNC_BYTES && s->part) {
		sync_file_range(s->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* so that the fsync at the end is short */
		s->synced = end;
	}
}

static void *thread_main(void *arg)
{
	struct stream_out *s = arg;
	uint64_t from = 0, end;

	if (s->cpus_known)
		pthread_setaffinity_np(pthread_self(), sizeof(s->cpus), &s->cpus);
	pthread_mutex_lock(&s->lock);
	while (wait_for_chunk(s, from, &end)) {
		s->writing = true;
		pthread_mutex_unlock(&s->lock);
		write_chunk(s, from, end);
		atomic_store_explicit(&s->consumed, end, memory_order_release);
		from = end;
		pthread_mutex_lock(&s->lock);
		s->writing = false;
		if (s->wanted && end >= s->wanted)
			pthread_cond_signal(&s->room);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static int start_thread(struct stream_out *s, struct err *err)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int failure;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->work, &attr);
	pthread_cond_init(&s->room, &attr);
	pthread_condattr_destroy(&attr);
	s->cpus_known = sched_getaffinity(0, sizeof(s->cpus), &s->cpus) == 0;
	sigfillset(&all); /* signals are the caller's; a blocked SIGXFSZ makes write(2) fail with EFBIG */
	sigdelset(&all, SIGSEGV); /* what a processor says is the thread's own (trace/x86_64.h) */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	failure = pthread_create(&s->thread, NULL, thread_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = failure;
	return failure ? err_errno(err, ERR_IO, "cannot start the thread that writes %s", s->path) : 0;
}

/* ---- the producer ---- */

static int open_file(struct stream_out *s, enum rec_file_type type, const struct sign_key *sign, struct err *err)
{
	struct stat st;
	const char *name;

	if (stat(s->path, &st) == 0 && !S_ISREG(st.st_mode)) { /* a device or fifo: there is nothing to rename */
		s->fd = open(s->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		struct buf part = { 0 };

		buf_printf(&part, "%s.part", s->path);
		s->part = (char *)STEAL(part.data);
		s->fd = open(s->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	}
	name = s->part ? s->part : s->path;
	if (s->fd < 0)
		return err_errno(err, ERR_IO, "cannot create %s", name);
	s->frames = frame_writer_new(s->fd, name, type, sign);
	return 0;
}

static void stream_out_free(struct stream_out *s)
{
	fd_close(&s->fd);
	frame_writer_free(s->frames);
	free(s->ring);
	free(s->path);
	free(s->part);
	free(s);
}

/* A frame from the producer, while the thread does not run or is dismissed: a signal must not end the process. */
static int write_here(struct stream_out *s, enum frame_type type, const uint8_t *data, size_t len, struct err *err)
{
	sigset_t xfsz, old;
	int result;

	sigemptyset(&xfsz); /* pending afterwards only where the write failed; then it is taken back */
	sigaddset(&xfsz, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &xfsz, &old);
	result = frame_write(s->frames, type, data, len, LEVEL_NORMAL, err);
	if (result < 0 && !sigismember(&old, SIGXFSZ))
		sigtimedwait(&xfsz, NULL, &(struct timespec){ 0 });
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return result;
}

/*
 * Lets the thread end when it has written what was put.  true: it is idle and writes nothing of that; the producer need not wait
 * for it to wake up.
 */
static bool end_thread(struct stream_out *s, bool may_dismiss)
{
	bool dismissed;

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	s->dismissed = dismissed = may_dismiss && !s->writing;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	return dismissed;
}

static void join_thread(struct stream_out *s)
{
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->room);
	pthread_mutex_destroy(&s->lock);
}

static int report(const struct stream_out *s, struct err *err)
{
	if (err && !err_is_set(err))
		*err = s->err;
	return -1;
}

struct stream_out *stream_out_open(const char *path, enum rec_file_type type, const uint8_t *header, size_t header_len,
				   size_t ring, const struct sign_key *sign, struct err *err)
{
	struct stream_out *s = xcalloc(1, sizeof(*s));

	INVARIANT(ring >= 2 * STREAM_QUEUE && (ring & (ring - 1)) == 0);
	s->fd = -1;
	s->path = xstrdup(path);
	s->ring = xcalloc(1, ring);
	s->mask = ring - 1;
	s->limit = STREAM_QUEUE;
	if (header_len > FRAME_MESSAGE_MAX)
		err_set(err, ERR_LIMIT, "arguments and environment are too large for %s: %zu bytes", path, header_len);
	else if (open_file(s, type, sign, err) == 0 && write_here(s, FRAME_HEADER, header, header_len, err) == 0 &&
		 start_thread(s, err) == 0)
		return s;
	stream_out_free(s);
	return NULL;
}

uint64_t stream_out_position(const struct stream_out *s)
{
	return s->position;
}

const uint8_t *stream_out_ring(const struct stream_out *s)
{
	return s->ring;
}

static void forget_laters(struct stream_out *s)
{
	while (s->nlaters && s->laters[s->first_later].state == LATER_DONE) {
		s->first_later = (s->first_later + 1) % BLOCKS_HOLES;
		s->nlaters--;
	}
}

/* Makes bytes before position the thread's, as far as they are there. */
static void publish(struct stream_out *s)
{
	uint64_t before = atomic_load_explicit(&s->published, memory_order_relaxed);
	uint64_t to = s->position;

	if (UNLIKELY(s->nlaters)) {
		pthread_mutex_lock(&s->lock);
		forget_laters(s);
		if (s->nlaters)
			to = s->laters[s->first_later].start;
		pthread_mutex_unlock(&s->lock);
	}
	atomic_store_explicit(&s->published, to, memory_order_release);
	if (before / STREAM_CHUNK == to / STREAM_CHUNK)
		return;
	pthread_mutex_lock(&s->lock);
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

/* Sleeps until the thread has written up to position to. */
static void wait_consumed(struct stream_out *s, uint64_t to)
{
	pthread_mutex_lock(&s->lock);
	s->wanted = to;
	while (atomic_load_explicit(&s->consumed, memory_order_acquire) < to)
		pthread_cond_wait(&s->room, &s->lock);
	s->wanted = 0;
	pthread_mutex_unlock(&s->lock);
}

static void settle(struct stream_out *s)
{
	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct later *l = take_later(s);

		forget_laters(s);
		if (l)
			run_later(s, l);
		else if (s->nlaters)
			pthread_cond_wait(&s->room, &s->lock);
		else
			break;
	}
	pthread_mutex_unlock(&s->lock);
}

void stream_out_later(struct stream_out *s, uint64_t start, uint64_t position, const struct digest_range *range)
{
	if (s->nlaters == BLOCKS_HOLES)
		settle(s);
	pthread_mutex_lock(&s->lock);
	s->laters[(s->first_later + s->nlaters++) % BLOCKS_HOLES] =
		(struct later){ .start = start, .position = position, .range = *range };
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

bool stream_out_waits(const struct stream_out *s)
{
	return s->nlaters > 0;
}

int stream_out_settle(struct stream_out *s, struct err *err)
{
	settle(s);
	return stream_out_message_end(s, err);
}

static void make_room(struct stream_out *s)
{
	uint64_t consumed;

	if (s->nlaters)
		settle(s);
	consumed = atomic_load_explicit(&s->consumed, memory_order_acquire);
	if (consumed + STREAM_QUEUE == s->position) {
		publish(s);
		wait_consumed(s, consumed + STREAM_QUEUE / 2); /* not a wake-up for every chunk */
		consumed = atomic_load_explicit(&s->consumed, memory_order_acquire);
	}
	s->limit = consumed + STREAM_QUEUE;
}

void stream_out_put(struct stream_out *s, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		size_t at = (size_t)s->position & s->mask;
		size_t n = len;

		if (UNLIKELY(s->position == s->limit))
			make_room(s);
		if (UNLIKELY(n > s->limit - s->position))
			n = (size_t)(s->limit - s->position);
		if (UNLIKELY(n > s->mask + 1 - at))
			n = s->mask + 1 - at;
		memcpy(s->ring + at, p, n);
		p += n;
		s->position += n;
		len -= n;
	}
}

int stream_out_message_end(struct stream_out *s, struct err *err)
{
	publish(s);
	if (UNLIKELY(atomic_load_explicit(&s->failed, memory_order_acquire)))
		return report(s, err);
	return 0;
}

int stream_out_flush(struct stream_out *s, struct err *err)
{
	settle(s);
	publish(s);
	pthread_mutex_lock(&s->lock);
	s->flush_to = s->position;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	wait_consumed(s, s->position);
	return atomic_load(&s->failed) ? report(s, err) : 0;
}

/* What a dismissed thread has left. */
static int write_rest(struct stream_out *s, struct err *err)
{
	uint64_t from = atomic_load_explicit(&s->consumed, memory_order_acquire), end;

	for (; from < s->position; from = end) {
		end = (from | (STREAM_CHUNK - 1)) + 1;
		if (end > s->position)
			end = s->position;
		if (write_here(s, FRAME_CHUNK, s->ring + (from & s->mask), (size_t)(end - from), err) < 0)
			return -1;
	}
	return 0;
}

static int finish_file(struct stream_out *s, const uint8_t *trailer, size_t len, struct err *err)
{
	if (write_here(s, FRAME_TRAILER, trailer, len, err) < 0)
		return -1;
	if (s->part && fsync(s->fd) < 0 && errno != EINVAL && errno != EROFS)
		return err_errno(err, ERR_IO, "cannot sync %s", s->part);
	if (s->part && rename(s->part, s->path) < 0)
		return err_errno(err, ERR_IO, "cannot rename %s to %s", s->part, s->path);
	return 0;
}

int stream_out_finish(struct stream_out *s, const uint8_t *trailer, size_t trailer_len, struct err *err)
{
	int result = 0;
	bool here;

	settle(s);
	publish(s);
	here = end_thread(s, true);
	if (!here)
		join_thread(s);
	if (atomic_load(&s->failed))
		result = report(s, err);
	else if ((here && write_rest(s, err) < 0) || finish_file(s, trailer, trailer_len, err) < 0)
		result = -1;
	if (here)
		join_thread(s);
	stream_out_free(s);
	return result;
}

void stream_out_abandon(struct stream_out *s)
{
	if (!s)
		return;
	settle(s);
	publish(s);
	end_thread(s, false);
	join_thread(s);
	stream_out_free(s);
}

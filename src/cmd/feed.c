/*
 * Standard input for a replay, rebuilt from the recorded reads.
 */
#include "cmd/feed.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"
#include "base/map.h"
#include "cmd/inputs.h"
#include "recording/open_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define RESTART_MIN 512 /* results of calls that a signal interrupts, as the kernel has them: -512 to -516 */
#define RESTART_MAX 516
/* TCSETS2, TCSETSW2, TCSETSF2: the structs that their definitions take the size of are in no header of the C library */
#define TCSETS_2  0x402c542bu
#define TCSETSW_2 0x402c542cu
#define TCSETSF_2 0x402c542du

#define DRAIN_NAP_US 50
#define DRAIN_NAPS   20000 /* at most: a second */

/* What one read is to find. */
struct portion {
	uint64_t began;	  /* event where the read began */
	uint64_t at;	  /* where it stands in the kept data */
	uint64_t length;  /* 0: the end of the stream */
	uint64_t empties; /* how often before the tasks had found that nothing is there */
	uint32_t task;	  /* whose read it was */
	bool taken;	  /* a read of that task has returned */
};

struct feed {
	const struct abi_schema *schema;
	struct buf name;     /* of the temporary file: it keeps its name while the program runs, which may look at st_nlink */
	int fd;		     /* the bytes: by file position, or one read behind the other */
	bool stream;	     /* descriptor 0 was no file */
	struct inputs *inputs; /* of the run that is looked at: recorded while building, actual while feeding */
	struct buf portions; /* stream: struct portion, one a read, in the order in which the reads began */
	size_t next;	     /* stream: read that is to be handed out next */
	size_t waiting;	     /* stream: how many are handed out and not yet taken */
	size_t untaken;	     /* stream: those before are taken */
	struct map64 *cursors; /* stream: task to where its next portion is not before */
	struct map64 *reading; /* stream: task to 1: it is in a read of standard input */
	uint64_t at;	     /* stream: where the next kept data goes to */
	struct buf positions; /* file: uint64_t, one an open file */
	uint64_t empties;    /* stream: how often the tasks have found that nothing is there, in the run that is looked at */
	bool ready;	     /* stream, building: a task has found that the next portion is there ... */
	uint64_t ready_empties; /* ... when this was `empties` */
	bool in_epoll;	     /* it was given to an epoll descriptor */
	bool at_end;	     /* what was handed out last is the end */
	bool ended;	     /* stream: its end was given although the recorded program did not see it */
};

/* Which calls touch descriptor 0, told by the schema's rows. */
static const struct abi_row *row_of(const struct feed *f, const struct sys_event *ev)
{
	return ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(f->schema, ev->call)->row;
}

static bool is_stdin(const struct feed *f, const struct sys_event *ev, uint64_t fd)
{
	uint32_t file;

	return inputs_has(f->inputs, ev->task, fd, &file);
}

/* The file position of one of the open files that are standard input. */
static uint64_t *position(struct feed *f, const struct sys_event *ev)
{
	uint32_t file = 0;
	uint64_t start = 0;

	inputs_has(f->inputs, ev->task, ev->args[0], &file);
	while (f->positions.len / sizeof(start) <= file)
		buf_add(&f->positions, &start, sizeof(start));
	return (uint64_t *)(void *)f->positions.data + file;
}

/* What it received is there still. */
static bool peeks(const struct abi_row *row, const struct sys_event *ev)
{
	if (strcmp(row->name, "recvfrom") == 0)
		return ev->args[3] & MSG_PEEK;
	return strcmp(row->name, "recvmsg") == 0 && (ev->args[2] & MSG_PEEK);
}

/* true: the call read len > 0 bytes, or the end, from what is standard input. */
static bool took(const struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	return (row->flags & CALL_STREAM) && (ev->flags & EVENT_RETURNED) && !event_failed(ev) && !peeks(row, ev) &&
	       is_stdin(f, ev, ev->args[0]);
}

/* ---- what calls find out about a stream without reading it ---- */

/* What a call tells about whether there is something to be read. */
enum told { TOLD_NOTHING_NEW, TOLD_EMPTY, TOLD_READY };

static bool interrupted(const struct sys_event *ev)
{
	return ev->ret == -EINTR || (ev->ret <= -RESTART_MIN && ev->ret >= -RESTART_MAX);
}

/* What stood at an address at a call's beginning or end. */
static const struct abi_block *block_at(const struct sys_event *ev, enum abi_phase phase, uint64_t addr)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == phase && ev->blocks[i].addr == addr && ev->blocks[i].data)
			return &ev->blocks[i];
	}
	return NULL;
}

/* poll: an array of descriptors and of what is said of each. */
static enum told poll_tells(const struct feed *f, const struct sys_event *ev)
{
	const struct abi_block *asked = block_at(ev, PHASE_ENTRY, ev->args[0]);
	const struct abi_block *answer = event_failed(ev) ? NULL : block_at(ev, PHASE_EXIT, ev->args[0]);

	for (size_t at = 0; asked && at + sizeof(struct pollfd) <= asked->len; at += sizeof(struct pollfd)) {
		struct pollfd p, a = { 0 };

		memcpy(&p, asked->data + at, sizeof(p));
		if (p.fd < 0 || !(p.events & POLLIN) || !is_stdin(f, ev, (uint64_t)p.fd))
			continue;
		if (answer && at + sizeof(a) <= answer->len)
			memcpy(&a, answer->data + at, sizeof(a));
		return a.revents ? TOLD_READY : TOLD_EMPTY;
	}
	return TOLD_NOTHING_NEW;
}

/* select: a set of those to be read. */
static enum told select_tells(const struct feed *f, const struct sys_event *ev)
{
	const struct abi_block *asked = block_at(ev, PHASE_ENTRY, ev->args[1]);
	const struct abi_block *answer = event_failed(ev) ? NULL : block_at(ev, PHASE_EXIT, ev->args[1]);

	for (uint64_t fd = 0; asked && fd < ev->args[0] && fd / 8 < asked->len; fd++) {
		if (!(asked->data[fd / 8] >> fd % 8 & 1) || !is_stdin(f, ev, fd))
			continue;
		return answer && fd / 8 < answer->len && (answer->data[fd / 8] >> fd % 8 & 1) ? TOLD_READY : TOLD_EMPTY;
	}
	return TOLD_NOTHING_NEW;
}

static bool is_ioctl(const struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	return strcmp(row->name, "ioctl") == 0 && !event_failed(ev) && is_stdin(f, ev, ev->args[0]);
}

/* What nobody has read from the terminal is gone: what is read later was typed later. */
static bool flushes(const struct sys_event *ev)
{
	switch ((uint32_t)ev->args[1]) {
	case TCSETSF:
	case TCSETAF:
	case TCSETSF_2:
		return true;
	case TCFLSH:
		return ev->args[2] != TCOFLUSH;
	}
	return false;
}

/* The terminal has another mode: an end of the input that was given as one is lost. */
static bool sets_mode(const struct sys_event *ev)
{
	static const uint32_t requests[] = { TCSETS, TCSETSW, TCSETSF, TCSETA, TCSETAW, TCSETAF, TCSETS_2, TCSETSW_2, TCSETSF_2 };

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		if ((uint32_t)ev->args[1] == requests[i])
			return true;
	}
	return false;
}

/*
 * What is read later must not be there before a call that found nothing, or that waited in vain or until a signal came:
 * then the call would have ended otherwise.  And what a call has said to be there must be.
 */
static enum told told_by(const struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	bool failed = event_failed(ev);

	if (!(ev->flags & EVENT_RETURNED) || (failed && ev->ret != -EAGAIN && !interrupted(ev)))
		return TOLD_NOTHING_NEW;
	if (row->flags & CALL_STREAM)
		return !is_stdin(f, ev, ev->args[0]) ? TOLD_NOTHING_NEW :
		       failed			     ? TOLD_EMPTY :
		       peeks(row, ev)		     ? TOLD_READY :
						       TOLD_NOTHING_NEW;
	if (is_ioctl(f, row, ev))
		return flushes(ev) ? TOLD_EMPTY : TOLD_NOTHING_NEW;
	if (strcmp(row->name, "poll") == 0 || strcmp(row->name, "ppoll") == 0)
		return poll_tells(f, ev);
	if (strcmp(row->name, "select") == 0 || strcmp(row->name, "pselect6") == 0)
		return select_tells(f, ev);
	if (f->in_epoll && (strncmp(row->name, "epoll_wait", 10) == 0 || strncmp(row->name, "epoll_pwait", 11) == 0))
		return ev->ret == 0 ? TOLD_EMPTY : TOLD_NOTHING_NEW;
	return TOLD_NOTHING_NEW;
}

static void note_told(struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	switch (told_by(f, row, ev)) {
	case TOLD_NOTHING_NEW:
		break;
	case TOLD_EMPTY:
		f->empties++;
		break;
	case TOLD_READY:
		if (!f->ready)
			f->ready_empties = f->empties;
		f->ready = true;
		break;
	}
	f->in_epoll |= strcmp(row->name, "epoll_ctl") == 0 && !event_failed(ev) && is_stdin(f, ev, ev->args[2]);
}

/* Who is in a read of standard input; one that ends in it has found nothing. */
static void note_reading(struct feed *f, const struct sys_event *ev)
{
	const struct abi_row *row = row_of(f, ev);

	if (ev->type == EVENT_END) {
		f->empties += map64_del(f->reading, ev->task);
	} else if (ev->type == EVENT_CALL && row) {
		if (ev->flags & EVENT_RETURNED)
			map64_del(f->reading, ev->task);
		else if ((row->flags & CALL_STREAM) && is_stdin(f, ev, ev->args[0]))
			map64_put(f->reading, ev->task, 1);
	}
}

/* ---- building ---- */

/* The bytes that a read got: its out data, in order. */
static int keep(struct feed *f, const struct sys_event *ev, uint64_t offset, struct err *err)
{
	uint64_t left = (uint64_t)ev->ret;

	for (uint32_t i = 0; i < ev->nblocks && left; i++) {
		const struct abi_block *b = &ev->blocks[i];
		size_t n = b->len < left ? b->len : (size_t)left;

		if (b->phase != PHASE_EXIT)
			continue;
		if (pwrite(f->fd, b->data, n, (off_t)offset) != (ssize_t)n)
			return err_errno(err, ERR_IO, "cannot keep the recorded standard input");
		offset += n;
		left -= n;
	}
	if (left)
		return err_set(err, ERR_FORMAT,
			       "event %llu: %lld bytes of standard input were read, and the recording lacks %llu of them",
			       (unsigned long long)ev->seq, (long long)ev->ret, (unsigned long long)left);
	return 0;
}

/* Content that the recorder kept, because a call moved or mapped it without a read. */
static int keep_input(struct feed *f, const struct sys_event *ev, struct err *err)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		const struct abi_block *b = &ev->blocks[i];

		if (pwrite(f->fd, b->data, b->len, (off_t)ev->args[0]) != (ssize_t)b->len)
			return err_errno(err, ERR_IO, "cannot keep the recorded standard input");
	}
	return 0;
}

/* The kernel moved bytes of a stream on without the program's reading them: nobody knows which. */
static bool moved(const struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	static const struct {
		const char *name;
		unsigned from; /* argument */
	} movers[] = { { "splice", 0 }, { "tee", 0 }, { "sendfile", 1 }, { "copy_file_range", 0 } };

	for (size_t i = 0; f->stream && i < ARRAY_LEN(movers); i++) {
		if (strcmp(row->name, movers[i].name) == 0)
			return ev->ret > 0 && is_stdin(f, ev, ev->args[movers[i].from]);
	}
	return false;
}

static int learn(struct feed *f, const struct sys_event *ev, struct err *err)
{
	const struct abi_row *row = row_of(f, ev);

	if (ev->type == EVENT_INPUT)
		return f->stream ? 0 : keep_input(f, ev, err);
	if (!row || ev->type != EVENT_CALL || !(ev->flags & EVENT_RETURNED))
		return 0;
	if (moved(f, row, ev))
		return err_set(err, ERR_UNSUPPORTED,
			       "event %llu: %s moved standard input on without reading it: what it was is not in the recording",
			       (unsigned long long)ev->seq, row->name);
	if (took(f, row, ev)) {
		/* preadv and pread64 name their place and leave the position alone */
		bool moves = row->flags & CALL_MOVES_OFFSET;
		struct portion portion = { .began = ev->seq,
					   .at = f->at,
					   .length = (uint64_t)ev->ret,
					   .empties = f->ready ? f->ready_empties : f->empties,
					   .task = ev->task };
		uint64_t *at = f->stream ? &f->at : position(f, ev);

		if (keep(f, ev, moves || f->stream ? *at : ev->args[3], err) < 0)
			return -1;
		if (f->stream)
			buf_add(&f->portions, &portion, sizeof(portion));
		if (moves || f->stream)
			*at += portion.length;
		f->ready = false;
	} else if (strcmp(row->name, "lseek") == 0 && is_stdin(f, ev, ev->args[0]) && ev->ret >= 0) {
		*position(f, ev) = (uint64_t)ev->ret;
	}
	note_told(f, row, ev);
	return 0;
}

static int scan(struct feed *f, struct rec_reader *reader, struct err *err)
{
	struct open_calls *open = open_calls_new();
	const struct sys_event *recorded;
	int more;

	while ((more = rec_reader_next(reader, &recorded, err)) > 0) {
		struct sys_event ev;

		more = open_calls_take(open, &recorded, err);
		if (more < 0)
			break;
		ev = *recorded;
		ev.call = abi_schema_select(f->schema, ev.nr, ev.args);
		note_reading(f, &ev);
		if (more == 0)
			continue;
		if (learn(f, &ev, err) < 0) {
			more = -1;
			break;
		}
		inputs_follow(f->inputs, &ev);
	}
	open_calls_free(open);
	return more < 0 ? -1 : rec_reader_check(reader, err);
}

static struct portion *portion_of(const struct feed *f, size_t n)
{
	return (struct portion *)(void *)f->portions.data + n;
}

static size_t count_of(const struct feed *f)
{
	return f->portions.len / sizeof(struct portion);
}

static int by_beginning(const void *a, const void *b)
{
	const struct portion *x = a, *y = b;

	return (x->began > y->began) - (x->began < y->began);
}

/*
 * Tasks that sleep in a read get what comes in the order in which they came, in which they need not have returned.  What
 * a later one has got was not there later than what an earlier one has.
 */
static void sort(struct feed *f)
{
	size_t n = count_of(f);

	if (n)
		qsort(f->portions.data, n, sizeof(struct portion), by_beginning);
	for (size_t i = n; i-- > 1;) {
		struct portion *before = portion_of(f, i - 1);

		if (before->empties > portion_of(f, i)->empties)
			before->empties = portion_of(f, i)->empties;
	}
}

static int temporary(struct buf *name, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	buf_printf(name, "%s/sperrips-stdin-XXXXXX", dir && *dir ? dir : "/tmp");
	fd = mkostemp((char *)name->data, O_CLOEXEC);
	if (fd < 0) {
		err_errno(err, ERR_IO, "cannot make a temporary file %s", buf_cstr(name));
		buf_free(name);
	}
	return fd;
}

/* The program gets it as it was: for reading only, as long as it was, at the same place. */
static int reopen(struct feed *f, const struct rec_stdio *in, struct err *err)
{
	bool ready = f->stream || (ftruncate(f->fd, (off_t)in->size) == 0 && fchmod(f->fd, in->mode & 07777) == 0);
	int fd = ready ? open(buf_cstr(&f->name), O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || (!f->stream && lseek(fd, (off_t)in->offset, SEEK_SET) < 0)) {
		err_errno(err, ERR_IO, "cannot rebuild the recorded standard input");
		fd_close(&fd);
		return -1;
	}
	fd_close(&f->fd);
	f->fd = fd;
	return 0;
}

struct feed *feed_build(const struct abi_schema *schema, struct rec_reader *reader, struct err *err)
{
	const struct rec_stdio *in = &rec_reader_header(reader)->stdio[0];
	struct feed *f = xcalloc(1, sizeof(*f));

	f->schema = schema;
	f->cursors = map64_new();
	f->reading = map64_new();
	f->stream = in->kind != FD_KIND_FILE;
	buf_add(&f->positions, &in->offset, sizeof(in->offset));
	f->inputs = inputs_new(schema, in);
	f->fd = temporary(&f->name, err);
	if (f->fd < 0 || scan(f, reader, err) < 0)
		goto fail;
	if (reopen(f, in, err) < 0)
		goto fail;
	sort(f);
	f->empties = 0;
	f->in_epoll = false;
	inputs_free(f->inputs);
	f->inputs = inputs_new(schema, in);
	return f;
fail:
	feed_free(f);
	return NULL;
}

void feed_free(struct feed *f)
{
	if (!f)
		return;
	if (f->name.len)
		unlink(buf_cstr(&f->name));
	fd_close(&f->fd);
	buf_free(&f->name);
	buf_free(&f->portions);
	buf_free(&f->positions);
	inputs_free(f->inputs);
	map64_free(f->cursors);
	map64_free(f->reading);
	free(f);
}

int feed_file(struct feed *f)
{
	return f->fd;
}

/* ---- feeding ---- */

/* The first portion of a task that no read of it has taken yet, or how many there are. */
static size_t next_of(struct feed *f, uint32_t task)
{
	size_t n = count_of(f);
	uint64_t i = 0;

	while (f->untaken < n && portion_of(f, f->untaken)->taken)
		f->untaken++;
	map64_get(f->cursors, task, &i);
	if (i < f->untaken)
		i = f->untaken;
	while (i < n && (portion_of(f, i)->task != task || portion_of(f, i)->taken))
		i++;
	map64_put(f->cursors, task, i);
	return i;
}

static void note_taken(struct feed *f, uint32_t task)
{
	size_t i = next_of(f, task);

	if (i < count_of(f))
		portion_of(f, i)->taken = true;
	if (f->waiting)
		f->waiting--;
}

static void follow_call(struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	if (!(ev->flags & EVENT_RETURNED))
		return;
	if (took(f, row, ev))
		note_taken(f, ev->task);
	if (f->waiting == 1 && f->at_end && is_ioctl(f, row, ev) && sets_mode(ev)) {
		f->waiting = 0;
		f->next--;
	}
	note_told(f, row, ev);
}

void feed_follow(struct feed *f, const struct sys_event *ev)
{
	const struct abi_row *row = row_of(f, ev);

	note_reading(f, ev);
	if (ev->type == EVENT_CALL && row)
		follow_call(f, row, ev);
	inputs_follow(f->inputs, ev);
}

static int hand_out(struct feed *f, struct source *s, const struct source_want *want, struct err *err)
{
	CLEANUP(buf_free) struct buf data = { 0 };
	const struct portion *next = portion_of(f, f->next);

	if (next->length && fd_pread_full(f->fd, buf_grow(&data, next->length), next->length, (off_t)next->at,
					  "the kept standard input", err) < 0)
		return -1;
	/* nobody who is on the way to sleep may come before those that do */
	if (want && s->ops->settle(s, want, err) < 0)
		return -1;
	f->next++;
	f->waiting++;
	f->at_end = next->length == 0;
	return s->ops->feed_stdin(s, data.data, (size_t)next->length, f->at_end, err);
}

/* The program goes its own ways. */
static int give_rest(struct feed *f, struct source *s, struct err *err)
{
	if (f->waiting || f->ended)
		return 0;
	if (f->next < count_of(f))
		return hand_out(f, s, NULL, err);
	f->ended = true;
	return s->ops->feed_stdin(s, "", 0, true, err);
}

/* What was handed out has been read, though the reads have not returned yet as far as the order of events goes. */
static bool is_drained(struct source *s)
{
	for (int i = 0; i < DRAIN_NAPS; i++) {
		if (s->ops->stdin_left(s) == 0)
			return true;
		usleep(DRAIN_NAP_US);
	}
	return false;
}

int feed_before(struct feed *f, struct source *s, const struct source_want *want, struct err *err)
{
	size_t wanted;

	if (!want)
		return give_rest(f, s, err);
	if (!f->waiting && f->next < count_of(f) && portion_of(f, f->next)->empties <= f->empties &&
	    hand_out(f, s, want, err) < 0)
		return -1;
	if (want->stop != SOURCE_EXIT || want->result < 0 || !map64_get(f->reading, want->task, &(uint64_t){ 0 }))
		return 0;
	/* it is in a read: what it is to find, and before it what those are to find that came before and return later */
	wanted = next_of(f, want->task);
	while (wanted < count_of(f) && f->next <= wanted && is_drained(s)) {
		if (hand_out(f, s, want, err) < 0)
			return -1;
	}
	return 0;
}

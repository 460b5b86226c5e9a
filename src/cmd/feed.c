/*
 * Standard input for a replay, rebuilt from the recorded reads.
 */
#include "cmd/feed.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FEED_FDS 1024 /* descriptors that may be duplicates of 0 */

/* What one read is to find. */
struct portion {
	uint64_t length; /* 0: the end of the stream */
	uint64_t empties; /* how often before the program had found that nothing is there */
};

struct feed {
	const struct abi_schema *schema;
	struct buf name;     /* of the temporary file: it keeps its name while the program runs, which may look at st_nlink */
	int fd;		     /* the bytes: by file position, or one read behind the other */
	bool stream;	     /* descriptor 0 was no file */
	bool is_stdin[FEED_FDS]; /* in the run that is looked at: recorded while building, actual while feeding */
	struct buf lengths;  /* stream: struct portion, one a read */
	size_t next;	     /* stream: read that is to be handed out next */
	uint64_t at;	     /* stream: its place in fd; file: position of descriptor 0 */
	bool waiting;	     /* stream: handed out and not yet taken */
	uint64_t empties;    /* stream: how often the program has found that nothing is there, in the run that is looked at */
	bool ended;	     /* stream: its end was given although the recorded program did not see it */
};

/* Which calls touch descriptor 0, told by the schema's rows. */
static const struct abi_row *row_of(const struct feed *f, const struct sys_event *ev)
{
	return ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(f->schema, ev->call)->row;
}

static bool is_stdin(const struct feed *f, uint64_t fd)
{
	return (uint32_t)fd < FEED_FDS && f->is_stdin[(uint32_t)fd];
}

/* Follows duplicates: dup, dup2, dup3 and fcntl(F_DUPFD) have the descriptor in argument 0 and the new one as the result. */
static void follow(struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	bool dup = strncmp(row->name, "dup", 3) == 0 || (row->variant && strncmp(row->variant, "F_DUPFD", 7) == 0);

	if (row->flags & CALL_FD_FLAGS) /* told anew, and still the same descriptor */
		return;
	for (uint32_t i = 0; i < ev->nfds; i++) {
		if ((uint32_t)ev->fds[i].fd < FEED_FDS)
			f->is_stdin[ev->fds[i].fd] = ev->fds[i].kind != FD_KIND_NONE && dup && is_stdin(f, ev->args[0]);
	}
}

/* true: the call read len > 0 bytes, or the end, from a stream that is descriptor 0. */
static bool took(const struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	return (row->flags & CALL_STREAM) && is_stdin(f, ev->args[0]) && !event_failed(ev);
}

/*
 * true: the call found that nothing is there yet, or waited for something in vain.  What is read later must not be there
 * before: then the call would have ended otherwise.
 */
static bool found_nothing(const struct feed *f, const struct abi_row *row, const struct sys_event *ev)
{
	static const char *const waits[] = { "epoll_pwait", "epoll_pwait2", "epoll_wait", "poll", "ppoll", "pselect6",
					     "select" };

	if (!(ev->flags & EVENT_RETURNED))
		return false;
	if ((row->flags & CALL_STREAM) && is_stdin(f, ev->args[0]))
		return ev->ret == -EAGAIN;
	for (size_t i = 0; ev->ret == 0 && i < ARRAY_LEN(waits); i++) {
		if (strcmp(row->name, waits[i]) == 0)
			return true;
	}
	return false;
}

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
			return ev->ret > 0 && is_stdin(f, ev->args[movers[i].from]);
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
		struct portion portion = { (uint64_t)ev->ret, f->empties };

		if (keep(f, ev, moves ? f->at : ev->args[3], err) < 0)
			return -1;
		if (f->stream)
			buf_add(&f->lengths, &portion, sizeof(portion));
		if (moves)
			f->at += portion.length;
	} else if (strcmp(row->name, "lseek") == 0 && is_stdin(f, ev->args[0]) && ev->ret >= 0) {
		f->at = (uint64_t)ev->ret;
	}
	f->empties += found_nothing(f, row, ev);
	follow(f, row, ev);
	return 0;
}

static int scan(struct feed *f, struct rec_reader *reader, struct err *err)
{
	const struct sys_event *recorded;
	int more;

	while ((more = rec_reader_next(reader, &recorded, err)) > 0) {
		struct sys_event ev = *recorded;

		ev.call = abi_schema_select(f->schema, ev.nr, ev.args);
		if (learn(f, &ev, err) < 0)
			return -1;
	}
	return more < 0 ? -1 : rec_reader_check(reader, err);
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
	f->stream = in->kind != FD_KIND_FILE;
	f->at = f->stream ? 0 : in->offset;
	f->is_stdin[0] = true;
	f->fd = temporary(&f->name, err);
	if (f->fd < 0 || scan(f, reader, err) < 0)
		goto fail;
	if (reopen(f, in, err) < 0)
		goto fail;
	f->at = f->empties = 0;
	memset(f->is_stdin, 0, sizeof(f->is_stdin));
	f->is_stdin[0] = true;
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
	buf_free(&f->lengths);
	free(f);
}

int feed_file(struct feed *f)
{
	return f->fd;
}

int feed_next(struct feed *f, struct source *s, const struct sys_event *finished, bool at_liberty, struct err *err)
{
	CLEANUP(buf_free) struct buf data = { 0 };
	struct portion next;

	if (finished) {
		const struct abi_row *row = row_of(f, finished);

		if (!row)
			return 0;
		if (f->waiting && took(f, row, finished))
			f->waiting = false;
		f->empties += found_nothing(f, row, finished);
		follow(f, row, finished);
	}
	if (f->waiting || f->ended)
		return 0;
	if ((f->next + 1) * sizeof(next) > f->lengths.len) {
		f->ended = at_liberty;
		return at_liberty ? s->ops->feed_stdin(s, "", 0, true, err) : 0;
	}
	memcpy(&next, f->lengths.data + f->next * sizeof(next), sizeof(next));
	if (next.empties > f->empties)
		return 0;
	if (next.length && fd_pread_full(f->fd, buf_grow(&data, next.length), next.length, (off_t)f->at,
					 "the kept standard input", err) < 0)
		return -1;
	f->at += next.length;
	f->next++;
	f->waiting = true;
	return s->ops->feed_stdin(s, data.data, (size_t)next.length, next.length == 0, err);
}

/*
 * Descriptors 0-2 of the program.  A replay gives each the kind that was recorded; where the caller's is of another
 * kind, a pipe, socket, terminal or file of ours stands in its place and its content is moved on.
 */
#include "trace/stdio.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"
#include "trace/fdinfo.h"
#include "trace/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ACCESS_FLAGS   (O_ACCMODE | O_APPEND | O_NONBLOCK) /* what of the recorded flags an open file keeps */
#define FEED_PIPE_MAX  (1 << 20)                           /* what an ordinary user may enlarge a pipe to */
#define TERMINAL_ROOM  4095                                /* what a terminal holds for its reader */
#define TERMINAL_WAITS 2000                                /* of 50 us */

/* A file of ours in the place of the caller's. */
struct stand_in {
	char *path; /* NULL: none; removed at the end: until then it has a name, as the recorded one had */
	int fd;
	uint64_t from; /* what the program wrote begins here */
};

struct stdio {
	int child[3];  /* owned, above 2; -1: closed in the child */
	int caller[3]; /* lent: where what is moved on goes to */
	struct pump *pump;
	/* the other end of what was made for a descriptor, not of files; owned; -1: none */
	int peer[3];
	int feed;       /* non-blocking, where descriptor 0 is fed, or -1 */
	int feed_slave; /* the terminal's side of a fed one, or -1 */
	struct stand_in files[3];
};

/* A duplicate above 2. */
static int above(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* The same, and the original goes. */
static int lift(int fd)
{
	int high = fd < 0 ? -1 : above(fd);

	fd_close(&fd);
	return high;
}

/* ---- what is made ---- */

static void keep_flags(int fd, uint32_t recorded)
{
	if (recorded & (O_APPEND | O_NONBLOCK))
		fcntl(fd, F_SETFL, recorded & (O_APPEND | O_NONBLOCK));
}

/* reads: the child reads from it. */
static int make_pipe(struct stdio *s, int fd, bool reads)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	s->child[fd] = lift(ends[reads ? 0 : 1]);
	s->peer[fd] = lift(ends[reads ? 1 : 0]);
	return 0;
}

static int make_socket(struct stdio *s, int fd)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	s->child[fd] = lift(ends[0]);
	s->peer[fd] = lift(ends[1]);
	return 0;
}

/* Raw, so that every byte passes as it is. */
static int make_terminal(struct stdio *s, int fd, uint32_t flags)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int master = lift(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
	char name[64];
	struct termios tio;

	if (master < 0)
		return -1;
	if (grantpt(master) < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof(name)) != 0)
		goto fail;
	s->child[fd] = lift(open(name, (int)(flags & O_ACCMODE) | O_NOCTTY | O_CLOEXEC));
	if (s->child[fd] < 0 || tcgetattr(s->child[fd], &tio) < 0)
		goto fail;
	cfmakeraw(&tio);
	tcsetattr(s->child[fd], TCSANOW, &tio);
	for (int i = 0; i < 3 && ioctl(i, TIOCGWINSZ, &size) < 0; i++)
		;
	ioctl(s->child[fd], TIOCSWINSZ, &size);
	s->peer[fd] = master;
	return 0;
fail:
	fd_close(&s->child[fd]);
	close(master);
	return -1;
}

static int make_file(struct stdio *s, int fd, const struct spawn_stdio *like)
{
	const char *dir = getenv("TMPDIR");
	struct stand_in *f = &s->files[fd];
	CLEANUP(buf_free) struct buf name = { 0 };

	buf_printf(&name, "%s/sperrips-%d-XXXXXX", dir && *dir ? dir : "/tmp", fd);
	f->fd = lift(mkostemp((char *)name.data, O_CLOEXEC));
	if (f->fd < 0)
		return -1;
	f->path = xstrdup(buf_cstr(&name));
	f->from = like->flags & O_APPEND ? like->size : like->offset;
	if (ftruncate(f->fd, (off_t)like->size) < 0)
		return -1;
	s->child[fd] = lift(open(f->path, (int)(like->flags & ACCESS_FLAGS) | O_CLOEXEC));
	if (s->child[fd] < 0 || lseek(s->child[fd], (off_t)like->offset, SEEK_SET) < 0)
		return -1;
	return fchmod(f->fd, like->mode & 07777);
}

static int open_device(struct stdio *s, int fd, const struct spawn_stdio *like)
{
	struct stat st;

	s->child[fd] = lift(open(like->path, (int)(like->flags & ACCESS_FLAGS) | O_CLOEXEC | O_NOCTTY));
	if (s->child[fd] < 0)
		return -1;
	if (fstat(s->child[fd], &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == like->rdev)
		return 0;
	fd_close(&s->child[fd]);
	return -1;
}

/* ---- standard output and error ---- */

static bool alike(const struct spawn_stdio *recorded, const struct spawn_stdio *own)
{
	if (recorded->kind != own->kind)
		return false;
	switch (recorded->kind) {
	case FD_KIND_FILE:
		return recorded->size == own->size && recorded->offset == own->offset &&
		       ((recorded->flags ^ own->flags) & ACCESS_FLAGS) == 0;
	case FD_KIND_DEVICE:
		return recorded->rdev == own->rdev;
	case FD_KIND_NONE:
	case FD_KIND_DIR:
	case FD_KIND_PIPE:
	case FD_KIND_SOCKET:
	case FD_KIND_TTY:
	case FD_KIND_ANON:
	case FD_KIND_COUNT:
		break;
	}
	return true;
}

/* The recorded descriptor was the same open file as a lower one that we made: it is again. */
static bool share(struct stdio *s, const struct spawn_env *env, int fd)
{
	const struct spawn_stdio *recorded = &env->stdio[fd];

	for (int lower = 0; lower < fd; lower++) {
		const struct spawn_stdio *other = &env->stdio[lower];
		bool made = s->peer[lower] >= 0 || s->files[lower].path;

		if (!made || other->kind != recorded->kind || strcmp(other->path, recorded->path) != 0 ||
		    ((other->flags ^ recorded->flags) & O_ACCMODE))
			continue;
		s->child[fd] = above(s->child[lower]);
		return s->child[fd] >= 0;
	}
	return false;
}

static int make_output(struct stdio *s, const struct spawn_stdio *recorded, int fd)
{
	int result = 0;

	switch (recorded->kind) {
	case FD_KIND_FILE:
		result = make_file(s, fd, recorded);
		break;
	case FD_KIND_PIPE:
		result = make_pipe(s, fd, false);
		break;
	case FD_KIND_SOCKET:
		result = make_socket(s, fd);
		break;
	case FD_KIND_TTY:
		result = make_terminal(s, fd, recorded->flags);
		break;
	case FD_KIND_DEVICE: /* another machine may lack it: then the caller's must do */
		if (open_device(s, fd, recorded) < 0)
			s->child[fd] = above(s->caller[fd]);
		return 0;
	case FD_KIND_NONE: /* closed */
		return 0;
	case FD_KIND_DIR:
	case FD_KIND_ANON:
	case FD_KIND_COUNT:
		s->child[fd] = above(s->caller[fd]);
		return 0;
	}
	if (result == 0 && s->peer[fd] >= 0) {
		keep_flags(s->child[fd], recorded->flags);
		pump_copy(s->pump, above(s->peer[fd]), s->caller[fd]);
	}
	return result;
}

static int choose_outputs(struct stdio *s, const struct spawn_options *o, struct err *err)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();

	for (int fd = 1; fd < 3; fd++) {
		struct spawn_stdio own = { 0 };

		/* closed stays closed: what stands at that number now is something of the tracer's own */
		if (o->env->stdio[fd].kind == FD_KIND_NONE)
			continue;
		if (o->match_stdio)
			spawn_observe_stdio(&own, s->caller[fd], arena);
		if (!o->match_stdio || alike(&o->env->stdio[fd], &own)) {
			s->child[fd] = above(s->caller[fd]);
			continue;
		}
		if (share(s, o->env, fd))
			continue;
		if (make_output(s, &o->env->stdio[fd], fd) < 0)
			return err_errno(err, ERR_SPAWN, "cannot make descriptor %d what it was in the recording", fd);
	}
	return 0;
}

/* ---- standard input ---- */

static int open_stdin_file(const struct spawn_options *o, struct err *err)
{
	const struct spawn_stdio *in = &o->env->stdio[0];
	int fd = -1;

	/* the recorded one may have been open for writing, too; reading is what counts */
	if (in->kind != FD_KIND_NONE && (in->flags & O_ACCMODE) != O_WRONLY)
		fd = lift(open(o->stdin_path, (int)(in->flags & ACCESS_FLAGS) | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		fd = lift(open(o->stdin_path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot open %s", o->stdin_path);
	return fd;
}

/* The lent file through an open file of its own, with the recorded access mode and the same position. */
static int open_stdin_fd(const struct spawn_options *o, struct err *err)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", o->stdin_fd);
	fd = lift(open(name, (int)(o->env->stdio[0].flags & ACCESS_FLAGS) | O_CLOEXEC));
	if (fd >= 0 && lseek(fd, lseek(o->stdin_fd, 0, SEEK_CUR), SEEK_SET) < 0)
		fd_close(&fd);
	if (fd < 0)
		fd = above(o->stdin_fd);
	return fd < 0 ? err_errno(err, ERR_IO, "cannot use the rebuilt standard input") : fd;
}

static int make_fed_stdin(struct stdio *s, const struct spawn_stdio *recorded, struct err *err)
{
	int result = -1;

	switch (recorded->kind) {
	case FD_KIND_TTY:
		result = make_terminal(s, 0, recorded->flags);
		if (result == 0) {
			s->feed_slave = above(s->child[0]);
			pump_copy(s->pump, above(s->peer[0]), s->caller[1]); /* what the program writes to the terminal */
		}
		break;
	case FD_KIND_SOCKET:
		result = make_socket(s, 0);
		break;
	case FD_KIND_NONE:
	case FD_KIND_FILE:
	case FD_KIND_DIR:
	case FD_KIND_PIPE:
	case FD_KIND_DEVICE:
	case FD_KIND_ANON:
	case FD_KIND_COUNT:
		result = make_pipe(s, 0, true);
		break;
	}
	if (result < 0)
		return err_errno(err, ERR_SPAWN, "cannot make a standard input to feed");
	keep_flags(s->child[0], recorded->flags);
	s->feed = above(s->peer[0]);
	fcntl(s->feed, F_SETFL, fcntl(s->feed, F_GETFL) | O_NONBLOCK);
	return 0;
}

static int choose_stdin(struct stdio *s, const struct spawn_options *o, struct err *err)
{
	switch (o->stdin_from) {
	case STDIN_INHERIT:
		if (o->env->stdio[0].kind != FD_KIND_NONE)
			s->child[0] = above(s->caller[0]);
		return 0;
	case STDIN_FILE:
		s->child[0] = open_stdin_file(o, err);
		break;
	case STDIN_FD:
		s->child[0] = open_stdin_fd(o, err);
		break;
	case STDIN_FEED:
		return make_fed_stdin(s, &o->env->stdio[0], err);
	}
	return s->child[0] < 0 ? -1 : 0;
}

struct stdio *stdio_new(const struct spawn_options *o, const cpu_set_t *affinity, struct err *err)
{
	struct stdio *s = xcalloc(1, sizeof(*s));

	for (int i = 0; i < 3; i++) {
		s->child[i] = s->peer[i] = s->files[i].fd = -1;
		s->caller[i] = o->caller ? o->caller[i] : i;
	}
	s->feed = s->feed_slave = -1;
	s->pump = pump_new(affinity);
	if (choose_stdin(s, o, err) < 0 || choose_outputs(s, o, err) < 0) {
		stdio_free(s);
		return NULL;
	}
	return s;
}

int stdio_child_fd(const struct stdio *s, int fd)
{
	return s->child[fd];
}

const char *stdio_link(const struct stdio *s, int fd, struct arena *arena)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", s->child[fd]);
	return fdinfo_link(AT_FDCWD, name, arena);
}

int stdio_started(struct stdio *s, struct err *err)
{
	/* a pipe's reader sees its end only when nobody but the program holds the other side; of a fed pipe the
	 * reader's side is kept: writing to it must not end the tracer when the program has closed its own */
	for (int i = s->feed >= 0 && s->feed_slave < 0 ? 1 : 0; i < 3; i++)
		fd_close(&s->child[i]);
	for (int i = 0; i < 3; i++)
		fd_close(&s->peer[i]);
	return pump_start(s->pump, err);
}

/*
 * A terminal has no end: a read that finds nothing is one.  And whatever mode the program has set, which believes that it
 * has the recorded terminal: what it is to read has been through the recorded one's.
 */
static void terminal_end(int slave, bool end)
{
	struct termios tio, raw;

	if (tcgetattr(slave, &tio) < 0)
		return;
	raw = tio;
	cfmakeraw(&raw);
	tio.c_iflag = raw.c_iflag;
	tio.c_lflag = raw.c_lflag;
	tio.c_cc[VMIN] = end ? 0 : 1;
	tio.c_cc[VTIME] = 0;
	tcsetattr(slave, TCSANOW, &tio);
}

/*
 * The kernel carries what is written to a terminal to its reader in pieces and in its own time; a read in between would
 * get less than the recorded one.
 */
static void await_terminal(int slave, int count)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	int there;

	if (count > TERMINAL_ROOM)
		count = TERMINAL_ROOM;
	for (int i = 0; i < TERMINAL_WAITS && ioctl(slave, FIONREAD, &there) == 0 && there < count; i++)
		nanosleep(&pause, NULL);
}

static int feed_terminal(struct stdio *s, const void *data, size_t len, bool end, struct err *err)
{
	int there = 0;

	terminal_end(s->feed_slave, end);
	ioctl(s->feed_slave, FIONREAD, &there);
	if (pump_feed(s->pump, &s->feed, data, len, false, err) < 0)
		return -1;
	await_terminal(s->feed_slave, len < TERMINAL_ROOM ? there + (int)len : TERMINAL_ROOM);
	return 0;
}

int stdio_feed(struct stdio *s, const void *data, size_t len, bool end, struct err *err)
{
	int room;

	if (s->feed < 0)
		return end && !len ? 0 : err_set(err, ERR_TRACE, "the fed standard input has already ended");
	if (s->feed_slave >= 0)
		return feed_terminal(s, data, len, end, err);
	/* one read is to find all of it, as the recorded one did */
	room = fcntl(s->feed, F_GETPIPE_SZ);
	if (room >= 0 && len > (size_t)room)
		fcntl(s->feed, F_SETPIPE_SZ, len < FEED_PIPE_MAX ? (int)len : FEED_PIPE_MAX);
	return pump_feed(s->pump, &s->feed, data, len, end, err);
}

size_t stdio_left(const struct stdio *s)
{
	size_t queued = pump_queued(s->pump);
	int there = 0;

	if (s->feed < 0)
		return queued;
	/* a pipe's writer may ask what its reader has before it; a socket knows what it has sent and is still its own */
	if (ioctl(s->feed_slave >= 0 ? s->feed_slave : s->feed, FIONREAD, &there) < 0 ||
	    (there == 0 && s->feed_slave < 0 && ioctl(s->feed, TIOCOUTQ, &there) < 0))
		there = 0;
	return queued + (there > 0 ? (size_t)there : 0);
}

/* What the program wrote to a file of ours goes to the caller's descriptor. */
static void end_file(struct stand_in *f, int to)
{
	uint8_t piece[16384];
	uint64_t at = f->from;
	ssize_t n;

	const struct timespec no_time = { 0 };
	sigset_t pipe, before;

	if (!f->path)
		return;
	/* a caller's pipe that nobody reads any more must not end the tracer before it has said its verdict */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	while ((n = pread(f->fd, piece, sizeof(piece), (off_t)at)) > 0) {
		if (fd_write_all(to, piece, (size_t)n, "a standard descriptor", NULL) < 0)
			break;
		at += (uint64_t)n;
	}
	if (n > 0 && !sigismember(&before, SIGPIPE))
		sigtimedwait(&pipe, NULL, &no_time);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	unlink(f->path);
	free(f->path);
}

void stdio_free(struct stdio *s)
{
	if (!s)
		return;
	for (int i = 0; i < 3; i++) {
		fd_close(&s->child[i]);
		fd_close(&s->peer[i]);
	}
	fd_close(&s->feed_slave);
	pump_free(s->pump);
	fd_close(&s->feed);
	for (int i = 0; i < 3; i++) {
		end_file(&s->files[i], s->caller[i]);
		fd_close(&s->files[i].fd);
	}
	free(s);
}

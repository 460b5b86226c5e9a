/*
 * read(2) and recv(2): the same call again, for another part of the buffer.
 */
#include "trace/stream.h"

#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define BUF   1 /* arguments */
#define COUNT 2
#define FLAGS 3

static bool is_plain_read(const struct tracee *t)
{
	if (!t->row || !(t->row->flags & CALL_STREAM))
		return false;
	if (strcmp(t->row->name, "recvfrom") == 0)
		return t->given[FLAGS] == 0;
	return strcmp(t->row->name, "read") == 0;
}

bool stream_may_lack(const struct tracee *t, int64_t ret)
{
	return ret > 0 && !t->answered && is_plain_read(t) && (uint64_t)(t->got + ret) < t->given[COUNT];
}

/* The other end of a pseudo-terminal.  In packet mode each read has a byte of its own before the data. */
static bool is_terminal_master(const struct stat *st, int own)
{
	int packets = 0;

	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(5, 2) && ioctl(own, TIOCGPKT, &packets) == 0 && !packets;
}

/*
 * A terminal that waits, but not for whole lines.  One that does gives one line, however much is asked for, which is no
 * stream; but what is left of a line is there at once.
 */
static bool is_terminal(const struct stat *st, int own, bool amid_line)
{
	struct termios how;

	if (!S_ISCHR(st->st_mode) || st->st_rdev == makedev(5, 2) || tcgetattr(own, &how) < 0)
		return is_terminal_master(st, own);
	return amid_line || (!(how.c_lflag & ICANON) && how.c_cc[VMIN] > 0);
}

static bool is_stream_socket(const struct stat *st, int own)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return S_ISSOCK(st->st_mode) && getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/*
 * What waits when there is nothing: a pipe, a connection, a terminal.  Not a datagram socket, not a file.  amid_line: what
 * is read came of less than a line being asked for.
 */
static bool is_blocking_stream(const struct tracee *t, bool only_terminals, bool amid_line)
{
	CLEANUP(fd_close) int own = -1;
	char name[32];
	struct stat st;
	int flags;

	snprintf(name, sizeof(name), "fd/%d", (int)t->given[0]);
	if (fstatat(t->task.proc_fd, name, &st, 0) < 0 ||
	    !(S_ISCHR(st.st_mode) || (!only_terminals && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))))
		return false;
	own = task_borrow_fd(&t->task, (int)t->given[0]);
	if (own < 0)
		return false;
	flags = fcntl(own, F_GETFL);
	return flags >= 0 && !(flags & O_NONBLOCK) &&
	       (S_ISFIFO(st.st_mode) || is_stream_socket(&st, own) || is_terminal(&st, own, amid_line));
}

int stream_ask_at_first(struct tracee *t, int64_t bytes, struct err *err)
{
	if (bytes <= 0 || !is_plain_read(t) || (uint64_t)bytes >= t->given[COUNT] || !is_blocking_stream(t, true, true))
		return 0;
	t->rest |= 1u << COUNT;
	return tracee_change_arg(t, COUNT, (uint64_t)bytes, err);
}

int stream_ask_for_rest(struct tracee *t, int64_t ret, int64_t recorded, struct err *err)
{
	/* a recording may say anything, but the program's buffer ends where it does */
	if (recorded > 0 && (uint64_t)recorded > t->given[COUNT])
		recorded = (int64_t)t->given[COUNT];
	/* how much is asked for may be less than the program did ask for */
	if (t->got + ret >= recorded || (t->changed & ~(t->rest | 1u << COUNT)) || !is_blocking_stream(t, false, t->rest != 0))
		return 0;
	t->got += ret;
	t->replaced[BUF] = t->given[BUF] + (uint64_t)t->got;
	t->replaced[COUNT] = (uint64_t)(recorded - t->got);
	t->rest = 1u << BUF | 1u << COUNT;
	t->changed |= t->rest;
	t->held = true;
	return tracee_check_register(t, t->task.arch->rewind(t->task.pid, t->call.nr, t->call_ip), err) < 0 ? -1 : 1;
}

int stream_total(struct tracee *t, int64_t *ret, struct err *err)
{
	if (!t->got || (*ret < -EHWPOISON && *ret >= -4095)) /* or the kernel is about to go on with it */
		return 0;
	/* the end, or nothing now: what came before it is what the program has */
	*ret = *ret > 0 ? t->got + *ret : t->got;
	return tracee_check_register(t, t->task.arch->set_ret(t->task.pid, *ret), err);
}

/*
 * read(2) and recv(2): the same call again, for another part of the buffer.
 */
#include "trace/stream.h"

#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

/*
 * An end of a pseudo-terminal that does not wait for whole lines: what is written at the other end comes when the kernel
 * has time.
 */
static bool is_raw_terminal(int own, const struct stat *st)
{
	struct termios how;

	if (!S_ISCHR(st->st_mode) || tcgetattr(own, &how) < 0)
		return false;
	return st->st_rdev == makedev(5, 2) || (!(how.c_lflag & ICANON) && how.c_cc[VMIN] > 0);
}

/* A pipe or a connection that waits when there is nothing: not a terminal with lines, not a datagram socket, not a file. */
static bool is_blocking_stream(const struct tracee *t)
{
	CLEANUP(fd_close) int own = -1;
	socklen_t len = sizeof(int);
	int flags, type = 0;
	char name[32];
	struct stat st;
	bool stream;

	snprintf(name, sizeof(name), "fd/%d", (int)t->given[0]);
	if (fstatat(t->task.proc_fd, name, &st, 0) < 0 ||
	    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode)))
		return false;
	own = task_borrow_fd(&t->task, (int)t->given[0]);
	if (own < 0)
		return false;
	flags = fcntl(own, F_GETFL);
	stream = S_ISFIFO(st.st_mode) || is_raw_terminal(own, &st) ||
		 (getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM);
	return stream && flags >= 0 && !(flags & O_NONBLOCK);
}

int stream_ask_for_rest(struct tracee *t, int64_t ret, int64_t recorded, struct err *err)
{
	/* a recording may say anything, but the program's buffer ends where it does */
	if (recorded > 0 && (uint64_t)recorded > t->given[COUNT])
		recorded = (int64_t)t->given[COUNT];
	/* how much is asked for may be less than the program did ask for */
	if (t->got + ret >= recorded || (t->changed & ~(t->rest | 1u << COUNT)) || !is_blocking_stream(t))
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

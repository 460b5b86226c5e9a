/*
 * Descriptors 0-2 of the program.
 */
#include "trace/stdio.h"

#include "base/check.h"
#include "base/fdio.h"
#include "trace/fdinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ACCESS_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK) /* what of the recorded flags an open file keeps */

struct stdio {
	int child[3]; /* owned, above 2; -1: closed in the child */
};

/* A duplicate above 2. */
static int above(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int open_stdin_file(const struct spawn_options *o, struct err *err)
{
	const struct spawn_stdio *in = &o->env->stdio[0];
	int fd = -1, high;

	/* the recorded one may have been open for writing, too; reading is what counts */
	if (in->kind != FD_KIND_NONE && (in->flags & O_ACCMODE) != O_WRONLY)
		fd = open(o->stdin_path, (int)(in->flags & ACCESS_FLAGS) | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		fd = open(o->stdin_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot open %s", o->stdin_path);
	high = above(fd);
	close(fd);
	return high < 0 ? err_errno(err, ERR_IO, "cannot open %s", o->stdin_path) : high;
}

/* The lent file through an open file of its own, with the recorded access mode and the same position. */
static int open_stdin_fd(const struct spawn_options *o, struct err *err)
{
	char name[32];
	int fd, high;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", o->stdin_fd);
	fd = open(name, (int)(o->env->stdio[0].flags & ACCESS_FLAGS) | O_CLOEXEC);
	if (fd >= 0 && lseek(fd, lseek(o->stdin_fd, 0, SEEK_CUR), SEEK_SET) < 0)
		fd_close(&fd);
	high = above(fd >= 0 ? fd : o->stdin_fd);
	fd_close(&fd);
	return high < 0 ? err_errno(err, ERR_IO, "cannot use the rebuilt standard input") : high;
}

static int choose_stdin(struct stdio *s, const struct spawn_options *o, struct err *err)
{
	switch (o->stdin_from) {
	case STDIN_INHERIT:
		s->child[0] = above(0);
		return 0;
	case STDIN_FILE:
		s->child[0] = open_stdin_file(o, err);
		break;
	case STDIN_FD:
		s->child[0] = open_stdin_fd(o, err);
		break;
	case STDIN_FEED:
		return err_set(err, ERR_UNSUPPORTED, "a standard input that is no file cannot be fed by this build");
	}
	return s->child[0] < 0 ? -1 : 0;
}

struct stdio *stdio_new(const struct spawn_options *o, const cpu_set_t *affinity, struct err *err)
{
	struct stdio *s = xcalloc(1, sizeof(*s));

	(void)affinity;
	s->child[0] = -1;
	s->child[1] = above(1);
	s->child[2] = above(2);
	if (choose_stdin(s, o, err) < 0) {
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
	(void)err;
	for (int i = 0; i < 3; i++)
		fd_close(&s->child[i]);
	return 0;
}

int stdio_feed(struct stdio *s, const void *data, size_t len, bool end, struct err *err)
{
	(void)s;
	(void)data;
	(void)len;
	(void)end;
	return err_set(err, ERR_UNSUPPORTED, "a standard input that is no file cannot be fed by this build");
}

void stdio_free(struct stdio *s)
{
	if (!s)
		return;
	for (int i = 0; i < 3; i++)
		fd_close(&s->child[i]);
	free(s);
}

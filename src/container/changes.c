/*
 * What a run has left in the upper layers, in the words of overlayfs: whiteouts, opaque folders, and what was made or copied
 * up.
 */
#include "container/internal.h"

#include "base/check.h"
#include "base/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 512

struct walk {
	struct container *c;
	struct arena *arena; /* of the result */
	struct container_change *changes;
	size_t n, room;
	struct err *err;
};

static struct container_change *add(struct walk *w, const char *path, enum container_change_type type,
				    const struct stat *st)
{
	struct container_change *to;

	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->changes = xrealloc(w->changes, w->room, sizeof(*w->changes));
	}
	to = &w->changes[w->n++];
	*to = (struct container_change){ .path = path, .type = type, .target = "" };
	if (type == CHANGE_DELETED)
		return to;
	to->mode = st->st_mode & 07777;
	to->uid = st->st_uid == w->c->outside_uid ? w->c->inside_uid : st->st_uid;
	to->gid = st->st_gid == w->c->outside_gid ? w->c->inside_gid : st->st_gid;
	return to;
}

/* Opens a file of ours that the program has made unreadable for us: its mode is put back at once. */
static int open_anyhow(int dir, const char *name, const struct stat *st)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int fd = openat(dir, name, flags);

	if (fd >= 0 || errno != EACCES || st->st_uid != geteuid())
		return fd;
	if (fchmodat(dir, name, (st->st_mode & 07777) | 0400, 0) < 0)
		return -1;
	fd = openat(dir, name, flags);
	if (fchmodat(dir, name, st->st_mode & 07777, 0) < 0 && fd >= 0)
		fd_close(&fd);
	return fd;
}

static void add_file(struct walk *w, int dir, const char *name, const char *path, const struct stat *st)
{
	struct container_change *to = add(w, path, CHANGE_FILE, st);
	CLEANUP(fd_close) int fd = open_anyhow(dir, name, st);
	struct err ignored = { 0 };

	to->size = (uint64_t)st->st_size;
	to->unreadable = fd < 0 || digest_of_fd(fd, 0, UINT64_MAX, to->digest, &ignored) < 0;
}

static void add_link(struct walk *w, int dir, const char *name, const char *path, const struct stat *st)
{
	struct container_change *to = add(w, path, CHANGE_LINK, st);
	char target[4097];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	to->mode = 0;
	to->size = n > 0 ? (uint64_t)n : 0;
	to->target = n > 0 ? arena_copy(w->arena, target, (size_t)n) : "";
}

static bool is_opaque(const struct walk *w, int fd)
{
	const char *name = w->c->plan.in_user_namespace ? "user.overlay.opaque" : "trusted.overlay.opaque";
	char value;

	return fgetxattr(fd, name, &value, 1) == 1 && value == 'y';
}

static int walk_folder(struct walk *w, int fd, const char *path, unsigned depth);

/* What the container itself needs to be there; the program cannot reach what is below its mounts. */
static bool is_mount_point(const struct walk *w, const char *path)
{
	static const char *const own[] = { "/proc", "/dev", "/sys" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (strcmp(path, own[i]) == 0)
			return true;
	}
	return w->c->keep && !w->c->lower && strcmp(path, w->c->keep) == 0;
}

static int add_folder(struct walk *w, int dir, const char *name, const char *path, const struct stat *st, unsigned depth)
{
	/* while it is walked through it must be open to us */
	bool closed = (st->st_mode & 0500) != 0500 && st->st_uid == geteuid() && geteuid() != 0;
	CLEANUP(fd_close) int fd = -1;
	int result;

	if (closed && fchmodat(dir, name, (st->st_mode & 07777) | 0500, 0) < 0)
		return err_errno(w->err, ERR_UNSUPPORTED, "cannot open what the run left at %s", path);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_errno(w->err, ERR_UNSUPPORTED, "cannot open what the run left at %s", path);
	add(w, path, is_opaque(w, fd) ? CHANGE_OPAQUE : CHANGE_FOLDER, st);
	result = walk_folder(w, fd, path, depth + 1);
	if (closed)
		fchmod(fd, st->st_mode & 07777);
	return result;
}

static int add_entry(struct walk *w, int dir, const char *name, const char *path, unsigned depth)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(w->err, ERR_UNSUPPORTED, "cannot look at what the run left at %s", path);
	if (is_mount_point(w, path))
		return 0;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		add_file(w, dir, name, path, &st);
		return 0;
	case S_IFLNK:
		add_link(w, dir, name, path, &st);
		return 0;
	case S_IFDIR:
		return add_folder(w, dir, name, path, &st, depth);
	case S_IFIFO:
		add(w, path, CHANGE_FIFO, &st);
		return 0;
	case S_IFSOCK:
		add(w, path, CHANGE_SOCKET, &st);
		return 0;
	case S_IFCHR:
		if (st.st_rdev == makedev(0, 0))
			add(w, path, CHANGE_DELETED, &st);
		else
			add(w, path, CHANGE_CHAR, &st)->rdev = st.st_rdev;
		return 0;
	case S_IFBLK:
		add(w, path, CHANGE_BLOCK, &st)->rdev = st.st_rdev;
		return 0;
	}
	return err_set(w->err, ERR_UNSUPPORTED, "cannot tell what the run left at %s", path);
}

/* Entries of a folder whose path is given; "" is the root. */
static int walk_folder(struct walk *w, int fd, const char *path, unsigned depth)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	int result = 0;
	DIR *dir;

	dir = own < 0 ? NULL : fdopendir(own);
	if (!dir) {
		fd_close(&own);
		return err_errno(w->err, ERR_UNSUPPORTED, "cannot list what the run left at %s", path);
	}
	if (depth > DEPTH_MAX)
		result = err_set(w->err, ERR_UNSUPPORTED, "what the run left lies more than %d folders deep", DEPTH_MAX);
	while (result == 0) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			if (errno)
				result = err_errno(w->err, ERR_UNSUPPORTED, "cannot list what the run left at %s", path);
			break;
		}
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		result = add_entry(w, fd, entry->d_name, arena_printf(w->arena, "%s/%s", path, entry->d_name), depth);
	}
	closedir(dir);
	return result;
}

/* The folder itself: it is there in any case, so only what has changed of it is a change. */
static void add_root(struct walk *w, const struct stat *st, const struct layer *l)
{
	bool ours = !w->c->plan.privileged;

	if (!l->rooted || ((st->st_mode & 07777) == l->mode && (ours || (st->st_uid == l->uid && st->st_gid == l->gid))))
		return;
	add(w, *l->path ? l->path : "/", CHANGE_FOLDER, st);
}

static int walk_layer(struct walk *w, const struct layer *l)
{
	CLEANUP(fd_close) int fd = -1;
	bool closed;
	struct stat st;
	int result;

	if (!l->explicit && w->c->layers_fd < 0)
		return err_set(w->err, ERR_UNSUPPORTED, "nothing has been run in the container");
	if (fstatat(w->c->layers_fd, l->upper, &st, 0) < 0)
		return 0; /* there could be no overlay here */
	closed = (st.st_mode & 0500) != 0500 && st.st_uid == geteuid() && geteuid() != 0;
	if (closed)
		fchmodat(w->c->layers_fd, l->upper, (st.st_mode & 07777) | 0500, 0);
	fd = openat(w->c->layers_fd, l->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(w->err, ERR_UNSUPPORTED, "cannot open the upper folder of %s", *l->path ? l->path : "/");
	add_root(w, &st, l);
	result = walk_folder(w, fd, l->path, 0);
	if (closed)
		fchmod(fd, st.st_mode & 07777);
	return result;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct container_change *)a)->path, ((const struct container_change *)b)->path);
}

int container_changes(struct container *c, struct arena *arena, struct container_change **changes, size_t *n,
		      struct err *err)
{
	struct walk w = { .c = c, .arena = arena, .err = err };
	int result = 0;

	for (size_t i = 0; i < c->plan.nlayers && result == 0; i++)
		result = walk_layer(&w, &c->plan.layers[i]);
	if (w.n)
		qsort(w.changes, w.n, sizeof(*w.changes), by_path);
	*changes = arena_array(arena, w.n + 1, sizeof(**changes));
	if (w.n)
		memcpy(*changes, w.changes, w.n * sizeof(*w.changes));
	*n = w.n;
	free(w.changes);
	return result;
}

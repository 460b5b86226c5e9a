/*
 * The folders of the caller's that a container is made of: checked and made absolute before, tidied up after; and looking up
 * commands in them.
 */
#include "container/internal.h"

#include "base/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *absolute(struct container *c, const char *path, struct err *err)
{
	char *real = realpath(path, NULL);
	const char *kept = real ? arena_strdup(c->arena, real) : NULL;
	struct stat st;

	free(real);
	if (!kept || stat(kept, &st) < 0) {
		err_errno(err, ERR_IO, "cannot use the folder %s", path);
		return NULL;
	}
	if (!S_ISDIR(st.st_mode)) {
		err_set(err, ERR_IO, "cannot use %s: it is no folder", path);
		return NULL;
	}
	return kept;
}

static const char *absolute_list(struct container *c, const char *list, struct err *err)
{
	const char *out = "";

	do {
		size_t len = strcspn(list, ":");
		const char *one = absolute(c, arena_copy(c->arena, list, len), err);

		if (!one)
			return NULL;
		if (strchr(one, ':')) {
			err_set(err, ERR_IO, "cannot use the folder %s: there is a colon in its path", one);
			return NULL;
		}
		out = arena_printf(c->arena, "%s%s%s", out, *out ? ":" : "", one);
		list += len;
	} while (*list++ == ':');
	return out;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	int entries = 0;

	while (dir && readdir(dir))
		entries++;
	if (dir)
		closedir(dir);
	return entries <= 2;
}

int container_prepare(struct container *c, const struct container_options *o, struct err *err)
{
	struct container_options real = *o;

	if (!o->upper != !o->work)
		return err_set(err, ERR_USAGE, "an overlay's upper folder needs a work folder, and the other way round");
	if (o->upper && (!o->lower || o->keep))
		return err_set(err, ERR_USAGE, "an upper folder is for a container whose changes are not kept elsewhere");
	if (o->lower && !(real.lower = absolute_list(c, o->lower, err)))
		return -1;
	if (o->upper && (!(real.upper = absolute(c, o->upper, err)) || !(real.work = absolute(c, o->work, err))))
		return -1;
	if (o->keep) {
		/* a program that was root may leave files there that make others root */
		if (mkdir(o->keep, 0700) < 0 && errno != EEXIST)
			return err_errno(err, ERR_IO, "cannot make the folder %s", o->keep);
		if (!(real.keep = absolute(c, o->keep, err)))
			return -1;
		if (!is_empty(real.keep))
			return err_set(err, ERR_IO, "cannot keep the changes in %s: the folder is not empty", o->keep);
	}
	if (o->mount_point && !(real.mount_point = absolute(c, o->mount_point, err)))
		return -1;
	c->lower = real.lower;
	c->upper = real.upper;
	c->work = real.work;
	c->keep = real.keep;
	return plan_container(&c->plan, &real, err);
}

/* Files that overlayfs makes links of and forgets; folders in it would hold something. */
static void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

/* The kernel's leftovers: work/work, in which may be a whiteout. */
void container_tidy(struct container *c)
{
	if (!c->keep)
		return;
	for (size_t i = 0; i < c->plan.nlayers; i++) {
		const char *work = arena_printf(c->arena, "%s/%s", c->keep, c->plan.layers[i].work);
		const char *inner = arena_printf(c->arena, "%s/work", work);

		if (geteuid() != 0)
			chmod(inner, 0700);
		empty_folder(inner);
		rmdir(inner);
		rmdir(work);
	}
}

void container_drop_empty(struct container *c)
{
	for (size_t i = 0; c->keep && i < c->plan.nlayers; i++)
		rmdir(arena_printf(c->arena, "%s/%s", c->keep, c->plan.layers[i].upper));
}

/* ---- commands ---- */

/* A file of a folder whose links lead nowhere out of it.  -1 and errno. */
static int open_inside(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* 0: it can be run, 126: it is there, 127: it is not. */
static int look(const struct container *c, const char *path, struct arena *arena)
{
	int found = 127;

	for (const char *list = c->lower; *list && found == 127;) {
		size_t len = strcspn(list, ":");
		CLEANUP(fd_close) int root = open(arena_copy(arena, list, len), O_PATH | O_DIRECTORY | O_CLOEXEC);
		CLEANUP(fd_close) int fd = root < 0 ? -1 : open_inside(root, path);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			found = st.st_mode & 0111 ? 0 : 126;
		list += len + (list[len] == ':');
	}
	return found;
}

const char *container_find(const struct container *c, const char *command, const char *path_var, struct arena *arena,
			   int *exit_status, struct err *err)
{
	const char *list = path_var ? path_var : "/bin:/usr/bin";

	*exit_status = 127;
	if (strchr(command, '/') || !c->lower)
		return command;
	while (*command && *list) {
		size_t len = strcspn(list, ":");
		const char *path = arena_printf(arena, "%.*s/%s", (int)len, list, command);
		int found = *list == '/' ? look(c, path, arena) : 127;

		if (found == 0)
			return path;
		if (found == 126)
			*exit_status = 126;
		list += len + (list[len] == ':');
	}
	err_set(err, ERR_SPAWN, "%s: %s", command,
		*exit_status == 126 ? "in the container it cannot be executed" : "there is no such command in the container");
	return NULL;
}

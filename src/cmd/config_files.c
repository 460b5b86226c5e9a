/*
 * The files of a configured run.  An upper layer may hold what an earlier, hostile program has left: in it no link is
 * followed and nothing is opened for writing that was there before.
 */
#include "cmd/config_files.h"

#include "base/check.h"
#include "base/fdio.h"
#include "cmd/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20) /* bytes copied at once */

static const char *temporary(const char *name, struct arena *arena)
{
	const char *dir = getenv("TMPDIR");

	return arena_printf(arena, "%s/%s", dir && *dir ? dir : "/tmp", name);
}

/* Without slashes that mean nothing. */
static const char *tidy(const char *path, struct arena *arena)
{
	char *out = arena_strdup(arena, path);
	size_t n = 0;

	for (; *path; path++) {
		if (*path != '/' || n == 0 || out[n - 1] != '/')
			out[n++] = *path;
	}
	out[n > 1 && out[n - 1] == '/' ? n - 1 : n] = '\0';
	return out;
}

/* Where a file that the configuration names is: as the program sees it. */
static const char *below(const char *workdir, const char *name, struct arena *arena)
{
	return tidy(name[0] == '/' ? name : arena_printf(arena, "%s/%s", workdir, name), arena);
}

static struct stat look(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		memset(&st, 0, sizeof(st));
	return st;
}

/* ---- before the run ---- */

/* The configured input as a file: it may be longer than any pipe, and both runs find the same. */
static int make_stdin(struct config_files *f, const struct config_value *in, struct arena *arena, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char *name;

	if (!in->data)
		return 0;
	name = arena_strdup(arena, temporary("sperrips-stdin-XXXXXX", arena));
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot make a file for standard input: %s", name);
	f->stdin_path = name;
	return fd_write_all(fd, in->data, in->len, name, err);
}

/* Emptied, and then appended to: both descriptors may stand on one file. */
static int open_output(struct config_files *f, int which, const char *path, const struct config_value *v, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd >= 0) {
		f->outputs[which] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		close(fd);
	}
	return f->outputs[which] < 0 ? err_errno(err, ERR_IO, "%s: cannot write to %s", v->path, path) : 0;
}

static const enum config_key output_keys[2] = { CONFIG_KEY_STDOUT_FILE, CONFIG_KEY_STDERR_FILE };

/* The files of both outputs are one in the configuration. */
static bool one_output(const struct config *c)
{
	const char *out = c->of[CONFIG_KEY_STDOUT_FILE].text, *err = c->of[CONFIG_KEY_STDERR_FILE].text;

	return out && err && strcmp(out, err) == 0;
}

/* The private stand-in of an output. */
static const char *stand_in(const struct config_files *f, const struct config *c, int which, struct arena *arena)
{
	return arena_printf(arena, "%s/%s", f->private, which == 0 || one_output(c) ? "stdout" : "stderr");
}

static int open_outputs(struct config_files *f, const struct config *c, struct arena *arena, struct err *err)
{
	for (int i = 0; i < 2; i++) {
		const struct config_value *v = &c->of[output_keys[i]];
		const char *path;

		if (!v->text)
			continue;
		path = f->private ? stand_in(f, c, i, arena) : below(f->chdir, v->text, arena);
		if (open_output(f, i, path, v, err) < 0)
			return -1;
	}
	return 0;
}

int config_files_open(struct config_files *f, const struct config *c, struct arena *arena, struct err *err)
{
	const struct config_container box = config_container(c);
	const char *workdir = c->of[CONFIG_KEY_WORKDIR].text, *folder;
	bool recording = c->of[CONFIG_KEY_RECORDING].flag;

	*f = (struct config_files){ .outputs = { -1, -1 } };
	if (box.enable) {
		char *name = arena_strdup(arena, temporary("sperrips-run-XXXXXX", arena));

		f->private = mkdtemp(name);
		if (!f->private)
			return err_errno(err, ERR_IO, "cannot make the folder %s", name);
		f->chdir = tidy(workdir, arena);
		folder = tidy(arena_printf(arena, "%s/%s", box.upperdir, workdir), arena);
	} else {
		f->chdir = folder = cmd_directory(workdir, arena, err);
		if (!folder)
			return -1;
	}
	f->recording = below(f->private && recording ? f->private : folder, "recording.bin", arena);
	f->differences = below(f->private ? f->private : folder, "differences.bin", arena);
	f->before = look(recording ? f->recording : f->differences);
	if (make_stdin(f, &c->of[CONFIG_KEY_STDIN], arena, err) < 0)
		return -1;
	return open_outputs(f, c, arena, err);
}

/* ---- into the upper layer ---- */

/* A folder of the upper layer that only lower ones have: with the attributes of the topmost of them. */
static int make_folder(int parent, const char *name, const char *path, const char *layers, struct arena *arena)
{
	struct stat st = { .st_mode = 0755, .st_uid = (uid_t)-1, .st_gid = (gid_t)-1 };

	while (*layers) {
		size_t len = strcspn(layers, ":");

		if (lstat(arena_printf(arena, "%.*s%s", (int)len, layers, path), &st) == 0)
			break;
		layers += len + (layers[len] == ':');
	}
	if (mkdirat(parent, name, 0700) < 0)
		return -1;
	/* an ordinary user may not give it away: then it is his */
	if (fchownat(parent, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM)
		return -1;
	return fchmodat(parent, name, st.st_mode & 07777, 0);
}

/* The folder at an absolute path of the container, in its upper layer; made where it is missing.  -1 and errno. */
static int open_folder(const struct config_container *box, const char *path, struct arena *arena)
{
	int at = open(box->upperdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *end = path;

	while (at >= 0) {
		const char *name = end + strspn(end, "/");
		size_t len = strcspn(name, "/");
		int next;

		if (len == 0)
			return at;
		end = name + len;
		name = arena_copy(arena, name, len);
		errno = ELOOP; /* ".." could lead out of the layer */
		next = strcmp(name, "..") == 0 ? -1 : openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && errno == ENOENT &&
		    make_folder(at, name, arena_copy(arena, path, (size_t)(end - path)), box->lowerdir, arena) == 0)
			next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	return -1;
}

/* A copy below a name that is new, which then takes the place of what is there. */
static int copy_into(int folder, const char *name, const char *from, struct arena *arena)
{
	CLEANUP(fd_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP(fd_close) int out = -1;
	const char *part = arena_printf(arena, "%s.part-%ld", name, (long)getpid());
	void *piece = arena_raw(arena, PIECE);
	struct err err = { 0 };
	ssize_t n = -1;

	if (in >= 0)
		out = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (out < 0)
		return -1;
	while ((n = fd_read_full(in, piece, PIECE, from, &err)) > 0) {
		if (fd_write_all(out, piece, (size_t)n, name, &err) < 0)
			break;
	}
	if (n == 0 && renameat(folder, part, folder, name) == 0)
		return 0;
	errno = err.sys_errno ? err.sys_errno : errno;
	unlinkat(folder, part, 0);
	return -1;
}

/* from, on the host, becomes the file at an absolute path of the container.  false: it stays where it is, and that is told. */
static bool put(const struct config_container *box, const char *from, const char *path, const char *tool,
		struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(fd_close) int folder = open_folder(box, arena_copy(arena, path, (size_t)(slash - path)), arena);

	if (folder >= 0 && renameat(AT_FDCWD, from, folder, slash + 1) == 0)
		return true;
	if (folder >= 0 && errno == EXDEV && copy_into(folder, slash + 1, from, arena) == 0) {
		unlink(from);
		return true;
	}
	fprintf(stderr, "%s: cannot put %s into %s: %s; it is %s\n", tool, path, box->upperdir, strerror(errno), from);
	return false;
}

/* ---- after the run ---- */

/* A result: told, and put in its place where it is not there yet. */
static bool settle(const struct config_files *f, const struct config *c, const char *path, const char *what,
		   const char *tool, bool tell, struct arena *arena)
{
	const struct config_container box = config_container(c);
	const struct stat now = look(path);
	const char *shown = path;

	if (now.st_ino == 0 || (now.st_ino == f->before.st_ino && now.st_mtim.tv_sec == f->before.st_mtim.tv_sec &&
				now.st_mtim.tv_nsec == f->before.st_mtim.tv_nsec))
		return true; /* nothing new */
	if (f->private) {
		const char *place = below(f->chdir, strrchr(path, '/') + 1, arena);

		if (!put(&box, path, place, tool, arena))
			return false;
		shown = tidy(arena_printf(arena, "%s/%s", box.upperdir, place), arena);
	}
	if (tell)
		fprintf(stderr, "%s: %s: %s\n", tool, what, shown);
	return true;
}

int config_files_close(struct config_files *f, const struct config *c, const char *tool, bool tell, struct arena *arena)
{
	bool good = true, recording = c->of[CONFIG_KEY_RECORDING].flag;
	const char *result = recording ? f->recording : f->differences;

	if (f->stdin_path)
		unlink(f->stdin_path);
	fd_close(&f->outputs[0]);
	fd_close(&f->outputs[1]);
	if (!result)
		return 0;
	good = settle(f, c, result, recording ? "recording" : "differences", tool, tell, arena);
	if (!f->private)
		return 0;
	for (int i = 0; i < (one_output(c) ? 1 : 2); i++) {
		const struct config_container box = config_container(c);
		const char *name = c->of[output_keys[i]].text;
		const char *from = stand_in(f, c, i, arena);

		if (name && access(from, F_OK) == 0)
			good &= put(&box, from, below(f->chdir, name, arena), tool, arena);
	}
	unlink(arena_printf(arena, "%s.part", f->differences)); /* of a replay that was refused: worth nothing */
	rmdir(f->private); /* what could not be put in its place, or a part of a recording, is left in it */
	return good ? 0 : -1;
}

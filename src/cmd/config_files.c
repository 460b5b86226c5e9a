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

/* Without slashes and dots that mean nothing. */
static const char *tidy(const char *path, struct arena *arena)
{
	char *out = arena_alloc(arena, strlen(path) + 2), *end = out;

	if (*path == '/')
		*end++ = '/';
	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");

		if (len > 1 || *path != '.') {
			if (end > out && end[-1] != '/')
				*end++ = '/';
			end = mempcpy(end, path, len);
		}
		path += len;
	}
	return end > out ? out : ".";
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

/* ---- the upper layer ---- */

/* What the topmost of the lower layers that has something at the path has there. */
static bool find_lower(const char *layers, const char *path, struct stat *st, struct arena *arena)
{
	while (*layers) {
		size_t len = strcspn(layers, ":");

		if (lstat(arena_printf(arena, "%.*s%s", (int)len, layers, path), st) == 0)
			return true;
		layers += len + (layers[len] == ':');
	}
	return false;
}

static bool in_lower(const char *layers, const char *path, struct arena *arena)
{
	struct stat st;

	return find_lower(layers, path, &st, arena) && S_ISDIR(st.st_mode);
}

/* A folder of the upper layer that only lower ones have: with the attributes of the topmost of them. */
static int make_folder(int parent, const char *name, const char *path, const char *layers, struct arena *arena)
{
	struct stat st;

	if (!find_lower(layers, path, &st, arena))
		st = (struct stat){ .st_mode = 0755, .st_uid = (uid_t)-1, .st_gid = (gid_t)-1 };
	if (mkdirat(parent, name, 0700) < 0)
		return -1;
	/* an ordinary user may not give it away: then it is his */
	if (fchownat(parent, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM)
		return -1;
	return fchmodat(parent, name, st.st_mode & 07777, 0);
}

/* The folder at an absolute path of the container, in its upper layer; make: where it is missing.  -1 and errno. */
static int open_folder(const struct config_container *box, const char *path, bool make, struct arena *arena)
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
		if (next < 0 && errno == ENOENT && make &&
		    make_folder(at, name, arena_copy(arena, path, (size_t)(end - path)), box->lowerdir, arena) == 0)
			next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	return -1;
}

/* A copy below a name that is new, which then takes the place of what is there. */
static int copy_file(int from_folder, const char *from, int folder, const char *name, struct arena *arena)
{
	CLEANUP(fd_close) int in = openat(from_folder, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
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

/* As renameat(2), also from one file system to another. */
static int move_file(int from_folder, const char *from, int folder, const char *name, struct arena *arena)
{
	if (renameat(from_folder, from, folder, name) == 0)
		return 0;
	if (errno != EXDEV || copy_file(from_folder, from, folder, name, arena) < 0)
		return -1;
	return unlinkat(from_folder, from, 0);
}

/* from, on the host, becomes the file at an absolute path of the container.  false: it stays where it is, and that is told. */
static bool put(const struct config_container *box, const char *from, const char *path, const char *tool,
		struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(fd_close) int folder = open_folder(box, arena_copy(arena, path, (size_t)(slash - path)), true, arena);

	if (folder >= 0 && move_file(AT_FDCWD, from, folder, slash + 1, arena) == 0)
		return true;
	fprintf(stderr, "%s: cannot put %s into %s: %s; it is %s\n", tool, path, box->upperdir, strerror(errno), from);
	return false;
}

/* Removes the folders at and above a path that hold nothing and that lower layers have as well: they were made for our files. */
static void prune(const struct config_container *box, const char *path, struct arena *arena)
{
	for (char *dir = arena_strdup(arena, path), *slash; (slash = strrchr(dir, '/')); *slash = '\0') {
		CLEANUP(fd_close) int parent = -1;

		if (!in_lower(box->lowerdir, dir, arena))
			return;
		*slash = '\0';
		parent = open_folder(box, dir, false, arena);
		if (parent < 0 || unlinkat(parent, slash + 1, AT_REMOVEDIR) < 0)
			return;
	}
}

/*
 * A regular file at an absolute path of the container goes to the host's path `to`; anything else stays: it is not ours.
 * 1: it is there now; 0: there was none; -1: *err.
 */
static int take_out(const struct config_container *box, const char *path, const char *to, struct arena *arena,
		    struct err *err)
{
	const char *slash = strrchr(path, '/'), *dir = arena_copy(arena, path, (size_t)(slash - path));
	CLEANUP(fd_close) int folder = open_folder(box, dir, false, arena);
	struct stat st;

	if (folder < 0 || fstatat(folder, slash + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (move_file(folder, slash + 1, AT_FDCWD, to, arena) < 0)
		return err_errno(err, ERR_IO, "cannot take %s out of %s", path, box->upperdir);
	prune(box, dir, arena);
	return 1;
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

/* The files of both outputs are one. */
static bool one_output(const struct config *c, struct arena *arena)
{
	const char *out = c->of[CONFIG_KEY_STDOUT_FILE].text, *err = c->of[CONFIG_KEY_STDERR_FILE].text;
	const char *workdir = c->of[CONFIG_KEY_WORKDIR].text;

	return out && err && strcmp(below(workdir, out, arena), below(workdir, err, arena)) == 0;
}

/* The private stand-in of an output. */
static const char *stand_in(const struct config_files *f, const struct config *c, int which, struct arena *arena)
{
	return arena_printf(arena, "%s/%s", f->private, which == 0 || one_output(c, arena) ? "stdout" : "stderr");
}

/* The private place of what an earlier run has put into the upper layer, until it is known whether there is a new one. */
static const char *kept(const struct config_files *f, const char *name, struct arena *arena)
{
	return arena_printf(arena, "%s/old-%s", f->private, name);
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

/* The folder beside the upper layer, where a file can be renamed from and to it; else where temporary files are. */
static char *make_private(const struct config_container *box, struct arena *arena, struct err *err)
{
	char *name = arena_printf(arena, "%s.sperrips-XXXXXX", tidy(box->upperdir, arena));

	if (mkdtemp(name))
		return name;
	name = arena_strdup(arena, temporary("sperrips-run-XXXXXX", arena));
	if (!mkdtemp(name)) {
		err_errno(err, ERR_IO, "cannot make the folder %s", name);
		return NULL;
	}
	return name;
}

/* What earlier runs of ours have put into the upper layer is no part of this run. */
static int take_all_out(struct config_files *f, const struct config *c, struct arena *arena, struct err *err)
{
	const struct config_container box = config_container(c);
	bool recording = c->of[CONFIG_KEY_RECORDING].flag;
	int there;

	f->taken = true;
	there = take_out(&box, below(f->chdir, "recording.bin", arena),
			 recording ? kept(f, "recording.bin", arena) : f->recording, arena, err);
	if (there == 0 && !recording)
		return err_set(err, ERR_IO, "cannot open %s: there is no such file", f->shown);
	if (there < 0 ||
	    take_out(&box, below(f->chdir, "differences.bin", arena), kept(f, "differences.bin", arena), arena, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		const char *name = c->of[output_keys[i]].text;

		/* to be emptied in any case */
		if (name && take_out(&box, below(f->chdir, name, arena), stand_in(f, c, i, arena), arena, err) < 0)
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
		f->private = make_private(&box, arena, err);
		if (!f->private)
			return -1;
		f->chdir = tidy(workdir, arena);
		f->shown = tidy(arena_printf(arena, "%s/%s/recording.bin", box.upperdir, workdir), arena);
		folder = f->private;
	} else {
		f->chdir = folder = cmd_directory(workdir, arena, err);
		if (!folder)
			return -1;
	}
	f->recording = below(folder, "recording.bin", arena);
	f->differences = below(folder, "differences.bin", arena);
	f->shown = f->private ? f->shown : f->recording;
	f->before = look(recording ? f->recording : f->differences);
	if (f->private && take_all_out(f, c, arena, err) < 0)
		return -1;
	if (make_stdin(f, &c->of[CONFIG_KEY_STDIN], arena, err) < 0)
		return -1;
	return open_outputs(f, c, arena, err);
}

/* ---- after the run ---- */

/* A result, if there is a new one: told.  false: there is none. */
static bool is_new(const struct config_files *f, const char *path)
{
	const struct stat now = look(path);

	return now.st_ino && (now.st_ino != f->before.st_ino || now.st_mtim.tv_sec != f->before.st_mtim.tv_sec ||
			      now.st_mtim.tv_nsec != f->before.st_mtim.tv_nsec);
}

/* A private file, or else the old one, becomes the container's. */
static bool put_back(const struct config_files *f, const struct config *c, const char *name, const char *tool,
		     struct arena *arena)
{
	const struct config_container box = config_container(c);
	const char *path = below(f->chdir, name, arena), *now = below(f->private, name, arena);
	const char *old = kept(f, name, arena);

	if (access(now, F_OK) < 0)
		return access(old, F_OK) < 0 || put(&box, old, path, tool, arena);
	if (!put(&box, now, path, tool, arena))
		return false;
	unlink(old);
	return true;
}

static bool put_all_back(const struct config_files *f, const struct config *c, const char *tool, struct arena *arena)
{
	const struct config_container box = config_container(c);
	bool good = put_back(f, c, "recording.bin", tool, arena);

	good &= put_back(f, c, "differences.bin", tool, arena);
	for (int i = 0; i < (one_output(c, arena) ? 1 : 2); i++) {
		const char *name = c->of[output_keys[i]].text;
		const char *from = stand_in(f, c, i, arena);

		if (name && access(from, F_OK) == 0)
			good &= put(&box, from, below(f->chdir, name, arena), tool, arena);
	}
	unlink(arena_printf(arena, "%s.part", f->differences)); /* of a replay that was refused: worth nothing */
	return good;
}

int config_files_close(struct config_files *f, const struct config *c, const char *tool, bool tell, struct arena *arena)
{
	const char *name = c->of[CONFIG_KEY_RECORDING].flag ? "recording" : "differences";
	const char *result = c->of[CONFIG_KEY_RECORDING].flag ? f->recording : f->differences;
	bool good = true, new = result && is_new(f, result);

	if (f->stdin_path)
		unlink(f->stdin_path);
	fd_close(&f->outputs[0]);
	fd_close(&f->outputs[1]);
	if (f->taken)
		good = put_all_back(f, c, tool, arena);
	if (f->private)
		rmdir(f->private); /* what could not be put in its place, or a part of a recording, is left in it */
	if (good && new && tell)
		fprintf(stderr, "%s: %s: %.*s/%s.bin\n", tool, name, (int)(strrchr(f->shown, '/') - f->shown), f->shown, name);
	return good ? 0 : -1;
}

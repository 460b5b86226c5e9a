/*
 * The caller's own root as the lower layer of a container: an overlay over the root's file system and one over each that is
 * mounted below it.
 *
 * In a user namespace the kernel gives no overlay over a folder below which something is mounted, for that would show what
 * the mount covers.  There each such folder is built again: its folders are overlays of their own, its files are shown
 * read-only.
 */
#include "container/plan.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MOUNTS_MAX ((size_t)16 << 20) /* bytes of /proc/self/mountinfo */
#define LAYERS_MAX 512

struct mounts {
	const char **paths; /* ascending, no duplicates */
	size_t n;
};

/* What a container has of its own. */
static bool is_own(const char *path)
{
	static const char *const own[] = { "/proc", "/dev", "/sys" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		size_t len = strlen(own[i]);

		if (strncmp(path, own[i], len) == 0 && (path[len] == 0 || path[len] == '/'))
			return true;
	}
	return false;
}

/* Octal escapes of mountinfo. */
static const char *unescaped(const char *text, size_t len, struct arena *arena)
{
	char *out = arena_alloc(arena, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && len - i > 3) {
			*to++ = (char)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
			i += 3;
		} else {
			*to++ = text[i];
		}
	}
	return out;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Mount points that can be seen: what another mount covers is not there for the program either. */
static int read_mounts(struct plan *p, struct mounts *out, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	size_t lines = 0, n = 0;

	if (file_read("/proc/self/mountinfo", MOUNTS_MAX, &text, err) < 0)
		return -1;
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	out->paths = arena_array(p->arena, lines + 1, sizeof(*out->paths));
	for (const char *line = buf_cstr(&text), *end; (end = strchr(line, '\n')); line = end + 1) {
		unsigned major_number, minor_number;
		int from = 0, to = 0;
		struct stat st;
		const char *path;

		if (sscanf(line, "%*d %*d %u:%u %*s %n%*s%n", &major_number, &minor_number, &from, &to) < 2 || to <= from)
			continue;
		path = unescaped(line + from, (size_t)(to - from), p->arena);
		if (is_own(path) || strcmp(path, "/") == 0 || lstat(path, &st) < 0)
			continue;
		/* some file systems have one number in mountinfo and another in stat(2): these are taken as seen */
		if (major(st.st_dev) != 0 && st.st_dev != makedev(major_number, minor_number) && major_number != 0)
			continue;
		out->paths[n++] = path;
	}
	qsort(out->paths, n, sizeof(*out->paths), by_bytes);
	for (size_t i = 0; i < n; i++) {
		if (out->n == 0 || strcmp(out->paths[out->n - 1], out->paths[i]) != 0)
			out->paths[out->n++] = out->paths[i];
	}
	return 0;
}

static bool has_mounts_below(const struct mounts *m, const char *path)
{
	size_t len = strlen(path);

	if (len == 1)
		return true; /* /proc, if nothing else */
	for (size_t i = 0; i < m->n; i++) {
		if (strncmp(m->paths[i], path, len) == 0 && m->paths[i][len] == '/')
			return true;
	}
	return false;
}

/* The owner's bits as what the caller may do there: in a user namespace everything is the caller's. */
static mode_t mode_for_caller(const char *path, mode_t mode)
{
	mode_t may = 0;

	may |= faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ? 0400 : 0;
	may |= faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? 0200 : 0;
	may |= faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0100 : 0;
	return (mode & 01077) | may;
}

static mode_t shown_mode(const struct plan *p, const char *path, const struct stat *st)
{
	if (p->privileged || st->st_uid == geteuid())
		return st->st_mode & 07777;
	return mode_for_caller(path, st->st_mode);
}

static int add_layer(struct plan *p, const char *path, const char *lower, const struct stat *st, bool optional,
		     struct err *err)
{
	struct layer *l;

	if (p->nlayers == LAYERS_MAX)
		return err_set(err, ERR_UNSUPPORTED, "more than %d folders would need an overlay of their own", LAYERS_MAX);
	l = plan_layer(p, path);
	l->upper = arena_printf(p->arena, "upper%s", path_as_name(path, p->arena));
	l->work = arena_printf(p->arena, "work%s", path_as_name(path, p->arena));
	l->rooted = true;
	l->mode = shown_mode(p, *path ? path : "/", st);
	l->uid = st->st_uid;
	l->gid = st->st_gid;
	l->modified = st->st_mtim;
	plan_overlay(p, l, lower, optional);
	return 0;
}

static const char *old(struct plan *p, const char *path)
{
	return arena_printf(p->arena, "/old%s", path);
}

/* In an overlay's option. */
static const char *old_lower(struct plan *p, const char *path)
{
	char *text = arena_alloc(p->arena, 2 * strlen(path) + 5), *to = text + 4;

	memcpy(text, "/old", 4);
	for (; *path; path++) {
		if (strchr(":,\\", *path))
			*to++ = '\\';
		*to++ = *path;
	}
	return text;
}

/* What is at the path of the caller's, at the same place inside, read-only. */
static void show_readonly(struct plan *p, const char *path, bool instead)
{
	const char *to = arena_printf(p->arena, "/new%s", path);
	struct step *s = plan_step(p, STEP_MOUNT, arena_printf(p->arena, "show %s read-only", path));

	s->from = old(p, path);
	s->to = to;
	s->flags = MS_BIND | MS_REC;
	s->instead = instead;
	s = plan_step(p, STEP_READONLY, arena_printf(p->arena, "make %s read-only (Linux 5.12 is needed)", path));
	s->to = to;
	s->follows = true;
}

static int plan_with_privilege(struct plan *p, const struct mounts *m, struct err *err)
{
	struct stat st;

	if (stat("/", &st) < 0)
		return err_errno(err, ERR_IO, "cannot look at /");
	if (add_layer(p, "", "/old", &st, false, err) < 0)
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		const char *path = m->paths[i];

		if (lstat(path, &st) < 0)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			show_readonly(p, path, false);
			continue;
		}
		if (add_layer(p, path, old_lower(p, path), &st, true, err) < 0)
			return -1;
		show_readonly(p, path, true); /* not every file system can be below an overlay */
	}
	return 0;
}

/* ---- in a user namespace ---- */

static struct step *at_skeleton(struct plan *p, enum step_kind kind, const char *path)
{
	struct step *s = plan_step(p, kind, arena_printf(p->arena, "build %s again", *path ? path : "/"));

	s->to = arena_printf(p->arena, "/skeleton%s", path);
	return s;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Folders become steps at once, their overlays must wait for the root's: kept in `covered`. */
struct covered {
	const char *paths[LAYERS_MAX];
	bool is_file[LAYERS_MAX];
	size_t n;
};

static int build_again(struct plan *p, const struct mounts *m, const char *path, struct covered *c, struct err *err);

static int add_entry(struct plan *p, const struct mounts *m, const char *path, struct covered *c, struct err *err)
{
	char target[4096];
	struct stat st;
	struct step *s;
	ssize_t len;

	if (lstat(path, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		len = readlink(path, target, sizeof(target));
		if (len <= 0)
			return 0;
		s = at_skeleton(p, STEP_LINK, path);
		s->from = arena_copy(p->arena, target, (size_t)len);
		return 0;
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0; /* sockets and fifos of others lead out */
	s = at_skeleton(p, S_ISDIR(st.st_mode) ? STEP_FOLDER : STEP_FILE, path);
	s->mode = S_ISDIR(st.st_mode) ? 0700 : 0400;
	if (S_ISDIR(st.st_mode) && is_own(path))
		return 0;
	if (S_ISDIR(st.st_mode) && has_mounts_below(m, path))
		return build_again(p, m, path, c, err);
	if (c->n == LAYERS_MAX)
		return err_set(err, ERR_UNSUPPORTED, "more than %d files and folders stand beside mount points", LAYERS_MAX);
	c->is_file[c->n] = S_ISREG(st.st_mode);
	c->paths[c->n++] = path;
	return 0;
}

static int build_again(struct plan *p, const struct mounts *m, const char *path, struct covered *c, struct err *err)
{
	struct dirent **names = NULL;
	struct step *s;
	struct stat st;
	int n, result = 0;

	if (stat(path, &st) < 0)
		return 0;
	n = scandir(path, &names, NULL, by_name);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (result == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			result = add_entry(p, m, arena_printf(p->arena, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name), c,
					   err);
		free(names[i]);
	}
	free(names);
	s = at_skeleton(p, STEP_OWNER, strcmp(path, "/") == 0 ? "" : path);
	s->mode = shown_mode(p, path, &st);
	s->uid = st.st_uid;
	s->gid = st.st_gid;
	s->modified = st.st_mtim;
	return result;
}

static bool owns(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/*
 * The topmost folder on the way to path from which on all belong to the caller; or path itself, if others let the caller write
 * there.  NULL: the caller has nothing there.
 */
static const char *own_part(struct plan *p, const char *path)
{
	char *at = realpath(path, NULL);
	const char *found = NULL;
	char *slash;

	if (!at)
		return NULL;
	if (owns(at) || faccessat(AT_FDCWD, at, W_OK, AT_EACCESS) == 0)
		found = arena_strdup(p->arena, at);
	while (found && owns(at) && (slash = strrchr(at, '/')) && slash != at) {
		*slash = 0;
		if (owns(at))
			found = arena_strdup(p->arena, at);
	}
	free(at);
	return found && strcmp(found, "/") != 0 && !is_own(found) ? found : NULL;
}

static bool has_layer(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->nlayers; i++) {
		if (strcmp(p->layers[i].path, path) == 0)
			return true;
	}
	return false;
}

/*
 * In an ordinary user's namespace nothing can be copied up that belongs to somebody else, nor what is below it.  What everybody
 * may write to, the working folder and the home folder get an overlay of their own, of which the user owns the top.
 */
static int add_own_parts(struct plan *p, const struct mounts *m, struct err *err)
{
	const char *home = getenv("HOME");
	const char *parts[PLAN_SHARED + 2] = { own_part(p, "."), home ? own_part(p, home) : NULL };
	size_t n = 0;
	struct stat st;

	for (size_t i = 0; i < PLAN_SHARED; i++)
		parts[2 + i] = own_part(p, plan_shared[i]);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i])
			parts[n++] = parts[i];
	}
	qsort(parts, n, sizeof(*parts), by_bytes); /* what holds others comes first */
	for (size_t i = 0; i < n; i++) {
		if (has_layer(p, parts[i]) || has_mounts_below(m, parts[i]) || stat(parts[i], &st) < 0)
			continue;
		if (add_layer(p, parts[i], old_lower(p, parts[i]), &st, true, err) < 0)
			return -1;
	}
	return 0;
}

static int plan_without_privilege(struct plan *p, const struct mounts *m, struct err *err)
{
	struct covered *c = arena_alloc(p->arena, sizeof(*c));
	struct stat st;

	if (stat("/", &st) < 0)
		return err_errno(err, ERR_IO, "cannot look at /");
	at_skeleton(p, STEP_FOLDER, "")->mode = 0755;
	if (build_again(p, m, "/", c, err) < 0 || add_layer(p, "", "/skeleton", &st, false, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		if (c->is_file[i]) {
			show_readonly(p, c->paths[i], false);
			continue;
		}
		if (stat(c->paths[i], &st) < 0)
			continue;
		if (add_layer(p, c->paths[i], old_lower(p, c->paths[i]), &st, true, err) < 0)
			return -1;
		show_readonly(p, c->paths[i], true);
	}
	return add_own_parts(p, m, err);
}

int plan_host_root(struct plan *p, struct err *err)
{
	struct mounts m = { 0 };

	if (read_mounts(p, &m, err) < 0)
		return -1;
	return p->in_user_namespace ? plan_without_privilege(p, &m, err) : plan_with_privilege(p, &m, err);
}

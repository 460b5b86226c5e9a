/*
 * Which steps lead into a container, in which order.
 *
 * First a file system in memory becomes the root, so that nothing has to be put anywhere on the host: the caller's root is
 * then /old, the layers are below /layers, and the new root is put together at /new.  At last /new becomes the root and all
 * the rest goes out of sight.
 */
#include "container/plan.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define OPTIONS "redirect_dir=nofollow,index=off,metacopy=off,xino=auto"

const char *const plan_shared[PLAN_SHARED] = { "/tmp", "/var/tmp" };

struct step *plan_step(struct plan *p, enum step_kind kind, const char *what)
{
	struct step *s;

	if (p->nsteps == p->steps_room) {
		p->steps_room = p->steps_room ? 2 * p->steps_room : 64;
		p->steps = xrealloc(p->steps, p->steps_room, sizeof(*p->steps));
	}
	s = &p->steps[p->nsteps++];
	*s = (struct step){ .kind = kind, .what = what };
	return s;
}

struct layer *plan_layer(struct plan *p, const char *path)
{
	struct layer *l;

	if (p->nlayers == p->layers_room) {
		p->layers_room = p->layers_room ? 2 * p->layers_room : 32;
		p->layers = xrealloc(p->layers, p->layers_room, sizeof(*p->layers));
	}
	l = &p->layers[p->nlayers++];
	*l = (struct layer){ .path = arena_strdup(p->arena, path) };
	return l;
}

const char *path_as_name(const char *path, struct arena *arena)
{
	char *name = arena_alloc(arena, 4 * strlen(path) + 1), *to = name;

	for (; *path; path++) {
		if (*path == '/')
			*to++ = '-';
		else if (*path == '-' || *path == '\\')
			to += sprintf(to, "\\x%02x", (unsigned)*path);
		else
			*to++ = *path;
	}
	return name;
}

static struct step *mount_step(struct plan *p, const char *from, const char *to, const char *type, unsigned long flags,
			       const char *data, const char *what)
{
	struct step *s = plan_step(p, STEP_MOUNT, what);

	s->from = from;
	s->to = to;
	s->type = type;
	s->flags = flags;
	s->data = data;
	return s;
}

static struct step *folder(struct plan *p, const char *path, mode_t mode)
{
	struct step *s = plan_step(p, STEP_FOLDER, arena_printf(p->arena, "make the folder %s", path));

	s->to = path;
	s->mode = mode;
	return s;
}

static struct step *readonly(struct plan *p, const char *path)
{
	struct step *s = plan_step(p, STEP_READONLY,
				   arena_printf(p->arena, "make %s read-only (Linux 5.12 is needed)", path));

	s->to = path;
	return s;
}

/* A path as an option of overlayfs: commas end options, colons layers. */
static const char *escaped(struct plan *p, const char *path, bool colons)
{
	char *text = arena_alloc(p->arena, 2 * strlen(path) + 1), *to = text;

	for (; *path; path++) {
		if (*path == ',' || *path == '\\' || (*path == ':' && colons))
			*to++ = '\\';
		*to++ = *path;
	}
	return text;
}

void plan_overlay(struct plan *p, const struct layer *l, const char *lower, bool optional)
{
	const char *upper = l->explicit ? arena_printf(p->arena, "/old%s", l->upper)
					: arena_printf(p->arena, "/layers/%s", l->upper);
	const char *work = l->explicit ? arena_printf(p->arena, "/old%s", l->work)
				       : arena_printf(p->arena, "/layers/%s", l->work);
	struct step *s;

	if (!l->explicit) {
		folder(p, upper, 0700);
		folder(p, work, 0700);
	}
	if (l->rooted) {
		s = plan_step(p, STEP_OWNER, arena_printf(p->arena, "give %s its owner and mode", upper));
		s->to = upper;
		s->mode = l->mode;
		s->uid = l->uid;
		s->gid = l->gid;
		s->modified = l->modified;
	}
	s = mount_step(p, "overlay", arena_printf(p->arena, "/new%s", l->path), "overlay", MS_NODEV,
		       arena_printf(p->arena, "%slowerdir=%s,upperdir=%s,workdir=%s," OPTIONS,
				    p->in_user_namespace ? "userxattr," : "", lower, escaped(p, upper, true),
				    escaped(p, work, true)),
		       arena_printf(p->arena, "mount an overlay at %s", *l->path ? l->path : "/"));
	s->optional = optional;
}

/* ---- what every container has ---- */

/* Any folder will do: it is covered in the new process's namespace only. */
static const char *a_folder(void)
{
	static const char *const folders[] = { "/tmp", "/run", "/mnt", "/var", "/usr" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (lstat(folders[i], &st) == 0 && S_ISDIR(st.st_mode))
			return folders[i];
	}
	return "/proc";
}

static void begin(struct plan *p, const struct container_options *o)
{
	const char *base = o->mount_point ? o->mount_point : a_folder();
	struct step *s;

	plan_step(p, STEP_PRIVATE, "make its mounts private");
	mount_step(p, "sperrips", base, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755",
		   arena_printf(p->arena, "mount a file system in memory at %s", base));
	folder(p, arena_printf(p->arena, "%s/old", base), 0755);
	s = plan_step(p, STEP_ROOT, "enter a file system in memory");
	s->to = base;
	s->from = "old";
	folder(p, "/new", 0755);
	folder(p, "/layers", 0755);
	if (o->keep)
		mount_step(p, arena_printf(p->arena, "/old%s", o->keep), "/layers", NULL, MS_BIND, NULL,
			   arena_printf(p->arena, "reach the folder %s", o->keep));
}

/* Files of /proc by which a privileged program would change more than itself. */
static const char *const proc_guarded[] = { "sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "driver" };

static void add_proc(struct plan *p)
{
	folder(p, "/new/proc", 0555);
	mount_step(p, "proc", "/new/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
		   "mount /proc (a /proc that is covered in parts, as in some containers, forbids it)");
	for (size_t i = 0; i < ARRAY_LEN(proc_guarded); i++) {
		const char *path = arena_printf(p->arena, "/new/proc/%s", proc_guarded[i]);

		mount_step(p, path, path, NULL, MS_BIND | MS_REC, NULL, "guard a file of /proc")->optional = true;
		readonly(p, path)->follows = true;
	}
}

static void add_link(struct plan *p, const char *target, const char *path)
{
	struct step *s = plan_step(p, STEP_LINK, arena_printf(p->arena, "make the link %s", path));

	s->from = target;
	s->to = path;
}

static const char *const devices[] = { "null", "zero", "full", "random", "urandom", "tty" };

static void add_dev(struct plan *p)
{
	folder(p, "/new/dev", 0755);
	mount_step(p, "dev", "/new/dev", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=0755", "mount /dev");
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		const char *path = arena_printf(p->arena, "/new/dev/%s", devices[i]);
		struct step *s = plan_step(p, STEP_FILE, arena_printf(p->arena, "make %s", path));

		s->to = path;
		s->mode = 0666;
		s = mount_step(p, arena_printf(p->arena, "/old/dev/%s", devices[i]), path, NULL, MS_BIND, NULL,
			       arena_printf(p->arena, "give it %s", path + strlen("/new")));
		s->optional = strcmp(devices[i], "tty") == 0;
		/* a device works all the same; its mode and owner are the host's */
		readonly(p, path)->follows = true;
	}
	folder(p, "/new/dev/pts", 0755);
	mount_step(p, "devpts", "/new/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   p->privileged ? "newinstance,ptmxmode=0666,mode=0620,gid=5" : "newinstance,ptmxmode=0666,mode=0620",
		   "mount /dev/pts");
	folder(p, "/new/dev/shm", 01777);
	mount_step(p, "shm", "/new/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", "mount /dev/shm");
	add_link(p, "pts/ptmx", "/new/dev/ptmx");
	add_link(p, "/proc/self/fd", "/new/dev/fd");
	add_link(p, "/proc/self/fd/0", "/new/dev/stdin");
	add_link(p, "/proc/self/fd/1", "/new/dev/stdout");
	add_link(p, "/proc/self/fd/2", "/new/dev/stderr");
}

static void add_sys(struct plan *p)
{
	folder(p, "/new/sys", 0555);
	mount_step(p, "/old/sys", "/new/sys", NULL, MS_BIND | MS_REC, NULL, "give it /sys")->optional = true;
	readonly(p, "/new/sys")->follows = true;
}

/* ---- a root of folders ---- */

/* The colon list with each folder as the new process reaches it. */
static const char *lower_list(struct plan *p, const char *list)
{
	const char *out = "";

	while (*list) {
		size_t len = strcspn(list, ":");

		out = arena_printf(p->arena, "%s%s/old%s", out, *out ? ":" : "",
				   escaped(p, arena_copy(p->arena, list, len), false));
		list += len + (list[len] == ':');
	}
	return out;
}

/*
 * In an ordinary user's namespace nothing can be copied up that belongs to somebody else: folders into which everybody may
 * write get an overlay of their own, of which the user owns the top.
 */
static void add_shared_folder(struct plan *p, const struct container_options *o, const char *path)
{
	const char *list = "", *lower = o->lower;
	struct stat st, top = { 0 };
	struct layer *l;

	while (*lower) {
		size_t len = strcspn(lower, ":");
		const char *one = arena_printf(p->arena, "%.*s%s", (int)len, lower, path);

		if (lstat(one, &st) == 0 && S_ISDIR(st.st_mode)) {
			if (!*list)
				top = st;
			list = arena_printf(p->arena, "%s%s%s", list, *list ? ":" : "", one);
		}
		lower += len + (lower[len] == ':');
	}
	if (!*list || top.st_uid == geteuid() || !(top.st_mode & 0002))
		return;
	l = plan_layer(p, path);
	l->upper = arena_printf(p->arena, "upper%s", path_as_name(path, p->arena));
	l->work = arena_printf(p->arena, "work%s", path_as_name(path, p->arena));
	l->rooted = true;
	l->mode = top.st_mode & 07777;
	l->uid = top.st_uid;
	l->gid = top.st_gid;
	l->modified = top.st_mtim;
	plan_overlay(p, l, lower_list(p, list), false);
}

static int plan_folders(struct plan *p, const struct container_options *o, struct err *err)
{
	const char *top = arena_copy(p->arena, o->lower, strcspn(o->lower, ":"));
	struct layer *l = plan_layer(p, "");
	struct stat st;

	if (stat(top, &st) < 0)
		return err_errno(err, ERR_IO, "cannot look at %s", top);
	l->upper = o->upper ? o->upper : "upper";
	l->work = o->upper ? o->work : "work";
	l->explicit = o->upper != NULL;
	l->rooted = !o->upper;
	l->mode = st.st_mode & 07777;
	l->uid = st.st_uid;
	l->gid = st.st_gid;
	l->modified = st.st_mtim;
	plan_overlay(p, l, lower_list(p, o->lower), false);
	for (size_t i = 0; !p->privileged && !o->upper && i < PLAN_SHARED; i++)
		add_shared_folder(p, o, plan_shared[i]);
	return 0;
}

int plan_container(struct plan *p, const struct container_options *o, struct err *err)
{
	struct step *s;

	begin(p, o);
	if ((o->lower ? plan_folders(p, o, err) : plan_host_root(p, err)) < 0)
		return -1;
	add_proc(p);
	add_dev(p);
	if (!o->lower)
		add_sys(p);
	if (!o->lower && o->keep) /* what changes there is not to be seen twice */
		mount_step(p, "kept", arena_printf(p->arena, "/new%s", o->keep), "tmpfs", MS_RDONLY | MS_NODEV, "mode=0755",
			   "hide the folder of the changes")
			->optional = true;
	if (!o->upper) {
		s = plan_step(p, STEP_LAYERS, "hand over what will show the changes");
		s->to = "/layers";
	}
	if (o->hostname) {
		s = plan_step(p, STEP_HOSTNAME, arena_printf(p->arena, "take the name %s", o->hostname));
		s->from = arena_strdup(p->arena, o->hostname);
	}
	if (o->network)
		plan_step(p, STEP_LOOPBACK, "start its loopback device");
	s = plan_step(p, STEP_ROOT, "enter its root");
	s->to = "/new";
	return 0;
}

/*
 * Containers for record and replay.
 */
#include "cmd/box.h"

#include "base/check.h"
#include "cmd/common.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

struct box {
	struct container *container;
	struct rec_container as;
};

bool box_option(struct box_request *q, int option, const char *value)
{
	switch (option) {
	case OPT_CONTAINER:
		q->lower = value;
		return true;
	case OPT_SANDBOX:
		q->sandbox = true;
		return true;
	case OPT_KEEP:
		q->keep = value;
		return true;
	case OPT_OVERLAY_UPPER:
		q->upper = value;
		return true;
	case OPT_OVERLAY_WORK:
		q->work = value;
		return true;
	case OPT_MOUNT_POINT:
		q->mount_point = value;
		return true;
	case OPT_HOSTNAME:
		q->hostname = value;
		return true;
	case OPT_NETWORK:
		q->network = true;
		return true;
	case OPT_USER:
		q->user = true;
		return true;
	}
	return false;
}

static bool asks_for_details(const struct box_request *q)
{
	return q->keep || q->upper || q->work || q->mount_point || q->hostname || q->network || q->user;
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static struct box *open_box(const struct rec_container *as, const char *keep, struct err *err)
{
	const struct container_options o = { .lower = as->kind == REC_CONTAINER_HOST ? NULL : as->lower,
					     .upper = or_null(as->upper),
					     .work = or_null(as->work),
					     .keep = keep,
					     .mount_point = or_null(as->mount_point),
					     .hostname = or_null(as->hostname),
					     .network = as->network,
					     .user = as->user };
	struct container *c = container_new(&o, err);
	struct box *b;

	if (!c)
		return NULL;
	b = xcalloc(1, sizeof(*b));
	b->container = c;
	b->as = *as;
	return b;
}

/* Folders that were asked for as the recording names them: absolute, for a replay may start elsewhere. */
static const char *absolute(const char *name, struct arena *arena, struct err *err)
{
	const char *real = name ? cmd_directory(name, arena, err) : "";

	return real ? real : "";
}

static const char *absolute_list(const char *list, struct arena *arena, struct err *err)
{
	const char *out = "";

	for (bool more = list != NULL; more;) {
		size_t len = strcspn(list, ":");

		out = arena_printf(arena, "%s%s%s", out, *out ? ":" : "",
				   absolute(arena_copy(arena, list, len), arena, err));
		more = list[len] == ':';
		list += len + more;
	}
	return out;
}

struct box *box_for_record(const struct box_request *q, struct rec_container *to, struct arena *arena, struct err *err)
{
	struct utsname host;

	*to = (struct rec_container){ .kind = REC_CONTAINER_NONE };
	if (q->lower && q->sandbox) {
		err_set(err, ERR_USAGE, "--container and --sandbox exclude each other");
		return NULL;
	}
	if (!q->lower && !q->sandbox) {
		if (asks_for_details(q))
			err_set(err, ERR_USAGE, "options of a container, but neither --container nor --sandbox");
		return NULL;
	}
	uname(&host);
	*to = (struct rec_container){ .kind = q->sandbox ? REC_CONTAINER_HOST : REC_CONTAINER_FOLDERS,
				      .lower = absolute_list(q->lower, arena, err),
				      .upper = absolute(q->upper, arena, err),
				      .work = absolute(q->work, arena, err),
				      .mount_point = absolute(q->mount_point, arena, err),
				      .hostname = q->hostname ? q->hostname : arena_strdup(arena, host.nodename),
				      .network = q->network,
				      .user = q->user };
	return err_is_set(err) ? NULL : open_box(to, q->keep, err);
}

static int check_match(const struct box_request *q, const struct rec_container *recorded, struct err *err)
{
	bool asked = q->lower || q->sandbox || asks_for_details(q);

	if (recorded->kind == REC_CONTAINER_NONE && asked)
		return err_set(err, ERR_USAGE, "the recording was made in no container, so there is no replay of it in one");
	if (recorded->kind != REC_CONTAINER_NONE && q->outside)
		return err_set(err, ERR_USAGE, "the recording was made in a container, and enable_container is false");
	if (recorded->kind == REC_CONTAINER_FOLDERS && q->sandbox)
		return err_set(err, ERR_USAGE, "the recording was made in a container of folders, not in a sandbox");
	if (recorded->kind == REC_CONTAINER_HOST && q->lower)
		return err_set(err, ERR_USAGE, "the recording was made in a sandbox, not in a container of folders");
	if (q->network && !recorded->network)
		return err_set(err, ERR_USAGE, "the recording was made with the system's network");
	if (q->user && !recorded->user)
		return err_set(err, ERR_USAGE, "the recording was made without --user");
	return 0;
}

struct box *box_for_replay(const struct box_request *q, const struct rec_container *recorded, struct arena *arena,
			   struct err *err)
{
	struct rec_container as = *recorded;

	(void)arena;
	if (check_match(q, recorded, err) < 0 || recorded->kind == REC_CONTAINER_NONE)
		return NULL;
	if (q->lower)
		as.lower = q->lower;
	if (q->upper || q->work || q->keep) {
		as.upper = q->upper ? q->upper : "";
		as.work = q->work ? q->work : "";
	}
	if (q->mount_point)
		as.mount_point = q->mount_point;
	if (q->hostname)
		as.hostname = q->hostname;
	return open_box(&as, q->keep, err);
}

void box_free(struct box *b)
{
	if (!b)
		return;
	container_free(b->container);
	free(b);
}

const char *box_find(const struct box *b, const struct spawn_env *env, struct arena *arena, int *exit_status,
		     struct err *err)
{
	const char *path_var = cmd_env_get(env->envp, "PATH");

	if (b && b->as.kind == REC_CONTAINER_FOLDERS)
		return container_find(b->container, env->argv[0], path_var, arena, exit_status, err);
	return spawn_find(env->argv[0], path_var, env->cwd, arena, exit_status, err);
}

const char *box_directory(const struct box *b, const char *name, struct arena *arena, struct err *err)
{
	if (!b || b->as.kind != REC_CONTAINER_FOLDERS)
		return cmd_directory(name, arena, err);
	if (*name == '/')
		return name;
	err_set(err, ERR_IO, "cannot change to %s: in a container it must be an absolute path", name);
	return NULL;
}

void box_adapt(const struct box *b, struct spawn_env *env)
{
	if (!b)
		return;
	if (b->as.kind == REC_CONTAINER_FOLDERS)
		env->cwd = "/";
	if (container_is_root_inside(b->container)) {
		env->uid = env->euid = env->gid = env->egid = 0;
		env->ngroups = 0;
	}
}

static pid_t fork_inside(void *ctx, struct err *err)
{
	return container_fork(ctx, err);
}

void box_spawn(struct box *b, struct spawn_options *o)
{
	if (!b)
		return;
	o->fork = fork_inside;
	o->fork_ctx = b->container;
}

const char *box_hostname(const struct box *b)
{
	return b ? or_null(b->as.hostname) : NULL;
}

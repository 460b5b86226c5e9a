/*
 * Containers for record and replay.
 */
#include "cmd/box.h"

#include "base/check.h"
#include "cmd/common.h"
#include "trace/content.h"

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

/* The set EFFECT of consts.def. */
static const uint8_t effect_types[] = {
	[CHANGE_FILE] = 1, [CHANGE_FOLDER] = 2, [CHANGE_OPAQUE] = 3, [CHANGE_LINK] = 4, [CHANGE_DELETED] = 5,
	[CHANGE_FIFO] = 6, [CHANGE_SOCKET] = 7, [CHANGE_CHAR] = 8,   [CHANGE_BLOCK] = 9,
};

static void make_event(const struct abi_schema *schema, const struct container_change *c, struct sys_event *ev)
{
	ev->type = EVENT_EFFECT;
	ev->nr = ABI_EFFECT;
	ev->args[0] = effect_types[c->type];
	ev->args[1] = c->mode;
	ev->args[2] = c->uid;
	ev->args[3] = c->gid;
	ev->args[4] = c->size;
	ev->args[5] = c->rdev;
	ev->call = abi_schema_select(schema, ev->nr, ev->args);
	content_add(schema, ev, "path", PHASE_ENTRY, BLOCK_OK, c->path, (uint32_t)strlen(c->path));
	if (c->type == CHANGE_FILE)
		content_add(schema, ev, "digest", PHASE_ENTRY, c->unreadable ? BLOCK_UNREADABLE : BLOCK_OK,
			    c->unreadable ? NULL : c->digest, c->unreadable ? 0 : DIGEST_SIZE);
	if (c->type == CHANGE_LINK)
		content_add(schema, ev, "target", PHASE_ENTRY, BLOCK_OK, c->target, (uint32_t)strlen(c->target));
}

int box_effects(struct box *b, const struct abi_schema *schema, uint64_t seq,
		int (*on_effect)(void *ctx, const struct sys_event *ev, struct err *err), void *ctx, struct err *err)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	CLEANUP(arena_cleanup) struct arena *scratch = arena_new();
	struct container_change *changes;
	struct sys_event ev;
	size_t n = 0;

	if (!b)
		return 0;
	container_end(b->container);
	if (container_changes(b->container, arena, &changes, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		event_init(&ev, scratch);
		ev.seq = seq + i;
		make_event(schema, &changes[i], &ev);
		if (on_effect(ctx, &ev, err) < 0)
			return -1;
		arena_reset(scratch);
	}
	return 0;
}

const char *box_hostname(const struct box *b)
{
	return b ? or_null(b->as.hostname) : NULL;
}

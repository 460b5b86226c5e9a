/*
 * The container of a recording or a replay: its options, what the recording's header says of it, and the program's process in
 * it.
 */
#ifndef CMD_BOX_H
#define CMD_BOX_H

#include "cmd/run.h"
#include "container/container.h"
#include "recording/recording.h"
#include "trace/spawn.h"

enum {
	OPT_BOX_FIRST = 200,
	OPT_CONTAINER = OPT_BOX_FIRST,
	OPT_SANDBOX,
	OPT_KEEP,
	OPT_OVERLAY_UPPER,
	OPT_OVERLAY_WORK,
	OPT_MOUNT_POINT,
	OPT_HOSTNAME,
	OPT_NETWORK,
	OPT_USER,
};

/* Rows of the tables of both commands. */
#define BOX_OPTIONS                                                                                                     \
	{ OPT_CONTAINER, 0, "container", "DIR[:DIR]...", "run in a container with these folders as its root, topmost first" }, \
	{ OPT_SANDBOX, 0, "sandbox", NULL, "run in a container with this system's own root, which stays as it is" },    \
	{ OPT_KEEP, 0, "keep", "DIR", "keep what the run changes in this folder (default: in memory, gone with the run)" }, \
	{ OPT_OVERLAY_UPPER, 0, "overlay-upper", "DIR", "with --container: the changes go to this folder, which may hold some" }, \
	{ OPT_OVERLAY_WORK, 0, "overlay-work", "DIR", "and this is its work folder, on the same file system" },           \
	{ OPT_MOUNT_POINT, 0, "mount-point", "DIR", "where the container is put together, out of sight (default: /tmp)" }, \
	{ OPT_HOSTNAME, 0, "hostname", "NAME", "the container's host name" },                                           \
	{ OPT_NETWORK, 0, "network", NULL, "the container has a network of its own, in which only lo is up" },           \
	{ OPT_USER, 0, "user", NULL, "the program is root in a user namespace of the container's" }

/* true: option was one of these, and is in q now. */
bool box_option(struct box_request *q, int option, const char *value);

struct box;

/*
 * The container for a recording.  *to tells the header of it and lives as long as the box and the arena.  NULL with *err set: it cannot be made;
 * NULL without: none is wanted.
 */
struct box *box_for_record(const struct box_request *q, struct rec_container *to, struct arena *arena, struct err *err);
/* The container for a replay: the recorded one, with what q replaces.  What cannot match is an error: USAGE. */
struct box *box_for_replay(const struct box_request *q, const struct rec_container *recorded, struct arena *arena,
			   struct err *err);
/* NULL is fine in all of these. */
void box_free(struct box *b);
/* As spawn_find(), in the container or outside. */
const char *box_find(const struct box *b, const struct spawn_env *env, struct arena *arena, int *exit_status,
		     struct err *err);
/* The working directory that a user named: inside a container of folders it is taken as it is.  NULL: *err IO. */
const char *box_directory(const struct box *b, const char *name, struct arena *arena, struct err *err);
/* What the program will find itself to be, in the environment of a recording: user, groups, working directory. */
void box_adapt(const struct box *b, struct spawn_env *env);
void box_spawn(struct box *b, struct spawn_options *o);
/*
 * When no task of the program is left: ends the container, and calls on_effect with an event for each path that the run has
 * left something at, ascending by path.  seq: number of the first one.  -1: *err, or what on_effect answered.
 */
int box_effects(struct box *b, const struct abi_schema *schema, uint64_t seq,
		int (*on_effect)(void *ctx, const struct sys_event *ev, struct err *err), void *ctx, struct err *err);
/* The host name inside, NULL: the system's own. */
const char *box_hostname(const struct box *b);

#endif

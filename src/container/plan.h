/*
 * The way into a container as a list of steps: made by the caller, who may allocate; taken by the new process, which may not.
 */
#ifndef CONTAINER_PLAN_H
#define CONTAINER_PLAN_H

#include "base/arena.h"
#include "container/container.h"

#include <sys/stat.h>

enum step_kind {
	STEP_PRIVATE,  /* no mount or unmount of ours is seen outside */
	STEP_MOUNT,    /* from, to, type, flags, data: as mount(2) */
	STEP_READONLY, /* the mount at to and all that is mounted below it */
	STEP_FOLDER,   /* mkdir(2) of to with mode; one that is there is fine */
	STEP_FILE,     /* an empty file */
	STEP_LINK,     /* symbolic link to from */
	STEP_OWNER,    /* mode, uid, gid and times of to; ids that the user namespace lacks are left out */
	STEP_ROOT,     /* pivot_root(2): to becomes the root, the old root goes to from, NULL: away with it */
	STEP_LAYERS,   /* the folder to, which holds the upper layers, is handed to the caller */
	STEP_HOSTNAME, /* from */
	STEP_LOOPBACK, /* the loopback device goes up */
};

struct step {
	enum step_kind kind;
	const char *from, *to, *type, *data;
	unsigned long flags;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec modified;
	bool optional; /* failing is fine */
	bool follows;  /* taken only if the step before was taken and did not fail */
	bool instead;  /* taken only if the last overlay step failed */
	const char *what; /* "cannot ..." */
};

/* A place with an upper layer of its own. */
struct layer {
	const char *path;  /* where it is inside: "", "/home" */
	const char *upper; /* its folder below the layers' folder, or a path of the caller's (explicit) */
	const char *work;
	bool explicit;
	mode_t mode; /* of the folder itself, at the start */
	uid_t uid;
	gid_t gid;
	struct timespec modified;
	bool rooted; /* made by us: a changed mode or owner of the folder itself is a change, too */
};

struct plan {
	struct arena *arena; /* lent */
	struct step *steps;
	size_t nsteps, steps_room;
	struct layer *layers;
	size_t nlayers, layers_room;
	bool in_user_namespace; /* the container's, or already the caller's */
	bool privileged; /* ids of all users are there */
};

/* Folders that belong to root and into which everybody may write. */
#define PLAN_SHARED 2
extern const char *const plan_shared[PLAN_SHARED];

/* "/home/a-b" as a part of a file name, so that no two paths give the same: "-home-a\x2db". */
const char *path_as_name(const char *path, struct arena *arena);
struct step *plan_step(struct plan *p, enum step_kind kind, const char *what);
struct layer *plan_layer(struct plan *p, const char *path);
/* An overlay over lower (an overlayfs colon list as seen by the new process) at the place of the layer. */
void plan_overlay(struct plan *p, const struct layer *l, const char *lower, bool optional);

/* Steps that put the caller's own root together at /new; the caller's root is at /old.  -1: *err. */
int plan_host_root(struct plan *p, struct err *err);
/* All of it. */
int plan_container(struct plan *p, const struct container_options *o, struct err *err);

/* In the new process: takes the steps; layers: a socket on which STEP_LAYERS sends its descriptor.  -1 and errno: *failed is which. */
int plan_take(const struct plan *p, int layers, size_t *failed);

#endif

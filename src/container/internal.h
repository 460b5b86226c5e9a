/*
 * What the files of this folder know of a container.
 */
#ifndef CONTAINER_INTERNAL_H
#define CONTAINER_INTERNAL_H

#include "container/container.h"
#include "container/plan.h"

struct container {
	struct arena *arena;
	struct plan plan;
	bool network;
	bool users; /* a user namespace of its own */
	uint32_t inside_uid, inside_gid, outside_uid, outside_gid;
	const char *lower;	  /* absolute folders, a colon list; NULL: the caller's root */
	const char *upper, *work; /* explicit, absolute; or NULL */
	const char *keep;	  /* absolute, or NULL */
	pid_t first;		  /* the first process, -1: none */
	int pidfd;		  /* of it, or -1: somebody else may have waited for it */
	int socket;		  /* to it, or -1: closing it ends the container */
	int layers_fd;		  /* the folder of the layers, or -1 */
};

/* Makes the options' paths absolute, makes the folder that is kept, and plans.  -1: *err. */
int container_prepare(struct container *c, const struct container_options *o, struct err *err);
/* Nothing is mounted any more: removes the overlays' work folders from a folder that is kept. */
void container_tidy(struct container *c);
/* Removes upper folders without changes from a folder that is kept. */
void container_drop_empty(struct container *c);

#endif

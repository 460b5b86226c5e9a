/*
 * A container: namespaces of its own for mounts, processes, names, IPC and, if wanted, network and users, with a root folder
 * that is an overlay.  Everything is mounted in the mount namespace of the program, so that it goes with the last process in
 * it, whatever ends the caller.
 */
#ifndef CONTAINER_CONTAINER_H
#define CONTAINER_CONTAINER_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Which container; strings are lent to container_new(). */
struct container_options {
	/*
	 * What its root is made of: folders of the caller's, a colon list with the topmost first, as overlayfs takes it.
	 * NULL: the caller's own root with everything that is mounted below it.
	 */
	const char *lower;
	/* Where changes go, two folders on one file system.  NULL: in keep, or in memory. */
	const char *upper, *work;
	/*
	 * A folder (made if it is missing) whose subfolder upper takes the changes and stays; with the caller's own root one
	 * more for each file system mounted below it: upper-home, ...  NULL: in memory, gone with the run.
	 */
	const char *keep;
	const char *mount_point; /* a folder below which all is put together before it becomes the root; NULL: /tmp */
	const char *hostname;	 /* NULL: the caller's */
	bool network;		 /* a network of its own in which only the loopback device is up */
	/*
	 * A user namespace in which the program is root.  Ordinary users get one in any case, in which the program has the
	 * user's own id and no privilege.
	 */
	bool user;
};

struct container;

/* Reads what the plan depends on (folders, mounts) and makes it; nothing is mounted yet.  NULL: *err IO, SPAWN or UNSUPPORTED. */
struct container *container_new(const struct container_options *o, struct err *err);
/* Ends what still runs in it and frees it.  NULL is fine. */
void container_free(struct container *c);

/* The program is root in a user namespace of an ordinary user's: it sees 0 where the caller has these ids. */
bool container_is_root_inside(const struct container *c);
/*
 * The command as execvp(3) would find it inside, with path_var as PATH; in arena.  A command with a slash in it is answered
 * as it is.  NULL: *exit_status is 126 (found, not executable) or 127, *err SPAWN.
 */
const char *container_find(const struct container *c, const char *command, const char *path_var, struct arena *arena,
			   int *exit_status, struct err *err);

/*
 * As fork(2), with the child inside, in the new root, its capabilities reduced to what cannot reach the host.  Once only.
 * The child may make only system calls; its parent is the container's first process, which waits for orphans.  In the
 * caller: the child's pid (of a grandchild: only a tracer can wait for it), or -1 and *err SPAWN or UNSUPPORTED.
 */
pid_t container_fork(struct container *c, struct err *err);
/*
 * When every process of the program has ended and been waited for: ends the first process, so that nothing is mounted any
 * more, and removes what overlayfs left for itself in folders of the caller's.
 */
void container_end(struct container *c);

enum container_change_type {
	CHANGE_FILE,
	CHANGE_FOLDER,	/* made, or it has changed itself, or something below it has */
	CHANGE_OPAQUE,	/* a folder in the place of another one: what was in that is gone */
	CHANGE_LINK,	/* symbolic */
	CHANGE_DELETED, /* there is nothing where the lower folder has something */
	CHANGE_FIFO,
	CHANGE_SOCKET,
	CHANGE_CHAR,
	CHANGE_BLOCK,
};

/* What the run has left at one place. */
struct container_change {
	const char *path; /* as the program names it */
	enum container_change_type type;
	uint32_t mode;	   /* permission bits; 0: deleted, a link */
	uint32_t uid, gid; /* as the program sees them */
	uint64_t size;	   /* of files, links */
	uint64_t rdev;	   /* of devices */
	uint8_t digest[DIGEST_SIZE]; /* of files: content */
	bool unreadable;	     /* ... which could not be read */
	const char *target;	     /* of links, "" else */
};

/*
 * What is in the upper layers, ascending by the bytes of the path; in arena.  After container_end() (or without any run: what
 * an earlier one has left in a kept folder).  -1: *err UNSUPPORTED.
 */
int container_changes(struct container *c, struct arena *arena, struct container_change **changes, size_t *n,
		      struct err *err);

#endif

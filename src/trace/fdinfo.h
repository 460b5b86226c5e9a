/*
 * What a task's descriptors, working directory and mappings are, read from /proc.
 */
#ifndef TRACE_FDINFO_H
#define TRACE_FDINFO_H

#include "abi/event.h"
#include "base/arena.h"
#include "trace/task.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * What an open file is.  link: as /proc/PID/fd shows it; own: a descriptor of the calling process on the same file,
 * asked whether it is a terminal, or -1.
 */
enum abi_fd_kind fdinfo_kind(const struct stat *st, const char *link, int own);
/* Target of a symbolic link below dir, whole, in arena; "" if it cannot be read. */
const char *fdinfo_link(int dir, const char *path, struct arena *arena);
/* Kind, flags and path of the task's descriptor; kind NONE if it is not open.  path in arena. */
void fdinfo_describe(const struct task *task, int fd, struct arena *arena, struct abi_fd_info *out);
/* File position of the task's descriptor; false if it is not open. */
bool fdinfo_position(const struct task *task, int fd, uint64_t *position);
bool fdinfo_is_open(const struct task *task, int fd);
struct epoll_event;
/*
 * What the task's epoll descriptor watches: *set, which the caller frees; how many.  0: it is none, or watches nothing,
 * or what it says is not understood.
 */
size_t fdinfo_epoll_set(const struct task *task, int fd, struct epoll_event **set);
/* The task's epoll descriptor watches a file whose inode is one. */
bool fdinfo_epoll_watches(const struct task *task, int fd, bool (*is)(const void *ctx, uint64_t inode), const void *ctx);
const char *fdinfo_cwd(const struct task *task, struct arena *arena);
/* The whole address space; returns how many regions.  All in arena. */
uint32_t fdinfo_regions(const struct task *task, struct arena *arena, struct abi_region **regions);

/* A task's signals as in /proc/PID/status: bit n-1 is signal n. */
struct signal_sets {
	uint64_t caught, ignored, blocked;
	uint64_t pending; /* for the task or for its process */
};

/* false: the task is gone. */
bool fdinfo_signals(const struct task *task, struct signal_sets *sets);
/* The program has restricted its own calls: seccomp(2). */
bool fdinfo_is_filtered(const struct task *task);

#endif

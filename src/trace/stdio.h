/*
 * Descriptors 0-2 of the program: inherited, opened, or made to be of the kind that was recorded and connected to the
 * caller's.
 */
#ifndef TRACE_STDIO_H
#define TRACE_STDIO_H

#include "base/err.h"
#include "trace/spawn.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

struct stdio;

/*
 * Prepares what spawn options ask for.  affinity: for the threads that copy; NULL: as the calling thread.
 * NULL: *err SPAWN or IO.
 */
struct stdio *stdio_new(const struct spawn_options *o, const cpu_set_t *affinity, struct err *err);
/* What the child makes its descriptor number fd: a descriptor above 2, or -1: closed. */
int stdio_child_fd(const struct stdio *s, int fd);
/* Its link as /proc/PID/fd shows it, in arena. */
const char *stdio_link(const struct stdio *s, int fd, struct arena *arena);
/* The program has them: closes the parent's copies and starts to copy. */
int stdio_started(struct stdio *s, struct err *err);
/* More for a fed descriptor 0; end: nothing will follow.  Returns at once, whatever the length. */
int stdio_feed(struct stdio *s, const void *data, size_t len, bool end, struct err *err);
/* How many bytes of what was fed nobody has read yet. */
size_t stdio_left(const struct stdio *s);
/* The program is dead: everything that it wrote reaches the caller's descriptors before this returns. */
void stdio_free(struct stdio *s);

#endif

/*
 * Arena: allocations that live and die together (one source file's tree, one event, one report).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/attr.h"

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* An empty arena.  Give it back with arena_free(). */
struct arena *arena_new(void);
/* Frees the arena and everything in it; NULL is fine. */
void arena_free(struct arena *a);
/* CLEANUP(arena_cleanup) for a struct arena * variable. */
void arena_cleanup(struct arena **a);
/* Forgets every allocation but keeps one block of memory for the next round. */
void arena_reset(struct arena *a);

/* size bytes, zeroed, aligned to 16; never NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* count elements of size bytes, zeroed; aborts on overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* As arena_alloc(), contents undefined: for buffers that are filled at once. */
void *arena_raw(struct arena *a, size_t size);
/* A copy of len bytes; one NUL byte that is not counted stands behind them. */
void *arena_copy(struct arena *a, const void *data, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Bytes handed out since the arena was made or reset: for limits and for tests. */
size_t arena_used(const struct arena *a);

#endif

/*
 * Assertions for our own invariants, on in releases too, and allocation that aborts when memory is out.
 * What comes from outside never meets these: it gets a struct err.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include "base/attr.h"

#include <stddef.h>

#define INVARIANT(cond)                                          \
	do {                                                     \
		if (UNLIKELY(!(cond)))                           \
			invariant_broken(#cond, __FILE__, __LINE__); \
	} while (0)

/* Prints the broken condition with its place to standard error and aborts. */
NORETURN void invariant_broken(const char *cond, const char *file, int line);

/* Zeroed memory for count * size bytes; never NULL, aborts when memory is out or the product overflows. */
void *xcalloc(size_t count, size_t size);
/* As realloc(3) for count * size bytes; aborts when memory is out or the product overflows. */
void *xrealloc(void *p, size_t count, size_t size);
/* A copy of s that the caller frees with free(3). */
char *xstrdup(const char *s);
/* CLEANUP(free_ptr): frees what a char *, void * ... variable points to. */
void free_ptr(void *variable);

#endif

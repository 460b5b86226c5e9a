/*
 * Invariants and aborting allocation: the only place where sperrips aborts.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void invariant_broken(const char *cond, const char *file, int line)
{
	fprintf(stderr, "sperrips: internal error: %s is false at %s:%d\n", cond, file, line);
	abort();
}

static size_t product(size_t count, size_t size)
{
	size_t bytes;

	INVARIANT(!__builtin_mul_overflow(count, size, &bytes));
	return bytes ? bytes : 1;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(1, product(count, size));

	INVARIANT(p != NULL);
	return p;
}

void *xrealloc(void *p, size_t count, size_t size)
{
	p = realloc(p, product(count, size));
	INVARIANT(p != NULL);
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xcalloc(n, 1), s, n);
}

void free_ptr(void *variable)
{
	void *p;

	memcpy(&p, variable, sizeof(p));
	free(p);
}

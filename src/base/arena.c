/*
 * Arena: a list of blocks, the newest first; a large request gets a block of its own, one of which outlives a reset.
 */
#include "base/arena.h"

#include "base/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16
#define ARENA_BLOCK ((size_t)16 << 10)
#define ARENA_SPARE ((size_t)1 << 20) /* bytes: a larger block is given back at a reset */

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	_Alignas(ARENA_ALIGN) unsigned char data[];
};

struct arena {
	struct arena_block *blocks;
	struct arena_block *spare; /* for the next large request: pages that need not be asked for again */
	size_t used;
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b;

	INVARIANT(size <= SIZE_MAX - sizeof(*b));
	b = malloc(sizeof(*b) + size);
	INVARIANT(b != NULL);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

static void blocks_free(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	blocks_free(a->blocks);
	free(a->spare);
	free(a);
}

void arena_cleanup(struct arena **a)
{
	arena_free(*a);
	*a = NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = NULL;
	struct arena_block *b = a->blocks;

	while (b) {
		struct arena_block *next = b->next;

		if (!keep && b->size == ARENA_BLOCK) {
			keep = b;
		} else if (b->size > ARENA_BLOCK && b->size <= ARENA_SPARE && (!a->spare || a->spare->size < b->size)) {
			free(a->spare);
			a->spare = b;
		} else {
			free(b);
		}
		b = next;
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	a->blocks = keep;
	a->used = 0;
}

void *arena_raw(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	void *p;

	INVARIANT(size <= SIZE_MAX / 2);
	size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	a->used += size;
	if (LIKELY(b && b->size - b->used >= size)) {
		p = b->data + b->used;
		b->used += size;
		return p;
	}
	if (size > ARENA_BLOCK / 4) {
		struct arena_block *big = a->spare;

		if (big && big->size >= size)
			a->spare = NULL;
		else
			big = block_new(size);
		big->used = size;
		if (b) { /* the block in use stays first: its rest is not lost */
			big->next = b->next;
			b->next = big;
		} else {
			a->blocks = big;
		}
		return big->data;
	}
	b = block_new(ARENA_BLOCK);
	b->next = a->blocks;
	a->blocks = b;
	b->used = size;
	return b->data;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_raw(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	INVARIANT(!__builtin_mul_overflow(count, size, &bytes));
	return arena_alloc(a, bytes);
}

void *arena_copy(struct arena *a, const void *data, size_t len)
{
	char *p = arena_raw(a, len + 1);

	if (len)
		memcpy(p, data, len);
	p[len] = '\0';
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	INVARIANT(n >= 0);
	p = arena_raw(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

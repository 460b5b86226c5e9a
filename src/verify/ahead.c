/*
 * Look-ahead over a reader that lends one event at a time: only an event that is looked past is copied.
 */
#include "verify/ahead.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* One event of the queue.  Its arena is made when the event is first copied, and kept for the next one in this place. */
struct slot {
	struct sys_event ev;
	struct arena *arena;
};

struct ahead {
	struct rec_reader *reader;
	const struct abi_schema *schema;
	struct slot slots[AHEAD_MAX]; /* a ring of count events from first on; only the last may be lent from the reader */
	size_t first, count;
	bool last_lent, end;
	uint64_t halves;
};

struct ahead *ahead_new(struct rec_reader *reader, const struct abi_schema *schema)
{
	struct ahead *a = xcalloc(1, sizeof(*a));

	a->reader = reader;
	a->schema = schema;
	return a;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < AHEAD_MAX; i++)
		arena_free(a->slots[i].arena);
	free(a);
}

/* The reader is about to be asked again: what it lent must stay. */
static void keep_last(struct ahead *a)
{
	struct slot *last;
	struct sys_event lent;

	if (!a->count || !a->last_lent)
		return;
	last = &a->slots[(a->first + a->count - 1) % AHEAD_MAX];
	lent = last->ev;
	if (!last->arena)
		last->arena = arena_new();
	arena_reset(last->arena);
	event_copy(&last->ev, &lent, UINT32_MAX, last->arena);
	a->last_lent = false;
}

/* As ahead_peek(). */
static int read_one(struct ahead *a, struct err *err)
{
	const struct sys_event *ev;
	struct slot *slot;
	int more;

	if (a->end)
		return 0;
	keep_last(a);
	while ((more = rec_reader_next(a->reader, &ev, err)) > 0 && ev->type == EVENT_INPUT)
		a->halves++;
	if (more <= 0) {
		a->end = more == 0;
		return more;
	}
	a->halves += ev->type == EVENT_RETURN;
	slot = &a->slots[(a->first + a->count) % AHEAD_MAX];
	slot->ev = *ev;
	slot->ev.call = abi_schema_select(a->schema, ev->nr, ev->args);
	a->count++;
	a->last_lent = true;
	return 1;
}

int ahead_peek(struct ahead *a, size_t n, const struct sys_event **ev, struct err *err)
{
	int more;

	INVARIANT(n < AHEAD_MAX);
	while (a->count <= n) {
		more = read_one(a, err);
		if (more <= 0)
			return more;
	}
	*ev = &a->slots[(a->first + n) % AHEAD_MAX].ev;
	return 1;
}

void ahead_drop(struct ahead *a)
{
	INVARIANT(a->count);
	a->first = (a->first + 1) % AHEAD_MAX;
	a->count--;
	if (!a->count)
		a->last_lent = false;
}

uint64_t ahead_halves(const struct ahead *a)
{
	return a->halves;
}

bool ahead_at_end(const struct ahead *a)
{
	return a->end && !a->count;
}

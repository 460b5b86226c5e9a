/*
 * One call may be open in each task.
 */
#include "recording/open_calls.h"

#include "base/check.h"
#include "base/map.h"

#include <stdlib.h>

struct open_call {
	struct sys_event ev;
	struct arena *arena;
	bool open;
};

struct open_calls {
	struct map64 *by_task; /* task number to its place in calls */
	struct open_call *calls;
	size_t n;
};

struct open_calls *open_calls_new(void)
{
	struct open_calls *o = xcalloc(1, sizeof(*o));

	o->by_task = map64_new();
	return o;
}

void open_calls_free(struct open_calls *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		arena_free(o->calls[i].arena);
	free(o->calls);
	map64_free(o->by_task);
	free(o);
}

static struct open_call *call_of(struct open_calls *o, uint32_t task)
{
	uint64_t at;

	if (map64_get(o->by_task, task, &at))
		return &o->calls[at];
	map64_put(o->by_task, task, o->n);
	o->calls = xrealloc(o->calls, o->n + 1, sizeof(*o->calls));
	o->calls[o->n] = (struct open_call){ .arena = arena_new() };
	return &o->calls[o->n++];
}

static int wrong(const struct sys_event *ev, const char *what, struct err *err)
{
	return err_set(err, ERR_FORMAT, "event %llu: task %u %s", (unsigned long long)ev->seq, ev->task, what);
}

int open_calls_take(struct open_calls *o, const struct sys_event **ev, struct err *err)
{
	const struct sys_event *next = *ev;
	bool opens = next->type == EVENT_CALL && (next->flags & EVENT_OPEN);
	struct open_call *c;

	if (!opens && next->type != EVENT_RETURN)
		return 1;
	c = call_of(o, next->task);
	if (opens) {
		if (c->open)
			return wrong(next, "begins a call within a call", err);
		arena_reset(c->arena);
		event_copy(&c->ev, next, UINT32_MAX, c->arena);
		c->open = true;
		return 0;
	}
	if (!c->open || c->ev.nr != next->nr)
		return wrong(next, "returns from a call that had not begun", err);
	event_join(&c->ev, next);
	c->open = false;
	*ev = &c->ev;
	return 1;
}

/*
 * A name and a count of children for each task.
 */
#include "recording/lineage.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/map.h"

#include <inttypes.h>
#include <stdlib.h>

struct member {
	const char *name;
	uint32_t children;
};

struct lineage {
	struct arena *arena;
	struct map64 *by_task; /* to its place in members */
	struct member *members;
	size_t n, room;
};

static void add(struct lineage *l, uint32_t task, const char *name)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 8;
		l->members = xrealloc(l->members, l->room, sizeof(*l->members));
	}
	map64_put(l->by_task, task, l->n);
	l->members[l->n++] = (struct member){ .name = name };
}

struct lineage *lineage_new(void)
{
	struct lineage *l = xcalloc(1, sizeof(*l));

	l->arena = arena_new();
	l->by_task = map64_new();
	add(l, 0, "0");
	return l;
}

void lineage_free(struct lineage *l)
{
	if (!l)
		return;
	free(l->members);
	map64_free(l->by_task);
	arena_free(l->arena);
	free(l);
}

static struct member *member_of(const struct lineage *l, uint32_t task)
{
	uint64_t at;

	return map64_get(l->by_task, task, &at) ? &l->members[at] : NULL;
}

const char *lineage_name(const struct lineage *l, uint32_t task)
{
	const struct member *m = member_of(l, task);

	return m ? m->name : "?";
}

const char *lineage_child(struct lineage *l, uint32_t task)
{
	const struct member *m = member_of(l, task);

	return m ? arena_printf(l->arena, "%s.%" PRIu32, m->name, m->children + 1) : "?";
}

void lineage_take(struct lineage *l, const struct sys_event *ev)
{
	struct member *maker = ev->type == EVENT_TASK ? member_of(l, ev->task) : NULL;

	if (maker)
		add(l, (uint32_t)ev->args[0], arena_printf(l->arena, "%s.%" PRIu32, maker->name, ++maker->children));
}

size_t lineage_count(const struct lineage *l)
{
	return l->n;
}

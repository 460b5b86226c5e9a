/*
 * Tasks by number.
 */
#include "verify/world.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/map.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>

struct world {
	struct map64 *by_number; /* to struct world_task * */
	struct arena *names;
	struct world_task **tasks;
	size_t n, room;
};

static void add(struct world *w, struct world_task *t)
{
	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 8;
		w->tasks = xrealloc(w->tasks, w->room, sizeof(struct world_task *));
	}
	w->tasks[w->n++] = t;
	map64_put(w->by_number, t->number, (uint64_t)(uintptr_t)t);
}

static void free_task(struct world_task *t)
{
	facts_free(t->facts[WORLD_RECORDED]);
	if (t->facts[WORLD_ACTUAL] != t->facts[WORLD_RECORDED])
		facts_free(t->facts[WORLD_ACTUAL]);
	maps_free(t->maps);
	free(t);
}

struct world *world_new(struct facts *recorded, struct facts *actual, struct maps *maps)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct world_task *t = xcalloc(1, sizeof(*t));

	w->by_number = map64_new();
	w->names = arena_new();
	*t = (struct world_task){ .name = "0", .facts = { recorded, actual }, .maps = maps };
	add(w, t);
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		free_task(w->tasks[i]);
	free(w->tasks);
	map64_free(w->by_number);
	arena_free(w->names);
	free(w);
}

struct world_task *world_get(struct world *w, uint32_t number)
{
	uint64_t at;

	return map64_get(w->by_number, number, &at) ? (struct world_task *)(uintptr_t)at : NULL;
}

static void share_facts(struct world_task *t, const struct world_task *maker, bool same)
{
	struct facts *const *from = maker->facts;

	t->facts[WORLD_RECORDED] = same ? facts_share(from[WORLD_RECORDED]) : facts_copy(from[WORLD_RECORDED]);
	if (from[WORLD_ACTUAL] == from[WORLD_RECORDED])
		t->facts[WORLD_ACTUAL] = t->facts[WORLD_RECORDED];
	else
		t->facts[WORLD_ACTUAL] = same ? facts_share(from[WORLD_ACTUAL]) : facts_copy(from[WORLD_ACTUAL]);
}

struct world_task *world_fork(struct world *w, struct world_task *maker, uint32_t number, uint64_t clone_flags)
{
	struct world_task *t;

	if (world_get(w, number))
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->number = number;
	t->depth = maker->depth + 1;
	t->name = arena_printf(w->names, "%s.%" PRIu32, maker->name, ++maker->nchildren);
	share_facts(t, maker, clone_flags & CLONE_FILES);
	t->maps = clone_flags & CLONE_VM ? maps_share(maker->maps) : maps_copy(maker->maps);
	add(w, t);
	return t;
}

void world_exec(struct world_task *t)
{
	struct world_task old = *t;

	share_facts(t, &old, false);
	t->maps = maps_copy(old.maps);
	facts_free(old.facts[WORLD_RECORDED]);
	if (old.facts[WORLD_ACTUAL] != old.facts[WORLD_RECORDED])
		facts_free(old.facts[WORLD_ACTUAL]);
	maps_free(old.maps);
}

void world_end(struct world *w, uint32_t number)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->tasks[i]->number != number)
			continue;
		map64_del(w->by_number, number);
		free_task(w->tasks[i]);
		w->tasks[i] = w->tasks[--w->n];
		return;
	}
}

size_t world_count(const struct world *w)
{
	return w->n;
}

struct world_task *world_at(const struct world *w, size_t index)
{
	return w->tasks[index];
}

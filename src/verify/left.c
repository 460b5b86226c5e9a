/*
 * Comparing what two runs have left: two ascending lists of paths.
 */
#include "verify/left.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define EFFECT_NONE 0 /* consts.def */

struct left {
	struct decide_context *c;
	struct facts *facts[SIDE_COUNT];
	struct maps *maps;
	struct ahead *ahead;
	struct ledger *ledger;
	struct arena *arena;
	uint16_t path; /* node of the block */
	uint64_t unjudged;
};

struct left *left_new(struct decide_context *c, struct ahead *ahead, struct ledger *ledger)
{
	const struct abi_call *call = abi_schema_find(c->schema, "effect", strlen("effect"));
	struct left *l = xcalloc(1, sizeof(*l));

	/* only names that begin at the root are looked at here */
	for (int side = 0; side < SIDE_COUNT; side++)
		c->facts[side] = l->facts[side] = facts_new(c->schema, "/", "", "", "");
	c->maps = l->maps = maps_new();
	c->task = NULL;
	l->c = c;
	l->ahead = ahead;
	l->ledger = ledger;
	l->arena = arena_new();
	INVARIANT(call && abi_call_synthetic(c->schema, call, "path", &l->path));
	return l;
}

void left_free(struct left *l)
{
	if (!l)
		return;
	for (int side = 0; side < SIDE_COUNT; side++)
		facts_free(l->facts[side]);
	maps_free(l->maps);
	arena_free(l->arena);
	free(l);
}

uint64_t left_unjudged(const struct left *l)
{
	return l ? l->unjudged : 0;
}

static int compare_paths(const struct left *l, const struct sys_event *a, const struct sys_event *b)
{
	const struct abi_block *x = event_find_block(a, PHASE_ENTRY, l->path, 0);
	const struct abi_block *y = event_find_block(b, PHASE_ENTRY, l->path, 0);
	uint32_t n = x && y ? (x->len < y->len ? x->len : y->len) : 0;
	int order = n ? memcmp(x->data, y->data, n) : 0;

	if (!x || !y)
		return (x != NULL) - (y != NULL);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int judge(struct left *l, const struct sys_event *rec, const struct sys_event *live, struct err *err)
{
	struct ledger_place at = { .rec = rec, .live = live };
	struct decision d = { .arena = l->arena };

	arena_reset(l->arena);
	verify_decide(l->c, rec, live, PHASE_ENTRY, &d);
	l->unjudged += d.cut + d.unreadable;
	return ledger_decision(l->ledger, &at, &d, err) < 0 ? -1 : 0;
}

/* The other run has left nothing there. */
static struct sys_event nothing_at(const struct sys_event *ev)
{
	struct sys_event none = *ev;

	none.args[0] = EFFECT_NONE;
	return none;
}

static int missing(struct left *l, const struct sys_event *rec, struct err *err)
{
	struct sys_event none = nothing_at(rec);

	if (judge(l, rec, &none, err) < 0)
		return -1;
	ledger_done(l->ledger, rec, &none);
	ahead_drop(l->ahead);
	return 0;
}

int left_next(struct left *l, const struct sys_event *live, struct err *err)
{
	const struct sys_event *rec;
	struct sys_event none;
	int more, order;

	for (;;) {
		more = ahead_peek(l->ahead, 0, &rec, err);
		if (more < 0)
			return -1;
		/* anything else is one event too many, and is seen at the end */
		more = more && rec->type == EVENT_EFFECT && rec->nr == ABI_EFFECT && rec->task == 0;
		if (!more && !live)
			return 0;
		order = !more ? 1 : !live ? -1 : compare_paths(l, rec, live);
		if (order >= 0)
			break;
		if (missing(l, rec, err) < 0)
			return -1;
	}
	if (order > 0) {
		none = nothing_at(live);
		return judge(l, &none, live, err);
	}
	if (judge(l, rec, live, err) < 0)
		return -1;
	ledger_done(l->ledger, rec, live);
	ahead_drop(l->ahead);
	return 0;
}

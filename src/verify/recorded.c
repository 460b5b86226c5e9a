/*
 * The tasks of a session, and the recorded events to come.
 */
#include "verify/session.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

struct doing *session_doing(struct verify_session *s, uint32_t task)
{
	if (task >= s->ndoing) {
		size_t n = task + 16u;

		s->doing = xrealloc(s->doing, n, sizeof(struct doing *));
		memset(s->doing + s->ndoing, 0, (n - s->ndoing) * sizeof(struct doing *));
		s->ndoing = n;
	}
	if (!s->doing[task])
		s->doing[task] = xcalloc(1, sizeof(*s->doing[task]));
	return s->doing[task];
}

bool session_look_at(struct verify_session *s, uint32_t number)
{
	const struct world_task *t = world_get(s->world, number);

	if (!t)
		return false;
	_Static_assert((int)SIDE_RECORDED == (int)WORLD_RECORDED && (int)SIDE_ACTUAL == (int)WORLD_ACTUAL,
		       "one numbering of the sides");
	for (int side = 0; side < SIDE_COUNT; side++)
		s->context.facts[side] = t->facts[side];
	s->context.maps = t->maps;
	s->context.depth = t->depth;
	s->context.task = t->name;
	return true;
}

void session_exec(struct verify_session *s, uint32_t task)
{
	world_exec(world_get(s->world, task));
	session_look_at(s, task);
}

struct vm_disposed session_dispose_alone(struct verify_session *s, const struct sys_event *ev, enum vm_side side)
{
	struct decide_context c;

	session_look_at(s, ev->task);
	c = s->context;
	for (int i = 0; i < SIDE_COUNT; i++)
		c.facts[i] = s->context.facts[side];
	return verify_dispose(&c, ev, ev);
}

bool session_is_disposable(const struct sys_event *ev)
{
	return ev->type == EVENT_CALL || ev->type == EVENT_SIGNAL || ev->type == EVENT_END ||
	       ev->type == EVENT_INSTRUCTION;
}

void session_keep_open(struct verify_session *s, struct doing *t, const struct sys_event *rec)
{
	if (!t->arena)
		t->arena = arena_new();
	arena_reset(t->arena);
	event_copy(&t->open, rec, UINT32_MAX, t->arena);
	t->is_open = true;
	ahead_drop(s->ahead);
}

static void apply_recorded(struct verify_session *s, const struct sys_event *rec)
{
	session_look_at(s, rec->task);
	if (rec->command)
		session_exec(s, rec->task);
	facts_apply(s->context.facts[SIDE_RECORDED], rec);
}

void session_drop_alone(struct verify_session *s, const struct sys_event *rec)
{
	struct doing *t = session_doing(s, rec->task);

	if (rec->type == EVENT_CALL && (rec->flags & EVENT_OPEN)) {
		session_keep_open(s, t, rec);
		t->passed_over = true;
		return;
	}
	apply_recorded(s, rec);
	ahead_drop(s->ahead);
}

/* The end of a recorded call that nothing was held against. */
static void drop_return(struct verify_session *s, const struct sys_event *rec)
{
	struct doing *t = session_doing(s, rec->task);

	event_join(&t->open, rec);
	apply_recorded(s, &t->open);
	t->is_open = t->passed_over = false;
	ahead_drop(s->ahead);
}

int session_next_recorded(struct verify_session *s, const struct sys_event **rec, struct err *err)
{
	int more;

	while ((more = ahead_peek(s->ahead, 0, rec, err)) > 0) {
		const struct doing *t;

		if ((*rec)->type == EVENT_EFFECT) /* it is of no task */
			return 1;
		/* before anything is made room for: a file may name any number */
		if (!world_get(s->world, (*rec)->task))
			return err_set(err, ERR_FORMAT, "event %llu is of task %u, which nobody made",
				       (unsigned long long)(*rec)->seq, (*rec)->task);
		t = session_doing(s, (*rec)->task);
		if ((*rec)->type == EVENT_RETURN) {
			if (!t->is_open || t->open.nr != (*rec)->nr)
				return err_set(err, ERR_FORMAT,
					       "event %llu: task %u returns from a call that had not begun",
					       (unsigned long long)(*rec)->seq, (*rec)->task);
			if (!t->passed_over)
				return 1;
			drop_return(s, *rec);
			continue;
		}
		if ((*rec)->type == EVENT_CALL && t->is_open)
			return err_set(err, ERR_FORMAT, "event %llu: task %u begins a call within a call",
				       (unsigned long long)(*rec)->seq, (*rec)->task);
		/* what has met its partner is not asked about again */
		if (!session_is_disposable(*rec) || t->rec == *rec ||
		    session_dispose_alone(s, *rec, SIDE_RECORDED).disposition != DISP_IGNORE)
			return 1;
		ledger_verdict(s->ledger)->ignored++;
		session_drop_alone(s, *rec);
	}
	return more;
}

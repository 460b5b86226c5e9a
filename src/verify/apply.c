/*
 * Carries out a decision on a stopped task.
 */
#include "verify/apply.h"

#include "base/check.h"

static int apply_patch(struct source *s, const struct patch *p, struct err *err)
{
	switch (p->type) {
	case PATCH_MEMORY:
		return s->ops->write(s, p->addr, p->data, p->len, err);
	case PATCH_ARG:
		return s->ops->set_arg(s, p->reg, (uint64_t)p->number, err);
	case PATCH_RET:
		return s->ops->set_ret(s, p->number, err);
	case PATCH_OFFSET:
		return s->ops->move_offset(s, p->fd, p->number, err);
	case PATCH_SIGINFO:
		return s->ops->set_siginfo(s, p->addr, p->data, p->len, err);
	case PATCH_TEXT:
		return s->ops->set_text(s, p->reg, p->data, p->len, err);
	case PATCH_NUMBER:
		return s->ops->number_task(s, p->number, err);
	case PATCH_RESULT:
		return s->ops->set_result(s, p->addr, p->data, p->len, err);
	}
	INVARIANT(p->type <= PATCH_RESULT);
	return -1;
}

int verify_apply(struct source *s, const struct decision *d, struct err *err)
{
	INVARIANT(d->action != ACTION_STOP);
	if (d->action == ACTION_ANSWER && s->ops->answer(s, d->ret, err) < 0)
		return -1;
	for (size_t i = 0; i < d->npatches; i++) {
		if (apply_patch(s, &d->patches[i], err) < 0)
			return -1;
	}
	return 0;
}

int verify_want(struct verify_session *s, uint32_t patience_ms, struct source_want *into,
		const struct source_want **want, struct err *err)
{
	static const enum source_stop stops[EVENT_TYPE_COUNT] = {
		[EVENT_CALL] = SOURCE_ENTER, [EVENT_RETURN] = SOURCE_EXIT, [EVENT_SIGNAL] = SOURCE_SIGNAL,
		[EVENT_END] = SOURCE_END,    [EVENT_TASK] = SOURCE_TASK,   [EVENT_PREEMPTED] = SOURCE_PREEMPTED,
		[EVENT_INSTRUCTION] = SOURCE_INSTRUCTION,
	};
	struct verify_turn turn;
	int more = verify_turn(s, &turn, err);

	*want = NULL;
	if (more <= 0)
		return more;
	if (turn.type == EVENT_EFFECT) /* nothing more comes of any task */
		return 0;
	*into = (struct source_want){ .task = turn.task,
				      .stop = stops[turn.type],
				      .signal = turn.signal,
				      .siginfo = turn.siginfo,
				      .fault = turn.fault,
				      .result = turn.result,
				      .found = turn.found,
				      .found_len = turn.found_len };
	/* the recorded run waited for so long: this one may wait longer */
	into->patience_ms = turn.waited > (UINT32_MAX - patience_ms) / 10 ? UINT32_MAX : patience_ms + 10 * turn.waited;
	*want = into;
	return 0;
}

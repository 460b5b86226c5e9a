/*
 * Whose turn it is in the recorded order, and what is said when it cannot come about.
 */
#include "verify/session.h"

#include "verify/numbers.h"
#include "verify/waits.h"

#include <errno.h>
#include <string.h>

static void add_signal(struct verify_session *s, const struct sys_event *rec, struct verify_turn *turn)
{
	if (rec->args[0] < 1 || rec->args[0] > 64) /* no such signal: it will not come */
		return;
	turn->signal = (int)rec->args[0];
	turn->fault = rec->nblocks && rec->blocks[0].len == sizeof(siginfo_t) &&
		      event_is_fault(turn->signal, rec->blocks[0].data);
	if (!signal_from_outside(rec, s->pids))
		return;
	memcpy(s->siginfo, rec->blocks[0].data, sizeof(s->siginfo));
	turn->siginfo = s->siginfo;
}

/* What the recorded call wrote. */
static void add_found(const struct sys_event *rec, struct verify_turn *turn)
{
	const struct abi_block *only = NULL;

	for (uint32_t i = 0; i < rec->nblocks; i++) {
		const struct abi_block *b = &rec->blocks[i];

		if (b->phase != PHASE_EXIT || !b->data)
			continue;
		if (only)
			return;
		only = b;
	}
	if (only) {
		turn->found = only->data;
		turn->found_len = only->len;
	}
}

/* How much a read of a stream may be asked for at first: see struct source_want. */
static int64_t at_first(const struct verify_session *s, const struct sys_event *rec)
{
	return rec->call != ABI_UNDESCRIBED && (rec->flags & EVENT_OPEN) &&
	       (abi_schema_call(s->o.schema, rec->call)->row->flags & CALL_STREAM);
}

int verify_turn(struct verify_session *s, struct verify_turn *turn, struct err *err)
{
	const struct sys_event *rec, *behind;
	const struct doing *t;
	int more = s->comparing ? session_next_recorded(s, &rec, err) : 0;

	if (more <= 0)
		return more;
	*turn = (struct verify_turn){ .task = rec->task, .type = rec->type, .waited = rec->waited };
	if (rec->type == EVENT_EFFECT) /* it is of no task, whatever number it has */
		return 1;
	t = session_doing(s, rec->task);
	if (rec->type == EVENT_SIGNAL)
		add_signal(s, rec, turn);
	if (rec->type == EVENT_CALL && t->rec != rec) {
		turn->result = at_first(s, rec);
		return 1;
	}
	if (rec->type == EVENT_CALL && !(rec->flags & EVENT_RETURNED)) {
		turn->type = EVENT_END;
		return 1;
	}
	if (rec->type != EVENT_CALL && rec->type != EVENT_RETURN)
		return 1;
	turn->type = EVENT_RETURN;
	turn->result = rec->ret;
	add_found(rec, turn);
	if (ahead_peek(s->ahead, 1, &behind, err) > 0 && behind->type == EVENT_SIGNAL && behind->task == rec->task)
		add_signal(s, behind, turn);
	return err_is_set(err) ? -1 : 1;
}

int verify_stuck(struct verify_session *s, const char *who_waits, struct err *err)
{
	CLEANUP(buf_free) struct buf why = { 0 };
	struct ledger_place at = { 0 };

	s->decision.npatches = 0;
	if (!s->comparing || session_next_recorded(s, &at.rec, err) <= 0)
		return err_is_set(err) ? -1 : 0;
	buf_str(&why, who_waits);
	for (size_t i = 0; i < world_count(s->world); i++)
		waits_describe(s->world, i, s->o.schema, session_doing(s, world_at(s->world, i)->number)->rec, &why);
	at.why = buf_cstr(&why);
	if (at.rec->type == EVENT_RETURN)
		at.rec = &session_doing(s, at.rec->task)->open;
	session_look_at(s, at.rec->task);
	session_end_comparing(s);
	return ledger_sequence(s->ledger, &at, DIVERGE_STUCK, VM_NO_RULE, err);
}

/*
 * The course of a replay: which recorded event each actual one is held against, and what a difference means for the run.
 */
#include "verify/session.h"

#include "base/check.h"
#include "base/map.h"
#include "verify/left.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

struct verify_session *verify_open(const struct verify_options *o, struct err *err)
{
	const struct rec_header *h = rec_reader_header(o->reader);
	struct verify_session *s;
	struct utsname host;

	if (uname(&host) < 0) {
		err_errno(err, ERR_IO, "cannot tell this host's name");
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->o = *o;
	s->arena = arena_new();
	s->world = world_new(facts_new(o->schema, h->cwd, h->host_release, h->host_machine, h->host_hostname),
			     facts_new(o->schema, o->cwd ? o->cwd : h->cwd, host.release, host.machine,
				       o->hostname ? o->hostname : host.nodename),
			     maps_new());
	s->pids = map64_new();
	s->context = (struct decide_context){
		.schema = o->schema,
		.policy = o->policy,
		.force = vm_continues(o->policy) && !o->report_only,
		.gives_numbers = !o->report_only,
	};
	session_look_at(s, 0);
	for (int fd = 0; fd < 3; fd++) {
		const struct rec_stdio *io = &h->stdio[fd];

		for (int side = 0; side < SIDE_COUNT; side++)
			facts_set_fd(s->context.facts[side], fd, io->kind, io->flags, io->path);
	}
	s->ahead = ahead_new(o->reader, o->schema);
	s->ledger = ledger_new(&s->context, s->ahead, o->differences);
	ledger_verdict(s->ledger)->elsewhere = o->elsewhere;
	s->comparing = true;
	return s;
}

void verify_close(struct verify_session *s)
{
	if (!s)
		return;
	left_free(s->left);
	ledger_free(s->ledger);
	ahead_free(s->ahead);
	world_free(s->world);
	map64_free(s->pids);
	for (size_t i = 0; i < s->ndoing; i++) {
		if (s->doing[i]) {
			undo_free(&s->doing[i]->undo);
			arena_free(s->doing[i]->arena);
		}
		free(s->doing[i]);
	}
	free(s->doing);
	arena_free(s->arena);
	free(s);
}

const struct verdict *verify_verdict(const struct verify_session *s)
{
	return ledger_verdict(s->ledger);
}

const struct sys_event *verify_expected(struct verify_session *s)
{
	const struct sys_event *ev;

	return ahead_peek(s->ahead, 0, &ev, NULL) > 0 ? ev : NULL;
}

bool verify_comparing(const struct verify_session *s)
{
	return s->comparing;
}

/* ---- stops ---- */

static void begin_stop(struct verify_session *s, const struct decision **d)
{
	arena_reset(s->arena);
	s->decision = (struct decision){ .action = ACTION_GO, .arena = s->arena };
	*d = &s->decision;
}

void session_end_comparing(struct verify_session *s)
{
	s->comparing = false;
	if (!s->o.report_only)
		s->decision.action = ACTION_STOP;
	s->decision.npatches = 0;
}

static int sequence(struct verify_session *s, enum divergence_type type, const struct sys_event *rec,
		    const struct sys_event *live, bool at_entry, uint32_t rule, struct err *err)
{
	struct ledger_place at = { .rec = rec, .live = live, .at_entry = at_entry };

	/* a recording that was broken off says nothing of what comes behind it */
	if (type == DIVERGE_LATE && rec_reader_trailer(s->o.reader)->end == REC_END_INCOMPLETE) {
		session_end_comparing(s);
		return 0;
	}
	session_look_at(s, rec ? rec->task : live->task);
	session_end_comparing(s);
	return ledger_sequence(s->ledger, &at, type, rule, err);
}

/* Before the call runs: an input that is not the recorded one, and could not be made so, must not reach the kernel. */
static bool unforced_input(const struct decision *d)
{
	for (size_t i = 0; i < d->nfindings; i++) {
		const struct finding *f = &d->findings[i];

		if (f->violation && !f->forced && f->leaf->kind != KIND_PTR)
			return true;
	}
	return false;
}

/* The null device says that it took all, and looks at nothing. */
static bool to_null_device(const struct verify_session *s, const struct sys_event *ev, const struct abi_row *row,
			   enum vm_side side)
{
	struct facts *f = s->context.facts[side];
	int32_t fd = (int32_t)ev->args[0];
	struct value kind, path;

	if (row->nargs == 0 || row->args[0].kind != KIND_FD || row->args[0].pointer)
		return false;
	return facts_get(f, ev, FACT_FD_KIND, fd, &kind) && kind.num == FD_KIND_DEVICE &&
	       facts_get(f, ev, FACT_FD_PATH, fd, &path) && path.len == strlen("/dev/null") &&
	       memcmp(path.data, "/dev/null", path.len) == 0;
}

/*
 * The kernel may have read more of the inputs than could be compared.  It has not if the call failed, or if its result
 * says that it took no more (write(2) up to the end of what is mapped).
 */
static bool took_unread(const struct verify_session *s, const struct doing *t, const struct sys_event *ev,
			enum vm_side side)
{
	const struct abi_row *row = abi_schema_call(s->o.schema, ev->call)->row;

	if (event_failed(ev) || (!t->mapped_in_flight && to_null_device(s, ev, row, side)))
		return false;
	return row->result.kind != KIND_SIZE || ev->ret < 0 || (uint64_t)ev->ret > t->readable_in_flight;
}

/* Books the decision, and turns violations into what the policy wants done about them. */
static int settle(struct verify_session *s, const struct sys_event *rec, const struct sys_event *live, enum abi_phase phase,
		  struct err *err)
{
	struct decision *d = &s->decision;
	struct ledger_place at = { .rec = rec,
				   .live = live,
				   .at_entry = phase == PHASE_ENTRY && live->type == EVENT_CALL };
	struct doing *t = session_doing(s, live->task);
	int violations = ledger_decision(s->ledger, &at, d, err);

	if (violations < 0)
		return -1;
	s->cut += d->cut;
	s->unstable |= phase == PHASE_EXIT && ((rec->flags | live->flags) & EVENT_UNSTABLE);
	if (phase == PHASE_ENTRY) {
		t->unread_in_flight = d->unreadable;
		t->readable_in_flight = d->readable;
		t->mapped_in_flight = d->unreadable_mapped;
	} else {
		s->unread += d->unreadable;
		if (t->unread_in_flight &&
		    (took_unread(s, t, rec, SIDE_RECORDED) || took_unread(s, t, live, SIDE_ACTUAL)))
			s->unread += t->unread_in_flight;
	}
	if (s->o.report_only)
		d->npatches = 0;
	else if (violations && (!s->context.force || (phase == PHASE_ENTRY && unforced_input(d))))
		session_end_comparing(s);
	return 0;
}

/* ---- which recorded event ---- */

static bool same_event(const struct sys_event *rec, const struct sys_event *live)
{
	return rec->type == live->type && rec->nr == live->nr && rec->call == live->call && rec->task == live->task;
}

enum meeting {
	MEET_FAILED = -1,
	MEET_PAIRED,	/* *rec is its partner */
	MEET_ALONE,	/* it has none and needs none */
	MEET_DIVERGED,	/* booked; the decision says what to do */
};

/* How a live event that has no partner among the recorded ones differs. */
static enum divergence_type mismatch(const struct sys_event *rec, const struct sys_event *live)
{
	if (!rec)
		return DIVERGE_LATE;
	return live->type == EVENT_END ? DIVERGE_EARLY : DIVERGE_CALL;
}

static enum meeting diverged(struct verify_session *s, enum divergence_type type, const struct sys_event *rec,
			     const struct sys_event *live, uint32_t rule, struct err *err)
{
	return sequence(s, type, rec, live, live->type == EVENT_CALL, rule, err) < 0 ? MEET_FAILED : MEET_DIVERGED;
}

/*
 * Finds the partner of a live event.  A call that the policy ignores or forbids is judged by the actual side alone: the
 * recording may not have it.  All else is asked of both sides.
 */
static enum meeting meet(struct verify_session *s, const struct sys_event *live, const struct sys_event **rec,
			 struct vm_disposed *by, struct err *err)
{
	struct verdict *v = ledger_verdict(s->ledger);
	struct vm_disposed alone = session_dispose_alone(s, live, SIDE_ACTUAL);
	int more;

	*rec = NULL;
	if (alone.disposition == DISP_IGNORE) {
		v->ignored++;
		return MEET_ALONE;
	}
	for (;;) {
		more = session_next_recorded(s, rec, err);
		if (more < 0)
			return MEET_FAILED;
		if (more == 0)
			*rec = NULL;
		if (alone.disposition == DISP_FORBID)
			return diverged(s, DIVERGE_FORBIDDEN, *rec, live, alone.rule, err);
		if (*rec && same_event(*rec, live))
			break;
		if (alone.disposition == DISP_OPTIONAL) {
			v->optional_extra++;
			return MEET_ALONE;
		}
		if (!*rec || !session_is_disposable(*rec) ||
		    session_dispose_alone(s, *rec, SIDE_RECORDED).disposition != DISP_OPTIONAL)
			return diverged(s, mismatch(*rec, live), *rec, live, VM_NO_RULE, err);
		v->optional_missing++;
		session_drop_alone(s, *rec);
	}
	session_look_at(s, live->task);
	*by = verify_dispose(&s->context, *rec, live);
	if (by->disposition == DISP_FORBID)
		return diverged(s, DIVERGE_FORBIDDEN, *rec, live, by->rule, err);
	return MEET_PAIRED;
}

/* ---- what is not described ---- */

static bool is_described(const struct verify_session *s, const struct sys_event *live)
{
	const struct abi_row *row;
	struct vm_disposed d;

	if (live->call == ABI_UNDESCRIBED)
		return vm_dispose_number(s->o.policy, live->nr, &d);
	row = abi_schema_call(s->o.schema, live->call)->row;
	return !row->partial || (row->flags & (CALL_ENOSYS | CALL_EPERM)) || vm_has_disposition(s->o.policy, live->call);
}

/* ---- calls ---- */

/* A pair of events is over. */
static void finish_pair(struct verify_session *s, struct doing *t, const struct sys_event *rec, const struct sys_event *live,
			bool drop)
{
	bool emulated = t->flight == FLIGHT_ANSWERED;

	facts_apply(s->context.facts[SIDE_RECORDED], rec);
	facts_apply(s->context.facts[SIDE_ACTUAL], emulated ? rec : live);
	note_own_number(s->o.schema, rec, s->pids);
	ledger_done(s->ledger, rec, live);
	if (drop)
		ahead_drop(s->ahead);
	t->rec = NULL;
	t->is_open = false;
	t->flight = FLIGHT_NONE;
}

static bool never_returns(const struct verify_session *s, const struct sys_event *live)
{
	return live->call != ABI_UNDESCRIBED &&
	       (abi_schema_call(s->o.schema, live->call)->row->flags & CALL_NO_RETURN);
}

static int enter_paired(struct verify_session *s, struct doing *t, const struct sys_event *live, enum vm_disposition by,
			struct err *err)
{
	struct verdict *v = ledger_verdict(s->ledger);

	if (t->is_open && never_returns(s, live))
		return err_set(err, ERR_FORMAT, "event %llu: task %u is said to return from a call that never does",
			       (unsigned long long)t->rec->seq, live->task);
	if (!is_described(s, live))
		v->undescribed++;
	if (live->call != ABI_UNDESCRIBED) {
		verify_decide(&s->context, t->rec, live, PHASE_ENTRY, &s->decision);
		if (settle(s, t->rec, live, PHASE_ENTRY, err) < 0)
			return -1;
	}
	if (s->decision.action == ACTION_STOP)
		return 0;
	undo_keep(&t->undo, &s->decision);
	t->flight = FLIGHT_PAIRED;
	if (by == DISP_EMULATE) {
		/* of a call that is open the result comes with its return */
		if (!t->is_open && !(t->rec->flags & EVENT_RETURNED))
			return err_set(err, ERR_UNSUPPORTED, "event %llu cannot be emulated: the recording has no result",
				       (unsigned long long)t->rec->seq);
		t->flight = FLIGHT_ANSWERED;
		s->decision.action = ACTION_ANSWER;
		s->decision.ret = t->rec->ret;
		s->decision.npatches = 0;
		undo_free(&t->undo);
		v->emulated++;
	} else if (never_returns(s, live)) {
		finish_pair(s, t, t->rec, live, true);
		t->flight = FLIGHT_FOR_GOOD;
	}
	return 0;
}

int verify_enter(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err)
{
	struct doing *t = session_doing(s, live->task);
	const struct sys_event *rec;
	struct vm_disposed by;

	begin_stop(s, d);
	if (!s->comparing)
		return 0;
	if (t->flight != FLIGHT_NONE && t->flight != FLIGHT_FOR_GOOD)
		return err_set(err, ERR_TRACE, "a call was entered before the one before it had ended");
	t->flight = FLIGHT_NONE;
	ledger_enter(s->ledger, live);
	switch (meet(s, live, &rec, &by, err)) {
	case MEET_FAILED:
		return -1;
	case MEET_PAIRED:
		t->rec = rec;
		if (rec->flags & EVENT_OPEN) {
			session_keep_open(s, t, rec);
			t->rec = &t->open;
		}
		return enter_paired(s, t, live, by.disposition, err);
	case MEET_ALONE:
		t->flight = never_returns(s, live) ? FLIGHT_FOR_GOOD : FLIGHT_ALONE;
		return 0;
	case MEET_DIVERGED:
		return 0;
	}
	return 0;
}

/* The recorded call is the next event, or its return is, and it returned, too. */
static int exit_in_order(struct verify_session *s, struct doing *t, const struct sys_event *live, struct err *err)
{
	const struct sys_event *next;
	int more = session_next_recorded(s, &next, err);

	if (more < 0)
		return -1;
	if (more && t->is_open && next->type == EVENT_RETURN && next->task == live->task) {
		event_join(&t->open, next);
		session_look_at(s, live->task);
		return 1;
	}
	if (!more || next != t->rec || !(t->rec->flags & EVENT_RETURNED))
		return sequence(s, more ? DIVERGE_CALL : DIVERGE_LATE, more ? next : NULL, live, false, VM_NO_RULE, err) < 0
			       ? -1
			       : 0;
	session_look_at(s, live->task);
	return 1;
}

/* The call was answered before its result was known: the program gets that now. */
static void add_result(struct verify_session *s, int64_t ret)
{
	struct decision *d = &s->decision;
	struct patch *patches = arena_array(d->arena, d->npatches + 1, sizeof(*patches));

	if (d->npatches)
		memcpy(patches, d->patches, d->npatches * sizeof(*patches));
	patches[d->npatches++] = (struct patch){ .type = PATCH_RET, .number = ret };
	d->patches = patches;
}

int verify_exit(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err)
{
	struct doing *t = session_doing(s, live->task);
	enum flight flight = t->flight;
	size_t patches;
	int ok;

	begin_stop(s, d);
	if (!s->comparing || flight == FLIGHT_FOR_GOOD)
		return 0;
	if (flight == FLIGHT_NONE)
		return err_set(err, ERR_TRACE, "a call ended that had not been entered");
	if (flight == FLIGHT_ALONE) {
		session_look_at(s, live->task);
		if (live->command)
			session_exec(s, live->task);
		facts_apply(s->context.facts[SIDE_ACTUAL], live);
		ledger_alone(s->ledger, live);
		t->flight = FLIGHT_NONE;
		return 0;
	}
	ok = exit_in_order(s, t, live, err);
	if (ok <= 0)
		return ok;
	if (flight == FLIGHT_ANSWERED) {
		verify_emulate(&s->context, t->rec, live, &s->decision);
		if (t->is_open)
			add_result(s, t->rec->ret);
	} else if (live->call != ABI_UNDESCRIBED) {
		if (live->command) /* the new program's memory is its own */
			session_exec(s, live->task);
		maps_apply(s->context.maps, s->o.schema, t->rec, live);
		verify_decide(&s->context, t->rec, live, PHASE_EXIT, &s->decision);
	}
	patches = s->decision.npatches;
	if (settle(s, t->rec, live, PHASE_EXIT, err) < 0)
		return -1;
	if (flight == FLIGHT_ANSWERED && s->o.report_only) /* see verify.h: its outputs belong to its answer */
		s->decision.npatches = patches;
	if (s->decision.action != ACTION_STOP)
		undo_add(&t->undo, &s->decision);
	finish_pair(s, t, t->rec, live, true);
	return 0;
}

/* ---- signals, ends and new tasks: events of one stop ---- */

/* The trailer is no event: what it says of the program's end is held against the event that tells of it. */
static bool trailer_agrees(struct verify_session *s, const struct sys_event *rec)
{
	const struct rec_trailer *t = rec_reader_trailer(s->o.reader);
	int status = (int)t->wait_status;

	if (WIFSIGNALED(status))
		return rec->args[1] == (uint64_t)WTERMSIG(status);
	return WIFEXITED(status) && rec->args[1] == 0 && rec->args[0] == (uint64_t)WEXITSTATUS(status);
}

/* Both phases of a pair that is no call. */
static int compare_at_once(struct verify_session *s, const struct sys_event *rec, const struct sys_event *live,
			   struct err *err)
{
	/* there are patches of the last phase only: what a signal tells is all of the first, what an instruction is asked has none */
	int last = live->type == EVENT_INSTRUCTION ? PHASE_EXIT : PHASE_ENTRY;

	for (int phase = PHASE_ENTRY; phase <= last && s->comparing && live->call != ABI_UNDESCRIBED; phase++) {
		verify_decide(&s->context, rec, live, (enum abi_phase)phase, &s->decision);
		if (settle(s, rec, live, (enum abi_phase)phase, err) < 0)
			return -1;
	}
	if (rec->type == EVENT_END && rec->task == 0)
		s->end_agrees = trailer_agrees(s, rec);
	facts_apply(s->context.facts[SIDE_RECORDED], rec);
	facts_apply(s->context.facts[SIDE_ACTUAL], live);
	ledger_done(s->ledger, rec, live);
	ahead_drop(s->ahead);
	return 0;
}

int verify_signal(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err)
{
	const struct sys_event *rec;
	struct vm_disposed by;

	begin_stop(s, d);
	if (!s->comparing)
		return 0;
	switch (meet(s, live, &rec, &by, err)) {
	case MEET_FAILED:
		return -1;
	case MEET_PAIRED:
		if (!is_described(s, live))
			ledger_verdict(s->ledger)->undescribed++;
		return compare_at_once(s, rec, live, err);
	case MEET_ALONE:
	case MEET_DIVERGED:
		return 0;
	}
	return 0;
}

int verify_end(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err)
{
	struct doing *t = session_doing(s, live->task);
	enum flight flight = t->flight;
	int result;

	begin_stop(s, d);
	t->flight = FLIGHT_NONE;
	if (!s->comparing) {
		world_end(s->world, live->task);
		return 0;
	}
	if (flight == FLIGHT_PAIRED || flight == FLIGHT_ANSWERED) {
		/* killed inside a call: so was the recorded task, or it is a difference */
		if ((t->rec->flags & EVENT_RETURNED) || (!t->is_open && t->rec != verify_expected(s)))
			return sequence(s, DIVERGE_EARLY, t->rec, live, false, VM_NO_RULE, err);
		session_look_at(s, live->task);
		finish_pair(s, t, t->rec, t->rec, !t->is_open);
	}
	result = verify_signal(s, live, d, err);
	if (result < 0 || !s->comparing)
		return result;
	world_end(s->world, live->task);
	session_look_at(s, 0);
	s->ended = world_count(s->world) == 0;
	return 0;
}

/* An event of the sequence alone: there is nothing in it that a policy could speak of. */
static int meet_plain(struct verify_session *s, const struct sys_event *live, const struct sys_event **rec, struct err *err)
{
	int more = session_next_recorded(s, rec, err);

	if (more < 0)
		return -1;
	if (!more || (*rec)->type != live->type || (*rec)->task != live->task ||
	    (live->type == EVENT_TASK && ((*rec)->args[0] != live->args[0] || (*rec)->args[1] != live->args[1]))) {
		if (!more)
			*rec = NULL;
		return sequence(s, more ? DIVERGE_CALL : DIVERGE_LATE, *rec, live, false, VM_NO_RULE, err) < 0 ? -1 : 0;
	}
	return 1;
}

static bool is_process(uint64_t number)
{
	return number && number <= INT32_MAX;
}

int verify_task(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err)
{
	const struct sys_event *rec;
	struct world_task *child;
	int met;

	begin_stop(s, d);
	if (s->comparing) {
		met = meet_plain(s, live, &rec, err);
		if (met < 0)
			return -1;
		if (met) {
			if (!is_process(rec->args[2]) || !is_process(rec->args[3]))
				return err_set(err, ERR_FORMAT, "event %llu: a new task has no process number",
					       (unsigned long long)rec->seq);
			map64_put(s->pids, rec->args[2], 1);
			map64_put(s->pids, rec->args[3], 1);
			session_look_at(s, live->task);
			verify_number_task(&s->context, session_doing(s, live->task)->rec, rec, live, &s->decision);
			ledger_done(s->ledger, rec, live);
			ahead_drop(s->ahead);
		}
	}
	child = world_fork(s->world, world_get(s->world, live->task), (uint32_t)live->args[0], live->args[1]);
	return child ? 0 : err_set(err, ERR_TRACE, "task %llu was made twice", (unsigned long long)live->args[0]);
}

int verify_preempted(struct verify_session *s, const struct sys_event *live, const struct decision **d, struct err *err)
{
	const struct sys_event *rec;
	int met;

	begin_stop(s, d);
	if (!s->comparing)
		return 0;
	met = meet_plain(s, live, &rec, err);
	if (met <= 0)
		return met;
	ledger_done(s->ledger, rec, live);
	ahead_drop(s->ahead);
	return 0;
}

/* ---- the verdict ---- */

int verify_effect(struct verify_session *s, const struct sys_event *live, struct err *err)
{
	if (!s->ended || !s->comparing)
		return 0;
	if (!s->left)
		s->left = left_new(&s->context, s->ahead, s->ledger);
	return left_next(s->left, live, err);
}

/* Recorded events that the actual run does not have: a difference. */
static int read_to_end(struct verify_session *s, struct err *err)
{
	const struct sys_event *rec;
	int more;

	while ((more = ahead_peek(s->ahead, 0, &rec, err)) > 0) {
		if (s->ended && s->comparing &&
		    sequence(s, DIVERGE_EARLY, rec, NULL, false, VM_NO_RULE, err) < 0)
			return -1;
		ahead_drop(s->ahead);
	}
	return more;
}

/* Why a run without a violation is not "same" either; NULL: it is. */
static const char *why_not_same(struct verify_session *s)
{
	const struct verdict *v = ledger_verdict(s->ledger);
	const struct rec_trailer *t = rec_reader_trailer(s->o.reader);

	switch (t->end) {
	case REC_END_EXITED:
		break;
	case REC_END_FORBIDDEN:
		return "the recording was stopped by its policy";
	case REC_END_INCOMPLETE:
		return t->reason && *t->reason ? t->reason : "the recording is not complete";
	}
	if (v->undescribed)
		return "the program made a system call that is not described";
	if (s->unstable)
		return "a task changed data while another one's call was taking it";
	if (s->cut || left_unjudged(s->left))
		return "data was longer than what is captured of it";
	if (s->unread)
		return "a call succeeded with memory that could not be read to compare it";
	if (!s->ended)
		return "the end of the program was not seen";
	if (!s->end_agrees)
		return "the recording contradicts itself about how the program ended";
	return NULL;
}

static void not_judged(struct verify_session *s, const char *why)
{
	ledger_verdict(s->ledger)->kind = VERDICT_NOT_JUDGED;
	ledger_verdict(s->ledger)->reason = ledger_keep(s->ledger, why);
}

int verify_finish(struct verify_session *s, const char *not_judged_because, struct err *err)
{
	struct verdict *v = ledger_verdict(s->ledger);
	struct err reading = { 0 };
	const char *why;

	if (read_to_end(s, &reading) == 0)
		v->recorded_events = rec_reader_trailer(s->o.reader)->events - ahead_halves(s->ahead);
	ledger_close(s->ledger);
	if (v->violations) {
		v->kind = VERDICT_DIFFERENT;
		return 0;
	}
	if (not_judged_because || err_is_set(&reading)) {
		not_judged(s, not_judged_because ? not_judged_because : reading.text);
		return 0;
	}
	(void)err;
	why = why_not_same(s);
	if (why)
		not_judged(s, why);
	else
		v->kind = VERDICT_SAME;
	return 0;
}

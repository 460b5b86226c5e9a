/*
 * The source of events that is ptrace: which task runs when.
 *
 * One task at a time runs its own code (engine.md 7).  A task that enters a call goes into the kernel at once, and before
 * another one runs it has either come back or is asleep there; and what a finished call has woken up has come back or is
 * asleep again before anything else happens.  So the calls of all tasks take effect in one order, which is the order of the
 * events; the source chooses it (recording) or is told which event is next (replay).
 */
#include "trace/tracer.h"

#include "base/check.h"
#include "trace/affinity.h"
#include "trace/instruction.h"
#include "trace/locks.h"
#include "trace/memory.h"
#include "trace/peers.h"
#include "trace/stream.h"
#include "trace/tasks.h"
#include "trace/wake.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE_NS (20 * NS_PER_MS) /* how long a task goes on while others are ready */
#define NAP_US	 200

static struct tracer *tracer_of(struct source *s)
{
	return (struct tracer *)s;
}

static void tracer_kill(struct source *s)
{
	struct tracer *tr = tracer_of(s);

	if (tr->done)
		return;
	tasks_kill(tr);
	tr->done = true;
}

/* ---- what tasks do ---- */

/* Signals whose time has come go on their way. */
static void send_signals(struct tracer *tr, struct tracee *t)
{
	const struct source_want *w = tr->want;

	if (w) { /* one that is to come from outside is sent when it is known that it does not come by itself */
		if (w->task == t->number && w->signal)
			tracee_send_kept(t, w->signal, NULL);
		return;
	}
	for (size_t i = 0; i < t->nkept; i++) {
		if (!t->kept[i].sent)
			tracee_send_kept(t, t->kept[i].number, NULL);
	}
}

/* Into the kernel, or on inside it. */
static int enter_kernel(struct tracer *tr, struct tracee *t, struct err *err)
{
	int signal = t->stop.kind == STOP_SIGNAL ? t->stop.signal : 0;

	if (t->stop.kind == STOP_ENTER && !t->held && !t->runs_out)
		send_signals(tr, t);
	if (t->stop.kind == STOP_ENTER && tr->nlive > 1 && tracee_wait_for_ever(t, err) < 0)
		return -1;
	if (t->timeout && !t->runs_out && !tr->want)
		ticker_at(&tr->ticker, t->deadline_ns);
	t->state = TRACEE_IN_CALL;
	t->settled = t->slept = false;
	t->entered_ns = 0;
	if (tr->nlive > 1)
		t->waits_for = wake_waits_for(t->row);
	return stop_resume(&t->task, signal, err);
}

/* On in its own code. */
static int run(struct tracer *tr, struct tracee *t, struct err *err)
{
	int signal = t->stop.kind == STOP_SIGNAL ? t->stop.signal : 0;

	/* a place where it can be found again: kept signals may come in */
	if ((t->stop.kind == STOP_TRAP || t->instruction) && !tr->want)
		send_signals(tr, t);
	t->instruction = INSTRUCTION_NONE;
	if (tr->last != t || tr->yields)
		tr->slice_ns = ticker_about_now();
	if (t->own_tid_addr && tracee_show_numbers(t, err) < 0)
		return -1;
	if (signal)
		segv_delivered(t, signal);
	tr->yields = false;
	tr->last = tr->running = t;
	t->state = TRACEE_RUNNING;
	return stop_resume(&t->task, signal, err);
}

/* ---- looking at stops ---- */

static struct tracee_turn turn_of(const struct tracer *tr, const struct tracee *t)
{
	const struct source_want *w = tr->want;
	struct tracee_turn turn = { .replay = w != NULL };

	if (w && w->task == t->number) {
		turn.wanted = true;
		turn.stop = w->stop;
		turn.signal = w->signal;
		turn.result = w->result;
		turn.found = w->found;
		turn.found_len = w->found_len;
	}
	return turn;
}

static bool is_stopping_signal(const struct tracee *t)
{
	int signal = WSTOPSIG(t->status);

	return t->status >> 16 == 0 && (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU);
}

/*
 * Stops by job control come from a terminal or from people, as a rule, and change nothing; but those that one task of the
 * run sends to another have their place in its order.
 */
static bool from_within(const struct tracer *tr, const struct tracee *t)
{
	pid_t sender = is_stopping_signal(t) ? tracee_signal_sender(t) : 0;

	for (size_t i = 0; sender && i < tr->nlive; i++) {
		if (task_inner(&tr->live[i]->task) == sender)
			return true;
	}
	return false;
}

/* 1: looked at, 0: later, -1: *err. */
static int look(struct tracer *tr, struct tracee *t, struct err *err)
{
	struct tracee_turn turn = turn_of(tr, t);

	turn.from_within = from_within(tr, t);
	switch (tracee_look(&tr->run, t, &turn, err)) {
	case OUTCOME_LATER:
		return 0;
	case OUTCOME_FAILED:
		/* because it is being killed?  Then what it stood at is no event, and its end is the next one */
		if (err->code != ERR_TRACE || stop_stands(&t->task))
			return -1;
		err_clear(err);
		t->state = TRACEE_DYING;
		t->settled = false;
		t->entered_ns = 0;
		return 1;
	case OUTCOME_EVENT:
		if (t->offers == SOURCE_ENTER)
			peers_enter(tr, t);
		else if (t->offers == SOURCE_EXIT)
			peers_exit(tr, t);
		if (t->offers == SOURCE_TASK && tasks_adopt(tr, t, err) < 0)
			return -1;
		if (t->offers == SOURCE_EXIT && affinity_call(tr, t, err) < 0)
			return -1;
		return 1;
	case OUTCOME_NOTHING:
		break;
	}
	if (t->nkept)
		ticker_start(&tr->ticker);
	if (t->state == TRACEE_LISTENING && stop_listen(&t->task, err) < 0)
		return -1;
	if (t->state == TRACEE_DEAD)
		tasks_unsettle(tr, t, WAKE_ALL);
	if (t->state == TRACEE_ENTERED && enter_kernel(tr, t, err) < 0)
		return -1;
	return 1;
}

/* All that stand and can be told apart. */
static int look_at_all(struct tracer *tr, struct err *err)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		if (tr->live[i]->state == TRACEE_CAUGHT && look(tr, tr->live[i], err) < 0)
			return -1;
	}
	tasks_remove_dead(tr);
	return 0;
}

/* ---- choosing ---- */

/* It sleeps, and the time that it was given is over. */
static bool is_due(const struct tracee *t, uint64_t now)
{
	return t->state == TRACEE_IN_CALL && t->timeout && !t->runs_out && t->deadline_ns <= now;
}

/* For less: no, or it has to be found out what time it is. */
static bool may_be_due(const struct tracee *t)
{
	return t->deadline_ns <= ticker_about_now() + TICK_MS * NS_PER_MS;
}

/*
 * While recording: waits whose time is over end, now that nobody is on the way to end them otherwise.  1: something has
 * stopped and is to be looked at; 0: there are none; -1: *err.
 */
static int end_waits(struct tracer *tr, struct err *err)
{
	bool due = false, ending = false;
	uint64_t now = 0;
	int caught;

	for (size_t i = 0; i < tr->nlive; i++) {
		struct tracee *t = tr->live[i];

		if (t->state != TRACEE_IN_CALL || !t->timeout || (!t->runs_out && !may_be_due(t)))
			continue;
		if (!now)
			now = ticker_now();
		due |= is_due(t, now);
		ending |= t->runs_out && !t->settled;
	}
	if (!due && !ending)
		return 0;
	caught = tasks_settle(tr, err);
	if (caught || !due)
		return caught;
	for (size_t i = 0; i < tr->nlive; i++) {
		if (!is_due(tr->live[i], now))
			continue;
		tracee_run_out(tr->live[i]);
		tr->live[i]->settled = false;
	}
	return tasks_settle(tr, err);
}

static bool others_wait(const struct tracer *tr, const struct tracee *t)
{
	for (size_t i = 0; i < tr->nlive; i++) {
		enum tracee_state s = tr->live[i]->state;

		if (tr->live[i] != t && (s == TRACEE_READY || s == TRACEE_CAUGHT || s == TRACEE_EVENT))
			return true;
		if (!tr->want && may_be_due(tr->live[i]) && is_due(tr->live[i], ticker_now()))
			return true;
	}
	return false;
}

/* Who runs next: the one that did, as long as it may; else the next one that is ready. */
static struct tracee *choose(struct tracer *tr)
{
	struct tracee *first = NULL, *next = NULL;

	if (tr->last && tr->last->state == TRACEE_READY && !tr->yields &&
	    (tr->nlive == 1 || ticker_about_now() - tr->slice_ns < SLICE_NS))
		return tr->last;
	for (size_t i = 0; i < tr->nlive; i++) {
		struct tracee *t = tr->live[i];

		if (t->state != TRACEE_READY)
			continue;
		if (!first)
			first = t;
		if (!next && tr->last && t->number > tr->last->number)
			next = t;
	}
	return next ? next : first;
}

static struct tracee *offered(const struct tracer *tr)
{
	struct tracee *enters = NULL;

	/* what has come about already comes before what is about to be done */
	for (size_t i = 0; i < tr->nlive; i++) {
		if (tr->live[i]->state != TRACEE_EVENT)
			continue;
		if (tr->live[i]->offers != SOURCE_ENTER)
			return tr->live[i];
		if (!enters)
			enters = tr->live[i];
	}
	return enters;
}

/* It has run its own code for long enough while others wait, or a signal waits that only a call would let in. */
static void preempt_running(struct tracer *tr)
{
	struct tracee *t = tr->running;
	const struct source_want *w = tr->want;
	bool wanted = w ? w->task == t->number && w->stop == SOURCE_PREEMPTED : others_wait(tr, t) || t->nkept;

	if (!wanted || t->interrupting || ticker_about_now() - tr->slice_ns < SLICE_NS)
		return;
	t->interrupting = true;
	stop_interrupt(&t->task);
}

static bool is_stopped(const struct tracer *tr)
{
	return tr->stop && *tr->stop;
}

static bool is_late(const struct tracer *tr)
{
	if (is_stopped(tr))
		return true;
	return tr->want && ticker_about_now() - tr->given_ns > tr->want->patience_ms * NS_PER_MS;
}

/* ---- next ---- */

enum progress { FAILED = -1, GO_ON, GIVEN, NOTHING_LEFT, LATE };

/* Waits for a stop, or a tick.  Not for ever, if an event is wanted. */
static enum progress wait_for_stop(struct tracer *tr, struct err *err)
{
	int got = tasks_collect(tr, true, err);

	if (got < 0)
		return FAILED;
	if (got > 0)
		return GO_ON;
	if (tr->running)
		preempt_running(tr);
	return is_late(tr) ? LATE : GO_ON;
}

static enum progress give(struct tracer *tr, struct tracee *t)
{
	uint64_t now = tr->want || tr->nlive > 1 ? ticker_about_now() : tr->given_ns;

	tr->given = t;
	tr->given_stop = t->offers;
	tr->given_ns = now;
	switch (t->offers) {
	case SOURCE_ENTER:
	case SOURCE_TASK:
		t->state = TRACEE_ENTERED;
		break;
	case SOURCE_EXIT:
		if (!tr->signals_asked && wake_asks_for_signals(t->row, &t->call))
			tr->signals_asked = true;
		if (tr->nlive > 1) {
			tasks_unsettle(tr, t, wake_brings(t->row, &t->call));
			tr->yields = t->call.ret == -EAGAIN || (t->row && strcmp(t->row->name, "sched_yield") == 0) ||
				     (t->call.ret == 0 && t->row && t->row->result.kind == KIND_COUNT);
		}
		t->state = TRACEE_READY;
		break;
	case SOURCE_END:
		if (t->number == 0)
			tr->wait_status = t->end_status;
		t->state = t->stop.kind == STOP_GONE ? TRACEE_DEAD : TRACEE_ENDING;
		break;
	case SOURCE_SIGNAL:
	case SOURCE_PREEMPTED:
	case SOURCE_INSTRUCTION:
		t->state = TRACEE_READY;
		break;
	case SOURCE_DONE:
	case SOURCE_STUCK:
	case SOURCE_STOP_COUNT:
		INVARIANT(t->offers < SOURCE_DONE);
	}
	return GIVEN;
}

/* The recorded task was preempted here, and the actual one already stands at its next event. */
static enum progress give_preempted(struct tracer *tr, struct tracee *t)
{
	if (t->state == TRACEE_EVENT && t->offers == SOURCE_PREEMPTED)
		return give(tr, t);
	t->interrupting = false; /* a stop that was asked for and is still to come is no second preemption */
	tracee_begin_pause(&tr->run, t);
	tr->given = t;
	tr->given_stop = SOURCE_PREEMPTED;
	tr->given_ns = ticker_about_now();
	return GIVEN;
}

/* Lets a task run its own code, when everything else has come to rest. */
static enum progress let_run(struct tracer *tr, struct tracee *t, struct err *err)
{
	int caught = tasks_settle(tr, err);

	if (caught)
		return caught < 0 ? FAILED : GO_ON;
	return run(tr, t, err) < 0 ? FAILED : GO_ON;
}

static enum progress step_wanted(struct tracer *tr, struct err *err)
{
	const struct source_want *w = tr->want;
	struct tracee *t = tasks_by_number(tr, w->task);

	if (!t)
		return tr->nlive == 0 ? NOTHING_LEFT : LATE;
	if (w->stop == SOURCE_PREEMPTED && t->state == TRACEE_EVENT)
		return give_preempted(tr, t);
	if (t->state == TRACEE_EVENT)
		return give(tr, t);
	if (t->state == TRACEE_READY) {
		if (w->stop != SOURCE_SIGNAL || w->fault || !w->signal || tracee_is_pending(t, w->signal) ||
		    tracee_send_kept(t, w->signal, w->siginfo))
			return let_run(tr, t, err);
		usleep(NAP_US); /* it is to come from elsewhere */
		return tasks_collect(tr, false, err) < 0 ? FAILED : is_late(tr) ? LATE : GO_ON;
	}
	if (t->state == TRACEE_IN_CALL && !t->prodded && (w->signal || (t->timeout && w->result == t->timeout->result))) {
		int caught = tasks_settle(tr, err);

		if (caught)
			return caught < 0 ? FAILED : GO_ON;
		t->prodded = true;
		if (w->signal)
			tracee_send_kept(t, w->signal, w->siginfo);
		else
			tracee_run_out(t);
	}
	return wait_for_stop(tr, err);
}

static enum progress step(struct tracer *tr, struct err *err)
{
	struct tracee *t;
	int ended;

	if (tr->running)
		return wait_for_stop(tr, err);
	if (look_at_all(tr, err) < 0)
		return FAILED;
	if (tr->want)
		return step_wanted(tr, err);
	ended = tr->nlive > 1 ? end_waits(tr, err) : 0;
	if (ended)
		return ended < 0 ? FAILED : GO_ON;
	t = offered(tr);
	if (t)
		return give(tr, t);
	t = choose(tr);
	if (t)
		return let_run(tr, t, err);
	return tr->nlive ? wait_for_stop(tr, err) : NOTHING_LEFT;
}

/* What was given last goes on. */
static int release(struct tracer *tr, struct err *err)
{
	struct tracee *t = tr->given;

	tr->given = NULL;
	if (!t)
		return 0;
	t->prodded = false;
	if (tr->given_stop == SOURCE_EXIT && t->maker_tid_addr && tracee_show_numbers(t, err) < 0)
		return -1;
	if (t->state == TRACEE_ENTERED)
		return enter_kernel(tr, t, err);
	if (t->state == TRACEE_ENDING) {
		locks_at_end(t);
		t->state = TRACEE_DYING;
		t->settled = false;
		t->entered_ns = 0;
		return stop_resume(&t->task, 0, err);
	}
	if (t->state == TRACEE_DEAD)
		tasks_unsettle(tr, t, WAKE_ALL);
	if (tr->given_stop == SOURCE_SIGNAL && tracee_stops_by(t)) {
		t->state = TRACEE_NEW;
		tasks_unsettle(tr, t, WAKE_ALL);
		return stop_resume(&t->task, t->stop.signal, err);
	}
	if (tr->given_stop == SOURCE_INSTRUCTION)
		return instruction_give(t, err);
	if (tr->given_stop != SOURCE_EXIT)
		return 0;
	if ((t->call.flags & EVENT_INITIAL) && t->call.ret < 0) {
		/* the program could not be started: what would run on is the launcher */
		tracee_offer_failed_start(&tr->run, t);
	} else if (t->signal_waits) {
		tracee_offer_signal(&tr->run, t);
	}
	return 0;
}

static int tracer_next(struct source *s, const struct source_want *want, enum source_stop *stop, struct sys_event **ev,
		       struct err *err)
{
	struct tracer *tr = tracer_of(s);
	enum progress progress = GO_ON;

	*ev = NULL;
	if (tr->done) {
		*stop = SOURCE_DONE;
		return 0;
	}
	tr->want = want;
	if (want)
		ticker_start(&tr->ticker);
	if (release(tr, err) < 0)
		progress = FAILED;
	while (progress == GO_ON)
		progress = is_stopped(tr) ? LATE : step(tr, err);
	switch (progress) {
	case FAILED:
		tracer_kill(s);
		return -1;
	case NOTHING_LEFT:
		tr->done = true;
		*stop = SOURCE_DONE;
		return 0;
	case LATE:
		*stop = SOURCE_STUCK;
		return 0;
	case GO_ON:
	case GIVEN:
		break;
	}
	*stop = tr->given_stop;
	if (want && *stop == SOURCE_ENTER && want->stop == SOURCE_ENTER &&
	    stream_ask_at_first(tr->given, want->result, err) < 0) {
		tracer_kill(s);
		return -1;
	}
	*ev = *stop == SOURCE_ENTER || *stop == SOURCE_EXIT ? &tr->given->call : &tr->given->other;
	if (*stop == SOURCE_PREEMPTED)
		*ev = &tr->given->pause;
	return 0;
}

static void tracer_describe(struct source *s, struct buf *out)
{
	struct tracer *tr = tracer_of(s);

	for (size_t i = 0; i < tr->nlive; i++) {
		const struct tracee *t = tr->live[i];
		const char *call = t->row ? t->row->name : "a call";

		buf_printf(out, "%s%s ", i ? ", " : "", t->name);
		switch (t->state) {
		case TRACEE_RUNNING:
			buf_str(out, "runs its own code");
			break;
		case TRACEE_IN_CALL:
			buf_printf(out, "waits in %s", call);
			break;
		case TRACEE_EVENT:
		case TRACEE_ENTERED:
			if (t->offers == SOURCE_ENTER)
				buf_printf(out, "stands before %s", call);
			else if (t->offers == SOURCE_EXIT)
				buf_printf(out, "has come back from %s", call);
			else
				buf_str(out, "stands");
			break;
		case TRACEE_LISTENING:
			buf_str(out, "is stopped by a signal");
			break;
		case TRACEE_ENDING:
		case TRACEE_DYING:
		case TRACEE_DEAD:
			buf_str(out, "has ended");
			break;
		case TRACEE_NEW:
		case TRACEE_READY:
		case TRACEE_CAUGHT:
			buf_str(out, "stands");
			break;
		}
	}
}

/* ---- acting on a stopped task ---- */

static int tracer_answer(struct source *s, int64_t ret, struct err *err)
{
	struct tracer *tr = tracer_of(s);

	INVARIANT(tr->given && tr->given_stop == SOURCE_ENTER);
	tr->given->call.flags |= EVENT_EMULATED;
	return tracee_answer(tr->given, ret, err);
}

static int tracer_set_arg(struct source *s, unsigned arg, uint64_t value, struct err *err)
{
	struct tracer *tr = tracer_of(s);
	struct tracee *t = tr->given;

	INVARIANT(t && tr->given_stop == SOURCE_ENTER && arg < ABI_ARGS);
	t->rest &= ~(1u << arg);
	return tracee_change_arg(t, arg, value, err);
}

static int tracer_set_text(struct source *s, unsigned arg, const void *data, size_t len, struct err *err)
{
	struct tracer *tr = tracer_of(s);

	INVARIANT(tr->given && tr->given_stop == SOURCE_ENTER && arg < ABI_ARGS);
	return tracee_set_text(tr->given, arg, data, len, err);
}

static int tracer_number_task(struct source *s, int64_t number, struct err *err)
{
	struct tracer *tr = tracer_of(s);
	struct tracee *made;

	(void)err;
	INVARIANT(tr->given && tr->given_stop == SOURCE_TASK);
	made = tasks_by_number(tr, (uint32_t)tr->given->other.args[0]);
	if (made)
		tracee_number_made(tr->given, made, number);
	return 0;
}

static int tracer_set_ret(struct source *s, int64_t ret, struct err *err)
{
	struct tracer *tr = tracer_of(s);
	struct tracee *t = tr->given;

	INVARIANT(t && tr->given_stop == SOURCE_EXIT);
	return tracee_check_register(t, t->task.arch->set_ret(t->task.pid, ret), err);
}

static int tracer_write(struct source *s, uint64_t addr, const void *data, size_t len, struct err *err)
{
	struct tracer *tr = tracer_of(s);

	INVARIANT(tr->given && tr->given_stop <= SOURCE_SIGNAL);
	if (tr->given_stop == SOURCE_ENTER)
		locks_entered(tr->given, addr, data, len);
	return memory_write(&tr->given->task, addr, data, len, err);
}

static int tracer_move_offset(struct source *s, int fd, int64_t delta, struct err *err)
{
	struct tracer *tr = tracer_of(s);
	int own, result = 0;

	INVARIANT(tr->given && tr->given_stop == SOURCE_EXIT);
	own = task_borrow_fd(&tr->given->task, fd);
	if (own < 0)
		return err_errno(err, ERR_TRACE, "cannot reach descriptor %d of process %d", fd,
				 (int)tr->given->task.pid);
	if (lseek(own, delta, SEEK_CUR) < 0 && errno != ESPIPE)
		result = err_errno(err, ERR_TRACE, "cannot move the file position of descriptor %d", fd);
	close(own);
	return result;
}

static int tracer_set_siginfo(struct source *s, size_t offset, const void *data, size_t len, struct err *err)
{
	struct tracer *tr = tracer_of(s);
	uint8_t info[SIGINFO_SIZE];
	pid_t pid;

	INVARIANT(tr->given && tr->given_stop == SOURCE_SIGNAL && offset <= sizeof(info) && len <= sizeof(info) - offset);
	pid = tr->given->task.pid;
	if (ptrace(PTRACE_GETSIGINFO, pid, NULL, info) >= 0) {
		memcpy(info + offset, data, len);
		if (ptrace(PTRACE_SETSIGINFO, pid, NULL, info) >= 0)
			return 0;
	}
	return errno == ESRCH ? 0 : err_errno(err, ERR_TRACE, "cannot change what a signal of process %d tells", (int)pid);
}

static int tracer_set_result(struct source *s, size_t offset, const void *data, size_t len, struct err *err)
{
	struct tracer *tr = tracer_of(s);

	(void)err;
	INVARIANT(tr->given && tr->given_stop == SOURCE_INSTRUCTION);
	instruction_set_result(tr->given, offset, data, len);
	return 0;
}

static int tracer_swallow(struct source *s, struct err *err)
{
	struct tracer *tr = tracer_of(s);

	(void)err;
	INVARIANT(tr->given && tr->given_stop == SOURCE_SIGNAL);
	tr->given->stop.signal = 0;
	return 0;
}

static int tracer_feed_stdin(struct source *s, const void *data, size_t len, bool end, struct err *err)
{
	struct tracer *tr = tracer_of(s);

	if (stdio_feed(tr->stdio, data, len, end, err) < 0)
		return -1;
	tasks_unsettle(tr, NULL, WAKE_DATA);
	return 0;
}

static size_t tracer_stdin_left(struct source *s)
{
	return stdio_left(tracer_of(s)->stdio);
}

static int tracer_settle(struct source *s, const struct source_want *want, struct err *err)
{
	struct tracer *tr = tracer_of(s);
	int caught = 1;

	if (tr->done || tr->nlive < 2)
		return 0;
	tr->want = want;
	if (release(tr, err) < 0)
		caught = -1;
	while (caught > 0)
		caught = look_at_all(tr, err) < 0 ? -1 : tasks_settle(tr, err);
	if (caught == 0)
		return 0;
	tracer_kill(s);
	return -1;
}

static void tracer_free(struct source *s)
{
	struct tracer *tr = tracer_of(s);

	tracer_kill(s);
	arch_x86_64.share_faults(false, false);
	ticker_stop(&tr->ticker);
	pin_end(&tr->pin);
	tasks_restore_limit(tr);
	peers_free(tr->peers);
	stdio_free(tr->stdio);
	for (size_t i = 0; i < tr->nlive; i++)
		tracee_free(tr->live[i]);
	free(tr->live);
	free(tr->early);
	map64_free(tr->by_pid);
	arena_free(tr->shown);
	free(tr->run.answers);
	free(tr);
}

static const struct source_ops ops = {
	.next = tracer_next,
	.describe = tracer_describe,
	.answer = tracer_answer,
	.set_arg = tracer_set_arg,
	.set_text = tracer_set_text,
	.number_task = tracer_number_task,
	.set_ret = tracer_set_ret,
	.write = tracer_write,
	.move_offset = tracer_move_offset,
	.set_siginfo = tracer_set_siginfo,
	.set_result = tracer_set_result,
	.swallow = tracer_swallow,
	.kill = tracer_kill,
	.feed_stdin = tracer_feed_stdin,
	.stdin_left = tracer_stdin_left,
	.settle = tracer_settle,
	.free = tracer_free,
};

struct source *tracer_new(const struct tracer_start *start)
{
	struct tracer *tr = xcalloc(1, sizeof(*tr));
	struct tracee *t;

	tr->source.ops = &ops;
	tr->run.schema = start->schema;
	tr->run.audit = start->audit;
	tr->stop = start->stop;
	tr->run.digests_later = start->digests_later;
	tr->run.cpuid_runs = start->cpuid_runs;
	memcpy(tr->run.at_random, start->at_random, sizeof(tr->run.at_random));
	tr->pin = start->pin;
	tr->stdio = start->stdio;
	tr->by_pid = map64_new();
	tr->peers = peers_new();
	tr->shown = arena_new();
	tr->given_ns = ticker_about_now();
	t = tracee_new(&tr->run, &start->task, NULL, 0);
	t->name = "0";
	t->cpus = start->pin.before;
	t->state = TRACEE_READY;
	t->stop.kind = STOP_TRAP; /* what it stands at, its own SIGSTOP, is not delivered */
	tasks_add(tr, t);
	for (size_t i = 0; i < ARRAY_LEN(start->shown); i++) {
		if (!start->shown[i].link)
			continue;
		t->files->effects.shown[i].link = arena_strdup(tr->shown, start->shown[i].link);
		t->files->effects.shown[i].path = arena_strdup(tr->shown, start->shown[i].path);
	}
	return &tr->source;
}

int spawn_wait_status(const struct source *s)
{
	return ((const struct tracer *)s)->wait_status;
}

size_t spawn_answered(const struct source *s, const uint32_t **calls)
{
	const struct tracer *tr = (const struct tracer *)s;

	*calls = tr->run.answers;
	return tr->run.nanswers;
}

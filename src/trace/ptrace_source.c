/*
 * The source of events that is ptrace: one task, two stops a call.  stops.c says why the task stands; here it is acted
 * on.
 */
#include "trace/tracer.h"

#include "base/check.h"
#include "base/digest.h"
#include "trace/audit.h"
#include "trace/content.h"
#include "trace/determinism.h"
#include "trace/effects.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"
#include "trace/stops.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGINFO_SIZE 128
#define DEATH_MS     500 /* how long a task that cannot be reached may take to be dead */

/* Results that the program never sees: the kernel enters the call again, or makes EINTR of them for a handler. */
#define RESTART_FIRST (-516)
#define RESTART_LAST  (-512)

/* Where the task stands, seen by the caller. */
enum place {
	PLACE_START,  /* before the first stop that is an event */
	PLACE_ENTER,  /* SOURCE_ENTER was given */
	PLACE_INSIDE, /* stopped for something that is no event */
	PLACE_EXIT,   /* SOURCE_EXIT was given */
	PLACE_SIGNAL, /* SOURCE_SIGNAL was given; stop.signal is delivered by the next next() */
	PLACE_LISTEN, /* in a group stop */
	PLACE_REAPED, /* ended, SOURCE_END is to be given */
	PLACE_DONE,   /* no task is left */
};

struct tracer {
	struct source source; /* what callers hold; first */
	const struct abi_schema *schema;
	struct task task;
	struct pin pin;
	struct stdio *stdio;
	struct content *content;
	struct audit *audit; /* or NULL */
	struct effects effects;
	struct arena *shown; /* paths in effects */
	uint8_t at_random[16];

	enum place place;
	struct stop stop; /* the last one */
	int wait_status;
	uint64_t seq;

	struct sys_event call; /* the same object at entry and exit */
	struct sys_event other;
	struct arena *call_arena, *other_arena;
	const struct abi_row *row; /* of call, NULL: undescribed */

	bool started;      /* the initial execve was given */
	bool in_call;      /* entered, exit not given */
	bool held;         /* interrupted: the exit stop came with a result that the program does not see */
	bool rewinds;      /* held, and the kernel would not make the call again: the tracer sees to it */
	uint64_t call_ip;  /* behind the call's instruction */
	bool exec_done;    /* the exec stop of this call came */
	bool signal_waits; /* the exit was given at a signal stop: the signal itself comes next */
	bool answered;     /* the kernel does not run it */
	int64_t answer;
	unsigned changed;         /* bit: argument has another value than the program gave */
	uint64_t given[ABI_ARGS]; /* what the program gave */
	uint64_t replaced[ABI_ARGS];
	struct auxv auxv;
	bool stored;             /* the task ends with stores in shared mappings */
	uint8_t stores[DIGEST_SIZE];

	uint32_t *answers; /* call indices that the tracer answered */
	size_t nanswers;
};

static struct tracer *tracer_of(struct source *s)
{
	return (struct tracer *)s;
}

static void tracer_kill(struct source *s)
{
	struct tracer *t = tracer_of(s);

	if (t->place == PLACE_DONE)
		return;
	if (t->place != PLACE_REAPED)
		t->wait_status = stop_kill(&t->task, t->place != PLACE_START && t->stop.kind == STOP_ENTER);
	t->place = PLACE_DONE;
}

/* The program does something that this tracer cannot follow: it ends before it does. */
PRINTF_LIKE(3, 4) static int refuse(struct tracer *t, struct err *err, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tracer_kill(&t->source);
	return err_set(err, ERR_UNSUPPORTED, "%s", text);
}

/* A register call that fails because the task was killed meanwhile is no error: the next wait tells. */
static int check_register(struct tracer *t, int result, struct err *err)
{
	if (result == 0 || errno == ESRCH)
		return 0;
	return err_errno(err, ERR_TRACE, "cannot write a register of process %d", (int)t->task.pid);
}

static int capture(struct tracer *t, enum abi_phase phase, struct err *err)
{
	struct abi_memory memory = memory_of(&t->task);

	return abi_capture(t->schema, &t->call, phase, &memory, err);
}

/* ---- entry ---- */

/* The addresses of the first execve's arguments are those of the launcher: they say nothing about the program. */
static void forget_addresses(struct sys_event *ev)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		struct abi_block *b = &ev->blocks[i];
		bool holds_pointers = false;

		for (uint32_t k = 0; k < 3; k++)
			holds_pointers |= k > 0 && ev->args[k] && b->addr == ev->args[k];
		if (holds_pointers)
			b->data = arena_alloc(ev->arena, b->len);
	}
	for (uint32_t i = 0; i < ev->nblocks; i++)
		ev->blocks[i].addr = 0;
	memset(ev->args, 0, 3 * sizeof(ev->args[0]));
	ev->ip = 0;
}

static void note_answer(struct tracer *t, uint32_t call)
{
	for (size_t i = 0; i < t->nanswers; i++) {
		if (t->answers[i] == call)
			return;
	}
	t->answers = xrealloc(t->answers, t->nanswers + 1, sizeof(*t->answers));
	t->answers[t->nanswers++] = call;
}

static int answer_call(struct tracer *t, int64_t ret, struct err *err)
{
	t->answered = true;
	t->answer = ret;
	return check_register(t, t->task.arch->set_number(t->task.pid, -1), err);
}

static void begin_call(struct tracer *t, bool initial)
{
	const struct __ptrace_syscall_info *info = &t->stop.info;
	struct sys_event *ev = &t->call;

	arena_reset(t->call_arena);
	event_init(ev, t->call_arena);
	ev->type = EVENT_CALL;
	ev->seq = t->seq++;
	ev->nr = (int32_t)info->entry.nr;
	ev->ip = t->call_ip = info->instruction_pointer;
	for (unsigned i = 0; i < ABI_ARGS; i++)
		ev->args[i] = t->given[i] = info->entry.args[i];
	ev->call = abi_schema_select(t->schema, ev->nr, ev->args);
	t->row = ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(t->schema, ev->call)->row;
	for (unsigned i = t->row ? t->row->nargs : ABI_ARGS; i < ABI_ARGS; i++)
		ev->args[i] = 0;
	if (initial)
		ev->flags |= EVENT_INITIAL;
	t->in_call = true;
	t->held = t->rewinds = t->exec_done = t->answered = false;
	t->changed = 0;
}

/* The kernel goes on with a call that a signal had interrupted: still the same event. */
static int enter_again(struct tracer *t, struct err *err)
{
	int32_t nr = (int32_t)t->stop.info.entry.nr;

	bool same = nr == t->call.nr || nr == t->task.arch->restart_syscall;

	t->held = false;
	/* a result that only looks like an interruption must not let the next call of that number pass for this one */
	for (unsigned i = 0; i < ABI_ARGS; i++)
		same &= t->stop.info.entry.args[i] == t->given[i];
	if (!same)
		return err_set(err, ERR_TRACE, "the result of an interrupted call was lost: call %d followed %d",
			       (int)nr, (int)t->call.nr);
	if (nr == t->task.arch->restart_syscall)
		return 0;
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		if ((t->changed >> i & 1) &&
		    check_register(t, t->task.arch->set_arg(t->task.pid, i, t->replaced[i]), err) < 0)
			return -1;
	}
	return 0;
}

/* 1: an event, 0: none, -1: *err. */
static int on_enter(struct tracer *t, struct err *err)
{
	const struct __ptrace_syscall_info *info = &t->stop.info;
	bool initial = !t->started;
	int64_t answer;

	if (info->arch != t->task.arch->audit)
		return refuse(t, err,
			      "the program made a system call of another architecture (0x%x, number %llu): not judged",
			      info->arch, (unsigned long long)info->entry.nr);
	if ((int64_t)info->entry.nr >= ABI_PSEUDO_FIRST)
		return refuse(t, err, "the program made system call number %llu, which there is not: not judged",
			      (unsigned long long)info->entry.nr);
	if (t->held)
		return enter_again(t, err);
	t->started = true;
	begin_call(t, initial);
	t->place = PLACE_ENTER;
	if (!t->row)
		return 1;
	if (t->row->flags & CALL_NEW_TASK)
		return refuse(t, err, "the program made a second task (%s): not judged", t->row->name);
	if (capture(t, PHASE_ENTRY, err) < 0)
		return -1;
	content_enter(t->content, &t->task, &t->call);
	answer = determinism_answer(t->row);
	if (answer) {
		t->call.flags |= EVENT_ANSWERED;
		note_answer(t, t->call.call);
		if (answer_call(t, answer, err) < 0)
			return -1;
	}
	if (t->audit && !initial && !answer && audit_enter(t->audit, &t->task, &t->call, err) < 0)
		return -1;
	if (initial)
		forget_addresses(&t->call);
	return 1;
}

/* ---- signals that matter ---- */

/* Stops and what is ignored by default: nothing that the program does depends on them. */
static bool harmless_by_default(int signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return true;
	}
	return false;
}

static bool matters(const struct signal_sets *sets, int signal)
{
	uint64_t bit = (uint64_t)1 << (signal - 1);

	return (sets->caught & bit) || (!(sets->ignored & bit) && !harmless_by_default(signal));
}

/* true: the signal runs a handler or ends the program. */
static bool signal_matters(const struct tracer *t, int signal)
{
	struct signal_sets sets;

	return !fdinfo_signals(&t->task, &sets) || matters(&sets, signal);
}

/*
 * A call that came back with EINTR although only signals are on their way that the program has nothing to do with:
 * without a tracer they would not have woken it up.
 */
static bool interrupted_for_nothing(const struct tracer *t)
{
	struct signal_sets sets;
	uint64_t coming;

	if (!fdinfo_signals(&t->task, &sets))
		return false;
	coming = sets.pending & ~sets.blocked;
	for (int signal = 1; signal <= 64; signal++) {
		if ((coming >> (signal - 1) & 1) && matters(&sets, signal))
			return false;
	}
	return coming != 0;
}

/* ---- exit ---- */

static int restore_arguments(struct tracer *t, struct err *err)
{
	if (t->exec_done)
		return 0;
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		if ((t->changed >> i & 1) &&
		    check_register(t, t->task.arch->set_arg(t->task.pid, i, t->given[i]), err) < 0)
			return -1;
	}
	return 0;
}

/* What the call wrote, held against its row. */
static int audit(struct tracer *t, struct err *err)
{
	struct sys_event *ev = &t->call;
	int result = t->exec_done ? (audit_forget(t->audit), 0) : audit_exit(t->audit, &t->task, ev, err);
	uint32_t kept = 0;

	if (result <= 0)
		return result;
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == PHASE_ENTRY)
			ev->blocks[kept++] = ev->blocks[i];
	}
	ev->nblocks = kept;
	return capture(t, PHASE_EXIT, err);
}

/* The call has its result: what it wrote and what it changed. */
static int finish_call(struct tracer *t, int64_t ret, struct err *err)
{
	struct sys_event *ev = &t->call;

	t->in_call = t->held = t->rewinds = false;
	ev->ret = ret;
	ev->flags |= EVENT_RETURNED;
	t->place = PLACE_EXIT;
	if (!t->row)
		return 1;
	if (!t->answered && capture(t, PHASE_EXIT, err) < 0)
		return -1;
	if (t->audit && !t->answered && audit(t, err) < 0)
		return -1;
	if (t->answered || event_failed(ev))
		return 1;
	effects_note(&t->effects, &t->task, t->row, ev);
	if (t->exec_done)
		content_exec(t->content, &t->task, ev, &t->auxv);
	else
		content_exit(t->content, &t->task, ev);
	return 1;
}

static int on_exit_stop(struct tracer *t, struct err *err)
{
	int64_t ret = t->stop.info.exit.rval;

	t->place = PLACE_INSIDE;
	if (!t->in_call)
		return 0;
	if (t->changed && restore_arguments(t, err) < 0)
		return -1;
	if (t->row && (t->row->flags & CALL_NO_RETURN)) {
		t->in_call = false;
		return 0;
	}
	if (t->answered) {
		ret = t->answer;
		if (check_register(t, t->task.arch->set_ret(t->task.pid, ret), err) < 0)
			return -1;
	} else if (ret >= RESTART_FIRST && ret <= RESTART_LAST) {
		t->held = true;
		return 0;
	} else if (ret == -EINTR && interrupted_for_nothing(t)) {
		t->held = t->rewinds = true;
		return 0;
	}
	return finish_call(t, ret, err);
}

static int on_exec(struct tracer *t, struct err *err)
{
	t->place = PLACE_INSIDE;
	t->exec_done = true;
	if (task_reopen_memory(&t->task, err) < 0)
		return -1;
	return determinism_at_exec(&t->task, t->stop.info.stack_pointer, t->at_random, &t->auxv, err);
}

/* ---- signals and ends ---- */

static struct sys_event *begin_other(struct tracer *t, enum event_type type, int32_t nr, uint64_t arg0, uint64_t arg1)
{
	struct sys_event *ev = &t->other;

	arena_reset(t->other_arena);
	event_init(ev, t->other_arena);
	ev->type = type;
	ev->seq = t->seq++;
	ev->nr = nr;
	ev->args[0] = arg0;
	ev->args[1] = arg1;
	ev->call = abi_schema_select(t->schema, nr, ev->args);
	return ev;
}

static int give_signal(struct tracer *t)
{
	struct sys_event *ev = begin_other(t, EVENT_SIGNAL, ABI_SIGNAL, (uint64_t)t->stop.signal, 0);
	uint8_t *info = arena_alloc(ev->arena, SIGINFO_SIZE);

	_Static_assert(sizeof(siginfo_t) == SIGINFO_SIZE, "siginfo_t is what the schema says");
	t->place = PLACE_SIGNAL;
	if (ptrace(PTRACE_GETSIGINFO, t->task.pid, NULL, info) < 0)
		memset(info, 0, SIGINFO_SIZE);
	if (ev->call != ABI_UNDESCRIBED)
		content_add(t->schema, ev, "", PHASE_ENTRY, BLOCK_OK, info, SIGINFO_SIZE);
	return 1;
}

static int on_signal(struct tracer *t, struct err *err)
{
	t->place = PLACE_INSIDE;
	if (!signal_matters(t, t->stop.signal)) {
		if (!t->rewinds)
			return 0;
		t->rewinds = false;
		return check_register(t, t->task.arch->rewind(t->task.pid, t->call.nr, t->call_ip), err);
	}
	if (t->held) { /* the handler runs first: to the program the call was interrupted */
		t->signal_waits = true;
		return finish_call(t, -EINTR, err);
	}
	return give_signal(t);
}

static int give_end(struct tracer *t)
{
	int status = t->wait_status;

	struct sys_event *ev = begin_other(t, EVENT_END, ABI_TASK_END,
					   WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0,
					   WIFSIGNALED(status) ? (uint64_t)WTERMSIG(status) : 0);

	if (t->stored && ev->call != ABI_UNDESCRIBED)
		content_add(t->schema, ev, "content", PHASE_ENTRY, content_status(t->content), t->stores,
			    sizeof(t->stores));
	t->place = PLACE_DONE;
	return 1;
}

static int on_new_task(struct tracer *t, struct err *err)
{
	struct task child = { .pid = t->stop.new_task, .arch = t->task.arch };

	t->place = PLACE_INSIDE;
	if (child.pid > 0)
		stop_kill(&child, false);
	return refuse(t, err, "the program made a second task: not judged");
}

/* ---- next ---- */

static int act(struct tracer *t, struct err *err)
{
	switch (t->stop.kind) {
	case STOP_ENTER:
		return on_enter(t, err);
	case STOP_EXIT:
		return on_exit_stop(t, err);
	case STOP_EXEC:
		return on_exec(t, err);
	case STOP_NEW_TASK:
		return on_new_task(t, err);
	case STOP_SIGNAL:
		return on_signal(t, err);
	case STOP_GROUP:
		t->place = PLACE_LISTEN;
		return 0;
	case STOP_ENDING:
		t->place = PLACE_INSIDE;
		t->stored = content_end(t->content, &t->task, t->stores);
		return 0;
	case STOP_TRAP:
		t->place = PLACE_INSIDE;
		return 0;
	case STOP_GONE:
		t->wait_status = t->stop.status;
		t->place = PLACE_REAPED;
		return give_end(t);
	}
	return 0;
}

static int go_on(struct tracer *t, struct err *err)
{
	int signal = 0;

	if (t->place == PLACE_LISTEN)
		return stop_listen(&t->task, err);
	if (t->stop.kind == STOP_SIGNAL && t->place != PLACE_START)
		signal = t->stop.signal;
	return stop_resume(&t->task, signal, err);
}

/* The program could not be started: what would run on is the launcher. */
static bool start_failed(const struct tracer *t)
{
	return t->place == PLACE_EXIT && (t->call.flags & EVENT_INITIAL) && t->call.ret < 0;
}

static void end_failed_start(struct tracer *t)
{
	int code = t->call.ret == -ENOENT || t->call.ret == -ENOTDIR ? 127 : 126;

	stop_kill(&t->task, false);
	t->wait_status = code << 8;
	t->place = PLACE_REAPED;
}

static enum source_stop stop_of(const struct tracer *t)
{
	switch (t->place) {
	case PLACE_ENTER:
		return SOURCE_ENTER;
	case PLACE_EXIT:
		return SOURCE_EXIT;
	case PLACE_SIGNAL:
		return SOURCE_SIGNAL;
	case PLACE_DONE:
		return SOURCE_END;
	case PLACE_START:
	case PLACE_INSIDE:
	case PLACE_LISTEN:
	case PLACE_REAPED:
		break;
	}
	INVARIANT(t->place == PLACE_DONE);
	return SOURCE_DONE;
}

/*
 * Something could not be done with the task: because it is being killed?  Then what it stood at is no event, and its
 * end is the next one.
 */
static bool is_dying(const struct tracer *t)
{
	struct pollfd death = { .fd = t->task.pidfd, .events = POLLIN };

	return t->place != PLACE_DONE && t->place != PLACE_REAPED && poll(&death, 1, DEATH_MS) > 0;
}

static int next_stop(struct tracer *t, struct err *err)
{
	int result = go_on(t, err);

	if (result == 0)
		result = stop_wait(&t->task, &t->stop, err);
	if (result == 0)
		result = act(t, err);
	if (result < 0 && err->code == ERR_TRACE && is_dying(t)) {
		err_clear(err);
		t->place = PLACE_INSIDE;
		return 0;
	}
	return result;
}

static int tracer_next(struct source *s, enum source_stop *stop, struct sys_event **ev, struct err *err)
{
	struct tracer *t = tracer_of(s);
	int result = 0;

	*ev = NULL;
	if (t->place == PLACE_DONE) {
		*stop = SOURCE_DONE;
		return 0;
	}
	if (start_failed(t)) {
		end_failed_start(t);
		result = give_end(t);
	} else if (t->signal_waits) {
		t->signal_waits = false;
		result = give_signal(t);
	}
	while (result == 0)
		result = next_stop(t, err);
	if (result < 0) {
		tracer_kill(s);
		return -1;
	}
	*stop = stop_of(t);
	*ev = *stop == SOURCE_ENTER || *stop == SOURCE_EXIT ? &t->call : &t->other;
	return 0;
}

/* ---- acting on a stopped task ---- */

static int tracer_answer(struct source *s, int64_t ret, struct err *err)
{
	struct tracer *t = tracer_of(s);

	INVARIANT(t->place == PLACE_ENTER);
	t->call.flags |= EVENT_EMULATED;
	return answer_call(t, ret, err);
}

static int tracer_set_arg(struct source *s, unsigned arg, uint64_t value, struct err *err)
{
	struct tracer *t = tracer_of(s);

	INVARIANT(t->place == PLACE_ENTER && arg < ABI_ARGS);
	t->changed |= 1u << arg;
	t->replaced[arg] = value;
	return check_register(t, t->task.arch->set_arg(t->task.pid, arg, value), err);
}

static int tracer_set_ret(struct source *s, int64_t ret, struct err *err)
{
	struct tracer *t = tracer_of(s);

	INVARIANT(t->place == PLACE_EXIT);
	return check_register(t, t->task.arch->set_ret(t->task.pid, ret), err);
}

static int tracer_write(struct source *s, uint64_t addr, const void *data, size_t len, struct err *err)
{
	struct tracer *t = tracer_of(s);

	INVARIANT(t->place == PLACE_ENTER || t->place == PLACE_EXIT || t->place == PLACE_SIGNAL);
	return memory_write(&t->task, addr, data, len, err);
}

static int tracer_move_offset(struct source *s, int fd, int64_t delta, struct err *err)
{
	struct tracer *t = tracer_of(s);
	int own = task_borrow_fd(&t->task, fd);
	int result = 0;

	INVARIANT(t->place == PLACE_EXIT);
	if (own < 0)
		return err_errno(err, ERR_TRACE, "cannot reach descriptor %d of process %d", fd, (int)t->task.pid);
	if (lseek(own, delta, SEEK_CUR) < 0 && errno != ESPIPE)
		result = err_errno(err, ERR_TRACE, "cannot move the file position of descriptor %d", fd);
	close(own);
	return result;
}

static int tracer_swallow(struct source *s, struct err *err)
{
	struct tracer *t = tracer_of(s);

	(void)err;
	INVARIANT(t->place == PLACE_SIGNAL);
	t->stop.signal = 0;
	return 0;
}

static int tracer_feed_stdin(struct source *s, const void *data, size_t len, bool end, struct err *err)
{
	return stdio_feed(tracer_of(s)->stdio, data, len, end, err);
}

static void tracer_free(struct source *s)
{
	struct tracer *t = tracer_of(s);

	tracer_kill(s);
	pin_end(&t->pin);
	stdio_free(t->stdio);
	task_close(&t->task);
	content_free(t->content);
	audit_free(t->audit);
	effects_free(&t->effects);
	arena_free(t->call_arena);
	arena_free(t->other_arena);
	arena_free(t->shown);
	free(t->answers);
	free(t);
}

static const struct source_ops ops = {
	.next = tracer_next,
	.answer = tracer_answer,
	.set_arg = tracer_set_arg,
	.set_ret = tracer_set_ret,
	.write = tracer_write,
	.move_offset = tracer_move_offset,
	.swallow = tracer_swallow,
	.kill = tracer_kill,
	.feed_stdin = tracer_feed_stdin,
	.free = tracer_free,
};

struct source *tracer_new(const struct tracer_start *start)
{
	struct tracer *t = xcalloc(1, sizeof(*t));

	t->source.ops = &ops;
	t->schema = start->schema;
	t->task = start->task;
	t->pin = start->pin;
	t->stdio = start->stdio;
	memcpy(t->at_random, start->at_random, sizeof(t->at_random));
	t->content = content_new(start->schema, start->digests_later);
	t->audit = start->audit ? audit_new(start->schema, start->audit) : NULL;
	t->shown = arena_new();
	effects_init(&t->effects);
	for (size_t i = 0; i < ARRAY_LEN(start->shown); i++) {
		if (!start->shown[i].link)
			continue;
		t->effects.shown[i].link = arena_strdup(t->shown, start->shown[i].link);
		t->effects.shown[i].path = arena_strdup(t->shown, start->shown[i].path);
	}
	t->call_arena = arena_new();
	t->other_arena = arena_new();
	t->place = PLACE_START;
	return &t->source;
}

int spawn_wait_status(const struct source *s)
{
	return ((const struct tracer *)s)->wait_status;
}

size_t spawn_answered(const struct source *s, const uint32_t **calls)
{
	const struct tracer *t = (const struct tracer *)s;

	*calls = t->answers;
	return t->nanswers;
}

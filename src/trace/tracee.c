/*
 * What the stops of one task mean: calls, execs, signals, its end.
 */
#include "trace/tracee.h"

#include "base/check.h"
#include "base/digest.h"
#include "base/fdio.h"
#include "trace/determinism.h"
#include "trace/fdinfo.h"
#include "trace/instruction.h"
#include "trace/matters.h"
#include "trace/memory.h"
#include "trace/ready.h"
#include "trace/stream.h"
#include "trace/wake.h"

#include <errno.h>
#include <sched.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Results that the program never sees: the kernel enters the call again, or makes EINTR of them for a handler. */
#define RESTART_FIRST (-516)
#define RESTART_LAST  (-512)

int tracee_check_register(const struct tracee *t, int result, struct err *err)
{
	/* a task that was killed meanwhile is no error: the next wait tells */
	if (result == 0 || errno == ESRCH)
		return 0;
	return err_errno(err, ERR_TRACE, "cannot write a register of process %d", (int)t->task.pid);
}

static int capture(const struct tracee_run *run, struct tracee *t, enum abi_phase phase, struct err *err)
{
	struct abi_memory memory = memory_of(&t->task);

	return abi_capture(run->schema, &t->call, phase, &memory, err);
}

/* ---- making and sharing ---- */

static struct space *space_new(struct content *content)
{
	struct space *s = xcalloc(1, sizeof(*s));

	s->refs = 1;
	s->content = content_copy(content);
	return s;
}

static void space_drop(struct space *s)
{
	if (s && --s->refs == 0) {
		content_free(s->content);
		free(s);
	}
}

static struct files *files_new(const struct effects *effects)
{
	struct files *f = xcalloc(1, sizeof(*f));

	f->refs = 1;
	effects_copy(&f->effects, effects);
	return f;
}

static void files_drop(struct files *f)
{
	if (f && --f->refs == 0) {
		effects_free(&f->effects);
		free(f);
	}
}

struct tracee *tracee_new(struct tracee_run *run, const struct task *task, const struct tracee *from, uint64_t flags)
{
	struct tracee *t = xcalloc(1, sizeof(*t));

	t->task = *task;
	t->call_arena = arena_new();
	t->other_arena = arena_new();
	t->audit = run->audit ? audit_new(run->schema, run->audit) : NULL;
	if (!from) {
		t->space = xcalloc(1, sizeof(*t->space));
		t->space->refs = 1;
		t->space->content = content_new(run->schema, run->digests_later);
		t->files = xcalloc(1, sizeof(*t->files));
		t->files->refs = 1;
		effects_init(&t->files->effects);
		t->handlers = handlers_copy(NULL);
		return t;
	}
	t->parent = from->number;
	t->call_ip = t->rest_ip = from->call_ip;
	t->own_tsc_faults = from->own_tsc_faults;
	t->own_cpuid_faults = from->own_cpuid_faults;
	t->cpuid_faults = from->cpuid_faults;
	t->segv_blocked = from->segv_blocked;
	t->cpus = from->cpus;
	t->borrows = (flags & CLONE_VM) && !(flags & CLONE_THREAD);
	if (flags & CLONE_VM) {
		t->space = from->space;
		t->space->refs++;
	} else {
		t->space = space_new(from->space->content);
	}
	if (flags & CLONE_FILES) {
		t->files = from->files;
		t->files->refs++;
	} else {
		t->files = files_new(&from->files->effects);
	}
	if (flags & CLONE_SIGHAND) {
		t->handlers = from->handlers;
		t->handlers->refs++;
	} else {
		t->handlers = handlers_copy(from->handlers);
	}
	return t;
}

void tracee_free(struct tracee *t)
{
	if (!t)
		return;
	task_close(&t->task);
	space_drop(t->space);
	files_drop(t->files);
	handlers_drop(t->handlers);
	audit_free(t->audit);
	arena_free(t->call_arena);
	arena_free(t->other_arena);
	free(t->kept);
	free(t->text_saved);
	free(t);
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

static void note_answer(struct tracee_run *run, uint32_t call)
{
	for (size_t i = 0; i < run->nanswers; i++) {
		if (run->answers[i] == call)
			return;
	}
	run->answers = xrealloc(run->answers, run->nanswers + 1, sizeof(*run->answers));
	run->answers[run->nanswers++] = call;
}

/*
 * Whoever was accepted is not there; the descriptor has to be, as the program goes on to use it.  A socket of the same
 * sort, connected to nobody, stands for it.
 */
static int answer_accept(struct tracee *t, struct err *err)
{
	CLEANUP(fd_close) int listening = task_borrow_fd(&t->task, (int)t->given[0]);
	int what[2] = { AF_INET, SOCK_STREAM };
	const int ask[2] = { SO_DOMAIN, SO_TYPE };
	socklen_t len;

	for (int i = 0; i < 2; i++) {
		len = sizeof(what[i]);
		if (listening < 0 || getsockopt(listening, SOL_SOCKET, ask[i], &what[i], &len) < 0)
			return err_errno(err, ERR_UNSUPPORTED, "descriptor %d of process %d, at which somebody was accepted, is no socket",
					 (int)t->given[0], (int)t->task.pid);
	}
	if (t->call.nr == SYS_accept4)
		what[1] |= (int)t->given[3];
	t->stands_in = true;
	if (tracee_change_arg(t, 0, (uint64_t)what[0], err) < 0 || tracee_change_arg(t, 1, (uint64_t)what[1], err) < 0 ||
	    tracee_change_arg(t, 2, 0, err) < 0)
		return -1;
	return tracee_check_register(t, t->task.arch->set_number(t->task.pid, SYS_socket), err);
}

int tracee_answer(struct tracee *t, int64_t ret, struct err *err)
{
	t->answered = true;
	t->answer = ret;
	if (ret >= 0 && t->row && (t->row->flags & CALL_STAND_IN))
		return answer_accept(t, err);
	return tracee_check_register(t, t->task.arch->set_number(t->task.pid, -1), err);
}

static void begin_call(struct tracee_run *run, struct tracee *t, bool initial)
{
	const struct __ptrace_syscall_info *info = &t->stop.info;
	struct sys_event *ev = &t->call;

	arena_reset(t->call_arena);
	event_init(ev, t->call_arena);
	ev->type = EVENT_CALL;
	ev->seq = run->seq++;
	ev->task = t->number;
	ev->nr = (int32_t)info->entry.nr;
	ev->ip = t->call_ip = info->instruction_pointer;
	for (unsigned i = 0; i < ABI_ARGS; i++)
		ev->args[i] = t->given[i] = info->entry.args[i];
	ev->call = abi_schema_select(run->schema, ev->nr, ev->args);
	t->row = ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(run->schema, ev->call)->row;
	for (unsigned i = t->row ? t->row->nargs : ABI_ARGS; i < ABI_ARGS; i++)
		ev->args[i] = 0;
	if (initial)
		ev->flags |= EVENT_INITIAL;
	t->in_call = true;
	t->held = t->rewinds = t->exec_done = t->answered = t->stands_in = t->flags_written = false;
	t->text_addr = t->text_len = 0;
	t->owner_addr = 0;
	t->timeout = NULL;
	t->overlapped = false;
	t->got = 0;
	t->rest = 0;
	t->asked = 0;
	t->asked_enough = t->takes_nothing = false;
	t->runs_out = t->limit_written = false;
	t->changed = 0;
}

int tracee_change_arg(struct tracee *t, unsigned arg, uint64_t value, struct err *err)
{
	t->changed |= 1u << arg;
	t->replaced[arg] = value;
	return tracee_check_register(t, t->task.arch->set_arg(t->task.pid, arg, value), err);
}

int tracee_wait_for_ever(struct tracee *t, struct err *err)
{
	static const uint8_t none[sizeof(t->limit)];
	const struct timeout_rule *rule = t->answered ? NULL : timeout_of(t->row, t->given);

	if (!rule)
		return 0;
	if (!t->runs_out)
		t->deadline_ns = timeout_deadline(rule, &t->task, t->given);
	t->timeout = rule;
	if (!t->runs_out)
		return tracee_change_arg(t, rule->arg, (uint64_t)rule->never, err);
	if (rule->is_number)
		return tracee_change_arg(t, rule->arg, 0, err);
	/* the limit that the program gave, made 0 for this once */
	if (memory_read(&t->task, t->given[rule->arg], t->limit, sizeof(t->limit)) != sizeof(t->limit))
		return 0;
	t->limit_written = true;
	if (memory_write(&t->task, t->given[rule->arg], none, sizeof(none), err) < 0)
		return -1;
	return tracee_change_arg(t, rule->arg, t->given[rule->arg], err);
}

void tracee_run_out(struct tracee *t)
{
	t->runs_out = true;
	t->interrupting = true;
	stop_interrupt(&t->task);
}

#define RED_ZONE 128u /* below the stack pointer, a function's own */
#define ALIGNED(n) (((n) + 15u) & ~(size_t)15u)

int tracee_set_text(struct tracee *t, unsigned arg, const void *data, size_t len, struct err *err)
{
	uint64_t below = t->text_addr ? t->text_addr : t->stop.info.stack_pointer - RED_ZONE;
	uint64_t at = (below - ALIGNED(len)) & ~(uint64_t)15u;
	size_t size = (size_t)(t->text_addr ? t->text_addr + t->text_len - at : ALIGNED(len));
	uint8_t *saved = xcalloc(size, 1);

	if (memory_read(&t->task, at, saved, size - t->text_len) != size - t->text_len) {
		free(saved);
		return err_set(err, ERR_TRACE, "process %d has no room below its stack", (int)t->task.pid);
	}
	if (t->text_len)
		memcpy(saved + (size - t->text_len), t->text_saved, t->text_len);
	free(t->text_saved);
	t->text_saved = saved;
	t->text_addr = at;
	t->text_len = size;
	if (memory_write(&t->task, at, data, len, err) < 0)
		return -1;
	return tracee_change_arg(t, arg, at, err);
}

/* The kernel goes on with a call that a signal had interrupted: still the same event. */
static int enter_again(struct tracee *t, struct err *err)
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
	if (nr == t->task.arch->restart_syscall) {
		if (!t->runs_out)
			return 0;
		/* the kernel would wait on for what is left of no limit: it is asked anew, with a limit of nothing */
		if (tracee_check_register(t, t->task.arch->set_number(t->task.pid, t->call.nr), err) < 0)
			return -1;
	}
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		if ((t->changed >> i & 1) &&
		    tracee_check_register(t, t->task.arch->set_arg(t->task.pid, i, t->replaced[i]), err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Nobody gets this call.  To a filter of the program's own a call that is taken away would be another one, on which it may
 * end the program: there the kernel is asked for what it refuses.
 */
static int refuse(struct tracee *t, int64_t answer, struct err *err)
{
	if (!fdinfo_is_filtered(&t->task))
		return tracee_answer(t, answer, err);
	t->answered = true;
	t->answer = answer;
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		if (tracee_change_arg(t, i, UINT64_MAX, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_exec(const struct tracee *t)
{
	return t->row && (t->row->flags & CALL_EXEC);
}

/* A program that is about to be executed in memory that others go on using leaves them what they have. */
static void leave_space(struct tracee *t)
{
	struct space *own;

	if (t->space->refs < 2)
		return;
	own = space_new(t->space->content);
	space_drop(t->space);
	t->space = own;
}

static void leave_files(struct tracee *t)
{
	struct files *own;

	if (t->files->refs < 2)
		return;
	own = files_new(&t->files->effects);
	files_drop(t->files);
	t->files = own;
}

/* Others go on with what it has stored in shared mappings, and tell of it when they end. */
static bool leaves_stores(const struct tracee *t)
{
	return t->borrows ||
	       (t->space->refs > 1 && (!t->in_call || !t->row || strcmp(t->row->name, "exit_group") != 0));
}

static enum tracee_outcome offer(struct tracee *t, enum source_stop what)
{
	t->state = TRACEE_EVENT;
	t->offers = what;
	return OUTCOME_EVENT;
}

static enum tracee_outcome go_on(struct tracee *t)
{
	t->state = t->in_call ? TRACEE_ENTERED : TRACEE_READY;
	return OUTCOME_NOTHING;
}

static enum tracee_outcome on_enter(struct tracee_run *run, struct tracee *t, struct err *err)
{
	const struct __ptrace_syscall_info *info = &t->stop.info;
	bool initial = !run->started;
	int64_t answer;

	if (info->arch != t->task.arch->audit)
		return err_set(err, ERR_UNSUPPORTED,
			       "the program made a system call of another architecture (0x%x, number %llu): not judged",
			       info->arch, (unsigned long long)info->entry.nr);
	if ((int64_t)info->entry.nr >= ABI_PSEUDO_FIRST)
		return err_set(err, ERR_UNSUPPORTED,
			       "the program made system call number %llu, which there is not: not judged",
			       (unsigned long long)info->entry.nr);
	if (t->held)
		return enter_again(t, err) < 0 ? OUTCOME_FAILED : go_on(t);
	run->started = true;
	begin_call(run, t, initial);
	if (!t->row)
		return offer(t, SOURCE_ENTER);
	if (capture(run, t, PHASE_ENTRY, err) < 0)
		return OUTCOME_FAILED;
	if (is_exec(t))
		leave_space(t);
	if (!(t->row->flags & CALL_NO_RETURN) || !leaves_stores(t))
		content_enter(t->space->content, &t->task, &t->call);
	answer = determinism_answer(t->row);
	if (answer) {
		t->call.flags |= EVENT_ANSWERED;
		note_answer(run, t->call.call);
		if (refuse(t, answer, err) < 0)
			return OUTCOME_FAILED;
	} else if ((t->row->flags & CALL_NEW_TASK) && tracee_enter_clone(t, err) < 0) {
		return OUTCOME_FAILED;
	} else if (instruction_enter(t, err) < 0) {
		return OUTCOME_FAILED;
	}
	if (t->audit && !initial && !answer && t->space->refs == 1 &&
	    audit_enter(t->audit, &t->task, &t->call, err) < 0)
		return OUTCOME_FAILED;
	if (initial)
		forget_addresses(&t->call);
	return offer(t, SOURCE_ENTER);
}

bool tracee_is_pending(const struct tracee *t, int signal)
{
	return signal_is_pending(&t->task, signal);
}

/* ---- exit ---- */

static int restore_arguments(struct tracee *t, struct err *err)
{
	uint64_t flags = t->clone_flags;

	if (t->exec_done)
		return 0;
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		if ((t->changed >> i & 1) &&
		    tracee_check_register(t, t->task.arch->set_arg(t->task.pid, i, t->given[i]), err) < 0)
			return -1;
	}
	if (t->limit_written && memory_write(&t->task, t->given[t->timeout->arg], t->limit, sizeof(t->limit), err) < 0)
		return -1;
	t->limit_written = false;
	return t->flags_written ? memory_write(&t->task, t->given[0], &flags, sizeof(flags), err) : 0;
}

/* What the call wrote, held against its row. */
static int audit(struct tracee_run *run, struct tracee *t, struct err *err)
{
	struct sys_event *ev = &t->call;
	int result = t->exec_done || t->space->refs > 1 ? (audit_forget(t->audit), 0)
							: audit_exit(t->audit, &t->task, ev, err);
	uint32_t kept = 0;

	if (result <= 0)
		return result;
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == PHASE_ENTRY)
			ev->blocks[kept++] = ev->blocks[i];
	}
	ev->nblocks = kept;
	return capture(run, t, PHASE_EXIT, err);
}

/*
 * While the call slept other tasks ran: have they stored into what it was given?  Only calls that hand data on are looked
 * at: to others it makes no difference.
 */
static bool was_changed(const struct tracee *t)
{
	const struct sys_event *ev = &t->call;
	bool changed = false;
	uint8_t *now;

	if (!(t->row->flags & CALL_CHANGES) || !(t->row->flags & CALL_BLOCKS) || t->changed)
		return false;
	for (uint32_t i = 0; i < ev->nblocks && !changed; i++) {
		const struct abi_block *b = &ev->blocks[i];

		if (b->phase != PHASE_ENTRY || !b->addr || !b->len)
			continue;
		now = xcalloc(1, b->len);
		changed = memory_read(&t->task, b->addr, now, b->len) == b->len && memcmp(now, b->data, b->len) != 0;
		free(now);
	}
	return changed;
}

/* The call has its result: what it wrote and what it changed. */
static enum tracee_outcome finish_call(struct tracee_run *run, struct tracee *t, int64_t ret, struct err *err)
{
	struct sys_event *ev = &t->call;

	t->in_call = t->held = t->rewinds = false;
	if (t->text_len && !t->exec_done && memory_write(&t->task, t->text_addr, t->text_saved, t->text_len, err) < 0)
		return OUTCOME_FAILED;
	ev->ret = ret;
	ev->flags |= EVENT_RETURNED;
	if (!t->row)
		return offer(t, SOURCE_EXIT);
	if (!t->answered && capture(run, t, PHASE_EXIT, err) < 0)
		return OUTCOME_FAILED;
	if (t->audit && !t->answered && audit(run, t, err) < 0)
		return OUTCOME_FAILED;
	if (t->overlapped && !t->exec_done && was_changed(t))
		ev->flags |= EVENT_UNSTABLE;
	if ((t->answered && !t->stands_in) || event_failed(ev))
		return offer(t, SOURCE_EXIT);
	effects_note(&t->files->effects, &t->task, t->row, ev);
	if (!t->exec_done) {
		content_exit(t->space->content, &t->task, ev);
		return offer(t, SOURCE_EXIT);
	}
	content_exec(t->space->content, &t->task, ev, &t->auxv);
	instruction_add_cpuid(run, t);
	return offer(t, SOURCE_EXIT);
}

/* The call was interrupted, whatever the kernel makes of it. */
static bool is_restart(int64_t ret)
{
	return ret == -EINTR || (ret >= RESTART_FIRST && ret <= RESTART_LAST);
}

/* The program does not see the result: a stop behind this one makes it enter the call again. */
static enum tracee_outcome hold_and_rewind(struct tracee *t)
{
	t->held = t->rewinds = true;
	/* a request that has brought the task here is done with by this very stop (ptrace(2), PTRACE_INTERRUPT) */
	t->interrupting = true;
	stop_interrupt(&t->task);
	return go_on(t);
}

/*
 * EINTR where the recorded call had another result: a signal came early.  Without one, a call that changes something is not
 * made again: nobody knows whether it has been done.
 */
static bool was_interrupted_early(const struct tracee *t, const struct tracee_turn *turn)
{
	if (!turn->replay || turn->stop != SOURCE_EXIT || turn->result == -EINTR)
		return false;
	return (t->row && !(t->row->flags & CALL_CHANGES)) || signal_comes(&t->task);
}

static enum tracee_outcome on_exit_stop(struct tracee_run *run, struct tracee *t, const struct tracee_turn *turn,
					struct err *err)
{
	int64_t ret = t->stop.info.exit.rval;

	t->rest_ip = t->stop.info.instruction_pointer;
	if (!t->in_call) {
		t->state = TRACEE_READY;
		return OUTCOME_NOTHING;
	}
	if (turn->replay && !turn->wanted &&
	    ((ret == -EINTR && !t->answered) || stream_may_lack(t, ret) || ready_may_differ(t, ret)))
		return OUTCOME_LATER;
	if ((t->changed || t->flags_written || t->limit_written) && restore_arguments(t, err) < 0)
		return OUTCOME_FAILED;
	if (t->row && (t->row->flags & CALL_NO_RETURN)) {
		t->in_call = false;
		t->state = TRACEE_READY;
		segv_call(t);
		return OUTCOME_NOTHING;
	}
	if (turn->replay && turn->stop == SOURCE_EXIT) {
		int again = stream_may_lack(t, ret) ? stream_ask_for_rest(t, ret, turn->result, err)
						    : ready_ask_again(t, ret, turn, err);

		if (again)
			return again < 0 ? OUTCOME_FAILED : go_on(t);
	}
	if (stream_total(t, &ret, err) < 0)
		return OUTCOME_FAILED;
	if (t->runs_out && is_restart(ret)) {
		if (t->timeout->asks_again)
			return hold_and_rewind(t);
		ret = t->timeout->result;
		if (tracee_check_register(t, t->task.arch->set_ret(t->task.pid, ret), err) < 0)
			return OUTCOME_FAILED;
	} else if (t->answered) {
		if (t->stands_in && ret != t->answer) {
			err_set(err, ERR_UNSUPPORTED,
				"%s: the recorded descriptor, %lld, cannot be had again: the kernel's answer is %lld",
				t->row->name, (long long)t->answer, (long long)ret);
			return OUTCOME_FAILED;
		}
		ret = t->answer;
		if (tracee_check_register(t, t->task.arch->set_ret(t->task.pid, ret), err) < 0)
			return OUTCOME_FAILED;
	} else if (ret >= RESTART_FIRST && ret <= RESTART_LAST) {
		t->held = true;
		return go_on(t);
	} else if (ret == -EINTR && (t->interrupting || signal_interrupts_for_nothing(&t->task) ||
				     was_interrupted_early(t, turn))) {
		return hold_and_rewind(t);
	} else if (instruction_exit(t, &ret, err) < 0) {
		return OUTCOME_FAILED;
	}
	if (ret == 0 && !t->answered)
		segv_call(t);
	if (t->exec_done && ret == 0) {
		int ended = instruction_exec(run, t, err);

		if (ended)
			return ended < 0 ? OUTCOME_FAILED : tracee_look(run, t, turn, err);
	}
	return finish_call(run, t, ret, err);
}

static int rewind_call(struct tracee *t, struct err *err)
{
	t->rewinds = false;
	return tracee_check_register(t, t->task.arch->rewind(t->task.pid, t->call.nr, t->call_ip), err);
}

int tracee_take_over(struct tracee *t, pid_t leader, struct err *err)
{
	const struct arch *arch = t->task.arch;

	task_close(&t->task);
	return task_open(&t->task, leader, leader, arch, err);
}

static enum tracee_outcome on_exec(struct tracee_run *run, struct tracee *t, struct err *err)
{
	t->exec_done = true;
	t->borrows = false;
	leave_space(t);
	leave_files(t);
	segv_exec(t);
	if (task_reopen_memory(&t->task, err) < 0 ||
	    determinism_at_exec(&t->task, t->stop.info.stack_pointer, run->at_random, &t->auxv, err) < 0)
		return OUTCOME_FAILED;
	return go_on(t);
}

/* ---- signals and ends ---- */

struct sys_event *tracee_begin_other(struct tracee_run *run, struct tracee *t, enum event_type type, int32_t nr,
				     uint64_t arg0, uint64_t arg1)
{
	struct sys_event *ev = &t->other;

	arena_reset(t->other_arena);
	event_init(ev, t->other_arena);
	ev->type = type;
	ev->seq = run->seq++;
	ev->task = t->number;
	ev->nr = nr;
	ev->args[0] = arg0;
	ev->args[1] = arg1;
	ev->call = type == EVENT_SIGNAL || type == EVENT_END ? abi_schema_select(run->schema, nr, ev->args)
							       : ABI_UNDESCRIBED;
	return ev;
}

void tracee_begin_pause(struct tracee_run *run, struct tracee *t)
{
	event_init(&t->pause, t->other_arena);
	t->pause.type = EVENT_PREEMPTED;
	t->pause.seq = run->seq++;
	t->pause.task = t->number;
	t->pause.nr = ABI_PREEMPTED;
	t->pause.call = ABI_UNDESCRIBED;
}

static void read_siginfo(const struct tracee *t, uint8_t info[SIGINFO_SIZE])
{
	_Static_assert(sizeof(siginfo_t) == SIGINFO_SIZE, "siginfo_t is what the schema says");
	if (ptrace(PTRACE_GETSIGINFO, t->task.pid, NULL, info) < 0)
		memset(info, 0, SIGINFO_SIZE);
}

void tracee_offer_signal(struct tracee_run *run, struct tracee *t)
{
	struct sys_event *ev = tracee_begin_other(run, t, EVENT_SIGNAL, ABI_SIGNAL, (uint64_t)t->stop.signal, 0);
	uint8_t *info = arena_alloc(ev->arena, SIGINFO_SIZE);

	t->signal_waits = false;
	read_siginfo(t, info);
	if (ev->call != ABI_UNDESCRIBED)
		content_add(run->schema, ev, "", PHASE_ENTRY, BLOCK_OK, info, SIGINFO_SIZE);
	if (ev->nblocks)
		ev->blocks[0].addr = EVENT_SIGINFO_ADDR;
	offer(t, SOURCE_SIGNAL);
}

static struct kept_signal *find_kept(const struct tracee *t, int signal, bool sent)
{
	for (size_t i = 0; i < t->nkept; i++) {
		if (t->kept[i].number == signal && t->kept[i].sent == sent)
			return &t->kept[i];
	}
	return NULL;
}

static struct kept_signal *add_kept(struct tracee *t, int signal)
{
	t->kept = xrealloc(t->kept, t->nkept + 1, sizeof(*t->kept));
	t->kept[t->nkept] = (struct kept_signal){ .number = signal };
	return &t->kept[t->nkept++];
}

static void drop_kept(struct tracee *t, struct kept_signal *k)
{
	memmove(k, k + 1, (size_t)(t->kept + --t->nkept - k) * sizeof(*k));
}

/* Swallows the signal that the task stands at, to be given again when its turn comes. */
static void keep(struct tracee *t)
{
	struct kept_signal *k;

	/* a standard signal that is pending already is not pending twice */
	if (t->stop.signal >= SIGRTMIN || !find_kept(t, t->stop.signal, false)) {
		k = add_kept(t, t->stop.signal);
		read_siginfo(t, k->info);
	}
	t->stop.signal = 0;
}

bool tracee_stops_by(const struct tracee *t)
{
	return t->stop.kind == STOP_SIGNAL && signal_stops_by_default(&t->task, t->stop.signal);
}

pid_t tracee_signal_sender(const struct tracee *t)
{
	siginfo_t info;

	if (ptrace(PTRACE_GETSIGINFO, t->task.pid, NULL, &info) < 0)
		return 0;
	return info.si_code == SI_USER || info.si_code == SI_TKILL || info.si_code == SI_QUEUE ? info.si_pid : 0;
}

bool tracee_send_kept(struct tracee *t, int signal, const uint8_t *info)
{
	struct kept_signal *k = find_kept(t, signal, false);

	if (!k && !info)
		return false;
	if (!k) {
		k = add_kept(t, signal);
		memcpy(k->info, info, SIGINFO_SIZE);
	}
	k->sent = true;
	syscall(SYS_tgkill, t->task.leader, t->task.pid, signal);
	return true;
}

static enum tracee_outcome on_signal(struct tracee_run *run, struct tracee *t, const struct tracee_turn *turn,
				     struct err *err)
{
	int signal = t->stop.signal;
	struct kept_signal *sent = find_kept(t, signal, true);
	bool synchronous, early;
	uint8_t info[SIGINFO_SIZE];

	if (signal == SIGSEGV && !t->held) {
		int met = instruction_look(run, t, err);

		if (met == 2)
			return tracee_look(run, t, turn, err);
		if (met)
			return met < 0 ? OUTCOME_FAILED : offer(t, SOURCE_INSTRUCTION);
	}
	if (!sent && !signal_matters(&t->task, signal) && !(turn->from_within && signal_stops_by_default(&t->task, signal))) {
		if (t->rewinds && rewind_call(t, err) < 0)
			return OUTCOME_FAILED;
		return go_on(t);
	}
	if (turn->replay && !turn->wanted)
		return OUTCOME_LATER;
	if (sent) {
		ptrace(PTRACE_SETSIGINFO, t->task.pid, NULL, sent->info);
		drop_kept(t, sent);
	}
	read_siginfo(t, info);
	synchronous = event_is_fault(signal, info);
	if (turn->replay)
		early = turn->signal != signal;
	else
		early = !t->held && t->stop.info.instruction_pointer != t->rest_ip;
	if (early && !synchronous && !sent) {
		keep(t);
		if (t->rewinds && rewind_call(t, err) < 0)
			return OUTCOME_FAILED;
		return go_on(t);
	}
	if (t->held) { /* the handler runs first: to the program the call was interrupted */
		t->signal_waits = true;
		return finish_call(run, t, -EINTR, err);
	}
	tracee_offer_signal(run, t);
	return OUTCOME_EVENT;
}

static enum tracee_outcome offer_end(struct tracee_run *run, struct tracee *t, int status)
{
	struct sys_event *ev = tracee_begin_other(run, t, EVENT_END, ABI_TASK_END,
						  WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 0,
						  WIFSIGNALED(status) ? (uint64_t)WTERMSIG(status) : 0);

	if (t->stored && ev->call != ABI_UNDESCRIBED)
		content_add(run->schema, ev, "content", PHASE_ENTRY, content_status(t->space->content), t->stores,
			    sizeof(t->stores));
	t->end_given = true;
	t->end_status = status;
	return offer(t, SOURCE_END);
}

void tracee_offer_failed_start(struct tracee_run *run, struct tracee *t)
{
	int code = t->call.ret == -ENOENT || t->call.ret == -ENOTDIR ? 127 : 126;

	stop_kill(&t->task);
	t->stop.kind = STOP_GONE;
	offer_end(run, t, code << 8);
}

static enum tracee_outcome on_trap(struct tracee_run *run, struct tracee *t, const struct tracee_turn *turn, struct err *err)
{
	bool asked = t->interrupting;

	t->interrupting = false;
	if (t->rewinds && rewind_call(t, err) < 0)
		return OUTCOME_FAILED;
	/* it had come to a call or an instruction before it was made to stand, and that was taken for the place */
	if (!asked || t->in_call || (turn->replay && !(turn->wanted && turn->stop == SOURCE_PREEMPTED)))
		return go_on(t);
	t->rest_ip = t->stop.info.instruction_pointer;
	tracee_begin_pause(run, t);
	return offer(t, SOURCE_PREEMPTED);
}

enum tracee_outcome tracee_look(struct tracee_run *run, struct tracee *t, const struct tracee_turn *turn, struct err *err)
{
	int vanished = stop_classify(&t->task, t->status, &t->stop, err);

	if (vanished < 0)
		return OUTCOME_FAILED;
	if (vanished) {
		t->state = TRACEE_DYING;
		t->settled = false;
		return OUTCOME_NOTHING;
	}
	switch (t->stop.kind) {
	case STOP_ENTER:
		return on_enter(run, t, err);
	case STOP_EXIT:
		return on_exit_stop(run, t, turn, err);
	case STOP_EXEC:
		return on_exec(run, t, err);
	case STOP_NEW_TASK:
		tracee_begin_other(run, t, EVENT_TASK, ABI_NEW_TASK, 0, t->clone_flags);
		return offer(t, SOURCE_TASK);
	case STOP_SIGNAL:
		return on_signal(run, t, turn, err);
	case STOP_GROUP:
		t->state = TRACEE_LISTENING;
		return OUTCOME_NOTHING;
	case STOP_TRAP:
		return on_trap(run, t, turn, err);
	case STOP_ENDING:
		t->stored = !leaves_stores(t) && content_end(t->space->content, &t->task, t->stores);
		return offer_end(run, t, t->stop.status);
	case STOP_GONE:
		if (t->end_given) {
			t->state = TRACEE_DEAD;
			return OUTCOME_NOTHING;
		}
		return offer_end(run, t, t->stop.status);
	}
	return OUTCOME_NOTHING;
}

/*
 * Lies about a run: copies of a recording with one thing changed and all digests right, as somebody makes them who can
 * write a recording but not change the run.
 *   forge IN               lists them: "NUMBER SEQ CALL FIELD HOW"
 *   forge IN OUT NUMBER    writes one
 */
#include "abi/schema.h"
#include "base/check.h"
#include "recording/recording.h"
#include "verify/ahead.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENT ((size_t)64 << 20)
#define NONE      UINT64_MAX
#define TASKS     64 /* of these the open calls are known */
#define OUTSIDE   4194000 /* a process that nobody made */

struct forger {
	const struct abi_schema *schema;
	struct arena *arena;
	uint64_t wanted, n; /* lies: the one to be told, and how many were thought of so far */
	bool drop, again;   /* what the lie makes of the event as a whole */
	bool later;	    /* it comes behind the next one */
	bool at_end;	    /* it comes once more behind the last one */
	bool preempted, signal; /* such an event comes before it */
	struct sys_event kept;	/* the event that comes later or again */
	bool keeps_later, keeps_end;
	struct arena *kept_arena;
	int32_t open[TASKS]; /* tasks: number of the call that is open, to tell what it returns from */
	uint64_t open_args[TASKS][ABI_ARGS];
};

/* The next lie is the wanted one: says what about. */
static bool lie(struct forger *f, const struct sys_event *ev, const char *field, const char *how)
{
	const char *call = (ev->type == EVENT_CALL || ev->type == EVENT_INSTRUCTION) && ev->call != ABI_UNDESCRIBED
				   ? abi_schema_call(f->schema, ev->call)->label
			   : ev->type == EVENT_SIGNAL	 ? "signal"
			   : ev->type == EVENT_EFFECT	 ? "effect"
			   : ev->type == EVENT_RETURN	 ? arena_printf(f->arena, "return-from-%d", (int)ev->nr)
			   : ev->type == EVENT_TASK	 ? "new-task"
			   : ev->type == EVENT_PREEMPTED ? "preempted"
			   : ev->type == EVENT_END	 ? "task_end"
							 : "event";

	if (f->wanted == NONE)
		printf("%" PRIu64 " %" PRIu64 " %s %s %s\n", f->n, ev->seq, call, field, how);
	return f->n++ == f->wanted;
}

static const char *argument_name(const struct forger *f, const struct sys_event *ev, unsigned reg)
{
	const struct abi_call *c = abi_schema_call(f->schema, ev->call);

	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(f->schema, c->leaf_first + i);

		if (leaf->reg == reg)
			return leaf->path;
	}
	return NULL;
}

/* The name of a block: its pointer without ".addr". */
static const char *block_name(const struct forger *f, const struct sys_event *ev, const struct abi_block *b)
{
	const struct abi_call *c = abi_schema_call(f->schema, ev->call);
	const char *path = abi_schema_leaf(f->schema, c->leaf_first + b->node)->path;
	size_t len = strlen(path);

	if (len > 5 && strcmp(path + len - 5, ".addr") == 0)
		len -= 5;
	return arena_copy(f->arena, path, len);
}

static void flip(struct forger *f, struct abi_block *b, uint32_t at)
{
	uint8_t *data = arena_copy(f->arena, b->data, b->len);

	data[at] ^= 1;
	b->data = data;
}

static void forge_block(struct forger *f, struct sys_event *ev, uint32_t index)
{
	struct abi_block *b = &ev->blocks[index];
	const char *name = block_name(f, ev, b), *phase = b->phase == PHASE_ENTRY ? "before" : "after";
	uint32_t less;

	if (b->len && lie(f, ev, name, arena_printf(f->arena, "first-byte %s", phase)))
		flip(f, b, 0);
	if (b->len > 2 && lie(f, ev, name, arena_printf(f->arena, "middle-byte %s", phase)))
		flip(f, b, b->len / 2);
	if (b->len > 1 && lie(f, ev, name, arena_printf(f->arena, "last-byte %s", phase)))
		flip(f, b, b->len - 1);
	/* the NUL at the end of a text is no part of it */
	less = b->len && b->data[b->len - 1] == '\0' ? 2 : 1;
	if (b->len >= less && lie(f, ev, name, arena_printf(f->arena, "shorter %s", phase)))
		b->len -= less;
	if (lie(f, ev, name, arena_printf(f->arena, "unreadable %s", phase)))
		b->status = BLOCK_UNREADABLE;
	if (lie(f, ev, name, arena_printf(f->arena, "cut %s", phase)))
		b->status = BLOCK_CUT;
	if (lie(f, ev, name, arena_printf(f->arena, "missing %s", phase)))
		ev->blocks[index] = ev->blocks[--ev->nblocks];
}

static void forge_call(struct forger *f, struct sys_event *ev)
{
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		const char *name = argument_name(f, ev, i);

		if (name && lie(f, ev, name, "argument"))
			ev->args[i] ^= 1;
	}
	if ((ev->flags & EVENT_RETURNED) && (ev->type == EVENT_CALL || ev->type == EVENT_RETURN)) {
		if (lie(f, ev, "ret", "result"))
			ev->ret ^= 1;
		if (lie(f, ev, "ret", "failed"))
			ev->ret = -EIO;
	}
	if ((ev->flags & EVENT_RETURNED) && lie(f, ev, "-", "never-returned"))
		ev->flags &= ~EVENT_RETURNED;
	if (lie(f, ev, "-", "answered"))
		ev->flags ^= EVENT_ANSWERED;
	if (lie(f, ev, "-", "emulated"))
		ev->flags ^= EVENT_EMULATED;
	if (ev->type == EVENT_CALL && lie(f, ev, "-", "open"))
		ev->flags ^= EVENT_OPEN;
	if ((ev->type == EVENT_CALL || ev->type == EVENT_RETURN) && lie(f, ev, "-", "outside"))
		ev->flags ^= EVENT_OUTSIDE;
	if ((ev->type == EVENT_CALL || ev->type == EVENT_RETURN) && lie(f, ev, "-", "unstable"))
		ev->flags ^= EVENT_UNSTABLE;
	if (lie(f, ev, "-", "other-call"))
		ev->nr = ev->nr ? 0 : 1;
	if (lie(f, ev, "-", "undescribed-call"))
		ev->nr = 999;
}

/* What policies ask about and later events depend on, but no field holds. */
static void forge_facts(struct forger *f, struct sys_event *ev)
{
	for (uint32_t i = 0; i < ev->nfds; i++) {
		struct abi_fd_info *fd = &ev->fds[i];

		if (lie(f, ev, "fd.path", "fact"))
			fd->path = "/proc/version";
		if (lie(f, ev, "fd.kind", "fact"))
			fd->kind = FD_KIND_PIPE;
		if (lie(f, ev, "fd", "fact"))
			fd->fd += 1;
	}
	if (ev->cwd && lie(f, ev, "cwd", "fact"))
		ev->cwd = "/proc";
	if (ev->command && lie(f, ev, "command", "fact"))
		ev->command = "/bin/false";
}

/* Who made whom, and how. */
static void forge_task(struct forger *f, struct sys_event *ev)
{
	if (lie(f, ev, "number", "next"))
		ev->args[0]++;
	if (lie(f, ev, "number", "program"))
		ev->args[0] = 0;
	if (lie(f, ev, "number", "huge"))
		ev->args[0] = UINT32_MAX;
	if (lie(f, ev, "number", "wide"))
		ev->args[0] |= (uint64_t)1 << 32;
	if (lie(f, ev, "flags", "memory"))
		ev->args[1] ^= CLONE_VM;
	if (lie(f, ev, "flags", "files"))
		ev->args[1] ^= CLONE_FILES;
	if (lie(f, ev, "flags", "thread"))
		ev->args[1] ^= CLONE_THREAD;
	if (lie(f, ev, "process", "other"))
		ev->args[2] = OUTSIDE;
	if (lie(f, ev, "process", "none"))
		ev->args[2] = 0;
	if (lie(f, ev, "process", "wide"))
		ev->args[2] |= (uint64_t)1 << 40;
	if (lie(f, ev, "process", "negative"))
		ev->args[2] = UINT64_MAX;
	if (lie(f, ev, "process", "maker"))
		ev->args[2] = ev->args[3];
	if (lie(f, ev, "maker", "other"))
		ev->args[3] = OUTSIDE;
}

static void set_siginfo(struct forger *f, struct sys_event *ev, int code, int pid)
{
	siginfo_t info;

	if (!ev->nblocks || ev->blocks[0].len != sizeof(info))
		return;
	memcpy(&info, ev->blocks[0].data, sizeof(info));
	info.si_code = code;
	info.si_pid = pid;
	ev->blocks[0].data = arena_copy(f->arena, &info, sizeof(info));
}

static void forge_signal(struct forger *f, struct sys_event *ev)
{
	if (lie(f, ev, "number", "other"))
		ev->args[0] = ev->args[0] == SIGUSR1 ? SIGUSR2 : SIGUSR1;
	if (lie(f, ev, "number", "none"))
		ev->args[0] = 0;
	if (lie(f, ev, "number", "huge"))
		ev->args[0] = 65;
	if (lie(f, ev, "siginfo", "from-outside"))
		set_siginfo(f, ev, SI_USER, OUTSIDE);
	if (lie(f, ev, "siginfo", "from-the-kernel"))
		set_siginfo(f, ev, SI_KERNEL, 0);
}

static void forge_event(struct forger *f, struct sys_event *ev)
{
	f->drop = f->again = f->later = f->at_end = f->preempted = f->signal = false;
	if (ev->type == EVENT_INPUT)
		return;
	if (lie(f, ev, "-", "dropped"))
		f->drop = true;
	if (lie(f, ev, "-", "twice"))
		f->again = true;
	if (lie(f, ev, "-", "other-task"))
		ev->task++;
	if (lie(f, ev, "-", "far-task"))
		ev->task = UINT32_MAX - 3;
	if (ev->task && lie(f, ev, "-", "first-task"))
		ev->task = 0;
	if (lie(f, ev, "-", "later"))
		f->later = true;
	if (lie(f, ev, "-", "at-end"))
		f->at_end = true;
	if (lie(f, ev, "-", "waited"))
		ev->waited = UINT32_MAX;
	if (lie(f, ev, "-", "preempted-before"))
		f->preempted = true;
	if (lie(f, ev, "-", "signal-before"))
		f->signal = true;
	if (ev->type == EVENT_TASK)
		forge_task(f, ev);
	if (ev->type == EVENT_SIGNAL)
		forge_signal(f, ev);
	if (ev->call == ABI_UNDESCRIBED)
		return;
	forge_call(f, ev);
	for (uint32_t i = 0; i < ev->nblocks; i++)
		forge_block(f, ev, i);
	forge_facts(f, ev);
}

/* Which call this is, or the end of. */
static uint32_t call_of(struct forger *f, const struct sys_event *ev)
{
	bool known = ev->task < TASKS;

	if (ev->type == EVENT_TASK || ev->type == EVENT_PREEMPTED)
		return ABI_UNDESCRIBED;
	if (known && ev->type == EVENT_CALL) {
		f->open[ev->task] = ev->nr;
		memcpy(f->open_args[ev->task], ev->args, sizeof(ev->args));
	}
	if (known && ev->type == EVENT_RETURN && f->open[ev->task] == ev->nr)
		return abi_schema_select(f->schema, ev->nr, f->open_args[ev->task]);
	return abi_schema_select(f->schema, ev->nr, ev->args);
}

/* An event that nobody saw, before ev. */
static int make_up(struct forger *f, const struct sys_event *ev, struct rec_writer *w, struct err *err)
{
	siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_USER };
	struct sys_event made;

	event_init(&made, f->arena);
	made.seq = ev->seq;
	made.task = ev->task;
	made.type = f->signal ? EVENT_SIGNAL : EVENT_PREEMPTED;
	made.nr = f->signal ? ABI_SIGNAL : ABI_PREEMPTED;
	if (f->signal) {
		info.si_pid = OUTSIDE;
		made.args[0] = SIGUSR1;
		*event_add_block(&made) = (struct abi_block){ .phase = PHASE_ENTRY,
							      .addr = EVENT_SIGINFO_ADDR,
							      .data = arena_copy(f->arena, &info, sizeof(info)),
							      .len = sizeof(info) };
	}
	return rec_writer_event(w, &made, err);
}

static void keep(struct forger *f, const struct sys_event *ev)
{
	event_copy(&f->kept, ev, UINT32_MAX, f->kept_arena);
	f->keeps_later = f->later;
	f->keeps_end = f->at_end;
}

/* Passes the next event on, with the lie if it is about it.  w NULL: only thinks of lies. */
static int pass(struct forger *f, const struct sys_event *ev, struct rec_writer *w, struct err *err)
{
	bool comes_now = f->keeps_later;
	struct sys_event mine;

	arena_reset(f->arena);
	event_copy(&mine, ev, UINT32_MAX, f->arena);
	mine.call = call_of(f, &mine);
	forge_event(f, &mine);
	if (!w)
		return 0;
	if ((f->signal || f->preempted) && make_up(f, &mine, w, err) != 0)
		return -1;
	if (f->later || f->at_end)
		keep(f, &mine);
	for (int i = 0; i < (f->drop || f->later ? 0 : f->again ? 2 : 1); i++) {
		if (rec_writer_event(w, &mine, err) != 0)
			return -1;
	}
	if (comes_now && rec_writer_event(w, &f->kept, err) != 0)
		return -1;
	f->keeps_later &= !comes_now;
	return 0;
}

static int forge(struct forger *f, struct rec_reader *r, const char *to, struct err *err)
{
	struct rec_writer *w = to ? rec_writer_open(to, rec_reader_header(r), err) : NULL;
	const struct sys_event *ev;
	struct rec_trailer trailer;
	int more;

	if (to && !w)
		return -1;
	while ((more = rec_reader_next(r, &ev, err)) > 0) {
		if (pass(f, ev, w, err) != 0) {
			more = -1;
			break;
		}
	}
	if (more < 0) {
		if (w)
			rec_writer_abandon(w);
		return -1;
	}
	if (w && (f->keeps_later || f->keeps_end) && rec_writer_event(w, &f->kept, err) != 0) {
		rec_writer_abandon(w);
		return -1;
	}
	trailer = *rec_reader_trailer(r);
	if (f->wanted == NONE)
		printf("%" PRIu64 " - - wait_status trailer\n", f->n);
	if (f->n++ == f->wanted)
		trailer.wait_status ^= 0x100;
	return w ? rec_writer_finish(w, &trailer, err) : 0;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct rec_reader *r;
	struct forger f = { .wanted = NONE };
	struct abi_schema *schema;
	int status = 2;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "usage: forge IN [OUT NUMBER]\n");
		return 2;
	}
	schema = abi_schema_new(ARCH_X86_64);
	f.schema = schema;
	f.arena = arena_new();
	f.kept_arena = arena_new();
	if (argc == 4)
		f.wanted = strtoull(argv[3], NULL, 10);
	r = rec_reader_open(argv[1], MAX_EVENT, &err);
	if (r && forge(&f, r, argc == 4 ? argv[2] : NULL, &err) == 0) {
		if (argc == 4 && f.wanted >= f.n)
			err_set(&err, ERR_USAGE, "there are %" PRIu64 " lies", f.n);
		else
			status = 0;
	}
	if (status)
		fprintf(stderr, "forge: %s\n", err.text);
	if (r)
		rec_reader_close(r);
	arena_free(f.arena);
	arena_free(f.kept_arena);
	abi_schema_free(schema);
	return status;
}

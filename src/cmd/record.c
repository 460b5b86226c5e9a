/*
 * sperrips record: runs a program and writes what its system calls did to a recording.
 */
#include "cmd/common.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/sign.h"
#include "cmd/audit.h"
#include "cmd/box.h"
#include "cmd/option.h"
#include "trace/content.h"
#include "cmd/run.h"
#include "verify/decide.h"
#include "verify/world.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOOL "sperrips record"

enum {
	OPT_POLICY = 1,
	OPT_OUTPUT,
	OPT_STDIN,
	OPT_CHDIR,
	OPT_ENV,
	OPT_ASLR,
	OPT_CPUID_RUNS,
	OPT_AUDIT,
	OPT_AUDIT_LOG,
	OPT_COMMAND,
	OPT_SIGN,
};

static const struct cmd_option options[] = {
	{ OPT_POLICY, 'p', "policy", "FILE", "policy, .spol or .spo (default: the installed strict.spol)" },
	{ OPT_OUTPUT, 'o', "output", "FILE", "where the recording goes (default: recording.bin)" },
	{ OPT_STDIN, 'i', "stdin", "FILE", "the program's standard input" },
	{ OPT_CHDIR, 'C', "chdir", "DIR", "the program's working directory" },
	{ OPT_ENV, 'E', "env", "NAME=VALUE", "add or replace an environment variable (may be repeated)" },
	{ OPT_ASLR, 0, "aslr", NULL, "leave address-space layout randomisation on" },
	{ OPT_CPUID_RUNS, 0, "cpuid-runs", NULL, "do not trap cpuid: for a replay where that cannot be done" },
	{ OPT_AUDIT, 0, "audit", NULL, "hold what calls change in memory against their descriptions (slow; 125: something is wrong)" },
	{ OPT_AUDIT_LOG, 0, "audit-log", "FILE", "audit, and write how often each call was met: LABEL SUCCESSES FAILURES FINDINGS" },
	{ OPT_COMMAND, 'n', "command", "NAME", "keep this name of what is run: a replay can insist on it" },
	{ OPT_SIGN, 0, "sign", "KEY", "sign the recording with the private key in this file (sperrips keygen makes one)" },
	BOX_OPTIONS,
};

/* The call that a task is in. */
struct doing {
	const struct sys_event *entered; /* lent until the task's next event; NULL: none, or an ignored one */
	bool ignoring;			 /* nothing of it is recorded */
	bool written;			 /* its beginning is an event of its own already */
};

struct recorder {
	const struct abi_schema *schema;
	const struct vm_prog *policy;
	struct world *world;
	struct source *source;
	struct rec_writer *writer;
	struct rec_trailer trailer;
	struct box *box; /* or NULL */
	struct rec_container container;
	struct doing *doing; /* by task number */
	size_t ndoing;
	struct doing *pending; /* the call that was entered last, if nothing of it is written yet: at most one */
	uint64_t next_seq;
	uint64_t event_ns;     /* when the event before came */
	struct progress progress;
	int input;	       /* the file on the program's standard input, opened by us, or -1 */
	const char *input_path; /* as the facts show it */
	struct arena *scratch;
};

#define INPUT_CHUNK ((size_t)128 << 10)

/* Whole content of the file on standard input into the recording. */
static int keep_input(struct recorder *r, struct err *err)
{
	uint8_t *chunk = arena_raw(r->scratch, INPUT_CHUNK);
	struct sys_event ev;
	struct abi_block *b;
	uint64_t at = 0;
	ssize_t n;

	while ((n = fd_pread_full(r->input, chunk, INPUT_CHUNK, (off_t)at, r->input_path, err)) > 0) {
		event_init(&ev, r->scratch);
		ev.type = EVENT_INPUT;
		ev.nr = ABI_INPUT;
		ev.args[0] = at;
		b = event_add_block(&ev);
		b->phase = PHASE_EXIT;
		b->data = chunk;
		b->len = (uint32_t)n;
		if (rec_writer_event(r->writer, &ev, err) < 0)
			return -1;
		at += (uint64_t)n;
	}
	fd_close(&r->input);
	return n < 0 ? -1 : 0;
}

/*
 * Calls that move or map file content without the program's reading it have a synthetic field, a digest of it.  If that
 * file is the one on standard input, a replay needs the content itself: once, before the first such call.
 */
static int before_call(struct recorder *r, struct facts *facts, const struct sys_event *ev, struct err *err)
{
	const struct abi_call *call;
	bool moves = false, input = false;

	if (r->input < 0 || ev->call == ABI_UNDESCRIBED)
		return 0;
	call = abi_schema_call(r->schema, ev->call);
	if (call->row->nfields == call->row->nargs)
		return 0;
	for (uint32_t i = 0; i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(r->schema, call->leaf_first + i);
		struct value path;

		moves |= leaf->synthetic;
		if (leaf->kind == KIND_FD && leaf->reg < ABI_ARGS &&
		    facts_get(facts, ev, FACT_FD_PATH, (int32_t)ev->args[leaf->reg], &path))
			input |= path.len == strlen(r->input_path) && memcmp(path.data, r->input_path, path.len) == 0;
	}
	return moves && input ? keep_input(r, err) : 0;
}

static struct doing *doing_of(struct recorder *r, uint32_t task)
{
	size_t pending = r->pending ? (size_t)(r->pending - r->doing) : 0;

	if (task >= r->ndoing) {
		size_t n = task + 16u;

		r->doing = xrealloc(r->doing, n, sizeof(*r->doing));
		memset(r->doing + r->ndoing, 0, (n - r->ndoing) * sizeof(*r->doing));
		r->ndoing = n;
		if (r->pending)
			r->pending = r->doing + pending;
	}
	return &r->doing[task];
}

static int append(struct recorder *r, const struct sys_event *ev, struct err *err)
{
	uint64_t now = clock_coarse_ns(CLOCK_MONOTONIC_COARSE), waited = r->event_ns ? (now - r->event_ns) / 1000000 : 0;
	struct sys_event slow;

	r->event_ns = now;
	r->next_seq = ev->seq + 1;
	progress_event(&r->progress);
	if (waited < 1000)
		return rec_writer_event(r->writer, ev, err);
	slow = *ev;
	slow.waited = waited > UINT32_MAX ? UINT32_MAX : (uint32_t)waited;
	return rec_writer_event(r->writer, &slow, err);
}

/* What is known of a call in one phase, as an event of its own.  blocks: room for all of them. */
static struct sys_event half(const struct sys_event *ev, enum abi_phase phase, struct abi_block *blocks)
{
	struct sys_event h = *ev;

	h.nblocks = 0;
	h.blocks = blocks;
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == phase)
			blocks[h.nblocks++] = ev->blocks[i];
	}
	if (phase == PHASE_EXIT) {
		h.type = EVENT_RETURN;
		memset(h.args, 0, sizeof(h.args));
		return h;
	}
	/* the source may know more by now: it is not this event's */
	h.flags = (ev->flags & (EVENT_INITIAL | EVENT_ANSWERED | EVENT_MESSAGES)) | EVENT_OPEN;
	h.ret = 0;
	h.nfds = h.nregions = 0;
	h.cwd = h.command = NULL;
	return h;
}

static int write_half(struct recorder *r, const struct sys_event *ev, enum abi_phase phase, struct err *err)
{
	struct abi_block *blocks = xcalloc(ev->nblocks + 1u, sizeof(*blocks));
	struct sys_event h = half(ev, phase, blocks);
	int result = append(r, &h, err);

	free(blocks);
	return result;
}

/* Something else happens while a call is under way: its beginning comes first. */
static int flush_pending(struct recorder *r, struct err *err)
{
	struct doing *d = r->pending;

	r->pending = NULL;
	if (!d)
		return 0;
	d->written = true;
	return write_half(r, d->entered, PHASE_ENTRY, err);
}

static int write_event(struct recorder *r, const struct sys_event *ev, struct err *err)
{
	if (flush_pending(r, err) < 0)
		return -1;
	return append(r, ev, err);
}

/* A call that has ended, or never will. */
static int write_call(struct recorder *r, struct doing *d, const struct sys_event *ev, struct err *err)
{
	bool written = d->written;

	if (r->pending == d)
		r->pending = NULL;
	d->entered = NULL;
	d->written = false;
	if (written)
		return flush_pending(r, err) < 0 ? -1 : write_half(r, ev, PHASE_EXIT, err);
	return write_event(r, ev, err);
}

static int forbidden(struct recorder *r, const struct sys_event *ev, uint32_t rule)
{
	const struct vm_rule *by = rule == VM_NO_RULE ? NULL : vm_rule_get(r->policy, rule);
	CLEANUP(buf_free) struct buf text = { 0 };

	abi_print_event(r->schema, ev, 64, &text);
	if (by)
		fprintf(stderr, TOOL ": %s:%u:%u: forbidden by the policy: %s\n", by->file, by->line, by->column,
			buf_cstr(&text));
	r->source->ops->kill(r->source);
	r->trailer.end = REC_END_FORBIDDEN;
	r->trailer.reason = "the policy forbade a call";
	return 1;
}

static bool returns(const struct recorder *r, const struct sys_event *ev)
{
	return ev->call == ABI_UNDESCRIBED || !(abi_schema_call(r->schema, ev->call)->row->flags & CALL_NO_RETURN);
}

static int on_enter(struct recorder *r, const struct sys_event *ev, struct err *err)
{
	struct doing *doing = doing_of(r, ev->task);
	const struct world_task *t = world_get(r->world, ev->task);
	const struct decide_context c = { .schema = r->schema,
					  .policy = r->policy,
					  .facts = { t->facts[WORLD_RECORDED], t->facts[WORLD_RECORDED] },
					  .depth = t->depth,
					  .maps = t->maps };
	struct vm_disposed d = { .disposition = DISP_EXECUTE, .rule = VM_NO_RULE };

	if (ev->call != ABI_UNDESCRIBED)
		d = verify_dispose(&c, ev, ev);
	else
		vm_dispose_number(r->policy, ev->nr, &d);
	r->trailer.undescribed += ev->call == ABI_UNDESCRIBED && d.disposition != DISP_IGNORE;
	if (d.disposition == DISP_FORBID) {
		if (write_event(r, ev, err) < 0)
			return -1;
		return forbidden(r, ev, d.rule);
	}
	if (before_call(r, t->facts[WORLD_RECORDED], ev, err) < 0)
		return -1;
	if (rec_writer_waits(r->writer) && content_may_change(r->schema, ev) && rec_writer_settle(r->writer, err) < 0)
		return -1;
	*doing = (struct doing){ .ignoring = d.disposition == DISP_IGNORE };
	if (doing->ignoring)
		return 0;
	if (!returns(r, ev))
		return write_event(r, ev, err);
	if (flush_pending(r, err) < 0)
		return -1;
	doing->entered = ev;
	r->pending = doing;
	return 0;
}

/* Of an event that is not written: nobody else closes their files. */
static void forget_digests(const struct sys_event *ev)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].later)
			close(ev->blocks[i].later->fd);
	}
}

static int on_exit_stop(struct recorder *r, const struct sys_event *ev, struct err *err)
{
	struct doing *d = doing_of(r, ev->task);
	struct world_task *t = world_get(r->world, ev->task);
	bool ignored = d->ignoring;

	if (ev->command)
		world_exec(t);
	facts_apply(t->facts[WORLD_RECORDED], ev);
	d->ignoring = false;
	if (!ignored)
		return write_call(r, d, ev, err);
	forget_digests(ev);
	return 0;
}

static int on_new_task(struct recorder *r, const struct sys_event *ev, struct err *err)
{
	world_fork(r->world, world_get(r->world, ev->task), (uint32_t)ev->args[0], ev->args[1]);
	return write_event(r, ev, err);
}

/*
 * Ctrl-C is the program's as long as it runs.  Before, there is nobody else to take it; and what the program leaves running
 * may go on for ever.
 */
static volatile sig_atomic_t program_began, program_ended, stopped;

static void on_interrupt(int signal)
{
	if (!program_began || program_ended || signal == SIGTERM)
		stopped = signal;
}

static void watch_interrupts(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	program_began = program_ended = stopped = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int interrupted(struct recorder *r)
{
	r->source->ops->kill(r->source);
	r->trailer.end = REC_END_INCOMPLETE;
	r->trailer.reason = stopped == SIGTERM ? "SIGTERM ended the recording"
			    : program_began    ? "Ctrl-C ended the recording while tasks went on"
					       : "Ctrl-C came before the program had begun";
	fprintf(stderr, TOOL ": %s: a replay is not judged\n", r->trailer.reason);
	return 1;
}

static int on_end(struct recorder *r, const struct sys_event *ev, struct err *err)
{
	struct doing *d = doing_of(r, ev->task);

	/* killed inside a call: the call was entered and never came back */
	if (d->entered && !d->written && write_call(r, d, d->entered, err) < 0)
		return -1;
	*d = (struct doing){ 0 };
	world_end(r->world, ev->task);
	if (ev->task == 0) {
		program_ended = 1;
		if (ev->args[1] == SIGINT && world_count(r->world))
			fprintf(stderr, TOOL ": %zu tasks go on; Ctrl-C ends the recording\n", world_count(r->world));
	}
	return write_event(r, ev, err);
}

static int on_effect(void *recorder, const struct sys_event *ev, struct err *err)
{
	return write_event(recorder, ev, err);
}

/* 1: the run was stopped on purpose. */
static int run(struct recorder *r, struct err *err)
{
	enum source_stop stop;
	struct sys_event *ev;
	int result;

	for (;;) {
		if (r->source->ops->next(r->source, NULL, &stop, &ev, err) < 0)
			return -1;
		result = 0;
		switch (stop) {
		case SOURCE_ENTER:
			program_began = 1;
			result = on_enter(r, ev, err);
			break;
		case SOURCE_EXIT:
			result = on_exit_stop(r, ev, err);
			break;
		case SOURCE_TASK:
			result = on_new_task(r, ev, err);
			break;
		case SOURCE_END:
			result = on_end(r, ev, err);
			break;
		case SOURCE_SIGNAL:
		case SOURCE_PREEMPTED:
		case SOURCE_INSTRUCTION:
			result = write_event(r, ev, err);
			break;
		case SOURCE_DONE:
			return 0;
		case SOURCE_STUCK:
			return interrupted(r);
		case SOURCE_STOP_COUNT:
			INVARIANT(stop < SOURCE_STOP_COUNT);
		}
		if (result)
			return result;
	}
}

static int open_writer(struct recorder *r, const struct spawn_env *env, const struct record_request *q,
		       const struct sign_key *sign, struct arena *arena, struct err *err)
{
	struct rec_header h = { 0 };
	struct utsname host;
	struct timespec now;
	struct facts *facts;
	uint32_t *ignored;
	size_t n = abi_schema_ncalls(r->schema);

	cmd_header_from_env(env, &h);
	abi_schema_hash(r->schema, h.schema_hash);
	h.command_name = q->name ? q->name : "";
	h.policy_name = vm_policy_name(r->policy);
	memcpy(h.policy_digest, vm_source_digest(r->policy), DIGEST_SIZE);
	uname(&host);
	h.host_sysname = host.sysname;
	h.host_release = host.release;
	h.host_version = host.version;
	h.host_machine = host.machine;
	h.container = r->container;
	h.host_hostname = box_hostname(r->box) ? box_hostname(r->box) : host.nodename;
	clock_gettime(CLOCK_REALTIME, &now);
	h.started_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	ignored = arena_array(arena, n, sizeof(*ignored));
	for (uint32_t i = 0; i < n; i++) {
		if (vm_always_ignored(r->policy, i))
			ignored[h.nignored++] = i;
	}
	h.ignored = ignored;
	r->writer = rec_writer_open_signed(q->output, &h, sign, err);
	facts = facts_new(r->schema, env->cwd, host.release, host.machine, h.host_hostname);
	for (int i = 0; i < 3; i++)
		facts_set_fd(facts, i, env->stdio[i].kind, env->stdio[i].flags, env->stdio[i].path);
	r->world = world_new(facts, facts, maps_new());
	return r->writer ? 0 : -1;
}

/* The status that record ends with: the program's own, 128+signal when it was killed. */
static int program_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static int finish(struct recorder *r, const char *path, int ran, struct err *err)
{
	struct err ignored = { 0 };
	int status;

	progress_end(&r->progress);
	if (ran < 0 && err->code == ERR_IO) { /* the recording itself cannot be written: nothing to finish */
		rec_writer_abandon(r->writer);
		cmd_fail(TOOL, err);
		fprintf(stderr, TOOL ": what was recorded so far is in %s.part\n", path);
		return STATUS_RECORD_FAILED;
	}
	status = spawn_wait_status(r->source);
	r->trailer.wait_status = (uint32_t)status;
	if (ran < 0) {
		r->trailer.end = REC_END_INCOMPLETE;
		r->trailer.reason = err->text;
	}
	if (rec_writer_finish(r->writer, &r->trailer, &ignored) < 0) {
		cmd_fail(TOOL, &ignored);
		return STATUS_RECORD_FAILED;
	}
	if (ran < 0) {
		cmd_fail(TOOL, err);
		fprintf(stderr, TOOL ": %s is marked incomplete: a replay of it is not judged\n", path);
		return STATUS_RECORD_FAILED;
	}
	if (ran > 0)
		return STATUS_RECORD_FAILED;
	if (r->trailer.undescribed)
		fprintf(stderr, TOOL ": %llu calls have no description: a replay of %s is not judged unless a policy gives them a disposition\n",
			(unsigned long long)r->trailer.undescribed, path);
	return program_status(status);
}

static int record(const struct record_request *q, struct spawn_env *env, struct arena *arena)
{
	struct recorder r = { .input = -1 };
	int caller[3];
	struct spawn_options spawn = { .stdin_from = q->stdin_path ? STDIN_FILE : STDIN_INHERIT,
				       .stdin_path = q->stdin_path,
				       .caller = cmd_caller(q->outputs, caller) };
	const struct abi_schema *schema = &abi_schema_made;
	CLEANUP(sign_key_cleanup) struct sign_key *sign = NULL;
	struct cmd_audit *audit = NULL;
	struct vm_prog *policy = NULL;
	struct err err = { 0 };
	int status = STATUS_RECORD_FAILED;
	int ran, findings;

	if (q->sign && !(sign = sign_key_read(q->sign, &err))) {
		cmd_fail(TOOL, &err);
		goto out;
	}
	r.box = box_for_record(&q->box, &r.container, arena, &err);
	if (err_is_set(&err)) {
		cmd_fail(TOOL, &err);
		goto out;
	}
	box_adapt(r.box, env);
	if (q->chdir && !(env->cwd = box_directory(r.box, q->chdir, arena, &err))) {
		cmd_fail(TOOL, &err);
		goto out;
	}
	env->program = box_find(r.box, env, arena, &status, &err);
	if (!env->program) {
		cmd_fail(TOOL, &err);
		goto out;
	}
	policy = cmd_load_policy(q->policy, schema, arena, &err);
	if (!policy) {
		cmd_fail(TOOL, &err);
		status = STATUS_RECORD_FAILED;
		goto out;
	}
	r.schema = schema;
	r.policy = policy;
	spawn.schema = schema;
	spawn.env = env;
	spawn.digests_later = !q->audit;
	box_spawn(r.box, &spawn);
	if (q->audit) {
		audit = cmd_audit_new(schema);
		spawn.audit = cmd_audit_sink(audit);
	}
	if (open_writer(&r, env, q, sign, arena, &err) < 0) {
		cmd_fail(TOOL, &err);
		status = STATUS_RECORD_FAILED;
		goto out;
	}
	if (env->stdio[0].kind == FD_KIND_FILE) {
		r.input_path = env->stdio[0].path;
		r.input = open(q->stdin_path ? q->stdin_path : "/proc/self/fd/0", O_RDONLY | O_CLOEXEC);
		r.scratch = arena;
	}
	spawn.stop = &stopped;
	r.source = spawn_program(&spawn, &status, &err);
	if (!r.source) {
		rec_writer_abandon(r.writer);
		unlink(arena_printf(arena, "%s.part", q->output));
		cmd_fail(TOOL, &err);
		goto out;
	}
	if (sign)
		cmd_hide_memory();
	progress_start(&r.progress, TOOL);
	ran = run(&r, &err);
	if (ran == 0)
		ran = box_effects(r.box, schema, r.next_seq, on_effect, &r, &err);
	if (ran < 0)
		r.source->ops->kill(r.source);
	status = finish(&r, q->output, ran, &err);
	findings = audit ? cmd_audit_end(audit, TOOL, q->audit_log, &err) : 0;
	if (findings < 0)
		cmd_fail(TOOL, &err);
	if (findings)
		status = STATUS_RECORD_FAILED;
out:
	if (r.source)
		r.source->ops->free(r.source);
	box_free(r.box);
	cmd_audit_free(audit);
	fd_close(&r.input);
	world_free(r.world);
	free(r.doing);
	vm_free(policy);
	return status;
}

/* Descriptor 0 of the run is another one than ours: describe that. */
static int describe_stdin(const char *path, struct spawn_env *env, struct arena *arena, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *real = realpath(path, NULL);
	struct spawn_stdio *to = &env->stdio[0];
	struct stat st;

	if (fd < 0 || !real || fstat(fd, &st) < 0) {
		free(real);
		return err_errno(err, ERR_IO, "cannot open %s", path);
	}
	*to = (struct spawn_stdio){ .flags = O_RDONLY, .path = arena_strdup(arena, real), .mode = st.st_mode };
	free(real);
	if (S_ISREG(st.st_mode)) {
		to->kind = FD_KIND_FILE;
		to->size = (uint64_t)st.st_size;
	} else if (S_ISDIR(st.st_mode)) {
		to->kind = FD_KIND_DIR;
	} else if (S_ISFIFO(st.st_mode)) {
		to->kind = FD_KIND_PIPE;
	} else {
		to->kind = isatty(fd) ? FD_KIND_TTY : FD_KIND_DEVICE;
		to->rdev = st.st_rdev;
	}
	return 0;
}

static int prepare(struct record_request *q, struct spawn_env *env, struct arena *arena, struct err *err)
{
	if (q->stdin_path && describe_stdin(q->stdin_path, env, arena, err) < 0)
		return -1;
	if (q->stdin_path)
		q->stdin_path = env->stdio[0].path;
	for (int fd = 1; fd < 3; fd++) {
		if (q->outputs && q->outputs[fd - 1] >= 0)
			spawn_observe_stdio(&env->stdio[fd], q->outputs[fd - 1], arena);
	}
	for (const char *const *e = q->assignments; e && *e; e++)
		env->envp = cmd_env_with(env->envp, *e, arena);
	env->aslr = q->aslr;
	env->cpuid_runs = q->cpuid_runs || !spawn_can_trap_cpuid();
	env->argv = q->argv;
	if (getrandom(env->at_random, sizeof(env->at_random), 0) != (ssize_t)sizeof(env->at_random))
		return err_errno(err, ERR_IO, "cannot get random bytes for the program's AT_RANDOM");
	return 0;
}

int record_run(const struct record_request *asked)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	struct record_request q = *asked;
	struct spawn_env env = { 0 };
	struct err err = { 0 };
	int r = spawn_observe(&env, arena, &err);

	cmd_guard_stdio(); /* behind the look at what the program will inherit */
	cmd_leave_signals_to_program();
	watch_interrupts();
	if (r < 0 || prepare(&q, &env, arena, &err) < 0) {
		cmd_fail(TOOL, &err);
		return STATUS_RECORD_FAILED;
	}
	return record(&q, &env, arena);
}

static int record_main(int argc, char **argv)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	const char **assignments = arena_array(arena, (size_t)argc + 1, sizeof(*assignments));
	struct record_request q = { .output = "recording.bin", .assignments = assignments };
	size_t n = 0;
	struct cmd_args args;
	int option;

	cmd_start(&args, TOOL, &cmd_record, argc, argv, false);
	while ((option = cmd_next(&args)) != 0) {
		switch (option) {
		case OPT_POLICY:
			q.policy = args.value;
			break;
		case OPT_OUTPUT:
			q.output = args.value;
			break;
		case OPT_STDIN:
			q.stdin_path = args.value;
			break;
		case OPT_CHDIR:
			q.chdir = args.value;
			break;
		case OPT_ENV:
			if (!cmd_is_assignment(args.value))
				return cmd_usage_error(&args, "--env wants NAME=VALUE, not '%s'", args.value);
			assignments[n++] = args.value;
			break;
		case OPT_ASLR:
			q.aslr = true;
			break;
		case OPT_CPUID_RUNS:
			q.cpuid_runs = true;
			break;
		case OPT_AUDIT_LOG:
			q.audit_log = args.value;
			q.audit = true;
			break;
		case OPT_AUDIT:
			q.audit = true;
			break;
		case OPT_COMMAND:
			q.name = args.value;
			break;
		case OPT_SIGN:
			q.sign = args.value;
			break;
		default:
			if (!box_option(&q.box, option, args.value))
				return cmd_standard(&args, option);
		}
	}
	if (args.first >= argc)
		return cmd_usage_error(&args, "a program to record is missing");
	q.argv = (const char *const *)(argv + args.first);
	return record_run(&q);
}

const struct command cmd_record = {
	.name = "record",
	.synopsis = "[OPTION]... [--] PROGRAM [ARG]...",
	.summary = "Run a program and record every system call with its data",
	.options = options,
	.noptions = ARRAY_LEN(options),
	.run = record_main,
};

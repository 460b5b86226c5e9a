/*
 * sperrips replay: runs a recorded program again, holds it against the recording and says whether it executed the same.
 */
#include "cmd/common.h"

#include "base/check.h"
#include "base/fdio.h"
#include "base/sign.h"
#include "cmd/box.h"
#include "cmd/feed.h"
#include "cmd/option.h"
#include "cmd/run.h"
#include "report/report.h"
#include "verify/apply.h"
#include "verify/verify.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOOL	  "sperrips replay"
#define MAX_EVENT ((size_t)512 << 20) /* bytes of the largest event that is accepted from a file */
#define PATIENCE  30 /* seconds */

enum {
	OPT_POLICY = 1,
	OPT_INPUT,
	OPT_DIFFERENCES,
	OPT_REPORT_ONLY,
	OPT_JSON,
	OPT_REPORT,
	OPT_STDIN,
	OPT_CHDIR,
	OPT_ENV,
	OPT_ASLR,
	OPT_COMMAND,
	OPT_VERIFY_KEY,
	OPT_SIGN,
	OPT_PATIENCE,
};

static const struct cmd_option options[] = {
	{ OPT_POLICY, 'p', "policy", "FILE", "policy, .spol or .spo (default: the installed strict.spol)" },
	{ OPT_INPUT, 'i', "input", "FILE", "the recording (default: recording.bin)" },
	{ OPT_DIFFERENCES, 'd', "differences", "FILE", "write every difference to FILE" },
	{ OPT_REPORT_ONLY, 0, "report-only", NULL, "only report: never stop the program, never change what it sees" },
	{ OPT_JSON, 'j', "json", NULL, "the verdict as JSON" },
	{ OPT_REPORT, 'r', "report", "FILE", "where the verdict goes (default: standard error)" },
	{ OPT_STDIN, 0, "stdin", "FILE", "standard input from FILE instead of the recorded one" },
	{ OPT_CHDIR, 'C', "chdir", "DIR", "working directory instead of the recorded one" },
	{ OPT_ENV, 'E', "env", "NAME=VALUE", "add or replace an environment variable (may be repeated)" },
	{ OPT_ASLR, 0, "aslr", NULL, "leave address-space layout randomisation on" },
	{ OPT_COMMAND, 'n', "command", "NAME", "refuse a recording of what has another name" },
	{ OPT_VERIFY_KEY, 0, "verify-key", "PUB", "run nothing unless the recording is signed by the owner of this public key" },
	{ OPT_SIGN, 0, "sign", "KEY", "sign the differences file with the private key in this file" },
	{ OPT_PATIENCE, 0, "patience", "SECONDS", "how long to wait for the next recorded event, besides ten times what the recorded run waited (default: 30)" },
	BOX_OPTIONS,
};

/* Everything that one replay holds open. */
struct replay {
	struct arena *arena;
	const struct abi_schema *schema;
	struct vm_prog *policy;
	struct rec_reader *reader;
	struct diff_writer *differences;
	struct sign_key *sign; /* lent to differences, or NULL */
	struct feed *feed;
	bool feeding;
	struct box *box; /* or NULL */
	struct source *source;
	struct verify_session *session;
	struct progress progress;
};

static void replay_close(struct replay *r)
{
	if (r->source)
		r->source->ops->free(r->source);
	box_free(r->box);
	if (r->session)
		verify_close(r->session);
	if (r->differences)
		diff_writer_abandon(r->differences);
	sign_key_free(r->sign);
	feed_free(r->feed);
	if (r->reader)
		rec_reader_close(r->reader);
	vm_free(r->policy);
	arena_free(r->arena);
}

/* What differs in its name is something else: there is nothing to compare. */
static int check_name(const struct rec_header *h, const struct replay_request *q, struct err *err)
{
	if (!q->name || strcmp(q->name, h->command_name) == 0)
		return 0;
	if (!*h->command_name)
		return err_set(err, ERR_FORMAT, "%s is of a command without a name, not of \"%s\"", q->input, q->name);
	return err_set(err, ERR_FORMAT, "%s is of the command \"%s\", not of \"%s\"", q->input, h->command_name, q->name);
}

/* The recording was made with this build's schema, is whole, and left out no call that the policy wants to see. */
static int check_recording(struct replay *r, const char *path, struct err *err)
{
	const struct rec_header *h = rec_reader_header(r->reader);
	uint8_t hash[32];

	abi_schema_hash(r->schema, hash);
	if (memcmp(hash, h->schema_hash, sizeof(hash)) != 0)
		return err_set(err, ERR_SCHEMA, "%s was recorded with another system call schema; record it again with this version",
			       path);
	for (uint32_t i = 0; i < h->nignored; i++) {
		uint32_t call = h->ignored[i];

		if (call >= abi_schema_ncalls(r->schema))
			return err_set(err, ERR_FORMAT, "%s: the header names call %u, which there is not", path, call);
		if (!vm_always_ignored(r->policy, call))
			return err_set(err, ERR_POLICY,
				       "%s does not hold %s: it was recorded with policy %s, which ignores it, and policy %s does not",
				       path, abi_schema_call(r->schema, call)->label, h->policy_name,
				       vm_policy_name(r->policy));
	}
	return 0;
}

static int open_recording(struct replay *r, const struct replay_request *q, struct err *err)
{
	uint8_t key[SIGN_PUBLIC_SIZE];

	if (q->verify_key && sign_public_read(q->verify_key, key, err) < 0)
		return -1;
	if (q->sign && !(r->sign = sign_key_read(q->sign, err)))
		return -1;
	r->reader = rec_reader_open(q->input, MAX_EVENT, err);
	if (!r->reader || check_name(rec_reader_header(r->reader), q, err) < 0 || rec_reader_check(r->reader, err) < 0)
		return -1;
	if (q->verify_key && rec_reader_verify(r->reader, key, err) < 0)
		return -1;
	if (check_recording(r, q->input, err) < 0)
		return -1;
	if (q->differences) {
		r->differences = diff_writer_open_signed(q->differences, rec_reader_root(r->reader),
							 vm_policy_name(r->policy), vm_source_digest(r->policy), r->sign,
							 err);
		if (!r->differences)
			return -1;
	}
	return 0;
}

/* Where descriptor 0 of the replayed program comes from. */
static int choose_stdin(struct replay *r, const struct replay_request *q, struct spawn_options *spawn, struct err *err)
{
	const struct rec_stdio *in = &rec_reader_header(r->reader)->stdio[0];

	if (q->stdin_path) {
		spawn->stdin_from = STDIN_FILE;
		spawn->stdin_path = q->stdin_path;
		spawn->stdin_shown = in->path;
		return 0;
	}
	switch (in->kind) {
	case FD_KIND_NONE:
		spawn->stdin_from = STDIN_INHERIT;
		return 0;
	case FD_KIND_DEVICE:
	case FD_KIND_DIR:
		spawn->stdin_from = STDIN_FILE;
		spawn->stdin_path = in->path;
		return 0;
	case FD_KIND_FILE:
	case FD_KIND_PIPE:
	case FD_KIND_SOCKET:
	case FD_KIND_TTY:
	case FD_KIND_ANON:
	case FD_KIND_COUNT:
		break;
	}
	r->feed = feed_build(r->schema, r->reader, err);
	if (!r->feed)
		return -1;
	r->feeding = in->kind != FD_KIND_FILE;
	spawn->stdin_from = r->feeding ? STDIN_FEED : STDIN_FD;
	spawn->stdin_fd = r->feeding ? -1 : feed_file(r->feed);
	spawn->stdin_shown = in->path;
	return 0;
}

static int start(struct replay *r, const struct replay_request *q, struct err *err)
{
	struct spawn_env env;
	int caller[3];
	struct spawn_options spawn = { .schema = r->schema,
				       .env = &env,
				       .match_stdio = true,
				       .caller = cmd_caller(q->outputs, caller) };
	struct verify_options verify = { .schema = r->schema,
					 .policy = r->policy,
					 .reader = r->reader,
					 .differences = r->differences,
					 .report_only = q->report_only };
	int status;

	cmd_env_from_header(rec_reader_header(r->reader), &env);
	if (!env.cpuid_runs && !spawn_can_trap_cpuid())
		return err_set(err, ERR_UNSUPPORTED,
			       "the recording tells what cpuid gave, and here it cannot be trapped: record with --cpuid-runs");
	r->box = box_for_replay(&q->box, &rec_reader_header(r->reader)->container, r->arena, err);
	if (err_is_set(err))
		return -1;
	box_spawn(r->box, &spawn);
	verify.hostname = box_hostname(r->box);
	verify.elsewhere = r->box != NULL;
	env.aslr |= q->aslr;
	for (const char *const *e = q->assignments; e && *e; e++)
		env.envp = cmd_env_with(env.envp, *e, r->arena);
	if (q->chdir) {
		env.cwd = verify.cwd = box_directory(r->box, q->chdir, r->arena, err);
		if (!env.cwd)
			return -1;
	}
	if (q->argv) {
		env.argv = q->argv;
		env.program = box_find(r->box, &env, r->arena, &status, err);
		if (!env.program)
			return -1;
	}
	if (choose_stdin(r, q, &spawn, err) < 0)
		return -1;
	r->session = verify_open(&verify, err);
	if (!r->session)
		return -1;
	r->source = spawn_program(&spawn, &status, err);
	if (!r->source)
		return -1;
	if (r->sign)
		cmd_hide_memory();
	return 0;
}

/* One stop: what the policy says of it, done.  1: a violation ends the run. */
static int one_stop(struct replay *r, enum source_stop stop, const struct sys_event *ev, struct err *err)
{
	const struct decision *d = NULL;
	int result = 0;

	progress_event(&r->progress);
	switch (stop) {
	case SOURCE_ENTER:
		result = verify_enter(r->session, ev, &d, err);
		break;
	case SOURCE_EXIT:
		result = verify_exit(r->session, ev, &d, err);
		break;
	case SOURCE_SIGNAL:
	case SOURCE_INSTRUCTION:
		result = verify_signal(r->session, ev, &d, err);
		break;
	case SOURCE_TASK:
		result = verify_task(r->session, ev, &d, err);
		break;
	case SOURCE_PREEMPTED:
		result = verify_preempted(r->session, ev, &d, err);
		break;
	case SOURCE_END:
		result = verify_end(r->session, ev, &d, err);
		break;
	case SOURCE_DONE:
	case SOURCE_STUCK:
	case SOURCE_STOP_COUNT:
		INVARIANT(stop < SOURCE_DONE);
	}
	if (result < 0)
		return -1;
	if (d->action == ACTION_STOP) {
		r->source->ops->kill(r->source);
		return 1;
	}
	/* to a task that has ended nothing can be done */
	if (stop != SOURCE_END && verify_apply(r->source, d, err) < 0)
		return -1;
	if (r->feeding)
		feed_follow(r->feed, ev);
	return 0;
}

/* The recorded order cannot come about. */
static int stuck(struct replay *r, struct err *err)
{
	CLEANUP(buf_free) struct buf who = { 0 };

	r->source->ops->describe(r->source, &who);
	if (verify_stuck(r->session, buf_cstr(&who), err) < 0)
		return -1;
	r->source->ops->kill(r->source);
	return 1;
}

/* The recorded run waited here for long, or so the recording says: nobody is to think that nothing happens. */
static void say_wait(struct replay *r, uint32_t most_ms)
{
	CLEANUP(buf_free) struct buf who = { 0 };
	const struct sys_event *ev = verify_expected(r->session);

	r->source->ops->describe(r->source, &who);
	fprintf(stderr, TOOL ": waiting for event %llu for up to %lu s, as the recorded run did for long: %s\n",
		ev ? (unsigned long long)ev->seq : 0, (unsigned long)most_ms / 1000, buf_cstr(&who));
}

/* As source_ops.next: not without a word, where it takes longer than patience_ms. */
static int next_event(struct replay *r, struct source_want *want, uint32_t patience_ms, enum source_stop *stop,
		      struct sys_event **ev, struct err *err)
{
	uint32_t most_ms = want ? want->patience_ms : 0;

	if (most_ms > patience_ms)
		want->patience_ms = patience_ms;
	if (r->source->ops->next(r->source, want, stop, ev, err) < 0)
		return -1;
	if (*stop != SOURCE_STUCK || most_ms <= patience_ms)
		return 0;
	say_wait(r, most_ms);
	want->patience_ms = most_ms;
	return r->source->ops->next(r->source, want, stop, ev, err);
}

/* 0: the program came to its end; 1: stopped for a violation; -1: *err, not judged. */
static int run(struct replay *r, uint32_t patience_ms, struct err *err)
{
	const struct source_want *want;
	struct source_want next;
	enum source_stop stop;
	struct sys_event *ev;
	int result;

	do {
		if (verify_want(r->session, patience_ms, &next, &want, err) < 0)
			return -1;
		if (r->feeding && feed_before(r->feed, r->source, want, err) < 0)
			return -1;
		if (next_event(r, want ? &next : NULL, patience_ms, &stop, &ev, err) < 0)
			return -1;
		if (stop == SOURCE_DONE)
			return 0;
		if (stop == SOURCE_STUCK)
			return stuck(r, err);
		result = one_stop(r, stop, ev, err);
	} while (result == 0);
	return result;
}

static int on_effect(void *session, const struct sys_event *ev, struct err *err)
{
	return verify_effect(session, ev, err);
}

/* What the run has left in its container. */
static int compare_effects(struct replay *r, struct err *err)
{
	if (!r->box)
		return 0;
	if (box_effects(r->box, r->schema, 0, on_effect, r->session, err) < 0)
		return -1;
	return verify_effect(r->session, NULL, err);
}

static int print_report(const struct replay_request *q, const struct verdict *v, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (q->quiet && !q->report && v->kind == VERDICT_SAME)
		return 0;
	if (q->json)
		report_json(v, &text);
	else
		report_text(v, !q->report && cmd_color(), &text);
	if (!q->report)
		return fd_write_all(STDERR_FILENO, text.data, text.len, "standard error", err);
	return file_write_atomic(q->report, text.data, text.len, err);
}

static int replay(struct replay *r, const struct replay_request *q, struct err *err)
{
	const struct verdict *v;
	struct err run_err = { 0 };
	int ran;

	r->policy = cmd_load_policy(q->policy, r->schema, r->arena, err);
	if (!r->policy || open_recording(r, q, err) < 0 || start(r, q, err) < 0)
		return -1;
	progress_start(&r->progress, TOOL);
	ran = run(r, q->patience_ms ? q->patience_ms : PATIENCE * 1000, &run_err);
	progress_end(&r->progress);
	r->source->ops->kill(r->source);
	/* free, so that all of the program's output is out before the verdict is */
	r->source->ops->free(r->source);
	r->source = NULL;
	if (ran == 0)
		ran = compare_effects(r, &run_err);
	if (verify_finish(r->session, ran < 0 ? run_err.text : NULL, err) < 0)
		return -1;
	v = verify_verdict(r->session);
	if (r->differences && diff_writer_finish(STEAL(r->differences), verdict_name(v->kind), err) < 0)
		return -1;
	if (print_report(q, v, err) < 0)
		return -1;
	return verdict_exit_status(v->kind);
}

int replay_run(const struct replay_request *q)
{
	struct replay r = { .arena = arena_new() };
	struct err err = { 0 };
	int status;

	cmd_leave_signals_to_program();
	cmd_guard_stdio();
	r.schema = &abi_schema_made;
	status = replay(&r, q, &err);
	if (status < 0)
		status = cmd_fail(TOOL, &err);
	replay_close(&r);
	return status;
}

static int replay_main(int argc, char **argv)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	const char **assignments = arena_array(arena, (size_t)argc + 1, sizeof(*assignments));
	struct replay_request q = { .input = "recording.bin", .assignments = assignments };
	size_t n = 0;
	unsigned long seconds;
	struct cmd_args args;
	int option;
	char *end;

	cmd_start(&args, TOOL, &cmd_replay, argc, argv, false);
	while ((option = cmd_next(&args)) != 0) {
		switch (option) {
		case OPT_POLICY:
			q.policy = args.value;
			break;
		case OPT_INPUT:
			q.input = args.value;
			break;
		case OPT_DIFFERENCES:
			q.differences = args.value;
			break;
		case OPT_REPORT_ONLY:
			q.report_only = true;
			break;
		case OPT_JSON:
			q.json = true;
			break;
		case OPT_REPORT:
			q.report = args.value;
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
		case OPT_COMMAND:
			q.name = args.value;
			break;
		case OPT_VERIFY_KEY:
			q.verify_key = args.value;
			break;
		case OPT_SIGN:
			q.sign = args.value;
			break;
		case OPT_PATIENCE:
			seconds = strtoul(args.value, &end, 10);
			if (*end || end == args.value || args.value[0] == '-' || seconds > UINT32_MAX / 2000)
				return cmd_usage_error(&args, "--patience wants a number of seconds, not '%s'", args.value);
			q.patience_ms = (uint32_t)seconds * 1000;
			break;
		default:
			if (!box_option(&q.box, option, args.value))
				return cmd_standard(&args, option);
		}
	}
	if (q.sign && !q.differences)
		return cmd_usage_error(&args, "--sign signs the differences file: --differences is missing");
	if (args.first < argc)
		q.argv = (const char *const *)(argv + args.first);
	return replay_run(&q);
}

const struct command cmd_replay = {
	.name = "replay",
	.synopsis = "[OPTION]... [[--] PROGRAM [ARG]...]",
	.summary = "Run a recorded program again and say whether it executed the same; PROGRAM replaces the recorded command",
	.options = options,
	.noptions = ARRAY_LEN(options),
	.run = replay_main,
};

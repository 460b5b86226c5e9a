/*
 * sperrips show: prints a recording or a differences file, as people read system calls or one JSON object a line.
 */
#include "cmd/common.h"

#include "base/check.h"
#include "base/fdio.h"
#include "cmd/option.h"
#include "recording/lineage.h"
#include "recording/open_calls.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOOL	    "sperrips show"
#define MAX_EVENT   ((size_t)512 << 20)
#define STRING_SIZE 64 /* bytes shown of each string unless --string-size says otherwise */

enum {
	OPT_JSON = 1,
	OPT_STRING_SIZE,
};

static const struct cmd_option options[] = {
	{ OPT_JSON, 'j', "json", NULL, "one JSON object a line" },
	{ OPT_STRING_SIZE, 's', "string-size", "N", "show at most N bytes of each string (default: 64)" },
};

struct shower {
	const struct abi_schema *schema;
	bool json;
	uint32_t string_size;
	struct buf line;
	struct lineage *lineage;  /* of the recording's tasks so far */
	struct open_calls *open;
};

/* Out with what stands in line.  -1: standard output cannot take it (*err IO). */
static int put(struct shower *s, struct err *err)
{
	if (fwrite(s->line.data, 1, s->line.len, stdout) != s->line.len)
		return err_errno(err, ERR_IO, "cannot write to standard output");
	buf_clear(&s->line);
	return 0;
}

static int put_json(struct shower *s, cJSON *object, struct err *err)
{
	char *text = cJSON_PrintUnformatted(object);

	INVARIANT(text != NULL);
	buf_str(&s->line, text);
	buf_byte(&s->line, '\n');
	cJSON_free(text);
	cJSON_Delete(object);
	return put(s, err);
}

/* ---- recordings ---- */

static void container_json(const struct rec_container *c, cJSON *o)
{
	cJSON *to;

	if (c->kind == REC_CONTAINER_NONE)
		return;
	to = cJSON_AddObjectToObject(o, "container");
	cJSON_AddStringToObject(to, "root", c->kind == REC_CONTAINER_HOST ? "/" : c->lower);
	cJSON_AddBoolToObject(to, "sandbox", c->kind == REC_CONTAINER_HOST);
	if (*c->upper) {
		cJSON_AddStringToObject(to, "upper", c->upper);
		cJSON_AddStringToObject(to, "work", c->work);
	}
	cJSON_AddBoolToObject(to, "network", c->network);
	cJSON_AddBoolToObject(to, "user", c->user);
}

static void container_text(const struct rec_container *c, struct buf *out)
{
	if (c->kind == REC_CONTAINER_NONE)
		return;
	buf_str(out, c->kind == REC_CONTAINER_HOST ? "# in a sandbox" : "# in a container with root ");
	buf_str(out, c->kind == REC_CONTAINER_HOST ? "" : c->lower);
	if (*c->upper)
		buf_printf(out, ", changes in %s", c->upper);
	buf_printf(out, "%s%s\n", c->network ? ", with a network of its own" : "", c->user ? ", as root in a user namespace" : "");
}

static int show_header(struct shower *s, const struct rec_header *h, struct err *err)
{
	if (s->json) {
		cJSON *o = cJSON_CreateObject(), *argv;

		cJSON_AddStringToObject(o, "type", "header");
		if (*h->command_name)
			cJSON_AddStringToObject(o, "command", h->command_name);
		cJSON_AddStringToObject(o, "program", h->program);
		argv = cJSON_AddArrayToObject(o, "argv");
		for (const char *const *a = h->argv; *a; a++)
			cJSON_AddItemToArray(argv, cJSON_CreateString(*a));
		cJSON_AddStringToObject(o, "cwd", h->cwd);
		cJSON_AddStringToObject(o, "policy", h->policy_name);
		cJSON_AddStringToObject(o, "release", h->host_release);
		cJSON_AddStringToObject(o, "machine", h->host_machine);
		cJSON_AddStringToObject(o, "hostname", h->host_hostname);
		container_json(&h->container, o);
		return put_json(s, o, err);
	}
	if (*h->command_name)
		buf_printf(&s->line, "# command \"%s\"\n", h->command_name);
	buf_printf(&s->line, "# %s in %s, policy %s\n# on %s: %s %s %s\n", h->program, h->cwd, h->policy_name, h->host_hostname,
		   h->host_sysname, h->host_release, h->host_machine);
	container_text(&h->container, &s->line);
	return put(s, err);
}

/* What a field of an event is in JSON: numbers as text where a double could not hold them. */
struct fields {
	struct shower *s;
	cJSON *array;
};

static int add_field(void *ctx, const struct abi_pair *p)
{
	struct fields *f = ctx;
	CLEANUP(buf_free) struct buf path = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	cJSON *o;

	if (p->rec.type == VALUE_ABSENT)
		return 0;
	o = cJSON_CreateObject();
	abi_print_path(p->leaf, p->index, &path);
	abi_print_value(p->leaf, &p->rec, f->s->string_size, &text);
	cJSON_AddStringToObject(o, "field", buf_cstr(&path));
	cJSON_AddStringToObject(o, "kind", abi_kind_name(p->leaf->kind));
	cJSON_AddStringToObject(o, "text", buf_cstr(&text));
	if (p->rec.type == VALUE_NUM) {
		char number[NUM_TEXT_MAX];

		cJSON_AddRawToObject(o, "value", num_text(p->rec.num, number));
	} else {
		cJSON_AddNumberToObject(o, "length", (double)p->rec.len);
	}
	cJSON_AddItemToArray(f->array, o);
	return 0;
}

/* An event, or a half of a call: whole is what is known of it, and at the end of an interrupted call all of it. */
struct shown {
	const struct sys_event *whole;
	enum event_type type; /* EVENT_RETURN: the second half */
};

static bool has_phase(const struct shown *e, enum abi_phase phase)
{
	if (e->type == EVENT_RETURN)
		return phase == PHASE_EXIT;
	return phase == PHASE_ENTRY || e->type != EVENT_CALL || (e->whole->flags & EVENT_RETURNED);
}

static void add_task(struct shower *s, const struct sys_event *ev, cJSON *o)
{
	char flags[NUM_TEXT_MAX];

	cJSON_AddNumberToObject(o, "new_task", (double)ev->args[0]);
	cJSON_AddStringToObject(o, "new_lineage", lineage_name(s->lineage, (uint32_t)ev->args[0]));
	cJSON_AddRawToObject(o, "clone_flags", num_text((num_t)ev->args[1], flags));
}

static int show_event_json(struct shower *s, const struct shown *e, struct err *err)
{
	static const char *const types[] = { [EVENT_CALL] = "call",	[EVENT_SIGNAL] = "signal",
					     [EVENT_END] = "end",	[EVENT_INPUT] = "input",
					     [EVENT_RETURN] = "return", [EVENT_TASK] = "task",
					     [EVENT_PREEMPTED] = "preempted",
					     [EVENT_EFFECT] = "effect", [EVENT_INSTRUCTION] = "instruction" };
	const struct sys_event *ev = e->whole;
	bool returned = e->type != EVENT_TASK && e->type != EVENT_PREEMPTED;
	cJSON *o = cJSON_CreateObject();
	struct fields f = { .s = s };

	cJSON_AddStringToObject(o, "type", types[e->type]);
	cJSON_AddNumberToObject(o, "seq", (double)ev->seq);
	cJSON_AddNumberToObject(o, "task", ev->task);
	cJSON_AddStringToObject(o, "lineage", lineage_name(s->lineage, ev->task));
	if (e->type == EVENT_TASK)
		add_task(s, ev, o);
	cJSON_AddNumberToObject(o, "nr", ev->nr);
	if (returned && ev->call == ABI_UNDESCRIBED) {
		cJSON_AddBoolToObject(o, "described", false);
	} else if (returned) {
		cJSON_AddStringToObject(o, "call", abi_schema_call(s->schema, ev->call)->label);
		f.array = cJSON_AddArrayToObject(o, "fields");
		for (int phase = PHASE_ENTRY; phase < PHASE_COUNT; phase++) {
			if (has_phase(e, (enum abi_phase)phase))
				abi_walk(s->schema, ev, NULL, (enum abi_phase)phase, add_field, &f);
		}
	}
	if (ev->flags & EVENT_OPEN)
		cJSON_AddBoolToObject(o, "interrupted", true);
	if (returned)
		cJSON_AddBoolToObject(o, "returned", ev->flags & EVENT_RETURNED);
	if (ev->flags & EVENT_RETURNED)
		cJSON_AddNumberToObject(o, "ret", (double)ev->ret);
	if (ev->flags & EVENT_ANSWERED)
		cJSON_AddBoolToObject(o, "answered_by_tracer", true);
	if (ev->flags & EVENT_OUTSIDE)
		cJSON_AddStringToObject(o, "peer", "outside");
	return put_json(s, o, err);
}

static int show_event_text(struct shower *s, const struct shown *e, struct err *err)
{
	const struct sys_event *ev = e->whole;

	if (lineage_count(s->lineage) > 1)
		buf_printf(&s->line, "%-5s ", lineage_name(s->lineage, ev->task));
	if (e->type == EVENT_RETURN)
		abi_print_rest(s->schema, ev, s->string_size, &s->line);
	else if (ev->flags & EVENT_OPEN)
		abi_print_begin(s->schema, ev, s->string_size, &s->line);
	else if (e->type == EVENT_TASK)
		buf_printf(&s->line, "+++ made task %s +++", lineage_name(s->lineage, (uint32_t)ev->args[0]));
	else
		abi_print_event(s->schema, ev, s->string_size, &s->line);
	if (ev->flags & EVENT_ANSWERED)
		buf_str(&s->line, " (answered by the tracer)");
	if (ev->flags & EVENT_OUTSIDE)
		buf_str(&s->line, " (peer outside)");
	buf_byte(&s->line, '\n');
	return put(s, err);
}

static int show_event(struct shower *s, const struct sys_event *recorded, struct err *err)
{
	struct shown e = { .whole = recorded, .type = recorded->type };
	struct sys_event ev;

	lineage_take(s->lineage, recorded);
	if (open_calls_take(s->open, &e.whole, err) < 0)
		return -1;
	ev = *e.whole;
	ev.call = abi_schema_select(s->schema, ev.nr, ev.args);
	e.whole = &ev;
	return s->json ? show_event_json(s, &e, err) : show_event_text(s, &e, err);
}

static int show_trailer(struct shower *s, const struct rec_trailer *t, struct err *err)
{
	static const char *const ends[] = { [REC_END_EXITED] = "exited", [REC_END_FORBIDDEN] = "forbidden",
					    [REC_END_INCOMPLETE] = "incomplete" };
	int status = (int)t->wait_status;

	if (s->json) {
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "type", "trailer");
		cJSON_AddStringToObject(o, "end", ends[t->end]);
		cJSON_AddStringToObject(o, "reason", t->reason);
		cJSON_AddNumberToObject(o, "wait_status", status);
		cJSON_AddNumberToObject(o, "events", (double)t->events);
		cJSON_AddNumberToObject(o, "data_bytes", (double)t->bytes);
		cJSON_AddNumberToObject(o, "undescribed", (double)t->undescribed);
		return put_json(s, o, err);
	}
	buf_printf(&s->line, "# %" PRIu64 " events, %" PRIu64 " data bytes", t->events, t->bytes);
	if (t->undescribed)
		buf_printf(&s->line, ", %" PRIu64 " calls without a description", t->undescribed);
	if (t->end != REC_END_EXITED)
		buf_printf(&s->line, "; %s: %s", ends[t->end], t->reason);
	buf_byte(&s->line, '\n');
	return put(s, err);
}

static int show_recording(struct shower *s, const char *path, struct err *err)
{
	struct rec_reader *r = rec_reader_open(path, MAX_EVENT, err);
	const struct sys_event *recorded;
	uint8_t hash[32];
	int more = -1;

	if (!r)
		return -1;
	abi_schema_hash(s->schema, hash);
	if (memcmp(hash, rec_reader_header(r)->schema_hash, sizeof(hash)) != 0) {
		err_set(err, ERR_SCHEMA, "%s was recorded with another system call schema", path);
		goto out;
	}
	if (show_header(s, rec_reader_header(r), err) < 0)
		goto out;
	while ((more = rec_reader_next(r, &recorded, err)) > 0) {
		if (show_event(s, recorded, err) < 0) {
			more = -1;
			goto out;
		}
	}
	if (more == 0)
		more = show_trailer(s, rec_reader_trailer(r), err);
out:
	rec_reader_close(r);
	return more;
}

/* ---- differences ---- */

static int show_difference(struct shower *s, const struct rec_difference *d, struct err *err)
{
	static const char *const classes[] = { [DIFF_VIOLATION] = "violation", [DIFF_ACCEPTED] = "accepted",
					       [DIFF_SEQUENCE] = "sequence" };

	if (s->json) {
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "type", "difference");
		cJSON_AddStringToObject(o, "class", classes[d->class]);
		cJSON_AddNumberToObject(o, "seq", (double)d->seq);
		cJSON_AddNumberToObject(o, "task", d->task);
		cJSON_AddStringToObject(o, "call", d->call);
		cJSON_AddStringToObject(o, "field", d->field);
		cJSON_AddStringToObject(o, "recorded", d->recorded_text);
		cJSON_AddStringToObject(o, "actual", d->actual_text);
		cJSON_AddNumberToObject(o, "offset", (double)d->offset);
		cJSON_AddStringToObject(o, "rule_file", d->rule_file);
		cJSON_AddNumberToObject(o, "rule_line", d->rule_line);
		cJSON_AddNumberToObject(o, "rule_column", d->rule_column);
		cJSON_AddStringToObject(o, "rule", d->rule_text);
		cJSON_AddStringToObject(o, "verb", d->verb);
		cJSON_AddStringToObject(o, "message", d->message);
		return put_json(s, o, err);
	}
	buf_printf(&s->line, "%" PRIu64 " %s %s%s%s: recorded %s, actual %s", d->seq, classes[d->class], d->call,
		   d->field[0] ? "." : "", d->field, d->recorded_text, d->actual_text);
	if (d->rule_file[0])
		buf_printf(&s->line, " [%s:%" PRIu32 ":%" PRIu32 ": %s]", d->rule_file, d->rule_line, d->rule_column,
			   d->rule_text);
	buf_byte(&s->line, '\n');
	return put(s, err);
}

static int show_differences(struct shower *s, const char *path, struct err *err)
{
	struct diff_reader *r = diff_reader_open(path, err);
	const struct rec_difference *d;
	int more;

	if (!r)
		return -1;
	while ((more = diff_reader_next(r, &d, err)) > 0) {
		if (show_difference(s, d, err) < 0) {
			more = -1;
			break;
		}
	}
	if (more == 0) {
		if (s->json) {
			cJSON *o = cJSON_CreateObject();

			cJSON_AddStringToObject(o, "type", "verdict");
			cJSON_AddStringToObject(o, "verdict", diff_reader_verdict(r));
			cJSON_AddStringToObject(o, "policy", diff_reader_policy(r));
			more = put_json(s, o, err);
		} else {
			buf_printf(&s->line, "# %s under policy %s\n", diff_reader_verdict(r), diff_reader_policy(r));
			more = put(s, err);
		}
	}
	diff_reader_close(r);
	return more;
}

static int show(struct shower *s, const char *path, struct err *err)
{
	enum rec_file_type type;

	if (rec_file_type(path, &type, err) < 0)
		return -1;
	switch (type) {
	case REC_FILE_RECORDING:
		return show_recording(s, path, err);
	case REC_FILE_DIFFERENCES:
		return show_differences(s, path, err);
	case REC_FILE_UNKNOWN:
		break;
	}
	return err_set(err, ERR_FORMAT, "%s is neither a recording nor a differences file", path);
}

static int show_main(int argc, char **argv)
{
	struct shower s = { .string_size = STRING_SIZE };
	struct err err = { 0 };
	struct cmd_args args;
	char *end;
	int option, status;

	cmd_guard_stdio();
	cmd_start(&args, TOOL, &cmd_show, argc, argv, true);
	while ((option = cmd_next(&args)) != 0) {
		switch (option) {
		case OPT_JSON:
			s.json = true;
			break;
		case OPT_STRING_SIZE:
			errno = 0;
			s.string_size = (uint32_t)strtoul(args.value, &end, 10);
			if (*end || end == args.value || errno || args.value[0] == '-')
				return cmd_usage_error(&args, "--string-size wants a number, not '%s'", args.value);
			break;
		default:
			return cmd_standard(&args, option);
		}
	}
	if (args.first + 1 != argc)
		return cmd_usage_error(&args, "one file is wanted");
	s.schema = &abi_schema_made;
	s.lineage = lineage_new();
	s.open = open_calls_new();
	status = show(&s, argv[args.first], &err) < 0;
	status = cmd_end_output(TOOL, status);
	if (err_is_set(&err))
		status = cmd_fail(TOOL, &err);
	buf_free(&s.line);
	lineage_free(s.lineage);
	open_calls_free(s.open);
	return status;
}

const struct command cmd_show = {
	.name = "show",
	.synopsis = "[OPTION]... FILE",
	.summary = "Print a recording or a differences file",
	.options = options,
	.noptions = ARRAY_LEN(options),
	.run = show_main,
};

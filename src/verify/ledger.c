/*
 * Counting, and turning findings into divergences that people can read.  Only violations are put into words, unless every
 * difference goes to a file.
 */
#include "verify/ledger.h"

#include "abi/walk.h"
#include "base/check.h"
#include "base/map.h"
#include "verify/message.h"
#include "verify/trail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN	      64   /* bytes of a value that are shown */
#define SHOWN_BEFORE  16   /* of these, before the first difference of long values */
#define CONTEXT_BLOCK 4096 /* bytes of a block that are kept for printing it later */

struct rule_counts {
	uint64_t accepted, violations;
};

/* A pair of events that went by, kept to be printed if a divergence comes. */
struct gone_by {
	struct sys_event ev, live;
	bool differs; /* live is another one, though no violation; else it is not kept */
	struct arena *arena;
};

struct ledger {
	const struct decide_context *c;
	struct ahead *ahead;
	struct diff_writer *differences;
	struct trail *trail;
	struct arena *arena;
	struct map64 *differing; /* task to 1: there were differences in the call that it is in */
	struct verdict verdict;
	struct rule_counts *rules; /* by rule number */
	struct divergence *divergences;
	size_t divergences_room;
	struct gone_by before[VERDICT_CONTEXT]; /* a ring */
	uint64_t done;
	bool *answered; /* by call */
	struct buf text;
};

struct ledger *ledger_new(const struct decide_context *c, struct ahead *ahead, struct diff_writer *differences)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->c = c;
	l->ahead = ahead;
	l->differences = differences;
	l->trail = trail_new(c->schema);
	l->differing = map64_new();
	l->arena = arena_new();
	l->rules = xcalloc(vm_rule_count(c->policy) + 1u, sizeof(*l->rules));
	l->answered = xcalloc(abi_schema_ncalls(c->schema) + 1u, sizeof(*l->answered));
	l->verdict.reason = "";
	l->verdict.policy = ledger_keep(l, vm_policy_name(c->policy));
	for (size_t i = 0; i < VERDICT_CONTEXT; i++)
		l->before[i].arena = arena_new();
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < VERDICT_CONTEXT; i++)
		arena_free(l->before[i].arena);
	free(l->rules);
	free(l->answered);
	trail_free(l->trail);
	map64_free(l->differing);
	buf_free(&l->text);
	arena_free(l->arena);
	free(l);
}

struct verdict *ledger_verdict(struct ledger *l)
{
	return &l->verdict;
}

const char *ledger_keep(struct ledger *l, const char *text)
{
	return text && *text ? arena_strdup(l->arena, text) : "";
}

static const char *keep_text(struct ledger *l)
{
	const char *kept = ledger_keep(l, buf_cstr(&l->text));

	buf_clear(&l->text);
	return kept;
}

/* ---- words ---- */

static const char *label_of(struct ledger *l, const struct sys_event *ev)
{
	if (!ev)
		return "";
	if (ev->type == EVENT_TASK)
		return "new task";
	if (ev->type == EVENT_PREEMPTED)
		return "preemption";
	if (ev->call == ABI_UNDESCRIBED)
		return arena_printf(l->arena, "syscall_%" PRId32, ev->nr);
	return ledger_keep(l, abi_schema_call(l->c->schema, ev->call)->label);
}

static const char *task_name(struct ledger *l, const struct sys_event *ev)
{
	return ledger_keep(l, trail_name(l->trail, ev->task));
}

static const char *event_text(struct ledger *l, const struct sys_event *ev)
{
	if (!ev)
		return "";
	abi_print_event(l->c->schema, ev, SHOWN, &l->text);
	return keep_text(l);
}

static uint64_t first_difference(const struct value *a, const struct value *b)
{
	size_t i = 0, common;

	if (a->type != VALUE_BYTES || b->type != VALUE_BYTES)
		return 0;
	common = a->len < b->len ? a->len : b->len;
	while (i < common && a->data[i] == b->data[i])
		i++;
	return i;
}

/* A value as people read it; of long data the part around the first difference. */
static const char *value_text(struct ledger *l, const struct abi_leaf *leaf, const struct value *v, uint64_t offset)
{
	struct value shown = *v;

	if (v->type == VALUE_BYTES && leaf->enc == ENC_BYTES && offset >= SHOWN && v->len > SHOWN) {
		uint64_t from = (offset < v->len ? offset : v->len) - SHOWN_BEFORE;

		buf_str(&l->text, "...");
		shown = value_bytes(v->data + from, v->len - (size_t)from);
	}
	abi_print_value(leaf, &shown, SHOWN, &l->text);
	return keep_text(l);
}

/* The file that the event is about, for {path}. */
static const char *path_of(struct ledger *l, const struct sys_event *ev)
{
	struct facts *f = l->c->facts[SIDE_RECORDED];
	const struct abi_call *call;
	struct value v;

	if (!f || ev->call == ABI_UNDESCRIBED)
		return "";
	if (facts_get(f, ev, FACT_FILE_PATH, 0, &v))
		return arena_copy(l->arena, v.data, v.len);
	call = abi_schema_call(l->c->schema, ev->call);
	for (uint32_t i = 0; i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(l->c->schema, call->leaf_first + i);

		if (leaf->kind != KIND_FD || leaf->reg >= ABI_ARGS)
			continue;
		v = abi_field_value(l->c->schema, ev, leaf->id);
		if (v.type == VALUE_NUM && facts_get(f, ev, FACT_FD_PATH, (int32_t)v.num, &v))
			return arena_copy(l->arena, v.data, v.len);
	}
	return "";
}

static const char *why_of(const struct finding *f)
{
	if (f->unmappable)
		return "the values do not correspond one to one";
	if (f->unapplied)
		return "the recorded value cannot be given here";
	if (f->unreadable)
		return "one of the runs could read further than the other";
	return "";
}

static void add_rule(struct ledger *l, struct divergence *d, uint32_t rule)
{
	const struct vm_rule *r = rule == VM_NO_RULE ? NULL : vm_rule_get(l->c->policy, rule);

	d->rule_file = ledger_keep(l, r ? r->file : NULL);
	d->rule_selector = ledger_keep(l, r ? r->selector : NULL);
	d->rule_text = ledger_keep(l, r ? r->text : NULL);
	d->rule_line = r ? r->line : 0;
	d->rule_column = r ? r->column : 0;
}

static void add_message(struct ledger *l, struct divergence *d, uint32_t rule, const struct sys_event *rec)
{
	const struct vm_rule *r = rule == VM_NO_RULE ? NULL : vm_rule_get(l->c->policy, rule);
	struct message_values v = { .syscall = d->call,
				    .field = d->field,
				    .recorded = d->recorded,
				    .actual = d->actual,
				    .task = d->task,
				    .offset = d->offset,
				    .event = d->seq };

	d->message = "";
	if (!r || !r->message)
		return;
	v.path = path_of(l, rec);
	message_expand(r->message, &v, &l->text);
	d->message = keep_text(l);
}

/* ---- entries ---- */

/*
 * Which difference of another call this one may follow from; if from none, others may follow from it.  But nothing does if
 * the program has been given the recorded value (mended).
 */
static void find_root(struct ledger *l, struct divergence *d, const struct ledger_place *at, bool mended)
{
	struct verdict *v = &l->verdict;
	bool kept = v->ndivergences < VERDICT_DIVERGENCES_MAX;
	uint32_t task = at->rec ? at->rec->task : at->live->task;

	if (!trail_follows(l->trail, task, at->live, l->c->facts[SIDE_ACTUAL], &d->root)) {
		d->root = kept ? v->ndivergences : DIVERGENCE_NOT_KEPT - 1;
		v->roots++;
	} else if (d->root < v->ndivergences) {
		l->divergences[d->root].consequences++;
	}
	if (!mended)
		trail_mark(l->trail, task, d->root);
	if (d->root == DIVERGENCE_NOT_KEPT - 1)
		d->root = DIVERGENCE_NOT_KEPT;
}

/* Keeps d if it is one of the first; the count is not limited. */
static void add_divergence(struct ledger *l, struct divergence *d, const struct ledger_place *at, bool mended)
{
	struct verdict *v = &l->verdict;

	find_root(l, d, at, mended);
	v->violations++;
	if (v->ndivergences == VERDICT_DIVERGENCES_MAX)
		return;
	if (v->ndivergences == l->divergences_room) {
		struct divergence *old = l->divergences;

		l->divergences_room = l->divergences_room ? 4 * l->divergences_room : 4;
		l->divergences = arena_array(l->arena, l->divergences_room, sizeof(*l->divergences));
		if (old)
			memcpy(l->divergences, old, v->ndivergences * sizeof(*old));
		v->divergences = l->divergences;
	}
	l->divergences[v->ndivergences++] = *d;
}

/* What came before the first divergence in both runs, and what the recording has behind it. */
static void add_context(struct ledger *l, const struct sys_event *rec)
{
	uint64_t n = l->done < VERDICT_CONTEXT ? l->done : VERDICT_CONTEXT;
	struct neighbour *around;
	const struct sys_event *next;

	if (l->verdict.before)
		return;
	around = arena_array(l->arena, n + 1, sizeof(*around));
	for (uint64_t i = 0; i < n; i++) {
		const struct gone_by *g = &l->before[(l->done - n + i) % VERDICT_CONTEXT];

		around[i] = (struct neighbour){ .seq = g->ev.seq,
						.task = task_name(l, &g->ev),
						.recorded = event_text(l, &g->ev) };
		around[i].actual = g->differs ? event_text(l, &g->live) : around[i].recorded;
	}
	l->verdict.before = around;
	l->verdict.nbefore = n;
	around = arena_array(l->arena, VERDICT_AFTER, sizeof(*around));
	for (size_t i = 0; l->ahead && i < AHEAD_MAX && l->verdict.nafter < VERDICT_AFTER; i++) {
		if (ahead_peek(l->ahead, i, &next, NULL) <= 0)
			break;
		if (next == rec || next->type == EVENT_RETURN)
			continue;
		around[l->verdict.nafter++] = (struct neighbour){ .seq = next->seq,
								  .task = task_name(l, next),
								  .recorded = event_text(l, next),
								  .actual = "" };
	}
	l->verdict.after = around;
}

/* Where in its program, and behind how many calls of its task, the actual event is. */
static void add_place(struct ledger *l, struct divergence *d, const struct sys_event *main, const struct sys_event *live)
{
	const char *module = NULL;

	d->call_number = trail_calls(l->trail, main->task);
	d->behind_call = (live ? live : main)->type != EVENT_CALL;
	d->ip = live ? live->ip : 0;
	if (d->ip)
		module = trail_where(l->trail, live->task, d->ip, &d->module_offset);
	d->module = ledger_keep(l, module);
}

static int write_difference(struct ledger *l, const struct divergence *d, enum diff_class class, uint32_t task,
			    const struct finding *f, struct err *err)
{
	struct rec_difference out = {
		.class = class,
		.seq = d->seq,
		.task = task,
		.call = d->call,
		.field = d->field,
		.offset = d->offset,
		.recorded_text = d->recorded,
		.actual_text = d->actual,
		.rule_file = d->rule_file,
		.rule_line = d->rule_line,
		.rule_column = d->rule_column,
		.rule_text = d->rule_text,
		.verb = f ? vm_verb_name(f->by.verb) : "",
		.message = d->message,
	};

	if (f) {
		out.recorded = f->recorded;
		out.actual = f->actual;
	}
	return diff_writer_add(l->differences, &out, err);
}

static int add_finding(struct ledger *l, const struct ledger_place *at, const struct finding *f, struct err *err)
{
	struct divergence d = { .type = DIVERGE_FIELD };
	struct verdict *v = &l->verdict;

	if (f->by.rule != VM_NO_RULE) {
		struct rule_counts *n = &l->rules[f->by.rule];

		*(f->violation ? &n->violations : &n->accepted) += 1;
	}
	v->accepted += !f->violation;
	if (!f->violation && !l->differences)
		return 0;
	if (f->violation && v->ndivergences == VERDICT_DIVERGENCES_MAX && !l->differences) {
		add_divergence(l, &d, at, f->forced);
		return 0;
	}
	d.seq = at->rec->seq;
	d.at_entry = at->at_entry;
	d.task = task_name(l, at->rec);
	d.call = label_of(l, at->rec);
	d.actual_call = d.call;
	abi_print_path(f->leaf, f->index, &l->text);
	d.field = keep_text(l);
	d.is_bytes = f->recorded.type == VALUE_BYTES && f->actual.type == VALUE_BYTES;
	d.offset = first_difference(&f->recorded, &f->actual);
	d.recorded = value_text(l, f->leaf, &f->recorded, d.offset);
	d.actual = value_text(l, f->leaf, &f->actual, d.offset);
	d.why = why_of(f);
	add_rule(l, &d, f->by.rule);
	add_message(l, &d, f->by.rule, at->rec);
	add_place(l, &d, at->rec, at->live);
	if (f->violation) {
		add_context(l, at->rec);
		add_divergence(l, &d, at, f->forced);
	}
	if (!l->differences)
		return 0;
	return write_difference(l, &d, f->violation ? DIFF_VIOLATION : DIFF_ACCEPTED, at->rec->task, f, err);
}

int ledger_decision(struct ledger *l, const struct ledger_place *at, const struct decision *d, struct err *err)
{
	int violations = 0;

	l->verdict.fields += d->fields;
	l->verdict.bytes += d->bytes;
	l->verdict.by_default += d->by_default;
	if (d->nfindings)
		map64_put(l->differing, at->live->task, 1);
	for (size_t i = 0; i < d->nfindings; i++) {
		violations += d->findings[i].violation;
		if (add_finding(l, at, &d->findings[i], err) < 0)
			return -1;
	}
	return violations;
}

/* The event makes a task, or is about to. */
static bool makes_task(struct ledger *l, const struct sys_event *ev)
{
	if (!ev || ev->type == EVENT_TASK)
		return ev != NULL;
	return ev->type == EVENT_CALL && ev->call != ABI_UNDESCRIBED &&
	       (abi_schema_call(l->c->schema, ev->call)->row->flags & CALL_NEW_TASK);
}

/* What the two events themselves tell: tasks that only one of the runs has. */
static const char *why_sequence(struct ledger *l, const struct ledger_place *at)
{
	bool then = makes_task(l, at->rec), now = makes_task(l, at->live);
	const char *name = at->live ? ledger_keep(l, trail_name(l->trail, at->live->task)) : "";

	if (then && !now)
		return arena_printf(l->arena, "task %s was made here in the recording, and is not in this run",
				    trail_child(l->trail, at->rec->task));
	if (now && !then)
		return arena_printf(l->arena, "task %s is made here, and not in the recording",
				    trail_child(l->trail, at->live->task));
	if (!now || at->live->type != EVENT_TASK || at->rec->type != EVENT_TASK)
		return "";
	if (at->rec->task != at->live->task)
		return arena_printf(l->arena, "%s made a task here, and in the recording %s did", name,
				    trail_name(l->trail, at->rec->task));
	return arena_printf(l->arena, "task %s shares other things with %s than in the recording",
			    trail_child(l->trail, at->live->task), name);
}

int ledger_sequence(struct ledger *l, const struct ledger_place *at, enum divergence_type type, uint32_t rule,
		    struct err *err)
{
	const struct sys_event *main = at->rec ? at->rec : at->live;
	struct divergence d = {
		.type = type,
		.seq = main->seq,
		.task = task_name(l, main),
		.call = label_of(l, at->rec),
		.actual_call = label_of(l, at->live),
		.field = "",
		.recorded = event_text(l, at->rec),
		.actual = event_text(l, at->live),
		.at_entry = at->at_entry,
		.why = ledger_keep(l, at->why ? at->why : why_sequence(l, at)),
	};

	if (rule != VM_NO_RULE)
		l->rules[rule].violations++;
	add_rule(l, &d, rule);
	add_message(l, &d, rule, main);
	add_place(l, &d, main, at->live);
	add_context(l, at->rec);
	add_divergence(l, &d, at, false);
	if (!l->differences)
		return 0;
	return write_difference(l, &d, DIFF_SEQUENCE, main->task, NULL, err);
}

void ledger_enter(struct ledger *l, const struct sys_event *live)
{
	trail_enter(l->trail, live);
}

void ledger_alone(struct ledger *l, const struct sys_event *live)
{
	map64_del(l->differing, live->task);
	trail_done(l->trail, live, l->c->facts[SIDE_ACTUAL]);
}

void ledger_done(struct ledger *l, const struct sys_event *rec, const struct sys_event *live)
{
	struct gone_by *g = &l->before[l->done % VERDICT_CONTEXT];

	arena_reset(g->arena);
	event_copy(&g->ev, rec, CONTEXT_BLOCK, g->arena);
	g->differs = map64_del(l->differing, rec->task);
	if (g->differs)
		event_copy(&g->live, live, CONTEXT_BLOCK, g->arena);
	trail_done(l->trail, live, l->c->facts[SIDE_ACTUAL]);
	l->done++;
	l->verdict.events++;
	if ((live->flags & EVENT_ANSWERED) && live->call != ABI_UNDESCRIBED)
		l->answered[live->call] = true;
}

/* ---- the end ---- */

static int compare_rules(const void *a, const void *b)
{
	const struct rule_count *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	if (!order)
		order = (x->column > y->column) - (x->column < y->column);
	return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

static void close_rules(struct ledger *l)
{
	uint32_t n = vm_rule_count(l->c->policy);
	struct rule_count *rules = arena_array(l->arena, n + 1u, sizeof(*rules));
	size_t used = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct vm_rule *r = vm_rule_get(l->c->policy, i);

		if (!l->rules[i].accepted && !l->rules[i].violations)
			continue;
		rules[used++] = (struct rule_count){ .rule = i,
						     .file = ledger_keep(l, r->file),
						     .selector = ledger_keep(l, r->selector),
						     .text = ledger_keep(l, r->text),
						     .verb = vm_verb_name(r->verb),
						     .line = r->line,
						     .column = r->column,
						     .accepted = l->rules[i].accepted,
						     .violations = l->rules[i].violations,
						     .is_default = r->is_default };
	}
	qsort(rules, used, sizeof(*rules), compare_rules);
	l->verdict.rules = rules;
	l->verdict.nrules = used;
}

static void close_answered(struct ledger *l)
{
	size_t n = abi_schema_ncalls(l->c->schema), used = 0;
	const char **labels = arena_array(l->arena, n + 1, sizeof(*labels));

	for (uint32_t i = 0; i < n; i++) {
		if (l->answered[i])
			labels[used++] = ledger_keep(l, abi_schema_call(l->c->schema, i)->label);
	}
	l->verdict.answered = labels;
	l->verdict.nanswered = used;
}

void ledger_close(struct ledger *l)
{
	close_rules(l);
	close_answered(l);
}

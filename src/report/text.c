/*
 * The report for people: the verdict in the first line, the first difference with its context, the coverage, the rules.
 */
#include "report/report.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FURTHER_MAX   10  /* differences that are shown behind the first, each with what follows from it */
#define FOLLOWING_MAX 3	  /* of those that follow from one */
#define CONTEXT_WIDTH 200 /* bytes of an event that are shown as context */

static const char *color_of(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_SAME:
		return "\033[1;32m";
	case VERDICT_DIFFERENT:
		return "\033[1;31m";
	case VERDICT_NOT_JUDGED:
		return "\033[1;33m";
	case VERDICT_COUNT:
		break;
	}
	INVARIANT(kind < VERDICT_COUNT);
	return "";
}

static void plural(struct buf *out, uint64_t n, const char *noun)
{
	buf_printf(out, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}

/* "event 17, task 0, call read (after the call was executed)" */
static void place(const struct divergence *d, struct buf *out)
{
	buf_printf(out, "event %" PRIu64 ", task %s", d->seq, d->task);
	if (*d->call)
		buf_printf(out, ", call %s", d->call);
	buf_str(out, d->at_entry ? " (before the call was executed)" : "");
}

static void rule(const struct divergence *d, const char *indent, struct buf *out)
{
	if (*d->rule_file)
		buf_printf(out, "%srule %s:%" PRIu32 ":%" PRIu32 ": %s: %s\n", indent, d->rule_file, d->rule_line,
			   d->rule_column, d->rule_selector, d->rule_text);
	if (*d->message)
		buf_printf(out, "%s%s\n", indent, d->message);
	if (*d->why)
		buf_printf(out, "%s%s\n", indent, d->why);
}

static void values(const struct divergence *d, struct buf *out)
{
	buf_printf(out, "    recorded %s\n", *d->recorded ? d->recorded : "(nothing)");
	buf_printf(out, "    actual   %s\n", *d->actual ? d->actual : "(nothing)");
}

static void one(const struct divergence *d, struct buf *out)
{
	switch (d->type) {
	case DIVERGE_FIELD:
		buf_printf(out, "    field %s", d->field);
		if (d->is_bytes)
			buf_printf(out, ", byte %" PRIu64, d->offset);
		buf_str(out, "\n");
		break;
	case DIVERGE_CALL:
		buf_printf(out, "    another call than the recorded one: %s\n", d->actual_call);
		break;
	case DIVERGE_EARLY:
		buf_str(out, "    the program ended, and the recording goes on\n");
		break;
	case DIVERGE_LATE:
		buf_printf(out, "    the recording ended, and the program goes on: %s\n", d->actual_call);
		break;
	case DIVERGE_FORBIDDEN:
		buf_printf(out, "    the policy forbids %s\n", d->actual_call);
		break;
	case DIVERGE_STUCK:
		buf_str(out, "    the recorded event cannot come about in the recorded order\n");
		break;
	}
	values(d, out);
	rule(d, "    ", out);
}

/* "call 5 of task 0.1, at /usr/lib/libc.so.6+0xf8d2d (read+0xd)" */
static void whereabouts(const struct verdict *v, const struct divergence *d, struct buf *out)
{
	CLEANUP(buf_free) struct buf function = { 0 };

	if (!d->call_number && !d->ip)
		return;
	if (d->call_number)
		buf_printf(out, "    %scall %" PRIu64 " of task %s", d->behind_call ? "behind " : "", d->call_number, d->task);
	if (d->ip && d->module && *d->module)
		buf_printf(out, "%s%s+0x%" PRIx64, d->call_number ? ", at " : "    at ", d->module, d->module_offset);
	else if (d->ip)
		buf_printf(out, "%s0x%" PRIx64 ", where no file is mapped", d->call_number ? ", at " : "    at ", d->ip);
	if (*report_function(v, d, &function))
		buf_printf(out, " (%s)", buf_cstr(&function));
	buf_str(out, "\n");
}

static void short_one(const struct divergence *d, const char *indent, struct buf *out)
{
	buf_printf(out, "%sevent %" PRIu64 ", task %s, %s%s%s: recorded %s, actual %s\n", indent, d->seq, d->task,
		   *d->call ? d->call : d->actual_call, *d->field ? "." : "", d->field,
		   *d->recorded ? d->recorded : "(nothing)", *d->actual ? d->actual : "(nothing)");
	if (*d->rule_file)
		buf_printf(out, "%s  rule %s:%" PRIu32 ":%" PRIu32 "\n", indent, d->rule_file, d->rule_line, d->rule_column);
}

/* What may follow from the difference at this place, folded. */
static void consequences(const struct verdict *v, size_t root, const char *indent, struct buf *out)
{
	uint64_t n = v->divergences[root].consequences, shown = 0;
	char deeper[16];

	if (!n)
		return;
	snprintf(deeper, sizeof(deeper), "%s  ", indent);
	buf_printf(out, "%s", indent);
	plural(out, n, "difference");
	buf_str(out, n == 1 ? " that may follow from it:\n" : " that may follow from it, the first of them:\n");
	for (size_t i = root + 1; i < v->ndivergences && shown < FOLLOWING_MAX; i++) {
		if (v->divergences[i].root != root)
			continue;
		short_one(&v->divergences[i], deeper, out);
		shown++;
	}
}

/* Those that follow from no other one. */
static void further(const struct verdict *v, struct buf *out)
{
	uint64_t shown = 0;

	for (size_t i = 1; i < v->ndivergences && shown < FURTHER_MAX; i++) {
		const struct divergence *d = &v->divergences[i];

		if (d->root != i)
			continue;
		buf_str(out, shown++ ? "" : "  further differences:\n");
		short_one(d, "    ", out);
		consequences(v, i, "      ", out);
	}
	if (v->roots > shown + 1)
		buf_printf(out, "    and %" PRIu64 " more\n", v->roots - shown - 1);
}

static void event_line(const char *what, const char *text, struct buf *out)
{
	buf_printf(out, "%s%.*s%s\n", what, CONTEXT_WIDTH, text, strlen(text) > CONTEXT_WIDTH ? "..." : "");
}

static void around(const struct verdict *v, struct buf *out)
{
	if (v->nbefore)
		buf_str(out, "    before it, in both runs:\n");
	for (size_t i = 0; i < v->nbefore; i++) {
		const struct neighbour *n = &v->before[i];
		bool same = strcmp(n->recorded, n->actual) == 0;

		buf_printf(out, "      %-5s ", n->task);
		event_line(same ? "" : "recorded ", n->recorded, out);
		if (!same)
			event_line("            actual   ", n->actual, out);
	}
	if (v->nafter)
		buf_str(out, "    the recording goes on:\n");
	for (size_t i = 0; i < v->nafter; i++) {
		buf_printf(out, "      %-5s ", v->after[i].task);
		event_line("", v->after[i].recorded, out);
	}
}

static void first(const struct verdict *v, struct buf *out)
{
	if (!v->ndivergences)
		return;
	buf_str(out, "  first difference: ");
	place(&v->divergences[0], out);
	buf_str(out, "\n");
	whereabouts(v, &v->divergences[0], out);
	one(&v->divergences[0], out);
	around(v, out);
	consequences(v, 0, "    ", out);
	further(v, out);
}

static void count(struct buf *out, uint64_t n, const char *what)
{
	if (n)
		buf_printf(out, "; %" PRIu64 " %s", n, what);
}

static void coverage(const struct verdict *v, struct buf *out)
{
	buf_printf(out, "  coverage: %" PRIu64 " of %" PRIu64 " events, ", v->events, v->recorded_events);
	plural(out, v->fields, "field");
	buf_str(out, ", ");
	plural(out, v->bytes, "byte");
	buf_str(out, " compared; ");
	plural(out, v->accepted, "difference");
	buf_str(out, " accepted; ");
	plural(out, v->by_default, "difference");
	buf_str(out, " that only the default decided");
	count(out, v->emulated, "calls emulated");
	count(out, v->ignored, "events ignored");
	count(out, v->optional_missing, "optional events missing");
	count(out, v->optional_extra, "optional events additional");
	count(out, v->undescribed, "calls that are not described");
	buf_str(out, "\n");
	for (size_t i = 0; i < v->nanswered; i++)
		buf_printf(out, "%s%s", i ? ", " : "  answered by sperrips on both systems: ", v->answered[i]);
	buf_str(out, v->nanswered ? "\n" : "");
}

static void rules(const struct verdict *v, bool accepted, struct buf *out)
{
	bool headed = false;

	for (size_t i = 0; i < v->nrules; i++) {
		const struct rule_count *r = &v->rules[i];
		uint64_t n = accepted ? r->accepted : r->violations;

		if (!n)
			continue;
		if (!headed)
			buf_str(out, accepted ? "  accepted by rule:\n" : "  violated rules:\n");
		headed = true;
		buf_printf(out, "    %6" PRIu64 "  %s:%" PRIu32 ":%" PRIu32 " %s: %s\n", n, r->file, r->line, r->column,
			   r->selector, r->text);
	}
}

void report_text(const struct verdict *v, bool color, struct buf *out)
{
	buf_printf(out, "sperrips: %s%s%s", color ? color_of(v->kind) : "", verdict_name(v->kind), color ? "\033[0m" : "");
	if (v->kind == VERDICT_NOT_JUDGED && *v->reason)
		buf_printf(out, ": %s", v->reason);
	buf_printf(out, "\n  policy: %s\n", v->policy);
	first(v, out);
	coverage(v, out);
	rules(v, true, out);
	rules(v, false, out);
}

/*
 * What the effect audit found, once a call and place.
 */
#include "cmd/audit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
	struct place *next;
	enum audit_fault fault;
	uint32_t call;
	const char *near;
	uint64_t distance, addr;
	uint64_t len, seq; /* of the first one */
	int64_t ret;
	uint64_t times;
};

struct tally {
	uint64_t succeeded, failed, findings;
};

struct cmd_audit {
	const struct abi_schema *schema;
	struct audit_sink sink;
	struct arena *arena;
	struct place *places, **places_end;
	struct tally *tally; /* by call */
	uint64_t calls;
	int findings;
};

/* The same place of the same call; places far from any argument are told apart by nothing. */
static bool same_place(const struct place *p, const struct audit_finding *f)
{
	return p->fault == f->fault && p->call == f->ev->call && strcmp(p->near, f->near) == 0;
}

static void found(void *ctx, const struct audit_finding *f)
{
	struct cmd_audit *a = ctx;
	struct place *p;

	a->tally[f->ev->call].findings++;
	for (p = a->places; p; p = p->next) {
		if (same_place(p, f)) {
			p->times++;
			return;
		}
	}
	p = arena_alloc(a->arena, sizeof(*p));
	*p = (struct place){
		.fault = f->fault,
		.call = f->ev->call,
		.near = arena_strdup(a->arena, f->near),
		.distance = f->distance,
		.addr = f->addr,
		.len = f->len,
		.seq = f->ev->seq,
		.ret = f->ev->ret,
		.times = 1,
	};
	*a->places_end = p;
	a->places_end = &p->next;
	a->findings++;
}

static void done(void *ctx, const struct sys_event *ev)
{
	struct cmd_audit *a = ctx;
	struct tally *t = &a->tally[ev->call];

	a->calls++;
	if (event_failed(ev))
		t->failed++;
	else
		t->succeeded++;
}

struct cmd_audit *cmd_audit_new(const struct abi_schema *schema)
{
	struct cmd_audit *a = xcalloc(1, sizeof(*a));

	a->schema = schema;
	a->arena = arena_new();
	a->tally = arena_array(a->arena, abi_schema_ncalls(schema), sizeof(*a->tally));
	a->places_end = &a->places;
	a->sink = (struct audit_sink){ .found = found, .done = done, .ctx = a };
	return a;
}

void cmd_audit_free(struct cmd_audit *a)
{
	if (!a)
		return;
	arena_free(a->arena);
	free(a);
}

const struct audit_sink *cmd_audit_sink(struct cmd_audit *a)
{
	return &a->sink;
}

static void print_place(const struct cmd_audit *a, const struct place *p, const char *tool)
{
	const char *label = abi_schema_call(a->schema, p->call)->label;

	fprintf(stderr, "%s: audit: %s: ", tool, label);
	if (p->fault == AUDIT_OUTSIDE)
		fprintf(stderr, "%" PRIu64 " bytes changed that its row does not speak of", p->len);
	else
		fprintf(stderr, "%" PRIu64 " bytes that its row says the kernel wrote are as they were", p->len);
	if (*p->near)
		fprintf(stderr, ", %" PRIu64 " behind %s", p->distance, p->near);
	fprintf(stderr, " (0x%" PRIx64 "; event %" PRIu64 ", result %" PRId64 "; %" PRIu64 " times)\n", p->addr, p->seq,
		p->ret, p->times);
}

static int write_log(const struct cmd_audit *a, const char *path, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (size_t i = 0; i < abi_schema_ncalls(a->schema); i++) {
		const struct tally *t = &a->tally[i];

		if (t->succeeded || t->failed)
			buf_printf(&text, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
				   abi_schema_call(a->schema, (uint32_t)i)->label, t->succeeded, t->failed,
				   t->findings);
	}
	return file_write_atomic(path, text.data, text.len, err);
}

int cmd_audit_end(struct cmd_audit *a, const char *tool, const char *log, struct err *err)
{
	for (const struct place *p = a->places; p; p = p->next)
		print_place(a, p, tool);
	fprintf(stderr, "%s: audit: %" PRIu64 " calls, %d finding%s\n", tool, a->calls, a->findings,
		a->findings == 1 ? "" : "s");
	if (log && write_log(a, log, err) != 0)
		return -1;
	return a->findings;
}

/*
 * make bench: how long deciding takes: one vm decision, and one whole event (walk, compare, decide), and what share of a
 * replay that is.
 */
#include "base/diag.h"
#include "spol/compile.h"
#include "verify/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 2000000

/* Of this process: what else the machine does is not what is measured. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool no_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	(void)ctx, (void)side, (void)leaf, (void)out;
	return false;
}

static bool path_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	static const char path[] = "/proc/self/status";

	(void)ctx, (void)side, (void)fact, (void)leaf;
	value_set_bytes(out, path, sizeof(path) - 1);
	return true;
}

static void make_read(struct sys_event *ev, struct arena *arena, const struct abi_schema *s)
{
	const struct abi_call *call = abi_schema_find(s, "read", 4);
	const struct abi_leaf *addr = abi_call_leaf(s, call, "buf.addr", 8);
	struct abi_block *b;

	event_init(ev, arena);
	ev->type = EVENT_CALL;
	ev->nr = call->nr;
	ev->call = call->index;
	ev->args[0] = 3;
	ev->args[1] = 0x7ffff000;
	ev->args[2] = 1;
	ev->ret = 1;
	ev->flags = EVENT_RETURNED;
	b = event_add_block(ev);
	b->phase = PHASE_EXIT;
	b->node = (uint16_t)(addr->id - call->leaf_first);
	b->addr = ev->args[1];
	b->len = 1;
	b->data = (const uint8_t *)"x";
}

int main(int argc, char **argv)
{
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct spol_options options = { .schema = schema };
	struct arena *arena = arena_new(), *decisions = arena_new();
	struct diags *diags = diags_new();
	struct err err = { 0 };
	struct vm_prog *policy;
	struct facts *facts = facts_new(schema, "/", "r", "m", "h");
	struct maps *maps = maps_new();
	struct sys_event rec, live;
	double start, one, event;
	const struct abi_leaf *buf;
	struct vm_env env = { .field = no_field, .fact = path_fact };
	struct value a = value_bytes("abc", 3), b = value_bytes("abd", 3);
	unsigned sum = 0;

	if (argc != 4)
		return 2;
	policy = spol_load_policy(&options, argv[1], diags, arena, &err);
	if (!policy) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	buf = abi_call_leaf(schema, abi_schema_find(schema, "read", 4), "buf", 3);
	start = now();
	for (int i = 0; i < ROUNDS; i++)
		sum += vm_decide(policy, VM_EXIT, buf->id, &a, &b, &env).verb;
	one = (now() - start) / ROUNDS;

	make_read(&rec, arena, schema);
	make_read(&live, arena, schema);
	start = now();
	for (int i = 0; i < ROUNDS / 4; i++) {
		const struct decide_context c = { .schema = schema, .policy = policy, .facts = { facts, facts }, .maps = maps };
		struct decision d = { .arena = decisions };

		arena_reset(decisions);
		verify_dispose(&c, &rec, &live);
		verify_decide(&c, &rec, &live, PHASE_ENTRY, &d);
		sum += (unsigned)d.nfindings;
		d = (struct decision){ .arena = decisions };
		verify_decide(&c, &rec, &live, PHASE_EXIT, &d);
		sum += (unsigned)d.nfindings;
	}
	event = (now() - start) / (ROUNDS / 4);
	printf("%-52s %.0f ns (%u)\n", "one decision with a path condition (goal: < 60)", one, sum);
	printf("%-52s %.0f ns, %.1f %% of the replay above (goal: <= 10 %%)\n", "one read(2), both phases: walk, compare, decide", event,
	       100.0 * event * atof(argv[3]) / (atof(argv[2]) * 1000));
	maps_free(maps);
	facts_free(facts);
	vm_free(policy);
	diags_free(diags);
	arena_free(decisions);
	arena_free(arena);
	abi_schema_free(schema);
	return 0;
}

/*
 * Asks the policy about every field of a pair of events that is not equal, and collects what follows from its answers.
 */
#include "verify/decide.h"

#include "base/check.h"
#include "verify/numbers.h"
#include "verify/restore.h"

#include <linux/futex.h>
#include <string.h>

/* One phase of one pair of events being decided. */
struct deciding {
	const struct decide_context *c;
	const struct sys_event *events[SIDE_COUNT];
	enum abi_phase phase;
	struct decision *d;
	struct finding *findings;
	size_t room;
	struct restore restore;
	struct vm_env env;
	bool unlike_blocks; /* a block could be read further on one side than on the other */
};

/* ---- what conditions ask for ---- */

static bool env_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	const struct deciding *x = ctx;
	const struct sys_event *ev = x->events[side];

	if (!ev || ev->call == ABI_UNDESCRIBED || leaf >= abi_schema_nleaves(x->c->schema) ||
	    abi_schema_leaf(x->c->schema, leaf)->call != ev->call)
		return false;
	*out = abi_field_value(x->c->schema, ev, leaf);
	return out->type != VALUE_ABSENT;
}

static bool env_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct deciding *x = ctx;
	struct value about = { .type = VALUE_ABSENT };

	if (!x->events[side] || !x->c->facts[side] || fact >= FACT_COUNT)
		return false;
	if (fact == FACT_TASK_DEPTH) {
		value_set_num(out, x->c->depth);
		return true;
	}
	if (leaf != VM_NO_LEAF && (!env_field(ctx, side, leaf, &about) || about.type != VALUE_NUM))
		return false;
	if (leaf == VM_NO_LEAF && abi_fact_info((enum abi_fact)fact)->about != KIND_COUNT)
		return false;
	return facts_get(x->c->facts[side], x->events[side], (enum abi_fact)fact, (int32_t)about.num, out);
}

static void deciding_start(struct deciding *x, const struct decide_context *c, const struct sys_event *rec,
			   const struct sys_event *live, enum abi_phase phase, struct decision *d)
{
	*x = (struct deciding){
		.c = c,
		.events = { [SIDE_RECORDED] = rec, [SIDE_ACTUAL] = live },
		.phase = phase,
		.d = d,
		.restore = { .schema = c->schema, .rec = rec, .live = live, .phase = phase, .arena = d ? d->arena : NULL },
		.env = { .field = env_field, .fact = env_fact },
	};
	x->env.ctx = x;
}

/* ---- findings ---- */

static struct finding *add_finding(struct deciding *x, const struct abi_pair *p)
{
	struct decision *d = x->d;

	if (d->nfindings == x->room) {
		struct finding *old = x->findings;

		x->room = x->room ? 2 * x->room : 8;
		x->findings = arena_array(d->arena, x->room, sizeof(*x->findings));
		if (d->nfindings)
			memcpy(x->findings, old, d->nfindings * sizeof(*old));
	}
	x->findings[d->nfindings] = (struct finding){ .leaf = p->leaf,
						      .index = p->index,
						      .recorded = p->rec,
						      .actual = p->live };
	return &x->findings[d->nfindings++];
}

static bool corresponds(const struct deciding *x, const struct abi_pair *p, bool equal)
{
	enum abi_kind kind = p->leaf->kind;
	/*
	 * Names are given by the kernel.  What a program asks for under a name that it was never given is no correspondence;
	 * only what it ties to an event, to get it back, is of its own making.
	 */
	bool make = !(p->leaf->dir & DIR_IN) || kind == KIND_COOKIE;

	if (equal && p->rec.type != VALUE_NUM)
		return true;
	if (kind == KIND_PID && names_no_process(x->c->schema, x->events[SIDE_ACTUAL], p->leaf))
		return equal;
	if (equal && x->c->gives_numbers && x->phase == PHASE_ENTRY && x->events[SIDE_ACTUAL]->type == EVENT_CALL) {
		/* the program speaks of processes and ports by their recorded numbers; a port of its own choice stands for itself */
		if (kind == KIND_PID ||
		    (kind == KIND_PORT && maps_actual_number(x->c->maps, kind, p->live.num) != p->live.num))
			return true;
	}
	if (!abi_can_correspond(p->leaf, &p->rec, &p->live))
		return equal;
	if (p->rec.type == VALUE_BYTES)
		return maps_check_path(x->c->maps, &p->rec, &p->live, make);
	return (make ? maps_check : maps_known)(x->c->maps, p->leaf->space, p->rec.num, p->live.num);
}

/* The word of a lock with priority inheritance: the kernel looks at the number of the owner in it, and makes it what it is. */
static bool names_owner(const struct abi_leaf *leaf)
{
	return leaf->kind == KIND_FUTEX && leaf->dir == DIR_INOUT;
}

/* The kernel has told of a process (or a port) by its own number, which corresponds to the recorded one: that one is seen. */
static void give_number(struct deciding *x, const struct abi_pair *p)
{
	bool is_number = (p->leaf->kind == KIND_PID || p->leaf->kind == KIND_PORT || names_owner(p->leaf)) &&
			 p->rec.type == VALUE_NUM && p->live.type == VALUE_NUM;
	bool is_path = p->leaf->kind == KIND_PATH && p->rec.len == p->live.len;

	if (x->c->gives_numbers && (is_number || is_path) &&
	    (x->phase == PHASE_EXIT || x->events[SIDE_ACTUAL]->type == EVENT_SIGNAL))
		restore_field(&x->restore, p);
}

/* The owner is known by its recorded number, unless a call that still waits has already made it the actual one. */
static bool take_owner(struct deciding *x, const struct abi_pair *p)
{
	num_t owner = p->live.num & FUTEX_TID_MASK, actual;

	if (!value_equal(&p->rec, &p->live))
		return true;
	actual = maps_actual_number(x->c->maps, KIND_PID, owner);
	if (actual == owner)
		return !maps_only_actual(x->c->maps, owner);
	return restore_number_for_kernel(&x->restore, p, (p->live.num & ~(num_t)FUTEX_TID_MASK) | actual);
}

/*
 * The program speaks of a process by its recorded number: the kernel gets its own.  false: it cannot, or would take the
 * number for that of another process of this run.
 */
static bool take_number(struct deciding *x, const struct abi_pair *p, bool replayed)
{
	const struct value *said = replayed ? &p->rec : &p->live;
	const struct sys_event *live = x->events[SIDE_ACTUAL];

	if (p->leaf->kind == KIND_FUTEX)
		return !names_owner(p->leaf) || said->type != VALUE_NUM || take_owner(x, p);
	if (said->type == VALUE_NUM) {
		num_t actual = maps_actual_number(x->c->maps, p->leaf->kind, said->num);

		if (p->leaf->kind == KIND_PID && names_no_process(x->c->schema, live, p->leaf))
			return true;
		if (p->leaf->kind == KIND_PID && actual == said->num && maps_only_actual(x->c->maps, actual))
			return false;
		return actual == said->num || restore_number_for_kernel(&x->restore, p, actual);
	}
	if (said->type == VALUE_BYTES && p->leaf->kind == KIND_PATH) {
		CLEANUP(buf_free) struct buf path = { 0 };

		if (maps_actual_path(x->c->maps, said, &path))
			return restore_path_for_kernel(&x->restore, p, &path);
	}
	return !names_unseen_process(x->c, live, p->leaf, said);
}

/* What the kernel would do to another process than the recorded one must not reach it. */
static void refuse(struct deciding *x, const struct abi_pair *p)
{
	struct finding *f = add_finding(x, p);

	f->by = (struct vm_decision){ VERB_MAP, VM_NO_RULE };
	f->violation = f->unmappable = true;
}

/* The policy's verb is not all: what it asks for must be possible.  Fills in the rest of f. */
static void judge(struct deciding *x, const struct abi_pair *p, bool equal, struct finding *f)
{
	switch (f->by.verb) {
	case VERB_STOP:
		f->violation = true;
		break;
	case VERB_EQUAL:
		f->violation = !equal;
		break;
	case VERB_MAP:
		f->unmappable = f->violation = !corresponds(x, p, equal);
		if (!f->violation && !equal)
			give_number(x, p);
		break;
	case VERB_REPLAY:
		f->unapplied = f->violation = !equal && !restore_field(&x->restore, p);
		break;
	case VERB_ACCEPT:
		break;
	case VERB_COUNT:
		INVARIANT(f->by.verb < VERB_COUNT);
	}
}

static void decide_pair(struct deciding *x, const struct abi_pair *p, bool equal)
{
	struct finding f = { .by = vm_decide(x->c->policy, (enum vm_phase)x->phase, p->leaf->id, &p->rec, &p->live,
					     &x->env) };
	struct finding *kept;

	judge(x, p, equal, &f);
	if (equal && !f.violation)
		return;
	kept = add_finding(x, p);
	kept->by = f.by;
	kept->violation = f.violation;
	kept->unmappable = f.unmappable;
	kept->unapplied = f.unapplied;
	if (!equal && f.by.rule != VM_NO_RULE && vm_rule_get(x->c->policy, f.by.rule)->is_default)
		x->d->by_default++;
	/* an address means something in its own run only: the recorded one would be wrong here */
	if (f.violation && x->c->force && p->leaf->kind != KIND_PTR)
		kept->forced = restore_forced(&x->restore, p);
}

/* Equal as far as it goes: how far that is decides, together with the result, whether it was enough. */
static void count_unreadable(struct deciding *x, const struct abi_pair *p)
{
	struct decision *d = x->d;
	uint64_t len = p->leaf->kind == KIND_DATA && p->rec.type == VALUE_BYTES ? p->rec.len : 0;

	if (!d->unreadable || len < d->readable)
		d->readable = len;
	d->unreadable++;
	d->unreadable_mapped |= maps_mapped(x->c->maps, false, p->rec_addr + p->rec.len) ||
				maps_mapped(x->c->maps, true, p->addr + p->live.len);
}

static uint64_t bytes_compared(const struct abi_pair *p)
{
	uint64_t rec = p->rec.type == VALUE_BYTES ? p->rec.len : 0, live = p->live.type == VALUE_BYTES ? p->live.len : 0;

	if (p->leaf->enc != ENC_BYTES)
		return abi_enc_size(p->leaf->enc);
	return live > rec ? live : rec;
}

static void compare(struct deciding *x, const struct abi_pair *p)
{
	bool equal = value_equal(&p->rec, &p->live);

	x->d->fields++;
	x->d->bytes += bytes_compared(p);
	if (LIKELY(equal && p->status == BLOCK_OK && vm_equal_is_same(x->c->policy, (enum vm_phase)x->phase, p->leaf->id)))
		return;
	x->d->cut += p->status == BLOCK_CUT;
	if (equal && p->status == BLOCK_UNREADABLE)
		count_unreadable(x, p);
	if (equal && p->status != BLOCK_OK && x->unlike_blocks) {
		struct finding *f = add_finding(x, p);

		f->by = (struct vm_decision){ VERB_EQUAL, VM_NO_RULE };
		f->violation = f->unreadable = true;
		return;
	}
	if (!equal || !vm_equal_is_same(x->c->policy, (enum vm_phase)x->phase, p->leaf->id))
		decide_pair(x, p, equal);
}

static bool names_processes(enum abi_kind kind)
{
	return kind == KIND_PID || kind == KIND_PORT || kind == KIND_CLOCK || kind == KIND_PATH || kind == KIND_DATA ||
	       kind == KIND_FUTEX;
}

static int decide_visit(void *ctx, const struct abi_pair *p)
{
	struct deciding *x = ctx;
	size_t before = x->restore.npatches;

	compare(x, p);
	if (x->c->gives_numbers && x->phase == PHASE_ENTRY && names_processes(p->leaf->kind) &&
	    x->events[SIDE_ACTUAL]->type == EVENT_CALL && !take_number(x, p, x->restore.npatches > before))
		refuse(x, p);
	return 0;
}

/* Some block of this phase could be read whole on one side only. */
static bool blocks_unlike(const struct deciding *x)
{
	const struct sys_event *live = x->events[SIDE_ACTUAL], *rec = x->events[SIDE_RECORDED];

	for (uint32_t i = 0; i < live->nblocks; i++) {
		const struct abi_block *b = &live->blocks[i], *other;

		if (b->phase != x->phase)
			continue;
		other = event_find_block(rec, b->phase, b->node, b->index);
		if (other && other->status != b->status)
			return true;
	}
	return false;
}

static bool all_readable(const struct sys_event *ev)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].status != BLOCK_OK)
			return false;
	}
	return true;
}

static void decision_start(struct decision *d)
{
	struct arena *arena = d->arena;

	*d = (struct decision){ .action = ACTION_GO, .arena = arena };
}

static void decision_end(const struct deciding *x)
{
	x->d->findings = x->findings;
	x->d->patches = x->restore.patches;
	x->d->npatches = x->restore.npatches;
	x->d->undo = x->restore.undo;
	x->d->nundo = x->restore.nundo;
}

#define READ_COUNT 2 /* argument */

/*
 * A terminal hands out what has arrived, and what is written at its other end arrives when the kernel has time: the program
 * is to get no more at once than it did, the rest stays for its next read.  0: as many as it asks for.
 */
static uint64_t wanted_count(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live)
{
	const struct abi_row *row = abi_schema_call(c->schema, live->call)->row;
	struct value kind;

	if (!(row->flags & CALL_STREAM) || strcmp(row->name, "read") != 0 || !(rec->flags & EVENT_RETURNED) || rec->ret <= 0 ||
	    (uint64_t)rec->ret >= live->args[READ_COUNT] || !c->facts[SIDE_ACTUAL] ||
	    !facts_get(c->facts[SIDE_ACTUAL], live, FACT_FD_KIND, (int32_t)live->args[0], &kind))
		return 0;
	return kind.num == FD_KIND_TTY ? (uint64_t)rec->ret : 0;
}

void verify_decide(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live,
		   enum abi_phase phase, struct decision *d)
{
	struct deciding x;
	uint64_t place, count;

	INVARIANT(rec->call == live->call && rec->call != ABI_UNDESCRIBED);
	decision_start(d);
	deciding_start(&x, c, rec, live, phase, d);
	if (!all_readable(rec) || !all_readable(live))
		x.unlike_blocks = blocks_unlike(&x);
	abi_walk(c->schema, rec, live, phase, decide_visit, &x);
	place = phase == PHASE_ENTRY ? maps_wanted_place(c->maps, c->schema, rec, live) : 0;
	if (place)
		restore_argument(&x.restore, 0, place);
	count = phase == PHASE_ENTRY ? wanted_count(c, rec, live) : 0;
	if (count)
		restore_argument(&x.restore, READ_COUNT, count);
	decision_end(&x);
}

void verify_emulate(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live,
		    struct decision *d)
{
	const struct abi_block *failed;
	struct deciding x;

	decision_start(d);
	deciding_start(&x, c, rec, live, PHASE_EXIT, d);
	if (rec->call != ABI_UNDESCRIBED && !restore_outputs(&x.restore, &failed)) {
		const struct abi_call *call = abi_schema_call(c->schema, rec->call);
		uint32_t leaf = failed->node < call->nleaves ? failed->node : call->nleaves - 1;
		struct finding *f = add_finding(&x, &(struct abi_pair){
							    .leaf = abi_schema_leaf(c->schema, call->leaf_first + leaf),
							    .index = failed->index,
							    .rec = value_bytes(failed->data, failed->len) });

		f->by = (struct vm_decision){ VERB_REPLAY, VM_NO_RULE };
		f->violation = f->unapplied = true;
	}
	decision_end(&x);
}

bool verify_maps_result(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live)
{
	const struct abi_call *call = rec->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(c->schema, rec->call);
	struct deciding x;

	deciding_start(&x, c, rec, live, PHASE_EXIT, NULL);
	for (uint32_t i = 0; call && i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(c->schema, call->leaf_first + i);
		struct value recorded, actual;

		value_set_num(&recorded, 1);
		value_set_num(&actual, 2);
		if (leaf->reg == ABI_REG_RET && leaf->kind == KIND_PID)
			return vm_decide(c->policy, VM_EXIT, leaf->id, &recorded, &actual, &x.env).verb == VERB_MAP;
	}
	return false;
}

struct vm_disposed verify_dispose(const struct decide_context *c, const struct sys_event *rec, const struct sys_event *live)
{
	struct vm_disposed d = { .disposition = DISP_EXECUTE, .rule = VM_NO_RULE };
	struct deciding x;

	if (live->call == ABI_UNDESCRIBED) {
		vm_dispose_number(c->policy, live->nr, &d);
		return d;
	}
	if (!vm_has_disposition(c->policy, live->call))
		return d;
	deciding_start(&x, c, rec, live, PHASE_ENTRY, NULL);
	return vm_dispose(c->policy, live->call, &x.env);
}

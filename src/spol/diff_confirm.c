/*
 * Witnesses of a difference before the machines: what they say is what is told.
 */
#include "spol/diff_internal.h"

#include "base/check.h"

#include <string.h>

/* ---- the world of a witness ---- */

struct world {
	const struct logic_model *m;
};

static bool answer(const struct world *w, enum node_kind kind, enum vm_side side, uint32_t fact, uint32_t leaf,
		   struct value *out)
{
	for (size_t i = 0; i < w->m->n; i++) {
		const struct logic_value *v = &w->m->values[i];

		if (v->kind == kind && v->side == side && v->fact == fact && v->leaf == leaf) {
			*out = v->value;
			return v->value.type != VALUE_ABSENT;
		}
	}
	return false;
}

static bool ask_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	return answer(ctx, NODE_FIELD, side, 0, leaf, out);
}

static bool ask_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	return answer(ctx, NODE_FACT, side, fact, leaf, out);
}

/* The two values that are decided. */
static void take_pair(struct diff_job *j, const struct diff_question *q, const struct logic_model *m,
		      struct value pair[SIDE_COUNT])
{
	struct value *actual = &pair[SIDE_ACTUAL];

	memset(pair, 0, SIDE_COUNT * sizeof(*pair));
	for (size_t i = 0; i < m->n; i++) {
		if (m->values[i].kind == NODE_VALUE)
			pair[m->values[i].side] = m->values[i].value;
	}
	/* texts that are the same, and still differ: in the NULs behind them */
	if (!q->equal && actual->type == VALUE_BYTES && value_equal(&pair[SIDE_RECORDED], actual)) {
		/* arena_copy() has put one there */
		*actual = value_bytes(arena_copy(j->arena, actual->data, actual->len), actual->len + 1);
	}
}

/* ---- names ---- */

static const char *const sides[SIDE_COUNT] = { [SIDE_RECORDED] = "recorded", [SIDE_ACTUAL] = "actual" };

static const char *name_of(struct diff_job *j, const struct logic_value *v)
{
	const struct abi_fact_info *info;
	const char *base;

	if (v->kind == NODE_VALUE)
		return sides[v->side];
	if (v->kind == NODE_FIELD)
		return arena_printf(j->arena, "%s.%s", sides[v->side], abi_schema_leaf(j->schema, v->leaf)->path);
	info = abi_fact_info((enum abi_fact)v->fact);
	base = v->leaf == VM_NO_LEAF ? info->base : abi_schema_leaf(j->schema, v->leaf)->path;
	return arena_printf(j->arena, "%s.%s%s%s", sides[v->side], base, *info->member ? "." : "", info->member);
}

/* Bytes of the reasoner live no longer than it. */
static struct value keep(struct diff_job *j, struct value v)
{
	return v.type == VALUE_BYTES ? value_bytes(arena_copy(j->arena, v.data, v.len), v.len) : v;
}

static void name_values(struct diff_job *j, const struct diff_question *q, const struct logic_model *m,
			const struct value pair[SIDE_COUNT], struct diff_witness *out)
{
	struct diff_value *list = arena_array(j->arena, m->n + SIDE_COUNT, sizeof(*list));
	size_t n = 0;

	for (unsigned side = 0; side < SIDE_COUNT && q->what == SPOL_FIELD; side++)
		list[n++] = (struct diff_value){ sides[side], keep(j, pair[side]) };
	for (size_t i = 0; i < m->n; i++) {
		const struct logic_value *v = &m->values[i];

		if (v->kind != NODE_VALUE)
			list[n++] = (struct diff_value){ name_of(j, v), keep(j, v->value) };
	}
	out->values = list;
	out->nvalues = n;
}

/* ---- the machines ---- */

static void tell(struct diff_job *j, const struct vm_prog *prog, const char *verdict, uint32_t rule,
		 struct diff_verdict *out)
{
	const struct vm_rule *r = rule == VM_NO_RULE ? NULL : vm_rule_get(prog, rule);

	*out = (struct diff_verdict){ .verdict = verdict };
	if (!r)
		return;
	out->file = arena_strdup(j->arena, r->file);
	out->line = r->line;
	out->selector = arena_strdup(j->arena, r->selector);
	out->text = arena_strdup(j->arena, r->text);
}

static bool run_field(struct diff_job *j, const struct diff_question *q, unsigned side, const struct value *pair,
		      const struct vm_env *env, struct diff_verdict *out)
{
	bool right = true;

	for (unsigned phase = 0; phase < VM_PHASES; phase++) {
		struct vm_decision d;

		if (!(q->leaf->dir & (phase == VM_ENTRY ? DIR_IN : DIR_OUT)))
			continue;
		d = vm_decide(j->progs[side], (enum vm_phase)phase, q->leaf->id, &pair[SIDE_RECORDED],
			      &pair[SIDE_ACTUAL], env);
		right = right && (int)d.verb == q->expected[side];
		tell(j, j->progs[side], vm_verb_name(d.verb), d.rule, out);
	}
	return right;
}

static bool run_call(struct diff_job *j, const struct diff_question *q, unsigned side, const struct vm_env *env,
		     struct diff_verdict *out)
{
	const struct vm_prog *prog = j->progs[side];
	struct vm_disposed d = { .disposition = DISP_EXECUTE, .rule = VM_NO_RULE };
	bool said;

	if (q->what == SPOL_NUMBER) {
		said = vm_dispose_number(prog, q->nr, &d);
	} else {
		said = vm_has_disposition(prog, q->call->index);
		d = vm_dispose(prog, q->call->index, env);
	}
	if (q->expected[side] == VERDICT_UNSAID) {
		tell(j, prog, "not judged", VM_NO_RULE, out);
		return !said;
	}
	tell(j, prog, vm_disposition_name(d.disposition), d.rule, out);
	return (int)d.disposition == q->expected[side];
}

bool diff_confirm(struct diff_job *j, const struct diff_question *q, const struct logic_model *m,
		  struct diff_witness *out)
{
	struct world w = { m };
	struct vm_env env = { ask_field, ask_fact, &w };
	struct value pair[SIDE_COUNT];
	bool right = true;

	*out = (struct diff_witness){ 0 };
	take_pair(j, q, m, pair);
	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		if (q->what == SPOL_FIELD)
			right = run_field(j, q, side, pair, &env, &out->by[side]) && right;
		else
			right = run_call(j, q, side, &env, &out->by[side]) && right;
	}
	if (q->what == SPOL_FIELD && value_equal(&pair[SIDE_RECORDED], &pair[SIDE_ACTUAL]) != q->equal)
		return false;
	name_values(j, q, m, pair, out);
	return right;
}

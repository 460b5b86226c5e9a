/*
 * The effective policy in words: every field with the chain that decides it; and for what is asked about, why.
 */
#include "spol/explain.h"

#include "base/check.h"

#include <string.h>

struct place listing_place(struct policy *p, struct span at)
{
	if (!p->places)
		p->places = places_over(p->d);
	return places_find(p->places, at.file, at.start);
}

static void print_place(struct policy *p, const struct policy_file *f, struct span at, struct buf *out)
{
	buf_printf(out, "%s:%u", f->name, listing_place(p, at).line);
}

/* ---- list ---- */

void listing_chain(struct policy *p, const struct chain *c, struct buf *out)
{
	for (const struct link *l = c->first; l; l = l->next) {
		if (l != c->first)
			buf_str(out, " else ");
		if (!l->arm)
			buf_str(out, "equal");
		else if (!l->arm->is_disposition && l->verb != l->arm->verb)
			/* a verb that this field cannot have says `equal` */
			print_arm_as(out, l->arm, l->verb);
		else
			print_arm(out, l->arm, false);
	}
	buf_str(out, "  # ");
	for (const struct link *l = c->first; l; l = l->next) {
		if (l != c->first && l->target)
			buf_str(out, ", ");
		if (l->target)
			print_place(p, l->target->file, l->arm->at, out);
		else if (l == c->first)
			buf_str(out, "no default");
	}
	buf_byte(out, '\n');
}

static void list_call(struct policy *p, const struct abi_call *c, const struct subject *only, struct buf *out)
{
	bool whole = !only || (!only->has_field && only->selector.kind != SEL_ANY);

	if (p->disposed[c->index].first && whole) {
		subject_label(out, c);
		buf_str(out, ": ");
		listing_chain(p, &p->disposed[c->index], out);
	}
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if (only && !only->leaves[leaf->id])
			continue;
		subject_label(out, c);
		buf_printf(out, ".%s: ", leaf->path);
		listing_chain(p, &p->chains[leaf->id], out);
	}
}

static void list_numbered(struct policy *p, const struct subject *only, struct buf *out)
{
	for (const struct numbered *n = p->numbered; n; n = n->next) {
		if (only && n->nr != only->nr)
			continue;
		buf_printf(out, "syscall_%d: ", n->nr);
		listing_chain(p, &n->chain, out);
	}
}

int listing_all(struct policy *p, const char *what, enum spol_form form, struct buf *out, struct err *err)
{
	struct subject only;

	if (what && subject_parse(p, what, &only, err) != 0)
		return -1;
	if (form == SPOL_JSON) {
		listing_json(p, what ? &only : NULL, out);
		return 0;
	}
	if (what) {
		for (size_t i = 0; i < only.ncalls; i++)
			list_call(p, only.calls[i], &only, out);
	} else {
		for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++)
			list_call(p, abi_schema_call(p->schema, (uint32_t)i), NULL, out);
	}
	if (!what || only.is_number)
		list_numbered(p, what ? &only : NULL, out);
	return 0;
}

/* ---- explain ---- */

static void print_rule_place(struct policy *p, const struct explained *e, const struct abi_leaf *leaf, struct buf *out)
{
	const struct target *t = e->target;

	print_place(p, t->file, e->arm->at, out);
	buf_str(out, t->override ? ": override " : ": ");
	print_rule_target(out, t);
	if (t->level == LEVEL_DEFAULT)
		return;
	buf_str(out, "; ");
	explain_names(out, t, e->rank, leaf);
}

/* The arm alone, or with those behind it. */
static void print_arms(struct buf *out, const struct explained *e)
{
	for (const struct arm *a = e->arm; a; a = e->whole ? a->next : NULL) {
		if (a != e->arm)
			buf_str(out, " else ");
		print_arm(out, a, true);
	}
}

static void print_deciding(struct policy *p, const struct explained *e, const struct abi_leaf *leaf, struct buf *out)
{
	buf_printf(out, "  %u. ", e->number);
	if (!e->target) {
		buf_str(out, "equal\n     the policy has no default\n");
		return;
	}
	if (e->why)
		print_arm_as(out, e->arm, e->verb);
	else
		print_arms(out, e);
	buf_str(out, "\n     ");
	print_rule_place(p, e, leaf, out);
	buf_byte(out, '\n');
	if (e->why)
		buf_printf(out, "     `%s` cannot be said about this field, so it reads `equal`: %s\n",
			   vm_verb_name(e->arm->verb), e->why);
}

static void print_lost(struct policy *p, const struct explained *e, const struct abi_leaf *leaf, struct buf *out)
{
	CLEANUP(buf_free) struct buf order = { 0 };

	buf_str(out, "  -  ");
	print_arms(out, e);
	buf_str(out, "\n     ");
	print_rule_place(p, e, leaf, out);
	buf_str(out, "\n     ");
	switch (e->fate) {
	case FATE_DECIDES:
		break;
	case FATE_OVERRIDDEN:
		buf_str(out, "replaced by the `override` at ");
		print_place(p, e->replacer->file, e->replacer->rule->at, out);
		break;
	case FATE_BEHIND:
		buf_printf(out, "not reached: %u always decides", e->behind->number);
		explain_order(&order, e->behind, e, leaf);
		if (order.len)
			buf_printf(out, "; %s", buf_cstr(&order));
		else
			buf_str(out, "; it stands before it");
		break;
	case FATE_IMPOSSIBLE:
		buf_printf(out, "never holds: %s", e->why);
		break;
	}
	buf_byte(out, '\n');
}

static void print_explained(struct policy *p, const struct explained *first, const struct abi_leaf *leaf,
			    struct buf *out)
{
	for (const struct explained *e = first; e; e = e->next) {
		if (e->fate == FATE_DECIDES)
			print_deciding(p, e, leaf, out);
	}
	for (const struct explained *e = first; e; e = e->next) {
		if (e->fate != FATE_DECIDES)
			print_lost(p, e, leaf, out);
	}
}

const char *listing_effect(const struct abi_leaf *leaf, enum vm_disposition d)
{
	switch (d) {
	case DISP_EXECUTE:
		return "compared, and these rules decide";
	case DISP_EMULATE:
		if (leaf->dir == DIR_OUT)
			return "not compared: the call is not executed, and the program sees the recorded value";
		return leaf->dir == DIR_IN
			       ? "compared before the call, which is not executed"
			       : "compared before the call, which is not executed; then the program sees the "
				 "recorded value";
	case DISP_IGNORE:
		return "neither recorded nor compared";
	case DISP_OPTIONAL:
		return "compared where both runs make the call";
	case DISP_FORBID:
		return "never looked at: the call itself is the violation";
	case DISP_COUNT:
		break;
	}
	return "";
}

/* What the call's disposition means for the field. */
static void print_effects(struct policy *p, const struct abi_leaf *leaf, struct buf *out)
{
	const struct chain *chain = &p->disposed[leaf->call];

	for (const struct link *l = chain->first; l; l = l->next) {
		buf_str(out, "  call: ");
		print_arm(out, l->arm, false);
		buf_str(out, " (");
		print_place(p, l->target->file, l->arm->at, out);
		buf_printf(out, "): %s\n", listing_effect(leaf, l->arm->disposition));
	}
}

static void print_promises(struct policy *p, const struct abi_leaf *leaf, struct buf *out)
{
	for (const struct promise_made *m = explain_promises(p, leaf); m; m = m->next) {
		buf_printf(out, "  promise: never %s", vm_verb_name(m->item->verb));
		if (m->item->condition) {
			buf_str(out, " if ");
			print_expr(out, m->item->condition);
		}
		buf_str(out, " (");
		print_place(p, m->file, m->item->at, out);
		buf_str(out, ")\n");
	}
}

void listing_explain_leaf(struct policy *p, const struct abi_leaf *leaf, struct buf *out)
{
	subject_label(out, abi_schema_call(p->schema, leaf->call));
	buf_printf(out, ".%s (%s, %s)\n", leaf->path, abi_kind_name(leaf->kind), abi_dir_name(leaf->dir));
	print_effects(p, leaf, out);
	print_explained(p, explain_leaf(p, leaf), leaf, out);
	if (p->chains[leaf->id].always)
		buf_str(out, "  equal values are looked at, too: an arm says `stop` or `map`\n");
	print_promises(p, leaf, out);
}

void listing_explain_call(struct policy *p, const struct abi_call *c, struct buf *out)
{
	const struct explained *first = explain_call(p, c);
	bool closed = false;

	/* signals and the like have fields only */
	if (c->nr >= ABI_PSEUDO_FIRST)
		return;
	subject_label(out, c);
	buf_str(out, " (the call)\n");
	print_explained(p, first, NULL, out);
	for (const struct explained *e = first; e; e = e->next)
		closed |= e->fate == FATE_DECIDES && e->always;
	if (closed)
		return;
	if (c->row->flags & (CALL_ENOSYS | CALL_EPERM))
		buf_printf(out, "  not executed: it is answered %s in both runs\n",
			   c->row->flags & CALL_ENOSYS ? "ENOSYS" : "EPERM");
	else if (c->row->partial)
		buf_str(out, "  else executed; the call is not wholly described: a run that makes it is not judged\n");
	else
		buf_str(out,
			first ? "  else executed and compared\n" : "  executed and compared: no rule disposes of it\n");
}

static void explain_number(struct policy *p, int32_t nr, struct buf *out)
{
	buf_printf(out, "syscall_%d (a call that is not described)\n", nr);
	for (const struct numbered *n = p->numbered; n; n = n->next) {
		if (n->nr == nr) {
			print_explained(p, explain_numbered(p, n), NULL, out);
			return;
		}
	}
	buf_str(out, "  no rule disposes of it: a run that makes it is not judged\n");
}

int listing_explain(struct policy *p, const char *what, enum spol_form form, struct buf *out, struct err *err)
{
	struct subject s;

	if (subject_parse(p, what, &s, err) != 0)
		return -1;
	if (form == SPOL_JSON) {
		listing_explain_json(p, &s, out);
		return 0;
	}
	if (s.is_number)
		explain_number(p, s.nr, out);
	for (size_t i = 0; i < s.ncalls; i++) {
		const struct abi_call *c = s.calls[i];

		if (!s.has_field && s.selector.kind != SEL_ANY)
			listing_explain_call(p, c, out);
		for (uint32_t k = 0; k < c->nleaves; k++) {
			if (s.leaves[c->leaf_first + k])
				listing_explain_leaf(p, abi_schema_leaf(p->schema, c->leaf_first + k), out);
		}
	}
	return 0;
}

/*
 * The effective policy, and why, as JSON: what listing.c says in words, for programs.
 */
#include "spol/explain.h"

#include "base/check.h"

#include <string.h>

/* Objects and arrays are written front to back; sep is what stands before the next member. */
struct json {
	struct policy *p;
	struct buf *out;
	const char *sep;
};

static void open_bracket(struct json *j, const char *key, char bracket)
{
	buf_str(j->out, j->sep);
	if (key)
		buf_printf(j->out, "\"%s\":", key);
	buf_byte(j->out, (uint8_t)bracket);
	j->sep = "";
}

static void close_bracket(struct json *j, char bracket)
{
	buf_byte(j->out, (uint8_t)bracket);
	j->sep = ",";
}

static void put_text(struct json *j, const char *key, const char *s)
{
	buf_printf(j->out, "%s\"%s\":", j->sep, key);
	diags_json_string(j->out, s);
	j->sep = ",";
}

static void put_number(struct json *j, const char *key, unsigned n)
{
	buf_printf(j->out, "%s\"%s\":%u", j->sep, key, n);
	j->sep = ",";
}

static void put_bool(struct json *j, const char *key, bool yes)
{
	buf_printf(j->out, "%s\"%s\":%s", j->sep, key, yes ? "true" : "false");
	j->sep = ",";
}

static void put_place(struct json *j, const struct policy_file *f, struct span at)
{
	struct place place = listing_place(j->p, at);

	put_text(j, "file", f->name);
	put_number(j, "line", place.line);
	put_number(j, "column", place.column);
}

static void put_call(struct json *j, const struct abi_call *c)
{
	CLEANUP(buf_free) struct buf label = { 0 };

	subject_label(&label, c);
	put_text(j, "call", buf_cstr(&label));
}

static void put_leaf(struct json *j, const struct abi_leaf *leaf)
{
	put_call(j, abi_schema_call(j->p->schema, leaf->call));
	put_text(j, "field", leaf->path);
	put_text(j, "kind", abi_kind_name(leaf->kind));
	put_text(j, "direction", abi_dir_name(leaf->dir));
}

/* One arm: what it says, and where.  arm NULL: the built-in default. */
static void put_arm(struct json *j, const struct target *t, const struct arm *a, enum vm_verb verb)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (!a) {
		put_text(j, "says", vm_verb_name(VERB_EQUAL));
		put_text(j, "text", vm_verb_name(VERB_EQUAL));
		return;
	}
	put_text(j, "says", a->is_disposition ? vm_disposition_name(a->disposition) : vm_verb_name(verb));
	print_arm(&text, a, true);
	put_text(j, "text", buf_cstr(&text));
	put_place(j, t->file, a->at);
}

/* ---- list ---- */

static void put_chain(struct json *j, const struct chain *c)
{
	open_bracket(j, "arms", '[');
	for (const struct link *l = c->first; l; l = l->next) {
		open_bracket(j, NULL, '{');
		put_arm(j, l->target, l->arm, l->verb);
		close_bracket(j, '}');
	}
	close_bracket(j, ']');
}

static void list_call(struct json *j, const struct abi_call *c, const struct subject *only)
{
	struct policy *p = j->p;
	bool whole = !only || (!only->has_field && only->selector.kind != SEL_ANY);

	if (p->disposed[c->index].first && whole) {
		open_bracket(j, NULL, '{');
		put_call(j, c);
		put_chain(j, &p->disposed[c->index]);
		close_bracket(j, '}');
	}
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if (only && !only->leaves[leaf->id])
			continue;
		open_bracket(j, NULL, '{');
		put_leaf(j, leaf);
		put_chain(j, &p->chains[leaf->id]);
		close_bracket(j, '}');
	}
}

void listing_json(struct policy *p, const struct subject *only, struct buf *out)
{
	struct json j = { p, out, "" };
	size_t n = only ? only->ncalls : abi_schema_ncalls(p->schema);

	open_bracket(&j, NULL, '{');
	put_text(&j, "policy", p->files[p->nfiles - 1]->path);
	open_bracket(&j, "rules", '[');
	for (size_t i = 0; i < n; i++)
		list_call(&j, only ? only->calls[i] : abi_schema_call(p->schema, (uint32_t)i), only);
	for (const struct numbered *k = p->numbered; k && (!only || only->is_number); k = k->next) {
		CLEANUP(buf_free) struct buf name = { 0 };

		if (only && k->nr != only->nr)
			continue;
		buf_printf(&name, "syscall_%d", k->nr);
		open_bracket(&j, NULL, '{');
		put_text(&j, "call", buf_cstr(&name));
		put_chain(&j, &k->chain);
		close_bracket(&j, '}');
	}
	close_bracket(&j, ']');
	close_bracket(&j, '}');
	buf_byte(out, '\n');
}

/* ---- explain ---- */

static void put_lost(struct json *j, const struct explained *e)
{
	static const char *const fates[] = {
		[FATE_DECIDES] = "decides",
		[FATE_OVERRIDDEN] = "overridden",
		[FATE_BEHIND] = "unreached",
		[FATE_IMPOSSIBLE] = "impossible",
	};

	put_text(j, "reason", fates[e->fate]);
	switch (e->fate) {
	case FATE_DECIDES:
		break;
	case FATE_OVERRIDDEN:
		open_bracket(j, "by", '{');
		put_place(j, e->replacer->file, e->replacer->rule->at);
		close_bracket(j, '}');
		break;
	case FATE_BEHIND:
		put_number(j, "behind", e->behind->number);
		break;
	case FATE_IMPOSSIBLE:
		put_text(j, "why", e->why);
		break;
	}
}

static void put_explained(struct json *j, const struct explained *e, const struct abi_leaf *leaf)
{
	CLEANUP(buf_free) struct buf selector = { 0 }, names = { 0 };

	open_bracket(j, NULL, '{');
	if (e->fate == FATE_DECIDES)
		put_number(j, "number", e->number);
	put_arm(j, e->target, e->arm, e->fate == FATE_DECIDES || !e->arm ? e->verb : e->arm->verb);
	if (e->target) {
		print_rule_target(&selector, e->target);
		put_text(j, "rule", buf_cstr(&selector));
		explain_names(&names, e->target, e->rank, leaf);
		put_text(j, "specificity", buf_cstr(&names));
		put_bool(j, "override", e->target->override);
	}
	if (e->fate == FATE_DECIDES) {
		put_bool(j, "always", e->always);
		if (e->why)
			put_text(j, "why", e->why);
	} else {
		put_bool(j, "and_all_behind_it", e->whole);
		put_lost(j, e);
	}
	close_bracket(j, '}');
}

static void put_all(struct json *j, const struct explained *first, const struct abi_leaf *leaf)
{
	open_bracket(j, "decides", '[');
	for (const struct explained *e = first; e; e = e->next) {
		if (e->fate == FATE_DECIDES)
			put_explained(j, e, leaf);
	}
	close_bracket(j, ']');
	open_bracket(j, "others", '[');
	for (const struct explained *e = first; e; e = e->next) {
		if (e->fate != FATE_DECIDES)
			put_explained(j, e, leaf);
	}
	close_bracket(j, ']');
}

static void put_promises(struct json *j, const struct abi_leaf *leaf)
{
	open_bracket(j, "promises", '[');
	for (const struct promise_made *m = explain_promises(j->p, leaf); m; m = m->next) {
		CLEANUP(buf_free) struct buf text = { 0 };

		open_bracket(j, NULL, '{');
		put_text(j, "never", vm_verb_name(m->item->verb));
		if (m->item->condition) {
			print_expr(&text, m->item->condition);
			put_text(j, "if", buf_cstr(&text));
		}
		put_place(j, m->file, m->item->at);
		close_bracket(j, '}');
	}
	close_bracket(j, ']');
}

static void put_effects(struct json *j, const struct abi_leaf *leaf)
{
	open_bracket(j, "dispositions", '[');
	for (const struct link *l = j->p->disposed[leaf->call].first; l; l = l->next) {
		open_bracket(j, NULL, '{');
		put_arm(j, l->target, l->arm, l->verb);
		put_text(j, "effect", listing_effect(leaf, l->arm->disposition));
		close_bracket(j, '}');
	}
	close_bracket(j, ']');
}

static void explain_one(struct json *j, const struct abi_call *c, const struct subject *s)
{
	struct policy *p = j->p;

	if (!s->has_field && s->selector.kind != SEL_ANY && c->nr < ABI_PSEUDO_FIRST) {
		open_bracket(j, NULL, '{');
		put_call(j, c);
		put_all(j, explain_call(p, c), NULL);
		close_bracket(j, '}');
	}
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if (!s->leaves[leaf->id])
			continue;
		open_bracket(j, NULL, '{');
		put_leaf(j, leaf);
		put_effects(j, leaf);
		put_all(j, explain_leaf(p, leaf), leaf);
		put_bool(j, "equal_values_too", p->chains[leaf->id].always);
		put_promises(j, leaf);
		close_bracket(j, '}');
	}
}

void listing_explain_json(struct policy *p, const struct subject *s, struct buf *out)
{
	struct json j = { p, out, "" };

	open_bracket(&j, NULL, '{');
	put_text(&j, "policy", p->files[p->nfiles - 1]->path);
	open_bracket(&j, "explained", '[');
	if (s->is_number) {
		const struct numbered *n = p->numbered;

		while (n && n->nr != s->nr)
			n = n->next;
		open_bracket(&j, NULL, '{');
		put_text(&j, "call", s->selector.name.s);
		put_all(&j, n ? explain_numbered(p, n) : NULL, NULL);
		close_bracket(&j, '}');
	}
	for (size_t i = 0; i < s->ncalls; i++)
		explain_one(&j, s->calls[i], s);
	close_bracket(&j, ']');
	close_bracket(&j, '}');
	buf_byte(out, '\n');
}

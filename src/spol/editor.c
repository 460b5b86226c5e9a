/*
 * An analysis for an editor, and what needs the tree of it: where names come from and are used, and the outline.
 */
#include "spol/editor.h"

#include "base/check.h"
#include "spol/editor_place.h"

#include "grammar/spol_parse.h"

#include <string.h>

#define NAME_MAX_SHOWN 100u /* bytes of a name in the outline */

struct spol_editor *spol_editor_new(const struct spol_options *o, const char *path, struct err *err)
{
	struct arena *arena = arena_new();
	struct spol_editor *e = arena_alloc(arena, sizeof(*e));

	e->arena = arena;
	e->diags = diags_new();
	policy_init(&e->policy, o, e->diags, arena);
	if (policy_analyse(&e->policy, arena_strdup(arena, path), &e->err) != 0 && e->err.code != ERR_POLICY) {
		if (err)
			*err = e->err;
		spol_editor_free(e);
		return NULL;
	}
	return e;
}

void spol_editor_free(struct spol_editor *e)
{
	if (!e)
		return;
	policy_end(&e->policy);
	diags_free(e->diags);
	arena_free(e->arena);
}

struct diags *spol_editor_diags(struct spol_editor *e)
{
	return e->diags;
}

bool spol_editor_syntax_errors(const struct spol_editor *e)
{
	return e->policy.syntax_errors;
}

static const struct policy_file *top_file(const struct spol_editor *e)
{
	INVARIANT(e->policy.nfiles > 0);
	return e->policy.files[e->policy.nfiles - 1];
}

uint32_t spol_editor_source(const struct spol_editor *e)
{
	return top_file(e)->source;
}

static bool contains(struct span s, struct span at)
{
	return s.file == at.file && s.start <= at.start && at.end <= s.end;
}

/* ---- where lets and sets are used ---- */

typedef void name_fn(void *ctx, const struct text *name);

static void each_name_in(const struct expr *e, name_fn *f, void *ctx)
{
	if (!e)
		return;
	if (e->kind == EXPR_NAME)
		f(ctx, &e->text);
	each_name_in(e->a, f, ctx);
	each_name_in(e->b, f, ctx);
	each_name_in(e->tol, f, ctx);
	for (const struct set_member *m = e->members; m; m = m->next)
		each_name_in(m->value, f, ctx);
}

static void each_name_in_item(const struct item *item, name_fn *f, void *ctx)
{
	each_name_in(item->value, f, ctx);
	each_name_in(item->condition, f, ctx);
	for (const struct set_member *m = item->members; m; m = m->next)
		each_name_in(m->value, f, ctx);
	for (const struct rule *r = item->rules; r; r = r->next) {
		for (const struct arm *a = r->arms; a; a = a->next) {
			each_name_in(a->within, f, ctx);
			each_name_in(a->condition, f, ctx);
		}
	}
	for (const struct test_step *s = item->steps; s; s = s->next) {
		for (const struct test_value *v = s->values; v; v = v->next) {
			each_name_in(v->recorded, f, ctx);
			each_name_in(v->actual, f, ctx);
		}
	}
}

static void each_name(const struct policy *p, name_fn *f, void *ctx)
{
	for (unsigned i = 0; i < p->nfiles; i++) {
		for (const struct item *item = p->files[i]->ast->items; item; item = item->next)
			each_name_in_item(item, f, ctx);
	}
}

struct search {
	const struct policy *policy;
	struct span at;
	const struct definition *found;
	struct span found_at;
	/* of references */
	struct arena *arena;
	struct span *places;
	size_t n, room;
};

static void look_at(void *ctx, const struct text *name)
{
	struct search *s = ctx;

	if (s->found || !contains(name->at, s->at))
		return;
	s->found = names_find(s->policy, name->at, name->s, name->len);
	s->found_at = name->at;
}

/* The definition whose name or use lies at s->at. */
static void find_definition(struct search *s)
{
	for (const struct definition *d = s->policy->definitions; d && !s->found; d = d->next) {
		if (contains(d->item->name.at, s->at)) {
			s->found = d;
			s->found_at = d->item->name.at;
		}
	}
	if (!s->found)
		each_name(s->policy, look_at, s);
}

static void add_place(struct search *s, struct span at)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct span *list = arena_array(s->arena, room, sizeof(*list));

		if (s->n)
			memcpy(list, s->places, s->n * sizeof(*list));
		s->places = list;
		s->room = room;
	}
	s->places[s->n++] = at;
}

static void add_use(void *ctx, const struct text *name)
{
	struct search *s = ctx;

	if (names_find(s->policy, name->at, name->s, name->len) == s->found)
		add_place(s, name->at);
}

size_t spol_editor_references(struct spol_editor *e, struct span at, struct arena *arena, struct span **places)
{
	struct search s = { .policy = &e->policy, .at = at, .arena = arena };

	find_definition(&s);
	if (!s.found)
		return 0;
	add_place(&s, s.found->item->name.at);
	each_name(s.policy, add_use, &s);
	*places = s.places;
	return s.n;
}

static bool is_identifier(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return *s && strchr(letters, *s) && strspn(s, more) == strlen(s);
}

bool spol_editor_is_free_name(struct spol_editor *e, const char *name)
{
	const struct policy *p = &e->policy;
	size_t len = strlen(name);

	if (!is_identifier(name) || editor_word_find(~0u, name, len))
		return false;
	for (const struct definition *d = p->definitions; d; d = d->next) {
		if (d->item->name.len == len && memcmp(d->item->name.s, name, len) == 0)
			return false;
	}
	for (size_t i = 1; i < abi_nsets; i++) {
		uint64_t value;

		if (abi_const_find((uint16_t)i, name, len, &value))
			return false;
	}
	return !names_field_anywhere(p, NULL, name, len);
}

/* ---- where things come from ---- */

static bool extended_file(struct spol_editor *e, struct span at, struct span *from, struct spol_place *to)
{
	const struct policy_file *f = top_file(e);

	for (const struct item *item = f->ast->items; item; item = item->next) {
		if (item->kind != ITEM_EXTENDS)
			continue;
		for (const struct text_list *t = item->names; t; t = t->next) {
			const char *path;

			if (!contains(t->text.at, at) || strlen(t->text.s) != t->text.len || !t->text.len)
				continue;
			path = policy_find_file(&e->policy, f, t->text.s);
			if (!path)
				return false;
			*from = t->text.at;
			*to = (struct spol_place){ .path = path };
			return true;
		}
	}
	return false;
}

static bool is_override_word(struct spol_editor *e, struct span at, struct span *word)
{
	static const char override[] = "override";
	const struct source_text *s = diags_get_source(e->diags, at.file);
	uint32_t len = sizeof(override) - 1;

	for (uint32_t start = at.start > len ? at.start - len : 0; start <= at.start; start++) {
		if (s->len - start >= len && memcmp(s->text + start, override, len) == 0) {
			*word = (struct span){ at.file, start, start + len };
			return true;
		}
	}
	return false;
}

/* Of an overriding rule the word itself and the names that it replaces a rule for lead to that rule. */
static bool replaced_rule(struct spol_editor *e, struct span at, struct span *from, struct spol_place *to)
{
	struct span word;
	bool on_word = is_override_word(e, at, &word);

	for (const struct target *t = e->policy.targets; t; t = t->next) {
		struct span name = t->field ? t->field->path.at : t->selector->at;
		const struct target *old = t->replaced;

		if (!old || t->file != top_file(e))
			continue;
		if (contains(name, at))
			*from = name;
		else if (on_word && (t->rule->at.start == word.start || t->item->at.start == word.start))
			*from = word;
		else
			continue;
		to->at = old->field ? old->field->path.at : old->rule->at;
		to->path = old->file->path;
		to->is_source = true;
		return true;
	}
	return false;
}

bool spol_editor_definition(struct spol_editor *e, uint32_t offset, struct span *from, struct spol_place *to)
{
	struct span at = { spol_editor_source(e), offset, offset };
	struct search s = { .policy = &e->policy, .at = at };

	if (offset > diags_get_source(e->diags, at.file)->len)
		return false;
	if (extended_file(e, at, from, to) || replaced_rule(e, at, from, to))
		return true;
	find_definition(&s);
	if (!s.found)
		return false;
	*from = s.found_at;
	*to = (struct spol_place){ .path = s.found->file->path, .at = s.found->item->name.at, .is_source = true };
	return true;
}

/* ---- outline ---- */

struct outline {
	struct arena *arena;
	struct spol_symbol *list;
	size_t n, room;
};

static void add_symbol(struct outline *o, struct spol_symbol s)
{
	if (o->n == o->room) {
		size_t room = o->room ? 2 * o->room : 32;
		struct spol_symbol *list = arena_array(o->arena, room, sizeof(*list));

		if (o->n)
			memcpy(list, o->list, o->n * sizeof(*list));
		o->list = list;
		o->room = room;
	}
	o->list[o->n++] = s;
}

static const char *cut(struct outline *o, struct buf *b)
{
	if (b->len > NAME_MAX_SHOWN)
		return arena_printf(o->arena, "%.*s...", (int)NAME_MAX_SHOWN, buf_cstr(b));
	return arena_strdup(o->arena, buf_cstr(b));
}

static void add_rules(struct outline *o, const struct item *item)
{
	CLEANUP(buf_free) struct buf name = { 0 };
	struct span name_at = item->selectors->at;

	for (const struct selector *s = item->selectors; s && name.len <= NAME_MAX_SHOWN; s = s->next) {
		if (name.len)
			buf_str(&name, ", ");
		print_selector(&name, s);
	}
	add_symbol(o, (struct spol_symbol){
			      .kind = SPOL_SYMBOL_RULES, .name = cut(o, &name), .at = item->at, .name_at = name_at });
	for (const struct rule *r = item->rules; r; r = r->next) {
		if (!r->fields)
			continue;
		buf_clear(&name);
		for (const struct field_ref *f = r->fields; f && name.len <= NAME_MAX_SHOWN; f = f->next)
			buf_printf(&name, "%s%s", name.len ? ", " : "", f->path.s);
		add_symbol(o, (struct spol_symbol){ .kind = SPOL_SYMBOL_RULE,
						    .depth = 1,
						    .name = cut(o, &name),
						    .at = r->at,
						    .name_at = r->fields->path.at });
	}
}

static void add_never(struct outline *o, const struct item *item)
{
	CLEANUP(buf_free) struct buf name = { 0 };

	buf_printf(&name, "never %s ", vm_verb_name(item->verb));
	print_selector(&name, item->selectors);
	buf_printf(&name, ".%s", item->fields->path.s);
	add_symbol(o, (struct spol_symbol){ .kind = SPOL_SYMBOL_NEVER,
					    .name = cut(o, &name),
					    .at = item->at,
					    .name_at = item->fields->path.at });
}

static void add_item(struct outline *o, const struct item *item)
{
	struct spol_symbol s = { .name = item->name.s, .at = item->at, .name_at = item->name.at };

	switch (item->kind) {
	case ITEM_POLICY:
		s.kind = SPOL_SYMBOL_POLICY;
		break;
	case ITEM_LET:
		s.kind = SPOL_SYMBOL_LET;
		break;
	case ITEM_SET:
		s.kind = SPOL_SYMBOL_SET;
		break;
	case ITEM_TEST:
		s.kind = SPOL_SYMBOL_TEST;
		break;
	case ITEM_EXTENDS:
		s.kind = SPOL_SYMBOL_EXTENDS;
		for (const struct text_list *t = item->names; t; t = t->next) {
			s.name = t->text.s;
			s.at = s.name_at = t->text.at;
			add_symbol(o, s);
		}
		return;
	case ITEM_RULES:
		add_rules(o, item);
		return;
	case ITEM_NEVER:
		add_never(o, item);
		return;
	case ITEM_ERROR:
	case ITEM_VIOLATION:
		return;
	}
	add_symbol(o, s);
}

size_t spol_editor_symbols(struct spol_editor *e, struct arena *arena, struct spol_symbol **symbols)
{
	struct outline o = { .arena = arena };

	for (const struct item *item = top_file(e)->ast->items; item; item = item->next)
		add_item(&o, item);
	*symbols = o.list;
	return o.n;
}

/*
 * Completion: what may stand at a place, from the schema, the definitions in sight and the words of the language.
 */
#include "spol/editor_place.h"

#include "base/map.h"
#include "vm/vm.h"

#include <string.h>
#include <strings.h>

#define DETAIL_MAX 60 /* bytes of a definition's text in a list */
#define ERRNO_LAST 133

struct offers {
	struct query *q;
	const struct editor_place *place;
	struct strmap *seen;
	struct spol_completions *out;
	size_t room;
	const char *prefix; /* that every label offered now gets: "recorded." */
	const char *typed;
	size_t typed_len;
};

static void offer(struct offers *o, enum spol_word kind, const char *detail, const char *word)
{
	struct spol_completions *out = o->out;
	const char *label = *o->prefix ? arena_printf(o->q->arena, "%s%s", o->prefix, word) : word;
	size_t len = strlen(label);
	uint64_t known;

	if (len < o->typed_len || strncasecmp(label, o->typed, o->typed_len) != 0 ||
	    strmap_get(o->seen, label, len, &known))
		return;
	strmap_put(o->seen, label, len, 1);
	if (out->n == o->room) {
		size_t room = o->room ? 2 * o->room : 32;
		struct spol_completion *list = arena_array(o->q->arena, room, sizeof(*list));

		if (out->n)
			memcpy(list, out->list, out->n * sizeof(*list));
		out->list = list;
		o->room = room;
	}
	out->list[out->n++] = (struct spol_completion){ label, detail, kind };
}

static void offer_words(struct offers *o, unsigned groups, enum spol_word kind)
{
	for (size_t i = 0; i < editor_nwords; i++) {
		if (editor_words[i].group & groups)
			offer(o, kind, editor_words[i].text, editor_words[i].word);
	}
}

/* ---- calls ---- */

static void offer_calls(struct offers *o)
{
	const struct abi_schema *s = o->q->policy.schema;

	for (size_t i = 0; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, (uint32_t)i);
		const char *detail = "";

		if (c->nr >= ABI_PSEUDO_FIRST && c->variant)
			continue; /* signals and instructions have statements of their own */
		for (unsigned bit = 0; bit < 32; bit++) {
			const char *name = c->row->classes & 1u << bit ? abi_class_name(1u << bit) : NULL;

			if (name)
				detail = arena_printf(o->q->arena, "%s%s%%%s", detail, *detail ? " " : "", name);
		}
		offer(o, SPOL_WORD_CALL, *detail ? detail : NULL, c->name);
	}
}

static void offer_classes(struct offers *o)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		const char *name = abi_class_name(1u << bit);

		if (name)
			offer(o, SPOL_WORD_CLASS, "class of calls",
			      o->place->has_class ? name : arena_printf(o->q->arena, "%%%s", name));
	}
}

static void offer_selectors(struct offers *o)
{
	if (!o->place->has_class)
		offer_calls(o);
	offer_classes(o);
}

static void offer_variants_of(struct offers *o, const char *call, size_t len)
{
	const struct abi_schema *s = o->q->policy.schema;
	const struct abi_call *first = abi_schema_find(s, call, len);

	for (uint32_t i = first ? first->index : UINT32_MAX; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, i);

		if (strcmp(c->name, first->name) != 0)
			return;
		if (c->variant)
			offer(o, SPOL_WORD_VARIANT, c->label, c->variant);
	}
}

static void offer_variants(struct offers *o)
{
	const struct selector *s = o->place->selectors;

	if (s && s->kind == SEL_CALL)
		offer_variants_of(o, s->name.s, s->name.len);
}

static void offer_signals(struct offers *o)
{
	const struct abi_schema *s = o->q->policy.schema;

	for (size_t i = 0; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, (uint32_t)i);

		if (c->nr == ABI_SIGNAL && c->variant)
			offer(o, SPOL_WORD_VARIANT, "signal", c->variant);
	}
}

static void offer_kinds(struct offers *o)
{
	for (unsigned i = 0; i < ABI_NKINDS; i++)
		offer(o, SPOL_WORD_KIND, "kind of fields", abi_kind_name((enum abi_kind)i));
}

/* ---- fields ---- */

/* A call without variant: what all of its rows have in common stands in the first one, its fallback. */
static bool speaks_of(const struct offers *o, const struct abi_call *c)
{
	for (const struct selector *s = o->place->selectors; s; s = s->next) {
		const struct abi_call *first;

		if (s->kind != SEL_CALL || s->variants || strlen(c->name) != s->name.len ||
		    memcmp(c->name, s->name.s, s->name.len) != 0)
			continue;
		first = abi_schema_find(o->q->policy.schema, c->name, s->name.len);
		return first == c;
	}
	return true;
}

static const char *leaf_detail(struct offers *o, const struct abi_leaf *leaf)
{
	return arena_printf(o->q->arena, "%s, %s", abi_kind_name(leaf->kind), abi_dir_name(leaf->dir));
}

/* The structs and arrays that a leaf lies in. */
static void offer_enclosing(struct offers *o, const struct abi_leaf *leaf)
{
	for (const char *c = leaf->path; *c && !leaf->is_addr; c++) {
		if (*c == '.' || *c == '[')
			offer(o, SPOL_WORD_STRUCT, *c == '.' ? "struct" : "array",
			      arena_copy(o->q->arena, leaf->path, (size_t)(c - leaf->path)));
	}
}

static void offer_fields_of(void *ctx, const struct abi_call *c)
{
	struct offers *o = ctx;

	if (!speaks_of(o, c))
		return;
	/* addresses are seldom what is meant: they come last */
	for (uint32_t i = 0; i < 2 * c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(o->q->policy.schema, c->leaf_first + i % c->nleaves);

		if (leaf->is_addr == (i >= c->nleaves))
			offer(o, SPOL_WORD_FIELD, leaf_detail(o, leaf), leaf->path);
	}
	for (uint32_t i = 0; i < c->nleaves; i++)
		offer_enclosing(o, abi_schema_leaf(o->q->policy.schema, c->leaf_first + i));
}

static void offer_fields(struct offers *o)
{
	place_calls(o->q, o->place, offer_fields_of, o);
	offer(o, SPOL_WORD_STRUCT, "the rest of the call", "*");
}

/* ---- verbs ---- */

struct legal {
	const struct abi_schema *schema;
	unsigned verbs; /* bits */
};

static void add_legal(void *ctx, const struct abi_leaf *leaf)
{
	struct legal *l = ctx;

	for (unsigned v = 0; v < VERB_COUNT; v++) {
		if (legal_verb(l->schema, leaf, (enum vm_verb)v, NULL))
			l->verbs |= 1u << v;
	}
}

static void offer_verb(struct offers *o, enum vm_verb verb)
{
	const char *name = vm_verb_name(verb);
	const struct editor_word *w = editor_word_find(WORD_VERB, name, strlen(name));

	offer(o, SPOL_WORD_VERB, w ? w->text : NULL, name);
}

static bool is_about_fields(const struct editor_place *p)
{
	return p->fields || (p->selectors && (p->selectors->kind == SEL_ANY || p->selectors->kind == SEL_DEFAULT ||
					      p->selectors->kind == SEL_INSTRUCTION));
}

static void offer_verbs(struct offers *o)
{
	struct legal l = { .schema = o->q->policy.schema };

	if (!is_about_fields(o->place)) {
		offer_words(o, WORD_DISPOSITION, SPOL_WORD_VERB);
		return;
	}
	place_leaves(o->q, o->place, add_legal, &l);
	for (unsigned v = 0; v < VERB_COUNT; v++) {
		if (l.verbs == 0 || l.verbs & 1u << v)
			offer_verb(o, (enum vm_verb)v);
	}
}

/* ---- conditions ---- */

static void offer_set_constants(struct offers *o, size_t set)
{
	for (size_t i = 0; i < abi_sets[set].nconsts; i++)
		offer(o, SPOL_WORD_CONSTANT, abi_sets[set].name, abi_sets[set].consts[i].name);
}

static void offer_domain(struct offers *o, const struct domain *d)
{
	size_t flags = d->fact == FACT_FD_FLAGS ? constant_open_flags() : 0;

	for (int i = 0; d->fact == FACT_FD_KIND && i < FD_KIND_COUNT; i++)
		offer(o, SPOL_WORD_CONSTANT, "kind of descriptor", abi_fd_kind_name((enum abi_fd_kind)i));
	if (flags)
		offer_set_constants(o, flags);
	if (!d->leaf)
		return;
	if (d->leaf->set && d->leaf->set < abi_nsets)
		offer_set_constants(o, d->leaf->set);
	for (int i = 1; d->leaf->reg == ABI_REG_RET && i <= ERRNO_LAST; i++) {
		if (abi_errno_name(i))
			offer(o, SPOL_WORD_CONSTANT, "error number", abi_errno_name(i));
	}
	if (d->leaf->kind == KIND_SIGNAL)
		offer_signals(o);
}

/* Looks for what a name of the comparison means to some call or field. */
struct meeting {
	struct offers *offers;
	const struct text *name;
	bool found;
};

static void meet(struct meeting *m, const struct abi_call *c, const struct abi_leaf *own)
{
	struct scope s = place_scope(m->offers->q, c, own);
	struct domain d;

	if (!variable_domain(&s, m->name, &d))
		return;
	m->found = true;
	offer_domain(m->offers, &d);
}

static void meet_leaf(void *ctx, const struct abi_leaf *leaf)
{
	struct meeting *m = ctx;

	meet(m, abi_schema_call(m->offers->q->policy.schema, leaf->call), leaf);
}

static void meet_call(void *ctx, const struct abi_call *c)
{
	meet(ctx, c, NULL);
}

static void offer_constants(struct offers *o)
{
	struct meeting m = { .offers = o };

	for (const struct text_list *t = o->place->meets; t && !m.found; t = t->next) {
		m.name = &t->text;
		if (is_about_fields(o->place))
			place_leaves(o->q, o->place, meet_leaf, &m);
		else
			place_calls(o->q, o->place, meet_call, &m);
	}
}

static void offer_definitions(struct offers *o, enum item_kind kind)
{
	struct query *q = o->q;
	struct span here = { q->source, 0, 0 };

	for (const struct definition *d = q->policy.definitions; d; d = d->next) {
		const struct text *name = &d->item->name;
		const struct source_text *source = diags_get_source(q->policy.d, d->item->at.file);
		struct span at = d->item->at;
		uint32_t len = at.end - name->at.end;

		if (d->item->kind != kind || !names_find(&q->policy, here, name->s, name->len))
			continue;
		/* what is being defined at this very place */
		if (at.file == q->source && at.start < o->place->start && o->place->start <= at.end)
			continue;
		/* "= 5s;" as it is written */
		offer(o, kind == ITEM_LET ? SPOL_WORD_LET : SPOL_WORD_SET,
		      arena_printf(q->arena, "%.*s%s", (int)(len > DETAIL_MAX ? DETAIL_MAX : len),
				   source->text + name->at.end, len > DETAIL_MAX ? "..." : ""),
		      name->s);
	}
}

static void offer_fact(struct offers *o, const struct scope *s, const char *name, const char *detail)
{
	struct text text = { .s = name, .len = strlen(name), .at = { o->q->source, 0, 0 } };
	struct node n;

	if (variable_find(s, &text, &n) == VARIABLE_FOUND && n.kind == NODE_FACT)
		offer(o, SPOL_WORD_FACT, detail, name);
}

/* Facts about a call: those of any descriptor or clock that it gets, too. */
static void offer_facts_of(void *ctx, const struct abi_call *c)
{
	struct offers *o = ctx;
	struct scope s = place_scope(o->q, c, NULL);

	for (size_t i = 0; i < editor_nwords; i++) {
		if (editor_words[i].group & WORD_FACT)
			offer_fact(o, &s, editor_words[i].word, editor_words[i].text);
	}
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(o->q->policy.schema, c->leaf_first + i);

		if (leaf->enc == ENC_BYTES || !(leaf->dir & DIR_IN) || strchr(leaf->path, '['))
			continue;
		for (int k = 0; k < FACT_COUNT; k++) {
			const struct abi_fact_info *info = abi_fact_info((enum abi_fact)k);

			if (info->about == leaf->kind)
				offer_fact(o, &s, arena_printf(o->q->arena, "%s.%s", leaf->path, info->member),
					   leaf->kind == KIND_FD ? "about this descriptor" : "about this clock");
		}
	}
}

/* A field that may be one value: not one of many elements. */
static void offer_values_of(void *ctx, const struct abi_call *c)
{
	struct offers *o = ctx;

	if (!speaks_of(o, c))
		return;
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(o->q->policy.schema, c->leaf_first + i);

		if (!strchr(leaf->path, '['))
			offer(o, SPOL_WORD_FIELD, leaf_detail(o, leaf), leaf->path);
	}
}

/* What may be asked about any call: `any` and `default` have no calls of their own to look through. */
static void offer_variables(struct offers *o)
{
	const struct selector *s = o->place->selectors;
	bool wide = s && (s->kind == SEL_ANY || s->kind == SEL_DEFAULT);

	if (!wide)
		place_calls(o->q, o->place, offer_values_of, o);
	place_calls(o->q, o->place, offer_facts_of, o);
}

static void offer_operands(struct offers *o)
{
	static const char *const sides[] = { "recorded.", "actual." };

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		if (o->typed_len < strlen(sides[i]) || strncmp(o->typed, sides[i], strlen(sides[i])) != 0)
			continue;
		o->prefix = sides[i];
		offer_variables(o);
		o->prefix = "";
		return;
	}
	offer_constants(o);
	if (is_about_fields(o->place))
		offer_words(o, WORD_SIDE, SPOL_WORD_KEYWORD);
	offer_definitions(o, ITEM_LET);
	offer_variables(o);
	offer(o, SPOL_WORD_KEYWORD, "the condition does not hold", "not");
}

/* ---- tests ---- */

static void offer_values(struct offers *o)
{
	struct text_list meets = { .next = NULL };
	struct editor_place about = *o->place;
	const struct editor_place *place = o->place;

	if (about.fields) {
		meets.text = about.fields->path;
		about.meets = &meets;
	}
	o->place = &about;
	offer_constants(o);
	offer_definitions(o, ITEM_LET);
	o->place = place;
}

/* ---- strings ---- */

static void offer_placeholders(struct offers *o, uint32_t offset)
{
	const char *text = o->q->text->text;
	uint32_t at = offset;

	while (at > o->place->start && text[at - 1] != '{' && text[at - 1] != '}')
		at--;
	if (at == o->place->start || text[at - 1] != '{')
		return;
	o->out->start = at - 1;
	o->out->end = offset;
	o->typed = text + at - 1;
	o->typed_len = offset - at + 1;
	offer_words(o, WORD_PLACEHOLDER, SPOL_WORD_KEYWORD);
}

static void offer_at(struct offers *o, uint32_t offset)
{
	const struct editor_place *p = o->place;

	switch (p->kind) {
	case PLACE_NOTHING:
		break;
	case PLACE_STATEMENT:
		if (!p->has_class && !p->override)
			offer_words(o, WORD_STATEMENT, SPOL_WORD_KEYWORD);
		offer_selectors(o);
		break;
	case PLACE_SELECTOR:
		offer_selectors(o);
		break;
	case PLACE_KIND:
		offer_kinds(o);
		break;
	case PLACE_SIGNAL:
		offer_signals(o);
		break;
	case PLACE_INSTRUCTION:
		offer_variants_of(o, "instruction", strlen("instruction"));
		break;
	case PLACE_VARIANT:
		offer_variants(o);
		break;
	case PLACE_RULE:
		offer_fields(o);
		if (!p->override)
			offer_words(o, WORD_RULE, SPOL_WORD_KEYWORD);
		break;
	case PLACE_FIELD:
		offer_fields(o);
		break;
	case PLACE_VERB:
		offer_verbs(o);
		break;
	case PLACE_PROMISE:
		for (unsigned v = 0; v < VERB_COUNT; v++)
			offer_verb(o, (enum vm_verb)v);
		break;
	case PLACE_BEHIND_VERB:
		offer_words(o, WORD_ARM, SPOL_WORD_KEYWORD);
		break;
	case PLACE_BEHIND_TOLERANCE:
		offer(o, SPOL_WORD_KEYWORD, NULL, "if");
		offer(o, SPOL_WORD_KEYWORD, NULL, "else");
		break;
	case PLACE_OPERAND:
		offer_operands(o);
		break;
	case PLACE_OPERATOR:
		offer_words(o, WORD_CONDITION, SPOL_WORD_KEYWORD);
		offer(o, SPOL_WORD_KEYWORD, NULL, "else");
		break;
	case PLACE_SET:
		offer_definitions(o, ITEM_SET);
		break;
	case PLACE_CONSTANT:
		offer_definitions(o, ITEM_LET);
		break;
	case PLACE_MEMBER:
		offer_constants(o);
		offer_definitions(o, ITEM_SET);
		offer_definitions(o, ITEM_LET);
		break;
	case PLACE_EXTENDS:
		o->out->files = true;
		o->out->quotes = !p->in_string;
		break;
	case PLACE_MESSAGE:
		offer_placeholders(o, offset);
		break;
	case PLACE_VIOLATION:
		offer_words(o, WORD_VIOLATION, SPOL_WORD_KEYWORD);
		break;
	case PLACE_STEP:
		offer_words(o, WORD_STEP, SPOL_WORD_KEYWORD);
		offer_calls(o);
		break;
	case PLACE_VALUE_FIELD:
		if (p->selectors && !p->selectors->variants)
			offer_variants(o);
		place_calls(o->q, p, offer_fields_of, o);
		break;
	case PLACE_VALUE:
		offer_values(o);
		break;
	case PLACE_EXPECT:
		offer_words(o, WORD_OUTCOME, SPOL_WORD_VERB);
		offer_fields(o);
		break;
	case PLACE_OUTCOME:
		offer_words(o, WORD_OUTCOME, SPOL_WORD_VERB);
		break;
	}
}

void spol_editor_complete(struct spol_editor *e, uint32_t offset, struct arena *arena, struct spol_completions *out)
{
	struct query q;
	struct editor_place place;
	struct offers o = { .q = &q, .out = out, .prefix = "" };

	query_begin(&q, e, arena);
	place = query_place(&q, offset, false);
	*out = (struct spol_completions){ .start = place.start, .end = place.end };
	o.place = &place;
	o.seen = strmap_new();
	o.typed = place.path;
	o.typed_len = place.path_len;
	offer_at(&o, offset > q.text->len ? q.text->len : offset);
	strmap_free(o.seen);
	query_end(&q);
}

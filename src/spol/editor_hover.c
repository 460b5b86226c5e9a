/*
 * Hover: what the word at a place is - a call, a field with what decides it, a definition, a word of the language - as
 * Markdown.
 */
#include "spol/editor_place.h"
#include "spol/explain.h"

#include <string.h>

#define CALLS_SHOWN  3u    /* of those that have a field */
#define NAMES_SHOWN  12u   /* variants, calls of a class */
#define LEAVES_SHOWN 60u   /* of a struct */
#define TEXT_MAX     2000u /* bytes of a definition */

struct hover {
	struct query *q;
	const struct editor_place *place;
	struct buf *out;
	const char *path; /* the field that is looked for */
	size_t path_len;
	unsigned shown, more;
};

static bool has_errors(const struct hover *h)
{
	return err_is_set(&h->q->editor->err);
}

static void open_code(struct hover *h)
{
	buf_str(h->out, "```\n");
}

static void close_code(struct hover *h)
{
	if (h->out->len && h->out->data[h->out->len - 1] != '\n')
		buf_byte(h->out, '\n');
	buf_str(h->out, "```\n");
}

static bool hover_word(struct hover *h, unsigned groups)
{
	const struct editor_word *w = editor_word_find(groups, h->place->path, h->place->path_len);

	if (!w)
		return false;
	buf_printf(h->out, "**%s**: %s\n", w->word, w->text);
	return true;
}

/* ---- calls ---- */

/* One row of the schema, and what disposes of it. */
static void hover_row(struct hover *h, const struct abi_call *c)
{
	struct policy *p = &h->q->policy;

	open_code(h);
	schema_print_call(p->schema, c, h->out);
	if (!has_errors(h)) {
		listing_explain_call(p, c, h->out);
	} else if (p->disposed[c->index].first) {
		buf_printf(h->out, "%s: ", c->label);
		listing_chain(p, &p->disposed[c->index], h->out);
	}
	close_code(h);
}

static bool hover_call(struct hover *h, const char *name, size_t len)
{
	const struct abi_schema *s = h->q->policy.schema;
	const struct abi_call *first = abi_schema_find(s, name, len);
	unsigned variants = 0;

	if (!first)
		return false;
	hover_row(h, first);
	for (uint32_t i = first->index; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, i);

		if (strcmp(c->name, first->name) != 0)
			break;
		if (!c->variant)
			continue;
		if (variants < NAMES_SHOWN)
			buf_printf(h->out, "%s%s", variants ? ", " : "\nVariants: ", c->variant);
		variants++;
	}
	if (variants > NAMES_SHOWN)
		buf_printf(h->out, ", and %u more", variants - NAMES_SHOWN);
	if (variants)
		buf_byte(h->out, '\n');
	return true;
}

static bool hover_variant(struct hover *h, const char *call, size_t call_len, const char *name, size_t len)
{
	const struct abi_schema *s = h->q->policy.schema;
	const struct abi_call *first = abi_schema_find(s, call, call_len);

	for (uint32_t i = first ? first->index : UINT32_MAX; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, i);

		if (strcmp(c->name, first->name) != 0)
			break;
		if (!c->variant || strlen(c->variant) != len || memcmp(c->variant, name, len) != 0)
			continue;
		hover_row(h, c);
		return true;
	}
	return false;
}

static bool hover_signal(struct hover *h)
{
	const struct abi_schema *s = h->q->policy.schema;

	for (size_t i = 0; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, (uint32_t)i);

		if (c->nr == ABI_SIGNAL && c->variant && strlen(c->variant) == h->place->path_len &&
		    memcmp(c->variant, h->place->path, h->place->path_len) == 0) {
			hover_row(h, c);
			return true;
		}
	}
	return false;
}

static bool hover_class(struct hover *h)
{
	const struct abi_schema *s = h->q->policy.schema;
	uint32_t bit = abi_class_find(h->place->path, h->place->path_len);
	const char *before = "";
	unsigned n = 0;

	if (!bit)
		return false;
	buf_printf(h->out, "**%%%s**: a class of calls: ", abi_class_name(bit));
	for (size_t i = 0; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, (uint32_t)i);

		if (!(c->row->classes & bit) || strcmp(before, c->name) == 0)
			continue;
		before = c->name;
		if (n < NAMES_SHOWN)
			buf_printf(h->out, "%s%s", n ? ", " : "", c->name);
		n++;
	}
	if (n > NAMES_SHOWN)
		buf_printf(h->out, ", and %u more", n - NAMES_SHOWN);
	buf_byte(h->out, '\n');
	return true;
}

static bool hover_kind(struct hover *h)
{
	const struct abi_schema *s = h->q->policy.schema;
	enum abi_kind kind;
	unsigned n = 0;

	if (!abi_kind_find(h->place->path, h->place->path_len, &kind))
		return false;
	for (size_t i = 0; i < abi_schema_nleaves(s); i++)
		n += abi_schema_leaf(s, (uint32_t)i)->kind == kind;
	buf_printf(h->out, "**%s**: a kind of fields; %u fields are of it\n", abi_kind_name(kind), n);
	return true;
}

/* ---- fields ---- */

static void hover_leaf(struct hover *h, const struct abi_leaf *leaf)
{
	struct policy *p = &h->q->policy;
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);

	open_code(h);
	buf_printf(h->out, "%s\n", c->label);
	schema_print_leaf(p->schema, leaf, h->out);
	if (!has_errors(h)) {
		listing_explain_leaf(p, leaf, h->out);
	} else {
		buf_str(h->out, "as far as it can be told before the errors are corrected:\n");
		buf_printf(h->out, "%s.%s: ", c->label, leaf->path);
		listing_chain(p, &p->chains[leaf->id], h->out);
	}
	close_code(h);
}

/* The leaves inside of a struct or an array; `*`: those of the call. */
static bool hover_struct(struct hover *h, const struct abi_call *c)
{
	const struct abi_schema *s = h->q->policy.schema;
	bool star = h->path_len == 1 && h->path[0] == '*';
	unsigned n = 0;

	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s, c->leaf_first + i);
		bool inside = strlen(leaf->path) > h->path_len && memcmp(leaf->path, h->path, h->path_len) == 0 &&
			      (leaf->path[h->path_len] == '.' || leaf->path[h->path_len] == '[');

		if (leaf->is_addr || (!inside && !star))
			continue;
		if (n == 0) {
			open_code(h);
			buf_printf(h->out, "%s\n", c->label);
		}
		if (n++ < LEAVES_SHOWN)
			schema_print_leaf(s, leaf, h->out);
	}
	if (n > LEAVES_SHOWN)
		buf_printf(h->out, "    and %u more\n", n - LEAVES_SHOWN);
	if (n)
		close_code(h);
	return n > 0;
}

static void hover_field_of(void *ctx, const struct abi_call *c)
{
	struct hover *h = ctx;
	const struct abi_leaf *leaf = abi_call_leaf(h->q->policy.schema, c, h->path, h->path_len);

	if (h->shown >= CALLS_SHOWN) {
		h->more += leaf != NULL;
		return;
	}
	if (leaf)
		hover_leaf(h, leaf);
	else if (!hover_struct(h, c))
		return;
	h->shown++;
}

static bool hover_field(struct hover *h, const char *path, size_t len)
{
	h->path = path;
	h->path_len = len;
	place_calls(h->q, h->place, hover_field_of, h);
	if (h->more)
		buf_printf(h->out, "\nand %u more\n", h->more);
	return h->shown > 0;
}

/* ---- values ---- */

static bool hover_definition(struct hover *h)
{
	struct query *q = h->q;
	struct policy *p = &q->policy;
	struct span here = { q->source, h->place->start, h->place->end };
	struct definition *d = names_find(p, here, h->place->path, h->place->path_len);
	const struct source_text *source;
	struct constant value;
	char text[NUM_TEXT_MAX];
	uint32_t len, line, column;

	if (!d)
		return false;
	source = diags_get_source(p->d, d->item->at.file);
	len = d->item->at.end - d->item->at.start;
	source_position(source, d->item->at.start, &line, &column);
	open_code(h);
	buf_printf(h->out, "%.*s%s\n", (int)(len > TEXT_MAX ? TEXT_MAX : len), source->text + d->item->at.start,
		   len > TEXT_MAX ? " ..." : "");
	close_code(h);
	if (d->item->kind == ITEM_LET && d->item->value && d->item->value->kind != EXPR_NUMBER &&
	    d->item->value->kind != EXPR_STRING && constant_eval(p, NULL, &DOMAIN_NONE, d->item->value, &value) == 1 &&
	    !value.is_string)
		buf_printf(h->out, "\n= %s%s\n", num_text(value.num, text), value.measure == MEASURE_TIME ? "ns" : "");
	buf_printf(h->out, "\n%s:%u\n", d->file->name, line);
	return true;
}

/* A constant of the kernel's, in each set that has it. */
static bool hover_constant(struct hover *h)
{
	const struct editor_place *p = h->place;
	unsigned n = 0;
	int number;

	if (abi_errno_find(p->path, p->path_len, &number)) {
		buf_printf(h->out, "**%.*s** = %d: an error number\n", (int)p->path_len, p->path, number);
		return true;
	}
	if (abi_signal_find(p->path, p->path_len, &number)) {
		buf_printf(h->out, "**%.*s** = %d: a signal\n", (int)p->path_len, p->path, number);
		return true;
	}
	for (size_t i = 1; i < abi_nsets; i++) {
		uint64_t value;

		if (!abi_const_find((uint16_t)i, p->path, p->path_len, &value))
			continue;
		buf_printf(h->out, "%s**%.*s** = %llu (0x%llx): %s\n", n++ ? "\n" : "", (int)p->path_len, p->path,
			   (unsigned long long)value, (unsigned long long)value, abi_sets[i].name);
	}
	return n > 0;
}

static bool hover_fact(struct hover *h)
{
	const char *dot = memrchr(h->place->path, '.', h->place->path_len);
	size_t len = dot ? (size_t)(h->place->path + h->place->path_len - dot - 1) : 0;

	if (hover_word(h, WORD_FACT))
		return true;
	for (size_t i = 0; i < editor_nwords && dot; i++) {
		const struct editor_word *w = &editor_words[i];
		size_t base = strncmp(w->word, "fd.", 3) == 0 ? 3 : strncmp(w->word, "clock.", 6) == 0 ? 6 : 0;

		/* `oldfd.path`: of another descriptor */
		if (w->group & WORD_FACT && base && strlen(w->word) == base + len &&
		    memcmp(w->word + base, dot + 1, len) == 0) {
			buf_printf(h->out, "**%.*s**: %s\n", (int)h->place->path_len, h->place->path, w->text);
			return true;
		}
	}
	return false;
}

static bool hover_variable(struct hover *h)
{
	static const char *const sides[] = { "recorded.", "actual." };
	const char *path = h->place->path;
	size_t len = h->place->path_len;

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		size_t n = strlen(sides[i]);

		if (len > n && memcmp(path, sides[i], n) == 0) {
			path += n;
			len -= n;
			break;
		}
	}
	return hover_field(h, path, len);
}

static bool hover_value(struct hover *h)
{
	return hover_definition(h) || hover_word(h, WORD_SIDE | WORD_CONDITION) || hover_variable(h) || hover_fact(h) ||
	       hover_constant(h);
}

/* ---- the rest ---- */

static bool hover_placeholder(struct hover *h, uint32_t offset, struct span *at)
{
	const char *text = h->q->text->text;
	uint32_t start = offset, end = offset;
	const struct editor_word *w;

	while (start > h->place->start && text[start] != '{')
		start--;
	while (end < h->place->end && text[end] != '}')
		end++;
	if (end == h->place->end)
		return false;
	w = editor_word_find(WORD_PLACEHOLDER, text + start, end + 1 - start);
	if (!w)
		return false;
	at->start = start;
	at->end = end + 1;
	buf_printf(h->out, "**%s**: %s\n", w->word, w->text);
	return true;
}

static bool hover_at(struct hover *h, uint32_t offset, struct span *at)
{
	const struct editor_place *p = h->place;

	switch (p->kind) {
	case PLACE_NOTHING:
		return hover_definition(h); /* it may be where that gets its name */
	case PLACE_STATEMENT:
	case PLACE_SELECTOR:
		if (p->has_class)
			return hover_class(h);
		return hover_word(h, WORD_STATEMENT) || hover_call(h, p->path, p->path_len);
	case PLACE_STEP:
		return hover_word(h, WORD_STEP) || hover_call(h, p->path, p->path_len);
	case PLACE_KIND:
		return hover_kind(h);
	case PLACE_SIGNAL:
		return hover_signal(h);
	case PLACE_INSTRUCTION:
		return hover_variant(h, "instruction", strlen("instruction"), p->path, p->path_len);
	case PLACE_VARIANT:
		return p->selectors &&
		       hover_variant(h, p->selectors->name.s, p->selectors->name.len, p->path, p->path_len);
	case PLACE_RULE:
		return hover_word(h, WORD_RULE) || hover_field(h, p->path, p->path_len);
	case PLACE_FIELD:
		return hover_field(h, p->path, p->path_len);
	case PLACE_VALUE_FIELD:
		if (p->selectors &&
		    hover_variant(h, p->selectors->name.s, p->selectors->name.len, p->path, p->path_len))
			return true;
		return hover_field(h, p->path, p->path_len);
	case PLACE_EXPECT:
		return hover_field(h, p->path, p->path_len) || hover_word(h, WORD_OUTCOME);
	case PLACE_OUTCOME:
		return hover_word(h, WORD_OUTCOME);
	case PLACE_VERB:
	case PLACE_PROMISE:
		return hover_word(h, WORD_VERB | WORD_DISPOSITION);
	case PLACE_BEHIND_VERB:
	case PLACE_BEHIND_TOLERANCE:
		return hover_word(h, WORD_ARM);
	case PLACE_OPERATOR:
		return hover_word(h, WORD_ARM | WORD_CONDITION);
	case PLACE_OPERAND:
	case PLACE_SET:
	case PLACE_CONSTANT:
	case PLACE_MEMBER:
	case PLACE_VALUE:
		return hover_value(h);
	case PLACE_VIOLATION:
		return hover_word(h, WORD_VIOLATION);
	case PLACE_MESSAGE:
		return hover_placeholder(h, offset, at);
	case PLACE_EXTENDS:
		break;
	}
	return false;
}

bool spol_editor_hover(struct spol_editor *e, uint32_t offset, struct span *at, struct buf *out)
{
	struct arena *arena = arena_new();
	struct query q;
	struct editor_place place;
	struct hover h = { .q = &q, .place = &place, .out = out };
	size_t before = out->len;
	bool said;

	query_begin(&q, e, arena);
	if (offset > q.text->len)
		offset = q.text->len;
	place = query_place(&q, offset, true);
	*at = (struct span){ q.source, place.start, place.end };
	said = (place.path_len > 0 || place.in_string) && hover_at(&h, offset, at) && out->len > before;
	query_end(&q);
	arena_free(arena);
	return said;
}

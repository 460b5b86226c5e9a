/*
 * Names of selectors and fields: which calls and leaves a rule speaks of, how specifically, and "did you mean" from the
 * names that are legal there.
 */
#include "spol/policy.h"

#include "base/check.h"

#include <string.h>

#define CANDIDATES_SHOWN 8 /* variants that a help line lists */

struct policy_file *names_file(const struct policy *p, struct span at)
{
	return at.file < p->nby_source ? p->by_source[at.file] : NULL;
}

/* Letters beyond ASCII were reported already; no name has them. */
static bool is_foreign(const struct text *name)
{
	for (size_t i = 0; i < name->len; i++) {
		if ((unsigned char)name->s[i] >= 0x80)
			return true;
	}
	return name->len == 0;
}

static void help_suggest(struct policy *p, struct diag *g, const struct text *name, const struct suggest *s)
{
	if (!s->best)
		return;
	diag_help(p->d, g, "did you mean `%s`?", s->best);
	correct_name(p, g, name, NULL, s->best);
}

/* The path of the enclosing struct, or one level less: "msg.iov[].data" -> "msg.iov[]" -> "msg.iov" -> "msg". */
static size_t shorten(const char *path, size_t len)
{
	if (len > 2 && path[len - 1] == ']')
		return len - 2;
	while (len > 0 && path[len - 1] != '.')
		len--;
	return len ? len - 1 : 0;
}

static void suggest_fields(struct policy *p, struct suggest *s, const struct abi_call *c)
{
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const char *path = abi_schema_leaf(p->schema, c->leaf_first + i)->path;

		suggest_offer(s, path);
		for (size_t n = shorten(path, strlen(path)); n; n = shorten(path, n))
			suggest_offer(s, arena_copy(p->arena, path, n));
	}
}

static bool text_is(const struct text *t, const char *s)
{
	return strlen(s) == t->len && memcmp(t->s, s, t->len) == 0;
}

/* The call named `signal` describes signals, its variants are their names. */
static bool is_signal_row(const struct abi_call *c)
{
	return c->nr == ABI_SIGNAL;
}

static void unknown_call(struct policy *p, const struct selector *s)
{
	struct suggest suggest = { .word = s->name.s, .word_len = s->name.len };
	struct diag *g;

	if (is_foreign(&s->name))
		return;
	g = diag_error(p->d, s->name.at, "E1001", "no system call `%s` is described", s->name.s);
	if (abi_class_find(s->name.s, s->name.len)) {
		diag_help(p->d, g, "the class of calls is written `%%%s`", s->name.s);
		diag_edit(p->d, g, (struct span){ s->name.at.file, s->name.at.start, s->name.at.start }, "%%");
		return;
	}
	if (text_is(&s->name, "any")) {
		diag_help(p->d, g, "`any` takes a kind of fields: any ptr: map;");
		return;
	}
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++)
		suggest_offer(&suggest, abi_schema_call(p->schema, (uint32_t)i)->name);
	suggest_offer(&suggest, "default");
	suggest_offer(&suggest, "violation");
	if (suggest.best)
		help_suggest(p, g, &s->name, &suggest);
	else
		diag_help(p->d, g,
			  "`spolc --schema` lists the calls; one without description is named syscall_<number>");
}

/* Number of rows of a call, from its first one on. */
static uint32_t count_rows(const struct policy *p, const struct abi_call *first)
{
	uint32_t n = 1;

	while (first->index + n < abi_schema_ncalls(p->schema) &&
	       strcmp(abi_schema_call(p->schema, first->index + n)->name, first->name) == 0)
		n++;
	return n;
}

static const struct abi_call *find_variant(const struct policy *p, const struct abi_call *first,
					   const struct text *name)
{
	uint32_t n = count_rows(p, first);

	for (uint32_t i = 0; i < n; i++) {
		const struct abi_call *c = abi_schema_call(p->schema, first->index + i);

		if (c->variant && text_is(name, c->variant))
			return c;
	}
	return NULL;
}

static void unknown_variant(struct policy *p, const struct abi_call *first, const struct text *name)
{
	struct suggest suggest = { .word = name->s, .word_len = name->len };
	uint32_t n = count_rows(p, first), variants = 0;
	struct diag *g;

	if (is_foreign(name))
		return;
	for (uint32_t i = 0; i < n; i++)
		variants += abi_schema_call(p->schema, first->index + i)->variant != NULL;
	if (variants == 0) {
		g = diag_error(p->d, name->at, "E1009", "%s has no variants", first->name);
		diag_help(p->d, g, "write `%s` alone", first->name);
		return;
	}
	g = diag_error(p->d, name->at, "E1005", "%s has no variant `%s`", first->name, name->s);
	for (uint32_t i = 0; i < n; i++) {
		const struct abi_call *c = abi_schema_call(p->schema, first->index + i);

		if (c->variant)
			suggest_offer(&suggest, c->variant);
	}
	help_suggest(p, g, name, &suggest);
}

typedef void call_fn(void *ctx, const struct abi_call *c);

static bool variants_of(struct policy *p, const struct abi_call *first, const struct text_list *names, call_fn *f,
			void *ctx)
{
	bool ok = true;

	for (const struct text_list *t = names; t; t = t->next) {
		const struct abi_call *c = find_variant(p, first, &t->text);

		if (c) {
			f(ctx, c);
		} else {
			unknown_variant(p, first, &t->text);
			ok = false;
		}
	}
	return ok;
}

static bool calls_by_name(struct policy *p, struct selector *s, call_fn *f, void *ctx, enum level *level)
{
	const struct abi_call *first = abi_schema_find(p->schema, s->name.s, s->name.len);
	uint32_t n;

	if (!first) {
		unknown_call(p, s);
		return false;
	}
	if (s->variants) {
		*level = LEVEL_VARIANT;
		return variants_of(p, first, s->variants, f, ctx);
	}
	*level = LEVEL_CALL;
	n = count_rows(p, first);
	for (uint32_t i = 0; i < n; i++)
		f(ctx, abi_schema_call(p->schema, first->index + i));
	return true;
}

static bool calls_by_class(struct policy *p, struct selector *s, call_fn *f, void *ctx, enum level *level)
{
	uint32_t bit = abi_class_find(s->name.s, s->name.len);

	*level = LEVEL_CLASS;
	if (!bit) {
		struct suggest suggest = { .word = s->name.s, .word_len = s->name.len };
		struct diag *g = diag_error(p->d, s->at, "E1004", "there is no class %%%s", s->name.s);

		for (unsigned i = 0; i < 32; i++) {
			const char *name = abi_class_name(1u << i);

			if (name)
				suggest_offer(&suggest, name);
		}
		if (suggest.best) {
			diag_help(p->d, g, "did you mean `%%%s`?", suggest.best);
			correct_name(p, g, &s->name, NULL, suggest.best);
		}
		return false;
	}
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if (c->row->classes & bit)
			f(ctx, c);
	}
	return true;
}

static bool calls_by_signal(struct policy *p, struct selector *s, call_fn *f, void *ctx, enum level *level)
{
	struct suggest suggest = { .word = s->name.s, .word_len = s->name.len };
	struct diag *g;

	*level = LEVEL_VARIANT;
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if (!is_signal_row(c) || !c->variant)
			continue;
		if (text_is(&s->name, c->variant)) {
			f(ctx, c);
			return true;
		}
		suggest_offer(&suggest, c->variant);
	}
	g = diag_error(p->d, s->name.at, "E1017", "there is no signal `%s`", s->name.s);
	help_suggest(p, g, &s->name, &suggest);
	return false;
}

static bool calls_by_instruction(struct policy *p, struct selector *s, call_fn *f, void *ctx, enum level *level)
{
	const struct abi_call *first = abi_schema_find(p->schema, "instruction", strlen("instruction"));
	const struct abi_call *c = first ? find_variant(p, first, &s->name) : NULL;

	*level = LEVEL_VARIANT;
	if (!c) {
		struct suggest suggest = { .word = s->name.s, .word_len = s->name.len };
		struct diag *g = diag_error(p->d, s->name.at, "E1019", "the instruction `%s` is not described", s->name.s);

		for (uint32_t i = 0; first && i < count_rows(p, first); i++)
			suggest_offer(&suggest, abi_schema_call(p->schema, first->index + i)->variant);
		help_suggest(p, g, &s->name, &suggest);
		return false;
	}
	f(ctx, c);
	return true;
}

bool names_calls(struct policy *p, struct selector *s, call_fn *f, void *ctx, enum level *level)
{
	switch (s->kind) {
	case SEL_CALL:
		return calls_by_name(p, s, f, ctx, level);
	case SEL_CLASS:
		return calls_by_class(p, s, f, ctx, level);
	case SEL_SIGNAL:
		return calls_by_signal(p, s, f, ctx, level);
	case SEL_INSTRUCTION:
		return calls_by_instruction(p, s, f, ctx, level);
	case SEL_ANY:
	case SEL_DEFAULT:
		*level = s->kind == SEL_ANY ? LEVEL_ANY : LEVEL_DEFAULT;
		for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++)
			f(ctx, abi_schema_call(p->schema, (uint32_t)i));
		return true;
	case SEL_NUMBER:
		*level = LEVEL_CALL;
		return true;
	}
	return true;
}

/*
 * Whether a path covers a leaf, and how closely: 0 is the leaf itself, RANK_STRUCT and above an enclosing struct (the
 * longer the name the closer), RANK_STAR the rest of the call.  The address of a pointer is covered by its own name
 * only.
 */
static bool path_covers(const struct text *path, const struct abi_leaf *leaf, unsigned *closeness)
{
	size_t len = strlen(leaf->path);

	if (path->len == len && memcmp(path->s, leaf->path, len) == 0) {
		*closeness = 0;
		return true;
	}
	if (leaf->is_addr)
		return false;
	if (path->len == 1 && path->s[0] == '*') {
		*closeness = RANK_STAR;
		return true;
	}
	if (len <= path->len || memcmp(path->s, leaf->path, path->len) != 0 ||
	    (leaf->path[path->len] != '.' && leaf->path[path->len] != '['))
		return false;
	INVARIANT(path->len < RANK_STAR - RANK_STRUCT);
	*closeness = RANK_STAR - 1 - (unsigned)path->len;
	return true;
}

bool names_field_anywhere(const struct policy *p, const char *only, const char *path, size_t len)
{
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if ((!only || strcmp(only, c->name) == 0) && abi_call_leaf(p->schema, c, path, len))
			return true;
	}
	return false;
}

bool names_many_rows(const struct policy *p, const struct abi_call *c)
{
	return count_rows(p, abi_schema_find(p->schema, c->name, strlen(c->name))) > 1;
}

/* The calls that a selector selects, as a list. */
struct call_list {
	struct arena *arena;
	const struct abi_call **list;
	size_t n, room;
};

static void list_call(void *ctx, const struct abi_call *c)
{
	struct call_list *l = ctx;

	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 8;
		const struct abi_call **list = arena_array(l->arena, room, sizeof(*list));

		if (l->n)
			memcpy(list, l->list, l->n * sizeof(*list));
		l->list = list;
		l->room = room;
	}
	l->list[l->n++] = c;
}

static bool below_component(const struct abi_leaf *leaf, const char *name, size_t len)
{
	return !leaf->is_addr && strncmp(leaf->path, name, len) == 0 &&
	       (leaf->path[len] == '\0' || leaf->path[len] == '.' || leaf->path[len] == '[');
}

/* What stands below an argument in a row: a text to compare rows by; "" where the row lacks it, "=" for a plain value.
 */
static const char *shape_below(struct policy *p, const struct abi_call *c, const char *name, size_t len)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	unsigned n = 0;
	bool plain = true;

	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if (!below_component(leaf, name, len))
			continue;
		n++;
		plain = plain && leaf->path[len] == '\0';
		buf_printf(&b, "%s %d %d,", leaf->path, (int)leaf->kind, (int)leaf->enc);
	}
	if (n == 1 && plain)
		return "=";
	return n ? arena_copy(p->arena, b.data, b.len) : "";
}

static bool covers_any(const struct policy *p, const struct abi_call *c, const struct text *path)
{
	unsigned closeness;

	for (uint32_t i = 0; i < c->nleaves; i++) {
		if (path_covers(path, abi_schema_leaf(p->schema, c->leaf_first + i), &closeness))
			return true;
	}
	return false;
}

static const char *list_variants(struct policy *p, const struct call_list *calls, const struct text *path)
{
	const char *text = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < calls->n; i++) {
		if (!calls->list[i]->variant || !covers_any(p, calls->list[i], path))
			continue;
		if (++n > CANDIDATES_SHOWN)
			return arena_printf(p->arena, "%s, ...", text);
		text = text ? arena_printf(p->arena, "%s, %s", text, calls->list[i]->label) : calls->list[i]->label;
	}
	return text;
}

/* A call without variant named: the field must be the same thing in every row that has it. */
static bool same_in_all_rows(struct policy *p, const struct call_list *calls, const struct field_ref *field)
{
	size_t len = strcspn(field->path.s, ".[");
	const char *first = "";

	for (size_t i = 0; i < calls->n; i++) {
		const char *shape = shape_below(p, calls->list[i], field->path.s, len);

		if (!*first) {
			first = shape;
		} else if (*shape && strcmp(first, shape) != 0) {
			const char *variants = list_variants(p, calls, &field->path);
			struct diag *g = diag_error(p->d, field->path.at, "E1010",
						    "`%.*s` is something else in each variant of %s: say which",
						    (int)len, field->path.s, calls->list[0]->name);

			if (variants)
				diag_help(p->d, g, "`%s` is a field of %s", field->path.s, variants);
			return false;
		}
	}
	return true;
}

static void unknown_field(struct policy *p, const struct selector *s, const struct call_list *calls,
			  const struct field_ref *field)
{
	struct suggest suggest = { .word = field->path.s, .word_len = field->path.len };
	CLEANUP(buf_free) struct buf name = { 0 };
	struct diag *g;

	if (is_foreign(&field->path))
		return;
	print_selector(&name, s);
	if (s->kind == SEL_CLASS)
		g = diag_error(p->d, field->path.at, "E1002", "no call of %s has a field `%s`", buf_cstr(&name),
			       field->path.s);
	else
		g = diag_error(p->d, field->path.at, "E1002", "%s has no field `%s`", buf_cstr(&name), field->path.s);
	for (size_t i = 0; i < calls->n; i++)
		suggest_fields(p, &suggest, calls->list[i]);
	if (suggest.best)
		help_suggest(p, g, &field->path, &suggest);
	else if (s->kind == SEL_CALL)
		diag_help(p->d, g, "`spolc --schema %s` lists its fields", s->name.s);
}

typedef void leaf_fn(void *ctx, const struct abi_leaf *leaf, unsigned rank);

static bool cover_kind(struct policy *p, struct selector *s, leaf_fn *f, void *ctx)
{
	enum abi_kind kind;

	if (!abi_kind_find(s->name.s, s->name.len, &kind)) {
		struct suggest suggest = { .word = s->name.s, .word_len = s->name.len };
		struct diag *g = diag_error(p->d, s->name.at, "E1003", "there is no kind `%s`", s->name.s);

		for (unsigned i = 0; i < ABI_NKINDS; i++)
			suggest_offer(&suggest, abi_kind_name((enum abi_kind)i));
		help_suggest(p, g, &s->name, &suggest);
		return false;
	}
	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, (uint32_t)i);

		if (leaf->kind == kind)
			f(ctx, leaf, LEVEL_ANY * RANK_LEVEL);
	}
	return true;
}

bool names_cover(struct policy *p, struct selector *s, struct field_ref *field, leaf_fn *f, void *ctx,
		 enum level *level)
{
	struct call_list calls = { .arena = p->arena };
	struct text star = { .s = "*", .len = 1 };
	const struct text *path = field ? &field->path : &star;
	unsigned covered = 0;

	if (s->kind == SEL_ANY) {
		*level = LEVEL_ANY;
		return cover_kind(p, s, f, ctx);
	}
	if (s->kind == SEL_DEFAULT) {
		*level = LEVEL_DEFAULT;
		for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++)
			f(ctx, abi_schema_leaf(p->schema, (uint32_t)i), LEVEL_DEFAULT * RANK_LEVEL);
		return true;
	}
	if (!names_calls(p, s, list_call, &calls, level))
		return false;
	if (path->len >= RANK_STAR - RANK_STRUCT) {
		unknown_field(p, s, &calls, field);
		return false;
	}
	if (*level == LEVEL_CALL && calls.n > 1 && field && path->s[0] != '*' && !same_in_all_rows(p, &calls, field))
		return false;
	for (size_t i = 0; i < calls.n; i++) {
		const struct abi_call *c = calls.list[i];
		unsigned here = 0, closeness;

		for (uint32_t k = 0; k < c->nleaves; k++) {
			const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + k);

			if (!path_covers(path, leaf, &closeness))
				continue;
			f(ctx, leaf, *level * RANK_LEVEL + closeness);
			here++;
		}
		covered += here;
		/* a list of variants: each must have it */
		if (here == 0 && *level == LEVEL_VARIANT && path->s[0] != '*') {
			struct call_list one = { .list = &c, .n = 1 };

			unknown_field(p, s, &one, field);
			return false;
		}
	}
	if (covered == 0 && path->s[0] != '*') {
		unknown_field(p, s, &calls, field);
		return false;
	}
	return true;
}

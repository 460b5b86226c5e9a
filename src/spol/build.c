/*
 * The nodes of the tree, made as the grammar's actions ask for them, and the mistakes that the grammar lets pass so
 * that they get a message of their own.
 */
#include "spol/build.h"

#include "base/check.h"
#include "spol/keywords.h"

#include "grammar/spol_parse.h"

#include <string.h>

static struct span join(struct span a, struct span b)
{
	return (struct span){ a.file, a.start, b.end };
}

/* The token that begins at offset: tokens are in order. */
static const struct spol_token *token_at(const struct spol_parser *p, uint32_t offset)
{
	size_t low = 0, high = p->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (p->tokens[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	INVARIANT(p->tokens[low].start == offset);
	return &p->tokens[low];
}

struct text spol_text(struct spol_parser *p, struct span at)
{
	size_t len = at.end - at.start;

	return (struct text){ .s = arena_copy(p->arena, p->source->text + at.start, len), .len = len, .at = at };
}

struct text spol_path(struct spol_parser *p, struct text a, const char *between, struct text b, struct span at)
{
	size_t middle = strlen(between), len = a.len + middle + b.len;
	char *s;

	if (len > SPOL_PATH_MAX) { /* a path of n parts is copied n times */
		diag_error(p->diags, (struct span){ at.file, at.start, at.start + 1 }, "E0035",
			   "a field path of more than %d characters", SPOL_PATH_MAX);
		return (struct text){ .s = "", .at = at };
	}
	/* a part of it was reported: so is the whole */
	if (a.len == 0)
		return (struct text){ .s = "", .at = at };
	s = arena_raw(p->arena, len + 1);
	memcpy(s, a.s, a.len);
	memcpy(s + a.len, between, middle);
	if (b.len)
		memcpy(s + a.len + middle, b.s, b.len);
	s[len] = '\0';
	return (struct text){ .s = s, .len = len, .at = at };
}

struct text spol_string(struct spol_parser *p, struct span at)
{
	const struct spol_token *t = token_at(p, at.start);

	INVARIANT(t->kind == TOK_STRING);
	return (struct text){ .s = t->string.s, .len = t->string.len, .at = at };
}

static struct expr *expr_new(struct spol_parser *p, enum expr_kind kind, struct span at)
{
	struct expr *e = arena_alloc(p->arena, sizeof(*e));

	e->kind = kind;
	e->at = e->op = at;
	e->height = 1;
	return e;
}

struct expr *spol_error_expr(struct spol_parser *p, struct span at)
{
	return expr_new(p, EXPR_ERROR, at);
}

struct expr *spol_number(struct spol_parser *p, struct span at)
{
	const struct spol_token *t = token_at(p, at.start);
	struct expr *e = expr_new(p, t->bad ? EXPR_ERROR : EXPR_NUMBER, at);

	INVARIANT(t->kind == TOK_NUMBER);
	e->num = t->num;
	e->unit = (enum unit)t->unit;
	return e;
}

struct expr *spol_leaf(struct spol_parser *p, enum expr_kind kind, struct text text)
{
	struct expr *e = expr_new(p, kind, text.at);

	e->text = text;
	return e;
}

/* Completes a node with its children; one that is too high becomes an error. */
static struct expr *grown(struct spol_parser *p, struct expr *e)
{
	const struct expr *child[] = { e->a, e->b, e->tol };
	unsigned height = 0;
	bool told = false;

	for (size_t i = 0; i < ARRAY_LEN(child); i++)
		if (child[i] && child[i]->height > height)
			height = child[i]->height;
	e->height = height + 1;
	if (e->height <= EXPR_HEIGHT_MAX)
		return e;
	for (size_t i = 0; i < ARRAY_LEN(child); i++)
		told |= child[i] && child[i]->kind == EXPR_ERROR && child[i]->height == EXPR_HEIGHT_MAX;
	if (!told)
		diag_error(p->diags, e->op, "E0022", "this expression has more than %d operations in a row",
			   EXPR_HEIGHT_MAX);
	e = spol_error_expr(p, e->at);
	e->height = EXPR_HEIGHT_MAX; /* whatever goes on from here was told to be too much */
	return e;
}

struct expr *spol_unary(struct spol_parser *p, enum expr_kind kind, struct span op, struct expr *a, struct span at)
{
	struct expr *e = expr_new(p, kind, at);

	e->op = op;
	e->a = a;
	return grown(p, e);
}

struct expr *spol_binary(struct spol_parser *p, enum expr_kind kind, struct expr *a, struct span op, struct expr *b)
{
	struct expr *e = expr_new(p, kind, join(a->at, b->at));

	e->op = op;
	e->a = a;
	e->b = b;
	return grown(p, e);
}

static bool is_comparison(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN:
	case EXPR_WITHIN:
		return !e->parenthesised;
	case EXPR_ERROR:
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_NAME:
	case EXPR_NOT:
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_SET:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
	case EXPR_NEG:
		return false;
	}
	return false;
}

/* true: a is a comparison already, and that was reported */
static bool chained(struct spol_parser *p, const struct expr *a, struct span op)
{
	struct diag *g;

	if (!is_comparison(a))
		return false;
	g = diag_error(p->diags, op, "E0020", "comparisons do not chain");
	diag_note(p->diags, g, a->op, "the first comparison");
	diag_help(p->diags, g, "join two comparisons by `and`");
	if (a->b && a->kind != EXPR_WITHIN)
		diag_guess(p->diags, g, (struct span){ op.file, op.start, op.start }, "and %.*s ",
			   (int)(a->b->at.end - a->b->at.start), p->source->text + a->b->at.start);
	return true;
}

struct expr *spol_compare(struct spol_parser *p, enum expr_kind kind, struct expr *a, struct span op, struct expr *b)
{
	if (chained(p, a, op))
		return spol_error_expr(p, join(a->at, b->at));
	return spol_binary(p, kind, a, op, b);
}

struct expr *spol_in(struct spol_parser *p, struct expr *a, struct span op, struct expr *set)
{
	struct expr *e;

	if (chained(p, a, op))
		return spol_error_expr(p, join(a->at, set->at));
	e = spol_binary(p, EXPR_IN, a, op, set);
	e->text = set->text;
	return e;
}

struct expr *spol_within(struct spol_parser *p, struct expr *a, struct span op, struct expr *tol, struct expr *b)
{
	struct expr *e;

	if (chained(p, a, op))
		return spol_error_expr(p, join(a->at, b->at));
	e = expr_new(p, EXPR_WITHIN, join(a->at, b->at));
	e->op = op;
	e->a = a;
	e->tol = tol;
	e->b = b;
	return grown(p, e);
}

struct expr *spol_set(struct spol_parser *p, struct list members, struct span at)
{
	struct expr *e = expr_new(p, EXPR_SET, at);

	e->members = members.first;
	return e;
}

struct set_member *spol_member(struct spol_parser *p, bool excluded, struct expr *value, struct span at)
{
	struct set_member *m = arena_alloc(p->arena, sizeof(*m));

	m->excluded = excluded;
	m->value = value;
	m->at = at;
	return m;
}

struct text_list *spol_text_node(struct spol_parser *p, struct text text)
{
	struct text_list *n = arena_alloc(p->arena, sizeof(*n));

	n->text = text;
	return n;
}

struct field_ref *spol_field(struct spol_parser *p, struct text path)
{
	struct field_ref *f = arena_alloc(p->arena, sizeof(*f));

	f->path = path;
	return f;
}

struct selector *spol_selector(struct spol_parser *p, enum selector_kind kind, struct text name, struct span at)
{
	struct selector *s = arena_alloc(p->arena, sizeof(*s));

	s->kind = kind;
	s->name = name;
	s->at = at;
	return s;
}

/* `syscall_123`: 123, or -1 */
static num_t call_number(struct text name)
{
	static const char prefix[] = "syscall_";
	size_t n = sizeof(prefix) - 1;
	num_t nr = 0;

	if (name.len <= n || name.len > n + 9 || memcmp(name.s, prefix, n) != 0)
		return -1;
	for (size_t i = n; i < name.len; i++) {
		if (name.s[i] < '0' || name.s[i] > '9')
			return -1;
		nr = nr * 10 + (name.s[i] - '0');
	}
	return nr;
}

struct selector *spol_call(struct spol_parser *p, struct text name, struct list variants, struct span at)
{
	struct selector *s = spol_selector(p, SEL_CALL, name, at);
	num_t nr = call_number(name);

	s->variants = variants.first;
	if (nr >= 0) {
		s->kind = SEL_NUMBER;
		s->num = nr;
	}
	return s;
}

struct list spol_selectors(struct spol_parser *p, enum selector_kind kind, struct list names)
{
	struct list out = { 0 };

	for (const struct text_list *n = names.first; n; n = n->next)
		LIST_ADD(&out, spol_selector(p, kind, n->text, n->text.at));
	return out;
}

struct action spol_verb(enum vm_verb verb, struct span at)
{
	return (struct action){ .at = at, .verb = verb };
}

struct action spol_disposition(enum vm_disposition disposition, struct span at)
{
	return (struct action){ .at = at, .is_disposition = true, .disposition = disposition };
}

struct action spol_unknown_verb(struct span at)
{
	return (struct action){ .at = at, .verb = VERB_STOP, .unknown = true };
}

static bool is_action(const struct keyword *k)
{
	return k->group == KEYWORD_VERB || k->group == KEYWORD_DISPOSITION;
}

static void report_unknown_verb(struct spol_parser *p, struct span at)
{
	static const struct {
		const char *word, *verb;
	} habits[] = {
		{ "allow", "accept" }, { "same", "equal" },    { "deny", "stop" },       { "reject", "stop" },
		{ "skip", "ignore" },  { "trace", "execute" }, { "recorded", "replay" }, { "compare", "equal" },
		{ "verify", "equal" }, { "error", "stop" },    { "fail", "stop" },       { "prohibit", "forbid" },
	};
	struct text word = spol_text(p, at);
	struct diag *g = diag_error(p->diags, at, "E0021", "`%s` is no verb", word.s);
	struct suggest suggest = { .word = word.s, .word_len = word.len };

	for (size_t i = 0; i < keyword_count(); i++) {
		if (is_action(keyword_at(i)))
			suggest_offer(&suggest, keyword_at(i)->word);
	}
	for (size_t i = 0; i < ARRAY_LEN(habits) && !suggest.best; i++)
		if (strcmp(word.s, habits[i].word) == 0)
			suggest.best = habits[i].verb;
	if (suggest.best) {
		diag_help(p->diags, g, "did you mean `%s`?", suggest.best);
		diag_guess(p->diags, g, at, "%s", suggest.best);
	} else {
		diag_help(p->diags, g,
			  "verbs are equal accept replay map stop; for whole calls: execute emulate ignore optional "
			  "forbid");
	}
}

struct arm *spol_arm(struct spol_parser *p, struct action a, struct expr *within, struct text message,
		     struct expr *condition, struct span at)
{
	struct arm *arm = arena_alloc(p->arena, sizeof(*arm));

	if (a.unknown) {
		report_unknown_verb(p, a.at);
		p->rule_in_error = true;
	}
	arm->at = at;
	arm->verb = a.verb;
	arm->verb_at = a.at;
	arm->within = within;
	arm->message = message;
	arm->condition = condition;
	arm->is_disposition = a.is_disposition;
	arm->disposition = a.disposition;
	return arm;
}

struct rule *spol_rule(struct spol_parser *p, struct list fields, struct list arms, struct span at)
{
	struct rule *r = arena_alloc(p->arena, sizeof(*r));

	r->at = at;
	r->fields = fields.first;
	r->arms = arms.first;
	for (struct arm *a = arms.first; a && r->fields; a = a->next) {
		struct diag *g;

		if (!a->is_disposition)
			continue;
		g = diag_error(p->diags, a->verb_at, "E0029", "`%s` is about a whole call, not about a field",
			       vm_disposition_name(a->disposition));
		diag_help(p->diags, g, "write it outside of the block: CALL: %s;", vm_disposition_name(a->disposition));
		p->rule_in_error = true;
	}
	if (p->rule_in_error)
		r = NULL; /* it says nothing, so that later checks are silent about it */
	p->rule_in_error = false;
	return r;
}

struct test_value *spol_value(struct spol_parser *p, struct text path, struct expr *recorded, struct expr *actual)
{
	struct test_value *v = arena_alloc(p->arena, sizeof(*v));

	v->path = path;
	v->recorded = recorded;
	v->actual = actual;
	return v;
}

struct test_step *spol_event(struct spol_parser *p, struct selector *call, struct list values, struct span at)
{
	struct test_step *s = arena_alloc(p->arena, sizeof(*s));

	s->at = at;
	s->call = call;
	s->values = values.first;
	return s;
}

struct test_step *spol_expect(struct spol_parser *p, struct text field, struct text outcome, struct span at)
{
	struct test_step *s = arena_alloc(p->arena, sizeof(*s));
	struct suggest suggest = { .word = outcome.s, .word_len = outcome.len };
	bool known = false;
	struct diag *g;

	s->at = at;
	s->is_expect = true;
	s->field = field;
	s->outcome = outcome;
	for (size_t i = 0; i < keyword_count(); i++) {
		const struct keyword *k = keyword_at(i);

		if (!is_action(k) && k->group != KEYWORD_OUTCOME)
			continue;
		known = known || strcmp(outcome.s, k->word) == 0;
		suggest_offer(&suggest, k->word);
	}
	if (known)
		return s;
	g = diag_error(p->diags, outcome.at, "E0028", "`%s` is no outcome", outcome.s);
	if (suggest.best) {
		diag_help(p->diags, g, "did you mean `%s`?", suggest.best);
		diag_guess(p->diags, g, outcome.at, "%s", suggest.best);
	}
	return s;
}

struct item *spol_item(struct spol_parser *p, enum item_kind kind, struct span at)
{
	struct item *i = arena_alloc(p->arena, sizeof(*i));

	i->kind = kind;
	i->at = at;
	return i;
}

struct item *spol_item_in_error(struct spol_parser *p, enum item_kind kind, struct text name, struct span at)
{
	struct item *i = spol_item(p, kind, at);

	i->name = name;
	if (kind == ITEM_SET)
		i->members = spol_member(p, false, spol_error_expr(p, at), at);
	else
		i->value = spol_error_expr(p, at);
	return i;
}

struct item *spol_policy(struct spol_parser *p, struct text name, struct expr *version, struct span at)
{
	struct item *i = spol_item(p, ITEM_POLICY, at);

	i->name = name;
	i->version = version->num;
	if (version->kind == EXPR_NUMBER && (version->unit != UNIT_NONE || version->num > INT32_MAX)) {
		diag_error(p->diags, version->at, "E0032", "a version is a whole number up to %d without unit",
			   INT32_MAX);
		i->version = 0;
	}
	return i;
}

/* `any` and `default` have no fields to list. */
static const struct selector *without_fields(const struct list *selectors)
{
	for (const struct selector *s = selectors->first; s; s = s->next)
		if (s->kind == SEL_ANY || s->kind == SEL_DEFAULT)
			return s;
	return NULL;
}

struct item *spol_block(struct spol_parser *p, struct list selectors, struct list rules, struct span body,
			struct span at)
{
	struct item *i = spol_item(p, ITEM_RULES, at);
	const struct selector *s = without_fields(&selectors);
	const char *what;
	struct diag *g;

	i->selectors = selectors.first;
	i->rules = rules.first;
	i->body = body;
	if (!s)
		return i;
	what = s->kind == SEL_ANY ? "any " : "";
	g = diag_error(p->diags, s->at, "E0026", "`%s%s` takes a rule, not a block", what, s->name.s);
	diag_help(p->diags, g, "write: %s%s: VERB;", what, s->name.s);
	i->kind = ITEM_ERROR;
	return i;
}

struct item *spol_one_rule(struct spol_parser *p, struct list selectors, struct list arms, struct span at)
{
	struct item *i = spol_item(p, ITEM_RULES, at);

	i->selectors = selectors.first;
	i->rules = spol_rule(p, (struct list){ 0 }, arms, at);
	if (!i->rules)
		i->kind = ITEM_ERROR;
	return i;
}

struct item *spol_never(struct spol_parser *p, struct action verb, struct selector *call, struct text path,
			struct expr *condition, struct span at)
{
	struct item *i = spol_item(p, verb.unknown ? ITEM_ERROR : ITEM_NEVER, at);

	if (verb.unknown)
		report_unknown_verb(p, verb.at);
	i->verb = verb.verb;
	i->selectors = call;
	i->fields = spol_field(p, path);
	i->condition = condition;
	return i;
}

void spol_report_missing_semicolon(struct spol_parser *p, struct span at)
{
	struct diag *g = diag_error(p->diags, at, "E0013", "missing `;`");

	diag_edit(p->diags, g, at, ";");
}

void spol_report_empty(struct spol_parser *p, struct span at)
{
	struct diag *g = diag_error(p->diags, at, "E0017", "this `;` ends nothing");

	diag_help(p->diags, g, "remove it; a block needs no `;` behind its `}`");
	diag_edit_removal(p->diags, g, at, false);
}

void spol_report_assignment(struct spol_parser *p, struct span at)
{
	struct diag *g = diag_error(p->diags, at, "E0018", "`=` in a condition");

	diag_help(p->diags, g, "did you mean `==`?");
	diag_edit(p->diags, g, at, "==");
}

void spol_report_foreign_not(struct spol_parser *p, struct span at)
{
	struct diag *g = diag_error(p->diags, at, "E0019", "this operator is written `not`");

	diag_help(p->diags, g, "did you mean `not`?");
	spol_word_edit(p->diags, g, at, "not");
}

void spol_report_not_in(struct spol_parser *p, struct span at, struct span whole)
{
	struct span front = { whole.file, whole.start, whole.start }, end = { whole.file, whole.end, whole.end };
	struct diag *g = diag_error(p->diags, at, "E0025", "there is no operator `not in`");

	diag_help(p->diags, g, "write: not (x in SET)");
	diag_edit(p->diags, g, front, "not (");
	diag_edit(p->diags, g, at, "in");
	diag_edit(p->diags, g, end, ")");
}

void spol_report_index(struct spol_parser *p, struct span at)
{
	struct diag *g = diag_error(p->diags, at, "E0024", "single elements have no rules of their own");

	diag_help(p->diags, g, "`[]` stands for any element");
	diag_guess(p->diags, g, at, "%s", ""); /* the rule then speaks of more */
}

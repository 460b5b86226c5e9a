/*
 * From an offset to its place: a walk over the tokens before it, with the same idea of where statements begin as the
 * parser's way out of errors.
 */
#include "spol/editor_place.h"

#include "base/check.h"
#include "base/map.h"
#include "base/places.h"
#include "spol/build.h"

#include "grammar/spol_parse.h"

#include <stdlib.h>
#include <string.h>

#define PATH_TOKENS_MAX 400u /* of a path that is looked at; longer ones have no meaning */
#define READ_MAX        256u /* selectors, variants, fields, names of a comparison: a question is no compilation */

void query_begin(struct query *q, struct spol_editor *e, struct arena *arena)
{
	struct file_ast scanned = { 0 };

	*q = (struct query){ .editor = e, .policy = e->policy, .arena = arena, .source = spol_editor_source(e) };
	q->policy.d = diags_new();
	q->policy.arena = arena;
	/* what is remembered in these lives as long as the query */
	q->policy.symbols = strmap_new();
	q->policy.resolved = strmap_new();
	q->policy.places = NULL;
	for (uint32_t i = 0; i < diags_source_count(e->diags); i++) {
		const struct source_text *s = diags_get_source(e->diags, i);

		diags_source(q->policy.d, s->name, s->text, s->len);
	}
	q->text = diags_get_source(q->policy.d, q->source);
	spol_scan(q->policy.d, q->source, arena, &scanned, &q->tokens);
	q->comments = scanned.comments;
}

void query_end(struct query *q)
{
	places_free(q->policy.places);
	diags_free(q->policy.d);
	strmap_free(q->policy.symbols);
	strmap_free(q->policy.resolved);
	free(q->tokens.list);
}

/* ---- tokens ---- */

static const struct spol_token *token(const struct query *q, size_t i)
{
	return &q->tokens.list[i < q->tokens.count ? i : q->tokens.count - 1];
}

static int kind(const struct query *q, size_t i)
{
	return token(q, i)->kind;
}

static bool is_name(int k)
{
	return k == TOK_NAME || (k >= TOK_POLICY && k <= TOK_IN);
}

/* A word of conditions that stands where it is an operator, not behind a dot. */
static bool is_word(const struct query *q, size_t i, int wanted)
{
	return kind(q, i) == wanted && (i == 0 || kind(q, i - 1) != '.');
}

static struct text token_text(struct query *q, size_t i)
{
	const struct spol_token *t = token(q, i);

	return (struct text){
		.s = arena_copy(q->arena, q->text->text + t->start, t->end - t->start),
		.len = t->end - t->start,
		.at = { q->source, t->start, t->end },
	};
}

/* Where the path begins that token i is a part of, or stands behind the dot of. */
static size_t path_start(const struct query *q, size_t i)
{
	for (unsigned n = 0; n < PATH_TOKENS_MAX && i >= 2 && kind(q, i - 1) == '.'; n++) {
		if (is_name(kind(q, i - 2)))
			i -= 2;
		else if (i >= 4 && kind(q, i - 2) == ']' && kind(q, i - 3) == '[' && is_name(kind(q, i - 4)))
			i -= 4;
		else
			break;
	}
	return i;
}

/* The path that begins at token i, up to token end; *next is the first token behind it. */
static struct text path_from(struct query *q, size_t i, size_t end, size_t *next)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	struct text t = { .at = { q->source, token(q, i)->start, token(q, i)->end } };
	size_t limit = i + PATH_TOKENS_MAX;

	for (; i < end && i < limit; i++) {
		int k = kind(q, i);

		if (b.len && is_name(k) && b.data[b.len - 1] != '.')
			break;
		if (!is_name(k) && k != '.' && k != '[' && k != ']' && !(k == '*' && !b.len))
			break;
		buf_add(&b, q->text->text + token(q, i)->start, token(q, i)->end - token(q, i)->start);
		t.at.end = token(q, i)->end;
		if (k == '*') {
			i++;
			break;
		}
	}
	*next = i;
	t.s = arena_copy(q->arena, b.data ? (const char *)b.data : "", b.len);
	t.len = b.len;
	return t;
}

/* ---- what was written before ---- */

static void add_selector(struct query *q, struct selector ***end, enum selector_kind k, struct text name)
{
	struct selector *s = arena_alloc(q->arena, sizeof(*s));

	s->kind = k;
	s->name = name;
	s->at = name.at;
	**end = s;
	*end = &s->next;
}

/* `(A|B` behind the name of a call: variants; the token behind them. */
static size_t read_variants(struct query *q, size_t i, size_t to, struct text_list **end)
{
	for (unsigned n = 0; i < to && kind(q, i) != ')'; i++) {
		struct text_list *t;

		if (!is_name(kind(q, i)) || n++ >= READ_MAX)
			continue;
		t = arena_alloc(q->arena, sizeof(*t));
		t->text = token_text(q, i);
		*end = t;
		end = &t->next;
	}
	return i < to ? i + 1 : i;
}

/* Selectors in tokens [from, to): `stat, ioctl(TCGETS), %file, signal SIGHUP|SIGINT, any pid`. */
static struct selector *read_selectors(struct query *q, size_t from, size_t to)
{
	struct selector *first = NULL, **end = &first;
	size_t i = from;

	if (i + 1 < to && kind(q, i) == TOK_OVERRIDE)
		i++;
	for (unsigned n = 0; i < to && n < READ_MAX; n++) {
		int k = kind(q, i);
		bool followed = i + 1 < to && is_name(kind(q, i + 1));

		if (k == TOK_CLASS) {
			struct text name = token_text(q, i++);

			add_selector(q, &end, SEL_CLASS,
				     (struct text){ .s = name.s + 1, .len = name.len - 1, .at = name.at });
		} else if (k == TOK_ANY && followed) {
			add_selector(q, &end, SEL_ANY, token_text(q, i + 1));
			i += 2;
		} else if ((k == TOK_SIGNAL || k == TOK_INSTRUCTION) && followed) {
			for (i++; i < to && (is_name(kind(q, i)) || kind(q, i) == '|'); i++) {
				if (is_name(kind(q, i)))
					add_selector(q, &end, k == TOK_SIGNAL ? SEL_SIGNAL : SEL_INSTRUCTION,
						     token_text(q, i));
			}
		} else if (k == TOK_DEFAULT) {
			add_selector(q, &end, SEL_DEFAULT, token_text(q, i++));
		} else if (is_name(k)) {
			struct text_list *variants = NULL;
			struct text name = token_text(q, i++);
			struct selector **here = end;

			add_selector(q, &end, SEL_CALL, name);
			if (i < to && kind(q, i) == '(')
				i = read_variants(q, i + 1, to, &variants);
			(*here)->variants = variants;
		} else {
			i++;
		}
	}
	return first;
}

static struct field_ref *read_fields(struct query *q, size_t from, size_t to)
{
	struct field_ref *first = NULL, **end = &first;
	unsigned n = 0;

	for (size_t i = from; i < to && n < READ_MAX;) {
		size_t next;
		struct text path = path_from(q, i, to, &next);

		if (path.len) {
			struct field_ref *f = arena_alloc(q->arena, sizeof(*f));

			n++;
			f->path = path;
			*end = f;
			end = &f->next;
		}
		i = next > i ? next : i + 1;
	}
	return first;
}

/* The first `what` in [from, to) outside of parentheses, or to. */
static size_t find(const struct query *q, size_t from, size_t to, int what)
{
	unsigned depth = 0;

	for (size_t i = from; i < to; i++) {
		int k = kind(q, i);

		if (depth == 0 && k == what)
			return i;
		depth += k == '(';
		depth -= k == ')' && depth > 0;
	}
	return to;
}

/* ---- arms and conditions: tokens [from, to), the offset behind them ---- */

static bool wants_operand(const struct query *q, size_t i)
{
	int k = kind(q, i);

	if (k == TOK_EQ || k == TOK_NE || k == TOK_LE || k == TOK_GE)
		return true;
	if (k == TOK_AND || k == TOK_OR || k == TOK_NOT || k == TOK_OF || k == TOK_WITHIN || k == TOK_IF)
		return is_word(q, i, k);
	return k > 0 && k < 256 && strchr("(<>=+-*/&|!", k) != NULL;
}

/* The names of the comparison that the offset stands in. */
static struct text_list *read_meets(struct query *q, size_t from, size_t to)
{
	struct text_list *first = NULL, **end = &first;
	size_t start = to;

	while (start > from && to - start < READ_MAX && !is_word(q, start - 1, TOK_AND) &&
	       !is_word(q, start - 1, TOK_OR) && !is_word(q, start - 1, TOK_NOT) && !is_word(q, start - 1, TOK_IF))
		start--;
	for (size_t i = start; i < to;) {
		size_t next = i + 1;
		struct text_list *t;

		if (is_name(kind(q, i))) {
			t = arena_alloc(q->arena, sizeof(*t));
			t->text = path_from(q, i, to, &next);
			*end = t;
			end = &t->next;
		}
		i = next;
	}
	return first;
}

static void place_condition(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t brace = to;

	p->meets = read_meets(q, from, to);
	for (size_t i = from; i < to; i++) {
		if (kind(q, i) == '{')
			brace = i;
		else if (kind(q, i) == '}')
			brace = to;
	}
	if (brace < to)
		p->kind = kind(q, to - 1) == '{' || kind(q, to - 1) == ',' || kind(q, to - 1) == '!' ? PLACE_MEMBER
												     : PLACE_NOTHING;
	else if (to > from && is_word(q, to - 1, TOK_IN))
		p->kind = PLACE_SET;
	else
		p->kind = to == from || wants_operand(q, to - 1) ? PLACE_OPERAND : PLACE_OPERATOR;
}

static void place_arms(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t arm = from, within = 0;

	for (size_t i = from; i < to; i++) {
		if (is_word(q, i, TOK_ELSE))
			arm = i + 1;
	}
	if (arm == to) {
		p->kind = PLACE_VERB;
		return;
	}
	for (size_t i = arm + 1; i < to; i++) {
		if (is_word(q, i, TOK_IF)) {
			place_condition(q, i + 1, to, p);
			return;
		}
		if (is_word(q, i, TOK_WITHIN) && !within)
			within = i;
	}
	if (p->in_string)
		p->kind = PLACE_MESSAGE;
	else if (within)
		p->kind = wants_operand(q, to - 1) ? PLACE_CONSTANT : PLACE_BEHIND_TOLERANCE;
	else
		p->kind = PLACE_BEHIND_VERB;
}

/* Names of selectors, the last one being written. */
static void place_selectors(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	int last = kind(q, to - 1);
	size_t open = to;

	for (size_t i = from; i < to; i++) {
		if (kind(q, i) == '(')
			open = i;
		else if (kind(q, i) == ')')
			open = to;
	}
	if (open < to) {
		p->selectors = read_selectors(q, open > from ? open - 1 : from, open);
		p->kind = last == '(' || last == '|' ? PLACE_VARIANT : PLACE_NOTHING;
		return;
	}
	if (last == ',') {
		p->kind = PLACE_SELECTOR;
		return;
	}
	if (last == TOK_ANY)
		p->kind = PLACE_KIND;
	else if (last == TOK_SIGNAL)
		p->kind = PLACE_SIGNAL;
	else if (last == TOK_INSTRUCTION)
		p->kind = PLACE_INSTRUCTION;
	for (size_t i = to; last == '|' && i-- > from && (is_name(kind(q, i)) || kind(q, i) == '|');) {
		if (kind(q, i) == TOK_SIGNAL || kind(q, i) == TOK_INSTRUCTION)
			p->kind = kind(q, i) == TOK_SIGNAL ? PLACE_SIGNAL : PLACE_INSTRUCTION;
	}
}

/* ---- statements: tokens [from, to) ---- */

/* `never VERB CALL.FIELD [if ...]`: a call's name and the field make one path for the eye, not for us. */
static void place_never(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t call = from + 2, next = call;
	const char *dot;

	if (to == from + 1) {
		p->kind = PLACE_PROMISE;
		return;
	}
	if (to == call) {
		dot = memchr(p->path, '.', p->path_len);
		p->kind = dot ? PLACE_FIELD : PLACE_SELECTOR;
		if (dot) {
			size_t len = (size_t)(dot - p->path);

			p->selectors = arena_alloc(q->arena, sizeof(*p->selectors));
			p->selectors->name = (struct text){ .s = arena_copy(q->arena, p->path, len), .len = len };
			p->start +=
				(uint32_t)len + 1; /* no white space stands around the dot, or else: no completion */
			p->path = dot + 1;
			p->path_len -= len + 1;
			if (p->start > p->end)
				p->kind = PLACE_NOTHING;
		}
		return;
	}
	while (next < to && kind(q, next) != '.' && kind(q, next) != TOK_IF)
		next++;
	if (next == to) {
		place_selectors(q, call, to, p);
		return;
	}
	p->selectors = read_selectors(q, call, next);
	if (next + 1 == to && kind(q, next) == '.') {
		p->kind = PLACE_FIELD;
		return;
	}
	for (size_t i = next; i < to; i++) {
		if (!is_word(q, i, TOK_IF))
			continue;
		p->fields = read_fields(q, next + 1, i);
		place_condition(q, i + 1, to, p);
		return;
	}
	p->kind = PLACE_BEHIND_TOLERANCE;
}

/* The value of a let: an expression of constants. */
static void place_let(const struct query *q, size_t from, size_t to, struct editor_place *p)
{
	if (find(q, from, to, '=') < to && wants_operand(q, to - 1))
		p->kind = PLACE_CONSTANT;
}

static void place_set(const struct query *q, size_t from, size_t to, struct editor_place *p)
{
	int last = kind(q, to - 1);

	if (find(q, from, to, '=') < to && (last == '=' || last == ',' || last == '!'))
		p->kind = PLACE_MEMBER;
}

static void place_outside(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t colon;
	int first;

	if (from < to && kind(q, from) == TOK_OVERRIDE) {
		p->override = true;
		from++;
	}
	if (from == to) {
		p->kind = PLACE_STATEMENT;
		return;
	}
	first = kind(q, from);
	colon = find(q, from, to, ':');
	if (first == TOK_VIOLATION && colon < to) {
		p->kind = colon + 1 == to ? PLACE_VIOLATION : PLACE_NOTHING;
		return;
	}
	if (colon < to) {
		p->selectors = read_selectors(q, from, colon);
		place_arms(q, colon + 1, to, p);
		return;
	}
	if (first == TOK_NEVER)
		place_never(q, from, to, p);
	else if (first == TOK_LET)
		place_let(q, from, to, p);
	else if (first == TOK_SET)
		place_set(q, from, to, p);
	else if (first == TOK_EXTENDS)
		p->kind = to == from + 1 || kind(q, to - 1) == ',' ? PLACE_EXTENDS : PLACE_NOTHING;
	else if (first != TOK_POLICY && first != TOK_TEST)
		place_selectors(q, from, to, p);
}

static void place_in_block(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t colon;

	if (from < to && kind(q, from) == TOK_OVERRIDE) {
		p->override = true;
		from++;
	}
	if (from == to) {
		p->kind = PLACE_RULE;
		return;
	}
	colon = find(q, from, to, ':');
	if (colon < to) {
		p->fields = read_fields(q, from, colon);
		place_arms(q, colon + 1, to, p);
	} else if (kind(q, to - 1) == ',') {
		p->kind = PLACE_FIELD;
	}
}

/* In the parentheses of a test's event, [from, to) being what stands in them so far. */
static void place_values(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t value = from, colon;

	for (size_t i = from; i < to; i++) {
		if (kind(q, i) == ',')
			value = i + 1;
	}
	colon = find(q, value, to, ':');
	if (value == to) {
		p->kind = PLACE_VALUE_FIELD;
	} else if (colon < to) {
		p->kind = kind(q, to - 1) == ':' || kind(q, to - 1) == TOK_ARROW || wants_operand(q, to - 1)
				  ? PLACE_VALUE
				  : PLACE_NOTHING;
		p->fields = read_fields(q, value, colon);
	}
}

static void place_event(struct query *q, size_t from, size_t to, struct editor_place *p)
{
	size_t call = from, open, close;

	if (kind(q, from) == TOK_SIGNAL || kind(q, from) == TOK_INSTRUCTION) {
		call++;
		if (call == to) {
			p->kind = kind(q, from) == TOK_SIGNAL ? PLACE_SIGNAL : PLACE_INSTRUCTION;
			return;
		}
	}
	open = call + 1;
	if (open >= to || kind(q, open) != '(')
		return;
	for (close = open; close < to && kind(q, close) != ')'; close++)
		;
	p->selectors = read_selectors(q, from, close < to ? close + 1 : open);
	if (close == to) {
		/* the variants of a multiplexer, or values already */
		if (kind(q, to - 1) == '|')
			p->kind = PLACE_VARIANT;
		else
			place_values(q, open + 1, to, p);
		return;
	}
	if (close + 1 < to && kind(q, close + 1) == '(')
		place_values(q, close + 2, to, p);
}

static void place_in_test(struct query *q, size_t event, size_t from, size_t to, struct editor_place *p)
{
	size_t close = event, after;

	if (from == to) {
		p->kind = PLACE_STEP;
		return;
	}
	if (kind(q, from) != TOK_EXPECT) {
		place_event(q, from, to, p);
		return;
	}
	if (event < from) {
		while (close < from && kind(q, close) != ')')
			close++;
		/* what stands in the first parentheses are variants only when others follow */
		after = close + 1 < from && kind(q, close + 1) == '(' ? close + 1 : find(q, event, from, '(');
		p->selectors = read_selectors(q, event, after);
	}
	p->kind = to == from + 1 ? PLACE_EXPECT : PLACE_OUTCOME;
	for (size_t i = from + 2; i < to; i++) {
		if (kind(q, i) != '.' && kind(q, i - 1) != '.' && kind(q, i) != '[' && kind(q, i) != ']')
			p->kind = PLACE_NOTHING;
	}
}

/* ---- the way to the statement ---- */

struct walk {
	size_t statement;    /* where it begins */
	size_t header, open; /* of the block */
	size_t event;        /* of a test: where the last one began */
	bool in_block, in_set, in_test;
};

static bool ends_statement(int k)
{
	return is_name(k) || k == TOK_NUMBER || k == TOK_STRING || k == ')' || k == ']' || k == TOK_CLASS ||
	       k == TOK_BAD;
}

/* A statement begins at i although the one before has no end yet: its `;` or `}` is missing. */
static void look_for_start(const struct query *q, size_t i, struct walk *w)
{
	const struct spol_parser parser = { .tokens = q->tokens.list, .count = q->tokens.count };
	const struct spol_token *t = token(q, i);
	bool at_margin = t->start == 0 || q->text->text[t->start - 1] == '\n';

	if (w->in_block && at_margin && spol_begins_item(&parser, i)) {
		*w = (struct walk){ .statement = i };
		return;
	}
	if (!t->first_on_line || i == w->statement || w->in_set)
		return;
	if (ends_statement(kind(q, i - 1)) && spol_begins_statement(&parser, i))
		w->statement = i;
}

static void step(const struct query *q, size_t i, struct walk *w)
{
	switch (kind(q, i)) {
	case '{':
		if (i > 0 && is_word(q, i - 1, TOK_IN)) {
			w->in_set = true;
			break;
		}
		w->in_block = true;
		w->header = w->statement;
		w->open = i;
		w->in_test = kind(q, w->statement) == TOK_TEST;
		w->statement = w->event = i + 1;
		break;
	case '}':
		if (w->in_set) {
			w->in_set = false;
			break;
		}
		*w = (struct walk){ .statement = i + 1 };
		break;
	case ';':
		if (w->in_test && kind(q, w->statement) != TOK_EXPECT)
			w->event = w->statement;
		w->in_set = false;
		w->statement = i + 1;
		break;
	default: /* token numbers, not an enum of ours */
		break;
	}
}

static struct walk walk_to(const struct query *q, size_t to)
{
	struct walk w = { 0 };

	for (size_t i = 0; i < to; i++) {
		if (i > 0)
			look_for_start(q, i, &w);
		step(q, i, &w);
	}
	return w;
}

/* What stands between a string's quotes; false: offset is not in there. */
static bool in_string(const struct query *q, const struct spol_token *t, uint32_t offset, struct editor_place *p)
{
	const char *s = q->text->text + t->start;
	uint32_t len = t->end - t->start, escapes = 0;
	bool ended;

	if (t->kind != TOK_STRING || offset <= t->start || offset > t->end)
		return false;
	while (len >= 2 + escapes && s[len - 2 - escapes] == '\\')
		escapes++;
	ended = len >= 2 && s[len - 1] == s[0] && escapes % 2 == 0;
	if (ended && offset == t->end)
		return false;
	p->in_string = true;
	p->start = t->start + 1;
	p->end = ended ? t->end - 1 : offset; /* without its end a string is what was typed of it so far */
	return true;
}

/* A name or a path at token i, which offset lies in, ends or stands behind the dot of. */
static size_t take_path(struct query *q, size_t i, size_t end, uint32_t offset, bool whole, struct editor_place *p)
{
	size_t start = path_start(q, i), next;
	struct text path = path_from(q, start, end, &next);
	uint32_t behind = path.at.end > offset ? path.at.end - offset : 0;

	p->token = kind(q, start);
	p->start = path.at.start;
	p->end = path.at.end;
	p->path = path.s;
	p->path_len = path.len;
	if (!whole && behind) {
		p->path_len -= behind < p->path_len ? behind : p->path_len;
		p->end = offset;
	}
	return start;
}

/* The word at offset: the first token of it or, without one, the token behind offset. */
static size_t find_word(struct query *q, uint32_t offset, bool whole, struct editor_place *p)
{
	size_t low = 0, high = q->tokens.count - 1;
	const struct spol_token *t;

	/* the first token that ends behind offset, or at it */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (token(q, middle)->end < offset)
			low = middle + 1;
		else
			high = middle;
	}
	p->start = p->end = offset;
	t = token(q, low);
	if (in_string(q, t, offset, p))
		return low;
	p->nothing = t->kind == TOK_NUMBER && t->start < offset;
	/* between two tokens: a word that ends here is meant, and when all of it is wanted one that begins here */
	if (t->end == offset && low + 1 < q->tokens.count &&
	    (!(is_name(t->kind) || t->kind == TOK_CLASS || t->kind == '*') ||
	     (whole && token(q, low + 1)->start == offset && is_name(kind(q, low + 1)))))
		t = token(q, ++low);
	p->token = t->start <= offset && t->kind != TOK_END ? t->kind : 0;
	if (t->kind == TOK_CLASS && (whole ? t->start <= offset : t->start < offset)) {
		p->has_class = true;
		p->start = t->start + 1;
		p->end = whole || offset < p->start ? t->end : offset;
		p->path = q->text->text + p->start;
		p->path_len = p->end - p->start;
		return low;
	}
	if (low > 0 && kind(q, low - 1) == TOK_BAD && token(q, low - 1)->end == offset) {
		p->has_class = q->text->text[offset - 1] == '%';
		p->nothing = !p->has_class;
		return low - 1;
	}
	if ((is_name(t->kind) || t->kind == '*') && (whole ? t->start <= offset : t->start < offset))
		return take_path(q, low, low + 1, offset, whole, p);
	if (low > 0 && kind(q, low - 1) == '.' && token(q, low - 1)->end == offset)
		return take_path(q, low, low, offset, whole, p);
	return low;
}

static bool in_comment(const struct query *q, uint32_t offset)
{
	for (const struct comment *c = q->comments; c; c = c->next) {
		if (c->at.start < offset && offset <= c->at.end)
			return true;
	}
	return false;
}

struct editor_place query_place(struct query *q, uint32_t offset, bool whole)
{
	struct editor_place p = { .path = "" };
	struct walk w;
	size_t to;

	if (offset > q->text->len)
		offset = q->text->len;
	p.start = p.end = offset;
	if (in_comment(q, offset))
		return p;
	to = find_word(q, offset, whole, &p);
	w = walk_to(q, to);
	if (to > 0)
		look_for_start(q, to, &w);
	if (!w.in_block) {
		place_outside(q, w.statement, to, &p);
	} else if (w.in_test) {
		place_in_test(q, w.event, w.statement, to, &p);
	} else {
		p.selectors = read_selectors(q, w.header, w.open);
		place_in_block(q, w.statement, to, &p);
	}
	if (p.nothing)
		p.kind = PLACE_NOTHING;
	if (p.in_string && p.kind != PLACE_EXTENDS && p.kind != PLACE_MESSAGE)
		p.kind = PLACE_NOTHING;
	return p;
}

/* ---- what a place's selectors and fields mean ---- */

void place_calls(struct query *q, const struct editor_place *p, place_call_fn *f, void *ctx)
{
	for (struct selector *s = p->selectors; s; s = s->next) {
		struct selector one = *s;
		enum level level;

		one.next = NULL;
		names_calls(&q->policy, &one, f, ctx, &level);
	}
}

struct leaf_call {
	place_leaf_fn *f;
	void *ctx;
};

static void pass_leaf(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	const struct leaf_call *c = ctx;

	(void)rank;
	c->f(c->ctx, leaf);
}

void place_leaves(struct query *q, const struct editor_place *p, place_leaf_fn *f, void *ctx)
{
	struct leaf_call call = { f, ctx };

	for (struct selector *s = p->selectors; s; s = s->next) {
		struct field_ref *field = p->fields;
		struct selector one = *s;
		enum level level;

		one.next = NULL;
		do {
			names_cover(&q->policy, &one, field, pass_leaf, &call, &level);
			field = field ? field->next : NULL;
		} while (field);
	}
}

struct scope place_scope(struct query *q, const struct abi_call *c, const struct abi_leaf *own)
{
	return (struct scope){
		.p = &q->policy,
		.call = c,
		.own = own,
		.phase = own ? legal_phase(own) : VM_ENTRY,
		.wide = true,
	};
}

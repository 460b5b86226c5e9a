/*
 * The parse of a file, item by item: keywords that are names, the way out of syntax errors, and what is said about
 * them.
 *
 * Tokens that the grammar knows but no file holds:
 *   MISSING_SEMICOLON, MISSING_BRACE  put in where a statement or block plainly ends without its mark; the item is then
 *                                     parsed once more from its start, so that nothing of it is lost;
 *   RESYNC, RESYNC_BLOCK              what the grammar's error productions wait for: all tokens of a statement in error
 * up to its end were skipped; the block of a header in error begins.
 */
#include "spol/parse.h"

#include "base/check.h"
#include "spol/build.h"
#include "spol/scan.h"

#include "grammar/spol_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NESTING_MAX         200
#define REPARSED_TOKENS_MAX ((size_t)1 << 18) /* of one file: missing marks must not make parsing quadratic */
#define LOOK_AHEAD_MAX      256

static const struct spol_token *token(const struct spol_parser *p, size_t index)
{
	return &p->tokens[index < p->count ? index : p->count - 1];
}

static int kind_at(const struct spol_parser *p, size_t index)
{
	return token(p, index)->kind;
}

static struct span span_of(const struct spol_parser *p, const struct spol_token *t)
{
	return (struct span){ p->file, t->start, t->end };
}

static bool is_name(int kind)
{
	return kind >= TOK_POLICY && kind <= TOK_IN ? true : kind == TOK_NAME;
}

static bool is_condition_word(int kind)
{
	return kind >= TOK_WITHIN && kind <= TOK_IN;
}

static bool is_verb(int kind)
{
	return kind >= TOK_EQUAL && kind <= TOK_FORBID;
}

/* Tokens that can stand behind a name but cannot begin an operand. */
static bool follows_name(int kind)
{
	if (kind == TOK_EQ || kind == TOK_NE || kind == TOK_LE || kind == TOK_GE || kind == TOK_ARROW ||
	    kind == TOK_END)
		return true;
	return kind < 256 && strchr("(-!{", kind) == NULL;
}

/*
 * within of if else and or not in: operators in conditions, names anywhere else (and behind a dot).  One is a name
 * where an operand must stand - behind an operator or bracket, not behind an operand - and what follows cannot begin an
 * operand: `in == 5` is about a field called in, `x in S` is not.
 */
static bool condition_word_is_name(const struct spol_parser *p, int kind)
{
	int next = kind_at(p, p->position + 1);

	if (p->last == '.')
		return true;
	if (p->last == TOK_NAME || p->last == TOK_NUMBER || p->last == TOK_STRING || p->last == ')' || p->last == ']')
		return false;
	if (is_verb(p->last) && (kind == TOK_IF || kind == TOK_ELSE || kind == TOK_WITHIN))
		return false;
	if (follows_name(next))
		return true;
	if (next == '{' || next == '(') /* `in { ... }` about a call in; not `if (...)` */
		return p->statement == p->position && kind != TOK_NOT;
	if (kind == TOK_NOT || kind == TOK_IF)
		return false;
	return next == TOK_AND || next == TOK_OR || next == TOK_ELSE || next == TOK_IN;
}

/* Where a path that begins at index ends, as far as it matters. */
static size_t skip_path(const struct spol_parser *p, size_t index)
{
	size_t end = index + LOOK_AHEAD_MAX;

	for (index++; index < end; index += 2) {
		int kind = kind_at(p, index), next = kind_at(p, index + 1);

		if (!(kind == '.' && is_name(next)) && !(kind == '[' && next == ']'))
			break;
	}
	return index;
}

/* Names, commas, variants and then a `{`: a block of rules begins. */
static bool begins_selector_block(const struct spol_parser *p, size_t index)
{
	bool name_may_follow = true;

	for (size_t i = index; i < index + LOOK_AHEAD_MAX; i++) {
		int kind = kind_at(p, i);
		bool name = is_name(kind) || kind == TOK_CLASS;

		if (kind == '{')
			return i > index;
		if (name ? !name_may_follow : kind != ',' && kind != '(' && kind != ')' && kind != '|')
			return false;
		name_may_follow = !name || kind == TOK_SIGNAL || kind == TOK_INSTRUCTION || kind == TOK_OVERRIDE ||
				  kind == TOK_ANY;
	}
	return false;
}

/* Does the text go on with a new statement at this token?  Asked after mistakes only; being wrong costs a good message.
 */
static bool begins_statement(const struct spol_parser *p, size_t index)
{
	int kind = kind_at(p, index), next = kind_at(p, index + 1);

	if (kind == TOK_CLASS)
		return begins_selector_block(p, index) || next == ':';
	if (kind == '*')
		return next == ':';
	if (!is_name(kind))
		return false;
	if (kind == TOK_LET || kind == TOK_SET || kind == TOK_POLICY || kind == TOK_ANY || kind == TOK_SIGNAL ||
	    kind == TOK_INSTRUCTION || kind == TOK_OVERRIDE || kind == TOK_EXPECT) {
		if (is_name(next) && !is_condition_word(next))
			return true;
	}
	if ((kind == TOK_EXTENDS || kind == TOK_TEST) && next == TOK_STRING)
		return true;
	if (kind == TOK_NEVER && is_verb(next))
		return true;
	if (is_condition_word(kind) && (next == '(' || next == '{' || is_name(next)))
		return false;
	if (next == '(' || begins_selector_block(p, index))
		return true;
	for (size_t i = index; i < index + LOOK_AHEAD_MAX && (is_name(kind_at(p, i)) || kind_at(p, i) == '*'); i++) {
		i = skip_path(p, i);
		if (kind_at(p, i) == ':')
			return true;
		if (kind_at(p, i) != ',')
			return false;
	}
	return false;
}

bool spol_begins_statement(const struct spol_parser *p, size_t index)
{
	return begins_statement(p, index);
}

bool spol_begins_item(const struct spol_parser *p, size_t index)
{
	int kind = kind_at(p, index);
	bool keyword = kind >= TOK_POLICY && kind <= TOK_OVERRIDE && kind != TOK_CONTINUE && kind != TOK_EXPECT;

	if (kind == TOK_DEFAULT || kind == TOK_VIOLATION)
		return kind_at(p, index + 1) == ':';
	return (keyword && begins_statement(p, index)) || begins_selector_block(p, index);
}

static void enter_statement(struct spol_parser *p, size_t index)
{
	p->statement = index;
	p->parentheses = 0;
	p->in_set = false;
}

/* The grammar took the current token: what follows from it. */
static void commit(struct spol_parser *p)
{
	int kind = p->current_kind, before = p->last;

	p->last = kind;
	switch (kind) {
	case '(':
		p->parentheses++;
		break;
	case ')':
		p->parentheses -= p->parentheses > 0;
		break;
	case '{':
		if (before == TOK_IN) {
			p->in_set = true;
			break;
		}
		p->in_block = true;
		p->open = p->current;
		enter_statement(p, p->position);
		break;
	case '}':
		if (p->in_set)
			p->in_set = false;
		else
			enter_statement(p, p->position);
		break;
	case ';':
	case TOK_MISSING_SEMICOLON:
		enter_statement(p, p->position);
		break;
	default: /* token numbers, not an enum of ours */
		break;
	}
}

/* A statement in error has no block of rules of its own when it begins with one of these. */
static bool may_have_rules(int kind)
{
	return kind != TOK_LET && kind != TOK_SET && kind != TOK_POLICY && kind != TOK_EXTENDS && kind != TOK_TEST &&
	       kind != TOK_VIOLATION && kind != TOK_NEVER;
}

static int resync_at(struct spol_parser *p, size_t position, int kind)
{
	p->position = position;
	p->current_kind = kind;
	enter_statement(p, position);
	return kind;
}

/* Panic ends here: skips to the end of the statement that is in error. */
static int resync(struct spol_parser *p, struct span *at)
{
	bool header = !p->in_block && may_have_rules(kind_at(p, p->statement));
	bool in_set = p->in_set, in_parentheses = p->parentheses > 0;
	unsigned depth = in_set;

	p->panic = p->rule_in_error = false;
	p->made_up = true;
	for (size_t i = p->current;; i++) {
		const struct spol_token *t = token(p, i);

		*at = span_of(p, t);
		p->current = i;
		if (t->kind == TOK_END) {
			bool again = p->resynced == i + 1;

			p->resynced = i + 1;
			return resync_at(p, i, again ? 0 : TOK_RESYNC);
		}
		if (depth == 0 && i > p->statement && t->first_on_line && !in_parentheses && begins_statement(p, i))
			return resync_at(p, i, TOK_RESYNC);
		if (t->kind == ';' && depth <= in_set) /* no `;` stands in a set: its `}` is missing */
			return resync_at(p, i + 1, TOK_RESYNC);
		if (t->kind == '{') {
			if (depth == 0 && header) {
				p->in_block = true;
				p->open = i;
				return resync_at(p, i + 1, TOK_RESYNC_BLOCK);
			}
			depth++;
		} else if (t->kind == '}') {
			if (depth == 0) /* outside of blocks it closes nothing and is a part of the mistake */
				return resync_at(p, p->in_block ? i : i + 1, TOK_RESYNC);
			depth--;
			if (depth == 0 && in_set)
				in_set = false;
			else if (depth == 0 && !p->in_block) /* with the `;` that such a statement would end in */
				return resync_at(p, i + 1 + (kind_at(p, i + 1) == ';'), TOK_RESYNC);
		}
	}
}

/* A mark that was put in stands where the token before it ends. */
static int give_missing(struct spol_parser *p, uint8_t bit, int kind, struct span *at)
{
	uint32_t end = token(p, p->position - 1)->end;

	p->given |= bit;
	p->made_up = true;
	p->current = p->position;
	*at = (struct span){ p->file, end, end };
	return p->current_kind = kind;
}

int spol_next(struct spol_parser *p, struct span *at)
{
	struct spol_token *t;
	uint8_t missing;

	*at = span_of(p, token(p, p->current));
	if (p->restart)
		return 0;
	if (p->panic)
		return resync(p, at);
	commit(p);
	t = &p->tokens[p->position];
	missing = t->missing & (uint8_t)~p->given;
	if (missing & SPOL_MISSING_SEMICOLON)
		return give_missing(p, SPOL_MISSING_SEMICOLON, TOK_MISSING_SEMICOLON, at);
	if (missing & SPOL_MISSING_BRACE)
		return give_missing(p, SPOL_MISSING_BRACE, TOK_MISSING_BRACE, at);
	*at = span_of(p, t);
	p->current = p->position;
	p->made_up = false;
	if (t->kind == TOK_END) {
		if (p->ended)
			return 0;
		p->ended = true;
		return p->current_kind = TOK_END;
	}
	p->current_kind = t->kind;
	if (is_condition_word(t->kind) && condition_word_is_name(p, t->kind))
		p->current_kind = TOK_NAME;
	p->position++;
	p->given = 0;
	if (t->kind == '(' && p->parentheses >= NESTING_MAX) {
		diag_error(p->diags, *at, "E0022", "more than %d parentheses inside each other", NESTING_MAX);
		t->bad = true;
		return p->current_kind = TOK_BAD;
	}
	return p->current_kind;
}

/* The text of a token for a message. */
static const char *describe(const struct spol_parser *p, const struct spol_token *t, char *room, size_t size)
{
	uint32_t len = t->end - t->start;

	if (t->kind == TOK_END)
		return "end of the file";
	if (t->kind == TOK_STRING)
		return "string";
	snprintf(room, size, "`%.*s%s`", len > 40 ? 40 : (int)len, p->source->text + t->start, len > 40 ? "..." : "");
	return room;
}

/* true: the mark was put in, and the item is parsed again */
static bool put_in(struct spol_parser *p, size_t before, uint8_t bit)
{
	size_t cost = p->position - p->item + 1;

	if (cost > p->budget || p->tokens[before].missing & bit)
		return false;
	p->budget -= cost;
	p->tokens[before].missing |= bit;
	p->restart = true;
	return true;
}

/* The statement begins as only an item can. */
static bool is_item_in_block(const struct spol_parser *p)
{
	int first = kind_at(p, p->statement);

	if (!token(p, p->statement)->first_on_line)
		return false;
	if (begins_selector_block(p, p->statement))
		return true;
	if (p->current != p->statement + 1)
		return false;
	if (first == TOK_EXTENDS || first == TOK_TEST)
		return p->current_kind == TOK_STRING;
	return (first == TOK_LET || first == TOK_SET || first == TOK_POLICY || first == TOK_NEVER ||
		first == TOK_SIGNAL || first == TOK_INSTRUCTION) &&
	       is_name(p->current_kind);
}

static bool is_missing_brace(struct spol_parser *p)
{
	size_t before = p->current_kind == TOK_END ? p->current : p->statement;
	struct diag *g;

	if (!p->in_block || (p->current_kind != TOK_END && !is_item_in_block(p)) ||
	    !put_in(p, before, SPOL_MISSING_BRACE))
		return false;
	g = diag_error(p->diags, span_of(p, token(p, p->open)), "E0015", "this block is not closed");
	if (p->current_kind == TOK_END) {
		uint32_t end = p->source->len;
		bool newline = end > 0 && p->source->text[end - 1] == '\n';

		diag_help(p->diags, g, "add the `}`");
		diag_guess(p->diags, g, (struct span){ p->file, end, end }, newline ? "}\n" : "\n}\n");
	} else {
		uint32_t start = token(p, before)->start;

		diag_note(p->diags, g, span_of(p, token(p, before)), "a `}` is missing before this");
		diag_guess(p->diags, g, (struct span){ p->file, start, start }, "}\n");
		p->braces_put_in++;
	}
	return true;
}

static bool at_margin(const struct spol_parser *p, const struct spol_token *t)
{
	return t->start == 0 || p->source->text[t->start - 1] == '\n';
}

/* `any` stands at the margin and the block's first rule does not: it belongs to no block, whose end is missing. */
static bool is_brace_before_any(struct spol_parser *p, struct span any)
{
	size_t index = p->current;
	struct diag *g;

	while (index > p->open && token(p, index)->start > any.start)
		index--;
	if (!at_margin(p, token(p, index)) || at_margin(p, token(p, p->open + 1)) ||
	    !put_in(p, index, SPOL_MISSING_BRACE))
		return false;
	g = diag_error(p->diags, span_of(p, token(p, p->open)), "E0015", "this block is not closed");
	diag_note(p->diags, g, any, "a `}` is missing before this");
	p->braces_put_in++;
	return true;
}

void spol_report_any_in_block(struct spol_parser *p, struct span at)
{
	struct diag *g;

	if (is_brace_before_any(p, at))
		return;
	g = diag_error(p->diags, at, "E0027", "rules for a kind stand outside blocks");
	diag_help(p->diags, g, "inside a block `*` is the rest of the call");
}

static void add_expected(struct buf *b, const struct spol_expected *e)
{
	if (e->count == 0 || e->count > ARRAY_LEN(e->names))
		return;
	for (unsigned i = 0; i < e->count; i++)
		buf_printf(b, "%s%s", i == 0 ? ", expected " : i + 1 == e->count ? " or " : ", ", e->names[i]);
}

/* A word was taken for a verb and what follows shows that it is the name of something: the verb before it is missing.
 */
static bool is_missing_verb(struct spol_parser *p)
{
	const struct spol_token *word = token(p, p->current - 1);
	int before = p->current >= p->statement + 2 ? kind_at(p, p->current - 2) : 0;
	bool never = before == TOK_NEVER && p->current == p->statement + 2 &&
		     (p->current_kind == '.' || p->current_kind == '(');
	bool next_rule =
		(before == TOK_ELSE || before == ':') && word->first_on_line && begins_statement(p, p->current - 1);
	char room[64];

	if (!never && !next_rule)
		return false;
	diag_error(p->diags, span_of(p, word), "E0014", "unexpected %s, expected a verb",
		   describe(p, word, room, sizeof(room)));
	if (next_rule)
		p->current--;
	return true;
}

/* `read.buf: equal;` becomes `read { buf: equal; }`: from is where the call's name ends, to where the dot does. */
static void edit_field_outside(struct spol_parser *p, struct diag *g, uint32_t from, uint32_t to)
{
	size_t colon = skip_path(p, p->current + 1), end = colon;

	if (kind_at(p, colon) != ':' || !is_verb(kind_at(p, colon + 1)))
		return;
	while (kind_at(p, end) != ';' && kind_at(p, end) != '{' && kind_at(p, end) != '}' && kind_at(p, end) != TOK_END)
		end++;
	if (kind_at(p, end) != ';')
		return;
	diag_edit(p->diags, g, (struct span){ p->file, from, to }, " { ");
	diag_edit(p->diags, g, (struct span){ p->file, token(p, end)->end, token(p, end)->end }, " }");
}

static const char *const statement_words[] = {
	"policy", "extends", "let", "set", "default", "any", "signal", "instruction", "never", "violation", "test", "override",
};

static const char *const unit_words[] = { "ns", "us", "ms", "s", "min", "h", "B", "KiB", "MiB", "GiB" };

static bool text_is(const struct spol_parser *p, const struct spol_token *t, const char *word)
{
	size_t len = strlen(word);

	return t->end - t->start >= len && memcmp(p->source->text + t->start, word, len) == 0;
}

/* What was probably meant by text that cannot stand there. */
static void help_with_mistake(struct spol_parser *p, struct diag *g)
{
	const struct spol_token *t = token(p, p->current), *before = t, *next = token(p, p->current + 1);

	if (p->current > p->statement)
		before = token(p, p->current - 1);
	if (t->kind == '/' && next->start == t->end && (next->kind == '/' || next->kind == '*')) {
		diag_help(p->diags, g, "a comment begins with `#` and ends with its line");
		return;
	}
	for (size_t i = 0; before->kind == TOK_NUMBER && before->unit == UNIT_NONE && i < ARRAY_LEN(unit_words); i++) {
		if (strlen(unit_words[i]) != t->end - t->start || !text_is(p, t, unit_words[i]))
			continue;
		diag_help(p->diags, g, "a unit follows its number without a space: %.*s%s",
			  (int)(before->end - before->start), p->source->text + before->start, unit_words[i]);
		return;
	}
	if (!p->in_block && p->current == p->statement + 1 && before->kind == TOK_NAME) {
		struct suggest s = { .word = p->source->text + before->start, .word_len = before->end - before->start };

		for (size_t i = 0; i < ARRAY_LEN(statement_words); i++)
			suggest_offer(&s, statement_words[i]);
		if (s.best) {
			diag_help(p->diags, g, "did you mean `%s`?", s.best);
			diag_guess(p->diags, g, span_of(p, before), "%s", s.best);
		}
	}
}

void spol_syntax_error(struct spol_parser *p, struct span at, const struct spol_expected *e)
{
	const struct spol_token *t = token(p, p->current);
	CLEANUP(buf_free) struct buf text = { 0 };
	char room[64];

	if (p->restart || p->current_kind == 0)
		return;
	p->panic = true;
	p->mistakes++;
	p->mistake = at;
	if (p->made_up || t->bad || (p->current > p->statement && token(p, p->current - 1)->bad))
		return;
	if (is_missing_verb(p))
		return;
	/* `expect same` LINE BREAK `expect` ...: the token before was taken for a part of the statement */
	if (e->semicolon && p->current > p->statement + 1 && token(p, p->current - 1)->first_on_line &&
	    begins_statement(p, p->current - 1) && put_in(p, p->current - 1, SPOL_MISSING_SEMICOLON))
		return;
	if (e->semicolon &&
	    (t->kind == TOK_END || (t->kind == '}' && p->in_block) || begins_statement(p, p->current)) &&
	    put_in(p, p->current, SPOL_MISSING_SEMICOLON))
		return;
	if (is_missing_brace(p))
		return;
	if (t->kind == '.' && !p->in_block && kind_at(p, p->statement) != TOK_NEVER && p->last == TOK_NAME &&
	    p->current == p->statement + 1) {
		struct diag *g = diag_error(p->diags, at, "E0033", "a field stands in the block of its call");
		struct span call = span_of(p, token(p, p->statement));

		diag_help(p->diags, g, "write: %.*s { FIELD: VERB; }", (int)(call.end - call.start),
			  p->source->text + call.start);
		edit_field_outside(p, g, call.end, at.end);
		return;
	}
	buf_printf(&text, "unexpected %s", describe(p, t, room, sizeof(room)));
	if (p->current == p->statement)
		buf_str(&text, p->in_block ? ", expected a rule" : ", expected a statement");
	else
		add_expected(&text, e);
	help_with_mistake(p, diag_error(p->diags, at, "E0014", "%s", buf_cstr(&text)));
}

void spol_too_deep(struct spol_parser *p, struct span at)
{
	diag_error(p->diags, at, "E0022", "nested too deeply");
}

/* An item that the grammar could not even recover from ends at its `;` or block. */
static void skip_item(struct spol_parser *p)
{
	unsigned depth = 0;

	for (size_t i = p->item;; i++) {
		int kind = kind_at(p, i);

		p->position = i;
		if (kind == TOK_END)
			return;
		depth += kind == '{';
		depth -= kind == '}' && depth > 0;
		if (depth == 0 && (kind == ';' || kind == '}')) {
			p->position = i + 1;
			return;
		}
	}
}

/* 0: p->result is the item, as in bison's parsers */
static int parse_item(struct spol_parser *p)
{
	size_t start = p->position;
	int status;

	do {
		p->restart = p->panic = p->ended = p->rule_in_error = false;
		p->item = p->current = p->position = start;
		p->given = p->tokens[start].missing;
		p->in_block = false;
		p->last = p->current_kind = ';';
		p->result = NULL;
		p->resynced = 0;
		enter_statement(p, start);
		status = spol_item_parse(p);
	} while (p->restart);
	return status;
}

static void report_stray_brace(struct spol_parser *p)
{
	struct span at = span_of(p, token(p, p->position));
	struct diag *g = diag_error(p->diags, at, "E0016", "this `}` closes nothing");

	diag_guess(p->diags, g, at, "%s", ""); /* or a `{` is missing before it */
}

struct file_ast *spol_parse(struct diags *d, uint32_t file, struct arena *arena)
{
	struct file_ast *ast = arena_alloc(arena, sizeof(*ast));
	struct spol_tokens tokens = { 0 };
	struct spol_parser p = {
		.diags = d,
		.arena = arena,
		.source = diags_get_source(d, file),
		.file = file,
		.budget = REPARSED_TOKENS_MAX,
	};
	struct list items = { 0 };
	unsigned errors;

	ast->file = file;
	ast->name = p.source->name;
	errors = diags_errors(d);
	spol_scan(d, file, arena, ast, &tokens);
	p.tokens = tokens.list;
	p.count = tokens.count;
	while (kind_at(&p, p.position) != TOK_END) {
		int status;

		if (kind_at(&p, p.position) == '}') {
			if (p.braces_put_in > 0)
				p.braces_put_in--;
			else
				report_stray_brace(&p);
			p.position++;
			continue;
		}
		status = parse_item(&p);
		if (status == 0)
			LIST_ADD(&items, p.result);
		else
			skip_item(&p);
	}
	/* whatever the heuristics above thought: a file that does not parse never passes in silence */
	if (p.mistakes > 0 && diags_errors(d) == errors)
		diag_error(d, p.mistake, "E0014", "syntax error");
	ast->items = items.first;
	free(tokens.list);
	return ast;
}

/*
 * The tree walked along the tokens: what each of them is to the layout, where lines may be broken, and the column that
 * a continued line has there.
 */
#include "spol/fmt_piece.h"

#include "base/check.h"

#include "grammar/spol_parse.h"

#include <stdlib.h>

/* Levels of seams, outermost first; what stands in brackets is deeper by LEVEL_COUNT. */
enum {
	LEVEL_ARM,  /* the arms of a chain, the members of a list */
	LEVEL_PART, /* the parts of an arm or member */
	LEVEL_OR,
	LEVEL_AND,
	LEVEL_COMPARE,
	LEVEL_BITOR,
	LEVEL_BITAND,
	LEVEL_SUM,
	LEVEL_PRODUCT,
	LEVEL_COUNT,
};

/* Fixed scopes by depth: of statements, and of the lines that go on with them. */
enum { SCOPE_FILE, SCOPE_BLOCK };

struct marker {
	struct fmt *f;
	uint32_t at;    /* piece that comes next */
	uint32_t scope; /* of lines that begin where no seam is */
	unsigned level; /* of brackets */
	/* what lies before the next piece, if it is not SEAM_NONE */
	enum seam seam;
	uint32_t seam_scope;
	unsigned seam_level;
};

static struct fmt_piece *piece(const struct marker *m)
{
	INVARIANT(m->at < m->f->count);
	return &m->f->pieces[m->at];
}

static int kind(const struct marker *m)
{
	return piece(m)->kind;
}

static int kind_before(const struct marker *m)
{
	return m->at ? m->f->pieces[m->at - 1].kind : ';';
}

static void before(struct marker *m, enum seam seam, uint32_t scope, unsigned level)
{
	m->seam = seam;
	m->seam_scope = scope;
	m->seam_level = level;
}

static bool opens(const struct marker *m, const struct fmt_piece *p, uint32_t scope)
{
	for (uint32_t i = p->opens; i; i = m->f->scopes[i].next) {
		if (i == scope)
			return true;
	}
	return false;
}

static struct fmt_piece *take(struct marker *m, bool space)
{
	struct fmt_piece *p = piece(m);

	p->space = space;
	p->seam = (uint8_t)m->seam;
	p->scope = m->seam == SEAM_NONE ? m->scope : m->seam_scope;
	while (opens(m, p, p->scope)) /* where that is depends on where this piece is */
		p->scope = m->f->scopes[p->scope].parent;
	p->level = (uint16_t)(m->seam == SEAM_NONE ? m->level : m->seam_level);
	m->seam = SEAM_NONE;
	m->at++;
	return p;
}

/* A scope that the next piece opens. */
static uint32_t open_scope(struct marker *m, uint32_t parent, bool relative)
{
	struct fmt *f = m->f;
	uint32_t *link = &piece(m)->opens;

	if (f->nscopes == f->scope_room) {
		f->scope_room *= 2;
		f->scopes = xrealloc(f->scopes, f->scope_room, sizeof(*f->scopes));
	}
	f->scopes[f->nscopes] = (struct fmt_scope){ .parent = parent, .relative = relative };
	while (*link)
		link = &f->scopes[*link].next;
	*link = f->nscopes;
	return f->nscopes++;
}

/* Outside of expressions: nothing stands between two such tokens. */
static bool is_tight(int first, int second)
{
	switch (second) {
	case ',':
	case ';':
	case ':':
	case '(':
	case ')':
	case '[':
	case ']':
	case '.':
	case '|':
		return true;
	default: /* token numbers, not an enum of ours */
		return first == '(' || first == '[' || first == '.' || first == '|' || first == '!' || first == '-';
	}
}

static void take_plain(struct marker *m)
{
	take(m, !is_tight(kind_before(m), kind(m)));
}

static void take_until(struct marker *m, int end)
{
	while (kind(m) != end)
		take_plain(m);
}

static void take_until_offset(struct marker *m, uint32_t offset)
{
	while (piece(m)->start < offset)
		take_plain(m);
}

/* ---- lists ---- */

/* Where the end of a list stands that the author put on a line of its own: below the statement's first token. */
static uint32_t close_scope(uint32_t scope)
{
	return scope > 0 && scope < FMT_FIXED_SCOPES ? scope - 1 : scope;
}

/* Members up to one of the kinds, which stays.  Variants are `(A|B)`. */
static void list(struct marker *m, int end, int other_end)
{
	uint32_t outer = m->scope, own = open_scope(m, outer, false), variants = own;

	m->scope = own;
	while (kind(m) != end && kind(m) != other_end) {
		if (kind_before(m) == ',')
			before(m, SEAM_COMMA, own, m->level + LEVEL_ARM);
		else if (kind_before(m) == '(')
			variants = open_scope(m, own, false);
		else if (kind_before(m) == '|')
			before(m, SEAM_FILL, variants, m->level + LEVEL_PART);
		take_plain(m);
	}
	m->scope = outer;
	if (kind_before(m) == ',' && (kind(m) == ';' || kind(m) == '}'))
		before(m, SEAM_CLOSE, close_scope(outer), m->level + LEVEL_ARM);
}

/* ---- expressions ---- */

/* An own parenthesis begins here, not one of the expression's first operand. */
static bool is_own_parenthesis(const struct marker *m, const struct expr *e)
{
	if (kind(m) != '(')
		return false;
	switch (e->kind) {
	case EXPR_ERROR:
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_NAME:
	case EXPR_SET:
	case EXPR_NOT:
	case EXPR_NEG:
		return true;
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN:
	case EXPR_WITHIN:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
		break;
	}
	return e->a->at.start != piece(m)->start;
}

static unsigned level_of(enum expr_kind kind)
{
	switch (kind) {
	case EXPR_OR:
		return LEVEL_OR;
	case EXPR_AND:
		return LEVEL_AND;
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN:
	case EXPR_WITHIN:
		return LEVEL_COMPARE;
	case EXPR_BITOR:
		return LEVEL_BITOR;
	case EXPR_BITAND:
		return LEVEL_BITAND;
	case EXPR_ADD:
	case EXPR_SUB:
		return LEVEL_SUM;
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_ERROR:
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_NAME:
	case EXPR_NOT:
	case EXPR_SET:
	case EXPR_NEG:
		break;
	}
	return LEVEL_PRODUCT;
}

static void expression(struct marker *m, const struct expr *e, bool space);

static void binary(struct marker *m, const struct expr *e, bool space)
{
	bool logic = e->kind == EXPR_AND || e->kind == EXPR_OR;

	expression(m, e->a, space);
	INVARIANT(piece(m)->start == e->op.start);
	if (e->kind != EXPR_IN)
		before(m, logic ? SEAM_LOGIC : SEAM_FILL, m->scope, m->level + level_of(e->kind));
	take(m, true);
	if (e->kind == EXPR_WITHIN) {
		expression(m, e->tol, true);
		take(m, true); /* of */
	}
	expression(m, e->b, true);
}

static void set_literal(struct marker *m, bool space)
{
	take(m, space);
	m->level += LEVEL_COUNT;
	list(m, '}', '}');
	m->level -= LEVEL_COUNT;
	take(m, true);
}

static void expression(struct marker *m, const struct expr *e, bool space)
{
	if (is_own_parenthesis(m, e)) {
		uint32_t outer = m->scope;

		take(m, space);
		m->scope = open_scope(m, outer, false);
		m->level += LEVEL_COUNT;
		expression(m, e, false);
		m->level -= LEVEL_COUNT;
		m->scope = outer;
		take(m, false);
		return;
	}
	switch (e->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
		take(m, space);
		return;
	case EXPR_NAME:
		take(m, space);
		take_until_offset(m, e->text.at.end);
		return;
	case EXPR_SET:
		set_literal(m, space);
		return;
	case EXPR_NOT:
		take(m, space);
		expression(m, e->a, true);
		return;
	case EXPR_NEG:
		take(m, space);
		expression(m, e->a, false);
		return;
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN:
	case EXPR_WITHIN:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
		binary(m, e, space);
		return;
	case EXPR_ERROR:
		break;
	}
	INVARIANT(!"a tree without errors");
}

/* An expression whose lines begin below its first token. */
static void aligned_expression(struct marker *m, const struct expr *e)
{
	uint32_t outer = m->scope;

	m->scope = open_scope(m, outer, false);
	expression(m, e, true);
	m->scope = outer;
}

/* ---- rules ---- */

/* An item, rule or arm that began at this piece has ended. */
static void end_construct(struct marker *m, uint32_t first)
{
	struct fmt_piece *p = &m->f->pieces[first];

	if (m->at - 1 > p->last)
		p->last = m->at - 1;
}

/* Behind the `:`, up to the `;`. */
static void arms(struct marker *m, const struct arm *a)
{
	uint32_t outer = m->scope, chain = open_scope(m, outer, false);

	before(m, SEAM_START, outer, LEVEL_ARM);
	piece(m)->arms = true;
	m->scope = open_scope(m, chain, true);
	for (; a; a = a->next) {
		uint32_t verb = m->at;

		take(m, true); /* the verb */
		if (a->within) {
			take(m, true);
			aligned_expression(m, a->within);
		}
		if (a->message.s) {
			before(m, SEAM_FILL, m->scope, LEVEL_PART);
			take(m, true);
		}
		if (a->condition) {
			if (a->message.s)
				before(m, SEAM_FILL, m->scope, LEVEL_PART);
			take(m, true); /* if */
			aligned_expression(m, a->condition);
		}
		end_construct(m, verb);
		if (a->next) {
			INVARIANT(kind(m) == TOK_ELSE);
			m->scope = open_scope(m, chain, true);
			before(m, SEAM_ELSE, chain, LEVEL_ARM);
			take(m, true);
		}
	}
	m->scope = outer;
}

static void end_statement(struct marker *m)
{
	INVARIANT(kind(m) == ';');
	take(m, false);
}

/* A statement at this depth begins: what its lines are indented by. */
static void begin_statement(struct marker *m, uint32_t depth)
{
	m->scope = depth + 1;
	m->level = 0;
	before(m, depth == SCOPE_FILE ? SEAM_ITEM : SEAM_RULE, depth, 0);
}

static void rule(struct marker *m, const struct rule *r)
{
	uint32_t first = m->at;

	begin_statement(m, SCOPE_BLOCK);
	if (r->override)
		take(m, true);
	list(m, ':', ':');
	take(m, false);
	arms(m, r->arms);
	end_statement(m);
	end_construct(m, first);
}

/* The steps of a test. */
static void step(struct marker *m, const struct test_step *s)
{
	uint32_t outer, values;

	begin_statement(m, SCOPE_BLOCK);
	outer = m->scope;
	if (!s->is_expect && s->values) {
		take_until_offset(m, s->values->path.at.start);
		values = open_scope(m, outer, false);
		for (const struct test_value *v = s->values; v; v = v->next) {
			if (v != s->values)
				before(m, SEAM_COMMA, values, LEVEL_ARM);
			m->scope = values;
			take_until_offset(m, v->recorded->at.start);
			expression(m, v->recorded, true);
			if (v->actual) {
				before(m, SEAM_FILL, values, LEVEL_PART);
				take(m, true);
				expression(m, v->actual, true);
			}
			if (kind(m) == ',')
				take(m, false);
		}
		m->scope = outer;
		if (kind_before(m) == ',')
			before(m, SEAM_CLOSE, close_scope(outer), LEVEL_ARM);
	}
	take_until(m, ';');
	end_statement(m);
}

static void block(struct marker *m, const struct item *item)
{
	uint32_t open = m->at;
	struct fmt_piece *close;

	INVARIANT(kind(m) == '{');
	m->scope = SCOPE_FILE;
	take(m, true);
	for (const struct rule *r = item->rules; r; r = r->next)
		rule(m, r);
	for (const struct test_step *s = item->steps; s; s = s->next)
		step(m, s);
	INVARIANT(kind(m) == '}');
	m->f->pieces[open].match = m->at;
	before(m, SEAM_RULE, SCOPE_FILE, 0);
	close = take(m, open + 1 != m->at);
	close->closes = true;
}

static void definition(struct marker *m, const struct item *item)
{
	uint32_t outer = m->scope;

	take(m, true); /* let, set */
	take(m, true);
	INVARIANT(kind(m) == '=');
	take(m, true);
	before(m, SEAM_START, outer, LEVEL_ARM);
	if (item->kind == ITEM_SET)
		list(m, ';', ';');
	else
		aligned_expression(m, item->value);
	end_statement(m);
}

static void item(struct marker *m, const struct item *i)
{
	begin_statement(m, SCOPE_FILE);
	switch (i->kind) {
	case ITEM_POLICY:
	case ITEM_VIOLATION:
		take_until(m, ';');
		end_statement(m);
		return;
	case ITEM_EXTENDS:
		take(m, true);
		list(m, ';', ';');
		end_statement(m);
		return;
	case ITEM_LET:
	case ITEM_SET:
		definition(m, i);
		return;
	case ITEM_NEVER:
		if (i->condition) {
			take_until_offset(m, i->condition->at.start);
			aligned_expression(m, i->condition);
		}
		take_until(m, ';');
		end_statement(m);
		return;
	case ITEM_TEST:
		take_until(m, '{');
		block(m, i);
		return;
	case ITEM_RULES:
		if (i->override)
			take(m, true);
		list(m, '{', ':');
		if (kind(m) == '{') {
			block(m, i);
			return;
		}
		take(m, false);
		arms(m, i->rules->arms);
		end_statement(m);
		return;
	case ITEM_ERROR:
		break;
	}
	INVARIANT(!"a tree without errors");
}

void fmt_mark(struct fmt *f)
{
	struct marker m = { .f = f };

	f->scope_room = 256;
	f->scopes = xrealloc(f->scopes, f->scope_room, sizeof(*f->scopes));
	for (f->nscopes = 0; f->nscopes < FMT_FIXED_SCOPES; f->nscopes++)
		f->scopes[f->nscopes] = (struct fmt_scope){ .tabs = f->nscopes };
	for (const struct item *i = f->ast->items; i; i = i->next) {
		uint32_t first = m.at;

		item(&m, i);
		end_construct(&m, first);
	}
	INVARIANT(kind(&m) == TOK_END);
	begin_statement(&m, SCOPE_FILE);
	take(&m, false);
}

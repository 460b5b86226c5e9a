/*
 * Conditions: from the tree to typed nodes for one call.  What failed to type is silent from there on.
 */
#include "spol/policy.h"

#include "vm/asm.h"

#include <string.h>

static enum cond worse(enum cond a, enum cond b)
{
	return a > b ? a : b;
}

static struct node *new_node(const struct scope *s, enum node_kind kind)
{
	struct node *n = arena_alloc(s->p->arena, sizeof(*n));

	n->kind = kind;
	n->side = SIDE_COUNT;
	n->leaf = VM_NO_LEAF;
	return n;
}

/* What constants in an expression meet: its first field or fact. */
static bool find_domain(const struct scope *s, const struct expr *e, struct domain *out)
{
	if (!e)
		return false;
	if (e->kind == EXPR_NAME)
		return variable_domain(s, &e->text, out);
	return find_domain(s, e->a, out) || find_domain(s, e->b, out);
}

static enum cond check_value(const struct scope *s, const struct expr *e, const struct domain *domain,
			     struct node **out);

static enum cond constant_node(const struct scope *s, const struct constant *c, const struct domain *domain,
			       struct span at, struct node **out)
{
	struct node *n = new_node(s, c->is_string ? NODE_STR : NODE_NUM);

	*out = n;
	n->is_string = c->is_string;
	if (c->is_string) {
		n->text = c->text.s;
		n->len = c->text.len;
		return COND_OK;
	}
	/* a rule about many fields: those that count in another unit are not what it means */
	if (s->wide && domain->leaf && c->measure != MEASURE_PERCENT && !constant_fits(s->p, domain, c))
		return COND_FALSE;
	return constant_in_domain(s->p, domain, c, at, &n->num) ? COND_OK : COND_ERROR;
}

static enum cond check_name(const struct scope *s, const struct expr *e, struct node **out)
{
	struct node found;

	switch (variable_find(s, &e->text, &found)) {
	case VARIABLE_FOUND:
		*out = new_node(s, found.kind);
		**out = found;
		return COND_OK;
	case VARIABLE_ABSENT:
		return COND_FALSE;
	case VARIABLE_UNKNOWN:
		variable_unknown(s, &e->text);
		return COND_ERROR;
	case VARIABLE_ERROR:
		break;
	}
	return COND_ERROR;
}

/* A constant that a field can never hold, compared with that field. */
static enum cond check_range(const struct scope *s, const struct node *field, const struct expr *field_at,
			     const struct node *number, const struct expr *number_at)
{
	const struct abi_leaf *leaf;
	num_t low, high;
	char text[2][NUM_TEXT_MAX];
	struct diag *g;

	if (field->kind == NODE_ARITH && field->op == VM_AND && field_at->kind == EXPR_BITAND) {
		/* flags & X: X must be a flag that fits */
		enum cond c = check_range(s, field->a, field_at->a, field->b, field_at->b);

		return worse(c, check_range(s, field->b, field_at->b, field->a, field_at->a));
	}
	if (number->kind != NODE_NUM || field->is_string || (field->kind != NODE_VALUE && field->kind != NODE_FIELD))
		return COND_OK;
	leaf = abi_schema_leaf(s->p->schema, field->leaf);
	legal_range(leaf, &low, &high);
	if (number->num >= low && number->num <= high)
		return COND_OK;
	g = diag_error(s->p->d, number_at->at, "E2004", "%s.%s can never be %s", s->call->label, leaf->path,
		       num_text(number->num, text[0]));
	diag_help(s->p->d, g, "it holds numbers from %s to %s", num_text(low, text[0]), num_text(high, text[1]));
	return COND_ERROR;
}

static enum cond check_pair(const struct scope *s, const struct expr *a, const struct expr *b,
			    const struct domain *domain, struct node **x, struct node **y)
{
	enum cond first = check_value(s, a, domain, x);

	return worse(first, check_value(s, b, domain, y));
}

static enum vm_arith arith_of(enum expr_kind kind)
{
	if (kind == EXPR_ADD)
		return VM_ADD;
	if (kind == EXPR_SUB)
		return VM_SUB;
	if (kind == EXPR_MUL)
		return VM_MUL;
	if (kind == EXPR_DIV)
		return VM_DIV;
	return kind == EXPR_BITAND ? VM_AND : VM_OR;
}

static enum cond not_a_number(const struct scope *s, const struct node *n, struct span at)
{
	diag_error(s->p->d, at, "E2003", "this is %s, and a number is needed", variable_type_name(n));
	return COND_ERROR;
}

static enum cond check_arith(const struct scope *s, const struct expr *e, const struct domain *domain,
			     struct node **out)
{
	struct node *a = NULL, *b = NULL;
	enum cond c = check_pair(s, e->a, e->b, domain, &a, &b);

	if (c != COND_OK)
		return c;
	if (a->is_string)
		c = not_a_number(s, a, e->a->at);
	if (b->is_string)
		c = not_a_number(s, b, e->b->at);
	else if (e->kind == EXPR_DIV && b->kind == NODE_NUM && b->num == 0) {
		diag_error(s->p->d, e->op, "E2021", "division by zero");
		c = COND_ERROR;
	}
	*out = new_node(s, NODE_ARITH);
	(*out)->op = arith_of(e->kind);
	(*out)->a = a;
	(*out)->b = b;
	return c;
}

static enum cond check_negation(const struct scope *s, const struct expr *e, const struct domain *domain,
				struct node **out)
{
	struct node *zero, *a = NULL;
	enum cond c = check_value(s, e->a, domain, &a);

	if (c != COND_OK)
		return c;
	if (a->is_string)
		return not_a_number(s, a, e->a->at);
	zero = new_node(s, NODE_NUM);
	*out = new_node(s, NODE_ARITH);
	(*out)->op = VM_SUB;
	(*out)->a = zero;
	(*out)->b = a;
	return COND_OK;
}

/* A number or a string. */
static enum cond check_value(const struct scope *s, const struct expr *e, const struct domain *outer, struct node **out)
{
	struct domain own = *outer;
	struct constant c;
	int r;

	if (!policy_spend(s->p, 1, e->at))
		return COND_ERROR;
	r = constant_eval(s->p, s, outer, e, &c);
	if (r < 0)
		return COND_ERROR;
	if (r > 0)
		return constant_node(s, &c, outer, e->at, out);
	find_domain(s, e, &own);
	switch (e->kind) {
	case EXPR_NAME:
		return check_name(s, e, out);
	case EXPR_NEG:
		return check_negation(s, e, &own, out);
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
		return check_arith(s, e, &own, out);
	case EXPR_SET:
		diag_error(s->p->d, e->at, "E2003", "a set is no value: membership is written `x in { ... }`");
		return COND_ERROR;
	case EXPR_NOT:
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
		diag_error(s->p->d, e->at, "E2003", "this is a condition, and a number or a string is needed");
		return COND_ERROR;
	case EXPR_ERROR:
	case EXPR_NUMBER:
	case EXPR_STRING:
		break;
	}
	return COND_ERROR;
}

static enum vm_compare compare_of(enum expr_kind kind)
{
	if (kind == EXPR_EQ)
		return VM_EQ;
	if (kind == EXPR_NE)
		return VM_NE;
	if (kind == EXPR_LT)
		return VM_LT;
	if (kind == EXPR_LE)
		return VM_LE;
	return kind == EXPR_GT ? VM_GT : VM_GE;
}

static enum cond check_compare(const struct scope *s, const struct expr *e, struct node **out)
{
	struct domain domain = DOMAIN_NONE;
	struct node *a = NULL, *b = NULL;
	enum vm_compare op = compare_of(e->kind);
	enum cond c;

	if (!find_domain(s, e->a, &domain))
		find_domain(s, e->b, &domain);
	c = check_pair(s, e->a, e->b, &domain, &a, &b);
	if (c != COND_OK)
		return c;
	if (a->is_string != b->is_string) {
		diag_error(s->p->d, e->at, "E2003", "%s is compared with %s", variable_type_name(a),
			   variable_type_name(b));
		return COND_ERROR;
	}
	if (a->is_string && op != VM_EQ && op != VM_NE) {
		diag_error(s->p->d, e->op, "E2019", "strings have no order: only == and != compare them");
		return COND_ERROR;
	}
	c = worse(check_range(s, a, e->a, b, e->b), check_range(s, b, e->b, a, e->a));
	*out = new_node(s, NODE_TEST);
	(*out)->op = op;
	(*out)->a = a;
	(*out)->b = b;
	return c;
}

static enum cond check_in(const struct scope *s, const struct expr *e, struct node **out)
{
	struct domain domain = DOMAIN_NONE;
	struct node *a = NULL;
	struct resolved_set *set;
	enum cond c;

	find_domain(s, e->a, &domain);
	c = check_value(s, e->a, &domain, &a);
	if (c == COND_ERROR)
		return c;
	/* a name that this call lacks: the set is looked at all the same */
	set = c == COND_OK ? constant_set(s->p, e->b, &domain, a->is_string) : NULL;
	if (c == COND_FALSE) {
		struct definition *d =
			e->b->kind == EXPR_NAME ? names_find(s->p, e->b->text.at, e->b->text.s, e->b->text.len) : NULL;

		if (e->b->kind == EXPR_NAME && !d)
			return constant_set(s->p, e->b, &domain, true) ? c : COND_ERROR;
		if (d)
			d->used = true;
		return c;
	}
	if (!set)
		return COND_ERROR;
	*out = new_node(s, NODE_IN);
	(*out)->a = a;
	(*out)->set = set;
	for (size_t i = 0; i < set->n && !set->globs && c == COND_OK; i++)
		c = check_range(s, a, e->a, &(struct node){ .kind = NODE_NUM, .num = set->numbers[i] }, e->b);
	return c;
}

static bool is_variable(const struct scope *s, const struct text *name)
{
	struct domain d;

	return variable_domain(s, name, &d) || names_field_anywhere(s->p, NULL, name->s, name->len);
}

/* A tolerance: a constant, in per cent or in the unit of the domain. */
static enum cond check_tolerance(const struct scope *s, const struct expr *e, const struct domain *domain,
				 struct node *within)
{
	struct policy *p = s->p;
	struct constant c;
	int r = constant_eval(p, s, domain, e, &c);

	if (r == 0 && e->kind == EXPR_NAME && !is_variable(s, &e->text))
		variable_unknown(s, &e->text);
	else if (r == 0)
		diag_error(p->d, e->at, "E2012", "a tolerance must be a constant");
	if (r != 1)
		return COND_ERROR;
	if (c.is_string) {
		diag_error(p->d, e->at, "E2003", "this is a string, and a number is needed");
		return COND_ERROR;
	}
	within->percent = c.measure == MEASURE_PERCENT;
	within->num = c.num;
	if (s->wide && !within->percent && domain->leaf && !constant_fits(p, domain, &c))
		return COND_FALSE;
	if (!within->percent && !constant_in_domain(p, domain, &c, e->at, &within->num))
		return COND_ERROR;
	if (within->num < 0) {
		diag_error(p->d, e->at, "E2020", "a tolerance cannot be negative");
		return COND_ERROR;
	}
	return COND_OK;
}

static enum cond check_within(const struct scope *s, const struct expr *e, struct node **out)
{
	struct domain domain = DOMAIN_NONE;
	struct node *a = NULL, *b = NULL;
	enum cond c;

	if (!find_domain(s, e->b, &domain))
		find_domain(s, e->a, &domain);
	c = check_pair(s, e->b, e->a, &domain, &a, &b);
	if (c != COND_OK)
		return c;
	if (a->is_string)
		c = not_a_number(s, a, e->b->at);
	if (b->is_string)
		c = not_a_number(s, b, e->a->at);
	*out = new_node(s, NODE_WITHIN);
	(*out)->a = a;
	(*out)->b = b;
	return worse(c, check_tolerance(s, e->tol, &domain, *out));
}

static enum cond check_bool(const struct scope *s, const struct expr *e, struct node **out);

static enum cond check_both(const struct scope *s, const struct expr *e, enum node_kind kind, struct node **out)
{
	struct node *a = NULL, *b = NULL;
	enum cond c = check_bool(s, e->a, &a);

	c = worse(c, check_bool(s, e->b, &b));
	if (c != COND_OK)
		return c;
	*out = new_node(s, kind);
	(*out)->a = a;
	(*out)->b = b;
	return COND_OK;
}

static enum cond no_condition(const struct scope *s, const struct expr *e)
{
	struct node *n = NULL;
	struct domain domain = DOMAIN_NONE;
	struct diag *g;
	enum cond c;

	find_domain(s, e, &domain);
	c = check_value(s, e, &domain, &n);
	if (c != COND_OK)
		return c;
	g = diag_error(s->p->d, e->at, "E2007", "this is %s, not a condition", variable_type_name(n));
	if (e->kind == EXPR_BITAND) {
		diag_help(s->p->d, g, "write `... & ... != 0`");
		diag_edit(s->p->d, g, (struct span){ e->at.file, e->at.end, e->at.end }, " != 0");
	}
	return COND_ERROR;
}

static enum cond check_bool(const struct scope *s, const struct expr *e, struct node **out)
{
	struct node *a = NULL;
	enum cond c;

	if (!policy_spend(s->p, 1, e->at))
		return COND_ERROR;
	switch (e->kind) {
	case EXPR_ERROR:
		return COND_ERROR;
	case EXPR_AND:
		return check_both(s, e, NODE_AND, out);
	case EXPR_OR:
		return check_both(s, e, NODE_OR, out);
	case EXPR_NOT:
		c = check_bool(s, e->a, &a);
		if (c != COND_OK)
			return c;
		*out = new_node(s, NODE_NOT);
		(*out)->a = a;
		return COND_OK;
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
		return check_compare(s, e, out);
	case EXPR_IN:
		return check_in(s, e, out);
	case EXPR_WITHIN:
		return check_within(s, e, out);
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_NAME:
	case EXPR_SET:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
	case EXPR_NEG:
		break;
	}
	return no_condition(s, e);
}

/* Registers that a value takes when the left operand is computed first. */
static unsigned registers_of_value(const struct node *n)
{
	unsigned a, b;

	if (n->kind != NODE_ARITH)
		return 1;
	a = registers_of_value(n->a);
	b = registers_of_value(n->b) + 1;
	return a > b ? a : b;
}

static unsigned registers_of(const struct node *n)
{
	unsigned a, b;

	switch (n->kind) {
	case NODE_AND:
	case NODE_OR:
		a = registers_of(n->a);
		b = registers_of(n->b);
		return a > b ? a : b;
	case NODE_NOT:
		return registers_of(n->a);
	case NODE_IN:
		return registers_of_value(n->a);
	case NODE_TEST:
	case NODE_WITHIN:
		a = registers_of_value(n->a);
		b = registers_of_value(n->b) + 1;
		a = a > b ? a : b;
		return n->kind == NODE_WITHIN && a < 3 ? 3 : a;
	case NODE_NUM:
	case NODE_STR:
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
	case NODE_ARITH:
		break;
	}
	return registers_of_value(n);
}

enum cond condition_check(const struct scope *s, const struct expr *e, struct node **out)
{
	enum cond c;

	*out = NULL;
	if (s->p->spent)
		return COND_ERROR;
	c = check_bool(s, e, out);
	if (c == COND_OK && registers_of(*out) > VM_REGS) {
		struct diag *g = diag_error(s->p->d, e->at, "E2016",
					    "this condition needs more than %d intermediate values", VM_REGS);

		diag_help(s->p->d, g, "write long calculations from left to right, without parentheses on the right");
		return COND_ERROR;
	}
	return c;
}

enum cond condition_within(const struct scope *s, const struct expr *tolerance, struct node **out)
{
	struct domain domain = { .leaf = s->own, .fact = -1 };
	struct node *n = new_node(s, NODE_WITHIN);

	*out = n;
	n->a = new_node(s, NODE_VALUE);
	n->b = new_node(s, NODE_VALUE);
	n->a->side = SIDE_RECORDED;
	n->b->side = SIDE_ACTUAL;
	n->a->leaf = n->b->leaf = s->own->id;
	return check_tolerance(s, tolerance, &domain, n);
}

bool condition_is_bare(const struct node *n)
{
	switch (n->kind) {
	case NODE_NUM:
	case NODE_STR:
		return false;
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
		return n->side == SIDE_COUNT;
	case NODE_ARITH:
	case NODE_TEST:
	case NODE_WITHIN:
	case NODE_AND:
	case NODE_OR:
		return condition_is_bare(n->a) || condition_is_bare(n->b);
	case NODE_IN:
	case NODE_NOT:
		return condition_is_bare(n->a);
	}
	return false;
}

bool condition_branches(const struct node *n)
{
	return n->kind == NODE_OR || n->kind == NODE_NOT ||
	       (n->kind == NODE_AND && (condition_branches(n->a) || condition_branches(n->b)));
}

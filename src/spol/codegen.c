/*
 * From chains to code.  Chains that are the same after resolution share their code.
 */
#include "spol/policy.h"

#include "base/check.h"
#include "base/map.h"
#include "base/places.h"
#include "vm/asm.h"

#include <string.h>

struct generator {
	struct policy *p;
	struct vm_asm *a;
	struct strmap *chains; /* what a chain says, to its place */
	struct strmap *rules;  /* arm (its address in bytes), to the rule's number */
	struct places *places;
	bool has_builtin;
	uint32_t builtin; /* the rule that decides where the policy has no default */
};

/* ---- rules ---- */

static uint32_t builtin_rule(struct generator *g)
{
	if (!g->has_builtin) {
		struct vm_rule r = {
			.file = "(built in)",
			.selector = "default",
			.text = "equal",
			.verb = VERB_EQUAL,
			.is_default = true,
		};

		g->builtin = vm_asm_rule(g->a, &r);
		g->has_builtin = true;
	}
	return g->builtin;
}

/* Tests and the like find the arm behind a rule of the image by this. */
static void note_emitted(struct policy *p, uint32_t number, const struct link *l)
{
	if (number >= p->emitted_room) {
		uint32_t room = p->emitted_room ? 2 * p->emitted_room : 64;
		const struct link **list;

		while (room <= number)
			room *= 2;
		list = arena_array(p->arena, room, sizeof(*list));
		if (p->nemitted)
			memcpy(list, p->emitted, p->nemitted * sizeof(*list));
		p->emitted = list;
		p->emitted_room = room;
	}
	p->emitted[number] = l;
	if (number >= p->nemitted)
		p->nemitted = number + 1;
}

/* One rule an arm; an arm whose verb a field cannot have makes another one, which says `equal`. */
static uint32_t rule_number(struct generator *g, const struct link *l)
{
	CLEANUP(buf_free) struct buf selector = { 0 }, text = { 0 };
	struct {
		const struct arm *arm;
		uint64_t verb;
	} key;
	struct place place;
	struct vm_rule r;
	uint64_t number;

	if (!l->arm)
		return builtin_rule(g);
	memset(&key, 0, sizeof(key));
	key.arm = l->arm;
	key.verb = l->verb;
	if (strmap_get(g->rules, (const char *)&key, sizeof(key), &number))
		return (uint32_t)number;
	print_rule_target(&selector, l->target);
	print_arm(&text, l->arm, false);
	r = (struct vm_rule){
		.file = l->target->file->name,
		.selector = buf_cstr(&selector),
		.text = buf_cstr(&text),
		.message = l->arm->message.s,
		.verb = l->verb,
		.is_default = l->target->level == LEVEL_DEFAULT,
	};
	place = places_find(g->places, l->target->file->source, l->arm->at.start);
	r.line = place.line;
	r.column = place.column;
	number = vm_asm_rule(g->a, &r);
	note_emitted(g->p, (uint32_t)number, l);
	strmap_put(g->rules, (const char *)&key, sizeof(key), number);
	return (uint32_t)number;
}

/* The bytes are text, captured with the NUL that ends it or in a longer array: conditions look at the text. */
static bool is_text(const struct generator *g, const struct node *n)
{
	enum abi_kind kind = abi_schema_leaf(g->p->schema, n->leaf)->kind;

	return n->is_string &&
	       (kind == KIND_PATH || kind == KIND_STRING || kind == KIND_RELEASE || kind == KIND_HOSTNAME);
}

/* ---- what a chain says, as bytes: equal bytes, equal code ---- */

static void sign_node(const struct generator *g, struct buf *b, const struct node *n)
{
	if (!n) {
		buf_byte(b, 0xff);
		return;
	}
	buf_byte(b, (uint8_t)n->kind);
	switch (n->kind) {
	case NODE_NUM:
		buf_add(b, &n->num, sizeof(n->num));
		return;
	case NODE_STR:
		buf_le64(b, n->len);
		buf_add(b, n->text, n->len);
		return;
	case NODE_VALUE:
		/* whose value it is makes no difference */
		buf_byte(b, (uint8_t)n->side);
		buf_byte(b, n->is_string);
		buf_byte(b, is_text(g, n));
		return;
	case NODE_FIELD:
		buf_byte(b, (uint8_t)n->side);
		buf_le32(b, n->leaf);
		return;
	case NODE_FACT:
		buf_byte(b, (uint8_t)n->side);
		buf_le32(b, n->fact);
		buf_le32(b, n->leaf);
		return;
	case NODE_ARITH:
	case NODE_TEST:
		buf_byte(b, (uint8_t)n->op);
		break;
	case NODE_IN:
		buf_add(b, &n->set, sizeof(n->set));
		break;
	case NODE_WITHIN:
		buf_byte(b, n->percent);
		buf_add(b, &n->num, sizeof(n->num));
		break;
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
		break;
	}
	sign_node(g, b, n->a);
	sign_node(g, b, n->b);
}

static void sign_chain(struct generator *g, const struct chain *c, bool disposition, struct buf *b)
{
	buf_byte(b, disposition);
	for (const struct link *l = c->first; l; l = l->next) {
		buf_byte(b, (uint8_t)l->verb);
		buf_le32(b, rule_number(g, l));
		sign_node(g, b, l->within);
		sign_node(g, b, l->condition);
	}
}

/* ---- conditions ---- */

static void load(struct generator *g, const struct node *n, enum vm_side bare, vm_reg r)
{
	enum vm_side side = n->side == SIDE_COUNT ? bare : n->side;
	struct vm_asm *a = g->a;

	switch (n->kind) {
	case NODE_NUM:
		vm_asm_num_const(a, r, n->num);
		return;
	case NODE_STR:
		vm_asm_str_const(a, r, n->text, n->len);
		return;
	case NODE_VALUE:
		(n->is_string ? vm_asm_str_value : vm_asm_num_value)(a, r, side);
		if (is_text(g, n))
			vm_asm_str_text(a, r, r);
		return;
	case NODE_FIELD:
		(n->is_string ? vm_asm_str_field : vm_asm_num_field)(a, r, side, n->leaf);
		if (is_text(g, n))
			vm_asm_str_text(a, r, r);
		return;
	case NODE_FACT:
		(n->is_string ? vm_asm_str_fact : vm_asm_num_fact)(a, r, side, n->fact, n->leaf);
		return;
	case NODE_ARITH:
		INVARIANT(r + 1 < VM_REGS);
		load(g, n->a, bare, r);
		load(g, n->b, bare, (vm_reg)(r + 1));
		vm_asm_arith(a, (enum vm_arith)n->op, r, r, (vm_reg)(r + 1));
		return;
	case NODE_TEST:
	case NODE_IN:
	case NODE_WITHIN:
	case NODE_AND:
	case NODE_OR:
	case NODE_NOT:
		break;
	}
	INVARIANT(!"a condition is no value");
}

static uint32_t set_number(struct generator *g, struct resolved_set *s)
{
	if (!s->emitted) {
		s->emitted = true;
		s->number = s->globs ? vm_asm_glob_set(g->a, s->name, s->texts, s->excluded, s->n)
				     : vm_asm_num_set(g->a, s->name, s->numbers, s->excluded, s->n);
	}
	return s->number;
}

/* Falls through when the test holds, else goes to if_false. */
static void test(struct generator *g, const struct node *n, enum vm_side bare, vm_label if_false)
{
	struct vm_asm *a = g->a;

	load(g, n->a, bare, 0);
	if (n->kind == NODE_IN) {
		(n->set->globs ? vm_asm_str_in : vm_asm_num_in)(a, 0, set_number(g, n->set), if_false);
		return;
	}
	load(g, n->b, bare, 1);
	if (n->kind == NODE_WITHIN) {
		vm_asm_num_const(a, 2, n->num);
		vm_asm_within(a, 0, 1, 2, n->percent, if_false);
		return;
	}
	INVARIANT(n->kind == NODE_TEST);
	(n->a->is_string ? vm_asm_str_test : vm_asm_num_test)(a, (enum vm_compare)n->op, 0, 1, if_false);
}

/*
 * Falls through when n is what is wanted, else goes to otherwise.  Where false is wanted no value may be missing: a
 * missing value makes every test false.
 */
static void condition(struct generator *g, const struct node *n, bool wanted, enum vm_side bare, vm_label otherwise)
{
	struct vm_asm *a = g->a;
	vm_label other;

	switch (n->kind) {
	case NODE_NOT:
		condition(g, n->a, !wanted, bare, otherwise);
		return;
	case NODE_AND:
	case NODE_OR:
		if ((n->kind == NODE_AND) == wanted) {
			condition(g, n->a, wanted, bare, otherwise);
			condition(g, n->b, wanted, bare, otherwise);
			return;
		}
		/* one of them is enough: when the first is not, the second must be */
		other = vm_asm_label(a);
		condition(g, n->a, !wanted, bare, other);
		condition(g, n->b, wanted, bare, otherwise);
		vm_asm_bind(a, other);
		return;
	case NODE_TEST:
	case NODE_IN:
	case NODE_WITHIN:
		if (wanted) {
			test(g, n, bare, otherwise);
			return;
		}
		other = vm_asm_label(a);
		test(g, n, bare, other);
		vm_asm_jump(a, otherwise);
		vm_asm_bind(a, other);
		return;
	case NODE_NUM:
	case NODE_STR:
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
	case NODE_ARITH:
		break;
	}
	INVARIANT(!"a value is no condition");
}

/* Goes to if_missing unless every value that n speaks of is there. */
static void present(struct generator *g, const struct node *n, enum vm_side bare, vm_label if_missing)
{
	if (!n || n->kind == NODE_NUM || n->kind == NODE_STR)
		return;
	if (n->kind == NODE_VALUE || n->kind == NODE_FIELD || n->kind == NODE_FACT) {
		load(g, n, bare, 0);
		(n->is_string ? vm_asm_str_test : vm_asm_num_test)(g->a, VM_EQ, 0, 0, if_missing);
		return;
	}
	present(g, n->a, bare, if_missing);
	present(g, n->b, bare, if_missing);
}

/* A whole condition: a bare name in it makes it hold only if it does on both sides. */
static void whole_condition(struct generator *g, const struct node *n, vm_label if_false)
{
	bool branches = condition_branches(n);

	if (branches)
		present(g, n, SIDE_RECORDED, if_false);
	condition(g, n, true, SIDE_RECORDED, if_false);
	if (!condition_is_bare(n))
		return;
	if (branches)
		present(g, n, SIDE_ACTUAL, if_false);
	condition(g, n, true, SIDE_ACTUAL, if_false);
}

/* ---- chains ---- */

static uint32_t chain_code(struct generator *g, const struct chain *c, bool disposition)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct vm_asm *a = g->a;
	uint64_t known;
	uint32_t pc;
	bool closed = false;

	sign_chain(g, c, disposition, &key);
	if (strmap_get(g->chains, (const char *)key.data, key.len, &known))
		return (uint32_t)known;
	pc = vm_asm_here(a);
	strmap_put(g->chains, (const char *)key.data, key.len, pc);
	for (const struct link *l = c->first; l; l = l->next) {
		bool conditional = l->condition || l->within;
		vm_label next = conditional ? vm_asm_label(a) : 0;

		INVARIANT(!closed);
		if (l->condition)
			whole_condition(g, l->condition, next);
		if (l->within)
			test(g, l->within, SIDE_RECORDED, next);
		if (disposition)
			vm_asm_dispose(a, l->arm->disposition, rule_number(g, l));
		else
			vm_asm_verdict(a, l->verb, rule_number(g, l));
		if (conditional)
			vm_asm_bind(a, next);
		closed = !conditional;
	}
	if (!closed) {
		INVARIANT(disposition);
		vm_asm_dispose(a, DISP_EXECUTE, VM_NO_RULE);
	}
	return pc;
}

static void leaf_entries(struct generator *g, const struct abi_leaf *leaf)
{
	const struct chain *c = &g->p->chains[leaf->id];
	uint32_t pc = chain_code(g, c, false);

	if (leaf->dir & DIR_IN)
		vm_asm_entry(g->a, VM_ENTRY, leaf->id, pc, c->always);
	if (leaf->dir & DIR_OUT)
		vm_asm_entry(g->a, VM_EXIT, leaf->id, pc, c->always);
}

static void all_entries(struct generator *g)
{
	struct policy *p = g->p;

	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++)
		leaf_entries(g, abi_schema_leaf(p->schema, (uint32_t)i));
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct chain *c = &p->disposed[i];
		const struct link *first = c->first;

		if (!first)
			continue;
		vm_asm_call(g->a, (uint32_t)i, chain_code(g, c, true),
			    !first->condition && first->arm->disposition == DISP_IGNORE);
	}
	for (const struct numbered *n = p->numbered; n; n = n->next) {
		const struct link *first = n->chain.first;

		if (first)
			vm_asm_call_number(g->a, n->nr, first->arm->disposition, rule_number(g, first));
	}
}

int codegen(struct policy *p, struct buf *out, struct err *err)
{
	struct vm_schema schema;
	struct generator g = { .p = p };
	int r;

	spol_vm_schema(p->schema, p->arena, &schema);
	g.a = vm_asm_new(p->name, &schema);
	g.chains = strmap_new();
	g.rules = strmap_new();
	g.places = places_over(p->d);
	for (unsigned i = 0; i < p->nfiles; i++) {
		const struct source_text *s = diags_get_source(p->d, p->files[i]->source);

		vm_asm_set_source(g.a, p->files[i]->name, s->text, s->len, p->files[i]->parents, p->files[i]->nparents);
	}
	vm_asm_set_continues(g.a, p->continues);
	all_entries(&g);
	r = vm_asm_finish(g.a, out, err);
	vm_asm_free(g.a);
	strmap_free(g.chains);
	strmap_free(g.rules);
	places_free(g.places);
	return r;
}

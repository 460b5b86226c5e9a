/*
 * Conditions as formulas: negations pushed down to atoms, presence of values spelled out, everything numbered by what
 * it says, so that two conditions that say the same are mostly the same formula.
 */
#include "spol/logic_internal.h"

#include "base/check.h"
#include "vm/asm.h"

#include <stdlib.h>
#include <string.h>

#define TASKS_MAX UINT32_MAX

/* Room for one more in a list of the logic. */
static void *room_for(void *list, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? *room * 2 : 64;
	return xrealloc(list, *room, size);
}

uint32_t logic_intern(struct logic *l, const struct buf *key, uint32_t next, bool *is_new)
{
	uint64_t number;

	*is_new = !strmap_get(l->index, (const char *)key->data, key->len, &number);
	if (!*is_new)
		return (uint32_t)number;
	strmap_put(l->index, (const char *)key->data, key->len, next);
	return next;
}

struct logic *logic_new(const struct abi_schema *schema)
{
	struct logic *l = xcalloc(1, sizeof(*l));

	l->schema = schema;
	l->arena = arena_new();
	l->scratch = arena_new();
	l->index = strmap_new();
	for (l->nforms = 0; l->nforms < 2; l->nforms++) {
		l->forms = room_for(l->forms, l->nforms, &l->forms_room, sizeof(*l->forms));
		l->forms[l->nforms] = (struct formula_node){ .kind = l->nforms ? FORM_TRUE : FORM_FALSE };
	}
	return l;
}

void logic_free(struct logic *l)
{
	if (!l)
		return;
	strmap_free(l->index);
	arena_free(l->arena);
	arena_free(l->scratch);
	free(l->vars);
	free(l->terms);
	free(l->atoms);
	free(l->sets);
	free(l->forms);
	free(l->dfas);
	free(l);
}

/* ---- values ---- */

static bool is_text(const struct logic *l, const struct node *n)
{
	enum abi_kind kind;

	if (n->kind == NODE_FACT || !n->is_string)
		return false;
	kind = abi_schema_leaf(l->schema, n->leaf)->kind;
	return kind == KIND_PATH || kind == KIND_STRING || kind == KIND_RELEASE || kind == KIND_HOSTNAME;
}

static struct ranges range_of_leaf(struct logic *l, const struct abi_leaf *leaf)
{
	struct interval both[2];
	uint32_t n = 1;

	legal_range(leaf, &both[0].low, &both[0].high);
	if (abi_enc_odd_range(leaf->enc, &both[1].low, &both[1].high))
		n++;
	return ranges_make(l->arena, both, n);
}

static struct ranges range_of_fact(struct logic *l, uint32_t fact)
{
	if (fact == FACT_FD_KIND)
		return ranges_one(l->arena, 0, FD_KIND_COUNT - 1);
	if (fact == FACT_TASK_DEPTH)
		return ranges_one(l->arena, 0, TASKS_MAX);
	if (fact == FACT_CLOCK_LAST) {
		num_t low, high;

		abi_enc_range(ENC_TIMESPEC, &low, &high);
		return ranges_one(l->arena, low, high);
	}
	return ranges_one(l->arena, INT32_MIN, UINT32_MAX);
}

uint32_t logic_var(struct logic *l, const struct node *n, enum vm_side bare)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	enum vm_side side = n->side == SIDE_COUNT ? bare : n->side;
	const struct abi_leaf *leaf = n->kind == NODE_FACT ? NULL : abi_schema_leaf(l->schema, n->leaf);
	struct var *v;
	uint32_t number;
	bool is_new;

	buf_byte(&key, 'v');
	buf_byte(&key, (uint8_t)n->kind);
	buf_byte(&key, (uint8_t)side);
	if (n->kind == NODE_VALUE) {
		/* whose pair it is makes no difference, only what it can be */
		buf_byte(&key, (uint8_t)leaf->enc);
		buf_byte(&key, leaf->reg == ABI_REG_RET);
		buf_byte(&key, is_text(l, n));
	} else {
		buf_le32(&key, n->leaf);
		buf_le32(&key, n->fact);
	}
	number = logic_intern(l, &key, l->nvars, &is_new);
	if (!is_new)
		return number;
	l->vars = room_for(l->vars, l->nvars, &l->vars_room, sizeof(*l->vars));
	v = &l->vars[l->nvars++];
	*v = (struct var){ .kind = n->kind,
			   .side = side,
			   .leaf = n->leaf,
			   .fact = n->fact,
			   .is_string = n->is_string,
			   .is_text = is_text(l, n),
			   .term = UINT32_MAX };
	if (!v->is_string)
		v->range = leaf ? range_of_leaf(l, leaf) : range_of_fact(l, n->fact);
	return number;
}

/* ---- formulas ---- */

static formula make_form(struct logic *l, unsigned kind, uint32_t x, const formula *kids, uint32_t nkids)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct formula_node *f;
	uint32_t number;
	bool is_new;

	buf_byte(&key, 'f');
	buf_byte(&key, (uint8_t)kind);
	buf_le32(&key, x);
	if (nkids)
		buf_add(&key, kids, nkids * sizeof(*kids));
	number = logic_intern(l, &key, l->nforms, &is_new);
	if (!is_new)
		return number;
	l->forms = room_for(l->forms, l->nforms, &l->forms_room, sizeof(*l->forms));
	f = &l->forms[l->nforms++];
	*f = (struct formula_node){ .x = x, .nkids = nkids };
	f->kind = kind;
	if (nkids)
		f->kids = arena_copy(l->arena, kids, nkids * sizeof(*kids));
	return number;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static size_t unique(uint32_t *list, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(list, n, sizeof(*list), by_number);
	for (size_t i = 0; i < n; i++) {
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	}
	return kept;
}

/* The formula that says the contrary of a leaf of a formula, if there is one already. */
static bool has_opposite(struct logic *l, formula f, const formula *list, size_t n)
{
	const struct formula_node *x = &l->forms[f];
	formula other;

	if (x->kind != FORM_HOLDS && x->kind != FORM_THERE)
		return false;
	other = make_form(l, x->kind == FORM_HOLDS ? FORM_FAILS : FORM_MISSING, x->x, NULL, 0);
	return bsearch(&other, list, n, sizeof(*list), by_number) != NULL;
}

/*
 * `and` or `or` of n formulas.  That an atom or its contrary holds is taken for true: wherever that stands, the absence
 * of its values is an alternative of its own beside it.
 */
static formula join(struct logic *l, unsigned kind, const formula *list, size_t n)
{
	CLEANUP(buf_free) struct buf flat = { 0 };
	formula nothing = kind == FORM_AND ? FORMULA_TRUE : FORMULA_FALSE, all = 1 - nothing, *kids;
	size_t count;

	for (size_t i = 0; i < n; i++) {
		const struct formula_node *f = &l->forms[list[i]];

		if (list[i] == all)
			return all;
		if (f->kind == kind)
			buf_add(&flat, f->kids, f->nkids * sizeof(*f->kids));
		else if (list[i] != nothing)
			buf_add(&flat, &list[i], sizeof(list[i]));
	}
	kids = (formula *)(void *)flat.data;
	count = unique(kids, flat.len / sizeof(*kids));
	if (count == 0)
		return nothing;
	if (count == 1)
		return kids[0];
	for (size_t i = 0; i < count; i++) {
		if (has_opposite(l, kids[i], kids, count))
			return all;
	}
	return make_form(l, kind, 0, kids, (uint32_t)count);
}

static formula join_two(struct logic *l, unsigned kind, formula a, formula b)
{
	formula both[2] = { a, b };

	return join(l, kind, both, 2);
}

formula logic_and(struct logic *l, formula a, formula b)
{
	return join_two(l, FORM_AND, a, b);
}

formula logic_or(struct logic *l, formula a, formula b)
{
	return join_two(l, FORM_OR, a, b);
}

formula logic_not(struct logic *l, formula a)
{
	CLEANUP(buf_free) struct buf list = { 0 };
	struct formula_node f = l->forms[a]; /* a copy: the table may move */

	switch (f.kind) {
	case FORM_FALSE:
		return FORMULA_TRUE;
	case FORM_TRUE:
		return FORMULA_FALSE;
	case FORM_THERE:
		return make_form(l, FORM_MISSING, f.x, NULL, 0);
	case FORM_MISSING:
		return make_form(l, FORM_THERE, f.x, NULL, 0);
	case FORM_HOLDS:
		return make_form(l, FORM_FAILS, f.x, NULL, 0);
	case FORM_FAILS:
		return make_form(l, FORM_HOLDS, f.x, NULL, 0);
	case FORM_AND:
	case FORM_OR:
		break;
	}
	if (f.contrary)
		return f.contrary;
	for (uint32_t i = 0; i < f.nkids; i++) {
		formula kid = logic_not(l, f.kids[i]);

		buf_add(&list, &kid, sizeof(kid));
	}
	f.contrary = join(l, f.kind == FORM_AND ? FORM_OR : FORM_AND, (const formula *)(void *)list.data, f.nkids);
	l->forms[a].contrary = f.contrary;
	return f.contrary;
}

/* ---- atoms ---- */

formula logic_literal(struct logic *l, struct atom *a, struct buf *key, bool holds)
{
	CLEANUP(buf_free) struct buf vars = { 0 };
	uint32_t number;
	bool is_new;

	number = logic_intern(l, key, l->natoms, &is_new);
	if (is_new) {
		switch (a->kind) {
		case ATOM_RANGE:
		case ATOM_DIFFERENCE: {
			struct linear f = { .n = 1, .term = { a->x } };

			term_vars(l, &f, &vars);
			f.term[0] = a->y;
			if (a->kind == ATOM_DIFFERENCE)
				term_vars(l, &f, &vars);
			break;
		}
		case ATOM_NEAR:
			term_vars(l, &a->a, &vars);
			term_vars(l, &a->b, &vars);
			break;
		case ATOM_SAME:
			buf_add(&vars, &a->y, sizeof(a->y));
			buf_add(&vars, &a->x, sizeof(a->x));
			break;
		case ATOM_IS:
		case ATOM_GLOBS:
			buf_add(&vars, &a->x, sizeof(a->x));
			break;
		case ATOM_OPAQUE:
			break;
		}
		a->nvars = (uint32_t)unique((uint32_t *)(void *)vars.data, vars.len / sizeof(uint32_t));
		a->vars = arena_copy(l->arena, vars.data, a->nvars * sizeof(uint32_t));
		l->atoms = room_for(l->atoms, l->natoms, &l->atoms_room, sizeof(*l->atoms));
		l->atoms[l->natoms++] = *a;
	}
	return make_form(l, holds ? FORM_HOLDS : FORM_FAILS, number, NULL, 0);
}

static formula truth(bool holds)
{
	return holds ? FORMULA_TRUE : FORMULA_FALSE;
}

static formula compare_text(struct logic *l, uint32_t var, const struct node *constant, bool equal)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct atom a = { .kind = ATOM_IS, .x = var, .len = constant->len };

	/* what has lost the NULs at its end does not end in one */
	if (l->vars[var].is_text && a.len && constant->text[a.len - 1] == '\0')
		return truth(!equal);
	a.text = arena_copy(l->arena, constant->text, a.len);
	buf_str(&key, "ai");
	buf_le32(&key, var);
	buf_add(&key, a.text, a.len);
	return logic_literal(l, &a, &key, equal);
}

static formula compare_strings(struct logic *l, const struct node *n, enum vm_side bare)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct atom a = { .kind = ATOM_SAME };
	bool equal = n->op == VM_EQ;
	uint32_t x, y;

	if (n->a->kind == NODE_STR && n->b->kind == NODE_STR)
		return truth((n->a->len == n->b->len && memcmp(n->a->text, n->b->text, n->a->len) == 0) == equal);
	if (n->b->kind == NODE_STR)
		return compare_text(l, logic_var(l, n->a, bare), n->b, equal);
	if (n->a->kind == NODE_STR)
		return compare_text(l, logic_var(l, n->b, bare), n->a, equal);
	x = logic_var(l, n->a, bare);
	y = logic_var(l, n->b, bare);
	if (x == y)
		return truth(equal);
	a.x = x < y ? x : y;
	a.y = x < y ? y : x;
	buf_str(&key, "as");
	buf_le32(&key, a.x);
	buf_le32(&key, a.y);
	return logic_literal(l, &a, &key, equal);
}

struct glob_name {
	const char *glob;
	bool excluded;
};

static int by_glob(const void *x, const void *y)
{
	const struct glob_name *a = x, *b = y;
	int c = strcmp(a->glob, b->glob);

	return c ? c : (int)a->excluded - (int)b->excluded;
}

/* The number of a set by its content: order, and members that are there twice, make no difference. */
static uint32_t glob_set_number(struct logic *l, const struct resolved_set *s)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct glob_name *names = arena_array(l->arena, s->n, sizeof(*names));
	struct glob_set out = { .globs = arena_array(l->arena, s->n, sizeof(*out.globs)),
				.excluded = arena_array(l->arena, s->n, sizeof(*out.excluded)) };
	uint32_t number;
	bool is_new;

	for (size_t i = 0; i < s->n; i++)
		names[i] = (struct glob_name){ arena_strdup(l->arena, s->texts[i]), s->excluded && s->excluded[i] };
	if (s->n > 1)
		qsort(names, s->n, sizeof(*names), by_glob);
	buf_byte(&key, 'g');
	for (size_t i = 0; i < s->n; i++) {
		if (i && by_glob(&names[i - 1], &names[i]) == 0)
			continue;
		out.globs[out.n] = names[i].glob;
		out.excluded[out.n++] = names[i].excluded;
		buf_byte(&key, names[i].excluded ? '!' : '+');
		buf_add(&key, names[i].glob, strlen(names[i].glob) + 1);
	}
	number = logic_intern(l, &key, l->nsets, &is_new);
	if (is_new) {
		l->sets = room_for(l->sets, l->nsets, &l->sets_room, sizeof(*l->sets));
		l->sets[l->nsets++] = out;
	}
	return number;
}

static formula in_globs(struct logic *l, const struct node *n, enum vm_side bare)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct atom a = { .kind = ATOM_GLOBS, .y = glob_set_number(l, n->set) };
	struct logic_dfa *dfa;

	buf_str(&key, "ag");
	buf_le32(&key, a.y);
	if (n->a->kind != NODE_STR) {
		a.x = logic_var(l, n->a, bare);
		buf_le32(&key, a.x);
		return logic_literal(l, &a, &key, true);
	}
	dfa = str_dfa(l, &a.y, 1);
	if (dfa->usable)
		return truth(str_accepts(dfa, (const uint8_t *)n->a->text, n->a->len, 0));
	a.kind = ATOM_OPAQUE;
	buf_add(&key, n->a->text, n->a->len);
	buf_byte(&key, 'o');
	return logic_literal(l, &a, &key, true);
}

/* ---- conditions ---- */

static formula atom_of(struct logic *l, const struct node *n, enum vm_side bare)
{
	if (n->kind == NODE_WITHIN)
		return term_within(l, n, bare);
	if (n->kind == NODE_IN)
		return n->set->globs ? in_globs(l, n, bare) : term_in(l, n, bare);
	INVARIANT(n->kind == NODE_TEST);
	return n->a->is_string ? compare_strings(l, n, bare) : term_compare(l, n, bare);
}

/* Its truth where every value that it speaks of is there. */
static formula form_of(struct logic *l, const struct node *n, bool wanted, enum vm_side bare)
{
	formula a, b;

	switch (n->kind) {
	case NODE_NOT:
		return form_of(l, n->a, !wanted, bare);
	case NODE_AND:
	case NODE_OR:
		a = form_of(l, n->a, wanted, bare);
		b = form_of(l, n->b, wanted, bare);
		return join_two(l, (n->kind == NODE_AND) == wanted ? FORM_AND : FORM_OR, a, b);
	case NODE_TEST:
	case NODE_IN:
	case NODE_WITHIN:
		break;
	case NODE_NUM:
	case NODE_STR:
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
	case NODE_ARITH:
		INVARIANT(!"a value is no condition");
	}
	a = atom_of(l, n, bare);
	return wanted ? a : logic_not(l, a);
}

static void collect_presence(struct logic *l, const struct node *n, enum vm_side bare, struct buf *out)
{
	formula f;

	if (!n)
		return;
	if (n->kind == NODE_VALUE || n->kind == NODE_FIELD || n->kind == NODE_FACT) {
		f = make_form(l, FORM_THERE, logic_var(l, n, bare), NULL, 0);
		buf_add(out, &f, sizeof(f));
		return;
	}
	collect_presence(l, n->a, bare, out);
	collect_presence(l, n->b, bare, out);
}

formula logic_condition(struct logic *l, const struct node *n)
{
	CLEANUP(buf_free) struct buf parts = { 0 };
	unsigned sides = n && condition_is_bare(n) ? SIDE_COUNT : 1;

	if (!n)
		return FORMULA_TRUE;
	for (unsigned side = 0; side < sides; side++) {
		formula f = form_of(l, n, true, (enum vm_side)side);

		buf_add(&parts, &f, sizeof(f));
		collect_presence(l, n, (enum vm_side)side, &parts);
	}
	return join(l, FORM_AND, (const formula *)(void *)parts.data, parts.len / sizeof(formula));
}

formula logic_presence(struct logic *l, const struct node *n)
{
	CLEANUP(buf_free) struct buf parts = { 0 };
	unsigned sides = n && condition_is_bare(n) ? SIDE_COUNT : 1;

	for (unsigned side = 0; side < sides; side++)
		collect_presence(l, n, (enum vm_side)side, &parts);
	return join(l, FORM_AND, (const formula *)(void *)parts.data, parts.len / sizeof(formula));
}

/* ---- the pair ---- */

struct pair {
	bool is_text;
	formula there[SIDE_COUNT], missing[SIDE_COUNT];
	formula same; /* the values (text: without NULs at the end) are equal, where both are there */
};

static struct pair pair_of(struct logic *l, const struct abi_leaf *leaf)
{
	struct node r = { .kind = NODE_VALUE,
			  .is_string = leaf->enc == ENC_BYTES,
			  .side = SIDE_RECORDED,
			  .leaf = leaf->id },
		    a = r, test = { .kind = NODE_TEST, .op = VM_EQ, .a = &r, .b = &a };
	struct pair p;

	a.side = SIDE_ACTUAL;
	for (unsigned side = 0; side < SIDE_COUNT; side++) {
		uint32_t var = logic_var(l, side ? &a : &r, SIDE_RECORDED);

		p.there[side] = make_form(l, FORM_THERE, var, NULL, 0);
		p.missing[side] = make_form(l, FORM_MISSING, var, NULL, 0);
	}
	p.same = atom_of(l, &test, SIDE_RECORDED);
	p.is_text = is_text(l, &r);
	return p;
}

formula logic_pair_differs(struct logic *l, const struct abi_leaf *leaf)
{
	struct pair p = pair_of(l, leaf);
	formula both = logic_and(l, p.there[SIDE_RECORDED], p.there[SIDE_ACTUAL]), either[4];
	size_t n = 0;

	either[n++] = logic_and(l, both, logic_not(l, p.same));
	either[n++] = logic_and(l, p.there[SIDE_RECORDED], p.missing[SIDE_ACTUAL]);
	either[n++] = logic_and(l, p.missing[SIDE_RECORDED], p.there[SIDE_ACTUAL]);
	/* texts that are the same may still differ in the NULs behind them */
	if (p.is_text)
		either[n++] = both;
	return join(l, FORM_OR, either, n);
}

formula logic_pair_equal(struct logic *l, const struct abi_leaf *leaf)
{
	struct pair p = pair_of(l, leaf);
	formula both = logic_and(l, p.there[SIDE_RECORDED], p.there[SIDE_ACTUAL]);

	return logic_or(l, logic_and(l, both, p.same), logic_and(l, p.missing[SIDE_RECORDED], p.missing[SIDE_ACTUAL]));
}

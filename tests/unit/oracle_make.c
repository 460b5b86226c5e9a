/*
 * Random policies: rules of every level over the fields of a small schema, in two files of which the second overrides
 * some of the first, with conditions that are legal for all that a rule speaks of; and their text.
 */
#include "base/check.h"
#include "tests/unit/oracle.h"

#include <stdio.h>

uint64_t oracle_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

unsigned oracle_pick(uint64_t *seed, unsigned n)
{
	return (unsigned)(oracle_next(seed) >> 20) % n;
}

/* ---- words that policies and worlds share ---- */

static const char *const globs[] = { "/proc/**",    "/etc/*",          "/p?oc/[0-9]", "*.so",   "**",
				     "/e\\tc/**/x", "/proc/self/maps", "[!a-m]*",     "/etc/**" };
/* What lies behind a NUL is there, too. */
static const struct {
	const char *s;
	size_t len;
} strings[] = {
	{ "/proc/self/maps", 15 }, { "/etc/passwd", 11 }, { "", 0 },           { "/etc/a/b/x", 10 }, { "lib.so", 6 },
	{ "/proc/7", 7 },          { "a\0b", 3 },         { "/etc/x\0\0", 8 }, { "zz", 2 },          { "\xff\n", 2 },
};
static const num_t small[] = { 0, 1, 2, 3, 5, 7, 100 };

static const struct {
	const char *text;
	enum oracle_unit unit;
	num_t num;
} with_units[] = {
	{ "5s", TIME, 5000000000 }, { "2min", TIME, 120000000000 }, { "1500ms", TIME, 1500000000 }, { "7ns", TIME, 7 },
	{ "3us", TIME, 3000 },      { "1h", TIME, 3600000000000 },  { "4KiB", BYTES, 4096 },        { "7B", BYTES, 7 },
	{ "1MiB", BYTES, 1048576 }, { "1GiB", BYTES, 1073741824 },
};

struct making {
	struct oracle *o;
	uint64_t *seed;
	/* what the rule in work speaks of */
	const struct oracle_rule *rule;
	const struct abi_leaf *leaves[600];
	bool wide_leaf[600]; /* by a target that is wide */
	size_t nleaves;
	const struct abi_call *calls[64];
	bool wide_call[64];
	bool rows_call[64]; /* by its name, without a variant: wide, but of its rows alone */
	size_t ncalls;
	const struct abi_leaf
		*anchor;       /* a field for which the condition in work makes sense; of a disposition: its call's */
	bool each_has_numbers; /* each target speaks of some */
	bool after;            /* all of it is decided when the call has run */
	bool numbers, bytes, exact;
	num_t low, high; /* that all numbers can be */
};

static unsigned pick(struct making *m, unsigned n)
{
	return oracle_pick(m->seed, n);
}

static const char *format_number(struct making *m, num_t n)
{
	unsigned form = n < 0 || n > UINT64_MAX ? 2 : pick(m, 6);
	char text[NUM_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(small) && form == 5; i++)
		if (small[i] == n)
			return arena_printf(m->o->arena, "LET_%zu", i);

	if (form < 2)
		return arena_printf(m->o->arena, form == 0 ? "0x%llx" : "0o%llo", (unsigned long long)n);
	return arena_strdup(m->o->arena, num_text(n, text));
}

/* ---- expressions ---- */

static struct oracle_expr *node(struct making *m, enum oracle_kind kind, struct oracle_expr *a, struct oracle_expr *b)
{
	struct oracle_expr *e = arena_alloc(m->o->arena, sizeof(*e));

	*e = (struct oracle_expr){ .kind = kind, .a = a, .b = b };
	return e;
}

static struct oracle_expr *literal(struct making *m, num_t n)
{
	struct oracle_expr *e = node(m, X_NUMBER, NULL, NULL);

	e->num = n;
	e->text = format_number(m, n);
	return e;
}

static struct oracle_expr *text_literal(struct making *m)
{
	size_t i = pick(m, ARRAY_LEN(strings));
	struct oracle_expr *e = node(m, X_STRING, NULL, NULL);

	e->text = strings[i].s;
	e->len = strings[i].len;
	return e;
}

static struct oracle_expr *name_expr(struct making *m, const char *name)
{
	struct oracle_expr *e = node(m, X_NAME, NULL, NULL);

	e->name = name;
	e->side = (enum vm_side)pick(m, *name ? SIDE_COUNT + 1 : SIDE_COUNT);
	return e;
}

/* The call has the name, as bytes or not, there where the rule is decided: 1; it has not: 0; it has something else: -1.
 */
static int has_name(struct making *m, const struct abi_call *c, const char *name, bool bytes)
{
	const struct abi_leaf *leaf = abi_call_leaf(m->o->schema, c, name, strlen(name));
	enum abi_fact fact;
	size_t len = strlen(name);

	if (leaf)
		return (leaf->enc == ENC_BYTES) == bytes && (m->after || (leaf->dir & DIR_IN)) ? 1 : -1;
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const char *path = abi_schema_leaf(m->o->schema, c->leaf_first + i)->path;

		if (strncmp(path, name, len) == 0 && (path[len] == '.' || path[len] == '['))
			return -1;
	}
	return oracle_has_fact(m->o, c, name, &fact) && abi_fact_info(fact)->is_string == bytes;
}

/* Another row of the call has a field of that name, or the name is a fact's. */
static bool some_row_has(struct making *m, const struct abi_call *c, const char *name)
{
	enum abi_fact fact = FACT_COUNT;

	oracle_has_fact(m->o, c, name, &fact);
	if (fact < FACT_COUNT)
		return true;
	for (uint32_t i = 0; i < abi_schema_ncalls(m->o->schema); i++) {
		const struct abi_call *other = abi_schema_call(m->o->schema, i);

		if (strcmp(other->name, c->name) == 0 && abi_call_leaf(m->o->schema, other, name, strlen(name)))
			return true;
	}
	return false;
}

static bool usable(struct making *m, const char *name, bool bytes)
{
	const struct abi_call *anchor = abi_schema_call(m->o->schema, m->anchor->call);

	if (has_name(m, anchor, name, bytes) <= 0)
		return false;
	for (size_t i = 0; i < m->ncalls; i++) {
		int has = has_name(m, m->calls[i], name, bytes);

		if (has < 0 || (has == 0 && !m->wide_call[i]))
			return false;
		if (has == 0 && m->rows_call[i] && !some_row_has(m, m->calls[i], name))
			return false;
	}
	return true;
}

/* The name of a field or fact of that type, or NULL; "" is the field itself. */
static const char *pick_name(struct making *m, bool bytes)
{
	static const char *const facts[] = { "fd.path",    "fd.kind",      "fd.flags",     "file.path",    "command",
					     "task.depth", "host.release", "host.machine", "host.hostname",
					     "clock.last", "peer" };

	if (m->nleaves && (bytes ? !m->numbers : !m->bytes) && pick(m, 2))
		return "";
	for (int tries = 0; tries < 12; tries++) {
		const struct abi_call *c = abi_schema_call(m->o->schema, m->anchor->call);
		const char *name = facts[pick(m, ARRAY_LEN(facts))];

		if (c->nleaves && pick(m, 2))
			name = abi_schema_leaf(m->o->schema, c->leaf_first + pick(m, c->nleaves))->path;
		if (!strchr(name, '[') && usable(m, name, bytes))
			return name;
	}
	return NULL;
}

static struct oracle_expr *make_number(struct making *m, unsigned depth)
{
	static const enum oracle_kind operators[] = { X_ADD, X_SUB, X_MUL, X_DIV, X_AND, X_OR };
	const char *name = pick_name(m, false);
	struct oracle_expr *a;

	if (!name)
		return NULL;
	a = name_expr(m, name);
	if (depth == 0 || pick(m, 2))
		return a;
	if (pick(m, 8) == 0)
		return node(m, X_NEG, a, NULL);
	{
		enum oracle_kind kind = operators[pick(m, ARRAY_LEN(operators))];
		struct oracle_expr *b = pick(m, 2) ? make_number(m, depth - 1) : NULL;

		/* a literal 0 is no divisor, and `flags & X` must fit the flags */
		if (!b)
			b = literal(m, small[1 + pick(m, ARRAY_LEN(small) - 1)]);
		return pick(m, 4) || kind == X_AND ? node(m, kind, a, b)
						   : node(m, kind, node(m, kind, a, b), literal(m, 1));
	}
}

/* A literal that everything that it can be compared with can be. */
static num_t literal_for(struct making *m, const struct oracle_expr *with)
{
	if (with->kind != X_NAME || *with->name || pick(m, 2))
		return small[pick(m, ARRAY_LEN(small))];
	switch (pick(m, 4)) {
	case 0:
		return m->low;
	case 1:
		return m->high;
	case 2:
		return m->low + 1;
	default:
		return m->high - 1;
	}
}

/* A named constant of the values of the field that is decided, where all that are have the same. */
static struct oracle_expr *constant_for(struct making *m)
{
	uint16_t set = m->nleaves ? m->leaves[0]->set : 0;
	const struct abi_set_info *info = &abi_sets[set];
	struct oracle_expr *e;
	size_t i;

	for (size_t k = 0; k < m->nleaves; k++)
		if (m->leaves[k]->set != set || m->leaves[k]->enc == ENC_BYTES)
			return NULL;
	if (!set || !info->nconsts)
		return NULL;
	i = pick(m, (unsigned)info->nconsts);
	if ((num_t)info->consts[i].value < m->low || (num_t)info->consts[i].value > m->high)
		return NULL;
	e = node(m, X_NUMBER, NULL, NULL);
	e->num = info->consts[i].value;
	e->text = info->consts[i].name;
	return e;
}

static const struct oracle_set *pick_set(struct making *m, bool want_globs)
{
	struct oracle_set *s;

	for (int tries = 0; tries < 6 && pick(m, 3); tries++) {
		s = m->o->sets[pick(m, (unsigned)m->o->nsets)];
		if (s->globs == want_globs && s->file <= m->rule->file)
			return s;
	}
	s = arena_alloc(m->o->arena, sizeof(*s));
	s->globs = want_globs;
	s->n = 1 + pick(m, 3);
	for (size_t i = 0; i < s->n; i++)
		s->members[i] = (struct oracle_member){ .excluded = i && pick(m, 3) == 0,
							.num = small[pick(m, ARRAY_LEN(small))],
							.text = globs[pick(m, ARRAY_LEN(globs))] };
	return s;
}

static struct oracle_expr *make_string_test(struct making *m)
{
	const char *name = pick_name(m, true), *other;
	struct oracle_expr *e;

	if (!name)
		return NULL;
	if (pick(m, 2)) {
		e = node(m, X_IN, name_expr(m, name), NULL);
		e->set = pick_set(m, true);
		return e;
	}
	other = pick(m, 4) == 0 ? pick_name(m, true) : NULL;
	return node(m, pick(m, 2) ? X_STR_EQ : X_STR_NE, name_expr(m, name),
		    other ? name_expr(m, other) : text_literal(m));
}

static struct oracle_expr *unit_literal(struct making *m)
{
	size_t i = pick(m, ARRAY_LEN(with_units));
	struct oracle_expr *e = node(m, X_NUMBER, NULL, NULL);

	e->num = with_units[i].num;
	e->unit = with_units[i].unit;
	e->text = with_units[i].text;
	return e;
}

/* The literal makes sense for the field itself, wherever the rule says its name; and fits. */
static bool unit_fits(struct making *m, const struct oracle_expr *e)
{
	for (size_t i = 0; i < m->nleaves; i++) {
		const struct abi_leaf *leaf = m->leaves[i];
		num_t unit = oracle_time_unit(m->o, leaf), low, high;
		bool size = leaf->kind == KIND_SIZE || leaf->kind == KIND_OFFSET || leaf->kind == KIND_COUNT ||
			    leaf->kind == KIND_COUNTER;

		abi_enc_range(leaf->enc, &low, &high);
		if (e->unit == BYTES ? !size : e->unit == TIME && (unit == 0 || e->num % unit)) {
			if (!m->wide_leaf[i] || leaf == m->anchor)
				return false;
		} else if (leaf->enc != ENC_BYTES && e->num > high) {
			return false;
		}
	}
	return true;
}

static struct oracle_expr *make_tolerance(struct making *m)
{
	struct oracle_expr *e;

	if (pick(m, 2)) {
		e = literal(m, pick(m, 60));
		e->unit = PERCENT;
		e->text = arena_printf(m->o->arena, "%u%%", (unsigned)e->num);
		return e;
	}
	e = unit_literal(m);
	return pick(m, 2) && unit_fits(m, e) ? e : literal(m, small[pick(m, ARRAY_LEN(small))]);
}

static struct oracle_expr *make_test(struct making *m)
{
	struct oracle_expr *a, *b, *e;
	unsigned form = pick(m, 10);

	if (form < 3 && (e = make_string_test(m)))
		return e;
	a = make_number(m, 2);
	if (!a)
		return make_string_test(m);
	if (form == 3) {
		e = node(m, X_IN, a, NULL);
		e->set = pick_set(m, false);
		return e;
	}
	if (form == 4 && (b = make_number(m, 1))) {
		e = node(m, X_WITHIN, a, b);
		e->tolerance = pick(m, 2) ? literal(m, small[pick(m, ARRAY_LEN(small))]) : make_tolerance(m);
		if (e->tolerance->unit == TIME || e->tolerance->unit == BYTES)
			e->a = e->b = name_expr(m, "");
		if (e->a == e->b && (m->bytes || !m->nleaves))
			return NULL;
		return e;
	}
	if (form == 5 && !m->bytes && m->nleaves) {
		/* flags and named constants; literals with units */
		a = name_expr(m, "");
		b = constant_for(m);
		if (b && pick(m, 2))
			return node(m, pick(m, 2) ? X_EQ : X_NE, node(m, X_AND, a, b), literal(m, 0));
		if (!b)
			b = unit_literal(m);
		if (!unit_fits(m, b))
			return NULL;
		return node(m, (enum oracle_kind)(X_EQ + pick(m, 6)), a, b);
	}
	b = pick(m, 3) ? NULL : make_number(m, 2);
	if (!b)
		b = literal(m, literal_for(m, a));
	return node(m, (enum oracle_kind)(X_EQ + pick(m, 6)), a, b);
}

static struct oracle_expr *make_condition(struct making *m, unsigned depth)
{
	unsigned form = depth ? pick(m, 8) : 0;
	struct oracle_expr *a, *b;

	if (form < 4)
		return make_test(m);
	a = make_condition(m, depth - 1);
	if (!a || form == 4)
		return a ? node(m, X_NOT, a, NULL) : NULL;
	b = make_condition(m, depth - 1);
	return b ? node(m, form < 7 ? X_BOTH : X_EITHER, a, b) : a;
}

/* ---- rules ---- */

static void add_call(struct making *m, const struct abi_call *c, bool wide, bool rows)
{
	for (size_t i = 0; i < m->ncalls; i++) {
		if (m->calls[i] == c) {
			m->wide_call[i] = m->wide_call[i] && wide;
			m->rows_call[i] = m->rows_call[i] || rows;
			return;
		}
	}
	INVARIANT(m->ncalls < ARRAY_LEN(m->calls));
	m->wide_call[m->ncalls] = wide;
	m->rows_call[m->ncalls] = rows;
	m->calls[m->ncalls++] = c;
}

/* Fills in what the rule's targets speak of.  false: one of them speaks of nothing. */
static bool look_around(struct making *m)
{
	const struct oracle *o = m->o;

	m->nleaves = m->ncalls = 0;
	m->after = !m->rule->disposition;
	m->numbers = m->bytes = m->exact = false;
	m->each_has_numbers = true;
	m->low = -((num_t)1 << 100);
	m->high = (num_t)1 << 100;
	for (size_t k = 0; k < m->rule->ntargets; k++) {
		const struct oracle_target *t = &m->rule->targets[k];
		bool wide = oracle_is_wide(o, t), any = false, numbers = false;

		for (uint32_t i = 0; i < abi_schema_ncalls(o->schema) && m->rule->disposition; i++) {
			if (oracle_rank_call(o, m->rule, t, abi_schema_call(o->schema, i)) == UINT32_MAX)
				continue;
			add_call(m, abi_schema_call(o->schema, i), wide, wide && t->level == BY_CALL);
			any = true;
		}
		for (uint32_t i = 0; i < abi_schema_nleaves(o->schema) && !m->rule->disposition; i++) {
			const struct abi_leaf *leaf = abi_schema_leaf(o->schema, i);
			num_t low, high;

			if (oracle_rank(o, t, leaf) == UINT32_MAX)
				continue;
			INVARIANT(m->nleaves < ARRAY_LEN(m->leaves));
			m->wide_leaf[m->nleaves] = wide;
			m->leaves[m->nleaves++] = leaf;
			add_call(m, abi_schema_call(o->schema, leaf->call), wide, wide && t->level == BY_CALL);
			any = true;
			m->after = m->after && !(leaf->dir & DIR_IN);
			m->exact = m->exact || (t->path && strcmp(t->path, leaf->path) == 0);
			if (leaf->enc == ENC_BYTES) {
				m->bytes = true;
				continue;
			}
			m->numbers = numbers = true;
			abi_enc_range(leaf->enc, &low, &high);
			if (leaf->reg == ABI_REG_RET && low > -4095)
				low = -4095;
			m->low = low > m->low ? low : m->low;
			m->high = high < m->high ? high : m->high;
		}
		if (!any)
			return false;
		m->each_has_numbers = m->each_has_numbers && numbers;
	}
	return true;
}

/* All equal ranks so far: 0 none, 1 some in the same file or unrelated, 2 only inherited ones. */
static unsigned collisions(const struct oracle *o, const struct oracle_rule *rule, const struct oracle_target *t)
{
	unsigned result = 0;

	for (size_t i = 0; i < o->nrules; i++) {
		const struct oracle_rule *old = o->rules[i];

		for (size_t k = 0; k < old->ntargets && old->disposition == rule->disposition; k++) {
			uint32_t n = (uint32_t)(rule->disposition ? abi_schema_ncalls(o->schema)
								  : abi_schema_nleaves(o->schema));

			for (uint32_t x = 0; x < n; x++) {
				const struct abi_leaf *leaf = abi_schema_leaf(o->schema, rule->disposition ? 0 : x);
				const struct abi_call *c = abi_schema_call(o->schema, rule->disposition ? x : 0);
				uint32_t a =
					rule->disposition ? oracle_rank_call(o, rule, t, c) : oracle_rank(o, t, leaf);
				uint32_t b = rule->disposition ? oracle_rank_call(o, old, &old->targets[k], c)
							       : oracle_rank(o, &old->targets[k], leaf);

				if (a == UINT32_MAX || a != b)
					continue;
				if (old == rule || old->file == rule->file)
					return 1;
				result = 2;
			}
		}
	}
	return result;
}

/* Whether the rule can stand beside those that are there, and as what. */
static bool fits(const struct oracle *o, struct oracle_rule *rule)
{
	unsigned first = 0;

	for (size_t k = 0; k < rule->ntargets; k++) {
		unsigned met = collisions(o, rule, &rule->targets[k]);

		if (met == 1 || (k && met != first))
			return false;
		first = met;
		/* two targets of one rule must not meet either */
		for (size_t other = 0; other < k; other++)
			for (uint32_t i = 0; i < abi_schema_nleaves(o->schema); i++) {
				const struct abi_leaf *leaf = abi_schema_leaf(o->schema, i);
				uint32_t a = oracle_rank(o, &rule->targets[k], leaf);

				if (a != UINT32_MAX && a == oracle_rank(o, &rule->targets[other], leaf))
					return false;
			}
	}
	rule->override = first == 2;
	return true;
}

static bool same_shape_below(const struct oracle *o, const struct abi_call *c)
{
	return c->variant || c->index + 1 == abi_schema_ncalls(o->schema) ||
	       strcmp(abi_schema_call(o->schema, c->index + 1)->name, c->name) != 0;
}

/* A field of the call, a struct around one, or all of it. */
static const char *pick_path(struct making *m, const struct abi_call *c, bool rows)
{
	const char *path = abi_schema_leaf(m->o->schema, c->leaf_first + pick(m, c->nleaves))->path;
	size_t len = strcspn(path, ".[");

	/* some struct around the field, a nearer or a farther one */
	while (path[len] && pick(m, 2) && strchr(path + len + 1, '.'))
		len = (size_t)(strchr(path + len + 1, '.') - path);
	/* an argument may be something else in each variant */
	if (rows || pick(m, 6) == 0)
		return "*";
	if (path[len] && pick(m, 3) == 0)
		return arena_copy(m->o->arena, path, len);
	return path;
}

static struct oracle_target pick_target(struct making *m, bool disposition)
{
	static const char *const classes[] = { "file", "desc", "process", "clock", "stat", "signal" };
	struct oracle *o = m->o;
	struct oracle_target t = { 0 };
	const struct abi_call *c = abi_schema_call(o->schema, pick(m, (unsigned)abi_schema_ncalls(o->schema)));
	unsigned form = pick(m, disposition ? 8 : 12);
	bool rows = !same_shape_below(o, c) || c->variant;

	t.call = c->name;
	if (c->nr == ABI_SIGNAL || c->nr == ABI_INSTRUCTION || (c->variant && form < 5)) {
		t.level = BY_VARIANT;
		t.variant = c->variant;
		rows = false;
	} else if (form < 7) {
		t.level = BY_CALL;
	} else if (form < 9) {
		t.level = BY_CLASS;
		t.class_bit = abi_class_find(classes[pick(m, ARRAY_LEN(classes))], 0);
		rows = false;
	} else if (form < 11) {
		t.level = BY_KIND;
		t.kind = abi_schema_leaf(o->schema, c->leaf_first + pick(m, c->nleaves))->kind;
		return t;
	} else {
		t.level = BY_DEFAULT;
		return t;
	}
	if (t.level == BY_CLASS) {
		const char *name = classes[pick(m, ARRAY_LEN(classes))];

		t.class_bit = abi_class_find(name, strlen(name));
	}
	if (!disposition)
		t.path = pick_path(m, c, rows);
	return t;
}

static bool legal_somewhere(struct making *m, const struct oracle_target *t, enum vm_verb verb)
{
	for (size_t i = 0; i < m->nleaves; i++)
		if (oracle_rank(m->o, t, m->leaves[i]) != UINT32_MAX && oracle_verb_is_legal(m->o, m->leaves[i], verb))
			return true;
	return false;
}

static void pick_anchor(struct making *m)
{
	const struct abi_call *c = m->calls[pick(m, (unsigned)m->ncalls)];

	m->anchor =
		m->nleaves ? m->leaves[pick(m, (unsigned)m->nleaves)] : abi_schema_leaf(m->o->schema, c->leaf_first);
}

static bool make_arm(struct making *m, struct oracle_rule *rule, bool last)
{
	struct oracle_arm *a = &rule->arms[rule->narms];
	bool open = last && (rule->targets[0].level == BY_DEFAULT || pick(m, 2));

	*a = (struct oracle_arm){ 0 };
	pick_anchor(m);
	if (rule->disposition) {
		a->disposition = (enum vm_disposition)pick(m, DISP_COUNT);
	} else {
		a->verb = (enum vm_verb)pick(m, VERB_COUNT);
		for (size_t i = 0; i < m->nleaves; i++)
			if (m->exact && !oracle_verb_is_legal(m->o, m->leaves[i], a->verb))
				return false;
		for (size_t i = 0; i < rule->ntargets; i++)
			if (!legal_somewhere(m, &rule->targets[i], a->verb))
				return false;
	}
	if (!rule->disposition && pick(m, 4) == 0)
		a->message = pick(m, 2) ? "{field} of {syscall}" : "told \"so\"";
	if (!open && m->each_has_numbers && !(m->exact && m->bytes) && pick(m, 3) == 0)
		a->within = make_tolerance(m);
	if (!open && (!a->within || pick(m, 3) == 0)) {
		a->condition = make_condition(m, 3);
		if (!a->condition && !a->within)
			return false;
	}
	rule->narms++;
	return true;
}

static void make_rule(struct making *m, unsigned file)
{
	struct oracle *o = m->o;
	struct oracle_rule *r = arena_alloc(o->arena, sizeof(*r));
	unsigned arms = 1 + pick(m, 3);

	r->file = file;
	r->disposition = pick(m, 7) == 0;
	r->targets[0] = pick_target(m, r->disposition);
	r->ntargets = 1;
	if (r->targets[0].path && r->targets[0].level <= BY_CALL && pick(m, 3) == 0) {
		/* another field of the same selector, or the same field of another one */
		r->targets[1] = r->targets[0];
		if (pick(m, 2)) {
			struct oracle_target t = pick_target(m, false);

			r->targets[1].path = t.path && t.level == r->targets[0].level && t.call == r->targets[0].call &&
							     t.variant == r->targets[0].variant
						     ? t.path
						     : r->targets[0].path;
		} else {
			struct oracle_target t = pick_target(m, false);

			if (t.level <= BY_CALL && t.call != r->targets[0].call) {
				r->targets[1] = t;
				r->targets[1].path = r->targets[0].path;
			}
		}
		if (r->targets[1].path != r->targets[0].path || r->targets[1].call != r->targets[0].call)
			r->ntargets = 2;
	}
	m->rule = r;
	if (r->targets[0].level == BY_VARIANT && !r->targets[0].variant)
		return;
	if (r->ntargets == 2 && r->targets[1].level == BY_VARIANT && !r->targets[1].variant)
		return;
	/* what is a field in one call may be none, or something else in each variant, in another */
	if (!look_around(m) || o->nrules == ARRAY_LEN(o->rules))
		return;
	for (unsigned i = 0; i < arms; i++) {
		if (!make_arm(m, r, i + 1 == arms))
			break;
		if (!r->arms[r->narms - 1].condition && !r->arms[r->narms - 1].within)
			break;
	}
	if (r->narms == 0)
		return;
	if (r->targets[0].level == BY_DEFAULT && (r->arms[r->narms - 1].condition || r->arms[r->narms - 1].within))
		return;
	if (!fits(o, r))
		return;
	o->rules[o->nrules++] = r;
	oracle_print_rule(o, r);
}

static void make_set(struct making *m, unsigned file)
{
	struct oracle *o = m->o;
	struct oracle_set *s = arena_alloc(o->arena, sizeof(*s));
	bool excludes = false;

	s->name = arena_printf(o->arena, "SET_%zu", o->nsets);
	s->file = file;
	s->globs = o->nsets % 2;
	s->n = 1 + pick(m, ORACLE_MEMBERS);
	for (size_t i = 0; i < s->n; i++) {
		struct oracle_member *member = &s->members[i];

		member->excluded = i && pick(m, 4) == 0;
		excludes = excludes || member->excluded;
		member->num = small[pick(m, ARRAY_LEN(small))];
		member->text = globs[pick(m, ARRAY_LEN(globs))];
		/* one with exclusions of its own cannot be excluded */
		if (o->nsets >= 2 && !member->excluded && pick(m, 4) == 0)
			member->inner = o->sets[o->nsets - 2];
	}
	o->sets[o->nsets++] = s;
	oracle_print_set(o, s);
}

void oracle_make(struct oracle *o)
{
	struct making *m = arena_alloc(o->arena, sizeof(*m));

	m->o = o;
	m->seed = &o->seed;
	buf_str(&o->text[0], "policy inherited 1;\n");
	for (size_t i = 0; i < ARRAY_LEN(small); i++)
		buf_printf(&o->text[0], i ? "let LET_%zu = LET_%zu + %d;\n" : "let LET_0 = 0;\n", i, i - 1,
			   i ? (int)(small[i] - small[i - 1]) : 0);
	buf_str(&o->text[1], "policy top 1;\nextends \"inherited.spol\";\n");
	for (unsigned file = 0; file < ORACLE_FILES; file++) {
		unsigned rules = 8 + pick(m, 14);

		for (unsigned i = 0; i < 4; i++)
			make_set(m, file);
		for (unsigned i = 0; i < rules; i++)
			make_rule(m, file);
	}
}

/* ---- worlds ---- */

static struct value any_string(struct making *m)
{
	size_t i = pick(m, ARRAY_LEN(strings));

	return value_bytes(strings[i].s, strings[i].len);
}

static struct value any_number(struct making *m, const struct abi_leaf *leaf)
{
	num_t low, high;

	if (leaf->set && pick(m, 3) == 0 && abi_sets[leaf->set].nconsts)
		return value_num(abi_sets[leaf->set].consts[pick(m, (unsigned)abi_sets[leaf->set].nconsts)].value);
	if (pick(m, 5) == 0)
		return value_num(with_units[pick(m, ARRAY_LEN(with_units))].num /
					 (oracle_time_unit(m->o, leaf) ? oracle_time_unit(m->o, leaf) : 1) +
				 (num_t)pick(m, 3) - 1);
	if (pick(m, 4))
		return value_num(small[pick(m, ARRAY_LEN(small))] + (num_t)pick(m, 2));
	abi_enc_range(leaf->enc, &low, &high);
	switch (pick(m, 4)) {
	case 0:
		return value_num(low);
	case 1:
		return value_num(high);
	case 2:
		return value_num(low + 1);
	default:
		return value_num(high - 1);
	}
}

void oracle_make_world(struct oracle *o, struct oracle_world *w)
{
	struct making m = { .o = o, .seed = &o->seed };
	uint32_t n = (uint32_t)abi_schema_nleaves(o->schema);

	for (uint32_t i = 0; i < n; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(o->schema, i);

		for (int side = 0; side < SIDE_COUNT; side++) {
			struct value *v = &w->fields[side][i];

			if (side == SIDE_ACTUAL && pick(&m, 3) == 0)
				*v = w->fields[SIDE_RECORDED][i];
			else if (pick(&m, 14) == 0)
				*v = (struct value){ .type = VALUE_ABSENT };
			else
				*v = leaf->enc == ENC_BYTES ? any_string(&m) : any_number(&m, leaf);
		}
	}
	for (int i = 0; i < FACT_COUNT; i++) {
		for (int side = 0; side < SIDE_COUNT; side++) {
			struct value *v = &w->facts[i][side];

			if (side == SIDE_ACTUAL && pick(&m, 2) == 0)
				*v = w->facts[i][SIDE_RECORDED];
			else if (pick(&m, 14) == 0)
				*v = (struct value){ .type = VALUE_ABSENT };
			else if (abi_fact_info((enum abi_fact)i)->is_string)
				*v = any_string(&m);
			else
				*v = value_num(small[pick(&m, ARRAY_LEN(small))]);
		}
	}
}

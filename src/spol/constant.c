/*
 * Constants: literals with units, lets, symbolic names by the field they meet, and the members of sets.
 */
#include "spol/policy.h"

#include "base/map.h"
#include "vm/asm.h"

#include <string.h>

#define NESTING_MAX 100u
#define MEMBERS_MAX 65536u /* of a set, with those of the sets in it */

/* ---- symbolic names ---- */

static bool find_fd_kind(const char *s, size_t len, num_t *out)
{
	for (int i = 0; i < FD_KIND_COUNT; i++) {
		const char *name = abi_fd_kind_name((enum abi_fd_kind)i);

		if (strlen(name) == len && memcmp(name, s, len) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool find_in_set(size_t set, const struct text *name, num_t *out)
{
	uint64_t value;

	if (!abi_const_find((uint16_t)set, name->s, name->len, &value))
		return false;
	*out = value;
	return true;
}

size_t constant_open_flags(void)
{
	uint64_t value;

	for (size_t i = 1; i < abi_nsets; i++) {
		if (abi_const_find((uint16_t)i, "O_CLOEXEC", strlen("O_CLOEXEC"), &value) &&
		    abi_const_find((uint16_t)i, "O_CREAT", strlen("O_CREAT"), &value))
			return i;
	}
	return 0;
}

/* What a name means where no field says it: looked up in everything there is, once. */
struct symbol {
	bool found;
	num_t num;
};

static const struct symbol *find_anywhere(struct policy *p, const struct text *name)
{
	struct symbol *symbol;
	uint64_t known;
	int number;

	if (strmap_get(p->symbols, name->s, name->len, &known))
		return (const struct symbol *)(uintptr_t)known;
	symbol = arena_alloc(p->arena, sizeof(*symbol));
	strmap_put(p->symbols, name->s, name->len, (uint64_t)(uintptr_t)symbol);
	if (abi_errno_find(name->s, name->len, &number) || abi_signal_find(name->s, name->len, &number)) {
		*symbol = (struct symbol){ true, number };
		return symbol;
	}
	/* a name that several headers give to different numbers means something only where a field says which */
	symbol->found = find_in_set(0, name, &symbol->num);
	return symbol;
}

/* 1: found, 0: there is none. */
static int find_symbol(struct policy *p, const struct domain *domain, const struct text *name, num_t *out)
{
	const struct abi_leaf *leaf = domain->leaf;
	const struct symbol *symbol;

	if (domain->fact == FACT_FD_KIND)
		return find_fd_kind(name->s, name->len, out);
	if (domain->fact == FACT_FD_FLAGS && find_in_set(constant_open_flags(), name, out))
		return 1;
	if (leaf && leaf->set && find_in_set(leaf->set, name, out)) {
		/* AT_FDCWD: the tables hold 64 bits without sign */
		if (abi_enc_signed(leaf->enc))
			*out = (int64_t)*out;
		return 1;
	}
	symbol = find_anywhere(p, name);
	*out = symbol->num;
	return symbol->found;
}

/* ---- expressions ---- */

static enum measure measure_of(enum unit unit)
{
	switch (unit) {
	case UNIT_NONE:
		return MEASURE_NONE;
	case UNIT_NS:
	case UNIT_US:
	case UNIT_MS:
	case UNIT_S:
	case UNIT_MIN:
	case UNIT_H:
		return MEASURE_TIME;
	case UNIT_B:
	case UNIT_KIB:
	case UNIT_MIB:
	case UNIT_GIB:
		return MEASURE_BYTES;
	case UNIT_PERCENT:
		return MEASURE_PERCENT;
	}
	return MEASURE_NONE;
}

/* Definitions in definitions: bounds the stack. */
static bool too_nested(struct policy *p, struct span at)
{
	if (p->nesting < NESTING_MAX)
		return false;
	diag_error(p->d, at, "E2016", "definitions nest deeper than %u", NESTING_MAX);
	return true;
}

/* What should have been a constant is not: perhaps it is a name that means nothing at all. */
static void no_constant(struct policy *p, const struct expr *e)
{
	bool name = e->kind == EXPR_NAME, side = false;
	struct suggest s = { .word = e->text.s, .word_len = e->text.len };
	struct diag *g;

	if (name)
		side = strncmp(e->text.s, "recorded", strlen("recorded")) == 0 ||
		       strncmp(e->text.s, "actual", strlen("actual")) == 0;
	if (!name || side || names_field_anywhere(p, NULL, e->text.s, e->text.len)) {
		diag_error(p->d, e->at, "E2012", "the value of a let must be a constant");
		return;
	}
	g = diag_error(p->d, e->at, "E1011", "`%s` is no constant", e->text.s);
	for (const struct definition *d = p->definitions; d; d = d->next) {
		if (d->item->kind == ITEM_LET && names_find(p, e->at, d->item->name.s, d->item->name.len))
			suggest_offer(&s, d->item->name.s);
	}
	if (s.best)
		diag_help(p->d, g, "did you mean `%s`?", s.best);
}

static int eval_let(struct policy *p, struct definition *d, const struct text *name, struct constant *out)
{
	int r;

	if (d->item->kind != ITEM_LET) {
		struct diag *g = diag_error(p->d, name->at, "E1016", "`%s` is a set, not a value", name->s);

		diag_note(p->d, g, d->item->name.at, "the set");
		diag_help(p->d, g, "membership is written `x in %s`", name->s);
		return -1;
	}
	d->used = true;
	if (d->busy) {
		if (!d->reported)
			diag_error(p->d, d->item->name.at, "E1015", "`%s` is defined by itself", d->item->name.s);
		d->reported = true;
		return -1;
	}
	if (!d->item->value || too_nested(p, name->at))
		return -1;
	if (!d->known) {
		d->busy = true;
		p->nesting++;
		r = constant_eval(p, NULL, &DOMAIN_NONE, d->item->value, &d->value);
		p->nesting--;
		d->busy = false;
		if (r == 0)
			no_constant(p, d->item->value);
		d->known = true;
		d->status = r == 1 ? 1 : -1;
	}
	*out = d->value;
	return d->status;
}

static struct definition *find_definition(const struct policy *p, const struct text *name)
{
	return names_find(p, name->at, name->s, name->len);
}

static int eval_name(struct policy *p, const struct scope *s, const struct domain *domain, const struct text *name,
		     struct constant *out)
{
	struct definition *d;
	struct domain other;

	if (s && variable_domain(s, name, &other))
		return 0;
	d = find_definition(p, name);
	if (d)
		return eval_let(p, d, name, out);
	*out = (struct constant){ .measure = MEASURE_NONE };
	return find_symbol(p, domain, name, &out->num);
}

static num_t apply(enum expr_kind kind, num_t a, num_t b)
{
	if (kind == EXPR_ADD)
		return num_add(a, b);
	if (kind == EXPR_SUB)
		return num_sub(a, b);
	if (kind == EXPR_MUL)
		return num_mul(a, b);
	if (kind == EXPR_DIV)
		return num_div(a, b);
	return kind == EXPR_BITAND ? (a & b) : (a | b);
}

static int eval_arithmetic(struct policy *p, const struct scope *s, const struct domain *domain, const struct expr *e,
			   struct constant *out)
{
	struct constant a, b;
	int r = constant_eval(p, s, domain, e->a, &a);
	enum measure measure;

	if (r != 1)
		return r;
	r = constant_eval(p, s, domain, e->b, &b);
	if (r != 1)
		return r;
	if (a.is_string || b.is_string) {
		diag_error(p->d, e->op, "E2003", "strings cannot be calculated with");
		return -1;
	}
	if (a.measure == MEASURE_PERCENT || b.measure == MEASURE_PERCENT) {
		diag_error(p->d, e->at, "E2006", "a percentage can only stand behind `within`");
		return -1;
	}
	if (e->kind == EXPR_DIV && b.num == 0) {
		diag_error(p->d, e->op, "E2021", "division by zero");
		return -1;
	}
	if (e->kind == EXPR_MUL)
		measure = a.measure == MEASURE_NONE ? b.measure : a.measure;
	else if (e->kind == EXPR_DIV)
		measure = a.measure == b.measure ? MEASURE_NONE : a.measure;
	else
		measure = a.measure;
	if ((e->kind == EXPR_MUL && a.measure != MEASURE_NONE && b.measure != MEASURE_NONE) ||
	    (e->kind == EXPR_DIV && b.measure != MEASURE_NONE && a.measure != b.measure) ||
	    (e->kind != EXPR_MUL && e->kind != EXPR_DIV && a.measure != b.measure)) {
		diag_error(p->d, e->at, "E2005", "these units do not go together");
		return -1;
	}
	*out = (struct constant){ .num = apply(e->kind, a.num, b.num), .measure = measure };
	return 1;
}

int constant_eval(struct policy *p, const struct scope *s, const struct domain *domain, const struct expr *e,
		  struct constant *out)
{
	int r;

	*out = (struct constant){ .measure = MEASURE_NONE };
	if (!policy_spend(p, 1, e->at))
		return -1;
	switch (e->kind) {
	case EXPR_ERROR:
		return -1;
	case EXPR_NUMBER:
		*out = (struct constant){ .num = e->num, .measure = measure_of(e->unit) };
		return 1;
	case EXPR_STRING:
		*out = (struct constant){ .is_string = true, .text = e->text };
		return 1;
	case EXPR_NAME:
		return eval_name(p, s, domain, &e->text, out);
	case EXPR_NEG:
		r = constant_eval(p, s, domain, e->a, out);
		if (r == 1 && out->is_string) {
			diag_error(p->d, e->at, "E2003", "strings cannot be calculated with");
			return -1;
		}
		out->num = num_sub(0, out->num);
		return r;
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
		return eval_arithmetic(p, s, domain, e, out);
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
	case EXPR_SET:
	case EXPR_WITHIN:
		break;
	}
	return 0;
}

static bool time_in_domain(const struct policy *p, const struct abi_leaf *leaf, num_t ns, struct span at, num_t *out)
{
	num_t unit = legal_time_unit(p->schema, leaf);
	const char *call = abi_schema_call(p->schema, leaf->call)->name;

	if (unit == 0 && leaf->kind != KIND_TIME && leaf->kind != KIND_DURATION) {
		diag_error(p->d, at, "E2005", "%s.%s is no time (its kind is %s)", call, leaf->path,
			   abi_kind_name(leaf->kind));
		return false;
	}
	if (unit == 0) {
		struct diag *g =
			diag_error(p->d, at, "E2005", "the unit in which %s.%s counts is not known", call, leaf->path);

		diag_help(p->d, g, "write a plain number, in the field's own unit");
		return false;
	}
	if (ns % unit != 0) {
		diag_error(p->d, at, "E2005", "%s.%s counts in %s: this is no whole number of them", call, leaf->path,
			   unit == 1000000000 ? "seconds" : "milliseconds");
		return false;
	}
	*out = ns / unit;
	return true;
}

bool constant_fits(const struct policy *p, const struct domain *domain, const struct constant *c)
{
	const struct abi_leaf *leaf = domain->leaf;
	num_t unit;

	switch (c->measure) {
	case MEASURE_NONE:
		return true;
	case MEASURE_TIME:
		if (!leaf)
			return domain->fact < 0 || domain->fact == FACT_CLOCK_LAST;
		unit = legal_time_unit(p->schema, leaf);
		return unit && c->num % unit == 0;
	case MEASURE_BYTES:
		if (!leaf)
			return domain->fact < 0;
		return leaf->kind == KIND_SIZE || leaf->kind == KIND_OFFSET || leaf->kind == KIND_COUNT ||
		       leaf->kind == KIND_COUNTER;
	case MEASURE_PERCENT:
		break;
	}
	return false;
}

bool constant_in_domain(const struct policy *p, const struct domain *domain, const struct constant *c, struct span at,
			num_t *out)
{
	const struct abi_leaf *leaf = domain->leaf;

	*out = c->num;
	switch (c->measure) {
	case MEASURE_NONE:
		return true;
	case MEASURE_TIME:
		if (leaf)
			return time_in_domain(p, leaf, c->num, at, out);
		break;
	case MEASURE_BYTES:
		if (leaf && constant_fits(p, domain, c))
			return true;
		if (leaf) {
			diag_error(p->d, at, "E2005", "%s.%s is no size (its kind is %s)",
				   abi_schema_call(p->schema, leaf->call)->name, leaf->path, abi_kind_name(leaf->kind));
			return false;
		}
		break;
	case MEASURE_PERCENT:
		diag_error(p->d, at, "E2006", "a percentage can only stand behind `within`");
		return false;
	}
	if (domain->fact < 0 || constant_fits(p, domain, c))
		return true;
	diag_error(p->d, at, "E2005", "this number has no unit");
	return false;
}

/* ---- sets ---- */

/* The members of a set while they are collected. */
struct gather {
	struct policy *p;
	const struct domain *domain;
	struct resolved_set *set;
	size_t room;
	size_t seen; /* members, those that failed included */
	bool any;    /* globs says something */
	bool failed;
};

static void add_member(struct gather *g, bool is_glob, const char *text, num_t number, bool excluded, struct span at)
{
	struct resolved_set *s = g->set;
	struct arena *a = g->p->arena;

	if (g->any && s->globs != is_glob) {
		diag_error(g->p->d, at, "E2011", "a set holds either globs or numbers: this one begins with %s",
			   s->globs ? "a glob" : "a number");
		g->failed = true;
		return;
	}
	g->any = true;
	s->globs = is_glob;
	if (s->n == g->room) {
		size_t room = g->room ? 2 * g->room : 8;
		const char **texts = arena_array(a, room, sizeof(*texts));
		num_t *numbers = arena_array(a, room, sizeof(*numbers));
		bool *out = arena_array(a, room, sizeof(*out));

		if (s->n) {
			memcpy(texts, s->texts, s->n * sizeof(*texts));
			memcpy(numbers, s->numbers, s->n * sizeof(*numbers));
			memcpy(out, s->excluded, s->n * sizeof(*out));
		}
		s->texts = texts;
		s->numbers = numbers;
		s->excluded = out;
		g->room = room;
	}
	s->texts[s->n] = text;
	s->numbers[s->n] = number;
	s->excluded[s->n++] = excluded;
}

static void gather_members(struct gather *g, const struct set_member *m, bool excluded);

static void gather_set(struct gather *g, struct definition *d, const struct set_member *m, bool excluded)
{
	size_t from = g->set->n;

	d->used = true;
	if (d->busy) {
		if (!d->reported)
			diag_error(g->p->d, d->item->name.at, "E1015", "`%s` is a member of itself", d->item->name.s);
		d->reported = true;
		g->failed = true;
		return;
	}
	if (too_nested(g->p, m->at)) {
		g->failed = true;
		return;
	}
	d->busy = true;
	g->p->nesting++;
	gather_members(g, d->item->members, excluded);
	g->p->nesting--;
	d->busy = false;
	if (!(m->excluded || excluded))
		return;
	for (const struct set_member *inner = d->item->members; inner; inner = inner->next) {
		struct diag *e;

		if (!inner->excluded)
			continue;
		e = diag_error(g->p->d, m->at, "E2018", "a set with exclusions of its own cannot be excluded");
		diag_note(g->p->d, e, inner->at, "the exclusion");
		g->failed = true;
		g->set->n = from;
		return;
	}
}

static void gather_value(struct gather *g, const struct set_member *m, bool excluded)
{
	struct policy *p = g->p;
	struct constant c;
	num_t number;
	int r = constant_eval(p, NULL, g->domain, m->value, &c);

	if (r == 0) {
		if (m->value->kind == EXPR_NAME)
			diag_error(p->d, m->at, "E1011", "`%s` is no constant and no set", m->value->text.s);
		else
			diag_error(p->d, m->at, "E2012", "a member of a set must be a constant");
	}
	if (r != 1) {
		g->failed = true;
		return;
	}
	if (c.is_string) {
		const char *wrong = strlen(c.text.s) == c.text.len ? vm_glob_check(c.text.s) : "it holds a NUL byte";

		if (wrong) {
			diag_error(p->d, m->at, "E2010", "this is no glob: %s", wrong);
			g->failed = true;
			return;
		}
		add_member(g, true, c.text.s, 0, excluded, m->at);
		return;
	}
	if (!constant_in_domain(p, g->domain, &c, m->at, &number)) {
		g->failed = true;
		return;
	}
	add_member(g, false, "", number, excluded, m->at);
}

static void gather_members(struct gather *g, const struct set_member *m, bool excluded)
{
	for (; m; m = m->next) {
		struct definition *d = m->value->kind == EXPR_NAME ? find_definition(g->p, &m->value->text) : NULL;

		if (!policy_spend(g->p, 1, m->at)) {
			g->failed = true;
			return;
		}
		if (g->seen++ == MEMBERS_MAX)
			diag_error(g->p->d, m->at, "E2016", "a set has at most %u members", MEMBERS_MAX);
		if (g->seen > MEMBERS_MAX) {
			g->failed = true;
			return;
		}
		if (m->value->kind == EXPR_ERROR)
			g->failed = true;
		else if (d && d->item->kind == ITEM_SET)
			gather_set(g, d, m, excluded || m->excluded);
		else
			gather_value(g, m, excluded || m->excluded);
	}
}

/* What the numbers of a set depend on besides its text. */
static uint64_t domain_key(const struct policy *p, const struct domain *d)
{
	const struct abi_leaf *leaf = d->leaf;

	if (d->fact >= 0)
		return (uint64_t)1 << 62 | (uint64_t)d->fact;
	if (!leaf)
		return (uint64_t)1 << 61;
	return (uint64_t)abi_enc_signed(leaf->enc) << 60 | (uint64_t)legal_time_unit(p->schema, leaf) << 24 |
	       (uint64_t)leaf->kind << 16 | leaf->set;
}

#define ANY_DOMAIN ((uint64_t)1 << 63) /* no key is that */

/* A set (its definition, or where it is written) as it was resolved for a key.  NULL: not yet. */
static struct resolved_set *known_set(const struct policy *p, const void *set, uint64_t key)
{
	const uint64_t keys[] = { key, ANY_DOMAIN };
	uint64_t found;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const uint64_t pair[] = { (uint64_t)(uintptr_t)set, keys[i] };

		if (strmap_get(p->resolved, (const char *)pair, sizeof(pair), &found))
			return (struct resolved_set *)(uintptr_t)found;
	}
	return NULL;
}

static void remember_set(struct policy *p, const void *set, uint64_t key, struct resolved_set *s)
{
	const uint64_t pair[] = { (uint64_t)(uintptr_t)set, key };

	strmap_put(p->resolved, (const char *)pair, sizeof(pair), (uint64_t)(uintptr_t)s);
}

static struct resolved_set *resolve_set(struct policy *p, struct definition *d, const struct expr *anonymous,
					const struct domain *domain)
{
	uint64_t key = domain_key(p, domain);
	struct gather g = { .p = p, .domain = domain };
	struct resolved_set *s;

	s = known_set(p, d ? (const void *)d : anonymous, key);
	if (s)
		return s->failed ? NULL : s;
	s = arena_alloc(p->arena, sizeof(*s));
	*s = (struct resolved_set){
		.definition = d,
		.anonymous = anonymous,
		.key = key,
		.name = d ? d->item->name.s : "{...}",
	};
	g.set = s;
	if (d) {
		d->used = true;
		d->busy = true;
		gather_members(&g, d->item->members, false);
		d->busy = false;
	} else {
		gather_members(&g, anonymous->members, false);
	}
	s->failed = g.failed || !g.any;
	s->next = p->sets;
	p->sets = s;
	/* globs are the same whatever they meet */
	remember_set(p, d ? (const void *)d : anonymous, s->globs ? ANY_DOMAIN : key, s);
	return s->failed ? NULL : s;
}

static struct definition *set_by_name(struct policy *p, const struct text *name)
{
	struct definition *d = find_definition(p, name);
	struct suggest suggest = { .word = name->s, .word_len = name->len };
	struct diag *g;

	if (d && d->item->kind == ITEM_SET)
		return d;
	if (d) {
		g = diag_error(p->d, name->at, "E1016", "`%s` is a value, not a set", name->s);
		diag_note(p->d, g, d->item->name.at, "its definition");
		d->used = true;
		return NULL;
	}
	g = diag_error(p->d, name->at, "E1007", "there is no set `%s`", name->s);
	for (d = p->definitions; d; d = d->next) {
		if (d->item->kind == ITEM_SET && names_find(p, name->at, d->item->name.s, d->item->name.len))
			suggest_offer(&suggest, d->item->name.s);
	}
	if (suggest.best) {
		diag_help(p->d, g, "did you mean `%s`?", suggest.best);
		correct_name(p, g, name, NULL, suggest.best);
	}
	return NULL;
}

struct resolved_set *constant_set(struct policy *p, const struct expr *e, const struct domain *domain,
				  bool globs_wanted)
{
	struct definition *d = NULL;
	struct resolved_set *s;

	if (e->kind == EXPR_ERROR)
		return NULL;
	if (e->kind == EXPR_NAME) {
		d = set_by_name(p, &e->text);
		if (!d)
			return NULL;
	} else if (e->kind != EXPR_SET) {
		struct diag *g = diag_error(p->d, e->at, "E1007", "behind `in` stands a set");

		diag_help(p->d, g, "name one, or write its members in braces");
		return NULL;
	}
	s = resolve_set(p, d, d ? NULL : e, domain);
	if (s && s->globs != globs_wanted) {
		diag_error(p->d, e->at, "E2017", "this set holds %s, and what is looked for in it is %s",
			   s->globs ? "globs" : "numbers", globs_wanted ? "a string" : "a number");
		return NULL;
	}
	return s;
}

void constant_check_unused(struct policy *p)
{
	for (struct definition *d = p->definitions; d; d = d->next) {
		struct constant c;
		bool used = d->used;

		if (used || d->item->kind == ITEM_ERROR)
			continue;
		if (d->item->kind == ITEM_SET)
			resolve_set(p, d, NULL, &DOMAIN_NONE);
		else
			eval_let(p, d, &d->item->name, &c);
		d->used = false;
	}
}

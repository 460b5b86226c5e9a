/*
 * A literal reading of doc/spol.5: which rule decides, and whether a condition holds.
 */
#include "base/check.h"
#include "tests/unit/oracle.h"

#include <stdio.h>

#define RANKS_OF_A_LEVEL 1000u
#define WHOLE_CALL       500u /* `*` */

/* ---- which rules speak of a field, and how specifically ---- */

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static unsigned rows_of(const struct oracle *o, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < abi_schema_ncalls(o->schema); i++)
		n += is(abi_schema_call(o->schema, (uint32_t)i)->name, name);
	return n;
}

bool oracle_is_wide(const struct oracle *o, const struct oracle_target *t)
{
	return t->level >= BY_CLASS || (t->level == BY_CALL && rows_of(o, t->call) > 1);
}

static bool selects(const struct oracle_target *t, const struct abi_call *c)
{
	switch (t->level) {
	case BY_VARIANT:
		return is(t->call, c->name) && c->variant && is(t->variant, c->variant);
	case BY_CALL:
		return is(t->call, c->name);
	case BY_CLASS:
		return c->row->classes & t->class_bit;
	case BY_KIND:
	case BY_DEFAULT:
		break;
	}
	return true;
}

uint32_t oracle_rank(const struct oracle *o, const struct oracle_target *t, const struct abi_leaf *leaf)
{
	uint32_t rank = t->level * RANKS_OF_A_LEVEL;
	size_t len = t->path ? strlen(t->path) : 0;

	if (t->level == BY_DEFAULT || (t->level == BY_KIND && leaf->kind == t->kind))
		return rank;
	if (t->level == BY_KIND || !t->path || !selects(t, abi_schema_call(o->schema, leaf->call)))
		return UINT32_MAX;
	if (is(t->path, leaf->path))
		return rank;
	/* buf.addr: covered by its own name and by any ptr only */
	if (leaf->is_addr)
		return UINT32_MAX;
	if (is(t->path, "*"))
		return rank + WHOLE_CALL;
	/* all members that no rule names more specifically */
	if (strncmp(leaf->path, t->path, len) == 0 && (leaf->path[len] == '.' || leaf->path[len] == '['))
		return rank + WHOLE_CALL - 1 - (uint32_t)len;
	return UINT32_MAX;
}

uint32_t oracle_rank_call(const struct oracle *o, const struct oracle_rule *r, const struct oracle_target *t,
			  const struct abi_call *c)
{
	bool forbids = true;

	(void)o;
	if (!selects(t, c) || c->nr >= ABI_PSEUDO_FIRST)
		return UINT32_MAX;
	for (size_t i = 0; i < r->narms; i++)
		forbids = forbids && r->arms[i].disposition == DISP_FORBID;
	/* a forbid of the call comes first */
	return t->level + (forbids ? 0u : 10u);
}

/* ---- what may be said ---- */

bool oracle_verb_is_legal(const struct oracle *o, const struct abi_leaf *leaf, enum vm_verb verb)
{
	int32_t nr = abi_schema_call(o->schema, leaf->call)->nr;

	if (verb == VERB_MAP)
		return leaf->enc != ENC_BYTES || leaf->kind == KIND_PATH;
	if (verb == VERB_REPLAY)
		return !leaf->is_addr && !(leaf->synthetic && nr != ABI_SIGNAL && nr != ABI_INSTRUCTION) &&
		       nr != ABI_TASK_END && nr != ABI_EFFECT && (nr != ABI_INSTRUCTION || leaf->dir & DIR_OUT);
	return true;
}

num_t oracle_time_unit(const struct oracle *o, const struct abi_leaf *leaf)
{
	const char *call = abi_schema_call(o->schema, leaf->call)->name;

	if (leaf->enc == ENC_TIMESPEC || leaf->enc == ENC_TIMEVAL || leaf->enc == ENC_STAMP)
		return 1;
	if (is(call, "alarm") || (is(call, "sysinfo") && is(leaf->path, "info.uptime")))
		return 1000000000;
	return is(call, "poll") && is(leaf->path, "timeout") ? 1000000 : 0;
}

/* A literal with a unit as the number that a field counts by.  false: it makes no sense there. */
static bool literal_in(const struct oracle *o, const struct abi_leaf *leaf, const struct oracle_expr *e, num_t *out)
{
	num_t unit;

	*out = e->num;
	switch (e->unit) {
	case PLAIN:
		return true;
	case TIME:
		unit = leaf ? oracle_time_unit(o, leaf) : 1;
		if (unit == 0 || e->num % unit)
			return false;
		*out = e->num / unit;
		return true;
	case BYTES:
		return !leaf || leaf->kind == KIND_SIZE || leaf->kind == KIND_OFFSET || leaf->kind == KIND_COUNT ||
		       leaf->kind == KIND_COUNTER;
	case PERCENT:
		break;
	}
	return false;
}

/* ---- names ---- */

const struct abi_leaf *oracle_about(const struct oracle *o, const struct abi_call *c, enum abi_fact fact)
{
	const struct abi_fact_info *info = abi_fact_info(fact);
	const struct abi_leaf *named = abi_call_leaf(o->schema, c, info->base, strlen(info->base));

	for (uint32_t i = 0; i < c->nleaves && !named; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(o->schema, c->leaf_first + i);

		if (leaf->kind == info->about && leaf->reg < ABI_ARGS && (leaf->dir & DIR_IN))
			named = leaf;
	}
	return named;
}

bool oracle_has_fact(const struct oracle *o, const struct abi_call *c, const char *name, enum abi_fact *fact)
{
	for (int i = 0; i < FACT_COUNT; i++) {
		const struct abi_fact_info *info = abi_fact_info((enum abi_fact)i);
		char full[64];

		snprintf(full, sizeof(full), "%s%s%s", info->base, *info->member ? "." : "", info->member);
		if (!is(full, name))
			continue;
		*fact = (enum abi_fact)i;
		if (info->about != KIND_COUNT)
			return oracle_about(o, c, *fact) != NULL;
		if (!is(info->base, "file"))
			return true;
		for (uint32_t k = 0; k < c->nleaves; k++) {
			const struct abi_leaf *leaf = abi_schema_leaf(o->schema, c->leaf_first + k);

			if (leaf->kind == KIND_PATH && (leaf->dir & DIR_IN))
				return true;
		}
		return false;
	}
	return false;
}

/* One evaluation: of a field, or (own NULL) of a call. */
struct reading {
	const struct oracle *o;
	const struct abi_call *call;
	const struct abi_leaf *own;
	const struct oracle_world *world;
	enum vm_side bare; /* where bare names are read */
	bool nothing;      /* met a name or a literal that this call has no use for, or a value that is not there */
};

static const struct abi_leaf *field_of(const struct reading *r, const char *name)
{
	return *name ? abi_call_leaf(r->o->schema, r->call, name, strlen(name)) : r->own;
}

/* The bytes are text in memory: the NULs behind it are no part of it. */
static bool is_text(const struct abi_leaf *leaf)
{
	return leaf->kind == KIND_PATH || leaf->kind == KIND_STRING || leaf->kind == KIND_RELEASE ||
	       leaf->kind == KIND_HOSTNAME;
}

static struct value value_of_name(struct reading *r, const struct oracle_expr *e)
{
	enum vm_side side = e->side == SIDE_COUNT ? r->bare : e->side;
	const struct abi_leaf *leaf = field_of(r, e->name);
	struct value v = { .type = VALUE_ABSENT };
	enum abi_fact fact;

	if (leaf)
		v = r->world->fields[side][leaf->id];
	else if (oracle_has_fact(r->o, r->call, e->name, &fact))
		v = r->world->facts[fact][side];
	if (v.type == VALUE_ABSENT)
		r->nothing = true;
	while (leaf && is_text(leaf) && v.type == VALUE_BYTES && v.len && v.data[v.len - 1] == 0)
		v.len--;
	return v;
}

/* What constants of an expression meet: its first name. */
static const struct oracle_expr *first_name(const struct oracle_expr *e)
{
	const struct oracle_expr *found;

	if (!e || e->kind == X_NAME)
		return e;
	found = first_name(e->a);
	return found ? found : first_name(e->b);
}

static const struct abi_leaf *met(const struct reading *r, const struct oracle_expr *e, const struct oracle_expr * or)
{
	const struct oracle_expr *name = first_name(e);

	if (!name)
		name = first_name(or);
	return name ? field_of(r, name->name) : NULL;
}

/* ---- conditions ---- */

/* Exact and saturating; division by 0 is 0. */
static num_t calculate(enum oracle_kind kind, num_t a, num_t b)
{
	const num_t most = (num_t)(~(unum_t)0 >> 1), least = -most - 1;
	num_t r = 0;

	if (kind == X_ADD)
		return __builtin_add_overflow(a, b, &r) ? (b > 0 ? most : least) : r;
	if (kind == X_SUB || kind == X_NEG)
		return __builtin_sub_overflow(a, b, &r) ? (b < 0 ? most : least) : r;
	if (kind == X_MUL)
		return __builtin_mul_overflow(a, b, &r) ? ((a < 0) == (b < 0) ? most : least) : r;
	if (kind == X_DIV)
		return b == 0 ? 0 : a == least && b == -1 ? most : a / b;
	return kind == X_AND ? (a & b) : (a | b);
}

static num_t number(struct reading *r, const struct oracle_expr *e, const struct abi_leaf *meets)
{
	num_t n = 0;

	if (e->kind == X_NUMBER) {
		if (!literal_in(r->o, meets, e, &n))
			r->nothing = true;
		return n;
	}
	if (e->kind == X_NAME) {
		struct value v = value_of_name(r, e);

		INVARIANT(v.type != VALUE_BYTES);
		return v.type == VALUE_NUM ? v.num : 0;
	}
	if (e->kind == X_NEG)
		return calculate(X_NEG, 0, number(r, e->a, meets));
	n = number(r, e->a, meets);
	return calculate(e->kind, n, number(r, e->b, meets));
}

static struct value string(struct reading *r, const struct oracle_expr *e)
{
	struct value v = e->kind == X_STRING ? value_bytes(e->text, e->len) : value_of_name(r, e);

	INVARIANT(v.type != VALUE_NUM);
	return v;
}

/* `*` stays inside one path component, `**` crosses, `?` is one character, [a-z] a class, \ takes the next as it is. */
static bool matches(const char *glob, const uint8_t *s, size_t len)
{
	if (!*glob)
		return len == 0;
	if (glob[0] == '*' && glob[1] == '*')
		return matches(glob + 2, s, len) || (len && matches(glob, s + 1, len - 1));
	if (glob[0] == '*')
		return matches(glob + 1, s, len) || (len && *s != '/' && matches(glob, s + 1, len - 1));
	if (!len)
		return false;
	if (*glob == '?')
		return *s != '/' && matches(glob + 1, s + 1, len - 1);
	if (*glob == '[') {
		/* the oracle's classes are one range: [a-z] or [!a-z] */
		bool negated = glob[1] == '!', inside;

		glob += negated;
		inside = glob[1] <= *s && *s <= glob[3];
		return *s != '/' && inside != negated && matches(glob + 5, s + 1, len - 1);
	}
	glob += *glob == '\\';
	return (uint8_t)*glob == *s && matches(glob + 1, s + 1, len - 1);
}

/* true: the set names the value; out: as something that it excludes (also through a set in it). */
static void look_in(const struct oracle_set *set, const struct value *v, bool excluded, bool *in, bool *out)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct oracle_member *m = &set->members[i];
		bool hit;

		if (m->inner) {
			look_in(m->inner, v, excluded || m->excluded, in, out);
			continue;
		}
		hit = set->globs ? matches(m->text, v->data, v->len) : v->num == m->num;
		if (hit)
			*(excluded || m->excluded ? out : in) = true;
	}
}

static bool is_in(const struct oracle_set *set, const struct value *v)
{
	bool in = false, out = false;

	look_in(set, v, false, &in, &out);
	return in && !out;
}

/* |b - a| <= tolerance; a percentage is of a, and of a 0 only 0 is within.  Exact: as unsigned numbers nothing is lost.
 */
static bool is_within(const struct oracle_expr *tolerance, num_t limit, num_t a, num_t b)
{
	unum_t distance = a > b ? (unum_t)a - (unum_t)b : (unum_t)b - (unum_t)a, of = a < 0 ? -(unum_t)a : (unum_t)a;
	unum_t percent = (unum_t)tolerance->num;

	if (tolerance->unit == PERCENT)
		return distance <= of / 100 * percent + of % 100 * percent / 100;
	return distance <= (unum_t)limit;
}

static bool same_bytes(const struct value *a, const struct value *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

/* Both sides of and and or are read: a value that is not there anywhere makes the whole condition fail. */
static bool holds(struct reading *r, const struct oracle_expr *e)
{
	const struct abi_leaf *meets;
	struct value s, t;
	num_t a, b, limit = 0;
	bool x, y;

	if (e->kind == X_NOT)
		return !holds(r, e->a);
	if (e->kind == X_BOTH || e->kind == X_EITHER) {
		x = holds(r, e->a);
		y = holds(r, e->b);
		return e->kind == X_BOTH ? x && y : x || y;
	}
	if (e->kind == X_STR_EQ || e->kind == X_STR_NE) {
		s = string(r, e->a);
		t = string(r, e->b);
		return !r->nothing && same_bytes(&s, &t) == (e->kind == X_STR_EQ);
	}
	if (e->kind == X_IN) {
		s = e->set->globs ? string(r, e->a) : value_num(number(r, e->a, met(r, e->a, NULL)));
		return !r->nothing && is_in(e->set, &s);
	}
	if (e->kind == X_WITHIN) {
		meets = met(r, e->b, e->a);
		a = number(r, e->b, meets);
		b = number(r, e->a, meets);
		if (e->tolerance->unit != PERCENT && !literal_in(r->o, meets, e->tolerance, &limit))
			r->nothing = true;
		return is_within(e->tolerance, limit, a, b);
	}
	meets = met(r, e->a, e->b);
	a = number(r, e->a, meets);
	b = number(r, e->b, meets);
	if (e->kind == X_EQ || e->kind == X_NE)
		return (a == b) == (e->kind == X_EQ);
	if (e->kind == X_LT || e->kind == X_GE)
		return (a < b) == (e->kind == X_LT);
	return (a > b) == (e->kind == X_GT);
}

static bool has_bare_name(const struct oracle_expr *e)
{
	return e && ((e->kind == X_NAME && e->side == SIDE_COUNT) || has_bare_name(e->a) || has_bare_name(e->b));
}

/* A bare name speaks of both sides: the condition holds only if it does with them read from each. */
static bool condition_holds(struct reading r, const struct oracle_expr *e)
{
	for (int side = 0; side < SIDE_COUNT; side++) {
		r.bare = (enum vm_side)side;
		r.nothing = false;
		if (!holds(&r, e) || r.nothing)
			return false;
		if (!has_bare_name(e))
			break;
	}
	return true;
}

static bool tolerance_holds(const struct reading *r, const struct oracle_expr *tolerance)
{
	const struct value *recorded = &r->world->fields[SIDE_RECORDED][r->own->id],
			   *actual = &r->world->fields[SIDE_ACTUAL][r->own->id];
	num_t limit = 0;

	if (r->own->enc == ENC_BYTES || recorded->type != VALUE_NUM || actual->type != VALUE_NUM)
		return false;
	if (tolerance->unit != PERCENT && !literal_in(r->o, r->own, tolerance, &limit))
		return false;
	return is_within(tolerance, limit, recorded->num, actual->num);
}

static bool arm_holds(const struct reading *r, const struct oracle_arm *a)
{
	if (a->within && !tolerance_holds(r, a->within))
		return false;
	return !a->condition || condition_holds(*r, a->condition);
}

/* ---- which arm decides ---- */

struct found {
	const struct oracle_rule *rule;
	uint32_t rank;
};

/* The rules that speak of a field or a call, most specific first; one that another replaces is left out. */
static size_t rules_about(const struct oracle *o, const struct abi_leaf *leaf, const struct abi_call *c,
			  struct found found[64])
{
	size_t n = 0;

	for (size_t i = 0; i < o->nrules; i++) {
		const struct oracle_rule *r = o->rules[i];

		for (size_t k = 0; k < r->ntargets; k++) {
			uint32_t rank;
			size_t at;

			if (r->disposition != !leaf)
				continue;
			rank = leaf ? oracle_rank(o, &r->targets[k], leaf) : oracle_rank_call(o, r, &r->targets[k], c);
			if (rank == UINT32_MAX)
				continue;
			for (at = 0; at < n && found[at].rank < rank; at++)
				;
			if (at < n && found[at].rank == rank) {
				/* those of the top file come later, and replace */
				INVARIANT(r->file > found[at].rule->file && r->override);
				found[at].rule = r;
				continue;
			}
			INVARIANT(n < 64);
			memmove(&found[at + 1], &found[at], (n - at) * sizeof(*found));
			found[at] = (struct found){ r, rank };
			n++;
		}
	}
	return n;
}

struct oracle_answer oracle_decide(const struct oracle *o, const struct abi_leaf *leaf, const struct oracle_world *w)
{
	struct reading r = { .o = o, .call = abi_schema_call(o->schema, leaf->call), .own = leaf, .world = w };
	struct oracle_answer none = { .verb = VERB_EQUAL, .nobody = true };
	const struct value *recorded = &w->fields[SIDE_RECORDED][leaf->id], *actual = &w->fields[SIDE_ACTUAL][leaf->id];
	bool equal = recorded->type == actual->type &&
		     (recorded->type == VALUE_ABSENT ||
		      (recorded->type == VALUE_NUM ? recorded->num == actual->num : same_bytes(recorded, actual)));
	struct found found[64];
	size_t n = rules_about(o, leaf, NULL, found);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < found[i].rule->narms; k++) {
			const struct oracle_arm *a = &found[i].rule->arms[k];
			/* where a rule for many fields says what one of them cannot have, it says `equal` */
			enum vm_verb verb = oracle_verb_is_legal(o, leaf, a->verb) ? a->verb : VERB_EQUAL;

			/* and a rule for a kind replays nothing that the program asks for; a signal asks for nothing */
			if (found[i].rank / RANKS_OF_A_LEVEL == BY_KIND && verb == VERB_REPLAY && leaf->dir == DIR_IN &&
			    abi_schema_call(o->schema, leaf->call)->nr != ABI_SIGNAL)
				verb = VERB_EQUAL;

			if (!arm_holds(&r, a))
				continue;
			/* nothing but stop and map has anything to do with an equal pair */
			if (equal && verb != VERB_STOP && verb != VERB_MAP)
				return none;
			return (struct oracle_answer){
				.verb = verb, .file = found[i].rule->file, .line = a->line, .message = a->message
			};
		}
	}
	return none;
}

struct oracle_answer oracle_dispose(const struct oracle *o, const struct abi_call *c, const struct oracle_world *w)
{
	struct reading r = { .o = o, .call = c, .world = w };
	struct found found[64];
	size_t n = rules_about(o, NULL, c, found);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < found[i].rule->narms; k++) {
			const struct oracle_arm *a = &found[i].rule->arms[k];

			if (arm_holds(&r, a))
				return (struct oracle_answer){ .disposition = a->disposition,
							       .file = found[i].rule->file,
							       .line = a->line };
		}
	}
	return (struct oracle_answer){ .disposition = DISP_EXECUTE, .nobody = true };
}

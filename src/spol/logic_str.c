/*
 * Strings: classes of equal ones, constants, and what the automaton of all globs concerned lets through.  How many
 * strings a class may choose from is counted exactly as far as it matters.
 */
#include "spol/logic_internal.h"

#include "base/check.h"

#include <string.h>

#define EDGES_MAX   ((uint64_t)4 << 20) /* of an automaton */
#define STRINGS_MAX 64u                 /* asked of one class */
#define PUSHES_MAX  400000u
#define TRIES_MAX   20000u

/* ---- automata ---- */

/* Strings that the automaton leads to some states, shortest first. */
struct logic_region {
	struct logic_region *next;
	const uint8_t *wanted; /* by set: 0 out, 1 in, 2 either */
	bool is_text;
	uint32_t asked;
	struct value *strings;
	uint32_t n;
	bool all;    /* there are no others */
	bool failed; /* too much work */
};

static void build_back(struct logic *l, struct logic_dfa *d)
{
	const struct glob_dfa *g = &d->dfa;
	size_t edges = (size_t)g->nstates * g->nclasses;
	uint32_t *at;

	d->first = arena_array(l->arena, g->nstates + 1, sizeof(*d->first));
	d->back = arena_array(l->arena, edges, sizeof(*d->back));
	at = arena_array(l->arena, g->nstates + 1, sizeof(*at));
	for (size_t i = 0; i < edges; i++)
		d->first[g->next[i] + 1]++;
	for (uint32_t s = 0; s < g->nstates; s++)
		at[s + 1] = d->first[s + 1] += d->first[s];
	for (size_t i = 0; i < edges; i++)
		d->back[at[g->next[i]]++] = (uint32_t)(i / g->nclasses);
}

struct logic_dfa *str_dfa(struct logic *l, const uint32_t *sets, uint32_t nsets)
{
	CLEANUP(buf_free) struct buf key = { 0 }, members = { 0 };
	struct logic_dfa *d;
	uint32_t number;
	bool is_new;

	buf_byte(&key, 'd');
	buf_add(&key, sets, nsets * sizeof(*sets));
	number = logic_intern(l, &key, l->ndfas, &is_new);
	if (!is_new)
		return l->dfas[number];
	if (l->ndfas == l->dfas_room) {
		l->dfas_room = l->dfas_room ? l->dfas_room * 2 : 16;
		l->dfas = xrealloc(l->dfas, l->dfas_room, sizeof(struct logic_dfa *));
	}
	d = arena_alloc(l->arena, sizeof(*d));
	l->dfas[l->ndfas++] = d;
	d->sets = arena_copy(l->arena, sets, nsets * sizeof(*sets));
	d->nsets = nsets;
	for (uint32_t i = 0; i < nsets; i++) {
		const struct glob_set *s = &l->sets[sets[i]];

		for (size_t k = 0; k < s->n; k++) {
			struct glob_member m = { s->globs[k], i, s->excluded[k] };

			buf_add(&members, &m, sizeof(m));
		}
	}
	l->work += members.len / sizeof(struct glob_member);
	d->usable = glob_build((const struct glob_member *)(void *)members.data,
			       members.len / sizeof(struct glob_member), nsets, l->arena, &d->dfa, NULL) == 0 &&
		    (uint64_t)d->dfa.nstates * d->dfa.nclasses <= EDGES_MAX;
	l->work += (size_t)d->dfa.nstates * d->dfa.nclasses / 64;
	if (d->usable && nsets)
		build_back(l, d);
	return d;
}

static uint32_t run(const struct logic_dfa *d, const uint8_t *data, size_t len)
{
	uint32_t state = 1;

	for (size_t i = 0; i < len; i++)
		state = d->dfa.next[(size_t)state * d->dfa.nclasses + d->dfa.classes[data[i]]];
	return state;
}

bool str_accepts(const struct logic_dfa *d, const uint8_t *data, size_t len, uint32_t set)
{
	return glob_accepts(&d->dfa, run(d, data, len), set);
}

static bool row_fits(const struct logic_dfa *d, uint32_t state, const uint8_t *wanted)
{
	for (uint32_t i = 0; i < d->nsets; i++) {
		if (wanted[i] != 2 && glob_accepts(&d->dfa, state, i) != wanted[i])
			return false;
	}
	return true;
}

/* ---- strings of a region ---- */

/* One byte behind the string of an earlier place. */
struct step {
	uint32_t from; /* UINT32_MAX: the empty string */
	uint32_t len;
	uint16_t state;
	uint8_t byte;
};

/* Bytes in the order in which they are liked. */
static void order_bytes(uint8_t out[256])
{
	unsigned n = 0;
	bool taken[256] = { false };

	for (const char *p = "axbyz0123456789cdefghijklmnopqrstuvw./-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *p; p++) {
		taken[(uint8_t)*p] = true;
		out[n++] = (uint8_t)*p;
	}
	for (unsigned i = 0x20; i < 0x20 + 256; i++) {
		if (!taken[i % 256]) {
			taken[i % 256] = true;
			out[n++] = (uint8_t)i; /* printable ones first, NUL among the last */
		}
	}
}

static struct value string_of(struct logic *l, const struct step *steps, uint32_t at)
{
	uint32_t len = steps[at].len;
	uint8_t *data = arena_raw(l->arena, len + 1);

	data[len] = 0;
	for (uint32_t i = len; i-- > 0; at = steps[at].from)
		data[i] = steps[at].byte;
	return value_bytes(data, len);
}

/* Without globs every string will do. */
static void any_strings(struct logic *l, struct logic_region *r)
{
	for (r->n = 0; r->n < r->asked; r->n++)
		r->strings[r->n] =
			value_cstr(arena_printf(l->arena, "%c%.*u", 'a' + (int)(r->n % 26), r->n >= 26, r->n / 26));
}

/* States from which a state that fits can be reached. */
static bool *useful_states(struct logic *l, const struct logic_dfa *d, const uint8_t *wanted)
{
	bool *useful = arena_array(l->scratch, d->dfa.nstates, sizeof(*useful));
	uint32_t *queue = arena_array(l->scratch, d->dfa.nstates, sizeof(*queue)), n = 0;

	for (uint32_t s = 0; s < d->dfa.nstates; s++) {
		useful[s] = row_fits(d, s, wanted);
		if (useful[s])
			queue[n++] = s;
	}
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = d->first[queue[i]]; k < d->first[queue[i] + 1]; k++) {
			uint32_t s = d->back[k];

			if (!useful[s]) {
				useful[s] = true;
				queue[n++] = s;
			}
		}
	}
	return useful;
}

/*
 * The shortest strings first, each state taken as often as strings are asked for: the k shortest ways to a place begin
 * with some of the k shortest ways to the place before.  Of bytes that no glob tells apart as many are tried.
 */
static size_t find_strings(struct logic *l, const struct logic_dfa *d, struct logic_region *r)
{
	CLEANUP(buf_free) struct buf queue = { 0 };
	bool *useful = useful_states(l, d, r->wanted);
	uint32_t *taken = arena_array(l->scratch, (size_t)d->dfa.nstates * 2, sizeof(*taken)), pushed = 1;
	struct step start = { .from = UINT32_MAX, .state = 1 };
	uint8_t bytes[256];

	order_bytes(bytes);
	if (useful[1])
		buf_add(&queue, &start, sizeof(start));
	for (uint32_t i = 0; i < queue.len / sizeof(struct step); i++) {
		struct step s = ((const struct step *)(const void *)queue.data)[i];
		bool ends_nul = s.len && s.byte == 0;
		uint32_t tried[256] = { 0 }, limit = r->asked + 1; /* one more: the NUL may have to be left out */

		if (taken[s.state * 2u + ends_nul]++ > r->asked)
			continue;
		if (row_fits(d, s.state, r->wanted) && !(r->is_text && ends_nul)) {
			r->strings[r->n++] = string_of(l, (const struct step *)(const void *)queue.data, i);
			if (r->n == r->asked)
				return pushed / 16;
		}
		for (unsigned b = 0; b < 256; b++) {
			uint8_t class = d->dfa.classes[bytes[b]];
			uint16_t to = d->dfa.next[(size_t)s.state * d->dfa.nclasses + class];
			struct step next = { i, s.len + 1, to, bytes[b] };

			if (!useful[to] || tried[class]++ >= limit)
				continue;
			if (++pushed > PUSHES_MAX) {
				r->failed = true;
				return pushed / 16;
			}
			buf_add(&queue, &next, sizeof(next));
		}
	}
	r->all = true;
	return pushed / 16;
}

static struct logic_region *region(struct logic *l, struct logic_dfa *d, const uint8_t *wanted, bool is_text,
				   uint32_t asked)
{
	struct logic_region *r;

	/* rounded up, so that a region is not searched again for one string more */
	asked = asked < 4 ? 4 : asked < 16 ? 16 : STRINGS_MAX;
	for (r = d->regions; r; r = r->next) {
		if (r->is_text == is_text && r->asked >= asked &&
		    (d->nsets == 0 || memcmp(r->wanted, wanted, d->nsets) == 0))
			return r;
	}
	r = arena_alloc(l->arena, sizeof(*r));
	*r = (struct logic_region){ .next = d->regions, .is_text = is_text, .asked = asked };
	r->wanted = arena_copy(l->arena, wanted, d->nsets);
	r->strings = arena_array(l->arena, asked, sizeof(*r->strings));
	d->regions = r;
	if (d->nsets)
		l->work += find_strings(l, d, r);
	else
		any_strings(l, r);
	return r;
}

/* ---- classes of equal strings ---- */

struct string_class {
	bool known, is_text;
	struct value value;
	uint8_t *wanted;        /* by set of the automaton */
	struct value *excluded; /* constants that it is not */
	uint32_t nexcluded, degree;
	struct value *choices;
	uint32_t nchoices;
	bool limited; /* choices are all there are */
};

struct strings {
	struct logic *l;
	struct logic_dfa *dfa;
	uint32_t *vars; /* in order of first mention */
	uint32_t *parent;
	uint32_t nvars;
	struct string_class *classes; /* by root */
	uint32_t (*apart)[2];         /* roots that must differ */
	uint32_t napart;
	unsigned tries;
};

static uint32_t find_root(struct strings *s, uint32_t i)
{
	while (s->parent[i] != i)
		i = s->parent[i] = s->parent[s->parent[i]];
	return i;
}

static uint32_t local(struct strings *s, uint32_t var)
{
	for (uint32_t i = 0; i < s->nvars; i++) {
		if (s->vars[i] == var)
			return i;
	}
	s->vars[s->nvars] = var;
	s->parent[s->nvars] = s->nvars;
	return s->nvars++;
}

static bool is_excluded(const struct string_class *c, const struct value *v)
{
	for (uint32_t i = 0; i < c->nexcluded; i++) {
		if (value_equal(&c->excluded[i], v))
			return true;
	}
	return false;
}

/* false: contradiction. */
static bool take_constant(struct string_class *c, const struct atom *a, bool holds)
{
	struct value v = value_bytes(a->text, a->len);

	if (!holds) {
		c->excluded[c->nexcluded++] = v;
		return true;
	}
	if (c->known)
		return value_equal(&c->value, &v);
	c->known = true;
	c->value = v;
	return true;
}

static bool take_set(struct strings *s, struct string_class *c, uint32_t set, bool holds)
{
	uint32_t i = 0;

	while (i < s->dfa->nsets && s->dfa->sets[i] != set)
		i++;
	INVARIANT(i < s->dfa->nsets);
	if (c->wanted[i] != 2)
		return c->wanted[i] == holds;
	c->wanted[i] = holds;
	return true;
}

/* A class whose string is given keeps all that is said about it. */
static bool known_fits(const struct strings *s, const struct string_class *c)
{
	if (is_excluded(c, &c->value))
		return false;
	if (c->is_text && c->value.len && c->value.data[c->value.len - 1] == 0)
		return false;
	return s->dfa->nsets == 0 || row_fits(s->dfa, run(s->dfa, c->value.data, c->value.len), c->wanted);
}

static bool read_literals(struct strings *s, const struct literal *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct atom *a = &s->l->atoms[list[i].atom];

		if (a->kind == ATOM_SAME && list[i].holds) {
			uint32_t x = find_root(s, local(s, a->x)), y = find_root(s, local(s, a->y));

			s->parent[x > y ? x : y] = x > y ? y : x;
		} else if (a->kind == ATOM_IS || a->kind == ATOM_GLOBS || a->kind == ATOM_SAME) {
			local(s, a->x);
			if (a->kind == ATOM_SAME)
				local(s, a->y);
		}
	}
	s->classes = arena_array(s->l->scratch, s->nvars, sizeof(*s->classes));
	for (uint32_t i = 0; i < s->nvars; i++) {
		struct string_class *c = &s->classes[i];

		c->wanted = arena_raw(s->l->scratch, s->dfa->nsets + 1);
		memset(c->wanted, 2, s->dfa->nsets + 1);
		c->excluded = arena_array(s->l->scratch, n + 1, sizeof(*c->excluded));
		if (s->l->vars[s->vars[i]].is_text)
			s->classes[find_root(s, i)].is_text = true;
	}
	for (size_t i = 0; i < n; i++) {
		const struct atom *a = &s->l->atoms[list[i].atom];
		uint32_t x, y;

		if (a->kind != ATOM_IS && a->kind != ATOM_GLOBS && a->kind != ATOM_SAME)
			continue;
		x = find_root(s, local(s, a->x));
		if (a->kind == ATOM_IS && !take_constant(&s->classes[x], a, list[i].holds))
			return false;
		if (a->kind == ATOM_GLOBS && !take_set(s, &s->classes[x], a->y, list[i].holds))
			return false;
		if (a->kind != ATOM_SAME || list[i].holds)
			continue;
		y = find_root(s, local(s, a->y));
		if (x == y)
			return false;
		s->apart[s->napart][0] = x;
		s->apart[s->napart++][1] = y;
		s->classes[x].degree++;
		s->classes[y].degree++;
	}
	return true;
}

static bool is_liked(const struct value *v)
{
	return v->len && v->data[v->len - 1] != '/' && !memmem(v->data, v->len, "//", 2);
}

/* What looks like a name first. */
static void like(struct string_class *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->nchoices; i++) {
		struct value v = c->choices[i];

		if (!is_liked(&v))
			continue;
		memmove(c->choices + n + 1, c->choices + n, (i - n) * sizeof(v));
		c->choices[n++] = v;
	}
}

/* UNSAT: there is no string for this class alone. */
static enum logic_answer find_choices(struct strings *s, struct string_class *c)
{
	struct logic_region *r;
	uint32_t asked = 1 + c->nexcluded + c->degree;

	if (c->known) {
		c->choices = &c->value;
		c->nchoices = 1;
		c->limited = true;
		return known_fits(s, c) ? LOGIC_SAT : LOGIC_UNSAT;
	}
	if (!s->dfa->usable)
		return LOGIC_UNKNOWN;
	r = region(s->l, s->dfa, c->wanted, c->is_text, asked);
	c->choices = arena_array(s->l->scratch, r->n, sizeof(*c->choices));
	for (uint32_t i = 0; i < r->n; i++) {
		if (!is_excluded(c, &r->strings[i]))
			c->choices[c->nchoices++] = r->strings[i];
	}
	like(c);
	c->limited = r->all;
	if (c->nchoices)
		return LOGIC_SAT;
	return c->limited ? LOGIC_UNSAT : LOGIC_UNKNOWN;
}

static bool may_be(const struct strings *s, uint32_t root, const struct value *v, const bool *set)
{
	for (uint32_t i = 0; i < s->napart; i++) {
		uint32_t a = s->apart[i][0], b = s->apart[i][1], other = a == root ? b : a;

		if ((a == root || b == root) && set[other] && value_equal(&s->classes[other].value, v))
			return false;
	}
	return true;
}

/* A string for the classes from i on; set[] says which have one. */
static bool choose(struct strings *s, uint32_t i, bool *set)
{
	struct string_class *c;

	while (i < s->nvars && s->parent[i] != i)
		i++;
	if (i == s->nvars)
		return true;
	c = &s->classes[i];
	for (uint32_t k = 0; k < c->nchoices; k++) {
		struct value v = c->choices[k];

		if (s->tries++ > TRIES_MAX)
			return false;
		if (!may_be(s, i, &v, set))
			continue;
		c->value = v;
		set[i] = true;
		if (choose(s, i + 1, set))
			return true;
		set[i] = false;
	}
	return false;
}

enum logic_answer str_solve(struct logic *l, struct logic_dfa *dfa, const struct literal *list, size_t n,
			    struct value *values, unsigned *budget)
{
	struct strings s = { .l = l, .dfa = dfa };
	enum logic_answer answer = LOGIC_SAT;
	size_t before = l->work;
	bool limited = true;
	bool *set;

	if (*budget == 0)
		return LOGIC_UNKNOWN;
	logic_spend(budget, 1 + n / 16);
	arena_reset(l->scratch);
	s.vars = arena_array(l->scratch, n * 2, sizeof(*s.vars));
	s.parent = arena_array(l->scratch, n * 2, sizeof(*s.parent));
	s.apart = arena_array(l->scratch, n, sizeof(*s.apart));
	if (!read_literals(&s, list, n))
		return LOGIC_UNSAT;
	for (uint32_t i = 0; i < s.nvars; i++) {
		enum logic_answer one;

		s.parent[i] = find_root(&s, i);
		if (s.parent[i] != i)
			continue;
		one = find_choices(&s, &s.classes[i]);
		if (one == LOGIC_UNSAT)
			return one;
		if (one == LOGIC_UNKNOWN)
			answer = one;
		/* who has a choice for each neighbour, and one more, is in nobody's way */
		limited = limited && (s.classes[i].limited || s.classes[i].nchoices > s.classes[i].degree);
	}
	logic_spend(budget, l->work - before);
	if (answer != LOGIC_SAT)
		return answer;
	set = arena_array(l->scratch, s.nvars, sizeof(*set));
	if (!choose(&s, 0, set)) {
		logic_spend(budget, s.tries / 16);
		return limited && s.tries <= TRIES_MAX ? LOGIC_UNSAT : LOGIC_UNKNOWN;
	}
	for (uint32_t i = 0; i < s.nvars; i++)
		values[s.vars[i]] = s.classes[s.parent[i]].value;
	return LOGIC_SAT;
}

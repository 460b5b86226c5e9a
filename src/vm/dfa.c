/*
 * All globs of a policy become one deterministic automaton: bytes that no glob tells apart share a class, states are
 * the sets of places in the globs that a path may have reached (subset construction), found breadth first and so
 * numbered the same way each time.
 */
#include "base/buf.h"
#include "base/check.h"
#include "base/map.h"
#include "vm/glob.h"

#include <stdlib.h>
#include <string.h>

#define WORK_MAX   ((uint64_t)200 << 20) /* places visited: half a second */
#define PLACES_MAX ((size_t)8 << 20)     /* places of all states together, each kept twice: 64 MiB */

struct builder {
	struct glob_token *tokens; /* of all globs, one after the other, each with an unused one as its end */
	uint32_t *ends;            /* by place: 1 + the member that ends there, 0 none */
	size_t nplaces;
	const struct glob_member *members;
	uint32_t nsets;
	struct glob_dfa *dfa;
	struct strmap *states, *rows; /* set of places -> state; row of sets -> number */
	uint32_t nstates;
	struct buf places;  /* uint32_t: the places of all states */
	struct buf spans;   /* struct span_of, by state */
	struct buf next;    /* uint16_t */
	struct buf accepts; /* uint32_t, by state */
	struct buf row_bytes;
	uint32_t *stamps, stamp; /* by place: the last step that took it in */
	uint32_t *work;          /* places of the state under construction */
	size_t nwork;
	uint64_t visited;
};

struct span_of {
	size_t first, n;
};

static bool has_byte(const struct glob_token *t, unsigned byte)
{
	return t->bytes[byte / 64] >> (byte % 64) & 1;
}

/* Takes in a place and those that it reaches without a byte. */
static void take(struct builder *b, uint32_t place)
{
	for (;; place++) {
		if (b->stamps[place] == b->stamp)
			return;
		b->stamps[place] = b->stamp;
		b->work[b->nwork++] = place;
		if (b->ends[place] || !b->tokens[place].loop)
			return;
	}
}

static int by_place(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static uint32_t row_of(struct builder *b)
{
	size_t size = glob_row_bytes(b->nsets);
	uint8_t *row = xcalloc(size, 1), *out = xcalloc(size, 1);
	uint64_t number;

	for (size_t i = 0; i < b->nwork; i++) {
		uint32_t end = b->ends[b->work[i]];

		if (end) {
			const struct glob_member *m = &b->members[end - 1];

			(m->excluded ? out : row)[m->set / 8] |= (uint8_t)(1u << (m->set % 8));
		}
	}
	for (size_t i = 0; i < size; i++)
		row[i] &= (uint8_t)~out[i];
	if (!strmap_get(b->rows, (const char *)row, size, &number)) {
		number = strmap_count(b->rows);
		strmap_put(b->rows, (const char *)row, size, number);
		buf_add(&b->row_bytes, row, size);
	}
	free(row);
	free(out);
	return (uint32_t)number;
}

/* A new state of the places in work, which are in order. */
static uint32_t add_state(struct builder *b)
{
	struct span_of span = { b->places.len / sizeof(*b->work), b->nwork };
	uint32_t row = row_of(b);

	strmap_put(b->states, (const char *)b->work, b->nwork * sizeof(*b->work), b->nstates);
	buf_add(&b->places, b->work, b->nwork * sizeof(*b->work));
	buf_add(&b->spans, &span, sizeof(span));
	buf_add(&b->accepts, &row, sizeof(row));
	return b->nstates++;
}

/* A step from places in order takes the following ones in order: there is hardly ever anything to do. */
static void sort_work(struct builder *b)
{
	for (size_t i = 1; i < b->nwork; i++) {
		if (b->work[i - 1] < b->work[i])
			continue;
		qsort(b->work, b->nwork, sizeof(*b->work), by_place);
		return;
	}
}

/* The number of the state whose places are in work; a new one if need be. */
static uint32_t state_of(struct builder *b)
{
	uint64_t number;

	if (b->nwork == 0)
		return 0;
	sort_work(b);
	if (strmap_get(b->states, (const char *)b->work, b->nwork * sizeof(*b->work), &number))
		return (uint32_t)number;
	return add_state(b);
}

/* The state that follows on a byte. */
static uint32_t step(struct builder *b, struct span_of from, unsigned byte)
{
	b->stamp++;
	b->nwork = 0;
	b->visited += from.n + 1;
	for (size_t i = 0; i < from.n; i++) {
		uint32_t place = ((const uint32_t *)(const void *)b->places.data)[from.first + i];
		const struct glob_token *t = &b->tokens[place];

		if (!b->ends[place] && has_byte(t, byte))
			take(b, t->loop ? place : place + 1);
	}
	return state_of(b);
}

/* Numbers the classes in the order of their first bytes. */
static void make_classes(struct builder *b, unsigned representative[256])
{
	struct glob_dfa *d = b->dfa;

	d->nclasses = 1;
	for (size_t place = 0; place < b->nplaces; place++) {
		int16_t split[2][256];
		uint32_t n = 0;

		if (b->ends[place])
			continue;
		memset(split, -1, sizeof(split));
		for (unsigned byte = 0; byte < 256; byte++) {
			int16_t *new_class = &split[has_byte(&b->tokens[place], byte)][d->classes[byte]];

			if (*new_class < 0)
				*new_class = (int16_t)n++;
			d->classes[byte] = (uint8_t)*new_class;
		}
		d->nclasses = n;
	}
	for (unsigned byte = 256; byte-- > 0;)
		representative[d->classes[byte]] = byte;
}

static int make_states(struct builder *b, struct err *err)
{
	unsigned representative[256];
	uint32_t place = 0;

	make_classes(b, representative);
	b->stamp = 1;
	add_state(b); /* no place at all: 0, dead */
	for (size_t m = 0; place < b->nplaces; m++) {
		take(b, place);
		while (!b->ends[place])
			place++;
		place++;
	}
	sort_work(b);
	add_state(b); /* 1, the start, even if nothing can follow */
	for (uint32_t state = 0; state < b->nstates; state++) {
		struct span_of from = ((const struct span_of *)(const void *)b->spans.data)[state];

		for (uint32_t c = 0; c < b->dfa->nclasses; c++) {
			uint16_t to = (uint16_t)step(b, from, representative[c]);

			buf_add(&b->next, &to, sizeof(to));
			if (b->nstates > GLOB_STATES_MAX)
				return err_set(
					err, ERR_LIMIT,
					"the globs of this policy need more than %u states: each `**` before other "
					"text multiplies those of the others",
					GLOB_STATES_MAX);
			if (b->visited > WORK_MAX || b->places.len / sizeof(*b->work) > PLACES_MAX)
				return err_set(
					err, ERR_LIMIT,
					"the globs of this policy are too many or too entangled: each `**` before "
					"other text multiplies the states of the others");
		}
	}
	return 0;
}

static void take_places(struct builder *b, size_t nmembers)
{
	for (size_t i = 0; i < nmembers; i++)
		b->nplaces += strlen(b->members[i].glob) + 1;
	INVARIANT(b->nplaces < UINT32_MAX);
	b->tokens = xcalloc(b->nplaces, sizeof(*b->tokens));
	b->ends = xcalloc(b->nplaces, sizeof(*b->ends));
	b->stamps = xcalloc(b->nplaces, sizeof(*b->stamps));
	b->work = xcalloc(b->nplaces + 1, sizeof(*b->work));
	b->nplaces = 0;
	for (size_t i = 0; i < nmembers; i++) {
		size_t n;
		const char *wrong = glob_parse(b->members[i].glob, b->tokens + b->nplaces, &n);

		INVARIANT(!wrong && b->members[i].set < b->nsets);
		b->nplaces += n;
		b->ends[b->nplaces++] = (uint32_t)i + 1;
	}
}

int glob_build(const struct glob_member *members, size_t nmembers, uint32_t nsets, struct arena *arena,
	       struct glob_dfa *out, struct err *err)
{
	struct builder b = { .members = members, .nsets = nsets, .dfa = out };
	int result;

	memset(out, 0, sizeof(*out));
	if (!nsets)
		return 0;
	b.states = strmap_new();
	b.rows = strmap_new();
	take_places(&b, nmembers);
	result = make_states(&b, err);
	if (result == 0) {
		out->nsets = nsets;
		out->nstates = b.nstates;
		out->nrows = (uint32_t)strmap_count(b.rows);
		out->next = arena_copy(arena, b.next.data, b.next.len);
		out->accepts = arena_copy(arena, b.accepts.data, b.accepts.len);
		out->rows = arena_copy(arena, b.row_bytes.data, b.row_bytes.len);
	}
	strmap_free(b.states);
	strmap_free(b.rows);
	free(b.tokens);
	free(b.ends);
	free(b.stamps);
	free(b.work);
	buf_free(&b.places);
	buf_free(&b.spans);
	buf_free(&b.next);
	buf_free(&b.accepts);
	buf_free(&b.row_bytes);
	return result;
}

void glob_prepare(struct glob_dfa *d, struct arena *arena)
{
	bool *settled = arena_array(arena, d->nstates, sizeof(*settled));
	uint32_t *jumps;

	d->shift = 0;
	while (((uint32_t)1 << d->shift) < d->nclasses)
		d->shift++;
	jumps = arena_array(arena, (size_t)d->nstates << d->shift, sizeof(*jumps));
	for (uint32_t state = 0; state < d->nstates; state++) {
		settled[state] = true;
		for (uint32_t c = 0; c < d->nclasses && settled[state]; c++)
			settled[state] = d->next[(size_t)state * d->nclasses + c] == state;
	}
	for (uint32_t state = 0; state < d->nstates; state++) {
		for (uint32_t c = 0; c < d->nclasses; c++) {
			uint32_t to = d->next[(size_t)state * d->nclasses + c];

			jumps[((size_t)state << d->shift) + c] = to << d->shift | (settled[to] ? GLOB_SETTLED : 0);
		}
	}
	d->jumps = jumps;
}

/*
 * Lints about what a rule lets through, by facts of the schema: data that leaves the program, requests, digests of what
 * runs, and calls whose effects a disposition hides.  A rule may speak of many fields; each of its arms is told once.
 */
#include "spol/policy.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* What is suspicious about a verb for a field. */
enum effect {
	EFFECT_NONE,
	EFFECT_LEAVES,  /* W1009 */
	EFFECT_REQUEST, /* W1006 */
	EFFECT_CONTENT, /* W1010 */
};

struct hit {
	const struct link *link;
	const struct abi_leaf *leaf;
	enum effect effect;
};

struct hits {
	struct hit *list;
	size_t n, room;
};

static void add_hit(struct hits *h, const struct link *l, const struct abi_leaf *leaf, enum effect effect)
{
	if (h->n == h->room) {
		h->room = h->room ? 2 * h->room : 64;
		h->list = xrealloc(h->list, h->room, sizeof(*h->list));
	}
	h->list[h->n++] = (struct hit){ l, leaf, effect };
}

/* Content, names and addresses that others get to see. */
static bool leaves_program(const struct policy *p, const struct abi_leaf *leaf)
{
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);

	return (leaf->dir & DIR_IN) && (leaf->enc == ENC_BYTES || leaf->kind == KIND_SOCKADDR) &&
	       (leaf->synthetic || (c->row->flags & CALL_CHANGES));
}

static bool is_request(const struct abi_leaf *leaf)
{
	return leaf->dir == DIR_IN && !leaf->synthetic;
}

/* The digest of a file that is executed or mapped. */
static bool is_content(const struct policy *p, const struct abi_leaf *leaf)
{
	const struct abi_call *c = abi_schema_call(p->schema, leaf->call);

	return leaf->synthetic && leaf->kind == KIND_DATA && !(leaf->dir & DIR_IN) &&
	       (c->row->flags & (CALL_EXEC | CALL_MAPS));
}

static bool in_top_file(const struct policy *p, const struct target *t)
{
	return t->file->number + 1 == p->nfiles;
}

/* `default: accept;`, of which W1013 says all. */
static bool is_bare_default(const struct link *l)
{
	return l->target->level == LEVEL_DEFAULT && !l->condition && !l->within;
}

static void look_at_link(struct policy *p, struct hits *h, const struct link *l, const struct abi_leaf *leaf)
{
	if (!l->target || !in_top_file(p, l->target) || is_bare_default(l))
		return;
	if (l->verb != VERB_ACCEPT && l->verb != VERB_REPLAY)
		return;
	if (leaves_program(p, leaf))
		add_hit(h, l, leaf, EFFECT_LEAVES);
	if (l->verb == VERB_REPLAY && is_request(leaf))
		add_hit(h, l, leaf, EFFECT_REQUEST);
	if (l->verb == VERB_ACCEPT && is_content(p, leaf))
		add_hit(h, l, leaf, EFFECT_CONTENT);
}

static int by_arm(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;
	uint32_t from = a->link->arm->verb_at.start, other = b->link->arm->verb_at.start;

	if (from != other)
		return from < other ? -1 : 1;
	if (a->effect != b->effect)
		return a->effect < b->effect ? -1 : 1;
	return a->leaf->id < b->leaf->id ? -1 : a->leaf->id > b->leaf->id;
}

static void report_hits(struct policy *p, const struct hit *first, size_t n)
{
	const struct abi_leaf *leaf = first->leaf;
	const char *call = abi_schema_call(p->schema, leaf->call)->label;
	const char *verb = vm_verb_name(first->link->verb), *what = arena_printf(p->arena, "%s.%s", call, leaf->path);
	struct span at = first->link->arm->verb_at;
	bool replay = first->link->verb == VERB_REPLAY, many = n > 1;
	struct diag *g;

	if (many)
		what = arena_printf(p->arena, "%s and %zu more field%s", what, n - 1, n == 2 ? "" : "s");
	switch (first->effect) {
	case EFFECT_NONE:
		return;
	case EFFECT_LEAVES:
		g = diag_warning(p->d, at, "W1009", "%s %s the program: `%s` %s", what, many ? "leave" : "leaves", verb,
				 replay ? "sends the recorded data in place of what the program made"
					: "lets other data out than was recorded");
		diag_help(p->d, g, "`equal` stops the run before the data is out");
		return;
	case EFFECT_REQUEST:
		g = diag_warning(p->d, at, "W1006", "%s %s what the program asks for: `replay` rewrites the request",
				 what, many ? "are" : "is");
		diag_help(p->d, g, "`accept` lets the program's own request through, `equal` stops at another one");
		diag_guess(p->d, g, at, "accept");
		return;
	case EFFECT_CONTENT:
		g = diag_warning(p->d, at, "W1010",
				 "%s %s of what the program runs or maps: `accept` lets any other content in", what,
				 many ? "are digests" : "is the digest");
		diag_help(p->d, g,
			  "`equal` holds it to the recorded content; a condition can say which files may differ");
		return;
	}
}

static void check_fields(struct policy *p)
{
	struct hits h = { 0 };
	size_t n;

	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		for (const struct link *l = p->chains[i].first; l; l = l->next)
			look_at_link(p, &h, l, abi_schema_leaf(p->schema, (uint32_t)i));
	}
	if (h.n)
		qsort(h.list, h.n, sizeof(*h.list), by_arm);
	/* one field may be decided by several selectors' copies of an arm: the arm is what counts */
	for (size_t i = 0; i < h.n; i += n) {
		n = 1;
		while (i + n < h.n && h.list[i + n].link->arm == h.list[i].link->arm &&
		       h.list[i + n].effect == h.list[i].effect)
			n++;
		report_hits(p, &h.list[i], n);
	}
	free(h.list);
}

/* ---- dispositions ---- */

/* What a call does besides its data, and what a disposition makes of that. */
static const struct {
	uint32_t flags;
	const char *ignored;  /* not traced: what is wrong then */
	const char *emulated; /* not executed: what is wrong then; NULL: nothing */
} deeds[] = {
	{ CALL_NEW_FD | CALL_NEW_FD_PAIR, "the descriptor that it makes is not known",
	  "the descriptor that it gives is not there" },
	{ CALL_NEW_TASK, "the task that it makes is not followed", "no task is made" },
	{ CALL_EXEC, "another program runs and nobody knows", "no program is executed" },
	{ CALL_MAPS, "what it does to the address space is not known", "the address space stays as it is" },
	{ CALL_CLOSE_FD, "the descriptor that it closes counts as open", "the descriptor stays open" },
	{ CALL_CWD, "the directory that it changes to is not known", "the directory is not changed" },
	{ CALL_NO_RETURN, "it ends what is traced", "the program goes on where it should end" },
	{ CALL_CHANGES, "what it hands out is not compared", NULL },
};

/* Some field that the program gets from the call, or NULL.  A status as result is none. */
static const struct abi_leaf *find_output(const struct policy *p, const struct abi_call *c)
{
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if ((leaf->dir & DIR_OUT) && !(leaf->reg == ABI_REG_RET && leaf->kind == KIND_INT))
			return leaf;
	}
	return NULL;
}

static void check_ignore(struct policy *p, const struct arm *a, const struct abi_call *c)
{
	const struct abi_leaf *output = find_output(p, c);
	const char *why = NULL;
	struct diag *g;

	for (size_t i = 0; i < ARRAY_LEN(deeds) && !why; i++) {
		if (c->row->flags & deeds[i].flags)
			why = deeds[i].ignored;
	}
	if (!why && output)
		why = arena_printf(p->arena, "what it gives to the program (%s) is neither recorded nor compared",
				   output->path);
	if (!why)
		return;
	g = diag_warning(p->d, a->verb_at, "W1011", "`ignore` of %s: %s", c->label, why);
	diag_help(p->d, g, "let it be traced: rules for its fields say what may differ");
}

static void check_emulate(struct policy *p, const struct arm *a, const struct abi_call *c)
{
	const char *why = NULL;

	for (size_t i = 0; i < ARRAY_LEN(deeds) && !why; i++) {
		if ((c->row->flags & deeds[i].flags) && !(c->row->flags & CALL_STAND_IN))
			why = deeds[i].emulated;
	}
	/* calls by path leave their traces in the file system; what is sent to somebody may well be held back */
	if (!why && (c->row->flags & CALL_CHANGES) && (c->row->classes & CLASS_FILE))
		why = "the files stay as they are, and later calls see that";
	if (why)
		diag_warning(p->d, a->verb_at, "W1012", "`emulate` of %s: it is not executed, so %s", c->label, why);
}

static void check_optional(struct policy *p, const struct arm *a, const struct abi_call *c)
{
	if (c->row->flags & CALL_CHANGES)
		diag_warning(p->d, a->verb_at, "W1016",
			     "`optional` of %s: one that was never recorded is let through, whatever it hands out",
			     c->label);
}

static void check_dispositions(struct policy *p)
{
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		for (const struct link *l = p->disposed[i].first; l; l = l->next) {
			if (!in_top_file(p, l->target))
				continue;
			switch (l->arm->disposition) {
			case DISP_IGNORE:
				check_ignore(p, l->arm, c);
				break;
			case DISP_EMULATE:
				check_emulate(p, l->arm, c);
				break;
			case DISP_OPTIONAL:
				check_optional(p, l->arm, c);
				break;
			case DISP_EXECUTE:
			case DISP_FORBID:
			case DISP_COUNT:
				break;
			}
		}
	}
}

/* ---- rules and promises as such ---- */

static void check_default(struct policy *p, const struct target *t)
{
	for (const struct arm *a = t->rule->arms; a; a = a->next) {
		struct diag *g;

		if (a->condition || a->within || (a->verb != VERB_ACCEPT && a->verb != VERB_REPLAY))
			continue;
		g = diag_warning(p->d, a->verb_at, "W1013", "`default: %s`: whatever no rule names may differ",
				 vm_verb_name(a->verb));
		diag_help(p->d, g, "write `default: equal;` and rules for what may differ");
		return;
	}
}

static void check_tolerances(struct policy *p)
{
	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		for (const struct link *l = p->chains[i].first; l; l = l->next) {
			struct diag *g;

			if (!l->within || l->within->num != 0 || !in_top_file(p, l->target))
				continue;
			g = diag_warning(p->d, l->arm->within->at, "W1015",
					 "values that differ are never within 0 of one another");
			diag_help(p->d, g, "leave the arm out, or say how much they may differ");
		}
	}
}

/* A promise, and whether anything could break it. */
struct breakable {
	struct policy *p;
	const struct item *promise;
	const char *example; /* a field that it covers */
	bool yes;
};

static void could_break(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	struct breakable *b = ctx;
	enum vm_verb verb = b->promise->verb;

	(void)rank;
	if (!b->example)
		b->example = arena_printf(b->p->arena, "%s.%s", abi_schema_call(b->p->schema, leaf->call)->label,
					  leaf->path);
	/* `emulate` of the call replays what cannot be replayed by itself */
	b->yes |= legal_verb(b->p->schema, leaf, verb, NULL) || (verb == VERB_REPLAY && (leaf->dir & DIR_OUT));
}

static void check_promise(struct policy *p, const struct item *item)
{
	struct breakable b = { .p = p, .promise = item };
	enum level level;

	for (struct selector *s = item->selectors; s; s = s->next) {
		for (struct field_ref *f = item->fields; f; f = f->next)
			names_cover(p, s, f, could_break, &b, &level);
	}
	if (b.example && !b.yes)
		diag_warning(p->d, item->at, "W1014", "no rule could ever say `%s` about %s: this promises nothing",
			     vm_verb_name(item->verb), b.example);
}

static void check_promises(struct policy *p, const struct file_ast *ast)
{
	for (const struct item *item = ast->items; item; item = item->next) {
		if (item->kind == ITEM_NEVER)
			check_promise(p, item);
	}
}

void lint_effects(struct policy *p)
{
	check_fields(p);
	check_dispositions(p);
	check_tolerances(p);
	for (const struct target *t = p->targets; t; t = t->next) {
		if (t->level == LEVEL_DEFAULT && in_top_file(p, t))
			check_default(p, t);
	}
	check_promises(p, p->files[p->nfiles - 1]->ast);
}

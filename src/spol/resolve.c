/*
 * From the items of all files to definitions, targets and candidates: which rules speak of which field, before it is
 * decided which of them counts.
 */
#include "spol/policy.h"

#include "base/check.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

static bool visible(const struct policy_file *from, const struct policy_file *to)
{
	return from == to || (to->number < from->number && from->inherits[to->number]);
}

struct definition *names_find(const struct policy *p, struct span at, const char *s, size_t len)
{
	const struct policy_file *from = names_file(p, at);
	struct definition *d;
	uint64_t found;

	if (!strmap_get(p->names, s, len, &found))
		return NULL;
	d = (struct definition *)(uintptr_t)found;
	return from && visible(from, d->file) ? d : NULL;
}

static void define(struct policy *p, struct policy_file *f, struct item *item)
{
	struct definition *d, *old = NULL;
	uint64_t found;

	/* what the parser could not read has no name */
	if (item->name.len == 0)
		return;
	if (strmap_get(p->names, item->name.s, item->name.len, &found))
		old = (struct definition *)(uintptr_t)found;
	if (old && old->file == f) {
		struct diag *g = diag_error(p->d, item->name.at, "E1008", "`%s` is defined twice", item->name.s);

		diag_note(p->d, g, old->item->name.at, "the first definition");
		return;
	}
	if (old && !visible(f, old->file)) {
		struct diag *g = diag_error(p->d, item->name.at, "E1008",
					    "`%s` is defined in two files that do not extend each other", item->name.s);

		diag_note(p->d, g, old->item->name.at, "the other definition");
		return;
	}
	if (old) {
		struct diag *g =
			diag_error(p->d, item->name.at, "E1008", "`%s` is inherited and defined again", item->name.s);

		diag_note(p->d, g, old->item->name.at, "the inherited definition");
		diag_help(p->d, g, "choose another name");
		return;
	}
	d = arena_alloc(p->arena, sizeof(*d));
	*d = (struct definition){ .next = p->definitions, .item = item, .file = f };
	p->definitions = d;
	strmap_put(p->names, item->name.s, item->name.len, (uint64_t)(uintptr_t)d);
}

void names_define(struct policy *p)
{
	for (unsigned i = 0; i < p->nfiles; i++) {
		for (struct item *item = p->files[i]->ast->items; item; item = item->next) {
			if (item->kind == ITEM_LET || item->kind == ITEM_SET)
				define(p, p->files[i], item);
		}
	}
}

static void add_candidate(struct policy *p, struct candidates *c, struct target *t, unsigned rank)
{
	t->covered++;
	if (!policy_spend(p, 1, t->field ? t->field->path.at : t->selector->at))
		return;
	if (c->n == c->room) {
		unsigned room = c->room ? 2 * c->room : 4;
		struct candidate *list = arena_array(p->arena, room, sizeof(*list));

		if (c->n)
			memcpy(list, c->list, c->n * sizeof(*list));
		c->list = list;
		c->room = room;
	}
	c->list[c->n++] = (struct candidate){ t, rank };
}

/* For the callbacks. */
struct adding {
	struct policy *p;
	struct target *target;
};

static void add_leaf(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	struct adding *a = ctx;

	add_candidate(a->p, &a->p->by_leaf[leaf->id], a->target, rank);
}

/* A rule that says nothing but `forbid` comes before all others. */
static bool only_forbids(const struct rule *r)
{
	for (const struct arm *a = r->arms; a; a = a->next) {
		if (!a->is_disposition || a->disposition != DISP_FORBID)
			return false;
	}
	return true;
}

static unsigned disposition_rank(const struct target *t)
{
	return t->level + (only_forbids(t->rule) ? 0 : LEVEL_DEFAULT + 1);
}

static void add_call(void *ctx, const struct abi_call *c)
{
	struct adding *a = ctx;

	if (c->nr >= ABI_PSEUDO_FIRST) {
		if (a->target->level != LEVEL_CLASS) {
			diag_error(a->p->d, a->target->selector->at, "E3005",
				   "%s is no call: it has fields but no disposition", c->label);
			a->target->broken = true;
		}
		return;
	}
	add_candidate(a->p, &a->p->by_call[c->index], a->target, 0);
}

static void add_number(struct policy *p, struct target *t)
{
	num_t nr = t->selector->num;
	struct numbered *n;
	uint64_t known;

	t->level = LEVEL_CALL;
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if (c->nr >= 0 && c->nr == nr) {
			struct diag *g =
				diag_error(p->d, t->selector->at, "E1018", "this is the system call %s", c->name);

			diag_help(p->d, g, "write `%s`", c->name);
			diag_edit(p->d, g, t->selector->at, "%s", c->name);
			t->broken = true;
			return;
		}
	}
	if (nr < 0 || nr > INT32_MAX || (nr >= ABI_PSEUDO_FIRST && nr <= ABI_PSEUDO_LAST)) {
		diag_error(p->d, t->selector->at, "E1018", "no system call can have this number");
		t->broken = true;
		return;
	}
	if (map64_get(p->numbers, (uint64_t)nr, &known)) {
		n = (struct numbered *)(uintptr_t)known;
	} else {
		n = arena_alloc(p->arena, sizeof(*n));
		*n = (struct numbered){ .next = p->numbered, .nr = (int32_t)nr };
		p->numbered = n;
		map64_put(p->numbers, (uint64_t)nr, (uint64_t)(uintptr_t)n);
	}
	add_candidate(p, &n->candidates, t, disposition_rank(t));
}

static int by_call_number(const void *x, const void *y)
{
	const struct numbered *const *a = x, *const *b = y;

	return (*a)->nr < (*b)->nr ? -1 : (*a)->nr > (*b)->nr;
}

static void sort_numbered(struct policy *p)
{
	size_t count = map64_count(p->numbers), n = 0;
	struct numbered **list = arena_array(p->arena, count, sizeof(struct numbered *));

	for (struct numbered *one = p->numbered; one; one = one->next)
		list[n++] = one;
	INVARIANT(n == count);
	if (n)
		qsort(list, n, sizeof(struct numbered *), by_call_number);
	p->numbered = NULL;
	while (n-- > 0) {
		list[n]->next = p->numbered;
		p->numbered = list[n];
	}
}

/* A rule without field names about calls: dispositions, and for instructions verbs. */
static void resolve_whole(struct policy *p, struct target *t)
{
	struct adding a = { p, t };
	struct candidate *last;

	if (t->selector->kind == SEL_NUMBER) {
		add_number(p, t);
		return;
	}
	if (!names_calls(p, t->selector, add_call, &a, &t->level))
		t->broken = true;
	/* the rank depends on the level, which is known only now */
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		struct candidates *c = &p->by_call[i];

		for (unsigned k = c->n; k-- > 0;) {
			last = &c->list[k];
			if (last->target != t)
				break;
			last->rank = disposition_rank(t);
		}
	}
}

/* Verbs where dispositions belong, or the reverse. */
static bool arms_fit(struct policy *p, const struct target *t, bool verbs_wanted)
{
	for (const struct arm *a = t->rule->arms; a; a = a->next) {
		struct diag *g;

		if (a->is_disposition == !verbs_wanted)
			continue;
		if (a->is_disposition) {
			diag_error(p->d, a->verb_at, "E3006", "`%s` is about a whole call, not about fields",
				   vm_disposition_name(a->disposition));
			return false;
		}
		g = diag_error(p->d, a->verb_at, "E3005", "`%s` is about fields: say which", vm_verb_name(a->verb));
		if (t->selector->kind == SEL_CALL)
			diag_help(p->d, g, "%s { *: %s; }", t->selector->name.s, vm_verb_name(a->verb));
		return false;
	}
	return true;
}

static void no_call(void *ctx, const struct abi_call *c)
{
	(void)ctx;
	(void)c;
}

static void resolve_target(struct policy *p, struct target *t)
{
	struct adding a = { p, t };
	bool about_fields = t->field || t->selector->kind == SEL_ANY || t->selector->kind == SEL_DEFAULT ||
			    t->selector->kind == SEL_INSTRUCTION;

	/* a misspelt `default` is a call that does not exist, and not one whose fields are to be named */
	if (!about_fields && t->selector->kind == SEL_CALL &&
	    !abi_schema_find(p->schema, t->selector->name.s, t->selector->name.len)) {
		names_calls(p, t->selector, no_call, NULL, &t->level);
		t->broken = true;
		return;
	}
	if (!t->rule->arms || !arms_fit(p, t, about_fields)) {
		t->broken = true;
		return;
	}
	if (!about_fields) {
		resolve_whole(p, t);
		return;
	}
	if (t->selector->kind == SEL_NUMBER) {
		diag_error(p->d, t->selector->at, "E1001", "fields of a call that is not described have no names");
		t->broken = true;
		return;
	}
	if (!names_cover(p, t->selector, t->field, add_leaf, &a, &t->level))
		t->broken = true;
}

static void resolve_rule(struct policy *p, struct policy_file *f, struct item *item, struct selector *s, struct rule *r)
{
	struct field_ref *field = r->fields;

	if (p->spent)
		return;
	do {
		struct target *t = arena_alloc(p->arena, sizeof(*t));

		*t = (struct target){
			.file = f,
			.item = item,
			.rule = r,
			.selector = s,
			.field = field,
			.override = item->override || r->override,
		};
		*p->targets_end = t;
		p->targets_end = &t->next;
		resolve_target(p, t);
		field = field ? field->next : NULL;
	} while (field);
}

/* What a file says about the policy as a whole: at most once each. */
static void resolve_whole_policy(struct policy *p, struct policy_file *f)
{
	struct item *policy = NULL, *violation = NULL;

	for (struct item *item = f->ast->items; item; item = item->next) {
		struct item **once;

		if (item->kind != ITEM_POLICY && item->kind != ITEM_VIOLATION)
			continue;
		once = item->kind == ITEM_POLICY ? &policy : &violation;
		if (*once) {
			struct diag *g = diag_error(p->d, item->at, "E3009", "`%s` is said twice",
						    item->kind == ITEM_POLICY ? "policy" : "violation");

			diag_note(p->d, g, (*once)->at, "the first time");
			continue;
		}
		*once = item;
		if (item->kind == ITEM_POLICY)
			p->name = item->name.s;
	}
	if (f->number + 1 == p->nfiles && !policy)
		p->name = f->name;
}

/* The `violation:` that counts: a file's own, else what it inherits, which must agree. */
static const struct item *violation_of(struct policy *p, const struct policy_file *f)
{
	const struct item *inherited = NULL;

	for (const struct item *item = f->ast->items; item; item = item->next) {
		if (item->kind == ITEM_VIOLATION)
			return item;
	}
	/* the nearest: later files may have replaced what earlier ones said */
	for (unsigned i = f->number; i-- > 0;) {
		const struct item *said = NULL;
		bool replaced = false;

		if (!f->inherits[i])
			continue;
		for (const struct item *item = p->files[i]->ast->items; item && !said; item = item->next) {
			if (item->kind == ITEM_VIOLATION)
				said = item;
		}
		if (!said)
			continue;
		if (!inherited) {
			inherited = said;
			continue;
		}
		for (unsigned k = i + 1; k < f->number && !replaced; k++) {
			const struct policy_file *between = p->files[k];

			if (!f->inherits[k] || !between->inherits[i])
				continue;
			for (const struct item *item = between->ast->items; item; item = item->next)
				replaced |= item->kind == ITEM_VIOLATION;
		}
		if (!replaced && said->continues != inherited->continues) {
			struct diag *g = diag_error(p->d, inherited->at, "E3013",
						    "files that this policy extends disagree about `violation`");

			diag_note(p->d, g, said->at, "the other one");
			diag_help(p->d, g,
				  "say `violation: stop;` or `violation: continue;` in the file that extends both");
		}
	}
	return inherited;
}

void names_resolve(struct policy *p)
{
	const struct item *violation;

	p->targets = NULL;
	p->targets_end = &p->targets;
	for (unsigned i = 0; i < p->nfiles; i++) {
		struct policy_file *f = p->files[i];

		resolve_whole_policy(p, f);
		for (struct item *item = f->ast->items; item; item = item->next) {
			if (item->kind != ITEM_RULES)
				continue;
			for (struct selector *s = item->selectors; s; s = s->next) {
				for (struct rule *r = item->rules; r; r = r->next)
					resolve_rule(p, f, item, s, r);
			}
		}
	}
	sort_numbered(p);
	violation = violation_of(p, p->files[p->nfiles - 1]);
	p->continues = violation && violation->continues;
}

/*
 * Runs `test` blocks: asks the compiled policy about each expectation's fields, as the engine does, and counts which
 * arms answered.
 */
#include "spol/test.h"

#include "base/check.h"
#include "base/map.h"
#include "base/places.h"
#include "spol/test_case.h"

#include "abi/walk.h"

#include <string.h>

#define SHOWN_MAX 60u /* bytes of a value in a message */

/* One event under one policy. */
struct run {
	struct policy *p;
	const struct vm_prog *prog;
	struct map64 *times; /* address of an arm, to how often it decided */
	const struct test_event *event;
	enum vm_phase phase;
	bool alone; /* conditions read the actual event on both sides */
	struct vm_env env;
	struct vm_disposed disposed;
	bool described; /* by the schema, or the policy has a disposition for its number */
};

/*
 * What became of a field.  One event knows no others: whether values that `map` lets stand for one another do so
 * throughout a run, and whether what is to be replayed fits, are the engine's to find out.
 */
struct answer {
	enum {
		BY_VERB,
		BY_FORBID,  /* the call stops the run */
		BY_IGNORE,  /* the call is not looked at */
		BY_EMULATE, /* an output of a call that is not executed */
	} by;
	enum vm_verb verb;
	uint32_t rule;
	bool equal, violation;
	bool unmappable; /* `map`, and the values can never stand for one another */
};

/* ---- the event as the policy sees it ---- */

static bool value_there(const struct run *r, const struct test_given *g, enum vm_side side, struct value *out)
{
	*out = g->sides[r->alone ? SIDE_ACTUAL : side];
	return out->type != VALUE_ABSENT;
}

static bool env_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	const struct run *r = ctx;

	for (const struct test_given *g = r->event->given; g; g = g->next) {
		if (!g->leaf || g->leaf->id != leaf)
			continue;
		/* results are not there before the call */
		return (r->phase == VM_EXIT || (g->leaf->dir & DIR_IN)) && value_there(r, g, side, out);
	}
	return false;
}

static bool env_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct run *r = ctx;

	for (const struct test_given *g = r->event->given; g; g = g->next) {
		if (!g->leaf && g->fact == fact && g->about == leaf)
			return value_there(r, g, side, out);
	}
	return false;
}

/* As the engine does: `ignore` and `forbid` are up to the actual side, all else is asked of both. */
static void dispose(struct run *r)
{
	const struct abi_call *c = r->event->call;

	r->disposed = (struct vm_disposed){ .disposition = DISP_EXECUTE, .rule = VM_NO_RULE };
	r->described = true;
	r->phase = VM_ENTRY;
	if (!c) {
		r->described = vm_dispose_number(r->prog, r->event->nr, &r->disposed);
		return;
	}
	if (!vm_has_disposition(r->prog, c->index))
		return;
	r->alone = true;
	r->disposed = vm_dispose(r->prog, c->index, &r->env);
	r->alone = false;
	if (r->disposed.disposition != DISP_IGNORE && r->disposed.disposition != DISP_FORBID)
		r->disposed = vm_dispose(r->prog, c->index, &r->env);
}

static struct answer ask(struct run *r, const struct test_given *g, enum vm_phase phase)
{
	const struct value *recorded = &g->sides[SIDE_RECORDED], *actual = &g->sides[SIDE_ACTUAL];
	struct answer a = { .verb = VERB_COUNT, .rule = r->disposed.rule, .equal = value_equal(recorded, actual) };
	struct vm_decision d;

	if (r->disposed.disposition == DISP_FORBID) {
		a.by = BY_FORBID;
		a.violation = true;
		return a;
	}
	if (r->disposed.disposition == DISP_IGNORE) {
		a.by = BY_IGNORE;
		return a;
	}
	if (r->disposed.disposition == DISP_EMULATE && phase == VM_EXIT) {
		a.by = BY_EMULATE;
		return a;
	}
	r->phase = phase;
	d = vm_decide(r->prog, phase, g->leaf->id, recorded, actual, &r->env);
	a.verb = d.verb;
	a.rule = d.rule;
	a.unmappable = d.verb == VERB_MAP && !a.equal && !abi_can_correspond(g->leaf, recorded, actual);
	a.violation = d.verb == VERB_STOP || (d.verb == VERB_EQUAL && !a.equal) || a.unmappable;
	return a;
}

/* ---- coverage ---- */

static const struct link *link_of(const struct run *r, uint32_t rule)
{
	return rule < r->p->nemitted ? r->p->emitted[rule] : NULL;
}

static void count(struct run *r, uint32_t rule)
{
	const struct link *l = link_of(r, rule);
	uint64_t key, n = 0;

	if (!l)
		return;
	key = (uint64_t)(uintptr_t)l->arm;
	map64_get(r->times, key, &n);
	map64_put(r->times, key, n + 1);
}

static void count_answer(struct run *r, const struct answer *a)
{
	const struct link *l = link_of(r, a->rule);

	/* an equal pair looks the same under any verb but `stop`; a field that cannot have the verb says nothing about
	 * it */
	if (a->by == BY_VERB && (!l || l->verb != l->arm->verb || (a->equal && a->verb != VERB_STOP)))
		return;
	count(r, a->rule);
}

/* ---- what is said of a failure ---- */

static void note_rule(struct run *r, struct diag *g, uint32_t rule)
{
	const struct link *l = link_of(r, rule);
	const struct vm_rule *v;

	if (rule == VM_NO_RULE)
		return;
	v = vm_rule_get(r->prog, rule);
	if (l)
		diag_note(r->p->d, g, l->arm->at, "%s:%u decides: `%s: %s`", v->file, v->line, v->selector, v->text);
	else
		diag_note(r->p->d, g, (struct span){ 0 }, "no rule speaks of it, so it must be equal");
}

static const char *value_text(struct run *r, const struct abi_leaf *leaf, const struct value *v)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	abi_print_value(leaf, v, SHOWN_MAX, &b);
	return arena_copy(r->p->arena, buf_cstr(&b), b.len);
}

static void note_values(struct run *r, struct diag *g, const struct test_given *given)
{
	const struct test_value *v = given->source;
	struct span at = v->path.at;

	at.end = (v->actual ? v->actual : v->recorded)->at.end;
	diag_note(r->p->d, g, at, "recorded %s, actual %s", value_text(r, given->leaf, &given->sides[SIDE_RECORDED]),
		  value_text(r, given->leaf, &given->sides[SIDE_ACTUAL]));
}

static const char *answer_text(struct run *r, const struct answer *a)
{
	switch (a->by) {
	case BY_FORBID:
		return "the call is forbidden";
	case BY_IGNORE:
		return "the call is ignored, and nothing of it is compared";
	case BY_EMULATE:
		return "the call is emulated, and the recorded result is given";
	case BY_VERB:
		break;
	}
	if (a->verb == VERB_EQUAL)
		return a->equal ? "the values are equal" : "the values differ and `equal` decides";
	if (a->unmappable)
		return "`map` decides, and these values cannot stand for one another";
	return arena_printf(r->p->arena, "`%s` decides", vm_verb_name(a->verb));
}

static void note_test(struct run *r, struct diag *g, const struct test_case *t)
{
	diag_note(r->p->d, g, t->item->name.at, "in this test");
}

static struct diag *report_field(struct run *r, const struct test_case *t, const struct test_expectation *x,
				 const struct test_given *given, const struct answer *a)
{
	static const char *const wanted[] = { [WANT_SAME] = "the same", [WANT_STOP] = "a violation" };
	const char *label = abi_schema_call(r->p->schema, given->leaf->call)->label;
	struct diag *g;

	if (x->wanted == WANT_VERB)
		g = diag_error(r->p->d, x->step->at, "E4001", "%s.%s was expected to be left to `%s`, but %s", label,
			       given->leaf->path, vm_verb_name(x->verb), answer_text(r, a));
	else
		g = diag_error(r->p->d, x->step->at, "E4001", "%s.%s was expected to be %s, but %s", label,
			       given->leaf->path, wanted[x->wanted], answer_text(r, a));
	note_rule(r, g, a->rule);
	note_values(r, g, given);
	note_test(r, g, t);
	return g;
}

/* ---- expectations ---- */

static bool answer_holds(const struct test_expectation *x, const struct answer *a)
{
	switch (x->wanted) {
	case WANT_SAME:
		return !a->violation;
	case WANT_STOP:
		return a->violation;
	case WANT_VERB:
		/* a verb is about a difference; but `map` looks at equal values, too */
		return a->by == BY_VERB && a->verb == x->verb && (!a->equal || a->verb == VERB_MAP);
	case WANT_DISPOSITION:
		break;
	}
	INVARIANT(x->wanted != WANT_DISPOSITION);
	return false;
}

/* *g gets the finding, unless there is one about an earlier field. */
static bool field_holds(struct run *r, const struct test_case *t, const struct test_expectation *x,
			const struct test_given *given, struct diag **g)
{
	static const enum abi_dir directions[VM_PHASES] = { [VM_ENTRY] = DIR_IN, [VM_EXIT] = DIR_OUT };

	for (int phase = 0; phase < VM_PHASES; phase++) {
		struct answer a;

		if (!(given->leaf->dir & directions[phase]))
			continue;
		a = ask(r, given, (enum vm_phase)phase);
		count_answer(r, &a);
		if (answer_holds(x, &a))
			continue;
		if (!*g)
			*g = report_field(r, t, x, given, &a);
		return false;
	}
	return true;
}

static bool fields_hold(struct run *r, const struct test_case *t, const struct test_expectation *x)
{
	struct diag *g = NULL;
	unsigned wrong = 0;

	for (const struct test_given *given = x->event->given; given; given = given->next) {
		if (given->leaf && given->source && test_covers(&x->step->field, given->leaf))
			wrong += !field_holds(r, t, x, given, &g);
	}
	if (wrong > 1)
		diag_note(r->p->d, g, (struct span){ 0 }, "nor does it hold for %u more of the fields", wrong - 1);
	return wrong == 0;
}

static bool disposition_holds(struct run *r, const struct test_case *t, const struct test_expectation *x)
{
	const struct vm_disposed *d = &r->disposed;
	struct diag *g;

	count(r, d->rule);
	if (r->described && d->disposition == x->disposition)
		return true;
	if (r->described)
		g = diag_error(r->p->d, x->step->at, "E4001", "`%s` was expected, but the disposition is `%s`",
			       vm_disposition_name(x->disposition), vm_disposition_name(d->disposition));
	else
		g = diag_error(r->p->d, x->step->at, "E4001",
			       "`%s` was expected, but the call is not described and has no disposition: not judged",
			       vm_disposition_name(x->disposition));
	note_rule(r, g, d->rule);
	note_test(r, g, t);
	return false;
}

static bool test_holds(struct run *r, const struct test_case *t)
{
	bool ok = true;

	r->event = NULL;
	for (const struct test_expectation *x = t->expectations; x; x = x->next) {
		if (r->event != x->event) {
			r->event = x->event;
			dispose(r);
		}
		ok = (x->wanted == WANT_DISPOSITION ? disposition_holds : fields_hold)(r, t, x) && ok;
	}
	return ok;
}

/* ---- the arms of the file ---- */

static void describe_arm(struct run *r, struct places *places, struct item *item, struct rule *rule,
			 const struct arm *arm, struct spol_test_arm *out)
{
	CLEANUP(buf_free) struct buf selector = { 0 }, text = { 0 };
	const struct target target = { .item = item, .rule = rule };
	struct place place = places_find(places, arm->at.file, arm->at.start);

	out->line = place.line;
	out->column = place.column;
	print_rule_target(&selector, &target);
	print_arm(&text, arm, false);
	out->selector = arena_copy(r->p->arena, buf_cstr(&selector), selector.len);
	out->text = arena_copy(r->p->arena, buf_cstr(&text), text.len);
	out->times = 0;
	map64_get(r->times, (uint64_t)(uintptr_t)arm, &out->times);
}

/* Calls describe_arm() for each arm, or only counts them (arms NULL). */
static size_t each_arm(struct run *r, struct spol_test_arm *arms)
{
	const struct policy_file *f = r->p->files[r->p->nfiles - 1];
	struct places *places = places_over(r->p->d);
	size_t n = 0;

	for (struct item *item = f->ast->items; item; item = item->next) {
		if (item->kind != ITEM_RULES)
			continue;
		for (struct rule *rule = item->rules; rule; rule = rule->next) {
			for (const struct arm *arm = rule->arms; arm; arm = arm->next, n++) {
				if (arms)
					describe_arm(r, places, item, rule, arm, &arms[n]);
			}
		}
	}
	places_free(places);
	return n;
}

static void take_stock(struct run *r, struct spol_test_result *out)
{
	struct spol_test_arm *arms;

	out->narms = each_arm(r, NULL);
	arms = arena_array(r->p->arena, out->narms, sizeof(*arms));
	each_arm(r, arms);
	for (size_t i = 0; i < out->narms; i++)
		out->covered += arms[i].times > 0;
	out->arms = arms;
}

unsigned spol_test_percent(const struct spol_test_result *r)
{
	return r->narms ? (unsigned)(r->covered * 100 / r->narms) : 100;
}

/* ---- all of it ---- */

static int run_tests(struct policy *p, const char *path, struct spol_test_result *out, struct err *err)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct run r = { .p = p, .env = { .field = env_field, .fact = env_fact } };
	struct vm_schema schema;
	struct vm_prog *prog;

	if (codegen(p, &image, err) != 0)
		return -1;
	spol_vm_schema(p->schema, p->arena, &schema);
	prog = vm_load(image.data, image.len, path, &schema, err);
	if (!prog)
		return -1;
	r.env.ctx = &r;
	r.prog = prog;
	r.times = map64_new();
	for (const struct test_case *t = p->tests; t; t = t->next)
		++*(test_holds(&r, t) ? &out->passed : &out->failed);
	take_stock(&r, out);
	map64_free(r.times);
	vm_free(prog);
	return 0;
}

int spol_test(const struct spol_options *o, const char *path, struct diags *d, struct arena *arena,
	      struct spol_test_result *result, struct err *err)
{
	struct policy p;
	int r;

	*result = (struct spol_test_result){ 0 };
	policy_init(&p, o, d, arena);
	r = policy_analyse(&p, path, err);
	if (r == 0)
		r = run_tests(&p, path, result, err);
	policy_end(&p);
	return r;
}

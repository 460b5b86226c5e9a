/*
 * Names and values of `test` blocks, checked whenever a policy is compiled: which call an event is, what its fields and
 * facts are worth on both sides, and that an expectation is about something.
 */
#include "spol/test_case.h"

#include <string.h>

/* A value that one side lacks. */
static const char absent[] = "absent";

static bool text_is(const struct text *t, const char *s)
{
	return strlen(s) == t->len && memcmp(t->s, s, t->len) == 0;
}

/* Letters beyond ASCII were reported already; no name has them. */
static bool is_foreign(const struct text *name)
{
	for (size_t i = 0; i < name->len; i++) {
		if ((unsigned char)name->s[i] >= 0x80)
			return true;
	}
	return name->len == 0;
}

bool test_covers(const struct text *path, const struct abi_leaf *leaf)
{
	if (text_is(path, "*"))
		return true;
	return strncmp(leaf->path, path->s, path->len) == 0 &&
	       (leaf->path[path->len] == '\0' || leaf->path[path->len] == '.' || leaf->path[path->len] == '[');
}

/* ---- which call ---- */

/* The rows that a selector names: an event is one of them. */
struct rows {
	const struct abi_call *first;
	unsigned n;
};

static void add_row(void *ctx, const struct abi_call *c)
{
	struct rows *r = ctx;

	if (r->n++ == 0)
		r->first = c;
}

static bool undescribed(struct policy *p, const struct selector *s, struct test_event *ev)
{
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);
		struct diag *g;

		if (c->nr != s->num)
			continue;
		g = diag_error(p->d, s->at, "E1018", "this is the system call %s", c->name);
		diag_help(p->d, g, "write `%s`", c->name);
		return false;
	}
	ev->nr = (int32_t)s->num;
	if (!ev->step->values)
		return true;
	diag_error(p->d, ev->step->values->path.at, "E1001", "fields of a call that is not described have no names");
	return false;
}

static bool find_call(struct policy *p, struct selector *s, struct test_event *ev)
{
	struct rows rows = { 0 };
	enum level level;
	struct diag *g;

	if (s->kind == SEL_NUMBER)
		return undescribed(p, s, ev);
	if (!names_calls(p, s, add_row, &rows, &level))
		return false;
	if (s->variants && s->variants->next) {
		diag_error(p->d, s->at, "E4005", "an event is one call, and these are %u", rows.n);
		return false;
	}
	ev->call = rows.first;
	if (level == LEVEL_VARIANT || !rows.first->variant)
		return true;
	g = diag_error(p->d, s->at, "E4005", "`%s` alone is no event: say which", s->name.s);
	if (rows.first->nr == ABI_SIGNAL)
		diag_help(p->d, g, "write `signal SIGCHLD(...)`");
	else if (rows.first->nr == ABI_INSTRUCTION)
		diag_help(p->d, g, "write `instruction rdtsc(...)`");
	else
		diag_help(p->d, g, "write `%s(...)`", rows.first->label);
	return false;
}

/* ---- values ---- */

static void suggest_constants(struct policy *p, const struct domain *domain, struct suggest *s)
{
	const struct abi_leaf *leaf = domain->leaf;

	if (domain->fact == FACT_FD_KIND) {
		for (int i = 0; i < FD_KIND_COUNT; i++)
			suggest_offer(s, abi_fd_kind_name((enum abi_fd_kind)i));
	}
	for (size_t i = 0; leaf && leaf->set && i < abi_sets[leaf->set].nconsts; i++)
		suggest_offer(s, abi_sets[leaf->set].consts[i].name);
	for (int i = 1; leaf && leaf->reg == ABI_REG_RET && i < 4096; i++) {
		if (abi_errno_name(i))
			suggest_offer(s, abi_errno_name(i));
	}
	for (const struct definition *d = p->definitions; d; d = d->next) {
		if (d->item->kind == ITEM_LET)
			suggest_offer(s, d->item->name.s);
	}
	suggest_offer(s, absent);
}

static void no_constant(struct policy *p, const struct domain *domain, const struct expr *e)
{
	const struct expr *name = e->kind == EXPR_NEG ? e->a : e;
	struct suggest suggest = { .word = name->text.s, .word_len = name->text.len };
	struct diag *g;

	if (name->kind != EXPR_NAME) {
		diag_error(p->d, e->at, "E2012", "a value in a test must be a constant");
		return;
	}
	if (is_foreign(&name->text))
		return;
	g = diag_error(p->d, name->at, "E1011", "`%s` is no constant", name->text.s);
	suggest_constants(p, domain, &suggest);
	if (suggest.best)
		diag_help(p->d, g, "did you mean `%s`?", suggest.best);
	else
		diag_help(p->d, g, "text stands in quotes: \"%s\"", name->text.s);
}

static void range_of(const struct domain *domain, num_t *low, num_t *high)
{
	if (domain->leaf) {
		legal_range(domain->leaf, low, high);
		return;
	}
	if (domain->fact == FACT_CLOCK_LAST) {
		abi_enc_range(ENC_TIMESPEC, low, high);
		return;
	}
	*low = 0;
	*high = domain->fact == FACT_FD_KIND ? FD_KIND_COUNT - 1 : (num_t)UINT32_MAX;
}

/* name is the field or fact as it was written. */
static bool eval_side(struct policy *p, const struct domain *domain, const struct text *name, const struct expr *e,
		      struct value *out)
{
	bool string =
		domain->leaf ? domain->leaf->enc == ENC_BYTES : abi_fact_info((enum abi_fact)domain->fact)->is_string;
	char text[3][NUM_TEXT_MAX];
	num_t number, low, high;
	struct constant c;
	struct diag *g;
	int r;

	if (e->kind == EXPR_NAME && text_is(&e->text, absent)) {
		*out = (struct value){ .type = VALUE_ABSENT };
		return true;
	}
	r = constant_eval(p, NULL, domain, e, &c);
	if (r == 0)
		no_constant(p, domain, e);
	if (r != 1)
		return false;
	if (c.is_string != string) {
		diag_error(p->d, e->at, "E2003", "this is a %s, and the value of `%s` is a %s",
			   c.is_string ? "string" : "number", name->s, string ? "string" : "number");
		return false;
	}
	if (string) {
		*out = value_bytes(c.text.s, c.text.len);
		return true;
	}
	if (!constant_in_domain(p, domain, &c, e->at, &number))
		return false;
	range_of(domain, &low, &high);
	if (number < low || number > high) {
		g = diag_error(p->d, e->at, "E2004", "`%s` can never be %s", name->s, num_text(number, text[0]));
		diag_help(p->d, g, "it holds numbers from %s to %s", num_text(low, text[1]), num_text(high, text[2]));
		return false;
	}
	*out = value_num(number);
	return true;
}

/* ---- fields and facts ---- */

static void unknown_field(struct policy *p, const struct abi_call *c, const struct text *path, bool facts)
{
	struct suggest suggest = { .word = path->s, .word_len = path->len };
	struct diag *g;

	if (is_foreign(path))
		return;
	if (!c->variant && names_field_anywhere(p, c->name, path->s, path->len)) {
		g = diag_error(p->d, path->at, "E1010", "`%s` is a field of some variants of %s: say which", path->s,
			       c->name);
		diag_help(p->d, g, "an event of a variant is written `%s(VARIANT)(...)`", c->name);
		return;
	}
	g = diag_error(p->d, path->at, "E1002", "%s has no field `%s`", c->label, path->s);
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const char *name = abi_schema_leaf(p->schema, c->leaf_first + i)->path;

		suggest_offer(&suggest, name);
		if (!facts && strchr(name, '.'))
			suggest_offer(&suggest, arena_copy(p->arena, name, strcspn(name, ".")));
	}
	for (int k = 0; facts && k < FACT_COUNT; k++) {
		const struct abi_fact_info *info = abi_fact_info((enum abi_fact)k);

		suggest_offer(&suggest,
			      *info->member ? arena_printf(p->arena, "%s.%s", info->base, info->member) : info->base);
	}
	if (suggest.best)
		diag_help(p->d, g, "did you mean `%s`?", suggest.best);
	else
		diag_help(p->d, g, "`spolc --schema %s` lists its fields", c->name);
}

/* What a name in an event stands for: fills in leaf, or fact and about.  false: reported. */
static bool find_subject(struct policy *p, const struct abi_call *c, const struct text *path, struct test_given *out)
{
	struct scope scope = { .p = p, .call = c, .phase = VM_EXIT };
	struct text own = *path;
	struct node n;

	out->leaf = abi_call_leaf(p->schema, c, path->s, path->len);
	if (out->leaf)
		return true;
	/* sides are said by the arrow */
	if (strncmp(path->s, "recorded", 8) == 0 || strncmp(path->s, "actual", 6) == 0) {
		unknown_field(p, c, path, true);
		return false;
	}
	switch (variable_find(&scope, &own, &n)) {
	case VARIABLE_FOUND:
		out->fact = n.fact;
		out->about = n.leaf;
		return n.kind == NODE_FACT;
	case VARIABLE_ABSENT:
	case VARIABLE_UNKNOWN:
		unknown_field(p, c, path, true);
		return false;
	case VARIABLE_ERROR:
		break;
	}
	return false;
}

static struct test_given *find_same(const struct test_event *ev, const struct test_given *g)
{
	for (struct test_given *o = ev->given; o; o = o->next) {
		if (g->leaf ? o->leaf == g->leaf : !o->leaf && o->fact == g->fact && o->about == g->about)
			return o;
	}
	return NULL;
}

static void add_value(struct policy *p, struct test_event *ev, struct test_given ***end, const struct test_value *v)
{
	struct test_given given = { .source = v }, *same;
	struct domain domain = DOMAIN_NONE;
	bool ok;

	if (!find_subject(p, ev->call, &v->path, &given)) {
		ev->broken = true;
		return;
	}
	same = find_same(ev, &given);
	if (same) {
		struct diag *g = diag_error(p->d, v->path.at, "E4004", "`%s` is given twice", v->path.s);

		diag_note(p->d, g, same->source->path.at, "the first time");
		ev->broken = true;
		return;
	}
	domain.leaf = given.leaf;
	domain.fact = given.leaf ? -1 : (int)given.fact;
	ok = eval_side(p, &domain, &v->path, v->recorded, &given.sides[SIDE_RECORDED]);
	if (!v->actual)
		given.sides[SIDE_ACTUAL] = given.sides[SIDE_RECORDED];
	else
		ok = eval_side(p, &domain, &v->path, v->actual, &given.sides[SIDE_ACTUAL]) && ok;
	ev->broken = ev->broken || !ok;
	**end = arena_alloc(p->arena, sizeof(given));
	***end = given;
	*end = &(**end)->next;
}

/* What a variant says about an argument: given where the test is silent, and never contradicted. */
static void add_selection(struct policy *p, struct test_event *ev, struct test_given ***end, uint8_t reg, uint64_t mask,
			  uint64_t value)
{
	struct test_given given = { 0 }, *same;
	const struct abi_call *c = ev->call;

	for (uint32_t i = 0; i < c->nleaves && !given.leaf; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if (leaf->reg == reg && !leaf->is_addr)
			given.leaf = leaf;
	}
	if (!given.leaf || !mask)
		return;
	same = find_same(ev, &given);
	for (int i = 0; same && i < SIDE_COUNT; i++) {
		const struct value *v = &same->sides[i];
		const struct expr *e =
			i == SIDE_ACTUAL && same->source->actual ? same->source->actual : same->source->recorded;

		if (v->type != VALUE_NUM || ((uint64_t)v->num & mask) == value)
			continue;
		diag_error(p->d, e->at, "E4006", "this is not %s", c->label);
		ev->broken = true;
		return;
	}
	if (same)
		return;
	given.sides[SIDE_RECORDED] = given.sides[SIDE_ACTUAL] = value_num((num_t)value);
	**end = arena_alloc(p->arena, sizeof(given));
	***end = given;
	*end = &(**end)->next;
}

/* The value given to the argument in a register; NULL: none, or no number. */
static const struct value *argument(const struct test_event *ev, uint8_t reg, enum vm_side side)
{
	for (const struct test_given *g = ev->given; g; g = g->next) {
		if (g->leaf && g->leaf->reg == reg && !g->leaf->is_addr)
			return g->sides[side].type == VALUE_NUM ? &g->sides[side] : NULL;
	}
	return NULL;
}

static bool selects(const struct test_event *ev, const struct abi_row *row, enum vm_side side)
{
	const struct value *one = argument(ev, row->select_arg, side), *other = argument(ev, row->also_arg, side);

	return one && ((uint64_t)one->num & row->select_mask) == row->select_value &&
	       (!row->also_mask || (other && ((uint64_t)other->num & row->also_mask) == row->also_value));
}

/* No variant was named: the arguments must not make it one, as its fields and rules may be others. */
static void check_no_variant(struct policy *p, struct test_event *ev)
{
	const struct abi_call *c = ev->call, *v;

	for (uint32_t i = c->index + 1; i < abi_schema_ncalls(p->schema) && !ev->broken; i++) {
		struct diag *g;

		v = abi_schema_call(p->schema, i);
		if (strcmp(v->name, c->name) != 0)
			return;
		if (!v->row->select_mask || (!selects(ev, v->row, SIDE_RECORDED) && !selects(ev, v->row, SIDE_ACTUAL)))
			continue;
		g = diag_error(p->d, ev->step->call->at, "E4006", "with these arguments it is %s", v->label);
		diag_help(p->d, g, "write `%s(...)`", v->label);
		ev->broken = true;
	}
}

static struct test_event *resolve_event(struct policy *p, const struct test_step *step)
{
	struct test_event *ev = arena_alloc(p->arena, sizeof(*ev));
	struct test_given **end = &ev->given;
	const struct abi_row *row;

	ev->step = step;
	ev->broken = !find_call(p, step->call, ev);
	if (ev->broken || !ev->call)
		return ev;
	for (const struct test_value *v = step->values; v; v = v->next)
		add_value(p, ev, &end, v);
	row = ev->call->row;
	if (!row->select_mask)
		check_no_variant(p, ev);
	add_selection(p, ev, &end, row->select_arg, row->select_mask, row->select_value);
	add_selection(p, ev, &end, row->also_arg, row->also_mask, row->also_value);
	return ev;
}

/* ---- expectations ---- */

/* false: the parser has reported that it is none. */
static bool find_outcome(const struct text *t, struct test_expectation *x)
{
	if (text_is(t, "same")) {
		x->wanted = WANT_SAME;
		return true;
	}
	for (int v = 0; v < VERB_COUNT; v++) {
		if (!text_is(t, vm_verb_name((enum vm_verb)v)))
			continue;
		x->wanted = v == VERB_STOP ? WANT_STOP : WANT_VERB;
		x->verb = (enum vm_verb)v;
		return true;
	}
	for (int v = 0; v < DISP_COUNT; v++) {
		if (!text_is(t, vm_disposition_name((enum vm_disposition)v)))
			continue;
		x->wanted = WANT_DISPOSITION;
		x->disposition = (enum vm_disposition)v;
		return true;
	}
	return false;
}

static bool check_whole(struct policy *p, const struct test_expectation *x)
{
	const struct test_step *step = x->step;
	struct diag *g;

	if (x->wanted != WANT_DISPOSITION) {
		g = diag_error(p->d, step->outcome.at, "E3005", "`%s` is about fields: say which", step->outcome.s);
		diag_help(p->d, g, "all that are given: expect * %s;", step->outcome.s);
		return false;
	}
	if (x->event->call && x->event->call->nr >= ABI_PSEUDO_FIRST) {
		diag_error(p->d, step->outcome.at, "E3005", "%s is no call: it has fields but no disposition",
			   x->event->call->label);
		return false;
	}
	return true;
}

static bool check_field(struct policy *p, const struct test_expectation *x)
{
	const struct text *path = &x->step->field;
	const struct test_event *ev = x->event;
	bool known = false;
	struct diag *g;

	if (x->wanted == WANT_DISPOSITION) {
		diag_error(p->d, x->step->outcome.at, "E3006", "`%s` is about a whole call, not about fields",
			   x->step->outcome.s);
		return false;
	}
	if (!ev->call) {
		diag_error(p->d, path->at, "E1001", "fields of a call that is not described have no names");
		return false;
	}
	for (const struct test_given *given = ev->given; given; given = given->next) {
		if (given->leaf && given->source && test_covers(path, given->leaf))
			return true;
	}
	for (uint32_t i = 0; i < ev->call->nleaves; i++)
		known |= test_covers(path, abi_schema_leaf(p->schema, ev->call->leaf_first + i));
	if (!known) {
		unknown_field(p, ev->call, path, false);
		return false;
	}
	g = diag_error(p->d, path->at, "E4003", "the event gives no value to `%s`", path->s);
	diag_note(p->d, g, ev->step->at, "the event");
	return false;
}

/* NULL: something was reported, or its event is not run. */
static struct test_expectation *resolve_expectation(struct policy *p, const struct test_step *step,
						    const struct test_event *ev)
{
	struct test_expectation *x = arena_alloc(p->arena, sizeof(*x));

	x->step = step;
	x->event = ev;
	if (!find_outcome(&step->outcome, x))
		return NULL;
	if (!ev) {
		if (!p->syntax_errors)
			diag_error(p->d, step->at, "E4002", "no event stands before this expectation");
		return NULL;
	}
	if (ev->broken)
		return NULL;
	return (step->field.len ? check_field : check_whole)(p, x) ? x : NULL;
}

/* An event that nothing is expected of, or a test without events. */
static void report_idle(struct policy *p, struct span at, bool test)
{
	struct diag *g;

	if (p->syntax_errors)
		return;
	g = diag_error(p->d, at, "E4007", test ? "this test expects nothing" : "nothing is expected of this event");
	diag_help(p->d, g, "say what must come of it: expect FIELD OUTCOME;");
}

static struct test_case *resolve_test(struct policy *p, const struct item *item)
{
	struct test_case *t = arena_alloc(p->arena, sizeof(*t));
	struct test_expectation **end = &t->expectations;
	struct test_event *ev = NULL;
	bool asked = false;

	t->item = item;
	for (const struct test_step *s = item->steps; s; s = s->next) {
		struct test_expectation *x;

		if (!s->is_expect) {
			if (ev && !asked)
				report_idle(p, ev->step->at, false);
			ev = resolve_event(p, s);
			asked = false;
			continue;
		}
		asked = true;
		x = resolve_expectation(p, s, ev);
		if (x) {
			*end = x;
			end = &x->next;
		}
	}
	if (ev && !asked)
		report_idle(p, ev->step->at, false);
	if (!item->steps)
		report_idle(p, item->name.at, true);
	return t;
}

void test_resolve(struct policy *p)
{
	for (unsigned i = 0; i < p->nfiles; i++) {
		struct test_case **end = &p->tests;

		p->tests = NULL;
		for (const struct item *item = p->files[i]->ast->items; item; item = item->next) {
			if (item->kind != ITEM_TEST)
				continue;
			*end = resolve_test(p, item);
			end = &(*end)->next;
		}
	}
}

/*
 * The comparison of two policies: chains as formulas, and for each two arms that decide differently the question
 * whether one pair of values can reach both.
 */
#include "spol/diff_internal.h"

#include "base/check.h"
#include "base/fdio.h"
#include "base/map.h"

#include <string.h>
#include <sys/stat.h>

#define IMAGE_FILE_MAX ((size_t)64 << 20)

#define STEPS_MAX     5000000u /* of the reasoner, in all: some seconds */
#define PAIRS_MAX     4000000u /* of arms, in all */
#define WITNESSES_MAX 2u       /* of each class, for one field */

static const char *const class_names[SPOL_CLASSES] = {
	[SPOL_EQUAL] = "equal",     [SPOL_STRICTER] = "stricter", [SPOL_WEAKER] = "weaker",
	[SPOL_CHANGED] = "changed", [SPOL_UNKNOWN] = "unknown",
};

const char *spol_class_name(enum spol_class c)
{
	INVARIANT(c < SPOL_CLASSES);
	return class_names[c];
}

/* ---- how much a decision lets pass ---- */

static unsigned verb_rank(int verb, bool equal)
{
	switch ((enum vm_verb)verb) {
	case VERB_STOP:
		return 0;
	case VERB_EQUAL:
		return equal ? 2 : 1;
	case VERB_MAP:
		/* an equal pair passes `equal`, and `map` only if it agrees with what was mapped before */
		return equal ? 1 : 2;
	case VERB_REPLAY:
	case VERB_ACCEPT:
		return 3;
	case VERB_COUNT:
		break;
	}
	INVARIANT(!"no such verb");
	return 0;
}

static unsigned disposition_rank(int disposition)
{
	if (disposition == VERDICT_UNSAID)
		return 1;
	switch ((enum vm_disposition)disposition) {
	case DISP_FORBID:
		return 0;
	case DISP_EXECUTE:
		return 2;
	case DISP_EMULATE:
	case DISP_OPTIONAL:
		return 3;
	case DISP_IGNORE:
		return 4;
	case DISP_COUNT:
		break;
	}
	INVARIANT(!"no such disposition");
	return 0;
}

static enum spol_class class_of(unsigned old_rank, unsigned new_rank)
{
	if (old_rank == new_rank)
		return SPOL_CHANGED;
	return new_rank > old_rank ? SPOL_WEAKER : SPOL_STRICTER;
}

/* ---- chains as formulas ---- */

struct arm_of {
	formula guard;
	int verdict;
};

/* Arms that can hold, the last one always. */
struct arms {
	struct arm_of *list;
	size_t n;
};

static void add_arm(struct arms *a, formula guard, int verdict)
{
	if (guard == FORMULA_FALSE)
		return;
	a->list[a->n++] = (struct arm_of){ guard, verdict };
}

/* otherwise: what holds where no arm does. */
static struct arms arms_of(struct diff_job *j, const struct chain *c, bool disposition, int otherwise)
{
	struct arms a = { 0 };
	size_t n = 1;

	for (const struct link *l = c->first; l; l = l->next)
		n++;
	a.list = arena_array(j->arena, n, sizeof(*a.list));
	for (const struct link *l = c->first; l; l = l->next) {
		formula guard = logic_and(j->logic, logic_condition(j->logic, l->condition),
					  logic_condition(j->logic, l->within));

		add_arm(&a, guard, disposition ? (int)l->arm->disposition : (int)l->verb);
		if (guard == FORMULA_TRUE)
			return a;
	}
	add_arm(&a, FORMULA_TRUE, otherwise);
	return a;
}

static bool same_arms(const struct arms *a, const struct arms *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->list[i].guard != b->list[i].guard || a->list[i].verdict != b->list[i].verdict)
			return false;
	}
	return true;
}

/* ---- one comparison ---- */

/* A difference that the reasoner sees. */
struct found {
	enum spol_class class;
	bool equal; /* the two values are equal */
	int verdict[SPOL_SIDES];
	struct logic_model model;
};

struct outcome {
	struct found found[SPOL_CLASSES * WITNESSES_MAX];
	size_t n;
	bool partial;
};

struct comparison {
	struct diff_job *job;
	struct diff_report *report;
	struct buf entries;   /* struct diff_entry */
	struct strmap *known; /* two chains, to the place of their outcome */
	struct buf outcomes;  /* struct outcome * */
	unsigned steps;
	uint64_t pairs;
	bool maps_known, maps[ABI_NKINDS]; /* by kind: the new policy maps a field of it */
};

/* What a verb comes to for an equal pair. */
static int settled(int verdict, bool equal)
{
	return equal && verdict != VERB_STOP && verdict != VERB_MAP ? (int)VERB_EQUAL : verdict;
}

static size_t count_class(const struct outcome *o, enum spol_class c)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->found[i].class == c;
	return n;
}

/* How pairs are looked at: the formula that says which, and how their verdicts compare. */
struct view {
	formula pairs;
	bool field, equal;
};

static enum spol_class compare_verdicts(const struct view *v, int old, int new)
{
	if (v->field)
		return class_of(verb_rank(old, v->equal), verb_rank(new, v->equal));
	return class_of(disposition_rank(old), disposition_rank(new));
}

/* Can arm x of the old and arm y of the new chain decide the same pair? */
static void compare_two(struct comparison *c, const struct view *v, const struct arms arms[SPOL_SIDES], size_t x,
			size_t y, struct outcome *out)
{
	CLEANUP(buf_free) struct buf goals = { 0 };
	struct logic *l = c->job->logic;
	size_t reach[SPOL_SIDES] = { x, y };
	struct found f = { .equal = v->equal };
	enum logic_answer answer;
	unsigned budget, given;

	for (unsigned side = 0; side < SPOL_SIDES; side++)
		f.verdict[side] = settled(arms[side].list[reach[side]].verdict, v->equal);
	if (f.verdict[SPOL_OLD] == f.verdict[SPOL_NEW])
		return;
	f.class = compare_verdicts(v, f.verdict[SPOL_OLD], f.verdict[SPOL_NEW]);
	if (count_class(out, f.class) == WITNESSES_MAX)
		return;
	logic_spend(&c->steps, (x + y) / 16);
	if (!c->steps) {
		out->partial = true;
		return;
	}
	budget = given = LOGIC_BUDGET < c->steps ? LOGIC_BUDGET : c->steps;
	buf_add(&goals, &v->pairs, sizeof(v->pairs));
	for (unsigned side = 0; side < SPOL_SIDES; side++)
		buf_add(&goals, &arms[side].list[reach[side]].guard, sizeof(formula));
	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		for (size_t i = 0; i < reach[side]; i++) {
			formula not = logic_not(l, arms[side].list[i].guard);

			buf_add(&goals, &not, sizeof(not ));
		}
	}
	answer = logic_solve(l, (const formula *)(void *)goals.data, goals.len / sizeof(formula), &f.model, &budget);
	c->steps -= given - budget;
	if (answer == LOGIC_SAT)
		out->found[out->n++] = f;
	else if (answer == LOGIC_UNKNOWN)
		out->partial = true;
}

static bool has_guard(const struct arms *a, size_t n, formula guard)
{
	for (size_t i = 0; i < n; i++) {
		if (a->list[i].guard == guard)
			return true;
	}
	return false;
}

static void compare_view(struct comparison *c, const struct view *v, const struct arms arms[SPOL_SIDES],
			 struct outcome *out)
{
	const struct arms *old = &arms[SPOL_OLD], *new = &arms[SPOL_NEW];

	for (size_t x = 0; x < old->n; x++) {
		for (size_t y = 0; y < new->n; y++) {
			formula guard = new->list[y].guard;

			if (c->pairs++ > PAIRS_MAX) {
				out->partial = true;
				return;
			}
			/* an arm before x would have taken it */
			if (!has_guard(old, x, guard))
				compare_two(c, v, arms, x, y, out);
			/* what arm x takes goes no further here, either */
			if (guard == old->list[x].guard)
				break;
		}
	}
}

static bool looks_at_equal(const struct arms *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (a->list[i].verdict == VERB_STOP || a->list[i].verdict == VERB_MAP)
			return true;
	}
	return false;
}

/* Kinds whose values are held against one table. */
static bool share_table(enum abi_kind a, enum abi_kind b)
{
	/* in a path it is the numbers of processes that correspond */
	return (a == KIND_PATH ? KIND_PID : a) == (b == KIND_PATH ? KIND_PID : b);
}

/* Fields of the kind are mapped by the new policy, so that an equal pair may contradict what was mapped before. */
static bool new_maps(struct comparison *c, enum abi_kind kind)
{
	struct diff_job *j = c->job;

	for (size_t i = 0; !c->maps_known && i < abi_schema_nleaves(j->schema); i++) {
		for (const struct link *l = j->policies[SPOL_NEW].chains[i].first; l; l = l->next)
			c->maps[abi_schema_leaf(j->schema, (uint32_t)i)->kind] |= l->verb == VERB_MAP;
	}
	c->maps_known = true;
	for (unsigned k = 0; k < ABI_NKINDS; k++) {
		if (c->maps[k] && share_table(kind, (enum abi_kind)k))
			return true;
	}
	return false;
}

/*
 * An equal pair may be stopped, or be held against what was mapped before.  The second is of no weight beside what
 * happens to pairs that differ, unless it is no longer held against what others of the kind are still mapped by.
 */
static void compare_equal(struct comparison *c, const struct abi_leaf *leaf, const struct arms arms[SPOL_SIDES],
			  struct outcome *out)
{
	struct view v = { logic_pair_equal(c->job->logic, leaf), true, true };
	struct outcome more = { 0 };
	size_t before = out->n;

	compare_view(c, &v, arms, &more);
	out->partial |= more.partial;
	for (size_t i = 0; i < more.n; i++) {
		const struct found *f = &more.found[i];
		bool stops = f->verdict[SPOL_OLD] == VERB_STOP || f->verdict[SPOL_NEW] == VERB_STOP;
		bool unchecked = f->verdict[SPOL_OLD] == VERB_MAP && new_maps(c, leaf->kind);

		if ((stops || unchecked || !before) && count_class(out, f->class) < WITNESSES_MAX)
			out->found[out->n++] = *f;
	}
}

static void compare_fields(struct comparison *c, const struct abi_leaf *leaf, const struct arms arms[SPOL_SIDES],
			   struct outcome *out)
{
	struct view v = { logic_pair_differs(c->job->logic, leaf), true, false };

	compare_view(c, &v, arms, out);
	if (looks_at_equal(&arms[SPOL_OLD]) || looks_at_equal(&arms[SPOL_NEW]))
		compare_equal(c, leaf, arms, out);
}

/* The outcome for two chains; leaf NULL: of a call.  Chains that were compared already are not compared again. */
static const struct outcome *compare_chains(struct comparison *c, const struct abi_leaf *leaf,
					    const struct arms arms[SPOL_SIDES])
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct view v = { FORMULA_TRUE, false, false };
	struct outcome *out;
	uint64_t place;

	buf_le32(&key, leaf ? logic_pair_differs(c->job->logic, leaf) : FORMULA_TRUE);
	buf_byte(&key, leaf && new_maps(c, leaf->kind));
	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		for (size_t i = 0; i < arms[side].n; i++) {
			buf_le32(&key, arms[side].list[i].guard);
			buf_le32(&key, (uint32_t)arms[side].list[i].verdict);
		}
		buf_le32(&key, UINT32_MAX);
	}
	if (strmap_get(c->known, (const char *)key.data, key.len, &place))
		return ((struct outcome **)(void *)c->outcomes.data)[place];
	out = arena_alloc(c->job->arena, sizeof(*out));
	if (leaf)
		compare_fields(c, leaf, arms, out);
	else
		compare_view(c, &v, arms, out);
	strmap_put(c->known, (const char *)key.data, key.len, c->outcomes.len / sizeof(struct outcome *));
	buf_add(&c->outcomes, &out, sizeof(struct outcome *));
	return out;
}

/* ---- entries ---- */

static enum spol_class class_of_all(const struct diff_witness *w, size_t n, bool partial)
{
	bool weaker = false, stricter = false, changed = false;

	for (size_t i = 0; i < n; i++) {
		weaker |= w[i].class == SPOL_WEAKER;
		stricter |= w[i].class == SPOL_STRICTER;
		changed |= w[i].class == SPOL_CHANGED;
	}
	if (!n)
		return partial ? SPOL_UNKNOWN : SPOL_EQUAL;
	if (changed || (weaker && stricter) || (stricter && partial))
		return SPOL_CHANGED;
	return weaker ? SPOL_WEAKER : SPOL_STRICTER;
}

static void add_entry(struct comparison *c, enum diff_what what, const char *name, const struct diff_witness *w,
		      size_t n, bool partial)
{
	struct diff_entry e = { .what = what,
				.class = class_of_all(w, n, partial),
				.partial = partial,
				.name = name,
				.witnesses = w,
				.nwitnesses = n };

	c->report->counts[e.class]++;
	if (e.class != SPOL_EQUAL)
		buf_add(&c->entries, &e, sizeof(e));
}

/* Holds what was found against the machines. */
static void conclude(struct comparison *c, struct diff_question *q, const char *name, const struct outcome *o)
{
	struct diff_witness *w = arena_array(c->job->arena, o->n, sizeof(*w));
	bool partial = o->partial;
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct found *f = &o->found[i];

		q->equal = f->equal;
		memcpy(q->expected, f->verdict, sizeof(q->expected));
		if (diff_confirm(c->job, q, &f->model, &w[n])) {
			w[n++].class = f->class;
			continue;
		}
		c->report->refuted++;
		partial = true;
	}
	add_entry(c, q->what, name, w, n, partial);
}

static void compare_leaf(struct comparison *c, const struct abi_leaf *leaf)
{
	struct diff_job *j = c->job;
	struct diff_question q = { .what = SPOL_FIELD, .leaf = leaf };
	struct arms arms[SPOL_SIDES];

	for (unsigned side = 0; side < SPOL_SIDES; side++)
		arms[side] = arms_of(j, &j->policies[side].chains[leaf->id], false, VERB_EQUAL);
	if (same_arms(&arms[SPOL_OLD], &arms[SPOL_NEW])) {
		c->report->counts[SPOL_EQUAL]++;
		return;
	}
	conclude(c, &q, arena_printf(j->arena, "%s.%s", abi_schema_call(j->schema, leaf->call)->label, leaf->path),
		 compare_chains(c, leaf, arms));
}

/* A call that is described in part only is judged if the policy says a word about it. */
static int unsaid(const struct abi_call *call)
{
	bool judged = !call->row->partial || (call->row->flags & (CALL_ENOSYS | CALL_EPERM));

	return judged ? (int)DISP_EXECUTE : VERDICT_UNSAID;
}

static void compare_call(struct comparison *c, const struct abi_call *call)
{
	struct diff_job *j = c->job;
	struct diff_question q = { .what = SPOL_CALL, .call = call };
	struct arms arms[SPOL_SIDES];

	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		const struct chain *chain = &j->policies[side].disposed[call->index];

		arms[side] = arms_of(j, chain, true, chain->first ? (int)DISP_EXECUTE : unsaid(call));
	}
	if (same_arms(&arms[SPOL_OLD], &arms[SPOL_NEW])) {
		c->report->counts[SPOL_EQUAL]++;
		return;
	}
	conclude(c, &q, call->label, compare_chains(c, NULL, arms));
}

static int said_of(const struct numbered *n)
{
	return n->chain.first ? (int)n->chain.first->arm->disposition : VERDICT_UNSAID;
}

static void compare_number(struct comparison *c, int32_t nr, int old, int new)
{
	struct diff_question q = { .what = SPOL_NUMBER, .nr = nr };
	struct outcome o = { .n = 1 };

	if (old == new) {
		c->report->counts[SPOL_EQUAL]++;
		return;
	}
	o.found[0] = (struct found){ .class = class_of(disposition_rank(old), disposition_rank(new)),
				     .verdict = { [SPOL_OLD] = old, [SPOL_NEW] = new } };
	conclude(c, &q, arena_printf(c->job->arena, "syscall_%d", nr), &o);
}

static void compare_numbers(struct comparison *c)
{
	const struct numbered *a = c->job->policies[SPOL_OLD].numbered, *b = c->job->policies[SPOL_NEW].numbered;

	while (a || b) {
		int32_t nr = a && (!b || a->nr <= b->nr) ? a->nr : b->nr;
		int old = VERDICT_UNSAID, new = VERDICT_UNSAID;

		if (a && a->nr == nr) {
			old = said_of(a);
			a = a->next;
		}
		if (b && b->nr == nr) {
			new = said_of(b);
			b = b->next;
		}
		compare_number(c, nr, old, new);
	}
}

static void compare_violations(struct comparison *c)
{
	struct diff_job *j = c->job;
	struct diff_witness *w = arena_alloc(j->arena, sizeof(*w));
	bool goes_on[SPOL_SIDES];

	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		goes_on[side] = vm_continues(j->progs[side]);
		w->by[side].verdict = goes_on[side] ? "continue" : "stop";
	}
	if (goes_on[SPOL_OLD] == goes_on[SPOL_NEW]) {
		c->report->counts[SPOL_EQUAL]++;
		return;
	}
	w->class = goes_on[SPOL_NEW] ? SPOL_WEAKER : SPOL_STRICTER;
	add_entry(c, SPOL_VIOLATION, "violation", w, 1, false);
}

static void compare_all(struct diff_job *j, struct diff_report *out)
{
	struct comparison c = { .job = j, .report = out, .known = strmap_new(), .steps = STEPS_MAX };

	for (size_t i = 0; i < abi_schema_ncalls(j->schema); i++) {
		const struct abi_call *call = abi_schema_call(j->schema, (uint32_t)i);

		compare_call(&c, call);
		for (uint32_t k = 0; k < call->nleaves; k++)
			compare_leaf(&c, abi_schema_leaf(j->schema, call->leaf_first + k));
	}
	compare_numbers(&c);
	compare_violations(&c);
	out->n = c.entries.len / sizeof(struct diff_entry);
	out->entries = arena_copy(j->arena, c.entries.data, c.entries.len);
	buf_free(&c.entries);
	buf_free(&c.outcomes);
	strmap_free(c.known);
}

/* ---- both policies ---- */

/* One policy, and what its texts and options lie in. */
struct input {
	struct spol_options options;
	struct vm_prog *image; /* the file is one; lends the texts */
};

static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * An image is compared by the texts that it carries, so they must be what it was made of.  0: in->image is NULL if the
 * file is a source.
 */
static int open_image(struct diff_job *j, const char *path, const struct vm_schema *schema, struct input *in,
		      struct err *err)
{
	CLEANUP(buf_free) struct buf data = { 0 }, why = { 0 };
	struct spol_sealed_file *files;

	/* a pipe can be read but once; what cannot be read is told when it is read as a source */
	if (!is_regular(path) || file_read(path, IMAGE_FILE_MAX, &data, NULL) != 0 || !vm_is_image(data.data, data.len))
		return 0;
	in->image = vm_load(data.data, data.len, path, schema, err);
	if (!in->image)
		return -1;
	if (!spol_check_sources(j->schema, in->image, &why))
		return err_set(err, ERR_FORMAT, "%s: %s", path, buf_cstr(&why));
	in->options.nsealed = vm_source_count(in->image);
	files = arena_array(j->arena, in->options.nsealed, sizeof(*files));
	for (uint32_t i = 0; i < in->options.nsealed; i++) {
		struct vm_source s = vm_source_get(in->image, i);

		files[i] = (struct spol_sealed_file){ s.file, s.text, s.len, s.extends, s.nextends };
	}
	in->options.sealed = files;
	return 0;
}

static int open_policy(struct diff_job *j, unsigned side, const char *path, struct diags *d, struct input *in,
		       struct err *err)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct policy *p = &j->policies[side];
	struct vm_schema schema;
	struct err own = { 0 };
	int r;

	spol_vm_schema(j->schema, j->arena, &schema);
	r = open_image(j, path, &schema, in, &own);
	policy_init(p, &in->options, d, j->arena);
	if (r == 0)
		r = policy_analyse(p, path, &own);
	if (r == 0)
		r = codegen(p, &image, &own);
	if (r == 0) {
		j->progs[side] = vm_load(image.data, image.len, path, &schema, &own);
		r = j->progs[side] ? 0 : -1;
	}
	if (r != 0)
		err_set(err, own.code, "%s", own.text);
	return r;
}

int spol_diff(const struct spol_options *o, const char *const paths[SPOL_SIDES], struct diags *const d[SPOL_SIDES],
	      struct arena *arena, struct diff_report *out, struct err *err)
{
	struct diff_job j = { .schema = o->schema, .arena = arena };
	struct input in[SPOL_SIDES] = { { .options = *o }, { .options = *o } };
	int r = 0;

	*out = (struct diff_report){ 0 };
	/* both are read, so that the mistakes of both are told */
	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		if (open_policy(&j, side, paths[side], d[side], &in[side], err) != 0)
			r = -1;
	}
	if (r == 0) {
		j.logic = logic_new(o->schema);
		compare_all(&j, out);
		logic_free(j.logic);
	}
	for (unsigned side = 0; side < SPOL_SIDES; side++) {
		policy_end(&j.policies[side]);
		vm_free(j.progs[side]);
		vm_free(in[side].image);
	}
	return r;
}

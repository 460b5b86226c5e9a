/*
 * The compiler and the machine against a reading of the language's definition: random policies of two files, rules on
 * every level, random pairs and worlds.  Verb, disposition, the arm that decided (by its place) and its message must
 * agree.
 *
 * ORACLE_POLICIES and ORACLE_SEED make a longer or another run; SPERRIPS_ORACLE_SHOW prints the policies.
 */
#include "tests/unit/oracle.h"
#include "tests/unit/spol_support.h"

#define POLICIES       600u
#define WORLDS         4u /* for each policy; each asks about every field in each phase, and every call */
#define PAIRS_AT_LEAST 200000u

static const struct row_name {
	const char *name, *variant;
} rows_wanted[] = {
	{ "accept4", NULL },
	{ "alarm", NULL },
	{ "chdir", NULL },
	{ "clock_gettime", NULL },
	{ "flock", NULL },
	{ "fstat", NULL },
	{ "getpid", NULL },
	{ "lseek", NULL },
	{ "mkdir", NULL },
	{ "poll", NULL },
	{ "prctl", NULL },
	{ "prctl", "PR_GET_PDEATHSIG" },
	{ "prctl", "PR_SET_DUMPABLE" },
	{ "read", NULL },
	{ "setpriority", NULL },
	{ "signal", NULL },
	{ "signal", "SIGCHLD" },
	{ "shmctl", NULL },
	{ "shmctl", "IPC_STAT" },
	{ "sysinfo", NULL },
	{ "truncate", NULL },
	{ "uname", NULL },
	{ "write", NULL },
};

/* What all policies share. */
struct bench {
	struct abi_row rows[ARRAY_LEN(rows_wanted)];
	struct abi_schema *schema;
	struct arena *arena;
	struct vm_schema view;
	struct oracle_world world;
	unsigned long pairs, differing, policies, refused, verbs[VERB_COUNT], dispositions[DISP_COUNT];
};

static void bench_new(struct bench *b)
{
	size_t n = 0;

	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < abi_nrows; i++) {
		for (size_t k = 0; k < ARRAY_LEN(rows_wanted); k++) {
			const struct row_name *w = &rows_wanted[k];

			if (strcmp(w->name, abi_rows[i].name) == 0 &&
			    (w->variant && abi_rows[i].variant ? strcmp(w->variant, abi_rows[i].variant) == 0
							       : w->variant == abi_rows[i].variant))
				b->rows[n++] = abi_rows[i];
		}
	}
	ck_assert_uint_eq(n, ARRAY_LEN(rows_wanted));
	b->schema = abi_schema_new_from(ARCH_X86_64, b->rows, n);
	b->arena = arena_new();
	spol_vm_schema(b->schema, b->arena, &b->view);
	for (int side = 0; side < SIDE_COUNT; side++)
		b->world.fields[side] = arena_array(b->arena, b->view.nleaves, sizeof(struct value));
}

static void bench_free(struct bench *b)
{
	abi_schema_free(b->schema);
	arena_free(b->arena);
}

static bool ask_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	const struct bench *b = ctx;

	*out = b->world.fields[side][leaf];
	return out->type != VALUE_ABSENT;
}

static bool ask_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct bench *b = ctx;
	bool about_any = abi_fact_info((enum abi_fact)fact)->about != KIND_COUNT;

	MUST(about_any == (leaf != VM_NO_LEAF), "fact %u about field %u", fact, leaf);
	if (about_any) {
		const struct oracle o = { .schema = b->schema };
		const struct abi_leaf *about = abi_schema_leaf(b->schema, leaf);

		MUST(oracle_about(&o, abi_schema_call(b->schema, about->call), (enum abi_fact)fact) == about, "fact %u about %s", fact,
		     about->path);
	}
	*out = b->world.facts[fact][side];
	return out->type != VALUE_ABSENT;
}

/* Prints the policy: the message of a failed check has no room for it. */
static void show(const struct oracle *o, FILE *to)
{
	for (int i = 0; i < ORACLE_FILES; i++)
		fprintf(to, "--- %s.spol\n%.*s", i ? "top" : "inherited", (int)o->text[i].len,
			(const char *)o->text[i].data);
	fflush(to);
}

static const char *show_value(const struct value *v, char out[64])
{
	char text[NUM_TEXT_MAX];

	if (v->type == VALUE_ABSENT)
		return "nothing";
	if (v->type == VALUE_NUM)
		snprintf(out, 64, "%s", num_text(v->num, text));
	else
		snprintf(out, 64, "\"%.*s\" (%zu bytes)", (int)v->len, (const char *)v->data, v->len);
	return out;
}

/* The rule that decided is the arm that should have. */
static bool same_place(const struct oracle_answer *want, const struct vm_prog *p, uint32_t rule)
{
	static const char *const files[ORACLE_FILES] = { "inherited.spol", "top.spol" };
	const struct vm_rule *r;

	if (rule == VM_NO_RULE || want->nobody)
		return want->nobody && (rule == VM_NO_RULE || strcmp(vm_rule_get(p, rule)->file, "(built in)") == 0);
	r = vm_rule_get(p, rule);
	return r->line == want->line && strcmp(r->file, files[want->file]) == 0 &&
	       (want->message ? r->message && strcmp(r->message, want->message) == 0 : !r->message);
}

static void compare_field(struct bench *b, const struct oracle *o, const struct vm_prog *p, const struct abi_leaf *leaf,
			  enum vm_phase phase)
{
	const struct value *recorded = &b->world.fields[SIDE_RECORDED][leaf->id],
			   *actual = &b->world.fields[SIDE_ACTUAL][leaf->id];
	struct vm_env env = { ask_field, ask_fact, b };
	struct vm_decision d = vm_decide(p, phase, leaf->id, recorded, actual, &env);
	struct oracle_answer want = oracle_decide(o, leaf, &b->world);
	bool equal = value_equal(recorded, actual);
	char text[2][64];

	b->pairs++;
	b->differing += !equal;
	b->verbs[want.verb]++;
	/* an equal pair that needed no rule may be told with one */
	if (d.verb == want.verb && ((equal && want.nobody) || same_place(&want, p, d.rule)))
		return;
	show(o, stderr);
	ck_abort_msg("%s.%s: %s, then %s: %s by %s:%u, not %s by line %u of file %u",
		     abi_schema_call(o->schema, leaf->call)->label, leaf->path, show_value(recorded, text[0]),
		     show_value(actual, text[1]), vm_verb_name(d.verb),
		     d.rule == VM_NO_RULE ? "no rule" : vm_rule_get(p, d.rule)->file,
		     d.rule == VM_NO_RULE ? 0 : vm_rule_get(p, d.rule)->line, vm_verb_name(want.verb), want.line,
		     want.file);
}

static void compare_call(struct bench *b, const struct oracle *o, const struct vm_prog *p, const struct abi_call *c)
{
	struct vm_env env = { ask_field, ask_fact, b };
	struct vm_disposed d = vm_dispose(p, c->index, &env);
	struct oracle_answer want = oracle_dispose(o, c, &b->world);

	b->pairs++;
	b->dispositions[want.disposition]++;
	if (d.disposition == want.disposition && same_place(&want, p, d.rule))
		return;
	show(o, stderr);
	ck_abort_msg("%s: %s by line %u, not %s by line %u of file %u", c->label, vm_disposition_name(d.disposition),
		     d.rule == VM_NO_RULE ? 0 : vm_rule_get(p, d.rule)->line, vm_disposition_name(want.disposition),
		     want.line, want.file);
}

/* Findings that a random policy may meet: fields of linked lengths, and arms that can hold for nothing. */
static bool may_be_refused(const struct diags *d)
{
	static const char *const codes[] = { "E3007", "E2022", "E2004", "E1002", "E1010" };

	for (unsigned i = 0; i < diags_count(d); i++) {
		const struct diag *g = diags_get((struct diags *)(uintptr_t)d, i);
		bool known = g->level != DIAG_ERROR;

		for (size_t k = 0; k < ARRAY_LEN(codes); k++)
			known = known || strcmp(g->code, codes[k]) == 0;
		if (!known)
			return false;
	}
	return true;
}

static struct vm_prog *compile(struct bench *b, struct oracle *o)
{
	static const uint32_t extends[] = { 0 };
	struct spol_sealed_file files[ORACLE_FILES] = {
		{ .name = "inherited.spol", .text = buf_cstr(&o->text[0]), .len = o->text[0].len },
		{ .name = "top.spol",
		  .text = buf_cstr(&o->text[1]),
		  .len = o->text[1].len,
		  .extends = extends,
		  .nextends = 1 },
	};
	struct spol_options options = { .schema = b->schema, .sealed = files, .nsealed = ORACLE_FILES };
	CLEANUP(buf_free) struct buf image = { 0 }, text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	struct vm_prog *p = NULL;

	if (spol_compile(&options, "", d, o->arena, &image, &err) == 0) {
		p = vm_load(image.data, image.len, "oracle", &b->view, &err);
		MUST(p, "%s", err.text);
	} else if (!may_be_refused(d)) {
		diags_render_text(d, false, &text);
		show(o, stderr);
		ck_abort_msg("%.2000s", buf_cstr(&text));
	}
	if (!p && getenv("SPERRIPS_ORACLE_SHOW")) {
		diags_render_text(d, false, &text);
		puts(buf_cstr(&text));
	}
	diags_free(d);
	return p;
}

static void one_policy(struct bench *b, uint64_t seed)
{
	struct oracle o = { .schema = b->schema, .arena = arena_new(), .seed = seed };
	struct vm_prog *p;

	oracle_make(&o);
	if (getenv("SPERRIPS_ORACLE_SHOW"))
		show(&o, stdout);
	p = compile(b, &o);
	b->policies++;
	b->refused += !p;
	for (unsigned w = 0; w < WORLDS && p; w++) {
		oracle_make_world(&o, &b->world);
		for (uint32_t i = 0; i < b->view.nleaves; i++) {
			const struct abi_leaf *leaf = abi_schema_leaf(b->schema, i);

			if (leaf->dir & DIR_IN)
				compare_field(b, &o, p, leaf, VM_ENTRY);
			if (leaf->dir & DIR_OUT)
				compare_field(b, &o, p, leaf, VM_EXIT);
		}
		for (uint32_t i = 0; i < b->view.ncalls; i++)
			compare_call(b, &o, p, abi_schema_call(b->schema, i));
	}
	vm_free(p);
	for (unsigned i = 0; i < ORACLE_FILES; i++)
		buf_free(&o.text[i]);
	arena_free(o.arena);
}

START_TEST(agree)
{
	const char *policies = getenv("ORACLE_POLICIES"), *first = getenv("ORACLE_SEED");
	unsigned long n = policies ? strtoul(policies, NULL, 10) : POLICIES;
	unsigned long from = first ? strtoul(first, NULL, 10) : 1;
	struct bench b;

	bench_new(&b);
	for (unsigned long i = from; i < from + n; i++)
		one_policy(&b, 0x9e3779b97f4a7c15u * i);
	printf("oracle: %lu pairs (%lu of them differ) under %lu policies; %lu more policies did not compile\n",
	       b.pairs, b.differing, b.policies - b.refused, b.refused);
	for (unsigned v = 0; v < VERB_COUNT; v++)
		printf("oracle: %s %lu\n", vm_verb_name((enum vm_verb)v), b.verbs[v]);
	fflush(stdout);
	ck_assert_uint_ge(b.pairs, policies ? 1 : PAIRS_AT_LEAST);
	ck_assert_msg(b.refused * 3 < b.policies, "%lu of %lu policies did not compile", b.refused, b.policies);
	/* every verb and disposition decided something: none is left out by how policies are made */
	for (unsigned v = 0; v < VERB_COUNT && !policies; v++)
		ck_assert_uint_gt(b.verbs[v], b.pairs / 200);
	for (unsigned v = 0; v < DISP_COUNT && !policies; v++)
		ck_assert_uint_gt(b.dispositions[v], b.policies / 10);
	bench_free(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol oracle");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(t, agree);
	tcase_set_timeout(t, getenv("ORACLE_POLICIES") ? 36000 : 120);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/*
 * The compiler as others see it: a file to an image, or to a program that is ready to decide.
 */
#include "spol/compile.h"

#include "base/check.h"
#include "base/fdio.h"
#include "base/map.h"
#include "base/places.h"
#include "spol/policy.h"
#include "spol/test_case.h"

#include <string.h>

#define IMAGE_FILE_MAX ((size_t)64 << 20)

/* What a vm_schema's callbacks get. */
struct view {
	const struct abi_schema *schema;
	struct arena *arena; /* of names that were asked for */
};

static const struct abi_leaf *leaf_of(const void *ctx, uint32_t leaf)
{
	const struct view *v = ctx;

	return abi_schema_leaf(v->schema, leaf);
}

static uint64_t signature(const void *ctx, uint32_t leaf)
{
	const struct view *v = ctx;

	return abi_leaf_signature(v->schema, leaf_of(ctx, leaf));
}

static const char *leaf_name(const void *ctx, uint32_t leaf)
{
	const struct view *v = ctx;

	const struct abi_leaf *l = leaf_of(ctx, leaf);

	return arena_printf(v->arena, "%s.%s", abi_schema_call(v->schema, l->call)->label, l->path);
}

static bool leaf_is_bytes(const void *ctx, uint32_t leaf)
{
	return leaf_of(ctx, leaf)->enc == ENC_BYTES;
}

static bool leaf_at(const void *ctx, uint32_t leaf, enum vm_phase phase)
{
	return leaf_of(ctx, leaf)->dir & (phase == VM_ENTRY ? DIR_IN : DIR_OUT);
}

static bool leaf_verb(const void *ctx, uint32_t leaf, enum vm_verb verb)
{
	const struct view *v = ctx;

	return legal_verb(v->schema, leaf_of(ctx, leaf), verb, NULL);
}

static uint32_t leaf_call(const void *ctx, uint32_t leaf)
{
	return leaf_of(ctx, leaf)->call;
}

static bool fact_is_bytes(const void *ctx, uint32_t fact)
{
	(void)ctx;
	return abi_fact_info((enum abi_fact)fact)->is_string;
}

void spol_vm_schema(const struct abi_schema *s, struct arena *arena, struct vm_schema *out)
{
	struct view *v = arena_alloc(arena, sizeof(*v));
	size_t nleaves = abi_schema_nleaves(s);

	v->schema = s;
	v->arena = arena;
	*out = (struct vm_schema){
		.nleaves = (uint32_t)nleaves,
		.ncalls = (uint32_t)abi_schema_ncalls(s),
		.nfacts = FACT_COUNT,
		.signature = signature,
		.name = leaf_name,
		.leaf_is_bytes = leaf_is_bytes,
		.leaf_at = leaf_at,
		.leaf_verb = leaf_verb,
		.leaf_call = leaf_call,
		.fact_is_bytes = fact_is_bytes,
		.ctx = v,
	};
	abi_schema_hash(s, out->hash);
}

/* Bounds memory and time: a file of 16 MiB may say things about every field very many times. */
#define STEPS_MAX ((size_t)4 << 20)

bool policy_spend(struct policy *p, size_t n, struct span at)
{
	if (p->spent)
		return false;
	p->steps += n;
	if (p->steps <= STEPS_MAX)
		return true;
	p->spent = true;
	p->syntax_errors = true; /* what was not looked at is missing: no conclusions from that */
	diag_error(p->d, at, "E2016",
		   "this policy is too large: its rules, arms and conditions, counted once for each field that they "
		   "are about, "
		   "are more than %zu",
		   STEPS_MAX);
	return false;
}

int policy_analyse(struct policy *p, const char *path, struct err *err)
{
	p->by_leaf = arena_array(p->arena, abi_schema_nleaves(p->schema), sizeof(*p->by_leaf));
	p->by_call = arena_array(p->arena, abi_schema_ncalls(p->schema), sizeof(*p->by_call));
	if (policy_load(p, path, err) != 0)
		return -1;
	p->syntax_errors = diags_errors(p->d) > 0;
	names_define(p);
	names_resolve(p);
	effective_build(p);
	never_check(p);
	test_resolve(p);
	constant_check_unused(p);
	lint_check(p);
	if (diags_errors(p->d))
		return err_set(err, ERR_POLICY, "%s: %u error%s", path, diags_errors(p->d),
			       diags_errors(p->d) == 1 ? "" : "s");
	return 0;
}

void policy_init(struct policy *p, const struct spol_options *o, struct diags *d, struct arena *arena)
{
	*p = (struct policy){ .options = o,
			      .schema = o->schema,
			      .d = d,
			      .arena = arena,
			      .names = strmap_new(),
			      .symbols = strmap_new(),
			      .resolved = strmap_new(),
			      .numbers = map64_new() };
}

void policy_end(struct policy *p)
{
	places_free(p->places);
	strmap_free(p->names);
	strmap_free(p->symbols);
	strmap_free(p->resolved);
	map64_free(p->numbers);
}

/* The set that the automaton of the globs is likely to be too large for; no file: there is none. */
static struct span largest_globs(const struct policy *p)
{
	struct span at = { p->files[p->nfiles - 1]->source, 0, 0 };
	size_t most = 0;

	for (const struct resolved_set *s = p->sets; s; s = s->next) {
		if (!s->globs || s->failed || s->n <= most)
			continue;
		most = s->n;
		at = s->definition ? s->definition->item->name.at : s->anonymous->at;
	}
	return at;
}

int spol_compile(const struct spol_options *o, const char *path, struct diags *d, struct arena *arena, struct buf *out,
		 struct err *err)
{
	struct policy p;
	int r;

	policy_init(&p, o, d, arena);
	r = policy_analyse(&p, path, err);
	if (r == 0) {
		struct err limit = { 0 };

		r = codegen(&p, out, &limit);
		if (r != 0) {
			/* found out late, but it is the policy that is too large: a finding like others */
			diag_error(d, largest_globs(&p), "E2016", "%s", limit.text);
			err_set(err, ERR_POLICY, "%s: 1 error", path);
		}
	}
	policy_end(&p);
	return r;
}

int spol_list(const struct spol_options *o, const char *path, const char *what, enum spol_form form, struct diags *d,
	      struct arena *arena, struct buf *out, struct err *err)
{
	struct policy p;
	int r;

	policy_init(&p, o, d, arena);
	r = policy_analyse(&p, path, err);
	if (r == 0)
		r = listing_all(&p, what, form, out, err);
	policy_end(&p);
	return r;
}

int spol_explain(const struct spol_options *o, const char *path, const char *what, enum spol_form form, struct diags *d,
		 struct arena *arena, struct buf *out, struct err *err)
{
	struct policy p;
	int r;

	policy_init(&p, o, d, arena);
	r = policy_analyse(&p, path, err);
	if (r == 0)
		r = listing_explain(&p, what, form, out, err);
	policy_end(&p);
	return r;
}

struct vm_prog *spol_load_policy(const struct spol_options *o, const char *path, struct diags *d, struct arena *arena,
				 struct err *err)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema;

	if (file_read(path, IMAGE_FILE_MAX, &image, err) != 0)
		return NULL;
	if (!vm_is_image(image.data, image.len)) {
		buf_clear(&image);
		if (spol_compile(o, path, d, arena, &image, err) != 0)
			return NULL;
	}
	spol_vm_schema(o->schema, arena, &schema);
	return vm_load(image.data, image.len, path, &schema, err);
}

/*
 * Are two programs the same but for where their rules stand?  Every section is compared, places and source texts are
 * not.
 */
#include "vm/prog.h"

#include <string.h>

/* n elements of equal size without padding or pointers */
static bool same_bytes(const void *a, const void *b, size_t n, size_t size)
{
	return n == 0 || memcmp(a, b, n * size) == 0;
}

/* NULL equals NULL alone. */
static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_tables(const struct vm_image *a, const struct vm_image *b)
{
	if (a->nleaves != b->nleaves || a->ncalls != b->ncalls || a->nnumbers != b->nnumbers)
		return false;
	for (size_t i = 0; i < a->nnumbers; i++) {
		if (a->numbers[i].nr != b->numbers[i].nr || a->numbers[i].disposition != b->numbers[i].disposition ||
		    a->numbers[i].rule != b->numbers[i].rule)
			return false;
	}
	return same_bytes(a->schema_hash, b->schema_hash, sizeof(a->schema_hash), 1) &&
	       same_bytes(a->signatures, b->signatures, a->nleaves, sizeof(*a->signatures)) &&
	       same_bytes(a->entries, b->entries, (size_t)VM_PHASES * a->nleaves, sizeof(*a->entries)) &&
	       same_bytes(a->calls, b->calls, a->ncalls, sizeof(*a->calls));
}

static bool same_code(const struct vm_image *a, const struct vm_image *b)
{
	if (a->ncode != b->ncode || a->nconsts != b->nconsts || a->nstrings != b->nstrings)
		return false;
	for (size_t i = 0; i < a->nstrings; i++) {
		if (a->strings[i].len != b->strings[i].len ||
		    !same_bytes(a->strings[i].data, b->strings[i].data, a->strings[i].len, 1))
			return false;
	}
	return same_bytes(a->code, b->code, a->ncode, sizeof(*a->code)) &&
	       same_bytes(a->consts, b->consts, a->nconsts, sizeof(*a->consts));
}

static bool same_globs(const struct vm_image *a, const struct vm_image *b)
{
	const struct glob_dfa *x = &a->globs, *y = &b->globs;

	if (x->nclasses != y->nclasses || x->nstates != y->nstates || x->nsets != y->nsets || x->nrows != y->nrows)
		return false;
	for (size_t i = 0; i < x->nsets; i++) {
		if (!same_text(a->glob_names[i], b->glob_names[i]))
			return false;
	}
	return same_bytes(x->classes, y->classes, sizeof(x->classes), 1) &&
	       same_bytes(x->next, y->next, (size_t)x->nstates * x->nclasses, sizeof(*x->next)) &&
	       same_bytes(x->accepts, y->accepts, x->nstates, sizeof(*x->accepts)) &&
	       same_bytes(x->rows, y->rows, (size_t)x->nrows * glob_row_bytes(x->nsets), 1);
}

static bool same_sets(const struct vm_image *a, const struct vm_image *b)
{
	if (a->nsets != b->nsets)
		return false;
	for (size_t i = 0; i < a->nsets; i++) {
		const struct image_set *x = &a->sets[i], *y = &b->sets[i];

		if (x->n != y->n || !same_text(x->name, y->name) ||
		    !same_bytes(x->numbers, y->numbers, x->n, sizeof(*x->numbers)))
			return false;
	}
	return true;
}

static bool same_rules(const struct vm_image *a, const struct vm_image *b)
{
	if (a->nrules != b->nrules)
		return false;
	for (size_t i = 0; i < a->nrules; i++) {
		const struct vm_rule *x = &a->rules[i], *y = &b->rules[i];

		if (!same_text(x->file, y->file) || !same_text(x->selector, y->selector) ||
		    !same_text(x->text, y->text) || !same_text(x->message, y->message) || x->verb != y->verb ||
		    x->is_default != y->is_default)
			return false;
	}
	return true;
}

static bool same_sources(const struct vm_image *a, const struct vm_image *b)
{
	if (a->nsources != b->nsources)
		return false;
	for (size_t i = 0; i < a->nsources; i++) {
		if (!same_text(a->sources[i].file, b->sources[i].file))
			return false;
	}
	return true;
}

bool vm_same_but_places(const struct vm_prog *a, const struct vm_prog *b)
{
	const struct vm_image *x = &a->image, *y = &b->image;

	return same_text(x->name, y->name) && x->continues == y->continues && same_tables(x, y) && same_code(x, y) &&
	       same_globs(x, y) && same_sets(x, y) && same_rules(x, y) && same_sources(x, y);
}

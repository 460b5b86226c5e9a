/*
 * `test` blocks between tree and run: what their names mean and what their values are.  Inside spol/ only; lives in the
 * policy's arena.
 */
#ifndef SPOL_TEST_CASE_H
#define SPOL_TEST_CASE_H

#include "spol/policy.h"

/* What an event says about a field or a fact. */
struct test_given {
	struct test_given *next;
	const struct test_value *source; /* NULL: the variant says it */
	const struct abi_leaf *leaf;     /* NULL: a fact */
	uint32_t fact, about;            /* as vm_env.fact is asked */
	struct value sides[SIDE_COUNT];
};

struct test_event {
	const struct test_step *step;
	const struct abi_call *call; /* NULL: not described, by number */
	int32_t nr;
	struct test_given *given; /* as written, what the variant says last */
	bool broken;              /* something of it was reported: it is not run */
};

enum test_wanted {
	WANT_SAME,        /* no violation */
	WANT_STOP,        /* a violation */
	WANT_VERB,        /* this verb decides */
	WANT_DISPOSITION, /* of the whole call */
};

struct test_expectation {
	struct test_expectation *next;
	const struct test_step *step;
	const struct test_event *event;
	enum test_wanted wanted;
	enum vm_verb verb;
	enum vm_disposition disposition;
};

struct test_case {
	struct test_case *next;
	const struct item *item;
	struct test_expectation *expectations; /* none of a broken event */
};

/* The path of an expectation names this field: itself, a struct around it, or `*`.  Addresses are no exception. */
bool test_covers(const struct text *path, const struct abi_leaf *leaf);
/* Resolves the tests of all files, reporting what is wrong with them; p->tests are those of the last file. */
void test_resolve(struct policy *p);

#endif

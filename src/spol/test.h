/*
 * Runs the `test` blocks of a policy on its own bytecode: what the engine loads decides here, too.
 */
#ifndef SPOL_TEST_H
#define SPOL_TEST_H

#include "spol/compile.h"

/* An arm that stands in the tested file, and how often it decided.  Strings live in the arena of spol_test(). */
struct spol_test_arm {
	uint32_t line, column;
	const char *selector; /* "read.buf" */
	const char *text;     /* "replay if fd.path in VIRTUAL" */
	uint64_t times;
};

struct spol_test_result {
	unsigned passed, failed;          /* tests: one fails with the first of its expectations */
	const struct spol_test_arm *arms; /* in the order of the file */
	size_t narms, covered;            /* covered: those with times > 0 */
};

/*
 * Compiles the file at path, and runs the tests that stand in it (not those of what it extends).  A failing expectation
 * is a finding E4001.  An arm decided where an expectation made it: for a field whose values differ (a `stop` arm: for
 * any), by the verb that is written there, or for a whole call.  Arms of the file alone are counted, each once however
 * many calls and fields it speaks of.
 * 0: *result is filled in.  -1: as spol_compile(), and *err LIMIT.
 */
int spol_test(const struct spol_options *o, const char *path, struct diags *d, struct arena *arena,
	      struct spol_test_result *result, struct err *err);
/* Arms covered, per cent, rounded down; 100 where there are none. */
unsigned spol_test_percent(const struct spol_test_result *r);

#endif

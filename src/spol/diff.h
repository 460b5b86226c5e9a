/*
 * What differs between two policies: for every field, call and number the kind of difference, and values for which the
 * machine decides them differently.
 */
#ifndef SPOL_DIFF_H
#define SPOL_DIFF_H

#include "base/value.h"
#include "spol/compile.h"

enum spol_class {
	SPOL_EQUAL,
	SPOL_STRICTER, /* wherever they differ, the new policy lets less pass */
	SPOL_WEAKER,
	SPOL_CHANGED, /* some of both, or sideways: `replay` for `accept` */
	SPOL_UNKNOWN, /* no difference was found, and that there is none was not proven */
	SPOL_CLASSES
};

const char *spol_class_name(enum spol_class c); /* "stricter" */

enum diff_what {
	SPOL_FIELD,
	SPOL_CALL,      /* the disposition of a call */
	SPOL_NUMBER,    /* the disposition of a call that is known by its number only */
	SPOL_VIOLATION, /* `violation: stop` or `continue` */
};

enum { SPOL_OLD, SPOL_NEW, SPOL_SIDES };

/* What one policy makes of a witness.  file NULL: no rule had to decide. */
struct diff_verdict {
	const char *verdict; /* "replay", "emulate" */
	const char *file;
	uint32_t line;
	const char *selector, *text; /* "read.buf", "replay if fd.path in VIRTUAL" */
};

/* A value that both policies are asked about; name as in a condition: "recorded", "actual.count", "recorded.fd.path". */
struct diff_value {
	const char *name;
	struct value value; /* VALUE_ABSENT: not there */
};

/* Values for which both machines were run, and what they said. */
struct diff_witness {
	enum spol_class class; /* never EQUAL or UNKNOWN */
	const struct diff_value *values;
	size_t nvalues;
	struct diff_verdict by[SPOL_SIDES];
};

/* One field, call, number, or the word about violations; never equal. */
struct diff_entry {
	enum diff_what what;
	enum spol_class class;
	bool partial; /* there may be differences beside those that the witnesses show */
	const char *name; /* "read.buf", "connect", "syscall_999", "violation" */
	const struct diff_witness *witnesses;
	size_t nwitnesses;
};

struct diff_report {
	const struct diff_entry *entries; /* in order of the schema */
	size_t n;
	size_t counts[SPOL_CLASSES];
	/* Witnesses that the machine did not confirm: mistakes in the reasoning.  What they were about is UNKNOWN. */
	size_t refuted;
};

/*
 * Compares two policies, sources or images.  All of *out lives in arena.  d[]: findings of each policy.  -1: as
 * spol_compile(), *err names the file; also FORMAT, SCHEMA, ... for images.
 */
int spol_diff(const struct spol_options *o, const char *const paths[SPOL_SIDES], struct diags *const d[SPOL_SIDES],
	      struct arena *arena, struct diff_report *out, struct err *err);

#endif

/*
 * What a replay found: the verdict, its coverage, and the differences.  report/ prints it.
 */
#ifndef VERIFY_DIVERGENCE_H
#define VERIFY_DIVERGENCE_H

#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict_kind {
	VERDICT_NOT_JUDGED, /* the zero value: nothing was said yet */
	VERDICT_SAME,
	VERDICT_DIFFERENT,
	VERDICT_COUNT
};

enum divergence_type {
	DIVERGE_FIELD,	  /* a field's difference is not acceptable */
	DIVERGE_CALL,	  /* another call than the recorded one */
	DIVERGE_EARLY,	  /* the actual run ended, recorded events are left */
	DIVERGE_LATE,	  /* the actual run goes on, no recorded event is left */
	DIVERGE_FORBIDDEN, /* the policy forbids the call */
	DIVERGE_STUCK,	  /* the recorded event cannot come about in the recorded order: `why` says who waits */
};

/* One violation.  Strings live as long as the verdict. */
struct divergence {
	enum divergence_type type;
	uint64_t seq;	  /* recorded event (DIVERGE_LATE: of the actual run) */
	const char *task; /* lineage: "0" */
	const char *call;  /* label of the recorded call, "" none */
	const char *actual_call; /* label of the actual call, "" none */
	const char *field; /* "buf"; "" where no field is meant */
	const char *recorded, *actual; /* as people read them */
	bool is_bytes;	 /* both values are bytes: offset says where they begin to differ */
	uint64_t offset;
	bool at_entry;	  /* found before the call was executed */
	const char *message; /* the rule's message, expanded; "" none */
	const char *why;     /* what was in the way of map or replay; "" nothing */
	const char *rule_file, *rule_selector, *rule_text; /* "" none */
	uint32_t rule_line, rule_column;
	uint64_t ip; /* of the actual call */
	uint64_t call_number; /* the how manieth call of its task it is, from 1 on; 0: the task has made none */
	bool behind_call; /* it is no call, but comes behind that one */
	const char *module; /* what is mapped at ip: a path, "[vdso]", ...; "" nothing that has a name */
	uint64_t module_offset; /* the place in it */
	/*
	 * Number in verdict.divergences of the one that this may follow from (see verify/trail.h): its own, if it is a root, or
	 * DIVERGENCE_NOT_KEPT.
	 */
	size_t root;
	uint64_t consequences; /* of a root: how many follow from it, those that are not kept included */
};

#define DIVERGENCE_NOT_KEPT SIZE_MAX

/* An event around the first divergence, printed. */
struct neighbour {
	uint64_t seq;
	const char *task; /* lineage */
	const char *recorded, *actual; /* the same text, if nothing in it differed; "" there is none */
};

/* Differences that one arm of a rule accepted, or violations that it made. */
struct rule_count {
	uint32_t rule;
	const char *file, *selector, *text, *verb;
	uint32_t line, column;
	uint64_t accepted, violations;
	bool is_default;
};

struct verdict {
	enum verdict_kind kind;
	const char *reason; /* why not judged; "" else */
	const char *policy;
	uint64_t events, recorded_events; /* held against the recording; in the recording */
	uint64_t fields, bytes;		  /* compared */
	uint64_t accepted;		  /* differences that rules accepted */
	uint64_t violations;
	uint64_t by_default; /* fields whose difference only `default` decided */
	uint64_t emulated, ignored, optional_missing, optional_extra, undescribed;
	const struct rule_count *rules; /* those with a count, in order of file and place */
	size_t nrules;
	const struct divergence *divergences; /* at most VERDICT_DIVERGENCES_MAX; the first is the first found */
	size_t ndivergences;
	uint64_t roots; /* of these: those that do not follow from another one */
	const struct neighbour *before; /* what was held against the recording before the first divergence, oldest first */
	size_t nbefore;
	const struct neighbour *after; /* what the recording has behind it */
	size_t nafter;
	bool elsewhere; /* modules are files in another root than this process has */
	const char *const *answered; /* labels of calls that the tracer answered itself */
	size_t nanswered;
};

#define VERDICT_DIVERGENCES_MAX 1000
#define VERDICT_CONTEXT 10
#define VERDICT_AFTER	3

const char *verdict_name(enum verdict_kind kind); /* "same", "different", "not judged" */
/* engine.md 2: 0, 1, 3. */
int verdict_exit_status(enum verdict_kind kind);

#endif

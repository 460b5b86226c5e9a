/*
 * What the files of the comparison share.  diff*.c only.
 */
#ifndef SPOL_DIFF_INTERNAL_H
#define SPOL_DIFF_INTERNAL_H

#include "spol/diff.h"
#include "spol/logic.h"

#define VERDICT_UNSAID ((int)DISP_COUNT) /* of a call: nothing is said, so it is not judged */

/* Both policies, ready to be asked. */
struct diff_job {
	const struct abi_schema *schema;
	struct arena *arena;
	struct policy policies[SPOL_SIDES];
	struct vm_prog *progs[SPOL_SIDES];
	struct logic *logic;
};

/* What is to be confirmed: the pair of a leaf (equal or not), or a call. */
struct diff_question {
	enum diff_what what;
	const struct abi_leaf *leaf; /* FIELD */
	const struct abi_call *call; /* CALL */
	int32_t nr;		     /* NUMBER */
	bool equal;		     /* FIELD: an equal pair */
	int expected[SPOL_SIDES];    /* enum vm_verb, enum vm_disposition or VERDICT_UNSAID */
};

/* Runs both machines on the model; fills *out but for its class.  false: one of them says something else. */
bool diff_confirm(struct diff_job *j, const struct diff_question *q, const struct logic_model *m,
		  struct diff_witness *out);

#endif

/*
 * Why a field (or a call as a whole) is decided as it is: every arm that speaks of it, those that decide in their
 * order, and what became of each of the others.  Inside spol/ only.
 */
#ifndef SPOL_EXPLAIN_H
#define SPOL_EXPLAIN_H

#include "base/places.h"
#include "spol/policy.h"

/* What became of an arm. */
enum fate {
	FATE_DECIDES,    /* number: its place in the chain */
	FATE_OVERRIDDEN, /* the rule `replacer` was written in its place; arm is its first */
	FATE_BEHIND,     /* the arm `behind` always decides; arm is the first that is not reached, the rest follow it */
	FATE_IMPOSSIBLE, /* why: what it asks for and this call does not have */
};

struct explained {
	struct explained *next;
	const struct target *target; /* NULL: what decides where the policy has no default */
	const struct arm *arm;       /* NULL with target */
	bool whole;                  /* arm stands for itself and all behind it in its rule */
	unsigned rank;
	enum fate fate;
	unsigned number;                /* FATE_DECIDES: from 1 */
	enum vm_verb verb;              /* FATE_DECIDES, a field: what it comes to here */
	bool always;                    /* FATE_DECIDES: nothing behind it is reached */
	const struct target *replacer;  /* FATE_OVERRIDDEN */
	const struct explained *behind; /* FATE_BEHIND */
	const char *why; /* FATE_IMPOSSIBLE; FATE_DECIDES: why its own verb cannot be applied here, or NULL */
};

/* A promise that covers a field. */
struct promise_made {
	struct promise_made *next;
	const struct policy_file *file;
	const struct item *item;
};

/*
 * Everything that is said about a leaf, most specific first.  In p's arena.  p was analysed without errors.
 */
struct explained *explain_leaf(struct policy *p, const struct abi_leaf *leaf);
/* The same for the disposition of a call. */
struct explained *explain_call(struct policy *p, const struct abi_call *c);
/* The same for the disposition of a call that is known by its number only. */
struct explained *explain_numbered(struct policy *p, const struct numbered *n);
/* The promises that speak of a leaf, as written; of very many, the first hundred. */
struct promise_made *explain_promises(struct policy *p, const struct abi_leaf *leaf);

/* "names the call and the struct `statbuf`": what a rule says for its rank.  leaf NULL: about a whole call. */
void explain_names(struct buf *out, const struct target *t, unsigned rank, const struct abi_leaf *leaf);
/* Why the rule of rank `more` comes before the rule of rank `less`: "it names the call, this one names the class %file". */
void explain_order(struct buf *out, const struct explained *more, const struct explained *less,
		   const struct abi_leaf *leaf);

/* A selector and field as users write them, looked up: what is explained or listed. */
struct subject {
	struct selector selector;
	struct field_ref field;
	bool has_field;
	const struct abi_call **calls; /* ncalls, in order of the schema; none for a number */
	size_t ncalls;
	bool *leaves; /* by id: it is meant */
	bool is_number;
	int32_t nr;
};

/*
 * "read", "read.buf", "ioctl(TCGETS|TCSETS).argp", "signal SIGCHLD.si_pid", "syscall_999", "%file", "any inode".
 * -1: *err USAGE, with what may have been meant.
 */
int subject_parse(struct policy *p, const char *what, struct subject *out, struct err *err);
/* How a policy names a call: "read", "ioctl(TCGETS)", "signal SIGCHLD". */
void subject_label(struct buf *out, const struct abi_call *c);

/* Line and column of a rule or arm, for however many. */
struct place listing_place(struct policy *p, struct span at);
/* What a disposition of its call means for a field, in words. */
const char *listing_effect(const struct abi_leaf *leaf, enum vm_disposition d);

/* listing.c: the paragraph of spolc --explain about a leaf, or about the disposition of a call. */
void listing_explain_leaf(struct policy *p, const struct abi_leaf *leaf, struct buf *out);
void listing_explain_call(struct policy *p, const struct abi_call *c, struct buf *out);
/* A chain as spolc --list has it behind the name, with a line break.  Errors in the policy do not matter. */
void listing_chain(struct policy *p, const struct chain *c, struct buf *out);

/* listing_json.c: one JSON object on a line.  only NULL: everything. */
void listing_json(struct policy *p, const struct subject *only, struct buf *out);
void listing_explain_json(struct policy *p, const struct subject *s, struct buf *out);

#endif

/*
 * The policy machine: a verified program of bytecode decides whether a difference is acceptable.  Knows calls, fields
 * and facts by number only.  doc/bytecode.md.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* spol.md 2.  The zero value is the strictest. */
enum vm_verb { VERB_STOP, VERB_EQUAL, VERB_MAP, VERB_REPLAY, VERB_ACCEPT, VERB_COUNT };

/* spol.md 3. */
enum vm_disposition { DISP_EXECUTE, DISP_EMULATE, DISP_IGNORE, DISP_OPTIONAL, DISP_FORBID, DISP_COUNT };

enum vm_side { SIDE_RECORDED, SIDE_ACTUAL, SIDE_COUNT };

enum vm_phase { VM_ENTRY, VM_EXIT, VM_PHASES };

const char *vm_verb_name(enum vm_verb verb);            /* "equal" */
const char *vm_disposition_name(enum vm_disposition d); /* "emulate" */

/* What an arm of a rule is and where it stands.  Strings are lent from the program. */
struct vm_rule {
	const char *file;
	uint32_t line, column;
	const char *selector; /* "read.buf", "any ptr", "default" */
	const char *text;     /* the arm in canonical layout: "replay if fd.path in VIRTUAL" */
	const char *message;  /* template, or NULL */
	enum vm_verb verb;    /* of a disposition's rule: unused */
	bool is_default;      /* only `default` decided */
};

/* What decides: rule is an index for vm_rule_get(). */
struct vm_decision {
	enum vm_verb verb;
	uint32_t rule;
};

struct vm_disposed {
	enum vm_disposition disposition;
	uint32_t rule; /* VM_NO_RULE: the default, execute */
};

#define VM_NO_RULE UINT32_MAX

/*
 * How a program asks for what is not on its two operands.  Both answer false where there is no such value (then every
 * comparison with it is false).  Bytes that they lend must stay as they are until vm_decide() or vm_dispose() returns.
 */
struct vm_env {
	bool (*field)(void *ctx, enum vm_side side, uint32_t leaf, struct value *out);
	/* leaf: the field of kind fd that the fact is about, or VM_NO_LEAF */
	bool (*fact)(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out);
	void *ctx;
};

#define VM_NO_LEAF UINT32_MAX

/* A verified program.  Immutable; may be used from several threads. */
struct vm_prog;

/*
 * What a program is checked against.  vm/ knows no schema: the caller says how many leaves and calls there are, and
 * what each leaf is.
 */
struct vm_schema {
	uint8_t hash[32];
	uint32_t nleaves, ncalls, nfacts;
	/* Signature and name ("read.buf") of a leaf, for the message when the schema differs. */
	uint64_t (*signature)(const void *ctx, uint32_t leaf);
	const char *(*name)(const void *ctx, uint32_t leaf);
	bool (*leaf_is_bytes)(const void *ctx, uint32_t leaf); /* its value is bytes, not a number */
	/*
	 * It is decided in this phase (in: entry, out: exit, inout: both): the policy must have an entry for it there
	 * and nowhere else.  From the first such phase on it may be read, so at the exit in fields are readable, too.
	 */
	bool (*leaf_at)(const void *ctx, uint32_t leaf, enum vm_phase phase);
	bool (*leaf_verb)(const void *ctx, uint32_t leaf, enum vm_verb verb); /* the verb is legal for it */
	uint32_t (*leaf_call)(const void *ctx, uint32_t leaf);
	bool (*fact_is_bytes)(const void *ctx, uint32_t fact);
	const void *ctx;
};

/*
 * Parse and verify a .spo image: container, checksum, schema hash, every instruction on every path.  NULL: *err is
 * FORMAT, VERSION, SCHEMA or DIGEST, its text names name and the offset or instruction.
 */
struct vm_prog *vm_load(const void *data, size_t len, const char *name, const struct vm_schema *schema,
			struct err *err);
/* The bytes begin as a .spo image does (so they are no source text); says nothing about the rest. */
bool vm_is_image(const void *data, size_t len);
void vm_free(struct vm_prog *p); /* of one that is built in (vm_write_c()): nothing */

/*
 * Decide one pair of values of a leaf, in a phase where schema.leaf_at() says true.  VERB_STOP is a violation;
 * VERB_EQUAL is one if the values differ.  An equal pair that no `stop` or `map` arm takes is answered by VERB_EQUAL,
 * with the rule that decided or, where nothing had to be evaluated, with VM_NO_RULE.  Ends within the number of
 * instructions of the program. env may be NULL: nothing is there then.
 */
struct vm_decision vm_decide(const struct vm_prog *p, enum vm_phase phase, uint32_t leaf, const struct value *recorded,
			     const struct value *actual, const struct vm_env *env);
/*
 * true: an equal pair of this leaf needs no vm_decide() (no stop and no map arm).  The engine's fast path.
 */
bool vm_equal_is_same(const struct vm_prog *p, enum vm_phase phase, uint32_t leaf);
/* What to do with a whole call (before its fields are looked at). */
struct vm_disposed vm_dispose(const struct vm_prog *p, uint32_t call, const struct vm_env *env);
/* A disposition for a call that the schema does not describe, by number (`syscall_<nr>`).  false: the policy has none.
 */
bool vm_dispose_number(const struct vm_prog *p, int32_t nr, struct vm_disposed *out);
/* true: the policy names a disposition for this call (even `execute`). */
bool vm_has_disposition(const struct vm_prog *p, uint32_t call);
/* true: the call is ignored whatever its arguments are (an unconditional `ignore`). */
bool vm_always_ignored(const struct vm_prog *p, uint32_t call);

/* A source text that the image carries; lent from the program. */
struct vm_source {
	const char *file;
	const char *text;
	size_t len;
	const uint32_t *extends; /* nextends numbers of earlier sources, in the order of the text's `extends` */
	size_t nextends;
};

uint32_t vm_source_count(const struct vm_prog *p);
struct vm_source vm_source_get(const struct vm_prog *p, uint32_t source);

uint32_t vm_rule_count(const struct vm_prog *p);
const struct vm_rule *vm_rule_get(const struct vm_prog *p, uint32_t rule);
const char *vm_policy_name(const struct vm_prog *p);
/* SHA-256 of the policy's effective source texts, in order. */
const uint8_t *vm_source_digest(const struct vm_prog *p);
/* SHA-256 of the whole .spo image. */
const uint8_t *vm_image_digest(const struct vm_prog *p);
/* Of the system call schema that it was built against: vm_schema.hash. */
const uint8_t *vm_schema_hash(const struct vm_prog *p);
/* `violation: continue;` */
bool vm_continues(const struct vm_prog *p);
/*
 * true: the two are the same in everything but the places of their rules (line, column), the texts of their sources and
 * the digests of these: they decide the same, with the same rules, whose files have the same names.
 */
bool vm_same_but_places(const struct vm_prog *a, const struct vm_prog *b);
/* Appends C for the program: `static const struct vm_prog NAME`, for a file that includes vm/prog.h. */
void vm_write_c(const struct vm_prog *p, const char *name, struct buf *out);
/* Disassembly with source lines. */
void vm_disassemble(const struct vm_prog *p, const struct vm_schema *schema, struct buf *out);

#endif

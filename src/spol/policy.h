/*
 * A policy between tree and bytecode: the files it consists of, its names, and for every field the rules that speak of
 * it. Inside spol/ only; all of it lives in one arena.
 */
#ifndef SPOL_POLICY_H
#define SPOL_POLICY_H

#include "abi/schema.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "spol/ast.h"
#include "spol/compile.h"

struct map64;
struct strmap;
struct places;
struct promises;
struct test_case;

/* One source file.  number is its place in policy.files: what it extends stands before it. */
struct policy_file {
	const char *path; /* where it was read, for diagnostics */
	const char *name; /* as it is called in the image: relative to the top file, or as `extends` names it */
	uint32_t source;  /* number in diags */
	unsigned number;
	struct file_ast *ast;
	bool *inherits; /* by file number: reached by `extends`; valid for numbers below its own */
	uint32_t *parents; /* numbers of the files that its `extends` name, in order */
	size_t nparents;
	const struct spol_sealed_file *sealed; /* NULL: it was read from a file */
};

/* A constant: what a let is worth. */
enum measure {
	MEASURE_NONE,    /* a plain number */
	MEASURE_TIME,    /* nanoseconds */
	MEASURE_BYTES,   /* bytes */
	MEASURE_PERCENT, /* thousandths of a percent */
};

struct constant {
	bool is_string;
	struct text text;
	num_t num;
	enum measure measure;
};

/* A let or a set.  A name has one definition in the whole policy. */
struct definition {
	struct definition *next;
	struct item *item;
	struct policy_file *file;
	bool used;
	bool reported; /* a cycle through it was reported */
	bool busy;     /* being evaluated */
	bool known;    /* a let that was evaluated: status and value */
	int status;
	struct constant value;
};

/* How much a selector says; the lower the more specific.  spol.md 5. */
enum level {
	LEVEL_VARIANT,
	LEVEL_CALL,
	LEVEL_CLASS,
	LEVEL_ANY,
	LEVEL_DEFAULT,
};

/* One selector and one field name of a rule. */
struct target {
	struct target *next;
	struct policy_file *file;
	struct item *item;
	struct rule *rule;
	struct selector *selector;
	struct field_ref *field; /* NULL: the rule has none */
	enum level level;
	bool override;
	bool broken;   /* something of it was reported: what follows from that is silent */
	bool overrode; /* replaced an inherited rule somewhere */
	struct diag *about_override; /* the finding about its `override`, there or missing; or NULL */
	const struct target *replaced; /* the first such rule */
	unsigned covered;
	unsigned legal;          /* a bit for each verb that is legal for some field it covers */
	bool numbers;            /* it covers some number */
	bool decides;            /* it is part of some chain */
	bool needed;             /* without it, some field would be decided otherwise */
	unsigned decided, tried_without; /* fields that it is part of the chain of, and those looked at without it */
	const struct link *instead;      /* what would decide one of them */
	uint64_t tried, applied; /* arms (the first 64) that some field reached, and those that can hold for one */
};

/* A rule that speaks of a field (or of a call as a whole), and how specifically. */
struct candidate {
	struct target *target;
	unsigned rank; /* the lower the more specific */
};

struct candidates {
	struct candidate *list;
	unsigned n, room;
	unsigned lost; /* those that an `override` replaced; they stand behind the n, in any order */
};

/* A typed condition, resolved for one call.  Side SIDE_COUNT is "both sides": a bare name. */
enum node_kind {
	NODE_NUM,    /* num */
	NODE_STR,    /* text, len */
	NODE_VALUE,  /* side: the value that is being decided */
	NODE_FIELD,  /* side, leaf */
	NODE_FACT,   /* side, fact, leaf (VM_NO_LEAF: about none) */
	NODE_ARITH,  /* op: enum vm_arith; a, b */
	NODE_TEST,   /* op: enum vm_compare; a, b: both numbers, or both strings */
	NODE_IN,     /* a in set */
	NODE_WITHIN, /* |a - b| <= tolerance num, or (percent) num thousandths of a percent of a */
	NODE_AND,
	NODE_OR,
	NODE_NOT,
};

/* The members of a set as they apply to one kind of value. */
struct resolved_set {
	struct resolved_set *next;
	const struct definition *definition; /* NULL: written in the condition */
	const struct expr *anonymous;
	uint64_t key; /* what else the members depend on */
	const char *name;
	bool globs;
	const char **texts;
	num_t *numbers;
	bool *excluded;
	size_t n;
	bool failed; /* reported */
	bool emitted;
	bool for_paths; /* paths are looked for in it: its globs were looked at */
	uint32_t number; /* in the image, once emitted */
};

struct node {
	enum node_kind kind;
	bool is_string; /* its value is a byte string, not a number; meaningless for conditions */
	bool percent;
	unsigned op;
	enum vm_side side;
	uint32_t leaf, fact;
	union { /* there may be millions of them */
		num_t num; /* NUM, WITHIN */
		struct {   /* STR */
			const char *text;
			size_t len;
		};
		struct resolved_set *set; /* IN */
	};
	struct node *a, *b;
};

/* An arm as it applies to one field. */
struct link {
	struct link *next;
	struct target *target;
	struct arm *arm;
	enum vm_verb verb;   /* the arm's, or VERB_EQUAL where a wide rule's verb cannot be applied to the field */
	struct node *within; /* NODE_WITHIN over the pair, or NULL */
	struct node *condition;
};

/* What decides a field, most specific rule first; the last link is unconditional unless errors were found. */
struct chain {
	struct link *first;
	bool always; /* holds a stop or a map: an equal pair must be evaluated, too */
};

/* What is said about a system call by its number. */
struct numbered {
	struct numbered *next;
	int32_t nr;
	struct candidates candidates;
	struct chain chain;
};

struct policy {
	const struct spol_options *options;
	const struct abi_schema *schema;
	struct diags *d;
	struct arena *arena;
	struct policy_file **files;
	unsigned nfiles, files_room;
	struct policy_file **by_source; /* nby_source of them: by number in diags; NULL: a source of something else */
	uint32_t nby_source;
	const char *name;
	bool continues;
	struct definition *definitions; /* newest first */
	struct strmap *symbols;         /* constants that were looked up without a field */
	struct strmap *names;           /* of definitions */
	struct target *targets, **targets_end;
	struct candidates *by_leaf; /* nleaves */
	struct candidates *by_call; /* ncalls: dispositions */
	struct chain *chains;       /* nleaves */
	struct chain *disposed;     /* ncalls; first NULL: nothing is said */
	struct numbered *numbered;  /* ascending */
	struct promises *promises; /* explain.c's, by leaf; NULL: not collected yet */
	struct places *places;     /* for listings; NULL: not made yet */
	struct resolved_set *sets;
	struct strmap *resolved; /* the same, by what they were resolved from */
	struct map64 *numbers;   /* call number to its struct numbered */
	struct test_case *tests;    /* of the last file */
	const struct link **emitted; /* by number of a rule in the image; NULL: the built-in one.  Filled by codegen() */
	uint32_t nemitted, emitted_room;
	size_t steps;       /* see policy_spend() */
	bool spent;         /* that they are too many was reported */
	unsigned nesting;   /* of the lets and sets that are being evaluated */
	bool syntax_errors; /* rules may be missing: what would follow from that is not reported */
};

/* compile.c */
/* An empty policy over the options' schema; give it back with policy_end().  d and arena are lent and outlive it. */
void policy_init(struct policy *p, const struct spol_options *o, struct diags *d, struct arena *arena);
void policy_end(struct policy *p);
/*
 * Reads and checks everything.  0: p is whole and without errors: chains and disposed say what decides.  -1: *err IO or
 * LIMIT, path itself cannot be read; POLICY, d has the errors.
 */
int policy_analyse(struct policy *p, const char *path, struct err *err);
/*
 * Takes n from what one policy may cost: a node of a condition, a member of a set, an arm and a rule each for every field
 * that they are looked at for.  false: there is not so much left, reported at `at` the first time.
 */
bool policy_spend(struct policy *p, size_t n, struct span at);

/* extends.c: reads path and what it extends, parses all.  -1 with *err IO or LIMIT: path itself cannot be read. */
int policy_load(struct policy *p, const char *path, struct err *err);
/*
 * Where `extends "wanted"` is that stands in the file at from_path, in arena or lent from wanted; NULL: nowhere.
 * from_name: what that file is called in an image; *name gets what the other one is called there.
 */
const char *policy_find_path(const struct spol_options *o, struct arena *arena, const char *from_path,
			     const char *from_name, const char *wanted, const char **name);
/* What the file at path is called in an image, if it is the top file; lent from path. */
const char *policy_top_name(const char *path);
/* Where the file is that `extends "wanted"` of a file means, in p's arena; NULL: nowhere. */
const char *policy_find_file(const struct policy *p, const struct policy_file *from, const char *wanted);

/* names.c */
/* Collects lets and sets; reports names that are defined twice. */
void names_define(struct policy *p);
/* What a name at a place means: NULL where that file neither defines nor inherits it. */
struct definition *names_find(const struct policy *p, struct span at, const char *s, size_t len);
/* The file that a span lies in. */
struct policy_file *names_file(const struct policy *p, struct span at);
/* All (selector, field) pairs of all files become targets and candidates; what stands for the policy as a whole, too.
 */
void names_resolve(struct policy *p);
/*
 * Calls f for every leaf that a selector and a path cover ("*": all but addresses), reporting names that do not exist.
 * false: something was reported.
 */
bool names_cover(struct policy *p, struct selector *s, struct field_ref *field,
		 void (*f)(void *ctx, const struct abi_leaf *leaf, unsigned rank), void *ctx, enum level *level);
/* Calls f for every call that a selector selects.  false: something was reported. */
bool names_calls(struct policy *p, struct selector *s, void (*f)(void *ctx, const struct abi_call *c), void *ctx,
		 enum level *level);
/* Some call (named only, unless NULL) has a field of this path. */
bool names_field_anywhere(const struct policy *p, const char *only, const char *path, size_t len);
/* The call has several rows: a fallback and variants, or signals. */
bool names_many_rows(const struct policy *p, const struct abi_call *c);

/* legal.c */
/* The verb may be used for the field at all.  why: NULL or gets what forbids it. */
bool legal_verb(const struct abi_schema *s, const struct abi_leaf *leaf, enum vm_verb verb, const char **why);
/*
 * The verb may be used for the field because of its kind, by `any KIND`: what a program asks for is no answer, and is not
 * replayed unless a rule says so that knows more of it than its kind.  why: as above.
 */
bool legal_by_kind(const struct abi_schema *s, const struct abi_leaf *leaf, enum vm_verb verb, const char **why);
/* Phase in which a field is first there. */
enum vm_phase legal_phase(const struct abi_leaf *leaf);
/* Nanoseconds that a time field counts by, 0: not a time, or its unit is not known. */
num_t legal_time_unit(const struct abi_schema *s, const struct abi_leaf *leaf);
/* Range of a field's numbers; ret also holds error numbers. */
void legal_range(const struct abi_leaf *leaf, num_t *low, num_t *high);
/* Reports unknown placeholders of a message. */
void legal_message(struct policy *p, const struct text *message);

/* constant.c */
/* What constants meet: a field or a fact, or nothing. */
struct domain {
	const struct abi_leaf *leaf;
	int fact; /* -1: none */
};
#define DOMAIN_NONE ((struct domain){ NULL, -1 })
struct scope;
/* 1: *out is the value of e.  0: it is no constant, nothing reported.  -1: reported.  s NULL: no fields are in sight.
 */
int constant_eval(struct policy *p, const struct scope *s, const struct domain *domain, const struct expr *e,
		  struct constant *out);
/* A constant with a unit as the number that a field of the domain holds.  false: reported at `at`. */
bool constant_in_domain(const struct policy *p, const struct domain *domain, const struct constant *c, struct span at,
			num_t *out);
/* constant_in_domain() without reports: whether it makes sense there. */
bool constant_fits(const struct policy *p, const struct domain *domain, const struct constant *c);
/* The set that holds the flags of open(2), what fd.flags speaks of; 0: there is none. */
size_t constant_open_flags(void);
/* A named set, or one that is written in a condition, for values of a domain.  NULL: reported. */
struct resolved_set *constant_set(struct policy *p, const struct expr *e, const struct domain *domain,
				  bool globs_wanted);
/* Evaluates the lets and sets that nothing has used, for their errors. */
void constant_check_unused(struct policy *p);

/* condition.c */
/* Where a condition stands. */
struct scope {
	struct policy *p;
	const struct abi_call *call;
	const struct abi_leaf *own; /* the field that is decided; NULL: a disposition */
	enum vm_phase phase;
	bool wide;        /* the rule speaks of many calls: names that this one lacks make the condition false here */
	const char *only; /* wide, but of the rows of this call alone; else NULL */
};
enum cond {
	COND_OK,
	COND_FALSE, /* cannot hold for this call */
	COND_ERROR, /* reported */
};
enum cond condition_check(const struct scope *s, const struct expr *e, struct node **out);
/* Tolerance of an arm as a NODE_WITHIN over the pair. */
enum cond condition_within(const struct scope *s, const struct expr *tolerance, struct node **out);
/* It speaks of both sides by a bare name. */
bool condition_is_bare(const struct node *n);
/* It holds `or` or `not`: a missing value must then be looked for first. */
bool condition_branches(const struct node *n);

/* variable.c */
enum variable {
	VARIABLE_FOUND,
	VARIABLE_ABSENT,  /* other calls have it, this one does not (wide scopes only) */
	VARIABLE_UNKNOWN, /* no field and no fact */
	VARIABLE_ERROR,   /* reported */
};
/* What a name in a condition stands for.  FOUND: *out is a NODE_VALUE, NODE_FIELD or NODE_FACT. */
enum variable variable_find(const struct scope *s, const struct text *name, struct node *out);
/* As variable_find() without reports: the field or fact that a name stands for. */
bool variable_domain(const struct scope *s, const struct text *name, struct domain *out);
/* Reports a name that is nothing, with what may have been meant. */
void variable_unknown(const struct scope *s, const struct text *name);
/* For suggestions and messages. */
const char *variable_type_name(const struct node *n);

/* effective.c: candidates to chains; override, equal specificity, arms, legality of verbs, linked fields, default. */
void effective_build(struct policy *p);
/* All n + lost of them, most specific first, inherited ones before those that replace them; in p's arena. */
struct candidate *effective_order(struct policy *p, const struct candidates *c);
/*
 * What would decide a leaf if t, a part of its chain, were not there: what t replaced is back.  false: nothing would, the
 * rules that it replaced exclude each other.  Only without errors.
 */
bool effective_without(struct policy *p, const struct abi_leaf *leaf, const struct target *t, struct chain *out);
/* Where the conditions of a rule stand when it decides leaf, or (leaf NULL) the call as a whole. */
struct scope effective_scope(struct policy *p, const struct target *t, const struct abi_call *c,
			     const struct abi_leaf *leaf);

/* correct.c: edits for findings */
/* For what was reported about `override`. */
void correct_overrides(struct policy *p);
/* Two selectors of one rule name the same thing: the second goes. */
void correct_named_twice(struct policy *p, struct diag *g, const struct target *first, const struct target *again);
/* What stands behind an arm that always holds goes. */
void correct_unreachable(struct policy *p, struct diag *g, const struct policy_file *f, const struct arm *deciding);
/* A member of a set that is one already goes, with the comma behind the member before it. */
void correct_repeated_member(struct policy *p, struct diag *g, const struct set_member *before,
			     const struct set_member *member);
/* What stands at `at`, a comment or one code of it, allows nothing and goes. */
void correct_allowance(struct policy *p, struct diag *g, const struct policy_file *f, struct span at);
/* The file gets the name that it is stored under. */
void correct_no_policy(struct policy *p, struct diag *g, const struct policy_file *f);
/* meant may have been meant by a name, or by the end of it that begins at part (NULL: all of it). */
void correct_name(struct policy *p, struct diag *g, const struct text *name, const char *part, const char *meant);
/* meant may have been meant by {word} in a message. */
void correct_placeholder(struct policy *p, struct diag *g, const struct text *message, const char *word, size_t len,
			 const char *meant);

/* never.c */
void never_check(struct policy *p);

/* lint.c */
void lint_check(struct policy *p);

/* lint_allow.c: takes out what comments of the top file allow; reports comments that are malformed or allow nothing. */
void lint_allow(struct policy *p);

/* lint_effects.c: what rules let through that a reviewer should know of. */
void lint_effects(struct policy *p);

/* lint_logic.c: what conditions mean, alone and after one another. */
void lint_logic(struct policy *p);

/* lint_redundant.c: rules that decide as what is inherited would. */
void lint_redundant(struct policy *p);

/* lint_text.c: strings, sets and numbers that hardly mean what they say. */
void lint_text(struct policy *p);

/* lint_style.c: looks for matters of style (S2xxx), which may be allowed like warnings; takes them out again. */
void lint_style(struct policy *p);
void lint_drop_style(struct policy *p);

/* codegen.c: only without errors.  -1: *err LIMIT. */
int codegen(struct policy *p, struct buf *out, struct err *err);

/* listing.c: what spol_list() and spol_explain() print.  -1: *err USAGE. */
int listing_all(struct policy *p, const char *what, enum spol_form form, struct buf *out, struct err *err);
int listing_explain(struct policy *p, const char *what, enum spol_form form, struct buf *out, struct err *err);

/* schema_print.c: the line of a leaf, and a call with all of them, as spolc --schema has them. */
void schema_print_leaf(const struct abi_schema *s, const struct abi_leaf *leaf, struct buf *out);
void schema_print_call(const struct abi_schema *s, const struct abi_call *c, struct buf *out);

/* print.c: canonical layout. */
void print_expr(struct buf *b, const struct expr *e);
void print_arm(struct buf *b, const struct arm *a, bool with_message);
/* An arm for a field that cannot have its verb, with the verb that it then has. */
void print_arm_as(struct buf *b, const struct arm *a, enum vm_verb verb);
void print_selector(struct buf *b, const struct selector *s);
/* "read.buf", "any ptr", "stat, lstat { statbuf.st_ino, statbuf.st_dev }": of the whole rule. */
void print_rule_target(struct buf *b, const struct target *t);

/* Numbers for `rank`: less is more specific. */
#define RANK_LEVEL  100000u
#define RANK_STRUCT 50000u
#define RANK_STAR   60000u

#endif

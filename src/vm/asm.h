/*
 * Assembler: the policy compiler's way to a .spo image.  Emits instructions with labels, constants, strings, sets,
 * rules and the dense tables; what it writes passes the verifier (a test holds it to that).
 */
#ifndef VM_ASM_H
#define VM_ASM_H

#include "vm/vm.h"

struct vm_asm;

typedef uint32_t vm_label; /* a place in the code that is still to come; bind it once */
typedef uint8_t vm_reg;    /* 0 .. VM_REGS-1 */

#define VM_REGS 16

struct vm_asm *vm_asm_new(const char *policy_name, const struct vm_schema *schema);
void vm_asm_free(struct vm_asm *a);

/*
 * In order, the top file last: for the digest, --dump and compiling again.  extends: nextends numbers of earlier ones.  In
 * all names and texts of an image `?` takes the place of what cannot be printed.
 */
void vm_asm_set_source(struct vm_asm *a, const char *file, const char *text, size_t len, const uint32_t *extends,
		       size_t nextends);
void vm_asm_set_continues(struct vm_asm *a, bool continues);

/* Place of the next instruction, for the tables below. */
uint32_t vm_asm_here(const struct vm_asm *a);
vm_label vm_asm_label(struct vm_asm *a);
void vm_asm_bind(struct vm_asm *a, vm_label l);

/* Loads.  num_*: a number register, str_*: a byte-string register; a register has one type at each place. */
void vm_asm_num_const(struct vm_asm *a, vm_reg r, num_t n);
void vm_asm_str_const(struct vm_asm *a, vm_reg r, const char *s, size_t len);
void vm_asm_num_value(struct vm_asm *a, vm_reg r, enum vm_side side); /* this field's own value */
void vm_asm_str_value(struct vm_asm *a, vm_reg r, enum vm_side side);
void vm_asm_num_field(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t leaf);
void vm_asm_str_field(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t leaf);
void vm_asm_num_fact(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t fact, uint32_t leaf);
void vm_asm_str_fact(struct vm_asm *a, vm_reg r, enum vm_side side, uint32_t fact, uint32_t leaf);
/*
 * A load of a value that is not there makes the register "missing"; arithmetic with a missing operand is missing, and a
 * branch that looks at a missing operand goes to its if_false label.
 */

/* dst := x without the NUL bytes at its end, for fields whose memory holds text. */
void vm_asm_str_text(struct vm_asm *a, vm_reg dst, vm_reg x);

enum vm_arith { VM_ADD, VM_SUB, VM_MUL, VM_DIV, VM_AND, VM_OR };
void vm_asm_arith(struct vm_asm *a, enum vm_arith op, vm_reg dst, vm_reg x, vm_reg y);

enum vm_compare { VM_EQ, VM_NE, VM_LT, VM_LE, VM_GT, VM_GE };
/* Falls through when the comparison holds, jumps to if_false when it does not.  Labels are bound later: forward only.
 */
void vm_asm_num_test(struct vm_asm *a, enum vm_compare c, vm_reg x, vm_reg y, vm_label if_false);
void vm_asm_str_test(struct vm_asm *a, enum vm_compare c, vm_reg x, vm_reg y, vm_label if_false); /* EQ and NE only */
/* |x - y| <= tolerance, or (percent) <= tolerance millipercent of x. */
void vm_asm_within(struct vm_asm *a, vm_reg x, vm_reg y, vm_reg tolerance, bool percent, vm_label if_false);
void vm_asm_num_in(struct vm_asm *a, vm_reg x, uint32_t set, vm_label if_false);
void vm_asm_str_in(struct vm_asm *a, vm_reg x, uint32_t set, vm_label if_false);
/* This pair's values differ, else jump. */
void vm_asm_differs(struct vm_asm *a, vm_label if_false);
void vm_asm_jump(struct vm_asm *a, vm_label to);
/* Ends of a path. */
void vm_asm_verdict(struct vm_asm *a, enum vm_verb verb, uint32_t rule);
void vm_asm_dispose(struct vm_asm *a, enum vm_disposition d, uint32_t rule);

/*
 * A set of globs (spol.md 4; the leading '!' is said by excluded[], not by the text) or of numbers.  A value is in it
 * if a member matches and no excluded one does; excluded may be NULL.  The result is its number; the two kinds are
 * counted apart.
 */
uint32_t vm_asm_glob_set(struct vm_asm *a, const char *name, const char *const *globs, const bool *excluded, size_t n);
uint32_t vm_asm_num_set(struct vm_asm *a, const char *name, const num_t *numbers, const bool *excluded, size_t n);

/* Strings are copied.  The result is the rule's number. */
uint32_t vm_asm_rule(struct vm_asm *a, const struct vm_rule *rule);

/* Tables.  always: an equal pair must be evaluated, too (the chain has a stop or a map arm). */
void vm_asm_entry(struct vm_asm *a, enum vm_phase phase, uint32_t leaf, uint32_t pc, bool always);
/* unconditional_ignore: see vm_always_ignored(). */
void vm_asm_call(struct vm_asm *a, uint32_t call, uint32_t pc, bool unconditional_ignore);
void vm_asm_call_number(struct vm_asm *a, int32_t nr, enum vm_disposition d, uint32_t rule);

/* The image; deterministic; call it once.  -1: *err LIMIT (more code, rules, states than the format holds), POLICY (a
 * glob that vm_glob_check() refuses). */
int vm_asm_finish(struct vm_asm *a, struct buf *out, struct err *err);

/*
 * true: the glob matches the whole path, by a straightforward matcher that the automaton is tested against (and the AST
 * oracle uses).  Its time grows with len to the power of the number of stars.
 */
bool vm_glob_match(const char *glob, const uint8_t *path, size_t len);
/* A glob's syntax: NULL, or what is wrong with it (static text). */
const char *vm_glob_check(const char *glob);

#endif

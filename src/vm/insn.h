/*
 * Instructions: opcodes, operand kinds and the decoded form that image, verifier, interpreter and disassembler share.
 * Inside vm/ only.
 */
#ifndef VM_INSN_H
#define VM_INSN_H

#include <stdint.h>

enum vm_op {
#define OP(NAME, text, a, b, c, imm, flow) OP_##NAME,
#include "vm/opcodes.def"
	OP_COUNT
};

enum vm_operand {
	OPERAND_ZERO, /* unused: must be 0 */
	/* a, b, c: */
	OPERAND_NUM_OUT, /* register that becomes a number */
	OPERAND_STR_OUT, /* register that becomes a byte string */
	OPERAND_NUM,     /* register that holds a number */
	OPERAND_STR,
	OPERAND_SIDE,     /* enum vm_side */
	OPERAND_NUM_FACT, /* number of a fact whose value is a number */
	OPERAND_STR_FACT,
	OPERAND_VERB,        /* enum vm_verb */
	OPERAND_DISPOSITION, /* enum vm_disposition */
	OPERAND_NUM_SET_LOW, /* low byte of the number of a set of numbers; the high one is in the next operand */
	OPERAND_GLOB_SET_LOW,
	OPERAND_SET_HIGH,
	/* imm: */
	OPERAND_CONST,    /* index of a constant */
	OPERAND_STRING,   /* index of a string */
	OPERAND_NUM_LEAF, /* leaf whose value is a number */
	OPERAND_STR_LEAF,
	OPERAND_ABOUT_LEAF, /* leaf that a fact is about, or VM_NO_LEAF */
	OPERAND_TARGET,     /* place of a later instruction */
	OPERAND_RULE,
	OPERAND_RULE_OR_NONE, /* a rule, or VM_NO_RULE */
	OPERAND_COUNT
};

enum vm_flow {
	FLOW_NEXT,
	FLOW_BRANCH, /* the next one, or imm */
	FLOW_JUMP,   /* imm */
	FLOW_END,
};

/* In an image: these eight bytes, imm little-endian. */
struct vm_insn {
	uint8_t op, a, b, c;
	uint32_t imm;
};

#define VM_INSN_SIZE 8

struct vm_op_info {
	const char *text;
	enum vm_operand a, b, c, imm;
	enum vm_flow flow;
};

extern const struct vm_op_info vm_ops[OP_COUNT];

static inline uint32_t insn_set(const struct vm_insn *i)
{
	return i->b | (uint32_t)i->c << 8;
}

#endif

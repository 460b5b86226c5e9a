/*
 * The table of opcodes, and the names of verbs and dispositions.
 */
#include "vm/insn.h"

#include "vm/vm.h"

_Static_assert(sizeof(struct vm_insn) == VM_INSN_SIZE, "an instruction is eight bytes");
_Static_assert(OP_COUNT <= 256, "an opcode is one byte");

const struct vm_op_info vm_ops[OP_COUNT] = {
#define OP(NAME, text, a, b, c, imm, flow) \
	[OP_##NAME] = { text, OPERAND_##a, OPERAND_##b, OPERAND_##c, OPERAND_##imm, FLOW_##flow },
#include "vm/opcodes.def"
};

static const char *const verbs[VERB_COUNT] = {
	[VERB_STOP] = "stop",     [VERB_EQUAL] = "equal",   [VERB_MAP] = "map",
	[VERB_REPLAY] = "replay", [VERB_ACCEPT] = "accept",
};

static const char *const dispositions[DISP_COUNT] = {
	[DISP_EXECUTE] = "execute",   [DISP_EMULATE] = "emulate", [DISP_IGNORE] = "ignore",
	[DISP_OPTIONAL] = "optional", [DISP_FORBID] = "forbid",
};

const char *vm_verb_name(enum vm_verb verb)
{
	return verb < VERB_COUNT ? verbs[verb] : "?";
}

const char *vm_disposition_name(enum vm_disposition d)
{
	return d < DISP_COUNT ? dispositions[d] : "?";
}

/*
 * The verifier: proves, before the first evaluation, everything that the interpreter does not check.
 *
 * Code only branches forward, so one pass in order sees every place after all that lead to it (registers), and one pass
 * backwards sees every place after all that it leads to (what can come of it).  Then each entry of the tables is a look
 * at the summary of its first instruction.
 */
#include "base/check.h"
#include "vm/asm.h"
#include "vm/prog.h"
#include "vm/words.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA_NAMES_MAX 10

/* Registers of which it is certain that they hold a number, a string; bit per register. */
struct known {
	bool reached;
	uint16_t num, str;
};

#define NO_CALL    UINT32_MAX       /* no field is read */
#define MANY_CALLS (UINT32_MAX - 1) /* fields of more than one call */

/* What can come of executing the code from an instruction on. */
struct summary {
	uint8_t verbs, dispositions; /* bit per verb, disposition that it may end with */
	bool num_value, str_value;   /* it asks for the value being decided as number, as string */
	bool differs;                /* it asks whether the values differ */
	bool at_exit;                /* it reads a field that is there only when the call has run */
	uint32_t call;               /* the call whose fields it reads, NO_CALL, MANY_CALLS */
};

struct checker {
	const struct vm_image *image;
	const struct vm_schema *schema;
	const char *name;
	struct known *known;       /* by place in the code */
	struct summary *summaries; /* by place in the code */
	struct err *err;
};

static const char *leaf_name(const struct vm_schema *s, uint32_t leaf)
{
	return s->name ? s->name(s->ctx, leaf) : "?";
}

static bool leaf_at_exit_only(const struct vm_schema *s, uint32_t leaf)
{
	return !s->leaf_at(s->ctx, leaf, VM_ENTRY);
}

static int bad_insn(const struct checker *c, uint32_t pc, const char *what)
{
	const struct vm_insn *i = &c->image->code[pc];

	return err_set(c->err, ERR_FORMAT, "%s: instruction %u (%s): %s", c->name, pc,
		       i->op < OP_COUNT ? vm_ops[i->op].text : "no opcode", what);
}

/* ---- sections but the code ---- */

static bool ascending(const num_t *numbers, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (numbers[i - 1] >= numbers[i])
			return false;
	return true;
}

static int check_globs(const struct checker *c)
{
	const struct glob_dfa *d = &c->image->globs;
	size_t row = glob_row_bytes(d->nsets), cells = (size_t)d->nstates * d->nclasses;

	if (!d->nsets)
		return 0;
	if (d->nstates < 2)
		return err_set(c->err, ERR_FORMAT, "%s: globs: %u states are too few", c->name, d->nstates);
	for (unsigned byte = 0; byte < 256; byte++)
		if (d->classes[byte] >= d->nclasses)
			return err_set(c->err, ERR_FORMAT, "%s: globs: byte %u has class %u of %u", c->name, byte,
				       d->classes[byte], d->nclasses);
	for (size_t i = 0; i < cells; i++)
		if (d->next[i] >= d->nstates || (i < d->nclasses && d->next[i] != 0))
			return err_set(c->err, ERR_FORMAT, "%s: globs: state %zu goes to state %u of %u", c->name,
				       i / d->nclasses, d->next[i], d->nstates);
	for (size_t i = 0; i < d->nstates; i++)
		if (d->accepts[i] >= d->nrows)
			return err_set(c->err, ERR_FORMAT, "%s: globs: state %zu has row %u of %u", c->name, i,
				       d->accepts[i], d->nrows);
	for (size_t i = 0; i < row; i++)
		if (d->rows[d->accepts[0] * row + i])
			return err_set(c->err, ERR_FORMAT, "%s: globs: the dead state accepts", c->name);
	for (size_t i = 0; i < d->nrows && d->nsets % 8; i++)
		if (d->rows[i * row + row - 1] >> (d->nsets % 8))
			return err_set(c->err, ERR_FORMAT, "%s: globs: row %zu names a set that does not exist",
				       c->name, i);
	return 0;
}

static int check_sections(const struct checker *c)
{
	const struct vm_image *i = c->image;
	uint8_t digest[DIGEST_SIZE];

	for (size_t n = 0; n < i->nsets; n++)
		if (!ascending(i->sets[n].numbers, i->sets[n].n))
			return err_set(c->err, ERR_FORMAT, "%s: number set %zu is not in ascending order", c->name, n);
	for (size_t n = 0; n < i->nrules; n++)
		if (i->rules[n].verb >= VERB_COUNT)
			return err_set(c->err, ERR_FORMAT, "%s: rule %zu has no verb", c->name, n);
	for (size_t n = 0; n < i->nnumbers; n++) {
		const struct image_number *e = &i->numbers[n];

		if ((n && i->numbers[n - 1].nr >= e->nr) || e->disposition >= DISP_COUNT || e->rule >= i->nrules)
			return err_set(c->err, ERR_FORMAT,
				       "%s: disposition %zu, of call number %d: not in order, or without rule", c->name,
				       n, e->nr);
	}
	image_source_digest(i, digest);
	if (memcmp(digest, i->source_digest, DIGEST_SIZE) != 0)
		return err_set(c->err, ERR_DIGEST, "%s: the source texts do not match their digest", c->name);
	return check_globs(c);
}

/* ---- the schema ---- */

static int by_value(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* Numbers that stand in sorted, of the fields of the image. */
struct signatures {
	uint32_t *sorted;
	uint32_t n;
};

static struct signatures sort_signatures(const uint32_t *list, uint32_t n)
{
	struct signatures s = { xcalloc((size_t)n + 1, sizeof(*s.sorted)), n };

	if (n)
		memcpy(s.sorted, list, n * sizeof(*list));
	qsort(s.sorted, n, sizeof(*s.sorted), by_value);
	return s;
}

static bool has_signature(const struct signatures *s, uint32_t signature)
{
	return bsearch(&signature, s->sorted, s->n, sizeof(*s->sorted), by_value) != NULL;
}

/* Appends up to SCHEMA_NAMES_MAX names behind a title. */
static void name_one(struct buf *out, const char *title, unsigned found, const char *name)
{
	if (found <= SCHEMA_NAMES_MAX)
		buf_printf(out, "%s%.80s", found > 1 ? ", " : title, name);
}

/*
 * Appends the names of fields that the image does not know as this schema has them, and how many it knows that are no
 * more; only if no name is new, those that have another number now.
 */
static void name_moved(const struct checker *c, struct buf *out)
{
	const struct vm_image *i = c->image;
	const struct vm_schema *s = c->schema;
	uint32_t *own = xcalloc((size_t)s->nleaves + 1, sizeof(*own));
	struct signatures theirs = sort_signatures(i->signatures, i->nleaves), ours;
	unsigned found = 0, gone = 0;

	for (uint32_t leaf = 0; leaf < s->nleaves; leaf++) {
		own[leaf] = (uint32_t)s->signature(s->ctx, leaf);
		if (!has_signature(&theirs, own[leaf]))
			name_one(out, ": new or changed: ", ++found, leaf_name(s, leaf));
	}
	ours = sort_signatures(own, s->nleaves);
	for (uint32_t leaf = 0; leaf < i->nleaves; leaf++)
		gone += !has_signature(&ours, i->signatures[leaf]);
	for (uint32_t leaf = 0, new = found; leaf < s->nleaves && !new; leaf++)
		if (leaf >= i->nleaves || i->signatures[leaf] != own[leaf])
			name_one(out, ": moved: ", ++found, leaf_name(s, leaf));
	if (found > SCHEMA_NAMES_MAX)
		buf_printf(out, " and %u more", found - SCHEMA_NAMES_MAX);
	if (gone)
		buf_printf(out, "%s %u that it knows are gone", found ? ";" : ":", gone);
	if (!found && !gone)
		buf_str(out, ": the fields are the same, a call or a fact is not");
	free(own);
	free(theirs.sorted);
	free(ours.sorted);
}

static int check_schema(const struct checker *c)
{
	const struct vm_image *i = c->image;
	const struct vm_schema *s = c->schema;
	CLEANUP(buf_free) struct buf names = { 0 };

	if (memcmp(i->schema_hash, s->hash, DIGEST_SIZE) != 0) {
		name_moved(c, &names);
		return err_set(c->err, ERR_SCHEMA,
			       "%s: compiled against another system call schema (%u fields, this program's has %u)%s",
			       c->name, i->nleaves, s->nleaves, buf_cstr(&names));
	}
	if (i->nleaves != s->nleaves || i->ncalls != s->ncalls)
		return err_set(c->err, ERR_FORMAT, "%s: tables for %u fields and %u calls; the schema has %u and %u",
			       c->name, i->nleaves, i->ncalls, s->nleaves, s->ncalls);
	for (uint32_t leaf = 0; leaf < s->nleaves; leaf++)
		if (i->signatures[leaf] != (uint32_t)s->signature(s->ctx, leaf))
			return err_set(c->err, ERR_FORMAT, "%s: the signature of %s is not the schema's", c->name,
				       leaf_name(s, leaf));
	return 0;
}

/* ---- operands ---- */

static int check_leaf(const struct checker *c, uint32_t pc, uint32_t leaf, const bool *bytes)
{
	const struct vm_schema *s = c->schema;

	if (leaf >= s->nleaves)
		return bad_insn(c, pc, "no such field");
	if (bytes && s->leaf_is_bytes(s->ctx, leaf) != *bytes)
		return bad_insn(c, pc, *bytes ? "the field is no byte string" : "the field is no number");
	if (!s->leaf_at(s->ctx, leaf, VM_ENTRY) && !s->leaf_at(s->ctx, leaf, VM_EXIT))
		return bad_insn(c, pc, "the field can never be read");
	return 0;
}

static int check_fact(const struct checker *c, uint32_t pc, uint32_t fact, bool bytes)
{
	if (fact >= c->schema->nfacts)
		return bad_insn(c, pc, "no such fact");
	if (c->schema->fact_is_bytes(c->schema->ctx, fact) != bytes)
		return bad_insn(c, pc, bytes ? "the fact is no byte string" : "the fact is no number");
	return 0;
}

static int check_operand(const struct checker *c, uint32_t pc, enum vm_operand kind, uint32_t value)
{
	static const bool yes = true, no = false;
	const struct vm_image *i = c->image;
	bool ok = true;

	switch (kind) {
	case OPERAND_ZERO:
		ok = value == 0;
		break;
	case OPERAND_NUM_OUT:
	case OPERAND_STR_OUT:
	case OPERAND_NUM:
	case OPERAND_STR:
		if (value >= VM_REGS)
			return bad_insn(c, pc, "no such register");
		break;
	case OPERAND_SIDE:
		ok = value < SIDE_COUNT;
		break;
	case OPERAND_NUM_FACT:
		return check_fact(c, pc, value, false);
	case OPERAND_STR_FACT:
		return check_fact(c, pc, value, true);
	case OPERAND_VERB:
		ok = value < VERB_COUNT;
		break;
	case OPERAND_DISPOSITION:
		ok = value < DISP_COUNT;
		break;
	case OPERAND_NUM_SET_LOW:
		if (insn_set(&i->code[pc]) >= i->nsets)
			return bad_insn(c, pc, "no such set of numbers");
		break;
	case OPERAND_GLOB_SET_LOW:
		if (insn_set(&i->code[pc]) >= i->globs.nsets)
			return bad_insn(c, pc, "no such set of globs");
		break;
	case OPERAND_SET_HIGH:
		break;
	case OPERAND_CONST:
		ok = value < i->nconsts;
		break;
	case OPERAND_STRING:
		ok = value < i->nstrings;
		break;
	case OPERAND_NUM_LEAF:
		return check_leaf(c, pc, value, &no);
	case OPERAND_STR_LEAF:
		return check_leaf(c, pc, value, &yes);
	case OPERAND_ABOUT_LEAF:
		return value == VM_NO_LEAF ? 0 : check_leaf(c, pc, value, NULL);
	case OPERAND_TARGET:
		if (value <= pc || value >= i->ncode)
			return bad_insn(c, pc, "the branch goes to no later instruction");
		break;
	case OPERAND_RULE:
		if (value >= i->nrules)
			return bad_insn(c, pc, "no such rule");
		break;
	case OPERAND_RULE_OR_NONE:
		if (value != VM_NO_RULE && value >= i->nrules)
			return bad_insn(c, pc, "no such rule");
		if (value == VM_NO_RULE && i->code[pc].a != DISP_EXECUTE)
			return bad_insn(c, pc, "a disposition other than execute needs a rule");
		break;
	case OPERAND_COUNT:
		ok = false;
		break;
	}
	return ok ? 0 : bad_insn(c, pc, "an operand is out of range");
}

static int check_operands(const struct checker *c)
{
	for (uint32_t pc = 0; pc < c->image->ncode; pc++) {
		const struct vm_insn *i = &c->image->code[pc];
		const struct vm_op_info *op;

		if (i->op >= OP_COUNT)
			return err_set(c->err, ERR_FORMAT, "%s: instruction %u: no opcode %u", c->name, pc, i->op);
		op = &vm_ops[i->op];
		if (check_operand(c, pc, op->a, i->a) || check_operand(c, pc, op->b, i->b) ||
		    check_operand(c, pc, op->c, i->c) || check_operand(c, pc, op->imm, i->imm))
			return -1;
	}
	return 0;
}

static int check_tables(const struct checker *c)
{
	const struct vm_image *i = c->image;
	const struct vm_schema *s = c->schema;

	for (unsigned phase = 0; phase < VM_PHASES; phase++) {
		for (uint32_t leaf = 0; leaf < i->nleaves; leaf++) {
			uint32_t entry = i->entries[(size_t)phase * i->nleaves + leaf];
			bool wanted = s->leaf_at(s->ctx, leaf, (enum vm_phase)phase);
			const char *when = phase == VM_ENTRY ? "entry" : "exit";

			if (!wanted && entry != IMAGE_NO_PC)
				return err_set(c->err, ERR_FORMAT, "%s: %s is decided at the %s, where it is not",
					       c->name, leaf_name(s, leaf), when);
			if (wanted && entry == IMAGE_NO_PC)
				return err_set(c->err, ERR_FORMAT, "%s: nothing decides %s at the %s", c->name,
					       leaf_name(s, leaf), when);
			if (wanted && image_pc(entry) >= i->ncode)
				return err_set(c->err, ERR_FORMAT,
					       "%s: %s at the %s is decided at instruction %u of %zu", c->name,
					       leaf_name(s, leaf), when, image_pc(entry), i->ncode);
		}
	}
	for (uint32_t call = 0; call < i->ncalls; call++)
		if (i->calls[call] != IMAGE_NO_PC && image_pc(i->calls[call]) >= i->ncode)
			return err_set(c->err, ERR_FORMAT, "%s: call %u is disposed of at instruction %u of %zu",
				       c->name, call, image_pc(i->calls[call]), i->ncode);
	return 0;
}

/* ---- registers, forward ---- */

static void meet(struct known *into, uint16_t num, uint16_t str)
{
	if (!into->reached) {
		*into = (struct known){ true, num, str };
		return;
	}
	into->num &= num;
	into->str &= str;
}

static int check_source(const struct checker *c, uint32_t pc, enum vm_operand kind, uint8_t reg)
{
	const struct known *k = &c->known[pc];

	if (kind == OPERAND_NUM && !(k->num >> reg & 1))
		return err_set(c->err, ERR_FORMAT,
			       "%s: instruction %u (%s): register r%u does not hold a number on every path", c->name,
			       pc, vm_ops[c->image->code[pc].op].text, reg);
	if (kind == OPERAND_STR && !(k->str >> reg & 1))
		return err_set(c->err, ERR_FORMAT,
			       "%s: instruction %u (%s): register r%u does not hold a byte string on every path",
			       c->name, pc, vm_ops[c->image->code[pc].op].text, reg);
	return 0;
}

static int flow_registers(const struct checker *c, uint32_t pc)
{
	const struct vm_insn *i = &c->image->code[pc];
	const struct vm_op_info *op = &vm_ops[i->op];
	struct known after = c->known[pc];
	uint16_t bit = (uint16_t)(1u << (i->a % VM_REGS));

	if (check_source(c, pc, op->a, i->a) || check_source(c, pc, op->b, i->b) || check_source(c, pc, op->c, i->c))
		return -1;
	if (op->a == OPERAND_NUM_OUT || op->a == OPERAND_STR_OUT) {
		after.num = (uint16_t)(op->a == OPERAND_NUM_OUT ? after.num | bit : after.num & ~bit);
		after.str = (uint16_t)(op->a == OPERAND_STR_OUT ? after.str | bit : after.str & ~bit);
	}
	if (op->flow == FLOW_BRANCH || op->flow == FLOW_JUMP)
		meet(&c->known[i->imm], after.num, after.str);
	if (op->flow == FLOW_NEXT || op->flow == FLOW_BRANCH) {
		if (pc + 1 == c->image->ncode)
			return bad_insn(c, pc, "the code ends without a verdict");
		meet(&c->known[pc + 1], after.num, after.str);
	}
	return 0;
}

static int check_registers(const struct checker *c)
{
	const struct vm_image *i = c->image;

	for (size_t n = 0; n < (size_t)VM_PHASES * i->nleaves; n++)
		if (i->entries[n] != IMAGE_NO_PC)
			meet(&c->known[image_pc(i->entries[n])], 0, 0);
	for (size_t n = 0; n < i->ncalls; n++)
		if (i->calls[n] != IMAGE_NO_PC)
			meet(&c->known[image_pc(i->calls[n])], 0, 0);
	for (uint32_t pc = 0; pc < i->ncode; pc++)
		if (c->known[pc].reached && flow_registers(c, pc))
			return -1;
	return 0;
}

/* ---- what can come of it, backward ---- */

static uint32_t join_calls(uint32_t a, uint32_t b)
{
	if (a == NO_CALL || a == b)
		return b;
	return b == NO_CALL ? a : MANY_CALLS;
}

static void join(struct summary *into, const struct summary *s)
{
	into->verbs |= s->verbs;
	into->dispositions |= s->dispositions;
	into->num_value |= s->num_value;
	into->str_value |= s->str_value;
	into->differs |= s->differs;
	into->at_exit |= s->at_exit;
	into->call = join_calls(into->call, s->call);
}

/* What one instruction itself adds. */
static struct summary own_summary(const struct checker *c, uint32_t pc)
{
	const struct vm_insn *i = &c->image->code[pc];
	const struct vm_op_info *op = &vm_ops[i->op];
	const struct vm_schema *schema = c->schema;
	struct summary s = {
		.num_value = i->op == OP_NUM_VALUE,
		.str_value = i->op == OP_STR_VALUE,
		.differs = i->op == OP_DIFFERS,
		.call = NO_CALL,
	};
	bool leaf = op->imm == OPERAND_NUM_LEAF || op->imm == OPERAND_STR_LEAF || op->imm == OPERAND_ABOUT_LEAF;

	if (op->a == OPERAND_VERB)
		s.verbs = (uint8_t)(1u << i->a);
	if (op->a == OPERAND_DISPOSITION)
		s.dispositions = (uint8_t)(1u << i->a);
	if (leaf && i->imm != VM_NO_LEAF) {
		s.call = schema->leaf_call(schema->ctx, i->imm);
		s.at_exit = leaf_at_exit_only(schema, i->imm);
	}
	return s;
}

static void summarise(const struct checker *c)
{
	for (uint32_t pc = (uint32_t)c->image->ncode; pc-- > 0;) {
		const struct vm_insn *i = &c->image->code[pc];
		enum vm_flow flow = vm_ops[i->op].flow;
		struct summary *s = &c->summaries[pc];

		*s = own_summary(c, pc);
		if (!c->known[pc].reached)
			continue;
		if (flow == FLOW_BRANCH || flow == FLOW_JUMP)
			join(s, &c->summaries[i->imm]);
		if (flow == FLOW_NEXT || flow == FLOW_BRANCH)
			join(s, &c->summaries[pc + 1]);
	}
}

/* What an entry may do. */
struct allowed {
	const char *who;
	const char *when;
	uint8_t verbs, dispositions;
	bool num_value, str_value, differs, at_exit;
	uint32_t call;
};

/* What is wrong with a summary for an entry; NULL: nothing. */
static const char *objection(const struct summary *s, const struct allowed *a)
{
	if (s->dispositions && !a->dispositions)
		return "a field cannot be disposed of";
	if (s->verbs && !a->verbs)
		return "a call has no verdict";
	if (s->verbs & ~a->verbs)
		return "the verb is not legal for it";
	if (s->num_value && !a->num_value)
		return "its value is no number";
	if (s->str_value && !a->str_value)
		return "its value is no byte string";
	if (s->differs && !a->differs)
		return "a call has no pair of values";
	if (s->call != NO_CALL && s->call != a->call)
		return "a field of another call is read";
	if (s->at_exit && !a->at_exit)
		return "a field is read before the call has set it";
	return NULL;
}

/* Names the first instruction after start that an entry must not reach. */
static int bad_entry(const struct checker *c, uint32_t start, const struct allowed *a)
{
	const struct vm_image *image = c->image;
	bool *reached = xcalloc(image->ncode, sizeof(*reached));
	uint32_t at = start;
	const char *what = NULL;

	reached[start] = true;
	for (uint32_t pc = start; pc < image->ncode && !what; pc++) {
		const struct vm_insn *i = &image->code[pc];
		enum vm_flow flow = vm_ops[i->op].flow;
		struct summary own;

		if (!reached[pc])
			continue;
		own = own_summary(c, pc);
		what = objection(&own, a);
		at = pc;
		if (flow == FLOW_BRANCH || flow == FLOW_JUMP)
			reached[i->imm] = true;
		if (flow == FLOW_NEXT || flow == FLOW_BRANCH)
			reached[pc + 1] = true;
	}
	free(reached);
	INVARIANT(what);
	return err_set(c->err, ERR_FORMAT, "%s: instruction %u (%s), reached for %s%s: %s", c->name, at,
		       vm_ops[image->code[at].op].text, a->who, a->when, what);
}

static int check_entry(const struct checker *c, enum vm_phase phase, uint32_t leaf, uint32_t entry)
{
	const struct vm_schema *s = c->schema;
	const struct summary *sum = &c->summaries[image_pc(entry)];
	bool bytes = s->leaf_is_bytes(s->ctx, leaf);
	struct allowed a = {
		.when = phase == VM_ENTRY ? " at the entry" : " at the exit",
		.num_value = !bytes,
		.str_value = bytes,
		.differs = true,
		.at_exit = phase == VM_EXIT,
		.call = s->leaf_call(s->ctx, leaf),
	};

	/* of the verbs that are not there nobody asks */
	a.verbs = (uint8_t)~sum->verbs;
	for (unsigned verb = 0; verb < VERB_COUNT; verb++)
		if ((sum->verbs >> verb & 1) && s->leaf_verb(s->ctx, leaf, (enum vm_verb)verb))
			a.verbs |= (uint8_t)(1u << verb);
	if (objection(sum, &a)) {
		a.who = leaf_name(s, leaf);
		return bad_entry(c, image_pc(entry), &a);
	}
	if ((sum->verbs & (1u << VERB_STOP | 1u << VERB_MAP)) && !(entry & IMAGE_FLAG))
		return err_set(c->err, ERR_FORMAT, "%s: %s%s: `stop` or `map` would not see equal values", c->name,
			       leaf_name(s, leaf), a.when);
	return 0;
}

static int check_call(const struct checker *c, uint32_t call, uint32_t entry)
{
	const struct summary *sum = &c->summaries[image_pc(entry)];
	struct allowed a = {
		.who = "the disposition of a call",
		.when = "",
		.dispositions = (1u << DISP_COUNT) - 1,
		.call = call,
	};

	if (objection(sum, &a))
		return bad_entry(c, image_pc(entry), &a);
	if ((entry & IMAGE_FLAG) && sum->dispositions != 1u << DISP_IGNORE)
		return err_set(c->err, ERR_FORMAT, "%s: call %u is not ignored whatever its arguments are", c->name,
			       call);
	return 0;
}

static int check_entries(const struct checker *c)
{
	const struct vm_image *i = c->image;

	for (unsigned phase = 0; phase < VM_PHASES; phase++) {
		for (uint32_t leaf = 0; leaf < i->nleaves; leaf++) {
			uint32_t entry = i->entries[(size_t)phase * i->nleaves + leaf];

			if (entry != IMAGE_NO_PC && check_entry(c, (enum vm_phase)phase, leaf, entry))
				return -1;
		}
	}
	for (uint32_t call = 0; call < i->ncalls; call++)
		if (i->calls[call] != IMAGE_NO_PC && check_call(c, call, i->calls[call]))
			return -1;
	return 0;
}

/* Code that nothing runs would be shown by a disassembly all the same. */
static int check_reached(const struct checker *c)
{
	for (uint32_t pc = 0; pc < c->image->ncode; pc++)
		if (!c->known[pc].reached)
			return bad_insn(c, pc, "nothing leads here");
	return 0;
}

int vm_verify(const struct vm_image *i, const char *name, const struct vm_schema *schema, struct err *err)
{
	struct checker c = { .image = i, .schema = schema, .name = name, .err = err };
	int result = -1;

	if (check_schema(&c) || check_sections(&c) || check_operands(&c) || check_tables(&c))
		return -1;
	c.known = xcalloc(i->ncode + 1, sizeof(*c.known));
	c.summaries = xcalloc(i->ncode + 1, sizeof(*c.summaries));
	if (check_registers(&c) == 0) {
		summarise(&c);
		result = check_entries(&c) || check_reached(&c) || words_check(i, name, err) ? -1 : 0;
	}
	free(c.known);
	free(c.summaries);
	return result;
}

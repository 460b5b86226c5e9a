/*
 * Disassembly: the tables by name, the code with labels, and behind each verdict the source line of its rule.
 */
#include "base/check.h"
#include "vm/prog.h"

#include <stdlib.h>
#include <string.h>

struct printer {
	const struct vm_image *image;
	const struct vm_schema *schema; /* may be NULL: fields are numbers then */
	uint32_t *labels;               /* by place in the code: 1 + label, 0 none */
	struct buf *lines;              /* by source: where its lines begin, uint32_t each */
	struct buf *out;
};

/* Appends bytes in quotes so that one line stays one line. */
static void quote(struct buf *out, const uint8_t *s, size_t len)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_printf(out, "\\%c", s[i]);
		else if (s[i] < 0x20 || s[i] >= 0x7f)
			buf_printf(out, "\\x%02x", s[i]);
		else
			buf_byte(out, s[i]);
	}
	buf_byte(out, '"');
}

static void print_leaf(const struct printer *p, uint32_t leaf)
{
	if (leaf == VM_NO_LEAF)
		buf_str(p->out, "none");
	else if (p->schema && p->schema->name && leaf < p->schema->nleaves)
		buf_str(p->out, p->schema->name(p->schema->ctx, leaf));
	else
		buf_printf(p->out, "field %u", leaf);
}

/* The source line of a rule, without its indentation, or nothing when the image has no such source. */
static void print_source_line(const struct printer *p, const struct vm_rule *r)
{
	for (size_t i = 0; i < p->image->nsources; i++) {
		const struct image_source *s = &p->image->sources[i];
		const uint32_t *starts = (const uint32_t *)(const void *)p->lines[i].data;
		const uint8_t *at, *end;
		size_t left;

		if (strcmp(s->file, r->file) != 0 || !s->len)
			continue;
		if (r->line - 1 >= p->lines[i].len / sizeof(*starts))
			return;
		at = s->text + starts[r->line - 1];
		left = s->len - starts[r->line - 1];
		while (left && (*at == ' ' || *at == '\t')) {
			at++;
			left--;
		}
		if (!left)
			return;
		end = memchr(at, '\n', left);
		buf_str(p->out, " | ");
		for (size_t n = end ? (size_t)(end - at) : left; n > 0; n--, at++)
			buf_byte(p->out, *at < 0x20 || *at == 0x7f ? ' ' : *at);
		return;
	}
}

static void print_rule(const struct printer *p, uint32_t rule)
{
	const struct vm_rule *r;

	if (rule == VM_NO_RULE)
		return;
	r = &p->image->rules[rule];
	buf_printf(p->out, "\t; %s:%u:%u", r->file, r->line, r->column);
	print_source_line(p, r);
}

static void print_operand(const struct printer *p, const struct vm_insn *i, enum vm_operand kind, uint32_t value,
			  const char **separator)
{
	char text[NUM_TEXT_MAX];

	if (kind == OPERAND_ZERO || kind == OPERAND_SET_HIGH || (kind == OPERAND_RULE_OR_NONE && value == VM_NO_RULE) ||
	    (kind == OPERAND_ABOUT_LEAF && value == VM_NO_LEAF))
		return;
	buf_str(p->out, *separator);
	*separator = ", ";
	switch (kind) {
	case OPERAND_NUM_OUT:
	case OPERAND_STR_OUT:
	case OPERAND_NUM:
	case OPERAND_STR:
		buf_printf(p->out, "r%u", value);
		break;
	case OPERAND_SIDE:
		buf_str(p->out, value == SIDE_RECORDED ? "recorded" : "actual");
		break;
	case OPERAND_NUM_FACT:
	case OPERAND_STR_FACT:
		buf_printf(p->out, "fact %u", value);
		break;
	case OPERAND_VERB:
		buf_str(p->out, vm_verb_name((enum vm_verb)value));
		break;
	case OPERAND_DISPOSITION:
		buf_str(p->out, vm_disposition_name((enum vm_disposition)value));
		break;
	case OPERAND_NUM_SET_LOW:
		buf_str(p->out, p->image->sets[insn_set(i)].name);
		break;
	case OPERAND_GLOB_SET_LOW:
		buf_str(p->out, p->image->glob_names[insn_set(i)]);
		break;
	case OPERAND_CONST:
		buf_str(p->out, num_text(p->image->consts[value], text));
		break;
	case OPERAND_STRING:
		quote(p->out, p->image->strings[value].data, p->image->strings[value].len);
		break;
	case OPERAND_NUM_LEAF:
	case OPERAND_STR_LEAF:
	case OPERAND_ABOUT_LEAF:
		print_leaf(p, value);
		break;
	case OPERAND_TARGET:
		buf_printf(p->out, "L%u", p->labels[value] - 1);
		break;
	case OPERAND_RULE:
	case OPERAND_RULE_OR_NONE:
		buf_printf(p->out, "rule %u", value);
		break;
	case OPERAND_ZERO:
	case OPERAND_SET_HIGH:
	case OPERAND_COUNT:
		break;
	}
}

static void print_insn(const struct printer *p, uint32_t pc)
{
	const struct vm_insn *i = &p->image->code[pc];
	const struct vm_op_info *op = &vm_ops[i->op];
	const char *separator = "";

	if (p->labels[pc])
		buf_printf(p->out, "L%u:\n", p->labels[pc] - 1);
	buf_printf(p->out, "%6u  %-15s ", pc, op->text);
	print_operand(p, i, op->a, i->a, &separator);
	print_operand(p, i, op->b, i->b, &separator);
	print_operand(p, i, op->c, i->c, &separator);
	print_operand(p, i, op->imm, i->imm, &separator);
	if (op->flow == FLOW_END)
		print_rule(p, i->imm);
	buf_byte(p->out, '\n');
}

static void index_lines(const struct printer *p)
{
	for (size_t i = 0; i < p->image->nsources; i++) {
		const struct image_source *s = &p->image->sources[i];
		uint32_t start = 0;

		buf_add(&p->lines[i], &start, sizeof(start));
		for (const uint8_t *at = s->text; s->len && (at = memchr(at, '\n', s->len - start)) != NULL;) {
			start = (uint32_t)(++at - s->text);
			buf_add(&p->lines[i], &start, sizeof(start));
		}
	}
}

/* Numbers all places that something refers to, in order. */
static void make_labels(const struct printer *p)
{
	const struct vm_image *i = p->image;
	uint32_t n = 0;

	for (size_t e = 0; e < (size_t)VM_PHASES * i->nleaves; e++)
		if (i->entries[e] != IMAGE_NO_PC)
			p->labels[image_pc(i->entries[e])] = 1;
	for (size_t e = 0; e < i->ncalls; e++)
		if (i->calls[e] != IMAGE_NO_PC)
			p->labels[image_pc(i->calls[e])] = 1;
	for (size_t pc = 0; pc < i->ncode; pc++)
		if (vm_ops[i->code[pc].op].imm == OPERAND_TARGET)
			p->labels[i->code[pc].imm] = 1;
	for (size_t pc = 0; pc < i->ncode; pc++)
		if (p->labels[pc])
			p->labels[pc] = ++n;
}

static void print_tables(const struct printer *p)
{
	const struct vm_image *i = p->image;

	buf_str(p->out, "\nentries:\n");
	for (uint32_t leaf = 0; leaf < i->nleaves; leaf++) {
		for (unsigned phase = 0; phase < VM_PHASES; phase++) {
			uint32_t entry = i->entries[(size_t)phase * i->nleaves + leaf];

			if (entry == IMAGE_NO_PC)
				continue;
			buf_str(p->out, "    ");
			print_leaf(p, leaf);
			buf_printf(p->out, " %s: L%u%s\n", phase == VM_ENTRY ? "entry" : "exit",
				   p->labels[image_pc(entry)] - 1, entry & IMAGE_FLAG ? " always" : "");
		}
	}
	buf_str(p->out, "\ncalls:\n");
	for (uint32_t call = 0; call < i->ncalls; call++)
		if (i->calls[call] != IMAGE_NO_PC)
			buf_printf(p->out, "    call %u: L%u%s\n", call, p->labels[image_pc(i->calls[call])] - 1,
				   i->calls[call] & IMAGE_FLAG ? " always ignored" : "");
	for (size_t n = 0; n < i->nnumbers; n++) {
		buf_printf(p->out, "    syscall_%d: %s", i->numbers[n].nr,
			   vm_disposition_name((enum vm_disposition)i->numbers[n].disposition));
		print_rule(p, i->numbers[n].rule);
		buf_byte(p->out, '\n');
	}
}

static void print_sets(const struct printer *p)
{
	const struct vm_image *i = p->image;
	char text[NUM_TEXT_MAX];

	if (!i->globs.nsets && !i->nsets)
		return;
	buf_str(p->out, "\nsets:\n");
	for (size_t n = 0; n < i->globs.nsets; n++)
		buf_printf(p->out, "    %s: globs\n", i->glob_names[n]);
	for (size_t n = 0; n < i->nsets; n++) {
		buf_printf(p->out, "    %s:", i->sets[n].name);
		for (size_t k = 0; k < i->sets[n].n; k++)
			buf_printf(p->out, " %s", num_text(i->sets[n].numbers[k], text));
		buf_byte(p->out, '\n');
	}
	if (i->globs.nsets)
		buf_printf(p->out, "    automaton: %u states, %u classes of bytes\n", i->globs.nstates,
			   i->globs.nclasses);
}

void vm_disassemble(const struct vm_prog *prog, const struct vm_schema *schema, struct buf *out)
{
	const struct vm_image *i = &prog->image;
	struct printer p = {
		.image = i,
		.schema = schema,
		.labels = xcalloc(i->ncode + 1, sizeof(*p.labels)),
		.lines = xcalloc(i->nsources + 1, sizeof(*p.lines)),
		.out = out,
	};
	char text[DIGEST_TEXT_MAX];

	make_labels(&p);
	index_lines(&p);
	buf_printf(out, "policy %s\nviolation: %s\n", i->name, i->continues ? "continue" : "stop");
	buf_printf(out, "source %s\n", digest_text(i->source_digest, text));
	buf_printf(out, "schema %s\n", digest_text(i->schema_hash, text));
	for (size_t n = 0; n < i->nsources; n++)
		buf_printf(out, "file %s, %zu bytes\n", i->sources[n].file, i->sources[n].len);
	buf_printf(out, "%zu instructions, %zu constants, %zu strings, %zu rules\n", i->ncode, i->nconsts, i->nstrings,
		   i->nrules);
	print_tables(&p);
	print_sets(&p);
	buf_str(out, "\ncode:\n");
	for (uint32_t pc = 0; pc < i->ncode; pc++)
		print_insn(&p, pc);
	for (size_t n = 0; n < i->nsources; n++)
		buf_free(&p.lines[n]);
	free(p.lines);
	free(p.labels);
}

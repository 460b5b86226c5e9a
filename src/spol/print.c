/*
 * Trees as text in canonical layout: the arms and selectors that rules of an image carry for people.
 */
#include "spol/policy.h"

#include <string.h>

#define TARGET_TEXT_MAX 100 /* bytes of a rule's selectors and fields; what is beyond becomes "..." */

static void print_string(struct buf *b, const struct text *t)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < t->len; i++) {
		unsigned char c = (unsigned char)t->s[i];

		switch (c) {
		case '"':
		case '\\':
			buf_printf(b, "\\%c", c);
			break;
		case '\n':
			buf_str(b, "\\n");
			break;
		case '\t':
			buf_str(b, "\\t");
			break;
		default:
			if (c < 0x20 || c == 0x7f)
				buf_printf(b, "\\x%02x", c);
			else
				buf_byte(b, c);
		}
	}
	buf_byte(b, '"');
}

static void print_scaled(struct buf *b, num_t n, num_t scale, const char *unit)
{
	char text[NUM_TEXT_MAX];

	buf_str(b, num_text(n / scale, text));
	buf_str(b, unit);
}

static void print_number(struct buf *b, const struct expr *e)
{
	char text[NUM_TEXT_MAX];

	switch (e->unit) {
	case UNIT_NONE:
		buf_str(b, num_text(e->num, text));
		break;
	case UNIT_NS:
		print_scaled(b, e->num, 1, "ns");
		break;
	case UNIT_US:
		print_scaled(b, e->num, 1000, "us");
		break;
	case UNIT_MS:
		print_scaled(b, e->num, 1000000, "ms");
		break;
	case UNIT_S:
		print_scaled(b, e->num, 1000000000, "s");
		break;
	case UNIT_MIN:
		print_scaled(b, e->num, (num_t)60 * 1000000000, "min");
		break;
	case UNIT_H:
		print_scaled(b, e->num, (num_t)3600 * 1000000000, "h");
		break;
	case UNIT_B:
		print_scaled(b, e->num, 1, "B");
		break;
	case UNIT_KIB:
		print_scaled(b, e->num, 1024, "KiB");
		break;
	case UNIT_MIB:
		print_scaled(b, e->num, 1024 * 1024, "MiB");
		break;
	case UNIT_GIB:
		print_scaled(b, e->num, 1024 * 1024 * 1024, "GiB");
		break;
	case UNIT_PERCENT:
		buf_str(b, num_text(e->num / 1000, text));
		if (e->num % 1000) {
			buf_printf(b, ".%03d", (int)(e->num % 1000));
			while (b->data[b->len - 1] == '0')
				b->data[--b->len] = '\0';
		}
		buf_byte(b, '%');
		break;
	}
}

/* How tightly an operator binds; operands that bind less need parentheses. */
static unsigned binding(enum expr_kind kind)
{
	switch (kind) {
	case EXPR_OR:
		return 1;
	case EXPR_AND:
		return 2;
	case EXPR_NOT:
		return 3;
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN:
	case EXPR_WITHIN:
		return 4;
	case EXPR_BITOR:
		return 5;
	case EXPR_BITAND:
		return 6;
	case EXPR_ADD:
	case EXPR_SUB:
		return 7;
	case EXPR_MUL:
	case EXPR_DIV:
		return 8;
	case EXPR_NEG:
		return 9;
	case EXPR_ERROR:
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_NAME:
	case EXPR_SET:
		break;
	}
	return 10;
}

static const char *operator_text(enum expr_kind kind)
{
	static const char *const texts[] = {
		[EXPR_OR] = " or ", [EXPR_AND] = " and ", [EXPR_EQ] = " == ",    [EXPR_NE] = " != ",
		[EXPR_LT] = " < ",  [EXPR_LE] = " <= ",   [EXPR_GT] = " > ",     [EXPR_GE] = " >= ",
		[EXPR_IN] = " in ", [EXPR_BITOR] = " | ", [EXPR_BITAND] = " & ", [EXPR_ADD] = " + ",
		[EXPR_SUB] = " - ", [EXPR_MUL] = " * ",   [EXPR_DIV] = " / ",
	};

	return kind < ARRAY_LEN(texts) && texts[kind] ? texts[kind] : "";
}

static void print_at(struct buf *b, const struct expr *e, unsigned least);

static void print_members(struct buf *b, const struct set_member *m)
{
	buf_str(b, "{ ");
	for (; m; m = m->next) {
		if (m->excluded)
			buf_byte(b, '!');
		print_expr(b, m->value);
		if (m->next)
			buf_str(b, ", ");
	}
	buf_str(b, " }");
}

static void print_bare(struct buf *b, const struct expr *e)
{
	unsigned own = binding(e->kind);

	switch (e->kind) {
	case EXPR_ERROR:
		buf_byte(b, '?');
		break;
	case EXPR_NUMBER:
		print_number(b, e);
		break;
	case EXPR_STRING:
		print_string(b, &e->text);
		break;
	case EXPR_NAME:
		buf_add(b, e->text.s, e->text.len);
		break;
	case EXPR_SET:
		print_members(b, e->members);
		break;
	case EXPR_NOT:
		buf_str(b, "not ");
		print_at(b, e->a, own);
		break;
	case EXPR_NEG:
		buf_byte(b, '-');
		print_at(b, e->a, own);
		break;
	case EXPR_WITHIN:
		print_at(b, e->a, own + 1);
		buf_str(b, " within ");
		print_at(b, e->tol, own + 1);
		buf_str(b, " of ");
		print_at(b, e->b, own + 1);
		break;
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
		print_at(b, e->a, own);
		buf_str(b, operator_text(e->kind));
		print_at(b, e->b, own + 1);
		break;
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
	case EXPR_IN:
		print_at(b, e->a, own + 1);
		buf_str(b, operator_text(e->kind));
		print_at(b, e->b, own + 1);
		break;
	}
}

static void print_at(struct buf *b, const struct expr *e, unsigned least)
{
	bool parentheses = binding(e->kind) < least;

	if (parentheses)
		buf_byte(b, '(');
	print_bare(b, e);
	if (parentheses)
		buf_byte(b, ')');
}

void print_expr(struct buf *b, const struct expr *e)
{
	print_at(b, e, 0);
}

static void print_rest(struct buf *b, const struct arm *a, bool with_message)
{
	if (a->within) {
		buf_str(b, " within ");
		print_expr(b, a->within);
	}
	if (with_message && a->message.s) {
		buf_byte(b, ' ');
		print_string(b, &a->message);
	}
	if (a->condition) {
		buf_str(b, " if ");
		print_expr(b, a->condition);
	}
}

void print_arm(struct buf *b, const struct arm *a, bool with_message)
{
	buf_str(b, a->is_disposition ? vm_disposition_name(a->disposition) : vm_verb_name(a->verb));
	print_rest(b, a, with_message);
}

void print_arm_as(struct buf *b, const struct arm *a, enum vm_verb verb)
{
	buf_str(b, vm_verb_name(verb));
	print_rest(b, a, false);
}

void print_selector(struct buf *b, const struct selector *s)
{
	switch (s->kind) {
	case SEL_CALL:
		buf_add(b, s->name.s, s->name.len);
		break;
	case SEL_CLASS:
		buf_byte(b, '%');
		buf_add(b, s->name.s, s->name.len);
		break;
	case SEL_SIGNAL:
		buf_str(b, "signal ");
		buf_add(b, s->name.s, s->name.len);
		break;
	case SEL_INSTRUCTION:
		buf_str(b, "instruction ");
		buf_add(b, s->name.s, s->name.len);
		break;
	case SEL_NUMBER: {
		char text[NUM_TEXT_MAX];

		buf_printf(b, "syscall_%s", num_text(s->num, text));
		break;
	}
	case SEL_ANY:
		buf_str(b, "any ");
		buf_add(b, s->name.s, s->name.len);
		break;
	case SEL_DEFAULT:
		buf_str(b, "default");
		break;
	}
	if (s->variants) {
		buf_byte(b, '(');
		for (const struct text_list *t = s->variants; t; t = t->next) {
			buf_add(b, t->text.s, t->text.len);
			if (t->next)
				buf_byte(b, '|');
		}
		buf_byte(b, ')');
	}
}

void print_rule_target(struct buf *b, const struct target *t)
{
	const struct field_ref *fields = t->rule->fields;
	size_t start = b->len;

	for (const struct selector *s = t->item->selectors; s; s = s->next) {
		print_selector(b, s);
		if (s->next)
			buf_str(b, ", ");
		if (b->len - start > TARGET_TEXT_MAX)
			break;
	}
	if (fields) {
		bool many = fields->next || t->item->selectors->next;

		buf_str(b, many ? " { " : ".");
		for (const struct field_ref *f = fields; f && b->len - start <= TARGET_TEXT_MAX; f = f->next) {
			buf_add(b, f->path.s, f->path.len);
			if (f->next)
				buf_str(b, ", ");
		}
		if (many && b->len - start <= TARGET_TEXT_MAX)
			buf_str(b, " }");
	}
	if (b->len - start > TARGET_TEXT_MAX) {
		b->len = start + TARGET_TEXT_MAX;
		/* never a part of a character */
		while (b->len > start && (b->data[b->len] & 0xc0) == 0x80)
			b->len--;
		b->data[b->len] = '\0';
		buf_str(b, "...");
	}
}

/*
 * Policies of the oracle as text: parentheses where the order of doc/spol.5 wants them, and sometimes elsewhere; each
 * arm on a line of its own, so that the line says which arm it is.
 */
#include "tests/unit/oracle.h"

static unsigned binding(enum oracle_kind kind)
{
	switch (kind) {
	case X_EITHER:
		return 1;
	case X_BOTH:
		return 2;
	case X_NOT:
		return 3;
	case X_OR:
		return 5;
	case X_AND:
		return 6;
	case X_ADD:
	case X_SUB:
		return 7;
	case X_MUL:
	case X_DIV:
		return 8;
	case X_NUMBER:
	case X_STRING:
	case X_NAME:
	case X_NEG:
		return 9;
	case X_EQ:
	case X_NE:
	case X_LT:
	case X_LE:
	case X_GT:
	case X_GE:
	case X_STR_EQ:
	case X_STR_NE:
	case X_IN:
	case X_WITHIN:
		break;
	}
	return 4;
}

static void print_text(struct buf *b, const char *s, size_t len)
{
	buf_byte(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			buf_printf(b, "\\%c", s[i]);
		else if ((uint8_t)s[i] < 0x20 || (uint8_t)s[i] >= 0x7f)
			buf_printf(b, "\\x%02x", (uint8_t)s[i]);
		else
			buf_byte(b, (uint8_t)s[i]);
	}
	buf_byte(b, '"');
}

static void print_members(struct buf *b, const struct oracle_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct oracle_member *m = &s->members[i];

		buf_printf(b, "%s%s", i ? ", " : "", m->excluded ? "!" : "");
		if (m->inner)
			buf_str(b, m->inner->name);
		else if (s->globs)
			print_text(b, m->text, strlen(m->text));
		else
			buf_printf(b, "%d", (int)m->num);
	}
}

static void print(struct oracle *o, struct buf *b, const struct oracle_expr *e, unsigned least)
{
	static const char *const words[] = {
		[X_ADD] = "+",     [X_SUB] = "-",     [X_MUL] = "*",    [X_DIV] = "/",     [X_AND] = "&", [X_OR] = "|",
		[X_EQ] = "==",     [X_NE] = "!=",     [X_LT] = "<",     [X_LE] = "<=",     [X_GT] = ">",  [X_GE] = ">=",
		[X_STR_EQ] = "==", [X_STR_NE] = "!=", [X_BOTH] = "and", [X_EITHER] = "or",
	};
	unsigned own = binding(e->kind);
	bool compares = own == 4, wrapped = own < least || (own < 9 && oracle_pick(&o->seed, 6) == 0);

	buf_str(b, wrapped ? "(" : "");
	switch (e->kind) {
	case X_NUMBER:
		buf_str(b, e->text);
		break;
	case X_STRING:
		print_text(b, e->text, e->len);
		break;
	case X_NAME:
		buf_str(b, e->side == SIDE_COUNT ? "" : e->side == SIDE_RECORDED ? "recorded" : "actual");
		buf_printf(b, "%s%s", e->side < SIDE_COUNT && *e->name ? "." : "", e->name);
		break;
	case X_NEG:
		buf_byte(b, '-');
		print(o, b, e->a, 9);
		break;
	case X_NOT:
		buf_str(b, "not ");
		print(o, b, e->a, own);
		break;
	case X_IN:
		print(o, b, e->a, 5);
		buf_str(b, " in ");
		if (e->set->name) {
			buf_str(b, e->set->name);
		} else {
			buf_str(b, "{ ");
			print_members(b, e->set);
			buf_str(b, " }");
		}
		break;
	case X_WITHIN:
		print(o, b, e->a, 5);
		buf_str(b, " within ");
		buf_str(b, e->tolerance->text);
		buf_str(b, " of ");
		print(o, b, e->b, 5);
		break;
	case X_ADD:
	case X_SUB:
	case X_MUL:
	case X_DIV:
	case X_AND:
	case X_OR:
	case X_EQ:
	case X_NE:
	case X_LT:
	case X_LE:
	case X_GT:
	case X_GE:
	case X_STR_EQ:
	case X_STR_NE:
	case X_BOTH:
	case X_EITHER:
		print(o, b, e->a, compares ? 5 : own);
		buf_printf(b, " %s ", words[e->kind]);
		print(o, b, e->b, own + 1);
		break;
	}
	buf_str(b, wrapped ? ")" : "");
}

void oracle_print_set(struct oracle *o, const struct oracle_set *s)
{
	struct buf *b = &o->text[s->file];

	buf_printf(b, "set %s = ", s->name);
	print_members(b, s);
	buf_str(b, ";\n");
}

static void print_selector(struct buf *b, const struct oracle_target *t)
{
	switch (t->level) {
	case BY_VARIANT:
		if (strcmp(t->call, "signal") == 0)
			buf_printf(b, "signal %s", t->variant);
		else if (strcmp(t->call, "instruction") == 0)
			buf_printf(b, "instruction %s", t->variant);
		else
			buf_printf(b, "%s(%s)", t->call, t->variant);
		return;
	case BY_CALL:
		buf_str(b, t->call);
		return;
	case BY_CLASS:
		buf_printf(b, "%%%s", abi_class_name(t->class_bit));
		return;
	case BY_KIND:
		buf_printf(b, "any %s", abi_kind_name(t->kind));
		return;
	case BY_DEFAULT:
		buf_str(b, "default");
		return;
	}
}

static unsigned lines_of(const struct buf *b)
{
	unsigned n = 1;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

void oracle_print_rule(struct oracle *o, struct oracle_rule *r)
{
	struct buf *b = &o->text[r->file];

	buf_str(b, r->override ? "override " : "");
	for (size_t i = 0; i < r->ntargets; i++) {
		if (i && strcmp(r->targets[i].path, r->targets[0].path) != 0)
			continue;
		buf_str(b, i ? ", " : "");
		print_selector(b, &r->targets[i]);
	}
	if (r->targets[0].path) {
		buf_printf(b, " { %s", r->targets[0].path);
		for (size_t i = 1; i < r->ntargets; i++)
			if (strcmp(r->targets[i].path, r->targets[0].path) != 0)
				buf_printf(b, ", %s", r->targets[i].path);
	}
	buf_str(b, ":\n");
	for (size_t i = 0; i < r->narms; i++) {
		struct oracle_arm *a = &r->arms[i];

		a->line = lines_of(b);
		buf_printf(b, "\t%s%s", i ? "else " : "",
			   r->disposition ? vm_disposition_name(a->disposition) : vm_verb_name(a->verb));
		if (a->within)
			buf_printf(b, " within %s", a->within->text);
		if (a->message) {
			buf_byte(b, ' ');
			print_text(b, a->message, strlen(a->message));
		}
		if (a->condition) {
			buf_str(b, " if ");
			print(o, b, a->condition, 0);
		}
		buf_str(b, i + 1 < r->narms ? "\n" : ";");
	}
	buf_str(b, r->targets[0].path ? " }\n" : "\n");
}

/*
 * The effective policy in words: every field with the chain that decides it, and why for one field.
 */
#include "spol/policy.h"

#include <string.h>

static void print_place(struct policy *p, struct span at, const char *file, struct buf *out)
{
	uint32_t line, column;

	source_position(diags_get_source(p->d, at.file), at.start, &line, &column);
	buf_printf(out, "%s:%u", file, line);
}

static void print_chain(struct policy *p, const struct chain *c, struct buf *out)
{
	for (const struct link *l = c->first; l; l = l->next) {
		if (l != c->first)
			buf_str(out, " else ");
		if (!l->arm)
			buf_str(out, "equal");
		else if (!l->arm->is_disposition && l->verb != l->arm->verb)
			/* a verb that this field cannot have says `equal` */
			buf_str(out, vm_verb_name(l->verb));
		else
			print_arm(out, l->arm, false);
	}
	buf_str(out, "  # ");
	for (const struct link *l = c->first; l; l = l->next) {
		if (l != c->first && l->target)
			buf_str(out, ", ");
		if (l->target)
			print_place(p, l->arm->at, l->target->file->name, out);
		else if (l == c->first)
			buf_str(out, "no default");
	}
	buf_byte(out, '\n');
}

/* what: "read", "ioctl(TCGETS)", "read.buf", "ioctl(TCGETS).argp.c_iflag"; the field may be a struct. */
struct wanted {
	const char *call;
	size_t call_len;
	const char *field; /* NULL: all */
};

static struct wanted split(const char *what)
{
	const char *parenthesis = strchr(what, ')');
	const char *dot = strchr(parenthesis ? parenthesis : what, '.');

	return (struct wanted){ what, dot ? (size_t)(dot - what) : strlen(what), dot ? dot + 1 : NULL };
}

static bool call_is(const struct wanted *w, const struct abi_call *c)
{
	return (strlen(c->label) == w->call_len && memcmp(c->label, w->call, w->call_len) == 0) ||
	       (strlen(c->name) == w->call_len && memcmp(c->name, w->call, w->call_len) == 0);
}

static bool leaf_is(const struct wanted *w, const struct abi_leaf *leaf)
{
	size_t len;

	if (!w->field)
		return true;
	len = strlen(w->field);
	return strncmp(leaf->path, w->field, len) == 0 &&
	       (leaf->path[len] == '\0' || leaf->path[len] == '.' || leaf->path[len] == '[');
}

static void list_call(struct policy *p, const struct abi_call *c, const struct wanted *w, struct buf *out,
		      unsigned *found)
{
	if (p->disposed[c->index].first && !w->field) {
		buf_printf(out, "%s: ", c->label);
		print_chain(p, &p->disposed[c->index], out);
		++*found;
	}
	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + i);

		if (!leaf_is(w, leaf))
			continue;
		buf_printf(out, "%s.%s: ", c->label, leaf->path);
		print_chain(p, &p->chains[leaf->id], out);
		++*found;
	}
}

int listing_all(struct policy *p, const char *what, struct buf *out, struct err *err)
{
	struct wanted w = split(what ? what : "");
	unsigned found = 0;

	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if (!what || call_is(&w, c))
			list_call(p, c, &w, out, &found);
	}
	if (!what) {
		for (const struct numbered *n = p->numbered; n; n = n->next) {
			buf_printf(out, "syscall_%d: ", n->nr);
			print_chain(p, &n->chain, out);
		}
	}
	if (what && !found)
		return err_set(err, ERR_USAGE, "%s: no such call or field", what);
	return 0;
}

static const char *level_text(const struct target *t)
{
	switch (t->level) {
	case LEVEL_VARIANT:
		return "names the variant";
	case LEVEL_CALL:
		return "names the call";
	case LEVEL_CLASS:
		return "names a class of calls";
	case LEVEL_ANY:
		return "names a kind of fields";
	case LEVEL_DEFAULT:
		return "is the default";
	}
	return "";
}

static bool in_chain(const struct chain *c, const struct target *t)
{
	for (const struct link *l = c->first; l; l = l->next) {
		if (l->target == t)
			return true;
	}
	return false;
}

static void explain_leaf(struct policy *p, const struct abi_leaf *leaf, struct buf *out)
{
	const struct candidates *c = &p->by_leaf[leaf->id];
	const struct chain *chain = &p->chains[leaf->id];

	buf_printf(out, "%s.%s (%s, %s)\n", abi_schema_call(p->schema, leaf->call)->label, leaf->path,
		   abi_kind_name(leaf->kind), abi_dir_name(leaf->dir));
	for (unsigned i = 0; i < c->n; i++) {
		const struct target *t = c->list[i].target;

		buf_printf(out, "  %u. ", i + 1);
		print_rule_target(out, t);
		buf_str(out, ": ");
		for (const struct arm *a = t->rule->arms; a; a = a->next) {
			if (a != t->rule->arms)
				buf_str(out, " else ");
			print_arm(out, a, true);
		}
		buf_str(out, "\n     ");
		print_place(p, t->rule->at, t->file->name, out);
		buf_printf(out, "; %s%s%s", level_text(t), t->field ? ", field " : "",
			   t->field ? t->field->path.s : "");
		buf_str(out, in_chain(chain, t) ? i == 0 ? "; decides first\n" : "; decides where those before do not\n"
						: "; not reached: a rule before it always decides\n");
	}
	if (c->n == 0)
		buf_str(out, "  no rule speaks of it: equal\n");
}

int listing_explain(struct policy *p, const char *what, struct buf *out, struct err *err)
{
	struct wanted w = split(what);
	unsigned found = 0;

	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if (!call_is(&w, c))
			continue;
		if (!w.field) {
			buf_printf(out, "%s: ", c->label);
			if (p->disposed[i].first)
				print_chain(p, &p->disposed[i], out);
			else
				buf_str(out, "execute\n");
			found++;
		}
		for (uint32_t k = 0; k < c->nleaves; k++) {
			const struct abi_leaf *leaf = abi_schema_leaf(p->schema, c->leaf_first + k);

			if (!leaf_is(&w, leaf))
				continue;
			explain_leaf(p, leaf, out);
			found++;
		}
	}
	return found ? 0 : err_set(err, ERR_USAGE, "%s: no such call or field", what);
}

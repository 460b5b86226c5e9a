/*
 * What somebody asks about on a command line, "ioctl(TCGETS).argp": looked up by the rules that names in a policy are
 * looked up by, so that a wrong one gets the same answer.
 */
#include "spol/explain.h"

#include "base/check.h"
#include "base/num.h"

#include <ctype.h>
#include <string.h>

#define WHAT_MAX 2000 /* bytes; no name is that long */

static struct text text_at(const struct policy *p, const char *what, size_t from, size_t to)
{
	return (struct text){
		.s = arena_copy(p->arena, what + from, to - from),
		.len = to - from,
		.at = { 0, (uint32_t)from, (uint32_t)to },
	};
}

static size_t skip_spaces(const char *what, size_t i)
{
	while (what[i] == ' ')
		i++;
	return i;
}

/* "signal SIGCHLD" and the like: 0, or where the name behind the word begins. */
static size_t behind_word(const char *what, const char *word)
{
	size_t len = strlen(word);

	return strncmp(what, word, len) == 0 && what[len] == ' ' ? skip_spaces(what, len) : 0;
}

static bool is_number(const char *s, size_t len, num_t *nr)
{
	const size_t prefix = strlen("syscall_");

	if (len <= prefix || len > prefix + 10 || strncmp(s, "syscall_", prefix) != 0)
		return false;
	*nr = 0;
	for (size_t i = prefix; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		*nr = *nr * 10 + (s[i] - '0');
	}
	return true;
}

/* "A|B" from what[i] on; the index behind it, 0: no such thing. */
static size_t split_bars(struct policy *p, const char *what, size_t i, struct text_list **end)
{
	do {
		size_t from = skip_spaces(what, i + (what[i] == '|')), len = strcspn(what + from, "|). ");

		if (len == 0)
			return 0;
		*end = arena_alloc(p->arena, sizeof(**end));
		**end = (struct text_list){ .text = text_at(p, what, from, from + len) };
		end = &(*end)->next;
		i = skip_spaces(what, from + len);
	} while (what[i] == '|');
	return i;
}

/* "(A|B)" from what[i] on; the index behind it, 0: no such thing. */
static size_t split_variants(struct policy *p, const char *what, size_t i, struct text_list **end)
{
	i = split_bars(p, what, i + 1, end);
	return i && what[i] == ')' ? i + 1 : 0;
}

/* Fills selector and field.  false: it has not the form. */
static bool split(struct policy *p, const char *what, struct subject *out)
{
	struct selector *s = &out->selector;
	size_t from = skip_spaces(what, 0), to;

	s->kind = SEL_CALL;
	if (what[from] == '%') {
		s->kind = SEL_CLASS;
		from++;
	} else if (behind_word(what, "signal")) {
		s->kind = SEL_SIGNAL;
		from = behind_word(what, "signal");
	} else if (behind_word(what, "instruction")) {
		s->kind = SEL_INSTRUCTION;
		from = behind_word(what, "instruction");
	} else if (behind_word(what, "any")) {
		s->kind = SEL_ANY;
		from = behind_word(what, "any");
	}
	to = from + strcspn(what + from, ".( ");
	if (to == from)
		return false;
	s->name = text_at(p, what, from, to);
	s->at = s->name.at;
	if (s->kind == SEL_CALL && is_number(s->name.s, s->name.len, &s->num))
		s->kind = SEL_NUMBER;
	if (what[to] == '(' && s->kind == SEL_CALL) {
		to = split_variants(p, what, to, &s->variants);
	} else if (s->kind == SEL_SIGNAL && memchr(what + from, '|', to - from)) {
		/* several signals are variants of the call that describes them */
		s->kind = SEL_CALL;
		s->name = (struct text){ .s = "signal", .len = strlen("signal"), .at = s->at };
		to = split_bars(p, what, from, &s->variants);
	}
	if (to == 0 || (what[to] != '\0' && what[to] != '.'))
		return false;
	if (what[to] == '\0')
		return true;
	out->has_field = true;
	out->field.path = text_at(p, what, to + 1, strlen(what));
	return s->kind != SEL_ANY && s->kind != SEL_NUMBER && out->field.path.len > 0;
}

/* ---- looking it up ---- */

static void note_leaf(void *ctx, const struct abi_leaf *leaf, unsigned rank)
{
	struct subject *s = ctx;

	(void)rank;
	s->leaves[leaf->id] = true;
}

struct collecting {
	struct policy *p;
	struct subject *subject;
};

static void note_call(void *ctx, const struct abi_call *c)
{
	struct collecting *x = ctx;

	for (size_t i = 0; i < x->subject->ncalls; i++) {
		if (x->subject->calls[i] == c)
			return; /* a list of variants may name one twice */
	}
	x->subject->calls[x->subject->ncalls++] = c;
	for (uint32_t i = 0; i < c->nleaves; i++)
		x->subject->leaves[c->leaf_first + i] = true;
}

/* The calls whose fields were noted, and no others. */
static void collect_calls(struct policy *p, struct subject *s)
{
	s->ncalls = 0;
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);
		bool meant = false;

		for (uint32_t k = 0; k < c->nleaves; k++)
			meant |= s->leaves[c->leaf_first + k];
		if (meant)
			s->calls[s->ncalls++] = c;
	}
}

static bool look_up(struct policy *p, struct subject *s)
{
	struct collecting x = { p, s };
	enum level level;

	if (!s->has_field && s->selector.kind != SEL_ANY) {
		if (!names_calls(p, &s->selector, note_call, &x, &level))
			return false;
	} else if (!names_cover(p, &s->selector, s->has_field ? &s->field : NULL, note_leaf, s, &level)) {
		return false;
	}
	if (s->has_field || s->selector.kind == SEL_ANY)
		collect_calls(p, s);
	return true;
}

static int look_up_number(const struct policy *p, struct subject *s, struct err *err)
{
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		const struct abi_call *c = abi_schema_call(p->schema, (uint32_t)i);

		if (c->nr >= 0 && c->nr == s->selector.num)
			return err_set(err, ERR_USAGE, "%s is the system call `%s`", s->selector.name.s, c->name);
	}
	if (s->selector.num > INT32_MAX)
		return err_set(err, ERR_USAGE, "no system call can have the number of %s", s->selector.name.s);
	s->is_number = true;
	s->nr = (int32_t)s->selector.num;
	return 0;
}

/* What was reported about the name becomes the error. */
static int refuse(struct diags *d, const char *what, struct err *err)
{
	const struct diag *g = diags_count(d) ? diags_get(d, 0) : NULL;

	if (!g)
		return err_set(err, ERR_USAGE, "%s: no such call or field", what);
	if (!g->help)
		return err_set(err, ERR_USAGE, "%s", g->text);
	return err_set(err, ERR_USAGE, "%s; %s", g->text, g->help);
}

int subject_parse(struct policy *p, const char *what, struct subject *out, struct err *err)
{
	struct diags *policy_findings = p->d;
	int r = 0;

	*out = (struct subject){ 0 };
	if (strlen(what) > WHAT_MAX || !split(p, what, out))
		return err_set(err, ERR_USAGE, "'%.60s' is not of the form CALL, CALL.FIELD or CALL(VARIANT).FIELD",
			       what);
	if (out->selector.kind == SEL_NUMBER)
		return look_up_number(p, out, err);
	out->leaves = arena_array(p->arena, abi_schema_nleaves(p->schema), sizeof(*out->leaves));
	out->calls = arena_array(p->arena, abi_schema_ncalls(p->schema), sizeof(struct abi_call *));
	p->d = diags_new();
	diags_source(p->d, "", what, (uint32_t)strlen(what));
	if (!look_up(p, out))
		r = refuse(p->d, what, err);
	diags_free(p->d);
	p->d = policy_findings;
	return r;
}

void subject_label(struct buf *out, const struct abi_call *c)
{
	if (c->nr == ABI_SIGNAL && c->variant)
		buf_printf(out, "signal %s", c->variant);
	else if (c->nr == ABI_INSTRUCTION)
		buf_printf(out, "instruction %s", c->variant);
	else
		buf_str(out, c->label);
}

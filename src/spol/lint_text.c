/*
 * Lints about strings, sets and numbers that hardly mean what they say: characters that look like others, globs that no
 * path can match, members that add nothing, modes in decimal, error numbers without sign.
 */
#include "spol/policy.h"

#include "base/check.h"
#include "base/map.h"
#include "vm/asm.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX ((size_t)1 << 20) /* of members and exclusions of one set that are held against each other */

/* ---- characters ---- */

enum script {
	SCRIPT_NONE, /* punctuation, digits, and letters that are mistaken for no others */
	SCRIPT_LATIN,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_ARMENIAN,
	SCRIPT_CHEROKEE,
	SCRIPT_UNSEEN,    /* not seen, or seen as a blank */
	SCRIPT_IMITATION, /* made to look like ASCII */
};

static const char *const script_names[] = {
	[SCRIPT_NONE] = "",
	[SCRIPT_LATIN] = "Latin",
	[SCRIPT_GREEK] = "Greek",
	[SCRIPT_CYRILLIC] = "Cyrillic",
	[SCRIPT_ARMENIAN] = "Armenian",
	[SCRIPT_CHEROKEE] = "Cherokee",
	[SCRIPT_UNSEEN] = "",
	[SCRIPT_IMITATION] = "",
};

/* Scripts whose letters look alike, and characters that are no letters of any but look like some.  Ascending. */
static const struct {
	uint32_t first, last;
	enum script script;
} ranges[] = {
	{ 'A', 'Z', SCRIPT_LATIN },
	{ 'a', 'z', SCRIPT_LATIN },
	{ 0xa0, 0xa0, SCRIPT_UNSEEN },
	{ 0xad, 0xad, SCRIPT_UNSEEN },
	{ 0xc0, 0x24f, SCRIPT_LATIN },
	{ 0x250, 0x2af, SCRIPT_LATIN },
	{ 0x34f, 0x34f, SCRIPT_UNSEEN },
	{ 0x370, 0x3ff, SCRIPT_GREEK },
	{ 0x400, 0x52f, SCRIPT_CYRILLIC },
	{ 0x530, 0x58f, SCRIPT_ARMENIAN },
	{ 0x61c, 0x61c, SCRIPT_UNSEEN },
	{ 0x115f, 0x1160, SCRIPT_UNSEEN },
	{ 0x13a0, 0x13fd, SCRIPT_CHEROKEE },
	{ 0x1680, 0x1680, SCRIPT_UNSEEN },
	{ 0x17b4, 0x17b5, SCRIPT_UNSEEN },
	{ 0x180b, 0x180e, SCRIPT_UNSEEN },
	{ 0x1c80, 0x1c8f, SCRIPT_CYRILLIC },
	{ 0x1e00, 0x1eff, SCRIPT_LATIN },
	{ 0x1f00, 0x1fff, SCRIPT_GREEK },
	{ 0x2000, 0x200f, SCRIPT_UNSEEN },
	{ 0x2010, 0x2013, SCRIPT_IMITATION }, /* hyphens and a dash */
	{ 0x2024, 0x2024, SCRIPT_IMITATION }, /* a dot */
	{ 0x2028, 0x2029, SCRIPT_UNSEEN },
	{ 0x202f, 0x202f, SCRIPT_UNSEEN },
	{ 0x2044, 0x2044, SCRIPT_IMITATION }, /* a slash */
	{ 0x205f, 0x2064, SCRIPT_UNSEEN },
	{ 0x2206, 0x2206, SCRIPT_NONE },
	{ 0x2212, 0x2212, SCRIPT_IMITATION }, /* minus */
	{ 0x2215, 0x2215, SCRIPT_IMITATION }, /* a slash */
	{ 0x2217, 0x2217, SCRIPT_IMITATION }, /* an asterisk */
	{ 0x29f8, 0x29f8, SCRIPT_IMITATION }, /* a slash */
	{ 0x2de0, 0x2dff, SCRIPT_CYRILLIC },
	{ 0x3000, 0x3000, SCRIPT_UNSEEN },
	{ 0x3164, 0x3164, SCRIPT_UNSEEN },
	{ 0xa640, 0xa69f, SCRIPT_CYRILLIC },
	{ 0xab70, 0xabbf, SCRIPT_CHEROKEE },
	{ 0xfe00, 0xfe0f, SCRIPT_UNSEEN },
	{ 0xfeff, 0xfeff, SCRIPT_UNSEEN },
	{ 0xff01, 0xff5e, SCRIPT_IMITATION }, /* ASCII in full width */
	{ 0xffa0, 0xffa0, SCRIPT_UNSEEN },
	{ 0x1d400, 0x1d7ff, SCRIPT_IMITATION }, /* ASCII as mathematicians write it */
	{ 0xe0000, 0xe01ef, SCRIPT_UNSEEN },
};

static enum script script_of(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(ranges) && ranges[i].first <= c; i++) {
		if (c <= ranges[i].last)
			return ranges[i].script;
	}
	return SCRIPT_NONE;
}

/* The character at s, which is valid UTF-8 (the scanner saw to that); *len is its length. */
static uint32_t decode(const char *s, uint32_t *len)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = p[0];

	*len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*len > 1)
		c &= 0x7fu >> *len;
	for (uint32_t i = 1; i < *len; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* Cyrillic letters that no reader can tell from Latin ones, in most fonts. */
static bool is_double(uint32_t c)
{
	static const uint32_t doubles[] = { 0x430, 0x435, 0x43e, 0x440, 0x441, 0x443,
					    0x445, 0x455, 0x456, 0x458, 0x4bb, 0x501 };

	for (size_t i = 0; i < ARRAY_LEN(doubles); i++) {
		if (doubles[i] == c)
			return true;
	}
	return false;
}

/* A word that looks Latin from its first letter to its last. */
static void check_word(struct policy *p, struct span word, bool doubles, unsigned letters)
{
	struct diag *g;

	if (!doubles || letters < 2)
		return;
	g = diag_warning(p->d, word, "W1017", "all letters of this word are Cyrillic, and look like Latin ones");
	diag_help(p->d, g, "if it is meant, write its bytes as escapes: \\xHH");
}

/* What is written in a string literal: an escape is seen by everybody, so it is looked at as nothing. */
static void check_characters(struct policy *p, struct span at)
{
	const char *text = diags_get_source(p->d, at.file)->text;
	enum script word = SCRIPT_NONE; /* of the letters just before */
	struct span letters = { at.file, 0, 0 };
	unsigned nletters = 0;
	bool doubles = true;
	uint32_t len;

	for (uint32_t i = at.start; i < at.end; i += len) {
		uint32_t c = decode(text + i, &len);
		struct span place = { at.file, i, i + len };
		enum script script = script_of(c);
		struct diag *g = NULL;

		if (script == SCRIPT_NONE) {
			check_word(p, letters, doubles, nletters);
			nletters = 0;
			doubles = true;
		} else {
			letters.start = nletters++ ? letters.start : i;
			letters.end = i + len;
			doubles &= is_double(c);
		}
		if (c == '\\') {
			len = text[i + 1] == 'x' ? 4 : 2;
			word = SCRIPT_NONE;
			continue;
		}
		if (script == SCRIPT_UNSEEN)
			g = diag_warning(p->d, place, "W1017",
					 "U+%04X in this string is invisible, or looks like a blank", (unsigned)c);
		else if (script == SCRIPT_IMITATION)
			g = diag_warning(p->d, place, "W1017", "U+%04X in this string looks like ASCII and is not",
					 (unsigned)c);
		else if (script != SCRIPT_NONE && word != SCRIPT_NONE && script != word)
			g = diag_warning(p->d, place, "W1017", "a %s letter (U+%04X) beside %s ones in this string",
					 script_names[script], (unsigned)c, script_names[word]);
		if (g) {
			diag_help(p->d, g, "if it is meant, write its bytes as escapes: \\xHH");
			return;
		}
		/* the next word begins at what belongs to no script, but for letters of scripts that nobody mistakes */
		word = script;
	}
}

/* ---- expressions as they are written ---- */

static void check_glob_compared(struct policy *p, const struct expr *e, const struct expr *other)
{
	struct diag *g;

	if (e->kind != EXPR_STRING || !memchr(e->text.s, '*', e->text.len) || other->kind != EXPR_NAME)
		return;
	g = diag_warning(p->d, e->at, "W1019", "`==` takes this as plain text, asterisks and all");
	diag_help(p->d, g, "globs stand in sets: %s in { \"%s\" }", other->text.s, e->text.s);
}

static void check_members(struct policy *p, const struct set_member *m);

static void check_expr(struct policy *p, const struct expr *e)
{
	if (!e)
		return;
	if (e->kind == EXPR_STRING)
		check_characters(p, e->at);
	if (e->kind == EXPR_EQ || e->kind == EXPR_NE) {
		check_glob_compared(p, e->a, e->b);
		check_glob_compared(p, e->b, e->a);
	}
	check_members(p, e->members);
	check_expr(p, e->a);
	check_expr(p, e->b);
}

static void check_members(struct policy *p, const struct set_member *m)
{
	for (; m; m = m->next)
		check_expr(p, m->value);
}

static void check_items(struct policy *p, const struct file_ast *ast)
{
	for (const struct item *item = ast->items; item; item = item->next) {
		check_expr(p, item->value);
		check_members(p, item->members);
		check_expr(p, item->condition);
		for (const struct rule *r = item->rules; r; r = r->next) {
			for (const struct arm *a = r->arms; a; a = a->next)
				check_expr(p, a->condition);
		}
	}
}

/* ---- globs that are held against paths ---- */

/* Why no absolute path can match, or NULL. */
static const char *never_a_path(const char *glob)
{
	size_t len = strlen(glob);

	/* what has no path is called by a sort and a colon: "pipe:[17]", "socket:[18]", "anon_inode:[eventfd]" */
	if (glob[0] != '/' && strncmp(glob, "**", 2) != 0 && !strchr(glob, ':'))
		return glob[0] == '*' ? "paths begin with `/`, which `*` does not match (`**` does)"
				      : "paths begin with `/`";
	if (len > 1 && glob[len - 1] == '/' && glob[len - 2] != '\\')
		return "paths do not end in `/`";
	if (strstr(glob, "//"))
		return "paths have no empty components";
	if (strstr(glob, "/./") || strstr(glob, "/../"))
		return "paths have no `.` and `..` in them: they are resolved";
	return NULL;
}

static void check_path_globs(struct policy *p, const struct set_member *m)
{
	for (; m; m = m->next) {
		const struct definition *d;
		const char *why;

		if (m->value->kind == EXPR_STRING) {
			why = never_a_path(m->value->text.s);
			if (why && names_file(p, m->at)->number + 1 == p->nfiles)
				diag_warning(p->d, m->value->at, "W1018", "no path matches this: %s", why);
			continue;
		}
		d = m->value->kind == EXPR_NAME ? names_find(p, m->at, m->value->text.s, m->value->text.len) : NULL;
		if (d && d->item->kind == ITEM_SET)
			check_path_globs(p, d->item->members);
	}
}

static bool is_path_fact(const struct node *n)
{
	return n->kind == NODE_FACT &&
	       (n->fact == FACT_FD_PATH || n->fact == FACT_FILE_PATH || n->fact == FACT_COMMAND);
}

/* Sets in which facts about paths are looked for. */
static void check_node(struct policy *p, const struct node *n)
{
	switch (n->kind) {
	case NODE_AND:
	case NODE_OR:
		check_node(p, n->a);
		check_node(p, n->b);
		return;
	case NODE_NOT:
		check_node(p, n->a);
		return;
	case NODE_IN:
		if (!is_path_fact(n->a) || n->set->for_paths)
			return;
		n->set->for_paths = true;
		check_path_globs(p,
				 n->set->definition ? n->set->definition->item->members : n->set->anonymous->members);
		return;
	case NODE_NUM:
	case NODE_STR:
	case NODE_VALUE:
	case NODE_FIELD:
	case NODE_FACT:
	case NODE_ARITH:
	case NODE_TEST:
	case NODE_WITHIN:
		return;
	}
}

/* ---- modes ---- */

/* A decimal number that could be read as an octal one, of three digits or more. */
static bool looks_octal(struct policy *p, const struct expr *e)
{
	const char *text = diags_get_source(p->d, e->at.file)->text + e->at.start;
	size_t len = e->at.end - e->at.start;

	return e->kind == EXPR_NUMBER && e->unit == UNIT_NONE && len >= 3 && strspn(text, "01234567") >= len;
}

static bool is_mode(const struct scope *s, const struct expr *e)
{
	struct domain d;

	if (e->kind == EXPR_BITAND || e->kind == EXPR_BITOR)
		return is_mode(s, e->a) || is_mode(s, e->b);
	return e->kind == EXPR_NAME && variable_domain(s, &e->text, &d) && d.leaf && d.leaf->kind == KIND_MODE;
}

static void check_mode_number(const struct scope *s, const struct expr *e, const struct expr *other)
{
	struct diag *g;

	if (e->kind == EXPR_BITAND || e->kind == EXPR_BITOR) {
		check_mode_number(s, e->a, e->b);
		check_mode_number(s, e->b, e->a);
	}
	if (!looks_octal(s->p, e) || !is_mode(s, other))
		return;
	g = diag_warning(s->p->d, e->at, "W1032", "a mode in decimal: this is 0o%llo", (unsigned long long)e->num);
	diag_help(s->p->d, g, "if octal is meant, write 0o%lld", (long long)e->num);
	diag_guess(s->p->d, g, e->at, "0o%lld", (long long)e->num);
}

/* ---- error numbers ---- */

/* What a call returns; a failed one returns -EAGAIN. */
static bool is_result(const struct scope *s, const struct expr *e)
{
	struct domain d;

	return e->kind == EXPR_NAME && variable_domain(s, &e->text, &d) && d.leaf && d.leaf->reg == ABI_REG_RET;
}

static void check_error_number(struct policy *p, const struct expr *e, bool member)
{
	struct diag *g;
	int number;

	if (e->kind != EXPR_NAME || !abi_errno_find(e->text.s, e->text.len, &number) ||
	    names_find(p, e->at, e->text.s, e->text.len))
		return;
	g = diag_warning(p->d, e->at, "W1033", "%s is %d: a call that fails returns -%s", e->text.s, number, e->text.s);
	if (member)
		diag_help(p->d, g, "in a set a `let` stands for it: let FAILED = -%s;", e->text.s);
	else
		diag_guess(p->d, g, e->at, "-%s", e->text.s);
}

static void check_error_members(struct policy *p, const struct set_member *m)
{
	for (; m; m = m->next) {
		const struct definition *d =
			m->value->kind == EXPR_NAME ? names_find(p, m->at, m->value->text.s, m->value->text.len) : NULL;

		if (names_file(p, m->at)->number + 1 != p->nfiles)
			continue;
		if (d && d->item->kind == ITEM_SET)
			check_error_members(p, d->item->members);
		else
			check_error_number(p, m->value, true);
	}
}

static void check_result(const struct scope *s, const struct expr *e)
{
	const struct definition *d;

	if (e->kind != EXPR_IN) {
		if (is_result(s, e->a))
			check_error_number(s->p, e->b, false);
		else if (is_result(s, e->b))
			check_error_number(s->p, e->a, false);
		return;
	}
	if (!is_result(s, e->a))
		return;
	d = e->b->kind == EXPR_NAME ? names_find(s->p, e->b->at, e->b->text.s, e->b->text.len) : NULL;
	check_error_members(s->p, d ? d->item->members : e->b->members);
}

/* ---- conditions ---- */

static void check_numbers(const struct scope *s, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_AND:
	case EXPR_OR:
		check_numbers(s, e->a);
		check_numbers(s, e->b);
		return;
	case EXPR_NOT:
		check_numbers(s, e->a);
		return;
	case EXPR_EQ:
	case EXPR_NE:
	case EXPR_LT:
	case EXPR_LE:
	case EXPR_GT:
	case EXPR_GE:
		check_mode_number(s, e->a, e->b);
		check_mode_number(s, e->b, e->a);
		check_result(s, e);
		return;
	case EXPR_IN:
		check_result(s, e);
		return;
	case EXPR_ERROR:
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_NAME:
	case EXPR_SET:
	case EXPR_WITHIN:
	case EXPR_ADD:
	case EXPR_SUB:
	case EXPR_MUL:
	case EXPR_DIV:
	case EXPR_BITAND:
	case EXPR_BITOR:
	case EXPR_NEG:
		return;
	}
}

static void check_conditions(struct policy *p)
{
	for (size_t i = 0; i < abi_schema_nleaves(p->schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, (uint32_t)i);
		struct scope s = { .p = p, .call = abi_schema_call(p->schema, leaf->call), .own = leaf };

		for (const struct link *l = p->chains[i].first; l; l = l->next) {
			if (!l->condition || l->target->file->number + 1 != p->nfiles)
				continue;
			check_node(p, l->condition);
			check_numbers(&s, l->arm->condition);
		}
	}
	for (size_t i = 0; i < abi_schema_ncalls(p->schema); i++) {
		for (const struct link *l = p->disposed[i].first; l; l = l->next) {
			if (l->condition && l->target->file->number + 1 == p->nfiles)
				check_node(p, l->condition);
		}
	}
}

/* ---- members of sets ---- */

/* Where the members of a resolved set are written: those of a set in it stand where that is named. */
struct written {
	struct policy *p;
	const struct set_member **list;
	bool *direct;
	size_t n, room;
};

static void list_members(struct written *w, const struct set_member *m, const struct set_member *around)
{
	for (; m; m = m->next) {
		const struct definition *d = m->value->kind == EXPR_NAME
						     ? names_find(w->p, m->at, m->value->text.s, m->value->text.len)
						     : NULL;

		if (d && d->item->kind == ITEM_SET) {
			list_members(w, d->item->members, around ? around : m);
			continue;
		}
		if (w->n == w->room)
			return;
		w->direct[w->n] = !around;
		w->list[w->n++] = around ? around : m;
	}
}

static const char *member_text(const struct resolved_set *s, size_t i, size_t *len, num_t *number)
{
	*number = s->numbers[i];
	*len = s->globs ? strlen(s->texts[i]) : sizeof(*number);
	return s->globs ? s->texts[i] : (const char *)number;
}

static void check_twice(struct policy *p, const struct resolved_set *s, const struct written *w)
{
	struct strmap *seen[2] = { strmap_new(), strmap_new() };

	for (size_t i = 0; i < s->n; i++) {
		uint64_t first;
		size_t len;
		num_t number;
		const char *key = member_text(s, i, &len, &number);
		struct diag *g;

		if (!strmap_get(seen[s->excluded[i]], key, len, &first)) {
			strmap_put(seen[s->excluded[i]], key, len, i);
			continue;
		}
		/* two sets that are joined may well have members in common */
		if (!w->direct[i] && !w->direct[first])
			continue;
		g = diag_warning(p->d, w->list[i]->at, "W1030",
				 w->direct[i] ? "this is %s already" : "this set holds what is %s already",
				 s->excluded[i] ? "excluded" : "a member");
		diag_note(p->d, g, w->list[first]->at, "here");
		if (w->direct[i])
			correct_repeated_member(p, g, w->list[i - 1], w->list[i]);
	}
	strmap_free(seen[0]);
	strmap_free(seen[1]);
}

/* The exclusion takes all that the glob matches: it is the same, matches it as a text, or is a directory above it. */
static bool swallows(const char *exclusion, const char *glob)
{
	size_t len = strlen(exclusion);

	if (strcmp(exclusion, glob) == 0 || strcmp(exclusion, "**") == 0)
		return true;
	if (!strpbrk(glob, "*?[\\"))
		return vm_glob_match(exclusion, (const uint8_t *)glob, strlen(glob));
	if (len < 3 || strcmp(exclusion + len - 3, "/**") != 0)
		return false;
	/* a directory's own text must hold nothing that stands for something else */
	return strcspn(exclusion, "*?[\\") == len - 2 && strncmp(exclusion, glob, len - 2) == 0;
}

static void check_swallowed(struct policy *p, const struct resolved_set *s, const struct written *w)
{
	size_t pairs = 0, nout = 0, *out = xcalloc(s->n + 1, sizeof(*out));

	for (size_t i = 0; i < s->n; i++) {
		out[nout] = i;
		nout += s->excluded[i];
	}
	for (size_t i = 0; i < s->n && pairs < PAIRS_MAX; i++) {
		if (s->excluded[i] || !w->direct[i])
			continue;
		for (size_t n = 0; n < nout && pairs++ < PAIRS_MAX; n++) {
			size_t k = out[n];
			bool same = s->numbers[i] == s->numbers[k];
			struct diag *g;

			if (!(s->globs ? swallows(s->texts[k], s->texts[i]) : same))
				continue;
			g = diag_warning(p->d, w->list[i]->at, "W1031", "this member is excluded again");
			diag_note(p->d, g, w->list[k]->at, "by this");
			break;
		}
	}
	free(out);
}

/* Sets that only stand in other sets were never looked at by themselves.  Of globs: what numbers mean needs a field. */
static void resolve_inner_sets(struct policy *p)
{
	for (struct definition *d = p->definitions; d; d = d->next) {
		struct expr e = { .kind = EXPR_NAME, .at = d->item->name.at, .text = d->item->name };
		bool used = d->used;

		if (d->item->kind != ITEM_SET || d->file->number + 1 != p->nfiles ||
		    d->item->members->value->kind != EXPR_STRING)
			continue;
		constant_set(p, &e, &DOMAIN_NONE, true);
		d->used = used;
	}
}

static void check_sets(struct policy *p)
{
	resolve_inner_sets(p);
	for (const struct resolved_set *s = p->sets; s; s = s->next) {
		const struct set_member *members = s->definition ? s->definition->item->members : s->anonymous->members;
		struct written w = { .p = p, .room = s->n };
		size_t included = 0;

		if (s->failed || names_file(p, members->at)->number + 1 != p->nfiles)
			continue;
		w.list = arena_array(p->arena, s->n, sizeof(struct set_member *));
		w.direct = arena_array(p->arena, s->n, sizeof(*w.direct));
		list_members(&w, members, NULL);
		INVARIANT(w.n == s->n);
		for (size_t i = 0; i < s->n; i++)
			included += !s->excluded[i];
		if (!included) {
			diag_warning(p->d, members->at, "W1031", "nothing is in this set: it only excludes");
			continue;
		}
		check_twice(p, s, &w);
		check_swallowed(p, s, &w);
	}
}

void lint_text(struct policy *p)
{
	check_items(p, p->files[p->nfiles - 1]->ast);
	check_conditions(p);
	check_sets(p);
}

/*
 * Matters of style (S2xxx): nothing is wrong, but others will read it less easily.  Reported only when asked for.  What
 * the formatter puts in order by itself is not looked at.
 */
#include "spol/policy.h"

#include <string.h>

#define COLUMNS_MAX      120u
#define LONG_LINES_SHOWN 100u /* of one file */

static bool is_capitals(const struct text *name)
{
	return strspn(name->s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name->len;
}

static void check_names(struct policy *p, const struct file_ast *ast)
{
	for (const struct item *item = ast->items; item; item = item->next) {
		struct diag *g;

		if ((item->kind != ITEM_LET && item->kind != ITEM_SET) || is_capitals(&item->name))
			continue;
		g = diag_warning(p->d, item->name.at, "S2001", "the %s `%s` is not written in capitals",
				 item->kind == ITEM_SET ? "set" : "let", item->name.s);
		diag_help(p->d, g, "fields are written small: a name in capitals never meets one");
	}
}

/* Bytes that begin a character. */
static uint32_t count_columns(const char *s, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

/* The byte at which column COLUMNS_MAX ends. */
static uint32_t edge(const char *s, size_t len)
{
	uint32_t n = 0, i = 0;

	while (i < len && (n < COLUMNS_MAX || ((unsigned char)s[i] & 0xc0) == 0x80))
		n += ((unsigned char)s[i++] & 0xc0) != 0x80;
	return i;
}

static void check_lines(struct policy *p, const struct policy_file *f)
{
	const struct source_text *s = diags_get_source(p->d, f->source);
	unsigned shown = 0;
	size_t len;

	for (uint32_t at = 0; at < s->len && shown < LONG_LINES_SHOWN; at += (uint32_t)len + 1) {
		const char *line = s->text + at, *end = memchr(line, '\n', s->len - at);
		uint32_t columns;

		len = end ? (size_t)(end - line) : s->len - at;
		columns = count_columns(line, len) - (len && line[len - 1] == '\r');
		if (columns <= COLUMNS_MAX)
			continue;
		shown++;
		diag_warning(p->d, (struct span){ f->source, at + edge(line, len), at + (uint32_t)len }, "S2002",
			     "this line has %u columns, more than %u", (unsigned)columns, COLUMNS_MAX);
	}
}

static void check_policy_name(struct policy *p, const struct policy_file *f)
{
	const char *slash = strrchr(f->path, '/'), *base = slash ? slash + 1 : f->path;
	size_t len = strlen(base);

	if (len <= 5 || strcmp(base + len - 5, ".spol") != 0)
		return;
	for (const struct item *item = f->ast->items; item; item = item->next) {
		if (item->kind != ITEM_POLICY)
			continue;
		if (item->name.len != len - 5 || memcmp(item->name.s, base, len - 5) != 0)
			diag_warning(p->d, item->name.at, "S2003", "the policy is called `%s` and its file \"%s\"",
				     item->name.s, base);
		return;
	}
}

void lint_style(struct policy *p)
{
	const struct policy_file *top = p->files[p->nfiles - 1];

	check_names(p, top->ast);
	check_lines(p, top);
	check_policy_name(p, top);
}

void lint_drop_style(struct policy *p)
{
	for (unsigned i = diags_count(p->d); i-- > 0;) {
		if (diags_get(p->d, i)->code[0] == 'S')
			diags_remove(p->d, i);
	}
}

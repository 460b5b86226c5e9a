/*
 * Corrections that take more than the place of the finding: what a rule says in all, and how it stands in the file.
 */
#include "spol/policy.h"

#include "base/buf.h"

#include <string.h>

static void correct_missing(struct policy *p, const struct target *t)
{
	struct span front = { t->rule->at.file, t->rule->at.start, t->rule->at.start };

	/* said in front of the rule it would be about all that the rule speaks of; whether to replace is the writer's word */
	if (!t->rule->replaces_nothing)
		diag_guess(p->d, t->about_override, front, "override ");
}

static void correct_needless(struct policy *p, const struct target *t)
{
	bool whole = t->item->override;
	uint32_t start = whole ? t->item->at.start : t->rule->at.start, end;
	const struct source_text *s = diags_get_source(p->d, t->rule->at.file);

	if (whole ? t->item->replaces || t->rule->override : t->rule->replaces)
		return;
	end = start + (uint32_t)strlen("override");
	while (s->text[end] == ' ' || s->text[end] == '\t')
		end++;
	diag_edit(p->d, t->about_override, (struct span){ t->rule->at.file, start, end }, "%s", "");
}

void correct_overrides(struct policy *p)
{
	for (const struct target *t = p->targets; t; t = t->next) {
		t->item->replaces |= t->overrode;
		t->rule->replaces |= t->overrode;
		t->rule->replaces_nothing |= !t->overrode;
	}
	for (const struct target *t = p->targets; t; t = t->next) {
		if (!t->about_override || t->about_override->nedits)
			continue;
		if (t->override)
			correct_needless(p, t);
		else
			correct_missing(p, t);
	}
}

void correct_unreachable(struct policy *p, struct diag *g, const struct policy_file *f, const struct arm *deciding)
{
	const struct arm *last = deciding;
	struct span at = deciding->at;

	while (last->next)
		last = last->next;
	at.start = deciding->at.end;
	at.end = last->at.end;
	for (const struct comment *c = f->ast->comments; c; c = c->next) {
		if (c->at.start < at.end && c->at.end > at.start)
			return; /* what a reader wrote between them is not thrown away */
	}
	diag_edit(p->d, g, at, "%s", "");
}

void correct_repeated_member(struct policy *p, struct diag *g, const struct set_member *before,
			     const struct set_member *member)
{
	const struct source_text *s = diags_get_source(p->d, member->at.file);
	struct span at = { member->at.file, before->at.end, member->at.end };

	if (before->at.file != at.file || before->at.end > member->at.start)
		return;
	if (!memchr(s->text + at.start, '#', member->at.start - at.start)) /* a comment is not thrown away */
		diag_edit(p->d, g, at, "%s", "");
}

void correct_allowance(struct policy *p, struct diag *g, const struct policy_file *f, struct span at)
{
	const struct source_text *s = diags_get_source(p->d, at.file);
	const struct comment *c = f->ast->comments;
	uint32_t behind = at.end;

	while (c && c->at.end <= at.start)
		c = c->next;
	if (!c || c->at.start == at.start) {
		diag_edit_removal(p->d, g, at, false);
		return;
	}
	/* all of the comment, so that two codes are never taken out at once: the last one takes the comment with it */
	while (behind < c->at.end && strchr(" \t,:", s->text[behind]))
		behind++;
	diag_edit(p->d, g, c->at, "%.*s%.*s", (int)(at.start - c->at.start), s->text + c->at.start,
		  (int)(c->at.end - behind), s->text + behind);
}

void correct_no_policy(struct policy *p, struct diag *g, const struct policy_file *f)
{
	CLEANUP(buf_free) struct buf name = { 0 };
	const char *s = f->name, *dot = strrchr(s, '.');

	for (size_t i = 0; s[i] && s + i != dot; i++) {
		bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z');

		if (i == 0 && !letter)
			buf_byte(&name, '_');
		buf_byte(&name, letter || (s[i] >= '0' && s[i] <= '9') ? s[i] : '_');
	}
	if (name.len)
		diag_guess(p->d, g, (struct span){ f->source, 0, 0 }, "policy %s 1;\n", buf_cstr(&name));
}

void correct_named_twice(struct policy *p, struct diag *g, const struct target *first, const struct target *again)
{
	const struct selector *a = first->selector, *b = again->selector, *before = NULL;

	if (a->kind != b->kind || a->variants || b->variants || a->name.len != b->name.len ||
	    memcmp(a->name.s, b->name.s, a->name.len) != 0)
		return;
	for (const struct selector *s = again->item->selectors; s && s != b; s = s->next)
		before = s;
	if (before && before->at.end <= b->at.start)
		diag_edit(p->d, g, (struct span){ b->at.file, before->at.end, b->at.end }, "%s", "");
}

void correct_name(struct policy *p, struct diag *g, const struct text *name, const char *part, const char *meant)
{
	struct span at = name->at;

	if (at.end - at.start != name->len) /* blanks or comments stand in it */
		return;
	if (part)
		at.start += (uint32_t)(part - name->s);
	diag_guess(p->d, g, at, "%s", meant);
}

void correct_placeholder(struct policy *p, struct diag *g, const struct text *message, const char *word, size_t len,
			 const char *meant)
{
	const struct source_text *s = diags_get_source(p->d, message->at.file);
	const char *text = s->text + message->at.start, *end = s->text + message->at.end;
	const char *found = NULL;

	/* escapes make the text as it is written and the message two different things: it is looked for */
	for (const char *at = text; at < end && (at = memchr(at, '{', (size_t)(end - at))) != NULL; at++) {
		if ((size_t)(end - at) < len + 2 || memcmp(at + 1, word, len) != 0 || at[len + 1] != '}')
			continue;
		if (found)
			return;
		found = at + 1;
	}
	if (found) {
		uint32_t start = (uint32_t)(found - s->text);

		diag_guess(p->d, g, (struct span){ message->at.file, start, start + (uint32_t)len }, "%s", meant);
	}
}

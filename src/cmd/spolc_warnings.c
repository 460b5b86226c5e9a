/*
 * -W: which warnings are reported, and which of them count as errors.  Options are obeyed in the order in which they
 * stand: of two that speak of the same code the later one holds.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "spol/codes.h"

#include <stdlib.h>
#include <string.h>

#define EVERY_CODE '\0'

static bool is_style(const struct spol_code *c)
{
	return c->id[0] == 'S';
}

static struct spolc_warning *table(struct spolc_job *j)
{
	if (j->warnings)
		return j->warnings;
	j->warnings = xcalloc(spol_code_count(), sizeof(*j->warnings));
	for (size_t i = 0; i < spol_code_count(); i++)
		j->warnings[i].off = is_style(spol_code_at(i));
	return j->warnings;
}

/* What a word of -W asks for: codes that begin with a letter (or every code, or one), and what becomes of them. */
enum change { TURN_ON, TURN_OFF, MAKE_ERROR, MAKE_WARNING };

static void change_one(struct spolc_warning *w, enum change change, bool named)
{
	switch (change) {
	case TURN_ON:
	case TURN_OFF:
		w->off = change == TURN_OFF;
		return;
	case MAKE_ERROR:
		w->is_error = true;
		/* -Werror alone does not ask for findings that nobody has asked for */
		w->off &= !named;
		return;
	case MAKE_WARNING:
		w->is_error = false;
		return;
	}
}

static void change_many(struct spolc_job *j, enum change change, char letter)
{
	struct spolc_warning *w = table(j);

	for (size_t i = 0; i < spol_code_count(); i++) {
		const struct spol_code *c = spol_code_at(i);

		if (c->level != DIAG_ERROR && (letter == EVERY_CODE || c->id[0] == letter))
			change_one(&w[i], change, false);
	}
}

static const struct {
	const char *word;
	enum change change;
	char letter;
} groups[] = {
	{ "all", TURN_ON, 'W' },       { "no-all", TURN_OFF, 'W' },         { "style", TURN_ON, 'S' },
	{ "no-style", TURN_OFF, 'S' }, { "error", MAKE_ERROR, EVERY_CODE }, { "no-error", MAKE_WARNING, EVERY_CODE },
};

/* The longest that fits counts: "no-error=" before "no-". */
static const struct {
	const char *prefix;
	enum change change;
} prefixes[] = {
	{ "no-error=", MAKE_WARNING },
	{ "error=", MAKE_ERROR },
	{ "no-", TURN_OFF },
	{ "", TURN_ON },
};

/* Every word that would have been right goes to the search for what was meant. */
static int unknown_word(const struct spolc_job *j, const char *what)
{
	struct suggest s = { .word = what, .word_len = strlen(what) };
	struct arena *arena = arena_new();
	int status;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		suggest_offer(&s, groups[i].word);
	for (size_t k = 0; k < ARRAY_LEN(prefixes); k++) {
		for (size_t i = 0; i < spol_code_count(); i++) {
			const struct spol_code *c = spol_code_at(i);

			if (c->level != DIAG_ERROR)
				suggest_offer(&s, arena_printf(arena, "%s%s", prefixes[k].prefix, c->id));
		}
	}
	if (s.best)
		status = cmd_usage_error(&j->args, "-W knows no '%s'; did you mean '%s'?", what, s.best);
	else
		status = cmd_usage_error(
			&j->args,
			"-W takes all, style, error, error=CODE or CODE, each with no- in front or not; "
			"there is no '%s'",
			what);
	arena_free(arena);
	return status;
}

int spolc_set_warning(struct spolc_job *j, const char *what)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (strcmp(what, groups[i].word) == 0) {
			change_many(j, groups[i].change, groups[i].letter);
			return 0;
		}
	}
	for (size_t k = 0; k < ARRAY_LEN(prefixes); k++) {
		size_t len = strlen(prefixes[k].prefix);
		const struct spol_code *c =
			strncmp(what, prefixes[k].prefix, len) == 0 ? spol_code_find(what + len) : NULL;

		if (!c)
			continue;
		if (c->level == DIAG_ERROR)
			return cmd_usage_error(&j->args, "-W is about warnings, and %s always is an error", c->id);
		change_one(&table(j)[c - spol_code_at(0)], prefixes[k].change, true);
		return 0;
	}
	return unknown_word(j, what);
}

void spolc_apply_warnings(const struct spolc_job *j, struct diags *d)
{
	if (!j->warnings)
		return;
	for (unsigned i = diags_count(d); i-- > 0;) {
		const struct diag *g = diags_get(d, i);
		const struct spol_code *c = spol_code_find(g->code);
		const struct spolc_warning *w;

		if (g->level != DIAG_WARNING || !c)
			continue;
		w = &j->warnings[c - spol_code_at(0)];
		if (w->off)
			diags_remove(d, i);
		else if (w->is_error)
			diags_set_level(d, i, DIAG_ERROR);
	}
}

bool spolc_wants_style(const struct spolc_job *j)
{
	for (size_t i = 0; j->warnings && i < spol_code_count(); i++) {
		if (is_style(spol_code_at(i)) && !j->warnings[i].off)
			return true;
	}
	return false;
}

void spolc_forget_warnings(struct spolc_job *j)
{
	free(j->warnings);
	j->warnings = NULL;
}

/*
 * What an image says about itself against what its code does: a report and a disassembly quote it, and must not look
 * stricter than the decisions are, nor draw lines that nobody decided.
 */
#include "vm/words.h"

#include "vm/insn.h"

#include <string.h>

/* ---- text that may be printed ---- */

/* Moves controls out of the way of a terminal, and what makes text look like other text. */
static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return false;
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e))
		return false;
	return !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

/* The character at p, not behind end.  Its length; 0: no UTF-8. */
static unsigned decode(const uint8_t *p, const uint8_t *end, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = *p < 0x80 ? 1 : (*p & 0xe0) == 0xc0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : (*p & 0xf8) == 0xf0 ? 4 : 0;

	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	*c = n == 1 ? *p : *p & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

bool words_printable(const char *s)
{
	const uint8_t *p = (const uint8_t *)s, *end = p + strlen(s);

	while (p < end) {
		uint32_t c;
		unsigned n = decode(p, end, &c);

		if (n == 0 || !is_printable(c))
			return false;
		p += n;
	}
	return true;
}

char *words_make_printable(struct arena *arena, const char *s)
{
	size_t len = strlen(s);
	char *copy = arena_copy(arena, s, len), *to = copy;
	const uint8_t *p = (const uint8_t *)s, *end = p + len;

	while (p < end) {
		uint32_t c;
		unsigned n = decode(p, end, &c);

		if (n && is_printable(c)) {
			memcpy(to, p, n);
			to += n;
		} else {
			*to++ = '?';
		}
		p += n ? n : 1;
	}
	*to = '\0';
	return copy;
}

/* ---- rules ---- */

/* The text begins with that word. */
static bool says(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 && (text[len] == '\0' || text[len] == ' ');
}

static bool is_verdict_text(const struct vm_rule *r)
{
	/* where a rule for many fields says a verb that one of them cannot have, it says `equal` there */
	for (unsigned verb = 0; verb < VERB_COUNT; verb++)
		if (says(r->text, vm_verb_name((enum vm_verb)verb)))
			return r->verb == (enum vm_verb)verb || r->verb == VERB_EQUAL;
	return false;
}

static int check_verdicts(const struct vm_image *i, const char *name, struct err *err)
{
	for (uint32_t pc = 0; pc < i->ncode; pc++) {
		const struct vm_insn *insn = &i->code[pc];
		const struct vm_rule *r = insn->imm == VM_NO_RULE ? NULL : &i->rules[insn->imm];

		if (insn->op == OP_VERDICT && (r->verb != (enum vm_verb)insn->a || !is_verdict_text(r)))
			return err_set(err, ERR_FORMAT, "%s: instruction %u decides %s by rule %u, which says `%.60s`",
				       name, pc, vm_verb_name((enum vm_verb)insn->a), insn->imm, r->text);
		if (insn->op == OP_DISPOSE && r && !says(r->text, vm_disposition_name((enum vm_disposition)insn->a)))
			return err_set(err, ERR_FORMAT, "%s: instruction %u says %s by rule %u, which says `%.60s`",
				       name, pc, vm_disposition_name((enum vm_disposition)insn->a), insn->imm, r->text);
	}
	for (size_t n = 0; n < i->nnumbers; n++) {
		const struct image_number *e = &i->numbers[n];

		if (!says(i->rules[e->rule].text, vm_disposition_name((enum vm_disposition)e->disposition)))
			return err_set(err, ERR_FORMAT, "%s: call number %d: %s by rule %u, which says `%.60s`", name,
				       e->nr, vm_disposition_name((enum vm_disposition)e->disposition), e->rule,
				       i->rules[e->rule].text);
	}
	return 0;
}

static int not_printable(const char *what, size_t n, const char *name, struct err *err)
{
	return err_set(err, ERR_FORMAT, "%s: the name or text of %s %zu holds what cannot be printed", name, what, n);
}

static int check_texts(const struct vm_image *i, const char *name, struct err *err)
{
	if (!words_printable(i->name))
		return not_printable("policy", 0, name, err);
	for (size_t n = 0; n < i->nrules; n++) {
		const struct vm_rule *r = &i->rules[n];

		if (!words_printable(r->file) || !words_printable(r->selector) || !words_printable(r->text))
			return not_printable("rule", n, name, err);
		if (r->is_default != (strcmp(r->selector, "default") == 0))
			return err_set(err, ERR_FORMAT, "%s: rule %zu, for `%.60s`, %s to be the default", name, n,
				       r->selector, r->is_default ? "claims" : "does not claim");
	}
	for (size_t n = 0; n < i->globs.nsets; n++)
		if (!words_printable(i->glob_names[n]))
			return not_printable("set of globs", n, name, err);
	for (size_t n = 0; n < i->nsets; n++)
		if (!words_printable(i->sets[n].name))
			return not_printable("set of numbers", n, name, err);
	for (size_t n = 0; n < i->nsources; n++) {
		const struct image_source *s = &i->sources[n];

		if (!words_printable(s->file))
			return not_printable("source", n, name, err);
		for (size_t k = 0; k < s->nextends; k++)
			if (s->extends[k] >= n)
				return err_set(err, ERR_FORMAT,
					       "%s: source %zu extends source %u, which stands not before it", name, n,
					       s->extends[k]);
	}
	return 0;
}

int words_check(const struct vm_image *i, const char *name, struct err *err)
{
	return check_texts(i, name, err) || check_verdicts(i, name, err) ? -1 : 0;
}

/*
 * The syntax of globs, and a matcher that follows it word by word; the automaton (dfa.c) is tested against it.
 *
 * `*` any bytes but '/', `**` any bytes, `?` one byte but '/', `[a-z]` `[!a-z]` `[^a-z]` one byte of a class (never
 * '/'),
 * `\x` the byte x, everything else itself.  The whole path must match.
 */
#include "vm/glob.h"

#include "vm/asm.h"

#include <string.h>

static void add_byte(uint64_t set[4], unsigned byte)
{
	set[byte / 64] |= (uint64_t)1 << (byte % 64);
}

static void complement(uint64_t set[4])
{
	for (int i = 0; i < 4; i++)
		set[i] = ~set[i];
}

static void remove_slash(uint64_t set[4])
{
	set['/' / 64] &= ~((uint64_t)1 << ('/' % 64));
}

/* One byte of a class at *p, which moves behind it; a backslash is skipped.  false: the glob ends here. */
static bool class_byte(const char **p, unsigned *byte)
{
	if (**p == '\\')
		(*p)++;
	if (!**p)
		return false;
	*byte = (uint8_t) * (*p)++;
	return true;
}

/* *p stands behind '['; moves it behind ']'.  A ']' that comes first is a member. */
static const char *parse_class(const char **p, uint64_t set[4])
{
	bool negated = **p == '!' || **p == '^', first = true;
	unsigned low, high;

	memset(set, 0, 4 * sizeof(*set));
	if (negated)
		(*p)++;
	while (**p != ']' || first) {
		first = false;
		if (!class_byte(p, &low))
			return "a class has no ']'";
		high = low;
		if ((*p)[0] == '-' && (*p)[1] && (*p)[1] != ']') {
			(*p)++;
			if (!class_byte(p, &high))
				return "a class has no ']'";
			if (high < low)
				return "a range of a class ends before it begins";
		}
		if (low == '/' || high == '/')
			return "a class cannot hold '/'";
		for (unsigned byte = low; byte <= high; byte++)
			add_byte(set, byte);
	}
	(*p)++;
	if (negated)
		complement(set);
	remove_slash(set);
	return NULL;
}

const char *glob_parse(const char *glob, struct glob_token *tokens, size_t *ntokens)
{
	size_t n = 0;

	if (!*glob)
		return "the glob is empty";
	for (const char *p = glob; *p;) {
		struct glob_token t = { 0 };
		const char *wrong = NULL;

		switch (*p) {
		case '*':
			t.loop = true;
			complement(t.bytes);
			if (p[1] == '*')
				p++;
			else
				remove_slash(t.bytes);
			p++;
			break;
		case '?':
			complement(t.bytes);
			remove_slash(t.bytes);
			p++;
			break;
		case '[':
			p++;
			wrong = parse_class(&p, t.bytes);
			break;
		case '\\':
			p++;
			if (!*p)
				wrong = "a backslash at the end escapes nothing";
			else
				add_byte(t.bytes, (uint8_t)*p++);
			break;
		default:
			add_byte(t.bytes, (uint8_t)*p++);
			break;
		}
		if (wrong)
			return wrong;
		if (tokens)
			tokens[n] = t;
		n++;
	}
	if (ntokens)
		*ntokens = n;
	return NULL;
}

const char *vm_glob_check(const char *glob)
{
	return glob_parse(glob, NULL, NULL);
}

/* The class at glob, which stands behind '[': is byte in it?  *end: behind ']'.  The glob has been checked. */
static bool in_class(const char *glob, uint8_t byte, const char **end)
{
	bool negated = *glob == '!' || *glob == '^', found = false;
	const char *first;

	if (negated)
		glob++;
	for (first = glob; *glob != ']' || glob == first;) {
		uint8_t low, high;

		glob += *glob == '\\';
		low = high = (uint8_t)*glob++;
		if (*glob == '-' && glob[1] != ']') {
			glob++;
			glob += *glob == '\\';
			high = (uint8_t)*glob++;
		}
		found = found || (low <= byte && byte <= high);
	}
	*end = glob + 1;
	return found != negated && byte != '/';
}

static bool match(const char *glob, const uint8_t *path, size_t len)
{
	const char *rest;
	bool deep;

	switch (*glob) {
	case '\0':
		return len == 0;
	case '*':
		deep = glob[1] == '*';
		rest = glob + (deep ? 2 : 1);
		for (size_t i = 0;; i++) {
			if (match(rest, path + i, len - i))
				return true;
			if (i == len || (!deep && path[i] == '/'))
				return false;
		}
	case '?':
		return len && *path != '/' && match(glob + 1, path + 1, len - 1);
	case '[':
		return len && in_class(glob + 1, *path, &rest) && match(rest, path + 1, len - 1);
	case '\\':
		glob++;
		break;
	default:
		break;
	}
	return len && *path == (uint8_t)*glob && match(glob + 1, path + 1, len - 1);
}

bool vm_glob_match(const char *glob, const uint8_t *path, size_t len)
{
	return !vm_glob_check(glob) && match(glob, path, len);
}

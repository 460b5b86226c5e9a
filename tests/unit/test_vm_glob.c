/*
 * Globs: the reference matcher by a table, the automaton against the reference on random globs and paths, sets with
 * exclusions, limits.
 */
#include "base/check.h"
#include "vm/asm.h"
#include "vm/glob.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct match_case {
	const char *glob, *path;
	bool matches;
} match_cases[] = {
	{ "/etc/passwd", "/etc/passwd", true },
	{ "/etc/passwd", "/etc/passwd2", false },
	{ "/etc/passwd", "/etc/passw", false },
	{ "/etc/passwd", "", false },
	{ "*", "", true },
	{ "*", "abc", true },
	{ "*", "a/b", false },
	{ "**", "", true },
	{ "**", "a/b/c", true },
	{ "/proc/*", "/proc/cpuinfo", true },
	{ "/proc/*", "/proc/", true },
	{ "/proc/*", "/proc/1/maps", false },
	{ "/proc/**", "/proc/cpuinfo", true },
	{ "/proc/**", "/proc/1/maps", true },
	{ "/proc/**", "/proc/", true },
	{ "/proc/**", "/proc", false },
	{ "/proc/**", "/processes", false },
	{ "/proc/*/maps", "/proc/1/maps", true },
	{ "/proc/*/maps", "/proc/1/2/maps", false },
	{ "/proc/**/maps", "/proc/1/task/2/maps", true },
	{ "/proc/**/maps", "/proc/maps", false },
	{ "**.so", "/usr/lib/libc.so", true },
	{ "**.so", "/usr/lib/libc.so.6", false },
	{ "*.so", "/usr/lib/libc.so", false },
	{ "***", "a/b", true },
	{ "a*b*c", "aXbbYc", true },
	{ "a*b*c", "abX", false },
	{ "/dev/pts/?", "/dev/pts/1", true },
	{ "/dev/pts/?", "/dev/pts/12", false },
	{ "/dev/pts/?", "/dev/pts/", false },
	{ "a?b", "a/b", false },
	{ "a[bc]d", "abd", true },
	{ "a[bc]d", "aed", false },
	{ "[a-z]", "m", true },
	{ "[a-z]", "M", false },
	{ "[!a-z]", "M", true },
	{ "[^a-z]", "m", false },
	{ "[!a-z]", "/", false },
	{ "a[+-9]b", "a/b", false },
	{ "[]a]", "]", true },
	{ "[!]a]", "]", false },
	{ "[a-]", "-", true },
	{ "[a\\]]", "]", true },
	{ "[\\a-\\c]", "b", true },
	{ "[\x80-\xff]", "\xc3", true },
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "\\?\\[", "?[", true },
	{ "a\\\\b", "a\\b", true },
	{ "]", "]", true },
	{ "!a", "!a", true },
};

static bool automaton(const char *glob, const uint8_t *path, size_t len)
{
	struct glob_member m = { glob, 0, false };
	struct arena *arena = arena_new();
	struct glob_dfa d;
	struct err err = { 0 };
	bool result;

	ck_assert_msg(glob_build(&m, 1, 1, arena, &d, &err) == 0, "%s", err.text);
	glob_prepare(&d, arena);
	result = glob_accepts(&d, glob_state(&d, path, len), 0);
	arena_free(arena);
	return result;
}

START_TEST(matches)
{
	const struct match_case *c = &match_cases[_i];
	const uint8_t *path = (const uint8_t *)c->path;

	ck_assert_msg(vm_glob_match(c->glob, path, strlen(c->path)) == c->matches, "%s on %s", c->glob, c->path);
	ck_assert_msg(automaton(c->glob, path, strlen(c->path)) == c->matches, "automaton: %s on %s", c->glob, c->path);
}
END_TEST

START_TEST(nul_is_a_byte)
{
	ck_assert(vm_glob_match("a?b", (const uint8_t *)"a\0b", 3));
	ck_assert(automaton("a?b", (const uint8_t *)"a\0b", 3));
	ck_assert(!vm_glob_match("ab", (const uint8_t *)"ab\0", 3));
	ck_assert(!automaton("ab", (const uint8_t *)"ab\0", 3));
}
END_TEST

static const struct syntax_case {
	const char *glob, *wrong; /* part of the text; NULL: fine */
} syntax_cases[] = {
	{ "/a/**/b?[c-d]\\*", NULL }, { "", "empty" },       { "a\\", "backslash" },     { "[", "no ']'" },
	{ "[]", "no ']'" },           { "[!]", "no ']'" },   { "[a", "no ']'" },         { "[a-", "no ']'" },
	{ "[a\\", "no ']'" },         { "[a-\\", "no ']'" }, { "[z-a]", "ends before" }, { "[a/]", "'/'" },
	{ "[/-z]", "'/'" },
};

START_TEST(syntax)
{
	const struct syntax_case *c = &syntax_cases[_i];
	const char *wrong = vm_glob_check(c->glob);

	ck_assert_msg(!wrong == !c->wrong, "%s: %s", c->glob, wrong ? wrong : "accepted");
	if (wrong) {
		ck_assert_msg(strstr(wrong, c->wrong), "%s: %s", c->glob, wrong);
		ck_assert(!vm_glob_match(c->glob, (const uint8_t *)"a", 1));
	}
}
END_TEST

/* ---- automaton == reference ---- */

static uint32_t random_below(uint64_t *state, uint32_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 20) % n);
}

static void random_glob(uint64_t *state, char *out)
{
	static const char *const pieces[] = {
		"a", "b", "/", "*", "**", "?", "[ab]", "[!a]", "[^b-c]", "\\*", "c", "/a"
	};
	uint32_t n = 1 + random_below(state, 6);

	*out = '\0';
	for (uint32_t i = 0; i < n; i++)
		strcat(out, pieces[random_below(state, ARRAY_LEN(pieces))]);
}

static size_t random_path(uint64_t *state, uint8_t *out)
{
	static const char alphabet[] = "aaabbc/*\xff";
	size_t n = random_below(state, 9);

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)alphabet[random_below(state, sizeof(alphabet) - 1)];
	return n;
}

#define GLOBS 12
#define SETS  9 /* more than a byte of a row */

static bool reference(const struct glob_member *m, uint32_t set, const uint8_t *path, size_t len)
{
	bool in = false;

	for (size_t i = 0; i < GLOBS; i++) {
		if (m[i].set != set || !vm_glob_match(m[i].glob, path, len))
			continue;
		if (m[i].excluded)
			return false;
		in = true;
	}
	return in;
}

START_TEST(automaton_is_reference)
{
	uint64_t state = 0x853c49e6748fea9bu + (uint64_t)_i;
	unsigned hits = 0;

	for (int round = 0; round < 40; round++) {
		char globs[GLOBS][64];
		struct glob_member m[GLOBS];
		struct arena *arena = arena_new();
		struct glob_dfa d;
		struct err err = { 0 };

		for (uint32_t i = 0; i < GLOBS; i++) {
			random_glob(&state, globs[i]);
			m[i] = (struct glob_member){ globs[i], random_below(&state, SETS),
						     random_below(&state, 4) == 0 };
		}
		ck_assert_msg(glob_build(m, GLOBS, SETS, arena, &d, &err) == 0, "%s", err.text);
		glob_prepare(&d, arena);
		for (int i = 0; i < 100; i++) {
			uint8_t path[16];
			size_t len = random_path(&state, path);

			for (uint32_t set = 0; set < SETS; set++) {
				bool wanted = reference(m, set, path, len);

				hits += wanted;
				ck_assert_msg(glob_accepts(&d, glob_state(&d, path, len), set) == wanted,
					      "seed %d round %d set %u path %.*s", _i, round, set, (int)len,
					      (const char *)path);
			}
		}
		arena_free(arena);
	}
	ck_assert_uint_gt(hits, 1000);
}
END_TEST

START_TEST(too_many_states)
{
	/* "the 20th byte from the end is a": 2^20 states */
	struct glob_member m = { "**a???????????????????", 0, false };
	struct arena *arena = arena_new();
	struct glob_dfa d;
	struct err err = { 0 };

	ck_assert_int_eq(glob_build(&m, 1, 1, arena, &d, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_msg(strstr(err.text, "need more than 20000 states"), "%s", err.text);
	arena_free(arena);
}
END_TEST

/* A policy of ordinary size stays small and is built the same way each time. */
START_TEST(many_globs)
{
	char globs[400][32];
	struct glob_member m[400];
	struct arena *arena = arena_new();
	struct glob_dfa d, again;
	struct err err = { 0 };
	uint32_t state;

	for (uint32_t i = 0; i < 400; i++) {
		snprintf(globs[i], sizeof(globs[i]), "/dir%u/*/file%u.[ch]", i, i * 7);
		m[i] = (struct glob_member){ globs[i], i % 20, false };
	}
	ck_assert_msg(glob_build(m, 400, 20, arena, &d, &err) == 0, "%s", err.text);
	ck_assert_msg(glob_build(m, 400, 20, arena, &again, &err) == 0, "%s", err.text);
	ck_assert_uint_lt(d.nstates, 10000);
	ck_assert_uint_eq(d.nstates, again.nstates);
	ck_assert(memcmp(d.next, again.next, (size_t)d.nstates * d.nclasses * sizeof(*d.next)) == 0);
	glob_prepare(&d, arena);
	state = glob_state(&d, (const uint8_t *)"/dir399/x/file2793.c", 20);
	ck_assert(glob_accepts(&d, state, 19));
	ck_assert(!glob_accepts(&d, state, 18));
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vm glob");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, matches, 0, ARRAY_LEN(match_cases));
	tcase_add_test(t, nul_is_a_byte);
	tcase_add_loop_test(t, syntax, 0, ARRAY_LEN(syntax_cases));
	tcase_add_loop_test(t, automaton_is_reference, 0, 5);
	tcase_add_test(t, too_many_states);
	tcase_add_test(t, many_globs);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * src/base/diag: order, positions, edits, rendering as text and JSON, suggestions.
 */
#include "base/diag.h"
#include "base/places.h"

#include "base/places.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char sample[] = "first line\n\tsecond = \"\xc3\xa9\"; x\n\nlast";

static struct diags *diags_over(const char *text)
{
	struct diags *d = diags_new();

	diags_source(d, "a.spol", text, (uint32_t)strlen(text));
	return d;
}

static struct span at(uint32_t start, uint32_t end)
{
	return (struct span){ 0, start, end };
}

START_TEST(findings_come_in_order_of_place)
{
	struct diags *d = diags_over(sample);

	diag_warning(d, at(20, 21), "W1001", "third");
	diag_error(d, at(3, 4), "E1001", "first");
	diag_error(d, at(3, 9), "E1002", "second, same start");
	ck_assert_uint_eq(diags_count(d), 3);
	ck_assert_uint_eq(diags_errors(d), 2);
	ck_assert_uint_eq(diags_warnings(d), 1);
	ck_assert_str_eq(diags_get(d, 0)->text, "first");
	ck_assert_str_eq(diags_get(d, 1)->text, "second, same start");
	ck_assert_str_eq(diags_get(d, 2)->text, "third");
	diags_remove(d, 1);
	ck_assert_uint_eq(diags_count(d), 2);
	ck_assert_uint_eq(diags_errors(d), 1);
	ck_assert_str_eq(diags_get(d, 1)->text, "third");
	diags_free(d);
}
END_TEST

START_TEST(levels_change)
{
	struct diags *d = diags_over(sample);
	CLEANUP(buf_free) struct buf text = { 0 };

	diag_warning(d, at(20, 21), "W1001", "second");
	diag_error(d, at(3, 4), "E1001", "first");
	diags_set_level(d, 1, DIAG_ERROR);
	ck_assert_uint_eq(diags_errors(d), 2);
	ck_assert_uint_eq(diags_warnings(d), 0);
	diags_render_text(d, false, &text);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&text), "error[W1001]: second"));
	diags_set_level(d, 1, DIAG_NOTE);
	diags_set_level(d, 0, DIAG_WARNING);
	ck_assert_uint_eq(diags_errors(d), 0);
	ck_assert_uint_eq(diags_warnings(d), 1);
	diags_free(d);
}
END_TEST

START_TEST(same_code_at_same_place_is_said_once)
{
	struct diags *d = diags_over(sample);
	struct diag *g = diag_error(d, at(3, 4), "E1001", "first");

	diag_note(d, g, at(5, 6), "note");
	g = diag_error(d, at(3, 4), "E1001", "again");
	diag_note(d, g, at(5, 6), "note of a dropped finding");
	diag_help(d, g, "help of a dropped finding");
	diag_error(d, at(3, 4), "E1002", "another code");
	ck_assert_uint_eq(diags_count(d), 2);
	ck_assert_uint_eq(diags_get(d, 0)->nnotes, 1);
	ck_assert_ptr_null(diags_get(d, 0)->help);
	diags_free(d);
}
END_TEST

START_TEST(notes_beyond_the_maximum_are_dropped)
{
	struct diags *d = diags_over(sample);
	struct diag *g = diag_error(d, at(3, 4), "E1001", "first");

	for (uint32_t i = 0; i < DIAG_NOTES_MAX + 3; i++)
		diag_note(d, g, at(i, i + 1), "note %u", (unsigned)i);
	ck_assert_uint_eq(g->nnotes, DIAG_NOTES_MAX);
	diags_free(d);
}
END_TEST

static const struct {
	uint32_t offset, line, column;
} positions[] = {
	{ 0, 1, 1 },    { 10, 1, 11 }, { 11, 2, 1 }, { 12, 2, 2 }, { 22, 2, 12 }, /* é: two bytes */
	{ 24, 2, 13 },  { 28, 2, 17 }, { 29, 3, 1 }, { 30, 4, 1 }, { 34, 4, 5 },  /* the end */
	{ 1000, 4, 5 },
};

START_TEST(positions_count_characters)
{
	struct source_text s = { "a", sample, sizeof(sample) - 1 };
	uint32_t line, column;

	source_position(&s, positions[_i].offset, &line, &column);
	ck_assert_msg(line == positions[_i].line && column == positions[_i].column, "row %d: %u:%u", _i, line, column);
}
END_TEST

/* In whatever order they are asked for, places are what source_position() says. */
START_TEST(places_are_positions)
{
	static const char text[] = "a\xc3\xa9\xff\n\n\xf0\x9f\x98\x80z\r\nend";
	struct diags *d = diags_over(text);
	struct places *p = places_over(d);
	uint32_t len = (uint32_t)strlen(text);

	for (uint32_t step = 1; step <= len + 2; step++) {
		for (uint32_t i = 0; i <= len + 2; i++) {
			uint32_t offset = i * step % (len + 3), line, column;
			struct place found = places_find(p, 0, offset);

			source_position(diags_get_source(d, 0), offset, &line, &column);
			ck_assert_msg(found.line == line && found.column == column, "byte %u: %u:%u, not %u:%u", offset,
				      found.line, found.column, line, column);
		}
	}
	ck_assert_uint_eq(places_find(p, 0, 7).line_end, 11); /* without CR and newline */
	places_free(p);
	diags_free(d);
}
END_TEST

static const struct {
	const char *text;
	uint32_t start, end;
	bool comment_too;
	uint32_t from, to;
} removals[] = {
	{ "a\n  x;\nb", 4, 6, false, 2, 7 },       /* with its line */
	{ "a\n  x; # why\nb", 4, 6, true, 2, 13 }, /* and the comment behind it */
	{ "a\n  x; # why\nb", 4, 6, false, 4, 6 }, /* the comment stays */
	{ "a  x; b\n", 3, 5, false, 1, 5 },        /* the blanks before it */
	{ "x; b\n", 0, 2, true, 0, 3 },            /* first on its line: those behind it */
	{ "a\nx\ny;", 2, 5, false, 2, 5 },         /* lines, the last one without newline */
};

START_TEST(removals_take_lines)
{
	struct diags *d = diags_over(removals[_i].text);
	struct diag *g = diag_warning(d, at(removals[_i].start, removals[_i].end), "W1004", "x");

	diag_edit_removal(d, g, g->at, removals[_i].comment_too);
	ck_assert_uint_eq(g->nedits, 1);
	ck_assert_uint_eq(g->edits[0].at.start, removals[_i].from);
	ck_assert_uint_eq(g->edits[0].at.end, removals[_i].to);
	ck_assert_str_eq(g->edits[0].text, "");
	diags_free(d);
}
END_TEST

START_TEST(edits_are_certain_or_guessed)
{
	struct diags *d = diags_over(sample);
	struct diag *g = diag_error(d, at(0, 5), "E1001", "a"), *again = diag_error(d, at(0, 5), "E1001", "a");
	CLEANUP(buf_free) struct buf json = { 0 };

	diag_edit(d, g, at(0, 1), "%c", '"');
	ck_assert(!g->guess);
	for (int i = 0; i < 2 * DIAG_EDITS_MAX;
	     i++) /* of a finding that was said already: nothing, and no end of room */
		diag_edit(d, again, at(0, 1), "x");
	ck_assert_uint_eq(g->nedits, 1);
	diag_guess(d, diag_error(d, at(6, 7), "E1002", "b"), at(6, 7), "c");
	ck_assert(diags_get(d, 1)->guess);
	diags_render_json(d, &json);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json),
				     "\"guess\":false,\"edits\":[{\"file\":\"a.spol\",\"line\":1,\"column\":1,"
				     "\"end_line\":1,\"end_column\":2,\"offset\":0,\"length\":1,\"text\":\"\\\"\"}]"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&json), "\"guess\":true,\"edits\":["));
	diags_free(d);
}
END_TEST

START_TEST(text_has_line_and_carets)
{
	struct diags *d = diags_over(sample);
	struct buf out = { 0 };
	struct diag *g = diag_error(d, at(22, 24), "E1001", "name `%s`", "x");

	diag_note(d, g, at(0, 5), "see here");
	diag_note(d, g, (struct span){ 0 }, "no place");
	diag_help(d, g, "do this");
	diags_render_text(d, false, &out);
	ck_assert_str_eq(buf_cstr(&out), "a.spol:2:12: error[E1001]: name `x`\n"
					 "     2 | \tsecond = \"\xc3\xa9\"; x\n"
					 "       | \t          ^\n"
					 "a.spol:1:1: note: see here\n"
					 "     1 | first line\n"
					 "       | ^~~~~\n"
					 "  note: no place\n"
					 "  help: do this\n");
	buf_clear(&out);
	diags_render_text(d, true, &out);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "\x1b[1;31merror[E1001]: \x1b[0m"));
	buf_free(&out);
	diags_free(d);
}
END_TEST

START_TEST(text_keeps_to_the_line)
{
	struct diags *d = diags_over("abc\r\ndef");
	struct buf out = { 0 };

	diag_error(d, at(1, 8), "E1001", "over two lines");
	diag_error(d, at(8, 8), "E1002", "at the end");
	diags_render_text(d, false, &out);
	ck_assert_str_eq(buf_cstr(&out), "a.spol:1:2: error[E1001]: over two lines\n"
					 "     1 | abc\n"
					 "       |  ^~\n"
					 "a.spol:2:4: error[E1002]: at the end\n"
					 "     2 | def\n"
					 "       |    ^\n");
	buf_free(&out);
	diags_free(d);
}
END_TEST

START_TEST(terminal_never_sees_control_characters)
{
	static const char hostile[] = "a\x1b[2Jb\x80\xff\xc2\x9b \xe2\x80\xae|";
	struct diags *d = diags_over(hostile);
	struct buf out = { 0 };

	diag_error(d, at(0, 1), "E1001", "name %s", hostile);
	diags_render_text(d, false, &out);
	ck_assert_ptr_null(strstr(buf_cstr(&out), "\x1b"));
	ck_assert_ptr_null(strstr(buf_cstr(&out), "\xc2\x9b"));
	ck_assert_ptr_null(strstr(buf_cstr(&out), "\xe2\x80\xae"));
	ck_assert_ptr_null(strstr(buf_cstr(&out), "\xff"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "\xef\xbf\xbd"));
	buf_free(&out);
	diags_free(d);
}
END_TEST

START_TEST(long_lines_are_cut)
{
	static char text[5001];
	struct diags *d;
	struct buf out = { 0 };

	memset(text, 'x', sizeof(text) - 1);
	text[3000] = 'y';
	d = diags_over(text);
	diag_error(d, at(3000, 3001), "E1001", "m");
	diag_error(d, at(3000, 5000), "E1002", "m");
	diags_render_text(d, false, &out);
	ck_assert_uint_lt(out.len, 1500);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "a.spol:1:3001:"));
	ck_assert_ptr_nonnull(strstr(buf_cstr(&out), "y"));
	buf_free(&out);
	diags_free(d);
}
END_TEST

START_TEST(json_is_escaped)
{
	struct diags *d = diags_new();
	struct buf out = { 0 };
	struct diag *g;

	diags_source(d, "q\"\\\x01\xff.spol", "text\nmore", 9);
	g = diag_error(d, at(5, 9), "E1001", "a\nb\t\"c\"");
	diag_help(d, g, "h");
	diag_note(d, g, at(0, 4), "n1");
	diag_note(d, g, (struct span){ 0 }, "n2");
	diags_render_json(d, &out);
	ck_assert_str_eq(
		buf_cstr(&out),
		"{\"diagnostics\":[\n{\"file\":\"q\\\"\\\\\\u0001\xef\xbf\xbd.spol\",\"line\":2,\"column\":1,\"end_"
		"line\":2,"
		"\"end_column\":5,\"level\":\"error\",\"code\":\"E1001\",\"message\":\"a\\nb\\u0009\\\"c\\\"\","
		"\"help\":\"h\","
		"\"notes\":[{\"file\":\"q\\\"\\\\\\u0001\xef\xbf\xbd.spol\",\"line\":1,\"column\":1,\"end_line\":1,"
		"\"end_column\":5,\"message\":\"n1\"},{\"message\":\"n2\"}]}\n]}\n");
	buf_free(&out);
	diags_free(d);
}
END_TEST

START_TEST(nothing_found_renders)
{
	struct diags *d = diags_new();
	struct buf out = { 0 };

	diags_render_text(d, false, &out);
	ck_assert_uint_eq(out.len, 0);
	diags_render_json(d, &out);
	ck_assert_str_eq(buf_cstr(&out), "{\"diagnostics\":[\n]}\n");
	buf_free(&out);
	diags_free(d);
}
END_TEST

static const struct {
	const char *word, *best; /* NULL: no suggestion */
} suggestions[] = {
	{ "replya", "replay" }, /* swapped */
	{ "replays", "replay" },
	{ "eplay", "replay" },
	{ "raplay", "replay" },
	{ "rapley", "replay" }, /* two of six */
	{ "rapliv", NULL },     /* three */
	{ "acept", "accept" },
	{ "ACCEPT", "accept" },
	{ "mpa", "map" },
	{ "pap", "map" },
	{ "xyz", NULL },
	{ "x", NULL },
	{ "", NULL },
	{ "statbuf.st_inoo", "statbuf.st_ino" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

START_TEST(suggestions_are_near)
{
	static const char *const names[] = { "equal", "accept", "replay", "map", "stop", "statbuf.st_ino", "statbuf" };
	struct suggest s = { .word = suggestions[_i].word, .word_len = strlen(suggestions[_i].word) };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		suggest_offer(&s, names[i]);
	if (suggestions[_i].best)
		ck_assert_msg(s.best && strcmp(s.best, suggestions[_i].best) == 0, "row %d: %s", _i,
			      s.best ? s.best : "nothing");
	else
		ck_assert_msg(!s.best, "row %d: %s", _i, s.best);
}
END_TEST

/* In whatever order places are asked for, the answer is the same as that of counting from the start. */
START_TEST(places_in_any_order)
{
	static const char text[] = "let \xc3\xa4\xe2\x82\xac = 1;\tx\n\nlong \xf0\x9f\x98\x80 line \xff\xc3 with what "
				   "is no text \x80\x80\r\nend";
	const uint32_t len = sizeof(text) - 1;
	struct diags *d = diags_new();
	uint32_t file = diags_source(d, "x", text, len), seed = 1;
	struct places *p = places_over(d);

	for (unsigned i = 0; i < 20000; i++) {
		uint32_t line, column, offset = (seed = seed * 1664525 + 1013904223) % (len + 3);
		struct place at = places_find(p, file, offset);

		source_position(diags_get_source(d, file), offset, &line, &column);
		if (at.line != line || at.column != column)
			ck_abort_msg("offset %u, no. %u: %u:%u, not %u:%u", offset, i, at.line, at.column, line,
				     column);
	}
	places_free(p);
	diags_free(d);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diag");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, findings_come_in_order_of_place);
	tcase_add_test(tc, levels_change);
	tcase_add_test(tc, places_in_any_order);
	tcase_add_test(tc, same_code_at_same_place_is_said_once);
	tcase_add_test(tc, notes_beyond_the_maximum_are_dropped);
	tcase_add_loop_test(tc, positions_count_characters, 0, (int)ARRAY_LEN(positions));
	tcase_add_test(tc, places_are_positions);
	tcase_add_loop_test(tc, removals_take_lines, 0, (int)ARRAY_LEN(removals));
	tcase_add_test(tc, edits_are_certain_or_guessed);
	tcase_add_test(tc, text_has_line_and_carets);
	tcase_add_test(tc, text_keeps_to_the_line);
	tcase_add_test(tc, terminal_never_sees_control_characters);
	tcase_add_test(tc, long_lines_are_cut);
	tcase_add_test(tc, json_is_escaped);
	tcase_add_test(tc, nothing_found_renders);
	tcase_add_loop_test(tc, suggestions_are_near, 0, (int)ARRAY_LEN(suggestions));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

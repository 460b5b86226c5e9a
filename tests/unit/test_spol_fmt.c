/*
 * src/spol's formatter: what texts become, and for every policy of the tree that what it promises holds.
 */
#include "tests/unit/fmt_support.h"

#include "base/fdio.h"

#include <check.h>
#include <glob.h>

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* out NULL: the text is canonical. */
static const struct row {
	const char *what, *in, *out;
} rows[] = {
	{ "nothing", "", NULL },
	{ "blank lines only", "\n \n\t\r\n", "" },
	{ "comment only", "\n\n# a  \n\n\n  # b\n\n", "# a\n\n# b\n" },
	{ "a comment without line end", "# a", "# a\n" },
	{ "CRLF", "policy p 1;\r\n# a\r\n\r\ndefault: equal; # b \r\n", "policy p 1;\n# a\n\ndefault: equal; # b\n" },
	{ "blanks", "policy\t p\n1 ;default :equal\"x\"if fd==1;", "policy p 1;\ndefault: equal \"x\" if fd == 1;\n" },
	{ "one blank line", "policy p 1;\n\n\n\nlet A = 1;\nlet B = 2;\n\n\n",
	  "policy p 1;\n\nlet A = 1;\nlet B = 2;\n" },
	{ "extends", "extends\"a.spol\" ,\"b.spol\",;", "extends \"a.spol\", \"b.spol\",;\n" },
	{ "violation, never", "violation :continue;never replay ioctl ( TCGETS ) . argp if fd==1;never map %file . *;",
	  "violation: continue;\nnever replay ioctl(TCGETS).argp if fd == 1;\nnever map %file.*;\n" },
	/* expressions */
	{ "operators", "let A=(5+3)*2- -1&0xff|0o17/-B;", "let A = (5 + 3) * 2 - -1 & 0xff | 0o17 / -B;\n" },
	{ "parentheses", "let A=((1)+((2)*(3)));let B=-( -(1));", "let A = ((1) + ((2) * (3)));\nlet B = -(-(1));\n" },
	{ "conditions", "read{x:accept if not(a<b)and not c in{1,!-2,\"x\",S,}or recorded within 1+2 of actual;}",
	  "read { x: accept if not (a < b) and not c in { 1, !-2, \"x\", S, } or recorded within 1 + 2 of actual; "
	  "}\n" },
	{ "spelling stays", "let A=0x0F; let B=1.50%; let C=60s; set D=\"\\x41\\0\\\"\";",
	  "let A = 0x0F;\nlet B = 1.50%;\nlet C = 60s;\nset D = \"\\x41\\0\\\"\";\n" },
	{ "keywords as names", "accept{in:equal;if:map;set,map:equal;stop . else:equal;}",
	  "accept { in: equal; if: map; set, map: equal; stop.else: equal; }\n" },
	/* rules */
	{ "a block of one line stays", "read { buf: equal; ret: equal; }", "read { buf: equal; ret: equal; }\n" },
	{ "a block of several lines stays", "read {\nbuf: equal; ret: equal; }",
	  "read {\n\tbuf: equal;\n\tret: equal;\n}\n" },
	{ "a break before the end is one, too", "read { buf: equal;\n}", "read {\n\tbuf: equal;\n}\n" },
	{ "a break inside of a statement is none", "read { buf:\nequal; }\nread { ret\n: map; }",
	  "read {\n\tbuf:\n\t\tequal;\n}\nread { ret: map; }\n" },
	{ "an empty block", "read {\n\n}\nwrite{}", "read {}\nwrite {}\n" },
	{ "selectors", "override %file ,fcntl ( A| B ), signal X|Y ,instruction rdtsc | cpuid,any:ignore;",
	  "override %file, fcntl(A|B), signal X|Y, instruction rdtsc|cpuid, any: ignore;\n" },
	{ "fields", "read{override*:equal;fds [ ] . revents , buf . addr,:map;}",
	  "read { override *: equal; fds[].revents, buf.addr,: map; }\n" },
	{ "a break before else stays", "read { buf: map if a == 1\nelse replay if b == 1 else\nequal; }",
	  "read {\n\tbuf: map if a == 1\n\t     else replay if b == 1 else equal;\n}\n" },
	{ "arms that do not fit",
	  "read { buf: map if " A40 " == 1 else replay if " A40 " == 1 else equal if " A40 " == 2; }",
	  "read {\n\tbuf: map if " A40 " == 1\n\t     else replay if " A40 " == 1\n"
	  "\t     else equal if " A40 " == 2;\n}\n" },
	{ "arms that do not fit, short ones",
	  "read { buf: map if " A40 " == 1 else replay if " A40 A40 " == 1 else stop if c == 1 else equal; }",
	  "read {\n\tbuf: map if " A40 " == 1\n\t     else replay if " A40 A40 " == 1\n"
	  "\t     else stop if c == 1\n\t     else equal;\n}\n" },
	{ "a break behind the colon stays", "read { a, b:\naccept if c == 1\nelse stop; }",
	  "read {\n\ta, b:\n\t\taccept if c == 1\n\t\telse stop;\n}\n" },
	{ "verbs too far to the right", "read { " A40 ", " A40 ": accept if fd.path in SOMETHING else stop; }",
	  "read {\n\t" A40 ", " A40 ":\n\t\taccept if fd.path in SOMETHING else stop;\n}\n" },
	{ "a long condition",
	  "read { buf: map if " A40 " == 1 and " A40 " == 1 and " A40 " == 1\nand c == 1 else stop; }",
	  "read {\n\tbuf: map if " A40 " == 1 and " A40 " == 1\n\t            and " A40 " == 1\n"
	  "\t            and c == 1\n\t     else stop;\n}\n" },
	{ "an operand that is broken",
	  "read { buf: map if " A40 " == 1 and " A40 " == 1 and " A40 " == 1 or b == 1 or c == 1; }",
	  "read {\n\tbuf: map if " A40 " == 1 and " A40 " == 1\n\t            and " A40 " == 1\n"
	  "\t            or b == 1 or c == 1;\n}\n" },
	{ "a long message", "read { buf: map within 5s \"" A40 A40 "\" if " A40 " == 1; }",
	  "read {\n\tbuf: map within 5s \"" A40 A40 "\"\n\t             if " A40 " == 1;\n}\n" },
	/* lists */
	{ "= in one column", "let A = 1;\n# c\nset BCD = 1;\n\nlet EF = 2;\nlet " A40 " = 3;",
	  "let A   = 1;\n# c\nset BCD = 1;\n\nlet EF = 2;\nlet " A40 " = 3;\n" },
	{ "a long set", "set S = \"" A40 "\", \"" A40 "\", \"" A40 "\";",
	  "set S = \"" A40 "\", \"" A40 "\",\n        \"" A40 "\";\n" },
	{ "a broken set", "set S = 1,\n  2, 3,\n\n4\n;", "set S = 1,\n        2, 3,\n\n        4;\n" },
	{ "a hanging set", "set S =\n1, 2,\n3,\n;\nset LONGER = 4;", "set S =\n\t1, 2,\n\t3,\n;\nset LONGER = 4;\n" },
	/* tests */
	{ "a test", "test\"t\"{ioctl ( A )( fd:1,x . y:-1->5 ,);getpid ( ) ;signal X(a:1);expect stop;expect * same;}",
	  "test \"t\" { ioctl(A)(fd: 1, x.y: -1 -> 5,); getpid(); signal X(a: 1); expect stop; expect * same; }\n" },
	{ "an event of several lines",
	  "test \"t\" {\nwrite(fd: 1,\nbuf: \"a\"->\"b\", # c\nret: 6); expect buf stop; }",
	  "test \"t\" {\n\twrite(fd: 1,\n\t      buf: \"a\" -> \"b\", # c\n\t      ret: 6);\n\texpect buf stop;\n}\n" },
	/* comments */
	{ "comments in one column", "any a: map;# 1\nany b: map;\nany long: map; # 2\n\nany c: map;    # 3",
	  "any a: map;    # 1\nany b: map;\nany long: map; # 2\n\nany c: map; # 3\n" },
	{ "a long line takes no part", "any a: map;  # 1\nany b: map if " A40 " == 1; # 2",
	  "any a: map; # 1\nany b: map if " A40 " == 1; # 2\n" },
	{ "comments in a block", "read { # 1\n\n# 2\nbuf: equal; # 3\n# 4\n\n# 5\n\n} # 6\n# 7",
	  "read { # 1\n\t# 2\n\tbuf: equal; # 3\n\t# 4\n\n\t# 5\n} # 6\n# 7\n" },
	{ "comments in an empty block", "read { # 1\n}\nread {\n# 2\n}", "read { # 1\n}\nread {\n\t# 2\n}\n" },
	{ "comments between arms", "read { buf: map if a == 1 # 1\n# 2\nelse # 3\nequal # 4\n; }",
	  "read {\n\tbuf: map if a == 1 # 1\n\t     # 2\n\t     else          # 3\n\t             equal # "
	  "4\n\t\t;\n}\n" },
	{ "comments in a set", "set S = # 0\n\"a\", # 1\n  # 2\n\n  \"bcd\" # 3\n; # 4",
	  "set S = # 0\n\t\"a\", # 1\n\t# 2\n\n\t\"bcd\" # 3\n\t;     # 4\n" },
	{ "comments everywhere", "policy # 1\np # 2\n1 # 3\n;let # 4\nA # 5\n= # 6\n( # 7\n1 # 8\n) # 9\n;",
	  "policy # 1\n\tp # 2\n\t1 # 3\n\t;\nlet # 4\n\tA # 5\n\t= # 6\n\t( # 7\n\t1 # 8\n\t) # 9\n\t;\n" },
	/* allowances */
	{ "behind: the line stays as it is",
	  "let A = 1; let B\n= 2; read { buf: equal; # spolc:allow W1001 x\nret: map; }",
	  "let A = 1;\nlet B\n\t= 2; read { buf: equal; # spolc:allow W1001 x\n\tret: map;\n}\n" },
	{ "before: the statement may change", "# spolc:allow W1004 x\nlet A\n=1;\nlet B=2;",
	  "# spolc:allow W1004 x\nlet A = 1;\nlet B = 2;\n" },
	{ "before: the line stays as it is", "# spolc:allow W1004 x\nlet A=1; let B=2;\nlet C=3;",
	  "# spolc:allow W1004 x\nlet A = 1; let B = 2;\nlet C = 3;\n" },
	{ "before an arm", "read { buf: map\n# spolc:allow W1001 x\nelse replay if\nc == 1 else equal; }",
	  "read {\n\tbuf: map\n\t     # spolc:allow W1001 x\n\t     else replay if c == 1\n\t     else equal;\n}\n" },
};

static void expect_text(const char *what, const struct buf *got, const char *wanted)
{
	struct buf copy = *got;

	ck_assert_msg(strcmp(buf_cstr(&copy), wanted) == 0, "%s:\n--- got\n%s--- wanted\n%s", what, buf_cstr(&copy),
		      wanted);
}

START_TEST(layout)
{
	const struct row *r = &rows[_i];
	CLEANUP(buf_free) struct buf out = { 0 };
	const char *fault;

	ck_assert_msg(fmt_text(r->in, strlen(r->in), &out), "%s: does not parse", r->what);
	fault = fmt_layout_fault(r->in, strlen(r->in), &out);
	ck_assert_msg(!fault, "%s: %s", r->what, fault);
	expect_text(r->what, &out, r->out ? r->out : r->in);
}
END_TEST

static const char *const refused[] = {
	"policy p 1",
	"read { buf equal; }",
	"\xef\xbb\xbfpolicy p 1;",
	"let A = 09;",
	"a\fb",
	"\"",
	"}",
	"read {",
	"let A = 1 && 2;",
	";",
	"set S = 'x';",
	"# \xff\n",
};

START_TEST(refusal)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	buf_str(&out, "before");
	ck_assert_msg(!fmt_text(refused[_i], strlen(refused[_i]), &out), "%s", refused[_i]);
	ck_assert_str_eq(buf_cstr(&out), "before");
}
END_TEST

/* Deep, long and many: it ends, and what it promises holds. */
START_TEST(large)
{
	CLEANUP(buf_free) struct buf in = { 0 }, out = { 0 };
	const char *fault;

	buf_str(&in, "read { buf: map if ");
	for (int i = 0; i < 190; i++)
		buf_str(&in, "(a == 1 and (");
	in.len -= strlen("(a == 1 and (") * 95;
	buf_str(&in, "b == 1");
	for (int i = 0; i < 190; i++)
		buf_str(&in, ")");
	buf_str(&in, "; }\nset S = 0");
	for (int i = 0; i < 20000; i++)
		buf_printf(&in, ",%d%s", i, i % 1000 ? "" : " # c\n");
	buf_str(&in, ";\nset T = \"");
	for (int i = 0; i < 100000; i++)
		buf_byte(&in, 'x');
	buf_str(&in, "\";\nlet L = 1");
	for (int i = 0; i < 400; i++)
		buf_str(&in, " + 1");
	buf_str(&in, ";\n");
	for (int i = 0; i < 5000; i++)
		buf_str(&in, "read{buf:map if a==1 else equal;}");
	ck_assert(fmt_text(buf_cstr(&in), in.len, &out));
	fault = fmt_layout_fault(buf_cstr(&in), in.len, &out);
	ck_assert_msg(!fault, "%s", fault);
}
END_TEST

static const char *top(void)
{
	const char *dir = getenv("top_srcdir");

	return dir ? dir : ".";
}

static void check_text(const struct abi_schema *schema, const char *const *search, const char *path, const char *text,
		       size_t len, const struct buf *formatted)
{
	struct buf once = *formatted;
	const char *fault = fmt_layout_fault(text, len, &once);

	if (!fault)
		fault = fmt_meaning_fault(schema, search, path, text, len, buf_cstr(&once), once.len);
	ck_assert_msg(!fault, "%s: %s\n%s", path, fault, text);
}

/* false: there is nothing that could be formatted. */
static bool check_file(const struct abi_schema *schema, const char *const *search, const char *path, unsigned layouts)
{
	CLEANUP(buf_free) struct buf in = { 0 }, out = { 0 };
	struct err err = { 0 };

	/* not all golden files are readable files */
	if (file_read(path, SPOL_FILE_MAX, &in, &err) != 0 || !fmt_text(buf_cstr(&in), in.len, &out))
		return false;
	check_text(schema, search, path, buf_cstr(&in), in.len, &out);
	for (unsigned i = 0; i < layouts; i++) {
		struct buf other = { 0 };

		fmt_shuffle(buf_cstr(&in), in.len, i, &other);
		buf_clear(&out);
		ck_assert_msg(fmt_text(buf_cstr(&other), other.len, &out), "%s: layout %u does not parse", path, i);
		check_text(schema, search, path, buf_cstr(&other), other.len, &out);
		buf_free(&other);
	}
	return true;
}

/*
 * Every policy and golden file that parses, as it is and with other layouts: the findings and the program stay.
 */
static void check_files(const char *pattern, unsigned least, unsigned layouts)
{
	const char *search[] = { NULL, NULL };
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	unsigned done = 0;
	glob_t files;

	search[0] = arena_printf(arena, "%s/policies", top());
	ck_assert_int_eq(glob(arena_printf(arena, "%s/%s", top(), pattern), 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		done += check_file(schema, search, files.gl_pathv[i], layouts);
	ck_assert_uint_ge(done, least);
	globfree(&files);
	arena_free(arena);
	abi_schema_free(schema);
}

START_TEST(policies)
{
	check_files("policies/*.spol", 9, 10);
	check_files("examples/*/*.spol", 1, 10);
	check_files("tests/fuzz/corpus/fmt/*", 4, 50);
}
END_TEST

START_TEST(golden)
{
	check_files("tests/golden/*/*.spol", 30, 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spol fmt");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, layout, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, refusal, 0, ARRAY_LEN(refused));
	tcase_add_test(t, large);
	tcase_add_test(t, policies);
	tcase_add_test(t, golden);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

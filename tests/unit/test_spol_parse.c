/*
 * src/spol's parser: what trees texts give, what is found in bad texts, and how large and deep texts end.  The golden
 * files in tests/golden/syntax say more about single mistakes.
 */
#include "base/check.h"
#include "spol/parse.h"
#include "spol/scan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void dump_expr(struct buf *b, const struct expr *e);

static void dump_members(struct buf *b, const struct set_member *m)
{
	for (; m; m = m->next) {
		buf_str(b, m->excluded ? " !" : " ");
		dump_expr(b, m->value);
	}
}

static const char *const operators[] = {
	[EXPR_NOT] = "not",   [EXPR_AND] = "and",       [EXPR_OR] = "or",   [EXPR_EQ] = "==",   [EXPR_NE] = "!=",
	[EXPR_LT] = "<",      [EXPR_LE] = "<=",         [EXPR_GT] = ">",    [EXPR_GE] = ">=",   [EXPR_IN] = "in",
	[EXPR_SET] = "set",   [EXPR_WITHIN] = "within", [EXPR_ADD] = "+",   [EXPR_SUB] = "-",   [EXPR_MUL] = "*",
	[EXPR_DIV] = "/",     [EXPR_BITAND] = "&",      [EXPR_BITOR] = "|", [EXPR_NEG] = "neg", [EXPR_ERROR] = "error",
	[EXPR_NUMBER] = NULL, [EXPR_STRING] = NULL,     [EXPR_NAME] = NULL,
};
static const char *const unit_names[] = { "", "ns", "us", "ms", "s", "min", "h", "B", "KiB", "MiB", "GiB", "%" };

static void dump_expr(struct buf *b, const struct expr *e)
{
	const struct expr *child[] = { e->a, e->tol, e->b };
	char number[NUM_TEXT_MAX];

	if (e->kind == EXPR_NUMBER) {
		buf_printf(b, "%s%s", num_text(e->num, number), unit_names[e->unit]);
	} else if (e->kind == EXPR_STRING) {
		buf_byte(b, '"');
		buf_add(b, e->text.s, e->text.len);
		buf_byte(b, '"');
	} else if (e->kind == EXPR_NAME) {
		buf_str(b, e->text.s);
	} else {
		buf_printf(b, "(%s", operators[e->kind]);
		for (size_t i = 0; i < ARRAY_LEN(child); i++) {
			if (!child[i])
				continue;
			buf_byte(b, ' ');
			dump_expr(b, child[i]);
		}
		dump_members(b, e->members);
		buf_byte(b, ')');
	}
}

static void dump_arms(struct buf *b, const struct arm *a)
{
	for (; a; a = a->next) {
		buf_printf(b, " %s", a->is_disposition ? vm_disposition_name(a->disposition) : vm_verb_name(a->verb));
		if (a->within) {
			buf_str(b, " within ");
			dump_expr(b, a->within);
		}
		if (a->message.s)
			buf_printf(b, " \"%s\"", a->message.s);
		if (a->condition) {
			buf_str(b, " if ");
			dump_expr(b, a->condition);
		}
		buf_str(b, a->next ? " else" : "");
	}
}

static void dump_selectors(struct buf *b, const struct selector *s)
{
	static const char *const kinds[] = {
		[SEL_CALL] = "",    [SEL_CLASS] = "%",  [SEL_SIGNAL] = "signal:", [SEL_INSTRUCTION] = "instruction:",
		[SEL_NUMBER] = "#", [SEL_ANY] = "any:", [SEL_DEFAULT] = "=",
	};

	for (; s; s = s->next) {
		buf_printf(b, " %s%s", kinds[s->kind], s->name.s);
		for (const struct text_list *v = s->variants; v; v = v->next)
			buf_printf(b, "%s%s%s", v == s->variants ? "(" : "|", v->text.s, v->next ? "" : ")");
	}
}

static void dump_rules(struct buf *b, const struct rule *r)
{
	for (; r; r = r->next) {
		buf_str(b, r->override ? " [override" : " [");
		for (const struct field_ref *f = r->fields; f; f = f->next)
			buf_printf(b, " %s", f->path.s);
		buf_str(b, " :");
		dump_arms(b, r->arms);
		buf_byte(b, ']');
	}
}

static void dump_steps(struct buf *b, const struct test_step *s)
{
	for (; s; s = s->next) {
		if (s->is_expect) {
			buf_printf(b, " [expect '%s' %s]", s->field.s, s->outcome.s);
			continue;
		}
		buf_str(b, " [");
		dump_selectors(b, s->call);
		for (const struct test_value *v = s->values; v; v = v->next) {
			buf_printf(b, " %s=", v->path.s);
			dump_expr(b, v->recorded);
			if (v->actual) {
				buf_str(b, "->");
				dump_expr(b, v->actual);
			}
		}
		buf_byte(b, ']');
	}
}

static void dump_item(struct buf *b, const struct item *i)
{
	static const char *const kinds[] = {
		[ITEM_ERROR] = "error",     [ITEM_POLICY] = "policy",
		[ITEM_EXTENDS] = "extends", [ITEM_LET] = "let",
		[ITEM_SET] = "set",         [ITEM_RULES] = "rules",
		[ITEM_NEVER] = "never",     [ITEM_VIOLATION] = "violation",
		[ITEM_TEST] = "test",
	};
	char number[NUM_TEXT_MAX];

	buf_printf(b, "(%s%s", i->override ? "override " : "", kinds[i->kind]);
	if (i->name.s)
		buf_printf(b, " %s", i->name.s);
	if (i->kind == ITEM_POLICY)
		buf_printf(b, " %s", num_text(i->version, number));
	if (i->kind == ITEM_VIOLATION)
		buf_str(b, i->continues ? " continue" : " stop");
	for (const struct text_list *n = i->names; n; n = n->next)
		buf_printf(b, " \"%s\"", n->text.s);
	if (i->value) {
		buf_byte(b, ' ');
		dump_expr(b, i->value);
	}
	dump_members(b, i->members);
	if (i->kind == ITEM_NEVER)
		buf_printf(b, " %s", vm_verb_name(i->verb));
	dump_selectors(b, i->selectors);
	if (i->kind == ITEM_NEVER)
		buf_printf(b, " .%s", i->fields->path.s);
	if (i->condition) {
		buf_str(b, " if ");
		dump_expr(b, i->condition);
	}
	dump_rules(b, i->rules);
	dump_steps(b, i->steps);
	buf_byte(b, ')');
}

/* One parse: the tree and the findings as text. */
struct result {
	struct arena *arena;
	struct diags *diags;
	struct file_ast *ast;
	struct buf tree, codes;
};

static struct result parse(const char *text, size_t len)
{
	struct result r = { .arena = arena_new(), .diags = diags_new() };

	r.ast = spol_parse(r.diags, diags_source(r.diags, "t.spol", text, (uint32_t)len), r.arena);
	for (const struct item *i = r.ast->items; i; i = i->next) {
		dump_item(&r.tree, i);
		buf_str(&r.tree, i->next ? " " : "");
	}
	for (unsigned i = 0; i < diags_count(r.diags); i++)
		buf_printf(&r.codes, "%s%s@%u", i ? " " : "", diags_get(r.diags, i)->code,
			   diags_get(r.diags, i)->at.start);
	return r;
}

static void result_free(struct result *r)
{
	arena_free(r->arena);
	diags_free(r->diags);
	buf_free(&r->tree);
	buf_free(&r->codes);
}

/* Texts without mistakes. */
static const struct {
	const char *text, *tree;
} trees[] = {
	{ "", "" },
	{ "# nothing but a comment", "" },
	{ "policy cat 1;", "(policy cat 1)" },
	{ "policy policy 0x10;", "(policy policy 16)" },
	{ "extends \"a\", \"b\",;", "(extends \"a\" \"b\")" },
	{ "violation: stop; violation: continue;", "(violation stop) (violation continue)" },
	/* numbers and units */
	{ "let A = 5s;", "(let A 5000000000s)" },
	{ "let A = 3min;", "(let A 180000000000min)" },
	{ "let A = 2h;", "(let A 7200000000000h)" },
	{ "let A = 7us + 8ms + 9ns;", "(let A (+ (+ 7000us 8000000ms) 9ns))" },
	{ "let A = 64KiB | 1MiB | 2GiB | 3B;", "(let A (| (| (| 65536KiB 1048576MiB) 2147483648GiB) 3B))" },
	{ "let A = 10% ;", "(let A 10000%)" },
	{ "let A = 0.125%;", "(let A 125%)" },
	{ "let A = 0;", "(let A 0)" },
	{ "let A = 0o777 & 0xFFffffffffffffff;", "(let A (& 511 18446744073709551615))" },
	/* precedence: or < and < not < comparison < | < & < + - < * / < unary */
	{ "let A = a or b and not c == d | e & f + g * -h;",
	  "(let A (or a (and b (not (== c (| d (& e (+ f (* g (neg h)))))))))"
	  ")" },
	{ "let A = a - b - c / d / e;", "(let A (- (- a b) (/ (/ c d) e)))" },
	{ "let A = flags & X == 0;", "(let A (== (& flags X) 0))" },
	{ "let A = (a or b) and c;", "(let A (and (or a b) c))" },
	{ "let A = not not a;", "(let A (not (not a)))" },
	{ "let A = x within 5s of y + z;", "(let A (within x 5000000000s (+ y z)))" },
	{ "let A = fd.path in VIRTUAL or fd in {1, -2, !3, \"x\",};",
	  "(let A (or (in fd.path VIRTUAL) (in fd (set 1 (neg 2) !3 \"x\"))))" },
	{ "let A = a [ ] . b;", "(let A a[].b)" },
	{ "let A = \"a\\n\\t\\r\\\\\\\"\\x41\";", "(let A \"a\n\t\r\\\"A\")" },
	{ "set S = \"/proc/**\", !\"/x\", 5, -3, OTHER,;", "(set S \"/proc/**\" !\"/x\" 5 (neg 3) OTHER)" },
	/* rules */
	{ "default: equal \"m\";", "(rules =default [ : equal \"m\"])" },
	{ "any ptr: map;", "(rules any:ptr [ : map])" },
	{ "override any ptr: accept;", "(override rules any:ptr [ : accept])" },
	{ "madvise, mmap,: ignore;", "(rules madvise mmap [ : ignore])" },
	{ "syscall_333: ignore; syscall_x: ignore;", "(rules #syscall_333 [ : ignore]) (rules syscall_x [ : ignore])" },
	{ "%network, %file: emulate if addr.family != AF_UNIX else execute;",
	  "(rules %network %file [ : emulate if (!= addr.family AF_UNIX) else execute])" },
	{ "fcntl(F_GETLK|F_SETLK) { lock.l_type: equal; }", "(rules fcntl(F_GETLK|F_SETLK) [ lock.l_type : equal])" },
	{ "signal SIGCHLD|SIGALRM { si_pid: map; }", "(rules signal:SIGCHLD signal:SIGALRM [ si_pid : map])" },
	{ "instruction rdtsc|cpuid: replay;", "(rules instruction:rdtsc instruction:cpuid [ : replay])" },
	{ "read {}", "(rules read)" },
	{ "read { buf, ret,: replay if fd.path in V else equal; override *: accept within 10% \"m\" if x else stop; }",
	  "(rules read [ buf ret : replay if (in fd.path V) else equal] "
	  "[override * : accept within 10000% \"m\" if x else stop])" },
	{ "poll { fds[].revents: map; } recvmsg { msg.iov[].data, buf.addr: equal; }",
	  "(rules poll [ fds[].revents : map]) (rules recvmsg [ msg.iov[].data buf.addr : equal])" },
	{ "never replay write.buf; never accept %network.* if fd == 1; never map ioctl(TCGETS).argp.c_cc;",
	  "(never replay write .buf) (never accept %network .* if (== fd 1)) (never map ioctl(TCGETS) .argp.c_cc)" },
	/* keywords are names wherever a name can stand */
	{ "accept { flags: equal; }", "(rules accept [ flags : equal])" },
	{ "accept, set, let, test, never: ignore;", "(rules accept set let test never [ : ignore])" },
	{ "signal: ignore; signal { x: map; }", "(rules signal [ : ignore]) (rules signal [ x : map])" },
	{ "in { of: equal; } override if: ignore;", "(rules in [ of : equal]) (override rules if [ : ignore])" },
	{ "any: ignore; any any: map;", "(rules any [ : ignore]) (rules any:any [ : map])" },
	{ "f { set, map, list, fd, ret, stop, signal, in, if, else, and, or, not, within, default: equal; any: map; "
	  "override: map; }",
	  "(rules f [ set map list fd ret stop signal in if else and or not within default : equal] [ any : map] "
	  "[ override : map])" },
	{ "f { override override, : equal; if: map; }", "(rules f [override override : equal] [ if : map])" },
	{ "f { x: equal if in == 5 and not in in S and a.not == in or if < else; }",
	  "(rules f [ x : equal if (or (and (and (== in 5) (not (in in S))) (== a.not in)) (< if else))])" },
	{ "f { x: accept if accept == 1 else stop if stop; }",
	  "(rules f [ x : accept if (== accept 1) else stop if stop])" },
	{ "let of = within; set or = and;", "(let of within) (set or and)" },
	/* tests */
	{ "test \"t\" { write(fd: 1, buf: \"a\" -> \"b\",); ioctl(TCGETS)(argp.c_lflag: -1); getpid(); signal "
	  "SIGCHLD(si_pid: 4); }",
	  "(test t [ write fd=1 buf=\"a\"->\"b\"] [ ioctl(TCGETS) argp.c_lflag=(neg 1)] [ getpid] [ signal:SIGCHLD "
	  "si_pid=4])" },
	{ "test \"t\" { expect buf stop; expect stop; expect * same; expect a.b[].c map; expect(fd: 1); }",
	  "(test t [expect 'buf' stop] [expect '' stop] [expect '*' same] [expect 'a.b[].c' map] [ expect fd=1])" },
	{ "policy\r\ng # c\r\n1;\r\n", "(policy g 1)" },
};

START_TEST(good_texts_give_their_trees)
{
	struct result r = parse(trees[_i].text, strlen(trees[_i].text));

	ck_assert_msg(diags_count(r.diags) == 0, "row %d (%s): %s", _i, trees[_i].text, buf_cstr(&r.codes));
	ck_assert_msg(strcmp(buf_cstr(&r.tree), trees[_i].tree) == 0, "row %d: %s", _i, buf_cstr(&r.tree));
	result_free(&r);
}
END_TEST

/* Texts with mistakes: what is found (code@byte), and what is left of the tree. */
static const struct {
	const char *text, *codes, *tree;
} mistakes[] = {
	{ "let A = 5", "E0013@9", "(let A 5)" },
	{ "let A = 5 + 6\nlet B = A", "E0013@13 E0013@23", "(let A (+ 5 6)) (let B A)" },
	{ "read { buf: equal }", "E0013@17", "(rules read [ buf : equal])" },
	{ "read { buf: equal if fd == 1 and x\n ret: map; }", "E0013@34",
	  "(rules read [ buf : equal if (and (== fd 1) x)] [ ret : map])" },
	{ "read { buf: equal;", "E0015@5", "(rules read [ buf : equal])" },
	{ "read {\n buf: equal;\nwrite { buf: map; }", "E0015@5",
	  "(rules read [ buf : equal]) (rules write [ buf : map])" },
	{ "read {\n buf: equal;\n write { buf: map; }\n}\nany pid: map;", "E0015@5",
	  "(rules read [ buf : equal]) (rules write [ buf : map]) (rules any:pid [ : map])" },
	{ "read { buf: equal if; ret: map; }", "E0014@20", "(rules read [ ret : map])" },
	{ "read { buf: equal if fd in {1 2}; ret: map; }", "E0014@30", "(rules read [ ret : map])" },
	{ "read { buf: equal if fd in {1, 2; ret: map; }", "E0014@32", "(rules read [ ret : map])" },
	{ "read, 5 { buf: map; }", "E0014@6", "(error [ buf : map])" },
	{ "let A = ; let B = 5;", "E0014@8", "(let A (error)) (let B 5)" },
	{ "set S = , \"x\"; any pid: map;", "E0014@8", "(set S (error)) (rules any:pid [ : map])" },
	{ "let A = 09 + 1;", "E0008@8", "(let A (+ (error) 1))" },
	{ "let A = b = c;", "E0018@10", "(let A (== b c))" },
	{ "let A = b < c < d;", "E0020@14", "(let A (error))" },
	{ "any ptr: alow if x;", "E0021@9", "(error any:ptr)" },
	{ "read { buf: ignore; }", "E0029@12", "(rules read)" },
	{ "}; any pid: map; }", "E0016@0 E0017@1 E0016@17", "(error) (rules any:pid [ : map])" },
	{ "test \"t\" { expect same\n expect buf stop; }", "E0013@22",
	  "(test t [expect '' same] [expect 'buf' stop])" },
	{ "\xef\xbb\xbfpolicy g 1;", "E0003@0", "(policy g 1)" },
	{ "policy g 1; # \xff", "E0002@14", "(policy g 1)" },
	{ "@", "E0004@0", "(error)" },
	{ "never write.buf; any pid: map;", "E0014@6", "(error) (rules any:pid [ : map])" },
};

START_TEST(mistakes_are_found_once)
{
	struct result r = parse(mistakes[_i].text, strlen(mistakes[_i].text));
	ck_assert_msg(strcmp(buf_cstr(&r.codes), mistakes[_i].codes) == 0, "row %d (%s): %s", _i, mistakes[_i].text,
		      buf_cstr(&r.codes));
	ck_assert_msg(strcmp(buf_cstr(&r.tree), mistakes[_i].tree) == 0, "row %d (%s): %s", _i, mistakes[_i].text,
		      buf_cstr(&r.tree));
	result_free(&r);
}
END_TEST

START_TEST(nul_bytes_end_everything)
{
	static const char text[] = "policy g 1;\0 let A = 5;";
	struct result r = parse(text, sizeof(text) - 1);

	ck_assert_str_eq(buf_cstr(&r.codes), "E0001@11");
	ck_assert_ptr_null(r.ast->items);
	result_free(&r);
}
END_TEST

START_TEST(strings_hold_any_byte)
{
	static const char text[] = "let A = \"a\\0b\\xff\\x00\";";
	struct result r = parse(text, strlen(text));
	const struct text *t = &r.ast->items->value->text;

	ck_assert_uint_eq(diags_count(r.diags), 0);
	ck_assert_uint_eq(t->len, 5);
	ck_assert_mem_eq(t->s, "a\0b\xff\0", 6);
	result_free(&r);
}
END_TEST

START_TEST(comments_are_kept)
{
	static const char text[] = "# one\r\nlet A = 5; # two\n\n#three";
	struct result r = parse(text, strlen(text));
	const struct comment *c = r.ast->comments;

	ck_assert_uint_eq(c->at.start, 0);
	ck_assert_uint_eq(c->at.end, 5);
	ck_assert(c->own_line);
	c = c->next;
	ck_assert_uint_eq(c->at.start, 18);
	ck_assert(!c->own_line);
	c = c->next;
	ck_assert_uint_eq(c->at.end, strlen(text));
	ck_assert(c->own_line);
	ck_assert_ptr_null(c->next);
	result_free(&r);
}
END_TEST

START_TEST(places_are_those_of_the_text)
{
	static const char text[] = "let A = 5;\noverride read { buf : equal \"m\" if fd == (1) ; }";
	struct result r = parse(text, strlen(text));
	const struct item *i = r.ast->items->next;
	const struct arm *a = i->rules->arms;

	ck_assert_uint_eq(i->at.start, 11);
	ck_assert_uint_eq(i->at.end, strlen(text));
	ck_assert_uint_eq(i->body.start, 25);
	ck_assert_uint_eq(i->body.end, strlen(text));
	ck_assert_uint_eq(i->selectors->at.start, 20);
	ck_assert_uint_eq(i->rules->at.start, 27);
	ck_assert_uint_eq(i->rules->fields->path.at.end, 30);
	ck_assert_uint_eq(a->at.start, 33);
	ck_assert_uint_eq(a->at.end, 55);
	ck_assert_uint_eq(a->message.at.start, 39);
	ck_assert_uint_eq(a->condition->at.start, 46);
	ck_assert_uint_eq(a->condition->op.start, 49);
	ck_assert_uint_eq(a->condition->b->at.start, 52);
	ck_assert(a->condition->b->parenthesised);
	result_free(&r);
}
END_TEST

/* n times piece, between before and after */
static struct result parse_repeated(const char *before, const char *piece, size_t n, const char *after)
{
	struct buf text = { 0 };
	struct result r;

	buf_str(&text, before);
	for (size_t i = 0; i < n; i++)
		buf_str(&text, piece);
	buf_str(&text, after);
	r = parse((const char *)text.data, text.len);
	buf_free(&text);
	return r;
}

/* before + count * piece + after: one finding of this code, or none */
static const struct {
	const char *before, *piece;
	size_t count;
	const char *after, *code;
} sizes[] = {
	{ "let A = ", "(", 200, "", "E0014" },
	{ "let A = ", "(", 201, "1;", "E0022" },
	{ "let A = ", "(", 100000, ";", "E0022" },
	{ "let A = ", "not ", 499, "x;", NULL },
	{ "let A = ", "not ", 500, "x;", "E0022" },
	{ "let A = ", "not ", 100000, "x;", "E0022" },
	{ "let A = ", "- ", 100000, "1;", "E0022" },
	{ "let A = 1", "+1", 499, ";", NULL },
	{ "let A = 1", "+1", 500, ";", "E0022" },
	{ "let A = 1", "+1", 900, ";", "E0022" },
	{ "set S = 1", ",1", 100000, ";", NULL },
	{ "let A = x", ".y", 499, ";", NULL },
	{ "let A = x", ".y", 500, ";", "E0035" },
	{ "let A = x", "[]", 400000, ";", "E0035" },
	{ "read { buf: equal if a", " else equal if a", 20000, "; }", NULL },
	{ "", ";", SPOL_TOKENS_MAX, "", "E0023" },
};

START_TEST(size_has_its_limits)
{
	struct result r = parse_repeated(sizes[_i].before, sizes[_i].piece, sizes[_i].count, sizes[_i].after);

	if (sizes[_i].code)
		ck_assert_msg(diags_count(r.diags) == 1 && strcmp(diags_get(r.diags, 0)->code, sizes[_i].code) == 0,
			      "row %d: %.200s", _i, buf_cstr(&r.codes));
	else
		ck_assert_msg(diags_count(r.diags) == 0, "row %d: %.200s", _i, buf_cstr(&r.codes));
	result_free(&r);
}
END_TEST

START_TEST(parentheses_up_to_the_limit_are_fine)
{
	struct buf text = { 0 };
	struct result r;

	buf_str(&text, "let A = ");
	for (int i = 0; i < 200; i++)
		buf_byte(&text, '(');
	buf_byte(&text, '1');
	for (int i = 0; i < 200; i++)
		buf_byte(&text, ')');
	buf_byte(&text, ';');
	r = parse((const char *)text.data, text.len);
	ck_assert_str_eq(buf_cstr(&r.codes), "");
	ck_assert_str_eq(buf_cstr(&r.tree), "(let A 1)");
	result_free(&r);
	buf_free(&text);
}
END_TEST

START_TEST(findings_are_bounded)
{
	struct result r = parse_repeated("", "@ ;", 100000, "");

	ck_assert_uint_eq(diags_count(r.diags), 10000);
	result_free(&r);
}
END_TEST

/* A name at each line's start makes recovery look ahead: never to the end of the file. */
START_TEST(looking_ahead_is_bounded)
{
	struct result r = parse_repeated("let = ", "x.\n", 300000, ";");

	ck_assert_uint_eq(diags_count(r.diags), 1);
	result_free(&r);
	r = parse_repeated("read { , ", "x,\n", 300000, ";");
	ck_assert_uint_eq(diags_count(r.diags), 2);
	result_free(&r);
}
END_TEST

/* Each missing mark parses its item once more: there is a limit, and no mistake gets lost beyond it. */
START_TEST(many_missing_semicolons_end)
{
	struct result r = parse_repeated("read {\n", "buf: equal\n", 3000, "}\nany pid: map;\n");

	ck_assert_uint_ge(diags_errors(r.diags), 250);
	ck_assert_ptr_nonnull(strstr(buf_cstr(&r.tree), "any:pid"));
	result_free(&r);
}
END_TEST

/* Every prefix of a text, and the text with each token left out: parsing ends, and an error item never comes in
 * silence. */
START_TEST(damaged_texts_never_pass_in_silence)
{
	static const char text[] =
		"policy g 1;\nlet A = (5s + 1) * 2;\nset S = \"a\", !\"b\";\nioctl(TCGETS|X) {\n"
		"a.b[], c: accept within A \"m\" if not x in S and (y == 1 or z within 5 of w)\n else stop;\n}\n"
		"test \"t\" { f(a: 1 -> 2); expect a stop; }\nnever replay %file.* if a in {1, 2};\n";

	for (size_t i = 0; i < strlen(text); i++) {
		char damaged[sizeof(text)];
		struct result r = parse(text, i);

		ck_assert_msg(diags_errors(r.diags) > 0 || !strstr(buf_cstr(&r.tree), "error"), "prefix %zu", i);
		result_free(&r);
		memcpy(damaged, text, sizeof(text));
		damaged[i] = ' ';
		r = parse(damaged, strlen(text));
		ck_assert_msg(diags_errors(r.diags) > 0 || !strstr(buf_cstr(&r.tree), "error"), "without %zu", i);
		if (strchr("()=[]|{};:", text[i]))
			ck_assert_msg(diags_errors(r.diags) > 0, "without %zu", i);
		ck_assert_msg(diags_errors(r.diags) <= 3, "without %zu: %s", i, buf_cstr(&r.codes));
		result_free(&r);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol_parse");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, good_texts_give_their_trees, 0, (int)ARRAY_LEN(trees));
	tcase_add_loop_test(tc, mistakes_are_found_once, 0, (int)ARRAY_LEN(mistakes));
	tcase_add_test(tc, nul_bytes_end_everything);
	tcase_add_test(tc, strings_hold_any_byte);
	tcase_add_test(tc, comments_are_kept);
	tcase_add_test(tc, places_are_those_of_the_text);
	tcase_add_loop_test(tc, size_has_its_limits, 0, (int)ARRAY_LEN(sizes));
	tcase_add_test(tc, parentheses_up_to_the_limit_are_fine);
	tcase_add_test(tc, findings_are_bounded);
	tcase_add_test(tc, looking_ahead_is_bounded);
	tcase_add_test(tc, many_missing_semicolons_end);
	tcase_add_test(tc, damaged_texts_never_pass_in_silence);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

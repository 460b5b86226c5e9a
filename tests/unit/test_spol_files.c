/*
 * Policies of several files: extends, override, search, promises; what an image holds; the shipped policies.
 */
#include "tests/unit/spol_support.h"

static char dir[] = "/tmp/test_spol_files.XXXXXX";

/* Files "name: text" by "\n=== "; the first is the policy.  codes: what must be found, in order, separated by spaces.
 */
static const struct files_case {
	const char *files;
	const char *codes;
	/* a decision, or NULL */
	const char *field, *recorded, *actual;
	enum vm_verb verb;
} cases[] = {
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\n=== b.spol\npolicy b 1;\ndefault: accept;\n", "", "read.buf", "a",
	  "b", VERB_ACCEPT },
	/* override, once and twice */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\noverride default: stop;\n=== b.spol\npolicy b 1;\ndefault: "
	  "accept;\n",
	  "", "read.buf", "a", "a", VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\noverride read { buf: map; }\n=== b.spol\npolicy b 1;\nextends "
	  "\"c.spol\";\n"
	  "override read { buf: replay; }\n=== c.spol\npolicy c 1;\nread { buf: accept; }\n",
	  "E2001", NULL, NULL, NULL, VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\noverride read { buf: replay; }\n=== b.spol\npolicy b 1;\nextends "
	  "\"c.spol\";\n"
	  "override read { buf: equal; }\n=== c.spol\npolicy c 1;\nread { buf: accept; }\n",
	  "", "read.buf", "a", "b", VERB_REPLAY },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nread { buf: equal; }\n=== b.spol\npolicy b 1;\nread { buf: "
	  "accept; }\n",
	  "E3002", NULL, NULL, NULL, VERB_STOP },
	/* a more specific rule needs none */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nread { buf: equal; }\n=== b.spol\npolicy b 1;\nany data: "
	  "replay;\n",
	  "", "read.buf", "a", "b", VERB_EQUAL },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\noverride read { *: equal; }\n=== b.spol\npolicy b 1;\nread { buf: "
	  "accept; }\n",
	  "E3003", NULL, NULL, NULL, VERB_STOP },
	/* two parents that disagree, and a child that decides */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\", \"c.spol\";\n=== b.spol\npolicy b 1;\nread { buf: accept; }\n"
	  "=== c.spol\npolicy c 1;\nread { buf: equal; }\n",
	  "E3001", NULL, NULL, NULL, VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\", \"c.spol\";\noverride read { buf: replay; }\n=== b.spol\npolicy b "
	  "1;\n"
	  "read { buf: accept; }\n=== c.spol\npolicy c 1;\nread { buf: equal; }\n",
	  "", "read.buf", "a", "b", VERB_REPLAY },
	/* a file that two others extend is there once */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\", \"c.spol\";\n=== b.spol\npolicy b 1;\nextends \"d.spol\";\n"
	  "=== c.spol\npolicy c 1;\nextends \"./d.spol\";\n=== d.spol\npolicy d 1;\nlet N = 1;\nread { buf: accept if "
	  "fd == N; }\n",
	  "", "read.buf", "a", "b", VERB_EQUAL },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\n=== b.spol\npolicy b 1;\nextends \"c.spol\";\n"
	  "=== c.spol\npolicy c 1;\nextends \"a.spol\";\n",
	  "E1014", NULL, NULL, NULL, VERB_STOP },
	/* names are seen by those that inherit them, not by those that are inherited */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nlet N = 1;\nwrite { buf: accept if fd == N; }\n"
	  "=== b.spol\npolicy b 1;\nread { buf: accept if fd == N; }\n",
	  "E1006", NULL, NULL, NULL, VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nset V = \"/x\";\n=== b.spol\npolicy b 1;\nset V = \"/y\";\n",
	  "E1008", NULL, NULL, NULL, VERB_STOP },
	/* a promise binds all that extend it */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\noverride read { buf: accept; }\n"
	  "=== b.spol\npolicy b 1;\nread { buf: equal; }\nnever accept read.buf;\n",
	  "E3008", NULL, NULL, NULL, VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\noverride default: accept;\n"
	  "=== b.spol\npolicy b 1;\ndefault: equal;\nnever accept read.buf;\n",
	  "E3008", NULL, NULL, NULL, VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nwrite { *: accept; }\n"
	  "=== b.spol\npolicy b 1;\ndefault: equal;\nnever accept write.buf if fd == 1;\n",
	  "E3008", NULL, NULL, NULL, VERB_STOP },
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nwrite { *: equal if fd == 1 else accept; }\n"
	  "=== b.spol\npolicy b 1;\ndefault: equal;\nnever accept write.buf if fd == 1;\n",
	  "", "write.buf", "a", "b", VERB_ACCEPT },
	/* violation: the nearest counts, and parents must agree */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\", \"c.spol\";\n=== b.spol\npolicy b 1;\nviolation: stop;\n"
	  "=== c.spol\npolicy c 1;\nviolation: continue;\n",
	  "E3013", NULL, NULL, NULL, VERB_STOP },
	/* what is wrong in a file that is extended is found, too */
	{ "a.spol\npolicy a 1;\nextends \"b.spol\";\nread { bfu: equal; }\n=== b.spol\npolicy b 1;\nreed { buf: equal; "
	  "}\n",
	  "E1002 E1001", NULL, NULL, NULL, VERB_STOP },
};

static void write_files(const char *files)
{
	while (*files) {
		const char *end = strstr(files, "=== "), *newline = strchr(files, '\n');
		size_t len = end ? (size_t)(end - files) : strlen(files), head = (size_t)(newline - files);
		char path[200], text[2000];

		snprintf(path, sizeof(path), "%s/%.*s", dir, (int)head, files);
		snprintf(text, sizeof(text), "%.*s", (int)(len - head - 1), newline + 1);
		write_text(path, text);
		files += len + (end ? strlen("=== ") : 0);
	}
}

static void codes_of(struct compiled *c, char *out, size_t room)
{
	out[0] = '\0';
	for (unsigned i = 0; i < diags_count(c->diags); i++) {
		const struct diag *g = diags_get(c->diags, i);

		if (g->level != DIAG_ERROR)
			continue;
		snprintf(out + strlen(out), room - strlen(out), "%s%s", *out ? " " : "", g->code);
	}
}

START_TEST(files)
{
	const struct files_case *k = &cases[_i];
	char path[200], codes[200];
	struct compiled c;

	write_files(k->files);
	snprintf(path, sizeof(path), "%s/a.spol", dir);
	c = compile_path(path, NULL);
	codes_of(&c, codes, sizeof(codes));
	/* the findings of the file itself come first */
	ck_assert_msg(strcmp(codes, k->codes) == 0, "row %d: found '%s', not '%s'\n%s", _i, codes, k->codes,
		      findings_text(&c));
	ck_assert_msg((c.prog != NULL) == (*k->codes == '\0'), "row %d", _i);
	if (*k->codes)
		ck_assert_int_eq(c.err.code, ERR_POLICY);
	if (k->field) {
		const struct abi_leaf *leaf = leaf_by_name(c.schema, k->field);
		struct value recorded = value_of(k->recorded, strlen(k->recorded));
		struct value actual = value_of(k->actual, strlen(k->actual));
		struct vm_decision d =
			vm_decide(c.prog, leaf->dir & DIR_IN ? VM_ENTRY : VM_EXIT, leaf->id, &recorded, &actual, NULL);

		ck_assert_msg(d.verb == k->verb, "row %d: %s", _i, vm_verb_name(d.verb));
	}
	compiled_free(&c);
}
END_TEST

static bool contains(const struct buf *b, const char *text)
{
	return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

/* The same sources give the same bytes wherever they stand, and no place is in them. */
START_TEST(same_bytes)
{
	const char *files = "a.spol\npolicy a 1;\nextends \"sub/b.spol\";\nset V = \"/x/**\", !\"/x/y\";\n"
			    "read { buf: accept \"why\" if fd.path in V and count == 7; }\n";
	char path[200], other[200];
	const char *search[2] = { other, NULL };
	struct compiled a, b;

	write_files(files);
	snprintf(path, sizeof(path), "%s/sub", dir);
	mkdir(path, 0755);
	write_files("sub/b.spol\npolicy b 1;\nextends \"c.spol\";\n=== sub/c.spol\npolicy c 1;\nany ptr: map;\n");
	snprintf(path, sizeof(path), "%s/a.spol", dir);
	a = compile_path(path, NULL);
	ck_assert_msg(a.prog != NULL, "%s", findings_text(&a));
	ck_assert(!contains(&a.image, dir));
	ck_assert(contains(&a.image, "sub/b.spol") && contains(&a.image, "sub/c.spol"));
	ck_assert_str_eq(vm_policy_name(a.prog), "a");
	/* from another place, the inherited files by the search path */
	snprintf(other, sizeof(other), "%s/elsewhere", dir);
	mkdir(other, 0755);
	write_files("elsewhere/a.spol\n");
	snprintf(path, sizeof(path), "%s/elsewhere/a.spol", dir);
	write_text(path, strchr(files, '\n') + 1);
	snprintf(other, sizeof(other), "%s", dir);
	b = compile_path(path, search);
	ck_assert_msg(b.prog != NULL, "%s", findings_text(&b));
	ck_assert_uint_eq(a.image.len, b.image.len);
	ck_assert(memcmp(a.image.data, b.image.data, a.image.len) == 0);
	compiled_free(&a);
	compiled_free(&b);
}
END_TEST

START_TEST(not_there)
{
	struct compiled c = compile_path("/nonexistent/p.spol", NULL);

	ck_assert(!c.prog);
	ck_assert_int_eq(c.err.code, ERR_IO);
	compiled_free(&c);
	c = compile_path(dir, NULL);
	ck_assert(!c.prog);
	ck_assert_int_eq(c.err.code, ERR_IO);
	compiled_free(&c);
}
END_TEST

static const char *const shipped[] = { "base", "strict", "lax", "cat", "fs", "net", "time", "proc", "tty" };

static void shipped_path(char *path, size_t room, const char *name)
{
	const char *top = getenv("top_srcdir");

	snprintf(path, room, "%s/policies/%s.spol", top ? top : ".", name);
}

START_TEST(shipped_are_clean)
{
	char path[1000];
	struct compiled c;

	shipped_path(path, sizeof(path), shipped[_i]);
	c = compile_path(path, NULL);
	ck_assert_msg(c.prog != NULL, "%s: %s%s", path, c.err.text, findings_text(&c));
	ck_assert_msg(diags_count(c.diags) == 0, "%s", findings_text(&c));
	ck_assert_str_eq(vm_policy_name(c.prog), shipped[_i]);
	ck_assert_int_eq(vm_continues(c.prog), strcmp(shipped[_i], "lax") == 0);
	compiled_free(&c);
}
END_TEST

/* What strict.spol says of some differences. */
static const struct strict_case {
	const char *field, *recorded, *actual, *world;
	enum vm_verb verb;
} strict_cases[] = {
	{ "write.buf", "hello", "hallo", "fd=1", VERB_EQUAL },
	{ "write.count", "5", "6", "fd=1", VERB_EQUAL },
	{ "read.buf", "a", "b", "fd.path=/etc/passwd", VERB_EQUAL },
	{ "read.buf", "a", "b", "fd.path=/proc/uptime", VERB_REPLAY },
	{ "read.buf", "a", "b", "r:fd.path=/proc/uptime a:fd.path=/etc/passwd", VERB_EQUAL },
	{ "read.ret", "5", "6", "", VERB_EQUAL },
	{ "openat.pathname", "/etc/hosts", "/etc/passwd", "", VERB_EQUAL },
	{ "openat.ret", "3", "-2", "", VERB_EQUAL },
	{ "execve.image", "aaaa", "bbbb", "", VERB_EQUAL },
	{ "execve.argv[]", "a", "b", "", VERB_EQUAL },
	{ "execve.envp[]", "a", "b", "", VERB_EQUAL },
	{ "mmap.content", "aaaa", "bbbb", "", VERB_EQUAL },
	{ "mmap.ret", "4096", "8192", "", VERB_MAP },
	{ "brk.ret", "4096", "4096", "", VERB_MAP },
	{ "getpid.ret", "5", "6", "", VERB_MAP },
	{ "getuid.ret", "0", "1000", "", VERB_EQUAL },
	{ "getrandom.buf", "aaaa", "bbbb", "", VERB_REPLAY },
	{ "clock_gettime.tp", "5", "6", "", VERB_REPLAY },
	{ "nanosleep.duration", "5", "6", "", VERB_EQUAL },
	{ "clock_nanosleep.t", "5", "6", "", VERB_EQUAL },
	{ "clock_nanosleep(TIMER_ABSTIME).t", "5", "6", "", VERB_EQUAL },
	{ "utimensat.times[]", "5", "6", "", VERB_EQUAL },
	{ "fstat.statbuf.st_ino", "5", "6", "", VERB_REPLAY },
	{ "fstat.statbuf.st_mtim", "5", "6", "", VERB_REPLAY },
	{ "fstat.statbuf.st_size", "5", "6", "statbuf.st_mode=0100644", VERB_EQUAL },
	{ "fstat.statbuf.st_size", "5", "6", "statbuf.st_mode=0040755", VERB_REPLAY },
	{ "fstat.statbuf.st_size", "5", "6", "r:statbuf.st_mode=0040755 a:statbuf.st_mode=0100644", VERB_EQUAL },
	{ "fstat.statbuf.st_mode", "5", "6", "", VERB_EQUAL },
	{ "mknod.dev", "5", "6", "", VERB_EQUAL },
	{ "getdents64.dirp[].d_name", "a", "b", "", VERB_EQUAL },
	{ "getdents64.dirp.order", "a", "b", "", VERB_REPLAY },
	{ "uname.buf.release", "a", "b", "", VERB_REPLAY },
	{ "uname.buf.machine", "a", "b", "", VERB_EQUAL },
	{ "uname.buf.nodename", "a", "b", "", VERB_REPLAY },
	{ "sethostname.name", "a", "b", "", VERB_EQUAL },
	{ "connect.addr.family", "1", "2", "", VERB_EQUAL },
	{ "connect.addr.sin_addr", "80", "81", "", VERB_EQUAL },
	{ "exit_group.status", "0", "1", "", VERB_EQUAL },
	{ "task_end.status", "0", "1", "", VERB_EQUAL },
	{ "ioctl(TCGETS).argp.c_iflag", "0", "1", "", VERB_REPLAY },
	{ "ioctl(TCSETS).argp.c_iflag", "0", "1", "", VERB_EQUAL },
	{ "lseek.ret", "0", "1", "", VERB_EQUAL },
};

START_TEST(strict_decides)
{
	const struct strict_case *k = &strict_cases[_i];
	struct value recorded = value_of(k->recorded, strlen(k->recorded)),
		     actual = value_of(k->actual, strlen(k->actual));
	struct world world;
	struct vm_env env = { world_field, world_fact, &world };
	const struct abi_leaf *leaf;
	struct vm_decision d;
	struct compiled c;
	char path[1000];

	shipped_path(path, sizeof(path), "strict");
	c = compile_path(path, NULL);
	ck_assert(c.prog != NULL);
	world = (struct world){ c.schema, k->world };
	leaf = leaf_by_name(c.schema, k->field);
	d = vm_decide(c.prog, leaf->dir & DIR_IN ? VM_ENTRY : VM_EXIT, leaf->id, &recorded, &actual, &env);
	ck_assert_msg(d.verb == k->verb, "row %d: %s is decided by %s", _i, k->field, vm_verb_name(d.verb));
	compiled_free(&c);
}
END_TEST

/* `replay` of what only goes into the kernel rewrites a request: no shipped rule does that. */
START_TEST(no_request_is_rewritten)
{
	struct compiled c;
	char path[1000];

	shipped_path(path, sizeof(path), "strict");
	c = compile_path(path, NULL);
	ck_assert(c.prog != NULL);
	for (uint32_t i = 0; i < abi_schema_nleaves(c.schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(c.schema, i);
		bool bytes = leaf->enc == ENC_BYTES;
		struct value a = bytes ? value_bytes("aaaa", 4) : value_num(1);
		struct value b = bytes ? value_bytes("bbbb", 4) : value_num(2);
		struct vm_decision d;

		/* a signal's siginfo is given, not asked for */
		if (!(leaf->dir & DIR_IN) || abi_schema_call(c.schema, leaf->call)->nr == ABI_SIGNAL)
			continue;
		d = vm_decide(c.prog, VM_ENTRY, i, &a, &b, NULL);
		ck_assert_msg(d.verb != VERB_REPLAY && d.verb != VERB_ACCEPT, "%s.%s is decided by %s",
			      abi_schema_call(c.schema, leaf->call)->label, leaf->path, vm_verb_name(d.verb));
	}
	compiled_free(&c);
}
END_TEST

START_TEST(listings)
{
	struct abi_schema *schema = abi_schema_new(ARCH_X86_64);
	struct spol_options o = { .schema = schema };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct arena *arena = arena_new();
	struct diags *d = diags_new();
	struct err err = { 0 };
	char path[1000];

	shipped_path(path, sizeof(path), "strict");
	ck_assert_int_eq(spol_list(&o, path, NULL, SPOL_TEXT, d, arena, &out, &err), 0);
	ck_assert(contains(&out, "\nread.buf: replay if fd.path in VIRTUAL else equal  # fs.spol:"));
	ck_assert(contains(&out, "\ngetpid.ret: map  # proc.spol:"));
	buf_clear(&out);
	ck_assert_int_eq(spol_explain(&o, path, "read.buf", SPOL_TEXT, d, arena, &out, &err), 0);
	ck_assert(contains(&out, "\n  1. replay if fd.path in VIRTUAL\n") &&
		  contains(&out, "not reached: 2 always decides"));
	ck_assert_int_eq(spol_explain(&o, path, "read.nothing", SPOL_TEXT, d, arena, &out, &err), -1);
	ck_assert_int_eq(err.code, ERR_USAGE);
	buf_clear(&out);
	err_clear(&err);
	ck_assert_int_eq(spol_print_schema(schema, "read", &out, &err), 0);
	ck_assert(contains(&out, "buf.addr") && contains(&out, "%desc") && contains(&out, " replay"));
	ck_assert_int_eq(spol_print_schema(schema, "reed", &out, &err), -1);
	ck_assert(strstr(err.text, "did you mean `read`") != NULL);
	diags_free(d);
	arena_free(arena);
	abi_schema_free(schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol files");
	TCase *t = tcase_create("all");
	SRunner *runner;
	char command[100];
	int failed;

	if (!mkdtemp(dir))
		return 99;
	tcase_add_loop_test(t, files, 0, ARRAY_LEN(cases));
	tcase_add_test(t, same_bytes);
	tcase_add_test(t, not_there);
	tcase_add_loop_test(t, shipped_are_clean, 0, ARRAY_LEN(shipped));
	tcase_add_loop_test(t, strict_decides, 0, ARRAY_LEN(strict_cases));
	tcase_add_test(t, no_request_is_rewritten);
	tcase_add_test(t, listings);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) != 0 || failed != 0;
}

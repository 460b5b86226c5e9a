/*
 * Policies against the real schema, by what they decide: a row is a policy, a field, two values and a world.
 */
#include "tests/unit/spol_support.h"

static char dir[] = "/tmp/test_spol_decide.XXXXXX";

/* A row whose policy is NULL has that of the row before it. */
static const struct decide_case {
	const char *policy;
	const char *field;
	const char *recorded, *actual;
	const char *world;
	enum vm_verb verb;
	unsigned line; /* of the arm that decided; 0: not asked */
} cases[] = {
	/* no default: equal */
	{ "policy p 1;", "read.buf", "abc", "abd", NULL, VERB_EQUAL, 0 },
	/* specificity: leaf, struct, star, variant, class, kind, default; textual order does not matter */
	{ "policy p 1;\n"
	  "default: equal;\n"
	  "any inode: map;\n"
	  "%stat { statbuf.st_ino: stop; }\n"
	  "stat, lstat { *: accept; statbuf: replay; statbuf.st_ino: equal; }\n"
	  "lstat { ret: equal; }\n",
	  "stat.statbuf.st_ino", "1", "2", NULL, VERB_EQUAL, 5 },
	{ NULL, "stat.statbuf.st_dev", "1", "2", NULL, VERB_REPLAY, 5 },
	{ NULL, "stat.ret", "0", "-2", NULL, VERB_ACCEPT, 5 },
	{ NULL, "lstat.ret", "0", "-2", NULL, VERB_EQUAL, 6 },
	{ NULL, "fstat.statbuf.st_ino", "1", "2", NULL, VERB_STOP, 4 },
	{ NULL, "getdents64.dirp[].d_ino", "1", "2", NULL, VERB_MAP, 3 },
	{ NULL, "fstat.statbuf.st_dev", "1", "2", NULL, VERB_EQUAL, 2 },
	/* `*` and structs do not mean addresses */
	{ NULL, "stat.statbuf.addr", "1", "2", NULL, VERB_EQUAL, 2 },
	{ "policy p 1;\n"
	  "default: equal;\n"
	  "any ptr: map;\n"
	  "read { *: accept; buf.addr: stop; }\n",
	  "read.buf.addr", "1", "1", NULL, VERB_STOP, 4 },
	{ NULL, "write.buf.addr", "1", "2", NULL, VERB_MAP, 3 },
	{ NULL, "brk.ret", "1", "1", NULL, VERB_MAP, 3 },
	{ NULL, "read.count", "1", "2", NULL, VERB_ACCEPT, 4 },
	/* variants before the call */
	{ "policy p 1;\n"
	  "fcntl { ret: accept; }\n"
	  "fcntl(F_GETFD|F_GETFL) { ret: replay; }\n",
	  "fcntl(F_GETFL).ret", "1", "2", NULL, VERB_REPLAY, 3 },
	{ NULL, "fcntl(F_SETFL).ret", "1", "2", NULL, VERB_ACCEPT, 2 },
	{ NULL, "fcntl.ret", "1", "2", NULL, VERB_ACCEPT, 2 },
	/* arms, and the fall to the less specific rule */
	{ "policy p 1;\n"
	  "default: equal;\n"
	  "any size: replay;\n"
	  "read { ret: accept if fd == 1\n"
	  "     else stop if fd == 2;\n"
	  "       buf: accept if fd == 3; }\n",
	  "read.ret", "1", "2", "fd=1", VERB_ACCEPT, 4 },
	{ NULL, "read.ret", "1", "2", "fd=2", VERB_STOP, 5 },
	{ NULL, "read.ret", "1", "1", "fd=2", VERB_STOP, 5 },
	{ NULL, "read.ret", "1", "1", "fd=1", VERB_EQUAL, 4 },
	{ NULL, "read.ret", "1", "2", "fd=9", VERB_REPLAY, 3 },
	{ NULL, "read.buf", "a", "b", "fd=9", VERB_EQUAL, 2 },
	/* a bare name means both sides */
	{ NULL, "read.ret", "1", "2", "r:fd=1 a:fd=2", VERB_REPLAY, 3 },
	{ NULL, "read.ret", "1", "2", "r:fd=2 a:fd=1", VERB_REPLAY, 3 },
	{ NULL, "read.ret", "1", "2", "r:fd=1", VERB_REPLAY, 3 },
	{ "policy p 1;\n"
	  "read { buf: accept if recorded.fd == 1; ret: accept if actual.fd == 1 and fd > 0; }\n"
	  "pread64 { buf: accept if not (fd == 1); ret: accept if fd == 1 or count == 2; }\n",
	  "read.buf", "a", "b", "r:fd=1 a:fd=2", VERB_ACCEPT, 2 },
	{ NULL, "read.buf", "a", "b", "r:fd=2 a:fd=1", VERB_EQUAL, 0 },
	{ NULL, "read.ret", "1", "2", "r:fd=5 a:fd=1", VERB_ACCEPT, 2 },
	{ NULL, "read.ret", "1", "2", "r:fd=0 a:fd=1", VERB_EQUAL, 0 },
	/* `not` is about the whole condition on each side, not about both sides */
	{ NULL, "pread64.buf", "a", "b", "r:fd=1 a:fd=2", VERB_EQUAL, 0 },
	{ NULL, "pread64.buf", "a", "b", "r:fd=3 a:fd=2", VERB_ACCEPT, 3 },
	{ NULL, "pread64.ret", "1", "2", "r:fd=1 a:fd=7 a:count=2 r:count=9", VERB_ACCEPT, 3 },
	{ NULL, "pread64.ret", "1", "2", "r:fd=1 a:fd=7 count=9", VERB_EQUAL, 0 },
	/* what is missing makes the whole condition false */
	{ NULL, "pread64.buf", "a", "b", "", VERB_EQUAL, 0 },
	{ NULL, "pread64.buf", "a", "b", "r:fd=3", VERB_EQUAL, 0 },
	{ NULL, "pread64.ret", "1", "2", "fd=1", VERB_EQUAL, 0 },
	{ "policy p 1;\nread { buf: accept if fd != 1; ret: accept if not (fd.path in { \"/x\" }); }\n", "read.buf",
	  "a", "b", "", VERB_EQUAL, 0 },
	{ NULL, "read.ret", "1", "2", "", VERB_EQUAL, 0 },
	{ NULL, "read.ret", "1", "2", "fd.path=/y", VERB_ACCEPT, 2 },
	{ NULL, "read.ret", "1", "2", "fd.path=/x", VERB_EQUAL, 0 },
	/* facts, sets, exclusion, sets in sets */
	{ "policy p 1;\n"
	  "set V = \"/proc/**\", \"/sys/*\", !\"/proc/self/maps\";\n"
	  "set W = V, \"/dev/null\";\n"
	  "set N = 1, 3, SEEK_END, !3;\n"
	  "read { buf, ret: replay if fd.path in V else equal; }\n"
	  "pread64 { buf: accept if fd.path in W; }\n"
	  "lseek { ret: accept if whence in N; }\n"
	  "close { ret: accept if fd in { 4, 5 }; }\n",
	  "read.buf", "a", "b", "fd.path=/proc/cpuinfo", VERB_REPLAY, 5 },
	{ NULL, "read.buf", "a", "b", "fd.path=/proc/self/maps", VERB_EQUAL, 5 },
	{ NULL, "read.buf", "a", "b", "fd.path=/sys/a/b", VERB_EQUAL, 5 },
	{ NULL, "read.buf", "a", "b", "r:fd.path=/proc/1 a:fd.path=/etc/passwd", VERB_EQUAL, 5 },
	{ NULL, "read.ret", "1", "2", "r:fd.path=/proc/1 a:fd.path=/proc/2", VERB_REPLAY, 5 },
	{ NULL, "pread64.buf", "a", "b", "fd.path=/dev/null", VERB_ACCEPT, 6 },
	{ NULL, "pread64.buf", "a", "b", "fd.path=/proc/self/maps", VERB_EQUAL, 0 },
	{ NULL, "lseek.ret", "1", "2", "whence=2", VERB_ACCEPT, 7 },
	{ NULL, "lseek.ret", "1", "2", "whence=3", VERB_EQUAL, 0 },
	{ NULL, "close.ret", "1", "2", "fd=4", VERB_ACCEPT, 8 },
	{ NULL, "close.ret", "1", "2", "fd=6", VERB_EQUAL, 0 },
	/* other descriptors than `fd`; the first descriptor argument stands for `fd` where none has that name */
	{ "policy p 1;\n"
	  "dup2 { ret: accept if oldfd.path == \"/a\" and newfd.kind == tty; }\n"
	  "recvfrom { buf: accept if fd.kind == socket; }\n"
	  "default: accept if fd.kind == pipe else equal;\n",
	  "dup2.ret", "1", "2", "oldfd.path=/a newfd.kind=5", VERB_ACCEPT, 2 },
	{ NULL, "dup2.ret", "1", "2", "oldfd.path=/b newfd.kind=5", VERB_EQUAL, 4 },
	{ NULL, "recvfrom.buf", "a", "b", "sockfd.kind=4", VERB_ACCEPT, 3 },
	{ NULL, "write.buf", "a", "b", "fd.kind=3", VERB_ACCEPT, 4 },
	{ NULL, "getpid.ret", "1", "2", "fd.kind=3", VERB_EQUAL, 4 },
	{ "policy p 1;\n"
	  "any release: accept if host.release == \"6.1\" and task.depth == 0 and command == \"/bin/uname\";\n"
	  "open { ret: accept if file.path in { \"/etc/*\" } and recorded.host.machine == \"x86_64\"; }\n",
	  "uname.buf.release", "6.1", "6.2", "host.release=6.1 task.depth=0 command=/bin/uname", VERB_ACCEPT, 2 },
	{ NULL, "uname.buf.release", "6.1", "6.2", "host.release=6.2 task.depth=0 command=/bin/uname", VERB_EQUAL, 0 },
	{ NULL, "uname.buf.release", "6.1", "6.2", "host.release=6.1 task.depth=1 command=/bin/uname", VERB_EQUAL, 0 },
	{ NULL, "open.ret", "1", "2", "file.path=/etc/a r:host.machine=x86_64 a:host.machine=arm", VERB_ACCEPT, 3 },
	{ NULL, "open.ret", "1", "2", "file.path=/usr/a host.machine=x86_64", VERB_EQUAL, 0 },
	/* flags, constants by field, arithmetic, precedence */
	{ "policy p 1;\n"
	  "let E = -(EAGAIN + 0);\n"
	  "open { ret: accept if flags & O_CREAT == 0 and recorded == -ENOENT; }\n"
	  "read { ret: accept if actual == E or actual * 2 + 1 == 9 - 0 * 7; }\n"
	  "write { ret: accept if recorded - actual / 2 < 3; }\n"
	  "kill { ret: accept if sig == SIGKILL; }\n",
	  "open.ret", "-2", "3", "flags=2", VERB_ACCEPT, 3 },
	{ NULL, "open.ret", "-2", "3", "flags=66", VERB_EQUAL, 0 },
	{ NULL, "open.ret", "-3", "3", "flags=2", VERB_EQUAL, 0 },
	{ NULL, "read.ret", "1", "-11", "", VERB_ACCEPT, 4 },
	{ NULL, "read.ret", "1", "4", "", VERB_ACCEPT, 4 },
	{ NULL, "read.ret", "1", "5", "", VERB_EQUAL, 0 },
	{ NULL, "write.ret", "7", "10", "", VERB_ACCEPT, 5 },
	{ NULL, "write.ret", "8", "10", "", VERB_EQUAL, 0 },
	{ NULL, "kill.ret", "0", "-1", "sig=9", VERB_ACCEPT, 6 },
	/* within: absolute, per cent, units of the field, in conditions */
	{ "policy p 1;\n"
	  "let SLOP = 5s;\n"
	  "sysinfo { info.uptime: accept within SLOP; info.freeram: accept within 10% else stop; }\n"
	  "clock_gettime { tp: accept within SLOP if clockid == 1; }\n"
	  "read { ret: accept if actual within 2 of recorded; buf: accept if count within 50% of 8; }\n",
	  "sysinfo.info.uptime", "100", "105", "", VERB_ACCEPT, 3 },
	{ NULL, "sysinfo.info.uptime", "100", "106", "", VERB_EQUAL, 0 },
	{ NULL, "sysinfo.info.freeram", "1000", "900", "", VERB_ACCEPT, 3 },
	{ NULL, "sysinfo.info.freeram", "1000", "899", "", VERB_STOP, 3 },
	{ NULL, "sysinfo.info.freeram", "0", "1", "", VERB_STOP, 3 },
	{ NULL, "clock_gettime.tp", "0", "5000000000", "clockid=1", VERB_ACCEPT, 4 },
	{ NULL, "clock_gettime.tp", "0", "5000000001", "clockid=1", VERB_EQUAL, 0 },
	{ NULL, "clock_gettime.tp", "0", "1", "clockid=0", VERB_EQUAL, 0 },
	{ NULL, "read.ret", "5", "7", "", VERB_ACCEPT, 5 },
	{ NULL, "read.ret", "5", "8", "", VERB_EQUAL, 0 },
	{ NULL, "read.buf", "a", "b", "count=12", VERB_ACCEPT, 5 },
	{ NULL, "read.buf", "a", "b", "count=13", VERB_EQUAL, 0 },
	/* a wide rule says `equal` where its verb cannot be had, and is silent where its unit makes no sense */
	{ "policy p 1;\n"
	  "default: accept;\n"
	  "any data: replay;\n"
	  "any time: replay within 1h else stop;\n"
	  "read { *: map; }\n",
	  "mmap.content", "a", "b", "", VERB_EQUAL, 3 },
	{ NULL, "write.buf", "a", "b", "", VERB_EQUAL, 3 }, /* a request */
	{ NULL, "recvfrom.buf", "a", "b", "", VERB_REPLAY, 3 },
	{ NULL, "nanosleep.duration", "1", "2", "", VERB_ACCEPT, 2 },
	{ NULL, "utime.times.actime", "1", "2", "", VERB_EQUAL, 4 }, /* within the hour, and a request all the same */
	{ NULL, "read.buf", "a", "b", "", VERB_EQUAL, 5 },
	{ NULL, "read.count", "1", "2", "", VERB_MAP, 5 },
	{ NULL, "shmctl(IPC_STAT).buf.shm_atime", "1", "2", "", VERB_STOP, 4 },
	{ NULL, "time.ret", "1", "3601", "", VERB_REPLAY, 4 },
	{ NULL, "time.ret", "1", "3602", "", VERB_STOP, 4 },
	/* values that one side lacks */
	{ "policy p 1;\nread { buf: accept; ret: accept if actual >= recorded; }\n", "read.buf", "-", "b", "",
	  VERB_ACCEPT, 2 },
	{ NULL, "read.ret", "-", "5", "", VERB_EQUAL, 0 },
	/* text in memory carries the NUL that ends it */
	{ "policy p 1;\n"
	  "open { ret: accept if pathname == \"/a\"; pathname: accept if recorded in { \"/tmp/?\" } and actual == "
	  "\"/b\"; }\n",
	  "open.ret", "1", "2", "pathname=/a", VERB_ACCEPT, 2 },
	{ NULL, "open.pathname", "/tmp/x", "/b", "", VERB_ACCEPT, 2 },
	{ NULL, "open.pathname", "/tmp/xy", "/b", "", VERB_EQUAL, 0 },
	/* constants that are negative where the field has a sign */
	{ "policy p 1;\nset HERE = AT_FDCWD;\nopenat { flags: accept if dirfd == AT_FDCWD; ret: accept if dirfd in HERE; }\n",
	  "openat.flags", "1", "2", "dirfd=-100", VERB_ACCEPT, 3 },
	{ NULL, "openat.flags", "1", "2", "dirfd=3", VERB_EQUAL, 0 },
	{ NULL, "openat.ret", "1", "2", "dirfd=-100", VERB_ACCEPT, 3 },
	/* keywords as names, signals, trailing commas */
	{ "policy p 1;\n"
	  "accept { addrlen, : accept; }\n"
	  "signal SIGCHLD { si_pid: map; si_status: accept if si_code == CLD_EXITED; }\n",
	  "accept.addrlen", "1", "2", "", VERB_ACCEPT, 2 },
	{ NULL, "signal(SIGCHLD).si_pid", "1", "1", "", VERB_MAP, 3 },
	{ NULL, "signal(SIGCHLD).si_status", "1", "2", "si_code=1", VERB_ACCEPT, 3 },
};

static struct compiled compile_row(size_t row)
{
	char path[200];

	while (!cases[row].policy)
		row--;
	snprintf(path, sizeof(path), "%s/%zu.spol", dir, row);
	write_text(path, cases[row].policy);
	return compile_path(path, NULL);
}

START_TEST(decides)
{
	const struct decide_case *k = &cases[_i];
	struct compiled c = compile_row((size_t)_i);
	struct value recorded = value_of(k->recorded, strlen(k->recorded)),
		     actual = value_of(k->actual, strlen(k->actual));
	struct world world = { c.schema, k->world };
	struct vm_env env = { world_field, world_fact, &world };
	const struct abi_leaf *leaf;
	struct vm_decision d;

	ck_assert_msg(c.prog != NULL, "row %d: %s", _i, findings_text(&c));
	leaf = leaf_by_name(c.schema, k->field);
	/* memory that holds text, as the walk gives it: with its NUL */
	if (leaf->enc == ENC_BYTES && leaf->kind == KIND_PATH) {
		recorded = value_bytes(k->recorded, strlen(k->recorded) + 1);
		actual = value_bytes(k->actual, strlen(k->actual) + 1);
	}
	d = vm_decide(c.prog, leaf->dir & DIR_IN ? VM_ENTRY : VM_EXIT, leaf->id, &recorded, &actual, &env);
	ck_assert_msg(d.verb == k->verb, "row %d: %s is decided by %s, not %s (rule %u)", _i, k->field,
		      vm_verb_name(d.verb), vm_verb_name(k->verb), d.rule);
	if (k->line && d.rule != VM_NO_RULE)
		ck_assert_msg(vm_rule_get(c.prog, d.rule)->line == k->line, "row %d: decided in line %u, not %u", _i,
			      vm_rule_get(c.prog, d.rule)->line, k->line);
	compiled_free(&c);
}
END_TEST

static const struct dispose_case {
	const char *call;
	const char *world;
	enum vm_disposition disposition;
	bool named, always_ignored;
} dispositions[] = {
	{ "connect", "addr.family=2", DISP_EMULATE, true, false },
	{ "connect", "addr.family=1", DISP_EXECUTE, true, false },
	{ "connect", "r:addr.family=2 a:addr.family=1", DISP_EXECUTE, true, false },
	{ "madvise", "", DISP_IGNORE, true, true },
	{ "ptrace", "", DISP_FORBID, true, false },
	{ "sendto", "", DISP_OPTIONAL, true, false },
	{ "bind", "", DISP_FORBID, true, false },
	{ "socket", "domain=1", DISP_FORBID, true, false },
	{ "socket", "domain=2", DISP_IGNORE, true, false },
	{ "ioctl(TCGETS)", "", DISP_EMULATE, true, false },
	{ "ioctl(TCSETS)", "", DISP_EXECUTE, true, false },
	{ "read", "", DISP_EXECUTE, false, false },
};

static const char *const dispositions_policy = "policy p 1;\n"
					       "default: equal;\n"
					       "%network: optional;\n"
					       "connect: emulate if addr.family != AF_UNIX else execute;\n"
					       "madvise: ignore;\n"
					       "ptrace: forbid;\n"
					       "bind: execute;\n"
					       "syscall_9999: ignore;\n"
					       "ioctl(TCGETS): emulate;\n"
					       "ioctl: execute;\n"
					       "socket: forbid if domain == AF_UNIX;\n"
					       "socketpair: forbid;\n";

START_TEST(disposes)
{
	const struct dispose_case *k = &dispositions[_i];
	struct world world;
	struct vm_env env = { world_field, world_fact, &world };
	const struct abi_call *call;
	struct compiled c, parent;
	struct vm_disposed d;
	char path[200];

	/* `forbid` comes first wherever it is said; a less specific one beats a more specific `execute` */
	snprintf(path, sizeof(path), "%s/parent.spol", dir);
	write_text(path, "policy q 1;\n%network: ignore;\n");
	snprintf(path, sizeof(path), "%s/dispositions.spol", dir);
	if (strcmp(k->call, "bind") == 0) {
		write_text(path, "policy p 1;\nbind: execute;\n%network: forbid;\n");
	} else if (strcmp(k->call, "socket") == 0) {
		write_text(path, "policy p 1;\nextends \"parent.spol\";\nsocket: forbid if domain == AF_UNIX;\n");
	} else {
		write_text(path, dispositions_policy);
	}
	c = compile_path(path, NULL);
	ck_assert_msg(c.prog != NULL, "%s", findings_text(&c));
	world = (struct world){ c.schema, k->world };
	call = call_by_label(c.schema, k->call);
	d = vm_dispose(c.prog, call->index, &env);
	ck_assert_msg(d.disposition == k->disposition, "row %d: %s, not %s", _i, vm_disposition_name(d.disposition),
		      vm_disposition_name(k->disposition));
	ck_assert_msg(vm_has_disposition(c.prog, call->index) == k->named, "row %d", _i);
	ck_assert_msg(vm_always_ignored(c.prog, call->index) == k->always_ignored, "row %d", _i);
	if (_i == 0) {
		ck_assert(vm_dispose_number(c.prog, 9999, &d) && d.disposition == DISP_IGNORE);
		ck_assert(!vm_dispose_number(c.prog, 9998, &d));
	}
	compiled_free(&c);
	snprintf(path, sizeof(path), "%s/parent.spol", dir);
	parent = compile_path(path, NULL);
	ck_assert(parent.prog != NULL);
	compiled_free(&parent);
}
END_TEST

/* Every leaf in every phase has an entry (the verifier demands it), and an equal pair is no violation without `stop`.
 */
START_TEST(equal_pairs)
{
	struct compiled c;
	char path[200];
	struct value v = value_num(5);

	snprintf(path, sizeof(path), "%s/equal.spol", dir);
	write_text(path, "policy p 1;\ndefault: equal;\nany ptr: map;\n");
	c = compile_path(path, NULL);
	ck_assert(c.prog != NULL);
	for (uint32_t i = 0; i < abi_schema_nleaves(c.schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(c.schema, i);
		struct vm_decision d;

		if (leaf->enc == ENC_BYTES)
			continue;
		d = vm_decide(c.prog, leaf->dir & DIR_IN ? VM_ENTRY : VM_EXIT, i, &v, &v, NULL);
		ck_assert_int_eq(d.verb, leaf->kind == KIND_PTR ? VERB_MAP : VERB_EQUAL);
	}
	compiled_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol decides");
	TCase *t = tcase_create("all");
	SRunner *runner;
	char command[100];
	int failed;

	if (!mkdtemp(dir))
		return 99;
	tcase_add_loop_test(t, decides, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(t, disposes, 0, ARRAY_LEN(dispositions));
	tcase_add_test(t, equal_pairs);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) != 0 || failed != 0;
}

/*
 * The effect audit: rows as they are give no finding, and every row that is made wrong is found.
 */
#include "tests/unit/trace_support.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is wrong with a row, and what must be found. */
struct plant {
	const char *name, *call, *field;
	enum { SAME_LEN, NEW_LEN, NEW_DIR, FORGOTTEN, NEW_NUMBER } change;
	struct abi_len len;
	enum abi_dir dir;
	enum abi_enc enc; /* NEW_NUMBER: what stands behind the pointer */
	enum audit_fault fault;
};

static const struct plant plants[] = {
	{ .name = "nothing", .call = "read", .field = "buf" },
	{ .name = "too short", .call = "read", .field = "buf", NEW_LEN, .len = { .rule = LEN_CONST, .n = 1 } },
	{ .name = "too long",
	  .call = "read",
	  .field = "buf",
	  NEW_LEN,
	  .len = { .rule = LEN_ARG, .arg = 2 },
	  .fault = AUDIT_UNWRITTEN },
	{ .name = "the length of another call's rule",
	  .call = "getcwd",
	  .field = "buf",
	  NEW_LEN,
	  .len = { .rule = LEN_ARG, .arg = 1 },
	  .fault = AUDIT_UNWRITTEN },
	{ .name = "the wrong argument as length",
	  .call = "getrandom",
	  .field = "buf",
	  NEW_LEN,
	  .len = { .rule = LEN_ARG, .arg = 2 } },
	{ .name = "a forgotten pointer", .call = "uname", .field = "buf", FORGOTTEN },
	{ .name = "a forgotten last pointer", .call = "prlimit64", .field = "old_limit", FORGOTTEN },
	{ .name = "one of three pointers forgotten", .call = "getresuid", .field = "euid", FORGOTTEN },
	{ .name = "out taken for in", .call = "fstat", .field = "statbuf", NEW_DIR, .dir = DIR_IN },
	{ .name = "in taken for out",
	  .call = "write",
	  .field = "buf",
	  NEW_DIR,
	  .dir = DIR_OUT,
	  .fault = AUDIT_UNWRITTEN },
	{ .name = "a forgotten array", .call = "poll", .field = "fds", FORGOTTEN },
	{ .name = "a length that is also an answer",
	  .call = "getsockname",
	  .field = "addrlen",
	  NEW_DIR,
	  .dir = DIR_IN },
	{ .name = "an array with an element less",
	  .call = "pipe",
	  .field = "pipefd",
	  NEW_LEN,
	  .len = { .rule = LEN_CONST, .n = 1 } },
	{ .name = "the first buffer of several only",
	  .call = "readv",
	  .field = "iov",
	  NEW_LEN,
	  .len = { .rule = LEN_ONE } },
	{ .name = "half of a struct", .call = "clock_gettime", .field = "tp", NEW_NUMBER, .enc = ENC_S64 },
	{ .name = "a struct for a number",
	  .call = "time",
	  .field = "tloc",
	  NEW_NUMBER,
	  .enc = ENC_TIMESPEC,
	  .fault = AUDIT_UNWRITTEN },
};

static const struct abi_type number[] = {
	[ENC_S64] = { .shape = SHAPE_SCALAR, .size = 8, .kind = KIND_TIME, .enc = ENC_S64 },
	[ENC_TIMESPEC] = { .shape = SHAPE_SCALAR, .size = 16, .kind = KIND_TIME, .enc = ENC_TIMESPEC },
};

static void make_wrong(struct abi_field *f, const struct plant *p)
{
	switch (p->change) {
	case SAME_LEN:
		break;
	case NEW_LEN:
		f->len = p->len;
		break;
	case NEW_DIR:
		f->dir = p->dir;
		if (p->dir == DIR_OUT) /* a length that the result gives */
			f->len = (struct abi_len){ .rule = LEN_ARG, .arg = 2 };
		break;
	case FORGOTTEN:
		*f = (struct abi_field){ .name = f->name, .kind = KIND_PTR, .enc = ENC_U64, .dir = DIR_IN };
		break;
	case NEW_NUMBER:
		f->type = &number[p->enc];
		f->enc = p->enc;
		break;
	}
}

/* The table with one field of one row made wrong. */
static struct abi_schema *planted(const struct plant *p, struct arena *arena)
{
	struct abi_row *rows = arena_array(arena, abi_nrows, sizeof(*rows));
	bool found = false;

	memcpy(rows, abi_rows, abi_nrows * sizeof(*rows));
	for (size_t i = 0; i < abi_nrows; i++) {
		struct abi_field *args;

		if (strcmp(rows[i].name, p->call) != 0 || rows[i].variant)
			continue;
		args = arena_array(arena, rows[i].nfields, sizeof(*args));
		memcpy(args, rows[i].args, rows[i].nfields * sizeof(*args));
		for (unsigned k = 0; k < rows[i].nfields; k++) {
			if (strcmp(args[k].name, p->field) == 0) {
				make_wrong(&args[k], p);
				found = true;
			}
		}
		rows[i].args = args;
	}
	ck_assert_msg(found, "there is no %s.%s", p->call, p->field);
	return abi_schema_new_from(ARCH_X86_64, rows, abi_nrows);
}

struct seen {
	const struct abi_schema *schema;
	const struct plant *plant;
	unsigned found, others, done, failed;
	char text[256];
};

static void found(void *ctx, const struct audit_finding *f)
{
	struct seen *s = ctx;
	const char *call = abi_schema_call(s->schema, f->ev->call)->name;

	if (strcmp(call, s->plant->call) != 0)
		s->others++; /* one mistake may have two effects, but none on other calls */
	else if (f->fault == s->plant->fault)
		s->found++;
	snprintf(s->text, sizeof(s->text), "%s: fault %d, %llu bytes, %llu behind %s", call, f->fault,
		 (unsigned long long)f->len, (unsigned long long)f->distance, f->near);
}

static void done(void *ctx, const struct sys_event *ev)
{
	struct seen *s = ctx;

	s->done++;
	s->failed += event_failed(ev);
}

static const char *audited_path(struct arena *arena)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = 0;
	*strrchr(self, '/') = 0;
	return arena_printf(arena, "%s/audited", self);
}

START_TEST(rows_made_wrong_are_found)
{
	const struct plant *p = &plants[_i];
	struct seen s = { .plant = p };
	struct audit_sink sink = { found, done, &s };
	struct run r = { 0 };
	struct abi_schema *schema = planted(p, run_arena(&r));

	run_init_program(&r, audited_path(run_arena(&r)), (const char *const[]){ "audited", NULL });
	s.schema = schema;
	r.options.schema = schema;
	r.options.audit = &sink;
	run_start(&r);
	run_to_end(&r);
	ck_assert_msg(r.end_status == 0 && r.end_signal == 0,
		      "%s: the program does not work any more: status %u, signal %u", p->name, (unsigned)r.end_status,
		      (unsigned)r.end_signal);
	ck_assert_uint_ge(s.done, 18);
	ck_assert_uint_ge(s.failed, 1);
	ck_assert_msg(p->change == SAME_LEN ? !s.text[0] : s.found > 0, "%s: found %u (%s)", p->name, s.found, s.text);
	ck_assert_msg(s.others == 0, "%s: something else was found: %s", p->name, s.text);
	run_free(&r);
	abi_schema_free(schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trace audit");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failures;

	tcase_add_loop_test(t, rows_made_wrong_are_found, 0, ARRAY_LEN(plants));
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}

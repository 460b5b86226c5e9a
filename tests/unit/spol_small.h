/*
 * A schema of a few real calls, and a policy over it that makes the compiler use every instruction and every section:
 * small enough for tests that change each byte of its image.
 */
#ifndef TESTS_UNIT_SPOL_SMALL_H
#define TESTS_UNIT_SPOL_SMALL_H

#include "tests/unit/spol_support.h"

/* Rows of the real tables, in their order. */
static const struct small_row {
	const char *name, *variant;
} small_rows[] = {
	{ "chdir", NULL }, { "fcntl", NULL },  { "fcntl", "F_GETLK" },  { "getpid", NULL },  { "read", NULL },
	{ "rmdir", NULL }, { "signal", NULL }, { "signal", "SIGCHLD" }, { "sysinfo", NULL }, { "write", NULL },
};

/* true: row i of the tables is one of the calls. */
static inline bool small_has(const struct abi_row *row)
{
	for (size_t i = 0; i < ARRAY_LEN(small_rows); i++) {
		const char *variant = small_rows[i].variant;

		if (strcmp(row->name, small_rows[i].name) == 0 &&
		    (variant && row->variant ? strcmp(variant, row->variant) == 0 : variant == row->variant))
			return true;
	}
	return false;
}

/* rows gets copies of them, room for ARRAY_LEN(small_rows); the number. */
static inline size_t small_copy_rows(struct abi_row *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < abi_nrows && n < ARRAY_LEN(small_rows); i++)
		if (small_has(&abi_rows[i]))
			rows[n++] = abi_rows[i];
	ck_assert_uint_eq(n, ARRAY_LEN(small_rows));
	return n;
}

/* What small.spol extends. */
#define SMALL_BASE                                                                             \
	"policy small_base 1;\n"                                                               \
	"set VIRTUAL = \"/proc/**\", \"/sys/[a-z]*\", !\"/proc/self/maps\", \"/dev/pts/?\";\n" \
	"default: equal \"{field} was {recorded}\";\n"                                         \
	"any ptr: map;\n"                                                                      \
	"read { buf: accept if fd.path in VIRTUAL else equal; }\n"

#define SMALL_TOP                                                                                                      \
	"policy small 1;\n"                                                                                            \
	"extends \"small_base.spol\";\n"                                                                               \
	"violation: continue;\n"                                                                                       \
	"set ODD = 1, 3, 7;\n"                                                                                         \
	"let SLOP = 5s;\n"                                                                                             \
	"override read { buf: replay if fd.path in VIRTUAL and command != \"/bin/sh\" else equal \"no\"; }\n"          \
	"read { ret: replay if (recorded + actual * 3 - actual / 2) & 7 | 1 == 1 and recorded.count in ODD\n"          \
	"            else stop if fd > 100 or not (actual < 5) else equal if 3 within 2 of recorded and actual != "    \
	"77\n"                                                                                                         \
	"            else replay if actual within 5% of recorded and fd >= 1 and fd <= 9; }\n"                         \
	"write { buf: stop \"{field}\" if recorded == \"secret\" else equal; count: accept if actual in { 2, 4 } and " \
	"buf != \"x\"; }\n"                                                                                            \
	"chdir { path: map if recorded == \"/tmp/x\" else accept if host.release != \"6.1\"; }\n"                      \
	"sysinfo { info.uptime: accept within SLOP; info: accept within 10%; }\n"                                      \
	"signal SIGCHLD { si_pid: map; si_utime: replay; }\n"                                                          \
	"getpid: emulate if task.depth == 1;\n"                                                                        \
	"fcntl(F_GETLK): optional;\n"                                                                                  \
	"write: forbid if fd == 99 else execute;\n"                                                                    \
	"sysinfo: ignore;\n"                                                                                           \
	"syscall_999: forbid;\n"                                                                                       \
	"syscall_998: ignore;\n"                                                                                       \
	"never accept write.buf;\n"

/* The policy, with the numbers of what it extends. */
static const uint32_t small_extends[] = { 0 };
static const struct spol_sealed_file small_files[] = {
	{ .name = "small_base.spol", .text = SMALL_BASE, .len = sizeof(SMALL_BASE) - 1 },
	{ .name = "small.spol",
	  .text = SMALL_TOP,
	  .len = sizeof(SMALL_TOP) - 1,
	  .extends = small_extends,
	  .nextends = 1 },
};

/* A policy compiled against a schema of rows.  Lives until small_free(). */
struct small {
	struct abi_row rows[ARRAY_LEN(small_rows) + 1];
	size_t nrows;
	struct abi_schema *schema;
	struct arena *arena;
	struct vm_schema view;
	struct buf image;
};

static inline void small_use_schema(struct small *s)
{
	s->arena = arena_new();
	s->schema = abi_schema_new_from(ARCH_X86_64, s->rows, s->nrows);
	spol_vm_schema(s->schema, s->arena, &s->view);
}

/* Compiles n files, the top one last; s->schema must be there. */
static inline void small_compile(struct small *s, const struct spol_sealed_file *files, size_t n)
{
	struct spol_options o = { .schema = s->schema, .sealed = files, .nsealed = n };
	struct diags *d = diags_new();
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	int r = spol_compile(&o, "", d, s->arena, &s->image, &err);

	diags_render_text(d, false, &text);
	ck_assert_msg(r == 0, "%s\n%s", err.text, buf_cstr(&text));
	diags_free(d);
}

static inline void small_new(struct small *s)
{
	memset(s, 0, sizeof(*s));
	s->nrows = small_copy_rows(s->rows);
	small_use_schema(s);
	small_compile(s, small_files, ARRAY_LEN(small_files));
}

static inline void small_free(struct small *s)
{
	buf_free(&s->image);
	abi_schema_free(s->schema);
	arena_free(s->arena);
}

#endif

/*
 * What the modes of spolc share: one invocation, how findings are told, and a function a mode.  spolc.c reads the
 * command line; each mode stands in a spolc_*.c of its own.
 */
#ifndef CMD_SPOLC_H
#define CMD_SPOLC_H

#include "abi/schema.h"
#include "base/diag.h"
#include "base/err.h"
#include "cmd/option.h"
#include "cmd/spolc_sarif.h"
#include "spol/compile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define STATUS_FINDINGS 1 /* errors or warnings were found */
#define STATUS_FAILED   2 /* nothing could be found out */

enum spolc_format { SPOLC_TEXT, SPOLC_JSON, SPOLC_SARIF };

/* What -W made of a code. */
struct spolc_warning {
	bool off, is_error;
};

/* What the command line says. */
struct spolc_job {
	struct cmd_args args;
	bool checking; /* --check: warnings are findings, too */
	const char *output, *explain;
	const char *only; /* --list: what is listed; NULL: all */
	const char *coverage; /* --coverage: "text" or "json"; NULL: arms are only counted */
	unsigned min_coverage; /* per cent; 0: any */
	bool coverage_asked;   /* --coverage or --min-coverage was given */
	bool fmt_write;	       /* --fmt: the result goes to the file */
	bool diff;	       /* --fmt: the result is shown as a patch; or a mode of its own */
	bool fail_if_weaker, verbose; /* --diff */
	bool to_stdout;
	enum spolc_format format;
	struct sarif *sarif; /* with SPOLC_SARIF: the log that all findings go to; else NULL */
	struct spolc_warning *warnings; /* by place in the catalogue; NULL: there was no -W */
	/* shared by all files */
	const struct abi_schema *schema;
	struct arena *arena;
	struct spol_options spol;
};

/* ---- spolc_findings.c ---- */

/* Prints the findings, or adds them to the log of the invocation; true: there are some that count. */
bool spolc_print_findings(const struct spolc_job *j, struct diags *d, FILE *to);
/* The exit status of one file: a failure to read it is told here, findings were told.  r, err: of the spol_...() call. */
int spolc_file_status(const struct spolc_job *j, bool findings, int r, const struct err *err);
/* Tells a failure; the exit status that belongs to it. */
int spolc_fail(const struct spolc_job *j, const struct err *err);
/* --help CODE: the page of a diagnostic code.  The exit status. */
int spolc_print_page(const char *code);

/* ---- spolc_warnings.c ---- */

/* -W WHAT.  0, or STATUS_USAGE after a message. */
int spolc_set_warning(struct spolc_job *j, const char *what);
/* Leaves out what -W switched off, makes errors of what it calls errors. */
void spolc_apply_warnings(const struct spolc_job *j, struct diags *d);
/* Some style finding (S2xxx) was asked for. */
bool spolc_wants_style(const struct spolc_job *j);
/* Gives back what spolc_set_warning() made. */
void spolc_forget_warnings(struct spolc_job *j);

/* ---- spolc_syntax.c ---- */

/* --syntax=EDITOR: how the editor shows policies, from the compiler's tables.  The exit status. */
int spolc_print_syntax(const struct cmd_args *args, const char *editor);

/* ---- modes: each does its work for one file and answers the exit status ---- */

/* spolc_compile.c */
int spolc_compile(const struct spolc_job *j, const char *path); /* --check, too */
int spolc_verify(const struct spolc_job *j, const char *path);
/* spolc_fmt.c */
int spolc_fmt(const struct spolc_job *j, const char *path);
/* spolc_test.c */
int spolc_test(const struct spolc_job *j, const char *path);
/* --coverage, --min-coverage.  0, or STATUS_USAGE after a message. */
int spolc_set_coverage(struct spolc_job *j, const char *format);
int spolc_set_min_coverage(struct spolc_job *j, const char *percent);
/* spolc_diff.c: of two files */
int spolc_diff(const struct spolc_job *j, const char *old, const char *new);
/* spolc_fix.c: the corrections that are certain, in this file only.  A file that cannot be read is told by what follows. */
int spolc_fix(const struct spolc_job *j, const char *path);
/* spolc_list.c */
int spolc_list(const struct spolc_job *j, const char *path);
int spolc_explain(const struct spolc_job *j, const char *path);
int spolc_dump(const struct spolc_job *j, const char *path);
int spolc_schema(const struct spolc_job *j, const char *call); /* call NULL: all */
/* spolc_lsp_loop.c: a language server on standard input and output; path is NULL */
int spolc_lsp(const struct spolc_job *j, const char *path);

#endif

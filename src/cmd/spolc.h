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
#include "spol/compile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define STATUS_FINDINGS 1 /* errors or warnings were found */
#define STATUS_FAILED   2 /* nothing could be found out */
#define SPOLC_OFF_MAX   64 /* warnings that one command line may switch off */

enum spolc_format { SPOLC_TEXT, SPOLC_JSON };

/* What the command line says. */
struct spolc_job {
	struct cmd_args args;
	bool checking; /* --check: warnings are findings, too */
	const char *output, *explain;
	bool to_stdout, strict;
	enum spolc_format format;
	const char *off[SPOLC_OFF_MAX];
	size_t noff;
	/* shared by all files */
	struct abi_schema *schema;
	struct arena *arena;
	struct spol_options spol;
};

/* ---- spolc_findings.c ---- */

/* Prints the findings; true: there are some that count. */
bool spolc_print_findings(const struct spolc_job *j, struct diags *d, FILE *to);
/* The exit status of one file: a failure to read it is told here, findings were told.  r, err: of the spol_...() call. */
int spolc_file_status(const struct spolc_job *j, bool findings, int r, const struct err *err);
/* -W WHAT.  0, or STATUS_USAGE after a message. */
int spolc_set_warning(struct spolc_job *j, const char *what);
/* --help CODE: the page of a diagnostic code.  The exit status. */
int spolc_print_page(const char *code);

/* ---- modes: each does its work for one file and answers the exit status ---- */

/* spolc_compile.c */
int spolc_compile(const struct spolc_job *j, const char *path); /* --check, too */
int spolc_verify(const struct spolc_job *j, const char *path);
/* spolc_list.c */
int spolc_list(const struct spolc_job *j, const char *path);
int spolc_explain(const struct spolc_job *j, const char *path);
int spolc_dump(const struct spolc_job *j, const char *path);
int spolc_schema(const struct spolc_job *j, const char *call); /* call NULL: all */

#endif

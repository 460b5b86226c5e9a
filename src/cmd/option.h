/*
 * Command tables: one const struct says what a command takes; parsing, usage text, the man page's list and shell completion
 * are printed from it.
 */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define STATUS_USAGE 2 /* arguments that make no sense: both tools */

struct cmd_option {
	int id;		  /* what cmd_next() answers; > 0 */
	char letter;	  /* 0: no short form */
	const char *name; /* long form without -- */
	const char *arg;  /* NULL: takes none; "FILE": takes one */
	const char *help; /* one sentence without full stop */
};

struct command {
	const char *name;     /* "record" */
	const char *synopsis; /* "[OPTION]... -- PROGRAM [ARG]..." */
	const char *summary;  /* one sentence without full stop */
	const struct cmd_option *options;
	size_t noptions;
	/* argv[0] is the command's name; the answer is the exit status */
	int (*run)(int argc, char **argv);
};

/* A walk over argv by a command's table; start with cmd_start(). */
struct cmd_args {
	const char *tool; /* "sperrips record": begins messages */
	const struct command *command;
	int argc;
	char **argv;
	const char *value; /* argument of the option just answered */
	int first;	   /* index of the first operand once cmd_next() answered 0 */
	bool intermixed;   /* options may stand behind operands */
};

#define CMD_HELP    1000 /* --help was given */
#define CMD_VERSION 1001 /* --version was given */

/* intermixed false: options end at the first operand (a program's own options follow). */
void cmd_start(struct cmd_args *a, const char *tool, const struct command *c, int argc, char **argv, bool intermixed);
/* The id of the next option, CMD_HELP or CMD_VERSION; 0: only operands are left; -1: a message was printed, end with STATUS_USAGE. */
int cmd_next(struct cmd_args *a);
/* What every command does with an answer of cmd_next() that is none of its own: --help, --version, an error.  The exit status. */
int cmd_standard(const struct cmd_args *a, int option);
/* Prints "TOOL: message" and a hint at --help to standard error; answers STATUS_USAGE. */
int cmd_usage_error(const struct cmd_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Usage, options with their help. */
void cmd_print_help(const char *tool, const struct command *c, FILE *to);
/* A completion script for bash, for a tool of one command or of several; bare: what is there without a command, or NULL. */
void cmd_print_completion(const char *tool, const struct command *const *commands, size_t n, const struct command *bare,
			  FILE *to);
void cmd_print_version(const char *tool, FILE *to);
/* Flushes standard output; status, or 2 with a message when what was printed could not be written (a full disk). */
int cmd_end_output(const char *tool, int status);
/* true: messages to standard error may be coloured (a terminal, and NO_COLOR is not set). */
bool cmd_color(void);

#endif

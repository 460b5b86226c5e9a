/*
 * Command tables by getopt_long(3): parsing and the texts that come from a table.
 */
#include "cmd/option.h"

#include "base/check.h"
#include "config.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX 40

void cmd_start(struct cmd_args *a, const char *tool, const struct command *c, int argc, char **argv, bool intermixed)
{
	*a = (struct cmd_args){ .tool = tool, .command = c, .argc = argc, .argv = argv, .intermixed = intermixed };
	optind = 0; /* glibc: start afresh */
	opterr = 0;
}

static const struct cmd_option *by_letter(const struct command *c, int letter)
{
	for (size_t i = 0; i < c->noptions; i++) {
		if (c->options[i].letter && c->options[i].letter == letter)
			return &c->options[i];
	}
	return NULL;
}

int cmd_next(struct cmd_args *a)
{
	const struct command *c = a->command;
	struct option longs[OPTIONS_MAX + 3] = { 0 };
	char shorts[2 * OPTIONS_MAX + 4];
	size_t at = 0, n = 0;
	int got;

	INVARIANT(c->noptions <= OPTIONS_MAX);
	if (!a->intermixed)
		shorts[at++] = '+';
	shorts[at++] = ':';
	for (size_t i = 0; i < c->noptions; i++) {
		const struct cmd_option *o = &c->options[i];

		longs[n++] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, 256 + (int)i };
		if (o->letter) {
			shorts[at++] = o->letter;
			if (o->arg)
				shorts[at++] = ':';
		}
	}
	longs[n++] = (struct option){ "help", no_argument, NULL, CMD_HELP };
	longs[n++] = (struct option){ "version", no_argument, NULL, CMD_VERSION };
	shorts[at] = '\0';

	got = getopt_long(a->argc, a->argv, shorts, longs, NULL);
	a->value = optarg;
	a->first = optind;
	if (got == -1)
		return 0;
	if (got == '?' || got == ':') {
		const char *word = a->argv[optind - 1];
		const struct cmd_option *o = got == ':' ? by_letter(c, optopt) : NULL;

		if (got == ':' && optopt >= 256)
			o = &c->options[optopt - 256];
		if (o)
			cmd_usage_error(a, "option --%s needs an argument: %s", o->name, o->arg);
		else if (optopt && optopt < 256)
			cmd_usage_error(a, "unknown option -%c", optopt);
		else
			cmd_usage_error(a, "%s option %s", optopt ? "no argument is allowed for" : "unknown", word);
		return -1;
	}
	if (got == CMD_HELP || got == CMD_VERSION)
		return got;
	return got >= 256 ? c->options[got - 256].id : by_letter(c, got)->id;
}

int cmd_standard(const struct cmd_args *a, int option)
{
	if (option == CMD_HELP) {
		cmd_print_help(a->tool, a->command, stdout);
	} else if (option == CMD_VERSION) {
		cmd_print_version(a->tool, stdout);
	} else {
		INVARIANT(option == -1); /* an option of the table that the command forgot would end here */
		return STATUS_USAGE;
	}
	return cmd_end_output(a->tool, 0);
}

int cmd_usage_error(const struct cmd_args *a, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", a->tool);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry '%s --help'.\n", a->tool);
	return STATUS_USAGE;
}

void cmd_print_help(const char *tool, const struct command *c, FILE *to)
{
	fprintf(to, "Usage: %s %s\n%s.\n", tool, c->synopsis, c->summary);
	if (c->noptions)
		fprintf(to, "\nOptions:\n");
	for (size_t i = 0; i < c->noptions; i++) {
		const struct cmd_option *o = &c->options[i];
		int width = o->letter ? fprintf(to, "  -%c, --%s", o->letter, o->name) : fprintf(to, "      --%s", o->name);

		if (o->arg)
			width += fprintf(to, "%c%s", o->letter ? ' ' : '=', o->arg);
		fprintf(to, "%*s%s\n", width < 30 ? 30 - width : 1, "", o->help);
	}
	fprintf(to, "      --help                  %s\n      --version               %s\n", "print this text", "print the version");
}

void cmd_print_version(const char *tool, FILE *to)
{
	fprintf(to, "%.*s %s\n", (int)strcspn(tool, " "), tool, PACKAGE_VERSION);
}

int cmd_end_output(const char *tool, int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "%s: cannot write to standard output\n", tool);
		return STATUS_USAGE;
	}
	return status;
}

bool cmd_color(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(STDERR_FILENO);
}

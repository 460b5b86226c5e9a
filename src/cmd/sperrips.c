/*
 * sperrips: the table of subcommands.
 */
#include "cmd/common.h"
#include "cmd/option.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = { &cmd_record, &cmd_replay, &cmd_show,
						   &cmd_fsck,	&cmd_keygen, &cmd_config };

static void usage(FILE *to)
{
	fprintf(to, "Usage: sperrips COMMAND [OPTION]... [ARG]...\n"
		    "       sperrips [--recording|--replaying] [--config FILE] [OPTION]...\n"
		    "Records the system calls of a program and finds out whether it executes the same elsewhere.\n\nCommands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(to, "  %-10s %s\n", "completion", "Print a completion script for bash");
	fprintf(to, "\nWithout a command, config.json says what is run; 'sperrips config --help' tells the options that go before it.\n"
		    "'sperrips COMMAND --help' tells a command's options; policies are compiled by spolc(1).\n"
		    "Exit status of replay: 0 same, 1 different, 2 cannot be used, 3 not judged.\n");
}

int main(int argc, char **argv)
{
	static const struct command none = { .name = "sperrips" };
	struct cmd_args args;

	cmd_start(&args, "sperrips", &none, argc, argv, false);
	if (argc < 2)
		return cmd_front.run(argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return cmd_end_output("sperrips", 0);
	}
	if (strcmp(argv[1], "--version") == 0) {
		cmd_print_version("sperrips", stdout);
		return cmd_end_output("sperrips", 0);
	}
	if (strcmp(argv[1], "completion") == 0) {
		cmd_print_completion("sperrips", commands, sizeof(commands) / sizeof(commands[0]), &cmd_front, stdout);
		return cmd_end_output("sperrips", 0);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	}
	if (argv[1][0] == '-')
		return cmd_front.run(argc, argv);
	return cmd_usage_error(&args, "unknown command '%s'", argv[1]);
}

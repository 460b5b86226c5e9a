/*
 * `sperrips [--recording|--replaying]` and `sperrips config`: a run as config.json says, and what it says.
 */
#include "cmd/config_file.h"

#include "base/check.h"
#include "base/fdio.h"
#include "cmd/common.h"
#include "cmd/config_files.h"
#include "cmd/option.h"
#include "cmd/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOOL	    "sperrips"
#define TOOL_CONFIG "sperrips config"

enum {
	OPT_FILE = 1,
	OPT_RECORDING,
	OPT_REPLAYING,
	OPT_COMMAND,
	OPT_LAX,
	OPT_STRICT,
	OPT_POLICY,
	OPT_STDIN_TEXT,
	OPT_STDIN_HEX,
	OPT_ENABLE_CONTAINER,
	OPT_NO_CONTAINER,
	OPT_CONTAINER,
	OPT_UPPER,
	OPT_WORK,
	OPT_MOUNT_POINT,
	OPT_WORKDIR,
	OPT_STDOUT,
	OPT_STDERR,
	OPT_VERBOSITY,
	OPT_SIGN,
	OPT_VERIFY_KEY,
	OPT_PRINT,
	OPT_CHECK,
	OPT_JSON,
};

/* A key each, and more than one where a key has more than one form. */
#define OVERRIDES                                                                                                          \
	{ OPT_FILE, 'c', "config", "FILE", "the configuration (default: config.json beside sperrips, then in this folder)" }, \
	{ OPT_RECORDING, 0, "recording", NULL, "record: recording true" },                                                 \
	{ OPT_REPLAYING, 0, "replaying", NULL, "replay: recording false" },                                                \
	{ OPT_COMMAND, 'n', "command", "NAME", "command: the entry of commands to run" },                                  \
	{ OPT_LAX, 0, "lax-policy", NULL, "lax_policy true" },                                                             \
	{ OPT_STRICT, 0, "strict-policy", NULL, "lax_policy false" },                                                      \
	{ OPT_POLICY, 'p', "policy", "FILE", "policy: this one instead of lax.spol or strict.spol" },                      \
	{ OPT_STDIN_TEXT, 0, "stdin-text", "TEXT", "stdin: the program's standard input" },                                \
	{ OPT_STDIN_HEX, 0, "stdin-hex", "HEX", "stdin with is_hex true" },                                                \
	{ OPT_ENABLE_CONTAINER, 0, "enable-container", NULL, "enable_container true" },                                    \
	{ OPT_NO_CONTAINER, 0, "no-container", NULL, "enable_container false" },                                           \
	{ OPT_CONTAINER, 0, "container", "DIR[:DIR]...", "ol_lowerdir, and enable_container true" },                       \
	{ OPT_UPPER, 0, "overlay-upper", "DIR", "ol_upperdir: where changes go" },                                         \
	{ OPT_WORK, 0, "overlay-work", "DIR", "ol_workdir: a folder for the kernel on the same file system" },             \
	{ OPT_MOUNT_POINT, 0, "mount-point", "DIR", "mount_point: where the container is put together" },                  \
	{ OPT_WORKDIR, 'C', "workdir", "DIR", "workdir: where the program runs, and where recording.bin is" },             \
	{ OPT_STDOUT, 0, "stdout-file", "FILE", "stdout_file: the program's standard output" },                            \
	{ OPT_STDERR, 0, "stderr-file", "FILE", "stderr_file: the program's standard error" },                             \
	{ OPT_VERBOSITY, 'v', "verbosity", "N", "verbosity: 0 only what is wrong, 1 results, 2 the configuration, too" }

static const struct cmd_option run_options[] = {
	OVERRIDES,
	{ OPT_SIGN, 0, "sign", "KEY", "sign what is written with this private key" },
	{ OPT_VERIFY_KEY, 0, "verify-key", "KEY", "replay: refuse a recording that the owner of this public key has not signed" },
};

static const struct cmd_option config_options[] = {
	OVERRIDES,
	{ OPT_PRINT, 0, "print", NULL, "show the configuration in effect, and what said so" },
	{ OPT_CHECK, 0, "check", NULL, "only look whether it could be run (the default)" },
	{ OPT_JSON, 'j', "json", NULL, "with --print: as a config.json; with --check: findings as JSON" },
};

/* What each option says of which key; value NULL: its argument. */
static const struct {
	int option;
	enum config_key key;
	const char *value;
	bool hex;
} meanings[] = {
	{ OPT_RECORDING, CONFIG_KEY_RECORDING, "true", false },
	{ OPT_REPLAYING, CONFIG_KEY_RECORDING, "false", false },
	{ OPT_COMMAND, CONFIG_KEY_COMMAND, NULL, false },
	{ OPT_LAX, CONFIG_KEY_LAX_POLICY, "true", false },
	{ OPT_STRICT, CONFIG_KEY_LAX_POLICY, "false", false },
	{ OPT_POLICY, CONFIG_KEY_POLICY, NULL, false },
	{ OPT_STDIN_TEXT, CONFIG_KEY_STDIN, NULL, false },
	{ OPT_STDIN_HEX, CONFIG_KEY_STDIN, NULL, true },
	{ OPT_ENABLE_CONTAINER, CONFIG_KEY_ENABLE_CONTAINER, "true", false },
	{ OPT_NO_CONTAINER, CONFIG_KEY_ENABLE_CONTAINER, "false", false },
	{ OPT_CONTAINER, CONFIG_KEY_ENABLE_CONTAINER, "true", false },
	{ OPT_CONTAINER, CONFIG_KEY_OL_LOWERDIR, NULL, false },
	{ OPT_UPPER, CONFIG_KEY_OL_UPPERDIR, NULL, false },
	{ OPT_WORK, CONFIG_KEY_OL_WORKDIR, NULL, false },
	{ OPT_MOUNT_POINT, CONFIG_KEY_MOUNT_POINT, NULL, false },
	{ OPT_WORKDIR, CONFIG_KEY_WORKDIR, NULL, false },
	{ OPT_STDOUT, CONFIG_KEY_STDOUT_FILE, NULL, false },
	{ OPT_STDERR, CONFIG_KEY_STDERR_FILE, NULL, false },
	{ OPT_VERBOSITY, CONFIG_KEY_VERBOSITY, NULL, false },
};

/* One invocation. */
struct job {
	struct cmd_args args;
	struct arena *arena;
	const char *path; /* of the file, or NULL */
	const char *sign, *verify_key; /* as record and replay have them */
	struct config_override *overrides;
	size_t n;
	bool print, check, json;
	struct buf text;
	struct diags *diags;
	struct config config;
};

static void job_free(struct job *j)
{
	diags_free(j->diags);
	buf_free(&j->text);
	arena_free(j->arena);
}

/* ---- the command line ---- */

static void add_override(struct job *j, int option)
{
	const char *name = NULL;

	for (size_t i = 0; i < j->args.command->noptions; i++) {
		if (j->args.command->options[i].id == option)
			name = j->args.command->options[i].name;
	}
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (meanings[i].option == option)
			j->overrides[j->n++] = (struct config_override){
				.key = meanings[i].key,
				.option = arena_printf(j->arena, "--%s", name),
				.text = meanings[i].value ? meanings[i].value : j->args.value,
				.hex = meanings[i].hex,
			};
	}
}

/* -1: go on; else the exit status. */
static int read_options(struct job *j, const char *tool, const struct command *command, int argc, char **argv)
{
	int option;

	j->overrides = arena_array(j->arena, 2 * (size_t)argc + 1, sizeof(*j->overrides)); /* at most two keys each */
	cmd_start(&j->args, tool, command, argc, argv, false);
	while ((option = cmd_next(&j->args)) != 0) {
		switch (option) {
		case OPT_FILE:
			j->path = j->args.value;
			break;
		case OPT_SIGN:
			j->sign = j->args.value;
			break;
		case OPT_VERIFY_KEY:
			j->verify_key = j->args.value;
			break;
		case OPT_PRINT:
			j->print = true;
			break;
		case OPT_CHECK:
			j->check = true;
			break;
		case OPT_JSON:
			j->json = true;
			break;
		case CMD_HELP:
		case CMD_VERSION:
		case -1:
			return cmd_standard(&j->args, option);
		default:
			add_override(j, option);
		}
	}
	if (j->print && j->check)
		return cmd_usage_error(&j->args, "--print and --check are two things to do");
	if (j->args.first < argc)
		j->overrides[j->n++] = (struct config_override){ .key = CONFIG_KEY_ARGS,
								 .option = "PROGRAM",
								 .words = (const char *const *)(argv + j->args.first) };
	return -1;
}

/* ---- the file ---- */

/* config.json beside the executable, else in the current directory.  NULL: neither. */
static const char *find_file(struct arena *arena)
{
	CLEANUP(free_ptr) char *self = realpath("/proc/self/exe", NULL);
	char *slash = self ? strrchr(self, '/') : NULL;
	const char *beside = slash ? arena_printf(arena, "%.*s/config.json", (int)(slash - self), self) : NULL;

	if (beside && access(beside, F_OK) == 0)
		return beside;
	return access("config.json", F_OK) == 0 ? "config.json" : NULL;
}

/* The options say all that a file would have to. */
static bool needs_no_file(const struct job *j)
{
	static const enum config_key needed[] = { CONFIG_KEY_RECORDING, CONFIG_KEY_COMMAND, CONFIG_KEY_ARGS };
	size_t found = 0;

	for (size_t k = 0; k < ARRAY_LEN(needed); k++) {
		bool said = false;

		for (size_t i = 0; i < j->n; i++)
			said |= j->overrides[i].key == needed[k];
		found += said;
	}
	return found == ARRAY_LEN(needed);
}

static void print_findings(struct job *j, FILE *to)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	if (j->json && j->check)
		diags_render_json(j->diags, &text);
	else if (diags_count(j->diags))
		diags_render_text(j->diags, cmd_color(), &text);
	fwrite(buf_cstr(&text), 1, text.len, to);
}

/* Reads the file and tells the findings.  0: config is filled; else the exit status, and the message is out. */
static int load(struct job *j)
{
	struct err err = { 0 };
	uint32_t file;
	bool good;

	if (!j->path)
		j->path = find_file(j->arena);
	if (!j->path && !needs_no_file(j))
		return cmd_usage_error(&j->args, "a command is missing, and there is no config.json beside the program or in "
						 "this folder; --config FILE names another one");
	if (!j->path) {
		j->path = "the command line";
		buf_str(&j->text, "{}");
	} else if (file_read(j->path, CONFIG_FILE_MAX, &j->text, &err) < 0) {
		return cmd_fail(j->args.tool, &err);
	}
	j->diags = diags_new();
	file = diags_source(j->diags, j->path, buf_cstr(&j->text), (uint32_t)j->text.len);
	good = config_read(&j->config, j->diags, file, j->overrides, j->n, j->arena, &err) &&
	       config_check_paths(&j->config, j->diags, j->arena, &err);
	print_findings(j, j->json && j->check ? stdout : stderr);
	if (err_is_set(&err))
		return cmd_fail(j->args.tool, &err);
	return good ? 0 : STATUS_USAGE;
}

/* ---- the run ---- */

/* The container as the command lines of record and replay would ask for it; its host name is that of the original. */
static struct box_request box_request(const struct config *c)
{
	const struct config_container box = config_container(c);

	if (!box.enable)
		return (struct box_request){ .outside = true };
	return (struct box_request){ .lower = box.lowerdir,
				     .upper = box.upperdir,
				     .work = box.workdir,
				     .mount_point = box.mount_point,
				     .hostname = "sperrips" };
}

static int run_record(const struct job *j, const struct config_files *f)
{
	const struct record_request q = {
		.policy = config_policy(&j->config),
		.output = f->recording,
		.name = j->config.of[CONFIG_KEY_COMMAND].text,
		.sign = j->sign,
		.stdin_path = f->stdin_path,
		.chdir = f->chdir,
		.argv = j->config.of[CONFIG_KEY_ARGS].words,
		.outputs = f->outputs,
		.box = box_request(&j->config),
	};

	return record_run(&q);
}

static int run_replay(const struct job *j, const struct config_files *f, bool quiet)
{
	const struct replay_request q = {
		.policy = config_policy(&j->config),
		.input = f->recording,
		.name = j->config.of[CONFIG_KEY_COMMAND].text,
		.differences = f->differences,
		.verify_key = j->verify_key,
		.sign = j->sign,
		.stdin_path = f->stdin_path,
		.chdir = f->chdir,
		.argv = j->config.of[CONFIG_KEY_ARGS].words,
		.outputs = f->outputs,
		.box = box_request(&j->config),
		.quiet = quiet,
	};

	if (!quiet)
		fprintf(stderr, TOOL ": recording: %s\n", f->shown);
	return replay_run(&q);
}

static int run(struct job *j)
{
	bool recording = j->config.of[CONFIG_KEY_RECORDING].flag;
	long verbosity = j->config.of[CONFIG_KEY_VERBOSITY].number;
	struct config_files files;
	struct err err = { 0 };
	int status;

	if (verbosity > 1) {
		CLEANUP(buf_free) struct buf text = { 0 };

		config_print_text(&j->config, j->diags, &text);
		fputs(buf_cstr(&text), stderr);
	}
	if (config_files_open(&files, &j->config, j->arena, &err) < 0)
		status = cmd_fail(TOOL, &err);
	else
		status = recording ? run_record(j, &files) : run_replay(j, &files, verbosity == 0);
	if (config_files_close(&files, &j->config, TOOL, verbosity > 0, j->arena) < 0)
		status = recording ? STATUS_RECORD_FAILED : STATUS_USAGE;
	return status;
}

static int front_main(int argc, char **argv)
{
	struct job j = { .arena = arena_new() };
	int status = read_options(&j, TOOL, &cmd_front, argc, argv);

	if (status < 0)
		status = load(&j);
	if (status == 0 && j.diags)
		status = run(&j);
	job_free(&j);
	return status;
}

const struct command cmd_front = {
	.name = "",
	.synopsis = "[--recording|--replaying] [--config FILE] [OPTION]... [[--] PROGRAM [ARG]...]",
	.summary = "Record or replay what config.json says; options and PROGRAM go before what is in it",
	.options = run_options,
	.noptions = ARRAY_LEN(run_options),
	.run = front_main,
};

/* ---- sperrips config ---- */

static int show(struct job *j)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (j->json && config_print_json(&j->config, &text, &err) < 0)
		return cmd_fail(TOOL_CONFIG, &err);
	if (!j->json)
		config_print_text(&j->config, j->diags, &text);
	fwrite(buf_cstr(&text), 1, text.len, stdout);
	return 0;
}

static int config_command(int argc, char **argv)
{
	struct job j = { .arena = arena_new() };
	int status = read_options(&j, TOOL_CONFIG, &cmd_config, argc, argv);

	if (status < 0) {
		j.check = !j.print;
		status = load(&j);
	}
	if (status == 0 && j.print)
		status = show(&j);
	else if (status == 0 && j.diags && !j.json)
		printf("%s can be run\n", j.path);
	if (j.diags)
		status = cmd_end_output(TOOL_CONFIG, status);
	job_free(&j);
	return status;
}

const struct command cmd_config = {
	.name = "config",
	.synopsis = "[--check|--print] [--json] [--config FILE] [OPTION]... [[--] PROGRAM [ARG]...]",
	.summary = "Check a config.json, or show what it comes to",
	.options = config_options,
	.noptions = ARRAY_LEN(config_options),
	.run = config_command,
};

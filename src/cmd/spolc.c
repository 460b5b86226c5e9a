/*
 * spolc: the policy compiler's command line.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "cmd/common.h"

#include <string.h>
#include <unistd.h>

enum {
	OPT_CHECK = 1,
	OPT_FIX,
	OPT_DUMP,
	OPT_SCHEMA,
	OPT_LSP,
	OPT_LIST,
	OPT_ONLY,
	OPT_EXPLAIN,
	OPT_VERIFY,
	OPT_OUTPUT,
	OPT_STDOUT,
	OPT_WARNING,
	OPT_FORMAT,
	OPT_COMPLETION,
	OPT_FMT,
	OPT_WRITE,
	OPT_DIFF,
	OPT_SYNTAX,
	OPT_TEST,
	OPT_COVERAGE,
	OPT_MIN_COVERAGE,
	OPT_FAIL_IF_WEAKER,
	OPT_VERBOSE,
};

static const struct cmd_option options[] = {
	{ OPT_OUTPUT, 'o', "output", "FILE", "write the compiled policy there (FILE.spol gives FILE.spo without it)" },
	{ OPT_STDOUT, 0, "stdout", NULL, "write the compiled policy to standard output" },
	{ OPT_CHECK, 0, "check", NULL, "only look for errors and suspicious things; 0: none, 1: some, 2: cannot tell" },
	{ OPT_TEST, 0, "test", NULL,
	  "run the tests that stand in policies; 0: all hold, 1: some do not, or there are none" },
	{ OPT_FMT, 0, "fmt", NULL, "print policies in canonical layout ('-': standard input)" },
	{ OPT_WRITE, 'w', "write", NULL, "with --fmt: write files back, if they change" },
	{ OPT_COVERAGE, 0, "coverage", "text|json", "with --test: how often each arm of the file decided" },
	{ OPT_MIN_COVERAGE, 0, "min-coverage", "PERCENT", "with --test: fewer arms that decided are a failure" },
	{ OPT_FIX, 0, "fix", NULL, "make the corrections that are certain in the files named, then check them" },
	{ OPT_LIST, 0, "list", NULL, "print what decides each field, one a line" },
	{ OPT_ONLY, 0, "only", "CALL[.FIELD]", "list what decides this; %CLASS and 'any KIND' can be named, too" },
	{ OPT_EXPLAIN, 0, "explain", "CALL[.FIELD]",
	  "print which rules speak of it, which decide, and why not the others" },
	{ OPT_DIFF, 0, "diff", NULL,
	  "compare what two policies decide; with --fmt: show what would change; 0: nothing, 1: something" },
	{ OPT_FAIL_IF_WEAKER, 0, "fail-if-weaker", NULL, "with --diff: 1 only if NEW may let something pass that OLD does not" },
	{ OPT_VERBOSE, 'v', "verbose", NULL, "with --diff: name all fields, show all that was found" },
	{ OPT_DUMP, 0, "dump", NULL, "disassemble a policy, compiled or not" },
	{ OPT_VERIFY, 0, "verify", NULL, "check a compiled policy: sound, and what its own source texts compile to" },
	{ OPT_SCHEMA, 0, "schema", NULL, "print the fields of a call, or of all calls" },
	{ OPT_WARNING, 'W', "warn", "WHAT",
	  "[no-]all, [no-]style, [no-]CODE: report or leave out; [no-]error[=CODE]: count as errors" },
	{ OPT_FORMAT, 0, "format", "text|json|sarif",
	  "how findings, lists and explanations are printed (json: an object a file; sarif: one log of findings)" },
	{ OPT_LSP, 0, "lsp", NULL, "serve an editor: the Language Server Protocol on standard input and output" },
	{ OPT_COMPLETION, 0, "completion", NULL, "print a completion script for bash" },
	{ OPT_SYNTAX, 0, "syntax", "vim", "print a syntax file for an editor" },
};

static const struct command command = {
	.name = "spolc",
	.synopsis = "[OPTION]... FILE...\n       spolc --diff OLD NEW\n       spolc --schema [CALL]\n       spolc --help CODE",
	.summary = "Compiles policies: FILE.spol to FILE.spo",
	.options = options,
	.noptions = ARRAY_LEN(options),
};

typedef int file_fn(const struct spolc_job *j, const char *path);

/* What can be done; the option that asks for it. */
struct mode {
	int option;      /* 0: none of them was given */
	int least, most; /* operands; most 0: as many as there are, -1: none */
	const char *too_few, *too_many;
	file_fn *first; /* for each operand before all else, or NULL */
	file_fn *each;  /* for each operand */
	file_fn *once;  /* or: once, with the first operand or NULL */
	int (*both)(const struct spolc_job *j, const char *first, const char *second); /* or: with two operands */
};

static const struct mode modes[] = {
	{ .option = 0, .least = 1, .too_few = "a file is missing", .each = spolc_compile },
	{ .option = OPT_CHECK, .least = 1, .too_few = "a file is missing", .each = spolc_compile },
	{ .option = OPT_FIX, .least = 1, .too_few = "a file is missing", .first = spolc_fix, .each = spolc_compile },
	{ .option = OPT_FMT, .least = 1, .too_few = "a file is missing", .each = spolc_fmt },
	{ .option = OPT_TEST, .least = 1, .too_few = "a file is missing", .each = spolc_test },
	{ .option = OPT_LIST, .least = 1, .too_few = "a file is missing", .each = spolc_list },
	{ .option = OPT_EXPLAIN, .least = 1, .too_few = "a file is missing", .each = spolc_explain },
	{ .option = OPT_DIFF,
	  .least = 2,
	  .most = 2,
	  .too_few = "--diff takes two policies, OLD and NEW",
	  .too_many = "--diff takes two policies, OLD and NEW",
	  .both = spolc_diff },
	{ .option = OPT_DUMP, .least = 1, .too_few = "a file is missing", .each = spolc_dump },
	{ .option = OPT_VERIFY, .least = 1, .too_few = "a file is missing", .each = spolc_verify },
	{ .option = OPT_LSP, .most = -1, .too_many = "--lsp takes no file: the editor names them", .once = spolc_lsp },
	{ .option = OPT_SCHEMA, .most = 1, .too_many = "--schema takes one call", .once = spolc_schema },
};

static const struct mode *find_mode(int option)
{
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (modes[i].option == option)
			return &modes[i];
	}
	return NULL;
}

/* ---- command line ---- */

static int set_mode(struct spolc_job *j, const struct mode **mode, int id)
{
	const struct mode *wanted = find_mode(id);

	INVARIANT(wanted != NULL); /* an option of the table that nothing handles would end here */
	if ((*mode)->option && *mode != wanted)
		return cmd_usage_error(&j->args, "only one thing can be done at a time");
	*mode = wanted;
	return 0;
}

static int set_format(struct spolc_job *j, const char *value)
{
	static const char *const names[] = { [SPOLC_TEXT] = "text", [SPOLC_JSON] = "json", [SPOLC_SARIF] = "sarif" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			j->format = (enum spolc_format)i;
			return 0;
		}
	}
	return cmd_usage_error(&j->args, "--format takes text, json or sarif, not '%s'", value);
}

static int set_option(struct spolc_job *j, const struct mode **mode, int id, const char *value)
{
	switch (id) {
	case OPT_OUTPUT:
		j->output = value;
		return 0;
	case OPT_STDOUT:
		j->to_stdout = true;
		return 0;
	case OPT_WARNING:
		return spolc_set_warning(j, value);
	case OPT_FORMAT:
		return set_format(j, value);
	case OPT_WRITE:
		j->fmt_write = true;
		return 0;
	case OPT_DIFF:
		j->diff = true;
		return 0;
	case OPT_ONLY:
		j->only = value;
		return 0;
	case OPT_COVERAGE:
		return spolc_set_coverage(j, value);
	case OPT_MIN_COVERAGE:
		return spolc_set_min_coverage(j, value);
	case OPT_FAIL_IF_WEAKER:
		j->fail_if_weaker = true;
		return 0;
	case OPT_VERBOSE:
		j->verbose = true;
		return 0;
	case OPT_EXPLAIN:
		j->explain = value;
		break;
	case OPT_CHECK:
	case OPT_FIX:
		j->checking = true;
		break;
	default:
		break;
	}
	return set_mode(j, mode, id);
}

static int max(int a, int b)
{
	return a > b ? a : b;
}

static int check_usage(const struct spolc_job *j, const struct mode *mode, int operands)
{
	if (operands < mode->least)
		return cmd_usage_error(&j->args, "%s", mode->too_few);
	if (mode->most && operands > max(mode->most, 0))
		return cmd_usage_error(&j->args, "%s", mode->too_many);
	if ((j->output || j->to_stdout) && (mode->option || operands > 1))
		return cmd_usage_error(&j->args, "--%s is for compiling one file", j->output ? "output" : "stdout");
	if (j->format == SPOLC_SARIF && mode->option && !j->checking)
		return cmd_usage_error(&j->args, "--format=sarif is for --check, --fix and compiling");
	if (j->fmt_write && mode->option != OPT_FMT)
		return cmd_usage_error(&j->args, "--write is for --fmt");
	if (j->diff && mode->option != OPT_FMT && mode->option != OPT_DIFF)
		return cmd_usage_error(&j->args, "only one thing can be done at a time");
	if (j->fmt_write && j->diff)
		return cmd_usage_error(&j->args, "--write and --diff exclude each other");
	if ((j->fail_if_weaker || j->verbose) && mode->option != OPT_DIFF)
		return cmd_usage_error(&j->args, "--%s is for --diff", j->verbose ? "verbose" : "fail-if-weaker");
	if (j->only && mode->option != OPT_LIST)
		return cmd_usage_error(&j->args, "--only is for --list");
	if (j->coverage_asked && mode->option != OPT_TEST)
		return cmd_usage_error(&j->args, "--coverage and --min-coverage are for --test");
	if (j->output && j->to_stdout)
		return cmd_usage_error(&j->args, "--output and --stdout exclude each other");
	if (j->to_stdout && isatty(STDOUT_FILENO))
		return cmd_usage_error(&j->args, "a compiled policy is not written to a terminal");
	return 0;
}

static int do_all(struct spolc_job *j, const struct mode *mode, char **operands, int n)
{
	int worst = 0;

	j->arena = arena_new();
	j->schema = &abi_schema_made;
	j->spol = (struct spol_options){ .schema = j->schema,
					 .search = cmd_policy_search(j->arena),
					 .style = spolc_wants_style(j) };
	if (j->format == SPOLC_SARIF)
		j->sarif = sarif_new();
	if (mode->once)
		worst = mode->once(j, n ? operands[0] : NULL);
	if (mode->both)
		worst = mode->both(j, operands[0], operands[1]);
	for (int i = 0; mode->first && i < n; i++)
		worst = max(worst, mode->first(j, operands[i]));
	for (int i = 0; mode->each && i < n; i++)
		worst = max(worst, mode->each(j, operands[i]));
	if (j->sarif)
		sarif_print(j->sarif, worst, j->checking ? stdout : stderr);
	sarif_free(j->sarif);
	arena_free(j->arena);
	spolc_forget_warnings(j);
	return cmd_end_output(j->args.tool, worst);
}

int main(int argc, char **argv)
{
	struct spolc_job j = { 0 };
	const struct mode *mode = find_mode(0);
	int id, status;

	cmd_guard_stdio();
	cmd_start(&j.args, "spolc", &command, argc, argv, true);
	while ((id = cmd_next(&j.args)) != 0) {
		if (id == CMD_HELP && j.args.first < argc && argv[j.args.first][0] != '-')
			return spolc_print_page(argv[j.args.first]);
		if (id == OPT_COMPLETION) {
			cmd_print_completion("spolc", &(const struct command *){ &command }, 1, NULL, stdout);
			return cmd_end_output("spolc", 0);
		}
		if (id == OPT_SYNTAX)
			return spolc_print_syntax(&j.args, j.args.value);
		if (id < 0 || id == CMD_HELP || id == CMD_VERSION)
			return cmd_standard(&j.args, id);
		status = set_option(&j, &mode, id, j.args.value);
		if (status) {
			spolc_forget_warnings(&j);
			return status;
		}
	}
	/* beside --fmt it is not what is done, but how */
	if (j.diff && !mode->option)
		mode = find_mode(OPT_DIFF);
	status = check_usage(&j, mode, argc - j.args.first);
	if (status) {
		spolc_forget_warnings(&j);
		return status;
	}
	return do_all(&j, mode, argv + j.args.first, argc - j.args.first);
}

/*
 * spolc: the policy compiler's command line.  Compiles, checks, lists, explains and disassembles policies.
 */
#include "abi/schema.h"
#include "base/check.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "cmd/common.h"
#include "cmd/option.h"
#include "spol/compile.h"
#include "vm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_FINDINGS 1 /* errors or warnings were found */
#define STATUS_FAILED   2 /* nothing could be found out */
#define IMAGE_MAX       ((size_t)64 << 20)
#define OFF_MAX         64 /* warnings that one command line may switch off */

enum {
	OPT_CHECK = 1,
	OPT_DUMP,
	OPT_SCHEMA,
	OPT_LIST,
	OPT_EXPLAIN,
	OPT_VERIFY,
	OPT_OUTPUT,
	OPT_STDOUT,
	OPT_WARNING,
	OPT_FORMAT,
	OPT_COMPLETION,
};

static const struct cmd_option options[] = {
	{ OPT_OUTPUT, 'o', "output", "FILE", "write the compiled policy there (FILE.spol gives FILE.spo without it)" },
	{ OPT_STDOUT, 0, "stdout", NULL, "write the compiled policy to standard output" },
	{ OPT_CHECK, 0, "check", NULL, "only look for errors and suspicious things; 0: none, 1: some, 2: cannot tell" },
	{ OPT_LIST, 0, "list", NULL, "print what decides each field, one a line" },
	{ OPT_EXPLAIN, 0, "explain", "CALL[.FIELD]", "print which rules speak of a field and which one decides" },
	{ OPT_DUMP, 0, "dump", NULL, "disassemble a policy, compiled or not" },
	{ OPT_VERIFY, 0, "verify", NULL, "make the checks that loading a compiled policy makes" },
	{ OPT_SCHEMA, 0, "schema", NULL, "print the fields of a call, or of all calls" },
	{ OPT_WARNING, 'W', "warn", "WHAT", "error: warnings are errors; no-CODE: leave one out" },
	{ OPT_FORMAT, 0, "format", "text|json", "how findings are printed (json: an object a file and line)" },
	{ OPT_COMPLETION, 0, "completion", NULL, "print a completion script for bash" },
};

static const struct command command = {
	.name = "spolc",
	.synopsis = "[OPTION]... FILE...\n       spolc --schema [CALL]\n       spolc --help CODE",
	.summary = "Compiles policies: FILE.spol to FILE.spo",
	.options = options,
	.noptions = sizeof(options) / sizeof(options[0]),
};

/* What the command line says. */
struct job {
	struct cmd_args args;
	int mode; /* 0: compile */
	const char *output, *explain;
	bool to_stdout, json, strict;
	const char *off[OFF_MAX];
	size_t noff;
	/* shared by all files */
	struct abi_schema *schema;
	struct arena *arena;
	struct spol_options spol;
};

static const struct page {
	const char *code, *title, *text;
} pages[] = {
#define CODE(id, title, page) { #id, title, page },
#include "spol/codes.def"
};

static int print_page(const char *code)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(pages[i].code, code) == 0) {
			printf("%s: %s\n\n%s", pages[i].code, pages[i].title, pages[i].text);
			return cmd_end_output("spolc", 0);
		}
	}
	fprintf(stderr, "spolc: there is no code %s\n", code);
	return STATUS_USAGE;
}

/* ---- findings ---- */

static void drop_switched_off(const struct job *j, struct diags *d)
{
	for (unsigned i = diags_count(d); i-- > 0;) {
		const struct diag *g = diags_get(d, i);

		for (size_t k = 0; k < j->noff; k++) {
			if (g->level == DIAG_WARNING && strcmp(g->code, j->off[k]) == 0) {
				diags_remove(d, i);
				break;
			}
		}
	}
}

/* Prints the findings; true: there are some that count. */
static bool print_findings(const struct job *j, struct diags *d, FILE *to)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	drop_switched_off(j, d);
	if (j->json)
		diags_render_json(d, &text);
	else
		diags_render_text(d, to == stderr && cmd_color(), &text);
	if (text.len) {
		fputs(buf_cstr(&text), to);
		if (text.data[text.len - 1] != '\n')
			fputc('\n', to);
	}
	return diags_errors(d) || ((j->strict || j->mode == OPT_CHECK) && diags_warnings(d));
}

/* What came of one file: a failure to read it is told, findings were told. */
static int file_status(const struct job *j, bool findings, int r, const struct err *err)
{
	if (r != 0 && err->code != ERR_POLICY) {
		cmd_fail(j->args.tool, err);
		return STATUS_FAILED;
	}
	return findings || r != 0 ? STATUS_FINDINGS : 0;
}

static void note_tests(const struct job *j, const char *path)
{
	unsigned n = spol_count_tests(&j->spol, path, j->arena);

	if (n && !j->json)
		fprintf(stderr, "%s: note: %u test block%s not run\n", path, n, n == 1 ? " was" : "s were");
}

/* ---- what can be done with a file ---- */

static char *output_name(const char *path)
{
	size_t len = strlen(path);
	char *name = NULL;

	if (len > 5 && strcmp(path + len - 5, ".spol") == 0)
		len -= 5;
	if (asprintf(&name, "%.*s.spo", (int)len, path) < 0)
		return NULL;
	return name;
}

static int write_image(const struct job *j, const char *path, const struct buf *image, struct err *err)
{
	CLEANUP(free_ptr) char *name = NULL;

	if (j->to_stdout)
		return fd_write_all(STDOUT_FILENO, image->data, image->len, "standard output", err);
	if (!j->output)
		name = output_name(path);
	return file_write_atomic(j->output ? j->output : name, image->data, image->len, err);
}

static int compile_file(const struct job *j, const char *path)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = spol_compile(&j->spol, path, d, j->arena, &image, &err);
	bool findings = print_findings(j, d, j->mode == OPT_CHECK && j->json ? stdout : stderr);

	if (r == 0)
		note_tests(j, path);
	if (r == 0 && !findings && j->mode != OPT_CHECK)
		r = write_image(j, path, &image, &err);
	diags_free(d);
	return file_status(j, findings, r, &err);
}

static int list_file(const struct job *j, const char *path)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = j->mode == OPT_LIST ? spol_list(&j->spol, path, NULL, d, j->arena, &text, &err)
				    : spol_explain(&j->spol, path, j->explain, d, j->arena, &text, &err);
	bool findings = print_findings(j, d, stderr);

	diags_free(d);
	if (r == 0)
		fputs(buf_cstr(&text), stdout);
	return file_status(j, findings, r, &err);
}

static int dump_file(const struct job *j, const char *path)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	struct vm_prog *prog = spol_load_policy(&j->spol, path, d, j->arena, &err);
	bool findings = print_findings(j, d, stderr);

	diags_free(d);
	if (prog) {
		struct vm_schema schema;

		spol_vm_schema(j->schema, j->arena, &schema);
		vm_disassemble(prog, &schema, &text);
		fwrite(text.data, 1, text.len, stdout);
		vm_free(prog);
	}
	return file_status(j, findings, prog ? 0 : -1, &err);
}

static int verify_file(const struct job *j, const char *path)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct err err = { 0 };
	struct vm_schema schema;
	struct vm_prog *prog;

	if (file_read(path, IMAGE_MAX, &image, &err) != 0)
		return cmd_fail(j->args.tool, &err);
	spol_vm_schema(j->schema, j->arena, &schema);
	prog = vm_load(image.data, image.len, path, &schema, &err);
	if (!prog) {
		cmd_fail(j->args.tool, &err);
		return STATUS_FINDINGS;
	}
	printf("%s: policy %s, %u rules: sound\n", path, vm_policy_name(prog), vm_rule_count(prog));
	vm_free(prog);
	return 0;
}

static int print_schema(const struct job *j, const char *call)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (spol_print_schema(j->schema, call, &text, &err) != 0)
		return cmd_fail(j->args.tool, &err);
	fputs(buf_cstr(&text), stdout);
	return 0;
}

/* ---- command line ---- */

static int set_mode(struct job *j, int mode)
{
	if (j->mode && j->mode != mode)
		return cmd_usage_error(&j->args, "only one thing can be done at a time");
	j->mode = mode;
	return 0;
}

static int set_warning(struct job *j, const char *what)
{
	if (strcmp(what, "error") == 0) {
		j->strict = true;
		return 0;
	}
	if (strcmp(what, "all") == 0 || strcmp(what, "style") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (pages[i].code[0] != 'W')
			continue;
		if (strcmp(what, pages[i].code) == 0)
			return 0;
		if (strncmp(what, "no-", 3) == 0 && strcmp(what + 3, pages[i].code) == 0 && j->noff < OFF_MAX) {
			j->off[j->noff++] = pages[i].code;
			return 0;
		}
	}
	return cmd_usage_error(&j->args, "-W takes error, all, style, CODE or no-CODE, not '%s'", what);
}

static int set_option(struct job *j, int id, const char *value)
{
	switch (id) {
	case OPT_OUTPUT:
		j->output = value;
		return 0;
	case OPT_STDOUT:
		j->to_stdout = true;
		return 0;
	case OPT_WARNING:
		return set_warning(j, value);
	case OPT_FORMAT:
		if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
			return cmd_usage_error(&j->args, "--format takes text or json, not '%s'", value);
		j->json = strcmp(value, "json") == 0;
		return 0;
	case OPT_EXPLAIN:
		j->explain = value;
		return set_mode(j, id);
	default:
		return set_mode(j, id);
	}
}

static int check_usage(const struct job *j, int operands)
{
	if (j->mode == OPT_SCHEMA)
		return operands > 1 ? cmd_usage_error(&j->args, "--schema takes one call") : 0;
	if (operands == 0)
		return cmd_usage_error(&j->args, "a file is missing");
	if ((j->output || j->to_stdout) && (j->mode || operands > 1))
		return cmd_usage_error(&j->args, "--%s is for compiling one file", j->output ? "output" : "stdout");
	if (j->output && j->to_stdout)
		return cmd_usage_error(&j->args, "--output and --stdout exclude each other");
	if (j->to_stdout && isatty(STDOUT_FILENO))
		return cmd_usage_error(&j->args, "a compiled policy is not written to a terminal");
	return 0;
}

static int do_file(const struct job *j, const char *path)
{
	switch (j->mode) {
	case OPT_LIST:
	case OPT_EXPLAIN:
		return list_file(j, path);
	case OPT_DUMP:
		return dump_file(j, path);
	case OPT_VERIFY:
		return verify_file(j, path);
	default:
		return compile_file(j, path);
	}
}

static int do_all(struct job *j, char **operands, int n)
{
	int worst = 0;

	j->arena = arena_new();
	j->schema = abi_schema_new(ARCH_X86_64);
	j->spol = (struct spol_options){ .schema = j->schema, .search = cmd_policy_search(j->arena) };
	if (j->mode == OPT_SCHEMA)
		worst = print_schema(j, n ? operands[0] : NULL);
	for (int i = 0; j->mode != OPT_SCHEMA && i < n; i++) {
		int status = do_file(j, operands[i]);

		worst = status > worst ? status : worst;
	}
	abi_schema_free(j->schema);
	arena_free(j->arena);
	return cmd_end_output(j->args.tool, worst);
}

int main(int argc, char **argv)
{
	struct job j = { 0 };
	int id, status;

	cmd_guard_stdio();
	cmd_start(&j.args, "spolc", &command, argc, argv, true);
	while ((id = cmd_next(&j.args)) != 0) {
		if (id < 0)
			return STATUS_USAGE;
		if (id == CMD_HELP) {
			if (j.args.first < argc && argv[j.args.first][0] != '-')
				return print_page(argv[j.args.first]);
			cmd_print_help("spolc", &command, stdout);
			return cmd_end_output("spolc", 0);
		}
		if (id == OPT_COMPLETION) {
			cmd_print_completion("spolc", &(const struct command *){ &command }, 1, stdout);
			return cmd_end_output("spolc", 0);
		}
		if (id == CMD_VERSION) {
			cmd_print_version("spolc", stdout);
			return cmd_end_output("spolc", 0);
		}
		status = set_option(&j, id, j.args.value);
		if (status)
			return status;
	}
	status = check_usage(&j, argc - j.args.first);
	if (status)
		return status;
	return do_all(&j, argv + j.args.first, argc - j.args.first);
}

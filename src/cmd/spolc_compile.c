/*
 * spolc FILE, --check and --verify: a policy to an image, or only its findings; and the checks that loading makes.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "base/fdio.h"
#include "cmd/common.h"

#include <string.h>
#include <unistd.h>

#define IMAGE_MAX ((size_t)64 << 20)

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

static int write_image(const struct spolc_job *j, const char *path, const struct buf *image, struct err *err)
{
	CLEANUP(free_ptr) char *name = NULL;

	if (j->to_stdout)
		return fd_write_all(STDOUT_FILENO, image->data, image->len, "standard output", err);
	if (!j->output)
		name = output_name(path);
	return file_write_atomic(j->output ? j->output : name, image->data, image->len, err);
}

int spolc_compile(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	int r = spol_compile(&j->spol, path, d, j->arena, &image, &err);
	bool findings = spolc_print_findings(j, d, j->checking && j->format != SPOLC_TEXT ? stdout : stderr);

	if (r == 0 && !findings && !j->checking)
		r = write_image(j, path, &image, &err);
	diags_free(d);
	return spolc_file_status(j, findings, r, &err);
}

int spolc_verify(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf image = { 0 }, why = { 0 };
	struct err err = { 0 };
	struct vm_schema schema;
	struct vm_prog *prog;
	int status = 0;

	if (file_read(path, IMAGE_MAX, &image, &err) != 0)
		return cmd_fail(j->args.tool, &err);
	spol_vm_schema(j->schema, j->arena, &schema);
	prog = vm_load(image.data, image.len, path, &schema, &err);
	if (!prog) {
		cmd_fail(j->args.tool, &err);
		return STATUS_FINDINGS;
	}
	if (spol_check_sources(j->schema, prog, &why)) {
		printf("%s: policy %s, %u rules: sound, and what its %u source text%s compile%s to\n", path,
		       vm_policy_name(prog), vm_rule_count(prog), vm_source_count(prog),
		       vm_source_count(prog) == 1 ? "" : "s", vm_source_count(prog) == 1 ? "s" : "");
	} else {
		printf("%s: policy %s, %u rules: not to be trusted\n", path, vm_policy_name(prog), vm_rule_count(prog));
		fprintf(stderr, "%s: %s: %s (altered, or made by another version of spolc)\n", j->args.tool, path,
			buf_cstr(&why));
		status = STATUS_FINDINGS;
	}
	vm_free(prog);
	return status;
}

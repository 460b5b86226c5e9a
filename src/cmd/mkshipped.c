/*
 * mkshipped DIRECTORY NAME...: compiles and verifies policies of a directory, and writes src/cmd/shipped.c to standard
 * output while the other programs are being built.
 */
#include "base/diag.h"
#include "spol/compile.h"

#include <stdio.h>

/* Looks nowhere but in the directory: a user's have no say in what is built in. */
static int add(const char *dir, const char *name, unsigned number, struct buf *out)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	struct spol_options o = { .schema = &abi_schema_made };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diags *d = diags_new();
	struct err err = { 0 };
	struct vm_prog *prog = spol_load_policy(&o, arena_printf(arena, "%s/%s", dir, name), d, arena, &err);

	if (prog) {
		vm_write_c(prog, arena_printf(arena, "policy_%u", number), out);
	} else {
		diags_render_text(d, false, &text);
		fprintf(stderr, "mkshipped: %s\n%s", err.text, buf_cstr(&text));
	}
	diags_free(d);
	if (!prog)
		return -1;
	vm_free(prog);
	return 0;
}

int main(int argc, char **argv)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	bool written;

	if (argc < 3)
		return 2;
	buf_str(&text, "/* Made by mkshipped. */\n#include \"cmd/shipped.h\"\n#include \"vm/prog.h\"\n");
	for (int i = 2; i < argc; i++) {
		if (add(argv[1], argv[i], (unsigned)i, &text) != 0)
			return 1;
	}
	buf_str(&text, "const struct spol_shipped cmd_shipped[] = {\n");
	for (int i = 2; i < argc; i++)
		buf_printf(&text, "{\"%s\", &policy_%d},\n", argv[i], i);
	buf_printf(&text, "};\nconst size_t cmd_nshipped = %d;\n", argc - 2);
	written = fwrite(text.data, 1, text.len, stdout) == text.len && fclose(stdout) == 0;
	return written ? 0 : 1;
}

/*
 * The policy compiler: files to a .spo image, with everything that was wrong on the way.
 */
#ifndef SPOL_COMPILE_H
#define SPOL_COMPILE_H

#include "abi/schema.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "vm/vm.h"

#include <stdbool.h>

/* A text that stands for a file's content: what an editor has open. */
struct spol_open_file {
	const char *path; /* any name of the file; it need not exist */
	const char *text;
	size_t len;
};

/* One of the texts that a whole policy consists of, as an image carries them. */
struct spol_sealed_file {
	const char *name; /* as it is called in the image */
	const char *text;
	size_t len;
	const uint32_t *extends; /* by number among them, in the order of its `extends` */
	size_t nextends;
};

struct spol_options {
	const struct abi_schema *schema;
	const char *const *search;         /* directories for `extends` after the file's own, NULL-ended; may be NULL */
	const struct spol_open_file *open; /* nopen of them; read instead of the files of these names */
	size_t nopen;
	bool regular; /* read regular files only: others may keep a reader waiting */
	bool style; /* report matters of style (S2xxx), too */
	/* nsealed > 0: the whole policy, the top file last; nothing is read from files, and paths mean nothing */
	const struct spol_sealed_file *sealed;
	size_t nsealed;
};

/*
 * Compiles the file at path and what it extends.  Findings go to d (sources are added to it; their texts live in
 * arena). 0: out is the image, without errors (warnings may be there).  -1 with *err IO or LIMIT: the file itself
 * cannot be read.  -1 with *err POLICY: d has the errors.
 */
int spol_compile(const struct spol_options *o, const char *path, struct diags *d, struct arena *arena, struct buf *out,
		 struct err *err);
/* The vm's view of a schema: fills *v, which lends from s and from arena. */
void spol_vm_schema(const struct abi_schema *s, struct arena *arena, struct vm_schema *v);
/* How something is written: for people (and grep), or one JSON object on a line. */
enum spol_form {
	SPOL_TEXT,
	SPOL_JSON,
};

/*
 * The effective rule of every field, one a line: "read.buf: replay if ... else equal  # cat.spol:12".  what limits it
 * to a call ("read"), its variants ("ioctl(TCGETS)"), a field or struct ("read.buf"), a class ("%file"), a kind ("any
 * inode"), a signal ("signal SIGCHLD.si_pid") or a number ("syscall_999"); NULL: all.  As spol_compile(); also -1 with
 * *err USAGE: there is no such thing.
 */
int spol_list(const struct spol_options *o, const char *path, const char *what, enum spol_form form, struct diags *d,
	      struct arena *arena, struct buf *out, struct err *err);
/*
 * Of each call and field that `what` means: the rules that speak of it, which of their arms decide in which order, and
 * why each of the others does not; the promises about it, and what the call's disposition means for it.  what: as for
 * spol_list(), not NULL.
 */
int spol_explain(const struct spol_options *o, const char *path, const char *what, enum spol_form form, struct diags *d,
		 struct arena *arena, struct buf *out, struct err *err);
/*
 * Fields of a call (NULL: of all calls) with kind, direction, encoding and legal verbs, as a table.  -1: *err USAGE,
 * there is no such call.
 */
int spol_print_schema(const struct abi_schema *s, const char *call, struct buf *out, struct err *err);
/*
 * true: the source texts that the image carries compile to this very image, so what it shows is what it decides.  false:
 * *why gets the reason, without a line end.  Another version of the compiler may make another image of the same texts.
 */
bool spol_check_sources(const struct abi_schema *schema, const struct vm_prog *prog, struct buf *why);
/*
 * Loads a policy for the engine: .spo images as they are, anything else is compiled (*d gets the findings, rendered by
 * the caller when *err is POLICY).
 */
struct vm_prog *spol_load_policy(const struct spol_options *o, const char *path, struct diags *d, struct arena *arena,
				 struct err *err);

/* What this very compiler made of a policy when the program was built. */
struct spol_shipped {
	const char *name; /* of its top file: "strict.spol" */
	const struct vm_prog *prog;
};

/*
 * shipped->prog in place of compiling the policy at path, if compiling would give the same image: path is a file of that
 * name, and its text and the texts of all that it extends, looked up as the compiler does, are those that the image was
 * made of.  NULL: it would not, or that is not certain.  Files are named without a directory in its `extends`.
 */
struct vm_prog *spol_load_shipped(const struct spol_options *o, const struct spol_shipped *shipped, const char *path,
				  struct arena *arena);

#endif

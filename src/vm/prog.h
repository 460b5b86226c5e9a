/*
 * A verified program.  Only vm_load() makes one, and vm_write_c() of such a one, so the interpreter checks nothing that the
 * verifier has proven.  Inside vm/ only, but for the files that are written.
 */
#ifndef VM_PROG_H
#define VM_PROG_H

#include "vm/image.h"

struct vm_prog {
	struct vm_image image;
	uint8_t digest[DIGEST_SIZE];
	struct arena *arena; /* holds all of it; NULL: it is const */
};

/* Everything that vm_load() promises beyond the container.  -1: *err FORMAT or SCHEMA. */
int vm_verify(const struct vm_image *i, const char *name, const struct vm_schema *schema, struct err *err);

#endif

/*
 * Writes the seed corpus of fuzz_vm: seed_vm DIRECTORY.  Run it when the image format changes.
 */
#include "base/fdio.h"
#include "tests/unit/vm_toy.h"
#include "vm/image.h"

#include <stdio.h>
#include <stdlib.h>

static int put(const char *directory, const char *name, const void *data, size_t len)
{
	struct err err = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (file_write_atomic(path, data, len, &err) == 0)
		return 0;
	fprintf(stderr, "seed_vm: %s\n", err.text);
	return -1;
}

/* One verdict for everything, no source text whose digest a mutation would break. */
static void smallest(struct buf *out)
{
	struct vm_schema schema = toy_schema();
	struct vm_asm *a = vm_asm_new("s", &schema);
	struct err err = { 0 };

	toy_fill(a, vm_asm_here(a));
	vm_asm_verdict(a, VERB_ACCEPT, toy_rule(a, 1, VERB_ACCEPT, "accept"));
	INVARIANT(vm_asm_finish(a, out, &err) == 0);
	vm_asm_free(a);
}

int main(int argc, char **argv)
{
	static const char globs[] = "G/proc/**\0!/proc/self/*\0[a-c]?*\0/proc/1/maps";
	CLEANUP(buf_free) struct buf toy = { 0 }, small = { 0 }, code = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: seed_vm DIRECTORY\n");
		return 2;
	}
	toy_image(&toy);
	smallest(&small);
	/* every opcode in turn, with a branch over each */
	buf_byte(&code, 'C');
	for (unsigned op = 0; op < OP_COUNT; op++) {
		const uint8_t insns[2][VM_INSN_SIZE] = { { OP_DIFFERS, 0, 0, 0, 1 },
							 { (uint8_t)op, (uint8_t)op, (uint8_t)(op + 1),
							   (uint8_t)(op + 2), (uint8_t)op } };

		buf_add(&code, insns, sizeof(insns));
	}
	if (put(argv[1], "toy.spo", toy.data, toy.len) || put(argv[1], "small.spo", small.data, small.len) ||
	    put(argv[1], "toy.message", toy.data + IMAGE_HEADER_SIZE, toy.len - IMAGE_HEADER_SIZE - DIGEST_SIZE) ||
	    put(argv[1], "small.message", small.data + IMAGE_HEADER_SIZE,
		small.len - IMAGE_HEADER_SIZE - DIGEST_SIZE) ||
	    put(argv[1], "code", code.data, code.len) || put(argv[1], "globs", globs, sizeof(globs) - 1))
		return 1;
	return 0;
}

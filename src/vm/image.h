/*
 * The content of a .spo image in memory, before anybody has checked what it means.  Inside vm/ only.
 */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/num.h"
#include "vm/glob.h"
#include "vm/insn.h"
#include "vm/vm.h"

#define IMAGE_MAGIC       "SPO1"
#define IMAGE_VERSION     2u
#define IMAGE_FEATURES    0u  /* bits that this build understands; a set bit it does not know is refused */
#define IMAGE_HEADER_SIZE 16u /* magic, version, features, length of the message: 4 bytes each, little-endian */
#define IMAGE_MAX         ((size_t)32 << 20)

#define IMAGE_CODE_MAX    ((uint32_t)1 << 22) /* instructions */
#define IMAGE_CONSTS_MAX  ((uint32_t)1 << 20)
#define IMAGE_STRINGS_MAX ((uint32_t)1 << 20)
#define IMAGE_RULES_MAX   ((uint32_t)1 << 20)
#define IMAGE_SETS_MAX    ((uint32_t)1 << 16) /* of each kind */

/* Values of the entry and call tables: a place in the code with a flag, or nothing. */
#define IMAGE_NO_PC UINT32_MAX
#define IMAGE_FLAG  ((uint32_t)1 << 31)

static inline uint32_t image_pc(uint32_t entry)
{
	return entry & ~IMAGE_FLAG;
}

struct image_string {
	const uint8_t *data;
	size_t len;
};

struct image_number {
	int32_t nr;
	uint32_t disposition, rule;
};

struct image_set {
	const char *name;
	const num_t *numbers; /* ascending */
	size_t n;
};

struct image_source {
	const char *file;
	const uint8_t *text;
	size_t len;
	const uint32_t *extends; /* by number, each below its own */
	size_t nextends;
};

struct vm_image {
	const char *name;
	uint8_t source_digest[DIGEST_SIZE], schema_hash[DIGEST_SIZE];
	bool continues;
	uint32_t nleaves, ncalls;
	const uint32_t *signatures; /* nleaves */
	const uint32_t *entries;    /* VM_PHASES x nleaves; IMAGE_FLAG: evaluate equal pairs, too */
	const uint32_t *calls;      /* ncalls; IMAGE_FLAG: ignored whatever its arguments */
	const struct image_number *numbers;
	const struct vm_insn *code;
	const num_t *consts;
	const struct image_string *strings;
	struct glob_dfa globs;
	const char *const *glob_names;
	const struct image_set *sets;
	const struct vm_rule *rules;
	const struct image_source *sources;
	size_t nnumbers, ncode, nconsts, nstrings, nsets, nrules, nsources;
};

/* The digest that source_digest must hold. */
void image_source_digest(const struct vm_image *i, uint8_t out[DIGEST_SIZE]);
/* -1: *err LIMIT. */
int image_encode(const struct vm_image *i, struct buf *out, struct err *err);
/*
 * Container, checksum, canonical encoding, sizes of the sections; nothing of their meaning.  The image lies in arena
 * and does not lend from data.  -1: *err FORMAT, VERSION, LIMIT or DIGEST.
 */
int image_decode(const void *data, size_t len, const char *name, struct arena *arena, struct vm_image *out,
		 struct err *err);

#endif

/*
 * Kinds, encodings, directions and phases of fields: the vocabulary that the schema, the policy language and the engine
 * share.
 */
#ifndef ABI_KINDS_H
#define ABI_KINDS_H

#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum abi_enc {
#define ENCODING(NAME, bytes, is_signed) ENC_##NAME,
#include "abi/encodings.def"
	ABI_NENCS
};

enum abi_kind {
#define KIND(NAME, name, enc) KIND_##NAME,
#include "abi/kinds.def"
	ABI_NKINDS
};

/* Numbers of kinds that are apart from others of theirs begin behind the kinds; a kind is its own space. */
enum abi_space {
	ABI_SPACE_LAST_KIND = ABI_NKINDS - 1,
#define KIND(NAME, name, enc)
#define SPACE(NAME, KIND) ABI_SPACE_##NAME,
#include "abi/kinds.def"
	ABI_NSPACES
};
#define KIND_TIMER     ((enum abi_kind)ABI_SPACE_TIMER)
#define KIND_WATCH     ((enum abi_kind)ABI_SPACE_WATCH)
#define KIND_MSGQUEUE  ((enum abi_kind)ABI_SPACE_MSGQUEUE)
#define KIND_SEMSET    ((enum abi_kind)ABI_SPACE_SEMSET)
#define KIND_SEGMENT   ((enum abi_kind)ABI_SPACE_SEGMENT)
#define KIND_KEYNUM    ((enum abi_kind)ABI_SPACE_KEYNUM)
#define KIND_MNT       ((enum abi_kind)ABI_SPACE_MNT)
#define KIND_NAMESPACE ((enum abi_kind)ABI_SPACE_NAMESPACE)
#define KIND_LOOPDEV   ((enum abi_kind)ABI_SPACE_LOOPDEV)
#define KIND_CONSOLE   ((enum abi_kind)ABI_SPACE_CONSOLE)

/* Who writes a field: the program (IN), the kernel (OUT), or first one and then the other (INOUT). */
enum abi_dir {
	DIR_NONE = 0, /* in a table: as the enclosing pointer says */
	DIR_IN = 1,
	DIR_OUT = 2,
	DIR_INOUT = 3,
};

enum abi_phase {
	PHASE_ENTRY, /* the call has not run; IN and INOUT fields are there */
	PHASE_EXIT,  /* the call has run; OUT and INOUT fields and ret are there */
	PHASE_COUNT
};

/* The kind that a space is of, itself for a kind. */
enum abi_kind abi_space_kind(unsigned space);
const char *abi_kind_name(enum abi_kind kind);
/* false: no such kind. */
bool abi_kind_find(const char *name, size_t len, enum abi_kind *kind);
enum abi_enc abi_kind_enc(enum abi_kind kind);
const char *abi_dir_name(enum abi_dir dir); /* "in", "out", "inout" */

size_t abi_enc_size(enum abi_enc enc);	 /* bytes; 0 for BYTES */
bool abi_enc_signed(enum abi_enc enc);
/* Smallest and largest number that a field of this encoding holds.  Not for BYTES. */
void abi_enc_range(enum abi_enc enc, num_t *low, num_t *high);
/* true: values of the encoding may also lie there: pairs of seconds and a fraction that is none. */
bool abi_enc_odd_range(enum abi_enc enc, num_t *low, num_t *high);
/* The number in abi_enc_size() bytes, in the byte order of x86_64 and aarch64 (little) unless BE. */
num_t abi_decode(enum abi_enc enc, const void *bytes);
/* The reverse; a number out of range is cut to the width, as a register would. */
void abi_encode(enum abi_enc enc, num_t n, void *bytes);

#endif

/*
 * The schema of the kernel's interface: calls (and variants), and their fields as dense numbered leaves.  The policy
 * compiler resolves names in it, the engine walks events by it.
 */
#ifndef ABI_SCHEMA_H
#define ABI_SCHEMA_H

#include "abi/event.h"
#include "abi/row.h"
#include "base/buf.h"

enum abi_arch {
	ARCH_X86_64,
	ARCH_AARCH64,
};

#define ABI_REG_RET  6   /* abi_leaf.reg of ret */
#define ABI_REG_NONE 255 /* in memory or synthetic */

/* One field of one call: what a rule names and a decision is about. */
struct abi_leaf {
	uint32_t id;	  /* global and dense: 0 .. nleaves-1, the index of a policy's tables */
	uint32_t call;	  /* index of its call */
	const char *path; /* "count", "buf", "buf.addr", "statbuf.st_ino", "fds[].revents", "msg.iov[].data", "ret" */
	enum abi_kind kind;
	enum abi_enc enc; /* BYTES: value is bytes; else a number */
	uint8_t space;	  /* whose numbers correspond to one another: enum abi_space, the kind itself for most */
	enum abi_dir dir; /* a field is evaluated at entry (IN), at exit (OUT), at both (INOUT) */
	uint32_t size;	  /* bytes; 0: as the length rule says */
	uint16_t set;	  /* named constants of its values, 0 none */
	uint8_t reg;	  /* argument number, ABI_REG_RET or ABI_REG_NONE */
	bool is_addr;	  /* the address field of a pointer: path ends in ".addr" */
	bool synthetic;
	uint16_t linked;  /* 1 + leaf number (within the call) of the field that gives this one's length (ret for read.buf), 0 none */
};

struct abi_call {
	uint32_t index;
	const struct abi_row *row;
	const char *name;    /* "ioctl" */
	const char *variant; /* "TCGETS" or NULL */
	const char *label;   /* "ioctl(TCGETS)" or "read" */
	int32_t nr;	     /* on the schema's arch, or ABI_NR_NONE, or enum abi_pseudo */
	uint32_t leaf_first, nleaves; /* leaves [leaf_first, leaf_first + nleaves) */
};

struct abi_schema;

/* Builds the leaves of all rows for an arch.  The result is immutable; free with abi_schema_free(). */
struct abi_schema *abi_schema_new(enum abi_arch arch);
/*
 * The same for x86_64 and abi_rows, made when the program was built.  For programs that are linked with src/abi/made.c, which
 * needs a build of abi/ itself to be written.
 */
extern const struct abi_schema abi_schema_made;
/* As abi_schema_new() from rows of the caller's: ordered as abi_rows is.  The rows must outlive the result. */
struct abi_schema *abi_schema_new_from(enum abi_arch arch, const struct abi_row *rows, size_t nrows);
void abi_schema_free(struct abi_schema *s);

size_t abi_schema_ncalls(const struct abi_schema *s);
const struct abi_call *abi_schema_call(const struct abi_schema *s, uint32_t index);
size_t abi_schema_nleaves(const struct abi_schema *s);
const struct abi_leaf *abi_schema_leaf(const struct abi_schema *s, uint32_t id);
/* The call and variant that number and arguments select, or ABI_UNDESCRIBED. */
uint32_t abi_schema_select(const struct abi_schema *s, int32_t nr, const uint64_t args[ABI_ARGS]);
/* First call of that name (its fallback when it is a multiplexer), or NULL; the variants follow with rising index. */
const struct abi_call *abi_schema_find(const struct abi_schema *s, const char *name, size_t len);
/* Leaf of a call by path ("statbuf.st_ino"), or NULL. */
const struct abi_leaf *abi_call_leaf(const struct abi_schema *s, const struct abi_call *c, const char *path, size_t len);
/*
 * The node of the block that the tracer makes for a synthetic field ("content", "auxv", "" for a signal's siginfo): the
 * number of its first leaf.  false: the call has no such field.
 */
bool abi_call_synthetic(const struct abi_schema *s, const struct abi_call *c, const char *name, uint16_t *node);
/* 64-bit signature of a leaf: call, variant, path, kind, encoding, direction. */
uint64_t abi_leaf_signature(const struct abi_schema *s, const struct abi_leaf *leaf);
/* SHA-256 over all signatures, calls and facts in order: files built against another schema are refused by it. */
void abi_schema_hash(const struct abi_schema *s, uint8_t out[32]);

/* Class bit by name without %, 0: none.  Name of a bit. */
uint32_t abi_class_find(const char *name, size_t len);
const char *abi_class_name(uint32_t bit);

/* Value of a constant of a set (0: search all sets; false if it is in none or its values disagree). */
bool abi_const_find(uint16_t set, const char *name, size_t len, uint64_t *value);
/* Symbolic text of a number in a set: "O_RDONLY|O_CLOEXEC", "SEEK_SET", else hexadecimal or decimal.  Appends to out. */
void abi_const_text(uint16_t set, uint64_t value, struct buf *out);
/* "ENOENT" for 2, or NULL. */
const char *abi_errno_name(int number);
bool abi_errno_find(const char *name, size_t len, int *number);
/* "SIGINT" for 2, or NULL. */
const char *abi_signal_name(int number);
bool abi_signal_find(const char *name, size_t len, int *number);

#endif

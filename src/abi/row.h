/*
 * The vocabulary of the tables (syscalls.def, structs.def, consts.def): how a row says what the kernel reads and writes.
 * engine.md 4.  Tables are const; schema.h makes dense leaves of them.
 */
#ifndef ABI_ROW_H
#define ABI_ROW_H

#include "abi/kinds.h"

enum abi_shape {
	SHAPE_SCALAR,  /* one number, `enc` */
	/*
	 * `size` bytes (in a struct or as an array element), or as many as the pointer's length rule says.  With `records`: messages
	 * of one of these sorts, if the descriptor is of that and both sides have as many and as long ones.
	 */
	SHAPE_BYTES,
	SHAPE_STRUCT,  /* `size` bytes with fields; what no field covers is padding and never compared */
	SHAPE_ARRAY,   /* `count` elements of `elem`, in place */
	SHAPE_UNION,   /* alternatives by a tag (enc tag_enc at offset tag_offset); none fits: `other` (may be NULL) */
	SHAPE_POINTER, /* 8 bytes; what is behind is `elem` with length rule `len`, direction `dir` */
	SHAPE_RECORDS, /* records of varying length, walked by `hook` */
};

/*
 * How many elements stand behind a pointer (elements of BYTES without size are bytes).  `arg`, `arg2`: argument numbers.
 * Every rule is limited by ABI_BLOCK_MAX bytes.  A rule that says 0: no block.
 */
enum abi_len_rule {
	LEN_ONE,	   /* one */
	LEN_CONST,	   /* n */
	LEN_ARG,	   /* value of argument arg, plus n */
	LEN_ARG_TIMES,	   /* value of argument arg, times n */
	LEN_RESULT,	   /* the result (out data; 0 if the call failed) */
	LEN_RESULT_TIMES,  /* result times n */
	LEN_MIN_ARG_RESULT, /* the smaller of argument arg and the result, plus n */
	LEN_RESULT_IF_ROOM, /* the result when argument arg is no less; else nothing is written: KEYCTL_READ */
	LEN_ARG_RESULT,	   /* argument arg before the call, of these the first result ones after it: recvmmsg */
	LEN_DEREF_ENTRY,   /* u32 arg2 bytes behind pointer argument arg, before the call (times n when n > 0; as `says` says) */
	LEN_DEREF_EXIT,	   /* u32 behind pointer argument arg, after the call (times n when n > 0) */
	LEN_MIN_DEREF,	   /* the smaller of the u32 behind argument arg before and after the call: socket addresses */
	/* the unsigned number at byte offset n of the struct that holds this pointer, encoding field_enc; times the u32 at arg2, if any */
	LEN_FIELD,
	/* the smaller of that field before and after the call (msg_namelen, msg_controllen); arg2 > 0: of elements of so many bytes */
	LEN_MIN_FIELD_EXIT,
	LEN_CSTR,	   /* a C string, its NUL included in the captured bytes; n > 0: the field at n says what there is room for */
	LEN_NULL_ENDED,	   /* an array of pointers that a NULL ends (argv); the NULL is not an element */
	LEN_SIZED_ARG,	   /* size-versioned struct: argument arg bytes, whatever the table's size is; the tail is kind data */
	LEN_SIZED_FIELD,   /* size-versioned struct: as many bytes as its own first u32 (at offset n) says; 0: zero_size */
	LEN_HEAD_FIELD,	   /* a head of n bytes, and arg2 (0: one) more for each of the number at its offset arg, encoding field_enc */
	LEN_SAYS,	   /* a head of n bytes, and as many in all as `says` makes of what is known of them */
	LEN_THING,	   /* what argument arg, or the s32 at offset n of the struct behind it (arg2: 1), has room for: `thing` */
	LEN_FILL,	   /* several buffers filled in order from the result: sibling field at offset n is this one's room */
	LEN_FDSET,	   /* fd_set for argument arg descriptors: whole 8-byte words */
	LEN_BITS,	   /* argument arg bits, in bytes rounded up */
	LEN_NODES,	   /* a set of nodes: bits, one less than argument arg says, in whole 8-byte words */
	LEN_PAGES,	   /* a byte for each page of argument arg bytes */
	LEN_IOC,	   /* as many bytes as the ioctl request in argument arg names (_IOC_SIZE); in a struct the tail is kind data */
	LEN_PATH_MIN,	   /* min(argument arg, result): readlink; same as LEN_MIN_ARG_RESULT, kept for the reader */
	LEN_RULE_COUNT
};

#define ABI_BLOCK_MAX ((uint32_t)64 << 20) /* bytes of one block */
#define ABI_CSTR_MAX  ((uint32_t)128 << 10) /* MAX_ARG_STRLEN: the longest string that execve(2) takes */

/* What of the kernel's objects says how long data are: the tracer asks the kernel (struct abi_memory). */
enum abi_thing {
	THING_NONE,
	THING_SEMAPHORES, /* a set of semaphores: how many there are */
	THING_MAP_KEY,    /* a map of bpf(2), by its descriptor: bytes of a key, of a value as it is read and written */
	THING_MAP_VALUE,
	THING_TRUNCATED, /* a socket, of argument 0: 0 if what is received with MSG_TRUNC (argument arg2) is thrown away (TCP), else 1 */
};

/* Whose length LEN_SAYS is asked for. */
enum abi_extent {
	EXTENT_READ,    /* what the kernel reads */
	EXTENT_WRITTEN, /* ... has written or left as it was */
	EXTENT_ROOM,    /* ... may write */
};

/* Whose own beginning says by more than one number how long data are: says.h. */
enum abi_says {
	SAYS_NOTHING,
	SAYS_FIEMAP,
	SAYS_ETHTOOL,
	SAYS_CAPS,
};

/* Small, as all rows' fields have one: a program that starts has all of them in memory. */
struct abi_len {
	enum abi_len_rule rule : 8;
	enum abi_enc field_enc : 8;
	enum abi_thing thing : 8; /* LEN_THING */
	enum abi_says says : 8;	  /* LEN_SAYS: bytes in all; LEN_DEREF_ENTRY: elements, by the u32 */
	uint8_t arg, arg2;
	uint8_t room_arg; /* LEN_SIZED_FIELD of out data: 1 + the argument that says how large the buffer is */
	uint8_t zero_size;
	uint32_t n;
	/* > 0: buffers behind this pointer (LEN_FILL) are filled up to the u32 at this offset beside it, not the result */
	uint32_t filled;
};

#define ABI_UP_TO_END UINT32_MAX /* abi_field.count */

struct abi_type;

/* A member of a struct, an alternative of a union (then `tag` selects it), or an argument of a call. */
struct abi_field {
	const char *name;
	const struct abi_type *type; /* NULL in an argument: scalar of `kind` and `enc` */
	int64_t tag;		     /* in a union */
	uint32_t offset;	     /* in the struct */
	uint32_t count;		     /* > 0: array in place of that many elements, or up to the end of the block */
	uint16_t set;		     /* enum abi_set: names of the values, 0 none */
	enum abi_kind kind : 8;	     /* scalars and bytes */
	enum abi_enc enc : 8;
	enum abi_dir dir : 8; /* DIR_NONE: as the pointer that leads here */
	/* a pointer: */
	bool pointer;
	bool synthetic; /* no register and no memory: the tracer makes the block (mmap.content) */
	struct abi_len len;
};

/*
 * A walker of records of varying length.  Splits data into records: returns the length of the record at pos, or 0 when
 * what is left is no whole record.  Each record is then read as `elem`, a struct of elem->size bytes that may be followed
 * by a field of BYTES that takes the rest of the record as `tail` says.
 */
struct abi_records {
	const struct abi_type *elem; /* NULL: all of it is the tail */
	uint32_t (*length)(const uint8_t *data, uint32_t left);
	/* bytes of the record without the padding at its end, which is never compared; NULL: all */
	uint32_t (*content)(const uint8_t *record, uint32_t record_len);
	/* offset and length of the record's variable part (a name), or len 0; NULL: all of it is elem's */
	void (*tail)(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len);
	const struct abi_field *last; /* a number at the very end of each record, or NULL; its offset is not looked at */
	const char *tail_name;
	enum abi_kind tail_kind;
	/* bytes that may be messages (SHAPE_BYTES): how the event says that they are, their list's name, and another sort */
	uint32_t flag;
	const char *list;
	const struct abi_records *other;
	/* Order of records has no meaning: each is held against the one of the other side that is known by the same name, its
	 * tail, or by the same key_len bytes at key_offset; the latter, which may be addresses, also against one that is
	 * known by others, if both are left over. */
	bool is_set;
	uint32_t key_offset, key_len; /* 0: the tail; else all records have one length */
};

struct abi_type {
	enum abi_shape shape;
	const char *name; /* "struct stat" */
	uint32_t size;
	enum abi_kind kind;
	enum abi_enc enc;
	const struct abi_field *fields;
	uint32_t nfields;
	enum abi_enc tag_enc; /* union */
	uint32_t tag_offset;
	const struct abi_field *other; /* union: what it is when no tag fits, or NULL */
	const struct abi_records *records;
};

/* What a call does besides its data. */
#define CALL_NEW_FD	 0x0001u /* the result is a new descriptor */
#define CALL_NEW_FD_PAIR 0x0002u /* new descriptors behind an argument of that kind (pipe, socketpair) */
#define CALL_CLOSE_FD	 0x0004u /* argument 0 is closed (close_range: a range) */
#define CALL_FD_FLAGS	 0x0008u /* may change the flags of descriptor argument 0 (fcntl F_SETFL) */
#define CALL_CWD	 0x0010u /* changes the working directory */
#define CALL_NEW_TASK	 0x0020u
#define CALL_MAPS	 0x0040u /* changes the address space: mmap, munmap, mremap, brk, shmat, shmdt */
#define CALL_EXEC	 0x0080u
#define CALL_NO_RETURN	 0x0100u /* exit, exit_group, rt_sigreturn */
#define CALL_BLOCKS	 0x0200u /* may wait for somebody else */
#define CALL_MOVES_OFFSET 0x0400u /* a positive result has moved the file offset of descriptor argument 0 by it */
#define CALL_ENOSYS	 0x0800u /* answered ENOSYS identically on both systems (rseq, io_uring, aio, userfaultfd) */
#define CALL_EPERM	 0x1000u /* answered EPERM (ptrace) */
#define CALL_STREAM	 0x2000u /* reads a stream: the length may differ from system to system */
/* changes what others see: files, names, settings of the system; or hands data to them.  What it is given leaves the program */
#define CALL_CHANGES	 0x4000u
#define CALL_STAND_IN	 0x10000u /* emulated, it makes a descriptor all the same: a socket of the sort of descriptor argument 0 */
#define CALL_RECEIVES	 0x8000u /* a struct msghdr behind argument 1 (several: as many as the result) may bring descriptors */

/* Classes, the selectors %file ... of the language; one bit each. */
enum abi_class {
	CLASS_FILE = 1,
	CLASS_DESC = 2,
	CLASS_MEMORY = 4,
	CLASS_PROCESS = 8,
	CLASS_SIGNAL = 16,
	CLASS_IPC = 32,
	CLASS_NETWORK = 64,
	CLASS_CREDS = 128,
	CLASS_CLOCK = 256,
	CLASS_STAT = 512,
};

#define ABI_NR_NONE (-1) /* the arch lacks the call */

/* One row: a call, or a variant of a multiplexer. */
struct abi_row {
	const char *name;    /* "ioctl" */
	const char *variant; /* "TCGETS", or NULL: the call itself, or what of a multiplexer no variant describes */
	int32_t nr_x86_64, nr_aarch64;
	/* variants: argument number and value (after mask) that select this row */
	uint8_t select_arg;
	uint64_t select_mask, select_value;
	/* and another one that must be also_value (mask 0: none): an option's number means nothing without its level */
	uint8_t also_arg;
	uint64_t also_mask, also_value;
	uint32_t classes, flags;
	struct abi_field result; /* name "ret"; kind and encoding of a successful result */
	const struct abi_field *args;
	uint8_t nargs;	/* kernel arguments: registers beyond them hold garbage and are never looked at */
	uint8_t nfields; /* args[nargs .. nfields) are synthetic */
	bool partial;	/* what a multiplexer's unknown variant falls to: ends "not judged" unless the policy says otherwise */
};

/* All rows, ordered by name, a multiplexer's variants behind its fallback. */
extern const struct abi_row abi_rows[];
extern const size_t abi_nrows;

/* Named constants of flag and enum sets. */
struct abi_const {
	const char *name;
	uint64_t value;
};

struct abi_set_info {
	const char *name; /* "open_flags" */
	bool is_flags;	  /* values are OR-ed; else one of them */
	const struct abi_const *consts;
	size_t nconsts;
};

extern const struct abi_set_info abi_sets[]; /* indexed by enum abi_set of consts.h; [0] is empty */
extern const size_t abi_nsets;

#endif

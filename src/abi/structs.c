/*
 * The types of structs.def, and those that no row can say: unions by tag, pointers to strings, records.
 */
#include "abi/structs.h"

#include "abi/table.h"
#include "base/attr.h"

/* A row's members stand one after the other without commas, so each brings its own. */
#define MEMBER(field, off, K, E, d, s) \
	{ .name = #field, .kind = KIND_##K, .enc = ENC_##E, .dir = (d), .offset = (off), .set = (s) },
#define M(field, off, K, E)           MEMBER(field, off, K, E, DIR_NONE, SET_NONE)
#define MN(field, member, off, K, E)  MEMBER(field, off, K, E, DIR_NONE, SET_NONE)
#define MS(field, off, K, E, S)       MEMBER(field, off, K, E, DIR_NONE, SET_##S)
#define MD(DIR, field, off, K, E)     MEMBER(field, off, K, E, DIR_##DIR, SET_NONE)
#define MDS(DIR, field, off, K, E, S) MEMBER(field, off, K, E, DIR_##DIR, SET_##S)
#define MND(DIR, field, member, off, K, E) MEMBER(field, off, K, E, DIR_##DIR, SET_NONE)
#define MA(field, off, K, E, c)       { .name = #field, .kind = KIND_##K, .enc = ENC_##E, .offset = (off), .count = (c) },
#define MB(field, off, K, bytes) \
	{ .name = #field, .type = TYPE_BYTES(K, bytes), .kind = KIND_##K, .enc = ENC_BYTES, .offset = (off) },
#define MBND(DIR, field, member, off, K, bytes) \
	{ .name = #field,                       \
	  .type = TYPE_BYTES(K, bytes),         \
	  .kind = KIND_##K,                     \
	  .enc = ENC_BYTES,                     \
	  .dir = DIR_##DIR,                     \
	  .offset = (off) },
#define MR(field, off, K) MB(field, off, K, 0)
#define MT(field, off, id) \
	{ .name = #field, .type = &abi_type_##id, .kind = KIND_DATA, .enc = ENC_BYTES, .offset = (off) },
#define MP(DIR, field, member, off, t, ...) \
	{ .name = #field,                   \
	  .type = (t),                      \
	  .kind = KIND_DATA,                \
	  .enc = ENC_BYTES,                 \
	  .dir = DIR_##DIR,                 \
	  .offset = (off),                  \
	  .pointer = true,                  \
	  .len = { __VA_ARGS__ } },

static const struct abi_type abi_type_siginfo_fault_by_code;

#define STRUCT(id, ctype, bytes, ...)                                    \
	static const struct abi_field fields_##id[] = { __VA_ARGS__ };   \
	const struct abi_type abi_type_##id = {                          \
		.shape = SHAPE_STRUCT,                                   \
		.name = #ctype,                                          \
		.size = (bytes),                                         \
		.fields = fields_##id,                                   \
		.nfields = sizeof(fields_##id) / sizeof(fields_##id[0]), \
	};
#include "abi/structs.def"

#define ALTERNATIVE(field, value, id)                                                                      \
	{                                                                                                  \
		.name = field, .type = &abi_type_##id, .kind = KIND_DATA, .enc = ENC_BYTES, .tag = (value) \
	}

/*
 * A fault's siginfo names an address, unless somebody sent the signal: kill(2) says SI_USER, raise(3) SI_TKILL.
 */
enum {
	CODE_USER = 0,
	CODE_TKILL = -6,
};
static const struct abi_field alternatives_siginfo_fault[] = {
	ALTERNATIVE("kill", CODE_USER, siginfo_sender),
	ALTERNATIVE("tkill", CODE_TKILL, siginfo_sender),
};
static const struct abi_field siginfo_fault_other = {
	.name = "", .type = &abi_type_siginfo_address, .kind = KIND_DATA, .enc = ENC_BYTES
};
static const struct abi_type abi_type_siginfo_fault_by_code = {
	.shape = SHAPE_UNION,
	.name = "siginfo_t by si_code",
	.size = 128,
	.fields = alternatives_siginfo_fault,
	.nfields = ARRAY_LEN(alternatives_siginfo_fault),
	.other = &siginfo_fault_other,
	.tag_enc = ENC_S32,
	.tag_offset = 8,
};

static const struct abi_field alternatives_sockaddr[] = {
	ALTERNATIVE("", 1 /* AF_UNIX */, sockaddr_un),
	ALTERNATIVE("", 2 /* AF_INET */, sockaddr_in),
	ALTERNATIVE("", 10 /* AF_INET6 */, sockaddr_in6),
	ALTERNATIVE("", 16 /* AF_NETLINK */, sockaddr_nl),
};
static const struct abi_field fields_sockaddr_other[] = {
	{ .name = "sa_data", .type = TYPE_BYTES(SOCKADDR, 0), .kind = KIND_SOCKADDR, .enc = ENC_BYTES, .offset = 2 },
};
static const struct abi_type abi_type_sockaddr_other = {
	.shape = SHAPE_STRUCT,
	.name = "struct sockaddr of another family",
	.fields = fields_sockaddr_other,
	.nfields = ARRAY_LEN(fields_sockaddr_other),
};
static const struct abi_field sockaddr_other = {
	.name = "", .type = &abi_type_sockaddr_other, .kind = KIND_DATA, .enc = ENC_BYTES
};
static const struct abi_type abi_type_sockaddr_by_family = {
	.shape = SHAPE_UNION,
	.name = "struct sockaddr by family",
	.fields = alternatives_sockaddr,
	.nfields = ARRAY_LEN(alternatives_sockaddr),
	.other = &sockaddr_other,
	.tag_enc = ENC_U16,
	.tag_offset = 0,
};
static const struct abi_field fields_sockaddr[] = {
	{ .name = "family", .kind = KIND_ENUM, .enc = ENC_U16, .offset = 0, .set = SET_ADDRESS_FAMILY },
	{ .name = "", .type = &abi_type_sockaddr_by_family, .kind = KIND_DATA, .enc = ENC_BYTES },
};
const struct abi_type abi_type_sockaddr = {
	.shape = SHAPE_STRUCT,
	.name = "struct sockaddr",
	.fields = fields_sockaddr,
	.nfields = ARRAY_LEN(fields_sockaddr),
};

static const struct abi_field fields_strings[] = {
	{ .name = "",
	  .type = TYPE_BYTES(STRING, 0),
	  .kind = KIND_STRING,
	  .enc = ENC_BYTES,
	  .pointer = true,
	  .len = { CSTR } },
};
const struct abi_type abi_type_strings = {
	.shape = SHAPE_POINTER,
	.name = "char *",
	.size = 8,
	.fields = fields_strings,
	.nfields = ARRAY_LEN(fields_strings),
};

const struct abi_type abi_type_dirents = {
	.shape = SHAPE_RECORDS,
	.name = "struct linux_dirent64 []",
	.records = &abi_records_dirent64,
};

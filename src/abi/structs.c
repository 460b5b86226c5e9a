/*
 * The types of structs.def, and those that no row can say: unions by tag, pointers to strings, records.
 */
#include "abi/structs.h"

#include "abi/table.h"
#include "base/attr.h"

/* A row's members stand one after the other without commas, so each brings its own. */
#define MEMBER(field, off, K, E, d, s) \
	{ .name = #field, .kind = KIND_##K, .enc = ENC_##E, .dir = (d), .offset = (off), .set = (s) },
#define M(field, off, K, E)                MEMBER(field, off, K, E, DIR_NONE, SET_NONE)
#define MN(field, member, off, K, E)       MEMBER(field, off, K, E, DIR_NONE, SET_NONE)
#define MS(field, off, K, E, S)            MEMBER(field, off, K, E, DIR_NONE, SET_##S)
#define MD(DIR, field, off, K, E)          MEMBER(field, off, K, E, DIR_##DIR, SET_NONE)
#define MDS(DIR, field, off, K, E, S)      MEMBER(field, off, K, E, DIR_##DIR, SET_##S)
#define MND(DIR, field, member, off, K, E) MEMBER(field, off, K, E, DIR_##DIR, SET_NONE)
#define MA(field, off, K, E, c)            { .name = #field, .kind = KIND_##K, .enc = ENC_##E, .offset = (off), .count = (c) },
#define MI(field, off, id)                 \
	{ .name = #field,                  \
	  .type = &abi_type_##id,          \
	  .kind = KIND_DATA,               \
	  .enc = ENC_BYTES,                \
	  .offset = (off),                 \
	  .count = ABI_UP_TO_END },
#define MDI(DIR, field, off, id)  \
	{ .name = #field,         \
	  .type = &abi_type_##id, \
	  .kind = KIND_DATA,      \
	  .enc = ENC_BYTES,       \
	  .dir = DIR_##DIR,       \
	  .offset = (off),        \
	  .count = ABI_UP_TO_END },
#define MB(field, off, K, bytes) \
	{ .name = #field, .type = TYPE_BYTES(K, bytes), .kind = KIND_##K, .enc = ENC_BYTES, .offset = (off) },
#define MBND(DIR, field, member, off, K, bytes) \
	{ .name = #field,                       \
	  .type = TYPE_BYTES(K, bytes),         \
	  .kind = KIND_##K,                     \
	  .enc = ENC_BYTES,                     \
	  .dir = DIR_##DIR,                     \
	  .offset = (off) },
#define MNS(field, member, off, K, E, S) MEMBER(field, off, K, E, DIR_NONE, SET_##S)
#define MR(field, off, K)                MB(field, off, K, 0)
#define MRD(DIR, field, off, K)          MBND(DIR, field, field, off, K, 0)
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
#define MPB(DIR, field, member, off, K, ...) \
	{ .name = #field,                    \
	  .type = TYPE_BYTES(K, 0),          \
	  .kind = KIND_##K,                  \
	  .enc = ENC_BYTES,                  \
	  .dir = DIR_##DIR,                  \
	  .offset = (off),                   \
	  .pointer = true,                   \
	  .len = { __VA_ARGS__ } },

static const struct abi_type abi_type_siginfo_fault_by_code, abi_type_siginfo_by_code;

#define STRUCT(id, ctype, bytes, ...)      STRUCT_OF(id, ctype, bytes, __VA_ARGS__)
#define STRUCT_TAIL(id, ctype, bytes, ...) STRUCT_OF(id, ctype, 0, __VA_ARGS__)
#define STRUCT_OF(id, ctype, bytes, ...)                                 \
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
	CODE_TIMER = -2,
	CODE_TKILL = -6,
};
/* A timer of timer_create(2) tells how often it had expired before anybody looked; all else comes from somebody. */
static const struct abi_field alternatives_siginfo[] = { ALTERNATIVE("timer", CODE_TIMER, siginfo_timer) };
static const struct abi_field siginfo_other = {
	.name = "", .type = &abi_type_siginfo_queued, .kind = KIND_DATA, .enc = ENC_BYTES
};
static const struct abi_type abi_type_siginfo_by_code = {
	.shape = SHAPE_UNION,
	.name = "siginfo_t by si_code",
	.size = 128,
	.fields = alternatives_siginfo,
	.nfields = ARRAY_LEN(alternatives_siginfo),
	.other = &siginfo_other,
	.tag_enc = ENC_S32,
	.tag_offset = 8,
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

static const struct abi_field fields_msgbuf[] = {
	{ .name = "mtype", .kind = KIND_INT, .enc = ENC_S64, .offset = 0 },
	{ .name = "mtext", .type = TYPE_BYTES(DATA, 0), .kind = KIND_DATA, .enc = ENC_BYTES, .offset = 8 },
};
const struct abi_type abi_type_msgbuf = {
	.shape = SHAPE_STRUCT,
	.name = "struct msgbuf",
	.fields = fields_msgbuf,
	.nfields = ARRAY_LEN(fields_msgbuf),
};

const struct abi_type abi_type_dirents = {
	.shape = SHAPE_RECORDS,
	.name = "struct linux_dirent64 []",
	.records = &abi_records_dirent64,
};

const struct abi_type abi_type_names = {
	.shape = SHAPE_RECORDS,
	.name = "names",
	.records = &abi_records_names,
};

const struct abi_type abi_type_epoll_events = {
	.shape = SHAPE_RECORDS,
	.name = "struct epoll_event []",
	.size = 12,
	.records = &abi_records_epoll_event,
};

const struct abi_type abi_type_old_dirents = {
	.shape = SHAPE_RECORDS,
	.name = "struct linux_dirent []",
	.records = &abi_records_dirent,
};

/* One entry of the auxiliary vector, by its type. */
#define AUXV(field, type, K) { .name = (field), .kind = KIND_##K, .enc = ENC_U64, .tag = (type), .offset = 8 }
static const struct abi_field alternatives_auxv[] = {
	AUXV("phdr", 3 /* AT_PHDR */, PTR),	       AUXV("base", 7 /* AT_BASE */, PTR),
	AUXV("flags", 8 /* AT_FLAGS */, FLAGS),	       AUXV("entry", 9 /* AT_ENTRY */, PTR),
	AUXV("uid", 11 /* AT_UID */, UID),	       AUXV("euid", 12 /* AT_EUID */, UID),
	AUXV("gid", 13 /* AT_GID */, GID),	       AUXV("egid", 14 /* AT_EGID */, GID),
	AUXV("platform", 15 /* AT_PLATFORM */, PTR),   AUXV("hwcap", 16 /* AT_HWCAP */, FLAGS),
	AUXV("random", 25 /* AT_RANDOM */, PTR),       AUXV("hwcap2", 26 /* AT_HWCAP2 */, FLAGS),
	AUXV("execfn", 31 /* AT_EXECFN */, PTR),       AUXV("sysinfo_ehdr", 33 /* AT_SYSINFO_EHDR */, PTR),
};
static const struct abi_field auxv_other = AUXV("value", 0, COUNT);
static const struct abi_type abi_type_auxv_by_type = {
	.shape = SHAPE_UNION,
	.name = "entry of the auxiliary vector by type",
	.size = 16,
	.fields = alternatives_auxv,
	.nfields = ARRAY_LEN(alternatives_auxv),
	.other = &auxv_other,
	.tag_enc = ENC_U64,
};
static const struct abi_field fields_auxv_entry[] = {
	{ .name = "type", .kind = KIND_ENUM, .enc = ENC_U64 },
	{ .name = "", .type = &abi_type_auxv_by_type, .kind = KIND_DATA, .enc = ENC_BYTES },
};
static const struct abi_type abi_type_auxv_entry = {
	.shape = SHAPE_STRUCT,
	.name = "Elf64_auxv_t",
	.size = 16,
	.fields = fields_auxv_entry,
	.nfields = ARRAY_LEN(fields_auxv_entry),
};
static const struct abi_field fields_auxv_entries[] = {
	{ .name = "auxv", .type = &abi_type_auxv_entry, .kind = KIND_DATA, .enc = ENC_BYTES, .count = ABI_UP_TO_END },
};
const struct abi_type abi_type_auxv_entries = {
	.shape = SHAPE_STRUCT,
	.name = "Elf64_auxv_t []",
	.fields = fields_auxv_entries,
	.nfields = ARRAY_LEN(fields_auxv_entries),
};

#define MESSAGES_TYPE(way)                             \
	const struct abi_type abi_type_messages_##way = { \
		.shape = SHAPE_BYTES,                     \
		.kind = KIND_DATA,                        \
		.enc = ENC_BYTES,                         \
		.records = &abi_records_nlmsg_##way,      \
	}
MESSAGES_TYPE(in);
MESSAGES_TYPE(out);
MESSAGES_TYPE(read);

/* ---- control messages ---- */

/* Level and type as one number, as they stand in the header one after the other. */
#define CMSG(level, number) ((int64_t)(level) | (int64_t)(number) << 32)
#define CMSG_DATA_AT        16u
#define FILES_MAX           253u /* of one message: SCM_MAX_FD */

#define CMSG_FIELD(field, level, number, ...)                                                    \
	{                                                                                        \
		.name = (field), .tag = CMSG(level, number), .offset = CMSG_DATA_AT, __VA_ARGS__ \
	}
#define CMSG_NUM(field, level, number, K, E) CMSG_FIELD(field, level, number, .kind = KIND_##K, .enc = ENC_##E)
#define CMSG_BYTES(field, level, number, K) \
	CMSG_FIELD(field, level, number, .type = TYPE_BYTES(K, 0), .kind = KIND_##K, .enc = ENC_BYTES)
#define CMSG_STRUCT(field, level, number, id) \
	CMSG_FIELD(field, level, number, .type = &abi_type_##id, .kind = KIND_DATA, .enc = ENC_BYTES)

/* An error, and behind it the address of who told of it. */
static const struct abi_field fields_recverr[] = {
	{ .name = "", .type = &abi_type_extended_err, .kind = KIND_DATA, .enc = ENC_BYTES },
	{ .name = "offender", .type = &abi_type_sockaddr, .kind = KIND_DATA, .enc = ENC_BYTES, .offset = 16 },
};
static const struct abi_type abi_type_recverr = {
	.shape = SHAPE_STRUCT,
	.name = "struct sock_extended_err with its offender",
	.fields = fields_recverr,
	.nfields = ARRAY_LEN(fields_recverr),
};

/* What both sides may say. */
#define CMSG_BOTH_WAYS                                                                                             \
	CMSG_FIELD("fds", 1, 1 /* SCM_RIGHTS */, .kind = KIND_FD, .enc = ENC_S32, .count = FILES_MAX),             \
		CMSG_STRUCT("creds", 1, 2 /* SCM_CREDENTIALS */, ucred),                                           \
		CMSG_NUM("mark", 1, 36 /* SO_MARK */, FLAGS, U32), CMSG_NUM("ttl", 0, 2 /* IP_TTL */, COUNT, S32), \
		CMSG_STRUCT("pktinfo", 0, 8 /* IP_PKTINFO */, in_pktinfo),                                         \
		CMSG_STRUCT("pktinfo6", 41, 50 /* IPV6_PKTINFO */, in6_pktinfo),                                   \
		CMSG_NUM("hoplimit", 41, 52 /* IPV6_HOPLIMIT */, COUNT, S32),                                      \
		CMSG_NUM("tclass", 41, 67 /* IPV6_TCLASS */, FLAGS, S32)

static const struct abi_field alternatives_cmsg_in[] = {
	CMSG_BOTH_WAYS,
	CMSG_NUM("timestamping", 1, 37 /* SO_TIMESTAMPING_OLD */, FLAGS, U32),
	CMSG_NUM("timestamping_new", 1, 65 /* SO_TIMESTAMPING_NEW */, FLAGS, U32),
	CMSG_NUM("tos", 0, 1 /* IP_TOS */, FLAGS, S32),
	CMSG_NUM("segment", 17, 103 /* UDP_SEGMENT */, SIZE, U16),
};
static const struct abi_field alternatives_cmsg_out[] = {
	CMSG_BOTH_WAYS,
	CMSG_BYTES("label", 1, 3 /* SCM_SECURITY */, STRING),
	CMSG_NUM("pidfd", 1, 4 /* SCM_PIDFD */, FD, S32),
	CMSG_NUM("timestamp", 1, 29 /* SO_TIMESTAMP_OLD */, TIME, TIMEVAL),
	CMSG_NUM("timestampns", 1, 35 /* SO_TIMESTAMPNS_OLD */, TIME, TIMESPEC),
	CMSG_STRUCT("timestamping", 1, 37 /* SO_TIMESTAMPING_OLD */, scm_timestamping),
	CMSG_NUM("timestamp_new", 1, 63 /* SO_TIMESTAMP_NEW */, TIME, TIMEVAL),
	CMSG_NUM("timestampns_new", 1, 64 /* SO_TIMESTAMPNS_NEW */, TIME, TIMESPEC),
	CMSG_STRUCT("timestamping_new", 1, 65 /* SO_TIMESTAMPING_NEW */, scm_timestamping),
	CMSG_NUM("dropped", 1, 40 /* SO_RXQ_OVFL */, COUNTER, U32),
	CMSG_NUM("tos", 0, 1 /* IP_TOS */, FLAGS, U8),
	CMSG_STRUCT("error", 0, 11 /* IP_RECVERR */, recverr),
	CMSG_STRUCT("error6", 41, 25 /* IPV6_RECVERR */, recverr),
	CMSG_NUM("gro", 17, 104 /* UDP_GRO */, SIZE, S32),
};
static const struct abi_field cmsg_other = CMSG_BYTES("cmsg_data", 0, 0, DATA);

#define CMSGS(way)                                                                                                 \
	static const struct abi_type abi_type_cmsg_##way##_by_type = {                                             \
		.shape = SHAPE_UNION,                                                                              \
		.name = "struct cmsghdr by level and type",                                                        \
		.fields = alternatives_cmsg_##way,                                                                 \
		.nfields = ARRAY_LEN(alternatives_cmsg_##way),                                                     \
		.other = &cmsg_other,                                                                              \
		.tag_enc = ENC_U64,                                                                                \
		.tag_offset = 8,                                                                                   \
	};                                                                                                         \
	static const struct abi_field fields_cmsg_##way[] = {                                                      \
		{ .name = "cmsg_len", .kind = KIND_SIZE, .enc = ENC_U64, .offset = 0 },                            \
		{ .name = "cmsg_level", .kind = KIND_ENUM, .enc = ENC_S32, .offset = 8, .set = SET_SOCKET_LEVEL }, \
		{ .name = "cmsg_type", .kind = KIND_ENUM, .enc = ENC_S32, .offset = 12 },                          \
		{ .name = "", .type = &abi_type_cmsg_##way##_by_type, .kind = KIND_DATA, .enc = ENC_BYTES },       \
	};                                                                                                         \
	const struct abi_type abi_type_cmsg_##way = {                                                              \
		.shape = SHAPE_STRUCT,                                                                             \
		.name = "struct cmsghdr",                                                                          \
		.fields = fields_cmsg_##way,                                                                       \
		.nfields = ARRAY_LEN(fields_cmsg_##way),                                                           \
	};                                                                                                         \
	const struct abi_type abi_type_cmsgs_##way = {                                                             \
		.shape = SHAPE_RECORDS,                                                                            \
		.name = "struct cmsghdr []",                                                                       \
		.records = &abi_records_cmsg_##way,                                                                \
	}
CMSGS(in);
CMSGS(out);

/*
 * Walkers of records of varying length: directory entries, control messages, messages of netlink, what is told of events.
 */
#include "abi/consts.h"
#include "abi/event.h"
#include "abi/structs.h"

#include <string.h>

enum {
	DIRENT64_RECLEN = 16, /* u16: bytes of the whole record */
	DIRENT64_NAME = 19,
	DIRENT_RECLEN = 16,
	DIRENT_NAME = 18,
};

static uint32_t dirent64_length(const uint8_t *data, uint32_t left)
{
	if (left <= DIRENT64_NAME)
		return 0;
	uint32_t len = data[DIRENT64_RECLEN] | (uint32_t)data[DIRENT64_RECLEN + 1] << 8;
	return len <= DIRENT64_NAME || len > left ? 0 : len;
}

/* The name up to its NUL: what follows it is alignment that the kernel does not clear. */
static void dirent64_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	*offset = DIRENT64_NAME;
	*len = (uint32_t)strnlen((const char *)record + DIRENT64_NAME, record_len - DIRENT64_NAME);
}

/* Of getdents(2): the record's last byte is the type. */
static uint32_t dirent_length(const uint8_t *data, uint32_t left)
{
	if (left <= DIRENT_NAME + 1)
		return 0;
	uint32_t len = data[DIRENT_RECLEN] | (uint32_t)data[DIRENT_RECLEN + 1] << 8;
	return len <= DIRENT_NAME + 1 || len > left ? 0 : len;
}

static void dirent_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	*offset = DIRENT_NAME;
	*len = (uint32_t)strnlen((const char *)record + DIRENT_NAME, record_len - DIRENT_NAME - 1);
}

static const struct abi_field dirent_type = {
	.name = "d_type", .kind = KIND_ENUM, .enc = ENC_U8, .set = SET_DIRENT_TYPE
};

const struct abi_records abi_records_dirent = {
	.elem = &abi_type_dirent,
	.length = dirent_length,
	.tail = dirent_tail,
	.last = &dirent_type,
	.tail_name = "d_name",
	.tail_kind = KIND_PATH,
	.is_set = true,
};

/* A name and its NUL. */
static uint32_t name_length(const uint8_t *data, uint32_t left)
{
	uint32_t len = (uint32_t)strnlen((const char *)data, left);

	return len < left ? len + 1 : 0;
}

static void name_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	(void)record;
	*offset = 0;
	*len = record_len - 1;
}

const struct abi_records abi_records_names = {
	.length = name_length,
	.tail = name_tail,
	.tail_name = "name",
	.tail_kind = KIND_STRING,
	.is_set = true,
};

const struct abi_records abi_records_dirent64 = {
	.elem = &abi_type_dirent64,
	.length = dirent64_length,
	.tail = dirent64_tail,
	.tail_name = "d_name",
	.tail_kind = KIND_PATH,
	.is_set = true,
};

/* struct epoll_event of x86_64 and of 32 bits: packed */
enum { EPOLL_EVENT = 12, EPOLL_DATA = 4, EPOLL_DATA_LEN = 8 };

static uint32_t epoll_event_length(const uint8_t *data, uint32_t left)
{
	(void)data;
	return left < EPOLL_EVENT ? 0 : EPOLL_EVENT;
}

/* What is ready, in the order in which it became so or was found: a set, each known by what the program has tied to it. */
const struct abi_records abi_records_epoll_event = {
	.elem = &abi_type_epoll_event,
	.length = epoll_event_length,
	.is_set = true,
	.key_offset = EPOLL_DATA,
	.key_len = EPOLL_DATA_LEN,
};

enum {
	CMSG_HEADER = 16, /* u64: bytes of header and data; the next one begins at a multiple of 8 */
};

static uint64_t cmsg_len(const uint8_t *data)
{
	uint64_t len;

	memcpy(&len, data, sizeof(len));
	return len;
}

static uint32_t cmsg_length(const uint8_t *data, uint32_t left)
{
	if (left < CMSG_HEADER || cmsg_len(data) < CMSG_HEADER || cmsg_len(data) > left)
		return 0;
	uint32_t len = (uint32_t)cmsg_len(data), padding = -len & 7;

	return padding < left - len ? len + padding : left;
}

static uint32_t cmsg_content(const uint8_t *record, uint32_t record_len)
{
	(void)record_len;
	return (uint32_t)cmsg_len(record);
}

#define CMSG_RECORDS(way)                                   \
	const struct abi_records abi_records_cmsg_##way = { \
		.elem = &abi_type_cmsg_##way,               \
		.length = cmsg_length,                      \
		.content = cmsg_content,                    \
	}
CMSG_RECORDS(in);
CMSG_RECORDS(out);

enum {
	NLMSG_HEADER = 16, /* u32: bytes of header and payload; the next one begins at a multiple of 4 */
};

static uint32_t nlmsg_content(const uint8_t *record, uint32_t record_len)
{
	uint32_t len;

	(void)record_len;
	memcpy(&len, record, sizeof(len));
	return len;
}

static uint32_t nlmsg_length(const uint8_t *data, uint32_t left)
{
	uint32_t len = left < NLMSG_HEADER ? 0 : nlmsg_content(data, left);

	if (len < NLMSG_HEADER || len > left)
		return 0;
	uint32_t padding = -len & 3;

	return padding < left - len ? len + padding : left;
}

static void nlmsg_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	*offset = NLMSG_HEADER;
	*len = nlmsg_content(record, record_len) - NLMSG_HEADER;
}

#define abi_type_nlmsghdr_read abi_type_nlmsghdr_out
#define NLMSG_RECORDS(way, K, more)                          \
	const struct abi_records abi_records_nlmsg_##way = { \
		.elem = &abi_type_nlmsghdr_##way,            \
		.length = nlmsg_length,                      \
		.content = nlmsg_content,                    \
		.tail = nlmsg_tail,                          \
		.tail_name = "payload",                      \
		.tail_kind = KIND_##K,                       \
		.flag = EVENT_NETLINK,                       \
		.list = "nlmsg",                             \
		.other = (more),                             \
	}
NLMSG_RECORDS(in, DATA, NULL);

/* ---- what is read from descriptors that tell of events ---- */

enum {
	INOTIFY_HEADER = 16,
	INOTIFY_MASK = 4,
	INOTIFY_LEN = 12, /* u32: bytes of the name behind the header, with NULs up to a multiple of 16 */
	FANOTIFY_HEADER = 24,
	FANOTIFY_VERSION = 3,
	PACKET_HEADER = 20, /* without options, which belong to the payload here */
	SIGNALFD_SIZE = 128,
	SIGNALFD_RESERVED = 100,
	SIGNALS = 64,
};

static uint32_t u32_at(const uint8_t *data, uint32_t offset)
{
	uint32_t n;

	memcpy(&n, data + offset, sizeof(n));
	return n;
}

static uint32_t inotify_length(const uint8_t *data, uint32_t left)
{
	uint32_t len = left < INOTIFY_HEADER ? 0 : u32_at(data, INOTIFY_LEN);

	if (left < INOTIFY_HEADER || len > left - INOTIFY_HEADER || u32_at(data, INOTIFY_MASK) == 0)
		return 0;
	return INOTIFY_HEADER + len;
}

static void inotify_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	*offset = INOTIFY_HEADER;
	*len = (uint32_t)strnlen((const char *)record + INOTIFY_HEADER, record_len - INOTIFY_HEADER);
}

/* u32 event_len, u8 vers, u8 reserved, u16 metadata_len */
static uint32_t fanotify_length(const uint8_t *data, uint32_t left)
{
	uint32_t len = left < FANOTIFY_HEADER ? 0 : u32_at(data, 0);

	if (len < FANOTIFY_HEADER || len > left || data[4] != FANOTIFY_VERSION || data[6] != FANOTIFY_HEADER || data[7])
		return 0;
	return len;
}

static void fanotify_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	(void)record;
	*offset = FANOTIFY_HEADER;
	*len = record_len - FANOTIFY_HEADER;
}

static uint32_t signalfd_length(const uint8_t *data, uint32_t left)
{
	uint32_t rest = 0;

	if (left < SIGNALFD_SIZE || u32_at(data, 0) - 1 >= SIGNALS)
		return 0;
	for (uint32_t i = SIGNALFD_RESERVED; i < SIGNALFD_SIZE; i++)
		rest |= data[i];
	return rest ? 0 : SIGNALFD_SIZE;
}

/* Whole, with nothing behind it. */
static uint32_t packet_length(const uint8_t *data, uint32_t left)
{
	if (left < PACKET_HEADER || data[0] >> 4 != 4 || (data[0] & 15) * 4u < PACKET_HEADER)
		return 0;
	return (uint32_t)data[2] << 8 == (left & 0xff00) && data[3] == (left & 0xff) && left <= 0xffff ? left : 0;
}

static void packet_tail(const uint8_t *record, uint32_t record_len, uint32_t *offset, uint32_t *len)
{
	(void)record;
	*offset = PACKET_HEADER;
	*len = record_len - PACKET_HEADER;
}

const struct abi_records abi_records_packet = {
	.elem = &abi_type_ip_packet,
	.length = packet_length,
	.tail = packet_tail,
	.tail_name = "payload",
	.tail_kind = KIND_DATA,
	.flag = EVENT_PACKETS,
	.list = "packet",
};
const struct abi_records abi_records_signalfd = {
	.elem = &abi_type_signalfd_siginfo,
	.length = signalfd_length,
	.flag = EVENT_SIGNALFD,
	.list = "signalfd",
	.other = &abi_records_packet,
};
const struct abi_records abi_records_fanotify = {
	.elem = &abi_type_fanotify_event,
	.length = fanotify_length,
	.tail = fanotify_tail,
	.tail_name = "info",
	.tail_kind = KIND_INODE, /* of which file system, and a handle */
	.flag = EVENT_FANOTIFY,
	.list = "fanotify",
	.other = &abi_records_signalfd,
};
const struct abi_records abi_records_inotify = {
	.elem = &abi_type_inotify_event,
	.length = inotify_length,
	.tail = inotify_tail,
	.tail_name = "name",
	.tail_kind = KIND_PATH,
	.flag = EVENT_INOTIFY,
	.list = "inotify",
	.other = &abi_records_fanotify,
};
NLMSG_RECORDS(read, NETLINK, &abi_records_inotify);
NLMSG_RECORDS(out, NETLINK, &abi_records_packet);

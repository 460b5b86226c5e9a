/*
 * The kernel's structs as types of the schema: one abi_type_<id> for each row of structs.def, and the irregular ones of
 * structs.c.  Layouts are x86_64's.
 */
#ifndef ABI_STRUCTS_H
#define ABI_STRUCTS_H

#include "abi/row.h"

#define STRUCT(id, ctype, bytes, ...)      extern const struct abi_type abi_type_##id;
#define STRUCT_TAIL(id, ctype, bytes, ...) extern const struct abi_type abi_type_##id;
#include "abi/structs.def"

extern const struct abi_type abi_type_sockaddr; /* by family; the length rule counts bytes */
/* control messages by level and type, as sent and as received; the length rule counts bytes */
extern const struct abi_type abi_type_cmsgs_in, abi_type_cmsgs_out;
/* bytes, on a netlink socket its messages; what read(2) gets may be messages of other sorts, too */
extern const struct abi_type abi_type_messages_in, abi_type_messages_out, abi_type_messages_read;
extern const struct abi_type abi_type_msgbuf;   /* a type and text; the length rule counts bytes */
extern const struct abi_type abi_type_auxv_entries; /* the auxiliary vector; the length rule counts bytes */
extern const struct abi_type abi_type_strings;  /* one pointer to a C string */
extern const struct abi_type abi_type_dirents;  /* what getdents64(2) fills in, a set */
extern const struct abi_type abi_type_old_dirents; /* ... getdents(2) */
extern const struct abi_type abi_type_epoll_events; /* what epoll_wait(2) fills in, a set; the length rule counts them */
extern const struct abi_type abi_type_names;    /* C strings one behind the other, a set: listxattr(2) */

/* Walkers of structs of varying length, in records.c. */
extern const struct abi_records abi_records_dirent64;
extern const struct abi_records abi_records_dirent;
extern const struct abi_records abi_records_names;
extern const struct abi_records abi_records_epoll_event;
extern const struct abi_records abi_records_cmsg_in, abi_records_cmsg_out;
extern const struct abi_records abi_records_nlmsg_in, abi_records_nlmsg_out, abi_records_nlmsg_read;
extern const struct abi_records abi_records_inotify, abi_records_fanotify, abi_records_signalfd, abi_records_packet;

/* One control message: its header, and by that what it brings. */
extern const struct abi_type abi_type_cmsg_in, abi_type_cmsg_out;

#endif

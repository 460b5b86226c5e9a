/*
 * Facts: what a policy's conditions may ask about the world around a call.
 */
#ifndef ABI_FACTS_H
#define ABI_FACTS_H

#include "abi/kinds.h"

#include <stdbool.h>
#include <stddef.h>

enum abi_fact {
#define FACT(ID, base, member, type) FACT_##ID,
#include "abi/facts.def"
	FACT_COUNT
};

/* What a file descriptor refers to.  Policies write the lower-case names: fd.kind == tty. */
enum abi_fd_kind {
	FD_KIND_NONE, /* not open */
	FD_KIND_FILE,
	FD_KIND_DIR,
	FD_KIND_PIPE,
	FD_KIND_SOCKET,
	FD_KIND_TTY,
	FD_KIND_DEVICE, /* other character or block device */
	FD_KIND_ANON,	/* anon_inode: epoll, eventfd, timerfd, ... */
	FD_KIND_COUNT
};

struct abi_fact_info {
	const char *base;   /* "fd", "file", "command", "task", "host", "clock", "peer" */
	enum abi_kind about; /* of the argument that it is about: KIND_FD, KIND_CLOCK; KIND_COUNT: about none */
	const char *member; /* "" for command and peer */
	bool is_string;
};

const struct abi_fact_info *abi_fact_info(enum abi_fact fact);
/* "file", "dir", ...; "none" for FD_KIND_NONE. */
const char *abi_fd_kind_name(enum abi_fd_kind kind);

#endif

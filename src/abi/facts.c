/*
 * Names of the facts that conditions may ask about: the table of facts.def.
 */
#include "abi/facts.h"

#include "base/check.h"

/* A fact's type is a letter; as an operand of == it needs a value. */
enum {
	TYPE_N = 0,
	TYPE_S = 1,
};

/* The kind of field that facts of a base are about. */
enum {
	ABOUT_fd = KIND_FD,
	ABOUT_clock = KIND_CLOCK,
	ABOUT_file = KIND_COUNT,
	ABOUT_command = KIND_COUNT,
	ABOUT_task = KIND_COUNT,
	ABOUT_host = KIND_COUNT,
	ABOUT_peer = KIND_COUNT,
};

static const struct abi_fact_info facts[] = {
#define FACT(ID, base_name, member_name, type)                                         \
	[FACT_##ID] = { .base = #base_name,                                            \
			.member = #member_name,                                        \
			.about = (enum abi_kind)ABOUT_##base_name,                     \
			.is_string = TYPE_##type == TYPE_S },
#include "abi/facts.def"
};

static const char *const fd_kinds[] = {
	[FD_KIND_NONE] = "none",     [FD_KIND_FILE] = "file", [FD_KIND_DIR] = "dir",       [FD_KIND_PIPE] = "pipe",
	[FD_KIND_SOCKET] = "socket", [FD_KIND_TTY] = "tty",   [FD_KIND_DEVICE] = "device", [FD_KIND_ANON] = "anon",
};
_Static_assert(ARRAY_LEN(fd_kinds) == FD_KIND_COUNT, "each kind of descriptor has a name");

const struct abi_fact_info *abi_fact_info(enum abi_fact fact)
{
	INVARIANT((unsigned)fact < FACT_COUNT);
	return &facts[fact];
}

const char *abi_fd_kind_name(enum abi_fd_kind kind)
{
	return (unsigned)kind < FD_KIND_COUNT ? fd_kinds[kind] : "?";
}

/*
 * Reads /proc/PID of a traced task: descriptors, cwd, maps, signal masks.
 */
#include "trace/fdinfo.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define REGION_SHARED 0x100u /* abi_region.prot: MAP_SHARED */

/* Consoles, /dev/tty and pseudo-terminals: for where the device itself cannot be asked. */
static bool is_terminal_number(dev_t device)
{
	unsigned number = major(device);

	return number == 4 || number == 5 || (number >= 136 && number <= 143);
}

enum abi_fd_kind fdinfo_kind(const struct stat *st, const char *link, int own)
{
	struct termios tio;

	if (strncmp(link, "anon_inode:", 11) == 0)
		return FD_KIND_ANON;
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return FD_KIND_FILE;
	case S_IFDIR:
		return FD_KIND_DIR;
	case S_IFIFO:
		return FD_KIND_PIPE;
	case S_IFSOCK:
		return FD_KIND_SOCKET;
	case S_IFCHR:
		if (own >= 0)
			return tcgetattr(own, &tio) == 0 ? FD_KIND_TTY : FD_KIND_DEVICE;
		return is_terminal_number(st->st_rdev) ? FD_KIND_TTY : FD_KIND_DEVICE;
	case S_IFBLK:
		return FD_KIND_DEVICE;
	}
	return FD_KIND_ANON;
}

const char *fdinfo_link(int dir, const char *path, struct arena *arena)
{
	char text[4096];
	ssize_t n = readlinkat(dir, path, text, sizeof(text));

	return n > 0 ? arena_copy(arena, text, (size_t)n) : "";
}

/* A small file of /proc, NUL-ended: one that the kernel makes as a whole (seq_file: single_open), and gives so. */
static bool read_small(int dir, const char *path, char *text, size_t room)
{
	CLEANUP(fd_close) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	do
		n = fd < 0 ? -1 : read(fd, text, room - 1);
	while (n < 0 && fd >= 0 && errno == EINTR);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* The number behind "name:" at the beginning of a line. */
static bool small_number(const char *text, const char *name, int base, uint64_t *value)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, name, len) == 0) {
			*value = strtoull(line + len, NULL, base);
			return true;
		}
	}
	return false;
}

void fdinfo_describe(const struct task *task, int fd, struct arena *arena, struct abi_fd_info *out)
{
	CLEANUP(fd_close) int own = -1;
	char name[32], text[512];
	uint64_t flags = 0;
	struct stat st;

	*out = (struct abi_fd_info){ .fd = fd, .kind = FD_KIND_NONE, .path = "" };
	snprintf(name, sizeof(name), "fd/%d", fd);
	if (fstatat(task->proc_fd, name, &st, 0) < 0)
		return;
	out->path = fdinfo_link(task->proc_fd, name, arena);
	if (S_ISCHR(st.st_mode))
		own = task_borrow_fd(task, fd);
	out->kind = fdinfo_kind(&st, out->path, own);
	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (read_small(task->proc_fd, name, text, sizeof(text)))
		small_number(text, "flags:", 8, &flags);
	out->flags = (uint32_t)flags;
}

bool fdinfo_position(const struct task *task, int fd, uint64_t *position)
{
	char name[32], text[512];

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	return read_small(task->proc_fd, name, text, sizeof(text)) && small_number(text, "pos:", 10, position);
}

bool fdinfo_is_open(const struct task *task, int fd)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "fd/%d", fd);
	return fstatat(task->proc_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

const char *fdinfo_cwd(const struct task *task, struct arena *arena)
{
	return fdinfo_link(task->proc_fd, "cwd", arena);
}

static bool read_all(int dir, const char *path, struct buf *out)
{
	CLEANUP(fd_close) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	do {
		char *at = buf_grow(out, 16384);

		n = read(fd, at, 16384);
		out->len -= 16384 - (n > 0 ? (size_t)n : 0);
	} while (n > 0);
	return n == 0;
}

size_t fdinfo_epoll_set(const struct task *task, int fd, struct epoll_event **set)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char name[32];
	size_t n = 0, room = 0;

	*set = NULL;
	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (!read_all(task->proc_fd, name, &text))
		return 0;
	for (const char *line = strstr(buf_cstr(&text), "\ntfd:"); line; line = strstr(line + 1, "\ntfd:")) {
		unsigned long long data;
		unsigned events;

		if (sscanf(line, "\ntfd: %*d events: %x data: %llx", &events, &data) != 2) {
			free(*set);
			*set = NULL;
			return 0;
		}
		if (n == room) {
			room = 2 * room + 16;
			*set = xrealloc(*set, room, sizeof(**set));
		}
		(*set)[n].events = events;
		(*set)[n++].data.u64 = data;
	}
	return n;
}

bool fdinfo_epoll_watches(const struct task *task, int fd, bool (*is)(const void *ctx, uint64_t inode), const void *ctx)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char name[32];

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	if (!read_all(task->proc_fd, name, &text))
		return false;
	for (const char *line = strstr(buf_cstr(&text), "\ntfd:"); line; line = strstr(line + 1, "\ntfd:")) {
		const char *at = strstr(line, " ino:"), *end = strchr(line + 1, '\n');

		if (at && (!end || at < end) && is(ctx, strtoull(at + 5, NULL, 16)))
			return true;
	}
	return false;
}

/* A hexadecimal number and the character behind it; NULL: that is not what there is. */
static const char *parse_hex(const char *at, const char *end, char behind, uint64_t *value)
{
	const char *first = at;

	for (*value = 0; at < end; at++) {
		unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
				 : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
							    : 16;

		if (digit == 16)
			break;
		*value = *value << 4 | digit;
	}
	return at > first && at < end && *at == behind ? at + 1 : NULL;
}

/* Behind the next word and the spaces that follow it. */
static const char *skip_word(const char *at, const char *end)
{
	while (at < end && *at != ' ')
		at++;
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* One line of maps, of which a process of some size has hundreds: start-end perms offset dev inode name. */
static bool parse_region(const char *line, size_t len, struct arena *arena, struct abi_region *r)
{
	const char *end = line + len, *at = parse_hex(line, end, '-', &r->start), *perms;

	at = at ? parse_hex(at, end, ' ', &r->end) : NULL;
	if (!at || end - at < 5 || at[4] != ' ')
		return false;
	perms = at;
	at = parse_hex(at + 5, end, ' ', &r->offset);
	if (!at)
		return false;
	at = skip_word(skip_word(at, end), end);
	r->prot = (perms[0] == 'r' ? PROT_READ : 0) | (perms[1] == 'w' ? PROT_WRITE : 0) |
		  (perms[2] == 'x' ? PROT_EXEC : 0) | (perms[3] == 's' ? REGION_SHARED : 0);
	r->name = at < end ? arena_copy(arena, at, (size_t)(end - at)) : "";
	return true;
}

uint32_t fdinfo_regions(const struct task *task, struct arena *arena, struct abi_region **regions)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	uint32_t n = 0, room = 0;

	*regions = NULL;
	if (!read_all(task->proc_fd, "maps", &text))
		return 0;
	for (size_t i = 0; i < text.len; i++)
		room += text.data[i] == '\n';
	*regions = arena_array(arena, room ? room : 1, sizeof(**regions));
	for (const char *line = buf_cstr(&text), *end; (end = strchr(line, '\n')) && n < room; line = end + 1)
		n += parse_region(line, (size_t)(end - line), arena, &(*regions)[n]);
	return n;
}

bool fdinfo_signals(const struct task *task, struct signal_sets *sets)
{
	uint64_t process_pending;
	char text[4096];

	if (!read_small(task->proc_fd, "status", text, sizeof(text)) ||
	    !small_number(text, "SigCgt:", 16, &sets->caught) || !small_number(text, "SigIgn:", 16, &sets->ignored) ||
	    !small_number(text, "SigBlk:", 16, &sets->blocked) || !small_number(text, "SigPnd:", 16, &sets->pending) ||
	    !small_number(text, "ShdPnd:", 16, &process_pending))
		return false;
	sets->pending |= process_pending;
	return true;
}

bool fdinfo_is_filtered(const struct task *task)
{
	uint64_t mode;
	char text[4096];

	return read_small(task->proc_fd, "status", text, sizeof(text)) && small_number(text, "Seccomp:", 10, &mode) && mode;
}

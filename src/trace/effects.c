/*
 * Describes the descriptors that a call made, changed or closed, and the program that an exec started.
 */
#include "trace/effects.h"

#include "base/check.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"

#include <linux/fanotify.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FD_MAX	      (1u << 20) /* of what is tracked here; the kernel's usual limit */
#define CONTROL_MAX   (1u << 20) /* bytes of control messages that are looked at */
#define RECEIVED_MAX  4096	 /* descriptors of one call: 16 full messages */
#define MESSAGE_PIDFD 4		 /* SCM_PIDFD, newer than the oldest headers */

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

static void mark(struct effects *e, int fd, bool open)
{
	size_t word = (size_t)fd / 64;

	if (fd < 0 || (unsigned)fd >= FD_MAX)
		return;
	if (word >= e->words) {
		size_t words = word * 2 + 1;

		if (!open)
			return;
		e->open = xrealloc(e->open, words, sizeof(*e->open));
		memset(e->open + e->words, 0, (words - e->words) * sizeof(*e->open));
		e->words = words;
	}
	if (open)
		e->open[word] |= (uint64_t)1 << (fd % 64);
	else
		e->open[word] &= ~((uint64_t)1 << (fd % 64));
}

void effects_init(struct effects *e)
{
	memset(e, 0, sizeof(*e));
	for (int fd = 0; fd < 3; fd++)
		mark(e, fd, true);
}

void effects_copy(struct effects *e, const struct effects *from)
{
	*e = *from;
	e->open = xcalloc(e->words ? e->words : 1, sizeof(*e->open));
	if (e->words)
		memcpy(e->open, from->open, e->words * sizeof(*e->open));
}

void effects_free(struct effects *e)
{
	free(e->open);
	e->open = NULL;
	e->words = 0;
}

static const char *shown_path(const struct effects *e, const char *path)
{
	for (size_t i = 0; i < EFFECTS_SHOWN; i++) {
		if (e->shown[i].link && strcmp(e->shown[i].link, path) == 0)
			return e->shown[i].path;
	}
	return path;
}

static void add(struct effects *e, const struct task *task, struct sys_event *ev, int fd)
{
	struct abi_fd_info *info = &ev->fds[ev->nfds++];

	fdinfo_describe(task, fd, ev->arena, info);
	info->path = shown_path(e, info->path);
	mark(e, fd, info->kind != FD_KIND_NONE);
}

static void note_new(struct effects *e, const struct task *task, struct sys_event *ev, const int *fds, size_t n)
{
	ev->fds = arena_array(ev->arena, n, sizeof(*ev->fds));
	for (size_t i = 0; i < n; i++)
		add(e, task, ev, fds[i]);
}

/* What the kernel writes behind an argument: an int or two of kind fd, as such or as an option's value. */
static size_t fds_behind(const struct abi_field *f)
{
	enum abi_kind kind = f->kind;

	if (!f->pointer || f->dir != DIR_OUT)
		return 0;
	if (f->type->shape == SHAPE_STRUCT && f->type->nfields == 1)
		kind = f->type->fields[0].kind;
	return kind != KIND_FD ? 0 : f->len.rule == LEN_CONST ? f->len.n : 1;
}

static void note_pair(struct effects *e, const struct task *task, const struct abi_row *row, struct sys_event *ev)
{
	int fds[2];

	for (unsigned i = 0; i < row->nargs; i++) {
		size_t n = fds_behind(&row->args[i]);

		INVARIANT(n <= ARRAY_LEN(fds));
		if (n && memory_read(task, ev->args[i], fds, n * sizeof(*fds)) == n * sizeof(*fds))
			note_new(e, task, ev, fds, n);
	}
}

/* The descriptors that control messages bring, at most room of them. */
static size_t fds_in_control(const uint8_t *data, size_t len, int *fds, size_t room)
{
	struct cmsghdr header;
	size_t n = 0;

	for (size_t at = 0; len - at >= sizeof(header); at += CMSG_ALIGN(header.cmsg_len)) {
		memcpy(&header, data + at, sizeof(header));
		if (header.cmsg_len < sizeof(header) || header.cmsg_len > len - at)
			break;
		if (header.cmsg_level == SOL_SOCKET &&
		    (header.cmsg_type == SCM_RIGHTS || header.cmsg_type == MESSAGE_PIDFD)) {
			size_t bytes = header.cmsg_len - sizeof(header);

			for (size_t i = 0; i < bytes / sizeof(*fds) && n < room; i++)
				memcpy(&fds[n++], data + at + sizeof(header) + i * sizeof(*fds), sizeof(*fds));
		}
		if (CMSG_ALIGN(header.cmsg_len) > len - at)
			break;
	}
	return n;
}

/* Received with messages: each says by itself how much came with it. */
static void note_received(struct effects *e, const struct task *task, const struct abi_row *row, struct sys_event *ev)
{
	const struct abi_field *f = &row->args[1];
	uint64_t count = f->len.rule == LEN_ONE ? 1 : (uint64_t)ev->ret;
	int *fds = NULL;
	size_t n = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct msghdr message;
		uint8_t *control;
		size_t len;

		if (memory_read(task, ev->args[1] + i * f->type->size, &message, sizeof(message)) != sizeof(message) ||
		    !message.msg_controllen || message.msg_controllen > CONTROL_MAX)
			continue;
		if (!fds)
			fds = arena_array(ev->arena, RECEIVED_MAX, sizeof(*fds));
		control = arena_raw(ev->arena, message.msg_controllen);
		len = memory_read(task, (uint64_t)(uintptr_t)message.msg_control, control, message.msg_controllen);
		n += fds_in_control(control, len, fds + n, RECEIVED_MAX - n);
	}
	if (n)
		note_new(e, task, ev, fds, n);
}

/* What fanotify tells of an opened file brings a descriptor of it. */
static void note_events(struct effects *e, const struct task *task, struct sys_event *ev, const struct abi_block *b)
{
	struct fanotify_event_metadata event;
	int *fds = arena_array(ev->arena, b->len / sizeof(event) + 1, sizeof(*fds));
	size_t n = 0;

	for (uint32_t at = 0; b->len - at >= sizeof(event); at += event.event_len) {
		memcpy(&event, b->data + at, sizeof(event));
		if (event.event_len < sizeof(event) || event.event_len > b->len - at)
			break;
		if (event.fd >= 0)
			fds[n++] = event.fd;
	}
	if (n)
		note_new(e, task, ev, fds, n);
}

static void note_read(struct effects *e, const struct task *task, struct sys_event *ev)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == PHASE_EXIT)
			note_events(e, task, ev, &ev->blocks[i]);
	}
}

/* The known descriptors in [first, last] that are closed now. */
static void note_closed(struct effects *e, const struct task *task, struct sys_event *ev, uint32_t first, uint32_t last)
{
	uint32_t n = 0;

	for (int round = 0; round < 2; round++) {
		for (uint64_t fd = first; fd <= last && fd < e->words * 64; fd++) {
			if (!(e->open[fd / 64] >> (fd % 64) & 1) || fdinfo_is_open(task, (int)fd))
				continue;
			if (round == 0) {
				n++;
				continue;
			}
			ev->fds[ev->nfds++] = (struct abi_fd_info){ .fd = (int)fd, .kind = FD_KIND_NONE, .path = "" };
			mark(e, (int)fd, false);
		}
		if (n == 0)
			return;
		if (round == 0)
			ev->fds = arena_array(ev->arena, n, sizeof(*ev->fds));
	}
}

static void note_close(struct effects *e, const struct task *task, const struct abi_row *row, struct sys_event *ev)
{
	if (row->nargs > 1) {
		if (!(ev->args[2] & CLOSE_RANGE_CLOEXEC))
			note_closed(e, task, ev, (uint32_t)ev->args[0], (uint32_t)ev->args[1]);
		return;
	}
	ev->fds = arena_alloc(ev->arena, sizeof(*ev->fds));
	ev->fds[ev->nfds++] = (struct abi_fd_info){ .fd = (int)ev->args[0], .kind = FD_KIND_NONE, .path = "" };
	mark(e, (int)ev->args[0], false);
}

void effects_note(struct effects *e, const struct task *task, const struct abi_row *row, struct sys_event *ev)
{
	int fd;

	if (row->flags & CALL_NEW_FD) {
		fd = (int)ev->ret;
		note_new(e, task, ev, &fd, 1);
	} else if (row->flags & CALL_NEW_FD_PAIR) {
		note_pair(e, task, row, ev);
	} else if (row->flags & CALL_RECEIVES) {
		note_received(e, task, row, ev);
	} else if (ev->flags & EVENT_FANOTIFY) {
		note_read(e, task, ev);
	} else if (row->flags & CALL_CLOSE_FD) {
		note_close(e, task, row, ev);
	} else if (row->flags & CALL_FD_FLAGS) {
		fd = (int)ev->args[0];
		note_new(e, task, ev, &fd, 1);
	}
	if (row->flags & CALL_CWD)
		ev->cwd = fdinfo_cwd(task, ev->arena);
	if (row->flags & CALL_EXEC) {
		ev->command = fdinfo_link(task->proc_fd, "exe", ev->arena);
		ev->nregions = fdinfo_regions(task, ev->arena, &ev->regions);
		note_closed(e, task, ev, 0, UINT32_MAX);
	}
}

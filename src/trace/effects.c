/*
 * Describes the descriptors that a call made, changed or closed, and the program that an exec started.
 */
#include "trace/effects.h"

#include "base/check.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"

#include <stdlib.h>
#include <string.h>

#define FD_MAX (1u << 20) /* of what is tracked here; the kernel's usual limit */

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

static void note_pair(struct effects *e, const struct task *task, const struct abi_row *row, struct sys_event *ev)
{
	int pair[2];
	uint64_t at = 0;

	for (unsigned i = 0; i < row->nargs; i++) {
		if (row->args[i].pointer)
			at = ev->args[i];
	}
	if (memory_read(task, at, pair, sizeof(pair)) == sizeof(pair))
		note_new(e, task, ev, pair, 2);
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

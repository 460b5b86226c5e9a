/*
 * What the tests of recording/ share: a directory for files, and events held against what was written.
 */
#ifndef TESTS_REC_EXPECT_H
#define TESTS_REC_EXPECT_H

#include "base/fdio.h"
#include "rec_sample.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A directory of its own for each test, removed by sample_dir_remove(). */
static char sample_dir[64];

static inline void sample_dir_make(void)
{
	snprintf(sample_dir, sizeof(sample_dir), "/tmp/test-recording-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(sample_dir));
}

/* A path in the directory; one of four buffers, used in turn. */
static inline const char *sample_path(const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", sample_dir, name);
	return path;
}

static inline void sample_dir_remove(void)
{
	DIR *dir = opendir(sample_dir);
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			unlink(sample_path(e->d_name));
	if (dir)
		closedir(dir);
	rmdir(sample_dir);
}

static inline void sample_expect_event(const struct sys_event *want, const struct sys_event *got, const char *row)
{
	ck_assert_msg(got->type == want->type, "%s: type %d", row, got->type);
	ck_assert_msg(got->flags == want->flags, "%s: flags %u", row, got->flags);
	ck_assert_msg(got->seq == want->seq, "%s: seq %llu", row, (unsigned long long)got->seq);
	ck_assert_msg(got->task == want->task, "%s: task %u", row, got->task);
	ck_assert_msg(got->nr == want->nr, "%s: nr %d", row, got->nr);
	ck_assert_msg(got->call == ABI_UNDESCRIBED, "%s: call %u", row, got->call);
	ck_assert_msg(memcmp(got->args, want->args, sizeof(want->args)) == 0, "%s: args", row);
	ck_assert_msg(got->ret == want->ret, "%s: ret %lld", row, (long long)got->ret);
	ck_assert_msg(got->ip == want->ip, "%s: ip %llx", row, (unsigned long long)got->ip);
	ck_assert_msg(got->nblocks == want->nblocks, "%s: %u blocks", row, got->nblocks);
	for (uint32_t i = 0; i < want->nblocks; i++) {
		const struct abi_block *w = &want->blocks[i], *g = &got->blocks[i];

		ck_assert_msg(g->phase == w->phase && g->node == w->node && g->index == w->index &&
				      g->addr == w->addr && g->status == w->status && g->len == w->len,
			      "%s: block %u", row, i);
		ck_assert_msg(!w->len || memcmp(g->data, w->data, w->len) == 0, "%s: data of block %u", row, i);
	}
	ck_assert_msg(got->nfds == want->nfds, "%s: %u fds", row, got->nfds);
	for (uint32_t i = 0; i < want->nfds; i++) {
		const struct abi_fd_info *w = &want->fds[i], *g = &got->fds[i];

		ck_assert_msg(g->fd == w->fd && g->kind == w->kind && g->flags == w->flags &&
				      strcmp(g->path, w->path) == 0,
			      "%s: descriptor %u", row, i);
	}
	ck_assert_msg(!got->cwd == !want->cwd && (!want->cwd || strcmp(got->cwd, want->cwd) == 0), "%s: cwd", row);
	ck_assert_msg(!got->command == !want->command && (!want->command || strcmp(got->command, want->command) == 0),
		      "%s: command", row);
	ck_assert_msg(got->nregions == want->nregions, "%s: %u regions", row, got->nregions);
	for (uint32_t i = 0; i < want->nregions; i++) {
		const struct abi_region *w = &want->regions[i], *g = &got->regions[i];

		ck_assert_msg(g->start == w->start && g->end == w->end && g->offset == w->offset &&
				      g->prot == w->prot && strcmp(g->name, w->name) == 0,
			      "%s: region %u", row, i);
	}
}

/* Writes a recording of the first count sample events. */
static inline void sample_recording(const char *path, unsigned count)
{
	struct rec_header h = sample_header();
	struct rec_trailer t = { .reason = "" };
	struct arena *a = arena_new();
	struct rec_writer *w;
	struct err err = { 0 };

	w = rec_writer_open(path, &h, &err);
	ck_assert_msg(w != NULL, "%s", err.text);
	for (unsigned i = 0; i < count; i++) {
		struct sys_event ev;

		arena_reset(a);
		sample_event(i, &ev, a);
		ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
	}
	ck_assert_msg(rec_writer_finish(w, &t, &err) == 0, "%s", err.text);
	arena_free(a);
}

#endif

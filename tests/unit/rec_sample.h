/*
 * Sample headers, events and files for the tests of recording/.
 */
#ifndef TESTS_REC_SAMPLE_H
#define TESTS_REC_SAMPLE_H

#include "base/fdio.h"
#include "recording/recording.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE_MAX_EVENT ((size_t)64 << 20)

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

static inline struct rec_header sample_header(void)
{
	static const char *const argv[] = { "cat", "-n", "", "fi\xffle", NULL };
	static const char *const envp[] = { "PATH=/bin", "LANG=C", "EMPTY=", NULL };
	static const uint32_t groups[] = { 0, 4, 4294967295U };
	static const uint32_t ignored[] = { 0, 228 };
	struct rec_header h = {
		.policy_name = "strict",
		.program = "/bin/cat",
		.argv = argv,
		.envp = envp,
		.cwd = "/tmp/a b",
		.umask = 022,
		.uid = 1000,
		.euid = 0,
		.gid = 100,
		.egid = 4294967294U,
		.ngroups = 3,
		.groups = groups,
		.signals_ignored = 1ull << 63 | 1,
		.signals_blocked = 0x1000,
		.host_sysname = "Linux",
		.host_release = "6.1.0-13-amd64",
		.host_version = "#1 SMP",
		.host_machine = "x86_64",
		.host_hostname = "mother",
		.started_ns = 1700000000123456789,
		.aslr = true,
		.ignored = ignored,
		.nignored = 2,
	};

	for (unsigned i = 0; i < 32; i++) {
		h.schema_hash[i] = (uint8_t)i;
		h.policy_digest[i] = (uint8_t)(0xff - i);
		h.at_random[i % 16] = (uint8_t)(i * 3);
	}
	h.rlimits[3] = (struct rec_rlimit){ 8u << 20, UINT64_MAX };
	h.rlimits[15] = (struct rec_rlimit){ 1, 2 };
	h.stdio[0] = (struct rec_stdio){ FD_KIND_FILE, 0x8000, "/etc/hosts", 231, 17, 0100644, 0 };
	h.stdio[1] = (struct rec_stdio){ FD_KIND_TTY, 2, "/dev/pts/3", 0, 0, 020620, 0x8803 };
	h.stdio[2] = (struct rec_stdio){ FD_KIND_NONE, 0, "", 0, 0, 0, 0 };
	return h;
}

/* size bytes that do not compress; the same for the same seed */
static inline void sample_noise(uint8_t *out, size_t size, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ull + 1;

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		out[i] = (uint8_t)(x >> 32);
	}
}

/* read(fd, addr, len) that gave len bytes, or write() of them */
static inline void sample_io(struct sys_event *ev, uint64_t seq, bool write, const void *data, uint32_t len)
{
	struct abi_block *b;

	ev->seq = seq;
	ev->nr = write;
	ev->flags = EVENT_RETURNED;
	ev->args[0] = write ? 1 : 3;
	ev->args[1] = 0x7f1234560000;
	ev->args[2] = len;
	ev->ret = len;
	ev->ip = write ? 0x7f00000114a0 : 0x7f00000113c0;
	b = event_add_block(ev);
	b->phase = write ? PHASE_ENTRY : PHASE_EXIT;
	b->node = 2;
	b->addr = ev->args[1];
	b->len = len;
	b->data = data;
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

		ck_assert_msg(g->phase == w->phase && g->node == w->node && g->index == w->index && g->addr == w->addr &&
				      g->status == w->status && g->len == w->len,
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

		ck_assert_msg(g->start == w->start && g->end == w->end && g->offset == w->offset && g->prot == w->prot &&
				      strcmp(g->name, w->name) == 0,
			      "%s: region %u", row, i);
	}
}

/* The i-th of a row of varied small events; from the 8th on they repeat with other numbers. */
static inline void sample_event(unsigned i, struct sys_event *ev, struct arena *a)
{
	static const struct abi_fd_info fds[] = {
		{ -1, FD_KIND_NONE, 0, "" }, { 3, FD_KIND_FILE, 0x88000, "/etc/ld.so.cache" }, { 255, FD_KIND_ANON, 1, "a\xfe" }
	};
	static const struct abi_region regions[] = {
		{ 0x555555554000, 0x555555558000, 0, 5, "/bin/cat" },
		{ 0x7ffffffde000, 0x7ffffffff000, 0, 3 | 1u << 8, "[stack]" },
		{ 0, UINT64_MAX, UINT64_MAX, UINT32_MAX, "" },
	};
	uint8_t *data = arena_raw(a, 300);
	struct abi_block *b;

	event_init(ev, a);
	ev->seq = i;
	switch (i % 8) {
	case 0:
		ev->flags = EVENT_RETURNED | EVENT_INITIAL;
		ev->nr = 59;
		ev->command = "/bin/cat";
		ev->regions = (struct abi_region *)regions;
		ev->nregions = 3;
		ev->fds = (struct abi_fd_info *)fds;
		ev->nfds = 3;
		break;
	case 1:
		memset(data, (int)i, 1);
		sample_io(ev, i, false, data, 1);
		break;
	case 2:
		sample_noise(data, 300, 1); /* equal in each round */
		sample_io(ev, i, false, data, 300);
		break;
	case 3:
		sample_noise(data, 300, 1);
		sample_io(ev, i, true, data, 300);
		ev->ret = -14;
		b = event_add_block(ev);
		*b = (struct abi_block){ PHASE_EXIT, 65535, UINT32_MAX, 0, BLOCK_CUT, 0, NULL };
		b = event_add_block(ev);
		*b = (struct abi_block){ PHASE_ENTRY, 0, 0, UINT64_MAX, BLOCK_UNREADABLE, 63, data };
		break;
	case 4:
		ev->nr = 80;
		ev->cwd = "/tmp";
		ev->flags = EVENT_ANSWERED | EVENT_EMULATED;
		ev->task = UINT32_MAX;
		ev->seq = i + 1000000ull * i; /* gaps, and the one behind it steps back */
		for (unsigned j = 0; j < ABI_ARGS; j++)
			ev->args[j] = UINT64_MAX >> j * 8;
		ev->ip = UINT64_MAX;
		break;
	case 5:
		ev->type = EVENT_SIGNAL;
		ev->nr = ABI_SIGNAL;
		ev->args[0] = 11;
		sample_noise(data, 128, i);
		b = event_add_block(ev);
		*b = (struct abi_block){ PHASE_EXIT, 1, 0, 0, BLOCK_OK, 128, data };
		break;
	case 6:
		ev->nr = -1;
		ev->ret = INT64_MIN;
		ev->flags = EVENT_RETURNED;
		break;
	case 7:
		ev->type = EVENT_END;
		ev->nr = ABI_TASK_END;
		ev->args[0] = 256;
		ev->args[1] = 9;
		break;
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

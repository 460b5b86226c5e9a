/*
 * Sample headers and events: for the tests of recording/ and for the seeds of its fuzz target.
 */
#ifndef TESTS_REC_SAMPLE_H
#define TESTS_REC_SAMPLE_H

#include "recording/recording.h"

#include <string.h>

#define SAMPLE_MAX_EVENT ((size_t)64 << 20)

static inline struct rec_header sample_header(void)
{
	static const char *const argv[] = { "cat", "-n", "", "fi\xffle", NULL };
	static const char *const envp[] = { "PATH=/bin", "LANG=C", "EMPTY=", NULL };
	static const uint32_t groups[] = { 0, 4, 4294967295U };
	static const uint32_t ignored[] = { 0, 228 };
	struct rec_header h = {
		.policy_name = "strict",
		.container = { REC_CONTAINER_FOLDERS, "/srv/a:/srv/b", "/var/up", "/var/work", "/mnt", "inside", true, true },
		.command_name = "sample",
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
		.cpuid_runs = true,
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

/* The i-th of a row of varied small events; from the 8th on they repeat with other numbers. */
static inline void sample_event(unsigned i, struct sys_event *ev, struct arena *a)
{
	static const struct abi_fd_info fds[] = { { -1, FD_KIND_NONE, 0, "" },
						  { 3, FD_KIND_FILE, 0x88000, "/etc/ld.so.cache" },
						  { 255, FD_KIND_ANON, 1, "a\xfe" } };
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
		*b = (struct abi_block){ PHASE_EXIT, 65535, UINT32_MAX, 0, BLOCK_CUT, 0, NULL, NULL };
		b = event_add_block(ev);
		*b = (struct abi_block){ PHASE_ENTRY, 0, 0, UINT64_MAX, BLOCK_UNREADABLE, 63, data, NULL };
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
		*b = (struct abi_block){ PHASE_EXIT, 1, 0, 0, BLOCK_OK, 128, data, NULL };
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

#endif

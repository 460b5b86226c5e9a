/*
 * Audit cases: bpf(2), perf_event_open(2) and what ioctl(2) does with its descriptors.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define NOWHERE 8L

static long bpf(int command, void *attr, size_t size)
{
	return syscall(SYS_bpf, command, attr, size);
}

static long privileged(long result)
{
	if (result == -1 && (errno == EPERM || errno == EACCES))
		abi_skip("it takes a privilege");
	if (result == -1 && errno == ENOSYS)
		abi_skip("the kernel is built without it");
	return MUST(result);
}

static int map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2, .map_name = "name"
	};

	return (int)privileged(bpf(BPF_MAP_CREATE, &attr, 72));
}

/* A folder for pins that nobody else sees. */
static void pins(void)
{
	if (unshare(CLONE_NEWNS) == -1)
		abi_skip("a mount namespace takes a privilege");
	MUST(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST(mkdir("pins", 0700));
	MUST(mount("none", "pins", "bpf", 0, NULL));
}

ABI_CASE("bpf(BPF_MAP_CREATE)")
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 2, .map_name = "name"
	};

	privileged(bpf(BPF_MAP_CREATE, &attr, 72));
	attr.map_type = 999;
	MUST_FAIL(bpf(BPF_MAP_CREATE, &attr, 48), EINVAL);
}

/* A map of the type; keys of 4 bytes, values of 6. */
static int typed_map(uint32_t type)
{
	union bpf_attr attr = { .map_type = type, .key_size = 4, .value_size = 6, .max_entries = 4 };

	return (int)privileged(bpf(BPF_MAP_CREATE, &attr, 72));
}

static uint8_t value[4096];

static union bpf_attr element(int fd, uint32_t *key)
{
	union bpf_attr attr = { .map_fd = (uint32_t)fd };

	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	/* what is behind a value differs from run to run */
	memset(value, getpid() & 255, sizeof(value));
	memcpy(value, "value", 6);
	return attr;
}

ABI_CASE("bpf(BPF_MAP_UPDATE_ELEM)")
{
	uint32_t key[2] = { 1, (uint32_t)getpid() };
	union bpf_attr attr = element(typed_map(BPF_MAP_TYPE_HASH), key);

	MUST(bpf(BPF_MAP_UPDATE_ELEM, &attr, 32));
	attr.flags = BPF_NOEXIST;
	MUST_FAIL(bpf(BPF_MAP_UPDATE_ELEM, &attr, 32), EEXIST);
	attr.map_fd = (uint32_t)-1;
	MUST_FAIL(bpf(BPF_MAP_UPDATE_ELEM, &attr, 32), EBADF);
}

ABI_CASE("bpf(BPF_MAP_LOOKUP_ELEM)")
{
	static const uint32_t types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY };
	uint32_t key = 1;

	for (int i = 0; i < 2; i++) {
		union bpf_attr attr = element(typed_map(types[i]), &key);

		MUST(bpf(BPF_MAP_LOOKUP_ELEM, &attr, 32));
		key = 9;
		MUST_FAIL(bpf(BPF_MAP_LOOKUP_ELEM, &attr, 32), ENOENT);
		key = 1;
	}
}

ABI_CASE("bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM)")
{
	uint32_t key = 1;
	union bpf_attr attr = element(typed_map(BPF_MAP_TYPE_HASH), &key);

	MUST(bpf(BPF_MAP_UPDATE_ELEM, &attr, 32));
	memset(value, 'v', sizeof(value));
	MUST(bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, 32));
	MUST_FAIL(bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, 32), ENOENT);
}

ABI_CASE("bpf(BPF_MAP_DELETE_ELEM)")
{
	uint32_t key = 1;
	union bpf_attr attr = element(typed_map(BPF_MAP_TYPE_HASH), &key);

	MUST(bpf(BPF_MAP_UPDATE_ELEM, &attr, 32));
	attr.value = 0;
	MUST(bpf(BPF_MAP_DELETE_ELEM, &attr, 16));
	MUST_FAIL(bpf(BPF_MAP_DELETE_ELEM, &attr, 16), ENOENT);
}

ABI_CASE("bpf(BPF_MAP_GET_NEXT_KEY)")
{
	uint32_t key = 1, next[2] = { 77, 77 };
	union bpf_attr attr = element(typed_map(BPF_MAP_TYPE_HASH), &key);

	MUST(bpf(BPF_MAP_UPDATE_ELEM, &attr, 32));
	attr.next_key = (uintptr_t)next;
	attr.key = 0;
	MUST(bpf(BPF_MAP_GET_NEXT_KEY, &attr, 24));
	MUST_BE(next[0] == 1 && next[1] == 77);
	attr.key = (uintptr_t)&key;
	MUST_FAIL(bpf(BPF_MAP_GET_NEXT_KEY, &attr, 24), ENOENT);
}

ABI_CASE("bpf(BPF_PROG_LOAD)")
{
	/* r0 = 0; exit */
	struct bpf_insn insns[2] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .prog_name = "nothing" };
	static char log[4096];

	attr.insns = (uintptr_t)insns;
	attr.license = (uintptr_t) "GPL";
	privileged(bpf(BPF_PROG_LOAD, &attr, 72));
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	insns[1].code = 0;
	MUST_FAIL(bpf(BPF_PROG_LOAD, &attr, 72), EINVAL);
}

ABI_CASE("bpf(BPF_BTF_LOAD)")
{
	/* struct btf_header with one type, an int, and the strings "\0i" */
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t hdr_len, type_off, type_len, str_off, str_len;
		uint32_t name, info, size, encoding;
		char strings[4];
	} btf = { 0xeb9f, 1, 0, 24, 0, 16, 16, 3, 1, 1u << 24, 4, 32, { 0, 'i', 0, 0 } };
	union bpf_attr attr = { .btf = (uintptr_t)&btf, .btf_size = sizeof(btf) - 1 };

	privileged(bpf(BPF_BTF_LOAD, &attr, 28));
	btf.magic = 0;
	MUST_FAIL(bpf(BPF_BTF_LOAD, &attr, 28), EINVAL);
}

ABI_CASE("bpf(BPF_OBJ_PIN)")
{
	union bpf_attr attr = { .pathname = (uintptr_t) "pins/map" };

	attr.bpf_fd = (uint32_t)map();
	pins();
	MUST(bpf(BPF_OBJ_PIN, &attr, 16));
	MUST_FAIL(bpf(BPF_OBJ_PIN, &attr, 16), EEXIST);
}

ABI_CASE("bpf(BPF_OBJ_GET)")
{
	union bpf_attr attr = { .pathname = (uintptr_t) "pins/map" };

	attr.bpf_fd = (uint32_t)map();
	pins();
	MUST(bpf(BPF_OBJ_PIN, &attr, 16));
	attr.bpf_fd = 0;
	MUST(bpf(BPF_OBJ_GET, &attr, 16));
	attr.pathname = (uintptr_t) "pins/other";
	MUST_FAIL(bpf(BPF_OBJ_GET, &attr, 16), ENOENT);
}

ABI_CASE("bpf(BPF_MAP_GET_NEXT_ID)")
{
	union bpf_attr attr = { .start_id = 0 };

	map();
	attr.next_id = 0x5a5a5a5a;
	MUST(bpf(BPF_MAP_GET_NEXT_ID, &attr, 12));
	attr.start_id = 0x7ffffffe;
	MUST_FAIL(bpf(BPF_MAP_GET_NEXT_ID, &attr, 12), ENOENT);
}

ABI_CASE("bpf(BPF_MAP_GET_FD_BY_ID)")
{
	union bpf_attr attr = { .start_id = 0 };

	map();
	MUST(bpf(BPF_MAP_GET_NEXT_ID, &attr, 12));
	attr.map_id = attr.next_id;
	attr.next_id = 0;
	MUST(bpf(BPF_MAP_GET_FD_BY_ID, &attr, 12));
	attr.map_id = 0x7fffffff;
	MUST_FAIL(bpf(BPF_MAP_GET_FD_BY_ID, &attr, 12), ENOENT);
}

ABI_CASE("bpf(BPF_MAP_FREEZE)")
{
	union bpf_attr attr = { .map_fd = (uint32_t)map() };

	MUST(bpf(BPF_MAP_FREEZE, &attr, 4));
	attr.map_fd = -1u;
	MUST_FAIL(bpf(BPF_MAP_FREEZE, &attr, 4), EBADF);
}

static void no_next(int command)
{
	union bpf_attr attr = { .start_id = 0x7ffffffe };

	map();
	MUST_FAIL(bpf(command, &attr, 12), ENOENT);
}

static void none_of_id(int command)
{
	union bpf_attr attr = { .prog_id = 0x7ffffffe };

	map();
	MUST_FAIL(bpf(command, &attr, 12), ENOENT);
}

#define NO_PROGRAM "loading a program is described in part"

/* clang-format off */
ABI_FAILS("bpf(BPF_PROG_GET_NEXT_ID)", NO_PROGRAM) { no_next(BPF_PROG_GET_NEXT_ID); }
ABI_FAILS("bpf(BPF_BTF_GET_NEXT_ID)", NO_PROGRAM) { no_next(BPF_BTF_GET_NEXT_ID); }
ABI_FAILS("bpf(BPF_LINK_GET_NEXT_ID)", NO_PROGRAM) { no_next(BPF_LINK_GET_NEXT_ID); }
ABI_FAILS("bpf(BPF_PROG_GET_FD_BY_ID)", NO_PROGRAM) { none_of_id(BPF_PROG_GET_FD_BY_ID); }
ABI_FAILS("bpf(BPF_BTF_GET_FD_BY_ID)", NO_PROGRAM) { none_of_id(BPF_BTF_GET_FD_BY_ID); }
ABI_FAILS("bpf(BPF_LINK_GET_FD_BY_ID)", NO_PROGRAM) { none_of_id(BPF_LINK_GET_FD_BY_ID); }
/* clang-format on */

ABI_FAILS("bpf(BPF_PROG_ATTACH)", NO_PROGRAM)
{
	union bpf_attr attr = { .target_fd = -1u, .attach_bpf_fd = -1u, .attach_type = 2 };

	map();
	MUST_FAIL(bpf(BPF_PROG_ATTACH, &attr, 20), EBADF);
}

ABI_FAILS("bpf(BPF_PROG_DETACH)", NO_PROGRAM)
{
	union bpf_attr attr = { .target_fd = -1u, .attach_bpf_fd = -1u, .attach_type = 2 };

	map();
	MUST_FAIL(bpf(BPF_PROG_DETACH, &attr, 20), EBADF);
}

ABI_FAILS("bpf(BPF_ITER_CREATE)", NO_PROGRAM)
{
	union bpf_attr attr = { .iter_create.link_fd = -1u };

	map();
	MUST_FAIL(bpf(BPF_ITER_CREATE, &attr, 8), EBADF);
}

ABI_FAILS("bpf(BPF_LINK_DETACH)", NO_PROGRAM)
{
	union bpf_attr attr = { .link_detach.link_fd = -1u };

	map();
	MUST_FAIL(bpf(BPF_LINK_DETACH, &attr, 4), EBADF);
}

ABI_FAILS("bpf(BPF_PROG_BIND_MAP)", NO_PROGRAM)
{
	union bpf_attr attr = { .prog_bind_map.prog_fd = -1u };

	map();
	MUST_FAIL(bpf(BPF_PROG_BIND_MAP, &attr, 12), EBADF);
}

ABI_FAILS("bpf(BPF_ENABLE_STATS)", "it would slow down every program of the machine")
{
	union bpf_attr attr = { .enable_stats.type = 99 };

	map();
	MUST_FAIL(bpf(BPF_ENABLE_STATS, &attr, 4), EINVAL);
}

/* ---- events ---- */

static struct perf_event_attr clock_event(void)
{
	return (struct perf_event_attr){ .type = PERF_TYPE_SOFTWARE,
					 .size = 128,
					 .config = PERF_COUNT_SW_TASK_CLOCK,
					 .sample_period = 1000000000000,
					 .disabled = 1,
					 .exclude_kernel = 1 };
}

static int event(void)
{
	struct perf_event_attr attr = clock_event();

	return (int)privileged(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0L));
}

ABI_CASE("perf_event_open")
{
	struct perf_event_attr attr = clock_event();

	event();
	attr.size = 0;
	privileged(syscall(SYS_perf_event_open, &attr, 0, -1, -1, (long)PERF_FLAG_FD_CLOEXEC));
	attr.type = 0x7fffffff;
	MUST_FAIL(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0L), ENOENT);
}

static void with_event(unsigned long request, long value)
{
	MUST(syscall(SYS_ioctl, event(), request, value));
	MUST_FAIL(syscall(SYS_ioctl, -1, request, value), EBADF);
}

/* clang-format off */
ABI_CASE("ioctl(PERF_EVENT_IOC_ENABLE)") { with_event(PERF_EVENT_IOC_ENABLE, 0); }
ABI_CASE("ioctl(PERF_EVENT_IOC_DISABLE)") { with_event(PERF_EVENT_IOC_DISABLE, 0); }
ABI_CASE("ioctl(PERF_EVENT_IOC_REFRESH)") { with_event(PERF_EVENT_IOC_REFRESH, 3); }
ABI_CASE("ioctl(PERF_EVENT_IOC_RESET)") { with_event(PERF_EVENT_IOC_RESET, 0); }
ABI_CASE("ioctl(PERF_EVENT_IOC_SET_OUTPUT)") { with_event(PERF_EVENT_IOC_SET_OUTPUT, -1); }
/* clang-format on */

ABI_CASE("ioctl(PERF_EVENT_IOC_PERIOD)")
{
	uint64_t period = 2000000000000;
	int fd = event();

	MUST(syscall(SYS_ioctl, fd, PERF_EVENT_IOC_PERIOD, &period));
	MUST_FAIL(syscall(SYS_ioctl, fd, PERF_EVENT_IOC_PERIOD, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(PERF_EVENT_IOC_ID)")
{
	uint64_t id = 0x5a5a5a5a5a5a5a5a;
	int fd = event();

	MUST(syscall(SYS_ioctl, fd, PERF_EVENT_IOC_ID, &id));
	MUST_FAIL(syscall(SYS_ioctl, fd, PERF_EVENT_IOC_ID, NOWHERE), EFAULT);
}

ABI_FAILS("ioctl(PERF_EVENT_IOC_SET_FILTER)", "this event has no filter")
{
	MUST_FAIL(syscall(SYS_ioctl, event(), PERF_EVENT_IOC_SET_FILTER, "filter"), EINVAL);
}

ABI_FAILS("ioctl(PERF_EVENT_IOC_SET_BPF)", NO_PROGRAM)
{
	MUST_FAIL(syscall(SYS_ioctl, event(), PERF_EVENT_IOC_SET_BPF, -1), EBADF);
}

ABI_FAILS("ioctl(PERF_EVENT_IOC_PAUSE_OUTPUT)", "this event has no buffer")
{
	MUST_FAIL(syscall(SYS_ioctl, event(), PERF_EVENT_IOC_PAUSE_OUTPUT, 1), EINVAL);
}

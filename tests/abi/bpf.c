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

/*
 * Audit cases: mounts, in a namespace of their own.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define HERE           AT_FDCWD
#define STATMOUNT      457
#define LISTMOUNT      458
#define OPEN_TREE_ATTR 467
#define CREATE_EXCL    8
#define UNIQUE_ID      0x4000u /* of statx */
#define EVERYTHING     0x7fffL /* that statmount tells in Linux 6.18 */

static char buffer[4096];

static void put(const char *path, const char *text)
{
	int fd = (int)MUST(open(path, O_WRONLY));

	MUST(write(fd, text, strlen(text)));
	MUST(close(fd));
}

/* Folders m and n, and mounts that nobody else sees. */
static void own_mounts(void)
{
	char users[64], groups[64];

	snprintf(users, sizeof(users), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	MUST(mkdir("m", 0755));
	MUST(mkdir("n", 0755));
	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			abi_skip("mounts need CAP_SYS_ADMIN or user namespaces");
		put("/proc/self/setgroups", "deny");
		put("/proc/self/uid_map", users);
		put("/proc/self/gid_map", groups);
	}
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

/* ... and a file system on m. */
static void mounted(void)
{
	own_mounts();
	MUST(mount("none", "m", "tmpfs", 0, "size=1m"));
}

static void need(long result, int error, const char *reason)
{
	if (result == -1 && errno == error)
		abi_skip(reason);
}

ABI_CASE("mount")
{
	own_mounts();
	MUST(syscall(SYS_mount, "none", "m", "tmpfs", MS_NODEV | MS_NOSUID, "size=1m,mode=700"));
	MUST(syscall(SYS_mount, "m", "n", NULL, MS_BIND, NULL));
	MUST_FAIL(syscall(SYS_mount, "none", "nothing", "tmpfs", 0L, NULL), ENOENT);
}

ABI_CASE("umount2")
{
	mounted();
	MUST(syscall(SYS_umount2, "m", MNT_DETACH));
	MUST_FAIL(syscall(SYS_umount2, "m", 0), EINVAL);
}

ABI_CASE("pivot_root")
{
	mounted();
	MUST(mkdir("m/old", 0755));
	MUST(syscall(SYS_pivot_root, "m", "m/old"));
	MUST_FAIL(syscall(SYS_pivot_root, "nothing", "nothing"), ENOENT);
}

/* ---- a file system made step by step ---- */

static int context(const char *type)
{
	own_mounts();
	int fd = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);

	need(fd, ENODEV, "this kernel has no such file system");
	return (int)MUST(fd);
}

static int created(void)
{
	int fd = context("tmpfs");

	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "size", "1m", 0));
	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	return fd;
}

ABI_CASE("fsopen")
{
	own_mounts();
	MUST(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
	MUST_FAIL(syscall(SYS_fsopen, "nothing", 0), ENODEV);
}

ABI_CASE("fsconfig(FSCONFIG_SET_FLAG)")
{
	int fd = context("tmpfs");

	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	MUST_FAIL(syscall(SYS_fsconfig, fd, FSCONFIG_SET_FLAG, "ro", "value", 0), EINVAL);
}

ABI_CASE("fsconfig(FSCONFIG_SET_STRING)")
{
	int fd = context("tmpfs");

	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "size", "1m", 0));
	MUST_FAIL(syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "nothing", "1m", 0), EINVAL);
}

ABI_FAILS("fsconfig(FSCONFIG_SET_BINARY)", "no file system that is here takes such a value")
{
	MUST_FAIL(syscall(SYS_fsconfig, context("tmpfs"), FSCONFIG_SET_BINARY, "size", "\1\2\0\3", 4), EINVAL);
}

ABI_FAILS("fsconfig(FSCONFIG_SET_PATH)", "no file system that is here takes such a value")
{
	MUST_FAIL(syscall(SYS_fsconfig, context("overlay"), FSCONFIG_SET_PATH, "lowerdir+", "m", HERE), EINVAL);
}

ABI_FAILS("fsconfig(FSCONFIG_SET_PATH_EMPTY)", "no file system that is here takes such a value")
{
	int fd = context("overlay"), folder = (int)MUST(open("m", O_PATH));

	MUST_FAIL(syscall(SYS_fsconfig, fd, FSCONFIG_SET_PATH_EMPTY, "lowerdir+", "", folder), EINVAL);
}

ABI_CASE("fsconfig(FSCONFIG_SET_FD)")
{
	int fd = context("overlay"), folder = (int)MUST(open("m", O_RDONLY | O_DIRECTORY));

	need(syscall(SYS_fsconfig, fd, FSCONFIG_SET_FD, "lowerdir+", NULL, folder), EINVAL,
	     "this kernel's overlays know no descriptors");
	MUST_FAIL(syscall(SYS_fsconfig, fd, FSCONFIG_SET_FD, "lowerdir+", NULL, 99), EBADF);
}

ABI_CASE("fsconfig(FSCONFIG_CMD_CREATE)")
{
	int fd = context("tmpfs");

	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	MUST_FAIL(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0), EBUSY);
}

ABI_CASE("fsconfig(FSCONFIG_CMD_CREATE_EXCL)")
{
	int fd = context("tmpfs");

	need(syscall(SYS_fsconfig, fd, CREATE_EXCL, NULL, NULL, 0), EOPNOTSUPP,
	     "this kernel has no FSCONFIG_CMD_CREATE_EXCL");
	MUST_FAIL(syscall(SYS_fsconfig, fd, CREATE_EXCL, NULL, NULL, 1), EINVAL);
}

ABI_CASE("fsconfig(FSCONFIG_CMD_RECONFIGURE)")
{
	int fd;

	mounted();
	fd = (int)MUST(syscall(SYS_fspick, HERE, "m", 0));
	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_SET_FLAG, "ro", NULL, 0));
	MUST(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	MUST_FAIL(syscall(SYS_fsconfig, fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 1), EINVAL);
}

ABI_CASE("fsmount")
{
	int fd = created();

	MUST(syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV));
	MUST_FAIL(syscall(SYS_fsmount, fd, -1, 0), EINVAL);
}

ABI_CASE("fspick")
{
	mounted();
	MUST(syscall(SYS_fspick, HERE, "m", FSPICK_CLOEXEC));
	MUST_FAIL(syscall(SYS_fspick, HERE, "n", 0), EINVAL);
}

ABI_CASE("move_mount")
{
	int fd = (int)MUST(syscall(SYS_fsmount, created(), 0, 0));

	MUST(syscall(SYS_move_mount, fd, "", HERE, "m", MOVE_MOUNT_F_EMPTY_PATH));
	MUST(syscall(SYS_move_mount, HERE, "m", HERE, "n", 0));
	MUST_FAIL(syscall(SYS_move_mount, HERE, "m", HERE, "nothing", 0), ENOENT);
}

ABI_CASE("open_tree")
{
	mounted();
	MUST(syscall(SYS_open_tree, HERE, "m", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	MUST_FAIL(syscall(SYS_open_tree, HERE, "nothing", 0), ENOENT);
}

ABI_CASE("open_tree_attr")
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NODEV, .propagation = MS_PRIVATE };

	mounted();
	need(syscall(OPEN_TREE_ATTR, HERE, "m", OPEN_TREE_CLONE, &attr, sizeof(attr)), ENOSYS,
	     "this kernel has no open_tree_attr");
	MUST_FAIL(syscall(OPEN_TREE_ATTR, HERE, "m", OPEN_TREE_CLONE, &attr, 8L), EINVAL);
}

ABI_CASE("mount_setattr")
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NODEV, .propagation = MS_SHARED };

	mounted();
	MUST(syscall(SYS_mount_setattr, HERE, "m", AT_RECURSIVE, &attr, sizeof(attr)));
	MUST_FAIL(syscall(SYS_mount_setattr, HERE, "m", 0, &attr, 8L), EINVAL);
}

/* ---- what is mounted ---- */

struct question {
	uint32_t size, spare;
	uint64_t id, what, namespace;
};

/* A mount on m and another one in it; asks about m. */
static void two_mounts(struct question *q, uint64_t what)
{
	struct statx m;

	mounted();
	MUST(mkdir("m/inner", 0755));
	MUST(mount("none", "m/inner", "tmpfs", 0, NULL));
	MUST(syscall(SYS_statx, HERE, "m", 0, UNIQUE_ID, &m));
	if (!(m.stx_mask & UNIQUE_ID))
		abi_skip("this kernel has no unique mount ids");
	*q = (struct question){ .size = sizeof(*q), .id = m.stx_mnt_id, .what = what };
	memset(buffer, 'm', sizeof(buffer));
}

ABI_CASE("statmount")
{
	struct question q;

	two_mounts(&q, EVERYTHING);
	need(syscall(STATMOUNT, &q, buffer, sizeof(buffer), 0), ENOSYS, "this kernel has no statmount");
	q.size = 24;
	q.what = 1;
	memset(buffer, 'm', sizeof(buffer));
	MUST(syscall(STATMOUNT, &q, buffer, 200L, 0));
	q.what = 0x20; /* a string for which there is no room */
	MUST_FAIL(syscall(STATMOUNT, &q, buffer, 200L, 0), EOVERFLOW);
}

ABI_CASE("listmount")
{
	struct question q;

	two_mounts(&q, 0);
	need(syscall(LISTMOUNT, &q, buffer, 16L, 0), ENOSYS, "this kernel has no listmount");
	memset(buffer, 'm', sizeof(buffer));
	MUST_BE(MUST(syscall(LISTMOUNT, &q, buffer, 16L, 1 /* LISTMOUNT_REVERSE */)) == 1);
	q.size = 8;
	MUST_FAIL(syscall(LISTMOUNT, &q, buffer, 16L, 0), EINVAL);
}

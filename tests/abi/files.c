/*
 * Audit cases: files by their names, directories, and what file systems keep about them.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <time.h>
#include <utime.h>

#define HERE          AT_FDCWD
#define CACHESTAT     451
#define FCHMODAT2     452
#define SETXATTRAT    463
#define GETXATTRAT    464
#define LISTXATTRAT   465
#define REMOVEXATTRAT 466
#define FILE_GETATTR  468
#define FILE_SETATTR  469

static char buffer[4096];

/* A file named f; nobody's descriptor. */
static void file(void)
{
	MUST(close(abi_file("f", "some text")));
}

static int folder(void)
{
	return (int)MUST(open(".", O_RDONLY | O_DIRECTORY));
}

static void need(long result, int error, const char *reason)
{
	if (result == -1 && errno == error)
		abi_skip(reason);
}

/* ---- opening ---- */

ABI_CASE("open")
{
	file();
	MUST(syscall(SYS_open, "f", O_RDONLY));
	MUST_FAIL(syscall(SYS_open, "nothing", O_RDONLY), ENOENT);
}

ABI_CASE("open(O_CREAT)")
{
	MUST(syscall(SYS_open, "new", O_RDWR | O_CREAT | O_EXCL, 0640));
	MUST_FAIL(syscall(SYS_open, "new", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
}

ABI_CASE("open(O_TMPFILE)")
{
	need(syscall(SYS_open, ".", O_RDWR | O_TMPFILE, 0600), EOPNOTSUPP, "this file system has no O_TMPFILE");
	MUST(syscall(SYS_open, ".", O_RDWR | O_TMPFILE, 0600));
	MUST_FAIL(syscall(SYS_open, "nothing", O_RDWR | O_TMPFILE, 0600), ENOENT);
}

ABI_CASE("openat")
{
	file();
	MUST(syscall(SYS_openat, folder(), "f", O_RDONLY));
	MUST_FAIL(syscall(SYS_openat, -1, "f", O_RDONLY), EBADF);
}

ABI_CASE("openat(O_CREAT)")
{
	MUST(syscall(SYS_openat, HERE, "new", O_WRONLY | O_CREAT, 0640));
	MUST_FAIL(syscall(SYS_openat, -1, "new", O_WRONLY | O_CREAT, 0640), EBADF);
}

ABI_CASE("openat(O_TMPFILE)")
{
	need(syscall(SYS_openat, HERE, ".", O_RDWR | O_TMPFILE, 0600), EOPNOTSUPP, "this file system has no O_TMPFILE");
	MUST(syscall(SYS_openat, HERE, ".", O_RDWR | O_TMPFILE, 0600));
	MUST_FAIL(syscall(SYS_openat, -1, ".", O_RDWR | O_TMPFILE, 0600), EBADF);
}

ABI_CASE("open(O_TRUNC)")
{
	file();
	MUST(syscall(SYS_open, "f", O_WRONLY | O_TRUNC));
	MUST_FAIL(syscall(SYS_open, "nothing", O_WRONLY | O_TRUNC), ENOENT);
}

ABI_CASE("openat(O_TRUNC)")
{
	file();
	MUST(syscall(SYS_openat, HERE, "f", O_WRONLY | O_TRUNC));
	MUST_FAIL(syscall(SYS_openat, -1, "f", O_WRONLY | O_TRUNC), EBADF);
}

ABI_CASE("openat2")
{
	struct open_how how = { .flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_BENEATH };

	MUST(syscall(SYS_openat2, HERE, "new", &how, sizeof(how)));
	MUST_FAIL(syscall(SYS_openat2, HERE, "../new", &how, sizeof(how)), EXDEV);
	MUST_FAIL(syscall(SYS_openat2, HERE, "new", &how, 8L), EINVAL);
}

ABI_CASE("creat")
{
	MUST(syscall(SYS_creat, "new", 0640));
	MUST_FAIL(syscall(SYS_creat, "nothing/new", 0640), ENOENT);
}

/* ---- what there is ---- */

ABI_CASE("access")
{
	file();
	MUST(syscall(SYS_access, "f", R_OK | W_OK));
	MUST_FAIL(syscall(SYS_access, "f", X_OK), EACCES);
}

ABI_CASE("faccessat")
{
	file();
	MUST(syscall(SYS_faccessat, folder(), "f", R_OK));
	MUST_FAIL(syscall(SYS_faccessat, HERE, "nothing", F_OK), ENOENT);
}

ABI_CASE("faccessat2")
{
	file();
	MUST(syscall(SYS_faccessat2, HERE, "f", R_OK, AT_EACCESS));
	MUST_FAIL(syscall(SYS_faccessat2, HERE, "f", R_OK, -1), EINVAL);
}

ABI_CASE("stat")
{
	file();
	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_stat, "f", buffer));
	MUST_FAIL(syscall(SYS_stat, "nothing", buffer), ENOENT);
}

ABI_CASE("lstat")
{
	MUST(symlink("nothing", "l"));
	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_lstat, "l", buffer));
	MUST_FAIL(syscall(SYS_lstat, "nothing", buffer), ENOENT);
}

ABI_CASE("fstat")
{
	int fd = abi_file("f", "some text");

	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_fstat, fd, buffer));
	MUST_FAIL(syscall(SYS_fstat, -1, buffer), EBADF);
}

ABI_CASE("newfstatat")
{
	int fd = abi_file("f", "some text");

	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_newfstatat, folder(), "f", buffer, 0));
	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_newfstatat, fd, "", buffer, AT_EMPTY_PATH));
	MUST_FAIL(syscall(SYS_newfstatat, HERE, "nothing", buffer, AT_SYMLINK_NOFOLLOW), ENOENT);
}

ABI_CASE("statx")
{
	file();
	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_statx, HERE, "f", AT_STATX_FORCE_SYNC, STATX_BASIC_STATS | STATX_BTIME, buffer));
	memset(buffer, 's', sizeof(buffer));
	/* all that this kernel knows of, unique mount ids apart */
	MUST(syscall(SYS_statx, folder(), "f", 0, 0x3bfffu, buffer));
	MUST_FAIL(syscall(SYS_statx, HERE, "nothing", 0, STATX_SIZE, buffer), ENOENT);
}

ABI_CASE("statfs")
{
	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_statfs, ".", buffer));
	MUST_FAIL(syscall(SYS_statfs, "nothing", buffer), ENOENT);
}

ABI_CASE("fstatfs")
{
	int fd = folder();

	memset(buffer, 's', sizeof(buffer));
	MUST(syscall(SYS_fstatfs, fd, buffer));
	MUST_FAIL(syscall(SYS_fstatfs, -1, buffer), EBADF);
}

ABI_CASE("getcwd")
{
	memset(buffer, 'g', sizeof(buffer));
	MUST(syscall(SYS_getcwd, buffer, sizeof(buffer)));
	MUST_FAIL(syscall(SYS_getcwd, buffer, 1L), ERANGE);
}

ABI_CASE("chdir")
{
	MUST(mkdir("d", 0755));
	MUST(syscall(SYS_chdir, "d"));
	MUST_FAIL(syscall(SYS_chdir, "nothing"), ENOENT);
}

ABI_CASE("fchdir")
{
	MUST(syscall(SYS_fchdir, folder()));
	MUST_FAIL(syscall(SYS_fchdir, abi_file("f", "")), ENOTDIR);
}

ABI_CASE("chroot")
{
	MUST(mkdir("d", 0755));
	need(syscall(SYS_chroot, "d"), EPERM, "chroot needs CAP_SYS_CHROOT");
	MUST_FAIL(syscall(SYS_chroot, "/nothing"), ENOENT);
}

ABI_CASE("readlink")
{
	MUST(symlink("where it points to", "l"));
	memset(buffer, 'r', sizeof(buffer));
	MUST_BE(MUST(syscall(SYS_readlink, "l", buffer, sizeof(buffer))) == 18);
	MUST_BE(MUST(syscall(SYS_readlink, "l", buffer, 5)) == 5);
	MUST_FAIL(syscall(SYS_readlink, ".", buffer, sizeof(buffer)), EINVAL);
}

ABI_CASE("readlinkat")
{
	MUST(symlink("where it points to", "l"));
	memset(buffer, 'r', sizeof(buffer));
	MUST_BE(MUST(syscall(SYS_readlinkat, folder(), "l", buffer, sizeof(buffer))) == 18);
	MUST_FAIL(syscall(SYS_readlinkat, HERE, "l", buffer, 0), EINVAL);
}

ABI_CASE("getdents64")
{
	int fd = folder();

	file();
	MUST(mkdir("a folder", 0755));
	MUST(symlink("nothing", "l"));
	memset(buffer, 'd', sizeof(buffer));
	MUST(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)));
	MUST_BE(MUST(syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) == 0);
	MUST_FAIL(syscall(SYS_getdents64, 0, buffer, sizeof(buffer)), ENOTDIR);
}

ABI_CASE("getdents")
{
	int fd = folder();

	file();
	MUST(mkdir("a folder", 0755));
	MUST(symlink("nothing", "l"));
	memset(buffer, 'd', sizeof(buffer));
	MUST(syscall(SYS_getdents, fd, buffer, sizeof(buffer)));
	MUST_BE(MUST(syscall(SYS_getdents, fd, buffer, sizeof(buffer))) == 0);
	MUST_FAIL(syscall(SYS_getdents, -1, buffer, sizeof(buffer)), EBADF);
}

/* ---- names ---- */

ABI_CASE("mkdir")
{
	MUST(syscall(SYS_mkdir, "d", 0750));
	MUST_FAIL(syscall(SYS_mkdir, "d", 0750), EEXIST);
}

ABI_CASE("mkdirat")
{
	MUST(syscall(SYS_mkdirat, folder(), "d", 0750));
	MUST_FAIL(syscall(SYS_mkdirat, HERE, "d", 0750), EEXIST);
}

ABI_CASE("rmdir")
{
	MUST(mkdir("d", 0755));
	MUST(syscall(SYS_rmdir, "d"));
	MUST_FAIL(syscall(SYS_rmdir, "d"), ENOENT);
}

ABI_CASE("rename")
{
	file();
	MUST(syscall(SYS_rename, "f", "g"));
	MUST_FAIL(syscall(SYS_rename, "f", "g"), ENOENT);
}

ABI_CASE("renameat")
{
	file();
	MUST(syscall(SYS_renameat, folder(), "f", HERE, "g"));
	MUST_FAIL(syscall(SYS_renameat, HERE, "f", -1, "g"), EBADF);
}

ABI_CASE("renameat2")
{
	file();
	MUST(syscall(SYS_renameat2, HERE, "f", HERE, "g", 1 /* RENAME_NOREPLACE */));
	MUST_FAIL(syscall(SYS_renameat2, HERE, "f", HERE, "g", -1), EINVAL);
}

ABI_CASE("link")
{
	file();
	MUST(syscall(SYS_link, "f", "g"));
	MUST_FAIL(syscall(SYS_link, "f", "g"), EEXIST);
}

ABI_CASE("linkat")
{
	file();
	MUST(syscall(SYS_linkat, folder(), "f", HERE, "g", AT_SYMLINK_FOLLOW));
	MUST_FAIL(syscall(SYS_linkat, HERE, "f", HERE, "g", -1), EINVAL);
}

ABI_CASE("symlink")
{
	MUST(syscall(SYS_symlink, "nothing", "l"));
	MUST_FAIL(syscall(SYS_symlink, "nothing", "l"), EEXIST);
}

ABI_CASE("symlinkat")
{
	MUST(syscall(SYS_symlinkat, "nothing", folder(), "l"));
	MUST_FAIL(syscall(SYS_symlinkat, "nothing", HERE, "l"), EEXIST);
}

ABI_CASE("unlink")
{
	file();
	MUST(syscall(SYS_unlink, "f"));
	MUST_FAIL(syscall(SYS_unlink, "f"), ENOENT);
}

ABI_CASE("unlinkat")
{
	MUST(mkdir("d", 0755));
	MUST(syscall(SYS_unlinkat, folder(), "d", AT_REMOVEDIR));
	MUST_FAIL(syscall(SYS_unlinkat, HERE, "d", 0), ENOENT);
}

ABI_CASE("mknod")
{
	MUST(syscall(SYS_mknod, "p", S_IFIFO | 0600, 0));
	MUST_FAIL(syscall(SYS_mknod, "p", S_IFIFO | 0600, 0), EEXIST);
}

ABI_CASE("mknodat")
{
	MUST(syscall(SYS_mknodat, folder(), "p", S_IFIFO | 0600, 0));
	MUST_FAIL(syscall(SYS_mknodat, HERE, "p", S_IFIFO | 0600, 0), EEXIST);
}

/* ---- modes, owners, times, sizes ---- */

ABI_CASE("umask")
{
	MUST(syscall(SYS_umask, 027));
	MUST_BE(syscall(SYS_umask, 0) == 027);
}

ABI_CASE("chmod")
{
	file();
	MUST(syscall(SYS_chmod, "f", 0600));
	MUST_FAIL(syscall(SYS_chmod, "nothing", 0600), ENOENT);
}

ABI_CASE("fchmod")
{
	MUST(syscall(SYS_fchmod, abi_file("f", ""), 0600));
	MUST_FAIL(syscall(SYS_fchmod, -1, 0600), EBADF);
}

ABI_CASE("fchmodat")
{
	file();
	MUST(syscall(SYS_fchmodat, folder(), "f", 0600));
	MUST_FAIL(syscall(SYS_fchmodat, HERE, "nothing", 0600), ENOENT);
}

ABI_CASE("fchmodat2")
{
	file();
	need(syscall(FCHMODAT2, HERE, "f", 0600, AT_SYMLINK_NOFOLLOW), ENOSYS, "this kernel has no fchmodat2");
	MUST_FAIL(syscall(FCHMODAT2, HERE, "f", 0600, -1), EINVAL);
}

ABI_CASE("chown")
{
	file();
	MUST(syscall(SYS_chown, "f", geteuid(), getegid()));
	MUST_FAIL(syscall(SYS_chown, "nothing", -1, -1), ENOENT);
}

ABI_CASE("fchown")
{
	MUST(syscall(SYS_fchown, abi_file("f", ""), geteuid(), getegid()));
	MUST_FAIL(syscall(SYS_fchown, -1, -1, -1), EBADF);
}

ABI_CASE("lchown")
{
	MUST(symlink("nothing", "l"));
	MUST(syscall(SYS_lchown, "l", geteuid(), -1));
	MUST_FAIL(syscall(SYS_lchown, "nothing", -1, -1), ENOENT);
}

ABI_CASE("fchownat")
{
	int fd = abi_file("f", "");

	MUST(syscall(SYS_fchownat, fd, "", -1, getegid(), AT_EMPTY_PATH));
	MUST_FAIL(syscall(SYS_fchownat, HERE, "nothing", -1, -1, 0), ENOENT);
}

ABI_CASE("utime")
{
	struct utimbuf times = { .actime = 1000, .modtime = 2000 };

	file();
	MUST(syscall(SYS_utime, "f", &times));
	MUST(syscall(SYS_utime, "f", NULL));
	MUST_FAIL(syscall(SYS_utime, "nothing", &times), ENOENT);
}

ABI_CASE("utimes")
{
	struct timeval times[2] = { { 1000, 17 }, { 2000, 4 } };

	file();
	MUST(syscall(SYS_utimes, "f", times));
	MUST_FAIL(syscall(SYS_utimes, "nothing", times), ENOENT);
}

ABI_CASE("futimesat")
{
	struct timeval times[2] = { { 1000, 17 }, { 2000, 4 } };

	file();
	MUST(syscall(SYS_futimesat, folder(), "f", times));
	times[1].tv_usec = 1000000;
	MUST_FAIL(syscall(SYS_futimesat, HERE, "f", times), EINVAL);
}

ABI_CASE("utimensat")
{
	struct timespec times[2] = { { 1000, 17 }, { 0, UTIME_OMIT } };
	int fd = abi_file("f", "");

	MUST(syscall(SYS_utimensat, HERE, "f", times, AT_SYMLINK_NOFOLLOW));
	MUST(syscall(SYS_utimensat, fd, NULL, times, 0));
	MUST_FAIL(syscall(SYS_utimensat, HERE, "nothing", times, 0), ENOENT);
}

ABI_CASE("truncate")
{
	file();
	MUST(syscall(SYS_truncate, "f", 4L));
	MUST_FAIL(syscall(SYS_truncate, "f", -1L), EINVAL);
}

ABI_CASE("sync")
{
	MUST(syscall(SYS_sync));
}

/* ---- extended attributes ---- */

#define ATTRIBUTE "user.sperrips"
#define VALUE     "a value\0of it"
#define VALUE_LEN (sizeof(VALUE) - 1)

/* A file named f that has such an attribute. */
static int attributed(void)
{
	int fd = abi_file("f", "");

	need(fsetxattr(fd, ATTRIBUTE, VALUE, VALUE_LEN, 0), EOPNOTSUPP, "this file system has no user attributes");
	memset(buffer, 'x', sizeof(buffer));
	return fd;
}

ABI_CASE("setxattr")
{
	attributed();
	MUST(syscall(SYS_setxattr, "f", ATTRIBUTE, "another", 7L, XATTR_REPLACE));
	MUST_FAIL(syscall(SYS_setxattr, "f", ATTRIBUTE, "another", 7L, XATTR_CREATE), EEXIST);
}

ABI_CASE("lsetxattr")
{
	attributed();
	MUST(syscall(SYS_lsetxattr, "f", "user.other", VALUE, VALUE_LEN, 0));
	MUST_FAIL(syscall(SYS_lsetxattr, "nothing", ATTRIBUTE, VALUE, VALUE_LEN, 0), ENOENT);
}

ABI_CASE("fsetxattr")
{
	int fd = attributed();

	MUST(syscall(SYS_fsetxattr, fd, "user.other", VALUE, VALUE_LEN, 0));
	MUST_FAIL(syscall(SYS_fsetxattr, -1, ATTRIBUTE, VALUE, VALUE_LEN, 0), EBADF);
}

ABI_CASE("getxattr")
{
	attributed();
	MUST_BE(MUST(syscall(SYS_getxattr, "f", ATTRIBUTE, NULL, 0L)) == VALUE_LEN);
	MUST_BE(MUST(syscall(SYS_getxattr, "f", ATTRIBUTE, buffer, 0L)) == VALUE_LEN);
	MUST_BE(MUST(syscall(SYS_getxattr, "f", ATTRIBUTE, buffer, sizeof(buffer))) == VALUE_LEN);
	MUST_FAIL(syscall(SYS_getxattr, "f", ATTRIBUTE, buffer, 2L), ERANGE);
}

ABI_CASE("lgetxattr")
{
	attributed();
	MUST_BE(MUST(syscall(SYS_lgetxattr, "f", ATTRIBUTE, buffer, sizeof(buffer))) == VALUE_LEN);
	MUST_FAIL(syscall(SYS_lgetxattr, "f", "user.nothing", buffer, sizeof(buffer)), ENODATA);
}

ABI_CASE("fgetxattr")
{
	int fd = attributed();

	MUST_BE(MUST(syscall(SYS_fgetxattr, fd, ATTRIBUTE, buffer, sizeof(buffer))) == VALUE_LEN);
	MUST_FAIL(syscall(SYS_fgetxattr, -1, ATTRIBUTE, buffer, sizeof(buffer)), EBADF);
}

ABI_CASE("listxattr")
{
	MUST(fsetxattr(attributed(), "user.another", VALUE, VALUE_LEN, 0));
	MUST_BE(MUST(syscall(SYS_listxattr, "f", NULL, 0L)) >= (long)sizeof(ATTRIBUTE));
	MUST_BE(MUST(syscall(SYS_listxattr, "f", buffer, sizeof(buffer))) >= (long)sizeof(ATTRIBUTE));
	MUST_FAIL(syscall(SYS_listxattr, "f", buffer, 2L), ERANGE);
}

ABI_CASE("llistxattr")
{
	attributed();
	MUST_BE(MUST(syscall(SYS_llistxattr, "f", buffer, sizeof(buffer))) >= (long)sizeof(ATTRIBUTE));
	MUST_FAIL(syscall(SYS_llistxattr, "nothing", buffer, sizeof(buffer)), ENOENT);
}

ABI_CASE("flistxattr")
{
	int fd = attributed();

	MUST_BE(MUST(syscall(SYS_flistxattr, fd, buffer, sizeof(buffer))) >= (long)sizeof(ATTRIBUTE));
	MUST_FAIL(syscall(SYS_flistxattr, -1, buffer, sizeof(buffer)), EBADF);
}

ABI_CASE("removexattr")
{
	attributed();
	MUST(syscall(SYS_removexattr, "f", ATTRIBUTE));
	MUST_FAIL(syscall(SYS_removexattr, "f", ATTRIBUTE), ENODATA);
}

ABI_CASE("lremovexattr")
{
	attributed();
	MUST(syscall(SYS_lremovexattr, "f", ATTRIBUTE));
	MUST_FAIL(syscall(SYS_lremovexattr, "f", ATTRIBUTE), ENODATA);
}

ABI_CASE("fremovexattr")
{
	int fd = attributed();

	MUST(syscall(SYS_fremovexattr, fd, ATTRIBUTE));
	MUST_FAIL(syscall(SYS_fremovexattr, fd, ATTRIBUTE), ENODATA);
}

/* ---- pages in the cache ---- */

ABI_CASE("cachestat")
{
	int fd = abi_file("f", "some text");
	uint64_t range[2] = { 0, 4096 };

	memset(buffer, 'c', sizeof(buffer));
	need(syscall(CACHESTAT, fd, range, buffer, 0), ENOSYS, "this kernel has no cachestat");
	MUST_FAIL(syscall(CACHESTAT, fd, range, buffer, 1), EINVAL);
}

/* ---- newer than the libc that we build with ---- */

struct attribute {
	uint64_t value;
	uint32_t size, flags;
};

ABI_CASE("setxattrat")
{
	struct attribute a = { .value = (uintptr_t)VALUE, .size = VALUE_LEN };
	int fd = attributed();

	need(syscall(SETXATTRAT, HERE, "f", AT_SYMLINK_NOFOLLOW, "user.other", &a, sizeof(a)), ENOSYS,
	     "this kernel has no setxattrat");
	MUST(syscall(SETXATTRAT, fd, "", AT_EMPTY_PATH, ATTRIBUTE, &a, sizeof(a)));
	MUST_FAIL(syscall(SETXATTRAT, HERE, "f", 0, ATTRIBUTE, &a, 8L), EINVAL);
}

ABI_CASE("getxattrat")
{
	struct attribute a = { .value = (uintptr_t)buffer, .size = sizeof(buffer) };

	attributed();
	need(syscall(GETXATTRAT, HERE, "f", 0, ATTRIBUTE, &a, sizeof(a)), ENOSYS, "this kernel has no getxattrat");
	a.size = 0;
	MUST_BE(MUST(syscall(GETXATTRAT, HERE, "f", 0, ATTRIBUTE, &a, sizeof(a))) == VALUE_LEN);
	a.size = 2;
	MUST_FAIL(syscall(GETXATTRAT, HERE, "f", 0, ATTRIBUTE, &a, sizeof(a)), ERANGE);
}

ABI_CASE("listxattrat")
{
	attributed();
	need(syscall(LISTXATTRAT, HERE, "f", 0, buffer, sizeof(buffer)), ENOSYS, "this kernel has no listxattrat");
	MUST(syscall(LISTXATTRAT, HERE, "f", 0, NULL, 0L));
	MUST_FAIL(syscall(LISTXATTRAT, HERE, "nothing", 0, buffer, sizeof(buffer)), ENOENT);
}

ABI_CASE("removexattrat")
{
	attributed();
	need(syscall(REMOVEXATTRAT, HERE, "f", 0, ATTRIBUTE), ENOSYS, "this kernel has no removexattrat");
	MUST_FAIL(syscall(REMOVEXATTRAT, HERE, "f", 0, ATTRIBUTE), ENODATA);
}

ABI_CASE("file_getattr")
{
	file();
	memset(buffer, 'a', sizeof(buffer));
	need(syscall(FILE_GETATTR, HERE, "f", buffer, 24L, 0), ENOSYS, "this kernel has no file_getattr");
	need(syscall(FILE_GETATTR, HERE, "f", buffer, 24L, 0), EOPNOTSUPP, "this file system has no such attributes");
	memset(buffer, 'a', sizeof(buffer));
	/* the kernel clears what it does not know */
	MUST(syscall(FILE_GETATTR, folder(), "f", buffer, 64L, AT_SYMLINK_NOFOLLOW));
	MUST_FAIL(syscall(FILE_GETATTR, HERE, "f", buffer, 8L, 0), EINVAL);
}

ABI_CASE("file_setattr")
{
	uint64_t attributes[3] = { 0x80 /* FS_XFLAG_NODUMP */ };

	file();
	need(syscall(FILE_SETATTR, HERE, "f", attributes, sizeof(attributes), 0), ENOSYS,
	     "this kernel has no file_setattr");
	need(syscall(FILE_SETATTR, HERE, "f", attributes, sizeof(attributes), 0), EOPNOTSUPP,
	     "this file system has no such attributes");
	MUST(syscall(FILE_SETATTR, HERE, "f", attributes, sizeof(attributes), 0));
	MUST_FAIL(syscall(FILE_SETATTR, HERE, "f", attributes, 8L, 0), EINVAL);
}

/* ---- handles, file systems, events ---- */

struct handle {
	uint32_t bytes;
	int32_t type;
	unsigned char handle[128];
};

/* The handle of a file that is there before each run, and stays. */
static void root_handle(struct handle *h)
{
	int mount_id;

	memset(h, 'h', sizeof(*h));
	h->bytes = sizeof(h->handle);
	need(syscall(SYS_name_to_handle_at, HERE, "/", h, &mount_id, 0), EOPNOTSUPP, "this file system has no handles");
}

ABI_CASE("name_to_handle_at")
{
	struct handle h;
	int mount_id = -1;

	root_handle(&h);
	memset(&h, 'h', sizeof(h));
	h.bytes = sizeof(h.handle);
	MUST(syscall(SYS_name_to_handle_at, HERE, "/", &h, &mount_id, 0));
	h.bytes = 0;
	MUST_FAIL(syscall(SYS_name_to_handle_at, HERE, "/", &h, &mount_id, 0), EOVERFLOW);
}

ABI_CASE("name_to_handle_at(AT_HANDLE_MNT_ID_UNIQUE)")
{
	struct handle h;
	uint64_t mount_id = -1;

	root_handle(&h);
	memset(&h, 'h', sizeof(h));
	h.bytes = sizeof(h.handle);
	need(syscall(SYS_name_to_handle_at, HERE, "/", &h, &mount_id, 1), EINVAL,
	     "this kernel has no unique mount ids");
	MUST_FAIL(syscall(SYS_name_to_handle_at, HERE, "/nothing", &h, &mount_id, 1), ENOENT);
}

ABI_CASE("open_by_handle_at")
{
	struct handle h;
	int fd = (int)MUST(open("/", O_RDONLY | O_DIRECTORY));

	root_handle(&h);
	need(syscall(SYS_open_by_handle_at, fd, &h, O_RDONLY | O_DIRECTORY), EPERM,
	     "open_by_handle_at needs CAP_DAC_READ_SEARCH");
	h.bytes = 0;
	MUST_FAIL(syscall(SYS_open_by_handle_at, fd, &h, O_RDONLY), EINVAL);
}

ABI_CASE("ustat")
{
	struct stat here;

	MUST(stat(".", &here));
	memset(buffer, 'u', sizeof(buffer));
	need(syscall(SYS_ustat, (unsigned)here.st_dev, buffer), EINVAL, "ustat knows nothing of this file system");
	MUST_FAIL(syscall(SYS_ustat, 0, buffer), EINVAL);
}

ABI_CASE("sysfs(SYSFS_INDEX)")
{
	need(syscall(SYS_sysfs, 1, "proc"), ENOSYS, "this kernel has no sysfs call");
	MUST_FAIL(syscall(SYS_sysfs, 1, "nothing"), EINVAL);
}

ABI_CASE("sysfs(SYSFS_NAME)")
{
	memset(buffer, 'n', sizeof(buffer));
	need(syscall(SYS_sysfs, 2, 0, buffer), ENOSYS, "this kernel has no sysfs call");
	MUST_FAIL(syscall(SYS_sysfs, 2, 100000, buffer), EINVAL);
}

ABI_CASE("sysfs(SYSFS_COUNT)")
{
	need(syscall(SYS_sysfs, 3), ENOSYS, "this kernel has no sysfs call");
}

/* What every user may have: events that name files by handles. */
static int notifier(void)
{
	int fd = (int)syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */ | 2 /* FAN_NONBLOCK */, O_RDONLY);

	need(fd, ENOSYS, "this kernel has no fanotify");
	need(fd, EPERM, "fanotify needs CAP_SYS_ADMIN here");
	return (int)MUST(fd);
}

ABI_CASE("fanotify_init")
{
	notifier();
	MUST_FAIL(syscall(SYS_fanotify_init, 0x200, -1), EINVAL);
}

ABI_CASE("fanotify_mark")
{
	int fd = notifier();
	long result = syscall(SYS_fanotify_mark, fd, 1 /* FAN_MARK_ADD */, 0x20L /* FAN_OPEN */, HERE, ".");

	need(result, ENODEV, "this file system has no identity");
	MUST(result);
	MUST_FAIL(syscall(SYS_fanotify_mark, fd, 1, 0x20L, HERE, "nothing"), ENOENT);
}

ABI_CASE("fanotify_mark(FAN_MARK_FLUSH)")
{
	int fd = notifier();

	MUST(syscall(SYS_fanotify_mark, fd, 0x80, 0L));
	MUST_FAIL(syscall(SYS_fanotify_mark, 0, 0x80, 0L), EINVAL);
}

ABI_FAILS("lookup_dcookie", "kernels since 6.6 have no profiles by cookie; others want one that a profiler made")
{
	memset(buffer, 'c', sizeof(buffer));
	MUST_BE(syscall(SYS_lookup_dcookie, 12345L, buffer, sizeof(buffer)) == -1);
}

ABI_FAILS("swapon", "it would be an area that the whole machine swaps to")
{
	MUST_BE(syscall(SYS_swapon, "nothing", 0) == -1);
}

ABI_FAILS("swapoff", "it would be an area that the whole machine swaps to")
{
	MUST_BE(syscall(SYS_swapoff, "nothing") == -1);
}

ABI_FAILS("acct", "it would be where the whole machine's accounts go")
{
	MUST_BE(syscall(SYS_acct, "nothing") == -1);
}

/* ---- quotas ---- */

#define NO_QUOTAS "a file system with quotas would have to be made first"
#define QUOTACTL(command, number)                                                                     \
	ABI_FAILS("quotactl(" #command ")", NO_QUOTAS)                                                \
	{                                                                                             \
		memset(buffer, 0, sizeof(buffer));                                                    \
		MUST_BE(syscall(SYS_quotactl, (unsigned)(number) << 8, "/nothing", 0, buffer) == -1); \
	}
#define QUOTACTL_FD(command, number)                                                             \
	ABI_FAILS("quotactl_fd(" #command ")", NO_QUOTAS)                                        \
	{                                                                                        \
		memset(buffer, 0, sizeof(buffer));                                               \
		MUST_BE(syscall(SYS_quotactl_fd, -1, (unsigned)(number) << 8, 0, buffer) == -1); \
	}
/* clang-format off */
QUOTACTL(Q_SYNC, 0x800001)
QUOTACTL_FD(Q_SYNC, 0x800001)
QUOTACTL(Q_QUOTAON, 0x800002)
QUOTACTL_FD(Q_QUOTAON, 0x800002)
QUOTACTL(Q_QUOTAOFF, 0x800003)
QUOTACTL_FD(Q_QUOTAOFF, 0x800003)
QUOTACTL(Q_GETFMT, 0x800004)
QUOTACTL_FD(Q_GETFMT, 0x800004)
QUOTACTL(Q_GETINFO, 0x800005)
QUOTACTL_FD(Q_GETINFO, 0x800005)
QUOTACTL(Q_SETINFO, 0x800006)
QUOTACTL_FD(Q_SETINFO, 0x800006)
QUOTACTL(Q_GETQUOTA, 0x800007)
QUOTACTL_FD(Q_GETQUOTA, 0x800007)
QUOTACTL(Q_SETQUOTA, 0x800008)
QUOTACTL_FD(Q_SETQUOTA, 0x800008)
QUOTACTL(Q_GETNEXTQUOTA, 0x800009)
QUOTACTL_FD(Q_GETNEXTQUOTA, 0x800009)
QUOTACTL(Q_XQUOTAON, 0x5801)
QUOTACTL_FD(Q_XQUOTAON, 0x5801)
QUOTACTL(Q_XQUOTAOFF, 0x5802)
QUOTACTL_FD(Q_XQUOTAOFF, 0x5802)
QUOTACTL(Q_XGETQUOTA, 0x5803)
QUOTACTL_FD(Q_XGETQUOTA, 0x5803)
QUOTACTL(Q_XSETQLIM, 0x5804)
QUOTACTL_FD(Q_XSETQLIM, 0x5804)
QUOTACTL(Q_XGETQSTAT, 0x5805)
QUOTACTL_FD(Q_XGETQSTAT, 0x5805)
QUOTACTL(Q_XQUOTARM, 0x5806)
QUOTACTL_FD(Q_XQUOTARM, 0x5806)
QUOTACTL(Q_XQUOTASYNC, 0x5807)
QUOTACTL_FD(Q_XQUOTASYNC, 0x5807)
QUOTACTL(Q_XGETQSTATV, 0x5808)
QUOTACTL_FD(Q_XGETQSTATV, 0x5808)
QUOTACTL(Q_XGETNEXTQUOTA, 0x5809)
QUOTACTL_FD(Q_XGETNEXTQUOTA, 0x5809)

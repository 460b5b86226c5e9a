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

#define HERE      AT_FDCWD
#define CACHESTAT 451
#define FCHMODAT2 452

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
	attributed();
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

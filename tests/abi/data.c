/*
 * Audit cases: reading and writing descriptors.
 */
#include "case.h"

#include <fcntl.h>
#include <sys/uio.h>

static char buffer[4096];

ABI_CASE("read")
{
	int fd = abi_file("f", "some text");

	MUST_BE(MUST(syscall(SYS_read, fd, buffer, sizeof(buffer))) == 9);
	MUST_BE(syscall(SYS_read, fd, buffer, sizeof(buffer)) == 0);
	MUST_FAIL(syscall(SYS_read, -1, buffer, 1), EBADF);
}

ABI_CASE("write")
{
	int fd = abi_file("f", "");

	MUST(syscall(SYS_write, fd, "text", 4));
	MUST_FAIL(syscall(SYS_write, fd, (void *)8, 4), EFAULT);
}

ABI_CASE("pread64")
{
	int fd = abi_file("f", "some text");

	MUST_BE(MUST(syscall(SYS_pread64, fd, buffer, 4, 5)) == 4);
	MUST_FAIL(syscall(SYS_pread64, fd, buffer, 4, -1L), EINVAL);
}

ABI_CASE("pwrite64")
{
	int fd = abi_file("f", "some text");

	MUST(syscall(SYS_pwrite64, fd, "TEXT", 4, 5));
	MUST_FAIL(syscall(SYS_pwrite64, fd, "TEXT", 4, -1L), EINVAL);
}

ABI_CASE("readv")
{
	int fd = abi_file("f", "some text");
	struct iovec parts[3] = { { buffer, 3 }, { buffer + 100, 0 }, { buffer + 200, 100 } };

	MUST_BE(MUST(syscall(SYS_readv, fd, parts, 3)) == 9);
	MUST_FAIL(syscall(SYS_readv, -1, parts, 3), EBADF);
}

ABI_CASE("writev")
{
	int fd = abi_file("f", "");
	struct iovec parts[2] = { { "so", 2 }, { "me", 2 } };

	MUST(syscall(SYS_writev, fd, parts, 2));
	MUST_FAIL(syscall(SYS_writev, -1, parts, 2), EBADF);
}

ABI_CASE("lseek")
{
	int fd = abi_file("f", "some text");

	MUST(syscall(SYS_lseek, fd, 3, SEEK_SET));
	MUST_FAIL(syscall(SYS_lseek, fd, -1L, SEEK_SET), EINVAL);
}

ABI_CASE("pipe2")
{
	int ends[2] = { -1, -1 };

	MUST(syscall(SYS_pipe2, ends, O_CLOEXEC));
	MUST_FAIL(syscall(SYS_pipe2, ends, -1), EINVAL);
}

ABI_CASE("pipe")
{
	int ends[2] = { -1, -1 };

	MUST(syscall(SYS_pipe, ends));
	MUST_FAIL(syscall(SYS_pipe, (int *)8), EFAULT);
}

ABI_CASE("preadv")
{
	int fd = abi_file("f", "some text");
	struct iovec parts[2] = { { buffer, 3 }, { buffer + 200, 100 } };

	MUST_BE(MUST(syscall(SYS_preadv, fd, parts, 2, 2L, 0L)) == 7);
	MUST_FAIL(syscall(SYS_preadv, fd, parts, 2, -1L, 0L), EINVAL);
}

ABI_CASE("preadv2")
{
	int fd = abi_file("f", "some text");
	struct iovec parts[2] = { { buffer, 3 }, { buffer + 200, 100 } };

	MUST_BE(MUST(syscall(SYS_preadv2, fd, parts, 2, 2L, 0L, RWF_HIPRI)) == 7);
	MUST_FAIL(syscall(SYS_preadv2, -1, parts, 2, 2L, 0L, 0), EBADF);
}

ABI_CASE("pwritev")
{
	int fd = abi_file("f", "some text");
	struct iovec parts[2] = { { "SO", 2 }, { "ME", 2 } };

	MUST_BE(MUST(syscall(SYS_pwritev, fd, parts, 2, 1L, 0L)) == 4);
	MUST_FAIL(syscall(SYS_pwritev, fd, parts, 2, -1L, 0L), EINVAL);
}

ABI_CASE("pwritev2")
{
	int fd = abi_file("f", "some text");
	struct iovec parts[2] = { { "SO", 2 }, { "ME", 2 } };

	MUST_BE(MUST(syscall(SYS_pwritev2, fd, parts, 2, 1L, 0L, RWF_SYNC)) == 4);
	MUST_FAIL(syscall(SYS_pwritev2, -1, parts, 2, 1L, 0L, 0), EBADF);
}

ABI_CASE("copy_file_range")
{
	int from = abi_file("f", "some text"), to = abi_file("g", "");
	int64_t at = 5, there = 1;

	MUST_BE(MUST(syscall(SYS_copy_file_range, from, &at, to, &there, 100L, 0)) == 4);
	MUST_FAIL(syscall(SYS_copy_file_range, from, NULL, -1, NULL, 4L, 0), EBADF);
}

ABI_CASE("sendfile")
{
	int from = abi_file("f", "some text"), to = abi_file("g", "");
	int64_t at = 5;

	MUST_BE(MUST(syscall(SYS_sendfile, to, from, &at, 100L)) == 4);
	MUST_FAIL(syscall(SYS_sendfile, to, -1, NULL, 4L), EBADF);
}

ABI_CASE("fsync")
{
	MUST(syscall(SYS_fsync, abi_file("f", "text")));
	MUST_FAIL(syscall(SYS_fsync, -1), EBADF);
}

ABI_CASE("fdatasync")
{
	MUST(syscall(SYS_fdatasync, abi_file("f", "text")));
	MUST_FAIL(syscall(SYS_fdatasync, -1), EBADF);
}

ABI_CASE("syncfs")
{
	MUST(syscall(SYS_syncfs, abi_file("f", "text")));
	MUST_FAIL(syscall(SYS_syncfs, -1), EBADF);
}

ABI_CASE("sync_file_range")
{
	MUST(syscall(SYS_sync_file_range, abi_file("f", "text"), 0L, 4L, SYNC_FILE_RANGE_WRITE));
	MUST_FAIL(syscall(SYS_sync_file_range, -1, 0L, 4L, SYNC_FILE_RANGE_WRITE), EBADF);
}

ABI_CASE("ftruncate")
{
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_ftruncate, fd, 2L));
	MUST_FAIL(syscall(SYS_ftruncate, fd, -1L), EINVAL);
}

ABI_CASE("fallocate")
{
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0L, 100L));
	MUST_FAIL(syscall(SYS_fallocate, fd, 0, 0L, -1L), EINVAL);
}

ABI_CASE("fadvise64")
{
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_fadvise64, fd, 0L, 4L, POSIX_FADV_SEQUENTIAL));
	MUST_FAIL(syscall(SYS_fadvise64, fd, 0L, 4L, 99), EINVAL);
}

ABI_CASE("readahead")
{
	MUST(syscall(SYS_readahead, abi_file("f", "text"), 0L, 4L));
	MUST_FAIL(syscall(SYS_readahead, -1, 0L, 4L), EBADF);
}

ABI_CASE("flock")
{
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_flock, fd, 2 /* LOCK_EX */));
	MUST_FAIL(syscall(SYS_flock, -1, 2), EBADF);
}

ABI_CASE("dup")
{
	MUST(syscall(SYS_dup, 1));
	MUST_FAIL(syscall(SYS_dup, -1), EBADF);
}

ABI_CASE("dup2")
{
	MUST(syscall(SYS_dup2, 1, 9));
	MUST_FAIL(syscall(SYS_dup2, -1, 9), EBADF);
}

ABI_CASE("dup3")
{
	MUST(syscall(SYS_dup3, 1, 9, O_CLOEXEC));
	MUST_FAIL(syscall(SYS_dup3, 1, 1, 0), EINVAL);
}

ABI_CASE("close")
{
	MUST(syscall(SYS_close, abi_file("f", "text")));
	MUST_FAIL(syscall(SYS_close, -1), EBADF);
}

ABI_CASE("close_range")
{
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_close_range, fd, fd + 5, 0));
	MUST_FAIL(syscall(SYS_close_range, 5, 4, 0), EINVAL);
}

ABI_CASE("memfd_create")
{
	MUST(syscall(SYS_memfd_create, "memory", 1));
	MUST_FAIL(syscall(SYS_memfd_create, "memory", -1), EINVAL);
}

ABI_CASE("eventfd")
{
	MUST(syscall(SYS_eventfd, 3));
}

ABI_CASE("eventfd2")
{
	int fd = (int)MUST(syscall(SYS_eventfd2, 3, O_NONBLOCK));

	MUST_BE(MUST(syscall(SYS_read, fd, buffer, 8)) == 8);
	MUST_FAIL(syscall(SYS_read, fd, buffer, 8), EAGAIN);
	MUST_FAIL(syscall(SYS_eventfd2, 3, -1), EINVAL);
}

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

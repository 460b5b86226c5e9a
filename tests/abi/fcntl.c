/*
 * Audit cases: fcntl(2).
 */
#include "case.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

/* What libc's header lacks, or lacks yet. */
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif
#ifndef F_CANCELLK
#define F_CANCELLK 1029
#endif
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif
#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028
#endif

/* Of libc's struct flock the kernel's has the layout. */
static struct flock lock(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = 1, .l_len = 4 };
}

ABI_CASE("fcntl(F_DUPFD)")
{
	MUST(syscall(SYS_fcntl, 1, F_DUPFD, 20));
	MUST_FAIL(syscall(SYS_fcntl, 1, F_DUPFD, -1), EINVAL);
}

ABI_CASE("fcntl(F_DUPFD_CLOEXEC)")
{
	MUST(syscall(SYS_fcntl, 1, F_DUPFD_CLOEXEC, 20));
	MUST_FAIL(syscall(SYS_fcntl, -1, F_DUPFD_CLOEXEC, 20), EBADF);
}

ABI_CASE("fcntl(F_GETFD)")
{
	int fd = (int)MUST(open(".", O_RDONLY | O_CLOEXEC));

	MUST_BE(MUST(syscall(SYS_fcntl, fd, F_GETFD)) == FD_CLOEXEC);
	MUST_FAIL(syscall(SYS_fcntl, -1, F_GETFD), EBADF);
}

ABI_CASE("fcntl(F_SETFD)")
{
	MUST(syscall(SYS_fcntl, 1, F_SETFD, FD_CLOEXEC));
	MUST_FAIL(syscall(SYS_fcntl, -1, F_SETFD, 0), EBADF);
}

ABI_CASE("fcntl(F_GETFL)")
{
	MUST_BE((MUST(syscall(SYS_fcntl, abi_file("f", "text"), F_GETFL)) & O_ACCMODE) == O_RDWR);
	MUST_FAIL(syscall(SYS_fcntl, -1, F_GETFL), EBADF);
}

ABI_CASE("fcntl(F_SETFL)")
{
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK));
	MUST_FAIL(syscall(SYS_fcntl, -1, F_SETFL, O_APPEND), EBADF);
}

ABI_CASE("fcntl(F_GETLK)")
{
	int fd = abi_file("f", "some text"), other = (int)MUST(open("f", O_RDWR));
	struct flock held = lock(F_WRLCK), asked = lock(F_RDLCK);

	MUST(fcntl(other, F_OFD_SETLK, &held));
	asked.l_len = 100;
	asked.l_pid = 77;
	MUST(syscall(SYS_fcntl, fd, F_GETLK, &asked));
	MUST_BE(asked.l_type == F_WRLCK && asked.l_len == 4 && asked.l_pid == -1);
	asked = lock(9);
	MUST_FAIL(syscall(SYS_fcntl, fd, F_GETLK, &asked), EINVAL);
}

ABI_CASE("fcntl(F_OFD_GETLK)")
{
	int fd = abi_file("f", "some text"), other = (int)MUST(open("f", O_RDWR));
	struct flock held = lock(F_WRLCK), asked = lock(F_RDLCK);

	MUST(fcntl(other, F_OFD_SETLK, &held));
	asked.l_len = 100;
	MUST(syscall(SYS_fcntl, fd, F_OFD_GETLK, &asked));
	MUST_BE(asked.l_type == F_WRLCK && asked.l_len == 4);
	asked = lock(F_RDLCK);
	asked.l_pid = 1;
	MUST_FAIL(syscall(SYS_fcntl, fd, F_OFD_GETLK, &asked), EINVAL);
}

ABI_CASE("fcntl(F_SETLK)")
{
	int fd = abi_file("f", "some text"), other = (int)MUST(open("f", O_RDWR));
	struct flock held = lock(F_WRLCK);

	MUST(syscall(SYS_fcntl, fd, F_SETLK, &held));
	MUST_FAIL(fcntl(other, F_OFD_SETLK, &held), EAGAIN);
	MUST_FAIL(syscall(SYS_fcntl, fd, F_SETLK, NULL), EFAULT);
}

ABI_CASE("fcntl(F_OFD_SETLK)")
{
	int fd = abi_file("f", "some text"), other = (int)MUST(open("f", O_RDWR));
	struct flock held = lock(F_WRLCK);

	MUST(syscall(SYS_fcntl, fd, F_OFD_SETLK, &held));
	MUST_FAIL(syscall(SYS_fcntl, other, F_OFD_SETLK, &held), EAGAIN);
}

ABI_CASE("fcntl(F_SETLKW)")
{
	int fd = abi_file("f", "some text");
	struct flock held = lock(F_WRLCK);

	MUST(syscall(SYS_fcntl, fd, F_SETLKW, &held));
	held.l_type = 9;
	MUST_FAIL(syscall(SYS_fcntl, fd, F_SETLKW, &held), EINVAL);
}

ABI_CASE("fcntl(F_OFD_SETLKW)")
{
	int fd = abi_file("f", "some text");
	struct flock held = lock(F_WRLCK);

	MUST(syscall(SYS_fcntl, fd, F_OFD_SETLKW, &held));
	held.l_pid = 1;
	MUST_FAIL(syscall(SYS_fcntl, fd, F_OFD_SETLKW, &held), EINVAL);
}

ABI_FAILS("fcntl(F_CANCELLK)", "the kernel keeps it for itself")
{
	struct flock held = lock(F_WRLCK);
	int fd = abi_file("f", "some text");

	MUST(fcntl(fd, F_SETLK, &held));
	MUST_FAIL(syscall(SYS_fcntl, fd, F_CANCELLK, &held), EINVAL);
}

ABI_CASE("fcntl(F_GETOWN)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST_BE(MUST(syscall(SYS_fcntl, ends[0], F_GETOWN)) == 0);
	MUST(fcntl(ends[0], F_SETOWN, getpid()));
	MUST(syscall(SYS_fcntl, ends[0], F_GETOWN));
	MUST_FAIL(syscall(SYS_fcntl, -1, F_GETOWN), EBADF);
}

ABI_CASE("fcntl(F_SETOWN)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST(syscall(SYS_fcntl, ends[0], F_SETOWN, getpid()));
	MUST_FAIL(syscall(SYS_fcntl, ends[0], F_SETOWN, 0x7fffffff), ESRCH);
}

ABI_CASE("fcntl(F_GETOWN_EX)")
{
	struct f_owner_ex owner = { .type = F_OWNER_TID }, got = { .type = 77, .pid = 77 };
	int ends[2];

	MUST(pipe(ends));
	owner.pid = getpid();
	MUST(fcntl(ends[0], F_SETOWN_EX, &owner));
	MUST(syscall(SYS_fcntl, ends[0], F_GETOWN_EX, &got));
	MUST_BE(got.type == F_OWNER_TID && got.pid == owner.pid);
	MUST_FAIL(syscall(SYS_fcntl, ends[0], F_GETOWN_EX, NULL), EFAULT);
}

ABI_CASE("fcntl(F_SETOWN_EX)")
{
	struct f_owner_ex owner = { .type = F_OWNER_PID };
	int ends[2];

	MUST(pipe(ends));
	owner.pid = getpid();
	MUST(syscall(SYS_fcntl, ends[0], F_SETOWN_EX, &owner));
	owner.type = 9;
	MUST_FAIL(syscall(SYS_fcntl, ends[0], F_SETOWN_EX, &owner), EINVAL);
}

ABI_CASE("fcntl(F_GETOWNER_UIDS)")
{
	uint32_t uids[3] = { 77, 77, 77 };
	int ends[2];

	MUST(pipe(ends));
	if (syscall(SYS_fcntl, ends[0], F_GETOWNER_UIDS, uids) == -1 && errno == EINVAL)
		abi_skip("no F_GETOWNER_UIDS: the kernel is built without CONFIG_CHECKPOINT_RESTORE");
	MUST_BE(uids[0] != 77 && uids[1] != 77 && uids[2] == 77);
	MUST_FAIL(syscall(SYS_fcntl, ends[0], F_GETOWNER_UIDS, NULL), EFAULT);
}

ABI_CASE("fcntl(F_GETSIG)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST(fcntl(ends[0], F_SETSIG, SIGUSR2));
	MUST_BE(MUST(syscall(SYS_fcntl, ends[0], F_GETSIG)) == SIGUSR2);
	MUST_FAIL(syscall(SYS_fcntl, -1, F_GETSIG), EBADF);
}

ABI_CASE("fcntl(F_SETSIG)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST(syscall(SYS_fcntl, ends[0], F_SETSIG, SIGUSR2));
	MUST_FAIL(syscall(SYS_fcntl, ends[0], F_SETSIG, 200), EINVAL);
}

ABI_CASE("fcntl(F_GETLEASE)")
{
	MUST(close(abi_file("f", "text")));
	int fd = (int)MUST(open("f", O_RDONLY));

	MUST(fcntl(fd, F_SETLEASE, F_RDLCK));
	MUST_BE(MUST(syscall(SYS_fcntl, fd, F_GETLEASE)) == F_RDLCK);
	MUST_FAIL(syscall(SYS_fcntl, -1, F_GETLEASE), EBADF);
}

ABI_CASE("fcntl(F_SETLEASE)")
{
	MUST(close(abi_file("f", "text")));
	int fd = (int)MUST(open("f", O_RDONLY));

	MUST(syscall(SYS_fcntl, fd, F_SETLEASE, F_RDLCK));
	MUST(syscall(SYS_fcntl, fd, F_SETLEASE, F_UNLCK));
	MUST_FAIL(syscall(SYS_fcntl, fd, F_SETLEASE, 9), EINVAL);
}

ABI_CASE("fcntl(F_NOTIFY)")
{
	int fd = (int)MUST(open(".", O_RDONLY | O_DIRECTORY));

	if (syscall(SYS_fcntl, fd, F_NOTIFY, DN_RENAME) == -1 && errno == EINVAL)
		abi_skip("no F_NOTIFY: the kernel is built without CONFIG_DNOTIFY");
	MUST_FAIL(syscall(SYS_fcntl, abi_file("f", "text"), F_NOTIFY, DN_RENAME), ENOTDIR);
}

ABI_CASE("fcntl(F_GETPIPE_SZ)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST_BE(MUST(syscall(SYS_fcntl, ends[0], F_GETPIPE_SZ)) == 65536);
	MUST_FAIL(syscall(SYS_fcntl, abi_file("f", "text"), F_GETPIPE_SZ), EBADF);
}

ABI_CASE("fcntl(F_SETPIPE_SZ)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST_BE(MUST(syscall(SYS_fcntl, ends[0], F_SETPIPE_SZ, 5000)) == 8192);
	MUST_FAIL(syscall(SYS_fcntl, abi_file("f", "text"), F_SETPIPE_SZ, 5000), EBADF);
}

ABI_CASE("fcntl(F_ADD_SEALS)")
{
	int fd = (int)MUST(memfd_create("sealed", MFD_ALLOW_SEALING));

	MUST(syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL));
	MUST_FAIL(syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
}

ABI_CASE("fcntl(F_GET_SEALS)")
{
	int fd = (int)MUST(memfd_create("sealed", MFD_ALLOW_SEALING));

	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	MUST_BE(MUST(syscall(SYS_fcntl, fd, F_GET_SEALS)) & F_SEAL_GROW);
	MUST_FAIL(syscall(SYS_fcntl, (int)MUST(open("/dev/null", O_RDONLY)), F_GET_SEALS), EINVAL);
}

ABI_CASE("fcntl(F_GET_RW_HINT)")
{
	uint64_t hint = RWH_WRITE_LIFE_SHORT, got = 77;
	int fd = abi_file("f", "text");

	MUST(fcntl(fd, F_SET_RW_HINT, &hint));
	MUST(syscall(SYS_fcntl, fd, F_GET_RW_HINT, &got));
	MUST_BE(got == RWH_WRITE_LIFE_SHORT);
	MUST_FAIL(syscall(SYS_fcntl, fd, F_GET_RW_HINT, NULL), EFAULT);
}

ABI_CASE("fcntl(F_SET_RW_HINT)")
{
	uint64_t hint = RWH_WRITE_LIFE_LONG;
	int fd = abi_file("f", "text");

	MUST(syscall(SYS_fcntl, fd, F_SET_RW_HINT, &hint));
	hint = 77;
	MUST_FAIL(syscall(SYS_fcntl, fd, F_SET_RW_HINT, &hint), EINVAL);
}

ABI_CASE("fcntl(F_DUPFD_QUERY)")
{
	int fd = (int)MUST(dup(1));

	if (syscall(SYS_fcntl, fd, F_DUPFD_QUERY, 1) == -1 && errno == EINVAL)
		abi_skip("no F_DUPFD_QUERY: the kernel is older than 6.10");
	MUST_BE(MUST(syscall(SYS_fcntl, fd, F_DUPFD_QUERY, 1)) == 1);
	MUST_BE(MUST(syscall(SYS_fcntl, fd, F_DUPFD_QUERY, abi_file("f", "text"))) == 0);
	MUST_FAIL(syscall(SYS_fcntl, fd, F_DUPFD_QUERY, -1), EBADF);
}

ABI_CASE("fcntl(F_CREATED_QUERY)")
{
	int made = (int)MUST(open("new", O_RDWR | O_CREAT, 0600)), fd = (int)MUST(open("new", O_RDWR | O_CREAT, 0600));

	if (syscall(SYS_fcntl, made, F_CREATED_QUERY) == -1 && errno == EINVAL)
		abi_skip("no F_CREATED_QUERY: the kernel is older than 6.12");
	MUST_BE(MUST(syscall(SYS_fcntl, made, F_CREATED_QUERY)) == 1);
	MUST_BE(MUST(syscall(SYS_fcntl, fd, F_CREATED_QUERY)) == 0);
	MUST_FAIL(syscall(SYS_fcntl, -1, F_CREATED_QUERY), EBADF);
}

/* Hints of a file, not of its inode: gone since 5.17. */
ABI_FAILS("fcntl(F_GET_FILE_RW_HINT)", "the kernel no longer has it")
{
	uint64_t got = 77;

	MUST_FAIL(syscall(SYS_fcntl, abi_file("f", "text"), F_GET_FILE_RW_HINT, &got), EINVAL);
}

ABI_FAILS("fcntl(F_SET_FILE_RW_HINT)", "the kernel no longer has it")
{
	uint64_t hint = RWH_WRITE_LIFE_LONG;

	MUST_FAIL(syscall(SYS_fcntl, abi_file("f", "text"), F_SET_FILE_RW_HINT, &hint), EINVAL);
}

/*
 * Audit cases: who a process is, what it may use and has used.
 */
#include "process.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

/* ---- who ---- */

ABI_CASE("getpid")
{
	MUST(syscall(SYS_getpid));
}

ABI_CASE("gettid")
{
	MUST(syscall(SYS_gettid));
}

ABI_CASE("getppid")
{
	MUST(syscall(SYS_getppid));
}

ABI_CASE("getpgrp")
{
	MUST(syscall(SYS_getpgrp));
}

ABI_CASE("getpgid")
{
	MUST(syscall(SYS_getpgid, 0));
	MUST_FAIL(syscall(SYS_getpgid, -1), ESRCH);
}

ABI_CASE("getsid")
{
	MUST(syscall(SYS_getsid, 0));
	MUST_FAIL(syscall(SYS_getsid, -1), ESRCH);
}

ABI_CASE("setpgid")
{
	MUST(syscall(SYS_setpgid, 0, 0));
	MUST_FAIL(syscall(SYS_setpgid, 0x3fffffff, 0), ESRCH);
}

ABI_CASE("setsid")
{
	MUST(syscall(SYS_setsid));
	MUST_FAIL(syscall(SYS_setsid), EPERM);
}

ABI_CASE("uname")
{
	struct utsname name;

	memset(&name, 'n', sizeof(name));
	MUST(syscall(SYS_uname, &name));
	MUST_FAIL(syscall(SYS_uname, (struct utsname *)8), EFAULT);
}

ABI_CASE("sethostname")
{
	privileged(unshare(CLONE_NEWUTS));
	MUST(syscall(SYS_sethostname, "another", 7));
	MUST_FAIL(syscall(SYS_sethostname, "another", -1), EINVAL);
}

ABI_CASE("setdomainname")
{
	privileged(unshare(CLONE_NEWUTS));
	MUST(syscall(SYS_setdomainname, "another", 7));
	MUST_FAIL(syscall(SYS_setdomainname, "another", -1), EINVAL);
}

ABI_CASE("unshare")
{
	MUST(syscall(SYS_unshare, (long)CLONE_FILES));
	MUST_FAIL(syscall(SYS_unshare, 1L), EINVAL);
}

ABI_CASE("setns")
{
	int fd;

	privileged(unshare(CLONE_NEWUTS));
	fd = (int)MUST(open("/proc/self/ns/uts", O_RDONLY));
	MUST(syscall(SYS_setns, fd, CLONE_NEWUTS));
	MUST_FAIL(syscall(SYS_setns, -1, CLONE_NEWUTS), EBADF);
}

/* ---- what it may use, and has used ---- */

ABI_CASE("getrlimit")
{
	struct rlimit limit = { 1, 1 };

	MUST(syscall(SYS_getrlimit, RLIMIT_CORE, &limit));
	MUST_FAIL(syscall(SYS_getrlimit, 99, &limit), EINVAL);
}

ABI_CASE("setrlimit")
{
	struct rlimit limit = { 0, 0 };

	MUST(syscall(SYS_setrlimit, RLIMIT_CORE, &limit));
	MUST_FAIL(syscall(SYS_setrlimit, 99, &limit), EINVAL);
}

ABI_CASE("prlimit64")
{
	struct rlimit new = { 0, 0 }, old = { 99, 99 };

	MUST(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &new, &old));
	MUST(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &old));
	MUST_FAIL(syscall(SYS_prlimit64, 0, 99, &new, &old), EINVAL);
}

ABI_CASE("getrusage")
{
	struct rusage usage;

	memset(&usage, 'u', sizeof(usage));
	MUST(syscall(SYS_getrusage, RUSAGE_SELF, &usage));
	MUST_FAIL(syscall(SYS_getrusage, 99, &usage), EINVAL);
}

ABI_CASE("times")
{
	struct tms times;

	memset(&times, 't', sizeof(times));
	MUST(syscall(SYS_times, &times));
	MUST_FAIL(syscall(SYS_times, (struct tms *)8), EFAULT);
}

ABI_CASE("sysinfo")
{
	struct sysinfo info;

	memset(&info, 'i', sizeof(info));
	MUST(syscall(SYS_sysinfo, &info));
	MUST_FAIL(syscall(SYS_sysinfo, (struct sysinfo *)8), EFAULT);
}

ABI_CASE("personality")
{
	MUST(syscall(SYS_personality, 0xffffffffL));
	MUST(syscall(SYS_personality, (long)ADDR_NO_RANDOMIZE));
}

ABI_CASE("set_tid_address")
{
	static int tid;

	MUST(syscall(SYS_set_tid_address, &tid));
}

ABI_CASE("set_robust_list")
{
	static void *head[3] = { head, NULL, NULL };

	MUST(syscall(SYS_set_robust_list, head, sizeof(head)));
	MUST_FAIL(syscall(SYS_set_robust_list, head, 1L), EINVAL);
}

ABI_CASE("get_robust_list")
{
	void *head = &head;
	size_t size = 0;

	MUST(syscall(SYS_get_robust_list, 0, &head, &size));
	MUST_FAIL(syscall(SYS_get_robust_list, -1, &head, &size), ESRCH);
}

ABI_FAILS("wait4", "a case has no child")
{
	int status = 99;
	struct rusage usage;

	MUST_FAIL(syscall(SYS_wait4, -1, &status, 0, &usage), ECHILD);
}

ABI_FAILS("waitid", "a case has no child")
{
	siginfo_t info;
	struct rusage usage;

	MUST_FAIL(syscall(SYS_waitid, P_ALL, 0, &info, WEXITED, &usage), ECHILD);
}

ABI_CASE("membarrier")
{
	MUST(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0));
	MUST(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	MUST(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	MUST_FAIL(syscall(SYS_membarrier, 1 << 30, 0, 0), EINVAL);
}

ABI_CASE("kcmp")
{
	long pid = getpid();

	if (syscall(SYS_kcmp, pid, pid, KCMP_VM, 0L, 0L) == -1 && errno == ENOSYS)
		abi_skip("this kernel has no kcmp");
	MUST_BE(MUST(syscall(SYS_kcmp, pid, pid, KCMP_FILE, 0L, 0L)) == 0);
	MUST_FAIL(syscall(SYS_kcmp, pid, pid, 99, 0L, 0L), EINVAL);
}

ABI_CASE("pidfd_open")
{
	MUST(syscall(SYS_pidfd_open, getpid(), 0u));
	MUST_FAIL(syscall(SYS_pidfd_open, -1, 0u), EINVAL);
}

ABI_CASE("pidfd_getfd")
{
	int fd = (int)MUST(syscall(SYS_pidfd_open, getpid(), 0u));

	MUST(syscall(SYS_pidfd_getfd, fd, 1, 0u));
	MUST_FAIL(syscall(SYS_pidfd_getfd, fd, -1, 0u), EBADF);
}

ABI_CASE("pidfd_send_signal")
{
	int fd = (int)MUST(syscall(SYS_pidfd_open, getpid(), 0u));

	MUST(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0u));
	MUST_FAIL(syscall(SYS_pidfd_send_signal, fd, 99, NULL, 0u), EINVAL);
}

ABI_CASE("process_vm_readv")
{
	char from[] = "some text", to[64];
	struct iovec here[2] = { { to, 3 }, { to + 20, 30 } }, there = { from, sizeof(from) };

	memset(to, 't', sizeof(to));
	MUST_BE(MUST(syscall(SYS_process_vm_readv, getpid(), here, 2L, &there, 1L, 0L)) == sizeof(from));
	MUST_FAIL(syscall(SYS_process_vm_readv, getpid(), here, 2L, &there, 1L, 1L), EINVAL);
}

/* The memory written is another task's, so its row speaks of none of ours: it is given what it holds. */
ABI_CASE("process_vm_writev")
{
	static char to[64] = "some text";
	struct iovec here = { "some text", 9 }, there = { to, sizeof(to) };

	MUST_BE(MUST(syscall(SYS_process_vm_writev, getpid(), &here, 1L, &there, 1L, 0L)) == 9);
	MUST_FAIL(syscall(SYS_process_vm_writev, getpid(), &here, 1L, &there, 1L, 1L), EINVAL);
}

ABI_CASE("getrandom")
{
	char bytes[64];

	memset(bytes, 'b', sizeof(bytes));
	MUST_BE(MUST(syscall(SYS_getrandom, bytes, 40L, 0)) == 40);
	MUST_FAIL(syscall(SYS_getrandom, bytes, 40L, 99), EINVAL);
}

ABI_CASE("syslog")
{
	privileged(syscall(SYS_syslog, 10 /* how long the log may be */, NULL, 0));
	MUST_FAIL(syscall(SYS_syslog, 99, NULL, 0), EINVAL);
}

/*
 * Audit cases: what a process is told about itself, and what it settles.
 */
#include "case.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#define NOT_AN_OPTION 9999L
#define ONLY_FLAGS    0L, 0L, 0L, 0L
/* <asm/prctl.h> of older headers lacks these */
#define XCOMP_SUPP    0x1021
#define XCOMP_PERM    0x1022
#define XCOMP_REQUEST 0x1023
#define SHSTK_ENABLE  0x5001
#define SHSTK_DISABLE 0x5002
#define SHSTK_LOCK    0x5003
#define SHSTK_STATUS  0x5005
#define CET_STATUS    0x3001
#define CET_DISABLE   0x3002

/* <linux/sched/types.h> and libc's <sched.h> exclude each other */
struct attributes {
	uint32_t size, sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime, sched_deadline, sched_period;
	uint32_t sched_util_min, sched_util_max;
};

static long some_page(void)
{
	return (long)MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static void privileged(long result)
{
	if (result == -1 && errno == EPERM)
		abi_skip("not permitted here");
	MUST(result);
}

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

/* ---- how it runs ---- */

ABI_CASE("sched_yield")
{
	MUST(syscall(SYS_sched_yield));
}

ABI_CASE("sched_getscheduler")
{
	MUST(syscall(SYS_sched_getscheduler, 0));
	MUST_FAIL(syscall(SYS_sched_getscheduler, -1), EINVAL);
}

ABI_CASE("sched_setscheduler")
{
	int priority = 0;

	MUST(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &priority));
	MUST_FAIL(syscall(SYS_sched_setscheduler, 0, 99, &priority), EINVAL);
}

ABI_CASE("sched_getparam")
{
	int priority = 99;

	MUST(syscall(SYS_sched_getparam, 0, &priority));
	MUST_FAIL(syscall(SYS_sched_getparam, -1, &priority), EINVAL);
}

ABI_CASE("sched_setparam")
{
	int priority = 0;

	MUST(syscall(SYS_sched_setparam, 0, &priority));
	priority = 5;
	MUST_FAIL(syscall(SYS_sched_setparam, 0, &priority), EINVAL);
}

ABI_CASE("sched_get_priority_max")
{
	MUST(syscall(SYS_sched_get_priority_max, SCHED_FIFO));
	MUST_FAIL(syscall(SYS_sched_get_priority_max, 99), EINVAL);
}

ABI_CASE("sched_get_priority_min")
{
	MUST(syscall(SYS_sched_get_priority_min, SCHED_FIFO));
	MUST_FAIL(syscall(SYS_sched_get_priority_min, 99), EINVAL);
}

ABI_CASE("sched_rr_get_interval")
{
	struct timespec interval = { 99, 99 };

	MUST(syscall(SYS_sched_rr_get_interval, 0, &interval));
	MUST_FAIL(syscall(SYS_sched_rr_get_interval, -1, &interval), EINVAL);
}

ABI_CASE("sched_getattr")
{
	struct attributes attr;

	memset(&attr, 'a', sizeof(attr));
	MUST(syscall(SYS_sched_getattr, 0, &attr, (unsigned)sizeof(attr), 0));
	memset(&attr, 'a', sizeof(attr));
	MUST(syscall(SYS_sched_getattr, 0, &attr, 48u, 0));
	MUST_FAIL(syscall(SYS_sched_getattr, 0, &attr, 7u, 0), EINVAL);
}

ABI_CASE("sched_setattr")
{
	struct attributes attr = { .size = sizeof(attr), .sched_policy = SCHED_BATCH, .sched_nice = 3 };

	MUST(syscall(SYS_sched_setattr, 0, &attr, 0));
	attr.size = 0; /* means the 48 bytes of the first version */
	MUST(syscall(SYS_sched_setattr, 0, &attr, 0));
	attr.size = 7; /* the kernel says which it knows */
	MUST_FAIL(syscall(SYS_sched_setattr, 0, &attr, 0), E2BIG);
	MUST_BE(attr.size >= 48);
}

ABI_CASE("sched_getaffinity")
{
	unsigned long mask[128];

	memset(mask, 'm', sizeof(mask));
	MUST(syscall(SYS_sched_getaffinity, 0, (unsigned)sizeof(mask), mask));
	MUST_FAIL(syscall(SYS_sched_getaffinity, 0, 3u, mask), EINVAL);
}

ABI_CASE("sched_setaffinity")
{
	unsigned long mask[128], none = 0;
	long n = MUST(syscall(SYS_sched_getaffinity, 0, (unsigned)sizeof(mask), mask));

	MUST(syscall(SYS_sched_setaffinity, 0, n, mask));
	MUST_FAIL(syscall(SYS_sched_setaffinity, 0, sizeof(none), &none), EINVAL);
}

ABI_CASE("getcpu")
{
	unsigned cpu = 999, node = 999;

	MUST(syscall(SYS_getcpu, &cpu, &node, NULL));
	MUST_FAIL(syscall(SYS_getcpu, (unsigned *)8, &node, NULL), EFAULT);
}

ABI_CASE("getpriority")
{
	MUST(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	MUST_FAIL(syscall(SYS_getpriority, 99, 0), EINVAL);
}

ABI_CASE("setpriority")
{
	MUST(syscall(SYS_setpriority, PRIO_PROCESS, 0, 19));
	MUST_FAIL(syscall(SYS_setpriority, 99, 0, 19), EINVAL);
}

ABI_CASE("ioprio_get")
{
	MUST(syscall(SYS_ioprio_get, 1, 0));
	MUST_FAIL(syscall(SYS_ioprio_get, 99, 0), EINVAL);
}

ABI_CASE("ioprio_set")
{
	MUST(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4));
	MUST_FAIL(syscall(SYS_ioprio_set, 1, 0, 7 << 13), EINVAL);
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

/* ---- seccomp ---- */

static struct sock_filter allow_all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
static struct sock_fprog allowing = { 1, allow_all };

ABI_CASE("seccomp(SECCOMP_SET_MODE_FILTER)")
{
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &allowing));
	MUST_FAIL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, -1, &allowing), EINVAL);
}

ABI_CASE("seccomp(SECCOMP_SET_MODE_STRICT)")
{
	MUST_FAIL(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL);
	MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL));
	syscall(SYS_exit, 0);
}

ABI_CASE("seccomp(SECCOMP_GET_ACTION_AVAIL)")
{
	uint32_t action = SECCOMP_RET_ERRNO;

	MUST(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
	action = 1;
	MUST_FAIL(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action), EOPNOTSUPP);
}

ABI_CASE("prctl(PR_GET_SECCOMP)")
{
	MUST(syscall(SYS_prctl, PR_GET_SECCOMP));
}

ABI_CASE("prctl(PR_SET_SECCOMP)")
{
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	MUST(syscall(SYS_prctl, PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &allowing));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_SECCOMP, NOT_AN_OPTION, &allowing), EINVAL);
}

/* ---- prctl ---- */

ABI_CASE("prctl(PR_SET_PDEATHSIG)")
{
	MUST(syscall(SYS_prctl, PR_SET_PDEATHSIG, (long)SIGTERM));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_PDEATHSIG, NOT_AN_OPTION), EINVAL);
}

ABI_CASE("prctl(PR_GET_PDEATHSIG)")
{
	int signal = 99;

	MUST(syscall(SYS_prctl, PR_GET_PDEATHSIG, &signal));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_PDEATHSIG, (int *)8), EFAULT);
}

ABI_CASE("prctl(PR_GET_DUMPABLE)")
{
	MUST(syscall(SYS_prctl, PR_GET_DUMPABLE));
}

ABI_CASE("prctl(PR_SET_DUMPABLE)")
{
	MUST(syscall(SYS_prctl, PR_SET_DUMPABLE, 1L));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_DUMPABLE, 2L), EINVAL);
}

ABI_CASE("prctl(PR_GET_TIMING)")
{
	MUST(syscall(SYS_prctl, PR_GET_TIMING));
}

ABI_CASE("prctl(PR_SET_TIMING)")
{
	MUST(syscall(SYS_prctl, PR_SET_TIMING, (long)PR_TIMING_STATISTICAL));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_TIMING, (long)PR_TIMING_TIMESTAMP), EINVAL);
}

ABI_CASE("prctl(PR_SET_NAME)")
{
	MUST(syscall(SYS_prctl, PR_SET_NAME, "another"));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_NAME, (char *)8), EFAULT);
}

ABI_CASE("prctl(PR_GET_NAME)")
{
	char name[64];

	memset(name, 'n', sizeof(name));
	MUST(syscall(SYS_prctl, PR_GET_NAME, name));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_NAME, (char *)8), EFAULT);
}

ABI_CASE("prctl(PR_GET_TSC)")
{
	int mode = 99;

	MUST(syscall(SYS_prctl, PR_GET_TSC, &mode));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_TSC, (int *)8), EFAULT);
}

ABI_CASE("prctl(PR_SET_TSC)")
{
	MUST(syscall(SYS_prctl, PR_SET_TSC, (long)PR_TSC_SIGSEGV));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_TSC, NOT_AN_OPTION), EINVAL);
}

ABI_CASE("prctl(PR_SET_TIMERSLACK)")
{
	MUST(syscall(SYS_prctl, PR_SET_TIMERSLACK, 60000L));
}

ABI_CASE("prctl(PR_GET_TIMERSLACK)")
{
	MUST(syscall(SYS_prctl, PR_GET_TIMERSLACK));
}

ABI_CASE("prctl(PR_TASK_PERF_EVENTS_DISABLE)")
{
	MUST(syscall(SYS_prctl, PR_TASK_PERF_EVENTS_DISABLE));
}

ABI_CASE("prctl(PR_TASK_PERF_EVENTS_ENABLE)")
{
	MUST(syscall(SYS_prctl, PR_TASK_PERF_EVENTS_ENABLE));
}

ABI_CASE("prctl(PR_SET_PTRACER)")
{
	if (syscall(SYS_prctl, PR_SET_PTRACER, -1L) == -1 && errno == EINVAL)
		abi_skip("this kernel has no Yama");
	MUST(syscall(SYS_prctl, PR_SET_PTRACER, 0L));
}

ABI_CASE("prctl(PR_SET_CHILD_SUBREAPER)")
{
	MUST(syscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1L));
}

ABI_CASE("prctl(PR_GET_CHILD_SUBREAPER)")
{
	int is = 99;

	MUST(syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, &is));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, (int *)8), EFAULT);
}

ABI_CASE("prctl(PR_GET_TID_ADDRESS)")
{
	static int tid;
	int *where = NULL;

	MUST(syscall(SYS_set_tid_address, &tid));
	if (syscall(SYS_prctl, PR_GET_TID_ADDRESS, &where) == -1 && errno == EINVAL)
		abi_skip("this kernel has no PR_GET_TID_ADDRESS");
	MUST_BE(where == &tid);
	MUST_FAIL(syscall(SYS_prctl, PR_GET_TID_ADDRESS, (int **)8), EFAULT);
}

ABI_CASE("prctl(PR_SET_THP_DISABLE)")
{
	MUST(syscall(SYS_prctl, PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_THP_DISABLE, 1L, NOT_AN_OPTION, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_GET_THP_DISABLE)")
{
	MUST(syscall(SYS_prctl, PR_GET_THP_DISABLE, ONLY_FLAGS));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_THP_DISABLE, 1L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_GET_SPECULATION_CTRL)")
{
	if (syscall(SYS_prctl, PR_GET_SPECULATION_CTRL, 0L, 0L, 0L, 0L) == -1 && errno == ENODEV)
		abi_skip("no control of speculation on this kernel");
	MUST_FAIL(syscall(SYS_prctl, PR_GET_SPECULATION_CTRL, 0L, 1L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_SET_SPECULATION_CTRL)")
{
	long now = syscall(SYS_prctl, PR_GET_SPECULATION_CTRL, 0L, 0L, 0L, 0L);

	MUST_FAIL(syscall(SYS_prctl, PR_SET_SPECULATION_CTRL, 0L, 0L, 1L, 0L), EINVAL);
	if (now == -1 || !(now & PR_SPEC_PRCTL))
		abi_skip("speculation cannot be controlled by a process here");
	MUST(syscall(SYS_prctl, PR_SET_SPECULATION_CTRL, 0L, (long)PR_SPEC_DISABLE, 0L, 0L));
}

ABI_CASE("prctl(PR_SET_IO_FLUSHER)")
{
	privileged(syscall(SYS_prctl, PR_SET_IO_FLUSHER, 1L, 0L, 0L, 0L));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_IO_FLUSHER, 2L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_GET_IO_FLUSHER)")
{
	privileged(syscall(SYS_prctl, PR_GET_IO_FLUSHER, ONLY_FLAGS));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_IO_FLUSHER, 2L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_SET_MDWE)")
{
	if (syscall(SYS_prctl, 66, ONLY_FLAGS) == -1)
		abi_skip("this kernel has no PR_SET_MDWE");
	MUST_FAIL(syscall(SYS_prctl, 65, NOT_AN_OPTION, 0L, 0L, 0L), EINVAL);
	MUST(syscall(SYS_prctl, 65, 1L, 0L, 0L, 0L));
}

ABI_CASE("prctl(PR_GET_MDWE)")
{
	if (syscall(SYS_prctl, 66, ONLY_FLAGS) == -1)
		abi_skip("this kernel has no PR_SET_MDWE");
	MUST_FAIL(syscall(SYS_prctl, 66, 1L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_SET_VMA)")
{
	long page = some_page();

	if (syscall(SYS_prctl, PR_SET_VMA, (long)PR_SET_VMA_ANON_NAME, page, 4096L, "name") == -1 && errno == EINVAL)
		abi_skip("this kernel has no names of anonymous memory");
	MUST_FAIL(syscall(SYS_prctl, PR_SET_VMA, NOT_AN_OPTION, page, 4096L, "name"), EINVAL);
}

/* ---- arch_prctl ---- */

ABI_CASE("arch_prctl(ARCH_GET_FS)")
{
	unsigned long base = 1;

	MUST(syscall(SYS_arch_prctl, ARCH_GET_FS, &base));
	MUST_FAIL(syscall(SYS_arch_prctl, ARCH_GET_FS, (long *)8), EFAULT);
}

ABI_CASE("arch_prctl(ARCH_SET_FS)")
{
	unsigned long base = 1;

	MUST(syscall(SYS_arch_prctl, ARCH_GET_FS, &base));
	MUST(syscall(SYS_arch_prctl, ARCH_SET_FS, base));
	MUST_FAIL(syscall(SYS_arch_prctl, ARCH_SET_FS, -1L), EPERM);
}

ABI_CASE("arch_prctl(ARCH_GET_GS)")
{
	unsigned long base = 1;

	MUST(syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
	MUST_FAIL(syscall(SYS_arch_prctl, ARCH_GET_GS, (long *)8), EFAULT);
}

ABI_CASE("arch_prctl(ARCH_SET_GS)")
{
	MUST(syscall(SYS_arch_prctl, ARCH_SET_GS, some_page()));
	MUST_FAIL(syscall(SYS_arch_prctl, ARCH_SET_GS, -1L), EPERM);
}

ABI_CASE("arch_prctl(ARCH_GET_CPUID)")
{
	MUST(syscall(SYS_arch_prctl, ARCH_GET_CPUID));
}

ABI_CASE("arch_prctl(ARCH_SET_CPUID)")
{
	if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1L) == -1 && errno == ENODEV)
		abi_skip("this processor does not fault cpuid");
	MUST(syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0L));
}

ABI_CASE("arch_prctl(ARCH_GET_XCOMP_SUPP)")
{
	uint64_t features = 0x5555;

	if (syscall(SYS_arch_prctl, XCOMP_SUPP, &features) == -1 && errno == EINVAL)
		abi_skip("this kernel has no ARCH_GET_XCOMP_SUPP");
	MUST_FAIL(syscall(SYS_arch_prctl, XCOMP_SUPP, (long *)8), EFAULT);
}

ABI_CASE("arch_prctl(ARCH_GET_XCOMP_PERM)")
{
	uint64_t features = 0x5555;

	if (syscall(SYS_arch_prctl, XCOMP_PERM, &features) == -1 && errno == EINVAL)
		abi_skip("this kernel has no ARCH_GET_XCOMP_PERM");
	MUST_FAIL(syscall(SYS_arch_prctl, XCOMP_PERM, (long *)8), EFAULT);
}

ABI_CASE("arch_prctl(ARCH_REQ_XCOMP_PERM)")
{
	if (syscall(SYS_arch_prctl, XCOMP_REQUEST, 18L) == -1)
		abi_skip("this processor has no tiles");
	MUST_FAIL(syscall(SYS_arch_prctl, XCOMP_REQUEST, NOT_AN_OPTION), EINVAL);
}

ABI_CASE("arch_prctl(ARCH_SHSTK_STATUS)")
{
	uint64_t features = 0x5555;

	if (syscall(SYS_arch_prctl, SHSTK_STATUS, &features) == -1)
		abi_skip("this kernel has no shadow stacks");
}

ABI_CASE("arch_prctl(ARCH_SHSTK_DISABLE)")
{
	if (syscall(SYS_arch_prctl, SHSTK_DISABLE, 1L) == -1)
		abi_skip("this kernel or processor has no shadow stacks");
}

ABI_CASE("arch_prctl(ARCH_SHSTK_LOCK)")
{
	if (syscall(SYS_arch_prctl, SHSTK_LOCK, 1L) == -1)
		abi_skip("this kernel or processor has no shadow stacks");
}

ABI_FAILS("arch_prctl(ARCH_CET_STATUS)", "only kernels that never were released have it")
{
	static uint64_t status[3];

	MUST_FAIL(syscall(SYS_arch_prctl, CET_STATUS, status), EINVAL);
}

ABI_FAILS("arch_prctl(ARCH_CET_DISABLE)", "only kernels that never were released have it")
{
	MUST_FAIL(syscall(SYS_arch_prctl, CET_DISABLE, 1L), EINVAL);
}

ABI_CASE("seccomp(SECCOMP_GET_NOTIF_SIZES)")
{
	uint16_t sizes[8];

	memset(sizes, 's', sizeof(sizes));
	MUST(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, sizes));
	MUST_FAIL(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 1, sizes), EINVAL);
}

/* ---- segments ---- */

struct segment {
	uint32_t number, base, limit, flags;
};

static void segments(void)
{
	struct segment s = { 0, 0, 1, 1 };

	if (syscall(SYS_modify_ldt, 0x11, &s, sizeof(s)) != 0)
		abi_skip("this kernel has no segments of a process's own");
}

ABI_CASE("modify_ldt(write_ldt)")
{
	struct segment s = { 1, 0, 1, 1 };

	segments();
	MUST(syscall(SYS_modify_ldt, 0x11, &s, sizeof(s)));
	MUST_BE((int)syscall(SYS_modify_ldt, 0x11, &s, 3L) == -EINVAL);
}

ABI_CASE("modify_ldt(write_ldt_old)")
{
	struct segment s = { 1, 0, 1, 1 };

	segments();
	MUST(syscall(SYS_modify_ldt, 1, &s, sizeof(s)));
}

ABI_CASE("modify_ldt(read_ldt)")
{
	char table[64];

	segments();
	memset(table, 't', sizeof(table));
	MUST(syscall(SYS_modify_ldt, 0, table, sizeof(table)));
}

ABI_CASE("modify_ldt(read_default_ldt)")
{
	char table[256];

	segments();
	memset(table, 't', sizeof(table));
	MUST(syscall(SYS_modify_ldt, 2, table, sizeof(table)));
}

/* ---- what a process renounces ---- */

struct ruleset {
	uint64_t fs, net, scoped;
};

static int rules(size_t size)
{
	struct ruleset r = { 1, 1, 0 };
	long fd = syscall(SYS_landlock_create_ruleset, &r, size, 0u);

	if (fd == -1)
		abi_skip("this kernel has no Landlock, or an older one");
	return (int)fd;
}

ABI_CASE("landlock_create_ruleset")
{
	rules(8);
	rules(16);
	MUST_FAIL(syscall(SYS_landlock_create_ruleset, NULL, 0L, 0u), EFAULT);
}

ABI_CASE("landlock_create_ruleset(LANDLOCK_CREATE_RULESET_VERSION)")
{
	rules(8);
	MUST(syscall(SYS_landlock_create_ruleset, NULL, 0L, 1u));
	MUST_FAIL(syscall(SYS_landlock_create_ruleset, NULL, 1L, 1u), EINVAL);
}

ABI_CASE("landlock_create_ruleset(LANDLOCK_CREATE_RULESET_ERRATA)")
{
	rules(8);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0L, 2u) == -1)
		abi_skip("this kernel tells no errata of Landlock");
	MUST_FAIL(syscall(SYS_landlock_create_ruleset, NULL, 1L, 2u), EINVAL);
}

ABI_CASE("landlock_add_rule(LANDLOCK_RULE_PATH_BENEATH)")
{
	struct {
		uint64_t access;
		int32_t fd;
	} __attribute__((packed)) rule = { 1, (int)MUST(open(".", O_PATH | O_DIRECTORY)) };

	MUST(syscall(SYS_landlock_add_rule, rules(8), 1u, &rule, 0u));
	MUST_FAIL(syscall(SYS_landlock_add_rule, -1, 1u, &rule, 0u), EBADF);
}

ABI_CASE("landlock_add_rule(LANDLOCK_RULE_NET_PORT)")
{
	uint64_t rule[2] = { 1, 80 };

	MUST(syscall(SYS_landlock_add_rule, rules(16), 2u, rule, 0u));
	MUST_FAIL(syscall(SYS_landlock_add_rule, -1, 2u, rule, 0u), EBADF);
}

ABI_CASE("landlock_restrict_self")
{
	int fd = rules(8);

	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	MUST(syscall(SYS_landlock_restrict_self, fd, 0u));
	MUST_FAIL(syscall(SYS_landlock_restrict_self, -1, 0u), EBADF);
}

ABI_CASE("lsm_list_modules")
{
	uint64_t ids[64];
	uint32_t size = sizeof(ids);

	memset(ids, 'i', sizeof(ids));
	if (syscall(461, ids, &size, 0u) == -1 && errno == ENOSYS)
		abi_skip("this kernel has no lsm_list_modules");
	size = 0;
	MUST_FAIL(syscall(461, ids, &size, 0u), E2BIG);
}

ABI_CASE("lsm_get_self_attr")
{
	char contexts[1024];
	uint32_t size = sizeof(contexts);

	memset(contexts, 'c', sizeof(contexts));
	if (syscall(459, 100u, contexts, &size, 0u) == -1 && (errno == ENOSYS || errno == EOPNOTSUPP))
		abi_skip("no security module here has attributes of processes");
	MUST_BE(syscall(459, 999u, contexts, &size, 0u) == -1);
}

ABI_FAILS("lsm_set_self_attr", "which attributes there are is up to the security modules")
{
	char context[64] = "";

	MUST_BE(syscall(460, 999u, context, 64u, 0u) == -1);
}

/* ---- what would end everything ---- */

ABI_FAILS("reboot", "it would stop the machine")
{
	MUST_BE(syscall(SYS_reboot, 0, 0, 0) == -1);
}

ABI_FAILS("reboot(LINUX_REBOOT_CMD_RESTART2)", "it would stop the machine")
{
	MUST_BE(syscall(SYS_reboot, 0, 0, 0xa1b2c3d4u, "nothing") == -1);
}

ABI_FAILS("kexec_load", "it would prepare another kernel")
{
	MUST_BE(syscall(SYS_kexec_load, 0L, 99999L, NULL, ~0xffffL) == -1);
}

/* ---- options of other processors, and of the address space's book-keeping ---- */

static const char other_processor[] = "an option of other processors";
static const char bookkeeping[] = "needs CAP_SYS_RESOURCE and an address that fits";

ABI_FAILS("prctl(PR_GET_UNALIGN)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_GET_UNALIGN, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_SET_UNALIGN)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_SET_UNALIGN, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_GET_FPEMU)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_GET_FPEMU, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_SET_FPEMU)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_SET_FPEMU, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_GET_FPEXC)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_GET_FPEXC, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_SET_FPEXC)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_SET_FPEXC, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_GET_ENDIAN)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_GET_ENDIAN, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_SET_ENDIAN)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_SET_ENDIAN, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_SET_FP_MODE)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_SET_FP_MODE, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_GET_FP_MODE)", other_processor)
{
	MUST_FAIL(syscall(SYS_prctl, PR_GET_FP_MODE, 1L), EINVAL);
}

ABI_FAILS("prctl(PR_SET_MM_START_CODE)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 1L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_END_CODE)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 2L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_START_DATA)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 3L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_END_DATA)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 4L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_START_STACK)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 5L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_START_BRK)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 6L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_BRK)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 7L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_ARG_START)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 8L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_ARG_END)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 9L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_ENV_START)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 10L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_ENV_END)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 11L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_AUXV)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 12L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_EXE_FILE)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 13L, 1L, 0L, 0L) == -1);
}

ABI_FAILS("prctl(PR_SET_MM_MAP)", bookkeeping)
{
	MUST_BE(syscall(SYS_prctl, PR_SET_MM, 14L, 1L, 0L, 0L) == -1);
}

ABI_CASE("prctl(PR_SET_MM_MAP_SIZE)")
{
	unsigned size = 0x5555;

	if (syscall(SYS_prctl, PR_SET_MM, 15L, &size, 0L, 0L) == -1)
		abi_skip("this kernel has no PR_SET_MM_MAP_SIZE");
	MUST_FAIL(syscall(SYS_prctl, PR_SET_MM, 15L, &size, 0L, 1L), EINVAL);
}

ABI_CASE("prctl(PR_SYS_DISPATCH_OFF)")
{
	MUST(syscall(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, ONLY_FLAGS));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, 0L, 1L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_MCE_KILL)")
{
	if (syscall(SYS_prctl, PR_MCE_KILL, 1L, 1L, 0L, 0L) == -1)
		abi_skip("this kernel has no PR_MCE_KILL");
	MUST_FAIL(syscall(SYS_prctl, PR_MCE_KILL, NOT_AN_OPTION, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_MCE_KILL_GET)")
{
	if (syscall(SYS_prctl, PR_MCE_KILL_GET, ONLY_FLAGS) == -1)
		abi_skip("this kernel has no PR_MCE_KILL_GET");
	MUST_FAIL(syscall(SYS_prctl, PR_MCE_KILL_GET, 1L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_SCHED_CORE)")
{
	uint64_t cookie = 0x5555;

	if (syscall(SYS_prctl, PR_SCHED_CORE, 0L, 0, 0u, &cookie) == -1)
		abi_skip("this kernel or processor has no scheduling of cores");
	MUST_FAIL(syscall(SYS_prctl, PR_SCHED_CORE, NOT_AN_OPTION, 0, 0u, NULL), EINVAL);
}

ABI_CASE("prctl(PR_SET_MEMORY_MERGE)")
{
	if (syscall(SYS_prctl, 67, 1L, 0L, 0L, 0L) == -1)
		abi_skip("this kernel merges no memory, or it is not permitted here");
	MUST_FAIL(syscall(SYS_prctl, 67, 1L, 1L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_GET_MEMORY_MERGE)")
{
	if (syscall(SYS_prctl, 68, ONLY_FLAGS) == -1)
		abi_skip("this kernel merges no memory, or it is not permitted here");
	MUST_FAIL(syscall(SYS_prctl, 68, 1L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_TIMER_CREATE_RESTORE_IDS)")
{
	if (syscall(SYS_prctl, 77, 2L, 0L, 0L, 0L) == -1)
		abi_skip("this kernel has no PR_TIMER_CREATE_RESTORE_IDS");
	MUST_FAIL(syscall(SYS_prctl, 77, NOT_AN_OPTION, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_FUTEX_HASH)")
{
	if (syscall(SYS_prctl, 78, 2L, 0L, 0L) == -1)
		abi_skip("this kernel has no PR_FUTEX_HASH");
	MUST_BE(syscall(SYS_prctl, 78, NOT_AN_OPTION, 0L, 0L) == -1);
}

ABI_CASE("prctl(PR_GET_AUXV)")
{
	uint64_t vector[128];

	memset(vector, 'v', sizeof(vector));
	if (syscall(SYS_prctl, 0x41555856, vector, sizeof(vector), 0L, 0L) == -1)
		abi_skip("this kernel has no PR_GET_AUXV");
	MUST_FAIL(syscall(SYS_prctl, 0x41555856, vector, sizeof(vector), 1L, 0L), EINVAL);
}

ABI_CASE("arch_prctl(ARCH_GET_XCOMP_GUEST_PERM)")
{
	uint64_t features = 0x5555;

	if (syscall(SYS_arch_prctl, 0x1024, &features) == -1)
		abi_skip("this kernel has no ARCH_GET_XCOMP_GUEST_PERM");
	MUST_FAIL(syscall(SYS_arch_prctl, 0x1024, (long *)8), EFAULT);
}

ABI_FAILS("arch_prctl(ARCH_REQ_XCOMP_GUEST_PERM)", "which features there are is up to the processor")
{
	MUST_FAIL(syscall(SYS_arch_prctl, 0x1025, NOT_AN_OPTION), EINVAL);
}

ABI_CASE("arch_prctl(ARCH_GET_UNTAG_MASK)")
{
	uint64_t mask = 0x5555;

	if (syscall(SYS_arch_prctl, 0x4001, &mask) == -1)
		abi_skip("this kernel has no ARCH_GET_UNTAG_MASK");
	MUST_FAIL(syscall(SYS_arch_prctl, 0x4001, (long *)8), EFAULT);
}

ABI_CASE("arch_prctl(ARCH_GET_MAX_TAG_BITS)")
{
	uint64_t bits = 0x5555;

	if (syscall(SYS_arch_prctl, 0x4003, &bits) == -1)
		abi_skip("this kernel has no ARCH_GET_MAX_TAG_BITS");
	MUST_FAIL(syscall(SYS_arch_prctl, 0x4003, (long *)8), EFAULT);
}

ABI_FAILS("arch_prctl(ARCH_ENABLE_TAGGED_ADDR)", "needs a processor that masks addresses")
{
	MUST_BE(syscall(SYS_arch_prctl, 0x4002, NOT_AN_OPTION) == -1);
}

ABI_FAILS("arch_prctl(ARCH_FORCE_TAGGED_SVA)", "needs a processor that masks addresses")
{
	if (syscall(SYS_arch_prctl, 0x4004) != -1)
		abi_skip("this processor masks addresses");
}

ABI_FAILS("arch_prctl(ARCH_MAP_VDSO_64)", "the kernel maps it at the start")
{
	MUST_BE(syscall(SYS_arch_prctl, 0x2003, some_page()) == -1);
}

ABI_FAILS("arch_prctl(ARCH_MAP_VDSO_32)", "the kernel maps another at the start")
{
	MUST_BE(syscall(SYS_arch_prctl, 0x2002, some_page()) == -1);
}

ABI_FAILS("arch_prctl(ARCH_MAP_VDSO_X32)", "the kernel maps another at the start")
{
	MUST_BE(syscall(SYS_arch_prctl, 0x2001, some_page()) == -1);
}

/* ---- another program, which is this one with another case ---- */

static const char other_memory[] = "after success there is other memory, and nothing to compare";

ABI_FAILS("execve", other_memory)
{
	char *arguments[] = { "process", "gettid", NULL }, *none[] = { NULL };

	MUST_FAIL(syscall(SYS_execve, "nothing", arguments, none), ENOENT);
	MUST(syscall(SYS_execve, "/proc/self/exe", arguments, none));
}

ABI_FAILS("execveat", other_memory)
{
	char *arguments[] = { "process", "gettid", NULL }, *none[] = { NULL };

	MUST_FAIL(syscall(SYS_execveat, AT_FDCWD, "nothing", arguments, none, 0), ENOENT);
	MUST(syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", arguments, none, 0));
}

ABI_FAILS("init_module", "it would load a module")
{
	MUST_BE(syscall(SYS_init_module, "no module", 9L, "") == -1);
}

ABI_FAILS("delete_module", "it would take out a module")
{
	MUST_BE(syscall(SYS_delete_module, "sperrips has no such module", O_NONBLOCK) == -1);
}

ABI_CASE("syslog")
{
	privileged(syscall(SYS_syslog, 10 /* how long the log may be */, NULL, 0));
	MUST_FAIL(syscall(SYS_syslog, 99, NULL, 0), EINVAL);
}

/* ---- numbers without a call ---- */

static const char no_call[] = "x86_64 has no such call";

ABI_FAILS("_sysctl", no_call)
{
	MUST_FAIL(syscall(SYS__sysctl), ENOSYS);
}

ABI_FAILS("afs_syscall", no_call)
{
	MUST_FAIL(syscall(SYS_afs_syscall), ENOSYS);
}

ABI_FAILS("create_module", no_call)
{
	MUST_FAIL(syscall(SYS_create_module), ENOSYS);
}

ABI_FAILS("epoll_ctl_old", no_call)
{
	MUST_FAIL(syscall(SYS_epoll_ctl_old), ENOSYS);
}

ABI_FAILS("epoll_wait_old", no_call)
{
	MUST_FAIL(syscall(SYS_epoll_wait_old), ENOSYS);
}

ABI_FAILS("get_kernel_syms", no_call)
{
	MUST_FAIL(syscall(SYS_get_kernel_syms), ENOSYS);
}

ABI_FAILS("get_thread_area", no_call)
{
	MUST_FAIL(syscall(SYS_get_thread_area), ENOSYS);
}

ABI_FAILS("getpmsg", no_call)
{
	MUST_FAIL(syscall(SYS_getpmsg), ENOSYS);
}

ABI_FAILS("nfsservctl", no_call)
{
	MUST_FAIL(syscall(SYS_nfsservctl), ENOSYS);
}

ABI_FAILS("putpmsg", no_call)
{
	MUST_FAIL(syscall(SYS_putpmsg), ENOSYS);
}

ABI_FAILS("query_module", no_call)
{
	MUST_FAIL(syscall(SYS_query_module), ENOSYS);
}

ABI_FAILS("security", no_call)
{
	MUST_FAIL(syscall(SYS_security), ENOSYS);
}

ABI_FAILS("set_thread_area", no_call)
{
	MUST_FAIL(syscall(SYS_set_thread_area), ENOSYS);
}

ABI_FAILS("tuxcall", no_call)
{
	MUST_FAIL(syscall(SYS_tuxcall), ENOSYS);
}

ABI_FAILS("uselib", no_call)
{
	MUST_FAIL(syscall(SYS_uselib), ENOSYS);
}

ABI_FAILS("vserver", no_call)
{
	MUST_FAIL(syscall(SYS_vserver), ENOSYS);
}

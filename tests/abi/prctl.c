/*
 * Audit cases: options of a process: prctl(2).
 */
#include "process.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define NOT_AN_OPTION 9999L
#define ONLY_FLAGS    0L, 0L, 0L, 0L

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

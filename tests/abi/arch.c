/*
 * Audit cases: registers, features and segments of the processor: arch_prctl(2), modify_ldt(2).
 */
#include "process.h"

#include <asm/prctl.h>
#include <sys/mman.h>

#define NOT_AN_OPTION 9999L
/* <asm/prctl.h> of older headers lacks these */
#define XCOMP_SUPP    0x1021
#define XCOMP_PERM    0x1022
#define XCOMP_REQUEST 0x1023
#define SHSTK_DISABLE 0x5002
#define SHSTK_LOCK    0x5003
#define SHSTK_STATUS  0x5005
#define CET_STATUS    0x3001
#define CET_DISABLE   0x3002

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

/*
 * rdtsc, rdtscp and cpuid: told apart by their bytes, executed here, and what cpuid gives made the same on each CPU of
 * a machine.
 */
#include "trace/x86_64.h"

#include "base/clock.h"

#include <cpuid.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif

/* Prefixes that change nothing about these instructions; lock would make them invalid. */
static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x26: /* segments */
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0x66: /* sizes */
	case 0x67:
	case 0xf2: /* repetition */
	case 0xf3:
		return true;
	}
	return (byte & 0xf0) == 0x40; /* rex */
}

enum abi_instruction x86_64_decode(const uint8_t *bytes, size_t n, unsigned *length)
{
	size_t at = 0;

	while (at < n && is_prefix(bytes[at]))
		at++;
	if (n - at < 2 || bytes[at] != 0x0f)
		return INSTRUCTION_NONE;
	*length = (unsigned)at + 2;
	if (bytes[at + 1] == 0x31)
		return INSTRUCTION_RDTSC;
	if (bytes[at + 1] == 0xa2)
		return INSTRUCTION_CPUID;
	if (n - at < 3 || bytes[at + 1] != 0x01 || bytes[at + 2] != 0xf9)
		return INSTRUCTION_NONE;
	*length = (unsigned)at + 3;
	return INSTRUCTION_RDTSCP;
}

/* Of the others nothing is known: what stands in ecx may matter. */
bool x86_64_has_subleaves(uint32_t leaf)
{
	switch (leaf) {
	case 0x00000004: /* caches */
	case 0x00000007: /* features */
	case 0x0000000b: /* topology */
	case 0x0000000d: /* state components */
	case 0x0000000f: /* monitoring and allocation of resources */
	case 0x00000010:
	case 0x00000012: /* enclaves */
	case 0x00000014: /* tracing */
	case 0x8000001d: /* caches */
	case 0x80000020: /* quality of service */
	case 0x80000026: /* topology */
		return true;
	case 0x00000015: /* clocks */
	case 0x00000016:
	case 0x00000019: /* key locker, kinds of cores */
	case 0x0000001a:
	case 0x0000001c:
		return false;
	}
	return leaf >= 0x80000022 || (leaf >= 0x40000002 && leaf < 0x80000000) ||
	       (leaf > 0x00000010 && leaf < 0x40000000);
}

/*
 * Bits that are 0 to the program.  Instructions whose result nobody could record must not be used: rdrand, rdseed,
 * rdpid.  The number of the CPU that this runs on says nothing about the machine: another run has another one.
 */
static const struct mask {
	uint32_t leaf, eax, ebx, ecx, edx;
} masks[] = {
	{ 0x00000001, 0, 0xff000000, 1u << 30, 0 }, /* initial APIC id; rdrand */
	{ 0x00000007, 0, 1u << 18, 1u << 22, 0 },   /* rdseed; rdpid */
	{ 0x0000000b, 0, 0, 0, UINT32_MAX },        /* x2APIC id */
	{ 0x0000001f, 0, 0, 0, UINT32_MAX },        /* the same */
	{ 0x8000001e, UINT32_MAX, 0xff, 0xff, 0 },  /* APIC id; core; node */
	{ 0x80000026, 0, 0, 0, UINT32_MAX },        /* APIC id */
};

/* ---- a tracer that faults with its tasks ---- */

static struct sigaction before; /* what SIGSEGV did */
static bool handling;           /* the handler is installed */
static bool cpuid_faults;       /* in this thread, too */
static bool tsc_faults;

static long let_cpuid(bool on)
{
	return syscall(SYS_arch_prctl, ARCH_SET_CPUID, (long)on);
}

static long let_tsc(bool on)
{
	return syscall(SYS_prctl, PR_SET_TSC, on ? PR_TSC_ENABLE : PR_TSC_SIGSEGV);
}

/* True if it was off and is on now. */
static bool turn_cpuid_on(void)
{
	return syscall(SYS_arch_prctl, ARCH_GET_CPUID) == 0 && let_cpuid(true) == 0;
}

static bool turn_tsc_on(void)
{
	int mode = PR_TSC_ENABLE;

	return syscall(SYS_prctl, PR_GET_TSC, &mode) == 0 && mode == PR_TSC_SIGSEGV && let_tsc(true) == 0;
}

/*
 * Whoever executes one of them here, a library as a rule, may, from now on in this thread; anything else is what it
 * would have been.
 */
static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code == SI_KERNEL && (turn_cpuid_on() || turn_tsc_on()))
		return;
	sigaction(signal, &before, NULL);
	if (info->si_code <= 0) /* somebody has sent it; what the processor says it says again */
		raise(signal);
}

void x86_64_share_faults(bool tsc, bool cpuid)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	if ((tsc || cpuid) && !handling) {
		sigemptyset(&action.sa_mask);
		handling = sigaction(SIGSEGV, &action, &before) == 0;
	}
	if (!tsc && tsc_faults)
		let_tsc(true);
	if (!cpuid && cpuid_faults)
		let_cpuid(true);
	tsc_faults = tsc && handling && let_tsc(false) == 0;
	cpuid_faults = cpuid && handling && let_cpuid(false) == 0;
	if (handling && !tsc && !cpuid) {
		sigaction(SIGSEGV, &before, NULL);
		handling = false;
	}
}

/* ---- execution ---- */

static void run_cpuid(uint32_t leaf, uint32_t subleaf, struct abi_cpuid *id)
{
	if (cpuid_faults)
		let_cpuid(true);
	__cpuid_count(leaf, subleaf, id->eax, id->ebx, id->ecx, id->edx);
	if (cpuid_faults)
		let_cpuid(false);
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		const struct mask *m = &masks[i];

		if (m->leaf != leaf || (leaf == 7 && subleaf > 0))
			continue;
		id->eax &= ~m->eax;
		id->ebx &= ~m->ebx;
		id->ecx &= ~m->ecx;
		id->edx &= ~m->edx;
	}
}

/* In a virtual machine the instruction takes longer than all the rest, and programs ask the same again and again. */
#define KNOWN 256

static void cached_cpuid(uint32_t leaf, uint32_t subleaf, struct abi_cpuid *id)
{
	static struct {
		bool known;
		uint32_t leaf, subleaf;
		struct abi_cpuid id;
	} cache[KNOWN];
	uint32_t slot = (leaf * 31 + (leaf >> 24) + subleaf * 7 + (subleaf >> 13)) % KNOWN;

	if (!cache[slot].known || cache[slot].leaf != leaf || cache[slot].subleaf != subleaf) {
		cache[slot].known = true;
		cache[slot].leaf = leaf;
		cache[slot].subleaf = subleaf;
		run_cpuid(leaf, subleaf, &cache[slot].id);
	}
	*id = cache[slot].id;
}

/* No program sees the counter stand or go back. */
static uint64_t in_order(uint64_t tsc)
{
	static uint64_t given;

	given = tsc > given ? tsc : given + 1;
	return given;
}

static struct abi_rdtscp run_rdtscp(void)
{
	struct abi_rdtscp tsc = { 0 };
	uint32_t aux;

	if (tsc_faults)
		let_tsc(true);
	tsc.value = in_order(__rdtscp(&aux));
	tsc.aux = aux;
	if (tsc_faults)
		let_tsc(false);
	return tsc;
}

#define NS_BETWEEN \
	50000000u /* of two places on the counter's line: 100 ns of doubt at each are two in a million then */
#define NS_FROM_ONE 1000000000u /* how far the line is followed from one that was read */

struct place {
	uint64_t tsc, ns;
};

static struct place run_rdtsc(void)
{
	struct place p;

	if (tsc_faults)
		let_tsc(true);
	p.tsc = __rdtsc();
	p.ns = clock_ns(CLOCK_MONOTONIC_RAW);
	if (tsc_faults)
		let_tsc(false);
	return p;
}

/*
 * To read the counter where it faults means to throw that switch twice.  CLOCK_MONOTONIC_RAW is the same counter in
 * other units, for which the kernel need only be asked: two readings of both make the line, the counter is where it
 * then stands.
 */
static uint64_t counter(void)
{
	static struct place first, last;
	uint64_t ns = clock_ns(CLOCK_MONOTONIC_RAW);

	if (!tsc_faults || last.ns - first.ns < NS_BETWEEN || ns - last.ns > NS_FROM_ONE) {
		last = run_rdtsc();
		if (!first.ns)
			first = last;
		return in_order(last.tsc);
	}
	return in_order(last.tsc + (uint64_t)((double)(ns - last.ns) * (double)(last.tsc - first.tsc) /
					      (double)(last.ns - first.ns)));
}

uint32_t x86_64_execute(enum abi_instruction which, const uint64_t args[2], uint8_t result[ABI_INSTRUCTION_RESULT])
{
	struct abi_rdtscp tsc = { 0 };
	struct abi_cpuid id;

	memset(result, 0, ABI_INSTRUCTION_RESULT);
	switch (which) {
	case INSTRUCTION_RDTSC:
		tsc.value = counter();
		memcpy(result, &tsc, sizeof(struct abi_rdtsc));
		return sizeof(struct abi_rdtsc);
	case INSTRUCTION_RDTSCP:
		tsc = run_rdtscp();
		memcpy(result, &tsc, sizeof(tsc));
		return sizeof(tsc);
	case INSTRUCTION_CPUID:
		cached_cpuid((uint32_t)args[0], (uint32_t)args[1], &id);
		memcpy(result, &id, sizeof(id));
		return sizeof(id);
	case INSTRUCTION_NONE:
		break;
	}
	return 0;
}

/* ---- all of cpuid ---- */

#define SUBLEAVES  64    /* that any leaf has at most */
#define EMPTY      4     /* after so many there are no more ... */
#define LEAF_STATE 0x0du /* ... but of this one: a subleaf for each bit of XCR0 and IA32_XSS */

static void add_leaf(struct buf *out, uint32_t leaf)
{
	uint32_t n = x86_64_has_subleaves(leaf) ? SUBLEAVES : 1, empty = 0;
	struct abi_cpuid id;

	for (uint32_t subleaf = 0; subleaf < n && empty < EMPTY; subleaf++) {
		run_cpuid(leaf, subleaf, &id);
		if (subleaf && !(id.eax | id.ebx | id.edx)) {
			empty += leaf != LEAF_STATE;
			continue;
		}
		empty = 0;
		buf_le32(out, leaf);
		buf_le32(out, subleaf);
		buf_le32(out, id.eax);
		buf_le32(out, id.ebx);
		buf_le32(out, id.ecx);
		buf_le32(out, id.edx);
	}
}

static void describe(struct buf *out)
{
	static const uint32_t ranges[] = { 0, 0x40000000, 0x80000000 };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct abi_cpuid id;

		run_cpuid(ranges[i], 0, &id);
		/* where nothing is, anything may be said: a hypervisor's, for one, that is not there */
		for (uint32_t leaf = ranges[i]; leaf <= id.eax && leaf - ranges[i] < SUBLEAVES; leaf++)
			add_leaf(out, leaf);
	}
}

/* Some hundred instructions, each of which leaves a virtual machine; at every execve the same. */
void x86_64_describe(struct buf *out)
{
	static struct buf known;

	if (!known.len)
		describe(&known);
	buf_add(out, known.data, known.len);
}

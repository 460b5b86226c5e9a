/*
 * Audit cases: who a process is and what it may do.
 */
#include "case.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#define NOBODY        ((uid_t)-1)
#define NOT_AN_OPTION 9999L

static struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
static struct __user_cap_data_struct caps[2];

static void fill_caps(void)
{
	memset(caps, 'c', sizeof(caps));
}

/* Ends the case when an ordinary user may not do it. */
static void privileged(long result)
{
	if (result == -1 && errno == EPERM)
		abi_skip("not permitted here");
	MUST(result);
}

ABI_CASE("getuid")
{
	MUST(syscall(SYS_getuid));
}

ABI_CASE("geteuid")
{
	MUST(syscall(SYS_geteuid));
}

ABI_CASE("getgid")
{
	MUST(syscall(SYS_getgid));
}

ABI_CASE("getegid")
{
	MUST(syscall(SYS_getegid));
}

ABI_CASE("getresuid")
{
	uid_t ids[3] = { NOBODY, NOBODY, NOBODY };

	MUST(syscall(SYS_getresuid, &ids[0], &ids[1], &ids[2]));
	MUST_FAIL(syscall(SYS_getresuid, &ids[0], &ids[1], (uid_t *)8), EFAULT);
}

ABI_CASE("getresgid")
{
	gid_t ids[3] = { NOBODY, NOBODY, NOBODY };

	MUST(syscall(SYS_getresgid, &ids[0], &ids[1], &ids[2]));
	MUST_FAIL(syscall(SYS_getresgid, &ids[0], (gid_t *)8, &ids[2]), EFAULT);
}

ABI_CASE("setuid")
{
	MUST(syscall(SYS_setuid, getuid()));
	MUST_FAIL(syscall(SYS_setuid, NOBODY), EINVAL);
}

ABI_CASE("setgid")
{
	MUST(syscall(SYS_setgid, getgid()));
	MUST_FAIL(syscall(SYS_setgid, NOBODY), EINVAL);
}

ABI_CASE("setreuid")
{
	MUST(syscall(SYS_setreuid, getuid(), NOBODY));
}

ABI_CASE("setregid")
{
	MUST(syscall(SYS_setregid, NOBODY, getegid()));
}

ABI_CASE("setresuid")
{
	MUST(syscall(SYS_setresuid, getuid(), NOBODY, geteuid()));
}

ABI_CASE("setresgid")
{
	MUST(syscall(SYS_setresgid, getgid(), NOBODY, getegid()));
}

ABI_CASE("setfsuid")
{
	MUST(syscall(SYS_setfsuid, NOBODY));
	MUST(syscall(SYS_setfsuid, geteuid()));
}

ABI_CASE("setfsgid")
{
	MUST(syscall(SYS_setfsgid, NOBODY));
	MUST(syscall(SYS_setfsgid, getegid()));
}

ABI_CASE("getgroups")
{
	gid_t groups[1024];
	long n = MUST(syscall(SYS_getgroups, 0, NULL));

	memset(groups, 'g', sizeof(groups));
	MUST_BE(MUST(syscall(SYS_getgroups, 1024, groups)) == n);
	MUST_FAIL(syscall(SYS_getgroups, -1, groups), EINVAL);
}

ABI_CASE("setgroups")
{
	gid_t groups[1024];
	long n = MUST(syscall(SYS_getgroups, 1024, groups));

	privileged(syscall(SYS_setgroups, n, groups));
	groups[n] = 4711;
	MUST(syscall(SYS_setgroups, n + 1, groups));
	MUST_FAIL(syscall(SYS_setgroups, -1, groups), EINVAL);
}

ABI_CASE("capget")
{
	fill_caps();
	MUST(syscall(SYS_capget, &header, caps));
	/* of which there is one struct, not two */
	fill_caps();
	header.version = _LINUX_CAPABILITY_VERSION_1;
	caps[1].effective = 0x5a5a5a5a;
	MUST(syscall(SYS_capget, &header, caps));
	MUST_BE(caps[1].effective == 0x5a5a5a5a);
	header.version = 1;
	MUST_FAIL(syscall(SYS_capget, &header, caps), EINVAL);
}

ABI_CASE("capset")
{
	fill_caps();
	MUST(syscall(SYS_capget, &header, caps));
	MUST(syscall(SYS_capset, &header, caps));
	header.version = 1;
	MUST_FAIL(syscall(SYS_capset, &header, caps), EINVAL);
}

ABI_CASE("prctl(PR_GET_KEEPCAPS)")
{
	MUST(syscall(SYS_prctl, PR_GET_KEEPCAPS));
}

ABI_CASE("prctl(PR_SET_KEEPCAPS)")
{
	MUST(syscall(SYS_prctl, PR_SET_KEEPCAPS, 1L));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_KEEPCAPS, 2L), EINVAL);
}

ABI_CASE("prctl(PR_CAPBSET_READ)")
{
	MUST(syscall(SYS_prctl, PR_CAPBSET_READ, (long)CAP_CHOWN));
	MUST_FAIL(syscall(SYS_prctl, PR_CAPBSET_READ, NOT_AN_OPTION), EINVAL);
}

ABI_CASE("prctl(PR_CAPBSET_DROP)")
{
	privileged(syscall(SYS_prctl, PR_CAPBSET_DROP, (long)CAP_SYS_BOOT));
	MUST_FAIL(syscall(SYS_prctl, PR_CAPBSET_DROP, NOT_AN_OPTION), EINVAL);
}

ABI_CASE("prctl(PR_GET_SECUREBITS)")
{
	MUST(syscall(SYS_prctl, PR_GET_SECUREBITS));
}

ABI_CASE("prctl(PR_SET_SECUREBITS)")
{
	privileged(syscall(SYS_prctl, PR_SET_SECUREBITS, (long)SECBIT_NO_SETUID_FIXUP));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_SECUREBITS, ~0xffL), EPERM);
}

ABI_CASE("prctl(PR_CAP_AMBIENT)")
{
	MUST(syscall(SYS_prctl, PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_IS_SET, (long)CAP_CHOWN, 0L, 0L));
	MUST_FAIL(syscall(SYS_prctl, PR_CAP_AMBIENT, NOT_AN_OPTION, (long)CAP_CHOWN, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_SET_NO_NEW_PRIVS)")
{
	MUST(syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
	MUST_FAIL(syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), EINVAL);
}

ABI_CASE("prctl(PR_GET_NO_NEW_PRIVS)")
{
	MUST(syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
	MUST_FAIL(syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), EINVAL);
}

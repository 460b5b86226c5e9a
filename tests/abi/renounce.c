/*
 * Audit cases: what a process renounces: seccomp(2), Landlock, security modules.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define NOT_AN_OPTION 9999L

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

ABI_CASE("seccomp(SECCOMP_GET_NOTIF_SIZES)")
{
	uint16_t sizes[8];

	memset(sizes, 's', sizeof(sizes));
	MUST(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, sizes));
	MUST_FAIL(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 1, sizes), EINVAL);
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

/*
 * Audit cases: calls that fail wherever the cases run: what would end everything, another program, modules, numbers without a call.
 */
#include "case.h"

#include <fcntl.h>

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

/* ---- another program, which is this one with another case ---- */

static const char other_memory[] = "after success there is other memory, and nothing to compare";

ABI_FAILS("execve", other_memory)
{
	char *arguments[] = { "process", "reboot", NULL }, *none[] = { NULL };

	MUST_FAIL(syscall(SYS_execve, "nothing", arguments, none), ENOENT);
	MUST(syscall(SYS_execve, "/proc/self/exe", arguments, none));
}

ABI_FAILS("execveat", other_memory)
{
	char *arguments[] = { "process", "reboot", NULL }, *none[] = { NULL };

	MUST_FAIL(syscall(SYS_execveat, AT_FDCWD, "nothing", arguments, none, 0), ENOENT);
	MUST(syscall(SYS_execveat, AT_FDCWD, "/proc/self/exe", arguments, none, 0));
}

ABI_FAILS("init_module", "it would load a module")
{
	MUST_BE(syscall(SYS_init_module, "no module", 9L, "") == -1);
}

ABI_FAILS("finit_module", "it would load a module")
{
	int fd = abi_file("module", "no module");

	MUST_BE(syscall(SYS_finit_module, fd, "", 0) == -1);
	MUST_BE(syscall(SYS_finit_module, abi_file("m", "no module, but another"), "debug=1", 0) == -1);
}

ABI_FAILS("kexec_file_load", "it would prepare another kernel")
{
	int kernel = abi_file("kernel", "no kernel"), initrd = abi_file("initrd", "no files");

	MUST_BE(syscall(SYS_kexec_file_load, kernel, initrd, 6L, "quiet", 0L) == -1);
	/* without files to begin with */
	MUST_BE(syscall(SYS_kexec_file_load, kernel, -1, 6L, "quiet", 4L) == -1);
}

ABI_FAILS("delete_module", "it would take out a module")
{
	MUST_BE(syscall(SYS_delete_module, "sperrips has no such module", O_NONBLOCK) == -1);
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

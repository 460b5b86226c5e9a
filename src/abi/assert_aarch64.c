/*
 * Every number of syscalls.def for aarch64 is what the generic list of the kernel says, and a call that aarch64 is said
 * to lack is not in that list.  Nothing here reaches the binary.
 */
#include "abi/event.h"
#include "abi/row.h"

/* As arch/arm64/include/uapi/asm/unistd.h asks for it. */
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_TIME32_SYSCALLS
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#include <asm-generic/unistd.h>

#include "abi/new_numbers.h"

#define __NR_task_end ABI_TASK_END
#define __NR_signal   ABI_SIGNAL
#define __NR_effect   ABI_EFFECT
#define __NR_instruction ABI_INSTRUCTION

/* What the generic list lacks, and nothing else, is NONE in the table: a name of both would be defined twice. */
enum {
	__NR__sysctl = ABI_NR_NONE,
	__NR_access = ABI_NR_NONE,
	__NR_afs_syscall = ABI_NR_NONE,
	__NR_alarm = ABI_NR_NONE,
	__NR_arch_prctl = ABI_NR_NONE,
	__NR_chmod = ABI_NR_NONE,
	__NR_chown = ABI_NR_NONE,
	__NR_creat = ABI_NR_NONE,
	__NR_create_module = ABI_NR_NONE,
	__NR_dup2 = ABI_NR_NONE,
	__NR_epoll_create = ABI_NR_NONE,
	__NR_epoll_ctl_old = ABI_NR_NONE,
	__NR_epoll_wait = ABI_NR_NONE,
	__NR_epoll_wait_old = ABI_NR_NONE,
	__NR_eventfd = ABI_NR_NONE,
	__NR_fork = ABI_NR_NONE,
	__NR_futimesat = ABI_NR_NONE,
	__NR_get_kernel_syms = ABI_NR_NONE,
	__NR_get_thread_area = ABI_NR_NONE,
	__NR_getdents = ABI_NR_NONE,
	__NR_getpgrp = ABI_NR_NONE,
	__NR_getpmsg = ABI_NR_NONE,
	__NR_inotify_init = ABI_NR_NONE,
	__NR_ioperm = ABI_NR_NONE,
	__NR_iopl = ABI_NR_NONE,
	__NR_lchown = ABI_NR_NONE,
	__NR_link = ABI_NR_NONE,
	__NR_lstat = ABI_NR_NONE,
	__NR_mkdir = ABI_NR_NONE,
	__NR_mknod = ABI_NR_NONE,
	__NR_modify_ldt = ABI_NR_NONE,
	__NR_open = ABI_NR_NONE,
	__NR_pause = ABI_NR_NONE,
	__NR_pipe = ABI_NR_NONE,
	__NR_poll = ABI_NR_NONE,
	__NR_putpmsg = ABI_NR_NONE,
	__NR_query_module = ABI_NR_NONE,
	__NR_readlink = ABI_NR_NONE,
	__NR_rename = ABI_NR_NONE,
	__NR_rmdir = ABI_NR_NONE,
	__NR_security = ABI_NR_NONE,
	__NR_select = ABI_NR_NONE,
	__NR_set_thread_area = ABI_NR_NONE,
	__NR_signalfd = ABI_NR_NONE,
	__NR_stat = ABI_NR_NONE,
	__NR_symlink = ABI_NR_NONE,
	__NR_sysfs = ABI_NR_NONE,
	__NR_time = ABI_NR_NONE,
	__NR_tuxcall = ABI_NR_NONE,
	__NR_unlink = ABI_NR_NONE,
	__NR_uprobe = ABI_NR_NONE,
	__NR_uretprobe = ABI_NR_NONE,
	__NR_uselib = ABI_NR_NONE,
	__NR_ustat = ABI_NR_NONE,
	__NR_utime = ABI_NR_NONE,
	__NR_utimes = ABI_NR_NONE,
	__NR_vfork = ABI_NR_NONE,
	__NR_vserver = ABI_NR_NONE,
};

#define NONE                ABI_NR_NONE
#define SAME(call, aarch64) _Static_assert((int)(aarch64) == (int)__NR_##call, #call);

#define ROW_ALSO(made, call, label, x86_64, aarch64, ...) SAME(call, aarch64)
#define ROW(made, call, label, x86_64, aarch64, ...)      SAME(call, aarch64)
#define SYSCALL_MADE(made, call, x86_64, aarch64, ...)    SAME(call, aarch64)
#define SYSCALL(call, x86_64, aarch64, ...)               SAME(call, aarch64)
#define PARTIAL(call, x86_64, aarch64, ...)               SAME(call, aarch64)
#define OP(call, op, x86_64, aarch64, ...)                SAME(call, aarch64)
#define OP_NUM(call, op, x86_64, aarch64, ...)            SAME(call, aarch64)
#define OP_NUM_MADE(made, call, op, x86_64, aarch64, ...) SAME(call, aarch64)
#define OP_AT(call, op, x86_64, aarch64, ...)             SAME(call, aarch64)
#define FLAG(call, flag, x86_64, aarch64, ...)            SAME(call, aarch64)
#include "abi/syscalls.def"

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

#ifndef __NR_cachestat
#define __NR_cachestat 451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#endif
#ifndef __NR_listmount
#define __NR_listmount 458
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#endif
#ifndef __NR_getxattrat
#define __NR_getxattrat 464
#endif
#ifndef __NR_listxattrat
#define __NR_listxattrat 465
#endif
#ifndef __NR_removexattrat
#define __NR_removexattrat 466
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_file_getattr
#define __NR_file_getattr 468
#endif
#ifndef __NR_file_setattr
#define __NR_file_setattr 469
#endif
#ifndef __NR_map_shadow_stack
#define __NR_map_shadow_stack 453
#endif
#ifndef __NR_futex_wake
#define __NR_futex_wake 454
#endif
#ifndef __NR_futex_wait
#define __NR_futex_wait 455
#endif
#ifndef __NR_futex_requeue
#define __NR_futex_requeue 456
#endif
#ifndef __NR_lsm_get_self_attr
#define __NR_lsm_get_self_attr 459
#endif
#ifndef __NR_lsm_set_self_attr
#define __NR_lsm_set_self_attr 460
#endif
#ifndef __NR_lsm_list_modules
#define __NR_lsm_list_modules 461
#endif
#ifndef __NR_mseal
#define __NR_mseal 462
#endif
#define __NR_task_end ABI_TASK_END
#define __NR_signal   ABI_SIGNAL

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

/*
 * Every number of syscalls.def is what the kernel's header for x86_64 says.  Nothing here reaches the binary.
 */
#include "abi/event.h"

#include <asm/unistd_64.h>

/* Newer than the oldest headers that we build with. */
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
#ifndef __NR_uretprobe
#define __NR_uretprobe 335
#endif
#ifndef __NR_uprobe
#define __NR_uprobe 336
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
/* Pseudo calls have rows like others. */
#define __NR_task_end ABI_TASK_END
#define __NR_signal   ABI_SIGNAL

#define ROW_ALSO(made, call, label, x86_64, aarch64, ...) _Static_assert((x86_64) == __NR_##call, #call);
#define ROW(made, call, label, x86_64, aarch64, ...)      _Static_assert((x86_64) == __NR_##call, #call);
#define SYSCALL_MADE(made, call, x86_64, ...)             _Static_assert((x86_64) == __NR_##call, #call);
#define SYSCALL(call, x86_64, ...)                        _Static_assert((x86_64) == __NR_##call, #call);
#define PARTIAL(call, x86_64, ...)                        _Static_assert((x86_64) == __NR_##call, #call);
#define OP(call, op, x86_64, ...)                         _Static_assert((x86_64) == __NR_##call, #call);
#define OP_NUM(call, op, x86_64, ...)                     _Static_assert((x86_64) == __NR_##call, #call);
#define OP_NUM_MADE(made, call, op, x86_64, ...)          _Static_assert((x86_64) == __NR_##call, #call);
#define OP_AT(call, op, x86_64, ...)                      _Static_assert((x86_64) == __NR_##call, #call);
#define FLAG(call, flag, x86_64, ...)                     _Static_assert((x86_64) == __NR_##call, #call);
#include "abi/syscalls.def"

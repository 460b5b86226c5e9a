/*
 * Every number of syscalls.def is what the kernel's header for x86_64 says.  Nothing here reaches the binary.
 */
#include "abi/event.h"

#include <asm/unistd_64.h>

#include "abi/new_numbers.h"

/* Newer than the oldest headers that we build with. */
#ifndef __NR_uretprobe
#define __NR_uretprobe 335
#endif
#ifndef __NR_uprobe
#define __NR_uprobe 336
#endif

/* Pseudo calls have rows like others. */
#define __NR_task_end ABI_TASK_END
#define __NR_signal   ABI_SIGNAL
#define __NR_effect   ABI_EFFECT
#define __NR_instruction ABI_INSTRUCTION

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

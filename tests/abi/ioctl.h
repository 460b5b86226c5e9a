/*
 * What the cases of ioctl share.
 */
#ifndef TESTS_ABI_IOCTL_H
#define TESTS_ABI_IOCTL_H

#include "case.h"

/* The kernel's own: libc's ioctl() does the same, but requests of 32 bits come out as they are written here. */
#define io(fd, request, argument) syscall(SYS_ioctl, fd, request, argument)
#define NOWHERE                   8L

/* As large as any struct here. */
static unsigned char room[512];

/* What the kernel is to write over. */
static inline void *fresh(void)
{
	memset(room, 0x5a, sizeof(room));
	return room;
}

static inline void get(int fd, unsigned long request)
{
	MUST(io(fd, request, fresh()));
	MUST_FAIL(io(fd, request, NOWHERE), EFAULT);
}

#endif

/*
 * What the audit cases of processes share.
 */
#ifndef TESTS_ABI_PROCESS_H
#define TESTS_ABI_PROCESS_H

#include "case.h"

#include <sys/mman.h>

static inline __attribute__((unused)) long some_page(void)
{
	return (long)MUST(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static inline __attribute__((unused)) void privileged(long result)
{
	if (result == -1 && errno == EPERM)
		abi_skip("not permitted here");
	MUST(result);
}

#endif

/*
 * Cases of the effect audit: each makes one system call (or variant of one) succeed, and where it can, fail.  run.sh
 * records each under `record --audit`, looks whether the call named has succeeded, and replays it.
 *
 *     ABI_CASE("ioctl(FIONREAD)")
 *     {
 *             int ends[2], n = -1;
 *
 *             MUST(pipe(ends));
 *             MUST(syscall(SYS_ioctl, ends[0], FIONREAD, &n));
 *             MUST_FAIL(syscall(SYS_ioctl, -1, FIONREAD, &n), EBADF);
 *     }
 *
 * Every family is a program of its own, static, in an empty folder that is the same before each run.  The calls are made
 * by number, since libc wraps some in others; numbers of 64 bits are written as such (-1L).  A case must be the same twice: no pids, no times in what it compares.
 * Buffers hold something else than what the kernel is going to write: a store that changes nothing is not seen.
 */
#ifndef TESTS_ABI_CASE_H
#define TESTS_ABI_CASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct abi_case {
	const char *label;   /* as `spolc --schema` has it */
	const char *failing; /* why it can only fail here; NULL: it succeeds */
	void (*run)(void);
};

#define ABI_JOIN_(a, b) a##b
#define ABI_JOIN(a, b)	ABI_JOIN_(a, b)
#define ABI_CASE_(name, why, f)                                                                                    \
	static void f(void);                                                                                       \
	static const struct abi_case ABI_JOIN(f, _case) __attribute__((used, section("abi_cases"), aligned(8))) = { \
		.label = (name), .failing = (why), .run = f                                                        \
	};                                                                                                         \
	static void f(void)
#define ABI_CASE(name)		ABI_CASE_(name, NULL, ABI_JOIN(case_, __LINE__))
/* The call is made, and fails on every machine that the tests run on, for this reason. */
#define ABI_FAILS(name, reason) ABI_CASE_(name, reason, ABI_JOIN(case_, __LINE__))

/* The value of a call that must not fail. */
#define MUST(call) abi_must((long)(call), #call, __FILE__, __LINE__)
/* A call that must fail with this error number. */
#define MUST_FAIL(call, error) abi_must_fail((long)(call), (error), #call, __FILE__, __LINE__)
/* Something else that must hold. */
#define MUST_BE(condition) abi_must((condition) ? 0 : -1, #condition, __FILE__, __LINE__)

long abi_must(long result, const char *call, const char *file, int line);
void abi_must_fail(long result, int error, const char *call, const char *file, int line);
/* This machine cannot do it: the case ends as skipped.  A short reason that is the same on every run. */
void abi_skip(const char *reason) __attribute__((noreturn));
/* A file with this content in the working folder; a descriptor of it, open for reading and writing. */
int abi_file(const char *name, const char *content);

#endif

/*
 * One error type for every room.  Functions that can fail return 0/-1 or a pointer/NULL and fill *err.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* ERR(name, exit status of a tool that ends with it, what it means) */
#define ERR_CODES(ERR)                                                             \
	ERR(NONE, 0, "no error")                                                   \
	ERR(USAGE, 2, "arguments that make no sense")                              \
	ERR(IO, 2, "a file that cannot be read or written")                        \
	ERR(FORMAT, 2, "a file that is not what it should be: cut, altered, alien") \
	ERR(VERSION, 2, "a file of another format version")                        \
	ERR(SCHEMA, 2, "built against another system call schema")                 \
	ERR(DIGEST, 2, "content that does not match its digest")                   \
	ERR(SIGNATURE, 2, "a signature that is missing, broken or another one's")   \
	ERR(INCOMPLETE, 2, "a recording that was not finished")                    \
	ERR(POLICY, 2, "a policy that does not compile or verify")                 \
	ERR(LIMIT, 2, "something larger than its stated limit")                    \
	ERR(SPAWN, 2, "a program that cannot be started")                          \
	ERR(TRACE, 3, "the tracee vanished or the kernel refused to trace")        \
	ERR(UNSUPPORTED, 3, "something this build or kernel cannot do")

enum err_code {
#define ERR(name, status, text) ERR_##name,
	ERR_CODES(ERR)
#undef ERR
};

#define ERR_TEXT_MAX 1024

struct err {
	enum err_code code;
	int sys_errno;		     /* errno at the failure, 0: none */
	uint64_t offset;	     /* where in the file that text names: set by err_set_at(), else 0 */
	char text[ERR_TEXT_MAX]; /* one line without newline, names the file, offset or argument */
};

/* Records a failure unless err already holds one (the first error stays).  err may be NULL.  Always returns -1. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set(), for what is wrong at a place of a file; the text names it, too. */
int err_set_at(struct err *err, enum err_code code, uint64_t offset, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* As err_set(), with ": " and the text of the current errno behind the message. */
int err_errno(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "prefix: " before the text of an error that is set. */
void err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool err_is_set(const struct err *err);
void err_clear(struct err *err);
/* "IO", "FORMAT", ... for messages and JSON. */
const char *err_name(enum err_code code);
/* The exit status that belongs to a code; fits a byte. */
int err_exit_status(enum err_code code);

#endif

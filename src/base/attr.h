/*
 * Compiler attributes and the few macros that every room uses.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define CLEANUP(func)	       __attribute__((cleanup(func)))
#define MUST_USE	       __attribute__((warn_unused_result))
#define NORETURN	       __attribute__((noreturn))
#define LIKELY(x)	       __builtin_expect(!!(x), 1)
#define UNLIKELY(x)	       __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a)	       (sizeof(a) / sizeof((a)[0]))

/* Moves a pointer out of a CLEANUP variable: yields its value and leaves NULL behind. */
#define STEAL(p)                         \
	__extension__({                  \
		__typeof__(p) _s = (p);  \
		(p) = NULL;              \
		_s;                      \
	})

#endif

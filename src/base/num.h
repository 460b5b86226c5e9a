/*
 * Exact integers wide enough for every field of the kernel's interface, signed or unsigned, and for nanoseconds of a
 * 64-bit second count.  Arithmetic saturates and never traps.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 num_t;
__extension__ typedef unsigned __int128 unum_t;

#define NUM_MAX ((num_t)(~(unum_t)0 >> 1))
#define NUM_MIN (-NUM_MAX - 1)
#define NUM_TEXT_MAX 48 /* bytes that the longest number takes in decimal, with sign and NUL */

static inline num_t num_add(num_t a, num_t b)
{
	num_t r;

	return __builtin_add_overflow(a, b, &r) ? (b > 0 ? NUM_MAX : NUM_MIN) : r;
}

static inline num_t num_sub(num_t a, num_t b)
{
	num_t r;

	return __builtin_sub_overflow(a, b, &r) ? (b < 0 ? NUM_MAX : NUM_MIN) : r;
}

static inline num_t num_mul(num_t a, num_t b)
{
	num_t r;

	return __builtin_mul_overflow(a, b, &r) ? ((a < 0) == (b < 0) ? NUM_MAX : NUM_MIN) : r;
}

/* Division by 0 is 0; the most negative number divided by -1 saturates. */
static inline num_t num_div(num_t a, num_t b)
{
	if (b == 0)
		return 0;
	if (b == -1)
		return num_sub(0, a);
	return a / b;
}

/* |a - b| <= tolerance; a negative tolerance holds for nothing. */
bool num_within(num_t a, num_t b, num_t tolerance);
/*
 * |recorded - actual| <= |recorded| * millipercent / 100000; with recorded == 0 only 0 is within.
 * 1 % is 1000 millipercent.
 */
bool num_within_percent(num_t recorded, num_t actual, num_t millipercent);
/* Decimal text in out, which holds NUM_TEXT_MAX bytes; returns out. */
const char *num_text(num_t n, char *out);

#endif

/*
 * What of struct-free 128-bit arithmetic is too long for a header.
 */
#include "base/num.h"

static unum_t distance(num_t a, num_t b)
{
	return a > b ? (unum_t)a - (unum_t)b : (unum_t)b - (unum_t)a;
}

bool num_within(num_t a, num_t b, num_t tolerance)
{
	return tolerance >= 0 && distance(a, b) <= (unum_t)tolerance;
}

bool num_within_percent(num_t recorded, num_t actual, num_t millipercent)
{
	const unum_t whole = 100000;
	unum_t of = distance(recorded, 0), rest = of % whole, percent = (unum_t)millipercent, room;

	if (millipercent < 0)
		return false;
	/* of * percent / whole, rounded down, by parts that do not overflow; what does is more than numbers are apart */
	if (__builtin_mul_overflow(of / whole, percent, &room) ||
	    __builtin_add_overflow(room, rest * (percent / whole) + rest * (percent % whole) / whole, &room))
		return true;
	return distance(recorded, actual) <= room;
}

const char *num_text(num_t n, char *out)
{
	char digits[NUM_TEXT_MAX];
	unum_t u = n < 0 ? -(unum_t)n : (unum_t)n;
	size_t at = 0, len = 0;

	do {
		digits[len++] = (char)('0' + (int)(u % 10));
		u /= 10;
	} while (u);
	if (n < 0)
		out[at++] = '-';
	while (len)
		out[at++] = digits[--len];
	out[at] = '\0';
	return out;
}

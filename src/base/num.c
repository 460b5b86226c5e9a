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
	unum_t room, scaled, gap;

	if (millipercent < 0)
		return false;
	gap = distance(recorded, actual);
	room = distance(recorded, 0);
	if (__builtin_mul_overflow(room, (unum_t)millipercent, &room))
		room = ~(unum_t)0;
	if (__builtin_mul_overflow(gap, (unum_t)100000, &scaled))
		return false;
	return scaled <= room;
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

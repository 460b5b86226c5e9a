#include "count.h"
#include <ctype.h>

long count_words(const char *text)
{
	long n = 0;
	int inside = 0;

	for (; *text; text++) {
		n += !inside && !isspace((unsigned char)*text);
		inside = !isspace((unsigned char)*text);
	}
	return n;
}

#include "count.h"
#include <stdio.h>

int main(int argc, char **argv)
{
	static char text[10000];
	FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;

	if (!f || !fread(text, 1, sizeof(text) - 1, f))
		return 1;
	printf("%ld lines, %ld words\n", count_lines(text), count_words(text));
	return 0;
}

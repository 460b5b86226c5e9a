/*
 * Runs the cases of one family: FAMILY --list, or FAMILY LABEL.  0: it went as it should; 77: not on this machine.
 */
#include "case.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define STATUS_SKIPPED 77

extern const struct abi_case __start_abi_cases[], __stop_abi_cases[];

/* Straight to the descriptor: stdio's buffers would make calls of their own. */
static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(2);
}

long abi_must(long result, const char *call, const char *file, int line)
{
	char text[512];

	if (result != -1)
		return result;
	snprintf(text, sizeof(text), "%s:%d: %s: %s\n", file, line, call, strerror(errno));
	say(text);
	_exit(1);
}

void abi_must_fail(long result, int error, const char *call, const char *file, int line)
{
	char text[512];

	if (result == -1 && errno == error)
		return;
	snprintf(text, sizeof(text), "%s:%d: %s: %ld (%s), not %s\n", file, line, call, result,
		 result == -1 ? strerror(errno) : "no error", strerror(error));
	say(text);
	_exit(1);
}

void abi_skip(const char *reason)
{
	say(reason);
	say("\n");
	_exit(STATUS_SKIPPED);
}

int abi_file(const char *name, const char *content)
{
	int fd = (int)MUST(open(name, O_RDWR | O_CREAT | O_TRUNC, 0644));

	MUST(write(fd, content, strlen(content)));
	MUST(lseek(fd, 0, SEEK_SET));
	return fd;
}

int main(int argc, char **argv)
{
	const struct abi_case *c;

	if (argc != 2) {
		say("usage: FAMILY --list|LABEL\n");
		return 2;
	}
	for (c = __start_abi_cases; c < __stop_abi_cases; c++) {
		if (strcmp(argv[1], "--list") == 0) {
			printf("%s\t%s\n", c->label, c->failing ? c->failing : "");
		} else if (strcmp(argv[1], c->label) == 0) {
			c->run();
			_exit(0);
		}
	}
	return strcmp(argv[1], "--list") != 0;
}

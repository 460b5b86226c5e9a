/*
 * One error type: a code, an errno and a line of text.
 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ERR(name, status, text) _Static_assert((status) >= 0 && (status) <= 255, #name);
ERR_CODES(ERR)
#undef ERR

static const struct {
	const char *name;
	int status;
} codes[] = {
#define ERR(name, status, text) [ERR_##name] = { #name, status },
	ERR_CODES(ERR)
#undef ERR
};

static void put(struct err *err, enum err_code code, int sys_errno, uint64_t offset, const char *fmt, va_list ap)
{
	err->code = code;
	err->sys_errno = sys_errno;
	err->offset = offset;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->code != ERR_NONE)
		return -1;
	va_start(ap, fmt);
	put(err, code, 0, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_set_at(struct err *err, enum err_code code, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->code != ERR_NONE)
		return -1;
	va_start(ap, fmt);
	put(err, code, 0, offset, fmt, ap);
	va_end(ap);
	return -1;
}

int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (!err || err->code != ERR_NONE)
		return -1;
	va_start(ap, fmt);
	put(err, code, saved, 0, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror(saved));
	return -1;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;
	size_t n;

	if (!err || err->code == ERR_NONE)
		return;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	snprintf(err->text + n, sizeof(err->text) - n, ": %.900s", old);
}

bool err_is_set(const struct err *err)
{
	return err->code != ERR_NONE;
}

void err_clear(struct err *err)
{
	err->code = ERR_NONE;
	err->sys_errno = 0;
	err->offset = 0;
	err->text[0] = '\0';
}

const char *err_name(enum err_code code)
{
	return codes[code].name;
}

int err_exit_status(enum err_code code)
{
	return codes[code].status;
}

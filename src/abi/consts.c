/*
 * Looks up named constants: of sets, of errno, of signals, of classes; and writes numbers as those names.
 */
#include "abi/schema.h"

#include "base/attr.h"

#include <inttypes.h>
#include <string.h>

struct name {
	const char *name;
	int number;
};

static const struct name errnos[] = {
#define ERRNO(NAME, number) { #NAME, number },
#include "abi/errnos.def"
};

static const struct name signals[] = {
#define SIGNAL(NAME, number) { #NAME, number },
#include "abi/signals.def"
};

static const struct {
	const char *name;
	enum abi_class bit;
} classes[] = {
	{ "file", CLASS_FILE },     { "desc", CLASS_DESC }, { "memory", CLASS_MEMORY },   { "process", CLASS_PROCESS },
	{ "signal", CLASS_SIGNAL }, { "ipc", CLASS_IPC },   { "network", CLASS_NETWORK }, { "creds", CLASS_CREDS },
	{ "clock", CLASS_CLOCK },   { "stat", CLASS_STAT },
};

static bool same(const char *a, const char *b, size_t len)
{
	return strncmp(a, b, len) == 0 && a[len] == '\0';
}

static const char *number_name(const struct name *names, size_t n, int number)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	return NULL;
}

static bool name_number(const struct name *names, size_t n, const char *name, size_t len, int *number)
{
	for (size_t i = 0; i < n; i++) {
		if (same(names[i].name, name, len)) {
			*number = names[i].number;
			return true;
		}
	}
	return false;
}

const char *abi_errno_name(int number)
{
	return number_name(errnos, ARRAY_LEN(errnos), number);
}

bool abi_errno_find(const char *name, size_t len, int *number)
{
	return name_number(errnos, ARRAY_LEN(errnos), name, len, number);
}

const char *abi_signal_name(int number)
{
	return number_name(signals, ARRAY_LEN(signals), number);
}

bool abi_signal_find(const char *name, size_t len, int *number)
{
	return name_number(signals, ARRAY_LEN(signals), name, len, number);
}

uint32_t abi_class_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (same(classes[i].name, name, len))
			return classes[i].bit;
	}
	return 0;
}

const char *abi_class_name(uint32_t bit)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (classes[i].bit == bit)
			return classes[i].name;
	}
	return "?";
}

static bool set_find(const struct abi_set_info *set, const char *name, size_t len, uint64_t *value)
{
	for (size_t i = 0; i < set->nconsts; i++) {
		if (same(set->consts[i].name, name, len)) {
			*value = set->consts[i].value;
			return true;
		}
	}
	return false;
}

bool abi_const_find(uint16_t set, const char *name, size_t len, uint64_t *value)
{
	bool found = false;
	uint64_t known = 0;

	if (set)
		return set < abi_nsets && set_find(&abi_sets[set], name, len, value);
	for (size_t i = 1; i < abi_nsets; i++) {
		uint64_t v;

		if (!set_find(&abi_sets[i], name, len, &v))
			continue;
		if (found && v != known)
			return false;
		found = true;
		known = v;
	}
	if (found)
		*value = known;
	return found;
}

static void number_text(uint64_t value, struct buf *out)
{
	int64_t n = (int64_t)value;

	if (n < 0 && n >= INT32_MIN)
		buf_printf(out, "%" PRId64, n);
	else if (value < 10)
		buf_printf(out, "%" PRIu64, value);
	else
		buf_printf(out, "0x%" PRIx64, value);
}

/* O_ACCMODE: two bits that hold a number of which one name, O_RDONLY, is 0. */
static bool is_mask(const struct abi_const *c)
{
	return same(c->name, "O_ACCMODE", strlen("O_ACCMODE"));
}

static void flags_text(const struct abi_set_info *set, uint64_t value, struct buf *out)
{
	const char *zero = NULL;
	uint64_t mask = 0, left = value;
	bool any = false;

	for (size_t i = 0; i < set->nconsts; i++) {
		const struct abi_const *c = &set->consts[i];

		if (c->value == 0 && !zero)
			zero = c->name;
		if (is_mask(c))
			mask = c->value;
	}
	if (zero && (value == 0 || (mask && (value & mask) == 0))) {
		buf_str(out, zero);
		any = true;
	}
	for (size_t i = 0; i < set->nconsts && left; i++) {
		const struct abi_const *c = &set->consts[i];

		if (c->value == 0 || is_mask(c) || (left & c->value) != c->value)
			continue;
		buf_printf(out, "%s%s", any ? "|" : "", c->name);
		left &= ~c->value;
		any = true;
	}
	if (left)
		buf_printf(out, "%s0x%" PRIx64, any ? "|" : "", left);
	else if (!any)
		buf_str(out, "0");
}

void abi_const_text(uint16_t set, uint64_t value, struct buf *out)
{
	if (!set || set >= abi_nsets) {
		number_text(value, out);
		return;
	}
	const struct abi_set_info *info = &abi_sets[set];

	if (info->is_flags) {
		flags_text(info, value, out);
		return;
	}
	for (size_t i = 0; i < info->nconsts; i++) {
		if (info->consts[i].value == value) {
			buf_str(out, info->consts[i].name);
			return;
		}
	}
	number_text(value, out);
}

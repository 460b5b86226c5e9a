/*
 * The formats of a report, and the words that all of them use.
 */
#include "report/report.h"

#include "base/attr.h"
#include "base/check.h"
#include "report/symbol.h"

#include <string.h>

static void json_format(const struct verdict *v, bool color, struct buf *out)
{
	(void)color;
	report_json(v, out);
}

static const struct report_format formats[] = {
	{ "text", report_text },
	{ "json", json_format },
};

size_t report_format_count(void)
{
	return ARRAY_LEN(formats);
}

const struct report_format *report_format_get(size_t index)
{
	INVARIANT(index < ARRAY_LEN(formats));
	return &formats[index];
}

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

const char *report_function(const struct verdict *v, const struct divergence *d, struct buf *out)
{
	buf_clear(out);
	if (!v->elsewhere && d->module && *d->module)
		report_symbol(d->module, d->module_offset, out);
	return buf_cstr(out);
}

const char *report_divergence_name(enum divergence_type type)
{
	switch (type) {
	case DIVERGE_FIELD:
		return "field";
	case DIVERGE_CALL:
		return "call";
	case DIVERGE_EARLY:
		return "early";
	case DIVERGE_LATE:
		return "late";
	case DIVERGE_FORBIDDEN:
		return "forbidden";
	case DIVERGE_STUCK:
		return "stuck";
	}
	INVARIANT(type <= DIVERGE_STUCK);
	return "";
}

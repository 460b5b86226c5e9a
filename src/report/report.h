/*
 * A verdict in words: for people, for programs.  Every format is one struct report_format over the same model, struct
 * verdict.  doc/report-json.md describes the JSON.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "verify/divergence.h"

struct report_format {
	const char *name; /* "text", "json" */
	/* Appends the whole report.  color: SGR sequences, in formats that know them. */
	void (*write)(const struct verdict *v, bool color, struct buf *out);
};

/* By name, or NULL. */
const struct report_format *report_format_find(const char *name);
/* All of them; index < report_format_count(). */
const struct report_format *report_format_get(size_t index);
size_t report_format_count(void);

void report_text(const struct verdict *v, bool color, struct buf *out);
/* One JSON object and a newline. */
void report_json(const struct verdict *v, struct buf *out);
/* The function that a divergence is in, "read+0xd", by its module's symbols; "" not known.  out is overwritten. */
const char *report_function(const struct verdict *v, const struct divergence *d, struct buf *out);
/* "field", "call", "early", "late", "forbidden", "stuck". */
const char *report_divergence_name(enum divergence_type type);

#endif

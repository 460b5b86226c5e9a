/*
 * `record --audit`: collects what the effect audit finds and tells it once a place.
 */
#ifndef CMD_AUDIT_H
#define CMD_AUDIT_H

#include "abi/schema.h"
#include "base/err.h"
#include "trace/audit.h"

struct cmd_audit;

struct cmd_audit *cmd_audit_new(const struct abi_schema *schema); /* schema is lent */
void cmd_audit_free(struct cmd_audit *a);
/* What spawn_options.audit wants; lent. */
const struct audit_sink *cmd_audit_sink(struct cmd_audit *a);
/*
 * Prints findings and a summary to standard error.  log: NULL, or a file that gets a line "LABEL SUCCESSES FAILURES
 * FINDINGS" for every row that was met.  How many findings; -1: *err IO, the log cannot be written.
 */
int cmd_audit_end(struct cmd_audit *a, const char *tool, const char *log, struct err *err);

#endif

/*
 * Names and exit statuses of verdicts.
 */
#include "verify/divergence.h"

#include "base/check.h"

static const struct {
	const char *name;
	int status;
} verdicts[VERDICT_COUNT] = {
	[VERDICT_NOT_JUDGED] = { "not judged", 3 },
	[VERDICT_SAME] = { "same", 0 },
	[VERDICT_DIFFERENT] = { "different", 1 },
};

const char *verdict_name(enum verdict_kind kind)
{
	INVARIANT(kind < VERDICT_COUNT);
	return verdicts[kind].name;
}

int verdict_exit_status(enum verdict_kind kind)
{
	INVARIANT(kind < VERDICT_COUNT);
	return verdicts[kind].status;
}

/*
 * Signals by what the kernel would do with them: /proc/PID/status.
 */
#include "trace/matters.h"

#include "trace/fdinfo.h"

#include <signal.h>

/* Stops and what is ignored by default: nothing that the program does depends on them. */
static bool harmless_by_default(int signal)
{
	switch (signal) {
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return true;
	}
	return false;
}

bool signal_stops_by_default(const struct task *task, int signal)
{
	struct signal_sets sets;

	if (signal != SIGSTOP && signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return false;
	return fdinfo_signals(task, &sets) && !((sets.caught | sets.ignored) >> (signal - 1) & 1);
}

static bool matters(const struct signal_sets *sets, int signal)
{
	uint64_t bit = (uint64_t)1 << (signal - 1);

	return (sets->caught & bit) || (!(sets->ignored & bit) && !harmless_by_default(signal));
}

bool signal_matters(const struct task *task, int signal)
{
	struct signal_sets sets;

	return !fdinfo_signals(task, &sets) || matters(&sets, signal);
}

bool signal_comes(const struct task *task)
{
	struct signal_sets sets;

	return fdinfo_signals(task, &sets) && (sets.pending & ~sets.blocked);
}

bool signal_interrupts_for_nothing(const struct task *task)
{
	struct signal_sets sets;
	uint64_t coming;

	if (!fdinfo_signals(task, &sets))
		return false;
	coming = sets.pending & ~sets.blocked;
	for (int signal = 1; signal <= 64; signal++) {
		if ((coming >> (signal - 1) & 1) && matters(&sets, signal))
			return false;
	}
	return coming != 0;
}

bool signal_is_pending(const struct task *task, int signal)
{
	struct signal_sets sets;

	return fdinfo_signals(task, &sets) && (sets.pending >> (signal - 1) & 1);
}

/*
 * Waiting and waking, by the classes of the schema's rows; what is in doubt waits for everything and wakes everything.
 */
#include "trace/wake.h"

#include "base/attr.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

/* Of the classes that wake nobody, those that do; and the few calls that wait for one thing only. */
static const struct {
	const char *name;
	unsigned waits, brings;
} special[] = {
	{ "wait4", WAKE_CHILD, 0 },
	{ "waitid", WAKE_CHILD, 0 },
	{ "vfork", WAKE_CHILD, 0 },
	{ "clone", WAKE_CHILD, 0 },
	{ "clone3", WAKE_CHILD, 0 },
	{ "fork", WAKE_CHILD, 0 },
	{ "futex", WAKE_FUTEX, WAKE_FUTEX },
	{ "futex_wait", WAKE_FUTEX, WAKE_FUTEX },
	{ "futex_waitv", WAKE_FUTEX, WAKE_FUTEX },
	{ "futex_wake", 0, WAKE_FUTEX },
	{ "futex_requeue", 0, WAKE_FUTEX },
	{ "nanosleep", 0, 0 },
	{ "clock_nanosleep", 0, 0 },
	{ "pause", 0, 0 },
	{ "rt_sigsuspend", 0, 0 },
	{ "rt_sigtimedwait", 0, 0 },
	{ "rt_sigprocmask", 0, 0 },
	{ "rt_sigaction", 0, 0 },
	{ "sched_yield", 0, 0 },
	{ "getpid", 0, 0 },
	{ "gettid", 0, 0 },
	{ "getppid", 0, 0 },
	{ "arch_prctl", 0, 0 },
	{ "set_tid_address", 0, 0 },
	{ "set_robust_list", 0, 0 },
	{ "rseq", 0, 0 },
	{ "getrlimit", 0, 0 },
	{ "getrusage", 0, 0 },
	{ "sysinfo", 0, 0 },
	{ "uname", 0, 0 },
	{ "sched_getaffinity", 0, 0 },
	{ "munmap", 0, WAKE_DATA }, /* the last of a userfaultfd, of a shared mapping */
};

#define QUIET_CLASSES (CLASS_MEMORY | CLASS_CREDS | CLASS_CLOCK | CLASS_STAT)

/* Asked several times for each call: most names differ in what they begin with. */
static bool is_named(const struct abi_row *row, const char *name)
{
	return row->name[0] == name[0] && strcmp(row->name, name) == 0;
}

unsigned wake_waits_for(const struct abi_row *row)
{
	for (size_t i = 0; row && i < ARRAY_LEN(special); i++) {
		if (is_named(row, special[i].name))
			return special[i].waits | WAKE_SIGNAL;
	}
	return WAKE_ALL;
}

unsigned wake_brings(const struct abi_row *row, const struct sys_event *ev)
{
	if (!row)
		return WAKE_ALL;
	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		if (is_named(row, special[i].name))
			return special[i].brings;
	}
	if (is_named(row, "prlimit64") && !ev->args[2]) /* only asked */
		return 0;
	if (event_failed(ev))
		return row->classes & CLASS_SIGNAL ? WAKE_ALL : 0;
	if (row->flags & (CALL_EXEC | CALL_NO_RETURN))
		return WAKE_ALL;
	if (row->classes && !(row->classes & ~QUIET_CLASSES))
		return 0;
	return row->classes & (CLASS_SIGNAL | CLASS_PROCESS) ? WAKE_ALL : WAKE_DATA | WAKE_ASKED;
}

bool wake_asks_for_signals(const struct abi_row *row, const struct sys_event *ev)
{
	if (!row)
		return true;
	if (is_named(row, "fcntl")) {
		switch (ev->args[1]) {
		case F_DUPFD:
		case F_DUPFD_CLOEXEC:
		case F_GETFD:
		case F_SETFD:
		case F_GETFL:
		case F_GETLK:
		case F_SETLK:
		case F_SETLKW:
			return false;
		case F_SETFL:
			return ev->args[2] & O_ASYNC;
		}
		return true;
	}
	if (is_named(row, "ioctl")) {
		switch (ev->args[1]) {
		case TCGETS:
		case TIOCGWINSZ:
		case TIOCGPGRP:
		case FIONREAD:
		case FIONBIO:
		case FIOCLEX:
		case FIONCLEX:
			return false;
		}
		return true;
	}
	return strncmp(row->name, "mq_", 3) == 0 || strncmp(row->name, "io_uring", 8) == 0;
}

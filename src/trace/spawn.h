/*
 * Starts a program under ptrace in a reproducible environment (engine.md 5) and yields it as a source of events.
 */
#ifndef TRACE_SPAWN_H
#define TRACE_SPAWN_H

#include "trace/audit.h"
#include "trace/source.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What descriptors 0-2 are. */
struct spawn_stdio {
	enum abi_fd_kind kind;
	uint32_t flags;   /* O_ flags */
	const char *path; /* as /proc/self/fd shows it */
	uint64_t size, offset;
	uint32_t mode;
	uint64_t rdev;
};

#define SPAWN_RLIMITS 16

/*
 * The environment of a run.  spawn_observe() fills it from the calling process; record keeps it in the recording's
 * header; replay fills it from there.  Strings are lent.
 */
struct spawn_env {
	const char *program; /* absolute path */
	const char *const *argv, *const *envp;
	const char *cwd;
	uint32_t umask;
	struct {
		uint64_t cur, max;
	} rlimits[SPAWN_RLIMITS];
	uint32_t uid, euid, gid, egid;
	uint32_t ngroups;
	const uint32_t *groups;
	uint64_t signals_ignored, signals_blocked; /* bit n-1: signal n */
	struct spawn_stdio stdio[3];
	uint8_t at_random[16];
	bool aslr; /* leave address-space randomisation on */
	bool cpuid_runs; /* cpuid is not trapped: as on a processor that cannot fault it */
};

/* The processor, and the kernel, can have cpuid trapped. */
bool spawn_can_trap_cpuid(void);

/* Reads credentials, limits, signals, cwd, umask and descriptors 0-2 of the calling process into env; strings in arena.
 */
int spawn_observe(struct spawn_env *env, struct arena *arena, struct err *err);
/* The same for one descriptor of the calling process that is to be the program's 0, 1 or 2; path in arena. */
void spawn_observe_stdio(struct spawn_stdio *s, int fd, struct arena *arena);
/*
 * Absolute path of a command, as execvp(3) finds it in path_var (PATH of the environment that the program gets).
 * NULL: *exit_status is 126 (found, not executable) or 127 (not found), *err SPAWN.
 */
const char *spawn_find(const char *command, const char *path_var, const char *cwd, struct arena *arena,
		       int *exit_status, struct err *err);

enum spawn_stdin {
	STDIN_INHERIT, /* the caller's descriptor 0 */
	STDIN_FILE,    /* stdin_path, opened for reading */
	STDIN_FD,      /* stdin_fd (a file that replay rebuilt): lent */
	STDIN_FEED,    /* a pipe (or pty, by env->stdio[0].kind) that feed_stdin() fills */
};

struct spawn_options {
	const struct abi_schema *schema;
	const struct spawn_env *env;
	enum spawn_stdin stdin_from;
	const char *stdin_path;
	int stdin_fd;
	const char *stdin_shown; /* fd.path that events show for a rebuilt or fed descriptor 0, or NULL */
	/*
	 * true (replay): descriptors 1 and 2 get the kind that env->stdio says; where the caller's are of another kind,
	 * a pipe, a temporary file or a pty stands between, and what is written there is copied to the caller's.
	 */
	bool match_stdio;
	/* NULL, or three descriptors that stand for the caller's 0, 1 and 2; lent until the source is freed */
	const int *caller;
	/* calls for which no stop is wanted where the kernel can filter (policy: ignore): numbers, sorted */
	const int32_t *ignored;
	size_t nignored;
	/*
	 * Digests of mapped files may come as abi_block.later: the caller takes those of each SOURCE_EXIT, and sees to it that they
	 * are made before it lets a call run that content_may_change() names.
	 */
	bool digests_later;
	/* not 0 (a signal handler may set it): next() gives SOURCE_STUCK, whatever is wanted; or NULL */
	const volatile sig_atomic_t *stop;
	const struct audit_sink *audit; /* every call is audited; or NULL.  Lent until the source is freed */
	/*
	 * Makes the program's process in place of fork(2), somewhere else (in a container); NULL: fork(2).  0 in the child,
	 * which may make only system calls and keeps its descriptors, its pid in the caller, which can trace it, or -1 and
	 * *err.  The child need not be the caller's own.
	 */
	pid_t (*fork)(void *ctx, struct err *err);
	void *fork_ctx;
};

/*
 * Starts the program, stopped before its execve: the first event of the source is SOURCE_ENTER of that execve
 * (EVENT_INITIAL).  The child and the calling thread share one CPU.  NULL: *err SPAWN, TRACE, UNSUPPORTED;
 * *exit_status then is 126, 127 or 125.
 */
struct source *spawn_program(const struct spawn_options *o, int *exit_status, struct err *err);
/* After SOURCE_DONE: the wait(2) status of the program; whether something outside killed it. */
int spawn_wait_status(const struct source *s);
/* Calls that were answered ENOSYS or EPERM by the tracer: call indices, for the verdict's list; returns how many. */
size_t spawn_answered(const struct source *s, const uint32_t **calls);

#endif

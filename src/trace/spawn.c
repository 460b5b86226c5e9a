/*
 * Starts a program: fork, seize, set-up of the child in the recorded environment, and up to the execve.
 */
#include "trace/spawn.h"

#include "base/check.h"
#include "base/fdio.h"
#include "trace/determinism.h"
#include "trace/stdio.h"
#include "trace/stops.h"
#include "trace/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_FAILED 125

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

#define SEIZE_OPTIONS                                                                                                \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT)

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

/* What the child may fail at; it has no other words to say so. */
enum step { STEP_PERSONALITY, STEP_LIMITS, STEP_CWD, STEP_STDIO, STEP_CREDENTIALS, STEP_SIGNALS, STEP_TSC, STEP_COUNT };

static const char *const step_names[STEP_COUNT] = {
	"set its personality",        "set its resource limits",  "enter its working directory",
	"set up its descriptors 0-2", "take its user and groups", "set its signals",
	"have its time stamp counter trapped",
};

struct report {
	int32_t step, error;
};

/* Everything that the child needs: after fork(2) it may only make system calls. */
struct plan {
	const struct spawn_env *env;
	int stdio[3];
	int go, report; /* pipe ends, above 2 */
	bool credentials;
	const struct spawn_options *options;
};

/* ---- in the child ---- */

NORETURN static void give_up(const struct plan *p, enum step step)
{
	struct report r = { .step = (int32_t)step, .error = errno };

	if (write(p->report, &r, sizeof(r)) < 0)
		_exit(STATUS_FAILED);
	_exit(STATUS_FAILED);
}

/* As the kernel has them: bits are signals, also those that the C library keeps for itself. */
static int set_signals(const struct spawn_env *env)
{
	for (int n = 1; n <= 64; n++) {
		struct {
			uint64_t handler, flags, restorer, mask;
		} action = { 0 };

		if (n == SIGKILL || n == SIGSTOP)
			continue;
		action.handler = env->signals_ignored >> (n - 1) & 1 ? (uint64_t)(uintptr_t)SIG_IGN
								     : (uint64_t)(uintptr_t)SIG_DFL;
		if (syscall(SYS_rt_sigaction, n, &action, NULL, 8) < 0)
			return -1;
	}
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &env->signals_blocked, NULL, 8);
}

/* A hard limit that this system does not let us raise stays; the program sees the difference when it asks. */
static int set_limits(const struct spawn_env *env)
{
	for (int i = 0; i < SPAWN_RLIMITS; i++) {
		struct rlimit now, want = { .rlim_cur = env->rlimits[i].cur, .rlim_max = env->rlimits[i].max };

		if ((want.rlim_cur == 0 && want.rlim_max == 0) || getrlimit((__rlimit_resource_t)i, &now) < 0)
			continue;
		if (now.rlim_cur == want.rlim_cur && now.rlim_max == want.rlim_max)
			continue;
		if (setrlimit((__rlimit_resource_t)i, &want) == 0)
			continue;
		if (errno != EPERM)
			return -1;
		want.rlim_max = now.rlim_max;
		if (want.rlim_cur > want.rlim_max)
			want.rlim_cur = want.rlim_max;
		if (setrlimit((__rlimit_resource_t)i, &want) < 0)
			return -1;
	}
	return 0;
}

static int set_stdio(const struct plan *p)
{
	for (int fd = 0; fd < 3; fd++) {
		if (p->stdio[fd] < 0)
			close(fd);
		else if (dup2(p->stdio[fd], fd) < 0)
			return -1;
	}
	return (int)syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* Raw calls: the C library's ones would ask its other threads, which are not here. */
static int set_credentials(const struct spawn_env *env)
{
	if (syscall(SYS_setgroups, (long)env->ngroups, env->groups) < 0)
		return -1;
	if (syscall(SYS_setresgid, env->gid, env->egid, env->egid) < 0)
		return -1;
	return (int)syscall(SYS_setresuid, env->uid, env->euid, env->euid);
}

NORETURN static void child_main(const struct plan *p)
{
	const struct spawn_env *env = p->env;
	pid_t self = (pid_t)syscall(SYS_getpid);
	char byte;
	ssize_t n;

	do
		n = read(p->go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(STATUS_FAILED);
	if (personality(determinism_personality((unsigned long)personality(0xffffffff), env->aslr)) < 0)
		give_up(p, STEP_PERSONALITY);
	if (set_limits(env) < 0)
		give_up(p, STEP_LIMITS);
	umask((mode_t)env->umask);
	if (env->cwd && chdir(env->cwd) < 0)
		give_up(p, STEP_CWD);
	if (set_stdio(p) < 0)
		give_up(p, STEP_STDIO);
	if (p->credentials && set_credentials(env) < 0)
		give_up(p, STEP_CREDENTIALS);
	if (set_signals(env) < 0)
		give_up(p, STEP_SIGNALS);
	/* this, other than what is said of cpuid, stays through execve */
	if (syscall(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV) < 0)
		give_up(p, STEP_TSC);
	/* the tracer takes over here: the next thing that it sees is the execve */
	syscall(SYS_kill, self, SIGSTOP);
	execve(env->program, (char *const *)env->argv, (char *const *)env->envp);
	_exit(STATUS_FAILED);
}

/* ---- in the parent ---- */

/* A pipe whose ends are above 2 even if the caller's standard descriptors are closed. */
static int make_pipe(int ends[2], struct err *err)
{
	int low[2];

	ends[0] = ends[1] = -1;
	if (pipe2(low, O_CLOEXEC) < 0)
		return err_errno(err, ERR_SPAWN, "cannot make a pipe");
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
		close(low[i]);
	}
	if (ends[0] < 0 || ends[1] < 0) {
		err_errno(err, ERR_SPAWN, "cannot make a pipe");
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return -1;
	}
	return 0;
}

static bool differs(const struct spawn_env *env)
{
	uint32_t groups[1024];
	int n = getgroups((int)ARRAY_LEN(groups), groups);

	return env->uid != getuid() || env->euid != geteuid() || env->gid != getgid() || env->egid != getegid() ||
	       n < 0 || (uint32_t)n != env->ngroups ||
	       (n > 0 && memcmp(groups, env->groups, (size_t)n * sizeof(*groups)) != 0);
}

/* Waits until the child stands before its execve. */
static int wait_ready(pid_t pid, int report, struct err *err)
{
	struct report r;
	int status;

	for (;;) {
		if (waitpid(pid, &status, __WALL) < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(err, ERR_TRACE, "cannot wait for the new process");
		}
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		if (WSTOPSIG(status) == SIGSTOP && status >> 16 == 0)
			return 0;
		if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)(status >> 16 ? 0 : WSTOPSIG(status))) < 0 &&
		    errno != ESRCH)
			return err_errno(err, ERR_TRACE, "cannot resume the new process");
	}
	if (fd_read_full(report, &r, sizeof(r), "the new process's report", NULL) == (ssize_t)sizeof(r) &&
	    r.step >= 0 && r.step < STEP_COUNT) {
		errno = r.error;
		return err_errno(err, ERR_SPAWN, "the program's process cannot %s", step_names[r.step]);
	}
	return err_set(err, ERR_SPAWN, "the program's process ended before it was started");
}

static int seize(pid_t pid, int go, int report, struct err *err)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)SEIZE_OPTIONS) < 0)
		return err_errno(err, errno == EIO || errno == ENOSYS ? ERR_UNSUPPORTED : ERR_TRACE,
				 "the kernel refuses to trace process %d", (int)pid);
	if (fd_write_all(go, "g", 1, "the new process's pipe", err) < 0)
		return -1;
	return wait_ready(pid, report, err);
}

static void end_child(pid_t pid)
{
	struct task task = { .pid = pid, .arch = &arch_x86_64 };

	stop_kill(&task);
}

/* On success the child stands at its last stop before execve and start->task is open. */
static int start_child(const struct plan *proto, struct tracer_start *start, struct err *err)
{
	struct plan p = *proto;
	int go[2] = { -1, -1 }, report[2] = { -1, -1 };
	pid_t pid = -1;
	int result = -1;

	if (make_pipe(go, err) < 0 || make_pipe(report, err) < 0)
		goto out;
	p.go = go[0];
	p.report = report[1];
	pid = p.options->fork ? p.options->fork(p.options->fork_ctx, err) : fork();
	if (pid < 0) {
		err_errno(err, ERR_SPAWN, "cannot make a process");
		goto out;
	}
	if (pid == 0) {
		close(go[1]);
		child_main(&p);
	}
	fd_close(&go[0]);
	fd_close(&report[1]);
	if (seize(pid, go[1], report[0], err) == 0 && task_open(&start->task, pid, pid, &arch_x86_64, err) == 0)
		result = 0;
	if (result < 0) {
		end_child(pid);
		task_close(&start->task);
	}
out:
	for (int i = 0; i < 2; i++) {
		fd_close(&go[i]);
		fd_close(&report[i]);
	}
	return result;
}

/* What the events show for descriptors that are not the recorded ones. */
static void choose_shown(const struct spawn_options *o, const struct stdio *stdio, struct arena *arena,
			 struct tracer_start *start)
{
	for (int fd = 0; fd < 3; fd++) {
		const char *path = fd == 0 ? o->stdin_shown : o->match_stdio ? o->env->stdio[fd].path : NULL;

		if (!path || stdio_child_fd(stdio, fd) < 0)
			continue;
		start->shown[fd].link = stdio_link(stdio, fd, arena);
		start->shown[fd].path = path;
	}
}

bool spawn_can_trap_cpuid(void)
{
	/* "do not trap it" is refused only where it cannot be trapped */
	return syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1) == 0;
}

struct source *spawn_program(const struct spawn_options *o, int *exit_status, struct err *err)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	struct tracer_start start = { .schema = o->schema, .audit = o->audit, .stop = o->stop, .digests_later = o->digests_later,
				      .cpuid_runs = o->env->cpuid_runs };
	struct plan plan = { .env = o->env, .options = o };

	*exit_status = STATUS_FAILED;
	memcpy(start.at_random, o->env->at_random, sizeof(start.at_random));
	pin_begin(&start.pin);
	start.stdio = stdio_new(o, start.pin.pinned ? &start.pin.before : NULL, err);
	if (!start.stdio)
		goto fail;
	for (int fd = 0; fd < 3; fd++)
		plan.stdio[fd] = stdio_child_fd(start.stdio, fd);
	plan.credentials = geteuid() == 0 && differs(o->env);
	choose_shown(o, start.stdio, arena, &start);
	if (start_child(&plan, &start, err) < 0)
		goto fail;
	if (stdio_started(start.stdio, err) < 0) {
		end_child(start.task.pid);
		task_close(&start.task);
		goto fail;
	}
	return tracer_new(&start);
fail:
	stdio_free(start.stdio);
	pin_end(&start.pin);
	return NULL;
}

/*
 * What the subcommands of sperrips share.
 */
#include "cmd/common.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "cmd/option.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_FIRST_NS 2000000000u
#define PROGRESS_EACH_NS  500000000u
#define PROGRESS_STRIDE	  512u /* events between looks at the clock */

_Static_assert(REC_RLIMITS == SPAWN_RLIMITS, "header and spawn describe the same limits");

void cmd_guard_stdio(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd < STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int cmd_fail(const char *tool, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", tool, err->text);
	return err_exit_status(err->code);
}

const char *const *cmd_policy_search(struct arena *arena)
{
	const char *path = getenv("SPERRIPS_POLICY_PATH");
	size_t n = 2;
	const char **dirs;
	size_t at = 0;

	for (const char *p = path; p && *p; p++)
		n += *p == ':';
	dirs = arena_array(arena, n + 1, sizeof(*dirs));
	while (path && *path) {
		size_t len = strcspn(path, ":");

		if (len)
			dirs[at++] = arena_copy(arena, path, len);
		path += len + (path[len] == ':');
	}
	dirs[at++] = POLICY_DIR;
	return dirs;
}

const char *const *cmd_env_with(const char *const *envp, const char *assignment, struct arena *arena)
{
	size_t name = strcspn(assignment, "=") + 1;
	const char **copy;
	size_t n = 0, at;

	while (envp[n])
		n++;
	copy = arena_array(arena, n + 2, sizeof(*copy));
	memcpy(copy, envp, n * sizeof(*copy));
	for (at = 0; at < n && strncmp(copy[at], assignment, name) != 0; at++)
		;
	copy[at] = assignment;
	return copy;
}

bool cmd_is_assignment(const char *text)
{
	return text[0] != '=' && strchr(text, '=');
}

const char *cmd_directory(const char *name, struct arena *arena, struct err *err)
{
	char *real = realpath(name, NULL);
	const char *kept = real ? arena_strdup(arena, real) : NULL;

	free(real);
	if (!kept)
		err_errno(err, ERR_IO, "cannot change to %s", name);
	return kept;
}

void cmd_leave_signals_to_program(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

const int *cmd_caller(const int *outputs, int filled[3])
{
	for (int fd = 0; fd < 3; fd++)
		filled[fd] = fd > 0 && outputs && outputs[fd - 1] >= 0 ? outputs[fd - 1] : fd;
	return filled;
}

void cmd_hide_memory(void)
{
	INVARIANT(prctl(PR_SET_DUMPABLE, 0) == 0);
}

const char *cmd_env_get(const char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp; envp++) {
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp + len + 1;
	}
	return NULL;
}

void cmd_header_from_env(const struct spawn_env *env, struct rec_header *h)
{
	h->program = env->program;
	h->argv = env->argv;
	h->envp = env->envp;
	h->cwd = env->cwd;
	h->umask = env->umask;
	for (int i = 0; i < REC_RLIMITS; i++)
		h->rlimits[i] = (struct rec_rlimit){ env->rlimits[i].cur, env->rlimits[i].max };
	h->uid = env->uid;
	h->euid = env->euid;
	h->gid = env->gid;
	h->egid = env->egid;
	h->ngroups = env->ngroups;
	h->groups = env->groups;
	h->signals_ignored = env->signals_ignored;
	h->signals_blocked = env->signals_blocked;
	for (int i = 0; i < 3; i++) {
		const struct spawn_stdio *from = &env->stdio[i];

		h->stdio[i] = (struct rec_stdio){ from->kind, from->flags, from->path, from->size,
						  from->offset, from->mode, from->rdev };
	}
	memcpy(h->at_random, env->at_random, sizeof(h->at_random));
	h->aslr = env->aslr;
	h->cpuid_runs = env->cpuid_runs;
}

void cmd_env_from_header(const struct rec_header *h, struct spawn_env *env)
{
	*env = (struct spawn_env){
		.program = h->program,
		.argv = h->argv,
		.envp = h->envp,
		.cwd = h->cwd,
		.umask = h->umask,
		.uid = h->uid,
		.euid = h->euid,
		.gid = h->gid,
		.egid = h->egid,
		.ngroups = h->ngroups,
		.groups = h->groups,
		.signals_ignored = h->signals_ignored,
		.signals_blocked = h->signals_blocked,
		.aslr = h->aslr,
		.cpuid_runs = h->cpuid_runs,
	};
	for (int i = 0; i < REC_RLIMITS; i++) {
		env->rlimits[i].cur = h->rlimits[i].cur;
		env->rlimits[i].max = h->rlimits[i].max;
	}
	for (int i = 0; i < 3; i++) {
		const struct rec_stdio *from = &h->stdio[i];

		env->stdio[i] = (struct spawn_stdio){ from->kind, from->flags, from->path, from->size,
						      from->offset, from->mode, from->rdev };
	}
	memcpy(env->at_random, h->at_random, sizeof(env->at_random));
}

void progress_start(struct progress *p, const char *tool)
{
	*p = (struct progress){ .tool = tool, .wanted = isatty(STDERR_FILENO) };
	p->next_ns = clock_coarse_ns(CLOCK_MONOTONIC_COARSE) + PROGRESS_FIRST_NS;
}

void progress_event(struct progress *p)
{
	uint64_t now;

	p->events++;
	if (!p->wanted || p->events % PROGRESS_STRIDE)
		return;
	now = clock_coarse_ns(CLOCK_MONOTONIC_COARSE);
	if (now < p->next_ns)
		return;
	p->next_ns = now + PROGRESS_EACH_NS;
	p->shown = true;
	fprintf(stderr, "\r%s: %llu events", p->tool, (unsigned long long)p->events);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
}

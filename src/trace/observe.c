/*
 * What a run starts from: the calling process's environment, and the path of the program that a command names.
 */
#include "trace/spawn.h"

#include "trace/fdinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127
#define DEFAULT_PATH          "/bin:/usr/bin" /* what execvp(3) takes when there is no PATH */

void spawn_observe_stdio(struct spawn_stdio *s, int fd, struct arena *arena)
{
	int flags = fcntl(fd, F_GETFL);
	char link[32];
	struct stat st;
	off_t offset;

	*s = (struct spawn_stdio){ .kind = FD_KIND_NONE, .path = "" };
	if (flags < 0 || fstat(fd, &st) < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	s->path = fdinfo_link(AT_FDCWD, link, arena);
	s->kind = fdinfo_kind(&st, s->path, fd);
	s->flags = (uint32_t)flags;
	s->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	offset = lseek(fd, 0, SEEK_CUR);
	s->offset = offset > 0 ? (uint64_t)offset : 0;
	s->mode = st.st_mode;
	s->rdev = st.st_rdev;
}

static int observe_groups(struct spawn_env *env, struct arena *arena, struct err *err)
{
	int n = getgroups(0, NULL);
	uint32_t *groups;

	if (n < 0)
		return err_errno(err, ERR_SPAWN, "cannot read the groups of this process");
	groups = arena_array(arena, (size_t)n + 1, sizeof(*groups));
	n = getgroups(n, groups);
	if (n < 0)
		return err_errno(err, ERR_SPAWN, "cannot read the groups of this process");
	env->ngroups = (uint32_t)n;
	env->groups = groups;
	return 0;
}

static int observe_signals(struct spawn_env *env, struct err *err)
{
	for (int n = 1; n <= 64; n++) {
		struct {
			uint64_t handler, flags, restorer, mask;
		} action = { 0 };

		if (syscall(SYS_rt_sigaction, n, NULL, &action, 8) == 0 &&
		    action.handler == (uint64_t)(uintptr_t)SIG_IGN)
			env->signals_ignored |= (uint64_t)1 << (n - 1);
	}
	if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &env->signals_blocked, 8) < 0)
		return err_errno(err, ERR_SPAWN, "cannot read the signal mask of this process");
	return 0;
}

int spawn_observe(struct spawn_env *env, struct arena *arena, struct err *err)
{
	const char *cwd;

	memset(env, 0, sizeof(*env));
	env->envp = (const char *const *)environ;
	cwd = fdinfo_link(AT_FDCWD, "/proc/self/cwd", arena);
	if (!*cwd)
		return err_errno(err, ERR_SPAWN, "cannot find out the working directory (is /proc mounted?)");
	env->cwd = cwd;
	env->umask = (uint32_t)umask(0);
	umask((mode_t)env->umask);
	for (int i = 0; i < SPAWN_RLIMITS; i++) {
		struct rlimit r;

		if (getrlimit((__rlimit_resource_t)i, &r) < 0)
			continue;
		env->rlimits[i].cur = r.rlim_cur;
		env->rlimits[i].max = r.rlim_max;
	}
	env->uid = getuid();
	env->euid = geteuid();
	env->gid = getgid();
	env->egid = getegid();
	if (observe_groups(env, arena, err) < 0 || observe_signals(env, err) < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++)
		spawn_observe_stdio(&env->stdio[fd], fd, arena);
	return 0;
}

/* 0: can be executed; else 126 or 127. */
static int probe(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == EACCES ? STATUS_NOT_EXECUTABLE : STATUS_NOT_FOUND;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return STATUS_NOT_EXECUTABLE;
	return 0;
}

static const char *absolute(const char *path, size_t len, const char *cwd, struct arena *arena)
{
	if (path[0] == '/')
		return arena_copy(arena, path, len);
	while (len > 2 && path[0] == '.' && path[1] == '/') {
		path += 2;
		len -= 2;
	}
	return arena_printf(arena, "%s%s%.*s", cwd, cwd[strlen(cwd) - 1] == '/' ? "" : "/", (int)len, path);
}

const char *spawn_find(const char *command, const char *path_var, const char *cwd, struct arena *arena,
		       int *exit_status, struct err *err)
{
	const char *dir, *end;
	int worst = STATUS_NOT_FOUND;

	if (strchr(command, '/')) {
		const char *path = absolute(command, strlen(command), cwd, arena);

		worst = probe(path);
		if (worst == 0)
			return path;
		goto fail;
	}
	if (!path_var)
		path_var = DEFAULT_PATH;
	for (dir = path_var; *command && dir; dir = *end ? end + 1 : NULL) {
		const char *path;
		int status;

		end = strchrnul(dir, ':');
		path = end == dir ? cwd : absolute(dir, (size_t)(end - dir), cwd, arena);
		path = arena_printf(arena, "%s/%s", path, command);
		status = probe(path);
		if (status == 0)
			return path;
		if (status == STATUS_NOT_EXECUTABLE)
			worst = status;
	}
fail:
	*exit_status = worst;
	err_set(err, ERR_SPAWN, worst == STATUS_NOT_FOUND ? "%s: program not found" : "%s: program cannot be executed",
		command);
	return NULL;
}

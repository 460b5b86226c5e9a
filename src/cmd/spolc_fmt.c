/*
 * spolc --fmt: policies in canonical layout, printed, written back or shown as a difference.
 */
#include "cmd/spolc.h"

#include "base/check.h"
#include "base/fdio.h"
#include "cmd/common.h"
#include "spol/fmt.h"
#include "spol/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STDIN_NAME    "(standard input)"
/* Where diff finds the new text; the old one is its standard input. */
#define DIFF_NEW      3
#define DIFF_NEW_PATH "/dev/fd/3"

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

static int read_stdin(struct buf *out, struct err *err)
{
	ssize_t n;

	do {
		void *p = buf_grow(out, 65536);

		n = fd_read_full(STDIN_FILENO, p, 65536, STDIN_NAME, err);
		out->len -= 65536 - (n > 0 ? (size_t)n : 0);
		if (n < 0)
			return -1;
		if (out->len > SPOL_FILE_MAX)
			return err_set(err, ERR_LIMIT, "%s is larger than the limit of %zu bytes", STDIN_NAME,
				       SPOL_FILE_MAX);
	} while (n > 0);
	return 0;
}

/* A file that exists in memory alone.  -1: *err set. */
static int memory_file(const struct buf *text, struct err *err)
{
	int fd = memfd_create("spolc", MFD_CLOEXEC);

	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot make a file in memory");
	if (fd_write_all(fd, text->data, text->len, "a file in memory", err) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return err_errno(err, ERR_IO, "cannot write to a file in memory");
	}
	return fd;
}

/* Takes the two files out of the way of the numbers that they get in diff. */
static int run_diff(const char *name, int old_file, int new_file, struct err *err)
{
	CLEANUP(free_ptr) char *old_label = NULL, *new_label = NULL;
	CLEANUP(fd_close) int old = fcntl(old_file, F_DUPFD_CLOEXEC, DIFF_NEW + 1);
	CLEANUP(fd_close) int new = fcntl(new_file, F_DUPFD_CLOEXEC, DIFF_NEW + 1);
	posix_spawn_file_actions_t actions;
	int status = 0, failed;
	pid_t pid;

	if (old < 0 || new < 0 || asprintf(&old_label, "%s", name) < 0 ||
	    asprintf(&new_label, "%s (formatted)", name) < 0)
		return err_errno(err, ERR_SPAWN, "cannot prepare diff");
	char *const argv[] = {
		"diff", "-u", "--label", old_label, "--label", new_label, "--", "-", DIFF_NEW_PATH, NULL
	};

	fflush(stdout);
	posix_spawn_file_actions_init(&actions);
	failed = posix_spawn_file_actions_adddup2(&actions, old, STDIN_FILENO);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(&actions, new, DIFF_NEW);
	if (!failed)
		failed = posix_spawnp(&pid, "diff", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed) {
		errno = failed;
		return err_errno(err, ERR_SPAWN, "cannot start diff");
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_errno(err, ERR_SPAWN, "cannot wait for diff");
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
		return err_set(err, ERR_SPAWN, "diff failed for %s", name);
	return 0;
}

static int show_diff(const char *name, const struct buf *old, const struct buf *new, struct err *err)
{
	CLEANUP(fd_close) int old_file = memory_file(old, err), new_file = -1;

	if (old_file < 0)
		return -1;
	new_file = memory_file(new, err);
	if (new_file < 0)
		return -1;
	return run_diff(name, old_file, new_file, err);
}

int spolc_fmt(const struct spolc_job *j, const char *path)
{
	CLEANUP(buf_free) struct buf old = { 0 }, new = { 0 };
	const char *name = is_stdin(path) ? STDIN_NAME : path;
	struct err err = { 0 };
	bool same, findings;
	struct diags *d;
	int r;

	if (j->fmt_write && is_stdin(path))
		return cmd_usage_error(&j->args, "--write is for files");
	r = is_stdin(path) ? read_stdin(&old, &err) : file_read(path, SPOL_FILE_MAX, &old, &err);
	if (r != 0)
		return spolc_file_status(j, false, r, &err);
	d = diags_new();
	r = spol_format(d, diags_source(d, name, buf_cstr(&old), (uint32_t)old.len), j->arena, &new);
	findings = spolc_print_findings(j, d, stderr);
	diags_free(d);
	if (r != 0)
		return STATUS_FINDINGS;
	same = old.len == new.len && (new.len == 0 || memcmp(old.data, new.data, new.len) == 0);
	if (j->fmt_write)
		r = same ? 0 : file_replace(path, new.data, new.len, &err);
	else if (j->diff)
		r = same ? 0 : show_diff(name, &old, &new, &err);
	else if (new.len)
		fwrite(new.data, 1, new.len, stdout);
	return spolc_file_status(j, findings || (r == 0 && j->diff && !same), r, &err);
}

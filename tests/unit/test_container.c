/*
 * Containers: what a process leaves in one, by table; and what cannot be asked for.  Where the kernel gives no container, the
 * rows that run something say so and are left out.
 */
#include "container/container.h"

#include "base/attr.h"
#include "base/check.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static char root[64]; /* of the containers; made once */

static void make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_msg(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

static void make_root(void)
{
	char path[128];

	snprintf(root, sizeof(root), "%s", "/tmp/test_container.XXXXXX");
	ck_assert(mkdtemp(root) && chmod(root, 0755) == 0);
	for (const char *const *name = (const char *const[]){ "a", "a/b", "c", "tmp", NULL }; *name; name++) {
		snprintf(path, sizeof(path), "%s/%s", root, *name);
		ck_assert(mkdir(path, 0755) == 0);
	}
	snprintf(path, sizeof(path), "%s/a/file", root);
	make_file(path, "text\n");
	snprintf(path, sizeof(path), "%s/a/b/other", root);
	make_file(path, "other\n");
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ck_assert(system(command) == 0);
}

/* ---- what is done inside: system calls only; 0: done ---- */

static int write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0640);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	return close(fd);
}

static int nothing(void)
{
	return access("/a/file", R_OK);
}
static int new_file(void)
{
	return write_file("/a/new", "new", 0);
}
static int append(void)
{
	return write_file("/a/file", "more", O_APPEND);
}
static int rewrite_same(void)
{
	return write_file("/a/file", "text\n", O_TRUNC);
}
static int change_mode(void)
{
	return chmod("/a/file", 0600);
}
static int change_root_mode(void)
{
	return chmod("/", 0700);
}
static int delete_file(void)
{
	return unlink("/a/file");
}
static int delete_tree(void)
{
	return unlink("/a/b/other") || rmdir("/a/b");
}
static int replace_folder(void)
{
	return delete_tree() || mkdir("/a/b", 0711);
}
static int make_link(void)
{
	return symlink("../a/file", "/c/link");
}
static int make_fifo(void)
{
	return mkfifo("/c/fifo", 0600);
}
static int make_tree(void)
{
	return mkdir("/c/x", 0700) || mkdir("/c/x/y", 0755) || write_file("/c/x/y/z", "", 0);
}
static int unreadable(void)
{
	return write_file("/c/secret", "s", 0) || chmod("/c/secret", 0) || mkdir("/c/closed", 0700) ||
	       write_file("/c/closed/in", "i", 0) || chmod("/c/closed", 0);
}
static int not_seen(void)
{
	return write_file("/dev/file", "x", 0) || write_file("/dev/shm/file", "x", 0);
}
static int there_and_gone(void)
{
	return write_file("/c/short", "x", 0) || unlink("/c/short");
}

static const struct row {
	const char *name;
	int (*act)(void);
	const char *left; /* type path mode size [target]; ... */
} rows[] = {
	{ "nothing", nothing, "" },
	{ "a new file", new_file, "folder /a 755 0; file /a/new 640 3; " },
	{ "a file grows", append, "folder /a 755 0; file /a/file 644 9; " },
	{ "a file is written as it was", rewrite_same, "folder /a 755 0; file /a/file 644 5; " },
	{ "another mode", change_mode, "folder /a 755 0; file /a/file 600 5; " },
	{ "the root's mode", change_root_mode, "folder / 700 0; " },
	{ "a file is deleted", delete_file, "folder /a 755 0; deleted /a/file 0 0; " },
	{ "a folder is deleted", delete_tree, "folder /a 755 0; deleted /a/b 0 0; " },
	{ "a folder is replaced", replace_folder, "folder /a 755 0; replaced /a/b 711 0; " },
	{ "a link", make_link, "folder /c 755 0; link /c/link 0 9 ../a/file; " },
	{ "a fifo", make_fifo, "folder /c 755 0; fifo /c/fifo 600 0; " },
	{ "a tree", make_tree, "folder /c 755 0; folder /c/x 700 0; folder /c/x/y 755 0; file /c/x/y/z 640 0; " },
	{ "what its owner may not read", unreadable,
	  "folder /c 755 0; folder /c/closed 0 0; file /c/closed/in 640 1; file /c/secret 0 1; " },
	{ "what is in /dev is not looked at", not_seen, "" },
	{ "what is gone again", there_and_gone, "folder /c 755 0; " },
};

static const char *const type_names[] = { "file", "folder", "replaced", "link", "deleted", "fifo", "socket", "char", "block" };

/* Until the process is dead: it is nobody's child here. */
static void wait_for(pid_t pid)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (p.fd < 0)
		return;
	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	close(p.fd);
}

/* false: there are no containers here. */
static bool run(struct container *c, int (*act)(void), const char *name)
{
	struct err err = { 0 };
	int done[2];
	char byte = 0;
	pid_t pid;

	ck_assert(pipe(done) == 0);
	pid = container_fork(c, &err);
	if (pid == 0) {
		umask(0);
		byte = act() == 0 ? 'y' : 'n';
		_exit(write(done[1], &byte, 1) != 1);
	}
	close(done[1]);
	if (pid < 0) {
		close(done[0]);
		ck_assert_msg(err.code == ERR_UNSUPPORTED, "%s: %s", name, err.text);
		printf("SKIP: %s: %s\n", name, err.text);
		return false;
	}
	ck_assert_msg(read(done[0], &byte, 1) == 1 && byte == 'y', "%s: the process could not do it", name);
	close(done[0]);
	wait_for(pid);
	container_end(c);
	return true;
}

static void say(const struct container_change *changes, size_t n, char *text, size_t room)
{
	*text = 0;
	for (size_t i = 0; i < n; i++) {
		const struct container_change *c = &changes[i];

		ck_assert_msg(!c->unreadable, "%s: unreadable", c->path);
		ck_assert_msg(c->type == CHANGE_DELETED || c->uid == geteuid(), "%s: of user %u", c->path, c->uid);
		snprintf(text + strlen(text), room - strlen(text), "%s %s %o %llu%s%s; ", type_names[c->type], c->path, c->mode,
			 (unsigned long long)c->size, *c->target ? " " : "", c->target);
	}
}

static void check_row(const struct row *r, const char *keep)
{
	struct container_options o = { .lower = root, .keep = keep };
	struct container_change *changes;
	struct arena *arena = arena_new();
	struct err err = { 0 };
	struct container *c = container_new(&o, &err);
	char text[1024];
	size_t n;

	ck_assert_msg(c != NULL, "%s: %s", r->name, err.text);
	if (run(c, r->act, r->name)) {
		ck_assert_msg(container_changes(c, arena, &changes, &n, &err) == 0, "%s: %s", r->name, err.text);
		say(changes, n, text, sizeof(text));
		ck_assert_msg(strcmp(text, r->left) == 0, "%s:\n  is       %s\n  expected %s", r->name, text, r->left);
	}
	container_free(c);
	arena_free(arena);
}

START_TEST(in_memory)
{
	check_row(&rows[_i], NULL);
}
END_TEST

START_TEST(in_folder)
{
	char keep[] = "/tmp/test_container_keep.XXXXXX", command[128];

	ck_assert(mkdtemp(keep));
	check_row(&rows[_i], keep);
	snprintf(command, sizeof(command), "chmod -R u+rwX '%s'; rm -rf '%s'", keep, keep);
	ck_assert(system(command) == 0);
}
END_TEST

/* ---- what cannot be asked for ---- */

static const struct refusal {
	const char *name;
	struct container_options o;
	enum err_code code;
	const char *part; /* of the message */
} refusals[] = {
	{ "a folder that is not there", { .lower = "/nonexistent" }, ERR_IO, "/nonexistent" },
	{ "one of two folders is not there", { .lower = "/etc:/nonexistent" }, ERR_IO, "/nonexistent" },
	{ "a file", { .lower = "/etc/passwd" }, ERR_IO, "no folder" },
	{ "an upper folder without a work folder", { .lower = "/etc", .upper = "/tmp" }, ERR_USAGE, "work folder" },
	{ "an upper folder over the caller's root", { .upper = "/tmp", .work = "/tmp" }, ERR_USAGE, "upper folder" },
	{ "a kept folder that holds something", { .lower = "/etc", .keep = "/usr" }, ERR_IO, "not empty" },
	{ "a mount point that is not there", { .lower = "/etc", .mount_point = "/nonexistent" }, ERR_IO, "/nonexistent" },
};

START_TEST(refused)
{
	const struct refusal *r = &refusals[_i];
	struct err err = { 0 };

	ck_assert_msg(!container_new(&r->o, &err), "%s", r->name);
	ck_assert_msg(err.code == r->code && strstr(err.text, r->part), "%s: %s", r->name, err.text);
}
END_TEST

/* ---- commands ---- */

START_TEST(commands)
{
	struct container_options o = { .lower = root };
	struct arena *arena = arena_new();
	struct err err = { 0 };
	struct container *c = container_new(&o, &err);
	char path[128];
	int status;

	ck_assert(c != NULL);
	snprintf(path, sizeof(path), "%s/c/tool", root);
	make_file(path, "#!/bin/sh\n");
	ck_assert(!container_find(c, "tool", "/a:/c", arena, &status, &err) && status == 126);
	ck_assert(chmod(path, 0755) == 0);
	ck_assert_str_eq(container_find(c, "tool", "/a:c:/c", arena, &status, &err), "/c/tool");
	ck_assert_str_eq(container_find(c, "./tool", "/c", arena, &status, &err), "./tool");
	err_clear(&err);
	ck_assert(!container_find(c, "passwd", "/etc:/a", arena, &status, &err) && status == 127);
	/* a link leads nowhere out of the tree */
	snprintf(path, sizeof(path), "%s/c/out", root);
	ck_assert(symlink("/bin/sh", path) == 0);
	err_clear(&err);
	ck_assert(!container_find(c, "out", "/c", arena, &status, &err) && status == 127);
	container_free(c);
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("container");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(t, make_root, remove_root);
	tcase_add_loop_test(t, in_memory, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(t, in_folder, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(t, refused, 0, (int)ARRAY_LEN(refusals));
	tcase_add_test(t, commands);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Runs the test program under the ptrace source.
 */
#include "tests/unit/trace_support.h"

#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

static const char *const test_environment[] = { "TRACE_TEST=yes", NULL };

static const char *tracee_path(struct arena *arena)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = 0;
	*strrchr(self, '/') = 0;
	return arena_printf(arena, "%s/tracee", self);
}

bool become(int user)
{
	struct arena *arena = arena_new();
	bool ok = true;

	if (user == AS_USER) {
		ok = geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
		     setresuid(NOBODY, NOBODY, NOBODY) == 0;
		/* as after a login: the kernel hides /proc of a process that has just changed its user */
		prctl(PR_SET_DUMPABLE, 1);
		ok = ok && access(tracee_path(arena), X_OK) == 0;
	}
	arena_free(arena);
	return ok;
}

struct arena *run_arena(struct run *r)
{
	if (!r->arena)
		r->arena = arena_new();
	return r->arena;
}

void run_init_program(struct run *r, const char *program, const char *const *argv)
{
	int nowhere = open("/dev/null", O_RDWR);
	size_t n = 0;
	const char **copy;

	/* what the programs write is no part of the test's report */
	dup2(nowhere, 1);
	close(nowhere);
	run_arena(r);
	ck_assert_msg(spawn_observe(&r->env, r->arena, &r->err) == 0, "%s", r->err.text);
	while (argv[n])
		n++;
	copy = arena_array(r->arena, n + 1, sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = arena_strdup(r->arena, argv[i]);
	r->env.program = arena_strdup(r->arena, program);
	r->env.argv = copy;
	r->env.envp = test_environment;
	for (size_t i = 0; i < sizeof(r->env.at_random); i++)
		r->env.at_random[i] = (uint8_t)(0xa0 + i);
	r->schema = abi_schema_new(ARCH_X86_64);
	r->options = (struct spawn_options){ .schema = r->schema, .env = &r->env, .stdin_from = STDIN_INHERIT };
}

void run_init(struct run *r, const char *const *args)
{
	const char *argv[8] = { "tracee" };

	for (size_t i = 0; args[i]; i++) {
		ck_assert_uint_lt(i + 2, sizeof(argv) / sizeof(argv[0]));
		argv[i + 1] = args[i];
	}
	run_init_program(r, tracee_path(run_arena(r)), argv);
}

void run_start(struct run *r)
{
	r->source = spawn_program(&r->options, &r->exit_status, &r->err);
	ck_assert_msg(r->source != NULL, "%s", r->err.text);
}

enum source_stop run_next(struct run *r)
{
	do {
		int result = r->source->ops->next(r->source, NULL, &r->stop, &r->ev, &r->err);

		ck_assert_msg(result == 0, "%s", r->err.text);
	} while (r->stop == SOURCE_INSTRUCTION && !r->instructions);
	ck_assert_int_eq(r->stop == SOURCE_DONE, r->ev == NULL);
	if (r->stop == SOURCE_END) {
		r->end_status = r->ev->args[0];
		r->end_signal = r->ev->args[1];
		r->ends++;
	}
	return r->stop;
}

const char *run_call_name(const struct run *r, const struct sys_event *ev)
{
	return ev->call == ABI_UNDESCRIBED ? "?" : abi_schema_call(r->schema, ev->call)->name;
}

struct sys_event *run_to(struct run *r, enum source_stop stop, const char *call)
{
	for (;;) {
		enum source_stop here = run_next(r);

		ck_assert_msg(here != SOURCE_DONE, "the run ended before %s", call);
		if (here == stop && strcmp(run_call_name(r, r->ev), call) == 0)
			return r->ev;
	}
}

void run_to_end(struct run *r)
{
	while (run_next(r) != SOURCE_DONE)
		;
	ck_assert_uint_eq(r->ends, 1);
	/* and it stays so */
	ck_assert_int_eq(run_next(r), SOURCE_DONE);
}

void run_free(struct run *r)
{
	if (r->source)
		r->source->ops->free(r->source);
	if (r->file) {
		unlink(r->file);
		*strrchr((char *)r->file, '/') = 0;
		rmdir(r->file);
	}
	abi_schema_free(r->schema);
	arena_free(r->arena);
	memset(r, 0, sizeof(*r));
}

const struct abi_block *run_block(const struct sys_event *ev, enum abi_phase phase, unsigned n)
{
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].phase == phase && n-- == 0)
			return &ev->blocks[i];
	}
	return NULL;
}

const struct abi_block *run_synthetic(const struct run *r, const struct sys_event *ev, const char *field)
{
	const struct abi_call *c = abi_schema_call(r->schema, ev->call);
	const struct abi_leaf *leaf = abi_call_leaf(r->schema, c, field, strlen(field));

	ck_assert_msg(leaf && leaf->synthetic, "%s has no synthetic field %s", c->label, field);
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		if (ev->blocks[i].node == leaf->id - c->leaf_first)
			return &ev->blocks[i];
	}
	return NULL;
}

const char *run_file(struct run *r, const char *content)
{
	char dir[] = "/tmp/trace-test-XXXXXX";
	const char *path;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = arena_printf(run_arena(r), "%s/file", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fd_write_all(fd, content, strlen(content), path, NULL), 0);
	close(fd);
	r->file = path;
	return path;
}

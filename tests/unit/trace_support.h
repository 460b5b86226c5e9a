/*
 * Runs the test program (tracee.c) under the ptrace source and looks for events.
 */
#ifndef TESTS_TRACE_SUPPORT_H
#define TESTS_TRACE_SUPPORT_H

#include "trace/spawn.h"

#include <check.h>

struct run {
	struct arena *arena;
	struct abi_schema *schema;
	struct spawn_env env;
	struct spawn_options options;
	struct source *source;
	struct err err;
	int exit_status;       /* of spawn_program */
	enum source_stop stop; /* of the last run_next() */
	struct sys_event *ev;
	uint64_t end_status, end_signal; /* of SOURCE_END */
	uint32_t ends;
	bool instructions; /* run_next() stops at SOURCE_INSTRUCTION, too: the dynamic linker has many */
	const char *file; /* of run_file() */
};

/* Every test runs for each of these; as root the second one gives root away first. */
enum { AS_CALLER, AS_USER, USERS };
/* false: this user cannot be had here. */
bool become(int user);

/* Observes, and fills in the command: tracee with these arguments.  Then env and options may be changed. */
void run_init(struct run *r, const char *const *args);
/* Any program. */
void run_init_program(struct run *r, const char *program, const char *const *argv);
void run_start(struct run *r);
/* Fails the test on an error. */
enum source_stop run_next(struct run *r);
/* On to the next stop of this kind of a call of this name; fails the test if the run ends before. */
struct sys_event *run_to(struct run *r, enum source_stop stop, const char *call);
/* On to the end; checks that there is one SOURCE_END. */
void run_to_end(struct run *r);
void run_free(struct run *r);

#define RUN(r, ...)                                                      \
	do {                                                             \
		run_init(r, (const char *const[]){ __VA_ARGS__, NULL }); \
		run_start(r);                                            \
	} while (0)

const char *run_call_name(const struct run *r, const struct sys_event *ev);
/* The n-th block of a phase, or NULL. */
const struct abi_block *run_block(const struct sys_event *ev, enum abi_phase phase, unsigned n);
/* The block of a synthetic field, or NULL. */
const struct abi_block *run_synthetic(const struct run *r, const struct sys_event *ev, const char *field);
/* One file with this content in a folder of its own; both go with run_free(). */
const char *run_file(struct run *r, const char *content);
struct arena *run_arena(struct run *r);

#endif

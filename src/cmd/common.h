/*
 * What the subcommands of sperrips share: loading a policy, messages, the environment of a run.
 */
#ifndef CMD_COMMON_H
#define CMD_COMMON_H

#include "abi/schema.h"
#include "base/arena.h"
#include "base/err.h"
#include "recording/recording.h"
#include "trace/spawn.h"
#include "vm/vm.h"

#define STATUS_RECORD_FAILED 125 /* record: sperrips itself failed; below 125 is the program's own */

/*
 * Descriptors 0-2 that the caller has closed are taken, so that no file of ours comes to stand there, where the program's
 * output or our messages would go into it.  They can be neither read nor written.
 */
void cmd_guard_stdio(void);
/* Prints "TOOL: text" to standard error; the answer is the exit status that belongs to the error. */
int cmd_fail(const char *tool, const struct err *err);
/*
 * Where policies are looked up behind the place they are named from: $SPERRIPS_POLICY_PATH (a colon list), then the
 * installed ones.  NULL-ended, in arena.
 */
const char *const *cmd_policy_search(struct arena *arena);
/*
 * Loads the policy a user named (NULL: strict.spol), from the name as a path or else from cmd_policy_search().  Findings
 * are printed.  NULL: *err set and not yet printed.
 */
struct vm_prog *cmd_load_policy(const char *name, const struct abi_schema *schema, struct arena *arena, struct err *err);

/* Where that policy is, in arena or name itself.  NULL: *err IO. */
const char *cmd_find_policy(const char *name, struct arena *arena, struct err *err);

/* Replaces or adds NAME=VALUE in a NULL-ended environment; the result is in arena. */
const char *const *cmd_env_with(const char *const *envp, const char *assignment, struct arena *arena);
/* "NAME=VALUE" with a name in it. */
bool cmd_is_assignment(const char *text);
/* The working directory that a user named, as an absolute path without links, in arena.  NULL: *err IO. */
const char *cmd_directory(const char *name, struct arena *arena, struct err *err);
/*
 * Ctrl-C and Ctrl-\ are for the program, which gets them, too; the tracer outlives it and finishes its books.  And a file
 * that outgrows its limit is an error with a message, not a death of the tracer.  Call it after spawn_observe().
 */
void cmd_leave_signals_to_program(void);
/*
 * What stands for descriptors 0-2 of this process where a run's outputs go elsewhere: outputs as in cmd/run.h, the answer
 * for spawn_options.caller; filled.
 */
const int *cmd_caller(const int *outputs, int filled[3]);
/*
 * From now on the program that we run cannot look into our memory, where a private key is, unless it may look into everybody's.
 * Call it behind spawn_program(): before, it would keep us from tracing.
 */
void cmd_hide_memory(void);
/* Value of NAME in a NULL-ended environment, or NULL. */
const char *cmd_env_get(const char *const *envp, const char *name);

/* The two forms of a run's environment; strings are lent from the argument. */
void cmd_header_from_env(const struct spawn_env *env, struct rec_header *h);
void cmd_env_from_header(const struct rec_header *h, struct spawn_env *env);

/* A line of progress on standard error, when that is a terminal and the run takes long.  Call it for every event. */
struct progress {
	const char *tool;
	uint64_t events;
	uint64_t next_ns; /* when the next line is due; 0: not started */
	bool shown, wanted;
};
void progress_start(struct progress *p, const char *tool);
void progress_event(struct progress *p);
void progress_end(struct progress *p);

extern const struct command cmd_record, cmd_replay, cmd_show, cmd_fsck, cmd_keygen, cmd_config;
/* What there is without a command: a run as config.json says. */
extern const struct command cmd_front;

#endif

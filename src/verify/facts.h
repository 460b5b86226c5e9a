/*
 * The world of one side as its events tell it: descriptors, working directory, program, host.  One instance for the
 * recorded run, one for the actual one; both are fed events and nothing else.
 */
#ifndef VERIFY_FACTS_H
#define VERIFY_FACTS_H

#include "abi/event.h"
#include "abi/schema.h"

struct facts;

struct facts *facts_new(const struct abi_schema *schema, const char *cwd, const char *release, const char *machine,
			const char *hostname);
/* One more holder: tasks that share a table of descriptors.  facts_free() by the last one frees it. */
struct facts *facts_share(struct facts *f);
/* As it is now, for a task that has descriptors of its own; what clocks said last is known to all tasks. */
struct facts *facts_copy(const struct facts *from);
void facts_free(struct facts *f);
/* A descriptor that stands at the start (0-2). */
void facts_set_fd(struct facts *f, int32_t fd, enum abi_fd_kind kind, uint32_t flags, const char *path);
/* Takes in a finished event (descriptors made and closed, cwd, command, clocks read). */
void facts_apply(struct facts *f, const struct sys_event *ev);
/* A descriptor that can be written to has this path. */
bool facts_can_write(const struct facts *f, const char *path);
/* The path of a descriptor, lent until the next facts_apply(); NULL: it is not known. */
const char *facts_path(const struct facts *f, int32_t fd);
/*
 * Answers a fact about ev.  about: the descriptor or clock asked about, for facts of these.  false: there is no such value.
 * Strings are lent until the next call of facts_get() or facts_apply().
 */
bool facts_get(struct facts *f, const struct sys_event *ev, enum abi_fact fact, int32_t about, struct value *out);

#endif

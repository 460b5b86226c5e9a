/*
 * Identity maps: values of the recorded run and of the actual one that stand for the same thing (verb `map`).  Pointers
 * correspond by region and offset, all other kinds one to one, both ways, from birth to death.  engine.md 6.
 */
#ifndef VERIFY_MAPS_H
#define VERIFY_MAPS_H

#include "abi/event.h"
#include "abi/schema.h"
#include "base/buf.h"
#include "base/value.h"

struct maps;

struct maps *maps_new(void);
/* One more holder: tasks that share an address space.  maps_free() by the last one frees it. */
struct maps *maps_share(struct maps *m);
/* An address space that begins as a copy; the other kinds of identities are those of the whole run. */
struct maps *maps_copy(const struct maps *from);
void maps_free(struct maps *m);
/* true: recorded and actual correspond; a pair of values that are both new to their space (enum abi_space) becomes an entry. */
bool maps_check(struct maps *m, unsigned space, num_t recorded, num_t actual);
/* The same, but no entry is made: values that differ must have been met before, unless they are addresses. */
bool maps_known(struct maps *m, unsigned space, num_t recorded, num_t actual);
/* What a recorded process number, clock of a process, or port is to the kernel of the actual run; itself, if it is not known. */
num_t maps_actual_number(const struct maps *m, enum abi_kind kind, num_t recorded);
/* n is what the actual run's kernel calls a process, and the recorded number of no other one. */
bool maps_only_actual(const struct maps *m, num_t n);
/* A number among the digits of text is a recorded one of a process that has another one in the actual run. */
bool maps_text_names(const struct maps *m, const struct value *text);
/* A task has begun: these are its process numbers, whatever they stood for before. */
void maps_process_born(struct maps *m, num_t recorded, num_t actual);
/*
 * Texts that are equal but for the numbers of processes in them ("/proc/17/stat", what /proc/self points to): between
 * slashes, digits only.  make: as maps_check() does with them; else as maps_known().
 */
bool maps_check_path(struct maps *m, const struct value *recorded, const struct value *actual, bool make);
/* A path below /proc with recorded numbers of processes in it, as the actual run's kernel knows it.  false: there are none. */
bool maps_actual_path(const struct maps *m, const struct value *recorded, struct buf *out);
/*
 * Takes in what a pair of finished events did to the address spaces (exec images, mmap, munmap, mremap, brk) before its
 * results are checked, and forgets identities that ended (a closed task, an unmapped region).
 */
void maps_apply(struct maps *m, const struct abi_schema *schema, const struct sys_event *rec, const struct sys_event *live);
/*
 * Where a mapping whose place is the kernel's choice came to lie in the recorded run, if it should be asked for in this one:
 * the layouts have begun to differ (another kernel, whose own pages are more or fewer), and programs that align what
 * they put there would go on differing.  If something else lies there, a place that alignment does not tell from it.  0:
 * nothing is to be asked for.
 */
uint64_t maps_wanted_place(const struct maps *m, const struct abi_schema *schema, const struct sys_event *rec,
			   const struct sys_event *live);
/* An address of the recorded (or actual) run lies in a region that both runs have. */
bool maps_mapped(const struct maps *m, bool actual, uint64_t addr);
size_t maps_count(const struct maps *m, enum abi_kind kind);

#endif

/*
 * Words of locks hold the number of the thread that owns them, and the kernel compares it with the thread's own: where a
 * replay shows threads their recorded numbers, these words say something else to the kernel than to the program.
 */
#ifndef TRACE_LOCKS_H
#define TRACE_LOCKS_H

#include "trace/tracee.h"

/*
 * At the entry of a call: the word at addr is about to be overwritten for the kernel, with these len bytes.  If it is that
 * of a lock, locks_asleep() puts it back.
 */
void locks_entered(struct tracee *t, uint64_t addr, const void *data, size_t len);
/* The call sleeps: meanwhile others look at the word, and find what the program believes. */
void locks_asleep(struct tracee *t);
/* The task stands at its end: the kernel finds it to be the owner of those robust locks that it holds. */
void locks_at_end(struct tracee *t);

#endif

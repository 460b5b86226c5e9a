/*
 * Memory of a traced task.
 */
#ifndef TRACE_MEMORY_H
#define TRACE_MEMORY_H

#include "abi/walk.h"
#include "trace/task.h"

#include <stddef.h>

/* The task's memory as abi_capture() wants it; ctx is a const struct task, lent. */
struct abi_memory memory_of(const struct task *task);
/* Reads up to len bytes; returns how many could be read from the beginning. */
size_t memory_read(const struct task *task, uint64_t addr, void *into, size_t len);
/* Writes exactly len bytes and none beside them; read-only pages, too.  -1: *err TRACE. */
int memory_write(const struct task *task, uint64_t addr, const void *data, size_t len, struct err *err);

#endif

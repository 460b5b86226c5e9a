/*
 * Digests of files that one run has taken already.  A program's libraries are mapped again by each program that it starts;
 * a file that has the same identity, size and times of change as before, and had them for long enough that a change would
 * have made them others, is not read again.
 */
#ifndef TRACE_REMEMBERED_H
#define TRACE_REMEMBERED_H

#include "base/digest.h"

#include <stdbool.h>

struct remembered;

struct remembered *remembered_new(void);
void remembered_free(struct remembered *r);
/* As digest_of_fd(), from memory where that is the same.  Files that are no regular files are read. */
int remembered_digest(struct remembered *r, int fd, uint64_t offset, uint64_t len, uint8_t out[DIGEST_SIZE],
		      struct err *err);
/* A task of the run may store in a file without any call: from now on every digest is taken anew. */
void remembered_distrust(struct remembered *r);

#endif

/*
 * Whole files and whole writes: EINTR and short counts are dealt with here.
 */
#ifndef BASE_FDIO_H
#define BASE_FDIO_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* CLEANUP(fd_close) for an int variable; -1 is nothing. */
void fd_close(int *fd);
/* All of len bytes written, or -1 and *err IO naming name. */
int fd_write_all(int fd, const void *data, size_t len, const char *name, struct err *err);
/* The same for n parts (at most IOV_MAX), one behind the other; parts is used up. */
int fd_write_parts(int fd, struct iovec *parts, int n, const char *name, struct err *err);
/* Up to len bytes; fewer only at end of file.  -1: *err IO naming name. */
ssize_t fd_read_full(int fd, void *data, size_t len, const char *name, struct err *err);
/* As fd_read_full() at an offset, file position untouched. */
ssize_t fd_pread_full(int fd, void *data, size_t len, off_t offset, const char *name, struct err *err);
/*
 * Appends the whole file to out.  More than max bytes: ERR_LIMIT; a directory or an unreadable file: ERR_IO.  Works on
 * pipes and devices, too, and never reads more than max + 1 bytes.  A fifo that nobody opens for writing within three seconds:
 * ERR_IO.
 */
int file_read(const char *path, size_t max, struct buf *out, struct err *err);
/*
 * Writes path by way of a temporary file next to it, fsync and rename: the old file or the new one, never a part.  A file
 * that is replaced leaves its permissions and, if the caller may give files away, its owner.
 */
int file_write_atomic(const char *path, const void *data, size_t len, struct err *err);
/*
 * The same for a regular file that is there and may be written to: symbolic links stay, so do the permission bits and, where
 * the caller may give it away, the owner.
 */
int file_replace(const char *path, const void *data, size_t len, struct err *err);

#endif

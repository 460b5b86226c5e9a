/*
 * Whole files and whole writes.
 */
#include "base/fdio.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_write_all(int fd, const void *data, size_t len, const char *name, struct err *err)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_IO, "cannot write %s", name);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_write_parts(int fd, struct iovec *parts, int n, const char *name, struct err *err)
{
	while (n) {
		ssize_t done;

		if (!parts->iov_len) {
			parts++;
			n--;
			continue;
		}
		done = writev(fd, parts, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno(err, ERR_IO, "cannot write %s", name);
		for (; n && (size_t)done >= parts->iov_len; parts++, n--)
			done -= (ssize_t)parts->iov_len;
		if (n) {
			parts->iov_base = (uint8_t *)parts->iov_base + done;
			parts->iov_len -= (size_t)done;
		}
	}
	return 0;
}

static ssize_t read_some(int fd, void *data, size_t len, off_t offset)
{
	ssize_t n;

	do
		n = offset < 0 ? read(fd, data, len) : pread(fd, data, len, offset);
	while (n < 0 && errno == EINTR);
	return n;
}

static ssize_t read_all(int fd, uint8_t *data, size_t len, off_t offset, const char *name, struct err *err)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = read_some(fd, data + got, len - got, offset < 0 ? -1 : offset + (off_t)got);

		if (n < 0)
			return err_errno(err, ERR_IO, "cannot read %s", name);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t fd_read_full(int fd, void *data, size_t len, const char *name, struct err *err)
{
	return read_all(fd, data, len, -1, name, err);
}

ssize_t fd_pread_full(int fd, void *data, size_t len, off_t offset, const char *name, struct err *err)
{
	return read_all(fd, data, len, offset, name, err);
}

#define WRITER_WAIT_MS 3000
#define WRITER_POLL_MS 20

/*
 * A fifo without a writer reads as if it were at its end, until there has been one.  Waits for one, and for what it
 * writes; what was read on the way goes to out.  -1: nobody came.
 */
static int wait_for_writer(int fd, struct buf *out)
{
	for (int waited = 0; waited <= WRITER_WAIT_MS; waited += WRITER_POLL_MS) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint8_t byte;
		ssize_t n;

		if (poll(&p, 1, WRITER_POLL_MS) > 0)
			return 0;
		n = read_some(fd, &byte, 1, -1);
		if (n > 0)
			buf_byte(out, byte);
		if (n != 0) /* or EAGAIN: there is a writer, which takes its time */
			return 0;
	}
	return -1;
}

/* Opens a file for reading; one that is a fifo cannot keep us waiting for ever.  -1: *err set. */
static int open_for_reading(const char *path, struct buf *out, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int flags;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno(err, ERR_IO, "cannot open %s", path);
	if (S_ISFIFO(st.st_mode) && wait_for_writer(fd, out) != 0)
		return err_set(err, ERR_IO, "cannot read %s: nobody writes into this fifo", path);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
		return err_errno(err, ERR_IO, "cannot read %s", path);
	flags = fd;
	fd = -1;
	return flags;
}

int file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	size_t before = out->len, total;
	CLEANUP(fd_close) int fd = open_for_reading(path, out, err);

	if (fd < 0)
		return -1;
	for (total = out->len - before;;) {
		size_t want = max + 1 - total < 65536 ? max + 1 - total : 65536;
		void *p = buf_grow(out, want);
		ssize_t n = read_some(fd, p, want, -1);

		out->len -= want - (n > 0 ? (size_t)n : 0);
		out->data[out->len] = '\0';
		if (n < 0)
			return err_errno(err, ERR_IO, "cannot read %s", path);
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > max)
			return err_set(err, ERR_LIMIT, "%s is larger than the limit of %zu bytes", path, max);
	}
}

/* What is to stand in for a file gets its permissions and, as far as we may, its owner. */
static int take_over(int fd, const struct stat *old)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -1;
	if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid) && fchown(fd, old->st_uid, old->st_gid) < 0 &&
	    errno != EPERM && errno != EINVAL)
		return -1;
	return (now.st_mode ^ old->st_mode) & 0777 ? fchmod(fd, old->st_mode & 0777) : 0;
}

int file_write_atomic(const char *path, const void *data, size_t len, struct err *err)
{
	CLEANUP(buf_free) struct buf name = { 0 };
	CLEANUP(fd_close) int fd = -1;
	struct stat st;
	bool exists = stat(path, &st) == 0;

	if (exists && !S_ISREG(st.st_mode)) { /* /dev/stdout, a fifo: there is nothing to rename */
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return err_errno(err, ERR_IO, "cannot open %s", path);
		return fd_write_all(fd, data, len, path, err);
	}
	buf_printf(&name, "%s.part", path);
	fd = open(buf_cstr(&name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot create %s", buf_cstr(&name));
	if (exists && take_over(fd, &st) < 0) {
		err_errno(err, ERR_IO, "cannot give %s the mode of %s", buf_cstr(&name), path);
		goto fail;
	}
	if (fd_write_all(fd, data, len, path, err) < 0)
		goto fail;
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS) {
		err_errno(err, ERR_IO, "cannot sync %s", path);
		goto fail;
	}
	if (rename(buf_cstr(&name), path) < 0) {
		err_errno(err, ERR_IO, "cannot rename %s to %s", buf_cstr(&name), path);
		goto fail;
	}
	return 0;
fail:
	unlink(buf_cstr(&name));
	return -1;
}

int file_replace(const char *path, const void *data, size_t len, struct err *err)
{
	CLEANUP(free_ptr) char *real = realpath(path, NULL);
	struct stat st;

	if (!real || stat(real, &st) < 0 || access(real, W_OK) < 0)
		return err_errno(err, ERR_IO, "cannot write to %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_IO, "%s is no regular file", path);
	return file_write_atomic(real, data, len, err);
}

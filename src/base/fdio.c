/*
 * Whole files and whole writes.
 */
#include "base/fdio.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
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

int file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t total = 0;

	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot open %s", path);
	for (;;) {
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

/*
 * What a file is, by its magic.
 */
#include "base/fdio.h"
#include "recording/frame.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int rec_file_type(const char *path, enum rec_file_type *type, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t head[FRAME_MAGIC];
	ssize_t n;

	*type = REC_FILE_UNKNOWN;
	if (fd < 0)
		return err_errno(err, ERR_IO, "cannot open %s", path);
	n = fd_read_full(fd, head, sizeof(head), path, err);
	if (n < 0)
		return -1;
	if (n == FRAME_MAGIC)
		*type = frame_magic_type(head);
	return 0;
}

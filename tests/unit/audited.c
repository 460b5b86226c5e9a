/*
 * What test_trace_audit traces: one call after the other that writes to memory, each with room around its buffer.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static char room[8192];

int main(void)
{
	int ends[4] = { 0 }, s;
	struct iovec parts[2] = { { room + 1024, 4 }, { room + 2048, 16 } };
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	struct pollfd ready;
	uid_t ids[12];

	memset(room, 'r', sizeof(room));
	memset(&name, 'n', sizeof(name));
	memset(ids, 'i', sizeof(ids)); /* what is written must not be what was there */
	if (syscall(SYS_pipe, ends) != 0 || write(ends[1], "0123456789abcdef", 16) != 16)
		return 1;
	ready = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	if (syscall(SYS_poll, &ready, 1, 0) != 1)
		return 1;
	if (read(ends[0], room, 100) != 16 || write(ends[1], room, 10) != 10)
		return 1;
	if (syscall(SYS_readv, ends[0], parts, 2) != 10)
		return 1;
	if (syscall(SYS_uname, room + 4096) != 0 || syscall(SYS_getcwd, room, 1000) <= 0)
		return 1;
	if (syscall(SYS_fstat, ends[0], room) != 0 || syscall(SYS_clock_gettime, CLOCK_MONOTONIC, room + 512) != 0)
		return 1;
	if (syscall(SYS_time, room + 256) < 0 || syscall(SYS_getrandom, room, 64, 0) != 64)
		return 1;
	if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, room) != 0)
		return 1;
	if (syscall(SYS_getresuid, ids, ids + 4, ids + 8) != 0)
		return 1;
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s < 0 || getsockname(s, (struct sockaddr *)&name, &len) != 0)
		return 1;
	/* and one that fails */
	return syscall(SYS_fstat, -1, room) != -1;
}

/*
 * The program that the end-to-end tests record, tamper with and replay.  What it does is told by bytes in its data segment,
 * which tests patch in the binary: layout and code stay the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Patched by tests: "MODE=_" becomes "MODE=u" and so on. */
static volatile char mode[] = "MODE=_";
static volatile char output[] = "OUTPUT=hello world, this is what the program says\n";
static volatile char input_name[] = "INPUT=input";
static volatile char socket_name[] = "SOCKET=sock_a";
static volatile char wait_for[] = "WAIT=1"; /* milliseconds */

#define MODE 5 /* offset of the byte in mode */

static const char *text_of(volatile char *s, size_t skip, char *copy)
{
	size_t i = 0;

	for (; s[skip + i]; i++)
		copy[i] = s[skip + i];
	copy[i] = '\0';
	return copy;
}

static void fail(const char *what)
{
	perror(what);
	_exit(99);
}

static int open_socket(const char *name, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "%s", name);
	if (fd < 0)
		fail("socket");
	return fd;
}

/* Binds NAME, waits up to two seconds for a datagram, prints it. */
static int listen_main(const char *name)
{
	struct timeval limit = { .tv_sec = 2 };
	struct sockaddr_un address;
	int fd = open_socket(name, &address);
	char data[256];
	ssize_t n;

	unlink(name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail("bind");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	puts("ready");
	fflush(stdout);
	n = recv(fd, data, sizeof(data), 0);
	if (n > 0)
		printf("got %.*s\n", (int)n, data);
	return 0;
}

static int job(void)
{
	char name[64], data[256], say[256];
	struct sockaddr_un address;
	struct stat st;
	int in = open(text_of(input_name, 6, name), O_RDONLY);
	int out = open("output", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int fd;
	ssize_t n;

	if (in < 0 || out < 0)
		fail(name);
	n = read(in, data, sizeof(data));
	if (n < 0 || write(out, data, (size_t)n) != n)
		fail("copy");
	text_of(output, 7, say);
	if (write(1, say, strlen(say)) < 0)
		fail("write");
	fd = open_socket(text_of(socket_name, 7, name), &address);
	if (sendto(fd, "datagram", 8, 0, (struct sockaddr *)&address, sizeof(address)) < 0 && errno != ENOENT &&
	    errno != ECONNREFUSED)
		fail("sendto");
	switch (mode[MODE]) {
	case 'u': /* the same output, then another file goes */
		unlink("precious");
		break;
	case 'e': /* another end */
		return 7;
	case 'm': /* one call more */
		stat("input", &st);
		break;
	case 'k': /* killed by a signal */
		raise(SIGKILL);
		break;
	case 's': /* killed by another one */
		raise(SIGSEGV);
		break;
	case 'i': /* an illegal instruction: no call at all */
		__builtin_trap();
		break;
	case 'c': /* another call in the last one's place */
		fstat(out, &st);
		return 0;
	default:
		break;
	}
	if (mode[MODE] != 'l') /* one call less */
		lstat("input", &st);
	return 0;
}

/* ---- output without a write: stores in memory that others see ---- */

/* A page of a file, the last of size bytes. */
static char *shared_page(size_t size)
{
	int fd = open("mapped", O_RDWR | O_CREAT, 0644);
	char *p;

	if (ftruncate(fd, (off_t)size) < 0)
		fail("ftruncate");
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

#define BIG (1 << 20)

/* Maps large files, each of which is another one before the next call has returned. */
static int map_then_change(void)
{
	static char other[BIG];
	char name[] = "big0";
	struct iovec part = { other, BIG };

	for (int way = 0; way < 6; way++, name[3]++) {
		int fd = open(name, O_RDWR);

		if (fd < 0 || mmap(NULL, BIG, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
			fail(name);
		switch (way) {
		case 0:
			pwrite(fd, other, BIG, 0);
			break;
		case 1:
			ftruncate(fd, 0);
			break;
		case 2:
			open(name, O_WRONLY | O_TRUNC);
			break;
		case 3: /* no call for the store */
			memset(mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 1, BIG);
			break;
		case 4:
			pwritev(fd, &part, 1, 0);
			break;
		case 5:
			fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, BIG);
			break;
		}
	}
	return 0;
}

/* The ways in which such memory goes away.  -1: no such way. */
static int store_main(const char *what)
{
	if (strcmp(what, "mapout") == 0) {
		text_of(output, 7, shared_page(4096));
		return 0;
	}
	if (strcmp(what, "mapthen") == 0)
		return map_then_change();
	if (strcmp(what, "maphide") == 0) { /* behind a page that nobody may look at, and then itself so */
		char *p = shared_page(8192);

		text_of(output, 7, p + 4096);
		mprotect(p, 8192, PROT_NONE);
		return 0;
	}
	if (strcmp(what, "mapover") == 0) {
		char *p = shared_page(4096);

		text_of(output, 7, p);
		mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		return 0;
	}
	if (strcmp(what, "mapshrink") == 0) {
		char *p = shared_page(8192);

		text_of(output, 7, p + 4096);
		return mremap(p, 8192, 4096, 0) == p ? 0 : 1;
	}
	if (strcmp(what, "mapexec") == 0) {
		text_of(output, 7, shared_page(4096));
		execl("/bin/true", "true", NULL);
		fail("execl");
	}
	if (strcmp(what, "mapdie") == 0) {
		text_of(output, 7, shared_page(4096));
		__builtin_trap();
	}
	if (strcmp(what, "mapkill") == 0) {
		text_of(output, 7, shared_page(4096));
		raise(SIGKILL);
	}
	if (strcmp(what, "shm") == 0) {
		int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
		char *p = shmat(id, NULL, 0);

		shmctl(id, IPC_RMID, NULL);
		text_of(output, 7, p);
		return shmdt(p);
	}
	return -1;
}

/* ---- single calls that other tests need ---- */

static int small_main(const char *what)
{
	char data[4096];
	struct iovec parts[3] = { { data, 3 }, { data + 16, 5 }, { data + 32, 100 } };
	struct timeval t;
	struct stat st;
	int fd, status;
	ssize_t n;

	memset(data, 0, sizeof(data));
	if (strcmp(what, "stale") == 0) { /* a long read, then short ones into the same buffer: stale bytes behind the result */
		fd = open("input", O_RDONLY);
		memset(data, getpid() & 0x7f, sizeof(data));
		n = pread(fd, data, 10, 0);
		return n == 10 ? 0 : 1;
	}
	if (strcmp(what, "nul") == 0) /* output with a NUL in front of what matters */
		return write(1, text_of(output, 7, data + 8) - 8, 24) == 24 ? 0 : 1;
	if (strcmp(what, "pread") == 0) { /* argument 4 is r10 */
		fd = open("input", O_RDONLY);
		n = pread(fd, data, 5, 7);
		return n == 5 && write(1, data, 5) == 5 ? 0 : 1;
	}
	if (strcmp(what, "readv") == 0) {
		fd = open("input", O_RDONLY);
		n = readv(fd, parts, 3);
		return n > 0 && write(1, data, 64) == 64 ? 0 : 1;
	}
	if (strcmp(what, "badptr") == 0) { /* pointers to nowhere, and to the end of a page */
		char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		syscall(SYS_write, 1, (void *)16, 100);
		syscall(SYS_openat, AT_FDCWD, (void *)24, 0);
		syscall(SYS_openat, AT_FDCWD, -8L, 0);
		munmap(page + 4096, 4096);
		memset(page, 'x', 4096);
		syscall(SYS_stat, page + 4090, &st);
		syscall(SYS_writev, 1, (void *)32, 1000);
		syscall(SYS_write, 1, page + 4090, 100);
		return 0;
	}
	if (strcmp(what, "vvar") == 0) { /* memory that the kernel reads and no tracer can */
		unsigned long start = 0;
		FILE *maps = fopen("/proc/self/maps", "r");

		while (maps && fgets(data, sizeof(data), maps)) {
			if (strstr(data, "[vvar]"))
				start = strtoul(data, NULL, 16);
		}
		return start && write(1, (void *)start, 128) == 128 ? 0 : 1;
	}
	if (strcmp(what, "select") == 0) {
		t = (struct timeval){ .tv_usec = 1000 * (wait_for[5] - '0') };
		return select(0, NULL, NULL, NULL, &t);
	}
	if (strcmp(what, "time") == 0) {
		gettimeofday(&t, NULL);
		printf("%ld.%06ld\n", (long)t.tv_sec, (long)t.tv_usec);
		return 0;
	}
	if (strcmp(what, "undescribed") == 0) /* a number that no kernel has */
		return syscall(2000, 1, 2, 3) == -1 ? 0 : 1;
	if (strcmp(what, "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0) {
			unlink("precious");
			_exit(0);
		}
		return waitpid(pid, &status, 0) == pid ? 0 : 1;
	}
	if (strcmp(what, "offset") == 0) { /* reads one byte at a time and says where it is */
		fd = open("input", O_RDONLY);
		for (int i = 0; i < 4; i++) {
			n = read(fd, data, 16);
			printf("%zd at %ld: %.*s\n", n, (long)lseek(fd, 0, SEEK_CUR), (int)n, data);
		}
		return 0;
	}
	if (strcmp(what, "guard") == 0) { /* the bytes behind a buffer stay what they were */
		memset(data, 'g', sizeof(data));
		fd = open("input", O_RDONLY);
		n = read(fd, data, 5);
		return n == 5 && write(1, data, 32) == 32 ? 0 : 1;
	}
	if (strcmp(what, "maps") == 0) { /* the same address twice for two different things */
		for (int i = 0; i < 3; i++) {
			char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			size_t first = i == 1 ? 4096 : 0;

			munmap(p + first, 4096);
			munmap(p + (4096 - first), 4096);
		}
		return 0;
	}
	if (strcmp(what, "vmsplice") == 0) { /* the pipe holds the page: a later store changes what was put into it */
		parts[0].iov_len = 256;
		n = vmsplice(1, parts, 1, 0);
		text_of(output, 7, data);
		return n == 256 ? 0 : 1;
	}
	if (strcmp(what, "splice") == 0) { /* standard input goes to a file unseen */
		fd = open("moved", O_WRONLY | O_CREAT | O_TRUNC, 0644);
		return splice(0, NULL, fd, NULL, 4096, 0) > 0 ? 0 : 1;
	}
	if (strcmp(what, "undumpable") == 0) { /* for an ordinary user's tracer its descriptors are out of reach */
		prctl(PR_SET_DUMPABLE, 0);
		fd = open("input", O_RDONLY);
		return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED;
	}
	if (strcmp(what, "compat") == 0) { /* getpid(2) of i386, which is writev(2) here */
		__asm__ volatile("int $0x80" : "=a"(n) : "a"(20L) : "memory");
		return n > 0 ? 0 : 1;
	}
	if (strcmp(what, "filter") == 0) { /* what the option points to points to a program */
		struct sock_filter code = { BPF_RET, 0, 0, (unsigned char)output[8] };
		struct sock_fprog program = { 1, &code };

		fd = socket(AF_INET, SOCK_DGRAM, 0);
		return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 ? 0 : 1;
	}
	if (strcmp(what, "ask") == 0) { /* reads three bytes; patched once more */
		n = read(0, data, 3);
		if (mode[MODE] != '_')
			n = read(0, data, 3);
		return write(1, data, 3) == 3 ? 0 : 1;
	}
	if (strcmp(what, "pid") == 0) {
		pid_t self = getpid();

		return kill(self, 0) == 0 && getsid(0) >= 0 && getpgid(self) >= 0 ? 0 : 1;
	}
	if (strcmp(what, "segv") == 0) {
		volatile int *volatile nowhere = (volatile int *)8;

		*nowhere = 1;
	}
	fprintf(stderr, "victim: unknown job %s\n", what);
	return 98;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		return listen_main(argv[2]);
	if (argc == 2) {
		int status = store_main(argv[1]);

		return status < 0 ? small_main(argv[1]) : status;
	}
	return job();
}

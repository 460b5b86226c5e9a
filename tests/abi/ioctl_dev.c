/*
 * Audit cases: ioctl(2) on block and loop devices, random, tun, namespaces, processes and consoles.  Requests and
 * structs that libc or old headers lack are written by number, as the table has them.
 */
#include "ioctl.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/loop.h>
#include <linux/random.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <time.h>

static void set_number(int fd, unsigned long request, int number)
{
	MUST(io(fd, request, &number));
	MUST_FAIL(io(fd, request, NOWHERE), EFAULT);
}

/* A request that newer kernels have, or that takes a privilege. */
static long try(long result)
{
	if (result == -1 && (errno == ENOTTY || errno == EINVAL))
		abi_skip("the kernel has no such request");
	if (result == -1 && (errno == EPERM || errno == EACCES))
		abi_skip("it takes a privilege");
	return MUST(result);
}

static int open_as_root(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd == -1)
		abi_skip("no such device, or it takes root");
	return fd;
}

/* ---- loop devices and what is a block device ---- */

#define DISK      "disk"
#define DISK_SIZE 65536
#define DISK_NODE 77 /* made for the case, and gone after it */

static int control;

/* A loop device of our own that has nothing behind it; other runs of these cases wait for the end of this one. */
static int bare_disk(void)
{
	control = open_as_root("/dev/loop-control", O_RDWR);
	MUST(flock(control, LOCK_EX));
	try(io(control, LOOP_CTL_ADD, DISK_NODE));
	MUST(mknod(DISK, S_IFBLK | 0600, makedev(7, DISK_NODE)));
	return (int)MUST(open(DISK, O_RDWR));
}

static int disk_file(void)
{
	int fd = abi_file("f", "");

	MUST(ftruncate(fd, DISK_SIZE));
	return fd;
}

static int disk(void)
{
	int fd = bare_disk();

	MUST(io(fd, LOOP_SET_FD, disk_file()));
	return fd;
}

static void no_disk(int fd)
{
	io(fd, LOOP_CLR_FD, 0L);
	MUST(close(fd));
	MUST(io(control, LOOP_CTL_REMOVE, DISK_NODE));
}

static void disk_get(unsigned long request)
{
	int fd = disk();

	get(fd, request);
	no_disk(fd);
}

static void disk_set(unsigned long request, int number)
{
	int fd = disk();

	set_number(fd, request, number);
	no_disk(fd);
}

static void disk_value(unsigned long request, long value)
{
	int fd = disk();

	MUST(io(fd, request, value));
	no_disk(fd);
	MUST_FAIL(io(-1, request, value), EBADF);
}

static void disk_range(unsigned long request)
{
	uint64_t range[2] = { 4096, 8192 };
	int fd = disk();

	MUST(io(fd, request, range));
	range[0] = 1;
	MUST_FAIL(io(fd, request, range), EINVAL);
	no_disk(fd);
}

/* clang-format off */
ABI_CASE("ioctl(BLKROGET)") { disk_get(BLKROGET); }
ABI_CASE("ioctl(BLKROSET)") { disk_set(BLKROSET, 1); }
ABI_CASE("ioctl(BLKGETSIZE)") { disk_get(BLKGETSIZE); }
ABI_CASE("ioctl(BLKGETSIZE64)") { disk_get(BLKGETSIZE64); }
ABI_CASE("ioctl(BLKSSZGET)") { disk_get(BLKSSZGET); }
ABI_CASE("ioctl(BLKFLSBUF)") { disk_value(BLKFLSBUF, 0x1234); }
ABI_CASE("ioctl(BLKRASET)") { disk_value(BLKRASET, 64); }
ABI_CASE("ioctl(BLKRAGET)") { disk_get(BLKRAGET); }
ABI_CASE("ioctl(BLKFRASET)") { disk_value(BLKFRASET, 64); }
ABI_CASE("ioctl(BLKFRAGET)") { disk_get(BLKFRAGET); }
ABI_CASE("ioctl(BLKSECTGET)") { disk_get(BLKSECTGET); }
ABI_CASE("ioctl(BLKBSZGET)") { disk_get(BLKBSZGET); }
ABI_CASE("ioctl(BLKBSZSET)") { disk_set(BLKBSZSET, 4096); }
ABI_CASE("ioctl(BLKDISCARD)") { disk_range(BLKDISCARD); }
ABI_CASE("ioctl(BLKZEROOUT)") { disk_range(BLKZEROOUT); }
ABI_CASE("ioctl(BLKIOMIN)") { disk_get(BLKIOMIN); }
ABI_CASE("ioctl(BLKIOOPT)") { disk_get(BLKIOOPT); }
ABI_CASE("ioctl(BLKALIGNOFF)") { disk_get(BLKALIGNOFF); }
ABI_CASE("ioctl(BLKPBSZGET)") { disk_get(BLKPBSZGET); }
ABI_CASE("ioctl(BLKDISCARDZEROES)") { disk_get(BLKDISCARDZEROES); }
ABI_CASE("ioctl(BLKROTATIONAL)") { disk_get(BLKROTATIONAL); }
ABI_CASE("ioctl(BLKGETDISKSEQ)") { disk_get(0x80081280); }
ABI_CASE("ioctl(LOOP_GET_STATUS)") { disk_get(LOOP_GET_STATUS); }
ABI_CASE("ioctl(LOOP_GET_STATUS64)") { disk_get(LOOP_GET_STATUS64); }
ABI_CASE("ioctl(LOOP_SET_CAPACITY)") { disk_value(LOOP_SET_CAPACITY, 0x1234); }
ABI_CASE("ioctl(LOOP_SET_DIRECT_IO)") { disk_value(LOOP_SET_DIRECT_IO, 0); }
ABI_CASE("ioctl(LOOP_SET_BLOCK_SIZE)") { disk_value(LOOP_SET_BLOCK_SIZE, 4096); }
/* clang-format on */

ABI_FAILS("ioctl(BLKSECDISCARD)", "a loop device erases nothing")
{
	uint64_t range[2] = { 4096, 8192 };
	int fd = disk();

	MUST_FAIL(io(fd, BLKSECDISCARD, range), EOPNOTSUPP);
	no_disk(fd);
}

ABI_FAILS("ioctl(BLKRRPART)", "this loop device has no partitions")
{
	int fd = disk();

	MUST_FAIL(io(fd, BLKRRPART, 0x1234L), EINVAL);
	no_disk(fd);
}

ABI_FAILS("ioctl(HDIO_GETGEO)", "a loop device has no heads")
{
	int fd = disk();

	MUST_FAIL(io(fd, HDIO_GETGEO, fresh()), ENOTTY);
	no_disk(fd);
}

ABI_CASE("ioctl(BLKPG)")
{
	struct {
		long long start, length;
		int pno;
		char names[128];
	} partition = { 4096, 8192, 1, "" };
	struct {
		int op, flags, datalen;
		void *data;
	} argument = { 1, 0, sizeof(partition), &partition };
	int fd = disk();

	MUST(io(fd, 0x1269, &argument));
	argument.op = 2;
	MUST(io(fd, 0x1269, &argument));
	argument.op = 99;
	MUST_FAIL(io(fd, 0x1269, &argument), EINVAL);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_SET_FD)")
{
	int fd = bare_disk();

	MUST(io(fd, LOOP_SET_FD, disk_file()));
	MUST_FAIL(io(fd, LOOP_SET_FD, -1L), EBADF);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_CLR_FD)")
{
	int fd = disk();

	MUST(io(fd, LOOP_CLR_FD, 0x1234L));
	no_disk(fd);
	MUST_FAIL(io(-1, LOOP_CLR_FD, 0x1234L), EBADF);
}

ABI_CASE("ioctl(LOOP_CONFIGURE)")
{
	struct loop_config config = { .block_size = 512, .info = { .lo_offset = 4096, .lo_file_name = "name" } };
	int fd = bare_disk();

	config.fd = (uint32_t)disk_file();
	try(io(fd, LOOP_CONFIGURE, &config));
	MUST_FAIL(io(fd, LOOP_CONFIGURE, NOWHERE), EFAULT);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_SET_STATUS)")
{
	struct loop_info info = { .lo_offset = 4096, .lo_name = "name" };
	int fd = disk();

	MUST(io(fd, LOOP_SET_STATUS, &info));
	MUST_FAIL(io(fd, LOOP_SET_STATUS, NOWHERE), EFAULT);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_SET_STATUS64)")
{
	struct loop_info64 info = { .lo_offset = 4096, .lo_sizelimit = 8192, .lo_file_name = "name" };
	int fd = disk();

	MUST(io(fd, LOOP_SET_STATUS64, &info));
	MUST_FAIL(io(fd, LOOP_SET_STATUS64, NOWHERE), EFAULT);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_CHANGE_FD)")
{
	struct loop_config config = { .block_size = 512, .info = { .lo_flags = LO_FLAGS_READ_ONLY } };
	int fd = bare_disk(), other = abi_file("g", "");

	MUST(ftruncate(other, DISK_SIZE));
	config.fd = (uint32_t)disk_file();
	try(io(fd, LOOP_CONFIGURE, &config));
	MUST(io(fd, LOOP_CHANGE_FD, other));
	MUST_FAIL(io(fd, LOOP_CHANGE_FD, -1L), EBADF);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_CTL_ADD)")
{
	int fd = bare_disk();

	MUST_FAIL(io(control, LOOP_CTL_ADD, DISK_NODE), EEXIST);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_CTL_REMOVE)")
{
	int fd = bare_disk();

	MUST_FAIL(io(control, LOOP_CTL_REMOVE, DISK_NODE), EBUSY);
	no_disk(fd);
}

ABI_CASE("ioctl(LOOP_CTL_GET_FREE)")
{
	int fd = open_as_root("/dev/loop-control", O_RDWR);

	MUST(io(fd, LOOP_CTL_GET_FREE, 0x1234L));
	MUST_FAIL(io(-1, LOOP_CTL_GET_FREE, 0x1234L), EBADF);
}

/* ---- random ---- */

static int pool(void)
{
	return (int)MUST(open("/dev/urandom", O_RDWR));
}

ABI_CASE("ioctl(RNDGETENTCNT)")
{
	get(pool(), RNDGETENTCNT);
}

ABI_CASE("ioctl(RNDADDTOENTCNT)")
{
	int fd = pool(), none = 0;

	try(io(fd, RNDADDTOENTCNT, &none));
	MUST_FAIL(io(fd, RNDADDTOENTCNT, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(RNDADDENTROPY)")
{
	struct {
		int entropy_count, buf_size;
		char buf[12];
	} data = { 0, 12, "a few bytes" };
	int fd = pool();

	try(io(fd, RNDADDENTROPY, &data));
	data.entropy_count = -1;
	MUST_FAIL(io(fd, RNDADDENTROPY, &data), EINVAL);
}

ABI_CASE("ioctl(RNDZAPENTCNT)")
{
	try(io(pool(), RNDZAPENTCNT, 0x1234L));
	MUST_FAIL(io(-1, RNDZAPENTCNT, 0x1234L), EBADF);
}

ABI_CASE("ioctl(RNDCLEARPOOL)")
{
	try(io(pool(), RNDCLEARPOOL, 0x1234L));
	MUST_FAIL(io(-1, RNDCLEARPOOL, 0x1234L), EBADF);
}

ABI_CASE("ioctl(RNDRESEEDCRNG)")
{
	try(io(pool(), RNDRESEEDCRNG, 0x1234L));
	MUST_FAIL(io(-1, RNDRESEEDCRNG, 0x1234L), EBADF);
}

/* ---- tun ---- */

/* As <linux/if.h> has it, which cannot stand beside libc's. */
struct request {
	char name[16];
	uint16_t flags;
	char rest[22];
};

#define TAP         0x0002
#define NO_PI       0x1000
#define MULTI_QUEUE 0x0100
#define DETACH      0x0400

static int open_tun(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		abi_skip("a network namespace takes a privilege");
	return open_as_root("/dev/net/tun", O_RDWR);
}

static int tap(void)
{
	struct request r = { .name = "tap%d", .flags = TAP | NO_PI | MULTI_QUEUE };
	int fd = open_tun();

	MUST(io(fd, 0x400454ca, &r));
	return fd;
}

static void tap_value(unsigned long request, long value)
{
	MUST(io(tap(), request, value));
	MUST_FAIL(io(-1, request, value), EBADF);
}

/* clang-format off */
ABI_CASE("ioctl(TUNSETNOCSUM)") { tap_value(0x400454c8, 0x1234); }
ABI_CASE("ioctl(TUNSETDEBUG)") { tap_value(0x400454c9, 0); }
ABI_CASE("ioctl(TUNSETPERSIST)") { tap_value(0x400454cb, 0); }
ABI_CASE("ioctl(TUNSETOWNER)") { tap_value(0x400454cc, 0); }
ABI_CASE("ioctl(TUNSETLINK)") { tap_value(0x400454cd, 1); }
ABI_CASE("ioctl(TUNSETGROUP)") { tap_value(0x400454ce, 0); }
ABI_CASE("ioctl(TUNGETFEATURES)") { get(open_tun(), 0x800454cf); }
ABI_CASE("ioctl(TUNSETOFFLOAD)") { tap_value(0x400454d0, 1); }
ABI_CASE("ioctl(TUNGETIFF)") { get(tap(), 0x800454d2); }
ABI_CASE("ioctl(TUNGETSNDBUF)") { get(tap(), 0x800454d3); }
ABI_CASE("ioctl(TUNSETSNDBUF)") { set_number(tap(), 0x400454d4, 100000); }
ABI_CASE("ioctl(TUNGETVNETHDRSZ)") { get(tap(), 0x800454d7); }
ABI_CASE("ioctl(TUNSETVNETHDRSZ)") { set_number(tap(), 0x400454d8, 12); }
ABI_CASE("ioctl(TUNSETIFINDEX)") { set_number(open_tun(), 0x400454da, 50); }
ABI_CASE("ioctl(TUNSETVNETLE)") { set_number(tap(), 0x400454dc, 1); }
ABI_CASE("ioctl(TUNGETVNETLE)") { get(tap(), 0x800454dd); }
ABI_CASE("ioctl(TUNSETCARRIER)") { set_number(tap(), 0x400454e2, 0); }
ABI_CASE("ioctl(TUNGETDEVNETNS)") { tap_value(0x54e3, 0x1234); }
/* clang-format on */

ABI_CASE("ioctl(TUNSETIFF)")
{
	struct request r = { .name = "tap%d", .flags = TAP | NO_PI };
	int fd = open_tun();

	MUST(io(fd, 0x400454ca, &r));
	MUST_BE(strcmp(r.name, "tap0") == 0);
	MUST_FAIL(io(fd, 0x400454ca, &r), EEXIST);
}

ABI_CASE("ioctl(TUNSETQUEUE)")
{
	struct request r = { .flags = DETACH };
	int fd = tap();

	MUST(io(fd, 0x400454d9, &r));
	r.flags = 0;
	MUST_FAIL(io(fd, 0x400454d9, &r), EINVAL);
}

ABI_CASE("ioctl(TUNSETTXFILTER)")
{
	struct {
		uint16_t flags, count;
		uint8_t addr[2][6];
	} filter = { 0, 2, { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } } };
	int fd = tap();

	MUST(io(fd, 0x400454d1, &filter));
	MUST_FAIL(io(fd, 0x400454d1, NOWHERE), EFAULT);
}

/* Lets everything pass. */
static struct {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
} pass[1] = { { 6, 0, 0, 0xffff } };

static struct {
	uint16_t len;
	void *filter;
} program = { 1, pass };

ABI_CASE("ioctl(TUNATTACHFILTER)")
{
	int fd = tap();

	MUST(io(fd, 0x401054d5, &program));
	MUST_FAIL(io(fd, 0x401054d5, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(TUNDETACHFILTER)")
{
	int fd = tap();

	MUST(io(fd, 0x401054d5, &program));
	MUST(io(fd, 0x401054d6, 0x1234L));
	MUST_FAIL(io(-1, 0x401054d6, 0x1234L), EBADF);
}

/* ---- namespaces and processes ---- */

static int own(const char *path)
{
	return (int)MUST(open(path, O_RDONLY));
}

ABI_CASE("ioctl(NS_GET_USERNS)")
{
	try(io(own("/proc/self/ns/uts"), 0xb701, 0x1234L));
	MUST_FAIL(io(-1, 0xb701, 0x1234L), EBADF);
}

ABI_FAILS("ioctl(NS_GET_PARENT)", "no process sees the parent of its own namespace")
{
	MUST_FAIL(io(own("/proc/self/ns/user"), 0xb702, 0x1234L), EPERM);
}

ABI_CASE("ioctl(NS_GET_NSTYPE)")
{
	MUST_BE(MUST(io(own("/proc/self/ns/uts"), 0xb703, 0x1234L)) == CLONE_NEWUTS);
	MUST_FAIL(io(-1, 0xb703, 0x1234L), EBADF);
}

ABI_CASE("ioctl(NS_GET_OWNER_UID)")
{
	get(own("/proc/self/ns/user"), 0xb704);
}

ABI_CASE("ioctl(NS_GET_MNTNS_ID)")
{
	int fd = own("/proc/self/ns/mnt");

	try(io(fd, 0x8008b705, fresh()));
	MUST_FAIL(io(fd, 0x8008b705, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(NS_GET_ID)")
{
	int fd = own("/proc/self/ns/uts");

	try(io(fd, 0x8008b70d, fresh()));
	MUST_FAIL(io(fd, 0x8008b70d, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(NS_MNT_GET_INFO)")
{
	int fd = own("/proc/self/ns/mnt");

	try(io(fd, 0x8010b70a, fresh()));
	MUST_FAIL(io(fd, 0x8010b70a, NOWHERE), EFAULT);
}

static void pid_of(unsigned long request)
{
	int fd = own("/proc/self/ns/pid");

	try(io(fd, request, getpid()));
	MUST_FAIL(io(fd, request, 0x7fffffff), ESRCH);
}

/* clang-format off */
ABI_CASE("ioctl(NS_GET_PID_FROM_PIDNS)") { pid_of(0x8004b706); }
ABI_CASE("ioctl(NS_GET_TGID_FROM_PIDNS)") { pid_of(0x8004b707); }
ABI_CASE("ioctl(NS_GET_PID_IN_PIDNS)") { pid_of(0x8004b708); }
ABI_CASE("ioctl(NS_GET_TGID_IN_PIDNS)") { pid_of(0x8004b709); }
/* clang-format on */

static void namespace_of(unsigned long request)
{
	try(io((int)MUST(syscall(SYS_pidfd_open, getpid(), 0)), request, 0L));
	MUST_FAIL(io(-1, request, 0L), EBADF);
}

/* clang-format off */
ABI_CASE("ioctl(PIDFD_GET_CGROUP_NAMESPACE)") { namespace_of(0xff01); }
ABI_CASE("ioctl(PIDFD_GET_IPC_NAMESPACE)") { namespace_of(0xff02); }
ABI_CASE("ioctl(PIDFD_GET_MNT_NAMESPACE)") { namespace_of(0xff03); }
ABI_CASE("ioctl(PIDFD_GET_NET_NAMESPACE)") { namespace_of(0xff04); }
ABI_CASE("ioctl(PIDFD_GET_PID_NAMESPACE)") { namespace_of(0xff05); }
ABI_CASE("ioctl(PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE)") { namespace_of(0xff06); }
ABI_CASE("ioctl(PIDFD_GET_TIME_NAMESPACE)") { namespace_of(0xff07); }
ABI_CASE("ioctl(PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE)") { namespace_of(0xff08); }
ABI_CASE("ioctl(PIDFD_GET_USER_NAMESPACE)") { namespace_of(0xff09); }
ABI_CASE("ioctl(PIDFD_GET_UTS_NAMESPACE)") { namespace_of(0xff0a); }
/* clang-format on */

ABI_CASE("ioctl(PIDFD_GET_INFO)")
{
	int fd = (int)MUST(syscall(SYS_pidfd_open, getpid(), 0));
	uint64_t mask = 7;

	memcpy(fresh(), &mask, sizeof(mask));
	try(io(fd, 0xc040ff0b, room));
	MUST_FAIL(io(fd, 0xc040ff0b, NOWHERE), EFAULT);
}

/* ---- other descriptors ---- */

static const struct {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll, pad;
} polling = { 10, 8, 1, 0 };

ABI_CASE("ioctl(EPIOCSPARAMS)")
{
	int fd = (int)MUST(epoll_create1(0));

	try(io(fd, 0x40088a01, &polling));
	MUST_FAIL(io(fd, 0x40088a01, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(EPIOCGPARAMS)")
{
	int fd = (int)MUST(epoll_create1(0));

	try(io(fd, 0x80088a02, fresh()));
	MUST_FAIL(io(fd, 0x80088a02, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(INOTIFY_IOC_SETNEXTWD)")
{
	int fd = (int)MUST(inotify_init1(0));

	try(io(fd, 0x40044900, 17L));
	MUST_BE(MUST(inotify_add_watch(fd, ".", IN_CREATE)) == 17);
	MUST_FAIL(io(fd, 0x40044900, -1L), EINVAL);
}

ABI_CASE("ioctl(TFD_IOC_SET_TICKS)")
{
	int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, 0));
	uint64_t ticks = 3;

	try(io(fd, 0x40085400, &ticks));
	ticks = 0;
	MUST_FAIL(io(fd, 0x40085400, &ticks), EINVAL);
}

/* ---- consoles: only what changes nothing ---- */

static int console(void)
{
	return open_as_root("/dev/tty0", O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

/* clang-format off */
ABI_CASE("ioctl(KDGETLED)") { get(console(), 0x4b31); }
ABI_CASE("ioctl(KDGKBTYPE)") { get(console(), 0x4b33); }
ABI_CASE("ioctl(KDGETMODE)") { get(console(), 0x4b3b); }
ABI_CASE("ioctl(KDGKBMODE)") { get(console(), 0x4b44); }
ABI_CASE("ioctl(KDGKBMETA)") { get(console(), 0x4b62); }
ABI_CASE("ioctl(KDGKBLED)") { get(console(), 0x4b64); }
ABI_CASE("ioctl(VT_OPENQRY)") { get(console(), 0x5600); }
ABI_CASE("ioctl(VT_GETMODE)") { get(console(), 0x5601); }
ABI_CASE("ioctl(VT_GETSTATE)") { get(console(), 0x5603); }
ABI_CASE("ioctl(VT_GETHIFONTMASK)") { get(console(), 0x560d); }
/* clang-format on */

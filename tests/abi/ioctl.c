/*
 * Audit cases: ioctl(2) on terminals, pipes and files.  Requests that libc or old headers lack are written by number,
 * as the table has them.
 */
#include "ioctl.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

static void get_number(int fd, unsigned long request, int number)
{
	int got = 77;

	MUST(io(fd, request, &got));
	MUST_BE(got == number);
	MUST_FAIL(io(fd, request, NOWHERE), EFAULT);
}

static void set_number(int fd, unsigned long request, int number)
{
	MUST(io(fd, request, &number));
	MUST_FAIL(io(fd, request, NOWHERE), EFAULT);
}

/* What a getter got is set again. */
static void set(int fd, unsigned long getter, unsigned long request)
{
	MUST(io(fd, getter, fresh()));
	MUST(io(fd, request, room));
	MUST_FAIL(io(fd, request, NOWHERE), EFAULT);
}

static int file(void)
{
	return abi_file("f", "some text");
}

/* ---- terminals ---- */

struct pty {
	int master, slave;
};

static struct pty pty(void)
{
	struct pty p = { .master = (int)MUST(open("/dev/ptmx", O_RDWR | O_NOCTTY)) };
	int unlocked = 0;

	MUST(io(p.master, TIOCSPTLCK, &unlocked));
	p.slave = (int)MUST(io(p.master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	return p;
}

static int slave(void)
{
	return pty().slave;
}

static int master(void)
{
	return pty().master;
}

/* A terminal that controls this process. */
static struct pty controlling(void)
{
	struct pty p = pty();

	if (setsid() == -1)
		abi_skip("the process leads a group already");
	MUST(io(p.slave, TIOCSCTTY, 0L));
	return p;
}

/* clang-format off */
ABI_CASE("ioctl(TCGETS)") { get(slave(), 0x5401); MUST_FAIL(io(file(), 0x5401, room), ENOTTY); }
ABI_CASE("ioctl(TCSETS)") { set(slave(), 0x5401, 0x5402); }
ABI_CASE("ioctl(TCSETSW)") { set(slave(), 0x5401, 0x5403); }
ABI_CASE("ioctl(TCSETSF)") { set(slave(), 0x5401, 0x5404); }
ABI_CASE("ioctl(TCGETS2)") { get(slave(), 0x802c542a); }
ABI_CASE("ioctl(TCSETS2)") { set(slave(), 0x802c542a, 0x402c542b); }
ABI_CASE("ioctl(TCSETSW2)") { set(slave(), 0x802c542a, 0x402c542c); }
ABI_CASE("ioctl(TCSETSF2)") { set(slave(), 0x802c542a, 0x402c542d); }
ABI_CASE("ioctl(TCGETA)") { get(slave(), 0x5405); }
ABI_CASE("ioctl(TCSETA)") { set(slave(), 0x5405, 0x5406); }
ABI_CASE("ioctl(TCSETAW)") { set(slave(), 0x5405, 0x5407); }
ABI_CASE("ioctl(TCSETAF)") { set(slave(), 0x5405, 0x5408); }
ABI_CASE("ioctl(TIOCGWINSZ)") { get(slave(), TIOCGWINSZ); }
ABI_CASE("ioctl(TIOCSWINSZ)") { set(slave(), TIOCGWINSZ, TIOCSWINSZ); }
ABI_CASE("ioctl(TIOCGSOFTCAR)") { get_number(slave(), TIOCGSOFTCAR, 0); }
ABI_CASE("ioctl(TIOCSSOFTCAR)") { set_number(slave(), TIOCSSOFTCAR, 1); }
ABI_CASE("ioctl(TIOCOUTQ)") { get_number(slave(), TIOCOUTQ, 0); }
ABI_CASE("ioctl(TIOCGETD)") { get_number(slave(), TIOCGETD, 0); }
ABI_CASE("ioctl(TIOCSETD)") { set_number(slave(), TIOCSETD, 0); }
ABI_CASE("ioctl(TIOCGDEV)") { get(slave(), 0x80045432); }
ABI_CASE("ioctl(TIOCGEXCL)") { get_number(slave(), 0x80045440, 0); }
ABI_CASE("ioctl(TIOCGLCKTRMIOS)") { get(slave(), 0x5456); }
ABI_CASE("ioctl(TIOCPKT)") { set_number(master(), TIOCPKT, 1); }
ABI_CASE("ioctl(TIOCGPKT)") { get_number(master(), 0x80045438, 0); }
ABI_CASE("ioctl(TIOCGPTLCK)") { get_number(master(), 0x80045439, 0); }
ABI_CASE("ioctl(TIOCSPTLCK)") { set_number(master(), TIOCSPTLCK, 1); }
ABI_CASE("ioctl(TIOCGPTN)") { get(master(), TIOCGPTN); }
ABI_FAILS("ioctl(TIOCMGET)", "a pty has no modem") { MUST_FAIL(io(slave(), TIOCMGET, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCMBIS)", "a pty has no modem") { MUST_FAIL(io(slave(), TIOCMBIS, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCMBIC)", "a pty has no modem") { MUST_FAIL(io(slave(), TIOCMBIC, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCMSET)", "a pty has no modem") { MUST_FAIL(io(slave(), TIOCMSET, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCMIWAIT)", "a pty has no modem") { MUST_FAIL(io(slave(), TIOCMIWAIT, TIOCM_CAR), ENOTTY); }
ABI_FAILS("ioctl(TIOCGSERIAL)", "a pty is no serial line") { MUST_FAIL(io(slave(), TIOCGSERIAL, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCSSERIAL)", "a pty is no serial line") { MUST_FAIL(io(slave(), TIOCSSERIAL, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCGICOUNT)", "a pty is no serial line") { MUST_FAIL(io(slave(), 0x545d, room), ENOTTY); }
ABI_FAILS("ioctl(TIOCSERGETLSR)", "a pty is no serial line") { MUST_FAIL(io(slave(), 0x5459, room), ENOTTY); }
/* clang-format on */

ABI_CASE("ioctl(TIOCSLCKTRMIOS)")
{
	int fd = slave();

	MUST(io(fd, 0x5456, fresh()));
	if (io(fd, 0x5457, room) == -1 && errno == EPERM)
		abi_skip("locking a terminal's settings takes CAP_SYS_ADMIN");
	MUST_FAIL(io(fd, 0x5457, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(TIOCGPTPEER)")
{
	int fd = master();

	MUST(io(fd, TIOCGPTPEER, O_RDONLY | O_NOCTTY));
	MUST_FAIL(io(file(), TIOCGPTPEER, O_RDWR), ENOTTY);
}

ABI_CASE("ioctl(TIOCEXCL)")
{
	MUST(io(slave(), TIOCEXCL, 0x1234L));
	MUST_FAIL(io(file(), TIOCEXCL, 0x1234L), ENOTTY);
}

ABI_CASE("ioctl(TIOCNXCL)")
{
	MUST(io(slave(), TIOCNXCL, 0x1234L));
	MUST_FAIL(io(file(), TIOCNXCL, 0x1234L), ENOTTY);
}

ABI_CASE("ioctl(TCSBRK)")
{
	MUST(io(slave(), TCSBRK, 1L));
	MUST_FAIL(io(file(), TCSBRK, 1L), ENOTTY);
}

ABI_CASE("ioctl(TCSBRKP)")
{
	MUST(io(slave(), TCSBRKP, 1L));
	MUST_FAIL(io(file(), TCSBRKP, 1L), ENOTTY);
}

ABI_CASE("ioctl(TIOCSBRK)")
{
	MUST(io(slave(), TIOCSBRK, 0x1234L));
	MUST_FAIL(io(file(), TIOCSBRK, 0x1234L), ENOTTY);
}

ABI_CASE("ioctl(TIOCCBRK)")
{
	MUST(io(slave(), TIOCCBRK, 0x1234L));
	MUST_FAIL(io(file(), TIOCCBRK, 0x1234L), ENOTTY);
}

ABI_CASE("ioctl(TCXONC)")
{
	int fd = slave();

	MUST(io(fd, TCXONC, 1L));
	MUST_FAIL(io(fd, TCXONC, 9L), EINVAL);
}

ABI_CASE("ioctl(TCFLSH)")
{
	int fd = slave();

	MUST(io(fd, TCFLSH, 2L));
	MUST_FAIL(io(fd, TCFLSH, 9L), EINVAL);
}

ABI_CASE("ioctl(TIOCSIG)")
{
	int fd = master();

	MUST(io(fd, 0x40045436, SIGINT));
	MUST_FAIL(io(fd, 0x40045436, SIGKILL), EINVAL);
}

ABI_CASE("ioctl(TIOCVHANGUP)")
{
	struct pty p = pty();

	if (io(p.slave, 0x5437, 0x1234L) == -1 && errno == EPERM)
		abi_skip("hanging up takes CAP_SYS_ADMIN");
	MUST_FAIL(io(p.slave, TCFLSH, 0L), EIO);
	MUST_FAIL(io(file(), 0x5437, 0x1234L), ENOTTY);
}

ABI_CASE("ioctl(TIOCSTI)")
{
	struct pty p = controlling();

	if (io(p.slave, TIOCSTI, "x") == -1 && (errno == EPERM || errno == EIO))
		abi_skip("the kernel refuses to pretend input without CAP_SYS_ADMIN");
	MUST_FAIL(io(p.slave, TIOCSTI, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(TIOCSCTTY)")
{
	struct pty p = controlling();

	MUST(io(p.slave, TIOCSCTTY, 0L));
	MUST_FAIL(io(slave(), TIOCSCTTY, 0L), EPERM);
}

ABI_CASE("ioctl(TIOCNOTTY)")
{
	struct pty p = controlling();

	signal(SIGHUP, SIG_IGN);
	MUST(io(p.slave, TIOCNOTTY, 0x1234L));
	MUST_FAIL(io(p.slave, TIOCNOTTY, 0x1234L), ENOTTY);
}

ABI_CASE("ioctl(TIOCGPGRP)")
{
	struct pty p = controlling();
	int group = -77;

	MUST(io(p.slave, TIOCGPGRP, &group));
	MUST_BE(group == getpid());
	MUST_FAIL(io(slave(), TIOCGPGRP, &group), ENOTTY);
}

ABI_CASE("ioctl(TIOCSPGRP)")
{
	struct pty p = controlling();
	int group = getpid();

	MUST(io(p.slave, TIOCSPGRP, &group));
	group = -1;
	MUST_FAIL(io(p.slave, TIOCSPGRP, &group), EINVAL);
}

ABI_CASE("ioctl(TIOCGSID)")
{
	struct pty p = controlling();
	int session = -77;

	MUST(io(p.slave, TIOCGSID, &session));
	MUST_BE(session == getpid());
	MUST_FAIL(io(slave(), TIOCGSID, &session), ENOTTY);
}

/* ---- any descriptor ---- */

ABI_CASE("ioctl(FIONREAD)")
{
	int ends[2];

	MUST(pipe(ends));
	MUST(write(ends[1], "text", 4));
	get_number(ends[0], FIONREAD, 4);
}

ABI_CASE("ioctl(FIONBIO)")
{
	int ends[2];

	MUST(pipe(ends));
	set_number(ends[0], FIONBIO, 1);
	MUST_FAIL(read(ends[0], room, 1), EAGAIN);
}

ABI_CASE("ioctl(FIOASYNC)")
{
	int ends[2];

	MUST(pipe(ends));
	set_number(ends[0], FIOASYNC, 1);
}

ABI_CASE("ioctl(FIOCLEX)")
{
	MUST(io(1, FIOCLEX, 0x1234L));
	MUST_FAIL(io(-1, FIOCLEX, 0x1234L), EBADF);
}

ABI_CASE("ioctl(FIONCLEX)")
{
	MUST(io(1, FIONCLEX, 0x1234L));
	MUST_FAIL(io(-1, FIONCLEX, 0x1234L), EBADF);
}

/* ---- files ---- */

/* Not every file system has every request. */
#define TRY(call)                                                                              \
	do {                                                                                   \
		if ((call) == -1) {                                                            \
			if (errno == ENOTTY)                                                   \
				abi_skip("the file system or the kernel has no such request"); \
			if (errno == EPERM)                                                    \
				abi_skip("it takes a privilege");                              \
			MUST(-1);                                                              \
		}                                                                              \
	} while (0)

static void try_get(int fd, unsigned long request)
{
	TRY(io(fd, request, fresh()));
	MUST_FAIL(io(fd, request, NOWHERE), EFAULT);
}

/* clang-format off */
ABI_CASE("ioctl(FIOQSIZE)") { get(file(), FIOQSIZE); }
ABI_CASE("ioctl(FIGETBSZ)") { get(file(), 2); }
ABI_CASE("ioctl(FS_IOC_GETFLAGS)") { try_get(file(), 0x80086601); }
ABI_CASE("ioctl(FS_IOC_GETVERSION)") { try_get(file(), 0x80087601); }
ABI_CASE("ioctl(FS_IOC_FSGETXATTR)") { try_get(file(), 0x801c581f); }
ABI_CASE("ioctl(FS_IOC_GETFSUUID)") { try_get(file(), 0x80111500); }
ABI_CASE("ioctl(FS_IOC_GETFSSYSFSPATH)") { try_get(file(), 0x80811501); }
/* clang-format on */

ABI_CASE("ioctl(FS_IOC_GETFSLABEL)")
{
	int fd = file();

	/* file systems differ in how much they write behind the label: a store of nothing is not seen */
	memset(room, 0, sizeof(room));
	room[0] = 'x';
	TRY(io(fd, 0x81009431, room));
	MUST_FAIL(io(fd, 0x81009431, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(FS_IOC_SETFLAGS)")
{
	int fd = file();
	uint32_t flags = 77;

	TRY(io(fd, 0x80086601, &flags));
	flags |= 0x40 /* FS_NODUMP_FL */;
	TRY(io(fd, 0x40086602, &flags));
	MUST_FAIL(io(fd, 0x40086602, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(FS_IOC_SETVERSION)")
{
	int fd = file();
	uint32_t version = 77;

	TRY(io(fd, 0x40087602, &version));
	MUST_FAIL(io(fd, 0x40087602, NOWHERE), EFAULT);
}

ABI_CASE("ioctl(FS_IOC_FSSETXATTR)")
{
	int fd = file();

	TRY(io(fd, 0x801c581f, fresh()));
	TRY(io(fd, 0x401c5820, room));
	MUST_FAIL(io(fd, 0x401c5820, NOWHERE), EFAULT);
}

ABI_FAILS("ioctl(FICLONE)", "sharing needs btrfs or xfs")
{
	MUST_FAIL(io(file(), 0x40049409, (int)MUST(memfd_create("m", 0))), EXDEV);
}

ABI_FAILS("ioctl(FICLONERANGE)", "sharing needs btrfs or xfs")
{
	struct file_clone_range range = { .src_fd = MUST(memfd_create("m", 0)), .src_length = 100 };

	MUST_FAIL(io(file(), 0x4020940d, &range), EXDEV);
}

ABI_CASE("ioctl(FS_IOC_FIEMAP)")
{
	struct {
		struct fiemap head;
		struct fiemap_extent extents[3];
	} map;
	int fd = file();

	MUST(ftruncate(fd, 1 << 20));
	for (long at = 0; at < 1 << 20; at += 1 << 18)
		MUST(pwrite(fd, "data", 4, at));
	memset(&map, 'm', sizeof(map));
	map.head = (struct fiemap){ .fm_length = 1 << 20, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 3 };
	/* as much as no file has */
	map.head.fm_mapped_extents = 0x7fffffff;
	if (io(fd, FS_IOC_FIEMAP, &map) == -1 && errno == EOPNOTSUPP)
		abi_skip("the file system does not say where it has its data");
	MUST_BE(map.head.fm_mapped_extents == 3 && map.extents[1].fe_logical == 1 << 18);
	map.head.fm_extent_count = 0;
	MUST(io(fd, FS_IOC_FIEMAP, &map));
	map.head.fm_flags = 0x80000000;
	MUST_FAIL(io(fd, FS_IOC_FIEMAP, &map), EBADR);
	MUST_FAIL(io(fd, FS_IOC_FIEMAP, (void *)8L), EFAULT);
}

ABI_CASE("ioctl(FIBMAP)")
{
	int fd = file(), block = 0;

	MUST(pwrite(fd, "data", 4, 0));
	MUST(fsync(fd));
	if (io(fd, FIBMAP, &block) == -1) {
		if (errno == EPERM)
			abi_skip("it takes a privilege");
		abi_skip("the file system does not say where it has its data");
	}
	MUST_FAIL(io(fd, FIBMAP, (void *)8L), EFAULT);
}

ABI_FAILS("ioctl(FIDEDUPERANGE)", "sharing needs btrfs or xfs")
{
	/* the head, and behind it two of struct file_dedupe_range_info */
	uint64_t ranges[3 + 2 * 4] = { 0, 4096, 2 };

	ranges[3] = ranges[7] = (uint64_t)file();
	MUST_FAIL(io((int)MUST(memfd_create("m", 0)), 0xc0189436, ranges), EOPNOTSUPP);
}

ABI_FAILS("ioctl(FIFREEZE)", "freezing a file system stops others")
{
	int ends[2];

	MUST(pipe(ends));
	MUST_BE(io(ends[0], 0xc0045877, 0x1234L) == -1);
}

ABI_FAILS("ioctl(FITHAW)", "nothing is frozen")
{
	int ends[2];

	MUST(pipe(ends));
	MUST_BE(io(ends[0], 0xc0045878, 0x1234L) == -1);
}

ABI_FAILS("ioctl(FITRIM)", "it is for real disks")
{
	MUST_FAIL(io((int)MUST(memfd_create("m", 0)), 0xc0185879, fresh()), ENOTTY);
}

/*
 * Audit cases: the address space.
 */
#include "case.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/shm.h>

#define PAGE 4096L
#define RW   (PROT_READ | PROT_WRITE)

static char *pages(long n)
{
	char *p = mmap(NULL, (size_t)(n * PAGE), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST_BE(p != MAP_FAILED);
	memset(p, 'p', (size_t)(n * PAGE));
	return p;
}

static void need(long result, int error, const char *reason)
{
	if (result == -1 && errno == error)
		abi_skip(reason);
	MUST(result);
}

ABI_CASE("mmap")
{
	int fd = abi_file("f", "some text");

	MUST(syscall(SYS_mmap, NULL, PAGE, (long)PROT_READ, (long)MAP_PRIVATE, fd, 0L));
	MUST(syscall(SYS_mmap, NULL, PAGE, (long)RW, (long)MAP_SHARED, fd, 0L));
	MUST_FAIL(syscall(SYS_mmap, NULL, PAGE, (long)PROT_READ, (long)MAP_PRIVATE, -1, 0L), EBADF);
}

ABI_CASE("mmap(MAP_ANONYMOUS)")
{
	char *p = pages(3);

	MUST(syscall(SYS_mmap, NULL, PAGE, (long)RW, (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1, 0L));
	MUST(syscall(SYS_mmap, p + PAGE, PAGE, (long)RW, (long)(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), -1, 0L));
	MUST_BE(p[PAGE] == 0 && p[0] == 'p');
	MUST_FAIL(syscall(SYS_mmap, NULL, 0L, (long)RW, (long)(MAP_PRIVATE | MAP_ANONYMOUS), -1, 0L), EINVAL);
}

ABI_CASE("munmap")
{
	char *p = pages(3);

	MUST(syscall(SYS_munmap, p + PAGE, PAGE));
	MUST_FAIL(syscall(SYS_munmap, p + 1, PAGE), EINVAL);
}

ABI_CASE("mprotect")
{
	char *p = pages(3);

	MUST(syscall(SYS_mprotect, p + PAGE, PAGE, (long)PROT_READ));
	MUST_FAIL(syscall(SYS_mprotect, p + 1, PAGE, (long)PROT_READ), EINVAL);
}

ABI_CASE("mremap")
{
	char *p = pages(2), *q;

	q = (char *)MUST(syscall(SYS_mremap, p, 2 * PAGE, 20 * PAGE, (long)MREMAP_MAYMOVE));
	MUST_BE(q[0] == 'p');
	MUST(syscall(SYS_mremap, q, 20 * PAGE, PAGE, 0L));
	MUST_FAIL(syscall(SYS_mremap, q + 1, PAGE, PAGE, 0L), EINVAL);
}

ABI_CASE("mremap(MREMAP_FIXED)")
{
	char *p = pages(2), *q = pages(2);

	MUST(syscall(SYS_mremap, p, PAGE, PAGE, (long)(MREMAP_MAYMOVE | MREMAP_FIXED), q));
	MUST_FAIL(syscall(SYS_mremap, q, PAGE, PAGE, (long)MREMAP_FIXED, p), EINVAL);
}

ABI_CASE("mremap(MREMAP_DONTUNMAP)")
{
	char *p = pages(2);

	MUST(syscall(SYS_mremap, p, PAGE, PAGE, (long)(MREMAP_MAYMOVE | MREMAP_DONTUNMAP), NULL));
	MUST_FAIL(syscall(SYS_mremap, p, PAGE, PAGE, (long)MREMAP_DONTUNMAP, NULL), EINVAL);
}

ABI_CASE("msync")
{
	int fd = abi_file("f", "some text");
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

	MUST_BE(p != MAP_FAILED);
	p[0] = 'S';
	MUST(syscall(SYS_msync, p, PAGE, MS_SYNC));
	MUST_FAIL(syscall(SYS_msync, p + 1, PAGE, MS_SYNC), EINVAL);
}

ABI_CASE("madvise")
{
	char *p = pages(3);

	MUST(syscall(SYS_madvise, p + PAGE, PAGE, MADV_DONTNEED));
	MUST_BE(p[PAGE] == 0);
	MUST_FAIL(syscall(SYS_madvise, p, PAGE, 999), EINVAL);
}

ABI_CASE("mincore")
{
	static unsigned char in_core[64];
	char *p = pages(4);

	memset(in_core, 'i', sizeof(in_core));
	MUST(syscall(SYS_mincore, p, 3 * PAGE + 1, in_core));
	MUST_BE(in_core[3] != 'i' && in_core[4] == 'i');
	MUST_FAIL(syscall(SYS_mincore, p + 1, PAGE, in_core), EINVAL);
}

ABI_CASE("mlock")
{
	MUST(syscall(SYS_mlock, pages(1), PAGE));
	MUST_FAIL(syscall(SYS_mlock, 0L, PAGE), ENOMEM);
}

ABI_CASE("mlock2")
{
	MUST(syscall(SYS_mlock2, pages(1), PAGE, MLOCK_ONFAULT));
	MUST_FAIL(syscall(SYS_mlock2, 0L, PAGE, 99), EINVAL);
}

ABI_CASE("munlock")
{
	MUST(syscall(SYS_munlock, pages(1), PAGE));
	MUST_FAIL(syscall(SYS_munlock, 0L, PAGE), ENOMEM);
}

ABI_CASE("mlockall")
{
	need(syscall(SYS_mlockall, MCL_CURRENT | MCL_ONFAULT), EPERM, "not permitted here");
	MUST_FAIL(syscall(SYS_mlockall, 99), EINVAL);
}

ABI_CASE("munlockall")
{
	MUST(syscall(SYS_munlockall));
}

ABI_CASE("brk")
{
	long end = MUST(syscall(SYS_brk, 0L));

	MUST_BE(MUST(syscall(SYS_brk, end + 4 * PAGE)) == end + 4 * PAGE);
	memset((void *)end, 'b', PAGE);
	MUST(syscall(SYS_brk, end));
}

ABI_CASE("memfd_secret")
{
	need(syscall(SYS_memfd_secret, 0u), ENOSYS, "this kernel has no secret memory, or it is switched off");
	MUST_FAIL(syscall(SYS_memfd_secret, 1u), EINVAL);
}

ABI_CASE("memfd_create")
{
	MUST(syscall(SYS_memfd_create, "name", 1u));
	MUST_FAIL(syscall(SYS_memfd_create, "name", 0x8000u), EINVAL);
}

ABI_CASE("shmat")
{
	int id = (int)MUST(shmget(IPC_PRIVATE, PAGE, 0600));
	long at = syscall(SYS_shmat, id, NULL, 0);

	MUST(shmctl(id, IPC_RMID, NULL));
	MUST(at);
	MUST_FAIL(syscall(SYS_shmat, -1, NULL, 0), EINVAL);
}

ABI_CASE("shmdt")
{
	int id = (int)MUST(shmget(IPC_PRIVATE, PAGE, 0600));
	void *at = shmat(id, NULL, 0);

	MUST(shmctl(id, IPC_RMID, NULL));
	MUST(syscall(SYS_shmdt, at));
	MUST_FAIL(syscall(SYS_shmdt, at), EINVAL);
}

/* ---- nodes ---- */

ABI_CASE("set_mempolicy")
{
	uint64_t nodes[2] = { 1, 0 };

	need(syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0L), ENOSYS, "this kernel knows no nodes");
	MUST(syscall(SYS_set_mempolicy, MPOL_BIND, nodes, 64L));
	MUST(syscall(SYS_set_mempolicy, MPOL_BIND, nodes, 65L));
	MUST_FAIL(syscall(SYS_set_mempolicy, 99, nodes, 64L), EINVAL);
}

ABI_CASE("get_mempolicy")
{
	int mode = 99;
	uint64_t nodes[16];
	long maxnode[] = { 1024, 1000, 129, 128, 65 }; /* how many whole words are in one less */

	need(syscall(SYS_get_mempolicy, &mode, NULL, 0L, NULL, 0L), ENOSYS, "this kernel knows no nodes");
	for (unsigned i = 0; i < sizeof(maxnode) / sizeof(*maxnode); i++) {
		memset(nodes, 'n', sizeof(nodes));
		if (syscall(SYS_get_mempolicy, &mode, nodes, maxnode[i], NULL, 0L) != 0)
			MUST_BE(errno == EINVAL); /* fewer than the kernel was built for */
	}
	MUST_FAIL(syscall(SYS_get_mempolicy, &mode, nodes, 0L, NULL, 0L), EINVAL);
}

ABI_CASE("mbind")
{
	uint64_t nodes[2] = { 1, 0 };
	char *p = pages(1);

	need(syscall(SYS_mbind, p, PAGE, MPOL_DEFAULT, NULL, 0L, 0u), ENOSYS, "this kernel knows no nodes");
	MUST(syscall(SYS_mbind, p, PAGE, MPOL_BIND, nodes, 65L, 0u));
	MUST_FAIL(syscall(SYS_mbind, p, PAGE, 99, nodes, 64L, 0u), EINVAL);
}

ABI_CASE("set_mempolicy_home_node")
{
	uint64_t nodes = 1;
	char *p = pages(1);

	need(syscall(SYS_mbind, p, PAGE, MPOL_BIND, &nodes, 64L, 0u), ENOSYS, "this kernel knows no nodes");
	need(syscall(450, p, PAGE, 0L, 0L), ENOSYS, "this kernel has no set_mempolicy_home_node");
	MUST_FAIL(syscall(450, p, PAGE, 0L, 1L), EINVAL);
}

ABI_CASE("migrate_pages")
{
	uint64_t nodes = 1;

	need(syscall(SYS_migrate_pages, 0, 64L, &nodes, &nodes), ENOSYS, "this kernel knows no nodes");
	MUST_FAIL(syscall(SYS_migrate_pages, -1, 64L, &nodes, &nodes), ESRCH);
}

ABI_CASE("move_pages")
{
	char *p = pages(3);
	void *list[3] = { p, p + PAGE, p + 2 * PAGE };
	int nodes[3] = { 0, 0, 0 }, status[3] = { 99, 99, 99 };

	need(syscall(SYS_move_pages, 0, 3L, list, NULL, status, 0), ENOSYS, "this kernel knows no nodes");
	memset(status, 's', sizeof(status));
	MUST(syscall(SYS_move_pages, 0, 3L, list, nodes, status, MPOL_MF_MOVE));
	MUST_FAIL(syscall(SYS_move_pages, 0, 3L, list, nodes, status, 99), EINVAL);
}

/* ---- protection ---- */

ABI_CASE("pkey_alloc")
{
	if (syscall(SYS_pkey_alloc, 0L, 0L) == -1)
		abi_skip("this kernel or processor has no protection keys");
	MUST_FAIL(syscall(SYS_pkey_alloc, 1L, 0L), EINVAL);
}

ABI_CASE("pkey_free")
{
	long key = syscall(SYS_pkey_alloc, 0L, 0L);

	if (key == -1)
		abi_skip("this kernel or processor has no protection keys");
	MUST(syscall(SYS_pkey_free, key));
	MUST_FAIL(syscall(SYS_pkey_free, 99), EINVAL);
}

ABI_CASE("pkey_mprotect")
{
	char *p = pages(1);

	MUST(syscall(SYS_pkey_mprotect, p, PAGE, (long)PROT_READ, -1));
	MUST_FAIL(syscall(SYS_pkey_mprotect, p, PAGE, (long)PROT_READ, 99), EINVAL);
}

ABI_CASE("mseal")
{
	char *p = pages(1);

	need(syscall(462, p, PAGE, 0L), ENOSYS, "this kernel has no mseal");
	MUST_FAIL(syscall(462, p, PAGE, 1L), EINVAL);
}

ABI_CASE("map_shadow_stack")
{
	if (syscall(453, 0L, PAGE, 0u) == -1)
		abi_skip("this kernel or processor has no shadow stacks");
}

ABI_CASE("remap_file_pages")
{
	int fd = (int)MUST(syscall(SYS_memfd_create, "name", 1u));
	char *p;

	MUST(ftruncate(fd, 4 * PAGE));
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	MUST_BE(p != MAP_FAILED);
	MUST(syscall(SYS_remap_file_pages, p, PAGE, 0L, 2L, 0L));
	MUST_FAIL(syscall(SYS_remap_file_pages, p, PAGE, 1L, 2L, 0L), EINVAL);
}

ABI_CASE("process_madvise")
{
	char *p = pages(2);
	struct {
		void *base;
		size_t len;
	} part = { p, PAGE };
	int self = (int)MUST(syscall(SYS_pidfd_open, getpid(), 0u));

	need(syscall(SYS_process_madvise, self, &part, 1L, 20 /* MADV_COLD */, 0u), ENOSYS,
	     "this kernel has no process_madvise");
	MUST_FAIL(syscall(SYS_process_madvise, self, &part, 1L, 999, 0u), EINVAL);
}

ABI_FAILS("process_mrelease", "a case has no process that dies")
{
	int self = (int)MUST(syscall(SYS_pidfd_open, getpid(), 0u));

	MUST_FAIL(syscall(448, self, 0u), EINVAL);
}

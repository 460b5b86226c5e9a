/*
 * Digests of what the kernel reads from files and from shared mappings on the program's behalf, and of executables.
 */
#include "trace/content.h"

#include "base/check.h"
#include "base/digest.h"
#include "base/fdio.h"
#include "trace/fdinfo.h"
#include "trace/memory.h"
#include "trace/remembered.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LATER_MIN    ((uint64_t)32 << 10) /* bytes of a file: of fewer, the digest is made at once */
#define LATER_MAX    ((uint64_t)64 << 20) /* ... and of more: what is recorded after it waits, and must not be lost for long */
#define ONE_CALL_MAX 0x7ffff000u /* bytes that one call moves at most: MAX_RW_COUNT */

#define KEXEC_WITHOUT_INITRD 4u /* KEXEC_FILE_NO_INITRAMFS */

/* What a call has to do with file content. */
enum role {
	ROLE_NONE,
	ROLE_MMAP,
	ROLE_MPROTECT,
	ROLE_MREMAP,
	ROLE_MUNMAP,
	ROLE_MSYNC,
	ROLE_EXIT,
	ROLE_EXEC,
	ROLE_SHMAT,
	ROLE_SHMDT,
	ROLE_COPY_FILE_RANGE,
	ROLE_SENDFILE,
	ROLE_SPLICE,
	ROLE_CLONE_FILE,
	ROLE_CLONE_RANGE,
	ROLE_MODULE,
	ROLE_KEXEC,
};

static const struct {
	const char *name, *variant;
	enum role role;
} roles[] = {
	{ "mmap", NULL, ROLE_MMAP },
	{ "mmap", "MAP_ANONYMOUS", ROLE_MMAP },
	{ "mprotect", NULL, ROLE_MPROTECT },
	{ "mremap", NULL, ROLE_MREMAP },
	{ "mremap", "MREMAP_FIXED", ROLE_MREMAP },
	{ "mremap", "MREMAP_DONTUNMAP", ROLE_MREMAP },
	{ "munmap", NULL, ROLE_MUNMAP },
	{ "msync", NULL, ROLE_MSYNC },
	{ "exit", NULL, ROLE_EXIT },
	{ "exit_group", NULL, ROLE_EXIT },
	{ "execve", NULL, ROLE_EXEC },
	{ "execveat", NULL, ROLE_EXEC },
	{ "shmat", NULL, ROLE_SHMAT },
	{ "shmdt", NULL, ROLE_SHMDT },
	{ "copy_file_range", NULL, ROLE_COPY_FILE_RANGE },
	{ "sendfile", NULL, ROLE_SENDFILE },
	{ "splice", NULL, ROLE_SPLICE },
	{ "ioctl", "FICLONE", ROLE_CLONE_FILE },
	{ "ioctl", "FICLONERANGE", ROLE_CLONE_RANGE },
	{ "finit_module", NULL, ROLE_MODULE },
	{ "kexec_file_load", NULL, ROLE_KEXEC },
};

/* A MAP_SHARED mapping of a file, or System V shared memory: what the program stores there leaves it without any call. */
struct shared {
	uint64_t start, end;
	bool written; /* it is or was writable */
};

/* What all address spaces of a run have in common. */
struct common {
	unsigned users;
	uint8_t *roles; /* by call index */
	struct remembered *remembered;
};

struct content {
	const struct abi_schema *schema;
	struct common *common;
	struct shared *shared; /* ascending, disjoint */
	size_t nshared, shared_room;
	uint64_t page;
	bool later; /* somebody takes digests that are not there yet */
	struct digest *digest;
	/*
	 * Of stores in mappings that went away otherwise than by munmap (another mapping in their place, exec, shmdt, ...):
	 * part of the next digest of stores.
	 */
	bool has_gone;
	bool told_at_exit; /* the exit call has the digest: the end need not have it again */
	bool partly;	   /* some stores could not be read: digests hold only a part of what there is, from then on */
	uint8_t gone[DIGEST_SIZE];
};

/* Roles of the calls of that name, by call index. */
static void note_role(const struct abi_schema *schema, size_t role, uint8_t *by_call)
{
	const char *name = roles[role].name, *variant = roles[role].variant;
	const struct abi_call *first = abi_schema_find(schema, name, strlen(name));
	size_t n = abi_schema_ncalls(schema);

	for (uint32_t i = first ? first->index : (uint32_t)n; i < n; i++) {
		const struct abi_call *call = abi_schema_call(schema, i);

		if (strcmp(call->name, name) != 0)
			return;
		if (!call->variant ? !variant : variant && strcmp(call->variant, variant) == 0)
			by_call[i] = (uint8_t)roles[role].role;
	}
}

struct content *content_new(const struct abi_schema *schema, bool later)
{
	struct content *c = xcalloc(1, sizeof(*c));
	size_t n = abi_schema_ncalls(schema);

	c->schema = schema;
	c->later = later;
	c->page = (uint64_t)sysconf(_SC_PAGESIZE);
	c->digest = digest_new();
	c->common = xcalloc(1, sizeof(*c->common));
	c->common->users = 1;
	c->common->roles = xcalloc(n ? n : 1, 1);
	c->common->remembered = remembered_new();
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		note_role(schema, i, c->common->roles);
	return c;
}

static void insert_shared(struct content *c, size_t at, const struct shared *s)
{
	if (c->nshared == c->shared_room) {
		c->shared_room = c->shared_room ? c->shared_room * 2 : 16;
		c->shared = xrealloc(c->shared, c->shared_room, sizeof(*c->shared));
	}
	memmove(c->shared + at + 1, c->shared + at, (c->nshared - at) * sizeof(*c->shared));
	c->shared[at] = *s;
	c->nshared++;
}

struct content *content_copy(struct content *from)
{
	struct content *c = xcalloc(1, sizeof(*c));

	/* what one process stores in a shared mapping may be what the other maps: nothing can wait */
	from->later = false;

	c->schema = from->schema;
	c->common = from->common;
	c->common->users++;
	c->page = from->page;
	c->digest = digest_new();
	c->partly = from->partly;
	for (size_t i = 0; i < from->nshared; i++)
		insert_shared(c, i, &from->shared[i]);
	return c;
}

void content_free(struct content *c)
{
	if (!c)
		return;
	digest_free(c->digest);
	if (--c->common->users == 0) {
		free(c->common->roles);
		remembered_free(c->common->remembered);
		free(c->common);
	}
	free(c->shared);
	free(c);
}

void content_add(const struct abi_schema *schema, struct sys_event *ev, const char *name, enum abi_phase phase,
		 enum block_status status, const void *data, uint32_t len)
{
	const struct abi_call *call = abi_schema_call(schema, ev->call);
	size_t name_len = strlen(name);

	for (uint32_t i = 0; i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(schema, call->leaf_first + i);
		struct abi_block *b;

		if (!leaf->synthetic || strncmp(leaf->path, name, name_len) != 0)
			continue;
		if (name_len && leaf->path[name_len] && leaf->path[name_len] != '.')
			continue;
		b = event_add_block(ev);
		*b = (struct abi_block){
			.phase = phase, .node = (uint16_t)i, .status = status, .len = len, .data = data
		};
		return;
	}
}

/* ---- files ---- */

static void add_file_digest(struct content *c, struct sys_event *ev, const char *name, enum abi_phase phase, int fd,
			    uint64_t offset, uint64_t len)
{
	uint8_t *digest = arena_raw(ev->arena, DIGEST_SIZE);
	struct err ignored = { 0 };

	if (fd < 0 || remembered_digest(c->common->remembered, fd, offset, len, digest, &ignored) < 0)
		content_add(c->schema, ev, name, phase, BLOCK_UNREADABLE, NULL, 0);
	else
		content_add(c->schema, ev, name, phase, BLOCK_OK, digest, DIGEST_SIZE);
}

static void add_unreadable(const struct content *c, struct sys_event *ev, enum abi_phase phase)
{
	content_add(c->schema, ev, "content", phase, BLOCK_UNREADABLE, NULL, 0);
}

/* A descriptor on the same file as the task's, if that is a regular file; else -1. */
static int open_regular(const struct task *task, int fd)
{
	int own = task_borrow_fd(task, fd);
	struct stat st;
	char name[32];

	if (own < 0) {
		snprintf(name, sizeof(name), "fd/%d", fd);
		if (fstatat(task->proc_fd, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
			return -1;
		own = openat(task->proc_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (own >= 0 && (fstat(own, &st) < 0 || !S_ISREG(st.st_mode)))
		fd_close(&own);
	return own;
}

/* The task's descriptor may be write-only, or its file position not ours: read through a description of our own. */
static int reopen_for_reading(int *fd)
{
	char name[32];
	int again;

	if ((fcntl(*fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
		return *fd;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", *fd);
	again = open(name, O_RDONLY | O_CLOEXEC);
	fd_close(fd);
	*fd = again;
	return again;
}

/* The same of a file that is mapped now, in the exit phase; takes *fd over, if it is needed later. */
static void add_mapped_digest(struct content *c, struct sys_event *ev, const char *name, int *fd, uint64_t offset,
			      uint64_t len)
{
	uint32_t before = ev->nblocks;
	struct digest_range *range;
	struct stat st;
	uint64_t size;

	if (*fd < 0 || fstat(*fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size <= offset)
		size = 0;
	else
		size = (uint64_t)st.st_size - offset < len ? (uint64_t)st.st_size - offset : len;
	/* what is stored in a shared mapping changes its file, and there is no call to wait for */
	if (!c->later || c->nshared || size < LATER_MIN || size > LATER_MAX) {
		add_file_digest(c, ev, name, PHASE_EXIT, *fd, offset, len);
		return;
	}
	content_add(c->schema, ev, name, PHASE_EXIT, BLOCK_OK, NULL, DIGEST_SIZE);
	if (ev->nblocks == before)
		return;
	range = arena_alloc(ev->arena, sizeof(*range));
	*range = (struct digest_range){ .fd = *fd, .offset = offset, .len = len };
	*fd = -1;
	ev->blocks[ev->nblocks - 1].later = range;
}

bool content_may_change(const struct abi_schema *schema, const struct sys_event *ev)
{
	const struct abi_row *row;

	if (ev->call == ABI_UNDESCRIBED)
		return true;
	row = abi_schema_call(schema, ev->call)->row;
	if (row->partial || (row->flags & (CALL_CHANGES | CALL_NEW_TASK)))
		return true;
	if (strcmp(row->name, "mmap") == 0)
		return !(ev->args[3] & MAP_ANONYMOUS) && (ev->args[3] & MAP_TYPE) != MAP_PRIVATE;
	if (strcmp(row->name, "open") == 0)
		return ev->args[1] & O_TRUNC;
	if (strcmp(row->name, "openat") == 0)
		return ev->args[2] & O_TRUNC;
	return strncmp(row->name, "open", 4) == 0;
}

/* What a call will read from a file: from *offset_at in the task's memory, or from the file position. */
static void add_input(struct content *c, const struct task *task, struct sys_event *ev, int fd, uint64_t offset_at,
		      uint64_t len)
{
	CLEANUP(fd_close) int own = open_regular(task, fd);
	uint64_t offset = 0;

	/* pipes, sockets, devices: reading them would take the data away; whatever the call moves is not compared */
	if (own < 0 ||
	    (offset_at ? memory_read(task, offset_at, &offset, sizeof(offset)) < sizeof(offset)
		       : !fdinfo_position(task, fd, &offset))) {
		add_unreadable(c, ev, PHASE_ENTRY);
		return;
	}
	if (len > ONE_CALL_MAX)
		len = ONE_CALL_MAX;
	reopen_for_reading(&own);
	add_file_digest(c, ev, "content", PHASE_ENTRY, own, offset, len);
}

/* struct file_clone_range */
static void add_clone_range(struct content *c, const struct task *task, struct sys_event *ev)
{
	struct {
		int64_t fd;
		uint64_t offset, len, to;
	} range;
	int own = -1;

	if (memory_read(task, ev->args[2], &range, sizeof(range)) == sizeof(range))
		own = open_regular(task, (int)range.fd);
	if (own < 0) {
		add_unreadable(c, ev, PHASE_ENTRY);
		return;
	}
	reopen_for_reading(&own);
	add_file_digest(c, ev, "content", PHASE_ENTRY, own, range.offset, range.len ? range.len : UINT64_MAX);
	fd_close(&own);
}

/* All of a file that the kernel is going to read by itself. */
static void add_whole_file(struct content *c, const struct task *task, struct sys_event *ev, const char *name, int fd)
{
	CLEANUP(fd_close) int own = open_regular(task, fd);

	if (own < 0) {
		content_add(c->schema, ev, name, PHASE_ENTRY, BLOCK_UNREADABLE, NULL, 0);
		return;
	}
	reopen_for_reading(&own);
	add_file_digest(c, ev, name, PHASE_ENTRY, own, 0, UINT64_MAX);
}

/* ---- shared mappings ---- */

static void drop_range(struct content *c, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < c->nshared;) {
		struct shared *s = &c->shared[i];
		struct shared rest = { .start = end, .end = s->end, .written = s->written };

		if (s->end <= start || s->start >= end) {
			i++;
			continue;
		}
		if (s->start < start) {
			s->end = start;
			i++;
		} else {
			memmove(s, s + 1, (--c->nshared - i) * sizeof(*s));
		}
		if (rest.start < rest.end)
			insert_shared(c, i++, &rest);
	}
}

static void add_range(struct content *c, uint64_t start, uint64_t end, bool written)
{
	struct shared s = { .start = start, .end = end, .written = written };
	size_t i = 0;

	if (written)
		remembered_distrust(c->common->remembered);
	drop_range(c, start, end);
	while (i < c->nshared && c->shared[i].start < start)
		i++;
	insert_shared(c, i, &s);
}

static void mark_written(struct content *c, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < c->nshared; i++) {
		if (c->shared[i].start >= end || c->shared[i].end <= start)
			continue;
		c->shared[i].written = true;
		remembered_distrust(c->common->remembered);
	}
}

static uint64_t page_up(const struct content *c, uint64_t len)
{
	uint64_t up;

	return __builtin_add_overflow(len, c->page - 1, &up) ? UINT64_MAX & ~(c->page - 1) : up & ~(c->page - 1);
}

static uint64_t range_end(uint64_t start, uint64_t len)
{
	uint64_t end;

	return __builtin_add_overflow(start, len, &end) ? UINT64_MAX : end;
}

/*
 * The page cannot be read, not even as a debugger may.  Behind the end of the file there is nothing to read; but where the
 * program has taken the right to read away, there may be all that it stored.
 */
static bool is_hidden(const struct task *task, uint64_t addr)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	struct abi_region *regions;
	uint32_t n = fdinfo_regions(task, arena, &regions);

	for (uint32_t i = 0; i < n; i++) {
		if (addr >= regions[i].start && addr < regions[i].end)
			return !(regions[i].prot & PROT_READ);
	}
	return true;
}

/* The page that stopped a larger read.  How many bytes are done with; 0: the rest of the range has nothing to read. */
static size_t digest_page(struct content *c, const struct task *task, uint64_t start, uint64_t end, uint8_t *into)
{
	uint64_t next = (start & ~(c->page - 1)) + c->page;
	size_t want = (size_t)((next < end ? next : end) - start);
	ssize_t got = pread(task->mem_fd, into, want, (off_t)start); /* reads what PROT_NONE hides, too */

	if (got != (ssize_t)want) {
		c->partly |= is_hidden(task, start);
		return 0;
	}
	digest_add(c->digest, into, want);
	return want;
}

static void digest_memory(struct content *c, const struct task *task, uint64_t start, uint64_t end)
{
	const size_t piece = 256u << 10;
	uint8_t *into = xcalloc(1, piece);

	while (start < end) {
		size_t want = end - start < piece ? (size_t)(end - start) : piece;
		size_t got = memory_read(task, start, into, want);

		digest_add(c->digest, into, got);
		start += got;
		if (got < want) {
			got = digest_page(c, task, start, end, into);
			start += got;
			if (!got)
				break;
		}
	}
	free(into);
}

/* Digest of what the program has stored in shared mappings within [start, end), and in those that are gone.  false: none. */
static bool digest_stores(struct content *c, const struct task *task, uint64_t start, uint64_t end, uint8_t *digest)
{
	bool any = c->has_gone;

	digest_reset(c->digest);
	if (c->has_gone)
		digest_add(c->digest, c->gone, sizeof(c->gone));
	for (size_t i = 0; i < c->nshared; i++) {
		const struct shared *s = &c->shared[i];

		if (!s->written || s->end <= start || s->start >= end)
			continue;
		any = true;
		digest_memory(c, task, s->start > start ? s->start : start, s->end < end ? s->end : end);
	}
	if (any)
		digest_end(c->digest, digest);
	return any;
}

enum block_status content_status(const struct content *c)
{
	return c->partly ? BLOCK_CUT : BLOCK_OK;
}

static void add_stores(struct content *c, const struct task *task, struct sys_event *ev, uint64_t start, uint64_t end)
{
	uint8_t *digest = arena_raw(ev->arena, DIGEST_SIZE);

	if (!digest_stores(c, task, start, end, digest))
		return;
	c->has_gone = false;
	content_add(c->schema, ev, "content", PHASE_ENTRY, content_status(c), digest, DIGEST_SIZE);
}

/* The call is about to take [start, end) away, or to put something else there. */
static void keep_stores(struct content *c, const struct task *task, uint64_t start, uint64_t end)
{
	if (c->nshared && start < end)
		c->has_gone = digest_stores(c, task, start, end, c->gone);
}

static uint64_t shared_end(const struct content *c, uint64_t start)
{
	for (size_t i = 0; i < c->nshared; i++) {
		if (c->shared[i].start == start)
			return c->shared[i].end;
	}
	return start;
}

static void before_mremap(struct content *c, const struct task *task, const uint64_t *a)
{
	keep_stores(c, task, a[0], range_end(a[0], page_up(c, a[1])));
	if (a[3] & MREMAP_FIXED)
		keep_stores(c, task, a[4], range_end(a[4], page_up(c, a[2])));
}

bool content_end(struct content *c, const struct task *task, uint8_t digest[DIGEST_SIZE])
{
	return !c->told_at_exit && digest_stores(c, task, 0, UINT64_MAX, digest);
}

void content_enter(struct content *c, const struct task *task, struct sys_event *ev)
{
	const uint64_t *a = ev->args;

	switch ((enum role)c->common->roles[ev->call]) {
	case ROLE_NONE:
	case ROLE_MPROTECT:
		break;
	case ROLE_MMAP:
		if (a[3] & MAP_FIXED)
			keep_stores(c, task, a[0], range_end(a[0], page_up(c, a[1])));
		break;
	case ROLE_MREMAP:
		before_mremap(c, task, a);
		break;
	case ROLE_EXEC:
		keep_stores(c, task, 0, UINT64_MAX);
		break;
	case ROLE_SHMAT:
		if (a[2] & SHM_REMAP) /* how much it takes is not known yet */
			keep_stores(c, task, a[1], UINT64_MAX);
		break;
	case ROLE_SHMDT:
		keep_stores(c, task, a[0], shared_end(c, a[0]));
		break;
	case ROLE_MUNMAP:
	case ROLE_MSYNC:
		if (c->nshared || c->has_gone)
			add_stores(c, task, ev, a[0], range_end(a[0], page_up(c, a[1])));
		break;
	case ROLE_EXIT:
		if (c->nshared || c->has_gone)
			add_stores(c, task, ev, 0, UINT64_MAX);
		c->told_at_exit = true;
		break;
	case ROLE_COPY_FILE_RANGE:
	case ROLE_SPLICE:
		add_input(c, task, ev, (int)a[0], a[1], a[4]);
		break;
	case ROLE_SENDFILE:
		add_input(c, task, ev, (int)a[1], a[2], a[3]);
		break;
	case ROLE_CLONE_FILE:
		add_whole_file(c, task, ev, "content", (int)ev->args[2]);
		break;
	case ROLE_MODULE:
		add_whole_file(c, task, ev, "content", (int)ev->args[0]);
		break;
	case ROLE_KEXEC:
		add_whole_file(c, task, ev, "content", (int)ev->args[0]);
		if (!(ev->args[4] & KEXEC_WITHOUT_INITRD))
			add_whole_file(c, task, ev, "initrd", (int)ev->args[1]);
		break;
	case ROLE_CLONE_RANGE:
		add_clone_range(c, task, ev);
		break;
	}
}

/* What it gives is known without looking, and what is stored there stays in the program. */
static bool is_zero_device(const struct task *task, int fd)
{
	struct stat st;
	char name[32];

	snprintf(name, sizeof(name), "fd/%d", fd);
	return fstatat(task->proc_fd, name, &st, 0) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 5);
}

/* The segment's size stands in no argument. */
static void after_shmat(struct content *c, const struct task *task, const struct sys_event *ev)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	uint64_t start = (uint64_t)ev->ret, end = range_end(start, c->page);
	struct abi_region *regions;
	uint32_t n = fdinfo_regions(task, arena, &regions);

	for (uint32_t i = 0; i < n; i++) {
		if (regions[i].start == start)
			end = regions[i].end;
	}
	add_range(c, start, end, !(ev->args[2] & SHM_RDONLY));
}

static void after_mmap(struct content *c, const struct task *task, struct sys_event *ev)
{
	uint64_t flags = ev->args[3];
	uint64_t start = (uint64_t)ev->ret;
	uint64_t end = range_end(start, page_up(c, ev->args[1]));
	int own = flags & MAP_ANONYMOUS ? -1 : open_regular(task, (int)ev->args[4]);

	if (c->nshared)
		drop_range(c, start, end);
	if (own < 0) {
		if (!(flags & MAP_ANONYMOUS) && !is_zero_device(task, (int)ev->args[4]))
			add_unreadable(c, ev, PHASE_EXIT);
		return;
	}
	if ((flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE)
		add_range(c, start, end, ev->args[2] & PROT_WRITE);
	add_mapped_digest(c, ev, "content", &own, ev->args[5], ev->args[1]);
	fd_close(&own);
}

static void after_mremap(struct content *c, const struct sys_event *ev)
{
	uint64_t from = ev->args[0], from_end = range_end(from, page_up(c, ev->args[1]));
	uint64_t to = (uint64_t)ev->ret, to_end = range_end(to, page_up(c, ev->args[2]));

	for (size_t i = 0; i < c->nshared; i++) {
		struct shared s = c->shared[i];

		if (s.start > from || s.end <= from)
			continue;
		if (ev->args[1])
			drop_range(c, from, from_end);
		add_range(c, to, to_end, s.written);
		return;
	}
	drop_range(c, to, to_end);
}

void content_exit(struct content *c, const struct task *task, struct sys_event *ev)
{
	const uint64_t *a = ev->args;

	switch ((enum role)c->common->roles[ev->call]) {
	case ROLE_MMAP:
		after_mmap(c, task, ev);
		break;
	case ROLE_MPROTECT:
		if (a[2] & PROT_WRITE)
			mark_written(c, a[0], range_end(a[0], page_up(c, a[1])));
		break;
	case ROLE_MREMAP:
		if (c->nshared)
			after_mremap(c, ev);
		break;
	case ROLE_MUNMAP:
		drop_range(c, a[0], range_end(a[0], page_up(c, a[1])));
		break;
	case ROLE_SHMAT:
		after_shmat(c, task, ev);
		break;
	case ROLE_SHMDT:
		drop_range(c, a[0], shared_end(c, a[0]));
		break;
	case ROLE_EXEC: /* content_exec() */
	case ROLE_NONE:
	case ROLE_MSYNC:
	case ROLE_EXIT:
	case ROLE_COPY_FILE_RANGE:
	case ROLE_SENDFILE:
	case ROLE_SPLICE:
	case ROLE_CLONE_FILE:
	case ROLE_CLONE_RANGE:
	case ROLE_MODULE:
	case ROLE_KEXEC:
		break;
	}
}

/* ---- executables ---- */

/* The file that is mapped at an address. */
static int open_mapped(const struct task *task, const struct sys_event *ev, uint64_t addr)
{
	for (uint32_t i = 0; i < ev->nregions; i++) {
		const struct abi_region *r = &ev->regions[i];
		char name[64];
		int fd;

		if (addr < r->start || addr >= r->end)
			continue;
		if (r->name[0] != '/')
			return -1;
		/* the very file, even if its name leads elsewhere by now; needs privilege on some kernels */
		snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, r->start, r->end);
		fd = openat(task->proc_fd, name, O_RDONLY | O_CLOEXEC);
		return fd >= 0 ? fd : open(r->name, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

void content_exec(struct content *c, const struct task *task, struct sys_event *ev, const struct auxv *auxv)
{
	const struct abi_row *row = abi_schema_call(c->schema, ev->call)->row;
	CLEANUP(fd_close) int image = openat(task->proc_fd, "exe", O_RDONLY | O_CLOEXEC);

	c->nshared = 0;
	add_mapped_digest(c, ev, "image", &image, 0, UINT64_MAX);
	if (auxv->value[AT_BASE]) {
		CLEANUP(fd_close) int interp = open_mapped(task, ev, auxv->value[AT_BASE]);

		add_mapped_digest(c, ev, "interp", &interp, 0, UINT64_MAX);
	}
	for (uint32_t i = row->nargs; i < row->nfields; i++) {
		const struct abi_type *type = row->args[i].type;

		if (strcmp(row->args[i].name, "auxv") == 0)
			content_add(c->schema, ev, "auxv", PHASE_EXIT, BLOCK_OK,
				    determinism_auxv_block(auxv, type, ev->arena), type->size);
	}
}

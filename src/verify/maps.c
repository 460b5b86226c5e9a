/*
 * Pairs of address-space regions, and one-to-one maps of the other kinds of identities.
 */
#include "verify/maps.h"

#include "base/check.h"
#include "base/map.h"

#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE	      4096u
#define PID_MOST      4194304	 /* no process of Linux has a higher number */
#define NOBODY	      0x40000000 /* a number from here on names no process */
#define HEAP_ROOM     ((uint64_t)1 << 40) /* how far behind its start a break may come to lie */
#define STACK_ROOM    ((uint64_t)1 << 30) /* how far a stack may grow below its top */
#define STACK_SHIFT   ((int64_t)16384)	  /* the kernel moves the first stack pointer by less than this at random */
#define PLACES_APART  ((uint64_t)2 << 20) /* two places that no program's alignment tells apart: a huge page */
#define PLACES_MAX    64		  /* that are looked at for one mapping */
#define IS_ADDRESS(k) ((k) == KIND_PTR)

enum { RECORDED, ACTUAL, SIDES };

/* A piece of address space that both runs have: the same length, at other places. */
struct region {
	uint64_t start[SIDES];
	uint64_t len;
};

/* Where something grows from: the break upwards, the stack downwards. */
struct anchor {
	bool known;
	uint64_t at[SIDES];
};

struct bijection {
	struct map64 *to[SIDES]; /* [RECORDED]: recorded to actual */
};

/* Of the whole run. */
struct identities {
	unsigned holders;
	struct bijection kinds[ABI_NSPACES];
};

/* Of one address space. */
struct maps {
	unsigned holders;
	struct region *regions; /* by recorded start, ascending; never overlapping on a side */
	size_t nregions, room;
	struct anchor heap, stack;
	bool unlike; /* some region lies elsewhere */
	int64_t stack_shift; /* of what lies below the program's arguments, learnt from the first address that needs it */
	struct identities *ids;
};

struct maps *maps_new(void)
{
	struct maps *m = xcalloc(1, sizeof(*m));

	m->holders = 1;
	m->ids = xcalloc(1, sizeof(*m->ids));
	m->ids->holders = 1;
	return m;
}

struct maps *maps_share(struct maps *m)
{
	m->holders++;
	return m;
}

struct maps *maps_copy(const struct maps *from)
{
	struct maps *m = xcalloc(1, sizeof(*m));

	*m = *from;
	m->holders = 1;
	m->ids->holders++;
	m->room = from->nregions;
	m->regions = m->room ? xcalloc(m->room, sizeof(*m->regions)) : NULL;
	if (m->room)
		memcpy(m->regions, from->regions, m->room * sizeof(*m->regions));
	return m;
}

static void identities_drop(struct identities *ids)
{
	if (--ids->holders)
		return;
	for (int k = 0; k < ABI_NSPACES; k++) {
		for (int side = 0; side < SIDES; side++) {
			if (ids->kinds[k].to[side])
				map64_free(ids->kinds[k].to[side]);
		}
	}
	free(ids);
}

void maps_free(struct maps *m)
{
	if (!m || --m->holders)
		return;
	identities_drop(m->ids);
	free(m->regions);
	free(m);
}

size_t maps_count(const struct maps *m, enum abi_kind kind)
{
	if (IS_ADDRESS(kind))
		return m->nregions;
	return m->ids->kinds[kind].to[RECORDED] ? map64_count(m->ids->kinds[kind].to[RECORDED]) : 0;
}

/* ---- regions ---- */

/* Number of regions whose recorded start is at most addr. */
static size_t regions_upto(const struct maps *m, uint64_t addr)
{
	size_t low = 0, high = m->nregions;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->regions[middle].start[RECORDED] <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert_region(struct maps *m, const struct region *r)
{
	size_t at = regions_upto(m, r->start[RECORDED]);

	if (!r->len)
		return;
	if (m->nregions == m->room) {
		m->room = m->room ? 2 * m->room : 32;
		m->regions = xrealloc(m->regions, m->room, sizeof(*m->regions));
	}
	memmove(m->regions + at + 1, m->regions + at, (m->nregions - at) * sizeof(*m->regions));
	m->regions[at] = *r;
	m->nregions++;
}

/* Takes [start, start + len) of one side, and what corresponds to it, out of the regions. */
static void cut(struct maps *m, int side, uint64_t start, uint64_t len)
{
	uint64_t end = start + len < start ? UINT64_MAX : start + len;

	for (size_t i = m->nregions; i-- > 0;) {
		struct region r = m->regions[i];
		uint64_t from = start > r.start[side] ? start - r.start[side] : 0;
		uint64_t to = end > r.start[side] ? end - r.start[side] : 0;

		if (to > r.len)
			to = r.len;
		if (from >= to)
			continue;
		memmove(m->regions + i, m->regions + i + 1, (m->nregions - i - 1) * sizeof(*m->regions));
		m->nregions--;
		insert_region(m, &(struct region){ { r.start[0], r.start[1] }, from });
		insert_region(m, &(struct region){ { r.start[0] + to, r.start[1] + to }, r.len - to });
	}
}

static void add_region(struct maps *m, uint64_t recorded, uint64_t actual, uint64_t len)
{
	if (!len || recorded + len < recorded || actual + len < actual)
		return;
	cut(m, RECORDED, recorded, len);
	cut(m, ACTUAL, actual, len);
	m->unlike |= recorded != actual;
	insert_region(m, &(struct region){ { recorded, actual }, len });
}

static bool inside(const struct region *r, int side, uint64_t addr)
{
	return addr >= r->start[side] && addr - r->start[side] < r->len;
}

static bool in_any_region(const struct maps *m, int side, uint64_t addr)
{
	for (size_t i = 0; i < m->nregions; i++) {
		if (inside(&m->regions[i], side, addr))
			return true;
	}
	return false;
}

bool maps_mapped(const struct maps *m, bool actual, uint64_t addr)
{
	return in_any_region(m, actual ? ACTUAL : RECORDED, addr);
}

/* Same offset in r, its end included. */
static bool corresponds(const struct region *r, uint64_t recorded, uint64_t actual)
{
	return recorded >= r->start[RECORDED] && recorded - r->start[RECORDED] <= r->len &&
	       actual - r->start[ACTUAL] == recorded - r->start[RECORDED];
}

/* No region begins between an anchor and an address: what grows there has grown that far. */
static bool in_reach(const struct maps *m, const struct anchor *a, uint64_t recorded)
{
	return regions_upto(m, a->at[RECORDED]) == regions_upto(m, recorded);
}

/* Below the top of both stacks, at the same distance, or at the distance that the first such address had. */
static bool on_stack(struct maps *m, uint64_t recorded, uint64_t actual)
{
	uint64_t below[SIDES] = { m->stack.at[RECORDED] - recorded, m->stack.at[ACTUAL] - actual };
	int64_t shift;

	if (!m->stack.known || below[RECORDED] > STACK_ROOM || below[ACTUAL] > STACK_ROOM ||
	    !in_reach(m, &m->stack, recorded))
		return false;
	shift = (int64_t)below[ACTUAL] - (int64_t)below[RECORDED];
	if (shift == 0 || shift == m->stack_shift)
		return true;
	if (m->stack_shift || shift % 16 || shift >= STACK_SHIFT || shift <= -STACK_SHIFT)
		return false;
	m->stack_shift = shift;
	return true;
}

static bool on_heap(const struct maps *m, uint64_t recorded, uint64_t actual)
{
	uint64_t above = recorded - m->heap.at[RECORDED];

	return m->heap.known && recorded >= m->heap.at[RECORDED] && above <= HEAP_ROOM &&
	       in_reach(m, &m->heap, recorded) && actual - m->heap.at[ACTUAL] == above;
}

static bool check_address(struct maps *m, uint64_t recorded, uint64_t actual)
{
	size_t at;

	if (!recorded || !actual || recorded == UINT64_MAX || actual == UINT64_MAX)
		return recorded == actual;
	at = regions_upto(m, recorded);
	if (at > 0 && corresponds(&m->regions[at - 1], recorded, actual))
		return true;
	/* the end of the region before the one that starts here */
	if (at > 1 && m->regions[at - 1].start[RECORDED] == recorded && corresponds(&m->regions[at - 2], recorded, actual))
		return true;
	if (at > 0 && inside(&m->regions[at - 1], RECORDED, recorded))
		return false;
	if (in_any_region(m, ACTUAL, actual))
		return false;
	return on_stack(m, recorded, actual) || on_heap(m, recorded, actual) || recorded == actual;
}

/* ---- the other kinds ---- */

/* Values that name nothing: they stand for themselves. */
static bool is_fixed(enum abi_kind kind, num_t n)
{
	/* the first timer and the first object of System V have number 0; what no key has names a keyring */
	if (kind == KIND_FD || kind == KIND_ID)
		return n < 0;
	return n == 0 || n == -1;
}

/* Both are numbers of tasks that are known to correspond. */
static bool known_tasks(const struct maps *m, uint64_t recorded, uint64_t actual)
{
	const struct bijection *b = &m->ids->kinds[KIND_PID];
	uint64_t partner;

	return b->to[RECORDED] && map64_get(b->to[RECORDED], recorded, &partner) && partner == actual;
}

/*
 * The word of a futex: any number of the program's own, or the owner's thread number with two flags (FUTEX_TID_MASK).
 * Numbers that differ must be threads.
 */
static bool check_futex(const struct maps *m, num_t recorded, num_t actual)
{
	const num_t flags = ~(num_t)FUTEX_TID_MASK;

	if (recorded == actual)
		return true;
	return (recorded & flags) == (actual & flags) &&
	       known_tasks(m, (uint64_t)(recorded & FUTEX_TID_MASK), (uint64_t)(actual & FUTEX_TID_MASK));
}

#define CLOCK_OF_FD 3 /* the three bits of a clock that is a descriptor's */

/* The CPU time of a task is clock ~number << 3, with three bits that say which time of what (linux/posix-timers.h). */
static bool check_clock(const struct maps *m, num_t recorded, num_t actual)
{
	if (recorded == actual)
		return true;
	return recorded < 0 && actual < 0 && (recorded & 7) == (actual & 7) &&
	       known_tasks(m, (uint64_t)~(recorded >> 3), (uint64_t)~(actual >> 3));
}

/* make: a pair of values that are both new becomes an entry; else they must be equal. */
static bool check_identity(struct maps *m, unsigned space, num_t recorded, num_t actual, bool make)
{
	struct bijection *b = &m->ids->kinds[space];
	uint64_t key[SIDES], value[SIDES];
	bool has[SIDES];

	if (space == KIND_FUTEX)
		return check_futex(m, recorded, actual);
	if (space == KIND_CLOCK)
		return check_clock(m, recorded, actual);
	if (is_fixed(abi_space_kind(space), recorded) || is_fixed(abi_space_kind(space), actual))
		return recorded == actual;
	if (space == KIND_PID) {
		/* a negative number names a process group */
		if ((recorded < 0) != (actual < 0))
			return false;
		recorded = recorded < 0 ? -recorded : recorded;
		actual = actual < 0 ? -actual : actual;
	}
	key[RECORDED] = (uint64_t)recorded;
	key[ACTUAL] = (uint64_t)actual;
	for (int side = 0; side < SIDES; side++) {
		if (!b->to[side])
			b->to[side] = map64_new();
		has[side] = map64_get(b->to[side], key[side], &value[side]);
	}
	if (has[RECORDED] != has[ACTUAL])
		return false;
	if (has[RECORDED])
		return value[RECORDED] == key[ACTUAL] && value[ACTUAL] == key[RECORDED];
	if (!make && recorded != actual)
		return false;
	map64_put(b->to[RECORDED], key[RECORDED], key[ACTUAL]);
	map64_put(b->to[ACTUAL], key[ACTUAL], key[RECORDED]);
	return true;
}

/* The identity on one side has ended: its partner's, too. */
static void end_identity(struct maps *m, enum abi_kind kind, int side, num_t n)
{
	struct bijection *b = &m->ids->kinds[kind];
	uint64_t partner;

	if (!b->to[side] || !map64_get(b->to[side], (uint64_t)n, &partner))
		return;
	map64_del(b->to[side], (uint64_t)n);
	map64_del(b->to[1 - side], partner);
}

static num_t actual_process(const struct maps *m, num_t recorded)
{
	const struct map64 *to = m->ids->kinds[KIND_PID].to[RECORDED];
	uint64_t partner;

	if (!to || !map64_get(to, (uint64_t)(recorded < 0 ? -recorded : recorded), &partner))
		return recorded;
	return recorded < 0 ? -(num_t)partner : (num_t)partner;
}

num_t maps_actual_number(const struct maps *m, enum abi_kind kind, num_t recorded)
{
	uint64_t partner;

	if (kind == KIND_PORT && m->ids->kinds[kind].to[RECORDED] &&
	    map64_get(m->ids->kinds[kind].to[RECORDED], (uint64_t)recorded, &partner))
		return (num_t)partner;
	if (kind == KIND_PID)
		return actual_process(m, recorded);
	if (kind == KIND_CLOCK && recorded < 0 && (recorded & 7) != CLOCK_OF_FD)
		return ~actual_process(m, ~(recorded >> 3)) * 8 + (recorded & 7);
	return recorded;
}

bool maps_only_actual(const struct maps *m, num_t n)
{
	const struct bijection *b = &m->ids->kinds[KIND_PID];
	uint64_t key = (uint64_t)(n < 0 ? -n : n), partner;

	return b->to[ACTUAL] && map64_get(b->to[ACTUAL], key, &partner) && !map64_get(b->to[RECORDED], key, &partner);
}

void maps_process_born(struct maps *m, num_t recorded, num_t actual)
{
	const struct map64 *to = m->ids->kinds[KIND_PID].to[ACTUAL];
	uint64_t former = 0;

	end_identity(m, KIND_PID, RECORDED, recorded);
	if (to && map64_get(to, (uint64_t)actual, &former))
		end_identity(m, KIND_PID, ACTUAL, actual);
	check_identity(m, KIND_PID, recorded, actual, true);
	/* whose number this was has ended: what the program calls so must be nobody to the kernel, either */
	if (former && (num_t)former <= PID_MOST)
		check_identity(m, KIND_PID, (num_t)former, NOBODY + (num_t)former, true);
}

bool maps_check(struct maps *m, unsigned space, num_t recorded, num_t actual)
{
	return IS_ADDRESS(space) ? check_address(m, (uint64_t)recorded, (uint64_t)actual) :
				  check_identity(m, space, recorded, actual, true);
}

bool maps_known(struct maps *m, unsigned space, num_t recorded, num_t actual)
{
	return IS_ADDRESS(space) ? check_address(m, (uint64_t)recorded, (uint64_t)actual) :
				  check_identity(m, space, recorded, actual, false);
}

/* ---- process numbers in paths ---- */

#define PID_DIGITS 7 /* of the largest that Linux has, 4194304 */

/* Takes a component, up to a slash, off a path. */
static struct value take_component(struct value *path)
{
	const uint8_t *slash = path->len ? memchr(path->data, '/', path->len) : NULL;
	struct value c = value_bytes(path->data, slash ? (size_t)(slash - path->data) : path->len);

	path->data += c.len;
	path->len -= c.len;
	return c;
}

/* 0: no such number. */
static num_t process_number(const struct value *c)
{
	num_t n = 0;

	if (!c->len || c->len > PID_DIGITS || c->data[0] == '0')
		return 0;
	for (size_t i = 0; i < c->len; i++) {
		if (c->data[i] < '0' || c->data[i] > '9')
			return 0;
		n = n * 10 + (c->data[i] - '0');
	}
	return n;
}

bool maps_check_path(struct maps *m, const struct value *recorded, const struct value *actual, bool make)
{
	struct value left[SIDES] = { *recorded, *actual };

	for (;;) {
		struct value c[SIDES] = { take_component(&left[RECORDED]), take_component(&left[ACTUAL]) };
		num_t pid[SIDES] = { process_number(&c[RECORDED]), process_number(&c[ACTUAL]) };

		if (!value_equal(&c[RECORDED], &c[ACTUAL]) &&
		    (!pid[RECORDED] || !pid[ACTUAL] || !check_identity(m, KIND_PID, pid[RECORDED], pid[ACTUAL], make)))
			return false;
		if (!left[RECORDED].len || !left[ACTUAL].len)
			return left[RECORDED].len == left[ACTUAL].len;
		for (int side = 0; side < SIDES; side++) { /* the slash */
			left[side].data++;
			left[side].len--;
		}
	}
}

bool maps_actual_path(const struct maps *m, const struct value *recorded, struct buf *out)
{
	static const char proc[] = "/proc/";
	struct value left = *recorded;
	bool any = false;

	if (left.len < strlen(proc) || memcmp(left.data, proc, strlen(proc)) != 0)
		return false;
	buf_clear(out);
	for (;;) {
		struct value c = take_component(&left);
		num_t pid = process_number(&c), actual = pid ? actual_process(m, pid) : 0;

		if (actual != pid)
			buf_printf(out, "%lld", (long long)actual);
		else
			buf_add(out, c.data, c.len);
		any |= actual != pid;
		if (!left.len)
			return any;
		buf_add(out, "/", 1); /* which stands there */
		left.data++;
		left.len--;
	}
}

static size_t digits(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] >= '0' && data[n] <= '9')
		n++;
	return n;
}

bool maps_text_names(const struct maps *m, const struct value *text)
{
	for (size_t at = 0; at < text->len; at++) {
		struct value number = value_bytes(text->data + at, digits(text->data + at, text->len - at));
		num_t pid = process_number(&number);

		if (pid && actual_process(m, pid) != pid)
			return true;
		at += number.len;
	}
	return false;
}

/* ---- what events do ---- */

static bool same_piece(const struct abi_region *a, const struct abi_region *b, bool by_name)
{
	bool same_size = a->end - a->start == b->end - b->start;

	if (by_name)
		return strcmp(a->name, b->name) == 0 && a->offset == b->offset && (same_size || a->name[0]);
	return same_size && a->offset == b->offset && a->prot == b->prot;
}

/*
 * The actual run's region for a recorded one: the first one that no other took, of the same name, size and offset; else of
 * the same name; else (the program stands at another path) of the same shape.
 */
static const struct abi_region *partner_of(const struct abi_region *r, const struct sys_event *live, const bool *taken)
{
	for (int attempt = 0; attempt < 3; attempt++) {
		for (uint32_t i = 0; i < live->nregions; i++) {
			const struct abi_region *l = &live->regions[i];

			if (taken[i] || !same_piece(r, l, attempt < 2))
				continue;
			if (attempt == 0 && r->end - r->start != l->end - l->start)
				continue;
			return l;
		}
	}
	return NULL;
}

static void forget_memory(struct maps *m)
{
	m->nregions = 0;
	m->heap.known = m->stack.known = false;
	m->stack_shift = 0;
	m->unlike = false;
}

static void apply_exec(struct maps *m, const struct sys_event *rec, const struct sys_event *live)
{
	bool *taken = xcalloc(live->nregions + 1u, sizeof(*taken));

	forget_memory(m);
	for (uint32_t i = 0; i < rec->nregions; i++) {
		const struct abi_region *r = &rec->regions[i], *l;
		uint64_t len;

		if (r->end <= r->start)
			continue;
		l = partner_of(r, live, taken);
		if (!l || l->end <= l->start)
			continue;
		taken[l - live->regions] = true;
		if (strcmp(r->name, "[stack]") == 0) {
			m->stack = (struct anchor){ true, { r->end, l->end } };
			continue;
		}
		if (strcmp(r->name, "[heap]") == 0)
			m->heap = (struct anchor){ true, { r->start, l->start } };
		len = r->end - r->start;
		add_region(m, r->start, l->start, len < l->end - l->start ? len : l->end - l->start);
	}
	free(taken);
}

static uint64_t pages(uint64_t len)
{
	return len > UINT64_MAX - PAGE ? UINT64_MAX & ~(uint64_t)(PAGE - 1) : (len + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void apply_mmap(struct maps *m, const struct sys_event *rec, const struct sys_event *live)
{
	add_region(m, (uint64_t)rec->ret, (uint64_t)live->ret, smaller(pages(rec->args[1]), pages(live->args[1])));
}

static void apply_munmap(struct maps *m, const struct sys_event *rec, const struct sys_event *live)
{
	cut(m, RECORDED, rec->args[0], pages(rec->args[1]));
	cut(m, ACTUAL, live->args[0], pages(live->args[1]));
}

static void apply_mremap(struct maps *m, const struct sys_event *rec, const struct sys_event *live)
{
	apply_munmap(m, rec, live);
	add_region(m, (uint64_t)rec->ret, (uint64_t)live->ret, smaller(pages(rec->args[2]), pages(live->args[2])));
}

/* The first answer of brk(2) after an exec is where the heap starts. */
static void apply_brk(struct maps *m, const struct sys_event *rec, const struct sys_event *live)
{
	if (!m->heap.known)
		m->heap = (struct anchor){ true, { (uint64_t)rec->ret, (uint64_t)live->ret } };
}

static const struct {
	const char *name;
	void (*apply)(struct maps *m, const struct sys_event *rec, const struct sys_event *live);
} memory_calls[] = {
	{ "brk", apply_brk },
	{ "mmap", apply_mmap },
	{ "mremap", apply_mremap },
	{ "munmap", apply_munmap },
};

static void apply_fds(struct maps *m, int side, const struct sys_event *ev)
{
	if (!m->ids->kinds[KIND_FD].to[side])
		return;
	/* made anew or closed: what the number stood for has ended */
	for (uint32_t i = 0; i < ev->nfds; i++)
		end_identity(m, KIND_FD, side, ev->fds[i].fd);
}

static bool kernel_chooses(const struct sys_event *ev)
{
	return ev->args[0] == 0 && !(ev->args[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT));
}

/* Nothing that is known of the actual run lies there. */
static bool is_free(const struct maps *m, uint64_t place, uint64_t len)
{
	for (size_t i = 0; i < m->nregions; i++) {
		const struct region *r = &m->regions[i];

		if (r->start[ACTUAL] < place + len && place < r->start[ACTUAL] + r->len)
			return false;
	}
	return true;
}

uint64_t maps_wanted_place(const struct maps *m, const struct abi_schema *schema, const struct sys_event *rec,
			   const struct sys_event *live)
{
	unsigned tries = PLACES_MAX;
	uint64_t place;

	/* where stacks lie elsewhere, what is asked for might be in the way of one that grows */
	if (!m->unlike || !m->stack.known || m->stack.at[RECORDED] != m->stack.at[ACTUAL])
		return 0;
	if (rec->type != EVENT_CALL || rec->call != live->call || rec->call == ABI_UNDESCRIBED ||
	    strcmp(abi_schema_call(schema, rec->call)->row->name, "mmap") != 0)
		return 0;
	if (!(rec->flags & EVENT_RETURNED) || event_failed(rec) || !kernel_chooses(rec) || !kernel_chooses(live))
		return 0;
	for (place = (uint64_t)rec->ret; place > PLACES_APART; place -= PLACES_APART) {
		if (is_free(m, place, pages(live->args[1])))
			return place;
		if (--tries == 0)
			break;
	}
	return 0;
}

void maps_apply(struct maps *m, const struct abi_schema *schema, const struct sys_event *rec, const struct sys_event *live)
{
	const struct abi_row *row;

	if (rec->call == ABI_UNDESCRIBED || rec->call != live->call || rec->type != EVENT_CALL ||
	    !(rec->flags & live->flags & EVENT_RETURNED) || event_failed(rec) || event_failed(live))
		return;
	apply_fds(m, RECORDED, rec);
	apply_fds(m, ACTUAL, live);
	row = abi_schema_call(schema, rec->call)->row;
	if ((row->flags & CALL_EXEC) && rec->regions && live->regions)
		apply_exec(m, rec, live);
	if (!(row->flags & CALL_MAPS))
		return;
	for (size_t i = 0; i < sizeof(memory_calls) / sizeof(memory_calls[0]); i++) {
		if (strcmp(row->name, memory_calls[i].name) == 0)
			memory_calls[i].apply(m, rec, live);
	}
}

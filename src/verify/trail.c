/*
 * Tasks, their address spaces, and marks that spread over them.
 */
#include "verify/trail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/map.h"
#include "recording/lineage.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

struct region {
	uint64_t start, end, offset;
	const char *name;
};

/* What tasks with the same memory have in common. */
struct space {
	unsigned holders;
	struct region *regions; /* in no order, none overlaps another */
	size_t n, room;
	size_t mark; /* 0: none, else difference + 1 */
};

struct walker {
	struct space *space; /* NULL: it has ended */
	uint64_t calls;
	size_t mark;
};

struct trail {
	const struct abi_schema *schema;
	struct arena *arena;
	struct strmap *names; /* of modules, to the one copy */
	struct lineage *lineage;
	struct buf text;
	struct walker **walkers; /* by task number; NULL: not heard of */
	size_t nwalkers;
	bool marked;		 /* there is a mark, so that they may spread */
	struct strmap *written; /* path of a pipe or file that a marked task has written to, to the mark */
	struct map64 *pids;	 /* process number to task, of those that were made */
};

/* ---- spaces ---- */

static struct space *space_new(const struct space *from)
{
	struct space *s = xcalloc(1, sizeof(*s));

	s->holders = 1;
	if (from && from->n) {
		s->n = s->room = from->n;
		s->regions = xcalloc(s->n, sizeof(*s->regions));
		memcpy(s->regions, from->regions, s->n * sizeof(*s->regions));
	}
	return s;
}

static void space_drop(struct space *s)
{
	if (!s || --s->holders)
		return;
	free(s->regions);
	free(s);
}

static void add_region(struct space *s, const struct region *r)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 32;
		s->regions = xrealloc(s->regions, s->room, sizeof(*s->regions));
	}
	s->regions[s->n++] = *r;
}

/* Takes [start, end) out of the regions. */
static void cut(struct space *s, uint64_t start, uint64_t end)
{
	for (size_t i = s->n; i-- > 0;) {
		struct region r = s->regions[i], behind = r;

		if (r.start >= end || start >= r.end)
			continue;
		s->regions[i] = s->regions[--s->n];
		if (r.end > end) {
			behind.offset += end - r.start;
			behind.start = end;
			add_region(s, &behind);
		}
		if (r.start < start) {
			r.end = start;
			add_region(s, &r);
		}
	}
}

/* ---- tasks ---- */

#define TASKS_MOST (1u << 22) /* those behind are taken for one */

static struct walker *walker_of(struct trail *t, uint32_t task)
{
	/* a file may name any number */
	if (task > TASKS_MOST)
		task = TASKS_MOST;
	if (task >= t->nwalkers) {
		size_t n = task + 16u;

		t->walkers = xrealloc(t->walkers, n, sizeof(struct walker *));
		memset(t->walkers + t->nwalkers, 0, (n - t->nwalkers) * sizeof(struct walker *));
		t->nwalkers = n;
	}
	if (!t->walkers[task])
		t->walkers[task] = xcalloc(1, sizeof(struct walker));
	if (!t->walkers[task]->space)
		t->walkers[task]->space = space_new(NULL);
	return t->walkers[task];
}

struct trail *trail_new(const struct abi_schema *schema)
{
	struct trail *t = xcalloc(1, sizeof(*t));

	t->schema = schema;
	t->arena = arena_new();
	t->names = strmap_new();
	t->written = strmap_new();
	t->pids = map64_new();
	t->lineage = lineage_new();
	return t;
}

void trail_free(struct trail *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nwalkers; i++) {
		if (t->walkers[i])
			space_drop(t->walkers[i]->space);
		free(t->walkers[i]);
	}
	free(t->walkers);
	strmap_free(t->names);
	strmap_free(t->written);
	map64_free(t->pids);
	lineage_free(t->lineage);
	buf_free(&t->text);
	arena_free(t->arena);
	free(t);
}

const char *trail_name(struct trail *t, uint32_t task)
{
	const char *name = lineage_name(t->lineage, task);

	if (strcmp(name, "?") != 0)
		return name;
	buf_clear(&t->text);
	buf_printf(&t->text, "task %" PRIu32, task);
	return buf_cstr(&t->text);
}

const char *trail_child(struct trail *t, uint32_t task)
{
	return lineage_child(t->lineage, task);
}

uint64_t trail_calls(struct trail *t, uint32_t task)
{
	return walker_of(t, task)->calls;
}

const char *trail_where(struct trail *t, uint32_t task, uint64_t ip, uint64_t *offset)
{
	const struct space *s = walker_of(t, task)->space;

	for (size_t i = 0; i < s->n; i++) {
		const struct region *r = &s->regions[i];

		if (ip < r->start || ip >= r->end)
			continue;
		*offset = ip - r->start + r->offset;
		return *r->name ? r->name : NULL;
	}
	return NULL;
}

/* ---- marks ---- */

static size_t mark_of(const struct walker *w)
{
	return w->mark ? w->mark : w->space->mark;
}

static void set_mark(struct walker *w, size_t mark)
{
	if (!w->mark)
		w->mark = mark;
	if (!w->space->mark)
		w->space->mark = mark;
}

void trail_mark(struct trail *t, uint32_t task, size_t difference)
{
	t->marked = true;
	set_mark(walker_of(t, task), difference + 1);
}

/* What its first argument, a descriptor, refers to, if that is a pipe or a file. */
static bool path_of(const struct abi_row *row, const struct sys_event *live, struct facts *facts, struct value *path)
{
	struct value kind;

	if (row->nargs == 0 || row->args[0].kind != KIND_FD || row->args[0].pointer)
		return false;
	return facts_get(facts, live, FACT_FD_KIND, (int32_t)live->args[0], &kind) &&
	       (kind.num == FD_KIND_PIPE || kind.num == FD_KIND_FILE) &&
	       facts_get(facts, live, FACT_FD_PATH, (int32_t)live->args[0], path) && path->len;
}

/* What a marked task has written may make whoever reads it differ. */
static void note_written(struct trail *t, const struct walker *w, const struct abi_row *row, const struct sys_event *live,
			 struct facts *facts)
{
	struct value path;
	uint64_t mark;

	if (mark_of(w) && (row->flags & CALL_CHANGES) && path_of(row, live, facts, &path) &&
	    !strmap_get(t->written, (const char *)path.data, path.len, &mark))
		strmap_put(t->written, (const char *)path.data, path.len, mark_of(w));
}

static size_t mark_of_pid(const struct trail *t, uint64_t pid)
{
	uint64_t task;

	return map64_get(t->pids, pid, &task) && task < t->nwalkers && t->walkers[task] ? t->walkers[task]->mark : 0;
}

/* Who has ended, or has sent it. */
static size_t mark_of_signal(const struct trail *t, const struct sys_event *live)
{
	siginfo_t info;

	if (live->nblocks == 0 || !live->blocks[0].data || live->blocks[0].len != sizeof(info))
		return 0;
	memcpy(&info, live->blocks[0].data, sizeof(info));
	if (live->args[0] != SIGCHLD && info.si_code != SI_USER && info.si_code != SI_TKILL && info.si_code != SI_QUEUE)
		return 0;
	return mark_of_pid(t, (uint64_t)info.si_pid);
}

/* The mark of what a finished call has told the task, or 0. */
static size_t mark_of_told(struct trail *t, const struct sys_event *live, struct facts *facts)
{
	const struct abi_row *row = abi_schema_call(t->schema, live->call)->row;
	struct value path;
	uint64_t mark;

	if (strcmp(row->name, "wait4") == 0)
		return mark_of_pid(t, (uint64_t)live->ret);
	if (strcmp(row->name, "waitid") == 0)
		return mark_of_pid(t, live->args[1]);
	if (((row->flags & CALL_STREAM) || strncmp(row->name, "pread", 5) == 0) && path_of(row, live, facts, &path) &&
	    strmap_get(t->written, (const char *)path.data, path.len, &mark))
		return (size_t)mark;
	return 0;
}

bool trail_follows(struct trail *t, uint32_t task, const struct sys_event *live, struct facts *facts, size_t *difference)
{
	size_t mark = mark_of(walker_of(t, task));

	if (!mark && t->marked && live && live->type == EVENT_SIGNAL)
		mark = mark_of_signal(t, live);
	if (!mark && t->marked && live && live->type == EVENT_CALL && (live->flags & EVENT_RETURNED) &&
	    live->call != ABI_UNDESCRIBED && !event_failed(live))
		mark = mark_of_told(t, live, facts);
	if (mark)
		*difference = mark - 1;
	return mark != 0;
}

/* ---- events ---- */

void trail_enter(struct trail *t, const struct sys_event *live)
{
	walker_of(t, live->task)->calls++;
}

static const char *keep_name(struct trail *t, const void *name, size_t len)
{
	uint64_t at;
	const char *copy;

	if (strmap_get(t->names, name, len, &at))
		return (const char *)(uintptr_t)at;
	copy = arena_copy(t->arena, name, len);
	strmap_put(t->names, name, len, (uint64_t)(uintptr_t)copy);
	return copy;
}

static uint64_t whole_pages(uint64_t len)
{
	return len > UINT64_MAX - PAGE ? len : (len + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static void on_mmap(struct trail *t, struct space *s, const struct sys_event *live, struct facts *facts)
{
	uint64_t start = (uint64_t)live->ret, end = start + whole_pages(live->args[1]);
	struct value path;

	cut(s, start, end);
	if (!(live->args[3] & MAP_ANONYMOUS) && facts_get(facts, live, FACT_FD_PATH, (int32_t)live->args[4], &path))
		add_region(s, &(struct region){ start, end, live->args[5], keep_name(t, path.data, path.len) });
}

/* What a file's mapping is moved to is that file's still. */
static void on_mremap(struct trail *t, struct space *s, uint32_t task, const struct sys_event *live)
{
	uint64_t start = (uint64_t)live->ret, offset = 0;
	const char *name = trail_where(t, task, live->args[0], &offset);

	cut(s, live->args[0], live->args[0] + whole_pages(live->args[1]));
	cut(s, start, start + whole_pages(live->args[2]));
	if (name)
		add_region(s, &(struct region){ start, start + whole_pages(live->args[2]), offset, name });
}

static void on_exec(struct trail *t, struct walker *w, const struct sys_event *live)
{
	size_t mark = mark_of(w);

	space_drop(w->space);
	w->space = space_new(NULL);
	w->mark = w->space->mark = mark;
	for (uint32_t i = 0; i < live->nregions; i++) {
		const struct abi_region *r = &live->regions[i];

		if (*r->name)
			add_region(w->space, &(struct region){ r->start, r->end, r->offset,
							       keep_name(t, r->name, strlen(r->name)) });
	}
}

static void on_call(struct trail *t, const struct sys_event *live, struct facts *facts)
{
	struct walker *w = walker_of(t, live->task);
	const struct abi_row *row = abi_schema_call(t->schema, live->call)->row;

	if (live->command)
		on_exec(t, w, live);
	if (row->flags & CALL_MAPS) {
		if (strcmp(row->name, "mmap") == 0)
			on_mmap(t, w->space, live, facts);
		else if (strcmp(row->name, "munmap") == 0)
			cut(w->space, live->args[0], live->args[0] + whole_pages(live->args[1]));
		else if (strcmp(row->name, "mremap") == 0)
			on_mremap(t, w->space, live->task, live);
	}
	if (t->marked)
		note_written(t, w, row, live, facts);
}

static void on_task(struct trail *t, const struct sys_event *live)
{
	struct walker *w = walker_of(t, (uint32_t)live->args[0]), *maker = walker_of(t, live->task);

	space_drop(w->space);
	w->space = live->args[1] & CLONE_VM ? maker->space : space_new(maker->space);
	if (w->space == maker->space)
		w->space->holders++;
	w->calls = 0;
	w->mark = mark_of(maker);
	map64_put(t->pids, live->args[2], live->args[0]);
	lineage_take(t->lineage, live);
}

void trail_done(struct trail *t, const struct sys_event *live, struct facts *facts)
{
	struct walker *w;

	switch (live->type) {
	case EVENT_CALL:
		if ((live->flags & EVENT_RETURNED) && !event_failed(live) && !(live->flags & EVENT_EMULATED) &&
		    live->call != ABI_UNDESCRIBED)
			on_call(t, live, facts);
		break;
	case EVENT_TASK:
		on_task(t, live);
		break;
	case EVENT_END: /* its mark stays, for who waits for it */
		w = walker_of(t, live->task);
		w->mark = mark_of(w);
		space_drop(w->space);
		w->space = NULL;
		break;
	case EVENT_SIGNAL:
	case EVENT_INPUT:
	case EVENT_RETURN:
	case EVENT_PREEMPTED:
	case EVENT_EFFECT:
	case EVENT_INSTRUCTION:
	case EVENT_TYPE_COUNT:
		break;
	}
}

/*
 * Tables of descriptors as the kernel has them, of which only those that are standard input are kept.
 */
#include "cmd/inputs.h"

#include "base/check.h"
#include "base/map.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define CLOSES_UNSHARED 2u /* CLOSE_RANGE_UNSHARE, newer than the oldest headers */

struct input {
	int32_t fd;
	uint32_t file;
};

/* Of one task, or of several that share their descriptors. */
struct table {
	unsigned holders;
	size_t n, room;
	struct input *inputs;
};

struct inputs {
	const struct abi_schema *schema;
	enum abi_fd_kind kind;
	const char *path;
	uint32_t files;
	struct map64 *place; /* task number to its place in tables */
	struct table **tables;
	size_t ntables;
};

/* ---- one table ---- */

static void put(struct table *t, int32_t fd, uint32_t file)
{
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 4;
		t->inputs = xrealloc(t->inputs, t->room, sizeof(*t->inputs));
	}
	t->inputs[t->n++] = (struct input){ fd, file };
}

static const struct input *find(const struct table *t, int32_t fd)
{
	for (size_t i = 0; t && i < t->n; i++) {
		if (t->inputs[i].fd == fd)
			return &t->inputs[i];
	}
	return NULL;
}

static void drop(struct table *t, int32_t fd)
{
	const struct input *found = find(t, fd);

	if (found)
		t->inputs[found - t->inputs] = t->inputs[--t->n];
}

static struct table *copy(const struct table *from)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->holders = 1;
	for (size_t i = 0; i < from->n; i++)
		put(t, from->inputs[i].fd, from->inputs[i].file);
	return t;
}

static void let_go(struct table *t)
{
	if (!t || --t->holders)
		return;
	free(t->inputs);
	free(t);
}

/* ---- tables of tasks ---- */

static struct table *table_of(const struct inputs *in, uint32_t task)
{
	uint64_t at;

	return map64_get(in->place, task, &at) ? in->tables[at] : NULL;
}

/* The task has this table from here on; NULL: none, it ended. */
static void set_table(struct inputs *in, uint32_t task, struct table *t)
{
	uint64_t at;

	if (map64_get(in->place, task, &at)) {
		let_go(in->tables[at]);
	} else {
		at = in->ntables++;
		in->tables = xrealloc(in->tables, in->ntables, sizeof(struct table *));
		map64_put(in->place, task, at);
	}
	in->tables[at] = t;
}

/* What the task shared it has for itself now. */
static struct table *unshare_table(struct inputs *in, uint32_t task)
{
	struct table *t = table_of(in, task);

	if (t && t->holders > 1)
		set_table(in, task, t = copy(t));
	return t;
}

struct inputs *inputs_new(const struct abi_schema *schema, const struct rec_stdio *stdio)
{
	struct inputs *in = xcalloc(1, sizeof(*in));
	struct table *t = xcalloc(1, sizeof(*t));

	in->schema = schema;
	in->kind = stdio[0].kind;
	in->path = stdio[0].path;
	in->files = 1;
	in->place = map64_new();
	t->holders = 1;
	put(t, 0, 0);
	for (int fd = 1; fd < 3; fd++) {
		if (in->kind == FD_KIND_TTY && stdio[fd].kind == FD_KIND_TTY && strcmp(stdio[fd].path, in->path) == 0)
			put(t, fd, 0);
	}
	set_table(in, 0, t);
	return in;
}

void inputs_free(struct inputs *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->ntables; i++)
		let_go(in->tables[i]);
	free(in->tables);
	map64_free(in->place);
	free(in);
}

bool inputs_has(const struct inputs *in, uint32_t task, uint64_t fd, uint32_t *file)
{
	const struct input *found = find(table_of(in, task), (int32_t)fd);

	if (found)
		*file = found->file;
	return found != NULL;
}

uint32_t inputs_files(const struct inputs *in)
{
	return in->files;
}

/* ---- what events do to them ---- */

/* The path argument says that what the process has open already is meant. */
static bool by_descriptor(const struct sys_event *ev)
{
	static const char *const names[] = { "/dev/stdin", "/dev/fd/", "/proc/" };

	for (uint32_t i = 0; i < ev->nblocks; i++) {
		const struct abi_block *b = &ev->blocks[i];

		for (size_t n = 0; b->phase == PHASE_ENTRY && b->data && n < ARRAY_LEN(names); n++) {
			size_t len = strlen(names[n]);

			if (b->len >= len && memcmp(b->data, names[n], len) == 0)
				return true;
		}
	}
	return false;
}

/* No duplicate, and standard input all the same. */
static bool is_another(const struct inputs *in, const struct sys_event *ev, const struct abi_fd_info *info)
{
	if (info->kind != in->kind || !info->path || strcmp(info->path, in->path) != 0)
		return false;
	/* "pipe:[17]" is a name that no other one has, whatever way it came: with a message, too */
	return in->kind == FD_KIND_PIPE || in->kind == FD_KIND_SOCKET || by_descriptor(ev);
}

static void note_fd(struct inputs *in, struct table *t, const struct sys_event *ev, const struct abi_fd_info *info,
		    const uint32_t *from)
{
	drop(t, info->fd);
	if (info->kind == FD_KIND_NONE)
		return;
	if (from) {
		put(t, info->fd, *from);
		return;
	}
	if (!is_another(in, ev, info))
		return;
	/* an open file has a position of its own; a stream has none */
	put(t, info->fd, in->kind == FD_KIND_FILE ? in->files++ : 0);
}

static void follow_call(struct inputs *in, const struct sys_event *ev)
{
	const struct abi_row *row = ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(in->schema, ev->call)->row;
	struct table *t = table_of(in, ev->task);
	bool duplicates = false;
	uint32_t file;

	if (!row || !t || !(ev->flags & EVENT_RETURNED) || event_failed(ev))
		return;
	if (ev->command || (strcmp(row->name, "unshare") == 0 && (ev->args[0] & CLONE_FILES)) ||
	    (strcmp(row->name, "close_range") == 0 && (ev->args[2] & CLOSES_UNSHARED)))
		t = unshare_table(in, ev->task);
	if (row->flags & CALL_FD_FLAGS) /* told anew, and still the same descriptor */
		return;
	/* dup, dup2, dup3 and fcntl(F_DUPFD) have the descriptor in argument 0 and the new one as the result */
	if (strncmp(row->name, "dup", 3) == 0 || (row->variant && strncmp(row->variant, "F_DUPFD", 7) == 0))
		duplicates = inputs_has(in, ev->task, ev->args[0], &file);
	for (uint32_t i = 0; i < ev->nfds; i++)
		note_fd(in, t, ev, &ev->fds[i], duplicates ? &file : NULL);
}

static void follow_task(struct inputs *in, const struct sys_event *ev)
{
	struct table *t = table_of(in, ev->task);

	if (!t)
		return;
	if (ev->args[1] & CLONE_FILES)
		t->holders++;
	else
		t = copy(t);
	set_table(in, (uint32_t)ev->args[0], t);
}

void inputs_follow(struct inputs *in, const struct sys_event *ev)
{
	switch (ev->type) {
	case EVENT_CALL:
		follow_call(in, ev);
		break;
	case EVENT_TASK:
		follow_task(in, ev);
		break;
	case EVENT_END:
		if (table_of(in, ev->task))
			set_table(in, ev->task, NULL);
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

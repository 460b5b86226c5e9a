/*
 * Descriptors, working directory, program and clocks of one side, kept up to date from its events.
 */
#include "verify/facts.h"

#include "abi/walk.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One open descriptor; fd -1: the entry is free. */
struct fd_entry {
	int32_t fd;
	enum abi_fd_kind kind;
	uint32_t flags;
	char *path;
};

/* What a clock said when it was read last. */
struct clock_entry {
	int32_t clock;
	num_t last;
};

/* Of all tasks of a run: it is one machine's. */
struct clocks {
	unsigned holders;
	struct clock_entry *entries; /* few: each that was ever read */
	size_t n;
};

struct facts {
	const struct abi_schema *schema;
	char *cwd, *command, *release, *machine, *hostname;
	struct map64 *index; /* descriptor to its place in fds */
	struct fd_entry *fds;
	size_t nfds, room;
	struct clocks *clocks;
	struct buf path; /* file.path, lent to the last asker */
	unsigned holders;
};

static void replace(char **string, const char *with)
{
	char *copy = xstrdup(with ? with : "");

	free(*string);
	*string = copy;
}

struct facts *facts_new(const struct abi_schema *schema, const char *cwd, const char *release, const char *machine,
			const char *hostname)
{
	struct facts *f = xcalloc(1, sizeof(*f));

	f->schema = schema;
	f->holders = 1;
	f->clocks = xcalloc(1, sizeof(*f->clocks));
	f->clocks->holders = 1;
	f->index = map64_new();
	replace(&f->cwd, cwd);
	replace(&f->release, release);
	replace(&f->machine, machine);
	replace(&f->hostname, hostname);
	return f;
}

static void clocks_drop(struct clocks *c)
{
	if (--c->holders)
		return;
	free(c->entries);
	free(c);
}

struct facts *facts_share(struct facts *f)
{
	f->holders++;
	return f;
}

void facts_free(struct facts *f)
{
	if (!f || --f->holders)
		return;
	for (size_t i = 0; i < f->nfds; i++)
		free(f->fds[i].path);
	free(f->fds);
	clocks_drop(f->clocks);
	map64_free(f->index);
	free(f->cwd);
	free(f->command);
	free(f->release);
	free(f->machine);
	free(f->hostname);
	buf_free(&f->path);
	free(f);
}

static struct fd_entry *find(const struct facts *f, int32_t fd)
{
	uint64_t at;

	return map64_get(f->index, (uint32_t)fd, &at) ? &f->fds[at] : NULL;
}

static void forget(struct facts *f, size_t at)
{
	struct fd_entry *last = &f->fds[f->nfds - 1];

	map64_del(f->index, (uint32_t)f->fds[at].fd);
	free(f->fds[at].path);
	if (&f->fds[at] != last) {
		f->fds[at] = *last;
		map64_put(f->index, (uint32_t)last->fd, at);
	}
	f->nfds--;
}

void facts_set_fd(struct facts *f, int32_t fd, enum abi_fd_kind kind, uint32_t flags, const char *path)
{
	struct fd_entry *e = find(f, fd);

	if (kind == FD_KIND_NONE) {
		if (e)
			forget(f, (size_t)(e - f->fds));
		return;
	}
	if (!e) {
		if (f->nfds == f->room) {
			f->room = f->room ? 2 * f->room : 16;
			f->fds = xrealloc(f->fds, f->room, sizeof(*f->fds));
		}
		map64_put(f->index, (uint32_t)fd, f->nfds);
		e = &f->fds[f->nfds++];
		e->path = NULL;
	}
	e->fd = fd;
	e->kind = kind;
	e->flags = flags;
	replace(&e->path, path);
}

static struct clock_entry *find_clock(const struct facts *f, int32_t clock)
{
	for (size_t i = 0; i < f->clocks->n; i++) {
		if (f->clocks->entries[i].clock == clock)
			return &f->clocks->entries[i];
	}
	return NULL;
}

static void set_clock(struct facts *f, int32_t clock, num_t last)
{
	struct clock_entry *e = find_clock(f, clock);
	struct clocks *c = f->clocks;

	/* under these numbers each task has a clock of its own */
	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
		return;
	if (!e) {
		c->entries = xrealloc(c->entries, c->n + 1, sizeof(*c->entries));
		e = &c->entries[c->n++];
		e->clock = clock;
	}
	e->last = last;
}

struct facts *facts_copy(const struct facts *from)
{
	struct facts *f = facts_new(from->schema, from->cwd, from->release, from->machine, from->hostname);

	replace(&f->command, from->command);
	for (size_t i = 0; i < from->nfds; i++) {
		const struct fd_entry *e = &from->fds[i];

		facts_set_fd(f, e->fd, e->kind, e->flags, e->path);
	}
	clocks_drop(f->clocks);
	f->clocks = from->clocks;
	f->clocks->holders++;
	return f;
}

/* An exec closes what is marked so. */
static void close_on_exec(struct facts *f)
{
	for (size_t i = f->nfds; i-- > 0;) {
		if (f->fds[i].flags & O_CLOEXEC)
			forget(f, i);
	}
}

/* A call that is given a clock and gives a time back has read it. */
static void after_reading_clock(struct facts *f, const struct sys_event *ev, const struct abi_call *call)
{
	struct value clock = { .type = VALUE_ABSENT }, told = { .type = VALUE_ABSENT };

	for (uint32_t i = 0; i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(f->schema, call->leaf_first + i);

		if (leaf->is_addr || leaf->enc == ENC_BYTES)
			continue;
		if (leaf->kind == KIND_CLOCK && leaf->reg < ABI_ARGS)
			clock = abi_field_value(f->schema, ev, leaf->id);
		else if (leaf->kind == KIND_TIME && leaf->dir == DIR_OUT)
			told = abi_field_value(f->schema, ev, leaf->id);
	}
	if (clock.type == VALUE_NUM && told.type == VALUE_NUM)
		set_clock(f, (int32_t)clock.num, told.num);
}

void facts_apply(struct facts *f, const struct sys_event *ev)
{
	const struct abi_call *call = ev->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(f->schema, ev->call);

	for (uint32_t i = 0; i < ev->nfds; i++)
		facts_set_fd(f, ev->fds[i].fd, ev->fds[i].kind, ev->fds[i].flags, ev->fds[i].path);
	if (call && call->row->classes & CLASS_CLOCK && !event_failed(ev))
		after_reading_clock(f, ev, call);
	if (ev->cwd)
		replace(&f->cwd, ev->cwd);
	if (ev->command) {
		replace(&f->command, ev->command);
		close_on_exec(f);
	}
}

/* Takes the last component off an absolute path. */
static void drop_component(struct buf *path)
{
	while (path->len > 0 && path->data[path->len - 1] != '/')
		path->len--;
	if (path->len > 0)
		path->len--;
}

/* Appends path's components to out, which is "" (the root) or has no slash at its end. */
static void add_components(struct buf *out, const char *path, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t end = at;

		while (end < len && path[end] != '/')
			end++;
		if (end - at == 2 && path[at] == '.' && path[at + 1] == '.') {
			drop_component(out);
		} else if (end - at > 0 && !(end - at == 1 && path[at] == '.')) {
			buf_byte(out, '/');
			buf_add(out, path + at, end - at);
		}
		at = end + 1;
	}
}

/* The first path argument of a call: its leaf, and the descriptor argument before it that a relative path starts from. */
static const struct abi_leaf *path_leaf(const struct abi_schema *s, const struct abi_call *call, const struct abi_leaf **dir)
{
	const struct abi_leaf *before = NULL;

	*dir = NULL;
	for (uint32_t i = 0; i < call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s, call->leaf_first + i);

		if (leaf->kind == KIND_PATH && leaf->enc == ENC_BYTES && (leaf->dir & DIR_IN)) {
			*dir = before;
			return leaf;
		}
		if (!leaf->is_addr)
			before = leaf->kind == KIND_FD && leaf->reg < ABI_ARGS ? leaf : NULL;
	}
	return NULL;
}

/* The folder that a relative path of ev starts from, or NULL: not known. */
static const char *start_of(const struct facts *f, const struct sys_event *ev, const struct abi_leaf *dir)
{
	const struct fd_entry *e;
	struct value fd;

	if (!dir)
		return f->cwd;
	fd = abi_field_value(f->schema, ev, dir->id);
	if (fd.type != VALUE_NUM)
		return NULL;
	if (fd.num == AT_FDCWD)
		return f->cwd;
	e = find(f, (int32_t)fd.num);
	return e && e->kind == FD_KIND_DIR ? e->path : NULL;
}

static bool file_path(struct facts *f, const struct sys_event *ev, struct value *out)
{
	const struct abi_leaf *leaf, *dir;
	struct value path;
	const char *start;

	if (ev->call == ABI_UNDESCRIBED)
		return false;
	leaf = path_leaf(f->schema, abi_schema_call(f->schema, ev->call), &dir);
	if (!leaf)
		return false;
	path = abi_field_value(f->schema, ev, leaf->id);
	if (path.type != VALUE_BYTES || path.len == 0)
		return false;
	path.len = strnlen((const char *)path.data, path.len);
	buf_clear(&f->path);
	if (path.len == 0 || path.data[0] != '/') {
		start = start_of(f, ev, dir);
		if (!start || start[0] != '/')
			return false;
		add_components(&f->path, start, strlen(start));
	}
	add_components(&f->path, (const char *)path.data, path.len);
	if (f->path.len == 0)
		buf_byte(&f->path, '/');
	value_set_bytes(out, f->path.data, f->path.len);
	return true;
}

static bool string_fact(const char *s, struct value *out)
{
	if (!s)
		return false;
	value_set_bytes(out, s, strlen(s));
	return true;
}

static bool fd_fact(const struct facts *f, enum abi_fact fact, int32_t fd, struct value *out)
{
	const struct fd_entry *e = find(f, fd);

	if (!e && fd == AT_FDCWD) {
		if (fact == FACT_FD_PATH)
			return string_fact(f->cwd, out);
		value_set_num(out, fact == FACT_FD_KIND ? FD_KIND_DIR : 0);
		return fact == FACT_FD_KIND;
	}
	if (!e)
		return false;
	if (fact == FACT_FD_PATH)
		return string_fact(e->path, out);
	value_set_num(out, fact == FACT_FD_KIND ? (num_t)e->kind : (num_t)e->flags);
	return true;
}

static bool clock_fact(const struct facts *f, int32_t clock, struct value *out)
{
	const struct clock_entry *e = find_clock(f, clock);

	if (e)
		value_set_num(out, e->last);
	return e != NULL;
}

bool facts_can_write(const struct facts *f, const char *path)
{
	for (size_t i = 0; i < f->nfds; i++) {
		if ((f->fds[i].flags & O_ACCMODE) != O_RDONLY && strcmp(f->fds[i].path, path) == 0)
			return true;
	}
	return false;
}

const char *facts_path(const struct facts *f, int32_t fd)
{
	const struct fd_entry *e = find(f, fd);

	return e ? e->path : NULL;
}

bool facts_get(struct facts *f, const struct sys_event *ev, enum abi_fact fact, int32_t about, struct value *out)
{
	switch (fact) {
	case FACT_FD_PATH:
	case FACT_FD_KIND:
	case FACT_FD_FLAGS:
		return fd_fact(f, fact, about, out);
	case FACT_FILE_PATH:
		return file_path(f, ev, out);
	case FACT_COMMAND:
		return string_fact(f->command, out);
	case FACT_TASK_DEPTH:
		return false; /* no fact of a descriptor table: decide_context has it */
	case FACT_HOST_RELEASE:
		return string_fact(f->release, out);
	case FACT_HOST_MACHINE:
		return string_fact(f->machine, out);
	case FACT_HOST_HOSTNAME:
		return string_fact(f->hostname, out);
	case FACT_CLOCK_LAST:
		return clock_fact(f, about, out);
	case FACT_PEER:
		return ev->flags & EVENT_OUTSIDE && string_fact("outside", out);
	case FACT_COUNT:
		break;
	}
	INVARIANT(fact < FACT_COUNT);
	return false;
}

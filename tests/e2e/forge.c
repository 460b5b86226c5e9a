/*
 * Lies about a run: copies of a recording with one thing changed and all digests right, as somebody makes them who can
 * write a recording but not change the run.
 *   forge IN               lists them: "NUMBER SEQ CALL FIELD HOW"
 *   forge IN OUT NUMBER    writes one
 */
#include "abi/schema.h"
#include "base/check.h"
#include "recording/recording.h"
#include "verify/ahead.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENT ((size_t)64 << 20)
#define NONE      UINT64_MAX

struct forger {
	const struct abi_schema *schema;
	struct arena *arena;
	uint64_t wanted, n; /* lies: the one to be told, and how many were thought of so far */
	bool drop, again;   /* what the lie makes of the event as a whole */
};

/* The next lie is the wanted one: says what about. */
static bool lie(struct forger *f, const struct sys_event *ev, const char *field, const char *how)
{
	const char *call = (ev->type == EVENT_CALL || ev->type == EVENT_INSTRUCTION) && ev->call != ABI_UNDESCRIBED
				   ? abi_schema_call(f->schema, ev->call)->label
			   : ev->type == EVENT_SIGNAL ? "signal"
			   : ev->type == EVENT_EFFECT ? "effect"
						      : "task_end";

	if (f->wanted == NONE)
		printf("%" PRIu64 " %" PRIu64 " %s %s %s\n", f->n, ev->seq, call, field, how);
	return f->n++ == f->wanted;
}

static const char *argument_name(const struct forger *f, const struct sys_event *ev, unsigned reg)
{
	const struct abi_call *c = abi_schema_call(f->schema, ev->call);

	for (uint32_t i = 0; i < c->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(f->schema, c->leaf_first + i);

		if (leaf->reg == reg)
			return leaf->path;
	}
	return NULL;
}

/* The name of a block: its pointer without ".addr". */
static const char *block_name(const struct forger *f, const struct sys_event *ev, const struct abi_block *b)
{
	const struct abi_call *c = abi_schema_call(f->schema, ev->call);
	const char *path = abi_schema_leaf(f->schema, c->leaf_first + b->node)->path;
	size_t len = strlen(path);

	if (len > 5 && strcmp(path + len - 5, ".addr") == 0)
		len -= 5;
	return arena_copy(f->arena, path, len);
}

static void flip(struct forger *f, struct abi_block *b, uint32_t at)
{
	uint8_t *data = arena_copy(f->arena, b->data, b->len);

	data[at] ^= 1;
	b->data = data;
}

static void forge_block(struct forger *f, struct sys_event *ev, uint32_t index)
{
	struct abi_block *b = &ev->blocks[index];
	const char *name = block_name(f, ev, b), *phase = b->phase == PHASE_ENTRY ? "before" : "after";
	uint32_t less;

	if (b->len && lie(f, ev, name, arena_printf(f->arena, "first-byte %s", phase)))
		flip(f, b, 0);
	if (b->len > 2 && lie(f, ev, name, arena_printf(f->arena, "middle-byte %s", phase)))
		flip(f, b, b->len / 2);
	if (b->len > 1 && lie(f, ev, name, arena_printf(f->arena, "last-byte %s", phase)))
		flip(f, b, b->len - 1);
	/* the NUL at the end of a text is no part of it */
	less = b->len && b->data[b->len - 1] == '\0' ? 2 : 1;
	if (b->len >= less && lie(f, ev, name, arena_printf(f->arena, "shorter %s", phase)))
		b->len -= less;
	if (lie(f, ev, name, arena_printf(f->arena, "unreadable %s", phase)))
		b->status = BLOCK_UNREADABLE;
	if (lie(f, ev, name, arena_printf(f->arena, "cut %s", phase)))
		b->status = BLOCK_CUT;
	if (lie(f, ev, name, arena_printf(f->arena, "missing %s", phase)))
		ev->blocks[index] = ev->blocks[--ev->nblocks];
}

static void forge_call(struct forger *f, struct sys_event *ev)
{
	for (unsigned i = 0; i < ABI_ARGS; i++) {
		const char *name = argument_name(f, ev, i);

		if (name && lie(f, ev, name, "argument"))
			ev->args[i] ^= 1;
	}
	if ((ev->flags & EVENT_RETURNED) && ev->type == EVENT_CALL) {
		if (lie(f, ev, "ret", "result"))
			ev->ret ^= 1;
		if (lie(f, ev, "ret", "failed"))
			ev->ret = -EIO;
	}
	if (lie(f, ev, "-", "never-returned"))
		ev->flags &= ~EVENT_RETURNED;
	if (lie(f, ev, "-", "answered"))
		ev->flags ^= EVENT_ANSWERED;
	if (lie(f, ev, "-", "emulated"))
		ev->flags ^= EVENT_EMULATED;
	if (lie(f, ev, "-", "other-call"))
		ev->nr = ev->nr ? 0 : 1;
	if (lie(f, ev, "-", "undescribed-call"))
		ev->nr = 999;
}

/* What policies ask about and later events depend on, but no field holds. */
static void forge_facts(struct forger *f, struct sys_event *ev)
{
	for (uint32_t i = 0; i < ev->nfds; i++) {
		struct abi_fd_info *fd = &ev->fds[i];

		if (lie(f, ev, "fd.path", "fact"))
			fd->path = "/proc/version";
		if (lie(f, ev, "fd.kind", "fact"))
			fd->kind = FD_KIND_PIPE;
		if (lie(f, ev, "fd", "fact"))
			fd->fd += 1;
	}
	if (ev->cwd && lie(f, ev, "cwd", "fact"))
		ev->cwd = "/proc";
	if (ev->command && lie(f, ev, "command", "fact"))
		ev->command = "/bin/false";
}

static void forge_event(struct forger *f, struct sys_event *ev)
{
	f->drop = f->again = false;
	if (ev->type == EVENT_INPUT)
		return;
	if (lie(f, ev, "-", "dropped"))
		f->drop = true;
	if (lie(f, ev, "-", "twice"))
		f->again = true;
	if (lie(f, ev, "-", "other-task"))
		ev->task++;
	if (ev->call == ABI_UNDESCRIBED)
		return;
	forge_call(f, ev);
	for (uint32_t i = 0; i < ev->nblocks; i++)
		forge_block(f, ev, i);
	forge_facts(f, ev);
}

/* Passes the next event on, with the lie if it is about it.  w NULL: only thinks of lies. */
static int pass(struct forger *f, const struct sys_event *ev, struct rec_writer *w, struct err *err)
{
	struct sys_event mine;

	arena_reset(f->arena);
	event_copy(&mine, ev, UINT32_MAX, f->arena);
	mine.call = abi_schema_select(f->schema, mine.nr, mine.args);
	forge_event(f, &mine);
	for (int i = 0; w && i < (f->drop ? 0 : f->again ? 2 : 1); i++) {
		if (rec_writer_event(w, &mine, err) != 0)
			return -1;
	}
	return 0;
}

static int forge(struct forger *f, struct rec_reader *r, const char *to, struct err *err)
{
	struct rec_writer *w = to ? rec_writer_open(to, rec_reader_header(r), err) : NULL;
	const struct sys_event *ev;
	struct rec_trailer trailer;
	int more;

	if (to && !w)
		return -1;
	while ((more = rec_reader_next(r, &ev, err)) > 0) {
		if (pass(f, ev, w, err) != 0) {
			more = -1;
			break;
		}
	}
	if (more < 0) {
		if (w)
			rec_writer_abandon(w);
		return -1;
	}
	trailer = *rec_reader_trailer(r);
	if (f->wanted == NONE)
		printf("%" PRIu64 " - - wait_status trailer\n", f->n);
	if (f->n++ == f->wanted)
		trailer.wait_status ^= 0x100;
	return w ? rec_writer_finish(w, &trailer, err) : 0;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct rec_reader *r;
	struct forger f = { .wanted = NONE };
	struct abi_schema *schema;
	int status = 2;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "usage: forge IN [OUT NUMBER]\n");
		return 2;
	}
	schema = abi_schema_new(ARCH_X86_64);
	f.schema = schema;
	f.arena = arena_new();
	if (argc == 4)
		f.wanted = strtoull(argv[3], NULL, 10);
	r = rec_reader_open(argv[1], MAX_EVENT, &err);
	if (r && forge(&f, r, argc == 4 ? argv[2] : NULL, &err) == 0) {
		if (argc == 4 && f.wanted >= f.n)
			err_set(&err, ERR_USAGE, "there are %" PRIu64 " lies", f.n);
		else
			status = 0;
	}
	if (status)
		fprintf(stderr, "forge: %s\n", err.text);
	if (r)
		rec_reader_close(r);
	arena_free(f.arena);
	abi_schema_free(schema);
	return status;
}

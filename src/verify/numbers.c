/*
 * What goes with process numbers that the program knows by another name than the kernel.
 */
#include "verify/numbers.h"

#include "base/attr.h"
#include "base/check.h"

#include <linux/ioprio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

void undo_free(struct undo *u)
{
	for (size_t i = 0; i < u->n; i++)
		free((void *)(uintptr_t)u->patches[i].data);
	free(u->patches);
	*u = (struct undo){ 0 };
}

void undo_keep(struct undo *u, const struct decision *d)
{
	undo_free(u);
	if (!d->nundo || !d->npatches)
		return;
	u->patches = xcalloc(d->nundo, sizeof(*u->patches));
	for (u->n = 0; u->n < d->nundo; u->n++) {
		const struct patch *p = &d->undo[u->n];
		uint8_t *data = xcalloc(p->len, 1);

		memcpy(data, p->data, p->len);
		u->patches[u->n] = *p;
		u->patches[u->n].data = data;
	}
}

void undo_add(struct undo *u, struct decision *d)
{
	struct patch *all;

	if (!u->n)
		return;
	all = arena_array(d->arena, u->n + d->npatches, sizeof(*all));
	for (size_t i = 0; i < u->n; i++) {
		all[i] = u->patches[i];
		all[i].data = arena_copy(d->arena, all[i].data, all[i].len);
	}
	if (d->npatches)
		memcpy(all + u->n, d->patches, d->npatches * sizeof(*all));
	d->patches = all;
	d->npatches += u->n;
	undo_free(u);
}

/* The tracer knows which two tasks correspond, whatever the kernel and the program make of their numbers. */
void verify_number_task(const struct decide_context *c, const struct sys_event *call, const struct sys_event *rec,
			const struct sys_event *live, struct decision *d)
{
	struct patch *p;

	if (!c->gives_numbers || !call || !rec->args[2] || !live->args[2] || !verify_maps_result(c, call, call))
		return;
	maps_process_born(c->maps, (num_t)rec->args[2], (num_t)live->args[2]);
	p = arena_array(d->arena, 1, sizeof(*p));
	*p = (struct patch){ .type = PATCH_NUMBER, .number = (int64_t)rec->args[2] };
	d->patches = p;
	d->npatches = 1;
}

bool names_no_process(const struct abi_schema *schema, const struct sys_event *ev, const struct abi_leaf *leaf)
{
	static const struct {
		const char *call;
		uint32_t other; /* first argument: the second is no process */
	} others[] = {
		{ "waitid", P_PIDFD },
		{ "getpriority", PRIO_USER },
		{ "setpriority", PRIO_USER },
		{ "ioprio_get", IOPRIO_WHO_USER },
		{ "ioprio_set", IOPRIO_WHO_USER },
	};
	const char *name;

	if (leaf->reg != 1)
		return false;
	name = abi_schema_call(schema, ev->call)->row->name;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if ((uint32_t)ev->args[0] == others[i].other && strcmp(name, others[i].call) == 0)
			return true;
	}
	return false;
}

static bool starts_with(const struct value *text, const char *start)
{
	return text->len >= strlen(start) && memcmp(text->data, start, strlen(start)) == 0;
}

bool names_unseen_process(const struct decide_context *c, const struct sys_event *live, const struct abi_leaf *leaf,
			  const struct value *text)
{
	struct facts *facts = c->facts[SIDE_ACTUAL];
	struct value place;

	if (text->type != VALUE_BYTES || !(leaf->dir & DIR_IN) || !maps_text_names(c->maps, text))
		return false;
	if (leaf->kind == KIND_PATH)
		return !starts_with(text, "/proc/") && facts_get(facts, live, FACT_FILE_PATH, 0, &place) &&
		       starts_with(&place, "/proc/");
	return facts_get(facts, live, FACT_FD_PATH, (int32_t)live->args[0], &place) &&
	       (starts_with(&place, "/proc/") || starts_with(&place, "/sys/"));
}

void note_own_number(const struct abi_schema *schema, const struct sys_event *rec, struct map64 *pids)
{
	static const char *const asks[] = { "getpid", "gettid", "set_tid_address" };
	const struct abi_row *row = rec->call == ABI_UNDESCRIBED ? NULL : abi_schema_call(schema, rec->call)->row;

	if (!row || row->result.kind != KIND_PID || rec->ret <= 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		if (strcmp(row->name, asks[i]) == 0)
			map64_put(pids, (uint64_t)rec->ret, 1);
	}
}

bool signal_from_outside(const struct sys_event *rec, const struct map64 *pids)
{
	siginfo_t info;

	if (rec->nblocks == 0 || rec->blocks[0].len != sizeof(info))
		return false;
	memcpy(&info, rec->blocks[0].data, sizeof(info));
	switch (info.si_code) {
	case SI_USER:
	case SI_QUEUE:
		return !map64_get(pids, (uint64_t)info.si_pid, &(uint64_t){ 0 });
	case SI_KERNEL:
		return rec->args[0] == SIGINT || rec->args[0] == SIGQUIT || rec->args[0] == SIGHUP;
	}
	return false;
}

/*
 * Only what the descriptors and the lineage tell: pipes and children.
 */
#include "verify/waits.h"

#include <string.h>

static bool is_child(const struct world_task *child, const struct world_task *of)
{
	size_t len = strlen(of->name);

	return strncmp(child->name, of->name, len) == 0 && child->name[len] == '.' && !strchr(child->name + len + 1, '.');
}

/* Appends the names of the tasks that can write there, or that are children (path NULL); how many. */
static size_t list(const struct world *w, const struct world_task *t, const char *path, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < world_count(w); i++) {
		const struct world_task *other = world_at(w, i);

		if (other == t || !(path ? facts_can_write(other->facts[WORLD_ACTUAL], path) : is_child(other, t)))
			continue;
		buf_printf(out, "%s%s", n++ ? ", " : "", other->name);
	}
	return n;
}

void waits_describe(const struct world *w, size_t index, const struct abi_schema *schema, const struct sys_event *call,
		    struct buf *out)
{
	bool known = call && call->call != ABI_UNDESCRIBED;
	const struct abi_row *row = known ? abi_schema_call(schema, call->call)->row : NULL;
	const struct world_task *t = world_at(w, index);
	CLEANUP(buf_free) struct buf who = { 0 };
	const char *path;

	if (!row)
		return;
	if (strcmp(row->name, "wait4") == 0 || strcmp(row->name, "waitid") == 0) {
		if (list(w, t, NULL, &who))
			buf_printf(out, "; %s waits for %s", t->name, buf_cstr(&who));
		else
			buf_printf(out, "; %s waits, and has no child", t->name);
		return;
	}
	path = row->flags & CALL_STREAM ? facts_path(t->facts[WORLD_ACTUAL], (int32_t)call->args[0]) : NULL;
	if (!path || strncmp(path, "pipe:", 5) != 0)
		return;
	if (list(w, t, path, &who))
		buf_printf(out, "; %s reads %s, which %s can write to", t->name, path, buf_cstr(&who));
	else
		buf_printf(out, "; %s reads %s, which no other task can write to", t->name, path);
}

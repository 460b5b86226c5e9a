/*
 * The tables of the kernel's interface hold what their readers rely on: order, unique names, legal references, structs
 * without overlaps.  Numbers and layouts are asserted at compile time (src/abi/assert_*.c).
 */
#include "abi/consts.h"
#include "abi/event.h"
#include "abi/row.h"
#include "abi/structs.h"
#include "base/attr.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_MAX 512
#define PATH_ROOM 128
#define DEPTH_MAX 12

/* One row under inspection; what is wrong is said with its name. */
struct look {
	const struct abi_row *row;
	char label[96];
	char paths[PATHS_MAX][PATH_ROOM];
	size_t npaths;
	unsigned depth;
};

static void look_at_field(struct look *l, const struct abi_field *f, const char *prefix);

static const char *label_of(struct look *l)
{
	snprintf(l->label, sizeof(l->label), "%s(%s)", l->row->name, l->row->variant ? l->row->variant : "");
	return l->label;
}

/* Every leaf of a call has a path of its own: a rule of a policy names exactly one. */
static void add_path(struct look *l, const char *path)
{
	for (size_t i = 0; i < l->npaths; i++)
		ck_assert_msg(strcmp(l->paths[i], path) != 0, "%s: two fields %s", label_of(l), path);
	ck_assert_msg(l->npaths < PATHS_MAX, "%s: too many fields", label_of(l));
	ck_assert_msg(*path, "%s: a field without a name", label_of(l));
	snprintf(l->paths[l->npaths++], PATH_ROOM, "%s", path);
}

static void join(char out[PATH_ROOM], const char *prefix, const char *name, const char *suffix)
{
	bool bare = !*name || !*prefix;
	int n = snprintf(out, PATH_ROOM, "%s%s%s%s", prefix, bare ? "" : ".", name, suffix);
	ck_assert_msg(n < PATH_ROOM, "path too long: %s", out);
}

static bool many(const struct abi_field *f)
{
	switch (f->len.rule) {
	case LEN_ONE:
	case LEN_CSTR:
	case LEN_SIZED_ARG:
	case LEN_SIZED_FIELD:
	case LEN_HEAD_FIELD:
	case LEN_SAYS:
	case LEN_IOC:
		return false;
	case LEN_CONST:
	case LEN_ARG:
	case LEN_ARG_TIMES:
	case LEN_RESULT:
	case LEN_RESULT_TIMES:
	case LEN_MIN_ARG_RESULT:
	case LEN_RESULT_IF_ROOM:
	case LEN_ARG_RESULT:
	case LEN_DEREF_ENTRY:
	case LEN_DEREF_EXIT:
	case LEN_MIN_DEREF:
	case LEN_FIELD:
	case LEN_MIN_FIELD_EXIT:
	case LEN_NULL_ENDED:
	case LEN_FILL:
	case LEN_FDSET:
	case LEN_BITS:
	case LEN_NODES:
	case LEN_PAGES:
	case LEN_PATH_MIN:
	case LEN_THING:
	case LEN_RULE_COUNT:
		break;
	}
	return f->type->shape == SHAPE_RECORDS || f->type->size > 0;
}

/* The bytes that a member takes in its struct; 0: up to the end of the block. */
static uint32_t width_of(const struct abi_field *f)
{
	static const uint32_t widths[] = {
#define ENCODING(NAME, bytes, is_signed) [ENC_##NAME] = (bytes),
#include "abi/encodings.def"
	};
	uint32_t one = f->pointer ? 8 : f->type ? f->type->size : widths[f->enc];
	if (f->count == ABI_UP_TO_END)
		return one;
	return f->count ? one * f->count : one;
}

static void look_at_struct(struct look *l, const struct abi_type *t, const char *prefix)
{
	ck_assert_msg(t->nfields > 0, "%s: %s has no fields", label_of(l), t->name);
	for (size_t i = 0; i < t->nfields; i++) {
		const struct abi_field *f = &t->fields[i];
		uint32_t end = f->offset + width_of(f);

		ck_assert_msg(!t->size || end <= t->size, "%s: %s.%s ends beyond it", label_of(l), t->name, f->name);
		/* A union without a name may lie over its tag. */
		for (size_t k = 0; k < i && *f->name; k++) {
			const struct abi_field *g = &t->fields[k];
			bool apart = g->offset + width_of(g) <= f->offset || end <= g->offset ||
				     (f->dir | g->dir) == DIR_INOUT; /* a request, and in its place the answer */

			ck_assert_msg(apart || !*g->name, "%s: %s.%s and .%s overlap", label_of(l), t->name, f->name,
				      g->name);
		}
		look_at_field(l, f, prefix);
	}
}

static void look_at_type(struct look *l, const struct abi_type *t, const char *prefix)
{
	char path[PATH_ROOM];

	ck_assert_msg(++l->depth <= DEPTH_MAX, "%s: %s nests too deeply", label_of(l), prefix);
	switch (t->shape) {
	case SHAPE_SCALAR:
		ck_assert_msg(t->enc != ENC_BYTES && t->size > 0, "%s: %s is no number", label_of(l), prefix);
		add_path(l, prefix);
		break;
	case SHAPE_BYTES:
		ck_assert_int_eq(t->enc, ENC_BYTES);
		add_path(l, prefix);
		for (const struct abi_records *r = t->records; r; r = r->other) {
			char list[PATH_ROOM];

			ck_assert(t->size == 0 && r->elem && r->flag && !r->is_set);
			join(list, "", r->list, "[]");
			look_at_type(l, r->elem, list);
		}
		break;
	case SHAPE_STRUCT:
		look_at_struct(l, t, prefix);
		break;
	case SHAPE_POINTER:
		ck_assert_msg(t->nfields == 1 && t->fields[0].pointer && t->size == 8, "%s: %s", label_of(l), t->name);
		look_at_field(l, &t->fields[0], prefix);
		break;
	case SHAPE_UNION:
		for (size_t i = 0; i < t->nfields; i++) {
			for (size_t k = 0; k < i; k++)
				ck_assert_msg(t->fields[i].tag != t->fields[k].tag, "%s: %s: same tag", label_of(l),
					      t->name);
			look_at_field(l, &t->fields[i], prefix);
		}
		if (t->other)
			look_at_field(l, t->other, prefix);
		break;
	case SHAPE_RECORDS:
		ck_assert_ptr_nonnull(t->records);
		ck_assert_msg(t->records->elem || t->records->tail, "%s: %s: empty records", label_of(l), t->name);
		if (t->records->elem)
			look_at_type(l, t->records->elem, prefix);
		if (t->records->last) {
			join(path, prefix, t->records->last->name, "");
			add_path(l, path);
		}
		if (t->records->tail) {
			join(path, prefix, t->records->tail_name, "");
			add_path(l, path);
		}
		break;
	case SHAPE_ARRAY:
		ck_abort_msg("%s: arrays in place are fields with a count", label_of(l));
		break;
	}
	l->depth--;
}

static void look_at_arg(struct look *l, const struct abi_field *f, unsigned arg, bool pointer)
{
	ck_assert_msg(arg < l->row->nargs, "%s: length of %s asks argument %u", label_of(l), f->name, arg);
	ck_assert_msg(l->row->args[arg].pointer == pointer, "%s: length of %s asks argument %u", label_of(l), f->name,
		      arg);
}

static void look_at_length(struct look *l, const struct abi_field *f)
{
	const struct abi_len *len = &f->len;

	switch (len->rule) {
	case LEN_ARG:
	case LEN_ARG_TIMES:
	case LEN_MIN_ARG_RESULT:
	case LEN_RESULT_IF_ROOM:
	case LEN_ARG_RESULT:
	case LEN_SIZED_ARG:
	case LEN_FDSET:
	case LEN_BITS:
	case LEN_NODES:
	case LEN_PAGES:
	case LEN_IOC:
	case LEN_PATH_MIN:
		look_at_arg(l, f, len->arg, false);
		break;
	case LEN_DEREF_ENTRY:
	case LEN_DEREF_EXIT:
	case LEN_MIN_DEREF:
		look_at_arg(l, f, len->arg, true);
		break;
	case LEN_CONST:
		ck_assert_msg(len->n > 0, "%s: %s has no length", label_of(l), f->name);
		break;
	case LEN_CSTR:
		ck_assert_msg(f->type->shape == SHAPE_BYTES, "%s: %s is no string", label_of(l), f->name);
		break;
	case LEN_NULL_ENDED:
		ck_assert_msg(f->type->shape == SHAPE_POINTER, "%s: %s has no pointers", label_of(l), f->name);
		break;
	case LEN_ONE:
		ck_assert_msg(f->type->size > 0, "%s: one %s has no size", label_of(l), f->name);
		break;
	case LEN_RESULT:
	case LEN_RESULT_TIMES:
	case LEN_FIELD:
	case LEN_MIN_FIELD_EXIT:
	case LEN_FILL:
		break;
	case LEN_SAYS:
		ck_assert_msg(len->says && len->n >= 4 && (!f->type->size || f->type->size == len->n),
			      "%s: %s: the head says nothing", label_of(l), f->name);
		break;
	case LEN_THING:
		ck_assert_msg(len->thing != THING_NONE, "%s: %s: of what?", label_of(l), f->name);
		if (!len->arg2)
			look_at_arg(l, f, len->arg, false);
		break;
	case LEN_SIZED_FIELD:
		if (len->room_arg)
			look_at_arg(l, f, len->room_arg - 1u, false);
		break;
	case LEN_HEAD_FIELD:
		ck_assert_msg(len->arg < len->n && (!f->type->size || f->type->size == len->n),
			      "%s: %s: the head is another", label_of(l), f->name);
		break;
	case LEN_RULE_COUNT:
		ck_abort_msg("%s: %s: no such rule", label_of(l), f->name);
	}
}

static void look_at_field(struct look *l, const struct abi_field *f, const char *prefix)
{
	char path[PATH_ROOM];

	ck_assert_ptr_nonnull(f->name);
	for (const char *p = f->name; *p; p++)
		ck_assert_msg(isalnum((unsigned char)*p) || *p == '_', "%s: name %s", label_of(l), f->name);
	ck_assert_msg((unsigned)f->kind < ABI_NSPACES && f->enc < ABI_NENCS, "%s: %s: kind or encoding", label_of(l), f->name);
	ck_assert_msg(f->set < ABI_NSETS, "%s: %s: set", label_of(l), f->name);
	ck_assert_msg(!f->set || abi_sets[f->set].nconsts, "%s: %s: empty set", label_of(l), f->name);
	ck_assert_msg(f->type || f->enc != ENC_BYTES, "%s: %s: bytes without a type", label_of(l), f->name);
	if (f->pointer) {
		ck_assert_msg(f->type, "%s: %s points to nothing", label_of(l), f->name);
		if (f->type->shape == SHAPE_SCALAR || f->type->shape == SHAPE_BYTES)
			ck_assert_msg(f->kind == f->type->kind && f->enc == f->type->enc, "%s: %s", label_of(l),
				      f->name);
		look_at_length(l, f);
		join(path, prefix, f->name, ".addr");
		add_path(l, path);
		join(path, prefix, f->name, many(f) ? "[]" : "");
		look_at_type(l, f->type, path);
	} else {
		join(path, prefix, f->name, f->count ? "[]" : "");
		if (f->type)
			look_at_type(l, f->type, path);
		else
			add_path(l, path);
	}
}

static void look_at_row(struct look *l, const struct abi_row *r)
{
	l->row = r;
	l->npaths = 0;
	ck_assert_msg(r->nargs <= ABI_ARGS && r->nargs <= r->nfields, "%s: arguments", label_of(l));
	for (unsigned i = 0; i < r->nfields; i++) {
		ck_assert_msg(r->args[i].synthetic == (i >= r->nargs), "%s: %s", label_of(l), r->args[i].name);
		ck_assert_msg(r->args[i].dir != DIR_NONE, "%s: %s has no direction", label_of(l), r->args[i].name);
		ck_assert_msg(!r->args[i].synthetic || r->args[i].type, "%s: %s", label_of(l), r->args[i].name);
		look_at_field(l, &r->args[i], "");
	}
	if (r->nr_x86_64 < ABI_PSEUDO_FIRST) {
		ck_assert_str_eq(r->result.name, "ret");
		add_path(l, r->result.name);
	} else {
		ck_assert_msg(!r->result.name, "%s: no call, no result", label_of(l));
	}
	ck_assert_msg(r->result.enc != ENC_BYTES && r->result.dir == DIR_OUT, "%s: result", label_of(l));
	ck_assert_msg(r->classes < CLASS_STAT * 2, "%s: classes", label_of(l));
	ck_assert_msg(r->flags < CALL_STAND_IN * 2, "%s: flags", label_of(l));
	if (r->flags & CALL_NEW_FD)
		ck_assert_msg(r->result.kind == KIND_FD, "%s: its result is no descriptor", label_of(l));
	if (r->flags & CALL_MOVES_OFFSET)
		ck_assert_msg(r->args[0].kind == KIND_FD && r->result.kind == KIND_SIZE, "%s: offset", label_of(l));
}

START_TEST(test_row_fields)
{
	struct look *l = calloc(1, sizeof(*l));

	ck_assert_ptr_nonnull(l);
	for (size_t i = 0; i < abi_nrows; i++)
		look_at_row(l, &abi_rows[i]);
	free(l);
}
END_TEST

START_TEST(test_order)
{
	for (size_t i = 1; i < abi_nrows; i++) {
		const struct abi_row *a = &abi_rows[i - 1], *b = &abi_rows[i];
		int order = strcmp(a->name, b->name);

		ck_assert_msg(order <= 0, "%s stands before %s", a->name, b->name);
		if (order == 0) {
			ck_assert_msg(b->variant, "%s twice", b->name);
			ck_assert_msg(a->nr_x86_64 == b->nr_x86_64 && a->nr_aarch64 == b->nr_aarch64, "%s: numbers",
				      b->name);
		} else {
			/* what is none of the instructions is no event */
			ck_assert_msg(!b->variant || b->nr_x86_64 == ABI_INSTRUCTION, "%s has variants and no fallback",
				      b->name);
		}
	}
	ck_assert_ptr_null(abi_rows[0].variant);
}
END_TEST

START_TEST(test_unique_numbers)
{
	for (size_t i = 0; i < abi_nrows; i++)
		for (size_t k = 0; k < i; k++) {
			const struct abi_row *a = &abi_rows[i], *b = &abi_rows[k];

			if (strcmp(a->name, b->name) == 0)
				continue;
			ck_assert_msg(a->nr_x86_64 == ABI_NR_NONE || a->nr_x86_64 != b->nr_x86_64, "%s %s", a->name,
				      b->name);
			ck_assert_msg(a->nr_aarch64 == ABI_NR_NONE || a->nr_aarch64 != b->nr_aarch64, "%s %s", a->name,
				      b->name);
		}
}
END_TEST

/* No number that the kernel has may go without a row: what it does would not be judged. */
START_TEST(test_every_number)
{
	static const struct {
		int32_t first, last;
	} ranges[] = { { 0, 336 }, { 424, 469 } }; /* x86_64's, of Linux 6.18 */

	for (size_t r = 0; r < ARRAY_LEN(ranges); r++)
		for (int32_t nr = ranges[r].first; nr <= ranges[r].last; nr++) {
			size_t i = 0;

			while (i < abi_nrows && abi_rows[i].nr_x86_64 != nr)
				i++;
			ck_assert_msg(i < abi_nrows, "no row has the number %d", (int)nr);
		}
}
END_TEST

START_TEST(test_select)
{
	for (size_t i = 0; i < abi_nrows; i++) {
		const struct abi_row *a = &abi_rows[i];

		if (!a->variant) {
			ck_assert_msg(!a->select_mask, "%s: a fallback that selects", a->name);
			continue;
		}
		ck_assert_msg(a->select_mask && !(a->select_value & ~a->select_mask), "%s(%s)", a->name, a->variant);
		/* many requests in one row may be described in part */
		ck_assert_msg(!a->partial || a->select_mask < UINT32_MAX, "%s(%s): a variant is wholly described",
			      a->name, a->variant);
		ck_assert_msg((a->select_arg < a->nargs && !a->args[a->select_arg].pointer) ||
				      a->nr_x86_64 == ABI_INSTRUCTION,
			      "%s(%s)", a->name, a->variant);
		for (size_t k = 0; k < i; k++) {
			const struct abi_row *b = &abi_rows[k];

			if (!b->variant || strcmp(a->name, b->name) != 0)
				continue;
			ck_assert_msg(strcmp(a->variant, b->variant) != 0, "%s(%s) twice", a->name, a->variant);
			ck_assert_msg(a->select_arg == b->select_arg, "%s: variants by two arguments", a->name);
			ck_assert_msg(a->select_mask != b->select_mask || a->select_value != b->select_value ||
					      a->also_mask != b->also_mask || a->also_value != b->also_value,
				      "%s: %s and %s", a->name, a->variant, b->variant);
		}
	}
}
END_TEST

/* What programs of every day make is there, with the number of fields that a caller would count. */
static const struct {
	const char *name, *variant;
	unsigned nargs, nfields;
	bool partial;
} present[] = {
	{ "read", NULL, 3, 3, false },
	{ "write", NULL, 3, 3, false },
	{ "openat", NULL, 3, 3, false },
	{ "openat", "O_CREAT", 4, 4, false },
	{ "openat", "O_TMPFILE", 4, 4, false },
	{ "newfstatat", NULL, 4, 4, false },
	{ "mmap", NULL, 6, 7, false },
	{ "mmap", "MAP_ANONYMOUS", 4, 4, false },
	{ "munmap", NULL, 2, 3, false },
	{ "execve", NULL, 3, 7, false },
	{ "exit_group", NULL, 1, 2, false },
	{ "getpid", NULL, 0, 0, false },
	{ "ioctl", NULL, 3, 3, true },
	{ "ioctl", "TCGETS", 3, 3, false },
	{ "ioctl", "FICLONE", 3, 4, false },
	{ "ioctl", "FIOCLEX", 2, 2, false },
	{ "fcntl", NULL, 3, 3, true },
	{ "fcntl", "F_GETFL", 2, 2, false },
	{ "fcntl", "F_SETLK", 3, 3, false },
	{ "prctl", NULL, 5, 5, true },
	{ "prctl", "PR_SET_NAME", 2, 2, false },
	{ "futex", NULL, 6, 6, true },
	{ "futex", "FUTEX_WAKE", 3, 3, false },
	{ "arch_prctl", "ARCH_SET_FS", 2, 2, false },
	{ "clone", NULL, 5, 5, false },
	{ "rseq", NULL, 4, 4, false },
	{ "task_end", NULL, 2, 3, false },
	{ "effect", NULL, 6, 9, false },
	{ "signal", "SIGCHLD", 1, 2, false },
	{ "signal", "SIGSYS", 1, 2, false },
	{ "vmsplice", NULL, 4, 4, true },
	{ "tee", NULL, 4, 4, true },
	{ "ioperm", NULL, 3, 3, true },
};

static const struct abi_row *find(const char *name, const char *variant)
{
	for (size_t i = 0; i < abi_nrows; i++) {
		const struct abi_row *r = &abi_rows[i];

		if (strcmp(r->name, name) == 0 && (variant ? r->variant && !strcmp(r->variant, variant) : !r->variant))
			return r;
	}
	return NULL;
}

START_TEST(test_present)
{
	const char *variant = present[_i].variant ? present[_i].variant : "";
	const struct abi_row *r = find(present[_i].name, present[_i].variant);

	ck_assert_msg(r, "no %s(%s)", present[_i].name, variant);
	ck_assert_msg(r->nargs == present[_i].nargs, "%s(%s): %u", r->name, variant, r->nargs);
	ck_assert_msg(r->nfields == present[_i].nfields, "%s(%s): %u", r->name, variant, r->nfields);
	ck_assert_msg(r->partial == present[_i].partial, "%s(%s): partial", r->name, variant);
}
END_TEST

/* Which row a call's selecting argument leads to: the first that fits. */
static const struct {
	const char *name;
	uint64_t arg;
	const char *variant;
} selections[] = {
	{ "openat", 0, NULL },
	{ "openat", 0100 | 01, "O_CREAT" },
	{ "openat", 020200000 | 02, "O_TMPFILE" },
	{ "openat", 0200000, NULL },
	{ "ioctl", 0x5401, "TCGETS" },
	{ "ioctl", 0xffffffff00005401, "TCGETS" },
	{ "ioctl", 0x5400, NULL },
	{ "fcntl", 1030, "F_DUPFD_CLOEXEC" },
	{ "futex", 128, "FUTEX_WAIT" },
	{ "futex", 128 | 256 | 9, "FUTEX_WAIT_BITSET" },
	{ "futex", 64, NULL },
	{ "mmap", 0x22, "MAP_ANONYMOUS" },
	{ "mmap", 0x02, NULL },
	{ "mremap", 3, "MREMAP_FIXED" },
	{ "signal", 17, "SIGCHLD" },
	{ "signal", 34, NULL },
	{ "prctl", 15, "PR_SET_NAME" },
	{ "arch_prctl", 0x1002, "ARCH_SET_FS" },
};

START_TEST(test_selection)
{
	const struct abi_row *got = NULL;

	for (size_t i = 0; i < abi_nrows; i++) {
		const struct abi_row *r = &abi_rows[i];

		if (strcmp(r->name, selections[_i].name) != 0)
			continue;
		if (r->variant && (selections[_i].arg & r->select_mask) == r->select_value) {
			got = r;
			break;
		}
	}
	ck_assert_msg(selections[_i].variant ? got && !strcmp(got->variant, selections[_i].variant) : !got,
		      "%s: %s, not %s", selections[_i].name, got ? got->variant : "-",
		      selections[_i].variant ? selections[_i].variant : "-");
}
END_TEST

START_TEST(test_sets)
{
	ck_assert_uint_eq(abi_nsets, ABI_NSETS);
	for (size_t i = 1; i < abi_nsets; i++) {
		const struct abi_set_info *s = &abi_sets[i];

		ck_assert_msg(s->name && *s->name && s->nconsts, "set %zu is empty", i);
		for (size_t k = 0; k < s->nconsts; k++)
			for (size_t j = 0; j < k; j++) {
				const struct abi_const *a = &s->consts[j], *b = &s->consts[k];

				ck_assert_msg(strcmp(a->name, b->name) != 0, "%s: %s twice", s->name, a->name);
				/* who writes flags takes them off from the first on: a part before the whole hides it
				 */
				ck_assert_msg(!s->is_flags || !a->value || a->value == b->value ||
						      (a->value & b->value) != a->value,
					      "%s: %s stands before %s", s->name, a->name, b->name);
			}
	}
}
END_TEST

START_TEST(test_errnos_and_signals)
{
	static const struct {
		const char *name;
		int number;
	} errnos[] = {
#define ERRNO(NAME, number) { #NAME, number },
#include "abi/errnos.def"
	}, signals[] = {
#define SIGNAL(NAME, number) { #NAME, number },
#include "abi/signals.def"
	};

	for (size_t i = 1; i < ARRAY_LEN(errnos); i++)
		ck_assert_msg(errnos[i].number > errnos[i - 1].number, "%s", errnos[i].name);
	ck_assert_uint_eq(ARRAY_LEN(signals), 31);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		const struct abi_row *r = find("signal", signals[i].name);

		ck_assert_int_eq(signals[i].number, (int)i + 1);
		ck_assert_msg(r && r->select_value == i + 1, "no row signal(%s)", signals[i].name);
	}
}
END_TEST

#define DIRENT(len_low, len_high, ...)                                                            \
	{                                                                                         \
		1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, len_low, len_high, 8, __VA_ARGS__ \
	}

static const struct {
	const char *what;
	uint8_t bytes[32];
	uint32_t left, length, tail;
} dirents[] = {
	{ "plain", DIRENT(24, 0, 'a', 'b', 0, 9, 9), 24, 24, 2 },
	{ "name up to the end", DIRENT(24, 0, 'a', 'b', 'c', 'd', 'e'), 24, 24, 5 },
	{ "two records", DIRENT(24, 0, 'a', 0), 32, 24, 1 },
	{ "nothing", DIRENT(24, 0, 'a'), 0, 0, 0 },
	{ "cut in the head", DIRENT(24, 0, 'a'), 18, 0, 0 },
	{ "cut in the name", DIRENT(24, 0, 'a'), 23, 0, 0 },
	{ "length 0", DIRENT(0, 0, 'a'), 24, 0, 0 },
	{ "length of the head", DIRENT(19, 0, 'a'), 24, 0, 0 },
	{ "huge length", DIRENT(0xff, 0xff, 'a'), 32, 0, 0 },
};

START_TEST(test_dirents)
{
	const struct abi_records *r = abi_type_dirents.records;
	uint8_t *copy = malloc(dirents[_i].left + 1); /* as small as can be, for the sanitizer */
	uint32_t offset = 0, len = 0;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, dirents[_i].bytes, dirents[_i].left);
	ck_assert_msg(r->length(copy, dirents[_i].left) == dirents[_i].length, "%s", dirents[_i].what);
	if (dirents[_i].length) {
		r->tail(copy, dirents[_i].length, &offset, &len);
		ck_assert_msg(offset == 19 && len == dirents[_i].tail, "%s: %u", dirents[_i].what, len);
	}
	free(copy);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("abi tables");
	TCase *tc = tcase_create("tables");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_unique_numbers);
	tcase_add_test(tc, test_every_number);
	tcase_add_test(tc, test_select);
	tcase_add_test(tc, test_sets);
	tcase_add_test(tc, test_errnos_and_signals);
	tcase_add_test(tc, test_row_fields);
	tcase_add_loop_test(tc, test_present, 0, (int)ARRAY_LEN(present));
	tcase_add_loop_test(tc, test_selection, 0, (int)ARRAY_LEN(selections));
	tcase_add_loop_test(tc, test_dirents, 0, (int)ARRAY_LEN(dirents));
	suite_add_tcase(s, tc);
	srunner_set_fork_status(sr, CK_FORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

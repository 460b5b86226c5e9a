/*
 * The files of a policy: reads the top file and, before it, what it extends; finds cycles; a file that is reached twice
 * is read once.
 */
#include "spol/policy.h"

#include "base/check.h"
#include "base/fdio.h"
#include "spol/parse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 1000u /* of one policy */
#define DEPTH_MAX 100u  /* of extends */

/* A file that is being read: the way from the top file to it, for the cycle's text. */
struct way {
	const struct way *up;
	const char *name;
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

/* What a device and inode number were read as. */
struct seen {
	struct seen *next;
	dev_t dev;
	ino_t ino;
	struct policy_file *file;
};

struct loader {
	struct policy *p;
	struct seen *seen;
	uint32_t nsources;
};

/* A file that is to be read. */
struct wanted {
	const char *path, *name;
	const struct spol_sealed_file *sealed; /* its text, or NULL: look for it by its path */
};

static struct policy_file *load(struct loader *l, struct wanted w, const struct way *up, struct span from,
				struct err *err);

static const char *in_directory(struct arena *a, const char *dir, size_t len, const char *name)
{
	return len ? arena_printf(a, "%.*s/%s", (int)len, dir, name) : name;
}

/* The directory part of a path, without its slash; length 0: none. */
static size_t directory_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return 0;
	return slash == path ? 1 : (size_t)(slash - path);
}

static const struct spol_open_file *find_open(const struct spol_options *o, const char *path, const struct stat *st);

static bool is_file(const struct spol_options *o, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return !S_ISDIR(st.st_mode);
	return find_open(o, path, NULL) != NULL;
}

const char *policy_find_path(const struct spol_options *o, struct arena *arena, const char *from_path,
			     const char *from_name, const char *wanted, const char **name)
{
	const char *path;

	if (wanted[0] == '/') {
		/* an image must not depend on where its sources stood */
		*name = strrchr(wanted, '/') + 1;
		return is_file(o, wanted) ? wanted : NULL;
	}
	path = in_directory(arena, from_path, directory_length(from_path), wanted);
	*name = in_directory(arena, from_name, directory_length(from_name), wanted);
	if (is_file(o, path))
		return path;
	*name = wanted;
	for (size_t i = 0; o->search && o->search[i]; i++) {
		const char *dir = o->search[i];

		path = in_directory(arena, dir, strlen(dir), wanted);
		if (is_file(o, path))
			return path;
	}
	return NULL;
}

const char *policy_top_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *policy_find_file(const struct policy *p, const struct policy_file *from, const char *wanted)
{
	const char *name;

	return policy_find_path(p->options, p->arena, from->path, from->name, wanted, &name);
}

static void report_cycle(struct policy *p, struct span at, const struct way *from, const struct way *to)
{
	const char *text = to->name;

	for (const struct way *w = from; w != to; w = w->up)
		text = arena_printf(p->arena, "%s -> %s", w->name, text);
	diag_error(p->d, at, "E1014", "files extend each other in a cycle: %s -> %s", to->name, text);
}

static void add_file(struct policy *p, struct policy_file *f)
{
	if (p->nfiles == p->files_room) {
		unsigned room = p->files_room ? 2 * p->files_room : 16;
		struct policy_file **list = arena_array(p->arena, room, sizeof(*list));

		if (p->nfiles)
			memcpy(list, p->files, p->nfiles * sizeof(*list));
		p->files = list;
		p->files_room = room;
	}
	f->number = p->nfiles;
	p->files[p->nfiles++] = f;
}

static struct wanted wanted_sealed(const struct spol_options *o, size_t index)
{
	const struct spol_sealed_file *s = &o->sealed[index];

	return (struct wanted){ .path = s->name, .name = s->name, .sealed = s };
}

/* What the nth name behind `extends` of a file means; path NULL: nothing. */
static struct wanted find(const struct policy *p, const struct policy_file *f, const char *name, size_t nth)
{
	struct wanted w = { 0 };

	if (!f->sealed) {
		w.path = policy_find_path(p->options, p->arena, f->path, f->name, name, &w.name);
		return w;
	}
	if (nth >= f->sealed->nextends || f->sealed->extends[nth] >= p->options->nsealed)
		return w;
	return wanted_sealed(p->options, f->sealed->extends[nth]);
}

/* Loads what f extends; parents[] gets them. */
static void load_parents(struct loader *l, struct policy_file *f, const struct way *here, struct policy_file **parents)
{
	struct policy *p = l->p;
	size_t n = 0, nth = 0;

	for (struct item *item = f->ast->items; item; item = item->next) {
		if (item->kind != ITEM_EXTENDS)
			continue;
		for (struct text_list *t = item->names; t; t = t->next, nth++) {
			struct err err = { 0 };
			struct wanted w;

			if (strlen(t->text.s) != t->text.len || t->text.len == 0) {
				diag_error(p->d, t->text.at, "E1013", "no file can have this name");
				continue;
			}
			w = find(p, f, t->text.s, nth);
			if (!w.path) {
				struct diag *g = diag_error(p->d, t->text.at, "E1013", "cannot find \"%s\"", t->text.s);

				diag_help(p->d, g,
					  "it is looked up next to %s, then in SPERRIPS_POLICY_PATH and among the "
					  "installed policies",
					  f->path);
				continue;
			}
			parents[n] = load(l, w, here, t->text.at, &err);
			if (parents[n])
				n++;
			else if (err_is_set(&err))
				diag_error(p->d, t->text.at, "E1013", "cannot read \"%s\": %s", t->text.s, err.text);
		}
	}
	parents[n] = NULL;
}

static size_t count_parents(const struct file_ast *ast)
{
	size_t n = 0;

	for (const struct item *item = ast->items; item; item = item->next) {
		if (item->kind != ITEM_EXTENDS)
			continue;
		for (const struct text_list *t = item->names; t; t = t->next)
			n++;
	}
	return n;
}

/* The text that stands for a file; st is its status, or NULL: there is no file at path.  NULL: what is in the file. */
static const struct spol_open_file *find_open(const struct spol_options *o, const char *path, const struct stat *st)
{
	for (size_t i = 0; i < o->nopen; i++) {
		struct stat other;

		if (strcmp(o->open[i].path, path) == 0)
			return &o->open[i];
		if (st && stat(o->open[i].path, &other) == 0 && st->st_dev == other.st_dev &&
		    st->st_ino == other.st_ino)
			return &o->open[i];
	}
	return NULL;
}

static int read_text(const struct spol_options *o, const char *path, const struct stat *st, struct buf *out,
		     struct err *err)
{
	const struct spol_open_file *open = find_open(o, path, st);

	if (!open && o->regular && st && !S_ISREG(st->st_mode))
		return err_set(err, ERR_IO, "%s is no regular file", path);
	if (!open)
		return file_read(path, SPOL_FILE_MAX, out, err);
	if (open->len > SPOL_FILE_MAX)
		return err_set(err, ERR_LIMIT, "%s is larger than the limit of %zu bytes", path, SPOL_FILE_MAX);
	buf_add(out, open->text, open->len);
	return 0;
}

/* What tells the file from others; false: there is none. */
static bool identify(const struct policy *p, const struct wanted *w, struct stat *st)
{
	const struct spol_open_file *open;

	if (!w->sealed && stat(w->path, st) == 0)
		return true;
	*st = (struct stat){ .st_mode = S_IFREG };
	if (w->sealed) {
		st->st_ino = (ino_t)(w->sealed - p->options->sealed);
		return true;
	}
	/* an open text without a file */
	open = find_open(p->options, w->path, NULL);
	if (!open)
		return false;
	st->st_dev = (dev_t)-1;
	st->st_ino = (ino_t)(open - p->options->open);
	return true;
}

/* Reads and parses one file; NULL: *err. */
static struct policy_file *parse_file(struct policy *p, const struct wanted *w, const struct stat *st, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct policy_file *f;

	if (w->sealed)
		buf_add(&text, w->sealed->text, w->sealed->len);
	else if (read_text(p->options, w->path, st, &text, err) != 0)
		return NULL;
	f = arena_alloc(p->arena, sizeof(*f));
	f->path = arena_strdup(p->arena, w->path);
	f->name = arena_strdup(p->arena, w->name);
	f->sealed = w->sealed;
	f->source = diags_source(p->d, f->path, arena_copy(p->arena, text.data, text.len), (uint32_t)text.len);
	f->ast = spol_parse(p->d, f->source, p->arena);
	return f;
}

static struct policy_file *load(struct loader *l, struct wanted w, const struct way *up, struct span from,
				struct err *err)
{
	struct policy *p = l->p;
	struct way here = { .up = up, .name = w.name, .depth = up ? up->depth + 1 : 0 };
	struct policy_file *f, **parents;
	struct seen *seen;
	struct stat st;

	if (!identify(p, &w, &st)) {
		err_errno(err, ERR_IO, "%s", w.path);
		return NULL;
	}
	here.dev = st.st_dev;
	here.ino = st.st_ino;
	for (const struct way *way = up; way; way = way->up) {
		if (S_ISREG(st.st_mode) && way->dev == st.st_dev && way->ino == st.st_ino) {
			report_cycle(p, from, up, way);
			return NULL;
		}
	}
	for (seen = l->seen; seen; seen = seen->next) {
		if (S_ISREG(st.st_mode) && seen->dev == st.st_dev && seen->ino == st.st_ino)
			return seen->file;
	}
	if (here.depth > DEPTH_MAX || l->nsources >= FILES_MAX) {
		err_set(err, ERR_LIMIT, "a policy has at most %u files, %u deep", FILES_MAX, DEPTH_MAX);
		return NULL;
	}
	f = parse_file(p, &w, &st, err);
	if (!f)
		return NULL;
	l->nsources++;
	parents = arena_array(p->arena, count_parents(f->ast) + 1, sizeof(struct policy_file *));
	load_parents(l, f, &here, parents);

	add_file(p, f);
	f->inherits = arena_array(p->arena, f->number + 1, sizeof(*f->inherits));
	f->parents = arena_array(p->arena, count_parents(f->ast), sizeof(*f->parents));
	for (size_t i = 0; parents[i]; i++) {
		f->parents[f->nparents++] = parents[i]->number;
		f->inherits[parents[i]->number] = true;
		for (unsigned k = 0; k < parents[i]->number; k++)
			f->inherits[k] |= parents[i]->inherits[k];
	}
	seen = arena_alloc(p->arena, sizeof(*seen));
	*seen = (struct seen){ l->seen, st.st_dev, st.st_ino, f };
	l->seen = seen;
	return f;
}

static struct wanted wanted_top(const struct spol_options *o, const char *path)
{
	if (o->nsealed)
		return wanted_sealed(o, o->nsealed - 1);
	return (struct wanted){ .path = path, .name = policy_top_name(path) };
}

static void index_sources(struct policy *p)
{
	p->nby_source = diags_source_count(p->d);
	p->by_source = arena_array(p->arena, p->nby_source, sizeof(struct policy_file *));
	for (unsigned i = 0; i < p->nfiles; i++)
		p->by_source[p->files[i]->source] = p->files[i];
}

int policy_load(struct policy *p, const char *path, struct err *err)
{
	struct loader l = { .p = p };
	struct policy_file *top = load(&l, wanted_top(p->options, path), NULL, (struct span){ 0 }, err);

	if (!top)
		return -1;
	INVARIANT(p->nfiles && p->files[p->nfiles - 1] == top);
	index_sources(p);
	return 0;
}

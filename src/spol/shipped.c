/*
 * The policies that come with the program, without compiling them at every start: an image that was made of them when
 * the program was built, and verified then, stands for the texts, as long as these are the ones that it was made of.
 */
#include "base/check.h"
#include "base/digest.h"
#include "base/fdio.h"
#include "spol/parse.h"
#include "spol/policy.h"

#include <string.h>
#include <sys/stat.h>

/* A file that stands for a source of the image. */
struct found {
	const char *path; /* NULL: none of those that have been looked at extends it */
	dev_t dev;
	ino_t ino;
};

/* What is at the path is a file with the very text of the source; *f gets which one. */
static bool same_text(const struct vm_source *source, struct found *f)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err ignored = { 0 };
	struct stat st;

	if (stat(f->path, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != source->len)
		return false;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return file_read(f->path, SPOL_FILE_MAX, &text, &ignored) == 0 && text.len == source->len &&
	       (text.len == 0 || memcmp(text.data, source->text, text.len) == 0);
}

/* The compiler reads a file once under whatever names; then there would be one source less. */
static bool is_another(const struct found *found, uint32_t n, uint32_t i)
{
	for (uint32_t k = i + 1; k < n; k++) {
		if (found[k].dev == found[i].dev && found[k].ino == found[i].ino)
			return false;
	}
	return true;
}

/* Looks up what the source extends.  false: something else than what the image has for it, or nothing. */
static bool find_parents(const struct spol_options *o, const struct vm_prog *image, const struct vm_source *source,
			 const char *path, struct found *found, struct arena *arena)
{
	for (size_t i = 0; i < source->nextends; i++) {
		struct found *f = &found[source->extends[i]];
		const char *wanted = vm_source_get(image, source->extends[i]).file, *at, *name;

		/* only then is its name in the image what stands in the text, wherever that was found */
		if (strchr(wanted, '/'))
			return false;
		at = policy_find_path(o, arena, path, source->file, wanted, &name);
		if (!at || (f->path && strcmp(f->path, at) != 0))
			return false;
		f->path = at;
	}
	return true;
}

static bool made_of(const struct spol_options *o, const struct vm_prog *image, const char *path, struct arena *arena)
{
	uint32_t n = vm_source_count(image);
	struct found *found = arena_array(arena, n, sizeof(*found));

	if (n == 0 || strcmp(vm_source_get(image, n - 1).file, policy_top_name(path)) != 0)
		return false;
	found[n - 1].path = path;
	/* a source stands behind all that it extends */
	for (uint32_t i = n; i-- > 0;) {
		struct vm_source source = vm_source_get(image, i);

		if (!found[i].path || !same_text(&source, &found[i]) || !is_another(found, n, i) ||
		    !find_parents(o, image, &source, found[i].path, found, arena))
			return false;
	}
	return true;
}

struct vm_prog *spol_load_shipped(const struct spol_options *o, const struct spol_shipped *shipped, const char *path,
				  struct arena *arena)
{
	uint8_t hash[DIGEST_SIZE];

	if (strcmp(shipped->name, policy_top_name(path)) != 0 || o->nopen || o->nsealed)
		return NULL;
	abi_schema_hash(o->schema, hash);
	if (memcmp(hash, vm_schema_hash(shipped->prog), DIGEST_SIZE) != 0 || !made_of(o, shipped->prog, path, arena))
		return NULL;
	return (struct vm_prog *)shipped->prog; /* nobody writes to a program, and vm_free() leaves it alone */
}

/*
 * Names of files as the URIs of a SARIF log.
 */
#include "cmd/sarif_uri.h"

#include "base/buf.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* RFC 3986's unreserved characters and the slash stand for themselves; everything else is encoded, so no segment reads
 * as a scheme. */
static void add_encoded(struct buf *out, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c))
			buf_byte(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)c);
	}
}

static const char *encoded(const char *before, const char *path, const char *behind, struct arena *arena)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	buf_str(&b, before);
	add_encoded(&b, path);
	buf_str(&b, behind);
	return arena_strdup(arena, buf_cstr(&b));
}

const char *sarif_directory(struct arena *arena)
{
	CLEANUP(free_ptr) char *name = getcwd(NULL, 0);

	return name && name[0] == '/' ? arena_strdup(arena, name) : NULL;
}

const char *sarif_directory_uri(const char *directory, struct arena *arena)
{
	return encoded("file://", directory, directory[1] ? "/" : "", arena);
}

/* A relative name without `.` and double slashes.  NULL: it leaves the directory, or seems to. */
static const char *tidy(const char *name, struct arena *arena)
{
	CLEANUP(buf_free) struct buf b = { 0 };

	while (*name) {
		size_t len = strcspn(name, "/");

		if (len == 2 && name[0] == '.' && name[1] == '.')
			return NULL;
		if (len > 0 && !(len == 1 && name[0] == '.')) {
			if (b.len)
				buf_byte(&b, '/');
			buf_add(&b, name, len);
		}
		name += len + (name[len] == '/');
	}
	return b.len ? arena_strdup(arena, buf_cstr(&b)) : NULL;
}

/* What of an absolute path is below the directory; NULL: nothing. */
static const char *below(const char *path, const char *directory)
{
	size_t len = directory ? strlen(directory) : 0;

	if (len == 0 || strncmp(path, directory, len) != 0)
		return NULL;
	if (directory[len - 1] == '/')
		return path + len;
	return path[len] == '/' ? path + len + 1 : NULL;
}

const char *sarif_file_uri(const char *name, const char *directory, bool *relative, struct arena *arena)
{
	const char *inside = name[0] != '/' ? tidy(name, arena) : NULL;
	CLEANUP(free_ptr) char *real = inside ? NULL : realpath(name, NULL);
	const char *path = real;

	if (!inside && !real) /* it is gone, or never was a file */
		path = name[0] == '/' ? name : arena_printf(arena, "%s/%s", directory ? directory : "", name);
	if (!inside)
		inside = below(path, directory);
	*relative = inside != NULL;
	return inside ? encoded("", inside, "", arena) : encoded("file://", path, "", arena);
}

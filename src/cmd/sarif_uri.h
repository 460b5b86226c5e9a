/*
 * Names of files as the URIs of a SARIF log.
 */
#ifndef CMD_SARIF_URI_H
#define CMD_SARIF_URI_H

#include "base/arena.h"

#include <stdbool.h>

/* The current directory as it is known to the kernel, in arena; NULL: it has no name any more. */
const char *sarif_directory(struct arena *arena);
/* The directory as an absolute URI that ends in a slash, in arena. */
const char *sarif_directory_uri(const char *directory, struct arena *arena);
/*
 * A file's URI in arena, percent-encoded: *relative to directory where the file is below it as it is named or by its real
 * place, else absolute.  directory NULL: there is none to be below.
 */
const char *sarif_file_uri(const char *name, const char *directory, bool *relative, struct arena *arena);

#endif

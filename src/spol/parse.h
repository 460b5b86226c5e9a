/*
 * Source text to tree.  The only way into the grammar; compiler, linter, formatter, tester and editor support share it.
 */
#ifndef SPOL_PARSE_H
#define SPOL_PARSE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "spol/ast.h"

#define SPOL_FILE_MAX ((size_t)16 << 20) /* bytes of one policy file */

/*
 * Parses source number file of d.  All syntax errors go to d (E0xxx); what could be parsed is in the tree.  The tree, in
 * arena, never is NULL.
 */
struct file_ast *spol_parse(struct diags *d, uint32_t file, struct arena *arena);

#endif

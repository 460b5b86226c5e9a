/*
 * What an image says about itself: names, texts of rules, and whether they are what its code does.  Inside vm/ only.
 */
#ifndef VM_WORDS_H
#define VM_WORDS_H

#include "vm/image.h"

/* UTF-8 without controls and without characters that hide or turn round others. */
bool words_printable(const char *s);
/* A copy with `?` in the place of everything else. */
char *words_make_printable(struct arena *arena, const char *s);
/*
 * Every verdict and disposition is what the text of its rule begins with, the default is called so, all names can be
 * printed, a source extends earlier ones.  Operands must have been checked.  -1: *err FORMAT.
 */
int words_check(const struct vm_image *i, const char *name, struct err *err);

#endif

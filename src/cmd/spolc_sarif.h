/*
 * The findings of one invocation of spolc as a SARIF 2.1.0 log (OASIS Static Analysis Results Interchange Format).
 */
#ifndef CMD_SPOLC_SARIF_H
#define CMD_SPOLC_SARIF_H

#include "base/diag.h"

#include <stdio.h>

struct sarif;

/* An empty log; give it back with sarif_free(). */
struct sarif *sarif_new(void);
void sarif_free(struct sarif *s);
/* The findings of one file of the command line and of what it extends.  One that is there already is not added again. */
void sarif_add(struct sarif *s, struct diags *d);
/* Something could not be done, so that findings may be missing. */
void sarif_failure(struct sarif *s, const char *text);
/* Writes the log, status being the exit status of spolc; nothing can be added behind this. */
void sarif_print(struct sarif *s, int status, FILE *to);

#endif

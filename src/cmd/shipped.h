/*
 * The installed policies as images, which src/cmd/shipped.sh embeds at the end of the build.
 */
#ifndef CMD_SHIPPED_H
#define CMD_SHIPPED_H

#include "spol/compile.h"

extern const struct spol_shipped cmd_shipped[];
extern const size_t cmd_nshipped;

#endif

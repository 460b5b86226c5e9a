/*
 * The installed policies as programs, which src/cmd/mkshipped.c makes while sperrips is being built.
 */
#ifndef CMD_SHIPPED_H
#define CMD_SHIPPED_H

#include "spol/compile.h"

extern const struct spol_shipped cmd_shipped[];
extern const size_t cmd_nshipped;

#endif

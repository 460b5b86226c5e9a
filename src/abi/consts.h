/*
 * Sets of named constants: which names the values of a field have.
 */
#ifndef ABI_CONSTS_H
#define ABI_CONSTS_H

enum abi_set {
	SET_NONE,
#define SET(ID, name, flags, ...)  SET_##ID,
#define SET_MADE(ID, name, flags) SET_##ID,
#include "abi/consts.def"
	ABI_NSETS
};

#endif

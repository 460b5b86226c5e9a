/*
 * How long data are whose own beginning says so by more than one number: what of a row's length enum abi_says names.
 */
#ifndef ABI_SAYS_H
#define ABI_SAYS_H

#include "abi/row.h"

/*
 * Of len bytes at data, at least as many as the row's head has, how many there are in all as far as is seen: bytes of
 * FS_IOC_FIEMAP's (a head and extents that were found and that there was room for) and SIOCETHTOOL's (by its command), elements
 * of capget's.  UINT32_MAX: nobody knows, and the call is not judged.
 */
uint32_t says_length(enum abi_says says, const uint8_t *data, uint32_t len, enum abi_extent extent);

#endif

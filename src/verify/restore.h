/*
 * Patches that give the program (or, at the entry, the kernel) the recorded value of a field.
 */
#ifndef VERIFY_RESTORE_H
#define VERIFY_RESTORE_H

#include "abi/walk.h"
#include "verify/decide.h"

struct restore {
	const struct abi_schema *schema;
	const struct sys_event *rec, *live;
	enum abi_phase phase;
	struct arena *arena;
	struct patch *patches;
	size_t npatches, room;
	struct patch *undo; /* what the program is to find again when the call is over */
	size_t nundo, undo_room;
	/* the inputs that say how large buffers are agree on both sides: looked up when first needed */
	enum { SIZES_UNKNOWN, SIZES_AGREE, SIZES_DIFFER } sizes;
};

/*
 * Adds what makes the recorded value of this pair be seen.  false: it cannot be done (nothing was added): there is no
 * room for it, or no place that could be written.
 */
bool restore_field(struct restore *r, const struct abi_pair *p);
/* At the entry: the kernel gets this number where the program has another one; the program keeps its own.  false: it cannot. */
bool restore_number_for_kernel(struct restore *r, const struct abi_pair *p, num_t n);
/* The same of a path. */
bool restore_path_for_kernel(struct restore *r, const struct abi_pair *p, struct buf *path);
/*
 * The same for a violation, where the run is to go on: records that are not the recorded ones in another order are
 * replaced by these, all of them.  Asked of the order, which comes behind the records.
 */
bool restore_forced(struct restore *r, const struct abi_pair *p);
/* The kernel gets another argument than the program gave. */
void restore_argument(struct restore *r, unsigned reg, uint64_t value);
/*
 * Adds patches for all that the recorded kernel wrote, for a call that was not executed.  false: *failed is the recorded
 * block that has no place in the actual run.
 */
bool restore_outputs(struct restore *r, const struct abi_block **failed);

#endif

/*
 * Equal data blocks are stored once: a block, or a piece of it, may refer back to bytes of the event stream.
 */
#ifndef RECORDING_BLOCKS_H
#define RECORDING_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKS_WINDOW ((size_t)8 << 20) /* bytes: how far back a reference reaches */
#define BLOCKS_MIN    64                /* bytes: shorter blocks are always spelt out */
#define BLOCKS_HOLES  16                /* so many bytes that are written later are told apart: those that began last */
#define BLOCKS_PIECE  4096              /* bytes: the grain in which a block is looked up */

/* ---- writing ---- */

/* Content of a block: new bytes, or a reference. */
struct block_piece {
	const uint8_t *data; /* NULL: a reference */
	uint64_t back;       /* from the start of the event */
	uint32_t len;
};

struct block_finder;

/* ring: the last BLOCKS_WINDOW bytes of the stream, position p at p % BLOCKS_WINDOW; lent. */
struct block_finder *block_finder_new(const uint8_t *ring);
void block_finder_free(struct block_finder *f);
/* len bytes of the stream at position are written later: no reference will be made to them. */
void block_finder_hole(struct block_finder *f, uint64_t position, uint32_t len);
/* Begins an event at a position of the stream. */
void block_finder_event(struct block_finder *f, uint64_t position);
/*
 * Cuts a block of at least BLOCKS_MIN bytes into pieces; *count > 0.  They are lent until block_finder_event() but may
 * move with the next block: use them at once.
 */
const struct block_piece *block_finder_cut(struct block_finder *f, const uint8_t *data, uint32_t len, size_t *count);
/* A piece of new bytes went to a position of the stream.  Once for each such piece, in order. */
void block_finder_placed(struct block_finder *f, uint64_t position);

/* ---- reading ---- */

/* The last BLOCKS_WINDOW bytes of the stream. */
struct block_window;

struct block_window *block_window_new(void);
void block_window_free(struct block_window *w);
void block_window_reset(struct block_window *w);
void block_window_add(struct block_window *w, const uint8_t *data, size_t len);
/* len bytes that begin back bytes before the end of what was added.  false: the window does not have them. */
bool block_window_get(const struct block_window *w, uint64_t back, uint64_t len, uint8_t *out);
/* Whether block_window_get() would succeed. */
bool block_window_has(const struct block_window *w, uint64_t back, uint64_t len);

#endif

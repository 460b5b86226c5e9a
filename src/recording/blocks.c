/*
 * Equal data blocks are stored once.  The writer looks pieces up by XXH3 and believes only memcmp; the reader needs no
 * hashes, only the window.
 */
#include "recording/blocks.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SLOTS 32768 /* a power of two; a new piece takes over the slot of an older one */

/* A piece that was spelt out: hash of its content, position of its first byte. */
struct slot {
	uint64_t hash, position;
};

/* A piece of a new block that shall be found later, once its place is known. */
struct pending {
	uint64_t hash;
	uint32_t offset; /* in its run */
	uint32_t run;    /* which run of new bytes within the event */
};

struct block_finder {
	const uint8_t *ring;
	uint64_t start; /* of the event; nothing from here on is in the ring yet */
	struct slot *slots;
	struct block_piece *pieces;
	size_t npieces, pieces_room;
	struct pending *pending;
	size_t npending, pending_room, placed; /* placed: of pending */
	uint32_t runs, runs_placed;
	struct {
		uint64_t start, end;
	} holes[BLOCKS_HOLES];
	unsigned nholes; /* so far */
};

struct block_finder *block_finder_new(const uint8_t *ring)
{
	struct block_finder *f = xcalloc(1, sizeof(*f));

	f->ring = ring;
	f->slots = xcalloc(SLOTS, sizeof(*f->slots));
	return f;
}

void block_finder_free(struct block_finder *f)
{
	if (!f)
		return;
	free(f->slots);
	free(f->pieces);
	free(f->pending);
	free(f);
}

void block_finder_event(struct block_finder *f, uint64_t position)
{
	f->start = position;
	f->npending = f->placed = 0;
	f->runs = f->runs_placed = 0;
}

void block_finder_hole(struct block_finder *f, uint64_t position, uint32_t len)
{
	f->holes[f->nholes % BLOCKS_HOLES].start = position;
	f->holes[f->nholes++ % BLOCKS_HOLES].end = position + len;
}

static bool in_hole(const struct block_finder *f, uint64_t position, size_t len)
{
	unsigned n = f->nholes < BLOCKS_HOLES ? f->nholes : BLOCKS_HOLES;

	for (unsigned i = 0; i < n; i++) {
		if (position < f->holes[i].end && f->holes[i].start < position + len)
			return true;
	}
	return false;
}

/* Whether the stream holds data at position, before the event and not further back than the window. */
static bool holds(const struct block_finder *f, uint64_t position, const uint8_t *data, size_t len)
{
	size_t at = (size_t)(position % BLOCKS_WINDOW), first;

	if (position > f->start || f->start - position > BLOCKS_WINDOW || len > f->start - position ||
	    in_hole(f, position, len))
		return false;
	first = len < BLOCKS_WINDOW - at ? len : BLOCKS_WINDOW - at;
	return memcmp(f->ring + at, data, first) == 0 && memcmp(f->ring, data + first, len - first) == 0;
}

static void add_reference(struct block_finder *f, uint64_t position, uint32_t len)
{
	f->pieces[f->npieces++] = (struct block_piece){ .back = f->start - position, .len = len };
}

static void add_new(struct block_finder *f, const uint8_t *data, uint32_t len, uint64_t hash)
{
	struct block_piece *last = f->npieces ? &f->pieces[f->npieces - 1] : NULL;

	if (!last || !last->data) {
		last = &f->pieces[f->npieces++];
		*last = (struct block_piece){ .data = data };
		f->runs++;
	}
	f->pending[f->npending++] = (struct pending){ .hash = hash, .offset = last->len, .run = f->runs - 1 };
	last->len += len;
}

const struct block_piece *block_finder_cut(struct block_finder *f, const uint8_t *data, uint32_t len, size_t *count)
{
	size_t most = (size_t)len / BLOCKS_PIECE + 1;
	uint64_t follow = 0; /* position behind the reference that was made last */

	if (most > f->pieces_room) {
		f->pieces_room = 2 * most;
		f->pieces = xrealloc(f->pieces, f->pieces_room, sizeof(*f->pieces));
	}
	if (f->npending + most > f->pending_room) {
		f->pending_room = 2 * (f->npending + most);
		f->pending = xrealloc(f->pending, f->pending_room, sizeof(*f->pending));
	}
	f->npieces = 0;
	while (len) {
		uint32_t n = len < BLOCKS_PIECE ? len : BLOCKS_PIECE;

		if (follow && holds(f, follow, data, n)) {
			f->pieces[f->npieces - 1].len += n;
			follow += n;
		} else {
			uint64_t hash = XXH3_64bits(data, n);
			const struct slot *slot = &f->slots[hash % SLOTS];

			follow = 0;
			if (slot->hash == hash && holds(f, slot->position, data, n)) {
				add_reference(f, slot->position, n);
				follow = slot->position + n;
			} else {
				add_new(f, data, n, hash);
			}
		}
		data += n;
		len -= n;
	}
	*count = f->npieces;
	return f->pieces;
}

void block_finder_placed(struct block_finder *f, uint64_t position)
{
	for (; f->placed < f->npending && f->pending[f->placed].run == f->runs_placed; f->placed++) {
		const struct pending *p = &f->pending[f->placed];

		f->slots[p->hash % SLOTS] = (struct slot){ .hash = p->hash, .position = position + p->offset };
	}
	f->runs_placed++;
}

/* ---- reading ---- */

struct block_window {
	uint8_t *ring;
	uint64_t end; /* bytes added */
};

struct block_window *block_window_new(void)
{
	struct block_window *w = xcalloc(1, sizeof(*w));

	w->ring = xcalloc(1, BLOCKS_WINDOW);
	return w;
}

void block_window_free(struct block_window *w)
{
	if (!w)
		return;
	free(w->ring);
	free(w);
}

void block_window_reset(struct block_window *w)
{
	w->end = 0;
}

void block_window_add(struct block_window *w, const uint8_t *data, size_t len)
{
	if (len > BLOCKS_WINDOW) {
		data += len - BLOCKS_WINDOW;
		w->end += len - BLOCKS_WINDOW;
		len = BLOCKS_WINDOW;
	}
	while (len) {
		size_t at = (size_t)(w->end % BLOCKS_WINDOW);
		size_t n = len < BLOCKS_WINDOW - at ? len : BLOCKS_WINDOW - at;

		memcpy(w->ring + at, data, n);
		w->end += n;
		data += n;
		len -= n;
	}
}

bool block_window_has(const struct block_window *w, uint64_t back, uint64_t len)
{
	return back <= w->end && back <= BLOCKS_WINDOW && len <= back;
}

bool block_window_get(const struct block_window *w, uint64_t back, uint64_t len, uint8_t *out)
{
	size_t at, first;

	if (!block_window_has(w, back, len))
		return false;
	at = (size_t)((w->end - back) % BLOCKS_WINDOW);
	first = len < BLOCKS_WINDOW - at ? (size_t)len : BLOCKS_WINDOW - at;
	memcpy(out, w->ring + at, first);
	memcpy(out + first, w->ring, (size_t)len - first);
	return true;
}

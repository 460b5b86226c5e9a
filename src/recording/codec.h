/*
 * Our structs to protobuf messages and back.  The event codec works by hand (wire.h), the rest through protobuf-c.
 */
#ifndef RECORDING_CODEC_H
#define RECORDING_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "recording/blocks.h"
#include "recording/recording.h"

#include <stddef.h>
#include <stdint.h>

/* ---- events: codec_event.c ---- */

/* What an event's numbers are relative to: the event before it in the stream. */
struct codec_state {
	uint64_t next_seq;
	uint64_t ip;
};

/* A place in an encoded event where bytes belong that were not copied. */
struct codec_splice {
	size_t at; /* in codec_event.bytes */
	const uint8_t *data;
	uint32_t len;
};

/* A digest that is not there yet; zeros stand in its place. */
struct codec_later {
	size_t at; /* in the message */
	struct digest_range range;
};

/* An encoded event, its memory used again for the next one.  Zeroed: empty. */
struct codec_event {
	struct codec_state state;
	struct buf bytes;             /* the message without what is spliced in */
	size_t len;                   /* of the message */
	struct codec_splice *splices; /* ascending in at */
	size_t nsplices, splices_room;
	size_t spliced; /* bytes */
	struct codec_later *laters;
	size_t nlaters, laters_room;
};

/* Encodes ev; blocks of finder's least size go through finder, and each splice is a piece that finder wants placed. */
void codec_event_encode(struct codec_event *c, const struct sys_event *ev, struct block_finder *finder);
void codec_event_free(struct codec_event *c);

/* Makes events; ev and what it points to is lent until the next one. */
struct codec_decoder;

/* max_data: bytes of an event's blocks together. */
struct codec_decoder *codec_decoder_new(size_t max_data);
void codec_decoder_free(struct codec_decoder *d);
/* Forgets the event before. */
void codec_decoder_reset(struct codec_decoder *d);
/* NULL: *ev is the event.  Else why the message is not one: a static text. */
const char *codec_decode_event(struct codec_decoder *d, const uint8_t *data, size_t len,
			       const struct block_window *window, const struct sys_event **ev);

/* ---- the other messages: codec.c ---- */

/* Head of differences.bin. */
struct diff_header {
	uint8_t recording_root[DIGEST_SIZE];
	const char *policy_name;
	uint8_t policy_digest[DIGEST_SIZE];
};

struct diff_trailer {
	const char *verdict;
	uint64_t differences;
};

/* Append the message to out.  A NULL string is an empty one. */
void codec_encode_header(const struct rec_header *h, struct buf *out);
void codec_encode_trailer(const struct rec_trailer *t, struct buf *out);
void codec_encode_diff_header(const struct diff_header *h, struct buf *out);
void codec_encode_difference(const struct rec_difference *d, struct buf *out);
void codec_encode_diff_trailer(const struct diff_trailer *t, struct buf *out);

/* NULL: the struct is filled, what it points to lives in a.  Else why the message is not one: a static text. */
const char *codec_decode_header(const uint8_t *data, size_t len, struct arena *a, struct rec_header *h);
const char *codec_decode_trailer(const uint8_t *data, size_t len, struct arena *a, struct rec_trailer *t);
const char *codec_decode_diff_header(const uint8_t *data, size_t len, struct arena *a, struct diff_header *h);
const char *codec_decode_difference(const uint8_t *data, size_t len, struct arena *a, struct rec_difference *d);
const char *codec_decode_diff_trailer(const uint8_t *data, size_t len, struct arena *a, struct diff_trailer *t);

#endif

/*
 * Streams of length-delimited messages: out through a ring that a thread of its own compresses and writes, in out of
 * the chunks of a file.
 */
#ifndef RECORDING_STREAM_H
#define RECORDING_STREAM_H

#include "base/digest.h"
#include "base/err.h"
#include "recording/frame.h"
#include "recording/recording.h"
#include "recording/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- out ---- */

#define STREAM_CHUNK ((size_t)256 << 10) /* bytes of a chunk as we cut them */
#define STREAM_QUEUE (8 * STREAM_CHUNK)  /* at most so much waits for the thread */

struct stream_out;

/*
 * Makes path.part (a device or fifo: path itself) and writes the header message.  ring: bytes of the stream that stay
 * in memory, a power of two >= 2 * STREAM_QUEUE.  sign: lent until finish, or NULL.  NULL: *err IO.
 */
struct stream_out *stream_out_open(const char *path, enum rec_file_type type, const uint8_t *header, size_t header_len,
				   size_t ring, const struct sign_key *sign, struct err *err);
/* Position behind the last byte put, counted from the first. */
uint64_t stream_out_position(const struct stream_out *s);
/* The ring: position p stands at p & (ring - 1); the last ring bytes before the position are valid. */
const uint8_t *stream_out_ring(const struct stream_out *s);
/* Appends bytes; they are copied. */
void stream_out_put(struct stream_out *s, const void *data, size_t len);
/*
 * The DIGEST_SIZE bytes at position are the digest of a range of a file, which the thread computes; the message that they
 * stand in begins at start.  To be said before the message is whole; takes range->fd over.
 */
void stream_out_later(struct stream_out *s, uint64_t start, uint64_t position, const struct digest_range *range);
/* Some of these are not computed. */
bool stream_out_waits(const struct stream_out *s);
/* Returns when all of them are; takes a part in the work.  -1: *err IO, of this or of an earlier message. */
int stream_out_settle(struct stream_out *s, struct err *err);
/* A message is whole: it may be written from now on.  -1: *err IO, of this or of an earlier message. */
int stream_out_message_end(struct stream_out *s, struct err *err);
/* Returns when all that was put is written.  -1: *err IO. */
int stream_out_flush(struct stream_out *s, struct err *err);
/* Trailer, signature, fsync, rename to path; frees s in every case. */
int stream_out_finish(struct stream_out *s, const uint8_t *trailer, size_t trailer_len, struct err *err);
/* Writes what was put and stops: path.part stays.  Frees s; NULL is fine. */
void stream_out_abandon(struct stream_out *s);

/* ---- in ---- */

struct stream_in;

struct stream_message {
	const uint8_t *data; /* len bytes, lent until the next call */
	size_t len;
	uint8_t prefix[WIRE_VARINT_MAX]; /* the length as it stands in the stream */
	uint8_t prefix_len;
};

/* Opens path and reads the header message, lent until the first stream_in_next().  NULL: *err. */
struct stream_in *stream_in_open(const char *path, enum rec_file_type type, size_t max_message, struct frame *header,
				 struct err *err);
void stream_in_close(struct stream_in *s);
/* 1: a message.  0: no more, *trailer is the trailer, lent until the next call.  -1: *err. */
int stream_in_next(struct stream_in *s, struct stream_message *m, struct frame *trailer, struct err *err);
/* Back to the first message. */
void stream_in_rewind(struct stream_in *s);
/* Sets *err FORMAT: the message read last is not what it should be; names file and offset. */
int stream_in_malformed(const struct stream_in *s, const char *why, struct err *err);
/* Sets *err FORMAT: a header or trailer is not what it should be. */
int stream_in_frame_malformed(const struct stream_in *s, const struct frame *f, const char *why, struct err *err);
/* Digest of the last frame read. */
const uint8_t *stream_in_chain(const struct stream_in *s);
/* After the trailer: the signature, not checked, lent until close, or NULL. */
const struct rec_signature *stream_in_signature(const struct stream_in *s);
/* From the start: whether there is one or is to be one. */
bool stream_in_signed(const struct stream_in *s);
const char *stream_in_name(const struct stream_in *s);
/* Chunks read since the start or the last rewind. */
uint64_t stream_in_chunks(const struct stream_in *s);

#endif

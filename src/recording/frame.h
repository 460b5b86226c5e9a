/*
 * Frames: what recording.bin and differences.bin are made of.  Each is compressed on its own and bound to all before it
 * by a SHA-256.  doc/recording-format.md.
 */
#ifndef RECORDING_FRAME_H
#define RECORDING_FRAME_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/sign.h"
#include "recording/recording.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAGIC       8                  /* bytes that begin a file */
#define FRAME_FILE_HEAD   16                 /* bytes: magic, version, features */
#define FRAME_SIGNED      1u                 /* feature: a signature stands behind the trailer */
#define FRAME_HEAD        32                 /* bytes in front of a payload */
#define FRAME_HEAD_CHECK  24                 /* the last 8 of them are the check of the first 24 */
#define FRAME_CHUNK_MAX   ((size_t)1 << 20)  /* bytes of a chunk, not compressed */
#define FRAME_MESSAGE_MAX ((size_t)16 << 20) /* bytes of a header or a trailer, not compressed */
#define FRAME_ZSTD        1u                 /* flag: the payload is one zstd frame */

enum frame_type {
	FRAME_HEADER,  /* the first frame and no other */
	FRAME_CHUNK,   /* a piece of the stream of messages; a message may go on in the next chunk */
	FRAME_TRAILER, /* the last one; nothing stands behind it but the signature of a file that is signed */
	FRAME_TYPE_COUNT
};

/* UNKNOWN: no magic of ours. */
enum rec_file_type frame_magic_type(const uint8_t magic[FRAME_MAGIC]);

/* ---- writing ---- */

struct frame_writer;

/*
 * Writes the file's head to fd (kept by the caller), lazily: with the first frame.  name for messages, copied.
 * type: RECORDING or DIFFERENCES.  sign: with what the trailer's digest is signed, lent, or NULL.
 */
struct frame_writer *frame_writer_new(int fd, const char *name, enum rec_file_type type, const struct sign_key *sign);
void frame_writer_free(struct frame_writer *w);
/*
 * Writes one frame; with the trailer goes the signature.  level: zstd's, or 0 for no compression.  -1: *err IO, or
 * UNSUPPORTED where libcrypto cannot sign.
 */
int frame_write(struct frame_writer *w, enum frame_type type, const uint8_t *data, size_t len, int level,
		struct err *err);

/* ---- reading ---- */

struct frame_reader;

struct frame {
	enum frame_type type;
	uint64_t offset;     /* in the file */
	const uint8_t *data; /* len bytes, lent until the next read */
	size_t len;
};

/* Opens path and checks the file's head.  NULL: *err is IO, FORMAT, VERSION or INCOMPLETE. */
struct frame_reader *frame_reader_open(const char *path, enum rec_file_type type, struct err *err);
void frame_reader_close(struct frame_reader *r);
/*
 * 1: the next frame, whole and unaltered, in its place (one header first, nothing behind a trailer).  0: the file ends
 * behind the trailer and, if it is signed, the signature.  -1: *err has the offset: INCOMPLETE where the file stops,
 * DIGEST where it was altered, else FORMAT.
 */
int frame_read(struct frame_reader *r, struct frame *f, struct err *err);
/*
 * Back to the frame behind the header; the header must have been read.  From now on a frame must be the one that was read
 * before in its place: else *err DIGEST (of the first FRAMES_KEPT; a change behind them shows in the trailer's digest).
 */
#define FRAMES_KEPT ((size_t)1 << 21) /* 64 MiB of digests, half a TiB of recording */
void frame_reader_rewind(struct frame_reader *r);
/* Digest of the last frame read: behind the trailer it is the root hash. */
const uint8_t *frame_reader_chain(const struct frame_reader *r);
/* After frame_read() gave 0: the signature, lent until close, or NULL.  Nobody has checked it. */
const struct rec_signature *frame_reader_signature(const struct frame_reader *r);
/* Whether the file says that it is, or is to be, signed. */
bool frame_reader_signed(const struct frame_reader *r);
const char *frame_reader_name(const struct frame_reader *r);

#endif

/*
 * differences.bin: the same stream as a recording's, with differences for messages and no references.
 */
#include "base/check.h"
#include "recording/codec.h"
#include "recording/recording.h"
#include "recording/stream.h"

#include <stdlib.h>
#include <string.h>

#define DIFF_RING        (2 * STREAM_QUEUE)
#define DIFF_MESSAGE_MAX ((size_t)1 << 30) /* bytes: two values of the largest event, and texts */

/* ---- writing ---- */

struct diff_writer {
	struct stream_out *out;
	struct buf message;
	uint64_t differences;
};

struct diff_writer *diff_writer_open(const char *path, const uint8_t recording_root[DIGEST_SIZE],
				     const char *policy_name, const uint8_t policy_digest[DIGEST_SIZE], struct err *err)
{
	return diff_writer_open_signed(path, recording_root, policy_name, policy_digest, NULL, err);
}

struct diff_writer *diff_writer_open_signed(const char *path, const uint8_t recording_root[DIGEST_SIZE],
					    const char *policy_name, const uint8_t policy_digest[DIGEST_SIZE],
					    const struct sign_key *sign, struct err *err)
{
	CLEANUP(buf_free) struct buf message = { 0 };
	struct diff_header header = { .policy_name = policy_name };
	struct stream_out *out;
	struct diff_writer *w;

	memcpy(header.recording_root, recording_root, DIGEST_SIZE);
	memcpy(header.policy_digest, policy_digest, DIGEST_SIZE);
	codec_encode_diff_header(&header, &message);
	out = stream_out_open(path, REC_FILE_DIFFERENCES, message.data, message.len, DIFF_RING, sign, err);
	if (!out)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->out = out;
	return w;
}

int diff_writer_add(struct diff_writer *w, const struct rec_difference *d, struct err *err)
{
	uint8_t prefix[WIRE_VARINT_MAX];

	buf_clear(&w->message);
	codec_encode_difference(d, &w->message);
	stream_out_put(w->out, prefix, (size_t)(wire_put(prefix, w->message.len) - prefix));
	stream_out_put(w->out, w->message.data, w->message.len);
	w->differences++;
	return stream_out_message_end(w->out, err);
}

static struct stream_out *diff_writer_free(struct diff_writer *w)
{
	struct stream_out *out = w->out;

	buf_free(&w->message);
	free(w);
	return out;
}

int diff_writer_finish(struct diff_writer *w, const char *verdict, struct err *err)
{
	CLEANUP(buf_free) struct buf message = { 0 };

	codec_encode_diff_trailer(&(struct diff_trailer){ .verdict = verdict, .differences = w->differences },
				  &message);
	return stream_out_finish(diff_writer_free(w), message.data, message.len, err);
}

void diff_writer_abandon(struct diff_writer *w)
{
	if (w)
		stream_out_abandon(diff_writer_free(w));
}

/* ---- reading ---- */

struct diff_reader {
	struct stream_in *in;
	struct arena *arena;   /* of header and trailer */
	struct arena *current; /* of the difference that is lent */
	struct diff_header header;
	struct diff_trailer trailer;
	struct rec_difference difference;
	uint64_t differences;
	bool ended;
	struct err err;
};

static int decode_header(struct diff_reader *r, const struct frame *frame, struct err *err)
{
	const char *why = codec_decode_diff_header(frame->data, frame->len, r->arena, &r->header);

	return why ? stream_in_frame_malformed(r->in, frame, why, err) : 0;
}

struct diff_reader *diff_reader_open(const char *path, struct err *err)
{
	struct diff_reader *r = xcalloc(1, sizeof(*r));
	struct frame header;

	r->arena = arena_new();
	r->current = arena_new();
	r->in = stream_in_open(path, REC_FILE_DIFFERENCES, DIFF_MESSAGE_MAX, &header, err);
	if (!r->in || decode_header(r, &header, err) < 0) {
		diff_reader_close(r);
		return NULL;
	}
	return r;
}

void diff_reader_close(struct diff_reader *r)
{
	if (!r)
		return;
	stream_in_close(r->in);
	arena_free(r->arena);
	arena_free(r->current);
	free(r);
}

static int end(struct diff_reader *r, const struct frame *trailer, struct err *err)
{
	const char *why = codec_decode_diff_trailer(trailer->data, trailer->len, r->arena, &r->trailer);

	if (!why && r->trailer.differences != r->differences)
		why = "the trailer's count is not that of the differences";
	return why ? stream_in_frame_malformed(r->in, trailer, why, err) : 0;
}

static int next(struct diff_reader *r, struct err *err)
{
	struct stream_message m;
	struct frame trailer;
	const char *why;
	int got;

	if (r->ended)
		return 0;
	got = stream_in_next(r->in, &m, &trailer, err);
	if (got < 0)
		return -1;
	if (got == 0) {
		r->ended = true;
		return end(r, &trailer, err);
	}
	arena_reset(r->current);
	why = codec_decode_difference(m.data, m.len, r->current, &r->difference);
	if (why)
		return stream_in_malformed(r->in, why, err);
	r->differences++;
	return 1;
}

int diff_reader_next(struct diff_reader *r, const struct rec_difference **d, struct err *err)
{
	int got = -1;

	if (!err_is_set(&r->err))
		got = next(r, &r->err);
	if (got < 0 && err && !err_is_set(err))
		*err = r->err;
	*d = &r->difference;
	return got;
}

const char *diff_reader_verdict(const struct diff_reader *r)
{
	INVARIANT(r->ended);
	return r->trailer.verdict;
}

const char *diff_reader_policy(const struct diff_reader *r)
{
	return r->header.policy_name;
}

const uint8_t *diff_reader_recording(const struct diff_reader *r)
{
	return r->header.recording_root;
}

const uint8_t *diff_reader_root(const struct diff_reader *r)
{
	INVARIANT(r->ended);
	return stream_in_chain(r->in);
}

const struct rec_signature *diff_reader_signature(const struct diff_reader *r)
{
	INVARIANT(r->ended);
	return stream_in_signature(r->in);
}

bool diff_reader_signed(const struct diff_reader *r)
{
	return stream_in_signed(r->in);
}

uint64_t diff_reader_chunks(const struct diff_reader *r)
{
	return stream_in_chunks(r->in);
}

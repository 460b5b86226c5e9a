/*
 * recording.bin in.
 */
#include "base/check.h"
#include "recording/codec.h"
#include "recording/recording.h"
#include "recording/stream.h"

#include <stdlib.h>
#include <string.h>

struct rec_reader {
	struct stream_in *in;
	struct block_window *window;
	struct codec_decoder *decoder;
	struct arena *arena; /* of header and trailer */
	struct rec_header header;
	struct rec_trailer trailer;
	struct stream_message message; /* of the event that is lent: not yet in the window */
	bool lent;
	uint64_t events, blocks, bytes;
	bool ended;
	struct err err; /* what made the reader unusable */
	bool root_known;
	uint8_t root[DIGEST_SIZE];
	struct rec_signature signature; /* of a file that is signed */
};

static int decode_header(struct rec_reader *r, const struct frame *frame, struct err *err)
{
	const char *why = codec_decode_header(frame->data, frame->len, r->arena, &r->header);

	return why ? stream_in_frame_malformed(r->in, frame, why, err) : 0;
}

struct rec_reader *rec_reader_open(const char *path, size_t max_event, struct err *err)
{
	struct rec_reader *r = xcalloc(1, sizeof(*r));
	struct frame header;

	INVARIANT(max_event > 0);
	r->arena = arena_new();
	r->in = stream_in_open(path, REC_FILE_RECORDING, max_event, &header, err);
	if (!r->in || decode_header(r, &header, err) < 0) {
		rec_reader_close(r);
		return NULL;
	}
	r->window = block_window_new();
	r->decoder = codec_decoder_new(max_event);
	return r;
}

void rec_reader_close(struct rec_reader *r)
{
	if (!r)
		return;
	stream_in_close(r->in);
	block_window_free(r->window);
	codec_decoder_free(r->decoder);
	arena_free(r->arena);
	free(r);
}

const struct rec_header *rec_reader_header(const struct rec_reader *r)
{
	return &r->header;
}

static bool same_signature(const struct rec_reader *r)
{
	const struct rec_signature *now = stream_in_signature(r->in);

	return !now || (memcmp(now->key, r->signature.key, sizeof(now->key)) == 0 &&
			memcmp(now->bytes, r->signature.bytes, sizeof(now->bytes)) == 0);
}

static int end(struct rec_reader *r, const struct frame *trailer, struct err *err)
{
	const char *why;

	if (r->root_known) { /* read to its end before: header, trailer and signature stay as they were lent */
		if (memcmp(r->root, stream_in_chain(r->in), DIGEST_SIZE) != 0 || !same_signature(r))
			return stream_in_frame_malformed(r->in, trailer, "the file was changed while it was read", err);
		return 0;
	}
	why = codec_decode_trailer(trailer->data, trailer->len, r->arena, &r->trailer);
	if (why)
		return stream_in_frame_malformed(r->in, trailer, why, err);
	if (r->trailer.events != r->events || r->trailer.blocks != r->blocks || r->trailer.bytes != r->bytes)
		return stream_in_frame_malformed(r->in, trailer, "the trailer's counts are not those of the events",
						 err);
	memcpy(r->root, stream_in_chain(r->in), DIGEST_SIZE);
	if (stream_in_signed(r->in))
		r->signature = *stream_in_signature(r->in);
	r->root_known = true;
	return 0;
}

static int next(struct rec_reader *r, const struct sys_event **ev, struct err *err)
{
	struct frame trailer;
	const char *why;
	int got;

	if (r->lent) {
		block_window_add(r->window, r->message.prefix, r->message.prefix_len);
		block_window_add(r->window, r->message.data, r->message.len);
		r->lent = false;
	}
	if (r->ended)
		return 0;
	got = stream_in_next(r->in, &r->message, &trailer, err);
	if (got < 0)
		return -1;
	if (got == 0) {
		r->ended = true;
		return end(r, &trailer, err);
	}
	why = codec_decode_event(r->decoder, r->message.data, r->message.len, r->window, ev);
	if (why)
		return stream_in_malformed(r->in, why, err);
	r->lent = true;
	r->events++;
	r->blocks += (*ev)->nblocks;
	for (uint32_t i = 0; i < (*ev)->nblocks; i++)
		r->bytes += (*ev)->blocks[i].len;
	return 1;
}

int rec_reader_next(struct rec_reader *r, const struct sys_event **ev, struct err *err)
{
	int got = -1;

	if (!err_is_set(&r->err))
		got = next(r, ev, &r->err);
	if (got < 0 && err && !err_is_set(err))
		*err = r->err;
	return got;
}

const struct rec_trailer *rec_reader_trailer(const struct rec_reader *r)
{
	INVARIANT(r->root_known);
	return &r->trailer;
}

static void rewind_reader(struct rec_reader *r)
{
	stream_in_rewind(r->in);
	block_window_reset(r->window);
	codec_decoder_reset(r->decoder);
	r->lent = r->ended = false;
	r->events = r->blocks = r->bytes = 0;
}

int rec_reader_check(struct rec_reader *r, struct err *err)
{
	const struct sys_event *ev;
	int got;

	rewind_reader(r);
	do
		got = rec_reader_next(r, &ev, err);
	while (got > 0);
	if (got == 0)
		rewind_reader(r);
	return got;
}

const uint8_t *rec_reader_root(const struct rec_reader *r)
{
	INVARIANT(r->root_known);
	return r->root;
}

const struct rec_signature *rec_reader_signature(const struct rec_reader *r)
{
	INVARIANT(r->root_known);
	return stream_in_signed(r->in) ? &r->signature : NULL;
}

bool rec_reader_signed(const struct rec_reader *r)
{
	return stream_in_signed(r->in);
}

uint64_t rec_reader_chunks(const struct rec_reader *r)
{
	return stream_in_chunks(r->in);
}

int rec_reader_verify(const struct rec_reader *r, const uint8_t key[SIGN_PUBLIC_SIZE], struct err *err)
{
	const struct rec_signature *signature = rec_reader_signature(r);
	const char *name = stream_in_name(r->in);
	char by[DIGEST_TEXT_MAX];
	uint8_t fingerprint[DIGEST_SIZE];

	if (!signature)
		return err_set(err, ERR_SIGNATURE, "%s is not signed", name);
	if (memcmp(signature->key, key, SIGN_PUBLIC_SIZE) != 0) {
		sign_fingerprint(signature->key, fingerprint);
		return err_set(err, ERR_SIGNATURE, "%s is not signed with this key: the one it names has fingerprint %s", name,
			       digest_text(fingerprint, by));
	}
	if (!rec_signature_check(signature, REC_FILE_RECORDING, r->root))
		return err_set(err, ERR_SIGNATURE, "%s: its signature is not one of this content", name);
	return 0;
}

/*
 * recording.bin out: events are encoded on the caller's thread straight into the stream's ring.
 */
#include "base/check.h"
#include "recording/codec.h"
#include "recording/recording.h"
#include "recording/stream.h"

#include <stdlib.h>

struct rec_writer {
	struct stream_out *out;
	struct block_finder *finder;
	struct codec_event event;
	uint64_t events, blocks, bytes;
};

struct rec_writer *rec_writer_open(const char *path, const struct rec_header *header, struct err *err)
{
	return rec_writer_open_signed(path, header, NULL, err);
}

struct rec_writer *rec_writer_open_signed(const char *path, const struct rec_header *header, const struct sign_key *sign,
					  struct err *err)
{
	CLEANUP(buf_free) struct buf message = { 0 };
	struct stream_out *out;
	struct rec_writer *w;

	codec_encode_header(header, &message);
	out = stream_out_open(path, REC_FILE_RECORDING, message.data, message.len, BLOCKS_WINDOW, sign, err);
	if (!out)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->out = out;
	w->finder = block_finder_new(stream_out_ring(out));
	return w;
}

static void writer_free(struct rec_writer *w)
{
	block_finder_free(w->finder);
	codec_event_free(&w->event);
	free(w);
}

int rec_writer_event(struct rec_writer *w, const struct sys_event *ev, struct err *err)
{
	struct codec_event *c = &w->event;
	uint8_t prefix[WIRE_VARINT_MAX];
	uint64_t start = stream_out_position(w->out), message;
	size_t at = 0;

	block_finder_event(w->finder, start);
	codec_event_encode(c, ev, w->finder);
	stream_out_put(w->out, prefix, (size_t)(wire_put(prefix, c->len) - prefix));
	message = stream_out_position(w->out);
	for (size_t i = 0; i < c->nsplices; i++) {
		const struct codec_splice *s = &c->splices[i];

		stream_out_put(w->out, c->bytes.data + at, s->at - at);
		at = s->at;
		block_finder_placed(w->finder, stream_out_position(w->out));
		stream_out_put(w->out, s->data, s->len);
	}
	stream_out_put(w->out, c->bytes.data + at, c->bytes.len - at);
	for (size_t i = 0; i < c->nlaters; i++) {
		block_finder_hole(w->finder, message + c->laters[i].at, DIGEST_SIZE);
		stream_out_later(w->out, start, message + c->laters[i].at, &c->laters[i].range);
	}
	w->events++;
	w->blocks += ev->nblocks;
	for (uint32_t i = 0; i < ev->nblocks; i++)
		w->bytes += ev->blocks[i].len;
	return stream_out_message_end(w->out, err);
}

bool rec_writer_waits(const struct rec_writer *w)
{
	return stream_out_waits(w->out);
}

int rec_writer_settle(struct rec_writer *w, struct err *err)
{
	return stream_out_settle(w->out, err);
}

int rec_writer_flush(struct rec_writer *w, struct err *err)
{
	return stream_out_flush(w->out, err);
}

int rec_writer_finish(struct rec_writer *w, struct rec_trailer *trailer, struct err *err)
{
	CLEANUP(buf_free) struct buf message = { 0 };
	struct stream_out *out = w->out;

	trailer->events = w->events;
	trailer->blocks = w->blocks;
	trailer->bytes = w->bytes;
	codec_encode_trailer(trailer, &message);
	writer_free(w);
	return stream_out_finish(out, message.data, message.len, err);
}

void rec_writer_abandon(struct rec_writer *w)
{
	if (!w)
		return;
	stream_out_abandon(w->out);
	writer_free(w);
}

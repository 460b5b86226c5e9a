/*
 * Messages in: chunk after chunk; a message that goes on in the next chunk is put together in a buffer.
 */
#include "recording/stream.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct stream_in {
	struct frame_reader *frames;
	size_t max_message;
	struct frame chunk;
	uint64_t nchunks;
	size_t at;              /* first byte of the chunk that no message has taken */
	struct buf whole;       /* a message that spans chunks */
	uint64_t message_chunk; /* file offset of the chunk in which the last message began */
	size_t message_at;      /* and where in it */
};

struct stream_in *stream_in_open(const char *path, enum rec_file_type type, size_t max_message, struct frame *header,
				 struct err *err)
{
	struct frame_reader *frames = frame_reader_open(path, type, err);
	struct stream_in *s;

	if (!frames)
		return NULL;
	if (frame_read(frames, header, err) != 1) { /* a file has a frame, or frame_read() said why not */
		frame_reader_close(frames);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->frames = frames;
	s->max_message = max_message;
	return s;
}

void stream_in_close(struct stream_in *s)
{
	if (!s)
		return;
	frame_reader_close(s->frames);
	buf_free(&s->whole);
	free(s);
}

void stream_in_rewind(struct stream_in *s)
{
	frame_reader_rewind(s->frames);
	s->chunk = (struct frame){ 0 };
	s->nchunks = 0;
	s->at = 0;
}

int stream_in_malformed(const struct stream_in *s, const char *why, struct err *err)
{
	return err_set_at(err, ERR_FORMAT, s->message_chunk, "%s: %s, in byte %zu of the frame at offset %" PRIu64,
			  frame_reader_name(s->frames), why, s->message_at, s->message_chunk);
}

int stream_in_frame_malformed(const struct stream_in *s, const struct frame *f, const char *why, struct err *err)
{
	return err_set_at(err, ERR_FORMAT, f->offset, "%s: %s, in the frame at offset %" PRIu64,
			  frame_reader_name(s->frames), why, f->offset);
}

static int too_large(const struct stream_in *s, uint64_t len, struct err *err)
{
	return err_set_at(err, ERR_LIMIT, s->message_chunk,
			  "%s: a message of %" PRIu64 " bytes, more than %zu, in byte %zu of the frame at offset %" PRIu64,
			  frame_reader_name(s->frames), len, s->max_message, s->message_at, s->message_chunk);
}

/* 1: the chunk has at least one byte more.  0: the trailer is there instead.  -1: *err. */
static int more(struct stream_in *s, struct frame *trailer, struct err *err)
{
	while (s->at == s->chunk.len) {
		struct frame next;
		int got = frame_read(s->frames, &next, err);

		if (got <= 0)
			return -1;
		if (next.type == FRAME_TRAILER) {
			*trailer = next;
			/* what stands behind a trailer must be known before it is believed */
			return frame_read(s->frames, &next, err);
		}
		s->chunk = next;
		s->nchunks++;
		s->at = 0;
	}
	return 1;
}

/* The length in front of a message; as more(). */
static int read_prefix(struct stream_in *s, struct stream_message *m, uint64_t *len, struct frame *trailer,
		       struct err *err)
{
	struct wire w;

	m->prefix_len = 0;
	do {
		int got = more(s, trailer, err);

		if (got < 0 || (got == 0 && m->prefix_len == 0))
			return got;
		if (got == 0)
			return stream_in_malformed(s, "the trailer stands within a message", err);
		if (m->prefix_len == 0) {
			s->message_chunk = s->chunk.offset;
			s->message_at = s->at;
		}
		m->prefix[m->prefix_len++] = s->chunk.data[s->at++];
	} while (m->prefix[m->prefix_len - 1] >= 0x80 && m->prefix_len < WIRE_VARINT_MAX);
	w = wire_over(m->prefix, m->prefix_len);
	*len = wire_get(&w);
	return w.bad ? stream_in_malformed(s, "a message of impossible length", err) : 1;
}

int stream_in_next(struct stream_in *s, struct stream_message *m, struct frame *trailer, struct err *err)
{
	uint64_t len = 0;
	int got = read_prefix(s, m, &len, trailer, err);

	if (got <= 0)
		return got;
	if (len > s->max_message)
		return too_large(s, len, err);
	m->len = (size_t)len;
	if (LIKELY(m->len <= s->chunk.len - s->at)) {
		m->data = s->chunk.data + s->at;
		s->at += m->len;
		return 1;
	}
	buf_clear(&s->whole); /* it grows with what is really there, never by a length that a file claims */
	while (s->whole.len < m->len) {
		size_t n;

		got = more(s, trailer, err);
		if (got < 0)
			return -1;
		if (got == 0)
			return stream_in_malformed(s, "the trailer stands within a message", err);
		n = m->len - s->whole.len < s->chunk.len - s->at ? m->len - s->whole.len : s->chunk.len - s->at;
		buf_add(&s->whole, s->chunk.data + s->at, n);
		s->at += n;
	}
	m->data = s->whole.data;
	return 1;
}

const uint8_t *stream_in_chain(const struct stream_in *s)
{
	return frame_reader_chain(s->frames);
}

const struct rec_signature *stream_in_signature(const struct stream_in *s)
{
	return frame_reader_signature(s->frames);
}

bool stream_in_signed(const struct stream_in *s)
{
	return frame_reader_signed(s->frames);
}

uint64_t stream_in_chunks(const struct stream_in *s)
{
	return s->nchunks;
}

const char *stream_in_name(const struct stream_in *s)
{
	return frame_reader_name(s->frames);
}

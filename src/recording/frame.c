/*
 * Frames: head, compressed payload, digest over the one before, the head and the payload.
 */
#include "recording/frame.h"

#include "base/check.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* As in PNG: a byte that is no text, and a line end that transfers in text mode would change. */
static const uint8_t magics[][FRAME_MAGIC] = {
	[REC_FILE_UNKNOWN] = { 0 },
	[REC_FILE_RECORDING] = { 0x89, 'S', 'P', 'R', 'E', 'C', '\r', '\n' },
	[REC_FILE_DIFFERENCES] = { 0x89, 'S', 'P', 'D', 'I', 'F', '\r', '\n' },
};

static const char *const file_names[] = {
	[REC_FILE_UNKNOWN] = "file",
	[REC_FILE_RECORDING] = "recording",
	[REC_FILE_DIFFERENCES] = "differences file",
};

static const char type_names[FRAME_TYPE_COUNT][5] = {
	[FRAME_HEADER] = "HEAD",
	[FRAME_CHUNK] = "CHNK",
	[FRAME_TRAILER] = "TAIL",
};

enum rec_file_type frame_magic_type(const uint8_t magic[FRAME_MAGIC])
{
	for (unsigned i = REC_FILE_UNKNOWN + 1; i < ARRAY_LEN(magics); i++)
		if (memcmp(magic, magics[i], FRAME_MAGIC) == 0)
			return (enum rec_file_type)i;
	return REC_FILE_UNKNOWN;
}

static uint8_t *put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

static void file_head(enum rec_file_type type, uint8_t head[FRAME_FILE_HEAD])
{
	memcpy(head, magics[type], FRAME_MAGIC);
	put_le(put_le(head + FRAME_MAGIC, REC_FORMAT_VERSION, 4), 0, 4);
}

/* The last 8 bytes of a frame's head: with them a damaged length is told from a cut file. */
static void head_check(struct digest *d, const uint8_t chain[DIGEST_SIZE], const uint8_t *head, uint8_t check[8])
{
	uint8_t full[DIGEST_SIZE];

	digest_reset(d);
	digest_add(d, chain, DIGEST_SIZE);
	digest_add(d, head, FRAME_HEAD_CHECK);
	digest_end(d, full);
	memcpy(check, full, 8);
}

static void chain_on(struct digest *d, uint8_t chain[DIGEST_SIZE], const uint8_t *head, const uint8_t *payload,
		     size_t len)
{
	digest_reset(d);
	digest_add(d, chain, DIGEST_SIZE);
	digest_add(d, head, FRAME_HEAD);
	digest_add(d, payload, len);
	digest_end(d, chain);
}

/* ---- writing ---- */

struct frame_writer {
	int fd;
	char *name;
	enum rec_file_type type;
	uint64_t seq; /* of the next frame */
	uint8_t chain[DIGEST_SIZE];
	struct digest *digest;
	ZSTD_CCtx *zstd;
	bool resists; /* the frame before could not be compressed */
	struct buf out;
};

#define SAMPLE ((size_t)16 << 10) /* bytes */

struct frame_writer *frame_writer_new(int fd, const char *name, enum rec_file_type type)
{
	struct frame_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->name = xstrdup(name);
	w->type = type;
	w->digest = digest_new();
	w->zstd = ZSTD_createCCtx();
	INVARIANT(w->zstd != NULL);
	return w;
}

void frame_writer_free(struct frame_writer *w)
{
	if (!w)
		return;
	ZSTD_freeCCtx(w->zstd);
	digest_free(w->digest);
	buf_free(&w->out);
	free(w->name);
	free(w);
}

/* data compressed into out of room bytes; 0: it is stored as it is. */
static size_t compress(struct frame_writer *w, uint8_t *out, size_t room, const uint8_t *data, size_t len, int level)
{
	size_t n;

	if (w->resists && len >= 4 * SAMPLE) { /* more of the same?  An attempt costs nearly half of a SHA-256 */
		n = ZSTD_compressCCtx(w->zstd, out, room, data + len / 2, SAMPLE, level);
		if (ZSTD_isError(n) || n >= SAMPLE)
			return 0;
	}
	n = ZSTD_compressCCtx(w->zstd, out, room, data, len, level);
	w->resists = ZSTD_isError(n) || n >= len;
	return w->resists ? 0 : n;
}

int frame_write(struct frame_writer *w, enum frame_type type, const uint8_t *data, size_t len, int level,
		struct err *err)
{
	size_t before = w->seq == 0 ? FRAME_FILE_HEAD : 0;
	size_t bound = level ? ZSTD_compressBound(len) : 0, stored = len;
	const uint8_t *payload = data;
	uint32_t flags = 0;
	uint8_t *head;

	INVARIANT(len <= UINT32_MAX);
	buf_clear(&w->out);
	head = (uint8_t *)buf_grow(&w->out, before + FRAME_HEAD + bound) + before;
	if (before) {
		file_head(w->type, w->out.data);
		digest_of(w->out.data, FRAME_FILE_HEAD, w->chain);
	}
	if (level) {
		size_t n = compress(w, head + FRAME_HEAD, bound, data, len, level);

		if (n) {
			stored = n;
			flags = FRAME_ZSTD;
			payload = head + FRAME_HEAD;
		}
	}
	memcpy(head, type_names[type], 4);
	put_le(put_le(put_le(put_le(head + 4, flags, 4), w->seq++, 8), len, 4), stored, 4);
	head_check(w->digest, w->chain, head, head + FRAME_HEAD_CHECK);
	chain_on(w->digest, w->chain, head, payload, stored);

	struct iovec parts[] = {
		{ w->out.data, before + FRAME_HEAD },
		{ (void *)payload, stored },
		{ w->chain, DIGEST_SIZE },
	};

	return fd_write_parts(w->fd, parts, ARRAY_LEN(parts), w->name, err);
}

/* ---- reading ---- */

struct frame_reader {
	int fd;
	char *name;
	enum rec_file_type type;
	uint64_t offset; /* of the next frame */
	uint64_t seq;    /* of the next frame */
	uint8_t chain[DIGEST_SIZE];
	uint64_t first_offset; /* of the frame behind the header */
	uint8_t first_chain[DIGEST_SIZE];
	bool ended; /* the trailer was read */
	struct digest *digest;
	ZSTD_DCtx *zstd;
	struct buf stored, raw;
};

static int read_file_head(struct frame_reader *r, struct err *err)
{
	uint8_t head[FRAME_FILE_HEAD], want[FRAME_FILE_HEAD];
	const char *what = file_names[r->type];
	ssize_t n = fd_pread_full(r->fd, head, sizeof(head), 0, r->name, err);
	struct reader in;
	uint32_t version;

	if (n < 0)
		return -1;
	file_head(r->type, want);
	if (n == 0)
		return err_set(err, ERR_FORMAT, "%s is empty: no %s begins at offset 0", r->name, what);
	if (memcmp(head, want, n < FRAME_MAGIC ? (size_t)n : FRAME_MAGIC) != 0)
		return err_set(err, ERR_FORMAT, "%s is not a %s: other magic number at offset 0", r->name, what);
	if (n < FRAME_FILE_HEAD)
		return err_set(err, ERR_INCOMPLETE, "%s stops at offset %zd, within its first %d bytes", r->name, n,
			       FRAME_FILE_HEAD);
	in = reader_over(head + FRAME_MAGIC, FRAME_FILE_HEAD - FRAME_MAGIC);
	version = reader_le32(&in);
	if (version != REC_FORMAT_VERSION)
		return err_set(err, ERR_VERSION,
			       "%s has format version %" PRIu32 " at offset 8; this build reads version %d", r->name,
			       version, REC_FORMAT_VERSION);
	if (reader_le32(&in) != 0)
		return err_set(err, ERR_VERSION, "%s asks for features at offset 12 that this build does not know",
			       r->name);
	digest_of(head, sizeof(head), r->chain);
	r->offset = FRAME_FILE_HEAD;
	return 0;
}

struct frame_reader *frame_reader_open(const char *path, enum rec_file_type type, struct err *err)
{
	struct frame_reader *r = xcalloc(1, sizeof(*r));
	struct stat st;

	r->name = xstrdup(path);
	r->type = type;
	r->digest = digest_new();
	r->zstd = ZSTD_createDCtx();
	INVARIANT(r->zstd != NULL);
	r->fd = open(path,
		     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* NONBLOCK: a fifo is refused, not waited for */
	if (r->fd < 0)
		err_errno(err, ERR_IO, "cannot open %s", path);
	else if (fstat(r->fd, &st) < 0)
		err_errno(err, ERR_IO, "cannot examine %s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(err, ERR_IO, "%s is not a regular file: a %s is read twice", path, file_names[type]);
	else if (read_file_head(r, err) == 0)
		return r;
	frame_reader_close(r);
	return NULL;
}

void frame_reader_close(struct frame_reader *r)
{
	if (!r)
		return;
	fd_close(&r->fd);
	ZSTD_freeDCtx(r->zstd);
	digest_free(r->digest);
	buf_free(&r->stored);
	buf_free(&r->raw);
	free(r->name);
	free(r);
}

/* Numbers of a frame's head. */
struct frame_numbers {
	enum frame_type type;
	bool zstd;
	size_t raw, stored;
};

static int check_numbers(const struct frame_reader *r, const uint8_t *head, struct frame_numbers *n, struct err *err)
{
	struct reader in = reader_over(head, FRAME_HEAD);
	const uint8_t *name = reader_bytes(&in, 4);
	uint32_t flags = reader_le32(&in);
	uint64_t seq = reader_le64(&in);
	size_t max;

	n->type = FRAME_TYPE_COUNT;
	for (unsigned i = 0; i < FRAME_TYPE_COUNT; i++)
		if (memcmp(name, type_names[i], 4) == 0)
			n->type = (enum frame_type)i;
	n->zstd = flags & FRAME_ZSTD;
	n->raw = reader_le32(&in);
	n->stored = reader_le32(&in);
	max = n->type == FRAME_CHUNK ? FRAME_CHUNK_MAX : FRAME_MESSAGE_MAX;
	if (n->type == FRAME_TYPE_COUNT)
		return err_set(err, ERR_FORMAT, "%s: unknown type of frame at offset %" PRIu64, r->name, r->offset);
	if (flags & ~FRAME_ZSTD)
		return err_set(err, ERR_FORMAT, "%s: unknown flags of the frame at offset %" PRIu64, r->name,
			       r->offset);
	if (seq != r->seq || (n->type == FRAME_HEADER) != (r->seq == 0))
		return err_set(err, ERR_FORMAT, "%s: frame out of order at offset %" PRIu64, r->name, r->offset);
	if (n->raw > max || n->stored > ZSTD_compressBound(max))
		return err_set(err, ERR_LIMIT, "%s: frame at offset %" PRIu64 " claims %zu bytes, more than %zu",
			       r->name, r->offset, n->raw > max ? n->raw : n->stored, max);
	if (!n->zstd && n->stored != n->raw)
		return err_set(err, ERR_FORMAT, "%s: frame at offset %" PRIu64 " contradicts its own length", r->name,
			       r->offset);
	return 0;
}

static int stops(const struct frame_reader *r, uint64_t at, struct err *err)
{
	return err_set(err, ERR_INCOMPLETE,
		       "%s stops at offset %" PRIu64 " without a trailer: the recorder was killed or the disk was full",
		       r->name, at);
}

static int at_end(const struct frame_reader *r, struct err *err)
{
	uint8_t byte;
	ssize_t n = fd_pread_full(r->fd, &byte, 1, (off_t)r->offset, r->name, err);

	if (n < 0)
		return -1;
	if (n > 0)
		return err_set(err, ERR_FORMAT, "%s goes on behind its trailer at offset %" PRIu64, r->name, r->offset);
	return 0;
}

static int unpack(struct frame_reader *r, const struct frame_numbers *n, struct frame *f, struct err *err)
{
	f->data = r->stored.data;
	f->len = n->stored;
	if (n->zstd) {
		void *raw;
		size_t got;

		buf_clear(&r->raw);
		raw = buf_grow(&r->raw, n->raw);
		got = ZSTD_decompressDCtx(r->zstd, raw, n->raw, r->stored.data, n->stored);
		if (ZSTD_isError(got) || got != n->raw)
			return err_set(err, ERR_FORMAT, "%s: frame at offset %" PRIu64 " cannot be decompressed",
				       r->name, r->offset);
		f->data = raw;
		f->len = n->raw;
	}
	return 0;
}

int frame_read(struct frame_reader *r, struct frame *f, struct err *err)
{
	uint8_t head[FRAME_HEAD], check[8];
	struct frame_numbers n;
	struct stat st;
	uint64_t left;
	ssize_t got;

	if (r->ended)
		return at_end(r, err);
	got = fd_pread_full(r->fd, head, sizeof(head), (off_t)r->offset, r->name, err);
	if (got < 0)
		return -1;
	if (got < FRAME_HEAD)
		return stops(r, r->offset + (uint64_t)got, err);
	head_check(r->digest, r->chain, head, check);
	if (memcmp(check, head + FRAME_HEAD_CHECK, sizeof(check)) != 0)
		return err_set(err, ERR_DIGEST, "%s was altered: head of the frame at offset %" PRIu64, r->name,
			       r->offset);
	if (check_numbers(r, head, &n, err) < 0)
		return -1;
	if (fstat(r->fd, &st) < 0)
		return err_errno(err, ERR_IO, "cannot examine %s", r->name);
	left = (uint64_t)st.st_size > r->offset + FRAME_HEAD ? (uint64_t)st.st_size - r->offset - FRAME_HEAD : 0;
	if (n.stored + DIGEST_SIZE > left)
		return stops(r, (uint64_t)st.st_size, err);
	buf_clear(&r->stored);
	buf_grow(&r->stored, n.stored + DIGEST_SIZE);
	got = fd_pread_full(r->fd, r->stored.data, n.stored + DIGEST_SIZE, (off_t)(r->offset + FRAME_HEAD), r->name,
			    err);
	if (got < 0)
		return -1;
	if ((size_t)got < n.stored + DIGEST_SIZE)
		return stops(r, r->offset + FRAME_HEAD + (uint64_t)got, err);
	chain_on(r->digest, r->chain, head, r->stored.data, n.stored);
	if (memcmp(r->chain, r->stored.data + n.stored, DIGEST_SIZE) != 0)
		return err_set(err, ERR_DIGEST,
			       "%s was altered: the frame at offset %" PRIu64 " does not match its digest", r->name,
			       r->offset);
	if (unpack(r, &n, f, err) < 0)
		return -1;
	f->type = n.type;
	f->offset = r->offset;
	r->offset += FRAME_HEAD + n.stored + DIGEST_SIZE;
	r->seq++;
	r->ended = n.type == FRAME_TRAILER;
	if (n.type == FRAME_HEADER) {
		r->first_offset = r->offset;
		memcpy(r->first_chain, r->chain, DIGEST_SIZE);
	}
	return 1;
}

void frame_reader_rewind(struct frame_reader *r)
{
	INVARIANT(r->first_offset != 0);
	r->offset = r->first_offset;
	memcpy(r->chain, r->first_chain, DIGEST_SIZE);
	r->seq = 1;
	r->ended = false;
}

const uint8_t *frame_reader_chain(const struct frame_reader *r)
{
	return r->chain;
}

const char *frame_reader_name(const struct frame_reader *r)
{
	return r->name;
}

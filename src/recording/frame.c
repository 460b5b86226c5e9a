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

static void file_head(enum rec_file_type type, uint32_t features, uint8_t head[FRAME_FILE_HEAD])
{
	memcpy(head, magics[type], FRAME_MAGIC);
	put_le(put_le(head + FRAME_MAGIC, REC_FORMAT_VERSION, 4), features, 4);
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

/* ---- the signature ---- */

static const char sign_name[4] = { 'S', 'I', 'G', 'N' };

#define SIGN_PAYLOAD (SIGN_PUBLIC_SIZE + SIGN_SIZE)
#define SIGN_FRAME   (FRAME_HEAD + SIGN_PAYLOAD + DIGEST_SIZE)

/*
 * What is signed: this line, so that nobody can be made to sign a root hash as something else, the file's head with type
 * and version, and the root hash, which covers every byte before.
 */
static const char sign_purpose[] = "sperrips root hash\n";

#define SIGN_MESSAGE (sizeof(sign_purpose) - 1 + FRAME_FILE_HEAD + DIGEST_SIZE)

static void sign_message(enum rec_file_type type, const uint8_t root[DIGEST_SIZE], uint8_t message[SIGN_MESSAGE])
{
	memcpy(message, sign_purpose, sizeof(sign_purpose) - 1);
	file_head(type, FRAME_SIGNED, message + sizeof(sign_purpose) - 1);
	memcpy(message + SIGN_MESSAGE - DIGEST_SIZE, root, DIGEST_SIZE);
}

bool rec_signature_check(const struct rec_signature *signature, enum rec_file_type type, const uint8_t root[DIGEST_SIZE])
{
	uint8_t message[SIGN_MESSAGE];

	sign_message(type, root, message);
	return sign_check(signature->key, message, sizeof(message), signature->bytes);
}

/*
 * The one row of bytes that is the frame of this signature behind that trailer: nothing in it is free to be chosen.  So
 * no two files have the same root hash and the same signature.
 */
static void sign_frame(struct digest *d, const struct rec_signature *signature, uint64_t seq, const uint8_t root[DIGEST_SIZE],
		       uint8_t frame[SIGN_FRAME])
{
	uint8_t chain[DIGEST_SIZE];

	memcpy(chain, root, DIGEST_SIZE);
	memcpy(frame, sign_name, 4);
	put_le(put_le(put_le(put_le(frame + 4, 0, 4), seq, 8), SIGN_PAYLOAD, 4), SIGN_PAYLOAD, 4);
	head_check(d, chain, frame, frame + FRAME_HEAD_CHECK);
	memcpy(frame + FRAME_HEAD, signature->key, SIGN_PUBLIC_SIZE);
	memcpy(frame + FRAME_HEAD + SIGN_PUBLIC_SIZE, signature->bytes, SIGN_SIZE);
	chain_on(d, chain, frame, frame + FRAME_HEAD, SIGN_PAYLOAD);
	memcpy(frame + SIGN_FRAME - DIGEST_SIZE, chain, DIGEST_SIZE);
}

/* ---- writing ---- */

struct frame_writer {
	int fd;
	char *name;
	enum rec_file_type type;
	const struct sign_key *sign; /* or NULL */
	uint64_t seq;		     /* of the next frame */
	uint8_t chain[DIGEST_SIZE];
	struct digest *digest;
	ZSTD_CCtx *zstd;
	bool resists; /* the frame before could not be compressed */
	struct buf out;
};

#define SAMPLE ((size_t)16 << 10) /* bytes */

struct frame_writer *frame_writer_new(int fd, const char *name, enum rec_file_type type, const struct sign_key *sign)
{
	struct frame_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->name = xstrdup(name);
	w->type = type;
	w->sign = sign;
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

static int make_signature(struct frame_writer *w, uint8_t frame[SIGN_FRAME], struct err *err)
{
	struct rec_signature signature;
	uint8_t message[SIGN_MESSAGE];

	memcpy(signature.key, sign_key_public(w->sign), SIGN_PUBLIC_SIZE);
	sign_message(w->type, w->chain, message);
	if (sign_make(w->sign, message, sizeof(message), signature.bytes, err) < 0)
		return -1;
	sign_frame(w->digest, &signature, w->seq++, w->chain, frame);
	return 0;
}

int frame_write(struct frame_writer *w, enum frame_type type, const uint8_t *data, size_t len, int level,
		struct err *err)
{
	size_t before = w->seq == 0 ? FRAME_FILE_HEAD : 0;
	size_t bound = level ? ZSTD_compressBound(len) : 0, stored = len;
	const uint8_t *payload = data;
	bool signs = type == FRAME_TRAILER && w->sign;
	uint8_t signature[SIGN_FRAME];
	uint32_t flags = 0;
	uint8_t *head;

	INVARIANT(len <= UINT32_MAX);
	buf_clear(&w->out);
	head = (uint8_t *)buf_grow(&w->out, before + FRAME_HEAD + bound) + before;
	if (before) {
		file_head(w->type, w->sign ? FRAME_SIGNED : 0, w->out.data);
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
	if (signs && make_signature(w, signature, err) < 0)
		return -1;

	struct iovec parts[] = {
		{ w->out.data, before + FRAME_HEAD },
		{ (void *)payload, stored },
		{ w->chain, DIGEST_SIZE },
		{ signature, signs ? SIGN_FRAME : 0 },
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
	bool is_signed;
	struct rec_signature signature;
	struct buf kept; /* digests of the frames behind the header as they were first read: at most FRAMES_KEPT */
	size_t nknown;	 /* how many of them a frame must match: 0 until the first rewind */
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
	uint32_t version, features;

	if (n < 0)
		return -1;
	file_head(r->type, 0, want);
	if (n == 0)
		return err_set(err, ERR_FORMAT, "%s is empty: no %s begins at offset 0", r->name, what);
	if (memcmp(head, want, n < FRAME_MAGIC ? (size_t)n : FRAME_MAGIC) != 0)
		return err_set(err, ERR_FORMAT, "%s is not a %s: other magic number at offset 0", r->name, what);
	if (n < FRAME_FILE_HEAD)
		return err_set_at(err, ERR_INCOMPLETE, (uint64_t)n, "%s stops at offset %zd, within its first %d bytes",
				  r->name, n, FRAME_FILE_HEAD);
	in = reader_over(head + FRAME_MAGIC, FRAME_FILE_HEAD - FRAME_MAGIC);
	version = reader_le32(&in);
	if (version != REC_FORMAT_VERSION)
		return err_set_at(err, ERR_VERSION, FRAME_MAGIC,
				  "%s has format version %" PRIu32 " at offset 8; this build reads version %d", r->name,
				  version, REC_FORMAT_VERSION);
	features = reader_le32(&in);
	if (features & ~FRAME_SIGNED)
		return err_set_at(err, ERR_VERSION, FRAME_MAGIC + 4,
				  "%s asks for features at offset 12 that this build does not know", r->name);
	r->is_signed = features & FRAME_SIGNED;
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
	buf_free(&r->kept);
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
		return err_set_at(err, ERR_FORMAT, r->offset, "%s: unknown type of frame at offset %" PRIu64, r->name, r->offset);
	if (flags & ~FRAME_ZSTD)
		return err_set_at(err, ERR_FORMAT, r->offset, "%s: unknown flags of the frame at offset %" PRIu64, r->name,
			       r->offset);
	if (seq != r->seq || (n->type == FRAME_HEADER) != (r->seq == 0))
		return err_set_at(err, ERR_FORMAT, r->offset, "%s: frame out of order at offset %" PRIu64, r->name, r->offset);
	if (n->raw > max || n->stored > ZSTD_compressBound(max))
		return err_set_at(err, ERR_LIMIT, r->offset, "%s: frame at offset %" PRIu64 " claims %zu bytes, more than %zu",
			       r->name, r->offset, n->raw > max ? n->raw : n->stored, max);
	if (!n->zstd && n->stored != n->raw)
		return err_set_at(err, ERR_FORMAT, r->offset, "%s: frame at offset %" PRIu64 " contradicts its own length", r->name,
			       r->offset);
	return 0;
}

static int stops(const struct frame_reader *r, uint64_t at, struct err *err)
{
	return err_set_at(err, ERR_INCOMPLETE, at,
			  "%s stops at offset %" PRIu64 " without %s: the recorder was killed or the disk was full", r->name, at,
			  r->ended ? "its signature" : "a trailer");
}

static int head_altered(const struct frame_reader *r, struct err *err)
{
	return err_set_at(err, ERR_DIGEST, r->offset, "%s was altered: head of the frame at offset %" PRIu64, r->name,
			  r->offset);
}

static int frame_altered(const struct frame_reader *r, struct err *err)
{
	return err_set_at(err, ERR_DIGEST, r->offset,
			  "%s was altered: the frame at offset %" PRIu64 " does not match its digest", r->name, r->offset);
}

/* Behind the trailer.  r->offset stays the trailer's end, so that this may be asked again. */
static int read_signature(struct frame_reader *r, struct err *err)
{
	uint8_t got[SIGN_FRAME], want[SIGN_FRAME];
	ssize_t n = fd_pread_full(r->fd, got, sizeof(got), (off_t)r->offset, r->name, err);

	if (n < 0)
		return -1;
	if (n < SIGN_FRAME)
		return stops(r, r->offset + (uint64_t)n, err);
	memcpy(r->signature.key, got + FRAME_HEAD, SIGN_PUBLIC_SIZE);
	memcpy(r->signature.bytes, got + FRAME_HEAD + SIGN_PUBLIC_SIZE, SIGN_SIZE);
	sign_frame(r->digest, &r->signature, r->seq, r->chain, want);
	if (memcmp(got, want, FRAME_HEAD) != 0)
		return head_altered(r, err);
	return memcmp(got, want, SIGN_FRAME) != 0 ? frame_altered(r, err) : 0;
}

static int at_end(struct frame_reader *r, struct err *err)
{
	uint64_t end = r->offset + (r->is_signed ? SIGN_FRAME : 0);
	uint8_t byte;
	ssize_t n;

	if (r->is_signed && read_signature(r, err) < 0)
		return -1;
	n = fd_pread_full(r->fd, &byte, 1, (off_t)end, r->name, err);
	if (n < 0)
		return -1;
	if (n > 0)
		return err_set_at(err, ERR_FORMAT, end, "%s goes on behind its %s at offset %" PRIu64, r->name,
				  r->is_signed ? "signature" : "trailer", end);
	return 0;
}

/* Whoever has read a file to its end must not be shown another one when he reads it again. */
static int same_as_before(struct frame_reader *r, struct err *err)
{
	size_t at = (size_t)(r->seq - 1) * DIGEST_SIZE; /* the header is read once */

	if (r->seq - 1 < r->nknown) {
		if (memcmp(r->kept.data + at, r->chain, DIGEST_SIZE) == 0)
			return 0;
		return err_set_at(err, ERR_DIGEST, r->offset,
				  "%s: the file was changed while it was read: another frame at offset %" PRIu64, r->name,
				  r->offset);
	}
	if (r->seq - 1 < FRAMES_KEPT && at == r->kept.len)
		buf_add(&r->kept, r->chain, DIGEST_SIZE);
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
			return err_set_at(err, ERR_FORMAT, r->offset, "%s: frame at offset %" PRIu64 " cannot be decompressed",
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
		return head_altered(r, err);
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
		return frame_altered(r, err);
	if (r->seq != 0 && same_as_before(r, err) < 0)
		return -1;
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
	r->nknown = r->kept.len / DIGEST_SIZE;
}

const uint8_t *frame_reader_chain(const struct frame_reader *r)
{
	return r->chain;
}

const struct rec_signature *frame_reader_signature(const struct frame_reader *r)
{
	return r->is_signed ? &r->signature : NULL;
}

bool frame_reader_signed(const struct frame_reader *r)
{
	return r->is_signed;
}

const char *frame_reader_name(const struct frame_reader *r)
{
	return r->name;
}

/*
 * Fuzz target: arbitrary bytes as a recording or a differences file as they are, or as the content of frames whose
 * digests are right.  Every byte delivered is touched, and every event delivered survives being encoded and decoded
 * again.
 *
 * First byte: E events, H header, T trailer, S signature, D differences, h t s differences' header, trailer and signature,
 * F a list of frames, G a list of frames of a file that is signed; anything else: a whole file.
 */
#include "base/check.h"
#include "base/fdio.h"
#include "recording/codec.h"
#include "recording/frame.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_EVENT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file under construction. */
struct file {
	struct buf bytes;
	uint8_t chain[DIGEST_SIZE];
	uint64_t seq;
};

static void put_file_head(struct file *f, enum rec_file_type type, uint32_t features)
{
	buf_add(&f->bytes, type == REC_FILE_RECORDING ? "\x89SPREC\r\n" : "\x89SPDIF\r\n", FRAME_MAGIC);
	buf_le32(&f->bytes, REC_FORMAT_VERSION);
	buf_le32(&f->bytes, features);
	digest_of(f->bytes.data, FRAME_FILE_HEAD, f->chain);
}

static void put_frame(struct file *f, const char *type, uint32_t flags, uint32_t raw, const void *data, size_t len)
{
	struct digest *d = digest_new();
	uint8_t check[DIGEST_SIZE];
	size_t head = f->bytes.len;

	buf_add(&f->bytes, type, 4);
	buf_le32(&f->bytes, flags);
	buf_le64(&f->bytes, f->seq++);
	buf_le32(&f->bytes, raw);
	buf_le32(&f->bytes, (uint32_t)len);
	digest_add(d, f->chain, DIGEST_SIZE);
	digest_add(d, f->bytes.data + head, FRAME_HEAD_CHECK);
	digest_end(d, check);
	buf_add(&f->bytes, check, FRAME_HEAD - FRAME_HEAD_CHECK);
	buf_add(&f->bytes, data, len);
	digest_reset(d);
	digest_add(d, f->chain, DIGEST_SIZE);
	digest_add(d, f->bytes.data + head, FRAME_HEAD + len);
	digest_end(d, f->chain);
	buf_add(&f->bytes, f->chain, DIGEST_SIZE);
	digest_free(d);
}

/* Frames of: type, flags, length before compression (2 bytes), stored length (2 bytes), payload. */
static void put_list(struct file *f, const uint8_t *data, size_t size)
{
	static const char *const types[] = { "HEAD", "CHNK", "TAIL", "SIGN" };
	struct reader r = reader_over(data, size);

	while (reader_left(&r) >= 6) {
		const char *type = types[reader_byte(&r) % 4];
		uint32_t flags = reader_byte(&r);
		uint32_t lengths = reader_le32(&r);
		size_t len = lengths >> 16 < reader_left(&r) ? lengths >> 16 : reader_left(&r);

		put_frame(f, type, flags, lengths & 0xffff, reader_bytes(&r, len), len);
	}
}

static void put_header(struct file *f)
{
	CLEANUP(buf_free) struct buf message = { 0 };
	struct rec_header h = { 0 };

	codec_encode_header(&h, &message);
	put_frame(f, "HEAD", 0, (uint32_t)message.len, message.data, message.len);
}

static void put_diff_header(struct file *f)
{
	CLEANUP(buf_free) struct buf message = { 0 };
	struct diff_header h = { 0 };

	codec_encode_diff_header(&h, &message);
	put_frame(f, "HEAD", 0, (uint32_t)message.len, message.data, message.len);
}

/* Chunks of an odd length, so that messages span them. */
static void put_stream(struct file *f, const uint8_t *data, size_t size)
{
	while (size) {
		size_t n = size < 301 ? size : 301;

		put_frame(f, "CHNK", 0, (uint32_t)n, data, n);
		data += n;
		size -= n;
	}
	put_frame(f, "TAIL", 0, 0, "", 0);
}

static void make(struct file *f, const uint8_t *data, size_t size)
{
	uint8_t mode = size ? *data : 0;
	bool differences = mode && strchr("Dhts", mode);
	bool framed = mode && strchr("EHTSDhtsFG", mode);
	bool is_signed = mode && strchr("SsG", mode);

	if (!framed) {
		buf_add(&f->bytes, data, size);
		return;
	}
	data++;
	size--;
	put_file_head(f, differences ? REC_FILE_DIFFERENCES : REC_FILE_RECORDING,
		      is_signed ? FRAME_SIGNED : 0);
	if (mode == 'F' || mode == 'G')
		put_list(f, data, size);
	else if (mode == 'H' || mode == 'h')
		put_frame(f, "HEAD", 0, (uint32_t)size, data, size);
	else if (differences)
		put_diff_header(f);
	else
		put_header(f);
	if (mode == 'E' || mode == 'D')
		put_stream(f, data, size);
	else if (mode == 'T' || mode == 't')
		put_frame(f, "TAIL", 0, (uint32_t)size, data, size);
	if (mode == 'S' || mode == 's') {
		put_frame(f, "TAIL", 0, 0, "", 0);
		put_frame(f, "SIGN", 0, (uint32_t)size, data, size);
	}
}

/* ---- what is done with it ---- */

static size_t touch(const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t sum = len;

	for (size_t i = 0; i < len; i++)
		sum += p[i];
	return sum;
}

static size_t touch_string(const char *s)
{
	return touch(s, strlen(s));
}

static size_t touch_header(const struct rec_header *h)
{
	size_t sum = touch(h, sizeof(*h)) + touch(h->groups, h->ngroups * sizeof(uint32_t)) +
		     touch(h->ignored, h->nignored * sizeof(uint32_t));

	for (const char *const *s = h->argv; *s; s++)
		sum += touch_string(*s);
	for (const char *const *s = h->envp; *s; s++)
		sum += touch_string(*s);
	for (int i = 0; i < 3; i++)
		INVARIANT(h->stdio[i].kind < FD_KIND_COUNT);
	return sum + touch_string(h->cwd) + touch_string(h->program) + touch_string(h->host_hostname);
}

static size_t touch_event(const struct sys_event *ev)
{
	size_t sum = touch(ev, sizeof(*ev));

	INVARIANT(ev->type < EVENT_TYPE_COUNT && ev->call == ABI_UNDESCRIBED);
	for (uint32_t i = 0; i < ev->nblocks; i++) {
		INVARIANT(ev->blocks[i].phase < PHASE_COUNT && ev->blocks[i].status < BLOCK_STATUS_COUNT);
		sum += touch(ev->blocks[i].data, ev->blocks[i].len);
	}
	for (uint32_t i = 0; i < ev->nfds; i++) {
		INVARIANT(ev->fds[i].kind < FD_KIND_COUNT);
		sum += touch_string(ev->fds[i].path);
	}
	for (uint32_t i = 0; i < ev->nregions; i++)
		sum += touch_string(ev->regions[i].name);
	return sum + (ev->cwd ? touch_string(ev->cwd) : 0) + (ev->command ? touch_string(ev->command) : 0);
}

/* What turns events into messages and back once more. */
struct again {
	uint8_t *ring;
	struct block_finder *finder;
	struct block_window *window;
	struct codec_decoder *decoder;
	struct codec_event event;
	struct buf message;
};

static void expect_same(const struct sys_event *a, const struct sys_event *b)
{
	INVARIANT(a->type == b->type && a->flags == b->flags && a->seq == b->seq && a->task == b->task &&
		  a->nr == b->nr);
	INVARIANT(memcmp(a->args, b->args, sizeof(a->args)) == 0 && a->ret == b->ret && a->ip == b->ip);
	INVARIANT(a->nblocks == b->nblocks && a->nfds == b->nfds && a->nregions == b->nregions);
	INVARIANT(!a->cwd == !b->cwd && !a->command == !b->command);
	for (uint32_t i = 0; i < a->nblocks; i++)
		INVARIANT(a->blocks[i].len == b->blocks[i].len && a->blocks[i].addr == b->blocks[i].addr &&
			  memcmp(a->blocks[i].data, b->blocks[i].data, a->blocks[i].len) == 0);
	for (uint32_t i = 0; i < a->nfds; i++)
		INVARIANT(a->fds[i].fd == b->fds[i].fd && strcmp(a->fds[i].path, b->fds[i].path) == 0);
	for (uint32_t i = 0; i < a->nregions; i++)
		INVARIANT(a->regions[i].end == b->regions[i].end &&
			  strcmp(a->regions[i].name, b->regions[i].name) == 0);
}

static void once_more(struct again *g, const struct sys_event *ev)
{
	const struct sys_event *second;
	size_t at = 0;

	block_finder_event(g->finder, 0);
	codec_event_encode(&g->event, ev, g->finder);
	buf_clear(&g->message);
	for (size_t i = 0; i < g->event.nsplices; i++) {
		const struct codec_splice *s = &g->event.splices[i];

		buf_add(&g->message, g->event.bytes.data + at, s->at - at);
		buf_add(&g->message, s->data, s->len);
		at = s->at;
	}
	buf_add(&g->message, g->event.bytes.data + at, g->event.bytes.len - at);
	INVARIANT(g->message.len == g->event.len);
	INVARIANT(codec_decode_event(g->decoder, g->message.data, g->message.len, g->window, &second) == NULL);
	expect_same(ev, second);
}

/* Made once: 16 MiB are slow to get and to give back under a sanitizer. */
static struct again *again(void)
{
	static struct again g;

	if (!g.ring) {
		g.ring = xcalloc(1, BLOCKS_WINDOW);
		g.finder = block_finder_new(g.ring);
		g.window = block_window_new();
		g.decoder = codec_decoder_new(MAX_EVENT);
	}
	g.event.state = (struct codec_state){ 0 };
	codec_decoder_reset(g.decoder);
	return &g;
}

/* Nobody gives this program a private key, so it cannot make a signature that is right; the seeds hold one. */
static size_t touch_signature(const struct rec_signature *s, enum rec_file_type type, const uint8_t root[DIGEST_SIZE])
{
	return s ? touch(s, sizeof(*s)) + rec_signature_check(s, type, root) : 0;
}

static size_t read_recording(const char *path)
{
	struct err err = { 0 };
	struct rec_reader *r = rec_reader_open(path, MAX_EVENT, &err);
	const struct sys_event *ev;
	struct again *g = again();
	size_t sum = 0;
	int got;

	INVARIANT(!r == err_is_set(&err));
	if (!r)
		return 0;
	sum += touch_header(rec_reader_header(r));
	while ((got = rec_reader_next(r, &ev, &err)) > 0) {
		sum += touch_event(ev);
		once_more(g, ev);
	}
	INVARIANT((got < 0) == err_is_set(&err));
	if (got == 0) {
		sum += touch_string(rec_reader_trailer(r)->reason) + touch(rec_reader_root(r), DIGEST_SIZE);
		INVARIANT(rec_reader_check(r, &err) == 0);
		INVARIANT(rec_reader_signed(r) == (rec_reader_signature(r) != NULL));
		sum += touch_signature(rec_reader_signature(r), REC_FILE_RECORDING, rec_reader_root(r));
	}
	rec_reader_close(r);
	return sum;
}

static size_t touch_value(const struct value *v)
{
	return v->type == VALUE_BYTES ? touch(v->data, v->len) : v->type;
}

static size_t read_differences(const char *path)
{
	struct err err = { 0 };
	struct diff_reader *r = diff_reader_open(path, &err);
	const struct rec_difference *d;
	size_t sum = 0;
	int got;

	INVARIANT(!r == err_is_set(&err));
	if (!r)
		return 0;
	while ((got = diff_reader_next(r, &d, &err)) > 0) {
		INVARIANT(d->class < DIFF_CLASS_COUNT);
		sum += touch_value(&d->recorded) + touch_value(&d->actual) + touch_string(d->call) +
		       touch_string(d->field);
		sum += touch_string(d->rule_file) + touch_string(d->rule_text) + touch_string(d->message);
	}
	if (got == 0) {
		sum += touch_string(diff_reader_verdict(r)) + touch_string(diff_reader_policy(r));
		sum += touch_signature(diff_reader_signature(r), REC_FILE_DIFFERENCES, diff_reader_root(r));
	}
	diff_reader_close(r);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(fd_close) int fd = memfd_create("fuzz", MFD_CLOEXEC);
	volatile size_t sink;
	struct file f = { 0 };
	struct err err = { 0 };
	char path[64];

	INVARIANT(fd >= 0);
	make(&f, data, size);
	INVARIANT(fd_write_all(fd, f.bytes.data, f.bytes.len, "fuzz", &err) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	sink = read_recording(path);
	sink = read_differences(path);
	(void)sink;
	buf_free(&f.bytes);
	return 0;
}

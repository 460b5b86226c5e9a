/*
 * Events to proto/recording.proto's Event and back, by hand: this runs at every stop of the traced program.
 */
#include "base/check.h"
#include "recording/codec.h"
#include "recording/wire.h"

#include <stdlib.h>

/* Field numbers of proto/recording.proto. */
enum event_field {
	EVENT_TYPE = 1,
	EVENT_FLAGS,
	EVENT_SEQ_GAP,
	EVENT_TASK_NUMBER,
	EVENT_NR,
	EVENT_ARGS,
	EVENT_RET,
	EVENT_IP_STEP,
	EVENT_BLOCKS,
	EVENT_FDS,
	EVENT_CWD,
	EVENT_COMMAND,
	EVENT_REGIONS,
	EVENT_WAITED,
};
enum block_field { BLOCK_PHASE = 1, BLOCK_NODE, BLOCK_INDEX, BLOCK_ADDR, BLOCK_STATUS, BLOCK_DATA, BLOCK_PIECES };
enum piece_field { PIECE_DATA = 1, PIECE_BACK, PIECE_LENGTH };
enum fd_field { FD_FD = 1, FD_KIND, FD_FLAGS, FD_PATH };
enum region_field { REGION_START = 1, REGION_END, REGION_OFFSET, REGION_PROT, REGION_NAME };

#define EVENT_FLAGS_ALL (EVENT_RETURNED | EVENT_ANSWERED | EVENT_EMULATED | EVENT_INITIAL | EVENT_MESSAGES | EVENT_OPEN | EVENT_UNSTABLE | \
			 EVENT_OUTSIDE)
#define EVENT_ROOM      256 /* bytes that an event takes at most without blocks, descriptors, regions, strings */
#define BLOCK_ROOM      (64 + BLOCKS_MIN) /* a block without pieces */
#define PIECE_ROOM      32
#define SMALL_ROOM      96 /* a descriptor or region without its string */

#define MAX_BLOCKS  ((size_t)1 << 20) /* of one event in a file; an empty one costs two bytes there and 40 here */
#define MAX_FDS     ((size_t)1 << 20)
#define MAX_REGIONS ((size_t)1 << 20)

/* ---- encoding ---- */

/* Where the next byte goes when n more are sure to fit. */
static uint8_t *reserve(struct codec_event *c, size_t n)
{
	size_t len = c->bytes.len;

	buf_grow(&c->bytes, n);
	c->bytes.len = len;
	return c->bytes.data + len;
}

/* p is where writing stopped. */
static void commit(struct codec_event *c, const uint8_t *p)
{
	c->bytes.len = (size_t)(p - c->bytes.data);
}

/* A message within the message: its length stands before it and is known only behind it. */
struct nest {
	size_t body;    /* in bytes */
	size_t splices; /* made before */
	size_t spliced;
};

/* Room: 1 + WIRE_VARINT_MAX besides the body's. */
static struct nest nest_begin(struct codec_event *c, unsigned field)
{
	uint8_t *p = c->bytes.data + c->bytes.len;

	p[0] = (uint8_t)WIRE_KEY(field, WIRE_BYTES);
	c->bytes.len += 2; /* a length below 128 takes one byte */
	return (struct nest){ .body = c->bytes.len, .splices = c->nsplices, .spliced = c->spliced };
}

static void nest_end(struct codec_event *c, const struct nest *n)
{
	size_t own = c->bytes.len - n->body;
	size_t len = own + c->spliced - n->spliced;
	size_t shift = wire_varint_size(len) - 1;
	uint8_t *body = c->bytes.data + n->body;

	if (UNLIKELY(shift)) {
		memmove(body + shift, body, own);
		for (size_t i = n->splices; i < c->nsplices; i++)
			c->splices[i].at += shift;
		c->bytes.len += shift;
	}
	wire_put(body - 1, len);
}

static void splice(struct codec_event *c, const uint8_t *data, uint32_t len)
{
	if (c->nsplices == c->splices_room) {
		c->splices_room = c->splices_room ? 2 * c->splices_room : 16;
		c->splices = xrealloc(c->splices, c->splices_room, sizeof(*c->splices));
	}
	c->splices[c->nsplices++] = (struct codec_splice){ .at = c->bytes.len, .data = data, .len = len };
	c->spliced += len;
}

/* A bytes field whose content is spliced in. */
static void put_spliced(struct codec_event *c, unsigned field, const struct block_piece *piece)
{
	uint8_t *p = c->bytes.data + c->bytes.len;

	*p++ = (uint8_t)WIRE_KEY(field, WIRE_BYTES);
	commit(c, wire_put(p, piece->len));
	splice(c, piece->data, piece->len);
}

static void put_piece(struct codec_event *c, const struct block_piece *piece)
{
	struct nest n = nest_begin(c, BLOCK_PIECES);

	if (piece->data) {
		put_spliced(c, PIECE_DATA, piece);
	} else {
		uint8_t *p = c->bytes.data + c->bytes.len;

		p = wire_put_field(p, PIECE_BACK, piece->back);
		commit(c, wire_put_field(p, PIECE_LENGTH, piece->len));
	}
	nest_end(c, &n);
}

/* The block is so short that its length, which stands before it, will not move it. */
static void put_later(struct codec_event *c, const struct digest_range *range, size_t at)
{
	if (c->nlaters == c->laters_room) {
		c->laters_room = c->laters_room ? 2 * c->laters_room : 4;
		c->laters = xrealloc(c->laters, c->laters_room, sizeof(*c->laters));
	}
	c->laters[c->nlaters++] = (struct codec_later){ .at = at + c->spliced, .range = *range };
}

static void put_block(struct codec_event *c, const struct abi_block *b, struct block_finder *finder)
{
	const struct block_piece *pieces = NULL;
	size_t count = 0;
	struct nest n;
	uint8_t *p;

	if (b->len >= BLOCKS_MIN)
		pieces = block_finder_cut(finder, b->data, b->len, &count);
	reserve(c, BLOCK_ROOM + count * PIECE_ROOM);
	n = nest_begin(c, EVENT_BLOCKS);
	p = c->bytes.data + c->bytes.len;
	p = wire_put_field(p, BLOCK_PHASE, b->phase);
	p = wire_put_field(p, BLOCK_NODE, b->node);
	p = wire_put_field(p, BLOCK_INDEX, b->index);
	p = wire_put_field(p, BLOCK_ADDR, b->addr);
	p = wire_put_field(p, BLOCK_STATUS, b->status);
	if (UNLIKELY(b->later != NULL)) {
		static const uint8_t zeros[DIGEST_SIZE];

		p = wire_put_bytes(p, BLOCK_DATA, zeros, DIGEST_SIZE);
		put_later(c, b->later, (size_t)(p - c->bytes.data) - DIGEST_SIZE);
	} else if (b->len < BLOCKS_MIN) {
		p = wire_put_bytes(p, BLOCK_DATA, b->data, b->len);
	}
	commit(c, p);
	if (count == 1 && pieces->data) {
		put_spliced(c, BLOCK_DATA, pieces);
	} else {
		for (size_t i = 0; i < count; i++)
			put_piece(c, &pieces[i]);
	}
	nest_end(c, &n);
}

static void put_fd(struct codec_event *c, const struct abi_fd_info *fd)
{
	size_t len = fd->path ? strlen(fd->path) : 0;
	struct nest n;
	uint8_t *p;

	reserve(c, SMALL_ROOM + len);
	n = nest_begin(c, EVENT_FDS);
	p = c->bytes.data + c->bytes.len;
	p = wire_put_field(p, FD_FD, wire_zigzag(fd->fd));
	p = wire_put_field(p, FD_KIND, fd->kind);
	p = wire_put_field(p, FD_FLAGS, fd->flags);
	commit(c, wire_put_bytes(p, FD_PATH, fd->path, len));
	nest_end(c, &n);
}

static void put_region(struct codec_event *c, const struct abi_region *r)
{
	size_t len = r->name ? strlen(r->name) : 0;
	struct nest n;
	uint8_t *p;

	reserve(c, SMALL_ROOM + len);
	n = nest_begin(c, EVENT_REGIONS);
	p = c->bytes.data + c->bytes.len;
	p = wire_put_field(p, REGION_START, r->start);
	p = wire_put_field(p, REGION_END, r->end);
	p = wire_put_field(p, REGION_OFFSET, r->offset);
	p = wire_put_field(p, REGION_PROT, r->prot);
	commit(c, wire_put_bytes(p, REGION_NAME, r->name, len));
	nest_end(c, &n);
}

static void put_string(struct codec_event *c, unsigned field, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	commit(c, wire_put_bytes(reserve(c, len + 1 + WIRE_VARINT_MAX), field, s, len));
}

static uint8_t *put_args(uint8_t *p, const struct sys_event *ev)
{
	unsigned count = ABI_ARGS;
	uint8_t *start;

	while (count && !ev->args[count - 1])
		count--;
	if (!count)
		return p;
	*p++ = (uint8_t)WIRE_KEY(EVENT_ARGS, WIRE_BYTES);
	start = ++p; /* six varints are less than 128 bytes */
	for (unsigned i = 0; i < count; i++)
		p = wire_put(p, wire_zigzag((int64_t)ev->args[i]));
	start[-1] = (uint8_t)(p - start);
	return p;
}

void codec_event_encode(struct codec_event *c, const struct sys_event *ev, struct block_finder *finder)
{
	uint8_t *p;

	c->bytes.len = 0;
	c->nsplices = 0;
	c->nlaters = 0;
	c->spliced = 0;
	p = reserve(c, EVENT_ROOM);
	p = wire_put_field(p, EVENT_TYPE, ev->type);
	p = wire_put_field(p, EVENT_FLAGS, ev->flags);
	p = wire_put_field(p, EVENT_SEQ_GAP, wire_zigzag((int64_t)(ev->seq - c->state.next_seq)));
	p = wire_put_field(p, EVENT_TASK_NUMBER, ev->task);
	p = wire_put_field(p, EVENT_NR, wire_zigzag(ev->nr));
	p = put_args(p, ev);
	p = wire_put_field(p, EVENT_RET, wire_zigzag(ev->ret));
	p = wire_put_field(p, EVENT_IP_STEP, wire_zigzag((int64_t)(ev->ip - c->state.ip)));
	commit(c, p);
	for (uint32_t i = 0; i < ev->nblocks; i++)
		put_block(c, &ev->blocks[i], finder);
	for (uint32_t i = 0; i < ev->nfds; i++)
		put_fd(c, &ev->fds[i]);
	if (UNLIKELY(ev->cwd || ev->command)) {
		put_string(c, EVENT_CWD, ev->cwd);
		put_string(c, EVENT_COMMAND, ev->command);
	}
	for (uint32_t i = 0; i < ev->nregions; i++)
		put_region(c, &ev->regions[i]);
	if (UNLIKELY(ev->waited))
		commit(c, wire_put_field(reserve(c, 1 + WIRE_VARINT_MAX), EVENT_WAITED, ev->waited));
	c->len = c->bytes.len + c->spliced;
	c->state.next_seq = ev->seq + 1;
	c->state.ip = ev->ip;
}

void codec_event_free(struct codec_event *c)
{
	buf_free(&c->bytes);
	free(c->splices);
	free(c->laters);
	*c = (struct codec_event){ 0 };
}

/* ---- decoding ---- */

struct codec_decoder {
	struct codec_state state;
	size_t max_data, data_left;
	const struct block_window *window;
	struct arena *arena; /* of the event */
	const char *why;     /* first mistake */
	struct sys_event ev;
	uint32_t nargs;
	void *blocks, *fds, *regions; /* arrays of the event's, kept from event to event */
	size_t blocks_room, fds_room, regions_room;
};

struct codec_decoder *codec_decoder_new(size_t max_data)
{
	struct codec_decoder *d = xcalloc(1, sizeof(*d));

	d->max_data = max_data;
	d->arena = arena_new();
	return d;
}

void codec_decoder_free(struct codec_decoder *d)
{
	if (!d)
		return;
	arena_free(d->arena);
	free(d->blocks);
	free(d->fds);
	free(d->regions);
	free(d);
}

void codec_decoder_reset(struct codec_decoder *d)
{
	d->state = (struct codec_state){ 0 };
}

static void wrong(struct codec_decoder *d, const char *why)
{
	if (!d->why)
		d->why = why;
}

static uint32_t get_u32(struct codec_decoder *d, uint64_t n)
{
	if (UNLIKELY(n > UINT32_MAX))
		wrong(d, "a number wider than 32 bits");
	return (uint32_t)n;
}

static int32_t get_s32(struct codec_decoder *d, uint64_t n)
{
	return (int32_t)wire_unzigzag(get_u32(d, n));
}

/* A number below count. */
static uint32_t get_enum(struct codec_decoder *d, uint64_t n, uint32_t count, const char *why)
{
	if (UNLIKELY(n >= count)) {
		wrong(d, why);
		return 0;
	}
	return (uint32_t)n;
}

static const char *get_string(struct codec_decoder *d, const struct wire_field *f)
{
	if (memchr(f->data, 0, f->len)) {
		wrong(d, "a NUL byte in a string");
		return "";
	}
	return arena_copy(d->arena, f->data, f->len);
}

/* Room for one more element; NULL and wrong where a file claims more than max. */
static void *next_element(struct codec_decoder *d, void **array, size_t *room, uint32_t *count, size_t size, size_t max)
{
	void *p;

	if (UNLIKELY(*count == *room)) {
		if (*count >= max) {
			wrong(d, "too many elements in an event");
			return NULL;
		}
		*room = *room ? 2 * *room : 16;
		*array = xrealloc(*array, *room, size);
	}
	p = (char *)*array + *count * size;
	++*count;
	return memset(p, 0, size);
}

/* One piece: data or a reference.  false: malformed. */
static bool get_piece(struct codec_decoder *d, const struct wire_field *field, struct block_piece *piece)
{
	struct wire w = wire_over(field->data, field->len);
	struct wire_field f;
	bool has_data = false;

	*piece = (struct block_piece){ .data = field->data };
	while (wire_next(&w, &f)) {
		switch (f.key) {
		case WIRE_KEY(PIECE_DATA, WIRE_BYTES):
			has_data = true;
			piece->data = f.data;
			piece->len = get_u32(d, f.len);
			break;
		case WIRE_KEY(PIECE_BACK, WIRE_VARINT):
			piece->back = f.number;
			break;
		case WIRE_KEY(PIECE_LENGTH, WIRE_VARINT):
			if (!has_data)
				piece->len = get_u32(d, f.number);
			break;
		}
	}
	if (w.bad)
		wrong(d, "malformed piece of a block");
	if (piece->back && has_data)
		wrong(d, "a piece of a block that has both data and a reference");
	if (!piece->back && !has_data && piece->len)
		wrong(d, "a piece of a block that refers to nothing");
	if (piece->back) {
		piece->data = NULL;
		if (!block_window_has(d->window, piece->back, piece->len))
			wrong(d, "a reference to bytes that are not there");
	}
	return d->why == NULL;
}

/* Content of a block that stands in pieces: first its length, then its bytes. */
static void join_pieces(struct codec_decoder *d, const struct wire_field *block, struct abi_block *b)
{
	struct block_piece piece;
	struct wire_field f;
	uint64_t len = 0;
	struct wire w;
	uint8_t *out;

	for (w = wire_over(block->data, block->len); wire_next(&w, &f);) {
		if (f.key != WIRE_KEY(BLOCK_PIECES, WIRE_BYTES))
			continue;
		if (!get_piece(d, &f, &piece))
			return;
		len += piece.len;
	}
	if (len > d->data_left || len > UINT32_MAX) {
		wrong(d, "more data than the limit for an event");
		return;
	}
	b->data = out = arena_raw(d->arena, (size_t)len);
	b->len = (uint32_t)len;
	for (w = wire_over(block->data, block->len); wire_next(&w, &f);) {
		if (f.key != WIRE_KEY(BLOCK_PIECES, WIRE_BYTES) || !get_piece(d, &f, &piece))
			continue;
		if (!piece.data)
			INVARIANT(block_window_get(d->window, piece.back, piece.len, out));
		else if (piece.len)
			memcpy(out, piece.data, piece.len);
		out += piece.len;
	}
}

static void get_block(struct codec_decoder *d, const struct wire_field *field)
{
	struct abi_block *b = next_element(d, &d->blocks, &d->blocks_room, &d->ev.nblocks, sizeof(*b), MAX_BLOCKS);
	struct wire w = wire_over(field->data, field->len);
	bool has_data = false, has_pieces = false;
	struct wire_field f;

	if (!b)
		return;
	b->data = field->data;
	while (wire_next(&w, &f)) {
		switch (f.key) {
		case WIRE_KEY(BLOCK_PHASE, WIRE_VARINT):
			b->phase = (enum abi_phase)get_enum(d, f.number, PHASE_COUNT, "unknown phase of a block");
			break;
		case WIRE_KEY(BLOCK_NODE, WIRE_VARINT):
			b->node = (uint16_t)get_enum(d, f.number, UINT16_MAX + 1, "impossible node number");
			break;
		case WIRE_KEY(BLOCK_INDEX, WIRE_VARINT):
			b->index = get_u32(d, f.number);
			break;
		case WIRE_KEY(BLOCK_ADDR, WIRE_VARINT):
			b->addr = f.number;
			break;
		case WIRE_KEY(BLOCK_STATUS, WIRE_VARINT):
			b->status = (enum block_status)get_enum(d, f.number, BLOCK_STATUS_COUNT,
								"unknown status of a block");
			break;
		case WIRE_KEY(BLOCK_DATA, WIRE_BYTES):
			has_data = true;
			b->data = f.data;
			b->len = get_u32(d, f.len);
			break;
		case WIRE_KEY(BLOCK_PIECES, WIRE_BYTES):
			has_pieces = true;
			break;
		}
	}
	if (w.bad)
		wrong(d, "malformed block");
	else if (has_data && has_pieces)
		wrong(d, "a block that has both data and pieces");
	else if (has_pieces)
		join_pieces(d, field, b);
	if (b->len > d->data_left)
		wrong(d, "more data than the limit for an event");
	else
		d->data_left -= b->len;
}

static void get_fd(struct codec_decoder *d, const struct wire_field *field)
{
	struct abi_fd_info *fd = next_element(d, &d->fds, &d->fds_room, &d->ev.nfds, sizeof(*fd), MAX_FDS);
	struct wire w = wire_over(field->data, field->len);
	struct wire_field f;

	if (!fd)
		return;
	fd->path = "";
	while (wire_next(&w, &f)) {
		switch (f.key) {
		case WIRE_KEY(FD_FD, WIRE_VARINT):
			fd->fd = get_s32(d, f.number);
			break;
		case WIRE_KEY(FD_KIND, WIRE_VARINT):
			fd->kind =
				(enum abi_fd_kind)get_enum(d, f.number, FD_KIND_COUNT, "unknown kind of a descriptor");
			break;
		case WIRE_KEY(FD_FLAGS, WIRE_VARINT):
			fd->flags = get_u32(d, f.number);
			break;
		case WIRE_KEY(FD_PATH, WIRE_BYTES):
			fd->path = get_string(d, &f);
			break;
		}
	}
	if (w.bad)
		wrong(d, "malformed descriptor");
}

static void get_region(struct codec_decoder *d, const struct wire_field *field)
{
	struct abi_region *r = next_element(d, &d->regions, &d->regions_room, &d->ev.nregions, sizeof(*r), MAX_REGIONS);
	struct wire w = wire_over(field->data, field->len);
	struct wire_field f;

	if (!r)
		return;
	r->name = "";
	while (wire_next(&w, &f)) {
		switch (f.key) {
		case WIRE_KEY(REGION_START, WIRE_VARINT):
			r->start = f.number;
			break;
		case WIRE_KEY(REGION_END, WIRE_VARINT):
			r->end = f.number;
			break;
		case WIRE_KEY(REGION_OFFSET, WIRE_VARINT):
			r->offset = f.number;
			break;
		case WIRE_KEY(REGION_PROT, WIRE_VARINT):
			r->prot = get_u32(d, f.number);
			break;
		case WIRE_KEY(REGION_NAME, WIRE_BYTES):
			r->name = get_string(d, &f);
			break;
		}
	}
	if (w.bad || r->start > r->end)
		wrong(d, "malformed region");
}

static void get_arg(struct codec_decoder *d, uint64_t n)
{
	if (d->nargs == ABI_ARGS)
		wrong(d, "more arguments than a call has");
	else
		d->ev.args[d->nargs++] = (uint64_t)wire_unzigzag(n);
}

static void get_args(struct codec_decoder *d, const struct wire_field *field)
{
	struct wire w = wire_over(field->data, field->len);

	while (w.p < w.end && !w.bad && !d->why)
		get_arg(d, wire_get(&w));
	if (w.bad)
		wrong(d, "malformed arguments");
}

static void get_event_field(struct codec_decoder *d, const struct wire_field *f)
{
	struct sys_event *ev = &d->ev;

	switch (f->key) {
	case WIRE_KEY(EVENT_TYPE, WIRE_VARINT):
		ev->type = (enum event_type)get_enum(d, f->number, EVENT_TYPE_COUNT, "unknown type of an event");
		break;
	case WIRE_KEY(EVENT_FLAGS, WIRE_VARINT):
		ev->flags = get_enum(d, f->number, EVENT_FLAGS_ALL + 1, "unknown flags of an event");
		break;
	case WIRE_KEY(EVENT_SEQ_GAP, WIRE_VARINT):
		ev->seq = d->state.next_seq + (uint64_t)wire_unzigzag(f->number);
		break;
	case WIRE_KEY(EVENT_TASK_NUMBER, WIRE_VARINT):
		ev->task = get_u32(d, f->number);
		break;
	case WIRE_KEY(EVENT_NR, WIRE_VARINT):
		ev->nr = get_s32(d, f->number);
		break;
	case WIRE_KEY(EVENT_ARGS, WIRE_BYTES):
		get_args(d, f);
		break;
	case WIRE_KEY(EVENT_ARGS, WIRE_VARINT): /* not packed: legal protobuf */
		get_arg(d, f->number);
		break;
	case WIRE_KEY(EVENT_RET, WIRE_VARINT):
		ev->ret = wire_unzigzag(f->number);
		break;
	case WIRE_KEY(EVENT_WAITED, WIRE_VARINT):
		ev->waited = get_u32(d, f->number);
		break;
	case WIRE_KEY(EVENT_IP_STEP, WIRE_VARINT):
		ev->ip = d->state.ip + (uint64_t)wire_unzigzag(f->number);
		break;
	case WIRE_KEY(EVENT_BLOCKS, WIRE_BYTES):
		get_block(d, f);
		break;
	case WIRE_KEY(EVENT_FDS, WIRE_BYTES):
		get_fd(d, f);
		break;
	case WIRE_KEY(EVENT_CWD, WIRE_BYTES):
		ev->cwd = f->len ? get_string(d, f) : NULL;
		break;
	case WIRE_KEY(EVENT_COMMAND, WIRE_BYTES):
		ev->command = f->len ? get_string(d, f) : NULL;
		break;
	case WIRE_KEY(EVENT_REGIONS, WIRE_BYTES):
		get_region(d, f);
		break;
	}
}

const char *codec_decode_event(struct codec_decoder *d, const uint8_t *data, size_t len,
			       const struct block_window *window, const struct sys_event **ev)
{
	struct wire w = wire_over(data, len);
	struct wire_field f;

	if (arena_used(d->arena))
		arena_reset(d->arena);
	d->ev = (struct sys_event){ .call = ABI_UNDESCRIBED, .seq = d->state.next_seq, .ip = d->state.ip };
	d->why = NULL;
	d->nargs = 0;
	d->window = window;
	d->data_left = d->max_data;
	while (!d->why && wire_next(&w, &f))
		get_event_field(d, &f);
	if (w.bad)
		wrong(d, "malformed event");
	if (d->why)
		return d->why;
	d->ev.arena = d->arena;
	d->ev.blocks = d->ev.nblocks ? d->blocks : NULL;
	d->ev.blocks_room = d->ev.nblocks;
	d->ev.fds = d->ev.nfds ? d->fds : NULL;
	d->ev.regions = d->ev.nregions ? d->regions : NULL;
	d->state.next_seq = d->ev.seq + 1;
	d->state.ip = d->ev.ip;
	*ev = &d->ev;
	return NULL;
}

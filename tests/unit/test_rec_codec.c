/*
 * The event codec, which works by hand, against protobuf-c's; legal variants of the encoding; hostile messages.
 */
#include "rec_expect.h"

#include "proto/recording.pb-c.h"
#include "recording/codec.h"
#include "recording/wire.h"

/* The message of an encoded event, splices in place. */
static void join(const struct codec_event *c, struct buf *out)
{
	size_t at = 0;

	buf_clear(out);
	for (size_t i = 0; i < c->nsplices; i++) {
		buf_add(out, c->bytes.data + at, c->splices[i].at - at);
		buf_add(out, c->splices[i].data, c->splices[i].len);
		at = c->splices[i].at;
	}
	buf_add(out, c->bytes.data + at, c->bytes.len - at);
	ck_assert_uint_eq(out->len, c->len);
}

static void expect_bytes(ProtobufCBinaryData got, const char *want, const char *row)
{
	ck_assert_msg(got.len == strlen(want) && (!got.len || memcmp(got.data, want, got.len) == 0), "%s: %.*s", row,
		      (int)got.len, (const char *)got.data);
}

START_TEST(protobuf_reads_what_we_write)
{
	uint8_t *ring = calloc(1, BLOCKS_WINDOW);
	struct block_finder *finder = block_finder_new(ring);
	struct arena *a = arena_new();
	struct codec_event c = { 0 };
	struct buf message = { 0 };
	uint64_t next_seq = 0, ip = 0;

	for (unsigned i = 0; i < 32; i++) {
		struct sys_event ev;
		Sperrips__Event *m;
		char row[32];

		snprintf(row, sizeof(row), "event %u", i);
		sample_event(i, &ev, a);
		block_finder_event(finder, 0);
		codec_event_encode(&c, &ev, finder);
		join(&c, &message);
		m = sperrips__event__unpack(NULL, message.len, message.data);
		ck_assert_msg(m != NULL, "%s", row);
		ck_assert_msg(m->type == ev.type && m->flags == ev.flags && m->task == ev.task && m->nr == ev.nr &&
				      m->ret == ev.ret,
			      "%s: numbers", row);
		ck_assert_msg(next_seq + (uint64_t)m->seq_gap == ev.seq && ip + (uint64_t)m->ip_step == ev.ip,
			      "%s: steps", row);
		for (unsigned j = 0; j < ABI_ARGS; j++)
			ck_assert_msg(ev.args[j] == (j < m->n_args ? (uint64_t)m->args[j] : 0), "%s: argument %u", row,
				      j);
		ck_assert_msg(m->n_blocks == ev.nblocks, "%s: blocks", row);
		for (unsigned j = 0; j < ev.nblocks; j++) {
			const Sperrips__Block *b = m->blocks[j];
			const struct abi_block *w = &ev.blocks[j];

			ck_assert_msg(b->phase == w->phase && b->node == w->node && b->index == w->index &&
					      b->addr == w->addr && b->status == w->status,
				      "%s: block %u", row, j);
			ck_assert_msg(b->data.len == w->len && (!w->len || memcmp(b->data.data, w->data, w->len) == 0),
				      "%s: data of block %u", row, j);
		}
		for (unsigned j = 0; j < ev.nfds; j++) {
			ck_assert(m->fds[j]->fd == ev.fds[j].fd && m->fds[j]->kind == ev.fds[j].kind &&
				  m->fds[j]->flags == ev.fds[j].flags);
			expect_bytes(m->fds[j]->path, ev.fds[j].path, row);
		}
		expect_bytes(m->cwd, ev.cwd ? ev.cwd : "", row);
		expect_bytes(m->command, ev.command ? ev.command : "", row);
		ck_assert_uint_eq(m->n_regions, ev.nregions);
		for (unsigned j = 0; j < ev.nregions; j++) {
			ck_assert(m->regions[j]->start == ev.regions[j].start &&
				  m->regions[j]->end == ev.regions[j].end &&
				  m->regions[j]->offset == ev.regions[j].offset &&
				  m->regions[j]->prot == ev.regions[j].prot);
			expect_bytes(m->regions[j]->name, ev.regions[j].name, row);
		}
		ck_assert_ptr_null(m->base.unknown_fields);
		sperrips__event__free_unpacked(m, NULL);
		next_seq = ev.seq + 1;
		ip = ev.ip;
	}
	codec_event_free(&c);
	buf_free(&message);
	block_finder_free(finder);
	arena_free(a);
	free(ring);
}
END_TEST

/* And the reverse: what protobuf-c packs, references included. */
START_TEST(we_read_what_protobuf_writes)
{
	int64_t args[] = { -1, 0, INT64_MAX };
	Sperrips__Piece data = SPERRIPS__PIECE__INIT, back = SPERRIPS__PIECE__INIT;
	Sperrips__Piece *pieces[] = { &data, &back, &data };
	Sperrips__Block block = SPERRIPS__BLOCK__INIT, *blocks[] = { &block, &block };
	Sperrips__FdInfo fd = SPERRIPS__FD_INFO__INIT, *fds[] = { &fd };
	Sperrips__Region region = SPERRIPS__REGION__INIT, *regions[] = { &region };
	Sperrips__Event m = SPERRIPS__EVENT__INIT;
	struct codec_decoder *d = codec_decoder_new(1000);
	struct block_window *window = block_window_new();
	const struct sys_event *ev;
	uint8_t packed[512];
	const char *why;

	block_window_add(window, (const uint8_t *)"0123456789", 10);
	data.data = (ProtobufCBinaryData){ 2, (uint8_t *)"ab" };
	back.back = 7;
	back.length = 4;
	block.phase = PHASE_EXIT;
	block.node = 65535;
	block.n_pieces = 3;
	block.pieces = pieces;
	fd.fd = INT32_MIN;
	fd.kind = FD_KIND_ANON;
	region.end = UINT64_MAX;
	m.type = EVENT_SIGNAL;
	m.flags = 15;
	m.seq_gap = 41;
	m.n_args = 3;
	m.args = args;
	m.ip_step = -1;
	m.nr = INT32_MAX;
	m.n_blocks = 2;
	m.blocks = blocks;
	m.n_fds = m.n_regions = 1;
	m.fds = fds;
	m.regions = regions;
	why = codec_decode_event(d, packed, sperrips__event__pack(&m, packed), window, &ev);
	ck_assert_msg(why == NULL, "%s", why);
	ck_assert_uint_eq(ev->seq, 41);
	ck_assert_uint_eq(ev->ip, UINT64_MAX);
	ck_assert_uint_eq(ev->args[0], UINT64_MAX);
	ck_assert_uint_eq(ev->args[2], INT64_MAX);
	ck_assert_uint_eq(ev->args[3], 0);
	ck_assert_uint_eq(ev->nblocks, 2);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(ev->blocks[i].len, 8);
		ck_assert_mem_eq(ev->blocks[i].data, "ab3456ab", 8);
	}
	ck_assert_int_eq(ev->fds[0].fd, INT32_MIN);
	ck_assert_str_eq(ev->fds[0].path, "");
	ck_assert_uint_eq(ev->regions[0].end, UINT64_MAX);
	codec_decoder_free(d);
	block_window_free(window);
}
END_TEST

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

/* The window holds ten bytes, an event at most sixteen of data. */
static const struct {
	const char *name;
	const uint8_t *data;
	size_t len;
	const char *why; /* NULL: fine */
} messages[] = {
	{ "empty", BYTES(""), NULL },
	{ "unknown varint", BYTES("\x98\x06\x01"), NULL },
	{ "unknown fixed64", BYTES("\x99\x06yyyyyyyy"), NULL },
	{ "unknown bytes", BYTES("\x9a\x06\x02yy"), NULL },
	{ "unknown fixed32", BYTES("\x9d\x06yyyy"), NULL },
	{ "known field of other wire type is unknown", BYTES("\x0a\x01y"), NULL },
	{ "type twice, the last counts", BYTES("\x08\x09\x08\x01"), "unknown type of an event" },
	{ "arguments not packed", BYTES("\x30\x02\x30\x04"), NULL },
	{ "six arguments", BYTES("\x32\x06\1\1\1\1\1\1"), NULL },
	{ "varint longer than needed", BYTES("\x08\x81\x80\x00"), NULL },
	{ "unknown fields in a block", BYTES("\x4a\x03\x98\x06\x01"), NULL },
	{ "a reference to all of the window", BYTES("\x4a\x06\x3a\x04\x10\x0a\x18\x0a"), NULL },
	{ "an empty piece", BYTES("\x4a\x02\x3a\x00"), NULL },
	{ "an empty reference", BYTES("\x4a\x04\x3a\x02\x10\x01"), NULL },
	{ "sixteen bytes of data", BYTES("\x4a\x12\x32\x10yyyyyyyyyyyyyyyy"), NULL },

	{ "field 0", BYTES("\x00\x01"), "malformed event" },
	{ "group", BYTES("\x9b\x06\x9c\x06"), "malformed event" },
	{ "wire type 6", BYTES("\x0e"), "malformed event" },
	{ "key cut", BYTES("\x98"), "malformed event" },
	{ "key wider than 32 bits", BYTES("\x88\x80\x80\x80\x10\x01"), "malformed event" },
	{ "varint cut", BYTES("\x08\x80"), "malformed event" },
	{ "varint of 11 bytes", BYTES("\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "malformed event" },
	{ "varint of 65 bits", BYTES("\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "malformed event" },
	{ "fixed64 cut", BYTES("\x99\x06yyyyyyy"), "malformed event" },
	{ "fixed32 cut", BYTES("\x9d\x06yyy"), "malformed event" },
	{ "bytes cut", BYTES("\x9a\x06\x03yy"), "malformed event" },
	{ "bytes of 2^64 - 1", BYTES("\x9a\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "malformed event" },
	{ "type 9", BYTES("\x08\x09"), "unknown type of an event" },
	{ "type 2^32", BYTES("\x08\x80\x80\x80\x80\x10"), "unknown type of an event" },
	{ "flags 4096", BYTES("\x10\x80\x20"), "unknown flags of an event" },
	{ "task of 33 bits", BYTES("\x20\x80\x80\x80\x80\x10"), "a number wider than 32 bits" },
	{ "nr of 33 bits", BYTES("\x28\x80\x80\x80\x80\x10"), "a number wider than 32 bits" },
	{ "seven arguments", BYTES("\x32\x07\1\1\1\1\1\1\1"), "more arguments than a call has" },
	{ "seven arguments, mixed", BYTES("\x32\x06\1\1\1\1\1\1\x30\x01"), "more arguments than a call has" },
	{ "arguments cut", BYTES("\x32\x02\1\x80"), "malformed arguments" },
	{ "block cut", BYTES("\x4a\x01\x08"), "malformed block" },
	{ "phase 2", BYTES("\x4a\x02\x08\x02"), "unknown phase of a block" },
	{ "node 65536", BYTES("\x4a\x04\x10\x80\x80\x04"), "impossible node number" },
	{ "index of 33 bits", BYTES("\x4a\x06\x18\x80\x80\x80\x80\x10"), "a number wider than 32 bits" },
	{ "status 3", BYTES("\x4a\x02\x28\x03"), "unknown status of a block" },
	{ "seventeen bytes of data", BYTES("\x4a\x13\x32\x11yyyyyyyyyyyyyyyyy"),
	  "more data than the limit for an event" },
	{ "two blocks of nine bytes", BYTES("\x4a\x0b\x32\x09yyyyyyyyy\x4a\x0b\x32\x09yyyyyyyyy"),
	  "more data than the limit for an event" },
	{ "two references of nine bytes", BYTES("\x4a\x0c\x3a\x04\x10\x0a\x18\x09\x3a\x04\x10\x0a\x18\x09"),
	  "more data than the limit for an event" },
	{ "data and pieces", BYTES("\x4a\x05\x32\x01y\x3a\x00"), "a block that has both data and pieces" },
	{ "piece cut", BYTES("\x4a\x03\x3a\x01\x10"), "malformed piece of a block" },
	{ "piece of both kinds", BYTES("\x4a\x07\x3a\x05\x0a\x01y\x10\x01"),
	  "a piece of a block that has both data and a reference" },
	{ "piece of no kind", BYTES("\x4a\x04\x3a\x02\x18\x01"), "a piece of a block that refers to nothing" },
	{ "reference before the window", BYTES("\x4a\x06\x3a\x04\x10\x0b\x18\x01"),
	  "a reference to bytes that are not there" },
	{ "reference into the event", BYTES("\x4a\x06\x3a\x04\x10\x02\x18\x03"),
	  "a reference to bytes that are not there" },
	{ "reference of 2^64 - 1", BYTES("\x4a\x0f\x3a\x0d\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x18\x01"),
	  "a reference to bytes that are not there" },
	{ "reference longer than 32 bits", BYTES("\x4a\x0a\x3a\x08\x10\x0a\x18\x81\x80\x80\x80\x10"),
	  "a number wider than 32 bits" },
	{ "descriptor cut", BYTES("\x52\x01\x08"), "malformed descriptor" },
	{ "descriptor of 33 bits", BYTES("\x52\x06\x08\x80\x80\x80\x80\x10"), "a number wider than 32 bits" },
	{ "descriptor of kind 8", BYTES("\x52\x02\x10\x08"), "unknown kind of a descriptor" },
	{ "NUL in a path",
	  BYTES("\x52\x05\x22\x03"
		"a\0b"),
	  "a NUL byte in a string" },
	{ "NUL in the directory", BYTES("\x5a\x01\0"), "a NUL byte in a string" },
	{ "NUL in the command", BYTES("\x62\x01\0"), "a NUL byte in a string" },
	{ "region cut", BYTES("\x6a\x01\x08"), "malformed region" },
	{ "region that ends before it starts", BYTES("\x6a\x04\x08\x02\x10\x01"), "malformed region" },
	{ "protection of 33 bits", BYTES("\x6a\x06\x20\x80\x80\x80\x80\x10"), "a number wider than 32 bits" },
	{ "NUL in a region's name", BYTES("\x6a\x03\x2a\x01\0"), "a NUL byte in a string" },
};

START_TEST(messages_by_hand)
{
	struct codec_decoder *d = codec_decoder_new(16);
	struct block_window *window = block_window_new();
	uint8_t *exact = malloc(messages[_i].len + 1); /* a byte past its end is a sanitizer's business */
	const struct sys_event *ev;
	const char *why;

	exact = realloc(exact, messages[_i].len ? messages[_i].len : 1);
	memcpy(exact, messages[_i].data, messages[_i].len);
	block_window_add(window, (const uint8_t *)"0123456789", 10);
	why = codec_decode_event(d, exact, messages[_i].len, window, &ev);
	ck_assert_msg(!why == !messages[_i].why && (!why || strcmp(why, messages[_i].why) == 0), "%s: %s",
		      messages[_i].name, why ? why : "no error");
	codec_decoder_free(d);
	block_window_free(window);
	free(exact);
}
END_TEST

START_TEST(too_many_blocks)
{
	struct codec_decoder *d = codec_decoder_new(16);
	struct block_window *window = block_window_new();
	size_t count = (1 << 20) + 1;
	uint8_t *data = malloc(2 * count);
	const struct sys_event *ev;

	for (size_t i = 0; i < count; i++) {
		data[2 * i] = 0x4a;
		data[2 * i + 1] = 0;
	}
	ck_assert_ptr_null(codec_decode_event(d, data, 2 * (count - 1), window, &ev));
	ck_assert_uint_eq(ev->nblocks, count - 1);
	ck_assert_str_eq(codec_decode_event(d, data, 2 * count, window, &ev), "too many elements in an event");
	codec_decoder_free(d);
	block_window_free(window);
	free(data);
}
END_TEST

static const uint64_t numbers[] = { 0,          1,          127,        128,        16383,     16384,
				    UINT32_MAX, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX };

START_TEST(varints)
{
	uint8_t bytes[WIRE_VARINT_MAX];
	uint64_t v = numbers[_i];
	size_t len = (size_t)(wire_put(bytes, v) - bytes);
	struct wire w = wire_over(bytes, len);

	ck_assert_uint_eq(len, wire_varint_size(v));
	ck_assert_uint_eq(wire_get(&w), v);
	ck_assert(!w.bad && w.p == w.end);
	for (size_t cut = 0; cut < len; cut++) {
		w = wire_over(bytes, cut);
		wire_get(&w);
		ck_assert(w.bad);
	}
	ck_assert_int_eq(wire_unzigzag(wire_zigzag((int64_t)v)), (int64_t)v);
	ck_assert_uint_eq(wire_zigzag(wire_unzigzag(v)), v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording: codec");
	TCase *t = tcase_create("codec");
	SRunner *run = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, protobuf_reads_what_we_write);
	tcase_add_test(t, we_read_what_protobuf_writes);
	tcase_add_loop_test(t, messages_by_hand, 0, ARRAY_LEN(messages));
	tcase_add_test(t, too_many_blocks);
	tcase_add_loop_test(t, varints, 0, ARRAY_LEN(numbers));
	suite_add_tcase(s, t);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}

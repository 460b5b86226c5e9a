/*
 * Events from a damaged or forged recording: whatever blocks they hold, a walk reads only bytes that are there, ends,
 * and says nothing that is not in the events.  Meant to run under AddressSanitizer, where every block is its own
 * allocation.
 */
#include "abi_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS         4000
#define CAPTURE_ROUNDS 500 /* each may ask for much memory */
#define BLOCKS_MAX     24
#define BLOCK_MAX      200

/* xorshift64*: the same sequence on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t *state, uint64_t n)
{
	return next_random(state) % n;
}

struct sums {
	uint64_t pairs, bytes;
	volatile uint8_t sink;
};

static void touch(struct sums *sums, const struct value *v, uint32_t size)
{
	if (v->type != VALUE_BYTES)
		return;
	for (size_t i = 0; i < size; i++)
		sums->sink ^= v->data[i];
	ck_assert_uint_ge(size, v->len);
	sums->bytes += size;
}

static int touch_pair(void *ctx, const struct abi_pair *p)
{
	struct sums *sums = ctx;

	sums->pairs++;
	touch(sums, &p->rec, p->rec_size);
	touch(sums, &p->live, p->live_size);
	ck_assert(p->addr != 0 || p->room == 0);
	ck_assert(p->rec.type != VALUE_ABSENT || p->live.type != VALUE_ABSENT || p->status != BLOCK_OK);
	return 0;
}

/* Small numbers, so that tags, lengths and offsets are met. */
static uint8_t random_byte(uint64_t *state)
{
	uint64_t r = next_random(state);

	return r & 0x100 ? (uint8_t)r : (uint8_t)(r & 0x1f);
}

/* Each block's data is an allocation of exactly its length. */
static void random_event(uint64_t *state, const struct abi_schema *s, const struct abi_call *c, struct sys_event *ev,
			 struct arena *arena, uint8_t *owned[BLOCKS_MAX])
{
	event_init(ev, arena);
	ev->type = EVENT_CALL;
	ev->call = c->index;
	ev->nr = c->nr;
	ev->flags = (uint32_t)below(state, 16);
	ev->ret = (int64_t)below(state, 300) - 40;
	for (unsigned i = 0; i < ABI_ARGS; i++)
		ev->args[i] = below(state, 4) ? below(state, 300) : next_random(state);
	uint32_t n = (uint32_t)below(state, BLOCKS_MAX);

	for (uint32_t i = 0; i < BLOCKS_MAX; i++)
		owned[i] = NULL;
	for (uint32_t i = 0; i < n; i++) {
		struct abi_block *b = event_add_block(ev);

		b->phase = (enum abi_phase)below(state, 2);
		b->node = (uint16_t)(below(state, 16) ? below(state, c->nleaves + 1) : next_random(state));
		b->index = (uint32_t)(below(state, 3)   ? below(state, 3)
				      : below(state, 2) ? 65536 + below(state, 2)
							: next_random(state));
		b->addr = below(state, 3) ? next_random(state) : 0;
		b->status = (enum block_status)(below(state, 6) ? BLOCK_OK : below(state, BLOCK_STATUS_COUNT));
		b->len = (uint32_t)below(state, BLOCK_MAX);
		if (!below(state, 20))
			continue; /* a length without data */
		owned[i] = malloc(b->len ? b->len : 1);
		for (uint32_t k = 0; k < b->len; k++)
			owned[i][k] = random_byte(state);
		b->data = owned[i];
	}
	(void)s;
}

static void forget(uint8_t *owned[BLOCKS_MAX])
{
	for (unsigned i = 0; i < BLOCKS_MAX; i++)
		free(owned[i]);
}

static void torment(const struct abi_schema *s, uint64_t seed, unsigned rounds, struct sums *sums)
{
	uint64_t state = seed;
	struct arena *arena = arena_new();
	struct buf text = { 0 };
	uint8_t *owned[2][BLOCKS_MAX];

	for (unsigned i = 0; i < rounds; i++) {
		const struct abi_call *c = abi_schema_call(s, (uint32_t)below(&state, abi_schema_ncalls(s)));
		struct sys_event rec, live;

		random_event(&state, s, c, &rec, arena, owned[0]);
		random_event(&state, s, c, &live, arena, owned[1]);
		for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
			abi_walk(s, &rec, &live, (enum abi_phase)phase, touch_pair, sums);
			abi_walk(s, NULL, &live, (enum abi_phase)phase, touch_pair, sums);
		}
		if (c->nleaves) {
			uint32_t leaf = c->leaf_first + (uint32_t)below(&state, c->nleaves);
			struct value v = abi_field_value(s, &rec, leaf);

			touch(sums, &v, (uint32_t)v.len);
		}
		buf_clear(&text);
		rec.type = (enum event_type)below(&state, EVENT_TYPE_COUNT);
		abi_print_event(s, &rec, 32, &text);
		forget(owned[0]);
		forget(owned[1]);
		arena_reset(arena);
	}
	buf_free(&text);
	arena_free(arena);
}

START_TEST(forged_blocks)
{
	struct abi_schema *s = world_schema();
	struct sums sums = { 0 };

	torment(s, 0x9e3779b97f4a7c15u + (unsigned)_i, ROUNDS, &sums);
	/* the mutations do meet the fields */
	ck_assert_uint_gt(sums.pairs, ROUNDS);
	ck_assert_uint_gt(sums.bytes, ROUNDS);
	abi_schema_free(s);
}
END_TEST

START_TEST(forged_blocks_of_real_calls)
{
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	struct sums sums = { 0 };

	torment(s, 77u + (unsigned)_i, ROUNDS, &sums);
	ck_assert_uint_gt(sums.pairs, ROUNDS);
	abi_schema_free(s);
}
END_TEST

/* The captured length is a lie in every way: walk every truncation of a good event. */
START_TEST(every_truncation)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct abi_memory memory = world_memory(w);
	uint64_t iov[] = { world_str(w, "abc"), 3, world_str(w, "defg"), 4 };
	uint64_t messages[] = { world_put(w, iov, sizeof(iov)), 2, world_put(w, iov, sizeof(iov)), 1 };
	struct sys_event ev;
	struct sums sums = { 0 };

	world_event(s, &ev, arena, WORLD_nested);
	ev.args[0] = world_put(w, messages, sizeof(messages));
	ev.args[1] = 2;
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
	ck_assert_uint_ge(ev.nblocks, 6);
	for (uint32_t i = 0; i < ev.nblocks; i++) {
		struct abi_block whole = ev.blocks[i];

		for (uint32_t len = 0; len <= whole.len; len++) {
			uint8_t *data = malloc(len ? len : 1);

			memcpy(data, whole.data, len);
			ev.blocks[i].data = data;
			ev.blocks[i].len = len;
			abi_walk(s, &ev, &ev, PHASE_ENTRY, touch_pair, &sums);
			abi_walk(s, &ev, &ev, PHASE_EXIT, touch_pair, &sums);
			free(data);
		}
		ev.blocks[i] = whole;
	}
	ck_assert_uint_gt(sums.pairs, 100);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

/* Tens of thousands of pointers, and as many blocks in the wrong order: a walk still ends at once. */
START_TEST(many_blocks_in_disorder)
{
	enum { N = 50000 };
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	const struct abi_call *c = abi_schema_find(s, "null_ended", strlen("null_ended"));
	const struct abi_leaf *argv = abi_call_leaf(s, c, "argv.addr", strlen("argv.addr"));
	const struct abi_leaf *arg = abi_call_leaf(s, c, "argv[].addr", strlen("argv[].addr"));
	uint64_t *pointers = arena_array(arena, N, sizeof(*pointers));
	struct sys_event ev;
	struct sums sums = { 0 };

	world_event(s, &ev, arena, WORLD_null_ended);
	ev.args[1] = WORLD_BASE;
	for (uint32_t i = 0; i < N; i++) {
		struct abi_block *b = event_add_block(&ev);

		pointers[i] = WORLD_BAD;
		b->node = (uint16_t)(arg->id - c->leaf_first);
		b->index = 2 * (N - i);
		b->data = (const uint8_t *)"x";
		b->len = 2;
	}
	struct abi_block *b = event_add_block(&ev);

	b->node = (uint16_t)(argv->id - c->leaf_first);
	b->data = (const uint8_t *)pointers;
	b->len = N * sizeof(*pointers);
	abi_walk(s, &ev, &ev, PHASE_ENTRY, touch_pair, &sums);
	/* two addresses of arguments, N of strings, and the strings with an even number but 0 */
	ck_assert_uint_eq(sums.pairs, 2 + N + N / 2 - 1);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

/* Random memory under a random call: capture stays inside the memory and the limits. */
START_TEST(wild_pointers)
{
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct abi_memory memory = world_memory(w);
	struct sums sums = { 0 };
	uint64_t state = 4711;

	for (size_t i = 0; i < WORLD_SIZE; i += 8) {
		uint64_t pointer = below(&state, 3) ? WORLD_BASE + below(&state, WORLD_SIZE) : below(&state, 64);

		memcpy(w->bytes + i, &pointer, sizeof(pointer));
	}
	for (unsigned i = 0; i < CAPTURE_ROUNDS; i++) {
		struct sys_event ev;

		event_init(&ev, arena);
		ev.type = EVENT_CALL;
		ev.call = (uint32_t)below(&state, abi_schema_ncalls(s));
		for (unsigned k = 0; k < ABI_ARGS; k++)
			ev.args[k] = below(&state, 3) ? WORLD_BASE + below(&state, WORLD_SIZE) : below(&state, 200);
		ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
		ev.flags = EVENT_RETURNED;
		ev.ret = (int64_t)below(&state, 500) - 20;
		ck_assert_int_eq(abi_capture(s, &ev, PHASE_EXIT, &memory, NULL), 0);
		abi_walk(s, &ev, &ev, PHASE_ENTRY, touch_pair, &sums);
		abi_walk(s, &ev, &ev, PHASE_EXIT, touch_pair, &sums);
		arena_reset(arena);
	}
	ck_assert_uint_gt(sums.bytes, CAPTURE_ROUNDS);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abi hostile");
	TCase *t = tcase_create("hostile");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, forged_blocks, 0, 4);
	tcase_add_loop_test(t, forged_blocks_of_real_calls, 0, 4);
	tcase_add_test(t, every_truncation);
	tcase_add_test(t, many_blocks_in_disorder);
	tcase_add_test(t, wild_pointers);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? 1 : 0;
}

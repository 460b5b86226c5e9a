/*
 * Images of compiled policies, changed: every byte, every length, every field of the message, every operand, with the
 * checksum as it is and made to fit.  What is loaded all the same ends, stays within its tables, gives only verdicts
 * that are legal, and does by each rule what that rule says.
 */
#include "tests/unit/spol_small.h"
#include "vm/image.h"

#include <sys/resource.h>

#define STRICT_MUTANTS 1500u

/* Refused and loaded mutants of one test. */
struct tally {
	unsigned refused, loaded;
};

/* ---- a world that has something to say about everything ---- */

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca6bu ^ c * 0xc2b2ae35u;

	return h ^ h >> 15;
}

static bool some_value(uint32_t h, bool bytes, struct value *out)
{
	static const char *const texts[] = { "/proc/1", "/proc/self/maps", "/bin/sh", "secret", "", "/sys/x" };

	/* sometimes of the wrong type: an engine with a bug must not make the machine read outside */
	if (bytes != (h % 11 == 0))
		*out = value_cstr(texts[h / 16 % ARRAY_LEN(texts)]);
	else
		*out = value_num((num_t)(h / 16 % 12) - 2);
	return h % 7 != 0;
}

static bool any_field(void *ctx, enum vm_side side, uint32_t leaf, struct value *out)
{
	const struct vm_schema *view = ctx;

	MUST(leaf < view->nleaves, "field %u", leaf);
	return some_value(mix(leaf, side, 1), view->leaf_is_bytes(view->ctx, leaf), out);
}

static bool any_fact(void *ctx, enum vm_side side, uint32_t fact, uint32_t leaf, struct value *out)
{
	const struct vm_schema *view = ctx;

	MUST(fact < view->nfacts && (leaf == VM_NO_LEAF || leaf < view->nleaves), "fact %u of field %u", fact, leaf);
	return some_value(mix(fact, side, leaf), view->fact_is_bytes(view->ctx, fact), out);
}

/* The first word of a rule's text. */
static bool begins_with(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 && (text[len] == '\0' || text[len] == ' ');
}

static void check_decision(const struct vm_prog *p, const struct vm_schema *view, uint32_t leaf, bool equal,
			   struct vm_decision d)
{
	const struct vm_rule *r;

	MUST(d.verb < VERB_COUNT && view->leaf_verb(view->ctx, leaf, d.verb), "verb %d", (int)d.verb);
	if (d.rule == VM_NO_RULE) {
		MUST(equal && d.verb == VERB_EQUAL, "a difference is decided without a rule");
		return;
	}
	r = vm_rule_get(p, d.rule);
	/* never laxer than what the rule says; an equal pair is `equal` whatever accepts it */
	MUST(d.verb == r->verb || (equal && d.verb == VERB_EQUAL), "%s by a rule for %s", vm_verb_name(d.verb),
	     vm_verb_name(r->verb));
	MUST(begins_with(r->text, vm_verb_name(r->verb)) || r->verb == VERB_EQUAL, "%s by `%s`", vm_verb_name(r->verb),
	     r->text);
}

static void check_disposed(const struct vm_prog *p, const struct vm_disposed *d)
{
	const char *name = vm_disposition_name(d->disposition);

	if (d->rule == VM_NO_RULE)
		MUST(d->disposition == DISP_EXECUTE, "%s by no rule", name);
	else
		MUST(begins_with(vm_rule_get(p, d->rule)->text, name), "%s by `%s`", name,
		     vm_rule_get(p, d->rule)->text);
}

static void check_dispositions(const struct vm_prog *p, const struct vm_schema *view, const struct vm_env *env)
{
	struct vm_disposed d;

	for (uint32_t call = 0; call < view->ncalls; call++) {
		d = vm_dispose(p, call, env);
		MUST(d.disposition < DISP_COUNT, "disposition %d", (int)d.disposition);
		check_disposed(p, &d);
		MUST(!vm_always_ignored(p, call) || d.disposition == DISP_IGNORE, "call %u is not ignored", call);
	}
	for (int32_t nr = 995; nr < 1002; nr++)
		if (vm_dispose_number(p, nr, &d))
			check_disposed(p, &d);
}

/* Asks a program everything that the engine can ask; every n-th pair. */
static void exercise(const struct vm_prog *p, const struct vm_schema *view, unsigned every)
{
	static const struct value values[] = {
		{ .type = VALUE_ABSENT },
		{ .type = VALUE_NUM, .num = 3 },
		{ .type = VALUE_NUM, .num = -1 },
		{ .type = VALUE_BYTES, .data = (const uint8_t *)"secret", .len = 6 },
		{ .type = VALUE_BYTES },
		{ .type = VALUE_BYTES, .data = (const uint8_t *)"/proc/1\0\0", .len = 9 },
	};
	struct vm_env env = { any_field, any_fact, (void *)(uintptr_t)view };
	CLEANUP(buf_free) struct buf text = { 0 };
	unsigned n = 0;

	for (uint32_t leaf = 0; leaf < view->nleaves; leaf++) {
		for (unsigned phase = 0; phase < VM_PHASES; phase++) {
			if (!view->leaf_at(view->ctx, leaf, (enum vm_phase)phase))
				continue;
			for (size_t i = 0; i < ARRAY_LEN(values) * ARRAY_LEN(values); i++) {
				const struct value *a = &values[i % ARRAY_LEN(values)],
						   *b = &values[i / ARRAY_LEN(values)];

				if (n++ % every)
					continue;
				check_decision(p, view, leaf, value_equal(a, b),
					       vm_decide(p, (enum vm_phase)phase, leaf, a, b, &env));
			}
		}
	}
	check_dispositions(p, view, &env);
	vm_disassemble(p, view, &text);
}

/* ---- loading a mutant ---- */

static void reseal(struct buf *image)
{
	uint8_t digest[DIGEST_SIZE];

	digest_of(image->data, image->len - DIGEST_SIZE, digest);
	memcpy(image->data + image->len - DIGEST_SIZE, digest, DIGEST_SIZE);
}

/* Makes an image of a message: header, length and checksum as they should be. */
static void seal(struct buf *image, const void *message, size_t len)
{
	buf_clear(image);
	buf_add(image, IMAGE_MAGIC, 4);
	buf_le32(image, IMAGE_VERSION);
	buf_le32(image, IMAGE_FEATURES);
	buf_le32(image, (uint32_t)len);
	buf_add(image, message, len);
	memset(buf_grow(image, DIGEST_SIZE), 0, DIGEST_SIZE);
	reseal(image);
}

/* Refused with an error that names the file, or harmless. */
static void load(struct tally *t, const struct vm_schema *view, const void *data, size_t len, unsigned every)
{
	/* of its exact size: reading behind the end is noticed */
	CLEANUP(free_ptr) uint8_t *copy = xcalloc(len ? len : 1, 1);
	struct err err = { 0 };
	struct vm_prog *p;

	if (len)
		memcpy(copy, data, len);
	p = vm_load(copy, len, "mutant.spo", view, &err);
	if (p) {
		MUST(!err_is_set(&err), "loaded, and an error: %s", err.text);
		memset(copy, 0xee, len);
		exercise(p, view, every);
		vm_free(p);
		t->loaded++;
		return;
	}
	MUST(strncmp(err.text, "mutant.spo: ", 12) == 0 && err.text[12], "%s", err.text);
	MUST(err.code == ERR_FORMAT || err.code == ERR_VERSION || err.code == ERR_SCHEMA || err.code == ERR_DIGEST ||
		     err.code == ERR_LIMIT,
	     "%s: %s", err_name(err.code), err.text);
	t->refused++;
}

/* The ten changes of a byte: each bit, all clear, all set. */
static uint8_t change(uint8_t byte, unsigned mask)
{
	return mask < 8 ? (uint8_t)(byte ^ 1u << mask) : mask == 8 ? 0 : 0xff;
}

#define MASKS 10u

START_TEST(unchanged)
{
	struct small s;
	struct tally t = { 0 };
	struct vm_image image;
	struct err err = { 0 };
	bool used[OP_COUNT] = { false };

	small_new(&s);
	load(&t, &s.view, s.image.data, s.image.len, 1);
	ck_assert_uint_eq(t.loaded, 1);
	ck_assert_int_eq(image_decode(s.image.data, s.image.len, "small", s.arena, &image, &err), 0);
	for (size_t i = 0; i < image.ncode; i++)
		used[image.code[i].op] = true;
	/* the compiler has no use for `differs`; the toy policy of test_vm_load has it */
	for (unsigned op = 0; op < OP_COUNT; op++)
		ck_assert_msg(used[op] || op == OP_DIFFERS, "no %s", vm_ops[op].text);
	ck_assert(image.nnumbers && image.nconsts && image.nstrings && image.nsets && image.globs.nsets &&
		  image.nrules && image.nsources == 2 && image.sources[1].nextends == 1 && image.continues);
	small_free(&s);
}
END_TEST

/* As the file stands, every change of a byte is noticed. */
START_TEST(bytes)
{
	struct small s;
	struct tally t = { 0 };

	small_new(&s);
	for (size_t i = 0; i < s.image.len; i++) {
		uint8_t old = s.image.data[i];

		for (unsigned mask = 0; mask < MASKS; mask++) {
			s.image.data[i] = change(old, mask);
			if (s.image.data[i] != old)
				load(&t, &s.view, s.image.data, s.image.len, 1);
		}
		s.image.data[i] = old;
	}
	ck_assert_uint_eq(t.loaded, 0);
	ck_assert_uint_gt(t.refused, 8 * s.image.len);
	small_free(&s);
}
END_TEST

/* With a checksum that fits, the verifier is met. */
START_TEST(bytes_resealed)
{
	struct small s;
	struct tally t = { 0 };

	small_new(&s);
	for (size_t i = 0; i < s.image.len - DIGEST_SIZE; i++) {
		uint8_t old = s.image.data[i];

		for (unsigned mask = 0; mask < MASKS; mask++) {
			s.image.data[i] = change(old, mask);
			if (s.image.data[i] == old)
				continue;
			reseal(&s.image);
			load(&t, &s.view, s.image.data, s.image.len, 3);
		}
		s.image.data[i] = old;
	}
	ck_assert_uint_gt(t.loaded, 500);
	ck_assert_uint_gt(t.refused, 20000);
	small_free(&s);
}
END_TEST

START_TEST(lengths)
{
	CLEANUP(buf_free) struct buf image = { 0 }, message = { 0 };
	struct small s;
	struct tally t = { 0 };
	size_t size;

	small_new(&s);
	size = s.image.len - IMAGE_HEADER_SIZE - DIGEST_SIZE;
	for (size_t len = 0; len < s.image.len; len++)
		load(&t, &s.view, s.image.data, len, 1);
	/* the message cut, with header and checksum that fit */
	for (size_t len = 0; len < size; len++) {
		seal(&image, s.image.data + IMAGE_HEADER_SIZE, len);
		load(&t, &s.view, image.data, image.len, 1);
	}
	/* bytes behind the end: outside the message, and inside it */
	for (unsigned n = 1; n <= 64; n++) {
		buf_clear(&image);
		buf_add(&image, s.image.data, s.image.len);
		memset(buf_grow(&image, n), (int)n, n);
		load(&t, &s.view, image.data, image.len, 1);
		reseal(&image);
		load(&t, &s.view, image.data, image.len, 1);
		buf_clear(&message);
		buf_add(&message, s.image.data + IMAGE_HEADER_SIZE, size);
		memset(buf_grow(&message, n), (int)n - 1, n);
		seal(&image, message.data, message.len);
		load(&t, &s.view, image.data, image.len, 1);
	}
	ck_assert_uint_eq(t.loaded, 0);
	small_free(&s);
}
END_TEST

/* ---- the message: fields missing, doubled, swapped, unknown, of another number, type or length ---- */

struct field {
	const uint8_t *at, *payload; /* payload: behind tag and length */
	size_t len, payload_len;
	uint64_t tag;
};

static uint64_t get_varint(const uint8_t **p)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		v |= (uint64_t)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80))
			return v;
	}
}

static void put_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_byte(b, (uint8_t)(v | 0x80));
	buf_byte(b, (uint8_t)v);
}

/* The fields of a message that is well formed; their number. */
static size_t split(const uint8_t *p, size_t len, struct field *fields, size_t room)
{
	const uint8_t *end = p + len;
	size_t n = 0;

	while (p < end) {
		struct field f = { .at = p };

		MUST(n < room, "%zu fields", n);
		f.tag = get_varint(&p);
		if ((f.tag & 7) == 2) {
			f.payload_len = get_varint(&p);
			f.payload = p;
			p += f.payload_len;
		} else {
			MUST((f.tag & 7) == 0, "wire type %d", (int)(f.tag & 7));
			get_varint(&p);
		}
		f.len = (size_t)(p - f.at);
		fields[n++] = f;
	}
	return n;
}

#define FIELDS_MAX 400

/* What gets a mutated message. */
struct sink {
	void (*take)(struct sink *s, const uint8_t *message, size_t len);
	struct sink *outer; /* of the message that holds it */
	/* a nested one: before, its tag, and behind */
	const uint8_t *before, *behind;
	size_t nbefore, nbehind;
	uint64_t tag;
	/* the outermost: */
	struct tally *tally;
	const struct vm_schema *view;
};

static void take_whole(struct sink *s, const uint8_t *message, size_t len)
{
	CLEANUP(buf_free) struct buf image = { 0 };

	seal(&image, message, len);
	load(s->tally, s->view, image.data, image.len, 3);
}

static void take_nested(struct sink *s, const uint8_t *message, size_t len)
{
	CLEANUP(buf_free) struct buf whole = { 0 };

	buf_add(&whole, s->before, s->nbefore);
	put_varint(&whole, s->tag);
	put_varint(&whole, len);
	buf_add(&whole, message, len);
	buf_add(&whole, s->behind, s->nbehind);
	s->outer->take(s->outer, whole.data, whole.len);
}

/* One change of field i of n. */
enum field_change { DROP, TWICE, SWAP, RENUMBER, RETYPE, RELENGTH, UNKNOWN, LONG_TAG, FIELD_CHANGES };

static bool write_changed(struct buf *b, const struct field *f, size_t i, size_t n, enum field_change what, unsigned k)
{
	static const uint64_t lengths[] = { 0, 1, 0xfffffff, 0x7fffffff, 0xffffffff, (uint64_t)1 << 63, UINT64_MAX };
	const struct field *one = &f[i];
	const uint8_t *rest = one->at + (one->tag >= 0x80 ? 2 : 1);
	size_t nrest = one->len - (size_t)(rest - one->at);

	switch (what) {
	case DROP:
		return k == 0;
	case TWICE:
		buf_add(b, one->at, one->len);
		buf_add(b, one->at, one->len);
		return k == 0;
	case SWAP:
		if (i + 1 < n)
			buf_add(b, f[i + 1].at, f[i + 1].len);
		buf_add(b, one->at, one->len);
		return k == 0 && i + 1 < n;
	case RENUMBER:
		put_varint(b, (uint64_t)k << 3 | (one->tag & 7));
		buf_add(b, rest, nrest);
		return k < 18;
	case RETYPE:
		put_varint(b, (one->tag & ~(uint64_t)7) | k);
		buf_add(b, rest, nrest);
		return k < 8;
	case RELENGTH:
		if (!one->payload || k >= ARRAY_LEN(lengths) + 2)
			return false;
		put_varint(b, one->tag);
		put_varint(b, k < ARRAY_LEN(lengths) ? lengths[k]
						     : one->payload_len + (k == ARRAY_LEN(lengths) ? 1 : (uint64_t)-1));
		buf_add(b, one->payload, one->payload_len);
		return true;
	case UNKNOWN:
		put_varint(b, 127 << 3 | (k == 1 ? 2 : 0));
		put_varint(b, 0);
		buf_add(b, one->at, one->len);
		return k < 2;
	case LONG_TAG:
		/* the same number, not in its shortest form */
		buf_byte(b, (uint8_t)(one->tag | 0x80));
		buf_byte(b, (uint8_t)(one->tag >> 7));
		buf_add(b, rest, nrest);
		return k == 0 && one->tag < 0x80;
	case FIELD_CHANGES:
		break;
	}
	return false;
}

static void mutate_fields(const uint8_t *message, size_t len, struct sink *s)
{
	struct field f[FIELDS_MAX];
	size_t n = split(message, len, f, FIELDS_MAX);

	for (size_t i = 0; i < n; i++) {
		const uint8_t *behind = f[i].at + f[i].len;

		for (unsigned what = 0; what < FIELD_CHANGES; what++) {
			for (unsigned k = 0;; k++) {
				CLEANUP(buf_free) struct buf b = { 0 };
				bool swapped = what == SWAP && i + 1 < n;
				const uint8_t *from = behind + (swapped ? f[i + 1].len : 0);

				buf_add(&b, message, (size_t)(f[i].at - message));
				if (!write_changed(&b, f, i, n, (enum field_change)what, k))
					break;
				buf_add(&b, from, (size_t)(message + len - from));
				s->take(s, b.data, b.len);
			}
		}
	}
}

START_TEST(fields)
{
	struct small s;
	struct tally t = { 0 };
	struct sink whole = { .take = take_whole, .tally = &t };
	const uint8_t *message;
	size_t len, n;
	struct field f[FIELDS_MAX];

	small_new(&s);
	whole.view = &s.view;
	message = s.image.data + IMAGE_HEADER_SIZE;
	len = s.image.len - IMAGE_HEADER_SIZE - DIGEST_SIZE;
	mutate_fields(message, len, &whole);
	n = split(message, len, f, FIELDS_MAX);
	for (size_t i = 0; i < n; i++) {
		/* numbers, globs, number_sets, rules, sources */
		bool nested = f[i].tag >> 3 == 8 || (f[i].tag >> 3 >= 12 && f[i].tag >> 3 <= 15);
		struct sink inner = {
			.take = take_nested,
			.outer = &whole,
			.before = message,
			.nbefore = (size_t)(f[i].at - message),
			.behind = f[i].at + f[i].len,
			.nbehind = len - (size_t)(f[i].at + f[i].len - message),
			.tag = f[i].tag,
		};

		if (nested)
			mutate_fields(f[i].payload, f[i].payload_len, &inner);
	}
	/* two rules that differ may be told in another order, when nothing names them by number */
	ck_assert_uint_gt(t.refused, 5000);
	ck_assert_msg(t.loaded < t.refused / 10, "%u loaded, %u refused", t.loaded, t.refused);
	small_free(&s);
}
END_TEST

/* ---- what the numbers mean: operands, targets, indices, counts ---- */

static struct vm_image take_apart(struct small *s)
{
	struct vm_image image;
	struct err err = { 0 };

	ck_assert_msg(image_decode(s->image.data, s->image.len, "small", s->arena, &image, &err) == 0, "%s", err.text);
	return image;
}

static void load_image(struct tally *t, const struct small *s, const struct vm_image *i, unsigned every)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct err err = { 0 };

	/* what is too large to be written cannot be met */
	if (image_encode(i, &bytes, &err) == 0)
		load(t, &s->view, bytes.data, bytes.len, every);
}

START_TEST(operands)
{
	struct small s;
	struct tally t = { 0 };
	struct vm_image image;
	struct vm_insn *code;

	small_new(&s);
	image = take_apart(&s);
	code = arena_copy(s.arena, image.code, image.ncode * sizeof(*code));
	image.code = code;
	for (uint32_t pc = 0; pc < image.ncode; pc++) {
		const struct vm_insn old = code[pc];
		const uint32_t immediates[] = {
			0,
			1,
			2,
			3,
			pc,
			pc + 1,
			pc + 2,
			(uint32_t)image.ncode - 1,
			(uint32_t)image.ncode,
			s.view.nleaves - 1,
			s.view.nleaves,
			(uint32_t)image.nrules - 1,
			(uint32_t)image.nrules,
			(uint32_t)1 << 31,
			UINT32_MAX - 1,
			UINT32_MAX,
			old.imm + 1,
			old.imm - 1,
		};

		for (unsigned op = 0; op <= OP_COUNT; op++) {
			code[pc].op = (uint8_t)op;
			load_image(&t, &s, &image, 7);
		}
		code[pc] = old;
		for (unsigned v = 0; v < 256; v = v < 17 ? v + 1 : v + 119) {
			code[pc].a = (uint8_t)v;
			load_image(&t, &s, &image, 7);
			code[pc] = old;
			code[pc].b = (uint8_t)v;
			load_image(&t, &s, &image, 7);
			code[pc] = old;
			code[pc].c = (uint8_t)v;
			load_image(&t, &s, &image, 7);
			code[pc] = old;
		}
		for (size_t k = 0; k < ARRAY_LEN(immediates); k++) {
			code[pc].imm = immediates[k];
			load_image(&t, &s, &image, 7);
		}
		code[pc] = old;
	}
	ck_assert_uint_gt(t.loaded, 500);
	ck_assert_uint_gt(t.refused, 5000);
	small_free(&s);
}
END_TEST

/* Every entry of the two tables leads somewhere else. */
START_TEST(entries)
{
	struct small s;
	struct tally t = { 0 };
	struct vm_image image;
	uint32_t *entries, *calls;

	small_new(&s);
	image = take_apart(&s);
	entries = arena_copy(s.arena, image.entries, (size_t)VM_PHASES * image.nleaves * sizeof(*entries));
	calls = arena_copy(s.arena, image.calls, image.ncalls * sizeof(*calls));
	image.entries = entries;
	image.calls = calls;
	for (size_t n = 0; n < (size_t)VM_PHASES * image.nleaves + image.ncalls; n++) {
		uint32_t *one = n < (size_t)VM_PHASES * image.nleaves ? &entries[n]
								      : &calls[n - (size_t)VM_PHASES * image.nleaves];
		uint32_t old = *one;

		for (uint32_t pc = 0; pc <= image.ncode; pc++) {
			*one = pc;
			load_image(&t, &s, &image, 11);
			*one = pc | IMAGE_FLAG;
			load_image(&t, &s, &image, 11);
		}
		*one = IMAGE_NO_PC;
		load_image(&t, &s, &image, 11);
		*one = old;
	}
	ck_assert_uint_gt(t.loaded, 100);
	ck_assert_uint_gt(t.refused, 5000);
	small_free(&s);
}
END_TEST

/* Every cell of the automaton, every class, row and count. */
START_TEST(globs)
{
	struct small s;
	struct tally t = { 0 };
	struct vm_image image;
	struct glob_dfa *d;
	size_t cells;
	uint16_t *next;
	uint32_t *accepts;

	small_new(&s);
	image = take_apart(&s);
	d = &image.globs;
	cells = (size_t)d->nstates * d->nclasses;
	next = arena_copy(s.arena, d->next, cells * sizeof(*next));
	accepts = arena_copy(s.arena, d->accepts, d->nstates * sizeof(*accepts));
	d->next = next;
	d->accepts = accepts;
	for (size_t i = 0; i < cells; i++) {
		const uint16_t old = next[i],
			       values[] = { 0, 1, (uint16_t)(d->nstates - 1), (uint16_t)d->nstates, UINT16_MAX };

		for (size_t k = 0; k < ARRAY_LEN(values); k++) {
			next[i] = values[k];
			load_image(&t, &s, &image, 11);
		}
		next[i] = old;
	}
	for (size_t i = 0; i < d->nstates; i++) {
		const uint32_t old = accepts[i], values[] = { 0, 1, d->nrows - 1, d->nrows, UINT32_MAX };

		for (size_t k = 0; k < ARRAY_LEN(values); k++) {
			accepts[i] = values[k];
			load_image(&t, &s, &image, 11);
		}
		accepts[i] = old;
	}
	for (unsigned byte = 0; byte < 256; byte++) {
		const uint8_t old = d->classes[byte];

		for (unsigned k = 0; k < 3; k++) {
			d->classes[byte] = (uint8_t)(k == 0 ? 0 : k == 1 ? d->nclasses - 1 : d->nclasses);
			load_image(&t, &s, &image, 11);
		}
		d->classes[byte] = old;
	}
	ck_assert_uint_gt(t.loaded, 500);
	ck_assert_uint_gt(t.refused, 300);
	small_free(&s);
}
END_TEST

/* Not under AddressSanitizer, which takes address space for itself. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit limit = { (rlim_t)512 << 20, (rlim_t)512 << 20 };

	ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
#endif
}

/* Lists as long as a file may be: refused, or read within memory that the size of the file bounds. */
START_TEST(counts)
{
	static const unsigned numbers[] = { 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	CLEANUP(buf_free) struct buf message = { 0 }, image = { 0 };
	struct small s;
	struct tally t = { 0 };
	unsigned number = numbers[_i];

	limit_memory();
	small_new(&s);
	buf_add(&message, s.image.data + IMAGE_HEADER_SIZE, s.image.len - IMAGE_HEADER_SIZE - DIGEST_SIZE);
	/* two million empty elements, then one element of twenty million bytes */
	for (unsigned n = 0; n < 2000000; n++) {
		put_varint(&message, (uint64_t)number << 3 | 2);
		buf_byte(&message, 0);
	}
	seal(&image, message.data, message.len);
	load(&t, &s.view, image.data, image.len, 1);
	buf_clear(&message);
	buf_add(&message, s.image.data + IMAGE_HEADER_SIZE, s.image.len - IMAGE_HEADER_SIZE - DIGEST_SIZE);
	put_varint(&message, (uint64_t)number << 3 | 2);
	put_varint(&message, 20000000);
	memset(buf_grow(&message, 20000000), 0, 20000000);
	seal(&image, message.data, message.len);
	load(&t, &s.view, image.data, image.len, 1);
	/* and more than a file may hold */
	memset(buf_grow(&message, IMAGE_MAX), 0, IMAGE_MAX);
	seal(&image, message.data, message.len);
	load(&t, &s.view, image.data, image.len, 1);
	ck_assert_uint_eq(t.loaded, 0);
	small_free(&s);
}
END_TEST

/* ---- a shipped policy, against the whole schema ---- */

START_TEST(strict)
{
	const char *srcdir = getenv("top_srcdir");
	CLEANUP(free_ptr) char *path = NULL;
	struct compiled c;
	struct vm_schema view;
	struct tally t = { 0 };
	unsigned mask = 0;

	ck_assert(asprintf(&path, "%s/policies/strict.spol", srcdir ? srcdir : ".") > 0);
	c = compile_path(path, NULL);
	ck_assert_msg(c.prog, "%s", findings_text(&c));
	spol_vm_schema(c.schema, c.arena, &view);
	for (size_t i = IMAGE_HEADER_SIZE; i < c.image.len - DIGEST_SIZE; i += c.image.len / STRICT_MUTANTS | 1) {
		uint8_t old = c.image.data[i];

		c.image.data[i] = change(old, mask++ % MASKS);
		if (c.image.data[i] == old)
			continue;
		load(&t, &view, c.image.data, c.image.len, 1);
		reseal(&c.image);
		load(&t, &view, c.image.data, c.image.len, 101);
		c.image.data[i] = old;
		reseal(&c.image);
	}
	for (size_t len = 0; len < c.image.len; len += c.image.len / 200 | 1)
		load(&t, &view, c.image.data, len, 1);
	ck_assert_uint_gt(t.loaded, 20);
	ck_assert_uint_gt(t.refused, STRICT_MUTANTS);
	compiled_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol mutate");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(t, unchanged);
	tcase_add_test(t, bytes);
	tcase_add_test(t, bytes_resealed);
	tcase_add_test(t, lengths);
	tcase_add_test(t, fields);
	tcase_add_test(t, operands);
	tcase_add_test(t, entries);
	tcase_add_test(t, globs);
	tcase_add_loop_test(t, counts, 0, 11);
	tcase_add_test(t, strict);
	tcase_set_timeout(t, 240);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

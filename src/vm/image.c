/*
 * .spo images: bytes to struct vm_image and back.  The only file of vm/ that sees protobuf types.
 *
 * An image is a fixed header, one protobuf message and a SHA-256 of both.  The message must be in the one encoding that
 * packing it gives, so two images with the same content are the same bytes and nothing hides between the fields.
 */
#include "vm/image.h"

#include "base/check.h"
#include "proto/policy.pb-c.h"

#include <string.h>

#define NUMBER_SIZE 16u /* a num_t in an image */

static uint64_t get_le(const uint8_t *p, unsigned size)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static void put_le(uint8_t *p, unsigned size, uint64_t v)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static num_t get_number(const uint8_t *p)
{
	return (num_t)((unum_t)get_le(p + 8, 8) << 64 | get_le(p, 8));
}

static void put_number(uint8_t *p, num_t n)
{
	put_le(p, 8, (uint64_t)(unum_t)n);
	put_le(p + 8, 8, (uint64_t)((unum_t)n >> 64));
}

void image_source_digest(const struct vm_image *i, uint8_t out[DIGEST_SIZE])
{
	struct digest *d = digest_new();
	uint8_t len[8];

	for (size_t n = 0; n < i->nsources; n++) {
		put_le(len, 8, i->sources[n].len);
		digest_add(d, len, sizeof(len));
		digest_add(d, i->sources[n].text, i->sources[n].len);
	}
	digest_end(d, out);
	digest_free(d);
}

bool vm_is_image(const void *data, size_t len)
{
	return len >= 4 && memcmp(data, IMAGE_MAGIC, 4) == 0;
}

/* ---- writing ---- */

static ProtobufCBinaryData lend(const void *data, size_t len)
{
	return (ProtobufCBinaryData){ .len = len, .data = (uint8_t *)(uintptr_t)data };
}

static char *lend_string(const char *s)
{
	return (char *)(uintptr_t)s;
}

static ProtobufCBinaryData numbers_to_bytes(struct arena *arena, const num_t *numbers, size_t n)
{
	uint8_t *p = arena_array(arena, n, NUMBER_SIZE);

	for (size_t i = 0; i < n; i++)
		put_number(p + i * NUMBER_SIZE, numbers[i]);
	return lend(p, n * NUMBER_SIZE);
}

static ProtobufCBinaryData code_to_bytes(struct arena *arena, const struct vm_insn *code, size_t n)
{
	uint8_t *p = arena_array(arena, n, VM_INSN_SIZE);

	for (size_t i = 0; i < n; i++) {
		uint8_t *q = p + i * VM_INSN_SIZE;

		q[0] = code[i].op;
		q[1] = code[i].a;
		q[2] = code[i].b;
		q[3] = code[i].c;
		put_le(q + 4, 4, code[i].imm);
	}
	return lend(p, n * VM_INSN_SIZE);
}

static void globs_to_message(struct arena *arena, const struct vm_image *i, Sperrips__PolicyGlobs *g)
{
	const struct glob_dfa *d = &i->globs;
	size_t cells = (size_t)d->nstates * d->nclasses;
	uint8_t *next = arena_array(arena, cells, 2);

	for (size_t n = 0; n < cells; n++)
		put_le(next + 2 * n, 2, d->next[n]);
	g->n_sets = d->nsets;
	g->sets = arena_array(arena, d->nsets, sizeof(*g->sets));
	for (size_t n = 0; n < d->nsets; n++)
		g->sets[n] = lend_string(i->glob_names[n]);
	g->nclasses = d->nclasses;
	g->classes = lend(d->classes, sizeof(d->classes));
	g->transitions = lend(next, cells * 2);
	g->n_accepts = d->nstates;
	g->accepts = (uint32_t *)(uintptr_t)d->accepts;
	g->rows = lend(d->rows, (size_t)d->nrows * glob_row_bytes(d->nsets));
}

static void rule_to_message(const struct vm_rule *r, Sperrips__PolicyRule *m)
{
	m->file = lend_string(r->file);
	m->line = r->line;
	m->column = r->column;
	m->selector = lend_string(r->selector);
	m->text = lend_string(r->text);
	m->has_message = r->message != NULL;
	if (r->message)
		m->message = lend_string(r->message);
	m->verb = r->verb;
	m->is_default = r->is_default;
}

/* An array of n messages of a type in arena, each initialised, and the array of pointers that protobuf-c wants. */
#define MESSAGES(arena, n, type, init, all, pointers)                        \
	do {                                                                 \
		(all) = arena_array((arena), (n), sizeof(type));             \
		(pointers) = arena_array((arena), (n), sizeof(*(pointers))); \
		for (size_t message_ = 0; message_ < (n); message_++) {      \
			init(&(all)[message_]);                              \
			(pointers)[message_] = &(all)[message_];             \
		}                                                            \
	} while (0)

static void image_to_message(struct arena *arena, const struct vm_image *i, Sperrips__PolicyImage *m)
{
	Sperrips__PolicyNumber *numbers;
	Sperrips__PolicyNumberSet *sets;
	Sperrips__PolicyRule *rules;
	Sperrips__PolicySource *sources;

	m->name = lend_string(i->name);
	m->source_digest = lend(i->source_digest, DIGEST_SIZE);
	m->schema_hash = lend(i->schema_hash, DIGEST_SIZE);
	m->continues = i->continues;
	m->n_signatures = i->nleaves;
	m->signatures = (uint32_t *)(uintptr_t)i->signatures;
	m->n_entries = (size_t)VM_PHASES * i->nleaves;
	m->entries = (uint32_t *)(uintptr_t)i->entries;
	m->n_calls = i->ncalls;
	m->calls = (uint32_t *)(uintptr_t)i->calls;
	m->n_numbers = i->nnumbers;
	MESSAGES(arena, i->nnumbers, Sperrips__PolicyNumber, sperrips__policy_number__init, numbers, m->numbers);
	for (size_t n = 0; n < i->nnumbers; n++) {
		numbers[n].nr = i->numbers[n].nr;
		numbers[n].disposition = i->numbers[n].disposition;
		numbers[n].rule = i->numbers[n].rule;
	}
	m->code = code_to_bytes(arena, i->code, i->ncode);
	m->constants = numbers_to_bytes(arena, i->consts, i->nconsts);
	m->n_strings = i->nstrings;
	m->strings = arena_array(arena, i->nstrings, sizeof(*m->strings));
	for (size_t n = 0; n < i->nstrings; n++)
		m->strings[n] = lend(i->strings[n].data, i->strings[n].len);
	if (i->globs.nsets) {
		m->globs = arena_alloc(arena, sizeof(*m->globs));
		sperrips__policy_globs__init(m->globs);
		globs_to_message(arena, i, m->globs);
	}
	m->n_number_sets = i->nsets;
	MESSAGES(arena, i->nsets, Sperrips__PolicyNumberSet, sperrips__policy_number_set__init, sets, m->number_sets);
	for (size_t n = 0; n < i->nsets; n++) {
		sets[n].name = lend_string(i->sets[n].name);
		sets[n].numbers = numbers_to_bytes(arena, i->sets[n].numbers, i->sets[n].n);
	}
	m->n_rules = i->nrules;
	MESSAGES(arena, i->nrules, Sperrips__PolicyRule, sperrips__policy_rule__init, rules, m->rules);
	for (size_t n = 0; n < i->nrules; n++)
		rule_to_message(&i->rules[n], &rules[n]);
	m->n_sources = i->nsources;
	MESSAGES(arena, i->nsources, Sperrips__PolicySource, sperrips__policy_source__init, sources, m->sources);
	for (size_t n = 0; n < i->nsources; n++) {
		sources[n].file = lend_string(i->sources[n].file);
		sources[n].text = lend(i->sources[n].text, i->sources[n].len);
		sources[n].extends = (uint32_t *)(uintptr_t)i->sources[n].extends;
		sources[n].n_extends = i->sources[n].nextends;
	}
}

int image_encode(const struct vm_image *i, struct buf *out, struct err *err)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	Sperrips__PolicyImage m = SPERRIPS__POLICY_IMAGE__INIT;
	uint8_t digest[DIGEST_SIZE];
	size_t start = out->len, size;

	image_to_message(arena, i, &m);
	size = sperrips__policy_image__get_packed_size(&m);
	if (size > IMAGE_MAX - IMAGE_HEADER_SIZE - DIGEST_SIZE)
		return err_set(err, ERR_LIMIT, "policy %s: image of %zu bytes, limit %zu", i->name, size, IMAGE_MAX);
	buf_add(out, IMAGE_MAGIC, 4);
	buf_le32(out, IMAGE_VERSION);
	buf_le32(out, IMAGE_FEATURES);
	buf_le32(out, (uint32_t)size);
	sperrips__policy_image__pack(&m, buf_grow(out, size));
	digest_of(out->data + start, out->len - start, digest);
	buf_add(out, digest, sizeof(digest));
	return 0;
}

/* ---- reading ---- */

/* Memory for protobuf-c out of an arena, so much and no more: a small message may announce many large structures. */
struct ration {
	struct arena *arena;
	size_t left;
};

static void *ration_take(void *ctx, size_t size)
{
	struct ration *r = ctx;

	if (size > r->left)
		return NULL;
	r->left -= size;
	return arena_raw(r->arena, size);
}

static void ration_give(void *ctx, void *p)
{
	(void)ctx;
	(void)p;
}

/* The first message that holds a field which the format does not know, by name; NULL: none. */
static const char *find_unknown(const Sperrips__PolicyImage *m)
{
	if (m->base.n_unknown_fields)
		return "the policy";
	if (m->globs && m->globs->base.n_unknown_fields)
		return "the globs";
	for (size_t i = 0; i < m->n_numbers; i++)
		if (m->numbers[i]->base.n_unknown_fields)
			return "a call number";
	for (size_t i = 0; i < m->n_number_sets; i++)
		if (m->number_sets[i]->base.n_unknown_fields)
			return "a number set";
	for (size_t i = 0; i < m->n_rules; i++)
		if (m->rules[i]->base.n_unknown_fields)
			return "a rule";
	for (size_t i = 0; i < m->n_sources; i++)
		if (m->sources[i]->base.n_unknown_fields)
			return "a source";
	return NULL;
}

static int check_count(size_t n, size_t max, const char *what, const char *name, struct err *err)
{
	if (n > max)
		return err_set(err, ERR_LIMIT, "%s: %zu %s, limit %zu", name, n, what, max);
	return 0;
}

static int numbers_from_bytes(struct arena *arena, ProtobufCBinaryData b, const char *what, const char *name,
			      const num_t **out, size_t *n, struct err *err)
{
	num_t *numbers;

	if (b.len % NUMBER_SIZE)
		return err_set(err, ERR_FORMAT, "%s: %s: %zu bytes are no whole numbers", name, what, b.len);
	*n = b.len / NUMBER_SIZE;
	numbers = arena_array(arena, *n, sizeof(*numbers));
	for (size_t i = 0; i < *n; i++)
		numbers[i] = get_number(b.data + i * NUMBER_SIZE);
	*out = numbers;
	return 0;
}

static int code_from_bytes(struct arena *arena, ProtobufCBinaryData b, const char *name, struct vm_image *out,
			   struct err *err)
{
	struct vm_insn *code;

	if (b.len % VM_INSN_SIZE)
		return err_set(err, ERR_FORMAT, "%s: code: %zu bytes are no whole instructions", name, b.len);
	out->ncode = b.len / VM_INSN_SIZE;
	if (check_count(out->ncode, IMAGE_CODE_MAX, "instructions", name, err))
		return -1;
	code = arena_array(arena, out->ncode, sizeof(*code));
	for (size_t i = 0; i < out->ncode; i++) {
		const uint8_t *p = b.data + i * VM_INSN_SIZE;

		code[i] = (struct vm_insn){ p[0], p[1], p[2], p[3], (uint32_t)get_le(p + 4, 4) };
	}
	out->code = code;
	return 0;
}

static int globs_from_message(struct arena *arena, const Sperrips__PolicyGlobs *g, const char *name,
			      struct vm_image *out, struct err *err)
{
	struct glob_dfa *d = &out->globs;
	size_t row = glob_row_bytes((uint32_t)g->n_sets), cells = g->n_accepts * (size_t)g->nclasses;
	uint16_t *next;

	if (check_count(g->n_sets, IMAGE_SETS_MAX, "glob sets", name, err) ||
	    check_count(g->n_accepts, GLOB_STATES_MAX, "states", name, err))
		return -1;
	if (!g->n_sets || g->classes.len != 256 || !g->nclasses || g->nclasses > 256 ||
	    g->transitions.len != 2 * cells || !g->rows.len || g->rows.len % row)
		return err_set(err, ERR_FORMAT, "%s: globs: sizes of the tables do not fit together", name);
	next = arena_array(arena, cells, sizeof(*next));
	for (size_t i = 0; i < cells; i++)
		next[i] = (uint16_t)get_le(g->transitions.data + 2 * i, 2);
	memcpy(d->classes, g->classes.data, 256);
	d->nclasses = g->nclasses;
	d->nstates = (uint32_t)g->n_accepts;
	d->nsets = (uint32_t)g->n_sets;
	d->nrows = (uint32_t)(g->rows.len / row);
	d->next = next;
	d->accepts = g->accepts;
	d->rows = g->rows.data;
	out->glob_names = (const char *const *)g->sets;
	return 0;
}

static void rules_from_message(struct arena *arena, const Sperrips__PolicyImage *m, struct vm_image *out)
{
	struct vm_rule *rules = arena_array(arena, m->n_rules, sizeof(*rules));

	for (size_t i = 0; i < m->n_rules; i++) {
		const Sperrips__PolicyRule *r = m->rules[i];

		rules[i] = (struct vm_rule){
			.file = r->file,
			.line = r->line,
			.column = r->column,
			.selector = r->selector,
			.text = r->text,
			.message = r->has_message ? r->message : NULL,
			.verb = r->verb < VERB_COUNT ? (enum vm_verb)r->verb : VERB_COUNT,
			.is_default = r->is_default,
		};
	}
	out->rules = rules;
	out->nrules = m->n_rules;
}

static int lists_from_message(struct arena *arena, const Sperrips__PolicyImage *m, const char *name,
			      struct vm_image *out, struct err *err)
{
	struct image_number *numbers = arena_array(arena, m->n_numbers, sizeof(*numbers));
	struct image_string *strings = arena_array(arena, m->n_strings, sizeof(*strings));
	struct image_set *sets = arena_array(arena, m->n_number_sets, sizeof(*sets));
	struct image_source *sources = arena_array(arena, m->n_sources, sizeof(*sources));

	for (size_t i = 0; i < m->n_numbers; i++)
		numbers[i] =
			(struct image_number){ m->numbers[i]->nr, m->numbers[i]->disposition, m->numbers[i]->rule };
	for (size_t i = 0; i < m->n_strings; i++)
		strings[i] = (struct image_string){ m->strings[i].data, m->strings[i].len };
	for (size_t i = 0; i < m->n_number_sets; i++) {
		sets[i].name = m->number_sets[i]->name;
		if (numbers_from_bytes(arena, m->number_sets[i]->numbers, "number set", name, &sets[i].numbers,
				       &sets[i].n, err))
			return -1;
	}
	for (size_t i = 0; i < m->n_sources; i++)
		sources[i] = (struct image_source){
			.file = m->sources[i]->file,
			.text = m->sources[i]->text.data,
			.len = m->sources[i]->text.len,
			.extends = m->sources[i]->extends,
			.nextends = m->sources[i]->n_extends,
		};
	out->numbers = numbers;
	out->nnumbers = m->n_numbers;
	out->strings = strings;
	out->nstrings = m->n_strings;
	out->sets = sets;
	out->nsets = m->n_number_sets;
	out->sources = sources;
	out->nsources = m->n_sources;
	return 0;
}

static int image_from_message(struct arena *arena, const Sperrips__PolicyImage *m, const char *name,
			      struct vm_image *out, struct err *err)
{
	if (m->source_digest.len != DIGEST_SIZE || m->schema_hash.len != DIGEST_SIZE)
		return err_set(err, ERR_FORMAT, "%s: a digest is not %d bytes long", name, DIGEST_SIZE);
	if (m->n_signatures > UINT32_MAX / VM_PHASES || m->n_entries != VM_PHASES * m->n_signatures ||
	    m->n_calls >= UINT32_MAX)
		return err_set(err, ERR_FORMAT, "%s: %zu entries for %zu fields in %d phases", name, m->n_entries,
			       m->n_signatures, (int)VM_PHASES);
	if (check_count(m->n_rules, IMAGE_RULES_MAX, "rules", name, err) ||
	    check_count(m->n_strings, IMAGE_STRINGS_MAX, "strings", name, err) ||
	    check_count(m->n_number_sets, IMAGE_SETS_MAX, "number sets", name, err))
		return -1;
	*out = (struct vm_image){ .name = m->name };
	memcpy(out->source_digest, m->source_digest.data, DIGEST_SIZE);
	memcpy(out->schema_hash, m->schema_hash.data, DIGEST_SIZE);
	out->continues = m->continues;
	out->nleaves = (uint32_t)m->n_signatures;
	out->ncalls = (uint32_t)m->n_calls;
	out->signatures = m->signatures;
	out->entries = m->entries;
	out->calls = m->calls;
	if (code_from_bytes(arena, m->code, name, out, err) ||
	    numbers_from_bytes(arena, m->constants, "constants", name, &out->consts, &out->nconsts, err) ||
	    check_count(out->nconsts, IMAGE_CONSTS_MAX, "constants", name, err) ||
	    (m->globs && globs_from_message(arena, m->globs, name, out, err)))
		return -1;
	rules_from_message(arena, m, out);
	return lists_from_message(arena, m, name, out, err);
}

static int message_decode(const uint8_t *body, size_t size, const char *name, struct arena *arena, struct vm_image *out,
			  struct err *err)
{
	struct ration ration = { .arena = arena, .left = ((size_t)16 << 20) + 8 * size };
	ProtobufCAllocator allocator = { .alloc = ration_take, .free = ration_give, .allocator_data = &ration };
	CLEANUP(buf_free) struct buf again = { 0 };
	Sperrips__PolicyImage *m = sperrips__policy_image__unpack(&allocator, size, body);
	const char *unknown;

	if (!m)
		return err_set(err, ERR_FORMAT, "%s: the message at offset %u does not parse", name, IMAGE_HEADER_SIZE);
	unknown = find_unknown(m);
	if (unknown)
		return err_set(err, ERR_FORMAT, "%s: an unknown field in %s", name, unknown);
	if (sperrips__policy_image__get_packed_size(m) != size)
		return err_set(err, ERR_FORMAT, "%s: the message is not in canonical encoding", name);
	sperrips__policy_image__pack(m, buf_grow(&again, size));
	for (size_t i = 0; i < size; i++)
		if (again.data[i] != body[i])
			return err_set(err, ERR_FORMAT, "%s: not in canonical encoding at offset %zu", name,
				       IMAGE_HEADER_SIZE + i);
	return image_from_message(arena, m, name, out, err);
}

int image_decode(const void *data, size_t len, const char *name, struct arena *arena, struct vm_image *out,
		 struct err *err)
{
	const uint8_t *p = data;
	uint8_t digest[DIGEST_SIZE];
	size_t size;

	if (!vm_is_image(data, len))
		return err_set(err, ERR_FORMAT, "%s: no compiled policy (it does not begin with \"%s\")", name,
			       IMAGE_MAGIC);
	if (len < IMAGE_HEADER_SIZE + DIGEST_SIZE)
		return err_set(err, ERR_FORMAT, "%s: ends at offset %zu, within the header", name, len);
	if (get_le(p + 4, 4) != IMAGE_VERSION)
		return err_set(err, ERR_VERSION, "%s: format version %llu; this program reads version %u", name,
			       (unsigned long long)get_le(p + 4, 4), IMAGE_VERSION);
	if (get_le(p + 8, 4) & ~(uint64_t)IMAGE_FEATURES)
		return err_set(err, ERR_VERSION, "%s: needs features 0x%llx that this program does not have", name,
			       (unsigned long long)(get_le(p + 8, 4) & ~(uint64_t)IMAGE_FEATURES));
	if (len > IMAGE_MAX)
		return err_set(err, ERR_LIMIT, "%s: %zu bytes, limit %zu", name, len, IMAGE_MAX);
	size = get_le(p + 12, 4);
	if (size != len - IMAGE_HEADER_SIZE - DIGEST_SIZE)
		return err_set(err, ERR_FORMAT, "%s: the header announces %zu bytes of content, the file has %zu", name,
			       size, len - IMAGE_HEADER_SIZE - DIGEST_SIZE);
	digest_of(p, IMAGE_HEADER_SIZE + size, digest);
	if (memcmp(digest, p + IMAGE_HEADER_SIZE + size, DIGEST_SIZE) != 0)
		return err_set(err, ERR_DIGEST, "%s: the content does not match the checksum at offset %zu", name,
			       IMAGE_HEADER_SIZE + size);
	return message_decode(p + IMAGE_HEADER_SIZE, size, name, arena, out, err);
}

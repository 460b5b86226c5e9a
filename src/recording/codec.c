/*
 * Headers, trailers and differences to protobuf messages and back.  The only file that sees protobuf-c's types.
 */
#include "recording/codec.h"

#include "base/check.h"
#include "proto/differences.pb-c.h"
#include "proto/recording.pb-c.h"

#include <string.h>

/* ---- both ways ---- */

static void *arena_allocate(void *arena, size_t size)
{
	return arena_raw(arena, size);
}

static void arena_keep(void *arena, void *p) /* freed with the arena */
{
	(void)arena;
	(void)p;
}

/* A message that lives in a; NULL: malformed. */
static void *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len, struct arena *a)
{
	ProtobufCAllocator allocator = { .alloc = arena_allocate, .free = arena_keep, .allocator_data = a };

	return protobuf_c_message_unpack(type, &allocator, len, data);
}

static void pack(const ProtobufCMessage *m, struct buf *out)
{
	protobuf_c_message_pack(m, buf_grow(out, protobuf_c_message_get_packed_size(m)));
}

/* The bytes are lent to a message that is only packed. */
static ProtobufCBinaryData from_bytes(const void *data, size_t len)
{
	return (ProtobufCBinaryData){ .data = (uint8_t *)data, .len = len };
}

static ProtobufCBinaryData from_string(const char *s)
{
	return from_bytes(s, s ? strlen(s) : 0);
}

/* What a decoding has found so far. */
struct decoding {
	struct arena *arena;
	const char *why; /* first mistake */
};

static void wrong(struct decoding *d, const char *why)
{
	if (!d->why)
		d->why = why;
}

static const char *to_string(struct decoding *d, ProtobufCBinaryData b)
{
	if (b.len && memchr(b.data, 0, b.len)) {
		wrong(d, "a NUL byte in a string");
		return "";
	}
	return arena_copy(d->arena, b.data, b.len);
}

static void to_fixed(struct decoding *d, ProtobufCBinaryData b, void *out, size_t len)
{
	if (b.len == len)
		memcpy(out, b.data, len);
	else
		wrong(d, "a digest or key of wrong length");
}

static const char *const *to_strings(struct decoding *d, const ProtobufCBinaryData *b, size_t n)
{
	const char **list = arena_array(d->arena, n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = to_string(d, b[i]);
	return list;
}

static uint32_t to_enum(struct decoding *d, uint32_t n, uint32_t count, const char *why)
{
	if (n < count)
		return n;
	wrong(d, why);
	return 0;
}

/* ---- the recording's header ---- */

static ProtobufCBinaryData *from_strings(struct arena *a, const char *const *list, size_t *n)
{
	ProtobufCBinaryData *b;

	*n = 0;
	while (list && list[*n])
		++*n;
	b = arena_array(a, *n, sizeof(*b));
	for (size_t i = 0; i < *n; i++)
		b[i] = from_string(list[i]);
	return b;
}

static void from_rlimits(struct arena *a, const struct rec_rlimit *limits, Sperrips__Header *m)
{
	m->rlimits = arena_array(a, REC_RLIMITS, sizeof(*m->rlimits));
	for (uint32_t i = 0; i < REC_RLIMITS; i++) {
		Sperrips__Rlimit *r;

		if (!limits[i].cur && !limits[i].max)
			continue;
		r = arena_alloc(a, sizeof(*r));
		sperrips__rlimit__init(r);
		r->resource = i;
		r->cur = limits[i].cur;
		r->max = limits[i].max;
		m->rlimits[m->n_rlimits++] = r;
	}
}

static void from_stdio(struct arena *a, const struct rec_stdio *stdio, Sperrips__Header *m)
{
	m->n_stdio = 3;
	m->stdio = arena_array(a, 3, sizeof(*m->stdio));
	for (int i = 0; i < 3; i++) {
		Sperrips__Stdio *s = arena_alloc(a, sizeof(*s));

		sperrips__stdio__init(s);
		s->kind = stdio[i].kind;
		s->flags = stdio[i].flags;
		s->path = from_string(stdio[i].path);
		s->size = stdio[i].size;
		s->offset = stdio[i].offset;
		s->mode = stdio[i].mode;
		s->rdev = stdio[i].rdev;
		m->stdio[i] = s;
	}
}

static void from_container(struct arena *a, const struct rec_container *c, Sperrips__Header *m)
{
	Sperrips__Container *to;

	if (c->kind == REC_CONTAINER_NONE)
		return;
	to = arena_alloc(a, sizeof(*to));
	sperrips__container__init(to);
	to->kind = c->kind;
	to->lower = from_string(c->lower);
	to->upper = from_string(c->upper);
	to->work = from_string(c->work);
	to->mount_point = from_string(c->mount_point);
	to->hostname = from_string(c->hostname);
	to->network = c->network;
	to->user = c->user;
	m->container = to;
}

void codec_encode_header(const struct rec_header *h, struct buf *out)
{
	CLEANUP(arena_cleanup) struct arena *a = arena_new();
	Sperrips__Header m = SPERRIPS__HEADER__INIT;

	m.schema_hash = from_bytes(h->schema_hash, sizeof(h->schema_hash));
	m.policy_name = from_string(h->policy_name);
	m.policy_digest = from_bytes(h->policy_digest, sizeof(h->policy_digest));
	m.program = from_string(h->program);
	m.argv = from_strings(a, h->argv, &m.n_argv);
	m.envp = from_strings(a, h->envp, &m.n_envp);
	m.cwd = from_string(h->cwd);
	m.umask = h->umask;
	from_rlimits(a, h->rlimits, &m);
	m.uid = h->uid;
	m.euid = h->euid;
	m.gid = h->gid;
	m.egid = h->egid;
	m.n_groups = h->ngroups;
	m.groups = (uint32_t *)h->groups;
	m.signals_ignored = h->signals_ignored;
	m.signals_blocked = h->signals_blocked;
	from_stdio(a, h->stdio, &m);
	from_container(a, &h->container, &m);
	m.host_sysname = from_string(h->host_sysname);
	m.host_release = from_string(h->host_release);
	m.host_version = from_string(h->host_version);
	m.host_machine = from_string(h->host_machine);
	m.host_hostname = from_string(h->host_hostname);
	m.started_ns = h->started_ns;
	m.at_random = from_bytes(h->at_random, sizeof(h->at_random));
	m.aslr = h->aslr;
	m.cpuid_runs = h->cpuid_runs;
	m.n_ignored = h->nignored;
	m.ignored = (uint32_t *)h->ignored;
	m.command_name = from_string(h->command_name);
	pack(&m.base, out);
}

static void to_rlimits(struct decoding *d, const Sperrips__Header *m, struct rec_rlimit *limits)
{
	for (size_t i = 0; i < m->n_rlimits; i++) {
		const Sperrips__Rlimit *r = m->rlimits[i];

		limits[to_enum(d, r->resource, REC_RLIMITS, "unknown resource limit")] =
			(struct rec_rlimit){ .cur = r->cur, .max = r->max };
	}
}

static void to_stdio(struct decoding *d, const Sperrips__Header *m, struct rec_stdio *stdio)
{
	if (m->n_stdio != 3) {
		wrong(d, "other than three standard descriptors");
		return;
	}
	for (int i = 0; i < 3; i++) {
		const Sperrips__Stdio *s = m->stdio[i];

		stdio[i] = (struct rec_stdio){
			.kind = (enum abi_fd_kind)to_enum(d, s->kind, FD_KIND_COUNT, "unknown kind of a descriptor"),
			.flags = s->flags,
			.path = to_string(d, s->path),
			.size = s->size,
			.offset = s->offset,
			.mode = s->mode,
			.rdev = s->rdev,
		};
	}
}

static void to_container(struct decoding *d, const Sperrips__Container *m, struct rec_container *c)
{
	if (!m)
		return;
	c->kind = (enum rec_container_kind)to_enum(d, m->kind, REC_CONTAINER_COUNT, "unknown kind of container");
	c->lower = to_string(d, m->lower);
	c->upper = to_string(d, m->upper);
	c->work = to_string(d, m->work);
	c->mount_point = to_string(d, m->mount_point);
	c->hostname = to_string(d, m->hostname);
	c->network = m->network;
	c->user = m->user;
}

static const uint32_t *to_numbers(struct decoding *d, const uint32_t *list, size_t n, uint32_t *count)
{
	*count = (uint32_t)n; /* a message is shorter than 2^32 */
	return arena_copy(d->arena, list, n * sizeof(*list));
}

const char *codec_decode_header(const uint8_t *data, size_t len, struct arena *a, struct rec_header *h)
{
	const Sperrips__Header *m = unpack(&sperrips__header__descriptor, data, len, a);
	struct decoding d = { .arena = a };

	if (!m)
		return "malformed header";
	*h = (struct rec_header){ 0 };
	to_fixed(&d, m->schema_hash, h->schema_hash, sizeof(h->schema_hash));
	h->policy_name = to_string(&d, m->policy_name);
	to_fixed(&d, m->policy_digest, h->policy_digest, sizeof(h->policy_digest));
	h->program = to_string(&d, m->program);
	h->argv = to_strings(&d, m->argv, m->n_argv);
	h->envp = to_strings(&d, m->envp, m->n_envp);
	h->cwd = to_string(&d, m->cwd);
	h->umask = m->umask;
	to_rlimits(&d, m, h->rlimits);
	h->uid = m->uid;
	h->euid = m->euid;
	h->gid = m->gid;
	h->egid = m->egid;
	h->groups = to_numbers(&d, m->groups, m->n_groups, &h->ngroups);
	h->signals_ignored = m->signals_ignored;
	h->signals_blocked = m->signals_blocked;
	to_stdio(&d, m, h->stdio);
	to_container(&d, m->container, &h->container);
	h->host_sysname = to_string(&d, m->host_sysname);
	h->host_release = to_string(&d, m->host_release);
	h->host_version = to_string(&d, m->host_version);
	h->host_machine = to_string(&d, m->host_machine);
	h->host_hostname = to_string(&d, m->host_hostname);
	h->started_ns = m->started_ns;
	to_fixed(&d, m->at_random, h->at_random, sizeof(h->at_random));
	h->aslr = m->aslr;
	h->cpuid_runs = m->cpuid_runs;
	h->ignored = to_numbers(&d, m->ignored, m->n_ignored, &h->nignored);
	h->command_name = to_string(&d, m->command_name);
	return d.why;
}

/* ---- the recording's trailer ---- */

void codec_encode_trailer(const struct rec_trailer *t, struct buf *out)
{
	Sperrips__Trailer m = SPERRIPS__TRAILER__INIT;

	m.end = t->end;
	m.wait_status = t->wait_status;
	m.reason = from_string(t->reason);
	m.events = t->events;
	m.blocks = t->blocks;
	m.bytes = t->bytes;
	m.undescribed = t->undescribed;
	pack(&m.base, out);
}

const char *codec_decode_trailer(const uint8_t *data, size_t len, struct arena *a, struct rec_trailer *t)
{
	const Sperrips__Trailer *m = unpack(&sperrips__trailer__descriptor, data, len, a);
	struct decoding d = { .arena = a };

	if (!m)
		return "malformed trailer";
	*t = (struct rec_trailer){
		.end = (enum rec_end)to_enum(&d, m->end, REC_END_INCOMPLETE + 1, "unknown kind of end"),
		.wait_status = m->wait_status,
		.reason = to_string(&d, m->reason),
		.events = m->events,
		.blocks = m->blocks,
		.bytes = m->bytes,
		.undescribed = m->undescribed,
	};
	return d.why;
}

/* ---- differences ---- */

void codec_encode_diff_header(const struct diff_header *h, struct buf *out)
{
	Sperrips__DifferencesHeader m = SPERRIPS__DIFFERENCES_HEADER__INIT;

	m.recording_root = from_bytes(h->recording_root, sizeof(h->recording_root));
	m.policy_name = from_string(h->policy_name);
	m.policy_digest = from_bytes(h->policy_digest, sizeof(h->policy_digest));
	pack(&m.base, out);
}

const char *codec_decode_diff_header(const uint8_t *data, size_t len, struct arena *a, struct diff_header *h)
{
	const Sperrips__DifferencesHeader *m = unpack(&sperrips__differences_header__descriptor, data, len, a);
	struct decoding d = { .arena = a };

	if (!m)
		return "malformed header";
	to_fixed(&d, m->recording_root, h->recording_root, sizeof(h->recording_root));
	h->policy_name = to_string(&d, m->policy_name);
	to_fixed(&d, m->policy_digest, h->policy_digest, sizeof(h->policy_digest));
	return d.why;
}

void codec_encode_diff_trailer(const struct diff_trailer *t, struct buf *out)
{
	Sperrips__DifferencesTrailer m = SPERRIPS__DIFFERENCES_TRAILER__INIT;

	m.verdict = from_string(t->verdict);
	m.differences = t->differences;
	pack(&m.base, out);
}

const char *codec_decode_diff_trailer(const uint8_t *data, size_t len, struct arena *a, struct diff_trailer *t)
{
	const Sperrips__DifferencesTrailer *m = unpack(&sperrips__differences_trailer__descriptor, data, len, a);
	struct decoding d = { .arena = a };

	if (!m)
		return "malformed trailer";
	t->verdict = to_string(&d, m->verdict);
	t->differences = m->differences;
	return d.why;
}

static void from_value(const struct value *v, Sperrips__FieldValue *m)
{
	sperrips__field_value__init(m);
	m->type = v->type;
	switch (v->type) {
	case VALUE_ABSENT:
		break;
	case VALUE_NUM:
		m->number_low = (uint64_t)(unum_t)v->num;
		m->number_high = (int64_t)(uint64_t)((unum_t)v->num >> 64);
		break;
	case VALUE_BYTES:
		m->data = from_bytes(v->data, v->len);
		break;
	}
}

static struct value to_value(struct decoding *d, const Sperrips__FieldValue *m)
{
	if (!m)
		return (struct value){ 0 };
	switch ((enum value_type)to_enum(d, m->type, VALUE_BYTES + 1, "unknown type of a value")) {
	case VALUE_NUM:
		return value_num((num_t)((unum_t)(uint64_t)m->number_high << 64 | m->number_low));
	case VALUE_BYTES:
		return value_bytes(arena_copy(d->arena, m->data.data, m->data.len), m->data.len);
	case VALUE_ABSENT:
		break;
	}
	return (struct value){ 0 };
}

void codec_encode_difference(const struct rec_difference *d, struct buf *out)
{
	Sperrips__Difference m = SPERRIPS__DIFFERENCE__INIT;
	Sperrips__FieldValue recorded, actual;

	from_value(&d->recorded, &recorded);
	from_value(&d->actual, &actual);
	m.class_ = d->class;
	m.seq = d->seq;
	m.task = d->task;
	m.call = from_string(d->call);
	m.field = from_string(d->field);
	m.recorded = &recorded;
	m.actual = &actual;
	m.offset = d->offset;
	m.recorded_text = from_string(d->recorded_text);
	m.actual_text = from_string(d->actual_text);
	m.rule_file = from_string(d->rule_file);
	m.rule_line = d->rule_line;
	m.rule_column = d->rule_column;
	m.rule_text = from_string(d->rule_text);
	m.verb = from_string(d->verb);
	m.message = from_string(d->message);
	pack(&m.base, out);
}

const char *codec_decode_difference(const uint8_t *data, size_t len, struct arena *a, struct rec_difference *out)
{
	const Sperrips__Difference *m = unpack(&sperrips__difference__descriptor, data, len, a);
	struct decoding d = { .arena = a };

	if (!m)
		return "malformed difference";
	*out = (struct rec_difference){
		.class = (enum diff_class)to_enum(&d, m->class_, DIFF_CLASS_COUNT, "unknown class of a difference"),
		.seq = m->seq,
		.task = m->task,
		.call = to_string(&d, m->call),
		.field = to_string(&d, m->field),
		.recorded = to_value(&d, m->recorded),
		.actual = to_value(&d, m->actual),
		.offset = m->offset,
		.recorded_text = to_string(&d, m->recorded_text),
		.actual_text = to_string(&d, m->actual_text),
		.rule_file = to_string(&d, m->rule_file),
		.rule_line = m->rule_line,
		.rule_column = m->rule_column,
		.rule_text = to_string(&d, m->rule_text),
		.verb = to_string(&d, m->verb),
		.message = to_string(&d, m->message),
	};
	return d.why;
}

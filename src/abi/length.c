/*
 * The length rules of row.h: how many bytes stand behind a pointer.
 */
#include "abi/program.h"
#include "abi/says.h"

#define FDSET_WORD_BITS 64

static uint64_t times(uint64_t n, uint64_t bytes)
{
	uint64_t product;

	return __builtin_mul_overflow(n, bytes, &product) ? UINT64_MAX : product;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Numbers below 0 are errors: the kernel then reads and writes nothing. */
static uint64_t no_less_than_0(num_t n)
{
	return n < 0 ? 0 : (uint64_t)n;
}

/* The u32 some bytes behind pointer argument arg as captured in a phase. */
static bool deref_at(const struct len_view *v, unsigned arg, uint32_t offset, enum abi_phase phase, uint64_t *n)
{
	uint16_t item = arg < ABI_ARGS ? v->prog->arg_item[arg] : ITEM_NONE;

	if (item == ITEM_NONE)
		return false;
	const struct abi_block *b = event_find_block(v->ev, phase, v->prog->items[item].leaf, 0);

	if (!b || b->len < offset + sizeof(uint32_t) || !b->data)
		return false;
	*n = (uint64_t)abi_decode(ENC_U32, b->data + offset);
	return true;
}

static bool deref(const struct len_view *v, unsigned arg, enum abi_phase phase, uint64_t *n)
{
	return deref_at(v, arg, 0, phase, n);
}

/* LEN_DEREF_ENTRY: how many elements. */
static uint64_t deref_count(const struct len_view *v, const struct abi_len *l)
{
	uint64_t n = 0;
	uint32_t number;

	if (!deref_at(v, l->arg, l->arg2, PHASE_ENTRY, &n))
		return 0;
	number = (uint32_t)n;
	return l->says ? says_length(l->says, (const uint8_t *)&number, sizeof(number), EXTENT_ROOM) : n;
}

static bool field(const uint8_t *base, uint32_t len, const struct abi_len *l, uint64_t *n)
{
	if (!base || (uint64_t)l->n + abi_enc_size(l->field_enc) > len)
		return false;
	*n = no_less_than_0(abi_decode(l->field_enc, base + l->n));
	if (l->rule == LEN_FIELD && l->arg2)
		*n = l->arg2 + sizeof(uint32_t) > len ? 0 : times(*n, (uint64_t)abi_decode(ENC_U32, base + l->arg2));
	return true;
}

static bool field_anywhere(const struct len_view *v, const struct abi_len *l, uint64_t *n)
{
	return field(v->before, v->before_len, l, n) || field(v->after, v->after_len, l, n);
}

static uint64_t result(const struct len_view *v, enum abi_phase phase)
{
	return phase == PHASE_EXIT && (v->ev->flags & EVENT_RETURNED) && v->ev->ret > 0 ? (uint64_t)v->ev->ret : 0;
}

static uint64_t argument(const struct len_view *v, unsigned arg)
{
	return arg < ABI_ARGS ? no_less_than_0(abi_decode((enum abi_enc)v->prog->arg_enc[arg], &v->ev->args[arg])) : 0;
}

static uint64_t at_least_one(uint32_t n)
{
	return n ? n : 1;
}

static uint64_t fdset_bytes(uint64_t descriptors)
{
	/* the kernel takes an int; a negative number is an error and it reads nothing */
	int32_t n = (int32_t)descriptors;

	return n <= 0 ? 0 : ((uint64_t)n + FDSET_WORD_BITS - 1) / FDSET_WORD_BITS * (FDSET_WORD_BITS / 8);
}

static uint64_t node_bytes(uint64_t maxnode)
{
	return maxnode < 2 ? 0 : ((maxnode - 2) / 64 + 1) * 8;
}

/* x86_64's pages */
static uint64_t page_bytes(uint64_t length)
{
	return length / 4096 + (length % 4096 != 0);
}

/* _IOC_SIZE */
static uint64_t ioc_size(uint64_t request)
{
	return request >> 16 & 0x3fff;
}

bool item_length(const struct abi_item *it, enum abi_phase phase, const struct len_view *v, uint64_t *bytes)
{
	const struct abi_len *l = it->len;
	uint64_t size = at_least_one(it->size), n = 0, other = 0;

	switch (l->rule) {
	case LEN_ONE:
		n = 1;
		break;
	case LEN_CONST:
		n = l->n;
		break;
	case LEN_ARG:
		n = plus(argument(v, l->arg), l->n);
		break;
	case LEN_ARG_TIMES:
		n = times(argument(v, l->arg), l->n);
		break;
	case LEN_RESULT:
		n = result(v, phase);
		break;
	case LEN_RESULT_TIMES:
		n = times(result(v, phase), l->n);
		break;
	case LEN_MIN_ARG_RESULT:
	case LEN_PATH_MIN:
		n = plus(smaller(argument(v, l->arg), result(v, phase)), l->n);
		break;
	case LEN_RESULT_IF_ROOM:
		n = result(v, phase);
		n = n > argument(v, l->arg) ? 0 : n;
		break;
	case LEN_ARG_RESULT:
		n = argument(v, l->arg);
		if (phase == PHASE_EXIT)
			n = smaller(n, result(v, phase));
		break;
	case LEN_DEREF_ENTRY:
		n = times(deref_count(v, l), at_least_one(l->n));
		break;
	case LEN_DEREF_EXIT:
		deref(v, l->arg, PHASE_EXIT, &n);
		n = times(n, at_least_one(l->n));
		break;
	case LEN_MIN_DEREF:
		if (!deref(v, l->arg, PHASE_ENTRY, &n))
			n = 0;
		else if (phase == PHASE_EXIT && deref(v, l->arg, PHASE_EXIT, &other))
			n = smaller(n, other);
		break;
	case LEN_FIELD:
		field_anywhere(v, l, &n);
		break;
	case LEN_MIN_FIELD_EXIT:
		if (!field(v->before, v->before_len, l, &n))
			n = 0;
		else if (phase == PHASE_EXIT && field(v->after, v->after_len, l, &other))
			n = smaller(n, other);
		n /= at_least_one(l->arg2);
		break;
	case LEN_SIZED_ARG:
		*bytes = argument(v, l->arg);
		return true;
	case LEN_FILL:
		field_anywhere(v, l, &n);
		n = smaller(n, *v->fill);
		*v->fill -= n;
		break;
	case LEN_FDSET:
		*bytes = fdset_bytes(argument(v, l->arg));
		return true;
	case LEN_IOC:
		*bytes = ioc_size(argument(v, l->arg));
		return true;
	case LEN_BITS:
		n = argument(v, l->arg);
		*bytes = n / 8 + (n % 8 != 0);
		return true;
	case LEN_NODES:
		*bytes = node_bytes(argument(v, l->arg));
		return true;
	case LEN_PAGES:
		*bytes = page_bytes(argument(v, l->arg));
		return true;
	case LEN_CSTR:
	case LEN_NULL_ENDED:
	case LEN_SIZED_FIELD:
	case LEN_HEAD_FIELD:
	case LEN_SAYS:
	case LEN_THING:
	case LEN_RULE_COUNT:
		return false;
	}
	*bytes = times(n, size);
	return true;
}

uint64_t item_capacity(const struct abi_item *it, const struct len_view *v)
{
	const struct abi_len *l = it->len;
	uint64_t size = at_least_one(it->size), n = 0;

	switch (l->rule) {
	case LEN_ONE:
		return size;
	case LEN_CONST:
		return times(l->n, size);
	case LEN_ARG:
	case LEN_MIN_ARG_RESULT:
	case LEN_RESULT_IF_ROOM:
	case LEN_PATH_MIN:
		return times(plus(argument(v, l->arg), l->n), size);
	case LEN_ARG_RESULT:
		return times(argument(v, l->arg), size);
	case LEN_ARG_TIMES:
		return times(times(argument(v, l->arg), l->n), size);
	case LEN_DEREF_ENTRY:
		return times(times(deref_count(v, l), at_least_one(l->n)), size);
	case LEN_MIN_DEREF:
		deref(v, l->arg, PHASE_ENTRY, &n);
		return times(n, size);
	case LEN_MIN_FIELD_EXIT:
		field_anywhere(v, l, &n);
		return times(n / at_least_one(l->arg2), size);
	case LEN_FIELD:
	case LEN_FILL:
		field_anywhere(v, l, &n);
		return times(n, size);
	case LEN_SIZED_ARG:
		return argument(v, l->arg);
	case LEN_SIZED_FIELD:
		return l->room_arg ? argument(v, l->room_arg - 1u) : 0;
	case LEN_FDSET:
		return fdset_bytes(argument(v, l->arg));
	case LEN_IOC:
		return ioc_size(argument(v, l->arg));
	case LEN_BITS:
		n = argument(v, l->arg);
		return n / 8 + (n % 8 != 0);
	case LEN_NODES:
		return node_bytes(argument(v, l->arg));
	case LEN_PAGES:
		return page_bytes(argument(v, l->arg));
	case LEN_CSTR:
		if (l->n)
			field_anywhere(v, l, &n);
		return n;
	case LEN_RESULT:
	case LEN_RESULT_TIMES:
	case LEN_DEREF_EXIT:
	case LEN_NULL_ENDED:
	case LEN_HEAD_FIELD:
	case LEN_SAYS:
	case LEN_THING:
	case LEN_RULE_COUNT:
		break;
	}
	return 0;
}

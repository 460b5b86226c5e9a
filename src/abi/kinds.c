/*
 * Names and encodings of fields: the tables of kinds.def and encodings.def, and how a number stands in memory.
 */
#include "abi/kinds.h"

#include "base/attr.h"

#include <string.h>

static const struct {
	const char *name;
	enum abi_enc enc;
} kinds[] = {
#define KIND(ID, text, encoding) { .name = #text, .enc = ENC_##encoding },
#include "abi/kinds.def"
};

static const struct {
	uint8_t bytes;
	bool is_signed;
} encodings[] = {
#define ENCODING(ID, size, sign) { .bytes = (size), .is_signed = (sign) },
#include "abi/encodings.def"
};

#define NS_PER_S         1000000000
#define NS_PER_US        1000
/*
 * A seconds/fraction pair whose fraction is no fraction (utimensat's UTIME_OMIT, or plain nonsense) is no point in time
 * and must not read as one: such pairs are numbers from here up, 61 bits of the seconds above 64 of the fraction.
 */
#define ODD_PAIR         ((num_t)1 << 126)
#define ODD_SECONDS_BITS 61

static const enum abi_kind spaces[] = {
#define KIND(ID, text, encoding)
#define SPACE(ID, KIND) KIND_##KIND,
#include "abi/kinds.def"
};

enum abi_kind abi_space_kind(unsigned space)
{
	return space < ABI_NKINDS ? (enum abi_kind)space : spaces[space - ABI_NKINDS];
}

const char *abi_kind_name(enum abi_kind kind)
{
	return (unsigned)kind < ABI_NKINDS ? kinds[kind].name : "?";
}

bool abi_kind_find(const char *name, size_t len, enum abi_kind *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0) {
			*kind = (enum abi_kind)i;
			return true;
		}
	}
	return false;
}

enum abi_enc abi_kind_enc(enum abi_kind kind)
{
	return kinds[kind].enc;
}

const char *abi_dir_name(enum abi_dir dir)
{
	switch (dir) {
	case DIR_NONE:
		break;
	case DIR_IN:
		return "in";
	case DIR_OUT:
		return "out";
	case DIR_INOUT:
		return "inout";
	}
	return "none";
}

size_t abi_enc_size(enum abi_enc enc)
{
	return encodings[enc].bytes;
}

bool abi_enc_signed(enum abi_enc enc)
{
	return encodings[enc].is_signed;
}

void abi_enc_range(enum abi_enc enc, num_t *low, num_t *high)
{
	unsigned bits = 8u * encodings[enc].bytes;

	if (bits > 64) {
		*low = (num_t)INT64_MIN * NS_PER_S;
		*high = (num_t)INT64_MAX * NS_PER_S + NS_PER_S - (enc == ENC_TIMEVAL ? NS_PER_US : 1);
	} else if (encodings[enc].is_signed) {
		*low = -((num_t)1 << (bits - 1));
		*high = ((num_t)1 << (bits - 1)) - 1;
	} else {
		*low = 0;
		*high = bits ? ((num_t)1 << bits) - 1 : 0;
	}
}

bool abi_enc_odd_range(enum abi_enc enc, num_t *low, num_t *high)
{
	if (encodings[enc].bytes <= 8)
		return false;
	*low = ODD_PAIR;
	*high = ODD_PAIR + ((num_t)1 << (64 + ODD_SECONDS_BITS)) - 1;
	return true;
}

static num_t pair_decode(int64_t seconds, uint64_t fraction, uint64_t per_second)
{
	if (fraction < per_second)
		return (num_t)seconds * NS_PER_S + (num_t)(fraction * (NS_PER_S / per_second));
	unum_t s = (uint64_t)seconds & (((uint64_t)1 << ODD_SECONDS_BITS) - 1);
	return ODD_PAIR + (num_t)(s << 64 | fraction);
}

static void pair_encode(num_t n, uint64_t per_second, int64_t *seconds, uint64_t *fraction)
{
	if (n >= ODD_PAIR) {
		uint64_t s = (uint64_t)((unum_t)(n - ODD_PAIR) >> 64);

		*seconds = (int64_t)(s << (64 - ODD_SECONDS_BITS)) >> (64 - ODD_SECONDS_BITS);
		*fraction = (uint64_t)n;
		return;
	}
	num_t s = n / NS_PER_S, rest = n % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		s--;
	}
	*seconds = (int64_t)s;
	*fraction = (uint64_t)rest / (NS_PER_S / per_second);
}

num_t abi_decode(enum abi_enc enc, const void *bytes)
{
	const uint8_t *b = bytes;
	union {
		uint8_t u8;
		int8_t s8;
		uint16_t u16;
		int16_t s16;
		uint32_t u32;
		int32_t s32;
		uint64_t u64;
		int64_t s64;
	} n;

	switch (enc) {
	case ENC_U8:
		return b[0];
	case ENC_S8:
		memcpy(&n.s8, b, 1);
		return n.s8;
	case ENC_U16:
		memcpy(&n.u16, b, 2);
		return n.u16;
	case ENC_S16:
		memcpy(&n.s16, b, 2);
		return n.s16;
	case ENC_U32:
		memcpy(&n.u32, b, 4);
		return n.u32;
	case ENC_S32:
		memcpy(&n.s32, b, 4);
		return n.s32;
	case ENC_U64:
		memcpy(&n.u64, b, 8);
		return n.u64;
	case ENC_S64:
		memcpy(&n.s64, b, 8);
		return n.s64;
	case ENC_BE16:
		return (num_t)b[0] << 8 | b[1];
	case ENC_BE32:
		memcpy(&n.u32, b, 4);
		return __builtin_bswap32(n.u32);
	case ENC_TIMESPEC:
	case ENC_TIMEVAL:
	case ENC_STAMP: {
		int64_t seconds;
		uint64_t fraction;

		memcpy(&seconds, b, 8);
		memcpy(&fraction, b + 8, 8);
		if (enc == ENC_STAMP)
			fraction = (uint32_t)fraction;
		return pair_decode(seconds, fraction, enc == ENC_TIMEVAL ? NS_PER_S / NS_PER_US : NS_PER_S);
	}
	case ENC_BYTES:
	case ABI_NENCS:
		break;
	}
	return 0;
}

void abi_encode(enum abi_enc enc, num_t n, void *bytes)
{
	uint8_t *b = bytes;
	uint64_t u = (uint64_t)n;

	switch (enc) {
	case ENC_U8:
	case ENC_S8:
	case ENC_U16:
	case ENC_S16:
	case ENC_U32:
	case ENC_S32:
	case ENC_U64:
	case ENC_S64:
		memcpy(b, &u, encodings[enc].bytes);
		break;
	case ENC_BE16:
		b[0] = (uint8_t)(u >> 8);
		b[1] = (uint8_t)u;
		break;
	case ENC_BE32: {
		uint32_t swapped = __builtin_bswap32((uint32_t)u);

		memcpy(b, &swapped, 4);
		break;
	}
	case ENC_TIMESPEC:
	case ENC_TIMEVAL:
	case ENC_STAMP: {
		int64_t seconds;
		uint64_t fraction;

		pair_encode(n, enc == ENC_TIMEVAL ? NS_PER_S / NS_PER_US : NS_PER_S, &seconds, &fraction);
		memcpy(b, &seconds, 8);
		/* statx's fraction has 4 bytes; the 4 behind it are padding that stays as it is */
		memcpy(b + 8, &fraction, enc == ENC_STAMP ? 4 : 8);
		break;
	}
	case ENC_BYTES:
	case ABI_NENCS:
		break;
	}
}

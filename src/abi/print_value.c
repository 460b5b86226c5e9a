/*
 * Values as people read them, about as strace(1) writes them: symbolic, quoted, sets as lists of their members.
 */
#include "abi/walk.h"

#include "abi/consts.h"
#include "abi/print.h"
#include "abi/program.h"
#include "base/attr.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

#define NS_PER_S     1000000000
#define DIGEST_BYTES 32
#define IPV6_BYTES   16
#define ODD_PAIR     ((num_t)1 << 126) /* abi_decode(): a fraction that is none */
#define SIGNALS      64                /* bits of a signal set */
#define RTMIN        32                /* the first real-time signal, as the kernel counts */
#define MODE_TYPE    0170000u

static void print_quoted(const uint8_t *data, size_t len, uint32_t max, struct buf *out)
{
	size_t shown = len < max ? len : max;

	buf_byte(out, '"');
	for (size_t i = 0; i < shown; i++) {
		uint8_t byte = data[i];
		bool digit_follows = i + 1 < shown && data[i + 1] >= '0' && data[i + 1] <= '7';

		switch (byte) {
		case '\n':
			buf_str(out, "\\n");
			break;
		case '\t':
			buf_str(out, "\\t");
			break;
		case '\r':
			buf_str(out, "\\r");
			break;
		case '\v':
			buf_str(out, "\\v");
			break;
		case '\f':
			buf_str(out, "\\f");
			break;
		case '"':
		case '\\':
			buf_byte(out, '\\');
			buf_byte(out, byte);
			break;
		default:
			if (byte >= ' ' && byte < 0x7f)
				buf_byte(out, byte);
			else
				buf_printf(out, digit_follows ? "\\%03o" : "\\%o", byte);
		}
	}
	buf_byte(out, '"');
	if (shown < len)
		buf_str(out, "...");
}

static void print_hex(const uint8_t *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", data[i]);
}

static bool bit_set(const uint8_t *bits, size_t bit)
{
	return bits[bit / 8] >> (bit % 8) & 1;
}

/* [INT CHLD RT_1]; of one that holds most signals those that are missing: ~[KILL STOP]. */
static void print_signals(const uint8_t *bits, size_t nbits, struct buf *out)
{
	size_t n = 0;
	const char *between = "";

	for (size_t i = 0; i < nbits; i++)
		n += bit_set(bits, i);
	bool inverted = n >= nbits * 2 / 3;

	buf_str(out, inverted ? "~[" : "[");
	for (size_t i = 0; i < nbits; i++) {
		const char *name = abi_signal_name((int)i + 1);

		if (bit_set(bits, i) == inverted)
			continue;
		buf_str(out, between);
		if (name)
			buf_str(out, name + strlen("SIG"));
		else if (i + 1 == RTMIN)
			buf_str(out, "RTMIN");
		else
			buf_printf(out, "RT_%zu", i + 1 - RTMIN);
		between = " ";
	}
	buf_byte(out, ']');
}

/* The numbers of the bits that are set: [0 3]. */
static void print_members(const uint8_t *bits, size_t nbits, struct buf *out)
{
	const char *between = "";

	buf_byte(out, '[');
	for (size_t i = 0; i < nbits; i++) {
		if (!bit_set(bits, i))
			continue;
		buf_printf(out, "%s%zu", between, i);
		between = " ";
	}
	buf_byte(out, ']');
}

static void print_escaped(const uint8_t *data, size_t len, uint32_t max, struct buf *out)
{
	size_t shown = len < max ? len : max;

	buf_byte(out, '"');
	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "\\x%02x", data[i]);
	buf_str(out, shown < len ? "\"..." : "\"");
}

static void print_bytes(const struct abi_leaf *leaf, const struct value *v, uint32_t max, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	if (leaf->kind == KIND_FLAGS && v->len && v->len <= SIGNALS / 8)
		print_signals(v->data, 8 * v->len, out);
	else if (leaf->kind == KIND_FD || leaf->kind == KIND_CPU)
		print_members(v->data, 8 * v->len, out);
	else if (leaf->kind == KIND_RANDOM)
		print_escaped(v->data, v->len, max, out);
	else if (leaf->synthetic && v->len == DIGEST_BYTES && leaf->kind == KIND_DATA)
		print_hex(v->data, v->len, out);
	else if (leaf->kind == KIND_SOCKADDR && v->len == IPV6_BYTES &&
		 inet_ntop(AF_INET6, v->data, text, sizeof(text)))
		buf_str(out, text);
	else
		print_quoted(v->data, v->len, max, out);
}

static void print_number(num_t n, struct buf *out)
{
	char text[NUM_TEXT_MAX];

	buf_str(out, num_text(n, text));
}

static void print_seconds(num_t ns, enum abi_enc enc, struct buf *out)
{
	uint8_t bytes[2 * sizeof(int64_t)];

	if (ns >= ODD_PAIR) {
		abi_encode(enc == ENC_STAMP ? ENC_TIMESPEC : enc, ns, bytes);
		buf_printf(out, "{%" PRId64 ", %" PRId64 "}", (int64_t)abi_decode(ENC_S64, bytes),
			   (int64_t)abi_decode(ENC_S64, bytes + sizeof(int64_t)));
		return;
	}
	bool negative = ns < 0;
	num_t size = negative ? -ns : ns;

	if (negative)
		buf_byte(out, '-');
	print_number(size / NS_PER_S, out);
	buf_printf(out, ".%09" PRIu64 "s", (uint64_t)(size % NS_PER_S));
}

void print_error(int number, struct buf *out)
{
	const char *name = abi_errno_name(number), *text = strerrordesc_np(number);

	if (name)
		buf_printf(out, "-1 %s", name);
	else
		buf_printf(out, "-1 errno %d", number);
	if (text)
		buf_printf(out, " (%s)", text);
}

void print_signal(num_t n, struct buf *out)
{
	const char *name = n > 0 && n <= INT32_MAX ? abi_signal_name((int)n) : NULL;

	if (name)
		buf_str(out, name);
	else if (n == RTMIN)
		buf_str(out, "SIGRTMIN");
	else if (n > RTMIN && n <= SIGNALS)
		buf_printf(out, "SIGRT_%d", (int)n - RTMIN);
	else
		print_number(n, out);
}

/* S_IFREG|0644, S_IFDIR|S_ISVTX|0777; permissions alone in octal. */
static void print_mode(uint64_t mode, struct buf *out)
{
	static const struct {
		unsigned bits;
		const char *name;
	} types[] = { { 0140000, "S_IFSOCK" }, { 0120000, "S_IFLNK" }, { 0100000, "S_IFREG" }, { 0060000, "S_IFBLK" },
		      { 0040000, "S_IFDIR" },  { 0020000, "S_IFCHR" }, { 0010000, "S_IFIFO" } },
	  others[] = { { 04000, "S_ISUID|" }, { 02000, "S_ISGID|" }, { 01000, "S_ISVTX|" } };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if ((mode & MODE_TYPE) != types[i].bits)
			continue;
		buf_printf(out, "%s|", types[i].name);
		mode &= ~(uint64_t)MODE_TYPE;
		for (size_t k = 0; k < ARRAY_LEN(others); k++) {
			if (mode & others[k].bits)
				buf_str(out, others[k].name);
			mode &= ~(uint64_t)others[k].bits;
		}
		break;
	}
	buf_printf(out, "%#03" PRIo64, mode);
}

/* The number is one that the leaf's set speaks of: a limit is a size, a descriptor a number, unless there is a name. */
static bool named(const struct abi_leaf *leaf, num_t n)
{
	const struct abi_set_info *set = &abi_sets[leaf->set];

	if (leaf->kind == KIND_MODE)
		return false;
	if (set->is_flags || leaf->kind == KIND_ENUM || leaf->kind == KIND_CLOCK)
		return true;
	for (size_t i = 0; i < set->nconsts; i++) {
		if (set->consts[i].value == (uint64_t)n)
			return true;
	}
	return false;
}

static void print_num(const struct abi_leaf *leaf, num_t n, struct buf *out)
{
	if (leaf->reg == ABI_REG_RET && n < 0 && n >= -4095) {
		print_error((int)-n, out);
		return;
	}
	if (abi_enc_size(leaf->enc) > sizeof(uint64_t)) {
		print_seconds(n, leaf->enc, out);
		return;
	}
	if (leaf->set == SET_SIGSET) {
		uint8_t bits[SIGNALS / 8];

		abi_encode(ENC_U64, n, bits);
		print_signals(bits, SIGNALS, out);
		return;
	}
	if (leaf->set && named(leaf, n)) {
		/* constants are 64-bit numbers as C extends them */
		abi_const_text(leaf->set, (uint64_t)n, out);
		return;
	}
	switch (leaf->kind) {
	case KIND_PTR:
		if (n == 0)
			buf_str(out, leaf->reg == ABI_REG_RET ? "0" : "NULL");
		else
			buf_printf(out, "0x%" PRIx64, (uint64_t)n);
		break;
	case KIND_FLAGS:
	case KIND_COOKIE:
		buf_printf(out, n > 9 || n < 0 ? "0x%" PRIx64 : "%" PRIu64, (uint64_t)n);
		break;
	case KIND_MODE:
		print_mode((uint64_t)n, out);
		break;
	case KIND_DEVICE:
		/* 32 bits are a half of a pair or the kernel's own packing, of which makedev() is the same where it
		 * fits */
		if (leaf->size == sizeof(uint64_t) || leaf->reg != ABI_REG_NONE)
			buf_printf(out, "makedev(%#x, %#x)", major((dev_t)n), minor((dev_t)n));
		else
			buf_printf(out, "%#" PRIx64, (uint64_t)n);
		break;
	case KIND_SIGNAL:
		print_signal(n, out);
		break;
	case KIND_SOCKADDR:
		buf_printf(out, "%u.%u.%u.%u", (unsigned)(n >> 24) & 255, (unsigned)(n >> 16) & 255,
			   (unsigned)(n >> 8) & 255, (unsigned)n & 255);
		break;
	case KIND_FD:
	case KIND_PID:
	case KIND_UID:
	case KIND_GID:
	case KIND_INODE:
	case KIND_TIME:
	case KIND_DURATION:
	case KIND_SIZE:
	case KIND_OFFSET:
	case KIND_COUNT:
	case KIND_ENUM:
	case KIND_STATUS:
	case KIND_PORT:
	case KIND_PATH:
	case KIND_STRING:
	case KIND_DATA:
	case KIND_RANDOM:
	case KIND_COUNTER:
	case KIND_CPU:
	case KIND_RELEASE:
	case KIND_HOSTNAME:
	case KIND_ID:
	case KIND_CLOCK:
	case KIND_FUTEX:
	case KIND_NETLINK:
	case KIND_INT:
	case ABI_NKINDS:
		print_number(n, out);
		break;
	}
}

void abi_print_value(const struct abi_leaf *leaf, const struct value *v, uint32_t max, struct buf *out)
{
	switch (v->type) {
	case VALUE_ABSENT:
		buf_str(out, "(absent)");
		break;
	case VALUE_NUM:
		print_num(leaf, v->num, out);
		break;
	case VALUE_BYTES:
		print_bytes(leaf, v, max, out);
		break;
	}
}

void abi_print_path(const struct abi_leaf *leaf, uint32_t index, struct buf *out)
{
	unsigned arrays = 0;

	for (const char *p = strstr(leaf->path, "[]"); p; p = strstr(p + 2, "[]"))
		arrays++;
	for (const char *p = leaf->path; *p; p++) {
		if (p[0] != '[' || p[1] != ']') {
			buf_byte(out, (uint8_t)*p);
			continue;
		}
		arrays--;
		/* outer elements count in units of INDEX_STRIDE; the outermost takes all that is left */
		uint32_t number = arrays == 0 ? index : arrays == 1 ? index / INDEX_STRIDE : 0;

		buf_printf(out, "[%" PRIu32 "]", number);
		if (arrays == 1)
			index %= INDEX_STRIDE;
		p++;
	}
}

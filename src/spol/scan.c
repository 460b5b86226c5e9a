/*
 * The scanner's C side: what is refused before scanning, and what numbers, strings and comments mean.
 */
#include "spol/scan.h"

#include "base/check.h"
#include "base/utf8.h"
#include "spol/keywords.h"
#include "spol/parse.h"

#include "grammar/spol_parse.h"

#include <stdlib.h>
#include <string.h>

/* So many reports of one kind about the bytes of a file; a binary file would make thousands. */
#define BYTE_REPORTS_MAX 10

static struct span now(const struct spol_scanner *s)
{
	return (struct span){ s->file, s->now.start, s->now.end };
}

static struct span part(const struct spol_scanner *s, size_t from, size_t to)
{
	return (struct span){ s->file, s->now.start + (uint32_t)from, s->now.start + (uint32_t)to };
}

void spol_tokens_add(struct spol_tokens *t, const struct spol_token *token)
{
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 256;
		t->list = xrealloc(t->list, t->room, sizeof(*t->list));
	}
	t->list[t->count++] = *token;
}

/* U+202A..U+202E and U+2066..U+2069 */
static bool reorders_text(const unsigned char *p, size_t len)
{
	return len == 3 && p[0] == 0xe2 &&
	       ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

static const struct unit_row {
	const char *name;
	enum unit unit;
	int64_t factor;
} units[] = {
	{ "ns", UNIT_NS, 1 },         { "us", UNIT_US, 1000 },          { "ms", UNIT_MS, 1000000 },
	{ "s", UNIT_S, 1000000000 },  { "min", UNIT_MIN, 60000000000 }, { "h", UNIT_H, 3600000000000 },
	{ "B", UNIT_B, 1 },           { "KiB", UNIT_KIB, 1 << 10 },     { "MiB", UNIT_MIB, 1 << 20 },
	{ "GiB", UNIT_GIB, 1 << 30 }, { "%", UNIT_PERCENT, 1000 },
};

const char *keyword_unit(size_t index)
{
	return index < ARRAY_LEN(units) ? units[index].name : NULL;
}

/* Units that people write and what they mean by them. */
static const struct {
	const char *wrong, *right;
} unit_habits[] = {
	{ "sec", "s" },   { "secs", "s" },  { "m", "min" },   { "mins", "min" }, { "hour", "h" },
	{ "hours", "h" }, { "msec", "ms" }, { "usec", "us" }, { "nsec", "ns" },  { "b", "B" },
	{ "K", "KiB" },   { "k", "KiB" },   { "KB", "KiB" },  { "kB", "KiB" },   { "kb", "KiB" },
	{ "M", "MiB" },   { "MB", "MiB" },  { "G", "GiB" },   { "GB", "GiB" },
};

static void unknown_unit(struct spol_scanner *s, const char *suffix, size_t from, size_t to)
{
	struct diag *g = diag_error(s->diags, part(s, from, to), "E0010", "unknown unit `%s`", suffix);

	for (size_t i = 0; i < ARRAY_LEN(unit_habits); i++) {
		if (strcmp(suffix, unit_habits[i].wrong) == 0) {
			diag_help(s->diags, g, "did you mean `%s`?", unit_habits[i].right);
			diag_guess(s->diags, g, part(s, from, to), "%s", unit_habits[i].right);
			return;
		}
	}
	diag_help(s->diags, g, "units are ns us ms s min h, B KiB MiB GiB, and %%");
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* n = n * base + digit; false: too large */
static bool push_digit(num_t *n, int base, int digit)
{
	return !__builtin_mul_overflow(*n, (num_t)base, n) && !__builtin_add_overflow(*n, (num_t)digit, n);
}

/* true: an error was reported */
static bool based_number(struct spol_scanner *s, const char *text, size_t len, int base)
{
	num_t n = 0;

	for (size_t i = 2; i < len || len == 2; i++) {
		if (i == len || digit_of(text[i]) >= base) {
			diag_error(s->diags, now(s), "E0009", "`%.*s` is not %s number", (int)len, text,
				   base == 16 ? "a hexadecimal" : "an octal");
			return true;
		}
		if (!push_digit(&n, base, digit_of(text[i]))) {
			diag_error(s->diags, now(s), "E0011", "number too large");
			return true;
		}
	}
	s->now.num = n;
	return false;
}

/* Digits behind the point, in thousandths; true: an error was reported. */
static bool fraction(struct spol_scanner *s, const char *text, size_t from, size_t to, bool percent, num_t *thousandths)
{
	int scale = 100;

	if (!percent) {
		struct diag *g = diag_error(s->diags, now(s), "E0012", "only percentages may have a fraction");

		diag_help(s->diags, g, "use the next smaller unit: 1500ms instead of 1.5s");
		return true;
	}
	if (to - from > 3) {
		diag_error(s->diags, part(s, from, to), "E0012",
			   "a percentage has at most three digits behind the point");
		return true;
	}
	*thousandths = 0;
	for (size_t i = from; i < to; i++, scale /= 10)
		*thousandths += digit_of(text[i]) * scale;
	return false;
}

static bool decimal_number(struct spol_scanner *s, const char *text, size_t len)
{
	size_t digits = strspn(text, "0123456789"), point = digits;
	num_t n = 0, thousandths = 0;
	char suffix[16];

	if (text[digits] == '.')
		point += 1 + strspn(text + digits + 1, "0123456789");
	if (len - point >= sizeof(suffix)) {
		diag_error(s->diags, now(s), "E0009", "`%.*s` is not a number", len > 40 ? 40 : (int)len, text);
		return true;
	}
	memcpy(suffix, text + point, len - point);
	suffix[len - point] = '\0';
	if (digits > 1 && text[0] == '0') {
		struct diag *g = diag_error(s->diags, now(s), "E0008", "number with a leading zero");
		size_t zeros = strspn(text, "0");

		if (zeros == digits)
			zeros--;
		if (digits - zeros <= 40)
			diag_help(s->diags, g, "write %.*s, or 0o%.*s if it is octal", (int)(digits - zeros),
				  text + zeros, (int)(digits - zeros), text + zeros);
		diag_guess(s->diags, g, part(s, 0, zeros), "%s", "");
		return true;
	}
	for (size_t i = 0; i < digits; i++) {
		if (!push_digit(&n, 10, digit_of(text[i]))) {
			diag_error(s->diags, now(s), "E0011", "number too large");
			return true;
		}
	}
	if (point > digits && fraction(s, text, digits + 1, point, strcmp(suffix, "%") == 0, &thousandths))
		return true;
	s->now.num = n;
	if (suffix[0] == '\0')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(suffix, units[i].name) != 0)
			continue;
		s->now.unit = (uint8_t)units[i].unit;
		if (!__builtin_mul_overflow(n, (num_t)units[i].factor, &n) &&
		    !__builtin_add_overflow(n, thousandths, &n)) {
			s->now.num = n;
			return false;
		}
		diag_error(s->diags, now(s), "E0011", "number too large");
		return true;
	}
	unknown_unit(s, suffix, point, len);
	return true;
}

int spol_scan_word(const char *text, size_t len)
{
	const struct keyword *k = keyword_find(text, len);

	return k ? k->token : TOK_NAME;
}

void spol_scan_number(struct spol_scanner *s, const char *text, size_t len)
{
	if (len >= 2 && text[0] == '0' && text[1] == 'x')
		s->now.bad = based_number(s, text, len, 16);
	else if (len >= 2 && text[0] == '0' && text[1] == 'o')
		s->now.bad = based_number(s, text, len, 8);
	else
		s->now.bad = decimal_number(s, text, len);
}

/* One escape at text[i] (the backslash) of len bytes; *i moves behind it. */
static char unescape(struct spol_scanner *s, const char *text, size_t len, size_t *i)
{
	size_t from = *i;
	char c = from + 1 < len ? text[from + 1] : '\0';
	struct diag *g;

	*i += 2;
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case '\\':
	case '"':
		return c;
	case '0':
		if (*i < len && digit_of(text[*i]) < 10)
			break;
		return '\0';
	case 'x':
		if (*i + 1 < len && digit_of(text[*i]) < 16 && digit_of(text[*i + 1]) < 16) {
			*i += 2;
			return (char)(digit_of(text[*i - 2]) * 16 + digit_of(text[*i - 1]));
		}
		break;
	default:
		break;
	}
	/* a whole character, when it is not ASCII */
	while (*i < len && ((unsigned char)text[*i] & 0xc0) == 0x80)
		++*i;
	g = diag_error(s->diags, part(s, from, *i < len ? *i : len), "E0007", "unknown escape in a string");
	diag_help(s->diags, g,
		  c == 'x'   ? "\\x takes two hexadecimal digits"
		  : c == '0' ? "there are no octal escapes: write \\x00"
			     : "escapes are \\n \\t \\r \\0 \\\\ \\\" and \\xHH");
	if (c == '0')
		diag_guess(s->diags, g, part(s, from, from + 2), "\\x00");
	else
		diag_guess(s->diags, g, part(s, from, from), "\\");
	s->now.bad = true;
	return '?';
}

/* A string without its second quote: what it lacks stands before the mark that ends its statement, or at the line's
 * end. */
static void unended(struct spol_scanner *s, const char *text, size_t len)
{
	struct diag *g = diag_error(s->diags, now(s), "E0006", "this string does not end on its line");

	while (len > 1 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	len -= len > 1 && text[len - 1] == ';';
	if (text[len - 1] != '\\')
		diag_guess(s->diags, g, part(s, len, len), "\"");
}

void spol_scan_string(struct spol_scanner *s, const char *text, size_t len, bool terminated)
{
	size_t end = terminated ? len - 1 : len;
	char *out;
	size_t n = 0;

	if (!terminated) {
		if (end > 1 && text[end - 1] == '\r')
			end--;
		s->now.end = s->now.start + (uint32_t)end;
		unended(s, text, end);
		s->now.bad = true;
	}
	out = arena_raw(s->arena, end + 1);
	for (size_t i = 1; i < end;) {
		if (text[i] == '\\')
			out[n++] = terminated ? unescape(s, text, end, &i) : text[i++];
		else
			out[n++] = text[i++];
	}
	out[n] = '\0';
	s->now.string.s = out;
	s->now.string.len = n;
}

size_t spol_scan_open_string(const char *text, size_t len)
{
	size_t end = len;

	while (end > 1 && strchr(";} \t\r", text[end - 1]))
		end--;
	while (end < len && text[end] != ';' && text[end] != '}')
		end++;
	return end;
}

void spol_scan_single_quotes(struct spol_scanner *s, const char *text, size_t len)
{
	struct diag *g = diag_error(s->diags, now(s), "E0034", "a string in single quotes");

	diag_help(s->diags, g, "strings stand in double quotes");
	if (!memchr(text, '\\', len) && !memchr(text, '"', len)) { /* else it may mean one thing or the other */
		diag_edit(s->diags, g, part(s, 0, 1), "\"");
		diag_edit(s->diags, g, part(s, len - 1, len), "\"");
	}
	s->now.string.s = arena_copy(s->arena, text + 1, len - 2);
	s->now.string.len = len - 2;
	s->now.bad = true;
}

void spol_scan_comment(struct spol_scanner *s)
{
	struct comment *c = arena_alloc(s->arena, sizeof(*c));

	c->at = now(s);
	if (s->source->text[c->at.end - 1] == '\r')
		c->at.end--;
	c->own_line = !s->line_has_token;
	*s->comment_end = c;
	s->comment_end = &c->next;
}

void spol_scan_unexpected(struct spol_scanner *s, const char *text, size_t len)
{
	struct diag *g;

	s->now.bad = true;
	if ((unsigned char)text[0] < 0x20 || (unsigned char)text[0] == 0x7f)
		return; /* check_bytes() said so */
	g = diag_error(s->diags, now(s), "E0004", "unexpected character `%.*s`", (int)len, text);
	if (text[0] == '%')
		diag_help(s->diags, g, "a class is written without space: %%file; a percentage, too: 10%%");
}

void spol_scan_foreign_name(struct spol_scanner *s, const char *text, size_t len)
{
	struct diag *g;

	s->now.bad = true;
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_length(text + i, len - i);
		if (n == 0 || reorders_text((const unsigned char *)text + i, n))
			return; /* check_bytes() said so */
	}
	g = diag_error(s->diags, now(s), "E0005", "this name holds characters beyond ASCII");
	diag_help(s->diags, g, "names are letters A-Z and a-z, digits and `_`");
}

void spol_scan_foreign_operator(struct spol_scanner *s, const char *meant)
{
	struct diag *g = diag_error(s->diags, now(s), "E0019", "this operator is written `%s`", meant);

	diag_help(s->diags, g, "did you mean `%s`?", meant);
	spol_word_edit(s->diags, g, now(s), meant);
}

/* The byte could be a part of a name or a number. */
static bool joins_word(char c)
{
	return digit_of(c) < 10 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

void spol_word_edit(struct diags *d, struct diag *g, struct span at, const char *word)
{
	const struct source_text *s = diags_get_source(d, at.file);
	bool before = at.start > 0 && joins_word(s->text[at.start - 1]) && joins_word(word[0]);
	bool behind = joins_word(s->text[at.end]) && joins_word(word[0]);

	diag_edit(d, g, at, "%s%s%s", before ? " " : "", word, behind ? " " : "");
}

/*
 * What no token may hold, strings and comments included.  *skip is where scanning begins.  false: the file is no text,
 * nothing is scanned.
 */
static bool check_bytes(struct diags *d, uint32_t file, uint32_t *skip)
{
	const struct source_text *s = diags_get_source(d, file);
	const unsigned char *p = (const unsigned char *)s->text;
	unsigned invalid = 0, control = 0, reorder = 0;
	const unsigned char *nul = memchr(p, 0, s->len);
	size_t n;

	*skip = 0;
	if (nul) {
		struct diag *g = diag_error(d, (struct span){ file, (uint32_t)(nul - p), (uint32_t)(nul - p) + 1 },
					    "E0001", "NUL byte: this is no text");

		diag_help(d, g, "a policy is UTF-8 text; a compiled .spo image is not its source");
		return false;
	}
	if (s->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		struct diag *g =
			diag_error(d, (struct span){ file, 0, 3 }, "E0003", "the file begins with a byte order mark");

		diag_help(d, g, "save it as UTF-8 without BOM");
		diag_edit(d, g, (struct span){ file, 0, 3 }, "%s", "");
		*skip = 3;
	}
	for (uint32_t i = *skip; i < s->len; i += (uint32_t)n) {
		struct span at = { file, i, i + 1 };

		if (p[i] >= 0x20 && p[i] < 0x7f) {
			n = 1;
			continue;
		}
		n = utf8_length((const char *)p + i, s->len - i);
		if (n == 0) {
			n = 1;
			while (i + n < s->len && utf8_length((const char *)p + i + n, s->len - i - n) == 0)
				n++;
			at.end = i + (uint32_t)n;
			if (invalid++ < BYTE_REPORTS_MAX)
				diag_error(d, at, "E0002", "bytes that are not UTF-8");
		} else if (n == 1 && p[i] != '\n' && p[i] != '\t' && p[i] != '\r') {
			if (control++ < BYTE_REPORTS_MAX)
				diag_error(d, at, "E0004", "control character 0x%02x", (unsigned)p[i]);
		} else if (reorders_text(p + i, n)) {
			at.end = i + 3;
			if (reorder++ < BYTE_REPORTS_MAX) {
				struct diag *g = diag_error(d, at, "E0031",
							    "invisible character that reorders the text around it");

				diag_guess(d, g, at, "%s", "");
			}
		}
	}
	return true;
}

void spol_scan(struct diags *d, uint32_t file, struct arena *arena, struct file_ast *ast, struct spol_tokens *out)
{
	struct spol_scanner s = {
		.diags = d,
		.arena = arena,
		.source = diags_get_source(d, file),
		.file = file,
		.comment_end = &ast->comments,
	};
	struct spol_token end = {
		.kind = TOK_END, .start = s.source->len, .end = s.source->len, .first_on_line = true
	};

	if (s.source->len > SPOL_FILE_MAX)
		diag_error(d, (struct span){ file, 0, 1 }, "E0023", "a policy file of more than %zu bytes",
			   SPOL_FILE_MAX);
	else if (check_bytes(d, file, &s.offset) && !spol_scan_text(&s, out)) {
		struct span at = { file, s.offset, s.offset };

		diag_error(d, at, "E0023", "more than the scanner can hold: %s", s.fatal_text);
	}
	if (out->count >= SPOL_TOKENS_MAX) {
		const struct spol_token *last = &out->list[out->count - 1];

		diag_error(d, (struct span){ file, last->start, last->end }, "E0023",
			   "more than %zu tokens in one file", SPOL_TOKENS_MAX);
		out->count = 0; /* a part of a policy is no policy */
	}
	spol_tokens_add(out, &end);
}

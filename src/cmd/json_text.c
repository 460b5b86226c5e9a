/*
 * JSON with places: a scanner that notes where every value stands, beside cJSON's tree of the values.
 */
#include "cmd/json_text.h"

#include "base/check.h"
#include "base/map.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SHOWN_MAX 60 /* bytes of a name or number that messages show */
#define NUMBER_MAX    63 /* characters of a number that cJSON takes */

struct scanner {
	struct json_text *t;
	struct diags *d;
	uint32_t at;
	uint32_t room; /* of t->nodes */
};

/* ---- errors ---- */

/* The one error of a text that is no JSON, at len bytes from where the scanner is.  false. */
static bool wrong(struct scanner *s, uint32_t at, uint32_t len, const char *help, const char *what)
{
	uint32_t end = len > s->t->len - at ? s->t->len : at + len;
	struct diag *g = diag_error(s->d, (struct span){ s->t->file, at, end }, "syntax", "%s", what);

	if (help)
		diag_help(s->d, g, "%s", help);
	return false;
}

static char peek(const struct scanner *s)
{
	return s->at < s->t->len ? s->t->text[s->at] : '\0';
}

static void skip_blanks(struct scanner *s)
{
	while (s->at < s->t->len && strchr(" \t\r\n", s->t->text[s->at]) && s->t->text[s->at])
		s->at++;
}

/* What stands where something else should; what: "a value". */
static bool unexpected(struct scanner *s, const char *what)
{
	static const struct {
		const char *begins, *help;
	} known[] = {
		{ "'", "strings and names stand in double quotes" },
		{ "//", "JSON has no comments" },
		{ "/*", "JSON has no comments" },
		{ "#", "JSON has no comments" },
		{ "}", "no comma stands behind the last value" },
		{ "]", "no comma stands behind the last value" },
		{ "True", "it is written true" },
		{ "False", "it is written false" },
		{ "None", "it is written null" },
		{ "+", "numbers have no plus sign" },
		{ ".", "a digit stands in front of the point" },
	};
	const char *here = s->t->text + s->at;
	uint32_t left = s->t->len - s->at;
	const char *help = NULL;
	char text[96];
	size_t n;

	if (left == 0) {
		snprintf(text, sizeof(text), "the text ends where %s should be", what);
		return wrong(s, s->at, 0, NULL, text);
	}
	for (size_t i = 0; i < ARRAY_LEN(known) && !help; i++) {
		n = strlen(known[i].begins);
		if (n <= left && memcmp(here, known[i].begins, n) == 0)
			help = known[i].help;
	}
	n = utf8_step(here, left);
	if (here[0] == '\0')
		snprintf(text, sizeof(text), "a NUL byte where %s should be", what);
	else
		snprintf(text, sizeof(text), "'%.*s' where %s should be", (int)n, here, what);
	return wrong(s, s->at, (uint32_t)n, help, text);
}

/* ---- values ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits of \uXXXX, at a place that may lie behind the text; -1: they are none. */
static int32_t unit_at(const struct json_text *t, uint32_t at)
{
	int32_t unit = 0;

	if (t->len < 4 || at > t->len - 4)
		return -1;
	for (uint32_t i = at; i < at + 4; i++) {
		int digit = hex_digit(t->text[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* s->at is at a backslash. */
static bool scan_escape(struct scanner *s)
{
	const struct json_text *t = s->t;
	uint32_t from = s->at;
	char c = from + 1 < t->len ? t->text[from + 1] : '\0';
	int32_t unit;

	if (c && strchr("\"\\/bfnrt", c)) {
		s->at += 2;
		return true;
	}
	if (c != 'u')
		return wrong(s, from, 2, "a backslash itself is written \\\\", "there is no such escape");
	unit = unit_at(t, from + 2);
	if (unit < 0)
		return wrong(s, from, 6, NULL, "four hexadecimal digits should be behind \\u");
	s->at += 6;
	if ((unit & 0xf800) != 0xd800)
		return true;
	if ((unit & 0xfc00) == 0xd800 && s->at + 1 < t->len && t->text[s->at] == '\\' && t->text[s->at + 1] == 'u' &&
	    (unit_at(t, s->at + 2) & ~0x3ff) == 0xdc00) {
		s->at += 6;
		return true;
	}
	return wrong(s, from, 6, NULL, "half of a surrogate pair is no character");
}

static bool scan_string(struct scanner *s)
{
	const struct json_text *t = s->t;
	uint32_t from = s->at++;

	for (;;) {
		unsigned char c = (unsigned char)peek(s);

		if (s->at == t->len)
			return wrong(s, from, 1, NULL, "the string that begins here has no end");
		if (c == '"')
			break;
		if (c == '\n' || c == '\r')
			return wrong(s, from, s->at - from, "a line's end in a string is written \\n",
				     "the string has no end on its line");
		if (c < 0x20)
			return wrong(s, s->at, 1, "it is written as an escape, as \\t or \\u0001",
				     "a control character in a string");
		if (c != '\\') {
			s->at++;
			continue;
		}
		if (!scan_escape(s))
			return false;
	}
	s->at++;
	return true;
}

static uint32_t digits(struct scanner *s)
{
	uint32_t from = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at - from;
}

static bool scan_number(struct scanner *s)
{
	uint32_t from = s->at;
	bool zero;

	s->at += peek(s) == '-';
	zero = peek(s) == '0';
	if (!digits(s))
		return unexpected(s, "a digit");
	if (zero && s->at - from > (s->t->text[from] == '-' ? 2u : 1u))
		return wrong(s, from, s->at - from, NULL, "a number does not begin with 0 and another digit");
	if (peek(s) == '.') {
		s->at++;
		if (!digits(s))
			return unexpected(s, "a digit");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		s->at += peek(s) == '-' || peek(s) == '+';
		if (!digits(s))
			return unexpected(s, "a digit");
	}
	if (s->at - from > NUMBER_MAX)
		return wrong(s, from, s->at - from, NULL, "the number has more than 63 characters");
	return true;
}

static bool scan_word(struct scanner *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]);

		if (n <= s->t->len - s->at && memcmp(s->t->text + s->at, words[i], n) == 0) {
			s->at += (uint32_t)n;
			return true;
		}
	}
	return unexpected(s, "a value");
}

static struct json_node *add_node(struct scanner *s, uint32_t parent)
{
	struct json_text *t = s->t;

	if (t->n == s->room) {
		s->room = s->room ? s->room * 2 : 64;
		t->nodes = xrealloc(t->nodes, s->room, sizeof(*t->nodes));
	}
	t->nodes[t->n] = (struct json_node){ .start = s->at, .parent = parent };
	return &t->nodes[t->n++];
}

static bool scan_value(struct scanner *s, uint32_t parent, uint32_t depth);

/* "name": in front of a value; the place of the name. */
static bool scan_name(struct scanner *s, uint32_t *start, uint32_t *end)
{
	*start = s->at;
	if (peek(s) != '"')
		return unexpected(s, "a name in double quotes");
	if (!scan_string(s))
		return false;
	*end = s->at;
	skip_blanks(s);
	if (peek(s) != ':')
		return unexpected(s, "a colon");
	s->at++;
	skip_blanks(s);
	return true;
}

/* An array or an object: self is its node. */
static bool scan_group(struct scanner *s, uint32_t self, bool object, uint32_t depth)
{
	const char close = object ? '}' : ']';
	uint32_t index = 0;

	if (depth > JSON_DEPTH_MAX)
		return wrong(s, s->at, 1, NULL, "arrays and objects are nested more than 64 deep");
	s->at++;
	skip_blanks(s);
	if (peek(s) == close) {
		s->at++;
		return true;
	}
	for (;;) {
		uint32_t key_start = 0, key_end = 0, child = s->t->n;

		if (object && !scan_name(s, &key_start, &key_end))
			return false;
		if (!scan_value(s, self, depth))
			return false;
		s->t->nodes[child].key_start = key_start;
		s->t->nodes[child].key_end = key_end;
		s->t->nodes[child].index = index++;
		skip_blanks(s);
		if (peek(s) == close)
			break;
		if (peek(s) != ',')
			return unexpected(s, object ? "a comma or }" : "a comma or ]");
		s->at++;
		skip_blanks(s);
	}
	s->at++;
	return true;
}

static bool scan_value(struct scanner *s, uint32_t parent, uint32_t depth)
{
	uint32_t self = s->t->n;
	bool good;
	char c;

	if (self == JSON_VALUES_MAX)
		return wrong(s, s->at, 1, NULL, "more than a million values");
	add_node(s, parent);
	c = peek(s);
	if (c == '{' || c == '[')
		good = scan_group(s, self, c == '{', depth + 1);
	else if (c == '"')
		good = scan_string(s);
	else if (c == '-' || (c >= '0' && c <= '9'))
		good = scan_number(s);
	else
		good = scan_word(s);
	s->t->nodes[self].end = s->at;
	s->t->nodes[self].next = s->t->n;
	return good;
}

static bool check_encoding(struct scanner *s)
{
	const struct json_text *t = s->t;

	for (uint32_t i = 0; i < t->len;) {
		size_t n = (unsigned char)t->text[i] < 0x80 ? 1 : utf8_length(t->text + i, t->len - i);

		if (n == 0) {
			diag_error(s->d, (struct span){ t->file, i, i + 1 }, "encoding", "the byte %02x is not UTF-8",
				   (unsigned)(unsigned char)t->text[i]);
			return false;
		}
		i += (uint32_t)n;
	}
	return true;
}

/* ---- together with cJSON ---- */

/* Both have the values in the order of the text. */
static void pair(struct json_text *t, const cJSON *value, uint32_t *node)
{
	struct json_node *n = &t->nodes[*node];

	++*node;
	INVARIANT(*node <= t->n);
	n->value = value;
	for (const cJSON *c = value->child; c; c = c->next)
		pair(t, c, node);
	INVARIANT(*node == n->next);
}

/* A name's bytes, escapes undone: it may hold a NUL that cJSON's would end at. */
static void name_bytes(const struct json_text *t, uint32_t node, struct buf *out)
{
	struct json_node name = { .start = t->nodes[node].key_start, .end = t->nodes[node].key_end };
	struct json_text only = { .text = t->text, .len = t->len, .nodes = &name, .n = 1 };
	uint32_t at = name.start + 1;
	char bytes[4];
	size_t n;

	buf_clear(out);
	while ((n = json_character(&only, 0, &at, bytes)) > 0)
		buf_add(out, bytes, n);
}

static void check_names(struct json_text *t, struct diags *d)
{
	CLEANUP(arena_cleanup) struct arena *arena = arena_new();
	CLEANUP(buf_free) struct buf name = { 0 };

	for (uint32_t i = 0; i < t->n; i++) {
		struct strmap *seen;

		if (!cJSON_IsObject(t->nodes[i].value))
			continue;
		seen = strmap_new();
		for (uint32_t c = i + 1; c < t->nodes[i].next; c = t->nodes[c].next) {
			uint64_t first;
			struct diag *g;

			name_bytes(t, c, &name);
			if (memchr(buf_cstr(&name), 0, name.len))
				diag_error(d, json_key_at(t, c), "nul-byte", "%s has a NUL in its name", json_path(t, c, arena));
			if (!strmap_get(seen, buf_cstr(&name), name.len, &first)) {
				strmap_put(seen, buf_cstr(&name), name.len, c);
				continue;
			}
			g = diag_error(d, json_key_at(t, c), "duplicate-key", "%s is there twice", json_path(t, c, arena));
			diag_note(d, g, json_key_at(t, (uint32_t)first), "the first one");
		}
		strmap_free(seen);
	}
}

bool json_text_read(struct json_text *t, struct diags *d, uint32_t file)
{
	const struct source_text *source = diags_get_source(d, file);
	struct scanner s = { .t = t, .d = d };
	const char *end = NULL;
	uint32_t node = 0;

	*t = (struct json_text){ .text = source->text, .len = source->len, .file = file };
	if (!check_encoding(&s))
		return false;
	if (t->len >= 3 && memcmp(t->text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
		s.at = 3;
	skip_blanks(&s);
	if (!scan_value(&s, JSON_NONE, 0))
		return false;
	skip_blanks(&s);
	if (s.at < t->len)
		return wrong(&s, s.at, t->len - s.at, NULL, "something stands behind the end of the JSON text");
	t->root = cJSON_ParseWithLengthOpts(t->text, t->len, &end, false);
	if (!t->root) /* the scanner is the stricter one; cJSON may find something all the same */
		return wrong(&s, end && end >= t->text && end < t->text + t->len ? (uint32_t)(end - t->text) : 0, 1, NULL,
			     "cJSON cannot read what begins here");
	pair(t, t->root, &node);
	check_names(t, d);
	return true;
}

void json_text_free(struct json_text *t)
{
	cJSON_Delete(t->root);
	free(t->nodes);
	*t = (struct json_text){ 0 };
}

/* ---- questions ---- */

struct span json_at(const struct json_text *t, uint32_t node)
{
	return (struct span){ t->file, t->nodes[node].start, t->nodes[node].end };
}

struct span json_key_at(const struct json_text *t, uint32_t node)
{
	const struct json_node *n = &t->nodes[node];

	return n->key_end > n->key_start ? (struct span){ t->file, n->key_start, n->key_end } : json_at(t, node);
}

static bool is_identifier(const char *s, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_';

		if (!letter && (i == 0 || ((s[i] < '0' || s[i] > '9') && s[i] != '-')))
			return false;
	}
	return len > 0;
}

static void add_step(struct buf *out, const char *name, uint32_t len)
{
	if (is_identifier(name, len) && len <= KEY_SHOWN_MAX)
		buf_printf(out, "%s%.*s", out->len ? "." : "", (int)len, name);
	else if (len <= KEY_SHOWN_MAX)
		buf_printf(out, "[\"%.*s\"]", (int)len, name);
	else
		buf_printf(out, "[\"%.*s...\"]", KEY_SHOWN_MAX, name);
}

static void add_path(const struct json_text *t, uint32_t node, struct buf *out)
{
	const struct json_node *n = &t->nodes[node];

	if (n->parent == JSON_NONE)
		return;
	add_path(t, n->parent, out);
	if (n->key_end > n->key_start)
		add_step(out, t->text + n->key_start + 1, n->key_end - n->key_start - 2);
	else
		buf_printf(out, "[%u]", (unsigned)n->index);
}

const char *json_path(const struct json_text *t, uint32_t node, struct arena *arena)
{
	CLEANUP(buf_free) struct buf path = { 0 };

	add_path(t, node, &path);
	return path.len ? arena_copy(arena, path.data, path.len) : "the text";
}

const char *json_path_of(const struct json_text *t, uint32_t object, const char *name, struct arena *arena)
{
	CLEANUP(buf_free) struct buf path = { 0 };

	add_path(t, object, &path);
	add_step(&path, name, (uint32_t)strlen(name));
	return arena_copy(arena, path.data, path.len);
}

uint32_t json_member(const struct json_text *t, uint32_t object, const char *name)
{
	for (uint32_t c = object + 1; c < t->nodes[object].next; c = t->nodes[c].next) {
		if (strcmp(t->nodes[c].value->string, name) == 0)
			return c;
	}
	return JSON_NONE;
}

const char *json_what(const struct json_text *t, uint32_t node, struct arena *arena)
{
	const struct json_node *n = &t->nodes[node];
	uint32_t len = n->end - n->start;
	const cJSON *v = n->value;

	if (cJSON_IsObject(v))
		return "an object";
	if (cJSON_IsArray(v))
		return "an array";
	if (cJSON_IsString(v))
		return "a string";
	return arena_printf(arena, "%s%.*s%s", cJSON_IsNumber(v) ? "the number " : "",
			    (int)(len < KEY_SHOWN_MAX ? len : KEY_SHOWN_MAX), t->text + n->start,
			    len > KEY_SHOWN_MAX ? "..." : "");
}

bool json_has_nul(const struct json_text *t, uint32_t node)
{
	const struct json_node *n = &t->nodes[node];
	uint32_t at = n->start + 1;
	char bytes[4];
	size_t len;

	if (!memmem(t->text + n->start, n->end - n->start, "\\u0000", 6))
		return false;
	while ((len = json_character(t, node, &at, bytes)) > 0) {
		if (len == 1 && bytes[0] == '\0')
			return true;
	}
	return false;
}

static size_t encode(uint32_t c, char bytes[4])
{
	if (c < 0x80) {
		bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		bytes[0] = (char)(0xc0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		bytes[0] = (char)(0xe0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | c >> 18);
	bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t json_character(const struct json_text *t, uint32_t node, uint32_t *at, char bytes[4])
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	uint32_t end = t->nodes[node].end - 1; /* the closing quote */
	uint32_t c;

	if (*at >= end)
		return 0;
	if (t->text[*at] != '\\') {
		size_t n = utf8_step(t->text + *at, end - *at);

		memcpy(bytes, t->text + *at, n);
		*at += (uint32_t)n;
		return n;
	}
	if (t->text[*at + 1] != 'u') {
		bytes[0] = meant[strchr(letters, t->text[*at + 1]) - letters];
		*at += 2;
		return 1;
	}
	c = (uint32_t)unit_at(t, *at + 2);
	*at += 6;
	if ((c & 0xfc00) == 0xd800) {
		c = 0x10000 + ((c & 0x3ff) << 10 | ((uint32_t)unit_at(t, *at + 2) & 0x3ff));
		*at += 6;
	}
	return encode(c, bytes);
}

bool json_add_string(struct buf *out, const void *bytes, size_t len)
{
	const char *s = bytes;
	size_t before = out->len;

	buf_byte(out, '"');
	while (len) {
		size_t n = utf8_length(s, len);
		unsigned char c = (unsigned char)*s;

		if (n == 0) {
			out->len = before;
			return false;
		}
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n' || c == '\t')
			buf_str(out, c == '\n' ? "\\n" : "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_add(out, s, n);
		s += n;
		len -= n;
	}
	buf_byte(out, '"');
	return true;
}

/*
 * Places and names as the Language Server Protocol has them: lines and UTF-16 characters, URIs.
 */
#include "cmd/spolc_lsp.h"

#include "base/check.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define STEP 1024u /* bytes between two places whose characters are counted beforehand */

/* starts[n] are the bytes that lines begin with; units[k] the characters before byte k * STEP. */
struct lsp_lines {
	const char *text;
	uint32_t len;
	bool utf8;
	uint32_t *starts;
	size_t n, room;
	uint32_t *units;
};

/* What a byte adds to the characters of its line: a character counts where it begins. */
static unsigned unit(char c, bool utf8)
{
	unsigned char b = (unsigned char)c;

	if (utf8)
		return 1;
	if ((b & 0xc0) == 0x80)
		return 0;
	return b >= 0xf0 ? 2 : 1;
}

static void add_line(struct lsp_lines *l, uint32_t start)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->starts = xrealloc(l->starts, l->room, sizeof(*l->starts));
	}
	l->starts[l->n++] = start;
}

/* A line ends with LF, CR LF or CR. */
static bool ends_line(const char *text, size_t len, size_t at)
{
	return text[at] == '\n' || (text[at] == '\r' && (at + 1 == len || text[at + 1] != '\n'));
}

struct lsp_lines *lsp_lines_new(const char *text, size_t len, bool utf8)
{
	struct lsp_lines *l = xcalloc(1, sizeof(*l));
	uint32_t count = 0;

	l->text = text;
	l->len = (uint32_t)len;
	l->utf8 = utf8;
	l->units = xcalloc(len / STEP + 1, sizeof(*l->units));
	add_line(l, 0);
	for (uint32_t i = 0; i < l->len; i++) {
		if (i % STEP == 0)
			l->units[i / STEP] = count;
		count += unit(text[i], utf8);
		if (ends_line(text, len, i))
			add_line(l, i + 1);
	}
	if (l->len % STEP == 0)
		l->units[l->len / STEP] = count;
	return l;
}

void lsp_lines_free(struct lsp_lines *l)
{
	if (!l)
		return;
	free(l->starts);
	free(l->units);
	free(l);
}

static uint32_t units_before(const struct lsp_lines *l, uint32_t offset)
{
	uint32_t n = l->units[offset / STEP];

	for (uint32_t i = offset - offset % STEP; i < offset; i++)
		n += unit(l->text[i], l->utf8);
	return n;
}

static cJSON *position(const struct lsp_lines *l, uint32_t offset)
{
	cJSON *json = cJSON_CreateObject();
	size_t low = 0, high = l->n;

	if (offset > l->len)
		offset = l->len;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (l->starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	cJSON_AddNumberToObject(json, "line", (double)low);
	cJSON_AddNumberToObject(json, "character", units_before(l, offset) - units_before(l, l->starts[low]));
	return json;
}

cJSON *lsp_range(const struct lsp_lines *l, uint32_t start, uint32_t end)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddItemToObject(json, "start", position(l, start));
	cJSON_AddItemToObject(json, "end", position(l, end > start ? end : start));
	return json;
}

uint32_t lsp_offset(const char *text, size_t len, bool utf8, uint32_t line, uint32_t character)
{
	size_t at = 0;
	uint32_t units = 0;

	for (; line > 0 && at < len; at++)
		line -= ends_line(text, len, at);
	while (line == 0 && at < len && text[at] != '\n' && text[at] != '\r') {
		size_t step = utf8_step(text + at, len - at);
		uint32_t more = utf8 ? (uint32_t)step : unit(text[at], false);

		if (units + more > character)
			break;
		units += more;
		at += step;
	}
	return (uint32_t)at;
}

static bool read_count(const cJSON *json, uint32_t *out)
{
	/* the protocol's numbers go up to 2^31 - 1 */
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= 0) || json->valuedouble > INT32_MAX)
		return false;
	*out = (uint32_t)json->valuedouble;
	return true;
}

bool lsp_read_position(const cJSON *json, uint32_t *line, uint32_t *character)
{
	return read_count(cJSON_GetObjectItemCaseSensitive(json, "line"), line) &&
	       read_count(cJSON_GetObjectItemCaseSensitive(json, "character"), character);
}

/* ---- names ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *lsp_path(const char *uri)
{
	static const char scheme[] = "file://";
	const char *s = uri;
	char *path, *out;

	if (*uri == '\0')
		return NULL;
	if (strncmp(uri, scheme, sizeof(scheme) - 1) != 0)
		return xstrdup(uri);
	s += sizeof(scheme) - 1;
	if (strncmp(s, "localhost/", 10) == 0)
		s += 9;
	if (*s != '/')
		return NULL; /* a file of another host */
	path = out = xcalloc(strlen(s) + 1, 1);
	while (*s) {
		int high = *s == '%' ? hex(s[1]) : -1, low = high >= 0 ? hex(s[2]) : -1;

		if (high < 0 || low < 0) {
			*out++ = *s++;
			continue;
		}
		if (high == 0 && low == 0) {
			free(path);
			return NULL;
		}
		*out++ = (char)(high * 16 + low);
		s += 3;
	}
	return path;
}

const char *lsp_file_uri(const char *path, struct arena *arena)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	CLEANUP(buf_free) struct buf b = { 0 };

	buf_str(&b, "file://");
	for (; *path; path++) {
		if (strchr(plain, *path))
			buf_byte(&b, (uint8_t)*path);
		else
			buf_printf(&b, "%%%02X", (unsigned char)*path);
	}
	return arena_strdup(arena, buf_cstr(&b));
}

cJSON *lsp_text(const char *s)
{
	CLEANUP(buf_free) struct buf clean = { 0 };
	size_t len = strlen(s);
	cJSON *json;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_length(s + i, len - i);

		if (n)
			buf_add(&clean, s + i, n);
		else
			buf_printf(&clean, "\\x%02x", (unsigned char)s[i]);
		i += n ? n : 1;
	}
	json = cJSON_CreateString(buf_cstr(&clean));
	INVARIANT(json != NULL);
	return json;
}

struct lsp_lines *lsp_source_lines(const struct diags *d, uint32_t source, bool utf8, struct lsp_lines **lines)
{
	if (!lines[source]) {
		const struct source_text *s = diags_get_source(d, source);

		lines[source] = lsp_lines_new(s->text, s->len, utf8);
	}
	return lines[source];
}

/*
 * Framing of JSON-RPC messages: bytes in any pieces to bodies, and bodies to bytes.
 */
#include "cmd/spolc_rpc.h"

#include "base/attr.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CHUNK    ((size_t)64 << 10)
#define KEEP_MAX ((size_t)1 << 20) /* an empty buffer that is larger is given back */

void rpc_in_free(struct rpc_in *in)
{
	buf_free(&in->bytes);
	*in = (struct rpc_in){ 0 };
}

/* Forgets what was taken, so that the buffer holds no more than a message and a chunk. */
static void compact(struct rpc_in *in)
{
	size_t left = in->bytes.len - in->pos;

	if (in->pos == 0)
		return;
	if (left == 0 && in->bytes.room > KEEP_MAX) {
		buf_free(&in->bytes);
	} else {
		memmove(in->bytes.data, in->bytes.data + in->pos, left);
		in->bytes.len = left;
	}
	in->pos = 0;
}

void rpc_feed(struct rpc_in *in, const void *data, size_t len)
{
	const char *bytes = data;

	in->pos += in->taken;
	in->taken = 0;
	if (in->skip) {
		size_t n = len < in->skip ? len : (size_t)in->skip;

		in->skip -= n;
		bytes += n;
		len -= n;
	}
	compact(in);
	if (len)
		buf_add(&in->bytes, bytes, len);
}

int rpc_fill(struct rpc_in *in, int fd, bool wait)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char chunk[CHUNK];
	ssize_t n;
	int ready;

	do {
		ready = poll(&p, 1, wait ? -1 : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		return 0;
	do {
		n = read(fd, chunk, sizeof(chunk));
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	rpc_feed(in, chunk, (size_t)n);
	return 1;
}

/* A header's value as a number: digits and white space around them.  false: it is none, or not below 2^63. */
static bool number(const char *s, const char *end, uint64_t *out)
{
	uint64_t n = 0;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	if (s == end)
		return false;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9' || n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*out = n;
	return true;
}

/* 1: the headers are complete, *len is the body's length and *size theirs; 0: they are not; -1: they are none. */
static int headers(const char *s, size_t have, uint64_t *len, size_t *size)
{
	static const char name[] = "content-length:";
	const char *line = s, *end = s + have;
	bool known = false;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		uint64_t n;

		if (!newline)
			break;
		if ((size_t)(newline - s) >= RPC_HEADER_MAX)
			return -1;
		if (newline == line || (newline == line + 1 && *line == '\r')) {
			*size = (size_t)(newline + 1 - s);
			return known ? 1 : -1;
		}
		if (!memchr(line, ':', (size_t)(newline - line)))
			return -1;
		if ((size_t)(newline - line) >= sizeof(name) - 1 && strncasecmp(line, name, sizeof(name) - 1) == 0) {
			if (!number(line + sizeof(name) - 1, newline, &n) || (known && n != *len))
				return -1;
			known = true;
			*len = n;
		}
		line = newline + 1;
	}
	return have >= RPC_HEADER_MAX ? -1 : 0;
}

enum rpc_found rpc_next(struct rpc_in *in, const char **body, uint64_t *len)
{
	const char *start;
	size_t have, size = 0;
	int r;

	in->pos += in->taken;
	in->taken = 0;
	if (in->skip || in->pos == in->bytes.len)
		return RPC_NOTHING;
	start = (const char *)in->bytes.data + in->pos;
	have = in->bytes.len - in->pos;
	r = headers(start, have, len, &size);
	if (r < 0)
		return RPC_BROKEN;
	if (r == 0)
		return RPC_NOTHING;
	if (*len > RPC_MESSAGE_MAX) {
		size_t here = have - size < *len ? have - size : (size_t)*len;

		in->skip = *len - here;
		in->taken = size + here;
		return RPC_TOO_LARGE;
	}
	if (have - size < *len)
		return RPC_NOTHING;
	*body = start + size;
	in->taken = size + (size_t)*len;
	return RPC_BODY;
}

void rpc_frame(struct buf *out, const char *body, size_t len)
{
	buf_printf(out, "Content-Length: %zu\r\n\r\n", len);
	buf_add(out, body, len);
}

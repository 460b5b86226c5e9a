/*
 * Fuzz target: the language server.  An input that begins with an even byte is messages, a line each; one that begins
 * with an odd byte is a document, about which everything is asked at places that the bytes behind it choose.  Beside
 * memory errors it looks for output that is no message.
 */
#include "base/check.h"
#include "cmd/spolc_lsp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX     64
#define VARIANTS_MAX 3u

/* A schema of a few calls of every shape: all of them would make each run twenty times as long. */
static struct abi_schema *small_schema(void)
{
	static const char *const names[] = { "dup2",   "fcntl",  "ioctl", "open",    "poll", "read",
					     "signal", "socket", "stat",  "sysinfo", "write" };
	static struct abi_row rows[ROWS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < abi_nrows; i++) {
		size_t same = 0;

		while (same < n && strcmp(rows[n - 1 - same].name, abi_rows[i].name) == 0)
			same++;
		for (size_t k = 0; k < ARRAY_LEN(names) && same <= VARIANTS_MAX && n < ROWS_MAX; k++) {
			if (strcmp(names[k], abi_rows[i].name) == 0)
				rows[n++] = abi_rows[i];
		}
	}
	INVARIANT(n > ARRAY_LEN(names));
	return abi_schema_new_from(ARCH_X86_64, rows, n);
}

static struct abi_schema *schema;

/* Every answer is framed JSON with what the protocol asks for. */
static void check_output(struct lsp *l)
{
	struct rpc_in in = { 0 };
	enum rpc_found found;
	const char *body;
	uint64_t len;

	rpc_feed(&in, l->out.data, l->out.len);
	while ((found = rpc_next(&in, &body, &len)) == RPC_BODY) {
		cJSON *message = cJSON_ParseWithLength(body, (size_t)len);

		INVARIANT(cJSON_IsObject(message));
		INVARIANT(cJSON_HasObjectItem(message, "method") || cJSON_HasObjectItem(message, "result") ||
			  cJSON_HasObjectItem(message, "error"));
		cJSON_Delete(message);
	}
	INVARIANT(found == RPC_NOTHING && in.pos == in.bytes.len);
	rpc_in_free(&in);
	buf_clear(&l->out);
}

/* By way of the framing, in two pieces. */
static void push(struct lsp *l, const char *body, size_t len)
{
	struct rpc_in in = { 0 };
	struct buf framed = { 0 };
	const char *taken;
	uint64_t taken_len;

	rpc_frame(&framed, body, len);
	rpc_feed(&in, framed.data, framed.len / 2);
	rpc_feed(&in, framed.data + framed.len / 2, framed.len - framed.len / 2);
	INVARIANT(rpc_next(&in, &taken, &taken_len) == RPC_BODY && taken_len == len);
	lsp_push(l, taken, (size_t)taken_len);
	rpc_in_free(&in);
	buf_free(&framed);
}

static void push_json(struct lsp *l, cJSON *message)
{
	char *text = cJSON_PrintUnformatted(message);

	INVARIANT(text != NULL);
	push(l, text, strlen(text));
	cJSON_free(text);
	cJSON_Delete(message);
}

static void push_text(struct lsp *l, const char *text)
{
	push(l, text, strlen(text));
}

static void settle(struct lsp *l)
{
	while (lsp_step(l))
		check_output(l);
	lsp_idle(l);
	check_output(l);
}

static cJSON *message_about(const char *method, bool is_request, cJSON **params)
{
	cJSON *message = cJSON_CreateObject(), *document;

	cJSON_AddStringToObject(message, "method", method);
	if (is_request)
		cJSON_AddNumberToObject(message, "id", 7);
	*params = cJSON_AddObjectToObject(message, "params");
	document = cJSON_AddObjectToObject(*params, "textDocument");
	cJSON_AddStringToObject(document, "uri", "file:///nowhere/at/all.spol");
	return message;
}

static void add_position(cJSON *to, const char *name, unsigned line, unsigned character)
{
	cJSON *position = cJSON_AddObjectToObject(to, name);

	cJSON_AddNumberToObject(position, "line", line);
	cJSON_AddNumberToObject(position, "character", character);
}

static void ask_everything(struct lsp *l, unsigned line, unsigned character)
{
	static const char *const methods[] = {
		"textDocument/hover",          "textDocument/completion", "textDocument/definition",
		"textDocument/references",     "textDocument/rename",     "textDocument/prepareRename",
		"textDocument/documentSymbol", "textDocument/codeAction", "textDocument/formatting",
	};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		cJSON *params, *message = message_about(methods[i], true, &params), *range;

		add_position(params, "position", line, character);
		cJSON_AddStringToObject(params, "newName", "OTHER");
		range = cJSON_AddObjectToObject(params, "range");
		add_position(range, "start", 0, 0);
		add_position(range, "end", line, character);
		push_json(l, message);
	}
}

static void run_document(struct lsp *l, const uint8_t *data, size_t size)
{
	cJSON *params, *message, *change, *range;
	char *text;

	if (size < 4 || memchr(data + 4, 0, size - 4)) /* a JSON string of ours ends at a NUL */
		return;
	text = strndup((const char *)data + 4, size - 4);
	message = message_about("textDocument/didOpen", false, &params);
	cJSON_AddStringToObject(cJSON_GetObjectItem(params, "textDocument"), "text", text);
	push_json(l, message);
	settle(l);
	ask_everything(l, data[0], data[1]);
	ask_everything(l, data[2] % 8, data[3]);
	message = message_about("textDocument/didChange", false, &params);
	change = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "contentChanges"), change);
	range = cJSON_AddObjectToObject(change, "range");
	add_position(range, "start", data[2] % 8, data[1]);
	add_position(range, "end", data[2] % 8 + data[0] % 2, data[3]);
	cJSON_AddStringToObject(change, "text", "let A = re");
	push_json(l, message);
	ask_everything(l, data[2] % 8, data[1] + 10u);
	settle(l);
	free(text);
}

static void run_messages(struct lsp *l, const uint8_t *data, size_t size)
{
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;

		push(l, (const char *)data, len);
		if (len % 2)
			settle(l);
		data += len;
		size -= len;
		if (size) {
			data++;
			size--;
		}
	}
	settle(l);
}

/* Bytes as they come: whatever they are, the framing ends. */
static void run_framing(const uint8_t *data, size_t size)
{
	struct rpc_in in = { 0 };
	const char *body;
	uint64_t len;

	for (size_t i = 0; i < size;) {
		size_t n = 1 + data[i] % 64;
		enum rpc_found found;

		n = n < size - i ? n : size - i;
		rpc_feed(&in, data + i, n);
		i += n;
		while ((found = rpc_next(&in, &body, &len)) == RPC_BODY || found == RPC_TOO_LARGE)
			INVARIANT(found == RPC_TOO_LARGE || len <= size);
		if (found == RPC_BROKEN)
			break;
	}
	rpc_in_free(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spolc_job job = { .format = SPOLC_TEXT };
	struct lsp l;

	if (size == 0)
		return 0;
	if (!schema)
		schema = small_schema();
	job.spol.schema = schema;
	lsp_begin(&l, &job);
	push_text(&l, data[0] & 2 ? "{\"id\":1,\"method\":\"initialize\",\"params\":{\"capabilities\":{\"general\":"
				    "{\"positionEncodings\":[\"utf-8\"]}}}}"
				  : "{\"id\":1,\"method\":\"initialize\"}");
	settle(&l);
	if (data[0] & 1) {
		run_document(&l, data + 1, size - 1);
	} else {
		run_framing(data + 1, size - 1);
		run_messages(&l, data + 1, size - 1);
	}
	lsp_end(&l);
	return 0;
}

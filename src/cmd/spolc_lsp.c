/*
 * The conversation of the language server - who may say what when - and the tables of what it understands.  Messages go
 * in and out of memory; spolc_lsp_loop.c has the descriptors.
 */
#include "cmd/spolc_lsp.h"

#include "base/check.h"
#include "config.h"

#include <stdlib.h>
#include <string.h>

/* ---- messages out ---- */

static void send(struct lsp *l, cJSON *message)
{
	char *text;

	cJSON_AddStringToObject(message, "jsonrpc", "2.0");
	text = cJSON_PrintUnformatted(message);
	INVARIANT(text != NULL);
	rpc_frame(&l->out, text, strlen(text));
	cJSON_free(text);
	cJSON_Delete(message);
}

void lsp_notify(struct lsp *l, const char *method, cJSON *params)
{
	cJSON *message = cJSON_CreateObject();

	cJSON_AddStringToObject(message, "method", method);
	cJSON_AddItemToObject(message, "params", params);
	send(l, message);
}

void lsp_show(struct lsp *l, const char *text)
{
	cJSON *params = cJSON_CreateObject();

	cJSON_AddNumberToObject(params, "type", 1);
	cJSON_AddItemToObject(params, "message", lsp_text(text));
	lsp_notify(l, "window/showMessage", params);
}

static cJSON *new_response(const cJSON *id)
{
	cJSON *message = cJSON_CreateObject();

	cJSON_AddItemToObject(message, "id", id ? cJSON_Duplicate(id, false) : cJSON_CreateNull());
	return message;
}

void lsp_send_error(struct lsp *l, const cJSON *id, enum lsp_error code, const char *text)
{
	cJSON *message = new_response(id), *error = cJSON_AddObjectToObject(message, "error");

	cJSON_AddNumberToObject(error, "code", code);
	cJSON_AddItemToObject(error, "message", lsp_text(text));
	send(l, message);
}

static void send_answer(struct lsp *l, const cJSON *id, const struct lsp_answer *a)
{
	cJSON *message;

	if (a->error) {
		cJSON_Delete(a->result);
		lsp_send_error(l, id, a->error, a->text);
		return;
	}
	message = new_response(id);
	cJSON_AddItemToObject(message, "result", a->result ? a->result : cJSON_CreateNull());
	send(l, message);
}

/* ---- the beginning and the end ---- */

static const char *const triggers[] = { "%", ".", "(", "|", "\"", "{" };

static cJSON *capabilities(const struct lsp *l)
{
	cJSON *c = cJSON_CreateObject(), *o;

	cJSON_AddStringToObject(c, "positionEncoding", l->utf8 ? "utf-8" : "utf-16");
	o = cJSON_AddObjectToObject(c, "textDocumentSync");
	cJSON_AddTrueToObject(o, "openClose");
	cJSON_AddNumberToObject(o, "change", 2); /* incremental */
	cJSON_AddTrueToObject(o, "save");
	cJSON_AddTrueToObject(c, "hoverProvider");
	o = cJSON_AddObjectToObject(c, "completionProvider");
	cJSON_AddItemToObject(o, "triggerCharacters", cJSON_CreateStringArray(triggers, ARRAY_LEN(triggers)));
	cJSON_AddTrueToObject(c, "definitionProvider");
	cJSON_AddTrueToObject(c, "referencesProvider");
	cJSON_AddTrueToObject(c, "documentSymbolProvider");
	cJSON_AddTrueToObject(c, "documentFormattingProvider");
	o = cJSON_AddObjectToObject(c, "renameProvider");
	cJSON_AddTrueToObject(o, "prepareProvider");
	o = cJSON_AddObjectToObject(c, "codeActionProvider");
	cJSON_AddItemToObject(o, "codeActionKinds", cJSON_CreateStringArray((const char *const[]){ "quickfix" }, 1));
	return c;
}

static struct lsp_answer initialize(struct lsp *l, const cJSON *params)
{
	const cJSON *client = cJSON_GetObjectItemCaseSensitive(params, "capabilities");
	const cJSON *general = cJSON_GetObjectItemCaseSensitive(client, "general"), *encoding;
	cJSON *result, *info;

	if (l->state != LSP_NEW)
		return (struct lsp_answer){ .error = LSP_INVALID_REQUEST, .text = "initialize was sent already" };
	cJSON_ArrayForEach(encoding, cJSON_GetObjectItemCaseSensitive(general, "positionEncodings"))
	{
		l->utf8 = l->utf8 || (cJSON_IsString(encoding) && strcmp(encoding->valuestring, "utf-8") == 0);
	}
	l->state = LSP_RUNNING;
	result = cJSON_CreateObject();
	cJSON_AddItemToObject(result, "capabilities", capabilities(l));
	info = cJSON_AddObjectToObject(result, "serverInfo");
	cJSON_AddStringToObject(info, "name", "spolc");
	cJSON_AddStringToObject(info, "version", PACKAGE_VERSION);
	return (struct lsp_answer){ .result = result };
}

static struct lsp_answer shut_down(struct lsp *l, const cJSON *params)
{
	(void)params;
	l->state = LSP_SHUT_DOWN;
	return (struct lsp_answer){ 0 };
}

static void nothing(struct lsp *l, const cJSON *params)
{
	(void)l;
	(void)params;
}

static void files_changed(struct lsp *l, const cJSON *params)
{
	(void)params;
	lsp_files_changed(l);
}

/* ---- what is understood ---- */

static const struct request {
	const char *method;
	struct lsp_answer (*answer)(struct lsp *l, const cJSON *params);
} requests[] = {
	{ "initialize", initialize },
	{ "shutdown", shut_down },
	{ "textDocument/hover", lsp_hover },
	{ "textDocument/completion", lsp_completion },
	{ "textDocument/definition", lsp_definition },
	{ "textDocument/references", lsp_references },
	{ "textDocument/prepareRename", lsp_prepare_rename },
	{ "textDocument/rename", lsp_rename },
	{ "textDocument/documentSymbol", lsp_symbols },
	{ "textDocument/formatting", lsp_formatting },
	{ "textDocument/codeAction", lsp_actions },
};

static const struct notification {
	const char *method;
	void (*act)(struct lsp *l, const cJSON *params);
} notifications[] = {
	{ "initialized", nothing },
	{ "textDocument/didOpen", lsp_did_open },
	{ "textDocument/didChange", lsp_did_change },
	{ "textDocument/didSave", files_changed },
	{ "textDocument/didClose", lsp_did_close },
	{ "workspace/didChangeWatchedFiles", files_changed },
};

static void handle_request(struct lsp *l, const cJSON *id, const char *method, const cJSON *params)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct lsp_answer a;

		if (strcmp(requests[i].method, method) != 0)
			continue;
		a = requests[i].answer(l, params);
		send_answer(l, id, &a);
		return;
	}
	lsp_send_error(l, id, LSP_NO_METHOD, "no such method");
}

static void handle_notification(struct lsp *l, const char *method, const cJSON *params)
{
	if (strcmp(method, "exit") == 0) {
		l->status = l->state == LSP_SHUT_DOWN ? 0 : 1;
		l->state = LSP_ENDED;
		return;
	}
	if (l->state != LSP_RUNNING)
		return; /* as the protocol says: dropped before initialize and after shutdown */
	for (size_t i = 0; i < ARRAY_LEN(notifications); i++) {
		if (strcmp(notifications[i].method, method) == 0)
			notifications[i].act(l, params);
	}
}

static void handle(struct lsp *l, const struct lsp_waiting *w)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(w->message, "id");
	const cJSON *params = cJSON_GetObjectItemCaseSensitive(w->message, "params");
	const char *method = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(w->message, "method"));

	if (!cJSON_IsObject(w->message) || (id && !cJSON_IsNumber(id) && !cJSON_IsString(id))) {
		lsp_send_error(l, NULL, LSP_INVALID_REQUEST, "a message is an object, its id a number or a string");
		return;
	}
	if (!method) {
		/* an answer: nothing was asked, but no harm is done */
		if (!cJSON_HasObjectItem(w->message, "result") && !cJSON_HasObjectItem(w->message, "error"))
			lsp_send_error(l, id, LSP_INVALID_REQUEST, "a message without method");
		return;
	}
	if (!id)
		handle_notification(l, method, params);
	else if (w->cancelled)
		lsp_send_error(l, id, LSP_CANCELLED, "cancelled");
	else if (l->state == LSP_SHUT_DOWN)
		lsp_send_error(l, id, LSP_INVALID_REQUEST, "the server was shut down");
	else if (l->state == LSP_NEW && strcmp(method, "initialize") != 0)
		lsp_send_error(l, id, LSP_NOT_INITIALIZED, "initialize comes first");
	else
		handle_request(l, id, method, params);
}

/* ---- the queue ---- */

/* Commas and brackets outside of strings: at least the number of values, before memory is spent on them. */
static size_t count_values(const char *body, size_t len)
{
	size_t n = 1;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (in_string && body[i] == '\\')
			i++;
		else if (body[i] == '"')
			in_string = !in_string;
		else if (!in_string)
			n += body[i] == ',' || body[i] == '[' || body[i] == '{';
	}
	return n;
}

static void cancel(struct lsp *l, const cJSON *id)
{
	for (struct lsp_waiting *w = l->queue; w && id; w = w->next) {
		if (cJSON_Compare(cJSON_GetObjectItemCaseSensitive(w->message, "id"), id, true))
			w->cancelled = true;
	}
}

void lsp_push(struct lsp *l, const char *body, size_t len)
{
	size_t values = count_values(body, len);
	struct lsp_waiting *w;
	const char *method;
	cJSON *message;

	if (values > LSP_VALUES_MAX) {
		lsp_send_error(l, NULL, LSP_INVALID_REQUEST, "a message of too many values");
		return;
	}
	message = cJSON_ParseWithLength(body, len);
	if (!message) {
		lsp_send_error(l, NULL, LSP_PARSE, "this is no JSON");
		return;
	}
	method = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(message, "method"));
	if (method && strcmp(method, "$/cancelRequest") == 0) {
		cancel(l, cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(message, "params"), "id"));
		cJSON_Delete(message);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->message = message;
	w->cost = len + values * sizeof(cJSON);
	l->queue_cost += w->cost;
	*l->queue_end = w;
	l->queue_end = &w->next;
}

static struct lsp_waiting *pop(struct lsp *l)
{
	struct lsp_waiting *w = l->queue;

	if (!w)
		return NULL;
	l->queue = w->next;
	if (!l->queue)
		l->queue_end = &l->queue;
	l->queue_cost -= w->cost;
	return w;
}

static void free_waiting(struct lsp_waiting *w)
{
	cJSON_Delete(w->message);
	free(w);
}

bool lsp_step(struct lsp *l)
{
	struct lsp_waiting *w = l->state == LSP_ENDED ? NULL : pop(l);

	if (!w)
		return false;
	handle(l, w);
	free_waiting(w);
	return true;
}

void lsp_idle(struct lsp *l)
{
	if (l->state == LSP_RUNNING)
		lsp_publish(l);
}

void lsp_begin(struct lsp *l, const struct spolc_job *job)
{
	*l = (struct lsp){ .job = job };
	l->queue_end = &l->queue;
}

void lsp_end(struct lsp *l)
{
	struct lsp_waiting *w;

	while ((w = pop(l)) != NULL)
		free_waiting(w);
	lsp_forget_documents(l);
	buf_free(&l->out);
}

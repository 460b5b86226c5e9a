/*
 * The language server: what its files share.  spolc_lsp.c is the conversation, _loop.c its way in and out, _docs.c the
 * open documents and their findings, _text.c places and names as the protocol has them, _answers.c what is asked about a
 * place, _names.c what is asked about a name.
 */
#ifndef CMD_SPOLC_LSP_H
#define CMD_SPOLC_LSP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "cmd/spolc.h"
#include "cmd/spolc_rpc.h"
#include "spol/editor.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LSP_DOCUMENTS_MAX 256u
#define LSP_TEXTS_MAX	  ((size_t)64 << 20) /* bytes of all open documents */
#define LSP_VALUES_MAX	  200000u	     /* JSON values in a message */
#define LSP_QUEUE_MAX	  ((size_t)48 << 20) /* bytes that messages that wait take; beyond it none is read */

/* Errors of the protocol. */
enum lsp_error {
	LSP_PARSE = -32700,
	LSP_INVALID_REQUEST = -32600,
	LSP_NO_METHOD = -32601,
	LSP_INVALID_PARAMS = -32602,
	LSP_NOT_INITIALIZED = -32002,
	LSP_FAILED = -32803,
	LSP_CANCELLED = -32800,
};

/* An open document. */
struct lsp_document {
	struct lsp_document *next;
	char *uri;  /* as the client names it */
	char *path; /* the file that it means, or the URI where that means none */
	char *real; /* path without links, or path */
	struct buf text;
	bool has_version;
	double version;
	bool changed; /* by the client since its findings were published */
	bool dirty; /* its findings are not those of what is open now */
	struct strmap *files; /* URIs of the files that its analysis read; NULL: not known yet */
	cJSON *findings; /* by URI: arrays of diagnostics, what the document's analysis found in each file */
};

/* What was published for a file last. */
struct lsp_published {
	struct lsp_published *next;
	char *uri;
	char *text; /* the diagnostics as JSON */
	bool keep;  /* met in this round */
};

/* A message that waits. */
struct lsp_waiting {
	struct lsp_waiting *next;
	cJSON *message;
	size_t cost;
	bool cancelled;
};

enum lsp_state { LSP_NEW, LSP_RUNNING, LSP_SHUT_DOWN, LSP_ENDED };

struct lsp {
	const struct spolc_job *job;
	struct buf out; /* messages to the client, framed */
	enum lsp_state state;
	int status; /* to exit with, once ENDED */
	bool utf8;  /* characters of positions are bytes, not UTF-16 units */
	struct lsp_document *documents;
	unsigned ndocuments;
	size_t texts; /* bytes of all documents */
	struct lsp_published *published;
	struct lsp_waiting *queue, **queue_end;
	size_t queue_cost;
	/* The analysis that was made last, of one document; NULL: there is none that is true. */
	struct spol_editor *editor;
	const struct lsp_document *editor_of;
	struct spol_options options;
	struct spol_open_file *open; /* what options.open points to */
};

/* spolc_lsp.c */
void lsp_begin(struct lsp *l, const struct spolc_job *job);
void lsp_end(struct lsp *l);
/* A message came in: it waits, or cancels one that does. */
void lsp_push(struct lsp *l, const char *body, size_t len);
/* Handles the message that waits longest.  false: none does. */
bool lsp_step(struct lsp *l);
/* Nothing waits: tells what was found in documents that changed. */
void lsp_idle(struct lsp *l);
/* Sends an error that answers no request that is known. */
void lsp_send_error(struct lsp *l, const cJSON *id, enum lsp_error code, const char *text);
/* Takes params. */
void lsp_notify(struct lsp *l, const char *method, cJSON *params);
/* Tells the user something: window/showMessage, as an error. */
void lsp_show(struct lsp *l, const char *text);

/* The answer to a request: a result (NULL: null), or an error with its text. */
struct lsp_answer {
	cJSON *result;
	enum lsp_error error; /* 0: none */
	const char *text;
};

/* spolc_lsp_docs.c */
void lsp_did_open(struct lsp *l, const cJSON *params);
void lsp_did_change(struct lsp *l, const cJSON *params);
void lsp_did_close(struct lsp *l, const cJSON *params);
void lsp_files_changed(struct lsp *l);
/* The open document of params.textDocument.uri, or NULL. */
struct lsp_document *lsp_document_of(struct lsp *l, const cJSON *params);
/* Its analysis, lent until a document changes or another one is asked for.  NULL: there can be none. */
struct spol_editor *lsp_analysis(struct lsp *l, struct lsp_document *d);
void lsp_publish(struct lsp *l);
void lsp_forget_documents(struct lsp *l);
/* The URI of a file by path: as a client named it, where it is open.  In arena. */
const char *lsp_uri(struct lsp *l, const char *path, struct arena *arena);
/* A finding as the protocol has it; text is the place of at in the source. */
struct lsp_lines;
cJSON *lsp_finding(struct lsp *l, const struct diags *sources, struct lsp_lines **lines, const struct diag *g,
		   struct arena *arena);

/* spolc_lsp_text.c */
/* Lines of a text, and from offsets to lines and characters. */
struct lsp_lines *lsp_lines_new(const char *text, size_t len, bool utf8);
void lsp_lines_free(struct lsp_lines *l);
/* {"start":{"line":..,"character":..},"end":{...}} */
cJSON *lsp_range(const struct lsp_lines *l, uint32_t start, uint32_t end);
/* The offset of a position; lines and characters beyond the end are cut. */
uint32_t lsp_offset(const char *text, size_t len, bool utf8, uint32_t line, uint32_t character);
/* {"line":..,"character":..}; false: it is no position. */
bool lsp_read_position(const cJSON *json, uint32_t *line, uint32_t *character);
/* The path of a file: URI; of any other one the URI itself.  NULL: it names nothing.  free(3) it. */
char *lsp_path(const char *uri);
/* "file:///..." of an absolute path, in arena. */
const char *lsp_file_uri(const char *path, struct arena *arena);
/* A JSON string; what is no UTF-8 is written as \xHH. */
cJSON *lsp_text(const char *s);
/* Lines of all sources of an analysis, made when first asked for: lines[source].  count: of sources. */
struct lsp_lines *lsp_source_lines(const struct diags *d, uint32_t source, bool utf8, struct lsp_lines **lines);

/* spolc_lsp_answers.c, spolc_lsp_names.c: the requests about a document */
struct lsp_answer lsp_hover(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_completion(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_definition(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_references(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_prepare_rename(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_rename(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_symbols(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_formatting(struct lsp *l, const cJSON *params);
struct lsp_answer lsp_actions(struct lsp *l, const cJSON *params);

/* The document, its analysis and an offset of it, as most requests name them. */
struct lsp_question {
	struct lsp_document *document;
	struct spol_editor *editor;
	uint32_t offset;
};
/* false: *a says what is wrong. */
bool lsp_ask(struct lsp *l, const cJSON *params, bool with_position, struct lsp_question *q, struct lsp_answer *a);

#endif

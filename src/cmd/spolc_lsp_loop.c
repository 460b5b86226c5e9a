/*
 * spolc --lsp: reads messages from standard input while there are any, has them handled, writes what is to be said.
 */
#include "cmd/spolc_lsp.h"

#include "base/fdio.h"
#include "cmd/common.h"

#include <signal.h>
#include <unistd.h>

#define OUT_MAX ((size_t)1 << 20) /* bytes that wait for the client; beyond it no message is read */

static bool has_room(const struct lsp *l)
{
	return l->queue_cost < LSP_QUEUE_MAX && l->out.len < OUT_MAX;
}

/* Puts complete messages into the queue, as long as it has room.  false: what follows cannot be understood. */
static bool take_messages(struct lsp *l, struct rpc_in *in)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	const char *body = "";
	uint64_t len = 0;

	while (has_room(l)) {
		switch (rpc_next(in, &body, &len)) {
		case RPC_NOTHING:
			return true;
		case RPC_BODY:
			lsp_push(l, body, (size_t)len);
			break;
		case RPC_TOO_LARGE:
			buf_printf(&text, "a message of %llu bytes: at most %zu are read", (unsigned long long)len,
				   RPC_MESSAGE_MAX);
			lsp_send_error(l, NULL, LSP_INVALID_REQUEST, buf_cstr(&text));
			buf_clear(&text);
			break;
		case RPC_BROKEN:
			lsp_send_error(l, NULL, LSP_PARSE, "headers that are none: Content-Length is missing");
			return false;
		}
	}
	return true;
}

static int flush(struct lsp *l, struct err *err)
{
	int r = fd_write_all(STDOUT_FILENO, l->out.data, l->out.len, "standard output", err);

	buf_free(&l->out);
	return r;
}

/* Reads, handles, answers; tells findings when nothing waits.  -1: *err IO, the client is gone. */
static int converse(struct lsp *l, struct rpc_in *in, struct err *err)
{
	bool sound = true, open = true;

	while (l->state != LSP_ENDED) {
		int r = 1;

		/* everything that is there is taken first: a request may have been cancelled, a text changed again */
		while (r > 0 && open && sound && has_room(l)) {
			r = rpc_fill(in, STDIN_FILENO, false);
			open = r >= 0;
			sound = take_messages(l, in);
		}
		if (!open && sound)
			sound = take_messages(l, in);
		if (lsp_step(l)) {
			if (flush(l, err) != 0)
				return -1;
			continue;
		}
		lsp_idle(l);
		if (flush(l, err) != 0)
			return -1;
		if (!open || !sound)
			break; /* without `exit` */
		open = rpc_fill(in, STDIN_FILENO, true) > 0;
		sound = take_messages(l, in);
	}
	return 0;
}

int spolc_lsp(const struct spolc_job *j, const char *path)
{
	struct rpc_in in = { 0 };
	struct err err = { 0 };
	struct lsp l;
	int status;

	(void)path;
	signal(SIGPIPE, SIG_IGN);
	lsp_begin(&l, j);
	l.status = STATUS_FINDINGS; /* of an end that was not announced */
	if (converse(&l, &in, &err) != 0)
		cmd_fail(j->args.tool, &err);
	status = l.status;
	lsp_end(&l);
	rpc_in_free(&in);
	return status;
}

/*
 * JSON-RPC messages on a pair of descriptors, framed as the Language Server Protocol does: headers, an empty line, a body
 * of Content-Length bytes.  What is in a body is no concern of this file.
 */
#ifndef CMD_SPOLC_RPC_H
#define CMD_SPOLC_RPC_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC_MESSAGE_MAX ((size_t)48 << 20) /* bytes of a body; larger ones are skipped */
#define RPC_HEADER_MAX	4096u		   /* bytes of all headers of a message */

/* What was read and not yet taken.  Zeroed it is empty; end with rpc_in_free(). */
struct rpc_in {
	struct buf bytes;
	size_t pos;	/* of bytes: where the next message begins */
	uint64_t skip;	/* bytes still to come of a body that is too large */
	size_t taken;	/* bytes of the message that was answered last; they go at the next call */
};

void rpc_in_free(struct rpc_in *in);
/* Adds bytes that came in; split in any way. */
void rpc_feed(struct rpc_in *in, const void *data, size_t len);
/*
 * Reads what is there from fd, at most 64 KiB; wait: until something is.  1: bytes came; 0: none are there now; -1: the
 * end, or an error that reading ends with.
 */
int rpc_fill(struct rpc_in *in, int fd, bool wait);

enum rpc_found {
	RPC_NOTHING,  /* the next message is not complete */
	RPC_BODY,     /* *body and *len: lent until the next call */
	RPC_TOO_LARGE, /* *len is the length that was announced; the body is skipped */
	RPC_BROKEN,   /* no headers of the protocol: where the next message begins cannot be known */
};
enum rpc_found rpc_next(struct rpc_in *in, const char **body, uint64_t *len);

/* Appends a message with this body. */
void rpc_frame(struct buf *out, const char *body, size_t len);

#endif

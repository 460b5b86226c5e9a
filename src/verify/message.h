/*
 * Messages of rules: templates with placeholders that a finding fills in.
 */
#ifndef VERIFY_MESSAGE_H
#define VERIFY_MESSAGE_H

#include "base/buf.h"

/* What the placeholders stand for; NULL is "". */
struct message_values {
	const char *syscall, *field, *recorded, *actual, *task, *path;
	uint64_t offset, event;
};

/* Appends the text with {syscall} {field} {recorded} {actual} {offset} {task} {event} {path} filled in; other braces stay. */
void message_expand(const char *text, const struct message_values *v, struct buf *out);

#endif

/*
 * JSON with places: cJSON has the values, and for each of them this file knows where it stands.  It reads the text by the
 * letter of RFC 8259, which cJSON does not, so that a mistake has a line and a column.
 */
#ifndef CMD_JSON_TEXT_H
#define CMD_JSON_TEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX	64u	  /* arrays and objects in one another */
#define JSON_VALUES_MAX 1000000u  /* in a text */
#define JSON_NONE	UINT32_MAX

/* A value.  Offsets are bytes of the text; a string's place includes its quotes. */
struct json_node {
	uint32_t start, end;
	uint32_t key_start, key_end; /* the name in front of it; equal: it has none */
	uint32_t parent;	     /* JSON_NONE: the whole text */
	uint32_t index;		     /* among the values of its parent */
	uint32_t next;		     /* the node behind this one and all that is in it */
	const cJSON *value;
};

struct json_text {
	const char *text; /* len bytes, lent */
	uint32_t len;
	uint32_t file; /* for spans */
	struct json_node *nodes; /* in the order of the text: a value's first child is the node behind it */
	uint32_t n;
	cJSON *root;
};

/*
 * Reads source number `file` of d, which has to be UTF-8.  false: it is no JSON, and one error says where and why.  A name that
 * an object has twice, or with a NUL in it, is an error, too, but the rest is read.  End with json_text_free() in every case.
 */
bool json_text_read(struct json_text *t, struct diags *d, uint32_t file);
void json_text_free(struct json_text *t);

/* The value's place, its name's, and what a message should point at: the name, or the value if it has none. */
struct span json_at(const struct json_text *t, uint32_t node);
struct span json_key_at(const struct json_text *t, uint32_t node);
/* "commands.cat.args[1]"; names that are no identifiers as commands["a b"].  Lent from arena. */
const char *json_path(const struct json_text *t, uint32_t node, struct arena *arena);
/* The path of a member that the object has not. */
const char *json_path_of(const struct json_text *t, uint32_t object, const char *name, struct arena *arena);
/* The member of an object, or JSON_NONE. */
uint32_t json_member(const struct json_text *t, uint32_t object, const char *name);
/* "the number 5", "a string", "true": what a value is, for messages.  Lent from arena. */
const char *json_what(const struct json_text *t, uint32_t node, struct arena *arena);
/* The string holds the character U+0000: cJSON's C string ends there. */
bool json_has_nul(const struct json_text *t, uint32_t node);
/*
 * The next character of a string as bytes of UTF-8.  *at: where it stands, for a start node's start + 1, and then where the
 * one behind it does.  How many bytes, 1 to 4; 0: the string's end.
 */
size_t json_character(const struct json_text *t, uint32_t node, uint32_t *at, char bytes[4]);
/* Appends bytes as a JSON string with its quotes.  false: they are not UTF-8, and nothing was appended. */
bool json_add_string(struct buf *out, const void *bytes, size_t len);

#endif

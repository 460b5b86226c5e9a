/*
 * config.json to a configuration: which keys there are, what each may be, and what of it is in effect.
 */
#include "cmd/config_file.h"

#include "base/check.h"
#include "cmd/json_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum object { CONFIG_IN_TOP, CONFIG_IN_COMMAND, CONFIG_IN_CONTAINER };

enum type { CONFIG_BOOL, CONFIG_TEXT, CONFIG_NUMBER, CONFIG_WORDS, CONFIG_DATA, CONFIG_OBJECT };

static const char *const type_words[] = {
	[CONFIG_BOOL] = "true or false",	    [CONFIG_TEXT] = "a string",	 [CONFIG_NUMBER] = "a whole number",
	[CONFIG_WORDS] = "an array of strings", [CONFIG_DATA] = "a string", [CONFIG_OBJECT] = "an object",
};

static const struct {
	const char *name;
	enum object in;
	enum type type;
} rows[] = {
#define CONFIG_KEY(id, object, name, type) [CONFIG_KEY_##id] = { #name, CONFIG_IN_##object, CONFIG_##type },
#include "cmd/config_keys.def"
};

#define UNKNOWN_MAX 100 /* unknown keys that are told: findings are limited, and room must stay for errors */

struct reading {
	unsigned unknown;
	struct config *c;
	struct json_text t;
	struct diags *d;
	struct arena *arena;
};

/* ---- one value ---- */

static void wrong_type(struct reading *r, uint32_t node, const char *want)
{
	diag_error(r->d, json_at(&r->t, node), "wrong-type", "%s must be %s, not %s", json_path(&r->t, node, r->arena), want,
		   json_what(&r->t, node, r->arena));
}

/* A string that the kernel is to take: no NUL in it.  NULL: a finding. */
static const char *take_text(struct reading *r, uint32_t node, const char *want)
{
	const cJSON *v = r->t.nodes[node].value;

	if (!cJSON_IsString(v)) {
		wrong_type(r, node, want);
		return NULL;
	}
	if (json_has_nul(&r->t, node)) {
		diag_error(r->d, json_at(&r->t, node), "nul-byte", "%s has a NUL in it", json_path(&r->t, node, r->arena));
		return NULL;
	}
	return arena_strdup(r->arena, v->valuestring);
}

static void empty(struct reading *r, uint32_t node)
{
	diag_error(r->d, json_at(&r->t, node), "empty", "%s must not be empty", json_path(&r->t, node, r->arena));
}

static void take_words(struct reading *r, uint32_t node, struct config_value *to)
{
	const struct json_node *array = &r->t.nodes[node];
	const char **words;
	size_t n = 0;

	if (!cJSON_IsArray(array->value)) {
		wrong_type(r, node, type_words[CONFIG_WORDS]);
		return;
	}
	if (array->next == node + 1) {
		empty(r, node);
		return;
	}
	words = arena_array(r->arena, array->next - node, sizeof(*words));
	for (uint32_t i = node + 1; i < array->next; i = r->t.nodes[i].next) {
		const char *word = take_text(r, i, "a string");

		if (word)
			words[n++] = word;
		if (word && i == node + 1 && !*word)
			empty(r, i);
	}
	to->at = json_at(&r->t, node + 1); /* the program: what is most often wrong about a command */
	to->words = words;
}

static void take_number(struct reading *r, uint32_t node, struct config_value *to)
{
	double n = r->t.nodes[node].value->valuedouble;

	if (!cJSON_IsNumber(r->t.nodes[node].value)) {
		wrong_type(r, node, type_words[CONFIG_NUMBER]);
	} else if (!(n >= 0 && n <= CONFIG_VERBOSITY_MAX) || n != (double)(long)n) {
		diag_error(r->d, json_at(&r->t, node), "range", "%s must be a whole number from 0 to %d, not %s",
			   json_path(&r->t, node, r->arena), CONFIG_VERBOSITY_MAX, json_what(&r->t, node, r->arena));
	} else {
		to->number = (long)n;
	}
}

static void take_value(struct reading *r, uint32_t node, enum config_key key, struct config_value *to)
{
	const cJSON *v = r->t.nodes[node].value;

	*to = (struct config_value){ .origin = CONFIG_FILE,
				     .at = json_at(&r->t, node),
				     .path = json_path(&r->t, node, r->arena) };
	switch (rows[key].type) {
	case CONFIG_BOOL:
		if (!cJSON_IsBool(v))
			wrong_type(r, node, type_words[CONFIG_BOOL]);
		to->flag = cJSON_IsTrue(v);
		break;
	case CONFIG_TEXT:
		to->text = take_text(r, node, type_words[CONFIG_TEXT]);
		/* a container that is not used may have empty names of folders */
		if (to->text && !*to->text && rows[key].in == CONFIG_IN_TOP)
			empty(r, node);
		break;
	case CONFIG_NUMBER:
		take_number(r, node, to);
		break;
	case CONFIG_WORDS:
		take_words(r, node, to);
		break;
	case CONFIG_DATA: /* taken when it is known whether it is hexadecimal */
		if (!cJSON_IsString(v))
			wrong_type(r, node, type_words[CONFIG_DATA]);
		break;
	case CONFIG_OBJECT:
		if (!cJSON_IsObject(v))
			wrong_type(r, node, type_words[CONFIG_OBJECT]);
		break;
	}
}

static void unknown_key(struct reading *r, uint32_t node, enum object in)
{
	const char *name = r->t.nodes[node].value->string;
	struct suggest s = { .word = name, .word_len = strlen(name) };
	struct diag *g;

	if (r->unknown++ >= UNKNOWN_MAX)
		return;
	g = diag_warning(r->d, json_key_at(&r->t, node), "unknown-key", "%s is not known and means nothing",
			 json_path(&r->t, node, r->arena));
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		if (rows[i].in == in)
			suggest_offer(&s, rows[i].name);
	}
	if (s.best)
		diag_help(r->d, g, "did you mean \"%s\"?", s.best);
}

/* All keys of an object into values, which the caller has zeroed. */
static void take_object(struct reading *r, uint32_t object, enum object in, struct config_value *values)
{
	for (uint32_t c = object + 1; c < r->t.nodes[object].next; c = r->t.nodes[c].next) {
		size_t key = 0;

		while (key < CONFIG_KEY_COUNT &&
		       (rows[key].in != in || strcmp(rows[key].name, r->t.nodes[c].value->string) != 0))
			key++;
		if (key < CONFIG_KEY_COUNT)
			take_value(r, c, (enum config_key)key, &values[key]);
		else
			unknown_key(r, c, in);
	}
}

/* ---- commands ---- */

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* The bytes that a string of hexadecimal digits, or of text, stands for.  out NULL: only look whether it is right. */
static void take_data(struct reading *r, uint32_t node, bool hex, struct buf *out)
{
	uint32_t at = r->t.nodes[node].start + 1, from = at;
	char bytes[4];
	int high = -1;
	size_t n;

	for (; (n = json_character(&r->t, node, &at, bytes)) > 0; from = at) {
		int digit = hex_digit(bytes[0]);

		if (!hex) {
			if (out)
				buf_add(out, bytes, n);
			continue;
		}
		if (n > 1 || digit < 0) {
			diag_error(r->d, (struct span){ r->t.file, from, at }, "bad-hex", "%s: '%.*s' is no hexadecimal digit",
				   json_path(&r->t, node, r->arena), (int)(at - from), r->t.text + from);
			return;
		}
		if (high >= 0 && out)
			buf_byte(out, (uint8_t)(high << 4 | digit));
		high = high < 0 ? digit : -1;
	}
	if (high >= 0)
		diag_error(r->d, (struct span){ r->t.file, from, from + 1 }, "bad-hex",
			   "%s has an odd number of hexadecimal digits", json_path(&r->t, node, r->arena));
}

/* An entry of commands; chosen: it is the one that is run. */
static void take_command(struct reading *r, uint32_t node, bool chosen)
{
	struct config_value *values = arena_array(r->arena, CONFIG_KEY_COUNT, sizeof(*values));
	CLEANUP(buf_free) struct buf data = { 0 };
	uint32_t in;

	if (!cJSON_IsObject(r->t.nodes[node].value)) {
		wrong_type(r, node, type_words[CONFIG_OBJECT]);
		return;
	}
	take_object(r, node, CONFIG_IN_COMMAND, values);
	in = json_member(&r->t, node, rows[CONFIG_KEY_STDIN].name);
	if (in != JSON_NONE && cJSON_IsString(r->t.nodes[in].value)) {
		take_data(r, in, values[CONFIG_KEY_IS_HEX].flag, chosen ? &data : NULL);
		values[CONFIG_KEY_STDIN].data = arena_copy(r->arena, buf_cstr(&data), data.len);
		values[CONFIG_KEY_STDIN].len = data.len;
	}
	for (size_t i = 0; chosen && i < CONFIG_KEY_COUNT; i++) {
		if (rows[i].in == CONFIG_IN_COMMAND)
			r->c->of[i] = values[i];
	}
}

/* ---- the command line ---- */

static int bad_option(const struct config_override *o, struct err *err, const char *why)
{
	return err_set(err, ERR_USAGE, "%s %s: %s", o->option, o->text, why);
}

static int option_data(const struct config_override *o, struct config_value *to, struct arena *arena, struct err *err)
{
	size_t len = strlen(o->text);
	char *bytes;

	if (!o->hex) {
		to->data = o->text;
		to->len = len;
		return 0;
	}
	if (len % 2)
		return bad_option(o, err, "an odd number of hexadecimal digits");
	bytes = arena_alloc(arena, len / 2 + 1);
	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(o->text[i]);

		if (digit < 0)
			return bad_option(o, err, "not only hexadecimal digits");
		bytes[i / 2] = (char)((unsigned char)bytes[i / 2] << 4 | digit);
	}
	to->data = bytes;
	to->len = len / 2;
	return 0;
}

static int apply(struct config *c, const struct config_override *o, struct arena *arena, struct err *err)
{
	struct config_value *to = &c->of[o->key];
	char *end;

	*to = (struct config_value){ .origin = CONFIG_OPTION, .option = o->option, .path = o->option };
	switch (rows[o->key].type) {
	case CONFIG_BOOL:
		to->flag = strcmp(o->text, "true") == 0;
		break;
	case CONFIG_TEXT:
		if (!*o->text)
			return bad_option(o, err, "must not be empty");
		to->text = o->text;
		break;
	case CONFIG_NUMBER:
		errno = 0;
		to->number = strtol(o->text, &end, 10);
		if (!*o->text || *end || errno || to->number < 0 || to->number > CONFIG_VERBOSITY_MAX)
			return bad_option(o, err, "must be a whole number from 0 to 1000000");
		break;
	case CONFIG_WORDS:
		to->words = o->words;
		break;
	case CONFIG_DATA:
		c->of[CONFIG_KEY_IS_HEX] = *to;
		c->of[CONFIG_KEY_IS_HEX].flag = o->hex;
		return option_data(o, to, arena, err);
	case CONFIG_OBJECT:
		INVARIANT(rows[o->key].type != CONFIG_OBJECT);
	}
	return 0;
}

static const struct config_override *overridden(enum config_key key, const struct config_override *o, size_t n)
{
	const struct config_override *last = NULL;

	for (size_t i = 0; i < n; i++)
		last = o[i].key == key ? &o[i] : last;
	return last;
}

/* ---- the whole ---- */

/* What an object lacks; one finding says it all, since they have one place. */
struct lacking {
	const char *names[3], *notes[3];
	size_t n;
};

static void lacks(struct lacking *l, const char *name, const char *note)
{
	l->names[l->n] = name;
	l->notes[l->n++] = note;
}

static void missing(struct reading *r, uint32_t object, const struct lacking *l)
{
	struct span at = json_at(&r->t, object);
	CLEANUP(buf_free) struct buf names = { 0 };
	struct diag *g;

	at.end = at.start + 1;
	for (size_t i = 0; i < l->n; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : i + 1 < l->n ? ", " : " and ",
			   json_path_of(&r->t, object, l->names[i], r->arena));
	if (l->n == 0)
		return;
	g = diag_error(r->d, at, "missing-key", "%s %s missing", buf_cstr(&names), l->n > 1 ? "are" : "is");
	for (size_t i = 0; i < l->n; i++)
		diag_note(r->d, g, (struct span){ 0 }, "%s: %s", l->names[i], l->notes[i]);
}

static void no_command(struct reading *r, uint32_t commands, const char *name, struct span at)
{
	struct suggest s = { .word = name, .word_len = strlen(name) };
	struct diag *g = diag_error(r->d, at, "missing-key", "%s is missing, and it is what is to be run",
				    json_path_of(&r->t, commands, name, r->arena));

	for (uint32_t c = commands + 1; c < r->t.nodes[commands].next; c = r->t.nodes[c].next)
		suggest_offer(&s, r->t.nodes[c].value->string);
	if (s.best)
		diag_help(r->d, g, "did you mean \"%s\"?", s.best);
	else if (commands + 1 < r->t.nodes[commands].next)
		diag_help(r->d, g, "there is %s%s", json_path(&r->t, commands + 1, r->arena),
			  r->t.nodes[commands + 1].next < r->t.nodes[commands].next ? ", and others" : "");
}

static void take_commands(struct reading *r, uint32_t commands, const char *name, bool named_by_option, bool want_args)
{
	uint32_t chosen = name ? json_member(&r->t, commands, name) : JSON_NONE;

	for (uint32_t c = commands + 1; c < r->t.nodes[commands].next; c = r->t.nodes[c].next)
		take_command(r, c, c == chosen);
	if (!name || !want_args)
		return;
	if (chosen == JSON_NONE)
		no_command(r, commands, name,
			   named_by_option ? json_key_at(&r->t, commands) : r->c->of[CONFIG_KEY_COMMAND].at);
	else if (cJSON_IsObject(r->t.nodes[chosen].value) && json_member(&r->t, chosen, "args") == JSON_NONE)
		missing(r, chosen,
			&(struct lacking){ { "args" }, { "the program and its arguments: [\"/bin/echo\", \"text\"]" }, 1 });
}

static void take_all(struct reading *r, const struct config_override *o, size_t n)
{
	const struct config_override *named = overridden(CONFIG_KEY_COMMAND, o, n);
	bool want_args = !overridden(CONFIG_KEY_ARGS, o, n);
	struct config_value *of = r->c->of;
	struct lacking l = { .n = 0 };
	uint32_t commands, container;

	if (!cJSON_IsObject(r->t.root)) {
		wrong_type(r, 0, "an object");
		return;
	}
	take_object(r, 0, CONFIG_IN_TOP, of);
	if (of[CONFIG_KEY_RECORDING].origin == CONFIG_DEFAULT && !overridden(CONFIG_KEY_RECORDING, o, n))
		lacks(&l, "recording", "true to record, false to replay; or --recording, --replaying");
	if (of[CONFIG_KEY_COMMAND].origin == CONFIG_DEFAULT && !named)
		lacks(&l, "command", "the name of the entry of \"commands\" to run; or --command NAME");
	commands = json_member(&r->t, 0, "commands");
	if (commands == JSON_NONE && want_args)
		lacks(&l, "commands", "what there is to run: {\"name\": {\"args\": [\"/bin/echo\", \"text\"]}}");
	else if (commands != JSON_NONE && cJSON_IsObject(r->t.nodes[commands].value))
		take_commands(r, commands, named ? named->text : of[CONFIG_KEY_COMMAND].text, named != NULL, want_args);
	missing(r, 0, &l);
	container = json_member(&r->t, 0, "container");
	if (container != JSON_NONE && cJSON_IsObject(r->t.nodes[container].value))
		take_object(r, container, CONFIG_IN_CONTAINER, of);
}

/* The JSON path of what no file has. */
static const char *path_of(const struct config *c, enum config_key key, struct arena *arena)
{
	const char *command = c->of[CONFIG_KEY_COMMAND].text;

	switch (rows[key].in) {
	case CONFIG_IN_TOP:
		break;
	case CONFIG_IN_COMMAND:
		return arena_printf(arena, "commands.%s.%s", command ? command : "?", rows[key].name);
	case CONFIG_IN_CONTAINER:
		return arena_printf(arena, "container.%s", rows[key].name);
	}
	return rows[key].name;
}

bool config_read(struct config *c, struct diags *d, uint32_t file, const struct config_override *o, size_t n,
		 struct arena *arena, struct err *err)
{
	struct reading r = { .c = c, .d = d, .arena = arena };

	*c = (struct config){ .path = diags_get_source(d, file)->name };
	c->of[CONFIG_KEY_WORKDIR].text = ".";
	c->of[CONFIG_KEY_VERBOSITY].number = 1;
	if (json_text_read(&r.t, d, file))
		take_all(&r, o, n);
	json_text_free(&r.t);
	for (size_t i = 0; i < n; i++) {
		if (apply(c, &o[i], arena, err) < 0)
			return false;
	}
	if (c->of[CONFIG_KEY_ENABLE_CONTAINER].flag && c->of[CONFIG_KEY_WORKDIR].origin == CONFIG_DEFAULT)
		c->of[CONFIG_KEY_WORKDIR].text = "/";
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		if (!c->of[i].path)
			c->of[i].path = path_of(c, (enum config_key)i, arena);
	}
	if (diags_errors(d))
		return false;
	INVARIANT(c->of[CONFIG_KEY_COMMAND].text && c->of[CONFIG_KEY_ARGS].words);
	return true;
}

/* ---- what it comes to ---- */

const char *config_key_name(enum config_key key)
{
	return rows[key].name;
}

const char *config_policy(const struct config *c)
{
	const struct config_value *policy = &c->of[CONFIG_KEY_POLICY], *lax = &c->of[CONFIG_KEY_LAX_POLICY];

	/* what the command line says of either goes before what the file says of the other */
	if (policy->text && (policy->origin == CONFIG_OPTION || lax->origin != CONFIG_OPTION))
		return policy->text;
	return lax->flag ? "lax.spol" : "strict.spol";
}

struct config_container config_container(const struct config *c)
{
	return (struct config_container){
		.enable = c->of[CONFIG_KEY_ENABLE_CONTAINER].flag,
		.mount_point = c->of[CONFIG_KEY_MOUNT_POINT].text,
		.lowerdir = c->of[CONFIG_KEY_OL_LOWERDIR].text,
		.upperdir = c->of[CONFIG_KEY_OL_UPPERDIR].text,
		.workdir = c->of[CONFIG_KEY_OL_WORKDIR].text,
	};
}

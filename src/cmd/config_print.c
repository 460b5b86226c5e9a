/*
 * The configuration in effect: as people read it, each value with what said so, and as a config.json of the same meaning.
 */
#include "cmd/config_file.h"

#include "base/check.h"
#include "cmd/json_text.h"

#include <string.h>

#define NAME_COLUMNS  28
#define VALUE_COLUMNS 34
#define DATA_SHOWN    40 /* bytes of a standard input that are shown */

static void pad(struct buf *line, size_t to)
{
	do
		buf_byte(line, ' ');
	while (line->len < to);
}

/* For people: what is not UTF-8 is shown as a replacement character. */
static void add_shown(struct buf *line, const char *bytes, size_t len)
{
	if (json_add_string(line, bytes, len))
		return;
	buf_byte(line, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
			buf_byte(line, c);
		else
			buf_printf(line, "\\x%02x", (unsigned)c);
	}
	buf_byte(line, '"');
}

static void add_words(struct buf *line, const char *const *words)
{
	buf_byte(line, '[');
	for (size_t i = 0; words[i]; i++) {
		buf_str(line, i ? ", " : "");
		add_shown(line, words[i], strlen(words[i]));
	}
	buf_byte(line, ']');
}

static void add_data(struct buf *line, const struct config_value *v)
{
	if (v->len <= DATA_SHOWN) {
		add_shown(line, v->data, v->len);
		return;
	}
	add_shown(line, v->data, DATA_SHOWN);
	buf_printf(line, "... (%zu bytes)", v->len);
}

/* What a key's value is, or nothing when it is not set. */
static void add_value(struct buf *line, const struct config *c, enum config_key key)
{
	const struct config_value *v = &c->of[key];

	switch (key) {
	case CONFIG_KEY_RECORDING:
	case CONFIG_KEY_LAX_POLICY:
	case CONFIG_KEY_ENABLE_CONTAINER:
		buf_str(line, v->flag ? "true" : "false");
		break;
	case CONFIG_KEY_COMMAND:
	case CONFIG_KEY_POLICY:
	case CONFIG_KEY_MOUNT_POINT:
	case CONFIG_KEY_OL_LOWERDIR:
	case CONFIG_KEY_OL_UPPERDIR:
	case CONFIG_KEY_OL_WORKDIR:
	case CONFIG_KEY_WORKDIR:
	case CONFIG_KEY_STDOUT_FILE:
	case CONFIG_KEY_STDERR_FILE:
		if (v->text)
			add_shown(line, v->text, strlen(v->text));
		break;
	case CONFIG_KEY_ARGS:
		if (v->words)
			add_words(line, v->words);
		break;
	case CONFIG_KEY_STDIN:
		if (v->data)
			add_data(line, v);
		break;
	case CONFIG_KEY_VERBOSITY:
		buf_printf(line, "%ld", v->number);
		break;
	case CONFIG_KEY_IS_HEX:	  /* how standard input was told; it is shown as what it is */
	case CONFIG_KEY_COMMANDS: /* shown by what is in them */
	case CONFIG_KEY_CONTAINER:
	case CONFIG_KEY_COUNT:
		break;
	}
}

static void add_origin(struct buf *line, const struct config_value *v, struct diags *d)
{
	uint32_t row, column;

	switch (v->origin) {
	case CONFIG_DEFAULT:
		buf_str(line, "default");
		break;
	case CONFIG_FILE:
		source_position(diags_get_source(d, v->at.file), v->at.start, &row, &column);
		buf_printf(line, "line %u", (unsigned)row);
		break;
	case CONFIG_OPTION:
		buf_str(line, v->option);
		break;
	}
}

/* The name of a key where the key itself has none in the file. */
static const char *shown_name(const struct config *c, enum config_key key, struct buf *name)
{
	const struct config_value *v = &c->of[key];

	if (v->origin != CONFIG_OPTION)
		return v->path;
	buf_str(name, key == CONFIG_KEY_ARGS || key == CONFIG_KEY_STDIN ? "commands." : "");
	if (name->len)
		buf_printf(name, "%s.", c->of[CONFIG_KEY_COMMAND].text);
	buf_str(name, config_key_name(key));
	return buf_cstr(name);
}

void config_print_text(const struct config *c, struct diags *d, struct buf *out)
{
	buf_printf(out, "# %s, policy %s\n", c->path, config_policy(c));
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		CLEANUP(buf_free) struct buf line = { 0 };
		CLEANUP(buf_free) struct buf name = { 0 };
		size_t begin;

		buf_str(&line, shown_name(c, (enum config_key)i, &name));
		pad(&line, NAME_COLUMNS);
		begin = line.len;
		add_value(&line, c, (enum config_key)i);
		if (line.len == begin)
			continue;
		pad(&line, NAME_COLUMNS + VALUE_COLUMNS);
		buf_str(&line, "# ");
		add_origin(&line, &c->of[i], d);
		buf_printf(out, "%s\n", buf_cstr(&line));
	}
}

/* ---- JSON ---- */

struct printing {
	const struct config *c;
	struct buf *out;
	struct err *err;
	bool failed;
};

static void add_json_text(struct printing *p, enum config_key key, const char *bytes, size_t len)
{
	if (json_add_string(p->out, bytes, len))
		return;
	err_set(p->err, ERR_FORMAT, "%s is not UTF-8 and cannot stand in a JSON text", p->c->of[key].path);
	p->failed = true;
}

static void add_member(struct printing *p, enum config_key key, const char *indent)
{
	const struct config_value *v = &p->c->of[key];

	if (!v->text)
		return;
	buf_printf(p->out, "%s\"%s\": ", indent, config_key_name(key));
	add_json_text(p, key, v->text, strlen(v->text));
}

static void add_flag(struct printing *p, enum config_key key, const char *indent)
{
	buf_printf(p->out, "%s\"%s\": %s", indent, config_key_name(key), p->c->of[key].flag ? "true" : "false");
}

/* Standard input as text where it is UTF-8, else as digits: a file that says it otherwise says the same. */
static void add_json_data(struct printing *p)
{
	const struct config_value *v = &p->c->of[CONFIG_KEY_STDIN];
	CLEANUP(buf_free) struct buf text = { 0 };

	if (json_add_string(&text, v->data, v->len)) {
		buf_str(p->out, ",\n\t\t\t\"is_hex\": false,\n\t\t\t\"stdin\": ");
		buf_add(p->out, text.data, text.len);
		return;
	}
	buf_str(p->out, ",\n\t\t\t\"is_hex\": true,\n\t\t\t\"stdin\": \"");
	for (size_t i = 0; i < v->len; i++)
		buf_printf(p->out, "%02x", (unsigned)(unsigned char)v->data[i]);
	buf_byte(p->out, '"');
}

static void add_command(struct printing *p)
{
	const struct config_value *args = &p->c->of[CONFIG_KEY_ARGS], *name = &p->c->of[CONFIG_KEY_COMMAND];

	buf_str(p->out, ",\n\t\"commands\": {\n\t\t");
	add_json_text(p, CONFIG_KEY_COMMAND, name->text, strlen(name->text));
	buf_str(p->out, ": {\n\t\t\t\"args\": [");
	for (size_t i = 0; args->words[i]; i++) {
		buf_str(p->out, i ? ", " : "");
		add_json_text(p, CONFIG_KEY_ARGS, args->words[i], strlen(args->words[i]));
	}
	buf_byte(p->out, ']');
	if (p->c->of[CONFIG_KEY_STDIN].data)
		add_json_data(p);
	buf_str(p->out, "\n\t\t}\n\t}");
}

int config_print_json(const struct config *c, struct buf *out, struct err *err)
{
	struct printing p = { .c = c, .out = out, .err = err };

	buf_byte(out, '{');
	add_flag(&p, CONFIG_KEY_RECORDING, "\n\t");
	add_member(&p, CONFIG_KEY_COMMAND, ",\n\t");
	add_flag(&p, CONFIG_KEY_LAX_POLICY, ",\n\t");
	if (c->of[CONFIG_KEY_POLICY].text && config_policy(c) == c->of[CONFIG_KEY_POLICY].text)
		add_member(&p, CONFIG_KEY_POLICY, ",\n\t");
	add_command(&p);
	buf_str(out, ",\n\t\"container\": {");
	add_flag(&p, CONFIG_KEY_ENABLE_CONTAINER, "\n\t\t");
	add_member(&p, CONFIG_KEY_MOUNT_POINT, ",\n\t\t");
	add_member(&p, CONFIG_KEY_OL_LOWERDIR, ",\n\t\t");
	add_member(&p, CONFIG_KEY_OL_UPPERDIR, ",\n\t\t");
	add_member(&p, CONFIG_KEY_OL_WORKDIR, ",\n\t\t");
	buf_str(out, "\n\t}");
	add_member(&p, CONFIG_KEY_WORKDIR, ",\n\t");
	add_member(&p, CONFIG_KEY_STDOUT_FILE, ",\n\t");
	add_member(&p, CONFIG_KEY_STDERR_FILE, ",\n\t");
	buf_printf(out, ",\n\t\"%s\": %ld\n}\n", config_key_name(CONFIG_KEY_VERBOSITY), c->of[CONFIG_KEY_VERBOSITY].number);
	return p.failed ? -1 : 0;
}

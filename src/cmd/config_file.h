/*
 * config.json: what a run is, in a file.  Reading it, the command line that overrides it, and the configuration that comes
 * out of both.  config_keys.def has the keys; sperrips(1) says what they mean.
 */
#ifndef CMD_CONFIG_FILE_H
#define CMD_CONFIG_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_FILE_MAX	     ((size_t)512 << 20) /* bytes of a config.json */
#define CONFIG_VERBOSITY_MAX 1000000

enum config_key {
#define CONFIG_KEY(id, object, name, type) CONFIG_KEY_##id,
#include "cmd/config_keys.def"
	CONFIG_KEY_COUNT
};

enum config_origin {
	CONFIG_DEFAULT, /* nobody said anything */
	CONFIG_FILE,	/* at `at` */
	CONFIG_OPTION,	/* the command line; `option` is what stood there */
};

/* One key of the configuration in effect. */
struct config_value {
	enum config_origin origin;
	struct span at;
	const char *option; /* "--workdir" */
	const char *path;   /* "commands.cat.args": names it in messages */
	bool flag;
	long number;
	const char *text;	  /* NULL: not set */
	const char *const *words; /* NULL-ended; NULL: not set */
	const char *data;	  /* len bytes, NULL: not set */
	size_t len;
};

/*
 * The configuration in effect, by key.  Of COMMAND's keys those of the command that is run: STDIN.data are bytes, whether
 * they were told as text or as hexadecimal digits.  Everything lives in the arena that it was read with.
 */
struct config {
	const char *path; /* of the file */
	struct config_value of[CONFIG_KEY_COUNT];
};

/* What the command line says of a key; text "true" and "false" for flags.  words: for ARGS. */
struct config_override {
	enum config_key key;
	const char *option;
	const char *text;
	const char *const *words;
	bool hex; /* for STDIN: text is hexadecimal digits */
};

/*
 * The text of d's source number `file`, and n overrides of it, as a configuration.  Findings go to d, each with the JSON path
 * and the place; false: there are errors.  One that the command line made is *err USAGE.
 */
bool config_read(struct config *c, struct diags *d, uint32_t file, const struct config_override *o, size_t n,
		 struct arena *arena, struct err *err);
/*
 * Whether the folders and files are there that a run would need; to be asked after config_read().  Findings as above.
 */
bool config_check_paths(const struct config *c, struct diags *d, struct arena *arena, struct err *err);

const char *config_key_name(enum config_key key); /* "workdir" */
/* The file that holds for a policy: `policy`, or what `lax_policy` stands for. */
const char *config_policy(const struct config *c);

/* What the container is made of; see `container` in sperrips(1).  Strings are lent. */
struct config_container {
	bool enable;
	const char *mount_point, *lowerdir, *upperdir, *workdir;
};
struct config_container config_container(const struct config *c);

/* The configuration as people read it, with what said so; or as a config.json that means the same.  -1: *err, it has no form
 * in JSON (an argument that is not UTF-8). */
void config_print_text(const struct config *c, struct diags *d, struct buf *out);
int config_print_json(const struct config *c, struct buf *out, struct err *err);

#endif

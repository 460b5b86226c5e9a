/*
 * What a configuration needs of the file system: found out before anything is run, so that a missing folder is a line of
 * config.json and not a failure half-way.
 */
#include "cmd/config_file.h"

#include "cmd/common.h"
#include "trace/spawn.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct checking {
	const struct config *c;
	struct diags *d;
	struct arena *arena;
	struct err *err;
	bool good;
};

/* A finding about a key's value: at its place, or of the option that it came from.  The first one of options stays. */
static void complain(struct checking *k, enum config_key key, const char *what, const char *name, const char *why)
{
	const struct config_value *v = &k->c->of[key];

	k->good = false;
	if (v->origin == CONFIG_FILE)
		diag_error(k->d, v->at, "missing-path", "%s%s: %s: %s", v->path, what, name, why);
	else
		err_set(k->err, ERR_USAGE, "%s%s: %s: %s", v->path, what, name, why);
}

static bool is_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

static void want_directory(struct checking *k, enum config_key key, const char *path)
{
	if (!is_directory(path))
		complain(k, key, "", path, strerror(errno));
}

/* ---- the container ---- */

/* The folders of an overlay's lowerdir stand between colons. */
static const char *next_layer(const char **layers, struct arena *arena)
{
	size_t len = strcspn(*layers, ":");
	const char *layer = arena_copy(arena, *layers, len);

	*layers += len + ((*layers)[len] == ':');
	return layer;
}

static bool in_some_layer(struct checking *k, const struct config_container *box, const char *path)
{
	const char *layers = box->lowerdir;

	if (is_directory(arena_printf(k->arena, "%s/%s", box->upperdir, path)))
		return true;
	while (*layers) {
		if (is_directory(arena_printf(k->arena, "%s/%s", next_layer(&layers, k->arena), path)))
			return true;
	}
	return false;
}

/* The folder of an output must be one of the container's: making it would be a change that no program has made. */
static void check_inside(struct checking *k, const struct config_container *box, enum config_key key)
{
	const char *name = k->c->of[key].text, *path;

	if (!name)
		return;
	path = name[0] == '/' ? name : arena_printf(k->arena, "%s/%s", k->c->of[CONFIG_KEY_WORKDIR].text, name);
	if (!in_some_layer(k, box, dirname(arena_strdup(k->arena, path))))
		complain(k, key, "", path, "the folder that it is in is not there");
}

static void check_container(struct checking *k)
{
	static const enum config_key keys[] = { CONFIG_KEY_MOUNT_POINT, CONFIG_KEY_OL_LOWERDIR, CONFIG_KEY_OL_UPPERDIR,
						CONFIG_KEY_OL_WORKDIR };
	const struct config_container box = config_container(k->c);
	const struct config_value *enable = &k->c->of[CONFIG_KEY_ENABLE_CONTAINER];
	const char *layers = box.lowerdir, *workdir = k->c->of[CONFIG_KEY_WORKDIR].text;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct config_value *v = &k->c->of[keys[i]];

		if (v->text && *v->text)
			continue;
		k->good = false;
		if (v->origin == CONFIG_DEFAULT && enable->origin == CONFIG_FILE)
			diag_help(k->d,
				  diag_error(k->d, enable->at, "missing-key", "%s is missing, and enable_container is true",
					     v->path),
				  "or set enable_container to false");
		else if (v->origin == CONFIG_FILE)
			diag_error(k->d, v->at, "empty", "%s must not be empty", v->path);
		else
			err_set(k->err, ERR_USAGE, "%s: %s is missing", enable->path, v->path);
		return;
	}
	want_directory(k, CONFIG_KEY_MOUNT_POINT, box.mount_point);
	want_directory(k, CONFIG_KEY_OL_UPPERDIR, box.upperdir);
	want_directory(k, CONFIG_KEY_OL_WORKDIR, box.workdir);
	while (*layers)
		want_directory(k, CONFIG_KEY_OL_LOWERDIR, next_layer(&layers, k->arena));
	if (workdir && *workdir != '/')
		complain(k, CONFIG_KEY_WORKDIR, "", workdir, "in a container it must be an absolute path");
	else if (workdir && !in_some_layer(k, &box, workdir))
		complain(k, CONFIG_KEY_WORKDIR, "", workdir, "there is no such folder in the container");
	check_inside(k, &box, CONFIG_KEY_STDOUT_FILE);
	check_inside(k, &box, CONFIG_KEY_STDERR_FILE);
}

/* ---- the host ---- */

static void check_output(struct checking *k, enum config_key key)
{
	const char *name = k->c->of[key].text, *path;

	if (!name)
		return;
	path = name[0] == '/' ? name : arena_printf(k->arena, "%s/%s", k->c->of[CONFIG_KEY_WORKDIR].text, name);
	if (is_directory(path))
		complain(k, key, "", path, strerror(EISDIR));
	else if (!is_directory(dirname(arena_strdup(k->arena, path))))
		complain(k, key, "", path, "the folder that it is in is not there");
}

static void check_program(struct checking *k)
{
	const struct config_value *args = &k->c->of[CONFIG_KEY_ARGS];
	char *cwd = realpath(k->c->of[CONFIG_KEY_WORKDIR].text, NULL);
	struct err why = { 0 };
	int status;

	if (cwd && args->words && !spawn_find(args->words[0], getenv("PATH"), cwd, k->arena, &status, &why))
		complain(k, CONFIG_KEY_ARGS, args->origin == CONFIG_FILE ? "[0]" : "", args->words[0],
			 status == 127 ? "there is no such program" : "it is no program that can be executed");
	free(cwd);
}

bool config_check_paths(const struct config *c, struct diags *d, struct arena *arena, struct err *err)
{
	struct checking k = { .c = c, .d = d, .arena = arena, .err = err, .good = true };
	const char *policy = config_policy(c);
	struct err why = { 0 };

	if (!cmd_find_policy(policy, arena, &why))
		complain(&k, policy == c->of[CONFIG_KEY_POLICY].text ? CONFIG_KEY_POLICY : CONFIG_KEY_LAX_POLICY, "", policy,
			 "there is no such policy");
	if (config_container(c).enable) {
		check_container(&k);
		return k.good;
	}
	want_directory(&k, CONFIG_KEY_WORKDIR, c->of[CONFIG_KEY_WORKDIR].text);
	if (!is_directory(c->of[CONFIG_KEY_WORKDIR].text)) /* files and programs may be named from there */
		return false;
	check_output(&k, CONFIG_KEY_STDOUT_FILE);
	check_output(&k, CONFIG_KEY_STDERR_FILE);
	check_program(&k);
	return k.good;
}

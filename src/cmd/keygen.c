/*
 * sperrips keygen: a pair of keys, to sign recordings with and to check them against.
 */
#include "cmd/common.h"

#include "base/check.h"
#include "base/sign.h"
#include "cmd/option.h"

#include <stdio.h>

#define TOOL "sperrips keygen"

enum { OPT_OUTPUT = 1 };

static const struct cmd_option options[] = {
	{ OPT_OUTPUT, 'o', "output", "NAME", "the private key's file; the public one is NAME.pub (default: sperrips.key)" },
};

static int make_keys(const char *name, struct err *err)
{
	CLEANUP(sign_key_cleanup) struct sign_key *key = sign_key_new(err);
	uint8_t fingerprint[DIGEST_SIZE];
	char text[DIGEST_TEXT_MAX];

	if (!key || sign_key_save(key, name, err) < 0)
		return -1;
	sign_fingerprint(sign_key_public(key), fingerprint);
	printf("%s\n", digest_text(fingerprint, text));
	return 0;
}

static int keygen_main(int argc, char **argv)
{
	const char *name = "sperrips.key";
	struct err err = { 0 };
	struct cmd_args args;
	int option;

	cmd_guard_stdio();
	cmd_start(&args, TOOL, &cmd_keygen, argc, argv, true);
	while ((option = cmd_next(&args)) != 0) {
		if (option != OPT_OUTPUT)
			return cmd_standard(&args, option);
		name = args.value;
	}
	if (args.first != argc)
		return cmd_usage_error(&args, "'%s' is one argument too many; --output names the files", argv[args.first]);
	if (make_keys(name, &err) == 0)
		return cmd_end_output(TOOL, 0);
	cmd_fail(TOOL, &err);
	return STATUS_USAGE;
}

const struct command cmd_keygen = {
	.name = "keygen",
	.synopsis = "[OPTION]...",
	.summary = "Make a pair of Ed25519 keys and print their fingerprint",
	.options = options,
	.noptions = ARRAY_LEN(options),
	.run = keygen_main,
};

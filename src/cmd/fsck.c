/*
 * sperrips fsck: reads a recording or a differences file to its end, as a replay does before it runs anything, and says in
 * what state it is, what it holds and who signed it.  Works on what a killed recorder left behind, too.
 */
#include "cmd/common.h"

#include "base/check.h"
#include "base/sign.h"
#include "base/utf8.h"
#include "cmd/option.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define TOOL	      "sperrips fsck"
#define MAX_EVENT     ((size_t)512 << 20) /* as replay has it */
#define STATUS_FINE   0
#define STATUS_DAMAGE 1 /* not whole, or not signed as it should be */

enum {
	OPT_VERIFY_KEY = 1,
	OPT_JSON,
};

static const struct cmd_option options[] = {
	{ OPT_VERIFY_KEY, 0, "verify-key", "PUB", "the file must be signed with the private key that belongs to this public one" },
	{ OPT_JSON, 'j', "json", NULL, "one JSON object" },
};

enum state {
	STATE_WHOLE,
	STATE_INCOMPLETE, /* offset: where the file ends */
	STATE_ALTERED,	  /* offset: where what is not right begins */
	STATE_ALIEN,	  /* neither a recording nor a differences file */
};

static const char *const state_names[] = {
	[STATE_WHOLE] = "whole",
	[STATE_INCOMPLETE] = "incomplete",
	[STATE_ALTERED] = "altered",
	[STATE_ALIEN] = "not a recording",
};

static const char *const type_names[] = {
	[REC_FILE_UNKNOWN] = "unknown",
	[REC_FILE_RECORDING] = "recording",
	[REC_FILE_DIFFERENCES] = "differences",
};

enum signature_state {
	SIGNATURE_NONE,
	SIGNATURE_NOT_REACHED, /* the file is to be signed, and is not whole */
	SIGNATURE_PRESENT,     /* by the key that it names; nobody has said whether that is the right one */
	SIGNATURE_VALID,       /* by the key of --verify-key */
	SIGNATURE_OTHER_KEY,
	SIGNATURE_BROKEN, /* not made of this content */
};

static const struct {
	const char *name; /* in JSON */
	const char *text;
} signature_texts[] = {
	[SIGNATURE_NONE] = { "none", "none" },
	[SIGNATURE_NOT_REACHED] = { "not reached", "not reached" },
	[SIGNATURE_PRESENT] = { "present", "by key" },
	[SIGNATURE_VALID] = { "valid", "valid, by key" },
	[SIGNATURE_OTHER_KEY] = { "invalid", "invalid: made with another key than that of --verify-key, with" },
	[SIGNATURE_BROKEN] = { "invalid", "invalid: not one of this content, although it names" },
};

struct fsck {
	const char *path;
	bool json;
	const uint8_t *key; /* of --verify-key, or NULL */
	enum rec_file_type type;
	enum state state;
	struct err why; /* of a file that is not whole */
	enum signature_state signature;
	char signer[DIGEST_TEXT_MAX]; /* fingerprint; "" none */
	char root[DIGEST_TEXT_MAX];   /* "" unless whole */
	cJSON *object;		      /* the facts, in the order in which they are printed */
	struct buf text;
};

/* ---- facts: a line of text each, or a key of the object ---- */

/* Bytes that a terminal might obey do not reach it. */
static void add_printable(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s >= ' ' && *s <= '~')
			buf_byte(out, (uint8_t)*s);
		else
			buf_printf(out, "\\x%02x", (unsigned char)*s);
	}
}

/* JSON is UTF-8, and what programs call files need not be. */
static cJSON *json_text(const char *s)
{
	CLEANUP(buf_free) struct buf clean = { 0 };
	size_t left = strlen(s);
	cJSON *item;

	while (left) {
		size_t n = utf8_length(s, left);

		if (n)
			buf_add(&clean, s, n);
		else
			buf_printf(&clean, "\\x%02x", (unsigned char)*s);
		n += !n;
		s += n;
		left -= n;
	}
	item = cJSON_CreateString(buf_cstr(&clean));
	INVARIANT(item != NULL);
	return item;
}

static void label(struct fsck *f, const char *key)
{
	buf_printf(&f->text, "  %-12s ", key);
}

static void fact(struct fsck *f, const char *key, const char *text)
{
	cJSON_AddItemToObject(f->object, key, json_text(text));
	label(f, key);
	add_printable(&f->text, text);
	buf_byte(&f->text, '\n');
}

/* Exact: a double would round what is larger than 2^53. */
static void json_number(cJSON *o, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	INVARIANT(cJSON_AddRawToObject(o, key, text) != NULL);
}

static void number(struct fsck *f, const char *key, uint64_t n)
{
	json_number(f->object, key, n);
	label(f, key);
	buf_printf(&f->text, "%" PRIu64 "\n", n);
}

static void list(struct fsck *f, const char *key, const char *const *words)
{
	cJSON *array = cJSON_AddArrayToObject(f->object, key);

	INVARIANT(array != NULL);
	label(f, key);
	for (const char *const *w = words; *w; w++) {
		cJSON_AddItemToArray(array, json_text(*w));
		buf_str(&f->text, w == words ? "" : " ");
		add_printable(&f->text, *w);
	}
	buf_byte(&f->text, '\n');
}

/* ---- what was found ---- */

/* Takes a reader's error for a finding.  -1: it is none, the file could not be read (*err). */
static int stopped(struct fsck *f, const struct err *why, struct err *err)
{
	if (why->code == ERR_INCOMPLETE) {
		f->state = STATE_INCOMPLETE;
	} else if (why->code == ERR_DIGEST || why->code == ERR_FORMAT || why->code == ERR_LIMIT) {
		f->state = STATE_ALTERED;
	} else { /* a disk that fails, another version */
		*err = *why;
		return -1;
	}
	f->why = *why;
	return 0;
}

static void judge_signature(struct fsck *f, const struct rec_signature *s, const uint8_t root[DIGEST_SIZE])
{
	uint8_t fingerprint[DIGEST_SIZE];

	digest_text(root, f->root);
	if (!s)
		return;
	sign_fingerprint(s->key, fingerprint);
	digest_text(fingerprint, f->signer);
	if (!rec_signature_check(s, f->type, root))
		f->signature = SIGNATURE_BROKEN;
	else if (!f->key)
		f->signature = SIGNATURE_PRESENT;
	else
		f->signature = memcmp(f->key, s->key, SIGN_PUBLIC_SIZE) == 0 ? SIGNATURE_VALID : SIGNATURE_OTHER_KEY;
}

static void header_facts(struct fsck *f, const struct rec_header *h)
{
	CLEANUP(buf_free) struct buf system = { 0 };
	time_t started = (time_t)(h->started_ns / 1000000000u);
	char when[64] = "";
	struct tm tm;

	buf_printf(&system, "%s %s %s %s", h->host_sysname, h->host_release, h->host_version, h->host_machine);
	fact(f, "host", h->host_hostname);
	fact(f, "system", buf_cstr(&system));
	if (gmtime_r(&started, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fact(f, "started", when);
	if (*h->command_name)
		fact(f, "command", h->command_name);
	fact(f, "program", h->program);
	list(f, "argv", h->argv);
	fact(f, "cwd", h->cwd);
	fact(f, "policy", h->policy_name);
}

static void trailer_facts(struct fsck *f, const struct rec_trailer *t)
{
	CLEANUP(buf_free) struct buf end = { 0 };
	int status = (int)t->wait_status;

	switch (t->end) {
	case REC_END_EXITED:
		if (WIFSIGNALED(status))
			buf_printf(&end, "killed by signal %d", WTERMSIG(status));
		else
			buf_printf(&end, "exited with status %d", WEXITSTATUS(status));
		break;
	case REC_END_FORBIDDEN:
		buf_printf(&end, "stopped: %s", t->reason);
		break;
	case REC_END_INCOMPLETE:
		buf_printf(&end, "the run was not recorded to its end: %s", t->reason);
		break;
	}
	fact(f, "end", buf_cstr(&end));
}

static int examine_recording(struct fsck *f, const struct abi_schema *schema, struct err *err)
{
	struct err why = { 0 };
	struct rec_reader *r = rec_reader_open(f->path, MAX_EVENT, &why);
	uint64_t events = 0, blocks = 0, bytes = 0, undescribed = 0;
	const struct sys_event *ev;
	uint8_t hash[32];
	bool known;
	int got = -1;

	if (!r)
		return stopped(f, &why, err);
	abi_schema_hash(schema, hash);
	known = memcmp(hash, rec_reader_header(r)->schema_hash, sizeof(hash)) == 0;
	while ((got = rec_reader_next(r, &ev, &why)) > 0) {
		events++;
		blocks += ev->nblocks;
		for (uint32_t i = 0; i < ev->nblocks; i++)
			bytes += ev->blocks[i].len;
		undescribed += known && ev->type == EVENT_CALL && abi_schema_select(schema, ev->nr, ev->args) == ABI_UNDESCRIBED;
	}
	if (got == 0) {
		judge_signature(f, rec_reader_signature(r), rec_reader_root(r));
		undescribed = rec_reader_trailer(r)->undescribed;
		known = true;
	} else {
		f->signature = rec_reader_signed(r) ? SIGNATURE_NOT_REACHED : SIGNATURE_NONE;
		got = stopped(f, &why, err);
	}
	number(f, "chunks", rec_reader_chunks(r));
	number(f, "events", events);
	number(f, "blocks", blocks);
	number(f, "bytes", bytes);
	if (known) /* else its calls are those of another version */
		number(f, "undescribed", undescribed);
	header_facts(f, rec_reader_header(r));
	if (f->state == STATE_WHOLE && got == 0)
		trailer_facts(f, rec_reader_trailer(r));
	rec_reader_close(r);
	return got;
}

static int examine_differences(struct fsck *f, struct err *err)
{
	struct err why = { 0 };
	struct diff_reader *r = diff_reader_open(f->path, &why);
	const struct rec_difference *d;
	char recording[DIGEST_TEXT_MAX];
	uint64_t differences = 0;
	int got;

	if (!r)
		return stopped(f, &why, err);
	while ((got = diff_reader_next(r, &d, &why)) > 0)
		differences++;
	if (got == 0) {
		judge_signature(f, diff_reader_signature(r), diff_reader_root(r));
	} else {
		f->signature = diff_reader_signed(r) ? SIGNATURE_NOT_REACHED : SIGNATURE_NONE;
		got = stopped(f, &why, err);
	}
	number(f, "chunks", diff_reader_chunks(r));
	number(f, "differences", differences);
	fact(f, "recording", digest_text(diff_reader_recording(r), recording));
	fact(f, "policy", diff_reader_policy(r));
	if (f->state == STATE_WHOLE && got == 0)
		fact(f, "verdict", diff_reader_verdict(r));
	diff_reader_close(r);
	return got;
}

/* No magic of ours: a file that stops within it is not alien. */
static int examine_other(struct fsck *f, struct err *err)
{
	struct err why = { 0 };
	struct rec_reader *r = rec_reader_open(f->path, MAX_EVENT, &why);

	INVARIANT(r == NULL || !err_is_set(&why));
	rec_reader_close(r);
	if (r || why.code == ERR_IO)
		return err_set(err, ERR_IO, "%s", r ? "the file was changed while it was read" : why.text);
	if (why.code == ERR_INCOMPLETE)
		return stopped(f, &why, err);
	f->state = STATE_ALIEN;
	err_set(&f->why, ERR_FORMAT, "%s is neither a recording nor a differences file", f->path);
	return 0;
}

/* 0: the state is known.  -1: *err, it cannot be told. */
static int examine(struct fsck *f, struct err *err)
{
	struct stat st;
	int result = -1;

	if (rec_file_type(f->path, &f->type, err) < 0)
		return -1;
	if (stat(f->path, &st) == 0 && S_ISREG(st.st_mode))
		number(f, "size", (uint64_t)st.st_size);
	switch (f->type) {
	case REC_FILE_RECORDING:
		result = examine_recording(f, &abi_schema_made, err);
		break;
	case REC_FILE_DIFFERENCES:
		result = examine_differences(f, err);
		break;
	case REC_FILE_UNKNOWN:
		result = examine_other(f, err);
		break;
	}
	return result;
}

static int status_of(const struct fsck *f)
{
	bool fine = f->key ? f->signature == SIGNATURE_VALID : f->signature == SIGNATURE_NONE || f->signature == SIGNATURE_PRESENT;

	return f->state == STATE_WHOLE && fine ? STATUS_FINE : STATUS_DAMAGE;
}

/* ---- out ---- */

static void print_json(struct fsck *f)
{
	cJSON *o = cJSON_CreateObject(), *signature;
	char *text;

	json_number(o, "version", 1);
	cJSON_AddItemToObject(o, "file", json_text(f->path));
	cJSON_AddStringToObject(o, "type", type_names[f->type]);
	cJSON_AddStringToObject(o, "state", state_names[f->state]);
	if (f->state == STATE_INCOMPLETE || f->state == STATE_ALTERED)
		json_number(o, "offset", f->why.offset);
	cJSON_AddItemToObject(o, "why", json_text(f->why.text));
	json_number(o, "exit_status", (uint64_t)status_of(f));
	cJSON_AddStringToObject(o, "root", f->root);
	signature = cJSON_AddObjectToObject(o, "signature");
	INVARIANT(signature != NULL);
	cJSON_AddStringToObject(signature, "state", signature_texts[f->signature].name);
	cJSON_AddStringToObject(signature, "key", f->signer);
	while (f->object->child) {
		cJSON *item = cJSON_DetachItemViaPointer(f->object, f->object->child);

		cJSON_AddItemToObject(o, item->string, item);
	}
	text = cJSON_PrintUnformatted(o);
	INVARIANT(text != NULL);
	puts(text);
	cJSON_free(text);
	cJSON_Delete(o);
}

static void print_text(struct fsck *f)
{
	CLEANUP(buf_free) struct buf head = { 0 };

	add_printable(&head, f->path);
	buf_str(&head, ": ");
	if (f->state == STATE_ALIEN) {
		buf_str(&head, state_names[f->state]);
	} else {
		buf_printf(&head, "%s, %s", f->type == REC_FILE_DIFFERENCES ? "differences file" : "recording",
			   state_names[f->state]);
	}
	if (f->state == STATE_INCOMPLETE || f->state == STATE_ALTERED)
		buf_printf(&head, " at offset %" PRIu64, f->why.offset);
	printf("%s\n", buf_cstr(&head));
	if (err_is_set(&f->why)) {
		buf_clear(&head);
		add_printable(&head, f->why.text);
		printf("  %-12s %s\n", "why", buf_cstr(&head));
	}
	if (f->state != STATE_ALIEN)
		printf("  %-12s %s%s%s%s\n", "signature", signature_texts[f->signature].text, f->signer[0] ? " " : "", f->signer,
		       f->signature == SIGNATURE_NONE && f->key	    ? ", and --verify-key wants one" :
		       f->signature == SIGNATURE_PRESENT ? "; --verify-key tells whether that is the right one" :
							   "");
	if (f->root[0])
		printf("  %-12s %s\n", "root", f->root);
	fputs(buf_cstr(&f->text), stdout);
}

static int fsck(struct fsck *f, struct err *err)
{
	int result;

	f->object = cJSON_CreateObject();
	INVARIANT(f->object != NULL);
	result = examine(f, err);
	if (result == 0) {
		if (f->json)
			print_json(f);
		else
			print_text(f);
		result = status_of(f);
	}
	cJSON_Delete(f->object);
	buf_free(&f->text);
	return result;
}

static int fsck_main(int argc, char **argv)
{
	struct fsck f = { .json = false };
	const char *key_path = NULL;
	uint8_t key[SIGN_PUBLIC_SIZE];
	struct err err = { 0 };
	struct cmd_args args;
	int option, status;

	cmd_guard_stdio();
	cmd_start(&args, TOOL, &cmd_fsck, argc, argv, true);
	while ((option = cmd_next(&args)) != 0) {
		switch (option) {
		case OPT_VERIFY_KEY:
			key_path = args.value;
			break;
		case OPT_JSON:
			f.json = true;
			break;
		default:
			return cmd_standard(&args, option);
		}
	}
	if (args.first + 1 != argc)
		return cmd_usage_error(&args, "one file is wanted");
	f.path = argv[args.first];
	if (key_path && sign_public_read(key_path, key, &err) < 0)
		return cmd_fail(TOOL, &err);
	f.key = key_path ? key : NULL;
	status = fsck(&f, &err);
	return status < 0 ? cmd_fail(TOOL, &err) : cmd_end_output(TOOL, status);
}

const struct command cmd_fsck = {
	.name = "fsck",
	.synopsis = "[OPTION]... FILE",
	.summary = "Check a recording or a differences file: whole, unaltered, signed by whom",
	.options = options,
	.noptions = ARRAY_LEN(options),
	.run = fsck_main,
};

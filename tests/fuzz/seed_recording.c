/*
 * Writes the seed corpus of fuzz_recording: seed_recording DIRECTORY.  Run it when the format changes.
 */
#include "base/check.h"
#include "base/fdio.h"
#include "recording/frame.h"
#include "tests/unit/rec_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SAMPLES 10

static void path_of(char *path, size_t size, const char *directory, const char *name)
{
	INVARIANT((size_t)snprintf(path, size, "%s/%s", directory, name) < size);
}

static int record(const char *path, const struct sign_key *sign, struct err *err)
{
	struct rec_trailer t = { .end = REC_END_INCOMPLETE, .reason = "call 1000", .wait_status = 9, .undescribed = 1 };
	CLEANUP(arena_cleanup) struct arena *a = arena_new();
	struct rec_header h = sample_header();
	struct rec_writer *w = rec_writer_open_signed(path, &h, sign, err);

	if (!w)
		return -1;
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct sys_event ev;

		sample_event(i, &ev, a);
		rec_writer_event(w, &ev, err); /* an error comes back from finish */
	}
	return rec_writer_finish(w, &t, err);
}

static int differ(const char *path, const struct sign_key *sign, struct err *err)
{
	static const uint8_t digest[DIGEST_SIZE];
	struct rec_difference d = {
		.class = DIFF_VIOLATION,
		.seq = 4,
		.call = "read",
		.field = "buf",
		.recorded = value_cstr("a"),
		.actual = value_num(-1),
		.offset = 1,
		.recorded_text = "\"a\"",
		.actual_text = "-1",
		.rule_file = "f.spol",
		.rule_line = 1,
		.rule_column = 2,
		.rule_text = "exact",
		.verb = "exact",
		.message = "m",
	};
	struct diff_writer *w = diff_writer_open_signed(path, digest, "strict", digest, sign, err);

	if (!w)
		return -1;
	diff_writer_add(w, &d, err);
	diff_writer_add(w, &d, err);
	return diff_writer_finish(w, "different", err);
}

/* The payloads of a file's frames, each kind a seed of its own. */
static int split(const char *directory, const char *file, enum rec_file_type type, struct err *err)
{
	static const char *const names[][FRAME_TYPE_COUNT] = {
		[REC_FILE_RECORDING] = { "header.message", "events.stream", "trailer.message" },
		[REC_FILE_DIFFERENCES] = { "differences.header", "differences.stream", "differences.trailer" },
	};
	static const char modes[][FRAME_TYPE_COUNT + 1] = {
		[REC_FILE_RECORDING] = "HET", [REC_FILE_DIFFERENCES] = "hDt"
	};
	struct frame_reader *r = frame_reader_open(file, type, err);
	struct frame f;
	int got = -1;

	while (r && (got = frame_read(r, &f, err)) > 0) {
		CLEANUP(buf_free) struct buf seed = { 0 };
		char path[4096];

		buf_byte(&seed, (uint8_t)modes[type][f.type]);
		buf_add(&seed, f.data, f.len);
		path_of(path, sizeof(path), directory, names[type][f.type]);
		if (file_write_atomic(path, seed.data, seed.len, err) < 0)
			break;
	}
	frame_reader_close(r);
	return got == 0 ? 0 : -1;
}

/* The frames of a recording as fuzz_recording's list of that mode, compressed payloads as they are. */
static int list(const char *directory, const char *file, char mode, const char *name, struct err *err)
{
	CLEANUP(buf_free) struct buf bytes = { 0 }, seed = { 0 };
	char path[4096];

	if (file_read(file, 1 << 20, &bytes, err) < 0)
		return -1;
	buf_byte(&seed, (uint8_t)mode);
	for (size_t at = FRAME_FILE_HEAD; at < bytes.len;) {
		struct reader r = reader_over(bytes.data + at, bytes.len - at);
		uint8_t type = *reader_bytes(&r, 4);
		uint32_t flags = reader_le32(&r), raw, stored;

		reader_le64(&r);
		raw = reader_le32(&r);
		stored = reader_le32(&r);
		buf_byte(&seed, type == 'H' ? 0 : type == 'C' ? 1 : type == 'T' ? 2 : 3);
		buf_byte(&seed, (uint8_t)flags);
		buf_le32(&seed, raw | stored << 16);
		buf_add(&seed, bytes.data + at + FRAME_HEAD, stored);
		at += FRAME_HEAD + stored + DIGEST_SIZE;
	}
	path_of(path, sizeof(path), directory, name);
	return file_write_atomic(path, seed.data, seed.len, err);
}

/* A signed file, and the payload of its signature. */
static int sign(const char *directory, enum rec_file_type type, struct err *err)
{
	CLEANUP(sign_key_cleanup) struct sign_key *key = sign_key_new(err);
	CLEANUP(buf_free) struct buf bytes = { 0 }, seed = { 0 };
	bool recording = type == REC_FILE_RECORDING;
	char path[4096];

	path_of(path, sizeof(path), directory, recording ? "signed.recording" : "signed.differences");
	if (!key || (recording ? record : differ)(path, key, err) < 0 || file_read(path, 1 << 20, &bytes, err) < 0)
		return -1;
	buf_byte(&seed, recording ? 'S' : 's');
	buf_add(&seed, bytes.data + bytes.len - DIGEST_SIZE - SIGN_SIZE - SIGN_PUBLIC_SIZE, SIGN_PUBLIC_SIZE + SIGN_SIZE);
	path_of(path, sizeof(path), directory, recording ? "signature.payload" : "differences.signature");
	return file_write_atomic(path, seed.data, seed.len, err);
}

int main(int argc, char **argv)
{
	char recording[4096], differences[4096], signed_recording[4096];
	struct err err = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: seed_recording DIRECTORY\n");
		return 2;
	}
	path_of(recording, sizeof(recording), argv[1], "whole.recording");
	path_of(differences, sizeof(differences), argv[1], "whole.differences");
	path_of(signed_recording, sizeof(signed_recording), argv[1], "signed.recording");
	if (record(recording, NULL, &err) == 0 && differ(differences, NULL, &err) == 0 &&
	    split(argv[1], recording, REC_FILE_RECORDING, &err) == 0 &&
	    split(argv[1], differences, REC_FILE_DIFFERENCES, &err) == 0 && list(argv[1], recording, 'F', "frames.list", &err) == 0 &&
	    sign(argv[1], REC_FILE_RECORDING, &err) == 0 && sign(argv[1], REC_FILE_DIFFERENCES, &err) == 0 &&
	    list(argv[1], signed_recording, 'G', "signed.list", &err) == 0)
		return 0;
	fprintf(stderr, "seed_recording: %s\n", err.text);
	return 1;
}

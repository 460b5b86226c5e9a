/*
 * recording.bin and differences.bin: streams of events in compressed chunks that are chained by digests.
 * doc/recording-format.md; engine.md 8.
 */
#ifndef RECORDING_RECORDING_H
#define RECORDING_RECORDING_H

#include "abi/event.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/sign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REC_FORMAT_VERSION 1

/* What stands at one of descriptors 0-2 when the program starts. */
struct rec_stdio {
	enum abi_fd_kind kind;
	uint32_t flags;   /* O_ flags */
	const char *path; /* as /proc/self/fd shows it */
	uint64_t size;    /* of a file */
	uint64_t offset;  /* file position at the start */
	uint32_t mode;    /* st_mode */
	uint64_t rdev;    /* st_rdev of a device */
};

/* An rlimit, as getrlimit(2). */
struct rec_rlimit {
	uint64_t cur, max;
};

#define REC_RLIMITS 16

/* What the program ran in. */
enum rec_container_kind {
	REC_CONTAINER_NONE,
	REC_CONTAINER_FOLDERS, /* folders were its root */
	REC_CONTAINER_HOST,    /* the system's own root, with changes kept apart */
	REC_CONTAINER_COUNT
};

/* As the user asked for it; "" what was not asked for. */
struct rec_container {
	enum rec_container_kind kind;
	const char *lower; /* a colon list */
	const char *upper, *work, *mount_point;
	const char *hostname; /* as the program saw it */
	bool network, user;
};

/* Everything about the start of a run that replay reproduces or compares.  Strings are lent. */
struct rec_header {
	uint8_t schema_hash[32];
	const char *policy_name;
	uint8_t policy_digest[DIGEST_SIZE];
	const char *program;     /* absolute path that is executed */
	const char *const *argv; /* NULL-ended */
	const char *const *envp; /* NULL-ended */
	const char *cwd;
	uint32_t umask;
	struct rec_rlimit rlimits[REC_RLIMITS]; /* indexed by RLIMIT_*; cur == max == 0: not recorded */
	uint32_t uid, euid, gid, egid;
	uint32_t ngroups;
	const uint32_t *groups;
	uint64_t signals_ignored, signals_blocked; /* bit n-1: signal n */
	struct rec_stdio stdio[3];
	const char *host_sysname, *host_release, *host_version, *host_machine, *host_hostname;
	uint64_t started_ns;     /* CLOCK_REALTIME */
	uint8_t at_random[16];   /* the fixed AT_RANDOM bytes */
	bool aslr;               /* address-space randomisation was left on */
	bool cpuid_runs;         /* cpuid was not trapped: no events tell of it */
	const uint32_t *ignored; /* call numbers that the policy had ignored: they are not in the stream */
	uint32_t nignored;
	struct rec_container container;
	const char *command_name; /* what the user calls what was run; "": nothing */
};

enum rec_end {
	REC_END_EXITED,     /* the program ended by itself or by a signal; status says how */
	REC_END_FORBIDDEN,  /* the policy stopped the run */
	REC_END_INCOMPLETE, /* tracer error, undescribed call, unsupported program: reason says what */
};

struct rec_trailer {
	enum rec_end end;
	uint32_t wait_status;           /* as wait(2) gives it */
	const char *reason;             /* why it is not whole, or "" */
	uint64_t events, blocks, bytes; /* counts: events, data blocks, data bytes before compression */
	uint64_t undescribed;           /* calls that no row describes */
};

/* What stands behind the trailer of a signed file.  That it is there says nothing: rec_signature_check(). */
struct rec_signature {
	uint8_t key[SIGN_PUBLIC_SIZE]; /* public key of who signed */
	uint8_t bytes[SIGN_SIZE];
};

/* ---- writing ---- */

/*
 * States of the file: NAME.part while it is written (header, chunks, no trailer: readers call it incomplete); NAME
 * after rec_writer_finish() has written the trailer, synced and renamed it.
 */
struct rec_writer;

/*
 * Starts NAME.part.  Compression, digests and writing run on a thread of their own; memory stays under 32 MiB plus the
 * largest event.  NULL: *err IO.
 */
struct rec_writer *rec_writer_open(const char *path, const struct rec_header *header, struct err *err);
/* The same for a recording that is signed when it is finished.  sign: lent until then; NULL: not signed. */
struct rec_writer *rec_writer_open_signed(const char *path, const struct rec_header *header, const struct sign_key *sign,
					  struct err *err);
/* Appends an event; it is copied.  -1: *err IO (also for failures of the writing thread, which come a little later). */
int rec_writer_event(struct rec_writer *w, const struct sys_event *ev, struct err *err);
/*
 * Digests that an event left for later (abi_block.later) are made by the writing thread; rec_writer_event() takes their
 * descriptors over.  true: some are not made yet.
 */
bool rec_writer_waits(const struct rec_writer *w);
/* Returns when all of them are made.  -1: *err IO, of this or of an earlier event. */
int rec_writer_settle(struct rec_writer *w, struct err *err);
/* Writes out what is buffered so that a reader of NAME.part sees it. */
int rec_writer_flush(struct rec_writer *w, struct err *err);
/* Trailer, signature, fsync, rename; frees w in every case.  counts in trailer are filled by the writer. */
int rec_writer_finish(struct rec_writer *w, struct rec_trailer *trailer, struct err *err);
/* Gives up: NAME.part stays as far as it got; frees w. */
void rec_writer_abandon(struct rec_writer *w);

/* ---- reading ---- */

struct rec_reader; /* one open recording, read front to back; not for two threads */

/*
 * Opens the recording at path and checks header and frame.  max_event: largest event accepted, in bytes, > 0.
 * NULL: *err is IO, FORMAT, VERSION, DIGEST, or INCOMPLETE (the file stops within the header), and names path and
 * offset.
 */
struct rec_reader *rec_reader_open(const char *path, size_t max_event, struct err *err);
void rec_reader_close(struct rec_reader *r);
/* Lent until close. */
const struct rec_header *rec_reader_header(const struct rec_reader *r);
/*
 * 1: *ev is the next event, lent until the next call.  0: the end, trailer checked.  -1: *err set, reader unusable, and
 * every event before was whole: INCOMPLETE when the file stops before its trailer (killed tracer, full disk, cut),
 * DIGEST when it was altered, FORMAT or LIMIT when it is not what it should be or goes on behind its trailer.
 */
int rec_reader_next(struct rec_reader *r, const struct sys_event **ev, struct err *err);
/* After rec_reader_next() gave 0.  Lent until close. */
const struct rec_trailer *rec_reader_trailer(const struct rec_reader *r);
/* Reads and checks all of it without keeping anything: replay does this first, so that a bad tail is known before
 * anything runs.  The reader is at the first event again afterwards.  -1: as rec_reader_next(). */
int rec_reader_check(struct rec_reader *r, struct err *err);
/* SHA-256 over the chain: names the recording.  After rec_reader_check() or the end. */
const uint8_t *rec_reader_root(const struct rec_reader *r);
/* Likewise: the signature, lent until close and not yet checked, or NULL: not signed. */
const struct rec_signature *rec_reader_signature(const struct rec_reader *r);
/*
 * Likewise: the owner of this public key has signed the recording as it was read.  -1: *err SIGNATURE: not signed, by
 * another key, or the signature is not one of this content.
 */
int rec_reader_verify(const struct rec_reader *r, const uint8_t key[SIGN_PUBLIC_SIZE], struct err *err);
/* Whether the recording says that it is, or is to be, signed.  From the start. */
bool rec_reader_signed(const struct rec_reader *r);
/* Chunks read so far. */
uint64_t rec_reader_chunks(const struct rec_reader *r);

/* ---- differences.bin ---- */

enum diff_class {
	DIFF_VIOLATION, /* not acceptable */
	DIFF_ACCEPTED,  /* a rule accepted it */
	DIFF_SEQUENCE,  /* another call, a call missing, an end too early or late */
	DIFF_CLASS_COUNT
};

/* One difference. */
struct rec_difference {
	enum diff_class class;
	uint64_t seq; /* of the recorded event */
	uint32_t task;
	const char *call;  /* "read", "ioctl(TCGETS)" */
	const char *field; /* "buf", "fds[2].revents"; "" for a sequence difference */
	struct value recorded, actual;
	uint64_t offset;                         /* of the first differing byte, for bytes */
	const char *recorded_text, *actual_text; /* as people read them */
	const char *rule_file;                   /* the rule that decided; "" none */
	uint32_t rule_line, rule_column;
	const char *rule_text, *verb, *message;
};

struct diff_writer;

/* path.part until finished, as a recording. */
struct diff_writer *diff_writer_open(const char *path, const uint8_t recording_root[DIGEST_SIZE],
				     const char *policy_name, const uint8_t policy_digest[DIGEST_SIZE],
				     struct err *err);
/* sign as for a recording. */
struct diff_writer *diff_writer_open_signed(const char *path, const uint8_t recording_root[DIGEST_SIZE],
					    const char *policy_name, const uint8_t policy_digest[DIGEST_SIZE],
					    const struct sign_key *sign, struct err *err);
int diff_writer_add(struct diff_writer *w, const struct rec_difference *d, struct err *err);
int diff_writer_finish(struct diff_writer *w, const char *verdict, struct err *err);
void diff_writer_abandon(struct diff_writer *w);

struct diff_reader;

struct diff_reader *diff_reader_open(const char *path, struct err *err);
void diff_reader_close(struct diff_reader *r);
/* 1: a difference, lent until the next call; 0: end; -1: *err. */
int diff_reader_next(struct diff_reader *r, const struct rec_difference **d, struct err *err);
const char *diff_reader_verdict(const struct diff_reader *r); /* after the end */
const char *diff_reader_policy(const struct diff_reader *r);
const uint8_t *diff_reader_recording(const struct diff_reader *r); /* root hash of the recording that was replayed */
/* As for a recording. */
const uint8_t *diff_reader_root(const struct diff_reader *r);
const struct rec_signature *diff_reader_signature(const struct diff_reader *r);
bool diff_reader_signed(const struct diff_reader *r);
uint64_t diff_reader_chunks(const struct diff_reader *r);

/* What a file is, by its magic. */
enum rec_file_type { REC_FILE_UNKNOWN, REC_FILE_RECORDING, REC_FILE_DIFFERENCES };
/* -1: *err IO. */
int rec_file_type(const char *path, enum rec_file_type *type, struct err *err);
/* Whether the owner of signature->key signed a file of that type with this root hash. */
bool rec_signature_check(const struct rec_signature *signature, enum rec_file_type type, const uint8_t root[DIGEST_SIZE]);

#endif

/*
 * Whole replays, by table: a recording is written, a list of actual events is held against it, and what was said at each
 * stop and in the end is compared.
 */
#include "tests/unit/verify_support.h"

#include "verify/verify.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_EVENTS 8

struct row {
	const char *name;
	struct rule rules[4];
	/* ended by an empty one; a live one may be entered only (unreturned: killed in it) */
	struct event_spec rec[MAX_EVENTS], live[MAX_EVENTS];
	/* one word a stop: go, ok, stop, then "= verdict: type of the first divergence, call, field" */
	const char *expected;
	bool continues, report_only;
	enum rec_end end;
	bool other_end; /* the trailer tells of another end than the last event does */
	const char *counts; /* "emulated ignored missing extra undescribed" or NULL: all 0 */
};

#define GETPID(n) { .call = "getpid", .ret = (n) }
#define GETUID(n) { .call = "getuid", .ret = (n) }
#define CLOSE(n) { .call = "close", .args = { n } }
#define WRITE(bytes) { .call = "write", .args = { 1, 0x1000, sizeof(bytes) - 1 }, .ret = sizeof(bytes) - 1, .blocks = { IN("buf.addr", 0x1000, bytes) } }
#define UNREADABLE { .at = "buf.addr", .addr = 8, .status = BLOCK_UNREADABLE, .data = "" }
#define BAD_WRITE(n) { .call = "write", .args = { 1, 8, 4 }, .ret = (n), .blocks = { UNREADABLE } }
#define PART_WRITE(n) { .call = "write", .args = { 1, 8, 4 }, .ret = (n), .blocks = { { .at = "buf.addr", .addr = 8, .status = BLOCK_UNREADABLE, .data = "ab", .len = 2 } } }
#define READ(bytes) { .call = "read", .args = { 0, 0x1000, 9 }, .ret = sizeof(bytes) - 1, .blocks = { OUT("buf.addr", 0x1000, bytes) } }
#define UNLINK(path) { .call = "unlink", .args = { 0x2000 }, .blocks = { STR("pathname.addr", 0x2000, path) } }
#define EXIT(n) { .call = "exit_group", .args = { n }, .unreturned = true }
#define END(status, signal) { .call = "task_end", .args = { status, signal } }
#define SIGNAL(name, n) { .call = "signal(" name ")", .args = { n } }
#define TIME(n) { .call = "instruction(rdtsc)", .args = { 0, 0, 1 }, .blocks = { OUT("value", EVENT_RESULT_ADDR, n "\0\0\0\0\0\0\0") } }
#define CPUID(n, ebx) { .call = "instruction(cpuid)", .args = { n, 0, 3 }, .blocks = { OUT("eax", EVENT_RESULT_ADDR, "1\0\0\0" ebx "\0\0\0002222333") } }
#define CHILD(status) { .call = "signal(SIGCHLD)", .args = { 17 }, .blocks = { IN("si_signo", EVENT_SIGINFO_ADDR, "\21\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0" status "\0\0\0") } }
#define UNKNOWN(n) { .nr = (n) }

#define DIGEST_A "0123456789abcdef0123456789abcdef"
#define DIGEST_B "0123456789abcdef0123456789abcdeF"
#define LEFT(kind, name, digest) { .call = "effect", .args = { kind, 0644, 0, 0, 5 }, .unreturned = true, .blocks = { IN("path", 0, name), IN("digest", 0, digest) } }
#define MAY_LEAVE(name, accept) { .call = "effect", .field = (name), .verb = (accept), .when = FILE_IN_TMP }

static const struct row rows[] = {
	{ .name = "the same is left", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A), LEFT(5, "/b", DIGEST_A) },
	  .live = { END(0, 0), LEFT(1, "/a", DIGEST_A), LEFT(5, "/b", DIGEST_A) }, .expected = "end left left = same" },
	{ .name = "another content is left", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A) },
	  .live = { END(0, 0), LEFT(1, "/a", DIGEST_B) }, .expected = "end left = different: field effect digest" },
	{ .name = "another mode is left", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A) },
	  .live = { END(0, 0), { .call = "effect", .args = { 1, 0600, 0, 0, 5 }, .unreturned = true,
				 .blocks = { IN("path", 0, "/a"), IN("digest", 0, DIGEST_A) } } },
	  .expected = "end left = different: field effect mode" },
	{ .name = "one path more is left, first", .rec = { END(0, 0), LEFT(1, "/b", DIGEST_A) },
	  .live = { END(0, 0), LEFT(1, "/a", DIGEST_B), LEFT(1, "/b", DIGEST_A) },
	  .expected = "end left left = different: field effect type" },
	{ .name = "one path more is left, last", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A) },
	  .live = { END(0, 0), LEFT(1, "/a", DIGEST_A), LEFT(1, "/a/b", DIGEST_B) },
	  .expected = "end left left = different: field effect type" },
	{ .name = "one path less is left", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A), LEFT(1, "/b", DIGEST_A) },
	  .live = { END(0, 0), LEFT(1, "/b", DIGEST_A) }, .expected = "end left = different: field effect type" },
	{ .name = "nothing is left", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A) }, .live = { END(0, 0) },
	  .expected = "end = different: field effect type" },
	{ .name = "a rule accepts what else is left", .rules = { MAY_LEAVE("type", VERB_ACCEPT) },
	  .rec = { END(0, 0), LEFT(1, "/tmp/a", DIGEST_A) }, .live = { END(0, 0), LEFT(1, "/tmp/b", DIGEST_B) },
	  .expected = "end left = same" },
	{ .name = "a rule accepts it elsewhere", .rules = { MAY_LEAVE("type", VERB_ACCEPT) },
	  .rec = { END(0, 0), LEFT(1, "/var/a", DIGEST_A) }, .live = { END(0, 0), LEFT(1, "/var/b", DIGEST_B) },
	  .expected = "end left = different: field effect type" },
	{ .name = "a rule accepts another content", .rules = { MAY_LEAVE("digest", VERB_ACCEPT) },
	  .rec = { END(0, 0), LEFT(1, "/tmp/a", DIGEST_A) }, .live = { END(0, 0), LEFT(1, "/tmp/a", DIGEST_B) },
	  .expected = "end left = same" },
	{ .name = "content that nobody could read is not the same", .rec = { END(0, 0), { .call = "effect", .args = { 1 }, .unreturned = true,
	    .blocks = { IN("path", 0, "/a"), { .at = "digest", .data = "", .status = BLOCK_UNREADABLE } } } },
	  .live = { END(0, 0), { .call = "effect", .args = { 1 }, .unreturned = true,
	    .blocks = { IN("path", 0, "/a"), { .at = "digest", .data = "", .status = BLOCK_UNREADABLE } } } },
	  .expected = "end left = not judged" },
	{ .name = "something comes behind what was left", .rec = { END(0, 0), LEFT(1, "/a", DIGEST_A), CLOSE(1) },
	  .live = { END(0, 0), LEFT(1, "/a", DIGEST_A) }, .expected = "end left = different: early close " },
	{ .name = "what was left comes too early", .rec = { LEFT(1, "/a", DIGEST_A), CLOSE(1), END(0, 0) },
	  .live = { CLOSE(1), END(0, 0), LEFT(1, "/a", DIGEST_A) }, .expected = "stop = different: call effect " },
	{ .name = "another time", .rec = { TIME("a"), END(0, 0) }, .live = { TIME("b"), END(0, 0) },
	  .expected = "stop = different: field instruction(rdtsc) value" },
	{ .name = "the recorded time again", .rules = { { .call = "instruction(rdtsc)", .field = "value", .verb = VERB_REPLAY } },
	  .rec = { TIME("a"), END(0, 0) }, .live = { TIME("b"), END(0, 0) },
	  .expected = "insn[value replay; result[0], 8 bytes] end = same" },
	{ .name = "another processor", .rec = { CPUID(1, "a"), END(0, 0) }, .live = { CPUID(1, "b"), END(0, 0) },
	  .expected = "stop = different: field instruction(cpuid) ebx" },
	{ .name = "the recorded processor", .rules = { { .call = "instruction(cpuid)", .field = "ebx", .verb = VERB_REPLAY } },
	  .rec = { CPUID(1, "a"), END(0, 0) }, .live = { CPUID(1, "b"), END(0, 0) },
	  .expected = "insn[ebx replay; result[4], 4 bytes] end = same" },
	{ .name = "something else is asked", .rec = { CPUID(1, "a"), END(0, 0) }, .live = { CPUID(7, "a"), END(0, 0) },
	  .expected = "stop = different: field instruction(cpuid) leaf" },
	{ .name = "another instruction", .rec = { TIME("a"), END(0, 0) }, .live = { CPUID(7, "a"), END(0, 0) },
	  .expected = "stop = different: call instruction(rdtsc) " },
	{ .name = "what a signal told", .rules = { { .call = "signal(SIGCHLD)", .field = "si_status", .verb = VERB_REPLAY } },
	  .rec = { CHILD("a"), END(0, 0) }, .live = { CHILD("b"), END(0, 0) },
	  .expected = "sig[si_status replay; siginfo[24], 4 bytes] end = same" },
	{ .name = "the same", .rec = { GETPID(5), WRITE("hi"), EXIT(0), END(0, 0) },
	  .live = { GETPID(5), WRITE("hi"), EXIT(0), END(0, 0) }, .expected = "go go go go go end = same" },
	{ .name = "an integer result", .rec = { GETUID(0), EXIT(0), END(0, 0) }, .live = { GETUID(7), EXIT(0), END(0, 0) },
	  .expected = "go stop = different: field getuid ret" },
	{ .name = "a buffer, before the call", .rec = { WRITE("hi"), END(0, 0) }, .live = { WRITE("ho"), END(0, 0) },
	  .expected = "stop = different: field write buf" },
	{ .name = "another call never runs", .rec = { WRITE("hi"), END(0, 0) }, .live = { UNLINK("/etc/passwd") },
	  .expected = "stop = different: call write " },
	{ .name = "another variant of a call", .rec = { { .call = "fcntl(F_GETFD)", .args = { 3, 1 } }, END(0, 0) },
	  .live = { { .call = "fcntl(F_SETFD)", .args = { 3, 2 } } }, .expected = "stop = different: call fcntl(F_GETFD) " },
	{ .name = "one call more", .rec = { CLOSE(1), EXIT(0), END(0, 0) }, .live = { CLOSE(1), CLOSE(2) },
	  .expected = "go go stop = different: call exit_group " },
	{ .name = "one call less", .rec = { CLOSE(1), CLOSE(2), EXIT(0), END(0, 0) }, .live = { CLOSE(1), EXIT(0) },
	  .expected = "go go stop = different: call close " },
	{ .name = "more than the recording has", .rec = { CLOSE(1) }, .live = { CLOSE(1), CLOSE(2) },
	  .expected = "go go stop = different: late  " },
	{ .name = "a trailer that tells of another end", .rec = { CLOSE(1), END(0, 0) }, .live = { CLOSE(1), END(0, 0) },
	  .expected = "go go end = not judged", .other_end = true },
	{ .name = "an early end", .rec = { CLOSE(1), CLOSE(2), END(0, 0) }, .live = { CLOSE(1), END(0, 0) },
	  .expected = "go go end = different: early close " },
	{ .name = "killed by a signal", .rec = { CLOSE(1), CLOSE(2), END(0, 0) }, .live = { CLOSE(1), END(0, 9) },
	  .expected = "go go end = different: early close " },
	{ .name = "killed inside a call", .rec = { CLOSE(1), END(0, 0) },
	  .live = { { .call = "close", .args = { 1 }, .unreturned = true }, END(0, 9) },
	  .expected = "go end = different: early close " },
	{ .name = "killed inside a call, as recorded",
	  .rec = { { .call = "pause", .unreturned = true }, END(0, 9) },
	  .live = { { .call = "pause", .unreturned = true }, END(0, 9) }, .expected = "go end = same" },
	{ .name = "the recorded call never returned", .rec = { { .call = "pause", .unreturned = true }, END(0, 9) },
	  .live = { { .call = "pause", .ret = -4 } }, .expected = "go stop = different: call pause " },
	{ .name = "another exit status", .rec = { EXIT(0), END(0, 0) }, .live = { EXIT(1) },
	  .expected = "stop = different: field exit_group status" },
	{ .name = "another signal at the end", .rec = { END(0, 9) }, .live = { END(0, 11) },
	  .expected = "end = different: field task_end signal" },
	{ .name = "no end", .rec = { CLOSE(1), END(0, 0) }, .live = { CLOSE(1) }, .expected = "go go = not judged" },
	{ .name = "nothing at all", .rec = { END(0, 0) }, .live = { { 0 } }, .expected = "= not judged" },
	/* recordings that are not whole */
	{ .name = "an incomplete recording", .rec = { CLOSE(1), END(0, 0) }, .live = { CLOSE(1), END(0, 0) },
	  .expected = "go go end = not judged", .end = REC_END_INCOMPLETE },
	{ .name = "a forbidden recording", .rec = { CLOSE(1), END(0, 0) }, .live = { CLOSE(1), END(0, 0) },
	  .expected = "go go end = not judged", .end = REC_END_FORBIDDEN },
	{ .name = "different wins over incomplete", .rec = { CLOSE(1), END(0, 0) }, .live = { CLOSE(2) },
	  .expected = "stop = different: field close fd", .end = REC_END_INCOMPLETE },
	/* memory that could not be read */
	{ .name = "unreadable, and the kernel could not read it either", .rec = { BAD_WRITE(-14), END(0, 0) },
	  .live = { BAD_WRITE(-14), END(0, 0) }, .expected = "go go end = same" },
	{ .name = "unreadable for us alone", .rec = { BAD_WRITE(4), END(0, 0) }, .live = { BAD_WRITE(4), END(0, 0) },
	  .expected = "go go end = not judged" },
	{ .name = "unreadable behind what was taken", .rec = { PART_WRITE(2), END(0, 0) }, .live = { PART_WRITE(2), END(0, 0) },
	  .expected = "go go end = same" },
	{ .name = "unreadable, and more was taken than compared", .rec = { PART_WRITE(3), END(0, 0) },
	  .live = { PART_WRITE(3), END(0, 0) }, .expected = "go go end = not judged" },
	{ .name = "unreadable, and nothing there for the null device", .rec = { { .call = "write", .args = { 0, 8, 4 }, .ret = 4, .blocks = { UNREADABLE } }, END(0, 0) },
	  .live = { { .call = "write", .args = { 0, 8, 4 }, .ret = 4, .blocks = { UNREADABLE } }, END(0, 0) }, .expected = "go go end = same" },
	{ .name = "unreadable, and something there", .rec = { { .call = "mmap", .args = { 0, 4096 }, .ret = 4096 }, { .call = "write", .args = { 0, 4096, 4 }, .ret = 4, .blocks = { { .at = "buf.addr", .addr = 4096, .status = BLOCK_UNREADABLE, .data = "" } } }, END(0, 0) },
	  .live = { { .call = "mmap", .args = { 0, 4096 }, .ret = 4096 }, { .call = "write", .args = { 0, 4096, 4 }, .ret = 4, .blocks = { { .at = "buf.addr", .addr = 4096, .status = BLOCK_UNREADABLE, .data = "" } } }, END(0, 0) }, .expected = "go go go go end = not judged" },
	{ .name = "unreadable once, read later", .rec = { BAD_WRITE(-14), WRITE("x"), END(0, 0) },
	  .live = { BAD_WRITE(-14), WRITE("x"), END(0, 0) }, .expected = "go go go go end = same" },
	/* calls without a description */
	{ .name = "undescribed", .rec = { UNKNOWN(9999), END(0, 0) }, .live = { UNKNOWN(9999), END(0, 0) },
	  .expected = "go go end = not judged", .counts = "0 0 0 0 1" },
	{ .name = "undescribed, another one", .rec = { UNKNOWN(9999), END(0, 0) }, .live = { UNKNOWN(9998) },
	  .expected = "stop = different: call syscall_9999 " },
	{ .name = "undescribed, different elsewhere", .rec = { UNKNOWN(9999), CLOSE(1), END(0, 0) },
	  .live = { UNKNOWN(9999), CLOSE(2) }, .expected = "go go stop = different: field close fd", .counts = "0 0 0 0 1" },
	{ .name = "undescribed, executed by the policy", .rules = { { .number = 9999, .disposition = DISP_EXECUTE } },
	  .rec = { UNKNOWN(9999), END(0, 0) }, .live = { UNKNOWN(9999), END(0, 0) }, .expected = "go go end = same" },
	{ .name = "undescribed, ignored by the policy", .rules = { { .number = 9999, .disposition = DISP_IGNORE } },
	  .rec = { END(0, 0) }, .live = { UNKNOWN(9999), END(0, 0) }, .expected = "go go end = same", .counts = "0 1 0 0 0" },
	{ .name = "a multiplexer's unknown variant", .rec = { { .call = "ioctl", .args = { 1, 0x12345 } }, END(0, 0) },
	  .live = { { .call = "ioctl", .args = { 1, 0x12345 } }, END(0, 0) }, .expected = "go go end = not judged",
	  .counts = "0 0 0 0 1" },
	{ .name = "a multiplexer's unknown variant with a disposition",
	  .rules = { { .call = "ioctl", .disposition = DISP_EXECUTE } },
	  .rec = { { .call = "ioctl", .args = { 1, 0x12345 } }, END(0, 0) },
	  .live = { { .call = "ioctl", .args = { 1, 0x12345 } }, END(0, 0) }, .expected = "go go end = same" },
	/* dispositions */
	{ .name = "forbid", .rules = { { .call = "close", .disposition = DISP_FORBID } }, .rec = { CLOSE(1), END(0, 0) },
	  .live = { CLOSE(1) }, .expected = "stop = different: forbidden close " },
	{ .name = "forbid, not recorded", .rules = { { .call = "unlink", .disposition = DISP_FORBID } },
	  .rec = { CLOSE(1), END(0, 0) }, .live = { UNLINK("x") }, .expected = "stop = different: forbidden close " },
	{ .name = "ignore", .rules = { { .call = "getpid", .disposition = DISP_IGNORE } }, .rec = { CLOSE(1), END(0, 0) },
	  .live = { GETPID(1), CLOSE(1), GETPID(2), END(0, 0) }, .expected = "go go go go go go end = same",
	  .counts = "0 2 0 0 0" },
	{ .name = "ignore, recorded under another policy", .rules = { { .call = "getpid", .disposition = DISP_IGNORE } },
	  .rec = { GETPID(1), CLOSE(1), GETPID(1), END(0, 0) }, .live = { CLOSE(1), END(0, 0) }, .expected = "go go end = same",
	  .counts = "0 2 0 0 0" },
	{ .name = "ignore some", .rules = { { .call = "close", .disposition = DISP_IGNORE, .when = FD_IS_1 } },
	  .rec = { CLOSE(2), END(0, 0) }, .live = { CLOSE(1), CLOSE(2), END(0, 0) }, .expected = "go go go go end = same",
	  .counts = "0 1 0 0 0" },
	{ .name = "optional, additional", .rules = { { .call = "getpid", .disposition = DISP_OPTIONAL } },
	  .rec = { CLOSE(1), END(0, 0) }, .live = { GETPID(1), CLOSE(1), END(0, 0) }, .expected = "go go go go end = same",
	  .counts = "0 0 0 1 0" },
	{ .name = "optional, missing", .rules = { { .call = "getpid", .disposition = DISP_OPTIONAL } },
	  .rec = { GETPID(1), CLOSE(1), GETPID(1), END(0, 0) }, .live = { CLOSE(1), END(0, 0) }, .expected = "go go end = same",
	  .counts = "0 0 2 0 0" },
	{ .name = "optional, compared when it pairs up", .rules = { { .call = "getpid", .disposition = DISP_OPTIONAL } },
	  .rec = { GETPID(1), END(0, 0) }, .live = { GETPID(2) }, .expected = "go stop = different: field getpid ret" },
	{ .name = "emulate", .rules = { { .call = "read", .disposition = DISP_EMULATE } }, .rec = { READ("abc"), END(0, 0) },
	  .live = { { .call = "read", .args = { 0, 0x1000, 9 }, .ret = 3 }, END(0, 0) },
	  .expected = "answer:3 go[mem 0x1000 \"abc\"] end = same", .counts = "1 0 0 0 0" },
	{ .name = "emulate, another request", .rules = { { .call = "read", .disposition = DISP_EMULATE } },
	  .rec = { READ("abc"), END(0, 0) }, .live = { { .call = "read", .args = { 0, 0x1000, 8 }, .ret = 3 } },
	  .expected = "stop = different: field read count" },
	{ .name = "replay", .rules = { { .call = "read", .field = "buf", .verb = VERB_REPLAY } },
	  .rec = { READ("abc"), END(0, 0) }, .live = { READ("abd"), END(0, 0) },
	  .expected = "go go[buf replay; mem 0x1000 \"abc\"] end = same" },
	/* violation: continue, report only */
	{ .name = "continue", .rec = { READ("abc"), CLOSE(1), END(0, 0) }, .live = { READ("abd"), CLOSE(1), END(0, 0) },
	  .expected = "go go[buf equal! forced; mem 0x1000 \"abc\"] go go end = different: field read buf", .continues = true },
	{ .name = "continue, an input", .rec = { CLOSE(3), END(0, 0) }, .live = { CLOSE(4), END(0, 0) },
	  .expected = "go[fd equal! forced; arg 0 = 3] go end = different: field close fd", .continues = true },
	{ .name = "continue, an input that cannot be forced", .rec = { UNLINK("/tmp/long"), END(0, 0) },
	  .live = { UNLINK("/x"), END(0, 0) }, .expected = "stop[pathname equal!] = different: field unlink pathname",
	  .continues = true },
	{ .name = "continue, another call", .rec = { CLOSE(3), END(0, 0) }, .live = { UNLINK("/x") },
	  .expected = "stop = different: call close ", .continues = true },
	{ .name = "report only", .rec = { READ("abc"), CLOSE(1), END(0, 0) }, .live = { READ("abd"), CLOSE(2), END(0, 1) },
	  .expected = "go go[buf equal!] go[fd equal!] go end = different: field read buf", .report_only = true },
	{ .name = "report only, another call", .rec = { CLOSE(3), END(0, 0) }, .live = { UNLINK("/x"), END(0, 0) },
	  .expected = "go go end = different: call close ", .report_only = true },
	{ .name = "kept standard input is no event of the run", .rec = { CLOSE(1), { .nr = ABI_INPUT }, END(0, 0) },
	  .live = { CLOSE(1), END(0, 0) }, .expected = "go go end = same" },
	/* signals */
	{ .name = "a signal", .rec = { SIGNAL("SIGALRM", 14), END(0, 0) }, .live = { SIGNAL("SIGALRM", 14), END(0, 0) },
	  .expected = "sig end = same" },
	{ .name = "another signal", .rec = { SIGNAL("SIGALRM", 14), END(0, 0) }, .live = { SIGNAL("SIGILL", 4) },
	  .expected = "stop = different: call signal(SIGALRM) " },
	{ .name = "a signal instead of a call", .rec = { CLOSE(1), END(0, 0) }, .live = { SIGNAL("SIGILL", 4) },
	  .expected = "stop = different: call close " },
	{ .name = "a signal that does not come", .rec = { SIGNAL("SIGALRM", 14), CLOSE(1), END(0, 0) },
	  .live = { CLOSE(1), END(0, 0) }, .expected = "stop = different: call signal(SIGALRM) " },
};

static void write_recording(const struct row *r, const char *path, struct arena *arena)
{
	const char *none[] = { NULL };
	struct rec_header h = { .policy_name = "test", .program = "/bin/x", .argv = none, .envp = none, .cwd = "/tmp",
				.host_sysname = "Linux", .host_release = "6.1", .host_version = "#1",
				.host_machine = "x86_64", .host_hostname = "then" };
	struct rec_trailer trailer = { .end = r->end, .reason = "" };
	struct err err = { 0 };
	struct rec_writer *w;

	for (int i = 0; i < 3; i++)
		h.stdio[i] = (struct rec_stdio){ .kind = i ? FD_KIND_FILE : FD_KIND_DEVICE, .path = i ? "/tmp/out" : "/dev/null" };
	w = rec_writer_open(path, &h, &err);
	ck_assert_msg(w != NULL, "%s", err.text);
	for (int i = 0; i < MAX_EVENTS && (r->rec[i].call || r->rec[i].nr); i++) {
		struct sys_event ev;

		test_event(&ev, &r->rec[i], arena);
		ev.seq = (uint64_t)i;
		if (ev.nr == ABI_TASK_END)
			trailer.wait_status = (uint32_t)(ev.args[1] ? ev.args[1] : ev.args[0] << 8) ^ (r->other_end ? 0x100 : 0);
		ck_assert_msg(rec_writer_event(w, &ev, &err) == 0, "%s", err.text);
	}
	ck_assert_msg(rec_writer_finish(w, &trailer, &err) == 0, "%s", err.text);
}

static void say(struct buf *said, const char *word, const struct decision *d)
{
	struct buf text = { 0 };

	if (said->len)
		buf_byte(said, ' ');
	if (d->action == ACTION_ANSWER)
		buf_printf(said, "answer:%lld", (long long)d->ret);
	else
		buf_str(said, d->action == ACTION_STOP && strcmp(word, "end") != 0 ? "stop" : word);
	if (*test_decision_text(d, &text) && (d->npatches || d->nfindings))
		buf_printf(said, "[%s]", buf_cstr(&text));
	buf_free(&text);
}

/* true: the run goes on. */
static bool one_event(struct verify_session *s, const struct event_spec *spec, struct buf *said, struct arena *arena)
{
	const struct decision *d;
	struct sys_event ev, entered;
	struct err err = { 0 };
	int result;

	test_event(&ev, spec, arena);
	entered = ev;
	entered.flags &= ~EVENT_RETURNED;
	entered.nblocks = 0;
	entered.blocks = arena_array(arena, MAX_BLOCKS, sizeof(*entered.blocks));
	for (uint32_t i = 0; i < ev.nblocks; i++) {
		if (ev.blocks[i].phase == PHASE_ENTRY)
			entered.blocks[entered.nblocks++] = ev.blocks[i];
	}
	switch (ev.type) {
	case EVENT_SIGNAL:
		result = verify_signal(s, &ev, &d, &err);
		say(said, "sig", d);
		break;
	case EVENT_INSTRUCTION:
		result = verify_signal(s, &ev, &d, &err);
		say(said, "insn", d);
		break;
	case EVENT_END:
		result = verify_end(s, &ev, &d, &err);
		buf_str(said, said->len ? " end" : "end");
		break;
	case EVENT_EFFECT:
		result = verify_effect(s, &ev, &err);
		buf_str(said, " left");
		ck_assert_msg(result == 0, "%s", err.text);
		return true;
	case EVENT_CALL:
	case EVENT_INPUT:
	case EVENT_RETURN:
	case EVENT_TASK:
	case EVENT_PREEMPTED:
	case EVENT_TYPE_COUNT:
		result = verify_enter(s, &entered, &d, &err);
		say(said, "go", d);
		if (result == 0 && d->action != ACTION_STOP && !spec->unreturned) {
			result = verify_exit(s, &ev, &d, &err);
			say(said, "go", d);
		}
		break;
	}
	ck_assert_msg(result == 0, "%s", err.text);
	return d->action != ACTION_STOP;
}

static const char *divergence_word(enum divergence_type t)
{
	static const char *const words[] = { "field", "call", "early", "late", "forbidden" };

	return words[t];
}

/* Leaves out the details in brackets of rows that do not ask for them. */
static void strip_details(struct buf *said, const char *expected)
{
	size_t to = 0;
	int depth = 0;

	if (strchr(expected, '['))
		return;
	for (size_t i = 0; i < said->len; i++) {
		depth += said->data[i] == '[';
		if (!depth)
			said->data[to++] = said->data[i];
		depth -= said->data[i] == ']' && depth;
	}
	said->len = to;
}

static void check_counts(const struct row *r, const struct verdict *v)
{
	char counts[100];

	snprintf(counts, sizeof(counts), "%llu %llu %llu %llu %llu", (unsigned long long)v->emulated,
		 (unsigned long long)v->ignored, (unsigned long long)v->optional_missing,
		 (unsigned long long)v->optional_extra, (unsigned long long)v->undescribed);
	ck_assert_msg(strcmp(counts, r->counts ? r->counts : "0 0 0 0 0") == 0, "%s: counts %s", r->name, counts);
}

START_TEST(table)
{
	const struct row *r = &rows[_i];
	struct arena *arena = arena_new();
	struct verify_options o = { .schema = test_schema(), .report_only = r->report_only };
	char path[] = "/tmp/verify-session-XXXXXX";
	struct vm_prog *policy = test_policy(r->rules, r->continues);
	struct verify_session *s;
	const struct verdict *v;
	struct buf said = { 0 };
	struct err err = { 0 };

	close(mkstemp(path));
	write_recording(r, path, arena);
	o.policy = policy;
	o.reader = rec_reader_open(path, 1 << 20, &err);
	ck_assert_msg(o.reader && rec_reader_check(o.reader, &err) == 0, "%s", err.text);
	s = verify_open(&o, &err);
	ck_assert_msg(s != NULL, "%s", err.text);
	for (int i = 0; i < MAX_EVENTS && (r->live[i].call || r->live[i].nr); i++) {
		if (!one_event(s, &r->live[i], &said, arena))
			break;
	}
	ck_assert_msg(verify_effect(s, NULL, &err) == 0, "%s", err.text);
	ck_assert_msg(verify_finish(s, NULL, &err) == 0, "%s", err.text);
	strip_details(&said, r->expected);
	v = verify_verdict(s);
	buf_printf(&said, "%s= %s", said.len ? " " : "", verdict_name(v->kind));
	ck_assert_msg((v->kind == VERDICT_DIFFERENT) == (v->ndivergences > 0), "%s: divergences", r->name);
	ck_assert_msg((v->kind == VERDICT_NOT_JUDGED) == (*v->reason != 0), "%s: reason '%s'", r->name, v->reason);
	if (v->ndivergences)
		buf_printf(&said, ": %s %s %s", divergence_word(v->divergences[0].type), v->divergences[0].call,
			   v->divergences[0].field);
	ck_assert_msg(strcmp(buf_cstr(&said), r->expected) == 0, "%s:\n  is       %s\n  expected %s", r->name, buf_cstr(&said),
		      r->expected);
	check_counts(r, v);
	if (v->kind == VERDICT_SAME)
		ck_assert_msg(v->events + v->ignored + v->optional_missing >= v->recorded_events, "%s: %llu of %llu events",
			      r->name, (unsigned long long)v->events, (unsigned long long)v->recorded_events);
	verify_close(s);
	rec_reader_close(o.reader);
	unlink(path);
	buf_free(&said);
	vm_free(policy);
	arena_free(arena);
}
END_TEST

/* A replay that went well up to a tracer's error is not judged; what was different before stays different. */
START_TEST(not_judged_because)
{
	static const struct row r = { .name = "because", .rec = { CLOSE(1), END(0, 0) } };
	struct arena *arena = arena_new();
	struct verify_options o = { .schema = test_schema() };
	char path[] = "/tmp/verify-session-XXXXXX";
	struct vm_prog *policy = test_policy(r.rules, false);
	const struct event_spec end = END(0, 0), close_1 = CLOSE(1);
	struct buf said = { 0 };
	struct err err = { 0 };
	struct verify_session *s;

	close(mkstemp(path));
	write_recording(&r, path, arena);
	o.policy = policy;
	o.reader = rec_reader_open(path, 1 << 20, &err);
	ck_assert(o.reader && rec_reader_check(o.reader, &err) == 0);
	s = verify_open(&o, &err);
	ck_assert(one_event(s, &close_1, &said, arena));
	ck_assert(one_event(s, &end, &said, arena));
	ck_assert_int_eq(verify_finish(s, "the tracee vanished", &err), 0);
	ck_assert_int_eq(verify_verdict(s)->kind, VERDICT_NOT_JUDGED);
	ck_assert_str_eq(verify_verdict(s)->reason, "the tracee vanished");
	ck_assert_uint_eq(verify_verdict(s)->events, 2);
	ck_assert_uint_eq(verify_verdict(s)->recorded_events, 2);
	verify_close(s);
	rec_reader_close(o.reader);
	unlink(path);
	buf_free(&said);
	vm_free(policy);
	arena_free(arena);
}
END_TEST

/* The words of the first divergence: both values, the place, the rule, its message, what came before. */
START_TEST(words)
{
	static const struct row r = {
		.name = "words",
		.rules = { { .call = "write", .field = "buf", .verb = VERB_EQUAL, .message = "byte {offset} of {syscall} by {task} at {event}" } },
		.rec = { CLOSE(7), WRITE("hello"), END(0, 0) },
	};
	const struct event_spec live[] = { CLOSE(7), WRITE("hallo") };
	struct arena *arena = arena_new();
	struct verify_options o = { .schema = test_schema() };
	char path[] = "/tmp/verify-session-XXXXXX";
	struct vm_prog *policy = test_policy(r.rules, false);
	const struct divergence *d;
	const struct verdict *v;
	struct buf said = { 0 };
	struct err err = { 0 };
	struct verify_session *s;

	close(mkstemp(path));
	write_recording(&r, path, arena);
	o.policy = policy;
	o.reader = rec_reader_open(path, 1 << 20, &err);
	ck_assert(o.reader && rec_reader_check(o.reader, &err) == 0);
	s = verify_open(&o, &err);
	ck_assert(one_event(s, &live[0], &said, arena));
	ck_assert(!one_event(s, &live[1], &said, arena));
	ck_assert_int_eq(verify_finish(s, NULL, &err), 0);
	v = verify_verdict(s);
	ck_assert_uint_eq(v->ndivergences, 1);
	d = &v->divergences[0];
	ck_assert_str_eq(d->recorded, "\"hello\"");
	ck_assert_str_eq(d->actual, "\"hallo\"");
	ck_assert_str_eq(d->message, "byte 1 of write by 0 at 1");
	ck_assert_str_eq(d->rule_file, "test.spol");
	ck_assert_uint_eq(d->rule_line, 1);
	ck_assert_uint_eq(d->offset, 1);
	ck_assert(d->at_entry && d->is_bytes);
	ck_assert_uint_eq(v->nbefore, 1);
	ck_assert_msg(strncmp(v->before[0].recorded, "close(7)", 8) == 0, "%s", v->before[0].recorded);
	ck_assert_str_eq(v->before[0].actual, v->before[0].recorded);
	ck_assert_str_eq(v->before[0].task, "0");
	ck_assert_uint_eq(d->call_number, 2);
	ck_assert_uint_eq(v->roots, 1);
	ck_assert_uint_eq(d->root, 0);
	ck_assert_uint_eq(d->consequences, 0);
	ck_assert_uint_eq(v->nrules, 1);
	ck_assert_uint_eq(v->rules[0].violations, 1);
	verify_close(s);
	rec_reader_close(o.reader);
	unlink(path);
	buf_free(&said);
	vm_free(policy);
	arena_free(arena);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify session");
	TCase *t = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, table, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, not_judged_because);
	tcase_add_test(t, words);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

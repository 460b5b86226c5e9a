/*
 * Encodings, names, selection of calls and variants, the schema's identity.
 */
#include "abi/facts.h"
#include "abi_world.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- encodings ---- */

static const struct {
	const char *name;
	enum abi_enc enc;
	uint8_t bytes[16];
	uint64_t high, low; /* the number, 128 bits */
} encodings[] = {
	{ "u8", ENC_U8, { 0xff }, 0, 0xff },
	{ "s8", ENC_S8, { 0xff }, UINT64_MAX, UINT64_MAX },
	{ "u16", ENC_U16, { 0xfe, 0xff }, 0, 0xfffe },
	{ "s16", ENC_S16, { 0xfe, 0xff }, UINT64_MAX, (uint64_t)-2 },
	{ "u32", ENC_U32, { 1, 2, 3, 0x84 }, 0, 0x84030201 },
	{ "s32", ENC_S32, { 0x9c, 0xff, 0xff, 0xff }, UINT64_MAX, (uint64_t)-100 },
	{ "u64", ENC_U64, { 1, 0, 0, 0, 0, 0, 0, 0x80 }, 0, 0x8000000000000001 },
	{ "s64", ENC_S64, { 1, 0, 0, 0, 0, 0, 0, 0x80 }, UINT64_MAX, 0x8000000000000001 },
	{ "be16", ENC_BE16, { 0x1f, 0x90 }, 0, 8080 },
	{ "be32", ENC_BE32, { 127, 0, 0, 1 }, 0, 0x7f000001 },
	{ "timespec", ENC_TIMESPEC, { 2, [8] = 5 }, 0, 2000000005 },
	{ "timespec before 1970",
	  ENC_TIMESPEC,
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1 },
	  UINT64_MAX,
	  (uint64_t)-999999999 },
	{ "timeval", ENC_TIMEVAL, { 2, [8] = 5 }, 0, 2000005000 },
	{ "stamp", ENC_STAMP, { 2, [8] = 5 }, 0, 2000000005 },
	/* UTIME_OMIT is no time: it must differ from 1.073741822 s */
	{ "timespec with no fraction",
	  ENC_TIMESPEC,
	  { 0, [8] = 0xfe, 0xff, 0xff, 0x3f },
	  (uint64_t)1 << 62,
	  0x3ffffffe },
	{ "timespec with a negative fraction",
	  ENC_TIMESPEC,
	  { 3, [8] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	  ((uint64_t)1 << 62) + 3,
	  UINT64_MAX },
};

START_TEST(each_encoding)
{
	num_t n = abi_decode(encodings[_i].enc, encodings[_i].bytes);
	num_t expected = (num_t)((unum_t)encodings[_i].high << 64 | encodings[_i].low);
	uint8_t bytes[16] = { 0 };

	ck_assert_msg(n == expected, "%s: got %#" PRIx64 " %#" PRIx64, encodings[_i].name, (uint64_t)((unum_t)n >> 64),
		      (uint64_t)n);
	abi_encode(encodings[_i].enc, n, bytes);
	ck_assert_msg(memcmp(bytes, encodings[_i].bytes, sizeof(bytes)) == 0, "%s: not the same bytes back",
		      encodings[_i].name);
}
END_TEST

START_TEST(ranges)
{
	for (enum abi_enc enc = 0; enc < ENC_BYTES; enc++) {
		uint8_t bytes[16] = { 0 };
		num_t low, high;

		abi_enc_range(enc, &low, &high);
		abi_encode(enc, low, bytes);
		ck_assert_msg(abi_decode(enc, bytes) == low, "low of %d", enc);
		abi_encode(enc, high, bytes);
		ck_assert_msg(abi_decode(enc, bytes) == high, "high of %d", enc);
		ck_assert_msg((low < 0) == abi_enc_signed(enc), "sign of %d", enc);
	}
}
END_TEST

/* ---- names ---- */

START_TEST(names)
{
	enum abi_kind kind;
	int number;
	uint64_t value;

	for (enum abi_kind k = 0; k < ABI_NKINDS; k++) {
		const char *name = abi_kind_name(k);

		ck_assert(abi_kind_find(name, strlen(name), &kind) && kind == k);
	}
	ck_assert(!abi_kind_find("pt", 2, &kind) && !abi_kind_find("ptrs", 4, &kind));
	ck_assert_str_eq(abi_dir_name(DIR_INOUT), "inout");
	ck_assert_str_eq(abi_errno_name(2), "ENOENT");
	ck_assert_ptr_null(abi_errno_name(4000));
	ck_assert(abi_errno_find("EAGAIN and more", 6, &number) && number == 11);
	ck_assert_str_eq(abi_signal_name(17), "SIGCHLD");
	ck_assert(abi_signal_find("SIGCHLD", 7, &number) && number == 17);
	ck_assert(!abi_signal_find("SIG", 3, &number));
	ck_assert_uint_eq(abi_class_find("network", 7), CLASS_NETWORK);
	ck_assert_uint_eq(abi_class_find("net", 3), 0);
	ck_assert_str_eq(abi_class_name(CLASS_FILE), "file");
	ck_assert(abi_const_find(SET_OPEN_FLAGS, "O_CREAT", 7, &value) && value == 0100);
	ck_assert(!abi_const_find(SET_OPEN_FLAGS, "SEEK_SET", 8, &value));
	ck_assert(abi_const_find(0, "O_CREAT", 7, &value) && value == 0100);
	ck_assert(!abi_const_find(0, "NO_SUCH_CONSTANT", 16, &value));
	ck_assert(!abi_const_find(UINT16_MAX, "O_CREAT", 7, &value));
	for (enum abi_fact f = 0; f < FACT_COUNT; f++)
		ck_assert_ptr_nonnull(abi_fact_info(f)->base);
	ck_assert_str_eq(abi_fact_info(FACT_COMMAND)->member, "");
	ck_assert(abi_fact_info(FACT_FD_PATH)->is_string && !abi_fact_info(FACT_FD_KIND)->is_string);
	ck_assert_str_eq(abi_fd_kind_name(FD_KIND_TTY), "tty");
}
END_TEST

static const struct {
	uint16_t set;
	uint64_t value;
	const char *text;
} constants[] = {
	{ SET_OPEN_FLAGS, 0, "O_RDONLY" },
	{ SET_OPEN_FLAGS, 02000000, "O_RDONLY|O_CLOEXEC" },
	{ SET_OPEN_FLAGS, 01101, "O_WRONLY|O_CREAT|O_TRUNC" },
	{ SET_OPEN_FLAGS, 1ull << 40 | 2, "O_RDWR|0x10000000000" },
	{ SET_WHENCE, 1, "SEEK_CUR" },
	{ SET_WHENCE, 77, "0x4d" },
	{ SET_DIRFD, (uint64_t)-100, "AT_FDCWD" },
	{ SET_DIRFD, 5, "5" },
	{ SET_NONE, 5, "5" },
	{ SET_NONE, 0x1234, "0x1234" },
	{ SET_NONE, (uint64_t)-1, "-1" },
	{ SET_POLL, 0, "0" },
	{ UINT16_MAX, 3, "3" },
};

START_TEST(each_constant)
{
	struct buf text = { 0 };

	abi_const_text(constants[_i].set, constants[_i].value, &text);
	ck_assert_str_eq(buf_cstr(&text), constants[_i].text);
	buf_free(&text);
}
END_TEST

/* ---- selection ---- */

static const struct {
	int32_t nr;
	uint64_t args[ABI_ARGS];
	const char *label; /* NULL: undescribed */
} selections[] = {
	{ 0, { 0 }, "read" },
	{ 16, { 0, 0x5401 }, "ioctl(TCGETS)" },
	{ 16, { 0, 0x1eadbeef }, "ioctl" },
	{ 16, { 0, 0x4eadbeef }, "ioctl(_IOW)" },
	{ 16, { 0, 0xdeadbeef }, "ioctl(_IOWR)" },
	{ 16, { 0, 0xff00000080045430 }, "ioctl(TIOCGPTN)" },
	{ 16, { 0, 0xc048ff0b }, "ioctl(PIDFD_GET_INFO)" },
	{ 257, { 0, 0, 0 }, "openat" },
	{ 257, { 0, 0, 0101 }, "openat(O_CREAT)" },
	{ -1, { 0 }, NULL },
	{ 100000, { 0 }, NULL },
	{ INT32_MAX, { 0 }, NULL },
	{ INT32_MIN, { 0 }, NULL },
	{ ABI_TASK_END, { 0 }, "task_end" },
	{ 54, { 3, 1, 26 }, "setsockopt(SO_ATTACH_FILTER)" },
	{ 54, { 3, 41, 26 }, "setsockopt(IPV6_V6ONLY)" },
	{ 54, { 3, 0, 1 }, "setsockopt(IP_TOS)" },
	{ 54, { 3, 6, 26 }, "setsockopt" }, /* TCP_CC_INFO, which cannot be set */
	{ 55, { 3, 1, 26 }, "getsockopt" },
	{ ABI_SIGNAL, { 17 }, "signal(SIGCHLD)" },
	{ ABI_SIGNAL + 1, { 0 }, NULL },
	{ ABI_INSTRUCTION, { 0, 0, INSTRUCTION_NONE }, NULL },
	{ ABI_INSTRUCTION, { 0, 0, INSTRUCTION_RDTSC }, "instruction(rdtsc)" },
	{ ABI_INSTRUCTION, { 0, 0, INSTRUCTION_RDTSCP }, "instruction(rdtscp)" },
	{ ABI_INSTRUCTION, { 7, 1, INSTRUCTION_CPUID }, "instruction(cpuid)" },
	{ ABI_INSTRUCTION, { 0, 0, INSTRUCTION_CPUID + 1 }, NULL },
};

START_TEST(each_selection)
{
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	uint32_t call = abi_schema_select(s, selections[_i].nr, selections[_i].args);

	if (selections[_i].label) {
		ck_assert_uint_ne(call, ABI_UNDESCRIBED);
		ck_assert_str_eq(abi_schema_call(s, call)->label, selections[_i].label);
	} else {
		ck_assert_uint_eq(call, ABI_UNDESCRIBED);
	}
	abi_schema_free(s);
}
END_TEST

START_TEST(every_call)
{
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	size_t leaves = 0;

	for (uint32_t i = 0; i < abi_schema_ncalls(s); i++) {
		const struct abi_call *c = abi_schema_call(s, i);

		ck_assert_uint_eq(c->index, i);
		ck_assert_uint_eq(c->leaf_first, leaves);
		const struct abi_call *first = abi_schema_find(s, c->name, strlen(c->name));

		ck_assert_msg(first && first->index <= i && strcmp(first->name, c->name) == 0, "%s", c->label);
		for (uint32_t k = 0; k < c->nleaves; k++) {
			const struct abi_leaf *l = abi_schema_leaf(s, c->leaf_first + k);

			ck_assert_uint_eq(l->id, leaves++);
			ck_assert_uint_eq(l->call, i);
			ck_assert_msg(abi_call_leaf(s, c, l->path, strlen(l->path)) == l, "%s.%s", c->label, l->path);
			ck_assert_msg(l->linked <= c->nleaves, "%s.%s", c->label, l->path);
			if (l->linked)
				ck_assert_str_eq(abi_schema_leaf(s, c->leaf_first + l->linked - 1)->path, "ret");
			size_t len = strlen(l->path);

			ck_assert_msg(l->is_addr == (len > 5 && strcmp(l->path + len - 5, ".addr") == 0), "%s.%s",
				      c->label, l->path);
		}
	}
	ck_assert_uint_eq(leaves, abi_schema_nleaves(s));
	ck_assert_ptr_null(abi_schema_find(s, "reading", 7));
	ck_assert_ptr_null(abi_schema_find(s, "rea", 3));
	abi_schema_free(s);
}
END_TEST

START_TEST(identity)
{
	struct abi_row rows[ARRAY_LEN(world_rows)];
	struct abi_field args[3];
	uint8_t first[32], second[32];

	memcpy(rows, world_rows, sizeof(rows));
	memcpy(args, world_args_arg, sizeof(args));
	rows[WORLD_arg].args = args;
	struct abi_schema *s = world_schema();

	abi_schema_hash(s, first);
	struct abi_schema *t = abi_schema_new_from(ARCH_X86_64, rows, ARRAY_LEN(rows));

	abi_schema_hash(t, second);
	ck_assert_mem_eq(first, second, sizeof(first));
	abi_schema_free(t);

	args[0].kind = KIND_INT; /* what the field means has changed, not what it is called */
	t = abi_schema_new_from(ARCH_X86_64, rows, ARRAY_LEN(rows));
	abi_schema_hash(t, second);
	ck_assert_mem_ne(first, second, sizeof(first));
	ck_assert(abi_leaf_signature(s, abi_schema_leaf(s, 0)) != abi_leaf_signature(t, abi_schema_leaf(t, 0)));
	ck_assert(abi_leaf_signature(s, abi_schema_leaf(s, 1)) == abi_leaf_signature(t, abi_schema_leaf(t, 1)));
	abi_schema_free(t);
	abi_schema_free(s);
}
END_TEST

/* ---- events as text ---- */

struct text_case {
	const char *expected;
	int32_t nr;
	uint32_t flags;
	int64_t ret;
	uint64_t args[ABI_ARGS];
	const char *data[2]; /* captured behind arguments 0 and 1, in phase_of_data; NULL: none */
	uint32_t len[2];
	enum abi_phase phase;
};

static const struct text_case texts[] = {
	{ "read(3, \"hello, wor\"..., 100) = 12",
	  0,
	  EVENT_RETURNED,
	  12,
	  { 3, 0x1000, 100 },
	  { NULL, "hello, world" },
	  { 0, 12 },
	  PHASE_EXIT },
	{ "read(3, 0x1000, 100) = ?", 0, 0, 0, { 3, 0x1000, 100 }, { NULL }, { 0 }, PHASE_EXIT },
	{ "read(3, 0x1000, 100) = -1 EBADF (Bad file descriptor)",
	  0,
	  EVENT_RETURNED,
	  -9,
	  { 3, 0x1000, 100 },
	  { NULL },
	  { 0 },
	  PHASE_EXIT },
	{ "read(3, NULL, 0) = 0", 0, EVENT_RETURNED, 0, { 3, 0, 0 }, { NULL }, { 0 }, PHASE_EXIT },
	{ "openat(AT_FDCWD, \"/etc\\n\\0011\\\"\", O_RDONLY|O_CLOEXEC) = 3",
	  257,
	  EVENT_RETURNED,
	  3,
	  { 0xffffff9c, 0x1000, 02000000 },
	  { NULL, "/etc\n\0011\"" },
	  { 0, 8 },
	  PHASE_ENTRY },
	{ "syscall_9999(0x1, 0x0, 0x0, 0x0, 0x0, 0x0) = 0x5",
	  9999,
	  EVENT_RETURNED,
	  5,
	  { 1 },
	  { NULL },
	  { 0 },
	  PHASE_EXIT },
	{ "syscall_9999(0x1, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS (Function not implemented)",
	  9999,
	  EVENT_RETURNED,
	  -38,
	  { 1 },
	  { NULL },
	  { 0 },
	  PHASE_EXIT },
	{ "poll([{fd=3, events=POLLIN, revents=POLLOUT}], 1, 1000) = 1",
	  7,
	  EVENT_RETURNED,
	  1,
	  { 0x1000, 1, 1000 },
	  { "\3\0\0\0\1\0\4\0" },
	  { 8 },
	  PHASE_EXIT },
	{ "nanosleep(1.000000002s, NULL) = 0",
	  35,
	  EVENT_RETURNED,
	  0,
	  { 0x1000, 0 },
	  { "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0" },
	  { 16 },
	  PHASE_ENTRY },
	{ "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS) = 0x7fff00000000",
	  9,
	  EVENT_RETURNED,
	  0x7fff00000000,
	  { 0, 4096, 3, 0x22, 0xffffffff, 0 },
	  { NULL },
	  { 0 },
	  PHASE_EXIT },
};

START_TEST(each_text)
{
	const struct text_case *t = &texts[_i];
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	struct buf text = { 0 };
	struct sys_event ev;

	event_init(&ev, arena);
	ev.type = EVENT_CALL;
	ev.nr = t->nr;
	memcpy(ev.args, t->args, sizeof(ev.args));
	ev.call = abi_schema_select(s, ev.nr, ev.args);
	ev.flags = t->flags;
	ev.ret = t->ret;
	for (unsigned i = 0; i < 2; i++) {
		const struct abi_call *c = t->data[i] ? abi_schema_call(s, ev.call) : NULL;

		for (uint32_t k = 0; c && k < c->nleaves; k++) {
			const struct abi_leaf *leaf = abi_schema_leaf(s, c->leaf_first + k);

			if (leaf->reg != i)
				continue;
			*event_add_block(&ev) = (struct abi_block){ .phase = t->phase,
								    .node = (uint16_t)k,
								    .addr = t->args[i],
								    .data = (const uint8_t *)t->data[i],
								    .len = t->len[i] };
		}
	}
	abi_print_event(s, &ev, 10, &text);
	ck_assert_str_eq(buf_cstr(&text), t->expected);
	buf_free(&text);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(signals_and_ends)
{
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	struct buf text = { 0 };
	struct sys_event ev;
	uint8_t info[128] = { 17, [8] = 1, [16] = 42 };
	uint16_t node;

	event_init(&ev, arena);
	ev.type = EVENT_SIGNAL;
	ev.nr = ABI_SIGNAL;
	ev.args[0] = 17;
	ev.call = abi_schema_select(s, ev.nr, ev.args);
	ck_assert(abi_call_synthetic(s, abi_schema_call(s, ev.call), "", &node));
	*event_add_block(&ev) =
		(struct abi_block){ .phase = PHASE_ENTRY, .node = node, .data = info, .len = sizeof(info) };
	abi_print_event(s, &ev, 10, &text);
	ck_assert_str_eq(buf_cstr(&text),
			 "--- SIGCHLD {si_signo=SIGCHLD, si_errno=0, si_code=CLD_EXITED, si_pid=42, si_uid=0, "
			 "si_status=0, si_utime=0, si_stime=0} ---");
	buf_clear(&text);
	event_init(&ev, arena);
	ev.type = EVENT_END;
	ev.nr = ABI_TASK_END;
	ev.call = abi_schema_select(s, ev.nr, ev.args);
	abi_print_event(s, &ev, 10, &text);
	ev.args[1] = 9;
	buf_byte(&text, '\n');
	abi_print_event(s, &ev, 10, &text);
	ck_assert_str_eq(buf_cstr(&text), "+++ exited with 0 +++\n+++ killed by SIGKILL +++");
	buf_free(&text);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(instructions)
{
	struct abi_schema *s = abi_schema_new(ARCH_X86_64);
	struct arena *arena = arena_new();
	const struct abi_cpuid id = { 0x16, 0x756e6547, 1, 0xffffffff };
	const struct abi_rdtscp tsc = { 1000000000000, 3 };
	struct buf text = { 0 };
	struct sys_event ev;
	uint16_t node;

	event_init(&ev, arena);
	ev.type = EVENT_INSTRUCTION;
	ev.nr = ABI_INSTRUCTION;
	ev.flags = EVENT_RETURNED;
	ev.args[0] = 0x80000000;
	ev.args[2] = INSTRUCTION_CPUID;
	ev.call = abi_schema_select(s, ev.nr, ev.args);
	ck_assert(abi_call_synthetic(s, abi_schema_call(s, ev.call), "", &node));
	*event_add_block(&ev) =
		(struct abi_block){ .phase = PHASE_EXIT, .node = node, .data = (const uint8_t *)&id, .len = sizeof(id) };
	abi_print_event(s, &ev, 10, &text);
	ck_assert_str_eq(buf_cstr(&text), "cpuid(0x80000000, 0) = {eax=0x16, ebx=0x756e6547, ecx=1, edx=0xffffffff}");
	buf_clear(&text);
	event_init(&ev, arena);
	ev.type = EVENT_INSTRUCTION;
	ev.nr = ABI_INSTRUCTION;
	ev.flags = EVENT_RETURNED;
	ev.args[2] = INSTRUCTION_RDTSCP;
	ev.call = abi_schema_select(s, ev.nr, ev.args);
	ck_assert(abi_call_synthetic(s, abi_schema_call(s, ev.call), "", &node));
	*event_add_block(&ev) =
		(struct abi_block){ .phase = PHASE_EXIT, .node = node, .data = (const uint8_t *)&tsc, .len = sizeof(tsc) };
	abi_print_event(s, &ev, 10, &text);
	ck_assert_str_eq(buf_cstr(&text), "rdtscp() = {value=1000000000000, aux=3}");
	buf_free(&text);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(paths)
{
	static const struct {
		const char *path;
		uint32_t index;
		const char *text;
	} cases[] = {
		{ "count", 0, "count" },
		{ "fds[].revents", 2, "fds[2].revents" },
		{ "argv[]", 100000, "argv[100000]" },
		{ "m[].iov[].data", 3 * 65536 + 7, "m[3].iov[7].data" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct abi_leaf leaf = { .path = cases[i].path };
		struct buf text = { 0 };

		abi_print_path(&leaf, cases[i].index, &text);
		ck_assert_str_eq(buf_cstr(&text), cases[i].text);
		buf_free(&text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abi schema");
	TCase *t = tcase_create("schema");

	tcase_add_loop_test(t, each_encoding, 0, ARRAY_LEN(encodings));
	tcase_add_test(t, ranges);
	tcase_add_test(t, names);
	tcase_add_loop_test(t, each_constant, 0, ARRAY_LEN(constants));
	tcase_add_loop_test(t, each_selection, 0, ARRAY_LEN(selections));
	tcase_add_test(t, every_call);
	tcase_add_test(t, identity);
	tcase_add_loop_test(t, each_text, 0, ARRAY_LEN(texts));
	tcase_add_test(t, signals_and_ends);
	tcase_add_test(t, instructions);
	tcase_add_test(t, paths);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? 1 : 0;
}

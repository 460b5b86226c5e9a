/*
 * A toy schema of three calls and a policy that uses every instruction: what the tests and the fuzz target of vm/
 * share.
 */
#ifndef TESTS_UNIT_VM_TOY_H
#define TESTS_UNIT_VM_TOY_H

#include "base/check.h"
#include "vm/asm.h"

enum toy_call { TOY_READ, TOY_WRITE, TOY_STAT, TOY_CALLS };

/* TOY(name, path, call, is bytes, at entry, at exit) */
#define TOY_LEAVES(TOY)                           \
	TOY(R_FD, "read.fd", READ, 0, 1, 0)       \
	TOY(R_BUF, "read.buf", READ, 1, 0, 1)     \
	TOY(R_COUNT, "read.count", READ, 0, 1, 0) \
	TOY(R_RET, "read.ret", READ, 0, 0, 1)     \
	TOY(W_FD, "write.fd", WRITE, 0, 1, 0)     \
	TOY(W_BUF, "write.buf", WRITE, 1, 1, 0)   \
	TOY(W_RET, "write.ret", WRITE, 0, 0, 1)   \
	TOY(S_PATH, "stat.path", STAT, 1, 1, 0)   \
	TOY(S_INO, "stat.st_ino", STAT, 0, 0, 1)  \
	TOY(S_FLAGS, "stat.flags", STAT, 0, 1, 1) \
	TOY(S_MTIM, "stat.st_mtim", STAT, 0, 0, 1)

enum toy_leaf {
#define TOY(name, path, call, bytes, entry, exit) TOY_##name,
	TOY_LEAVES(TOY)
#undef TOY
		TOY_NLEAVES
};

/* fd.path: bytes, fd.kind: number, command: bytes */
enum toy_fact { TOY_FD_PATH, TOY_FD_KIND, TOY_COMMAND, TOY_FACTS };

struct toy_leaf_info {
	const char *path;
	enum toy_call call;
	bool bytes, at[VM_PHASES];
};

static inline const struct toy_leaf_info *toy_info(uint32_t leaf)
{
	static const struct toy_leaf_info infos[TOY_NLEAVES] = {
#define TOY(name, path, call, bytes, entry, exit) [TOY_##name] = { path, TOY_##call, bytes, { entry, exit } },
		TOY_LEAVES(TOY)
#undef TOY
	};

	INVARIANT(leaf < TOY_NLEAVES);
	return &infos[leaf];
}

static inline uint64_t toy_signature(const void *ctx, uint32_t leaf)
{
	const uint32_t *changed = ctx; /* leaf whose signature is another one, or NULL */

	return 0x9e3779b97f4a7c15u * (leaf + 1) + (changed && *changed == leaf);
}

static inline const char *toy_name(const void *ctx, uint32_t leaf)
{
	(void)ctx;
	return toy_info(leaf)->path;
}

static inline bool toy_is_bytes(const void *ctx, uint32_t leaf)
{
	(void)ctx;
	return toy_info(leaf)->bytes;
}

static inline bool toy_at(const void *ctx, uint32_t leaf, enum vm_phase phase)
{
	(void)ctx;
	return toy_info(leaf)->at[phase];
}

/* No identities of byte strings. */
static inline bool toy_verb(const void *ctx, uint32_t leaf, enum vm_verb verb)
{
	(void)ctx;
	return verb != VERB_MAP || !toy_info(leaf)->bytes;
}

static inline uint32_t toy_call(const void *ctx, uint32_t leaf)
{
	(void)ctx;
	return toy_info(leaf)->call;
}

static inline bool toy_fact_is_bytes(const void *ctx, uint32_t fact)
{
	(void)ctx;
	return fact != TOY_FD_KIND;
}

static inline struct vm_schema toy_schema(void)
{
	struct vm_schema s = {
		.nleaves = TOY_NLEAVES,
		.ncalls = TOY_CALLS,
		.nfacts = TOY_FACTS,
		.signature = toy_signature,
		.name = toy_name,
		.leaf_is_bytes = toy_is_bytes,
		.leaf_at = toy_at,
		.leaf_verb = toy_verb,
		.leaf_call = toy_call,
		.fact_is_bytes = toy_fact_is_bytes,
	};

	memset(s.hash, 'S', sizeof(s.hash));
	return s;
}

/* Every leaf, wherever it is decided, gets the same entry. */
static inline void toy_fill(struct vm_asm *a, uint32_t pc)
{
	for (uint32_t leaf = 0; leaf < TOY_NLEAVES; leaf++)
		for (unsigned phase = 0; phase < VM_PHASES; phase++)
			if (toy_info(leaf)->at[phase])
				vm_asm_entry(a, (enum vm_phase)phase, leaf, pc, false);
}

static inline uint32_t toy_rule(struct vm_asm *a, uint32_t line, enum vm_verb verb, const char *text)
{
	struct vm_rule r = {
		.file = "toy.spol",
		.line = line,
		.column = 5,
		.selector = "toy",
		.text = text,
		.verb = verb,
	};

	return vm_asm_rule(a, &r);
}

#define TOY_SOURCE                                                              \
	"policy toy 1;\n"                                                       \
	"default: equal;\n"                                                     \
	"read { buf: replay if fd.path in VIRTUAL; ret: accept within 10%; }\n" \
	"write { buf: stop if fd == 1; }\n"                                     \
	"stat { st_ino: map; st_mtim: accept if actual > recorded and path == \"/x\"; }\n"

/* read.buf: replay if the descriptor's path is in VIRTUAL on both sides, and the program is not /bin/sh. */
static inline void toy_read_buf(struct vm_asm *a, uint32_t virtual_set, uint32_t rule, uint32_t fallback)
{
	vm_label no = vm_asm_label(a);

	vm_asm_entry(a, VM_EXIT, TOY_R_BUF, vm_asm_here(a), false);
	vm_asm_differs(a, no);
	for (int side = 0; side < SIDE_COUNT; side++) {
		vm_asm_str_fact(a, 1, (enum vm_side)side, TOY_FD_PATH, TOY_R_FD);
		vm_asm_str_in(a, 1, virtual_set, no);
		vm_asm_str_fact(a, 2, (enum vm_side)side, TOY_COMMAND, VM_NO_LEAF);
		vm_asm_str_const(a, 3, "/bin/sh", 7);
		vm_asm_str_test(a, VM_NE, 2, 3, no);
	}
	vm_asm_str_value(a, 4, SIDE_RECORDED);
	vm_asm_str_const(a, 5, "", 0);
	vm_asm_str_test(a, VM_NE, 4, 5, no);
	vm_asm_verdict(a, VERB_REPLAY, rule);
	vm_asm_bind(a, no);
	vm_asm_verdict(a, VERB_EQUAL, fallback);
}

/* read.ret: accept within 10 % of itself or within count / 2 + 3 - 1, if fd is in a set and all comparisons hold. */
static inline void toy_read_ret(struct vm_asm *a, uint32_t numbers, uint32_t rule, uint32_t fallback)
{
	vm_label no = vm_asm_label(a), near = vm_asm_label(a), yes = vm_asm_label(a);

	vm_asm_entry(a, VM_EXIT, TOY_R_RET, vm_asm_here(a), false);
	vm_asm_num_value(a, 0, SIDE_RECORDED);
	vm_asm_num_value(a, 1, SIDE_ACTUAL);
	vm_asm_num_const(a, 2, 10000);
	vm_asm_num_const(a, 6, 1);
	vm_asm_within(a, 0, 1, 2, true, near);
	vm_asm_jump(a, yes);
	vm_asm_bind(a, near);
	vm_asm_num_field(a, 3, SIDE_RECORDED, TOY_R_COUNT);
	vm_asm_num_const(a, 4, 2);
	vm_asm_arith(a, VM_DIV, 3, 3, 4);
	vm_asm_num_const(a, 5, 3);
	vm_asm_arith(a, VM_ADD, 3, 3, 5);
	vm_asm_arith(a, VM_SUB, 3, 3, 6);
	vm_asm_arith(a, VM_MUL, 3, 3, 6);
	vm_asm_within(a, 0, 1, 3, false, no);
	vm_asm_bind(a, yes);
	vm_asm_num_field(a, 7, SIDE_ACTUAL, TOY_R_FD);
	vm_asm_num_in(a, 7, numbers, no);
	vm_asm_arith(a, VM_AND, 8, 7, 6);
	vm_asm_arith(a, VM_OR, 8, 8, 6);
	vm_asm_num_test(a, VM_EQ, 8, 6, no);
	vm_asm_num_test(a, VM_LT, 7, 2, no);
	vm_asm_num_test(a, VM_LE, 7, 2, no);
	vm_asm_num_test(a, VM_NE, 7, 2, no);
	vm_asm_verdict(a, VERB_ACCEPT, rule);
	vm_asm_bind(a, no);
	vm_asm_verdict(a, VERB_EQUAL, fallback);
}

static inline void toy_write_buf(struct vm_asm *a, uint32_t rule, uint32_t fallback)
{
	vm_label no = vm_asm_label(a);

	vm_asm_entry(a, VM_ENTRY, TOY_W_BUF, vm_asm_here(a), true);
	vm_asm_num_field(a, 0, SIDE_ACTUAL, TOY_W_FD);
	vm_asm_num_const(a, 1, 1);
	vm_asm_num_test(a, VM_EQ, 0, 1, no);
	vm_asm_verdict(a, VERB_STOP, rule);
	vm_asm_bind(a, no);
	vm_asm_verdict(a, VERB_EQUAL, fallback);
}

static inline void toy_stat(struct vm_asm *a, uint32_t map, uint32_t accept, uint32_t fallback)
{
	vm_label no = vm_asm_label(a);

	vm_asm_entry(a, VM_EXIT, TOY_S_INO, vm_asm_here(a), true);
	vm_asm_verdict(a, VERB_MAP, map);
	vm_asm_entry(a, VM_EXIT, TOY_S_MTIM, vm_asm_here(a), false);
	vm_asm_num_value(a, 0, SIDE_RECORDED);
	vm_asm_num_value(a, 1, SIDE_ACTUAL);
	vm_asm_num_test(a, VM_GE, 1, 0, no);
	vm_asm_num_test(a, VM_GT, 1, 0, no);
	vm_asm_str_field(a, 2, SIDE_RECORDED, TOY_S_PATH);
	vm_asm_str_text(a, 2, 2);
	vm_asm_str_const(a, 3, "/x", 2);
	vm_asm_str_test(a, VM_EQ, 2, 3, no);
	vm_asm_verdict(a, VERB_ACCEPT, accept);
	vm_asm_bind(a, no);
	vm_asm_verdict(a, VERB_EQUAL, fallback);
}

static inline void toy_dispositions(struct vm_asm *a, const uint32_t rule[3])
{
	vm_label no = vm_asm_label(a);

	vm_asm_call(a, TOY_WRITE, vm_asm_here(a), false);
	vm_asm_num_fact(a, 0, SIDE_RECORDED, TOY_FD_KIND, TOY_W_FD);
	vm_asm_num_const(a, 1, 5);
	vm_asm_num_test(a, VM_EQ, 0, 1, no);
	vm_asm_dispose(a, DISP_EMULATE, rule[0]);
	vm_asm_bind(a, no);
	vm_asm_dispose(a, DISP_EXECUTE, VM_NO_RULE);
	vm_asm_call(a, TOY_STAT, vm_asm_here(a), true);
	vm_asm_dispose(a, DISP_IGNORE, rule[1]);
	vm_asm_call_number(a, 999, DISP_FORBID, rule[2]);
	vm_asm_call_number(a, 500, DISP_IGNORE, rule[1]);
}

/* The image of a policy that holds every opcode at least once. */
static inline void toy_image(struct buf *out)
{
	static const char *const globs[] = { "/proc/**", "/sys/[a-z]*", "/proc/self/maps", "/dev/pts/?" };
	static const bool excluded[] = { false, false, true, false };
	static const num_t numbers[] = { 7, 3, 5, 3, 4 };
	static const bool no_numbers[] = { false, false, false, false, true };
	struct vm_schema schema = toy_schema();
	struct vm_asm *a = vm_asm_new("toy", &schema);
	uint32_t by_default, rule[8], globset, numset;
	struct err err = { 0 };
	struct vm_rule r = {
		.file = "toy.spol",
		.line = 2,
		.column = 10,
		.selector = "default",
		.text = "equal",
		.message = "{field} differs",
		.verb = VERB_EQUAL,
		.is_default = true,
	};

	vm_asm_set_source(a, "toy.spol", TOY_SOURCE, strlen(TOY_SOURCE), NULL, 0);
	by_default = vm_asm_rule(a, &r);
	rule[0] = toy_rule(a, 3, VERB_REPLAY, "replay if fd.path in VIRTUAL");
	rule[1] = toy_rule(a, 3, VERB_ACCEPT, "accept within 10%");
	rule[2] = toy_rule(a, 4, VERB_STOP, "stop if fd == 1");
	rule[3] = toy_rule(a, 5, VERB_MAP, "map");
	rule[4] = toy_rule(a, 5, VERB_ACCEPT, "accept if actual > recorded");
	rule[5] = toy_rule(a, 6, VERB_STOP, "emulate if fd.kind == anon");
	rule[6] = toy_rule(a, 6, VERB_STOP, "ignore");
	rule[7] = toy_rule(a, 6, VERB_STOP, "forbid");
	globset = vm_asm_glob_set(a, "VIRTUAL", globs, excluded, 4);
	numset = vm_asm_num_set(a, "ODD", numbers, no_numbers, 5);
	toy_fill(a, vm_asm_here(a));
	vm_asm_verdict(a, VERB_EQUAL, by_default);
	toy_read_buf(a, globset, rule[0], by_default);
	toy_read_ret(a, numset, rule[1], by_default);
	toy_write_buf(a, rule[2], by_default);
	toy_stat(a, rule[3], rule[4], by_default);
	toy_dispositions(a, rule + 5);
	INVARIANT(vm_asm_finish(a, out, &err) == 0);
	vm_asm_free(a);
}

#endif

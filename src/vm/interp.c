/*
 * The interpreter: runs verified code.  It checks nothing that the verifier has proven (doc/bytecode.md), only what
 * comes from outside at run time: a value may be absent or of another type, then it is missing.
 */
#include "base/check.h"
#include "vm/prog.h"

#include <string.h>

#define REGS 16

struct reg {
	bool missing;
	union {
		num_t num;
		struct {
			const uint8_t *data;
			size_t len;
		} str;
	};
};

/* One evaluation.  pair[] is NULL for a disposition, whose code never asks for it. */
struct run {
	const struct vm_image *image;
	const struct value *pair[SIDE_COUNT];
	bool equal;
	const struct vm_env *env;
	/* The string looked up in the globs last and where it led: both sides mostly have the same path. */
	struct image_string scanned;
	uint32_t state;
};

/* The ending instruction. */
struct outcome {
	uint8_t what; /* enum vm_verb or enum vm_disposition */
	uint32_t rule;
};

static void set_num(struct reg *r, const struct value *v)
{
	r->missing = v->type != VALUE_NUM;
	if (!r->missing)
		r->num = v->num;
}

static void set_str(struct reg *r, const struct value *v)
{
	r->missing = v->type != VALUE_BYTES;
	if (!r->missing) {
		r->str.data = v->data;
		r->str.len = v->len;
	}
}

static void ask_field(const struct run *run, uint8_t side, uint32_t leaf, struct value *v)
{
	const struct vm_env *env = run->env;

	if (!env || !env->field || !env->field(env->ctx, (enum vm_side)side, leaf, v))
		v->type = VALUE_ABSENT;
}

static void ask_fact(const struct run *run, uint8_t side, uint32_t fact, uint32_t leaf, struct value *v)
{
	const struct vm_env *env = run->env;

	if (!env || !env->fact || !env->fact(env->ctx, (enum vm_side)side, fact, leaf, v))
		v->type = VALUE_ABSENT;
}

static bool str_equal(const struct reg *x, const struct reg *y)
{
	return x->str.len == y->str.len && (x->str.len == 0 || memcmp(x->str.data, y->str.data, x->str.len) == 0);
}

static bool in_numbers(const struct image_set *s, num_t n)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->numbers[middle] == n)
			return true;
		if (s->numbers[middle] < n)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool in_globs(struct run *run, uint32_t set, const struct reg *r)
{
	struct image_string *s = &run->scanned;

	if (!s->data || s->len != r->str.len || (s->len && memcmp(s->data, r->str.data, s->len) != 0)) {
		s->data = r->str.data;
		s->len = r->str.len;
		run->state = glob_state(&run->image->globs, s->data, s->len);
	}
	return glob_accepts(&run->image->globs, run->state, set);
}

#define A (&regs[i->a])
#define B (&regs[i->b])
#define C (&regs[i->c])

/* a := f(b, c) */
#define ARITHMETIC(value)                                 \
	do {                                              \
		bool missing_ = B->missing || C->missing; \
		if (!missing_)                            \
			A->num = (value);                 \
		A->missing = missing_;                    \
		NEXT;                                     \
	} while (0)
/* A condition over present operands holds: go on.  Else, or if one of them is missing: branch. */
#define TEST(present, condition)              \
	do {                                  \
		if ((present) && (condition)) \
			NEXT;                 \
		BRANCH;                       \
	} while (0)
#define NEXT                         \
	do {                         \
		i++;                 \
		goto *labels[i->op]; \
	} while (0)
#define BRANCH                       \
	do {                         \
		i = code + i->imm;   \
		goto *labels[i->op]; \
	} while (0)
#define BOTH (!A->missing && !B->missing)

static struct outcome run_code(struct run *run, uint32_t pc)
{
	static const void *const labels[OP_COUNT] = {
#define OP(NAME, text, a, b, c, imm, flow) [OP_##NAME] = &&do_##NAME,
#include "vm/opcodes.def"
	};
	const struct vm_image *image = run->image;
	const struct vm_insn *code = image->code, *i = code + pc;
	struct reg regs[REGS];
	struct value v;

	goto *labels[i->op];

do_NUM_CONST:
	A->missing = false;
	A->num = image->consts[i->imm];
	NEXT;
do_STR_CONST:
	A->missing = false;
	A->str.data = image->strings[i->imm].data;
	A->str.len = image->strings[i->imm].len;
	NEXT;
do_NUM_VALUE:
	set_num(A, run->pair[i->b]);
	NEXT;
do_STR_VALUE:
	set_str(A, run->pair[i->b]);
	NEXT;
do_NUM_FIELD:
	ask_field(run, i->b, i->imm, &v);
	set_num(A, &v);
	NEXT;
do_STR_FIELD:
	ask_field(run, i->b, i->imm, &v);
	set_str(A, &v);
	NEXT;
do_NUM_FACT:
	ask_fact(run, i->b, i->c, i->imm, &v);
	set_num(A, &v);
	NEXT;
do_STR_FACT:
	ask_fact(run, i->b, i->c, i->imm, &v);
	set_str(A, &v);
	NEXT;

do_STR_TEXT:
	A->missing = B->missing;
	if (!B->missing) {
		A->str = B->str;
		while (A->str.len && A->str.data[A->str.len - 1] == '\0')
			A->str.len--;
	}
	NEXT;

do_NUM_ADD:
	ARITHMETIC(num_add(B->num, C->num));
do_NUM_SUB:
	ARITHMETIC(num_sub(B->num, C->num));
do_NUM_MUL:
	ARITHMETIC(num_mul(B->num, C->num));
do_NUM_DIV:
	ARITHMETIC(num_div(B->num, C->num));
do_NUM_AND:
	ARITHMETIC(B->num & C->num);
do_NUM_OR:
	ARITHMETIC(B->num | C->num);

do_NUM_EQ:
	TEST(BOTH, A->num == B->num);
do_NUM_NE:
	TEST(BOTH, A->num != B->num);
do_NUM_LT:
	TEST(BOTH, A->num < B->num);
do_NUM_LE:
	TEST(BOTH, A->num <= B->num);
do_NUM_GT:
	TEST(BOTH, A->num > B->num);
do_NUM_GE:
	TEST(BOTH, A->num >= B->num);
do_STR_EQ:
	TEST(BOTH, str_equal(A, B));
do_STR_NE:
	TEST(BOTH, !str_equal(A, B));
do_WITHIN:
	TEST(BOTH && !C->missing, num_within(A->num, B->num, C->num));
do_WITHIN_PERCENT:
	TEST(BOTH && !C->missing, num_within_percent(A->num, B->num, C->num));
do_NUM_IN:
	TEST(!A->missing, in_numbers(&image->sets[insn_set(i)], A->num));
do_STR_IN:
	TEST(!A->missing, in_globs(run, insn_set(i), A));
do_DIFFERS:
	TEST(true, !run->equal);
do_JUMP:
	BRANCH;

do_VERDICT:
do_DISPOSE:
	return (struct outcome){ i->a, i->imm };
}

#undef A
#undef B
#undef C

static uint32_t entry_of(const struct vm_prog *p, enum vm_phase phase, uint32_t leaf)
{
	uint32_t entry;

	INVARIANT(phase < VM_PHASES && leaf < p->image.nleaves);
	entry = p->image.entries[(size_t)phase * p->image.nleaves + leaf];
	INVARIANT(entry != IMAGE_NO_PC);
	return entry;
}

struct vm_decision vm_decide(const struct vm_prog *p, enum vm_phase phase, uint32_t leaf, const struct value *recorded,
			     const struct value *actual, const struct vm_env *env)
{
	uint32_t entry = entry_of(p, phase, leaf);
	struct run run = {
		.image = &p->image,
		.pair = { [SIDE_RECORDED] = recorded, [SIDE_ACTUAL] = actual },
		.equal = value_equal(recorded, actual),
		.env = env,
	};
	struct vm_decision d = { .verb = VERB_EQUAL, .rule = VM_NO_RULE };
	struct outcome o;

	if (run.equal && !(entry & IMAGE_FLAG))
		return d;
	o = run_code(&run, image_pc(entry));
	d.verb = (enum vm_verb)o.what;
	d.rule = o.rule;
	if (run.equal && d.verb != VERB_STOP && d.verb != VERB_MAP)
		d.verb = VERB_EQUAL;
	return d;
}

bool vm_equal_is_same(const struct vm_prog *p, enum vm_phase phase, uint32_t leaf)
{
	return !(entry_of(p, phase, leaf) & IMAGE_FLAG);
}

struct vm_disposed vm_dispose(const struct vm_prog *p, uint32_t call, const struct vm_env *env)
{
	struct vm_disposed d = { .disposition = DISP_EXECUTE, .rule = VM_NO_RULE };
	struct run run = { .image = &p->image, .env = env };
	struct outcome o;

	if (!vm_has_disposition(p, call))
		return d;
	o = run_code(&run, image_pc(p->image.calls[call]));
	d.disposition = (enum vm_disposition)o.what;
	d.rule = o.rule;
	return d;
}

bool vm_dispose_number(const struct vm_prog *p, int32_t nr, struct vm_disposed *out)
{
	const struct vm_image *image = &p->image;
	size_t low = 0, high = image->nnumbers;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct image_number *n = &image->numbers[middle];

		if (n->nr == nr) {
			out->disposition = (enum vm_disposition)n->disposition;
			out->rule = n->rule;
			return true;
		}
		if (n->nr < nr)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool vm_has_disposition(const struct vm_prog *p, uint32_t call)
{
	INVARIANT(call < p->image.ncalls);
	return p->image.calls[call] != IMAGE_NO_PC;
}

bool vm_always_ignored(const struct vm_prog *p, uint32_t call)
{
	return vm_has_disposition(p, call) && (p->image.calls[call] & IMAGE_FLAG);
}

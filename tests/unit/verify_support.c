/*
 * Policies, events and decisions for the tests of verify/.
 */
#include "tests/unit/verify_support.h"

#include "abi/walk.h"
#include "vm/asm.h"

#include <check.h>
#include <inttypes.h>
#include <string.h>

const struct abi_schema *test_schema(void)
{
	static struct abi_schema *schema;

	if (!schema)
		schema = abi_schema_new(ARCH_X86_64);
	return schema;
}

/* ---- the schema as the vm sees it ---- */

static const struct abi_leaf *leaf_of(const void *ctx, uint32_t leaf)
{
	return abi_schema_leaf(ctx, leaf);
}

static uint64_t leaf_signature(const void *ctx, uint32_t leaf)
{
	return abi_leaf_signature(ctx, leaf_of(ctx, leaf));
}

static const char *leaf_name(const void *ctx, uint32_t leaf)
{
	return leaf_of(ctx, leaf)->path;
}

static bool leaf_is_bytes(const void *ctx, uint32_t leaf)
{
	return leaf_of(ctx, leaf)->enc == ENC_BYTES;
}

static bool leaf_at(const void *ctx, uint32_t leaf, enum vm_phase phase)
{
	return leaf_of(ctx, leaf)->dir & (phase == VM_ENTRY ? DIR_IN : DIR_OUT);
}

static bool leaf_verb(const void *ctx, uint32_t leaf, enum vm_verb verb)
{
	(void)ctx;
	(void)leaf;
	(void)verb;
	return true;
}

static uint32_t leaf_call(const void *ctx, uint32_t leaf)
{
	return leaf_of(ctx, leaf)->call;
}

static bool fact_is_bytes(const void *ctx, uint32_t fact)
{
	(void)ctx;
	return abi_fact_info((enum abi_fact)fact)->is_string;
}

static struct vm_schema vm_view(const struct abi_schema *s)
{
	struct vm_schema v = {
		.nleaves = (uint32_t)abi_schema_nleaves(s),
		.ncalls = (uint32_t)abi_schema_ncalls(s),
		.nfacts = FACT_COUNT,
		.signature = leaf_signature,
		.name = leaf_name,
		.leaf_is_bytes = leaf_is_bytes,
		.leaf_at = leaf_at,
		.leaf_verb = leaf_verb,
		.leaf_call = leaf_call,
		.fact_is_bytes = fact_is_bytes,
		.ctx = s,
	};

	abi_schema_hash(s, v.hash);
	return v;
}

/* ---- policies ---- */

static uint32_t add_rule(struct vm_asm *a, const struct rule *r, uint32_t line)
{
	struct vm_rule rule = { .file = "test.spol", .line = line, .column = 1, .selector = r->field ? r->field : "any" };

	rule.verb = r->verb;
	rule.text = r->field ? vm_verb_name(r->verb) : vm_disposition_name(r->disposition);
	rule.message = r->message;
	return vm_asm_rule(a, &rule);
}

static const struct abi_leaf *field_fd(const struct abi_call *call)
{
	return abi_call_leaf(test_schema(), call, "fd", 2);
}

/* Code that goes on when the condition holds and to `fails` when it does not. */
static void condition(struct vm_asm *a, enum when when, const struct abi_call *call, uint32_t proc, uint32_t tmp,
		      vm_label fails)
{
	const struct abi_leaf *fd = field_fd(call);

	switch (when) {
	case ALWAYS:
		return;
	case WITHIN_10:
		vm_asm_num_value(a, 0, SIDE_RECORDED);
		vm_asm_num_value(a, 1, SIDE_ACTUAL);
		vm_asm_num_const(a, 2, 10);
		vm_asm_within(a, 0, 1, 2, false, fails);
		return;
	case IN_PROC:
		for (int side = 0; side < SIDE_COUNT; side++) {
			vm_asm_str_fact(a, 0, (enum vm_side)side, FACT_FD_PATH, fd->id);
			vm_asm_str_in(a, 0, proc, fails);
		}
		return;
	case FD_IS_1:
		for (int side = 0; side < SIDE_COUNT; side++) {
			vm_asm_num_field(a, 0, (enum vm_side)side, fd->id);
			vm_asm_num_const(a, 1, 1);
			vm_asm_num_test(a, VM_EQ, 0, 1, fails);
		}
		return;
	case FILE_IN_TMP:
		for (int side = 0; side < SIDE_COUNT; side++) {
			vm_asm_str_fact(a, 0, (enum vm_side)side, FACT_FILE_PATH, VM_NO_LEAF);
			vm_asm_str_in(a, 0, tmp, fails);
		}
		return;
	}
}

static const struct rule *rule_for(const struct rule *rules, const struct abi_call *call, const struct abi_leaf *leaf)
{
	const struct rule *by_kind = NULL;

	for (const struct rule *r = rules; r->call || r->field || r->number; r++) {
		if (!r->field)
			continue;
		if (r->call && strcmp(r->call, call->label) == 0 && strcmp(r->field, leaf->path) == 0)
			return r;
		if (!r->call && r->kind == leaf->kind)
			by_kind = r;
	}
	return by_kind;
}

/* No field is left to the default: code for it would be code that nothing leads to, which is refused. */
static bool rules_for_all(const struct rule *rules)
{
	const struct abi_schema *s = test_schema();

	for (uint32_t i = 0; i < abi_schema_nleaves(s); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s, i);

		if (!rule_for(rules, abi_schema_call(s, leaf->call), leaf))
			return false;
	}
	return true;
}

struct vm_prog *test_policy(const struct rule *rules, bool continues)
{
	static const char *const proc_globs[] = { "/proc/**" }, *const tmp_globs[] = { "/tmp/**" };
	const struct abi_schema *s = test_schema();
	struct vm_schema view = vm_view(s);
	struct vm_asm *a = vm_asm_new("test", &view);
	struct err err = { 0 };
	struct vm_prog *prog;
	struct vm_rule last = { .file = "test.spol", .line = 999, .column = 1, .selector = "default", .text = "equal",
				.verb = VERB_EQUAL, .is_default = true,
				.message = "{syscall}: {field} was {recorded}, is now {actual}" };
	uint32_t by_default = vm_asm_rule(a, &last), proc = vm_asm_glob_set(a, "PROC", proc_globs, NULL, 1);
	uint32_t tmp = vm_asm_glob_set(a, "TMP", tmp_globs, NULL, 1), plain, numbers[64], n = 0;
	struct buf image = { 0 };

	vm_asm_set_source(a, "test.spol", "", 0, NULL, 0);
	vm_asm_set_continues(a, continues);
	for (const struct rule *r = rules; r->call || r->field || r->number; r++)
		numbers[n++] = add_rule(a, r, (uint32_t)(r - rules) + 1);
	plain = vm_asm_here(a);
	if (!rules_for_all(rules))
		vm_asm_verdict(a, VERB_EQUAL, by_default);
	for (uint32_t i = 0; i < view.nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s, i);
		const struct abi_call *call = abi_schema_call(s, leaf->call);
		const struct rule *r = rule_for(rules, call, leaf);

		for (int phase = 0; phase < VM_PHASES; phase++) {
			uint32_t pc = plain;

			if (!leaf_at(s, i, (enum vm_phase)phase))
				continue;
			if (r) {
				vm_label fails = vm_asm_label(a);

				pc = vm_asm_here(a);
				condition(a, r->when, call, proc, tmp, fails);
				vm_asm_verdict(a, r->verb, numbers[r - rules]);
				vm_asm_bind(a, fails);
				if (r->when != ALWAYS)
					vm_asm_verdict(a, VERB_EQUAL, by_default);
			}
			vm_asm_entry(a, (enum vm_phase)phase, i, pc, r && (r->verb == VERB_STOP || r->verb == VERB_MAP));
		}
	}
	for (const struct rule *r = rules; r->call || r->field || r->number; r++) {
		uint32_t pc = vm_asm_here(a);

		if (r->field)
			continue;
		if (r->number) {
			vm_asm_call_number(a, r->number, r->disposition, numbers[r - rules]);
			continue;
		}
		for (uint32_t i = 0; i < view.ncalls; i++) {
			const struct abi_call *call = abi_schema_call(s, i);
			vm_label fails = vm_asm_label(a);

			if (strcmp(call->label, r->call) != 0) {
				vm_asm_bind(a, fails);
				continue;
			}
			condition(a, r->when, call, proc, tmp, fails);
			vm_asm_dispose(a, r->disposition, numbers[r - rules]);
			vm_asm_bind(a, fails);
			if (r->when != ALWAYS)
				vm_asm_dispose(a, DISP_EXECUTE, VM_NO_RULE);
			vm_asm_call(a, i, pc, r->disposition == DISP_IGNORE && r->when == ALWAYS);
		}
	}
	ck_assert_msg(vm_asm_finish(a, &image, &err) == 0, "%s", err.text);
	prog = vm_load(image.data, image.len, "test", &view, &err);
	ck_assert_msg(prog != NULL, "%s", err.text);
	vm_asm_free(a);
	buf_free(&image);
	return prog;
}

/* ---- events ---- */

static const struct abi_call *find_call(const char *label)
{
	const struct abi_schema *s = test_schema();

	for (uint32_t i = 0; i < abi_schema_ncalls(s); i++) {
		if (strcmp(abi_schema_call(s, i)->label, label) == 0)
			return abi_schema_call(s, i);
	}
	ck_abort_msg("no call %s", label);
	return NULL;
}

void test_event(struct sys_event *ev, const struct event_spec *spec, struct arena *arena)
{
	const struct abi_call *call = spec->call ? find_call(spec->call) : NULL;

	event_init(ev, arena);
	ev->nr = call ? call->nr : spec->nr;
	ev->type = ev->nr == ABI_SIGNAL ? EVENT_SIGNAL : ev->nr == ABI_TASK_END ? EVENT_END :
		   ev->nr == ABI_INPUT ? EVENT_INPUT : ev->nr == ABI_EFFECT ? EVENT_EFFECT :
		   ev->nr == ABI_INSTRUCTION ? EVENT_INSTRUCTION : EVENT_CALL;
	ev->flags = spec->unreturned || (ev->type != EVENT_CALL && ev->type != EVENT_INSTRUCTION) ? 0 : EVENT_RETURNED;
	ev->ret = spec->ret;
	memcpy(ev->args, spec->args, sizeof(ev->args));
	ev->call = abi_schema_select(test_schema(), ev->nr, ev->args);
	if (call)
		ck_assert_msg(ev->call == call->index, "the arguments do not select %s", spec->call);
	for (unsigned i = 0; i < MAX_BLOCKS && spec->blocks[i].at; i++) {
		const struct block_spec *from = &spec->blocks[i];
		const struct abi_leaf *leaf = abi_call_leaf(test_schema(), call, from->at, strlen(from->at));
		struct abi_block *b = event_add_block(ev);

		ck_assert_msg(leaf != NULL, "%s has no field %s", spec->call, from->at);
		b->phase = from->phase;
		b->node = (uint16_t)(leaf->id - call->leaf_first);
		b->index = from->index;
		b->addr = from->addr;
		b->status = from->status;
		b->len = from->len;
		b->data = arena_copy(arena, from->data, from->len);
	}
	ev->fds = arena_array(arena, 2, sizeof(*ev->fds));
	for (unsigned i = 0; i < 2 && spec->fds[i].path; i++)
		ev->fds[ev->nfds++] = spec->fds[i];
	ev->regions = spec->regions;
	while (ev->regions && ev->regions[ev->nregions].end)
		ev->nregions++;
}

/* ---- decisions ---- */

static void separate(struct buf *out)
{
	if (out->len)
		buf_str(out, "; ");
}

static void finding_text(const struct finding *f, struct buf *out)
{
	separate(out);
	abi_print_path(f->leaf, f->index, out);
	buf_printf(out, " %s%s%s%s%s%s", vm_verb_name(f->by.verb), f->violation ? "!" : "",
		   f->unmappable ? " unmappable" : "", f->unapplied ? " unapplied" : "",
		   f->unreadable ? " unreadable" : "", f->forced ? " forced" : "");
}

static void patch_text(const struct patch *p, struct buf *out)
{
	separate(out);
	switch (p->type) {
	case PATCH_MEMORY:
		buf_printf(out, "mem 0x%" PRIx64 " \"", p->addr);
		for (uint32_t i = 0; i < p->len; i++) {
			if (p->data[i] >= ' ' && p->data[i] < 127)
				buf_byte(out, p->data[i]);
			else
				buf_printf(out, "\\%x", p->data[i]);
		}
		buf_str(out, "\"");
		break;
	case PATCH_ARG:
		buf_printf(out, "arg %u = %" PRId64, p->reg, p->number);
		break;
	case PATCH_RET:
		buf_printf(out, "ret %" PRId64, p->number);
		break;
	case PATCH_OFFSET:
		buf_printf(out, "offset %d %+" PRId64, p->fd, p->number);
		break;
	case PATCH_SIGINFO:
		buf_printf(out, "siginfo[%" PRIu64 "], %" PRIu32 " bytes", p->addr, p->len);
		break;
	case PATCH_TEXT:
		buf_printf(out, "text %u \"%.*s\"", p->reg, (int)p->len, (const char *)p->data);
		break;
	case PATCH_NUMBER:
		buf_printf(out, "number %" PRId64, p->number);
		break;
	case PATCH_RESULT:
		buf_printf(out, "result[%" PRIu64 "], %" PRIu32 " bytes", p->addr, p->len);
		break;
	}
}

static void undo_text(const struct patch *p, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	patch_text(p, &text);
	buf_str(out, buf_cstr(&text));
}

const char *test_decision_text(const struct decision *d, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < d->nfindings; i++)
		finding_text(&d->findings[i], out);
	for (size_t i = 0; i < d->npatches; i++)
		patch_text(&d->patches[i], out);
	for (size_t i = 0; i < d->nundo; i++) {
		separate(out);
		buf_str(out, "undo ");
		undo_text(&d->undo[i], out);
	}
	return buf_cstr(out);
}

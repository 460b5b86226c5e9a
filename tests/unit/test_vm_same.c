/*
 * vm_same_but_places(): a change of any section is noticed, a change of places and source texts is not.
 */
#include "tests/unit/vm_toy.h"
#include "vm/prog.h"

#include <check.h>
#include <stdlib.h>

/* A program's sections lie in its arena, where a test may write. */
#define WRITE(type, pointer) ((type *)(uintptr_t)(pointer))

/* CHANGE(same afterwards, what, how: p is the struct vm_prog, i its image) */
#define CHANGES(CHANGE)                                                                                   \
	CHANGE(true, nothing, (void)0)                                                                    \
	CHANGE(true, line_of_a_rule, WRITE(struct vm_rule, i->rules)[1].line++)                           \
	CHANGE(true, column_of_a_rule, WRITE(struct vm_rule, i->rules)[1].column++)                       \
	CHANGE(true, text_of_a_source, WRITE(uint8_t, i->sources[0].text)[3] ^= 1)                        \
	CHANGE(true, length_of_a_source, WRITE(struct image_source, i->sources)[0].len--)                 \
	CHANGE(true, source_digest, i->source_digest[0] ^= 1)                                             \
	CHANGE(true, image_digest, p->digest[0] ^= 1)                                                     \
	CHANGE(false, name, i->name = "other")                                                            \
	CHANGE(false, continues, i->continues = !i->continues)                                            \
	CHANGE(false, schema_hash, i->schema_hash[DIGEST_SIZE - 1] ^= 1)                                  \
	CHANGE(false, number_of_leaves, i->nleaves--)                                                     \
	CHANGE(false, number_of_calls, i->ncalls--)                                                       \
	CHANGE(false, signature, WRITE(uint32_t, i->signatures)[i->nleaves - 1] ^= 1)                     \
	CHANGE(false, entry, WRITE(uint32_t, i->entries)[(size_t)VM_PHASES * i->nleaves - 1] ^= 1)        \
	CHANGE(false, call, WRITE(uint32_t, i->calls)[i->ncalls - 1] ^= IMAGE_FLAG)                       \
	CHANGE(false, number_of_numbers, i->nnumbers--)                                                   \
	CHANGE(false, number, WRITE(struct image_number, i->numbers)[1].nr++)                             \
	CHANGE(false, disposition_of_a_number, WRITE(struct image_number, i->numbers)[1].disposition = 0) \
	CHANGE(false, rule_of_a_number, WRITE(struct image_number, i->numbers)[1].rule++)                 \
	CHANGE(false, number_of_instructions, i->ncode--)                                                 \
	CHANGE(false, opcode, WRITE(struct vm_insn, i->code)[i->ncode - 1].op++)                          \
	CHANGE(false, operand, WRITE(struct vm_insn, i->code)[i->ncode - 1].a++)                          \
	CHANGE(false, immediate, WRITE(struct vm_insn, i->code)[i->ncode - 1].imm++)                      \
	CHANGE(false, number_of_constants, i->nconsts--)                                                  \
	CHANGE(false, constant, WRITE(num_t, i->consts)[i->nconsts - 1] += (num_t)1 << 100)               \
	CHANGE(false, number_of_strings, i->nstrings--)                                                   \
	CHANGE(false, string, WRITE(uint8_t, i->strings[0].data)[0] ^= 1)                                 \
	CHANGE(false, length_of_a_string, WRITE(struct image_string, i->strings)[0].len--)                \
	CHANGE(false, number_of_states, i->globs.nstates--)                                               \
	CHANGE(false, number_of_classes, i->globs.nclasses--)                                             \
	CHANGE(false, number_of_glob_sets, i->globs.nsets--)                                              \
	CHANGE(false, number_of_rows, i->globs.nrows--)                                                   \
	CHANGE(false, byte_class, i->globs.classes['a']++)                                                \
	CHANGE(false, transition, WRITE(uint16_t, i->globs.next)[i->globs.nclasses + 1] ^= 1)             \
	CHANGE(false, accepting_row, WRITE(uint32_t, i->globs.accepts)[1] ^= 1)                           \
	CHANGE(false, row, WRITE(uint8_t, i->globs.rows)[0] ^= 1)                                         \
	CHANGE(false, name_of_a_glob_set, WRITE(const char *, i->glob_names)[0] = "OTHER")                \
	CHANGE(false, number_of_sets, i->nsets--)                                                         \
	CHANGE(false, name_of_a_set, WRITE(struct image_set, i->sets)[0].name = "OTHER")                  \
	CHANGE(false, size_of_a_set, WRITE(struct image_set, i->sets)[0].n--)                             \
	CHANGE(false, member_of_a_set, WRITE(num_t, i->sets[0].numbers)[0]--)                             \
	CHANGE(false, number_of_rules, i->nrules--)                                                       \
	CHANGE(false, file_of_a_rule, WRITE(struct vm_rule, i->rules)[1].file = "other.spol")             \
	CHANGE(false, selector_of_a_rule, WRITE(struct vm_rule, i->rules)[1].selector = "other")          \
	CHANGE(false, text_of_a_rule, WRITE(struct vm_rule, i->rules)[1].text = "other")                  \
	CHANGE(false, message_of_a_rule, WRITE(struct vm_rule, i->rules)[0].message = "other")            \
	CHANGE(false, message_gone, WRITE(struct vm_rule, i->rules)[0].message = NULL)                    \
	CHANGE(false, message_come, WRITE(struct vm_rule, i->rules)[1].message = "")                      \
	CHANGE(false, verb_of_a_rule, WRITE(struct vm_rule, i->rules)[0].verb = VERB_STOP)                \
	CHANGE(false, default_no_more, WRITE(struct vm_rule, i->rules)[0].is_default = false)             \
	CHANGE(false, number_of_sources, i->nsources--)                                                   \
	CHANGE(false, file_of_a_source, WRITE(struct image_source, i->sources)[0].file = "other.spol")

#define CHANGE(same, what, how)                      \
	static void change_##what(struct vm_prog *p) \
	{                                            \
		struct vm_image *i = &p->image;      \
                                                     \
		(void)i;                             \
		how;                                 \
	}
CHANGES(CHANGE)
#undef CHANGE

static const struct row {
	bool same;
	const char *what;
	void (*change)(struct vm_prog *p);
} rows[] = {
#define CHANGE(same, what, how) { same, #what, change_##what },
	CHANGES(CHANGE)
#undef CHANGE
};

static struct vm_prog *load(void)
{
	CLEANUP(buf_free) struct buf image = { 0 };
	struct vm_schema schema = toy_schema();
	struct err err = { 0 };
	struct vm_prog *p;

	toy_image(&image);
	p = vm_load(image.data, image.len, "toy.spo", &schema, &err);
	ck_assert_msg(p != NULL, "%s", err.text);
	return p;
}

START_TEST(change)
{
	const struct row *r = &rows[_i];
	struct vm_prog *a = load(), *b = load();

	r->change(b);
	ck_assert_msg(vm_same_but_places(a, b) == r->same, "%s: %s", r->what, r->same ? "not same" : "not noticed");
	ck_assert_msg(vm_same_but_places(b, a) == r->same, "%s, the other way round", r->what);
	vm_free(a);
	vm_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vm_same");
	TCase *t = tcase_create("changes");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, change, 0, ARRAY_LEN(rows));
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

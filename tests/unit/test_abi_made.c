/*
 * The schema that is built in as const tables is the one that the rows make.
 */
#include "abi/tables.h"
#include "base/check.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SAME(field) ck_assert_msg(a->field == b->field, "%s: " #field " differs", where)
#define SAME_TEXT(field) \
	ck_assert_msg(strcmp(a->field ? a->field : "-", b->field ? b->field : "-") == 0, "%s: " #field " differs", where)

static const struct abi_schema *made = &abi_schema_made;
static struct abi_schema *rows;

static void setup(void)
{
	rows = abi_schema_new(ARCH_X86_64);
}

static void teardown(void)
{
	abi_schema_free(rows);
}

START_TEST(calls)
{
	ck_assert_uint_eq(abi_schema_ncalls(made), abi_schema_ncalls(rows));
	for (uint32_t i = 0; i < abi_schema_ncalls(rows); i++) {
		const struct abi_call *a = abi_schema_call(made, i), *b = abi_schema_call(rows, i);
		const char *where = b->label;

		SAME(index);
		SAME(row);
		SAME_TEXT(name);
		SAME_TEXT(variant);
		SAME_TEXT(label);
		SAME(nr);
		SAME(leaf_first);
		SAME(nleaves);
		ck_assert_ptr_eq(abi_schema_find(made, b->name, strlen(b->name))->row,
				 abi_schema_find(rows, b->name, strlen(b->name))->row);
	}
	ck_assert_ptr_null(abi_schema_find(made, "rea", 3));
	ck_assert_ptr_null(abi_schema_find(made, "readx", 5));
	ck_assert_ptr_nonnull(abi_schema_find(made, "readx", 4));
}
END_TEST

START_TEST(leaves)
{
	ck_assert_uint_eq(abi_schema_nleaves(made), abi_schema_nleaves(rows));
	for (uint32_t i = 0; i < abi_schema_nleaves(rows); i++) {
		const struct abi_leaf *a = abi_schema_leaf(made, i), *b = abi_schema_leaf(rows, i);
		const char *where = b->path;

		SAME(id);
		SAME(call);
		SAME_TEXT(path);
		SAME(kind);
		SAME(enc);
		SAME(space);
		SAME(dir);
		SAME(size);
		SAME(set);
		SAME(reg);
		SAME(is_addr);
		SAME(synthetic);
		SAME(linked);
		ck_assert_uint_eq(abi_leaf_signature(made, a), abi_leaf_signature(rows, b));
	}
}
END_TEST

static void same_len(const struct abi_len *a, const struct abi_len *b, const char *where)
{
	ck_assert_msg(!a == !b, "%s: a length rule is missing", where);
	if (!a)
		return;
	SAME(rule);
	SAME(arg);
	SAME(arg2);
	SAME(thing);
	SAME(says);
	SAME(room_arg);
	SAME(zero_size);
	SAME(field_enc);
	SAME(n);
	SAME(filled);
}

static void same_item(const struct abi_item *a, const struct abi_item *b, const char *where)
{
	SAME(op);
	SAME(body);
	SAME(enc);
	SAME(reg);
	SAME(phases);
	SAME(block_phases);
	SAME(behind);
	SAME(under);
	SAME(string);
	SAME(pathname);
	SAME(other);
	SAME(has_pointers);
	SAME(at_end);
	SAME(many);
	SAME(is_struct);
	SAME(leaf);
	SAME(rest_leaf);
	SAME(end);
	SAME(offset);
	SAME(size);
	SAME(count);
	SAME(tag_offset);
	SAME(tag);
	SAME(records);
	same_len(a->len, b->len, where);
}

START_TEST(programs)
{
	for (uint32_t i = 0; i < abi_schema_ncalls(rows); i++) {
		const struct abi_program *a = abi_schema_program(made, i), *b = abi_schema_program(rows, i);
		const char *where = abi_schema_call(rows, i)->label;

		SAME(nitems);
		SAME(under);
		ck_assert_mem_eq(a->captures, b->captures, sizeof(a->captures));
		ck_assert_mem_eq(a->arg_item, b->arg_item, sizeof(a->arg_item));
		ck_assert_mem_eq(a->arg_enc, b->arg_enc, sizeof(a->arg_enc));
		if (abi_schema_call(rows, i)->nleaves)
			ck_assert_uint_eq(a->leaves->id, b->leaves->id);
		for (uint16_t k = 0; k < b->nitems; k++)
			same_item(&a->items[k], &b->items[k], where);
	}
}
END_TEST

START_TEST(numbers)
{
	uint8_t a[DIGEST_SIZE], b[DIGEST_SIZE];
	uint64_t args[ABI_ARGS];

	for (int32_t nr = -2; nr < ABI_PSEUDO_FIRST + 100; nr++) {
		for (uint64_t value = 0; value < 40; value++) {
			for (int i = 0; i < ABI_ARGS; i++)
				args[i] = value;
			ck_assert_msg(abi_schema_select(made, nr, args) == abi_schema_select(rows, nr, args),
				      "number %d", nr);
		}
		if (nr == 1000)
			nr = ABI_PSEUDO_FIRST - 1;
	}
	for (uint32_t i = 0; i < abi_schema_ncalls(rows); i++) {
		const struct abi_row *row = abi_schema_call(rows, i)->row;

		memset(args, 0, sizeof(args));
		args[row->select_arg] = row->select_value;
		if (row->also_mask)
			args[row->also_arg] = row->also_value;
		ck_assert_uint_eq(abi_schema_select(made, row->nr_x86_64, args),
				  abi_schema_select(rows, row->nr_x86_64, args));
	}
	abi_schema_hash(made, a);
	abi_schema_hash(rows, b);
	ck_assert_mem_eq(a, b, DIGEST_SIZE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abi made");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, calls);
	tcase_add_test(t, leaves);
	tcase_add_test(t, programs);
	tcase_add_test(t, numbers);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

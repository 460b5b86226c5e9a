/*
 * src/base: arena, buffers, bounded reader, errors, exact numbers, maps, file I/O, digests.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/map.h"
#include "base/num.h"
#include "base/value.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(arena_gives_zeroed_aligned_memory)
{
	struct arena *a = arena_new();

	for (size_t size = 1; size < 100000; size = size * 3 + 1) {
		unsigned char *p = arena_alloc(a, size);

		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xaa, size);
	}
	ck_assert_uint_gt(arena_used(a), 100000);
	arena_reset(a);
	ck_assert_uint_eq(arena_used(a), 0);
	ck_assert_uint_eq(*(unsigned char *)arena_alloc(a, 64), 0);
	ck_assert_str_eq(arena_printf(a, "%d-%s", 5, "x"), "5-x");
	ck_assert_str_eq(arena_copy(a, "abcdef", 3), "abc");
	arena_free(a);
}
END_TEST

START_TEST(arena_keeps_a_large_block)
{
	static const size_t sizes[] = { 131072, 131072, 40000, 900000, 3000000, 5000, 900000, 131072 };
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned char *first, *large[2];

		arena_reset(a);
		first = i % 2 ? arena_alloc(a, 10) : NULL;
		for (int k = 0; k < 2; k++) {
			large[k] = arena_alloc(a, sizes[i]);
			ck_assert_msg(large[k][0] == 0 && memcmp(large[k], large[k] + 1, sizes[i] - 1) == 0,
				      "round %zu: not all zero", i);
			memset(large[k], 0xaa, sizes[i]);
		}
		memset(arena_alloc(a, 100), 0xbb, 100);
		for (int k = 0; k < 2; k++)
			ck_assert_msg(large[k][0] == 0xaa && large[k][sizes[i] - 1] == 0xaa, "round %zu", i);
		ck_assert(!first || first[9] == 0);
	}
	arena_free(a);
}
END_TEST

START_TEST(reader_stays_within_its_bytes)
{
	const uint8_t data[] = { 1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9 };
	struct reader r = reader_over(data, sizeof(data));

	ck_assert_uint_eq(reader_byte(&r), 1);
	ck_assert_uint_eq(reader_le32(&r), 2);
	ck_assert_uint_eq(reader_le64(&r), 3);
	ck_assert_uint_eq(reader_left(&r), 1);
	ck_assert_uint_eq(reader_le32(&r), 0);
	ck_assert(r.failed);
	ck_assert_uint_eq(reader_byte(&r), 0);
	ck_assert_ptr_null(reader_bytes(&r, 0));
	r = reader_over(data, sizeof(data));
	ck_assert_ptr_null(reader_bytes(&r, SIZE_MAX));
}
END_TEST

START_TEST(buffer_grows_and_stays_a_string)
{
	struct buf b = { 0 };

	ck_assert_str_eq(buf_cstr(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	ck_assert_uint_eq(b.len, strlen(buf_cstr(&b)));
	buf_clear(&b);
	buf_le32(&b, 0x04030201);
	ck_assert_mem_eq(b.data, "\1\2\3\4", 5);
	buf_printf(&b, "%0*d", 600, 7); /* longer than what buf_vprintf() tries first */
	ck_assert_uint_eq(b.len, 604);
	buf_free(&b);
}
END_TEST

START_TEST(first_error_stays)
{
	struct err e = { 0 };

	ck_assert_int_eq(err_set(&e, ERR_FORMAT, "bad byte at %d", 7), -1);
	err_set(&e, ERR_IO, "later");
	ck_assert_int_eq(e.code, ERR_FORMAT);
	ck_assert_str_eq(e.text, "bad byte at 7");
	err_prefix(&e, "file %s", "x");
	ck_assert_str_eq(e.text, "file x: bad byte at 7");
	ck_assert_str_eq(err_name(e.code), "FORMAT");
	ck_assert_int_eq(err_exit_status(ERR_TRACE), 3);
	err_clear(&e);
	errno = ENOENT;
	err_errno(&e, ERR_IO, "open");
	ck_assert_str_eq(e.text, "open: No such file or directory");
	ck_assert_int_eq(e.sys_errno, ENOENT);
	ck_assert_int_eq(err_set(NULL, ERR_IO, "nobody listens"), -1);
}
END_TEST

static const struct {
	num_t a, b, tolerance;
	bool within, within_percent; /* tolerance taken as millipercent of a */
} tolerances[] = {
	{ 100, 105, 5, true, false },
	{ 100, 106, 5, false, false },
	{ 100, 110, 10000, true, true },
	{ 100, 111, 10000, true, false },
	{ -100, -110, 10000, true, true },
	{ 0, 0, 10000, true, true },
	{ 0, 1, 100000, true, false },
	{ 5, 5, -1, false, false },
	{ NUM_MIN, NUM_MAX, NUM_MAX, false, true }, /* as a percentage: 2^127 times NUM_MAX / 100000, exactly */
	{ NUM_MAX, NUM_MAX, 0, true, true },
	/* products of these do not fit 128 bits */
	{ NUM_MAX, NUM_MAX - 3, 1, false, true },
	{ NUM_MAX, NUM_MAX / 2, 40000, false, false },
	{ NUM_MAX, NUM_MAX / 2, 60000, false, true },
	{ NUM_MAX, 0, 99999, false, false },
	{ NUM_MAX, 0, 100000, false, true },
	{ NUM_MIN, 0, 100000, false, true },
	{ NUM_MIN, NUM_MAX, 199999, false, false },
	{ NUM_MIN, NUM_MAX, 200000, false, true },
	{ 1, NUM_MAX, NUM_MAX, true, false },
	{ 99999, 0, NUM_MAX, true, true },
	{ 0, 1, NUM_MAX, true, false },
};

START_TEST(tolerances_are_exact)
{
	ck_assert_int_eq(num_within(tolerances[_i].a, tolerances[_i].b, tolerances[_i].tolerance), tolerances[_i].within);
	ck_assert_int_eq(num_within_percent(tolerances[_i].a, tolerances[_i].b, tolerances[_i].tolerance),
			 tolerances[_i].within_percent);
}
END_TEST

START_TEST(numbers_saturate)
{
	char text[NUM_TEXT_MAX];

	ck_assert(num_add(NUM_MAX, 1) == NUM_MAX);
	ck_assert(num_sub(NUM_MIN, 1) == NUM_MIN);
	ck_assert(num_mul(NUM_MIN, -1) == NUM_MAX);
	ck_assert(num_mul(NUM_MIN, 2) == NUM_MIN);
	ck_assert(num_div(7, 0) == 0);
	ck_assert(num_div(NUM_MIN, -1) == NUM_MAX);
	ck_assert(num_div(-7, 2) == -3);
	ck_assert_str_eq(num_text(NUM_MIN, text), "-170141183460469231731687303715884105728");
	ck_assert_str_eq(num_text(0, text), "0");
	ck_assert_str_eq(num_text((num_t)UINT64_MAX, text), "18446744073709551615");
}
END_TEST

START_TEST(values_compare_by_type_and_content)
{
	struct value a = value_bytes("a\0b", 3), b = value_bytes("a\0c", 3), none = { 0 }, n = value_num(5);

	ck_assert(!value_equal(&a, &b));
	b = value_bytes("a\0b", 3);
	ck_assert(value_equal(&a, &b));
	ck_assert(!value_equal(&a, &none));
	ck_assert(value_equal(&none, &none));
	ck_assert(!value_equal(&n, &none));
	a = b = value_bytes(NULL, 0);
	ck_assert(value_equal(&a, &b));
}
END_TEST

/* Random puts and deletes against a plain array. */
START_TEST(map_holds_what_was_put)
{
	struct map64 *m = map64_new();
	bool in[512] = { 0 };
	uint64_t values[512] = { 0 }, v;
	size_t count = 0;

	srand(7);
	for (int i = 0; i < 20000; i++) {
		unsigned key = (unsigned)rand() % 512;

		if (rand() % 3) {
			count += !in[key];
			in[key] = true;
			values[key] = (uint64_t)i;
			map64_put(m, key * 0x10001u, (uint64_t)i);
		} else {
			ck_assert_int_eq(map64_del(m, key * 0x10001u), in[key]);
			count -= in[key];
			in[key] = false;
		}
		ck_assert_uint_eq(map64_count(m), count);
	}
	for (unsigned key = 0; key < 512; key++) {
		ck_assert_int_eq(map64_get(m, key * 0x10001u, &v), in[key]);
		if (in[key])
			ck_assert_uint_eq(v, values[key]);
	}
	map64_free(m);
}
END_TEST

START_TEST(string_map_copies_keys)
{
	struct strmap *m = strmap_new();
	char key[32];
	uint64_t v;

	for (unsigned i = 0; i < 1000; i++) {
		int n = snprintf(key, sizeof(key), "key%u", i);

		strmap_put(m, key, (size_t)n, i);
	}
	ck_assert_uint_eq(strmap_count(m), 1000);
	ck_assert(strmap_get(m, "key999", 6, &v));
	ck_assert_uint_eq(v, 999);
	ck_assert(!strmap_get(m, "key", 3, &v));
	strmap_free(m);
}
END_TEST

START_TEST(files_are_read_and_written_whole)
{
	char dir[] = "/tmp/sperrips-base.XXXXXX";
	struct buf b = { 0 }, path = { 0 };
	struct err e = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(dir));
	buf_printf(&path, "%s/f", dir);
	ck_assert_int_eq(file_write_atomic(buf_cstr(&path), "hello", 5, &e), 0);
	ck_assert_int_eq(file_read(buf_cstr(&path), 5, &b, &e), 0);
	ck_assert_str_eq(buf_cstr(&b), "hello");
	ck_assert_int_eq(file_read(buf_cstr(&path), 4, &b, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	err_clear(&e);
	buf_clear(&b);
	ck_assert_int_eq(file_read("/dev/zero", 100000, &b, &e), -1);
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_uint_le(b.len, 100001);
	err_clear(&e);
	ck_assert_int_eq(file_read(dir, 100, &b, &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	err_clear(&e);
	ck_assert_int_eq(file_write_atomic("/nonexistent/x", "", 0, &e), -1);
	unlink(buf_cstr(&path));
	rmdir(dir);
	buf_free(&b);
	buf_free(&path);
}
END_TEST

/* A pipe that is nearly full takes a part: the rest follows, in order. */
START_TEST(parts_are_written_one_behind_the_other)
{
	enum { LARGE = 300000 };
	uint8_t *large = malloc(LARGE), *got = malloc(LARGE + 9);
	struct err e = { 0 };
	int ends[2];
	pid_t child;

	for (int i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 7 + i / 251);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		struct iovec parts[] = { { NULL, 0 }, { "head", 4 }, { "", 0 }, { large, LARGE }, { "chain", 5 }, { NULL, 0 } };

		close(ends[0]);
		_exit(fd_write_parts(ends[1], parts, 6, "a pipe", &e) == 0 ? 0 : 1);
	}
	close(ends[1]);
	ck_assert_int_eq(fd_read_full(ends[0], got, LARGE + 9, "a pipe", &e), LARGE + 9);
	ck_assert(memcmp(got, "head", 4) == 0 && memcmp(got + 4, large, LARGE) == 0);
	ck_assert(memcmp(got + 4 + LARGE, "chain", 5) == 0);
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);

	struct iovec nowhere = { large, 1 };

	ck_assert_int_eq(fd_write_parts(-1, &nowhere, 1, "nothing", &e), -1);
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_int_eq(fd_write_parts(-1, NULL, 0, "nothing", &e), 0);
	free(large);
	free(got);
}
END_TEST

/* FIPS 180-4's examples. */
START_TEST(digest_is_sha256)
{
	uint8_t d[DIGEST_SIZE];
	char text[DIGEST_TEXT_MAX];

	digest_of("abc", 3, d);
	ck_assert_str_eq(digest_text(d, text), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_of("", 0, d);
	ck_assert_str_eq(digest_text(d, text), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, arena_gives_zeroed_aligned_memory);
	tcase_add_test(t, arena_keeps_a_large_block);
	tcase_add_test(t, reader_stays_within_its_bytes);
	tcase_add_test(t, buffer_grows_and_stays_a_string);
	tcase_add_test(t, first_error_stays);
	tcase_add_loop_test(t, tolerances_are_exact, 0, (int)(sizeof(tolerances) / sizeof(tolerances[0])));
	tcase_add_test(t, numbers_saturate);
	tcase_add_test(t, values_compare_by_type_and_content);
	tcase_add_test(t, map_holds_what_was_put);
	tcase_add_test(t, string_map_copies_keys);
	tcase_add_test(t, files_are_read_and_written_whole);
	tcase_add_test(t, parts_are_written_one_behind_the_other);
	tcase_add_test(t, digest_is_sha256);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}

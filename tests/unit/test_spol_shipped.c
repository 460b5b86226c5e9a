/*
 * The policies that are built in as images: the same bytes as compiling gives, and used for no other texts.
 */
#include "tests/unit/spol_support.h"

#include "cmd/shipped.h"
#include "vm/prog.h"

#include <fcntl.h>
#include <ftw.h>

#define FILES 8u /* that strict.spol consists of */

static const char *const names[FILES] = { "base.spol", "fs.spol",   "net.spol", "time.spol",
					  "proc.spol", "tty.spol",  "kernel.spol", "strict.spol" };

static char dir[] = "/tmp/test_spol_shipped.XXXXXX";
static char here[100], there[100]; /* two directories in it */

static const char *policy(const char *name, struct arena *arena)
{
	const char *top = getenv("top_srcdir");

	return arena_printf(arena, "%s/policies/%s", top ? top : ".", name);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void teardown(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert(mkdtemp(dir) != NULL);
	snprintf(here, sizeof(here), "%s/here", dir);
	snprintf(there, sizeof(there), "%s/there", dir);
	ck_assert(mkdir(here, 0777) == 0 && mkdir(there, 0777) == 0);
}

/* A copy of a policy with something behind its text. */
static void copy(const char *to, const char *name, const char *more, struct arena *arena)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	ck_assert(file_read(policy(name, arena), 1u << 20, &text, &err) == 0);
	buf_str(&text, more);
	write_text(arena_printf(arena, "%s/%s", to, name), buf_cstr(&text));
}

/* Whether the built-in image is taken for `here`/name; if so, it must be what compiling gives. */
static bool taken(const char *name, const char *const *search)
{
	struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/%s", here, name);
	struct spol_options o = { .schema = abi_schema_new(ARCH_X86_64), .search = search };
	struct vm_prog *prog = spol_load_shipped(&o, &cmd_shipped[0], path, arena);
	bool is_taken = prog != NULL;

	if (prog) {
		struct compiled c = compile_path(path, search);

		ck_assert_msg(c.prog != NULL, "%s", c.err.text);
		ck_assert_mem_eq(vm_image_digest(c.prog), vm_image_digest(prog), 32);
		compiled_free(&c);
	}
	vm_free(prog);
	abi_schema_free((struct abi_schema *)o.schema);
	arena_free(arena);
	return is_taken;
}

START_TEST(same_as_compiled)
{
	const struct spol_shipped *s = &cmd_shipped[_i];
	struct arena *arena = arena_new();
	const char *path = policy(s->name, arena);
	struct compiled c = compile_path(path, NULL);
	struct spol_options o = { .schema = c.schema };
	CLEANUP(buf_free) struct buf image = { 0 };
	const struct glob_dfa *a, *b;
	struct vm_prog *prog;
	struct err err = { 0 };

	ck_assert_msg(c.prog != NULL, "%s", c.err.text);
	ck_assert(image_encode(&s->prog->image, &image, &err) == 0);
	ck_assert_uint_eq(c.image.len, image.len);
	ck_assert_mem_eq(c.image.data, image.data, image.len);
	ck_assert_mem_eq(vm_image_digest(c.prog), vm_image_digest(s->prog), 32);
	a = &c.prog->image.globs; /* what is made when an image is loaded */
	b = &s->prog->image.globs;
	ck_assert_uint_eq(a->shift, b->shift);
	ck_assert_mem_eq(a->jumps, b->jumps, ((size_t)a->nstates << a->shift) * sizeof(*a->jumps));
	prog = spol_load_shipped(&o, s, path, arena);
	ck_assert_msg(prog != NULL, "%s: compiled although the image is the same", path);
	vm_free(prog);
	compiled_free(&c);
	arena_free(arena);
}
END_TEST

START_TEST(any_text_changed)
{
	struct arena *arena = arena_new();

	ck_assert_str_eq(cmd_shipped[0].name, "strict.spol");
	for (unsigned i = 0; i < FILES; i++)
		copy(here, names[i], "", arena);
	ck_assert(taken("strict.spol", NULL));
	copy(here, names[_i], "#\n", arena);
	ck_assert_msg(!taken("strict.spol", NULL), "%s is another one", names[_i]);
	/* of the same size */
	copy(here, names[_i], "", arena);
	ck_assert(taken("strict.spol", NULL));
	{
		int fd = open(arena_printf(arena, "%s/%s", here, names[_i]), O_WRONLY);

		ck_assert(fd >= 0 && pwrite(fd, "!", 1, 2) == 1 && close(fd) == 0);
	}
	ck_assert_msg(!taken("strict.spol", NULL), "a byte of %s is another one", names[_i]);
	ck_assert(unlink(arena_printf(arena, "%s/%s", here, names[_i])) == 0);
	ck_assert_msg(!taken("strict.spol", NULL), "%s is not there", names[_i]);
	arena_free(arena);
}
END_TEST

/* Where the files lie: each of them "here", "there" (which is searched), in both with another text in one. */
static const struct place {
	const char *what;
	const char *here, *there; /* letters, in the order of names: a capital one is another text */
	bool taken;
} places[] = {
	{ "all there, the top here", "s", "bfntpyk", true },
	{ "base and all there, too", "sbfntpyk", "bfntpyk", true },
	{ "what stands next to a file goes first", "sbF", "fntpyk", false },
	{ "a file that nobody looks for", "sF", "bfntpyk", true },
	{ "another one that is searched only then", "sbfntpyk", "F", true },
	{ "another top file", "S", "bfntpyk", false },
	{ "half here", "sbfn", "tpyk", true },
	{ "half here, another one there", "sbfn", "tpYk", false },
	{ "one is nowhere", "sbfn", "tpk", false },
};

static void lay(const char *to, const char *letters, struct arena *arena)
{
	static const char order[] = "bfntpyks";

	for (; *letters; letters++) {
		bool other = *letters < 'a';
		char letter = other ? (char)(*letters - 'A' + 'a') : *letters;

		copy(to, names[strchr(order, letter) - order], other ? "# another one\n" : "", arena);
	}
}

START_TEST(looked_up_as_the_compiler_does)
{
	const struct place *p = &places[_i];
	const char *const search[] = { there, NULL };
	struct arena *arena = arena_new();

	lay(here, p->here, arena);
	lay(there, p->there, arena);
	ck_assert_msg(taken("strict.spol", search) == p->taken, "%s", p->what);
	arena_free(arena);
}
END_TEST

START_TEST(other_files)
{
	const char *const search[] = { there, NULL };
	struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/strict.spol", here);

	lay(there, "bfntpyks", arena);
	ck_assert(!taken("strict.spol", search)); /* no such file */
	/* the name is part of the image */
	ck_assert(symlink(arena_printf(arena, "%s/strict.spol", there), arena_printf(arena, "%s/my.spol", here)) == 0);
	ck_assert(!taken("my.spol", search));
	ck_assert(symlink(arena_printf(arena, "%s/strict.spol", there), path) == 0);
	ck_assert(taken("strict.spol", search));
	ck_assert(unlink(path) == 0);
	/* what is not there twice is not waited for, either */
	ck_assert(mkfifo(path, 0666) == 0);
	ck_assert(!taken("strict.spol", search));
	ck_assert(unlink(path) == 0 && mkdir(path, 0777) == 0);
	ck_assert(!taken("strict.spol", search));
	arena_free(arena);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("spol_shipped");
	TCase *t = tcase_create("shipped");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, same_as_compiled, 0, (int)cmd_nshipped);
	tcase_add_loop_test(t, any_text_changed, 0, (int)FILES);
	tcase_add_loop_test(t, looked_up_as_the_compiler_does, 0, (int)ARRAY_LEN(places));
	tcase_add_test(t, other_files);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

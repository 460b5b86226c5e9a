/*
 * Images that show something else than what they decide: refused when they are loaded, or found out when their own
 * source texts are compiled again.  And images of another schema: refused with the names that moved.
 */
#include "tests/unit/spol_small.h"
#include "vm/image.h"

/* ---- forged ---- */

/* A second policy, laxer than what it is going to show. */
static const struct spol_sealed_file lax_files[] = {
	{ .name = "small_base.spol", .text = "policy small_base 1;\n", .len = 21 },
	{ .name = "small.spol",
	  .text = "policy small 1;\nextends \"small_base.spol\";\ndefault: accept;\n",
	  .len = 60,
	  .extends = small_extends,
	  .nextends = 1 },
};

static struct vm_image take_apart(struct small *s)
{
	struct vm_image image;
	struct err err = { 0 };

	ck_assert_msg(image_decode(s->image.data, s->image.len, "small", s->arena, &image, &err) == 0, "%s", err.text);
	return image;
}

/* Loads the image and asks whether it is what its sources say; why gets the answer. */
static bool is_honest(struct small *s, const struct vm_image *image, struct buf *why)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct err err = { 0 };
	struct vm_prog *p;
	bool honest;

	ck_assert_msg(image_encode(image, &bytes, &err) == 0, "%s", err.text);
	p = vm_load(bytes.data, bytes.len, "forged.spo", &s->view, &err);
	ck_assert_msg(p, "%s", err.text);
	honest = spol_check_sources(s->schema, p, why);
	vm_free(p);
	return honest;
}

static void name_another_policy(struct small *s, struct vm_image *i)
{
	(void)s;
	i->name = "strict";
}

static void go_on(struct small *s, struct vm_image *i)
{
	(void)s;
	i->continues = false;
}

static struct vm_rule *writable_rules(struct small *s, struct vm_image *i)
{
	struct vm_rule *rules = arena_copy(s->arena, i->rules, i->nrules * sizeof(*rules));

	i->rules = rules;
	return rules;
}

/* The number of the first rule that begins so. */
static size_t rule_that_says(const struct vm_image *i, const char *text)
{
	for (size_t n = 0; n < i->nrules; n++)
		if (strncmp(i->rules[n].text, text, strlen(text)) == 0)
			return n;
	ck_abort_msg("no rule says %s", text);
	return 0;
}

static void text_hides_condition(struct small *s, struct vm_image *i)
{
	writable_rules(s, i)[rule_that_says(i, "accept if actual in")].text = "accept if actual in {}";
}

static void other_message(struct small *s, struct vm_image *i)
{
	writable_rules(s, i)[rule_that_says(i, "stop")].message = "all is well";
}

static void other_place(struct small *s, struct vm_image *i)
{
	writable_rules(s, i)[rule_that_says(i, "stop")].line++;
}

/* Another number in a condition: the code is as sound as before. */
static void other_constant(struct small *s, struct vm_image *i)
{
	num_t *consts = arena_copy(s->arena, i->consts, i->nconsts * sizeof(*consts));

	consts[0] += 1;
	i->consts = consts;
}

static void larger_set(struct small *s, struct vm_image *i)
{
	static const num_t numbers[] = { 1, 3, 5, 7 };
	struct image_set *sets = arena_copy(s->arena, i->sets, i->nsets * sizeof(*sets));

	sets[0].numbers = numbers;
	sets[0].n = ARRAY_LEN(numbers);
	i->sets = sets;
}

static void swap_states(struct small *s, struct vm_image *i)
{
	uint32_t *accepts = arena_copy(s->arena, i->globs.accepts, i->globs.nstates * sizeof(*accepts));

	for (size_t n = 1; n < i->globs.nstates; n++)
		accepts[n] = i->globs.accepts[i->globs.nstates - 1];
	i->globs.accepts = accepts;
}

/* The sources of the strict policy around the code of the lax one: digest, name and places are those of the strict one.
 */
static void other_sources(struct small *s, struct vm_image *i)
{
	struct small lax;
	struct vm_image code;

	memset(&lax, 0, sizeof(lax));
	lax.nrows = small_copy_rows(lax.rows);
	small_use_schema(&lax);
	small_compile(&lax, lax_files, ARRAY_LEN(lax_files));
	buf_clear(&s->image);
	buf_add(&s->image, lax.image.data, lax.image.len);
	code = take_apart(s);
	code.sources = i->sources;
	code.nsources = i->nsources;
	image_source_digest(&code, code.source_digest);
	*i = code;
	small_free(&lax);
}

static void no_sources(struct small *s, struct vm_image *i)
{
	(void)s;
	i->nsources = 0;
	image_source_digest(i, i->source_digest);
}

static void broken_source(struct small *s, struct vm_image *i)
{
	struct image_source *sources = arena_copy(s->arena, i->sources, i->nsources * sizeof(*sources));

	sources[1].len -= 2;
	i->sources = sources;
	image_source_digest(i, i->source_digest);
}

/* The text extends something, the image does not say what. */
static void no_parents(struct small *s, struct vm_image *i)
{
	struct image_source *sources = arena_copy(s->arena, i->sources, i->nsources * sizeof(*sources));

	sources[1].nextends = 0;
	i->sources = sources;
}

static const struct forgery {
	const char *what;
	void (*forge)(struct small *s, struct vm_image *i);
	const char *why;
} forgeries[] = {
	{ "another name", name_another_policy, "compile to another image: policy small" },
	{ "violation", go_on, "compile to another image: violation: continue" },
	{ "text of a rule", text_hides_condition, "in the image (small.spol:" },
	{ "message", other_message, "compile to another image: rule " },
	{ "place", other_place, "compile to another image: rule " },
	{ "constant", other_constant, "the same rules, other code, sets or tables" },
	{ "set", larger_set, "the same rules, other code, sets or tables" },
	{ "globs", swap_states, "the same rules, other code, sets or tables" },
	{ "sources", other_sources, "compile to another image: violation: continue" },
	{ "no sources", no_sources, "it carries no source texts" },
	{ "broken source", broken_source, "its source texts do not compile: small.spol:" },
	{ "no parents", no_parents, "its source texts do not compile: small.spol:2:9: cannot find" },
};

START_TEST(forged)
{
	const struct forgery *f = &forgeries[_i];
	CLEANUP(buf_free) struct buf why = { 0 };
	struct small s;
	struct vm_image image;

	small_new(&s);
	image = take_apart(&s);
	f->forge(&s, &image);
	ck_assert_msg(!is_honest(&s, &image, &why), "%s", f->what);
	ck_assert_msg(strstr(buf_cstr(&why), f->why), "%s: %s", f->what, buf_cstr(&why));
	small_free(&s);
}
END_TEST

START_TEST(honest)
{
	CLEANUP(buf_free) struct buf why = { 0 };
	struct small s;
	struct vm_image image;

	small_new(&s);
	image = take_apart(&s);
	ck_assert_msg(is_honest(&s, &image, &why), "%s", buf_cstr(&why));
	ck_assert_uint_eq(why.len, 0);
	small_free(&s);
}
END_TEST

/* ---- the same sources, the same bytes ---- */

static const struct buf *compile_in(const char *directory, struct buf *out)
{
	struct compiled c;
	char path[4096];

	snprintf(path, sizeof(path), "%s/small_base.spol", directory);
	write_text(path, SMALL_BASE);
	snprintf(path, sizeof(path), "%s/small.spol", directory);
	write_text(path, SMALL_TOP);
	c = compile_path(path, NULL);
	ck_assert_msg(c.prog, "%s", findings_text(&c));
	buf_add(out, c.image.data, c.image.len);
	compiled_free(&c);
	unlink(path);
	snprintf(path, sizeof(path), "%s/small_base.spol", directory);
	unlink(path);
	return out;
}

/* Neither where the files stand nor what lay in the memory before shows in an image. */
START_TEST(same_bytes)
{
	CLEANUP(buf_free) struct buf first = { 0 }, second = { 0 };
	char here[] = "/tmp/test_spol_honest.XXXXXX", there[] = "/tmp/test_spol_honest-in-a-longer-name.XXXXXX";
	void *dirt[64];

	ck_assert(mkdtemp(here) && mkdtemp(there));
	compile_in(here, &first);
	for (size_t i = 0; i < ARRAY_LEN(dirt); i++)
		dirt[i] = memset(xcalloc(1, 100000 + 1000 * i), 0xa5, 100000 + 1000 * i);
	for (size_t i = 0; i < ARRAY_LEN(dirt); i++)
		free(dirt[i]);
	compile_in(there, &second);
	ck_assert_uint_eq(first.len, second.len);
	ck_assert(memcmp(first.data, second.data, first.len) == 0);
	rmdir(here);
	rmdir(there);
}
END_TEST

/* ---- another schema ---- */

/* The rows of the small schema with one changed; the image of the unchanged one must be refused with that text. */
static void expect_refusal(void (*change)(struct small *s), const char *part)
{
	struct small old, other;
	struct err err = { 0 };

	small_new(&old);
	memset(&other, 0, sizeof(other));
	other.nrows = small_copy_rows(other.rows);
	change(&other);
	small_use_schema(&other);
	ck_assert(!vm_load(old.image.data, old.image.len, "old.spo", &other.view, &err));
	ck_assert_int_eq(err.code, ERR_SCHEMA);
	ck_assert_msg(strncmp(err.text, "old.spo: compiled against another system call schema", 52) == 0 &&
			      strstr(err.text, part),
		      "%s", err.text);
	ck_assert_msg(strlen(err.text) < ERR_TEXT_MAX - 1, "cut: %s", err.text);
	small_free(&other);
	small_free(&old);
}

static struct abi_row *row_named(struct small *s, const char *name)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (strcmp(s->rows[i].name, name) == 0)
			return &s->rows[i];
	ck_abort_msg("no row %s", name);
	return NULL;
}

static struct abi_field *writable_arguments(struct small *s, const char *call)
{
	static struct abi_field fields[8];
	struct abi_row *row = row_named(s, call);

	ck_assert_uint_le(row->nfields, ARRAY_LEN(fields));
	memcpy(fields, row->args, row->nfields * sizeof(*fields));
	row->args = fields;
	return fields;
}

static void rename_argument(struct small *s)
{
	writable_arguments(s, "read")[2].name = "nbytes";
}

static void change_kind(struct small *s)
{
	writable_arguments(s, "read")[2].kind = KIND_COUNTER;
}

static void change_width(struct small *s)
{
	writable_arguments(s, "read")[2].enc = ENC_U32;
}

static void drop_call(struct small *s)
{
	struct abi_row *row = row_named(s, "getpid");
	size_t at = (size_t)(row - s->rows);

	memmove(row, row + 1, (s->nrows - at - 1) * sizeof(*row));
	s->nrows--;
}

static void drop_last_call(struct small *s)
{
	s->nrows--;
}

static void change_number(struct small *s)
{
	row_named(s, "getpid")->nr_x86_64 = 777;
}

static void add_call(struct small *s)
{
	struct abi_row *row = row_named(s, "write");

	ck_assert_ptr_eq(row, &s->rows[s->nrows - 1]);
	s->rows[s->nrows] = *row;
	s->rows[s->nrows].nr_x86_64 = 778;
	s->rows[s->nrows++].name = "write_more";
}

static const struct schema_change {
	const char *name;
	void (*change)(struct small *s);
	const char *part;
} schema_changes[] = {
	{ "argument renamed", rename_argument, ": new or changed: read.nbytes; 1 that it knows are gone" },
	{ "kind", change_kind, ": new or changed: read.count; 1 that it knows are gone" },
	{ "width", change_width, ": new or changed: read.count; 1 that it knows are gone" },
	{ "call gone", drop_call, ": moved: read." },
	{ "last call gone", drop_last_call, ": 11 that it knows are gone" },
	{ "call added", add_call,
	  ": new or changed: write_more.fd, write_more.buf.addr, write_more.buf, write_more.nlmsg[].nlmsg_len, "
	  "write_more.nlmsg[].nlmsg_type, write_more.nlmsg[].nlmsg_flags, write_more.nlmsg[].nlmsg_seq, "
	  "write_more.nlmsg[].nlmsg_pid, write_more.nlmsg[].payload, write_more.count and 1 more" },
	{ "other number", change_number, ": the fields are the same, a call or a fact is not" },
};

START_TEST(other_schema)
{
	expect_refusal(schema_changes[_i].change, schema_changes[_i].part);
}
END_TEST

/* The small schema against the whole one: thousands of names are missing, ten are told. */
START_TEST(whole_schema)
{
	struct small s;
	struct abi_schema *all = abi_schema_new(ARCH_X86_64);
	struct vm_schema view;
	struct err err = { 0 };

	small_new(&s);
	spol_vm_schema(all, s.arena, &view);
	ck_assert(!vm_load(s.image.data, s.image.len, "small.spo", &view, &err));
	ck_assert_int_eq(err.code, ERR_SCHEMA);
	ck_assert_msg(strstr(err.text, " fields, this program's has ") && strstr(err.text, ": new or changed: ") &&
			      strstr(err.text, " more") && strlen(err.text) < 600,
		      "%s", err.text);
	abi_schema_free(all);
	small_free(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spol honest");
	TCase *t = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(t, honest);
	tcase_add_loop_test(t, forged, 0, ARRAY_LEN(forgeries));
	tcase_add_test(t, same_bytes);
	tcase_add_loop_test(t, other_schema, 0, ARRAY_LEN(schema_changes));
	tcase_add_test(t, whole_schema);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

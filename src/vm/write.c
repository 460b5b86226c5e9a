/*
 * Writes a verified program as C, for programs that are built with it: it then needs neither loading nor verifying.
 */
#include "vm/prog.h"

#include "base/check.h"

#include <inttypes.h>
#include <string.h>

/* Where the C goes, and what the names in it begin with. */
struct writer {
	struct buf *out;
	const char *prefix;
};

static void write_bytes(struct buf *out, const void *data, size_t len)
{
	const uint8_t *p = data;

	buf_byte(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\' && p[i] != '?')
			buf_byte(out, p[i]);
		else
			buf_printf(out, "\\%03o", p[i]);
	}
	buf_byte(out, '"');
}

static void write_string(struct buf *out, const char *s)
{
	if (s)
		write_bytes(out, s, strlen(s));
	else
		buf_str(out, "0");
}

static void begin(const struct writer *w, const char *type, const char *name)
{
	buf_printf(w->out, "static const %s %s_%s[] = {\n", type, w->prefix, name);
}

static void end(const struct writer *w)
{
	buf_str(w->out, "};\n");
}

static void write_u32(const struct writer *w, const char *name, const uint32_t *list, size_t n)
{
	if (!n)
		return;
	begin(w, "uint32_t", name);
	for (size_t i = 0; i < n; i++)
		buf_printf(w->out, "%" PRIu32 "u,\n", list[i]);
	end(w);
}

static void write_number(struct buf *out, num_t n)
{
	buf_printf(out, "(num_t)((unum_t)0x%" PRIx64 "u << 64 | 0x%" PRIx64 "u),\n", (uint64_t)((unum_t)n >> 64), (uint64_t)n);
}

/* .field = prefix_field, if there is such an array. */
static void point(const struct writer *w, const char *field, size_t n)
{
	if (n)
		buf_printf(w->out, ".%s = %s_%s,\n", field, w->prefix, field);
}

static void write_globs(const struct writer *w, const struct glob_dfa *d)
{
	if (!d->nsets)
		return;
	begin(w, "uint16_t", "next");
	for (size_t i = 0; i < (size_t)d->nstates * d->nclasses; i++)
		buf_printf(w->out, "%u,\n", d->next[i]);
	end(w);
	write_u32(w, "accepts", d->accepts, d->nstates);
	write_u32(w, "jumps", d->jumps, (size_t)d->nstates << d->shift);
	begin(w, "uint8_t", "rows");
	for (size_t i = 0; i < (size_t)d->nrows * glob_row_bytes(d->nsets); i++)
		buf_printf(w->out, "%u,\n", d->rows[i]);
	end(w);
}

static void write_glob_fields(const struct writer *w, const struct glob_dfa *d)
{
	if (!d->nsets)
		return;
	buf_str(w->out, ".globs = {\n.classes = {");
	for (unsigned i = 0; i < ARRAY_LEN(d->classes); i++)
		buf_printf(w->out, "%u,", d->classes[i]);
	buf_printf(w->out, "},\n.nclasses = %u, .nstates = %u, .nsets = %u, .nrows = %u, .shift = %u,\n", d->nclasses,
		   d->nstates, d->nsets, d->nrows, d->shift);
	point(w, "next", 1);
	point(w, "accepts", 1);
	point(w, "rows", 1);
	point(w, "jumps", 1);
	buf_str(w->out, "},\n");
}

static void write_code(const struct writer *w, const struct vm_image *i)
{
	begin(w, "struct vm_insn", "code");
	for (size_t n = 0; n < i->ncode; n++) {
		const struct vm_insn *c = &i->code[n];

		buf_printf(w->out, "{%u,%u,%u,%u,%" PRIu32 "u},\n", c->op, c->a, c->b, c->c, c->imm);
	}
	end(w);
	begin(w, "num_t", "consts");
	for (size_t n = 0; n < i->nconsts; n++)
		write_number(w->out, i->consts[n]);
	end(w);
	begin(w, "struct image_string", "strings");
	for (size_t n = 0; n < i->nstrings; n++) {
		buf_str(w->out, "{(const uint8_t *)");
		write_bytes(w->out, i->strings[n].data, i->strings[n].len);
		buf_printf(w->out, ",%zu},\n", i->strings[n].len);
	}
	end(w);
}

static void write_sets(const struct writer *w, const struct vm_image *i)
{
	begin(w, "char *const", "glob_names");
	for (size_t n = 0; n < i->globs.nsets; n++) {
		write_string(w->out, i->glob_names[n]);
		buf_str(w->out, ",\n");
	}
	end(w);
	for (size_t n = 0; n < i->nsets; n++) {
		buf_printf(w->out, "static const num_t %s_set%zu[] = {\n", w->prefix, n);
		for (size_t k = 0; k < i->sets[n].n; k++)
			write_number(w->out, i->sets[n].numbers[k]);
		end(w);
	}
	begin(w, "struct image_set", "sets");
	for (size_t n = 0; n < i->nsets; n++) {
		buf_byte(w->out, '{');
		write_string(w->out, i->sets[n].name);
		buf_printf(w->out, ",%s_set%zu,%zu},\n", w->prefix, n, i->sets[n].n);
	}
	end(w);
	begin(w, "struct image_number", "numbers");
	for (size_t n = 0; n < i->nnumbers; n++)
		buf_printf(w->out, "{%d,%" PRIu32 "u,%" PRIu32 "u},\n", i->numbers[n].nr, i->numbers[n].disposition,
			   i->numbers[n].rule);
	end(w);
}

static void write_rules(const struct writer *w, const struct vm_image *i)
{
	begin(w, "struct vm_rule", "rules");
	for (size_t n = 0; n < i->nrules; n++) {
		const struct vm_rule *r = &i->rules[n];

		buf_byte(w->out, '{');
		write_string(w->out, r->file);
		buf_printf(w->out, ",%" PRIu32 ",%" PRIu32 ",", r->line, r->column);
		write_string(w->out, r->selector);
		buf_byte(w->out, ',');
		write_string(w->out, r->text);
		buf_byte(w->out, ',');
		write_string(w->out, r->message);
		buf_printf(w->out, ",%d,%d},\n", r->verb, r->is_default);
	}
	end(w);
}

static void write_sources(const struct writer *w, const struct vm_image *i)
{
	for (size_t n = 0; n < i->nsources; n++) {
		buf_printf(w->out, "static const uint32_t %s_extends%zu[] = {", w->prefix, n);
		for (size_t k = 0; k < i->sources[n].nextends; k++)
			buf_printf(w->out, "%" PRIu32 ",", i->sources[n].extends[k]);
		end(w);
	}
	begin(w, "struct image_source", "sources");
	for (size_t n = 0; n < i->nsources; n++) {
		const struct image_source *s = &i->sources[n];

		buf_byte(w->out, '{');
		write_string(w->out, s->file);
		buf_str(w->out, ",(const uint8_t *)");
		write_bytes(w->out, s->text, s->len);
		buf_printf(w->out, ",%zu,%s_extends%zu,%zu},\n", s->len, w->prefix, n, s->nextends);
	}
	end(w);
}

static void write_digest(struct buf *out, const char *field, const uint8_t digest[DIGEST_SIZE])
{
	buf_printf(out, ".%s = {", field);
	for (unsigned i = 0; i < DIGEST_SIZE; i++)
		buf_printf(out, "%u,", digest[i]);
	buf_str(out, "},\n");
}

void vm_write_c(const struct vm_prog *p, const char *name, struct buf *out)
{
	const struct writer w = { out, name };
	const struct vm_image *i = &p->image;

	write_u32(&w, "signatures", i->signatures, i->nleaves);
	write_u32(&w, "entries", i->entries, (size_t)VM_PHASES * i->nleaves);
	write_u32(&w, "calls", i->calls, i->ncalls);
	write_globs(&w, &i->globs);
	write_code(&w, i);
	write_sets(&w, i);
	write_rules(&w, i);
	write_sources(&w, i);
	buf_printf(out, "static const struct vm_prog %s = {\n.image = {\n.name = ", name);
	write_string(out, i->name);
	buf_str(out, ",\n");
	write_digest(out, "source_digest", i->source_digest);
	write_digest(out, "schema_hash", i->schema_hash);
	buf_printf(out, ".continues = %d, .nleaves = %u, .ncalls = %u,\n", i->continues, i->nleaves, i->ncalls);
	point(&w, "signatures", i->nleaves);
	point(&w, "entries", i->nleaves);
	point(&w, "calls", i->ncalls);
	write_glob_fields(&w, &i->globs);
	point(&w, "code", 1);
	point(&w, "consts", 1);
	point(&w, "strings", 1);
	point(&w, "glob_names", 1);
	point(&w, "sets", 1);
	point(&w, "numbers", 1);
	point(&w, "rules", 1);
	point(&w, "sources", 1);
	buf_printf(out,
		   ".nnumbers = %zu, .ncode = %zu, .nconsts = %zu, .nstrings = %zu, .nsets = %zu, .nrules = %zu, "
		   ".nsources = %zu,\n},\n",
		   i->nnumbers, i->ncode, i->nconsts, i->nstrings, i->nsets, i->nrules, i->nsources);
	write_digest(out, "digest", p->digest);
	buf_str(out, "};\n");
}

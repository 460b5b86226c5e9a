/*
 * From the bytes of an image to a verified program, and what a program tells about itself.
 */
#include "base/check.h"
#include "vm/prog.h"

#include <stdlib.h>
#include <string.h>

struct vm_prog *vm_load(const void *data, size_t len, const char *name, const struct vm_schema *schema, struct err *err)
{
	struct vm_prog *p = xcalloc(1, sizeof(*p));

	p->arena = arena_new();
	if (image_decode(data, len, name, p->arena, &p->image, err) || vm_verify(&p->image, name, schema, err)) {
		vm_free(p);
		return NULL;
	}
	glob_prepare(&p->image.globs, p->arena);
	digest_of(data, len, p->digest);
	return p;
}

void vm_free(struct vm_prog *p)
{
	if (!p || !p->arena)
		return;
	arena_free(p->arena);
	free(p);
}

uint32_t vm_source_count(const struct vm_prog *p)
{
	return (uint32_t)p->image.nsources;
}

struct vm_source vm_source_get(const struct vm_prog *p, uint32_t source)
{
	const struct image_source *s;

	INVARIANT(source < p->image.nsources);
	s = &p->image.sources[source];
	return (struct vm_source){ s->file, (const char *)s->text, s->len, s->extends, s->nextends };
}

uint32_t vm_rule_count(const struct vm_prog *p)
{
	return (uint32_t)p->image.nrules;
}

const struct vm_rule *vm_rule_get(const struct vm_prog *p, uint32_t rule)
{
	INVARIANT(rule < p->image.nrules);
	return &p->image.rules[rule];
}

const char *vm_policy_name(const struct vm_prog *p)
{
	return p->image.name;
}

const uint8_t *vm_source_digest(const struct vm_prog *p)
{
	return p->image.source_digest;
}

const uint8_t *vm_image_digest(const struct vm_prog *p)
{
	return p->digest;
}

const uint8_t *vm_schema_hash(const struct vm_prog *p)
{
	return p->image.schema_hash;
}

bool vm_continues(const struct vm_prog *p)
{
	return p->image.continues;
}

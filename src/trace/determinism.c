/*
 * Makes what differs from run to run the same: vDSO, AT_RANDOM, address space, calls that cannot be followed.
 */
#include "trace/determinism.h"

#include "base/check.h"
#include "trace/memory.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/personality.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#ifndef AT_HWCAP3
#define AT_HWCAP3 29
#endif

#define STACK_PIECE    512        /* words read at once */
#define STACK_POINTERS (4u << 20) /* more than execve(2) lets through */

/* Reads words upwards from the new program's stack pointer. */
struct stack {
	const struct task *task;
	uint64_t at; /* address of the next word */
	uint64_t words[STACK_PIECE];
	size_t n, next;
};

static bool stack_word(struct stack *s, uint64_t *word)
{
	if (s->next == s->n) {
		s->n = memory_read(s->task, s->at, s->words, sizeof(s->words)) / sizeof(uint64_t);
		s->next = 0;
		if (s->n == 0)
			return false;
	}
	*word = s->words[s->next++];
	s->at += sizeof(uint64_t);
	return true;
}

/* argc, argv, NULL, environment, NULL. */
static bool skip_to_auxv(struct stack *s)
{
	uint64_t argc, word;
	uint32_t seen = 0;

	if (!stack_word(s, &argc) || argc > STACK_POINTERS)
		return false;
	s->at += (argc + 1) * sizeof(uint64_t);
	s->n = s->next = 0;
	do {
		if (!stack_word(s, &word) || seen++ > STACK_POINTERS)
			return false;
	} while (word);
	return true;
}

unsigned long determinism_personality(unsigned long now, bool aslr)
{
	return aslr ? now & ~(unsigned long)ADDR_NO_RANDOMIZE : now | ADDR_NO_RANDOMIZE;
}

int determinism_at_exec(const struct task *task, uint64_t stack, const uint8_t random[16], struct auxv *auxv,
			struct err *err)
{
	const uint64_t ignore = AT_IGNORE;
	struct stack s = { .task = task, .at = stack };
	uint64_t type, value;

	memset(auxv, 0, sizeof(*auxv));
	if (!skip_to_auxv(&s))
		return err_set(err, ERR_TRACE, "cannot read the new program's stack");
	for (;;) {
		uint64_t entry = s.at;

		if (!stack_word(&s, &type) || !stack_word(&s, &value))
			return err_set(err, ERR_TRACE, "cannot read the new program's auxiliary vector");
		if (type == AT_NULL)
			break;
		if (type < AUXV_TYPES)
			auxv->value[type] = value;
		if (type == AT_SYSINFO_EHDR && memory_write(task, entry, &ignore, sizeof(ignore), err) < 0)
			return -1;
	}
	if (auxv->value[AT_RANDOM] && memory_write(task, auxv->value[AT_RANDOM], random, 16, err) < 0)
		return -1;
	return 0;
}

static const struct {
	const char *name;
	unsigned type;
} auxv_members[] = {
	{ "hwcap", AT_HWCAP },   { "hwcap2", AT_HWCAP2 }, { "hwcap3", AT_HWCAP3 }, { "pagesz", AT_PAGESZ },
	{ "clktck", AT_CLKTCK }, { "uid", AT_UID },       { "euid", AT_EUID },     { "gid", AT_GID },
	{ "egid", AT_EGID },     { "secure", AT_SECURE }, { "flags", AT_FLAGS },   { "minsigstksz", AT_MINSIGSTKSZ },
};

const uint8_t *determinism_auxv_block(const struct auxv *auxv, const struct abi_type *type, struct arena *arena)
{
	uint8_t *block = arena_alloc(arena, type->size);

	for (uint32_t i = 0; i < type->nfields; i++) {
		const struct abi_field *f = &type->fields[i];

		for (size_t k = 0; k < ARRAY_LEN(auxv_members); k++) {
			if (strcmp(auxv_members[k].name, f->name) != 0)
				continue;
			INVARIANT(f->offset + abi_enc_size(f->enc) <= type->size);
			abi_encode(f->enc, (num_t)auxv->value[auxv_members[k].type], block + f->offset);
		}
	}
	return block;
}

int64_t determinism_answer(const struct abi_row *row)
{
	if (row->flags & CALL_ENOSYS)
		return -ENOSYS;
	if (row->flags & CALL_EPERM)
		return -EPERM;
	return 0;
}

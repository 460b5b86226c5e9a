/*
 * Locks with priority inheritance (futex(2), FUTEX_LOCK_PI) and robust ones (get_robust_list(2)).  What cannot be read or
 * written here is left as it is: then the kernel takes nobody for the owner, and the replay differs.
 */
#include "trace/locks.h"

#include "trace/memory.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOCKS_MAX ROBUST_LIST_LIMIT /* as many as the kernel looks at */

static bool read_word(const struct tracee *t, uint64_t addr, uint32_t *word)
{
	return memory_read(&t->task, addr, word, sizeof(*word)) == sizeof(*word);
}

/* The owner alone changes; the flags beside it are as others have left them. */
static void change_owner(const struct tracee *t, uint64_t addr, uint32_t from, uint32_t to)
{
	struct err ignored = { 0 };
	uint32_t word;

	if (!read_word(t, addr, &word) || (word & FUTEX_TID_MASK) != (from & FUTEX_TID_MASK))
		return;
	word = (word & ~(uint32_t)FUTEX_TID_MASK) | (to & FUTEX_TID_MASK);
	memory_write(&t->task, addr, &word, sizeof(word), &ignored);
}

void locks_entered(struct tracee *t, uint64_t addr, const void *data, size_t len)
{
	if (!t->row || strcmp(t->row->name, "futex") != 0 || addr != t->given[0] || len != sizeof(t->owner_given) ||
	    !read_word(t, addr, &t->owner_shown))
		return;
	memcpy(&t->owner_given, data, len);
	t->owner_addr = addr;
}

void locks_asleep(struct tracee *t)
{
	if (t->owner_addr)
		change_owner(t, t->owner_addr, t->owner_given, t->owner_shown);
	t->owner_addr = 0;
}

void locks_at_end(struct tracee *t)
{
	uint64_t head = 0, entry, places[3]; /* struct robust_list_head: next, offset of the word, pending */
	uint32_t shown = (uint32_t)t->own_shown, own = shown ? (uint32_t)task_inner(&t->task) : 0;
	size_t size = 0;

	if (shown == own || syscall(SYS_get_robust_list, t->task.pid, &head, &size) < 0 || !head ||
	    size != sizeof(places) || memory_read(&t->task, head, places, sizeof(places)) != sizeof(places))
		return;
	if (places[2])
		change_owner(t, (places[2] & ~(uint64_t)1) + places[1], shown, own);
	entry = places[0] & ~(uint64_t)1; /* the bit says: with priority inheritance */
	for (unsigned i = 0; i < LOCKS_MAX && entry != head; i++) {
		change_owner(t, entry + places[1], shown, own);
		if (memory_read(&t->task, entry, &entry, sizeof(entry)) != sizeof(entry))
			return;
		entry &= ~(uint64_t)1;
	}
}

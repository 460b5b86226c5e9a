/*
 * Open addressing with linear probing; deletion leaves no tombstones (backward shift).  xxHash spreads the keys.
 */
#include "base/map.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MAP_FIRST 16

struct slot64 {
	uint64_t key, value;
	bool used;
};

struct map64 {
	struct slot64 *slots;
	size_t room, count; /* room is a power of two */
};

struct map64 *map64_new(void)
{
	struct map64 *m = xcalloc(1, sizeof(*m));

	m->room = MAP_FIRST;
	m->slots = xcalloc(m->room, sizeof(*m->slots));
	return m;
}

void map64_free(struct map64 *m)
{
	if (!m)
		return;
	free(m->slots);
	free(m);
}

static size_t slot64_home(const struct map64 *m, uint64_t key)
{
	return XXH3_64bits(&key, sizeof(key)) & (m->room - 1);
}

static size_t slot64_find(const struct map64 *m, uint64_t key)
{
	size_t i = slot64_home(m, key);

	while (m->slots[i].used && m->slots[i].key != key)
		i = (i + 1) & (m->room - 1);
	return i;
}

bool map64_get(const struct map64 *m, uint64_t key, uint64_t *value)
{
	size_t i = slot64_find(m, key);

	if (!m->slots[i].used)
		return false;
	*value = m->slots[i].value;
	return true;
}

static void map64_grow(struct map64 *m)
{
	struct slot64 *old = m->slots;
	size_t room = m->room;

	m->room *= 2;
	m->slots = xcalloc(m->room, sizeof(*m->slots));
	for (size_t i = 0; i < room; i++) {
		if (old[i].used)
			m->slots[slot64_find(m, old[i].key)] = old[i];
	}
	free(old);
}

void map64_put(struct map64 *m, uint64_t key, uint64_t value)
{
	size_t i = slot64_find(m, key);

	if (!m->slots[i].used) {
		if ((m->count + 1) * 2 > m->room) {
			map64_grow(m);
			i = slot64_find(m, key);
		}
		m->count++;
	}
	m->slots[i] = (struct slot64){ .key = key, .value = value, .used = true };
}

bool map64_del(struct map64 *m, uint64_t key)
{
	size_t mask = m->room - 1;
	size_t hole = slot64_find(m, key);

	if (!m->slots[hole].used)
		return false;
	for (size_t i = (hole + 1) & mask; m->slots[i].used; i = (i + 1) & mask) {
		size_t home = slot64_home(m, m->slots[i].key);

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].used = false;
	m->count--;
	return true;
}

size_t map64_count(const struct map64 *m)
{
	return m->count;
}

struct slot_str {
	char *key; /* NULL: free */
	size_t len;
	uint64_t hash, value;
};

struct strmap {
	struct slot_str *slots;
	size_t room, count;
};

struct strmap *strmap_new(void)
{
	struct strmap *m = xcalloc(1, sizeof(*m));

	m->room = MAP_FIRST;
	m->slots = xcalloc(m->room, sizeof(*m->slots));
	return m;
}

void strmap_free(struct strmap *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->room; i++)
		free(m->slots[i].key);
	free(m->slots);
	free(m);
}

static size_t slot_str_find(const struct strmap *m, const char *key, size_t len, uint64_t hash)
{
	size_t i = hash & (m->room - 1);

	while (m->slots[i].key && !(m->slots[i].hash == hash && m->slots[i].len == len &&
				    memcmp(m->slots[i].key, key, len) == 0))
		i = (i + 1) & (m->room - 1);
	return i;
}

bool strmap_get(const struct strmap *m, const char *key, size_t len, uint64_t *value)
{
	size_t i = slot_str_find(m, key, len, XXH3_64bits(key, len));

	if (!m->slots[i].key)
		return false;
	*value = m->slots[i].value;
	return true;
}

static void strmap_grow(struct strmap *m)
{
	struct slot_str *old = m->slots;
	size_t room = m->room;

	m->room *= 2;
	m->slots = xcalloc(m->room, sizeof(*m->slots));
	for (size_t i = 0; i < room; i++) {
		if (old[i].key)
			m->slots[slot_str_find(m, old[i].key, old[i].len, old[i].hash)] = old[i];
	}
	free(old);
}

void strmap_put(struct strmap *m, const char *key, size_t len, uint64_t value)
{
	uint64_t hash = XXH3_64bits(key, len);
	size_t i = slot_str_find(m, key, len, hash);

	if (!m->slots[i].key) {
		if ((m->count + 1) * 2 > m->room) {
			strmap_grow(m);
			i = slot_str_find(m, key, len, hash);
		}
		m->slots[i].key = memcpy(xcalloc(len + 1, 1), key, len);
		m->slots[i].len = len;
		m->slots[i].hash = hash;
		m->count++;
	}
	m->slots[i].value = value;
}

size_t strmap_count(const struct strmap *m)
{
	return m->count;
}

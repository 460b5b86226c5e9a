/*
 * Hash maps: 64-bit key to 64-bit value, and byte-string key to 64-bit value.  Order of iteration is order of insertion
 * in neither: callers that print must sort.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map64;

struct map64 *map64_new(void);
void map64_free(struct map64 *m);
/* true: *value is what key maps to. */
bool map64_get(const struct map64 *m, uint64_t key, uint64_t *value);
void map64_put(struct map64 *m, uint64_t key, uint64_t value);
bool map64_del(struct map64 *m, uint64_t key);
size_t map64_count(const struct map64 *m);

struct strmap;

struct strmap *strmap_new(void);
void strmap_free(struct strmap *m);
bool strmap_get(const struct strmap *m, const char *key, size_t len, uint64_t *value);
/* The key is copied. */
void strmap_put(struct strmap *m, const char *key, size_t len, uint64_t value);
size_t strmap_count(const struct strmap *m);

#endif

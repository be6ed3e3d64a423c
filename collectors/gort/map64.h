/* gort/map64.h - a hash table from 64-bit keys to 32-bit numbers: ids of stacks, of functions, of
 * pcs. Nothing is taken out one by one. It grows a little at each put, so that none takes long. */
#ifndef GORT_MAP64_H
#define GORT_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map64_slot;
struct map64_table {
	struct map64_slot *slots;
	uint8_t log2; /* of how many */
};

struct map64 {			     /* zeroed is a valid empty map */
	struct map64_table now, old; /* old: while it is moved */
	size_t n, moved;	     /* keys; slots of old */
};

bool map64_get(const struct map64 *m, uint64_t key, uint32_t *ret);
void map64_put(struct map64 *m, uint64_t key, uint32_t value); /* the key must not be in it */
void map64_clear(struct map64 *m);			       /* keeps the memory */
void map64_release(struct map64 *m);

#endif

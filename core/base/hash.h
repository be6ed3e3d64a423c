/* base/hash.h - FNV-1a, 64 bits: ids of stacks, groups and rows. The value is part of what
 * users see (groups[].id) and of what recordings keep, so it never changes. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

#define HASH_START 0xcbf29ce484222325u

static inline uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

/* A string and its end, so that ("ab", "c") and ("a", "bc") differ. */
static inline uint64_t hash_str(uint64_t h, struct str s)
{
	return hash_bytes(hash_bytes(h, s.p, s.len), "", 1);
}

static inline uint64_t hash_u64(uint64_t h, uint64_t v)
{
	for (int i = 0; i < 8; i++, v >>= 8)
		h = (h ^ (v & 0xff)) * 0x100000001b3u;
	return h;
}

#endif

/* group.h - the parts of goroutine_group_id(), for who meets the same strings and frames many
 * times and would rather keep their hashes. Part of what users see: it never changes. */
#ifndef GROUP_H
#define GROUP_H

#include "core/base/hash.h"
#include "core/sample.h"

/* Order counts. One multiplication, where hash_u64 needs eight. */
static inline uint64_t group_join(uint64_t h, uint64_t part)
{
	h = (h ^ part) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static inline uint64_t group_str_hash(struct str s)
{
	return hash_str(HASH_START, s);
}

/* From the hashes of its function and file. */
static inline uint64_t group_frame_hash(uint64_t func, uint64_t file, uint32_t line)
{
	return group_join(group_join(func, file), line);
}

#endif

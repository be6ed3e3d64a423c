/* base/arena.h - memory that is given out piece by piece and taken back all at once: what a
 * parser builds for one sample. Clearing keeps the memory, so that a steady state allocates
 * nothing. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "core/base/str.h"

struct arena_block;
struct arena {
	struct arena_block *first, *now; /* zeroed is a valid empty arena */
	size_t used_bytes;		 /* given out since the last clear */
};

void *arena_alloc(struct arena *a, size_t n);	     /* aligned to 16; not zeroed */
struct str arena_str(struct arena *a, struct str s); /* a copy, with a NUL behind it */
void arena_clear(struct arena *a);
void arena_release(struct arena *a);

#endif

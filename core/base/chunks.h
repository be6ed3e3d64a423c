/* base/chunks.h - a long list whose elements stay where they are: it grows by chunks, so that no
 * addition takes long, as the moving of an array of megabytes would. */
#ifndef BASE_CHUNKS_H
#define BASE_CHUNKS_H

#include <stddef.h>

enum { CHUNK_ITEMS = 1024 };

struct chunks {
	size_t item_bytes; /* set by the user; all else zeroed is an empty list */
	size_t n;	   /* the user may set it to less, to 0 for one */
	char **at;
	size_t n_chunks, cap;
};

void *chunks_add(struct chunks *c); /* not zeroed */
void chunks_release(struct chunks *c);

static inline void *chunks_at(const struct chunks *c, size_t i)
{
	return c->at[i / CHUNK_ITEMS] + i % CHUNK_ITEMS * c->item_bytes;
}

#endif

#include "core/base/chunks.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

void *chunks_add(struct chunks *c)
{
	if (c->n / CHUNK_ITEMS == c->n_chunks) {
		GROW(c->at, c->n_chunks, c->cap);
		c->at[c->n_chunks++] = xreallocarray(NULL, CHUNK_ITEMS, c->item_bytes);
	}
	return chunks_at(c, c->n++);
}

void chunks_release(struct chunks *c)
{
	for (size_t i = 0; i < c->n_chunks; i++)
		free(c->at[i]);
	free(c->at);
	*c = (struct chunks){ .item_bytes = c->item_bytes };
}

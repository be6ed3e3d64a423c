#include "collectors/gort/slots.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/pages.h"
#include "core/base/xalloc.h"

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Room for n more in the chunk that the next one goes to. */
static struct slot *reserve(struct slots *s, size_t n)
{
	size_t chunk = s->n / SLOTS_CHUNK, used = s->n % SLOTS_CHUNK;

	if (used == 0) {
		GROW(s->chunks, chunk, s->cap);
		s->chunks[chunk] = xreallocarray(NULL, SLOTS_CHUNK, sizeof(*s->chunks[chunk]));
	}
	pages_ready(s->chunks[chunk] + used, n * sizeof(*s->chunks[chunk]));
	return s->chunks[chunk];
}

/* Merges the sorted addrs into the sorted slots of a chunk, from the end backwards. */
static void merge(struct slot *at, size_t old, const uint64_t *addrs, size_t n)
{
	size_t to = old + n;

	while (n > 0) {
		if (old > 0 && at[old - 1].addr > addrs[n - 1])
			at[--to] = at[--old];
		else
			at[--to] = (struct slot){ .addr = addrs[--n], .cell = CELL_NONE };
	}
}

void slots_add(struct slots *s, uint64_t *addrs, size_t n)
{
	while (n > 0) {
		size_t used = s->n % SLOTS_CHUNK;
		size_t take = n < SLOTS_CHUNK - used ? n : SLOTS_CHUNK - used;

		qsort(addrs, take, sizeof(*addrs), by_value);
		merge(reserve(s, take), used, addrs, take);
		s->n += take;
		addrs += take;
		n -= take;
	}
}

void slots_look_anew(struct slots *s)
{
	for (size_t i = 0; i < s->n; i++)
		slot_at(s, i)->cell = CELL_NONE;
}

void slots_release(struct slots *s)
{
	for (size_t i = 0; i < s->n; i += SLOTS_CHUNK)
		free(s->chunks[i / SLOTS_CHUNK]);
	free(s->chunks);
	*s = (struct slots){ 0 };
}

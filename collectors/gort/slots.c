#include "collectors/gort/slots.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void reserve(struct slots *s, size_t n)
{
	if (n <= s->cap)
		return;
	while (s->cap < n)
		s->cap = s->cap ? s->cap + s->cap / 2 : 1024;
	s->at = xreallocarray(s->at, s->cap, sizeof(*s->at));
}

/* Merges the sorted addrs into the sorted slots from `begin` on, from the end backwards. */
static void merge(struct slots *s, size_t begin, const uint64_t *addrs, size_t n)
{
	size_t old = s->n, to = s->n + n;

	while (n > 0) {
		if (old > begin && s->at[old - 1].addr > addrs[n - 1])
			s->at[--to] = s->at[--old];
		else
			s->at[--to] = (struct slot){ .addr = addrs[--n], .cell = CELL_NONE };
	}
}

void slots_add(struct slots *s, uint64_t *addrs, size_t n)
{
	while (n > 0) {
		size_t begin = s->n - s->n % SLOTS_CHUNK;
		size_t room = SLOTS_CHUNK - s->n % SLOTS_CHUNK;
		size_t take = n < room ? n : room;

		qsort(addrs, take, sizeof(*addrs), by_value);
		reserve(s, s->n + take);
		merge(s, begin, addrs, take);
		s->n += take;
		addrs += take;
		n -= take;
	}
}

void slots_look_anew(struct slots *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->at[i].cell = CELL_NONE;
}

void slots_release(struct slots *s)
{
	free(s->at);
	*s = (struct slots){ 0 };
}

#include "core/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum { BLOCK_BYTES = 64 << 10, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ALIGN) char mem[];
};

static struct arena_block *block_new(size_t n)
{
	size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	struct arena_block *b = xreallocarray(NULL, 1, sizeof(*b) + size);

	*b = (struct arena_block){ .size = size };
	return b;
}

/* The first block from `now` on with room; blocks too small are skipped until the next clear. */
static struct arena_block *block_for(struct arena *a, size_t n)
{
	struct arena_block *b = a->now, *last = NULL;

	for (; b; last = b, b = b->next) {
		if (b->size - b->used >= n)
			return b;
	}
	b = block_new(n);
	if (last)
		last->next = b;
	else
		a->first = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t want = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct arena_block *b = block_for(a, want);
	void *p = b->mem + b->used;

	b->used += want;
	a->now = b;
	a->used_bytes += want;
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, (size_t)s.len + 1);

	if (s.len)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return (struct str){ p, s.len };
}

void arena_clear(struct arena *a)
{
	for (struct arena_block *b = a->first; b; b = b->next)
		b->used = 0;
	a->now = a->first;
	a->used_bytes = 0;
}

void arena_release(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->first; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){ 0 };
}

#include "collectors/gort/map64.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum { FIRST_CAP = 64 };

struct map64_slot {
	uint64_t key;
	uint32_t value;
	bool used;
};

/* Addresses differ in their middle bits. */
static size_t place(const struct map64 *m, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15u) >> 20) & (m->cap - 1);
}

static struct map64_slot *find(const struct map64 *m, uint64_t key)
{
	size_t i = place(m, key);

	while (m->slots[i].used && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

bool map64_get(const struct map64 *m, uint64_t key, uint32_t *ret)
{
	const struct map64_slot *s;

	if (m->n == 0)
		return false;
	s = find(m, key);
	if (!s->used)
		return false;
	*ret = s->value;
	return true;
}

static void resize(struct map64 *m, size_t cap)
{
	struct map64 old = *m;

	m->cap = cap;
	m->slots = xcalloc(cap, sizeof(*m->slots));
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slots[i].used)
			*find(m, old.slots[i].key) = old.slots[i];
	}
	free(old.slots);
}

void map64_put(struct map64 *m, uint64_t key, uint32_t value)
{
	if (m->n * 2 >= m->cap)
		resize(m, m->cap ? m->cap * 2 : FIRST_CAP);
	*find(m, key) = (struct map64_slot){ .key = key, .value = value, .used = true };
	m->n++;
}

void map64_clear(struct map64 *m)
{
	if (m->n)
		memset(m->slots, 0, m->cap * sizeof(*m->slots));
	m->n = 0;
}

void map64_release(struct map64 *m)
{
	free(m->slots);
	*m = (struct map64){ 0 };
}

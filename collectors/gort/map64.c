#include "collectors/gort/map64.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/pages.h"
#include "core/base/xalloc.h"

enum {
	FIRST_LOG2 = 6,
	MOVE_AT_ONCE =
		16, /* slots of the smaller table, at each put: it is gone before it is full */
};

struct map64_slot {
	uint64_t key;
	uint32_t value;
	bool used;
};

static size_t cap_of(const struct map64_table *t)
{
	return t->slots ? (size_t)1 << t->log2 : 0;
}

/* By the upper bits, so that a table of twice the size has its keys in the same order. */
static size_t home(const struct map64_table *t, uint64_t key)
{
	return (size_t)(key * 0x9e3779b97f4a7c15u >> (64 - t->log2));
}

static struct map64_slot *find(const struct map64_table *t, uint64_t key)
{
	size_t i = home(t, key);

	while (t->slots[i].used && t->slots[i].key != key)
		i = (i + 1) & (cap_of(t) - 1);
	return &t->slots[i];
}

static struct map64_slot *put(struct map64_table *t, const struct map64_slot *s)
{
	struct map64_slot *at = find(t, s->key);

	*at = *s;
	return at;
}

static void table_release(struct map64_table *t)
{
	pages_free(t->slots, cap_of(t) * sizeof(*t->slots));
	t->slots = NULL;
}

static bool get(const struct map64_table *t, uint64_t key, uint32_t *ret)
{
	const struct map64_slot *s = find(t, key);

	if (s->used)
		*ret = s->value;
	return s->used;
}

/* Not every key of the moved part was moved: one may stand behind it, for want of room. But none
 * from behind it is in the new table, whose pages are not touched before it is their turn. */
bool map64_get(const struct map64 *m, uint64_t key, uint32_t *ret)
{
	if (m->n == 0)
		return false;
	if (m->old.slots && home(&m->old, key) >= m->moved)
		return get(&m->old, key, ret);
	return get(&m->now, key, ret) || (m->old.slots && get(&m->old, key, ret));
}

/* What is moved stays in the old table too, so that no key behind it is lost. */
static void move_some(struct map64 *m)
{
	size_t end = m->moved + MOVE_AT_ONCE;

	for (; m->old.slots && m->moved < end; m->moved++) {
		if (m->moved == cap_of(&m->old)) {
			table_release(&m->old);
			return;
		}
		if (m->old.slots[m->moved].used)
			put(&m->now, &m->old.slots[m->moved]);
	}
}

static void double_size(struct map64 *m)
{
	uint8_t log2 = m->now.slots ? m->now.log2 + 1 : FIRST_LOG2;

	m->old = m->now;
	m->moved = 0;
	m->now.log2 = log2;
	m->now.slots = pages_zeroed(sizeof(*m->now.slots) << log2);
}

void map64_put(struct map64 *m, uint64_t key, uint32_t value)
{
	const struct map64_slot s = { .key = key, .value = value, .used = true };

	move_some(m);
	if (m->n * 2 >= cap_of(&m->now))
		double_size(m);
	m->n++;
	/* To where its neighbours are: the new table's pages come one after the other. */
	if (m->old.slots && home(&m->old, key) >= m->moved &&
	    put(&m->old, &s) >= m->old.slots + m->moved)
		return;
	put(&m->now, &s);
}

void map64_clear(struct map64 *m)
{
	table_release(&m->old);
	if (m->n)
		memset(m->now.slots, 0, cap_of(&m->now) * sizeof(*m->now.slots));
	m->n = 0;
}

void map64_release(struct map64 *m)
{
	table_release(&m->old);
	table_release(&m->now);
	*m = (struct map64){ 0 };
}

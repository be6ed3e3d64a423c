#include "collectors/gort/cells.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/group.h"

enum {
	LOOK_EVERY = 16,   /* cells or groups: at the clock */
	TALLIES_MAX = 256, /* of one group: all states, and more creation sites than are real */
};

/* How many goroutines of a group have the same state, or the same creation site. */
struct tally {
	uint64_t what, count;
	uint32_t next; /* index + 1 */
};

/* One group while its cells come in. */
struct forming {
	uint64_t id, count, oldest_ns, aged;
	uint64_t ages[AGE_BUCKETS];
	uint32_t stack, labels;
	uint32_t states, creators; /* tallies: index + 1 */
};

struct fold {
	size_t cell, group; /* next to do */
	struct map64 by_id;
	struct forming *groups;
	struct tally *tallies;
	size_t n, cap, n_tallies, cap_tallies;
};

struct group_result {
	struct arena arena;
	struct goroutine_group *groups;
	size_t n, cap;
	uint64_t total;
};

void cells_init(struct cells *g, struct stacks *s, struct label_sets *l, const struct str *words)
{
	*g = (struct cells){
		.stacks = s,
		.labels = l,
		.words = words,
		.list.item_bytes = sizeof(struct cell),
	};
	g->fold = xcalloc(1, sizeof(*g->fold));
	g->ready = xcalloc(1, sizeof(*g->ready));
	g->next = xcalloc(1, sizeof(*g->next));
}

static void result_free(struct group_result *r)
{
	if (!r)
		return;
	arena_release(&r->arena);
	free(r->groups);
	free(r);
}

void cells_release(struct cells *g)
{
	if (g->fold) {
		map64_release(&g->fold->by_id);
		free(g->fold->groups);
		free(g->fold->tallies);
		free(g->fold);
	}
	result_free(g->ready);
	result_free(g->next);
	map64_release(&g->by_key);
	chunks_release(&g->list);
	*g = (struct cells){ 0 };
}

void cells_forget(struct cells *g)
{
	map64_clear(&g->by_key);
	g->list.n = 0;
}

/* ---- cells ---- */

void cells_begin(struct cells *g)
{
	struct fold *f = g->fold;

	g->sweep++;
	g->n_used = 0;
	f->cell = f->group = f->n = f->n_tallies = 0;
	map64_clear(&f->by_id);
	g->next->n = 0;
	g->next->total = 0;
	arena_clear(&g->next->arena);
}

uint32_t cells_find(struct cells *g, const struct cell_key *k)
{
	uint64_t h = HASH_START;
	uint32_t i;

	h = group_join(h, (uint64_t)k->stack << 32 | k->labels);
	h = group_join(h, k->gopc);
	h = group_join(h, k->state);
	if (map64_get(&g->by_key, h, &i))
		return i;
	i = (uint32_t)g->list.n;
	*(struct cell *)chunks_add(&g->list) = (struct cell){ .key = *k };
	map64_put(&g->by_key, h, i);
	return i;
}

static int age_bucket(uint64_t age_ns)
{
	static const uint64_t below_s[AGE_BUCKETS - 1] = { 1, 10, 60, 600, 3600, 21600, 86400 };
	int i = 0;

	while (i < AGE_BUCKETS - 1 && age_ns >= below_s[i] * NS_PER_S)
		i++;
	return i;
}

static void use(struct cells *g, struct cell *c)
{
	c->sweep = g->sweep;
	c->count = c->aged = 0;
	c->oldest_ns = 0;
	memset(c->ages, 0, sizeof(c->ages));
	g->n_used++;
}

void cells_add(struct cells *g, uint32_t cell, uint64_t age_ns)
{
	struct cell *c = chunks_at(&g->list, cell);

	if (c->sweep != g->sweep)
		use(g, c);
	c->count++;
	if (age_ns == AGE_UNKNOWN)
		return;
	c->aged++;
	c->ages[age_bucket(age_ns)]++;
	if (age_ns > c->oldest_ns)
		c->oldest_ns = age_ns;
}

/* ---- from cells to groups ---- */

static uint64_t id_of(struct cells *g, const struct cell_key *k)
{
	const struct label_set *set = label_set_at(g->labels, k->labels);
	uint64_t h = stacks_named(g->stacks, k->stack)->hash;

	for (uint32_t i = 0; i < set->n; i++) {
		h = group_join(h, group_str_hash(set->labels[i].name));
		h = group_join(h, group_str_hash(set->labels[i].value));
	}
	return h;
}

static void count_up(struct fold *f, uint32_t *list, uint64_t what, uint64_t count)
{
	uint32_t n = 0;

	for (uint32_t i = *list; i; i = f->tallies[i - 1].next, n++) {
		if (f->tallies[i - 1].what == what) {
			f->tallies[i - 1].count += count;
			return;
		}
	}
	if (n == TALLIES_MAX)
		return;
	f->tallies[f->n_tallies++] = (struct tally){ what, count, *list };
	*list = (uint32_t)f->n_tallies;
}

static struct forming *forming_of(struct fold *f, const struct cell *c)
{
	uint32_t i;

	if (map64_get(&f->by_id, c->id, &i))
		return &f->groups[i];
	map64_put(&f->by_id, c->id, (uint32_t)f->n);
	f->groups[f->n] = (struct forming){
		.id = c->id,
		.stack = c->key.stack,
		.labels = c->key.labels,
	};
	return &f->groups[f->n++];
}

/* False: there was no time to name its stack, which may take milliseconds. */
static bool fold_cell(struct cells *g, struct cell *c, uint64_t until_ns)
{
	struct fold *f = g->fold;
	struct forming *to;

	if (c->sweep != g->sweep)
		return true;
	if (!c->id && !stacks_look_up(g->stacks, c->key.stack, until_ns))
		return false;
	if (!c->id)
		c->id = id_of(g, &c->key);
	to = forming_of(f, c);
	to->count += c->count;
	to->aged += c->aged;
	if (c->oldest_ns > to->oldest_ns)
		to->oldest_ns = c->oldest_ns;
	for (int i = 0; i < AGE_BUCKETS; i++)
		to->ages[i] += c->ages[i];
	count_up(f, &to->states, c->key.state, c->count);
	count_up(f, &to->creators, c->key.gopc, c->count);
	return true;
}

/* ---- from groups to what a sample borrows ---- */

static const struct tally *largest(const struct fold *f, uint32_t list)
{
	const struct tally *best = NULL;

	for (uint32_t i = list; i; i = f->tallies[i - 1].next) {
		if (!best || f->tallies[i - 1].count > best->count)
			best = &f->tallies[i - 1];
	}
	return best;
}

static void put_states(struct cells *g, const struct forming *from, struct goroutine_group *to)
{
	const struct fold *f = g->fold;
	struct state_count *states;
	uint32_t n = 0;

	for (uint32_t i = from->states; i; i = f->tallies[i - 1].next)
		n++;
	states = arena_alloc(&g->next->arena, n * sizeof(*states));
	to->states = states;
	to->n_states = n;
	for (uint32_t i = from->states; i; i = f->tallies[i - 1].next, states++)
		*states = (struct state_count){ g->words[f->tallies[i - 1].what],
						f->tallies[i - 1].count };
	to->state = g->words[largest(f, from->states)->what];
}

static void put_ages(struct cells *g, const struct forming *from, struct goroutine_group *to)
{
	uint64_t *ages;

	if (!from->aged)
		return;
	ages = arena_alloc(&g->next->arena, sizeof(from->ages));
	memcpy(ages, from->ages, sizeof(from->ages));
	to->ages = ages;
	to->oldest_ns = from->oldest_ns;
}

/* Goroutines of one stack may come from several go statements: most come from the one told. */
static void put_group(struct cells *g, const struct forming *from)
{
	const struct stack *st = stacks_named(g->stacks, from->stack);
	const struct label_set *set = label_set_at(g->labels, from->labels);
	struct group_result *r = g->next;
	struct goroutine_group to = {
		.id = from->id,
		.count = from->count,
		.stack = st->frames,
		.n_stack = st->n_frames,
		.labels = set->labels,
		.n_labels = set->n,
	};

	put_states(g, from, &to);
	put_ages(g, from, &to);
	to.created_by = stacks_creator(g->stacks, largest(g->fold, from->creators)->what);
	r->groups[r->n++] = to;
	r->total += from->count;
}

static void publish(struct cells *g)
{
	struct group_result *r = g->next;

	g->next = g->ready;
	g->ready = r;
	g->out = (struct goroutines){ .groups = r->groups, .n_groups = r->n, .total = r->total };
}

static bool over(size_t n, uint64_t until_ns)
{
	return n % LOOK_EVERY == 0 && clock_mono_ns() >= until_ns;
}

/* Room for n elements, whose old ones are void. */
static void *room(void *arr, size_t *cap, size_t n, size_t size)
{
	if (n <= *cap)
		return arr;
	free(arr);
	*cap = n + n / 4;
	return xreallocarray(NULL, *cap, size);
}

/* No cell makes more than one group, one state and one creation site. */
static void make_room(struct cells *g)
{
	struct fold *f = g->fold;
	struct group_result *r = g->next;

	f->groups = room(f->groups, &f->cap, g->n_used, sizeof(*f->groups));
	f->tallies = room(f->tallies, &f->cap_tallies, 2 * g->n_used, sizeof(*f->tallies));
	r->groups = room(r->groups, &r->cap, g->n_used, sizeof(*r->groups));
}

bool cells_fold(struct cells *g, uint64_t until_ns)
{
	struct fold *f = g->fold;

	if (f->cell == 0)
		make_room(g);
	while (f->cell < g->list.n) {
		struct cell *c = chunks_at(&g->list, f->cell);
		bool known = c->id != 0;

		if (!fold_cell(g, c, until_ns))
			return false;
		f->cell++;
		if (over(known ? f->cell : 0, until_ns))
			return false;
	}
	while (f->group < f->n) {
		put_group(g, &f->groups[f->group]);
		if (over(++f->group, until_ns))
			return false;
	}
	publish(g);
	return true;
}

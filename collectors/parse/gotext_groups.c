#include "collectors/parse/gotext_stacks.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/group.h"

static const uint64_t minute_ns = 60000000000u;

/* ---- finding one ---- */

/* As goroutine_group_id, from kept hashes. */
static uint64_t id_of(const struct gotext_stacks *t, uint32_t node, const struct gotext_set *set)
{
	uint64_t h = group_join(t->nodes[node].hash, t->nodes[node].depth);

	for (uint32_t i = 0; set && i < set->n; i++) {
		h = group_join(h, group_str_hash(set->labels[i].name));
		h = group_join(h, group_str_hash(set->labels[i].value));
	}
	return h;
}

static int groups_grow(struct gotext_stacks *t)
{
	if (2 * (t->n_groups + 1) <= t->n_group_slots)
		return 0;
	t->group_slots = gotext_slots_twice(t->group_slots, &t->n_group_slots);
	for (size_t i = 0; i < t->n_groups; i++) {
		if (!gotext_slots_put(t->group_slots, t->n_group_slots, t->groups[i].id,
				      (uint32_t)i))
			return gotext_slow(t->err);
	}
	return 0;
}

/* By id alone, as pprof.c does, and for its reason. */
static uint32_t *group_slot(const struct gotext_stacks *t, uint64_t id)
{
	size_t at = id & (t->n_group_slots - 1);

	for (int i = 0; i < GOTEXT_PROBES_MAX; i++, at = (at + 1) & (t->n_group_slots - 1)) {
		if (!t->group_slots[at] || t->groups[t->group_slots[at] - 1].id == id)
			return &t->group_slots[at];
	}
	return NULL;
}

static int group_add(struct gotext_stacks *t, const struct gotext_group *g)
{
	const struct gotext_set *set = g->labels ? &t->sets[g->labels - 1] : NULL;

	t->n_frames += t->nodes[g->node].depth + (set ? set->n : 0);
	if (t->n_groups == GOTEXT_GROUPS_MAX || t->n_frames > GOTEXT_FRAMES_MAX)
		return err_set(t->err, -EFBIG,
			       "a goroutine text of over %d distinct stacks, or %d frames of them, "
			       "is refused",
			       GOTEXT_GROUPS_MAX, GOTEXT_FRAMES_MAX);
	GROW(t->groups, t->n_groups, t->cap_groups);
	t->groups[t->n_groups++] = *g;
	return 0;
}

long gotext_stacks_group(struct gotext_stacks *t, uint32_t node, uint32_t labels)
{
	struct gotext_group g = { .node = node, .labels = labels };
	uint32_t *slot;
	int r;

	if (!labels && t->nodes[node].group)
		return t->nodes[node].group - 1;
	g.id = id_of(t, node, labels ? &t->sets[labels - 1] : NULL);
	r = groups_grow(t);
	if (r < 0)
		return r;
	slot = group_slot(t, g.id);
	if (!slot)
		return gotext_slow(t->err);
	if (!*slot) {
		r = group_add(t, &g);
		if (r < 0)
			return r;
		*slot = (uint32_t)t->n_groups;
	}
	if (!labels)
		t->nodes[node].group = *slot;
	return *slot - 1;
}

void gotext_stacks_tally(struct gotext_stacks *t, struct gotext_group *g, uint32_t kind,
			 uint64_t count)
{
	struct gotext_tally **from = &g->tallies, *x;

	while ((x = *from) && x->kind != kind)
		from = &x->next;
	if (x) {
		*from = x->next;
	} else {
		x = arena_alloc(&t->arena, sizeof(*x));
		*x = (struct gotext_tally){ .kind = kind };
	}
	x->next = g->tallies;
	g->tallies = x;
	x->count += count;
	g->count += count;
}

void gotext_stacks_untally(struct gotext_group *g, uint32_t kind)
{
	struct gotext_tally *x = g->tallies;

	while (x->kind != kind)
		x = x->next;
	x->count--;
	g->count--;
}

/* Goroutines of one stack may come from several go statements; whoever made more than all others
 * wins (Boyer and Moore's vote). */
void gotext_group_created(struct gotext_group *g, uint32_t creator, uint64_t count)
{
	if (g->creator == creator) {
		g->votes += count;
	} else if (g->votes >= count) {
		g->votes -= count;
	} else {
		g->creator = creator;
		g->votes = count - g->votes;
	}
}

/* "N minutes" says at least so many. The first three buckets are below a minute. */
static int age_bucket(uint64_t minutes)
{
	static const uint64_t below[] = { 10, 60, 360, 1440 };
	int i = 0;

	while (i < 4 && minutes >= below[i])
		i++;
	return i + 3;
}

void gotext_group_aged(struct gotext_group *g, uint64_t minutes)
{
	g->aged = true;
	g->ages[age_bucket(minutes)]++;
	if (minutes > g->minutes)
		g->minutes = minutes;
}

/* ---- giving them out ---- */

static const struct frame *put_stack(struct gotext_stacks *t, uint32_t node)
{
	uint32_t n = t->nodes[node].depth;
	struct frame *stack = arena_alloc(&t->arena, n * sizeof(*stack));

	for (; n > 0; node = t->nodes[node].parent)
		stack[--n] = gotext_stacks_frame(t, node);
	return stack;
}

static int by_count(const void *a, const void *b)
{
	const struct state_count *x = a, *y = b;
	uint32_t n = x->state.len < y->state.len ? x->state.len : y->state.len;
	int r = (x->count < y->count) - (x->count > y->count);

	if (r == 0 && n)
		r = memcmp(x->state.p, y->state.p, n);
	return r ? r : (x->state.len > y->state.len) - (x->state.len < y->state.len);
}

/* Several leaves of debug=1 may be of one state. */
static uint32_t add_state(struct state_count *states, uint32_t n, struct str state, uint64_t count)
{
	for (uint32_t i = 0; i < n; i++) {
		if (str_eq(states[i].state, state)) {
			states[i].count += count;
			return n;
		}
	}
	states[n] = (struct state_count){ state, count };
	return n + 1;
}

static void put_states(struct gotext_stacks *t, const struct gotext_group *g, uint64_t parked,
		       struct goroutine_group *to)
{
	struct state_count *states;
	uint32_t n = 0;

	for (const struct gotext_tally *x = g->tallies; x; x = x->next)
		n++;
	states = arena_alloc(&t->arena, n * sizeof(*states));
	n = 0;
	for (const struct gotext_tally *x = g->tallies; x; x = x->next) {
		const struct gotext_kind *k = &t->kinds[x->kind];
		struct str word =
			!k->by_pc ? k->word
				  : gotext_profile_state(to->stack, to->n_stack, k->pc, parked);

		if (x->count)
			n = add_state(states, n, word, x->count);
	}
	if (n > 1)
		qsort(states, n, sizeof(*states), by_count);
	to->states = states;
	to->n_states = n;
	to->state = states[0].state;
}

static void put_group(struct gotext_stacks *t, const struct gotext_group *g, uint64_t parked,
		      struct goroutine_group *to)
{
	uint64_t *ages;

	*to = (struct goroutine_group){
		.id = g->id,
		.count = g->count,
		.stack = put_stack(t, g->node),
		.n_stack = t->nodes[g->node].depth,
		.oldest_ns =
			g->minutes < UINT64_MAX / minute_ns ? g->minutes * minute_ns : UINT64_MAX,
	};
	if (g->labels) {
		to->labels = t->sets[g->labels - 1].labels;
		to->n_labels = t->sets[g->labels - 1].n;
	}
	if (g->creator)
		to->created_by = gotext_stacks_frame(t, g->creator);
	if (g->aged) {
		ages = arena_alloc(&t->arena, sizeof(g->ages));
		memcpy(ages, g->ages, sizeof(g->ages));
		to->ages = ages;
	}
	put_states(t, g, parked, to);
}

void gotext_stacks_put(struct gotext_stacks *t, uint64_t parked, struct goroutines *ret)
{
	size_t n = 0;

	if (t->n_groups > t->cap_out) {
		t->out = xreallocarray(t->out, t->n_groups, sizeof(*t->out));
		t->cap_out = t->n_groups;
	}
	for (size_t i = 0; i < t->n_groups; i++) {
		if (t->groups[i].count)
			put_group(t, &t->groups[i], parked, &t->out[n++]);
	}
	ret->groups = t->out;
	ret->n_groups = n;
}

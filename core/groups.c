/* Goroutine groups over time: found again by id, with their change and the points that a
 * judgement of growth needs. A group that is in no sample any more is forgotten. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/site.h"
#include "core/state.h"

enum { DELTA_OVER_S = 60 };

/* ---- a table by id ---- */

struct group_row **group_slot(struct group_table *t, uint64_t id)
{
	size_t i = id & (t->n_slots - 1);

	while (t->slots[i] && t->slots[i]->id != id)
		i = (i + 1) & (t->n_slots - 1);
	return &t->slots[i];
}

static void rehash(struct group_table *t, size_t n_slots)
{
	struct group_row **old = t->slots;
	size_t n_old = t->n_slots;

	t->slots = xcalloc(n_slots, sizeof(*t->slots));
	t->n_slots = n_slots;
	for (size_t i = 0; i < n_old; i++) {
		if (old[i])
			*group_slot(t, old[i]->id) = old[i];
	}
	free(old);
}

void group_table_room(struct group_table *t)
{
	if (t->n * 2 >= t->n_slots)
		rehash(t, t->n_slots ? t->n_slots * 2 : 256);
}

/* ---- one row: a single block that holds the row, its frames, labels and words ---- */

static char *put_str(char *at, struct str s, struct str *ret)
{
	if (s.len)
		memcpy(at, s.p, s.len);
	at[s.len] = '\0';
	*ret = (struct str){ at, s.len };
	return at + s.len + 1;
}

static size_t words_bytes(const struct goroutine_group *g)
{
	size_t n = g->created_by.func.len + g->created_by.file.len + 2;

	for (uint32_t i = 0; i < g->n_stack; i++)
		n += g->stack[i].func.len + g->stack[i].file.len + 2;
	for (uint32_t i = 0; i < g->n_labels; i++)
		n += g->labels[i].name.len + g->labels[i].value.len + 2;
	return n;
}

static char *put_frame(char *at, const struct frame *f, struct frame *ret)
{
	ret->line = f->line;
	at = put_str(at, f->func, &ret->func);
	return put_str(at, f->file, &ret->file);
}

/* Wait reasons are short words of the runtime's. */
static void set_state(struct group_row *r, struct str state)
{
	if (!str_is(state, r->state_text))
		snprintf(r->state_text, sizeof(r->state_text), "%.*s", (int)state.len, state.p);
	r->state = r->state_text;
}

struct group_row *group_row_new(const struct goroutine_group *g, uint64_t t_ns)
{
	size_t frames = g->n_stack + 1, bytes;
	struct group_row *r;
	struct frame *stack;
	struct label *labels;
	char *at;

	bytes = sizeof(*r) + frames * sizeof(*stack) + g->n_labels * sizeof(*labels) +
		words_bytes(g);
	r = xcalloc(1, bytes);
	stack = (struct frame *)(r + 1);
	labels = (struct label *)(stack + frames);
	at = (char *)(labels + g->n_labels);
	for (uint32_t i = 0; i < g->n_stack; i++)
		at = put_frame(at, &g->stack[i], &stack[i]);
	for (uint32_t i = 0; i < g->n_labels; i++) {
		at = put_str(at, g->labels[i].name, &labels[i].name);
		at = put_str(at, g->labels[i].value, &labels[i].value);
	}
	put_frame(at, &g->created_by, &stack[g->n_stack]);
	set_state(r, g->state);
	r->id = g->id;
	r->stack = stack;
	r->n_stack = g->n_stack;
	r->labels = labels;
	r->n_labels = g->n_labels;
	r->created_by = g->created_by.func.len ? &stack[g->n_stack] : NULL;
	r->first_ns = t_ns;
	r->n_variants = 1;
	r->largest_id = g->id;
	r->stack_id = g->n_labels ? goroutine_group_id(g->stack, g->n_stack, NULL, 0) : g->id;
	r->count = r->delta_per_min = r->oldest_s = NAN;
	group_name_sites(r);
	return r;
}

void group_row_free(struct group_row *r)
{
	if (!r)
		return;
	group_free_sites(r);
	free(r->states);
	free(r);
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
	return a && a->line == b->line && str_eq(a->func, b->func) && str_eq(a->file, b->file);
}

struct group_row *group_row_at(struct group_table *t, struct group_row **slot,
			       const struct goroutine_group *g, uint64_t t_ns)
{
	struct group_row *old = *slot;

	if (old && (!g->created_by.func.len || same_frame(old->created_by, &g->created_by)))
		return old;
	*slot = group_row_new(g, t_ns);
	if (!old) {
		t->n++;
		return *slot;
	}
	(*slot)->first_ns = old->first_ns;
	(*slot)->stack_id = old->stack_id;
	group_row_inherit(*slot, old);
	group_row_free(old);
	return *slot;
}

/* ---- states and ages ---- */

void group_row_clear_states(struct group_row *r)
{
	r->n_states = 0;
	r->has_ages = false;
	memset(r->ages, 0, sizeof(r->ages));
}

void group_row_add_state(struct group_row *r, struct str state, double count)
{
	struct state_row *s;

	for (uint32_t i = 0; i < r->n_states; i++) {
		if (str_is(state, r->states[i].state)) {
			r->states[i].count += count;
			return;
		}
	}
	r->states = xreallocarray(r->states, r->n_states + 1, sizeof(*r->states));
	s = &r->states[r->n_states++];
	snprintf(s->state, sizeof(s->state), "%.*s", (int)state.len, state.p);
	s->count = count;
}

static int by_state_count(const void *a, const void *b)
{
	const struct state_row *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->state, y->state);
}

void group_row_settle_state(struct group_row *r)
{
	if (!r->n_states)
		return;
	qsort(r->states, r->n_states, sizeof(*r->states), by_state_count);
	set_state(r, str_of(r->states[0].state));
}

static void take_states(struct group_row *r, const struct goroutine_group *g)
{
	group_row_clear_states(r);
	for (uint32_t i = 0; i < g->n_states; i++)
		group_row_add_state(r, g->states[i].state, (double)g->states[i].count);
	if (!g->n_states)
		set_state(r, g->state);
	group_row_settle_state(r);
	r->has_ages = g->ages != NULL;
	for (int i = 0; i < AGE_BUCKETS && g->ages; i++)
		r->ages[i] = (double)g->ages[i];
}

/* ---- change over time ---- */

/* The change a minute between now and the oldest point of the last minute. */
static double delta_per_min(const struct group_row *r, uint64_t t_ns, double now)
{
	uint64_t oldest_ns = t_ns;
	double before = NAN;

	for (uint8_t i = 0; i < r->n_recent; i++) {
		if (r->recent_ns[i] < oldest_ns &&
		    t_ns - r->recent_ns[i] <= DELTA_OVER_S * NS_PER_S) {
			oldest_ns = r->recent_ns[i];
			before = (double)r->recent[i];
		}
	}
	if (t_ns - oldest_ns < NS_PER_S / 2) /* nothing to compare with yet */
		return NAN;
	return (now - before) * 60e9 / (double)(t_ns - oldest_ns);
}

/* Points are so far apart that the ring spans the minute. */
static void keep_recent(struct group_row *r, uint64_t t_ns, double count)
{
	uint8_t last = (uint8_t)((r->next_recent + RECENT_POINTS - 1) % RECENT_POINTS);

	if (r->n_recent && t_ns - r->recent_ns[last] < DELTA_OVER_S * NS_PER_S / RECENT_POINTS)
		return;
	r->recent_ns[r->next_recent] = t_ns;
	r->recent[r->next_recent] = (float)count;
	r->next_recent = (uint8_t)((r->next_recent + 1) % RECENT_POINTS);
	if (r->n_recent < RECENT_POINTS)
		r->n_recent++;
}

void group_row_inherit(struct group_row *r, const struct group_row *from)
{
	r->trend = from->trend;
	memcpy(r->recent_ns, from->recent_ns, sizeof(r->recent_ns));
	memcpy(r->recent, from->recent, sizeof(r->recent));
	r->n_recent = from->n_recent;
	r->next_recent = from->next_recent;
}

void group_row_update(struct group_row *r, double count, double oldest_s, uint64_t t_ns)
{
	r->delta_per_min = delta_per_min(r, t_ns, count);
	keep_recent(r, t_ns, count);
	trend_push(&r->trend, t_ns, count);
	r->count = count;
	r->oldest_s = oldest_s;
	r->seen_ns = t_ns;
}

/* ---- the list by count ---- */

static int by_count(const void *a, const void *b)
{
	const struct group_row *x = *(struct group_row *const *)a,
			       *y = *(struct group_row *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void group_list_sort(struct group_row **list, size_t n)
{
	if (n)
		qsort(list, n, sizeof(*list), by_count);
}

static void forget_unseen(struct group_table *t, uint64_t t_ns)
{
	for (size_t i = 0; i < t->n_slots; i++) {
		if (t->slots[i] && t->slots[i]->seen_ns != t_ns) {
			group_row_free(t->slots[i]);
			t->slots[i] = NULL;
		}
	}
	rehash(t, t->n_slots); /* open addressing has no holes */
}

size_t group_table_list(struct group_table *t, uint64_t t_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_slots; i++) {
		if (!t->slots[i] || t->slots[i]->seen_ns != t_ns)
			continue;
		GROW(t->list, n, t->list_cap);
		t->list[n++] = t->slots[i];
	}
	if (n < t->n)
		forget_unseen(t, t_ns);
	t->n = n;
	return n;
}

void group_table_release(struct group_table *t)
{
	for (size_t i = 0; i < t->n_slots; i++)
		group_row_free(t->slots[i]);
	free(t->slots);
	free(t->list);
}

static void count_state(struct target *t, const char *state, double count)
{
	if (strcmp(state, "running") == 0)
		t->by_running += count;
	else if (strcmp(state, "runnable") == 0)
		t->by_runnable += count;
	else if (strcmp(state, "syscall") == 0)
		t->by_syscall += count;
	else
		t->by_waiting += count;
}

static void count_states(struct target *t)
{
	t->by_running = t->by_runnable = t->by_waiting = t->by_syscall = 0;
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct group_row *r = t->groups[i];

		for (uint32_t k = 0; k < r->n_states; k++)
			count_state(t, r->states[k].state, r->states[k].count);
		if (!r->n_states)
			count_state(t, r->state, r->count);
	}
}

void groups_apply(struct target *t, struct groups_state *s, const struct goroutines *g,
		  uint64_t t_ns)
{
	struct group_table *table = &s->groups;

	for (size_t i = 0; i < g->n_groups; i++) {
		const struct goroutine_group *now = &g->groups[i];
		struct group_row *r;

		group_table_room(table);
		r = group_row_at(table, group_slot(table, now->id), now, t_ns);
		take_states(r, now);
		group_row_update(r, (double)now->count,
				 now->oldest_ns ? (double)now->oldest_ns / 1e9 : NAN, t_ns);
	}
	t->n_groups = group_table_list(table, t_ns);
	t->groups = table->list;
	group_list_sort(t->groups, t->n_groups);
	count_states(t);
	stacks_apply(t, s, t_ns);
}

void groups_release(struct groups_state *s)
{
	group_table_release(&s->groups);
	group_table_release(&s->folded);
	free(s->sums);
	free(s->stacks);
}

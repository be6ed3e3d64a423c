/* Goroutine groups over time: found again by id, with their change and the points that a
 * judgement of growth needs. A group that is in no sample any more is forgotten. */
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/site.h"
#include "core/state.h"

enum { DELTA_OVER_S = 60 };

/* ---- the table by id ---- */

static struct group_row **slot_of(struct groups_state *s, uint64_t id)
{
	size_t i = id & (s->n_slots - 1);

	while (s->slots[i] && s->slots[i]->id != id)
		i = (i + 1) & (s->n_slots - 1);
	return &s->slots[i];
}

static void rehash(struct groups_state *s, size_t n_slots)
{
	struct group_row **old = s->slots;
	size_t n_old = s->n_slots;

	s->slots = xcalloc(n_slots, sizeof(*s->slots));
	s->n_slots = n_slots;
	for (size_t i = 0; i < n_old; i++) {
		if (old[i])
			*slot_of(s, old[i]->id) = old[i];
	}
	free(old);
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
	size_t n = g->state.len + 1 + g->created_by.func.len + g->created_by.file.len + 2;

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

static struct group_row *row_new(const struct goroutine_group *g, uint64_t t_ns)
{
	size_t frames = g->n_stack + 1, bytes;
	struct group_row *r;
	struct frame *stack;
	struct label *labels;
	struct str state;
	char *at;

	bytes = sizeof(*r) + frames * sizeof(*stack) + g->n_labels * sizeof(*labels) + words_bytes(g);
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
	at = put_frame(at, &g->created_by, &stack[g->n_stack]);
	put_str(at, g->state, &state);
	r->id = g->id;
	r->state = state.p;
	r->stack = stack;
	r->n_stack = g->n_stack;
	r->labels = labels;
	r->n_labels = g->n_labels;
	r->created_by = g->created_by.func.len ? &stack[g->n_stack] : NULL;
	r->first_ns = t_ns;
	r->count = r->delta_per_min = r->oldest_s = NAN;
	group_name_sites(r);
	return r;
}

static void row_free(struct group_row *r)
{
	if (!r)
		return;
	group_free_sites(r);
	free(r);
}

/* ---- change over time ---- */

/* The change a minute between now and the oldest point of the last minute. */
static double delta_per_min(const struct trend *tr, uint64_t t_ns, double now)
{
	uint64_t from_ns = t_ns > DELTA_OVER_S * NS_PER_S ? t_ns - DELTA_OVER_S * NS_PER_S : 0;

	for (uint16_t i = 0; i < tr->n; i++) {
		if (tr->t_ns[i] < from_ns)
			continue;
		if (t_ns - tr->t_ns[i] < NS_PER_S / 2) /* nothing to compare with yet */
			return NAN;
		return (now - (double)tr->value[i]) * 60e9 / (double)(t_ns - tr->t_ns[i]);
	}
	return NAN;
}

static void update_row(struct group_row *r, const struct goroutine_group *g, uint64_t t_ns)
{
	double count = (double)g->count;

	r->delta_per_min = delta_per_min(&r->trend, t_ns, count);
	trend_push(&r->trend, t_ns, count);
	r->count = count;
	r->oldest_s = g->oldest_ns ? (double)g->oldest_ns / 1e9 : NAN;
	r->seen_ns = t_ns;
}

/* ---- the list by count ---- */

static int by_count(const void *a, const void *b)
{
	const struct group_row *x = *(struct group_row *const *)a, *y = *(struct group_row *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Also forgets the rows that this sample did not have. */
static void make_list(struct target *t, struct groups_state *s, uint64_t t_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_slots; i++) {
		struct group_row *r = s->slots[i];

		if (!r || r->seen_ns != t_ns)
			continue;
		GROW(s->list, n, s->list_cap);
		s->list[n++] = r;
	}
	if (n < s->n) {
		for (size_t i = 0; i < s->n_slots; i++) {
			if (s->slots[i] && s->slots[i]->seen_ns != t_ns) {
				row_free(s->slots[i]);
				s->slots[i] = NULL;
			}
		}
		s->n = n;
		rehash(s, s->n_slots);
	}
	qsort(s->list, n, sizeof(*s->list), by_count);
	t->groups = s->list;
	t->n_groups = n;
}

static void count_states(struct target *t)
{
	t->by_running = t->by_runnable = t->by_waiting = t->by_syscall = 0;
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct group_row *r = t->groups[i];

		if (strcmp(r->state, "running") == 0)
			t->by_running += r->count;
		else if (strcmp(r->state, "runnable") == 0)
			t->by_runnable += r->count;
		else if (strcmp(r->state, "syscall") == 0)
			t->by_syscall += r->count;
		else
			t->by_waiting += r->count;
	}
}

void groups_apply(struct target *t, struct groups_state *s, const struct goroutines *g, uint64_t t_ns)
{
	for (size_t i = 0; i < g->n_groups; i++) {
		struct group_row **slot;

		if (s->n * 2 >= s->n_slots)
			rehash(s, s->n_slots ? s->n_slots * 2 : 256);
		slot = slot_of(s, g->groups[i].id);
		if (!*slot) {
			*slot = row_new(&g->groups[i], t_ns);
			s->n++;
		}
		update_row(*slot, &g->groups[i], t_ns);
	}
	make_list(t, s, t_ns);
	count_states(t);
}

void groups_release(struct groups_state *s)
{
	for (size_t i = 0; i < s->n_slots; i++)
		row_free(s->slots[i]);
	free(s->slots);
	free(s->list);
}

/* Groups without regard to their labels: a leak whose goroutines carry a trace id each is still one
 * leak, and a person wants one line for it. A stack with one unlabelled group is that group's row;
 * else a row of its own stands for all, with "*" for a label that differs. */
#include <math.h>
#include <stdlib.h>

#include "core/site.h"
#include "core/state.h"

struct stack_sum {
	uint64_t stack_id;
	double count, oldest_s;
	struct group_row *largest;
	uint32_t variants;
};

static int by_stack(const void *a, const void *b)
{
	const struct group_row *x = *(struct group_row *const *)a,
			       *y = *(struct group_row *const *)b;

	if (x->stack_id != y->stack_id)
		return x->stack_id < y->stack_id ? -1 : 1;
	return x->count > y->count ? -1 : x->count < y->count;
}

/* Groups of one stack stand side by side once sorted; the largest comes first. */
static void sum_up(struct groups_state *s, struct group_row **rows, size_t n)
{
	s->n_sums = 0;
	for (size_t i = 0; i < n; i++) {
		struct stack_sum *sum = s->n_sums ? &s->sums[s->n_sums - 1] : NULL;

		if (!sum || sum->stack_id != rows[i]->stack_id) {
			GROW(s->sums, s->n_sums, s->sums_cap);
			sum = &s->sums[s->n_sums++];
			*sum = (struct stack_sum){ rows[i]->stack_id, 0, NAN, rows[i], 0 };
		}
		sum->count += rows[i]->count;
		sum->variants++;
		if (!(sum->oldest_s >= rows[i]->oldest_s))
			sum->oldest_s = rows[i]->oldest_s;
	}
}

static struct group_row *folded_row(struct groups_state *s, const struct stack_sum *sum,
				    uint64_t t_ns)
{
	const struct group_row *g = sum->largest;
	struct goroutine_group as_group = {
		.id = sum->stack_id,
		.state = str_of(g->state),
		.stack = g->stack,
		.n_stack = g->n_stack,
		.labels = g->labels,
		.n_labels = g->n_labels,
		.created_by = g->created_by ? *g->created_by : (struct frame){ .line = 0 },
	};
	struct group_row **slot, *r;
	bool is_new;

	group_table_room(&s->folded);
	slot = group_slot(&s->folded, sum->stack_id);
	is_new = !*slot;
	r = group_row_at(&s->folded, slot, &as_group, t_ns);
	r->stack_id = sum->stack_id;
	if (is_new && !g->n_labels) /* it stood for the stack until now */
		group_row_inherit(r, g);
	return r;
}

static void add_states(struct group_row *row, const struct group_row *g)
{
	for (uint32_t i = 0; i < g->n_states; i++)
		group_row_add_state(row, str_of(g->states[i].state), g->states[i].count);
	if (!g->n_states)
		group_row_add_state(row, str_of(g->state), g->count);
	row->has_ages = row->has_ages || g->has_ages;
	for (int i = 0; i < AGE_BUCKETS; i++)
		row->ages[i] += g->ages[i];
}

/* Labels of a folded row that a group of its stack does not share are shown as "*". */
static bool blur_labels(struct group_row *row, const struct group_row *g)
{
	bool changed = false;

	for (uint32_t i = 0; i < row->n_labels; i++) {
		struct label *l = (struct label *)(uintptr_t)&row->labels[i];
		bool same = str_is(l->value, "*");

		for (uint32_t k = 0; k < g->n_labels && !same; k++)
			same = str_eq(g->labels[k].name, l->name) &&
			       str_eq(g->labels[k].value, l->value);
		if (!same) {
			l->value = STR("*");
			changed = true;
		}
	}
	return changed;
}

void stacks_apply(struct target *t, struct groups_state *s, uint64_t t_ns)
{
	struct group_row **rows = xreallocarray(NULL, t->n_groups, sizeof(*rows));
	size_t at = 0;

	if (t->n_groups)
		memcpy(rows, t->groups, t->n_groups * sizeof(*rows));
	qsort(rows, t->n_groups, sizeof(*rows), by_stack);
	sum_up(s, rows, t->n_groups);
	t->n_stacks = 0;
	for (size_t i = 0; i < s->n_sums; i++, at += s->sums[i - 1].variants) {
		const struct stack_sum *sum = &s->sums[i];
		struct group_row *row = sum->largest;
		bool blurred = false;

		if (sum->variants > 1 || row->n_labels) {
			row = folded_row(s, sum, t_ns);
			group_row_clear_states(row);
			for (uint32_t k = 0; k < sum->variants; k++) {
				blurred |= blur_labels(row, rows[at + k]);
				add_states(row, rows[at + k]);
			}
			group_row_settle_state(row);
			if (blurred)
				group_name_labels(row);
			row->n_variants = sum->variants;
			row->largest_id = sum->largest->id;
			group_row_update(row, sum->count, sum->oldest_s, t_ns);
		}
		GROW(s->stacks, t->n_stacks, s->stacks_cap);
		s->stacks[t->n_stacks++] = row;
	}
	free(rows);
	group_table_list(&s->folded, t_ns);
	t->stacks = s->stacks;
	group_list_sort(t->stacks, t->n_stacks);
}

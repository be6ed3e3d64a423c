#include "collectors/services.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/xalloc.h"

static uint64_t hash_of(struct str job, struct str instance)
{
	uint64_t h = hash_str(hash_str(HASH_START, job), instance);

	return h ^ h >> 29;
}

static uint32_t *slot_of(const struct services *s, struct str job, struct str instance)
{
	for (size_t i = hash_of(job, instance);; i++) {
		uint32_t *slot = &s->slots[i & (s->n_slots - 1)];
		const struct service *sv = *slot ? &s->at[*slot - 1] : NULL;

		if (!sv || (str_eq(sv->job, job) && str_eq(sv->instance, instance)))
			return slot;
	}
}

static void make_room(struct services *s)
{
	if (s->n == s->cap)
		s->at = grow(s->at, &s->cap, sizeof(*s->at));
	if (2 * (s->n + 1) <= s->n_slots)
		return;
	free(s->slots);
	s->n_slots = s->n_slots ? 2 * s->n_slots : 256;
	s->slots = xcalloc(s->n_slots, sizeof(*s->slots));
	for (size_t i = 0; i < s->n; i++)
		*slot_of(s, s->at[i].job, s->at[i].instance) = (uint32_t)i + 1;
}

static struct service *find(const struct services *s, struct str job, struct str instance)
{
	uint32_t *slot = s->n_slots ? slot_of(s, job, instance) : NULL;

	return slot && *slot ? &s->at[*slot - 1] : NULL;
}

struct service *services_of_row(const struct services *s, const struct promapi *a,
				const struct promapi_row *r)
{
	return find(s, promapi_label(a, r, "job"), promapi_label(a, r, "instance"));
}

static void copy_labels(struct services *s, struct service *sv, const struct promapi *a,
			const struct promapi_row *r)
{
	struct label *to = arena_alloc(&s->words, (r->n_labels + 1) * sizeof(*to));

	for (uint32_t i = 0; i < r->n_labels; i++) {
		const struct label *l = &a->labels[r->label + i];

		to[i] = (struct label){ arena_str(&s->words, l->name),
					arena_str(&s->words, l->value) };
	}
	sv->added = to;
	sv->n_added = r->n_labels;
}

static struct service *add(struct services *s, const struct promapi *a, const struct promapi_row *r)
{
	struct str job = promapi_label(a, r, "job"), instance = promapi_label(a, r, "instance");
	struct service *sv;

	if (s->n == SERVICES_MAX)
		return NULL;
	make_room(s);
	sv = &s->at[s->n];
	*sv = (struct service){
		.target = UINT32_MAX,
		.job = arena_str(&s->words, job),
		.instance = arena_str(&s->words, instance),
	};
	copy_labels(s, sv, a, r);
	*slot_of(s, job, instance) = (uint32_t)++s->n;
	return sv;
}

static void take_points(struct service *sv, const struct promapi *a, const struct promapi_row *r)
{
	const struct promapi_point *first = &a->points[r->point], *last = first + r->n_points - 1;

	if (r->n_points > 1 && last->t_ms > first->t_ms)
		sv->interval_ms = (last->t_ms - first->t_ms) / (r->n_points - 1);
	sv->due = last->value > 0 && (last->t_ms > sv->up_ms || sv->due);
	sv->up_ms = last->t_ms;
	sv->up = last->value > 0; /* a NaN is no scrape that went well */
	if (sv->up)
		sv->why_down[0] = '\0';
}

bool services_take_up(struct services *s, const struct promapi *a)
{
	if (a->is_vector)
		return false;
	s->n_double = 0;
	s->scraped_ms = 0;
	for (size_t i = 0; i < s->n; i++)
		s->at[i].seen = false;
	for (size_t i = 0; i < a->n_rows; i++) {
		const struct promapi_row *r = &a->rows[i];
		struct service *sv = services_of_row(s, a, r);

		if (!r->n_points)
			continue;
		if (!sv)
			sv = add(s, a, r);
		if (!sv || sv->seen) {
			s->n_double += sv != NULL;
			continue;
		}
		sv->seen = true;
		take_points(sv, a, r);
		if (sv->interval_ms && (!s->scraped_ms || sv->interval_ms < s->scraped_ms))
			s->scraped_ms = sv->interval_ms;
	}
	return true;
}

void services_take_targets(struct services *s, const struct promapi *a)
{
	for (size_t i = 0; i < a->n_rows; i++) {
		const struct promapi_row *r = &a->rows[i];
		struct service *sv = services_of_row(s, a, r);

		if (sv && r->down)
			snprintf(sv->why_down, sizeof(sv->why_down), "%.*s", (int)r->text.len,
				 r->text.p);
	}
}

void services_release(struct services *s)
{
	arena_release(&s->words);
	free(s->at);
	free(s->slots);
	*s = (struct services){ 0 };
}

/* Breakers and limiters found in the target's memory, followed over time by their address, and
 * joined with what metrics pages and Hystrix streams say of the same: the object knows its state
 * best, the others what it counts. */
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/encoding.h"
#include "core/field.h"
#include "core/state.h"

enum { FLAPS_AFTER_S = 60 };

/* What is remembered of a breaker that was seen before. */
struct object_past {
	uint64_t id;
	enum object_state state;
	uint64_t first_ns, since_ns; /* since_ns 0: no change was seen */
	double opens;
};

static double known(int64_t v)
{
	return v >= 0 ? (double)v : NAN;
}

static const char *state_word(enum object_state s)
{
	static const enum breaker_state states[] = {
		[OBJECT_CLOSED] = BREAKER_CLOSED,
		[OBJECT_HALF_OPEN] = BREAKER_HALF_OPEN,
		[OBJECT_OPEN] = BREAKER_OPEN,
		[OBJECT_UNKNOWN] = BREAKER_UNKNOWN,
	};

	return breaker_state_name(states[s]);
}

static const char *word(struct arena *a, struct str s)
{
	return s.len ? arena_str(a, s).p : NULL;
}

/* ---- over time ---- */

static struct object_past past_of(const struct objects_state *s, const struct breaker_object *b,
				  uint64_t t_ns)
{
	for (size_t i = 0; i < s->n_pasts; i++) {
		if (s->pasts[i].id == b->id)
			return s->pasts[i];
	}
	return (struct object_past){ .id = b->id, .state = b->state, .first_ns = t_ns };
}

static void follow(struct object_past *p, const struct breaker_object *b, uint64_t t_ns)
{
	if (p->state == b->state)
		return;
	if (p->state != OBJECT_UNKNOWN) {
		p->since_ns = t_ns;
		p->opens += b->state == OBJECT_OPEN;
	}
	p->state = b->state;
}

static double since_s(const struct object_past *p, const struct breaker_object *b, uint64_t t_ns)
{
	if (b->since_ns >= 0)
		return (double)b->since_ns / 1e9;
	return p->since_ns ? (double)(t_ns - p->since_ns) / 1e9 : NAN;
}

/* ---- rows ---- */

static void fill_breaker(struct objects_state *s, const struct breaker_object *b,
			 struct object_past *p, uint64_t t_ns, struct breaker_row *r)
{
	row_clear(&table_breakers, r);
	r->object = b->id;
	r->library = word(&s->words, b->library);
	r->holder = word(&s->words, b->holder);
	r->name = word(&s->words, b->name);
	if (!r->name)
		r->name = r->holder ? r->holder : r->library;
	r->source = source_name(SOURCE_MEMORY);
	r->state = state_word(b->state);
	r->detail = b->state == OBJECT_UNKNOWN
			    ? "its memory holds a state that this library does not have"
			    : "the breaker's own memory, judged as its State() would";
	r->raw = (double)b->raw;
	r->requests = known(b->requests);
	r->failures = known(b->failures);
	r->consecutive_failures = known(b->consecutive_failures);
	if (b->requests > 0 && b->failures >= 0)
		r->failure_pct = (double)b->failures * 100 / (double)b->requests;
	r->retry_in_s = b->retry_in_ns >= 0 ? (double)b->retry_in_ns / 1e9 : NAN;
	r->since_s = since_s(p, b, t_ns);
	if (t_ns - p->first_ns >= FLAPS_AFTER_S * NS_PER_S)
		r->flaps_per_h = p->opens * 3600e9 / (double)(t_ns - p->first_ns);
}

static void fill_limiter(struct objects_state *s, const struct limiter_object *l,
			 struct limiter_row *r)
{
	row_clear(&table_limiters, r);
	r->object = l->id;
	r->library = word(&s->words, l->library);
	r->holder = word(&s->words, l->holder);
	r->name = word(&s->words, l->name);
	if (!r->name)
		r->name = r->holder;
	r->source = source_name(SOURCE_MEMORY);
	r->unlimited = isnan(l->limit_per_s) ? -1 : isinf(l->limit_per_s) != 0;
	r->limit_per_s = isinf(l->limit_per_s) ? NAN : l->limit_per_s;
	r->burst = l->burst;
	r->tokens = l->tokens;
}

void objects_apply(struct objects_state *s, const struct objects_sample *sm, uint64_t t_ns)
{
	struct object_past *pasts = xcalloc(sm->n_breakers, sizeof(*pasts));

	arena_clear(&s->words);
	s->breakers = xreallocarray(s->breakers, sm->n_breakers, sizeof(*s->breakers));
	s->limiters = xreallocarray(s->limiters, sm->n_limiters, sizeof(*s->limiters));
	for (size_t i = 0; i < sm->n_breakers; i++) {
		pasts[i] = past_of(s, &sm->breakers[i], t_ns);
		follow(&pasts[i], &sm->breakers[i], t_ns);
		fill_breaker(s, &sm->breakers[i], &pasts[i], t_ns, &s->breakers[i]);
	}
	for (size_t i = 0; i < sm->n_limiters; i++)
		fill_limiter(s, &sm->limiters[i], &s->limiters[i]);
	free(s->pasts);
	s->pasts = pasts;
	s->n_pasts = s->n_breakers = sm->n_breakers;
	s->n_limiters = sm->n_limiters;
}

void objects_release(struct objects_state *s)
{
	arena_release(&s->words);
	free(s->pasts);
	free(s->breakers);
	free(s->limiters);
	free(s->all_breakers);
	free(s->all_limiters);
}

/* ---- with what other sources say ---- */

/* The one row that fits, or NULL: none does, or several do and nobody could say which. */
static struct breaker_row *breaker_named(struct breaker_row *rows, size_t n, const char *name)
{
	struct breaker_row *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (found)
			return NULL;
		found = &rows[i];
	}
	return found;
}

/* What has no name comes last, in no order that means anything but always the same. */
static int by_name(const char *a, const char *b, uint64_t object_a, uint64_t object_b)
{
	int r = a && b ? strcmp(a, b) : (a == NULL) - (b == NULL);

	return r ? r : (object_a > object_b) - (object_a < object_b);
}

static int breakers_by_name(const void *a, const void *b)
{
	const struct breaker_row *x = a, *y = b;

	return by_name(x->name, y->name, x->object, y->object);
}

static int limiters_by_name(const void *a, const void *b)
{
	const struct limiter_row *x = a, *y = b;

	return by_name(x->name, y->name, x->object, y->object);
}

/* What one source says of a breaker is completed by another; what is counted stays of one window.
 */
static void complete_breaker(struct breaker_row *r, const struct breaker_row *offer)
{
	struct breaker_row was = *r;
	bool counted = !isnan(was.requests) || !isnan(was.failures);

	if (!was.object && strcmp(was.state, "unknown") == 0 &&
	    strcmp(offer->state, "unknown") != 0) {
		r->state = offer->state;
		r->detail = offer->detail;
		r->raw = NAN;
		r->since_s = r->flaps_per_h = r->retry_in_s = NAN;
	}
	row_complete(&table_breakers, r, offer);
	if (counted) {
		r->requests = was.requests;
		r->failures = was.failures;
		r->failure_pct = was.failure_pct;
	}
}

/* Rows of one source to those of the better ones: the same name is the same breaker. */
static size_t join_rows(struct breaker_row *all, size_t n, const struct breaker_row *rows,
			size_t n_rows)
{
	size_t n_before = n;

	for (size_t i = 0; i < n_rows; i++) {
		struct breaker_row *same = breaker_named(all, n_before, rows[i].name);

		if (same)
			complete_breaker(same, &rows[i]);
		else
			all[n++] = rows[i];
	}
	return n;
}

static void join_breakers(struct target *t, struct target_state *ts)
{
	struct objects_state *s = &ts->objects;
	const struct breakers_state *metrics = &ts->breakers[PAGE_METRICS],
				    *expvar = &ts->breakers[PAGE_EXPVAR];
	size_t n = s->n_breakers;

	s->all_breakers = xreallocarray(s->all_breakers,
					n + metrics->n_live + ts->circuits.n_live + expvar->n_live,
					sizeof(*s->all_breakers));
	if (n)
		memcpy(s->all_breakers, s->breakers, n * sizeof(*s->breakers));
	n = join_rows(s->all_breakers, n, metrics->rows, metrics->n_live);
	n = join_rows(s->all_breakers, n, ts->circuits.rows, ts->circuits.n_live);
	n = join_rows(s->all_breakers, n, expvar->rows, expvar->n_live);
	qsort(s->all_breakers, n, sizeof(*s->all_breakers), breakers_by_name);
	t->breakers = s->all_breakers;
	t->n_breakers = n;
}

static bool same_limiter(const struct limiter_row *object, const struct limiter_row *offer)
{
	if (object->name && strcmp(object->name, offer->name) == 0)
		return true;
	return !object->name && object->limit_per_s == offer->limit_per_s &&
	       object->burst == offer->burst;
}

/* Most limiters have no name: then limit and burst together stand for it, if they are unlike those
 * of every other one. */
static struct limiter_row *limiter_like(struct limiter_row *rows, size_t n,
					const struct limiters_state *l,
					const struct limiter_row *offer)
{
	struct limiter_row *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!same_limiter(&rows[i], offer))
			continue;
		if (found)
			return NULL;
		found = &rows[i];
	}
	for (size_t i = 0; found && !found->name && i < l->n_live; i++) {
		if (&l->rows[i] != offer && same_limiter(found, &l->rows[i]))
			return NULL;
	}
	return found;
}

static struct limiter_row *limiter_named(struct limiter_row *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].name && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

static size_t join_limiter_rows(struct objects_state *s, size_t n, const struct limiters_state *l)
{
	struct limiter_row *others = s->all_limiters + s->n_limiters;
	size_t n_others = n - s->n_limiters;

	for (size_t i = 0; i < l->n_live; i++) {
		struct limiter_row *same =
			limiter_like(s->all_limiters, s->n_limiters, l, &l->rows[i]);

		if (!same)
			same = limiter_named(others, n_others, l->rows[i].name);
		if (same)
			row_complete(&table_limiters, same, &l->rows[i]);
		else
			s->all_limiters[n++] = l->rows[i];
	}
	return n;
}

static void join_limiters(struct target *t, struct target_state *ts)
{
	struct objects_state *s = &ts->objects;
	size_t n = s->n_limiters, room = n;

	for (int i = 0; i < PAGE_COUNT; i++)
		room += ts->limiters[i].n_live;
	s->all_limiters = xreallocarray(s->all_limiters, room, sizeof(*s->all_limiters));
	if (n)
		memcpy(s->all_limiters, s->limiters, n * sizeof(*s->limiters));
	for (int i = 0; i < PAGE_COUNT; i++)
		n = join_limiter_rows(s, n, &ts->limiters[i]);
	qsort(s->all_limiters, n, sizeof(*s->all_limiters), limiters_by_name);
	t->limiters = s->all_limiters;
	t->n_limiters = n;
}

void objects_join(struct target *t)
{
	join_breakers(t, t->state);
	join_limiters(t, t->state);
}

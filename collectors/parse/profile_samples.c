#include "collectors/parse/profile_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

enum { CACHE_LINE = 64, BATCH = 32, FETCH_FROM = 2048 };

#define ROUND_UP(n) (((n) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE)

struct adding {
	struct profile_work *w;
	struct profile_sample *p;
	int64_t v[PROFILE_TYPES_MAX];
	uint32_t sample; /* counts from 1 */
	bool leaf;	 /* the next location is it */
	uint64_t visits;
};

static int bad_label(struct pprof_tables *t)
{
	return err_set(t->err, -EBADMSG, "damaged profile: a label refers to a missing string");
}

/* message Label: nothing is made of it, but a profile with a damaged one is not to be trusted. */
static int check_label(struct pprof_tables *t, struct proto msg)
{
	uint64_t texts[2] = { 0 }, number = 0;
	struct proto_field f = { 0 };
	int r;

	if (pprof_take(t, &msg, 1, &texts[0]) && !pprof_take(t, &msg, 2, &texts[1]))
		pprof_take(t, &msg, 3, &number);
	if (texts[0] >= t->n_texts || texts[1] >= t->n_texts)
		return bad_label(t);
	while ((r = pprof_next(t, &msg, &f)) > 0) {
		r = pprof_other_field(t, f, "vvvv");
		if (r == 0 && (f.tag >> 3 < 3 || f.tag >> 3 == 4) && f.value >= t->n_texts)
			r = bad_label(t);
		if (r < 0)
			return r;
	}
	return r;
}

static int add_values(struct adding *a, struct proto run, uint32_t *n)
{
	uint64_t v = 0;
	int r;

	while ((r = pprof_number(&a->w->t, &run, &v)) > 0) {
		if (*n < a->p->n_types)
			a->v[*n] = (int64_t)v;
		++*n;
	}
	return r;
}

static int read_values(struct adding *a, struct proto msg, struct proto *ret_run, int *ret_runs)
{
	struct pprof_tables *t = &a->w->t;
	struct proto_field f = { 0 };
	uint32_t n = 0;
	int r;

	*ret_runs = 0;
	while ((r = pprof_next(t, &msg, &f)) > 0) {
		if (f.tag == PROTO_MESSAGE(1) || f.tag == PROTO_NUMBER(1)) {
			*ret_run = f.bytes;
			++*ret_runs;
		} else if (f.tag == PROTO_MESSAGE(2) || f.tag == PROTO_NUMBER(2)) {
			r = add_values(a, f.bytes, &n);
		} else if (f.tag == PROTO_MESSAGE(3)) {
			r = check_label(t, f.bytes);
		} else {
			r = pprof_other_field(t, f, "ppm");
		}
		if (r < 0)
			return r;
	}
	if (r == 0 && n != a->p->n_types)
		return err_set(t->err, -EBADMSG,
			       "damaged profile: a sample has %" PRIu32
			       " values, there are %" PRIu32 " types",
			       n, a->p->n_types);
	return r;
}

/* All sums stay below the total, so that only it can overflow. */
static int add_totals(struct adding *a)
{
	for (uint32_t i = 0; i < a->p->n_types; i++) {
		int64_t *total = &a->p->types[i].total;
		bool over = a->v[i] < 0 ? __builtin_sub_overflow(*total, a->v[i], total)
					: __builtin_add_overflow(*total, a->v[i], total);

		if (over)
			return err_set(a->w->t.err, -EBADMSG,
				       "damaged profile: its values add up to more than 2^63");
	}
	return 0;
}

static uint32_t frames_of(const struct profile_work *w, const struct span *s, const uint32_t **ret)
{
	if (s->second & MANY) {
		*ret = &w->frames[s->first];
		return s->second - MANY;
	}
	*ret = &s->first;
	return s->first == s->second ? 1 : 2;
}

/* To the leaf, and to what it belongs to besides. */
static void add_flat(struct adding *a, size_t location)
{
	const uint32_t *frames;
	uint32_t n = frames_of(a->w, &a->w->spans[location], &frames), types = a->p->n_types;

	for (uint32_t k = 0; k < n && (k == 0 || frames[k] == DISPATCH_NODE); k++) {
		int64_t *flat = &a->w->counts[((size_t)frames[k] * 2 + 1) * types];

		for (uint32_t i = 0; i < types; i++)
			flat[i] += a->v[i];
	}
	a->w->leaf_flat[location] += (double)a->v[a->p->shown];
	a->leaf = false;
}

/* A sample as its visits see it, none of which changes while they last. */
struct visitor {
	struct span *spans;
	const uint32_t *frames;
	uint32_t *seen;
	int64_t *counts, v[PROFILE_TYPES_MAX];
	double shown;
	uint32_t sample;
};

/* Each node once a sample. */
static PROTO_HOT void add_cum(const struct visitor *v, uint32_t node, uint32_t types)
{
	int64_t *cum = &v->counts[(size_t)node * 2 * types];

	if (v->seen[node] == v->sample)
		return;
	v->seen[node] = v->sample;
	for (uint32_t i = 0; i < types; i++)
		cum[i] += v->v[i];
}

/* One location of a stack; returns how many frames it is. */
static PROTO_HOT uint32_t visit(const struct visitor *v, struct span *s, uint32_t types)
{
	uint32_t n;

	s->cum += v->shown;
	if (!(s->second & MANY)) {
		add_cum(v, s->first, types);
		if (s->first == s->second)
			return 1;
		add_cum(v, s->second, types);
		return 2;
	}
	n = s->second - MANY;
	for (uint32_t k = 0; k < n; k++)
		add_cum(v, v->frames[s->first + k], types);
	return n;
}

/* Its own copy of what is the same for all, so that it stays in registers. */
static PROTO_HOT void visit_each(struct adding *a, const uint32_t *locations, uint32_t n,
				 uint32_t types)
{
	struct visitor v = {
		.spans = a->w->spans,
		.frames = a->w->frames,
		.seen = a->w->seen,
		.counts = a->w->counts,
		.shown = (double)a->v[a->p->shown],
		.sample = a->sample,
	};
	uint64_t visits = 0;

	for (uint32_t i = 0; i < types; i++)
		v.v[i] = a->v[i];
	for (uint32_t i = 0; i < n; i++)
		visits += visit(&v, &v.spans[locations[i]], types);
	a->visits += visits;
}

/* What a visit will need, asked of memory before it is needed: in a large profile every location
 * and every function is somewhere else. */
static void fetch_counts(const struct adding *a, const uint32_t *locations, uint32_t n)
{
	const struct profile_work *w = a->w;
	size_t size = (size_t)2 * a->p->n_types;

	if (n && a->leaf)
		__builtin_prefetch(&w->leaf_flat[locations[0]], 1);
	for (uint32_t i = 0; i < n; i++) {
		const struct span *s = &w->spans[locations[i]];

		if (s->second & MANY)
			continue;
		__builtin_prefetch(&w->counts[s->first * size], 1);
		__builtin_prefetch(&w->seen[s->first], 1);
		__builtin_prefetch(&w->counts[s->second * size], 1);
		__builtin_prefetch(&w->seen[s->second], 1);
	}
}

/* The loops over Go's usual numbers of types are laid out flat. */
static int visit_all(struct adding *a, const uint32_t *locations, uint32_t n)
{
	if (a->w->n_nodes >= FETCH_FROM)
		fetch_counts(a, locations, n);
	switch (a->p->n_types) {
	case 1:
		visit_each(a, locations, n, 1);
		break;
	case 2:
		visit_each(a, locations, n, 2);
		break;
	case 4:
		visit_each(a, locations, n, 4);
		break;
	default:
		visit_each(a, locations, n, a->p->n_types);
	}
	if (n && a->leaf)
		add_flat(a, locations[0]);
	if (a->visits > PROFILE_VISITS_MAX)
		return err_set(a->w->t.err, -EFBIG, "a profile of more than %d frames is refused",
			       PROFILE_VISITS_MAX);
	return 0;
}

static int add_run(struct adding *a, struct proto run)
{
	struct pprof_tables *t = &a->w->t;
	uint32_t locations[BATCH], n;
	uint64_t id = 0;
	int r = 0;

	do {
		for (n = 0; n < BATCH && (r = pprof_number(t, &run, &id)) > 0; n++) {
			long at = pprof_find(t, &t->location_ids, id);

			if (at < 0)
				return (int)at;
			locations[n] = (uint32_t)at;
			__builtin_prefetch(&a->w->spans[at], 1);
		}
		if (r >= 0)
			r = visit_all(a, locations, n) < 0 ? -EFBIG : r;
	} while (n == BATCH && r >= 0);
	return r < 0 ? r : 0;
}

/* message Sample */
static int add_sample(struct adding *a, struct proto msg)
{
	struct proto run = { 0 };
	struct proto_field f = { 0 };
	int runs, r = read_values(a, msg, &run, &runs);

	if (r == 0)
		r = add_totals(a);
	if (r < 0)
		return r;
	a->leaf = true;
	a->sample++;
	if (runs == 1)
		return add_run(a, run);
	while (runs > 0 && (r = pprof_next(&a->w->t, &msg, &f)) > 0) {
		if (f.tag != PROTO_NUMBER(1) && f.tag != PROTO_MESSAGE(1))
			continue;
		r = add_run(a, f.bytes);
		if (r < 0)
			return r;
	}
	return r;
}

static void counts_clear(struct profile_work *w, uint32_t n_types)
{
	size_t n = w->n_nodes * 2 * n_types;

	if (n > w->cap_counts) {
		free(w->counts);
		w->counts = xchecked(aligned_alloc(CACHE_LINE, ROUND_UP(n * sizeof(*w->counts))));
		w->cap_counts = n;
	}
	memset(w->counts, 0, n * sizeof(*w->counts));
	w->seen = profile_room(w->seen, &w->cap_seen, w->n_nodes, sizeof(*w->seen));
	memset(w->seen, 0, w->n_nodes * sizeof(*w->seen));
	w->leaf_flat = profile_room(w->leaf_flat, &w->cap_leaf_flat, w->t.location_ids.n,
				    sizeof(*w->leaf_flat));
	memset(w->leaf_flat, 0, w->t.location_ids.n * sizeof(*w->leaf_flat));
}

int profile_add_samples(struct profile_work *w, struct profile_sample *p)
{
	struct adding a = { .w = w, .p = p };
	struct proto left = w->t.samples, msg;

	counts_clear(w, p->n_types);
	while (pprof_next_sample(&w->t, &left, &msg)) {
		int r = add_sample(&a, msg);

		if (r < 0)
			return r;
	}
	p->n_samples = w->t.n_samples;
	return 0;
}

/* Suspects: groups that grow, judged by the points of their trend. The time watched is cut into
 * equal windows; a leak grows from window to window, a burst or a ramp that ends does not. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/field.h"
#include "core/pattern.h"
#include "core/site.h"
#include "core/state.h"

enum {
	WINDOWS = 6,
	WEAK_SAMPLES = 10, /* fewer say nothing */
	STRONG_SAMPLES = 28,
	SHORTEST_S = 5, /* growth that is younger says nothing */
	LOOKED_SAMPLES = 10,
	MIN_COUNT = 5,
};

/* ---- points ---- */

void trend_push(struct trend *tr, uint64_t t_ns, double value)
{
	tr->seen++;
	if (!tr->stride)
		tr->stride = 1;
	if (tr->skip && --tr->skip)
		return;
	if (tr->n == TREND_POINTS) { /* every other point goes, so that the rest spans all */
		for (int i = 0; i < TREND_POINTS / 2; i++) {
			tr->t_ns[i] = tr->t_ns[2 * i];
			tr->value[i] = tr->value[2 * i];
		}
		tr->n = TREND_POINTS / 2;
		if (tr->stride < UINT16_MAX / 2)
			tr->stride = (uint16_t)(tr->stride * 2);
	}
	tr->t_ns[tr->n] = t_ns;
	tr->value[tr->n++] = (float)value;
	tr->skip = tr->stride;
}

/* The median slope between points half the span apart: robust against single outliers. */
static int by_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static double slope_per_min(const struct trend *tr)
{
	float slopes[TREND_POINTS];
	uint16_t half = tr->n / 2, n = 0;

	for (uint16_t i = 0; i + half < tr->n; i++) {
		double dt_s = (double)(tr->t_ns[i + half] - tr->t_ns[i]) / 1e9;

		if (dt_s > 0)
			slopes[n++] = (float)((tr->value[i + half] - tr->value[i]) * 60 / dt_s);
	}
	if (!n)
		return NAN;
	qsort(slopes, n, sizeof(*slopes), by_float);
	return slopes[n / 2];
}

struct growth {
	int windows, grew; /* windows after the first, and how many stood above the one before */
	int floors;	   /* windows whose least stood above the least of the one before */
	double span_s;
	double by;   /* last window's mean less the first's */
	bool shrank; /* a later window stood below an earlier one */
};

static struct growth grow_over_windows(const struct trend *tr)
{
	struct growth g = { 0 };
	double sum[WINDOWS] = { 0 }, low[WINDOWS] = { 0 }, before = NAN, first = NAN;
	int n[WINDOWS] = { 0 };
	uint64_t span_ns;

	if (tr->n < 2)
		return g;
	span_ns = tr->t_ns[tr->n - 1] - tr->t_ns[0];
	g.span_s = (double)span_ns / 1e9;
	for (uint16_t i = 0; i < tr->n; i++) {
		uint64_t at = span_ns ? (tr->t_ns[i] - tr->t_ns[0]) * WINDOWS / (span_ns + 1) : 0;

		if (!n[at] || tr->value[i] < low[at])
			low[at] = tr->value[i];
		sum[at] += tr->value[i];
		n[at]++;
	}
	for (int i = 0; i < WINDOWS; i++) {
		double mean = n[i] ? sum[i] / n[i] : NAN;

		if (isnan(mean))
			continue;
		if (isnan(before)) {
			first = mean;
		} else {
			g.windows++;
			g.grew += mean > before;
			g.shrank |= mean < before;
			g.floors += i && n[i - 1] && low[i] > low[i - 1];
		}
		before = mean;
	}
	g.by = before - first;
	return g;
}

/* The newest eighth stands above all before it: a ramp that has ended does not. */
static bool still_grows(const struct trend *tr)
{
	uint16_t cut = (uint16_t)(tr->n - tr->n / 8 - 1);
	float before = -1, newest = -1;

	for (uint16_t i = 0; i < tr->n; i++) {
		float *max = i < cut ? &before : &newest;

		*max = tr->value[i] > *max ? tr->value[i] : *max;
	}
	return newest > before;
}

/* ---- judgement ---- */

static bool blocks_for_ever(const struct group_row *r)
{
	return strcmp(r->state, "running") != 0 && strcmp(r->state, "runnable") != 0 &&
	       strcmp(r->state, "syscall") != 0;
}

static const char *grade_of(const struct group_row *r, const struct growth *g)
{
	if (r->count < MIN_COUNT || !blocks_for_ever(r) || pattern_is_benign(r))
		return NULL;
	if (r->trend.seen < WEAK_SAMPLES || g->span_s < SHORTEST_S || g->by < 1)
		return NULL;
	if (r->trend.seen >= STRONG_SAMPLES && g->windows == WINDOWS - 1 && g->grew == g->windows &&
	    g->floors == g->windows && still_grows(&r->trend))
		return "strong";
	if (g->grew >= g->windows - 1 && !g->shrank && g->windows >= WINDOWS - 2)
		return "weak";
	return NULL;
}

static const char *evidence(struct arena *a, const char *text)
{
	return arena_str(a, str_of(text)).p;
}

static void fill(struct leak_row *l, const struct group_row *r, const struct growth *g,
		 struct arena *a)
{
	const struct pattern *p = pattern_of(r);
	char text[256];

	row_clear(&table_leaks, l);
	l->group = r->largest_id;
	l->stack_id = r->stack_id;
	l->row = r;
	l->count = r->count;
	l->delta_per_min = slope_per_min(&r->trend);
	l->oldest_s = r->oldest_s;
	l->since_s = g->span_s;
	l->site = r->site;
	l->started = r->started;
	l->pattern = p->name;
	l->advice = p->advice;
	snprintf(text, sizeof(text), "grew in %d of %d windows over %.0f s, by %.0f", g->grew,
		 g->windows, g->span_s, g->by);
	l->evidence[l->n_evidence++] = evidence(a, text);
	if (!g->shrank)
		l->evidence[l->n_evidence++] = "never shrank in that time";
	snprintf(text, sizeof(text), "%.0f goroutines in \"%s\" with one stack", r->count,
		 r->state);
	l->evidence[l->n_evidence++] = evidence(a, text);
}

static bool was_suspect(const struct leak_row *old, size_t n, uint64_t stack_id, double *ret_peak)
{
	for (size_t i = 0; i < n; i++) {
		if (old[i].stack_id == stack_id) {
			*ret_peak = old[i].peak;
			return true;
		}
	}
	return false;
}

static int worst_first(const void *a, const void *b)
{
	const struct leak_row *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static bool looked_long_enough(const struct target *t)
{
	for (size_t i = 0; i < t->n_stacks; i++) {
		const struct trend *tr = &t->stacks[i]->trend;

		if (tr->seen >= LOOKED_SAMPLES &&
		    tr->t_ns[tr->n - 1] - tr->t_ns[0] >= SHORTEST_S * NS_PER_S)
			return true;
	}
	return false;
}

/* ---- what the runtime itself has proven ---- */

static void add_proven(struct target_state *s, uint64_t stack_id, double count)
{
	for (size_t i = 0; i < s->n_proven; i++) {
		if (s->proven[i].stack_id == stack_id) {
			s->proven[i].count += count;
			return;
		}
	}
	s->proven = xreallocarray(s->proven, s->n_proven + 1, sizeof(*s->proven));
	s->proven[s->n_proven++] = (struct proven_stack){ stack_id, count };
}

void leaks_prove(struct target *t, const struct leak_profile_sample *p, uint64_t unix_ns)
{
	struct target_state *s = t->state;

	t->leak_profile.unix_ns = unix_ns;
	t->leak_profile.found = p->leaked ? (double)p->leaked->total : NAN;
	snprintf(t->leak_profile.why, sizeof(t->leak_profile.why), "%s",
		 p->leaked ? "" : p->why.text);
	if (!p->leaked)
		return;
	s->n_proven = 0;
	for (size_t i = 0; i < p->leaked->n_groups; i++) {
		const struct goroutine_group *g = &p->leaked->groups[i];

		if (g->n_stack) /* without frames nobody knows what it is */
			add_proven(s, goroutine_group_id(g->stack, g->n_stack, NULL, 0),
				   (double)g->count);
	}
}

static double proven_count(const struct target_state *s, uint64_t stack_id)
{
	for (size_t i = 0; i < s->n_proven; i++) {
		if (s->proven[i].stack_id == stack_id)
			return s->proven[i].count;
	}
	return 0;
}

static void tell_proof(const struct target *t, struct leak_row *l, double proven, struct arena *a)
{
	time_t s = (time_t)(t->leak_profile.unix_ns / NS_PER_S);
	char text[160], at[16];
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(at, sizeof(at), "%H:%M:%S", &tm);
	snprintf(text, sizeof(text),
		 "Go's own leak profile of %s: %.0f of them can never wake again", at, proven);
	if (l->n_evidence < sizeof(l->evidence) / sizeof(*l->evidence))
		l->evidence[l->n_evidence++] = evidence(a, text);
	l->grade = "proven";
	l->score = 0.99;
}

/* A suspect stays, if need be with a lower grade, until its group has shrunk by half or is gone. */
void leaks_apply(struct target *t, struct arena *a, uint64_t t_ns)
{
	struct leak_row *old = t->leaks, *now = NULL;
	size_t n_old = t->n_leaks ? t->n_leaks : t->state->n_leaks_kept, n = 0, cap = 0;

	(void)t_ns;
	arena_clear(a);
	t->leaks_looked = t->leaks_looked || looked_long_enough(t);
	for (size_t i = 0; i < t->n_stacks; i++) {
		const struct group_row *r = t->stacks[i];
		struct growth g = grow_over_windows(&r->trend);
		double peak = 0;
		bool was = was_suspect(old, n_old, r->stack_id, &peak);
		const char *grade = grade_of(r, &g);
		double proven = proven_count(t->state, r->stack_id);

		if (!grade && proven > 0)
			grade = "proven";
		if (!grade && was && r->count > peak / 2)
			grade = "weak";
		if (!grade)
			continue;
		GROW(now, n, cap);
		fill(&now[n], r, &g, a);
		now[n].grade = grade;
		now[n].peak = r->count > peak ? r->count : peak;
		now[n].score = strcmp(grade, "strong") == 0
				       ? 0.8 + 0.15 * (1 - 1 / (1 + g.by / 100))
				       : 0.4;
		if (proven > 0)
			tell_proof(t, &now[n], proven, a);
		n++;
	}
	if (n)
		qsort(now, n, sizeof(*now), worst_first);
	free(old);
	t->state->n_leaks_kept = 0;
	t->leaks = now;
	t->n_leaks = n;
}

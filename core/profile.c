#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/xalloc.h"
#include "core/field.h"
#include "core/state.h"

enum {
	SITES_MAX = 500,      /* kept of a profile: the heaviest */
	NAME_MAX_BYTES = 512, /* of a function, a file; a profile may name a thing in megabytes */
};

static const char *const kind_names[PROFILE_KINDS] = {
	[PROFILE_CPU] = "cpu",
	[PROFILE_HEAP] = "heap",
	[PROFILE_ALLOCS] = "allocs",
	[PROFILE_MUTEX] = "mutex",
	[PROFILE_BLOCK] = "block",
	[PROFILE_CONTENTION] = "contention",
	[PROFILE_THREADCREATE] = "threadcreate",
	[PROFILE_GOROUTINES] = "goroutine",
	[PROFILE_OTHER] = "other",
	[PROFILE_LEAKS] = "goroutineleak",
};

const char *profile_kind_name(enum profile_kind k)
{
	return kind_names[k];
}

bool profile_fits(enum profile_kind asked, enum profile_kind got)
{
	return asked == got || (asked == PROFILE_HEAP && got == PROFILE_ALLOCS) ||
	       (got == PROFILE_CONTENTION && (asked == PROFILE_MUTEX || asked == PROFILE_BLOCK));
}

/* ---- values in the member of their unit ---- */

/* Nanoseconds in one of a unit of time; 0: it is none. */
static double ns_of(struct str unit)
{
	static const struct {
		const char *unit;
		double ns;
	} times[] = {
		{ "nanoseconds", 1 },
		{ "microseconds", 1e3 },
		{ "milliseconds", 1e6 },
		{ "seconds", 1e9 },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		if (str_is(unit, times[i].unit))
			return times[i].ns;
	}
	return 0;
}

static void put_value(struct str unit, int64_t v, double *plain, double *bytes, double *ns)
{
	if (str_is(unit, "bytes"))
		*bytes = (double)v;
	else if (ns_of(unit) > 0)
		*ns = (double)v * ns_of(unit);
	else
		*plain = (double)v;
}

static double share_pct(int64_t part, int64_t of)
{
	return of > 0 ? (double)part * 100 / (double)of : NAN;
}

/* ---- what was allocated between two ---- */

static int by_func(const void *a, const void *b)
{
	uint64_t x = ((const struct allocated *)a)->func, y = ((const struct allocated *)b)->func;

	return (x > y) - (x < y);
}

static long type_named(const struct profile_sample *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_types; i++) {
		if (str_is(p->types[i].name, name))
			return i;
	}
	return -1;
}

static double alloc_rate(const struct profile_state *s, uint64_t func, int64_t bytes,
			 uint64_t unix_ns)
{
	struct allocated key = { .func = func };
	const struct allocated *was;

	if (!s->allocated_unix_ns || unix_ns <= s->allocated_unix_ns)
		return NAN;
	was = s->n_allocated ? bsearch(&key, s->allocated, s->n_allocated, sizeof(key), by_func)
			     : NULL;
	if (was && bytes < was->bytes)
		return NAN;
	return (double)(bytes - (was ? was->bytes : 0)) * 1e9 /
	       (double)(unix_ns - s->allocated_unix_ns);
}

static void keep_allocated(struct profile_state *s, const struct profile_sample *p, long type,
			   uint64_t unix_ns)
{
	if (type < 0)
		return;
	free(s->allocated);
	s->allocated = xcalloc(p->n_sites + 1, sizeof(*s->allocated));
	s->n_allocated = p->n_sites;
	for (size_t i = 0; i < p->n_sites; i++)
		s->allocated[i] = (struct allocated){ hash_str(HASH_START, p->sites[i].func),
						      p->sites[i].flat[type] };
	qsort(s->allocated, s->n_allocated, sizeof(*s->allocated), by_func);
	s->allocated_unix_ns = unix_ns;
}

/* ---- rows ---- */

static const char *copy(struct arena *a, struct str s)
{
	if (s.len > NAME_MAX_BYTES)
		s.len = NAME_MAX_BYTES;
	return arena_str(a, s).p;
}

static const char *place_of(struct arena *a, const struct profile_site *site)
{
	struct str file = site->file;
	const char *slash = file.len ? memrchr(file.p, '/', file.len) : NULL;
	char text[NAME_MAX_BYTES + 16];

	if (!file.len || !site->line)
		return NULL;
	if (slash)
		file = (struct str){ slash + 1, file.len - (uint32_t)(slash + 1 - file.p) };
	snprintf(text, sizeof(text), "%.*s:%u",
		 (int)(file.len < NAME_MAX_BYTES ? file.len : NAME_MAX_BYTES), file.p, site->line);
	return arena_str(a, str_of(text)).p;
}

static void fill_site(struct site_row *r, const struct profile_site *site,
		      const struct profile_sample *p, struct arena *a)
{
	const struct profile_type *shown = &p->types[p->shown];
	int64_t *values = arena_alloc(a, 2 * p->n_types * sizeof(*values));

	row_clear(&table_sites, r);
	r->func = copy(a, site->func);
	r->place = place_of(a, site);
	if (site->file.len)
		r->file = copy(a, site->file);
	if (site->line)
		r->line = site->line;
	put_value(shown->unit, site->flat[p->shown], &r->flat, &r->flat_bytes, &r->flat_ns);
	put_value(shown->unit, site->cum[p->shown], &r->cum, &r->cum_bytes, &r->cum_ns);
	r->flat_pct = share_pct(site->flat[p->shown], shown->total);
	r->cum_pct = share_pct(site->cum[p->shown], shown->total);
	for (uint32_t i = 0; i < p->n_types; i++) {
		values[2 * i] = site->flat[i];
		values[2 * i + 1] = site->cum[i];
	}
	r->by_type = values;
	r->id = hash_str(HASH_START, site->func) | 1;
}

static void fill_sites(struct profile_state *s, const struct profile_sample *p, uint64_t unix_ns)
{
	size_t n = p->n_sites < SITES_MAX ? p->n_sites : SITES_MAX;
	struct site_row *rows = arena_alloc(&s->arena, n * sizeof(*rows));
	long allocated = type_named(p, "alloc_space");

	for (size_t i = 0; i < n; i++) {
		const struct profile_site *site = &p->sites[i];

		fill_site(&rows[i], site, p, &s->arena);
		if (allocated >= 0)
			rows[i].alloc_bytes_per_s = alloc_rate(s, hash_str(HASH_START, site->func),
							       site->flat[allocated], unix_ns);
	}
	s->row.sites = rows;
	s->row.n_sites = n;
	keep_allocated(s, p, allocated, unix_ns);
}

static void fill_types(struct profile_state *s, const struct profile_sample *p)
{
	struct profile_type_row *types = arena_alloc(&s->arena, p->n_types * sizeof(*types));

	for (uint32_t i = 0; i < p->n_types; i++)
		types[i] = (struct profile_type_row){
			copy(&s->arena, p->types[i].name),
			copy(&s->arena, p->types[i].unit),
			(double)p->types[i].total,
		};
	s->row.types = types;
	s->row.n_types = p->n_types;
	s->row.type = types[p->shown].name;
}

/* What an empty one most often means. */
static const char *why_empty(enum profile_kind k)
{
	switch (k) {
	case PROFILE_MUTEX:
		return "nothing in it: the rate is 0 in the target unless it calls "
		       "runtime.SetMutexProfileFraction";
	case PROFILE_BLOCK:
		return "nothing in it: the rate is 0 in the target unless it calls "
		       "runtime.SetBlockProfileRate";
	case PROFILE_CONTENTION:
		return "nothing in it: the rates are 0 in the target unless it calls "
		       "runtime.SetMutexProfileFraction or SetBlockProfileRate";
	case PROFILE_HEAP:
	case PROFILE_ALLOCS:
		return "nothing in it: no collection has ended yet, or runtime.MemProfileRate is 0";
	case PROFILE_CPU:
		return "nothing in it: the target used no CPU while it was taken";
	default:
		return "nothing in it";
	}
}

static void fill(struct profile_state *s, const struct profile_answer *a, uint64_t unix_ns)
{
	const struct profile_sample *p = a->profile;
	const struct profile_type *shown = &p->types[p->shown];
	struct profile_row *r = &s->row;

	arena_clear(&s->arena);
	row_clear(&table_profiles, r);
	r->taken_unix_ns = p->time_ns ? p->time_ns : unix_ns;
	r->kind = kind_names[a->kind];
	fill_types(s, p);
	fill_sites(s, p, r->taken_unix_ns);
	put_value(shown->unit, shown->total, &r->total, &r->total_bytes, &r->total_ns);
	r->samples = (double)p->n_samples;
	r->functions = (double)p->n_sites;
	if (p->duration_ns)
		r->duration_s = (double)p->duration_ns / 1e9;
	if (a->kind == PROFILE_CPU) {
		r->dispatch_pct = share_pct(p->dispatch_cum, shown->total);
		r->dispatch_leaf_pct = share_pct(p->dispatch_flat, shown->total);
	}
	if (p->n_sites == 0)
		r->detail = why_empty(a->kind);
	else if (p->drops_frames)
		r->detail = "it asks to leave out some frames, which are shown all the same";
}

void profiles_apply(struct target *t, const struct profile_answer *a, uint64_t unix_ns)
{
	struct profile_state *s = &t->state->profiles[a->kind];

	if (a->profile) {
		fill(s, a, unix_ns);
	} else {
		if (!s->row.taken_unix_ns)
			row_clear(&table_profiles, &s->row);
		snprintf(s->detail, sizeof(s->detail), "%s", a->why.text);
		s->row.kind = kind_names[a->kind];
		s->row.detail = s->detail;
	}
	s->row.asked_unix_ns = unix_ns;
	t->profiles[a->kind] = &s->row;
	t->last_profile = a->kind;
}

void profiles_forget(struct target *t)
{
	for (int i = 0; i < PROFILE_KINDS; i++) {
		struct profile_state *s = &t->state->profiles[i];

		arena_release(&s->arena);
		free(s->allocated);
		*s = (struct profile_state){ 0 };
		t->profiles[i] = NULL;
	}
	t->last_profile = PROFILE_KINDS;
}

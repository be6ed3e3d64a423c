#include "collectors/parse/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "collectors/parse/pprof_body.h"
#include "collectors/parse/pprof_tables.h"
#include "core/base/xalloc.h"

/* A site in the making, by its name. */
struct node {
	struct str name;
	bool dispatch; /* is_dispatch */
	uint64_t hash;
	struct str file; /* of its heaviest line */
	uint32_t line;
	double line_flat, line_cum;
};

/* The nodes of a location: one, which is then both, or two; or, with MANY, a number of them from
 * `first` in frames. And what it has of the shown type: recursion counts as often as it is there,
 * which is why it does not stay below a total and is no integer. What every visit needs stands
 * together. */
struct span {
	uint32_t first, second;
	double cum;
};

enum { MANY = 1 << 30 };

/* One line of a node, which several locations may be at. */
struct place {
	uint32_t node, line;
	struct str file;
	double flat, cum;
};

/* A node's place in the table; without regard to sign. */
struct rank {
	int64_t flat, cum;
	uint32_t node;
};

/* Open addressing; index + 1, or 0. */
struct slots {
	uint32_t *at;
	size_t n; /* a power of two */
};

/* In a table at most half full honest names stay far below this; only names made to collide pass
 * it. */
enum { PROBES_MAX = 256, FEW_RANKS = 24, CACHE_LINE = 64, BATCH = 32, FETCH_FROM = 2048 };

#define ROUND_UP(n) (((n) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE)

/* Node 0 stands for all of Go's code for interfaces together. */
enum { DISPATCH_NODE, FIRST_NODE };

struct profile_work {
	struct pprof_body body;
	struct pprof_tables t;
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	uint32_t *function_nodes; /* of each function, in the order of its table */
	struct span *spans;	  /* of each location */
	uint32_t *frames;
	size_t n_frames, cap_frames;
	double *leaf_flat; /* of each location */
	struct place *places;
	size_t n_places, cap_places;
	struct slots slots; /* of nodes by name, then of places */
	uint32_t *seen;	    /* of each node: the last sample that had it */
	int64_t *counts;    /* of each node: cum of each type, then flat of each */
	struct rank *ranks;
	struct profile_site *sites;
	size_t cap_functions, cap_locations, cap_leaf_flat, cap_counts, cap_seen, cap_ranks,
		cap_sites;
};

static void *room(void *p, size_t *cap, size_t n, size_t size)
{
	n = n ? n : 1; /* never NULL */
	if (n <= *cap)
		return p;
	*cap = n;
	free(p);
	return xcalloc(n, size);
}

static void slots_clear(struct slots *s, size_t items)
{
	size_t want = 64;

	while (want < 2 * items)
		want *= 2;
	if (want > s->n) {
		free(s->at);
		s->at = xcalloc(want, sizeof(*s->at));
		s->n = want;
		return;
	}
	memset(s->at, 0, s->n * sizeof(*s->at));
}

/* ---- nodes ---- */

/* Go's own code behind x.(T), type switches, and conversions to an interface: runtime/iface.go,
 * Go 1.19 to 1.27. */
static bool is_dispatch(struct str name)
{
	static const char *const names[] = { "getitab",		  "typeAssert",	     "assertE2I",
					     "assertI2I",	  "interfaceSwitch", "convT",
					     "convI2I",		  "itabAdd",	     "itabInit",
					     "(*itabTableType).", "(*itab).init" };

	if (name.len < 8 || memcmp(name.p, "runtime.", 8) != 0)
		return false;
	name.p += 8;
	name.len -= 8;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (name.len && name.p[0] == names[i][0] && str_starts(name, names[i]))
			return true;
	}
	return false;
}

static uint64_t mix(uint64_t h, uint64_t part)
{
	h = (h ^ part) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* Eight bytes at a time, the last of which overlap: it never leaves this file, so it may change. */
static uint64_t name_hash(struct str s)
{
	uint64_t h = s.len;

	if (s.len < 8)
		return mix(h, load(s.p, s.len));
	for (uint32_t i = 0; i + 8 < s.len; i += 8)
		h = mix(h, load(s.p + i, 8));
	return mix(h, load(s.p + s.len - 8, 8));
}

static int too_slow(struct profile_work *w)
{
	return err_set(w->t.err, -EBADMSG, "a profile built to be slow is refused");
}

static inline long add_node(struct profile_work *w, struct str name)
{
	GROW(w->nodes, w->n_nodes, w->cap_nodes);
	w->nodes[w->n_nodes] = (struct node){ .name = name, .dispatch = is_dispatch(name) };
	return (long)w->n_nodes++;
}

/* The node of a name, or -EBADMSG. */
static PROTO_HOT long node_of(struct profile_work *w, struct str name)
{
	uint64_t hash = name_hash(name);
	size_t at = hash & (w->slots.n - 1);

	for (int i = 0; i < PROBES_MAX; i++, at = (at + 1) & (w->slots.n - 1)) {
		uint32_t *slot = &w->slots.at[at];

		if (*slot == 0) {
			long n = add_node(w, name);

			w->nodes[n].hash = hash;
			*slot = (uint32_t)n + 1;
			return n;
		}
		if (w->nodes[*slot - 1].hash == hash && str_eq(w->nodes[*slot - 1].name, name))
			return *slot - 1;
	}
	return too_slow(w);
}

/* The base name of a mapping's file, as pprof writes it for code without symbols. */
static struct str mapping_name(struct profile_work *w, uint64_t id, struct arena *a)
{
	struct err *err = w->t.err;
	struct pprof_text *file;
	const char *slash;
	struct str s;
	char *to;
	long at;

	w->t.err = NULL; /* to know no mapping is no fault */
	at = id ? pprof_find(&w->t, &w->t.mapping_ids, id) : -1;
	w->t.err = err;
	file = at >= 0 ? pprof_text(&w->t, w->t.mappings[at]) : NULL;
	if (!file || file->s.len == 0)
		return STR("<unknown>");
	s = file->s;
	slash = memrchr(s.p, '/', s.len);
	if (slash)
		s = (struct str){ slash + 1, s.len - (uint32_t)(slash + 1 - s.p) };
	to = arena_alloc(a, s.len + 2);
	to[0] = '[';
	memcpy(to + 1, s.p, s.len);
	to[s.len + 1] = ']';
	return (struct str){ to, s.len + 2 };
}

static int name_functions(struct profile_work *w)
{
	struct pprof_tables *t = &w->t;

	w->function_nodes = room(w->function_nodes, &w->cap_functions, t->function_ids.n,
				 sizeof(*w->function_nodes));
	for (size_t i = 0; i < t->function_ids.n; i++) {
		struct pprof_text *name = pprof_text(t, t->functions[i].name);
		long node;

		if (!name || !pprof_text(t, t->functions[i].file))
			return err_set(t->err, -EBADMSG,
				       "damaged profile: a function refers to a missing string");
		node = name->s.len ? node_of(w, name->s) : 0;
		if (node < 0)
			return (int)node;
		w->function_nodes[i] = (uint32_t)node; /* 0: it has no name */
	}
	return 0;
}

/* ---- locations: which nodes a visit of one counts for ---- */

static void add_frame(struct profile_work *w, uint32_t node)
{
	GROW(w->frames, w->n_frames, w->cap_frames);
	w->frames[w->n_frames++] = node;
}

static int add_line(struct profile_work *w, const struct pprof_location *loc, uint64_t function,
		    struct arena *a)
{
	long at = function ? pprof_find(&w->t, &w->t.function_ids, function) : -1;
	long node = at >= 0 ? w->function_nodes[at] : 0;

	if (function && at < 0)
		return (int)at;
	if (node == 0)
		node = node_of(w, mapping_name(w, loc->mapping, a));
	if (node < 0)
		return (int)node;
	add_frame(w, (uint32_t)node);
	if (w->nodes[node].dispatch)
		add_frame(w, DISPATCH_NODE);
	return 0;
}

/* Of the frames from `at`. */
static struct span make_span(struct profile_work *w, uint32_t at)
{
	uint32_t n = (uint32_t)w->n_frames - at;
	const uint32_t *frames = &w->frames[at];

	if (n > 2 || (n == 2 && frames[0] == frames[1]))
		return (struct span){ at, MANY | n, 0 };
	w->n_frames = at;
	return (struct span){ frames[0], frames[n - 1], 0 };
}

static int place_locations(struct profile_work *w, struct arena *a)
{
	struct pprof_tables *t = &w->t;
	size_t n = t->location_ids.n;

	w->spans = room(w->spans, &w->cap_locations, n, sizeof(*w->spans));
	w->n_frames = 0;
	for (size_t l = 0; l < n; l++) {
		const struct pprof_location *loc = &t->locations[l];
		uint32_t first = (uint32_t)w->n_frames;

		for (uint32_t i = loc->first; i < loc->first + loc->n; i++) {
			int r = add_line(w, loc, t->lines[i].function, a);

			if (r < 0)
				return r;
		}
		w->spans[l] = make_span(w, first);
	}
	return 0;
}

/* ---- samples ---- */

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
	w->seen = room(w->seen, &w->cap_seen, w->n_nodes, sizeof(*w->seen));
	memset(w->seen, 0, w->n_nodes * sizeof(*w->seen));
	w->leaf_flat =
		room(w->leaf_flat, &w->cap_leaf_flat, w->t.location_ids.n, sizeof(*w->leaf_flat));
	memset(w->leaf_flat, 0, w->t.location_ids.n * sizeof(*w->leaf_flat));
}

static int add_samples(struct profile_work *w, struct profile_sample *p)
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

/* ---- where in a function ---- */

static bool is_heavier(const struct place *p, const struct node *n)
{
	double flat = fabs(p->flat) - fabs(n->line_flat), cum = fabs(p->cum) - fabs(n->line_cum);

	if (n->line == 0 || flat != 0)
		return n->line == 0 || flat > 0;
	return cum != 0 ? cum > 0 : p->line < n->line;
}

static int add_place(struct profile_work *w, const struct place *p)
{
	size_t at = mix(mix(0, p->node + 1), p->line) & (w->slots.n - 1);

	for (int i = 0; i < PROBES_MAX; i++, at = (at + 1) & (w->slots.n - 1)) {
		uint32_t *slot = &w->slots.at[at];
		struct place *there = *slot ? &w->places[*slot - 1] : NULL;

		if (!there) {
			GROW(w->places, w->n_places, w->cap_places);
			w->places[w->n_places++] = *p;
			*slot = (uint32_t)w->n_places;
			return 0;
		}
		if (there->node == p->node && there->line == p->line) {
			there->flat += p->flat;
			there->cum += p->cum;
			return 0;
		}
	}
	return too_slow(w);
}

/* A location's weight goes to its lines: all of the flat one to the leaf. */
static int spread(struct profile_work *w, size_t l)
{
	struct pprof_tables *t = &w->t;
	const struct pprof_location *loc = &t->locations[l];

	for (uint32_t i = loc->first; i < loc->first + loc->n; i++) {
		const struct pprof_line *line = &t->lines[i];
		struct place p = { .line = (uint32_t)line->line, .cum = w->spans[l].cum };
		long at;
		int r;

		if (line->function == 0 || line->line <= 0 || line->line > UINT32_MAX)
			continue;
		at = pprof_find(t, &t->function_ids, line->function);
		p.node = w->function_nodes[at];
		p.file = pprof_text(t, t->functions[at].file)->s;
		p.flat = i == loc->first ? w->leaf_flat[l] : 0;
		r = p.node ? add_place(w, &p) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_lines(struct profile_work *w)
{
	slots_clear(&w->slots, w->t.n_lines);
	w->n_places = 0;
	for (size_t l = 0; l < w->t.location_ids.n; l++) {
		int r = w->spans[l].cum != 0 ? spread(w, l) : 0;

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < w->n_places; i++) {
		const struct place *p = &w->places[i];
		struct node *n = &w->nodes[p->node];

		if (!is_heavier(p, n))
			continue;
		n->file = p->file;
		n->line = p->line;
		n->line_flat = p->flat;
		n->line_cum = p->cum;
	}
	return 0;
}

/* ---- the table ---- */

/* By flat, then cum; of equals in the order of the profile. */
static bool is_before(const struct rank *a, const struct rank *b)
{
	if (a->flat != b->flat)
		return a->flat > b->flat;
	if (a->cum != b->cum)
		return a->cum > b->cum;
	return a->node < b->node;
}

static void sort_few(struct rank *ranks, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct rank r = ranks[i];
		size_t to = i;

		for (; to > 0 && is_before(&r, &ranks[to - 1]); to--)
			ranks[to] = ranks[to - 1];
		ranks[to] = r;
	}
}

/* One pass of a radix sort, largest first, by eight bits of one of the keys. */
static void sort_pass(const struct rank *from, struct rank *to, size_t n, bool by_flat, int shift)
{
	size_t starts[256] = { 0 }, at = 0;

	for (size_t i = 0; i < n; i++)
		starts[(by_flat ? from[i].flat : from[i].cum) >> shift & 0xff]++;
	for (int digit = 255; digit >= 0; digit--) {
		size_t count = starts[digit];

		starts[digit] = at;
		at += count;
	}
	for (size_t i = 0; i < n; i++)
		to[starts[(by_flat ? from[i].flat : from[i].cum) >> shift & 0xff]++] = from[i];
}

/* By the bits that differ anywhere: few of them, in most profiles. `spare` is as long. */
static void sort_ranks(struct rank *ranks, struct rank *spare, size_t n)
{
	struct rank *from = ranks, *to = spare, *sorted;
	uint64_t differs[2] = { 0 }; /* of cum, of flat */

	if (n <= FEW_RANKS) {
		sort_few(ranks, n);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		differs[0] |= (uint64_t)(ranks[i].cum ^ ranks[0].cum);
		differs[1] |= (uint64_t)(ranks[i].flat ^ ranks[0].flat);
	}
	for (int by_flat = 0; by_flat < 2; by_flat++) {
		while (differs[by_flat]) {
			int shift = __builtin_ctzll(differs[by_flat]);

			differs[by_flat] &= ~((uint64_t)0xff << shift);
			sort_pass(from, to, n, by_flat, shift);
			sorted = to;
			to = from;
			from = sorted;
		}
	}
	if (from != ranks)
		memcpy(ranks, from, n * sizeof(*ranks));
}

/* Most functions are never the leaf: those are sorted apart, by one key. What is of other types
 * alone comes last. */
static void sort_table(struct rank *ranks, struct rank *spare, size_t n)
{
	size_t n_flat = 0, n_cum = 0;

	for (size_t i = 0; i < n; i++) {
		struct rank r = ranks[i];

		if (r.flat)
			ranks[n_flat++] = r;
		else
			spare[n_cum++] = r;
	}
	memcpy(ranks + n_flat, spare, n_cum * sizeof(*ranks));
	sort_ranks(ranks, spare, n_flat);
	sort_ranks(ranks + n_flat, spare, n_cum);
}

static bool is_zero(const int64_t *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (v[i])
			return false;
	}
	return true;
}

static void make_table(struct profile_work *w, struct profile_sample *p)
{
	uint32_t types = p->n_types;
	size_t n = 0;

	w->ranks = room(w->ranks, &w->cap_ranks, 2 * w->n_nodes, sizeof(*w->ranks));
	w->sites = room(w->sites, &w->cap_sites, w->n_nodes, sizeof(*w->sites));
	for (size_t i = FIRST_NODE; i < w->n_nodes; i++) {
		const int64_t *cum = &w->counts[i * 2 * types], *flat = cum + types;

		if (!is_zero(cum, 2 * types))
			w->ranks[n++] = (struct rank){ llabs(flat[p->shown]), llabs(cum[p->shown]),
						       (uint32_t)i };
	}
	sort_table(w->ranks, w->ranks + w->n_nodes, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t at = w->ranks[i].node;
		const struct node *node = &w->nodes[at];

		w->sites[i] = (struct profile_site){ node->name, node->file, node->line,
						     &w->counts[((size_t)at * 2 + 1) * types],
						     &w->counts[(size_t)at * 2 * types] };
	}
	p->sites = w->sites;
	p->n_sites = n;
	p->dispatch_flat = w->counts[types + p->shown];
	p->dispatch_cum = w->counts[p->shown];
}

/* ---- what the profile is ---- */

static enum profile_kind kind_of(const struct profile_sample *p)
{
	static const struct {
		const char *type;
		enum profile_kind kind;
	} kinds[] = {
		{ "inuse_space", PROFILE_HEAP },       { "cpu", PROFILE_CPU },
		{ "contentions", PROFILE_CONTENTION }, { "threadcreate", PROFILE_THREADCREATE },
		{ "goroutine", PROFILE_GOROUTINES },   { "goroutineleak", PROFILE_GOROUTINES },
	};

	if (str_is(p->types[p->shown].name, "alloc_space"))
		return PROFILE_ALLOCS;
	for (uint32_t i = 0; i < p->n_types; i++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			if (str_is(p->types[i].name, kinds[k].type))
				return kinds[k].kind;
		}
	}
	return PROFILE_OTHER;
}

/* The default type, or the last. */
static uint32_t type_to_show(struct pprof_tables *t, const struct profile_sample *p)
{
	struct pprof_text *want = pprof_text(t, t->about.default_type);

	for (uint32_t i = 0; want && want->s.len && i < p->n_types; i++) {
		if (str_eq(p->types[i].name, want->s))
			return i;
	}
	return p->n_types - 1;
}

static int read_types(struct pprof_tables *t, struct profile_sample *p)
{
	const struct pprof_about *about = &t->about;

	for (size_t i = 0; i < t->n_types; i++) {
		struct str type[2];
		int r = pprof_read_type(t, t->types[i], type);

		if (r < 0)
			return r;
		p->types[i] = (struct profile_type){ .name = type[0], .unit = type[1] };
	}
	if (about->period_type.p) {
		struct str type[2];
		int r = pprof_read_type(t, about->period_type, type);

		if (r < 0)
			return r;
	}
	p->n_types = (uint32_t)t->n_types;
	p->shown = type_to_show(t, p);
	p->kind = kind_of(p);
	p->time_ns = about->time_ns > 0 ? (uint64_t)about->time_ns : 0;
	p->duration_ns = about->duration_ns > 0 ? (uint64_t)about->duration_ns : 0;
	p->period = about->period;
	p->drops_frames = about->drop_frames != 0;
	return 0;
}

/* ---- all of it ---- */

static int add_up(struct profile_work *w, struct profile_sample *p, struct arena *a)
{
	struct pprof_tables *t = &w->t;
	int r = read_types(t, p);

	if (r < 0)
		return r;
	slots_clear(&w->slots, t->function_ids.n + t->location_ids.n);
	w->n_nodes = 0;
	add_node(w, STR("")); /* DISPATCH_NODE */
	r = name_functions(w);
	if (r == 0)
		r = place_locations(w, a);
	if (r == 0)
		r = add_samples(w, p);
	if (r == 0)
		r = find_lines(w);
	if (r == 0)
		make_table(w, p);
	return r;
}

static struct profile_work *work_of(struct profile *p, struct err *e)
{
	if (!p->work) {
		p->work = xcalloc(1, sizeof(*p->work));
		pprof_body_init(&p->work->body);
	}
	p->work->t.err = e;
	return p->work;
}

int profile_read(struct profile *p, const void *body, size_t len, struct err *e)
{
	struct profile_work *w = work_of(p, e);
	struct profile_sample sample = { 0 };
	struct proto raw;
	int r;

	arena_clear(&p->arena);
	p->sample = (struct profile_sample){ 0 };
	if (len > UINT32_MAX)
		return err_set(e, -EFBIG, "a profile of more than 4 GiB is refused");
	r = pprof_body_open(&w->body, (struct str){ body, (uint32_t)len }, &raw, e);
	if (r < 0)
		return r;
	r = pprof_tables_index(&w->t, raw);
	if (r == -EBADMSG)
		return pprof_body_name(&w->body, r, e);
	if (r == 0)
		r = add_up(w, &sample, &p->arena);
	if (r == 0)
		p->sample = sample;
	return r;
}

void profile_release(struct profile *p)
{
	struct profile_work *w = p->work;

	if (w) {
		pprof_body_release(&w->body);
		pprof_tables_release(&w->t);
		free(w->nodes);
		free(w->function_nodes);
		free(w->spans);
		free(w->frames);
		free(w->leaf_flat);
		free(w->places);
		free(w->slots.at);
		free(w->seen);
		free(w->counts);
		free(w->ranks);
		free(w->sites);
		free(w);
	}
	arena_release(&p->arena);
	*p = (struct profile){ 0 };
}

/* Requests by route from a service's own histograms and counters. A histogram tells between which
 * two bounds a quantile lies and no more, so a row has both. */
#include <math.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/field.h"
#include "core/names.h"
#include "core/state.h"

enum { ROWS_MAX = 2000, BOUNDS_MAX = 64 };

enum role { ROLE_BUCKET, ROLE_FIRST_BUCKET, ROLE_COUNT }; /* first: of its histogram */

/* Status classes, then requests whose status is not told. */
enum { CLASSES = 6, CLASS_UNKNOWN = 0 };

struct request_extra {
	uint64_t key;		  /* of method and route */
	uint32_t family;	  /* the first that told of it: others count the same requests */
	double unit_ms;		  /* of the bounds: 1000 for seconds */
	double bound[BOUNDS_MAX]; /* ascending, the last is infinite */
	/* Cumulative counts: how many are at or below the bound at least and at most. The
	 * histograms of a row need not have the same bounds, native ones seldom do. */
	struct counts {
		double least[BOUNDS_MAX], most[BOUNDS_MAX];
	} now, before;
	int n_bounds;
	double count[CLASSES], count_before[CLASSES];
	bool has_before, has_status, skip_quantiles;
	bool by_status; /* the classes are a counter's; class 0 is the histogram's own count */
	uint32_t status_family;
};

static const char *const route_labels[] = { "handler",	  "route",     "path",	     "endpoint",
					    "uri",	  "url",       "http_route", "grpc_method",
					    "rpc_method", "operation", "view",	     "method_name",
					    NULL };
static const char *const method_labels[] = { "method", "http_request_method", "http_method",
					     "verb",   "grpc_type",	      NULL };
static const char *const status_labels[] = {
	"code",	     "status", "status_code", "http_response_status_code", "http_status_code",
	"grpc_code", NULL
};

/* ---- what a series is ---- */

/* What the service asks of others is a dependency, not a request to it. */
static bool is_ours(struct str name)
{
	return !name_has(name, "client") && !name_has(name, "promhttp") &&
	       !name_has(name, "outgoing") && !name_has(name, "remote_storage");
}

static bool has_subject(struct str name)
{
	return name_has(name, "http") || name_has(name, "grpc") || name_has(name, "rpc") ||
	       name_is(name, "request_duration_seconds") || name_is(name, "requests_total");
}

/* A request has a route, a method or a status; a disk's flush requests have none. */
static bool tells_of_a_request(const struct metrics_page *p, const struct series *s)
{
	return label_of(p, s, route_labels).len || label_of(p, s, method_labels).len ||
	       label_of(p, s, status_labels).len;
}

static bool is_duration(const struct family *f)
{
	return f->type == METRIC_HISTOGRAM && is_ours(f->name) &&
	       (has_subject(f->name) || name_has(f->name, "request")) &&
	       (name_has(f->name, "duration") || name_has(f->name, "latency") ||
		name_has(f->name, "handling"));
}

static bool is_counter(const struct family *f)
{
	return f->type == METRIC_COUNTER && is_ours(f->name) && has_subject(f->name) &&
	       (name_ends(f->name, "requests_total") || name_ends(f->name, "requests") ||
		name_ends(f->name, "handled_total")) &&
	       !name_has(f->name, "breaker") && !name_has(f->name, "limit");
}

static double unit_of(struct str name)
{
	if (name_ends(name, "_ms") || name_ends(name, "_milliseconds"))
		return 1;
	return name_ends(name, "_us") || name_ends(name, "_microseconds") ? 0.001 : 1000;
}

static int class_of(struct str status)
{
	/* google.golang.org/grpc/codes: whose fault it is. */
	static const char *const grpc_callers[] = { "canceled",		  "invalidargument",
						    "notfound",		  "alreadyexists",
						    "permissiondenied",	  "resourceexhausted",
						    "failedprecondition", "outofrange",
						    "unauthenticated" };
	static const char *const grpc_servers[] = { "unknown",	"deadlineexceeded",
						    "aborted",	"unimplemented",
						    "internal", "unavailable",
						    "dataloss" };

	if (status.len >= 1 && status.p[0] >= '1' && status.p[0] <= '5' &&
	    (status.len == 3 || (status.len == 1) || name_ends(status, "xx")))
		return status.p[0] - '0';
	if (name_is(status, "ok"))
		return 2;
	for (size_t i = 0; i < sizeof(grpc_callers) / sizeof(*grpc_callers); i++) {
		if (name_is(status, grpc_callers[i]))
			return 4;
	}
	for (size_t i = 0; i < sizeof(grpc_servers) / sizeof(*grpc_servers); i++) {
		if (name_is(status, grpc_servers[i]))
			return 5;
	}
	return CLASS_UNKNOWN;
}

/* ---- rows ---- */

static uint64_t key_of(const struct metrics_page *p, const struct series *se)
{
	return hash_str(hash_str(HASH_START, label_of(p, se, method_labels)),
			label_of(p, se, route_labels));
}

static long find_row(const struct requests_state *s, uint64_t key)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->extra[i].key == key)
			return (long)i;
	}
	return -1;
}

static long row_for(struct requests_state *s, const struct metrics_page *p, const struct series *se)
{
	struct str route = label_of(p, se, route_labels), method = label_of(p, se, method_labels);
	uint64_t key = key_of(p, se);
	long found = find_row(s, key);
	struct request_row *r;

	if (found >= 0)
		return found;
	if (s->n == ROWS_MAX)
		return -1;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->rows = xreallocarray(s->rows, s->cap, sizeof(*s->rows));
		s->extra = xreallocarray(s->extra, s->cap, sizeof(*s->extra));
	}
	r = &s->rows[s->n];
	row_clear(&table_requests, r);
	r->source = source_name(s->source);
	r->method = method.len ? arena_str(&s->arena, method).p : NULL;
	r->route = route.len ? arena_str(&s->arena, route).p : NULL;
	memset(&s->extra[s->n], 0, sizeof(*s->extra));
	s->extra[s->n].key = key;
	s->extra[s->n].family = se->family;
	return (long)s->n++;
}

static double bound_of(const struct metrics_page *p, const struct series *s)
{
	struct str le = series_label(p, s, "le");
	char text[48];
	char *end;
	double v;

	if (!le.len || le.len >= sizeof(text))
		return NAN;
	memcpy(text, le.p, le.len);
	text[le.len] = '\0';
	v = strtod(text, &end); /* the program runs with LC_NUMERIC=C */
	return *end ? NAN : v;
}

/* The place of a bound among the row's, made if need be; -1: full or not a bound. */
static int place_bound(struct request_extra *x, double bound)
{
	int at = 0;

	if (isnan(bound))
		return -1;
	while (at < x->n_bounds && x->bound[at] < bound)
		at++;
	if (at < x->n_bounds && x->bound[at] == bound)
		return at;
	if (x->n_bounds == BOUNDS_MAX)
		return -1;
	memmove(&x->bound[at + 1], &x->bound[at], (size_t)(x->n_bounds - at) * sizeof(*x->bound));
	x->bound[at] = bound;
	x->n_bounds++;
	return at;
}

static void map_count(struct requests_state *s, const struct metrics_page *p, size_t i, long row)
{
	const struct series *se = &p->series[i];
	uint8_t class = (uint8_t)class_of(label_of(p, se, status_labels));

	s->extra[row].has_status |= class != CLASS_UNKNOWN;
	page_map_add(&s->map, (struct link){ (uint32_t)i, (uint32_t)row, ROLE_COUNT, class });
}

/* Whether both are buckets of one histogram: all labels are the same but le. */
static bool same_histogram(const struct metrics_page *p, const struct series *a,
			   const struct series *b)
{
	const struct label *x = p->labels + a->label, *y = p->labels + b->label;

	if (a->family != b->family || a->n_labels != b->n_labels)
		return false;
	for (uint32_t i = 0; i < a->n_labels; i++) {
		if (!str_eq(x[i].name, y[i].name) ||
		    (!str_eq(x[i].value, y[i].value) && !str_is(x[i].name, "le")))
			return false;
	}
	return true;
}

static void map_histograms(struct requests_state *s, const struct metrics_page *p)
{
	const struct series *last = NULL; /* the bucket before */

	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *se = &p->series[i];
		const struct family *f = &p->families[se->family];
		long row = is_duration(f) ? row_for(s, p, se) : -1;

		if (row < 0 || s->extra[row].family != se->family)
			continue;
		s->extra[row].unit_ms = unit_of(f->name);
		if (str_ends(se->name, "_count")) {
			map_count(s, p, i, row);
		} else if (str_ends(se->name, "_bucket")) {
			/* Bounds first: their places move until all are known. */
			place_bound(&s->extra[row], bound_of(p, se));
			page_map_add(&s->map, (struct link){ (uint32_t)i, (uint32_t)row,
							     last && same_histogram(p, last, se)
								     ? ROLE_BUCKET
								     : ROLE_FIRST_BUCKET,
							     0 });
			last = se;
		}
	}
}

/* Beside histograms a counter tells only the status of the rows that they made: it counts the same
 * requests. Alone, it makes rows. */
static void map_counters(struct requests_state *s, const struct metrics_page *p)
{
	bool alone = s->n == 0;

	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *se = &p->series[i];
		struct request_extra *x;
		long row;

		if (!is_counter(&p->families[se->family]) || !tells_of_a_request(p, se))
			continue;
		if (!alone && class_of(label_of(p, se, status_labels)) == CLASS_UNKNOWN)
			continue;
		row = alone ? row_for(s, p, se) : find_row(s, key_of(p, se));
		if (row < 0)
			continue;
		x = &s->extra[row];
		if (!alone && !x->by_status) {
			if (x->has_status)
				continue; /* the histogram tells it itself */
			x->by_status = true;
			x->status_family = se->family;
		}
		if (alone ? x->family == se->family : x->status_family == se->family)
			map_count(s, p, i, row);
	}
}

/* A series that appears (a first 503) makes a new layout; what was counted before goes on. */
static void carry_over(struct requests_state *s, const struct request_extra *old, size_t n_old)
{
	for (size_t i = 0; i < s->n; i++) {
		struct request_extra *x = &s->extra[i];

		for (size_t k = 0; k < n_old; k++) {
			if (old[k].key != x->key)
				continue;
			if (old[k].n_bounds == x->n_bounds &&
			    memcmp(old[k].bound, x->bound,
				   (size_t)x->n_bounds * sizeof(*x->bound)) == 0)
				x->before = old[k].before;
			else
				x->skip_quantiles = true; /* the buckets are not the same */
			memcpy(x->count_before, old[k].count_before, sizeof(x->count_before));
			x->has_before = old[k].has_before;
			break;
		}
	}
}

static void map_series(struct requests_state *s, const struct metrics_page *p)
{
	struct request_extra *old = s->extra;
	size_t n = 0, n_old = s->n;

	s->extra = NULL;
	s->n = s->cap = s->map.n = 0;
	arena_clear(&s->arena);
	map_histograms(s, p);
	map_counters(s, p);
	for (size_t i = 0; i < s->map.n; i++) {
		struct link l = s->map.links[i];

		if (l.role != ROLE_COUNT) {
			int at = place_bound(&s->extra[l.row], bound_of(p, &p->series[l.series]));

			if (at < 0) /* no bound, or one too many */
				continue;
			l.arg = (uint8_t)at;
		}
		s->map.links[n++] = l;
	}
	s->map.n = n;
	carry_over(s, old, n_old);
	free(old);
	s->map.layout = p->layout;
	s->map.valid = true;
}

/* ---- numbers ---- */

/* Between which bounds the q-th of the new requests lies. False after a restart or without
 * requests. */
static bool quantile(const struct request_extra *x, double q, double *ret_lo_ms, double *ret_hi_ms)
{
	int last = x->n_bounds - 1;
	double total, want;

	if (last < 0 || !isinf(x->bound[last]))
		return false;
	total = x->now.least[last] - x->before.least[last];
	want = q * total;
	if (!(total > 0))
		return false;
	*ret_lo_ms = 0;
	for (int i = 0; i <= last; i++) {
		double least = x->now.least[i] - x->before.least[i];
		double most = x->now.most[i] - x->before.most[i];

		if (least < 0 || most < 0)
			return false;
		if (most < want)
			*ret_lo_ms = x->bound[i] * x->unit_ms;
		if (least < want)
			continue;
		*ret_hi_ms = isinf(x->bound[i]) ? NAN : x->bound[i] * x->unit_ms;
		return true;
	}
	return false;
}

static double class_rate(const struct request_extra *x, int class, double dt_s)
{
	double grown = x->count[class] - x->count_before[class];

	return x->has_status && grown >= 0 ? grown / dt_s : NAN;
}

/* Rows have far fewer bounds than there is room for. */
static void clear_counts(struct counts *c, int n)
{
	memset(c->least, 0, (size_t)n * sizeof(*c->least));
	memset(c->most, 0, (size_t)n * sizeof(*c->most));
}

static void copy_counts(struct counts *to, const struct counts *from, int n)
{
	memcpy(to->least, from->least, (size_t)n * sizeof(*to->least));
	memcpy(to->most, from->most, (size_t)n * sizeof(*to->most));
}

static void fill(struct request_row *r, struct request_extra *x, double dt_s)
{
	double grown = 0;
	bool restarted = false;

	r->rate_per_s = r->p50_lo_ms = r->p50_ms = r->p99_lo_ms = r->p99_ms = NAN;
	r->status_2xx = r->status_3xx = r->status_4xx = r->status_5xx = NAN;
	if (x->has_before && dt_s > 0) {
		/* With the status from a counter, the histogram's own count stands at class 0. */
		for (int i = 0; i < (x->by_status ? 1 : CLASSES); i++) {
			grown += x->count[i] - x->count_before[i];
			restarted |= x->count[i] < x->count_before[i];
		}
		r->rate_per_s = restarted ? NAN : grown / dt_s;
		r->status_2xx = class_rate(x, 2, dt_s);
		r->status_3xx = class_rate(x, 3, dt_s);
		r->status_4xx = class_rate(x, 4, dt_s);
		r->status_5xx = class_rate(x, 5, dt_s);
		if (!x->skip_quantiles) {
			if (!quantile(x, 0.5, &r->p50_lo_ms, &r->p50_ms))
				r->p50_lo_ms = NAN;
			if (!quantile(x, 0.99, &r->p99_lo_ms, &r->p99_ms))
				r->p99_lo_ms = NAN;
		}
		x->skip_quantiles = false;
	}
	copy_counts(&x->before, &x->now, x->n_bounds);
	memcpy(x->count_before, x->count, sizeof(x->count_before));
	x->has_before = true;
}

/* A histogram's counts at its own bounds (NAN at the others) tell of each bound of the row between
 * which two of them it is. */
static void add_histogram(struct counts *c, const double *own, int n)
{
	double least = 0, most = 0;

	for (int i = 0; i < n; i++) {
		least = isnan(own[i]) ? least : own[i];
		c->least[i] += least;
	}
	most = least;
	for (int i = n - 1; i >= 0; i--) {
		most = isnan(own[i]) ? most : own[i];
		c->most[i] += most;
	}
}

static void add_histograms(struct requests_state *s, const struct metrics_page *p)
{
	struct request_extra *x = NULL; /* whose counts are under way */
	double own[BOUNDS_MAX];

	for (size_t i = 0; i < s->map.n; i++) {
		const struct link *l = &s->map.links[i];

		if (l->role == ROLE_COUNT)
			continue;
		if (!x || l->role == ROLE_FIRST_BUCKET || x != &s->extra[l->row]) {
			if (x)
				add_histogram(&x->now, own, x->n_bounds);
			x = &s->extra[l->row];
			for (int k = 0; k < x->n_bounds; k++)
				own[k] = NAN;
		}
		own[l->arg] = p->series[l->series].value;
	}
	if (x)
		add_histogram(&x->now, own, x->n_bounds);
}

void requests_apply(struct target *t, struct requests_state *s, const struct metrics_page *p,
		    uint64_t t_ns)
{
	double dt_s;

	if (!s->map.valid || s->map.layout != p->layout)
		map_series(s, p);
	dt_s = s->t_ns && !p->restarted ? (double)(t_ns - s->t_ns) / 1e9 : NAN;
	for (size_t i = 0; i < s->n; i++) {
		clear_counts(&s->extra[i].now, s->extra[i].n_bounds);
		memset(s->extra[i].count, 0, sizeof(s->extra[i].count));
	}
	for (size_t i = 0; i < s->map.n; i++) {
		const struct link *l = &s->map.links[i];

		if (l->role == ROLE_COUNT)
			s->extra[l->row].count[l->arg] += p->series[l->series].value;
	}
	add_histograms(s, p);
	for (size_t i = 0; i < s->n; i++)
		fill(&s->rows[i], &s->extra[i], dt_s);
	s->t_ns = t_ns;
	t->requests = s->rows;
	t->n_requests = s->n;
}

void requests_release(struct requests_state *s)
{
	arena_release(&s->arena);
	free(s->rows);
	free(s->extra);
	free(s->map.links);
}

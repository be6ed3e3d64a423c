/* Circuit breakers from a metrics page: which series speak of one, what each of them says, and what
 * follows for the row. Names are those of shared conventions and of the libraries' own exporters.
 */
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/encoding.h"
#include "core/field.h"
#include "core/names.h"
#include "core/state.h"

enum { ROWS_MAX = 1000, FLAPS_AFTER_S = 60 };

enum role {
	ROLE_GAUGE,   /* a number that stands for the state */
	ROLE_ONE_HOT, /* 1 for the state that its label names; arg: enum breaker_state */
	ROLE_IS_OPEN, /* 1: open */
	ROLE_CHANGE,  /* changes to a state; arg: enum breaker_state */
	ROLE_TRIPS,
	ROLE_REQUESTS,
	ROLE_SUCCESS,
	ROLE_FAILURE,
	ROLE_REJECTED,
	ROLE_COUNT,
	ROLE_NONE,
};

struct breaker_extra {
	struct str lead; /* the value of its name label; pairs counters with gauges */
	struct encoding encoding;
	double gauge, is_open; /* NAN: the page has none */
	double one_hot[BREAKER_UNKNOWN], change[BREAKER_UNKNOWN], change_before[BREAKER_UNKNOWN];
	double sum[ROLE_COUNT], before[ROLE_COUNT];
	enum breaker_state state, last_change;
	uint64_t since_ns, first_ns;
	double opens;
};

/* ---- what a series is ---- */

static const char *const lead_labels[] = { "name",     "breaker",    "circuit_breaker", "circuit",
					   "cb",       "service",    "target_service",	"upstream",
					   "endpoint", "cluster_id", "cluster_name",	"component",
					   "resource", "id",	     "policy",		"command",
					   "target",   NULL };
static const char *const state_labels[] = { "state", "status", "current_state", NULL };
static const char *const to_labels[] = {
	"to", "to_state", "transition", "new_state", "state", NULL
};
static const char *const result_labels[] = { "result",	"outcome", "kind",  "status",
					     "success", "type",	   "cause", NULL };
static const char *const other_labels[] = {
	"state",      "status",	   "current_state", "to",     "to_state", "from", "from_state",
	"transition", "new_state", "old_state",	    "result", "outcome",  "kind", "success",
	"type",	      "cause",	   "instance",	    "job",    NULL
};

/* What a gauge's labels say beside which breaker it is; a "type" may make another one. */
static const char *const state_only_labels[] = { "state",    "status", "current_state",
						 "instance", "job",    NULL };

static const struct {
	const char *tail;
	enum role role;
} tails[] = {
	{ "_state_changes_total", ROLE_CHANGE },
	{ "_state_changed_total", ROLE_CHANGE },
	{ "_state_change_total", ROLE_CHANGE },
	{ "_transitions_total", ROLE_CHANGE },
	{ "_trips_total", ROLE_TRIPS },
	{ "_tripped_total", ROLE_TRIPS },
	{ "_opened_total", ROLE_TRIPS },
	{ "_opens_total", ROLE_TRIPS },
	{ "_rejected_total", ROLE_REJECTED },
	{ "_rejections_total", ROLE_REJECTED },
	{ "_rejects_total", ROLE_REJECTED },
	{ "_not_permitted_calls_total", ROLE_REJECTED },
	{ "_short_circuit_total", ROLE_REJECTED },
	{ "_short_circuited_total", ROLE_REJECTED },
	{ "_dropped_calls_total", ROLE_REJECTED },
	{ "_failures_total", ROLE_FAILURE },
	{ "_failure_total", ROLE_FAILURE },
	{ "_failed_total", ROLE_FAILURE },
	{ "_errors_total", ROLE_FAILURE },
	{ "_successes_total", ROLE_SUCCESS },
	{ "_success_total", ROLE_SUCCESS },
	{ "_requests_total", ROLE_REQUESTS },
	{ "_calls_total", ROLE_REQUESTS },
	{ "_results_total", ROLE_REQUESTS },
	{ "_executions_total", ROLE_REQUESTS },
	{ "_calls_seconds_count", ROLE_REQUESTS },
	{ "_is_open", ROLE_IS_OPEN },
	{ "_opened", ROLE_IS_OPEN },
	{ "_open", ROLE_IS_OPEN },
	{ "_state", ROLE_GAUGE },
	{ "_status", ROLE_GAUGE },
};

static bool is_breaker_name(struct str name)
{
	static const char *const parts[] = { "circuit_breaker", "circuitbreaker", "_breaker_state",
					     "cb_state",	"hoglet_circuit", "circuit_open",
					     "resiliency_cb" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (name_has(name, parts[i]))
			return true;
	}
	/* An icebreaker_ or a tie_breaker_ is none. */
	return str_starts(name, "breaker_") || str_starts(name, "breakers_");
}

static enum role role_by_result(struct str word)
{
	static const struct {
		const char *word;
		enum role role;
	} words[] = {
		{ "success", ROLE_SUCCESS },
		{ "successful", ROLE_SUCCESS },
		{ "ok", ROLE_SUCCESS },
		{ "true", ROLE_SUCCESS },
		{ "failure", ROLE_FAILURE },
		{ "failed", ROLE_FAILURE },
		{ "error", ROLE_FAILURE },
		{ "false", ROLE_FAILURE },
		{ "timeout", ROLE_FAILURE },
		{ "rejected", ROLE_REJECTED },
		{ "open", ROLE_REJECTED },
		{ "not_permitted", ROLE_REJECTED },
		{ "short_circuited", ROLE_REJECTED },
		{ "circuit_breaker_open", ROLE_REJECTED },
		{ "circuit_open", ROLE_REJECTED },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (name_is(word, words[i].word))
			return words[i].role;
	}
	return word.len ? ROLE_NONE : ROLE_REQUESTS;
}

/* "closed_to_open" as well as "open". */
static enum breaker_state state_after(struct str word)
{
	long to = str_find(word, "_to_");

	if (to >= 0)
		word = (struct str){ word.p + to + 4, word.len - (uint32_t)to - 4 };
	return breaker_state_of_word(word);
}

static const char *tail_of(struct str name)
{
	static const char *const one_hot[] = { "_half_open", "_closed" };

	for (size_t i = 0; i < sizeof(one_hot) / sizeof(*one_hot); i++) {
		if (name_ends(name, one_hot[i]))
			return one_hot[i];
	}
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		if (name_ends(name, tails[i].tail))
			return tails[i].tail;
	}
	return "";
}

static enum role role_of(const struct metrics_page *p, const struct series *s, uint8_t *ret_arg)
{
	enum role role = ROLE_NONE;

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails) && role == ROLE_NONE; i++) {
		if (name_ends(s->name, tails[i].tail))
			role = tails[i].role;
	}
	*ret_arg = BREAKER_UNKNOWN;
	if (name_ends(s->name, "_half_open") || name_ends(s->name, "_closed")) {
		*ret_arg = name_ends(s->name, "_closed") ? BREAKER_CLOSED : BREAKER_HALF_OPEN;
		return ROLE_ONE_HOT;
	}
	if (name_ends(s->name, "_half_opened_total"))
		return ROLE_NONE;
	if (role == ROLE_REQUESTS)
		return role_by_result(label_of(p, s, result_labels));
	if (role == ROLE_GAUGE) {
		struct str word = label_of(p, s, state_labels);

		*ret_arg = (uint8_t)breaker_state_of_word(word);
		if (*ret_arg != BREAKER_UNKNOWN)
			return ROLE_ONE_HOT;
		return word.len ? ROLE_NONE
				: ROLE_GAUGE; /* one-hot of a state that we do not have */
	}
	if (role == ROLE_CHANGE) {
		*ret_arg = (uint8_t)state_after(label_of(p, s, to_labels));
		return *ret_arg == BREAKER_UNKNOWN ? ROLE_NONE : role;
	}
	return role;
}

/* ---- which row it belongs to ---- */

static long find_row(const struct breakers_state *s, const char *name, struct str lead,
		     bool by_lead)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->rows[i].name, name) == 0)
			return (long)i;
	}
	for (size_t i = 0; by_lead && lead.len && i < s->n; i++) {
		if (str_eq(s->extra[i].lead, lead))
			return (long)i;
	}
	return -1;
}

static void grow_rows(struct breakers_state *s)
{
	if (s->n < s->cap)
		return;
	s->cap = s->cap ? s->cap * 2 : 16;
	s->rows = xreallocarray(s->rows, s->cap, sizeof(*s->rows));
	s->extra = xreallocarray(s->extra, s->cap, sizeof(*s->extra));
}

static long add_row(struct breakers_state *s, const char *name, struct str lead)
{
	struct breaker_row *r;
	struct breaker_extra *x;

	if (s->n == ROWS_MAX)
		return -1;
	grow_rows(s);
	r = &s->rows[s->n];
	x = &s->extra[s->n];
	row_clear(&table_breakers, r);
	r->name = name;
	r->source = source_name(s->source);
	*x = (struct breaker_extra){ .state = BREAKER_UNKNOWN, .last_change = BREAKER_UNKNOWN };
	x->lead = arena_str(&s->arena[s->current], lead);
	for (int i = 0; i < ROLE_COUNT; i++)
		x->before[i] = NAN;
	for (int i = 0; i < BREAKER_UNKNOWN; i++)
		x->change_before[i] = NAN;
	return (long)s->n++;
}

/* Gauges and one-hot sets first, so that counters find their rows. */
static void map_pass(struct breakers_state *s, const struct metrics_page *p, bool states)
{
	struct arena *a = &s->arena[s->current];

	for (size_t i = 0; i < p->n_series; i++) {
		const struct series *se = &p->series[i];
		struct str lead;
		const char *name;
		uint8_t arg;
		enum role role;
		long row;

		if (!is_breaker_name(se->name))
			continue;
		role = role_of(p, se, &arg);
		if (role == ROLE_NONE || (role <= ROLE_IS_OPEN) != states)
			continue;
		lead = label_of(p, se, lead_labels);
		name = row_name(a, p, se, lead_labels, states ? state_only_labels : other_labels,
				tail_of(se->name));
		row = find_row(s, name, lead, !states);
		if (row < 0)
			row = add_row(s, name, lead);
		if (row < 0)
			continue;
		page_map_add(&s->map,
			     (struct link){ (uint32_t)i, (uint32_t)row, (uint8_t)role, arg });
		if (role == ROLE_GAUGE && !s->extra[row].encoding.known)
			encoding_from_help(p->families[se->family].help, &s->extra[row].encoding);
	}
}

/* A new layout makes the rows anew; what was known of a row of the same name is kept. */
static void map_series(struct target *t, struct breakers_state *s, const struct metrics_page *p)
{
	struct breaker_row *old_rows = s->rows;
	struct breaker_extra *old = s->extra;
	size_t n_old = s->n;
	const char *library = NULL;
	struct encoding linked;
	bool has_linked = encoding_from_build(t->build, &linked, &library);

	s->rows = NULL;
	s->extra = NULL;
	s->n = s->cap = s->map.n = 0;
	s->current = !s->current;
	arena_clear(&s->arena[s->current]);
	map_pass(s, p, true);
	map_pass(s, p, false);
	for (size_t i = 0; i < s->n; i++) {
		struct breaker_extra *x = &s->extra[i];

		s->rows[i].library = library;
		if (!x->encoding.known && has_linked)
			x->encoding = linked;
		for (size_t k = 0; k < n_old; k++) {
			struct encoding encoding = x->encoding;
			struct str lead = x->lead;

			if (strcmp(old_rows[k].name, s->rows[i].name) != 0)
				continue;
			*x = old[k];
			x->encoding = encoding;
			x->lead = lead;
		}
	}
	free(old_rows);
	free(old);
	s->map.layout = p->layout;
	s->map.valid = true;
}

/* ---- what the numbers say ---- */

static void add_to(double *sum, double v)
{
	*sum = isnan(*sum) ? v : *sum + v;
}

static void read_numbers(struct breakers_state *s, const struct metrics_page *p)
{
	for (size_t i = 0; i < s->n; i++) {
		struct breaker_extra *x = &s->extra[i];

		x->gauge = x->is_open = NAN;
		for (int k = 0; k < BREAKER_UNKNOWN; k++)
			x->one_hot[k] = x->change[k] = NAN;
		for (int k = 0; k < ROLE_COUNT; k++)
			x->sum[k] = NAN;
	}
	for (size_t i = 0; i < s->map.n; i++) {
		const struct link *l = &s->map.links[i];
		struct breaker_extra *x = &s->extra[l->row];
		double v = p->series[l->series].value;

		switch (l->role) {
		case ROLE_GAUGE:
			x->gauge = v;
			break;
		case ROLE_ONE_HOT:
			add_to(&x->one_hot[l->arg], v);
			break;
		case ROLE_IS_OPEN:
			x->is_open = !(x->is_open > v) ? v : x->is_open;
			break;
		case ROLE_CHANGE:
			add_to(&x->change[l->arg], v);
			break;
		default:
			add_to(&x->sum[l->role], v);
		}
	}
}

static double grown(double before, double now)
{
	return now >= before ? now - before : NAN; /* also NAN when either is, or after a restart */
}

/* The state that a counter of changes grew for; of several the page cannot tell the last. */
static void follow_changes(struct breaker_extra *x)
{
	enum breaker_state to = BREAKER_UNKNOWN;
	bool restarted = false;
	int n = 0;

	for (int k = 0; k < BREAKER_UNKNOWN; k++) {
		/* A series that appears was 0 before: it is made at the first change. */
		double before = isnan(x->change_before[k]) && x->first_ns ? 0 : x->change_before[k];

		restarted |= x->change[k] < before;
		if (grown(before, x->change[k]) > 0) {
			to = (enum breaker_state)k;
			n++;
		}
		if (!isnan(x->change[k]))
			x->change_before[k] = x->change[k];
	}
	if (n || restarted)
		x->last_change = n == 1 && !restarted ? to : BREAKER_UNKNOWN;
}

static enum breaker_state state_now(const struct breaker_extra *x, const char **ret_how)
{
	int hot = -1, n_hot = 0;

	for (int k = 0; k < BREAKER_UNKNOWN; k++) {
		if (x->one_hot[k] > 0) {
			hot = k;
			n_hot++;
		}
	}
	*ret_how = "its state label";
	if (n_hot == 1)
		return (enum breaker_state)hot;
	if (!isnan(x->gauge) && x->encoding.known) {
		*ret_how = x->encoding.witness;
		return encoding_read(&x->encoding, x->gauge);
	}
	*ret_how = "exported as open or not";
	if (!isnan(x->is_open))
		return x->is_open > 0 ? BREAKER_OPEN : BREAKER_CLOSED;
	*ret_how = "the last change counted";
	if (x->last_change != BREAKER_UNKNOWN)
		return x->last_change;
	*ret_how = !isnan(x->gauge) ? "nothing says what this number means: no state label, no HELP"
				    : "no state is exported, only counters";
	return BREAKER_UNKNOWN;
}

static void follow_state(struct breaker_row *r, struct breaker_extra *x, uint64_t t_ns)
{
	enum breaker_state was = x->state;
	double trips;

	follow_changes(x);
	x->state = state_now(x, &r->detail);
	r->state = breaker_state_name(x->state);
	r->raw = x->gauge;
	trips = grown(x->before[ROLE_TRIPS], x->sum[ROLE_TRIPS]);
	if (!x->first_ns)
		x->first_ns = t_ns;
	else if (was != x->state && was != BREAKER_UNKNOWN)
		x->since_ns = t_ns;
	if (trips > 0)
		x->opens += trips;
	else if (isnan(trips) && was != x->state && x->state == BREAKER_OPEN &&
		 was != BREAKER_UNKNOWN)
		x->opens++;
	r->since_s = x->since_ns ? (double)(t_ns - x->since_ns) / 1e9 : NAN;
	r->flaps_per_h = NAN;
	if (t_ns - x->first_ns >= FLAPS_AFTER_S * NS_PER_S)
		r->flaps_per_h = x->opens * 3600e9 / (double)(t_ns - x->first_ns);
}

static double sum_of(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : a + b;
}

static void follow_counters(struct breaker_row *r, struct breaker_extra *x, double dt_s)
{
	double failed = grown(x->before[ROLE_FAILURE], x->sum[ROLE_FAILURE]), all;

	r->requests = x->sum[ROLE_REQUESTS];
	if (isnan(r->requests))
		r->requests = sum_of(x->sum[ROLE_SUCCESS], x->sum[ROLE_FAILURE]);
	r->failures = x->sum[ROLE_FAILURE];
	all = grown(x->before[ROLE_REQUESTS], x->sum[ROLE_REQUESTS]);
	if (isnan(x->sum[ROLE_REQUESTS]))
		all = sum_of(grown(x->before[ROLE_SUCCESS], x->sum[ROLE_SUCCESS]), failed);
	if (x->sum[ROLE_SUCCESS] < x->before[ROLE_SUCCESS] || isnan(failed))
		all = NAN; /* the service restarted */
	r->failure_pct = all > 0 ? failed * 100 / all : NAN;
	r->rejected_per_s =
		dt_s > 0 ? grown(x->before[ROLE_REJECTED], x->sum[ROLE_REJECTED]) / dt_s : NAN;
	for (int k = 0; k < ROLE_COUNT; k++) {
		/* A series that appears later was 0 before. */
		x->before[k] = isnan(x->sum[k]) ? 0 : x->sum[k];
	}
}

void breakers_apply(struct target *t, struct breakers_state *s, const struct metrics_page *p,
		    uint64_t t_ns)
{
	double dt_s = s->t_ns ? (double)(t_ns - s->t_ns) / 1e9 : NAN;

	if (!s->map.valid || s->map.layout != p->layout)
		map_series(t, s, p);
	read_numbers(s, p);
	for (size_t i = 0; p->restarted && i < s->n; i++) {
		for (int k = 0; k < ROLE_COUNT; k++)
			s->extra[i].before[k] = NAN;
	}
	for (size_t i = 0; i < s->n; i++) {
		follow_state(&s->rows[i], &s->extra[i], t_ns);
		follow_counters(&s->rows[i], &s->extra[i], dt_s);
	}
	s->t_ns = t_ns;
	s->n_live = s->n;
}

void breakers_release(struct breakers_state *s)
{
	arena_release(&s->arena[0]);
	arena_release(&s->arena[1]);
	free(s->rows);
	free(s->extra);
	free(s->map.links);
}

/* Breakers from a Hystrix stream. It knows open and closed only: an open circuit lets a single call
 * through each time its sleep window has passed, and stays open until one succeeds. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/encoding.h"
#include "core/field.h"
#include "core/state.h"

enum { FLAPS_AFTER_S = 60, DETAIL_MAX = 400 };

struct circuit_extra {
	enum breaker_state state;
	uint64_t first_ns, since_ns; /* since_ns 0: no change was seen */
	double opens;
};

static enum breaker_state state_of(const struct circuit *c)
{
	if (c->n_open > 0)
		return BREAKER_OPEN;
	return c->n_closed > 0 ? BREAKER_CLOSED : BREAKER_UNKNOWN;
}

/* ---- over time ---- */

static struct circuit_extra extra_of(const struct breaker_row *rows,
				     const struct circuit_extra *extra, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return extra[i];
	}
	return (struct circuit_extra){ .state = BREAKER_UNKNOWN };
}

static void follow(struct circuit_extra *x, enum breaker_state now, uint64_t t_ns)
{
	if (!x->first_ns)
		x->first_ns = t_ns;
	else if (x->state != now && x->state != BREAKER_UNKNOWN) {
		x->since_ns = t_ns;
		x->opens += now == BREAKER_OPEN;
	}
	x->state = now;
}

/* ---- in words ---- */

static void add_text(struct str *text, size_t room, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add_text(struct str *text, size_t room, const char *fmt, ...)
{
	char *end = (char *)(uintptr_t)text->p + text->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(end, room - text->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->len += (uint32_t)n < room - text->len ? (uint32_t)n
							    : (uint32_t)(room - text->len - 1);
}

static const char *how(struct arena *a, const struct circuit *c, double open_s)
{
	char buf[DETAIL_MAX] = "";
	struct str text = { buf, 0 };

	add_text(&text, sizeof(buf), "the Hystrix stream's isCircuitBreakerOpen");
	if (c->n_open + c->n_closed > 1)
		add_text(&text, sizeof(buf), ", open on %.0f of %.0f hosts", c->n_open,
			 c->n_open + c->n_closed);
	if (c->forced_open)
		add_text(&text, sizeof(buf), ", forced open");
	else if (c->n_open > 0 && open_s * 1e9 >= c->sleep_ns)
		add_text(&text, sizeof(buf), "; each %.1f s one call may test it",
			 c->sleep_ns / 1e9);
	if (c->requests > 0 && !isnan(c->error_pct))
		add_text(&text, sizeof(buf),
			 "; %.0f %% errors of %.0f calls, refused ones among them", c->error_pct,
			 c->requests);
	if (c->window_ns > 0)
		add_text(&text, sizeof(buf), "; counts are of %.0f s", c->window_ns / 1e9);
	if (c->p50_ms >= 0 && c->p99_ms > 0)
		add_text(&text, sizeof(buf), "; calls take p50 %.0f ms, p99 %.0f ms", c->p50_ms,
			 c->p99_ms);
	if (c->pool_max > 0 && c->pool_active >= 0)
		add_text(&text, sizeof(buf), "; pool %.0f of %.0f busy", c->pool_active,
			 c->pool_max);
	return arena_str(a, text).p;
}

/* The library, where the binary says that exactly one of them is linked in. */
static const char *library_of(const struct build *b)
{
	static const struct {
		const char *module, *name;
	} libraries[] = {
		{ "github.com/afex/hystrix-go", "afex/hystrix-go" },
		{ "github.com/cep21/circuit", "cep21/circuit" },
	};
	const char *found = NULL;

	for (size_t i = 0; b && i < b->n_deps; i++) {
		for (size_t k = 0; k < sizeof(libraries) / sizeof(*libraries); k++) {
			if (!str_starts(b->deps[i].path, libraries[k].module))
				continue;
			if (found && found != libraries[k].name)
				return NULL;
			found = libraries[k].name;
		}
	}
	return found;
}

/* ---- rows ---- */

static double sum_of(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : a + b;
}

/* Hystrix counts refused calls as errors; what was let through is told apart where it can be. */
static void fill_counts(struct breaker_row *r, const struct circuit *c)
{
	double failed = sum_of(c->failures, c->timeouts), ran = sum_of(c->successes, failed);

	r->requests = c->requests;
	r->failures = failed;
	if (!isnan(failed) && !isnan(c->successes))
		r->failure_pct = ran > 0 ? failed * 100 / ran : NAN;
	if (c->window_ns > 0)
		r->rejected_per_s = c->short_circuited * 1e9 / c->window_ns;
}

static void fill(struct breaker_row *r, struct arena *a, const struct circuit *c,
		 const struct circuit_extra *x, uint64_t t_ns)
{
	bool is_open = x->state == BREAKER_OPEN;

	r->source = source_name(SOURCE_HYSTRIX);
	r->state = breaker_state_name(x->state);
	if (x->since_ns)
		r->since_s = (double)(t_ns - x->since_ns) / 1e9;
	if (t_ns - x->first_ns >= FLAPS_AFTER_S * NS_PER_S)
		r->flaps_per_h = x->opens * 3600e9 / (double)(t_ns - x->first_ns);
	/* The first test only: when the next ones come, nobody tells. */
	if (is_open && !c->forced_open && r->since_s * 1e9 < c->sleep_ns)
		r->retry_in_s = c->sleep_ns / 1e9 - r->since_s;
	fill_counts(r, c);
	r->detail = how(a, c, r->since_s);
}

void circuits_apply(struct target *t, struct circuits_state *s, const struct circuits_sample *sm,
		    uint64_t t_ns)
{
	struct breaker_row *rows = xcalloc(sm->n, sizeof(*rows));
	struct circuit_extra *extra = xcalloc(sm->n, sizeof(*extra));
	const char *library = library_of(t->build);
	struct arena *a;

	s->current = !s->current;
	a = &s->words[s->current];
	arena_clear(a);
	for (size_t i = 0; i < sm->n; i++) {
		const struct circuit *c = &sm->rows[i];

		row_clear(&table_breakers, &rows[i]);
		rows[i].name = arena_str(a, c->name).p;
		rows[i].library = library;
		extra[i] = extra_of(s->rows, s->extra, s->n, rows[i].name);
		follow(&extra[i], state_of(c), t_ns);
		fill(&rows[i], a, c, &extra[i], t_ns);
	}
	free(s->rows);
	free(s->extra);
	s->rows = rows;
	s->extra = extra;
	s->n = s->n_live = sm->n;
}

void circuits_release(struct circuits_state *s)
{
	arena_release(&s->words[0]);
	arena_release(&s->words[1]);
	free(s->rows);
	free(s->extra);
}

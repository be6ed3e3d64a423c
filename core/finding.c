/* What is wrong, worst first, one sentence each with its number. Only what the model already
 * judged. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/field.h"
#include "core/state.h"

enum { FINDINGS_MAX = 64 };

struct list {
	struct finding_row *rows;
	size_t n, cap;
	struct arena *arena;
};

__attribute__((format(printf, 2, 3))) static const char *words(struct arena *a, const char *fmt,
							       ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return arena_str(a, str_of(text)).p;
}

static struct finding_row *add(struct list *l, uint64_t onset_unix_ns)
{
	struct finding_row *f;

	GROW(l->rows, l->n, l->cap);
	f = &l->rows[l->n++];
	row_clear(&table_findings, f);
	f->onset_unix_ns = onset_unix_ns;
	return f;
}

/* A duration as people say it: "41m", "2h05m", "12s". */
static const char *span(struct arena *a, double s)
{
	unsigned long t = (unsigned long)s;

	if (t < 60)
		return words(a, "%lus", t);
	if (t < 3600)
		return words(a, "%lum%02lus", t / 60, t % 60);
	return words(a, "%luh%02lum", t / 3600, t / 60 % 60);
}

static uint64_t ago(const struct target *t, double s)
{
	return t->now_unix_ns - (isnan(s) ? 0 : (uint64_t)(s * 1e9));
}

static void from_leaks(const struct target *t, struct list *l)
{
	for (size_t i = 0; i < t->n_leaks && l->n < FINDINGS_MAX; i++) {
		const struct leak_row *k = &t->leaks[i];
		struct finding_row *f = add(l, ago(t, k->since_s));

		f->layer = "runtime";
		f->source = "goroutines";
		f->signal = words(l->arena, "LEAK %s", k->grade);
		f->value = words(l->arena, "%+.0f/min", k->delta_per_min);
		f->score = k->score;
		f->view = "leaks";
		f->text = words(l->arena,
				"LEAK %s  %s  %s  %.0f goroutines %+.0f/min, growing for %s",
				k->grade, k->site ? k->site : "?", k->row->state, k->count,
				k->delta_per_min, span(l->arena, k->since_s));
	}
}

static void from_breakers(const struct target *t, struct list *l)
{
	for (size_t i = 0; i < t->n_breakers && l->n < FINDINGS_MAX; i++) {
		const struct breaker_row *b = &t->breakers[i];
		bool open = strcmp(b->state, "open") == 0;
		struct finding_row *f;

		if (!open && strcmp(b->state, "half_open") != 0)
			continue;
		f = add(l, ago(t, b->since_s));
		f->layer = "app";
		f->source = "breaker";
		f->signal = words(l->arena, "breaker %s %s", b->name, open ? "OPEN" : "HALF-OPEN");
		f->value = isnan(b->failure_pct) ? NULL
						 : words(l->arena, "%.0f%% failed", b->failure_pct);
		f->score = open ? 0.88 : 0.6;
		f->view = "breakers";
		f->text = words(l->arena, "breaker %s is %s%s%s%s", b->name,
				open ? "OPEN" : "HALF-OPEN", isnan(b->since_s) ? "" : " for ",
				isnan(b->since_s) ? "" : span(l->arena, b->since_s),
				isnan(b->rejected_per_s)
					? ""
					: words(l->arena, ", rejects %.1f/s", b->rejected_per_s));
	}
}

static void from_health(const struct target *t, struct list *l)
{
	struct finding_row *f;

	if (!t->health.status || t->health.status < 400)
		return;
	f = add(l, t->now_unix_ns);
	f->layer = "app";
	f->source = "health";
	f->signal = words(l->arena, "%.*s answers %d", (int)t->health.path.len, t->health.path.p,
			  t->health.status);
	f->value = words(l->arena, "%d", t->health.status);
	f->score = 0.9;
	f->view = "info";
	f->text = words(l->arena, "the health endpoint %s", f->signal);
}

static void from_throttling(const struct target *t, struct list *l)
{
	double pct = t->facts.process.throttled_pct;
	struct finding_row *f;

	if (!(pct >= 5))
		return;
	f = add(l, t->now_unix_ns);
	f->layer = "kernel";
	f->source = "cgroup";
	f->signal = "CPU throttled";
	f->value = words(l->arena, "%.0f%%", pct);
	f->score = pct >= 25 ? 0.85 : 0.6;
	f->view = "sched";
	f->text = words(l->arena, "its CPU quota held it back %.0f%% of the last interval", pct);
}

/* What never answered is a matter of set-up, and shown in the source lights. */
static bool stopped(const struct source_status *s)
{
	return s->state == SOURCE_FAILED && s->ok_ns;
}

/* Sources that stopped for one reason are one finding: a process that ended takes all with it. */
static bool is_told(const struct target *t, int source)
{
	for (int i = 0; i < source; i++) {
		if (stopped(&t->sources[i]) &&
		    strcmp(t->sources[i].detail, t->sources[source].detail) == 0)
			return true;
	}
	return false;
}

static void from_source(const struct target *t, struct list *l, int source)
{
	const struct source_status *s = &t->sources[source];
	struct finding_row *f = add(l, t->now_unix_ns - (t->now_ns - s->since_ns));
	const char *ago = span(l->arena, (double)(t->now_ns - s->since_ns) / 1e9);
	int n = 1;

	for (int i = source + 1; i < SOURCE_COUNT; i++)
		n += stopped(&t->sources[i]) && strcmp(t->sources[i].detail, s->detail) == 0;
	f->layer = "app";
	f->source = source_name((enum source)source);
	f->score = 0.7;
	f->view = "info";
	if (t->by_server) { /* who stopped answering, its own words tell */
		f->signal = "no samples";
		f->text = words(l->arena, "no samples for %s: %s", ago, s->detail);
		return;
	}
	if (n == 1)
		f->signal = words(l->arena, "%s stopped answering", f->source);
	else
		f->signal = words(l->arena, "%d sources stopped answering", n);
	f->text = words(l->arena, "%s %s ago: %s", f->signal, ago, s->detail);
}

static void from_sources(const struct target *t, struct list *l)
{
	for (int i = 0; i < SOURCE_COUNT && !t->gone_unix_ns && l->n < FINDINGS_MAX; i++) {
		if (stopped(&t->sources[i]) && !is_told(t, i))
			from_source(t, l, i);
	}
}

static int worst_first(const void *a, const void *b)
{
	const struct finding_row *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return strcmp(x->text, y->text);
}

void findings_apply(struct target *t, struct arena *a)
{
	struct list l = { .arena = a };

	arena_clear(a);
	from_leaks(t, &l);
	from_breakers(t, &l);
	from_health(t, &l);
	from_throttling(t, &l);
	from_sources(t, &l);
	if (l.n)
		qsort(l.rows, l.n, sizeof(*l.rows), worst_first);
	free(t->findings);
	t->findings = l.rows;
	t->n_findings = l.n;
}

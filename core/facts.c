/* The single numbers of a target: filled from metrics by the names in core/tables.c, from /proc,
 * and from gmptop's own use; of several sources the better one wins, field by field. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/field.h"
#include "core/state.h"

static const struct {
	const struct table *table;
	size_t offset; /* in struct facts */
} parts[] = {
	{ &table_sched, offsetof(struct facts, sched) },
	{ &table_latency, offsetof(struct facts, latency) },
	{ &table_goroutines, offsetof(struct facts, goroutines) },
	{ &table_memory, offsetof(struct facts, memory) },
	{ &table_net, offsetof(struct facts, net) },
	{ &table_process, offsetof(struct facts, process) },
	{ &table_cost, offsetof(struct facts, cost) },
};
enum { N_PARTS = sizeof(parts) / sizeof(*parts) };

static void *part_of(struct facts *f, size_t i)
{
	return (char *)f + parts[i].offset;
}

void facts_clear(struct facts *f)
{
	for (size_t i = 0; i < N_PARTS; i++)
		row_clear(parts[i].table, part_of(f, i));
}

/* Fields are numbered over all parts; this is the field and its place in `f`. */
static const struct field *field_at(struct facts *f, size_t index, void **ret_row)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		if (index < parts[i].table->n_fields) {
			*ret_row = part_of(f, i);
			return &parts[i].table->fields[index];
		}
		index -= parts[i].table->n_fields;
	}
	return NULL;
}

static size_t field_count(void)
{
	size_t n = 0;

	for (size_t i = 0; i < N_PARTS; i++)
		n += parts[i].table->n_fields;
	return n;
}

/* ---- metrics ---- */

/* Dots as some exporters keep them in quoted names count as underscores. */
static bool same_metric(struct str have, const char *want)
{
	if (have.len != strlen(want))
		return false;
	for (uint32_t i = 0; i < have.len; i++) {
		if (have.p[i] != want[i] && !(have.p[i] == '.' && want[i] == '_'))
			return false;
	}
	return true;
}

/* What has a label is a part of a whole; OpenTelemetry's scope labels say nothing of the value. */
static bool is_whole(const struct metrics_page *p, const struct series *s)
{
	for (uint32_t i = 0; i < s->n_labels; i++) {
		if (!str_starts(p->labels[s->label + i].name, "otel_scope_"))
			return false;
	}
	return true;
}

/* Whether a series is the one that a "name" or a "name{label=value}" of the table means. */
static bool is_meant(const struct metrics_page *p, const struct series *s, const char *want)
{
	const char *brace = strchr(want, '{'), *eq = brace ? strchr(brace, '=') : NULL;
	char name[96];
	struct str value;

	if (!eq)
		return is_whole(p, s) && same_metric(s->name, want);
	snprintf(name, sizeof(name), "%.*s", (int)(brace - want), want);
	if (!same_metric(s->name, name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(eq - brace - 1), brace + 1);
	value = series_label(p, s, name);
	return str_eq(value, (struct str){ eq + 1, (uint32_t)strlen(eq + 1) - 1 });
}

static long find_series(const struct metrics_page *p, const char *want)
{
	for (size_t i = 0; i < p->n_series; i++) {
		if (is_meant(p, &p->series[i], want))
			return (long)i;
	}
	return -1;
}

static void map_fields(struct page_facts *s, const struct metrics_page *p)
{
	struct facts unused;
	void *row;

	s->map.n = 0;
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(&unused, i, &row);
		bool found = false;

		for (size_t k = 0; k < FIELD_METRICS_MAX && f->metrics[k]; k++) {
			long at = find_series(p, f->metrics[k]);

			if (at < 0)
				continue;
			found = true;
			if (s->which[i] != k) /* no rate between two metrics */
				s->previous[i] = NAN;
			s->which[i] = (uint8_t)k;
			page_map_add(&s->map,
				     (struct link){ .series = (uint32_t)at, .row = (uint32_t)i });
			break;
		}
		if (!found) /* a series that comes back is measured anew */
			s->previous[i] = NAN;
	}
	s->map.layout = p->layout;
	s->map.valid = true;
}

static double from_metric(const struct field *f, double raw, double before, double dt_s)
{
	double grown = raw - before;

	if (f->none_from > 0 && raw >= f->none_from)
		return NAN;
	if (f->how == HOW_AS_IS)
		return raw;
	if (f->how == HOW_S_TO_NS)
		return raw * 1e9;
	if (!(grown >= 0) || !(dt_s > 0)) /* the service restarted, or there is no value before */
		return NAN;
	if (f->how == HOW_PER_MIN)
		return grown * 60 / dt_s;
	return grown * (f->how == HOW_PCT_OF_S ? 100 : 1) / dt_s;
}

static void reset_previous(struct page_facts *s)
{
	size_t n = field_count();

	if (!s->previous) {
		s->previous = xreallocarray(NULL, n, sizeof(*s->previous));
		s->which = xcalloc(n, sizeof(*s->which));
	}
	for (size_t i = 0; i < n; i++)
		s->previous[i] = NAN;
}

void facts_forget_rates(struct page_facts *s)
{
	if (s->previous)
		reset_previous(s);
	s->previous_ns = 0;
}

void facts_from_page(struct facts *ret, struct page_facts *s, const struct metrics_page *p,
		     uint64_t t_ns)
{
	double dt_s = s->previous_ns ? (double)(t_ns - s->previous_ns) / 1e9 : NAN;

	if (!s->previous || p->restarted)
		reset_previous(s);
	if (!s->map.valid || s->map.layout != p->layout)
		map_fields(s, p);
	facts_clear(ret);
	for (size_t i = 0; i < s->map.n; i++) {
		const struct link *l = &s->map.links[i];
		double raw = p->series[l->series].value;
		void *row;
		const struct field *field = field_at(ret, l->row, &row);

		field_set_num(field, row, from_metric(field, raw, s->previous[l->row], dt_s));
		s->previous[l->row] = raw;
	}
	s->previous_ns = t_ns;
}

/* ---- /proc ---- */

static double share_pct(uint64_t before, uint64_t now, uint64_t dt_ns)
{
	if (now < before || dt_ns == 0 || before == UINT64_MAX || now == UINT64_MAX)
		return NAN;
	return (double)(now - before) * 100 / (double)dt_ns;
}

void facts_from_process(struct facts_state *s, const struct process *p, uint64_t t_ns)
{
	struct facts *f = &s->now[SOURCE_PROC];

	facts_clear(f);
	f->sched.threads = (double)p->n_threads;
	f->memory.rss_bytes = (double)p->rss_bytes;
	f->process.cpu_quota_cores = p->cpu_quota;
	if (p->n_fds != UINT64_MAX)
		f->process.fds = (double)p->n_fds;
	if (s->process_ns) {
		f->process.cpu_pct = share_pct(s->cpu_ns, p->cpu_ns, t_ns - s->process_ns);
		f->process.throttled_pct =
			share_pct(s->throttled_ns, p->throttled_ns, t_ns - s->process_ns);
	}
	s->cpu_ns = p->cpu_ns;
	s->throttled_ns = p->throttled_ns;
	s->process_ns = t_ns;
}

void facts_from_cost(struct facts_state *s, const struct own_cost *c, uint64_t t_ns)
{
	s->cost.own_rss_bytes = (double)c->rss_bytes;
	s->cost.budget_pct = c->budget_pct > 0 ? c->budget_pct : NAN;
	s->cost.own_cpu_pct =
		s->own_ns ? share_pct(s->own_cpu_ns, c->cpu_ns, t_ns - s->own_ns) : NAN;
	s->own_cpu_ns = c->cpu_ns;
	s->own_ns = t_ns;
}

/* ---- the best of each ---- */

void facts_merge(const struct target *t, const struct facts_state *s, struct facts *ret)
{
	facts_clear(ret);
	for (int src = 0; src < SOURCE_COUNT; src++) { /* enum source is in order of trust */
		for (size_t i = 0; i < N_PARTS && t->sources[src].state == SOURCE_OK; i++)
			row_complete(parts[i].table, part_of(ret, i),
				     (const char *)&s->now[src] + parts[i].offset);
	}
	ret->cost = s->cost; /* gmptop's own: no source of the target */
}

void facts_release(struct facts_state *s)
{
	for (int i = 0; i < PAGE_COUNT; i++) {
		free(s->pages[i].map.links);
		free(s->pages[i].previous);
		free(s->pages[i].which);
	}
}

#include "collectors/parse/prompast.h"

#include <math.h>

#include "core/field.h"

static const struct {
	const struct table *table;
	const char *key;
} charted[PAST_COUNT] = {
	[PAST_GOROUTINES] = { &table_goroutines, "total" },
	[PAST_HEAP_LIVE] = { &table_memory, "heap_live_bytes" },
	[PAST_HEAP_GOAL] = { &table_memory, "heap_goal_bytes" },
	[PAST_RSS] = { &table_memory, "rss_bytes" },
	[PAST_CPU] = { &table_process, "cpu_pct" },
};

/* What has labels of its own is a part of a whole. */
static bool is_whole(const struct promapi_page_rows *r, const struct promapi_row *row)
{
	for (uint32_t i = 0; i < row->n_labels; i++) {
		const struct label *l = &r->answer->labels[row->label + i];
		bool added = false;

		for (size_t k = 0; k < r->n_added && !added; k++)
			added = str_eq(r->added[k].name, l->name) &&
				str_eq(r->added[k].value, l->value);
		if (!added)
			return false;
	}
	return true;
}

static const struct promapi_row *row_named(const struct promapi_page_rows *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct promapi_row *row = &r->answer->rows[r->rows[i]];

		if (str_is(row->name, name) && is_whole(r, row))
			return row;
	}
	return NULL;
}

static void place(double *values, const struct promapi_point *points, size_t n,
		  const struct prompast_grid *g)
{
	for (size_t i = 0; i < n; i++) {
		int64_t off = points[i].t_ms - g->start_ms + g->step_ms / 2;

		if (off >= 0 && off / g->step_ms < (int64_t)g->n)
			values[off / g->step_ms] = points[i].value;
	}
}

/* A counter of seconds becomes its growth over each step, in per cent; over a restart there is
 * none. */
static void grow_pct(double *values, const struct prompast_grid *g)
{
	double before = NAN;

	for (size_t i = 0; i < g->n; i++) {
		double now = values[i], grown = now - before;

		values[i] = grown >= 0 ? grown * 1e5 / (double)g->step_ms : NAN;
		before = now;
	}
}

static bool settle(double *values, const struct field *f, const struct prompast_grid *g)
{
	bool any = false;

	if (f->how == HOW_PCT_OF_S)
		grow_pct(values, g);
	for (size_t i = 0; i < g->n; i++) {
		if (!isfinite(values[i]) || (f->none_from > 0 && values[i] >= f->none_from))
			values[i] = NAN;
		any |= isfinite(values[i]);
	}
	return any;
}

static bool fill(double *values, const struct field *f, const struct promapi_page_rows *r,
		 const struct prompast_grid *g)
{
	const struct promapi_row *row = NULL;

	for (size_t i = 0; i < g->n; i++)
		values[i] = NAN;
	for (size_t k = 0; k < FIELD_METRICS_MAX && f->metrics[k] && !row; k++)
		row = row_named(r, f->metrics[k]);
	if (!row)
		return false;
	place(values, r->answer->points + row->point, row->n_points, g);
	return settle(values, f, g);
}

bool prompast_build(struct prompast *p, const struct promapi_page_rows *r,
		    const struct prompast_grid *g)
{
	bool any = false;

	for (int i = 0; i < PAST_COUNT; i++)
		any |= fill(p->values[i], field_find(charted[i].table, charted[i].key), r, g);
	return any;
}

#include <string.h>

#include "core/base/hash.h"
#include "tui/chart.h"
#include "tui/view.h"

static uint64_t request_key(const void *row)
{
	const struct request_row *r = row;
	uint64_t h = HASH_START;

	h = hash_str(h, str_of(r->source ? r->source : ""));
	h = hash_str(h, str_of(r->method ? r->method : ""));
	return hash_str(h, str_of(r->route ? r->route : "")) | 1;
}

/* A histogram's quantile is a bucket, never one value. */
static const char *request_text(const void *row, const struct field *f, char *buf)
{
	const struct request_row *r = row;

	if (f->offset == offsetof(struct request_row, p50_ms))
		return fmt_range_ms(buf, r->p50_lo_ms, r->p50_ms);
	if (f->offset == offsetof(struct request_row, p99_ms))
		return fmt_range_ms(buf, r->p99_lo_ms, r->p99_ms);
	return NULL;
}

static enum style request_style(const void *row, const struct field *f)
{
	const struct request_row *r = row;

	if (f->offset == offsetof(struct request_row, status_5xx) && r->status_5xx > 0)
		return STYLE_ALARM;
	if (f->offset == offsetof(struct request_row, status_4xx) && r->status_4xx > 0)
		return STYLE_WARN;
	return STYLE_NORMAL;
}

static const struct column columns[] = {
	{ .key = "route", .width = 18, .share = 4 },
	{ .key = "method", .width = 6, .rank = 2 },
	{ .key = "rate_per_s", .width = 8 },
	{ .key = "p50_ms", .title = "p50", .width = 10, .rank = 2 },
	{ .key = "p99_ms", .title = "p99", .width = 10, .rank = 1 },
	{ .key = "status_5xx", .width = 8, .rank = 1 },
	{ .key = "status_4xx", .width = 8, .rank = 2 },
	{ .key = "status_2xx", .title = "2xx", .width = 8, .rank = 3 },
	{ .key = "status_3xx", .title = "3xx", .width = 8, .rank = 3 },
	{ .key = "source", .width = 10, .rank = 4 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table_requests,
	.columns = columns,
	.row_key = request_key,
	.text = request_text,
	.style = request_style,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	for (size_t i = 0; i < t->n_requests; i++)
		list_add(l, &t->requests[i]);
}

static void draw(const struct view *v, struct draw *d)
{
	enum { BIG_FROM = 16, CHART_ROWS = 6 };
	int chart_h =
		d->h >= BIG_FROM && v->t->n_requests ? d->h >= 40 ? 2 * CHART_ROWS : CHART_ROWS : 0;
	struct draw top = draw_box(d, 0, 1, chart_h, d->w - 2);
	struct draw low = draw_box(d, chart_h, 0, d->h - chart_h, d->w);
	char buf[VIEW_EMPTY_MAX];

	if (chart_h) {
		struct draw chart = draw_box(&top, 1, 0, chart_h - 1, top.w);

		draw_text(&top, 0, 0, -1, STYLE_DIM, "requests a second, all routes");
		draw_chart(&chart, &v->t->history[HISTORY_REQUESTS], NULL, UNIT_COUNT);
	}
	list_draw(&v->ui->list, &low,
		  view_empty_text(buf, v->t, "no requests seen",
				  1u << SOURCE_BPF | view_metric_sources(v->t)));
}

const struct view_ops requests_view = {
	.title = "Requests",
	.help = "rate, latency and errors by route; a latency read from a histogram is the bucket "
		"it lies in",
	.draw = draw,
	.list = &list,
	.collect = collect,
};

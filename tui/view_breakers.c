#include <math.h>
#include <string.h>

#include "core/base/hash.h"
#include "tui/breaker_word.h"
#include "tui/chart.h"
#include "tui/view.h"

static uint64_t breaker_key(const void *row)
{
	const struct breaker_row *b = row;
	uint64_t h = HASH_START;

	if (b->name)
		h = hash_str(h, str_of(b->name));
	if (b->source)
		h = hash_str(h, str_of(b->source));
	return h | 1;
}

static const char *breaker_text(const void *row, const struct field *f, char *buf)
{
	const struct breaker_row *b = row;

	(void)buf;
	return f->offset == offsetof(struct breaker_row, state) ? breaker_word(b->state) : NULL;
}

static enum style breaker_cell_style(const void *row, const struct field *f)
{
	const struct breaker_row *b = row;

	return f->offset == offsetof(struct breaker_row, state) ? breaker_style(b->state)
								: STYLE_NORMAL;
}

static const struct column columns[] = {
	{ .key = "name", .width = 14, .share = 3 },
	{ .key = "state", .width = 6 },
	{ .key = "since_s", .width = 6, .rank = 1 },
	{ .key = "requests", .width = 9, .rank = 4 },
	{ .key = "failure_pct", .width = 5, .rank = 3 },
	{ .key = "rejected_per_s", .width = 8, .rank = 2 },
	{ .key = "flaps_per_h", .width = 7, .rank = 5 },
	{ .key = "source", .width = 8, .rank = 6 },
	{ .key = "library", .title = "library", .width = 14, .rank = 7 },
	{ .key = "detail", .width = 20, .share = 5, .rank = 7 },
	{ 0 },
};

static const struct list_ops list = {
	.table = &table_breakers,
	.columns = columns,
	.row_key = breaker_key,
	.text = breaker_text,
	.style = breaker_cell_style,
};

static void collect(const struct model *m, const struct target *t, struct list *l)
{
	(void)m;
	for (size_t i = 0; i < t->n_breakers; i++)
		list_add(l, &t->breakers[i]);
}

static void draw_detail(const struct view *v, struct draw *d)
{
	const struct breaker_row *b = list_selected(&v->ui->list);

	if (!b || d->h < 1)
		return;
	int col = draw_textf(d, 0, 0, -1, STYLE_DIM, "%s read as: ", b->name ? b->name : "-");

	draw_wrap(d, 0, col, d->h, d->w - col, STYLE_NORMAL, b->detail);
}

/* ---- limiters: below, all that fit ---- */

static void draw_limiter(const struct limiter_row *l, struct draw *d, int row)
{
	double share = l->burst > 0 ? l->tokens / l->burst : NAN;
	int bar = d->w >= 80 ? 12 : 0, col = 0;
	int name = d->w - 3 * 10 - 9 - (bar ? bar + 3 : 0) - 9;

	if (name > 30)
		name = 30;
	draw_text(d, row, col, name, STYLE_NORMAL, l->name);
	col += name + 1;
	draw_num(d, row, col, 9, STYLE_NORMAL, l->limit_per_s, UNIT_PER_S);
	draw_num(d, row, col + 10, 7, STYLE_NORMAL, l->burst, UNIT_COUNT);
	draw_num(d, row, col + 18, 7, share < 0.05 ? STYLE_WARN : STYLE_NORMAL, l->tokens,
		 UNIT_COUNT);
	col += 26;
	if (bar) {
		draw_text(d, row, col, 1, STYLE_DIM, "[");
		draw_bar(d, row, col + 1, bar, STYLE_CHART, share, 1);
		draw_text(d, row, col + 1 + bar, 1, STYLE_DIM, "]");
		col += bar + 3;
	}
	draw_num(d, row, col, 9, l->denied_per_s > 0 ? STYLE_WARN : STYLE_NORMAL, l->denied_per_s,
		 UNIT_PER_S);
	draw_text(d, row, col + 10, d->w - col - 10, STYLE_DIM, l->source);
}

static void draw_limiter_head(struct draw *d)
{
	int bar = d->w >= 80 ? 12 : 0, name = d->w - 3 * 10 - 9 - (bar ? bar + 3 : 0) - 9;

	if (name > 30)
		name = 30;
	draw_fill(d, 0, 0, d->w, STYLE_HEAD, ' ');
	draw_text(d, 0, 0, name, STYLE_HEAD, "limiter");
	draw_right(d, 0, name + 1, 9, STYLE_HEAD, "limit");
	draw_right(d, 0, name + 11, 7, STYLE_HEAD, "burst");
	draw_right(d, 0, name + 19, 7, STYLE_HEAD, "tokens");
	draw_right(d, 0, name + 27 + (bar ? bar + 3 : 0), 9, STYLE_HEAD, "denied");
	draw_text(d, 0, name + 37 + (bar ? bar + 3 : 0), -1, STYLE_HEAD, "source");
}

static void draw_limiters(const struct view *v, struct draw *d)
{
	const struct target *t = v->t;
	char buf[VIEW_EMPTY_MAX];

	if (d->h < 2)
		return;
	draw_limiter_head(d);
	if (t->n_limiters == 0)
		draw_wrap(d, 1, 1, d->h - 1, d->w - 2, STYLE_DIM,
			  view_empty_text(buf, t, "no limiters seen",
					  1u << SOURCE_MEMORY | view_metric_sources(t)));
	for (size_t i = 0; i < t->n_limiters && (int)i + 1 < d->h; i++) {
		bool cut = (int)i + 2 == d->h && i + 1 < t->n_limiters;

		if (cut)
			draw_textf(d, (int)i + 1, 0, -1, STYLE_DIM, "↓ %zu more limiters",
				   t->n_limiters - i);
		else
			draw_limiter(&t->limiters[i], d, (int)i + 1);
	}
}

static void draw(const struct view *v, struct draw *d)
{
	unsigned sources = 1u << SOURCE_MEMORY | view_metric_sources(v->t) | 1u << SOURCE_HYSTRIX;
	enum { DETAIL_H = 2 };
	int want = list_height(&v->ui->list), limiters = (int)v->t->n_limiters + 1;
	int least = limiters < d->h / 3 ? limiters : d->h / 3;
	struct draw top, mid, low;
	char buf[VIEW_EMPTY_MAX];

	if (least < 3)
		least = 3;
	if (v->ui->list.total == 0)
		want = 5;
	top = draw_box(d, 0, 0,
		       want < d->h - least - DETAIL_H - 1 ? want : d->h - least - DETAIL_H - 1,
		       d->w);
	if (d->h < 12)
		top = *d;
	list_draw(&v->ui->list, &top, view_empty_text(buf, v->t, "no breakers seen", sources));
	mid = draw_box(d, top.h, 1, DETAIL_H, d->w - 2);
	low = draw_box(d, top.h + DETAIL_H + 1, 0, d->h - top.h - DETAIL_H - 1, d->w);
	draw_detail(v, &mid);
	draw_limiters(v, &low);
}

const struct view_ops breakers_view = {
	.title = "Breakers",
	.help = "circuit breakers and rate limiters: who is refused, since when, and how that is "
		"known",
	.draw = draw,
	.list = &list,
	.collect = collect,
};
